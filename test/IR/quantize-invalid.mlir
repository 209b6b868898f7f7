// RUN: ternary-opt %s -verify-diagnostics -split-input-file

//===----------------------------------------------------------------------===//
// absmean
//===----------------------------------------------------------------------===//

// (absmean_c1) input of rank 2
func.func @absmean_rank(%w: tensor<2x8x10xf32>, %i: tensor<f32>) {
  // expected-error @+1 {{'ternary.absmean' op expected 'input' of rank 2, found 'tensor<2x8x10xf32>'}}
  %0 = ternary.absmean ins(%w : tensor<2x8x10xf32>) outs(%i : tensor<f32>) -> tensor<f32>
  return
}

// -----

// (absmean_c2) init of rank 0, [N] or [N, G]
func.func @absmean_rows(%w: tensor<8x10xf32>, %i: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.absmean' op expected 'scales' of shape [8], found 'tensor<10xf32>'}}
  %0 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%i : tensor<10xf32>) -> tensor<10xf32>
  return
}

// -----

func.func @absmean_groups(%w: tensor<8x10xf32>, %i: tensor<8x2xf32>) {
  // expected-error @+1 {{'ternary.absmean' op expected 'scales' of shape [8, 3], found 'tensor<8x2xf32>'}}
  %0 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x2xf32>) {group_size = 4 : i64} -> tensor<8x2xf32>
  return
}

// -----

func.func @absmean_init_rank(%w: tensor<8x10xf32>, %i: tensor<8x3x1xf32>) {
  // expected-error @+1 {{'ternary.absmean' op expected 'scales' of rank 0, 1 or 2, found 'tensor<8x3x1xf32>'}}
  %0 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x3x1xf32>) -> tensor<8x3x1xf32>
  return
}

// -----

// (absmean_c3) a group size of at least 1, exactly with an init of rank 2
func.func @absmean_group_size_missing(%w: tensor<8x10xf32>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.absmean' op expected 'group_size' with a scale by group, found none}}
  %0 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x3xf32>) -> tensor<8x3xf32>
  return
}

// -----

func.func @absmean_group_size_unwanted(%w: tensor<8x10xf32>, %i: tensor<8xf32>) {
  // expected-error @+1 {{'ternary.absmean' op expected no 'group_size' without a scale by group, found 10}}
  %0 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8xf32>) {group_size = 10 : i64} -> tensor<8xf32>
  return
}

// -----

func.func @absmean_group_size_0(%w: tensor<8x10xf32>, %i: tensor<8x?xf32>) {
  // expected-error @+1 {{'ternary.absmean' op expected 'group_size' of at least 1, found 0}}
  %0 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x?xf32>) {group_size = 0 : i64} -> tensor<8x?xf32>
  return
}

// -----

func.func @absmean_group_size_negative(%w: tensor<8x?xf32>, %i: tensor<8x?xf32>) {
  // expected-error @+1 {{'ternary.absmean' op expected 'group_size' of at least 1, found -1}}
  %0 = ternary.absmean ins(%w : tensor<8x?xf32>) outs(%i : tensor<8x?xf32>) {group_size = -1 : i64} -> tensor<8x?xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// ternarize
//===----------------------------------------------------------------------===//

// (ternarize_c1) input of rank 2, init of its shape
func.func @ternarize_rank(%w: tensor<80xf32>, %s: tensor<f32>, %i: tensor<80xi8>) {
  // expected-error @+1 {{'ternary.ternarize' op expected 'input' of rank 2, found 'tensor<80xf32>'}}
  %0 = ternary.ternarize ins(%w : tensor<80xf32>) scales(%s : tensor<f32>) outs(%i : tensor<80xi8>) -> tensor<80xi8>
  return
}

// -----

func.func @ternarize_shape(%w: tensor<8x10xf32>, %s: tensor<f32>, %i: tensor<10x8xi8>) {
  // expected-error @+1 {{'ternary.ternarize' op expected 'outs' of shape [8, 10], found 'tensor<10x8xi8>'}}
  %0 = ternary.ternarize ins(%w : tensor<8x10xf32>) scales(%s : tensor<f32>) outs(%i : tensor<10x8xi8>) -> tensor<10x8xi8>
  return
}

// -----

// (ternarize_c2) scales exactly if the method is not `threshold`
func.func @ternarize_scales_missing(%w: tensor<8x10xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.ternarize' op expected 'scales' with method round, found none}}
  %0 = ternary.ternarize ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @ternarize_lsq_scales_missing(%w: tensor<8x10xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.ternarize' op expected 'scales' with method lsq, found none}}
  %0 = ternary.ternarize ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x10xi8>) {method = #ternary<method lsq>} -> tensor<8x10xi8>
  return
}

// -----

func.func @ternarize_scales_unwanted(%w: tensor<8x10xf32>, %s: tensor<f32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.ternarize' op expected no 'scales' with method threshold, found them}}
  %0 = ternary.ternarize ins(%w : tensor<8x10xf32>) scales(%s : tensor<f32>) outs(%i : tensor<8x10xi8>) {method = #ternary<method threshold>, threshold = 0.05 : f32} -> tensor<8x10xi8>
  return
}

// -----

func.func @ternarize_scale_shape(%w: tensor<8x10xf32>, %s: tensor<1x8xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.ternarize' op expected 'scales' of shape [8, 1], found 'tensor<1x8xf32>'}}
  %0 = ternary.ternarize ins(%w : tensor<8x10xf32>) scales(%s : tensor<1x8xf32>) outs(%i : tensor<8x10xi8>) {group_size = 10 : i64} -> tensor<8x10xi8>
  return
}

// -----

// (ternarize_c3) a group size of at least 1, exactly with a scale of rank 2
func.func @ternarize_group_size_missing(%w: tensor<8x10xf32>, %s: tensor<8x1xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.ternarize' op expected 'group_size' with a scale by group, found none}}
  %0 = ternary.ternarize ins(%w : tensor<8x10xf32>) scales(%s : tensor<8x1xf32>) outs(%i : tensor<8x10xi8>) -> tensor<8x10xi8>
  return
}

// -----

func.func @ternarize_group_size_without_scale(%w: tensor<8x10xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.ternarize' op expected no 'group_size' without a scale by group, found 4}}
  %0 = ternary.ternarize ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x10xi8>) {method = #ternary<method threshold>, threshold = 0.05 : f32, group_size = 4 : i64} -> tensor<8x10xi8>
  return
}

// -----

// (ternarize_c4) a threshold exactly if the method is `threshold`
func.func @ternarize_threshold_missing(%w: tensor<8x10xf32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.ternarize' op expected 'threshold' with method threshold, found none}}
  %0 = ternary.ternarize ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x10xi8>) {method = #ternary<method threshold>} -> tensor<8x10xi8>
  return
}

// -----

func.func @ternarize_threshold_unwanted(%w: tensor<8x10xf32>, %s: tensor<f32>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.ternarize' op expected no 'threshold' with method round, found one}}
  %0 = ternary.ternarize ins(%w : tensor<8x10xf32>) scales(%s : tensor<f32>) outs(%i : tensor<8x10xi8>) {threshold = 0.05 : f32} -> tensor<8x10xi8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// quantize_activation, dequantize_activation
//===----------------------------------------------------------------------===//

// (quantize_activation_c1) input of rank 1 or more, the first init of its shape
func.func @quantize_activation_rank(%x: tensor<f32>, %q: tensor<i8>, %s: tensor<f32>) {
  // expected-error @+1 {{'ternary.quantize_activation' op expected 'input' of rank 1 or more, found 'tensor<f32>'}}
  %0:2 = ternary.quantize_activation ins(%x : tensor<f32>) outs(%q, %s : tensor<i8>, tensor<f32>) -> tensor<i8>, tensor<f32>
  return
}

// -----

func.func @quantize_activation_shape(%x: tensor<4x10xf32>, %q: tensor<4x11xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{'ternary.quantize_activation' op expected 'outs' of shape [4, 10], found 'tensor<4x11xi8>'}}
  %0:2 = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%q, %s : tensor<4x11xi8>, tensor<4xf32>) -> tensor<4x11xi8>, tensor<4xf32>
  return
}

// -----

// (quantize_activation_c2) the second init of the leading shape
func.func @quantize_activation_scale_shape(%x: tensor<4x10xf32>, %q: tensor<4x10xi8>, %s: tensor<10xf32>) {
  // expected-error @+1 {{'ternary.quantize_activation' op expected 'scale' of shape [4], found 'tensor<10xf32>'}}
  %0:2 = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%q, %s : tensor<4x10xi8>, tensor<10xf32>) -> tensor<4x10xi8>, tensor<10xf32>
  return
}

// -----

func.func @quantize_activation_scale_type(%x: tensor<4x10xf32>, %q: tensor<4x10xi8>, %s: tensor<4xi32>) {
  // expected-error @+1 {{'ternary.quantize_activation' op expected a scale of f32, found 'tensor<4xi32>'}}
  %0:2 = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%q, %s : tensor<4x10xi8>, tensor<4xi32>) -> tensor<4x10xi8>, tensor<4xi32>
  return
}

// -----

// (quantize_activation_c3) 2 to 16 bits, which the first init holds
func.func @quantize_activation_one_bit(%x: tensor<4x10xf32>, %q: tensor<4x10xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{'ternary.quantize_activation' op expected 'bits' of 2 to 16, found 1, which has no level but 0}}
  %0:2 = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%q, %s : tensor<4x10xi8>, tensor<4xf32>) {bits = 1 : i64} -> tensor<4x10xi8>, tensor<4xf32>
  return
}

// -----

func.func @quantize_activation_17_bits(%x: tensor<4x10xf32>, %q: tensor<4x10xi32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{'ternary.quantize_activation' op expected 'bits' of 2 to 16, found 17}}
  %0:2 = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%q, %s : tensor<4x10xi32>, tensor<4xf32>) {bits = 17 : i64} -> tensor<4x10xi32>, tensor<4xf32>
  return
}

// -----

func.func @quantize_activation_narrow_init(%x: tensor<4x10xf32>, %q: tensor<4x10xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{'ternary.quantize_activation' op expected an integer init of at least 9 bits, found 'tensor<4x10xi8>'}}
  %0:2 = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%q, %s : tensor<4x10xi8>, tensor<4xf32>) {bits = 9 : i64} -> tensor<4x10xi8>, tensor<4xf32>
  return
}

// -----

func.func @quantize_activation_float_init(%x: tensor<4x10xf32>, %q: tensor<4x10xf32>, %s: tensor<4xf32>) {
  // expected-error @+1 {{'ternary.quantize_activation' op expected an integer init of at least 8 bits, found 'tensor<4x10xf32>'}}
  %0:2 = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%q, %s : tensor<4x10xf32>, tensor<4xf32>) -> tensor<4x10xf32>, tensor<4xf32>
  return
}

// -----

// (dequantize_activation_c1) input of rank 1 or more, the init of its shape
func.func @dequantize_activation_rank(%q: tensor<i8>, %s: tensor<f32>, %i: tensor<f32>) {
  // expected-error @+1 {{'ternary.dequantize_activation' op expected 'input' of rank 1 or more, found 'tensor<i8>'}}
  %0 = ternary.dequantize_activation ins(%q : tensor<i8>) scales(%s : tensor<f32>) outs(%i : tensor<f32>) -> tensor<f32>
  return
}

// -----

func.func @dequantize_activation_shape(%q: tensor<4x10xi8>, %s: tensor<4xf32>, %i: tensor<10x4xf32>) {
  // expected-error @+1 {{'ternary.dequantize_activation' op expected 'outs' of shape [4, 10], found 'tensor<10x4xf32>'}}
  %0 = ternary.dequantize_activation ins(%q : tensor<4x10xi8>) scales(%s : tensor<4xf32>) outs(%i : tensor<10x4xf32>) -> tensor<10x4xf32>
  return
}

// -----

// (dequantize_activation_c2) scales of the leading shape
func.func @dequantize_activation_scales(%q: tensor<4x10xi8>, %s: tensor<4x1xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize_activation' op expected 'scales' of shape [4], found 'tensor<4x1xf32>'}}
  %0 = ternary.dequantize_activation ins(%q : tensor<4x10xi8>) scales(%s : tensor<4x1xf32>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return
}

// -----

// (dequantize_activation_c3) 2 to 16 bits
func.func @dequantize_activation_bits(%q: tensor<4x10xi8>, %s: tensor<4xf32>, %i: tensor<4x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize_activation' op expected 'bits' of 2 to 16, found 0}}
  %0 = ternary.dequantize_activation ins(%q : tensor<4x10xi8>) scales(%s : tensor<4xf32>) outs(%i : tensor<4x10xf32>) {bits = 0 : i64} -> tensor<4x10xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// sparsify, nonzero_mask
//===----------------------------------------------------------------------===//

// (sparsify_c1) input of rank 2, init of its type
func.func @sparsify_rank(%q: tensor<12xi8>, %i: tensor<12xi8>) {
  // expected-error @+1 {{'ternary.sparsify' op expected 'input' of rank 2, found 'tensor<12xi8>'}}
  %0 = ternary.sparsify ins(%q : tensor<12xi8>) outs(%i : tensor<12xi8>) -> tensor<12xi8>
  return
}

// -----

func.func @sparsify_shape(%q: tensor<8x12xi8>, %i: tensor<8x16xi8>) {
  // expected-error @+1 {{'ternary.sparsify' op expected 'outs' of shape [8, 12], found 'tensor<8x16xi8>'}}
  %0 = ternary.sparsify ins(%q : tensor<8x12xi8>) outs(%i : tensor<8x16xi8>) -> tensor<8x16xi8>
  return
}

// -----

func.func @sparsify_type(%q: tensor<8x12xi8>, %i: tensor<8x12xf32>) {
  // expected-error @+1 {{'ternary.sparsify' op expected an init of the input's element type, found 'tensor<8x12xf32>'}}
  %0 = ternary.sparsify ins(%q : tensor<8x12xi8>) outs(%i : tensor<8x12xf32>) -> tensor<8x12xf32>
  return
}

// -----

// (sparsify_c2) magnitude of the shape of input
func.func @sparsify_magnitude(%q: tensor<8x12xi8>, %w: tensor<8x10xf32>, %i: tensor<8x12xi8>) {
  // expected-error @+1 {{'ternary.sparsify' op expected 'magnitude' of shape [8, 12], found 'tensor<8x10xf32>'}}
  %0 = ternary.sparsify ins(%q : tensor<8x12xi8>) magnitude(%w : tensor<8x10xf32>) outs(%i : tensor<8x12xi8>) -> tensor<8x12xi8>
  return
}

// -----

// (sparsify_c3) 0 <= n <= m, m of 1 to 64
func.func @sparsify_n_too_large(%q: tensor<8x12xi8>, %i: tensor<8x12xi8>) {
  // expected-error @+1 {{'ternary.sparsify' op expected 0 <= n <= m and m of 1 to 64, found n = 5, m = 4}}
  %0 = ternary.sparsify ins(%q : tensor<8x12xi8>) outs(%i : tensor<8x12xi8>) {n = 5, m = 4} -> tensor<8x12xi8>
  return
}

// -----

func.func @sparsify_n_negative(%q: tensor<8x12xi8>, %i: tensor<8x12xi8>) {
  // expected-error @+1 {{found n = -1, m = 4}}
  %0 = ternary.sparsify ins(%q : tensor<8x12xi8>) outs(%i : tensor<8x12xi8>) {n = -1, m = 4} -> tensor<8x12xi8>
  return
}

// -----

func.func @sparsify_m_0(%q: tensor<8x12xi8>, %i: tensor<8x12xi8>) {
  // expected-error @+1 {{found n = 0, m = 0}}
  %0 = ternary.sparsify ins(%q : tensor<8x12xi8>) outs(%i : tensor<8x12xi8>) {n = 0, m = 0} -> tensor<8x12xi8>
  return
}

// -----

func.func @sparsify_m_too_large(%q: tensor<8x12xi8>, %i: tensor<8x12xi8>) {
  // expected-error @+1 {{found n = 2, m = 65}}
  %0 = ternary.sparsify ins(%q : tensor<8x12xi8>) outs(%i : tensor<8x12xi8>) {m = 65} -> tensor<8x12xi8>
  return
}

// -----

// (nonzero_mask_c1) init of rank 2
func.func @nonzero_mask_rank(%t: tensor<80xi8>, %i: tensor<80xi1>) {
  // expected-error @+1 {{'ternary.nonzero_mask' op expected 'outs' of rank 2, found 'tensor<80xi1>'}}
  %0 = ternary.nonzero_mask ins(%t : tensor<80xi8>) outs(%i : tensor<80xi1>) -> tensor<80xi1>
  return
}

// -----

// (nonzero_mask_c2) the weight has the byte shape, or that of the init
func.func @nonzero_mask_bytes(%b: tensor<8x10xi8>, %i: tensor<8x10xi1>) {
  // expected-error @+1 {{'ternary.nonzero_mask' op expected 'weight' of shape [8, 3], found 'tensor<8x10xi8>'}}
  %0 = ternary.nonzero_mask ins(%b : tensor<8x10xi8>) outs(%i : tensor<8x10xi1>) {packing = #ternary.packing<chimera>} -> tensor<8x10xi1>
  return
}

// -----

func.func @nonzero_mask_trits(%t: tensor<8x3xi8>, %i: tensor<8x10xi1>) {
  // expected-error @+1 {{'ternary.nonzero_mask' op expected 'weight' of shape [8, 10], found 'tensor<8x3xi8>'}}
  %0 = ternary.nonzero_mask ins(%t : tensor<8x3xi8>) outs(%i : tensor<8x10xi1>) -> tensor<8x10xi1>
  return
}

// -----

//===----------------------------------------------------------------------===//
// decompose, deadzone_stats
//===----------------------------------------------------------------------===//

// (decompose_c1) input of rank 2, the first init [C, N, K] with a static C
func.func @decompose_rank(%w: tensor<80xf32>, %t: tensor<3x8x10xi8>, %g: tensor<3xf32>) {
  // expected-error @+1 {{'ternary.decompose' op expected 'input' of rank 2, found 'tensor<80xf32>'}}
  %0:2 = ternary.decompose ins(%w : tensor<80xf32>) outs(%t, %g : tensor<3x8x10xi8>, tensor<3xf32>) -> tensor<3x8x10xi8>, tensor<3xf32>
  return
}

// -----

func.func @decompose_init_rank(%w: tensor<8x10xf32>, %t: tensor<8x10xi8>, %g: tensor<3xf32>) {
  // expected-error @+1 {{'ternary.decompose' op expected 'outs' of rank 3, found 'tensor<8x10xi8>'}}
  %0:2 = ternary.decompose ins(%w : tensor<8x10xf32>) outs(%t, %g : tensor<8x10xi8>, tensor<3xf32>) -> tensor<8x10xi8>, tensor<3xf32>
  return
}

// -----

func.func @decompose_dynamic(%w: tensor<8x10xf32>, %t: tensor<?x8x10xi8>, %g: tensor<?x8xf32>) {
  // expected-error @+1 {{'ternary.decompose' op expected a static number of components, found 'tensor<?x8x10xi8>'}}
  %0:2 = ternary.decompose ins(%w : tensor<8x10xf32>) outs(%t, %g : tensor<?x8x10xi8>, tensor<?x8xf32>) -> tensor<?x8x10xi8>, tensor<?x8xf32>
  return
}

// -----

func.func @decompose_shape(%w: tensor<8x10xf32>, %t: tensor<3x10x8xi8>, %g: tensor<3x8xf32>) {
  // expected-error @+1 {{'ternary.decompose' op expected 'outs' of shape [3, 8, 10], found 'tensor<3x10x8xi8>'}}
  %0:2 = ternary.decompose ins(%w : tensor<8x10xf32>) outs(%t, %g : tensor<3x10x8xi8>, tensor<3x8xf32>) -> tensor<3x10x8xi8>, tensor<3x8xf32>
  return
}

// -----

func.func @decompose_types(%w: tensor<8x10xf32>, %t: tensor<3x8x10xf32>, %g: tensor<3x8xf32>) {
  // expected-error @+1 {{'ternary.decompose' op expected inits of i8 and f32, found 'tensor<3x8x10xf32>' and 'tensor<3x8xf32>'}}
  %0:2 = ternary.decompose ins(%w : tensor<8x10xf32>) outs(%t, %g : tensor<3x8x10xf32>, tensor<3x8xf32>) -> tensor<3x8x10xf32>, tensor<3x8xf32>
  return
}

// -----

// (decompose_c2) the second init [C, N] or [C]
func.func @decompose_row_scales(%w: tensor<8x10xf32>, %t: tensor<3x8x10xi8>, %g: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.decompose' op expected 'scales' of shape [3, 8], found 'tensor<8x3xf32>'}}
  %0:2 = ternary.decompose ins(%w : tensor<8x10xf32>) outs(%t, %g : tensor<3x8x10xi8>, tensor<8x3xf32>) -> tensor<3x8x10xi8>, tensor<8x3xf32>
  return
}

// -----

func.func @decompose_tensor_scales(%w: tensor<8x10xf32>, %t: tensor<3x8x10xi8>, %g: tensor<8xf32>) {
  // expected-error @+1 {{'ternary.decompose' op expected 'scales' of shape [3], found 'tensor<8xf32>'}}
  %0:2 = ternary.decompose ins(%w : tensor<8x10xf32>) outs(%t, %g : tensor<3x8x10xi8>, tensor<8xf32>) -> tensor<3x8x10xi8>, tensor<8xf32>
  return
}

// -----

// (deadzone_stats_c1) input of rank 2, init of shape [6]
func.func @deadzone_stats_rank(%w: tensor<80xf32>, %i: tensor<6xf32>) {
  // expected-error @+1 {{'ternary.deadzone_stats' op expected 'input' of rank 2, found 'tensor<80xf32>'}}
  %0 = ternary.deadzone_stats ins(%w : tensor<80xf32>) outs(%i : tensor<6xf32>) -> tensor<6xf32>
  return
}

// -----

func.func @deadzone_stats_shape(%w: tensor<8x10xf32>, %i: tensor<5xf32>) {
  // expected-error @+1 {{'ternary.deadzone_stats' op expected 'outs' of shape [6], found 'tensor<5xf32>'}}
  %0 = ternary.deadzone_stats ins(%w : tensor<8x10xf32>) outs(%i : tensor<5xf32>) -> tensor<5xf32>
  return
}
