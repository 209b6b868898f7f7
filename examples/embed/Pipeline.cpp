//===- Pipeline.cpp - Layers to LLVM --------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Embed.h"

#include "ternary/InitAll.h"
#include "ternary/Pipelines/Pipelines.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace {

/// A layer is a product with unpacked weights; a pattern of ternary then reads
/// them where they are packed.
struct LowerLayer : OpRewritePattern<embed::LayerOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(embed::LayerOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    RankedTensorType sums = op.getSums().getType();
    int64_t rows = sums.getDimSize(1);
    int64_t columns = op.getActivations().getType().getDimSize(1);
    if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns))
      return rewriter.notifyMatchFailure(op, "weights of a dynamic shape");
    Value trits = tensor::EmptyOp::create(b, ArrayRef<int64_t>{rows, columns},
                                          b.getI8Type());
    trits = ternary::UnpackOp::create(b, trits.getType(), op.getWeights(),
                                      trits, op.getPacking())
                .getResult(0);
    SmallVector<OpFoldResult> shape = {
        tensor::getMixedSize(b, b.getLoc(), op.getActivations(), 0),
        b.getIndexAttr(rows)};
    Value init = tensor::EmptyOp::create(b, shape, b.getI32Type());
    auto product = ternary::BitLinearOp::create(
        b, sums, op.getActivations(), trits, /*scales=*/ValueRange(),
        /*activation_scale=*/Value(), /*bias=*/Value(), init,
        /*packing=*/nullptr, /*group_size=*/nullptr,
        /*round_operands=*/nullptr);
    rewriter.replaceOp(op, product.getResults());
    return success();
  }
};

struct LowerLayersPass : PassWrapper<LowerLayersPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerLayersPass)

  StringRef getArgument() const override { return "embed-lower-layers"; }
  StringRef getDescription() const override {
    return "layers to ops that read packed weights";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<ternary::TernaryDialect, tensor::TensorDialect>();
  }
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<LowerLayer>(&getContext());
    ternary::populateTernaryFusePatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

std::unique_ptr<Pass> embed::createLowerLayers() {
  return std::make_unique<LowerLayersPass>();
}

void embed::buildEmbedToLLVM(OpPassManager &pm) {
  pm.addPass(createLowerLayers());
  ternary::buildTernaryToLLVMPipeline(pm, {});
}

void embed::registerPasses() {
  ternary::registerAllPasses();
  registerPass(createLowerLayers);
  PassPipelineRegistration<>("embed-to-llvm", "layers to code for this machine",
                             buildEmbedToLLVM);
}
