// RUN: ternary-opt %s --ternary-fuse | FileCheck %s
// RUN: ternary-opt %s --ternary-fuse -o %t.once
// RUN: ternary-opt %t.once --ternary-fuse -o %t.twice
// RUN: diff %t.once %t.twice

//===----------------------------------------------------------------------===//
// Quantized activations are read as integers
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @fake_quant(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<4x10xi8>, %[[S:[^:]*]]: tensor<4xf32>, %[[W:[^:]*]]: tensor<8x10xi8>)
// CHECK-NEXT: %[[I:.*]] = tensor.empty() : tensor<4x8xf32>
// CHECK-NEXT: %[[Y:.*]] = ternary.bitlinear ins(%[[Q]] : tensor<4x10xi8>) weights(%[[W]] : tensor<8x10xi8>) activation_scale(%[[S]] : tensor<4xf32>) outs(%[[I]] : tensor<4x8xf32>)
// CHECK-NEXT: return %[[Y]]
func.func @fake_quant(%q: tensor<4x10xi8>, %s: tensor<4xf32>,
                      %w: tensor<8x10xi8>) -> tensor<4x8xf32> {
  %xi = tensor.empty() : tensor<4x10xf32>
  %x = ternary.dequantize_activation ins(%q : tensor<4x10xi8>)
      scales(%s : tensor<4xf32>) outs(%xi : tensor<4x10xf32>)
      -> tensor<4x10xf32>
  // Becomes a bitlinear of %q with activation_scale(%s).
  %yi = tensor.empty() : tensor<4x8xf32>
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>)
      weights(%w : tensor<8x10xi8>) outs(%yi : tensor<4x8xf32>)
      -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Not fused: a scale that divides, integers wider than the kernels', operands
// that are rounded first.

// CHECK-LABEL: func.func @not_integers(
// CHECK: %[[A:.*]] = ternary.dequantize_activation
// CHECK: ternary.bitlinear ins(%[[A]] : tensor<4x10xf32>)
// CHECK: %[[B:.*]] = ternary.dequantize_activation
// CHECK: ternary.bitlinear ins(%[[B]] : tensor<4x10xf32>)
// CHECK: %[[C:.*]] = ternary.dequantize_activation
// CHECK: ternary.bitlinear ins(%[[C]] : tensor<4x10xf32>)
func.func @not_integers(%q: tensor<4x10xi8>, %v: tensor<4x10xi16>, %s: tensor<4xf32>, %w: tensor<8x10xi8>,
                        %xi: tensor<4x10xf32>, %yi: tensor<4x8xf32>)
    -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %a = ternary.dequantize_activation ins(%q : tensor<4x10xi8>) scales(%s : tensor<4xf32>)
      outs(%xi : tensor<4x10xf32>) {scale_form = #ternary<scale_form absmax>} -> tensor<4x10xf32>
  %y0 = ternary.bitlinear ins(%a : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>)
      outs(%yi : tensor<4x8xf32>) -> tensor<4x8xf32>
  %b = ternary.dequantize_activation ins(%v : tensor<4x10xi16>) scales(%s : tensor<4xf32>)
      outs(%xi : tensor<4x10xf32>) {bits = 16 : i64} -> tensor<4x10xf32>
  %y1 = ternary.bitlinear ins(%b : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>)
      outs(%yi : tensor<4x8xf32>) -> tensor<4x8xf32>
  %c = ternary.dequantize_activation ins(%q : tensor<4x10xi8>) scales(%s : tensor<4xf32>)
      outs(%xi : tensor<4x10xf32>) -> tensor<4x10xf32>
  %y2 = ternary.bitlinear ins(%c : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>)
      outs(%yi : tensor<4x8xf32>) {round_operands = f16} -> tensor<4x8xf32>
  return %y0, %y1, %y2 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

//===----------------------------------------------------------------------===//
// Unpacked weights are read where they are packed
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @bytes(
// CHECK-SAME: %[[B:[^:]*]]: tensor<8x3xi8>
// CHECK-NOT: ternary.unpack
// CHECK: ternary.bitlinear {{.*}} weights(%[[B]], %[[B]] : tensor<8x3xi8>, tensor<8x3xi8>) {{.*}} {packing = #ternary.packing<chimera>}
// CHECK: ternary.embedding {{.*}} table(%[[B]] : tensor<8x3xi8>) shape(8, 10) {{.*}} {packing = #ternary.packing<chimera>}
// CHECK: ternary.dequantize ins(%[[B]] : tensor<8x3xi8>) {{.*}} {packing = #ternary.packing<chimera>}
// CHECK: ternary.nonzero_mask ins(%[[B]] : tensor<8x3xi8>) {{.*}} {packing = #ternary.packing<chimera>}
func.func @bytes(%b: tensor<8x3xi8>, %ti: tensor<8x10xi8>, %x: tensor<4x10xi8>, %yi: tensor<4x8xi32>,
                 %ids: tensor<5xi32>, %ei: tensor<5x10xf32>, %wi: tensor<8x10xf16>, %mi: tensor<8x10xi1>)
    -> (tensor<4x8xi32>, tensor<5x10xf32>, tensor<8x10xf16>, tensor<8x10xi1>) {
  %t = ternary.unpack ins(%b : tensor<8x3xi8>) outs(%ti : tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%t, %t : tensor<8x10xi8>, tensor<8x10xi8>)
      outs(%yi : tensor<4x8xi32>) -> tensor<4x8xi32>
  %e = ternary.embedding ins(%ids : tensor<5xi32>) table(%t : tensor<8x10xi8>) shape(8, 10)
      outs(%ei : tensor<5x10xf32>) -> tensor<5x10xf32>
  %w = ternary.dequantize ins(%t : tensor<8x10xi8>) outs(%wi : tensor<8x10xf16>) -> tensor<8x10xf16>
  %m = ternary.nonzero_mask ins(%t : tensor<8x10xi8>) outs(%mi : tensor<8x10xi1>) -> tensor<8x10xi1>
  return %y, %e, %w, %m : tensor<4x8xi32>, tensor<5x10xf32>, tensor<8x10xf16>, tensor<8x10xi1>
}

// A file's scale inside of the bytes stays where it is: the op takes scales of
// its own, or none.

// CHECK-LABEL: func.func @bytes_with_scale(
// CHECK-SAME: %[[B:[^:]*]]: tensor<8x1x18xi8>
// CHECK: ternary.unpack
// CHECK: ternary.bitlinear {{.*}} weights(%[[B]] : tensor<8x1x18xi8>) scales(%{{.*}} : tensor<8x1xf32>) {{.*}} {group_size = 64 : i64, packing = #ternary.packing<q2_0>}
func.func @bytes_with_scale(%b: tensor<8x1x18xi8>, %ti: tensor<8x64xi8>, %si: tensor<8x1xf32>,
                            %x: tensor<4x64xf32>, %yi: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %t, %s = ternary.unpack ins(%b : tensor<8x1x18xi8>) outs(%ti, %si : tensor<8x64xi8>, tensor<8x1xf32>)
      {packing = #ternary.packing<q2_0>} -> tensor<8x64xi8>, tensor<8x1xf32>
  %y = ternary.bitlinear ins(%x : tensor<4x64xf32>) weights(%t : tensor<8x64xi8>) scales(%s : tensor<8x1xf32>)
      outs(%yi : tensor<4x8xf32>) {group_size = 64 : i64} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Not fused: components of different packings, or only one of them packed.

// CHECK-LABEL: func.func @mixed(
// CHECK: %[[T:.*]] = ternary.unpack
// CHECK: %[[U:.*]] = ternary.unpack
// CHECK: ternary.bitlinear {{.*}} weights(%[[T]], %[[U]] :
// CHECK: ternary.bitlinear {{.*}} weights(%[[T]], %{{.*}} :
func.func @mixed(%b: tensor<8x3xi8>, %c: tensor<2x10xi8>, %ti: tensor<8x10xi8>, %x: tensor<4x10xi8>,
                 %yi: tensor<4x8xi32>) -> (tensor<4x8xi32>, tensor<4x8xi32>) {
  %t = ternary.unpack ins(%b : tensor<8x3xi8>) outs(%ti : tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
  %u = ternary.unpack ins(%c : tensor<2x10xi8>) outs(%ti : tensor<8x10xi8>)
      {packing = #ternary.packing<hf>} -> tensor<8x10xi8>
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%t, %u : tensor<8x10xi8>, tensor<8x10xi8>)
      outs(%yi : tensor<4x8xi32>) -> tensor<4x8xi32>
  %z = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%t, %ti : tensor<8x10xi8>, tensor<8x10xi8>)
      outs(%yi : tensor<4x8xi32>) -> tensor<4x8xi32>
  return %y, %z : tensor<4x8xi32>, tensor<4x8xi32>
}

// CHECK: func.func private @declaration(tensor<8x3xi8>)
func.func private @declaration(tensor<8x3xi8>)

//===----------------------------------------------------------------------===//
// Scales that are powers of two are read as exponents
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @exponents(
// CHECK-SAME: %[[E:[^:]*]]: tensor<8x3xi8>
// CHECK-NOT: effective_exponent
// CHECK: ternary.bitlinear {{.*}} scales(%[[E]] : tensor<8x3xi8>)
// CHECK: ternary.grad_input {{.*}} scales(%[[E]] : tensor<8x3xi8>)
func.func @exponents(%e: tensor<8x3xi8>, %x: tensor<4x10xf32>, %g: tensor<4x8xf32>, %w: tensor<8x10xi8>,
                     %si: tensor<8x3xf32>, %yi: tensor<4x8xf32>, %xi: tensor<4x10xf32>)
    -> (tensor<4x8xf32>, tensor<4x10xf32>) {
  %s = ternary.effective_exponent ins(%e : tensor<8x3xi8>) outs(%si : tensor<8x3xf32>)
      {group_size = 4 : i64} -> tensor<8x3xf32>
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>)
      scales(%s : tensor<8x3xf32>) outs(%yi : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  // Bounds that no i8 passes.
  %b = ternary.effective_exponent ins(%e : tensor<8x3xi8>) outs(%si : tensor<8x3xf32>)
      {group_size = 4 : i64, clamp_min = -128.0 : f32, clamp_max = 127.0 : f32} -> tensor<8x3xf32>
  %gx = ternary.grad_input ins(%g : tensor<4x8xf32>) weight(%w : tensor<8x10xi8>)
      scales(%b : tensor<8x3xf32>) outs(%xi : tensor<4x10xf32>) {group_size = 4 : i64} -> tensor<4x10xf32>
  return %y, %gx : tensor<4x8xf32>, tensor<4x10xf32>
}

// Others are no powers of two, or of other exponents.

// CHECK-LABEL: func.func @not_exponents(
// CHECK: %[[A:.*]] = ternary.effective_exponent
// CHECK: ternary.bitlinear {{.*}} scales(%[[A]] : tensor<8x3xf32>)
// CHECK: %[[B:.*]] = ternary.effective_exponent
// CHECK: ternary.bitlinear {{.*}} scales(%[[B]] : tensor<8x3xf32>)
func.func @not_exponents(%e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %x: tensor<4x10xf32>,
                         %w: tensor<8x10xi8>, %si: tensor<8x3xf32>, %yi: tensor<4x8xf32>)
    -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %a = ternary.effective_exponent ins(%e : tensor<8x3xi8>) correlation(%c : tensor<8x3xi64>)
      step(%t : tensor<1xi64>) outs(%si : tensor<8x3xf32>) {group_size = 4 : i64} -> tensor<8x3xf32>
  %y0 = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>)
      scales(%a : tensor<8x3xf32>) outs(%yi : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  %b = ternary.effective_exponent ins(%e : tensor<8x3xi8>) outs(%si : tensor<8x3xf32>)
      {group_size = 4 : i64, clamp_min = -127.0 : f32, clamp_max = 127.0 : f32} -> tensor<8x3xf32>
  %y1 = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>)
      scales(%b : tensor<8x3xf32>) outs(%yi : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  return %y0, %y1 : tensor<4x8xf32>, tensor<4x8xf32>
}
