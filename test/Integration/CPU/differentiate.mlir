// Gradients and updates by value, on both targets: against gradients that are
// written by hand in NumPy, and against finite differences.

// RUN: rm -rf %t
// RUN: %python %S/Inputs/differentiate.py make %t
// RUN: sed s/VARIANT/identity/g %S/Inputs/mlp.mlir > %t/all.mlir
// RUN: sed s/VARIANT/clamp/g %S/Inputs/mlp.mlir >> %t/all.mlir
// RUN: sed s/VARIANT/legacy/g %S/Inputs/mlp.mlir >> %t/all.mlir
// RUN: cat %s >> %t/all.mlir
// RUN: ternary-opt %t/all.mlir --ternary-differentiate -o %t/gradients.mlir
// RUN: ternary-run %t/gradients.mlir --calls %t/calls.json --check=reference
// RUN: %python %S/Inputs/differentiate.py check %t
// RUN: ternary-run %t/gradients.mlir --calls %t/calls.json --target=reference
// RUN: %python %S/Inputs/differentiate.py check %t

// A learned scale per row: its gradient comes from where it scales.
func.func @lsq(%x: tensor<?x?xf32> {ternary.grad}, %w: tensor<?x?xf32> {ternary.grad},
               %a: tensor<?xf32> {ternary.grad}) -> tensor<?x?xf32>
    attributes {ternary.gradient = "lsq_gradient"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %w, %c0 : tensor<?x?xf32>
  %k = tensor.dim %w, %c1 : tensor<?x?xf32>
  %si = tensor.empty(%n) : tensor<?xf32>
  %s = ternary.learnable_scale ins(%a : tensor<?xf32>) outs(%si : tensor<?xf32>)
      {eps = 0.25 : f32} -> tensor<?xf32>
  %qi = tensor.empty(%n, %k) : tensor<?x?xi8>
  %q = ternary.ternarize ins(%w : tensor<?x?xf32>) scales(%s : tensor<?xf32>)
      outs(%qi : tensor<?x?xi8>)
      {method = #ternary<method lsq>, ternary.ste = #ternary<ste_variant lsq>} -> tensor<?x?xi8>
  %yi = tensor.empty(%m, %n) : tensor<?x?xf32>
  %y = ternary.bitlinear ins(%x : tensor<?x?xf32>) weights(%q : tensor<?x?xi8>)
      scales(%s : tensor<?xf32>) outs(%yi : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// The same with float weights and a product of linalg.
func.func @lsq_float(%x: tensor<?x?xf32> {ternary.grad}, %w: tensor<?x?xf32> {ternary.grad},
                     %a: tensor<?xf32> {ternary.grad}) -> tensor<?x?xf32>
    attributes {ternary.gradient = "lsq_float_gradient"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %w, %c0 : tensor<?x?xf32>
  %k = tensor.dim %w, %c1 : tensor<?x?xf32>
  %si = tensor.empty(%n) : tensor<?xf32>
  %s = ternary.learnable_scale ins(%a : tensor<?xf32>) outs(%si : tensor<?xf32>)
      {eps = 0.25 : f32} -> tensor<?xf32>
  %vi = tensor.empty(%n, %k) : tensor<?x?xf32>
  %v = ternary.ste ins(%w : tensor<?x?xf32>) scales(%s : tensor<?xf32>)
      outs(%vi : tensor<?x?xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<?x?xf32>
  %zero = arith.constant 0.0 : f32
  %yi = tensor.empty(%m, %n) : tensor<?x?xf32>
  %y0 = linalg.fill ins(%zero : f32) outs(%yi : tensor<?x?xf32>) -> tensor<?x?xf32>
  %y = linalg.matmul indexing_maps = [
      affine_map<(d0, d1, d2) -> (d0, d2)>, affine_map<(d0, d1, d2) -> (d1, d2)>,
      affine_map<(d0, d1, d2) -> (d0, d1)>]
      ins(%x, %v : tensor<?x?xf32>, tensor<?x?xf32>) outs(%y0 : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// A norm, int8 activations, a layer with a scale per group whose weights are
// sparse, and once more as fake quantization, on tokens with two axes.
func.func @quantized(%x: tensor<2x3x10xf32> {ternary.grad}, %v: tensor<10xf32> {ternary.grad},
                     %w: tensor<7x10xf32> {ternary.grad}, %u: tensor<5x7xf32> {ternary.grad},
                     %bias: tensor<5xf32> {ternary.grad}) -> tensor<2x3x5xf32>
    attributes {ternary.gradient = "quantized_gradient"} {
  %ni = tensor.empty() : tensor<2x3x10xf32>
  %n = ternary.rms_norm ins(%x : tensor<2x3x10xf32>) weight(%v : tensor<10xf32>)
      outs(%ni : tensor<2x3x10xf32>) -> tensor<2x3x10xf32>
  %qi = tensor.empty() : tensor<2x3x10xi8>
  %si = tensor.empty() : tensor<2x3xf32>
  %q, %s = ternary.quantize_activation ins(%n : tensor<2x3x10xf32>)
      outs(%qi, %si : tensor<2x3x10xi8>, tensor<2x3xf32>) -> tensor<2x3x10xi8>, tensor<2x3xf32>
  %ai = tensor.empty() : tensor<7x3xf32>
  %a = ternary.absmean ins(%w : tensor<7x10xf32>) outs(%ai : tensor<7x3xf32>)
      {group_size = 4 : i64} -> tensor<7x3xf32>
  %ti = tensor.empty() : tensor<7x10xi8>
  %t = ternary.ternarize ins(%w : tensor<7x10xf32>) scales(%a : tensor<7x3xf32>)
      outs(%ti : tensor<7x10xi8>)
      {group_size = 4 : i64, ternary.ste = #ternary<ste_variant clamp>} -> tensor<7x10xi8>
  %p = ternary.sparsify ins(%t : tensor<7x10xi8>) magnitude(%w : tensor<7x10xf32>)
      outs(%ti : tensor<7x10xi8>) -> tensor<7x10xi8>
  %bi = tensor.empty() : tensor<14xi8>
  %b = ternary.pack ins(%p : tensor<7x10xi8>) outs(%bi : tensor<14xi8>)
      {packing = #ternary.packing<base3>} -> tensor<14xi8>
  %hi = tensor.empty() : tensor<2x3x7xf32>
  %h = ternary.bitlinear ins(%q : tensor<2x3x10xi8>) weights(%b : tensor<14xi8>)
      scales(%a : tensor<7x3xf32>) activation_scale(%s : tensor<2x3xf32>)
      outs(%hi : tensor<2x3x7xf32>)
      {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<2x3x7xf32>

  %mi = tensor.empty() : tensor<2x3x7xf32>
  %m = ternary.rms_norm ins(%h : tensor<2x3x7xf32>) outs(%mi : tensor<2x3x7xf32>)
      -> tensor<2x3x7xf32>
  %ri = tensor.empty() : tensor<2x3x7xi8>
  %r, %z = ternary.quantize_activation ins(%m : tensor<2x3x7xf32>)
      outs(%ri, %si : tensor<2x3x7xi8>, tensor<2x3xf32>) -> tensor<2x3x7xi8>, tensor<2x3xf32>
  %f = ternary.dequantize_activation ins(%r : tensor<2x3x7xi8>) scales(%z : tensor<2x3xf32>)
      outs(%mi : tensor<2x3x7xf32>) -> tensor<2x3x7xf32>
  %oi = tensor.empty() : tensor<5xf32>
  %o = ternary.absmean ins(%u : tensor<5x7xf32>) outs(%oi : tensor<5xf32>) -> tensor<5xf32>
  %ui = tensor.empty() : tensor<5x7xi8>
  %ut = ternary.ternarize ins(%u : tensor<5x7xf32>) scales(%o : tensor<5xf32>)
      outs(%ui : tensor<5x7xi8>) -> tensor<5x7xi8>
  %yi = tensor.empty() : tensor<2x3x5xf32>
  %y = ternary.bitlinear ins(%f : tensor<2x3x7xf32>) weights(%ut : tensor<5x7xi8>)
      scales(%o : tensor<5xf32>) bias(%bias : tensor<5xf32>) outs(%yi : tensor<2x3x5xf32>)
      -> tensor<2x3x5xf32>
  return %y : tensor<2x3x5xf32>
}

// Half precision and a single token.
func.func @half(%x: tensor<11xf16> {ternary.grad}, %v: tensor<11xf32> {ternary.grad},
                %w: tensor<5x11xf16> {ternary.grad}, %b: tensor<5xf16> {ternary.grad},
                %a: tensor<f32> {ternary.grad}) -> tensor<5xf16>
    attributes {ternary.gradient = "half_gradient"} {
  %ni = tensor.empty() : tensor<11xf16>
  %n = ternary.rms_norm ins(%x : tensor<11xf16>) weight(%v : tensor<11xf32>)
      outs(%ni : tensor<11xf16>) -> tensor<11xf16>
  %qi = tensor.empty() : tensor<5x11xi8>
  %q = ternary.ternarize ins(%w : tensor<5x11xf16>) outs(%qi : tensor<5x11xi8>)
      {method = #ternary<method threshold>, threshold = 0.5 : f32} -> tensor<5x11xi8>
  %yi = tensor.empty() : tensor<5xf16>
  %y = ternary.bitlinear ins(%n : tensor<11xf16>) weights(%q : tensor<5x11xi8>)
      scales(%a : tensor<f32>) bias(%b : tensor<5xf16>) outs(%yi : tensor<5xf16>) -> tensor<5xf16>
  return %y : tensor<5xf16>
}

// A layer that is trained by signs alone: all rules on one weight of 7 x 11 trits.
func.func @signs(%x: tensor<?x11xf32> {ternary.grad},
                 %w: tensor<16xi8> {ternary.update = [
                     #ternary.update<rule = correlation, state = [3, 4], group_size = 4, amount_argument = 7>,
                     #ternary.update<rule = exponent, state = [2, 5], group_size = 4, threshold = 2>,
                     #ternary.update<rule = step, state = [6], threshold = 2>]},
                 %e: tensor<7x3xi8>, %c: tensor<7x3xi64>, %t: tensor<1xi64>,
                 %ea: tensor<7x3xi8>, %ta: tensor<7x11xi8>, %amount: i64) -> tensor<?x7xf32>
    attributes {ternary.gradient = "signs_gradient"} {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x11xf32>
  %si = tensor.empty() : tensor<7x3xf32>
  %s = ternary.effective_exponent ins(%e : tensor<7x3xi8>) correlation(%c : tensor<7x3xi64>)
      step(%t : tensor<1xi64>) outs(%si : tensor<7x3xf32>) {group_size = 4 : i64} -> tensor<7x3xf32>
  %yi = tensor.empty(%m) : tensor<?x7xf32>
  %y = ternary.bitlinear ins(%x : tensor<?x11xf32>) weights(%w : tensor<16xi8>)
      scales(%s : tensor<7x3xf32>) outs(%yi : tensor<?x7xf32>)
      {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<?x7xf32>
  return %y : tensor<?x7xf32>
}

// One weight used twice: the last use updates first, and both read the weights
// of the forward pass. Votes alone, flips by a threshold per group.
func.func @shared(%x: tensor<?x6xf32>,
                  %w: tensor<6x2xi8> {ternary.update = [
                      #ternary.update<rule = step, state = [4], thresholds = 5, group_size = 4>,
                      #ternary.update<rule = correlation, state = [2, 3], group_size = 4, amount = 3>]},
                  %c: tensor<6x2xi64>, %t: tensor<i64>, %ta: tensor<6x6xi8>,
                  %thresholds: tensor<6x2xi32>,
                  %v: tensor<6x6xi8> {ternary.update = [
                      #ternary.update<rule = exponent, state = [7], group_size = 3, amount = 2>]},
                  %ea: tensor<6x2xi8>) -> tensor<?x6xf32>
    attributes {ternary.gradient = "shared_gradient"} {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x6xf32>
  %i = tensor.empty(%m) : tensor<?x6xf32>
  %h = ternary.bitlinear ins(%x : tensor<?x6xf32>) weights(%w : tensor<6x2xi8>)
      outs(%i : tensor<?x6xf32>) {packing = #ternary.packing<chimera>} -> tensor<?x6xf32>
  %g = ternary.bitlinear ins(%h : tensor<?x6xf32>) weights(%v : tensor<6x6xi8>)
      outs(%i : tensor<?x6xf32>) -> tensor<?x6xf32>
  %y = ternary.bitlinear ins(%g : tensor<?x6xf32>) weights(%w : tensor<6x2xi8>)
      outs(%i : tensor<?x6xf32>) {packing = #ternary.packing<chimera>} -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// An embedding and a head over the sum of its rows; votes on the table.
func.func @embedding(%ids: tensor<?x3xi32>,
                     %table: tensor<?x2xi8> {ternary.update = [
                         #ternary.update<rule = correlation, state = [3, 4], group_size = 5>,
                         #ternary.update<rule = trit, state = [5], amount = 2>]},
                     %e: tensor<?x2xi8>, %c: tensor<?x2xi64>, %t: tensor<1xi64>,
                     %ta: tensor<?x7xi8>, %w: tensor<4x7xf32> {ternary.grad})
    -> tensor<?x4xf32> attributes {ternary.gradient = "embedding_gradient"} {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %ids, %c0 : tensor<?x3xi32>
  %v = tensor.dim %ta, %c0 : tensor<?x7xi8>
  %si = tensor.empty(%v) : tensor<?x2xf32>
  %s = ternary.effective_exponent ins(%e : tensor<?x2xi8>) outs(%si : tensor<?x2xf32>)
      {group_size = 5 : i64} -> tensor<?x2xf32>
  %ri = tensor.empty(%m) : tensor<?x3x7xf32>
  %rows = ternary.embedding ins(%ids : tensor<?x3xi32>) table(%table : tensor<?x2xi8>) shape(%v, 7)
      scales(%s : tensor<?x2xf32>) outs(%ri : tensor<?x3x7xf32>)
      {packing = #ternary.packing<chimera>, group_size = 5 : i64} -> tensor<?x3x7xf32>
  %zero = arith.constant 0.0 : f32
  %pi = tensor.empty(%m) : tensor<?x7xf32>
  %p0 = linalg.fill ins(%zero : f32) outs(%pi : tensor<?x7xf32>) -> tensor<?x7xf32>
  %pool = linalg.reduce { arith.addf } ins(%rows : tensor<?x3x7xf32>) outs(%p0 : tensor<?x7xf32>)
      dimensions = [1]
  %ai = tensor.empty() : tensor<f32>
  %a = ternary.absmean ins(%w : tensor<4x7xf32>) outs(%ai : tensor<f32>) -> tensor<f32>
  %qi = tensor.empty() : tensor<4x7xi8>
  %q = ternary.ternarize ins(%w : tensor<4x7xf32>) scales(%a : tensor<f32>)
      outs(%qi : tensor<4x7xi8>) -> tensor<4x7xi8>
  %di = tensor.empty() : tensor<4x7xf32>
  %d = ternary.dequantize ins(%q : tensor<4x7xi8>) scales(%a : tensor<f32>)
      outs(%di : tensor<4x7xf32>) -> tensor<4x7xf32>
  %yi = tensor.empty(%m) : tensor<?x4xf32>
  %y0 = linalg.fill ins(%zero : f32) outs(%yi : tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = linalg.generic {
      indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                       affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%pool, %d : tensor<?x7xf32>, tensor<4x7xf32>) outs(%y0 : tensor<?x4xf32>) {
  ^bb0(%x: f32, %f: f32, %acc: f32):
    %mul = arith.mulf %x, %f : f32
    %sum = arith.addf %acc, %mul : f32
    linalg.yield %sum : f32
  } -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Smooth functions of every rule of arith and math, a softmax, and a result with
// another rank: by finite differences.
func.func @smooth(%x: tensor<4x5xf32> {ternary.grad}, %v: tensor<5xf32> {ternary.grad},
                  %s: tensor<f32> {ternary.grad}) -> (tensor<4x5xf32>, tensor<4xf32>)
    attributes {ternary.gradient = "smooth_gradient"} {
  %one = arith.constant 1.0 : f32
  %i = tensor.empty() : tensor<4x5xf32>
  %a = linalg.generic {
      indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (k)>,
                       affine_map<(m, k) -> ()>, affine_map<(m, k) -> (m, k)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %v, %s : tensor<4x5xf32>, tensor<5xf32>, tensor<f32>) outs(%i : tensor<4x5xf32>) {
  ^bb0(%e: f32, %f: f32, %c: f32, %old: f32):
    %0 = math.tanh %e : f32
    %1 = math.exp %f : f32
    %2 = arith.addf %1, %one : f32
    %3 = math.log %2 : f32
    %4 = math.sqrt %2 : f32
    %5 = arith.divf %0, %4 : f32
    %6 = math.exp2 %5 : f32
    %7 = math.log2 %2 : f32
    %8 = math.sin %e : f32
    %9 = math.cos %f : f32
    %10 = arith.mulf %8, %9 : f32
    %11 = math.erf %10 : f32
    %12 = math.powf %2, %0 : f32
    %13 = arith.subf %3, %11 : f32
    %14 = arith.negf %7 : f32
    %15 = math.fma %13, %14, %6 : f32
    %16 = math.absf %15 : f32
    %17 = arith.mulf %16, %c : f32
    %18 = arith.addf %17, %12 : f32
    %19 = arith.cmpf olt, %e, %f : f32
    %20 = arith.minimumf %e, %f : f32
    %21 = arith.select %19, %18, %20 : f32
    linalg.yield %21 : f32
  } -> tensor<4x5xf32>
  %y = linalg.softmax dimension(1) ins(%a : tensor<4x5xf32>) outs(%i : tensor<4x5xf32>)
      -> tensor<4x5xf32>
  %low = arith.constant 0xFF800000 : f32
  %ri = tensor.empty() : tensor<4xf32>
  %r0 = linalg.fill ins(%low : f32) outs(%ri : tensor<4xf32>) -> tensor<4xf32>
  %r = linalg.reduce { arith.maximumf } ins(%a : tensor<4x5xf32>) outs(%r0 : tensor<4xf32>)
      dimensions = [1]
  return %y, %r : tensor<4x5xf32>, tensor<4xf32>
}

// Views: a transposed slice, merged axes, a convolution in one axis, and a
// gradient that does not depend on anything.
func.func @views(%x: tensor<6x8xf32> {ternary.grad}, %f: tensor<3xf32> {ternary.grad},
                 %unused: tensor<2xf32> {ternary.grad}) -> tensor<18xf32>
    attributes {ternary.gradient = "views_gradient"} {
  %slice = tensor.extract_slice %x[1, 2] [4, 5] [1, 1] : tensor<6x8xf32> to tensor<4x5xf32>
  %ti = tensor.empty() : tensor<5x4xf32>
  %t = linalg.transpose ins(%slice : tensor<4x5xf32>) outs(%ti : tensor<5x4xf32>) permutation = [1, 0]
  %flat = tensor.collapse_shape %t [[0, 1]] : tensor<5x4xf32> into tensor<20xf32>
  %zero = arith.constant 0.0 : f32
  %ci = tensor.empty() : tensor<18xf32>
  %c0 = linalg.fill ins(%zero : f32) outs(%ci : tensor<18xf32>) -> tensor<18xf32>
  %c = linalg.conv_1d ins(%flat, %f : tensor<20xf32>, tensor<3xf32>) outs(%c0 : tensor<18xf32>)
      -> tensor<18xf32>
  return %c : tensor<18xf32>
}

// Named ops of linalg: a strided convolution, pooling, a batch of products, and a
// scalar that is filled in.
func.func @named(%x: tensor<1x7x6x2xf32> {ternary.grad}, %f: tensor<3x2x2x3xf32> {ternary.grad},
                 %b: tensor<2x3x4xf32> {ternary.grad}, %d: tensor<2x4x2xf32> {ternary.grad},
                 %s: f32 {ternary.grad}) -> (tensor<1x2x2x3xf32>, tensor<2x3x2xf32>)
    attributes {ternary.gradient = "named_gradient"} {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %ci = tensor.empty() : tensor<1x3x5x3xf32>
  %c0 = linalg.fill ins(%zero : f32) outs(%ci : tensor<1x3x5x3xf32>) -> tensor<1x3x5x3xf32>
  %c = linalg.conv_2d_nhwc_hwcf {strides = dense<[2, 1]> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%x, %f : tensor<1x7x6x2xf32>, tensor<3x2x2x3xf32>) outs(%c0 : tensor<1x3x5x3xf32>) -> tensor<1x3x5x3xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %pi = tensor.empty() : tensor<1x2x2x3xf32>
  %p0 = linalg.fill ins(%low : f32) outs(%pi : tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  %p = linalg.pooling_nhwc_max {strides = dense<[1, 2]> : tensor<2xi64>, dilations = dense<1> : tensor<2xi64>}
      ins(%c, %window : tensor<1x3x5x3xf32>, tensor<2x2xf32>) outs(%p0 : tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32>
  %mi = tensor.empty() : tensor<2x3x2xf32>
  %m0 = linalg.fill ins(%s : f32) outs(%mi : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %m = linalg.batch_matmul ins(%b, %d : tensor<2x3x4xf32>, tensor<2x4x2xf32>) outs(%m0 : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %q = linalg.square ins(%m : tensor<2x3x2xf32>) outs(%mi : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %r = linalg.elementwise kind=#linalg.elementwise_kind<mul> ins(%q, %m : tensor<2x3x2xf32>, tensor<2x3x2xf32>)
      outs(%mi : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  return %p, %r : tensor<1x2x2x3xf32>, tensor<2x3x2xf32>
}

// Elements that are equal.
func.func @ties(%x: tensor<3x4xf32> {ternary.grad}) -> (tensor<3xf32>, tensor<3x4xf32>)
    attributes {ternary.gradient = "ties_gradient"} {
  %low = arith.constant 0xFF800000 : f32
  %ri = tensor.empty() : tensor<3xf32>
  %r0 = linalg.fill ins(%low : f32) outs(%ri : tensor<3xf32>) -> tensor<3xf32>
  %r = linalg.reduce { arith.maximumf } ins(%x : tensor<3x4xf32>) outs(%r0 : tensor<3xf32>)
      dimensions = [1]
  %one = arith.constant 1.0 : f32
  %three = arith.constant 3.0 : f32
  %ci = tensor.empty() : tensor<3x4xf32>
  %c = linalg.map ins(%x : tensor<3x4xf32>) outs(%ci : tensor<3x4xf32>) (%e: f32, %old: f32) {
    %0 = arith.maximumf %one, %e : f32
    %1 = arith.minimumf %0, %three : f32
    linalg.yield %1 : f32
  }
  return %r, %c : tensor<3xf32>, tensor<3x4xf32>
}
