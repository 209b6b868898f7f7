// Ops that stream bytes, one of each family of GPU kernels.

func.func @pack(%t: memref<256x4096xi8>, %b: memref<256x1024xi8>) {
  ternary.pack ins(%t : memref<256x4096xi8>) outs(%b : memref<256x1024xi8>)
      {packing = #ternary.packing<chimera>}
  return
}

func.func @unpack(%b: memref<209716xi8>, %t: memref<256x4096xi8>) {
  ternary.unpack ins(%b : memref<209716xi8>) outs(%t : memref<256x4096xi8>)
      {packing = #ternary.packing<base3>}
  return
}

func.func @recode(%b: memref<209716xi8>, %c: memref<256x1024xi8>) {
  ternary.repack ins(%b : memref<209716xi8>) shape(256, 4096)
      outs(%c : memref<256x1024xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<chimera>}
  return
}

func.func @dequantize(%b: memref<256x1024xi8>, %s: memref<256xf32>,
                      %w: memref<256x4096xf16>) {
  ternary.dequantize ins(%b : memref<256x1024xi8>) scales(%s : memref<256xf32>)
      outs(%w : memref<256x4096xf16>) {packing = #ternary.packing<chimera>}
  return
}

func.func @quantize(%x: memref<256x4096xf16>, %q: memref<256x4096xi8>,
                    %s: memref<256xf32>) {
  %y = memref.alloc() : memref<256x4096xf16>
  ternary.rms_norm ins(%x : memref<256x4096xf16>)
      outs(%y : memref<256x4096xf16>) {eps = 1.0e-6 : f32}
  ternary.quantize_activation ins(%y : memref<256x4096xf16>)
      outs(%q, %s : memref<256x4096xi8>, memref<256xf32>)
  memref.dealloc %y : memref<256x4096xf16>
  return
}

func.func @vote(%s: memref<256x4096xi8>, %w: memref<256x1024xi8>,
                %e: memref<256x128xi8>, %a: memref<256x128xi8>) {
  ternary.update_exponent ins(%s : memref<256x4096xi8>)
      weight(%w : memref<256x1024xi8>) shape(256, 4096)
      outs(%e, %a : memref<256x128xi8>, memref<256x128xi8>)
      {packing = #ternary.packing<chimera>, group_size = 32 : i64,
       threshold = 4 : i64}
  return
}

// Weights as arguments: `_prepare` repacks them into the tiles of the kernels.

func.func @layer_fields(%x: tensor<64x4096xf16>,
    %w: tensor<256x1024xi8> {ternary.constant}) -> tensor<64x256xf16> {
  %init = tensor.empty() : tensor<64x256xf16>
  %y = ternary.bitlinear ins(%x : tensor<64x4096xf16>)
      weights(%w : tensor<256x1024xi8>) outs(%init : tensor<64x256xf16>)
      {packing = #ternary.packing<chimera>} -> tensor<64x256xf16>
  return %y : tensor<64x256xf16>
}

func.func @layer_digits(%x: tensor<64x4099xi8>,
    %w: tensor<212329xi8> {ternary.constant}) -> tensor<64x259xi32> {
  %init = tensor.empty() : tensor<64x259xi32>
  %y = ternary.bitlinear ins(%x : tensor<64x4099xi8>)
      weights(%w : tensor<212329xi8>) outs(%init : tensor<64x259xi32>)
      {packing = #ternary.packing<base3>} -> tensor<64x259xi32>
  return %y : tensor<64x259xi32>
}

func.func @layer_trits(%x: tensor<1x4096xi8>,
    %w: tensor<256x4096xi8> {ternary.constant}) -> tensor<1x256xi32> {
  %init = tensor.empty() : tensor<1x256xi32>
  %y = ternary.bitlinear ins(%x : tensor<1x4096xi8>)
      weights(%w : tensor<256x4096xi8>) outs(%init : tensor<1x256xi32>)
      -> tensor<1x256xi32>
  return %y : tensor<1x256xi32>
}

func.func @straight_through(%w: memref<256x4096xf32>, %g: memref<256x4096xf32>,
                            %s: memref<256xf32>, %y: memref<256x4096xf32>,
                            %d: memref<256xf32>) {
  ternary.ste_backward ins(%w, %g : memref<256x4096xf32>, memref<256x4096xf32>)
      scales(%s : memref<256xf32>)
      outs(%y, %d : memref<256x4096xf32>, memref<256xf32>)
      {variant = #ternary<ste_variant lsq>}
  return
}
