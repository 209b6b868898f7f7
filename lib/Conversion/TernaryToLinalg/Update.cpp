//===- Update.cpp - Exponents and their state to linalg -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Linalg.h"

using namespace mlir;
using namespace ternary;

static Value loadStep(LinalgBuilder &b, Value step) {
  if (rankOf(step) == 0)
    return b.load(step, {});
  return b.load(step, b.constIndex(0));
}

static SmallVector<Value> lowerEffectiveExponent(EffectiveExponentOp op,
                                                 LinalgBuilder &b) {
  SmallVector<Value> inputs{op.getExponent()};
  Value denominator, ignored;
  if (op.getCorrelation()) {
    inputs.push_back(op.getCorrelation());
    Type i64 = b.getI64Type();
    Value step = loadStep(b, op.getStep());
    Value count = b.mul(step, b.constInt(i64, op.getGroupSize()));
    denominator = b.toF32(arith::MaxSIOp::create(b, count, b.constInt(i64, 1)));
    ignored = b.compare(arith::CmpIPredicate::eq, step, b.constInt(i64, 0));
  }
  double strength = op.getStrength().convertToDouble();
  return {b.elementwise(inputs, op.getInits()[0], [&](ValueRange e) -> Value {
    Value exponent = b.toF32(e[0]);
    if (denominator) {
      Value term = b.mul(b.constF32(strength), b.toF32(e[1]));
      term = arith::DivFOp::create(b, term, denominator);
      if (!op.getCorrelateAtZero())
        term = b.select(ignored, b.constF32(0.0), term);
      exponent = b.add(exponent, term);
    }
    if (op.getClampMin())
      exponent = b.clamp(exponent, op.getClampMin()->convertToDouble(),
                         op.getClampMax()->convertToDouble());
    return math::Exp2Op::create(b, exponent);
  })};
}

static SmallVector<Value> lowerExponentInitMean(ExponentInitMeanOp op,
                                                LinalgBuilder &b) {
  Value input = op.getInput(), out = op.getInits()[0];
  int64_t groupSize = op.getGroupSize();
  Value columns = b.dim(input, 1), size = b.constIndex(groupSize);
  AffineMap byGroup = b.map(2, {b.d(0), b.d(1).floorDiv(groupSize)});
  Value sums =
      b.generic(input, b.zeros(b.sizes(out), b.getF32Type()),
                {b.getMultiDimIdentityMap(2), byGroup}, {1}, [&](ValueRange e) {
                  return b.add(e[1], b.abs(b.toF32(e[0])));
                });
  return {b.elementwise(sums, out, [&](ValueRange e) {
    Value count = size;
    if (op.getRagged() == RaggedMean::Length) {
      Value first = arith::MulIOp::create(b, b.index(1), size);
      Value rest = arith::SubIOp::create(b, columns, first);
      count = arith::MinUIOp::create(b, rest, size);
    }
    count = arith::IndexCastOp::create(b, b.getI64Type(), count);
    Value mean = arith::DivFOp::create(b, e[0], b.toF32(count));
    Value positive =
        b.compare(arith::CmpFPredicate::OGT, mean, b.constF32(0.0));
    mean = b.select(positive, mean, b.constF32(1.0));
    Value exponent = b.clamp(math::Log2Op::create(b, mean), -128.0, 127.0);
    if (op.getRounding() == ExponentRounding::Nearest)
      exponent = math::RoundEvenOp::create(b, exponent);
    return b.fromF32(exponent, b.getI8Type());
  })};
}

static SmallVector<Value> lowerExponentInitDim(ExponentInitDimOp op,
                                               LinalgBuilder &b) {
  Type f64 = b.getF64Type();
  auto constF64 = [&](double value) -> Value {
    return arith::ConstantOp::create(b, b.getF64FloatAttr(value));
  };
  Value width = arith::MaxSIOp::create(b, op.getWidth(), b.constIndex(1));
  width = arith::IndexCastOp::create(b, b.getI64Type(), width);
  Value k = arith::SIToFPOp::create(b, f64, width);
  Value mean = b.mul(constF64(0.5), math::PowFOp::create(b, k, constF64(-0.5)));
  mean = arith::MaximumFOp::create(b, mean, constF64(0x1p-8));
  Value exponent = math::RoundEvenOp::create(b, math::Log2Op::create(b, mean));
  exponent = arith::MaximumFOp::create(b, exponent, constF64(-8.0));
  exponent = arith::MinimumFOp::create(b, exponent, constF64(0.0));
  Value value = b.fromF32(exponent, b.getI8Type());
  return {linalg::FillOp::create(b, value, op.getInits()[0]).getResult(0)};
}

static SmallVector<Value> lowerRegroupScale(RegroupScaleOp op,
                                            LinalgBuilder &b) {
  SmallVector<OpFoldResult> shape = op.getMixedShape();
  Value trits = b.trits(op.getWeight(), op.getPackingAttr(), shape);
  Value before = b.dim(op.getExponent(), 1);
  Value after = b.dim(op.getInits()[0], 1);
  Value kept = b.compare(arith::CmpIPredicate::eq, before, after);
  Value init = b.empty(b.sizes(op.getInits()[0]), b.getI8Type());
  Value fresh =
      ExponentInitMeanOp::create(b, TypeRange(init.getType()), trits,
                                 ValueRange(init), op.getGroupSizeAttr(),
                                 op.getRoundingAttr(), op.getRaggedAttr())
          .getResult(0);
  // The old state has another shape unless it is kept, hence the branches.
  auto chooseOld = [&](Value old, ValueRange at, function_ref<Value()> renew) {
    return b.ifElse(kept, [&] { return b.load(old, at); }, renew);
  };
  Value exponent = b.tabulate(op.getInits()[0], [&](ValueRange at) {
    return chooseOld(op.getExponent(), at, [&] { return b.load(fresh, at); });
  });
  auto zero = [&] { return b.constInt(b.getI64Type(), 0); };
  Value correlation = b.tabulate(op.getInits()[1], [&](ValueRange at) {
    return chooseOld(op.getCorrelation(), at, zero);
  });
  Value step = b.tabulate(op.getInits()[2], [&](ValueRange at) {
    return chooseOld(op.getStep(), at, zero);
  });
  return {exponent, correlation, step};
}

void ternary::populateUpdateToLinalg(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerTensorOp<EffectiveExponentOp>>(context,
                                                   lowerEffectiveExponent);
  patterns.add<LowerTensorOp<ExponentInitMeanOp>>(context,
                                                  lowerExponentInitMean);
  patterns.add<LowerTensorOp<ExponentInitDimOp>>(context, lowerExponentInitDim);
  patterns.add<LowerTensorOp<RegroupScaleOp>>(context, lowerRegroupScale);
}

void ternary::attachUpdateDecompositions(MLIRContext *context) {
  RegroupScaleOp::attachInterface<
      DecomposeModel<RegroupScaleOp, lowerRegroupScale>>(*context);
}
