// RUN: ternary-opt %s -resolve-ranked-shaped-type-result-dims -canonicalize | FileCheck %s

// The shape of a result is that of its init.

// CHECK-LABEL: func.func @pack
// CHECK-SAME: %{{[^:]*}}: tensor<?x?xi8>, %[[I:[^:]*]]: tensor<?x3xi8>
// CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[C3:.*]] = arith.constant 3 : index
// CHECK-DAG: %[[N:.*]] = tensor.dim %[[I]], %[[C0]] : tensor<?x3xi8>
// CHECK-NOT: ternary.pack
// CHECK: return %[[N]], %[[C3]]
func.func @pack(%t: tensor<?x?xi8>, %i: tensor<?x3xi8>) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = ternary.pack ins(%t : tensor<?x?xi8>) outs(%i : tensor<?x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x3xi8>
  %n = tensor.dim %0, %c0 : tensor<?x3xi8>
  %b = tensor.dim %0, %c1 : tensor<?x3xi8>
  return %n, %b : index, index
}

// Each result of an op with several has the shape of its own init.

// CHECK-LABEL: func.func @quantize_activation
// CHECK-SAME: %{{[^:]*}}: tensor<?x10xf32>, %{{[^:]*}}: index, %[[N:[^:]*]]: index
// CHECK-NEXT: return %[[N]]
func.func @quantize_activation(%x: tensor<?x10xf32>, %m: index, %n: index) -> index {
  %c0 = arith.constant 0 : index
  %i = tensor.empty(%m) : tensor<?x10xi8>
  %j = tensor.empty(%n) : tensor<?xf32>
  %q, %s = ternary.quantize_activation ins(%x : tensor<?x10xf32>)
      outs(%i, %j : tensor<?x10xi8>, tensor<?xf32>) -> tensor<?x10xi8>, tensor<?xf32>
  %d = tensor.dim %s, %c0 : tensor<?xf32>
  return %d : index
}

// CHECK-LABEL: func.func @bitlinear
// CHECK-SAME: %{{[^:]*}}: tensor<?x?xi8>, %{{[^:]*}}: tensor<?x?xi8>, %[[M:[^:]*]]: index, %[[N:[^:]*]]: index
// CHECK-NEXT: return %[[M]], %[[N]]
func.func @bitlinear(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %m: index, %n: index) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %i = tensor.empty(%m, %n) : tensor<?x?xi32>
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>)
      outs(%i : tensor<?x?xi32>) -> tensor<?x?xi32>
  %0 = tensor.dim %y, %c0 : tensor<?x?xi32>
  %1 = tensor.dim %y, %c1 : tensor<?x?xi32>
  return %0, %1 : index, index
}
