// RUN: ternary-opt %s --convert-ternary-to-vector --cse | FileCheck %s
// RUN: ternary-opt %s --convert-ternary-to-vector -o %t.once
// RUN: ternary-opt %t.once --convert-ternary-to-vector -o %t.twice
// RUN: diff %t.once %t.twice

//===----------------------------------------------------------------------===//
// int8 activations
//===----------------------------------------------------------------------===//

// Per token the sum of the activations; per panel of 64 rows, for each 16
// columns, one dot of four digits for each 16 rows. The second loop over columns
// is for a block that is not full.

// CHECK-LABEL: func.func @kernel(
// CHECK-SAME: %[[X:[^:]*]]: memref<?x64xi8>, %[[W:[^:]*]]: memref<1x4x4x64xi8>, %[[Y:[^:]*]]: memref<?x64xi32>)
// CHECK: %[[TOKENS:.*]] = memref.dim %[[X]], %c0
// CHECK: scf.for %[[M:.*]] = %c0 to %[[TOKENS]] step %c1 {
// CHECK: %[[PARTS:.*]] = scf.for %[[K:.*]] = %c0 to %c64 step %c64 iter_args(%[[S:.*]] = %{{.*}}) -> (vector<16xi32>) {
// CHECK: %[[CHUNK:.*]] = vector.load %[[X]][%[[M]], %[[K]]]
// CHECK: ternary.dot %{{.*}}, [%[[CHUNK]]], [%[[S]]] {radix = 4 : i64}
// CHECK: scf.for %{{.*}} iter_args(%{{.*}} = %[[PARTS]])
// CHECK: vector.maskedload %[[X]]
// CHECK: %[[SUM:.*]] = vector.reduction <add>
// CHECK: scf.for %[[P:.*]] = %c0 to %c1 step %c1 {
// CHECK: %[[ROW:.*]] = arith.muli %[[P]], %c64
// CHECK: %[[FULL:.*]]:16 = scf.for %[[B:.*]] = %c0 to %c4 step %c1
// CHECK: %[[WORD:.*]] = vector.load %[[X]][%[[M]], %{{.*}}] : memref<?x64xi8>, vector<4xi8>
// CHECK: %[[ONE:.*]] = vector.bitcast %[[WORD]] : vector<4xi8> to vector<1xi32>
// CHECK: %[[I:.*]] = vector.extract %[[ONE]][0]
// CHECK: %[[ALL:.*]] = vector.broadcast %[[I]] : i32 to vector<16xi32>
// CHECK: %[[X0:.*]] = vector.bitcast %[[ALL]] : vector<16xi32> to vector<64xi8>
// CHECK-COUNT-3: vector.load %[[X]]
// CHECK: %[[BYTES:.*]] = vector.load %[[W]][%[[P]], %[[B]], %c0, %c0] : memref<1x4x4x64xi8>, vector<64xi8>
// CHECK: %[[D0:.*]]:4 = ternary.dot %[[BYTES]], [%[[X0]], %{{.*}}, %{{.*}}, %{{.*}}], [{{.*}}] {radix = 4 : i64}
// CHECK: vector.load %[[W]][%[[P]], %[[B]], %c1, %c0]
// CHECK-COUNT-3: ternary.dot
// CHECK: scf.yield %[[D0]]#0, %[[D0]]#1, %[[D0]]#2, %[[D0]]#3, %
// CHECK: %[[ACC:.*]]:16 = scf.for {{.*}} iter_args(%{{.*}} = %[[FULL]]#0
// CHECK-COUNT-4: vector.maskedload %[[X]]
// CHECK-COUNT-4: ternary.dot
// CHECK: %[[SUMS:.*]] = vector.broadcast %[[SUM]] : i32 to vector<16xi32>
// CHECK: %[[Y0:.*]] = ternary.dot_finish [%[[ACC]]#0, %[[ACC]]#1, %[[ACC]]#2, %[[ACC]]#3], %[[SUMS]] {offset = 1 : i64, radix = 4 : i64}
// CHECK: ternary.dot_finish [%[[ACC]]#4,
// CHECK: ternary.dot_finish [%[[ACC]]#8,
// CHECK: ternary.dot_finish [%[[ACC]]#12,
// CHECK: vector.maskedstore %[[Y]][%[[M]], %[[ROW]]], %{{.*}}, %[[Y0]] : memref<?x64xi32>, vector<16xi1>, vector<16xi32>
// CHECK-COUNT-3: vector.maskedstore %[[Y]]
// CHECK-NOT: ternary.bitlinear
func.func @kernel(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>,
                  %y: memref<?x64xi32>) {
  // Becomes loops around ternary.dot.
  ternary.bitlinear ins(%x : memref<?x64xi8>)
      weights(%w : memref<1x4x4x64xi8>) outs(%y : memref<?x64xi32>)
      {packing = #ternary.packing<cpu_panel2>}
  return
}

// One token, 32 rows and 20 columns to a block, five digits of base 3; no more
// columns at once than `dot` is exact for, where their number is not known. The
// result times the scales, plus the bias, then rounded.

// CHECK-LABEL: func.func @panel3(
// CHECK-SAME: %[[X:[^:]*]]: memref<?xi8>, %[[W:[^:]*]]: memref<?x?x2x64xi8>, %[[S:[^:]*]]: memref<f32>, %[[A:[^:]*]]: memref<f32>, %[[B:[^:]*]]: memref<?xbf16>, %[[Y:[^:]*]]: memref<?xf16>)
// CHECK: %[[K:.*]] = memref.dim %[[X]], %c0
// CHECK: %[[PANELS:.*]] = memref.dim %[[W]], %c0
// CHECK: scf.for %{{.*}} = %c0 to %[[PANELS]] step %c1 {
// CHECK: arith.muli %{{.*}}, %c32
// CHECK: %{{.*}}:2 = scf.for %[[FROM:.*]] = %c0 to %[[K]] step %c327680
// CHECK: %[[LEFT:.*]] = arith.subi %[[K]], %[[FROM]]
// CHECK: arith.minui %[[LEFT]], %c327680
// CHECK-COUNT-2: :5 = ternary.dot {{.*}} {radix = 3 : i64} : vector<64xi8>, vector<16xi32>
// CHECK-COUNT-2: ternary.dot_finish [{{.*}}], %{{.*}} {offset = 1 : i64, radix = 3 : i64}
// CHECK: scf.yield
// CHECK: %[[D:.*]] = arith.subi
// CHECK: %[[F:.*]] = arith.sitofp %[[D]] : vector<16xi32> to vector<16xf32>
// CHECK: %[[S0:.*]] = memref.load %[[S]][]
// CHECK: %[[S1:.*]] = vector.broadcast %[[S0]]
// CHECK: %[[P:.*]] = arith.mulf %[[F]], %[[S1]]
// CHECK: %[[A0:.*]] = memref.load %[[A]][]
// CHECK: %[[A1:.*]] = vector.broadcast %[[A0]]
// CHECK: %[[Q:.*]] = arith.mulf %[[P]], %[[A1]]
// CHECK: %[[B0:.*]] = vector.maskedload %[[B]]
// CHECK: %[[B1:.*]] = arith.extf %[[B0]] : vector<16xbf16> to vector<16xf32>
// CHECK: %[[R:.*]] = arith.addf %[[Q]], %[[B1]]
// CHECK: %[[H:.*]] = arith.truncf %[[R]] : vector<16xf32> to vector<16xf16>
// CHECK: vector.maskedstore %[[Y]][%{{.*}}], %{{.*}}, %[[H]]
func.func @panel3(%x: memref<?xi8>, %w: memref<?x?x2x64xi8>, %s: memref<f32>, %a: memref<f32>, %b: memref<?xbf16>,
                  %y: memref<?xf16>) {
  ternary.bitlinear ins(%x : memref<?xi8>) weights(%w : memref<?x?x2x64xi8>) scales(%s : memref<f32>)
      activation_scale(%a : memref<f32>) bias(%b : memref<?xbf16>) outs(%y : memref<?xf16>)
      {packing = #ternary.packing<cpu_panel3>}
  return
}

// Where digits are rows, a vector of bytes meets four activations. Vectors have
// accumulators of their own, which are added up before each digit is finished.

// CHECK-LABEL: func.func @digit_rows(
// CHECK-SAME: %[[X:[^:]*]]: memref<1x32xi8>, %[[W:[^:]*]]: memref<1x2x4x64xi8>, %[[Y:[^:]*]]: memref<1x64xi32>)
// CHECK: %[[FULL:.*]]:16 = scf.for %[[B:.*]] = %c0 to %c2 step %c1 iter_args(%[[A:[^ ]*]] = %{{[^,]*}},
// CHECK-COUNT-4: vector.load %[[X]]
// CHECK: memref.prefetch %[[W]][%{{.*}}, %{{.*}}, %c0, %c0], read, locality<3>
// CHECK: memref.prefetch %[[W]][%{{.*}}, %{{.*}}, %c0, %c0], read, locality<2>
// CHECK: %[[BYTES:.*]] = vector.load %[[W]][%{{.*}}, %[[B]], %c0, %c0]
// CHECK: %[[D:.*]]:4 = ternary.dot %[[BYTES]], [%{{[^,]*}}], [%[[A]], %{{.*}}, %{{.*}}, %{{.*}}] {radix = 4 : i64}
// CHECK: vector.load %[[W]][%{{.*}}, %[[B]], %c1, %c0]
// CHECK-COUNT-3: ternary.dot
// CHECK: scf.yield %[[D]]#0,
// CHECK: %[[ACC:.*]]:16 = scf.for
// CHECK: %[[S:.*]] = arith.addi %[[ACC]]#0, %[[ACC]]#4
// CHECK-COUNT-11: arith.addi
// CHECK: %[[Y0:.*]] = ternary.dot_finish [%[[S0:.*]], %[[S1:.*]], %[[S2:.*]], %[[S3:.*]]], %[[SUM:.*]] {digit = 0 : i64, offset = 1 : i64, radix = 4 : i64}
// CHECK: ternary.dot_finish [%[[S0]], %[[S1]], %[[S2]], %[[S3]]], %[[SUM]] {digit = 1 : i64
// CHECK: ternary.dot_finish [%[[S0]], %[[S1]], %[[S2]], %[[S3]]], %[[SUM]] {digit = 2 : i64
// CHECK: ternary.dot_finish [%[[S0]], %[[S1]], %[[S2]], %[[S3]]], %[[SUM]] {digit = 3 : i64
// CHECK: vector.maskedstore %[[Y]][%{{.*}}, %{{.*}}], %{{.*}}, %[[Y0]]
func.func @digit_rows(%x: memref<1x32xi8>, %w: memref<1x2x4x64xi8>, %y: memref<1x64xi32>) {
  ternary.bitlinear ins(%x : memref<1x32xi8>) weights(%w : memref<1x2x4x64xi8>) outs(%y : memref<1x64xi32>)
      {packing = #ternary.packing<cpu_rows2>}
  return
}

// With groups each has dot products and a sum of activations of its own. Sums
// are computed once; the scales of 16 groups are transposed, the last row
// standing in for rows behind it, fewer are read one by one. A last group that
// is short takes loops of its own.

// CHECK-LABEL: func.func @groups(
// CHECK-SAME: %[[X:[^:]*]]: memref<1x40xi8>, %{{[^:]*}}: memref<1x3x4x64xi8>, %[[G:[^:]*]]: memref<20x2xf32>
// CHECK: %[[SCALES:.*]] = memref.alloc(%c16, %c64) {alignment = 64 : i64} : memref<?x?xf32>
// CHECK: %[[SUMS:.*]] = memref.alloc(%c2) {alignment = 64 : i64} : memref<?xi32>
// CHECK: scf.for %[[M:.*]] = %c0 to %c1 step %c1 {
// CHECK: scf.for %[[S:.*]] = %c0 to %c2 step %c1 {
// CHECK: %[[SUM:.*]] = vector.reduction
// CHECK: memref.store %[[SUM]], %[[SUMS]][%[[S]]]
// CHECK: %[[TOTAL:.*]]:4 = scf.for %[[I:.*]] = %c0 to %c2 step %c16
// CHECK: scf.if
// CHECK: memref.prefetch %[[G]][%{{.*}}, %[[I]]], read
// CHECK: %[[N:.*]] = arith.minui %{{.*}}, %c19
// CHECK: vector.load %[[G]][%[[N]], %[[I]]] : memref<20x2xf32>, vector<16xf32>
// CHECK-COUNT-64: vector.shuffle
// CHECK-COUNT-16: vector.store %{{.*}}, %[[SCALES]]
// CHECK: } else {
// CHECK: memref.load %[[G]]
// CHECK: memref.store %{{.*}}, %[[SCALES]]
// CHECK: scf.for %[[J:.*]] = %c0 to %{{.*}} step %c1
// CHECK: %[[GROUP:.*]] = arith.addi %[[I]], %[[J]]
// CHECK: %[[BEGIN:.*]] = arith.muli %[[GROUP]], %c2
// CHECK: memref.load %[[SUMS]][%[[GROUP]]]
// CHECK: %[[END:.*]] = arith.addi %[[BEGIN]], %c2
// CHECK: scf.for %{{.*}} = %[[BEGIN]] to %[[END]] step %c1
// CHECK: ternary.dot_finish
// CHECK: %[[S0:.*]] = vector.load %[[SCALES]][%[[J]], %c0]
// CHECK: arith.mulf %{{.*}}, %[[S0]]
// CHECK: scf.for
// CHECK: vector.maskedload %[[X]]
// CHECK: vector.maskedstore %{{.*}}, %[[TOTAL]]#0
func.func @groups(%x: memref<1x40xi8>, %w: memref<1x3x4x64xi8>, %g: memref<20x2xf32>, %y: memref<1x20xf32>) {
  ternary.bitlinear ins(%x : memref<1x40xi8>) weights(%w : memref<1x3x4x64xi8>) scales(%g : memref<20x2xf32>)
      outs(%y : memref<1x20xf32>) {packing = #ternary.packing<cpu_panel2>, group_size = 32 : i64}
  return
}

// Scales in blocks of panels are read as they lie, and ahead like the bytes.

// CHECK-LABEL: func.func @blocked_groups(
// CHECK-SAME: %[[G:[^:]*]]: memref<2x2x64xf32>
// CHECK: scf.for %[[P:.*]] = %c0 to %c2 step %c1
// CHECK: %[[R:.*]] = arith.muli %[[P]], %c64
// CHECK: scf.for %[[I:.*]] = %c0 to %c2 step %c16
// CHECK: scf.for %[[J:.*]] = %c0
// CHECK: %[[GROUP:.*]] = arith.addi %[[I]], %[[J]]
// CHECK: %[[BLOCK:.*]] = arith.divui %[[R]], %c64
// CHECK: %[[N:.*]] = arith.remui %[[R]], %c64
// CHECK: %[[LATER:.*]] = arith.addi %[[GROUP]], %c8
// CHECK: memref.prefetch %[[G]][%[[BLOCK]], %[[LATER]], %[[N]]], read
// CHECK: vector.load %[[G]][%[[BLOCK]], %[[GROUP]], %[[N]]] : memref<2x2x64xf32>, vector<16xf32>
func.func @blocked_groups(%x: memref<1x64xi8>, %w: memref<2x4x4x64xi8>, %g: memref<2x2x64xf32>, %y: memref<1x70xf32>) {
  ternary.bitlinear ins(%x : memref<1x64xi8>) weights(%w : memref<2x4x4x64xi8>) scales(%g : memref<2x2x64xf32>)
      outs(%y : memref<1x70xf32>) {packing = #ternary.packing<cpu_panel2>, group_size = 32 : i64}
  return
}

// Eight groups of six begin again with a block, the third: a digit whose four
// columns are of two groups is multiplied by parts of the activations. What
// follows the last whole 48 columns is multiplied group by group.

// CHECK-LABEL: func.func @small_groups(
// CHECK: scf.for %[[J:.*]] = %c0 to %{{.*}} step %c8
// CHECK-COUNT-48: ternary.decode
// CHECK: %[[D0:.*]] = ternary.dot %{{.*}}, [%{{.*}}], [%{{.*}}] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
// CHECK: arith.select %cst{{.*}} : vector<4xi1>, vector<4xi8>
// CHECK: %[[D1:.*]] = ternary.dot %{{.*}}, [%{{.*}}], [%[[D0]]]
// CHECK: ternary.dot_finish [%[[D1]]]
// CHECK: scf.for
// CHECK: scf.for
// CHECK: vector.maskedload
// CHECK: arith.select %{{.*}} : vector<4xi1>, vector<4xi8>
func.func @small_groups(%x: memref<100xi8>, %w: memref<1x7x4x64xi8>, %g: memref<20x17xf32>, %y: memref<20xf32>) {
  ternary.bitlinear ins(%x : memref<100xi8>) weights(%w : memref<1x7x4x64xi8>) scales(%g : memref<20x17xf32>)
      outs(%y : memref<20xf32>) {packing = #ternary.packing<cpu_panel2>, group_size = 6 : i64}
  return
}

// Tokens may have two axes, or more, that are not one in memory; components are
// added.

// CHECK-LABEL: func.func @rank3(
// CHECK: scf.for %[[I:.*]] = %c0 to %c2 step %c1 {
// CHECK: scf.for %[[J:.*]] = %c0 to %{{.*}} step %c1 {
// CHECK: vector.maskedload %{{.*}}[%[[I]], %[[J]], %{{.*}}]
// CHECK-COUNT-8: ternary.dot_finish
// CHECK: %[[SUM:.*]] = arith.addi %{{.*}}, %{{.*}} : vector<16xi32>
// CHECK: vector.maskedstore %{{.*}}[%[[I]], %[[J]], %{{.*}}], %{{.*}}, %[[SUM]]
func.func @rank3(%x: memref<2x?x64xi8, strided<[?, 64, 1]>>, %v: memref<?x4x4x64xi8>, %w: memref<?x4x4x64xi8>,
                 %y: memref<2x?x?xi32>) {
  ternary.bitlinear ins(%x : memref<2x?x64xi8, strided<[?, 64, 1]>>)
      weights(%v, %w : memref<?x4x4x64xi8>, memref<?x4x4x64xi8>)
      outs(%y : memref<2x?x?xi32>) {packing = #ternary.packing<cpu_panel2>}
  return
}

// Several tokens: the digits of a part of a panel are taken apart once, then six
// tokens and four blocks of rows make 24 sums; two tokens and one are left over.

// CHECK-LABEL: func.func @tokens(
// CHECK-SAME: %[[X:[^:]*]]: memref<15x70xi8>, %[[W:[^:]*]]: memref<1x5x4x64xi8>, %[[Y:[^:]*]]: memref<15x64xi32>)
// CHECK: scf.for %{{.*}} = %c0 to %c15 step %c384 {
// CHECK: vector.reduction <add>
// CHECK: scf.for %{{.*}} = %c0 to %c70 step %c480 {
// CHECK: %[[BYTES:.*]] = vector.load %[[W]]
// CHECK: %[[CODES:.*]] = ternary.decode %[[BYTES]] {digit = 0 : i64, offset = 0 : i64, radix = 4 : i64} : vector<64xi8>
// CHECK: vector.store %[[CODES]], %[[DIGITS:.*]][%{{.*}}, %{{.*}}] : memref<?x?xi8>, vector<64xi8>
// CHECK: ternary.decode %[[BYTES]] {digit = 3 : i64,
// CHECK: :24 = scf.for
// CHECK-COUNT-4: vector.load %[[DIGITS]]
// CHECK: vector.load %[[X]][%{{.*}}, %{{.*}}] : memref<15x70xi8>, vector<4xi8>
// CHECK-COUNT-24: ternary.dot %{{.*}}, [%{{.*}}], [%{{.*}}] {radix = 4 : i64} : vector<64xi8>, vector<16xi32>
// CHECK: :24 = scf.for
// CHECK: vector.maskedload %[[X]]
// CHECK: :8 = scf.for
// CHECK: :4 = scf.for
// CHECK: ternary.dot_finish [%{{.*}}], %{{.*}} {offset = 1 : i64, radix = 4 : i64}
// CHECK: vector.store %{{.*}}, %[[Y]]
module attributes {ternary.target = #ternary.target<cpu = "cascadelake", isa = "avx512vnni", threads = 1>} {
  func.func @tokens(%x: memref<15x70xi8>, %w: memref<1x5x4x64xi8>, %y: memref<15x64xi32>) {
    ternary.bitlinear ins(%x : memref<15x70xi8>) weights(%w : memref<1x5x4x64xi8>) outs(%y : memref<15x64xi32>)
        {packing = #ternary.packing<cpu_panel2>}
    return
  }
}

// A few tokens share one pass: each digit is taken apart in registers, and has a
// dot for each token.

// CHECK-LABEL: func.func @few_tokens(
// CHECK-SAME: %[[X:[^:]*]]: memref<3x70xi8>, %[[W:[^:]*]]: memref<1x5x4x64xi8>, %[[Y:[^:]*]]: memref<3x64xi32>)
// CHECK: scf.for %[[M:.*]] = %c0 to %c3 step %c1 {
// CHECK: %[[SUM:.*]] = vector.reduction <add>
// CHECK: memref.store %[[SUM]], %[[SUMS:.*]][%[[M]]]
// CHECK: scf.for %[[P:.*]] = %c0 to %c1 step %c1 {
// CHECK: scf.for %[[FIRST:.*]] = %c0 to %c3 step %c3 {
// CHECK: %[[FULL:.*]]:12 = scf.for %[[B:.*]] = %c0 to %c4 step %c1
// CHECK: %[[BYTES:.*]] = vector.load %[[W]][%[[P]], %[[B]],
// CHECK: %[[CODES:.*]] = ternary.decode %[[BYTES]] {digit = 0 : i64, offset = 0 : i64, radix = 4 : i64}
// CHECK: vector.load %[[X]][%[[FIRST]], %{{.*}}] : memref<3x70xi8>, vector<4xi8>
// CHECK: ternary.dot %[[CODES]], [%{{.*}}], [%{{.*}}]
// CHECK-COUNT-47: ternary.dot
// CHECK: scf.for {{.*}} iter_args(%{{.*}} = %[[FULL]]#0
// CHECK-COUNT-12: vector.maskedload %[[X]]
// CHECK: memref.load %[[SUMS]][%[[FIRST]]]
// CHECK-COUNT-12: ternary.dot_finish
// CHECK-COUNT-12: vector.maskedstore %[[Y]]
// CHECK-NOT: ternary.bitlinear
module attributes {ternary.target = #ternary.target<cpu = "cascadelake", isa = "avx512vnni", threads = 1>} {
  func.func @few_tokens(%x: memref<3x70xi8>, %w: memref<1x5x4x64xi8>, %y: memref<3x64xi32>) {
    ternary.bitlinear ins(%x : memref<3x70xi8>) weights(%w : memref<1x5x4x64xi8>)
        outs(%y : memref<3x64xi32>) {packing = #ternary.packing<cpu_panel2>}
    return
  }
}

// On Zen, where digits are taken apart beside dots, so are more tokens: two tiles
// of eight and one of seven, with two blocks of rows.

// CHECK-LABEL: func.func @tiles_of_tokens(
// CHECK: scf.for %[[P:.*]] = %c0 to %c1 step %c1 {
// CHECK: scf.for %[[FIRST:.*]] = %c0 to %c16 step %c8 {
// CHECK: scf.for %[[BLOCK:.*]] = %c0 to %c4 step %c2 {
// CHECK: :16 = scf.for
// CHECK: ternary.decode
// CHECK-COUNT-64: ternary.dot %
// CHECK: scf.for %[[FIRST:.*]] = %c16 to %c23 step %c7 {
// CHECK: :14 = scf.for
// CHECK-COUNT-56: ternary.dot %
// CHECK-NOT: ternary.bitlinear
module attributes {ternary.target = #ternary.target<cpu = "znver5", isa = "avx512vbmi", threads = 1>} {
  func.func @tiles_of_tokens(%x: memref<23x70xi8>, %w: memref<1x5x4x64xi8>, %y: memref<23x64xi32>) {
    ternary.bitlinear ins(%x : memref<23x70xi8>) weights(%w : memref<1x5x4x64xi8>)
        outs(%y : memref<23x64xi32>) {packing = #ternary.packing<cpu_panel2>}
    return
  }
}

// Of any number of tokens, tiles of eight, three and one.

// CHECK-LABEL: func.func @any_tokens(
// CHECK: scf.for %{{.*}} = %c0 to %[[EIGHTS:.*]] step %c8 {
// CHECK: :16 = scf.for
// CHECK: scf.for %{{.*}} = %[[EIGHTS]] to %[[THREES:.*]] step %c3 {
// CHECK: :12 = scf.for
// CHECK: scf.for %{{.*}} = %[[THREES]] to %{{.*}} step %c1 {
// CHECK: :4 = scf.for
// CHECK-NOT: ternary.bitlinear
module attributes {ternary.target = #ternary.target<cpu = "znver5", isa = "avx512vbmi", threads = 1>} {
  func.func @any_tokens(%x: memref<?x70xi8>, %w: memref<1x5x4x64xi8>, %y: memref<?x64xi32>) {
    ternary.bitlinear ins(%x : memref<?x70xi8>) weights(%w : memref<1x5x4x64xi8>)
        outs(%y : memref<?x64xi32>) {packing = #ternary.packing<cpu_panel2>}
    return
  }
}

// The same by tiles of AMX: 18 tokens in tiles of 16, 70 columns in steps of 64,
// the second of which is zero from its seventh column on.

// CHECK-LABEL: func.func @tiles(
// CHECK-SAME: %[[X:[^:]*]]: memref<18x70xi8>
// CHECK: %[[DIGITS:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<?x?xi8>
// CHECK: %[[SUMS:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<?x?xi32>
// CHECK: %[[COPY:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<?x?xi8>
// CHECK: vector.maskedload %[[X]]
// CHECK: vector.store %{{.*}}, %[[COPY]]
// CHECK: ternary.decode
// CHECK-COUNT-4: amx.tile_load %[[SUMS]]{{.*}} into !amx.tile<16x16xi32>
// CHECK: %[[A:.*]] = amx.tile_load %[[COPY]]{{.*}} into !amx.tile<16x64xi8>
// CHECK: %[[B:.*]] = amx.tile_load %[[DIGITS]]{{.*}} into !amx.tile<16x64xi8>
// CHECK: amx.tile_muli %[[A]], %[[B]] zext, %{{.*}} : !amx.tile<16x64xi8>, !amx.tile<16x64xi8>, !amx.tile<16x16xi32>
// CHECK: amx.tile_store %[[SUMS]]
// CHECK-NOT: ternary.bitlinear
module attributes {ternary.target = #ternary.target<cpu = "sapphirerapids", isa = "avx512amx", threads = 1>} {
  func.func @tiles(%x: memref<18x70xi8>, %w: memref<1x5x4x64xi8>, %y: memref<18x64xi32>) {
    ternary.bitlinear ins(%x : memref<18x70xi8>) weights(%w : memref<1x5x4x64xi8>)
        outs(%y : memref<18x64xi32>) {packing = #ternary.packing<cpu_panel2>}
    return
  }
}

// No step of columns is in two groups, and no tile has tokens that are not there.

// CHECK-LABEL: func.func @tile_groups(
// CHECK: amx.tile_load %{{.*}} into !amx.tile<5x48xi8>
// CHECK: amx.tile_load %{{.*}} into !amx.tile<12x64xi8>
// CHECK: amx.tile_muli {{.*}} : !amx.tile<5x48xi8>, !amx.tile<12x64xi8>, !amx.tile<5x16xi32>
module attributes {ternary.target = #ternary.target<cpu = "sapphirerapids", isa = "avx512amx", threads = 1>} {
  func.func @tile_groups(%x: memref<5x192xi8>, %w: memref<1x12x4x64xi8>, %g: memref<64x2xf32>, %y: memref<5x64xf32>) {
    ternary.bitlinear ins(%x : memref<5x192xi8>) weights(%w : memref<1x12x4x64xi8>)
        scales(%g : memref<64x2xf32>) outs(%y : memref<5x64xf32>)
        {packing = #ternary.packing<cpu_panel2>, group_size = 96 : i64}
    return
  }
}

// With 16 vector registers the blocks of rows take turns.

// CHECK-LABEL: func.func @few_registers(
// CHECK: scf.for %[[BLOCK:.*]] = %c0 to %c4 step %c1
// CHECK: :4 = scf.for
// CHECK: vector.load %{{.*}}[%{{.*}}, %{{.*}}, %[[BLOCK]], %c0] : memref<1x4x4x64xi8>, vector<64xi8>
// CHECK: :4 = scf.for
// CHECK: ternary.dot_finish
// CHECK: vector.maskedstore
// CHECK-NOT: ternary.dot
// CHECK: return
module attributes {ternary.target = #ternary.target<cpu = "haswell", isa = "avx2", threads = 1>} {
  func.func @few_registers(%x: memref<1x64xi8>, %w: memref<1x4x4x64xi8>, %y: memref<1x64xi32>) {
    ternary.bitlinear ins(%x : memref<1x64xi8>) weights(%w : memref<1x4x4x64xi8>) outs(%y : memref<1x64xi32>)
        {packing = #ternary.packing<cpu_panel2>}
    return
  }
}

// Weights in rows, on AVX2: blocks of 256 rows become panels, which are
// multiplied at once.

// CHECK-LABEL: func.func @rows_by_panels(
// CHECK-SAME: %[[X:[^:]*]]: memref<?x40xi8>, %[[W:[^:]*]]: memref<300x10xi8>, %[[S:[^:]*]]: memref<300x2xf32>, %[[B:[^:]*]]: memref<300xf32>, %[[Y:[^:]*]]: memref<?x300xf32>
// CHECK: scf.forall (%[[ROW:.*]]) = (0) to (%{{.*}}) step (256)
// CHECK: %[[ROWS:.*]] = arith.minui
// CHECK: %[[PANELS:.*]] = memref.alloc({{.*}}) {alignment = 64 : i64} : memref<?x?x?x?xi8>
// CHECK: memref.subview %[[W]][%[[ROW]], 0] [%[[ROWS]], 10] [1, 1]
// CHECK: memref.subview %[[S]][%[[ROW]], 0] [%[[ROWS]], 2] [1, 1]
// CHECK: memref.subview %[[B]][%[[ROW]]] [%[[ROWS]]] [1]
// CHECK: memref.subview %[[Y]][0, %[[ROW]]] [%{{.*}}, %[[ROWS]]] [1, 1]
// CHECK: ternary.dot
// CHECK: memref.dealloc %[[PANELS]]

module attributes {ternary.target = #ternary.target<cpu = "haswell", isa = "avx2", threads = 1>} {
  func.func @rows_by_panels(%x: memref<?x40xi8>, %w: memref<300x10xi8>, %s: memref<300x2xf32>, %b: memref<300xf32>, %y: memref<?x300xf32>) {
    ternary.bitlinear ins(%x : memref<?x40xi8>) weights(%w : memref<300x10xi8>) scales(%s : memref<300x2xf32>)
        bias(%b : memref<300xf32>) outs(%y : memref<?x300xf32>)
        {packing = #ternary.packing<chimera>, group_size = 32 : i64}
    return
  }
}

//===----------------------------------------------------------------------===//
// Float activations
//===----------------------------------------------------------------------===//

// Trits become floats; 64 sums, of which each four neighbours are added last.

// CHECK-LABEL: func.func @floats(
// CHECK-SAME: %[[X:[^:]*]]: memref<1x10xbf16>, %[[W:[^:]*]]: memref<1x1x2x64xi8>, %[[S:[^:]*]]: memref<20xf32>
// CHECK-NOT: vector.reduction
// CHECK: vector.load %[[X]]
// CHECK: arith.extf %{{.*}} : vector<4xbf16> to vector<4xf32>
// CHECK: %[[X0:.*]] = vector.shuffle {{.*}} [0, 1, 2, 3, 0, 1, 2, 3, {{.*}}] : vector<4xf32>, vector<4xf32>
// CHECK: %[[BYTES:.*]] = vector.load %[[W]]
// CHECK: %[[T:.*]] = ternary.decode %[[BYTES]] {digit = 0 : i64, offset = 1 : i64, radix = 3 : i64}
// CHECK: %[[F:.*]] = arith.sitofp %[[T]] : vector<64xi8> to vector<64xf32>
// CHECK: vector.fma %[[F]], %[[X0]], %{{.*}} : vector<64xf32>
// CHECK: ternary.decode %[[BYTES]] {digit = 4 : i64,
// CHECK-NOT: ternary.dot
// CHECK: %[[EVEN:.*]] = vector.shuffle {{.*}} [0, 2, 4, {{.*}}] : vector<32xf32>, vector<32xf32>
// CHECK: %[[ODD:.*]] = vector.shuffle {{.*}} [1, 3, 5, {{.*}}] : vector<32xf32>, vector<32xf32>
// CHECK: %[[DOT:.*]] = arith.addf %[[EVEN]], %[[ODD]] : vector<16xf32>
// CHECK: %[[SCALE:.*]] = vector.maskedload %[[S]]
// CHECK: arith.mulf %[[DOT]], %[[SCALE]]
func.func @floats(%x: memref<1x10xbf16>, %w: memref<1x1x2x64xi8>, %s: memref<20xf32>, %y: memref<1x20xf32>) {
  ternary.bitlinear ins(%x : memref<1x10xbf16>) weights(%w : memref<1x1x2x64xi8>) scales(%s : memref<20xf32>)
      outs(%y : memref<1x20xf32>) {packing = #ternary.packing<cpu_panel3>}
  return
}

// Several tokens: a tile of f32 from the panels, 128 columns or the blocks that fit
// them, for products by fused multiply-add.

// One token on AVX-512: a table of 16 sums for each pair of columns, the last six
// of which are zero, and a look-up for each pair and 16 rows. Every other pair is
// loaded where it begins, but for the last block of columns. Two panels at once
// share what is read of the tables; here is one.

// CHECK-LABEL: func.func @float_tables(
// CHECK-SAME: %[[X:[^:]*]]: memref<1x10xbf16>, %[[W:[^:]*]]: memref<1x1x4x64xi8>, %[[S:[^:]*]]: memref<20xf32>, %[[Y:[^:]*]]: memref<1x20xf32>)
// CHECK: %[[TABLES:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<?x?xf32>
// CHECK: vector.maskedload %[[X]]
// CHECK: arith.extf {{.*}} : vector<16xbf16> to vector<16xf32>
// CHECK-COUNT-8: vector.fma
// CHECK: %[[ROWS:.*]] = memref.collapse_shape %[[W]] {{\[}}[0], [1, 2, 3]] : memref<1x1x4x64xi8> into memref<1x256xi8>
// CHECK: %[[MOST:.*]]:8 = scf.for
// CHECK: %[[TABLE:.*]] = vector.load %[[TABLES]]
// CHECK: %[[BYTES:.*]] = vector.load %[[ROWS]]
// CHECK: %[[BITS:.*]] = vector.bitcast %[[BYTES]] : vector<64xi8> to vector<16xi32>
// CHECK: %[[V:.*]] = ternary.look_up %[[TABLE]][%[[BITS]]]
// CHECK: arith.addf %{{.*}}, %[[V]]
// CHECK: arith.shrui %[[BITS]], %{{.*}}
// CHECK-COUNT-4: vector.load %[[ROWS]]
// CHECK: %[[SUMS:.*]]:8 = scf.for {{.*}} iter_args(%{{.*}} = %[[MOST]]#0
// CHECK-COUNT-4: vector.load %[[ROWS]]
// CHECK-NOT: vector.load %[[ROWS]]
// CHECK: %[[ALL:.*]] = arith.addf %[[SUMS]]#0, %[[SUMS]]#1
// CHECK: vector.maskedload %[[S]]
// CHECK: arith.mulf %[[ALL]],
// CHECK-COUNT-4: vector.maskedstore %[[Y]]
module attributes {ternary.target = #ternary.target<cpu = "cascadelake", isa = "avx512vnni", threads = 1>} {
  func.func @float_tables(%x: memref<1x10xbf16>, %w: memref<1x1x4x64xi8>, %s: memref<20xf32>, %y: memref<1x20xf32>) {
    ternary.bitlinear ins(%x : memref<1x10xbf16>) weights(%w : memref<1x1x4x64xi8>)
        scales(%s : memref<20xf32>) outs(%y : memref<1x20xf32>) {packing = #ternary.packing<cpu_panel2>}
    return
  }
}

// CHECK-LABEL: func.func @float_tokens(
// CHECK-SAME: %[[X:[^:]*]]: memref<?x?xf32>, %[[W:[^:]*]]: memref<?x?x2x64xi8>
// CHECK: scf.if
// CHECK: } else {
// CHECK: scf.forall (%{{.*}}) = (0) to (%{{.*}}) step (64) {
// CHECK: scf.for %{{.*}} step %c120 {
// CHECK: %[[BYTES:.*]] = vector.load %[[W]]
// CHECK: %[[T:.*]] = ternary.decode %[[BYTES]] {digit = 0 : i64, offset = 1 : i64, radix = 3 : i64}
// CHECK: %[[COLUMN:.*]] = vector.shuffle %[[T]], %[[T]] [0, 4, 8, {{.*}}, 60]
// CHECK: %[[F:.*]] = arith.sitofp %[[COLUMN]] : vector<16xi8> to vector<16xf32>
// CHECK: vector.store %[[F]], %[[TILE:.*]][%{{.*}}, %{{.*}}]
// CHECK: :12 = scf.for
// CHECK: vector.load %[[TILE]]
// CHECK-COUNT-12: math.fma
func.func @float_tokens(%x: memref<?x?xf32>, %w: memref<?x?x2x64xi8>, %y: memref<?x?xf32>) {
  ternary.bitlinear ins(%x : memref<?x?xf32>) weights(%w : memref<?x?x2x64xi8>) outs(%y : memref<?x?xf32>)
      {packing = #ternary.packing<cpu_panel3>}
  return
}

//===----------------------------------------------------------------------===//
// Weights in rows
//===----------------------------------------------------------------------===//

// Blocks of 64 rows on all threads, decoded once. For 384 tokens and 128 columns
// a tile of the weights is transposed, 16 by 16, and the activations become f32;
// products are summed by fused multiply-add, then scaled. No buffer has the size
// of the weight.

// CHECK-LABEL: func.func @rows(
// CHECK-SAME: %[[X:[^:]*]]: memref<2x?x?xbf16>, %[[W:[^:]*]]: memref<?x?xi8>, %[[S:[^:]*]]: memref<?xf32>, %[[A:[^:]*]]: memref<2x?xf32>, %[[B:[^:]*]]: memref<?xf32>, %[[Y:[^:]*]]: memref<2x?x?xf16>)
// CHECK-DAG: %[[OUT:.*]] = memref.collapse_shape %[[Y]] {{\[\[}}0, 1], [2]]
// CHECK-DAG: %[[IN:.*]] = memref.collapse_shape %[[X]] {{\[\[}}0, 1], [2]]
// CHECK: scf.forall (%[[FIRST:.*]]) = (0) to (%{{.*}}) step (64) {
// CHECK: %[[TOTAL:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x?xf32>
// CHECK: %[[TILE:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x?xf32>
// CHECK: %[[FLOATS:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x?xf32>
// CHECK: %[[TRITS:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?xi8>
// CHECK-NOT: memref.alloc
// CHECK: vector.load %[[W]]
// CHECK-COUNT-4: vector.store %{{.*}}, %[[TRITS]]
// CHECK: scf.for %{{.*}} step %c384 {
// CHECK: scf.for %{{.*}} step %c128 {
// CHECK-COUNT-16: vector.maskedload %[[TRITS]]
// CHECK: vector.shuffle {{.*}} [0, 16, 1, 17, {{.*}}] : vector<16xf32>, vector<16xf32>
// CHECK-COUNT-16: vector.store %{{.*}}, %[[TILE]]
// CHECK: %[[F:.*]] = vector.load %[[IN]]
// CHECK: %[[F32:.*]] = arith.extf %[[F]] : vector<64xbf16> to vector<64xf32>
// CHECK: vector.store %[[F32]], %[[FLOATS]]
// CHECK: :12 = scf.for
// CHECK: vector.load %[[TILE]]
// CHECK: memref.load %[[FLOATS]]
// CHECK-COUNT-12: math.fma
// CHECK: vector.store %{{.*}}, %[[TOTAL]]
// CHECK-DAG: %[[SUM:.*]] = vector.load %[[TOTAL]]
// CHECK-DAG: %[[SCALE:.*]] = vector.maskedload %[[S]]
// CHECK: %[[SCALED:.*]] = arith.mulf %[[SUM]], %[[SCALE]]
// CHECK: vector.store %[[SCALED]], %[[TOTAL]]
// CHECK: memref.load %[[A]]
// CHECK: vector.load %[[TOTAL]]
// CHECK: arith.mulf
// CHECK: vector.load %[[B]]
// CHECK: arith.addf
// CHECK: arith.truncf %{{.*}} : vector<8xf32> to vector<8xf16>
// CHECK: vector.store %{{.*}}, %[[OUT]]
// CHECK: vector.maskedstore %[[OUT]]
// CHECK-NOT: memref.alloc
// CHECK: return
func.func @rows(%x: memref<2x?x?xbf16>, %w: memref<?x?xi8>, %s: memref<?xf32>, %a: memref<2x?xf32>, %b: memref<?xf32>,
                %y: memref<2x?x?xf16>) {
  ternary.bitlinear ins(%x : memref<2x?x?xbf16>) weights(%w : memref<?x?xi8>) scales(%s : memref<?xf32>)
      activation_scale(%a : memref<2x?xf32>) bias(%b : memref<?xf32>) outs(%y : memref<2x?x?xf16>)
      {packing = #ternary.packing<chimera>}
  return
}

// Two components: the first one's sums are the total, the second one's are added
// to it; groups of more than 128 columns are summed in a buffer of their own.

// CHECK-LABEL: func.func @row_components(
// CHECK: scf.forall
// CHECK: %[[TOTAL:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x?xf32>
// CHECK: memref.alloc({{.*}}) {{.*}} : memref<?x?xf32>
// CHECK: %[[PART:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x?xf32>
// CHECK: %[[GROUP:.*]] = memref.alloc({{.*}}) {{.*}} : memref<?x?xf32>
// CHECK: vector.store %{{.*}}, %[[TOTAL]]
// CHECK: vector.store %{{.*}}, %[[GROUP]]
// CHECK: math.fma
// CHECK: vector.load %[[GROUP]]
// CHECK: vector.store %{{.*}}, %[[TOTAL]]
// CHECK: math.fma
// CHECK: vector.store %{{.*}}, %[[PART]]
// CHECK: vector.load %[[PART]]
// CHECK: vector.store %{{.*}}, %[[TOTAL]]
// CHECK: return
func.func @row_components(%x: memref<4x300xf32>, %w: memref<8x300xi8>, %s: memref<8x2xf32>, %t: memref<f32>,
                          %y: memref<4x8xf32>) {
  ternary.bitlinear ins(%x : memref<4x300xf32>) weights(%w, %w : memref<8x300xi8>, memref<8x300xi8>)
      scales(%s, %t : memref<8x2xf32>, memref<f32>) outs(%y : memref<4x8xf32>) {group_size = 200 : i64}
  return
}

// A group of at most 128 columns is scaled before it is added; sums of bytes are
// exact where no sum can leave 24 bits.

// CHECK-LABEL: func.func @row_groups(
// CHECK-SAME: memref<4x10xi8>, %[[W:[^:]*]]: memref<16xi8>, %[[S:[^:]*]]: memref<8x3xf32>
// CHECK: scf.forall
// CHECK: ternary.decode
// CHECK: scf.for %[[G:.*]] = %c0 to %c3
// CHECK: memref.load %[[S]][%{{.*}}, %[[G]]]
// CHECK: memref.store %{{.*}}, %[[SCALES:.*]][%{{.*}}] : memref<?xf32>
// CHECK: math.fma
// CHECK: %[[SCALE:.*]] = vector.load %[[SCALES]]
// CHECK: arith.mulf %{{.*}}, %[[SCALE]]
// CHECK: arith.addf
// CHECK-NOT: ternary.dot
// CHECK: return
func.func @row_groups(%x: memref<4x10xi8>, %w: memref<16xi8>, %s: memref<8x3xf32>, %y: memref<4x8xf32>) {
  ternary.bitlinear ins(%x : memref<4x10xi8>) weights(%w : memref<16xi8>) scales(%s : memref<8x3xf32>)
      outs(%y : memref<4x8xf32>) {packing = #ternary.packing<base3>, group_size = 4 : i64}
  return
}

//===----------------------------------------------------------------------===//
// Left alone
//===----------------------------------------------------------------------===//

// A packing that is neither panel nor rows, sums of bytes that may leave 24 bits,
// operands that are rounded, strided rows, tensors, other ops.

// CHECK-LABEL: func.func @left(
// CHECK-NOT: scf.for
// CHECK: ternary.bitlinear
// CHECK-SAME: packing = #ternary.packing<hf>
// CHECK-COUNT-5: ternary.bitlinear
// CHECK: ternary.sparsify
// CHECK-NOT: scf.for
// CHECK: return
func.func @left(%x: memref<4x10xi8>, %c: memref<2x10xi8>, %l: memref<4x?xi8>, %t: memref<8x?xi8>, %y: memref<4x8xi32>,
                %z: memref<4x8xf32>, %f: memref<4x10xf32>, %w: memref<1x1x4x64xi8>,
                %u: memref<4x10xi8, strided<[20, 2]>>, %tx: tensor<4x10xi8>, %tw: tensor<1x1x4x64xi8>,
                %ty: tensor<4x8xi32>) -> tensor<4x8xi32> {
  ternary.bitlinear ins(%x : memref<4x10xi8>) weights(%c : memref<2x10xi8>) outs(%y : memref<4x8xi32>)
      {packing = #ternary.packing<hf>}
  ternary.bitlinear ins(%l : memref<4x?xi8>) weights(%t : memref<8x?xi8>) outs(%y : memref<4x8xi32>)
  ternary.bitlinear ins(%l : memref<4x?xi8>) weights(%t : memref<8x?xi8>) outs(%z : memref<4x8xf32>)
      {packing = #ternary.packing<chimera>}
  ternary.bitlinear ins(%f : memref<4x10xf32>) weights(%w : memref<1x1x4x64xi8>) outs(%z : memref<4x8xf32>)
      {packing = #ternary.packing<cpu_panel2>, round_operands = f16}
  ternary.bitlinear ins(%u : memref<4x10xi8, strided<[20, 2]>>) weights(%w : memref<1x1x4x64xi8>)
      outs(%y : memref<4x8xi32>) {packing = #ternary.packing<cpu_panel2>}
  %r = ternary.bitlinear ins(%tx : tensor<4x10xi8>) weights(%tw : tensor<1x1x4x64xi8>) outs(%ty : tensor<4x8xi32>)
      {packing = #ternary.packing<cpu_panel2>} -> tensor<4x8xi32>
  ternary.sparsify ins(%f : memref<4x10xf32>) outs(%f : memref<4x10xf32>)
  return %r : tensor<4x8xi32>
}

// CHECK: func.func private @declaration(memref<1x1x4x64xi8>)
func.func private @declaration(memref<1x1x4x64xi8>)
