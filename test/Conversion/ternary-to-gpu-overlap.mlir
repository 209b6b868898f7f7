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
// CHECK: vector.load %arg0
// CHECK: memref.load %arg3
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
