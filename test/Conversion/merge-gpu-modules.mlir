// RUN: ternary-opt %s --split-input-file --merge-gpu-modules | FileCheck %s
// RUN: ternary-opt %s --split-input-file --merge-gpu-modules --merge-gpu-modules | FileCheck %s

// Kernels of one name get several, and launches follow; what they share is there once.

// CHECK:      gpu.module @a {
// CHECK:        func.func private @shared
// CHECK:        gpu.func @f() kernel
// CHECK:        gpu.func @f_0() kernel
// CHECK-NEXT:     call @shared
// CHECK:        gpu.func @g() kernel
// CHECK-NOT:  gpu.module
// CHECK-NOT:  @shared
// CHECK:      func.func @launch
// CHECK:        gpu.launch_func @a::@f blocks
// CHECK:        gpu.launch_func @a::@f_0 blocks
// CHECK:        gpu.launch_func @a::@g blocks

module attributes {gpu.container_module} {
  gpu.module @a {
    func.func private @shared() {
      return
    }
    gpu.func @f() kernel {
      func.call @shared() : () -> ()
      gpu.return
    }
  }
  gpu.module @b {
    func.func private @shared() {
      return
    }
    gpu.func @f() kernel {
      func.call @shared() : () -> ()
      gpu.return
    }
    gpu.func @g() kernel {
      gpu.return
    }
  }
  func.func @launch() {
    %c1 = arith.constant 1 : index
    gpu.launch_func @a::@f blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
    gpu.launch_func @b::@f blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
    gpu.launch_func @b::@g blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
    return
  }
}

// -----

// CHECK: gpu.module @a {
// CHECK:   gpu.func @f() kernel
// CHECK:   gpu.func @f_0() kernel

gpu.module @a {
  gpu.func @f() kernel {
    gpu.return
  }
}
gpu.module @b {
  gpu.func @f() kernel {
    gpu.return
  }
}
