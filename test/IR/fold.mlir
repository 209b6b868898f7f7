// RUN: ternary-opt %s --canonicalize --split-input-file | FileCheck %s

// Folding of constants: what a fold gives is what the run gives, byte for byte.

//===----------------------------------------------------------------------===//
// pack
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @pack_chimera
// CHECK: %[[C:.*]] = arith.constant dense<{{\[\[}}73, -128], [20, -128]]> : tensor<2x2xi8>
// CHECK: return %[[C]]
func.func @pack_chimera(%init: tensor<2x2xi8>) -> tensor<2x2xi8> {
  %t = arith.constant dense<[[1, 0, -1, 1, -1], [0, 1, 1, 0, -1]]> : tensor<2x5xi8>
  %0 = ternary.pack ins(%t : tensor<2x5xi8>) outs(%init : tensor<2x2xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x2xi8>
  return %0 : tensor<2x2xi8>
}

// CHECK-LABEL: func.func @pack_base3
// CHECK: arith.constant dense<[59, 52]> : tensor<2xi8>
func.func @pack_base3(%init: tensor<2xi8>) -> tensor<2xi8> {
  %t = arith.constant dense<[[1, 0, -1, 1, -1], [0, 1, 1, 0, -1]]> : tensor<2x5xi8>
  %0 = ternary.pack ins(%t : tensor<2x5xi8>) outs(%init : tensor<2xi8>)
      {packing = #ternary.packing<base3>} -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

// The digits behind the end are code 0, the trit -1.

// CHECK-LABEL: func.func @pack_base3_ragged
// CHECK: arith.constant dense<26> : tensor<1xi8>
func.func @pack_base3_ragged(%init: tensor<1xi8>) -> tensor<1xi8> {
  %t = arith.constant dense<1> : tensor<1x3xi8>
  %0 = ternary.pack ins(%t : tensor<1x3xi8>) outs(%init : tensor<1xi8>)
      {packing = #ternary.packing<base3>} -> tensor<1xi8>
  return %0 : tensor<1xi8>
}

// Row 5 of the six does not exist.

// CHECK-LABEL: func.func @pack_hf
// CHECK: arith.constant dense<{{\[\[}}18, 25], [9, 8]]> : tensor<2x2xi8>
func.func @pack_hf(%init: tensor<2x2xi8>) -> tensor<2x2xi8> {
  %t = arith.constant dense<[[1, 0], [0, -1], [-1, 1], [1, 1], [0, 0]]> : tensor<5x2xi8>
  %0 = ternary.pack ins(%t : tensor<5x2xi8>) outs(%init : tensor<2x2xi8>)
      {packing = #ternary.packing<hf>} -> tensor<2x2xi8>
  return %0 : tensor<2x2xi8>
}

// CHECK-LABEL: func.func @pack_i2_s
// CHECK: arith.constant dense<[6, 104, -123, 88, -127, 26, -95, 22, 96, 6, 104, -123, 88, -127, 26, -95, 22, 96, 6, 104, -123, 88, -127, 26, -95, 22, 96, 6, 104, -123, 88, -127, 0, 0, 64, 63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]> : tensor<64xi8>
func.func @pack_i2_s(%init: tensor<64xi8>) -> tensor<64xi8> {
  %t = arith.constant dense<"0xFF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00"> : tensor<1x128xi8>
  %s = arith.constant dense<0.75> : tensor<f32>
  %0 = ternary.pack ins(%t : tensor<1x128xi8>) scales(%s : tensor<f32>)
      outs(%init : tensor<64xi8>) {packing = #ternary.packing<i2_s>} -> tensor<64xi8>
  return %0 : tensor<64xi8>
}

// CHECK-LABEL: func.func @pack_tq2_0
// CHECK: arith.constant dense<{{\[\[\[}}-112, 41, 82, 37, 66, -92, 74, -108, 9, -112, 41, 82, 37, 66, -92, 74, -108, 9, -112, 41, 82, 37, 66, -92, 74, -108, 9, -112, 41, 82, 37, 66, 82, 37, 66, -92, 74, -108, 9, -112, 41, 82, 37, 66, -92, 74, -108, 9, -112, 41, 82, 37, 66, -92, 74, -108, 9, -112, 41, 82, 37, 66, -92, 74, 0, 56]]]> : tensor<1x1x66xi8>
func.func @pack_tq2_0(%init: tensor<1x1x66xi8>) -> tensor<1x1x66xi8> {
  %t = arith.constant dense<"0xFF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF000100"> : tensor<1x256xi8>
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %0 = ternary.pack ins(%t : tensor<1x256xi8>) scales(%s : tensor<1x1xf32>)
      outs(%init : tensor<1x1x66xi8>) {packing = #ternary.packing<tq2_0>} -> tensor<1x1x66xi8>
  return %0 : tensor<1x1x66xi8>
}

// CHECK-LABEL: func.func @pack_tq1_0
// CHECK: arith.constant dense<{{\[\[\[}}18, -93, -70, -123, -80, 54, -24, 45, -112, 18, -93, -70, -123, -80, 54, -24, 45, -112, 18, -93, -70, -123, -80, 54, -24, 45, -112, 18, -93, -70, -123, -80, 14, -88, 5, -114, -84, -124, -28, 44, -9, 14, -88, 5, -114, -84, -124, -28, -56, 80, 121, 70, 0, 56]]]> : tensor<1x1x54xi8>
func.func @pack_tq1_0(%init: tensor<1x1x54xi8>) -> tensor<1x1x54xi8> {
  %t = arith.constant dense<"0xFF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF000100"> : tensor<1x256xi8>
  %s = arith.constant dense<0.5> : tensor<1x1xf32>
  %0 = ternary.pack ins(%t : tensor<1x256xi8>) scales(%s : tensor<1x1xf32>)
      outs(%init : tensor<1x1x54xi8>) {packing = #ternary.packing<tq1_0>} -> tensor<1x1x54xi8>
  return %0 : tensor<1x1x54xi8>
}

// CHECK-LABEL: func.func @pack_q2_0
// CHECK: arith.constant dense<{{\[\[\[}}0, -64, 100, 34, -111, -119, 68, 38, 18, -103, 72, 100, 34, -111, -119, 68, 38, 18]]]> : tensor<1x1x18xi8>
func.func @pack_q2_0(%init: tensor<1x1x18xi8>) -> tensor<1x1x18xi8> {
  %t = arith.constant dense<"0xFF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF"> : tensor<1x64xi8>
  %s = arith.constant dense<-2.0> : tensor<1x1xf32>
  %0 = ternary.pack ins(%t : tensor<1x64xi8>) scales(%s : tensor<1x1xf32>)
      outs(%init : tensor<1x1x18xi8>) {packing = #ternary.packing<q2_0>} -> tensor<1x1x18xi8>
  return %0 : tensor<1x1x18xi8>
}

// A scale that f16 cannot hold: 65520 rounds to infinity, 2^-24 * 1.5 to even.

// CHECK-LABEL: func.func @pack_q2_0_scales
// CHECK: arith.constant dense<{{\[\[\[}}0, 124, 85, 85, 85, 85, 85, 85, 85, 85, 85, 85, 85, 85, 85, 85, 85, 85]], {{\[\[}}2, 0, 85,
func.func @pack_q2_0_scales(%init: tensor<2x1x18xi8>) -> tensor<2x1x18xi8> {
  %t = arith.constant dense<0> : tensor<2x64xi8>
  %s = arith.constant dense<[[65520.0], [8.94069671630859375E-8]]> : tensor<2x1xf32>
  %0 = ternary.pack ins(%t : tensor<2x64xi8>) scales(%s : tensor<2x1xf32>)
      outs(%init : tensor<2x1x18xi8>) {packing = #ternary.packing<q2_0>} -> tensor<2x1x18xi8>
  return %0 : tensor<2x1x18xi8>
}

// CHECK-LABEL: func.func @pack_splat
// CHECK: arith.constant dense<85> : tensor<1x1xi8>
// CHECK: arith.constant dense<-86> : tensor<1x1xi8>
func.func @pack_splat(%init: tensor<1x1xi8>) -> (tensor<1x1xi8>, tensor<1x1xi8>) {
  %t = arith.constant dense<1> : tensor<1x4xi8>
  %u = arith.constant dense<-1> : tensor<1x4xi8>
  %0 = ternary.pack ins(%t : tensor<1x4xi8>) outs(%init : tensor<1x1xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  %1 = ternary.pack ins(%u : tensor<1x4xi8>) outs(%init : tensor<1x1xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  return %0, %1 : tensor<1x1xi8>, tensor<1x1xi8>
}

// CHECK-LABEL: func.func @pack_empty
// CHECK-DAG: arith.constant dense<> : tensor<0x3xi8>
// CHECK-DAG: arith.constant dense<> : tensor<0xi8>
// CHECK-NOT: ternary.pack
func.func @pack_empty(%i: tensor<0x3xi8>, %j: tensor<0xi8>) -> (tensor<0x3xi8>, tensor<0xi8>) {
  %t = arith.constant dense<> : tensor<0x10xi8>
  %u = arith.constant dense<> : tensor<8x0xi8>
  %0 = ternary.pack ins(%t : tensor<0x10xi8>) outs(%i : tensor<0x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<0x3xi8>
  %1 = ternary.pack ins(%u : tensor<8x0xi8>) outs(%j : tensor<0xi8>)
      {packing = #ternary.packing<base3>} -> tensor<0xi8>
  return %0, %1 : tensor<0x3xi8>, tensor<0xi8>
}

// Of an empty matrix i2_s stores the scale.

// CHECK-LABEL: func.func @pack_empty_i2_s
// CHECK: arith.constant dense<[0, 0, -128, 63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]> : tensor<32xi8>
func.func @pack_empty_i2_s(%i: tensor<32xi8>) -> tensor<32xi8> {
  %t = arith.constant dense<> : tensor<0x10xi8>
  %s = arith.constant dense<1.0> : tensor<f32>
  %0 = ternary.pack ins(%t : tensor<0x10xi8>) scales(%s : tensor<f32>) outs(%i : tensor<32xi8>)
      {packing = #ternary.packing<i2_s>} -> tensor<32xi8>
  return %0 : tensor<32xi8>
}

// Conversions: 0.9, 1.7, -1.2, 257, NaN, 2^31, -1 and -255 truncated to int8.

// CHECK-LABEL: func.func @pack_truncate
// CHECK: arith.constant dense<{{\[\[}}25, 9]]> : tensor<1x2xi8>
func.func @pack_truncate(%init: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %t = arith.constant dense<[[0.9, 1.7, -1.2, 257.0, 0x7FC00000, 2147483648.0, -1.0, -255.0]]> : tensor<1x8xf32>
  %0 = ternary.pack ins(%t : tensor<1x8xf32>) outs(%init : tensor<1x2xi8>)
      {conversion = #ternary<conversion truncate>, packing = #ternary.packing<chimera>} -> tensor<1x2xi8>
  return %0 : tensor<1x2xi8>
}

// CHECK-LABEL: func.func @pack_truncate_integers
// CHECK: arith.constant dense<24> : tensor<1x1xi8>
func.func @pack_truncate_integers(%init: tensor<1x1xi8>) -> tensor<1x1xi8> {
  %t = arith.constant dense<[[127, 1, -1, -128]]> : tensor<1x4xi8>
  %0 = ternary.pack ins(%t : tensor<1x4xi8>) outs(%init : tensor<1x1xi8>)
      {conversion = #ternary<conversion truncate>, packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  return %0 : tensor<1x1xi8>
}

// The signs of 0.9, -0, NaN, -Inf, 127 and -128.

// CHECK-LABEL: func.func @pack_sign
// CHECK-DAG: arith.constant dense<66> : tensor<1x1xi8>
// CHECK-DAG: arith.constant dense<96> : tensor<1x1xi8>
func.func @pack_sign(%init: tensor<1x1xi8>) -> (tensor<1x1xi8>, tensor<1x1xi8>) {
  %t = arith.constant dense<[[0.9, -0.0, 0x7FC00000, 0xFF800000]]> : tensor<1x4xf32>
  %u = arith.constant dense<[[127, -128, 0]]> : tensor<1x3xi8>
  %0 = ternary.pack ins(%t : tensor<1x4xf32>) outs(%init : tensor<1x1xi8>)
      {conversion = #ternary<conversion sign>, packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  %1 = ternary.pack ins(%u : tensor<1x3xi8>) outs(%init : tensor<1x1xi8>)
      {conversion = #ternary<conversion sign>, packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  return %0, %1 : tensor<1x1xi8>, tensor<1x1xi8>
}

// CHECK-LABEL: func.func @pack_floats_that_are_trits
// CHECK: arith.constant dense<72> : tensor<1x1xi8>
func.func @pack_floats_that_are_trits(%init: tensor<1x1xi8>) -> tensor<1x1xi8> {
  %t = arith.constant dense<[[1.0, -0.0, -1.0]]> : tensor<1x3xf32>
  %0 = ternary.pack ins(%t : tensor<1x3xf32>) outs(%init : tensor<1x1xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  return %0 : tensor<1x1xi8>
}

// The promise that values are trits is not kept: nothing is folded.

// CHECK-LABEL: func.func @pack_no_trits
// CHECK-COUNT-3: ternary.pack
func.func @pack_no_trits(%init: tensor<1x1xi8>) -> (tensor<1x1xi8>, tensor<1x1xi8>, tensor<1x1xi8>) {
  %t = arith.constant dense<[[1, 2, -1]]> : tensor<1x3xi8>
  %u = arith.constant dense<[[1.0, 0.5, -1.0]]> : tensor<1x3xf32>
  %v = arith.constant dense<[[1.0, 0x7FC00000, -1.0]]> : tensor<1x3xf32>
  %0 = ternary.pack ins(%t : tensor<1x3xi8>) outs(%init : tensor<1x1xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  %1 = ternary.pack ins(%u : tensor<1x3xf32>) outs(%init : tensor<1x1xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  %2 = ternary.pack ins(%v : tensor<1x3xf32>) outs(%init : tensor<1x1xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  return %0, %1, %2 : tensor<1x1xi8>, tensor<1x1xi8>, tensor<1x1xi8>
}

// CHECK-LABEL: func.func @pack_not_constant
// CHECK: ternary.pack ins(%{{.*}} : tensor<1x256xi8>) scales(%{{.*}} : tensor<1x1xf32>)
// CHECK: ternary.pack ins(%{{.*}} : tensor<1x4xi8>) outs(%{{.*}} : tensor<1x?xi8>)
// CHECK: ternary.pack ins(%{{.*}} : tensor<1x4xf16>)
func.func @pack_not_constant(%s: tensor<1x1xf32>, %i: tensor<1x1x66xi8>, %j: tensor<1x?xi8>, %k: tensor<1x1xi8>)
    -> (tensor<1x1x66xi8>, tensor<1x?xi8>, tensor<1x1xi8>) {
  %t = arith.constant dense<1> : tensor<1x256xi8>
  %u = arith.constant dense<1> : tensor<1x4xi8>
  %v = arith.constant dense<1.0> : tensor<1x4xf16>
  %0 = ternary.pack ins(%t : tensor<1x256xi8>) scales(%s : tensor<1x1xf32>) outs(%i : tensor<1x1x66xi8>)
      {packing = #ternary.packing<tq2_0>} -> tensor<1x1x66xi8>
  %1 = ternary.pack ins(%u : tensor<1x4xi8>) outs(%j : tensor<1x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1x?xi8>
  %2 = ternary.pack ins(%v : tensor<1x4xf16>) outs(%k : tensor<1x1xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  return %0, %1, %2 : tensor<1x1x66xi8>, tensor<1x?xi8>, tensor<1x1xi8>
}

//===----------------------------------------------------------------------===//
// unpack
//===----------------------------------------------------------------------===//

// Code 3 of chimera reads as 0, of hf as +2.

// CHECK-LABEL: func.func @unpack_unused
// CHECK-DAG: arith.constant dense<{{\[\[}}0, -1, 1, 0]]> : tensor<1x4xi8>
// CHECK-DAG: arith.constant dense<{{\[\[}}-1], [0], [1], [2]]> : tensor<4x1xi8>
func.func @unpack_unused(%i: tensor<1x4xi8>, %j: tensor<4x1xi8>) -> (tensor<1x4xi8>, tensor<4x1xi8>) {
  %b = arith.constant dense<0xE4> : tensor<1x1xi8>
  %0 = ternary.unpack ins(%b : tensor<1x1xi8>) outs(%i : tensor<1x4xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1x4xi8>
  %1 = ternary.unpack ins(%b : tensor<1x1xi8>) outs(%j : tensor<4x1xi8>)
      {packing = #ternary.packing<hf>} -> tensor<4x1xi8>
  return %0, %1 : tensor<1x4xi8>, tensor<4x1xi8>
}

// CHECK-LABEL: func.func @unpack_base3
// CHECK: arith.constant dense<{{\[\[}}1, 0, -1, 1, -1], [0, 1, 1, 0, -1]]> : tensor<2x5xi8>
func.func @unpack_base3(%i: tensor<2x5xi8>) -> tensor<2x5xi8> {
  %b = arith.constant dense<[59, 52]> : tensor<2xi8>
  %0 = ternary.unpack ins(%b : tensor<2xi8>) outs(%i : tensor<2x5xi8>)
      {packing = #ternary.packing<base3>} -> tensor<2x5xi8>
  return %0 : tensor<2x5xi8>
}

// CHECK-LABEL: func.func @unpack_q2_0
// CHECK-DAG: arith.constant dense<{{\[\[}}-1, 0, 1, 0, 1, -1, 1, -1, 0, -1, 0, 1, 0, 1, -1, 1, -1, 0, -1, 0, 1, 0, 1, -1, 1, -1, 0, -1, 0, 1, 0, 1, -1, 1, -1, 0, -1, 0, 1, 0, 1, -1, 1, -1, 0, -1, 0, 1, 0, 1, -1, 1, -1, 0, -1, 0, 1, 0, 1, -1, 1, -1, 0, -1]]> : tensor<1x64xi8>
// CHECK-DAG: arith.constant dense<-2.000000e+00> : tensor<1x1xf32>
func.func @unpack_q2_0(%i: tensor<1x64xi8>, %j: tensor<1x1xf32>) -> (tensor<1x64xi8>, tensor<1x1xf32>) {
  %b = arith.constant dense<[[[0, -64, 100, 34, -111, -119, 68, 38, 18, -103, 72, 100, 34, -111, -119, 68, 38, 18]]]> : tensor<1x1x18xi8>
  %0:2 = ternary.unpack ins(%b : tensor<1x1x18xi8>) outs(%i, %j : tensor<1x64xi8>, tensor<1x1xf32>)
      {packing = #ternary.packing<q2_0>} -> tensor<1x64xi8>, tensor<1x1xf32>
  return %0#0, %0#1 : tensor<1x64xi8>, tensor<1x1xf32>
}

// CHECK-LABEL: func.func @unpack_tq1_0
// CHECK-DAG: arith.constant dense<"0xFF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF00010001FF01FF00FF000100"> : tensor<1x256xi8>
// CHECK-DAG: arith.constant dense<5.000000e-01> : tensor<1x1xf32>
func.func @unpack_tq1_0(%i: tensor<1x256xi8>, %j: tensor<1x1xf32>) -> (tensor<1x256xi8>, tensor<1x1xf32>) {
  %b = arith.constant dense<[[[18, -93, -70, -123, -80, 54, -24, 45, -112, 18, -93, -70, -123, -80, 54, -24, 45, -112, 18, -93, -70, -123, -80, 54, -24, 45, -112, 18, -93, -70, -123, -80, 14, -88, 5, -114, -84, -124, -28, 44, -9, 14, -88, 5, -114, -84, -124, -28, -56, 80, 121, 70, 0, 56]]]> : tensor<1x1x54xi8>
  %0:2 = ternary.unpack ins(%b : tensor<1x1x54xi8>) outs(%i, %j : tensor<1x256xi8>, tensor<1x1xf32>)
      {packing = #ternary.packing<tq1_0>} -> tensor<1x256xi8>, tensor<1x1xf32>
  return %0#0, %0#1 : tensor<1x256xi8>, tensor<1x1xf32>
}

// Byte 0xFF holds the code 3, which this packing forbids.

// CHECK-LABEL: func.func @unpack_forbidden
// CHECK: ternary.unpack
func.func @unpack_forbidden(%i: tensor<1x4xi8>) -> tensor<1x4xi8> {
  %b = arith.constant dense<-1> : tensor<1x1xi8>
  %0 = ternary.unpack ins(%b : tensor<1x1xi8>) outs(%i : tensor<1x4xi8>)
      {packing = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = forbid, pad = 0, ragged = pad,
                                  n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = msb>}
      -> tensor<1x4xi8>
  return %0 : tensor<1x4xi8>
}

// A forbidden code that no position reads does not matter.

// CHECK-LABEL: func.func @unpack_forbidden_padding
// CHECK: arith.constant dense<0> : tensor<64x1xi8>
func.func @unpack_forbidden_padding(%i: tensor<64x1xi8>) -> tensor<64x1xi8> {
  %b = arith.constant dense<0xFD> : tensor<1x1x4x64xi8>
  %0 = ternary.unpack ins(%b : tensor<1x1x4x64xi8>) outs(%i : tensor<64x1xi8>)
      {packing = #ternary.packing<cpu_panel2>} -> tensor<64x1xi8>
  return %0 : tensor<64x1xi8>
}

// CHECK-LABEL: func.func @unpack_not_constant
// CHECK: ternary.unpack
func.func @unpack_not_constant(%b: tensor<1x1xi8>, %i: tensor<1x4xi8>) -> tensor<1x4xi8> {
  %0 = ternary.unpack ins(%b : tensor<1x1xi8>) outs(%i : tensor<1x4xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<1x4xi8>
  return %0 : tensor<1x4xi8>
}

//===----------------------------------------------------------------------===//
// repack
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @repack_constant
// CHECK-DAG: arith.constant dense<[59, 52]> : tensor<2xi8>
// CHECK-DAG: arith.constant dense<{{\[\[}}6, 9, 8, 6, 0]]> : tensor<1x5xi8>
func.func @repack_constant(%i: tensor<2xi8>, %j: tensor<1x5xi8>) -> (tensor<2xi8>, tensor<1x5xi8>) {
  %b = arith.constant dense<[[73, -128], [20, -128]]> : tensor<2x2xi8>
  %0 = ternary.repack ins(%b : tensor<2x2xi8>) shape(2, 5) outs(%i : tensor<2xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<2xi8>
  %1 = ternary.repack ins(%b : tensor<2x2xi8>) shape(2, 5) outs(%j : tensor<1x5xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<hf>} -> tensor<1x5xi8>
  return %0, %1 : tensor<2xi8>, tensor<1x5xi8>
}

// The +2 that hf reads from code 3 is no trit and becomes 0.

// CHECK-LABEL: func.func @repack_unused
// CHECK: arith.constant dense<{{\[\[}}-128], [0], [64], [0]]> : tensor<4x1xi8>
func.func @repack_unused(%i: tensor<4x1xi8>) -> tensor<4x1xi8> {
  %b = arith.constant dense<0xE4> : tensor<1x1xi8>
  %0 = ternary.repack ins(%b : tensor<1x1xi8>) shape(4, 1) outs(%i : tensor<4x1xi8>)
      {source = #ternary.packing<hf>, packing = #ternary.packing<chimera>} -> tensor<4x1xi8>
  return %0 : tensor<4x1xi8>
}

// CHECK-LABEL: func.func @repack_to_scales
// CHECK: arith.constant dense<{{\[\[\[}}0, -64, 100, 34, -111, -119, 68, 38, 18, -103, 72, 100, 34, -111, -119, 68, 38, 18]]]> : tensor<1x1x18xi8>
func.func @repack_to_scales(%i: tensor<1x1x18xi8>) -> tensor<1x1x18xi8> {
  %b = arith.constant dense<[[-124, 102, 33, 25, -120, 70, 98, 17, -104, -124, 102, 33, 25, -120, 70, 98]]> : tensor<1x16xi8>
  %s = arith.constant dense<-2.0> : tensor<1x1xf32>
  %0 = ternary.repack ins(%b : tensor<1x16xi8>) shape(1, 64) scales(%s : tensor<1x1xf32>)
      outs(%i : tensor<1x1x18xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<q2_0>} -> tensor<1x1x18xi8>
  return %0 : tensor<1x1x18xi8>
}

// CHECK-LABEL: func.func @repack_forbidden
// CHECK: ternary.repack
func.func @repack_forbidden(%i: tensor<1x1xi8>) -> tensor<1x1xi8> {
  %b = arith.constant dense<243> : tensor<1xi8>
  %0 = ternary.repack ins(%b : tensor<1xi8>) shape(1, 4) outs(%i : tensor<1x1xi8>)
      {source = #ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid, pad = 0, ragged = pad, f = [*, 4],
                                 bytes = [[f0]], digit = f1, order = lsb>,
       packing = #ternary.packing<chimera>} -> tensor<1x1xi8>
  return %0 : tensor<1x1xi8>
}

// CHECK-LABEL: func.func @repack_dynamic_shape
// CHECK: ternary.repack
func.func @repack_dynamic_shape(%n: index, %i: tensor<2xi8>) -> tensor<2xi8> {
  %b = arith.constant dense<[[73, -128], [20, -128]]> : tensor<2x2xi8>
  %0 = ternary.repack ins(%b : tensor<2x2xi8>) shape(2, %n) outs(%i : tensor<2xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<2xi8>
  return %0 : tensor<2xi8>
}

//===----------------------------------------------------------------------===//
// absmean
//===----------------------------------------------------------------------===//

// Sums are f32 in ascending order: 2^24 + 1 + 1 and 1 + 1 + 2^24 differ (a third
// of the latter is 5592406, printed as 0x4AAAAAAC).

// CHECK-LABEL: func.func @absmean_order
// CHECK: arith.constant dense<[5592405.5, 0x4AAAAAAC]> : tensor<2xf32>
func.func @absmean_order(%i: tensor<2xf32>) -> tensor<2xf32> {
  %w = arith.constant dense<[[16777216.0, -1.0, 1.0], [1.0, 1.0, -16777216.0]]> : tensor<2x3xf32>
  %0 = ternary.absmean ins(%w : tensor<2x3xf32>) outs(%i : tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: func.func @absmean_granularities
// CHECK-DAG: arith.constant dense<2.000000e+00> : tensor<f32>
// CHECK-DAG: arith.constant dense<[1.500000e+00, 2.500000e+00]> : tensor<2xf32>
// CHECK-DAG: arith.constant dense<{{\[\[}}5.000000e-01, 3.500000e+00], [1.500000e+00, 4.500000e+00]]> : tensor<2x2xf32>
func.func @absmean_granularities(%i: tensor<f32>, %j: tensor<2xf32>, %k: tensor<2x2xf32>)
    -> (tensor<f32>, tensor<2xf32>, tensor<2x2xf32>) {
  %w = arith.constant dense<[[1.0, 0.0, -3.5], [-2.0, 1.0, 4.5]]> : tensor<2x3xf32>
  %0 = ternary.absmean ins(%w : tensor<2x3xf32>) outs(%i : tensor<f32>) -> tensor<f32>
  %1 = ternary.absmean ins(%w : tensor<2x3xf32>) outs(%j : tensor<2xf32>) -> tensor<2xf32>
  %2 = ternary.absmean ins(%w : tensor<2x3xf32>) outs(%k : tensor<2x2xf32>) {group_size = 2 : i64} -> tensor<2x2xf32>
  return %0, %1, %2 : tensor<f32>, tensor<2xf32>, tensor<2x2xf32>
}

// NaN and Inf propagate, eps bounds from below.

// CHECK-LABEL: func.func @absmean_special
// CHECK: arith.constant dense<[0x7FC00000, 0x7F800000, 1.250000e-01, 2.500000e-01]> : tensor<4xf32>
func.func @absmean_special(%i: tensor<4xf32>) -> tensor<4xf32> {
  %w = arith.constant dense<[[1.0, 0x7FC00000], [0xFF800000, 1.0], [0.0, -0.0], [0.0, 0.5]]> : tensor<4x2xf32>
  %0 = ternary.absmean ins(%w : tensor<4x2xf32>) outs(%i : tensor<4xf32>) {eps = 0.125 : f32} -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// CHECK-LABEL: func.func @absmean_empty
// CHECK-DAG: arith.constant dense<9.99999974E-6> : tensor<3xf32>
// CHECK-DAG: arith.constant dense<9.99999974E-6> : tensor<f32>
// CHECK-DAG: arith.constant dense<> : tensor<0xf32>
func.func @absmean_empty(%i: tensor<3xf32>, %j: tensor<f32>, %k: tensor<0xf32>)
    -> (tensor<3xf32>, tensor<f32>, tensor<0xf32>) {
  %w = arith.constant dense<> : tensor<3x0xf32>
  %v = arith.constant dense<> : tensor<0x3xf32>
  %0 = ternary.absmean ins(%w : tensor<3x0xf32>) outs(%i : tensor<3xf32>) -> tensor<3xf32>
  %1 = ternary.absmean ins(%w : tensor<3x0xf32>) outs(%j : tensor<f32>) -> tensor<f32>
  %2 = ternary.absmean ins(%v : tensor<0x3xf32>) outs(%k : tensor<0xf32>) -> tensor<0xf32>
  return %0, %1, %2 : tensor<3xf32>, tensor<f32>, tensor<0xf32>
}

// CHECK-LABEL: func.func @absmean_splat
// CHECK: arith.constant dense<5.000000e-01> : tensor<f32>
func.func @absmean_splat(%i: tensor<f32>) -> tensor<f32> {
  %w = arith.constant dense<-0.5> : tensor<4x4xf32>
  %0 = ternary.absmean ins(%w : tensor<4x4xf32>) outs(%i : tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// CHECK-LABEL: func.func @absmean_not_folded
// CHECK-COUNT-3: ternary.absmean
func.func @absmean_not_folded(%w: tensor<2x3xf32>, %i: tensor<f32>, %j: tensor<?xf32>)
    -> (tensor<f32>, tensor<f32>, tensor<?xf32>) {
  %v = arith.constant dense<1.0> : tensor<2x3xf16>
  %u = arith.constant dense<1.0> : tensor<2x3xf32>
  %0 = ternary.absmean ins(%w : tensor<2x3xf32>) outs(%i : tensor<f32>) -> tensor<f32>
  %1 = ternary.absmean ins(%v : tensor<2x3xf16>) outs(%i : tensor<f32>) -> tensor<f32>
  %2 = ternary.absmean ins(%u : tensor<2x3xf32>) outs(%j : tensor<?xf32>) -> tensor<?xf32>
  return %0, %1, %2 : tensor<f32>, tensor<f32>, tensor<?xf32>
}

//===----------------------------------------------------------------------===//
// ternarize
//===----------------------------------------------------------------------===//

// Half of alpha is a tie, which goes to 0; the next float above it does not.

// CHECK-LABEL: func.func @ternarize_round
// CHECK: arith.constant dense<{{\[\[}}0, 0, 1, -1, 1, -1, 0, 1]]> : tensor<1x8xi8>
func.func @ternarize_round(%i: tensor<1x8xi8>) -> tensor<1x8xi8> {
  %w = arith.constant dense<[[0.375, -0.375, 0x3EC00001, -0.75, 1.125, -80.0, 0x7FC00000, 0x7F800000]]> : tensor<1x8xf32>
  %s = arith.constant dense<0.75> : tensor<f32>
  %0 = ternary.ternarize ins(%w : tensor<1x8xf32>) scales(%s : tensor<f32>) outs(%i : tensor<1x8xi8>) -> tensor<1x8xi8>
  return %0 : tensor<1x8xi8>
}

// CHECK-LABEL: func.func @ternarize_granularities
// CHECK-DAG: arith.constant dense<{{\[\[}}1, 1, 1], [0, 0, 0]]> : tensor<2x3xi8>
// CHECK-DAG: arith.constant dense<{{\[\[}}1, 1, 0], [0, 0, 1]]> : tensor<2x3xi8>
func.func @ternarize_granularities(%i: tensor<2x3xi8>) -> (tensor<2x3xi8>, tensor<2x3xi8>) {
  %w = arith.constant dense<1.0> : tensor<2x3xf32>
  %r = arith.constant dense<[1.0, 4.0]> : tensor<2xf32>
  %g = arith.constant dense<[[1.0, 4.0], [4.0, 1.0]]> : tensor<2x2xf32>
  %0 = ternary.ternarize ins(%w : tensor<2x3xf32>) scales(%r : tensor<2xf32>) outs(%i : tensor<2x3xi8>) -> tensor<2x3xi8>
  %1 = ternary.ternarize ins(%w : tensor<2x3xf32>) scales(%g : tensor<2x2xf32>) outs(%i : tensor<2x3xi8>)
      {group_size = 2 : i64} -> tensor<2x3xi8>
  return %0, %1 : tensor<2x3xi8>, tensor<2x3xi8>
}

// An alpha of 0 makes 0 / 0 a NaN, hence 0; `lsq` bounds alpha by eps.

// CHECK-LABEL: func.func @ternarize_alpha
// CHECK-DAG: arith.constant dense<{{\[\[}}0, 1, -1]]> : tensor<1x3xi8>
// CHECK-DAG: arith.constant dense<{{\[\[}}0, 0, -1]]> : tensor<1x3xi8>
// CHECK-DAG: arith.constant dense<0> : tensor<1x3xi8>
func.func @ternarize_alpha(%i: tensor<1x3xi8>) -> (tensor<1x3xi8>, tensor<1x3xi8>, tensor<1x3xi8>) {
  %w = arith.constant dense<[[0.0, 0.25, -1.0]]> : tensor<1x3xf32>
  %s = arith.constant dense<0.0> : tensor<f32>
  %t = arith.constant dense<0x7FC00000> : tensor<f32>
  %0 = ternary.ternarize ins(%w : tensor<1x3xf32>) scales(%s : tensor<f32>) outs(%i : tensor<1x3xi8>) -> tensor<1x3xi8>
  %1 = ternary.ternarize ins(%w : tensor<1x3xf32>) scales(%s : tensor<f32>) outs(%i : tensor<1x3xi8>)
      {method = #ternary<method lsq>, eps = 1.0 : f32} -> tensor<1x3xi8>
  %2 = ternary.ternarize ins(%w : tensor<1x3xf32>) scales(%t : tensor<f32>) outs(%i : tensor<1x3xi8>)
      {method = #ternary<method lsq>, eps = 1.0 : f32} -> tensor<1x3xi8>
  return %0, %1, %2 : tensor<1x3xi8>, tensor<1x3xi8>, tensor<1x3xi8>
}

// The threshold is strict.

// CHECK-LABEL: func.func @ternarize_threshold
// CHECK: arith.constant dense<{{\[\[}}0, 0, 1, -1, 0, -1]]> : tensor<1x6xi8>
func.func @ternarize_threshold(%i: tensor<1x6xi8>) -> tensor<1x6xi8> {
  %w = arith.constant dense<[[0.25, -0.25, 0x3E800001, -0.5, 0x7FC00000, 0xFF800000]]> : tensor<1x6xf32>
  %0 = ternary.ternarize ins(%w : tensor<1x6xf32>) outs(%i : tensor<1x6xi8>)
      {method = #ternary<method threshold>, threshold = 0.25 : f32} -> tensor<1x6xi8>
  return %0 : tensor<1x6xi8>
}

// CHECK-LABEL: func.func @ternarize_empty
// CHECK: arith.constant dense<> : tensor<3x0xi8>
func.func @ternarize_empty(%i: tensor<3x0xi8>) -> tensor<3x0xi8> {
  %w = arith.constant dense<> : tensor<3x0xf32>
  %s = arith.constant dense<1.0> : tensor<3xf32>
  %0 = ternary.ternarize ins(%w : tensor<3x0xf32>) scales(%s : tensor<3xf32>) outs(%i : tensor<3x0xi8>) -> tensor<3x0xi8>
  return %0 : tensor<3x0xi8>
}

// CHECK-LABEL: func.func @ternarize_not_constant
// CHECK: ternary.ternarize
func.func @ternarize_not_constant(%s: tensor<f32>, %i: tensor<1x3xi8>) -> tensor<1x3xi8> {
  %w = arith.constant dense<1.0> : tensor<1x3xf32>
  %0 = ternary.ternarize ins(%w : tensor<1x3xf32>) scales(%s : tensor<f32>) outs(%i : tensor<1x3xi8>) -> tensor<1x3xi8>
  return %0 : tensor<1x3xi8>
}

// From floats to bytes in one go.

// CHECK-LABEL: func.func @all_of_it
// CHECK-NEXT: %[[S:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: %[[B:.*]] = arith.constant dense<{{\[\[}}72], [-128]]> : tensor<2x1xi8>
// CHECK-NEXT: return %[[B]], %[[S]]
func.func @all_of_it(%i: tensor<2xf32>, %j: tensor<2x3xi8>, %k: tensor<2x1xi8>) -> (tensor<2x1xi8>, tensor<2xf32>) {
  %w = arith.constant dense<[[1.25, 0.25, -1.5], [-6.0, 0.0, 0.0]]> : tensor<2x3xf32>
  %s = ternary.absmean ins(%w : tensor<2x3xf32>) outs(%i : tensor<2xf32>) -> tensor<2xf32>
  %t = ternary.ternarize ins(%w : tensor<2x3xf32>) scales(%s : tensor<2xf32>) outs(%j : tensor<2x3xi8>) -> tensor<2x3xi8>
  %b = ternary.pack ins(%t : tensor<2x3xi8>) outs(%k : tensor<2x1xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x1xi8>
  return %b, %s : tensor<2x1xi8>, tensor<2xf32>
}

// -----

//===----------------------------------------------------------------------===//
// Dense resources
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @pack_resource
// CHECK: arith.constant dense<{{\[\[}}73, -128], [20, -128]]> : tensor<2x2xi8>
func.func @pack_resource(%init: tensor<2x2xi8>) -> tensor<2x2xi8> {
  %t = arith.constant dense_resource<trits> : tensor<2x5xi8>
  %0 = ternary.pack ins(%t : tensor<2x5xi8>) outs(%init : tensor<2x2xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x2xi8>
  return %0 : tensor<2x2xi8>
}

// CHECK-LABEL: func.func @ternarize_resource
// CHECK-DAG: arith.constant dense<7.500000e-01> : tensor<f32>
// CHECK-DAG: arith.constant dense<{{\[\[}}0, -1]]> : tensor<1x2xi8>
func.func @ternarize_resource(%i: tensor<f32>, %j: tensor<1x2xi8>) -> (tensor<f32>, tensor<1x2xi8>) {
  %w = arith.constant dense_resource<floats> : tensor<1x2xf32>
  %s = ternary.absmean ins(%w : tensor<1x2xf32>) outs(%i : tensor<f32>) -> tensor<f32>
  %t = ternary.ternarize ins(%w : tensor<1x2xf32>) scales(%s : tensor<f32>) outs(%j : tensor<1x2xi8>) -> tensor<1x2xi8>
  return %s, %t : tensor<f32>, tensor<1x2xi8>
}

// A blob that does not fit its type, or that is missing, is left alone.

// CHECK-LABEL: func.func @pack_bad_resource
// CHECK-COUNT-2: ternary.pack
func.func @pack_bad_resource(%init: tensor<2x2xi8>) -> (tensor<2x2xi8>, tensor<2x2xi8>) {
  %t = arith.constant dense_resource<short> : tensor<2x5xi8>
  %u = arith.constant dense_resource<missing> : tensor<2x5xi8>
  %0 = ternary.pack ins(%t : tensor<2x5xi8>) outs(%init : tensor<2x2xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x2xi8>
  %1 = ternary.pack ins(%u : tensor<2x5xi8>) outs(%init : tensor<2x2xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x2xi8>
  return %0, %1 : tensor<2x2xi8>, tensor<2x2xi8>
}

{-#
  dialect_resources: {
    builtin: {
      trits: "0x010000000100FF01FF00010100FF",
      floats: "0x040000000000803E0000A0BF",
      short: "0x010000000100FF01"
    }
  }
#-}

// -----

// Constants of 1024 bytes and more become resources.

// CHECK-LABEL: func.func @pack_large
// CHECK: arith.constant dense_resource<packed> : tensor<64x16xi8>
// CHECK: packed: "0x4000000055{{(55)*}}"
func.func @pack_large(%init: tensor<64x16xi8>) -> tensor<64x16xi8> {
  %t = arith.constant dense<1> : tensor<64x64xi8>
  %0 = ternary.pack ins(%t : tensor<64x64xi8>) outs(%init : tensor<64x16xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<64x16xi8>
  return %0 : tensor<64x16xi8>
}
