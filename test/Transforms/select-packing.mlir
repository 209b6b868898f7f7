// RUN: ternary-opt %s --ternary-select-packing --canonicalize | FileCheck %s
// RUN: ternary-opt %s --ternary-select-packing="packing=cpu_panel3" | FileCheck %s --check-prefix=NAMED
// RUN: ternary-opt %s --ternary-select-packing="packing=none" -o %t.none
// RUN: ternary-opt %s -o %t.same
// RUN: diff %t.none %t.same
// RUN: ternary-opt %s --ternary-select-packing -o %t.once
// RUN: ternary-opt %t.once --ternary-select-packing -o %t.twice
// RUN: diff %t.once %t.twice
// RUN: ternary-opt %s --ternary-select-packing="packing=cpu_panel3" -o %t.named
// RUN: ternary-opt %t.named --ternary-select-packing="packing=cpu_panel3" -o %t.twice
// RUN: diff %t.named %t.twice
// RUN: ternary-opt %s --ternary-select-packing --remarks-filter=ternary-select-packing -o %t.remarks 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: ternary-opt %s --ternary-select-packing="packing=none" --remarks-filter-missed=ternary-select-packing -o %t.remarks 2>&1 | FileCheck %s --check-prefix=NONE

// NONE-COUNT-9: remark: [Missed] packing | Category:ternary-select-packing | {{.*}}packing left as given: {{.*}}packing is 'none'

// CHECK-DAG: #[[BLOCKS:.*]] = affine_map<(d0, d1, d2) -> (d0 * 64 + d2, d1)>

//===----------------------------------------------------------------------===//
// Weights that are the same in every call
//===----------------------------------------------------------------------===//

// Constants fold when the pipeline canonicalizes: the bytes stand in the module.

// CHECK-LABEL: func.func @constant_weights(
// CHECK-SAME: %[[X:[^:]*]]: tensor<4x10xi8>)
// CHECK-DAG: %[[W:.*]] = arith.constant dense<"0x{{[0-9A-F]+}}"> : tensor<1x1x4x64xi8>
// CHECK-DAG: %[[I:.*]] = tensor.empty() : tensor<4x2xi32>
// CHECK: ternary.bitlinear ins(%[[X]] : tensor<4x10xi8>) weights(%[[W]] : tensor<1x1x4x64xi8>) outs(%[[I]] : tensor<4x2xi32>) {packing = #ternary.packing<cpu_panel2>}
// NAMED-LABEL: func.func @constant_weights(
// NAMED: %[[W:.*]] = arith.constant dense<1> : tensor<2x10xi8>
// NAMED: %[[E:.*]] = tensor.empty() : tensor<1x1x2x64xi8>
// NAMED: %[[B:.*]] = ternary.pack ins(%[[W]] : tensor<2x10xi8>) outs(%[[E]] : tensor<1x1x2x64xi8>) {packing = #ternary.packing<cpu_panel3>}
// NAMED: ternary.bitlinear {{.*}} weights(%[[B]] : tensor<1x1x2x64xi8>) {{.*}} {packing = #ternary.packing<cpu_panel3>}
func.func @constant_weights(%x: tensor<4x10xi8>) -> tensor<4x2xi32> {
  // Becomes bytes in cpu_panel2.
  %w = arith.constant dense<1> : tensor<2x10xi8>
  %init = tensor.empty() : tensor<4x2xi32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] packing | Category:ternary-select-packing | {{.*}}weights in {{.*}}cpu_panel2
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>)
      weights(%w : tensor<2x10xi8>) outs(%init : tensor<4x2xi32>)
      -> tensor<4x2xi32>
  return %y : tensor<4x2xi32>
}

// Bytes of another packing are repacked, all components alike; extents may be
// known only at run time.

// CHECK-LABEL: func.func @constant_arguments(
// CHECK-SAME: %[[X:[^:]*]]: tensor<?x?xf32>, %[[V:[^:]*]]: tensor<?xi8> {ternary.constant}, %[[W:[^:]*]]: tensor<?xi8> {ternary.constant}, %[[I:[^:]*]]: tensor<?x?xf32>)
// CHECK-DAG: %[[N:.*]] = tensor.dim %[[I]], %c1
// CHECK-DAG: %[[K:.*]] = tensor.dim %[[X]], %c1
// CHECK: %[[E:.*]] = tensor.empty(%{{.*}}, %{{.*}}) : tensor<?x?x4x64xi8>
// CHECK: %[[A:.*]] = ternary.repack ins(%[[V]] : tensor<?xi8>) shape(%[[N]], %[[K]]) outs(%[[E]] : tensor<?x?x4x64xi8>) {packing = #ternary.packing<cpu_panel2>, source = #ternary.packing<base3>}
// CHECK: %[[B:.*]] = ternary.repack ins(%[[W]] : tensor<?xi8>) shape(%[[N]], %[[K]]) outs(%[[E]]
// CHECK: ternary.bitlinear {{.*}} weights(%[[A]], %[[B]] : tensor<?x?x4x64xi8>, tensor<?x?x4x64xi8>) {{.*}} {packing = #ternary.packing<cpu_panel2>}
func.func @constant_arguments(%x: tensor<?x?xf32>, %v: tensor<?xi8> {ternary.constant},
                              %w: tensor<?xi8> {ternary.constant}, %init: tensor<?x?xf32>) -> tensor<?x?xf32> {
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}weights in {{.*}}cpu_panel2
  %y = ternary.bitlinear ins(%x : tensor<?x?xf32>) weights(%v, %w : tensor<?xi8>, tensor<?xi8>)
      outs(%init : tensor<?x?xf32>) {packing = #ternary.packing<base3>} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// What pure ops make of constants is constant.

// CHECK-LABEL: func.func @ternarized(
// CHECK: %[[T:.*]] = ternary.ternarize
// CHECK: ternary.pack ins(%[[T]] : tensor<2x10xi8>) {{.*}} {packing = #ternary.packing<cpu_panel2>}
func.func @ternarized(%x: tensor<4x10xi8>, %w: tensor<2x10xf32> {ternary.constant}, %s: tensor<f32> {ternary.constant})
    -> tensor<4x2xi32> {
  %e = tensor.empty() : tensor<2x10xi8>
  %t = ternary.ternarize ins(%w : tensor<2x10xf32>) scales(%s : tensor<f32>)
      outs(%e : tensor<2x10xi8>) -> tensor<2x10xi8>
  %init = tensor.empty() : tensor<4x2xi32>
  // REMARK: [[# @LINE + 1]]:8: remark: [Passed] {{.*}}weights in {{.*}}cpu_panel2
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%t : tensor<2x10xi8>)
      outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  return %y : tensor<4x2xi32>
}

//===----------------------------------------------------------------------===//
// Scales of groups
//===----------------------------------------------------------------------===//

// Constant ones are put beside the rows of a panel: row n of group g of the first
// at [0, g, n]. Zeros stand behind the last row.

// CHECK-LABEL: func.func @constant_scales(
// CHECK-DAG: %[[S:.*]] = arith.constant dense<"0x0000803F0000404000000000{{[0-9A-F]+}}0000004000008040{{0+}}"> : tensor<1x2x64xf32>
// CHECK: ternary.bitlinear {{.*}} scales(%[[S]] : tensor<1x2x64xf32>)
func.func @constant_scales(%x: tensor<4x10xi8>, %w: tensor<2x10xi8> {ternary.constant}, %init: tensor<4x2xf32>)
    -> tensor<4x2xf32> {
  %s = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<2x10xi8>)
      scales(%s : tensor<2x2xf32>) outs(%init : tensor<4x2xf32>) {group_size = 8 : i64} -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @argument_scales(
// CHECK-SAME: %[[S:[^:]*]]: tensor<?x2xf32> {ternary.constant}, %[[T:[^:]*]]: tensor<?x2xf32>,
// CHECK: %[[P:.*]] = tensor.pad %[[S]] low[0, 0] high[%{{.*}}, 0]
// CHECK: %[[B:.*]] = linalg.generic {indexing_maps = [#[[BLOCKS]], #{{.*}}], {{.*}}} ins(%[[P]] : tensor<?x2xf32>) outs(%{{.*}} : tensor<?x2x64xf32>)
// CHECK: ternary.bitlinear {{.*}} scales(%[[B]], %[[T]] : tensor<?x2x64xf32>, tensor<?x2xf32>)
func.func @argument_scales(%x: tensor<4x10xi8>, %w: tensor<?x10xi8> {ternary.constant},
                           %s: tensor<?x2xf32> {ternary.constant}, %t: tensor<?x2xf32>, %init: tensor<4x?xf32>)
    -> tensor<4x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w, %w : tensor<?x10xi8>, tensor<?x10xi8>)
      scales(%s, %t : tensor<?x2xf32>, tensor<?x2xf32>) outs(%init : tensor<4x?xf32>) {group_size = 8 : i64}
      -> tensor<4x?xf32>
  return %y : tensor<4x?xf32>
}

//===----------------------------------------------------------------------===//
// Layers that stay as they are, unless a packing is named
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @other_weights(
// CHECK-NOT: ternary.pack
// CHECK: ternary.bitlinear {{.*}} weights(%{{.*}} : tensor<2x10xi8>)
// NAMED-LABEL: func.func @other_weights(
// NAMED: ternary.pack
// NAMED: ternary.bitlinear {{.*}} {packing = #ternary.packing<cpu_panel3>}
func.func @other_weights(%x: tensor<4x10xi8>, %w: tensor<2x10xi8>, %init: tensor<4x2xi32>) -> tensor<4x2xi32> {
  // REMARK: [[# @LINE + 1]]:8: remark: [Missed] packing | Category:ternary-select-packing | {{.*}}packing left as given: {{.*}}weights are not constant, repacking would run in every call
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<2x10xi8>)
      outs(%init : tensor<4x2xi32>) -> tensor<4x2xi32>
  return %y : tensor<4x2xi32>
}

// CHECK-LABEL: func.func @panels(
// CHECK-NOT: ternary.repack
// CHECK: ternary.bitlinear {{.*}} {packing = #ternary.packing<cpu_panel3>}
// NAMED-LABEL: func.func @panels(
// NAMED-NOT: ternary.repack
// NAMED: ternary.bitlinear {{.*}} {packing = #ternary.packing<cpu_panel3>}
func.func @panels(%x: tensor<4x10xi8>, %w: tensor<1x1x2x64xi8>, %init: tensor<4x2xi32>) -> tensor<4x2xi32> {
  // REMARK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are in an execution packing
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<1x1x2x64xi8>)
      outs(%init : tensor<4x2xi32>) {packing = #ternary.packing<cpu_panel3>} -> tensor<4x2xi32>
  return %y : tensor<4x2xi32>
}

// CHECK-LABEL: func.func @rounded(
// CHECK-NOT: ternary.pack
// CHECK: return
func.func @rounded(%x: tensor<4x10xf32>, %w: tensor<2x10xi8> {ternary.constant}, %init: tensor<4x2xf32>) -> tensor<4x2xf32> {
  // REMARK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}'round_operands' is left to the reference loops
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<2x10xi8>)
      outs(%init : tensor<4x2xf32>) {round_operands = f16} -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// An argument of a block that is no function's may change.

// CHECK-LABEL: func.func @in_loop(
// CHECK-NOT: ternary.pack
// CHECK: return
func.func @in_loop(%m: index, %x: tensor<4x10xi8>, %v: tensor<2x10xi8> {ternary.constant},
                   %w: tensor<2x10xi8> {ternary.constant}, %init: tensor<4x2xi32>) -> tensor<4x2xi32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r:3 = scf.for %i = %c0 to %m step %c1 iter_args(%a = %v, %b = %w, %o = %init)
      -> (tensor<2x10xi8>, tensor<2x10xi8>, tensor<4x2xi32>) {
    // REMARK: [[# @LINE + 1]]:10: remark: [Missed] {{.*}}weights are not constant
    %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%a : tensor<2x10xi8>)
        outs(%o : tensor<4x2xi32>) -> tensor<4x2xi32>
    scf.yield %b, %a, %y : tensor<2x10xi8>, tensor<2x10xi8>, tensor<4x2xi32>
  }
  return %r#2 : tensor<4x2xi32>
}

// No weights, or memrefs: nothing to pack, and no remark.

// CHECK-LABEL: func.func @nothing_to_pack(
// CHECK: ternary.bitlinear {{.*}} weights()
// CHECK: ternary.bitlinear {{.*}} weights(%{{.*}} : memref<2x10xi8>)
// REMARK-NOT: remark:
func.func @nothing_to_pack(%x: tensor<4x10xf32>, %init: tensor<4x2xf32>, %m: memref<4x10xi8>, %w: memref<2x10xi8>,
                           %o: memref<4x2xi32>, %b: tensor<2xf32>) -> tensor<4x2xf32> {
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights() bias(%b : tensor<2xf32>)
      outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
  ternary.bitlinear ins(%m : memref<4x10xi8>) weights(%w : memref<2x10xi8>) outs(%o : memref<4x2xi32>)
  return %y : tensor<4x2xf32>
}

// CHECK: func.func private @declaration(tensor<2x10xi8> {ternary.constant})
func.func private @declaration(tensor<2x10xi8> {ternary.constant})
