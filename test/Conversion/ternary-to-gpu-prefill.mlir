// RUN: ternary-opt %s --split-input-file --convert-ternary-to-gpu | FileCheck %s
// RUN: ternary-opt %s --split-input-file --convert-ternary-to-gpu=prefill-shape=1,2,32,6,3 | FileCheck %s --check-prefix=THREE

// Blocks of many tokens on sm_90a. More of them than fit the multiprocessors
// stay: slabs of the next tile start before the outputs of one are stored, which
// have a place beside the ring then. Two of them fit.

// CHECK-LABEL: func.func @stay(
// CHECK: %[[BYTES:.+]] = arith.constant 100352 : i32
// CHECK: gpu.launch blocks({{.*}}) in (%{{[a-z0-9]+}} = %c264,
// CHECK-SAME: dynamic_shared_memory_size %[[BYTES]]
// CHECK-COUNT-3: nvvm.cp.async.commit.group
// CHECK: scf.for
// CHECK: scf.for
// CHECK: wgmma.mma_async
// CHECK: nvvm.cp.async.commit.group
// CHECK: wgmma.wait_group
// CHECK: gpu.barrier
// CHECK: scf.if
// CHECK-COUNT-3: nvvm.cp.async.commit.group
// CHECK: stmatrix
// CHECK: gpu.barrier
// CHECK: } {nvvm.minctasm = 2 : i32}
module attributes {ternary.target = #ternary.target<cpu = "sm_90a", isa = "sm90", threads = 1>} {
  func.func @stay(%x: memref<2048x256xi8>, %w: memref<256x2x32x16xi8>,
                  %y: memref<2048x4096xf16>) {
    ternary.bitlinear ins(%x : memref<2048x256xi8>)
        weights(%w : memref<256x2x32x16xi8>) outs(%y : memref<2048x4096xf16>)
        {packing = #ternary.packing<gpu_tile2k>}
    return
  }
}

// -----

// Few of many columns share them by twos. A block sends half of its sums to the
// other one, whose ring is free then, and adds what it gets.

// CHECK-LABEL: func.func @share(
// CHECK: gpu.launch clusters({{.*}}) in (%{{[a-z0-9]+}} = %c2{{[_0-9]*}},
// CHECK: wgmma.mma_async
// CHECK: scf.if
// CHECK: nvvm.cluster.arrive
// CHECK-NEXT: nvvm.cluster.wait
// CHECK-COUNT-8: nvvm.mapa {{.*}} -> !llvm.ptr<7>
// CHECK-NOT: nvvm.mapa
// CHECK: nvvm.cluster.arrive
// CHECK-NEXT: nvvm.cluster.wait
// CHECK-COUNT-8: "ld.shared.v4.b32
// CHECK-NOT: "ld.shared.v4.b32
// CHECK: } else {
// CHECK-NOT: minctasm

// With three of them a block has 16 of the tokens.
// THREE-LABEL: func.func @share(
// THREE: gpu.launch clusters({{.*}}) in (%{{[a-z0-9]+}} = %c3{{[_0-9]*}},
// THREE: nvvm.barrier
// THREE: wgmma.mma_async.sync.aligned.m64n32k32
// THREE-COUNT-4: nvvm.mapa
// THREE-NOT: nvvm.mapa
module attributes {ternary.target = #ternary.target<cpu = "sm_90a", isa = "sm90", threads = 1>} {
  func.func @share(%x: memref<128x8192xi8>, %w: memref<512x64x32x16xi8>,
                   %y: memref<128x8192xi32>) {
    ternary.bitlinear ins(%x : memref<128x8192xi8>)
        weights(%w : memref<512x64x32x16xi8>) outs(%y : memref<128x8192xi32>)
        {packing = #ternary.packing<gpu_tile2k>}
    return
  }
}

// -----

// Components are scaled each, and have blocks of their own.

// CHECK-LABEL: func.func @apart(
// CHECK-NOT: clusters
// THREE-LABEL: func.func @apart(
// THREE-NOT: clusters
module attributes {ternary.target = #ternary.target<cpu = "sm_90a", isa = "sm90", threads = 1>} {
  func.func @apart(%x: memref<128x8192xi8>, %w: memref<512x64x32x16xi8>,
                   %s: memref<8192xf32>, %y: memref<128x8192xf32>) {
    ternary.bitlinear ins(%x : memref<128x8192xi8>)
        weights(%w, %w : memref<512x64x32x16xi8>, memref<512x64x32x16xi8>)
        scales(%s, %s : memref<8192xf32>, memref<8192xf32>)
        outs(%y : memref<128x8192xf32>)
        {packing = #ternary.packing<gpu_tile2k>}
    return
  }
}
