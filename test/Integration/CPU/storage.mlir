// Packed bytes by value: every preset packs and unpacks without a loss, and the
// bytes of the simple ones are those that a person would write down.

// RUN: rm -rf %t
// RUN: %python %S/Inputs/storage.py make %t
// RUN: ternary-run %s --calls %t/calls.json --check=reference
// RUN: %python %S/Inputs/storage.py check %t
// RUN: ternary-run %s --calls %t/calls.json --target=reference
// RUN: %python %S/Inputs/storage.py check %t

// Any shape, empty ones included, in the packings that pad.
func.func @any_chimera(%t: tensor<?x?xi8>, %b0: tensor<?x?xi8>, %u0: tensor<?x?xi8>) -> (tensor<?x?xi8>, tensor<?x?xi8>) {
  %b = ternary.pack ins(%t : tensor<?x?xi8>) outs(%b0 : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  %u = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%u0 : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %b, %u : tensor<?x?xi8>, tensor<?x?xi8>
}

func.func @any_hf(%t: tensor<?x?xi8>, %b0: tensor<?x?xi8>, %u0: tensor<?x?xi8>) -> (tensor<?x?xi8>, tensor<?x?xi8>) {
  %b = ternary.pack ins(%t : tensor<?x?xi8>) outs(%b0 : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  %u = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%u0 : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  return %b, %u : tensor<?x?xi8>, tensor<?x?xi8>
}

func.func @any_base3(%t: tensor<?x?xi8>, %b0: tensor<?xi8>, %u0: tensor<?x?xi8>) -> (tensor<?xi8>, tensor<?x?xi8>) {
  %b = ternary.pack ins(%t : tensor<?x?xi8>) outs(%b0 : tensor<?xi8>)
      {packing = #ternary.packing<base3>} -> tensor<?xi8>
  %u = ternary.unpack ins(%b : tensor<?xi8>) outs(%u0 : tensor<?x?xi8>)
      {packing = #ternary.packing<base3>} -> tensor<?x?xi8>
  return %b, %u : tensor<?xi8>, tensor<?x?xi8>
}

// chimera -> base3 -> hf -> trits, at a shape that none of them fills.
func.func @chain(%b: tensor<?x3xi8>, %rows: index, %e: tensor<?xi8>, %h: tensor<?x10xi8>,
                 %u0: tensor<?x10xi8>) -> tensor<?x10xi8> {
  %0 = ternary.repack ins(%b : tensor<?x3xi8>) shape(%rows, 10) outs(%e : tensor<?xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<?xi8>
  %1 = ternary.repack ins(%0 : tensor<?xi8>) shape(%rows, 10) outs(%h : tensor<?x10xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<hf>} -> tensor<?x10xi8>
  %u = ternary.unpack ins(%1 : tensor<?x10xi8>) outs(%u0 : tensor<?x10xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x10xi8>
  return %u : tensor<?x10xi8>
}

// The values that are not trits, as each conversion takes them.
func.func @conversions(%w: tensor<?x?xf32>, %b0: tensor<?x?xi8>, %u0: tensor<?x?xi8>) -> (tensor<?x?xi8>, tensor<?x?xi8>) {
  %b1 = ternary.pack ins(%w : tensor<?x?xf32>) outs(%b0 : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>, conversion = #ternary<conversion sign>} -> tensor<?x?xi8>
  %u1 = ternary.unpack ins(%b1 : tensor<?x?xi8>) outs(%u0 : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  %b2 = ternary.pack ins(%w : tensor<?x?xf32>) outs(%b0 : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>, conversion = #ternary<conversion truncate>} -> tensor<?x?xi8>
  %u2 = ternary.unpack ins(%b2 : tensor<?x?xi8>) outs(%u0 : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  return %u1, %u2 : tensor<?x?xi8>, tensor<?x?xi8>
}

// Every code of a byte, the one that pack never writes included.
func.func @unused_code(%b: tensor<?x?xi8>, %u0: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %u = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%u0 : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %u : tensor<?x?xi8>
}

func.func @dequantize(%b: tensor<?x?xi8>, %s: tensor<?x?xf32>, %w0: tensor<?x?xf16>) -> tensor<?x?xf16> {
  %w = ternary.dequantize ins(%b : tensor<?x?xi8>) scales(%s : tensor<?x?xf32>)
      outs(%w0 : tensor<?x?xf16>)
      {packing = #ternary.packing<chimera>, group_size = 4 : i64} -> tensor<?x?xf16>
  return %w : tensor<?x?xf16>
}

// The presets that do not pad, there and back; the scales that the bytes carry
// come back as they are stored.

func.func @torchao(%t: tensor<16x256xi8>) -> tensor<16x256xi8> {
  %e = tensor.empty() : tensor<16x64xi8>
  %i = tensor.empty() : tensor<16x256xi8>
  %b = ternary.pack ins(%t : tensor<16x256xi8>) outs(%e : tensor<16x64xi8>)
      {packing = #ternary.packing<torchao>} -> tensor<16x64xi8>
  %u = ternary.unpack ins(%b : tensor<16x64xi8>) outs(%i : tensor<16x256xi8>)
      {packing = #ternary.packing<torchao>} -> tensor<16x256xi8>
  return %u : tensor<16x256xi8>
}

func.func @bitnet_gpu(%t: tensor<16x256xi8>) -> tensor<16x256xi8> {
  %e = tensor.empty() : tensor<1x8x32x4xi8>
  %i = tensor.empty() : tensor<16x256xi8>
  %b = ternary.pack ins(%t : tensor<16x256xi8>) outs(%e : tensor<1x8x32x4xi8>)
      {packing = #ternary.packing<bitnet_gpu>} -> tensor<1x8x32x4xi8>
  %u = ternary.unpack ins(%b : tensor<1x8x32x4xi8>) outs(%i : tensor<16x256xi8>)
      {packing = #ternary.packing<bitnet_gpu>} -> tensor<16x256xi8>
  return %u : tensor<16x256xi8>
}

func.func @i2_s(%t: tensor<16x256xi8>, %s: tensor<f32>) -> (tensor<16x256xi8>, tensor<f32>) {
  %e = tensor.empty() : tensor<1056xi8>
  %i = tensor.empty() : tensor<16x256xi8>
  %j = tensor.empty() : tensor<f32>
  %b = ternary.pack ins(%t : tensor<16x256xi8>) scales(%s : tensor<f32>) outs(%e : tensor<1056xi8>)
      {packing = #ternary.packing<i2_s>} -> tensor<1056xi8>
  %u:2 = ternary.unpack ins(%b : tensor<1056xi8>) outs(%i, %j : tensor<16x256xi8>, tensor<f32>)
      {packing = #ternary.packing<i2_s>} -> tensor<16x256xi8>, tensor<f32>
  return %u#0, %u#1 : tensor<16x256xi8>, tensor<f32>
}

func.func @i2_s_64(%t: tensor<16x256xi8>, %s: tensor<f32>) -> (tensor<16x256xi8>, tensor<f32>) {
  %e = tensor.empty() : tensor<1056xi8>
  %i = tensor.empty() : tensor<16x256xi8>
  %j = tensor.empty() : tensor<f32>
  %b = ternary.pack ins(%t : tensor<16x256xi8>) scales(%s : tensor<f32>) outs(%e : tensor<1056xi8>)
      {packing = #ternary.packing<i2_s_64>} -> tensor<1056xi8>
  %u:2 = ternary.unpack ins(%b : tensor<1056xi8>) outs(%i, %j : tensor<16x256xi8>, tensor<f32>)
      {packing = #ternary.packing<i2_s_64>} -> tensor<16x256xi8>, tensor<f32>
  return %u#0, %u#1 : tensor<16x256xi8>, tensor<f32>
}

func.func @tq1_0(%t: tensor<16x256xi8>, %s: tensor<16x1xf32>) -> (tensor<16x256xi8>, tensor<16x1xf32>) {
  %e = tensor.empty() : tensor<16x1x54xi8>
  %i = tensor.empty() : tensor<16x256xi8>
  %j = tensor.empty() : tensor<16x1xf32>
  %b = ternary.pack ins(%t : tensor<16x256xi8>) scales(%s : tensor<16x1xf32>) outs(%e : tensor<16x1x54xi8>)
      {packing = #ternary.packing<tq1_0>} -> tensor<16x1x54xi8>
  %u:2 = ternary.unpack ins(%b : tensor<16x1x54xi8>) outs(%i, %j : tensor<16x256xi8>, tensor<16x1xf32>)
      {packing = #ternary.packing<tq1_0>} -> tensor<16x256xi8>, tensor<16x1xf32>
  return %u#0, %u#1 : tensor<16x256xi8>, tensor<16x1xf32>
}

func.func @tq2_0(%t: tensor<16x256xi8>, %s: tensor<16x1xf32>) -> (tensor<16x256xi8>, tensor<16x1xf32>) {
  %e = tensor.empty() : tensor<16x1x66xi8>
  %i = tensor.empty() : tensor<16x256xi8>
  %j = tensor.empty() : tensor<16x1xf32>
  %b = ternary.pack ins(%t : tensor<16x256xi8>) scales(%s : tensor<16x1xf32>) outs(%e : tensor<16x1x66xi8>)
      {packing = #ternary.packing<tq2_0>} -> tensor<16x1x66xi8>
  %u:2 = ternary.unpack ins(%b : tensor<16x1x66xi8>) outs(%i, %j : tensor<16x256xi8>, tensor<16x1xf32>)
      {packing = #ternary.packing<tq2_0>} -> tensor<16x256xi8>, tensor<16x1xf32>
  return %u#0, %u#1 : tensor<16x256xi8>, tensor<16x1xf32>
}

func.func @q2_0(%t: tensor<16x256xi8>, %s: tensor<16x4xf32>) -> (tensor<16x256xi8>, tensor<16x4xf32>) {
  %e = tensor.empty() : tensor<16x4x18xi8>
  %i = tensor.empty() : tensor<16x256xi8>
  %j = tensor.empty() : tensor<16x4xf32>
  %b = ternary.pack ins(%t : tensor<16x256xi8>) scales(%s : tensor<16x4xf32>) outs(%e : tensor<16x4x18xi8>)
      {packing = #ternary.packing<q2_0>} -> tensor<16x4x18xi8>
  %u:2 = ternary.unpack ins(%b : tensor<16x4x18xi8>) outs(%i, %j : tensor<16x256xi8>, tensor<16x4xf32>)
      {packing = #ternary.packing<q2_0>} -> tensor<16x256xi8>, tensor<16x4xf32>
  return %u#0, %u#1 : tensor<16x256xi8>, tensor<16x4xf32>
}
