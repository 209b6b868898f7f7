// RUN: ternary-opt %s --ternary-differentiate --verify-diagnostics --split-input-file

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

// expected-error @+1 {{'func.func' op cannot be differentiated: expected a body}}
func.func private @external(tensor<4xf32> {ternary.grad}) -> tensor<4xf32> attributes {ternary.gradient = "g"}

// -----

// expected-error @+1 {{'func.func' op cannot be differentiated: expected one block, found 2}}
func.func @blocks(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  cf.br ^end
^end:
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'func.func' op cannot be differentiated: expected an argument with 'ternary.grad' or 'ternary.update'}}
func.func @nothing_wanted(%x: tensor<4xf32>) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{'func.func' op cannot be differentiated: expected a result that is a float or a ranked tensor of floats}}
func.func @no_float(%x: tensor<4xf32> {ternary.grad}, %i: tensor<4xi32>) -> tensor<4xi32> attributes {ternary.gradient = "g"} {
  return %i : tensor<4xi32>
}

// -----

// expected-error @+1 {{'func.func' op cannot be differentiated: expected tensors, found an argument of type 'memref<4xf32>'}}
func.func @memref(%x: tensor<4xf32> {ternary.grad}, %m: memref<4xf32>) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  return %x : tensor<4xf32>
}

// -----

func.func @memory(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'bufferization.to_buffer' op cannot be differentiated: expected tensors, found a result of type 'memref<4xf32>'}}
  %m = bufferization.to_buffer %x : tensor<4xf32> to memref<4xf32>
  %y = bufferization.to_tensor %m restrict : memref<4xf32> to tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-note @+1 {{taken here}}
func.func private @g()

// expected-error @+1 {{'func.func' op expected the name @g to be free, found it taken}}
func.func @taken(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  return %x : tensor<4xf32>
}

// -----

// expected-note @+1 {{taken here}}
func.func @first(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  return %x : tensor<4xf32>
}
// expected-error @+1 {{'func.func' op expected the name @g to be free, found it taken}}
func.func @second(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  return %x : tensor<4xf32>
}

// -----

//===----------------------------------------------------------------------===//
// Ops without a rule
//===----------------------------------------------------------------------===//

func.func @scalar(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'math.atan' op cannot be differentiated}}
  %y = math.atan %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @in_a_body(%x: tensor<4xf32> {ternary.grad}, %i: tensor<4xf32>) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  %y = linalg.map ins(%x : tensor<4xf32>) outs(%i : tensor<4xf32>) (%e: f32, %old: f32) {
    // expected-error @+1 {{'arith.remf' op cannot be differentiated}}
    %r = arith.remf %e, %e : f32
    linalg.yield %r : f32
  }
  return %y : tensor<4xf32>
}

// -----

// A quantizer by hand would have no gradient at all.
func.func @rounding(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'math.roundeven' op cannot be differentiated: its gradient is 0 almost everywhere; expected 'ternary.ste' to pass it straight through}}
  %y = math.roundeven %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @rounding_by_integers(%x: tensor<4xf32> {ternary.grad}, %i: tensor<4xf32>) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  %y = linalg.map ins(%x : tensor<4xf32>) outs(%i : tensor<4xf32>) (%e: f32, %old: f32) {
    // expected-error @+1 {{'arith.fptosi' op cannot be differentiated: its gradient is 0 almost everywhere}}
    %n = arith.fptosi %e : f32 to i32
    %r = arith.sitofp %n : i32 to f32
    linalg.yield %r : f32
  }
  return %y : tensor<4xf32>
}

// -----

func.func private @callee(tensor<4xf32>) -> tensor<4xf32>
func.func @call(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'func.call' op cannot be differentiated: inline it first}}
  %y = func.call @callee(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// What a region reads makes its op depend on it.
func.func @control_flow(%x: tensor<4xf32> {ternary.grad}, %c: i1, %o: tensor<4xf32>) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'scf.if' op cannot be differentiated: expected no control flow}}
  %y = scf.if %c -> tensor<4xf32> {
    scf.yield %x : tensor<4xf32>
  } else {
    scf.yield %o : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// -----

func.func @unranked(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32> attributes {ternary.gradient = "g"} {
  %u = tensor.cast %x : tensor<4xf32> to tensor<*xf32>
  // expected-error @+1 {{'tensor.cast' op cannot be differentiated: expected ranked tensors without encoding, found 'tensor<*xf32>'}}
  %y = tensor.cast %u : tensor<*xf32> to tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @encoding(%x: tensor<4xf32, 1 : i32> {ternary.grad}) -> tensor<4xf32, 1 : i32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'math.exp' op cannot be differentiated: expected ranked tensors without encoding, found 'tensor<4xf32, 1 : i32>'}}
  %y = math.exp %x : tensor<4xf32, 1 : i32>
  return %y : tensor<4xf32, 1 : i32>
}

// -----

// An element of trits is no float.
func.func @element_of_trits(%w: tensor<2x4xf32> {ternary.grad}, %i: tensor<2x4xi8>) -> f32 attributes {ternary.gradient = "g"} {
  %c0 = arith.constant 0 : index
  %t = ternary.ternarize ins(%w : tensor<2x4xf32>) outs(%i : tensor<2x4xi8>) {method = #ternary<method threshold>, threshold = 0.5 : f32} -> tensor<2x4xi8>
  // expected-error @+1 {{'tensor.extract' op cannot be differentiated: expected floats, found 'tensor<2x4xi8>'}}
  %e = tensor.extract %t[%c0, %c0] : tensor<2x4xi8>
  %y = arith.sitofp %e : i8 to f32
  return %y : f32
}

// -----

//===----------------------------------------------------------------------===//
// Structured ops
//===----------------------------------------------------------------------===//

func.func @product(%x: tensor<4xf32> {ternary.grad}, %i: tensor<f32>) -> tensor<f32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{cannot be differentiated: expected its reduction to end in 'arith.addf', a maximum or a minimum of the accumulator}}
  %y = linalg.reduce { arith.mulf } ins(%x : tensor<4xf32>) outs(%i : tensor<f32>) dimensions = [0]
  return %y : tensor<f32>
}

// -----

func.func @maximum_of_init(%x: tensor<4xf32>, %i: tensor<f32> {ternary.grad}) -> tensor<f32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{cannot be differentiated: expected a constant as the first value of its maximum or minimum}}
  %y = linalg.reduce { arith.maximumf } ins(%x : tensor<4xf32>) outs(%i : tensor<f32>) dimensions = [0]
  return %y : tensor<f32>
}

// -----

#id = affine_map<(d0) -> (d0)>
#none = affine_map<(d0) -> ()>
func.func @two_accumulators(%x: tensor<4xf32> {ternary.grad}, %i: tensor<f32>) -> tensor<f32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'linalg.generic' op cannot be differentiated: expected what it adds not to depend on an accumulator}}
  %y:2 = linalg.generic {indexing_maps = [#id, #none, #none], iterator_types = ["reduction"]}
      ins(%x : tensor<4xf32>) outs(%i, %i : tensor<f32>, tensor<f32>) {
  ^bb0(%e: f32, %a: f32, %b: f32):
    %0 = arith.maximumf %a, %e : f32
    %1 = arith.mulf %a, %e : f32
    %2 = arith.addf %b, %1 : f32
    linalg.yield %0, %2 : f32, f32
  } -> (tensor<f32>, tensor<f32>)
  return %y#1 : tensor<f32>
}

// -----

func.func @gather(%x: tensor<4xf32> {ternary.grad}, %ids: tensor<2xindex>, %i: tensor<2xf32>) -> tensor<2xf32> attributes {ternary.gradient = "g"} {
  %y = linalg.map ins(%ids : tensor<2xindex>) outs(%i : tensor<2xf32>) (%id: index, %old: f32) {
    // expected-error @+1 {{'tensor.extract' op cannot be differentiated: it reads 'tensor<4xf32>' from outside of the body}}
    %e = tensor.extract %x[%id] : tensor<4xf32>
    linalg.yield %e : f32
  }
  return %y : tensor<2xf32>
}

// -----

func.func @trits_by_hand(%w: tensor<2x4xi8> {ternary.update = [#ternary.update<rule = trit, state = [1]>]}, %a: tensor<2x4xi8>) -> tensor<2x4xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{cannot be differentiated: it reads integers that stand for floats, 'tensor<2x4xi8>'; expected 'ternary.dequantize' or 'ternary.dequantize_activation' between}}
  %y = arith.sitofp %w : tensor<2x4xi8> to tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

//===----------------------------------------------------------------------===//
// Ternary ops
//===----------------------------------------------------------------------===//

func.func @activation_scale(%q: tensor<4x10xi8>, %w: tensor<8x10xi8>, %s: tensor<4xf32> {ternary.grad}, %i: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'ternary.bitlinear' op cannot be differentiated: expected a constant 'activation_scale'}}
  %y = ternary.bitlinear ins(%q : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) activation_scale(%s : tensor<4xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// Scales are put in blocks by a later pass.
func.func @blocked_scales(%x: tensor<4x10xf32> {ternary.grad}, %w: tensor<8x10xi8>, %s: tensor<2x3x4xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'ternary.bitlinear' op cannot be differentiated: expected 'scales' of rank 0, 1 or 2}}
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<2x3x4xf32>) outs(%i : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// What the integers stand for is not known without their own scale.
func.func @another_scale(%x: tensor<4x10xf32> {ternary.grad}, %w: tensor<8x10xi8>, %qi: tensor<4x10xi8>, %si: tensor<4xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ternary.gradient = "g"} {
  %q, %s = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%qi, %si : tensor<4x10xi8>, tensor<4xf32>) -> tensor<4x10xi8>, tensor<4xf32>
  // expected-error @+1 {{'ternary.bitlinear' op cannot be differentiated: expected 'activation_scale' to be the multiplier of the 'ternary.quantize_activation' that gives 'input'}}
  %y = ternary.bitlinear ins(%q : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) activation_scale(%si : tensor<4xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

func.func @another_form(%x: tensor<4x10xf32> {ternary.grad}, %qi: tensor<4x10xi8>, %si: tensor<4xf32>, %i: tensor<4x10xf32>) -> tensor<4x10xf32> attributes {ternary.gradient = "g"} {
  %q, %s = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%qi, %si : tensor<4x10xi8>, tensor<4xf32>) -> tensor<4x10xi8>, tensor<4xf32>
  // expected-error @+1 {{'ternary.dequantize_activation' op cannot be differentiated: expected the integers and scales of one 'ternary.quantize_activation' with the same attributes}}
  %y = ternary.dequantize_activation ins(%q : tensor<4x10xi8>) scales(%s : tensor<4xf32>) outs(%i : tensor<4x10xf32>) {scale_form = #ternary<scale_form absmax>} -> tensor<4x10xf32>
  return %y : tensor<4x10xf32>
}

// -----

func.func @embedding_scales(%ids: tensor<5xi64>, %w: tensor<8x10xi8>, %s: tensor<8xf32> {ternary.grad}, %i: tensor<5x10xf32>) -> tensor<5x10xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'ternary.embedding' op cannot be differentiated: expected constant 'scales'}}
  %y = ternary.embedding ins(%ids : tensor<5xi64>) table(%w : tensor<8x10xi8>) shape(8, 10) scales(%s : tensor<8xf32>) outs(%i : tensor<5x10xf32>) -> tensor<5x10xf32>
  return %y : tensor<5x10xf32>
}

// -----

func.func @embedding_of_floats(%ids: tensor<5xi64>, %w: tensor<8x10xf32> {ternary.grad}, %ti: tensor<8x10xi8>, %i: tensor<5x10xf32>) -> tensor<5x10xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'ternary.ternarize' op cannot be differentiated: only the sign of its result's gradient is known}}
  %t = ternary.ternarize ins(%w : tensor<8x10xf32>) outs(%ti : tensor<8x10xi8>) {method = #ternary<method threshold>, threshold = 0.5 : f32} -> tensor<8x10xi8>
  // expected-note @+1 {{from its use here}}
  %y = ternary.embedding ins(%ids : tensor<5xi64>) table(%t : tensor<8x10xi8>) shape(8, 10) outs(%i : tensor<5x10xf32>) -> tensor<5x10xf32>
  return %y : tensor<5x10xf32>
}

// -----

func.func @ternary_norm(%x: tensor<4x10xf32>, %w: tensor<1x10xi8> {ternary.update = [#ternary.update<rule = trit, state = [2]>]}, %a: tensor<1x10xi8>, %i: tensor<4x10xf32>) -> tensor<4x10xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'ternary.rms_norm' op cannot be differentiated: expected a constant ternary weight}}
  %y = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<1x10xi8>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return %y : tensor<4x10xf32>
}

// -----

func.func @norm_scales(%x: tensor<4x10xf32>, %w: tensor<1x10xi8>, %s: tensor<f32> {ternary.grad}, %i: tensor<4x10xf32>) -> tensor<4x10xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'ternary.rms_norm' op cannot be differentiated: expected constant 'scales'}}
  %y = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<1x10xi8>) scales(%s : tensor<f32>) outs(%i : tensor<4x10xf32>) -> tensor<4x10xf32>
  return %y : tensor<4x10xf32>
}

// -----

func.func @pack_of_floats(%x: tensor<4x10xf32>, %w: tensor<8x10xf32> {ternary.grad}, %bi: tensor<8x3xi8>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'ternary.pack' op cannot be differentiated: expected trits as 'input', found 'tensor<8x10xf32>'}}
  %b = ternary.pack ins(%w : tensor<8x10xf32>) outs(%bi : tensor<8x3xi8>) {packing = #ternary.packing<chimera>, conversion = #ternary<conversion sign>} -> tensor<8x3xi8>
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%b : tensor<8x3xi8>) outs(%i : tensor<4x8xf32>) {packing = #ternary.packing<chimera>} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

// A gradient of weights does not get lost in an op that knows only tensors.
func.func @slice_of_weights(%x: tensor<4x10xf32>, %w: tensor<9x10xi8> {ternary.update = [#ternary.update<rule = trit, state = [2]>]}, %a: tensor<9x10xi8>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'tensor.extract_slice' op cannot be differentiated as a ternary weight}}
  %s = tensor.extract_slice %w[0, 0] [8, 10] [1, 1] : tensor<9x10xi8> to tensor<8x10xi8>
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%s : tensor<8x10xi8>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

func.func @decompose(%x: tensor<4x10xf32>, %w: tensor<8x10xf32> {ternary.grad}, %ti: tensor<1x8x10xi8>, %gi: tensor<1x8xf32>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'ternary.decompose' op cannot be differentiated}}
  %t, %g = ternary.decompose ins(%w : tensor<8x10xf32>) outs(%ti, %gi : tensor<1x8x10xi8>, tensor<1x8xf32>) -> tensor<1x8x10xi8>, tensor<1x8xf32>
  %s = tensor.collapse_shape %g [[0, 1]] : tensor<1x8xf32> into tensor<8xf32>
  %q = arith.constant dense<1> : tensor<8x10xi8>
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%q : tensor<8x10xi8>) scales(%s : tensor<8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

//===----------------------------------------------------------------------===//
// Updates
//===----------------------------------------------------------------------===//

func.func @step_of_trits(%x: tensor<4x10xf32>, %w: tensor<8x10xi8> {ternary.update = [#ternary.update<rule = step, state = [2], threshold = 3>]}, %a: tensor<8x10xi8>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'ternary.bitlinear' op expected a packing for the rule step of argument 1, found trits}}
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// -----

func.func @state_of_another_shape(%x: tensor<4x10xf32>, %w: tensor<8x10xi8> {ternary.update = [#ternary.update<rule = correlation, state = [2, 3], group_size = 4>]}, %c: tensor<8x2xi64>, %t: tensor<1xi64>, %i: tensor<4x8xf32>) -> tensor<4x8xf32> attributes {ternary.gradient = "g"} {
  // expected-error @+1 {{'ternary.accumulate_correlation' op expected 'correlation' of shape [8, 3], found 'tensor<8x2xi64>'}}
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
