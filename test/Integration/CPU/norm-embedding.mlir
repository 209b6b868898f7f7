// rms_norm and embedding by value, on both targets against NumPy.

// RUN: rm -rf %t
// RUN: %python %S/Inputs/norm_embedding.py make %t
// RUN: ternary-run %s --calls %t/calls.json --check=reference
// RUN: %python %S/Inputs/norm_embedding.py check %t
// RUN: ternary-run %s --calls %t/calls.json --target=reference
// RUN: %python %S/Inputs/norm_embedding.py check %t

func.func @norm(%x: tensor<?x?xf32>, %w: tensor<?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.rms_norm ins(%x : tensor<?x?xf32>) weight(%w : tensor<?xf32>)
      outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @norm_only(%x: tensor<?x?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.rms_norm ins(%x : tensor<?x?xf32>) outs(%init : tensor<?x?xf32>)
      {eps = 1.0e-02 : f32} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// The normalized value is rounded to f16 before the weight takes part.
func.func @norm_half(%x: tensor<?x?xf16>, %w: tensor<?xf32>, %init: tensor<?x?xf16>) -> tensor<?x?xf16> {
  %y = ternary.rms_norm ins(%x : tensor<?x?xf16>) weight(%w : tensor<?xf32>)
      outs(%init : tensor<?x?xf16>) -> tensor<?x?xf16>
  return %y : tensor<?x?xf16>
}

// A weight of trits with a scale per four.
func.func @norm_ternary(%x: tensor<?x?xf32>, %w: tensor<?x?xi8>, %s: tensor<1x?xf32>,
                        %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.rms_norm ins(%x : tensor<?x?xf32>) weight(%w : tensor<?x?xi8>)
      scales(%s : tensor<1x?xf32>) outs(%init : tensor<?x?xf32>)
      {packing = #ternary.packing<chimera>, group_size = 4 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @rows(%ids: tensor<?xi64>, %t: tensor<?x?xi8>, %v: index, %d: index,
                %s: tensor<?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.embedding ins(%ids : tensor<?xi64>) table(%t : tensor<?x?xi8>) shape(%v, %d)
      scales(%s : tensor<?xf32>) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @rows_packed(%ids: tensor<?x?xi32>, %t: tensor<?xi8>, %s: tensor<8x3xf32>,
                       %init: tensor<?x?x10xf16>) -> tensor<?x?x10xf16> {
  %y = ternary.embedding ins(%ids : tensor<?x?xi32>) table(%t : tensor<?xi8>) shape(8, 10)
      scales(%s : tensor<8x3xf32>) outs(%init : tensor<?x?x10xf16>)
      {packing = #ternary.packing<base3>, group_size = 4 : i64} -> tensor<?x?x10xf16>
  return %y : tensor<?x?x10xf16>
}
