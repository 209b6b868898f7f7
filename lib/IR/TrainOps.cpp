//===- TrainOps.cpp - Straight-through rules and gradients ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Verify.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

LogicalResult STEOp::verify() {
  if (failed(verifyDst(*this)) ||
      // (ste_c1)
      failed(verifyRank(*this, "input", getInput(), 2)) ||
      failed(verifyShape(*this, "outs", getInits()[0], getShape(getInput()))))
    return failure();
  // (ste_c2)
  bool scaled =
      getVariant() == STEVariant::Identity || getVariant() == STEVariant::LSQ;
  if (scaled != bool(getScales()))
    return emitOpError() << "expected " << (scaled ? "" : "no ")
                         << "'scales' with variant "
                         << stringifySTEVariant(getVariant()) << ", found "
                         << (scaled ? "none" : "them");
  if (!scaled)
    return success();
  if (getRank(getScales()) > 1)
    return emitOpError() << "expected 'scales' of rank 0 or 1, found "
                         << getScales().getType();
  ArrayRef<int64_t> shape = getShape(getInput());
  return verifyScale(*this, getScales(), shape[0], shape[1], std::nullopt);
}

/// (ste_backward_c2).
static LogicalResult verifyScales(STEBackwardOp op) {
  bool lsq = op.getVariant() == STEVariant::LSQ;
  bool allowed = lsq || op.getVariant() == STEVariant::Clamp;
  Value scales = op.getScales();
  if ((lsq && !scales) || (!allowed && scales))
    return op.emitOpError()
           << "expected " << (lsq ? "" : "no ") << "'scales' with variant "
           << stringifySTEVariant(op.getVariant()) << ", found "
           << (lsq ? "none" : "them");
  if (!scales)
    return success();
  if (getRank(scales) > 1)
    return op.emitOpError()
           << "expected 'scales' of rank 0 or 1, found " << scales.getType();
  ArrayRef<int64_t> shape = getShape(op.getInput());
  return verifyScale(op, scales, shape[0], shape[1], std::nullopt);
}

LogicalResult STEBackwardOp::verify() {
  bool lsq = getVariant() == STEVariant::LSQ;
  // (ste_backward_c3)
  if (failed(verifyDst(*this, lsq ? 2 : 1)) ||
      // (ste_backward_c1)
      failed(verifyRank(*this, "input", getInput(), 2)) ||
      failed(verifyShape(*this, "grad", getGrad(), getShape(getInput()))) ||
      failed(verifyShape(*this, "outs", getInits()[0], getShape(getInput()))) ||
      failed(verifyScales(*this)))
    return failure();
  if (!lsq)
    return success();
  return verifyShape(*this, "scale gradient", getInits()[1],
                     getShape(getScales()));
}

LogicalResult LearnableScaleOp::verify() {
  // (learnable_scale_c1)
  return failure(
      failed(verifyDst(*this)) ||
      failed(verifyShape(*this, "outs", getInits()[0], getShape(getInput()))));
}

LogicalResult LearnableScaleBackwardOp::verify() {
  // (learnable_scale_backward_c1)
  return failure(
      failed(verifyDst(*this)) ||
      failed(verifyShape(*this, "grad", getGrad(), getShape(getInput()))) ||
      failed(verifyShape(*this, "outs", getInits()[0], getShape(getInput()))));
}

LogicalResult GradInputOp::verify() {
  if (failed(verifyDst(*this)) ||
      // (grad_input_c1)
      failed(verifyMinRank(*this, "grad", getGrad(), 1)) ||
      failed(verifyRank(*this, "outs", getInits()[0], getRank(getGrad()))))
    return failure();
  int64_t rows = getShape(getGrad()).back();
  int64_t columns = getShape(getInits()[0]).back();
  SmallVector<int64_t> output(getShape(getGrad()).drop_back());
  output.push_back(columns);
  bool grouped = getScales() && getRank(getScales()) == 2;
  if (failed(verifyShape(*this, "outs", getInits()[0], output)) ||
      // (grad_input_c2)
      failed(verifyWeight(*this, "weight", getWeight(), getPackingAttr(),
                          {rows, columns})) ||
      // (grad_input_c3) (grad_input_c4)
      failed(verifyGroupSize(*this, getGroupSize(), grouped)) ||
      failed(verifyScale(*this, getScales(), rows, columns, getGroupSize())))
    return failure();
  // (grad_input_c5)
  std::optional<Type> rounded = getRoundOperands();
  if (rounded && !rounded->isF16() && !rounded->isBF16())
    return emitOpError() << "expected 'round_operands' of f16 or bf16, found "
                         << *rounded;
  return success();
}

LogicalResult GradSignOp::verify() {
  // (grad_sign_c1)
  if (failed(verifyDst(*this)) ||
      failed(verifyRank(*this, "grad", getGrad(), 2)) ||
      failed(verifyRank(*this, "input", getInput(), 2)))
    return failure();
  ArrayRef<int64_t> grad = getShape(getGrad()), input = getShape(getInput());
  return failure(
      failed(verifyShape(*this, "input", getInput(), {grad[0], input[1]})) ||
      failed(verifyShape(*this, "outs", getInits()[0], {grad[1], input[1]})));
}

LogicalResult EmbeddingGradSignOp::verify() {
  // (embedding_grad_sign_c1)
  if (failed(verifyDst(*this)) ||
      failed(verifyRank(*this, "ids", getIds(), 1)) ||
      failed(verifyRank(*this, "outs", getInits()[0], 2)))
    return failure();
  return verifyShape(*this, "grad", getGrad(),
                     {getShape(getIds())[0], getShape(getInits()[0])[1]});
}
