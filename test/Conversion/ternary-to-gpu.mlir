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
// CHECK-COUNT-4: ternary.dot {{.*}} {is_signed, radix = 4 : i64} : vector<4xi8>, vector<1xi32>
// CHECK-NOT: ternary.dot{{ }}
// CHECK-COUNT-2: ternary.dot_finish
// CHECK-COUNT-4: gpu.shuffle xor
// CHECK: gpu.barrier
// CHECK: memref.store {{.*}} : memref<1x16xi32>
// LEFT-LABEL: func.func @kernel(
// LEFT: ternary.bitlinear
func.func @kernel(%x: memref<1x128xi8>, %w: memref<1x1x32x16xi8>,
                  %y: memref<1x16xi32>) {
  // Becomes a gpu.launch with ternary.dot in it.
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
// CHECK: ternary.dot_finish
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

// What has no kernel stays: floats, columns of which a sum could wrap, groups
// that end inside of a word.

// CHECK-LABEL: func.func @left(
// CHECK-NOT: gpu.launch
// CHECK-COUNT-3: ternary.bitlinear
// CHECK-NOT: gpu.launch
// LEFT-LABEL: func.func @left(
// LEFT-NOT: ternary.bitlinear
func.func @left(%f: memref<1x128xf32>, %x: memref<1x128xi8>,
                %w: memref<1x1x32x16xi8>, %s: memref<16x22xf32>,
                %long: memref<1x262144xi8>, %wide: memref<1x2048x32x16xi8>,
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
  return
}
