//===- DstOps.cpp - What destination-style ops share ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Verify.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

bool ternary::updatesState(Operation *op) {
  return isa<AccumulateCorrelationOp, AccumulateTritOp, StepOp,
             UpdateExponentOp>(op);
}

void support::getDstEffects(
    DestinationStyleOpInterface op,
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  auto *memory = SideEffects::DefaultResource::get();
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    bool isInit = op.isDpsInit(&operand);
    if (!isInit || updatesState(op))
      effects.emplace_back(MemoryEffects::Read::get(), &operand, memory);
    if (isInit)
      effects.emplace_back(MemoryEffects::Write::get(), &operand, memory);
  }
}

LogicalResult support::reifyDstShapes(OpBuilder &builder,
                                      DestinationStyleOpInterface op,
                                      ReifiedRankedShapedTypeDims &shapes) {
  for (OpResult result : op->getResults())
    shapes.push_back(tensor::getMixedSizes(builder, op.getLoc(),
                                           op.getTiedOpOperand(result)->get()));
  return success();
}

LogicalResult support::verifyDst(DestinationStyleOpInterface op,
                                 int64_t numInits) {
  // (dst_c3)
  OperandRange inits(op.getDpsInitsMutable());
  if (int64_t(inits.size()) != numInits)
    return op->emitOpError()
           << "expected " << numInits << " inits, found " << inits.size();
  // (dst_c1)
  bool tensors = isa<RankedTensorType>(inits.front().getType());
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    if (!isa<ShapedType>(operand.getType()))
      continue;
    if (isa<RankedTensorType>(operand.getType()) != tensors)
      return op->emitOpError()
             << "expected all operands to be ranked tensors or all to be "
                "memrefs, found operand "
             << i << " of type " << operand.getType() << " beside init of type "
             << inits.front().getType();
  }
  // (dst_c2)
  int64_t numResults = tensors ? numInits : 0;
  if (op->getNumResults() != numResults)
    return op->emitOpError() << "expected " << numResults << " results, found "
                             << op->getNumResults();
  for (auto [result, init] : llvm::zip(op->getResultTypes(), inits))
    if (result != init.getType())
      return op->emitOpError() << "expected a result of the init's type "
                               << init.getType() << ", found " << result;
  return success();
}

LogicalResult support::verifyRank(Operation *op, StringRef name, Value value,
                                  int64_t rank) {
  if (getRank(value) == rank)
    return success();
  return op->emitOpError() << "expected '" << name << "' of rank " << rank
                           << ", found " << value.getType();
}

LogicalResult support::verifyMinRank(Operation *op, StringRef name, Value value,
                                     int64_t rank) {
  if (getRank(value) >= rank)
    return success();
  return op->emitOpError() << "expected '" << name << "' of rank " << rank
                           << " or more, found " << value.getType();
}

std::string support::shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "[";
  llvm::interleave(
      shape, os,
      [&](int64_t extent) {
        if (ShapedType::isDynamic(extent))
          os << "?";
        else
          os << extent;
      },
      ", ");
  os << "]";
  return text;
}

LogicalResult support::verifyShape(Operation *op, StringRef name, Value value,
                                   ArrayRef<int64_t> expected) {
  if (succeeded(verifyCompatibleShape(getShape(value), expected)))
    return success();
  return op->emitOpError() << "expected '" << name << "' of shape "
                           << shapeText(expected) << ", found "
                           << value.getType();
}

LogicalResult support::verifyWeight(Operation *op, StringRef name, Value value,
                                    PackingAttrInterface packing,
                                    ArrayRef<int64_t> logicalShape) {
  if (!packing)
    return verifyShape(op, name, value, logicalShape);
  SmallVector<int64_t> bytes;
  if (failed(packing.getByteShape(logicalShape, bytes,
                                  [&] { return op->emitOpError(); })))
    return failure();
  return verifyShape(op, name, value, bytes);
}

LogicalResult support::verifyCarriedScales(Operation *op, Value scales,
                                           PackingAttrInterface packing,
                                           ArrayRef<int64_t> logicalShape) {
  if (packing.carriesScales() != bool(scales))
    return op->emitOpError()
           << "expected " << (scales ? "no " : "") << "'scales' with "
           << packing << ", found " << (scales ? "them" : "none");
  if (!scales)
    return success();
  FailureOr<SmallVector<int64_t>> bytes = getByteShape(packing, logicalShape);
  if (failed(bytes))
    return failure();
  return verifyShape(op, "scales", scales, ArrayRef(*bytes).drop_back());
}

LogicalResult support::verifyGroupSize(Operation *op,
                                       std::optional<int64_t> groupSize,
                                       bool grouped) {
  if (grouped && !groupSize)
    return op->emitOpError()
           << "expected 'group_size' with a scale by group, found none";
  if (!grouped && groupSize)
    return op->emitOpError()
           << "expected no 'group_size' without a scale by group, found "
           << *groupSize;
  if (groupSize && *groupSize < 1)
    return op->emitOpError()
           << "expected 'group_size' of at least 1, found " << *groupSize;
  return success();
}

LogicalResult support::verifyScale(Operation *op, Value scale, int64_t rows,
                                   int64_t columns,
                                   std::optional<int64_t> groupSize) {
  if (!scale || getRank(scale) == 0)
    return success();
  if (getRank(scale) == 1)
    return verifyShape(op, "scales", scale, {rows});
  if (getRank(scale) == 2)
    return verifyShape(op, "scales", scale,
                       {rows, getNumGroups(columns, groupSize.value_or(0))});
  return op->emitOpError() << "expected 'scales' of rank 0, 1 or 2, found "
                           << scale.getType();
}

LogicalResult support::verifyLogicalShape(Operation *op,
                                          ArrayRef<int64_t> shape,
                                          ValueRange dynamic) {
  if (shape.size() != 2 ||
      llvm::count(shape, ShapedType::kDynamic) != int64_t(dynamic.size()))
    return op->emitOpError()
           << "expected 'shape' of two extents, found " << shape.size();
  for (int64_t extent : shape)
    if (extent < 0 && !ShapedType::isDynamic(extent))
      return op->emitOpError()
             << "expected 'shape' without negative extents, found " << extent;
  return success();
}
