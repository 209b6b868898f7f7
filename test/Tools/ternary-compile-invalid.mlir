// Every refusal says what was expected and what was found, and leaves no file.

// RUN: rm -rf %t && mkdir %t && mkdir %t/none
// RUN: not ternary-compile 2>&1 | FileCheck %s --check-prefix=NOFILE
// NOFILE: ternary-compile: error: input: expected a file.mlir, found none (--help shows examples)
// RUN: not ternary-compile %s 2>&1 | FileCheck %s --check-prefix=NOOUTPUT
// NOOUTPUT: error: output: expected -o, --emit-header or --emit-interface, found none
// RUN: not ternary-compile %t/no.mlir -o %t/a.o 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: error: {{.*}}no.mlir: file, expected a readable mlir file, found: {{.*}}No such file or directory
// RUN: not ternary-compile %s -o %t/a.obj 2>&1 | FileCheck %s --check-prefix=EXTENSION
// EXTENSION: error: {{.*}}a.obj: output, expected a name that ends in .o, .so, .s, .ll, .ptx, .cubin or .fatbin, found '.obj'
// RUN: not ternary-compile %s -o %t/a 2>&1 | FileCheck %s --check-prefix=BARE
// BARE: error: {{.*}}a: output, expected a name that ends in .o, .so, .s, .ll, .ptx, .cubin or .fatbin, found no extension
// RUN: not ternary-compile %s --entry good -o %t/no/a.o --emit-header %t/a.h 2>&1 | FileCheck %s --check-prefix=OUTPUT
// OUTPUT: error: '{{.*}}no/a.o': cannot write: no such file or directory
// RUN: not ternary-compile %s --entry good -o %t/a.o --emit-header %t/no/a.h 2>&1 | FileCheck %s --check-prefix=HEADER
// HEADER: error: '{{.*}}no/a.h': cannot write: no such file or directory
// RUN: not ternary-compile %s --entry good -o %t/a.o --emit-header %t/a.h --emit-interface %t/no/a.json 2>&1 | FileCheck %s --check-prefix=INTERFACE
// INTERFACE: error: '{{.*}}no/a.json': cannot write: no such file or directory
// RUN: not ternary-compile %s --entry good -o %t/no/a.o --emit-interface %t/a.json 2>&1 | FileCheck %s --check-prefix=OUTPUT
// RUN: not ternary-compile %s --entry good -o %t/a.o -O5 2>&1 | FileCheck %s --check-prefix=LEVEL
// LEVEL: error: optimization level: expected 0 to 3, found 5

// RUN: not ternary-compile %s --entry good -o %t/a.o --mcpu=abacus 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: cpu: expected native, dispatch, generic or the LLVM name of one of x86_64, found 'abacus'
// RUN: not ternary-compile %s --entry good -o %t/a.o --mtriple=abacus 2>&1 | FileCheck %s --check-prefix=TRIPLE
// TRIPLE: error: triple: expected one of a target of this LLVM, found 'abacus'
// RUN: not ternary-compile %s --entry good -o %t/a.o --mtriple=aarch64-linux-gnu 2>&1 | FileCheck %s --check-prefix=NATIVE
// NATIVE: error: cpu: expected a name for a machine other than this one, found 'native'
// RUN: not ternary-compile %s --entry good -o %t/a.o --mtriple=aarch64-linux-gnu --mcpu=dispatch 2>&1 | FileCheck %s --check-prefix=DISPATCH
// DISPATCH: error: dispatch: expected an x86-64 machine, found aarch64-linux-gnu
// RUN: not ternary-compile %s --entry good -o %t/a.o --target=tpu 2>&1 | FileCheck %s --check-prefix=TARGET
// TARGET: error: target: expected cpu, cuda or reference, found 'tpu'
// RUN: not ternary-compile %s --entry good -o %t/a.o --threads=-1 2>&1 | FileCheck %s --check-prefix=THREADS
// THREADS: error: ternary-attach-target: expected 'threads' of 0 or more, found -1
// RUN: not ternary-compile %s --entry good -o %t/a.o --pipeline-options=nonsense=1 2>&1 | FileCheck %s --check-prefix=OPTIONS
// OPTIONS: error: pipeline options: expected those of ternary-to-llvm {{.*}}, found 'nonsense=1': {{.*}}no such option nonsense
// RUN: not ternary-compile %s --entry good -o %t/a.o --pipeline-options=target-cpu=znver4 2>&1 | FileCheck %s --check-prefix=OPTIONCPU
// OPTIONCPU: error: pipeline options: expected the cpu in --mcpu, found 'target-cpu'
// RUN: not ternary-compile %s --entry good -o %t/a.o --pipeline-options=target-triple=aarch64-linux-gnu 2>&1 | FileCheck %s --check-prefix=OPTIONTRIPLE
// OPTIONTRIPLE: error: pipeline options: expected the triple in --mtriple, found 'target-triple'

// RUN: not ternary-compile %s --entry good -o %t/a.so --linker=%t/cc 2>&1 | FileCheck %s --check-prefix=LINKER
// LINKER: error: linker: expected '{{.*}}cc' to link the library, found {{.*}}No such file or directory
// RUN: not ternary-compile %s --entry good -o %t/a.so --linker=no-such-compiler 2>&1 | FileCheck %s --check-prefix=NAMED
// NAMED: error: linker: expected a C compiler, found no program 'no-such-compiler'
// RUN: not env PATH=%t/none ternary-compile %s --entry good -o %t/a.so 2>&1 | FileCheck %s --check-prefix=NOLINKER
// NOLINKER: error: linker: expected cc, clang-22, clang or gcc on the PATH for a shared library, found none; write a .o file, or name a C compiler with --linker
// RUN: not ternary-compile %s --entry good -o %t/a.so --emit-header %t/a.h --linker=false 2>&1 | FileCheck %s --check-prefix=LINK
// LINK: error: linker: expected '{{.*}}false' to link the library, found exit status 1

// RUN: not ternary-compile %s --entry nope -o %t/a.o 2>&1 | FileCheck %s --check-prefix=ENTRY
// ENTRY: error: entry 'nope': expected a function of the module, found none of this name; there is: 'good',
// RUN: not ternary-compile %s --entry hidden -o %t/a.o 2>&1 | FileCheck %s --check-prefix=PRIVATE
// PRIVATE: error: entry 'hidden' at {{.*}}: expected a public function, found a private one
// RUN: echo 'module {}' > %t/empty.mlir
// RUN: not ternary-compile %t/empty.mlir -o %t/a.o 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: module: expected a public function with a body, found none
// RUN: not ternary-compile %s --entry small -o %t/a.o 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: error: argument 0 of 'small' at {{.*}}:[[#]]:18: expected a ranked tensor or scalar of {{.*}}, found tensor<6xf8E4M3FN>
// RUN: not ternary-compile %s --entry product -o %t/a.o 2>&1 | FileCheck %s --check-prefix=EXTENT
// EXTENT: ternary-compile-invalid.mlir:[[#]]:1: error: 'func.func' op expected extents of result 0 that follow from the sizes of the arguments, found 'tensor<?xf32>'
// EXTENT: error: lowering for target 'cpu' failed
// RUN: not ternary-compile %s --entry double -o %t/a.o 2>&1 | FileCheck %s --check-prefix=WORD
// WORD: error: function 'double' at {{.*}}: expected a name that C and C++ take for a function, found a reserved word
// RUN: not ternary-compile %s --entry a-b -o %t/a.o 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: error: function 'a-b' at {{.*}}: expected a name that C and C++ take for a function, found other characters

// RUN: rmdir %t/none
// RUN: ls %t | FileCheck %s --check-prefix=LEFT
// LEFT: empty.mlir
// LEFT-NOT: a{{[.]|$}}

func.func @good(%x: tensor<6xf32>) -> tensor<6xf32> {
  return %x : tensor<6xf32>
}
func.func @small(%x: tensor<6xf8E4M3FN>) -> tensor<6xf8E4M3FN> {
  return %x : tensor<6xf8E4M3FN>
}
func.func @product(%x: tensor<?x?xf32>) -> tensor<?xf32> {
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<?x?xf32> into tensor<?xf32>
  return %0 : tensor<?xf32>
}
func.func @double(%x: f32) -> f32 {
  return %x : f32
}
func.func @"a-b"(%x: f32) -> f32 {
  return %x : f32
}
func.func private @hidden(%x: f32) -> f32 {
  return %x : f32
}
