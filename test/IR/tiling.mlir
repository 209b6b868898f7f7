// RUN: ternary-opt %s --transform-interpreter --canonicalize --cse --split-input-file | FileCheck %s

// Ops are cut along tokens and rows; bytes are cut between the blocks of their
// packing.

// CHECK-LABEL: func.func @tokens_and_rows
// CHECK: scf.for %[[M:.*]] = %{{.*}} to %{{.*}} step %c2
// CHECK: scf.for %[[N:.*]] = %{{.*}} to %{{.*}} step %c64
// CHECK-DAG: %[[X:.*]] = tensor.extract_slice %{{.*}}[%[[M]], 0] [2, 10] [1, 1]
// CHECK-DAG: %[[W:.*]] = tensor.extract_slice %{{.*}}[%[[N]], 0] [64, 3] [1, 1]
// CHECK-DAG: %[[S:.*]] = tensor.extract_slice %{{.*}}[%[[N]], 0] [64, 3] [1, 1] : tensor<256x3xf32>
// CHECK-DAG: %[[A:.*]] = tensor.extract_slice %{{.*}}[%[[M]]] [2] [1]
// CHECK-DAG: %[[B:.*]] = tensor.extract_slice %{{.*}}[%[[N]]] [64] [1]
// CHECK-DAG: %[[I:.*]] = tensor.extract_slice %{{.*}}[%[[M]], %[[N]]] [2, 64] [1, 1]
// CHECK: ternary.bitlinear ins(%[[X]] : tensor<2x10xi8>) weights(%{{.*}} : tensor<64x3xi8>) scales(%{{.*}} : tensor<64x3xf32>) activation_scale(%[[A]] : tensor<2xf32>) bias(%[[B]] : tensor<64xf32>) outs(%[[I]] : tensor<2x64xf32>) {group_size = 4 : i64, packing = #ternary.packing<chimera>}
func.func @tokens_and_rows(%x: tensor<4x10xi8>, %w: tensor<256x3xi8>, %s: tensor<256x3xf32>, %a: tensor<4xf32>, %b: tensor<256xf32>,
                           %i: tensor<4x256xf32>) -> tensor<4x256xf32> {
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<256x3xi8>) scales(%s : tensor<256x3xf32>)
      activation_scale(%a : tensor<4xf32>) bias(%b : tensor<256xf32>) outs(%i : tensor<4x256xf32>)
      {packing = #ternary.packing<chimera>, group_size = 4 : i64} -> tensor<4x256xf32>
  return %y : tensor<4x256xf32>
}

// Scales in blocks of 32 rows: two blocks per tile.

// CHECK-LABEL: func.func @blocked_scales
// CHECK: scf.for %[[N:.*]] = %{{.*}} to %{{.*}} step %c64
// CHECK: %[[B:.*]] = affine.apply #{{.*}}[%[[N]]]
// CHECK: tensor.extract_slice %{{.*}}[%[[B]], 0, 0] [2, 3, 32] [1, 1, 1] : tensor<8x3x32xf32>
func.func @blocked_scales(%x: tensor<4x10xi8>, %w: tensor<256x3xi8>, %s: tensor<8x3x32xf32>, %i: tensor<4x256xf32>)
    -> tensor<4x256xf32> {
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<256x3xi8>) scales(%s : tensor<8x3x32xf32>)
      outs(%i : tensor<4x256xf32>) {packing = #ternary.packing<chimera>, group_size = 4 : i64} -> tensor<4x256xf32>
  return %y : tensor<4x256xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["ternary.bitlinear"]} in %m : (!transform.any_op) -> !transform.any_op
    %t, %l:2 = transform.structured.tile_using_for %op tile_sizes [2, 64] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// 128 rows are two panels; the last tile is the rest.

// CHECK-LABEL: func.func @panels
// CHECK: scf.for %[[N:.*]] = %{{.*}} to %{{.*}} step %c128
// CHECK: %[[SIZE:.*]] = affine.min #{{.*}}(%[[N]])
// CHECK: %[[AT:.*]] = affine.apply #{{.*}}()[%[[N]]]
// CHECK: %[[LENGTH:.*]] = affine.apply #{{.*}}()[%[[SIZE]]]
// CHECK: tensor.extract_slice %{{.*}}[%[[AT]], 0, 0, 0] [%[[LENGTH]], 1, 4, 64] [1, 1, 1, 1]
// CHECK: ternary.bitlinear ins(%{{.*}} : tensor<10xi8>) weights(%{{.*}} : tensor<?x1x4x64xi8>) outs(%{{.*}} : tensor<?xi32>)
func.func @panels(%x: tensor<10xi8>, %w: tensor<4x1x4x64xi8>, %i: tensor<200xi32>) -> tensor<200xi32> {
  %y = ternary.bitlinear ins(%x : tensor<10xi8>) weights(%w : tensor<4x1x4x64xi8>) outs(%i : tensor<200xi32>)
      {packing = #ternary.packing<cpu_panel2>} -> tensor<200xi32>
  return %y : tensor<200xi32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["ternary.bitlinear"]} in %m : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %op tile_sizes [128] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// CHECK-LABEL: func.func @activations
// CHECK: scf.for
// CHECK: ternary.rms_norm ins(%{{.*}} : tensor<4x10xf32>) weight(%{{.*}} : tensor<10xf32>) outs(%{{.*}} : tensor<4x10xf32>)
// CHECK: scf.for
// CHECK: %[[Q:.*]]:2 = ternary.quantize_activation ins(%{{.*}} : tensor<4x10xf32>) outs(%{{.*}}, %{{.*}} : tensor<4x10xi8>, tensor<4xf32>)
// CHECK: tensor.insert_slice %[[Q]]#0 into
// CHECK: tensor.insert_slice %[[Q]]#1 into
// CHECK: scf.for
// CHECK: ternary.dequantize_activation ins(%{{.*}} : tensor<4x10xi8>) scales(%{{.*}} : tensor<4xf32>) outs(%{{.*}} : tensor<4x10xf32>)
func.func @activations(%x: tensor<8x10xf32>, %g: tensor<10xf32>, %qi: tensor<8x10xi8>, %si: tensor<8xf32>) -> tensor<8x10xf32> {
  %n = ternary.rms_norm ins(%x : tensor<8x10xf32>) weight(%g : tensor<10xf32>) outs(%x : tensor<8x10xf32>) -> tensor<8x10xf32>
  %q, %s = ternary.quantize_activation ins(%n : tensor<8x10xf32>) outs(%qi, %si : tensor<8x10xi8>, tensor<8xf32>)
      -> tensor<8x10xi8>, tensor<8xf32>
  %y = ternary.dequantize_activation ins(%q : tensor<8x10xi8>) scales(%s : tensor<8xf32>) outs(%x : tensor<8x10xf32>)
      -> tensor<8x10xf32>
  return %y : tensor<8x10xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %ops = transform.structured.match ops{["ternary.rms_norm", "ternary.quantize_activation", "ternary.dequantize_activation"]} in %m : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %ops tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// CHECK-LABEL: func.func @storage
// CHECK: ternary.unpack ins(%{{.*}} : tensor<4x2x66xi8>) outs(%{{.*}}, %{{.*}} : tensor<4x512xi8>, tensor<4x2xf32>) {packing = #ternary.packing<tq2_0>}
// CHECK: ternary.dequantize ins(%{{.*}} : tensor<4x512xi8>) scales(%{{.*}} : tensor<f32>) outs(%{{.*}} : tensor<4x512xf32>)
func.func @storage(%b: tensor<8x2x66xi8>, %i: tensor<8x512xi8>, %j: tensor<8x2xf32>, %s: tensor<f32>, %k: tensor<8x512xf32>) -> (tensor<8x512xf32>, tensor<8x2xf32>) {
  %t, %c = ternary.unpack ins(%b : tensor<8x2x66xi8>) outs(%i, %j : tensor<8x512xi8>, tensor<8x2xf32>)
      {packing = #ternary.packing<tq2_0>} -> tensor<8x512xi8>, tensor<8x2xf32>
  %w = ternary.dequantize ins(%t : tensor<8x512xi8>) scales(%s : tensor<f32>) outs(%k : tensor<8x512xf32>) -> tensor<8x512xf32>
  return %w, %c : tensor<8x512xf32>, tensor<8x2xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %u = transform.structured.match ops{["ternary.unpack"]} in %m : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %u tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %d = transform.structured.match ops{["ternary.dequantize"]} in %m : (!transform.any_op) -> !transform.any_op
    %t1, %l1 = transform.structured.tile_using_for %d tile_sizes [4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Tokens can be cut whatever the packing is: the bytes stay whole.

// CHECK-LABEL: func.func @tokens_of_flat_bytes
// CHECK-SAME: %{{[^:]*}}: tensor<8x10xi8>, %[[W:[^:]*]]: tensor<16xi8>
// CHECK: scf.for
// CHECK: ternary.bitlinear ins(%{{.*}} : tensor<4x10xi8>) weights(%[[W]] : tensor<16xi8>) outs(%{{.*}} : tensor<4x8xi32>) {packing = #ternary.packing<base3>}
func.func @tokens_of_flat_bytes(%x: tensor<8x10xi8>, %w: tensor<16xi8>, %i: tensor<8x8xi32>) -> tensor<8x8xi32> {
  %y = ternary.bitlinear ins(%x : tensor<8x10xi8>) weights(%w : tensor<16xi8>) outs(%i : tensor<8x8xi32>)
      {packing = #ternary.packing<base3>} -> tensor<8x8xi32>
  return %y : tensor<8x8xi32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%m: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["ternary.bitlinear"]} in %m : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %op tile_sizes [4, 0] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
