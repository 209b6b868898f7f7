// Two layers over latent weights, for each straight-through rule VARIANT: scales
// per row and for the whole matrix, a bias, relu between.
func.func @mlp_VARIANT(
    %x: tensor<?x?xf32> {ternary.grad}, %w1: tensor<?x?xf32> {ternary.grad},
    %b1: tensor<?xf32> {ternary.grad}, %w2: tensor<?x?xf32> {ternary.grad})
    -> tensor<?x?xf32> attributes {ternary.gradient = "mlp_VARIANT_gradient"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %k = tensor.dim %x, %c1 : tensor<?x?xf32>
  %n = tensor.dim %w1, %c0 : tensor<?x?xf32>
  %o = tensor.dim %w2, %c0 : tensor<?x?xf32>

  %a1i = tensor.empty(%n) : tensor<?xf32>
  %a1 = ternary.absmean ins(%w1 : tensor<?x?xf32>) outs(%a1i : tensor<?xf32>) -> tensor<?xf32>
  %q1i = tensor.empty(%n, %k) : tensor<?x?xi8>
  %q1 = ternary.ternarize ins(%w1 : tensor<?x?xf32>) scales(%a1 : tensor<?xf32>)
      outs(%q1i : tensor<?x?xi8>) {ternary.ste = #ternary<ste_variant VARIANT>} -> tensor<?x?xi8>
  %hi = tensor.empty(%m, %n) : tensor<?x?xf32>
  %h = ternary.bitlinear ins(%x : tensor<?x?xf32>) weights(%q1 : tensor<?x?xi8>)
      scales(%a1 : tensor<?xf32>) bias(%b1 : tensor<?xf32>) outs(%hi : tensor<?x?xf32>)
      -> tensor<?x?xf32>
  %zero = arith.constant 0.0 : f32
  %r = linalg.generic {
      indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%h : tensor<?x?xf32>) outs(%hi : tensor<?x?xf32>) {
  ^bb0(%e: f32, %old: f32):
    %max = arith.maximumf %e, %zero : f32
    linalg.yield %max : f32
  } -> tensor<?x?xf32>

  %a2i = tensor.empty() : tensor<f32>
  %a2 = ternary.absmean ins(%w2 : tensor<?x?xf32>) outs(%a2i : tensor<f32>) -> tensor<f32>
  %q2i = tensor.empty(%o, %n) : tensor<?x?xi8>
  %q2 = ternary.ternarize ins(%w2 : tensor<?x?xf32>) scales(%a2 : tensor<f32>)
      outs(%q2i : tensor<?x?xi8>) {ternary.ste = #ternary<ste_variant VARIANT>} -> tensor<?x?xi8>
  %yi = tensor.empty(%m, %o) : tensor<?x?xf32>
  %y = ternary.bitlinear ins(%r : tensor<?x?xf32>) weights(%q2 : tensor<?x?xi8>)
      scales(%a2 : tensor<f32>) outs(%yi : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}
