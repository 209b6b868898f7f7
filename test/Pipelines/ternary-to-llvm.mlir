// RUN: ternary-opt %s --ternary-to-llvm=target-cpu=generic | FileCheck %s --implicit-check-not=3x20xi8 --implicit-check-not=omp.
// RUN: ternary-opt %s --ternary-to-llvm=target-cpu=generic --mlir-print-ir-before=lower-memref-copy -o %t 2>&1 | FileCheck %s --check-prefix=BUFFERS --implicit-check-not=memref.copy
// RUN: ternary-opt %s --ternary-to-llvm="target-cpu=generic packing=cpu_panel3" | FileCheck %s --check-prefix=PANEL3
// RUN: ternary-opt %s --ternary-to-llvm="target-cpu=generic packing=none" | FileCheck %s --check-prefix=NONE
// RUN: ternary-opt %s --ternary-to-llvm="target-cpu=znver4" | FileCheck %s --check-prefix=ZEN4
// RUN: ternary-opt %s --ternary-to-llvm="target-cpu=generic threads=2" | FileCheck %s --check-prefix=OMP
// RUN: ternary-opt %s --ternary-to-llvm="target-cpu=generic row-tile=200 token-tile=3" --mlir-print-ir-after=ternary-tile -o %t 2>&1 | FileCheck %s --check-prefix=TILES
// RUN: ternary-opt %s --ternary-to-llvm="target-cpu=generic row-tile=200 token-tile=3" --mlir-print-ir-before=lower-memref-copy -o %t 2>&1 | FileCheck %s --check-prefix=SLICES --implicit-check-not=memref.copy
// RUN: ternary-opt %s --ternary-to-llvm=target-cpu=generic --remarks-filter='ternary.*' -o %t 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: ternary-opt %s --ternary-to-llvm="target-cpu=generic packing=none" --remarks-filter-missed=ternary-select-packing -o %t 2>&1 | FileCheck %s --check-prefix=REMARKNONE

// What the machine is asked for, and what is refused.

// RUN: ternary-opt %s --ternary-to-llvm -o %t
// RUN: not ternary-opt %s --ternary-to-llvm=target-cpu=m68k 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not ternary-opt %s --ternary-to-llvm=packing=m68k 2>&1 | FileCheck %s --check-prefix=PACKING
// RUN: not ternary-opt %s --ternary-to-llvm=threads=-1 2>&1 | FileCheck %s --check-prefix=THREADS
// CPU: error: ternary-attach-target: expected 'native', 'generic' or the LLVM name of an x86_64 cpu, found 'm68k'
// PACKING: error: ternary-select-packing: expected 'auto', 'none' or a preset without scales, found 'm68k'
// THREADS: error: ternary-attach-target: expected 'threads' of 0 or more, found -1

// REMARKNONE-COUNT-3: remark: [Missed] packing | Category:ternary-select-packing | {{.*}}packing left as given: {{.*}}packing is 'none'

//===----------------------------------------------------------------------===//
// Constant weights are packed when the module is compiled
//===----------------------------------------------------------------------===//

// The global holds panels and the trits are gone. The lowest digits of its first
// bytes are the codes 2, 1, 0, 2 of the first columns of row 0; what is behind
// the last row and column has the code 1 of trit 0.

// CHECK: llvm.mlir.global private constant @__constant_1x2x4x64xi8(dense<"0x565554565555565656565656555555{{[5]+}}
// CHECK: llvm.func @layer(
// CHECK: llvm.call @ternary_bitlinear(
// PANEL3: llvm.mlir.global private constant @__constant_1x1x2x64xi8(dense<"0x{{[0-9A-F]+}}">
// NONE: llvm.mlir.global private constant @__constant_3x20xi8(dense<{{\[\[}}1, 0, -1,
// ZEN4: llvm.func @layer({{.*}} attributes {passthrough = {{\[\[}}"target-cpu", "znver4"]]}

// No weight is copied, and none is allocated: the kernel reads the global.

// BUFFERS: memref.global "private" constant @[[G:.*]] : memref<1x2x4x64xi8>
// BUFFERS-LABEL: func.func @layer(
// BUFFERS: %[[W:.*]] = memref.get_global @[[G]]
// BUFFERS-COUNT-1: memref.alloc({{.*}}) {{.*}} : memref<?x3xf32>
// BUFFERS-NOT: memref.alloc
// BUFFERS: call @[[KERNEL:ternary_bitlinear]](%{{.*}}, %[[W]],
// BUFFERS-NOT: memref.alloc
// BUFFERS: return
func.func @layer(%x: tensor<?x20xi8>, %a: tensor<?xf32>) -> tensor<?x3xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x20xi8>
  %w = arith.constant dense<[[1, 0, -1, 1, 0, -1, 1, 0, -1, 1, 0, -1, 1, 0, -1, 1, 0, -1, 1, 0],
                             [0, 0, 1, 1, -1, -1, 0, 0, 1, 1, -1, -1, 0, 0, 1, 1, -1, -1, 0, 0],
                             [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]]> : tensor<3x20xi8>
  %s = arith.constant dense<[0.5, 0.25, 2.0]> : tensor<3xf32>
  %e = tensor.empty(%m) : tensor<?x3xf32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] packing | Category:ternary-select-packing | {{.*}}weights in {{.*}}cpu_rows2
  %y = ternary.bitlinear ins(%x : tensor<?x20xi8>) weights(%w : tensor<3x20xi8>) scales(%s : tensor<3xf32>)
      activation_scale(%a : tensor<?xf32>) outs(%e : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

// Two threads share the rows of a layer; a tile is a slice of the bytes. The
// size that is asked for is rounded up to whole panels.

// CHECK: llvm.func @wide(
// OMP: llvm.func @wide(
// OMP: omp.parallel
// OMP: omp.wsloop
// OMP: llvm.call @ternary_bitlinear
// TILES-LABEL: func.func @wide(
// TILES: scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (4, 600) step (3, 256)
// SLICES-LABEL: func.func @wide(
// SLICES-SAME: %{{[^:]*}}: memref<4x20xi8>, %[[W:[^:]*]]: memref<10x2x4x64xi8>)
// SLICES: scf.forall
// SLICES: memref.subview %[[W]][%{{.*}}, 0, 0, 0] [%{{.*}}, 2, 4, 64] [1, 1, 1, 1]
// SLICES: call @ternary_bitlinear
func.func @wide(%x: tensor<4x20xi8>, %w: tensor<10x2x4x64xi8>) -> tensor<4x600xi32> {
  %e = tensor.empty() : tensor<4x600xi32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Missed] packing | Category:ternary-select-packing | {{.*}}weights are in an execution packing
  %y = ternary.bitlinear ins(%x : tensor<4x20xi8>) weights(%w : tensor<10x2x4x64xi8>)
      outs(%e : tensor<4x600xi32>) {packing = #ternary.packing<cpu_panel2>} -> tensor<4x600xi32>
  return %y : tensor<4x600xi32>
}

//===----------------------------------------------------------------------===//
// Weights that come once
//===----------------------------------------------------------------------===//

// They are packed in a function of its own, and no part of the other one.

// BUFFERS-LABEL: func.func @prepared_prepare(
// BUFFERS-SAME: %[[T:[^:]*]]: memref<4x24xi8>) -> memref<1x2x4x64xi8>
// BUFFERS: call @ternary_pack(%[[T]], %{{.*}})
// BUFFERS-LABEL: func.func @prepared(
// BUFFERS-SAME: %[[X:[^:]*]]: memref<4x24xi8>, %[[W:[^:]*]]: memref<1x2x4x64xi8>)
// BUFFERS-NOT: @ternary_pack
// BUFFERS: call @ternary_bitlinear{{[_0-9]*}}(%[[X]], %[[W]],
// CHECK: llvm.func @prepared_prepare(
// CHECK: llvm.func @prepared(
// NONE-NOT: llvm.func @prepared_prepare(
func.func @prepared(%x: tensor<4x24xi8>, %w: tensor<4x24xi8> {ternary.constant}) -> tensor<4x4xi32> {
  %e = tensor.empty() : tensor<4x4xi32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] packing | Category:ternary-select-packing | {{.*}}cpu_panel2
  %y = ternary.bitlinear ins(%x : tensor<4x24xi8>) weights(%w : tensor<4x24xi8>)
      outs(%e : tensor<4x4xi32>) -> tensor<4x4xi32>
  return %y : tensor<4x4xi32>
}

// CHECK: llvm.func @declaration(!llvm.ptr
func.func private @declaration(memref<4xf32>)

// Kernels stand behind what calls them, and no other module sees them.

// CHECK: llvm.func internal @ternary_bitlinear(
// ZEN4: llvm.func internal @ternary_bitlinear(
// ZEN4: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
