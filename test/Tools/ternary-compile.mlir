// Functions as C sees them: a program is compiled against the header by two
// compilers, linked to the object or the library, and run.

// RUN: rm -rf %t && mkdir %t
// RUN: ternary-compile %s -o %t/basics.o --emit-header %t/basics.h
// RUN: FileCheck %s --input-file=%t/basics.h
// RUN: gcc -std=c11 -Wall -Wextra -Werror -pedantic -I %t %S/Inputs/basics.c %t/basics.o -lm -o %t/gcc
// RUN: %t/gcc | FileCheck %s --check-prefix=RESULT
// RUN: ternary-compile %s -o %t/libbasics.so
// RUN: clang-22 -std=c11 -Wall -Wextra -Werror -pedantic -I %t %S/Inputs/basics.c -L %t -lbasics -Wl,-rpath,%t -o %t/clang
// RUN: %t/clang | FileCheck %s --check-prefix=RESULT
// RUN: ternary-compile %s -o %t/reference.o --target=reference
// RUN: gcc -std=c11 -I %t %S/Inputs/basics.c %t/reference.o -lm -o %t/reference
// RUN: %t/reference | FileCheck %s --check-prefix=RESULT
// RUN: ternary-compile %s -o %t/generic.s --mcpu=generic -O0
// RUN: gcc -std=c11 -I %t %S/Inputs/basics.c %t/generic.s -lm -o %t/generic
// RUN: %t/generic | FileCheck %s --check-prefix=RESULT
// RUN: ternary-compile %s -o %t/basics.ll
// RUN: clang-22 -std=c11 -I %t %S/Inputs/basics.c %t/basics.ll -lm -o %t/ir
// RUN: %t/ir | FileCheck %s --check-prefix=RESULT
// RESULT: {{^}}all as in C

// The header is one for C++ too.
// RUN: g++ -std=c++17 -Wall -Wextra -Werror -pedantic -x c++ -fsyntax-only %t/basics.h
// RUN: clang++-22 -std=c++17 -Wall -Wextra -Werror -pedantic -x c++-header -fsyntax-only %t/basics.h

// The code needs nothing but libc and libm, and shows nothing but its functions.
// RUN: nm -u %t/basics.o | FileCheck %s --check-prefix=UNDEFINED
// UNDEFINED-NOT: U {{[^fmr]}}
// UNDEFINED-NOT: U memref
// RUN: nm -D --defined-only %t/libbasics.so | FileCheck %s --check-prefix=SYMBOLS
// SYMBOLS-NOT: T
// SYMBOLS: T count
// SYMBOLS-NEXT: T layer
// SYMBOLS-NEXT: T pack
// SYMBOLS-NEXT: T scalars
// SYMBOLS-NOT: T
// RUN: readelf -d %t/libbasics.so | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC-NOT: NEEDED{{.*}}{{MLIR|LLVM|omp}}
// DYNAMIC: SONAME{{.*}}[libbasics.so]

// CHECK: Made by ternary-compile {{.*}} from ternary-compile.mlir.
// CHECK: Needs no library but libc and libm.
// CHECK: #ifndef TERNARY_GENERATED_BASICS_H

// Open extents follow their pointer.
// CHECK: x: int8_t [x_dim0][37], read
// CHECK-NEXT: w: int8_t [19][37], read
// CHECK-NEXT: result0: int32_t [x_dim0][19], written
// CHECK-NEXT: */
// CHECK-NEXT: void layer(
// CHECK-NEXT: const int8_t *TERNARY_RESTRICT x,
// CHECK-NEXT: int64_t x_dim0,
// CHECK-NEXT: const int8_t *TERNARY_RESTRICT w,
// CHECK-NEXT: int32_t *TERNARY_RESTRICT result0);
func.func @layer(%x: tensor<?x37xi8> loc("x"), %w: tensor<19x37xi8> loc("w"))
    -> tensor<?x19xi32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x37xi8>
  %init = tensor.empty(%m) : tensor<?x19xi32>
  %y = ternary.bitlinear ins(%x : tensor<?x37xi8>)
      weights(%w : tensor<19x37xi8>) outs(%init : tensor<?x19xi32>)
      -> tensor<?x19xi32>
  return %y : tensor<?x19xi32>
}

// CHECK: arg0: int8_t [arg0_dim0][arg0_dim1], read
// CHECK-NEXT: result0: int8_t [arg0_dim0][(arg0_dim1 + 4 - 1) / 4], written;
// CHECK-NEXT: packing #ternary.packing<chimera>
// CHECK: void pack(
func.func @pack(%trits: tensor<?x?xi8>)
    -> (tensor<?x?xi8> {ternary.packing = #ternary.packing<chimera>}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %trits, %c0 : tensor<?x?xi8>
  %k = tensor.dim %trits, %c1 : tensor<?x?xi8>
  %columns = arith.ceildivui %k, %c4 : index
  %empty = tensor.empty(%n, %columns) : tensor<?x?xi8>
  %0 = ternary.pack ins(%trits : tensor<?x?xi8>) outs(%empty : tensor<?x?xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// Scalars go by value in and by pointer out; a name that C reserves is changed.
// CHECK: arg0: float
// CHECK-NEXT: bool_2: bool
// CHECK: arg4: uint16_t (bits of a float16)
// CHECK: result1: float, a single one, written
// CHECK: #define scalars_result0_bytes 3
// CHECK: void scalars(
// CHECK-NEXT: float arg0,
// CHECK-NEXT: bool bool_2,
// CHECK-NEXT: int64_t n,
// CHECK-NEXT: int8_t arg3,
// CHECK-NEXT: uint16_t arg4,
// CHECK-NEXT: const bool *TERNARY_RESTRICT arg5,
// CHECK-NEXT: bool *TERNARY_RESTRICT result0,
// CHECK-NEXT: float *TERNARY_RESTRICT result1,
// CHECK-NEXT: int64_t *TERNARY_RESTRICT result2,
// CHECK-NEXT: uint16_t *TERNARY_RESTRICT result3);
func.func @scalars(%a: f32, %b: i1 loc("bool"), %n: index loc("n"), %c: i8, %h: f16,
                   %flags: tensor<3xi1>) -> (tensor<3xi1>, f32, index, f16) {
  %true = arith.constant true
  %e = tensor.empty() : tensor<3xi1>
  %inverted = linalg.map ins(%flags : tensor<3xi1>) outs(%e : tensor<3xi1>)
      (%in: i1, %out: i1) {
    %not = arith.xori %in, %true : i1
    linalg.yield %not : i1
  }
  %bit = arith.uitofp %b : i1 to f32
  %sum = arith.addf %a, %bit : f32
  %cn = arith.index_cast %c : i8 to index
  %count = arith.addi %n, %cn : index
  %twice = arith.addf %h, %h : f16
  return %inverted, %sum, %count, %twice : tensor<3xi1>, f32, index, f16
}

// A memref that is written is not const, and may be state.
// CHECK: arg0: int32_t [4], read
// CHECK-NEXT: arg1: int32_t [4], read and written in place
// CHECK-NEXT: result0: int32_t [4], written
// CHECK: void count(
// CHECK-NEXT: const int32_t *TERNARY_RESTRICT arg0,
// CHECK-NEXT: int32_t *TERNARY_RESTRICT arg1,
// CHECK-NEXT: int32_t *TERNARY_RESTRICT result0);
func.func @count(%amounts: memref<4xi32>, %counts: memref<4xi32>) -> memref<4xi32> {
  %old = memref.alloc() : memref<4xi32>
  memref.copy %counts, %old : memref<4xi32> to memref<4xi32>
  linalg.add ins(%old, %amounts : memref<4xi32>, memref<4xi32>)
      outs(%counts : memref<4xi32>)
  return %old : memref<4xi32>
}

// CHECK-NOT: hidden
func.func private @hidden(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
