//===- TernaryToVector.cpp - convert-ternary-to-vector --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

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
    RewritePatternSet patterns(&getContext());
    populateTernaryToVectorPatterns(patterns);
    // One visit of each op is enough: no pattern makes a ternary op that has a
    // kernel, and nothing is folded on the way.
    walkAndApplyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace

void ternary::populateTernaryToVectorPatterns(RewritePatternSet &patterns) {
  populateBitLinearKernels(patterns);
  populateDequantizeKernels(patterns);
  populateQuantizeKernels(patterns);
  populateStateKernels(patterns);
  populateStorageKernels(patterns);
  populateTrainKernels(patterns);
}
