// A kernel that no GPU runs: LLVM's instruction selection for it ends by an abort.
gpu.module @kernels {
  gpu.func @tiles(%source: memref<16x64xi8>, %target: memref<16x16xi32>) kernel {
    %c0 = arith.constant 0 : index
    %a = amx.tile_load %source[%c0, %c0] : memref<16x64xi8> into !amx.tile<16x64xi8>
    %zero = amx.tile_zero : !amx.tile<16x16xi32>
    %sum = amx.tile_muli %a, %a, %zero
        : !amx.tile<16x64xi8>, !amx.tile<16x64xi8>, !amx.tile<16x16xi32>
    amx.tile_store %target[%c0, %c0], %sum : memref<16x16xi32>, !amx.tile<16x16xi32>
    gpu.return
  }
}
