// RUN: ternary-opt %s --convert-ternary-to-vector --canonicalize --cse --split-input-file | FileCheck %s
// RUN: ternary-opt %s --convert-ternary-to-vector --split-input-file -o %t.once
// RUN: ternary-opt %t.once --convert-ternary-to-vector --split-input-file -o %t.twice
// RUN: diff %t.once %t.twice

//===----------------------------------------------------------------------===//
// grad_sign
//===----------------------------------------------------------------------===//

// The activations are reordered once, into panels of 64 columns, 0 behind the
// last one. Threads share the rows of the result in blocks of 60.

// CHECK-LABEL: func.func @grad_sign(
// CHECK-SAME: %[[G:[^:]*]]: memref<?x?xf32>, %[[X:[^:]*]]: memref<?x?xf32>, %[[O:[^:]*]]: memref<?x?xi8>)
// CHECK-DAG: %[[TOKENS:.*]] = memref.dim %[[G]], %c0
// CHECK-DAG: %[[ROWS:.*]] = memref.dim %[[G]], %c1
// CHECK-DAG: %[[COLUMNS:.*]] = memref.dim %[[X]], %c1
// CHECK: %[[NUM:.*]] = arith.divui %{{.*}}, %c64
// CHECK: %[[PANELS:.*]] = memref.alloc(%[[NUM]], %[[TOKENS]]) {alignment = 64 : i64} : memref<?x?x64xf32>
// CHECK: scf.forall (%[[P:.*]]) in (%[[NUM]]) {
// CHECK: %[[K:.*]] = arith.muli %[[P]], %c64
// CHECK: %[[LEFT:.*]] = arith.subi %[[COLUMNS]], %[[K]]
// CHECK: scf.for %[[M:.*]] = %c0 to %[[TOKENS]] step %c1 {
// CHECK: %[[MASK:.*]] = vector.create_mask %[[LEFT]]
// CHECK: %[[V:.*]] = vector.maskedload %[[X]][%[[M]], %[[K]]], %[[MASK]]
// CHECK: vector.store %[[V]], %[[PANELS]][%[[P]], %[[M]], %c0]

// CHECK: scf.forall (%[[FIRST:.*]]) = (0) to (%[[ROWS]]) step (60) {
// CHECK: %[[COUNT:.*]] = arith.minui %{{.*}}, %c60

// The gradients of the block, six rows by six rows.

// CHECK: %[[GRADS:.*]] = memref.alloc(%{{.*}}, %[[TOKENS]]) {{.*}} : memref<?x?x6xf32>
// CHECK: vector.maskedload %[[G]][%{{.*}}, %{{.*}}], %{{.*}} : memref<?x?xf32>, vector<6xi1>
// CHECK: vector.store %{{.*}}, %[[GRADS]]

// For each panel, from 0: 128 tokens, six rows and 16 columns in registers, and
// all tokens in ascending order, each by a fused multiply-add.

// CHECK: %[[SUMS:.*]] = memref.alloc() {{.*}} : memref<60x64xf32>
// CHECK: scf.for %[[P:.*]] = %c0 to %[[NUM]] step %c1 {
// CHECK: vector.store %{{.*}}, %[[SUMS]][%{{.*}}, %c0] : memref<60x64xf32>, vector<64xf32>
// CHECK: scf.for %[[TOKEN:.*]] = %c0 to %[[TOKENS]] step %c128 {
// CHECK: %[[SOME:.*]] = arith.minui %{{.*}}, %c128
// CHECK: scf.for %[[ROW:.*]] = %c0 to %[[COUNT]] step %c6 {
// CHECK: scf.for %[[COLUMN:.*]] = %c0 to %c64 step %c16 {
// CHECK-COUNT-12: vector.load %[[SUMS]]
// CHECK: %[[ACC:.*]]:12 = scf.for %[[R:.*]] = %c0 to %[[SOME]] step %c1 iter_args(%[[A0:[^ ]*]] = %{{[^ ,]*}}, %[[A1:[^ ]*]] = {{.*}}) -> (vector<8xf32>
// CHECK: %[[M:.*]] = arith.addi %[[TOKEN]], %[[R]]
// CHECK: %[[X0:.*]] = vector.load %[[PANELS]][%[[P]], %[[M]], %[[COLUMN]]] : memref<?x?x64xf32>, vector<8xf32>
// CHECK: %[[X1:.*]] = vector.load %[[PANELS]][%[[P]], %[[M]], %{{.*}}]
// CHECK: %[[G0:.*]] = memref.load %[[GRADS]][%{{.*}}, %[[M]], %c0]
// CHECK: %[[ALL:.*]] = vector.broadcast %[[G0]] : f32 to vector<8xf32>
// CHECK: %[[S0:.*]] = math.fma %[[ALL]], %[[X0]], %[[A0]] : vector<8xf32>
// CHECK: %[[S1:.*]] = math.fma %[[ALL]], %[[X1]], %[[A1]] : vector<8xf32>
// CHECK-COUNT-10: math.fma
// CHECK: scf.yield %[[S0]], %[[S1]],
// CHECK: vector.store %[[ACC]]#0, %[[SUMS]][%[[ROW]], %[[COLUMN]]]

// Then the signs: masked, since a panel may end behind the last column.

// CHECK: %[[K:.*]] = arith.muli %[[P]], %c64
// CHECK: scf.for %[[ROW:.*]] = %c0 to %[[COUNT]] step %c1 {
// CHECK: %[[SUM:.*]] = vector.load %[[SUMS]][%[[ROW]], %c0]
// CHECK: %[[ABOVE:.*]] = arith.cmpf ogt, %[[SUM]],
// CHECK: %[[BELOW:.*]] = arith.cmpf olt, %[[SUM]],
// CHECK: %[[LOWER:.*]] = arith.select %[[BELOW]]
// CHECK: %[[SIGN:.*]] = arith.select %[[ABOVE]], %{{.*}}, %[[LOWER]]
// CHECK-DAG: %[[N:.*]] = arith.addi %[[FIRST]], %[[ROW]]
// CHECK-DAG: %[[LEFT:.*]] = arith.subi %[[COLUMNS]], %[[K]]
// CHECK: %[[MASK:.*]] = vector.create_mask %[[LEFT]]
// CHECK: vector.maskedstore %[[O]][%[[N]], %[[K]]], %[[MASK]], %[[SIGN]]
// CHECK: memref.dealloc %[[SUMS]]
// CHECK: memref.dealloc %[[GRADS]]
// CHECK: memref.dealloc %[[PANELS]]
// CHECK: return
func.func @grad_sign(%g: memref<?x?xf32>, %x: memref<?x?xf32>, %o: memref<?x?xi8>) {
  ternary.grad_sign ins(%g, %x : memref<?x?xf32>, memref<?x?xf32>) outs(%o : memref<?x?xi8>)
  return
}

//===----------------------------------------------------------------------===//
// grad_input
//===----------------------------------------------------------------------===//

// Threads share blocks of 256 columns. Leading axes are one axis of tokens, and
// the buffers hold 384 tokens of a block's sums and 128 rows of its weights: a
// tile begins inside of a byte.

// CHECK-LABEL: func.func @grad_input(
// CHECK-SAME: %[[G:[^:]*]]: memref<?x?x?xbf16>, %[[W:[^:]*]]: memref<?xi8>, %[[S:[^:]*]]: memref<?x?xf32>, %[[O:[^:]*]]: memref<?x?x?xf16>)
// CHECK-DAG: %[[OUT:.*]] = memref.collapse_shape %[[O]] {{\[\[}}0, 1], [2]]
// CHECK-DAG: %[[GRAD:.*]] = memref.collapse_shape %[[G]] {{\[\[}}0, 1], [2]]
// CHECK-DAG: %[[TOKENS:.*]] = memref.dim %[[GRAD]], %c0
// CHECK-DAG: %[[ROWS:.*]] = memref.dim %[[GRAD]], %c1
// CHECK-DAG: %[[COLUMNS:.*]] = memref.dim %[[OUT]], %c1
// CHECK: scf.forall (%[[COLUMN:.*]]) = (0) to (%[[COLUMNS]]) step (256) {
// CHECK: %[[WIDTH:.*]] = arith.minui %{{.*}}, %c256
// CHECK: %[[SUMS:.*]] = memref.alloc() {{.*}} : memref<384x272xf32>
// CHECK: %[[TILE:.*]] = memref.alloc() {{.*}} : memref<128x272xf32>
// CHECK: %[[TRITS:.*]] = memref.alloc() {{.*}} : memref<82240xi8>
// CHECK: scf.for %[[TOKEN:.*]] = %c0 to %[[TOKENS]] step %c384 {
// CHECK: vector.store %{{.*}}, %[[SUMS]]
// CHECK: scf.for %[[ROW:.*]] = %c0 to %[[ROWS]] step %c128 {
// CHECK: %[[COUNT:.*]] = arith.minui %{{.*}}, %c128
// CHECK: scf.for %[[R:.*]] = %c0 to %[[COUNT]] step %c1 {
// CHECK: %[[N:.*]] = arith.addi %[[ROW]], %[[R]]
// CHECK: %[[NK:.*]] = arith.muli %[[N]], %[[COLUMNS]]
// CHECK: %[[FIRST:.*]] = arith.addi %[[NK]], %[[COLUMN]]
// CHECK: arith.divui %[[FIRST]], %c5
// CHECK: arith.remui %[[FIRST]], %c5
// CHECK: vector.load %[[W]]
// CHECK: ternary.decode %{{.*}} : vector<64xi8> to vector<320xi8>
// CHECK: vector.store %{{.*}}, %[[TRITS]]

// Trits times the scale of their group, rounded; groups that begin before the
// block or end behind it are cut.

// CHECK: scf.for %[[R:.*]] = %c0 to %[[COUNT]] step %c1 {
// CHECK: %[[N:.*]] = arith.addi %[[ROW]], %[[R]]
// CHECK: scf.for %[[GROUP:.*]] = %{{.*}} to %{{.*}} step %c1 {
// CHECK: %[[START:.*]] = arith.muli %[[GROUP]], %c4
// CHECK: arith.maxui %[[START]], %[[COLUMN]]
// CHECK: %[[SCALE:.*]] = memref.load %[[S]][%[[N]], %[[GROUP]]]
// CHECK: %[[T:.*]] = vector.load %[[TRITS]]
// CHECK: %[[F:.*]] = arith.sitofp %[[T]]
// CHECK: %[[SCALES:.*]] = vector.broadcast %[[SCALE]]
// CHECK: %[[V:.*]] = arith.mulf %[[F]], %[[SCALES]]
// CHECK: %[[B:.*]] = arith.truncf %[[V]] : vector<8xf32> to vector<8xbf16>
// CHECK: %[[E:.*]] = arith.extf %[[B]]
// CHECK: vector.store %[[E]], %[[TILE]][%[[R]], %{{.*}}]

// The gradient of a block of tokens and rows becomes f32 once.

// CHECK: scf.for %[[M:.*]] = %c0 to %{{.*}} step %c1 {
// CHECK: scf.for %[[R:.*]] = %c0 to %{{.*}} step %c64 {
// CHECK: %[[T:.*]] = arith.addi %[[TOKEN]], %[[M]]
// CHECK: %[[N:.*]] = arith.addi %[[ROW]], %[[R]]
// CHECK: %[[G0:.*]] = vector.load %[[GRAD]][%[[T]], %[[N]]]
// CHECK: %[[G1:.*]] = arith.extf %[[G0]] : vector<64xbf16> to vector<64xf32>
// CHECK: vector.store %[[G1]], %[[FLOATS:.*]][%[[M]], %[[R]]]

// Sums of tokens behind the last one are not stored.

// CHECK: scf.for %[[K:.*]] = %c0 to %[[WIDTH]] step %c16 {
// CHECK: scf.for %[[M:.*]] = %c0 to %{{.*}} step %c6 {
// CHECK: %[[AT:.*]] = arith.minui %[[M]], %c383
// CHECK: :12 = scf.for %[[R:.*]] = %c0 to %[[COUNT]] step %c1 iter_args(%[[A0:[^ ]*]] =
// CHECK: %[[X0:.*]] = vector.load %[[TILE]][%[[R]], %[[K]]]
// CHECK: %[[G0:.*]] = memref.load %[[FLOATS]][%[[AT]], %[[R]]]
// CHECK: %[[ALL:.*]] = vector.broadcast %[[G0]]
// CHECK: math.fma %[[ALL]], %[[X0]], %[[A0]] : vector<8xf32>
// CHECK-COUNT-11: math.fma

// One rounding to the type of the result.

// CHECK: %[[SUM:.*]] = vector.load %[[SUMS]]
// CHECK: %[[H:.*]] = arith.truncf %[[SUM]] : vector<8xf32> to vector<8xf16>
// CHECK: vector.store %[[H]], %[[OUT]]
// CHECK: vector.maskedstore %[[OUT]]
// CHECK: memref.dealloc %[[SUMS]]
// CHECK: memref.dealloc %[[TILE]]
// CHECK: memref.dealloc %[[TRITS]]
// CHECK: return
func.func @grad_input(%g: memref<?x?x?xbf16>, %w: memref<?xi8>, %s: memref<?x?xf32>, %o: memref<?x?x?xf16>) {
  ternary.grad_input ins(%g : memref<?x?x?xbf16>) weight(%w : memref<?xi8>) scales(%s : memref<?x?xf32>)
      outs(%o : memref<?x?x?xf16>) {packing = #ternary.packing<base3>, group_size = 4 : i64, round_operands = bf16}
  return
}

// One token is a matrix of one row. Trits need no buffer of their own; one scale
// is loaded once per row, and nothing is rounded.

// CHECK-LABEL: func.func @grad_input_trits(
// CHECK-SAME: %[[G:[^:]*]]: memref<?xf32>, %[[W:[^:]*]]: memref<?x?xi8>, %[[S:[^:]*]]: memref<?xf32>, %[[O:[^:]*]]: memref<?xf32>)
// CHECK-DAG: memref.expand_shape %[[G]] {{\[\[}}0, 1]]
// CHECK-DAG: memref.expand_shape %[[O]] {{\[\[}}0, 1]]
// CHECK: scf.forall
// CHECK-COUNT-2: memref.alloc
// CHECK-NOT: memref.alloc
// CHECK-NOT: ternary.decode
// CHECK: memref.subview %[[W]]
// CHECK: memref.load %[[S]][%{{.*}}]
// CHECK: arith.sitofp
// CHECK-NOT: arith.truncf
// CHECK: math.fma
// CHECK: vector.maskedstore
// CHECK-NOT: arith.truncf
// CHECK: return
func.func @grad_input_trits(%g: memref<?xf32>, %w: memref<?x?xi8>, %s: memref<?xf32>, %o: memref<?xf32>) {
  ternary.grad_input ins(%g : memref<?xf32>) weight(%w : memref<?x?xi8>) scales(%s : memref<?xf32>) outs(%o : memref<?xf32>)
  return
}

//===----------------------------------------------------------------------===//
// embedding_grad_sign
//===----------------------------------------------------------------------===//

// The positions of each index are chained, the last one first, so that a chain
// ascends; indices that are not in the table are in no chain.

// CHECK-LABEL: func.func @embedding_grad_sign(
// CHECK-SAME: %[[IDS:[^:]*]]: memref<?xi32>, %[[G:[^:]*]]: memref<?x?xf32>, %[[O:[^:]*]]: memref<?x?xi8>)
// CHECK-DAG: %[[NUM:.*]] = memref.dim %[[IDS]], %c0
// CHECK-DAG: %[[ROWS:.*]] = memref.dim %[[O]], %c0
// CHECK-DAG: %[[HEAD:.*]] = memref.alloc(%[[ROWS]]) {{.*}} : memref<?xindex>
// CHECK-DAG: %[[NEXT:.*]] = memref.alloc(%[[NUM]]) {{.*}} : memref<?xindex>
// CHECK-NOT: memref.alloc
// CHECK: memref.store %[[NUM]], %[[HEAD]]
// CHECK: scf.for %[[J:.*]] = %c0 to %[[NUM]] step %c1 {
// CHECK: %[[LAST:.*]] = arith.subi %[[NUM]], %c1
// CHECK: %[[I:.*]] = arith.subi %[[LAST]], %[[J]]
// CHECK: %[[ID:.*]] = memref.load %[[IDS]][%[[I]]]
// CHECK: %[[V:.*]] = arith.index_cast %[[ID]] : i32 to index
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[V]], %[[ROWS]]
// CHECK: scf.if %[[INSIDE]] {
// CHECK: %[[OLD:.*]] = memref.load %[[HEAD]][%[[V]]]
// CHECK: memref.store %[[OLD]], %[[NEXT]][%[[I]]]
// CHECK: memref.store %[[I]], %[[HEAD]][%[[V]]]

// Each row adds the gradients of its chain.

// CHECK: scf.forall (%{{.*}}) = (0) to (%[[ROWS]]) step (64) {
// CHECK: scf.for %[[ROW:.*]] = %{{.*}} step %c1 {
// CHECK: scf.for %[[K:.*]] = %c0 to
// CHECK: %[[BEGIN:.*]] = memref.load %[[HEAD]][%[[ROW]]]
// CHECK: %[[SUM:.*]]:2 = scf.while (%[[AT:.*]] = %[[BEGIN]], %{{.*}}) : (index, vector<64xf32>)
// CHECK: arith.cmpi ne, %[[AT]], %[[NUM]]
// CHECK: ^bb0(%[[AT:.*]]: index, %[[ACC:.*]]: vector<64xf32>):
// CHECK: %[[VALUES:.*]] = vector.load %[[G]][%[[AT]], %[[K]]]
// CHECK: %[[NEW:.*]] = arith.addf %[[ACC]], %[[VALUES]]
// CHECK: %[[THEN:.*]] = memref.load %[[NEXT]][%[[AT]]]
// CHECK: scf.yield %[[THEN]], %[[NEW]]
// CHECK: arith.cmpf ogt, %[[SUM]]#1
// CHECK: arith.cmpf olt, %[[SUM]]#1
// CHECK: vector.store %{{.*}}, %[[O]][%[[ROW]], %[[K]]]
// CHECK: vector.maskedload %[[G]]
// CHECK: vector.maskedstore %[[O]]
// CHECK: memref.dealloc %[[HEAD]]
// CHECK: memref.dealloc %[[NEXT]]
func.func @embedding_grad_sign(%ids: memref<?xi32>, %g: memref<?x?xf32>, %o: memref<?x?xi8>) {
  ternary.embedding_grad_sign ins(%ids, %g : memref<?xi32>, memref<?x?xf32>) outs(%o : memref<?x?xi8>)
  return
}

//===----------------------------------------------------------------------===//
// Left alone
//===----------------------------------------------------------------------===//

// Packings without runs of digits, strided rows, leading axes that are no single
// axis, tensors, other ops of training.

// CHECK-LABEL: func.func @left(
// CHECK-NOT: scf.
// CHECK-NOT: memref.collapse_shape
// CHECK: ternary.grad_input
// CHECK-SAME: packing = #ternary.packing<hf>
// CHECK-COUNT-4: ternary.grad_input
// CHECK-COUNT-2: ternary.grad_sign
// CHECK: ternary.embedding_grad_sign
// CHECK: ternary.ste_backward
// CHECK: ternary.grad_sign
// CHECK-NOT: scf.
// CHECK: return
func.func @left(%g: memref<4x8xf32>, %x: memref<4x16xf32>, %w: memref<2x16xi8>, %t: memref<8x16xi8>, %o: memref<8x16xi8>,
                %gs: memref<4x8xf32, strided<[16, 2]>>, %xs: memref<4x16xf32, strided<[32, 2]>>, %ts: memref<8x16xi8, strided<[32, 2]>>,
                %g3: memref<2x4x8xf32, strided<[64, 8, 1]>>, %x3: memref<2x4x16xf32>, %ids: memref<4xi64>,
                %tg: tensor<4x8xf32>, %tx: tensor<4x16xf32>, %to: tensor<8x16xi8>) -> tensor<8x16xi8> {
  ternary.grad_input ins(%g : memref<4x8xf32>) weight(%w : memref<2x16xi8>) outs(%x : memref<4x16xf32>) {packing = #ternary.packing<hf>}
  ternary.grad_input ins(%gs : memref<4x8xf32, strided<[16, 2]>>) weight(%t : memref<8x16xi8>) outs(%x : memref<4x16xf32>)
  ternary.grad_input ins(%g : memref<4x8xf32>) weight(%ts : memref<8x16xi8, strided<[32, 2]>>) outs(%x : memref<4x16xf32>)
  ternary.grad_input ins(%g : memref<4x8xf32>) weight(%t : memref<8x16xi8>) outs(%xs : memref<4x16xf32, strided<[32, 2]>>)
  ternary.grad_input ins(%g3 : memref<2x4x8xf32, strided<[64, 8, 1]>>) weight(%t : memref<8x16xi8>) outs(%x3 : memref<2x4x16xf32>)
  ternary.grad_sign ins(%gs, %x : memref<4x8xf32, strided<[16, 2]>>, memref<4x16xf32>) outs(%o : memref<8x16xi8>)
  ternary.grad_sign ins(%g, %x : memref<4x8xf32>, memref<4x16xf32>) outs(%ts : memref<8x16xi8, strided<[32, 2]>>)
  ternary.embedding_grad_sign ins(%ids, %xs : memref<4xi64>, memref<4x16xf32, strided<[32, 2]>>) outs(%o : memref<8x16xi8>)
  ternary.ste_backward ins(%x, %x : memref<4x16xf32>, memref<4x16xf32>) outs(%x : memref<4x16xf32>) {variant = #ternary<ste_variant legacy>}
  %r = ternary.grad_sign ins(%tg, %tx : tensor<4x8xf32>, tensor<4x16xf32>) outs(%to : tensor<8x16xi8>) -> tensor<8x16xi8>
  return %r : tensor<8x16xi8>
}

// -----

// With 32 registers of 16 lanes a block is six rows and 64 columns.

// CHECK-LABEL: func.func @grad_sign(
// CHECK-NOT: step %c16
// CHECK: :24 = scf.for
// CHECK-COUNT-24: math.fma %{{.*}} : vector<16xf32>
// CHECK-NOT: math.fma
module attributes {ternary.target = #ternary.target<cpu = "znver4", isa = "avx512vnni", threads = 1>} {
  func.func @grad_sign(%g: memref<?x8xf32>, %x: memref<?x10xf32>, %o: memref<8x10xi8>) {
    ternary.grad_sign ins(%g, %x : memref<?x8xf32>, memref<?x10xf32>) outs(%o : memref<8x10xi8>)
    return
  }
}
