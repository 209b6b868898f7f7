//===- TernaryToLinalg.cpp - The reference lowering -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "Linalg.h"

#include "../TernaryToGPU/GPUKernels.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace ternary {
#define GEN_PASS_DEF_CONVERTTERNARYTOLINALG
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// Rewrites an op on memrefs to its tensor form, whose results are written
/// back to the inits.
struct LowerMemRefForm
    : OpInterfaceRewritePattern<DestinationStyleOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(DestinationStyleOpInterface op,
                                PatternRewriter &rewriter) const override {
    if (!isa_and_nonnull<TernaryDialect>(op->getDialect()) ||
        !op.hasPureBufferSemantics())
      return failure();
    Location loc = op.getLoc();
    SmallVector<Value> operands;
    SmallVector<Type> results;
    for (OpOperand &operand : op->getOpOperands()) {
      Value value = operand.get();
      auto type = dyn_cast<MemRefType>(value.getType());
      if (type) {
        auto tensor =
            RankedTensorType::get(type.getShape(), type.getElementType());
        value = bufferization::ToTensorOp::create(
            rewriter, loc, tensor, value, /*restrict=*/true,
            /*writable=*/op.isDpsInit(&operand));
        if (op.isDpsInit(&operand))
          results.push_back(tensor);
      }
      operands.push_back(value);
    }
    OperationState state(loc, op->getName(), operands, results, op->getAttrs());
    state.propertiesAttr = op->getPropertiesAsAttribute();
    Operation *tensorOp = rewriter.create(state);
    for (auto [result, init] :
         llvm::zip(tensorOp->getResults(), op.getDpsInits())) {
      auto write = bufferization::MaterializeInDestinationOp::create(
          rewriter, loc, result, init);
      write.setRestrict(true);
      write.setWritable(true);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

struct ConvertTernaryToLinalgPass
    : ternary::impl::ConvertTernaryToLinalgBase<ConvertTernaryToLinalgPass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateTernaryToLinalgPatterns(patterns);
    if (failed(apply(std::move(patterns))))
      return signalPassFailure();
    WalkResult left = getOperation()->walk([&](DestinationStyleOpInterface op) {
      if (!isLowered(op))
        return WalkResult::advance();
      op->emitOpError() << "has no lowering to linalg";
      return WalkResult::interrupt();
    });
    if (left.wasInterrupted())
      signalPassFailure();
  }

private:
  LogicalResult apply(FrozenRewritePatternSet patterns) {
    if (!leaveGPUKernels)
      return applyPatternsGreedily(getOperation(), patterns);
    // Round by round: what a pattern makes may have a kernel.
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingOps);
    bool changed = true;
    while (changed) {
      SmallVector<Operation *> ops;
      getOperation()->walk([&](DestinationStyleOpInterface op) {
        if (isLowered(op))
          ops.push_back(op);
      });
      if (failed(applyOpPatternsGreedily(ops, patterns, config, &changed)))
        return failure();
    }
    return success();
  }

  bool isLowered(DestinationStyleOpInterface op) {
    return isa_and_nonnull<TernaryDialect>(op->getDialect()) &&
           !(leaveGPUKernels && hasGPUKernel(op));
  }
};

} // namespace

void ternary::populateTernaryToLinalgPatterns(RewritePatternSet &patterns) {
  patterns.add<LowerMemRefForm>(patterns.getContext());
  populateStorageToLinalg(patterns);
  populateQuantizeToLinalg(patterns);
  populateInferToLinalg(patterns);
  populateUpdateToLinalg(patterns);
  populateTrainToLinalg(patterns);
  populateStateToLinalg(patterns);
}

void ternary::registerDecompositionExternalModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, TernaryDialect *) {
    context->loadDialect<linalg::LinalgDialect>();
    attachQuantizeDecompositions(context);
    attachInferDecompositions(context);
    attachUpdateDecompositions(context);
  });
}
