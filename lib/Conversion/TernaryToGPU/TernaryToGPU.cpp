//===- TernaryToGPU.cpp - convert-ternary-to-gpu --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "GPUKernels.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace ternary {
#define GEN_PASS_DEF_CONVERTTERNARYTOGPU
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

static void populateKernels(RewritePatternSet &patterns,
                            const GPUShapes &shapes) {
  populateBitLinearKernels(patterns, shapes);
  populateElementKernels(patterns);
  populateGradInputGPUKernels(patterns, shapes);
  populateRowKernels(patterns);
  populateStateGPUKernels(patterns);
  populateStorageGPUKernels(patterns);
  populateTrainGPUKernels(patterns, shapes);
}

namespace {

struct ConvertTernaryToGPUPass
    : ternary::impl::ConvertTernaryToGPUBase<ConvertTernaryToGPUPass> {
  using Base::Base;

  void runOnOperation() override {
    GPUShapes shapes;
    shapes.overlapLaunches = overlapLaunches;
    if (failed(readShapes(shapes)))
      return signalPassFailure();
    fuseRowKernels(getOperation());
    RewritePatternSet patterns(&getContext());
    populateKernels(patterns, shapes);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }

private:
  LogicalResult readShapes(GPUShapes &shapes) {
    if (failed(check("decode-shape", decodeShape, {32, 4})) ||
        failed(check("prefill-shape", prefillShape, {4, 4, 128, 8, 8})))
      return failure();
    if (!decodeShape.empty())
      shapes.decode = {decodeShape[0], decodeShape[1]};
    if (prefillShape.empty())
      return success();
    shapes.prefill = {prefillShape[0], prefillShape[1], prefillShape[2],
                      prefillShape[3], prefillShape[4]};
    // wgmma has these widths; a stage is used while two are on their way.
    if (shapes.prefill->tokens % 16 != 0 || shapes.prefill->stages < 3)
      return refuse("prefill-shape",
                    "tokens in multiples of 16, and 3 stages or more");
    return success();
  }

  LogicalResult refuse(StringRef option, const Twine &expected) {
    return getOperation()->emitError() << "convert-ternary-to-gpu: expected '"
                                       << option << "' of " << expected;
  }

  LogicalResult check(StringRef option, ArrayRef<int64_t> values,
                      ArrayRef<int64_t> most) {
    bool isValid = values.size() == most.size() &&
                   llvm::all_of(llvm::zip(values, most), [](auto pair) {
                     auto [value, limit] = pair;
                     return value >= 1 && value <= limit;
                   });
    if (values.empty() || isValid)
      return success();
    std::string limits;
    llvm::raw_string_ostream os(limits);
    llvm::interleaveComma(most, os);
    return refuse(option, Twine(most.size()) + " numbers from 1 to " + limits);
  }
};

} // namespace

bool ternary::hasGPUKernel(Operation *op) {
  // Of any layout, so that it may be on tensors still.
  if (isa<GradSignOp>(op))
    return true;
  if (!cast<DestinationStyleOpInterface>(op).hasPureBufferSemantics())
    return false;
  if (auto update = dyn_cast<AccumulateCorrelationOp>(op);
      update && isStreamed(update))
    return true;
  if (auto product = dyn_cast<GradInputOp>(op))
    return isForFloatProduct(product);
  if (auto layer = dyn_cast<BitLinearOp>(op))
    return isForGPUKernel(layer);
  return hasElementKernel(op) || hasRowKernel(op) || hasStateKernel(op) ||
         hasStorageKernel(op);
}

void ternary::populateTernaryToGPUPatterns(RewritePatternSet &patterns) {
  populateKernels(patterns, {});
}
