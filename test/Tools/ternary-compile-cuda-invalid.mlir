// What fails when code for a GPU is compiled or called: one message each, a
// status, and nothing left behind.

// RUN: rm -rf %t && mkdir -p %t/none %t/broken
// RUN: not ternary-compile %s -o %t/a.so --target=cuda 2>&1 | FileCheck %s --check-prefix=NOCHIP
// NOCHIP: error: chip: expected one or more such as sm_90a, found none
// RUN: not ternary-compile %s -o %t/a.so --chip=sm_90a 2>&1 | FileCheck %s --check-prefix=NOTARGET
// NOTARGET: error: chip: expected the target cuda, found 'cpu'
// RUN: not ternary-compile %s -o %t/a.ptx 2>&1 | FileCheck %s --check-prefix=ALONE
// ALONE: error: {{.*}}a.ptx: output, expected the target cuda for kernels alone, found 'cpu'
// RUN: not ternary-compile %s -o %t/a.ptx --target=cuda --chip=sm_80,sm_90a 2>&1 | FileCheck %s --check-prefix=CHIPS
// CHIPS: error: {{.*}}a.ptx: output, expected one chip, found sm_80, sm_90a
// RUN: not ternary-compile %s -o %t/a.so --target=cuda --chip=sm_90a --mcpu=dispatch 2>&1 | FileCheck %s --check-prefix=DISPATCH
// DISPATCH: error: cpu: expected one for what calls the kernels, found 'dispatch'
// RUN: not ternary-compile %s -o %t/a.so --target=cuda --chip=sm_90a --pipeline-options=chip=sm_80 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: error: pipeline options: expected the chip that --chip or the device says, found 'chip'
// RUN: not ternary-compile %s -o %t/a.so --target=cuda --chip=sm_90a --pipeline-options=format=text 2>&1 | FileCheck %s --check-prefix=FORMAT
// FORMAT: error: format: expected isa, bin or fatbin, found 'text'
// RUN: not env PATH=%t/none CUDA_ROOT= CUDA_HOME=%t/none CUDA_PATH= ternary-compile %s -o %t/a.cubin --target=cuda --chip=sm_90a 2>&1 | FileCheck %s --check-prefix=PTXAS
// PTXAS: error: format 'bin': expected ptxas of a CUDA toolkit on the PATH or in CUDA_HOME/bin, found none; PTX (format=isa) needs none
// RUN: ls %t | FileCheck %s --check-prefix=LEFT
// LEFT: broken
// LEFT-NEXT: none
// LEFT-NOT: {{.}}

// RUN: ternary-compile %s -o %t/layer.o --emit-header %t/layer.h --target=cuda --chip=sm_90a
// RUN: gcc -std=c11 -I %t %S/Inputs/gpu.c %t/layer.o -o %t/program
// RUN: touch %t/broken/libcuda.so.1
// RUN: not env LD_LIBRARY_PATH=%t/broken %t/program | FileCheck %s --check-prefix=DRIVER
// DRIVER: prepare: -1: no driver: {{.*}}libcuda.so.1: file too short
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuInit:100 %t/program | FileCheck %s --check-prefix=DEVICE
// DEVICE: prepare: 100: no device: no CUDA-capable device is detected (100)
// RUN: not %fake_driver FAKE_CUDA_VERSION=11010 %t/program | FileCheck %s --check-prefix=OLD
// OLD: prepare: -1: driver too old: expected one for CUDA 11.2 or later, found 11.1
// RUN: not %fake_driver FAKE_CUDA_CAPABILITY=80 %t/program | FileCheck %s --check-prefix=CHIP
// CHIP: prepare: -1: chip: the code is for sm_90a, the device is sm_80
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuModuleLoadDataEx:222 FAKE_CUDA_VERSION=11040 FAKE_CUDA_LOG=%t/ptx.log %t/program | FileCheck %s --check-prefix=PTX
// PTX: prepare: 222: driver too old: expected one for PTX 8.0, found one for CUDA 11.4
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuModuleLoadDataEx:218 FAKE_CUDA_LOG=%t/load.log %t/program | FileCheck %s --check-prefix=LOAD
// LOAD: prepare: 218: cuModuleLoadDataEx: unknown error (218): ptxas application ptx input, line 1; fatal
// LOAD-NOT: more
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuMemAllocFromPoolAsync:2 FAKE_CUDA_LOG=%t/first.log %t/program | FileCheck %s --check-prefix=ROOM
// ROOM: prepare: 2: cuMemAllocFromPoolAsync of 80 bytes: out of memory (2)
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuMemAllocFromPoolAsync:2:2 FAKE_CUDA_LOG=%t/second.log %t/program | FileCheck %s --check-prefix=SECOND
// SECOND: prepare: 2: cuMemAllocFromPoolAsync of {{.*}} bytes: out of memory (2)
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuLaunchKernel:719 FAKE_CUDA_LOG=%t/launch.log %t/program | FileCheck %s --check-prefix=LAUNCH
// LAUNCH: prepare: 719: kernel '{{.+}}': cuLaunchKernel: unspecified launch failure (719)
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuStreamSynchronize:719 FAKE_CUDA_LOG=%t/wait.log %t/program | FileCheck %s --check-prefix=WAIT
// WAIT: prepare: 719: cuStreamSynchronize: unspecified launch failure (719)
// RUN: not %fake_driver FAKE_CUDA_FAIL=cuMemcpyDtoHAsync_v2:1 FAKE_CUDA_LOG=%t/copy.log %t/program | FileCheck %s --check-prefix=COPY
// COPY: prepare: 1: cuMemcpyDtoHAsync: invalid argument (1)
// RUN: tail -q -n 1 %t/ptx.log %t/load.log %t/first.log %t/second.log %t/launch.log %t/wait.log %t/copy.log | FileCheck %s --check-prefix=LIVE
// LIVE-COUNT-7: cuDevicePrimaryCtxRelease_v2: 0 live

func.func @layer(%x: tensor<?x10xi8>, %w: tensor<8x10xi8> {ternary.constant}) -> tensor<?x8xi32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x10xi8>
  %init = tensor.empty(%m) : tensor<?x8xi32>
  %y = ternary.bitlinear ins(%x : tensor<?x10xi8>) weights(%w : tensor<8x10xi8>)
      outs(%init : tensor<?x8xi32>) -> tensor<?x8xi32>
  return %y : tensor<?x8xi32>
}

// A name that a function of the library takes.
// RUN: echo 'func.func @f() { return } func.func @f_host() { return }' > %t/taken.mlir
// RUN: not ternary-compile %t/taken.mlir -o %t/a.o --target=cuda --chip=sm_90a 2>&1 | FileCheck %s --check-prefix=TAKEN
// TAKEN: error: function 'f_host' of the library: expected one of this name, found two: each function NAME takes NAME_host and NAME_error as well
