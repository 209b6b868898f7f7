// Declarations pass through all passes: what is stated about bytes too, until the
// annotations go.

// RUN: ternary-opt %s -o %t.before
// RUN: ternary-opt %s --canonicalize --cse --ternary-raise --ternary-differentiate --ternary-verify-packing \
// RUN:   --ternary-fuse --ternary-select-packing --ternary-outline-prepare \
// RUN:   --ternary-tile --ternary-unshare-inits --ternary-outline-kernels \
// RUN:   --convert-ternary-to-vector --convert-ternary-to-linalg \
// RUN:   --lower-ternary-register --ternary-free-buffers -o %t.after
// RUN: diff %t.before %t.after
// RUN: ternary-opt %s --raise-to-ternary -o %t.after
// RUN: diff %t.before %t.after
// RUN: ternary-opt %s --ternary-to-linalg -o %t.after
// RUN: diff %t.before %t.after
// RUN: ternary-opt %s --ternary-attach-target --ternary-drop-annotations | FileCheck %s
// RUN: ternary-opt %s --ternary-to-llvm | FileCheck %s --check-prefix=LLVM
// RUN: ternary-opt %s --ternary-reference-to-llvm | FileCheck %s --check-prefix=LLVM

// CHECK: func.func private @layer(tensor<?x8xi8>, tensor<2x8xi8>) -> tensor<2x8xi8>
// LLVM: llvm.func @layer(
func.func private @layer(tensor<?x8xi8> {ternary.constant},
                         tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>,
                                         ternary.shape = array<i64: 8, 8>})
    -> (tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>})
// CHECK: func.func private @buffers(memref<?x8xi8, strided<[?, 1], offset: ?>>)
// LLVM: llvm.func @buffers(
func.func private @buffers(memref<?x8xi8, strided<[?, 1], offset: ?>>)
