// The pipeline ternary-to-nvvm as a schedule; a copy of it may decide otherwise.
//
//   ternary-opt layer.mlir --ternary-attach-target='cpu=sm_90a triple=nvptx64-nvidia-cuda' \
//     --transform-preload-library=transform-library-paths=common.mlir,ternary-to-nvvm.mlir \
//     --transform-interpreter
//
// Between the decisions, which are transform ops, the steps are passes.

!op = !transform.any_op

module attributes {transform.with_named_sequence} {
  transform.named_sequence private @clean_up(%module: !op {transform.consumed}) -> !op
  transform.named_sequence private @bufferize(%module: !op {transform.consumed}) -> !op
  transform.named_sequence private @deallocate(%module: !op {transform.consumed}) -> !op
  transform.named_sequence private @decide(%module: !op {transform.consumed}) -> !op

  transform.named_sequence @make_kernels(%module: !op {transform.consumed}) -> !op {
    %1 = transform.include @bufferize failures(propagate) (%module) : (!op) -> !op
    %2 = transform.apply_registered_pass "ternary-outline-kernels" to %1 : (!op) -> !op
    %3 = transform.apply_registered_pass "convert-ternary-to-linalg"
        with options = {"leave-gpu-kernels" = true}
        to %2 : (!op) -> !op
    %4 = transform.include @clean_up failures(propagate) (%3) : (!op) -> !op
    %5 = transform.include @bufferize failures(propagate) (%4) : (!op) -> !op
    %6 = transform.include @deallocate failures(propagate) (%5) : (!op) -> !op
    %7 = transform.apply_registered_pass "convert-ternary-to-gpu" to %6 : (!op) -> !op
    %8 = transform.apply_registered_pass "lower-memref-copy" to %7 : (!op) -> !op
    %9 = transform.apply_registered_pass "convert-linalg-to-parallel-loops" to %8 : (!op) -> !op
    %10 = transform.include @clean_up failures(propagate) (%9) : (!op) -> !op
    %functions = transform.structured.match ops{["func.func"]} in %10 : (!op) -> !op
    %mapped = transform.apply_registered_pass "map-loops-to-gpu" to %functions : (!op) -> !op
    %11 = transform.apply_registered_pass "move-memory-to-gpu" to %10 : (!op) -> !op
    transform.ternary.vectorize %11 : !op
    %12 = transform.apply_registered_pass "ternary-drop-annotations" to %11 : (!op) -> !op
    %13 = transform.include @clean_up failures(propagate) (%12) : (!op) -> !op
    %14 = transform.apply_registered_pass "gpu-launch-sink-index-computations" to %13 : (!op) -> !op
    %15 = transform.apply_registered_pass "outline-gpu-kernels" to %14 : (!op) -> !op
    %16 = transform.apply_registered_pass "merge-gpu-modules" to %15 : (!op) -> !op
    %17 = transform.apply_registered_pass "nvvm-attach-target"
        with options = {"O" = 3, "chip" = "sm_90a", "features" = "+ptx80"}
        to %16 : (!op) -> !op
    transform.yield %17 : !op
  }

  transform.named_sequence @lower_device_code(%module: !op {transform.consumed}) -> !op {
    %1 = transform.apply_registered_pass "expand-strided-metadata" to %module : (!op) -> !op
    %2 = transform.apply_registered_pass "lower-affine" to %1 : (!op) -> !op
    %3 = transform.apply_registered_pass "convert-scf-to-cf" to %2 : (!op) -> !op
    %4 = transform.apply_registered_pass "arith-expand" to %3 : (!op) -> !op
    %5 = transform.apply_registered_pass "expand-math-for-gpu" to %4 : (!op) -> !op
    %6 = transform.apply_registered_pass "convert-gpu-to-nvvm" to %5 : (!op) -> !op
    %7 = transform.apply_registered_pass "convert-vector-to-llvm" to %6 : (!op) -> !op
    %8 = transform.apply_registered_pass "convert-math-to-llvm" to %7 : (!op) -> !op
    %9 = transform.apply_registered_pass "convert-arith-to-llvm" to %8 : (!op) -> !op
    %10 = transform.apply_registered_pass "convert-index-to-llvm" to %9 : (!op) -> !op
    %11 = transform.apply_registered_pass "convert-nvvm-to-llvm" to %10 : (!op) -> !op
    %12 = transform.apply_registered_pass "canonicalize" to %11 : (!op) -> !op
    %13 = transform.apply_registered_pass "cse" to %12 : (!op) -> !op
    %14 = transform.apply_registered_pass "reconcile-unrealized-casts" to %13 : (!op) -> !op
    transform.yield %14 : !op
  }

  transform.named_sequence @__transform_main(%module: !op {transform.consumed}) {
    %1 = transform.include @decide failures(propagate) (%module) : (!op) -> !op
    %2 = transform.include @make_kernels failures(propagate) (%1) : (!op) -> !op
    %modules = transform.structured.match ops{["gpu.module"]} in %2 : (!op) -> !op
    %device = transform.include @lower_device_code failures(propagate) (%modules) : (!op) -> !op
    %functions = transform.structured.match ops{["func.func"]} in %2 : (!op) -> !op
    %launched = transform.apply_registered_pass "gpu-async-region" to %functions : (!op) -> !op
    %3 = transform.apply_registered_pass "expand-strided-metadata" to %2 : (!op) -> !op
    %4 = transform.apply_registered_pass "lower-affine" to %3 : (!op) -> !op
    %5 = transform.apply_registered_pass "convert-scf-to-cf" to %4 : (!op) -> !op
    %6 = transform.apply_registered_pass "gpu-to-llvm" to %5 : (!op) -> !op
    %7 = transform.apply_registered_pass "prune-kernel-arguments" to %6 : (!op) -> !op
    %8 = transform.apply_registered_pass "gpu-module-to-binary"
        with options = {"format" = "isa"}
        to %7 : (!op) -> !op
    %9 = transform.apply_registered_pass "convert-arith-to-llvm" to %8 : (!op) -> !op
    %10 = transform.apply_registered_pass "convert-index-to-llvm" to %9 : (!op) -> !op
    %11 = transform.apply_registered_pass "finalize-memref-to-llvm" to %10 : (!op) -> !op
    %12 = transform.apply_registered_pass "convert-func-to-llvm" to %11 : (!op) -> !op
    %13 = transform.apply_registered_pass "convert-cf-to-llvm" to %12 : (!op) -> !op
    %14 = transform.apply_registered_pass "reconcile-unrealized-casts" to %13 : (!op) -> !op
    %15 = transform.include @clean_up failures(propagate) (%14) : (!op) -> !op
    transform.yield
  }
}
