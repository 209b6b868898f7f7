// What is accepted, and that the pass changes nothing.
// RUN: ternary-opt %s -o %t.before
// RUN: ternary-opt %s --ternary-verify-packing -o %t.after
// RUN: diff %t.before %t.after
// RUN: ternary-opt %s --ternary-verify-packing | FileCheck %s

// CHECK-LABEL: func.func @f
func.func @f(%b: tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>,
                                 ternary.shape = array<i64: 8, 8>},
             %init: tensor<8x8xi8>) -> tensor<8x8xi8> {
  // Accepted: the packing is the one that the argument states.
  %t = ternary.unpack ins(%b : tensor<2x8xi8>)
      outs(%init : tensor<8x8xi8>)
      {packing = #ternary.packing<hf>} -> tensor<8x8xi8>
  return %t : tensor<8x8xi8>
}

// Where nothing is stated, nothing is refused.
// CHECK-LABEL: func.func @nothing_stated
func.func @nothing_stated(%b: tensor<?x?xi8>, %i: tensor<?x?xi8>)
    -> (tensor<?x?xi8>, tensor<?x?xi8>) {
  %0 = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  %1 = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0, %1 : tensor<?x?xi8>, tensor<?x?xi8>
}

// Extents that are not stated, or not known to the reader, fit any.
// CHECK-LABEL: func.func @dynamic_extents
func.func @dynamic_extents(
    %b: tensor<?x10xi8> {ternary.packing = #ternary.packing<hf>,
                         ternary.shape = array<i64: -1, 10>},
    %i: tensor<8x10xi8>, %j: tensor<?x?xi8>)
    -> (tensor<8x10xi8>, tensor<?x?xi8>) {
  %0 = ternary.unpack ins(%b : tensor<?x10xi8>) outs(%i : tensor<8x10xi8>)
      {packing = #ternary.packing<hf>} -> tensor<8x10xi8>
  %1 = ternary.unpack ins(%b : tensor<?x10xi8>) outs(%j : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  return %0, %1 : tensor<8x10xi8>, tensor<?x?xi8>
}

// A tensor init is overwritten, whatever it held.
// CHECK-LABEL: func.func @init
func.func @init(%b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
                %t: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %0 = ternary.pack ins(%t : tensor<?x?xi8>) outs(%b : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// Other ops make other bytes, about which nothing is known.
// CHECK-LABEL: func.func @other_bytes
func.func @other_bytes(
    %b: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
    %w: tensor<4x8xi8> {ternary.packing = #ternary.packing<hf>},
    %i: tensor<?x?xi8>, %j: tensor<2x32xi8>)
    -> (tensor<?x?xi8>, tensor<2x32xi8>) {
  %x = arith.addi %b, %b : tensor<?x?xi8>
  %0 = ternary.unpack ins(%x : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  %part = tensor.extract_slice %w[1, 0] [2, 8] [1, 1]
      : tensor<4x8xi8> to tensor<2x8xi8>
  %1 = ternary.unpack ins(%part : tensor<2x8xi8>) outs(%j : tensor<2x32xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x32xi8>
  return %0, %1 : tensor<?x?xi8>, tensor<2x32xi8>
}

// The program may tell by another value what the bytes are.
// CHECK-LABEL: func.func @either
func.func @either(
    %a: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
    %b: tensor<?x?xi8> {ternary.packing = #ternary.packing<chimera>},
    %c: i1, %i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %x = arith.select %c, %a, %b : tensor<?x?xi8>
  %r = scf.if %c -> tensor<?x?xi8> {
    %0 = ternary.unpack ins(%x : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
        {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
    scf.yield %0 : tensor<?x?xi8>
  } else {
    %0 = ternary.unpack ins(%x : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
        {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
    scf.yield %0 : tensor<?x?xi8>
  }
  return %r : tensor<?x?xi8>
}

// Shapes that differ become unknown, the packing stays known.
// CHECK-LABEL: func.func @either_shape
func.func @either_shape(
    %a: tensor<2x?xi8> {ternary.packing = #ternary.packing<hf>,
                        ternary.shape = array<i64: 8, 4>},
    %b: tensor<2x?xi8> {ternary.packing = #ternary.packing<hf>,
                        ternary.shape = array<i64: 8, 5>},
    %c: i1, %i: tensor<8x4xi8>) -> tensor<8x4xi8> {
  %x = arith.select %c, %a, %b : tensor<2x?xi8>
  %0 = ternary.unpack ins(%x : tensor<2x?xi8>) outs(%i : tensor<8x4xi8>)
      {packing = #ternary.packing<hf>} -> tensor<8x4xi8>
  return %0 : tensor<8x4xi8>
}

// The second iteration reads other bytes than the first.
// CHECK-LABEL: func.func @alternating
func.func @alternating(
    %b: tensor<4x4xi8> {ternary.packing = #ternary.packing<hf>},
    %n: index, %i: tensor<4x4xi8>) -> tensor<4x4xi8> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %k = %c0 to %n step %c1 iter_args(%x = %b) -> tensor<4x4xi8> {
    %y = ternary.repack ins(%x : tensor<4x4xi8>) shape(16, 4)
        outs(%i : tensor<4x4xi8>)
        {source = #ternary.packing<hf>,
         packing = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0,
                   pad = 0, ragged = pad, n = [4, *], k = [*],
                   bytes = [[n1], [k0]], digit = n0, order = msb>}
        -> tensor<4x4xi8>
    scf.yield %y : tensor<4x4xi8>
  }
  return %r : tensor<4x4xi8>
}

// CHECK: func.func private @load
func.func private @load()
    -> (tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>})
func.func private @store(tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>})

// CHECK-LABEL: func.func @calls
func.func @calls(%i: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %b = call @load() : () -> tensor<?x?xi8>
  call @store(%b) : (tensor<?x?xi8>) -> ()
  %0 = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// Two callers, two packings: nothing is known of the argument.
// CHECK-LABEL: func.func private @dispatch
func.func private @dispatch(%b: tensor<?x?xi8>, %c: i1, %i: tensor<?x?xi8>)
    -> tensor<?x?xi8> {
  %0 = ternary.unpack ins(%b : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}
func.func @callers(
    %a: tensor<?x?xi8> {ternary.packing = #ternary.packing<hf>},
    %b: tensor<?x?xi8> {ternary.packing = #ternary.packing<chimera>},
    %i: tensor<?x?xi8>) -> (tensor<?x?xi8>, tensor<?x?xi8>) {
  %true = arith.constant true
  %false = arith.constant false
  %0 = call @dispatch(%a, %true, %i)
      : (tensor<?x?xi8>, i1, tensor<?x?xi8>) -> tensor<?x?xi8>
  %1 = call @dispatch(%b, %false, %i)
      : (tensor<?x?xi8>, i1, tensor<?x?xi8>) -> tensor<?x?xi8>
  return %0, %1 : tensor<?x?xi8>, tensor<?x?xi8>
}

// A memref may be written as it is stated, and another one at will.
// CHECK-LABEL: func.func @memrefs
func.func @memrefs(
    %b: memref<?x?xi8> {ternary.packing = #ternary.packing<hf>},
    %t: memref<?x?xi8>, %free: memref<?x?xi8>) {
  ternary.pack ins(%t : memref<?x?xi8>) outs(%b : memref<?x?xi8>)
      {packing = #ternary.packing<hf>}
  ternary.unpack ins(%b : memref<?x?xi8>) outs(%t : memref<?x?xi8>)
      {packing = #ternary.packing<hf>}
  ternary.unpack ins(%free : memref<?x?xi8>) outs(%t : memref<?x?xi8>)
      {packing = #ternary.packing<hf>}
  ternary.pack ins(%t : memref<?x?xi8>) outs(%free : memref<?x?xi8>)
      {packing = #ternary.packing<chimera>}
  return
}

// Code 3 is allowed where the packing gives it a meaning, and in padding.
// CHECK-LABEL: func.func @constants
func.func @constants(%i: tensor<4x1xi8>, %j: tensor<1x1xi8>,
                     %k: tensor<1000x0xi8>)
    -> (tensor<4x1xi8>, tensor<1x1xi8>, tensor<1000x0xi8>) {
  %b = arith.constant dense<-1> : tensor<1x1xi8>
  %0 = ternary.unpack ins(%b : tensor<1x1xi8>) outs(%i : tensor<4x1xi8>)
      {packing = #ternary.packing<hf>} -> tensor<4x1xi8>
  %p = arith.constant dense<0xFD> : tensor<1x1xi8>
  %1 = ternary.unpack ins(%p : tensor<1x1xi8>) outs(%j : tensor<1x1xi8>)
      {packing = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid,
                 pad = 0, ragged = pad, n = [*], k = [*, 4],
                 bytes = [[n0], [k0]], digit = k1, order = lsb>}
      -> tensor<1x1xi8>
  %none = arith.constant dense<> : tensor<1000x0xi8>
  %2 = ternary.unpack ins(%none : tensor<1000x0xi8>)
      outs(%k : tensor<1000x0xi8>)
      {packing = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid,
                 pad = 0, ragged = pad, n = [*], k = [*, 4],
                 bytes = [[n0], [k0]], digit = k1, order = lsb>}
      -> tensor<1000x0xi8>
  return %0, %1, %2 : tensor<4x1xi8>, tensor<1x1xi8>, tensor<1000x0xi8>
}

// A splat that no memory holds is not looked into.
// CHECK-LABEL: func.func @huge
func.func @huge(%i: tensor<4294967296x65536xi8>)
    -> tensor<4294967296x65536xi8> {
  %b = arith.constant dense<-1> : tensor<4294967296x16384xi8>
  %0 = ternary.unpack ins(%b : tensor<4294967296x16384xi8>)
      outs(%i : tensor<4294967296x65536xi8>)
      {packing = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid,
                 pad = 0, ragged = pad, n = [*], k = [*, 4],
                 bytes = [[n0], [k0]], digit = k1, order = lsb>}
      -> tensor<4294967296x65536xi8>
  return %0 : tensor<4294967296x65536xi8>
}
