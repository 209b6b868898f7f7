// RUN: ternary-opt %s --ternary-tile="row-tile=64 token-tile=2" | FileCheck %s
// RUN: ternary-opt %s --ternary-to-llvm="row-tile=64 token-tile=2 threads=2" -o %t

// Extents of 0: there is nothing to cut.
// CHECK-LABEL: func.func @no_token
// CHECK-NOT:     scf.forall
// CHECK:         ternary.bitlinear {{.*}} outs(%{{.*}} : tensor<0x130xi32>)
func.func @no_token(%x: tensor<0x16xi8>, %w: tensor<130x16xi8>,
                    %i: tensor<0x130xi32>) -> tensor<0x130xi32> {
  %y = ternary.bitlinear ins(%x : tensor<0x16xi8>)
      weights(%w : tensor<130x16xi8>) outs(%i : tensor<0x130xi32>)
      -> tensor<0x130xi32>
  return %y : tensor<0x130xi32>
}

// CHECK-LABEL: func.func @no_column
// CHECK-NOT:     scf.forall
// CHECK:         ternary.bitlinear {{.*}} outs(%{{.*}} : tensor<?x130xf32>)
func.func @no_column(%x: tensor<?x?xi8>, %w: tensor<3x0x4x64xi8>,
                     %s: tensor<130x0xf32>, %i: tensor<?x130xf32>)
    -> tensor<?x130xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>)
      weights(%w : tensor<3x0x4x64xi8>) scales(%s : tensor<130x0xf32>)
      outs(%i : tensor<?x130xf32>)
      {packing = #ternary.packing<cpu_panel2>, group_size = 32 : i64}
      -> tensor<?x130xf32>
  return %y : tensor<?x130xf32>
}
