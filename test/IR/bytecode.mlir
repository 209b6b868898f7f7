// RUN: ternary-opt %s --emit-bytecode -o %t.mlirbc
// RUN: ternary-opt %t.mlirbc | FileCheck %s
// RUN: ternary-opt %s --emit-bytecode --elide-resource-data-from-bytecode | ternary-opt | FileCheck %s --check-prefix=ELIDED

// The dialect writes its version: section 7, of one byte, version 1. A reader
// refuses newer ones.

// RUN: %python -c "import sys; d = open(sys.argv[1], 'rb').read(); v = bytes([7, 3, 3]); assert d.count(v) == 1; open(sys.argv[2], 'wb').write(d.replace(v, bytes([7, 3, 5])))" %t.mlirbc %t.newer
// RUN: not ternary-opt %t.newer 2>&1 | FileCheck %s --check-prefix=NEWER
// NEWER: error: ternary dialect: expected version 1 or older, found 2

// CHECK: module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "generic", threads = 1>}
// ELIDED: module attributes {ternary.target
module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "generic", threads = 1>} {
  // CHECK: func.func @layer
  // CHECK-SAME: {ternary.packing = #ternary.packing<base3>, ternary.shape = array<i64: 8, 10>}
  // CHECK: arith.constant dense_resource<weights> : tensor<8x3xi8>
  // CHECK: ternary.quantize_activation
  // CHECK: ternary.bitlinear ins(%{{.*}} : tensor<4x10xi8>) weights(%{{.*}} : tensor<8x3xi8>) scales(%{{.*}} : tensor<8x3xf32>) activation_scale(%{{.*}} : tensor<4xf32>) outs(%{{.*}} : tensor<4x8xf32>) {group_size = 4 : i64, packing = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = forbid, pad = 0, ragged = pad, n = [*], k = [*, 4], bytes = {{\[\[}}n0], [k0]], digit = k1, order = msb>} -> tensor<4x8xf32>
  // CHECK: ternary.repack ins(%{{.*}} : tensor<16xi8>) shape(8, 10) outs(%{{.*}} : tensor<8x3xi8>) {packing = #ternary.packing<chimera>, source = #ternary.packing<base3>} -> tensor<8x3xi8>
  // CHECK: ternary.dot
  func.func @layer(%x: tensor<4x10xf32>, %b: tensor<16xi8> {ternary.packing = #ternary.packing<base3>, ternary.shape = array<i64: 8, 10>},
                   %s: tensor<8x3xf32>, %v: vector<64xi8>, %c: vector<16xi32>) -> (tensor<4x8xf32>, tensor<8x3xi8>, vector<16xi32>) {
    %w = arith.constant dense_resource<weights> : tensor<8x3xi8>
    %qi = tensor.empty() : tensor<4x10xi8>
    %si = tensor.empty() : tensor<4xf32>
    %q, %a = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%qi, %si : tensor<4x10xi8>, tensor<4xf32>)
        -> tensor<4x10xi8>, tensor<4xf32>
    %yi = tensor.empty() : tensor<4x8xf32>
    %y = ternary.bitlinear ins(%q : tensor<4x10xi8>) weights(%w : tensor<8x3xi8>) scales(%s : tensor<8x3xf32>)
        activation_scale(%a : tensor<4xf32>) outs(%yi : tensor<4x8xf32>)
        {packing = #ternary.packing<radix = 4, codes = [2, 0, 1], unused = forbid, pad = 0, ragged = pad,
                                    n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = msb>,
         group_size = 4 : i64} -> tensor<4x8xf32>
    %ri = tensor.empty() : tensor<8x3xi8>
    %r = ternary.repack ins(%b : tensor<16xi8>) shape(8, 10) outs(%ri : tensor<8x3xi8>)
        {source = #ternary.packing<base3>, packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
    %d = ternary.dot %v, [%v], [%c] {radix = 3 : i64} : vector<64xi8>, vector<16xi32>
    return %y, %r, %d : tensor<4x8xf32>, tensor<8x3xi8>, vector<16xi32>
  }
  // CHECK: func.func private @declared(tensor<2x1x54xi8> {ternary.constant, ternary.packing = #ternary.tq1_0})
  func.func private @declared(tensor<2x1x54xi8> {ternary.packing = #ternary.packing<tq1_0>, ternary.constant})
}

// CHECK: weights: "0x010000004992
// ELIDED-NOT: weights: "0x
{-#
  dialect_resources: {
    builtin: {
      weights: "0x01000000499200499200499200499200499200499200499200499200"
    }
  }
#-}
