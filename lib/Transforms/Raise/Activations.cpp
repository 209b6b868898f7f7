//===- Activations.cpp - Integers that were made floats -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Activations.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace ternary;

using P = arith::CmpFPredicate;

/// Ops that are looked back through before nothing is known.
static constexpr int kMaxDepth = 48;

namespace {

/// What is known of the elements of a value.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool isWhole = false;
  bool mayBeNaN = true;
};

Bounds join(Bounds a, Bounds b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high),
          a.isWhole && b.isWhole, a.mayBeNaN || b.mayBeNaN};
}

/// Follows a value back to what bounds it. How elements are indexed does not
/// matter.
class BoundsAnalysis {
public:
  Bounds get(Value value, int depth = 0);

private:
  Bounds compute(Value value, int depth);
  Bounds ofArgument(BlockArgument argument, int depth);
  Bounds ofInteger(Value value);
  Bounds ofSelect(arith::SelectOp select, int depth);
  Bounds ofRounding(Operation *op, int depth);
  Bounds ofExtremum(Operation *op, int depth);
  /// What `value` is where a comparison with a constant came out as `truth`.
  Bounds refine(Value value, Value condition, bool truth, int depth);

  DenseMap<Value, Bounds> known;
};

} // namespace

Bounds BoundsAnalysis::ofArgument(BlockArgument argument, int depth) {
  auto op =
      dyn_cast_or_null<linalg::LinalgOp>(argument.getOwner()->getParentOp());
  if (!op || op.getBlock() != argument.getOwner() ||
      argument.getArgNumber() >= op.getNumDpsInputs())
    return {};
  return get(op->getOperand(argument.getArgNumber()), depth);
}

Bounds BoundsAnalysis::ofInteger(Value value) {
  auto type = dyn_cast<IntegerType>(getElementTypeOrSelf(value));
  if (!type || type.getWidth() > 32)
    return {};
  double half = std::ldexp(1.0, type.getWidth() - 1);
  return {-half, half - 1, /*isWhole=*/true, /*mayBeNaN=*/false};
}

Bounds BoundsAnalysis::ofRounding(Operation *op, int depth) {
  Bounds in = get(op->getOperand(0), depth);
  return {std::floor(in.low), std::ceil(in.high), true, in.mayBeNaN};
}

/// Minima and maxima, which give a NaN for one.
Bounds BoundsAnalysis::ofExtremum(Operation *op, int depth) {
  Bounds a = get(op->getOperand(0), depth), b = get(op->getOperand(1), depth);
  Bounds result = join(a, b);
  if (isa<arith::MinimumFOp>(op)) {
    result.low = std::min(a.low, b.low);
    result.high = std::min(a.high, b.high);
  } else {
    result.low = std::max(a.low, b.low);
    result.high = std::max(a.high, b.high);
  }
  return result;
}

/// What holds where an order does not; of other predicates, nothing.
static P negate(P predicate) {
  switch (predicate) {
  case P::OLT:
    return P::UGE;
  case P::OLE:
    return P::UGT;
  case P::OGT:
    return P::ULE;
  case P::OGE:
    return P::ULT;
  case P::ULT:
    return P::OGE;
  case P::ULE:
    return P::OGT;
  case P::UGT:
    return P::OLE;
  case P::UGE:
    return P::OLT;
  default:
    return P::AlwaysTrue;
  }
}

Bounds BoundsAnalysis::refine(Value value, Value condition, bool truth,
                              int depth) {
  Bounds range = get(value, depth);
  auto compare = condition.getDefiningOp<arith::CmpFOp>();
  APFloat constant(0.0);
  if (!compare || compare.getLhs() != value ||
      !matchPattern(compare.getRhs(), m_ConstantFloat(&constant)))
    return range;
  double bound = constant.convertToDouble();
  P predicate = compare.getPredicate();
  if (!truth)
    predicate = negate(predicate);
  switch (predicate) {
  case P::OLT:
  case P::OLE:
    range.mayBeNaN = false;
    [[fallthrough]];
  case P::ULT:
  case P::ULE:
    range.high = std::min(range.high, bound);
    return range;
  case P::OGT:
  case P::OGE:
    range.mayBeNaN = false;
    [[fallthrough]];
  case P::UGT:
  case P::UGE:
    range.low = std::max(range.low, bound);
    return range;
  default:
    return range;
  }
}

Bounds BoundsAnalysis::ofSelect(arith::SelectOp select, int depth) {
  return join(
      refine(select.getTrueValue(), select.getCondition(), true, depth),
      refine(select.getFalseValue(), select.getCondition(), false, depth));
}

Bounds BoundsAnalysis::get(Value value, int depth) {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  Bounds range = ++depth > kMaxDepth ? Bounds() : compute(value, depth);
  known[value] = range;
  return range;
}

Bounds BoundsAnalysis::compute(Value value, int depth) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return ofArgument(argument, depth);
  Operation *op = value.getDefiningOp();
  APFloat constant(0.0);
  if (matchPattern(op, m_ConstantFloat(&constant))) {
    bool losesInfo;
    constant.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                     &losesInfo);
    double number = constant.convertToDouble();
    return {number, number, std::trunc(number) == number, std::isnan(number)};
  }
  return llvm::TypeSwitch<Operation *, Bounds>(op)
      .Case([&](arith::SelectOp op) { return ofSelect(op, depth); })
      .Case<math::RoundEvenOp, math::RoundOp, math::FloorOp, math::CeilOp,
            math::TruncOp>([&](auto op) { return ofRounding(op, depth); })
      .Case<arith::MinimumFOp, arith::MaximumFOp>(
          [&](auto op) { return ofExtremum(op, depth); })
      .Case([&](arith::SIToFPOp op) { return ofInteger(op.getIn()); })
      .Case<arith::ExtFOp>([&](auto op) { return get(op.getIn(), depth); })
      .Case<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(
          [&](auto op) { return get(op->getOperand(0), depth); })
      .Case([&](linalg::LinalgOp op) {
        if (op.getNumReductionLoops() || op->getNumResults() != 1)
          return Bounds();
        return get(op.getBlock()->getTerminator()->getOperand(0), depth);
      })
      .Default(Bounds());
}

/// Whether all elements that are no NaN are integers of eight bits.
static bool isInt8(Value value, bool &mayBeNaN) {
  mayBeNaN = false;
  if (getElementTypeOrSelf(value).isInteger(8))
    return true;
  Bounds bounds = BoundsAnalysis().get(value);
  mayBeNaN = bounds.mayBeNaN;
  return bounds.isWhole && bounds.low >= -128 && bounds.high <= 127;
}

/// The operand of `op` whose element a value of its body is, apart from a cast
/// of i8 to float.
static OpOperand *findOperand(linalg::LinalgOp op, Value value) {
  if (auto cast = value.getDefiningOp<arith::SIToFPOp>())
    if (cast.getIn().getType().isInteger(8))
      value = cast.getIn();
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != op.getBlock() ||
      argument.getArgNumber() >= op.getNumDpsInputs())
    return nullptr;
  return &op->getOpOperand(argument.getArgNumber());
}

static std::optional<Dequantization> match(linalg::LinalgOp op, Value integers,
                                           Value scale, bool divides) {
  OpOperand *q = findOperand(op, integers), *s = findOperand(op, scale);
  if (!q || !s || !isa<RankedTensorType>(s->get().getType()) ||
      !getElementTypeOrSelf(s->get()).isF32())
    return std::nullopt;
  AffineMap map = op.getMatchingIndexingMap(s);
  bool mayBeNaN;
  // Upstream's verifier takes any extents where one is 0.
  auto shape = [](Value value) {
    return cast<ShapedType>(value.getType()).getShape();
  };
  if (!op.getMatchingIndexingMap(q).isIdentity() ||
      shape(q->get()) != shape(op->getResult(0)) ||
      map.isFunctionOfDim(op.getNumLoops() - 1) || !isInt8(q->get(), mayBeNaN))
    return std::nullopt;
  return Dequantization{op, q, s, divides, mayBeNaN};
}

std::optional<Dequantization> ternary::matchDequantization(Value value) {
  auto op = value.getDefiningOp<linalg::LinalgOp>();
  if (!op || op->getNumResults() != 1 || !op.isAllParallelLoops() ||
      op.getNumLoops() == 0 || !getElementTypeOrSelf(value).isF32() ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return std::nullopt;
  Operation *product =
      op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  if (!product || product->getBlock() != op.getBlock())
    return std::nullopt;
  if (auto division = dyn_cast<arith::DivFOp>(product))
    return match(op, division.getLhs(), division.getRhs(), /*divides=*/true);
  auto multiplication = dyn_cast<arith::MulFOp>(product);
  if (!multiplication)
    return std::nullopt;
  Value a = multiplication.getLhs(), b = multiplication.getRhs();
  if (std::optional<Dequantization> found = match(op, a, b, /*divides=*/false))
    return found;
  return match(op, b, a, /*divides=*/false);
}
