//===- Canonicalize.cpp - Canonicalization patterns -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Verify.h"
#include "ternary/IR/Constants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

#include <cmath>

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

/// Whether every code of `packing` reads as a trit, so that a detour through
/// another packing changes no value.
static bool readsOnlyTrits(PackingAttrInterface packing) {
  std::optional<int64_t> unused = packing.getUnusedValue();
  return !unused || std::abs(*unused) <= 1;
}

/// Whether two logical shapes are known to be one. Bytes alone do not tell:
/// those of a flattened packing fit several shapes.
static bool isSameShape(ArrayRef<int64_t> x, ArrayRef<int64_t> y) {
  return x == y && !ShapedType::isDynamicShape(x);
}

namespace {

/// unpack(repack(x)) reads x.
struct UnpackOfRepack : OpRewritePattern<UnpackOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(UnpackOp op,
                                PatternRewriter &rewriter) const override {
    auto repack = op.getBytes().getDefiningOp<RepackOp>();
    if (!repack || op.getInits().size() != 1 ||
        repack.getPacking() != op.getPacking() ||
        !readsOnlyTrits(repack.getSource()) ||
        !isSameShape(repack.getStaticShape(), getShape(op.getInits()[0])))
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.getBytesMutable().assign(repack.getBytes());
      op.setPackingAttr(repack.getSource());
    });
    return success();
  }
};

/// repack(repack(x)) repacks x once.
struct RepackOfRepack : OpRewritePattern<RepackOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RepackOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getBytes().getDefiningOp<RepackOp>();
    if (!inner || inner.getPacking() != op.getSource() ||
        inner.getMixedShape() != op.getMixedShape())
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.getBytesMutable().assign(inner.getBytes());
      op.setSourceAttr(inner.getSource());
    });
    return success();
  }
};

/// repack(pack(x)) packs x once.
struct RepackOfPack : OpRewritePattern<RepackOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RepackOp op,
                                PatternRewriter &rewriter) const override {
    auto pack = op.getBytes().getDefiningOp<PackOp>();
    if (!pack || pack.getPacking() != op.getSource() ||
        op.getOutputs().empty() ||
        !isSameShape(op.getStaticShape(), getShape(pack.getInput())))
      return failure();
    rewriter.replaceOpWithNewOp<PackOp>(
        op, op.getResultTypes(), pack.getInput(), op.getScales(), op.getInits(),
        op.getPacking(), pack.getConversion());
    return success();
  }
};

/// Whether a scale is 1 in all rows: an f32, or the exponent of one.
bool isSplatOne(Value scale) {
  DenseElementsAttr value;
  if (getRank(scale) > 1 || !matchPattern(scale, m_Constant(&value)) ||
      !value.isSplat())
    return false;
  if (isa<IntegerType>(value.getElementType()))
    return value.getSplatValue<APInt>().isZero();
  return value.getSplatValue<APFloat>().isExactlyValue(1.0);
}

/// Scales that are all 1 do nothing.
struct DropUnitScales : OpRewritePattern<BitLinearOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BitLinearOp op,
                                PatternRewriter &rewriter) const override {
    if (op.getScales().empty() || op.getRoundOperands() ||
        !llvm::all_of(op.getScales(), isSplatOne))
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.getScalesMutable().clear(); });
    return success();
  }
};

/// Whether `weight` is a constant of zero trits. Stops at the first other one.
bool isZeroWeight(Value weight, PackingAttrInterface packing) {
  Attribute value;
  if (packing || !matchPattern(weight, m_Constant(&value)))
    return false;
  if (auto dense = dyn_cast<DenseElementsAttr>(value); dense && dense.isSplat())
    return dense.getSplatValue<APInt>().isZero();
  auto elements = getI8Elements(value);
  return elements &&
         llvm::all_of(elements->get(), [](int8_t trit) { return trit == 0; });
}

bool isFinite(Value scale) {
  if (getElementType(scale).isInteger(8))
    return true;
  Attribute value;
  if (!matchPattern(scale, m_Constant(&value)))
    return false;
  auto elements = getF32Elements(value);
  return elements && llvm::all_of(elements->get(),
                                  [](float s) { return std::isfinite(s); });
}

/// A component of zero weights adds 0. With float activations it may not be
/// dropped: it carries their NaN and Inf into the sum.
struct DropZeroComponents : OpRewritePattern<BitLinearOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BitLinearOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementType(op.getInput()).isInteger(8))
      return failure();
    SmallVector<Value> weights, scales;
    for (auto [i, weight] : llvm::enumerate(op.getWeights())) {
      Value scale = op.getScales().empty() ? Value() : op.getScales()[i];
      if (isZeroWeight(weight, op.getPackingAttr()) &&
          (!scale || isFinite(scale)))
        continue;
      weights.push_back(weight);
      if (scale)
        scales.push_back(scale);
    }
    if (weights.size() == op.getWeights().size())
      return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op.getWeightsMutable().assign(weights);
      op.getScalesMutable().assign(scales);
      if (llvm::none_of(scales, [](Value s) { return getRank(s) >= 2; }))
        op.removeGroupSizeAttr();
      if (weights.empty())
        op.removePackingAttr();
    });
    return success();
  }
};

/// No component and no bias: zero. (An activation scale could be NaN.)
struct FoldEmptyBitLinear : OpRewritePattern<BitLinearOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BitLinearOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getWeights().empty() || op.getBias() || op.getActivationScale() ||
        op.getOutputs().empty())
      return failure();
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    if (!type.hasStaticShape())
      return failure();
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(
        op, type, cast<TypedAttr>(rewriter.getZeroAttr(type)));
    return success();
  }
};

} // namespace

void UnpackOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<UnpackOfRepack>(context);
}

void RepackOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<RepackOfRepack, RepackOfPack>(context);
}

void BitLinearOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<DropUnitScales, DropZeroComponents, FoldEmptyBitLinear>(context);
}
