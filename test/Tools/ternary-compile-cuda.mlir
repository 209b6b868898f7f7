// A library for GPUs: its header, its symbols, PTX alone, and calls through a
// driver that runs no kernel.

// RUN: rm -rf %t && mkdir %t
// RUN: ternary-compile %s -o %t/layer.o --emit-header %t/layer.h --target=cuda --chip=sm_80,sm_90a
// RUN: FileCheck %s --input-file=%t/layer.h
// RUN: gcc -std=c11 -Wall -Wextra -Werror -pedantic -I %t %S/Inputs/gpu.c %t/layer.o -o %t/static
// RUN: g++ -std=c++17 -Wall -Wextra -Werror -pedantic -x c++ -fsyntax-only %t/layer.h
// RUN: ternary-compile %s -o %t/liblayer.so --target=cuda --chip=sm_80,sm_90a
// RUN: clang-22 -std=c11 -Wall -Wextra -Werror -pedantic -I %t %S/Inputs/gpu.c -L %t -llayer -Wl,-rpath,%t -o %t/shared

// CHECK:      NAME takes arrays on the device, and a CUDA stream
// CHECK:      Kernels for sm_80, sm_90a.
// CHECK:      int layer_prepare_host(
// CHECK-NEXT:     const int8_t *TERNARY_RESTRICT w,
// CHECK-NEXT:     int8_t *TERNARY_RESTRICT prepared0);
// CHECK-NEXT: int layer_prepare(
// CHECK-NEXT:     const int8_t *TERNARY_RESTRICT w,
// CHECK-NEXT:     int8_t *TERNARY_RESTRICT prepared0,
// CHECK-NEXT:     void *stream);
// CHECK-NEXT: const char *layer_prepare_error(void);
// CHECK:      int layer_host(
// CHECK-NEXT:     const int8_t *TERNARY_RESTRICT stream,
// CHECK-NEXT:     int64_t stream_dim0,
// CHECK:      int layer(
// CHECK:          void *stream_);
// CHECK-NEXT: const char *layer_error(void);

// Nothing but libc is needed, and only the functions of the header are seen.
// RUN: nm -u %t/layer.o | FileCheck %s --check-prefix=UNDEFINED --implicit-check-not=U
// UNDEFINED: U __tls_get_addr
// UNDEFINED: U calloc
// UNDEFINED: U dlclose
// UNDEFINED: U dlerror
// UNDEFINED: U dlopen
// UNDEFINED: U dlsym
// UNDEFINED: U free
// UNDEFINED: U mem
// UNDEFINED: U mem
// UNDEFINED: U pthread_mutex_lock
// UNDEFINED: U pthread_mutex_unlock
// UNDEFINED: U snprintf
// UNDEFINED: U strcmp
// UNDEFINED: U strcspn
// UNDEFINED: U strlen
// UNDEFINED: U strncat
// UNDEFINED: U strspn
// UNDEFINED: U strstr
// RUN: nm -D --defined-only %t/liblayer.so | FileCheck %s --check-prefix=SYMBOLS
// SYMBOLS:      T layer
// SYMBOLS-NEXT: T layer_error
// SYMBOLS-NEXT: T layer_host
// SYMBOLS-NEXT: T layer_prepare
// SYMBOLS-NEXT: T layer_prepare_error
// SYMBOLS-NEXT: T layer_prepare_host
// SYMBOLS-NOT:  {{.}}
// RUN: readelf -d %t/liblayer.so | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC-NOT: NEEDED{{.*}}libm.so
// DYNAMIC-NOT: NEEDED{{.*}}libcuda

// Kernels alone need no toolkit.
// RUN: env PATH=%t ternary-compile %s -o %t/layer.ptx --target=cuda --chip=sm_80
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t/layer.ptx
// PTX:     .version 8.0
// PTX:     .target sm_80
// PTX-NOT: .version
// PTX:     .visible .entry

// All that is taken is given back, also where a graph of the caller could be.
// RUN: %fake_driver FAKE_CUDA_LOG=%t/host.log %t/shared | FileCheck %s --check-prefix=CALLS
// CALLS: prepare: 0: no failure
// CALLS: layer: 0: no failure
// CALLS: again: 0: no failure
// RUN: FileCheck %s --check-prefix=HOST --input-file=%t/host.log
// HOST:     cuDevicePrimaryCtxRetain: 1 live
// HOST:     cuMemcpyHtoDAsync_v2 80
// HOST:     cuModuleLoadDataEx
// HOST:     cuLaunchKernel{{.*}} stream 0x2
// HOST:     cuMemcpyDtoHAsync_v2
// HOST:     cuStreamSynchronize
// HOST:     cuMemcpyHtoDAsync_v2 30
// HOST:     cuMemcpyDtoHAsync_v2 96
// HOST:     cuStreamSynchronize
// HOST:     cuMemcpyHtoDAsync_v2 30
// HOST-NOT: cuModule
// HOST:     cuMemcpyDtoHAsync_v2 96
// HOST:     cuModuleUnload
// HOST:     cuDevicePrimaryCtxRelease_v2: 0 live
// RUN: %fake_driver FAKE_CUDA_LOG=%t/device.log %t/static device
// RUN: FileCheck %s --check-prefix=DEVICE --input-file=%t/device.log --implicit-check-not=Synchronize --implicit-check-not=cuMemcpy
// DEVICE: cuLaunchKernel{{.*}} stream (nil)
// DEVICE: cuDevicePrimaryCtxRelease_v2: 0 live

// Of two chips, the better one that the device runs.
// RUN: %fake_driver FAKE_CUDA_CAPABILITY=89 %t/shared
// RUN: not %fake_driver FAKE_CUDA_CAPABILITY=75 %t/shared | FileCheck %s --check-prefix=CHIP
// CHIP: prepare: -1: chip: the code is for sm_80,sm_90a, the device is sm_75

func.func @layer(%x: tensor<?x10xi8> loc("stream"), %w: tensor<8x10xi8> {ternary.constant} loc("w"))
    -> tensor<?x8xi32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x10xi8>
  %init = tensor.empty(%m) : tensor<?x8xi32>
  %y = ternary.bitlinear ins(%x : tensor<?x10xi8>) weights(%w : tensor<8x10xi8>)
      outs(%init : tensor<?x8xi32>) -> tensor<?x8xi32>
  return %y : tensor<?x8xi32>
}
