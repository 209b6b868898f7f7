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
func.func @many(%x: tensor<2048x256xi8>, %w: tensor<256x2x32x16xi8>, %s: tensor<4096xf32>, %e: tensor<2048x4096xf32>) -> tensor<2048x4096xf32> {
  %y = ternary.bitlinear ins(%x : tensor<2048x256xi8>) weights(%w : tensor<256x2x32x16xi8>)
      scales(%s : tensor<4096xf32>) outs(%e : tensor<2048x4096xf32>) {packing = #ternary.packing<gpu_tile2k>} -> tensor<2048x4096xf32>
  return %y : tensor<2048x4096xf32>
}
