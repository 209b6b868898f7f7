// RUN: ternary-opt %s --convert-ternary-to-linalg | FileCheck %s --implicit-check-not=" ternary."
// RUN: ternary-opt %s --convert-ternary-to-linalg -o %t.once
// RUN: ternary-opt %t.once --convert-ternary-to-linalg -o %t.twice
// RUN: diff %t.once %t.twice

// The ops of training, and those that hold a state. Maps of the whole file:
// matrices have the iterators n, k; `grad_input` has its tokens, then k, then n;
// signs of gradients have n, k and what is summed over.

// CHECK-DAG: #[[ID1:map[0-9]*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG: #[[ID:map[0-9]*]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[ONE:map[0-9]*]] = affine_map<(d0, d1) -> ()>
// CHECK-DAG: #[[ROW:map[0-9]*]] = affine_map<(d0, d1) -> (d0)>
// CHECK-DAG: #[[GROUP:map[0-9]*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 4)>
// CHECK-DAG: #[[XMAP:map[0-9]*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK-DAG: #[[YMAP:map[0-9]*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[NK:map[0-9]*]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-DAG: #[[MN:map[0-9]*]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-DAG: #[[NG:map[0-9]*]] = affine_map<(d0, d1, d2) -> (d2, d1 floordiv 4)>
// CHECK-DAG: #[[LAST:map[0-9]*]] = affine_map<(d0, d1, d2) -> (d2)>
// CHECK-DAG: #[[SCALAR:map[0-9]*]] = affine_map<() -> ()>

//===----------------------------------------------------------------------===//
// Straight-through rules
//===----------------------------------------------------------------------===//

// w + (q * alpha - w), in this order; q is 0 for NaN.

// CHECK-LABEL: func.func @ste(
// CHECK-SAME: %[[W:[^:]*]]: tensor<8x10xf32>, %[[A:[^:]*]]: tensor<8xf32>, %[[O:[^:]*]]: tensor<8x10xf32>)
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ROW]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[W]], %[[A]] : tensor<8x10xf32>, tensor<8xf32>) outs(%[[O]] :
// CHECK-NEXT: ^bb0(%[[V:.*]]: f32, %[[S:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[D:.*]] = arith.divf %[[V]], %[[S]]
// CHECK-NEXT: %[[R:.*]] = math.roundeven %[[D]]
// CHECK-NEXT: %[[LOW:.*]] = arith.maximumf %[[R]]
// CHECK-NEXT: %[[C:.*]] = arith.minimumf %[[LOW]]
// CHECK-NEXT: %[[NAN:.*]] = arith.cmpf uno, %[[C]], %[[C]]
// CHECK-NEXT: %[[Q:.*]] = arith.select %[[NAN]], %{{.*}}, %[[C]]
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[Q]], %[[S]] : f32
// CHECK-NEXT: %[[REST:.*]] = arith.subf %[[P]], %[[V]] : f32
// CHECK-NEXT: %[[Y:.*]] = arith.addf %[[V]], %[[REST]] : f32
// CHECK-NEXT: linalg.yield %[[Y]]
func.func @ste(%w: tensor<8x10xf32>, %a: tensor<8xf32>, %o: tensor<8x10xf32>) -> tensor<8x10xf32> {
  %y = ternary.ste ins(%w : tensor<8x10xf32>) scales(%a : tensor<8xf32>) outs(%o : tensor<8x10xf32>)
      {variant = #ternary<ste_variant identity>} -> tensor<8x10xf32>
  return %y : tensor<8x10xf32>
}

// q * alpha + (w - w).

// CHECK-LABEL: func.func @ste_lsq(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ONE]], #[[ID]]], iterator_types = ["parallel", "parallel"]}
// CHECK-NEXT: ^bb0(%[[V:.*]]: f32, %[[S:.*]]: f32, %{{.*}}: f32):
// CHECK-DAG: %[[ZERO:.*]] = arith.subf %[[V]], %[[V]] : f32
// CHECK-DAG: %[[P:.*]] = arith.mulf %{{.*}}, %[[S]] : f32
// CHECK: %[[Y:.*]] = arith.addf %[[P]], %[[ZERO]] : f32
// CHECK-NEXT: linalg.yield %[[Y]]
func.func @ste_lsq(%w: tensor<?x?xf32>, %a: tensor<f32>, %o: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %y = ternary.ste ins(%w : tensor<?x?xf32>) scales(%a : tensor<f32>) outs(%o : tensor<?x?xf32>)
      {variant = #ternary<ste_variant lsq>} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Clamped first, then rounded; -0 becomes +0.

// CHECK-LABEL: func.func @ste_clamp(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]}
// CHECK-NEXT: ^bb0(%[[V:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[LOW:.*]] = arith.maximumf %[[V]]
// CHECK-NEXT: %[[C:.*]] = arith.minimumf %[[LOW]]
// CHECK-NEXT: %[[R:.*]] = math.roundeven %[[C]]
// CHECK-NEXT: %[[Y:.*]] = arith.addf %[[R]], %{{.*}} : f32
// CHECK-NEXT: linalg.yield %[[Y]]
func.func @ste_clamp(%w: tensor<8x10xf32>, %o: tensor<8x10xf32>) -> tensor<8x10xf32> {
  %y = ternary.ste ins(%w : tensor<8x10xf32>) outs(%o : tensor<8x10xf32>) {variant = #ternary<ste_variant clamp>}
      -> tensor<8x10xf32>
  return %y : tensor<8x10xf32>
}

// -0 stays.

// CHECK-LABEL: func.func @ste_legacy(
// CHECK: %[[R:.*]] = math.roundeven
// CHECK-NEXT: linalg.yield %[[R]]
func.func @ste_legacy(%w: tensor<8x10xf32>, %o: tensor<8x10xf32>) -> tensor<8x10xf32> {
  %y = ternary.ste ins(%w : tensor<8x10xf32>) outs(%o : tensor<8x10xf32>) {variant = #ternary<ste_variant legacy>}
      -> tensor<8x10xf32>
  return %y : tensor<8x10xf32>
}

// The bound is inclusive.

// CHECK-LABEL: func.func @ste_backward(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROW]], #[[ID]]], iterator_types = ["parallel", "parallel"]}
// CHECK-NEXT: ^bb0(%[[V:.*]]: f32, %[[G:.*]]: f32, %[[S:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[D:.*]] = arith.divf %[[V]], %[[S]]
// CHECK-NEXT: %[[ABS:.*]] = math.absf %[[D]]
// CHECK-NEXT: %[[IN:.*]] = arith.cmpf ole, %[[ABS]]
// CHECK-NEXT: %[[Y:.*]] = arith.select %[[IN]], %[[G]]
// CHECK-NEXT: linalg.yield %[[Y]]
func.func @ste_backward(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %a: tensor<8xf32>, %o: tensor<8x10xf32>) -> tensor<8x10xf32> {
  %y = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) scales(%a : tensor<8xf32>)
      outs(%o : tensor<8x10xf32>) {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>
  return %y : tensor<8x10xf32>
}

// CHECK-LABEL: func.func @ste_backward_without_scale(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]]
// CHECK-NEXT: ^bb0(%[[V:.*]]: f32, %[[G:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[ABS:.*]] = math.absf %[[V]]
// CHECK-NEXT: %[[IN:.*]] = arith.cmpf ole, %[[ABS]]
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]]
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %[[G:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[LOW:.*]] = arith.maximumf %[[G]]
// CHECK-NEXT: %[[C:.*]] = arith.minimumf %[[LOW]]
// CHECK-NEXT: linalg.yield %[[C]]
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]]
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %[[G:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: linalg.yield %[[G]]
func.func @ste_backward_without_scale(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %o: tensor<8x10xf32>)
    -> (tensor<8x10xf32>, tensor<8x10xf32>, tensor<8x10xf32>) {
  %0 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) outs(%o : tensor<8x10xf32>)
      {variant = #ternary<ste_variant clamp>} -> tensor<8x10xf32>
  %1 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) outs(%o : tensor<8x10xf32>)
      {variant = #ternary<ste_variant legacy>} -> tensor<8x10xf32>
  %2 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) outs(%o : tensor<8x10xf32>)
      {variant = #ternary<ste_variant identity>} -> tensor<8x10xf32>
  return %0, %1, %2 : tensor<8x10xf32>, tensor<8x10xf32>, tensor<8x10xf32>
}

// The gradient of alpha is summed over what it scales: a row, or all.

// CHECK-LABEL: func.func @ste_backward_lsq(
// CHECK-SAME: %[[W:[^:]*]]: tensor<8x10xf32>, %[[G:[^:]*]]: tensor<8x10xf32>, %[[A:[^:]*]]: tensor<8xf32>, %[[O:[^:]*]]: tensor<8x10xf32>, %[[P:[^:]*]]: tensor<8xf32>)
// CHECK: %[[GW:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROW]], #[[ID]]], {{.*}} outs(%[[O]] :
// CHECK-NEXT: ^bb0(%{{.*}}: f32, %[[E:.*]]: f32, %{{.*}}: f32, %{{.*}}: f32):
// CHECK-NEXT: linalg.yield %[[E]]
// CHECK: %[[Z:.*]] = linalg.fill {{.*}} outs(%[[P]] :
// CHECK: %[[GA:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROW]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[W]], %[[G]], %[[A]] : {{.*}}) outs(%[[Z]] :
// CHECK: math.roundeven
// CHECK: %[[Q:.*]] = arith.select
// CHECK: %[[T:.*]] = arith.mulf %{{.*}}, %[[Q]]
// CHECK: arith.addf %{{.*}}, %[[T]]
// CHECK: return %[[GW]], %[[GA]]
func.func @ste_backward_lsq(%w: tensor<8x10xf32>, %g: tensor<8x10xf32>, %a: tensor<8xf32>, %o: tensor<8x10xf32>, %p: tensor<8xf32>)
    -> (tensor<8x10xf32>, tensor<8xf32>) {
  %0:2 = ternary.ste_backward ins(%w, %g : tensor<8x10xf32>, tensor<8x10xf32>) scales(%a : tensor<8xf32>)
      outs(%o, %p : tensor<8x10xf32>, tensor<8xf32>) {variant = #ternary<ste_variant lsq>} -> tensor<8x10xf32>, tensor<8xf32>
  return %0#0, %0#1 : tensor<8x10xf32>, tensor<8xf32>
}

// CHECK-LABEL: func.func @ste_backward_lsq_whole(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ONE]], #[[ID]]], iterator_types = ["parallel", "parallel"]}
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ONE]], #[[ONE]]], iterator_types = ["reduction", "reduction"]}
func.func @ste_backward_lsq_whole(%w: tensor<?x?xf32>, %g: tensor<?x?xf32>, %a: tensor<f32>, %o: tensor<?x?xf32>, %p: tensor<f32>)
    -> (tensor<?x?xf32>, tensor<f32>) {
  %0:2 = ternary.ste_backward ins(%w, %g : tensor<?x?xf32>, tensor<?x?xf32>) scales(%a : tensor<f32>)
      outs(%o, %p : tensor<?x?xf32>, tensor<f32>) {variant = #ternary<ste_variant lsq>} -> tensor<?x?xf32>, tensor<f32>
  return %0#0, %0#1 : tensor<?x?xf32>, tensor<f32>
}

// CHECK-LABEL: func.func @learnable_scale(
// CHECK: linalg.generic {indexing_maps = [#[[ID1]], #[[ID1]]], iterator_types = ["parallel"]}
// CHECK: arith.maximumf
// CHECK: linalg.generic {indexing_maps = [#[[ID1]], #[[ID1]], #[[ID1]]], iterator_types = ["parallel"]}
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[G:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT: %[[FREE:.*]] = arith.cmpf oge, %[[A]]
// CHECK-NEXT: arith.select %[[FREE]], %[[G]]
func.func @learnable_scale(%a: tensor<?xf32>, %g: tensor<?xf32>, %o: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %0 = ternary.learnable_scale ins(%a : tensor<?xf32>) outs(%o : tensor<?xf32>) -> tensor<?xf32>
  %1 = ternary.learnable_scale_backward ins(%a, %g : tensor<?xf32>, tensor<?xf32>) outs(%o : tensor<?xf32>) -> tensor<?xf32>
  return %0, %1 : tensor<?xf32>, tensor<?xf32>
}

// CHECK-LABEL: func.func @learnable_scale_whole(
// CHECK: linalg.generic {indexing_maps = [#[[SCALAR]], #[[SCALAR]]], iterator_types = []}
func.func @learnable_scale_whole(%a: tensor<f32>, %o: tensor<f32>) -> tensor<f32> {
  %0 = ternary.learnable_scale ins(%a : tensor<f32>) outs(%o : tensor<f32>) {eps = 0.5 : f32} -> tensor<f32>
  return %0 : tensor<f32>
}

//===----------------------------------------------------------------------===//
// Gradients of layers
//===----------------------------------------------------------------------===//

// Trits, then sums over n in f32 of both operands rounded, then the type of the
// init.

// CHECK-LABEL: func.func @grad_input(
// CHECK-SAME: %[[G:[^:]*]]: tensor<4x8xf16>, %{{[^:]*}}: tensor<8x3xi8>, %[[S:[^:]*]]: tensor<8x3xf32>, %[[O:[^:]*]]: tensor<4x10xbf16>)
// CHECK: %[[T:.*]] = linalg.generic {indexing_maps = [#[[ID]]], {{.*}} outs(%{{.*}} : tensor<8x10xi8>)
// CHECK: %[[Z:.*]] = linalg.fill
// CHECK: %[[SUMS:.*]] = linalg.generic {indexing_maps = [#[[XMAP]], #[[NK]], #[[NG]], #[[YMAP]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[G]], %[[T]], %[[S]] : {{.*}}) outs(%[[Z]] : tensor<4x10xf32>)
// CHECK: %[[V:.*]] = arith.sitofp %{{.*}} : i8 to f32
// CHECK: arith.mulf %[[V]], %{{.*}} : f32
// CHECK-COUNT-2: arith.truncf %{{.*}} : f32 to bf16
// CHECK: arith.mulf %{{.*}} : f32
// CHECK: arith.addf %{{.*}} : f32
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], {{.*}} ins(%[[SUMS]] : tensor<4x10xf32>) outs(%[[O]] :
// CHECK: arith.truncf %{{.*}} : f32 to bf16
func.func @grad_input(%g: tensor<4x8xf16>, %w: tensor<8x3xi8>, %s: tensor<8x3xf32>, %o: tensor<4x10xbf16>) -> tensor<4x10xbf16> {
  %y = ternary.grad_input ins(%g : tensor<4x8xf16>) weight(%w : tensor<8x3xi8>) scales(%s : tensor<8x3xf32>)
      outs(%o : tensor<4x10xbf16>) {packing = #ternary.packing<chimera>, group_size = 4 : i64, round_operands = bf16}
      -> tensor<4x10xbf16>
  return %y : tensor<4x10xbf16>
}

// CHECK-LABEL: func.func @grad_input_token(
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%{{.*}} : tensor<?xf32>, tensor<?x?xi8>)
// CHECK: %[[V:.*]] = arith.sitofp
// CHECK-NEXT: arith.mulf %{{.*}}, %[[V]]
func.func @grad_input_token(%g: tensor<?xf32>, %w: tensor<?x?xi8>, %o: tensor<?xf32>) -> tensor<?xf32> {
  %y = ternary.grad_input ins(%g : tensor<?xf32>) weight(%w : tensor<?x?xi8>) outs(%o : tensor<?xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: func.func @grad_sign(
// CHECK-SAME: %[[G:[^:]*]]: tensor<?x8xf32>, %[[X:[^:]*]]: tensor<?x10xf32>, %[[O:[^:]*]]: tensor<8x10xi8>)
// CHECK: %[[Z:.*]] = linalg.fill
// CHECK: %[[SUMS:.*]] = linalg.generic {indexing_maps = [#[[MN]], #[[NK]], #[[YMAP]]], iterator_types = ["parallel", "parallel", "reduction"]} ins(%[[G]], %[[X]] : {{.*}}) outs(%[[Z]] : tensor<8x10xf32>)
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK-NEXT: math.fma %[[A]], %[[B]], %[[SUM]]
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], {{.*}} ins(%[[SUMS]] : {{.*}}) outs(%[[O]] :
// CHECK: arith.cmpf ogt
// CHECK: arith.cmpf olt
func.func @grad_sign(%g: tensor<?x8xf32>, %x: tensor<?x10xf32>, %o: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %s = ternary.grad_sign ins(%g, %x : tensor<?x8xf32>, tensor<?x10xf32>) outs(%o : tensor<8x10xi8>) -> tensor<8x10xi8>
  return %s : tensor<8x10xi8>
}

// Each row of the table looks for itself among the indices.

// CHECK-LABEL: func.func @embedding_grad_sign(
// CHECK: linalg.generic {indexing_maps = [#[[LAST]], #[[NK]], #[[YMAP]]], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-NEXT: ^bb0(%[[ID0:.*]]: i32, %[[G:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK-NEXT: %[[I:.*]] = arith.index_cast %[[ID0]] : i32 to index
// CHECK-NEXT: %[[N:.*]] = linalg.index 0
// CHECK-NEXT: %[[HERE:.*]] = arith.cmpi eq, %[[I]], %[[N]]
// CHECK-NEXT: %[[NEXT:.*]] = arith.addf %[[SUM]], %[[G]]
// CHECK-NEXT: arith.select %[[HERE]], %[[NEXT]], %[[SUM]]
// CHECK: arith.cmpf ogt
// CHECK: arith.cmpf olt
func.func @embedding_grad_sign(%ids: tensor<?xi32>, %g: tensor<?x10xf32>, %o: tensor<8x10xi8>) -> tensor<8x10xi8> {
  %s = ternary.embedding_grad_sign ins(%ids, %g : tensor<?xi32>, tensor<?x10xf32>) outs(%o : tensor<8x10xi8>) -> tensor<8x10xi8>
  return %s : tensor<8x10xi8>
}

// A ternary weight is decoded and scaled where it is used, and has no gradient.

// CHECK-LABEL: func.func @rms_norm_backward_ternary(
// CHECK-SAME: %[[IN:[^:]*]]: tensor<4x10xf32>, %[[G:[^:]*]]: tensor<4x10xf32>, %[[B:[^:]*]]: tensor<2xi8>, %[[S:[^:]*]]: tensor<1x3xf32>, %[[O:[^:]*]]: tensor<4x10xf32>)
// CHECK: %[[RMS:.*]] = linalg.generic {indexing_maps = [#[[ID1]], #[[ID1]]]
// CHECK: %[[DOTS:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROW]], #[[ROW]]], iterator_types = ["parallel", "reduction"]} ins(%[[IN]], %[[G]], %[[RMS]]
// CHECK: tensor.extract %[[B]]
// CHECK: tensor.extract %[[S]]
// CHECK: %[[GX:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ROW]], #[[ROW]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[IN]], %[[G]], %[[RMS]], %[[DOTS]] : {{.*}}) outs(%[[O]] :
// CHECK: tensor.extract %[[B]]
// CHECK: tensor.extract %[[S]]
// CHECK-NOT: linalg.generic
// CHECK: return %[[GX]]
func.func @rms_norm_backward_ternary(%x: tensor<4x10xf32>, %g: tensor<4x10xf32>, %w: tensor<2xi8>, %s: tensor<1x3xf32>,
                                     %o: tensor<4x10xf32>) -> tensor<4x10xf32> {
  %gx = ternary.rms_norm_backward ins(%x, %g : tensor<4x10xf32>, tensor<4x10xf32>) weight(%w : tensor<2xi8>)
      scales(%s : tensor<1x3xf32>) outs(%o : tensor<4x10xf32>) {packing = #ternary.packing<base3>, group_size = 4 : i64}
      -> tensor<4x10xf32>
  return %gx : tensor<4x10xf32>
}

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

// The sign of the gradient, the trits, the scores of groups in i64, then the old
// state less the score times the amount.

// CHECK-LABEL: func.func @accumulate_correlation(
// CHECK-SAME: %[[G:[^:]*]]: tensor<4x8xf32>, %[[X:[^:]*]]: tensor<4x10xf32>, %{{[^:]*}}: tensor<8x3xi8>, %[[A:[^:]*]]: i64, %[[C:[^:]*]]: tensor<8x3xi64>, %[[T:[^:]*]]: tensor<1xi64>)
// CHECK: linalg.generic {indexing_maps = [#[[MN]], #[[NK]], #[[YMAP]]], {{.*}} ins(%[[G]], %[[X]]
// CHECK: %[[SIGN:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<8x10xi8>)
// CHECK: %[[TRITS:.*]] = linalg.generic {indexing_maps = [#[[ID]]], {{.*}} outs(%{{.*}} : tensor<8x10xi8>)
// CHECK: %[[SCORE:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[GROUP]]], iterator_types = ["parallel", "reduction"]} ins(%[[SIGN]], %[[TRITS]] : {{.*}}) outs(%{{.*}} : tensor<8x3xi64>)
// CHECK-COUNT-2: arith.extsi %{{.*}} : i8 to i64
// CHECK: arith.muli %{{.*}} : i64
// CHECK: arith.addi %{{.*}} : i64
// CHECK: %[[R:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], {{.*}} ins(%[[SCORE]] : {{.*}}) outs(%[[C]] :
// CHECK-NEXT: ^bb0(%[[S:.*]]: i64, %[[OLD:.*]]: i64):
// CHECK-NEXT: %[[P:.*]] = arith.muli %[[S]], %[[A]] : i64
// CHECK-NEXT: %[[NEW:.*]] = arith.subi %[[OLD]], %[[P]] : i64
// CHECK-NEXT: linalg.yield %[[NEW]]
// CHECK: %[[ABS:.*]] = math.absi %[[A]]
// CHECK: %[[U:.*]] = linalg.generic {indexing_maps = [#[[ID1]]], iterator_types = ["parallel"]} outs(%[[T]] :
// CHECK-NEXT: ^bb0(%[[OLD:.*]]: i64):
// CHECK-NEXT: arith.addi %[[OLD]], %[[ABS]] : i64
// CHECK: return %[[R]], %[[U]]
func.func @accumulate_correlation(%g: tensor<4x8xf32>, %x: tensor<4x10xf32>, %w: tensor<8x3xi8>, %a: i64, %c: tensor<8x3xi64>,
                                  %t: tensor<1xi64>) -> (tensor<8x3xi64>, tensor<1xi64>) {
  %0:2 = ternary.accumulate_correlation ins(%g, %x : tensor<4x8xf32>, tensor<4x10xf32>) weight(%w : tensor<8x3xi8>)
      shape(8, 10) amount(%a) outs(%c, %t : tensor<8x3xi64>, tensor<1xi64>)
      {packing = #ternary.packing<chimera>, group_size = 4 : i64} -> tensor<8x3xi64>, tensor<1xi64>
  return %0#0, %0#1 : tensor<8x3xi64>, tensor<1xi64>
}

// Without an amount it is 1.

// CHECK-LABEL: func.func @accumulate_correlation_sign(
// CHECK-SAME: %[[S:[^:]*]]: tensor<?x?xi8>, %[[W:[^:]*]]: tensor<?x?xi8>
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[GROUP]]], iterator_types = ["parallel", "reduction"]} ins(%[[S]], %[[W]]
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<?x?xi64>)
// CHECK-NEXT: ^bb0(%[[SCORE:.*]]: i64, %[[OLD:.*]]: i64):
// CHECK-NEXT: arith.subi %[[OLD]], %[[SCORE]]
// CHECK: linalg.generic {indexing_maps = [#[[SCALAR]]], iterator_types = []} outs(%{{.*}} : tensor<i64>)
// CHECK: arith.addi %{{.*}}, %c1_i64
func.func @accumulate_correlation_sign(%s: tensor<?x?xi8>, %w: tensor<?x?xi8>, %n: index, %k: index, %c: tensor<?x?xi64>, %t: tensor<i64>)
    -> (tensor<?x?xi64>, tensor<i64>) {
  %0:2 = ternary.accumulate_correlation ins(%s : tensor<?x?xi8>) weight(%w : tensor<?x?xi8>) shape(%n, %k)
      outs(%c, %t : tensor<?x?xi64>, tensor<i64>) {group_size = 4 : i64} -> tensor<?x?xi64>, tensor<i64>
  return %0#0, %0#1 : tensor<?x?xi64>, tensor<i64>
}

// Votes saturate; at the threshold they move the exponent, which saturates as
// well, and are used up. The exponent reads the old votes.

// CHECK-LABEL: func.func @update_exponent(
// CHECK-SAME: %[[S:[^:]*]]: tensor<8x10xi8>, %[[W:[^:]*]]: tensor<8x10xi8>, %[[E:[^:]*]]: tensor<8x3xi8>, %[[A:[^:]*]]: tensor<8x3xi8>)
// CHECK: %[[SCORE:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[GROUP]]], iterator_types = ["parallel", "reduction"]} ins(%[[S]], %[[W]]
// CHECK: %[[F:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]], {{.*}} ins(%[[SCORE]], %[[A]] : {{.*}}) outs(%[[E]] :
// CHECK-NEXT: ^bb0(%[[P:.*]]: i64, %[[V:.*]]: i8, %[[OLD:.*]]: i8):
// CHECK: arith.cmpi sgt, %[[P]], %c0_i64
// CHECK: arith.cmpi slt, %[[P]], %c0_i64
// CHECK: %[[VOTES:.*]] = arith.extsi %[[V]] : i8 to i64
// CHECK-NEXT: %[[NEXT:.*]] = arith.subi %[[VOTES]], %{{.*}} : i64
// CHECK-NEXT: %[[LOW:.*]] = arith.minsi %[[NEXT]], %c127_i64
// CHECK-NEXT: %[[SAT:.*]] = arith.maxsi %[[LOW]], %c-128_i64
// CHECK-NEXT: %[[UP:.*]] = arith.cmpi sge, %[[SAT]], %c4_i64
// CHECK-NEXT: %[[DOWN:.*]] = arith.cmpi sle, %[[SAT]], %c-4_i64
// CHECK-NEXT: %[[LOWER:.*]] = arith.select %[[DOWN]], %c-1_i64, %c0_i64
// CHECK-NEXT: %[[CHANGE:.*]] = arith.select %[[UP]], %c1_i64, %[[LOWER]]
// CHECK-NEXT: %[[EXP:.*]] = arith.extsi %[[OLD]] : i8 to i64
// CHECK-NEXT: arith.addi %[[EXP]], %[[CHANGE]]
// CHECK-NEXT: arith.minsi
// CHECK-NEXT: arith.maxsi
// CHECK-NEXT: arith.trunci %{{.*}} : i64 to i8
// CHECK: %[[B:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], {{.*}} ins(%[[SCORE]] : {{.*}}) outs(%[[A]] :
// CHECK: %[[USED:.*]] = arith.muli %{{.*}}, %c4_i64
// CHECK-NEXT: arith.subi %{{.*}}, %[[USED]]
// CHECK-NEXT: arith.trunci %{{.*}} : i64 to i8
// CHECK: return %[[F]], %[[B]]
func.func @update_exponent(%s: tensor<8x10xi8>, %w: tensor<8x10xi8>, %e: tensor<8x3xi8>, %a: tensor<8x3xi8>)
    -> (tensor<8x3xi8>, tensor<8x3xi8>) {
  %0:2 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<8x10xi8>) shape(8, 10)
      outs(%e, %a : tensor<8x3xi8>, tensor<8x3xi8>) {group_size = 4 : i64, threshold = 4 : i64} -> tensor<8x3xi8>, tensor<8x3xi8>
  return %0#0, %0#1 : tensor<8x3xi8>, tensor<8x3xi8>
}

// CHECK-LABEL: func.func @update_exponent_votes(
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[GROUP]]], iterator_types = ["parallel", "reduction"]}
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]]
// CHECK: %[[CHANGE:.*]] = arith.muli %{{.*}}, %c7_i64
// CHECK: arith.subi %{{.*}}, %[[CHANGE]] : i64
// CHECK-NEXT: arith.minsi
// CHECK-NEXT: arith.maxsi
// CHECK-NEXT: arith.trunci
// CHECK-NEXT: linalg.yield
func.func @update_exponent_votes(%s: tensor<8x10xi8>, %w: tensor<8x10xi8>, %a: tensor<8x3xi8>) -> tensor<8x3xi8> {
  %0 = ternary.update_exponent ins(%s : tensor<8x10xi8>) weight(%w : tensor<8x10xi8>) shape(8, 10) outs(%a : tensor<8x3xi8>)
      {group_size = 4 : i64, amount = 7 : i64} -> tensor<8x3xi8>
  return %0 : tensor<8x3xi8>
}

// CHECK-LABEL: func.func @accumulate_trit(
// CHECK-SAME: %[[S:[^:]*]]: tensor<?x?xi8>, %[[A:[^:]*]]: tensor<?x?xi8>)
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]]], iterator_types = ["parallel", "parallel"]} ins(%[[S]] : {{.*}}) outs(%[[A]] :
// CHECK-NEXT: ^bb0(%[[SIGN:.*]]: i8, %[[OLD:.*]]: i8):
// CHECK-NEXT: %[[SS:.*]] = arith.extsi %[[SIGN]] : i8 to i64
// CHECK-NEXT: %[[CHANGE:.*]] = arith.muli %[[SS]], %c2_i64
// CHECK-NEXT: %[[OS:.*]] = arith.extsi %[[OLD]] : i8 to i64
// CHECK-NEXT: %[[NEXT:.*]] = arith.subi %[[OS]], %[[CHANGE]]
// CHECK-NEXT: %[[LOW:.*]] = arith.minsi %[[NEXT]], %c127_i64
// CHECK-NEXT: %[[SAT:.*]] = arith.maxsi %[[LOW]], %c-128_i64
// CHECK-NEXT: arith.trunci %[[SAT]] : i64 to i8
func.func @accumulate_trit(%s: tensor<?x?xi8>, %a: tensor<?x?xi8>) -> tensor<?x?xi8> {
  %0 = ternary.accumulate_trit ins(%s : tensor<?x?xi8>) outs(%a : tensor<?x?xi8>) {amount = 2 : i64} -> tensor<?x?xi8>
  return %0 : tensor<?x?xi8>
}

// The votes, the old trits, the new ones, their bytes, and what is left of the
// votes. A trit flips beyond the threshold, not at it.

// CHECK-LABEL: func.func @step(
// CHECK-SAME: %[[S:[^:]*]]: tensor<8x10xi8>, %[[B:[^:]*]]: tensor<8x3xi8>, %[[A:[^:]*]]: tensor<8x10xi8>)
// CHECK: %[[VOTES:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]], {{.*}} ins(%[[S]], %[[A]]
// CHECK: %[[OLD:.*]] = linalg.generic {indexing_maps = [#[[ID]]], {{.*}} outs(%{{.*}} : tensor<8x10xi8>)
// CHECK: tensor.extract %[[B]]
// CHECK: %[[NEW:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]], {{.*}} ins(%[[OLD]], %[[VOTES]]
// CHECK-NEXT: ^bb0(%[[T:.*]]: i8, %[[V:.*]]: i8, %{{.*}}: i8):
// CHECK-NEXT: %[[VS:.*]] = arith.extsi %[[V]] : i8 to i64
// CHECK-NEXT: %[[UP:.*]] = arith.cmpi sgt, %[[VS]], %c3_i64
// CHECK-NEXT: %[[DOWN:.*]] = arith.cmpi slt, %[[VS]], %c-3_i64
// CHECK-NEXT: %[[LOWER:.*]] = arith.select %[[DOWN]], %c-1_i8, %[[T]]
// CHECK-NEXT: arith.select %[[UP]], %c1_i8, %[[LOWER]]
// CHECK: %[[BYTES:.*]] = linalg.generic {indexing_maps = [#[[ID]]], {{.*}} outs(%[[B]] : tensor<8x3xi8>)
// CHECK: tensor.extract %[[NEW]]
// CHECK: %[[REST:.*]] = linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[ID]]], {{.*}} ins(%[[VOTES]], %[[VOTES]] : {{.*}}) outs(%[[A]] :
// CHECK: %[[FLIPPED:.*]] = arith.ori
// CHECK-NEXT: arith.select %[[FLIPPED]], %c0_i8
// CHECK: return %[[BYTES]], %[[REST]]
func.func @step(%s: tensor<8x10xi8>, %b: tensor<8x3xi8>, %a: tensor<8x10xi8>) -> (tensor<8x3xi8>, tensor<8x10xi8>) {
  %0:2 = ternary.step ins(%s : tensor<8x10xi8>) outs(%b, %a : tensor<8x3xi8>, tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>, threshold = 3 : i64} -> tensor<8x3xi8>, tensor<8x10xi8>
  return %0#0, %0#1 : tensor<8x3xi8>, tensor<8x10xi8>
}

// Without source the accumulator itself holds the votes.

// CHECK-LABEL: func.func @step_groups(
// CHECK-SAME: %[[T:[^:]*]]: tensor<8x3xi8>, %[[B:[^:]*]]: tensor<8x3xi8>, %[[A:[^:]*]]: tensor<8x10xi8>)
// CHECK: %[[OLD:.*]] = linalg.generic {indexing_maps = [#[[ID]]]
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[GROUP]], #[[ID]]], {{.*}} ins(%[[OLD]], %[[A]], %[[T]]
// CHECK: %[[LIMIT:.*]] = arith.extsi %{{.*}} : i8 to i64
// CHECK: arith.subi %c0_i64, %[[LIMIT]]
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[ID]], #[[GROUP]], #[[ID]]], {{.*}} ins(%[[A]], %[[A]], %[[T]] : {{.*}}) outs(%[[A]] :
func.func @step_groups(%t: tensor<8x3xi8>, %b: tensor<8x3xi8>, %a: tensor<8x10xi8>) -> (tensor<8x3xi8>, tensor<8x10xi8>) {
  %0:2 = ternary.step group_thresholds(%t : tensor<8x3xi8>) outs(%b, %a : tensor<8x3xi8>, tensor<8x10xi8>)
      {packing = #ternary.packing<chimera>, group_size = 4 : i64} -> tensor<8x3xi8>, tensor<8x10xi8>
  return %0#0, %0#1 : tensor<8x3xi8>, tensor<8x10xi8>
}

// The state in a memref is read as a tensor, and the new one goes back there.

// CHECK-LABEL: func.func @memrefs(
// CHECK-SAME: %[[MS:[^:]*]]: memref<8x10xi8>, %[[MA:[^:]*]]: memref<8x10xi8>)
// CHECK: %[[TS:.*]] = bufferization.to_tensor %[[MS]] restrict : memref<8x10xi8> to tensor<8x10xi8>
// CHECK: %[[TA:.*]] = bufferization.to_tensor %[[MA]] restrict writable :
// CHECK: %[[R:.*]] = linalg.generic {{.*}} ins(%[[TS]] : {{.*}}) outs(%[[TA]] :
// CHECK: bufferization.materialize_in_destination %[[R]] in restrict writable %[[MA]]
func.func @memrefs(%s: memref<8x10xi8>, %a: memref<8x10xi8>) {
  ternary.accumulate_trit ins(%s : memref<8x10xi8>) outs(%a : memref<8x10xi8>)
  return
}

// Amounts are i64 and do not wrap: what is beyond 255 saturates any accumulator.

// CHECK-LABEL: func.func @large_amount(
// CHECK: arith.muli %{{.*}}, %c255_i64
// CHECK: arith.muli %{{.*}}, %c-255_i64
func.func @large_amount(%s: tensor<8x10xi8>, %a: tensor<8x10xi8>) -> (tensor<8x10xi8>, tensor<8x10xi8>) {
  %0 = ternary.accumulate_trit ins(%s : tensor<8x10xi8>) outs(%a : tensor<8x10xi8>) {amount = 4294967297 : i64} -> tensor<8x10xi8>
  %1 = ternary.accumulate_trit ins(%s : tensor<8x10xi8>) outs(%a : tensor<8x10xi8>) {amount = -4294967297 : i64} -> tensor<8x10xi8>
  return %0, %1 : tensor<8x10xi8>, tensor<8x10xi8>
}
