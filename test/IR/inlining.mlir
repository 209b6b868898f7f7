// RUN: ternary-opt %s --inline | FileCheck %s

// Every op may be inlined.

func.func private @layer(%x: tensor<4x10xf32>, %w: tensor<8x3xi8>, %s: tensor<8xf32>, %v: vector<64xi8>) -> (tensor<4x8xf32>, vector<64xi8>) {
  %qi = tensor.empty() : tensor<4x10xi8>
  %si = tensor.empty() : tensor<4xf32>
  %q, %a = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%qi, %si : tensor<4x10xi8>, tensor<4xf32>)
      -> tensor<4x10xi8>, tensor<4xf32>
  %yi = tensor.empty() : tensor<4x8xf32>
  %y = ternary.bitlinear ins(%q : tensor<4x10xi8>) weights(%w : tensor<8x3xi8>) scales(%s : tensor<8xf32>)
      activation_scale(%a : tensor<4xf32>) outs(%yi : tensor<4x8xf32>)
      {packing = #ternary.packing<chimera>} -> tensor<4x8xf32>
  %t = ternary.decode %v {radix = 4 : i64, digit = 0 : i64, offset = 1 : i64} : vector<64xi8>
  return %y, %t : tensor<4x8xf32>, vector<64xi8>
}

func.func private @on_memrefs(%m: memref<4x10xf32>, %n: memref<4x10xf32>) {
  ternary.rms_norm ins(%m : memref<4x10xf32>) outs(%n : memref<4x10xf32>)
  return
}

// CHECK-LABEL: func.func @main
// CHECK-NOT: call
// CHECK: ternary.quantize_activation
// CHECK: ternary.bitlinear
// CHECK: ternary.decode
// CHECK: ternary.rms_norm
// CHECK-NOT: call
// CHECK: return
func.func @main(%x: tensor<4x10xf32>, %w: tensor<8x3xi8>, %s: tensor<8xf32>, %v: vector<64xi8>, %m: memref<4x10xf32>, %n: memref<4x10xf32>)
    -> (tensor<4x8xf32>, vector<64xi8>) {
  %0:2 = call @layer(%x, %w, %s, %v) : (tensor<4x10xf32>, tensor<8x3xi8>, tensor<8xf32>, vector<64xi8>) -> (tensor<4x8xf32>, vector<64xi8>)
  call @on_memrefs(%m, %n) : (memref<4x10xf32>, memref<4x10xf32>) -> ()
  return %0#0, %0#1 : tensor<4x8xf32>, vector<64xi8>
}
