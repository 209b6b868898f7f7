// RUN: ternary-opt %s | ternary-opt | FileCheck %s
// RUN: ternary-opt %s --mlir-print-op-generic | ternary-opt | FileCheck %s
// RUN: ternary-opt %s --mlir-print-op-generic | FileCheck %s --check-prefix=GENERIC

// The tensor-level and register-level ops: the example of each description, on
// memrefs, with dynamic and with zero extents.

//===----------------------------------------------------------------------===//
// pack
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @pack
// CHECK: ternary.pack ins(%{{.*}} : tensor<8x10xi8>) outs(%{{.*}} : tensor<8x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
// GENERIC-LABEL: sym_name = "pack"
// GENERIC: "ternary.pack"(%{{.*}}, %{{.*}}) <{
// GENERIC-SAME: conversion = #ternary<conversion trits>
// GENERIC-SAME: operandSegmentSizes = array<i32: 1, 0, 1>
// GENERIC-SAME: packing = #ternary.packing<chimera>
// GENERIC-SAME: (tensor<8x10xi8>, tensor<8x3xi8>) -> tensor<8x3xi8>
func.func @pack(%trits: tensor<8x10xi8>, %init: tensor<8x3xi8>) -> tensor<8x3xi8> {
  %bytes = ternary.pack ins(%trits : tensor<8x10xi8>)
      outs(%init : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %bytes : tensor<8x3xi8>
}

// CHECK-LABEL: func.func @pack_sign_of_floats
// CHECK: ternary.pack ins(%{{.*}} : tensor<8x10xf32>) outs(%{{.*}} : tensor<16xi8>) {conversion = #ternary<conversion sign>, packing = #ternary.packing<base3>} -> tensor<16xi8>
func.func @pack_sign_of_floats(%w: tensor<8x10xf32>, %init: tensor<16xi8>) -> tensor<16xi8> {
  %bytes = ternary.pack ins(%w : tensor<8x10xf32>) outs(%init : tensor<16xi8>)
      {conversion = #ternary<conversion sign>, packing = #ternary.packing<base3>}
      -> tensor<16xi8>
  return %bytes : tensor<16xi8>
}

// The scale of i2_s is one f32 for the whole matrix: the byte shape has one
// axis, and no leading one.

// CHECK-LABEL: func.func @pack_i2_s
// CHECK: ternary.pack ins(%{{.*}} : tensor<4x64xf16>) scales(%{{.*}} : tensor<f32>) outs(%{{.*}} : tensor<96xi8>) {conversion = #ternary<conversion truncate>, packing = #ternary.packing<i2_s>} -> tensor<96xi8>
// GENERIC-LABEL: sym_name = "pack_i2_s"
// GENERIC: operandSegmentSizes = array<i32: 1, 1, 1>
func.func @pack_i2_s(%w: tensor<4x64xf16>, %s: tensor<f32>, %init: tensor<96xi8>) -> tensor<96xi8> {
  %bytes = ternary.pack ins(%w : tensor<4x64xf16>) scales(%s : tensor<f32>)
      outs(%init : tensor<96xi8>)
      {conversion = #ternary<conversion truncate>, packing = #ternary.packing<i2_s>}
      -> tensor<96xi8>
  return %bytes : tensor<96xi8>
}

// CHECK-LABEL: func.func @pack_tq1_0
// CHECK: ternary.pack ins(%{{.*}} : tensor<3x512xi8>) scales(%{{.*}} : tensor<3x2xf32>) outs(%{{.*}} : tensor<3x2x54xi8>) {packing = #ternary.tq1_0} -> tensor<3x2x54xi8>
func.func @pack_tq1_0(%t: tensor<3x512xi8>, %s: tensor<3x2xf32>, %init: tensor<3x2x54xi8>) -> tensor<3x2x54xi8> {
  %bytes = ternary.pack ins(%t : tensor<3x512xi8>) scales(%s : tensor<3x2xf32>)
      outs(%init : tensor<3x2x54xi8>) {packing = #ternary.tq1_0} -> tensor<3x2x54xi8>
  return %bytes : tensor<3x2x54xi8>
}

// CHECK-LABEL: func.func @pack_memref
// CHECK: ternary.pack ins(%{{.*}} : memref<8x10xi8>) outs(%{{.*}} : memref<8x3xi8>) {packing = #ternary.packing<chimera>}{{$}}
// GENERIC-LABEL: sym_name = "pack_memref"
// GENERIC: "ternary.pack"
// GENERIC-SAME: (memref<8x10xi8>, memref<8x3xi8>) -> ()
func.func @pack_memref(%trits: memref<8x10xi8>, %bytes: memref<8x3xi8>) {
  ternary.pack ins(%trits : memref<8x10xi8>) outs(%bytes : memref<8x3xi8>)
      {packing = #ternary.packing<chimera>}
  return
}

// CHECK-LABEL: func.func @pack_strided_memref
// CHECK: ternary.pack ins(%{{.*}} : memref<8x10xi8, strided<[20, 2], offset: ?>>) outs(%{{.*}} : memref<8x3xi8>)
func.func @pack_strided_memref(%trits: memref<8x10xi8, strided<[20, 2], offset: ?>>, %bytes: memref<8x3xi8>) {
  ternary.pack ins(%trits : memref<8x10xi8, strided<[20, 2], offset: ?>>)
      outs(%bytes : memref<8x3xi8>) {packing = #ternary.packing<chimera>}
  return
}

// CHECK-LABEL: func.func @pack_dynamic
// CHECK: ternary.pack ins(%{{.*}} : tensor<?x?xi8>) outs(%{{.*}} : tensor<?x?xi8>)
// CHECK: ternary.pack ins(%{{.*}} : tensor<?x10xi8>) outs(%{{.*}} : tensor<?x3xi8>)
// CHECK: ternary.pack ins(%{{.*}} : tensor<?x10xi8>) outs(%{{.*}} : tensor<8x?xi8>)
func.func @pack_dynamic(%t: tensor<?x?xi8>, %u: tensor<?x10xi8>, %i: tensor<?x?xi8>,
                        %j: tensor<?x3xi8>, %k: tensor<8x?xi8>) {
  %a = ternary.pack ins(%t : tensor<?x?xi8>) outs(%i : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  %b = ternary.pack ins(%u : tensor<?x10xi8>) outs(%j : tensor<?x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x3xi8>
  %c = ternary.pack ins(%u : tensor<?x10xi8>) outs(%k : tensor<8x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x?xi8>
  return
}

// CHECK-LABEL: func.func @pack_empty
// CHECK: ternary.pack ins(%{{.*}} : tensor<0x10xi8>) outs(%{{.*}} : tensor<0x3xi8>)
// CHECK: ternary.pack ins(%{{.*}} : tensor<8x0xi8>) outs(%{{.*}} : tensor<8x0xi8>)
// CHECK: ternary.pack ins(%{{.*}} : tensor<8x0xi8>) outs(%{{.*}} : tensor<0xi8>)
// CHECK: ternary.pack ins(%{{.*}} : tensor<0x10xi8>) scales(%{{.*}} : tensor<f32>) outs(%{{.*}} : tensor<32xi8>)
func.func @pack_empty(%t: tensor<0x10xi8>, %u: tensor<8x0xi8>, %s: tensor<f32>,
                      %i: tensor<0x3xi8>, %j: tensor<8x0xi8>, %k: tensor<0xi8>,
                      %l: tensor<32xi8>) {
  %a = ternary.pack ins(%t : tensor<0x10xi8>) outs(%i : tensor<0x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<0x3xi8>
  %b = ternary.pack ins(%u : tensor<8x0xi8>) outs(%j : tensor<8x0xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x0xi8>
  %c = ternary.pack ins(%u : tensor<8x0xi8>) outs(%k : tensor<0xi8>)
      {packing = #ternary.packing<base3>} -> tensor<0xi8>
  %d = ternary.pack ins(%t : tensor<0x10xi8>) scales(%s : tensor<f32>)
      outs(%l : tensor<32xi8>) {packing = #ternary.packing<i2_s>} -> tensor<32xi8>
  return
}

//===----------------------------------------------------------------------===//
// unpack
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @unpack
// CHECK: ternary.unpack ins(%{{.*}} : tensor<8x3xi8>) outs(%{{.*}} : tensor<8x10xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
// GENERIC-LABEL: sym_name = "unpack"
// GENERIC: "ternary.unpack"(%{{.*}}, %{{.*}}) <{packing = #ternary.packing<chimera>}> : (tensor<8x3xi8>, tensor<8x10xi8>) -> tensor<8x10xi8>
func.func @unpack(%bytes: tensor<8x3xi8>, %init: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %trits = ternary.unpack ins(%bytes : tensor<8x3xi8>)
      outs(%init : tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
  return %trits : tensor<8x10xi8>
}

// CHECK-LABEL: func.func @unpack_with_scales
// CHECK: %{{.*}}:2 = ternary.unpack ins(%{{.*}} : tensor<2x3x18xi8>) outs(%{{.*}}, %{{.*}} : tensor<2x192xi8>, tensor<2x3xf32>) {packing = #ternary.packing<q2_0>} -> tensor<2x192xi8>, tensor<2x3xf32>
// CHECK: ternary.unpack ins(%{{.*}} : tensor<2x3x18xi8>) outs(%{{.*}} : tensor<2x192xi8>) {packing = #ternary.packing<q2_0>} -> tensor<2x192xi8>
func.func @unpack_with_scales(%b: tensor<2x3x18xi8>, %i: tensor<2x192xi8>, %j: tensor<2x3xf32>) -> (tensor<2x192xi8>, tensor<2x3xf32>, tensor<2x192xi8>) {
  %t, %s = ternary.unpack ins(%b : tensor<2x3x18xi8>)
      outs(%i, %j : tensor<2x192xi8>, tensor<2x3xf32>)
      {packing = #ternary.packing<q2_0>} -> tensor<2x192xi8>, tensor<2x3xf32>
  %u = ternary.unpack ins(%b : tensor<2x3x18xi8>) outs(%i : tensor<2x192xi8>)
      {packing = #ternary.packing<q2_0>} -> tensor<2x192xi8>
  return %t, %s, %u : tensor<2x192xi8>, tensor<2x3xf32>, tensor<2x192xi8>
}

// CHECK-LABEL: func.func @unpack_memref
// CHECK: ternary.unpack ins(%{{.*}} : memref<?x?x66xi8>) outs(%{{.*}}, %{{.*}} : memref<?x?xi8>, memref<?x?xf32>) {packing = #ternary.packing<tq2_0>}{{$}}
func.func @unpack_memref(%b: memref<?x?x66xi8>, %t: memref<?x?xi8>, %s: memref<?x?xf32>) {
  ternary.unpack ins(%b : memref<?x?x66xi8>) outs(%t, %s : memref<?x?xi8>, memref<?x?xf32>)
      {packing = #ternary.packing<tq2_0>}
  return
}

// CHECK-LABEL: func.func @unpack_empty
// CHECK: ternary.unpack ins(%{{.*}} : tensor<0x0xi8>) outs(%{{.*}} : tensor<0x0xi8>) {packing = #ternary.packing<hf>}
// CHECK: ternary.unpack ins(%{{.*}} : tensor<0x4x4x64xi8>) outs(%{{.*}} : tensor<0x50xi8>) {packing = #ternary.packing<cpu_panel2>}
func.func @unpack_empty(%b: tensor<0x0xi8>, %c: tensor<0x4x4x64xi8>, %i: tensor<0x50xi8>) {
  %t = ternary.unpack ins(%b : tensor<0x0xi8>) outs(%b : tensor<0x0xi8>)
      {packing = #ternary.packing<hf>} -> tensor<0x0xi8>
  %u = ternary.unpack ins(%c : tensor<0x4x4x64xi8>) outs(%i : tensor<0x50xi8>)
      {packing = #ternary.packing<cpu_panel2>} -> tensor<0x50xi8>
  return
}

//===----------------------------------------------------------------------===//
// repack
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @repack
// CHECK: ternary.repack ins(%{{.*}} : tensor<8x3xi8>) shape(8, 10) outs(%{{.*}} : tensor<2x10xi8>) {packing = #ternary.packing<hf>, source = #ternary.packing<chimera>} -> tensor<2x10xi8>
// GENERIC-LABEL: sym_name = "repack"
// GENERIC: "ternary.repack"(%{{.*}}, %{{.*}}) <{
// GENERIC-SAME: operandSegmentSizes = array<i32: 1, 0, 0, 1>
// GENERIC-SAME: static_shape = array<i64: 8, 10>
func.func @repack(%bytes: tensor<8x3xi8>, %init: tensor<2x10xi8>) -> tensor<2x10xi8> {
  %hf = ternary.repack ins(%bytes : tensor<8x3xi8>) shape(8, 10)
      outs(%init : tensor<2x10xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<hf>}
      -> tensor<2x10xi8>
  return %hf : tensor<2x10xi8>
}

// CHECK-LABEL: func.func @repack_dynamic
// CHECK-SAME: %[[B:[^:]*]]: tensor<?xi8>, %[[N:[^:]*]]: index, %[[K:[^:]*]]: index
// CHECK: ternary.repack ins(%[[B]] : tensor<?xi8>) shape(%[[N]], %[[K]]) outs(%{{.*}} : tensor<?x?xi8>)
// CHECK: ternary.repack ins(%[[B]] : tensor<?xi8>) shape(%[[N]], 10) outs(%{{.*}} : tensor<?x3xi8>)
// GENERIC-LABEL: sym_name = "repack_dynamic"
// GENERIC: static_shape = array<i64: -9223372036854775808, -9223372036854775808>
// GENERIC: operandSegmentSizes = array<i32: 1, 1, 0, 1>
// GENERIC-SAME: static_shape = array<i64: -9223372036854775808, 10>
func.func @repack_dynamic(%b: tensor<?xi8>, %n: index, %k: index, %i: tensor<?x?xi8>, %j: tensor<?x3xi8>) {
  %0 = ternary.repack ins(%b : tensor<?xi8>) shape(%n, %k) outs(%i : tensor<?x?xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<chimera>}
      -> tensor<?x?xi8>
  %1 = ternary.repack ins(%b : tensor<?xi8>) shape(%n, 10) outs(%j : tensor<?x3xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<chimera>}
      -> tensor<?x3xi8>
  return
}

// CHECK-LABEL: func.func @repack_memref_with_scales
// CHECK: ternary.repack ins(%{{.*}} : memref<2x64xi8>) shape(2, 256) scales(%{{.*}} : memref<2x1xf32>) outs(%{{.*}} : memref<2x1x66xi8>) {packing = #ternary.packing<tq2_0>, source = #ternary.packing<torchao>}{{$}}
func.func @repack_memref_with_scales(%b: memref<2x64xi8>, %s: memref<2x1xf32>, %i: memref<2x1x66xi8>) {
  ternary.repack ins(%b : memref<2x64xi8>) shape(2, 256) scales(%s : memref<2x1xf32>)
      outs(%i : memref<2x1x66xi8>)
      {source = #ternary.packing<torchao>, packing = #ternary.packing<tq2_0>}
  return
}

// CHECK-LABEL: func.func @repack_empty
// CHECK: shape(0, 10)
// CHECK: shape(8, 0)
func.func @repack_empty(%b: tensor<0xi8>, %i: tensor<0x3xi8>, %j: tensor<8x0xi8>) {
  %0 = ternary.repack ins(%b : tensor<0xi8>) shape(0, 10) outs(%i : tensor<0x3xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<chimera>} -> tensor<0x3xi8>
  %1 = ternary.repack ins(%b : tensor<0xi8>) shape(8, 0) outs(%j : tensor<8x0xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<chimera>} -> tensor<8x0xi8>
  return
}

//===----------------------------------------------------------------------===//
// dequantize
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @dequantize
// CHECK: ternary.dequantize ins(%{{.*}} : tensor<8x3xi8>) scales(%{{.*}} : tensor<8xf32>) outs(%{{.*}} : tensor<8x10xf32>) {packing = #ternary.packing<chimera>} -> tensor<8x10xf32>
// GENERIC-LABEL: sym_name = "dequantize"
// GENERIC: "ternary.dequantize"(%{{.*}}, %{{.*}}, %{{.*}}) <{operandSegmentSizes = array<i32: 1, 1, 1>, packing = #ternary.packing<chimera>}>
func.func @dequantize(%bytes: tensor<8x3xi8>, %alpha: tensor<8xf32>, %init: tensor<8x10xf32>) -> tensor<8x10xf32> {
  %w = ternary.dequantize ins(%bytes : tensor<8x3xi8>)
      scales(%alpha : tensor<8xf32>) outs(%init : tensor<8x10xf32>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xf32>
  return %w : tensor<8x10xf32>
}

// CHECK-LABEL: func.func @dequantize_granularities
// CHECK: ternary.dequantize ins(%{{.*}} : tensor<8x10xi8>) outs(%{{.*}} : tensor<8x10xbf16>) -> tensor<8x10xbf16>
// CHECK: scales(%{{.*}} : tensor<f32>) outs(%{{.*}} : tensor<8x10xbf16>) -> tensor<8x10xbf16>
// CHECK: scales(%{{.*}} : tensor<8x3xf32>) outs(%{{.*}} : tensor<8x10xbf16>) {group_size = 4 : i64} -> tensor<8x10xbf16>
// CHECK: scales(%{{.*}} : tensor<8x?xf32>) outs(%{{.*}} : tensor<8x10xbf16>) {group_size = 100 : i64} -> tensor<8x10xbf16>
func.func @dequantize_granularities(%t: tensor<8x10xi8>, %s: tensor<f32>, %g: tensor<8x3xf32>,
                                    %h: tensor<8x?xf32>, %i: tensor<8x10xbf16>) {
  %0 = ternary.dequantize ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x10xbf16>) -> tensor<8x10xbf16>
  %1 = ternary.dequantize ins(%t : tensor<8x10xi8>) scales(%s : tensor<f32>)
      outs(%i : tensor<8x10xbf16>) -> tensor<8x10xbf16>
  %2 = ternary.dequantize ins(%t : tensor<8x10xi8>) scales(%g : tensor<8x3xf32>)
      outs(%i : tensor<8x10xbf16>) {group_size = 4 : i64} -> tensor<8x10xbf16>
  %3 = ternary.dequantize ins(%t : tensor<8x10xi8>) scales(%h : tensor<8x?xf32>)
      outs(%i : tensor<8x10xbf16>) {group_size = 100 : i64} -> tensor<8x10xbf16>
  return
}

// CHECK-LABEL: func.func @dequantize_memref
// CHECK: ternary.dequantize ins(%{{.*}} : memref<?xi8>) scales(%{{.*}} : memref<?x?xf32>) outs(%{{.*}} : memref<?x?xf16>) {group_size = 32 : i64, packing = #ternary.packing<base3>}{{$}}
func.func @dequantize_memref(%b: memref<?xi8>, %s: memref<?x?xf32>, %i: memref<?x?xf16>) {
  ternary.dequantize ins(%b : memref<?xi8>) scales(%s : memref<?x?xf32>)
      outs(%i : memref<?x?xf16>) {packing = #ternary.packing<base3>, group_size = 32 : i64}
  return
}

//===----------------------------------------------------------------------===//
// absmean, ternarize
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @absmean
// CHECK: ternary.absmean ins(%{{.*}} : tensor<8x10xf32>) outs(%{{.*}} : tensor<8xf32>) -> tensor<8xf32>
// GENERIC-LABEL: sym_name = "absmean"
// GENERIC: "ternary.absmean"(%{{.*}}, %{{.*}}) <{eps = 9.99999974E-6 : f32}>
func.func @absmean(%w: tensor<8x10xf32>, %init: tensor<8xf32>) -> tensor<8xf32> {
  %alpha = ternary.absmean ins(%w : tensor<8x10xf32>)
      outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %alpha : tensor<8xf32>
}

// CHECK-LABEL: func.func @absmean_granularities
// CHECK: outs(%{{.*}} : tensor<f32>) {eps = 9.99999997E-7 : f32} -> tensor<f32>
// CHECK: outs(%{{.*}} : tensor<8x3xf32>) {group_size = 4 : i64} -> tensor<8x3xf32>
// CHECK: ternary.absmean ins(%{{.*}} : memref<?x?xbf16>) outs(%{{.*}} : memref<?xf32>){{$}}
// CHECK: ternary.absmean ins(%{{.*}} : tensor<0x0xf16>) outs(%{{.*}} : tensor<0x0xf32>) {group_size = 1 : i64}
func.func @absmean_granularities(%w: tensor<8x10xf32>, %i: tensor<f32>, %j: tensor<8x3xf32>,
                                 %m: memref<?x?xbf16>, %o: memref<?xf32>,
                                 %e: tensor<0x0xf16>, %f: tensor<0x0xf32>) {
  %0 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%i : tensor<f32>)
      {eps = 1.0e-6 : f32} -> tensor<f32>
  %1 = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%j : tensor<8x3xf32>)
      {group_size = 4 : i64} -> tensor<8x3xf32>
  ternary.absmean ins(%m : memref<?x?xbf16>) outs(%o : memref<?xf32>)
  %2 = ternary.absmean ins(%e : tensor<0x0xf16>) outs(%f : tensor<0x0xf32>)
      {group_size = 1 : i64} -> tensor<0x0xf32>
  return
}

// CHECK-LABEL: func.func @ternarize
// CHECK: ternary.ternarize ins(%{{.*}} : tensor<8x10xf32>) scales(%{{.*}} : tensor<8xf32>) outs(%{{.*}} : tensor<8x10xi8>) -> tensor<8x10xi8>
// GENERIC-LABEL: sym_name = "ternarize"
// GENERIC: "ternary.ternarize"(%{{.*}}, %{{.*}}, %{{.*}}) <{eps = 9.99999974E-6 : f32, method = #ternary<method round>, operandSegmentSizes = array<i32: 1, 1, 1>}>
func.func @ternarize(%w: tensor<8x10xf32>, %alpha: tensor<8xf32>, %init: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %q = ternary.ternarize ins(%w : tensor<8x10xf32>)
      scales(%alpha : tensor<8xf32>) outs(%init : tensor<8x10xi8>)
      -> tensor<8x10xi8>
  return %q : tensor<8x10xi8>
}

// CHECK-LABEL: func.func @ternarize_methods
// CHECK: ternary.ternarize ins(%{{.*}} : tensor<8x10xf32>) outs(%{{.*}} : tensor<8x10xi8>) {method = #ternary<method threshold>, threshold = 5.000000e-02 : f32} -> tensor<8x10xi8>
// CHECK: scales(%{{.*}} : tensor<f32>) outs(%{{.*}} : tensor<8x10xi8>) {method = #ternary<method lsq>} -> tensor<8x10xi8>
// CHECK: scales(%{{.*}} : tensor<8x3xf32>) outs(%{{.*}} : tensor<8x10xi8>) {group_size = 4 : i64} -> tensor<8x10xi8>
// CHECK: ternary.ternarize ins(%{{.*}} : memref<?x0xf16>) scales(%{{.*}} : memref<?xf32>) outs(%{{.*}} : memref<?x0xi8>){{$}}
func.func @ternarize_methods(%w: tensor<8x10xf32>, %s: tensor<f32>, %g: tensor<8x3xf32>, %i: tensor<8x10xi8>,
                             %m: memref<?x0xf16>, %a: memref<?xf32>, %o: memref<?x0xi8>) {
  %0 = ternary.ternarize ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x10xi8>)
      {method = #ternary<method threshold>, threshold = 0.05 : f32} -> tensor<8x10xi8>
  %1 = ternary.ternarize ins(%w : tensor<8x10xf32>) scales(%s : tensor<f32>)
      outs(%i : tensor<8x10xi8>) {method = #ternary<method lsq>} -> tensor<8x10xi8>
  %2 = ternary.ternarize ins(%w : tensor<8x10xf32>) scales(%g : tensor<8x3xf32>)
      outs(%i : tensor<8x10xi8>) {group_size = 4 : i64} -> tensor<8x10xi8>
  ternary.ternarize ins(%m : memref<?x0xf16>) scales(%a : memref<?xf32>) outs(%o : memref<?x0xi8>)
  return
}

//===----------------------------------------------------------------------===//
// quantize_activation, dequantize_activation
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @quantize_activation
// CHECK: %{{.*}}:2 = ternary.quantize_activation ins(%{{.*}} : tensor<4x10xf32>) outs(%{{.*}}, %{{.*}} : tensor<4x10xi8>, tensor<4xf32>) -> tensor<4x10xi8>, tensor<4xf32>
// GENERIC-LABEL: sym_name = "quantize_activation"
// GENERIC: "ternary.quantize_activation"(%{{.*}}, %{{.*}}, %{{.*}}) <{bits = 8 : i64, eps = 9.99999974E-6 : f32, scale_form = #ternary<scale_form multiplier>}>
func.func @quantize_activation(%x: tensor<4x10xf32>, %qi: tensor<4x10xi8>, %si: tensor<4xf32>) -> (tensor<4x10xi8>, tensor<4xf32>) {
  %q, %s = ternary.quantize_activation ins(%x : tensor<4x10xf32>)
      outs(%qi, %si : tensor<4x10xi8>, tensor<4xf32>)
      -> tensor<4x10xi8>, tensor<4xf32>
  return %q, %s : tensor<4x10xi8>, tensor<4xf32>
}

// A token may be the whole input, and tokens may have any number of axes.

// CHECK-LABEL: func.func @quantize_activation_shapes
// CHECK: outs(%{{.*}}, %{{.*}} : tensor<?xi8>, tensor<f32>) {bits = 2 : i64, scale_form = #ternary<scale_form absmax>} -> tensor<?xi8>, tensor<f32>
// CHECK: outs(%{{.*}}, %{{.*}} : tensor<2x?x7xi32>, tensor<2x?xf32>) {bits = 16 : i64, eps = 0.000000e+00 : f32} -> tensor<2x?x7xi32>, tensor<2x?xf32>
// CHECK: ternary.quantize_activation ins(%{{.*}} : memref<0x?xbf16>) outs(%{{.*}}, %{{.*}} : memref<0x?xi16>, memref<0xf32>){{$}}
func.func @quantize_activation_shapes(%x: tensor<?xf32>, %qi: tensor<?xi8>, %si: tensor<f32>,
                                      %y: tensor<2x?x7xf16>, %qj: tensor<2x?x7xi32>, %sj: tensor<2x?xf32>,
                                      %z: memref<0x?xbf16>, %qk: memref<0x?xi16>, %sk: memref<0xf32>) {
  %0:2 = ternary.quantize_activation ins(%x : tensor<?xf32>) outs(%qi, %si : tensor<?xi8>, tensor<f32>)
      {bits = 2 : i64, scale_form = #ternary<scale_form absmax>} -> tensor<?xi8>, tensor<f32>
  %1:2 = ternary.quantize_activation ins(%y : tensor<2x?x7xf16>)
      outs(%qj, %sj : tensor<2x?x7xi32>, tensor<2x?xf32>)
      {bits = 16 : i64, eps = 0.0 : f32} -> tensor<2x?x7xi32>, tensor<2x?xf32>
  ternary.quantize_activation ins(%z : memref<0x?xbf16>) outs(%qk, %sk : memref<0x?xi16>, memref<0xf32>)
  return
}

// CHECK-LABEL: func.func @dequantize_activation
// CHECK: ternary.dequantize_activation ins(%{{.*}} : tensor<4x10xi8>) scales(%{{.*}} : tensor<4xf32>) outs(%{{.*}} : tensor<4x10xf32>) -> tensor<4x10xf32>
// CHECK: ternary.dequantize_activation ins(%{{.*}} : memref<?xi32>) scales(%{{.*}} : memref<f32>) outs(%{{.*}} : memref<?xf32>) {bits = 16 : i64, scale_form = #ternary<scale_form absmax>}{{$}}
// GENERIC-LABEL: sym_name = "dequantize_activation"
// GENERIC: "ternary.dequantize_activation"(%{{.*}}, %{{.*}}, %{{.*}}) <{bits = 8 : i64, scale_form = #ternary<scale_form multiplier>}>
func.func @dequantize_activation(%q: tensor<4x10xi8>, %s: tensor<4xf32>, %init: tensor<4x10xf32>,
                                 %m: memref<?xi32>, %n: memref<f32>, %o: memref<?xf32>) -> tensor<4x10xf32> {
  %x = ternary.dequantize_activation ins(%q : tensor<4x10xi8>)
      scales(%s : tensor<4xf32>) outs(%init : tensor<4x10xf32>)
      -> tensor<4x10xf32>
  ternary.dequantize_activation ins(%m : memref<?xi32>) scales(%n : memref<f32>) outs(%o : memref<?xf32>)
      {bits = 16 : i64, scale_form = #ternary<scale_form absmax>}
  return %x : tensor<4x10xf32>
}

//===----------------------------------------------------------------------===//
// sparsify, nonzero_mask, decompose, deadzone_stats
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @sparsify
// CHECK: ternary.sparsify ins(%{{.*}} : tensor<8x12xi8>) magnitude(%{{.*}} : tensor<8x12xf32>) outs(%{{.*}} : tensor<8x12xi8>) -> tensor<8x12xi8>
// CHECK: ternary.sparsify ins(%{{.*}} : tensor<8x12xi8>) outs(%{{.*}} : tensor<8x12xi8>) {m = 8 : i64, n = 1 : i64} -> tensor<8x12xi8>
// CHECK: ternary.sparsify ins(%{{.*}} : memref<?x?xf16>) outs(%{{.*}} : memref<?x?xf16>) {m = 64 : i64, n = 0 : i64}{{$}}
// GENERIC-LABEL: sym_name = "sparsify"
// GENERIC: "ternary.sparsify"(%{{.*}}, %{{.*}}, %{{.*}}) <{m = 4 : i64, n = 2 : i64, operandSegmentSizes = array<i32: 1, 1, 1>}>
func.func @sparsify(%q: tensor<8x12xi8>, %w: tensor<8x12xf32>, %init: tensor<8x12xi8>, %m: memref<?x?xf16>, %o: memref<?x?xf16>) -> tensor<8x12xi8> {
  %s = ternary.sparsify ins(%q : tensor<8x12xi8>)
      magnitude(%w : tensor<8x12xf32>) outs(%init : tensor<8x12xi8>)
      {n = 2, m = 4} -> tensor<8x12xi8>
  %t = ternary.sparsify ins(%q : tensor<8x12xi8>) outs(%init : tensor<8x12xi8>)
      {n = 1, m = 8} -> tensor<8x12xi8>
  ternary.sparsify ins(%m : memref<?x?xf16>) outs(%o : memref<?x?xf16>) {n = 0, m = 64}
  return %s : tensor<8x12xi8>
}

// CHECK-LABEL: func.func @nonzero_mask
// CHECK: ternary.nonzero_mask ins(%{{.*}} : tensor<8x3xi8>) outs(%{{.*}} : tensor<8x10xi1>) {packing = #ternary.packing<chimera>} -> tensor<8x10xi1>
// CHECK: ternary.nonzero_mask ins(%{{.*}} : memref<0x?xi8>) outs(%{{.*}} : memref<0x?xi1>){{$}}
// GENERIC-LABEL: sym_name = "nonzero_mask"
// GENERIC: "ternary.nonzero_mask"(%{{.*}}, %{{.*}}) <{packing = #ternary.packing<chimera>}>
func.func @nonzero_mask(%bytes: tensor<8x3xi8>, %init: tensor<8x10xi1>, %m: memref<0x?xi8>, %o: memref<0x?xi1>) -> tensor<8x10xi1> {
  %mask = ternary.nonzero_mask ins(%bytes : tensor<8x3xi8>)
      outs(%init : tensor<8x10xi1>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xi1>
  ternary.nonzero_mask ins(%m : memref<0x?xi8>) outs(%o : memref<0x?xi1>)
  return %mask : tensor<8x10xi1>
}

// CHECK-LABEL: func.func @decompose
// CHECK: %{{.*}}:2 = ternary.decompose ins(%{{.*}} : tensor<8x10xf32>) outs(%{{.*}}, %{{.*}} : tensor<3x8x10xi8>, tensor<3x8xf32>) -> tensor<3x8x10xi8>, tensor<3x8xf32>
// GENERIC-LABEL: sym_name = "decompose"
// GENERIC: "ternary.decompose"(%{{.*}}, %{{.*}}, %{{.*}}) <{eps = 9.99999974E-6 : f32}>
func.func @decompose(%w: tensor<8x10xf32>, %ti: tensor<3x8x10xi8>, %gi: tensor<3x8xf32>) -> (tensor<3x8x10xi8>, tensor<3x8xf32>) {
  %t, %g = ternary.decompose ins(%w : tensor<8x10xf32>)
      outs(%ti, %gi : tensor<3x8x10xi8>, tensor<3x8xf32>)
      -> tensor<3x8x10xi8>, tensor<3x8xf32>
  return %t, %g : tensor<3x8x10xi8>, tensor<3x8xf32>
}

// CHECK-LABEL: func.func @decompose_forms
// CHECK: outs(%{{.*}}, %{{.*}} : tensor<0x?x?xi8>, tensor<0xf32>) -> tensor<0x?x?xi8>, tensor<0xf32>
// CHECK: ternary.decompose ins(%{{.*}} : memref<?x0xf32>) outs(%{{.*}}, %{{.*}} : memref<2x?x0xi8>, memref<2x?xf32>) {eps = 1.000000e-03 : f32}{{$}}
func.func @decompose_forms(%w: tensor<?x?xf32>, %ti: tensor<0x?x?xi8>, %gi: tensor<0xf32>,
                           %m: memref<?x0xf32>, %tj: memref<2x?x0xi8>, %gj: memref<2x?xf32>) {
  %0:2 = ternary.decompose ins(%w : tensor<?x?xf32>) outs(%ti, %gi : tensor<0x?x?xi8>, tensor<0xf32>)
      -> tensor<0x?x?xi8>, tensor<0xf32>
  ternary.decompose ins(%m : memref<?x0xf32>) outs(%tj, %gj : memref<2x?x0xi8>, memref<2x?xf32>)
      {eps = 1.0e-3 : f32}
  return
}

// CHECK-LABEL: func.func @deadzone_stats
// CHECK: ternary.deadzone_stats ins(%{{.*}} : tensor<8x10xf32>) outs(%{{.*}} : tensor<6xf32>) -> tensor<6xf32>
// CHECK: ternary.deadzone_stats ins(%{{.*}} : memref<?x0xf32>) outs(%{{.*}} : memref<?xf32>) {band = 2.500000e-01 : f32}{{$}}
// GENERIC-LABEL: sym_name = "deadzone_stats"
// GENERIC: "ternary.deadzone_stats"(%{{.*}}, %{{.*}}) <{band = 1.000000e-01 : f32, eps = 9.99999974E-6 : f32}>
func.func @deadzone_stats(%w: tensor<8x10xf32>, %init: tensor<6xf32>, %m: memref<?x0xf32>, %o: memref<?xf32>) -> tensor<6xf32> {
  %stats = ternary.deadzone_stats ins(%w : tensor<8x10xf32>)
      outs(%init : tensor<6xf32>) -> tensor<6xf32>
  ternary.deadzone_stats ins(%m : memref<?x0xf32>) outs(%o : memref<?xf32>) {band = 0.25 : f32}
  return %stats : tensor<6xf32>
}

//===----------------------------------------------------------------------===//
// bitlinear
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @bitlinear
// CHECK: ternary.bitlinear ins(%{{.*}} : tensor<?x10xi8>) weights(%{{.*}} : tensor<8x3xi8>) scales(%{{.*}} : tensor<8xf32>) activation_scale(%{{.*}} : tensor<?xf32>) bias(%{{.*}} : tensor<8xf32>) outs(%{{.*}} : tensor<?x8xf32>) {packing = #ternary.packing<chimera>} -> tensor<?x8xf32>
// GENERIC-LABEL: sym_name = "bitlinear"
// GENERIC: "ternary.bitlinear"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{
// GENERIC-SAME: operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1>
func.func @bitlinear(%x: tensor<?x10xi8>, %bytes: tensor<8x3xi8>, %alpha: tensor<8xf32>, %s: tensor<?xf32>,
                     %b: tensor<8xf32>, %init: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x10xi8>)
      weights(%bytes : tensor<8x3xi8>) scales(%alpha : tensor<8xf32>)
      activation_scale(%s : tensor<?xf32>) bias(%b : tensor<8xf32>)
      outs(%init : tensor<?x8xf32>)
      {packing = #ternary.packing<chimera>} -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @bitlinear_exact
// CHECK: ternary.bitlinear ins(%{{.*}} : tensor<10xi8>) weights(%{{.*}} : tensor<8x10xi8>) outs(%{{.*}} : tensor<8xi32>) -> tensor<8xi32>
func.func @bitlinear_exact(%x: tensor<10xi8>, %w: tensor<8x10xi8>, %init: tensor<8xi32>) -> tensor<8xi32> {
  %y = ternary.bitlinear ins(%x : tensor<10xi8>) weights(%w : tensor<8x10xi8>)
      outs(%init : tensor<8xi32>) -> tensor<8xi32>
  return %y : tensor<8xi32>
}

// Each component may have a granularity of its own.

// CHECK-LABEL: func.func @bitlinear_components
// CHECK: weights(%{{.*}}, %{{.*}}, %{{.*}} : tensor<16xi8>, tensor<16xi8>, tensor<16xi8>) scales(%{{.*}}, %{{.*}}, %{{.*}} : tensor<f32>, tensor<8xf32>, tensor<8x3xf32>) outs(%{{.*}} : tensor<2x3x8xf16>) {group_size = 4 : i64, packing = #ternary.packing<base3>} -> tensor<2x3x8xf16>
// GENERIC-LABEL: sym_name = "bitlinear_components"
// GENERIC: operandSegmentSizes = array<i32: 1, 3, 3, 0, 0, 1>
func.func @bitlinear_components(%x: tensor<2x3x10xf16>, %w: tensor<16xi8>, %s: tensor<f32>, %t: tensor<8xf32>,
                                %g: tensor<8x3xf32>, %init: tensor<2x3x8xf16>) -> tensor<2x3x8xf16> {
  %y = ternary.bitlinear ins(%x : tensor<2x3x10xf16>)
      weights(%w, %w, %w : tensor<16xi8>, tensor<16xi8>, tensor<16xi8>)
      scales(%s, %t, %g : tensor<f32>, tensor<8xf32>, tensor<8x3xf32>)
      outs(%init : tensor<2x3x8xf16>) {packing = #ternary.packing<base3>, group_size = 4 : i64}
      -> tensor<2x3x8xf16>
  return %y : tensor<2x3x8xf16>
}

// CHECK-LABEL: func.func @bitlinear_no_component
// CHECK: ternary.bitlinear ins(%{{.*}} : tensor<?x10xf32>) weights() bias(%{{.*}} : tensor<8xi32>) outs(%{{.*}} : tensor<?x8xf32>) -> tensor<?x8xf32>
func.func @bitlinear_no_component(%x: tensor<?x10xf32>, %b: tensor<8xi32>, %init: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = ternary.bitlinear ins(%x : tensor<?x10xf32>) weights() bias(%b : tensor<8xi32>)
      outs(%init : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @bitlinear_round_operands
// CHECK: outs(%{{.*}} : tensor<1x8xf32>) {round_operands = f16} -> tensor<1x8xf32>
func.func @bitlinear_round_operands(%x: tensor<1x10xf32>, %w: tensor<8x10xi8>, %init: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %y = ternary.bitlinear ins(%x : tensor<1x10xf32>) weights(%w : tensor<8x10xi8>)
      outs(%init : tensor<1x8xf32>) {round_operands = f16} -> tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}

// CHECK-LABEL: func.func @bitlinear_memref
// CHECK: ternary.bitlinear ins(%{{.*}} : memref<?x?xi8>) weights(%{{.*}} : memref<?x?x?x64xi8>) activation_scale(%{{.*}} : memref<?xf32>) outs(%{{.*}} : memref<?x?xbf16>) {packing = #ternary.packing<cpu_panel2>}{{$}}
func.func @bitlinear_memref(%x: memref<?x?xi8>, %w: memref<?x?x?x64xi8>, %s: memref<?xf32>, %y: memref<?x?xbf16>) {
  ternary.bitlinear ins(%x : memref<?x?xi8>) weights(%w : memref<?x?x?x64xi8>)
      activation_scale(%s : memref<?xf32>) outs(%y : memref<?x?xbf16>)
      {packing = #ternary.packing<cpu_panel2>}
  return
}

// CHECK-LABEL: func.func @bitlinear_empty
// CHECK: ins(%{{.*}} : tensor<0x10xi8>)
// CHECK: ins(%{{.*}} : tensor<4x0xi8>)
// CHECK: outs(%{{.*}} : tensor<4x0xi32>)
func.func @bitlinear_empty(%x: tensor<0x10xi8>, %w: tensor<8x10xi8>, %i: tensor<0x8xi32>,
                           %y: tensor<4x0xi8>, %v: tensor<8x0xi8>, %j: tensor<4x8xi32>,
                           %z: tensor<4x10xi8>, %u: tensor<0x10xi8>, %k: tensor<4x0xi32>) {
  %0 = ternary.bitlinear ins(%x : tensor<0x10xi8>) weights(%w : tensor<8x10xi8>)
      outs(%i : tensor<0x8xi32>) -> tensor<0x8xi32>
  %1 = ternary.bitlinear ins(%y : tensor<4x0xi8>) weights(%v : tensor<8x0xi8>)
      outs(%j : tensor<4x8xi32>) -> tensor<4x8xi32>
  %2 = ternary.bitlinear ins(%z : tensor<4x10xi8>) weights(%u : tensor<0x10xi8>)
      outs(%k : tensor<4x0xi32>) -> tensor<4x0xi32>
  return
}

//===----------------------------------------------------------------------===//
// embedding
//===----------------------------------------------------------------------===//

// Exponents, of each form of scales, beside factors.

// CHECK-LABEL: func.func @bitlinear_exponents
// CHECK: ternary.bitlinear {{.*}} scales(%{{.*}}, %{{.*}} : tensor<8x3xi8>, tensor<8xf32>)
// CHECK: ternary.bitlinear {{.*}} scales(%{{.*}}, %{{.*}} : tensor<i8>, tensor<2x3x4xi8>)
func.func @bitlinear_exponents(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %e: tensor<8x3xi8>, %s: tensor<8xf32>,
                               %t: tensor<i8>, %b: tensor<2x3x4xi8>, %init: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w, %w : tensor<8x10xi8>, tensor<8x10xi8>)
      scales(%e, %s : tensor<8x3xi8>, tensor<8xf32>) outs(%init : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  %1 = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w, %w : tensor<8x10xi8>, tensor<8x10xi8>)
      scales(%t, %b : tensor<i8>, tensor<2x3x4xi8>) outs(%0 : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @embedding
// CHECK: ternary.embedding ins(%{{.*}} : tensor<5xi64>) table(%{{.*}} : tensor<16xi8>) shape(8, 10) scales(%{{.*}} : tensor<8xf32>) outs(%{{.*}} : tensor<5x10xf32>) {packing = #ternary.packing<base3>} -> tensor<5x10xf32>
// GENERIC-LABEL: sym_name = "embedding"
// GENERIC: "ternary.embedding"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{
// GENERIC-SAME: operandSegmentSizes = array<i32: 1, 1, 0, 1, 1>
func.func @embedding(%ids: tensor<5xi64>, %bytes: tensor<16xi8>, %s: tensor<8xf32>, %init: tensor<5x10xf32>) -> tensor<5x10xf32> {
  %rows = ternary.embedding ins(%ids : tensor<5xi64>)
      table(%bytes : tensor<16xi8>) shape(8, 10)
      scales(%s : tensor<8xf32>) outs(%init : tensor<5x10xf32>)
      {packing = #ternary.packing<base3>} -> tensor<5x10xf32>
  return %rows : tensor<5x10xf32>
}

// CHECK-LABEL: func.func @embedding_forms
// CHECK: ternary.embedding ins(%{{.*}} : tensor<i32>) table(%{{.*}} : tensor<8x10xi8>) shape(8, 10) outs(%{{.*}} : tensor<10xf16>) -> tensor<10xf16>
// CHECK: ternary.embedding ins(%{{.*}} : memref<2x?xi32>) table(%{{.*}} : memref<?x?xi8>) shape(%{{.*}}, 10) scales(%{{.*}} : memref<?x3xf32>) outs(%{{.*}} : memref<2x?x10xf32>) {group_size = 4 : i64, packing = #ternary.packing<chimera>}{{$}}
// CHECK: shape(0, 10) outs(%{{.*}} : tensor<10xf16>)
func.func @embedding_forms(%id: tensor<i32>, %t: tensor<8x10xi8>, %i: tensor<10xf16>,
                           %ids: memref<2x?xi32>, %u: memref<?x?xi8>, %v: index, %s: memref<?x3xf32>, %o: memref<2x?x10xf32>,
                           %e: tensor<0x10xi8>) {
  %0 = ternary.embedding ins(%id : tensor<i32>) table(%t : tensor<8x10xi8>) shape(8, 10)
      outs(%i : tensor<10xf16>) -> tensor<10xf16>
  ternary.embedding ins(%ids : memref<2x?xi32>) table(%u : memref<?x?xi8>) shape(%v, 10)
      scales(%s : memref<?x3xf32>) outs(%o : memref<2x?x10xf32>)
      {packing = #ternary.packing<chimera>, group_size = 4 : i64}
  %1 = ternary.embedding ins(%id : tensor<i32>) table(%e : tensor<0x10xi8>) shape(0, 10)
      outs(%i : tensor<10xf16>) -> tensor<10xf16>
  return
}

//===----------------------------------------------------------------------===//
// rms_norm, rms_norm_backward
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @rms_norm
// CHECK: ternary.rms_norm ins(%{{.*}} : tensor<4x10xf32>) weight(%{{.*}} : tensor<10xf32>) outs(%{{.*}} : tensor<4x10xf32>) {eps = 9.99999997E-7 : f32} -> tensor<4x10xf32>
// GENERIC-LABEL: sym_name = "rms_norm"
// GENERIC: "ternary.rms_norm"(%{{.*}}, %{{.*}}, %{{.*}}) <{eps = 9.99999997E-7 : f32, operandSegmentSizes = array<i32: 1, 1, 0, 1>}>
func.func @rms_norm(%x: tensor<4x10xf32>, %w: tensor<10xf32>, %init: tensor<4x10xf32>) -> tensor<4x10xf32> {
  %y = ternary.rms_norm ins(%x : tensor<4x10xf32>)
      weight(%w : tensor<10xf32>) outs(%init : tensor<4x10xf32>)
      {eps = 1.0e-6 : f32} -> tensor<4x10xf32>
  return %y : tensor<4x10xf32>
}

// CHECK-LABEL: func.func @rms_norm_forms
// CHECK: ternary.rms_norm ins(%{{.*}} : tensor<?xbf16>) outs(%{{.*}} : tensor<?xf32>) -> tensor<?xf32>
// CHECK: weight(%{{.*}} : tensor<2xi8>) scales(%{{.*}} : tensor<f32>) outs(%{{.*}} : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
// CHECK: weight(%{{.*}} : tensor<1x10xi8>) scales(%{{.*}} : tensor<1x3xf32>) outs(%{{.*}} : tensor<4x10xf32>) {group_size = 4 : i64} -> tensor<4x10xf32>
// CHECK: ternary.rms_norm ins(%{{.*}} : memref<0x2x?xf16>) weight(%{{.*}} : memref<?xf32>) outs(%{{.*}} : memref<0x2x?xf16>){{$}}
func.func @rms_norm_forms(%v: tensor<?xbf16>, %i: tensor<?xf32>, %x: tensor<4x10xf32>, %w: tensor<2xi8>,
                          %t: tensor<1x10xi8>, %s: tensor<f32>, %g: tensor<1x3xf32>, %j: tensor<4x10xf32>,
                          %m: memref<0x2x?xf16>, %n: memref<?xf32>, %o: memref<0x2x?xf16>) {
  %0 = ternary.rms_norm ins(%v : tensor<?xbf16>) outs(%i : tensor<?xf32>) -> tensor<?xf32>
  %1 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<2xi8>) scales(%s : tensor<f32>)
      outs(%j : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
  %2 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%t : tensor<1x10xi8>) scales(%g : tensor<1x3xf32>)
      outs(%j : tensor<4x10xf32>) {group_size = 4 : i64} -> tensor<4x10xf32>
  ternary.rms_norm ins(%m : memref<0x2x?xf16>) weight(%n : memref<?xf32>) outs(%o : memref<0x2x?xf16>)
  return
}

// CHECK-LABEL: func.func @rms_norm_backward
// CHECK: %{{.*}}:2 = ternary.rms_norm_backward ins(%{{.*}}, %{{.*}} : tensor<4x10xf32>, tensor<4x10xf32>) weight(%{{.*}} : tensor<10xf32>) outs(%{{.*}}, %{{.*}} : tensor<4x10xf32>, tensor<10xf32>) {eps = 9.99999997E-7 : f32} -> tensor<4x10xf32>, tensor<10xf32>
// CHECK: ternary.rms_norm_backward ins(%{{.*}}, %{{.*}} : memref<?xf32>, memref<?xf32>) weight(%{{.*}} : memref<?xf32>) outs(%{{.*}}, %{{.*}} : memref<?xf32>, memref<?xf32>){{$}}
// GENERIC-LABEL: sym_name = "rms_norm_backward"
// GENERIC: "ternary.rms_norm_backward"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{eps = 9.99999997E-7 : f32, operandSegmentSizes = array<i32: 1, 1, 1, 0, 2>}>
func.func @rms_norm_backward(%x: tensor<4x10xf32>, %g: tensor<4x10xf32>, %w: tensor<10xf32>, %gxi: tensor<4x10xf32>,
                             %gwi: tensor<10xf32>, %m: memref<?xf32>, %n: memref<?xf32>, %o: memref<?xf32>) -> (tensor<4x10xf32>, tensor<10xf32>) {
  %gx, %gw = ternary.rms_norm_backward
      ins(%x, %g : tensor<4x10xf32>, tensor<4x10xf32>)
      weight(%w : tensor<10xf32>)
      outs(%gxi, %gwi : tensor<4x10xf32>, tensor<10xf32>)
      {eps = 1.0e-6 : f32} -> tensor<4x10xf32>, tensor<10xf32>
  ternary.rms_norm_backward ins(%m, %m : memref<?xf32>, memref<?xf32>) weight(%m : memref<?xf32>)
      outs(%n, %o : memref<?xf32>, memref<?xf32>)
  return %gx, %gw : tensor<4x10xf32>, tensor<10xf32>
}

//===----------------------------------------------------------------------===//
// effective_exponent, exponent_init_mean, exponent_init_dim, regroup_scale
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @effective_exponent
// CHECK: ternary.effective_exponent ins(%{{.*}} : tensor<8x3xi8>) correlation(%{{.*}} : tensor<8x3xi64>) step(%{{.*}} : tensor<1xi64>) outs(%{{.*}} : tensor<8x3xf32>) {group_size = 4 : i64} -> tensor<8x3xf32>
// GENERIC-LABEL: sym_name = "effective_exponent"
// GENERIC: "ternary.effective_exponent"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{group_size = 4 : i64, operandSegmentSizes = array<i32: 1, 1, 1, 1>, strength = 4.000000e+00 : f32}>
func.func @effective_exponent(%e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %init: tensor<8x3xf32>) -> tensor<8x3xf32> {
  %s = ternary.effective_exponent ins(%e : tensor<8x3xi8>)
      correlation(%c : tensor<8x3xi64>) step(%t : tensor<1xi64>)
      outs(%init : tensor<8x3xf32>) {group_size = 4 : i64}
      -> tensor<8x3xf32>
  return %s : tensor<8x3xf32>
}

// CHECK-LABEL: func.func @effective_exponent_forms
// CHECK: ternary.effective_exponent ins(%{{.*}} : tensor<?x?xi8>) outs(%{{.*}} : tensor<?x?xf32>) {group_size = 1 : i64} -> tensor<?x?xf32>
// CHECK: ternary.effective_exponent ins(%{{.*}} : memref<0x3xi8>) correlation(%{{.*}} : memref<0x3xi64>) step(%{{.*}} : memref<i64>) outs(%{{.*}} : memref<0x3xf32>) {clamp_max = 1.500000e+01 : f32, clamp_min = -1.400000e+01 : f32, correlate_at_zero, group_size = 32 : i64, strength = 1.000000e+00 : f32}{{$}}
func.func @effective_exponent_forms(%e: tensor<?x?xi8>, %i: tensor<?x?xf32>, %m: memref<0x3xi8>, %c: memref<0x3xi64>,
                                    %t: memref<i64>, %o: memref<0x3xf32>) {
  %0 = ternary.effective_exponent ins(%e : tensor<?x?xi8>) outs(%i : tensor<?x?xf32>)
      {group_size = 1 : i64} -> tensor<?x?xf32>
  ternary.effective_exponent ins(%m : memref<0x3xi8>) correlation(%c : memref<0x3xi64>) step(%t : memref<i64>)
      outs(%o : memref<0x3xf32>)
      {group_size = 32 : i64, strength = 1.0 : f32, correlate_at_zero, clamp_min = -14.0 : f32, clamp_max = 15.0 : f32}
  return
}

// CHECK-LABEL: func.func @exponent_init_mean
// CHECK: ternary.exponent_init_mean ins(%{{.*}} : tensor<8x10xf32>) outs(%{{.*}} : tensor<8x3xi8>) {group_size = 4 : i64} -> tensor<8x3xi8>
// CHECK: ternary.exponent_init_mean ins(%{{.*}} : memref<?x0xi8>) outs(%{{.*}} : memref<?x0xi8>) {group_size = 4 : i64, ragged = #ternary<ragged_mean group_size>, rounding = #ternary<exponent_rounding truncate>}{{$}}
// GENERIC-LABEL: sym_name = "exponent_init_mean"
// GENERIC: "ternary.exponent_init_mean"(%{{.*}}, %{{.*}}) <{group_size = 4 : i64, ragged = #ternary<ragged_mean length>, rounding = #ternary<exponent_rounding nearest>}>
func.func @exponent_init_mean(%w: tensor<8x10xf32>, %init: tensor<8x3xi8>, %m: memref<?x0xi8>, %o: memref<?x0xi8>) -> tensor<8x3xi8> {
  %e = ternary.exponent_init_mean ins(%w : tensor<8x10xf32>)
      outs(%init : tensor<8x3xi8>) {group_size = 4 : i64} -> tensor<8x3xi8>
  ternary.exponent_init_mean ins(%m : memref<?x0xi8>) outs(%o : memref<?x0xi8>)
      {group_size = 4 : i64, rounding = #ternary<exponent_rounding truncate>, ragged = #ternary<ragged_mean group_size>}
  return %e : tensor<8x3xi8>
}

// CHECK-LABEL: func.func @exponent_init_dim
// CHECK: ternary.exponent_init_dim ins(%{{.*}}) outs(%{{.*}} : tensor<8x3xi8>) -> tensor<8x3xi8>
// CHECK: ternary.exponent_init_dim ins(%{{.*}}) outs(%{{.*}} : memref<?x?xi8>){{$}}
// GENERIC-LABEL: sym_name = "exponent_init_dim"
// GENERIC: "ternary.exponent_init_dim"(%{{.*}}, %{{.*}}) : (index, tensor<8x3xi8>) -> tensor<8x3xi8>
func.func @exponent_init_dim(%k: index, %init: tensor<8x3xi8>, %m: memref<?x?xi8>) -> tensor<8x3xi8> {
  %e = ternary.exponent_init_dim ins(%k) outs(%init : tensor<8x3xi8>)
      -> tensor<8x3xi8>
  ternary.exponent_init_dim ins(%k) outs(%m : memref<?x?xi8>)
  return %e : tensor<8x3xi8>
}

// CHECK-LABEL: func.func @regroup_scale
// CHECK: %{{.*}}:3 = ternary.regroup_scale ins(%{{.*}} : tensor<16xi8>) shape(8, 10) state(%{{.*}}, %{{.*}}, %{{.*}} : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>) outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {group_size = 8 : i64, old_group_size = 4 : i64, packing = #ternary.packing<base3>} -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
// GENERIC-LABEL: sym_name = "regroup_scale"
// GENERIC: "ternary.regroup_scale"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{
// GENERIC-SAME: operandSegmentSizes = array<i32: 1, 0, 1, 1, 1, 3>
func.func @regroup_scale(%bytes: tensor<16xi8>, %e0: tensor<8x3xi8>, %c0: tensor<8x3xi64>, %t0: tensor<1xi64>,
                         %ei: tensor<8x2xi8>, %ci: tensor<8x2xi64>, %ti: tensor<1xi64>)
    -> (tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {
  %e, %c, %t = ternary.regroup_scale ins(%bytes : tensor<16xi8>) shape(8, 10)
      state(%e0, %c0, %t0 : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>)
      outs(%ei, %ci, %ti : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>)
      {packing = #ternary.packing<base3>, old_group_size = 4 : i64,
       group_size = 8 : i64}
      -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
  return %e, %c, %t : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
}

// CHECK-LABEL: func.func @regroup_scale_memref
// CHECK: ternary.regroup_scale ins(%{{.*}} : memref<?x?xi8>) shape(%{{.*}}, %{{.*}}) state(%{{.*}}, %{{.*}}, %{{.*}} : memref<?x?xi8>, memref<?x?xi64>, memref<i64>) outs(%{{.*}}, %{{.*}}, %{{.*}} : memref<?x?xi8>, memref<?x?xi64>, memref<i64>) {group_size = 2 : i64, old_group_size = 1 : i64, ragged = #ternary<ragged_mean group_size>, rounding = #ternary<exponent_rounding truncate>}{{$}}
func.func @regroup_scale_memref(%t: memref<?x?xi8>, %n: index, %k: index, %e: memref<?x?xi8>, %c: memref<?x?xi64>, %s: memref<i64>,
                                %f: memref<?x?xi8>, %d: memref<?x?xi64>, %r: memref<i64>) {
  ternary.regroup_scale ins(%t : memref<?x?xi8>) shape(%n, %k)
      state(%e, %c, %s : memref<?x?xi8>, memref<?x?xi64>, memref<i64>)
      outs(%f, %d, %r : memref<?x?xi8>, memref<?x?xi64>, memref<i64>)
      {old_group_size = 1 : i64, group_size = 2 : i64,
       rounding = #ternary<exponent_rounding truncate>, ragged = #ternary<ragged_mean group_size>}
  return
}

//===----------------------------------------------------------------------===//
// dot, dot_finish, decode, encode, look_up
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @dot
// CHECK-SAME: %[[B:[^:]*]]: vector<64xi8>, %[[X:[^:]*]]: vector<64xi8>, %[[C:[^:]*]]: vector<16xi32>
// CHECK: %[[A:.*]]:4 = ternary.dot %[[B]], [%[[X]], %[[X]], %[[X]], %[[X]]], [%[[C]], %[[C]], %[[C]], %[[C]]] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
// CHECK: ternary.dot_finish [%[[A]]#0, %[[A]]#1, %[[A]]#2, %[[A]]#3], %[[C]] {offset = 1 : i64, radix = 4 : i64} : vector<16xi32>
// GENERIC-LABEL: sym_name = "dot"
// GENERIC: "ternary.dot"({{.*}}) <{operandSegmentSizes = array<i32: 1, 4, 4>, radix = 4 : i64}> : (vector<64xi8>, vector<64xi8>, vector<64xi8>, vector<64xi8>, vector<64xi8>, vector<16xi32>, vector<16xi32>, vector<16xi32>, vector<16xi32>) -> (vector<16xi32>, vector<16xi32>, vector<16xi32>, vector<16xi32>)
// GENERIC: "ternary.dot_finish"({{.*}}) <{offset = 1 : i64, radix = 4 : i64}> : (vector<16xi32>, vector<16xi32>, vector<16xi32>, vector<16xi32>, vector<16xi32>) -> vector<16xi32>
func.func @dot(%bytes: vector<64xi8>, %x0: vector<64xi8>, %c0: vector<16xi32>) -> vector<16xi32> {
  %a:4 = ternary.dot %bytes, [%x0, %x0, %x0, %x0], [%c0, %c0, %c0, %c0]
      {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
  %y = ternary.dot_finish [%a#0, %a#1, %a#2, %a#3], %c0
      {radix = 4 : i64, offset = 1 : i64} : vector<16xi32>
  return %y : vector<16xi32>
}

// Digits that share their activations have a sum each.

// CHECK-LABEL: func.func @dot_shared
// CHECK-SAME: %[[B:[^:]*]]: vector<64xi8>, %[[X:[^:]*]]: vector<64xi8>, %[[C:[^:]*]]: vector<16xi32>
// CHECK: %[[A:.*]]:4 = ternary.dot %[[B]], [%[[X]]], [%[[C]], %[[C]], %[[C]], %[[C]]] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
// CHECK: ternary.dot_finish [%[[A]]#0, %[[A]]#1, %[[A]]#2, %[[A]]#3], %[[C]] {digit = 2 : i64, offset = 1 : i64, radix = 4 : i64} : vector<16xi32>
func.func @dot_shared(%bytes: vector<64xi8>, %x0: vector<64xi8>, %c0: vector<16xi32>) -> vector<16xi32> {
  %b:4 = ternary.dot %bytes, [%x0], [%c0, %c0, %c0, %c0]
      {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
  %y2 = ternary.dot_finish [%b#0, %b#1, %b#2, %b#3], %c0
      {radix = 4 : i64, digit = 2 : i64, offset = 1 : i64} : vector<16xi32>
  return %y2 : vector<16xi32>
}

// The descriptions name each value.

// CHECK-LABEL: func.func @dot_of_descriptions
func.func @dot_of_descriptions(%bytes: vector<64xi8>, %x0: vector<64xi8>, %x1: vector<64xi8>, %x2: vector<64xi8>, %x3: vector<64xi8>,
                               %c0: vector<16xi32>, %c1: vector<16xi32>, %c2: vector<16xi32>, %c3: vector<16xi32>,
                               %a0: vector<16xi32>, %a1: vector<16xi32>, %a2: vector<16xi32>, %a3: vector<16xi32>,
                               %b0: vector<16xi32>, %b1: vector<16xi32>, %b2: vector<16xi32>, %b3: vector<16xi32>, %sum: vector<16xi32>) {
  // CHECK: ternary.dot %
  %a:4 = ternary.dot %bytes, [%x0, %x1, %x2, %x3], [%c0, %c1, %c2, %c3]
      {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
  // CHECK: ternary.dot %{{.*}}, [%{{[^,]*}}], [
  %b:4 = ternary.dot %bytes, [%x0], [%c0, %c1, %c2, %c3]
      {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
  // CHECK: ternary.dot_finish [
  %y = ternary.dot_finish [%a0, %a1, %a2, %a3], %sum
      {radix = 4 : i64, offset = 1 : i64} : vector<16xi32>
  // CHECK: ternary.dot_finish [{{.*}} {digit = 2 : i64
  %y2 = ternary.dot_finish [%b0, %b1, %b2, %b3], %sum
      {radix = 4 : i64, digit = 2 : i64, offset = 1 : i64} : vector<16xi32>
  return
}

// CHECK-LABEL: func.func @dot_base3
// CHECK: %{{.*}}:5 = ternary.dot %{{.*}}, [%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}], [%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}] {radix = 3 : i64} : vector<32xi8>, vector<8xi32>
// CHECK: %{{.*}} = ternary.dot %{{.*}}, [%{{.*}}], [%{{.*}}] {radix = 3 : i64} : vector<32xi8>, vector<8xi32>
// CHECK: ternary.dot_finish [%{{.*}}], %{{.*}} {offset = 0 : i64, radix = 3 : i64} : vector<8xi32>
func.func @dot_base3(%b: vector<32xi8>, %x: vector<32xi8>, %c: vector<8xi32>) {
  %a:5 = ternary.dot %b, [%x, %x, %x, %x, %x], [%c, %c, %c, %c, %c] {radix = 3 : i64} : vector<32xi8>, vector<8xi32>
  %d = ternary.dot %b, [%x], [%c] {radix = 3 : i64} : vector<32xi8>, vector<8xi32>
  %e = ternary.dot_finish [%d], %c {radix = 3 : i64, offset = 0 : i64} : vector<8xi32>
  return
}

// One digit of each byte, or all of them; the second type only where it differs.

// CHECK-LABEL: func.func @decode(
// CHECK: ternary.decode %{{.*}} {digit = 2 : i64, offset = 1 : i64, radix = 4 : i64} : vector<64xi8>{{$}}
// CHECK: ternary.decode %{{.*}} {offset = 1 : i64, radix = 3 : i64} : vector<16xi8> to vector<80xi8>
// GENERIC-LABEL: sym_name = "decode"
// GENERIC: "ternary.decode"(%{{.*}}) <{digit = 2 : i64, offset = 1 : i64, radix = 4 : i64}> : (vector<64xi8>) -> vector<64xi8>
// GENERIC: "ternary.decode"(%{{.*}}) <{offset = 1 : i64, radix = 3 : i64}> : (vector<16xi8>) -> vector<80xi8>
func.func @decode(%bytes: vector<64xi8>, %run: vector<16xi8>) {
  %t = ternary.decode %bytes
      {radix = 4 : i64, digit = 2 : i64, offset = 1 : i64} : vector<64xi8>
  %all = ternary.decode %run
      {radix = 3 : i64, offset = 1 : i64} : vector<16xi8> to vector<80xi8>
  return
}

// One digit per byte, and no digit named: bytes and result have one type.

// CHECK-LABEL: func.func @decode_msb_first(
// CHECK: ternary.decode %{{.*}} {msb_first, offset = 0 : i64, radix = 4 : i64} : vector<16xi8> to vector<64xi8>
// CHECK: ternary.decode %{{.*}} {msb_first, offset = 0 : i64, radix = 3 : i64} : vector<16xi8>{{$}}
// GENERIC-LABEL: sym_name = "decode_msb_first"
// GENERIC: "ternary.decode"(%{{.*}}) <{msb_first, offset = 0 : i64, radix = 4 : i64}> : (vector<16xi8>) -> vector<64xi8>
// GENERIC: "ternary.decode"(%{{.*}}) <{msb_first, offset = 0 : i64, radix = 3 : i64}> : (vector<16xi8>) -> vector<16xi8>
func.func @decode_msb_first(%b: vector<16xi8>) {
  %all = ternary.decode %b {radix = 4 : i64, offset = 0 : i64, msb_first} : vector<16xi8> to vector<64xi8>
  %one = ternary.decode %b {radix = 3 : i64, offset = 0 : i64, msb_first} : vector<16xi8>
  return
}

// CHECK-LABEL: func.func @encode
// CHECK: ternary.encode [%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}] {offset = 1 : i64, radix = 4 : i64} : vector<64xi8>
// CHECK: ternary.encode [%{{.*}}] {offset = 1 : i64, radix = 3 : i64} : vector<64xi8>
// GENERIC-LABEL: sym_name = "encode"
// GENERIC: "ternary.encode"(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) <{offset = 1 : i64, radix = 4 : i64}> : (vector<64xi8>, vector<64xi8>, vector<64xi8>, vector<64xi8>) -> vector<64xi8>
func.func @encode(%t0: vector<64xi8>, %t1: vector<64xi8>, %t2: vector<64xi8>, %t3: vector<64xi8>) {
  %bytes = ternary.encode [%t0, %t1, %t2, %t3]
      {radix = 4 : i64, offset = 1 : i64} : vector<64xi8>
  %one = ternary.encode [%t0] {radix = 3 : i64, offset = 1 : i64} : vector<64xi8>
  return
}

// CHECK-LABEL: func.func @look_up
// CHECK: ternary.look_up %{{.*}}[%{{.*}}] : vector<16xf32>, vector<16xi32>
// GENERIC-LABEL: sym_name = "look_up"
// GENERIC: "ternary.look_up"(%{{.*}}, %{{.*}}) : (vector<16xf32>, vector<16xi32>) -> vector<16xf32>
func.func @look_up(%table: vector<16xf32>, %bits: vector<16xi32>) {
  %sums = ternary.look_up %table[%bits] : vector<16xf32>, vector<16xi32>
  return
}
