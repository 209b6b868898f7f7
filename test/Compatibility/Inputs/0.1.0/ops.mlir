module {
  func.func @pack(%arg0: tensor<8x10xi8>, %arg1: tensor<8x3xi8>) -> tensor<8x3xi8> {
    %0 = ternary.pack ins(%arg0 : tensor<8x10xi8>) outs(%arg1 : tensor<8x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
    return %0 : tensor<8x3xi8>
  }
  func.func @pack_sign_of_floats(%arg0: tensor<8x10xf32>, %arg1: tensor<16xi8>) -> tensor<16xi8> {
    %0 = ternary.pack ins(%arg0 : tensor<8x10xf32>) outs(%arg1 : tensor<16xi8>) {conversion = #ternary<conversion sign>, packing = #ternary.packing<base3>} -> tensor<16xi8>
    return %0 : tensor<16xi8>
  }
  func.func @pack_i2_s(%arg0: tensor<4x64xf16>, %arg1: tensor<f32>, %arg2: tensor<96xi8>) -> tensor<96xi8> {
    %0 = ternary.pack ins(%arg0 : tensor<4x64xf16>) scales(%arg1 : tensor<f32>) outs(%arg2 : tensor<96xi8>) {conversion = #ternary<conversion truncate>, packing = #ternary.packing<i2_s>} -> tensor<96xi8>
    return %0 : tensor<96xi8>
  }
  func.func @pack_tq1_0(%arg0: tensor<3x512xi8>, %arg1: tensor<3x2xf32>, %arg2: tensor<3x2x54xi8>) -> tensor<3x2x54xi8> {
    %0 = ternary.pack ins(%arg0 : tensor<3x512xi8>) scales(%arg1 : tensor<3x2xf32>) outs(%arg2 : tensor<3x2x54xi8>) {packing = #ternary.tq1_0} -> tensor<3x2x54xi8>
    return %0 : tensor<3x2x54xi8>
  }
  func.func @pack_memref(%arg0: memref<8x10xi8>, %arg1: memref<8x3xi8>) {
    ternary.pack ins(%arg0 : memref<8x10xi8>) outs(%arg1 : memref<8x3xi8>) {packing = #ternary.packing<chimera>}
    return
  }
  func.func @pack_strided_memref(%arg0: memref<8x10xi8, strided<[20, 2], offset: ?>>, %arg1: memref<8x3xi8>) {
    ternary.pack ins(%arg0 : memref<8x10xi8, strided<[20, 2], offset: ?>>) outs(%arg1 : memref<8x3xi8>) {packing = #ternary.packing<chimera>}
    return
  }
  func.func @pack_dynamic(%arg0: tensor<?x?xi8>, %arg1: tensor<?x10xi8>, %arg2: tensor<?x?xi8>, %arg3: tensor<?x3xi8>, %arg4: tensor<8x?xi8>) {
    %0 = ternary.pack ins(%arg0 : tensor<?x?xi8>) outs(%arg2 : tensor<?x?xi8>) {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
    %1 = ternary.pack ins(%arg1 : tensor<?x10xi8>) outs(%arg3 : tensor<?x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<?x3xi8>
    %2 = ternary.pack ins(%arg1 : tensor<?x10xi8>) outs(%arg4 : tensor<8x?xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x?xi8>
    return
  }
  func.func @pack_empty(%arg0: tensor<0x10xi8>, %arg1: tensor<8x0xi8>, %arg2: tensor<f32>, %arg3: tensor<0x3xi8>, %arg4: tensor<8x0xi8>, %arg5: tensor<0xi8>, %arg6: tensor<32xi8>) {
    %0 = ternary.pack ins(%arg0 : tensor<0x10xi8>) outs(%arg3 : tensor<0x3xi8>) {packing = #ternary.packing<chimera>} -> tensor<0x3xi8>
    %1 = ternary.pack ins(%arg1 : tensor<8x0xi8>) outs(%arg4 : tensor<8x0xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x0xi8>
    %2 = ternary.pack ins(%arg1 : tensor<8x0xi8>) outs(%arg5 : tensor<0xi8>) {packing = #ternary.packing<base3>} -> tensor<0xi8>
    %3 = ternary.pack ins(%arg0 : tensor<0x10xi8>) scales(%arg2 : tensor<f32>) outs(%arg6 : tensor<32xi8>) {packing = #ternary.packing<i2_s>} -> tensor<32xi8>
    return
  }
  func.func @unpack(%arg0: tensor<8x3xi8>, %arg1: tensor<8x10xi8>) -> tensor<8x10xi8> {
    %0 = ternary.unpack ins(%arg0 : tensor<8x3xi8>) outs(%arg1 : tensor<8x10xi8>) {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
    return %0 : tensor<8x10xi8>
  }
  func.func @unpack_with_scales(%arg0: tensor<2x3x18xi8>, %arg1: tensor<2x192xi8>, %arg2: tensor<2x3xf32>) -> (tensor<2x192xi8>, tensor<2x3xf32>, tensor<2x192xi8>) {
    %0:2 = ternary.unpack ins(%arg0 : tensor<2x3x18xi8>) outs(%arg1, %arg2 : tensor<2x192xi8>, tensor<2x3xf32>) {packing = #ternary.packing<q2_0>} -> tensor<2x192xi8>, tensor<2x3xf32>
    %1 = ternary.unpack ins(%arg0 : tensor<2x3x18xi8>) outs(%arg1 : tensor<2x192xi8>) {packing = #ternary.packing<q2_0>} -> tensor<2x192xi8>
    return %0#0, %0#1, %1 : tensor<2x192xi8>, tensor<2x3xf32>, tensor<2x192xi8>
  }
  func.func @unpack_memref(%arg0: memref<?x?x66xi8>, %arg1: memref<?x?xi8>, %arg2: memref<?x?xf32>) {
    ternary.unpack ins(%arg0 : memref<?x?x66xi8>) outs(%arg1, %arg2 : memref<?x?xi8>, memref<?x?xf32>) {packing = #ternary.packing<tq2_0>}
    return
  }
  func.func @unpack_empty(%arg0: tensor<0x0xi8>, %arg1: tensor<0x4x4x64xi8>, %arg2: tensor<0x50xi8>) {
    %0 = ternary.unpack ins(%arg0 : tensor<0x0xi8>) outs(%arg0 : tensor<0x0xi8>) {packing = #ternary.packing<hf>} -> tensor<0x0xi8>
    %1 = ternary.unpack ins(%arg1 : tensor<0x4x4x64xi8>) outs(%arg2 : tensor<0x50xi8>) {packing = #ternary.packing<cpu_panel2>} -> tensor<0x50xi8>
    return
  }
  func.func @repack(%arg0: tensor<8x3xi8>, %arg1: tensor<2x10xi8>) -> tensor<2x10xi8> {
    %0 = ternary.repack ins(%arg0 : tensor<8x3xi8>) shape(8, 10) outs(%arg1 : tensor<2x10xi8>) {packing = #ternary.packing<hf>, source = #ternary.packing<chimera>} -> tensor<2x10xi8>
    return %0 : tensor<2x10xi8>
  }
  func.func @repack_dynamic(%arg0: tensor<?xi8>, %arg1: index, %arg2: index, %arg3: tensor<?x?xi8>, %arg4: tensor<?x3xi8>) {
    %0 = ternary.repack ins(%arg0 : tensor<?xi8>) shape(%arg1, %arg2) outs(%arg3 : tensor<?x?xi8>) {packing = #ternary.packing<chimera>, source = #ternary.packing<base3>} -> tensor<?x?xi8>
    %1 = ternary.repack ins(%arg0 : tensor<?xi8>) shape(%arg1, 10) outs(%arg4 : tensor<?x3xi8>) {packing = #ternary.packing<chimera>, source = #ternary.packing<base3>} -> tensor<?x3xi8>
    return
  }
  func.func @repack_memref_with_scales(%arg0: memref<2x64xi8>, %arg1: memref<2x1xf32>, %arg2: memref<2x1x66xi8>) {
    ternary.repack ins(%arg0 : memref<2x64xi8>) shape(2, 256) scales(%arg1 : memref<2x1xf32>) outs(%arg2 : memref<2x1x66xi8>) {packing = #ternary.packing<tq2_0>, source = #ternary.packing<torchao>}
    return
  }
  func.func @repack_empty(%arg0: tensor<0xi8>, %arg1: tensor<0x3xi8>, %arg2: tensor<8x0xi8>) {
    %0 = ternary.repack ins(%arg0 : tensor<0xi8>) shape(0, 10) outs(%arg1 : tensor<0x3xi8>) {packing = #ternary.packing<chimera>, source = #ternary.packing<base3>} -> tensor<0x3xi8>
    %1 = ternary.repack ins(%arg0 : tensor<0xi8>) shape(8, 0) outs(%arg2 : tensor<8x0xi8>) {packing = #ternary.packing<chimera>, source = #ternary.packing<base3>} -> tensor<8x0xi8>
    return
  }
  func.func @dequantize(%arg0: tensor<8x3xi8>, %arg1: tensor<8xf32>, %arg2: tensor<8x10xf32>) -> tensor<8x10xf32> {
    %0 = ternary.dequantize ins(%arg0 : tensor<8x3xi8>) scales(%arg1 : tensor<8xf32>) outs(%arg2 : tensor<8x10xf32>) {packing = #ternary.packing<chimera>} -> tensor<8x10xf32>
    return %0 : tensor<8x10xf32>
  }
  func.func @dequantize_granularities(%arg0: tensor<8x10xi8>, %arg1: tensor<f32>, %arg2: tensor<8x3xf32>, %arg3: tensor<8x?xf32>, %arg4: tensor<8x10xbf16>) {
    %0 = ternary.dequantize ins(%arg0 : tensor<8x10xi8>) outs(%arg4 : tensor<8x10xbf16>) -> tensor<8x10xbf16>
    %1 = ternary.dequantize ins(%arg0 : tensor<8x10xi8>) scales(%arg1 : tensor<f32>) outs(%arg4 : tensor<8x10xbf16>) -> tensor<8x10xbf16>
    %2 = ternary.dequantize ins(%arg0 : tensor<8x10xi8>) scales(%arg2 : tensor<8x3xf32>) outs(%arg4 : tensor<8x10xbf16>) {group_size = 4 : i64} -> tensor<8x10xbf16>
    %3 = ternary.dequantize ins(%arg0 : tensor<8x10xi8>) scales(%arg3 : tensor<8x?xf32>) outs(%arg4 : tensor<8x10xbf16>) {group_size = 100 : i64} -> tensor<8x10xbf16>
    return
  }
  func.func @dequantize_memref(%arg0: memref<?xi8>, %arg1: memref<?x?xf32>, %arg2: memref<?x?xf16>) {
    ternary.dequantize ins(%arg0 : memref<?xi8>) scales(%arg1 : memref<?x?xf32>) outs(%arg2 : memref<?x?xf16>) {group_size = 32 : i64, packing = #ternary.packing<base3>}
    return
  }
  func.func @absmean(%arg0: tensor<8x10xf32>, %arg1: tensor<8xf32>) -> tensor<8xf32> {
    %0 = ternary.absmean ins(%arg0 : tensor<8x10xf32>) outs(%arg1 : tensor<8xf32>) -> tensor<8xf32>
    return %0 : tensor<8xf32>
  }
  func.func @absmean_granularities(%arg0: tensor<8x10xf32>, %arg1: tensor<f32>, %arg2: tensor<8x3xf32>, %arg3: memref<?x?xbf16>, %arg4: memref<?xf32>, %arg5: tensor<0x0xf16>, %arg6: tensor<0x0xf32>) {
    %0 = ternary.absmean ins(%arg0 : tensor<8x10xf32>) outs(%arg1 : tensor<f32>) {eps = 9.99999997E-7 : f32} -> tensor<f32>
    %1 = ternary.absmean ins(%arg0 : tensor<8x10xf32>) outs(%arg2 : tensor<8x3xf32>) {group_size = 4 : i64} -> tensor<8x3xf32>
    ternary.absmean ins(%arg3 : memref<?x?xbf16>) outs(%arg4 : memref<?xf32>)
    %2 = ternary.absmean ins(%arg5 : tensor<0x0xf16>) outs(%arg6 : tensor<0x0xf32>) {group_size = 1 : i64} -> tensor<0x0xf32>
    return
  }
  func.func @ternarize(%arg0: tensor<8x10xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8x10xi8>) -> tensor<8x10xi8> {
    %0 = ternary.ternarize ins(%arg0 : tensor<8x10xf32>) scales(%arg1 : tensor<8xf32>) outs(%arg2 : tensor<8x10xi8>) -> tensor<8x10xi8>
    return %0 : tensor<8x10xi8>
  }
  func.func @ternarize_methods(%arg0: tensor<8x10xf32>, %arg1: tensor<f32>, %arg2: tensor<8x3xf32>, %arg3: tensor<8x10xi8>, %arg4: memref<?x0xf16>, %arg5: memref<?xf32>, %arg6: memref<?x0xi8>) {
    %0 = ternary.ternarize ins(%arg0 : tensor<8x10xf32>) outs(%arg3 : tensor<8x10xi8>) {method = #ternary<method threshold>, threshold = 5.000000e-02 : f32} -> tensor<8x10xi8>
    %1 = ternary.ternarize ins(%arg0 : tensor<8x10xf32>) scales(%arg1 : tensor<f32>) outs(%arg3 : tensor<8x10xi8>) {method = #ternary<method lsq>} -> tensor<8x10xi8>
    %2 = ternary.ternarize ins(%arg0 : tensor<8x10xf32>) scales(%arg2 : tensor<8x3xf32>) outs(%arg3 : tensor<8x10xi8>) {group_size = 4 : i64} -> tensor<8x10xi8>
    ternary.ternarize ins(%arg4 : memref<?x0xf16>) scales(%arg5 : memref<?xf32>) outs(%arg6 : memref<?x0xi8>)
    return
  }
  func.func @quantize_activation(%arg0: tensor<4x10xf32>, %arg1: tensor<4x10xi8>, %arg2: tensor<4xf32>) -> (tensor<4x10xi8>, tensor<4xf32>) {
    %0:2 = ternary.quantize_activation ins(%arg0 : tensor<4x10xf32>) outs(%arg1, %arg2 : tensor<4x10xi8>, tensor<4xf32>) -> tensor<4x10xi8>, tensor<4xf32>
    return %0#0, %0#1 : tensor<4x10xi8>, tensor<4xf32>
  }
  func.func @quantize_activation_shapes(%arg0: tensor<?xf32>, %arg1: tensor<?xi8>, %arg2: tensor<f32>, %arg3: tensor<2x?x7xf16>, %arg4: tensor<2x?x7xi32>, %arg5: tensor<2x?xf32>, %arg6: memref<0x?xbf16>, %arg7: memref<0x?xi16>, %arg8: memref<0xf32>) {
    %0:2 = ternary.quantize_activation ins(%arg0 : tensor<?xf32>) outs(%arg1, %arg2 : tensor<?xi8>, tensor<f32>) {bits = 2 : i64, scale_form = #ternary<scale_form absmax>} -> tensor<?xi8>, tensor<f32>
    %1:2 = ternary.quantize_activation ins(%arg3 : tensor<2x?x7xf16>) outs(%arg4, %arg5 : tensor<2x?x7xi32>, tensor<2x?xf32>) {bits = 16 : i64, eps = 0.000000e+00 : f32} -> tensor<2x?x7xi32>, tensor<2x?xf32>
    ternary.quantize_activation ins(%arg6 : memref<0x?xbf16>) outs(%arg7, %arg8 : memref<0x?xi16>, memref<0xf32>)
    return
  }
  func.func @dequantize_activation(%arg0: tensor<4x10xi8>, %arg1: tensor<4xf32>, %arg2: tensor<4x10xf32>, %arg3: memref<?xi32>, %arg4: memref<f32>, %arg5: memref<?xf32>) -> tensor<4x10xf32> {
    %0 = ternary.dequantize_activation ins(%arg0 : tensor<4x10xi8>) scales(%arg1 : tensor<4xf32>) outs(%arg2 : tensor<4x10xf32>) -> tensor<4x10xf32>
    ternary.dequantize_activation ins(%arg3 : memref<?xi32>) scales(%arg4 : memref<f32>) outs(%arg5 : memref<?xf32>) {bits = 16 : i64, scale_form = #ternary<scale_form absmax>}
    return %0 : tensor<4x10xf32>
  }
  func.func @sparsify(%arg0: tensor<8x12xi8>, %arg1: tensor<8x12xf32>, %arg2: tensor<8x12xi8>, %arg3: memref<?x?xf16>, %arg4: memref<?x?xf16>) -> tensor<8x12xi8> {
    %0 = ternary.sparsify ins(%arg0 : tensor<8x12xi8>) magnitude(%arg1 : tensor<8x12xf32>) outs(%arg2 : tensor<8x12xi8>) -> tensor<8x12xi8>
    %1 = ternary.sparsify ins(%arg0 : tensor<8x12xi8>) outs(%arg2 : tensor<8x12xi8>) {m = 8 : i64, n = 1 : i64} -> tensor<8x12xi8>
    ternary.sparsify ins(%arg3 : memref<?x?xf16>) outs(%arg4 : memref<?x?xf16>) {m = 64 : i64, n = 0 : i64}
    return %0 : tensor<8x12xi8>
  }
  func.func @nonzero_mask(%arg0: tensor<8x3xi8>, %arg1: tensor<8x10xi1>, %arg2: memref<0x?xi8>, %arg3: memref<0x?xi1>) -> tensor<8x10xi1> {
    %0 = ternary.nonzero_mask ins(%arg0 : tensor<8x3xi8>) outs(%arg1 : tensor<8x10xi1>) {packing = #ternary.packing<chimera>} -> tensor<8x10xi1>
    ternary.nonzero_mask ins(%arg2 : memref<0x?xi8>) outs(%arg3 : memref<0x?xi1>)
    return %0 : tensor<8x10xi1>
  }
  func.func @decompose(%arg0: tensor<8x10xf32>, %arg1: tensor<3x8x10xi8>, %arg2: tensor<3x8xf32>) -> (tensor<3x8x10xi8>, tensor<3x8xf32>) {
    %0:2 = ternary.decompose ins(%arg0 : tensor<8x10xf32>) outs(%arg1, %arg2 : tensor<3x8x10xi8>, tensor<3x8xf32>) -> tensor<3x8x10xi8>, tensor<3x8xf32>
    return %0#0, %0#1 : tensor<3x8x10xi8>, tensor<3x8xf32>
  }
  func.func @decompose_forms(%arg0: tensor<?x?xf32>, %arg1: tensor<0x?x?xi8>, %arg2: tensor<0xf32>, %arg3: memref<?x0xf32>, %arg4: memref<2x?x0xi8>, %arg5: memref<2x?xf32>) {
    %0:2 = ternary.decompose ins(%arg0 : tensor<?x?xf32>) outs(%arg1, %arg2 : tensor<0x?x?xi8>, tensor<0xf32>) -> tensor<0x?x?xi8>, tensor<0xf32>
    ternary.decompose ins(%arg3 : memref<?x0xf32>) outs(%arg4, %arg5 : memref<2x?x0xi8>, memref<2x?xf32>) {eps = 1.000000e-03 : f32}
    return
  }
  func.func @deadzone_stats(%arg0: tensor<8x10xf32>, %arg1: tensor<6xf32>, %arg2: memref<?x0xf32>, %arg3: memref<?xf32>) -> tensor<6xf32> {
    %0 = ternary.deadzone_stats ins(%arg0 : tensor<8x10xf32>) outs(%arg1 : tensor<6xf32>) -> tensor<6xf32>
    ternary.deadzone_stats ins(%arg2 : memref<?x0xf32>) outs(%arg3 : memref<?xf32>) {band = 2.500000e-01 : f32}
    return %0 : tensor<6xf32>
  }
  func.func @bitlinear(%arg0: tensor<?x10xi8>, %arg1: tensor<8x3xi8>, %arg2: tensor<8xf32>, %arg3: tensor<?xf32>, %arg4: tensor<8xf32>, %arg5: tensor<?x8xf32>) -> tensor<?x8xf32> {
    %0 = ternary.bitlinear ins(%arg0 : tensor<?x10xi8>) weights(%arg1 : tensor<8x3xi8>) scales(%arg2 : tensor<8xf32>) activation_scale(%arg3 : tensor<?xf32>) bias(%arg4 : tensor<8xf32>) outs(%arg5 : tensor<?x8xf32>) {packing = #ternary.packing<chimera>} -> tensor<?x8xf32>
    return %0 : tensor<?x8xf32>
  }
  func.func @bitlinear_exact(%arg0: tensor<10xi8>, %arg1: tensor<8x10xi8>, %arg2: tensor<8xi32>) -> tensor<8xi32> {
    %0 = ternary.bitlinear ins(%arg0 : tensor<10xi8>) weights(%arg1 : tensor<8x10xi8>) outs(%arg2 : tensor<8xi32>) -> tensor<8xi32>
    return %0 : tensor<8xi32>
  }
  func.func @bitlinear_components(%arg0: tensor<2x3x10xf16>, %arg1: tensor<16xi8>, %arg2: tensor<f32>, %arg3: tensor<8xf32>, %arg4: tensor<8x3xf32>, %arg5: tensor<2x3x8xf16>) -> tensor<2x3x8xf16> {
    %0 = ternary.bitlinear ins(%arg0 : tensor<2x3x10xf16>) weights(%arg1, %arg1, %arg1 : tensor<16xi8>, tensor<16xi8>, tensor<16xi8>) scales(%arg2, %arg3, %arg4 : tensor<f32>, tensor<8xf32>, tensor<8x3xf32>) outs(%arg5 : tensor<2x3x8xf16>) {group_size = 4 : i64, packing = #ternary.packing<base3>} -> tensor<2x3x8xf16>
    return %0 : tensor<2x3x8xf16>
  }
  func.func @bitlinear_no_component(%arg0: tensor<?x10xf32>, %arg1: tensor<8xi32>, %arg2: tensor<?x8xf32>) -> tensor<?x8xf32> {
    %0 = ternary.bitlinear ins(%arg0 : tensor<?x10xf32>) weights() bias(%arg1 : tensor<8xi32>) outs(%arg2 : tensor<?x8xf32>) -> tensor<?x8xf32>
    return %0 : tensor<?x8xf32>
  }
  func.func @bitlinear_round_operands(%arg0: tensor<1x10xf32>, %arg1: tensor<8x10xi8>, %arg2: tensor<1x8xf32>) -> tensor<1x8xf32> {
    %0 = ternary.bitlinear ins(%arg0 : tensor<1x10xf32>) weights(%arg1 : tensor<8x10xi8>) outs(%arg2 : tensor<1x8xf32>) {round_operands = f16} -> tensor<1x8xf32>
    return %0 : tensor<1x8xf32>
  }
  func.func @bitlinear_memref(%arg0: memref<?x?xi8>, %arg1: memref<?x?x?x64xi8>, %arg2: memref<?xf32>, %arg3: memref<?x?xbf16>) {
    ternary.bitlinear ins(%arg0 : memref<?x?xi8>) weights(%arg1 : memref<?x?x?x64xi8>) activation_scale(%arg2 : memref<?xf32>) outs(%arg3 : memref<?x?xbf16>) {packing = #ternary.packing<cpu_panel2>}
    return
  }
  func.func @bitlinear_empty(%arg0: tensor<0x10xi8>, %arg1: tensor<8x10xi8>, %arg2: tensor<0x8xi32>, %arg3: tensor<4x0xi8>, %arg4: tensor<8x0xi8>, %arg5: tensor<4x8xi32>, %arg6: tensor<4x10xi8>, %arg7: tensor<0x10xi8>, %arg8: tensor<4x0xi32>) {
    %0 = ternary.bitlinear ins(%arg0 : tensor<0x10xi8>) weights(%arg1 : tensor<8x10xi8>) outs(%arg2 : tensor<0x8xi32>) -> tensor<0x8xi32>
    %1 = ternary.bitlinear ins(%arg3 : tensor<4x0xi8>) weights(%arg4 : tensor<8x0xi8>) outs(%arg5 : tensor<4x8xi32>) -> tensor<4x8xi32>
    %2 = ternary.bitlinear ins(%arg6 : tensor<4x10xi8>) weights(%arg7 : tensor<0x10xi8>) outs(%arg8 : tensor<4x0xi32>) -> tensor<4x0xi32>
    return
  }
  func.func @bitlinear_exponents(%arg0: tensor<4x10xi8>, %arg1: tensor<8x10xi8>, %arg2: tensor<8x3xi8>, %arg3: tensor<8xf32>, %arg4: tensor<i8>, %arg5: tensor<2x3x4xi8>, %arg6: tensor<4x8xf32>) -> tensor<4x8xf32> {
    %0 = ternary.bitlinear ins(%arg0 : tensor<4x10xi8>) weights(%arg1, %arg1 : tensor<8x10xi8>, tensor<8x10xi8>) scales(%arg2, %arg3 : tensor<8x3xi8>, tensor<8xf32>) outs(%arg6 : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
    %1 = ternary.bitlinear ins(%arg0 : tensor<4x10xi8>) weights(%arg1, %arg1 : tensor<8x10xi8>, tensor<8x10xi8>) scales(%arg4, %arg5 : tensor<i8>, tensor<2x3x4xi8>) outs(%0 : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
    return %1 : tensor<4x8xf32>
  }
  func.func @embedding(%arg0: tensor<5xi64>, %arg1: tensor<16xi8>, %arg2: tensor<8xf32>, %arg3: tensor<5x10xf32>) -> tensor<5x10xf32> {
    %0 = ternary.embedding ins(%arg0 : tensor<5xi64>) table(%arg1 : tensor<16xi8>) shape(8, 10) scales(%arg2 : tensor<8xf32>) outs(%arg3 : tensor<5x10xf32>) {packing = #ternary.packing<base3>} -> tensor<5x10xf32>
    return %0 : tensor<5x10xf32>
  }
  func.func @embedding_forms(%arg0: tensor<i32>, %arg1: tensor<8x10xi8>, %arg2: tensor<10xf16>, %arg3: memref<2x?xi32>, %arg4: memref<?x?xi8>, %arg5: index, %arg6: memref<?x3xf32>, %arg7: memref<2x?x10xf32>, %arg8: tensor<0x10xi8>) {
    %0 = ternary.embedding ins(%arg0 : tensor<i32>) table(%arg1 : tensor<8x10xi8>) shape(8, 10) outs(%arg2 : tensor<10xf16>) -> tensor<10xf16>
    ternary.embedding ins(%arg3 : memref<2x?xi32>) table(%arg4 : memref<?x?xi8>) shape(%arg5, 10) scales(%arg6 : memref<?x3xf32>) outs(%arg7 : memref<2x?x10xf32>) {group_size = 4 : i64, packing = #ternary.packing<chimera>}
    %1 = ternary.embedding ins(%arg0 : tensor<i32>) table(%arg8 : tensor<0x10xi8>) shape(0, 10) outs(%arg2 : tensor<10xf16>) -> tensor<10xf16>
    return
  }
  func.func @rms_norm(%arg0: tensor<4x10xf32>, %arg1: tensor<10xf32>, %arg2: tensor<4x10xf32>) -> tensor<4x10xf32> {
    %0 = ternary.rms_norm ins(%arg0 : tensor<4x10xf32>) weight(%arg1 : tensor<10xf32>) outs(%arg2 : tensor<4x10xf32>) {eps = 9.99999997E-7 : f32} -> tensor<4x10xf32>
    return %0 : tensor<4x10xf32>
  }
  func.func @rms_norm_forms(%arg0: tensor<?xbf16>, %arg1: tensor<?xf32>, %arg2: tensor<4x10xf32>, %arg3: tensor<2xi8>, %arg4: tensor<1x10xi8>, %arg5: tensor<f32>, %arg6: tensor<1x3xf32>, %arg7: tensor<4x10xf32>, %arg8: memref<0x2x?xf16>, %arg9: memref<?xf32>, %arg10: memref<0x2x?xf16>) {
    %0 = ternary.rms_norm ins(%arg0 : tensor<?xbf16>) outs(%arg1 : tensor<?xf32>) -> tensor<?xf32>
    %1 = ternary.rms_norm ins(%arg2 : tensor<4x10xf32>) weight(%arg3 : tensor<2xi8>) scales(%arg5 : tensor<f32>) outs(%arg7 : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
    %2 = ternary.rms_norm ins(%arg2 : tensor<4x10xf32>) weight(%arg4 : tensor<1x10xi8>) scales(%arg6 : tensor<1x3xf32>) outs(%arg7 : tensor<4x10xf32>) {group_size = 4 : i64} -> tensor<4x10xf32>
    ternary.rms_norm ins(%arg8 : memref<0x2x?xf16>) weight(%arg9 : memref<?xf32>) outs(%arg10 : memref<0x2x?xf16>)
    return
  }
  func.func @rms_norm_backward(%arg0: tensor<4x10xf32>, %arg1: tensor<4x10xf32>, %arg2: tensor<10xf32>, %arg3: tensor<4x10xf32>, %arg4: tensor<10xf32>, %arg5: memref<?xf32>, %arg6: memref<?xf32>, %arg7: memref<?xf32>) -> (tensor<4x10xf32>, tensor<10xf32>) {
    %0:2 = ternary.rms_norm_backward ins(%arg0, %arg1 : tensor<4x10xf32>, tensor<4x10xf32>) weight(%arg2 : tensor<10xf32>) outs(%arg3, %arg4 : tensor<4x10xf32>, tensor<10xf32>) {eps = 9.99999997E-7 : f32} -> tensor<4x10xf32>, tensor<10xf32>
    ternary.rms_norm_backward ins(%arg5, %arg5 : memref<?xf32>, memref<?xf32>) weight(%arg5 : memref<?xf32>) outs(%arg6, %arg7 : memref<?xf32>, memref<?xf32>)
    return %0#0, %0#1 : tensor<4x10xf32>, tensor<10xf32>
  }
  func.func @effective_exponent(%arg0: tensor<8x3xi8>, %arg1: tensor<8x3xi64>, %arg2: tensor<1xi64>, %arg3: tensor<8x3xf32>) -> tensor<8x3xf32> {
    %0 = ternary.effective_exponent ins(%arg0 : tensor<8x3xi8>) correlation(%arg1 : tensor<8x3xi64>) step(%arg2 : tensor<1xi64>) outs(%arg3 : tensor<8x3xf32>) {group_size = 4 : i64} -> tensor<8x3xf32>
    return %0 : tensor<8x3xf32>
  }
  func.func @effective_exponent_forms(%arg0: tensor<?x?xi8>, %arg1: tensor<?x?xf32>, %arg2: memref<0x3xi8>, %arg3: memref<0x3xi64>, %arg4: memref<i64>, %arg5: memref<0x3xf32>) {
    %0 = ternary.effective_exponent ins(%arg0 : tensor<?x?xi8>) outs(%arg1 : tensor<?x?xf32>) {group_size = 1 : i64} -> tensor<?x?xf32>
    ternary.effective_exponent ins(%arg2 : memref<0x3xi8>) correlation(%arg3 : memref<0x3xi64>) step(%arg4 : memref<i64>) outs(%arg5 : memref<0x3xf32>) {clamp_max = 1.500000e+01 : f32, clamp_min = -1.400000e+01 : f32, correlate_at_zero, group_size = 32 : i64, strength = 1.000000e+00 : f32}
    return
  }
  func.func @exponent_init_mean(%arg0: tensor<8x10xf32>, %arg1: tensor<8x3xi8>, %arg2: memref<?x0xi8>, %arg3: memref<?x0xi8>) -> tensor<8x3xi8> {
    %0 = ternary.exponent_init_mean ins(%arg0 : tensor<8x10xf32>) outs(%arg1 : tensor<8x3xi8>) {group_size = 4 : i64} -> tensor<8x3xi8>
    ternary.exponent_init_mean ins(%arg2 : memref<?x0xi8>) outs(%arg3 : memref<?x0xi8>) {group_size = 4 : i64, ragged = #ternary<ragged_mean group_size>, rounding = #ternary<exponent_rounding truncate>}
    return %0 : tensor<8x3xi8>
  }
  func.func @exponent_init_dim(%arg0: index, %arg1: tensor<8x3xi8>, %arg2: memref<?x?xi8>) -> tensor<8x3xi8> {
    %0 = ternary.exponent_init_dim ins(%arg0) outs(%arg1 : tensor<8x3xi8>) -> tensor<8x3xi8>
    ternary.exponent_init_dim ins(%arg0) outs(%arg2 : memref<?x?xi8>)
    return %0 : tensor<8x3xi8>
  }
  func.func @regroup_scale(%arg0: tensor<16xi8>, %arg1: tensor<8x3xi8>, %arg2: tensor<8x3xi64>, %arg3: tensor<1xi64>, %arg4: tensor<8x2xi8>, %arg5: tensor<8x2xi64>, %arg6: tensor<1xi64>) -> (tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {
    %0:3 = ternary.regroup_scale ins(%arg0 : tensor<16xi8>) shape(8, 10) state(%arg1, %arg2, %arg3 : tensor<8x3xi8>, tensor<8x3xi64>, tensor<1xi64>) outs(%arg4, %arg5, %arg6 : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>) {group_size = 8 : i64, old_group_size = 4 : i64, packing = #ternary.packing<base3>} -> tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
    return %0#0, %0#1, %0#2 : tensor<8x2xi8>, tensor<8x2xi64>, tensor<1xi64>
  }
  func.func @regroup_scale_memref(%arg0: memref<?x?xi8>, %arg1: index, %arg2: index, %arg3: memref<?x?xi8>, %arg4: memref<?x?xi64>, %arg5: memref<i64>, %arg6: memref<?x?xi8>, %arg7: memref<?x?xi64>, %arg8: memref<i64>) {
    ternary.regroup_scale ins(%arg0 : memref<?x?xi8>) shape(%arg1, %arg2) state(%arg3, %arg4, %arg5 : memref<?x?xi8>, memref<?x?xi64>, memref<i64>) outs(%arg6, %arg7, %arg8 : memref<?x?xi8>, memref<?x?xi64>, memref<i64>) {group_size = 2 : i64, old_group_size = 1 : i64, ragged = #ternary<ragged_mean group_size>, rounding = #ternary<exponent_rounding truncate>}
    return
  }
  func.func @dot(%arg0: vector<64xi8>, %arg1: vector<64xi8>, %arg2: vector<16xi32>) -> vector<16xi32> {
    %0:4 = ternary.dot %arg0, [%arg1, %arg1, %arg1, %arg1], [%arg2, %arg2, %arg2, %arg2] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
    %1 = ternary.dot_finish [%0#0, %0#1, %0#2, %0#3], %arg2 {offset = 1 : i64, radix = 4 : i64} : vector<16xi32>
    return %1 : vector<16xi32>
  }
  func.func @dot_shared(%arg0: vector<64xi8>, %arg1: vector<64xi8>, %arg2: vector<16xi32>) -> vector<16xi32> {
    %0:4 = ternary.dot %arg0, [%arg1], [%arg2, %arg2, %arg2, %arg2] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
    %1 = ternary.dot_finish [%0#0, %0#1, %0#2, %0#3], %arg2 {digit = 2 : i64, offset = 1 : i64, radix = 4 : i64} : vector<16xi32>
    return %1 : vector<16xi32>
  }
  func.func @dot_of_descriptions(%arg0: vector<64xi8>, %arg1: vector<64xi8>, %arg2: vector<64xi8>, %arg3: vector<64xi8>, %arg4: vector<64xi8>, %arg5: vector<16xi32>, %arg6: vector<16xi32>, %arg7: vector<16xi32>, %arg8: vector<16xi32>, %arg9: vector<16xi32>, %arg10: vector<16xi32>, %arg11: vector<16xi32>, %arg12: vector<16xi32>, %arg13: vector<16xi32>, %arg14: vector<16xi32>, %arg15: vector<16xi32>, %arg16: vector<16xi32>, %arg17: vector<16xi32>) {
    %0:4 = ternary.dot %arg0, [%arg1, %arg2, %arg3, %arg4], [%arg5, %arg6, %arg7, %arg8] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
    %1:4 = ternary.dot %arg0, [%arg1], [%arg5, %arg6, %arg7, %arg8] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
    %2 = ternary.dot_finish [%arg9, %arg10, %arg11, %arg12], %arg17 {offset = 1 : i64, radix = 4 : i64} : vector<16xi32>
    %3 = ternary.dot_finish [%arg13, %arg14, %arg15, %arg16], %arg17 {digit = 2 : i64, offset = 1 : i64, radix = 4 : i64} : vector<16xi32>
    return
  }
  func.func @dot_base3(%arg0: vector<32xi8>, %arg1: vector<32xi8>, %arg2: vector<8xi32>) {
    %0:5 = ternary.dot %arg0, [%arg1, %arg1, %arg1, %arg1, %arg1], [%arg2, %arg2, %arg2, %arg2, %arg2] {radix = 3 : i64} : vector<32xi8>, vector<8xi32>
    %1 = ternary.dot %arg0, [%arg1], [%arg2] {radix = 3 : i64} : vector<32xi8>, vector<8xi32>
    %2 = ternary.dot_finish [%1], %arg2 {offset = 0 : i64, radix = 3 : i64} : vector<8xi32>
    return
  }
  func.func @decode(%arg0: vector<64xi8>, %arg1: vector<16xi8>) {
    %0 = ternary.decode %arg0 {digit = 2 : i64, offset = 1 : i64, radix = 4 : i64} : vector<64xi8>
    %1 = ternary.decode %arg1 {offset = 1 : i64, radix = 3 : i64} : vector<16xi8> to vector<80xi8>
    return
  }
  func.func @decode_msb_first(%arg0: vector<16xi8>) {
    %0 = ternary.decode %arg0 {msb_first, offset = 0 : i64, radix = 4 : i64} : vector<16xi8> to vector<64xi8>
    %1 = ternary.decode %arg0 {msb_first, offset = 0 : i64, radix = 3 : i64} : vector<16xi8>
    return
  }
  func.func @encode(%arg0: vector<64xi8>, %arg1: vector<64xi8>, %arg2: vector<64xi8>, %arg3: vector<64xi8>) {
    %0 = ternary.encode [%arg0, %arg1, %arg2, %arg3] {offset = 1 : i64, radix = 4 : i64} : vector<64xi8>
    %1 = ternary.encode [%arg0] {offset = 1 : i64, radix = 3 : i64} : vector<64xi8>
    return
  }
  func.func @look_up(%arg0: vector<16xf32>, %arg1: vector<16xi32>) {
    %0 = ternary.look_up %arg0[%arg1] : vector<16xf32>, vector<16xi32>
    return
  }
}

