// RUN: ternary-opt %s --ternary-select-packing="packing=torchao" --verify-diagnostics
// RUN: not ternary-opt %s --ternary-select-packing="packing=cpu_panel4" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not ternary-opt %s --ternary-select-packing="packing=tq2_0" 2>&1 | FileCheck %s --check-prefix=SCALES
// RUN: not ternary-opt %s --ternary-select-packing="cache-bytes=-1" 2>&1 | FileCheck %s --check-prefix=CACHE

// UNKNOWN: error: ternary-select-packing: expected 'auto', 'none' or a preset without scales, found 'cpu_panel4'
// CACHE: error: ternary-select-packing: expected 'cache-bytes' of 0 or more, found -1
// SCALES: error: ternary-select-packing: expected 'auto', 'none' or a preset without scales, found 'tq2_0'

// The named packing is not defined for ten columns.
func.func @ragged(%x: tensor<4x10xi8>, %w: tensor<2x10xi8>, %init: tensor<4x2xi32>) -> tensor<4x2xi32> {
  // expected-error @+1 {{'ternary.bitlinear' op #ternary.packing<torchao>: expected K to be a multiple of 4, found 10}}
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<2x10xi8>)
      outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  return %y : tensor<4x2xi32>
}
