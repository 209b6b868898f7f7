// RUN: ternary-opt %s -verify-diagnostics -split-input-file

//===----------------------------------------------------------------------===//
// ste
//===----------------------------------------------------------------------===//

// (ste_c1) input of rank 2, init of its shape
func.func @ste_rank(%w: tensor<80xf32>) {
  // expected-error @+1 {{'ternary.ste' op expected 'input' of rank 2, found 'tensor<80xf32>'}}
  %0 = ternary.ste ins(%w : tensor<80xf32>) outs(%w : tensor<80xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<80xf32>
  return
}

// -----

func.func @ste_shape(%w: tensor<8x10xf32>, %i: tensor<8x11xf32>) {
  // expected-error @+1 {{'ternary.ste' op expected 'outs' of shape [8, 10], found 'tensor<8x11xf32>'}}
  %0 = ternary.ste ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x11xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<8x11xf32>
  return
}

// -----

// (ste_c2) scales exactly with identity and lsq, of rank 0 or [N]
func.func @ste_identity_alone(%w: tensor<8x10xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste' op expected 'scales' with variant identity, found none}}
  %0 = ternary.ste ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant identity>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_lsq_alone(%w: tensor<8x10xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste' op expected 'scales' with variant lsq, found none}}
  %0 = ternary.ste ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_clamp_scaled(%w: tensor<8x10xf32>, %a: tensor<8xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste' op expected no 'scales' with variant clamp, found them}}
  %0 = ternary.ste ins(%w : tensor<8x10xf32>) scales(%a : tensor<8xf32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_legacy_scaled(%w: tensor<8x10xf32>, %a: tensor<f32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste' op expected no 'scales' with variant legacy, found them}}
  %0 = ternary.ste ins(%w : tensor<8x10xf32>) scales(%a : tensor<f32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant legacy>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_scale_groups(%w: tensor<8x10xf32>, %a: tensor<8x1xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste' op expected 'scales' of rank 0 or 1, found 'tensor<8x1xf32>'}}
  %0 = ternary.ste ins(%w : tensor<8x10xf32>) scales(%a : tensor<8x1xf32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant identity>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_scale_shape(%w: tensor<8x10xf32>, %a: tensor<10xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste' op expected 'scales' of shape [8], found 'tensor<10xf32>'}}
  %0 = ternary.ste ins(%w : tensor<8x10xf32>) scales(%a : tensor<10xf32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_type(%w: tensor<8x10xf16>) {
  // expected-error @+1 {{'ternary.ste' op operand #0 must be ranked tensor of 32-bit float values or memref of 32-bit float values, but got 'tensor<8x10xf16>'}}
  %0 = ternary.ste ins(%w : tensor<8x10xf16>) outs(%w : tensor<8x10xf16>) {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf16>
  return
}

// -----

func.func @ste_variant_missing(%w: tensor<8x10xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste' op requires attribute 'variant'}}
  %0 = ternary.ste ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x10xf32>) -> tensor<8x10xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// ste_backward
//===----------------------------------------------------------------------===//

// (ste_backward_c1) input of rank 2; grad and the first init of its shape
func.func @ste_backward_rank(%w: tensor<80xf32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected 'input' of rank 2, found 'tensor<80xf32>'}}
  %0 = ternary.ste_backward ins(%w, %w : tensor<80xf32>, tensor<80xf32>) outs(%w : tensor<80xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<80xf32>
  return
}

// -----

func.func @ste_backward_grad(%w: tensor<8x10xf32>, %g: tensor<10x8xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected 'grad' of shape [8, 10], found 'tensor<10x8xf32>'}}
  %0 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<10x8xf32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_backward_init(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %i: tensor<8xf32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected 'outs' of shape [8, 10], found 'tensor<8xf32>'}}
  %0 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) outs(%i : tensor<8xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<8xf32>
  return
}

// -----

// (ste_backward_c2) scales of rank 0 or [N], needed by lsq, allowed by clamp
func.func @ste_backward_lsq_alone(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %i: tensor<8x10xf32>, %j: tensor<f32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected 'scales' with variant lsq, found none}}
  %0:2 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) outs(%i, %j : tensor<8x10xf32>, tensor<f32>) {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>, tensor<f32>
  return
}

// -----

func.func @ste_backward_identity_scaled(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %a: tensor<8xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected no 'scales' with variant identity, found them}}
  %0 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) scales(%a : tensor<8xf32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant identity>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_backward_legacy_scaled(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %a: tensor<f32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected no 'scales' with variant legacy, found them}}
  %0 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) scales(%a : tensor<f32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant legacy>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_backward_scale_groups(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %a: tensor<8x3xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected 'scales' of rank 0 or 1, found 'tensor<8x3xf32>'}}
  %0 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) scales(%a : tensor<8x3xf32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_backward_scale_shape(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %a: tensor<10xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected 'scales' of shape [8], found 'tensor<10xf32>'}}
  %0 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) scales(%a : tensor<10xf32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>
  return
}

// -----

// (ste_backward_c3) a second init exactly with lsq, of the shape of scales
func.func @ste_backward_one_init(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %a: tensor<8xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected 2 inits, found 1}}
  %0 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) scales(%a : tensor<8xf32>) outs(%i : tensor<8x10xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>
  return
}

// -----

func.func @ste_backward_two_inits(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %a: tensor<8xf32>, %i: tensor<8x10xf32>, %j: tensor<8xf32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected 1 inits, found 2}}
  %0:2 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) scales(%a : tensor<8xf32>) outs(%i, %j : tensor<8x10xf32>, tensor<8xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>, tensor<8xf32>
  return
}

// -----

func.func @ste_backward_scale_gradient(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %a: tensor<f32>, %i: tensor<8x10xf32>, %j: tensor<8xf32>) {
  // expected-error @+1 {{'ternary.ste_backward' op expected 'scale gradient' of shape [], found 'tensor<8xf32>'}}
  %0:2 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) scales(%a : tensor<f32>) outs(%i, %j : tensor<8x10xf32>, tensor<8xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>, tensor<8xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// learnable_scale, learnable_scale_backward
//===----------------------------------------------------------------------===//

// (learnable_scale_c1) init of the shape of input
func.func @learnable_scale_shape(%a: tensor<8xf32>, %i: tensor<8x1xf32>) {
  // expected-error @+1 {{'ternary.learnable_scale' op expected 'outs' of shape [8], found 'tensor<8x1xf32>'}}
  %0 = ternary.learnable_scale ins(%a : tensor<8xf32>) outs(%i : tensor<8x1xf32>) -> tensor<8x1xf32>
  return
}

// -----

func.func @learnable_scale_eps(%a: tensor<8xf32>, %i: tensor<8xf32>) {
  // expected-error @+1 {{'ternary.learnable_scale' op attribute 'eps' failed to satisfy constraint: 32-bit float attribute}}
  %0 = ternary.learnable_scale ins(%a : tensor<8xf32>) outs(%i : tensor<8xf32>) {eps = 1.0e-5 : f64} -> tensor<8xf32>
  return
}

// -----

// (learnable_scale_backward_c1) grad and init of the shape of input
func.func @learnable_scale_backward_grad(%a: tensor<8xf32>, %g: tensor<f32>, %i: tensor<8xf32>) {
  // expected-error @+1 {{'ternary.learnable_scale_backward' op expected 'grad' of shape [8], found 'tensor<f32>'}}
  %0 = ternary.learnable_scale_backward ins(%a, %g : tensor<8xf32>, tensor<f32>) outs(%i : tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @learnable_scale_backward_init(%a: tensor<8xf32>, %g: tensor<8xf32>, %i: tensor<7xf32>) {
  // expected-error @+1 {{'ternary.learnable_scale_backward' op expected 'outs' of shape [8], found 'tensor<7xf32>'}}
  %0 = ternary.learnable_scale_backward ins(%a, %g : tensor<8xf32>, tensor<8xf32>) outs(%i : tensor<7xf32>) -> tensor<7xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// grad_input
//===----------------------------------------------------------------------===//

// (grad_input_c1) grad and init of one rank, with the same leading extents
func.func @grad_input_rank(%g: tensor<f32>, %w: tensor<8x10xi8>, %i: tensor<f32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'grad' of rank 1 or more, found 'tensor<f32>'}}
  %0 = ternary.grad_input ins(%g : tensor<f32>) weight(%w : tensor<8x10xi8>) outs(%i : tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @grad_input_ranks(%g: tensor<4x8xf32>, %w: tensor<8x10xi8>, %i: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'outs' of rank 2, found 'tensor<10xf32>'}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>) outs(%i : tensor<10xf32>) -> tensor<10xf32>
  return
}

// -----

func.func @grad_input_tokens(%g: tensor<4x8xf32>, %w: tensor<8x10xi8>, %i: tensor<5x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'outs' of shape [4, 10], found 'tensor<5x10xf32>'}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>) outs(%i : tensor<5x10xf32>) -> tensor<5x10xf32>
  return
}

// -----

// (grad_input_c2) weight [N, K], or of the byte shape
func.func @grad_input_weight(%g: tensor<4x8xf32>, %w: tensor<10x8xi8>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'weight' of shape [8, 10], found 'tensor<10x8xi8>'}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<10x8xi8>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @grad_input_bytes(%g: tensor<4x8xf32>, %w: tensor<17xi8>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'weight' of shape [16], found 'tensor<17xi8>'}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<17xi8>) outs(%i : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
  return
}

// -----

// (grad_input_c3) scales of rank 0, [N] or [N, G]
func.func @grad_input_scale_rank(%g: tensor<4x8xf32>, %w: tensor<8x10xi8>, %s: tensor<8x3x1xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'scales' of rank 0, 1 or 2, found 'tensor<8x3x1xf32>'}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>) scales(%s : tensor<8x3x1xf32>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @grad_input_scale_rows(%g: tensor<4x8xf32>, %w: tensor<8x10xi8>, %s: tensor<10xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'scales' of shape [8], found 'tensor<10xf32>'}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>) scales(%s : tensor<10xf32>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @grad_input_scale_groups(%g: tensor<4x8xf32>, %w: tensor<8x10xi8>, %s: tensor<8x2xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'scales' of shape [8, 3], found 'tensor<8x2xf32>'}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>) scales(%s : tensor<8x2xf32>) outs(%i : tensor<4x10xf32>) {group_size = 4 : i64} -> tensor<4x10xf32>
  return
}

// -----

// (grad_input_c4) a group size exactly with groups, of at least 1
func.func @grad_input_group_size_missing(%g: tensor<4x8xf32>, %w: tensor<8x10xi8>, %s: tensor<8x3xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'group_size' with a scale by group, found none}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>) scales(%s : tensor<8x3xf32>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

func.func @grad_input_group_size_alone(%g: tensor<4x8xf32>, %w: tensor<8x10xi8>, %s: tensor<8xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected no 'group_size' without a scale by group, found 4}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>) scales(%s : tensor<8xf32>) outs(%i : tensor<4x10xf32>) {group_size = 4 : i64} -> tensor<4x10xf32>
  return
}

// -----

func.func @grad_input_group_size(%g: tensor<4x8xf32>, %w: tensor<8x10xi8>, %s: tensor<8x3xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'group_size' of at least 1, found 0}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>) scales(%s : tensor<8x3xf32>) outs(%i : tensor<4x10xf32>) {group_size = 0 : i64} -> tensor<4x10xf32>
  return
}

// -----

// (grad_input_c5) round_operands of f16 or bf16
func.func @grad_input_rounded(%g: tensor<4x8xf32>, %w: tensor<8x10xi8>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'round_operands' of f16 or bf16, found 'f32'}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>) outs(%i : tensor<4x10xf32>) {round_operands = f32} -> tensor<4x10xf32>
  return
}

// -----

func.func @grad_input_rounded_to_integers(%g: tensor<4x8xf32>, %w: tensor<8x10xi8>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.grad_input' op expected 'round_operands' of f16 or bf16, found 'i8'}}
  %0 = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>) outs(%i : tensor<4x10xf32>) {round_operands = i8} -> tensor<4x10xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// grad_sign, embedding_grad_sign
//===----------------------------------------------------------------------===//

// (grad_sign_c1) grad [M, N], input [M, K], init [N, K]
func.func @grad_sign_grad_rank(%g: tensor<2x4x8xf32>, %x: tensor<4x10xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.grad_sign' op expected 'grad' of rank 2, found 'tensor<2x4x8xf32>'}}
  %0 = ternary.grad_sign ins(%g, %x : tensor<2x4x8xf32>, tensor<4x10xf32>) outs(%i : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @grad_sign_input_rank(%g: tensor<4x8xf32>, %x: tensor<10xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.grad_sign' op expected 'input' of rank 2, found 'tensor<10xf32>'}}
  %0 = ternary.grad_sign ins(%g, %x : tensor<4x8xf32>, tensor<10xf32>) outs(%i : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @grad_sign_tokens(%g: tensor<4x8xf32>, %x: tensor<5x10xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.grad_sign' op expected 'input' of shape [4, 10], found 'tensor<5x10xf32>'}}
  %0 = ternary.grad_sign ins(%g, %x : tensor<4x8xf32>, tensor<5x10xf32>) outs(%i : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @grad_sign_init(%g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %i: tensor<10x8xi8>) {
  // expected-error @+1 {{'ternary.grad_sign' op expected 'outs' of shape [8, 10], found 'tensor<10x8xi8>'}}
  %0 = ternary.grad_sign ins(%g, %x : tensor<4x8xf32>, tensor<4x10xf32>) outs(%i : tensor<10x8xi8>) -> tensor<10x8xi8>
  return
}

// -----

// (embedding_grad_sign_c1) ids [I], grad [I, D], init [V, D]
func.func @embedding_grad_sign_ids(%ids: tensor<1x5xi64>, %g: tensor<5x10xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.embedding_grad_sign' op expected 'ids' of rank 1, found 'tensor<1x5xi64>'}}
  %0 = ternary.embedding_grad_sign ins(%ids, %g : tensor<1x5xi64>, tensor<5x10xf32>) outs(%i : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @embedding_grad_sign_init(%ids: tensor<5xi64>, %g: tensor<5x10xf32>, %i: tensor<80xi8>) {
  // expected-error @+1 {{'ternary.embedding_grad_sign' op expected 'outs' of rank 2, found 'tensor<80xi8>'}}
  %0 = ternary.embedding_grad_sign ins(%ids, %g : tensor<5xi64>, tensor<5x10xf32>) outs(%i : tensor<80xi8>) -> tensor<80xi8>
  return
}

// -----

func.func @embedding_grad_sign_grad(%ids: tensor<5xi64>, %g: tensor<4x10xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.embedding_grad_sign' op expected 'grad' of shape [5, 10], found 'tensor<4x10xf32>'}}
  %0 = ternary.embedding_grad_sign ins(%ids, %g : tensor<5xi64>, tensor<4x10xf32>) outs(%i : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @embedding_grad_sign_width(%ids: tensor<5xi64>, %g: tensor<5x11xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.embedding_grad_sign' op expected 'grad' of shape [5, 10], found 'tensor<5x11xf32>'}}
  %0 = ternary.embedding_grad_sign ins(%ids, %g : tensor<5xi64>, tensor<5x11xf32>) outs(%i : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}
