// RUN: ternary-opt %s --transform-interpreter --split-input-file | FileCheck %s

// The packing and the tiles that the schedule names; the handle of the loop is that of the loop.

// CHECK-LABEL: func.func @named(
// CHECK:         ternary.pack
// CHECK-SAME:      packing = #ternary.packing<cpu_rows3>
// CHECK:         scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (4, 512) step (2, 80)
// CHECK:           ternary.bitlinear
// CHECK-SAME:        packing = #ternary.packing<cpu_rows3>
// CHECK:         } {found}
module attributes {transform.with_named_sequence} {
  func.func @named(%x: tensor<4x10xi8>, %w: tensor<512x10xi8>, %init: tensor<4x512xi32>)
      -> tensor<4x512xi32> {
    %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<512x10xi8>)
        outs(%init : tensor<4x512xi32>) -> tensor<4x512xi32>
    return %y : tensor<4x512xi32>
  }
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %layers = transform.structured.match ops{["ternary.bitlinear"]} in %module
        : (!transform.any_op) -> !transform.any_op
    transform.ternary.select_packing %layers packing(#ternary.packing<cpu_rows3>) cache_bytes = 0
        : !transform.any_op
    %loops = transform.ternary.tile %layers row_tile = 80 token_tile = 2
        : (!transform.any_op) -> !transform.any_op
    transform.annotate %loops "found" : !transform.any_op
    transform.yield
  }
}

// -----

// Without names the choices of the passes: constant weights get panels, one thread no tiles.

// CHECK-LABEL: func.func @chosen(
// CHECK-NOT:     scf.forall
// CHECK:         ternary.bitlinear
// CHECK-SAME:      packing = #ternary.packing<cpu_panel2>
module attributes {transform.with_named_sequence} {
  func.func @chosen(%x: tensor<4x10xi8>, %w: tensor<512x10xi8> {ternary.constant},
                    %init: tensor<4x512xi32>) -> tensor<4x512xi32> {
    %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<512x10xi8>)
        outs(%init : tensor<4x512xi32>) -> tensor<4x512xi32>
    return %y : tensor<4x512xi32>
  }
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %layers = transform.structured.match ops{["ternary.bitlinear"]} in %module
        : (!transform.any_op) -> !transform.any_op
    transform.ternary.select_packing %layers : !transform.any_op
    %loops = transform.ternary.tile %layers : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}

// -----

// Only what is in the payload is lowered, here first to register-level ops, then to vectors.

// CHECK-LABEL: func.func @first(
// CHECK:         ternary.dot
// CHECK-LABEL: func.func @second(
// CHECK-NOT:     ternary.dot
// CHECK:         vector.
module attributes {transform.with_named_sequence} {
  func.func @first(%x: memref<1x64xi8>, %w: memref<1x4x4x64xi8>, %y: memref<1x64xi32>) {
    ternary.bitlinear ins(%x : memref<1x64xi8>) weights(%w : memref<1x4x4x64xi8>)
        outs(%y : memref<1x64xi32>) {packing = #ternary.packing<cpu_panel2>}
    return
  }
  func.func @second(%x: memref<1x64xi8>, %w: memref<1x4x4x64xi8>, %y: memref<1x64xi32>) {
    ternary.bitlinear ins(%x : memref<1x64xi8>) weights(%w : memref<1x4x4x64xi8>)
        outs(%y : memref<1x64xi32>) {packing = #ternary.packing<cpu_panel2>}
    return
  }
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    transform.ternary.lower_to_register_level %module : !transform.any_op
    %second = transform.structured.match ops{["func.func"]}
        attributes{sym_name = "second"} in %module : (!transform.any_op) -> !transform.any_op
    transform.ternary.vectorize %second : !transform.any_op
    transform.yield
  }
}
