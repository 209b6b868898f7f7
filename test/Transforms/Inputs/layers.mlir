func.func @layers(%x: tensor<?x16xf32>, %w: tensor<70x16xi8> {ternary.constant},
                  %s: tensor<70xf32>, %norm: tensor<70xf32>)
    -> (tensor<?x70xf32>, tensor<70x16xi8>) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x16xf32>
  %qi = tensor.empty(%m) : tensor<?x16xi8>
  %ai = tensor.empty(%m) : tensor<?xf32>
  %q, %a = ternary.quantize_activation ins(%x : tensor<?x16xf32>)
      outs(%qi, %ai : tensor<?x16xi8>, tensor<?xf32>)
      -> tensor<?x16xi8>, tensor<?xf32>
  %yi = tensor.empty(%m) : tensor<?x70xf32>
  %y = ternary.bitlinear ins(%q : tensor<?x16xi8>) weights(%w : tensor<70x16xi8>)
      scales(%s : tensor<70xf32>) activation_scale(%a : tensor<?xf32>)
      outs(%yi : tensor<?x70xf32>) -> tensor<?x70xf32>
  %n = ternary.rms_norm ins(%y : tensor<?x70xf32>) weight(%norm : tensor<70xf32>)
      outs(%yi : tensor<?x70xf32>) -> tensor<?x70xf32>
  %bi = tensor.empty() : tensor<70x4xi8>
  %b = ternary.pack ins(%w : tensor<70x16xi8>) outs(%bi : tensor<70x4xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<70x4xi8>
  %ti = tensor.empty() : tensor<70x16xi8>
  %t = ternary.unpack ins(%b : tensor<70x4xi8>) outs(%ti : tensor<70x16xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<70x16xi8>
  return %n, %t : tensor<?x70xf32>, tensor<70x16xi8>
}
