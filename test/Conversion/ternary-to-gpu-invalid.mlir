// RUN: not ternary-opt %s --convert-ternary-to-gpu=decode-shape=8 2>&1 | FileCheck %s --check-prefix=DECODE
// RUN: not ternary-opt %s --convert-ternary-to-gpu=decode-shape=8,5 2>&1 | FileCheck %s --check-prefix=DECODE
// RUN: not ternary-opt %s --convert-ternary-to-gpu=prefill-shape=1,1,256,4,1 2>&1 | FileCheck %s --check-prefix=PREFILL
// RUN: not ternary-opt %s --convert-ternary-to-gpu=prefill-shape=1,1,24,4,1 2>&1 | FileCheck %s --check-prefix=TOKENS
// RUN: not ternary-opt %s --convert-ternary-to-gpu=prefill-shape=1,1,128,2,1 2>&1 | FileCheck %s --check-prefix=TOKENS

// DECODE: error: convert-ternary-to-gpu: expected 'decode-shape' of 2 numbers from 1 to 32, 4
// PREFILL: error: convert-ternary-to-gpu: expected 'prefill-shape' of 5 numbers from 1 to 4, 4, 128, 8, 8
// TOKENS: error: convert-ternary-to-gpu: expected 'prefill-shape' of tokens in multiples of 16, and 3 stages or more
module {}
