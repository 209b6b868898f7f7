//===- TilingInterfaceImpl.cpp --------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// All ops are tiled alike: slice the operands along their axes, make the op
// again on the slices.
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/TilingInterfaceImpl.h"

#include "OperandAxes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/TilingInterface.h"

using namespace mlir;
using namespace ternary;

namespace {

/// The axes of every operand of an op, those whole that no tile cuts.
template <typename OpTy> SmallVector<OperandAxes> tiledAxes(OpTy op) {
  SmallVector<OperandAxes> axes = getOperandAxes(op);
  for (OperandAxes &operand : axes)
    for (Axis &axis : operand)
      if (axis.dim >= getNumTiledDims(op))
        axis.dim = -1;
  return axes;
}

/// Offsets and sizes of the slice of `operand` that a tile reads or writes.
void sliceBounds(OpBuilder &b, Location loc, Value operand,
                 const OperandAxes &axes, ArrayRef<OpFoldResult> offsets,
                 ArrayRef<OpFoldResult> sizes,
                 SmallVectorImpl<OpFoldResult> &sliceOffsets,
                 SmallVectorImpl<OpFoldResult> &sliceSizes) {
  AffineExpr s0 = b.getAffineSymbolExpr(0);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    if (axis.dim < 0) {
      sliceOffsets.push_back(b.getIndexAttr(0));
      sliceSizes.push_back(isa<TensorType>(operand.getType())
                               ? tensor::getMixedSize(b, loc, operand, i)
                               : memref::getMixedSize(b, loc, operand, i));
      continue;
    }
    sliceOffsets.push_back(affine::makeComposedFoldedAffineApply(
        b, loc, s0.floorDiv(axis.block), offsets[axis.dim]));
    sliceSizes.push_back(affine::makeComposedFoldedAffineApply(
        b, loc, s0.ceilDiv(axis.block), sizes[axis.dim]));
  }
}

Value makeSlice(OpBuilder &b, Location loc, Value operand,
                const OperandAxes &axes, ArrayRef<OpFoldResult> offsets,
                ArrayRef<OpFoldResult> sizes) {
  if (llvm::all_of(axes, [](const Axis &axis) { return axis.dim < 0; }))
    return operand;
  SmallVector<OpFoldResult> sliceOffsets, sliceSizes;
  sliceBounds(b, loc, operand, axes, offsets, sizes, sliceOffsets, sliceSizes);
  SmallVector<OpFoldResult> strides(axes.size(), b.getIndexAttr(1));
  if (isa<TensorType>(operand.getType()))
    return tensor::ExtractSliceOp::create(b, loc, operand, sliceOffsets,
                                          sliceSizes, strides);
  return memref::SubViewOp::create(b, loc, operand, sliceOffsets, sliceSizes,
                                   strides);
}

/// What a tensor shared by all iterations of a parallel loop was before it: its
/// extents are the same.
Value getShared(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto loop = argument ? dyn_cast_or_null<LoopLikeOpInterface>(
                             argument.getOwner()->getParentOp())
                       : LoopLikeOpInterface();
  if (!loop || !loop->hasTrait<OpTrait::HasParallelRegion>())
    return value;
  OpOperand *init = loop.getTiedLoopInit(argument);
  return init ? init->get() : value;
}

/// Whether a tile has the extent `dim` of `out` whole.
bool isWhole(Value out, int64_t dim, OpFoldResult offset, OpFoldResult size) {
  if (!isConstantIntValue(offset, 0))
    return false;
  int64_t extent = cast<ShapedType>(out.getType()).getDimSize(dim);
  if (!ShapedType::isDynamic(extent))
    return isConstantIntValue(size, extent);
  auto value = dyn_cast<Value>(size);
  if (!value)
    return false;
  auto of = value.getDefiningOp<ShapedDimOpInterface>();
  return of && getShared(of.getShapedValue()) == getShared(out) &&
         isConstantIntValue(of.getDimension(), dim);
}

/// Whether a value is known to be a multiple of `block`.
bool isMultiple(OpFoldResult value, int64_t block) {
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return *constant % block == 0;
  auto dynamic = cast<Value>(value);
  if (auto apply = dynamic.getDefiningOp<affine::AffineApplyOp>())
    return apply.getAffineMap().getResult(0).isMultipleOf(block);
  auto argument = dyn_cast<BlockArgument>(dynamic);
  auto loop = argument ? dyn_cast_or_null<LoopLikeOpInterface>(
                             argument.getOwner()->getParentOp())
                       : LoopLikeOpInterface();
  if (!loop || !loop.getLoopInductionVars() || !loop.getLoopLowerBounds() ||
      !loop.getLoopSteps())
    return false;
  for (auto [variable, begin, step] :
       llvm::zip_equal(*loop.getLoopInductionVars(), *loop.getLoopLowerBounds(),
                       *loop.getLoopSteps()))
    if (variable == dynamic)
      return isMultiple(begin, block) && isMultiple(step, block);
  return false;
}

/// Whether a size is a multiple of `block`, or the lesser of one and what is
/// left.
bool isMultipleOrRest(OpFoldResult size, int64_t block) {
  auto value = dyn_cast<Value>(size);
  auto lesser = value ? value.getDefiningOp<affine::AffineMinOp>() : nullptr;
  if (!lesser)
    return isMultiple(size, block);
  return llvm::all_of(lesser.getMap().getResults(), [&](AffineExpr expr) {
    auto constant = dyn_cast<AffineConstantExpr>(expr);
    return !constant || constant.getValue() % block == 0;
  });
}

template <typename OpTy>
struct TilingModel : TilingInterface::ExternalModel<TilingModel<OpTy>, OpTy> {
  SmallVector<utils::IteratorType> getLoopIteratorTypes(Operation *op) const {
    return SmallVector<utils::IteratorType>(getNumTiledDims(cast<OpTy>(op)),
                                            utils::IteratorType::parallel);
  }

  SmallVector<Range> getIterationDomain(Operation *op, OpBuilder &b) const {
    Value out = cast<OpTy>(op).getInits()[0];
    SmallVector<Range> domain;
    for (int64_t i = 0, e = getNumTiledDims(cast<OpTy>(op)); i < e; ++i) {
      OpFoldResult size = isa<TensorType>(out.getType())
                              ? tensor::getMixedSize(b, op->getLoc(), out, i)
                              : memref::getMixedSize(b, op->getLoc(), out, i);
      domain.push_back({b.getIndexAttr(0), size, b.getIndexAttr(1)});
    }
    return domain;
  }

  FailureOr<TilingResult>
  getTiledImplementation(Operation *op, OpBuilder &b,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes) const {
    Location loc = op->getLoc();
    SmallVector<OperandAxes> axes = tiledAxes(cast<OpTy>(op));
    keepWhole(cast<OpTy>(op).getInits()[0], axes, offsets, sizes);
    if (!fitsBlocks(axes, offsets, sizes))
      return failure();
    SmallVector<Value> operands;
    SmallVector<Operation *> slices;
    for (auto [operand, operandAxes] :
         llvm::zip_equal(op->getOperands(), axes)) {
      operands.push_back(
          makeSlice(b, loc, operand, operandAxes, offsets, sizes));
      if (operands.back() != operand)
        slices.push_back(operands.back().getDefiningOp());
    }
    auto dst = cast<DestinationStyleOpInterface>(op);
    SmallVector<Type> types;
    for (OpResult result : op->getResults())
      types.push_back(
          operands[dst.getTiedOpOperand(result)->getOperandNumber()].getType());
    OperationState state(loc, op->getName(), operands, types, op->getAttrs());
    state.propertiesAttr = op->getPropertiesAsAttribute();
    Operation *tiled = b.create(state);
    return TilingResult{
        {tiled}, SmallVector<Value>(tiled->getResults()), slices};
  }

  LogicalResult
  getResultTilePosition(Operation *op, OpBuilder &b, unsigned resultNumber,
                        ArrayRef<OpFoldResult> offsets,
                        ArrayRef<OpFoldResult> sizes,
                        SmallVector<OpFoldResult> &resultOffsets,
                        SmallVector<OpFoldResult> &resultSizes) const {
    auto dst = cast<DestinationStyleOpInterface>(op);
    OpOperand *init = dst.getTiedOpOperand(op->getResult(resultNumber));
    OperandAxes axes = tiledAxes(cast<OpTy>(op))[init->getOperandNumber()];
    sliceBounds(b, op->getLoc(), init->get(), axes, offsets, sizes,
                resultOffsets, resultSizes);
    return success();
  }

private:
  /// Blocks along a dimension that a tile has whole are whole as well.
  static void keepWhole(Value out, MutableArrayRef<OperandAxes> axes,
                        ArrayRef<OpFoldResult> offsets,
                        ArrayRef<OpFoldResult> sizes) {
    for (OperandAxes &operand : axes)
      for (Axis &axis : operand)
        if (axis.dim >= 0 && axis.block != 1 &&
            isWhole(out, axis.dim, offsets[axis.dim], sizes[axis.dim]))
          axis.dim = -1;
  }

  /// Rows of a packing are cut between its blocks only; a block of 0 says that
  /// they may not be cut at all.
  static bool fitsBlocks(ArrayRef<OperandAxes> axes,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes) {
    for (const OperandAxes &operand : axes)
      for (const Axis &axis : operand)
        if (axis.dim >= 0 && axis.block != 1 &&
            (axis.block == 0 || !isMultiple(offsets[axis.dim], axis.block) ||
             !isMultipleOrRest(sizes[axis.dim], axis.block)))
          return false;
    return true;
  }
};

template <typename... Ops> void attach(MLIRContext *context) {
  (Ops::template attachInterface<TilingModel<Ops>>(*context), ...);
}

} // namespace

void ternary::registerTilingInterfaceExternalModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, TernaryDialect *) {
    attach<BitLinearOp, DequantizeActivationOp, DequantizeOp,
           QuantizeActivationOp, RMSNormOp, UnpackOp>(context);
  });
}
