// RUN: ternary-opt %s --ternary-attach-target=cpu=m68k --verify-diagnostics
// RUN: not ternary-opt %s --ternary-attach-target=cpu=m68k 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not ternary-opt %s --ternary-attach-target="cpu=" 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not ternary-opt %s --ternary-attach-target="cpu=generic threads=-1" 2>&1 | FileCheck %s --check-prefix=THREADS
// RUN: not ternary-opt %s --ternary-attach-target="threads=many" 2>&1 | FileCheck %s --check-prefix=NUMBER

// CPU: [[# @LINE + 5]]:1: error: ternary-attach-target: expected 'native', 'generic' or the LLVM name of an x86-64 cpu, found 'm68k'
// EMPTY: error: ternary-attach-target: expected 'native', 'generic' or the LLVM name of an x86-64 cpu, found ''
// THREADS: error: ternary-attach-target: expected 'threads' of 0 or more, found -1
// NUMBER: 'many' value invalid for {{.*}} argument
// expected-error @+1 {{expected 'native', 'generic' or the LLVM name of an x86-64 cpu, found 'm68k'}}
module {}
