// A layer of odd shape: what is written is not slower than the default, and the pipeline takes it.

// RUN: ternary-tune %s -o %t.json --seconds=0.05 2>&1 | FileCheck %s --check-prefix=SHOWN
// RUN: FileCheck %s --check-prefix=FILE < %t.json
// RUN: %python -c "import json, sys; sys.exit(any(l['median_us'] > l['default_us'] for l in json.load(open(sys.argv[1]))['layers']))" %t.json
// RUN: ternary-opt %s --ternary-to-llvm=tuning=%t.json --remarks-filter=ternary-apply-tuning -o /dev/null 2>&1 | FileCheck %s --check-prefix=USED

// SHOWN: warning: not tuned: expected known extents
// SHOWN-NOT: warning
// SHOWN: 301 x 130, 1 token of i8: {{[0-9.]+}} us, {{[0-9.]+}} by default
// SHOWN: 7 x 301, 3 tokens of f32: {{[0-9.]+}} us, {{[0-9.]+}} by default

// Each kind of layer once.
// FILE:     "columns": 130,
// FILE:     "input": "i8",
// FILE:     "rows": 301,
// FILE:     "threads": 1,
// FILE:     "tokens": 1
// FILE:     "group_size": 43,
// FILE:     "rows": 7,
// FILE-NOT: "rows"
// FILE:   "version": 1

// USED:     remark: {{.*}}{{measured decisions are applied|nothing is faster than the default}}
// USED:     remark: {{.*}}{{measured decisions are applied|nothing is faster than the default}}
// USED:     remark: {{.*}}{{measured decisions are applied|nothing is faster than the default}}
// USED:     remark: {{.*}}no such layer in the file

// RUN: ternary-tune --version | FileCheck %s --check-prefix=VERSION
// RUN: ternary-tune --help | FileCheck %s --check-prefix=HELP
// RUN: not ternary-tune 2>&1 | FileCheck %s --check-prefix=INPUT
// RUN: not ternary-tune %t.none.mlir 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not ternary-tune %s --threads=-1 2>&1 | FileCheck %s --check-prefix=THREADS
// RUN: not ternary-tune %s --cache-bytes=-1 2>&1 | FileCheck %s --check-prefix=CACHE
// RUN: not ternary-tune %s --seconds=0 2>&1 | FileCheck %s --check-prefix=SECONDS
// RUN: not ternary-tune %s -o %t.none/f.json --seconds=0.001 2>&1 | FileCheck %s --check-prefix=OUTPUT

// VERSION: ternary-tune {{[0-9]+\.[0-9]+\.[0-9]+}} (LLVM 22
// HELP: ternary-tune model.mlir -o tuning.json
// INPUT: ternary-tune: error: input: expected a file.mlir, found none
// NONE: ternary-tune: error: {{.*}}none.mlir: file, expected a readable mlir file
// THREADS: ternary-tune: error: threads: expected 0 or more, found -1
// CACHE: ternary-tune: error: cache-bytes: expected 0 or more, found -1
// SECONDS: ternary-tune: error: seconds: expected more than 0, at most 3600
// OUTPUT: ternary-tune: error: {{.*}}f.json

func.func @model(%x: tensor<1x130xi8>, %w: tensor<301x130xi8> {ternary.constant},
                 %u: tensor<301x130xi8> {ternary.constant}, %q: tensor<3x301xf32>,
                 %v: tensor<7x301xi8> {ternary.constant}, %s: tensor<7x7xf32> {ternary.constant},
                 %p: tensor<?x130xi8>, %m: index)
    -> (tensor<1x301xi32>, tensor<1x301xi32>, tensor<3x7xf32>, tensor<?x301xi32>) {
  %i = tensor.empty() : tensor<1x301xi32>
  %0 = ternary.bitlinear ins(%x : tensor<1x130xi8>) weights(%w : tensor<301x130xi8>)
      outs(%i : tensor<1x301xi32>) -> tensor<1x301xi32>
  %1 = ternary.bitlinear ins(%x : tensor<1x130xi8>) weights(%u : tensor<301x130xi8>)
      outs(%i : tensor<1x301xi32>) -> tensor<1x301xi32>
  %j = tensor.empty() : tensor<3x7xf32>
  %2 = ternary.bitlinear ins(%q : tensor<3x301xf32>) weights(%v : tensor<7x301xi8>)
      scales(%s : tensor<7x7xf32>) outs(%j : tensor<3x7xf32>) {group_size = 43 : i64}
      -> tensor<3x7xf32>
  %k = tensor.empty(%m) : tensor<?x301xi32>
  %3 = ternary.bitlinear ins(%p : tensor<?x130xi8>) weights(%w : tensor<301x130xi8>)
      outs(%k : tensor<?x301xi32>) -> tensor<?x301xi32>
  return %0, %1, %2, %3 : tensor<1x301xi32>, tensor<1x301xi32>, tensor<3x7xf32>, tensor<?x301xi32>
}
