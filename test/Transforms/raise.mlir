// RUN: ternary-opt %s --ternary-raise | FileCheck %s
// RUN: ternary-opt %s --ternary-raise -o %t.once
// RUN: ternary-opt %t.once --ternary-raise -o %t.twice
// RUN: diff %t.once %t.twice
// RUN: ternary-opt %s --ternary-raise --remarks-filter=ternary-raise -o %t.remarks 2>&1 | FileCheck %s --check-prefix=REMARK

//===----------------------------------------------------------------------===//
// Scales of the whole matrix, of rows and of groups
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @dense(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<4x8xf32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<4x2xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, 1, 0, 1, -1, 0, 1, 1], [0, -1, 1, 1, 0, 0, 1, -1]]> : tensor<2x8xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<4x8xf32>) weights(%[[VCST]] : tensor<2x8xi8>) scales(%[[VCST_0]] : tensor<f32>) outs(%[[V0]] : tensor<4x2xf32>) -> tensor<4x2xf32>
// CHECK: return %[[V1]] : tensor<4x2xf32>
func.func @dense(%x: tensor<4x8xf32>) -> tensor<4x2xf32> {
  // Becomes a bitlinear with weights of tensor<2x8xi8> and the scale 0.5.
  %w = arith.constant dense<[[0.5, 0.0], [0.5, -0.5], [0.0, 0.5], [0.5, 0.5],
                             [-0.5, 0.0], [0.0, 0.0], [0.5, 0.5], [0.5, -0.5]]>
      : tensor<8x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>)
      -> tensor<4x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] layer | Category:ternary-raise | Activations=f32, Remark="raised to ternary.bitlinear", Scales=tensor, Weights=2x8, Zeros=31.2%
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// A row of zeros has the scale 0.

// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<?x8xf32>, %[[ARG1:[^:]+]]: tensor<?x3xf32>)
// CHECK: %[[VC0:[^ ]+]] = arith.constant 0 : index
// CHECK: %[[VDIM:[^ ]+]] = tensor.dim %[[ARG1]], %[[VC0]] : tensor<?x3xf32>
// CHECK: %[[V0:[^ ]+]] = tensor.empty(%[[VDIM]]) : tensor<?x3xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, 1, 0, 1, -1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 0, 1, -1, 1, 1, 1]]> : tensor<3x8xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<[5.000000e-01, 0.000000e+00, 2.000000e+00]> : tensor<3xf32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<?x8xf32>) weights(%[[VCST]] : tensor<3x8xi8>) scales(%[[VCST_0]] : tensor<3xf32>) outs(%[[V0]] : tensor<?x3xf32>) -> tensor<?x3xf32>
// CHECK: return %[[V1]] : tensor<?x3xf32>
func.func @rows(%x: tensor<?x8xf32>, %init: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %w = arith.constant dense<[[0.5, 0.5, 0.0, 0.5, -0.5, 0.5, 0.5, 0.5],
                             [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                             [2.0, 2.0, 0.0, 2.0, -2.0, 2.0, 2.0, 2.0]]> : tensor<3x8xf32>
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x3xf32>) -> tensor<?x3xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Scales=row, Weights=3x8
  %y = linalg.matmul
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                       affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<?x8xf32>, tensor<3x8xf32>) outs(%zeros : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// CHECK-LABEL: func.func @groups(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<4x40xf32>, %[[ARG1:[^:]+]]: tensor<4x2xf32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<4x2xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1]]> : tensor<2x40xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<{{\[\[}}5.000000e-01, 2.500000e-01, 2.500000e-01], [5.000000e-01, 2.500000e-01, 2.500000e-01]]> : tensor<2x3xf32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<4x40xf32>) weights(%[[VCST]] : tensor<2x40xi8>) scales(%[[VCST_0]] : tensor<2x3xf32>) outs(%[[V0]] : tensor<4x2xf32>) {group_size = 16 : i64} -> tensor<4x2xf32>
// CHECK: return %[[V1]] : tensor<4x2xf32>
func.func @groups(%x: tensor<4x40xf32>, %init: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %a = arith.constant dense<0.5> : tensor<2x16xf32>
  %b = arith.constant dense<-0.25> : tensor<2x24xf32>
  %w = tensor.concat dim(1) %a, %b : (tensor<2x16xf32>, tensor<2x24xf32>) -> tensor<2x40xf32>
  %e = tensor.empty() : tensor<40x2xf32>
  %t = linalg.transpose ins(%w : tensor<2x40xf32>) outs(%e : tensor<40x2xf32>) permutation = [1, 0]
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Scales="group of 16", Weights=2x40
  %y = linalg.matmul ins(%x, %t : tensor<4x40xf32>, tensor<40x2xf32>)
      outs(%zeros : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

// Integers without a scale. Wider ones that were i8 are read as such, also
// behind a reshape.

// CHECK-LABEL: func.func @widened(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<5x4xi8>)
// CHECK: %[[VEXPANDED:[^ ]+]] = tensor.expand_shape %[[ARG0]] {{\[\[}}0, 1], [2]] output_shape [1, 5, 4] : tensor<5x4xi8> into tensor<1x5x4xi8>
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<1x5x2xi32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[VEXPANDED]] : tensor<1x5x4xi8>) weights(%[[VCST]] : tensor<2x4xi8>) outs(%[[V0]] : tensor<1x5x2xi32>) -> tensor<1x5x2xi32>
// CHECK: %[[V2:[^ ]+]] = tensor.empty() : tensor<1x5x2xi64>
// CHECK: %[[V3:[^ ]+]] = linalg.generic {{.*}} ins(%[[V1]] : tensor<1x5x2xi32>)
// CHECK: %{{.*}} = arith.extsi %{{.*}} : i32 to i64
// CHECK: return %[[V3]] : tensor<1x5x2xi64>
func.func @widened(%x: tensor<5x4xi8>) -> tensor<1x5x2xi64> {
  %w = arith.constant dense<[[1, 0], [-1, 1], [0, 0], [1, -1]]> : tensor<4x2xi8>
  %ws = arith.extsi %w : tensor<4x2xi8> to tensor<4x2xi32>
  %wide = arith.extsi %x : tensor<5x4xi8> to tensor<5x4xi32>
  %a = tensor.expand_shape %wide [[0, 1], [2]] output_shape [1, 5, 4] : tensor<5x4xi32> into tensor<1x5x4xi32>
  %b = tensor.expand_shape %ws [[0, 1], [2]] output_shape [1, 4, 2] : tensor<4x2xi32> into tensor<1x4x2xi32>
  %zero = arith.constant 0 : i64
  %e = tensor.empty() : tensor<1x5x2xi64>
  %zeros = linalg.fill ins(%zero : i64) outs(%e : tensor<1x5x2xi64>) -> tensor<1x5x2xi64>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Activations=i8, {{.*}}Scales=none
  %y = linalg.batch_matmul ins(%a, %b : tensor<1x5x4xi32>, tensor<1x4x2xi32>)
      outs(%zeros : tensor<1x5x2xi64>) -> tensor<1x5x2xi64>
  return %y : tensor<1x5x2xi64>
}

// CHECK-LABEL: func.func @integers_as_floats(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<5x4xi8>, %[[ARG1:[^:]+]]: tensor<5x2xf32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<5x2xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<5x4xi8>) weights(%[[VCST]] : tensor<2x4xi8>) scales(%[[VCST_0]] : tensor<f32>) outs(%[[V0]] : tensor<5x2xf32>) -> tensor<5x2xf32>
// CHECK: return %[[V1]] : tensor<5x2xf32>
func.func @integers_as_floats(%x: tensor<5x4xi8>, %init: tensor<5x2xf32>) -> tensor<5x2xf32> {
  %w = arith.constant dense<[[0.5, 0.0], [-0.5, 0.5], [0.0, 0.0], [0.5, -0.5]]> : tensor<4x2xf32>
  %float = arith.sitofp %x : tensor<5x4xi8> to tensor<5x4xf32>
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<5x2xf32>) -> tensor<5x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Activations=i8, {{.*}}Scales=tensor
  %y = linalg.matmul ins(%float, %w : tensor<5x4xf32>, tensor<4x2xf32>)
      outs(%zeros : tensor<5x2xf32>) -> tensor<5x2xf32>
  return %y : tensor<5x2xf32>
}

// CHECK-LABEL: func.func @bf16(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x4xbf16>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<3x2xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<3x4xbf16>) weights(%[[VCST]] : tensor<2x4xi8>) scales(%[[VCST_0]] : tensor<f32>) outs(%[[V0]] : tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: return %[[V1]] : tensor<3x2xf32>
func.func @bf16(%x: tensor<3x4xbf16>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[0.5, 0.0], [-0.5, 0.5], [0.0, 0.0], [0.5, -0.5]]> : tensor<4x2xbf16>
  %zeros = arith.constant dense<0.0> : tensor<3x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Activations=bf16
  %y = linalg.matmul ins(%x, %w : tensor<3x4xbf16>, tensor<4x2xbf16>)
      outs(%zeros : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// Two bits per weight in the type.

// CHECK-LABEL: func.func @i2(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x4xi8>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<3x2xi32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<3x4xi8>) weights(%[[VCST]] : tensor<2x4xi8>) outs(%[[V0]] : tensor<3x2xi32>) -> tensor<3x2xi32>
// CHECK: return %[[V1]] : tensor<3x2xi32>
func.func @i2(%x: tensor<3x4xi8>) -> tensor<3x2xi32> {
  %w = arith.constant dense<[[1, 0], [-1, 1], [0, 0], [1, -1]]> : tensor<4x2xi2>
  %zeros = arith.constant dense<0> : tensor<3x2xi32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Activations=i8, {{.*}}Weights=2x4
  %y = linalg.matmul ins(%x, %w : tensor<3x4xi8>, tensor<4x2xi2>)
      outs(%zeros : tensor<3x2xi32>) -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

// The weights on the left, and an output of their rows.

// CHECK-LABEL: func.func @left(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<4x3xf32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<3x4xf32>
// CHECK: %[[VTRANSPOSED:[^ ]+]] = linalg.transpose ins(%[[ARG0]] : tensor<4x3xf32>) outs(%[[V0]] : tensor<3x4xf32>) permutation = [1, 0]
// CHECK: %[[V1:[^ ]+]] = tensor.empty() : tensor<3x2xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, 0, 1, -1], [1, 1, 0, 0]]> : tensor<2x4xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V2:[^ ]+]] = ternary.bitlinear ins(%[[VTRANSPOSED]] : tensor<3x4xf32>) weights(%[[VCST]] : tensor<2x4xi8>) scales(%[[VCST_0]] : tensor<f32>) outs(%[[V1]] : tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: %[[V3:[^ ]+]] = tensor.empty() : tensor<2x3xf32>
// CHECK: %[[VTRANSPOSED_1:[^ ]+]] = linalg.transpose ins(%[[V2]] : tensor<3x2xf32>) outs(%[[V3]] : tensor<2x3xf32>) permutation = [1, 0]
// CHECK: return %[[VTRANSPOSED_1]] : tensor<2x3xf32>
func.func @left(%x: tensor<4x3xf32>) -> tensor<2x3xf32> {
  %w = arith.constant dense<[[0.5, 0.0, 0.5, -0.5], [0.5, 0.5, 0.0, 0.0]]> : tensor<2x4xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x3xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Weights=2x4
  %y = linalg.matmul ins(%w, %x : tensor<2x4xf32>, tensor<4x3xf32>)
      outs(%zeros : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// A 1x1 convolution over channels that are not last; its output begins as the
// bias.

// CHECK-LABEL: func.func @convolution(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<2x4x3x5xf32>, %[[ARG1:[^:]+]]: tensor<2xf32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<2x3x5x4xf32>
// CHECK: %[[VTRANSPOSED:[^ ]+]] = linalg.transpose ins(%[[ARG0]] : tensor<2x4x3x5xf32>) outs(%[[V0]] : tensor<2x3x5x4xf32>) permutation = [0, 2, 3, 1]
// CHECK: %[[V1:[^ ]+]] = tensor.empty() : tensor<2x3x5x2xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, 0, 1, -1], [1, 1, 0, 0]]> : tensor<2x4xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V2:[^ ]+]] = ternary.bitlinear ins(%[[VTRANSPOSED]] : tensor<2x3x5x4xf32>) weights(%[[VCST]] : tensor<2x4xi8>) scales(%[[VCST_0]] : tensor<f32>) bias(%[[ARG1]] : tensor<2xf32>) outs(%[[V1]] : tensor<2x3x5x2xf32>) -> tensor<2x3x5x2xf32>
// CHECK: %[[V3:[^ ]+]] = tensor.empty() : tensor<2x2x3x5xf32>
// CHECK: %[[VTRANSPOSED_1:[^ ]+]] = linalg.transpose ins(%[[V2]] : tensor<2x3x5x2xf32>) outs(%[[V3]] : tensor<2x2x3x5xf32>) permutation = [0, 3, 1, 2]
// CHECK: return %[[VTRANSPOSED_1]] : tensor<2x2x3x5xf32>
func.func @convolution(%x: tensor<2x4x3x5xf32>, %bias: tensor<2xf32>) -> tensor<2x2x3x5xf32> {
  %w = arith.constant dense<[[[[0.5]], [[0.0]], [[0.5]], [[-0.5]]],
                             [[[0.5]], [[0.5]], [[0.0]], [[0.0]]]]> : tensor<2x4x1x1xf32>
  %e = tensor.empty() : tensor<2x2x3x5xf32>
  %init = linalg.broadcast ins(%bias : tensor<2xf32>) outs(%e : tensor<2x2x3x5xf32>) dimensions = [0, 2, 3]
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Weights=2x4
  %y = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%x, %w : tensor<2x4x3x5xf32>, tensor<2x4x1x1xf32>)
      outs(%init : tensor<2x2x3x5xf32>) -> tensor<2x2x3x5xf32>
  return %y : tensor<2x2x3x5xf32>
}

// Several axes of rows and of columns.

// CHECK-LABEL: func.func @axes(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<?x2x4xf32>, %[[ARG1:[^:]+]]: tensor<?x2x2xf32>)
// CHECK: %[[VCOLLAPSED:[^ ]+]] = tensor.collapse_shape %[[ARG0]] {{\[\[}}0], [1, 2]] : tensor<?x2x4xf32> into tensor<?x8xf32>
// CHECK: %[[VC0:[^ ]+]] = arith.constant 0 : index
// CHECK: %[[VDIM:[^ ]+]] = tensor.dim %[[ARG1]], %[[VC0]] : tensor<?x2x2xf32>
// CHECK: %[[V0:[^ ]+]] = tensor.empty(%[[VDIM]]) : tensor<?x4xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, 1, 1, 1, 1, 0, 1, 1], [1, 0, 1, 0, 0, 0, 1, 0], [0, 1, 0, 1, 0, 1, 1, 1], [-1, 0, -1, 1, -1, 0, -1, 0]]> : tensor<4x8xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[VCOLLAPSED]] : tensor<?x8xf32>) weights(%[[VCST]] : tensor<4x8xi8>) scales(%[[VCST_0]] : tensor<f32>) outs(%[[V0]] : tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK: %[[VC0_1:[^ ]+]] = arith.constant 0 : index
// CHECK: %[[VDIM_2:[^ ]+]] = tensor.dim %[[V1]], %[[VC0_1]] : tensor<?x4xf32>
// CHECK: %[[VEXPANDED:[^ ]+]] = tensor.expand_shape %[[V1]] {{\[\[}}0], [1, 2]] output_shape [%[[VDIM_2]], 2, 2] : tensor<?x4xf32> into tensor<?x2x2xf32>
// CHECK: return %[[VEXPANDED]] : tensor<?x2x2xf32>
func.func @axes(%x: tensor<?x2x4xf32>, %init: tensor<?x2x2xf32>) -> tensor<?x2x2xf32> {
  %w = arith.constant dense<[[[[0.5, 0.0], [0.5, -0.5]], [[0.5, 0.5], [0.0, 0.0]],
                              [[0.5, 0.0], [0.5, -0.5]], [[0.5, 0.5], [0.0, 0.5]]],
                             [[[0.5, 0.0], [0.0, -0.5]], [[0.0, 0.5], [0.0, 0.0]],
                              [[0.5, 0.5], [0.5, -0.5]], [[0.5, 0.5], [0.0, 0.0]]]]> : tensor<2x4x2x2xf32>
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x2x2xf32>) -> tensor<?x2x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Weights=4x8
  %y = linalg.generic
      {indexing_maps = [affine_map<(m, p, q, i, j) -> (m, i, j)>, affine_map<(m, p, q, i, j) -> (i, j, p, q)>,
                        affine_map<(m, p, q, i, j) -> (m, q, p)>],
       iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%x, %w : tensor<?x2x4xf32>, tensor<2x4x2x2xf32>) outs(%zeros : tensor<?x2x2xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %p = arith.mulf %b, %a : f32
      %s = arith.addf %c, %p : f32
      linalg.yield %s : f32
  } -> tensor<?x2x2xf32>
  return %y : tensor<?x2x2xf32>
}

// One token, and one output feature.

// CHECK-LABEL: func.func @vectors(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<4xf32>, %[[ARG1:[^:]+]]: tensor<?x4xf32>, %[[ARG2:[^:]+]]: tensor<?xf32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<2xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, 0, 1, -1], [1, 1, 0, 0]]> : tensor<2x4xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<4xf32>) weights(%[[VCST]] : tensor<2x4xi8>) scales(%[[VCST_0]] : tensor<f32>) outs(%[[V0]] : tensor<2xf32>) -> tensor<2xf32>
// CHECK: %[[V2:[^ ]+]] = tensor.empty() : tensor<1xf32>
// CHECK: %[[VCST_1:[^ ]+]] = arith.constant dense<{{\[\[}}1, 0, 1, -1]]> : tensor<1x4xi8>
// CHECK: %[[VCST_2:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V3:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<4xf32>) weights(%[[VCST_1]] : tensor<1x4xi8>) scales(%[[VCST_2]] : tensor<f32>) outs(%[[V2]] : tensor<1xf32>) -> tensor<1xf32>
// CHECK: %[[VCOLLAPSED:[^ ]+]] = tensor.collapse_shape %[[V3]] [] : tensor<1xf32> into tensor<f32>
// CHECK: %[[VC0:[^ ]+]] = arith.constant 0 : index
// CHECK: %[[VDIM:[^ ]+]] = tensor.dim %[[ARG2]], %[[VC0]] : tensor<?xf32>
// CHECK: %[[V4:[^ ]+]] = tensor.empty(%[[VDIM]]) : tensor<?x1xf32>
// CHECK: %[[VCST_3:[^ ]+]] = arith.constant dense<{{\[\[}}1, 0, 1, -1]]> : tensor<1x4xi8>
// CHECK: %[[VCST_4:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V5:[^ ]+]] = ternary.bitlinear ins(%[[ARG1]] : tensor<?x4xf32>) weights(%[[VCST_3]] : tensor<1x4xi8>) scales(%[[VCST_4]] : tensor<f32>) outs(%[[V4]] : tensor<?x1xf32>) -> tensor<?x1xf32>
// CHECK: %[[VCOLLAPSED_5:[^ ]+]] = tensor.collapse_shape %[[V5]] {{\[\[}}0, 1]] : tensor<?x1xf32> into tensor<?xf32>
// CHECK: return %[[V1]], %[[VCOLLAPSED]], %[[VCOLLAPSED_5]] : tensor<2xf32>, tensor<f32>, tensor<?xf32>
func.func @vectors(%x: tensor<4xf32>, %m: tensor<?x4xf32>, %init: tensor<?xf32>) -> (tensor<2xf32>, tensor<f32>, tensor<?xf32>) {
  %w = arith.constant dense<[[0.5, 0.0, 0.5, -0.5], [0.5, 0.5, 0.0, 0.0]]> : tensor<2x4xf32>
  %v = arith.constant dense<[0.5, 0.0, 0.5, -0.5]> : tensor<4xf32>
  %two = arith.constant dense<0.0> : tensor<2xf32>
  %one = arith.constant dense<0.0> : tensor<f32>
  %zero = arith.constant 0.0 : f32
  %many = linalg.fill ins(%zero : f32) outs(%init : tensor<?xf32>) -> tensor<?xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Weights=2x4
  %y = linalg.matvec ins(%w, %x : tensor<2x4xf32>, tensor<4xf32>) outs(%two : tensor<2xf32>) -> tensor<2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Weights=1x4
  %d = linalg.dot ins(%x, %v : tensor<4xf32>, tensor<4xf32>) outs(%one : tensor<f32>) -> tensor<f32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Weights=1x4
  %z = linalg.matvec ins(%m, %v : tensor<?x4xf32>, tensor<4xf32>) outs(%many : tensor<?xf32>) -> tensor<?xf32>
  return %y, %d, %z : tensor<2xf32>, tensor<f32>, tensor<?xf32>
}

// What the output held before is added.

// CHECK-LABEL: func.func @accumulates(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x4xi8>, %[[ARG1:[^:]+]]: tensor<3x2xi32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<3x2xi32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<3x4xi8>) weights(%[[VCST]] : tensor<2x4xi8>) outs(%[[V0]] : tensor<3x2xi32>) -> tensor<3x2xi32>
// CHECK: %[[V2:[^ ]+]] = tensor.empty() : tensor<3x2xi32>
// CHECK: %[[V3:[^ ]+]] = linalg.generic {{.*}} ins(%[[ARG1]], %[[V1]] : tensor<3x2xi32>, tensor<3x2xi32>)
// CHECK: %{{.*}} = arith.addi %{{.*}}, %{{.*}} : i32
// CHECK: return %[[V3]] : tensor<3x2xi32>
func.func @accumulates(%x: tensor<3x4xi8>, %before: tensor<3x2xi32>) -> tensor<3x2xi32> {
  %w = arith.constant dense<[[1, 0], [-1, 1], [0, 0], [1, -1]]> : tensor<4x2xi8>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed]
  %y = linalg.matmul ins(%x, %w : tensor<3x4xi8>, tensor<4x2xi8>)
      outs(%before : tensor<3x2xi32>) -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

// Layers that follow each other.

// CHECK-LABEL: func.func @chain(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x2xf32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<3x2xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1], [0, 1]]> : tensor<2x2xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<3x2xf32>) weights(%[[VCST]] : tensor<2x2xi8>) scales(%[[VCST_0]] : tensor<f32>) outs(%[[V0]] : tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: %[[V2:[^ ]+]] = tensor.empty() : tensor<3x2xf32>
// CHECK: %[[VCST_1:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1], [0, 1]]> : tensor<2x2xi8>
// CHECK: %[[VCST_2:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V3:[^ ]+]] = ternary.bitlinear ins(%[[V1]] : tensor<3x2xf32>) weights(%[[VCST_1]] : tensor<2x2xi8>) scales(%[[VCST_2]] : tensor<f32>) outs(%[[V2]] : tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: return %[[V3]] : tensor<3x2xf32>
func.func @chain(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[0.5, 0.0], [-0.5, 0.5]]> : tensor<2x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<3x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<3x2xf32>, tensor<2x2xf32>)
      outs(%zeros : tensor<3x2xf32>) -> tensor<3x2xf32>
  %z = linalg.matmul ins(%y, %w : tensor<3x2xf32>, tensor<2x2xf32>)
      outs(%zeros : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %z : tensor<3x2xf32>
}

//===----------------------------------------------------------------------===//
// Weights that are computed
//===----------------------------------------------------------------------===//

// Four fields of two bits along the rows, minus one.

#id = affine_map<(n, k) -> (n, k)>
// CHECK-LABEL: func.func @unpacked(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x2xf32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<3x4xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}0, -1], [1, 0], [0, 1], [1, 0]]> : tensor<4x2xi8>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<3x2xf32>) weights(%[[VCST]] : tensor<4x2xi8>) outs(%[[V0]] : tensor<3x4xf32>) -> tensor<3x4xf32>
// CHECK: return %[[V1]] : tensor<3x4xf32>
func.func @unpacked(%x: tensor<3x2xf32>) -> tensor<3x4xf32> {
  %bytes = arith.constant dense<[[0x99, 0x64]]> : tensor<1x2xi8>
  %c2 = arith.constant 2 : i8
  %c3 = arith.constant 3 : i8
  %c4 = arith.constant 4 : i8
  %c6 = arith.constant 6 : i8
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<1x2xi8>
  %s1 = linalg.map ins(%bytes : tensor<1x2xi8>) outs(%e : tensor<1x2xi8>)
    (%b: i8, %o: i8) { %r = arith.shrui %b, %c2 : i8 linalg.yield %r : i8 }
  %s2 = linalg.map ins(%bytes : tensor<1x2xi8>) outs(%e : tensor<1x2xi8>)
    (%b: i8, %o: i8) { %r = arith.shrui %b, %c4 : i8 linalg.yield %r : i8 }
  %s3 = linalg.map ins(%bytes : tensor<1x2xi8>) outs(%e : tensor<1x2xi8>)
    (%b: i8, %o: i8) { %r = arith.shrui %b, %c6 : i8 linalg.yield %r : i8 }
  %all = tensor.concat dim(0) %bytes, %s1, %s2, %s3
      : (tensor<1x2xi8>, tensor<1x2xi8>, tensor<1x2xi8>, tensor<1x2xi8>) -> tensor<4x2xi8>
  %ef = tensor.empty() : tensor<4x2xf32>
  %w = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%all : tensor<4x2xi8>) outs(%ef : tensor<4x2xf32>) {
    ^bb0(%b: i8, %o: f32):
      %code = arith.andi %b, %c3 : i8
      %float = arith.uitofp %code : i8 to f32
      %trit = arith.subf %float, %one : f32
      linalg.yield %trit : f32
  } -> tensor<4x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<3x4xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Scales=none, Weights=4x2
  %y = linalg.matmul
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                       affine_map<(m, n, k) -> (m, n)>]
      ins(%x, %w : tensor<3x2xf32>, tensor<4x2xf32>) outs(%zeros : tensor<3x4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// Ternarized by the mean magnitude, 0.75, that a reduction gives.

// CHECK-LABEL: func.func @absmean(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x4xf32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<3x2xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, 0, 1, 1], [1, 1, -1, 0]]> : tensor<2x4xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<7.500000e-01> : tensor<f32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<3x4xf32>) weights(%[[VCST]] : tensor<2x4xi8>) scales(%[[VCST_0]] : tensor<f32>) outs(%[[V0]] : tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: return %[[V1]] : tensor<3x2xf32>
func.func @absmean(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
  %latent = arith.constant dense<[[0.5, 1.5], [-0.25, 0.75], [1.0, -0.5], [1.25, 0.25]]> : tensor<4x2xf32>
  %zero = arith.constant dense<0.0> : tensor<f32>
  %count = arith.constant dense<8.0> : tensor<f32>
  %low = arith.constant -1.0 : f32
  %high = arith.constant 1.0 : f32
  %sum = linalg.generic {indexing_maps = [#id, affine_map<(n, k) -> ()>], iterator_types = ["reduction", "reduction"]}
      ins(%latent : tensor<4x2xf32>) outs(%zero : tensor<f32>) {
    ^bb0(%v: f32, %o: f32):
      %a = math.absf %v : f32
      %s = arith.addf %a, %o : f32
      linalg.yield %s : f32
  } -> tensor<f32>
  %mean = arith.divf %sum, %count : tensor<f32>
  %e = tensor.empty() : tensor<4x2xf32>
  %w = linalg.generic {indexing_maps = [#id, affine_map<(n, k) -> ()>, #id], iterator_types = ["parallel", "parallel"]}
      ins(%latent, %mean : tensor<4x2xf32>, tensor<f32>) outs(%e : tensor<4x2xf32>) {
    ^bb0(%v: f32, %m: f32, %o: f32):
      %q = arith.divf %v, %m : f32
      %r = math.roundeven %q : f32
      %l = arith.maximumf %r, %low : f32
      %t = arith.minimumf %l, %high : f32
      %s = arith.mulf %t, %m : f32
      linalg.yield %s : f32
  } -> tensor<4x2xf32>
  %zeros = arith.constant dense<0.0> : tensor<3x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Scales=tensor, Weights=2x4
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>)
      outs(%zeros : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// Scaled in the body of the product, with zero points of 0.

// CHECK-LABEL: func.func @fused(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x8xf32>, %[[ARG1:[^:]+]]: tensor<3x4xi8>, %[[ARG2:[^:]+]]: tensor<3x2xf32>)
// CHECK: %[[V0:[^ ]+]] = tensor.empty() : tensor<3x2xf32>
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 1, -1, 1, 1, 1, 1], [1, 1, -1, -1, 1, 1, 1, 1]]> : tensor<2x8xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>
// CHECK: %[[V1:[^ ]+]] = ternary.bitlinear ins(%[[ARG0]] : tensor<3x8xf32>) weights(%[[VCST]] : tensor<2x8xi8>) scales(%[[VCST_0]] : tensor<2xf32>) outs(%[[V0]] : tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: %[[V2:[^ ]+]] = tensor.empty() : tensor<3x2xi32>
// CHECK: %[[VCST_1:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[V3:[^ ]+]] = ternary.bitlinear ins(%[[ARG1]] : tensor<3x4xi8>) weights(%[[VCST_1]] : tensor<2x4xi8>) outs(%[[V2]] : tensor<3x2xi32>) -> tensor<3x2xi32>
// CHECK: return %[[V1]], %[[V3]] : tensor<3x2xf32>, tensor<3x2xi32>
func.func @fused(%x: tensor<3x8xf32>, %q: tensor<3x4xi8>, %init: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xi32>) {
  %w = arith.constant dense<[[1, -1, 1, -1, 1, 1, 1, 1], [1, 1, -1, -1, 1, 1, 1, 1]]> : tensor<2x8xi8>
  %scale = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Scales=row, Weights=2x8
  %y = linalg.generic
      {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                        affine_map<(m, n, k) -> (n)>, affine_map<(m, n, k) -> (m, n)>],
       iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w, %scale : tensor<3x8xf32>, tensor<2x8xi8>, tensor<2xf32>) outs(%zeros : tensor<3x2xf32>) {
    ^bb0(%a: f32, %b: i8, %s: f32, %c: f32):
      %f = arith.sitofp %b : i8 to f32
      %d = arith.mulf %f, %s : f32
      %p = arith.mulf %a, %d : f32
      %r = arith.addf %c, %p : f32
      linalg.yield %r : f32
  } -> tensor<3x2xf32>
  %t = arith.constant dense<[[1, 0], [-1, 1], [0, 0], [1, -1]]> : tensor<4x2xi8>
  %none = arith.constant 0 : i32
  %izeros = arith.constant dense<0> : tensor<3x2xi32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Activations=i8
  %z = linalg.quantized_matmul ins(%q, %t, %none, %none : tensor<3x4xi8>, tensor<4x2xi8>, i32, i32)
      outs(%izeros : tensor<3x2xi32>) -> tensor<3x2xi32>
  return %y, %z : tensor<3x2xf32>, tensor<3x2xi32>
}

//===----------------------------------------------------------------------===//
// Integers that a factor per token made floats
//===----------------------------------------------------------------------===//

// Rounded and bounded, NaN as the lower bound: the integers are i8, the divisor
// becomes the scale of the activations, through the same reshape.

#tokens = affine_map<(i, j, k) -> (i, j, k)>
#factor = affine_map<(i, j, k) -> (i, j, 0)>
// CHECK-LABEL: func.func @divided(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<1x?x4xf32>, %[[ARG1:[^:]+]]: tensor<1x?x1xf32>, %[[ARG2:[^:]+]]: tensor<?x2xf32>)
// CHECK: %[[VCST:[^ ]+]] = arith.constant -1.280000e+02 : f32
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant 1.270000e+02 : f32
// CHECK: %[[V0:[^ ]+]] = linalg.generic {{.*}} ins(%[[ARG0]] : tensor<1x?x4xf32>)
// CHECK: %[[V7:[^ ]+]] = math.roundeven %[[VIN:[^ ]+]] : f32
// CHECK: %[[V8:[^ ]+]] = arith.cmpf ult, %[[V7]], %[[VCST]] : f32
// CHECK: %[[V9:[^ ]+]] = arith.select %[[V8]], %[[VCST]], %[[V7]] : f32
// CHECK: %[[V10:[^ ]+]] = arith.cmpf ugt, %[[V9]], %[[VCST_0]] : f32
// CHECK: %[[V11:[^ ]+]] = arith.select %[[V10]], %[[VCST_0]], %[[V9]] : f32
// CHECK: %[[VC1:[^ ]+]] = arith.constant 1 : index
// CHECK: %[[VDIM:[^ ]+]] = tensor.dim %[[V0]], %[[VC1]] : tensor<1x?x4xf32>
// CHECK: %[[V1:[^ ]+]] = tensor.empty(%[[VDIM]]) : tensor<1x?x4xi8>
// CHECK: %[[V2:[^ ]+]] = linalg.generic {{.*}} ins(%[[V0]] : tensor<1x?x4xf32>)
// CHECK: %{{.*}} = arith.fptosi %{{.*}} : f32 to i8
// CHECK: %[[VCOLLAPSED:[^ ]+]] = tensor.collapse_shape %[[V2]] {{\[\[}}0, 1], [2]] : tensor<1x?x4xi8> into tensor<?x4xi8>
// CHECK: %[[VC0:[^ ]+]] = arith.constant 0 : index
// CHECK: %[[VDIM_1:[^ ]+]] = tensor.dim %[[ARG2]], %[[VC0]] : tensor<?x2xf32>
// CHECK: %[[V3:[^ ]+]] = tensor.empty(%[[VDIM_1]]) : tensor<?x2xf32>
// CHECK: %[[VCST_2:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[VCST_3:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[VC1_4:[^ ]+]] = arith.constant 1 : index
// CHECK: %[[VDIM_5:[^ ]+]] = tensor.dim %[[V0]], %[[VC1_4]] : tensor<1x?x4xf32>
// CHECK: %[[V4:[^ ]+]] = tensor.empty(%[[VDIM_5]]) : tensor<1x?xf32>
// CHECK: %[[V5:[^ ]+]] = linalg.generic {{.*}} ins(%[[ARG1]] : tensor<1x?x1xf32>)
// CHECK: %[[VCST_7:[^ ]+]] = arith.constant 1.000000e+00 : f32
// CHECK: %{{.*}} = arith.divf %{{.*}}, %{{.*}} : f32
// CHECK: %[[VCOLLAPSED_6:[^ ]+]] = tensor.collapse_shape %[[V5]] {{\[\[}}0, 1]] : tensor<1x?xf32> into tensor<?xf32>
// CHECK: %[[V6:[^ ]+]] = ternary.bitlinear ins(%[[VCOLLAPSED]] : tensor<?x4xi8>) weights(%[[VCST_2]] : tensor<2x4xi8>) scales(%[[VCST_3]] : tensor<f32>) activation_scale(%[[VCOLLAPSED_6]] : tensor<?xf32>) outs(%[[V3]] : tensor<?x2xf32>) -> tensor<?x2xf32>
// CHECK: return %[[V6]] : tensor<?x2xf32>
func.func @divided(%x: tensor<1x?x4xf32>, %s: tensor<1x?x1xf32>, %init: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = arith.constant dense<[[0.5, 0.0], [-0.5, 0.5], [0.0, 0.0], [0.5, -0.5]]> : tensor<4x2xf32>
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %q = linalg.generic {indexing_maps = [#tokens, #tokens], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : tensor<1x?x4xf32>) outs(%x : tensor<1x?x4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %r = math.roundeven %a : f32
      %c = arith.cmpf ult, %r, %low : f32
      %l = arith.select %c, %low, %r : f32
      %d = arith.cmpf ugt, %l, %high : f32
      %h = arith.select %d, %high, %l : f32
      linalg.yield %h : f32
  } -> tensor<1x?x4xf32>
  %f = linalg.generic {indexing_maps = [#tokens, #factor, #tokens], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%q, %s : tensor<1x?x4xf32>, tensor<1x?x1xf32>) outs(%x : tensor<1x?x4xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %d = arith.divf %a, %b : f32
      linalg.yield %d : f32
  } -> tensor<1x?x4xf32>
  %flat = tensor.collapse_shape %f [[0, 1], [2]] : tensor<1x?x4xf32> into tensor<?x4xf32>
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Activations=i8
  %y = linalg.matmul ins(%flat, %w : tensor<?x4xf32>, tensor<4x2xf32>)
      outs(%zeros : tensor<?x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// Where a NaN stays a NaN, the scale of its token becomes one.

#row = affine_map<(i, k) -> (i)>
// CHECK-LABEL: func.func @multiplied(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x4xf32>, %[[ARG1:[^:]+]]: tensor<3xf32>, %[[ARG2:[^:]+]]: tensor<3x2xf32>)
// CHECK: %[[VCST:[^ ]+]] = arith.constant -1.270000e+02 : f32
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant 1.270000e+02 : f32
// CHECK: %[[V0:[^ ]+]] = linalg.generic {{.*}} ins(%[[ARG0]] : tensor<3x4xf32>)
// CHECK: %[[V10:[^ ]+]] = arith.maximumf %[[VIN:[^ ]+]], %[[VCST]] : f32
// CHECK: %[[V11:[^ ]+]] = arith.minimumf %[[V10]], %[[VCST_0]] : f32
// CHECK: %[[V12:[^ ]+]] = math.roundeven %[[V11]] : f32
// CHECK: %[[V1:[^ ]+]] = tensor.empty() : tensor<3x4xi8>
// CHECK: %[[V2:[^ ]+]] = linalg.generic {{.*}} ins(%[[V0]] : tensor<3x4xf32>)
// CHECK: %[[VCST_4:[^ ]+]] = arith.constant 0.000000e+00 : f32
// CHECK: %[[V10]] = arith.cmpf uno, %[[VIN]], %[[VIN]] : f32
// CHECK: %[[V11]] = arith.select %[[V10]], %[[VCST_4]], %[[VIN]] : f32
// CHECK: %{{.*}} = arith.fptosi %{{.*}} : f32 to i8
// CHECK: %[[V3:[^ ]+]] = tensor.empty() : tensor<3x2xf32>
// CHECK: %[[VCST_1:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[VCST_2:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[VCST_3:[^ ]+]] = arith.constant 0.000000e+00 : f32
// CHECK: %[[V4:[^ ]+]] = tensor.empty() : tensor<3xf32>
// CHECK: %[[V5:[^ ]+]] = linalg.fill ins(%[[VCST_3]] : f32) outs(%[[V4]] : tensor<3xf32>) -> tensor<3xf32>
// CHECK: %[[V6:[^ ]+]] = linalg.generic {{.*}} ins(%[[V0]] : tensor<3x4xf32>)
// CHECK: %[[V10]] = arith.subf %[[VIN]], %[[VIN]] : f32
// CHECK: %[[V11]] = arith.addf %[[VOUT:[^ ]+]], %[[V10]] : f32
// CHECK: %[[V7:[^ ]+]] = tensor.empty() : tensor<3xf32>
// CHECK: %[[V8:[^ ]+]] = linalg.generic {{.*}} ins(%[[ARG1]], %[[V6]] : tensor<3xf32>, tensor<3xf32>)
// CHECK: %[[V10]] = arith.addf %[[VIN]], %[[VIN_4:[^ ]+]] : f32
// CHECK: %[[V9:[^ ]+]] = ternary.bitlinear ins(%[[V2]] : tensor<3x4xi8>) weights(%[[VCST_1]] : tensor<2x4xi8>) scales(%[[VCST_2]] : tensor<f32>) activation_scale(%[[V8]] : tensor<3xf32>) outs(%[[V3]] : tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: return %[[V9]] : tensor<3x2xf32>
func.func @multiplied(%x: tensor<3x4xf32>, %s: tensor<3xf32>, %init: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[0.5, 0.0], [-0.5, 0.5], [0.0, 0.0], [0.5, -0.5]]> : tensor<4x2xf32>
  %low = arith.constant -127.0 : f32
  %high = arith.constant 127.0 : f32
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<3x4xf32>) outs(%x : tensor<3x4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %l = arith.maximumf %a, %low : f32
      %h = arith.minimumf %l, %high : f32
      %r = math.roundeven %h : f32
      linalg.yield %r : f32
  } -> tensor<3x4xf32>
  %f = linalg.generic {indexing_maps = [#row, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s, %q : tensor<3xf32>, tensor<3x4xf32>) outs(%x : tensor<3x4xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %d = arith.mulf %a, %b : f32
      linalg.yield %d : f32
  } -> tensor<3x4xf32>
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Activations=i8
  %y = linalg.matmul ins(%f, %w : tensor<3x4xf32>, tensor<4x2xf32>)
      outs(%zeros : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// 128 is no i8, and a factor that changes within a token is no scale: both stay
// floats.

// CHECK-LABEL: func.func @not_integers(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<3x4xf32>, %[[ARG1:[^:]+]]: tensor<3xf32>, %[[ARG2:[^:]+]]: tensor<4xf32>, %[[ARG3:[^:]+]]: tensor<3x2xf32>)
// CHECK: %[[VCST:[^ ]+]] = arith.constant -1.270000e+02 : f32
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant 1.274000e+02 : f32
// CHECK: %[[V0:[^ ]+]] = linalg.generic {{.*}} ins(%[[ARG0]] : tensor<3x4xf32>)
// CHECK: %[[V8:[^ ]+]] = arith.maximumf %[[VIN:[^ ]+]], %[[VCST]] : f32
// CHECK: %[[V9:[^ ]+]] = arith.minimumf %[[V8]], %[[VCST_0]] : f32
// CHECK: %[[V10:[^ ]+]] = math.ceil %[[V9]] : f32
// CHECK: %[[V1:[^ ]+]] = linalg.generic {{.*}} ins(%[[V0]], %[[ARG1]] : tensor<3x4xf32>, tensor<3xf32>)
// CHECK: %[[V8]] = arith.mulf %[[VIN]], %[[VIN_6:[^ ]+]] : f32
// CHECK: %[[VCST_1:[^ ]+]] = arith.constant 1.270000e+02 : f32
// CHECK: %[[V2:[^ ]+]] = linalg.generic {{.*}} ins(%[[V0]] : tensor<3x4xf32>)
// CHECK: %[[V8]] = arith.minimumf %[[VIN]], %[[VCST_1]] : f32
// CHECK: %[[V3:[^ ]+]] = linalg.generic {{.*}} ins(%[[V2]], %[[ARG2]] : tensor<3x4xf32>, tensor<4xf32>)
// CHECK: %[[V8]] = arith.mulf %[[VIN]], %[[VIN_6]] : f32
// CHECK: %[[V4:[^ ]+]] = tensor.empty() : tensor<3x2xf32>
// CHECK: %[[VCST_2:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[VCST_3:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V5:[^ ]+]] = ternary.bitlinear ins(%[[V1]] : tensor<3x4xf32>) weights(%[[VCST_2]] : tensor<2x4xi8>) scales(%[[VCST_3]] : tensor<f32>) outs(%[[V4]] : tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: %[[V6:[^ ]+]] = tensor.empty() : tensor<3x2xf32>
// CHECK: %[[VCST_4:[^ ]+]] = arith.constant dense<{{\[\[}}1, -1, 0, 1], [0, 1, 0, -1]]> : tensor<2x4xi8>
// CHECK: %[[VCST_5:[^ ]+]] = arith.constant dense<5.000000e-01> : tensor<f32>
// CHECK: %[[V7:[^ ]+]] = ternary.bitlinear ins(%[[V3]] : tensor<3x4xf32>) weights(%[[VCST_4]] : tensor<2x4xi8>) scales(%[[VCST_5]] : tensor<f32>) outs(%[[V6]] : tensor<3x2xf32>) -> tensor<3x2xf32>
// CHECK: return %[[V5]], %[[V7]] : tensor<3x2xf32>, tensor<3x2xf32>
func.func @not_integers(%x: tensor<3x4xf32>, %s: tensor<3xf32>, %c: tensor<4xf32>, %init: tensor<3x2xf32>) -> (tensor<3x2xf32>, tensor<3x2xf32>) {
  %w = arith.constant dense<[[0.5, 0.0], [-0.5, 0.5], [0.0, 0.0], [0.5, -0.5]]> : tensor<4x2xf32>
  %low = arith.constant -127.0 : f32
  %high = arith.constant 127.4 : f32
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<3x4xf32>) outs(%x : tensor<3x4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %l = arith.maximumf %a, %low : f32
      %h = arith.minimumf %l, %high : f32
      %r = math.ceil %h : f32
      linalg.yield %r : f32
  } -> tensor<3x4xf32>
  %f = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%q, %s : tensor<3x4xf32>, tensor<3xf32>) outs(%x : tensor<3x4xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %d = arith.mulf %a, %b : f32
      linalg.yield %d : f32
  } -> tensor<3x4xf32>
  %high2 = arith.constant 127.0 : f32
  %whole = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%q : tensor<3x4xf32>) outs(%x : tensor<3x4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %h = arith.minimumf %a, %high2 : f32
      linalg.yield %h : f32
  } -> tensor<3x4xf32>
  %g = linalg.generic {indexing_maps = [#id, affine_map<(i, k) -> (k)>, #id], iterator_types = ["parallel", "parallel"]}
      ins(%whole, %c : tensor<3x4xf32>, tensor<4xf32>) outs(%x : tensor<3x4xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %d = arith.mulf %a, %b : f32
      linalg.yield %d : f32
  } -> tensor<3x4xf32>
  %zero = arith.constant 0.0 : f32
  %zeros = linalg.fill ins(%zero : f32) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Activations=f32
  %y = linalg.matmul ins(%f, %w : tensor<3x4xf32>, tensor<4x2xf32>)
      outs(%zeros : tensor<3x2xf32>) -> tensor<3x2xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}Activations=f32
  %z = linalg.matmul ins(%g, %w : tensor<3x4xf32>, tensor<4x2xf32>)
      outs(%zeros : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y, %z : tensor<3x2xf32>, tensor<3x2xf32>
}

//===----------------------------------------------------------------------===//
// Embeddings
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @embedding(
// CHECK-SAME: %[[ARG0:[^:]+]]: tensor<?x3xi64>, %[[ARG1:[^:]+]]: tensor<?x3x8xf32>)
// CHECK: %[[VCST:[^ ]+]] = arith.constant dense<{{\[\[}}1, 1, 0, 1, -1, 1, 1, 1], [1, 1, 0, 1, -1, 1, 1, 1]]> : tensor<2x8xi8>
// CHECK: %[[VCST_0:[^ ]+]] = arith.constant dense<[5.000000e-01, 2.000000e+00]> : tensor<2xf32>
// CHECK: %[[V0:[^ ]+]] = ternary.embedding ins(%[[ARG0]] : tensor<?x3xi64>) table(%[[VCST]] : tensor<2x8xi8>) shape(2, 8) scales(%[[VCST_0]] : tensor<2xf32>) outs(%[[ARG1]] : tensor<?x3x8xf32>) -> tensor<?x3x8xf32>
// CHECK: return %[[V0]] : tensor<?x3x8xf32>
func.func @embedding(%ids: tensor<?x3xi64>, %init: tensor<?x3x8xf32>) -> tensor<?x3x8xf32> {
  %table = arith.constant dense<[[0.5, 0.5, 0.0, 0.5, -0.5, 0.5, 0.5, 0.5],
                                 [2.0, 2.0, 0.0, 2.0, -2.0, 2.0, 2.0, 2.0]]> : tensor<2x8xf32>
  %two = arith.constant 2 : index
  // REMARK: [[# @LINE + 1]]:11: remark: [Passed] layer | Category:ternary-raise | Activations=i64, Remark="raised to ternary.embedding", Scales=row, Weights=2x8, Zeros=12.5%
  %rows = linalg.generic
      {indexing_maps = [affine_map<(b, t, d) -> (b, t)>, affine_map<(b, t, d) -> (b, t, d)>],
       iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%ids : tensor<?x3xi64>) outs(%init : tensor<?x3x8xf32>) {
    ^bb0(%id: i64, %o: f32):
      %v = arith.index_cast %id : i64 to index
      %d = linalg.index 2 : index
      %inside = arith.cmpi ult, %v, %two : index
      cf.assert %inside, "index out of range"
      %e = tensor.extract %table[%v, %d] : tensor<2x8xf32>
      linalg.yield %e : f32
  } -> tensor<?x3x8xf32>
  return %rows : tensor<?x3x8xf32>
}
