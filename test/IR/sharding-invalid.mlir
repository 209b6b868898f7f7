// RUN: ternary-opt %s --pass-pipeline="builtin.module(func.func(sharding-propagation{traversal=forward}))" --split-input-file --verify-diagnostics

// Cuts that propagation finds, and the op does not allow.

// A bias would be added by each process.

shard.grid @ranks(shape = 4)

func.func @bias(%x: tensor<8x16xi8>, %w: tensor<12x16xi8>, %b: tensor<12xf32>, %i: tensor<8x12xf32>) -> tensor<8x12xf32> {
  %cut0 = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %ws = shard.shard %w to %cut0 : tensor<12x16xi8>
  // expected-error @below {{expected whole columns with a bias, which is added to the whole sum, found them cut}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.bitlinear ins(%x : tensor<8x16xi8>) weights(%ws : tensor<12x16xi8>) bias(%b : tensor<12xf32>) outs(%i : tensor<8x12xf32>) -> tensor<8x12xf32>
  return %y : tensor<8x12xf32>
}

// -----

// Partial sums would be rounded before they are added.

shard.grid @ranks(shape = 4)

func.func @half(%x: tensor<8x16xi8>, %w: tensor<12x16xi8>, %i: tensor<8x12xf16>) -> tensor<8x12xf16> {
  %cut0 = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %ws = shard.shard %w to %cut0 : tensor<12x16xi8>
  // expected-error @below {{expected an init of i32 or f32, which partial sums over cut columns are added in, found 'f16'}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.bitlinear ins(%x : tensor<8x16xi8>) weights(%ws : tensor<12x16xi8>) outs(%i : tensor<8x12xf16>) -> tensor<8x12xf16>
  return %y : tensor<8x12xf16>
}

// -----

// The bytes of base3 run on from row to row.

shard.grid @ranks(shape = 4)

func.func @flat_columns(%x: tensor<8x20xi8>, %w: tensor<64xi8>, %i: tensor<8x16xi32>) -> tensor<8x16xi32> {
  %cut0 = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %cut0 : tensor<8x20xi8>
  // expected-error @below {{expected whole columns, which #ternary.packing<base3> spreads over its bytes, found them cut}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.bitlinear ins(%xs : tensor<8x20xi8>) weights(%w : tensor<64xi8>) outs(%i : tensor<8x16xi32>) {packing = #ternary.packing<base3>} -> tensor<8x16xi32>
  return %y : tensor<8x16xi32>
}

// -----

// So they are not cut by rows either.

shard.grid @ranks(shape = 4)

func.func @flat_rows(%x: tensor<8x20xi8>, %w: tensor<64xi8>, %i: tensor<8x16xi32>) -> tensor<8x16xi32> {
  %cut0 = shard.sharding @ranks split_axes = [[0]] : !shard.sharding
  %ws = shard.shard %w to %cut0 : tensor<64xi8>
  // expected-error @below {{expected dimension 0 of operand #1 whole, which its packing does not cut, found 4 parts}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.bitlinear ins(%x : tensor<8x20xi8>) weights(%ws : tensor<64xi8>) outs(%i : tensor<8x16xi32>) {packing = #ternary.packing<base3>} -> tensor<8x16xi32>
  return %y : tensor<8x16xi32>
}

// -----

// 8 columns in 4 parts: half a byte each.

shard.grid @ranks(shape = 4)

func.func @half_bytes(%x: tensor<8x8xi8>, %w: tensor<12x2xi8>, %i: tensor<8x12xi32>) -> tensor<8x12xi32> {
  %cut0 = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %cut0 : tensor<8x8xi8>
  // expected-error @below {{expected dimension 1 of operand #1 to be cut into 4 parts of whole blocks of 4, found an extent of 8}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.bitlinear ins(%xs : tensor<8x8xi8>) weights(%w : tensor<12x2xi8>) outs(%i : tensor<8x12xi32>) {packing = #ternary.packing<chimera>} -> tensor<8x12xi32>
  return %y : tensor<8x12xi32>
}

// -----

// Groups of 8 columns, parts of 4.

shard.grid @ranks(shape = 4)

func.func @half_groups(%x: tensor<8x16xi8>, %w: tensor<12x16xi8>, %s: tensor<12x2xf32>, %i: tensor<8x12xf32>) -> tensor<8x12xf32> {
  %cut0 = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %ws = shard.shard %w to %cut0 : tensor<12x16xi8>
  // expected-error @below {{expected dimension 1 of operand #2 to be cut into 4 parts of whole blocks of 8, found an extent of 16}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.bitlinear ins(%x : tensor<8x16xi8>) weights(%ws : tensor<12x16xi8>) scales(%s : tensor<12x2xf32>) outs(%i : tensor<8x12xf32>) {group_size = 8} -> tensor<8x12xf32>
  return %y : tensor<8x12xf32>
}

// -----

// 128 rows are two panels.

shard.grid @ranks(shape = 4)

func.func @half_panels(%x: tensor<8x16xi8>, %w: tensor<2x1x4x64xi8>, %i: tensor<8x128xi32>) -> tensor<8x128xi32> {
  %cut0 = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %is = shard.shard %i to %cut0 : tensor<8x128xi32>
  // expected-error @below {{expected dimension 0 of operand #1 to be cut into 4 parts of whole blocks of 64, found an extent of 128}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.bitlinear ins(%x : tensor<8x16xi8>) weights(%w : tensor<2x1x4x64xi8>) outs(%is : tensor<8x128xi32>) {packing = #ternary.packing<cpu_panel2>} -> tensor<8x128xi32>
  return %y : tensor<8x128xi32>
}

// -----

// Bytes within a panel stay together.

shard.grid @ranks(shape = 4)

func.func @within_panels(%x: tensor<8x16xi8>, %w: tensor<2x1x4x64xi8>, %i: tensor<8x128xi32>) -> tensor<8x128xi32> {
  %cut0 = shard.sharding @ranks split_axes = [[], [], [0]] : !shard.sharding
  %ws = shard.shard %w to %cut0 : tensor<2x1x4x64xi8>
  // expected-error @below {{expected all but tokens, rows and columns whole, found a dimension split along grid axes [0]}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.bitlinear ins(%x : tensor<8x16xi8>) weights(%ws : tensor<2x1x4x64xi8>) outs(%i : tensor<8x128xi32>) {packing = #ternary.packing<cpu_panel2>} -> tensor<8x128xi32>
  return %y : tensor<8x128xi32>
}

// -----

// Upstream would leave two of the 10 tokens out.

shard.grid @ranks(shape = 4)

func.func @uneven(%x: tensor<10x16xi8>, %w: tensor<12x16xi8>, %i: tensor<10x12xi32>) -> tensor<10x12xi32> {
  %cut0 = shard.sharding @ranks split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %cut0 : tensor<10x16xi8>
  // expected-error @below {{expected dimension 0 of operand #0 to be cut into 4 parts of whole blocks of 1, found an extent of 10}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.bitlinear ins(%xs : tensor<10x16xi8>) weights(%w : tensor<12x16xi8>) outs(%i : tensor<10x12xi32>) -> tensor<10x12xi32>
  return %y : tensor<10x12xi32>
}

// -----

// Bytes of rows whose number is not known.

shard.grid @ranks(shape = 4)

func.func @dynamic_bytes(%x: tensor<8x?xi8>, %w: tensor<12x?xi8>, %i: tensor<8x12xi32>) -> tensor<8x12xi32> {
  %cut0 = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %cut0 : tensor<8x?xi8>
  // expected-error @below {{expected dimension 1 of operand #1 to be cut into 4 parts of whole blocks of 4, found an extent of ?}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.bitlinear ins(%xs : tensor<8x?xi8>) weights(%w : tensor<12x?xi8>) outs(%i : tensor<8x12xi32>) {packing = #ternary.packing<chimera>} -> tensor<8x12xi32>
  return %y : tensor<8x12xi32>
}

// -----

// A norm needs whole tokens.

shard.grid @ranks(shape = 4)

func.func @norm(%x: tensor<8x16xf32>, %i: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %cut0 = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %cut0 : tensor<8x16xf32>
  // expected-error @below {{expected all but tokens, rows and columns whole, found a dimension split along grid axes [0]}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.rms_norm ins(%xs : tensor<8x16xf32>) outs(%i : tensor<8x16xf32>) -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// -----

// So does the largest of a token.

shard.grid @ranks(shape = 4)

func.func @absmax(%x: tensor<8x16xf32>, %i: tensor<8x16xi8>, %si: tensor<8xf32>) -> tensor<8x16xi8> {
  %cut0 = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %xs = shard.shard %x to %cut0 : tensor<8x16xf32>
  // expected-error @below {{expected all but tokens, rows and columns whole, found a dimension split along grid axes [0]}}
  // expected-error @below {{fail to get sharding option}}
  %y, %s = ternary.quantize_activation ins(%xs : tensor<8x16xf32>) outs(%i, %si : tensor<8x16xi8>, tensor<8xf32>)
      -> tensor<8x16xi8>, tensor<8xf32>
  return %y : tensor<8x16xi8>
}

// -----

// A grid of one axis.

shard.grid @ranks(shape = 4)

func.func @no_axis(%x: tensor<8x16xf32>, %i: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %cut0 = shard.sharding @ranks split_axes = [[7]] : !shard.sharding
  %xs = shard.shard %x to %cut0 : tensor<8x16xf32>
  // expected-error @below {{expected axes of a grid of rank 1, found 7}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.rms_norm ins(%xs : tensor<8x16xf32>) outs(%i : tensor<8x16xf32>) -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}

// -----

// A grid without processes.

shard.grid @ranks(shape = 0)

func.func @no_ranks(%x: tensor<8x16xf32>, %i: tensor<8x16xf32>) -> tensor<8x16xf32> {
  %cut0 = shard.sharding @ranks split_axes = [[0]] : !shard.sharding
  %xs = shard.shard %x to %cut0 : tensor<8x16xf32>
  // expected-error @below {{expected dimension 0 of operand #0 to be cut into 0 parts of whole blocks of 1, found an extent of 8}}
  // expected-error @below {{fail to get sharding option}}
  %y = ternary.rms_norm ins(%xs : tensor<8x16xf32>) outs(%i : tensor<8x16xf32>) -> tensor<8x16xf32>
  return %y : tensor<8x16xf32>
}
