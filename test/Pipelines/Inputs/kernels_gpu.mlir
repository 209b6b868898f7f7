// One layer of each kernel of bitlinear: one token, eight, many.
func.func @one(%x: tensor<1x256xi8>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096xf32>, %e: tensor<1x4096xf32>) -> tensor<1x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<1x256xi8>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096xf32>) outs(%e : tensor<1x4096xf32>) {packing = #ternary.packing<gpu_tile2>} -> tensor<1x4096xf32>
  return %y : tensor<1x4096xf32>
}
func.func @few(%x: tensor<8x256xi8>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096xf32>, %e: tensor<8x4096xf32>) -> tensor<8x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<8x256xi8>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096xf32>) outs(%e : tensor<8x4096xf32>) {packing = #ternary.packing<gpu_tile2>} -> tensor<8x4096xf32>
  return %y : tensor<8x4096xf32>
}
// The same from weights of base 3.
func.func @digits_one(%x: tensor<1x320xi8>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096xf32>, %e: tensor<1x4096xf32>) -> tensor<1x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<1x320xi8>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096xf32>) outs(%e : tensor<1x4096xf32>) {packing = #ternary.packing<gpu_tile3>} -> tensor<1x4096xf32>
  return %y : tensor<1x4096xf32>
}
func.func @digits_few(%x: tensor<8x320xi8>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096xf32>, %e: tensor<8x4096xf32>) -> tensor<8x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<8x320xi8>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096xf32>) outs(%e : tensor<8x4096xf32>) {packing = #ternary.packing<gpu_tile3>} -> tensor<8x4096xf32>
  return %y : tensor<8x4096xf32>
}
func.func @many(%x: tensor<2048x256xi8>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096xf32>, %e: tensor<2048x4096xf32>) -> tensor<2048x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<2048x256xi8>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096xf32>) outs(%e : tensor<2048x4096xf32>) {packing = #ternary.packing<gpu_tile2k>} -> tensor<2048x4096xf32>
  return %y : tensor<2048x4096xf32>
}
// The training ops on f32: signs, what they add to correlations, and the gradient to activations.
func.func @signs(%g: tensor<128x256xf32>, %x: tensor<128x256xf32>, %e: tensor<256x256xi8>) -> tensor<256x256xi8> {
  %s = ternary.grad_sign ins(%g, %x : tensor<128x256xf32>, tensor<128x256xf32>) outs(%e : tensor<256x256xi8>) -> tensor<256x256xi8>
  return %s : tensor<256x256xi8>
}
func.func @correlation(%g: memref<128x256xf32>, %x: memref<128x256xf32>, %w: memref<13108xi8>, %c: memref<256x8xi64>, %t: memref<1xi64>) {
  ternary.accumulate_correlation ins(%g, %x : memref<128x256xf32>, memref<128x256xf32>) weight(%w : memref<13108xi8>) shape(256, 256)
      outs(%c, %t : memref<256x8xi64>, memref<1xi64>) {packing = #ternary.packing<base3>, group_size = 32 : i64}
  return
}
func.func @grad_input(%g: tensor<128x256xf32>, %w: tensor<13108xi8>, %s: tensor<256x8xf32>, %e: tensor<128x256xf32>) -> tensor<128x256xf32> {
  %y = ternary.grad_input ins(%g : tensor<128x256xf32>) weight(%w : tensor<13108xi8>) scales(%s : tensor<256x8xf32>) outs(%e : tensor<128x256xf32>)
      {packing = #ternary.packing<base3>, group_size = 32 : i64} -> tensor<128x256xf32>
  return %y : tensor<128x256xf32>
}
// Float activations: one token, eight, many; of f16, and of f32 with groups.
func.func @half_one(%x: tensor<1x256xf16>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096xf32>, %e: tensor<1x4096xf16>) -> tensor<1x4096xf16> {
  %y = ternary.bitlinear ins(%x : tensor<1x256xf16>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096xf32>) outs(%e : tensor<1x4096xf16>) {packing = #ternary.packing<gpu_tile2h>} -> tensor<1x4096xf16>
  return %y : tensor<1x4096xf16>
}
func.func @half_few(%x: tensor<8x256xbf16>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096xf32>, %e: tensor<8x4096xf32>) -> tensor<8x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<8x256xbf16>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096xf32>) outs(%e : tensor<8x4096xf32>) {packing = #ternary.packing<gpu_tile2h>} -> tensor<8x4096xf32>
  return %y : tensor<8x4096xf32>
}
func.func @half_many(%x: tensor<2048x256xf16>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096xf32>, %e: tensor<2048x4096xf16>) -> tensor<2048x4096xf16> {
  %y = ternary.bitlinear ins(%x : tensor<2048x256xf16>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096xf32>) outs(%e : tensor<2048x4096xf16>) {packing = #ternary.packing<gpu_tile2hk>} -> tensor<2048x4096xf16>
  return %y : tensor<2048x4096xf16>
}
func.func @float_one(%x: tensor<1x256xf32>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096x8xf32>, %e: tensor<1x4096xf32>) -> tensor<1x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<1x256xf32>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096x8xf32>) outs(%e : tensor<1x4096xf32>) {packing = #ternary.packing<gpu_tile2h>, group_size = 32 : i64} -> tensor<1x4096xf32>
  return %y : tensor<1x4096xf32>
}
func.func @float_many(%x: tensor<512x256xf32>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096x8xf32>, %e: tensor<512x4096xf32>) -> tensor<512x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<512x256xf32>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096x8xf32>) outs(%e : tensor<512x4096xf32>) {packing = #ternary.packing<gpu_tile2hk>, group_size = 32 : i64} -> tensor<512x4096xf32>
  return %y : tensor<512x4096xf32>
}
// Groups and components of many tokens of int8.
func.func @group_many(%x: tensor<512x256xi8>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096x8xf32>, %e: tensor<512x4096xf32>) -> tensor<512x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<512x256xi8>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096x8xf32>) outs(%e : tensor<512x4096xf32>) {packing = #ternary.packing<gpu_tile2k>, group_size = 32 : i64} -> tensor<512x4096xf32>
  return %y : tensor<512x4096xf32>
}
func.func @component_many(%x: tensor<512x256xi8>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096xf32>, %e: tensor<512x4096xf32>) -> tensor<512x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<512x256xi8>) weights(%w, %w : tensor<256x2x32x16xi8>, tensor<256x2x32x16xi8>)
      scales(%s, %s : tensor<4096xf32>, tensor<4096xf32>) outs(%e : tensor<512x4096xf32>) {packing = #ternary.packing<gpu_tile2k>} -> tensor<512x4096xf32>
  return %y : tensor<512x4096xf32>
}
// Exponents of groups, beside each other by the rows of a tile; the gradient of one token.
func.func @exponents(%x: tensor<1x256xi8>, %w: tensor<256x2x32x16xi8>, %s: tensor<256x8x16xi8>, %e: tensor<1x4096xf32>) -> tensor<1x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<1x256xi8>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<256x8x16xi8>) outs(%e : tensor<1x4096xf32>) {packing = #ternary.packing<gpu_tile2>, group_size = 32 : i64} -> tensor<1x4096xf32>
  return %y : tensor<1x4096xf32>
}
func.func @grad_one(%g: tensor<1x1000xf32>, %w: tensor<51200xi8>, %s: tensor<1000x8xf32>, %e: tensor<1x256xf32>) -> tensor<1x256xf32> {
  %y = ternary.grad_input ins(%g : tensor<1x1000xf32>) weight(%w : tensor<51200xi8>) scales(%s : tensor<1000x8xf32>) outs(%e : tensor<1x256xf32>)
      {packing = #ternary.packing<base3>, group_size = 32 : i64} -> tensor<1x256xf32>
  return %y : tensor<1x256xf32>
}
