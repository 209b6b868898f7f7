// RUN: ternary-opt %s --ternary-attach-target=cpu=generic --split-input-file | FileCheck %s --check-prefixes=CHECK,GENERIC
// RUN: ternary-opt %s --ternary-attach-target="cpu=znver4 threads=4" --split-input-file | FileCheck %s --check-prefixes=CHECK,ZEN4
// RUN: ternary-opt %s --ternary-attach-target="cpu=haswell threads=0" --split-input-file | FileCheck %s --check-prefixes=CHECK,HASWELL
// RUN: ternary-opt %s --ternary-attach-target=cpu=alderlake --split-input-file | FileCheck %s --check-prefixes=CHECK,ALDERLAKE
// RUN: ternary-opt %s --ternary-attach-target="cpu=neoverse-n2 triple=aarch64-linux-gnu" --split-input-file | FileCheck %s --check-prefixes=CHECK,N2
// RUN: ternary-opt %s --ternary-attach-target="cpu=cortex-a76 triple=aarch64-linux-gnu" --split-input-file | FileCheck %s --check-prefixes=CHECK,A76
// RUN: ternary-opt %s --ternary-attach-target="cpu=cortex-a72 triple=aarch64-linux-gnu" --split-input-file | FileCheck %s --check-prefixes=CHECK,A72
// RUN: ternary-opt %s --ternary-attach-target="cpu=generic triple=aarch64-linux-gnu" --split-input-file | FileCheck %s --check-prefixes=CHECK,ARM
// RUN: ternary-opt %s --ternary-attach-target="cpu=generic triple=riscv64-linux-gnu" --split-input-file | FileCheck %s --check-prefixes=CHECK,GENERIC
// RUN: ternary-opt %s --ternary-attach-target --split-input-file | FileCheck %s --check-prefixes=CHECK,NATIVE
// RUN: ternary-opt %s --ternary-attach-target="cpu=sm_90a triple=nvptx64-nvidia-cuda" --split-input-file | FileCheck %s --check-prefixes=CHECK,SM90A
// RUN: ternary-opt %s --ternary-attach-target="cpu=sm_89 triple=nvptx64-nvidia-cuda" --split-input-file | FileCheck %s --check-prefixes=CHECK,SM89
// RUN: ternary-opt %s --ternary-attach-target --split-input-file -o %t.once
// RUN: ternary-opt %t.once --ternary-attach-target="cpu=generic threads=7" --split-input-file -o %t.twice
// RUN: diff %t.once %t.twice

// The row of the ISA table follows from the features of the CPU; one thread is
// the default, and the module without options is for the machine that compiles.

// GENERIC: module attributes {ternary.target = #ternary.target<cpu = "generic", isa = "generic", threads = 1>}
// ZEN4: module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "avx512vbmi", threads = 4>}
// HASWELL: module attributes {ternary.target = #ternary.target<cpu = "haswell", isa = "avx2", threads = 0>}
// ALDERLAKE: module attributes {ternary.target = #ternary.target<cpu = "alderlake", isa = "avxvnni", threads = 1>}
// N2: module attributes {ternary.target = #ternary.target<cpu = "neoverse-n2", isa = "neon_i8mm", threads = 1>}
// A76: module attributes {ternary.target = #ternary.target<cpu = "cortex-a76", isa = "neon_dotprod", threads = 1>}
// A72: module attributes {ternary.target = #ternary.target<cpu = "cortex-a72", isa = "neon", threads = 1>}
// ARM: module attributes {ternary.target = #ternary.target<cpu = "generic", isa = "neon", threads = 1>}
// SM90A: module attributes {ternary.target = #ternary.target<cpu = "sm_90a", isa = "sm90", threads = 1>}
// SM89: module attributes {ternary.target = #ternary.target<cpu = "sm_89", isa = "sm80", threads = 1>}
// NATIVE: module attributes {ternary.target = #ternary.target<cpu = "{{[^"]+}}", isa = "{{generic|avx2|avxvnni|avx512vnni|avx512vbmi|avx512amx|neon|neon_dotprod|neon_i8mm}}", threads = 1>}

// Becomes module attributes {ternary.target = #ternary.target<…>}.
module {}

// -----

// A target that is there stays, and so does everything else.

// CHECK: module attributes {ternary.target = #ternary.target<cpu = "skylake", isa = "generic", threads = 3>}
// CHECK-NEXT: func.func private @declaration(tensor<8x10xi8> {ternary.constant}){{$}}
module attributes {ternary.target = #ternary.target<cpu = "skylake", isa = "generic", threads = 3>} {
  func.func private @declaration(tensor<8x10xi8> {ternary.constant})
}
