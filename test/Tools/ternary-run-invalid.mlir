// Every refusal says what was expected and what was found, and ends non-zero.

// RUN: rm -rf %t && mkdir %t
// RUN: %python %S/Inputs/npy.py make %t/f23.npy float32 2x3 1
// RUN: %python %S/Inputs/npy.py make %t/f32.npy float32 3x2 1
// RUN: %python %S/Inputs/npy.py make %t/f6.npy float32 6 1
// RUN: %python %S/Inputs/npy.py make %t/i23.npy int8 2x3 1

// RUN: not ternary-run 2>&1 | FileCheck %s --check-prefix=NOFILE
// NOFILE: ternary-run: error: input: expected a file.mlir, found none (--help shows examples)
// RUN: not ternary-run %t/no.mlir --entry f 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: {{.*}}no.mlir: file, expected a readable mlir file, found: {{.*}}No such file or directory
// RUN: not ternary-run %s 2>&1 | FileCheck %s --check-prefix=NEITHER
// NEITHER: error: calls: expected either --entry or --calls, found neither
// RUN: not ternary-run %s --entry f --calls x.json 2>&1 | FileCheck %s --check-prefix=BOTH
// BOTH: error: calls: expected either --entry or --calls, found both
// RUN: not ternary-run %s --entry f --target=tpu 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: target: expected cpu, cuda or reference, found 'tpu'
// RUN: not ternary-run %s --entry f --check=cpu 2>&1 | FileCheck %s --check-prefix=CHECK-FLAG
// CHECK-FLAG: error: check: expected reference, found 'cpu'
// RUN: not ternary-run %s --entry f --byte-results=int16 2>&1 | FileCheck %s --check-prefix=BYTE
// BYTE: error: byte results: expected int8 or uint8, found 'int16'
// RUN: not ternary-run %s --entry static --args %t/f23.npy %t/f23.npy \
// RUN:   --pipeline-options=nonsense=1 2>&1 | FileCheck %s --check-prefix=OPTIONS
// OPTIONS: error: pipeline options: expected those of ternary-to-llvm {{.*}}, found 'nonsense=1': {{.*}}no such option nonsense
// RUN: not ternary-run %s --entry static --args %t/f23.npy %t/f23.npy \
// RUN:   --pipeline-options="target-triple=riscv64-linux-gnu target-cpu=generic" 2>&1 | FileCheck %s --check-prefix=FEATURES
// FEATURES: error: pipeline options: 'target-cpu': expected a cpu of which this machine has the features, found 'generic' with 'riscv64'
// RUN: not ternary-run %s --entry static --args %t/f23.npy %t/f23.npy \
// RUN:   --shared-libs %t/no.so 2>&1 | FileCheck %s --check-prefix=LIBRARY
// LIBRARY: error: {{.*}}no.so: expected a shared library, found: {{.*}}

// RUN: not ternary-run %s --entry nope 2>&1 | FileCheck %s --check-prefix=ENTRY
// ENTRY: error: entry 'nope': expected a function of the module, found none of this name; there is: 'static', 'dynamic'
// RUN: not ternary-run %s --entry hidden 2>&1 | FileCheck %s --check-prefix=PRIVATE
// PRIVATE: error: entry 'hidden' at {{.*}}ternary-run-invalid.mlir:[[#]]:1: expected a public function, found a private one
// RUN: not ternary-run %s --entry declared 2>&1 | FileCheck %s --check-prefix=DECLARED
// DECLARED: error: entry 'declared' at {{.*}}: expected a function with a body, found a declaration
// RUN: not ternary-run %s --entry small --args %t/f6.npy 2>&1 | FileCheck %s --check-prefix=F8
// F8: error: argument 0 of 'small' at {{.*}}:[[#]]:18: expected a ranked tensor or scalar of {{.*}}, found tensor<6xf8E4M3FN>
// RUN: not ternary-run %s --entry unranked --args %t/f6.npy 2>&1 | FileCheck %s --check-prefix=UNRANKED
// UNRANKED: error: argument 0 of 'unranked' at {{.*}}: expected a ranked tensor or scalar of {{.*}}, found tensor<*xf32>

// RUN: not ternary-run %s --entry static --args %t/f23.npy 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: arguments of 'static' at {{.*}}: expected 2, found 1
// RUN: not ternary-run %s --entry static --args %t/f23.npy %t/no.npy 2>&1 | FileCheck %s --check-prefix=NONPY
// NONPY: error: {{.*}}no.npy: file, expected a readable .npy file, found No such file or directory
// RUN: not ternary-run %s --entry static --args %t/f23.npy %t/i23.npy 2>&1 | FileCheck %s --check-prefix=DTYPE
// DTYPE: error: {{.*}}i23.npy: argument 1 of 'static' at {{.*}}:[[#]]:40: dtype, expected float32 for tensor<2x3xf32>, found int8
// RUN: not ternary-run %s --entry static --args %t/f23.npy %t/f6.npy 2>&1 | FileCheck %s --check-prefix=RANK
// RANK: error: {{.*}}f6.npy: argument 1 of 'static' at {{.*}}: rank, expected 2 for tensor<2x3xf32>, found 1 (shape [6])
// RUN: not ternary-run %s --entry static --args %t/f32.npy %t/f23.npy 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: error: {{.*}}f32.npy: argument 0 of 'static' at {{.*}}: shape, expected [2, 3] for tensor<2x3xf32>, found [3, 2]
// RUN: not ternary-run %s --entry static --args %t/f23.npy %t/f23.npy \
// RUN:   --results %t/y.npy %t/z.npy 2>&1 | FileCheck %s --check-prefix=RESULTS
// RESULTS: error: result files of 'static' at {{.*}}: expected 1, found 2
// RUN: not ternary-run %s --entry static --args %t/f23.npy %t/f23.npy \
// RUN:   --results %t/no/y.npy 2>&1 | FileCheck %s --check-prefix=OUTPUT
// OUTPUT: error: '{{.*}}no/y.npy': cannot write: no such file or directory

// Dynamic dimensions that disagree are found before anything is read.
// RUN: not ternary-run %s --entry dynamic --args %t/f23.npy %t/f23.npy 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: error: {{.*}}:[[#]]:8: 'linalg.matmul' op inferred input/output operand #1 has shape's dimension #0 to be 3, but found 2, with the shapes of this call

// RUN: not ternary-run %s --entry asserted --args %t/f6.npy 2>&1 | FileCheck %s --check-prefix=ASSERT
// ASSERT: error: assertion failed in compiled code: length must be 3
// RUN: not ternary-run %s --entry outside --args %t/f6.npy 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// OUTSIDE: error: function 'declared': expected a definition in the module or in a library given with --shared-libs, found none

func.func @static(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = linalg.add ins(%a, %b : tensor<2x3xf32>, tensor<2x3xf32>) outs(%a : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

func.func @dynamic(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %a, %c0 : tensor<?x?xf32>
  %n = tensor.dim %b, %c1 : tensor<?x?xf32>
  %empty = tensor.empty(%m, %n) : tensor<?x?xf32>
  %0 = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x?xf32>) outs(%empty : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

func.func @asserted(%a: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %n = tensor.dim %a, %c0 : tensor<?xf32>
  %is3 = arith.cmpi eq, %n, %c3 : index
  cf.assert %is3, "length must be 3"
  return %a : tensor<?xf32>
}

func.func private @hidden() {
  return
}

func.func private @declared()

func.func @outside(%a: tensor<6xf32>) {
  call @declared() : () -> ()
  return
}

func.func @small(%a: tensor<6xf8E4M3FN>) {
  return
}

func.func @unranked(%a: tensor<*xf32>) {
  return
}
