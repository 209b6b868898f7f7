// RUN: ternary-opt %s --ternary-outline-prepare --verify-diagnostics --split-input-file

// expected-error @+1 {{'func.func' op expected no use in the module, since outlining changes its arguments, found one}}
func.func @called(%w: tensor<8x10xi8> {ternary.constant}) -> tensor<8x3xi8> {
  %e = tensor.empty() : tensor<8x3xi8>
  %b = ternary.pack ins(%w : tensor<8x10xi8>) outs(%e : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %b : tensor<8x3xi8>
}
func.func @caller(%w: tensor<8x10xi8>) -> tensor<8x3xi8> {
  // expected-note @+1 {{used here}}
  %b = call @called(%w) : (tensor<8x10xi8>) -> tensor<8x3xi8>
  return %b : tensor<8x3xi8>
}

// -----

// expected-note @+1 {{taken here}}
func.func private @layer_prepare()

// expected-error @+1 {{'func.func' op expected the name @layer_prepare to be free, found it taken}}
func.func @layer(%w: tensor<8x10xi8> {ternary.constant}) -> tensor<8x3xi8> {
  %e = tensor.empty() : tensor<8x3xi8>
  %b = ternary.pack ins(%w : tensor<8x10xi8>) outs(%e : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %b : tensor<8x3xi8>
}

// -----

// expected-error @+1 {{'ternary.prepare': expected a symbol on a function, found 1 : i32 on 'func.func'}}
func.func private @number() attributes {ternary.prepare = 1 : i32}

// -----

// expected-error @+1 {{'ternary.prepare': expected a symbol on a function, found @f on 'builtin.module'}}
module attributes {ternary.prepare = @f} {}
