// RUN: ternary-opt %s --convert-ternary-to-gpu --canonicalize --cse --split-input-file | FileCheck %s
// RUN: ternary-opt %s --convert-ternary-to-linalg=leave-gpu-kernels --split-input-file | FileCheck %s --check-prefix=LEFT

// Ops that stream bytes: 16 bytes at a time, several reads on their way.

// CHECK-LABEL: func.func @pack(
// CHECK: gpu.launch
// CHECK-COUNT-4: vector.load {{.*}} {alignment = 16 : i64} : memref<4096xi8>, vector<16xi8>
// CHECK-COUNT-4: nvvm.dot.accumulate.4way
// CHECK: vector.store {{.*}} {alignment = 4 : i64} : memref<1024xi8>, vector<4xi8>
// LEFT-LABEL: func.func @pack(
// LEFT: ternary.pack
func.func @pack(%t: memref<64x64xi8>, %b: memref<64x16xi8>) {
  ternary.pack ins(%t : memref<64x64xi8>) outs(%b : memref<64x16xi8>)
      {packing = #ternary.packing<chimera>}
  return
}

// -----

// Base 3 by chunks of 16 bytes, which are 80 trits; the 16 trits behind the
// last one are 4 bytes, of a thread each.

// CHECK-LABEL: func.func @unpack(
// CHECK: gpu.launch
// CHECK: arith.cmpi ult, %{{.*}}, %c16
// CHECK: scf.if
// CHECK: vector.load {{.*}} {alignment = 16 : i64} : memref<820xi8>, vector<16xi8>
// CHECK: llvm.call_intrinsic "llvm.nvvm.prmt"
// CHECK-COUNT-5: vector.store {{.*}} {alignment = 16 : i64} : memref<4096xi8>, vector<16xi8>
func.func @unpack(%b: memref<820xi8>, %t: memref<64x64xi8>) {
  ternary.unpack ins(%b : memref<820xi8>) outs(%t : memref<64x64xi8>)
      {packing = #ternary.packing<base3>}
  return
}

// -----

// Rows with gaps, and packings that are no runs, have no kernel.

// CHECK-LABEL: func.func @left(
// CHECK-NOT: gpu.launch
// CHECK: ternary.unpack
// CHECK: ternary.repack
// CHECK: ternary.ternarize
// CHECK: ternary.step
// LEFT-LABEL: func.func @left(
// LEFT-NOT: ternary.
func.func @left(%b: memref<8x3xi8>, %t: memref<8x10xi8>, %h: memref<2x10xi8>,
                %w: memref<8x?xf32>, %s: memref<8xf32>, %q: memref<8x?xi8>,
                %v: memref<8x10xi8>) {
  ternary.unpack ins(%b : memref<8x3xi8>) outs(%t : memref<8x10xi8>)
      {packing = #ternary.packing<chimera>}
  ternary.repack ins(%b : memref<8x3xi8>) shape(8, 10)
      outs(%h : memref<2x10xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<hf>}
  ternary.ternarize ins(%w : memref<8x?xf32>) scales(%s : memref<8xf32>)
      outs(%q : memref<8x?xi8>)
  ternary.step outs(%b, %v : memref<8x3xi8>, memref<8x10xi8>)
      {packing = #ternary.packing<chimera>, threshold = 3 : i64}
  return
}

// -----

// A block of threads has a row, which stays in registers: it is read once. The
// warps of the block meet in shared memory.

// CHECK-LABEL: func.func @quantize(
// CHECK: gpu.launch
// CHECK-SAME: workgroup(%{{.*}} : memref<8xi32
// CHECK-COUNT-2: vector.load {{.*}} : memref<64x4096xf16>, vector<8xf16>
// CHECK-NOT: vector.load
// CHECK: gpu.shuffle xor
// CHECK: gpu.barrier
// CHECK: math.fma
// CHECK: vector.store {{.*}} : memref<64x4096xi8>, vector<8xi8>
// LEFT-LABEL: func.func @quantize(
// LEFT: ternary.quantize_activation
func.func @quantize(%x: memref<64x4096xf16>, %q: memref<64x4096xi8>,
                    %s: memref<64xf32>) {
  ternary.quantize_activation ins(%x : memref<64x4096xf16>)
      outs(%q, %s : memref<64x4096xi8>, memref<64xf32>)
  return
}

// -----

// Rows of any length are read twice; vectors are used where they fit.

// CHECK-LABEL: func.func @dynamic(
// CHECK: scf.if
// CHECK: gpu.launch
// CHECK: scf.for
// CHECK: vector.load {{.*}} vector<4xf32>
// CHECK: else
// CHECK: gpu.launch
// CHECK: scf.for
// CHECK: vector.load {{.*}} vector<1xf32>
func.func @dynamic(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  ternary.rms_norm ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>)
      {eps = 1.0e-6 : f32}
  return
}

// -----

// What only quantize_activation reads is not stored.

// CHECK-LABEL: func.func @fused(
// CHECK-NOT: memref.alloc
// CHECK: gpu.launch
// CHECK: math.sqrt
// CHECK: math.fma
// CHECK-NOT: gpu.launch
// CHECK: return
func.func @fused(%x: memref<64x4096xf16>, %w: memref<4096xf32>,
                 %q: memref<64x4096xi8>, %s: memref<64xf32>) {
  %y = memref.alloc() : memref<64x4096xf16>
  ternary.rms_norm ins(%x : memref<64x4096xf16>) weight(%w : memref<4096xf32>)
      outs(%y : memref<64x4096xf16>) {eps = 1.0e-6 : f32}
  ternary.quantize_activation ins(%y : memref<64x4096xf16>)
      outs(%q, %s : memref<64x4096xi8>, memref<64xf32>)
  memref.dealloc %y : memref<64x4096xf16>
  return
}

// -----

// What is read between the two must not change: no kernel for both.

// CHECK-LABEL: func.func @apart(
// CHECK: gpu.launch
// CHECK: memref.store
// CHECK: gpu.launch
func.func @apart(%x: memref<4x128xf16>, %q: memref<4x128xi8>,
                 %s: memref<4xf32>, %m: memref<f32>, %v: f32) {
  %y = memref.alloc() : memref<4x128xf16>
  ternary.rms_norm ins(%x : memref<4x128xf16>) outs(%y : memref<4x128xf16>)
      {eps = 1.0e-6 : f32}
  memref.store %v, %m[] : memref<f32>
  ternary.quantize_activation ins(%y : memref<4x128xf16>)
      outs(%q, %s : memref<4x128xi8>, memref<4xf32>)
  memref.dealloc %y : memref<4x128xf16>
  return
}

// -----

// The mean of a matrix: sums of rows, then of those, in one order.

// CHECK-LABEL: func.func @mean(
// CHECK: %[[SUMS:.*]] = memref.alloc
// CHECK: gpu.launch
// CHECK: memref.store %{{.*}}, %[[SUMS]]
// CHECK: gpu.launch
// CHECK: vector.load
// CHECK: arith.maximumf
func.func @mean(%w: memref<64x2048xf32>, %a: memref<f32>) {
  ternary.absmean ins(%w : memref<64x2048xf32>) outs(%a : memref<f32>)
  return
}

// -----

// Groups of 128: 32 lanes.

// CHECK-LABEL: func.func @group_means(
// CHECK: gpu.launch
// CHECK-COUNT-4: vector.load {{.*}} vector<4xf32>
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK: memref.store {{.*}} : memref<1024xf32>
func.func @group_means(%w: memref<64x2048xf32>, %a: memref<64x16xf32>) {
  ternary.absmean ins(%w : memref<64x2048xf32>) outs(%a : memref<64x16xf32>)
      {group_size = 128 : i64}
  return
}

// -----

// Trits that begin inside of a byte: four bytes hold sixteen, which are moved
// into place.

// CHECK-LABEL: func.func @embedding(
// CHECK: gpu.launch
// CHECK-COUNT-4: memref.load {{.*}} : memref<1639xi8>
// CHECK: vector.store {{.*}} : memref<640xf32>, vector<4xf32>
func.func @embedding(%ids: memref<5xi64>, %b: memref<1639xi8>,
                     %s: memref<64xf32>, %y: memref<5x128xf32>) {
  ternary.embedding ins(%ids : memref<5xi64>) table(%b : memref<1639xi8>)
      shape(64, 128) scales(%s : memref<64xf32>) outs(%y : memref<5x128xf32>)
      {packing = #ternary.packing<base3>}
  return
}

// -----

// Votes are compared four at a time.

// CHECK-LABEL: func.func @flips(
// CHECK: gpu.launch
// CHECK: vector.load {{.*}} : memref<1024xi8>, vector<4xi8>
// CHECK: vector.load {{.*}} : memref<4096xi8>, vector<16xi8>
// CHECK-NOT: arith.cmpi sgt
// CHECK: vector.store {{.*}} : memref<1024xi8>, vector<4xi8>
// CHECK: vector.store {{.*}} : memref<4096xi8>, vector<16xi8>
func.func @flips(%b: memref<64x16xi8>, %v: memref<64x64xi8>) {
  ternary.step outs(%b, %v : memref<64x16xi8>, memref<64x64xi8>)
      {packing = #ternary.packing<chimera>, threshold = 100 : i64}
  return
}

// -----

// Two lanes have a group of 32.

// CHECK-LABEL: func.func @exponents(
// CHECK: gpu.launch
// CHECK-COUNT-4: nvvm.dot.accumulate.4way
// CHECK: gpu.shuffle xor
// CHECK: memref.store {{.*}} : memref<128xi8>
func.func @exponents(%s: memref<64x64xi8>, %w: memref<64x16xi8>,
                     %e: memref<64x2xi8>, %a: memref<64x2xi8>) {
  ternary.update_exponent ins(%s : memref<64x64xi8>)
      weight(%w : memref<64x16xi8>) shape(64, 64)
      outs(%e, %a : memref<64x2xi8>, memref<64x2xi8>)
      {packing = #ternary.packing<chimera>, group_size = 32 : i64,
       threshold = 4 : i64}
  return
}

// -----

// Weights become tiles by way of runs of 32 columns as fields of two bits: a
// warp has a tile, a lane a run of two of its rows, and squares of 4 x 4 fields
// are transposed. Nothing goes through shared memory.

// CHECK-LABEL: func.func @tiles(
// CHECK: gpu.launch
// CHECK-NOT: workgroup
// CHECK-COUNT-4: vector.load {{.*}} {alignment = 16 : i64} : memref<2048xi8>, vector<16xi8>
// CHECK-COUNT-16: nvvm.dot.accumulate.4way
// CHECK-NOT: gpu.barrier
// CHECK: gpu.shuffle xor
// CHECK: vector.store {{.*}} {alignment = 16 : i64} : memref<1x1x32x16xi8>, vector<16xi8>
func.func @tiles(%t: memref<16x128xi8>, %b: memref<1x1x32x16xi8>) {
  ternary.pack ins(%t : memref<16x128xi8>) outs(%b : memref<1x1x32x16xi8>)
      {packing = #ternary.packing<gpu_tile2k>}
  return
}

// -----

// CHECK-LABEL: func.func @tile_fields(
// CHECK: gpu.launch
// CHECK-COUNT-2: vector.load {{.*}} {alignment = 8 : i64} : memref<512xi8>, vector<8xi8>
// CHECK: llvm.call_intrinsic "llvm.bitreverse"
// CHECK-NOT: gpu.shuffle
// CHECK: vector.store {{.*}} {alignment = 16 : i64} : memref<1x1x32x16xi8>, vector<16xi8>
func.func @tile_fields(%c: memref<16x32xi8>, %b: memref<1x1x32x16xi8>) {
  ternary.repack ins(%c : memref<16x32xi8>) shape(16, 128)
      outs(%b : memref<1x1x32x16xi8>)
      {source = #ternary.packing<chimera>,
       packing = #ternary.packing<gpu_tile2>}
  return
}

// -----

// Pairs of columns in halves of words: a lane's are spread over four lanes.

// CHECK-LABEL: func.func @tile_halves(
// CHECK: gpu.launch
// CHECK-COUNT-8: gpu.shuffle xor
// CHECK: vector.store {{.*}} : memref<1x1x32x16xi8>, vector<16xi8>
// CHECK: gpu.launch
// CHECK-COUNT-8: gpu.shuffle xor
// CHECK: vector.store {{.*}} : memref<1x1x32x16xi8>, vector<16xi8>
func.func @tile_halves(%c: memref<16x32xi8>, %b: memref<1x1x32x16xi8>) {
  ternary.repack ins(%c : memref<16x32xi8>) shape(16, 128)
      outs(%b : memref<1x1x32x16xi8>)
      {source = #ternary.packing<chimera>,
       packing = #ternary.packing<gpu_tile2h>}
  ternary.repack ins(%c : memref<16x32xi8>) shape(16, 128)
      outs(%b : memref<1x1x32x16xi8>)
      {source = #ternary.packing<chimera>,
       packing = #ternary.packing<gpu_tile2hk>}
  return
}

// -----

// Runs of base 3 begin inside of bytes: three words are around one. Behind the
// last row and column there are zeros; the bytes of the last three trits are
// no whole word.

// CHECK-LABEL: func.func @tile_digits(
// CHECK: gpu.launch
// CHECK: arith.minui %{{.*}}, %c2
// CHECK: arith.minui %{{.*}}, %c256
// CHECK: vector.load {{.*}} {alignment = 4 : i64} : memref<155xi8>, vector<4xi8>
// CHECK-COUNT-3: memref.load %{{.*}} : memref<155xi8>
// CHECK: llvm.call_intrinsic "llvm.fshr"
// CHECK: arith.cmpi ult, %{{.*}}, %c3
// CHECK: vector.store {{.*}} : memref<1x3x32x16xi8>, vector<16xi8>
func.func @tile_digits(%c: memref<155xi8>, %b: memref<1x3x32x16xi8>) {
  ternary.repack ins(%c : memref<155xi8>) shape(3, 257)
      outs(%b : memref<1x3x32x16xi8>)
      {source = #ternary.packing<base3>,
       packing = #ternary.packing<gpu_tile2k>}
  return
}

// -----

// A warp reads the bytes of four quarters once, and stores a tile of each.

// CHECK-LABEL: func.func @tile_planes(
// CHECK: gpu.launch
// CHECK-COUNT-4: vector.load {{.*}} {alignment = 16 : i64} : memref<2048xi8>, vector<16xi8>
// CHECK-NOT: vector.load
// CHECK-COUNT-4: vector.store {{.*}} : memref<4x1x32x16xi8>, vector<16xi8>
func.func @tile_planes(%c: memref<16x128xi8>, %b: memref<4x1x32x16xi8>) {
  ternary.repack ins(%c : memref<16x128xi8>) shape(64, 128)
      outs(%b : memref<4x1x32x16xi8>)
      {source = #ternary.packing<hf>, packing = #ternary.packing<gpu_tile2>}
  return
}

// -----

// Blocks of formats of files: a run is one field of 32 bytes, which lanes of a
// row share; scales are behind blocks, whose bytes are then no vectors of 16.

// CHECK-LABEL: func.func @tile_blocks(
// CHECK: gpu.launch
// CHECK-COUNT-4: vector.load {{.*}} {alignment = 16 : i64} : memref<1056xi8>, vector<16xi8>
// CHECK: arith.shrui
// CHECK: vector.store {{.*}} : memref<1x2x32x16xi8>, vector<16xi8>
// CHECK: gpu.launch
// CHECK-COUNT-32: vector.load {{.*}} {alignment = 2 : i64} : memref<1056xi8>, vector<2xi8>
// CHECK: vector.store {{.*}} : memref<1x2x32x16xi8>, vector<16xi8>
func.func @tile_blocks(%c: memref<1056xi8>, %d: memref<16x1x66xi8>,
                       %b: memref<1x2x32x16xi8>) {
  ternary.repack ins(%c : memref<1056xi8>) shape(16, 256)
      outs(%b : memref<1x2x32x16xi8>)
      {source = #ternary.packing<i2_s>, packing = #ternary.packing<gpu_tile2>}
  ternary.repack ins(%d : memref<16x1x66xi8>) shape(16, 256)
      outs(%b : memref<1x2x32x16xi8>)
      {source = #ternary.packing<tq2_0>, packing = #ternary.packing<gpu_tile2>}
  return
}

// -----

// Extents that are known when it runs: vectors of one byte.

// CHECK-LABEL: func.func @tile_dynamic(
// CHECK: gpu.launch
// CHECK-COUNT-8: vector.load {{.*}} : memref<?xi8>, vector<1xi8>
// CHECK: vector.store {{.*}} : memref<?x?x32x16xi8>, vector<16xi8>
// LEFT-LABEL: func.func @tile_dynamic(
// LEFT: ternary.repack
func.func @tile_dynamic(%c: memref<?x?xi8>, %n: index, %k: index,
                        %b: memref<?x?x32x16xi8>) {
  ternary.repack ins(%c : memref<?x?xi8>) shape(%n, %k)
      outs(%b : memref<?x?x32x16xi8>)
      {source = #ternary.packing<chimera>,
       packing = #ternary.packing<gpu_tile2k>}
  return
}

// -----

// From tiles to tiles, and from quarters that are no whole tiles, there is no
// kernel.

// CHECK-LABEL: func.func @tiles_left(
// CHECK-NOT: gpu.launch
// CHECK-COUNT-2: ternary.repack
// LEFT-LABEL: func.func @tiles_left(
// LEFT-NOT: ternary.
// LEFT: return
func.func @tiles_left(%c: memref<8x128xi8>, %b: memref<2x1x32x16xi8>,
                      %d: memref<2x1x32x16xi8>) {
  ternary.repack ins(%c : memref<8x128xi8>) shape(32, 128)
      outs(%b : memref<2x1x32x16xi8>)
      {source = #ternary.packing<hf>, packing = #ternary.packing<gpu_tile2>}
  ternary.repack ins(%b : memref<2x1x32x16xi8>) shape(32, 128)
      outs(%d : memref<2x1x32x16xi8>)
      {source = #ternary.packing<gpu_tile2>,
       packing = #ternary.packing<gpu_tile2k>}
  return
}

// -----

// Quarters of the rows in step.

// CHECK-LABEL: func.func @planes(
// CHECK: gpu.launch
// CHECK-COUNT-4: vector.load {{.*}} {alignment = 16 : i64} : memref<1024xi8>, vector<16xi8>
// CHECK: vector.store {{.*}} {alignment = 16 : i64} : memref<256xi8>, vector<16xi8>
func.func @planes(%t: memref<16x64xi8>, %b: memref<4x64xi8>) {
  ternary.pack ins(%t : memref<16x64xi8>) outs(%b : memref<4x64xi8>)
      {packing = #ternary.packing<hf>}
  return
}

// -----

// Straight-through rules: elements of their own, and for `lsq` a block per row,
// which adds what goes to the row's scale while it copies the gradient.

// CHECK-LABEL: func.func @straight_through(
// CHECK: gpu.launch
// CHECK-COUNT-4: vector.load {{.*}} {alignment = 16 : i64} : memref<32768xf32>, vector<4xf32>
// CHECK: arith.cmpf ogt
// CHECK: vector.store {{.*}} : memref<32768xf32>, vector<4xf32>
// CHECK: gpu.launch
// CHECK-COUNT-8: vector.load {{.*}} {alignment = 16 : i64} : memref<32768xf32>, vector<4xf32>
// CHECK: arith.cmpf ole
// CHECK: gpu.launch
// CHECK: vector.load {{.*}} : memref<8x4096xf32>, vector<4xf32>
// CHECK: vector.store {{.*}} : memref<8x4096xf32>, vector<4xf32>
// CHECK: gpu.barrier
// CHECK: memref.store {{.*}} : memref<8xf32>
// LEFT-LABEL: func.func @straight_through(
// LEFT: ternary.ste ins
// LEFT: ternary.ste_backward
// LEFT: ternary.ste_backward
func.func @straight_through(%w: memref<8x4096xf32>, %g: memref<8x4096xf32>,
                            %s: memref<8xf32>, %y: memref<8x4096xf32>,
                            %d: memref<8xf32>) {
  ternary.ste ins(%w : memref<8x4096xf32>) scales(%s : memref<8xf32>)
      outs(%y : memref<8x4096xf32>) {variant = #ternary<ste_variant identity>}
  ternary.ste_backward ins(%w, %g : memref<8x4096xf32>, memref<8x4096xf32>)
      scales(%s : memref<8xf32>) outs(%y : memref<8x4096xf32>)
      {variant = #ternary<ste_variant clamp>}
  ternary.ste_backward ins(%w, %g : memref<8x4096xf32>, memref<8x4096xf32>)
      scales(%s : memref<8xf32>)
      outs(%y, %d : memref<8x4096xf32>, memref<8xf32>)
      {variant = #ternary<ste_variant lsq>}
  return
}

// -----

// One scale for all: the sums of rows are added by one block.

// CHECK-LABEL: func.func @one_scale(
// CHECK: memref.alloc() {{.*}}: memref<8xf32>
// CHECK: gpu.launch
// CHECK: memref.store {{.*}} : memref<8xf32>
// CHECK: gpu.launch
// CHECK: memref.store {{.*}} : memref<f32>
// CHECK: memref.dealloc
func.func @one_scale(%w: memref<8x64xf32>, %g: memref<8x64xf32>,
                     %s: memref<f32>, %y: memref<8x64xf32>, %d: memref<f32>) {
  ternary.ste_backward ins(%w, %g : memref<8x64xf32>, memref<8x64xf32>)
      scales(%s : memref<f32>) outs(%y, %d : memref<8x64xf32>, memref<f32>)
      {variant = #ternary<ste_variant lsq>}
  return
}
