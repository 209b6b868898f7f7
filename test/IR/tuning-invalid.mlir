// RUN: ternary-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{'ternary.tuning': expected a dictionary on a bitlinear, found {} on 'func.func'}}
func.func @f() attributes {ternary.tuning = {}} {
  return
}

// -----

func.func @f(%x: tensor<1x8xi8>, %w: tensor<4x8xi8>, %i: tensor<1x4xi32>) -> tensor<1x4xi32> {
  // expected-error @below {{'ternary.tuning': expected a dictionary on a bitlinear, found 3 : i64 on 'ternary.bitlinear'}}
  %y = ternary.bitlinear ins(%x : tensor<1x8xi8>) weights(%w : tensor<4x8xi8>)
      outs(%i : tensor<1x4xi32>) {ternary.tuning = 3 : i64} -> tensor<1x4xi32>
  return %y : tensor<1x4xi32>
}

// -----

func.func @f(%x: tensor<1x8xi8>, %w: tensor<4x8xi8>, %i: tensor<1x4xi32>) -> tensor<1x4xi32> {
  // expected-error @below {{'ternary.tuning': expected a packing without scales, found 'packing' = #ternary.packing<tq2_0>}}
  %y = ternary.bitlinear ins(%x : tensor<1x8xi8>) weights(%w : tensor<4x8xi8>)
      outs(%i : tensor<1x4xi32>) {ternary.tuning = {packing = #ternary.packing<tq2_0>}}
      -> tensor<1x4xi32>
  return %y : tensor<1x4xi32>
}

// -----

func.func @f(%x: tensor<1x8xi8>, %w: tensor<4x8xi8>, %i: tensor<1x4xi32>) -> tensor<1x4xi32> {
  // expected-error @below {{'ternary.tuning': expected a positive i64, found 'row_tile' = 0 : i64}}
  %y = ternary.bitlinear ins(%x : tensor<1x8xi8>) weights(%w : tensor<4x8xi8>)
      outs(%i : tensor<1x4xi32>) {ternary.tuning = {row_tile = 0 : i64}} -> tensor<1x4xi32>
  return %y : tensor<1x4xi32>
}

// -----

func.func @f(%x: tensor<1x8xi8>, %w: tensor<4x8xi8>, %i: tensor<1x4xi32>) -> tensor<1x4xi32> {
  // expected-error @below {{'ternary.tuning': expected 'packing', 'row_tile' or 'token_tile', found 'unroll' = 2 : i64}}
  %y = ternary.bitlinear ins(%x : tensor<1x8xi8>) weights(%w : tensor<4x8xi8>)
      outs(%i : tensor<1x4xi32>) {ternary.tuning = {unroll = 2 : i64}} -> tensor<1x4xi32>
  return %y : tensor<1x4xi32>
}
