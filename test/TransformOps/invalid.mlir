// RUN: ternary-opt %s --transform-interpreter --split-input-file --verify-diagnostics

module attributes {transform.with_named_sequence} {
  // expected-note @below {{payload op}}
  func.func @f() {
    return
  }
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %functions = transform.structured.match ops{["func.func"]} in %module
        : (!transform.any_op) -> !transform.any_op
    // expected-error @below {{layers: expected ternary.bitlinear, found 'func.func'}}
    transform.ternary.select_packing %functions : !transform.any_op
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  // expected-note @below {{payload op}}
  func.func @f() {
    return
  }
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %functions = transform.structured.match ops{["func.func"]} in %module
        : (!transform.any_op) -> !transform.any_op
    // expected-error @below {{layers: expected ternary.bitlinear, found 'func.func'}}
    %loops = transform.ternary.tile %functions : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}

// -----

// i2_s takes whole blocks of 128 columns.

module attributes {transform.with_named_sequence} {
  func.func @f(%x: tensor<4x10xi8>, %w: tensor<2x10xi8>, %init: tensor<4x2xi32>)
      -> tensor<4x2xi32> {
    // expected-error @below {{expected N * K to be a multiple of 128, found 20}}
    %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<2x10xi8>)
        outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
    return %y : tensor<4x2xi32>
  }
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %layers = transform.structured.match ops{["ternary.bitlinear"]} in %module
        : (!transform.any_op) -> !transform.any_op
    transform.ternary.select_packing %layers packing(#ternary.packing<i2_s>) : !transform.any_op
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    // expected-error @below {{attribute 'cache_bytes' failed to satisfy constraint}}
    transform.ternary.select_packing %module cache_bytes = -1 : !transform.any_op
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.consumed}) {
    // expected-error @below {{attribute 'row_tile' failed to satisfy constraint}}
    %loops = transform.ternary.tile %module row_tile = -1 : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}
