//===- Train.cpp - Straight-through rules and gradients to linalg ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Linalg.h"

using namespace mlir;
using namespace ternary;

/// clamp(round(w / alpha), -1, 1), 0 for NaN, as f32.
static Value quantized(LinalgBuilder &b, Value w, Value alpha) {
  Value q = math::RoundEvenOp::create(b, arith::DivFOp::create(b, w, alpha));
  return b.nanToZero(b.clamp(q, -1.0, 1.0));
}

/// What an element of `ste` becomes.
static Value steValue(LinalgBuilder &b, STEVariant variant, Value w,
                      Value alpha) {
  auto sub = [&](Value x, Value y) -> Value {
    return arith::SubFOp::create(b, x, y);
  };
  switch (variant) {
  case STEVariant::Identity:
    return b.add(w, sub(b.mul(quantized(b, w, alpha), alpha), w));
  case STEVariant::LSQ:
    return b.add(b.mul(quantized(b, w, alpha), alpha), sub(w, w));
  case STEVariant::Clamp:
  case STEVariant::Legacy:
    break;
  }
  Value rounded = math::RoundEvenOp::create(b, b.clamp(w, -1.0, 1.0));
  if (variant == STEVariant::Legacy)
    return rounded;
  // -0 + 0 is +0.
  return b.add(rounded, b.constF32(0.0));
}

static SmallVector<Value> lowerSTE(STEOp op, LinalgBuilder &b) {
  AffineMap identity = b.getMultiDimIdentityMap(2);
  SmallVector<Value> inputs{op.getInput()};
  SmallVector<AffineMap> maps{identity};
  if (Value scales = op.getScales()) {
    inputs.push_back(scales);
    maps.push_back(b.map(2, getScaleExprs(rankOf(scales), b.d(0), b.d(1), 1)));
  }
  maps.push_back(identity);
  return {b.generic(inputs, op.getInits()[0], maps, {}, [&](ValueRange e) {
    return steValue(b, op.getVariant(), e[0], e[1]);
  })};
}

/// The gradient to an element of w.
static Value steGradient(LinalgBuilder &b, STEVariant variant, Value w,
                         Value grad, Value alpha) {
  if (variant == STEVariant::Legacy)
    return b.clamp(grad, -1.0, 1.0);
  if (variant != STEVariant::Clamp)
    return grad;
  if (alpha)
    w = arith::DivFOp::create(b, w, alpha);
  Value inside =
      b.compare(arith::CmpFPredicate::OLE, b.abs(w), b.constF32(1.0));
  return b.select(inside, grad, b.constF32(0.0));
}

static SmallVector<Value> lowerSTEBackward(STEBackwardOp op, LinalgBuilder &b) {
  AffineMap identity = b.getMultiDimIdentityMap(2);
  SmallVector<Value> inputs{op.getInput(), op.getGrad()};
  SmallVector<AffineMap> maps{identity, identity};
  Value scales = op.getScales();
  AffineMap scaleMap;
  if (scales) {
    scaleMap = b.map(2, getScaleExprs(rankOf(scales), b.d(0), b.d(1), 1));
    inputs.push_back(scales);
    maps.push_back(scaleMap);
  }
  maps.push_back(identity);
  Value gradWeight =
      b.generic(inputs, op.getInits()[0], maps, {}, [&](ValueRange e) {
        return steGradient(b, op.getVariant(), e[0], e[1],
                           scales ? e[2] : Value());
      });
  if (op.getVariant() != STEVariant::LSQ)
    return {gradWeight};
  maps.back() = scaleMap;
  SmallVector<int64_t> reductions{1};
  if (rankOf(scales) == 0)
    reductions = {0, 1};
  Value zero =
      linalg::FillOp::create(b, b.constF32(0.0), op.getInits()[1]).getResult(0);
  Value gradScale =
      b.generic(inputs, zero, maps, reductions, [&](ValueRange e) {
        return b.add(e[3], b.mul(e[1], quantized(b, e[0], e[2])));
      });
  return {gradWeight, gradScale};
}

static SmallVector<Value> lowerLearnableScale(LearnableScaleOp op,
                                              LinalgBuilder &b) {
  Value eps = b.constF32(op.getEps().convertToDouble());
  return {b.elementwise(op.getInput(), op.getInits()[0],
                        [&](ValueRange e) { return b.max(e[0], eps); })};
}

static SmallVector<Value>
lowerLearnableScaleBackward(LearnableScaleBackwardOp op, LinalgBuilder &b) {
  Value eps = b.constF32(op.getEps().convertToDouble());
  return {b.elementwise(
      {op.getInput(), op.getGrad()}, op.getInits()[0], [&](ValueRange e) {
        Value free = b.compare(arith::CmpFPredicate::OGE, e[0], eps);
        return b.select(free, e[1], b.constF32(0.0));
      })};
}

static SmallVector<Value> lowerGradInput(GradInputOp op, LinalgBuilder &b) {
  Value grad = op.getGrad(), out = op.getInits()[0];
  int64_t tokens = rankOf(grad) - 1;
  SmallVector<OpFoldResult> outShape = b.sizes(out);
  SmallVector<OpFoldResult> shape{b.sizes(grad).back(), outShape.back()};
  SmallVector<Value> inputs{
      grad, b.trits(op.getWeight(), op.getPackingAttr(), shape)};
  // Iterators: the tokens, k, then n.
  int64_t numDims = tokens + 2;
  AffineExpr k = b.d(tokens), n = b.d(tokens + 1);
  SmallVector<AffineExpr> gradExprs = b.dims(0, tokens);
  gradExprs.push_back(n);
  SmallVector<AffineMap> maps{b.map(numDims, gradExprs),
                              b.map(numDims, {n, k})};
  if (Value scales = op.getScales()) {
    inputs.push_back(b.floatScales(scales));
    maps.push_back(
        b.map(numDims, getScaleExprs(rankOf(scales), n, k,
                                     op.getGroupSize().value_or(1))));
  }
  maps.push_back(b.map(numDims, b.dims(0, tokens + 1)));
  auto round = [&](Value value) {
    std::optional<Type> type = op.getRoundOperands();
    return type ? b.toF32(b.fromF32(value, *type)) : value;
  };
  Value sums =
      b.generic(inputs, b.zeros(outShape, b.getF32Type()), maps, {tokens + 1},
                [&](ValueRange e) {
                  Value w = b.toF32(e[1]);
                  if (op.getScales())
                    w = b.mul(w, e[2]);
                  return b.add(e.back(), b.mul(round(b.toF32(e[0])), round(w)));
                });
  return {b.elementwise(sums, out, [&](ValueRange e) {
    return b.fromF32(e[0], elementOf(out));
  })};
}

static SmallVector<Value> lowerGradSign(GradSignOp op, LinalgBuilder &b) {
  Value out = op.getInits()[0];
  AffineExpr n = b.d(0), k = b.d(1), m = b.d(2);
  Value sums = b.generic({op.getGrad(), op.getInput()},
                         b.zeros(b.sizes(out), b.getF32Type()),
                         {b.map(3, {m, n}), b.map(3, {m, k}), b.map(3, {n, k})},
                         {2}, [&](ValueRange e) -> Value {
                           return math::FmaOp::create(b, e[0], e[1], e[2]);
                         });
  return {
      b.elementwise(sums, out, [&](ValueRange e) { return b.signOf(e[0]); })};
}

static SmallVector<Value> lowerEmbeddingGradSign(EmbeddingGradSignOp op,
                                                 LinalgBuilder &b) {
  Value out = op.getInits()[0];
  AffineExpr v = b.d(0), d = b.d(1), i = b.d(2);
  Value sums = b.generic(
      {op.getIds(), op.getGrad()}, b.zeros(b.sizes(out), b.getF32Type()),
      {b.map(3, {i}), b.map(3, {i, d}), b.map(3, {v, d})}, {2},
      [&](ValueRange e) {
        Value id = arith::IndexCastOp::create(b, b.getIndexType(), e[0]);
        Value here = b.compare(arith::CmpIPredicate::eq, id, b.index(0));
        return b.select(here, b.add(e[2], e[1]), e[2]);
      });
  return {
      b.elementwise(sums, out, [&](ValueRange e) { return b.signOf(e[0]); })};
}

void ternary::populateTrainToLinalg(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerTensorOp<STEOp>>(context, lowerSTE);
  patterns.add<LowerTensorOp<STEBackwardOp>>(context, lowerSTEBackward);
  patterns.add<LowerTensorOp<LearnableScaleOp>>(context, lowerLearnableScale);
  patterns.add<LowerTensorOp<LearnableScaleBackwardOp>>(
      context, lowerLearnableScaleBackward);
  patterns.add<LowerTensorOp<GradInputOp>>(context, lowerGradInput);
  patterns.add<LowerTensorOp<GradSignOp>>(context, lowerGradSign);
  patterns.add<LowerTensorOp<EmbeddingGradSignOp>>(context,
                                                   lowerEmbeddingGradSign);
}
