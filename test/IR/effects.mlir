// RUN: ternary-opt %s --cse --canonicalize | FileCheck %s

// Ops on tensors have no effects. Ops on memrefs read their inputs and write
// their inits.

// CHECK-LABEL: func.func @equal_ops_on_tensors
// CHECK-COUNT-1: ternary.nonzero_mask
// CHECK-NOT: ternary.nonzero_mask
// CHECK: return %[[M:.*]], %[[M]] :
func.func @equal_ops_on_tensors(%t: tensor<8x10xi8>, %i: tensor<8x10xi1>) -> (tensor<8x10xi1>, tensor<8x10xi1>) {
  %0 = ternary.nonzero_mask ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x10xi1>) -> tensor<8x10xi1>
  %1 = ternary.nonzero_mask ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x10xi1>) -> tensor<8x10xi1>
  return %0, %1 : tensor<8x10xi1>, tensor<8x10xi1>
}

// CHECK-LABEL: func.func @ops_that_differ_by_an_attribute
// CHECK-COUNT-2: ternary.absmean
func.func @ops_that_differ_by_an_attribute(%w: tensor<8x10xf32>, %i: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %0 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8xf32>) -> tensor<8xf32>
  %1 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8xf32>) {eps = 0.5 : f32} -> tensor<8xf32>
  return %0, %1 : tensor<8xf32>, tensor<8xf32>
}

// A value read from an init before the op that writes it is not the one read
// behind it.

// CHECK-LABEL: func.func @loads_around
// CHECK-SAME: %{{[^:]*}}: memref<8x10xi8>, %[[B:[^:]*]]: memref<8x3xi8>
// CHECK: %[[X:.*]] = memref.load %[[B]]
// CHECK: ternary.pack
// CHECK: %[[Y:.*]] = memref.load %[[B]]
// CHECK: return %[[X]], %[[Y]]
func.func @loads_around(%t: memref<8x10xi8>, %b: memref<8x3xi8>) -> (i8, i8) {
  %c0 = arith.constant 0 : index
  %0 = memref.load %b[%c0, %c0] : memref<8x3xi8>
  ternary.pack ins(%t : memref<8x10xi8>) outs(%b : memref<8x3xi8>) {packing = #ternary.packing<chimera>}
  %1 = memref.load %b[%c0, %c0] : memref<8x3xi8>
  return %0, %1 : i8, i8
}

// CHECK-LABEL: func.func @equal_ops_on_memrefs
// CHECK-COUNT-2: ternary.pack
func.func @equal_ops_on_memrefs(%t: memref<8x10xi8>, %b: memref<8x3xi8>) {
  ternary.pack ins(%t : memref<8x10xi8>) outs(%b : memref<8x3xi8>) {packing = #ternary.packing<chimera>}
  ternary.pack ins(%t : memref<8x10xi8>) outs(%b : memref<8x3xi8>) {packing = #ternary.packing<chimera>}
  return
}

// Register-level ops are pure.

// CHECK-LABEL: func.func @registers
// CHECK-COUNT-1: ternary.encode
// CHECK-NOT: ternary.encode
func.func @registers(%t: vector<64xi8>) -> (vector<64xi8>, vector<64xi8>) {
  %0 = ternary.encode [%t, %t] {radix = 3 : i64, offset = 1 : i64} : vector<64xi8>
  %1 = ternary.encode [%t, %t] {radix = 3 : i64, offset = 1 : i64} : vector<64xi8>
  return %0, %1 : vector<64xi8>, vector<64xi8>
}
