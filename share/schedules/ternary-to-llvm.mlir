// The pipeline ternary-to-llvm as a schedule; a copy of it may decide otherwise.
//
//   ternary-opt layer.mlir --ternary-attach-target=cpu=native \
//     --transform-preload-library=transform-library-paths=common.mlir,ternary-to-llvm.mlir \
//     --transform-interpreter
//
// Between the decisions, which are transform ops, the steps are passes.

!op = !transform.any_op

module attributes {transform.with_named_sequence} {
  transform.named_sequence private @clean_up(%module: !op {transform.consumed}) -> !op
  transform.named_sequence private @bufferize(%module: !op {transform.consumed}) -> !op
  transform.named_sequence private @deallocate(%module: !op {transform.consumed}) -> !op
  transform.named_sequence private @decide(%module: !op {transform.consumed}) -> !op

  transform.named_sequence @lower_loops(%module: !op {transform.consumed}) -> !op {
    %1 = transform.apply_registered_pass "arith-emulate-unsupported-floats"
        with options = {"source-types" = ["bf16"], "target-type" = "f32"}
        to %module : (!op) -> !op
    transform.ternary.vectorize %1 : !op
    %2 = transform.apply_registered_pass "expand-strided-metadata" to %1 : (!op) -> !op
    %3 = transform.apply_registered_pass "lower-affine" to %2 : (!op) -> !op
    %4 = transform.apply_registered_pass "convert-scf-to-cf" to %3 : (!op) -> !op
    %5 = transform.apply_registered_pass "convert-vector-to-llvm"
        with options = {"enable-amx" = true}
        to %4 : (!op) -> !op
    %6 = transform.apply_registered_pass "convert-math-to-llvm" to %5 : (!op) -> !op
    %7 = transform.apply_registered_pass "convert-math-to-libm" to %6 : (!op) -> !op
    %8 = transform.apply_registered_pass "convert-arith-to-llvm" to %7 : (!op) -> !op
    %9 = transform.apply_registered_pass "convert-index-to-llvm" to %8 : (!op) -> !op
    %10 = transform.apply_registered_pass "finalize-memref-to-llvm" to %9 : (!op) -> !op
    %11 = transform.apply_registered_pass "convert-func-to-llvm" to %10 : (!op) -> !op
    %12 = transform.apply_registered_pass "convert-cf-to-llvm" to %11 : (!op) -> !op
    %13 = transform.apply_registered_pass "convert-openmp-to-llvm" to %12 : (!op) -> !op
    %14 = transform.apply_registered_pass "reconcile-unrealized-casts" to %13 : (!op) -> !op
    %15 = transform.include @clean_up failures(propagate) (%14) : (!op) -> !op
    transform.yield %15 : !op
  }

  transform.named_sequence @__transform_main(%module: !op {transform.consumed}) {
    %1 = transform.include @decide failures(propagate) (%module) : (!op) -> !op
    %2 = transform.include @bufferize failures(propagate) (%1) : (!op) -> !op
    %3 = transform.apply_registered_pass "ternary-outline-kernels" to %2 : (!op) -> !op
    transform.ternary.lower_to_register_level %3 : !op
    %4 = transform.apply_registered_pass "convert-ternary-to-linalg" to %3 : (!op) -> !op
    %5 = transform.include @clean_up failures(propagate) (%4) : (!op) -> !op
    %6 = transform.include @bufferize failures(propagate) (%5) : (!op) -> !op
    %7 = transform.include @deallocate failures(propagate) (%6) : (!op) -> !op
    transform.ternary.vectorize %7 : !op
    %8 = transform.apply_registered_pass "ternary-drop-annotations" to %7 : (!op) -> !op
    %9 = transform.apply_registered_pass "lower-memref-copy" to %8 : (!op) -> !op
    %10 = transform.apply_registered_pass "convert-linalg-to-loops" to %9 : (!op) -> !op
    %11 = transform.apply_registered_pass "scf-forall-to-for" to %10 : (!op) -> !op
    %12 = transform.include @clean_up failures(propagate) (%11) : (!op) -> !op
    %13 = transform.include @lower_loops failures(propagate) (%12) : (!op) -> !op
    transform.yield
  }
}
