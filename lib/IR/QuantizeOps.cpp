//===- QuantizeOps.cpp - From floats to trits and scales ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Verify.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

LogicalResult AbsmeanOp::verify() {
  if (failed(verifyDst(*this)) ||
      // (absmean_c1)
      failed(verifyRank(*this, "input", getInput(), 2)))
    return failure();
  ArrayRef<int64_t> shape = getShape(getInput());
  Value alpha = getInits()[0];
  // (absmean_c2) (absmean_c3)
  return failure(
      failed(verifyGroupSize(*this, getGroupSize(), getRank(alpha) == 2)) ||
      failed(verifyScale(*this, alpha, shape[0], shape[1], getGroupSize())));
}

LogicalResult TernarizeOp::verify() {
  if (failed(verifyDst(*this)) ||
      // (ternarize_c1)
      failed(verifyRank(*this, "input", getInput(), 2)) ||
      failed(verifyShape(*this, "outs", getInits()[0], getShape(getInput()))))
    return failure();
  bool byThreshold = getMethod() == Method::Threshold;
  // (ternarize_c2)
  if (byThreshold == bool(getScales()))
    return emitOpError() << "expected " << (byThreshold ? "no " : "")
                         << "'scales' with method "
                         << stringifyMethod(getMethod()) << ", found "
                         << (byThreshold ? "them" : "none");
  // (ternarize_c4)
  if (byThreshold != getThreshold().has_value())
    return emitOpError() << "expected " << (byThreshold ? "" : "no ")
                         << "'threshold' with method "
                         << stringifyMethod(getMethod()) << ", found "
                         << (byThreshold ? "none" : "one");
  ArrayRef<int64_t> shape = getShape(getInput());
  bool grouped = getScales() && getRank(getScales()) == 2;
  // (ternarize_c3)
  return failure(failed(verifyGroupSize(*this, getGroupSize(), grouped)) ||
                 failed(verifyScale(*this, getScales(), shape[0], shape[1],
                                    getGroupSize())));
}

/// `bits` is 2..16.
static LogicalResult verifyBits(Operation *op, int64_t bits) {
  if (bits >= 2 && bits <= 16)
    return success();
  return op->emitOpError() << "expected 'bits' of 2 to 16, found " << bits
                           << (bits == 1 ? ", which has no level but 0" : "");
}

LogicalResult QuantizeActivationOp::verify() {
  if (failed(verifyDst(*this, 2)) ||
      // (quantize_activation_c1)
      failed(verifyMinRank(*this, "input", getInput(), 1)) ||
      failed(verifyShape(*this, "outs", getInits()[0], getShape(getInput()))) ||
      // (quantize_activation_c2)
      failed(verifyShape(*this, "scale", getInits()[1],
                         getShape(getInput()).drop_back())) ||
      // (quantize_activation_c3)
      failed(verifyBits(*this, getBits())))
    return failure();
  Type type = getElementType(getInits()[0]);
  if (!type.isInteger() || type.getIntOrFloatBitWidth() < getBits())
    return emitOpError() << "expected an integer init of at least " << getBits()
                         << " bits, found " << getInits()[0].getType();
  if (!getElementType(getInits()[1]).isF32())
    return emitOpError() << "expected a scale of f32, found "
                         << getInits()[1].getType();
  return success();
}

LogicalResult DequantizeActivationOp::verify() {
  return failure(
      failed(verifyDst(*this)) ||
      // (dequantize_activation_c1)
      failed(verifyMinRank(*this, "input", getInput(), 1)) ||
      failed(verifyShape(*this, "outs", getInits()[0], getShape(getInput()))) ||
      // (dequantize_activation_c2)
      failed(verifyShape(*this, "scales", getScales(),
                         getShape(getInput()).drop_back())) ||
      // (dequantize_activation_c3)
      failed(verifyBits(*this, getBits())));
}

LogicalResult SparsifyOp::verify() {
  if (failed(verifyDst(*this)) ||
      // (sparsify_c1)
      failed(verifyRank(*this, "input", getInput(), 2)) ||
      failed(verifyShape(*this, "outs", getInits()[0], getShape(getInput()))))
    return failure();
  if (getElementType(getInits()[0]) != getElementType(getInput()))
    return emitOpError() << "expected an init of the input's element type, "
                            "found "
                         << getInits()[0].getType();
  // (sparsify_c2)
  if (getMagnitude() && failed(verifyShape(*this, "magnitude", getMagnitude(),
                                           getShape(getInput()))))
    return failure();
  // (sparsify_c3)
  int64_t n = getN(), m = getM();
  if (m < 1 || m > 64 || n < 0 || n > m)
    return emitOpError() << "expected 0 <= n <= m and m of 1 to 64, found n = "
                         << n << ", m = " << m;
  return success();
}

LogicalResult NonzeroMaskOp::verify() {
  return failure(
      failed(verifyDst(*this)) ||
      // (nonzero_mask_c1)
      failed(verifyRank(*this, "outs", getInits()[0], 2)) ||
      // (nonzero_mask_c2)
      failed(verifyWeight(*this, "weight", getWeight(), getPackingAttr(),
                          getShape(getInits()[0]))));
}

LogicalResult DecomposeOp::verify() {
  if (failed(verifyDst(*this, 2)) ||
      // (decompose_c1)
      failed(verifyRank(*this, "input", getInput(), 2)) ||
      failed(verifyRank(*this, "outs", getInits()[0], 3)))
    return failure();
  Value trits = getInits()[0], scales = getInits()[1];
  int64_t components = getShape(trits)[0];
  if (ShapedType::isDynamic(components))
    return emitOpError() << "expected a static number of components, found "
                         << trits.getType();
  ArrayRef<int64_t> shape = getShape(getInput());
  if (!getElementType(trits).isInteger(8) || !getElementType(scales).isF32())
    return emitOpError() << "expected inits of i8 and f32, found "
                         << trits.getType() << " and " << scales.getType();
  if (failed(
          verifyShape(*this, "outs", trits, {components, shape[0], shape[1]})))
    return failure();
  // (decompose_c2)
  if (getRank(scales) == 1)
    return verifyShape(*this, "scales", scales, {components});
  return verifyShape(*this, "scales", scales, {components, shape[0]});
}

LogicalResult DeadzoneStatsOp::verify() {
  // (deadzone_stats_c1)
  return failure(failed(verifyDst(*this)) ||
                 failed(verifyRank(*this, "input", getInput(), 2)) ||
                 failed(verifyShape(*this, "outs", getInits()[0], {6})));
}
