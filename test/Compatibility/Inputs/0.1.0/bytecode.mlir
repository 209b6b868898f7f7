module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "generic", threads = 1>} {
  func.func @layer(%arg0: tensor<4x10xf32>, %arg1: tensor<16xi8> {ternary.packing = #ternary.packing<base3>, ternary.shape = array<i64: 8, 10>}, %arg2: tensor<8x3xf32>, %arg3: vector<64xi8>, %arg4: vector<16xi32>) -> (tensor<4x8xf32>, tensor<8x3xi8>, vector<16xi32>) {
    %cst = arith.constant dense_resource<weights> : tensor<8x3xi8>
    %0 = tensor.empty() : tensor<4x10xi8>
    %1 = tensor.empty() : tensor<4xf32>
    %2:2 = ternary.quantize_activation ins(%arg0 : tensor<4x10xf32>) outs(%0, %1 : tensor<4x10xi8>, tensor<4xf32>) -> tensor<4x10xi8>, tensor<4xf32>
    %3 = tensor.empty() : tensor<4x8xf32>
    %4 = ternary.bitlinear ins(%2#0 : tensor<4x10xi8>) weights(%cst : tensor<8x3xi8>) scales(%arg2 : tensor<8x3xf32>) activation_scale(%2#1 : tensor<4xf32>) outs(%3 : tensor<4x8xf32>) {group_size = 4 : i64, packing = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = forbid, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = msb>} -> tensor<4x8xf32>
    %5 = tensor.empty() : tensor<8x3xi8>
    %6 = ternary.repack ins(%arg1 : tensor<16xi8>) shape(8, 10) outs(%5 : tensor<8x3xi8>) {packing = #ternary.packing<chimera>, source = #ternary.packing<base3>} -> tensor<8x3xi8>
    %7 = ternary.dot %arg3, [%arg3], [%arg4] {radix = 3 : i64} : vector<64xi8>, vector<16xi32>
    return %4, %6, %7 : tensor<4x8xf32>, tensor<8x3xi8>, vector<16xi32>
  }
  func.func private @declared(tensor<2x1x54xi8> {ternary.constant, ternary.packing = #ternary.tq1_0})
}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x01000000499200499200499200499200499200499200499200499200"
    }
  }
#-}

