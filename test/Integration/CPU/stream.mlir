// Results that are larger than caches, by value, on two threads: rows that begin
// inside of cache lines, panels, half floats.

// RUN: rm -rf %t
// RUN: %python %S/Inputs/stream.py make %t
// RUN: ternary-run %s --calls %t/calls.json --pipeline-options="threads=2"
// RUN: %python %S/Inputs/stream.py check %t

func.func @unpack(%b: tensor<?xi8>, %t0: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %t = ternary.unpack ins(%b : tensor<?xi8>) outs(%t0 : tensor<?x?xi8>)
      {packing = #ternary.packing<base3>} -> tensor<?x?xi8>
  return %t : tensor<?x?xi8>
}

// As many bytes as trits.
func.func @panels(%t: tensor<?x?xi8>, %b0: tensor<?x?x4x64xi8>, %t0: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %b = ternary.pack ins(%t : tensor<?x?xi8>) outs(%b0 : tensor<?x?x4x64xi8>)
      {packing = #ternary.packing<cpu_panel2>} -> tensor<?x?x4x64xi8>
  %r = ternary.unpack ins(%b : tensor<?x?x4x64xi8>) outs(%t0 : tensor<?x?xi8>)
      {packing = #ternary.packing<cpu_panel2>} -> tensor<?x?xi8>
  return %r : tensor<?x?xi8>
}

// Fields of two bits to flattened digits of base 3, and those to panels: rows
// begin at each digit of a byte, and end inside of blocks.
func.func @recode(%b: tensor<3001x751xi8>, %f0: tensor<1803001xi8>, %p0: tensor<94x151x2x64xi8>)
    -> (tensor<1803001xi8>, tensor<94x151x2x64xi8>) {
  %f = ternary.repack ins(%b : tensor<3001x751xi8>) shape(3001, 3004) outs(%f0 : tensor<1803001xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<1803001xi8>
  %p = ternary.repack ins(%f : tensor<1803001xi8>) shape(3001, 3004) outs(%p0 : tensor<94x151x2x64xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<cpu_panel3>} -> tensor<94x151x2x64xi8>
  return %f, %p : tensor<1803001xi8>, tensor<94x151x2x64xi8>
}

func.func @dequantize(%t: tensor<3001x3003xi8>, %s: tensor<3001xf32>, %w0: tensor<3001x3003xf16>) -> tensor<3001x3003xf16> {
  %w = ternary.dequantize ins(%t : tensor<3001x3003xi8>) scales(%s : tensor<3001xf32>) outs(%w0 : tensor<3001x3003xf16>)
      -> tensor<3001x3003xf16>
  return %w : tensor<3001x3003xf16>
}

func.func @quantize(%x: tensor<?x?xf32>, %q0: tensor<?x?xi8>, %s0: tensor<?xf32>) -> (tensor<?x?xi8>, tensor<?xf32>) {
  %q, %s = ternary.quantize_activation ins(%x : tensor<?x?xf32>)
      outs(%q0, %s0 : tensor<?x?xi8>, tensor<?xf32>) -> tensor<?x?xi8>, tensor<?xf32>
  return %q, %s : tensor<?x?xi8>, tensor<?xf32>
}
