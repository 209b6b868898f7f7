// RUN: ternary-opt %s -verify-diagnostics -split-input-file

// What all tensor-level ops refuse.

// (dst_c1) all tensors or all memrefs
func.func @tensor_into_memref(%t: tensor<8x10xi8>, %m: memref<8x3xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected all operands to be ranked tensors or all to be memrefs, found operand 0 of type 'tensor<8x10xi8>' beside init of type 'memref<8x3xi8>'}}
  ternary.pack ins(%t : tensor<8x10xi8>) outs(%m : memref<8x3xi8>) {packing = #ternary.packing<chimera>}
  return
}

// -----

func.func @memref_into_tensor(%m: memref<8x10xi8>, %t: tensor<8x3xi8>) {
  // expected-error @+1 {{found operand 0 of type 'memref<8x10xi8>' beside init of type 'tensor<8x3xi8>'}}
  %0 = ternary.pack ins(%m : memref<8x10xi8>) outs(%t : tensor<8x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return
}

// -----

func.func @mixed_scale(%x: tensor<4x10xf32>, %w: tensor<8x10xi8>, %s: memref<8xf32>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{found operand 2 of type 'memref<8xf32>' beside init of type 'tensor<4x8xf32>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) scales(%s : memref<8xf32>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @mixed_inits(%x: tensor<4x10xf32>, %q: tensor<4x10xi8>, %s: memref<4xf32>) {
  // expected-error @+1 {{found operand 2 of type 'memref<4xf32>' beside init of type 'tensor<4x10xi8>'}}
  %0 = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%q, %s : tensor<4x10xi8>, memref<4xf32>) -> tensor<4x10xi8>
  return
}

// -----

// (dst_c2) one result per init, of its type; none for memrefs
func.func @result_of_another_type(%t: tensor<8x10xi8>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{expected a result of the init's type 'tensor<8x3xi8>', found 'tensor<?x3xi8>'}}
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<?x3xi8>
  return
}

// -----

func.func @no_result(%t: tensor<8x10xi8>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 1 results, found 0}}
  ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x3xi8>) {packing = #ternary.packing<chimera>}
  return
}

// -----

func.func @result_of_memref(%t: memref<8x10xi8>, %i: memref<8x3xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 0 results, found 1}}
  %0 = ternary.pack ins(%t : memref<8x10xi8>) outs(%i : memref<8x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return
}

// -----

func.func @one_result_too_few(%x: tensor<4x10xf32>, %q: tensor<4x10xi8>, %s: tensor<4xf32>) {
  // expected-error @+1 {{'ternary.quantize_activation' op expected 2 results, found 1}}
  %0 = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%q, %s : tensor<4x10xi8>, tensor<4xf32>) -> tensor<4x10xi8>
  return
}

// -----

// (dst_c3) as many inits as the op has
func.func @two_inits(%t: tensor<8x10xi8>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 1 inits, found 2}}
  %0:2 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i, %i : tensor<8x3xi8>, tensor<8x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>, tensor<8x3xi8>
  return
}

// -----

func.func @no_init(%t: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 1 inits, found 0}}
  "ternary.pack"(%t) <{operandSegmentSizes = array<i32: 1, 0, 0>, packing = #ternary.packing<chimera>}> : (tensor<8x10xi8>) -> ()
  return
}

// -----

func.func @init_missing(%x: tensor<4x10xf32>, %q: tensor<4x10xi8>) {
  // expected-error @+1 {{'ternary.quantize_activation' op expected 2 inits, found 1}}
  %0 = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%q : tensor<4x10xi8>) -> tensor<4x10xi8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// Types of operands
//===----------------------------------------------------------------------===//

func.func @unranked_tensor(%t: tensor<*xi8>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.pack' op operand #0 must be ranked tensor of}}
  %0 = ternary.pack ins(%t : tensor<*xi8>) outs(%i : tensor<8x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return
}

// -----

func.func @unranked_memref(%b: memref<*xi8>, %i: memref<8x10xi8>) {
  // expected-error @+1 {{'ternary.unpack' op operand #0 must be ranked tensor of 8-bit signless integer values or memref of 8-bit signless integer values, but got 'memref<*xi8>'}}
  ternary.unpack ins(%b : memref<*xi8>) outs(%i : memref<8x10xi8>) {packing = #ternary.packing<chimera>}
  return
}

// -----

func.func @unranked_init(%t: tensor<8x10xi8>, %i: tensor<*xi8>) {
  // expected-error @+1 {{'ternary.pack' op operand #1 must be variadic of ranked tensor of}}
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<*xi8>) {packing = #ternary.packing<chimera>} -> tensor<*xi8>
  return
}

// -----

func.func @unsupported_element_type(%w: tensor<8x10xf64>, %i: tensor<8xf32>) {
  // expected-error @+1 {{'ternary.absmean' op operand #0 must be ranked tensor of 16-bit float or bfloat16 type or 32-bit float values or memref of}}
  %0 = ternary.absmean ins(%w : tensor<8x10xf64>) outs(%i : tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @unsupported_activations(%x: tensor<4x10xi4>, %w: tensor<8x10xi8>, %i: tensor<4x8xi32>) {
  // expected-error @+1 {{'ternary.bitlinear' op operand #0 must be ranked tensor of}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi4>) weights(%w : tensor<8x10xi8>) outs(%i : tensor<4x8xi32>) -> tensor<4x8xi32>
  return
}

// -----

func.func @unsigned_bytes(%b: tensor<8x3xui8>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.unpack' op operand #0 must be}}
  %0 = ternary.unpack ins(%b : tensor<8x3xui8>) outs(%i : tensor<8x10xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
  return
}

// -----

func.func @scale_of_another_type(%x: tensor<4x10xf32>, %w: tensor<8x10xi8>, %s: tensor<8xf16>, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op operand #2 must be variadic of ranked tensor of 8-bit signless integer or 32-bit float values or memref of 8-bit signless integer or 32-bit float values, but got 'tensor<8xf16>'}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<8xf16>) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @scalar_scale(%x: tensor<4x10xf32>, %w: tensor<8x10xi8>, %s: f32, %i: tensor<4x8xf32>) {
  // expected-error @+1 {{'ternary.bitlinear' op operand #2 must be variadic of ranked tensor of 8-bit signless integer or 32-bit float values}}
  %0 = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) scales(%s : f32) outs(%i : tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @no_packing(%t: tensor<8x10xi8>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.pack' op requires attribute 'packing'}}
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x3xi8>) -> tensor<8x3xi8>
  return
}

// -----

func.func @attribute_is_no_packing(%t: tensor<8x10xi8>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{attribute 'packing' failed to satisfy constraint: PackingAttrInterface instance}}
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x3xi8>) {packing = "chimera"} -> tensor<8x3xi8>
  return
}

// -----

func.func @not_an_op(%t: tensor<8x10xi8>) {
  // expected-error @+1 {{custom op 'ternary.packed' is unknown}}
  %0 = ternary.packed ins(%t : tensor<8x10xi8>)
  return
}
