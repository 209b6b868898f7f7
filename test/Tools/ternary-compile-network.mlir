// Two layers whose weights come from the caller: they are packed once, by the
// function that the header names, and the result is that of ternary-run.

// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/arrays.py make %t/x float32 3x100 1 -2 2
// RUN: %python %S/Inputs/arrays.py make %t/w1 int8 70x100 2
// RUN: %python %S/Inputs/arrays.py make %t/w2 int8 11x70 3
// RUN: %python %S/Inputs/npy.py make %t/scale.npy float32 - 0.5
// RUN: ternary-run %s --entry network --target=reference --results %t/y.npy \
// RUN:   --args %t/x.npy %t/w1.npy %t/w2.npy %t/scale.npy

// RUN: ternary-compile %s -o %t/network.o --emit-header %t/network.h
// RUN: FileCheck %s --input-file=%t/network.h
// RUN: gcc -std=c11 -Wall -Wextra -Werror -I %t %S/Inputs/network.c %t/network.o -lm -o %t/gcc
// RUN: %t/gcc %t/x.bin %t/w1.bin %t/w2.bin %t/y.bin
// RUN: %python %S/Inputs/arrays.py same %t/y.bin %t/y.npy 1e-5

// With threads the library needs libomp, and says so.
// RUN: ternary-compile %s -o %t/libnetwork.so --emit-header %t/network.h --threads=2 \
// RUN:   --pipeline-options=row-tile=16
// RUN: FileCheck %s --input-file=%t/network.h --check-prefix=THREADS
// THREADS: Threaded: programs link libomp.
// RUN: readelf -d %t/libnetwork.so | FileCheck %s --check-prefix=NEEDED
// NEEDED: NEEDED{{.*}}libomp
// RUN: clang-22 -std=c11 -I %t %S/Inputs/network.c -L %t -lnetwork -Wl,-rpath,%t -o %t/clang
// RUN: %t/clang %t/x.bin %t/w1.bin %t/w2.bin %t/y.bin
// RUN: %python %S/Inputs/arrays.py same %t/y.bin %t/y.npy 1e-5

// CHECK: /* network_prepare
// CHECK: w1: int8_t [70][100], read
// CHECK-NEXT: w2: int8_t [11][70], read
// CHECK-NEXT: prepared0: int8_t [2][7][4][64], written;
// CHECK-NEXT: packing #ternary.packing<cpu_rows2> of trits [70][100]
// CHECK: #define network_prepare_prepared0_bytes 3584
// CHECK: #define network_prepare_prepared1_bytes
// CHECK: void network_prepare(

// CHECK: /* network: takes what network_prepare has computed once
// CHECK: prepared0: int8_t [2][7][4][64], read; filled by network_prepare;
// CHECK: void network(
// CHECK-NEXT: const float *TERNARY_RESTRICT x,
// CHECK-NEXT: int64_t x_dim0,
// CHECK-NEXT: float scale,
// CHECK-NEXT: const int8_t *TERNARY_RESTRICT prepared0,
// CHECK-NEXT: const int8_t *TERNARY_RESTRICT prepared1,
// CHECK-NEXT: float *TERNARY_RESTRICT result0);
func.func @network(%x: tensor<?x100xf32> loc("x"),
                   %w1: tensor<70x100xi8> {ternary.constant} loc("w1"),
                   %w2: tensor<11x70xi8> {ternary.constant} loc("w2"),
                   %scale: f32 loc("scale")) -> tensor<?x11xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c0 : tensor<?x100xf32>
  %qi = tensor.empty(%m) : tensor<?x100xi8>
  %ai = tensor.empty(%m) : tensor<?xf32>
  %q, %a = ternary.quantize_activation ins(%x : tensor<?x100xf32>)
      outs(%qi, %ai : tensor<?x100xi8>, tensor<?xf32>) -> tensor<?x100xi8>, tensor<?xf32>
  %hi = tensor.empty(%m) : tensor<?x70xf32>
  %h = ternary.bitlinear ins(%q : tensor<?x100xi8>) weights(%w1 : tensor<70x100xi8>)
      activation_scale(%a : tensor<?xf32>) outs(%hi : tensor<?x70xf32>)
      -> tensor<?x70xf32>
  %ri = tensor.empty(%m) : tensor<?x70xf32>
  %r = linalg.map ins(%h : tensor<?x70xf32>) outs(%ri : tensor<?x70xf32>)
      (%in: f32, %out: f32) {
    %scaled = arith.mulf %in, %scale : f32
    %relu = arith.maximumf %scaled, %zero : f32
    linalg.yield %relu : f32
  }
  %qi2 = tensor.empty(%m) : tensor<?x70xi8>
  %ai2 = tensor.empty(%m) : tensor<?xf32>
  %q2, %a2 = ternary.quantize_activation ins(%r : tensor<?x70xf32>)
      outs(%qi2, %ai2 : tensor<?x70xi8>, tensor<?xf32>) -> tensor<?x70xi8>, tensor<?xf32>
  %yi = tensor.empty(%m) : tensor<?x11xf32>
  %y = ternary.bitlinear ins(%q2 : tensor<?x70xi8>) weights(%w2 : tensor<11x70xi8>)
      activation_scale(%a2 : tensor<?xf32>) outs(%yi : tensor<?x11xf32>)
      -> tensor<?x11xf32>
  return %y : tensor<?x11xf32>
}
