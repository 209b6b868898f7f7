// RUN: ternary-opt %s --map-loops-to-gpu --split-input-file | FileCheck %s
// RUN: ternary-opt %s --map-loops-to-gpu --split-input-file -o %t.once
// RUN: ternary-opt %t.once --map-loops-to-gpu --split-input-file -o %t.twice
// RUN: diff %t.once %t.twice

// A thread per round.

// CHECK-LABEL: func.func @clear(
// CHECK-SAME: %[[M:.*]]: memref<?xf32>, %[[N:.*]]: index)
// CHECK: gpu.launch
// CHECK-SAME: %{{.*}} = %c256
// CHECK: arith.cmpi ult
// CHECK: scf.if
// CHECK: memref.store %{{.*}}, %[[M]]
// CHECK-NOT: scf.parallel
func.func @clear(%m: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  // Becomes a gpu.launch of n / 256 blocks.
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    memref.store %zero, %m[%i] : memref<?xf32>
  }
  return
}

// -----

// The last axis runs fastest; loops inside of a thread are plain, and so are
// buffers of known size.

// CHECK-LABEL: func.func @sums(
// CHECK: gpu.launch
// CHECK: %[[ROW:.*]] = arith.divui
// CHECK: memref.alloca() : memref<f32>
// CHECK: scf.for
// CHECK-NOT: scf.parallel
// CHECK-NOT: memref.alloc()
// CHECK-NOT: memref.dealloc
func.func @sums(%m: memref<4x8x16xf32>, %out: memref<4x8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  scf.parallel (%i, %j) = (%c0, %c0) to (%c4, %c8) step (%c1, %c1) {
    %sum = memref.alloc() : memref<f32>
    memref.store %zero, %sum[] : memref<f32>
    scf.parallel (%k) = (%c0) to (%c16) step (%c1) {
      %a = memref.load %sum[] : memref<f32>
      %b = memref.load %m[%i, %j, %k] : memref<4x8x16xf32>
      %c = arith.addf %a, %b : f32
      memref.store %c, %sum[] : memref<f32>
    }
    %total = memref.load %sum[] : memref<f32>
    memref.store %total, %out[%i, %j] : memref<4x8xf32>
    memref.dealloc %sum : memref<f32>
  }
  return
}

// -----

// What has no parallel loop runs in one thread. The scalar that it reads is
// handed on in a buffer.

// CHECK-LABEL: func.func @scalar(
// CHECK-SAME: %[[S:.*]]: memref<f32>, %[[M:.*]]: memref<8xf32>)
// CHECK: %[[BUFFER:.*]] = memref.alloc() : memref<f32>
// CHECK: gpu.launch
// CHECK: %[[X:.*]] = memref.load %[[S]][]
// CHECK: %[[Y:.*]] = arith.mulf %[[X]]
// CHECK: memref.store %[[Y]], %[[BUFFER]][]
// CHECK: gpu.launch
// CHECK: %[[Z:.*]] = memref.load %[[BUFFER]][]
// CHECK: memref.store %[[Z]], %[[M]]
func.func @scalar(%s: memref<f32>, %m: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %half = arith.constant 0.5 : f32
  %x = memref.load %s[] : memref<f32>
  %y = arith.mulf %x, %half : f32
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    memref.store %y, %m[%i] : memref<8xf32>
  }
  return
}

// -----

// A loop of the host with kernels in it stays.

// CHECK-LABEL: func.func @steps(
// CHECK: scf.for
// CHECK: gpu.launch
func.func @steps(%m: memref<8xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %t = %c0 to %n step %c1 {
    scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
      %x = memref.load %m[%i] : memref<8xf32>
      %y = arith.addf %x, %x : f32
      memref.store %y, %m[%i] : memref<8xf32>
    }
  }
  return
}
