// RUN: not ternary-opt %s --ternary-raise="max-elements=0" 2>&1 | FileCheck %s
// RUN: not ternary-opt %s --raise-to-ternary="max-elements=-1" 2>&1 | FileCheck %s --check-prefix=PIPELINE

// CHECK: error: ternary-raise: expected 'max-elements' of 1 or more, found 0
// PIPELINE: error: ternary-raise: expected 'max-elements' of 1 or more, found -1
func.func private @layer(tensor<?x8xf32>) -> tensor<?x2xf32>
