// RUN: ternary-opt %s --convert-ternary-to-vector --canonicalize --cse | FileCheck %s
// RUN: ternary-opt %s --convert-ternary-to-vector -o %t.once
// RUN: ternary-opt %t.once --convert-ternary-to-vector -o %t.twice
// RUN: diff %t.once %t.twice

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

// A matrix without gaps is one long row: threads share it in parts of 16 runs of
// 7680 trits. The result is large, so that a run of it is put together first, then
// stored past the caches from the first line that is its own; the exchange makes
// those stores visible.

// CHECK-LABEL: func.func @pack_large(
// CHECK-SAME: %[[IN:[^:]*]]: memref<8192x8192xi8>, %[[OUT:[^:]*]]: memref<8192x2048xi8>)
// CHECK-DAG: %[[BYTES:.*]] = memref.collapse_shape %[[OUT]] {{.*}} into memref<16777216xi8>
// CHECK: scf.forall (%[[BEGIN:.*]]) = (0) to (67108864) step (122880) {
// CHECK: %[[STAGE:.*]] = memref.alloc() {alignment = 64 : i64} : memref<7744xi8>
// CHECK: scf.for %[[COLUMN:.*]] = %[[BEGIN]] to %{{.*}} step %c7680 {
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c1 {
// CHECK: memref.prefetch
// CHECK: vector.load %{{.*}} : memref<1x?xi8, {{.*}}>, vector<64xi8>
// CHECK: ternary.dot
// CHECK: vector.store %{{.*}}, %[[STAGE]]
// CHECK: %[[POINTER:.*]] = memref.extract_aligned_pointer_as_index %[[BYTES]]
// CHECK: %[[SOME:.*]] = arith.cmpi ne, %[[HEAD:.*]], %c0
// CHECK: scf.if %[[SOME]] {
// CHECK: vector.maskedstore %[[BYTES]]
// CHECK: %[[LINE:.*]] = vector.load %[[STAGE]]
// CHECK: vector.store %[[LINE]], %[[BYTES]]{{.*}} {alignment = 64 : i64, nontemporal = true}
// CHECK: vector.maskedstore %[[BYTES]]
// CHECK: memref.atomic_rmw assign %{{.*}}, %[[STAGE]]
// CHECK: memref.dealloc %[[STAGE]]
func.func @pack_large(%in: memref<8192x8192xi8>, %out: memref<8192x2048xi8>) {
  ternary.pack ins(%in : memref<8192x8192xi8>) outs(%out : memref<8192x2048xi8>) {packing = #ternary.packing<chimera>}
  return
}

// A small one is written where it belongs, by one thread.

// CHECK-LABEL: func.func @pack_small(
// CHECK-SAME: %[[IN:[^:]*]]: memref<3x7xf16>, %[[OUT:[^:]*]]: memref<5xi8>)
// CHECK-NOT: scf.forall
// CHECK: arith.fptosi %{{.*}} : vector<64xf32> to vector<64xi32>
// CHECK-COUNT-2: ternary.dot %
// CHECK: vector.maskedstore %[[OUT]]
// CHECK-NOT: nontemporal
func.func @pack_small(%in: memref<3x7xf16>, %out: memref<5xi8>) {
  ternary.pack ins(%in : memref<3x7xf16>) outs(%out : memref<5xi8>) {packing = #ternary.packing<base3>, conversion = #ternary<conversion truncate>}
  return
}

// Where the size shows at run time, so does the rest.

// CHECK-LABEL: func.func @unpack(
// CHECK-SAME: %[[IN:[^:]*]]: memref<?xi8>, %[[OUT:[^:]*]]: memref<?x?xi8, strided<[?, 1], offset: ?>>)
// CHECK: scf.if
// CHECK: scf.forall (%{{.*}}) = (0) to (%{{.*}}) step (16) {
// CHECK: ternary.decode %{{.*}} : vector<64xi8> to vector<320xi8>
// CHECK: vector.store %{{.*}}, %[[OUT]]
// CHECK: } else {
// CHECK: scf.for %{{.*}} step %c16 {
func.func @unpack(%in: memref<?xi8>, %out: memref<?x?xi8, strided<[?, 1], offset: ?>>) {
  ternary.unpack ins(%in : memref<?xi8>) outs(%out : memref<?x?xi8, strided<[?, 1], offset: ?>>) {packing = #ternary.packing<base3>}
  return
}

//===----------------------------------------------------------------------===//
// Panels
//===----------------------------------------------------------------------===//

// 16 rows of 60 columns: words of four trits are transposed, then five words of
// each block of columns become one vector of bytes.

// CHECK-LABEL: func.func @repack_base3(
// CHECK: scf.forall (%{{.*}}) = (0) to (%{{.*}}) step (32) {
// CHECK: ternary.decode
// CHECK-COUNT-16: vector.load
// CHECK: vector.bitcast %{{.*}} : vector<64xi8> to vector<16xi32>
// CHECK-COUNT-64: vector.shuffle {{.*}} : vector<16xi32>, vector<16xi32>
// CHECK-COUNT-3: vector.store %{{.*}} : memref<{{.*}}>, vector<64xi8>
func.func @repack_base3(%in: memref<?xi8>, %n: index, %k: index, %out: memref<?x?x2x64xi8>) {
  ternary.repack ins(%in : memref<?xi8>) shape(%n, %k) outs(%out : memref<?x?x2x64xi8>)
      {source = #ternary.packing<base3>, packing = #ternary.packing<cpu_panel3>}
  return
}

// Fields of two bits stay fields: a word has the 16 columns of a block, whose
// codes are translated and whose fields are transposed by two exchanges.

// CHECK-LABEL: func.func @repack_fields(
// CHECK-DAG: %[[SIX:.*]] = arith.constant dense<6> : vector<16xi32>
// CHECK-DAG: %[[TWELVE:.*]] = arith.constant dense<12> : vector<16xi32>
// CHECK-NOT: ternary.decode
// CHECK: scf.forall (%{{.*}}) = (0) to (%{{.*}}) step (64) {
// CHECK: vector.bitcast %{{.*}} : vector<64xi8> to vector<16xi32>
// CHECK: arith.shrui %{{.*}}, %[[SIX]]
// CHECK: arith.shrui %{{.*}}, %[[TWELVE]]
// CHECK: vector.shuffle {{.*}} [3, 2, 1, 0, 7, 6, 5, 4, {{.*}}]
// CHECK-NOT: ternary.decode
// CHECK: return
func.func @repack_fields(%in: memref<?x?xi8>, %n: index, %k: index, %out: memref<?x?x4x64xi8>) {
  ternary.repack ins(%in : memref<?x?xi8>) shape(%n, %k) outs(%out : memref<?x?x4x64xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<cpu_panel2>}
  return
}

// Panels are decoded 16 rows at once.

// CHECK-LABEL: func.func @unpack_panel(
// CHECK-SAME: %[[IN:[^:]*]]: memref<2x3x4x64xi8>, %[[OUT:[^:]*]]: memref<100x40xi8>)
// CHECK: scf.for %{{.*}} step %c64 {
// CHECK: scf.for %{{.*}} step %c16 {
// CHECK-COUNT-4: vector.load %[[IN]]
// CHECK-COUNT-64: vector.shuffle {{.*}} : vector<16xi32>, vector<16xi32>
// CHECK: vector.maskedstore %[[OUT]]
func.func @unpack_panel(%in: memref<2x3x4x64xi8>, %out: memref<100x40xi8>) {
  ternary.unpack ins(%in : memref<2x3x4x64xi8>) outs(%out : memref<100x40xi8>) {packing = #ternary.packing<cpu_panel2>}
  return
}

//===----------------------------------------------------------------------===//
// Scaled rows
//===----------------------------------------------------------------------===//

// A run of trits in a buffer, then its columns by groups; half floats go past the
// caches as integers.

// CHECK-LABEL: func.func @dequantize(
// CHECK-SAME: %[[W:[^:]*]]: memref<2048x1024xi8>, %[[S:[^:]*]]: memref<2048x32xf32>, %[[OUT:[^:]*]]: memref<2048x4096xf16>)
// CHECK: scf.forall (%{{.*}}) = (0) to (2048) step (16) {
// CHECK: %[[SCALE:.*]] = memref.load %[[S]]
// CHECK: %[[T:.*]] = arith.sitofp %{{.*}} : vector<64xi8> to vector<64xf32>
// CHECK: arith.truncf %{{.*}} : vector<64xf32> to vector<64xf16>
// CHECK: %[[F:.*]] = arith.extf %{{.*}} : vector<64xf16> to vector<64xf32>
// CHECK: arith.mulf %[[T]], %[[F]] : vector<64xf32>
// CHECK: %[[BITS:.*]] = vector.bitcast %{{.*}} : vector<32xf16> to vector<32xi16>
// CHECK: llvm.store %[[BITS]], %{{.*}} {alignment = 64 : i64, nontemporal}
func.func @dequantize(%w: memref<2048x1024xi8>, %s: memref<2048x32xf32>, %out: memref<2048x4096xf16>) {
  ternary.dequantize ins(%w : memref<2048x1024xi8>) scales(%s : memref<2048x32xf32>) outs(%out : memref<2048x4096xf16>)
      {packing = #ternary.packing<chimera>, group_size = 128 : i64}
  return
}

// An index that is no row gives zeros, and reads nothing.

// CHECK-LABEL: func.func @embedding(
// CHECK-SAME: %[[IDS:[^:]*]]: memref<2x3xi32>, %[[W:[^:]*]]: memref<7x9xi8>, %[[OUT:[^:]*]]: memref<2x3x9xf32>)
// CHECK: %[[ID:.*]] = memref.load %[[IDS]]
// CHECK: %[[ROW:.*]] = arith.index_cast %[[ID]]
// CHECK: %[[IN:.*]] = arith.cmpi ult, %[[ROW]], %c7
// CHECK: scf.if %[[IN]] {
// CHECK: memref.subview %[[W]][%[[ROW]],
// CHECK: } else {
// CHECK-NOT: %[[W]]
// CHECK: return
func.func @embedding(%ids: memref<2x3xi32>, %w: memref<7x9xi8>, %out: memref<2x3x9xf32>) {
  ternary.embedding ins(%ids : memref<2x3xi32>) table(%w : memref<7x9xi8>) shape(7, 9) outs(%out : memref<2x3x9xf32>)
  return
}

//===----------------------------------------------------------------------===//
// Left alone
//===----------------------------------------------------------------------===//

// Packings that are neither runs nor panels, or carry scales; panels on both
// sides; bytes that rows share where the rows have gaps; strided columns.

// CHECK-LABEL: func.func @left(
// CHECK-NOT: scf.
// CHECK-COUNT-2: ternary.pack
// CHECK-COUNT-2: ternary.unpack
// CHECK: ternary.repack
// CHECK-COUNT-2: ternary.pack
// CHECK: ternary.dequantize
// CHECK: ternary.embedding
// CHECK-NOT: scf.
// CHECK: return
func.func @left(%t: memref<8x256xi8>, %h: memref<2x256xi8>, %q: memref<8x1x66xi8>, %s: memref<8x1xf32>, %b: memref<410xi8>,
                %p2: memref<1x16x4x64xi8>, %p3: memref<1x13x2x64xi8>, %g: memref<8x256xi8, strided<[300, 1]>>,
                %c: memref<8x256xi8, strided<[1, 8]>>, %f: memref<8x256xf32, strided<[1, 8]>>, %ids: memref<8xi64>) {
  ternary.pack ins(%t : memref<8x256xi8>) outs(%h : memref<2x256xi8>) {packing = #ternary.packing<hf>}
  ternary.pack ins(%t : memref<8x256xi8>) scales(%s : memref<8x1xf32>) outs(%q : memref<8x1x66xi8>) {packing = #ternary.packing<tq2_0>}
  ternary.unpack ins(%h : memref<2x256xi8>) outs(%t : memref<8x256xi8>) {packing = #ternary.packing<hf>}
  ternary.unpack ins(%q : memref<8x1x66xi8>) outs(%t, %s : memref<8x256xi8>, memref<8x1xf32>) {packing = #ternary.packing<tq2_0>}
  ternary.repack ins(%p2 : memref<1x16x4x64xi8>) shape(8, 256) outs(%p3 : memref<1x13x2x64xi8>)
      {source = #ternary.packing<cpu_panel2>, packing = #ternary.packing<cpu_panel3>}
  ternary.pack ins(%g : memref<8x256xi8, strided<[300, 1]>>) outs(%b : memref<410xi8>) {packing = #ternary.packing<base3>}
  ternary.pack ins(%c : memref<8x256xi8, strided<[1, 8]>>) outs(%b : memref<410xi8>) {packing = #ternary.packing<base3>}
  ternary.dequantize ins(%t : memref<8x256xi8>) outs(%f : memref<8x256xf32, strided<[1, 8]>>)
  ternary.embedding ins(%ids : memref<8xi64>) table(%t : memref<8x256xi8>) shape(8, 256) outs(%f : memref<8x256xf32, strided<[1, 8]>>)
  return
}
