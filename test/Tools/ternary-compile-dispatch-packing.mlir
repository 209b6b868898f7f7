// The levels of a library read the same bytes: weights that do not fit the cache
// would be in base 3 on those that decode it fast.

// RUN: ternary-compile %s -o %t.o --emit-header %t.h --mcpu=dispatch
// RUN: FileCheck %s --input-file=%t.h
// RUN: ternary-compile %s -o %t.o --emit-header %t.vbmi.h --mcpu=znver5
// RUN: FileCheck %s --input-file=%t.vbmi.h --check-prefix=VBMI
// RUN: not ternary-compile %s -o %t.o --mcpu=dispatch --pipeline-options=cache-bytes=0 2>&1 | FileCheck %s --check-prefix=REFUSED

// CHECK: packing #ternary.packing<cpu_rows2> of trits [8448][8192]
// VBMI: packing #ternary.packing<cpu_rows3> of trits [8448][8192]
// REFUSED: dispatch: expected the same arguments at each level

func.func @layer(%x: tensor<1x8192xi8>, %w: tensor<8448x8192xi8> {ternary.constant}) -> tensor<1x8448xi32> {
  %init = tensor.empty() : tensor<1x8448xi32>
  %y = ternary.bitlinear ins(%x : tensor<1x8192xi8>) weights(%w : tensor<8448x8192xi8>)
      outs(%init : tensor<1x8448xi32>) -> tensor<1x8448xi32>
  return %y : tensor<1x8448xi32>
}
