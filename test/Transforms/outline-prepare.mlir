// RUN: ternary-opt %s --ternary-outline-prepare | FileCheck %s
// RUN: ternary-opt %s --ternary-outline-prepare -o %t.once
// RUN: ternary-opt %t.once --ternary-outline-prepare -o %t.twice
// RUN: diff %t.once %t.twice
// RUN: ternary-opt %s --ternary-outline-prepare --ternary-verify-packing -o %t.verified
// RUN: ternary-opt %s --ternary-outline-prepare --remarks-filter-passed=ternary-outline-prepare -o %t.remarks 2>&1 | FileCheck %s --check-prefix=REMARK

// CHECK-LABEL: func.func @layer_prepare(
// CHECK-SAME:      %[[W:[^:]*]]: tensor<8x10xi8>)
// CHECK-SAME:      -> (tensor<8x3xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: 8, 10>})
// CHECK-NEXT:    %[[E:.*]] = tensor.empty() : tensor<8x3xi8>
// CHECK-NEXT:    %[[B:.*]] = ternary.pack ins(%[[W]] : tensor<8x10xi8>) outs(%[[E]]
// CHECK-NEXT:    return %[[B]]
// CHECK-LABEL: func.func @layer(
// CHECK-SAME:      %[[X:[^:]*]]: tensor<4x10xi8>,
// CHECK-SAME:      %[[B:[^:]*]]: tensor<8x3xi8> {ternary.constant, ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: 8, 10>})
// CHECK-SAME:      attributes {ternary.prepare = @layer_prepare}
// CHECK-NEXT:    %[[I:.*]] = tensor.empty() : tensor<4x8xi32>
// CHECK-NEXT:    %[[Y:.*]] = ternary.bitlinear ins(%[[X]] {{.*}} weights(%[[B]] {{.*}} outs(%[[I]]
// CHECK-NEXT:    return %[[Y]]
// REMARK: [[# @LINE + 1]]:1: remark: {{.*}}Function=layer | Ops=2, Remark="@layer_prepare computes them once", Values=1
func.func @layer(%x: tensor<4x10xi8>, %w: tensor<8x10xi8> {ternary.constant})
    -> tensor<4x8xi32> {
  // Moves to @layer_prepare(%w); @layer takes %x and %bytes.
  %e = tensor.empty() : tensor<8x3xi8>
  %bytes = ternary.pack ins(%w : tensor<8x10xi8>) outs(%e : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  // Stays.
  %init = tensor.empty() : tensor<4x8xi32>
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>)
      weights(%bytes : tensor<8x3xi8>) outs(%init : tensor<4x8xi32>)
      {packing = #ternary.packing<chimera>} -> tensor<4x8xi32>
  return %y : tensor<4x8xi32>
}

// Several arguments: those that the rest still uses stay, in order; what else
// stands at a function goes along. Effects of the rest do not matter.
// CHECK-LABEL: func.func @train_prepare(
// CHECK-SAME:      %[[W:[^:]*]]: tensor<8x10xf32>, %[[H:[^:]*]]: tensor<2x10xi8> {ternary.packing = #ternary.packing<hf>})
// CHECK-SAME:      -> (tensor<8xf32>, tensor<8x3xi8> {{{.*}}}, tensor<8x3xi8> {{{.*}}})
// CHECK-SAME:      attributes {llvm.emit_c_interface}
// CHECK:         %[[S:.*]] = ternary.absmean ins(%[[W]]
// CHECK:         %[[T:.*]] = ternary.ternarize ins(%[[W]] {{.*}} scales(%[[S]]
// CHECK:         %[[B:.*]] = ternary.pack ins(%[[T]]
// CHECK:         %[[R:.*]] = ternary.repack ins(%[[H]]
// CHECK:         return %[[S]], %[[B]], %[[R]]
// CHECK-LABEL: func.func @train(
// CHECK-SAME:      %[[W:[^:]*]]: tensor<8x10xf32> {ternary.constant}, %[[X:[^:]*]]: tensor<4x10xf32>,
// CHECK-SAME:      %[[C:[^:]*]]: tensor<8xf32> {ternary.constant},
// CHECK-SAME:      %[[S:[^:]*]]: tensor<8xf32> {ternary.constant},
// CHECK-SAME:      %[[B:[^:]*]]: tensor<8x3xi8> {ternary.constant, ternary.packing
// CHECK-SAME:      %[[R:[^:]*]]: tensor<8x3xi8> {ternary.constant, ternary.packing
// CHECK-SAME:      llvm.emit_c_interface, ternary.prepare = @train_prepare
// CHECK-NOT:     ternary.pack ins
// CHECK-NOT:     ternary.repack ins
// CHECK:         ternary.bitlinear {{.*}} weights(%[[B]] {{.*}} scales(%[[S]] {{.*}} bias(%[[C]]
// CHECK:         ternary.bitlinear {{.*}} weights(%[[R]]
// CHECK:         return {{.*}}, %[[W]]
func.func @train(%w: tensor<8x10xf32> {ternary.constant}, %x: tensor<4x10xf32>,
                 %bytes: tensor<2x10xi8> {ternary.constant, ternary.packing = #ternary.packing<hf>},
                 %bias: tensor<8xf32> {ternary.constant})
    -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<8x10xf32>)
    attributes {llvm.emit_c_interface} {
  %se = tensor.empty() : tensor<8xf32>
  %s = ternary.absmean ins(%w : tensor<8x10xf32>) outs(%se : tensor<8xf32>)
      -> tensor<8xf32>
  %te = tensor.empty() : tensor<8x10xi8>
  %t = ternary.ternarize ins(%w : tensor<8x10xf32>) scales(%s : tensor<8xf32>)
      outs(%te : tensor<8x10xi8>) -> tensor<8x10xi8>
  %be = tensor.empty() : tensor<8x3xi8>
  %b = ternary.pack ins(%t : tensor<8x10xi8>) outs(%be : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  %r = ternary.repack ins(%bytes : tensor<2x10xi8>) shape(8, 10)
      outs(%be : tensor<8x3xi8>) {source = #ternary.packing<hf>,
                                  packing = #ternary.packing<chimera>}
      -> tensor<8x3xi8>
  %init = tensor.empty() : tensor<4x8xf32>
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>)
      weights(%b : tensor<8x3xi8>) scales(%s : tensor<8xf32>)
      bias(%bias : tensor<8xf32>) outs(%init : tensor<4x8xf32>)
      {packing = #ternary.packing<chimera>} -> tensor<4x8xf32>
  %z = ternary.bitlinear ins(%x : tensor<4x10xf32>)
      weights(%r : tensor<8x3xi8>) outs(%init : tensor<4x8xf32>)
      {packing = #ternary.packing<chimera>} -> tensor<4x8xf32>
  return %y, %z, %w : tensor<4x8xf32>, tensor<4x8xf32>, tensor<8x10xf32>
}

// Extents are computed on both sides; dynamic ones are stated as such, through
// the cast.
// CHECK-LABEL: func.func @dynamic_prepare(
// CHECK-SAME:      tensor<?x10xi8>) -> (tensor<?x?xi8> {ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: -1, 10>})
// CHECK:         tensor.dim
// CHECK:         ternary.pack
// CHECK:         tensor.cast
// CHECK-LABEL: func.func @dynamic(
// CHECK-SAME:      %[[W:[^:]*]]: tensor<?x10xi8> {ternary.constant}, %{{[^:]*}}: tensor<4x10xi8>,
// CHECK-SAME:      tensor<?x?xi8> {ternary.constant, ternary.packing = #ternary.packing<chimera>, ternary.shape = array<i64: -1, 10>})
// CHECK:         tensor.dim %[[W]]
// CHECK-NOT:     ternary.pack ins
// CHECK:         ternary.bitlinear
func.func @dynamic(%w: tensor<?x10xi8> {ternary.constant}, %x: tensor<4x10xi8>)
    -> tensor<4x?xi32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %w, %c0 : tensor<?x10xi8>
  %e = tensor.empty(%n) : tensor<?x3xi8>
  %b = ternary.pack ins(%w : tensor<?x10xi8>) outs(%e : tensor<?x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<?x3xi8>
  %c = tensor.cast %b : tensor<?x3xi8> to tensor<?x?xi8>
  %init = tensor.empty(%n) : tensor<4x?xi32>
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%c : tensor<?x?xi8>)
      outs(%init : tensor<4x?xi32>) {packing = #ternary.packing<chimera>}
      -> tensor<4x?xi32>
  return %y : tensor<4x?xi32>
}

// Out of loops and branches where that does no harm; in one piece where all of
// a loop is constant.
// CHECK-LABEL: func.func @nested_prepare(
// CHECK-SAME:      %[[W:.*]]: tensor<8x10xi8>, %[[N:.*]]: index)
// CHECK:         %[[L:.*]] = scf.for {{.*}} to %[[N]]
// CHECK:           ternary.sparsify
// CHECK:         %[[B:.*]] = ternary.pack ins(%[[W]]
// CHECK:         return %[[L]], %[[B]]
// CHECK-LABEL: func.func @nested(
// CHECK-NOT:     ternary.pack ins
// CHECK:         scf.for
// CHECK:           ternary.bitlinear
func.func @nested(%w: tensor<8x10xi8> {ternary.constant},
                  %n: index {ternary.constant}, %m: index, %x: tensor<4x10xi8>)
    -> (tensor<4x8xi32>, tensor<8x10xi8>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %init = tensor.empty() : tensor<4x8xi32>
  %s = scf.for %k = %c0 to %n step %c1 iter_args(%v = %w) -> tensor<8x10xi8> {
    %0 = ternary.sparsify ins(%v : tensor<8x10xi8>) outs(%w : tensor<8x10xi8>)
        {n = 2 : i64, m = 4 : i64} -> tensor<8x10xi8>
    scf.yield %0 : tensor<8x10xi8>
  }
  %y = scf.for %k = %c0 to %m step %c1 iter_args(%v = %init) -> tensor<4x8xi32> {
    %e = tensor.empty() : tensor<8x3xi8>
    %b = ternary.pack ins(%w : tensor<8x10xi8>) outs(%e : tensor<8x3xi8>)
        {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
    %0 = ternary.bitlinear ins(%x : tensor<4x10xi8>)
        weights(%b : tensor<8x3xi8>) outs(%v : tensor<4x8xi32>)
        {packing = #ternary.packing<chimera>} -> tensor<4x8xi32>
    scf.yield %0 : tensor<4x8xi32>
  }
  return %y, %s : tensor<4x8xi32>, tensor<8x10xi8>
}

// A condition may guard against shapes that do not fit.
// CHECK-NOT:   @guarded_prepare
// CHECK-LABEL: func.func @guarded(
// CHECK:         scf.if
// CHECK:           ternary.pack
func.func @guarded(%w: tensor<?x?xi8> {ternary.constant}, %c: i1,
                   %init: tensor<8x3xi8> {ternary.constant}) -> tensor<8x3xi8> {
  %y = scf.if %c -> tensor<8x3xi8> {
    %t = tensor.cast %w : tensor<?x?xi8> to tensor<8x?xi8>
    %b = ternary.pack ins(%t : tensor<8x?xi8>) outs(%init : tensor<8x3xi8>)
        {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
    scf.yield %b : tensor<8x3xi8>
  } else {
    scf.yield %init : tensor<8x3xi8>
  }
  return %y : tensor<8x3xi8>
}

// All of it is constant.
// CHECK-LABEL: func.func @all_prepare(
// CHECK:         ternary.pack
// CHECK-LABEL: func.func @all(
// CHECK-SAME:      %[[B:[^:]*]]: tensor<8x3xi8>
// CHECK-NEXT:    return %[[B]]
func.func @all(%w: tensor<8x10xi8> {ternary.constant}) -> tensor<8x3xi8> {
  %e = tensor.empty() : tensor<8x3xi8>
  %b = ternary.pack ins(%w : tensor<8x10xi8>) outs(%e : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %b : tensor<8x3xi8>
}

// What nothing uses is not prepared, and goes.
// CHECK-LABEL: func.func @unused_prepare(
// CHECK:         ternary.pack ins
// CHECK-NOT:     ternary.unpack ins
// CHECK-LABEL: func.func @unused(
// CHECK-SAME:      %[[B:[^:]*]]: tensor<8x3xi8>
// CHECK-NEXT:    return %[[B]]
func.func @unused(%w: tensor<8x10xi8> {ternary.constant}) -> tensor<8x3xi8> {
  %e = tensor.empty() : tensor<8x3xi8>
  %b = ternary.pack ins(%w : tensor<8x10xi8>) outs(%e : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  %t = ternary.unpack ins(%b : tensor<8x3xi8>) outs(%w : tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
  return %b : tensor<8x3xi8>
}

// What linalg computes for a ternary op.
// CHECK-LABEL: func.func @for_ternary_prepare(
// CHECK:         %[[T:.*]] = linalg.transpose
// CHECK:         return %[[T]]
// CHECK-LABEL: func.func @for_ternary(
// CHECK-NOT:     linalg.transpose
// CHECK:         ternary.bitlinear
func.func @for_ternary(%x: tensor<4x10xi8>, %w: tensor<10x8xi8> {ternary.constant}, %i: tensor<4x8xi32>)
    -> tensor<4x8xi32> {
  %e = tensor.empty() : tensor<8x10xi8>
  %t = linalg.transpose ins(%w : tensor<10x8xi8>) outs(%e : tensor<8x10xi8>)
      permutation = [1, 0]
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%t : tensor<8x10xi8>)
      outs(%i : tensor<4x8xi32>) -> tensor<4x8xi32>
  return %y : tensor<4x8xi32>
}

// Nothing to move: no ternary op, no constant argument, an effect, a private
// function, a declaration.
// CHECK-NOT: _prepare
func.func @cheap(%w: tensor<8x10xi8> {ternary.constant}) -> tensor<10x8xi8> {
  %e = tensor.empty() : tensor<10x8xi8>
  %t = linalg.transpose ins(%w : tensor<8x10xi8>) outs(%e : tensor<10x8xi8>)
      permutation = [1, 0]
  return %t : tensor<10x8xi8>
}
func.func @varying(%w: tensor<8x10xi8>) -> tensor<8x3xi8> {
  %e = tensor.empty() : tensor<8x3xi8>
  %b = ternary.pack ins(%w : tensor<8x10xi8>) outs(%e : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %b : tensor<8x3xi8>
}
func.func @effect(%w: memref<8x10xi8> {ternary.constant}, %b: memref<8x3xi8>) {
  ternary.pack ins(%w : memref<8x10xi8>) outs(%b : memref<8x3xi8>)
      {packing = #ternary.packing<chimera>}
  return
}
func.func private @helper(%w: tensor<8x10xi8> {ternary.constant})
    -> tensor<8x3xi8> {
  %e = tensor.empty() : tensor<8x3xi8>
  %b = ternary.pack ins(%w : tensor<8x10xi8>) outs(%e : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %b : tensor<8x3xi8>
}
// CHECK: func.func private @declared(tensor<8x10xi8> {ternary.constant})
func.func private @declared(tensor<8x10xi8> {ternary.constant})
