// State that is marked writable changes where it lies: five steps through C are
// those that ternary-run takes one after the other.

// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/arrays.py make %t/sign int8 21x33 1
// RUN: %python %S/Inputs/arrays.py make %t/trits int8 21x33 2
// RUN: %python %S/Inputs/arrays.py make %t/a int8 21x33 3 -2 2
// RUN: ternary-run %s --entry pack --args %t/trits.npy --results %t/b0.npy
// RUN: cp %t/a.npy %t/a0.npy
// RUN: %python -c "import sys, numpy; numpy.load(sys.argv[1]).tofile(sys.argv[2])" %t/b0.npy %t/b0.bin
// RUN: ternary-run %s --entry step --args %t/sign.npy %t/b0.npy %t/a0.npy --results %t/b1.npy %t/a1.npy
// RUN: ternary-run %s --entry step --args %t/sign.npy %t/b1.npy %t/a1.npy --results %t/b2.npy %t/a2.npy
// RUN: ternary-run %s --entry step --args %t/sign.npy %t/b2.npy %t/a2.npy --results %t/b3.npy %t/a3.npy
// RUN: ternary-run %s --entry step --args %t/sign.npy %t/b3.npy %t/a3.npy --results %t/b4.npy %t/a4.npy
// RUN: ternary-run %s --entry step --args %t/sign.npy %t/b4.npy %t/a4.npy --results %t/b5.npy %t/a5.npy
// The steps change the weights, or this test would show nothing.
// RUN: not diff %t/b0.npy %t/b5.npy

// RUN: ternary-compile %s --entry step -o %t/step.o --emit-header %t/step.h
// RUN: FileCheck %s --input-file=%t/step.h --implicit-check-not="void pack"
// RUN: clang-22 -std=c11 -Wall -Wextra -Werror -I %t %S/Inputs/step.c %t/step.o -lm -o %t/clang
// RUN: %t/clang %t/sign.bin %t/b0.bin %t/a.bin %t/b.bin %t/c.bin
// RUN: %python %S/Inputs/arrays.py same %t/b.bin %t/b5.npy
// RUN: %python %S/Inputs/arrays.py same %t/c.bin %t/a5.npy

func.func @pack(%trits: tensor<21x33xi8>) -> tensor<139xi8> {
  %e = tensor.empty() : tensor<139xi8>
  %0 = ternary.pack ins(%trits : tensor<21x33xi8>) outs(%e : tensor<139xi8>)
      {packing = #ternary.packing<base3>} -> tensor<139xi8>
  return %0 : tensor<139xi8>
}

// CHECK: bytes: int8_t [139], read and written in place;
// CHECK-NEXT: packing #ternary.packing<base3> of trits [21][33]
// CHECK: void step(
// CHECK-NEXT: const int8_t *TERNARY_RESTRICT sign,
// CHECK-NEXT: int8_t *TERNARY_RESTRICT bytes,
// CHECK-NEXT: int8_t *TERNARY_RESTRICT accumulator);
func.func @step(%sign: tensor<21x33xi8> loc("sign"),
                %bytes: tensor<139xi8> {bufferization.writable = true,
                                        ternary.packing = #ternary.packing<base3>,
                                        ternary.shape = array<i64: 21, 33>} loc("bytes"),
                %a: tensor<21x33xi8> {bufferization.writable = true} loc("accumulator"))
    -> (tensor<139xi8>, tensor<21x33xi8>) {
  %b1, %a1 = ternary.step ins(%sign : tensor<21x33xi8>)
      outs(%bytes, %a : tensor<139xi8>, tensor<21x33xi8>)
      {packing = #ternary.packing<base3>, threshold = 3 : i64}
      -> tensor<139xi8>, tensor<21x33xi8>
  return %b1, %a1 : tensor<139xi8>, tensor<21x33xi8>
}
