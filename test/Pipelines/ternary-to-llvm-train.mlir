// RUN: ternary-opt %s --ternary-to-llvm="target-cpu=generic threads=2" --mlir-print-ir-before=lower-memref-copy -o %t 2>&1 | FileCheck %s --check-prefix=BUFFERS --implicit-check-not=memref.copy --implicit-check-not=linalg.
// RUN: FileCheck %s --check-prefix=OMP --input-file=%t
// RUN: ternary-opt %s --ternary-to-llvm="target-cpu=generic threads=1" | FileCheck %s --check-prefix=ONE --implicit-check-not=omp.

// A step on packed bytes in place: nothing is copied, and each buffer holds
// activations, or a block of rows.

// BUFFERS-LABEL: func.func @train(
// BUFFERS-SAME: %[[G:[^:]*]]: memref<?x512xf32>, %[[X:[^:]*]]: memref<?x640xf32>, %[[W:[^:]*]]: memref<65536xi8>, %[[A:[^:]*]]: memref<512x640xi8>)
// BUFFERS-NEXT: call @[[KERNEL:ternary_step]](%[[G]], %[[X]], %[[W]], %[[A]])
// BUFFERS-NEXT: return
// BUFFERS: func.func private @[[KERNEL]](
// BUFFERS-SAME: %[[G:[^:]*]]: memref<?x512xf32>, %[[X:[^:]*]]: memref<?x640xf32>, %[[W:[^:]*]]: memref<65536xi8>, %[[A:[^:]*]]: memref<512x640xi8>)
// BUFFERS-NOT: memref.alloc
// BUFFERS: memref.alloc({{.*}}) {{.*}} : memref<10x?x64xf32>
// BUFFERS: scf.forall (%{{.*}}) = (0) to (512) step (60) {
// BUFFERS-NOT: memref.alloc
// BUFFERS: memref.alloc() {{.*}} : memref<60x640xi8>
// BUFFERS-NOT: memref.alloc
// BUFFERS: memref.alloc({{.*}}) {{.*}} : memref<?x?x6xf32>
// BUFFERS-NOT: memref.alloc
// BUFFERS: memref.alloc() {{.*}} : memref<60x64xf32>
// BUFFERS-NOT: memref.alloc
// BUFFERS: math.fma
// BUFFERS: %[[TRITS:.*]] = memref.alloc() {{.*}} : memref<5120xi8>
// BUFFERS-NOT: memref.alloc
// BUFFERS: vector.load %[[W]]
// BUFFERS: arith.mului_extended
// BUFFERS: vector.store %{{.*}}, %[[TRITS]]
// BUFFERS: vector.store %{{.*}}, %[[A]]
// BUFFERS: vector.maskedstore %[[W]]
// BUFFERS: memref.dealloc %[[TRITS]]
// BUFFERS-NOT: memref.alloc
// BUFFERS: return

// The activations are reordered by all threads, and so are the blocks of rows
// updated; with one thread nothing of OpenMP is left.

// OMP: llvm.func @train(
// OMP-NOT: omp.
// OMP: llvm.call @ternary_step(
// OMP: llvm.func internal @ternary_step(
// OMP: omp.parallel
// OMP: omp.wsloop
// OMP: omp.parallel
// OMP: omp.wsloop
// OMP: llvm.intr.fma
// OMP-NOT: omp.parallel
// ONE: llvm.func internal @ternary_step(
// ONE: llvm.intr.fma
func.func @train(%g: memref<?x512xf32>, %x: memref<?x640xf32>, %w: memref<65536xi8>, %a: memref<512x640xi8>) {
  ternary.step ins(%g, %x : memref<?x512xf32>, memref<?x640xf32>) outs(%w, %a : memref<65536xi8>, memref<512x640xi8>)
      {packing = #ternary.packing<base3>, threshold = 3 : i64}
  return
}
