// RUN: ternary-opt %s --ternary-to-linalg | FileCheck %s --implicit-check-not=ternary.
// RUN: ternary-opt %s --ternary-to-linalg -o %t.once
// RUN: ternary-opt %t.once --ternary-to-linalg -o %t.twice
// RUN: diff %t.once %t.twice
// RUN: ternary-opt %s --ternary-reference-to-llvm | FileCheck %s --check-prefix=LLVM --implicit-check-not=ternary.

// Upstream dialects only, and what is the same is computed once: both layers
// read the same trits of the bytes.

// CHECK-LABEL: func.func @layers(
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x10xi8>, %[[B:[^:]*]]: tensor<8x3xi8>
// CHECK: %[[T:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} outs(%{{.*}} : tensor<8x10xi8>)
// CHECK: tensor.extract %[[B]]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[X]], %[[T]] :
// CHECK-NOT: tensor.extract %[[B]]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]} ins(%{{.*}}, %[[T]] :
// CHECK: return
// LLVM: llvm.func @layers(
func.func @layers(%x: tensor<4x10xi8>, %b: tensor<8x3xi8>, %z: tensor<4x10xi8>)
    -> (tensor<4x8xi32>, tensor<4x8xi32>) {
  %e = tensor.empty() : tensor<4x8xi32>
  %y0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%b : tensor<8x3xi8>) outs(%e : tensor<4x8xi32>)
      {packing = #ternary.packing<chimera>} -> tensor<4x8xi32>
  %y1 = ternary.bitlinear ins(%z : tensor<4x10xi8>) weights(%b : tensor<8x3xi8>) outs(%e : tensor<4x8xi32>)
      {packing = #ternary.packing<chimera>} -> tensor<4x8xi32>
  return %y0, %y1 : tensor<4x8xi32>, tensor<4x8xi32>
}

// Extents may be known at run time only; memrefs are lowered too.

// CHECK-LABEL: func.func @norm(
// CHECK: tensor.dim
// CHECK: math.sqrt
// CHECK-LABEL: func.func @memrefs(
// CHECK: bufferization.to_tensor
// CHECK: bufferization.materialize_in_destination
// LLVM: llvm.func @norm(
// LLVM: llvm.func @memrefs(
func.func @norm(%x: tensor<?x?xf16>, %e: tensor<?x?xf16>) -> tensor<?x?xf16> {
  %y = ternary.rms_norm ins(%x : tensor<?x?xf16>) outs(%e : tensor<?x?xf16>) -> tensor<?x?xf16>
  return %y : tensor<?x?xf16>
}
func.func @memrefs(%x: memref<4x10xf32>, %s: memref<4xf32>) {
  ternary.absmean ins(%x : memref<4x10xf32>) outs(%s : memref<4xf32>)
  return
}

// CHECK: func.func private @declaration(memref<4xf32>)
// LLVM: llvm.func @declaration(!llvm.ptr
func.func private @declaration(memref<4xf32>)
