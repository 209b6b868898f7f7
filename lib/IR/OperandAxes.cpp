//===- OperandAxes.cpp ----------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "OperandAxes.h"

#include "PackingDetail.h"
#include "ternary/IR/Panel.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

namespace {

/// The first axes follow the dimensions 0, 1, …; the others are whole.
OperandAxes leading(Value operand, int64_t count) {
  OperandAxes axes(rankOf(operand));
  for (int64_t i = 0; i < count; ++i)
    axes[i].dim = i;
  return axes;
}

/// The first axis, if there is one, follows `dim`.
OperandAxes byRow(Value operand, int64_t dim, int64_t block = 1) {
  OperandAxes axes(rankOf(operand));
  if (!axes.empty())
    axes[0] = {dim, block};
  return axes;
}

/// Trits, or bytes in `packing`: rows follow `dim`, columns the next one.
OperandAxes weightAxes(Value weight, PackingAttrInterface packing,
                       int64_t dim) {
  OperandAxes axes = byRow(weight, dim, getRowBlock(packing).value_or(0));
  if (std::optional<ColumnBlock> columns = getColumnBlock(packing))
    axes[columns->axis] = {dim + 1, columns->columns};
  return axes;
}

/// The rows behind an index of the first axis of a scale.
int64_t getRowBlock(Value scale) {
  auto type = cast<ShapedType>(scale.getType());
  return type.getRank() == 3 ? type.getShape().back() : 1;
}

/// A scale of rank 0, `[N]`, `[N, G]` or `[ceil(N/R), G, R]`.
OperandAxes scaleAxes(Value scale, int64_t dim,
                      std::optional<int64_t> groupSize) {
  OperandAxes axes = byRow(scale, dim, getRowBlock(scale));
  if (axes.size() > 1)
    axes[1] = {dim + 1, groupSize.value_or(0)};
  return axes;
}

} // namespace

std::optional<ColumnBlock>
ternary::getColumnBlock(PackingAttrInterface packing) {
  if (!packing)
    return ColumnBlock{1, 1};
  auto attr = dyn_cast<PackingAttr>(packing);
  if (!attr || attr.getFlat() || attr.getColumnFactors().front() != kStar)
    return std::nullopt;
  // An axis that is k0 alone, and shared with neither header nor trailer.
  SmallVector<SmallVector<int64_t>> axes = splitAxes(attr);
  auto *axis = llvm::find(axes, SmallVector<int64_t>{kColumnBase});
  bool isLast = axis == axes.end() - 1;
  if (axis == axes.end() || (isLast && (attr.getHeader() || attr.getTrailer())))
    return std::nullopt;
  return ColumnBlock{axis - axes.begin(),
                     fixedProduct(attr.getColumnFactors())};
}

SmallVector<OperandAxes> ternary::getOperandAxes(BitLinearOp op) {
  int64_t rows = getNumTiledDims(op) - 1;
  SmallVector<OperandAxes> axes{leading(op.getInput(), rows)};
  axes[0].back() = {rows + 1, 1};
  for (Value weight : op.getWeights())
    axes.push_back(weightAxes(weight, op.getPackingAttr(), rows));
  for (Value scale : op.getScales())
    axes.push_back(scaleAxes(scale, rows, op.getGroupSize()));
  if (op.getActivationScale())
    axes.push_back(leading(op.getActivationScale(), rows));
  if (op.getBias())
    axes.push_back(byRow(op.getBias(), rows));
  axes.push_back(leading(op.getInits()[0], rows + 1));
  return axes;
}

SmallVector<OperandAxes> ternary::getOperandAxes(QuantizeActivationOp op) {
  int64_t tokens = getNumTiledDims(op);
  return {leading(op.getInput(), tokens), leading(op.getInits()[0], tokens),
          leading(op.getInits()[1], tokens)};
}

SmallVector<OperandAxes> ternary::getOperandAxes(DequantizeActivationOp op) {
  int64_t tokens = getNumTiledDims(op);
  return {leading(op.getInput(), tokens + 1), leading(op.getScales(), tokens),
          leading(op.getInits()[0], tokens + 1)};
}

SmallVector<OperandAxes> ternary::getOperandAxes(RMSNormOp op) {
  int64_t tokens = getNumTiledDims(op);
  SmallVector<OperandAxes> axes{leading(op.getInput(), tokens)};
  if (op.getWeight())
    axes.push_back(leading(op.getWeight(), 0));
  if (op.getScales())
    axes.push_back(leading(op.getScales(), 0));
  axes.push_back(leading(op.getInits()[0], tokens));
  return axes;
}

SmallVector<OperandAxes> ternary::getOperandAxes(UnpackOp op) {
  int64_t block = getRowBlock(op.getPacking()).value_or(0);
  SmallVector<OperandAxes> axes{byRow(op.getBytes(), 0, block)};
  for (Value init : op.getInits())
    axes.push_back(byRow(init, 0));
  return axes;
}

SmallVector<OperandAxes> ternary::getOperandAxes(DequantizeOp op) {
  int64_t block = getRowBlock(op.getPackingAttr()).value_or(0);
  SmallVector<OperandAxes> axes{byRow(op.getWeight(), 0, block)};
  if (op.getScales())
    axes.push_back(byRow(op.getScales(), 0));
  axes.push_back(byRow(op.getInits()[0], 0));
  return axes;
}
