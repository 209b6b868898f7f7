// RUN: ternary-opt %s -verify-diagnostics -split-input-file

//===----------------------------------------------------------------------===//
// effective_exponent
//===----------------------------------------------------------------------===//

// (effective_exponent_c1) exponent of rank 2, init of its shape
func.func @effective_exponent_rank(%e: tensor<24xi8>, %i: tensor<24xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'exponent' of rank 2, found 'tensor<24xi8>'}}
  %0 = ternary.effective_exponent ins(%e : tensor<24xi8>) outs(%i : tensor<24xf32>) {group_size = 4 : i64} -> tensor<24xf32>
  return
}

// -----

func.func @effective_exponent_shape(%e: tensor<8x3xi8>, %i: tensor<8x2xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'outs' of shape [8, 3], found 'tensor<8x2xf32>'}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) outs(%i : tensor<8x2xf32>) {group_size = 4 : i64} -> tensor<8x2xf32>
  return
}

// -----

// (effective_exponent_c2) correlation and step together, of their shapes
func.func @effective_exponent_step_alone(%e: tensor<8x3xi8>, %t: tensor<i64>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'correlation' and 'step' together, found 'step' alone}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) step(%t : tensor<i64>) outs(%i : tensor<8x3xf32>) {group_size = 4 : i64} -> tensor<8x3xf32>
  return
}

// -----

func.func @effective_exponent_correlation_alone(%e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'correlation' and 'step' together, found 'correlation' alone}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) correlation(%c : tensor<8x3xi64>) outs(%i : tensor<8x3xf32>) {group_size = 4 : i64} -> tensor<8x3xf32>
  return
}

// -----

func.func @effective_exponent_correlation_shape(%e: tensor<8x3xi8>, %c: tensor<24xi64>, %t: tensor<1xi64>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'correlation' of shape [8, 3], found 'tensor<24xi64>'}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) correlation(%c : tensor<24xi64>) step(%t : tensor<1xi64>) outs(%i : tensor<8x3xf32>) {group_size = 4 : i64} -> tensor<8x3xf32>
  return
}

// -----

func.func @effective_exponent_step_shape(%e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<2xi64>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'step' of shape [1], found 'tensor<2xi64>'}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) correlation(%c : tensor<8x3xi64>) step(%t : tensor<2xi64>) outs(%i : tensor<8x3xf32>) {group_size = 4 : i64} -> tensor<8x3xf32>
  return
}

// -----

// (effective_exponent_c3) a group size of at least 1
func.func @effective_exponent_group_size(%e: tensor<8x3xi8>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'group_size' of at least 1, found 0}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) outs(%i : tensor<8x3xf32>) {group_size = 0 : i64} -> tensor<8x3xf32>
  return
}

// -----

func.func @effective_exponent_group_size_negative(%e: tensor<8x3xi8>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'group_size' of at least 1, found -4}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) outs(%i : tensor<8x3xf32>) {group_size = -4 : i64} -> tensor<8x3xf32>
  return
}

// -----

func.func @effective_exponent_group_size_missing(%e: tensor<8x3xi8>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op requires attribute 'group_size'}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) outs(%i : tensor<8x3xf32>) -> tensor<8x3xf32>
  return
}

// -----

// (effective_exponent_c4) both bounds, in order
func.func @effective_exponent_one_bound(%e: tensor<8x3xi8>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'clamp_min' and 'clamp_max' together, in order}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) outs(%i : tensor<8x3xf32>) {group_size = 4 : i64, clamp_max = 15.0 : f32} -> tensor<8x3xf32>
  return
}

// -----

func.func @effective_exponent_bounds_reversed(%e: tensor<8x3xi8>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'clamp_min' and 'clamp_max' together, in order}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) outs(%i : tensor<8x3xf32>) {group_size = 4 : i64, clamp_min = 15.0 : f32, clamp_max = -14.0 : f32} -> tensor<8x3xf32>
  return
}

// -----

func.func @effective_exponent_bound_nan(%e: tensor<8x3xi8>, %i: tensor<8x3xf32>) {
  // expected-error @+1 {{'ternary.effective_exponent' op expected 'clamp_min' and 'clamp_max' together, in order}}
  %0 = ternary.effective_exponent ins(%e : tensor<8x3xi8>) outs(%i : tensor<8x3xf32>) {group_size = 4 : i64, clamp_min = 0x7FC00000 : f32, clamp_max = 1.0 : f32} -> tensor<8x3xf32>
  return
}

// -----

//===----------------------------------------------------------------------===//
// exponent_init_mean, exponent_init_dim
//===----------------------------------------------------------------------===//

// (exponent_init_mean_c1) input of rank 2, init [N, G]
func.func @exponent_init_mean_rank(%w: tensor<80xf32>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.exponent_init_mean' op expected 'input' of rank 2, found 'tensor<80xf32>'}}
  %0 = ternary.exponent_init_mean ins(%w : tensor<80xf32>) outs(%i : tensor<8x3xi8>) {group_size = 4 : i64} -> tensor<8x3xi8>
  return
}

// -----

func.func @exponent_init_mean_shape(%w: tensor<8x10xf32>, %i: tensor<8x2xi8>) {
  // expected-error @+1 {{'ternary.exponent_init_mean' op expected 'outs' of shape [8, 3], found 'tensor<8x2xi8>'}}
  %0 = ternary.exponent_init_mean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x2xi8>) {group_size = 4 : i64} -> tensor<8x2xi8>
  return
}

// -----

// (exponent_init_mean_c2) a group size of at least 1
func.func @exponent_init_mean_group_size(%w: tensor<8x10xf32>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.exponent_init_mean' op expected 'group_size' of at least 1, found 0}}
  %0 = ternary.exponent_init_mean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x3xi8>) {group_size = 0 : i64} -> tensor<8x3xi8>
  return
}

// -----

func.func @exponent_init_mean_group_size_negative(%w: tensor<8x10xf32>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.exponent_init_mean' op expected 'group_size' of at least 1, found -2}}
  %0 = ternary.exponent_init_mean ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x3xi8>) {group_size = -2 : i64} -> tensor<8x3xi8>
  return
}

// -----

func.func @exponent_init_dim_width(%k: i64, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.exponent_init_dim' op operand #0 must be index}}
  %0 = "ternary.exponent_init_dim"(%k, %i) : (i64, tensor<8x3xi8>) -> tensor<8x3xi8>
  return
}

// -----

func.func @exponent_init_dim_inits(%k: index, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.exponent_init_dim' op expected 1 inits, found 2}}
  %0:2 = ternary.exponent_init_dim ins(%k) outs(%i, %i : tensor<8x3xi8>, tensor<8x3xi8>) -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// regroup_scale
//===----------------------------------------------------------------------===//

// (regroup_scale_c1) two extents, none negative
func.func @regroup_scale_extents(%b: tensor<16xi8>, %e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %ei: tensor<8x2xi8>, %ci: tensor<8x2xi64>) {
  // expected-error @+1 {{'ternary.regroup_scale' op expected 'shape' of two extents, found 1}}
  %0:3 = ternary.regroup_scale ins(%b : tensor<16xi8>) shape(80) state(%e, %c, %t : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>) outs(%ei, %ci, %t : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, old_group_size = 4 : i64, group_size = 8 : i64} -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
  return
}

// -----

// (regroup_scale_c2) the weight has the byte shape, or [N, K]
func.func @regroup_scale_weight(%b: tensor<17xi8>, %e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %ei: tensor<8x2xi8>, %ci: tensor<8x2xi64>) {
  // expected-error @+1 {{'ternary.regroup_scale' op expected 'weight' of shape [16], found 'tensor<17xi8>'}}
  %0:3 = ternary.regroup_scale ins(%b : tensor<17xi8>) shape(8, 10) state(%e, %c, %t : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>) outs(%ei, %ci, %t : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, old_group_size = 4 : i64, group_size = 8 : i64} -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
  return
}

// -----

// (regroup_scale_c3) the shapes of the state before
func.func @regroup_scale_exponent(%b: tensor<16xi8>, %e: tensor<8x2xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %ei: tensor<8x2xi8>, %ci: tensor<8x2xi64>) {
  // expected-error @+1 {{'ternary.regroup_scale' op expected 'exponent' of shape [8, 3], found 'tensor<8x2xi8>'}}
  %0:3 = ternary.regroup_scale ins(%b : tensor<16xi8>) shape(8, 10) state(%e, %c, %t : tensor<8x2xi8>, tensor<8x3xi64>, tensor<1xi64>) outs(%ei, %ci, %t : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, old_group_size = 4 : i64, group_size = 8 : i64} -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
  return
}

// -----

func.func @regroup_scale_correlation(%b: tensor<16xi8>, %e: tensor<8x3xi8>, %c: tensor<24xi64>, %t: tensor<1xi64>, %ei: tensor<8x2xi8>, %ci: tensor<8x2xi64>) {
  // expected-error @+1 {{'ternary.regroup_scale' op expected 'correlation' of shape [8, 3], found 'tensor<24xi64>'}}
  %0:3 = ternary.regroup_scale ins(%b : tensor<16xi8>) shape(8, 10) state(%e, %c, %t : tensor<8x3xi8>, tensor<24xi64>, tensor<1xi64>) outs(%ei, %ci, %t : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, old_group_size = 4 : i64, group_size = 8 : i64} -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
  return
}

// -----

func.func @regroup_scale_step(%b: tensor<16xi8>, %e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1x1xi64>, %ei: tensor<8x2xi8>, %ci: tensor<8x2xi64>) {
  // expected-error @+1 {{'ternary.regroup_scale' op expected 'step' of shape [1], found 'tensor<1x1xi64>'}}
  %0:3 = ternary.regroup_scale ins(%b : tensor<16xi8>) shape(8, 10) state(%e, %c, %t : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1x1xi64>) outs(%ei, %ci, %t : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1x1xi64>) {packing = #ternary.packing<base3>, old_group_size = 4 : i64, group_size = 8 : i64} -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1x1xi64>
  return
}

// -----

// (regroup_scale_c4) the shapes and types of the state behind
func.func @regroup_scale_init(%b: tensor<16xi8>, %e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %ci: tensor<8x2xi64>) {
  // expected-error @+1 {{'ternary.regroup_scale' op expected 'outs' of shape [8, 2], found 'tensor<8x3xi8>'}}
  %0:3 = ternary.regroup_scale ins(%b : tensor<16xi8>) shape(8, 10) state(%e, %c, %t : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>) outs(%e, %ci, %t : tensor<8x3xi8>, tensor<8x2xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, old_group_size = 4 : i64, group_size = 8 : i64} -> tensor<8x3xi8>, tensor<8x2xi64>, tensor<1xi64>
  return
}

// -----

func.func @regroup_scale_init_type(%b: tensor<16xi8>, %e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %ei: tensor<8x2xi8>) {
  // expected-error @+1 {{'ternary.regroup_scale' op expected inits of i8, i64 and the type of 'step'}}
  %0:3 = ternary.regroup_scale ins(%b : tensor<16xi8>) shape(8, 10) state(%e, %c, %t : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>) outs(%ei, %ei, %t : tensor<8x2xi8>, tensor<8x2xi8>, tensor<1xi64>) {packing = #ternary.packing<base3>, old_group_size = 4 : i64, group_size = 8 : i64} -> tensor<8x2xi8>, tensor<8x2xi8>, tensor<1xi64>
  return
}

// -----

func.func @regroup_scale_init_step(%b: tensor<16xi8>, %e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %ei: tensor<8x2xi8>, %ci: tensor<8x2xi64>, %u: tensor<i64>) {
  // expected-error @+1 {{'ternary.regroup_scale' op expected inits of i8, i64 and the type of 'step'}}
  %0:3 = ternary.regroup_scale ins(%b : tensor<16xi8>) shape(8, 10) state(%e, %c, %t : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>) outs(%ei, %ci, %u : tensor<8x2xi8>, tensor<8x2xi64>, tensor<i64>) {packing = #ternary.packing<base3>, old_group_size = 4 : i64, group_size = 8 : i64} -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<i64>
  return
}

// -----

// (regroup_scale_c5) both group sizes of at least 1
func.func @regroup_scale_old_group_size(%b: tensor<16xi8>, %e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %ei: tensor<8x2xi8>, %ci: tensor<8x2xi64>) {
  // expected-error @+1 {{'ternary.regroup_scale' op expected 'old_group_size' of at least 1, found 0}}
  %0:3 = ternary.regroup_scale ins(%b : tensor<16xi8>) shape(8, 10) state(%e, %c, %t : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>) outs(%ei, %ci, %t : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, old_group_size = 0 : i64, group_size = 8 : i64} -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
  return
}

// -----

func.func @regroup_scale_group_size(%b: tensor<16xi8>, %e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %ei: tensor<8x2xi8>, %ci: tensor<8x2xi64>) {
  // expected-error @+1 {{'ternary.regroup_scale' op expected 'group_size' of at least 1, found -8}}
  %0:3 = ternary.regroup_scale ins(%b : tensor<16xi8>) shape(8, 10) state(%e, %c, %t : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>) outs(%ei, %ci, %t : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {packing = #ternary.packing<base3>, old_group_size = 4 : i64, group_size = -8 : i64} -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
  return
}
