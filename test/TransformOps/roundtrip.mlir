// RUN: ternary-opt %s | ternary-opt | FileCheck %s
// RUN: ternary-opt %s --emit-bytecode | ternary-opt | FileCheck %s

module attributes {transform.with_named_sequence} {
  transform.named_sequence @pack(%layers: !transform.any_op {transform.readonly}) {
    // CHECK: transform.ternary.select_packing %{{.*}} packing(#ternary.packing<cpu_rows3>) : !transform.any_op
    transform.ternary.select_packing %layers packing(#ternary.packing<cpu_rows3>)
        : !transform.any_op
    transform.yield
  }
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @cut(%layers: !transform.any_op {transform.consumed}) {
    // CHECK: transform.ternary.tile %{{.*}} row_tile = 128 : (!transform.any_op) -> !transform.any_op
    %loops = transform.ternary.tile %layers row_tile = 128
        : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @lower(%function: !transform.any_op {transform.readonly}) {
    // CHECK: transform.ternary.lower_to_register_level %{{.*}} : !transform.any_op
    transform.ternary.lower_to_register_level %function : !transform.any_op
    transform.yield
  }
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @vectorize(%function: !transform.any_op {transform.readonly}) {
    // CHECK: transform.ternary.vectorize %{{.*}} : !transform.any_op
    transform.ternary.vectorize %function : !transform.any_op
    transform.yield
  }
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @all(%layers: !transform.any_op {transform.consumed}) {
    // CHECK: transform.ternary.select_packing %{{.*}} cache_bytes = 0 : !transform.any_op
    transform.ternary.select_packing %layers cache_bytes = 0 : !transform.any_op
    // CHECK: transform.ternary.tile %{{.*}} row_tile = 64 token_tile = 2 : (!transform.any_op) -> !transform.any_op
    %loops = transform.ternary.tile %layers row_tile = 64 token_tile = 2
        : (!transform.any_op) -> !transform.any_op
    transform.yield
  }
}
