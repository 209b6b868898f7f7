// RUN: ternary-opt %s --ternary-attach-target=cpu=m68k --verify-diagnostics
// RUN: not ternary-opt %s --ternary-attach-target=cpu=m68k 2>&1 | FileCheck %s --check-prefix=CPU
// RUN: not ternary-opt %s --ternary-attach-target="cpu=" 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not ternary-opt %s --ternary-attach-target="cpu=znver4 triple=aarch64-linux-gnu" 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not ternary-opt %s --ternary-attach-target="cpu=native triple=aarch64-linux-gnu" 2>&1 | FileCheck %s --check-prefix=NATIVE
// RUN: not ternary-opt %s --ternary-attach-target="cpu=sifive-p670 triple=riscv64-linux-gnu" 2>&1 | FileCheck %s --check-prefix=RISCV
// RUN: not ternary-opt %s --ternary-attach-target="cpu=sm_75 triple=nvptx64-nvidia-cuda" 2>&1 | FileCheck %s --check-prefix=OLD
// RUN: not ternary-opt %s --ternary-attach-target="cpu=znver4 triple=nvptx64-nvidia-cuda" 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not ternary-opt %s --ternary-attach-target="cpu=generic threads=-1" 2>&1 | FileCheck %s --check-prefix=THREADS
// RUN: not ternary-opt %s --ternary-attach-target="threads=many" 2>&1 | FileCheck %s --check-prefix=NUMBER

// CPU: [[# @LINE + 10]]:1: error: ternary-attach-target: expected 'native', 'generic' or the LLVM name of an x86_64 cpu, found 'm68k'
// EMPTY: error: ternary-attach-target: expected 'native', 'generic' or the LLVM name of an x86_64 cpu, found ''
// OTHER: error: ternary-attach-target: expected 'generic' or the LLVM name of an aarch64 cpu, found 'znver4'
// NATIVE: error: ternary-attach-target: expected 'generic' or the LLVM name of an aarch64 cpu, found 'native'
// RISCV: error: ternary-attach-target: expected 'generic', the only cpu of riscv64, found 'sifive-p670'
// OLD: error: ternary-attach-target: expected a chip from 'sm_80' on, such as 'sm_90a', found 'sm_75'
// CHIP: error: ternary-attach-target: expected a chip from 'sm_80' on, such as 'sm_90a', found 'znver4'
// THREADS: error: ternary-attach-target: expected 'threads' of 0 or more, found -1
// NUMBER: 'many' value invalid for {{.*}} argument
// expected-error @+1 {{expected 'native', 'generic' or the LLVM name of an x86_64 cpu, found 'm68k'}}
module {}
