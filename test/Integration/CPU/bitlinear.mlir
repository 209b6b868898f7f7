// Layers by value: every kind of scale, bias, several components, i8 and float
// activations, on both targets against NumPy.

// RUN: rm -rf %t
// RUN: %python %S/Inputs/bitlinear.py make %t
// RUN: ternary-run %s --calls %t/calls.json --check=reference
// RUN: %python %S/Inputs/bitlinear.py check %t
// RUN: ternary-run %s --calls %t/calls.json --target=reference
// RUN: %python %S/Inputs/bitlinear.py check %t

// Arguments are not repacked unless asked for; so that the kernels are met, with
// whole tiles and with tiles that cut through panels:
// RUN: ternary-run %s --calls %t/calls.json --pipeline-options="packing=cpu_panel2 threads=2"
// RUN: %python %S/Inputs/bitlinear.py check %t
// RUN: ternary-run %s --calls %t/calls.json --pipeline-options="packing=cpu_panel3 row-tile=33 token-tile=3"
// RUN: %python %S/Inputs/bitlinear.py check %t
// RUN: ternary-run %s --calls %t/calls.json --pipeline-options="packing=cpu_rows2 row-tile=33 token-tile=3"
// RUN: %python %S/Inputs/bitlinear.py check %t
// RUN: ternary-run %s --calls %t/calls.json --pipeline-options="packing=cpu_rows3"
// RUN: %python %S/Inputs/bitlinear.py check %t

func.func @exact(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %init: tensor<?x?xi32>) -> tensor<?x?xi32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>)
      outs(%init : tensor<?x?xi32>) -> tensor<?x?xi32>
  return %y : tensor<?x?xi32>
}

func.func @exact_static(%x: tensor<1x64xi8>, %w: tensor<16x64xi8>, %init: tensor<1x16xi32>) -> tensor<1x16xi32> {
  %y = ternary.bitlinear ins(%x : tensor<1x64xi8>) weights(%w : tensor<16x64xi8>)
      outs(%init : tensor<1x16xi32>) -> tensor<1x16xi32>
  return %y : tensor<1x16xi32>
}

func.func @tensor_scale(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<f32>,
                        %a: tensor<?xf32>, %b: tensor<?xf32>,
                        %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>)
      scales(%s : tensor<f32>) activation_scale(%a : tensor<?xf32>)
      bias(%b : tensor<?xf32>) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @row_scale(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<?xf32>,
                     %a: tensor<?xf32>, %b: tensor<?xf32>,
                     %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>)
      scales(%s : tensor<?xf32>) activation_scale(%a : tensor<?xf32>)
      bias(%b : tensor<?xf32>) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// The last of the groups may be short.
func.func @group_scale(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<?x?xf32>,
                       %a: tensor<?xf32>, %b: tensor<?xf32>,
                       %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>)
      scales(%s : tensor<?x?xf32>) activation_scale(%a : tensor<?xf32>)
      bias(%b : tensor<?xf32>) outs(%init : tensor<?x?xf32>)
      {group_size = 8 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @packed(%x: tensor<?x?xi8>, %w: tensor<?xi8>, %s: tensor<?xf32>,
                  %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?xi8>)
      scales(%s : tensor<?xf32>) outs(%init : tensor<?x?xf32>)
      {packing = #ternary.packing<base3>} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @components(%x: tensor<?x?xi8>, %w0: tensor<?x?xi8>, %w1: tensor<?x?xi8>,
                      %s0: tensor<?xf32>, %s1: tensor<f32>,
                      %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>)
      weights(%w0, %w1 : tensor<?x?xi8>, tensor<?x?xi8>)
      scales(%s0, %s1 : tensor<?xf32>, tensor<f32>)
      outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// No component: the bias alone.
func.func @no_component(%x: tensor<?x?xi8>, %b: tensor<?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights()
      bias(%b : tensor<?xf32>) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @float(%x: tensor<?x?xf32>, %w: tensor<?x?xi8>, %s: tensor<?xf32>,
                 %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xf32>) weights(%w : tensor<?x?xi8>)
      scales(%s : tensor<?xf32>) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Sums are f32 all the same, and the result is rounded once.
func.func @half(%x: tensor<?x?xf16>, %w: tensor<?x?xi8>, %s: tensor<?xf32>,
                %b: tensor<?xf16>, %init: tensor<?x?xf16>) -> tensor<?x?xf16> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xf16>) weights(%w : tensor<?x?xi8>)
      scales(%s : tensor<?xf32>) bias(%b : tensor<?xf16>)
      outs(%init : tensor<?x?xf16>) -> tensor<?x?xf16>
  return %y : tensor<?x?xf16>
}

// Operands as a dense f16 kernel sees them.
func.func @half_operands(%x: tensor<?x?xf32>, %w: tensor<?x?xi8>, %s: tensor<?xf32>,
                         %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xf32>) weights(%w : tensor<?x?xi8>)
      scales(%s : tensor<?xf32>) outs(%init : tensor<?x?xf32>)
      {round_operands = f16} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// One token without an axis for it, and tokens with two axes.
func.func @rank1(%x: tensor<?xi8>, %w: tensor<?x?xi8>, %a: tensor<f32>, %init: tensor<?xf32>) -> tensor<?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?xi8>) weights(%w : tensor<?x?xi8>)
      activation_scale(%a : tensor<f32>) outs(%init : tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

func.func @rank3(%x: tensor<?x?x?xi8>, %w: tensor<?x?xi8>, %a: tensor<?x?xf32>,
                 %init: tensor<?x?x?xf32>) -> tensor<?x?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?x?xi8>) weights(%w : tensor<?x?xi8>)
      activation_scale(%a : tensor<?x?xf32>)
      outs(%init : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  return %y : tensor<?x?x?xf32>
}

// Constant weights are packed at compile time.
func.func @constant(%x: tensor<?x7xi8>, %init: tensor<?x3xi32>) -> tensor<?x3xi32> {
  %t = arith.constant dense<[[1, -1, 0, 1, 1, -1, 0], [-1, -1, -1, -1, -1, -1, -1],
                             [0, 0, 0, 0, 0, 0, 1]]> : tensor<3x7xi8>
  %e = tensor.empty() : tensor<3x2xi8>
  %w = ternary.pack ins(%t : tensor<3x7xi8>) outs(%e : tensor<3x2xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<3x2xi8>
  %y = ternary.bitlinear ins(%x : tensor<?x7xi8>) weights(%w : tensor<3x2xi8>)
      outs(%init : tensor<?x3xi32>) {packing = #ternary.packing<chimera>} -> tensor<?x3xi32>
  return %y : tensor<?x3xi32>
}
