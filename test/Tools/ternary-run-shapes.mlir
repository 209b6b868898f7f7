// Shapes that do not fit each other are found before the call, by the verifiers
// of the operations that would read outside their buffers.

// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py make %t/trits.npy int8 2x9 1
// RUN: %python %S/Inputs/npy.py make %t/x.npy int8 1x9 2
// RUN: %python %S/Inputs/npy.py make %t/x8.npy int8 1x8 2
// RUN: %python %S/Inputs/npy.py make %t/ids.npy int64 1 1
// RUN: %python %S/Inputs/npy.py make %t/n.npy int64 - 2
// RUN: %python %S/Inputs/npy.py make %t/k.npy int64 - 9
// RUN: %python %S/Inputs/npy.py make %t/huge.npy int64 - 1000000000000

// RUN: ternary-run %s --entry pack --args %t/trits.npy --results %t/w.npy \
// RUN:   --byte-results=uint8 | FileCheck %s --check-prefix=PACK
// PACK: result 0: uint8 [2, 3] = 85 85 64 85 85 64
func.func @pack(%trits: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %trits, %c0 : tensor<?x?xi8>
  %k = tensor.dim %trits, %c1 : tensor<?x?xi8>
  %bytes = arith.ceildivui %k, %c4 : index
  %empty = tensor.empty(%n, %bytes) : tensor<?x?xi8>
  %0 = ternary.pack ins(%trits : tensor<?x?xi8>) outs(%empty : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// RUN: ternary-run %s --entry linear --args %t/x.npy %t/w.npy --check=reference \
// RUN:   | FileCheck %s --check-prefix=LINEAR
// LINEAR: result 0: int32 [1, 2] = 18 18
// LINEAR-NEXT: check: result 0: max difference 0, 0 of 2 elements differ
// RUN: not ternary-run %s --entry linear --args %t/x8.npy %t/w.npy 2>&1 \
// RUN:   | FileCheck %s --check-prefix=WEIGHTS
// WEIGHTS: error: {{.*}}ternary-run-shapes.mlir:[[#@LINE+6]]:8: 'ternary.bitlinear' op expected 'weights' of shape [2, 2], found 'tensor<2x3xi8>', with the shapes of this call
func.func @linear(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>) -> tensor<?x?xi32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xi8>
  %n = tensor.dim %w, %c0 : tensor<?x?xi8>
  %empty = tensor.empty(%m, %n) : tensor<?x?xi32>
  %0 = ternary.bitlinear ins(%x : tensor<?x?xi8>)
      weights(%w : tensor<?x?xi8>) outs(%empty : tensor<?x?xi32>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi32>
  return %0 : tensor<?x?xi32>
}

// A logical shape that the bytes do not have is found as well.
// RUN: ternary-run %s --entry rows --args %t/ids.npy %t/w.npy %t/n.npy %t/k.npy \
// RUN:   | FileCheck %s --check-prefix=ROWS
// ROWS: result 0: float32 [1, 9] = 1 1 1 1 1 1 1 1 1
// RUN: not ternary-run %s --entry rows --args %t/ids.npy %t/w.npy %t/n.npy \
// RUN:   %t/huge.npy 2>&1 | FileCheck %s --check-prefix=TABLE
// TABLE: error: {{.*}}:[[#@LINE+6]]:8: 'ternary.embedding' op expected 'table' of shape [2, 250000000000], found 'tensor<2x3xi8>', with the shapes of this call
func.func @rows(%ids: tensor<?xi64>, %w: tensor<?x?xi8>, %n: index, %k: index)
    -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %ids, %c0 : tensor<?xi64>
  %empty = tensor.empty(%m, %k) : tensor<?x?xf32>
  %0 = ternary.embedding ins(%ids : tensor<?xi64>)
      table(%w : tensor<?x?xi8>) shape(%n, %k)
      outs(%empty : tensor<?x?xf32>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}
