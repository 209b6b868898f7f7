// RUN: ternary-opt %s --pass-pipeline="builtin.module(func.func(shard-partition))" --split-input-file --verify-diagnostics

// Annotations that were written by hand, and do not fit.

shard.grid @ranks(shape = 4)

func.func @unlike(%x: tensor<8x16xi8>, %w: tensor<12x16xi8>, %i: tensor<8x12xi32>) -> tensor<8x12xi32> {
  %cut = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %whole = shard.sharding @ranks split_axes = [[]] : !shard.sharding
  %x0 = shard.shard %x to %cut : tensor<8x16xi8>
  %x1 = shard.shard %x0 to %cut annotate_for_users : tensor<8x16xi8>
  %w0 = shard.shard %w to %whole : tensor<12x16xi8>
  %w1 = shard.shard %w0 to %whole annotate_for_users : tensor<12x16xi8>
  %i0 = shard.shard %i to %whole : tensor<8x12xi32>
  %i1 = shard.shard %i0 to %whole annotate_for_users : tensor<8x12xi32>
  // expected-error @below {{expected dimension 1 of operand #1 to be split along grid axes [0] as those that it is computed with, found []}}
  %y = ternary.bitlinear ins(%x1 : tensor<8x16xi8>) weights(%w1 : tensor<12x16xi8>) outs(%i1 : tensor<8x12xi32>) -> tensor<8x12xi32>
  %y0 = shard.shard %y to %whole : tensor<8x12xi32>
  %y1 = shard.shard %y0 to %whole annotate_for_users : tensor<8x12xi32>
  return %y1 : tensor<8x12xi32>
}

// -----

shard.grid @ranks(shape = 4)

func.func @uneven(%x: tensor<8x16xf32>, %i: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %cut = shard.sharding @ranks split_axes = [[0]] sharded_dims_offsets = [0, 1, 3, 5, 8] : !shard.sharding
  %x0 = shard.shard %x to %cut : tensor<8x16xf32>
  %x1 = shard.shard %x0 to %cut annotate_for_users : tensor<8x16xf32>
  %i0 = shard.shard %i to %cut : tensor<8x16xf32>
  %i1 = shard.shard %i0 to %cut annotate_for_users : tensor<8x16xf32>
  // expected-error @below {{expected even parts without halo of operand #0, found a sharding with sizes}}
  %y = ternary.rms_norm ins(%x1 : tensor<8x16xf32>) outs(%i1 : tensor<8x16xf32>) -> tensor<8x16xf32>
  %y0 = shard.shard %y to %cut : tensor<8x16xf32>
  %y1 = shard.shard %y0 to %cut annotate_for_users : tensor<8x16xf32>
  return %y1 : tensor<8x16xf32>
}

// -----

shard.grid @ranks(shape = 4)

func.func @norm(%x: tensor<8x16xf32>, %i: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %cut = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %x0 = shard.shard %x to %cut : tensor<8x16xf32>
  %x1 = shard.shard %x0 to %cut annotate_for_users : tensor<8x16xf32>
  %i0 = shard.shard %i to %cut : tensor<8x16xf32>
  %i1 = shard.shard %i0 to %cut annotate_for_users : tensor<8x16xf32>
  // expected-error @below {{expected all but tokens, rows and columns whole, found a dimension split along grid axes [0]}}
  %y = ternary.rms_norm ins(%x1 : tensor<8x16xf32>) outs(%i1 : tensor<8x16xf32>) -> tensor<8x16xf32>
  %y0 = shard.shard %y to %cut : tensor<8x16xf32>
  %y1 = shard.shard %y0 to %cut annotate_for_users : tensor<8x16xf32>
  return %y1 : tensor<8x16xf32>
}

// -----

shard.grid @ranks(shape = 4)
shard.grid @others(shape = 4)

func.func @grids(%x: tensor<8x16xf32>, %i: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %cut = shard.sharding @ranks split_axes = [[0]] : !shard.sharding
  %other = shard.sharding @others split_axes = [[0]] : !shard.sharding
  %x0 = shard.shard %x to %cut : tensor<8x16xf32>
  %x1 = shard.shard %x0 to %cut annotate_for_users : tensor<8x16xf32>
  %i0 = shard.shard %i to %other : tensor<8x16xf32>
  %i1 = shard.shard %i0 to %other annotate_for_users : tensor<8x16xf32>
  // expected-error @below {{expected operand #1 to be sharded on @ranks as the others, found @others}}
  %y = ternary.rms_norm ins(%x1 : tensor<8x16xf32>) outs(%i1 : tensor<8x16xf32>) -> tensor<8x16xf32>
  %y0 = shard.shard %y to %cut : tensor<8x16xf32>
  %y1 = shard.shard %y0 to %cut annotate_for_users : tensor<8x16xf32>
  return %y1 : tensor<8x16xf32>
}

// -----

func.func @no_grid(%x: memref<8x16xf32>, %i: memref<8x16xf32>, %z: tensor<8xf32>) -> tensor<8xf32> {
  %cut = shard.sharding @ranks split_axes = [[0]] : !shard.sharding
  %z0 = shard.shard %z to %cut : tensor<8xf32>
  %z1 = shard.shard %z0 to %cut annotate_for_users : tensor<8xf32>
  // expected-error @below {{expected operands sharded on a grid, found none}}
  ternary.rms_norm ins(%x : memref<8x16xf32>) outs(%i : memref<8x16xf32>)
  return %z1 : tensor<8xf32>
}

shard.grid @ranks(shape = 4)
