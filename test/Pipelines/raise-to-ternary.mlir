// RUN: ternary-opt %s --split-input-file --raise-to-ternary --canonicalize --cse | FileCheck %s
// RUN: ternary-opt %s --split-input-file --raise-to-ternary -o %t.once
// RUN: ternary-opt %t.once --split-input-file --raise-to-ternary -o %t.twice
// RUN: diff %t.once %t.twice
// RUN: ternary-opt %s --split-input-file --raise-to-ternary --ternary-to-llvm -o %t.llvm
// RUN: ternary-opt %s --split-input-file --raise-to-ternary="max-elements=4" | FileCheck %s --check-prefix=SMALL

// SMALL-NOT: ternary.bitlinear

// tosa has three axes, transposed weights and zero points.

// CHECK-LABEL: func.func @float(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x4xf32>)
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<{{\[\[}}1, 0, 1, -1], [1, 1, 0, 0]]> : tensor<2x4xi8>
// CHECK: %[[VEXPANDED:[^ ]+]] = tensor.expand_shape %[[ARG0]] {{\[\[}}0, 1], [2]] output_shape [1, 3, 4] : tensor<3x4xf32> into tensor<1x3x4xf32>
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<1x3x2xf32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[VEXPANDED]] : tensor<1x3x4xf32>) weights(%[[VCST_0]] : tensor<2x4xi8>) scales(%[[VCST]] : tensor<f32>) outs(%[[V0]] : tensor<1x3x2xf32>) -> tensor<1x3x2xf32>
// CHECK: %[[VCOLLAPSED:[^ ]+]] = tensor.collapse_shape %[[V1]] {{\[\[}}0, 1], [2]] : tensor<1x3x2xf32> into tensor<3x2xf32>
// CHECK: return %[[VCOLLAPSED]] : tensor<3x2xf32>
func.func @float(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
  %w = "tosa.const"() <{values = dense<[[0.5, 0.0, 0.5, -0.5], [0.5, 0.5, 0.0, 0.0]]> : tensor<2x4xf32>}>
      : () -> tensor<2x4xf32>
  %t = tosa.transpose %w {perms = array<i32: 1, 0>} : (tensor<2x4xf32>) -> tensor<4x2xf32>
  %xs = tosa.const_shape {values = dense<[1, 3, 4]> : tensor<3xindex>} : () -> !tosa.shape<3>
  %ws = tosa.const_shape {values = dense<[1, 4, 2]> : tensor<3xindex>} : () -> !tosa.shape<3>
  %ys = tosa.const_shape {values = dense<[3, 2]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %x3 = tosa.reshape %x, %xs : (tensor<3x4xf32>, !tosa.shape<3>) -> tensor<1x3x4xf32>
  %w3 = tosa.reshape %t, %ws : (tensor<4x2xf32>, !tosa.shape<3>) -> tensor<1x4x2xf32>
  %zp = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %y = tosa.matmul %x3, %w3, %zp, %zp
      : (tensor<1x3x4xf32>, tensor<1x4x2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x3x2xf32>
  %r = tosa.reshape %y, %ys : (tensor<1x3x2xf32>, !tosa.shape<2>) -> tensor<3x2xf32>
  return %r : tensor<3x2xf32>
}

// -----

// CHECK-LABEL: func.func @integer(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<1x3x4xi8>)
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<1x3x2xi32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<1x3x4xi8>) weights(%[[VCST]] : tensor<2x4xi8>) outs(%[[V0]] : tensor<1x3x2xi32>) -> tensor<1x3x2xi32>
// CHECK: return %[[V1]] : tensor<1x3x2xi32>
func.func @integer(%x: tensor<1x3x4xi8>) -> tensor<1x3x2xi32> {
  %w = "tosa.const"() <{values = dense<[[[1, 0], [-1, 1], [0, 0], [1, -1]]]> : tensor<1x4x2xi8>}>
      : () -> tensor<1x4x2xi8>
  %zp = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %y = tosa.matmul %x, %w, %zp, %zp
      : (tensor<1x3x4xi8>, tensor<1x4x2xi8>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x3x2xi32>
  return %y : tensor<1x3x2xi32>
}

// -----

// Storage of a quantized type with a scale.

// CHECK-LABEL: func.func @quantized(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x4xf32>)
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<3x2xf32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<3x4xf32>) weights(%[[VCST_0]] : tensor<2x4xi8>) scales(%[[VCST]] : tensor<f32>) outs(%[[V0]] : tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: return %[[V1]] : tensor<3x2xf32>
func.func @quantized(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[1, 0], [-1, 1], [0, 0], [1, -1]]> : tensor<4x2xi8>
  %q = quant.scast %w : tensor<4x2xi8> to tensor<4x2x!quant.uniform<i8:f32, 0.5>>
  %d = quant.dcast %q : tensor<4x2x!quant.uniform<i8:f32, 0.5>> to tensor<4x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<3x2xf32>
  %y = linalg.matmul ins(%x, %d : tensor<3x4xf32>, tensor<4x2xf32>)
      outs(%zeros : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}
