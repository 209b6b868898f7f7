module {
  func.func @accumulate_correlation(%arg0: tensor<4x8xf32>, %arg1: tensor<4x10xf32>, %arg2: tensor<16xi8>, %arg3: i64, %arg4: tensor<8x3xi64>, %arg5: tensor<1xi64>) -> (tensor<8x3xi64>, tensor<1xi64>) {
    %0:2 = ternary.accumulate_correlation ins(%arg0, %arg1 : tensor<4x8xf32>, tensor<4x10xf32>) weight(%arg2 : tensor<16xi8>) shape(8, 10) amount(%arg3) outs(%arg4, %arg5 : tensor<8x3xi64>, tensor<1xi64>) {group_size = 4 : i64, packing = #ternary.packing<base3>} -> tensor<8x3xi64>, tensor<1xi64>
    return %0#0, %0#1 : tensor<8x3xi64>, tensor<1xi64>
  }
  func.func @accumulate_correlation_forms(%arg0: tensor<8x10xi8>, %arg1: tensor<8x10xi8>, %arg2: tensor<8x10xi64>, %arg3: tensor<i64>, %arg4: memref<?x?xf32>, %arg5: memref<?x?xi8>, %arg6: index, %arg7: index, %arg8: i64, %arg9: memref<?x?xi64>, %arg10: memref<?xi64>, %arg11: memref<0x10xi8>, %arg12: memref<0x3xi64>, %arg13: memref<i64>) {
    %0:2 = ternary.accumulate_correlation ins(%arg0 : tensor<8x10xi8>) weight(%arg1 : tensor<8x10xi8>) shape(8, 10) outs(%arg2, %arg3 : tensor<8x10xi64>, tensor<i64>) {group_size = 1 : i64} -> tensor<8x10xi64>, tensor<i64>
    ternary.accumulate_correlation ins(%arg4, %arg4 : memref<?x?xf32>, memref<?x?xf32>) weight(%arg5 : memref<?x?xi8>) shape(%arg6, %arg7) amount(%arg8) outs(%arg9, %arg10 : memref<?x?xi64>, memref<?xi64>) {group_size = 32 : i64, packing = #ternary.packing<chimera>}
    ternary.accumulate_correlation ins(%arg11 : memref<0x10xi8>) weight(%arg11 : memref<0x10xi8>) shape(0, 10) outs(%arg12, %arg13 : memref<0x3xi64>, memref<i64>) {group_size = 4 : i64}
    return
  }
  func.func @update_exponent(%arg0: tensor<8x10xi8>, %arg1: tensor<16xi8>, %arg2: tensor<8x3xi8>, %arg3: tensor<8x3xi8>) -> (tensor<8x3xi8>, tensor<8x3xi8>) {
    %0:2 = ternary.update_exponent ins(%arg0 : tensor<8x10xi8>) weight(%arg1 : tensor<16xi8>) shape(8, 10) outs(%arg2, %arg3 : tensor<8x3xi8>, tensor<8x3xi8>) {group_size = 4 : i64, packing = #ternary.packing<base3>, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
    return %0#0, %0#1 : tensor<8x3xi8>, tensor<8x3xi8>
  }
  func.func @update_exponent_forms(%arg0: tensor<?x8xf32>, %arg1: tensor<?x10xf32>, %arg2: tensor<8x10xi8>, %arg3: tensor<8x3xi8>, %arg4: memref<?x?xi8>, %arg5: memref<?x?xi8>, %arg6: index, %arg7: memref<?x0xi8>, %arg8: memref<?x0xi8>) {
    %0 = ternary.update_exponent ins(%arg0, %arg1 : tensor<?x8xf32>, tensor<?x10xf32>) weight(%arg2 : tensor<8x10xi8>) shape(8, 10) outs(%arg3 : tensor<8x3xi8>) {group_size = 4 : i64} -> tensor<8x3xi8>
    ternary.update_exponent ins(%arg4 : memref<?x?xi8>) weight(%arg5 : memref<?x?xi8>) shape(%arg6, 0) outs(%arg7 : memref<?x0xi8>) {amount = 3 : i64, group_size = 4 : i64, packing = #ternary.packing<chimera>}
    ternary.update_exponent ins(%arg4 : memref<?x?xi8>) weight(%arg5 : memref<?x?xi8>) shape(%arg6, 0) outs(%arg7, %arg8 : memref<?x0xi8>, memref<?x0xi8>) {group_size = 4 : i64, threshold = 1 : i64}
    return
  }
  func.func @accumulate_trit(%arg0: tensor<8x10xi8>, %arg1: tensor<8x10xi8>) -> tensor<8x10xi8> {
    %0 = ternary.accumulate_trit ins(%arg0 : tensor<8x10xi8>) outs(%arg1 : tensor<8x10xi8>) {amount = 2 : i64} -> tensor<8x10xi8>
    return %0 : tensor<8x10xi8>
  }
  func.func @accumulate_trit_forms(%arg0: tensor<0x8xf32>, %arg1: tensor<?x10xf32>, %arg2: tensor<?x?xi8>, %arg3: memref<?x0xi8>, %arg4: memref<0x?xi8>, %arg5: memref<4x?xf32>, %arg6: memref<4x0xf32>) {
    %0 = ternary.accumulate_trit ins(%arg0, %arg1 : tensor<0x8xf32>, tensor<?x10xf32>) outs(%arg2 : tensor<?x?xi8>) -> tensor<?x?xi8>
    ternary.accumulate_trit ins(%arg3 : memref<?x0xi8>) outs(%arg4 : memref<0x?xi8>) {amount = -1 : i64}
    ternary.accumulate_trit ins(%arg5, %arg6 : memref<4x?xf32>, memref<4x0xf32>) outs(%arg3 : memref<?x0xi8>)
    return
  }
  func.func @step(%arg0: tensor<8x10xi8>, %arg1: tensor<16xi8>, %arg2: tensor<8x10xi8>) -> (tensor<16xi8>, tensor<8x10xi8>) {
    %0:2 = ternary.step ins(%arg0 : tensor<8x10xi8>) outs(%arg1, %arg2 : tensor<16xi8>, tensor<8x10xi8>) {packing = #ternary.packing<base3>, threshold = 3 : i64} -> tensor<16xi8>, tensor<8x10xi8>
    return %0#0, %0#1 : tensor<16xi8>, tensor<8x10xi8>
  }
  func.func @step_forms(%arg0: tensor<8x3xi8>, %arg1: tensor<8x10xi8>, %arg2: tensor<4x8xf32>, %arg3: tensor<4x10xf32>, %arg4: tensor<8x3xi64>, %arg5: memref<?x0xi8>, %arg6: memref<?x0xi8>, %arg7: memref<?x?xi8>, %arg8: memref<?x?xi32>) {
    %0:2 = ternary.step outs(%arg0, %arg1 : tensor<8x3xi8>, tensor<8x10xi8>) {packing = #ternary.packing<chimera>, threshold = 3 : i64} -> tensor<8x3xi8>, tensor<8x10xi8>
    %1:2 = ternary.step ins(%arg2, %arg3 : tensor<4x8xf32>, tensor<4x10xf32>) group_thresholds(%arg4 : tensor<8x3xi64>) outs(%arg0, %arg1 : tensor<8x3xi8>, tensor<8x10xi8>) {amount = 2 : i64, group_size = 4 : i64, packing = #ternary.packing<chimera>} -> tensor<8x3xi8>, tensor<8x10xi8>
    ternary.step group_thresholds(%arg7 : memref<?x?xi8>) outs(%arg5, %arg6 : memref<?x0xi8>, memref<?x0xi8>) {group_size = 32 : i64, packing = #ternary.packing<chimera>}
    ternary.step ins(%arg7 : memref<?x?xi8>) group_thresholds(%arg8 : memref<?x?xi32>) outs(%arg5, %arg6 : memref<?x0xi8>, memref<?x0xi8>) {group_size = 1 : i64, packing = #ternary.packing<chimera>}
    return
  }
}

