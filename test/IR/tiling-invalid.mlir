// RUN: ternary-opt %s --transform-interpreter -verify-diagnostics -split-input-file

// Rows of base3 do not start on byte boundaries.

func.func @flat(%x: tensor<4x10xi8>, %w: tensor<512xi8>, %i: tensor<4x256xi32>) -> tensor<4x256xi32> {
  // expected-error @+2 {{to tile operation}}
  // expected-error @+1 {{failed to generate tiling loops}}
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<512xi8>) outs(%i : tensor<4x256xi32>)
      {packing = #ternary.packing<base3>} -> tensor<4x256xi32>
  return %y : tensor<4x256xi32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["ternary.bitlinear"]} in %m : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %op tile_sizes [0, 64] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// 50 rows are no whole panel of 64.

func.func @panel(%x: tensor<4x10xi8>, %w: tensor<2x1x4x64xi8>, %i: tensor<4x100xi32>) -> tensor<4x100xi32> {
  // expected-error @+2 {{to tile operation}}
  // expected-error @+1 {{failed to generate tiling loops}}
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<2x1x4x64xi8>) outs(%i : tensor<4x100xi32>)
      {packing = #ternary.packing<cpu_panel2>} -> tensor<4x100xi32>
  return %y : tensor<4x100xi32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["ternary.bitlinear"]} in %m : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %op tile_sizes [0, 50] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Neither are 48 rows, of which the last tile has fewer.

func.func @ragged_panel(%x: tensor<4x10xi8>, %w: tensor<2x1x4x64xi8>, %i: tensor<4x100xi32>) -> tensor<4x100xi32> {
  // expected-error @+2 {{to tile operation}}
  // expected-error @+1 {{failed to generate tiling loops}}
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<2x1x4x64xi8>) outs(%i : tensor<4x100xi32>)
      {packing = #ternary.packing<cpu_panel2>} -> tensor<4x100xi32>
  return %y : tensor<4x100xi32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["ternary.bitlinear"]} in %m : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %op tile_sizes [0, 48] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
