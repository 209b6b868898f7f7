// From floats to trits and scales by value, on both targets against NumPy.

// RUN: rm -rf %t
// RUN: %python %S/Inputs/quantize.py make %t
// RUN: ternary-run %s --calls %t/calls.json --check=reference
// RUN: %python %S/Inputs/quantize.py check %t
// RUN: ternary-run %s --calls %t/calls.json --target=reference
// RUN: %python %S/Inputs/quantize.py check %t

func.func @activation(%x: tensor<?x?xf32>, %q0: tensor<?x?xi8>, %s0: tensor<?xf32>) -> (tensor<?x?xi8>, tensor<?xf32>) {
  %q, %s = ternary.quantize_activation ins(%x : tensor<?x?xf32>)
      outs(%q0, %s0 : tensor<?x?xi8>, tensor<?xf32>) -> tensor<?x?xi8>, tensor<?xf32>
  return %q, %s : tensor<?x?xi8>, tensor<?xf32>
}

func.func @activation_half(%x: tensor<?x?xf16>, %q0: tensor<?x?xi8>, %s0: tensor<?xf32>) -> (tensor<?x?xi8>, tensor<?xf32>) {
  %q, %s = ternary.quantize_activation ins(%x : tensor<?x?xf16>)
      outs(%q0, %s0 : tensor<?x?xi8>, tensor<?xf32>) -> tensor<?x?xi8>, tensor<?xf32>
  return %q, %s : tensor<?x?xi8>, tensor<?xf32>
}

func.func @activation_4bit(%x: tensor<?x?xf32>, %q0: tensor<?x?xi8>, %s0: tensor<?xf32>) -> (tensor<?x?xi8>, tensor<?xf32>) {
  %q, %s = ternary.quantize_activation ins(%x : tensor<?x?xf32>)
      outs(%q0, %s0 : tensor<?x?xi8>, tensor<?xf32>)
      {bits = 4 : i64, scale_form = #ternary<scale_form absmax>} -> tensor<?x?xi8>, tensor<?xf32>
  return %q, %s : tensor<?x?xi8>, tensor<?xf32>
}

// The weights of a layer: scale and trits by row, by group and for the whole.
func.func @rows(%w: tensor<?x?xf32>, %a0: tensor<?xf32>, %t0: tensor<?x?xi8>) -> (tensor<?xf32>, tensor<?x?xi8>) {
  %a = ternary.absmean ins(%w : tensor<?x?xf32>) outs(%a0 : tensor<?xf32>) -> tensor<?xf32>
  %t = ternary.ternarize ins(%w : tensor<?x?xf32>) scales(%a : tensor<?xf32>)
      outs(%t0 : tensor<?x?xi8>) -> tensor<?x?xi8>
  return %a, %t : tensor<?xf32>, tensor<?x?xi8>
}

func.func @groups(%w: tensor<?x?xf32>, %a0: tensor<?x?xf32>, %t0: tensor<?x?xi8>) -> (tensor<?x?xf32>, tensor<?x?xi8>) {
  %a = ternary.absmean ins(%w : tensor<?x?xf32>) outs(%a0 : tensor<?x?xf32>)
      {group_size = 4 : i64} -> tensor<?x?xf32>
  %t = ternary.ternarize ins(%w : tensor<?x?xf32>) scales(%a : tensor<?x?xf32>)
      outs(%t0 : tensor<?x?xi8>) {group_size = 4 : i64} -> tensor<?x?xi8>
  return %a, %t : tensor<?x?xf32>, tensor<?x?xi8>
}

func.func @whole(%w: tensor<?x?xf32>, %a0: tensor<f32>, %t0: tensor<?x?xi8>) -> (tensor<f32>, tensor<?x?xi8>) {
  %a = ternary.absmean ins(%w : tensor<?x?xf32>) outs(%a0 : tensor<f32>) -> tensor<f32>
  %t = ternary.ternarize ins(%w : tensor<?x?xf32>) scales(%a : tensor<f32>)
      outs(%t0 : tensor<?x?xi8>) -> tensor<?x?xi8>
  return %a, %t : tensor<f32>, tensor<?x?xi8>
}

func.func @threshold(%w: tensor<?x?xf32>, %t0: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %t = ternary.ternarize ins(%w : tensor<?x?xf32>) outs(%t0 : tensor<?x?xi8>)
      {method = #ternary<method threshold>, threshold = 5.0e-01 : f32} -> tensor<?x?xi8>
  return %t : tensor<?x?xi8>
}

func.func @sparsify(%t: tensor<?x?xi8>, %w: tensor<?x?xf32>, %s0: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %s = ternary.sparsify ins(%t : tensor<?x?xi8>) magnitude(%w : tensor<?x?xf32>)
      outs(%s0 : tensor<?x?xi8>) -> tensor<?x?xi8>
  return %s : tensor<?x?xi8>
}

func.func @decompose(%w: tensor<?x?xf32>, %t0: tensor<2x?x?xi8>, %g0: tensor<2x?xf32>) -> (tensor<2x?x?xi8>, tensor<2x?xf32>) {
  %t, %g = ternary.decompose ins(%w : tensor<?x?xf32>)
      outs(%t0, %g0 : tensor<2x?x?xi8>, tensor<2x?xf32>) -> tensor<2x?x?xi8>, tensor<2x?xf32>
  return %t, %g : tensor<2x?x?xi8>, tensor<2x?xf32>
}
