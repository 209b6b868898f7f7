// Groups of every size by value, int8 activations to the last bit: groups of
// whole blocks of columns, such that a few fit a few blocks, and others; the last
// may be short. More than 16 groups, and one row more than a panel has.

// RUN: rm -rf %t
// RUN: %python %S/Inputs/groups.py make %t
// RUN: ternary-run %s --calls %t/calls.json --target=reference
// RUN: %python %S/Inputs/groups.py check %t
// RUN: ternary-run %s --calls %t/calls.json --pipeline-options="packing=cpu_panel2"
// RUN: %python %S/Inputs/groups.py check %t
// RUN: ternary-run %s --calls %t/calls.json --pipeline-options="packing=cpu_panel3 threads=2"
// RUN: %python %S/Inputs/groups.py check %t
// RUN: ternary-run %s --calls %t/calls.json --pipeline-options="packing=cpu_rows2 threads=2"
// RUN: %python %S/Inputs/groups.py check %t
// RUN: ternary-run %s --calls %t/calls.json --pipeline-options="packing=cpu_rows3"
// RUN: %python %S/Inputs/groups.py check %t
// RUN: ternary-run %s --calls %t/calls.json --pipeline-options="packing=cpu_panel2 target-cpu=generic row-tile=64"
// RUN: %python %S/Inputs/groups.py check %t

func.func @bytes1(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<?x?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>) scales(%s : tensor<?x?xf32>)
      outs(%init : tensor<?x?xf32>) {group_size = 1 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @bytes4(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<?x?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>) scales(%s : tensor<?x?xf32>)
      outs(%init : tensor<?x?xf32>) {group_size = 4 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @bytes6(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<?x?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>) scales(%s : tensor<?x?xf32>)
      outs(%init : tensor<?x?xf32>) {group_size = 6 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @bytes12(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<?x?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>) scales(%s : tensor<?x?xf32>)
      outs(%init : tensor<?x?xf32>) {group_size = 12 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @bytes32(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<?x?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>) scales(%s : tensor<?x?xf32>)
      outs(%init : tensor<?x?xf32>) {group_size = 32 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @bytes100(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<?x?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>) scales(%s : tensor<?x?xf32>)
      outs(%init : tensor<?x?xf32>) {group_size = 100 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @floats6(%x: tensor<?x?xf32>, %w: tensor<?x?xi8>, %s: tensor<?x?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xf32>) weights(%w : tensor<?x?xi8>) scales(%s : tensor<?x?xf32>)
      outs(%init : tensor<?x?xf32>) {group_size = 6 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @floats32(%x: tensor<?x?xf32>, %w: tensor<?x?xi8>, %s: tensor<?x?xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xf32>) weights(%w : tensor<?x?xi8>) scales(%s : tensor<?x?xf32>)
      outs(%init : tensor<?x?xf32>) {group_size = 32 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Scales in blocks of rows: of a panel, and of others.

func.func @panels(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<?x?x64xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>) scales(%s : tensor<?x?x64xf32>)
      outs(%init : tensor<?x?xf32>) {group_size = 32 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @blocks(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %s: tensor<?x?x3xf32>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>) scales(%s : tensor<?x?x3xf32>)
      outs(%init : tensor<?x?xf32>) {group_size = 32 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Exponents: of groups, in rows and in blocks of a panel's; all that there are;
// of a layer with many rows of its transpose.

func.func @exponents(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %e: tensor<?x?xi8>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>) scales(%e : tensor<?x?xi8>)
      outs(%init : tensor<?x?xf32>) {group_size = 32 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @exponent_panels(%x: tensor<?x?xi8>, %w: tensor<?x?xi8>, %e: tensor<?x?x64xi8>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%w : tensor<?x?xi8>) scales(%e : tensor<?x?x64xi8>)
      outs(%init : tensor<?x?xf32>) {group_size = 32 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @powers(%x: tensor<?x?xf32>, %w: tensor<?x?xi8>, %e: tensor<?xi8>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x?xf32>) weights(%w : tensor<?x?xi8>) scales(%e : tensor<?xi8>)
      outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

func.func @gradients(%g: tensor<?x?xf32>, %w: tensor<?x?xi8>, %e: tensor<?x?xi8>, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.grad_input ins(%g : tensor<?x?xf32>) weight(%w : tensor<?x?xi8>) scales(%e : tensor<?x?xi8>)
      outs(%init : tensor<?x?xf32>) {group_size = 32 : i64} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Two components, one of which has groups; shapes that are known.

func.func @components(%x: tensor<1x160xi8>, %v: tensor<70x160xi8>, %w: tensor<70x160xi8>, %s: tensor<70x20xf32>,
                      %t: tensor<70xf32>, %init: tensor<1x70xf32>) -> tensor<1x70xf32> {
  %y = ternary.bitlinear ins(%x : tensor<1x160xi8>) weights(%v, %w : tensor<70x160xi8>, tensor<70x160xi8>)
      scales(%s, %t : tensor<70x20xf32>, tensor<70xf32>) outs(%init : tensor<1x70xf32>) {group_size = 8 : i64}
      -> tensor<1x70xf32>
  return %y : tensor<1x70xf32>
}

// The groups of each component are added first, then the components.

func.func @sums(%x: tensor<20x160xi8>, %u: tensor<70x160xi8>, %v: tensor<70x160xi8>, %w: tensor<70x160xi8>,
                %r: tensor<70x2xf32>, %s: tensor<70x2xf32>, %t: tensor<70xf32>, %init: tensor<20x70xf32>)
    -> tensor<20x70xf32> {
  %y = ternary.bitlinear ins(%x : tensor<20x160xi8>)
      weights(%u, %v, %w : tensor<70x160xi8>, tensor<70x160xi8>, tensor<70x160xi8>)
      scales(%r, %s, %t : tensor<70x2xf32>, tensor<70x2xf32>, tensor<70xf32>) outs(%init : tensor<20x70xf32>)
      {group_size = 80 : i64} -> tensor<20x70xf32>
  return %y : tensor<20x70xf32>
}
