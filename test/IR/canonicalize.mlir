// RUN: ternary-opt %s --canonicalize | FileCheck %s

// Patterns on values that are not constant, and on layers. Folds of constants
// are in fold.mlir.

//===----------------------------------------------------------------------===//
// unpack of pack and of repack
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @unpack_of_pack
// CHECK-SAME: %[[T:[^:]*]]: tensor<8x10xi8>
// CHECK-NEXT: return %[[T]]
func.func @unpack_of_pack(%t: tensor<8x10xi8>, %i: tensor<8x3xi8>, %j: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  %1 = ternary.unpack ins(%0 : tensor<8x3xi8>) outs(%j : tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
  return %1 : tensor<8x10xi8>
}

// CHECK-LABEL: func.func @unpack_of_pack_with_scales
// CHECK-SAME: %[[T:[^:]*]]: tensor<2x256xi8>
// CHECK-NEXT: return %[[T]]
func.func @unpack_of_pack_with_scales(%t: tensor<2x256xi8>, %s: tensor<2x1xf32>, %i: tensor<2x1x54xi8>, %j: tensor<2x256xi8>) -> tensor<2x256xi8> {
  %0 = ternary.pack ins(%t : tensor<2x256xi8>) scales(%s : tensor<2x1xf32>) outs(%i : tensor<2x1x54xi8>)
      {packing = #ternary.packing<tq1_0>} -> tensor<2x1x54xi8>
  %1 = ternary.unpack ins(%0 : tensor<2x1x54xi8>) outs(%j : tensor<2x256xi8>)
      {packing = #ternary.packing<tq1_0>} -> tensor<2x256xi8>
  return %1 : tensor<2x256xi8>
}

// The scales went through f16: they are not those that were packed.

// CHECK-LABEL: func.func @unpack_scales_of_pack
// CHECK: ternary.pack
// CHECK: ternary.unpack
func.func @unpack_scales_of_pack(%t: tensor<2x256xi8>, %s: tensor<2x1xf32>, %i: tensor<2x1x54xi8>, %j: tensor<2x256xi8>) -> (tensor<2x256xi8>, tensor<2x1xf32>) {
  %0 = ternary.pack ins(%t : tensor<2x256xi8>) scales(%s : tensor<2x1xf32>) outs(%i : tensor<2x1x54xi8>)
      {packing = #ternary.packing<tq1_0>} -> tensor<2x1x54xi8>
  %1:2 = ternary.unpack ins(%0 : tensor<2x1x54xi8>) outs(%j, %s : tensor<2x256xi8>, tensor<2x1xf32>)
      {packing = #ternary.packing<tq1_0>} -> tensor<2x256xi8>, tensor<2x1xf32>
  return %1#0, %1#1 : tensor<2x256xi8>, tensor<2x1xf32>
}

// What is unpacked is not what was packed: the values are signs; the packing is
// another one; the columns are others; the input is floats.

// CHECK-LABEL: func.func @unpack_of_another_pack
// CHECK-COUNT-4: ternary.unpack
func.func @unpack_of_another_pack(%t: tensor<8x12xi8>, %w: tensor<8x12xf32>, %i: tensor<8x3xi8>, %j: tensor<8x12xi8>, %k: tensor<8x10xi8>)
    -> (tensor<8x12xi8>, tensor<8x12xi8>, tensor<8x10xi8>, tensor<8x12xi8>) {
  %0 = ternary.pack ins(%t : tensor<8x12xi8>) outs(%i : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>, conversion = #ternary<conversion sign>} -> tensor<8x3xi8>
  %1 = ternary.unpack ins(%0 : tensor<8x3xi8>) outs(%j : tensor<8x12xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x12xi8>
  %2 = ternary.pack ins(%t : tensor<8x12xi8>) outs(%i : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  %3 = ternary.unpack ins(%2 : tensor<8x3xi8>) outs(%j : tensor<8x12xi8>)
      {packing = #ternary.packing<torchao>} -> tensor<8x12xi8>
  %4 = ternary.unpack ins(%2 : tensor<8x3xi8>) outs(%k : tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
  %5 = ternary.pack ins(%w : tensor<8x12xf32>) outs(%i : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  %6 = ternary.unpack ins(%5 : tensor<8x3xi8>) outs(%j : tensor<8x12xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x12xi8>
  return %1, %3, %4, %6 : tensor<8x12xi8>, tensor<8x12xi8>, tensor<8x10xi8>, tensor<8x12xi8>
}

// CHECK-LABEL: func.func @unpack_of_repack
// CHECK-SAME: %[[B:[^:]*]]: tensor<8x3xi8>
// CHECK-NEXT: %[[T:.*]] = ternary.unpack ins(%[[B]] : tensor<8x3xi8>) outs(%{{.*}} : tensor<8x10xi8>) {packing = #ternary.packing<chimera>}
// CHECK-NEXT: return %[[T]]
func.func @unpack_of_repack(%b: tensor<8x3xi8>, %i: tensor<16xi8>, %j: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 10) outs(%i : tensor<16xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  %1 = ternary.unpack ins(%0 : tensor<16xi8>) outs(%j : tensor<8x10xi8>)
      {packing = #ternary.packing<base3>} -> tensor<8x10xi8>
  return %1 : tensor<8x10xi8>
}

// hf may read +2, which repack turns into 0 and unpack would not.

// CHECK-LABEL: func.func @unpack_of_repack_of_hf
// CHECK: ternary.repack
// CHECK: ternary.unpack
func.func @unpack_of_repack_of_hf(%b: tensor<2x10xi8>, %i: tensor<16xi8>, %j: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %0 = ternary.repack ins(%b : tensor<2x10xi8>) shape(8, 10) outs(%i : tensor<16xi8>)
      {source = #ternary.packing<hf>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  %1 = ternary.unpack ins(%0 : tensor<16xi8>) outs(%j : tensor<8x10xi8>)
      {packing = #ternary.packing<base3>} -> tensor<8x10xi8>
  return %1 : tensor<8x10xi8>
}

// The bytes of base3 do not tell [8, 10] from [4, 20].

// CHECK-LABEL: func.func @unpack_of_repack_at_another_shape
// CHECK: ternary.repack
// CHECK: ternary.unpack ins(%{{.*}} : tensor<16xi8>) outs(%{{.*}} : tensor<4x20xi8>) {packing = #ternary.packing<base3>}
func.func @unpack_of_repack_at_another_shape(%b: tensor<8x3xi8>, %i: tensor<16xi8>, %j: tensor<4x20xi8>) -> tensor<4x20xi8> {
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 10) outs(%i : tensor<16xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  %1 = ternary.unpack ins(%0 : tensor<16xi8>) outs(%j : tensor<4x20xi8>)
      {packing = #ternary.packing<base3>} -> tensor<4x20xi8>
  return %1 : tensor<4x20xi8>
}

//===----------------------------------------------------------------------===//
// repack of repack and of pack
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @repack_of_repack
// CHECK-SAME: %[[B:[^:]*]]: tensor<2x10xi8>
// CHECK-NEXT: ternary.repack ins(%[[B]] : tensor<2x10xi8>) shape(8, 10) outs(%{{.*}} : tensor<8x3xi8>) {packing = #ternary.packing<chimera>, source = #ternary.packing<hf>}
// CHECK-NEXT: return
func.func @repack_of_repack(%b: tensor<2x10xi8>, %i: tensor<16xi8>, %j: tensor<8x3xi8>) -> tensor<8x3xi8> {
  %0 = ternary.repack ins(%b : tensor<2x10xi8>) shape(8, 10) outs(%i : tensor<16xi8>)
      {source = #ternary.packing<hf>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  %1 = ternary.repack ins(%0 : tensor<16xi8>) shape(8, 10) outs(%j : tensor<8x3xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %1 : tensor<8x3xi8>
}

// Back to where it came from still cleans the bytes: arguments may hold any.

// CHECK-LABEL: func.func @repack_there_and_back
// CHECK-SAME: %[[B:[^:]*]]: tensor<8x3xi8>
// CHECK-NEXT: ternary.repack ins(%[[B]] : tensor<8x3xi8>) shape(8, 10) outs(%{{.*}} : tensor<8x3xi8>) {packing = #ternary.packing<chimera>, source = #ternary.packing<chimera>}
func.func @repack_there_and_back(%b: tensor<8x3xi8>, %i: tensor<16xi8>, %j: tensor<8x3xi8>) -> tensor<8x3xi8> {
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 10) outs(%i : tensor<16xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  %1 = ternary.repack ins(%0 : tensor<16xi8>) shape(8, 10) outs(%j : tensor<8x3xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %1 : tensor<8x3xi8>
}

// CHECK-LABEL: func.func @repack_of_repack_at_another_shape
// CHECK: ternary.repack ins(%{{.*}} : tensor<8x3xi8>) shape(8, 10)
// CHECK: ternary.repack ins(%{{.*}} : tensor<16xi8>) shape(4, 20)
func.func @repack_of_repack_at_another_shape(%b: tensor<8x3xi8>, %i: tensor<16xi8>, %j: tensor<1x20xi8>) -> tensor<1x20xi8> {
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 10) outs(%i : tensor<16xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  %1 = ternary.repack ins(%0 : tensor<16xi8>) shape(4, 20) outs(%j : tensor<1x20xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<hf>} -> tensor<1x20xi8>
  return %1 : tensor<1x20xi8>
}

// CHECK-LABEL: func.func @repack_of_pack
// CHECK-SAME: %[[W:[^:]*]]: tensor<8x10xf32>
// CHECK-NEXT: ternary.pack ins(%[[W]] : tensor<8x10xf32>) outs(%{{.*}} : tensor<2x10xi8>) {conversion = #ternary<conversion sign>, packing = #ternary.packing<hf>}
// CHECK-NEXT: return
func.func @repack_of_pack(%w: tensor<8x10xf32>, %i: tensor<8x3xi8>, %j: tensor<2x10xi8>) -> tensor<2x10xi8> {
  %0 = ternary.pack ins(%w : tensor<8x10xf32>) outs(%i : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>, conversion = #ternary<conversion sign>} -> tensor<8x3xi8>
  %1 = ternary.repack ins(%0 : tensor<8x3xi8>) shape(8, 10) outs(%j : tensor<2x10xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<hf>} -> tensor<2x10xi8>
  return %1 : tensor<2x10xi8>
}

// CHECK-LABEL: func.func @repack_of_pack_with_scales
// CHECK-SAME: %[[T:[^:]*]]: tensor<2x64xi8>, %[[S:[^:]*]]: tensor<2x1xf32>
// CHECK-NEXT: ternary.pack ins(%[[T]] : tensor<2x64xi8>) scales(%[[S]] : tensor<2x1xf32>) outs(%{{.*}} : tensor<2x1x18xi8>) {packing = #ternary.packing<q2_0>}
// CHECK-NEXT: return
func.func @repack_of_pack_with_scales(%t: tensor<2x64xi8>, %s: tensor<2x1xf32>, %i: tensor<2x16xi8>, %j: tensor<2x1x18xi8>) -> tensor<2x1x18xi8> {
  %0 = ternary.pack ins(%t : tensor<2x64xi8>) outs(%i : tensor<2x16xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x16xi8>
  %1 = ternary.repack ins(%0 : tensor<2x16xi8>) shape(2, 64) scales(%s : tensor<2x1xf32>) outs(%j : tensor<2x1x18xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<q2_0>} -> tensor<2x1x18xi8>
  return %1 : tensor<2x1x18xi8>
}

// CHECK-LABEL: func.func @repack_of_pack_at_another_shape
// CHECK: ternary.pack
// CHECK: ternary.repack
func.func @repack_of_pack_at_another_shape(%t: tensor<8x10xi8>, %i: tensor<16xi8>, %j: tensor<4x5xi8>) -> tensor<4x5xi8> {
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<16xi8>)
      {packing = #ternary.packing<base3>} -> tensor<16xi8>
  %1 = ternary.repack ins(%0 : tensor<16xi8>) shape(4, 20) outs(%j : tensor<4x5xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<chimera>} -> tensor<4x5xi8>
  return %1 : tensor<4x5xi8>
}

// CHECK-LABEL: func.func @repack_to_the_same
// CHECK-NEXT: %[[B:.*]] = ternary.pack
// CHECK-NEXT: return %[[B]]
func.func @repack_to_the_same(%t: tensor<8x10xi8>, %i: tensor<8x3xi8>) -> tensor<8x3xi8> {
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  %1 = ternary.repack ins(%0 : tensor<8x3xi8>) shape(8, 10) outs(%i : tensor<8x3xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %1 : tensor<8x3xi8>
}

// Bytes from outside may hold codes that no pack writes: the repack stays.

// CHECK-LABEL: func.func @repack_of_an_argument_to_the_same
// CHECK-NEXT: ternary.repack
func.func @repack_of_an_argument_to_the_same(%b: tensor<8x3xi8>, %i: tensor<8x3xi8>) -> tensor<8x3xi8> {
  %0 = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 10) outs(%i : tensor<8x3xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %0 : tensor<8x3xi8>
}

// CHECK-LABEL: func.func @repack_of_another_packing
// CHECK: ternary.pack
// CHECK: ternary.repack
func.func @repack_of_another_packing(%t: tensor<8x12xi8>, %i: tensor<8x3xi8>, %j: tensor<2x12xi8>) -> tensor<2x12xi8> {
  %0 = ternary.pack ins(%t : tensor<8x12xi8>) outs(%i : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  %1 = ternary.repack ins(%0 : tensor<8x3xi8>) shape(8, 12) outs(%j : tensor<2x12xi8>)
      {source = #ternary.packing<torchao>, packing = #ternary.packing<hf>} -> tensor<2x12xi8>
  return %1 : tensor<2x12xi8>
}

//===----------------------------------------------------------------------===//
// bitlinear
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @unit_scales
// CHECK-NEXT: ternary.bitlinear ins(%{{.*}} : tensor<?x10xf32>) weights(%{{.*}}, %{{.*}} : tensor<8x10xi8>, tensor<8x10xi8>) outs(%{{.*}} : tensor<?x8xf32>) -> tensor<?x8xf32>
func.func @unit_scales(%x: tensor<?x10xf32>, %w: tensor<8x10xi8>, %i: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %s = arith.constant dense<1.0> : tensor<f32>
  %t = arith.constant dense<1.0> : tensor<8xf32>
  %y = ternary.bitlinear ins(%x : tensor<?x10xf32>) weights(%w, %w : tensor<8x10xi8>, tensor<8x10xi8>)
      scales(%s, %t : tensor<f32>, tensor<8xf32>) outs(%i : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// Scales stay where one of them is not 1, where the sum is cut into groups, and
// where operands are rounded.

// CHECK-LABEL: func.func @unit_exponents
// CHECK-NOT: scales
// CHECK: ternary.bitlinear {{.*}} scales(%{{.*}} : tensor<8xi8>)
// CHECK: return
func.func @unit_exponents(%x: tensor<?x10xf32>, %w: tensor<8x10xi8>, %i: tensor<?x8xf32>)
    -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %zero = arith.constant dense<0> : tensor<8xi8>
  %one = arith.constant dense<1> : tensor<8xi8>
  %0 = ternary.bitlinear ins(%x : tensor<?x10xf32>) weights(%w : tensor<8x10xi8>)
      scales(%zero : tensor<8xi8>) outs(%i : tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = ternary.bitlinear ins(%x : tensor<?x10xf32>) weights(%w : tensor<8x10xi8>)
      scales(%one : tensor<8xi8>) outs(%i : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0, %1 : tensor<?x8xf32>, tensor<?x8xf32>
}

// A power of two is finite.

// CHECK-LABEL: func.func @zero_component_with_exponents
// CHECK: ternary.bitlinear {{.*}} weights(%{{[a-z0-9]+}} : tensor<8x10xi8>) scales(%{{[a-z0-9]+}} : tensor<8xf32>)
func.func @zero_component_with_exponents(%x: tensor<2x10xi8>, %w: tensor<8x10xi8>, %e: tensor<8xi8>,
                                         %s: tensor<8xf32>, %i: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %z = arith.constant dense<0> : tensor<8x10xi8>
  %y = ternary.bitlinear ins(%x : tensor<2x10xi8>) weights(%z, %w : tensor<8x10xi8>, tensor<8x10xi8>)
      scales(%e, %s : tensor<8xi8>, tensor<8xf32>) outs(%i : tensor<2x8xf32>) -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// CHECK-LABEL: func.func @not_unit_scales
// CHECK-COUNT-4: scales(
func.func @not_unit_scales(%x: tensor<?x10xf32>, %w: tensor<8x10xi8>, %i: tensor<?x8xf32>)
    -> (tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>) {
  %s = arith.constant dense<1.0> : tensor<f32>
  %t = arith.constant dense<[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0]> : tensor<8xf32>
  %g = arith.constant dense<1.0> : tensor<8x3xf32>
  %0 = ternary.bitlinear ins(%x : tensor<?x10xf32>) weights(%w : tensor<8x10xi8>)
      scales(%t : tensor<8xf32>) outs(%i : tensor<?x8xf32>) -> tensor<?x8xf32>
  %1 = ternary.bitlinear ins(%x : tensor<?x10xf32>) weights(%w : tensor<8x10xi8>)
      scales(%g : tensor<8x3xf32>) outs(%i : tensor<?x8xf32>) {group_size = 4 : i64} -> tensor<?x8xf32>
  %2 = ternary.bitlinear ins(%x : tensor<?x10xf32>) weights(%w : tensor<8x10xi8>)
      scales(%s : tensor<f32>) outs(%i : tensor<?x8xf32>) {round_operands = f16} -> tensor<?x8xf32>
  %3 = ternary.bitlinear ins(%x : tensor<?x10xf32>) weights(%w, %w : tensor<8x10xi8>, tensor<8x10xi8>)
      scales(%s, %t : tensor<f32>, tensor<8xf32>) outs(%i : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %0, %1, %2, %3 : tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>, tensor<?x8xf32>
}

// CHECK-LABEL: func.func @zero_component
// CHECK-SAME: %{{[^:]*}}: tensor<?x10xi8>, %[[W:[^:]*]]: tensor<8x10xi8>, %[[S:[^:]*]]: tensor<8xf32>
// CHECK: ternary.bitlinear ins(%{{.*}} : tensor<?x10xi8>) weights(%[[W]] : tensor<8x10xi8>) scales(%[[S]] : tensor<8xf32>) outs(%{{.*}} : tensor<?x8xf32>) -> tensor<?x8xf32>
func.func @zero_component(%x: tensor<?x10xi8>, %w: tensor<8x10xi8>, %s: tensor<8xf32>, %i: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %z = arith.constant dense<0> : tensor<8x10xi8>
  %g = arith.constant dense<2.0> : tensor<8x3xf32>
  %y = ternary.bitlinear ins(%x : tensor<?x10xi8>) weights(%z, %w : tensor<8x10xi8>, tensor<8x10xi8>)
      scales(%g, %s : tensor<8x3xf32>, tensor<8xf32>) outs(%i : tensor<?x8xf32>) {group_size = 4 : i64} -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// A layer whose only component is zero is its bias, or zero.

// CHECK-LABEL: func.func @zero_layers
// CHECK: %[[Z:.*]] = arith.constant dense<0> : tensor<2x1xi32>
// CHECK: %[[Y:.*]] = ternary.bitlinear ins(%{{.*}} : tensor<2x3xi8>) weights() bias(%{{.*}} : tensor<1xf32>) outs(%{{.*}} : tensor<2x1xf32>) -> tensor<2x1xf32>
// CHECK: return %[[Z]], %[[Y]]
func.func @zero_layers(%x: tensor<2x3xi8>, %b: tensor<1xf32>, %i: tensor<2x1xi32>, %j: tensor<2x1xf32>) -> (tensor<2x1xi32>, tensor<2x1xf32>) {
  %z = arith.constant dense<[[0, 0, 0]]> : tensor<1x3xi8>
  %0 = ternary.bitlinear ins(%x : tensor<2x3xi8>) weights(%z : tensor<1x3xi8>) outs(%i : tensor<2x1xi32>) -> tensor<2x1xi32>
  %1 = ternary.bitlinear ins(%x : tensor<2x3xi8>) weights(%z : tensor<1x3xi8>) bias(%b : tensor<1xf32>) outs(%j : tensor<2x1xf32>) -> tensor<2x1xf32>
  return %0, %1 : tensor<2x1xi32>, tensor<2x1xf32>
}

// Zero weights times NaN or Inf are NaN: the component stays with float
// activations and with a scale that is not finite or not known. Bytes are not
// looked into.

// CHECK-LABEL: func.func @zero_components_that_stay
// CHECK-COUNT-4: weights(%
func.func @zero_components_that_stay(%x: tensor<2x3xf32>, %q: tensor<2x3xi8>, %s: tensor<f32>, %i: tensor<2x1xf32>)
    -> (tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>) {
  %z = arith.constant dense<0> : tensor<1x3xi8>
  %b = arith.constant dense<0> : tensor<1x1xi8>
  %inf = arith.constant dense<0x7F800000> : tensor<f32>
  %0 = ternary.bitlinear ins(%x : tensor<2x3xf32>) weights(%z : tensor<1x3xi8>) outs(%i : tensor<2x1xf32>) -> tensor<2x1xf32>
  %1 = ternary.bitlinear ins(%q : tensor<2x3xi8>) weights(%z : tensor<1x3xi8>) scales(%inf : tensor<f32>) outs(%i : tensor<2x1xf32>) -> tensor<2x1xf32>
  %2 = ternary.bitlinear ins(%q : tensor<2x3xi8>) weights(%z : tensor<1x3xi8>) scales(%s : tensor<f32>) outs(%i : tensor<2x1xf32>) -> tensor<2x1xf32>
  %3 = ternary.bitlinear ins(%q : tensor<2x3xi8>) weights(%b : tensor<1x1xi8>) outs(%i : tensor<2x1xf32>) {packing = #ternary.packing<chimera>} -> tensor<2x1xf32>
  return %0, %1, %2, %3 : tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>, tensor<2x1xf32>
}

// CHECK-LABEL: func.func @no_component
// CHECK: %[[Z:.*]] = arith.constant dense<0.000000e+00> : tensor<2x1xbf16>
// CHECK-NEXT: return %[[Z]]
func.func @no_component(%x: tensor<2x3xf32>, %i: tensor<2x1xbf16>) -> tensor<2x1xbf16> {
  %0 = ternary.bitlinear ins(%x : tensor<2x3xf32>) weights() outs(%i : tensor<2x1xbf16>) -> tensor<2x1xbf16>
  return %0 : tensor<2x1xbf16>
}

// An activation scale may be NaN; a dynamic shape has no constant; memrefs are
// written.

// CHECK-LABEL: func.func @no_component_that_stays
// CHECK-COUNT-3: ternary.bitlinear
func.func @no_component_that_stays(%x: tensor<2x3xi8>, %s: tensor<2xf32>, %i: tensor<2x1xf32>, %y: tensor<?x3xi8>, %j: tensor<?x1xi32>,
                                   %m: memref<2x3xi8>, %n: memref<2x1xi32>) -> (tensor<2x1xf32>, tensor<?x1xi32>) {
  %0 = ternary.bitlinear ins(%x : tensor<2x3xi8>) weights() activation_scale(%s : tensor<2xf32>) outs(%i : tensor<2x1xf32>) -> tensor<2x1xf32>
  %1 = ternary.bitlinear ins(%y : tensor<?x3xi8>) weights() outs(%j : tensor<?x1xi32>) -> tensor<?x1xi32>
  ternary.bitlinear ins(%m : memref<2x3xi8>) weights() outs(%n : memref<2x1xi32>)
  return %0, %1 : tensor<2x1xf32>, tensor<?x1xi32>
}

//===----------------------------------------------------------------------===//
// Effects
//===----------------------------------------------------------------------===//

// A tensor op without uses goes; an op on memrefs stays, whatever it writes.

// CHECK-LABEL: func.func @unused
// CHECK-NEXT: ternary.pack ins(%{{.*}} : memref<8x10xi8>) outs(%{{.*}} : memref<8x3xi8>)
// CHECK-NEXT: return
func.func @unused(%t: tensor<8x10xi8>, %i: tensor<8x3xi8>, %m: memref<8x10xi8>, %n: memref<8x3xi8>, %b: vector<64xi8>) {
  %0 = ternary.pack ins(%t : tensor<8x10xi8>) outs(%i : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  ternary.pack ins(%m : memref<8x10xi8>) outs(%n : memref<8x3xi8>) {packing = #ternary.packing<chimera>}
  %1 = ternary.decode %b {radix = 4 : i64, digit = 0 : i64, offset = 1 : i64} : vector<64xi8>
  return
}
