// One call: every kind of argument and result, files, comparison, timing.

// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py make %t/a.npy float32 2x3 1,2,3,4,5,6
// RUN: %python %S/Inputs/npy.py make %t/b.npy float32 3x2 1,0,0,1,1,1
// RUN: %python %S/Inputs/npy.py make %t/none.npy float32 0x3 ""

// RUN: ternary-run %s --entry matmul --args %t/a.npy %t/b.npy \
// RUN:   --results %t/y.npy --check=reference --time 20 \
// RUN:   | FileCheck %s --check-prefix=MATMUL
// MATMUL: result 0: float32 [2, 2] = 4 5 10 11 -> {{.*}}y.npy
// MATMUL-NEXT: check: result 0: max difference 0, 0 of 4 elements differ
// MATMUL-NEXT: time: median {{[0-9.]+}} us, iqr {{[0-9.]+}} us, min {{[0-9.]+}} us (20 calls)
// RUN: %python %S/Inputs/npy.py show %t/y.npy | FileCheck %s --check-prefix=FILE
// FILE: float32 [2, 2] 4 5 10 11

// An empty dimension is an ordinary input.
// RUN: ternary-run %s --target=reference --entry matmul \
// RUN:   --args %t/none.npy %t/b.npy | FileCheck %s --check-prefix=EMPTY
// EMPTY: result 0: float32 [0, 2] ={{$}}

func.func @matmul(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c0 : tensor<?x?xf32>
  %n = tensor.dim %b, %c1 : tensor<?x?xf32>
  %empty = tensor.empty(%m, %n) : tensor<?x?xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x?xf32>) -> tensor<?x?xf32>
  %0 = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x?xf32>) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// Scalars by value, rank 0 by reference, several results.
// RUN: %python %S/Inputs/npy.py make %t/f.npy float32 - 1.5
// RUN: %python %S/Inputs/npy.py make %t/l.npy int64 - -7
// RUN: %python %S/Inputs/npy.py make %t/h.npy float16 - 0.5
// RUN: %python %S/Inputs/npy.py make %t/t.npy bool - 1
// RUN: ternary-run %s --entry scalars \
// RUN:   --args %t/f.npy %t/l.npy %t/l.npy %t/h.npy %t/t.npy \
// RUN:   | FileCheck %s --check-prefix=SCALARS
// SCALARS: result 0: float16 [] = 0.5
// SCALARS-NEXT: result 1: bool [] = 1
// SCALARS-NEXT: result 2: float32 [] = 3
// SCALARS-NEXT: result 3: int64 [] = -7
// SCALARS-NEXT: result 4: int8 [] = -3
// SCALARS-NEXT: result 5: int64 [] = -7
func.func @scalars(%a: f32, %b: i64, %c: index, %h: f16, %t: i1) -> (f16, i1, f32, tensor<i64>, i8, index) {
  %0 = arith.addf %a, %a : f32
  %1 = tensor.from_elements %b : tensor<i64>
  %2 = arith.constant -3 : i8
  return %h, %t, %0, %1, %2, %c : f16, i1, f32, tensor<i64>, i8, index
}

// RUN: ternary-run %s --entry square --args %t/f.npy | FileCheck %s --check-prefix=SQUARE
// SQUARE: result 0: float32 [] = 2.25
func.func @square(%a: f32) -> f32 {
  %0 = arith.mulf %a, %a : f32
  return %0 : f32
}

// Results that share memory with an argument, with each other and with a
// constant, called often enough to notice a wrong free.
// RUN: %python %S/Inputs/npy.py make %t/bytes.npy int8 3 1,-2,100
// RUN: ternary-run %s --entry alias --args %t/bytes.npy --check=reference --time 50 \
// RUN:   | FileCheck %s --check-prefix=ALIAS
// ALIAS: result 0: int8 [3] = 1 -2 100
// ALIAS-NEXT: result 1: int8 [3] = 1 -2 100
// ALIAS-NEXT: result 2: int32 [3] = 7 8 -9
// ALIAS-NEXT: check: result 0: max difference 0, 0 of 3 elements differ
func.func @alias(%a: tensor<?xi8>) -> (tensor<?xi8>, tensor<?xi8>, tensor<3xi32>) {
  %0 = arith.constant dense<[7, 8, -9]> : tensor<3xi32>
  return %a, %a, %0 : tensor<?xi8>, tensor<?xi8>, tensor<3xi32>
}

// Bytes have no sign: uint8 in, and out if asked for.
// RUN: %python %S/Inputs/npy.py make %t/unsigned.npy uint8 3 1,254,100
// RUN: ternary-run %s --entry double --args %t/unsigned.npy --byte-results=uint8 \
// RUN:   | FileCheck %s --check-prefix=BYTES
// BYTES: result 0: uint8 [3] = 2 252 200
func.func @double(%a: tensor<3xi8>) -> tensor<3xi8> {
  %0 = linalg.add ins(%a, %a : tensor<3xi8>, tensor<3xi8>) outs(%a : tensor<3xi8>) -> tensor<3xi8>
  return %0 : tensor<3xi8>
}

// A bfloat16 is two bytes of no type, in a file.
// RUN: %python %S/Inputs/npy.py make %t/brain.npy bfloat16 4 1.5,-2,0,3e38
// RUN: %python %S/Inputs/npy.py make %t/factor.npy bfloat16 - -0.5
// RUN: ternary-run %s --entry scale --args %t/brain.npy %t/factor.npy \
// RUN:   --results %t/scaled.npy --check=reference | FileCheck %s --check-prefix=BRAIN
// BRAIN: result 0: bfloat16 [4] = -0.75 1 -0 -1.495e+38
// BRAIN-NEXT: check: result 0: max difference 0, 0 of 4 elements differ
// RUN: %python %S/Inputs/npy.py show %t/scaled.npy | FileCheck %s --check-prefix=SCALED
// SCALED: bfloat16 [4] 48960 16256 32768 65249
func.func @scale(%a: tensor<4xbf16>, %factor: bf16) -> tensor<4xbf16> {
  %s = tensor.splat %factor : tensor<4xbf16>
  %0 = linalg.mul ins(%a, %s : tensor<4xbf16>, tensor<4xbf16>) outs(%a : tensor<4xbf16>) -> tensor<4xbf16>
  return %0 : tensor<4xbf16>
}

// RUN: %python %S/Inputs/npy.py make %t/half.npy float16 4 1,-1,0,2
// RUN: ternary-run %s --entry positive --args %t/half.npy --check=reference \
// RUN:   | FileCheck %s --check-prefix=BOOL
// BOOL: result 0: bool [4] = 1 0 0 1
// BOOL-NEXT: check: result 0: max difference 0, 0 of 4 elements differ
func.func @positive(%a: tensor<?xf16>) -> tensor<?xi1> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f16
  %n = tensor.dim %a, %c0 : tensor<?xf16>
  %empty = tensor.empty(%n) : tensor<?xi1>
  %0 = linalg.generic {
      indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]}
      ins(%a : tensor<?xf16>) outs(%empty : tensor<?xi1>) {
  ^bb0(%x: f16, %y: i1):
    %p = arith.cmpf ogt, %x, %zero : f16
    linalg.yield %p : i1
  } -> tensor<?xi1>
  return %0 : tensor<?xi1>
}

// RUN: ternary-run --version | FileCheck %s --check-prefix=VERSION
// VERSION: ternary-run {{[0-9.]+}} (LLVM 22.
// RUN: ternary-run --help | FileCheck %s --check-prefix=HELP
// HELP: A first run:
// HELP: --calls=<calls.json>
// HELP-NOT: --mlir-print-ir-after-all=
// RUN: ternary-run --pipeline-options=help | FileCheck %s --check-prefix=OPTIONS
// OPTIONS: options of ternary-to-llvm
// OPTIONS: --threads=
