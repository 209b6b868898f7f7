// One library for every x86-64 machine: TERNARY_ISA masks features down, and the
// results are the same bits at each level.

// REQUIRES: avx2
// RUN: rm -rf %t && mkdir %t
// RUN: ternary-compile %s -o %t/libdispatch.so --emit-header %t/dispatch.h --mcpu=dispatch
// RUN: gcc -std=c11 -Wall -Wextra -Werror -I %t %S/Inputs/dispatch.c -L %t -ldispatch -Wl,-rpath,%t -pthread -o %t/program
// RUN: %t/program > %t/best
// RUN: FileCheck %s --input-file=%t/best --check-prefix=RESULT
// RUN: %if avx512_vnni %{ env TERNARY_ISA=avx512vnni %t/program | FileCheck %s --check-prefixes=RESULT,VNNI %}
// RUN: %if amx_int8 %{ env TERNARY_ISA=avx512vbmi %t/program | FileCheck %s --check-prefixes=RESULT,VBMI %}
// RUN: %if amx_int8 %{ FileCheck %s --input-file=%t/best --check-prefix=AMX %}
// RUN: env TERNARY_ISA=x86-64 %t/program | FileCheck %s --check-prefixes=RESULT,GENERIC
// RUN: env TERNARY_ISA=x86-64-v3 %t/program | FileCheck %s --check-prefixes=RESULT,AVX2
// A name that there is not sets no limit, and a limit adds no features.
// RUN: env TERNARY_ISA=tpu %t/program | diff - %t/best
// RUN: env TERNARY_ISA=avx512amx %t/program | diff - %t/best
// GENERIC: {{^}}x86-64:
// AVX2: {{^}}x86-64-v3:
// VNNI: {{^}}avx512vnni:
// VBMI: {{^}}avx512vbmi:
// AMX: {{^}}avx512amx:
// RESULT: all as in C, mean -0.5

// RUN: FileCheck %s --input-file=%t/dispatch.h --check-prefix=HEADER
// HEADER: x86-64, x86-64-v3, avx512vnni, avx512vbmi, avx512amx. The environment variable TERNARY_ISA

// The code of each level is there, and only what every machine has runs before
// the choice.
// RUN: ternary-compile %s -o %t/dispatch.s --mcpu=dispatch
// RUN: FileCheck %s --input-file=%t/dispatch.s
// CHECK-LABEL: {{^}}dispatch.x86_64:
// CHECK-NOT: {{[yz]mm}}
// CHECK: .size dispatch.x86_64,
// CHECK-LABEL: {{^}}dispatch.x86_64_v3:
// CHECK-NOT: zmm
// CHECK: ymm
// CHECK-LABEL: dispatch.avx512vnni:
// CHECK: vpdpbusd {{.*}}zmm

// The weights of the levels are one constant, and nothing but the
// functions is seen from outside.
// RUN: ternary-compile %s -o %t/dispatch.ll --mcpu=dispatch
// RUN: FileCheck %s --input-file=%t/dispatch.ll --check-prefix=IR
// IR-COUNT-1: constant [13 x float]
// IR-NOT: constant [13 x float]
// RUN: nm -u %t/libdispatch.so | FileCheck %s --check-prefix=UNDEFINED
// UNDEFINED-NOT: U {{_|omp}}
// RUN: nm -D --defined-only %t/libdispatch.so | FileCheck %s --check-prefix=SYMBOLS
// SYMBOLS: T dispatch
// SYMBOLS-NEXT: T dispatch_prepare
// SYMBOLS-NEXT: T mean
// SYMBOLS-NEXT: W ternary_isa
// SYMBOLS-NOT: {{[A-Z]}} {{.}}

func.func @dispatch(%x: tensor<?x333xi8>, %w: tensor<77x333xi8> {ternary.constant})
    -> tensor<?x77xi32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x333xi8>
  %init = tensor.empty(%m) : tensor<?x77xi32>
  %y = ternary.bitlinear ins(%x : tensor<?x333xi8>)
      weights(%w : tensor<77x333xi8>) outs(%init : tensor<?x77xi32>)
      -> tensor<?x77xi32>
  return %y : tensor<?x77xi32>
}

func.func @mean(%x: tensor<?x333xi8>) -> f32 {
  %weights = arith.constant dense<[-0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]> : tensor<13xf32>
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c13 = arith.constant 13 : index
  %m = tensor.dim %x, %c0 : tensor<?x333xi8>
  %i = arith.minui %m, %c13 : index
  %one = arith.constant 1 : index
  %sum = scf.for %k = %c0 to %i step %one iter_args(%s = %zero) -> f32 {
    %e = tensor.extract %weights[%k] : tensor<13xf32>
    %t = arith.addf %s, %e : f32
    scf.yield %t : f32
  }
  return %sum : f32
}
