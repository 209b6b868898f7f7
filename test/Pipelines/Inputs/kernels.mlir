// int8 products of one token and of many, with panels of two radices.

func.func @one2(%x: tensor<1x2560xi8>, %w: tensor<4x160x4x64xi8>) -> tensor<1x256xi32> {
  %init = tensor.empty() : tensor<1x256xi32>
  %y = ternary.bitlinear ins(%x : tensor<1x2560xi8>) weights(%w : tensor<4x160x4x64xi8>)
      outs(%init : tensor<1x256xi32>) {packing = #ternary.packing<cpu_panel2>} -> tensor<1x256xi32>
  return %y : tensor<1x256xi32>
}

func.func @many2(%x: tensor<32x2560xi8>, %w: tensor<4x160x4x64xi8>) -> tensor<32x256xi32> {
  %init = tensor.empty() : tensor<32x256xi32>
  %y = ternary.bitlinear ins(%x : tensor<32x2560xi8>) weights(%w : tensor<4x160x4x64xi8>)
      outs(%init : tensor<32x256xi32>) {packing = #ternary.packing<cpu_panel2>} -> tensor<32x256xi32>
  return %y : tensor<32x256xi32>
}

func.func @one3(%x: tensor<1x2560xi8>, %w: tensor<8x128x2x64xi8>) -> tensor<1x256xi32> {
  %init = tensor.empty() : tensor<1x256xi32>
  %y = ternary.bitlinear ins(%x : tensor<1x2560xi8>) weights(%w : tensor<8x128x2x64xi8>)
      outs(%init : tensor<1x256xi32>) {packing = #ternary.packing<cpu_panel3>} -> tensor<1x256xi32>
  return %y : tensor<1x256xi32>
}

func.func @rows2(%x: tensor<1x2560xi8>, %w: tensor<4x160x4x64xi8>) -> tensor<1x256xi32> {
  %init = tensor.empty() : tensor<1x256xi32>
  %y = ternary.bitlinear ins(%x : tensor<1x2560xi8>) weights(%w : tensor<4x160x4x64xi8>)
      outs(%init : tensor<1x256xi32>) {packing = #ternary.packing<cpu_rows2>} -> tensor<1x256xi32>
  return %y : tensor<1x256xi32>
}

func.func @rows3(%x: tensor<1x2560xi8>, %w: tensor<4x320x2x64xi8>) -> tensor<1x256xi32> {
  %init = tensor.empty() : tensor<1x256xi32>
  %y = ternary.bitlinear ins(%x : tensor<1x2560xi8>) weights(%w : tensor<4x320x2x64xi8>)
      outs(%init : tensor<1x256xi32>) {packing = #ternary.packing<cpu_rows3>} -> tensor<1x256xi32>
  return %y : tensor<1x256xi32>
}

func.func @float2(%x: tensor<1x2560xf32>, %w: tensor<4x160x4x64xi8>) -> tensor<1x256xf32> {
  %init = tensor.empty() : tensor<1x256xf32>
  %y = ternary.bitlinear ins(%x : tensor<1x2560xf32>) weights(%w : tensor<4x160x4x64xi8>)
      outs(%init : tensor<1x256xf32>) {packing = #ternary.packing<cpu_panel2>} -> tensor<1x256xf32>
  return %y : tensor<1x256xf32>
}

func.func @many3(%x: tensor<32x2560xi8>, %w: tensor<8x128x2x64xi8>) -> tensor<32x256xi32> {
  %init = tensor.empty() : tensor<32x256xi32>
  %y = ternary.bitlinear ins(%x : tensor<32x2560xi8>) weights(%w : tensor<8x128x2x64xi8>)
      outs(%init : tensor<32x256xi32>) {packing = #ternary.packing<cpu_panel3>} -> tensor<32x256xi32>
  return %y : tensor<32x256xi32>
}
