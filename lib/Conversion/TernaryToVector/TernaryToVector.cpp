//===- TernaryToVector.cpp - convert-ternary-to-vector --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "../KernelRemark.h"
#include "Kernels.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace ternary {
#define GEN_PASS_DEF_CONVERTTERNARYTOVECTOR
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

struct ConvertTernaryToVectorPass
    : ternary::impl::ConvertTernaryToVectorBase<ConvertTernaryToVectorPass> {
  void runOnOperation() override {
    if (failed(convertToRegisterLevel(getOperation())))
      signalPassFailure();
  }
};

} // namespace

LogicalResult
ternary::convertToRegisterLevel(Operation *op,
                                RewriterBase::Listener *listener) {
  RewritePatternSet patterns(op->getContext());
  populateTernaryToVectorPatterns(patterns);
  // One visit of each op is enough: no pattern makes a ternary op that has a
  // kernel, and nothing is folded on the way.
  walkAndApplyPatterns(op, std::move(patterns), listener);
  op->walk([](BitLinearOp layer) {
    if (layer.hasPureBufferSemantics())
      remarkKernel(layer, "convert-ternary-to-vector", "loops");
  });
  return success();
}

void ternary::populateTernaryToVectorPatterns(RewritePatternSet &patterns) {
  populateBitLinearKernels(patterns);
  populateDequantizeKernels(patterns);
  populateQuantizeKernels(patterns);
  populateStateKernels(patterns);
  populateStorageKernels(patterns);
  populateTrainKernels(patterns);
}
