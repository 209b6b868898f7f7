//===- StateOps.cpp - Updates of ternary state in place -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "LogicalShape.h"
#include "Verify.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

/// A sign `[N, K]`, or a gradient `[M, N]` and activations `[M, K]`.
static LogicalResult verifySource(Operation *op, ValueRange source,
                                  ArrayRef<int64_t> shape) {
  bool isSign = source.size() == 1;
  if (!isSign && source.size() != 2)
    return op->emitOpError() << "expected a sign, or a gradient and "
                                "activations, found "
                             << source.size() << " operands";
  for (Value value : source)
    if (getElementType(value).isInteger(8) != isSign)
      return op->emitOpError() << "expected a sign of i8, or a gradient and "
                                  "activations of f32, found "
                               << value.getType();
  if (isSign)
    return verifyShape(op, "sign", source[0], shape);
  if (failed(verifyRank(op, "grad", source[0], 2)))
    return failure();
  int64_t tokens = getShape(source[0])[0];
  return failure(
      failed(verifyShape(op, "grad", source[0], {tokens, shape[0]})) ||
      failed(verifyShape(op, "input", source[1], {tokens, shape[1]})));
}

static LogicalResult verifyPositiveGroup(Operation *op, int64_t groupSize) {
  if (groupSize >= 1)
    return success();
  return op->emitOpError() << "expected 'group_size' of at least 1, found "
                           << groupSize;
}

/// What an op needs to compute a score per group: (accumulate_correlation_c1),
/// (accumulate_correlation_c2), (accumulate_correlation_c4),
/// (update_exponent_c1), (update_exponent_c2) and (update_exponent_c4).
template <typename OpTy>
static LogicalResult verifyScore(OpTy op, int64_t numInits) {
  ArrayRef<int64_t> shape = op.getStaticShape();
  return failure(failed(verifyDst(op, numInits)) ||
                 failed(verifyLogicalShape(op, shape, op.getShape())) ||
                 failed(verifySource(op, op.getSource(), shape)) ||
                 failed(verifyWeight(op, "weight", op.getWeight(),
                                     op.getPackingAttr(), shape)) ||
                 failed(verifyPositiveGroup(op, op.getGroupSize())));
}

LogicalResult AccumulateCorrelationOp::verify() {
  if (failed(verifyScore(*this, 2)))
    return failure();
  ArrayRef<int64_t> shape = getStaticShape();
  // (accumulate_correlation_c3)
  Value correlation = getInits()[0], step = getInits()[1];
  if (failed(verifyShape(*this, "correlation", correlation,
                         {shape[0], getNumGroups(shape[1], getGroupSize())})))
    return failure();
  return getRank(step) == 0 ? success() : verifyShape(*this, "step", step, {1});
}

SmallVector<OpFoldResult> AccumulateCorrelationOp::getMixedShape() {
  OpBuilder builder(getContext());
  return getMixedValues(getStaticShape(), getShape(), builder);
}

LogicalResult UpdateExponentOp::verify() {
  bool updates = getThreshold().has_value();
  if (failed(verifyScore(*this, updates ? 2 : 1)))
    return failure();
  ArrayRef<int64_t> shape = getStaticShape();
  // (update_exponent_c3)
  for (Value init : getInits())
    if (failed(verifyShape(*this, "outs", init,
                           {shape[0], getNumGroups(shape[1], getGroupSize())})))
      return failure();
  // (update_exponent_c5)
  if (updates && getAmount())
    return emitOpError() << "expected no 'amount' with 'threshold', found "
                         << int64_t(*getAmount());
  return success();
}

SmallVector<OpFoldResult> UpdateExponentOp::getMixedShape() {
  OpBuilder builder(getContext());
  return getMixedValues(getStaticShape(), getShape(), builder);
}

LogicalResult AccumulateTritOp::verify() {
  // (accumulate_trit_c1)
  if (failed(verifyDst(*this)) ||
      failed(verifyRank(*this, "outs", getInits()[0], 2)))
    return failure();
  return verifySource(*this, getSource(), getShape(getInits()[0]));
}

/// (step_c3) and (step_c4).
static LogicalResult verifyThresholds(StepOp op, ArrayRef<int64_t> shape) {
  Value thresholds = op.getGroupThresholds();
  if (op.getThreshold().has_value() == bool(thresholds))
    return op.emitOpError() << "expected either 'threshold' or "
                               "'group_thresholds', found "
                            << (thresholds ? "both" : "neither");
  if (bool(thresholds) != op.getGroupSize().has_value())
    return op.emitOpError() << "expected 'group_size' exactly with "
                               "'group_thresholds', found "
                            << (thresholds ? "none" : "one");
  if (!thresholds)
    return success();
  return failure(failed(verifyPositiveGroup(op, *op.getGroupSize())) ||
                 failed(verifyShape(
                     op, "group_thresholds", thresholds,
                     {shape[0], getNumGroups(shape[1], *op.getGroupSize())})));
}

LogicalResult StepOp::verify() {
  // (step_c2)
  if (failed(verifyDst(*this, 2)) ||
      failed(verifyRank(*this, "accumulator", getInits()[1], 2)))
    return failure();
  ArrayRef<int64_t> shape = getShape(getInits()[1]);
  // (step_c5)
  if (getPacking().carriesScales())
    return emitOpError() << "expected a packing without scales, found "
                         << getPacking();
  if (failed(verifyWeight(*this, "outs", getInits()[0], getPacking(), shape)))
    return failure();
  // (step_c1)
  if (!getSource().empty() && failed(verifySource(*this, getSource(), shape)))
    return failure();
  return verifyThresholds(*this, shape);
}
