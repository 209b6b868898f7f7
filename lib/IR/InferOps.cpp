//===- InferOps.cpp - bitlinear, embedding, rms_norm ----------------------===//
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

/// A scale in blocks of rows.
static LogicalResult verifyBlockedScale(BitLinearOp op, Value scale,
                                        int64_t rows, int64_t columns) {
  int64_t block = getShape(scale).back();
  if (ShapedType::isDynamic(block) || block < 1)
    return op.emitOpError() << "expected 'scales' of rank 3 with a last extent "
                               "that is static and at least 1, found "
                            << scale.getType();
  int64_t blocks = ShapedType::isDynamic(rows)
                       ? rows
                       : int64_t(llvm::divideCeil(rows, block));
  return verifyShape(
      op, "scales", scale,
      {blocks, getNumGroups(columns, *op.getGroupSize()), block});
}

/// (bitlinear_c3) and (bitlinear_c4).
static LogicalResult verifyScales(BitLinearOp op, int64_t rows,
                                  int64_t columns) {
  if (!op.getScales().empty() &&
      op.getScales().size() != op.getWeights().size())
    return op.emitOpError() << "expected one scale per component, found "
                            << op.getScales().size() << " for "
                            << op.getWeights().size() << " components";
  bool grouped = llvm::any_of(op.getScales(),
                              [](Value scale) { return getRank(scale) >= 2; });
  if (failed(verifyGroupSize(op, op.getGroupSize(), grouped)))
    return failure();
  for (Value scale : op.getScales()) {
    bool inBlocks = getRank(scale) == 3;
    if (failed(inBlocks
                   ? verifyBlockedScale(op, scale, rows, columns)
                   : verifyScale(op, scale, rows, columns, op.getGroupSize())))
      return failure();
  }
  return success();
}

/// (bitlinear_c7) and (bitlinear_c8).
static LogicalResult verifyTypes(BitLinearOp op) {
  bool quantized = getElementType(op.getInput()).isInteger(8);
  if (getElementType(op.getInits()[0]).isInteger(32) &&
      (!quantized || !op.getScales().empty() || op.getBias() ||
       op.getActivationScale()))
    return op.emitOpError() << "expected i8 activations and neither scales, "
                               "bias nor activation scale with an i32 init";
  std::optional<Type> rounded = op.getRoundOperands();
  if (rounded && (quantized || !(rounded->isF16() || rounded->isBF16())))
    return op.emitOpError() << "expected 'round_operands' of f16 or bf16 with "
                               "float activations, found "
                            << *rounded << " with " << op.getInput().getType();
  return success();
}

LogicalResult BitLinearOp::verify() {
  if (failed(verifyDst(*this)) ||
      // (bitlinear_c1)
      failed(verifyMinRank(*this, "input", getInput(), 1)) ||
      failed(verifyRank(*this, "outs", getInits()[0], getRank(getInput()))))
    return failure();
  int64_t columns = getShape(getInput()).back();
  int64_t rows = getShape(getInits()[0]).back();
  ArrayRef<int64_t> tokens = getShape(getInput()).drop_back();
  SmallVector<int64_t> output(tokens);
  output.push_back(rows);
  if (failed(verifyShape(*this, "outs", getInits()[0], output)))
    return failure();
  // (bitlinear_c2)
  for (Value weight : getWeights())
    if (failed(verifyWeight(*this, "weights", weight, getPackingAttr(),
                            {rows, columns})))
      return failure();
  if (failed(verifyScales(*this, rows, columns)))
    return failure();
  // (bitlinear_c5)
  if (getBias() && failed(verifyShape(*this, "bias", getBias(), {rows})))
    return failure();
  // (bitlinear_c6)
  if (getActivationScale() && failed(verifyShape(*this, "activation_scale",
                                                 getActivationScale(), tokens)))
    return failure();
  return verifyTypes(*this);
}

LogicalResult EmbeddingOp::verify() {
  ArrayRef<int64_t> shape = getStaticShape();
  if (failed(verifyDst(*this)) ||
      // (embedding_c5)
      failed(verifyLogicalShape(*this, shape, getShape())))
    return failure();
  // (embedding_c1)
  SmallVector<int64_t> output(support::getShape(getIds()));
  output.push_back(shape[1]);
  bool grouped = getScales() && getRank(getScales()) == 2;
  return failure(failed(verifyShape(*this, "outs", getInits()[0], output)) ||
                 // (embedding_c2)
                 failed(verifyWeight(*this, "table", getTable(),
                                     getPackingAttr(), shape)) ||
                 // (embedding_c3) (embedding_c4)
                 failed(verifyGroupSize(*this, getGroupSize(), grouped)) ||
                 failed(verifyScale(*this, getScales(), shape[0], shape[1],
                                    getGroupSize())));
}

SmallVector<OpFoldResult> EmbeddingOp::getMixedShape() {
  OpBuilder builder(getContext());
  return getMixedValues(getStaticShape(), getShape(), builder);
}

/// (rms_norm_c2) and (rms_norm_backward_c2).
template <typename OpTy>
static LogicalResult verifyNormWeight(OpTy op, int64_t width) {
  Value weight = op.getWeight();
  bool ternary = weight && getElementType(weight).isInteger(8);
  if (!ternary && (op.getPacking() || op.getScales()))
    return op.emitOpError() << "expected neither 'packing' nor 'scales' "
                               "without an i8 weight";
  if (!weight)
    return success();
  if (!ternary)
    return verifyShape(op, "weight", weight, {width});
  return verifyWeight(op, "weight", weight, op.getPackingAttr(), {1, width});
}

/// (rms_norm_c3), (rms_norm_c4), (rms_norm_backward_c3) and
/// (rms_norm_backward_c4).
template <typename OpTy>
static LogicalResult verifyNormScales(OpTy op, int64_t width) {
  Value scales = op.getScales();
  if (scales && getRank(scales) == 1)
    return op.emitOpError()
           << "expected 'scales' of rank 0 or 2, found " << scales.getType();
  bool grouped = scales && getRank(scales) == 2;
  return failure(failed(verifyGroupSize(op, op.getGroupSize(), grouped)) ||
                 failed(verifyScale(op, scales, 1, width, op.getGroupSize())));
}

LogicalResult RMSNormOp::verify() {
  if (failed(verifyDst(*this)) ||
      // (rms_norm_c1)
      failed(verifyMinRank(*this, "input", getInput(), 1)) ||
      failed(verifyShape(*this, "outs", getInits()[0], getShape(getInput()))))
    return failure();
  int64_t width = getShape(getInput()).back();
  if (failed(verifyNormWeight(*this, width)))
    return failure();
  return verifyNormScales(*this, width);
}

LogicalResult RMSNormBackwardOp::verify() {
  bool ternary = getElementType(getWeight()).isInteger(8);
  if (failed(verifyDst(*this, ternary ? 1 : 2)) ||
      // (rms_norm_backward_c1)
      failed(verifyMinRank(*this, "input", getInput(), 1)) ||
      failed(verifyShape(*this, "grad", getGrad(), getShape(getInput()))) ||
      failed(verifyShape(*this, "outs", getInits()[0], getShape(getInput()))))
    return failure();
  int64_t width = getShape(getInput()).back();
  // (rms_norm_backward_c2)
  if (failed(verifyNormWeight(*this, width)) ||
      (!ternary &&
       failed(verifyShape(*this, "weight gradient", getInits()[1], {width}))))
    return failure();
  return verifyNormScales(*this, width);
}
