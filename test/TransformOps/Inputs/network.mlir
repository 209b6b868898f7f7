// Layers of several kinds: float and int8 activations, groups, a prepared weight, state.
func.func @network(%x: tensor<3x64xf32>, %w: tensor<48x64xi8> {ternary.constant},
                   %s: tensor<48x2xf32> {ternary.constant}) -> tensor<3x16xf32> {
  %wi = tensor.empty() : tensor<64xf32>
  %one = arith.constant 1.0 : f32
  %gain = linalg.fill ins(%one : f32) outs(%wi : tensor<64xf32>) -> tensor<64xf32>
  %ni = tensor.empty() : tensor<3x64xf32>
  %n = ternary.rms_norm ins(%x : tensor<3x64xf32>) weight(%gain : tensor<64xf32>)
      outs(%ni : tensor<3x64xf32>) -> tensor<3x64xf32>
  %qi = tensor.empty() : tensor<3x64xi8>
  %ai = tensor.empty() : tensor<3xf32>
  %q, %a = ternary.quantize_activation ins(%n : tensor<3x64xf32>)
      outs(%qi, %ai : tensor<3x64xi8>, tensor<3xf32>) -> tensor<3x64xi8>, tensor<3xf32>
  %yi = tensor.empty() : tensor<3x48xf32>
  %y = ternary.bitlinear ins(%q : tensor<3x64xi8>) weights(%w : tensor<48x64xi8>)
      scales(%s : tensor<48x2xf32>) activation_scale(%a : tensor<3xf32>)
      outs(%yi : tensor<3x48xf32>) {group_size = 32 : i64} -> tensor<3x48xf32>
  %v = arith.constant dense<-1> : tensor<16x48xi8>
  %zi = tensor.empty() : tensor<3x16xf32>
  %z = ternary.bitlinear ins(%y : tensor<3x48xf32>) weights(%v : tensor<16x48xi8>)
      outs(%zi : tensor<3x16xf32>) -> tensor<3x16xf32>
  return %z : tensor<3x16xf32>
}
func.func @flip(%s: tensor<8x10xi8>, %b: tensor<16xi8>, %u: tensor<8x10xi8>)
    -> (tensor<16xi8>, tensor<8x10xi8>) {
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) outs(%b, %u : tensor<16xi8>, tensor<8x10xi8>)
      {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
  return %0#0, %0#1 : tensor<16xi8>, tensor<8x10xi8>
}
