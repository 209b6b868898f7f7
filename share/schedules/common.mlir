// What the schedules of both pipelines share: decisions on tensors, and the way to buffers.

!op = !transform.any_op

module attributes {transform.with_named_sequence} {
  transform.named_sequence @clean_up(%module: !op {transform.consumed}) -> !op {
    %1 = transform.apply_registered_pass "canonicalize" to %module : (!op) -> !op
    %2 = transform.apply_registered_pass "cse" to %1 : (!op) -> !op
    transform.yield %2 : !op
  }

  transform.named_sequence @bufferize(%module: !op {transform.consumed}) -> !op {
    %1 = transform.apply_registered_pass "ternary-unshare-inits" to %module : (!op) -> !op
    %2 = transform.apply_registered_pass "one-shot-bufferize"
        with options = {"bufferize-function-boundaries" = true, "allow-return-allocs-from-loops" = true,
                        "function-boundary-type-conversion" = "identity-layout-map"}
        to %1 : (!op) -> !op
    %3 = transform.apply_registered_pass "canonicalize" to %2 : (!op) -> !op
    %4 = transform.apply_registered_pass "cse" to %3 : (!op) -> !op
    %5 = transform.apply_registered_pass "canonicalize" to %4 : (!op) -> !op
    transform.yield %5 : !op
  }

  transform.named_sequence @deallocate(%module: !op {transform.consumed}) -> !op {
    %1 = transform.apply_registered_pass "ternary-free-buffers" to %module : (!op) -> !op
    %2 = transform.apply_registered_pass "expand-realloc"
        with options = {"emit-deallocs" = false}
        to %1 : (!op) -> !op
    %3 = transform.apply_registered_pass "canonicalize" to %2 : (!op) -> !op
    %4 = transform.apply_registered_pass "ownership-based-buffer-deallocation" to %3 : (!op) -> !op
    %5 = transform.apply_registered_pass "canonicalize" to %4 : (!op) -> !op
    %6 = transform.apply_registered_pass "buffer-deallocation-simplification" to %5 : (!op) -> !op
    %7 = transform.apply_registered_pass "bufferization-lower-deallocations" to %6 : (!op) -> !op
    %8 = transform.apply_registered_pass "cse" to %7 : (!op) -> !op
    %9 = transform.apply_registered_pass "canonicalize" to %8 : (!op) -> !op
    %10 = transform.apply_registered_pass "convert-bufferization-to-memref" to %9 : (!op) -> !op
    transform.yield %10 : !op
  }

  transform.named_sequence @decide(%module: !op {transform.consumed}) -> !op {
    %1 = transform.apply_registered_pass "ternary-attach-target" to %module : (!op) -> !op
    %2 = transform.apply_registered_pass "ternary-verify-packing" to %1 : (!op) -> !op
    %3 = transform.apply_registered_pass "convert-elementwise-to-linalg" to %2 : (!op) -> !op
    %4 = transform.include @clean_up failures(propagate) (%3) : (!op) -> !op
    %5 = transform.apply_registered_pass "ternary-fuse" to %4 : (!op) -> !op
    %layers = transform.structured.match ops{["ternary.bitlinear"]} in %5 : (!op) -> !op
    transform.ternary.select_packing %layers : !op
    %6 = transform.include @clean_up failures(propagate) (%5) : (!op) -> !op
    %7 = transform.apply_registered_pass "ternary-outline-prepare" to %6 : (!op) -> !op
    %packed = transform.structured.match ops{["ternary.bitlinear"]} in %7 : (!op) -> !op
    %loops = transform.ternary.tile %packed : (!op) -> !op
    transform.yield %7 : !op
  }
}
