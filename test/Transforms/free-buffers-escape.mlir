// RUN: ternary-opt %s --ternary-free-buffers | FileCheck %s

// A buffer that lives on as a tensor or as a pointer is left to upstream's
// deallocation.

// CHECK-LABEL: func.func @tensor
// CHECK-NOT:     memref.dealloc
func.func @tensor(%x: memref<4xf32>) -> tensor<4xf32> {
  %0 = memref.alloc() : memref<4xf32>
  memref.copy %x, %0 : memref<4xf32> to memref<4xf32>
  %t = bufferization.to_tensor %0 restrict : memref<4xf32> to tensor<4xf32>
  return %t : tensor<4xf32>
}

// CHECK-LABEL: func.func @pointer
// CHECK-NOT:     memref.dealloc
func.func @pointer(%x: memref<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  memref.copy %x, %0 : memref<4xf32> to memref<4xf32>
  %p = memref.extract_aligned_pointer_as_index %0 : memref<4xf32> -> index
  call @read(%p) : (index) -> ()
  return
}
func.func private @read(index)

// CHECK-LABEL: func.func @descriptor
// CHECK-NOT:     memref.dealloc
func.func @descriptor(%x: memref<4xf32>) {
  %0 = memref.alloc() : memref<4xf32>
  %d = builtin.unrealized_conversion_cast %0 : memref<4xf32> to !llvm.ptr
  llvm.store %d, %d : !llvm.ptr, !llvm.ptr
  return
}

// A number that was read is no buffer.
// CHECK-LABEL: func.func @number
// CHECK:         vector.load
// CHECK-NEXT:    memref.dealloc
func.func @number(%x: memref<4xf32>) -> vector<4xf32> {
  %c0 = arith.constant 0 : index
  %0 = memref.alloc() : memref<4xf32>
  memref.copy %x, %0 : memref<4xf32> to memref<4xf32>
  %v = vector.load %0[%c0] : memref<4xf32>, vector<4xf32>
  return %v : vector<4xf32>
}
