// RUN: ternary-opt %s -verify-diagnostics -split-input-file

//===----------------------------------------------------------------------===//
// bitlinear
//===----------------------------------------------------------------------===//

// (bitlinear_c1) input and init of one rank, 1 or more, and one leading shape
func.func @bitlinear_rank_0(%x: tensor<f32>, %i: tensor<f32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'input' of rank 1 or more, found 'tensor<f32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<f32>) weights() outs(%i : tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @bitlinear_ranks(%x: tensor<4x10xf32>, %w: tensor<8x10xi8>, %i: tensor<8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'outs' of rank 2, found 'tensor<8xf32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @bitlinear_tokens(%x: tensor<4x10xf32>, %w: tensor<8x10xi8>, %i: tensor<5x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'outs' of shape [4, 8], found 'tensor<5x8xf32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<5x8xf32>) -> tensor<5x8xf32>
  return
}

// -----

// (bitlinear_c2) each weight is [N, K], or has the byte shape
func.func @bitlinear_k_mismatch(%x: tensor<4x12xi8>, %w: tensor<8x10xi8>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'weights' of shape [8, 12], found 'tensor<8x10xi8>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x12xi8>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<4x8xi32>) -> tensor<4x8xi32>
  return
}

// -----

func.func @bitlinear_n_mismatch(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %i: tensor<4x9xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'weights' of shape [9, 10], found 'tensor<8x10xi8>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<4x9xi32>) -> tensor<4x9xi32>
  return
}

// -----

func.func @bitlinear_packed_k_mismatch(%x: tensor<?x13xi8>, %w: tensor<8x3xi8>, %i: tensor<?x8xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'weights' of shape [8, 4], found 'tensor<8x3xi8>'}}
  %0 = ternary.bitlinear ins(%x : tensor<?x13xi8>) weights(%w : tensor<8x3xi8>) outs(%i : tensor<?x8xi32>) {packing = #ternary.packing<chimera>} -> tensor<?x8xi32>
  return
}

// -----

func.func @bitlinear_second_weight(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %v: tensor<8x11xi8>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'weights' of shape [8, 10], found 'tensor<8x11xi8>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w, %v : tensor<8x10xi8>, tensor<8x11xi8>) outs(%i : tensor<4x8xi32>) -> tensor<4x8xi32>
  return
}

// -----

func.func @bitlinear_undefined_shape(%x: tensor<4x100xi8>, %w: tensor<8x1x66xi8>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op #ternary.packing<tq2_0>: expected K to be a multiple of 256, found 100}}
  %0 = ternary.bitlinear ins(%x : tensor<4x100xi8>) weights(%w : tensor<8x1x66xi8>) outs(%i : tensor<4x8xi32>) {packing = #ternary.packing<tq2_0>} -> tensor<4x8xi32>
  return
}

// -----

func.func @bitlinear_overflow(%x: tensor<4611686018427387904xi8>, %w: tensor<?x?xi8>, %i: tensor<64xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op #ternary.packing<chimera>: the byte count overflows}}
  %0 = ternary.bitlinear ins(%x : tensor<4611686018427387904xi8>) weights(%w : tensor<?x?xi8>) outs(%i : tensor<64xi32>) {packing = #ternary.packing<chimera>} -> tensor<64xi32>
  return
}

// -----

// (bitlinear_c3) no scale, or one per component, of rank 0, [N], [N, G] or in
// blocks of rows
func.func @bitlinear_number_of_scales(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected one scale per component, found 1 for 2 components}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w, %w : tensor<8x10xi8>, tensor<8x10xi8>) scales(%s : tensor<8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_scale_without_component(%x: tensor<4x10xi8>, %s: tensor<8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected one scale per component, found 1 for 0 components}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights() scales(%s : tensor<8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_row_scale(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<4xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'scales' of shape [8], found 'tensor<4xf32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<4xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_group_scale(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<8x2xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'scales' of shape [8, 3], found 'tensor<8x2xf32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<8x2xf32>) outs(%i : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_exponents(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<8x2xi8>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'scales' of shape [8, 3], found 'tensor<8x2xi8>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<8x2xi8>) outs(%i : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_wide_exponents(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<8xi16>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{must be variadic of ranked tensor of 8-bit signless integer or 32-bit float values}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<8xi16>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_blocked_scale(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<2x3x6xf32>, %t: tensor<1x3x6xf32>, %i: tensor<4x8xf32>) {
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<2x3x6xf32>) outs(%i : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  // expected-error @+1 {{'ternary.bitlinear' op expected 'scales' of shape [2, 3, 6], found 'tensor<1x3x6xf32>'}}
  %1 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%t : tensor<1x3x6xf32>) outs(%i : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_dynamic_block(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<2x3x?xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'scales' of rank 3 with a last extent that is static and at least 1, found 'tensor<2x3x?xf32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<2x3x?xf32>) outs(%i : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_empty_block(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<2x3x0xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'scales' of rank 3 with a last extent that is static and at least 1, found 'tensor<2x3x0xf32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<2x3x0xf32>) outs(%i : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  return
}

// -----

// (bitlinear_c4) a group size of at least 1, exactly with a scale by group
func.func @bitlinear_group_size_missing(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<8x3xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'group_size' with a scale by group, found none}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<8x3xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_group_size_unwanted(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected no 'group_size' without a scale by group, found 32}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<4x8xf32>) {group_size = 32 : i64} -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_group_size_0(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<8x3xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'group_size' of at least 1, found 0}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<8x3xf32>) outs(%i : tensor<4x8xf32>) {group_size = 0 : i64} -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_group_size_negative(%x: memref<4x10xi8>, %w: memref<8x10xi8>, %s: memref<8x3xf32>, %y: memref<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'group_size' of at least 1, found -32}}
  ternary.bitlinear ins(%x : memref<4x10xi8>) weights(%w : memref<8x10xi8>) scales(%s : memref<8x3xf32>) outs(%y : memref<4x8xf32>) {group_size = -32 : i64}
  return
}

// -----

// (bitlinear_c5) bias of shape [N]
func.func @bitlinear_bias(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %b: tensor<1x8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'bias' of shape [8], found 'tensor<1x8xf32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) bias(%b : tensor<1x8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

// (bitlinear_c6) activation scale of the leading shape
func.func @bitlinear_activation_scale(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<f32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'activation_scale' of shape [4], found 'tensor<f32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) activation_scale(%s : tensor<f32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

// (bitlinear_c7) an i32 init takes the bare sum of i8 activations
func.func @bitlinear_i32_of_floats(%x: tensor<4x10xf32>, %w: tensor<8x10xi8>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected i8 activations and neither scales, bias nor activation scale with an i32 init}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<4x8xi32>) -> tensor<4x8xi32>
  return
}

// -----

func.func @bitlinear_i32_with_scale(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<8xf32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected i8 activations and neither scales, bias nor activation scale with an i32 init}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<8xf32>) outs(%i : tensor<4x8xi32>) -> tensor<4x8xi32>
  return
}

// -----

func.func @bitlinear_i32_with_bias(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %b: tensor<8xi32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected i8 activations and neither scales, bias nor activation scale with an i32 init}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) bias(%b : tensor<8xi32>) outs(%i : tensor<4x8xi32>) -> tensor<4x8xi32>
  return
}

// -----

func.func @bitlinear_i32_with_activation_scale(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<4xf32>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected i8 activations and neither scales, bias nor activation scale with an i32 init}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) activation_scale(%s : tensor<4xf32>) outs(%i : tensor<4x8xi32>) -> tensor<4x8xi32>
  return
}

// -----

// (bitlinear_c8) operands rounded to f16 or bf16, with float activations
func.func @bitlinear_round_i8(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'round_operands' of f16 or bf16 with float activations, found 'f16' with 'tensor<4x10xi8>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<4x8xf32>) {round_operands = f16} -> tensor<4x8xf32>
  return
}

// -----

func.func @bitlinear_round_to_f32(%x: tensor<4x10xf32>, %w: tensor<8x10xi8>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op expected 'round_operands' of f16 or bf16 with float activations, found 'f32' with 'tensor<4x10xf32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<4x8xf32>) {round_operands = f32} -> tensor<4x8xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// embedding
//===----------------------------------------------------------------------===//

// (embedding_c1) the init has the shape of the ids and D behind it
func.func @embedding_width(%ids: tensor<5xi64>, %t: tensor<8x10xi8>, %i: tensor<5x8xf32>) {
  // expected-error @+1 {{'ternary.embedding' op expected 'outs' of shape [5, 10], found 'tensor<5x8xf32>'}}
  %0 = ternary.embedding ins(%ids : tensor<5xi64>) table(%t : tensor<8x10xi8>) shape(8, 10) outs(%i : tensor<5x8xf32>) -> tensor<5x8xf32>
  return
}

// -----

func.func @embedding_rank(%ids: tensor<5xi64>, %t: tensor<8x10xi8>, %i: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.embedding' op expected 'outs' of shape [5, 10], found 'tensor<10xf32>'}}
  %0 = ternary.embedding ins(%ids : tensor<5xi64>) table(%t : tensor<8x10xi8>) shape(8, 10) outs(%i : tensor<10xf32>) -> tensor<10xf32>
  return
}

// -----

// (embedding_c2) the table has the byte shape, or [V, D]
func.func @embedding_bytes(%ids: tensor<5xi64>, %t: tensor<15xi8>, %i: tensor<5x10xf32>) {
  // expected-error @+1 {{'ternary.embedding' op expected 'table' of shape [16], found 'tensor<15xi8>'}}
  %0 = ternary.embedding ins(%ids : tensor<5xi64>) table(%t : tensor<15xi8>) shape(8, 10) outs(%i : tensor<5x10xf32>) {packing = #ternary.packing<base3>} -> tensor<5x10xf32>
  return
}

// -----

func.func @embedding_trits(%ids: tensor<5xi64>, %t: tensor<9x10xi8>, %i: tensor<5x10xf32>) {
  // expected-error @+1 {{'ternary.embedding' op expected 'table' of shape [8, 10], found 'tensor<9x10xi8>'}}
  %0 = ternary.embedding ins(%ids : tensor<5xi64>) table(%t : tensor<9x10xi8>) shape(8, 10) outs(%i : tensor<5x10xf32>) -> tensor<5x10xf32>
  return
}

// -----

// (embedding_c3) scales of rank 0, [V] or [V, G]
func.func @embedding_scales(%ids: tensor<5xi64>, %t: tensor<8x10xi8>, %s: tensor<5xf32>, %i: tensor<5x10xf32>) {
  // expected-error @+1 {{'ternary.embedding' op expected 'scales' of shape [8], found 'tensor<5xf32>'}}
  %0 = ternary.embedding ins(%ids : tensor<5xi64>) table(%t : tensor<8x10xi8>) shape(8, 10) scales(%s : tensor<5xf32>) outs(%i : tensor<5x10xf32>) -> tensor<5x10xf32>
  return
}

// -----

// (embedding_c4) a group size of at least 1, exactly with a scale of rank 2
func.func @embedding_group_size_missing(%ids: tensor<5xi64>, %t: tensor<8x10xi8>, %s: tensor<8x3xf32>, %i: tensor<5x10xf32>) {
  // expected-error @+1 {{'ternary.embedding' op expected 'group_size' with a scale by group, found none}}
  %0 = ternary.embedding ins(%ids : tensor<5xi64>) table(%t : tensor<8x10xi8>) shape(8, 10) scales(%s : tensor<8x3xf32>) outs(%i : tensor<5x10xf32>) -> tensor<5x10xf32>
  return
}

// -----

func.func @embedding_group_size_0(%ids: tensor<5xi64>, %t: tensor<8x10xi8>, %s: tensor<8x3xf32>, %i: tensor<5x10xf32>) {
  // expected-error @+1 {{'ternary.embedding' op expected 'group_size' of at least 1, found 0}}
  %0 = ternary.embedding ins(%ids : tensor<5xi64>) table(%t : tensor<8x10xi8>) shape(8, 10) scales(%s : tensor<8x3xf32>) outs(%i : tensor<5x10xf32>) {group_size = 0 : i64} -> tensor<5x10xf32>
  return
}

// -----

// (embedding_c5) two extents, none negative
func.func @embedding_shape(%ids: tensor<5xi64>, %t: tensor<8x10xi8>, %i: tensor<5x10xf32>) {
  // expected-error @+1 {{'ternary.embedding' op expected 'shape' of two extents, found 1}}
  %0 = ternary.embedding ins(%ids : tensor<5xi64>) table(%t : tensor<8x10xi8>) shape(8) outs(%i : tensor<5x10xf32>) -> tensor<5x10xf32>
  return
}

// -----

func.func @embedding_negative_extent(%ids: tensor<5xi64>, %t: tensor<8x10xi8>, %i: tensor<5x10xf32>) {
  // expected-error @+1 {{'ternary.embedding' op expected 'shape' without negative extents, found -1}}
  %0 = ternary.embedding ins(%ids : tensor<5xi64>) table(%t : tensor<8x10xi8>) shape(-1, 10) outs(%i : tensor<5x10xf32>) -> tensor<5x10xf32>
  return
}

// -----

func.func @embedding_float_ids(%ids: tensor<5xf32>, %t: tensor<8x10xi8>, %i: tensor<5x10xf32>) {
  // expected-error @+1 {{'ternary.embedding' op operand #0 must be}}
  %0 = ternary.embedding ins(%ids : tensor<5xf32>) table(%t : tensor<8x10xi8>) shape(8, 10) outs(%i : tensor<5x10xf32>) -> tensor<5x10xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// rms_norm, rms_norm_backward
//===----------------------------------------------------------------------===//

// (rms_norm_c1) input of rank 1 or more, the init of its shape
func.func @rms_norm_rank(%x: tensor<f32>, %i: tensor<f32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected 'input' of rank 1 or more, found 'tensor<f32>'}}
  %0 = ternary.rms_norm ins(%x : tensor<f32>) outs(%i : tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @rms_norm_shape(%x: tensor<4x10xf32>, %i: tensor<4x11xf32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected 'outs' of shape [4, 10], found 'tensor<4x11xf32>'}}
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) outs(%i : tensor<4x11xf32>) -> tensor<4x11xf32>
  return
}

// -----

// (rms_norm_c2) an f32 weight [D], or an i8 weight of the shape [1, D]
func.func @rms_norm_weight(%x: tensor<4x10xf32>, %w: tensor<4xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected 'weight' of shape [10], found 'tensor<4xf32>'}}
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<4xf32>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_float_weight_packed(%x: tensor<4x10xf32>, %w: tensor<10xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected neither 'packing' nor 'scales' without an i8 weight}}
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<10xf32>) outs(%i : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_scales_without_weight(%x: tensor<4x10xf32>, %s: tensor<f32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected neither 'packing' nor 'scales' without an i8 weight}}
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) scales(%s : tensor<f32>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_bytes(%x: tensor<4x10xf32>, %w: tensor<10xi8>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected 'weight' of shape [2], found 'tensor<10xi8>'}}
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<10xi8>) outs(%i : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_trits(%x: tensor<4x10xf32>, %w: tensor<10xi8>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected 'weight' of shape [1, 10], found 'tensor<10xi8>'}}
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<10xi8>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

// (rms_norm_c3) scales of rank 0 or [1, G]
func.func @rms_norm_scales_of_rank_1(%x: tensor<4x10xf32>, %w: tensor<2xi8>, %s: tensor<1xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected 'scales' of rank 0 or 2, found 'tensor<1xf32>'}}
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<2xi8>) scales(%s : tensor<1xf32>) outs(%i : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_scale_shape(%x: tensor<4x10xf32>, %w: tensor<2xi8>, %s: tensor<1x2xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected 'scales' of shape [1, 3], found 'tensor<1x2xf32>'}}
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<2xi8>) scales(%s : tensor<1x2xf32>) outs(%i : tensor<4x10xf32>) {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<4x10xf32>
  return
}

// -----

// (rms_norm_c4) a group size of at least 1, exactly with a scale of rank 2
func.func @rms_norm_group_size_missing(%x: tensor<4x10xf32>, %w: tensor<2xi8>, %s: tensor<1x3xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected 'group_size' with a scale by group, found none}}
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<2xi8>) scales(%s : tensor<1x3xf32>) outs(%i : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_group_size_negative(%x: tensor<4x10xf32>, %w: tensor<2xi8>, %s: tensor<1x3xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected 'group_size' of at least 1, found -4}}
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<2xi8>) scales(%s : tensor<1x3xf32>) outs(%i : tensor<4x10xf32>) {packing = #ternary.packing<base3>, group_size = -4 : i64} -> tensor<4x10xf32>
  return
}

// -----

// (rms_norm_backward_c1) grad and the first init have the shape of input
func.func @rms_norm_backward_grad(%x: tensor<4x10xf32>, %g: tensor<5x10xf32>, %w: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'grad' of shape [4, 10], found 'tensor<5x10xf32>'}}
  %0:2 = ternary.rms_norm_backward ins(%x, %g : tensor<4x10xf32>, tensor<5x10xf32>) weight(%w : tensor<10xf32>) outs(%x, %w : tensor<4x10xf32>, tensor<10xf32>) -> tensor<4x10xf32>, tensor<10xf32>
  return
}

// -----

func.func @rms_norm_backward_init(%x: tensor<4x10xf32>, %w: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'outs' of shape [4, 10], found 'tensor<10xf32>'}}
  %0:2 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<10xf32>) outs(%w, %w : tensor<10xf32>, tensor<10xf32>) -> tensor<10xf32>, tensor<10xf32>
  return
}

// -----

func.func @rms_norm_backward_rank(%x: tensor<f32>, %w: tensor<1xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'input' of rank 1 or more, found 'tensor<f32>'}}
  %0:2 = ternary.rms_norm_backward ins(%x, %x : tensor<f32>, tensor<f32>) weight(%w : tensor<1xf32>) outs(%x, %w : tensor<f32>, tensor<1xf32>) -> tensor<f32>, tensor<1xf32>
  return
}

// -----

// (rms_norm_backward_c2) a float weight and the second init are [D]
func.func @rms_norm_backward_weight(%x: tensor<4x10xf32>, %w: tensor<4xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'weight' of shape [10], found 'tensor<4xf32>'}}
  %0:2 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<4xf32>) outs(%x, %w : tensor<4x10xf32>, tensor<4xf32>) -> tensor<4x10xf32>, tensor<4xf32>
  return
}

// -----

func.func @rms_norm_backward_weight_gradient(%x: tensor<4x10xf32>, %w: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'weight gradient' of shape [10], found 'tensor<4x10xf32>'}}
  %0:2 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<10xf32>) outs(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) -> tensor<4x10xf32>, tensor<4x10xf32>
  return
}

// -----

// A float weight has neither packing nor scales; a ternary one has the byte
// shape, and no second init.
func.func @rms_norm_backward_float_packing(%x: tensor<4x10xf32>, %w: tensor<10xf32>, %i: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected neither 'packing' nor 'scales' without an i8 weight}}
  %0:2 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<10xf32>) outs(%x, %i : tensor<4x10xf32>, tensor<10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>, tensor<10xf32>
  return
}

// -----

func.func @rms_norm_backward_float_scales(%x: tensor<4x10xf32>, %w: tensor<10xf32>, %s: tensor<f32>, %i: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected neither 'packing' nor 'scales' without an i8 weight}}
  %0:2 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<10xf32>) scales(%s : tensor<f32>) outs(%x, %i : tensor<4x10xf32>, tensor<10xf32>) -> tensor<4x10xf32>, tensor<10xf32>
  return
}

// -----

func.func @rms_norm_backward_float_one_init(%x: tensor<4x10xf32>, %w: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 2 inits, found 1}}
  %0 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<10xf32>) outs(%x : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_backward_bytes(%x: tensor<4x10xf32>, %w: tensor<3xi8>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'weight' of shape [2], found 'tensor<3xi8>'}}
  %0 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<3xi8>) outs(%x : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_backward_trits(%x: tensor<4x10xf32>, %w: tensor<10xi8>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'weight' of shape [1, 10], found 'tensor<10xi8>'}}
  %0 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<10xi8>) outs(%x : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_backward_ternary_two_inits(%x: tensor<4x10xf32>, %w: tensor<2xi8>, %i: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 1 inits, found 2}}
  %0:2 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<2xi8>) outs(%x, %i : tensor<4x10xf32>, tensor<10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>, tensor<10xf32>
  return
}

// -----

// (rms_norm_backward_c3) scales of rank 0 or [1, G]
func.func @rms_norm_backward_scale_rank(%x: tensor<4x10xf32>, %w: tensor<1x10xi8>, %s: tensor<1xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'scales' of rank 0 or 2, found 'tensor<1xf32>'}}
  %0 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<1x10xi8>) scales(%s : tensor<1xf32>) outs(%x : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_backward_scale_groups(%x: tensor<4x10xf32>, %w: tensor<1x10xi8>, %s: tensor<1x2xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'scales' of shape [1, 3], found 'tensor<1x2xf32>'}}
  %0 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<1x10xi8>) scales(%s : tensor<1x2xf32>) outs(%x : tensor<4x10xf32>) {group_size = 4 : i64} -> tensor<4x10xf32>
  return
}

// -----

// (rms_norm_backward_c4) a group size exactly with groups, of at least 1
func.func @rms_norm_backward_group_size_missing(%x: tensor<4x10xf32>, %w: tensor<1x10xi8>, %s: tensor<1x3xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'group_size' with a scale by group, found none}}
  %0 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<1x10xi8>) scales(%s : tensor<1x3xf32>) outs(%x : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_backward_group_size_alone(%x: tensor<4x10xf32>, %w: tensor<1x10xi8>, %s: tensor<f32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected no 'group_size' without a scale by group, found 4}}
  %0 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<1x10xi8>) scales(%s : tensor<f32>) outs(%x : tensor<4x10xf32>) {group_size = 4 : i64} -> tensor<4x10xf32>
  return
}

// -----

func.func @rms_norm_backward_float_group_size(%x: tensor<4x10xf32>, %w: tensor<10xf32>, %i: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected no 'group_size' without a scale by group, found 4}}
  %0:2 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<10xf32>) outs(%x, %i : tensor<4x10xf32>, tensor<10xf32>) {group_size = 4 : i64} -> tensor<4x10xf32>, tensor<10xf32>
  return
}

// -----

func.func @rms_norm_backward_group_size(%x: tensor<4x10xf32>, %w: tensor<1x10xi8>, %s: tensor<1x3xf32>) {
  // expected-error @+1 {{'ternary.rms_norm_backward' op expected 'group_size' of at least 1, found 0}}
  %0 = ternary.rms_norm_backward ins(%x, %x : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<1x10xi8>) scales(%s : tensor<1x3xf32>) outs(%x : tensor<4x10xf32>) {group_size = 0 : i64} -> tensor<4x10xf32>
  return
}
