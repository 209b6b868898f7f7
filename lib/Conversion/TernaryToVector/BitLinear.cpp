//===- BitLinear.cpp - convert-ternary-to-vector --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "Kernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace ternary {
#define GEN_PASS_DEF_CONVERTTERNARYTOVECTOR
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

/// Whether the kernel's loops can read the operands.
static bool hasVectorKernel(BitLinearOp op) {
  std::optional<PanelShape> panel = getPanelShape(op.getPackingAttr());
  if (!panel || op.getWeights().empty() || op.getRoundOperands())
    return false;
  if (op.getGroupSize() && *op.getGroupSize() % panel->columns() != 0)
    return false;
  // Vectors are loaded along the innermost dimension.
  return llvm::all_of(op->getOperands(), [](Value operand) {
    auto type = dyn_cast<MemRefType>(operand.getType());
    return !type || type.getRank() == 0 || type.isLastDimUnitStride();
  });
}

namespace {

struct LowerToKernel : OpRewritePattern<BitLinearOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BitLinearOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.hasPureBufferSemantics() || !hasVectorKernel(op))
      return failure();
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    buildPanelKernel(builder, op, *getPanelShape(op.getPackingAttr()));
    rewriter.eraseOp(op);
    return success();
  }
};

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
  patterns.add<LowerToKernel>(patterns.getContext());
}
