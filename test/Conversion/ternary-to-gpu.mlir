// RUN: ternary-opt %s --convert-ternary-to-gpu --split-input-file | FileCheck %s
// RUN: ternary-opt %s --convert-ternary-to-linalg=leave-gpu-kernels --split-input-file | FileCheck %s --check-prefix=LEFT
// RUN: ternary-opt %s --convert-ternary-to-gpu --split-input-file -o %t.once
// RUN: ternary-opt %t.once --convert-ternary-to-gpu --split-input-file -o %t.twice
// RUN: diff %t.once %t.twice

// One token: a warp has the only tile, a lane 16 bytes of it and 32 activations.

// CHECK-LABEL: func.func @kernel(
// CHECK: gpu.launch
// CHECK: llvm.inline_asm {{.*}}"ld.global.L1::no_allocate.v4.b32
// CHECK-COUNT-2: vector.load {{.*}} {alignment = 16 : i64} : memref<1x128xi8>, vector<16xi8>
// CHECK: ternary.decode {{.*}} {digit = 0 : i64, is_signed, offset = 0 : i64, radix = 4 : i64, shift = 6 : i64}
// CHECK-COUNT-16: nvvm.dot.accumulate.4way {{.*}} <signed>, {{.*}} <signed>
// CHECK-NOT: nvvm.dot.accumulate.4way
// CHECK-COUNT-2: arith.shrsi
// CHECK-COUNT-4: gpu.shuffle xor
// CHECK: gpu.barrier
// CHECK: memref.store {{.*}} : memref<1x16xi32>
// LEFT-LABEL: func.func @kernel(
// LEFT: ternary.bitlinear
func.func @kernel(%x: memref<1x128xi8>, %w: memref<1x1x32x16xi8>,
                  %y: memref<1x16xi32>) {
  // Becomes a gpu.launch with ternary.decode in it.
  ternary.bitlinear ins(%x : memref<1x128xi8>)
      weights(%w : memref<1x1x32x16xi8>) outs(%y : memref<1x16xi32>)
      {packing = #ternary.packing<gpu_tile2>}
  return
}

// -----

// Up to 16 tokens: tensor cores; digits stay at the top of their bytes.

// CHECK-LABEL: func.func @eight_tokens(
// CHECK: gpu.launch
// CHECK-COUNT-4: ternary.decode {{.*}}digit = 0 : i64, is_signed, offset = 0 : i64, radix = 4 : i64, shift = 6 : i64}
// CHECK: nvvm.mma.sync
// CHECK-SAME: shape = #nvvm.shape<m = 16, n = 8, k = 32>
// CHECK-COUNT-3: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
func.func @eight_tokens(%x: memref<8x128xi8>, %w: memref<1x1x32x16xi8>,
                        %s: memref<16xf32>, %y: memref<8x16xf32>) {
  ternary.bitlinear ins(%x : memref<8x128xi8>)
      weights(%w : memref<1x1x32x16xi8>) scales(%s : memref<16xf32>)
      outs(%y : memref<8x16xf32>) {packing = #ternary.packing<gpu_tile2>}
  return
}

// -----

// Columns that are no whole tiles: activations with zeros behind them.

// CHECK-LABEL: func.func @padded(
// CHECK: %[[PADDED:[a-z0-9_]+]] = memref.alloc(
// CHECK: gpu.launch
// CHECK: memref.store {{.*}}, %[[PADDED]]
// CHECK: gpu.launch
// CHECK: vector.load %[[PADDED]]
// CHECK: memref.dealloc %[[PADDED]]
func.func @padded(%x: memref<2x100xi8>, %w: memref<1x1x32x16xi8>,
                  %y: memref<2x10xi32>) {
  ternary.bitlinear ins(%x : memref<2x100xi8>)
      weights(%w : memref<1x1x32x16xi8>) outs(%y : memref<2x10xi32>)
      {packing = #ternary.packing<gpu_tile2>}
  return
}

// -----

// Groups of 32 columns: what a lane holds; its sum is scaled.

// CHECK-LABEL: func.func @groups(
// CHECK: gpu.launch
// CHECK-COUNT-16: nvvm.dot.accumulate.4way
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK: gpu.shuffle xor {{.*}} : f32
func.func @groups(%x: memref<1x128xi8>, %w: memref<1x1x32x16xi8>,
                  %s: memref<16x4xf32>, %y: memref<1x16xf32>) {
  ternary.bitlinear ins(%x : memref<1x128xi8>)
      weights(%w : memref<1x1x32x16xi8>) scales(%s : memref<16x4xf32>)
      outs(%y : memref<1x16xf32>)
      {packing = #ternary.packing<gpu_tile2>, group_size = 32 : i64}
  return
}

// -----

// Exponents in blocks of a tile's rows: one byte for each of the lane's rows, a
// power of two by shifts.

// CHECK-LABEL: func.func @exponents(
// CHECK: gpu.launch
// CHECK-COUNT-2: memref.load {{.*}} : memref<1x4x16xi8>
// CHECK: nvvm.dot.accumulate.4way
func.func @exponents(%x: memref<1x128xi8>, %w: memref<1x1x32x16xi8>,
                     %s: memref<1x4x16xi8>, %y: memref<1x16xf32>) {
  ternary.bitlinear ins(%x : memref<1x128xi8>)
      weights(%w : memref<1x1x32x16xi8>) scales(%s : memref<1x4x16xi8>)
      outs(%y : memref<1x16xf32>)
      {packing = #ternary.packing<gpu_tile2>, group_size = 32 : i64}
  return
}

// -----

// Of more tokens, the four exponents of a row are a word.

// CHECK-LABEL: func.func @exponents_of_tokens(
// CHECK: gpu.launch
// CHECK-COUNT-2: vector.load {{.*}} : memref<16x4xi8>, vector<4xi8>
// CHECK: arith.shrui {{.*}} : vector<4xi32>
// CHECK: arith.bitcast {{.*}} : vector<4xi32> to vector<4xf32>
func.func @exponents_of_tokens(%x: memref<8x128xi8>, %w: memref<1x1x32x16xi8>,
                               %s: memref<16x4xi8>, %y: memref<8x16xf32>) {
  ternary.bitlinear ins(%x : memref<8x128xi8>)
      weights(%w : memref<1x1x32x16xi8>) scales(%s : memref<16x4xi8>)
      outs(%y : memref<8x16xf32>)
      {packing = #ternary.packing<gpu_tile2k>, group_size = 32 : i64}
  return
}

// -----

// Many tokens on sm_90a: wgmma with weights from registers, a ring of copies.

// CHECK-LABEL: func.func @many_tokens(
// CHECK: gpu.launch
// CHECK: nvvm.cp.async.shared.global
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group
// CHECK: nvvm.fence.proxy
// CHECK: llvm.inline_asm has_side_effects {{.*}}wgmma.mma_async.sync.aligned.m64n128k32.s32.s8.s8
// CHECK: ternary.decode
// CHECK: llvm.inline_asm has_side_effects {{.*}}"wgmma.wait_group.sync.aligned 0;"
module attributes {ternary.target = #ternary.target<cpu = "sm_90a", isa = "sm90", threads = 1>} {
  func.func @many_tokens(%x: memref<2048x256xi8>, %w: memref<256x2x32x16xi8>,
                         %y: memref<2048x4096xi32>) {
    ternary.bitlinear ins(%x : memref<2048x256xi8>)
        weights(%w : memref<256x2x32x16xi8>) outs(%y : memref<2048x4096xi32>)
        {packing = #ternary.packing<gpu_tile2k>}
    return
  }
}

// -----

// Base 3: a lane has 40 columns of a tile of 160, of which it reads eight or
// zeros; only rows that are no multiple of that are padded. There are no groups.

// CHECK-LABEL: func.func @digits3(
// CHECK-NOT: memref.alloc
// CHECK: gpu.launch
// CHECK-COUNT-5: vector.load {{.*}} {alignment = 8 : i64} : memref<1x200xi8>, vector<8xi8>
// CHECK: arith.select {{.*}} : vector<8xi8>
// CHECK: ternary.dot {{.*}} {radix = 3 : i64}
// CHECK: ternary.dot_finish {{.*}}offset = 1 : i64, radix = 3 : i64
// CHECK: ternary.bitlinear
// CHECK-LABEL: func.func @digits3_padded(
// CHECK: memref.alloc({{.*}}: memref<?x?xi8>
// CHECK: gpu.launch
// CHECK: gpu.launch
// CHECK: vector.load {{.*}} {alignment = 8 : i64} : memref<?x?xi8>, vector<8xi8>
// LEFT-LABEL: func.func @digits3(
// LEFT: ternary.bitlinear
// LEFT-NOT: ternary.bitlinear
// LEFT-LABEL: func.func @digits3_padded(
func.func @digits3(%x: memref<1x200xi8>, %w: memref<1x2x32x16xi8>,
                   %y: memref<1x16xi32>, %s: memref<16x5xf32>,
                   %z: memref<1x16xf32>) {
  ternary.bitlinear ins(%x : memref<1x200xi8>)
      weights(%w : memref<1x2x32x16xi8>) outs(%y : memref<1x16xi32>)
      {packing = #ternary.packing<gpu_tile3>}
  ternary.bitlinear ins(%x : memref<1x200xi8>)
      weights(%w : memref<1x2x32x16xi8>) scales(%s : memref<16x5xf32>)
      outs(%z : memref<1x16xf32>)
      {packing = #ternary.packing<gpu_tile3>, group_size = 40 : i64}
  return
}
func.func @digits3_padded(%x: memref<1x203xi8>, %w: memref<1x2x32x16xi8>,
                          %y: memref<1x16xi32>) {
  ternary.bitlinear ins(%x : memref<1x203xi8>)
      weights(%w : memref<1x2x32x16xi8>) outs(%y : memref<1x16xi32>)
      {packing = #ternary.packing<gpu_tile3>}
  return
}

// -----

// Halves: a digit at the top of 16 bits is a float. One token.

// CHECK-LABEL: func.func @float_token(
// CHECK: gpu.launch
// CHECK-COUNT-4: vector.load {{.*}} {alignment = 16 : i64} : memref<1x128xf16>, vector<8xf16>
// CHECK: %[[MASK:.+]] = arith.constant -1073692672 : i32
// CHECK: arith.andi %{{.*}}, %[[MASK]] : i32
// CHECK-COUNT-8: nvvm.mma.sync {{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 16>} : (vector<2xf16>, vector<2xf16>, f32)
// CHECK-NOT: nvvm.mma.sync
// CHECK: %[[HALF:.+]] = arith.constant 5.000000e-01 : f32
// CHECK: arith.mulf %{{.*}}, %[[HALF]] : f32
// LEFT-LABEL: func.func @float_token(
// LEFT: ternary.bitlinear
func.func @float_token(%x: memref<1x128xf16>, %w: memref<1x1x32x16xi8>,
                       %s: memref<16xf32>, %y: memref<1x16xf16>) {
  ternary.bitlinear ins(%x : memref<1x128xf16>)
      weights(%w : memref<1x1x32x16xi8>) scales(%s : memref<16xf32>)
      outs(%y : memref<1x16xf16>) {packing = #ternary.packing<gpu_tile2h>}
  return
}

// -----

// An f32 is three bf16, which are three columns of one product. The block makes
// them, in shared memory, while weights and scales are on their way. With a scale
// for each 32 columns four sums of a tile are scaled.

// CHECK-LABEL: func.func @split_token(
// CHECK-NOT: memref.alloc
// CHECK: gpu.launch {{.*}}%[[SPLIT:[a-z0-9]+]] : memref<3x160xbf16, #gpu.address_space<workgroup>>
// CHECK-COUNT-2: vector.load {{.*}} : memref<16x4xf32>, vector<4xf32>
// CHECK: vector.load %{{.*}} {alignment = 16 : i64} : memref<1x128xf32>, vector<8xf32>
// CHECK-COUNT-3: vector.store {{.*}}, %[[SPLIT]]
// CHECK: gpu.barrier
// CHECK-COUNT-4: vector.load %[[SPLIT]]
// CHECK-COUNT-8: nvvm.mma.sync {{.*}}#nvvm.mma_type<bf16>
// CHECK-NOT: nvvm.mma.sync
// CHECK: gpu.shuffle xor
func.func @split_token(%x: memref<1x128xf32>, %w: memref<1x1x32x16xi8>,
                       %s: memref<16x4xf32>, %y: memref<1x16xf32>) {
  ternary.bitlinear ins(%x : memref<1x128xf32>)
      weights(%w : memref<1x1x32x16xi8>) scales(%s : memref<16x4xf32>)
      outs(%y : memref<1x16xf32>)
      {packing = #ternary.packing<gpu_tile2h>, group_size = 32 : i64}
  return
}

// -----

// With more tokens they are made by a kernel of its own and multiplied one by
// one. 32 tokens share what is decoded where there is no wgmma.

// CHECK-LABEL: func.func @split_tokens(
// CHECK: %[[SPLIT:.+]] = memref.alloc(%{{.*}}, %{{.*}}) {{.*}}: memref<?x?xbf16>
// CHECK: gpu.launch
// CHECK-COUNT-3: vector.store {{.*}}, %[[SPLIT]]
// CHECK: gpu.launch
// CHECK: vector.load %[[SPLIT]]
// CHECK-COUNT-96: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
func.func @split_tokens(%x: memref<40x128xf32>, %w: memref<1x1x32x16xi8>,
                        %y: memref<40x16xf32>) {
  ternary.bitlinear ins(%x : memref<40x128xf32>)
      weights(%w : memref<1x1x32x16xi8>) outs(%y : memref<40x16xf32>)
      {packing = #ternary.packing<gpu_tile2hk>}
  return
}

// -----

// Many tokens of floats on sm_90a: the two slabs of a tile; f32 is three times
// as many products.

// CHECK-LABEL: func.func @many_floats(
// CHECK: llvm.inline_asm has_side_effects {{.*}}wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16
// CHECK-LABEL: func.func @many_splits(
// CHECK: llvm.inline_asm has_side_effects {{.*}}wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16
module attributes {ternary.target = #ternary.target<cpu = "sm_90a", isa = "sm90", threads = 1>} {
  func.func @many_floats(%x: memref<2048x256xf16>, %w: memref<256x2x32x16xi8>,
                         %y: memref<2048x4096xf16>) {
    ternary.bitlinear ins(%x : memref<2048x256xf16>)
        weights(%w : memref<256x2x32x16xi8>) outs(%y : memref<2048x4096xf16>)
        {packing = #ternary.packing<gpu_tile2hk>}
    return
  }
  func.func @many_splits(%x: memref<2048x256xf32>, %w: memref<256x2x32x16xi8>,
                         %y: memref<2048x4096xf32>) {
    ternary.bitlinear ins(%x : memref<2048x256xf32>)
        weights(%w : memref<256x2x32x16xi8>) outs(%y : memref<2048x4096xf32>)
        {packing = #ternary.packing<gpu_tile2hk>}
    return
  }
}

// -----

// Groups and components of many tokens: the products of each are scaled on
// their own, while the next ones go on.

// CHECK-LABEL: func.func @many_groups(
// CHECK-COUNT-4: llvm.inline_asm has_side_effects {{.*}}wgmma.mma_async
// CHECK-LABEL: func.func @many_components(
// CHECK-COUNT-2: scf.for
module attributes {ternary.target = #ternary.target<cpu = "sm_90a", isa = "sm90", threads = 1>} {
  func.func @many_groups(%x: memref<64x256xi8>, %w: memref<4x2x32x16xi8>,
                         %s: memref<64x8xf32>, %y: memref<64x64xf32>) {
    ternary.bitlinear ins(%x : memref<64x256xi8>)
        weights(%w : memref<4x2x32x16xi8>) scales(%s : memref<64x8xf32>)
        outs(%y : memref<64x64xf32>)
        {packing = #ternary.packing<gpu_tile2k>, group_size = 32 : i64}
    return
  }
  func.func @many_components(%x: memref<64x256xi8>,
                             %w: memref<4x2x32x16xi8>, %s: memref<64xf32>,
                             %y: memref<64x64xf32>) {
    ternary.bitlinear ins(%x : memref<64x256xi8>)
        weights(%w, %w : memref<4x2x32x16xi8>, memref<4x2x32x16xi8>)
        scales(%s, %s : memref<64xf32>, memref<64xf32>)
        outs(%y : memref<64x64xf32>) {packing = #ternary.packing<gpu_tile2k>}
    return
  }
}

// -----

// What has no kernel stays: floats in the order of bytes, columns of which a
// sum could wrap, groups that end inside of a word, components of which one alone
// is scaled by group.

// CHECK-LABEL: func.func @left(
// CHECK-NOT: gpu.launch
// CHECK-COUNT-4: ternary.bitlinear
// CHECK-NOT: gpu.launch
// LEFT-LABEL: func.func @left(
// LEFT-NOT: ternary.bitlinear
func.func @left(%f: memref<1x128xf32>, %x: memref<1x128xi8>,
                %w: memref<1x1x32x16xi8>, %s: memref<16x22xf32>,
                %long: memref<1x262144xi8>, %wide: memref<1x2048x32x16xi8>,
                %e: memref<16x4xi8>, %t: memref<16xf32>,
                %y: memref<1x16xf32>) {
  ternary.bitlinear ins(%f : memref<1x128xf32>)
      weights(%w : memref<1x1x32x16xi8>) outs(%y : memref<1x16xf32>)
      {packing = #ternary.packing<gpu_tile2>}
  ternary.bitlinear ins(%long : memref<1x262144xi8>)
      weights(%wide : memref<1x2048x32x16xi8>) outs(%y : memref<1x16xf32>)
      {packing = #ternary.packing<gpu_tile2>}
  ternary.bitlinear ins(%x : memref<1x128xi8>)
      weights(%w : memref<1x1x32x16xi8>) scales(%s : memref<16x22xf32>)
      outs(%y : memref<1x16xf32>)
      {packing = #ternary.packing<gpu_tile2>, group_size = 6 : i64}
  ternary.bitlinear ins(%x : memref<1x128xi8>)
      weights(%w, %w : memref<1x1x32x16xi8>, memref<1x1x32x16xi8>)
      scales(%e, %t : memref<16x4xi8>, memref<16xf32>)
      outs(%y : memref<1x16xf32>)
      {packing = #ternary.packing<gpu_tile2>, group_size = 32 : i64}
  return
}
