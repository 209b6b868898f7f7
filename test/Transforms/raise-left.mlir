// Sums of products that are no layer of ternary weights stay as they are, with a
// remark that says why.

// RUN: ternary-opt %s --ternary-raise="max-elements=65536" --remarks-filter=ternary-raise -o %t.after 2>&1 | FileCheck %s
// RUN: ternary-opt %s -o %t.before
// RUN: diff %t.before %t.after

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

func.func @two_magnitudes(%x: tensor<3x4xf32>, %init: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[0.5, 0.0], [-0.5, 0.5], [0.0, 1.0], [0.5, -0.5]]> : tensor<4x2xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] layer | Category:ternary-raise | Remark="left as it is: weights are not ternary: row 1 has weights of magnitude 0.5 and 1"
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

func.func @nearly(%x: tensor<3x4xf32>, %init: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %w = arith.constant dense<[[0.5, 0.0], [-0.5, 0.5], [0.0, 0.0], [0.50000006, -0.5]]> : tensor<4x2xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not ternary: row 0 has weights of magnitude 0.5 and 0.50000006
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

func.func @minus_two(%x: tensor<3x4xi8>, %init: tensor<3x2xi32>) -> tensor<3x2xi32> {
  %w = arith.constant dense<[[1, 0], [-1, -2], [0, 0], [1, -1]]> : tensor<4x2xi8>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not ternary: row 1 has weights of magnitude 2 and 1
  %y = linalg.matmul ins(%x, %w : tensor<3x4xi8>, tensor<4x2xi8>) outs(%init : tensor<3x2xi32>) -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

func.func @unsigned(%x: tensor<3x4xi8>, %init: tensor<3x2xi32>) -> tensor<3x2xi32> {
  %w = arith.constant dense<[[1, 0], [-1, 1], [0, 0], [1, -1]]> : tensor<4x2xi8>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}the activations are changed by 'arith.extui' in the body
  %y = linalg.matmul {cast = #linalg.type_fn<cast_unsigned>}
      ins(%x, %w : tensor<3x4xi8>, tensor<4x2xi8>) outs(%init : tensor<3x2xi32>) -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

func.func @not_finite(%x: tensor<3x2xf32>, %init: tensor<3x1xf32>) -> tensor<3x1xf32> {
  %w = arith.constant dense<[[0.5], [0x7F800000]]> : tensor<2x1xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not ternary: weight [0, 1] is inf, which is no finite f32
  %y = linalg.matmul ins(%x, %w : tensor<3x2xf32>, tensor<2x1xf32>) outs(%init : tensor<3x1xf32>) -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}

// One weight per scale proves nothing.

func.func @outer(%x: tensor<3x1xf32>, %init: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %w = arith.constant dense<[[0.5, 0.25, 0.125, 1.0]]> : tensor<1x4xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not ternary: 4 scales for 4 weights that are not 0
  %y = linalg.matmul ins(%x, %w : tensor<3x1xf32>, tensor<1x4xf32>) outs(%init : tensor<3x4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

func.func @none(%x: tensor<3x0xf32>, %init: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %w = arith.constant dense<> : tensor<0x4xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not ternary: there are none
  %y = linalg.matmul ins(%x, %w : tensor<3x0xf32>, tensor<0x4xf32>) outs(%init : tensor<3x4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

//===----------------------------------------------------------------------===//
// What is not constant, or not computed
//===----------------------------------------------------------------------===//

func.func @argument(%x: tensor<3x4xf32>, %w: tensor<4x2xf32>, %init: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not constant: it depends on argument 1 of 'argument'
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

func.func @overwritten(%x: tensor<3x4xf32>, %row: tensor<1x2xf32>, %init: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %c = arith.constant dense<[[0.5, 0.0], [-0.5, 0.5], [0.0, 0.0], [0.5, -0.5]]> : tensor<4x2xf32>
  %w = tensor.insert_slice %row into %c[1, 0] [1, 2] [1, 1] : tensor<1x2xf32> into tensor<4x2xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not constant: it depends on argument 1 of 'overwritten'
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// What a tensor holds that nobody has written to.

func.func @undefined(%x: tensor<3x4xf32>, %init: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %c = arith.constant dense<0.5> : tensor<3x2xf32>
  %e = tensor.empty() : tensor<4x2xf32>
  %w = tensor.insert_slice %c into %e[0, 0] [3, 2] [1, 1] : tensor<3x2xf32> into tensor<4x2xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not computed: elements of 'tensor.empty' are read
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// exp differs between libraries.

func.func @inexact(%x: tensor<3x4xf32>, %init: tensor<3x2xf32>) -> tensor<3x2xf32> {
  %c = arith.constant dense<0.0> : tensor<4x2xf32>
  %w = math.exp %c : tensor<4x2xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not constant: it depends on 'math.exp'
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

func.func @poison(%x: tensor<3x4xi8>, %init: tensor<3x2xi32>) -> tensor<3x2xi32> {
  %c = arith.constant dense<1> : tensor<4x2xi8>
  %by = arith.constant dense<[[0, 0], [8, 0], [0, 0], [0, 0]]> : tensor<4x2xi8>
  %w = arith.shli %c, %by : tensor<4x2xi8>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not computed: a shift by the width or more
  %y = linalg.matmul ins(%x, %w : tensor<3x4xi8>, tensor<4x2xi8>) outs(%init : tensor<3x2xi32>) -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

func.func @asserted(%x: tensor<3x4xi8>, %init: tensor<3x2xi32>) -> tensor<3x2xi32> {
  %c = arith.constant dense<1> : tensor<4x2xi8>
  %one = arith.constant 1 : i8
  %e = tensor.empty() : tensor<4x2xi8>
  %w = linalg.map ins(%c : tensor<4x2xi8>) outs(%e : tensor<4x2xi8>)
    (%v: i8, %o: i8) {
      %holds = arith.cmpi ne, %v, %one : i8
      cf.assert %holds, "not one"
      linalg.yield %v : i8
    }
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not computed: an assertion does not hold
  %y = linalg.matmul ins(%x, %w : tensor<3x4xi8>, tensor<4x2xi8>) outs(%init : tensor<3x2xi32>) -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

func.func @large(%x: tensor<3x512xi8>, %init: tensor<3x512xi32>) -> tensor<3x512xi32> {
  %w = arith.constant dense<1> : tensor<512x512xi8>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}weights are not constant: 'arith.constant' has more than 65536 elements
  %y = linalg.matmul ins(%x, %w : tensor<3x512xi8>, tensor<512x512xi8>) outs(%init : tensor<3x512xi32>) -> tensor<3x512xi32>
  return %y : tensor<3x512xi32>
}

func.func @dense_table(%ids: tensor<3xi32>, %init: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %table = arith.constant dense<[[0.5, 1.0, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5]]> : tensor<2x4xf32>
  // CHECK: [[# @LINE + 1]]:11: remark: [Missed] {{.*}}weights are not ternary: row 0 has weights of magnitude 0.5 and 1
  %rows = linalg.generic
      {indexing_maps = [affine_map<(t, d) -> (t)>, affine_map<(t, d) -> (t, d)>],
       iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<3xi32>) outs(%init : tensor<3x4xf32>) {
    ^bb0(%id: i32, %o: f32):
      %v = arith.index_cast %id : i32 to index
      %d = linalg.index 1 : index
      %e = tensor.extract %table[%v, %d] : tensor<2x4xf32>
      linalg.yield %e : f32
  } -> tensor<3x4xf32>
  return %rows : tensor<3x4xf32>
}

//===----------------------------------------------------------------------===//
// Types and shapes
//===----------------------------------------------------------------------===//

func.func @doubles(%x: tensor<3x4xf64>, %init: tensor<3x2xf64>) -> tensor<3x2xf64> {
  %w = arith.constant dense<0.5> : tensor<4x2xf64>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}activations are f64, expected i8, f16, bf16 or f32
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf64>, tensor<4x2xf64>) outs(%init : tensor<3x2xf64>) -> tensor<3x2xf64>
  return %y : tensor<3x2xf64>
}

func.func @short_sums(%x: tensor<3x4xi8>, %init: tensor<3x2xi16>) -> tensor<3x2xi16> {
  %w = arith.constant dense<1> : tensor<4x2xi8>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}sums are i16, which may wrap
  %y = linalg.matmul ins(%x, %w : tensor<3x4xi8>, tensor<4x2xi8>) outs(%init : tensor<3x2xi16>) -> tensor<3x2xi16>
  return %y : tensor<3x2xi16>
}

func.func @integer_scale(%x: tensor<3x4xi8>, %init: tensor<3x2xi32>) -> tensor<3x2xi32> {
  %w = arith.constant dense<3> : tensor<4x2xi8>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}integer sums take no scale, and weights are not -1, 0 or 1
  %y = linalg.matmul ins(%x, %w : tensor<3x4xi8>, tensor<4x2xi8>) outs(%init : tensor<3x2xi32>) -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

func.func @batches(%x: tensor<2x3x4xf32>, %init: tensor<2x3x2xf32>) -> tensor<2x3x2xf32> {
  %w = arith.constant dense<0.5> : tensor<2x4x2xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}each batch has weights of its own
  %y = linalg.batch_matmul ins(%x, %w : tensor<2x3x4xf32>, tensor<2x4x2xf32>) outs(%init : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  return %y : tensor<2x3x2xf32>
}

func.func @window(%x: tensor<1x5x5x4xf32>, %init: tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32> {
  %w = arith.constant dense<0.5> : tensor<2x3x3x4xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}the activations are read through a window or with steps
  %y = linalg.conv_2d_nhwc_fhwc {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%x, %w : tensor<1x5x5x4xf32>, tensor<2x3x3x4xf32>) outs(%init : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  return %y : tensor<1x3x3x2xf32>
}

func.func @steps(%x: tensor<1x5x5x4xf32>, %init: tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32> {
  %w = arith.constant dense<0.5> : tensor<2x1x1x4xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}the activations are read through a window or with steps
  %y = linalg.conv_2d_nhwc_fhwc {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>}
      ins(%x, %w : tensor<1x5x5x4xf32>, tensor<2x1x1x4xf32>) outs(%init : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  return %y : tensor<1x3x3x2xf32>
}

func.func @part(%x: tensor<1x4x4x4xf32>, %init: tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32> {
  %w = arith.constant dense<0.5> : tensor<2x1x1x4xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}not all of the elements may be read or written
  %y = linalg.conv_2d_nhwc_fhwc {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>}
      ins(%x, %w : tensor<1x4x4x4xf32>, tensor<2x1x1x4xf32>) outs(%init : tensor<1x3x3x2xf32>) -> tensor<1x3x3x2xf32>
  return %y : tensor<1x3x3x2xf32>
}

// Upstream's verifier takes any extents where one is 0.

func.func @no_tokens(%x: tensor<3x4xf32>, %init: tensor<0x2xf32>) -> tensor<0x2xf32> {
  %w = arith.constant dense<0.5> : tensor<4x2xf32>
  // CHECK: [[# @LINE + 1]]:8: remark: [Missed] {{.*}}not all of the elements may be read or written
  %y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<0x2xf32>) -> tensor<0x2xf32>
  return %y : tensor<0x2xf32>
}

//===----------------------------------------------------------------------===//
// Graph regions
//===----------------------------------------------------------------------===//

// The body of a module has no order, and ops in it may form a circle (of ops that
// upstream folds none of: it would not come to an end).

%x = tensor.empty() : tensor<3x4xf32>
%init = tensor.empty() : tensor<3x2xf32>
%w = arith.mulf %v, %v : tensor<4x2xf32>
%v = arith.mulf %w, %w : tensor<4x2xf32>
// CHECK: [[# @LINE + 1]]:6: remark: [Missed] {{.*}}weights are not computed: it depends on itself
%y = linalg.matmul ins(%x, %w : tensor<3x4xf32>, tensor<4x2xf32>) outs(%init : tensor<3x2xf32>) -> tensor<3x2xf32>
