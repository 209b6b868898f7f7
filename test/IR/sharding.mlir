// RUN: ternary-opt %s --pass-pipeline="builtin.module(func.func(sharding-propagation{traversal=forward},shard-partition))" --split-input-file | FileCheck %s

// Each process has a part of the tokens, and all weights.

shard.grid @ranks(shape = 4)

// CHECK-LABEL: func.func @tokens
// CHECK-SAME: (%[[X:.*]]: tensor<2x16xi8>, %[[W:.*]]: tensor<12x16xi8>, %[[A:.*]]: tensor<2xf32>) -> tensor<2x12xf32>
// CHECK: %[[Y:.*]] = ternary.bitlinear ins(%[[X]] : tensor<2x16xi8>) weights(%[[W]] : tensor<12x16xi8>) activation_scale(%[[A]] : tensor<2xf32>)
// CHECK-NEXT: return %[[Y]]
func.func @tokens(%x: tensor<8x16xi8>, %w: tensor<12x16xi8>, %a: tensor<8xf32>) -> tensor<8x12xf32> {
  %cut = shard.sharding @ranks split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %cut : tensor<8x16xi8>
  %init = tensor.empty() : tensor<8x12xf32>
  %y = ternary.bitlinear ins(%xs : tensor<8x16xi8>) weights(%w : tensor<12x16xi8>) activation_scale(%a : tensor<8xf32>)
      outs(%init : tensor<8x12xf32>) -> tensor<8x12xf32>
  %ys = shard.shard %y to %cut : tensor<8x12xf32>
  %z = shard.shard %ys to %cut annotate_for_users : tensor<8x12xf32>
  return %z : tensor<8x12xf32>
}

// -----

// Rows: the bytes, the scales and the bias are cut with the weights.

shard.grid @ranks(shape = 4)

// CHECK-LABEL: func.func @rows
// CHECK-SAME: (%{{.*}}: tensor<8x16xi8>, %{{.*}}: tensor<3x4xi8>, %{{.*}}: tensor<3x8xf32>, %{{.*}}: tensor<3xf32>) -> tensor<8x3xf32>
// CHECK: ternary.bitlinear {{.*}} weights(%{{.*}} : tensor<3x4xi8>) scales(%{{.*}} : tensor<3x8xf32>) bias(%{{.*}} : tensor<3xf32>)
// CHECK-NOT: shard.all_reduce
func.func @rows(%x: tensor<8x16xi8>, %w: tensor<12x4xi8>, %s: tensor<12x8xf32>, %b: tensor<12xf32>) -> tensor<8x12xf32> {
  %cut = shard.sharding @ranks split_axes = [[0]] : !shard.sharding
  %ws = shard.shard %w to %cut : tensor<12x4xi8>
  %init = tensor.empty() : tensor<8x12xf32>
  %y = ternary.bitlinear ins(%x : tensor<8x16xi8>) weights(%ws : tensor<12x4xi8>) scales(%s : tensor<12x8xf32>) bias(%b : tensor<12xf32>)
      outs(%init : tensor<8x12xf32>) {packing = #ternary.packing<chimera>, group_size = 2} -> tensor<8x12xf32>
  %cut_y = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %ys = shard.shard %y to %cut_y : tensor<8x12xf32>
  %z = shard.shard %ys to %cut_y annotate_for_users : tensor<8x12xf32>
  return %z : tensor<8x12xf32>
}

// -----

// Columns: whole bytes and whole groups, and a sum over the processes.

shard.grid @ranks(shape = 4)

// CHECK-LABEL: func.func @columns
// CHECK-SAME: (%[[X:.*]]: tensor<8x4xi8>, %[[W:.*]]: tensor<12x1xi8>, %[[S:.*]]: tensor<12x2xf32>) -> tensor<8x12xf32>
// CHECK: %[[Y:.*]] = ternary.bitlinear ins(%[[X]] : tensor<8x4xi8>) weights(%[[W]] : tensor<12x1xi8>) scales(%[[S]] : tensor<12x2xf32>)
// CHECK: %[[SUM:.*]] = shard.all_reduce %[[Y]] on @ranks grid_axes = [0] : tensor<8x12xf32> -> tensor<8x12xf32>
// CHECK: return %[[SUM]]
func.func @columns(%x: tensor<8x16xi8>, %w: tensor<12x4xi8>, %s: tensor<12x8xf32>) -> tensor<8x12xf32> {
  %cut = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %whole = shard.sharding @ranks split_axes = [[]] : !shard.sharding
  %ws = shard.shard %w to %cut : tensor<12x4xi8>
  %init = tensor.empty() : tensor<8x12xf32>
  %y = ternary.bitlinear ins(%x : tensor<8x16xi8>) weights(%ws : tensor<12x4xi8>) scales(%s : tensor<12x8xf32>)
      outs(%init : tensor<8x12xf32>) {packing = #ternary.packing<chimera>, group_size = 2} -> tensor<8x12xf32>
  %ys = shard.shard %y to %whole : tensor<8x12xf32>
  %z = shard.shard %ys to %whole annotate_for_users : tensor<8x12xf32>
  return %z : tensor<8x12xf32>
}

// -----

// Panels of 64 rows and 16 columns, on a grid of two axes.

shard.grid @ranks(shape = 2x2)

// CHECK-LABEL: func.func @panels
// CHECK-SAME: (%[[X:.*]]: tensor<8x16xi8>, %[[W:.*]]: tensor<1x1x4x64xi8>) -> tensor<8x64xi32>
// CHECK: %[[Y:.*]] = ternary.bitlinear ins(%[[X]] : tensor<8x16xi8>) weights(%[[W]] : tensor<1x1x4x64xi8>)
// CHECK: shard.all_reduce %[[Y]] on @ranks grid_axes = [1] : tensor<8x64xi32> -> tensor<8x64xi32>
func.func @panels(%x: tensor<8x32xi8>, %w: tensor<2x2x4x64xi8>) -> tensor<8x128xi32> {
  %cut = shard.sharding @ranks split_axes = [[0], [1]] : !shard.sharding
  %ws = shard.shard %w to %cut : tensor<2x2x4x64xi8>
  %init = tensor.empty() : tensor<8x128xi32>
  %y = ternary.bitlinear ins(%x : tensor<8x32xi8>) weights(%ws : tensor<2x2x4x64xi8>) outs(%init : tensor<8x128xi32>)
      {packing = #ternary.packing<cpu_panel2>} -> tensor<8x128xi32>
  %cut_y = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %ys = shard.shard %y to %cut_y : tensor<8x128xi32>
  %z = shard.shard %ys to %cut_y annotate_for_users : tensor<8x128xi32>
  return %z : tensor<8x128xi32>
}

// -----

// Ops on tokens; the weight of a norm is on all processes.

shard.grid @ranks(shape = 4)

// CHECK-LABEL: func.func @per_token
// CHECK-SAME: (%[[X:.*]]: tensor<2x16xf32>, %[[W:.*]]: tensor<16xf32>) -> tensor<2x16xf32>
// CHECK: %[[N:.*]] = ternary.rms_norm ins(%[[X]] : tensor<2x16xf32>) weight(%[[W]] : tensor<16xf32>)
// CHECK: %[[Q:.*]]:2 = ternary.quantize_activation ins(%[[N]] : tensor<2x16xf32>) outs({{.*}} : tensor<2x16xi8>, tensor<2xf32>)
// CHECK: ternary.dequantize_activation ins(%[[Q]]#0 : tensor<2x16xi8>) scales(%[[Q]]#1 : tensor<2xf32>)
func.func @per_token(%x: tensor<8x16xf32>, %w: tensor<16xf32>) -> tensor<8x16xf32> {
  %cut = shard.sharding @ranks split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %cut : tensor<8x16xf32>
  %ni = tensor.empty() : tensor<8x16xf32>
  %n = ternary.rms_norm ins(%xs : tensor<8x16xf32>) weight(%w : tensor<16xf32>) outs(%ni : tensor<8x16xf32>) -> tensor<8x16xf32>
  %qi = tensor.empty() : tensor<8x16xi8>
  %si = tensor.empty() : tensor<8xf32>
  %q, %s = ternary.quantize_activation ins(%n : tensor<8x16xf32>) outs(%qi, %si : tensor<8x16xi8>, tensor<8xf32>)
      -> tensor<8x16xi8>, tensor<8xf32>
  %fi = tensor.empty() : tensor<8x16xf32>
  %f = ternary.dequantize_activation ins(%q : tensor<8x16xi8>) scales(%s : tensor<8xf32>) outs(%fi : tensor<8x16xf32>) -> tensor<8x16xf32>
  %fs = shard.shard %f to %cut : tensor<8x16xf32>
  %z = shard.shard %fs to %cut annotate_for_users : tensor<8x16xf32>
  return %z : tensor<8x16xf32>
}

// -----

// A result without uses has no annotation.

shard.grid @ranks(shape = 4)

// CHECK-LABEL: func.func @unused
// CHECK: ternary.quantize_activation {{.*}} -> tensor<2x16xi8>, tensor<2xf32>
func.func @unused(%x: tensor<8x16xf32>) -> tensor<8x16xi8> {
  %cut = shard.sharding @ranks split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %cut : tensor<8x16xf32>
  %qi = tensor.empty() : tensor<8x16xi8>
  %si = tensor.empty() : tensor<8xf32>
  %q, %s = ternary.quantize_activation ins(%xs : tensor<8x16xf32>) outs(%qi, %si : tensor<8x16xi8>, tensor<8xf32>)
      -> tensor<8x16xi8>, tensor<8xf32>
  %qs = shard.shard %q to %cut : tensor<8x16xi8>
  %z = shard.shard %qs to %cut annotate_for_users : tensor<8x16xi8>
  return %z : tensor<8x16xi8>
}

// -----

// Dequantization goes by columns, too; a scale of rank 0 is on all processes.

shard.grid @ranks(shape = 4)

// CHECK-LABEL: func.func @elements
// CHECK-SAME: (%[[X:.*]]: tensor<4xi8>, %[[S:.*]]: tensor<f32>) -> tensor<4xf32>
// CHECK: ternary.dequantize_activation ins(%[[X]] : tensor<4xi8>) scales(%[[S]] : tensor<f32>)
func.func @elements(%x: tensor<16xi8>, %s: tensor<f32>) -> tensor<16xf32> {
  %cut = shard.sharding @ranks split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %cut : tensor<16xi8>
  %fi = tensor.empty() : tensor<16xf32>
  %f = ternary.dequantize_activation ins(%xs : tensor<16xi8>) scales(%s : tensor<f32>) outs(%fi : tensor<16xf32>) -> tensor<16xf32>
  %fs = shard.shard %f to %cut : tensor<16xf32>
  %z = shard.shard %fs to %cut annotate_for_users : tensor<16xf32>
  return %z : tensor<16xf32>
}
