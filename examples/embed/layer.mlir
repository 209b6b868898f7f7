// The weights come in the packing of this compiler, and are the same in every
// call: @layer_prepare will make what kernels read.
func.func @layer(%x: tensor<?x20xi8>,
                 %w: tensor<6x3x2xi8> {ternary.constant}) -> tensor<?x6xi32> {
  %y = embed.layer %x, %w {packing = #embed.planes}
      : tensor<?x20xi8>, tensor<6x3x2xi8> -> tensor<?x6xi32>
  return %y : tensor<?x6xi32>
}

// Weights that may differ from call to call are read as they are.
func.func @direct(%x: tensor<?x20xi8>, %w: tensor<6x3x2xi8>) -> tensor<?x6xi32> {
  %y = embed.layer %x, %w {packing = #embed.planes}
      : tensor<?x20xi8>, tensor<6x3x2xi8> -> tensor<?x6xi32>
  return %y : tensor<?x6xi32>
}

func.func @pack(%trits: tensor<6x20xi8>) -> tensor<6x3x2xi8> {
  %init = tensor.empty() : tensor<6x3x2xi8>
  %bytes = ternary.pack ins(%trits : tensor<6x20xi8>)
      outs(%init : tensor<6x3x2xi8>) {packing = #embed.planes} -> tensor<6x3x2xi8>
  return %bytes : tensor<6x3x2xi8>
}
