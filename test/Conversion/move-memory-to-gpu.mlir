// RUN: ternary-opt %s --move-memory-to-gpu | FileCheck %s
// RUN: ternary-opt %s --move-memory-to-gpu -o %t.once

memref.global "private" constant @table : memref<2x3xi8> = dense<1>

// CHECK-LABEL: func.func @buffer(
// CHECK-SAME: %[[N:.*]]: index)
// CHECK: %[[M:.*]] = gpu.alloc (%[[N]]) : memref<?xf32>
// CHECK: gpu.dealloc %[[M]] : memref<?xf32>
func.func @buffer(%n: index) {
  // Becomes a gpu.alloc.
  %m = memref.alloc(%n) : memref<?xf32>
  memref.dealloc %m : memref<?xf32>
  return
}

// A constant is asked for by its address on the host and its size.

// CHECK-LABEL: func.func @constant(
// CHECK: %[[HOST:.*]] = memref.get_global @table
// CHECK: memref.extract_aligned_pointer_as_index %[[HOST]]
// CHECK: %[[SIZE:.*]] = llvm.mlir.constant(6 : i64)
// CHECK: %[[DEVICE:.*]] = llvm.call @ternaryGpuConstant(%{{.*}}, %[[SIZE]])
// CHECK: %[[MOVED:.*]] = builtin.unrealized_conversion_cast {{.*}} to memref<2x3xi8>
// CHECK: gpu.launch
// What a kernel allocates is its own.
// CHECK: memref.alloc() : memref<i8>
// CHECK: memref.load %[[MOVED]]
func.func @constant(%out: memref<i8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %table = memref.get_global @table : memref<2x3xi8>
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
      threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
    %own = memref.alloc() : memref<i8>
    %x = memref.load %table[%c0, %c1] : memref<2x3xi8>
    memref.store %x, %out[] : memref<i8>
    gpu.terminator
  }
  return
}
