//===- TernaryToVector.cpp - convert-ternary-to-vector --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "Kernels.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

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
    RewritePatternSet patterns(&getContext());
    populateTernaryToVectorPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void ternary::populateTernaryToVectorPatterns(RewritePatternSet &patterns) {
  populateBitLinearKernels(patterns);
  populateStateKernels(patterns);
  populateTrainKernels(patterns);
}
