module {
  func.func @ste(%arg0: tensor<8x10xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8x10xf32>) -> tensor<8x10xf32> {
    %0 = ternary.ste ins(%arg0 : tensor<8x10xf32>) scales(%arg1 : tensor<8xf32>) outs(%arg2 : tensor<8x10xf32>) {variant = #ternary<ste_variant identity>} -> tensor<8x10xf32>
    return %0 : tensor<8x10xf32>
  }
  func.func @ste_forms(%arg0: tensor<?x?xf32>, %arg1: tensor<f32>, %arg2: tensor<?x?xf32>, %arg3: tensor<0x10xf32>, %arg4: memref<?x0xf32>, %arg5: memref<?x0xf32>) {
    %0 = ternary.ste ins(%arg0 : tensor<?x?xf32>) scales(%arg1 : tensor<f32>) outs(%arg2 : tensor<?x?xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<?x?xf32>
    %1 = ternary.ste ins(%arg3 : tensor<0x10xf32>) outs(%arg3 : tensor<0x10xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<0x10xf32>
    ternary.ste ins(%arg4 : memref<?x0xf32>) outs(%arg5 : memref<?x0xf32>) {variant = #ternary<ste_variant legacy>}
    return
  }
  func.func @ste_backward(%arg0: tensor<8x10xf32>, %arg1: tensor<8x10xf32>, %arg2: tensor<8xf32>, %arg3: tensor<8x10xf32>) -> tensor<8x10xf32> {
    %0 = ternary.ste_backward ins(%arg0, %arg1 : tensor<8x10xf32>, tensor<8x10xf32>) scales(%arg2 : tensor<8xf32>) outs(%arg3 : tensor<8x10xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>
    return %0 : tensor<8x10xf32>
  }
  func.func @ste_backward_forms(%arg0: tensor<?x10xf32>, %arg1: tensor<8x?xf32>, %arg2: tensor<?xf32>, %arg3: tensor<8x10xf32>, %arg4: tensor<8xf32>, %arg5: tensor<0x0xf32>, %arg6: memref<8x10xf32>, %arg7: memref<f32>, %arg8: memref<8x10xf32>, %arg9: memref<f32>) {
    %0:2 = ternary.ste_backward ins(%arg0, %arg1 : tensor<?x10xf32>, tensor<8x?xf32>) scales(%arg2 : tensor<?xf32>) outs(%arg3, %arg4 : tensor<8x10xf32>, tensor<8xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>, tensor<8xf32>
    %1 = ternary.ste_backward ins(%arg5, %arg5 : tensor<0x0xf32>, tensor<0x0xf32>) outs(%arg5 : tensor<0x0xf32>) {variant = #ternary<ste_variant identity>} -> tensor<0x0xf32>
    %2 = ternary.ste_backward ins(%arg5, %arg5 : tensor<0x0xf32>, tensor<0x0xf32>) outs(%arg5 : tensor<0x0xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<0x0xf32>
    ternary.ste_backward ins(%arg6, %arg6 : memref<8x10xf32>, memref<8x10xf32>) outs(%arg8 : memref<8x10xf32>) {variant = #ternary<ste_variant legacy>}
    ternary.ste_backward ins(%arg6, %arg6 : memref<8x10xf32>, memref<8x10xf32>) scales(%arg7 : memref<f32>) outs(%arg8, %arg9 : memref<8x10xf32>, memref<f32>) {variant = #ternary<ste_variant lsq>}
    return
  }
  func.func @learnable_scale(%arg0: tensor<8xf32>, %arg1: tensor<8xf32>, %arg2: memref<?x0xf32>, %arg3: memref<?x0xf32>) -> tensor<8xf32> {
    %0 = ternary.learnable_scale ins(%arg0 : tensor<8xf32>) outs(%arg1 : tensor<8xf32>) -> tensor<8xf32>
    ternary.learnable_scale ins(%arg2 : memref<?x0xf32>) outs(%arg3 : memref<?x0xf32>) {eps = 5.000000e-01 : f32}
    return %0 : tensor<8xf32>
  }
  func.func @learnable_scale_backward(%arg0: tensor<8xf32>, %arg1: tensor<8xf32>, %arg2: tensor<8xf32>, %arg3: memref<f32>, %arg4: memref<f32>) -> tensor<8xf32> {
    %0 = ternary.learnable_scale_backward ins(%arg0, %arg1 : tensor<8xf32>, tensor<8xf32>) outs(%arg2 : tensor<8xf32>) -> tensor<8xf32>
    ternary.learnable_scale_backward ins(%arg3, %arg3 : memref<f32>, memref<f32>) outs(%arg4 : memref<f32>) {eps = 5.000000e-01 : f32}
    return %0 : tensor<8xf32>
  }
  func.func @grad_input(%arg0: tensor<4x8xf32>, %arg1: tensor<16xi8>, %arg2: tensor<8x3xf32>, %arg3: tensor<4x10xf32>) -> tensor<4x10xf32> {
    %0 = ternary.grad_input ins(%arg0 : tensor<4x8xf32>) weight(%arg1 : tensor<16xi8>) scales(%arg2 : tensor<8x3xf32>) outs(%arg3 : tensor<4x10xf32>) {group_size = 4 : i64, packing = #ternary.packing<base3>} -> tensor<4x10xf32>
    return %0 : tensor<4x10xf32>
  }
  func.func @grad_input_forms(%arg0: tensor<8xf16>, %arg1: tensor<8x10xi8>, %arg2: tensor<10xbf16>, %arg3: memref<0x2x?xf32>, %arg4: memref<?x?xi8>, %arg5: memref<f32>, %arg6: memref<0x2x?xf32>, %arg7: tensor<8x0xi8>, %arg8: tensor<8xf32>, %arg9: tensor<0xf32>) {
    %0 = ternary.grad_input ins(%arg0 : tensor<8xf16>) weight(%arg1 : tensor<8x10xi8>) outs(%arg2 : tensor<10xbf16>) -> tensor<10xbf16>
    ternary.grad_input ins(%arg3 : memref<0x2x?xf32>) weight(%arg4 : memref<?x?xi8>) scales(%arg5 : memref<f32>) outs(%arg6 : memref<0x2x?xf32>) {packing = #ternary.packing<chimera>, round_operands = f16}
    %1 = ternary.grad_input ins(%arg0 : tensor<8xf16>) weight(%arg7 : tensor<8x0xi8>) scales(%arg8 : tensor<8xf32>) outs(%arg9 : tensor<0xf32>) {round_operands = bf16} -> tensor<0xf32>
    return
  }
  func.func @grad_sign(%arg0: tensor<4x8xf32>, %arg1: tensor<4x10xf32>, %arg2: tensor<8x10xi8>, %arg3: memref<0x8xf32>, %arg4: memref<?x?xf32>, %arg5: memref<?x10xi8>) -> tensor<8x10xi8> {
    %0 = ternary.grad_sign ins(%arg0, %arg1 : tensor<4x8xf32>, tensor<4x10xf32>) outs(%arg2 : tensor<8x10xi8>) -> tensor<8x10xi8>
    ternary.grad_sign ins(%arg3, %arg4 : memref<0x8xf32>, memref<?x?xf32>) outs(%arg5 : memref<?x10xi8>)
    return %0 : tensor<8x10xi8>
  }
  func.func @embedding_grad_sign(%arg0: tensor<5xi64>, %arg1: tensor<5x10xf32>, %arg2: tensor<8x10xi8>, %arg3: memref<?xi32>, %arg4: memref<0x10xf32>, %arg5: memref<?x?xi8>) -> tensor<8x10xi8> {
    %0 = ternary.embedding_grad_sign ins(%arg0, %arg1 : tensor<5xi64>, tensor<5x10xf32>) outs(%arg2 : tensor<8x10xi8>) -> tensor<8x10xi8>
    ternary.embedding_grad_sign ins(%arg3, %arg4 : memref<?xi32>, memref<0x10xf32>) outs(%arg5 : memref<?x?xi8>)
    return %0 : tensor<8x10xi8>
  }
  func.func @rms_norm_backward_ternary(%arg0: tensor<4x10xf32>, %arg1: tensor<2xi8>, %arg2: tensor<f32>, %arg3: tensor<1x10xi8>, %arg4: tensor<4x10xf32>, %arg5: memref<?xf32>, %arg6: memref<1x?xi8>, %arg7: memref<1x?xf32>, %arg8: memref<?xf32>) {
    %0 = ternary.rms_norm_backward ins(%arg0, %arg0 : tensor<4x10xf32>, tensor<4x10xf32>) weight(%arg1 : tensor<2xi8>) scales(%arg2 : tensor<f32>) outs(%arg4 : tensor<4x10xf32>) {packing = #ternary.packing<base3>} -> tensor<4x10xf32>
    %1 = ternary.rms_norm_backward ins(%arg0, %arg0 : tensor<4x10xf32>, tensor<4x10xf32>) weight(%arg3 : tensor<1x10xi8>) outs(%arg4 : tensor<4x10xf32>) -> tensor<4x10xf32>
    ternary.rms_norm_backward ins(%arg5, %arg5 : memref<?xf32>, memref<?xf32>) weight(%arg6 : memref<1x?xi8>) scales(%arg7 : memref<1x?xf32>) outs(%arg8 : memref<?xf32>) {group_size = 4 : i64, packing = #ternary.packing<chimera>}
    return
  }
}

