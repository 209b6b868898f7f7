// RUN: ternary-opt %s -verify-diagnostics -split-input-file

//===----------------------------------------------------------------------===//
// accumulate_correlation
//===----------------------------------------------------------------------===//

// (accumulate_correlation_c1) a sign [N, K], or a gradient [M, N] and activations [M, K]
func.func @accumulate_correlation_sources(%g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %y: tensor<4x10xf32>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected a sign, or a gradient and activations, found 3 operands}}
  %0:2 = ternary.accumulate_correlation ins(%g, %x, %y : tensor<4x8xf32>, tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_sign_type(%s: tensor<8x10xf32>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected a sign of i8, or a gradient and activations of f32, found 'tensor<8x10xf32>'}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xf32>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_gradient_type(%g: tensor<4x8xf32>, %x: tensor<4x10xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected a sign of i8, or a gradient and activations of f32, found 'tensor<4x10xi8>'}}
  %0:2 = ternary.accumulate_correlation ins(%g, %x : tensor<4x8xf32>, tensor<4x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_sign_shape(%s: tensor<10x8xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'sign' of shape [8, 10], found 'tensor<10x8xi8>'}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<10x8xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_gradient_rank(%g: tensor<8xf32>, %x: tensor<4x10xf32>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'grad' of rank 2, found 'tensor<8xf32>'}}
  %0:2 = ternary.accumulate_correlation ins(%g, %x : tensor<8xf32>, tensor<4x10xf32>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_gradient_shape(%g: tensor<4x7xf32>, %x: tensor<4x10xf32>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'grad' of shape [4, 8], found 'tensor<4x7xf32>'}}
  %0:2 = ternary.accumulate_correlation ins(%g, %x : tensor<4x7xf32>, tensor<4x10xf32>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_activation_shape(%g: tensor<4x8xf32>, %x: tensor<5x10xf32>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'input' of shape [4, 10], found 'tensor<5x10xf32>'}}
  %0:2 = ternary.accumulate_correlation ins(%g, %x : tensor<4x8xf32>, tensor<5x10xf32>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_extents(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'shape' of two extents, found 1}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(80) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_negative(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'shape' without negative extents, found -8}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(-8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

// (accumulate_correlation_c2) the weight has the byte shape, or is [N, K]
func.func @accumulate_correlation_bytes(%s: tensor<8x10xi8>, %w: tensor<17xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'weight' of shape [16], found 'tensor<17xi8>'}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<17xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_trits(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'weight' of shape [8, 10], found 'tensor<16xi8>'}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

// (accumulate_correlation_c3) the inits are i64: [N, G], and rank 0 or [1]
func.func @accumulate_correlation_init(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %c: tensor<8x2xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'correlation' of shape [8, 3], found 'tensor<8x2xi64>'}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x2xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x2xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_step(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<2xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'step' of shape [1], found 'tensor<2xi64>'}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<2xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<2xi64>
  return
}

// -----

func.func @accumulate_correlation_inits(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 2 inits, found 1}}
  %0 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c : tensor<8x3xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi64>
  return
}

// -----

func.func @accumulate_correlation_type(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi32>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op operand #2 must be variadic of ranked tensor of 64-bit signless integer values or memref of 64-bit signless integer values, but got 'tensor<8x3xi32>'}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi32>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi32>, tensor<1xi64>
  return
}

// -----

// (accumulate_correlation_c4) a group size of at least 1
func.func @accumulate_correlation_group_size(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'group_size' of at least 1, found 0}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, group_size = 0 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

func.func @accumulate_correlation_group_size_missing(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.accumulate_correlation' op requires attribute 'group_size'}}
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>} -> tensor<8x3xi64>, tensor<1xi64>
  return
}

// -----

//===----------------------------------------------------------------------===//
// update_exponent
//===----------------------------------------------------------------------===//

// (update_exponent_c1) a sign [N, K], or a gradient [M, N] and activations [M, K]
func.func @update_exponent_sources(%g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %y: tensor<4x10xf32>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected a sign, or a gradient and activations, found 3 operands}}
  %0:2 = ternary.update_exponent ins(%g, %x, %y : tensor<4x8xf32>, tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

func.func @update_exponent_sign_type(%s: tensor<8x10xf32>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected a sign of i8, or a gradient and activations of f32, found 'tensor<8x10xf32>'}}
  %0:2 = ternary.update_exponent ins(%s : tensor<8x10xf32>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

func.func @update_exponent_gradient_type(%g: tensor<4x8xf32>, %x: tensor<4x10xi8>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected a sign of i8, or a gradient and activations of f32, found 'tensor<4x10xi8>'}}
  %0:2 = ternary.update_exponent ins(%g, %x : tensor<4x8xf32>, tensor<4x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

func.func @update_exponent_sign_shape(%s: tensor<10x8xi8>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 'sign' of shape [8, 10], found 'tensor<10x8xi8>'}}
  %0:2 = ternary.update_exponent ins(%s : tensor<10x8xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

func.func @update_exponent_gradient_rank(%g: tensor<8xf32>, %x: tensor<4x10xf32>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 'grad' of rank 2, found 'tensor<8xf32>'}}
  %0:2 = ternary.update_exponent ins(%g, %x : tensor<8xf32>, tensor<4x10xf32>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

func.func @update_exponent_gradient_shape(%g: tensor<4x7xf32>, %x: tensor<4x10xf32>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 'grad' of shape [4, 8], found 'tensor<4x7xf32>'}}
  %0:2 = ternary.update_exponent ins(%g, %x : tensor<4x7xf32>, tensor<4x10xf32>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

func.func @update_exponent_activation_shape(%g: tensor<4x8xf32>, %x: tensor<5x10xf32>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 'input' of shape [4, 10], found 'tensor<5x10xf32>'}}
  %0:2 = ternary.update_exponent ins(%g, %x : tensor<4x8xf32>, tensor<5x10xf32>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

func.func @update_exponent_extents(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 'shape' of two extents, found 3}}
  %0:2 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10, 1) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

// (update_exponent_c2) the weight has the byte shape, or is [N, K]
func.func @update_exponent_bytes(%s: tensor<8x10xi8>, %w: tensor<15xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 'weight' of shape [16], found 'tensor<15xi8>'}}
  %0:2 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<15xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

// (update_exponent_c3) each init is [N, G]
func.func @update_exponent_exponent(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %e: tensor<24xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 'outs' of shape [8, 3], found 'tensor<24xi8>'}}
  %0:2 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<24xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<24xi8>, tensor<8x3xi8>
  return
}

// -----

func.func @update_exponent_accumulator(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x2xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 'outs' of shape [8, 3], found 'tensor<8x2xi8>'}}
  %0:2 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x2xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x2xi8>
  return
}

// -----

func.func @update_exponent_one_init(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %e: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 2 inits, found 1}}
  %0 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e : tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>
  return
}

// -----

func.func @update_exponent_two_inits(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 1 inits, found 2}}
  %0:2 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

// (update_exponent_c4) a group size of at least 1
func.func @update_exponent_group_size(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected 'group_size' of at least 1, found -4}}
  %0:2 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, group_size = -4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

// (update_exponent_c5) an amount only without threshold
func.func @update_exponent_amount(%s: tensor<8x10xi8>, %w: tensor<16xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.update_exponent' op expected no 'amount' with 'threshold', found 2}}
  %0:2 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<16xi8>) shape(8, 10) outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<base3>, amount = 2 : i64, group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// accumulate_trit
//===----------------------------------------------------------------------===//

// (accumulate_trit_c1) a sign [N, K], or a gradient [M, N] and activations [M, K]
func.func @accumulate_trit_sources(%g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %y: tensor<4x10xf32>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.accumulate_trit' op expected a sign, or a gradient and activations, found 3 operands}}
  %0 = ternary.accumulate_trit ins(%g, %x, %y : tensor<4x8xf32>, tensor<4x10xf32>, tensor<4x10xf32>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @accumulate_trit_sign_type(%s: tensor<8x10xf32>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.accumulate_trit' op expected a sign of i8, or a gradient and activations of f32, found 'tensor<8x10xf32>'}}
  %0 = ternary.accumulate_trit ins(%s : tensor<8x10xf32>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @accumulate_trit_gradient_type(%g: tensor<4x8xf32>, %x: tensor<4x10xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.accumulate_trit' op expected a sign of i8, or a gradient and activations of f32, found 'tensor<4x10xi8>'}}
  %0 = ternary.accumulate_trit ins(%g, %x : tensor<4x8xf32>, tensor<4x10xi8>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @accumulate_trit_sign_shape(%s: tensor<10x8xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.accumulate_trit' op expected 'sign' of shape [8, 10], found 'tensor<10x8xi8>'}}
  %0 = ternary.accumulate_trit ins(%s : tensor<10x8xi8>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @accumulate_trit_gradient_rank(%g: tensor<8xf32>, %x: tensor<4x10xf32>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.accumulate_trit' op expected 'grad' of rank 2, found 'tensor<8xf32>'}}
  %0 = ternary.accumulate_trit ins(%g, %x : tensor<8xf32>, tensor<4x10xf32>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @accumulate_trit_gradient_shape(%g: tensor<4x7xf32>, %x: tensor<4x10xf32>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.accumulate_trit' op expected 'grad' of shape [4, 8], found 'tensor<4x7xf32>'}}
  %0 = ternary.accumulate_trit ins(%g, %x : tensor<4x7xf32>, tensor<4x10xf32>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @accumulate_trit_activation_shape(%g: tensor<4x8xf32>, %x: tensor<5x10xf32>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.accumulate_trit' op expected 'input' of shape [4, 10], found 'tensor<5x10xf32>'}}
  %0 = ternary.accumulate_trit ins(%g, %x : tensor<4x8xf32>, tensor<5x10xf32>) outs(%a : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @accumulate_trit_none(%a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.accumulate_trit' op expected a sign, or a gradient and activations, found 0 operands}}
  %0 = "ternary.accumulate_trit"(%a) <{operandSegmentSizes = array<i32: 0, 1>}> : (tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @accumulate_trit_rank(%s: tensor<80xi8>, %a: tensor<80xi8>) {
  // expected-error @+1 {{'ternary.accumulate_trit' op expected 'outs' of rank 2, found 'tensor<80xi8>'}}
  %0 = ternary.accumulate_trit ins(%s : tensor<80xi8>) outs(%a : tensor<80xi8>) -> tensor<80xi8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// step
//===----------------------------------------------------------------------===//

// (step_c1) a sign [N, K], or a gradient [M, N] and activations [M, K]
func.func @step_sources(%g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %y: tensor<4x10xf32>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected a sign, or a gradient and activations, found 3 operands}}
  %0:2 = ternary.step ins(%g, %x, %y : tensor<4x8xf32>, tensor<4x10xf32>, tensor<4x10xf32>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_sign_type(%s: tensor<8x10xf32>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected a sign of i8, or a gradient and activations of f32, found 'tensor<8x10xf32>'}}
  %0:2 = ternary.step ins(%s : tensor<8x10xf32>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_gradient_type(%g: tensor<4x8xf32>, %x: tensor<4x10xi8>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected a sign of i8, or a gradient and activations of f32, found 'tensor<4x10xi8>'}}
  %0:2 = ternary.step ins(%g, %x : tensor<4x8xf32>, tensor<4x10xi8>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_sign_shape(%s: tensor<10x8xi8>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 'sign' of shape [8, 10], found 'tensor<10x8xi8>'}}
  %0:2 = ternary.step ins(%s : tensor<10x8xi8>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_gradient_rank(%g: tensor<8xf32>, %x: tensor<4x10xf32>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 'grad' of rank 2, found 'tensor<8xf32>'}}
  %0:2 = ternary.step ins(%g, %x : tensor<8xf32>, tensor<4x10xf32>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_gradient_shape(%g: tensor<4x7xf32>, %x: tensor<4x10xf32>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 'grad' of shape [4, 8], found 'tensor<4x7xf32>'}}
  %0:2 = ternary.step ins(%g, %x : tensor<4x7xf32>, tensor<4x10xf32>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_activation_shape(%g: tensor<4x8xf32>, %x: tensor<5x10xf32>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 'input' of shape [4, 10], found 'tensor<5x10xf32>'}}
  %0:2 = ternary.step ins(%g, %x : tensor<4x8xf32>, tensor<5x10xf32>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

// (step_c2) the bytes for the shape of the accumulator, of rank 2
func.func @step_bytes(%s: tensor<8x10xi8>, %b: tensor<17xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 'outs' of shape [16], found 'tensor<17xi8>'}}
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) outs(%b, %a : tensor<17xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<17xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_rank(%s: tensor<8x10xi8>, %b: tensor<16xi8>, %a: tensor<80xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 'accumulator' of rank 2, found 'tensor<80xi8>'}}
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) outs(%b, %a : tensor<16xi8>, tensor<80xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<80xi8>
  return
}

// -----

func.func @step_inits(%s: tensor<8x10xi8>, %b: tensor<16xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 2 inits, found 1}}
  %0 = ternary.step ins(%s : tensor<8x10xi8>) outs(%b : tensor<16xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>
  return
}

// -----

func.func @step_undefined(%s: tensor<8x10xi8>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op requires attribute 'packing'}}
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

// (step_c3) exactly one of threshold and group_thresholds
func.func @step_no_threshold(%s: tensor<8x10xi8>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected either 'threshold' or 'group_thresholds', found neither}}
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_two_thresholds(%s: tensor<8x10xi8>, %t: tensor<8x3xi8>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected either 'threshold' or 'group_thresholds', found both}}
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) group_thresholds(%t : tensor<8x3xi8>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

// (step_c4) a group size of at least 1, exactly with group_thresholds [N, G]
func.func @step_group_size_missing(%s: tensor<8x10xi8>, %t: tensor<8x3xi8>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 'group_size' exactly with 'group_thresholds', found none}}
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) group_thresholds(%t : tensor<8x3xi8>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_group_size_alone(%s: tensor<8x10xi8>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 'group_size' exactly with 'group_thresholds', found one}}
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_group_size(%s: tensor<8x10xi8>, %t: tensor<8x3xi8>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 'group_size' of at least 1, found 0}}
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) group_thresholds(%t : tensor<8x3xi8>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, group_size = 0 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_group_thresholds(%t: tensor<8x2xi64>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op expected 'group_thresholds' of shape [8, 3], found 'tensor<8x2xi64>'}}
  %0:2 = ternary.step group_thresholds(%t : tensor<8x2xi64>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

func.func @step_group_thresholds_type(%s: tensor<8x10xi8>, %t: tensor<8x3xi16>, %b: tensor<16xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op operand #1 must be ranked tensor of 8-bit signless integer or 32-bit signless integer or 64-bit signless integer values}}
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) group_thresholds(%t : tensor<8x3xi16>) outs(%b, %a : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return
}

// -----

// (step_c5) a packing without scales
func.func @step_scales(%b: tensor<8x1x18xi8>, %a: tensor<8x64xi8>) {
  // expected-error @+1 {{'ternary.step' op expected a packing without scales, found #ternary.packing<q2_0>}}
  %0:2 = ternary.step outs(%b, %a : tensor<8x1x18xi8>, tensor<8x64xi8>) {packing = #ternary.packing<q2_0>, threshold = 3 : i64} -> tensor<8x1x18xi8>, tensor<8x64xi8>
  return
}

// -----

// A packing that does not define the shape.
func.func @step_ragged(%b: tensor<8x3xi8>, %a: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.step' op #ternary.packing<torchao>: expected K to be a multiple of 4, found 10}}
  %0:2 = ternary.step outs(%b, %a : tensor<8x3xi8>, tensor<8x10xi8>) {packing = #ternary.packing<torchao>, threshold = 3 : i64} -> tensor<8x3xi8>, tensor<8x10xi8>
  return
}
