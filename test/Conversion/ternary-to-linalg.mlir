// RUN: ternary-opt %s --convert-ternary-to-linalg | FileCheck %s --implicit-check-not=" ternary."
// RUN: ternary-opt %s --convert-ternary-to-linalg -o %t.once
// RUN: ternary-opt %t.once --convert-ternary-to-linalg -o %t.twice
// RUN: diff %t.once %t.twice

// The maps of the whole file. Matrices have the iterators n, k; a bitlinear has
// its tokens, then n, then k.

// CHECK-DAG: #[[SCALAR:map[0-9]*]] = affine_map<() -> ()>
// CHECK-DAG: #[[ID1:map[0-9]*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG: #[[ONE1:map[0-9]*]] = affine_map<(d0) -> ()>
// CHECK-DAG: #[[ID:map[0-9]*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ONE:map[0-9]*]] = affine_map<(d0, d1) -> ()>
// CHECK-DAG: #[[ROW:map[0-9]*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[COLUMN:map[0-9]*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[GROUP:map[0-9]*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 4)>
// CHECK-DAG: #[[BLOCKS:map[0-9]*]] = affine_map<(d0, d1) -> (d0 floordiv 4, d1, d0 mod 4)>
// CHECK-DAG: #[[PAIR:map[0-9]*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 2)>
// CHECK-DAG: #[[XMAP:map[0-9]*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[WMAP:map[0-9]*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[YMAP:map[0-9]*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[ID3:map[0-9]*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[ONE3:map[0-9]*]] = affine_map<(d0, d1, d2) -> ()>
// CHECK-DAG: #[[X4:map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3)>
// CHECK-DAG: #[[W4:map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d2, d3)>
// CHECK-DAG: #[[Y4:map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2)>
// CHECK-DAG: #[[GROUP4:map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3 floordiv 4)>
// CHECK-DAG: #[[ID4:map[0-9]*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>

//===----------------------------------------------------------------------===//
// Storage
//===----------------------------------------------------------------------===//

// Byte [n, b] holds the columns 4 b + i, the first in the highest digit; behind
// the last column stands the code of trit 0.

// CHECK-LABEL: func.func @pack(
// CHECK-SAME: %[[T:[^:]*]]: tensor<8x10xi8>, %[[O:[^:]*]]: tensor<8x3xi8>)
// CHECK: linalg.generic {indexing_maps = [#[[ID]]], iterator_types = ["parallel", "parallel"]} outs(%[[O]] : tensor<8x3xi8>)
// CHECK: %[[N:.*]] = linalg.index 0
// CHECK: %[[B:.*]] = linalg.index 1
// CHECK: %[[K:.*]] = arith.muli %[[B]], %c4 : index
// CHECK: arith.cmpi ult, %[[K]], %c10
// CHECK: scf.if
// CHECK: tensor.extract %[[T]][%[[N]], %[[K]]]
// CHECK: else
// CHECK: scf.yield %c0_i8
// CHECK: arith.muli %{{.*}}, %c64_i32
// CHECK: arith.muli %{{.*}}, %c16_i32
// CHECK: arith.muli %{{.*}}, %c4_i32
// CHECK: arith.trunci %{{.*}} : i32 to i8
func.func @pack(%t: tensor<8x10xi8>, %o: tensor<8x3xi8>) -> tensor<8x3xi8> {
  %b = ternary.pack ins(%t : tensor<8x10xi8>) outs(%o : tensor<8x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
  return %b : tensor<8x3xi8>
}

// Byte [r, k] holds the rows r + i * ceil(N / 4). `truncate` goes to an integer
// and keeps the trits among those.

// CHECK-LABEL: func.func @pack_truncate(
// CHECK-SAME: %[[T:[^:]*]]: tensor<?x?xf16>
// CHECK: %[[ROWS:.*]] = tensor.dim %[[T]], %c0
// CHECK: linalg.generic {indexing_maps = [#[[ID]]], iterator_types = ["parallel", "parallel"]} outs(
// CHECK: %[[UP:.*]] = arith.addi %[[ROWS]], %c3 : index
// CHECK: arith.divui %[[UP]], %c4 : index
// CHECK: %[[V:.*]] = tensor.extract %[[T]]
// CHECK: %[[F:.*]] = arith.extf %[[V]] : f16 to f32
// CHECK: %[[A:.*]] = math.absf %[[F]]
// CHECK: %[[IN:.*]] = arith.cmpf olt, %[[A]], %{{.*}} : f32
// CHECK: %[[S:.*]] = arith.select %[[IN]], %[[F]], %{{.*}} : f32
// CHECK: %[[I:.*]] = arith.fptosi %[[S]] : f32 to i32
// CHECK: arith.trunci %[[I]] : i32 to i8
func.func @pack_truncate(%t: tensor<?x?xf16>, %o: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %b = ternary.pack ins(%t : tensor<?x?xf16>) outs(%o : tensor<?x?xi8>)
      {conversion = #ternary<conversion truncate>, packing = #ternary.packing<hf>} -> tensor<?x?xi8>
  return %b : tensor<?x?xi8>
}

// base3 runs on from row to row: element 5 b + i, and -1 behind the last.

// CHECK-LABEL: func.func @pack_sign(
// CHECK: linalg.generic {indexing_maps = [#[[ID1]]], iterator_types = ["parallel"]} outs(
// CHECK: %[[F:.*]] = arith.muli %{{.*}}, %c5 : index
// CHECK: arith.cmpi ult, %[[F]], %c80
// CHECK: %[[N:.*]] = arith.divui %[[F]], %c10
// CHECK: %[[K:.*]] = arith.remui %[[F]], %c10
// CHECK: %[[V:.*]] = tensor.extract %{{.*}}[%[[N]], %[[K]]]
// CHECK: arith.cmpf ogt, %[[V]]
// CHECK: arith.cmpf olt, %[[V]]
// CHECK: else
// CHECK: scf.yield %c-1_i8
// CHECK: arith.muli %{{.*}}, %c3_i32
// CHECK: arith.muli %{{.*}}, %c9_i32
// CHECK: arith.muli %{{.*}}, %c27_i32
// CHECK: arith.muli %{{.*}}, %c81_i32
func.func @pack_sign(%t: tensor<8x10xf32>, %o: tensor<16xi8>) -> tensor<16xi8> {
  %b = ternary.pack ins(%t : tensor<8x10xf32>) outs(%o : tensor<16xi8>)
      {conversion = #ternary<conversion sign>, packing = #ternary.packing<base3>} -> tensor<16xi8>
  return %b : tensor<16xi8>
}

// The byte is unsigned; codes become trits by comparison where they are in no
// order, else by a subtraction.

// CHECK-LABEL: func.func @unpack(
// CHECK: linalg.generic {indexing_maps = [#[[ID]]], iterator_types = ["parallel", "parallel"]} outs(%{{.*}} : tensor<8x10xi8>)
// CHECK: %[[I:.*]] = arith.remui %{{.*}}, %c4
// CHECK: %[[B:.*]] = arith.divui %{{.*}}, %c4
// CHECK: %[[BYTE:.*]] = tensor.extract %{{.*}}[%{{.*}}, %[[B]]]
// CHECK: %[[U:.*]] = arith.extui %[[BYTE]] : i8 to i32
// CHECK: %[[S:.*]] = arith.shrui %[[U]]
// CHECK: %[[CODE:.*]] = arith.andi %[[S]], %c3_i32
// CHECK: arith.cmpi eq, %[[CODE]], %c2_i32
func.func @unpack(%b: tensor<8x3xi8>, %o: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %t = ternary.unpack ins(%b : tensor<8x3xi8>) outs(%o : tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<8x10xi8>
  return %t : tensor<8x10xi8>
}

// Two results are two ops. The header of a block is a little-endian f16.

// CHECK-LABEL: func.func @unpack_scales(
// CHECK: linalg.generic {indexing_maps = [#[[ID]]], iterator_types = ["parallel", "parallel"]} outs(%{{.*}} : tensor<?x?xi8>)
// CHECK: %[[CODE:.*]] = arith.andi %{{.*}}, %c3_i32
// CHECK: arith.subi %[[CODE]], %c1_i32
// CHECK: linalg.generic {indexing_maps = [#[[ID]]], iterator_types = ["parallel", "parallel"]} outs(%{{.*}} : tensor<?x?xf32>)
// CHECK: tensor.extract %{{.*}}[%{{.*}}, %{{.*}}, %c0] : tensor<?x?x18xi8>
// CHECK: tensor.extract %{{.*}}[%{{.*}}, %{{.*}}, %c1] : tensor<?x?x18xi8>
// CHECK: arith.shli %{{.*}}, %c8_i32
// CHECK: arith.bitcast %{{.*}} : i16 to f16
// CHECK: arith.extf %{{.*}} : f16 to f32
func.func @unpack_scales(%b: tensor<?x?x18xi8>, %o: tensor<?x?xi8>, %p: tensor<?x?xf32>)
    -> (tensor<?x?xi8>, tensor<?x?xf32>) {
  %t, %s = ternary.unpack ins(%b : tensor<?x?x18xi8>) outs(%o, %p : tensor<?x?xi8>, tensor<?x?xf32>)
      {packing = #ternary.packing<q2_0>} -> tensor<?x?xi8>, tensor<?x?xf32>
  return %t, %s : tensor<?x?xi8>, tensor<?x?xf32>
}

// Through all trits.

// CHECK-LABEL: func.func @repack(
// CHECK: %[[E:.*]] = tensor.empty() : tensor<8x10xi8>
// CHECK: %[[T:.*]] = linalg.generic {indexing_maps = [#[[ID]]], iterator_types = ["parallel", "parallel"]} outs(%[[E]] : tensor<8x10xi8>)
// CHECK: linalg.generic {indexing_maps = [#[[ID]]], iterator_types = ["parallel", "parallel"]} outs(%{{.*}} : tensor<2x10xi8>)
// CHECK: tensor.extract %[[T]][
func.func @repack(%b: tensor<8x3xi8>, %o: tensor<2x10xi8>) -> tensor<2x10xi8> {
  %h = ternary.repack ins(%b : tensor<8x3xi8>) shape(8, 10) outs(%o : tensor<2x10xi8>)
      {source = #ternary.packing<chimera>, packing = #ternary.packing<hf>} -> tensor<2x10xi8>
  return %h : tensor<2x10xi8>
}

// CHECK-LABEL: func.func @dequantize(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%{{.*}} : tensor<8x10xi8>)
// CHECK: arith.sitofp %{{.*}} : i8 to f16
func.func @dequantize(%t: tensor<8x10xi8>, %o: tensor<8x10xf16>) -> tensor<8x10xf16> {
  %w = ternary.dequantize ins(%t : tensor<8x10xi8>) outs(%o : tensor<8x10xf16>) -> tensor<8x10xf16>
  return %w : tensor<8x10xf16>
}

// scale[n, k / 4], in the type of the result.

// CHECK-LABEL: func.func @dequantize_groups(
// CHECK: %[[E:.*]] = tensor.empty(%{{.*}}, %{{.*}}) : tensor<?x?xi8>
// CHECK: %[[T:.*]] = linalg.generic {{.*}} outs(%[[E]] :
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[GROUP]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[T]], %{{.*}} : tensor<?x?xi8>, tensor<?x?xf32>)
// CHECK: %[[V:.*]] = arith.sitofp %{{.*}} : i8 to f16
// CHECK: %[[S:.*]] = arith.truncf %{{.*}} : f32 to f16
// CHECK: arith.mulf %[[V]], %[[S]] : f16
func.func @dequantize_groups(%b: tensor<?x?xi8>, %s: tensor<?x?xf32>, %o: tensor<?x?xf16>) -> tensor<?x?xf16> {
  %w = ternary.dequantize ins(%b : tensor<?x?xi8>) scales(%s : tensor<?x?xf32>) outs(%o : tensor<?x?xf16>)
      {group_size = 4 : i64, packing = #ternary.packing<chimera>} -> tensor<?x?xf16>
  return %w : tensor<?x?xf16>
}

//===----------------------------------------------------------------------===//
// Quantization
//===----------------------------------------------------------------------===//

// The sum of a group over its own length, at least eps.

// CHECK-LABEL: func.func @absmean(
// CHECK: %[[Z:.*]] = linalg.fill
// CHECK: %[[SUMS:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[GROUP]]], iterator_types = ["parallel", "reduction"]} ins(%{{.*}} : tensor<8x10xbf16>) outs(%[[Z]] : tensor<8x3xf32>)
// CHECK: arith.extf
// CHECK: %[[A:.*]] = math.absf
// CHECK: arith.addf %{{.*}}, %[[A]]
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[SUMS]]
// CHECK: %[[REST:.*]] = arith.subi %c10, %{{.*}}
// CHECK: arith.minui %[[REST]], %c4
// CHECK: arith.divf
// CHECK: arith.maximumf
func.func @absmean(%w: tensor<8x10xbf16>, %o: tensor<8x3xf32>) -> tensor<8x3xf32> {
  %a = ternary.absmean ins(%w : tensor<8x10xbf16>) outs(%o : tensor<8x3xf32>) {group_size = 4 : i64}
      -> tensor<8x3xf32>
  return %a : tensor<8x3xf32>
}

// CHECK-LABEL: func.func @absmean_whole(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ONE]]], iterator_types = ["reduction", "reduction"]}
// CHECK: linalg.generic {indexing_maps = [#[[SCALAR]], #[[SCALAR]]], iterator_types = []}
// CHECK: %[[N:.*]] = tensor.dim %{{.*}}, %c0
// CHECK: %[[K:.*]] = tensor.dim %{{.*}}, %c1
// CHECK: arith.muli %[[N]], %[[K]]
func.func @absmean_whole(%w: tensor<?x?xf32>, %o: tensor<f32>) -> tensor<f32> {
  %a = ternary.absmean ins(%w : tensor<?x?xf32>) outs(%o : tensor<f32>) -> tensor<f32>
  return %a : tensor<f32>
}

// clamp(round(w / alpha), -1, 1), and 0 for NaN.

// CHECK-LABEL: func.func @ternarize(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%{{.*}} : tensor<?x?xf32>, tensor<?xf32>)
// CHECK: %[[D:.*]] = arith.divf
// CHECK: %[[R:.*]] = math.roundeven %[[D]]
// CHECK: %[[LOW:.*]] = arith.maximumf %[[R]]
// CHECK: %[[C:.*]] = arith.minimumf %[[LOW]]
// CHECK: %[[NAN:.*]] = arith.cmpf uno, %[[C]], %[[C]]
// CHECK: %[[V:.*]] = arith.select %[[NAN]], %{{.*}}, %[[C]]
// CHECK: arith.fptosi %[[V]] : f32 to i8
func.func @ternarize(%w: tensor<?x?xf32>, %a: tensor<?xf32>, %o: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %q = ternary.ternarize ins(%w : tensor<?x?xf32>) scales(%a : tensor<?xf32>) outs(%o : tensor<?x?xi8>)
      -> tensor<?x?xi8>
  return %q : tensor<?x?xi8>
}

// CHECK-LABEL: func.func @ternarize_lsq(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ONE]], #[[ID]]]
// CHECK: %[[A:.*]] = arith.maximumf
// CHECK: arith.divf %{{.*}}, %[[A]]
// CHECK: math.roundeven
func.func @ternarize_lsq(%w: tensor<8x10xf32>, %a: tensor<f32>, %o: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %q = ternary.ternarize ins(%w : tensor<8x10xf32>) scales(%a : tensor<f32>) outs(%o : tensor<8x10xi8>)
      {method = #ternary<method lsq>} -> tensor<8x10xi8>
  return %q : tensor<8x10xi8>
}

// CHECK-LABEL: func.func @ternarize_threshold(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%{{.*}} : tensor<8x10xf16>)
// CHECK: %[[W:.*]] = arith.extf
// CHECK: %[[A:.*]] = math.absf %[[W]]
// CHECK: %[[IN:.*]] = arith.cmpf ogt, %[[A]], %{{.*}}
// CHECK: arith.select %[[IN]], %{{.*}}, %c0_i8
func.func @ternarize_threshold(%w: tensor<8x10xf16>, %o: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %q = ternary.ternarize ins(%w : tensor<8x10xf16>) outs(%o : tensor<8x10xi8>)
      {method = #ternary<method threshold>, threshold = 0.5 : f32} -> tensor<8x10xi8>
  return %q : tensor<8x10xi8>
}

// The largest magnitude of a token, then its elements over that times 127.

// CHECK-LABEL: func.func @quantize_activation(
// CHECK-SAME: %[[IN:[^:]*]]: tensor<?x10xf32>
// CHECK: %[[MAX:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[IN]] : tensor<?x10xf32>)
// CHECK: %[[A:.*]] = math.absf
// CHECK: arith.maximumf %{{.*}}, %[[A]]
// CHECK: %[[CLAMPED:.*]] = linalg.generic {indexing_maps = [#[[ID1]], #[[ID1]]], iterator_types = ["parallel"]} ins(%[[MAX]] : tensor<?xf32>)
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[IN]], %[[CLAMPED]]
// CHECK: arith.divf
// CHECK: arith.mulf
// CHECK: math.roundeven
// CHECK: arith.fptosi %{{.*}} : f32 to i8
// CHECK: linalg.generic {indexing_maps = [#[[ID1]], #[[ID1]]], iterator_types = ["parallel"]} ins(%[[CLAMPED]]
// CHECK: arith.divf
func.func @quantize_activation(%x: tensor<?x10xf32>, %o: tensor<?x10xi8>, %p: tensor<?xf32>)
    -> (tensor<?x10xi8>, tensor<?xf32>) {
  %q, %s = ternary.quantize_activation ins(%x : tensor<?x10xf32>) outs(%o, %p : tensor<?x10xi8>, tensor<?xf32>)
      -> tensor<?x10xi8>, tensor<?xf32>
  return %q, %s : tensor<?x10xi8>, tensor<?xf32>
}

// CHECK-LABEL: func.func @dequantize_activation(
// CHECK: linalg.generic {indexing_maps = [#[[ID1]], #[[ONE1]], #[[ID1]]], iterator_types = ["parallel"]}
// CHECK: %[[Q:.*]] = arith.sitofp %{{.*}} : i8 to f32
// CHECK: %[[R:.*]] = arith.divf %[[Q]], %{{.*}}
// CHECK: arith.mulf %[[R]], %{{.*}}
func.func @dequantize_activation(%q: tensor<10xi8>, %s: tensor<f32>, %o: tensor<10xf32>) -> tensor<10xf32> {
  %x = ternary.dequantize_activation ins(%q : tensor<10xi8>) scales(%s : tensor<f32>) outs(%o : tensor<10xf32>)
      {scale_form = #ternary<scale_form absmax>} -> tensor<10xf32>
  return %x : tensor<10xf32>
}

// An entry stays if at least m - n of its block go before it.

// CHECK-LABEL: func.func @sparsify(
// CHECK-SAME: %[[Q:[^:]*]]: tensor<8x12xi8>, %[[W:[^:]*]]: tensor<8x12xf32>
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[Q]]
// CHECK: tensor.extract %[[W]]
// CHECK: %[[BEFORE:.*]] = scf.for %{{.*}} = %c0 to %c4 step %c1
// CHECK: tensor.extract %[[W]]
// CHECK: %[[STAYS:.*]] = arith.cmpi uge, %[[BEFORE]], %c2
// CHECK: arith.select %[[STAYS]], %{{.*}}, %c0_i8
func.func @sparsify(%q: tensor<8x12xi8>, %w: tensor<8x12xf32>, %o: tensor<8x12xi8>) -> tensor<8x12xi8> {
  %s = ternary.sparsify ins(%q : tensor<8x12xi8>) magnitude(%w : tensor<8x12xf32>) outs(%o : tensor<8x12xi8>)
      {n = 2, m = 4} -> tensor<8x12xi8>
  return %s : tensor<8x12xi8>
}

// CHECK-LABEL: func.func @f(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%{{.*}} : tensor<4x8xi8>) outs(%{{.*}} : tensor<4x8xi1>)
// CHECK: arith.cmpi ne, %{{.*}}, %c0_i8
func.func @f(%t: tensor<4x8xi8>, %init: tensor<4x8xi1>) -> tensor<4x8xi1> {
  // Becomes a linalg.generic that compares with zero.
  %m = ternary.nonzero_mask ins(%t : tensor<4x8xi8>)
      outs(%init : tensor<4x8xi1>) -> tensor<4x8xi1>
  return %m : tensor<4x8xi1>
}

// Twice absmean and ternarize; the second time of what the first one leaves.

// CHECK-LABEL: func.func @decompose(
// CHECK-SAME: %[[R0:[^:]*]]: tensor<8x10xf32>, %[[O:[^:]*]]: tensor<2x8x10xi8>, %[[P:[^:]*]]: tensor<2x8xf32>)
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[R0]]
// CHECK: %[[G0:.*]] = linalg.generic {indexing_maps = [#[[ID1]], #[[ID1]]]
// CHECK: %[[T0:.*]] = linalg.generic {{.*}} ins(%[[R0]], %[[G0]]
// CHECK: %[[R1:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROW]], #[[ID]]], {{.*}} ins(%[[R0]], %[[T0]], %[[G0]]
// CHECK: arith.subf
// CHECK: %[[TS:.*]] = tensor.insert_slice %[[T0]] into %[[O]][0, 0, 0] [1, 8, 10] [1, 1, 1]
// CHECK: %[[GS:.*]] = tensor.insert_slice %[[G0]] into %[[P]][0, 0] [1, 8] [1, 1]
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[R1]]
// CHECK: %[[G1:.*]] = linalg.generic {indexing_maps = [#[[ID1]], #[[ID1]]]
// CHECK: %[[T1:.*]] = linalg.generic {{.*}} ins(%[[R1]], %[[G1]]
// CHECK: tensor.insert_slice %[[T1]] into %[[TS]][1, 0, 0]
// CHECK: tensor.insert_slice %[[G1]] into %[[GS]][1, 0]
func.func @decompose(%w: tensor<8x10xf32>, %o: tensor<2x8x10xi8>, %p: tensor<2x8xf32>)
    -> (tensor<2x8x10xi8>, tensor<2x8xf32>) {
  %t, %g = ternary.decompose ins(%w : tensor<8x10xf32>) outs(%o, %p : tensor<2x8x10xi8>, tensor<2x8xf32>)
      -> tensor<2x8x10xi8>, tensor<2x8xf32>
  return %t, %g : tensor<2x8x10xi8>, tensor<2x8xf32>
}

// Five counts in i64, each over the number of elements.

// CHECK-LABEL: func.func @deadzone_stats(
// CHECK: %[[ALPHA:.*]] = linalg.generic {indexing_maps = [#[[SCALAR]], #[[SCALAR]]], iterator_types = []}
// CHECK: %[[COUNT:.*]]:5 = linalg.generic {indexing_maps = [#[[ID]], #[[ONE]], #[[ONE]], #[[ONE]], #[[ONE]], #[[ONE]], #[[ONE]]], iterator_types = ["reduction", "reduction"]} ins(%{{.*}}, %[[ALPHA]] :
// CHECK: arith.extui %{{.*}} : i1 to i64
// CHECK: %[[MEAN:.*]] = tensor.extract %[[ALPHA]][]
// CHECK: %[[MINUS:.*]] = tensor.extract %[[COUNT]]#0[]
// CHECK: %[[F:.*]] = arith.sitofp %[[MINUS]] : i64 to f32
// CHECK: arith.divf %[[F]]
// CHECK: tensor.insert %[[MEAN]] into %{{.*}}[%c0] : tensor<6xf32>
// CHECK: tensor.insert %{{.*}} into %{{.*}}[%c5] : tensor<6xf32>
func.func @deadzone_stats(%w: tensor<8x10xf32>, %o: tensor<6xf32>) -> tensor<6xf32> {
  %s = ternary.deadzone_stats ins(%w : tensor<8x10xf32>) outs(%o : tensor<6xf32>) -> tensor<6xf32>
  return %s : tensor<6xf32>
}

//===----------------------------------------------------------------------===//
// Inference
//===----------------------------------------------------------------------===//

// i8 times trit, in i32.

// CHECK-LABEL: func.func @bitlinear_exact(
// CHECK: %[[Z:.*]] = linalg.fill ins(%c0_i32 : i32)
// CHECK: %[[R:.*]] = linalg.generic {indexing_maps = [#[[COLUMN]], #[[ID]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%{{.*}} : tensor<10xi8>, tensor<8x10xi8>) outs(%[[Z]] : tensor<8xi32>)
// CHECK-COUNT-2: arith.extsi %{{.*}} : i8 to i32
// CHECK: %[[P:.*]] = arith.muli
// CHECK: arith.addi %{{.*}}, %[[P]]
// CHECK: return %[[R]]
func.func @bitlinear_exact(%x: tensor<10xi8>, %w: tensor<8x10xi8>, %o: tensor<8xi32>) -> tensor<8xi32> {
  %y = ternary.bitlinear ins(%x : tensor<10xi8>) weights(%w : tensor<8x10xi8>) outs(%o : tensor<8xi32>)
      -> tensor<8xi32>
  return %y : tensor<8xi32>
}

// Trits, dot product, weight scale, then activation scale, bias and rounding.

// CHECK-LABEL: func.func @bitlinear(
// CHECK-SAME: %[[IN:[^:]*]]: tensor<?x10xi8>, %{{[^:]*}}: tensor<8x3xi8>, %[[S:[^:]*]]: tensor<8xf32>, %[[A:[^:]*]]: tensor<?xf32>, %[[C:[^:]*]]: tensor<8xbf16>, %[[O:[^:]*]]: tensor<?x8xf16>)
// CHECK: %[[T:.*]] = linalg.generic {indexing_maps = [#[[ID]]], {{.*}} outs(%{{.*}} : tensor<8x10xi8>)
// CHECK: %[[DOT:.*]] = linalg.generic {indexing_maps = [#[[XMAP]], #[[WMAP]], #[[YMAP]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[IN]], %[[T]] : {{.*}}) outs(%{{.*}} : tensor<?x8xi32>)
// CHECK: %[[SCALED:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[COLUMN]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[DOT]], %[[S]]
// CHECK: %[[F:.*]] = arith.sitofp %{{.*}} : i32 to f32
// CHECK: arith.mulf %[[F]]
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[COLUMN]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[SCALED]], %[[A]], %[[C]] : {{.*}}) outs(%[[O]] :
// CHECK: %[[M:.*]] = arith.mulf
// CHECK: %[[BIAS:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK: %[[SUM:.*]] = arith.addf %[[M]], %[[BIAS]]
// CHECK: arith.truncf %[[SUM]] : f32 to f16
func.func @bitlinear(%x: tensor<?x10xi8>, %b: tensor<8x3xi8>, %s: tensor<8xf32>, %a: tensor<?xf32>,
                     %c: tensor<8xbf16>, %o: tensor<?x8xf16>) -> tensor<?x8xf16> {
  %y = ternary.bitlinear ins(%x : tensor<?x10xi8>) weights(%b : tensor<8x3xi8>) scales(%s : tensor<8xf32>)
      activation_scale(%a : tensor<?xf32>) bias(%c : tensor<8xbf16>) outs(%o : tensor<?x8xf16>)
      {packing = #ternary.packing<chimera>} -> tensor<?x8xf16>
  return %y : tensor<?x8xf16>
}

// Components are summed in order. One with a scale per group has a sum per
// group, ceil(K / 4) of them, before it has one per row.

// CHECK-LABEL: func.func @bitlinear_groups(
// CHECK-SAME: %[[IN:[^:]*]]: tensor<2x?x?xf32>, %[[TRITS:[^:]*]]: tensor<?x?xi8>, %[[S:[^:]*]]: tensor<f32>, %[[G:[^:]*]]: tensor<?x?xf32>
// CHECK: %[[DOT:.*]] = linalg.generic {indexing_maps = [#[[X4]], #[[W4]], #[[Y4]]], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[IN]], %[[TRITS]]
// CHECK: %[[V:.*]] = arith.sitofp %{{.*}} : i8 to f32
// CHECK: arith.mulf %{{.*}}, %[[V]]
// CHECK: %[[FIRST:.*]] = linalg.generic {indexing_maps = [#[[ID3]], #[[ONE3]], #[[ID3]]], {{.*}} ins(%[[DOT]], %[[S]]
// CHECK: %[[UP:.*]] = arith.addi %{{.*}}, %c3
// CHECK: %[[GROUPS:.*]] = arith.divui %[[UP]], %c4
// CHECK: tensor.empty(%{{.*}}, %{{.*}}, %[[GROUPS]]) : tensor<2x?x?x?xf32>
// CHECK: %[[SUMS:.*]] = linalg.generic {indexing_maps = [#[[X4]], #[[W4]], #[[GROUP4]]], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[IN]], %[[TRITS]]
// CHECK: %[[SECOND:.*]] = linalg.generic {indexing_maps = [#[[ID4]], #[[W4]], #[[Y4]]], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%[[SUMS]], %[[G]]
// CHECK: linalg.generic {indexing_maps = [#[[ID3]], #[[ID3]], #[[ID3]]], {{.*}} ins(%[[FIRST]], %[[SECOND]]
// CHECK: arith.addf
func.func @bitlinear_groups(%x: tensor<2x?x?xf32>, %w: tensor<?x?xi8>, %s: tensor<f32>, %g: tensor<?x?xf32>,
                            %o: tensor<2x?x?xf32>) -> tensor<2x?x?xf32> {
  %y = ternary.bitlinear ins(%x : tensor<2x?x?xf32>) weights(%w, %w : tensor<?x?xi8>, tensor<?x?xi8>)
      scales(%s, %g : tensor<f32>, tensor<?x?xf32>) outs(%o : tensor<2x?x?xf32>) {group_size = 4 : i64}
      -> tensor<2x?x?xf32>
  return %y : tensor<2x?x?xf32>
}

// A scale in blocks of rows is put in rows first.

// CHECK-LABEL: func.func @bitlinear_blocks(
// CHECK-SAME: %[[G:[^:]*]]: tensor<3x3x4xf32>
// CHECK: %[[S:.*]] = linalg.generic {indexing_maps = [#[[BLOCKS]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[G]] : tensor<3x3x4xf32>) outs(%{{.*}} : tensor<10x3xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[S]]
func.func @bitlinear_blocks(%x: tensor<4x10xi8>, %w: tensor<10x10xi8>, %g: tensor<3x3x4xf32>, %o: tensor<4x10xf32>)
    -> tensor<4x10xf32> {
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<10x10xi8>) scales(%g : tensor<3x3x4xf32>)
      outs(%o : tensor<4x10xf32>) {group_size = 4 : i64} -> tensor<4x10xf32>
  return %y : tensor<4x10xf32>
}

// Exponents become powers of two first.

// CHECK-LABEL: func.func @bitlinear_exponents(
// CHECK-SAME: %[[E:[^:]*]]: tensor<8x3xi8>
// CHECK: %[[S:.*]] = linalg.generic {{.*}} ins(%[[E]] : tensor<8x3xi8>) outs(%{{.*}} : tensor<8x3xf32>)
// CHECK: %[[X:.*]] = arith.extsi %{{.*}} : i8 to i32
// CHECK: %[[D:.*]] = arith.subi %{{.*}}, %[[X]]
// CHECK: %[[M:.*]] = arith.maxsi %[[D]]
// CHECK: %[[N:.*]] = arith.shli
// CHECK: %[[B:.*]] = arith.shrui %[[N]], %[[M]]
// CHECK: arith.bitcast %[[B]] : i32 to f32
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[S]]
func.func @bitlinear_exponents(%x: tensor<4x10xi8>, %w: tensor<8x10xi8>, %e: tensor<8x3xi8>, %o: tensor<4x8xf32>)
    -> tensor<4x8xf32> {
  %y = ternary.bitlinear ins(%x : tensor<4x10xi8>) weights(%w : tensor<8x10xi8>) scales(%e : tensor<8x3xi8>)
      outs(%o : tensor<4x8xf32>) {group_size = 4 : i64} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Both operands of the product are rounded, the weight with its scale.

// CHECK-LABEL: func.func @bitlinear_rounded(
// CHECK: %[[WEIGHT:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ONE]], #[[ID]]]
// CHECK: arith.mulf
// CHECK: linalg.generic {indexing_maps = [#[[XMAP]], #[[WMAP]], #[[YMAP]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%{{.*}}, %[[WEIGHT]]
// CHECK-COUNT-2: arith.truncf %{{.*}} : f32 to f16
// CHECK: arith.mulf %{{.*}} : f32
func.func @bitlinear_rounded(%x: tensor<4x10xf32>, %w: tensor<8x10xi8>, %s: tensor<f32>, %o: tensor<4x8xf32>)
    -> tensor<4x8xf32> {
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%w : tensor<8x10xi8>) scales(%s : tensor<f32>)
      outs(%o : tensor<4x8xf32>) {round_operands = f16} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// An index outside of the table gives zeros; nothing is read for it.

// CHECK-LABEL: func.func @embedding(
// CHECK-SAME: %[[IDS:[^:]*]]: tensor<5xi64>, %[[B:[^:]*]]: tensor<16xi8>, %[[S:[^:]*]]: tensor<8xf32>
// CHECK: linalg.generic {indexing_maps = [#[[ID]]], iterator_types = ["parallel", "parallel"]} outs(%{{.*}} : tensor<5x10xf32>)
// CHECK: tensor.extract %[[IDS]]
// CHECK: %[[N:.*]] = arith.index_cast %{{.*}} : i64 to index
// CHECK: %[[IN:.*]] = arith.cmpi ult, %[[N]], %c8
// CHECK: scf.if %[[IN]] -> (f32)
// CHECK: tensor.extract %[[B]]
// CHECK: %[[SCALE:.*]] = tensor.extract %[[S]][%[[N]]]
// CHECK: arith.mulf %{{.*}}, %[[SCALE]]
// CHECK: else
// CHECK: scf.yield %cst
func.func @embedding(%ids: tensor<5xi64>, %b: tensor<16xi8>, %s: tensor<8xf32>, %o: tensor<5x10xf32>)
    -> tensor<5x10xf32> {
  %r = ternary.embedding ins(%ids : tensor<5xi64>) table(%b : tensor<16xi8>) shape(8, 10)
      scales(%s : tensor<8xf32>) outs(%o : tensor<5x10xf32>) {packing = #ternary.packing<base3>}
      -> tensor<5x10xf32>
  return %r : tensor<5x10xf32>
}

// x / sqrt(mean(x^2) + eps), rounded to the type of x, times the weight.

// CHECK-LABEL: func.func @rms_norm(
// CHECK-SAME: %[[IN:[^:]*]]: tensor<?x10xf16>, %[[V:[^:]*]]: tensor<10xf32>
// CHECK: %[[SUM:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[IN]]
// CHECK: %[[RMS:.*]] = linalg.generic {indexing_maps = [#[[ID1]], #[[ID1]]], iterator_types = ["parallel"]} ins(%[[SUM]]
// CHECK: arith.divf
// CHECK: arith.addf
// CHECK: math.sqrt
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[IN]], %[[RMS]]
// CHECK: arith.divf
// CHECK: arith.truncf %{{.*}} : f32 to f16
// CHECK: %[[WEIGHT:.*]] = tensor.extract %[[V]]
// CHECK: arith.mulf %{{.*}}, %[[WEIGHT]]
func.func @rms_norm(%x: tensor<?x10xf16>, %w: tensor<10xf32>, %o: tensor<?x10xf16>) -> tensor<?x10xf16> {
  %y = ternary.rms_norm ins(%x : tensor<?x10xf16>) weight(%w : tensor<10xf32>) outs(%o : tensor<?x10xf16>)
      {eps = 1.0e-6 : f32} -> tensor<?x10xf16>
  return %y : tensor<?x10xf16>
}

// The gradient of the weight sums over tokens.

// CHECK-LABEL: func.func @rms_norm_backward(
// CHECK-SAME: %[[IN:[^:]*]]: tensor<4x10xf32>, %[[G:[^:]*]]: tensor<4x10xf32>, %[[V:[^:]*]]: tensor<10xf32>
// CHECK: %[[RMS:.*]] = linalg.generic {indexing_maps = [#[[ID1]], #[[ID1]]]
// CHECK: %[[DOTS:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROW]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[IN]], %[[G]], %[[RMS]]
// CHECK: tensor.extract %[[V]]
// CHECK: %[[GX:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROW]], #[[ROW]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[IN]], %[[G]], %[[RMS]], %[[DOTS]]
// CHECK: tensor.extract %[[V]]
// CHECK: arith.subf
// CHECK: arith.divf
// CHECK: %[[GW:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROW]], #[[COLUMN]]], iterator_types = ["reduction", "parallel"]} ins(%[[IN]], %[[G]], %[[RMS]]
// CHECK: return %[[GX]], %[[GW]]
func.func @rms_norm_backward(%x: tensor<4x10xf32>, %g: tensor<4x10xf32>, %w: tensor<10xf32>, %o: tensor<4x10xf32>,
                             %p: tensor<10xf32>) -> (tensor<4x10xf32>, tensor<10xf32>) {
  %gx, %gw = ternary.rms_norm_backward ins(%x, %g : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<10xf32>)
      outs(%o, %p : tensor<4x10xf32>, tensor<10xf32>) -> tensor<4x10xf32>, tensor<10xf32>
  return %gx, %gw : tensor<4x10xf32>, tensor<10xf32>
}

//===----------------------------------------------------------------------===//
// Exponents
//===----------------------------------------------------------------------===//

// 2 ^ clamp(e + strength * c / max(step * group_size, 1)), without the second
// term before the first step.

// CHECK-LABEL: func.func @effective_exponent(
// CHECK: %[[T:.*]] = tensor.extract %{{.*}}[%c0] : tensor<1xi64>
// CHECK: %[[COUNT:.*]] = arith.muli %[[T]], %c4_i64
// CHECK: arith.maxsi %[[COUNT]], %c1_i64
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[T]], %c0_i64
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]}
// CHECK: %[[TERM:.*]] = arith.divf
// CHECK: arith.select %[[FIRST]], %{{.*}}, %[[TERM]]
// CHECK: arith.addf
// CHECK: arith.maximumf
// CHECK: arith.minimumf
// CHECK: math.exp2
func.func @effective_exponent(%e: tensor<8x3xi8>, %c: tensor<8x3xi64>, %t: tensor<1xi64>, %o: tensor<8x3xf32>)
    -> tensor<8x3xf32> {
  %s = ternary.effective_exponent ins(%e : tensor<8x3xi8>) correlation(%c : tensor<8x3xi64>) step(%t : tensor<1xi64>)
      outs(%o : tensor<8x3xf32>) {group_size = 4 : i64, clamp_min = -14.0 : f32, clamp_max = 15.0 : f32}
      -> tensor<8x3xf32>
  return %s : tensor<8x3xf32>
}

// round(log2(mean |w|)) of each group; a mean of 0 counts as 1.

// CHECK-LABEL: func.func @exponent_init_mean(
// CHECK: %[[SUMS:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[GROUP]]], iterator_types = ["parallel", "reduction"]}
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[SUMS]]
// CHECK: %[[MEAN:.*]] = arith.divf
// CHECK: %[[POSITIVE:.*]] = arith.cmpf ogt, %[[MEAN]]
// CHECK: %[[SAFE:.*]] = arith.select %[[POSITIVE]], %[[MEAN]]
// CHECK: math.log2 %[[SAFE]]
// CHECK: math.roundeven
// CHECK: arith.fptosi %{{.*}} : f32 to i8
func.func @exponent_init_mean(%w: tensor<8x10xf32>, %o: tensor<8x3xi8>) -> tensor<8x3xi8> {
  %e = ternary.exponent_init_mean ins(%w : tensor<8x10xf32>) outs(%o : tensor<8x3xi8>) {group_size = 4 : i64}
      -> tensor<8x3xi8>
  return %e : tensor<8x3xi8>
}

// One value for all, in f64.

// CHECK-LABEL: func.func @exponent_init_dim(
// CHECK: math.powf %{{.*}} : f64
// CHECK: math.log2 %{{.*}} : f64
// CHECK: %[[E:.*]] = arith.fptosi %{{.*}} : f64 to i8
// CHECK: linalg.fill ins(%[[E]] : i8) outs(%{{.*}} : tensor<?x3xi8>)
func.func @exponent_init_dim(%k: index, %o: tensor<?x3xi8>) -> tensor<?x3xi8> {
  %e = ternary.exponent_init_dim ins(%k) outs(%o : tensor<?x3xi8>) -> tensor<?x3xi8>
  return %e : tensor<?x3xi8>
}

// The state is kept if the number of groups is; else it starts anew.

// CHECK-LABEL: func.func @regroup_scale(
// CHECK-SAME: %[[T:[^:]*]]: tensor<?x?xi8>, %{{.*}}: index, %{{.*}}: index, %[[E:[^:]*]]: tensor<?x?xi8>, %[[C:[^:]*]]: tensor<?x?xi64>, %[[S:[^:]*]]: tensor<i64>
// CHECK: %[[KEPT:.*]] = arith.cmpi eq
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[PAIR]]], iterator_types = ["parallel", "reduction"]} ins(%[[T]]
// CHECK: %[[FRESH:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], {{.*}} outs(%{{.*}} : tensor<?x?xi8>)
// CHECK: scf.if %[[KEPT]] -> (i8)
// CHECK: tensor.extract %[[E]]
// CHECK: else
// CHECK: tensor.extract %[[FRESH]]
// CHECK: scf.if %[[KEPT]] -> (i64)
// CHECK: tensor.extract %[[C]]
// CHECK: else
// CHECK: scf.yield %c0_i64
// CHECK: linalg.generic {indexing_maps = [#[[SCALAR]]], iterator_types = []}
// CHECK: scf.if %[[KEPT]] -> (i64)
// CHECK: tensor.extract %[[S]][]
func.func @regroup_scale(%t: tensor<?x?xi8>, %n: index, %k: index, %e: tensor<?x?xi8>, %c: tensor<?x?xi64>,
                         %s: tensor<i64>, %f: tensor<?x?xi8>, %d: tensor<?x?xi64>, %r: tensor<i64>)
    -> (tensor<?x?xi8>, tensor<?x?xi64>, tensor<i64>) {
  %0:3 = ternary.regroup_scale ins(%t : tensor<?x?xi8>) shape(%n, %k)
      state(%e, %c, %s : tensor<?x?xi8>, tensor<?x?xi64>, tensor<i64>)
      outs(%f, %d, %r : tensor<?x?xi8>, tensor<?x?xi64>, tensor<i64>)
      {old_group_size = 1 : i64, group_size = 2 : i64} -> tensor<?x?xi8>, tensor<?x?xi64>, tensor<i64>
  return %0#0, %0#1, %0#2 : tensor<?x?xi8>, tensor<?x?xi64>, tensor<i64>
}

//===----------------------------------------------------------------------===//
// Memrefs
//===----------------------------------------------------------------------===//

// Operands become tensors, of which the init's may be written; the result goes
// back to where the init lies.

// CHECK-LABEL: func.func @memrefs(
// CHECK-SAME: %[[MX:[^:]*]]: memref<4x10xf32>, %[[MW:[^:]*]]: memref<8x10xi8, strided<[20, 2], offset: ?>>, %[[MY:[^:]*]]: memref<4x8xf32>)
// CHECK: %[[TX:.*]] = bufferization.to_tensor %[[MX]] restrict : memref<4x10xf32> to tensor<4x10xf32>
// CHECK: %[[TW:.*]] = bufferization.to_tensor %[[MW]] restrict :
// CHECK: %[[TY:.*]] = bufferization.to_tensor %[[MY]] restrict writable :
// CHECK: linalg.generic {indexing_maps = [#[[XMAP]], #[[WMAP]], #[[YMAP]]], {{.*}} ins(%[[TX]], %[[TW]]
// CHECK: %[[R:.*]] = linalg.generic {{.*}} outs(%[[TY]]
// CHECK: bufferization.materialize_in_destination %[[R]] in restrict writable %[[MY]]
func.func @memrefs(%x: memref<4x10xf32>, %w: memref<8x10xi8, strided<[20, 2], offset: ?>>, %o: memref<4x8xf32>) {
  ternary.bitlinear ins(%x : memref<4x10xf32>) weights(%w : memref<8x10xi8, strided<[20, 2], offset: ?>>)
      outs(%o : memref<4x8xf32>)
  return
}

// CHECK: func.func private @declaration(tensor<8x3xi8> {ternary.packing = #ternary.packing<chimera>})
func.func private @declaration(tensor<8x3xi8> {ternary.packing = #ternary.packing<chimera>})
