//===- UpdateOps.cpp - Exponents and their state --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Verify.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

/// A step counter: one element, of rank 0 or 1.
static LogicalResult verifyStep(Operation *op, Value step) {
  if (getRank(step) == 0)
    return success();
  return verifyShape(op, "step", step, {1});
}

static LogicalResult verifyPositive(Operation *op, StringRef name,
                                    int64_t groupSize) {
  if (groupSize >= 1)
    return success();
  return op->emitOpError() << "expected '" << name << "' of at least 1, found "
                           << groupSize;
}

LogicalResult EffectiveExponentOp::verify() {
  if (failed(verifyDst(*this)) ||
      // (effective_exponent_c1)
      failed(verifyRank(*this, "exponent", getExponent(), 2)) ||
      failed(
          verifyShape(*this, "outs", getInits()[0], getShape(getExponent()))))
    return failure();
  // (effective_exponent_c2)
  if (bool(getCorrelation()) != bool(getStep()))
    return emitOpError() << "expected 'correlation' and 'step' together, found "
                         << (getStep() ? "'step'" : "'correlation'")
                         << " alone";
  if (getStep() && (failed(verifyShape(*this, "correlation", getCorrelation(),
                                       getShape(getExponent()))) ||
                    failed(verifyStep(*this, getStep()))))
    return failure();
  // (effective_exponent_c3)
  if (failed(verifyPositive(*this, "group_size", getGroupSize())))
    return failure();
  // (effective_exponent_c4)
  if (getClampMin().has_value() != getClampMax().has_value() ||
      (getClampMin() && !(*getClampMin() <= *getClampMax())))
    return emitOpError() << "expected 'clamp_min' and 'clamp_max' together, "
                            "in order";
  return success();
}

LogicalResult ExponentInitMeanOp::verify() {
  if (failed(verifyDst(*this)) ||
      // (exponent_init_mean_c1)
      failed(verifyRank(*this, "input", getInput(), 2)) ||
      // (exponent_init_mean_c2)
      failed(verifyPositive(*this, "group_size", getGroupSize())))
    return failure();
  ArrayRef<int64_t> shape = getShape(getInput());
  return verifyShape(*this, "outs", getInits()[0],
                     {shape[0], getNumGroups(shape[1], getGroupSize())});
}

LogicalResult ExponentInitDimOp::verify() { return verifyDst(*this); }

LogicalResult RegroupScaleOp::verify() {
  ArrayRef<int64_t> shape = getStaticShape();
  if (failed(verifyDst(*this, 3)) ||
      // (regroup_scale_c1)
      failed(verifyLogicalShape(*this, shape, getShape())) ||
      // (regroup_scale_c2)
      failed(verifyWeight(*this, "weight", getWeight(), getPackingAttr(),
                          shape)) ||
      // (regroup_scale_c5)
      failed(verifyPositive(*this, "old_group_size", getOldGroupSize())) ||
      failed(verifyPositive(*this, "group_size", getGroupSize())))
    return failure();
  SmallVector<int64_t> before{shape[0],
                              getNumGroups(shape[1], getOldGroupSize())};
  SmallVector<int64_t> after{shape[0], getNumGroups(shape[1], getGroupSize())};
  // (regroup_scale_c3) (regroup_scale_c4)
  if (failed(verifyShape(*this, "exponent", getExponent(), before)) ||
      failed(verifyShape(*this, "correlation", getCorrelation(), before)) ||
      failed(verifyStep(*this, getStep())) ||
      failed(verifyShape(*this, "outs", getInits()[0], after)) ||
      failed(verifyShape(*this, "outs", getInits()[1], after)))
    return failure();
  if (!getElementType(getInits()[0]).isInteger(8) ||
      !getElementType(getInits()[1]).isInteger(64) ||
      getInits()[2].getType() != getStep().getType())
    return emitOpError() << "expected inits of i8, i64 and the type of 'step'";
  return success();
}

SmallVector<OpFoldResult> RegroupScaleOp::getMixedShape() {
  OpBuilder builder(getContext());
  return getMixedValues(getStaticShape(), getShape(), builder);
}
