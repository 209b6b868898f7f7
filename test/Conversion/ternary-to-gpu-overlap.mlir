// RUN: ternary-opt %s --convert-ternary-to-gpu=overlap-launches | FileCheck %s

// The launch may overlap the kernel before it: weights are loaded first, by
// code that keeps its place, activations and their factor behind the wait.

// CHECK: llvm.func @ternaryGpuOverlapLaunches(i32)
// CHECK-LABEL: func.func @layer(
// CHECK: %[[ON:.+]] = arith.constant 1 : i32
// CHECK: llvm.call @ternaryGpuOverlapLaunches(%[[ON]])
// CHECK: gpu.launch
// CHECK: nvvm.griddepcontrol launch_dependents
// CHECK-NOT: memref.load %arg3
// CHECK: llvm.inline_asm has_side_effects {{.*}}ld.global
// CHECK: nvvm.griddepcontrol wait
// CHECK: memref.load %arg3
// CHECK: vector.load %arg0
// CHECK: gpu.terminator
// CHECK: %[[OFF:.+]] = arith.constant 0 : i32
// CHECK: llvm.call @ternaryGpuOverlapLaunches(%[[OFF]])
func.func @layer(%x: memref<1x128xi8>, %w: memref<1x1x32x16xi8>,
                 %s: memref<16xf32>, %a: memref<1xf32>,
                 %y: memref<1x16xf32>) {
  ternary.bitlinear ins(%x : memref<1x128xi8>)
      weights(%w : memref<1x1x32x16xi8>) scales(%s : memref<16xf32>)
      activation_scale(%a : memref<1xf32>) outs(%y : memref<1x16xf32>)
      {packing = #ternary.packing<gpu_tile2>}
  return
}

// Blocks of a large layer stay: three on each multiprocessor, each with the
// activations of its four tiles of columns. Weights of the first tiles of rows
// are copied in front of the wait, those of the next while these are
// multiplied.

// CHECK-LABEL: func.func @large(
// CHECK: gpu.launch blocks(%[[BLOCK:[^,]+]], {{.*}}) in (%{{.+}} = %[[COUNT:[^,]+]],
// CHECK: nvvm.griddepcontrol launch_dependents
// CHECK-NOT: %arg0
// CHECK-COUNT-4: nvvm.cp.async.shared.global {{.*}} 16, cache = cg
// CHECK: nvvm.griddepcontrol wait
// CHECK-COUNT-8: vector.load %arg0
// CHECK: scf.for {{.*}} = %[[BLOCK]] to
// CHECK-COUNT-4: nvvm.cp.async.wait.group 3
// CHECK: nvvm.cp.async.shared.global
// CHECK: gpu.barrier
func.func @large(%x: memref<1x4096xi8>, %w: memref<896x32x32x16xi8>,
                 %s: memref<14336xf32>, %a: memref<1xf32>,
                 %y: memref<1x14336xf32>) {
  ternary.bitlinear ins(%x : memref<1x4096xi8>)
      weights(%w : memref<896x32x32x16xi8>) scales(%s : memref<14336xf32>)
      activation_scale(%a : memref<1xf32>) outs(%y : memref<1x14336xf32>)
      {packing = #ternary.packing<gpu_tile2>}
  return
}

// Its sums and weights leave no room in shared memory: no block stays.

// CHECK-LABEL: func.func @wide(
// CHECK: gpu.launch
// CHECK-NOT: nvvm.cp.async
// CHECK: gpu.terminator
func.func @wide(%x: memref<1x16384xi8>, %w: memref<896x128x32x16xi8>,
                %s: memref<14336xf32>, %a: memref<1xf32>,
                %y: memref<1x14336xf32>) {
  ternary.bitlinear ins(%x : memref<1x16384xi8>)
      weights(%w : memref<896x128x32x16xi8>) scales(%s : memref<14336xf32>)
      activation_scale(%a : memref<1xf32>) outs(%y : memref<1x14336xf32>)
      {packing = #ternary.packing<gpu_tile2>}
  return
}
