//===- State.cpp - Updates of ternary state to linalg ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Linalg.h"

#include "ternary/IR/ScalarRules.h"

using namespace mlir;
using namespace ternary;

/// The sign `[N, K]`: given, or that of the gradient.
static Value signOfSource(LinalgBuilder &b, ValueRange source,
                          ArrayRef<OpFoldResult> shape) {
  if (source.size() == 1)
    return source.front();
  Value init = b.empty(shape, b.getI8Type());
  return GradSignOp::create(b, TypeRange(ValueRange(init)), source[0],
                            source[1], ValueRange(init))
      .getResult(0);
}

/// sum over each group of sign * trit, in i64.
template <typename OpTy> static Value groupScores(LinalgBuilder &b, OpTy op) {
  SmallVector<OpFoldResult> shape = op.getMixedShape();
  Value sign = signOfSource(b, op.getSource(), shape);
  Value trits = b.trits(op.getWeight(), op.getPackingAttr(), shape);
  AffineMap identity = b.getMultiDimIdentityMap(2);
  AffineMap byGroup = b.map(2, {b.d(0), b.d(1).floorDiv(op.getGroupSize())});
  Type i64 = b.getI64Type();
  SmallVector<OpFoldResult> scoreShape = b.sizes(op.getInits()[0]);
  return b.generic({sign, trits}, b.zeros(scoreShape, i64),
                   {identity, identity, byGroup}, {1}, [&](ValueRange e) {
                     Value s = arith::ExtSIOp::create(b, i64, e[0]);
                     Value t = arith::ExtSIOp::create(b, i64, e[1]);
                     return b.add(e[2], b.mul(s, t));
                   });
}

static SmallVector<Value> lowerAccumulateCorrelation(AccumulateCorrelationOp op,
                                                     LinalgBuilder &b) {
  Value scores = groupScores(b, op);
  Value amount =
      op.getAmount() ? Value(op.getAmount()) : b.constInt(b.getI64Type(), 1);
  Value correlation =
      b.elementwise(scores, op.getInits()[0], [&](ValueRange e) -> Value {
        return arith::SubIOp::create(b, e[1], b.mul(e[0], amount));
      });
  Value steps = math::AbsIOp::create(b, amount);
  Value step = b.elementwise({}, op.getInits()[1],
                             [&](ValueRange e) { return b.add(e[0], steps); });
  return {correlation, step};
}

/// An i64 clamped to i8.
static Value sat8(LinalgBuilder &b, Value value) {
  Type i64 = b.getI64Type();
  value = arith::MinSIOp::create(b, value, b.constInt(i64, 127));
  return arith::MaxSIOp::create(b, value, b.constInt(i64, -128));
}

static Value toI64(LinalgBuilder &b, Value value) {
  if (value.getType().isInteger(64))
    return value;
  return arith::ExtSIOp::create(b, b.getI64Type(), value);
}

static Value toI8(LinalgBuilder &b, Value value) {
  return arith::TruncIOp::create(b, b.getI8Type(), value);
}

/// sat8(accumulator - sign * amount) in i64, of i8 elements.
static Value vote(LinalgBuilder &b, Value accumulator, Value sign,
                  int64_t amount) {
  Value change =
      b.mul(toI64(b, sign), b.constInt(b.getI64Type(), clampVote(amount)));
  return sat8(b, arith::SubIOp::create(b, toI64(b, accumulator), change));
}

/// The vote of a group: +1 at the threshold, -1 at its negative, else 0.
static Value exponentChange(LinalgBuilder &b, Value votes, int64_t threshold) {
  Type i64 = b.getI64Type();
  Value up =
      b.compare(arith::CmpIPredicate::sge, votes, b.constInt(i64, threshold));
  Value down =
      b.compare(arith::CmpIPredicate::sle, votes, b.constInt(i64, -threshold));
  Value lower = b.select(down, b.constInt(i64, -1), b.constInt(i64, 0));
  return b.select(up, b.constInt(i64, 1), lower);
}

static SmallVector<Value> lowerUpdateExponent(UpdateExponentOp op,
                                              LinalgBuilder &b) {
  Value scores = groupScores(b, op);
  Value accumulator = op.getInits().back();
  if (!op.getThreshold())
    return {b.elementwise(scores, accumulator, [&](ValueRange e) {
      return toI8(b, vote(b, e[1], b.signOf(e[0]), op.getAmount().value_or(1)));
    })};
  int64_t threshold = *op.getThreshold();
  auto change = [&](Value score, Value votes) {
    votes = vote(b, votes, b.signOf(score), 1);
    return std::pair(votes, exponentChange(b, votes, threshold));
  };
  Value exponent =
      b.elementwise({scores, accumulator}, op.getInits()[0], [&](ValueRange e) {
        auto [votes, up] = change(e[0], e[1]);
        return toI8(b, sat8(b, b.add(toI64(b, e[2]), up)));
      });
  Value rest = b.elementwise(scores, accumulator, [&](ValueRange e) {
    auto [votes, up] = change(e[0], e[1]);
    Value taken = b.mul(up, b.constInt(b.getI64Type(), threshold));
    return toI8(b, arith::SubIOp::create(b, votes, taken));
  });
  return {exponent, rest};
}

static SmallVector<Value> lowerAccumulateTrit(AccumulateTritOp op,
                                              LinalgBuilder &b) {
  Value accumulator = op.getInits()[0];
  Value sign = signOfSource(b, op.getSource(), b.sizes(accumulator));
  return {b.elementwise(sign, accumulator, [&](ValueRange e) {
    return toI8(b, vote(b, e[1], e[0], op.getAmount()));
  })};
}

namespace {

/// The parts of `step` at one element.
class StepLowering {
public:
  StepLowering(StepOp op, LinalgBuilder &b)
      : op(op), b(b), accumulator(op.getInits()[1]) {}

  SmallVector<Value> run() {
    SmallVector<OpFoldResult> shape = b.sizes(accumulator);
    votes = accumulator;
    if (!op.getSource().empty()) {
      Value sign = signOfSource(b, op.getSource(), shape);
      votes =
          b.elementwise({sign, accumulator}, b.empty(shape, b.getI8Type()),
                        [&](ValueRange e) {
                          return toI8(b, vote(b, e[1], e[0], op.getAmount()));
                        });
    }
    Value old = b.trits(op.getInits()[0], op.getPacking(), shape);
    Value trits = flip(old, b.empty(shape, b.getI8Type()),
                       [&](Value up, Value down, Value trit) {
                         Type i8 = b.getI8Type();
                         Value lower = b.select(down, b.constInt(i8, -1), trit);
                         return b.select(up, b.constInt(i8, 1), lower);
                       });
    Value bytes = b.encode(op.getInits()[0], op.getPacking(), shape, Value(),
                           [&](ValueRange at) { return b.load(trits, at); });
    Value rest =
        flip(votes, accumulator, [&](Value up, Value down, Value vote) {
          Value flipped = arith::OrIOp::create(b, up, down);
          return b.select(flipped, b.constInt(b.getI8Type(), 0), vote);
        });
    return {bytes, rest};
  }

private:
  /// `choose(up, down, element)` of each element of `values`.
  Value flip(Value values, Value out,
             function_ref<Value(Value, Value, Value)> choose) {
    AffineMap identity = b.getMultiDimIdentityMap(2);
    SmallVector<Value> inputs{values, votes};
    SmallVector<AffineMap> maps{identity, identity};
    if (Value thresholds = op.getGroupThresholds()) {
      inputs.push_back(thresholds);
      maps.push_back(
          b.map(2, {b.d(0), b.d(1).floorDiv(int64_t(*op.getGroupSize()))}));
    }
    maps.push_back(identity);
    return b.generic(inputs, out, maps, {}, [&](ValueRange e) {
      Type i64 = b.getI64Type();
      Value t = op.getThreshold() ? b.constInt(i64, int64_t(*op.getThreshold()))
                                  : toI64(b, e[2]);
      Value vote = toI64(b, e[1]);
      Value negative = arith::SubIOp::create(b, b.constInt(i64, 0), t);
      Value up = b.compare(arith::CmpIPredicate::sgt, vote, t);
      Value down = b.compare(arith::CmpIPredicate::slt, vote, negative);
      return choose(up, down, e[0]);
    });
  }

  StepOp op;
  LinalgBuilder &b;
  Value accumulator, votes;
};

} // namespace

static SmallVector<Value> lowerStep(StepOp op, LinalgBuilder &b) {
  return StepLowering(op, b).run();
}

void ternary::populateStateToLinalg(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerTensorOp<AccumulateCorrelationOp>>(
      context, lowerAccumulateCorrelation);
  patterns.add<LowerTensorOp<UpdateExponentOp>>(context, lowerUpdateExponent);
  patterns.add<LowerTensorOp<AccumulateTritOp>>(context, lowerAccumulateTrit);
  patterns.add<LowerTensorOp<StepOp>>(context, lowerStep);
}
