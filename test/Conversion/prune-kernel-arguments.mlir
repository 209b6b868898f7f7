// RUN: ternary-opt %s --split-input-file --allow-unregistered-dialect --prune-kernel-arguments | FileCheck %s

// What a kernel does not read is dropped from it, with its attributes, and from all launches.

// CHECK-LABEL: gpu.module @kernels
// CHECK:         llvm.func @f(%[[P:.*]]: !llvm.ptr {llvm.nonnull}, %[[N:.*]]: i64)
// CHECK-NEXT:      llvm.store %[[N]], %[[P]]
// CHECK:         llvm.func @all()
// CHECK:         llvm.func @device(%{{.*}}: i64)
// CHECK-LABEL: llvm.func @host(
// CHECK-SAME:      %[[A:.*]]: !llvm.ptr, %[[B:.*]]: !llvm.ptr, %[[X:.*]]: i64, %[[Y:.*]]: i64, %[[GRID:.*]]: i64)
// CHECK:         gpu.launch_func @kernels::@f {{.*}} args(%[[B]] : !llvm.ptr, %[[Y]] : i64)
// CHECK:         gpu.launch_func @kernels::@f {{.*}} args(%[[A]] : !llvm.ptr, %[[X]] : i64)
// CHECK:         gpu.launch_func @kernels::@all blocks in (%{{.*}}, %{{.*}}, %{{.*}}) threads in (%{{.*}}, %{{.*}}, %{{.*}}) : i64
// CHECK-NOT:     args

module attributes {gpu.container_module} {
  gpu.module @kernels {
    llvm.func @f(%allocated: !llvm.ptr {llvm.noalias}, %p: !llvm.ptr {llvm.nonnull}, %offset: i64,
                 %n: i64) attributes {gpu.kernel, nvvm.kernel} {
      llvm.store %n, %p : i64, !llvm.ptr
      llvm.return
    }
    llvm.func @all(%n: i64) attributes {gpu.kernel, nvvm.kernel} {
      llvm.return
    }
    llvm.func @device(%n: i64) {
      llvm.return
    }
  }
  llvm.func @host(%a: !llvm.ptr, %b: !llvm.ptr, %x: i64, %y: i64, %grid: i64) {
    gpu.launch_func @kernels::@f blocks in (%grid, %grid, %grid) threads in (%grid, %grid, %grid)
        : i64 args(%a : !llvm.ptr, %b : !llvm.ptr, %x : i64, %y : i64)
    gpu.launch_func @kernels::@f blocks in (%grid, %grid, %grid) threads in (%grid, %grid, %grid)
        : i64 args(%b : !llvm.ptr, %a : !llvm.ptr, %y : i64, %x : i64)
    gpu.launch_func @kernels::@all blocks in (%grid, %grid, %grid) threads in (%grid, %grid, %grid)
        : i64 args(%x : i64)
    llvm.return
  }
}

// -----

// What takes a memref gets several parameters for it: it is left alone.

// CHECK-LABEL: gpu.module @memrefs
// CHECK:         llvm.func @f(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64)
// CHECK:       gpu.launch_func @memrefs::@f {{.*}} args(%{{.*}} : memref<f32>)

module attributes {gpu.container_module} {
  gpu.module @memrefs {
    llvm.func @f(%allocated: !llvm.ptr, %p: !llvm.ptr, %offset: i64)
        attributes {gpu.kernel, nvvm.kernel} {
      llvm.return
    }
  }
  func.func @host(%m: memref<f32>, %grid: index) {
    gpu.launch_func @memrefs::@f blocks in (%grid, %grid, %grid) threads in (%grid, %grid, %grid)
        args(%m : memref<f32>)
    return
  }
}

// -----

// What nothing launches is pruned, too.

// CHECK-LABEL: gpu.module @kernels
// CHECK:         llvm.func @f(%{{.*}}: !llvm.ptr)
gpu.module @kernels {
  llvm.func @f(%allocated: !llvm.ptr, %p: !llvm.ptr, %offset: i64)
      attributes {gpu.kernel, nvvm.kernel} {
    %c = llvm.mlir.constant(0 : i8) : i8
    llvm.store %c, %p : i8, !llvm.ptr
    llvm.return
  }
}

// -----

// Inside of an op that is not known there may be uses that are not seen.

// CHECK-LABEL: gpu.module @unknown
// CHECK:         llvm.func @f(%{{.*}}: i64, %{{.*}}: i64)
module {
  gpu.module @unknown {
    llvm.func @f(%used: i64, %unused: i64) attributes {gpu.kernel, nvvm.kernel} {
      %p = llvm.mlir.zero : !llvm.ptr
      llvm.store %used, %p : i64, !llvm.ptr
      llvm.return
    }
  }
  "other.unknown"() ({
    "other.end"() : () -> ()
  }) : () -> ()
}

// -----

// A kernel that its module uses itself keeps its parameters.

// CHECK-LABEL: gpu.module @inside
// CHECK:         llvm.func @f(%{{.*}}: i64)
gpu.module @inside {
  llvm.func @f(%unused: i64) attributes {gpu.kernel, nvvm.kernel} {
    llvm.return
  }
  llvm.func @address() -> !llvm.ptr {
    %p = llvm.mlir.addressof @f : !llvm.ptr
    llvm.return %p : !llvm.ptr
  }
}
