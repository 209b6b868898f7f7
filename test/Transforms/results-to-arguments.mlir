// RUN: ternary-opt %s --ternary-results-to-arguments --split-input-file | FileCheck %s
// RUN: ternary-opt %s --ternary-results-to-arguments --split-input-file -o %t.once
// RUN: ternary-opt %t.once --ternary-results-to-arguments --split-input-file -o %t.twice
// RUN: diff %t.once %t.twice

// The result has the extents of the call; arguments are only read.

// CHECK-LABEL: func.func @layer(
// CHECK-SAME: %{{[^:]*}}: tensor<?x10xi8> {bufferization.writable = false},
// CHECK-SAME: %{{[^:]*}}: tensor<8x10xi8> {bufferization.writable = false},
// CHECK-SAME: %[[Y:[^:]*]]: memref<?x8xi32> {ternary.extents = affine_map<(d0) -> (d0, 8)>}) {
// CHECK: %[[R:.*]] = ternary.bitlinear
// CHECK: bufferization.materialize_in_destination %[[R]] in restrict writable %[[Y]]
// CHECK-NEXT: return{{$}}
func.func @layer(%x: tensor<?x10xi8>, %w: tensor<8x10xi8>)
    -> tensor<?x8xi32> {
  // Becomes a third argument, memref<?x8xi32> {ternary.extents =
  // affine_map<(d0) -> (d0, 8)>}.
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x10xi8>
  %init = tensor.empty(%m) : tensor<?x8xi32>
  %y = ternary.bitlinear ins(%x : tensor<?x10xi8>)
      weights(%w : tensor<8x10xi8>) outs(%init : tensor<?x8xi32>)
      -> tensor<?x8xi32>
  return %y : tensor<?x8xi32>
}

// -----

// Extents may be computed; what is stated of a result stays; a scalar is stored.

// CHECK-LABEL: func.func @pack(
// CHECK-SAME: %{{[^:]*}}: index, %{{[^:]*}}: tensor<?x?xi8> {bufferization.writable = false},
// CHECK-SAME: %{{[^:]*}}: memref<?x?xi8> {ternary.extents = affine_map<(d0, d1, d2) -> (d1, d2 ceildiv 4)>, ternary.packing = #ternary.packing<chimera>},
// CHECK-SAME: %{{[^:]*}}: memref<?xf32> {ternary.extents = affine_map<(d0, d1, d2) -> (d0 * 2)>},
// CHECK-SAME: %[[S:[^:]*]]: memref<f32> {ternary.extents = affine_map<(d0, d1, d2) -> ()>}) {
// CHECK: memref.store %{{.*}}, %[[S]][] : memref<f32>
func.func @pack(%n: index, %trits: tensor<?x?xi8>)
    -> (tensor<?x?xi8> {ternary.packing = #ternary.packing<chimera>}, tensor<?xf32>, f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %f = arith.constant 2.0 : f32
  %rows = tensor.dim %trits, %c0 : tensor<?x?xi8>
  %k = tensor.dim %trits, %c1 : tensor<?x?xi8>
  %columns = arith.ceildivui %k, %c4 : index
  %empty = tensor.empty(%rows, %columns) : tensor<?x?xi8>
  %bytes = ternary.pack ins(%trits : tensor<?x?xi8>) outs(%empty : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  %n2 = arith.muli %n, %c2 : index
  %z = tensor.empty(%n2) : tensor<?xf32>
  %filled = linalg.fill ins(%f : f32) outs(%z : tensor<?xf32>) -> tensor<?xf32>
  return %bytes, %filled, %f : tensor<?x?xi8>, tensor<?xf32>, f32
}

// -----

// State that the source marks writable changes where it lies. The accumulator,
// which is not marked, is read and has a new place.

// CHECK-LABEL: func.func @step(
// CHECK-SAME: %{{[^:]*}}: tensor<8x10xi8> {bufferization.writable = false},
// CHECK-SAME: %[[B:[^:]*]]: memref<16xi8>,
// CHECK-SAME: %[[A:[^:]*]]: tensor<8x10xi8> {bufferization.writable = false},
// CHECK-SAME: %[[A1:[^:]*]]: memref<8x10xi8> {ternary.extents = affine_map<() -> (8, 10)>}) {
// CHECK: %[[T:.*]] = bufferization.to_tensor %[[B]] restrict writable
// CHECK: %[[S:.*]]:2 = ternary.step {{.*}} outs(%[[T]], %[[A]] :
// CHECK-DAG: bufferization.materialize_in_destination %[[S]]#0 in restrict writable %[[B]]
// CHECK-DAG: bufferization.materialize_in_destination %[[S]]#1 in restrict writable %[[A1]]
func.func @step(%sign: tensor<8x10xi8>,
                %bytes: tensor<16xi8> {bufferization.writable = true},
                %a: tensor<8x10xi8>) -> (tensor<16xi8>, tensor<8x10xi8>) {
  %b1, %a1 = ternary.step ins(%sign : tensor<8x10xi8>)
      outs(%bytes, %a : tensor<16xi8>, tensor<8x10xi8>)
      {packing = #ternary.packing<base3>, threshold = 3 : i64}
      -> tensor<16xi8>, tensor<8x10xi8>
  return %b1, %a1 : tensor<16xi8>, tensor<8x10xi8>
}

// A loop carries state from its init. Two results cannot share one argument.

// CHECK-LABEL: func.func @loop(
// CHECK-SAME: %{{[^:]*}}: index, %[[S:[^:]*]]: memref<?xf32>,
// CHECK-SAME: %[[R:[^:]*]]: memref<?xf32> {ternary.extents = affine_map<(d0, d1) -> (d1)>}) {
// CHECK: %[[L:.*]] = scf.for
// CHECK: materialize_in_destination %[[L]] in restrict writable %[[S]]
// CHECK: materialize_in_destination %[[L]] in restrict writable %[[R]]
func.func @loop(%n: index, %s: tensor<?xf32> {bufferization.writable = true})
    -> (tensor<?xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%t = %s) -> tensor<?xf32> {
    %u = linalg.exp ins(%t : tensor<?xf32>) outs(%t : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %u : tensor<?xf32>
  }
  return %r, %r : tensor<?xf32>, tensor<?xf32>
}

// -----

// A function that is called keeps a form that returns; a reference to it as the
// one that prepares is no call.

// CHECK-LABEL: func.func @called(
// CHECK-SAME: memref<4xf32> {ternary.extents = affine_map<() -> (4)>}) {
// CHECK-LABEL: func.func private @called_called(
// CHECK-SAME: -> tensor<4xf32> {
// CHECK: return %{{.*}} : tensor<4xf32>
func.func @called(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
// CHECK-LABEL: func.func @caller(
// CHECK-SAME: memref<4xf32> {ternary.extents = affine_map<() -> (4)>})
// CHECK-SAME: attributes {ternary.prepare = @called}
// CHECK: call @called_called(
func.func @caller(%x: tensor<4xf32>) -> tensor<4xf32>
    attributes {ternary.prepare = @called} {
  %y = call @called(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// CHECK-LABEL: func.func @itself(
// CHECK: call @itself_called(
// CHECK-LABEL: func.func private @itself_called(
// CHECK: call @itself_called(
func.func @itself(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = call @itself(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// Several returns, memrefs as results; private functions and declarations stay.

// CHECK-LABEL: func.func @branches(
// CHECK-SAME: %[[Y:[^:]*]]: memref<4xf32> {ternary.extents
// CHECK: memref.copy %{{.*}}, %[[Y]]
// CHECK-NEXT: return{{$}}
// CHECK: memref.copy %{{.*}}, %[[Y]]
// CHECK-NEXT: return{{$}}
func.func @branches(%c: i1, %a: memref<4xf32>, %b: memref<4xf32>) -> memref<4xf32> {
  cf.cond_br %c, ^one, ^two
^one:
  return %a : memref<4xf32>
^two:
  return %b : memref<4xf32>
}
// CHECK: func.func private @inner(%{{.*}}: tensor<?xf32>) -> tensor<?xf32>
func.func private @inner(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}
// CHECK: func.func private @outside() -> tensor<?xf32>
func.func private @outside() -> tensor<?xf32>
