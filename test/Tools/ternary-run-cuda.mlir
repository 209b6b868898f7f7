// Calls on a GPU, as far as a driver goes that runs no kernel.

// RUN: rm -rf %t && mkdir -p %t/broken && touch %t/broken/libcuda.so.1
// RUN: %python %S/Inputs/npy.py make %t/x.npy int8 2x3 1,2,3,4,5,6
// RUN: %python %S/Inputs/npy.py make %t/w.npy int8 2x3 1,0,-1,1,1,1

// Arrays go to the device and back, and all that is taken is given back.
// RUN: %fake_driver FAKE_CUDA_LOG=%t/run.log ternary-run %s --target=cuda --entry layer \
// RUN:   --args %t/x.npy %t/w.npy --results %t/y.npy --time 3 | FileCheck %s
// CHECK: result 0: int32 [2, 2] = {{.*}} -> {{.*}}y.npy
// CHECK: time: median 250.000 us, iqr 0.000 us, min 250.000 us (3 calls)
// RUN: FileCheck %s --check-prefix=LOG --input-file=%t/run.log
// LOG:     cuMemcpyHtoDAsync_v2 6
// LOG:     cuMemcpyHtoDAsync_v2 6
// LOG:     cuModuleLoadDataEx
// LOG:     cuLaunchKernel
// LOG:     cuMemcpyDtoHAsync_v2 16
// LOG:     cuEventCreate
// LOG:     cuDevicePrimaryCtxRelease_v2: 0 live

// No kernel has written what the reference computes.
// RUN: not %fake_driver ternary-run %s --target=cuda --entry layer --args %t/x.npy %t/w.npy \
// RUN:   --check=reference | FileCheck %s --check-prefix=DIFFERS
// DIFFERS: check: result 0: max difference {{.*}} of 4 elements differ

// RUN: not env LD_LIBRARY_PATH=%t/broken ternary-run %s --target=cuda --entry layer --args %t/x.npy %t/w.npy 2>&1 | FileCheck %s --check-prefix=DRIVER
// DRIVER: error: no driver: {{.*}}libcuda.so.1: file too short
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuInit:100 ternary-run %s --target=cuda --entry layer --args %t/x.npy %t/w.npy 2>&1 | FileCheck %s --check-prefix=DEVICE
// DEVICE: error: no device: no CUDA-capable device is detected (100)
// RUN: not %fake_driver FAKE_CUDA_VERSION=11010 ternary-run %s --target=cuda --entry layer --args %t/x.npy %t/w.npy 2>&1 | FileCheck %s --check-prefix=OLD
// OLD: error: driver too old: expected one for CUDA 11.2 or later, found 11.1
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuMemAllocFromPoolAsync:2:2 FAKE_CUDA_LOG=%t/room.log ternary-run %s --target=cuda --entry layer --args %t/x.npy %t/w.npy 2>&1 | FileCheck %s --check-prefix=ROOM
// ROOM: error: cuMemAllocFromPoolAsync of 6 bytes: out of memory (2)
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuLaunchKernel:719 FAKE_CUDA_LOG=%t/launch.log ternary-run %s --target=cuda --entry layer --args %t/x.npy %t/w.npy 2>&1 | FileCheck %s --check-prefix=LAUNCH
// LAUNCH: error: kernel '{{.+}}': cuLaunchKernel: unspecified launch failure (719)
// RUN: tail -q -n 1 %t/room.log %t/launch.log | FileCheck %s --check-prefix=LIVE
// LIVE-COUNT-2: cuDevicePrimaryCtxRelease_v2: 0 live

func.func @layer(%x: tensor<?x3xi8>, %w: tensor<2x3xi8>) -> tensor<?x2xi32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x3xi8>
  %init = tensor.empty(%m) : tensor<?x2xi32>
  %y = ternary.bitlinear ins(%x : tensor<?x3xi8>) weights(%w : tensor<2x3xi8>)
      outs(%init : tensor<?x2xi32>) -> tensor<?x2xi32>
  return %y : tensor<?x2xi32>
}
