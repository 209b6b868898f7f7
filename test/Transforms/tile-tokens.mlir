// RUN: ternary-opt %s --ternary-tile="token-tile=2" | FileCheck %s

// Rows that are not cut stay whole, whatever the packing and their number.
// CHECK-LABEL: func.func @panels
// CHECK-SAME:      %[[W:[^:]*]]: tensor<?x?x4x64xi8>, %[[I:[^:]*]]: tensor<?x?xi32>)
// CHECK:         %[[N:.*]] = tensor.dim %[[I]], %c1
// CHECK:         scf.forall {{.*}} shared_outs(%[[O:.*]] = %[[I]])
// CHECK:           tensor.extract_slice %[[O]][{{.*}}, 0] [{{.*}}, %[[N]]]
// CHECK:           ternary.bitlinear {{.*}} weights(%[[W]] : tensor<?x?x4x64xi8>)
func.func @panels(%x: tensor<?x?xi8>, %w: tensor<?x?x4x64xi8>,
                  %i: tensor<?x?xi32>) -> tensor<?x?xi32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>)
      weights(%w : tensor<?x?x4x64xi8>) outs(%i : tensor<?x?xi32>)
      {packing = #ternary.packing<cpu_panel2>} -> tensor<?x?xi32>
  return %y : tensor<?x?xi32>
}

// CHECK-LABEL: func.func @flat
// CHECK-SAME:      %[[W:[^:]*]]: tensor<?xi8>
// CHECK:         scf.forall
// CHECK:           ternary.bitlinear {{.*}} weights(%[[W]] : tensor<?xi8>)
func.func @flat(%x: tensor<?x?xi8>, %w: tensor<?xi8>, %i: tensor<?x?xi32>)
    -> tensor<?x?xi32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?xi8>)
      outs(%i : tensor<?x?xi32>) {packing = #ternary.packing<base3>}
      -> tensor<?x?xi32>
  return %y : tensor<?x?xi32>
}
