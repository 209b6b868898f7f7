//===- Fuse.cpp - ternary-fuse --------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Ternary.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYFUSE
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// The operands of an op that hold its weights.
MutableOperandRange weightsOf(BitLinearOp op) { return op.getWeightsMutable(); }
MutableOperandRange weightsOf(EmbeddingOp op) { return op.getTableMutable(); }
MutableOperandRange weightsOf(DequantizeOp op) { return op.getWeightMutable(); }
MutableOperandRange weightsOf(NonzeroMaskOp op) {
  return op.getWeightMutable();
}

/// Weights that were unpacked are read where they are packed.
template <typename OpTy> struct ReadPackedWeights : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    if (op.getPackingAttr())
      return failure();
    MutableOperandRange weights = weightsOf(op);
    PackingAttrInterface packing;
    SmallVector<Value> bytes;
    for (OpOperand &weight : weights) {
      auto unpack = weight.get().getDefiningOp<UnpackOp>();
      if (!unpack || (packing && unpack.getPacking() != packing))
        return failure();
      packing = unpack.getPacking();
      bytes.push_back(unpack.getBytes());
    }
    if (!packing)
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      weights.assign(bytes);
      op.setPackingAttr(packing);
    });
    return success();
  }
};

/// Activations that were quantized and dequantized stay integers.
struct ReadQuantizedActivation : OpRewritePattern<BitLinearOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BitLinearOp op,
                                PatternRewriter &rewriter) const override {
    auto dequantize = op.getInput().getDefiningOp<DequantizeActivationOp>();
    if (!dequantize || op.getActivationScale() || op.getRoundOperands() ||
        dequantize.getScaleForm() != ScaleForm::Multiplier ||
        !cast<ShapedType>(dequantize.getInput().getType())
             .getElementType()
             .isInteger(8))
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.getInputMutable().assign(dequantize.getInput());
      op.getActivationScaleMutable().assign(dequantize.getScales());
    });
    return success();
  }
};

/// Whether all exponents of i8 become powers of two.
bool isPowerOfTwo(EffectiveExponentOp op) {
  if (op.getCorrelation())
    return false;
  return !op.getClampMin() || (op.getClampMin()->convertToFloat() <= -128 &&
                               op.getClampMax()->convertToFloat() >= 127);
}

/// Scales that are powers of two are read as exponents, a quarter of the bytes.
template <typename OpTy> struct ReadExponents : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> scales;
    bool changes = false;
    for (OpOperand &scale : op.getScalesMutable()) {
      auto exponents =
          scale.get().template getDefiningOp<EffectiveExponentOp>();
      bool isRead = exponents && isPowerOfTwo(exponents);
      scales.push_back(isRead ? exponents.getExponent() : scale.get());
      changes |= isRead;
    }
    if (!changes)
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.getScalesMutable().assign(scales); });
    return success();
  }
};

struct FusePass : ternary::impl::TernaryFuseBase<FusePass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateTernaryFusePatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void ternary::populateTernaryFusePatterns(RewritePatternSet &patterns) {
  patterns.add<ReadPackedWeights<BitLinearOp>, ReadPackedWeights<EmbeddingOp>,
               ReadPackedWeights<DequantizeOp>,
               ReadPackedWeights<NonzeroMaskOp>, ReadQuantizedActivation,
               ReadExponents<BitLinearOp>, ReadExponents<GradInputOp>>(
      patterns.getContext());
}
