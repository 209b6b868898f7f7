// RUN: ternary-opt %s --split-input-file --outline-gpu-kernels | FileCheck %s

// Kernels have the bound of their launches, whatever it is.

// CHECK:       func.func @host
// CHECK:         gpu.launch_func @host_kernel::@host_kernel
// CHECK:       gpu.module @host_kernel {
// CHECK:         gpu.func @host_kernel
// CHECK-SAME:        nvvm.minctasm = 2 : i32
func.func @host(%n: index) {
  // The kernel has the attribute.
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %n, %gy = %n, %gz = %n)
      threads(%tx, %ty, %tz) in (%sx = %n, %sy = %n, %sz = %n) {
    gpu.terminator
  } {nvvm.minctasm = 2 : i32}
  return
}

// CHECK:       func.func @launches
// CHECK:         gpu.launch_func @launches_kernel::@launches_kernel
// CHECK:         scf.for
// CHECK:           gpu.launch_func @launches_kernel_0::@launches_kernel
// CHECK:         gpu.launch_func @launches_kernel_1::@launches_kernel
// CHECK:       gpu.module @launches_kernel {
// CHECK:         gpu.func @launches_kernel
// CHECK-SAME:        nvvm.minctasm = 2 : i32
// CHECK:       gpu.module @launches_kernel_0 {
// CHECK:         gpu.func @launches_kernel
// CHECK-NOT:         minctasm
// CHECK:       gpu.module @launches_kernel_1 {
// CHECK:         gpu.func @launches_kernel
// CHECK-SAME:        nvvm.minctasm = 3 : i32
func.func @launches(%m: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %n, %gy = %c1, %gz = %c1)
      threads(%tx, %ty, %tz) in (%sx = %n, %sy = %c1, %sz = %c1) {
    memref.store %zero, %m[%bx] : memref<?xf32>
    gpu.terminator
  } {nvvm.minctasm = 2 : i32}
  scf.for %i = %c0 to %n step %c1 {
    gpu.launch blocks(%bx, %by, %bz) in (%gx = %n, %gy = %c1, %gz = %c1)
        threads(%tx, %ty, %tz) in (%sx = %n, %sy = %c1, %sz = %c1) {
      memref.store %zero, %m[%tx] : memref<?xf32>
      gpu.terminator
    }
  }
  gpu.launch blocks(%bx, %by, %bz) in (%gx = %n, %gy = %c1, %gz = %c1)
      threads(%tx, %ty, %tz) in (%sx = %n, %sy = %c1, %sz = %c1) {
    memref.store %zero, %m[%gx] : memref<?xf32>
    gpu.terminator
  } {nvvm.minctasm = 3 : i32}
  return
}

// -----

// Launches of kernels that are there already keep theirs, and so do launches in
// a function that a kernel calls: the kernel's module gets a copy of it.

module attributes {gpu.container_module} {
// CHECK:       func.func @callee
// CHECK:         gpu.launch_func @callee_kernel::@callee_kernel
// CHECK:       gpu.module @callee_kernel {
// CHECK:         gpu.func @callee_kernel
// CHECK-SAME:        nvvm.minctasm = 4 : i32
  func.func @callee() {
    %c1 = arith.constant 1 : index
    gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
        threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
      gpu.terminator
    } {nvvm.minctasm = 4 : i32}
    return
  }

// CHECK:       func.func @mixed
// CHECK:         gpu.launch_func @there::@kernel
// CHECK:         gpu.launch_func @mixed_kernel::@mixed_kernel
// CHECK:         gpu.launch_func @mixed_kernel_0::@mixed_kernel
// CHECK:       gpu.module @mixed_kernel {
// CHECK:         gpu.func @mixed_kernel
// CHECK-NOT:         minctasm
// CHECK:       gpu.module @mixed_kernel_0 {
// CHECK:         gpu.func @mixed_kernel
// CHECK-SAME:        nvvm.minctasm = 5 : i32
// CHECK:       gpu.module @there {
// CHECK-NEXT:    gpu.func @kernel() kernel {
  func.func @mixed() {
    %c1 = arith.constant 1 : index
    gpu.launch_func @there::@kernel blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
    gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
        threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
      func.call @callee() : () -> ()
      gpu.terminator
    }
    gpu.launch blocks(%bx, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
        threads(%tx, %ty, %tz) in (%sx = %c1, %sy = %c1, %sz = %c1) {
      gpu.terminator
    } {nvvm.minctasm = 5 : i32}
    return
  }

  gpu.module @there {
    gpu.func @kernel() kernel {
      gpu.return
    }
  }
}
