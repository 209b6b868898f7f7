// RUN: ternary-opt %s -verify-diagnostics -split-input-file

//===----------------------------------------------------------------------===//
// pack
//===----------------------------------------------------------------------===//

// (pack_c1) input of rank 2
func.func @pack_rank(%t: tensor<80xi8>, %i: tensor<20xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 'input' of rank 2, found 'tensor<80xi8>'}}
  %0 = ternary.pack ins(%t : tensor<80xi8>) outs(%i : tensor<20xi8>) {packing = #ternary.packing<chimera>} -> tensor<20xi8>
  return
}

// -----

// (pack_c2) init of the byte shape
func.func @pack_length(%t: tensor<8x10xi8>, %i: tensor<8x2xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 'outs' of shape [8, 3], found 'tensor<8x2xi8>'}}
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x2xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x2xi8>
  return
}

// -----

func.func @pack_byte_rank(%t: tensor<8x10xi8>, %i: tensor<24xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 'outs' of shape [8, 3], found 'tensor<24xi8>'}}
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<24xi8>) {packing = #ternary.packing<chimera>} -> tensor<24xi8>
  return
}

// -----

func.func @pack_length_of_dynamic_rows(%t: tensor<?x10xi8>, %i: tensor<?x4xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 'outs' of shape [?, 3], found 'tensor<?x4xi8>'}}
  %0 = ternary.pack ins(%t : tensor<?x10xi8>) outs(%i : tensor<?x4xi8>) {packing = #ternary.packing<chimera>} -> tensor<?x4xi8>
  return
}

// -----

func.func @pack_length_of_memref(%t: memref<8x10xi8>, %i: memref<17xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 'outs' of shape [16], found 'memref<17xi8>'}}
  ternary.pack ins(%t : memref<8x10xi8>) outs(%i : memref<17xi8>) {packing = #ternary.packing<base3>}
  return
}

// -----

// External packings are refused where their original does not define them.

func.func @pack_i2_s(%t: tensor<5x100xi8>, %s: tensor<f32>, %i: tensor<157xi8>) {
  // expected-error @+1 {{'ternary.pack' op #ternary.packing<i2_s>: expected N * K to be a multiple of 128, found 500}}
  %0 = ternary.pack ins(%t : tensor<5x100xi8>) scales(%s : tensor<f32>) outs(%i : tensor<157xi8>) {packing = #ternary.packing<i2_s>} -> tensor<157xi8>
  return
}

// -----

func.func @pack_i2_s_64(%t: tensor<1x96xi8>, %s: tensor<f32>, %i: tensor<56xi8>) {
  // expected-error @+1 {{#ternary.packing<i2_s_64>: expected N * K to be a multiple of 64, found 96}}
  %0 = ternary.pack ins(%t : tensor<1x96xi8>) scales(%s : tensor<f32>) outs(%i : tensor<56xi8>) {packing = #ternary.packing<i2_s_64>} -> tensor<56xi8>
  return
}

// -----

func.func @pack_tq1_0(%t: tensor<4x128xi8>, %s: tensor<4x1xf32>, %i: tensor<4x1x54xi8>) {
  // expected-error @+1 {{#ternary.tq1_0: expected K to be a multiple of 256, found 128}}
  %0 = ternary.pack ins(%t : tensor<4x128xi8>) scales(%s : tensor<4x1xf32>) outs(%i : tensor<4x1x54xi8>) {packing = #ternary.packing<tq1_0>} -> tensor<4x1x54xi8>
  return
}

// -----

func.func @pack_tq2_0(%t: tensor<4x257xi8>, %s: tensor<4x2xf32>, %i: tensor<4x2x66xi8>) {
  // expected-error @+1 {{#ternary.packing<tq2_0>: expected K to be a multiple of 256, found 257}}
  %0 = ternary.pack ins(%t : tensor<4x257xi8>) scales(%s : tensor<4x2xf32>) outs(%i : tensor<4x2x66xi8>) {packing = #ternary.packing<tq2_0>} -> tensor<4x2x66xi8>
  return
}

// -----

func.func @pack_q2_0(%t: tensor<4x100xi8>, %s: tensor<4x2xf32>, %i: tensor<4x2x18xi8>) {
  // expected-error @+1 {{#ternary.packing<q2_0>: expected K to be a multiple of 64, found 100}}
  %0 = ternary.pack ins(%t : tensor<4x100xi8>) scales(%s : tensor<4x2xf32>) outs(%i : tensor<4x2x18xi8>) {packing = #ternary.packing<q2_0>} -> tensor<4x2x18xi8>
  return
}

// -----

func.func @pack_torchao(%t: tensor<4x10xi8>, %i: tensor<4x3xi8>) {
  // expected-error @+1 {{#ternary.packing<torchao>: expected K to be a multiple of 4, found 10}}
  %0 = ternary.pack ins(%t : tensor<4x10xi8>) outs(%i : tensor<4x3xi8>) {packing = #ternary.packing<torchao>} -> tensor<4x3xi8>
  return
}

// -----

func.func @pack_bitnet_gpu_rows(%t: tensor<8x128xi8>, %i: tensor<1x4x16x4xi8>) {
  // expected-error @+1 {{#ternary.packing<bitnet_gpu>: expected N to be a multiple of 16, found 8}}
  %0 = ternary.pack ins(%t : tensor<8x128xi8>) outs(%i : tensor<1x4x16x4xi8>) {packing = #ternary.packing<bitnet_gpu>} -> tensor<1x4x16x4xi8>
  return
}

// -----

func.func @pack_bitnet_gpu_columns(%t: tensor<?x64xi8>, %i: tensor<?x?x?x?xi8>) {
  // expected-error @+1 {{#ternary.packing<bitnet_gpu>: expected K to be a multiple of 128, found 64}}
  %0 = ternary.pack ins(%t : tensor<?x64xi8>) outs(%i : tensor<?x?x?x?xi8>) {packing = #ternary.packing<bitnet_gpu>} -> tensor<?x?x?x?xi8>
  return
}

// -----

// Byte counts that no 64-bit number holds.

func.func @pack_overflow(%t: tensor<4611686018427387904x64xi8>, %i: tensor<?x?xi8>) {
  // expected-error @+1 {{'ternary.pack' op #ternary.packing<chimera>: the byte count overflows}}
  %0 = ternary.pack ins(%t : tensor<4611686018427387904x64xi8>) outs(%i : tensor<?x?xi8>) {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return
}

// -----

func.func @pack_overflow_of_the_trits(%t: tensor<4294967296x4294967296xi8>, %i: tensor<?xi8>) {
  // expected-error @+1 {{'ternary.pack' op #ternary.packing<base3>: the byte count overflows}}
  %0 = ternary.pack ins(%t : tensor<4294967296x4294967296xi8>) outs(%i : tensor<?xi8>) {packing = #ternary.packing<base3>} -> tensor<?xi8>
  return
}

// -----

func.func @pack_overflow_of_blocks(%t: tensor<1152921504606846976x256xi8>, %s: tensor<?x1xf32>, %i: tensor<?x1x54xi8>) {
  // expected-error @+1 {{'ternary.pack' op #ternary.tq1_0: the byte count overflows}}
  %0 = ternary.pack ins(%t : tensor<1152921504606846976x256xi8>) scales(%s : tensor<?x1xf32>) outs(%i : tensor<?x1x54xi8>) {packing = #ternary.packing<tq1_0>} -> tensor<?x1x54xi8>
  return
}

// -----

// (pack_c3) scales exactly if the packing carries them
func.func @pack_scales_missing(%t: tensor<4x256xi8>, %i: tensor<4x1x66xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 'scales' with #ternary.packing<tq2_0>, found none}}
  %0 = ternary.pack ins(%t : tensor<4x256xi8>) outs(%i : tensor<4x1x66xi8>) {packing = #ternary.packing<tq2_0>} -> tensor<4x1x66xi8>
  return
}

// -----

func.func @pack_scales_unwanted(%t: tensor<8x10xi8>, %s: tensor<8xf32>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected no 'scales' with #ternary.packing<chimera>, found them}}
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) scales(%s : tensor<8xf32>) outs(%i : tensor<8x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return
}

// -----

func.func @pack_scales_of_another_shape(%t: tensor<4x256xi8>, %s: tensor<4xf32>, %i: tensor<4x1x66xi8>) {
  // expected-error @+1 {{'ternary.pack' op expected 'scales' of shape [4, 1], found 'tensor<4xf32>'}}
  %0 = ternary.pack ins(%t : tensor<4x256xi8>) scales(%s : tensor<4xf32>) outs(%i : tensor<4x1x66xi8>) {packing = #ternary.packing<tq2_0>} -> tensor<4x1x66xi8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// unpack
//===----------------------------------------------------------------------===//

// (unpack_c1) trits of rank 2
func.func @unpack_rank(%b: tensor<8x3xi8>, %i: tensor<80xi8>) {
  // expected-error @+1 {{'ternary.unpack' op expected 'outs' of rank 2, found 'tensor<80xi8>'}}
  %0 = ternary.unpack ins(%b : tensor<8x3xi8>) outs(%i : tensor<80xi8>) {packing = #ternary.packing<chimera>} -> tensor<80xi8>
  return
}

// -----

func.func @unpack_floats(%b: tensor<8x3xi8>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.unpack' op expected trits of i8, found 'tensor<8x10xf32>'}}
  %0 = ternary.unpack ins(%b : tensor<8x3xi8>) outs(%i : tensor<8x10xf32>) {packing = #ternary.packing<chimera>} -> tensor<8x10xf32>
  return
}

// -----

// (unpack_c2) bytes of the byte shape
func.func @unpack_length(%b: tensor<15xi8>, %i: tensor<8x10xi8>) {
  // expected-error @+1 {{'ternary.unpack' op expected 'bytes' of shape [16], found 'tensor<15xi8>'}}
  %0 = ternary.unpack ins(%b : tensor<15xi8>) outs(%i : tensor<8x10xi8>) {packing = #ternary.packing<base3>} -> tensor<8x10xi8>
  return
}

// -----

// (unpack_c3) a second init only for scales that the packing carries
func.func @unpack_scales_unwanted(%b: tensor<8x3xi8>, %i: tensor<8x10xi8>, %j: tensor<8xf32>) {
  // expected-error @+1 {{'ternary.unpack' op expected 1 inits with #ternary.packing<chimera>, which carries no scales, found 2}}
  %0:2 = ternary.unpack ins(%b : tensor<8x3xi8>) outs(%i, %j : tensor<8x10xi8>, tensor<8xf32>) {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>, tensor<8xf32>
  return
}

// -----

func.func @unpack_scales_of_another_shape(%b: tensor<4x1x66xi8>, %i: tensor<4x256xi8>, %j: tensor<4x2xf32>) {
  // expected-error @+1 {{'ternary.unpack' op expected 'scales' of shape [4, 1], found 'tensor<4x2xf32>'}}
  %0:2 = ternary.unpack ins(%b : tensor<4x1x66xi8>) outs(%i, %j : tensor<4x256xi8>, tensor<4x2xf32>) {packing = #ternary.packing<tq2_0>} -> tensor<4x256xi8>, tensor<4x2xf32>
  return
}

// -----

func.func @unpack_scales_of_another_type(%b: tensor<4x1x66xi8>, %i: tensor<4x256xi8>, %j: tensor<4x1xi8>) {
  // expected-error @+1 {{'ternary.unpack' op expected scales of f32, found 'tensor<4x1xi8>'}}
  %0:2 = ternary.unpack ins(%b : tensor<4x1x66xi8>) outs(%i, %j : tensor<4x256xi8>, tensor<4x1xi8>) {packing = #ternary.packing<tq2_0>} -> tensor<4x256xi8>, tensor<4x1xi8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// repack
//===----------------------------------------------------------------------===//

// (repack_c1) two extents, none negative
func.func @repack_one_extent(%b: tensor<8x3xi8>, %i: tensor<16xi8>) {
  // expected-error @+1 {{'ternary.repack' op expected 'shape' of two extents, found 1}}
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(80) outs(%i : tensor<16xi8>) {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  return
}

// -----

func.func @repack_three_extents(%b: tensor<8x3xi8>, %i: tensor<16xi8>) {
  // expected-error @+1 {{'ternary.repack' op expected 'shape' of two extents, found 3}}
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 5, 2) outs(%i : tensor<16xi8>) {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  return
}

// -----

func.func @repack_negative_extent(%b: tensor<8x3xi8>, %i: tensor<16xi8>) {
  // expected-error @+1 {{'ternary.repack' op expected 'shape' without negative extents, found -8}}
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(-8, -10) outs(%i : tensor<16xi8>) {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  return
}

// -----

func.func @repack_extent_without_value(%b: tensor<?x?xi8>, %n: index, %i: tensor<?xi8>) {
  // expected-error @+1 {{'ternary.repack' op expected 'shape' of two extents}}
  %0 = "ternary.repack"(%b, %n, %i) <{operandSegmentSizes = array<i32: 1, 1, 0, 1>, static_shape = array<i64: -9223372036854775808, -9223372036854775808>, source = #ternary.packing<chimera>, packing = #ternary.packing<base3>}> : (tensor<?x?xi8>, index, tensor<?xi8>) -> tensor<?xi8>
  return
}

// -----

func.func @repack_no_extents(%b: tensor<8x3xi8>, %i: tensor<16xi8>) {
  // expected-error @+1 {{expected integer value}}
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape() outs(%i : tensor<16xi8>) {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  return
}

// -----

// (repack_c2) bytes of the byte shape of the source
func.func @repack_source_length(%b: tensor<8x4xi8>, %i: tensor<16xi8>) {
  // expected-error @+1 {{'ternary.repack' op expected 'bytes' of shape [8, 3], found 'tensor<8x4xi8>'}}
  %0 = ternary.repack ins(%b : tensor<8x4xi8>) shape(8, 10) outs(%i : tensor<16xi8>) {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  return
}

// -----

// (repack_c3) init of the byte shape of the packing
func.func @repack_length(%b: tensor<8x3xi8>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.repack' op expected 'outs' of shape [16], found 'tensor<8x3xi8>'}}
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 10) outs(%i : tensor<8x3xi8>) {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<8x3xi8>
  return
}

// -----

func.func @repack_to_a_shape_not_defined(%b: tensor<8x3xi8>, %i: tensor<8x3xi8>) {
  // expected-error @+1 {{'ternary.repack' op #ternary.packing<torchao>: expected K to be a multiple of 4, found 10}}
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 10) outs(%i : tensor<8x3xi8>) {source = #ternary.packing<chimera>, packing = #ternary.packing<torchao>} -> tensor<8x3xi8>
  return
}

// -----

// (repack_c4) scales exactly if the packing carries them
func.func @repack_scales_missing(%b: tensor<8x16xi8>, %i: tensor<8x1x18xi8>) {
  // expected-error @+1 {{'ternary.repack' op expected 'scales' with #ternary.packing<q2_0>, found none}}
  %0 = ternary.repack ins(%b : tensor<8x16xi8>) shape(8, 64) outs(%i : tensor<8x1x18xi8>) {source = #ternary.packing<chimera>, packing = #ternary.packing<q2_0>} -> tensor<8x1x18xi8>
  return
}

// -----

func.func @repack_scales_of_the_source(%b: tensor<8x1x18xi8>, %s: tensor<8x1xf32>, %i: tensor<8x16xi8>) {
  // expected-error @+1 {{'ternary.repack' op expected no 'scales' with #ternary.packing<chimera>, found them}}
  %0 = ternary.repack ins(%b : tensor<8x1x18xi8>) shape(8, 64) scales(%s : tensor<8x1xf32>) outs(%i : tensor<8x16xi8>) {source = #ternary.packing<q2_0>, packing = #ternary.packing<chimera>} -> tensor<8x16xi8>
  return
}

// -----

func.func @repack_scales_of_another_shape(%b: tensor<8x16xi8>, %s: tensor<8xf32>, %i: tensor<8x1x18xi8>) {
  // expected-error @+1 {{'ternary.repack' op expected 'scales' of shape [8, 1], found 'tensor<8xf32>'}}
  %0 = ternary.repack ins(%b : tensor<8x16xi8>) shape(8, 64) scales(%s : tensor<8xf32>) outs(%i : tensor<8x1x18xi8>) {source = #ternary.packing<chimera>, packing = #ternary.packing<q2_0>} -> tensor<8x1x18xi8>
  return
}

// -----

func.func @repack_no_source(%b: tensor<8x3xi8>, %i: tensor<16xi8>) {
  // expected-error @+1 {{'ternary.repack' op requires attribute 'source'}}
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 10) outs(%i : tensor<16xi8>) {packing = #ternary.packing<base3>} -> tensor<16xi8>
  return
}

// -----

//===----------------------------------------------------------------------===//
// dequantize
//===----------------------------------------------------------------------===//

// (dequantize_c1) init of rank 2
func.func @dequantize_rank(%t: tensor<2x4x10xi8>, %i: tensor<2x4x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize' op expected 'outs' of rank 2, found 'tensor<2x4x10xf32>'}}
  %0 = ternary.dequantize ins(%t : tensor<2x4x10xi8>) outs(%i : tensor<2x4x10xf32>) -> tensor<2x4x10xf32>
  return
}

// -----

// (dequantize_c2) the weight has the byte shape, or that of the init
func.func @dequantize_bytes(%b: tensor<8x4xi8>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize' op expected 'weight' of shape [8, 3], found 'tensor<8x4xi8>'}}
  %0 = ternary.dequantize ins(%b : tensor<8x4xi8>) outs(%i : tensor<8x10xf32>) {packing = #ternary.packing<chimera>} -> tensor<8x10xf32>
  return
}

// -----

func.func @dequantize_trits(%t: tensor<8x3xi8>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize' op expected 'weight' of shape [8, 10], found 'tensor<8x3xi8>'}}
  %0 = ternary.dequantize ins(%t : tensor<8x3xi8>) outs(%i : tensor<8x10xf32>) -> tensor<8x10xf32>
  return
}

// -----

// (dequantize_c3) scales of rank 0, [N] or [N, G]
func.func @dequantize_row_scale(%t: tensor<8x10xi8>, %s: tensor<10xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize' op expected 'scales' of shape [8], found 'tensor<10xf32>'}}
  %0 = ternary.dequantize ins(%t : tensor<8x10xi8>) scales(%s : tensor<10xf32>) outs(%i : tensor<8x10xf32>) -> tensor<8x10xf32>
  return
}

// -----

func.func @dequantize_group_scale(%t: tensor<8x10xi8>, %s: tensor<8x2xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize' op expected 'scales' of shape [8, 3], found 'tensor<8x2xf32>'}}
  %0 = ternary.dequantize ins(%t : tensor<8x10xi8>) scales(%s : tensor<8x2xf32>) outs(%i : tensor<8x10xf32>) {group_size = 4 : i64} -> tensor<8x10xf32>
  return
}

// -----

func.func @dequantize_scale_of_rank_3(%t: tensor<8x10xi8>, %s: tensor<8x3x1xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize' op expected 'scales' of rank 0, 1 or 2, found 'tensor<8x3x1xf32>'}}
  %0 = ternary.dequantize ins(%t : tensor<8x10xi8>) scales(%s : tensor<8x3x1xf32>) outs(%i : tensor<8x10xf32>) -> tensor<8x10xf32>
  return
}

// -----

// (dequantize_c4) a group size of at least 1, exactly with a scale of rank 2
func.func @dequantize_group_size_missing(%t: tensor<8x10xi8>, %s: tensor<8x3xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize' op expected 'group_size' with a scale by group, found none}}
  %0 = ternary.dequantize ins(%t : tensor<8x10xi8>) scales(%s : tensor<8x3xf32>) outs(%i : tensor<8x10xf32>) -> tensor<8x10xf32>
  return
}

// -----

func.func @dequantize_group_size_unwanted(%t: tensor<8x10xi8>, %s: tensor<8xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize' op expected no 'group_size' without a scale by group, found 4}}
  %0 = ternary.dequantize ins(%t : tensor<8x10xi8>) scales(%s : tensor<8xf32>) outs(%i : tensor<8x10xf32>) {group_size = 4 : i64} -> tensor<8x10xf32>
  return
}

// -----

func.func @dequantize_group_size_0(%t: tensor<8x10xi8>, %s: tensor<8x3xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize' op expected 'group_size' of at least 1, found 0}}
  %0 = ternary.dequantize ins(%t : tensor<8x10xi8>) scales(%s : tensor<8x3xf32>) outs(%i : tensor<8x10xf32>) {group_size = 0 : i64} -> tensor<8x10xf32>
  return
}

// -----

func.func @dequantize_group_size_negative(%t: tensor<8x10xi8>, %s: tensor<8x3xf32>, %i: tensor<8x10xf32>) {
  // expected-error @+1 {{'ternary.dequantize' op expected 'group_size' of at least 1, found -4}}
  %0 = ternary.dequantize ins(%t : tensor<8x10xi8>) scales(%s : tensor<8x3xf32>) outs(%i : tensor<8x10xf32>) {group_size = -4 : i64} -> tensor<8x10xf32>
  return
}
