// RUN: ternary-opt %s --convert-ternary-to-vector --canonicalize --cse | FileCheck %s
// RUN: ternary-opt %s --convert-ternary-to-vector -o %t.once
// RUN: ternary-opt %t.once --convert-ternary-to-vector -o %t.twice
// RUN: diff %t.once %t.twice

// Threads share the rows in blocks of 60, which begin at a byte in every
// packing. Columns go by 64; those behind the last 64 are masked.

//===----------------------------------------------------------------------===//
// accumulate_trit
//===----------------------------------------------------------------------===//

// Votes are taken in i16, which no product with an amount of at most 255 leaves,
// and clamped to i8. With signs that are given there is no buffer.

// CHECK-LABEL: func.func @accumulate_trit(
// CHECK-SAME: %[[S:[^:]*]]: memref<?x?xi8>, %[[A:[^:]*]]: memref<?x?xi8>)
// CHECK-NOT: memref.alloc
// CHECK-DAG: %[[LOW:.*]] = arith.constant dense<-128> : vector<64xi16>
// CHECK-DAG: %[[HIGH:.*]] = arith.constant dense<127> : vector<64xi16>
// CHECK-DAG: %[[AMOUNT:.*]] = arith.constant dense<255> : vector<64xi16>
// CHECK-DAG: %[[COLUMNS:.*]] = memref.dim %[[A]], %c1
// CHECK-DAG: %[[ROWS:.*]] = memref.dim %[[A]], %c0
// CHECK: scf.forall (%[[FIRST:.*]]) = (0) to (%[[ROWS]]) step (60) {
// CHECK: %[[LEFT:.*]] = arith.subi %[[ROWS]], %[[FIRST]]
// CHECK: %[[COUNT:.*]] = arith.minui %[[LEFT]], %c60
// CHECK: scf.for %[[ROW:.*]] = %c0 to %[[COUNT]] step %c1 {
// CHECK: %[[N:.*]] = arith.addi %[[FIRST]], %[[ROW]]
// CHECK: %[[BLOCKS:.*]] = arith.divui %[[COLUMNS]], %c64
// CHECK: %[[FULL:.*]] = arith.muli %[[BLOCKS]], %c64
// CHECK: scf.for %[[K:.*]] = %c0 to %[[FULL]] step %c64 {
// CHECK-DAG: %[[SIGN:.*]] = vector.load %[[S]][%[[N]], %[[K]]]
// CHECK-DAG: %[[OLD:.*]] = vector.load %[[A]][%[[N]], %[[K]]]
// CHECK-DAG: %[[WIDE:.*]] = arith.extsi %[[SIGN]] : vector<64xi8> to vector<64xi16>
// CHECK-DAG: %[[CHANGE:.*]] = arith.muli %[[WIDE]], %[[AMOUNT]]
// CHECK-DAG: %[[VOTES:.*]] = arith.extsi %[[OLD]] : vector<64xi8> to vector<64xi16>
// CHECK: %[[NEW:.*]] = arith.subi %[[VOTES]], %[[CHANGE]]
// CHECK: %[[MIN:.*]] = arith.minsi %[[NEW]], %[[HIGH]]
// CHECK: %[[MAX:.*]] = arith.maxsi %[[MIN]], %[[LOW]]
// CHECK: %[[BYTES:.*]] = arith.trunci %[[MAX]]
// CHECK: vector.store %[[BYTES]], %[[A]][%[[N]], %[[K]]]
// CHECK: scf.for %[[T:.*]] = %[[FULL]] to %[[COLUMNS]] step %c64 {
// CHECK: %[[REST:.*]] = arith.subi %[[COLUMNS]], %[[T]]
// CHECK: %[[MASK:.*]] = vector.create_mask %[[REST]] : vector<64xi1>
// CHECK-DAG: vector.maskedload %[[S]][%[[N]], %[[T]]], %[[MASK]]
// CHECK-DAG: vector.maskedload %[[A]][%[[N]], %[[T]]], %[[MASK]]
// CHECK: vector.maskedstore %[[A]][%[[N]], %[[T]]], %[[MASK]]
// CHECK-NOT: memref.alloc
// CHECK: return
func.func @accumulate_trit(%s: memref<?x?xi8>, %a: memref<?x?xi8>) {
  ternary.accumulate_trit ins(%s : memref<?x?xi8>) outs(%a : memref<?x?xi8>) {amount = 1000 : i64}
  return
}

// A gradient: its signs for 60 rows at most, then the same code.

// CHECK-LABEL: func.func @accumulate_trit_gradient(
// CHECK-SAME: %[[G:[^:]*]]: memref<?x?xf32>, %[[X:[^:]*]]: memref<?x?xf32>, %[[A:[^:]*]]: memref<?x?xi8>)
// CHECK: %[[PANELS:.*]] = memref.alloc(%{{.*}}, %{{.*}}) {{.*}} : memref<?x?x64xf32>
// CHECK: scf.forall {{.*}} step (60) {
// CHECK: %[[SIGNS:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<60x?xi8>
// CHECK: math.fma
// CHECK: vector.store %{{.*}}, %[[SIGNS]][%{{.*}}, %{{.*}}] : memref<60x?xi8>, vector<64xi8>
// CHECK: scf.for %[[ROW:.*]] = %c0 to
// CHECK: vector.load %[[SIGNS]][%[[ROW]], %[[K:.*]]] : memref<60x?xi8>, vector<64xi8>
// CHECK: vector.load %[[A]][%{{.*}}, %[[K]]] : memref<?x?xi8>, vector<64xi8>
// CHECK: arith.minsi
// CHECK: memref.dealloc %[[SIGNS]]
// CHECK: memref.dealloc %[[PANELS]]
// CHECK: return
func.func @accumulate_trit_gradient(%g: memref<?x?xf32>, %x: memref<?x?xf32>, %a: memref<?x?xi8>) {
  ternary.accumulate_trit ins(%g, %x : memref<?x?xf32>, memref<?x?xf32>) outs(%a : memref<?x?xi8>)
  return
}

//===----------------------------------------------------------------------===//
// step
//===----------------------------------------------------------------------===//

// The bytes of a block become trits in a buffer, 16 bytes at once; row r begins
// r * K behind the trit that the block begins with. Votes beyond the threshold
// flip the trit and are used up. Then -1, the padding of base3, behind the last
// trit, and the bytes anew.

// CHECK-LABEL: func.func @step(
// CHECK-SAME: %[[S:[^:]*]]: memref<?x?xi8>, %[[W:[^:]*]]: memref<?xi8>, %[[A:[^:]*]]: memref<?x?xi8>)
// CHECK-DAG: %[[PAD:.*]] = arith.constant dense<-1> : vector<5xi8>
// CHECK-DAG: %[[THRESHOLD:.*]] = arith.constant dense<3> : vector<64xi16>
// CHECK-DAG: %[[NEGATIVE:.*]] = arith.constant dense<-3> : vector<64xi16>
// CHECK-DAG: %[[COLUMNS:.*]] = memref.dim %[[A]], %c1
// CHECK: scf.forall (%[[FIRST:.*]]) = (0) to (%{{.*}}) step (60) {
// CHECK: %[[COUNT:.*]] = arith.minui %{{.*}}, %c60
// CHECK: %[[TRITS:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<?xi8>
// CHECK: scf.for %[[BLOCK:.*]] = %c0 to %[[COUNT]] step %c5 {
// CHECK: %[[FEW:.*]] = arith.minui %{{.*}}, %c5
// CHECK: %[[BEGIN:.*]] = arith.addi %[[FIRST]], %[[BLOCK]]
// CHECK: %[[ELEMENT:.*]] = arith.muli %[[BEGIN]], %[[COLUMNS]]
// CHECK: %[[SIZE:.*]] = arith.muli %[[FEW]], %[[COLUMNS]]
// CHECK: %[[BYTE:.*]] = arith.divui %[[ELEMENT]], %c5
// CHECK: %[[PHASE:.*]] = arith.remui %[[ELEMENT]], %c5
// CHECK: scf.for %[[B:.*]] = %c0 to %[[FULL:.*]] step %c64 {
// CHECK-DAG: %[[AT:.*]] = arith.addi %[[BYTE]], %[[B]]
// CHECK-DAG: %[[TO:.*]] = arith.muli %[[B]], %c5
// CHECK-DAG: %[[BYTES:.*]] = vector.load %[[W]][%[[AT]]] : memref<?xi8>, vector<64xi8>
// CHECK-DAG: %[[DIGITS:.*]] = ternary.decode %[[BYTES]] {offset = 1 : i64, radix = 3 : i64} : vector<64xi8> to vector<320xi8>
// CHECK: %[[PART:.*]] = vector.extract_strided_slice %[[DIGITS]] {offsets = [0], sizes = [64], strides = [1]}
// CHECK: vector.store %[[PART]], %[[TRITS]][%[[TO]]]
// CHECK-COUNT-4: vector.store
// CHECK: scf.for %{{.*}} = %[[FULL]] to
// CHECK: vector.maskedload %[[W]]
// CHECK: ternary.decode
// CHECK: scf.for %[[ROW:.*]] = %c0 to %[[FEW]] step %c1 {
// CHECK-DAG: %[[N:.*]] = arith.addi %[[BEGIN]], %[[ROW]]
// CHECK: scf.for %[[K:.*]] = %c0 to
// CHECK: vector.load %[[A]][%[[N]], %[[K]]]
// CHECK: vector.load %[[S]][%{{.*}}, %[[K]]]
// CHECK: %[[VOTES:.*]] = arith.maxsi
// CHECK: %[[UP:.*]] = arith.cmpi sgt, %[[VOTES]], %[[THRESHOLD]]
// CHECK: %[[DOWN:.*]] = arith.cmpi slt, %[[VOTES]], %[[NEGATIVE]]
// CHECK: %[[R:.*]] = arith.muli %[[ROW]], %[[COLUMNS]]
// CHECK: %[[RK:.*]] = arith.addi %[[PHASE]], %[[R]]
// CHECK: %[[HERE:.*]] = arith.addi %[[RK]], %[[K]]
// CHECK: %[[OLD:.*]] = vector.load %[[TRITS]][%[[HERE]]]
// CHECK: %[[LOWER:.*]] = arith.select %[[DOWN]], %{{.*}}, %[[OLD]]
// CHECK: %[[NEW:.*]] = arith.select %[[UP]], %{{.*}}, %[[LOWER]]
// CHECK: vector.store %[[NEW]], %[[TRITS]][%[[HERE]]]
// CHECK: %[[FLIPPED:.*]] = arith.ori %[[UP]], %[[DOWN]]
// CHECK: arith.select %[[FLIPPED]], %{{.*}}, %[[VOTES]]
// CHECK: vector.store %{{.*}}, %[[A]][%[[N]], %[[K]]]
// CHECK: vector.maskedstore %[[TRITS]]
// CHECK: vector.maskedstore %[[A]]
// CHECK: vector.store %[[PAD]], %[[TRITS]][%[[SIZE]]]

// Twelve bytes out of 60 trits: four digits of each by one product, the fifth by
// another. The other lanes are not stored.

// CHECK: scf.for %[[B:.*]] = %c0 to %[[FULL:.*]] step %c12 {
// CHECK: %[[AT:.*]] = arith.addi %[[BYTE]], %[[B]]
// CHECK: %[[ALL:.*]] = vector.load %[[TRITS]][%{{.*}}] : memref<?xi8>, vector<64xi8>
// CHECK: %[[CODES:.*]] = arith.select
// CHECK: %[[FOUR:.*]] = vector.shuffle %[[CODES]], %[[CODES]] [0, 1, 2, 3, 5, 6, 7, 8, 10, {{.*}}]
// CHECK: %[[SUM:.*]] = ternary.dot %[[FOUR]], [%{{.*}}], [%{{.*}}] {radix = 4 : i64}
// CHECK: %[[FIFTH:.*]] = vector.shuffle %[[CODES]], %[[CODES]] [4, 0, 0, 0, 9, {{.*}}]
// CHECK: %[[SUMS:.*]] = ternary.dot %[[FIFTH]], [%{{.*}}], [%[[SUM]]] {radix = 4 : i64}
// CHECK: %[[BYTES:.*]] = ternary.dot_finish [%[[SUMS]]], %{{.*}} {offset = 0 : i64, radix = 4 : i64}
// CHECK: %[[OUT:.*]] = arith.trunci %[[BYTES]] : vector<16xi32> to vector<16xi8>
// CHECK: vector.maskedstore %[[W]][%[[AT]]], %{{.*}}, %[[OUT]]
// CHECK: scf.for %{{.*}} = %[[FULL]] to
// CHECK: ternary.dot
// CHECK: vector.maskedstore %[[W]]
// CHECK: memref.dealloc %[[TRITS]]
func.func @step(%s: memref<?x?xi8>, %w: memref<?xi8>, %a: memref<?x?xi8>) {
  ternary.step ins(%s : memref<?x?xi8>) outs(%w, %a : memref<?xi8>, memref<?x?xi8>)
      {packing = #ternary.packing<base3>, threshold = 3 : i64}
  return
}

// All buffers of the fused form: the activations in panels, and for a block of
// rows its signs, its gradients, its sums for one panel, its trits. None is
// [N, K].

// CHECK-LABEL: func.func @step_gradient(
// CHECK-SAME: %[[G:[^:]*]]: memref<?x512xf32>, %[[X:[^:]*]]: memref<?x640xf32>, %[[W:[^:]*]]: memref<512x160xi8>, %[[A:[^:]*]]: memref<512x640xi8>)
// CHECK: %[[PANELS:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<10x?x64xf32>
// CHECK: scf.forall (%[[FIRST:.*]]) = (0) to (512) step (60) {
// CHECK-NOT: memref.alloc
// CHECK: %[[SIGNS:.*]] = memref.alloc() {{.*}} : memref<60x640xi8>
// CHECK-NOT: memref.alloc
// CHECK: %[[GRADS:.*]] = memref.alloc(%{{.*}}) {{.*}} : memref<?x?x6xf32>
// CHECK-NOT: memref.alloc
// CHECK: %[[SUMS:.*]] = memref.alloc() {{.*}} : memref<60x64xf32>
// CHECK-NOT: memref.alloc
// CHECK: math.fma
// CHECK: vector.store %{{.*}}, %[[SIGNS]]
// CHECK: memref.dealloc %[[SUMS]]
// CHECK: memref.dealloc %[[GRADS]]
// CHECK-NOT: memref.alloc
// CHECK: %[[TRITS:.*]] = memref.alloc() {{.*}} : memref<1280xi8>
// CHECK-NOT: memref.alloc
// CHECK: vector.load %[[SIGNS]]
// CHECK: memref.dealloc %[[TRITS]]
// CHECK: memref.dealloc %[[SIGNS]]
// CHECK: memref.dealloc %[[PANELS]]
// CHECK-NOT: memref.alloc
// CHECK: return
func.func @step_gradient(%g: memref<?x512xf32>, %x: memref<?x640xf32>, %w: memref<512x160xi8>, %a: memref<512x640xi8>) {
  ternary.step ins(%g, %x : memref<?x512xf32>, memref<?x640xf32>) outs(%w, %a : memref<512x160xi8>, memref<512x640xi8>)
      {packing = #ternary.packing<torchao>, threshold = 3 : i64}
  return
}

// Rows of bytes are decoded and encoded one by one. Fields of two bits are compared
// where they stand; the four codes of a byte lie side by side already. Five groups of 12 columns fit 64: their thresholds,
// clamped to what a vote can reach, are spread over the columns.

// CHECK-LABEL: func.func @step_groups(
// CHECK-SAME: %[[T:[^:]*]]: memref<?x?xi64>, %[[W:[^:]*]]: memref<?x?xi8>, %[[A:[^:]*]]: memref<?x?xi8>)
// CHECK-DAG: %[[LOW:.*]] = arith.constant dense<-129> : vector<5xi64>
// CHECK-DAG: %[[HIGH:.*]] = arith.constant dense<129> : vector<5xi64>
// CHECK-DAG: %[[PAD:.*]] = arith.constant dense<0> : vector<4xi8>
// CHECK-DAG: %[[PLUS:.*]] = arith.constant dense<1> : vector<64xi8>
// CHECK-DAG: %[[MINUS:.*]] = arith.constant dense<-1> : vector<64xi8>
// CHECK-DAG: %[[MASKS:.*]] = arith.constant dense<[-64, 48, 12, 3, -64, {{.*}}]> : vector<64xi8>
// CHECK-DAG: %[[ONES:.*]] = arith.constant dense<[64, 16, 4, 1, 64, {{.*}}]> : vector<64xi8>
// CHECK-DAG: %[[TWOS:.*]] = arith.constant dense<[-128, 32, 8, 2, -128, {{.*}}]> : vector<64xi8>
// CHECK: scf.forall (%[[FIRST:.*]]) =
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c1 {
// CHECK: %[[BYTES:.*]] = vector.load %[[W]][%{{.*}}, %{{.*}}] : memref<?x?xi8>, vector<64xi8>
// CHECK: %[[EACH:.*]] = vector.shuffle %[[BYTES]], %[[BYTES]] [0, 0, 0, 0, 1, {{.*}}]
// CHECK: %[[FIELD:.*]] = arith.andi %[[EACH]], %[[MASKS]]
// CHECK: %[[IS:.*]] = arith.cmpi eq, %[[FIELD]], %[[ONES]]
// CHECK: %[[T1:.*]] = arith.select %[[IS]], %[[PLUS]],
// CHECK: %[[IS:.*]] = arith.cmpi eq, %[[FIELD]], %[[TWOS]]
// CHECK: arith.select %[[IS]], %[[MINUS]], %[[T1]]
// CHECK: scf.for %[[ROW:.*]] = %c0 to
// CHECK: %[[N:.*]] = arith.addi %{{.*}}, %[[ROW]]
// CHECK: %[[GROUPS:.*]] = arith.ceildivui %{{.*}}, %c12
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %[[FULL:.*]] step %c5 {
// CHECK: %[[K:.*]] = arith.muli %[[GROUP]], %c12
// CHECK: %[[WIDTH:.*]] = arith.minui %{{.*}}, %c60
// CHECK: %[[GIVEN:.*]] = vector.load %[[T]][%[[N]], %[[GROUP]]] : memref<?x?xi64>, vector<5xi64>
// CHECK: arith.minsi %[[GIVEN]], %[[HIGH]]
// CHECK: arith.maxsi %{{.*}}, %[[LOW]]
// CHECK: %[[EACH:.*]] = arith.trunci %{{.*}} : vector<5xi64> to vector<5xi16>
// CHECK: %[[SPREAD:.*]] = vector.shuffle %[[EACH]], %[[EACH]] [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, {{.*}}, 4, 4, 4, 4]
// CHECK: %[[MASK:.*]] = vector.create_mask %[[WIDTH]] : vector<64xi1>
// CHECK: %[[OLD:.*]] = vector.maskedload %[[A]][%[[N]], %[[K]]], %[[MASK]]
// CHECK: %[[VOTES:.*]] = arith.extsi %[[OLD]]
// CHECK: arith.cmpi sgt, %[[VOTES]], %[[SPREAD]]
// CHECK: vector.maskedstore %[[A]][%[[N]], %[[K]]], %[[MASK]]
// CHECK: scf.for %[[GROUP:.*]] = %[[FULL]] to %[[GROUPS]] step %c5 {
// CHECK: %[[SOME:.*]] = vector.create_mask %{{.*}} : vector<5xi1>
// CHECK: vector.maskedload %[[T]][%[[N]], %[[GROUP]]], %[[SOME]]
// CHECK: scf.for %[[ROW:.*]] = %c0 to
// CHECK: vector.store %[[PAD]], %
// CHECK-NOT: vector.shuffle
// CHECK: ternary.dot {{.*}} : vector<64xi8>, vector<16xi32>
// CHECK: vector.store %{{.*}}, %[[W]]
// CHECK: vector.maskedstore %[[W]]
func.func @step_groups(%t: memref<?x?xi64>, %w: memref<?x?xi8>, %a: memref<?x?xi8>) {
  ternary.step group_thresholds(%t : memref<?x?xi64>) outs(%w, %a : memref<?x?xi8>, memref<?x?xi8>)
      {packing = #ternary.packing<chimera>, group_size = 12 : i64}
  return
}

// One threshold for all columns of a group that is more than half of 64.

// CHECK-LABEL: func.func @step_large_groups(
// CHECK-SAME: %[[T:[^:]*]]: memref<?x?xi8>, %{{[^:]*}}: memref<?xi8>, %[[A:[^:]*]]: memref<?x?xi8>)
// CHECK: %[[GROUPS:.*]] = arith.ceildivui %{{.*}}, %c33
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %[[GROUPS]] step %c1 {
// CHECK: %[[BEGIN:.*]] = arith.muli %[[GROUP]], %c33
// CHECK: %[[WIDTH:.*]] = arith.minui %{{.*}}, %c33
// CHECK: %[[END:.*]] = arith.addi %[[BEGIN]], %[[WIDTH]]
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %{{.*}} step %c64 {
// CHECK: %[[ONE:.*]] = memref.load %[[T]][%{{.*}}, %[[GROUP]]]
// CHECK: %[[LIMIT:.*]] = vector.broadcast %{{.*}} : i16 to vector<64xi16>
// CHECK: vector.load %[[A]]
// CHECK: arith.cmpi sgt, %{{.*}}, %[[LIMIT]]
// CHECK: scf.for %{{.*}} to %[[END]] step %c64 {
// CHECK: vector.maskedload %[[A]]
func.func @step_large_groups(%t: memref<?x?xi8>, %w: memref<?xi8>, %a: memref<?x?xi8>) {
  ternary.step group_thresholds(%t : memref<?x?xi8>) outs(%w, %a : memref<?xi8>, memref<?x?xi8>)
      {packing = #ternary.packing<base3>, group_size = 33 : i64}
  return
}

//===----------------------------------------------------------------------===//
// accumulate_correlation
//===----------------------------------------------------------------------===//

// 64 groups of four at once, each a lane of `ternary.dot`: trits become digits by
// adding 1. What follows the last whole 256 columns is masked.

// CHECK-LABEL: func.func @correlation(
// CHECK-SAME: %[[S:[^:]*]]: memref<?x?xi8>, %[[W:[^:]*]]: memref<?x?xi8>, %[[ROWS:[^:]*]]: index, %[[COLUMNS:[^:]*]]: index, %[[AMOUNT:[^:]*]]: i64, %[[C:[^:]*]]: memref<?x?xi64>, %[[STEP:[^:]*]]: memref<i64>)
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<1> : vector<64xi8>
// CHECK-DAG: %[[GROUPS:.*]] = arith.ceildivui %[[COLUMNS]], %c4
// CHECK: scf.forall {{.*}} to (%[[ROWS]]) step (60) {
// CHECK: %[[TRITS:.*]] = memref.alloc
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c1 {
// CHECK: vector.load %[[W]]
// CHECK: %[[FULL:.*]] = arith.divui %{{.*}}, %c256
// CHECK: scf.for %[[CHUNK:.*]] = %c0 to %[[FULL]] step %c1 {
// CHECK: %[[GROUP:.*]] = arith.muli %[[CHUNK]], %c64
// CHECK: memref.prefetch %[[S]]
// CHECK: %[[SIGN:.*]] = vector.load %[[S]][%[[N:.*]], %{{.*}}]
// CHECK: %[[TRIT:.*]] = vector.load %[[TRITS]]
// CHECK: %[[DIGIT:.*]] = arith.addi %[[TRIT]], %[[ONE]]
// CHECK: %[[SUM:.*]] = ternary.dot %[[ONE]], [%[[SIGN]]], [%{{.*}}] {radix = 4 : i64}
// CHECK: %[[D:.*]] = ternary.dot %[[DIGIT]], [%[[SIGN]]], [%{{.*}}] {radix = 4 : i64}
// CHECK: ternary.dot_finish [%[[D]]], %[[SUM]] {offset = 1 : i64, radix = 4 : i64}
// CHECK: %[[SCORES:.*]] = arith.extsi %{{.*}} : vector<64xi32> to vector<64xi64>
// CHECK: %[[FACTOR:.*]] = vector.broadcast %[[AMOUNT]] : i64 to vector<64xi64>
// CHECK: %[[OLD:.*]] = vector.load %[[C]][%{{.*}}, %[[GROUP]]]
// CHECK: %[[CHANGE:.*]] = arith.muli %[[SCORES]], %[[FACTOR]]
// CHECK: %[[NEW:.*]] = arith.subi %[[OLD]], %[[CHANGE]]
// CHECK: vector.store %[[NEW]], %[[C]][%{{.*}}, %[[GROUP]]]
// CHECK: scf.for %[[CHUNK:.*]] = %[[FULL]] to %{{.*}} step %c1 {
// CHECK: vector.maskedload %[[S]]
// CHECK: %[[LEFT:.*]] = arith.subi %[[GROUPS]], %{{.*}}
// CHECK: %[[SOME:.*]] = vector.create_mask %[[LEFT]] : vector<64xi1>
// CHECK: vector.maskedstore %[[C]][%{{.*}}], %[[SOME]]
// CHECK: memref.dealloc %[[TRITS]]
// CHECK: %[[ABS:.*]] = math.absi %[[AMOUNT]]
// CHECK: %[[STEPS:.*]] = memref.load %[[STEP]][]
// CHECK: %[[SUM:.*]] = arith.addi %[[STEPS]], %[[ABS]]
// CHECK: memref.store %[[SUM]], %[[STEP]][]
func.func @correlation(%s: memref<?x?xi8>, %w: memref<?x?xi8>, %n: index, %k: index, %m: i64, %c: memref<?x?xi64>, %t: memref<i64>) {
  ternary.accumulate_correlation ins(%s : memref<?x?xi8>) weight(%w : memref<?x?xi8>) shape(%n, %k) amount(%m)
      outs(%c, %t : memref<?x?xi64>, memref<i64>) {packing = #ternary.packing<chimera>, group_size = 4 : i64}
  return
}

// A large group is reduced in i32, 64 columns at once, and added up in i64. Trits
// are read where they are. Without an amount it is 1.

// CHECK-LABEL: func.func @correlation_large(
// CHECK-SAME: %[[S:[^:]*]]: memref<?x?xi8>, %[[W:[^:]*]]: memref<?x?xi8>, %{{[^:]*}}: index, %[[COLUMNS:[^:]*]]: index, %[[C:[^:]*]]: memref<?x?xi64>, %[[STEP:[^:]*]]: memref<1xi64>)
// CHECK-NOT: memref.alloc
// CHECK: %[[GROUPS:.*]] = arith.ceildivui %[[COLUMNS]], %c128
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %[[GROUPS]] step %c1 {
// CHECK: %[[BEGIN:.*]] = arith.muli %[[GROUP]], %c128
// CHECK: %[[WIDTH:.*]] = arith.minui %{{.*}}, %c128
// CHECK: %[[END:.*]] = arith.addi %[[BEGIN]], %[[WIDTH]]
// CHECK: %[[SCORE:.*]] = scf.for %[[K:.*]] = %[[BEGIN]] to %[[END]] step %c64 iter_args(%[[SUM:.*]] = %c0_i64) -> (i64) {
// CHECK: %[[LEFT:.*]] = arith.subi %[[END]], %[[K]]
// CHECK: %[[MASK:.*]] = vector.create_mask %[[LEFT]] : vector<64xi1>
// CHECK: vector.maskedload %[[S]][%{{.*}}, %[[K]]], %[[MASK]]
// CHECK: vector.maskedload %[[W]][%{{.*}}, %[[K]]], %[[MASK]]
// CHECK: %[[P:.*]] = arith.extsi %{{.*}} : vector<64xi16> to vector<64xi32>
// CHECK: %[[PART:.*]] = vector.reduction <add>, %[[P]] : vector<64xi32> into i32
// CHECK: %[[WIDE:.*]] = arith.extsi %[[PART]] : i32 to i64
// CHECK: arith.addi %[[SUM]], %[[WIDE]] : i64
// CHECK: %[[OLD:.*]] = memref.load %[[C]][%{{.*}}, %[[GROUP]]]
// CHECK: %[[NEW:.*]] = arith.subi %[[OLD]], %[[SCORE]]
// CHECK: memref.store %[[NEW]], %[[C]][%{{.*}}, %[[GROUP]]]
// CHECK-NOT: memref.alloc
// CHECK: arith.addi %{{.*}}, %c1_i64
// CHECK: memref.store %{{.*}}, %[[STEP]][%c0]
func.func @correlation_large(%s: memref<?x?xi8>, %w: memref<?x?xi8>, %n: index, %k: index, %c: memref<?x?xi64>, %t: memref<1xi64>) {
  ternary.accumulate_correlation ins(%s : memref<?x?xi8>) weight(%w : memref<?x?xi8>) shape(%n, %k)
      outs(%c, %t : memref<?x?xi64>, memref<1xi64>) {group_size = 128 : i64}
  return
}

//===----------------------------------------------------------------------===//
// update_exponent
//===----------------------------------------------------------------------===//

// Ten groups of six; pairs first, then each three. Bytes that need not be trits
// may have products beyond i16 in sum, which are added in i32.

// CHECK-LABEL: func.func @exponent(
// CHECK-SAME: memref<?x?xi8>, %{{[^:]*}}: index, %{{[^:]*}}: index, %[[E:[^:]*]]: memref<?x?xi8>, %[[A:[^:]*]]: memref<?x?xi8>)
// CHECK: scf.forall
// CHECK: scf.for %[[GROUP:.*]] = %c0 to %[[FULL:.*]] step %c10 {
// CHECK: %[[P:.*]] = arith.extsi %{{.*}} : vector<64xi16> to vector<64xi32>
// CHECK: vector.shuffle %[[P]], %[[P]] [0, 2, 4, {{.*}}, 62]
// CHECK: vector.shuffle %[[P]], %[[P]] [1, 3, 5, {{.*}}, 63]
// CHECK: %[[Q:.*]] = arith.addi %{{.*}} : vector<32xi32>
// CHECK-DAG: vector.shuffle %[[Q]], %[[Q]] [0, 3, 6, {{.*}}, 27]
// CHECK-DAG: vector.shuffle %[[Q]], %[[Q]] [1, 4, 7, {{.*}}, 28]
// CHECK-DAG: vector.shuffle %[[Q]], %[[Q]] [2, 5, 8, {{.*}}, 29]
// CHECK: %[[SCORES:.*]] = arith.extsi %{{.*}} : vector<10xi32> to vector<10xi64>
// CHECK: vector.load %[[A]][%[[N:.*]], %[[GROUP]]] : memref<?x?xi8>, vector<10xi8>
// CHECK: vector.load %[[E]][%[[N]], %[[GROUP]]]
// CHECK: arith.cmpi sgt, %[[SCORES]],
// CHECK: arith.cmpi slt, %[[SCORES]],
// CHECK: arith.subi
// CHECK: arith.minsi
// CHECK: %[[VOTES:.*]] = arith.maxsi
// CHECK: arith.cmpi sge, %[[VOTES]],
// CHECK: arith.cmpi sle, %[[VOTES]],
// CHECK: %[[LOWER:.*]] = arith.select
// CHECK: %[[CHANGE:.*]] = arith.select %{{.*}}, %{{.*}}, %[[LOWER]]
// CHECK: arith.addi %{{.*}}, %[[CHANGE]]
// CHECK: %[[USED:.*]] = arith.muli %[[CHANGE]],
// CHECK: arith.subi %[[VOTES]], %[[USED]]
// CHECK-DAG: vector.store %{{.*}}, %[[E]][%[[N]], %[[GROUP]]]
// CHECK-DAG: vector.store %{{.*}}, %[[A]][%[[N]], %[[GROUP]]]
// CHECK: scf.for %{{.*}} = %[[FULL]] to
// CHECK-DAG: vector.maskedstore %[[E]]
// CHECK-DAG: vector.maskedstore %[[A]]
func.func @exponent(%s: memref<?x?xi8>, %w: memref<?x?xi8>, %n: index, %k: index, %e: memref<?x?xi8>, %a: memref<?x?xi8>) {
  ternary.update_exponent ins(%s : memref<?x?xi8>) weight(%w : memref<?x?xi8>) shape(%n, %k)
      outs(%e, %a : memref<?x?xi8>, memref<?x?xi8>) {group_size = 6 : i64, threshold = 4 : i64}
  return
}

// Without a threshold only the accumulator changes, by the amount of any vote.

// CHECK-LABEL: func.func @exponent_votes(
// CHECK-DAG: %[[AMOUNT:.*]] = arith.constant dense<-255> : vector<4xi64>
// CHECK: ternary.dot_finish
// CHECK: %[[CHANGE:.*]] = arith.muli %{{.*}}, %[[AMOUNT]]
// CHECK: arith.subi %{{.*}}, %[[CHANGE]]
// CHECK: arith.minsi
// CHECK: arith.maxsi
// CHECK-NOT: arith.cmpi
// CHECK: vector.store
func.func @exponent_votes(%s: memref<?x?xi8>, %w: memref<?xi8>, %n: index, %k: index, %a: memref<?x?xi8>) {
  ternary.update_exponent ins(%s : memref<?x?xi8>) weight(%w : memref<?xi8>) shape(%n, %k)
      outs(%a : memref<?x?xi8>) {packing = #ternary.packing<base3>, group_size = 64 : i64, amount = -9223372036854775808 : i64}
  return
}

//===----------------------------------------------------------------------===//
// Left alone
//===----------------------------------------------------------------------===//

// Packings whose consecutive trits are no consecutive digits, strided rows of
// signs, gradients, state and thresholds, tensors.

// CHECK-LABEL: func.func @left(
// CHECK-NOT: scf.
// CHECK: ternary.accumulate_correlation
// CHECK-SAME: packing = #ternary.packing<i2_s>
// CHECK: ternary.update_exponent
// CHECK-SAME: packing = #ternary.packing<cpu_panel2>
// CHECK: ternary.step
// CHECK-SAME: packing = #ternary.packing<hf>
// CHECK-COUNT-3: ternary.accumulate_trit
// CHECK-COUNT-2: ternary.step
// CHECK: ternary.update_exponent
// CHECK: ternary.accumulate_trit
// CHECK-NOT: scf.
// CHECK: return
func.func @left(%s: memref<8x16xi8>, %wi: memref<64xi8>, %wp: memref<1x1x4x64xi8>, %wh: memref<2x16xi8>, %w: memref<8x4xi8>,
                %a: memref<8x16xi8>, %c: memref<8x2xi64>, %t: memref<i64>, %e: memref<8x2xi8>,
                %v: memref<8x16xi8, strided<[32, 2]>>, %ev: memref<8x2xi8, strided<[1, 8]>>,
                %g: memref<4x8xf32, strided<[1, 4]>>, %x: memref<4x16xf32>, %tt: tensor<8x16xi8>) -> tensor<8x16xi8> {
  ternary.accumulate_correlation ins(%s : memref<8x16xi8>) weight(%wi : memref<64xi8>) shape(8, 16)
      outs(%c, %t : memref<8x2xi64>, memref<i64>) {packing = #ternary.packing<i2_s>, group_size = 8 : i64}
  ternary.update_exponent ins(%s : memref<8x16xi8>) weight(%wp : memref<1x1x4x64xi8>) shape(8, 16)
      outs(%e : memref<8x2xi8>) {packing = #ternary.packing<cpu_panel2>, group_size = 8 : i64}
  ternary.step ins(%s : memref<8x16xi8>) outs(%wh, %a : memref<2x16xi8>, memref<8x16xi8>)
      {packing = #ternary.packing<hf>, threshold = 3 : i64}
  ternary.accumulate_trit ins(%v : memref<8x16xi8, strided<[32, 2]>>) outs(%a : memref<8x16xi8>)
  ternary.accumulate_trit ins(%s : memref<8x16xi8>) outs(%v : memref<8x16xi8, strided<[32, 2]>>)
  ternary.accumulate_trit ins(%g, %x : memref<4x8xf32, strided<[1, 4]>>, memref<4x16xf32>) outs(%a : memref<8x16xi8>)
  ternary.step outs(%w, %v : memref<8x4xi8>, memref<8x16xi8, strided<[32, 2]>>)
      {packing = #ternary.packing<chimera>, threshold = 3 : i64}
  ternary.step group_thresholds(%ev : memref<8x2xi8, strided<[1, 8]>>) outs(%w, %a : memref<8x4xi8>, memref<8x16xi8>)
      {packing = #ternary.packing<chimera>, group_size = 8 : i64}
  ternary.update_exponent ins(%s : memref<8x16xi8>) weight(%w : memref<8x4xi8>) shape(8, 16)
      outs(%ev : memref<8x2xi8, strided<[1, 8]>>) {packing = #ternary.packing<chimera>, group_size = 8 : i64}
  %r = ternary.accumulate_trit ins(%tt : tensor<8x16xi8>) outs(%tt : tensor<8x16xi8>) -> tensor<8x16xi8>
  return %r : tensor<8x16xi8>
}
