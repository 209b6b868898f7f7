// RUN: ternary-reduce %s --reduction-tree="traversal-mode=0 test=%src_root/tools/ternary-reduce/interesting.py test-arg=message,forbids,ternary-opt,--ternary-verify-packing" 2>/dev/null | FileCheck %s
// RUN: not ternary-reduce %s --reduction-tree="traversal-mode=0 test=%src_root/tools/ternary-reduce/interesting.py test-arg=crash,ternary-opt"
// RUN: ternary-reduce --version | FileCheck %s --check-prefix=VERSION
// RUN: ternary-reduce --help | FileCheck %s --check-prefix=HELP

// What is left is the op that reads a forbidden code, without what it gets from
// others. What does not fail is refused.

// CHECK-NOT: func.func @other
// CHECK-LABEL: func.func @layer
// CHECK-NOT: ternary.quantize_activation
// CHECK: ternary.bitlinear ins({{[^()]*}}) weights({{[^()]*}}) outs({{[^()]*}}) {packing = #ternary.packing<cpu_panel2>}
// CHECK-NOT: ternary.

// VERSION: ternary-reduce {{[0-9]+\.[0-9]+\.[0-9]+}} (LLVM 22
// HELP: --reduction-tree
func.func @layer(%x: tensor<2x4xf32>, %b: tensor<1xf32>) -> tensor<2x1xf32> {
  %qi = tensor.empty() : tensor<2x4xi8>
  %si = tensor.empty() : tensor<2xf32>
  %q, %s = ternary.quantize_activation ins(%x : tensor<2x4xf32>) outs(%qi, %si : tensor<2x4xi8>, tensor<2xf32>)
      -> tensor<2x4xi8>, tensor<2xf32>
  %w = arith.constant dense<255> : tensor<1x1x4x64xi8>
  %yi = tensor.empty() : tensor<2x1xf32>
  %y = ternary.bitlinear ins(%q : tensor<2x4xi8>) weights(%w : tensor<1x1x4x64xi8>) bias(%b : tensor<1xf32>)
      outs(%yi : tensor<2x1xf32>) {packing = #ternary.packing<cpu_panel2>} -> tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}
func.func @other(%x: tensor<2x4xf32>) -> tensor<2x4xi8> {
  %qi = tensor.empty() : tensor<2x4xi8>
  %si = tensor.empty() : tensor<2xf32>
  %q, %s = ternary.quantize_activation ins(%x : tensor<2x4xf32>) outs(%qi, %si : tensor<2x4xi8>, tensor<2xf32>)
      -> tensor<2x4xi8>, tensor<2xf32>
  return %q : tensor<2x4xi8>
}
