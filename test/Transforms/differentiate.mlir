// RUN: ternary-opt %s --ternary-differentiate | FileCheck %s
// RUN: ternary-opt %s --ternary-differentiate=ste=legacy | FileCheck %s --check-prefix=LEGACY
// RUN: ternary-opt %s --ternary-differentiate -o %t.once
// RUN: ternary-opt %t.once --ternary-differentiate -o %t.twice
// RUN: diff %t.once %t.twice
// RUN: ternary-opt %s --ternary-differentiate --remarks-filter-missed=ternary-differentiate -o %t.remarks 2>&1 | FileCheck %s --check-prefix=REMARK

// Every gradient function lowers, and so does what is not differentiated.
// RUN: ternary-opt %s --ternary-differentiate --convert-elementwise-to-linalg --ternary-to-llvm -o %t.llvm
// RUN: ternary-opt %s --convert-elementwise-to-linalg --ternary-to-llvm -o %t.llvm

// State is updated in place.
// RUN: ternary-opt %s --ternary-differentiate --convert-elementwise-to-linalg --canonicalize --cse \
// RUN:   --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" \
// RUN:   --canonicalize --cse --canonicalize | FileCheck %s --check-prefix=INPLACE

//===----------------------------------------------------------------------===//
// The contract
//===----------------------------------------------------------------------===//

// The example of the documentation.
// CHECK-LABEL: func.func @layer(
// CHECK-SAME:    %{{.*}}: tensor<4x10xf32>, %{{.*}}: tensor<8x10xf32>) -> tensor<4x8xf32> {
// CHECK-LABEL: func.func @layer_gradient(
// CHECK-SAME:    %[[X:.*]]: tensor<4x10xf32>, %[[W:.*]]: tensor<8x10xf32>, %[[G:.*]]: tensor<4x8xf32>)
// CHECK-SAME:    -> (tensor<4x8xf32>, tensor<4x10xf32>, tensor<8x10xf32>) {
// CHECK:         %[[ALPHA:.*]] = ternary.absmean
// CHECK:         %[[Q:.*]] = ternary.ternarize
// CHECK:         %[[Y:.*]] = ternary.bitlinear
// CHECK:         %[[GX:.*]] = ternary.grad_input ins(%[[G]] : {{.*}}) weight(%[[Q]] : {{.*}}) scales(%[[ALPHA]] : tensor<8xf32>)
// CHECK:         %[[GQ:.*]] = linalg.generic {{.*}} ins(%[[G]], %[[X]] : tensor<4x8xf32>, tensor<4x10xf32>)
// CHECK:         %[[GW:.*]] = ternary.ste_backward ins(%[[W]], %[[GQ]] : {{.*}}) scales(%[[ALPHA]] : {{.*}}) {{.*}} {variant = #ternary<ste_variant clamp>}
// CHECK:         return %[[Y]], %[[GX]], %[[GW]]
func.func @layer(%x: tensor<4x10xf32> {ternary.grad},
                 %w: tensor<8x10xf32> {ternary.grad}) -> tensor<4x8xf32>
    attributes {ternary.gradient = "layer_gradient"} {
  %ai = tensor.empty() : tensor<8xf32>
  %alpha = ternary.absmean ins(%w : tensor<8x10xf32>)
      outs(%ai : tensor<8xf32>) -> tensor<8xf32>
  %qi = tensor.empty() : tensor<8x10xi8>
  %q = ternary.ternarize ins(%w : tensor<8x10xf32>)
      scales(%alpha : tensor<8xf32>) outs(%qi : tensor<8x10xi8>)
      {ternary.ste = #ternary<ste_variant clamp>} -> tensor<8x10xi8>
  %yi = tensor.empty() : tensor<4x8xf32>
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>)
      weights(%q : tensor<8x10xi8>) scales(%alpha : tensor<8xf32>)
      outs(%yi : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Other attributes stay, but what is trained is no constant. An argument that
// nothing depends on has a gradient of zeros; an integer result has no gradient.
// REMARK:      remark: [Missed] zero gradient | Category:ternary-differentiate | Function=contract
// REMARK-SAME: no gradient reaches argument 1
// CHECK-LABEL: func.func private @contract_gradient(
// CHECK-SAME:    %[[X:.*]]: tensor<?xf32> {bufferization.writable = false}, %{{.*}}: tensor<3xf32>, %{{.*}}: tensor<?xi8>, %[[G:.*]]: tensor<?xf32>)
// CHECK-SAME:    -> (tensor<?xf32>, tensor<?xi8>, tensor<?xf32>, tensor<3xf32>)
// CHECK:         %[[ZEROS:.*]] = linalg.fill {{.*}} -> tensor<3xf32>
// CHECK:         return %[[X]], %{{.*}}, %[[G]], %[[ZEROS]]
func.func private @contract(%x: tensor<?xf32> {ternary.grad, ternary.constant, bufferization.writable = false},
                            %unused: tensor<3xf32> {ternary.grad}, %i: tensor<?xi8>)
    -> (tensor<?xf32>, tensor<?xi8>) attributes {ternary.gradient = "contract_gradient"} {
  return %x, %i : tensor<?xf32>, tensor<?xi8>
}

// Only the chosen result is differentiated; what the other one needs has no rule.
// CHECK-LABEL: func.func @chosen_gradient(
// CHECK-SAME:    %{{.*}}: tensor<4xf32>, %[[G:.*]]: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>)
// CHECK:         return %{{.*}}, %{{.*}}, %[[G]]
func.func @chosen(%x: tensor<4xf32> {ternary.grad}) -> (tensor<4xf32>, tensor<4xf32> {ternary.grad})
    attributes {ternary.gradient = "chosen_gradient"} {
  %y = math.atan %x : tensor<4xf32>
  return %y, %x : tensor<4xf32>, tensor<4xf32>
}

// Uses are added.
// CHECK-LABEL: func.func @twice_gradient(
// CHECK-SAME:    %{{.*}}: tensor<4xf32>, %[[G0:.*]]: tensor<4xf32>, %[[G1:.*]]: tensor<4xf32>)
// CHECK:         linalg.add ins(%[[G0]], %[[G1]] : tensor<4xf32>, tensor<4xf32>)
func.func @twice(%x: tensor<4xf32> {ternary.grad}) -> (tensor<4xf32>, tensor<4xf32>)
    attributes {ternary.gradient = "twice_gradient"} {
  return %x, %x : tensor<4xf32>, tensor<4xf32>
}

//===----------------------------------------------------------------------===//
// Scalars and structured ops
//===----------------------------------------------------------------------===//

// An elementwise op on tensors has the rule of its scalars.
// CHECK-LABEL: func.func @tanh_gradient(
// CHECK-SAME:    %[[X:.*]]: tensor<?x3xf32>, %[[G:.*]]: tensor<?x3xf32>)
// CHECK:         math.tanh %[[X]] : tensor<?x3xf32>
// CHECK:         linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]} ins(%[[X]], %[[G]] :
// CHECK-NEXT:    ^bb0(%[[E:.*]]: f32, %[[GE:.*]]: f32, %{{.*}}: f32):
// CHECK-NEXT:      %[[T:.*]] = math.tanh %[[E]]
// CHECK:           %[[SQUARE:.*]] = arith.mulf %[[T]], %[[T]]
// CHECK:           %[[SLOPE:.*]] = arith.subf %{{.*}}, %[[SQUARE]]
// CHECK:           arith.mulf %[[GE]], %[[SLOPE]]
func.func @tanh(%x: tensor<?x3xf32> {ternary.grad}) -> tensor<?x3xf32>
    attributes {ternary.gradient = "tanh_gradient"} {
  %y = math.tanh %x : tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}

// A product: each gradient is a product over the same iterations, which reads
// nothing but what it needs.
// CHECK-LABEL: func.func @matmul_gradient(
// CHECK-SAME:    %[[A:.*]]: tensor<4x10xf32>, %[[B:.*]]: tensor<10x8xf32>, %{{.*}}: tensor<4x8xf32>, %[[G:.*]]: tensor<4x8xf32>)
// CHECK:         linalg.matmul
// CHECK:         %[[GA:.*]] = linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "parallel"]} ins(%[[B]], %[[G]] :
// CHECK:         %[[GB:.*]] = linalg.generic {{.*}} iterator_types = ["reduction", "parallel", "parallel"]} ins(%[[A]], %[[G]] :
// The accumulator passes it on.
// CHECK:         return %{{.*}}, %[[GA]], %[[GB]], %[[G]]
func.func @matmul(%a: tensor<4x10xf32> {ternary.grad}, %b: tensor<10x8xf32> {ternary.grad},
                  %i: tensor<4x8xf32> {ternary.grad}) -> tensor<4x8xf32>
    attributes {ternary.gradient = "matmul_gradient"} {
  %y = linalg.matmul ins(%a, %b : tensor<4x10xf32>, tensor<10x8xf32>) outs(%i : tensor<4x8xf32>)
      -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// What is broadcast is summed.
// CHECK-LABEL: func.func @broadcast_gradient(
// CHECK-SAME:    %{{.*}}: tensor<8xf32>, %{{.*}}: tensor<4x8xf32>, %[[G:.*]]: tensor<4x8xf32>)
// CHECK:         linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]} ins(%[[G]] : tensor<4x8xf32>) outs(%{{.*}} : tensor<8xf32>)
func.func @broadcast(%b: tensor<8xf32> {ternary.grad}, %i: tensor<4x8xf32>) -> tensor<4x8xf32>
    attributes {ternary.gradient = "broadcast_gradient"} {
  %y = linalg.broadcast ins(%b : tensor<8xf32>) outs(%i : tensor<4x8xf32>) dimensions = [0]
  return %y : tensor<4x8xf32>
}

// A maximum hands its gradient to the elements that it is, in equal shares.
// CHECK-LABEL: func.func @maximum_gradient(
// CHECK-SAME:    %[[X:.*]]: tensor<4x8xf32>, %{{.*}}: tensor<4xf32>, %[[G:.*]]: tensor<4xf32>)
// CHECK:         %[[MAX:.*]] = linalg.reduce
// CHECK:         %[[COUNT:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[MAX]] : tensor<4x8xf32>, tensor<4xf32>)
// CHECK:         linalg.generic {{.*}} ins(%[[X]], %[[G]], %[[MAX]], %[[COUNT]] :
// CHECK:           arith.cmpf oeq
// CHECK:           arith.divf
func.func @maximum(%x: tensor<4x8xf32> {ternary.grad}, %i: tensor<4xf32>) -> tensor<4xf32>
    attributes {ternary.gradient = "maximum_gradient"} {
  %y = linalg.reduce { arith.maximumf } ins(%x : tensor<4x8xf32>) outs(%i : tensor<4xf32>)
      dimensions = [1]
  return %y : tensor<4xf32>
}

// A tie goes to the operand that is trained: the bound of a clamp is inclusive.
// CHECK-LABEL: func.func @clamp_gradient(
// CHECK:         arith.cmpf uge, %{{.*}}, %{{.*}} : f32
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: func.func @round(
func.func @clamp(%x: tensor<4xf32> {ternary.grad}, %low: tensor<4xf32>) -> tensor<4xf32>
    attributes {ternary.gradient = "clamp_gradient"} {
  %y = arith.maximumf %low, %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// A rounding that says how it is passed.
// CHECK-LABEL: func.func @round_gradient(
// CHECK:         linalg.generic
// CHECK:           math.absf
// CHECK:           arith.cmpf ole
// CHECK:           arith.select
func.func @round(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32>
    attributes {ternary.gradient = "round_gradient"} {
  %y = math.roundeven %x {ternary.ste = #ternary<ste_variant clamp>} : tensor<4xf32>
  return %y : tensor<4xf32>
}

// Scalars.
// CHECK-LABEL: func.func @scalars_gradient(
// CHECK-SAME:    %[[X:.*]]: f32, %{{.*}}: tensor<4xf32>, %[[G:.*]]: tensor<4xf32>) -> (tensor<4xf32>, f32, tensor<4xf32>)
// CHECK:         %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[G]] : tensor<4xf32>) outs(%{{.*}} : tensor<f32>)
// CHECK:         %[[S:.*]] = tensor.extract %[[SUM]][] : tensor<f32>
// CHECK:         arith.mulf %[[S]], %{{.*}} : f32
// CHECK:         tensor.insert
func.func @scalars(%x: f32 {ternary.grad}, %t: tensor<4xf32> {ternary.grad}) -> tensor<4xf32>
    attributes {ternary.gradient = "scalars_gradient"} {
  %c0 = arith.constant 0 : index
  %e = tensor.extract %t[%c0] : tensor<4xf32>
  %s = arith.mulf %x, %e : f32
  %y = tensor.splat %s : tensor<4xf32>
  return %y : tensor<4xf32>
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

// CHECK-LABEL: func.func @views_gradient(
// CHECK-SAME:    %{{.*}}: tensor<6x8xf32>, %{{.*}}: tensor<2xf32>, %[[G:.*]]: tensor<?xf32>)
// CHECK:         %[[FLAT:.*]] = tensor.cast %[[G]] : tensor<?xf32> to tensor<14xf32>
// CHECK:         %[[G0:.*]] = tensor.extract_slice %[[FLAT]][0] [12] [1]
// CHECK:         %[[G1:.*]] = tensor.extract_slice %[[FLAT]][12] [2] [1]
// CHECK:         %[[MATRIX:.*]] = tensor.expand_shape %[[G0]] {{.*}} into tensor<3x4xf32>
// CHECK:         %[[ZEROS:.*]] = linalg.fill
// CHECK:         %[[GX:.*]] = tensor.insert_slice %[[MATRIX]] into %[[ZEROS]][1, 2] [3, 4] [1, 1]
// CHECK:         return %{{.*}}, %[[GX]], %[[G1]]
func.func @views(%x: tensor<6x8xf32> {ternary.grad}, %z: tensor<2xf32> {ternary.grad}) -> tensor<?xf32>
    attributes {ternary.gradient = "views_gradient"} {
  %s = tensor.extract_slice %x[1, 2] [3, 4] [1, 1] : tensor<6x8xf32> to tensor<3x4xf32>
  %f = tensor.collapse_shape %s [[0, 1]] : tensor<3x4xf32> into tensor<12xf32>
  %c = tensor.concat dim(0) %f, %z : (tensor<12xf32>, tensor<2xf32>) -> tensor<14xf32>
  %y = tensor.cast %c : tensor<14xf32> to tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: func.func @insert_gradient(
// CHECK-SAME:    %{{.*}}: tensor<2x4xf32>, %{{.*}}: tensor<6x4xf32>, %[[G:.*]]: tensor<6x4xf32>)
// CHECK:         %[[GX:.*]] = tensor.extract_slice %[[G]][1, 0] [2, 4] [1, 1]
// CHECK:         %[[ZEROS:.*]] = linalg.fill {{.*}} -> tensor<2x4xf32>
// CHECK:         %[[GD:.*]] = tensor.insert_slice %[[ZEROS]] into %[[G]][1, 0] [2, 4] [1, 1]
// CHECK:         return %{{.*}}, %[[GX]], %[[GD]]
func.func @insert(%x: tensor<2x4xf32> {ternary.grad}, %d: tensor<6x4xf32> {ternary.grad}) -> tensor<6x4xf32>
    attributes {ternary.gradient = "insert_gradient"} {
  %y = tensor.insert_slice %x into %d[1, 0] [2, 4] [1, 1] : tensor<2x4xf32> into tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

//===----------------------------------------------------------------------===//
// Ternary layers
//===----------------------------------------------------------------------===//

// Half activations of any rank, two components, one with a learned scale, and a
// bias; the rule is the option's where the op states none.
// CHECK-LABEL: func.func @components_gradient(
// CHECK-SAME:    %[[X:.*]]: tensor<2x?x10xf16>, %[[W:.*]]: tensor<8x10xbf16>, %{{.*}}: tensor<8x10xi8>, %[[A:.*]]: tensor<f32>, %{{.*}}: tensor<8xf16>,
// CHECK-SAME:    %[[G:[^ ]*]]: tensor<2x?x8xf16>) ->
// CHECK:         %[[Q:.*]] = ternary.ternarize
// CHECK:         ternary.grad_input ins(%[[G]] : tensor<2x?x8xf16>) weight(%[[Q]] : {{.*}}) scales(%[[A]] : tensor<f32>) outs(%{{.*}} : tensor<2x?x10xf16>)
// CHECK:         linalg.generic {{.*}} iterator_types = ["reduction", "reduction", "parallel", "parallel"]} ins(%[[G]], %[[X]] :
// CHECK:         %[[TRITS:.*]] = ternary.dequantize ins(%[[Q]] : tensor<8x10xi8>)
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %[[TRITS]] : {{.*}}) outs(%{{.*}} : tensor<f32>)
// CHECK:         ternary.grad_input
// CHECK:         linalg.add {{.*}} tensor<2x?x10xf16>
// CHECK:         linalg.generic {{.*}} outs(%{{.*}} : tensor<8xf32>)
// CHECK:         arith.truncf %{{.*}} : f32 to f16
// CHECK-NOT:     ste_backward
// CHECK:         return
// LEGACY-LABEL: func.func @components_gradient(
// LEGACY:        ternary.ste_backward {{.*}} {variant = #ternary<ste_variant legacy>}
// LEGACY:        return
func.func @components(%x: tensor<2x?x10xf16> {ternary.grad}, %w: tensor<8x10xbf16> {ternary.grad},
                      %t: tensor<8x10xi8>, %a: tensor<f32> {ternary.grad}, %b: tensor<8xf16> {ternary.grad},
                      %s: tensor<f32>, %qi: tensor<8x10xi8>, %i: tensor<2x?x8xf16>) -> tensor<2x?x8xf16>
    attributes {ternary.gradient = "components_gradient"} {
  %q = ternary.ternarize ins(%w : tensor<8x10xbf16>) scales(%s : tensor<f32>) outs(%qi : tensor<8x10xi8>)
      -> tensor<8x10xi8>
  %y = ternary.bitlinear ins(%x : tensor<2x?x10xf16>) weights(%q, %t : tensor<8x10xi8>, tensor<8x10xi8>)
      scales(%a, %s : tensor<f32>, tensor<f32>) bias(%b : tensor<8xf16>) outs(%i : tensor<2x?x8xf16>)
      -> tensor<2x?x8xf16>
  return %y : tensor<2x?x8xf16>
}

// A group size is handed to the component that has groups.
// CHECK-LABEL: func.func @mixed_scales_gradient(
// CHECK:         ternary.grad_input {{.*}} scales(%{{.*}} : tensor<8xf32>) outs(%{{.*}} : tensor<4x10xf32>) -> tensor<4x10xf32>
// CHECK:         ternary.grad_input {{.*}} scales(%{{.*}} : tensor<8x3xf32>) outs(%{{.*}} : tensor<4x10xf32>) {group_size = 4 : i64}
func.func @mixed_scales(%x: tensor<4x10xf32> {ternary.grad}, %t: tensor<8x10xi8>, %row: tensor<8xf32>,
                        %group: tensor<8x3xf32>) -> tensor<4x8xf32>
    attributes {ternary.gradient = "mixed_scales_gradient"} {
  %i = tensor.empty() : tensor<4x8xf32>
  %y = ternary.bitlinear ins(%x : tensor<4x10xf32>) weights(%t, %t : tensor<8x10xi8>, tensor<8x10xi8>)
      scales(%row, %group : tensor<8xf32>, tensor<8x3xf32>) outs(%i : tensor<4x8xf32>)
      {group_size = 4 : i64} -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// The gradient of int8 activations is that of the floats that they stand for.
// CHECK-LABEL: func.func @quantized_gradient(
// CHECK-SAME:    %[[X:.*]]: tensor<4x10xf32>, %[[W:.*]]: tensor<8x10xf32>, %[[G:.*]]: tensor<4x8xf32>)
// CHECK:         %[[Q:.*]]:2 = ternary.quantize_activation
// CHECK:         %[[GX:.*]] = ternary.grad_input ins(%[[G]] : {{.*}} outs(%{{.*}} : tensor<4x10xf32>)
// CHECK:         %[[XQ:.*]] = ternary.dequantize_activation ins(%[[Q]]#0 : {{.*}}) scales(%[[Q]]#1 :
// CHECK:         %[[GW:.*]] = linalg.generic {{.*}} ins(%[[G]], %[[XQ]] :
// CHECK:         return %{{.*}}, %[[GX]], %[[GW]]
func.func @quantized(%x: tensor<4x10xf32> {ternary.grad}, %w: tensor<8x10xf32> {ternary.grad}) -> tensor<4x8xf32>
    attributes {ternary.gradient = "quantized_gradient"} {
  %qi = tensor.empty() : tensor<4x10xi8>
  %si = tensor.empty() : tensor<4xf32>
  %q, %s = ternary.quantize_activation ins(%x : tensor<4x10xf32>) outs(%qi, %si : tensor<4x10xi8>, tensor<4xf32>)
      -> tensor<4x10xi8>, tensor<4xf32>
  %ti = tensor.empty() : tensor<8x10xi8>
  %t = ternary.ternarize ins(%w : tensor<8x10xf32>) outs(%ti : tensor<8x10xi8>)
      {method = #ternary<method threshold>, threshold = 0.5 : f32} -> tensor<8x10xi8>
  %yi = tensor.empty() : tensor<4x8xf32>
  %y = ternary.bitlinear ins(%q : tensor<4x10xi8>) weights(%t : tensor<8x10xi8>)
      activation_scale(%s : tensor<4xf32>) outs(%yi : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// A norm with a ternary weight passes the gradient to its activations.
// CHECK-LABEL: func.func @norm_gradient(
// CHECK-SAME:    %[[X:.*]]: tensor<10xf32>, %[[W:.*]]: tensor<1x3xi8>, %[[S:.*]]: tensor<1x3xf32>, %[[G:.*]]: tensor<10xf32>)
// CHECK:         ternary.rms_norm_backward ins(%[[X]], %[[G]] : {{.*}}) weight(%[[W]] : {{.*}}) scales(%[[S]] : {{.*}} {eps = 2.500000e-01 : f32, group_size = 4 : i64, packing = #ternary.packing<chimera>}
func.func @norm(%x: tensor<10xf32> {ternary.grad}, %w: tensor<1x3xi8>, %s: tensor<1x3xf32>) -> tensor<10xf32>
    attributes {ternary.gradient = "norm_gradient"} {
  %i = tensor.empty() : tensor<10xf32>
  %y = ternary.rms_norm ins(%x : tensor<10xf32>) weight(%w : tensor<1x3xi8>) scales(%s : tensor<1x3xf32>)
      outs(%i : tensor<10xf32>)
      {packing = #ternary.packing<chimera>, group_size = 4 : i64, eps = 0.25 : f32} -> tensor<10xf32>
  return %y : tensor<10xf32>
}

//===----------------------------------------------------------------------===//
// Updates
//===----------------------------------------------------------------------===//

// One update reads gradient and activations; a single token is a matrix of one
// row. What is stated of the bytes holds for the state as well.
// CHECK-LABEL: func.func @one_update_gradient(
// CHECK-SAME:    %[[X:.*]]: tensor<10xf32>, %[[W:.*]]: tensor<16xi8> {ternary.packing = #ternary.packing<base3>}, %[[C:.*]]: tensor<8x3xi64>, %[[T:.*]]: tensor<1xi64>, %[[N:.*]]: i64, %[[G:.*]]: tensor<8xf32>)
// CHECK-SAME:    -> (tensor<8xf32>, tensor<8x3xi64>, tensor<1xi64>)
// CHECK-NOT:     grad_input
// CHECK:         %[[GM:.*]] = tensor.expand_shape %[[G]] {{\[\[}}0, 1]] output_shape [1, 8]
// CHECK:         %[[XM:.*]] = tensor.expand_shape %[[X]] {{\[\[}}0, 1]] output_shape [1, 10]
// CHECK:         %[[NEW:.*]]:2 = ternary.accumulate_correlation ins(%[[GM]], %[[XM]] : {{.*}}) weight(%[[W]] : tensor<16xi8>) shape(8, 10) amount(%[[N]]) outs(%[[C]], %[[T]] : {{.*}}) {group_size = 4 : i64, packing = #ternary.packing<base3>}
// CHECK:         return %{{.*}}, %[[NEW]]#0, %[[NEW]]#1
func.func @one_update(%x: tensor<10xf32>,
                      %w: tensor<16xi8> {ternary.packing = #ternary.packing<base3>, ternary.update = [
                          #ternary.update<rule = correlation, state = [2, 3], group_size = 4, amount_argument = 4>]},
                      %c: tensor<8x3xi64>, %t: tensor<1xi64>, %n: i64) -> tensor<8xf32>
    attributes {ternary.gradient = "one_update_gradient"} {
  %ti = tensor.empty() : tensor<8x10xi8>
  %trits = ternary.unpack ins(%w : tensor<16xi8>) outs(%ti : tensor<8x10xi8>)
      {packing = #ternary.packing<base3>} -> tensor<8x10xi8>
  %yi = tensor.empty() : tensor<8xf32>
  %y = ternary.bitlinear ins(%x : tensor<10xf32>) weights(%trits : tensor<8x10xi8>)
      outs(%yi : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// Several share the sign, and flips come last, behind the readers of the bytes.
// CHECK-LABEL: func.func @updates_gradient(
// CHECK-SAME:    %[[X:.*]]: tensor<?x?xf32>, %[[W:.*]]: tensor<?x?xi8>, %[[E:.*]]: tensor<?x?xi8>, %[[EA:.*]]: tensor<?x?xi8>, %[[TA:.*]]: tensor<?x?xi8>, %[[L:.*]]: tensor<?x?xi32>, %{{.*}}: tensor<?x?xf32>, %[[G:.*]]: tensor<?x?xf32>)
// CHECK-SAME:    -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xi8>, tensor<?x?xi8>, tensor<?x?xi8>, tensor<?x?xi8>)
// CHECK:         %[[GX:.*]] = ternary.grad_input
// CHECK:         %[[S:.*]] = ternary.grad_sign ins(%[[G]], %[[X]] :
// CHECK:         %[[NEW:.*]]:2 = ternary.update_exponent ins(%[[S]] : {{.*}}) weight(%[[W]] : {{.*}}) shape(%{{.*}}, %{{.*}}) outs(%[[E]], %[[EA]] : {{.*}} threshold = 4 : i64}
// CHECK:         %[[VOTES:.*]] = ternary.accumulate_trit ins(%[[S]] : {{.*}}) outs(%[[TA]] : {{.*}}) {amount = 2 : i64}
// CHECK:         %[[FLIPS:.*]]:2 = ternary.step ins(%[[S]] : {{.*}}) group_thresholds(%[[L]] : {{.*}}) outs(%[[W]], %[[VOTES]] :
// CHECK:         return %{{.*}}, %[[GX]], %[[FLIPS]]#0, %[[NEW]]#0, %[[NEW]]#1, %[[FLIPS]]#1
// INPLACE-LABEL: func.func @updates_gradient(
// INPLACE-SAME:    %{{.*}}: memref<?x?xf32>, %[[W:.*]]: memref<?x?xi8>, %[[E:.*]]: memref<?x?xi8>, %[[EA:.*]]: memref<?x?xi8>, %[[TA:.*]]: memref<?x?xi8>, %{{.*}}: memref<?x?xi32>, %[[Y:.*]]: memref<?x?xf32>, %[[G:.*]]: memref<?x?xf32>)
// INPLACE-NOT:     memref.copy
// INPLACE:         ternary.update_exponent {{.*}} outs(%[[E]], %[[EA]] :
// INPLACE-NOT:     memref.copy
// INPLACE:         ternary.step {{.*}} outs(%[[W]], %[[TA]] :
// INPLACE-NOT:     memref.copy
// INPLACE:         return %[[Y]], %{{.*}}, %[[W]], %[[E]], %[[EA]], %[[TA]]
func.func @updates(%x: tensor<?x?xf32> {ternary.grad},
                   %w: tensor<?x?xi8> {ternary.update = [
                       #ternary.update<rule = step, state = [4], thresholds = 5, group_size = 4>,
                       #ternary.update<rule = exponent, state = [2, 3], threshold = 4, group_size = 4>,
                       #ternary.update<rule = trit, state = [4], amount = 2>]},
                   %e: tensor<?x?xi8>, %ea: tensor<?x?xi8>, %ta: tensor<?x?xi8>, %l: tensor<?x?xi32>,
                   %i: tensor<?x?xf32>) -> tensor<?x?xf32>
    attributes {ternary.gradient = "updates_gradient"} {
  %y = ternary.bitlinear ins(%x : tensor<?x?xf32>) weights(%w : tensor<?x?xi8>) outs(%i : tensor<?x?xf32>)
      {packing = #ternary.packing<chimera>} -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// A dense gradient has its sign taken; state that nothing reaches stays.
// CHECK-LABEL: func.func @dense_gradient(
// CHECK-SAME:    %{{.*}}: tensor<8x10xi8>, %[[A:.*]]: tensor<8x10xi8>, %{{.*}}: tensor<8x10xi8>, %[[B:.*]]: tensor<8x10xi8>, %[[G:.*]]: tensor<8x10xf32>)
// CHECK:         %[[S:.*]] = linalg.generic {{.*}} ins(%[[G]] : tensor<8x10xf32>) outs(%{{.*}} : tensor<8x10xi8>)
// CHECK:         %[[VOTES:.*]] = ternary.accumulate_trit ins(%[[S]] : tensor<8x10xi8>) outs(%[[A]] :
// CHECK:         return %{{.*}}, %[[VOTES]], %[[B]]
func.func @dense(%w: tensor<8x10xi8> {ternary.update = [#ternary.update<rule = trit, state = [1]>]}, %a: tensor<8x10xi8>,
                 %v: tensor<8x10xi8> {ternary.update = [#ternary.update<rule = trit, state = [3]>]}, %b: tensor<8x10xi8>)
    -> tensor<8x10xf32> attributes {ternary.gradient = "dense_gradient"} {
  %i = tensor.empty() : tensor<8x10xf32>
  %y = ternary.dequantize ins(%w : tensor<8x10xi8>) outs(%i : tensor<8x10xf32>) -> tensor<8x10xf32>
  return %y : tensor<8x10xf32>
}
