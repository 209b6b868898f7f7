// RUN: ternary-opt %s --ternary-verify-packing --verify-diagnostics --split-input-file

// Every op that reads bytes.

// expected-note @+1 {{stated here}}
func.func @readers(%b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
                   %n: index, %x: tensor<?x?xi8>, %m: tensor<?x?xi1>,
                   %w: tensor<?x?xf32>, %ids: tensor<?xi64>) {
  // expected-error @+1 {{'ternary.unpack' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%x : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  // expected-error @+1 {{'ternary.repack' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %1 = ternary.repack ins(%b : tensor<?x?xi8>) shape(%n, %n)
      outs(%x : tensor<?x?xi8>) {source = #ternary.packing<chimera>,
                                 packing = #ternary.packing<hf>}
      -> tensor<?x?xi8>
  // expected-error @+1 {{'ternary.bitlinear' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %2 = ternary.bitlinear ins(%x : tensor<?x?xi8>) weights(%b : tensor<?x?xi8>)
      outs(%w : tensor<?x?xf32>) {packing = #ternary.packing<chimera>}
      -> tensor<?x?xf32>
  // expected-error @+1 {{'ternary.embedding' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %3 = ternary.embedding ins(%ids : tensor<?xi64>) table(%b : tensor<?x?xi8>)
      shape(%n, %n) outs(%w : tensor<?x?xf32>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xf32>
  // expected-error @+1 {{'ternary.dequantize' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %4 = ternary.dequantize ins(%b : tensor<?x?xi8>) outs(%w : tensor<?x?xf32>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xf32>
  // expected-error @+1 {{'ternary.nonzero_mask' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %5 = ternary.nonzero_mask ins(%b : tensor<?x?xi8>) outs(%m : tensor<?x?xi1>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi1>
  return
}

// -----

// expected-note @+1 {{stated here}}
func.func @more_readers(%b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
                        %n: index, %x: tensor<?x?xf32>, %e: tensor<?x?xi8>,
                        %c: tensor<?x?xi64>, %s: tensor<1xi64>) {
  // expected-error @+1 {{'ternary.rms_norm' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.rms_norm ins(%x : tensor<?x?xf32>) weight(%b : tensor<?x?xi8>)
      outs(%x : tensor<?x?xf32>) {packing = #ternary.packing<chimera>}
      -> tensor<?x?xf32>
  // expected-error @+1 {{'ternary.regroup_scale' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %1:3 = ternary.regroup_scale ins(%b : tensor<?x?xi8>) shape(%n, %n)
      state(%e, %c, %s : tensor<?x?xi8>, tensor<?x?xi64>, tensor<1xi64>)
      outs(%e, %c, %s : tensor<?x?xi8>, tensor<?x?xi64>, tensor<1xi64>)
      {packing = #ternary.packing<chimera>, old_group_size = 4 : i64,
       group_size = 8 : i64}
      -> tensor<?x?xi8>, tensor<?x?xi64>, tensor<1xi64>
  return
}

// -----

// Bytes are no trits.

// expected-note @+1 {{stated here}}
func.func @trits(%b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
                 %x: tensor<?x?xi8>, %m: tensor<?x?xi1>) {
  // expected-error @+1 {{'ternary.nonzero_mask' op expected packing #ternary.packing<hf> as stated, found trits}}
  %0 = ternary.nonzero_mask ins(%b : tensor<?x?xi8>) outs(%m : tensor<?x?xi1>)
      -> tensor<?x?xi1>
  // expected-error @+1 {{'ternary.pack' op expected packing #ternary.packing<hf> as stated, found trits}}
  %1 = ternary.pack ins(%b : tensor<?x?xi8>) outs(%x : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  // expected-error @+1 {{'ternary.sparsify' op expected packing #ternary.packing<hf> as stated, found trits}}
  %2 = ternary.sparsify ins(%b : tensor<?x?xi8>) outs(%x : tensor<?x?xi8>)
      -> tensor<?x?xi8>
  return
}

// -----

// The logical shape.

// expected-note @+1 {{stated here}}
func.func @shape(%b: tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>,
                                     ternary.shape = array<i64: 8, 8>},
                 %i: tensor<7x8xi8>) -> tensor<7x8xi8> {
  // expected-error @+1 {{'ternary.unpack' op expected logical shape [8, 8] as stated, found [7, 8]}}
  %0 = ternary.unpack ins(%b : tensor<2x8xi8>) outs(%i : tensor<7x8xi8>)
      {packing = #ternary.packing<hf>} -> tensor<7x8xi8>
  return %0 : tensor<7x8xi8>
}

// -----

func.func @dynamic_shape(
    // expected-note @+1 {{stated here}}
    %b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>,
                        ternary.shape = array<i64: -1, 8>},
    %x: tensor<?x9xi8>, %y: tensor<?x?xi32>) -> tensor<?x?xi32> {
  // expected-error @+1 {{'ternary.bitlinear' op expected logical shape [?, 8] as stated, found [?, 9]}}
  %0 = ternary.bitlinear ins(%x : tensor<?x9xi8>) weights(%b : tensor<?x?xi8>)
      outs(%y : tensor<?x?xi32>) {packing = #ternary.packing<hf>}
      -> tensor<?x?xi32>
  return %0 : tensor<?x?xi32>
}

// -----

// What `pack` and `repack` write.

func.func @written(%t: tensor<8x8xi8>, %i: tensor<2x8xi8>, %j: tensor<8x2xi8>,
                   %k: tensor<2x32xi8>, %l: tensor<8x7xi8>)
    -> (tensor<2x32xi8>, tensor<8x7xi8>) {
  // expected-note @+1 {{stated here}}
  %b = ternary.pack ins(%t : tensor<8x8xi8>) outs(%i : tensor<2x8xi8>)
      {packing = #ternary.packing<hf>} -> tensor<2x8xi8>
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%b : tensor<2x8xi8>) outs(%k : tensor<2x32xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x32xi8>
  // expected-note @+1 {{stated here}}
  %c = ternary.repack ins(%b : tensor<2x8xi8>) shape(8, 8)
      outs(%j : tensor<8x2xi8>) {source = #ternary.packing<hf>,
                                 packing = #ternary.packing<chimera>}
      -> tensor<8x2xi8>
  // expected-error @+1 {{expected logical shape [8, 8] as stated, found [8, 7]}}
  %1 = ternary.unpack ins(%c : tensor<8x2xi8>) outs(%l : tensor<8x7xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x7xi8>
  return %0, %1 : tensor<2x32xi8>, tensor<8x7xi8>
}

// -----

// Through casts and slices of the whole.

// expected-note @+1 {{stated here}}
func.func @casts(%b: tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>},
                 %i: tensor<2x32xi8>, %t: memref<2x32xi8>) -> tensor<2x32xi8> {
  %0 = tensor.cast %b : tensor<2x8xi8> to tensor<?x8xi8>
  %1 = tensor.cast %0 : tensor<?x8xi8> to tensor<2x8xi8>
  %2 = tensor.extract_slice %1[0, 0] [2, 8] [1, 1]
      : tensor<2x8xi8> to tensor<2x8xi8>
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %3 = ternary.unpack ins(%2 : tensor<2x8xi8>) outs(%i : tensor<2x32xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x32xi8>
  %4 = bufferization.to_buffer %2 : tensor<2x8xi8> to memref<2x8xi8>
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  ternary.unpack ins(%4 : memref<2x8xi8>) outs(%t : memref<2x32xi8>)
      {packing = #ternary.packing<chimera>}
  return %3 : tensor<2x32xi8>
}

// -----

// expected-note @+1 {{stated here}}
func.func @memrefs(%b: memref<2x8xi8> {ternary.packing = #ternary.packing<hf>},
                   %i: tensor<2x32xi8>, %t: memref<2x32xi8>) -> tensor<2x32xi8> {
  %0 = memref.cast %b : memref<2x8xi8> to memref<?x?xi8>
  %1 = memref.cast %0 : memref<?x?xi8> to memref<2x8xi8>
  %2 = memref.subview %1[0, 0] [2, 8] [1, 1] : memref<2x8xi8> to memref<2x8xi8>
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  ternary.unpack ins(%2 : memref<2x8xi8>) outs(%t : memref<2x32xi8>)
      {packing = #ternary.packing<chimera>}
  %3 = bufferization.to_tensor %2 : memref<2x8xi8> to tensor<2x8xi8>
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %4 = ternary.unpack ins(%3 : tensor<2x8xi8>) outs(%i : tensor<2x32xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x32xi8>
  // What is stated about a memref holds for what is written, too.
  // expected-error @+1 {{'ternary.pack' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  ternary.pack ins(%t : memref<2x32xi8>) outs(%b : memref<2x8xi8>)
      {packing = #ternary.packing<chimera>}
  return %4 : tensor<2x32xi8>
}

// -----

// Through control flow. Statements that agree count as one.

func.func @select(
    // expected-note @+1 {{stated here}}
    %a: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
    %b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
    %c: i1, %i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %x = arith.select %c, %a, %b : tensor<?x?xi8>
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%x : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// -----

// The other branch says nothing, so this one counts. It counts even if it is
// never taken.

// expected-note @+1 {{stated here}}
func.func @if(%a: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
              %b: tensor<?x?xi8>, %i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %c = arith.constant false
  %x = scf.if %c -> tensor<?x?xi8> {
    // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
    %0 = ternary.unpack ins(%a : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
        {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
    scf.yield %a : tensor<?x?xi8>
  } else {
    scf.yield %b : tensor<?x?xi8>
  }
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%x : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// -----

// expected-note @+1 {{stated here}}
func.func @for(%b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
               %n: index, %i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%x = %b) -> tensor<?x?xi8> {
    // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
    %0 = ternary.unpack ins(%x : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
        {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
    scf.yield %x : tensor<?x?xi8>
  }
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%r : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// -----

// expected-note @+1 {{stated here}}
func.func @while(%b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
                 %c: i1, %i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %r = scf.while (%x = %b) : (tensor<?x?xi8>) -> tensor<?x?xi8> {
    scf.condition(%c) %x : tensor<?x?xi8>
  } do {
  ^bb0(%y: tensor<?x?xi8>):
    // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
    %0 = ternary.unpack ins(%y : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
        {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
    scf.yield %y : tensor<?x?xi8>
  }
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%r : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// -----

// expected-note @+1 {{stated here}}
func.func @branch(%b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
                  %c: i1, %i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  cf.cond_br %c, ^bb1(%b : tensor<?x?xi8>), ^bb2(%b : tensor<?x?xi8>)
^bb1(%x: tensor<?x?xi8>):
  cf.br ^bb2(%x : tensor<?x?xi8>)
^bb2(%y: tensor<?x?xi8>):
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%y : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// -----

// Into functions that a call reaches, public ones too.

func.func private @inner(%b: tensor<?x?xi8>, %i: tensor<?x?xi8>)
    -> tensor<?x?xi8> {
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}
func.func @middle(%b: tensor<?x?xi8>, %i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %0 = call @inner(%b, %i) : (tensor<?x?xi8>, tensor<?x?xi8>) -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}
// expected-note @+1 {{stated here}}
func.func @outer(%b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
                 %i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %0 = call @middle(%b, %i) : (tensor<?x?xi8>, tensor<?x?xi8>) -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// -----

// Out of a function that returns bytes.

func.func @make(%t: tensor<?x?xi8>, %i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  // expected-note @+1 {{stated here}}
  %b = ternary.pack ins(%t : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  return %b : tensor<?x?xi8>
}
func.func @use(%t: tensor<?x?xi8>, %i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %b = call @make(%t, %i) : (tensor<?x?xi8>, tensor<?x?xi8>) -> tensor<?x?xi8>
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// -----

// What functions state about their arguments and results.

// expected-note @+1 {{stated here}}
func.func private @load() -> (tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>})
func.func private @store(tensor<?x?xi8> {ternary.packing = #ternary.packing<chimera>})

func.func @boundary(%i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %b = call @load() : () -> tensor<?x?xi8>
  // expected-error @+1 {{'func.call' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  call @store(%b) : (tensor<?x?xi8>) -> ()
  // expected-error @+1 {{'ternary.unpack' op expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// -----

// expected-note @+1 {{stated here}}
func.func @returned(%b: tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>,
                                        ternary.shape = array<i64: 8, 8>})
    -> (tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>,
                        ternary.shape = array<i64: 7, 8>}) {
  // expected-error @+1 {{'func.return' op expected logical shape [8, 8] as stated, found [7, 8]}}
  return %b : tensor<2x8xi8>
}

// -----

// A function that nothing calls.

// expected-note @+1 {{stated here}}
func.func private @uncalled(%b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
                            %i: tensor<?x?xi8>) {
  // expected-error @+1 {{expected packing #ternary.packing<hf> as stated, found #ternary.packing<chimera>}}
  %0 = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return
}

// -----

// Codes that the packing forbids, in constants: dense, splat, resource.

#two = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid, pad = 0,
                        ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]],
                        digit = k1, order = lsb>

func.func @dense(%i: tensor<2x8xi8>) -> tensor<2x8xi8> {
  %b = arith.constant dense<[[0, 1], [72, 12]]> : tensor<2x2xi8>
  %c = tensor.cast %b : tensor<2x2xi8> to tensor<2x?xi8>
  // expected-error @+1 {{'ternary.unpack' op expected constant bytes without codes that #ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb> forbids, found 12 at byte 3}}
  %0 = ternary.unpack ins(%c : tensor<2x?xi8>) outs(%i : tensor<2x8xi8>)
      {packing = #two} -> tensor<2x8xi8>
  return %0 : tensor<2x8xi8>
}

func.func @splat(%x: tensor<4x8xi8>, %i: tensor<4x2xi32>) -> tensor<4x2xi32> {
  %b = arith.constant dense<-1> : tensor<2x2xi8>
  // expected-error @+1 {{'ternary.bitlinear' op expected constant bytes without codes that #ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb> forbids, found 255 at byte 0}}
  %0 = ternary.bitlinear ins(%x : tensor<4x8xi8>) weights(%b : tensor<2x2xi8>)
      outs(%i : tensor<4x2xi32>) {packing = #two} -> tensor<4x2xi32>
  return %0 : tensor<4x2xi32>
}

func.func @resource(%i: tensor<1x10xi8>) -> tensor<1x10xi8> {
  %b = arith.constant dense_resource<weights> : tensor<1x3xi8>
  // expected-error @+1 {{forbids, found 3 at byte 2}}
  %0 = ternary.unpack ins(%b : tensor<1x3xi8>) outs(%i : tensor<1x10xi8>)
      {packing = #two} -> tensor<1x10xi8>
  return %0 : tensor<1x10xi8>
}

{-#
  dialect_resources: {
    builtin: {
      weights: "0x01000000010203"
    }
  }
#-}
