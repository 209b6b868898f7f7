// RUN: ternary-opt %s --convert-ternary-to-gpu --split-input-file | FileCheck %s
// RUN: ternary-opt %s --convert-ternary-to-linalg=leave-gpu-kernels --split-input-file | FileCheck %s --check-prefix=LEFT
// RUN: ternary-opt %s --convert-ternary-to-gpu --split-input-file -o %t.once
// RUN: ternary-opt %t.once --convert-ternary-to-gpu --split-input-file -o %t.twice
// RUN: diff %t.once %t.twice

// Signs of a gradient: slabs of 16 tokens are copied 16 bytes at a time while
// another is multiplied; a thread has 8 x 8 sums, and stores four signs at once.

// CHECK-LABEL: func.func @signs(
// CHECK: %[[ROWS:.*]] = arith.constant 2 : index
// CHECK: gpu.launch blocks({{.*}}) in (%{{.*}} = %[[ROWS]],
// CHECK-SAME: dynamic_shared_memory_size
// CHECK: memref.view {{.*}} to memref<3x2x16x128xf32, #gpu.address_space<workgroup>>
// CHECK-COUNT-8: nvvm.cp.async.shared.global {{.*}}, 16, cache = cg, %{{.*}} :
// CHECK: scf.for
// CHECK-SAME: -> (vector<4xf32>
// CHECK-NEXT: nvvm.cp.async.wait.group 1
// CHECK-NEXT: gpu.barrier
// CHECK-COUNT-64: llvm.intr.fma({{.*}}) : (vector<4xf32>, vector<4xf32>, vector<4xf32>) -> vector<4xf32>
// CHECK-COUNT-4: nvvm.cp.async.shared.global
// CHECK-COUNT-192: llvm.intr.fma
// CHECK-NOT: llvm.intr.fma
// CHECK-COUNT-16: vector.store {{.*}} {alignment = 4 : i64} : memref<200x128xi8>, vector<4xi8>
// LEFT-LABEL: func.func @signs(
// LEFT: ternary.grad_sign
func.func @signs(%g: memref<32x200xf32>, %x: memref<32x128xf32>,
                 %s: memref<200x128xi8>) {
  ternary.grad_sign ins(%g, %x : memref<32x200xf32>, memref<32x128xf32>)
      outs(%s : memref<200x128xi8>)
  return
}

// -----

// Rows that do not begin at multiples of 16 bytes: one element at a time.

// CHECK-LABEL: func.func @odd(
// CHECK: nvvm.cp.async.shared.global {{.*}}, 4, cache = ca, %{{.*}} :
// CHECK-NOT: nvvm.cp.async.shared.global {{.*}}, 16
// CHECK-NOT: vector.store
// CHECK: memref.store {{.*}} : memref<9x5xi8>
func.func @odd(%g: memref<7x9xf32>, %x: memref<7x5xf32>, %s: memref<9x5xi8>) {
  ternary.grad_sign ins(%g, %x : memref<7x9xf32>, memref<7x5xf32>)
      outs(%s : memref<9x5xi8>)
  return
}

// -----

// Trits are decoded before the product; behind it each four of sign * trit are one
// number in shared memory, and a thread adds up what a tile has of a row and
// group. No signs are stored; the first thread counts the step.

// CHECK-LABEL: func.func @correlation(
// CHECK-NOT: memref.alloc
// CHECK: gpu.launch
// CHECK: vector.store {{.*}} : memref<16x256x4xi8, #gpu.address_space<workgroup>>, vector<4xi8>
// CHECK-COUNT-256: llvm.intr.fma
// CHECK: memref.view {{.*}} to memref<128x33xi32, #gpu.address_space<workgroup>>
// CHECK: vector.load {{.*}} : memref<16x256x4xi8, #gpu.address_space<workgroup>>, vector<4xi8>
// CHECK: gpu.barrier
// CHECK: llvm.atomicrmw add %{{.*}}, %{{.*}} syncscope("device") monotonic : !llvm.ptr<1>, i64
// CHECK: math.absi
// CHECK: memref.store {{.*}} : memref<1xi64>
// CHECK-NOT: gpu.launch
// LEFT-LABEL: func.func @correlation(
// LEFT: ternary.accumulate_correlation
func.func @correlation(%g: memref<17x33xf32>, %x: memref<17x40xf32>,
                       %w: memref<264xi8>, %c: memref<33x5xi64>,
                       %t: memref<1xi64>, %a: i64) {
  ternary.accumulate_correlation
      ins(%g, %x : memref<17x33xf32>, memref<17x40xf32>)
      weight(%w : memref<264xi8>) shape(33, 40) amount(%a)
      outs(%c, %t : memref<33x5xi64>, memref<1xi64>)
      {packing = #ternary.packing<base3>, group_size = 8 : i64}
  return
}

// -----

// Groups that do not hold whole fours: each product is stored.

// CHECK-LABEL: func.func @crossing(
// CHECK: memref.view {{.*}} to memref<128x130xi16, #gpu.address_space<workgroup>>
// CHECK: memref.store {{.*}} : memref<128x130xi16, #gpu.address_space<workgroup>>
// CHECK: llvm.atomicrmw add
func.func @crossing(%g: memref<17x33xf32>, %x: memref<17x40xf32>,
                    %w: memref<33x40xi8>, %c: memref<33x5xi64>,
                    %t: memref<1xi64>) {
  ternary.accumulate_correlation
      ins(%g, %x : memref<17x33xf32>, memref<17x40xf32>)
      weight(%w : memref<33x40xi8>) shape(33, 40)
      outs(%c, %t : memref<33x5xi64>, memref<1xi64>) {group_size = 9 : i64}
  return
}

// -----

// Without a known shape the step is counted even where there is no weight.

// CHECK-LABEL: func.func @dynamic(
// CHECK: gpu.launch
// CHECK: scf.if
// CHECK: gpu.launch
// CHECK: math.absi
func.func @dynamic(%g: memref<?x?xf32>, %x: memref<?x?xf32>, %w: memref<?x?xi8>,
                   %n: index, %k: index, %c: memref<?x?xi64>,
                   %t: memref<i64>) {
  ternary.accumulate_correlation ins(%g, %x : memref<?x?xf32>, memref<?x?xf32>)
      weight(%w : memref<?x?xi8>) shape(%n, %k)
      outs(%c, %t : memref<?x?xi64>, memref<i64>) {group_size = 32 : i64}
  return
}

// -----

// The other ops on a gradient get signs, of which there is a kernel.

// CHECK-LABEL: func.func @vote(
// CHECK: ternary.accumulate_trit
// LEFT-LABEL: func.func @vote(
// LEFT: %[[SIGN:.*]] = ternary.grad_sign {{.*}} -> tensor<9x5xi8>
// LEFT: linalg.generic {{.*}} ins(%[[SIGN]]
func.func @vote(%g: memref<7x9xf32>, %x: memref<7x5xf32>, %a: memref<9x5xi8>) {
  ternary.accumulate_trit ins(%g, %x : memref<7x9xf32>, memref<7x5xf32>)
      outs(%a : memref<9x5xi8>)
  return
}

// -----

// Signs that are given are added by loops.

// CHECK-LABEL: func.func @given(
// CHECK: ternary.accumulate_correlation
// LEFT-LABEL: func.func @given(
// LEFT-NOT: ternary.accumulate_correlation
func.func @given(%s: memref<8x8xi8>, %w: memref<8x8xi8>, %c: memref<8x2xi64>,
                 %t: memref<1xi64>) {
  ternary.accumulate_correlation ins(%s : memref<8x8xi8>)
      weight(%w : memref<8x8xi8>) shape(8, 8)
      outs(%c, %t : memref<8x2xi64>, memref<1xi64>) {group_size = 4 : i64}
  return
}

// -----

// Few tiles: blocks share the rows of the weights, another kernel adds up.

// CHECK-LABEL: func.func @grad_input(
// CHECK: %[[PARTS:.*]] = memref.alloc({{.*}}) : memref<?x256xf32>
// CHECK: gpu.launch
// CHECK: scf.for
// CHECK-COUNT-64: llvm.intr.fma
// CHECK: vector.load {{.*}} {alignment = 16 : i64} : memref<100x4096xf32>, vector<4xf32>
// CHECK-COUNT-192: llvm.intr.fma
// CHECK-COUNT-2: vector.store {{.*}} {alignment = 16 : i64} : memref<3x2x16x128xf32, #gpu.address_space<workgroup>>, vector<4xf32>
// CHECK: vector.store {{.*}}, %[[PARTS]]
// CHECK: gpu.launch
// CHECK: memref.load %[[PARTS]]
// CHECK-COUNT-7: arith.addf
// CHECK: memref.store {{.*}} : memref<100x256xf32>
// CHECK: memref.dealloc %[[PARTS]]
// LEFT-LABEL: func.func @grad_input(
// LEFT: ternary.grad_input
func.func @grad_input(%g: memref<100x4096xf32>, %w: memref<4096x64xi8>,
                      %s: memref<4096x8xf32>, %y: memref<100x256xf32>) {
  ternary.grad_input ins(%g : memref<100x4096xf32>)
      weight(%w : memref<4096x64xi8>) scales(%s : memref<4096x8xf32>)
      outs(%y : memref<100x256xf32>)
      {packing = #ternary.packing<chimera>, group_size = 32 : i64}
  return
}

// -----

// Leading axes are tokens; operands are rounded, and so is the result.

// CHECK-LABEL: func.func @rounded(
// CHECK: memref.collapse_shape
// CHECK: gpu.launch
// CHECK: memref.load {{.*}} : memref<33xf32>
// CHECK: arith.mulf
// CHECK: arith.truncf {{.*}} : f32 to f16
// CHECK: llvm.intr.fma
// CHECK: arith.truncf {{.*}} to vector<4xf16>
// CHECK: vector.store {{.*}} {alignment = 8 : i64} : memref<15x100xf16>, vector<4xf16>
func.func @rounded(%g: memref<3x5x33xf16>, %w: memref<33x100xi8>,
                   %s: memref<33xf32>, %y: memref<3x5x100xf16>) {
  ternary.grad_input ins(%g : memref<3x5x33xf16>) weight(%w : memref<33x100xi8>)
      scales(%s : memref<33xf32>) outs(%y : memref<3x5x100xf16>)
      {round_operands = f16}
  return
}

// -----

// One token: a lane has four columns of some rows, warps and blocks add up what
// they have. No slabs.

// CHECK-LABEL: func.func @one_token(
// CHECK: %[[PARTS:.*]] = memref.alloc({{.*}}) : memref<?x200xf32>
// CHECK: gpu.launch
// CHECK-SAME: workgroup(%{{.*}} : memref<8x1x128xf32, #gpu.address_space<workgroup>>)
// CHECK-NOT: cp.async
// CHECK: scf.for
// CHECK: memref.load {{.*}} : memref<f32>
// CHECK-COUNT-4: llvm.intr.fma({{.*}}) : (vector<4xf32>, vector<4xf32>, vector<4xf32>) -> vector<4xf32>
// CHECK-NOT: llvm.intr.fma
// CHECK: gpu.barrier
// CHECK-COUNT-7: arith.addf
// CHECK: memref.store {{.*}}, %[[PARTS]]
// CHECK: gpu.launch
// CHECK-COUNT-15: arith.addf
// CHECK: memref.dealloc %[[PARTS]]
func.func @one_token(%g: memref<64xf32>, %w: memref<64x50xi8>, %s: memref<f32>,
                     %y: memref<200xf32>) {
  ternary.grad_input ins(%g : memref<64xf32>) weight(%w : memref<64x50xi8>)
      scales(%s : memref<f32>) outs(%y : memref<200xf32>)
      {packing = #ternary.packing<chimera>}
  return
}

// -----

// Of weights in base 3 by tensor cores: five steps of 16 rows of each class, whose
// bytes are loaded first. Three parts of the rows are added by another kernel.

// CHECK-LABEL: func.func @strips(
// CHECK: %[[PARTS:.*]] = memref.alloc({{.*}}) : memref<?x200xf32>
// CHECK: gpu.launch
// CHECK-COUNT-20: vector.load {{.*}} {alignment = 2 : i64} : memref<40000xi8>, vector<2xi8>
// CHECK-NOT: vector.load {{.*}} : memref<40000xi8>
// CHECK: memref.store {{.*}} : memref<10x5x8x16xbf16, #gpu.address_space<workgroup>>
// CHECK: nvvm.bar.warp.sync
// CHECK-COUNT-25: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK: gpu.barrier
// CHECK-COUNT-4: arith.addf
// CHECK: memref.store {{.*}}, %[[PARTS]]
// CHECK: gpu.launch
// CHECK-COUNT-2: arith.addf
// CHECK: memref.dealloc %[[PARTS]]

// One part is the result.
// CHECK-LABEL: func.func @one_split(
// CHECK-COUNT-5: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK-NOT: gpu.launch

// Bytes that are no pairs.
// CHECK-LABEL: func.func @odd_strips(
// CHECK-COUNT-8: vector.load {{.*}} : memref<9xi8>, vector<1xi8>
// CHECK: nvvm.mma.sync

// Groups whose scales differ inside of half a strip.
// CHECK-LABEL: func.func @no_strips(
// CHECK-NOT: nvvm.mma.sync
func.func @strips(%g: memref<1x1000xf32>, %w: memref<40000xi8>, %s: memref<1000x4xf32>,
                  %y: memref<1x200xf32>) {
  ternary.grad_input ins(%g : memref<1x1000xf32>) weight(%w : memref<40000xi8>)
      scales(%s : memref<1000x4xf32>) outs(%y : memref<1x200xf32>)
      {packing = #ternary.packing<base3>, group_size = 64 : i64}
  return
}
func.func @one_split(%g: memref<64xf32>, %w: memref<2560xi8>, %y: memref<200xf32>) {
  ternary.grad_input ins(%g : memref<64xf32>) weight(%w : memref<2560xi8>)
      outs(%y : memref<200xf32>) {packing = #ternary.packing<base3>}
  return
}
func.func @odd_strips(%g: memref<5xf32>, %w: memref<9xi8>, %y: memref<9xf32>) {
  ternary.grad_input ins(%g : memref<5xf32>) weight(%w : memref<9xi8>)
      outs(%y : memref<9xf32>) {packing = #ternary.packing<base3>}
  return
}
func.func @no_strips(%g: memref<64xf32>, %w: memref<2560xi8>, %s: memref<64x20xf32>,
                     %y: memref<200xf32>) {
  ternary.grad_input ins(%g : memref<64xf32>) weight(%w : memref<2560xi8>)
      scales(%s : memref<64x20xf32>) outs(%y : memref<200xf32>)
      {packing = #ternary.packing<base3>, group_size = 10 : i64}
  return
}

// -----

// Many tokens on sm_90a: a kernel splits gradients into three bf16; the next one
// overlaps it with the first weights. While six pairs of parts are multiplied, in
// four steps each, the next gradients are copied, weights decoded and split.

// CHECK-LABEL: func.func @split(
// CHECK: %[[PARTS:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x?xbf16>
// CHECK: gpu.launch
// CHECK: nvvm.griddepcontrol launch_dependents
// CHECK: arith.cmpf ord
// CHECK-COUNT-3: vector.store {{.*}} {alignment = 8 : i64} : memref<?x?xbf16>, vector<4xbf16>
// CHECK: llvm.call @ternaryGpuOverlapLaunches
// CHECK: gpu.launch
// CHECK-COUNT-12: llvm.store {{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<3>
// CHECK: nvvm.griddepcontrol wait
// CHECK-COUNT-12: nvvm.cp.async.shared.global
// CHECK: scf.for {{.*}} -> (f32, f32
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: nvvm.fence.proxy
// CHECK: gpu.barrier
// CHECK: llvm.inline_asm has_side_effects {{.*}}wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {{.*}}wgmma.commit_group
// CHECK-COUNT-12: nvvm.cp.async.shared.global
// CHECK-COUNT-12: llvm.store {{.*}} : vector<4xi32>, !llvm.ptr<3>
// CHECK: wgmma.wait_group.sync.aligned 0
// CHECK-COUNT-64: arith.addf
// CHECK-NOT: arith.addf
// CHECK-COUNT-32: vector.store {{.*}} {alignment = 8 : i64} : memref<{{.*}}x512xf32>, vector<2xf32>
// CHECK: memref.dealloc %[[PARTS]]

// Trits alone have one part; odd gradients are split one by one.
// CHECK-LABEL: func.func @split_trits(
// CHECK-NOT: vector<4xbf16>
// CHECK: memref.store {{.*}} : memref<?x?xbf16>
// CHECK-COUNT-8: llvm.store {{.*}} : vector<4xi32>, !llvm.ptr<3>
// CHECK-NOT: llvm.store

// Where columns of a run may have other scales, and of rounded operands, no
// tensor cores.
// CHECK-LABEL: func.func @not_split(
// CHECK-NOT: wgmma
module attributes {ternary.target = #ternary.target<cpu = "sm_90a", isa = "sm90", threads = 1>} {
  func.func @split(%g: memref<256x128xf32>, %w: memref<128x512xi8>,
                   %s: memref<128x16xf32>, %y: memref<256x512xf32>) {
    ternary.grad_input ins(%g : memref<256x128xf32>)
        weight(%w : memref<128x512xi8>) scales(%s : memref<128x16xf32>)
        outs(%y : memref<256x512xf32>) {group_size = 32 : i64}
    return
  }
  func.func @split_trits(%g: memref<?x33xf32>, %w: memref<33x100xi8>,
                         %y: memref<?x100xf32>) {
    ternary.grad_input ins(%g : memref<?x33xf32>) weight(%w : memref<33x100xi8>)
        outs(%y : memref<?x100xf32>)
    return
  }
  func.func @not_split(%g: memref<64x32xf32>, %w: memref<32x90xi8>,
                       %s: memref<32x10xf32>, %y: memref<64x90xf32>) {
    ternary.grad_input ins(%g : memref<64x32xf32>) weight(%w : memref<32x90xi8>)
        scales(%s : memref<32x10xf32>) outs(%y : memref<64x90xf32>)
        {group_size = 9 : i64}
    ternary.grad_input ins(%g : memref<64x32xf32>) weight(%w : memref<32x90xi8>)
        outs(%y : memref<64x90xf32>) {round_operands = f16}
    return
  }
}

// -----

// How many tokens there are is seen by the host; without any nothing runs.

// CHECK-LABEL: func.func @any_tokens(
// CHECK: %[[FEW:.*]] = arith.cmpi ule, %{{.*}}, %{{.*}} : index
// CHECK: scf.if %[[FEW]] {
// CHECK: gpu.launch
// CHECK: llvm.intr.fma
// CHECK: } else {
// CHECK: gpu.launch
// CHECK: llvm.intr.fma
func.func @any_tokens(%g: memref<?x64xf32>, %w: memref<64x200xi8>,
                      %y: memref<?x200xf32>) {
  ternary.grad_input ins(%g : memref<?x64xf32>) weight(%w : memref<64x200xi8>)
      outs(%y : memref<?x200xf32>)
  return
}
