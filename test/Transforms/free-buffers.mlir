// RUN: ternary-opt %s --ternary-free-buffers | FileCheck %s
// RUN: ternary-opt %s --ternary-free-buffers -o %t.once
// RUN: ternary-opt %t.once --ternary-free-buffers -o %t.twice
// RUN: diff %t.once %t.twice
// RUN: ternary-opt %s --ternary-free-buffers --buffer-deallocation-pipeline | FileCheck %s --check-prefix=REST

// CHECK-LABEL: func.func @temporary(
// CHECK: %[[A:.*]] = memref.alloc() {bufferization.manual_deallocation}
// CHECK: memref.copy %[[A]], %{{.*}}
// CHECK-NEXT: memref.dealloc %[[A]] {bufferization.manual_deallocation}
// CHECK-NEXT: return
// REST-LABEL: func.func @temporary(
// REST-COUNT-1: memref.dealloc
// REST-NOT: memref.dealloc
// REST: return
func.func @temporary(%x: memref<4xf32>, %y: memref<4xf32>) {
  // Freed behind the second copy.
  %0 = memref.alloc() : memref<4xf32>
  memref.copy %x, %0 : memref<4xf32> to memref<4xf32>
  memref.copy %0, %y : memref<4xf32> to memref<4xf32>
  return
}

// Not at the end of the function, but behind the last use, of a view too.

// CHECK-LABEL: func.func @early(
// CHECK: %[[A:.*]] = memref.alloc
// CHECK: %[[V:.*]] = memref.subview %[[A]]
// CHECK: memref.copy %[[V]], %[[Y:.*]] :
// CHECK-NEXT: memref.dealloc %[[A]]
// CHECK-NEXT: memref.copy %[[Y]]
func.func @early(%x: memref<4xf32>, %y: memref<2xf32>, %z: memref<2xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  memref.copy %x, %0 : memref<4xf32> to memref<4xf32>
  %1 = memref.subview %0[0] [2] [1] : memref<4xf32> to memref<2xf32, strided<[1]>>
  memref.copy %1, %y : memref<2xf32, strided<[1]>> to memref<2xf32>
  memref.copy %y, %z : memref<2xf32> to memref<2xf32>
  return
}

// A use in a loop counts where the loop stands; what a loop allocates is freed
// in it. What nothing uses is freed at once.

// CHECK-LABEL: func.func @loops(
// CHECK: %[[U:.*]] = memref.alloc
// CHECK-NEXT: memref.dealloc %[[U]]
// CHECK: %[[A:.*]] = memref.alloc
// CHECK: scf.for
// CHECK-NEXT: %[[B:.*]] = memref.alloc
// CHECK-NEXT: memref.copy %[[A]], %[[B]]
// CHECK-NEXT: memref.copy %[[B]], %[[Y:.*]] :
// CHECK-NEXT: memref.dealloc %[[B]] {{.*}}
// CHECK-NEXT: }
// CHECK-NEXT: memref.dealloc %[[A]]
func.func @loops(%m: index, %x: memref<4xf32>, %y: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %u = memref.alloc() : memref<4xf32>
  %a = memref.alloc() : memref<4xf32>
  scf.for %i = %c0 to %m step %c1 {
    %b = memref.alloc() : memref<4xf32>
    memref.copy %a, %b : memref<4xf32> to memref<4xf32>
    memref.copy %b, %y : memref<4xf32> to memref<4xf32>
  }
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  return
}

// What is returned, carried or chosen lives on, and is left to the general
// deallocation, which frees it where it is not returned.

// CHECK-LABEL: func.func @escapes(
// CHECK-NOT: manual_deallocation
// CHECK-NOT: memref.dealloc
// CHECK: return
// REST-LABEL: func.func @escapes(
// REST: memref.dealloc
// REST: return
func.func @escapes(%i: i1, %m: index, %x: memref<4xf32>) -> memref<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.alloc() : memref<4xf32>
  %b = memref.alloc() : memref<4xf32>
  %s = arith.select %i, %a, %b : memref<4xf32>
  memref.copy %x, %s : memref<4xf32> to memref<4xf32>
  %c = memref.alloc() : memref<4xf32>
  %r = scf.for %j = %c0 to %m step %c1 iter_args(%d = %c) -> memref<4xf32> {
    scf.yield %d : memref<4xf32>
  }
  memref.copy %s, %r : memref<4xf32> to memref<4xf32>
  %e = memref.alloc() : memref<4xf32>
  memref.copy %r, %e : memref<4xf32> to memref<4xf32>
  return %e : memref<4xf32>
}

// What the input frees itself is freed once.

// CHECK-LABEL: func.func @by_hand(
// CHECK: %[[A:.*]] = memref.alloc() {bufferization.manual_deallocation}
// CHECK-NEXT: memref.copy
// CHECK-NEXT: memref.copy
// CHECK-NEXT: memref.dealloc %[[A]] {bufferization.manual_deallocation}
// CHECK-NEXT: return
func.func @by_hand(%x: memref<4xf32>, %y: memref<4xf32>) {
  %a = memref.alloc() : memref<4xf32>
  memref.copy %x, %a : memref<4xf32> to memref<4xf32>
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  memref.dealloc %a : memref<4xf32>
  return
}

// CHECK: func.func private @declaration(memref<4xf32>) -> memref<4xf32>
func.func private @declaration(memref<4xf32>) -> memref<4xf32>

// -----

// What is made of a buffer may refer to it: such a buffer is left alone.

// CHECK-LABEL: func.func @captured_by_tensor(
// CHECK-NOT: memref.dealloc
func.func @captured_by_tensor(%x: memref<4xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %a = memref.alloc() : memref<4xf32>
  memref.copy %x, %a : memref<4xf32> to memref<4xf32>
  %t = bufferization.to_tensor %a restrict : memref<4xf32> to tensor<4xf32>
  %e = tensor.extract %t[%c0] : tensor<4xf32>
  return %e : f32
}

// -----

// CHECK-LABEL: func.func @captured_by_store(
// CHECK-NOT: memref.dealloc
func.func @captured_by_store(%m: memref<memref<4xf32>>) {
  %a = memref.alloc() : memref<4xf32>
  memref.store %a, %m[] : memref<memref<4xf32>>
  return
}

// -----

// A buffer that is freed through a view is managed by hand, too.

// CHECK-LABEL: func.func @freed_through_view(
// CHECK: memref.alloc() {bufferization.manual_deallocation}
// CHECK: memref.dealloc {{.*}} {bufferization.manual_deallocation}
// CHECK-NOT: memref.dealloc
func.func @freed_through_view() {
  %a = memref.alloc() : memref<4xf32>
  %b = memref.cast %a : memref<4xf32> to memref<?xf32>
  memref.dealloc %b : memref<?xf32>
  return
}
