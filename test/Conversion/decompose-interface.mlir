// RUN: ternary-opt %s --transform-interpreter --split-input-file | FileCheck %s

// A composite op takes itself apart when a schedule asks it to.

// CHECK-LABEL: func.func @stats(
// CHECK: ternary.absmean
// CHECK: linalg.generic
// CHECK-NOT: ternary.deadzone_stats ins
func.func @stats(%w: tensor<8x10xf32>, %si: tensor<6xf32>) -> tensor<6xf32> {
  %s = ternary.deadzone_stats ins(%w : tensor<8x10xf32>)
      outs(%si : tensor<6xf32>) -> tensor<6xf32>
  return %s : tensor<6xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %ops = transform.structured.match ops{["ternary.deadzone_stats"]} in %root
        : (!transform.any_op) -> !transform.any_op
    %parts = transform.structured.decompose_interface %ops
        : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}

// -----

// CHECK-LABEL: func.func @norm(
// CHECK: linalg.generic
// CHECK-NOT: ternary.rms_norm ins
func.func @norm(%x: tensor<4x10xf32>, %w: tensor<10xf32>,
                %y: tensor<4x10xf32>) -> tensor<4x10xf32> {
  %0 = ternary.rms_norm ins(%x : tensor<4x10xf32>) weight(%w : tensor<10xf32>)
      outs(%y : tensor<4x10xf32>) -> tensor<4x10xf32>
  return %0 : tensor<4x10xf32>
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %ops = transform.structured.match ops{["ternary.rms_norm"]} in %root
        : (!transform.any_op) -> !transform.any_op
    %parts = transform.structured.decompose_interface %ops
        : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}
