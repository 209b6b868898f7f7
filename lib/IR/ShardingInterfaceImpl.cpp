//===- ShardingInterfaceImpl.cpp ------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// An op is a nest of loops: the dimensions that its operands follow, and a last
// one that stands for all axes that are never cut. A process runs the op on its
// part of each loop. Upstream's passes only assert that parts fit, so each cut
// is verified here, once when it is chosen and once when it is made.
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/ShardingInterfaceImpl.h"

#include "OperandAxes.h"

#include "mlir/Dialect/Shard/IR/ShardDialect.h"
#include "mlir/Dialect/Shard/Interfaces/ShardingInterface.h"
#include "mlir/Dialect/Shard/Interfaces/ShardingInterfaceImpl.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"

using namespace mlir;
using namespace ternary;
using shard::GridAxis;
using shard::GridOp;
using shard::ReductionKind;
using shard::Sharding;
using shard::ShardingArray;
using shard::ShardingOption;

namespace {

struct LoopNest {
  /// What the axes of the operands, then of the results follow.
  SmallVector<OperandAxes> axes;
  SmallVector<utils::IteratorType> types;
  /// Of the reductions, in order.
  SmallVector<ReductionKind> kinds;

  unsigned whole() const { return types.size() - 1; }
};

/// The loop that cuts leave partial sums of, if there is one.
std::optional<int64_t> getSummedLoop(BitLinearOp op) {
  return getNumTiledDims(op);
}
std::optional<int64_t> getSummedLoop(Operation *) { return std::nullopt; }

/// Whether partial sums over cut columns may be added behind the op.
LogicalResult verifyPartialSums(BitLinearOp op) {
  if (op.getBias())
    return op.emitOpError("expected whole columns with a bias, which is added "
                          "to the whole sum, found them cut");
  Type type = elementOf(op.getInits()[0]);
  if (!type.isInteger(32) && !type.isF32())
    return op.emitOpError("expected an init of i32 or f32, which partial sums "
                          "over cut columns are added in, found ")
           << type;
  if (op.getWeights().empty() || getColumnBlock(op.getPackingAttr()))
    return success();
  return op.emitOpError("expected whole columns, which ")
         << op.getPackingAttr() << " spreads over its bytes, found them cut";
}
LogicalResult verifyPartialSums(Operation *) { return success(); }

template <typename OpTy> LoopNest getLoopNest(OpTy op) {
  LoopNest nest{getOperandAxes(op), {}, {}};
  auto dst = cast<DestinationStyleOpInterface>(op.getOperation());
  for (OpResult result : op->getResults())
    nest.axes.push_back(
        nest.axes[dst.getTiedOpOperand(result)->getOperandNumber()]);
  int64_t numDims = 0;
  for (const OperandAxes &operand : nest.axes)
    for (const Axis &axis : operand)
      numDims = std::max(numDims, axis.dim + 1);
  for (OperandAxes &operand : nest.axes)
    for (Axis &axis : operand)
      axis.dim = axis.dim < 0 ? numDims : axis.dim;

  nest.types.assign(numDims, utils::IteratorType::parallel);
  if (std::optional<int64_t> summed = getSummedLoop(op)) {
    nest.types[*summed] = utils::IteratorType::reduction;
    nest.kinds.push_back(ReductionKind::Sum);
  }
  nest.types.push_back(utils::IteratorType::reduction);
  nest.kinds.push_back(ReductionKind::Generic);
  return nest;
}

/// The operand or result that has the axes of this number.
Value getValue(Operation *op, unsigned number) {
  unsigned operands = op->getNumOperands();
  return number < operands ? op->getOperand(number)
                           : Value(op->getResult(number - operands));
}
std::string getName(Operation *op, unsigned number) {
  unsigned operands = op->getNumOperands();
  return number < operands ? "operand #" + std::to_string(number)
                           : "result #" + std::to_string(number - operands);
}

ArrayRef<GridAxis> getSplitAxes(const Sharding &sharding, unsigned axis) {
  auto split = sharding.getSplitAxes();
  return axis < split.size() ? split[axis].asArrayRef() : ArrayRef<GridAxis>();
}

/// Verifies that a sharding says no more than along which axes of the grid each
/// dimension is cut.
LogicalResult verifySharding(Operation *op, unsigned number,
                             const Sharding &sharding, GridOp grid) {
  if (sharding.getGrid() != grid.getSymName())
    return op->emitOpError("expected ")
           << getName(op, number) << " to be sharded on @" << grid.getSymName()
           << " as the others, found @" << sharding.getGrid();
  if (sharding.getStaticHaloSizes().empty() &&
      sharding.getStaticShardedDimsOffsets().empty())
    return success();
  return op->emitOpError("expected even parts without halo of ")
         << getName(op, number) << ", found a sharding with sizes";
}

/// Verifies that all dimensions that follow a loop are cut as the loop is.
LogicalResult verifySplitAxes(Operation *op, const LoopNest &nest,
                              unsigned number, const Sharding &sharding,
                              const ShardingArray &cuts) {
  for (auto [i, axis] : llvm::enumerate(nest.axes[number]))
    if (unsigned(axis.dim) != nest.whole() &&
        getSplitAxes(sharding, i) != ArrayRef(cuts[axis.dim]))
      return op->emitOpError("expected dimension ")
             << i << " of " << getName(op, number)
             << " to be split along grid axes [" << cuts[axis.dim]
             << "] as those that it is computed with, found ["
             << getSplitAxes(sharding, i) << "]";
  return success();
}

/// Along which axes of the grid each loop is cut, by annotations that may not
/// fit each other. What is not used has none.
FailureOr<ShardingArray> getCuts(Operation *op, const LoopNest &nest,
                                 ArrayRef<Sharding> shardings, GridOp grid) {
  ShardingArray cuts(nest.types.size());
  for (auto [axes, sharding] : llvm::zip_equal(nest.axes, shardings))
    for (auto [i, axis] : llvm::enumerate(axes))
      if (cuts[axis.dim].empty())
        cuts[axis.dim] = llvm::to_vector(getSplitAxes(sharding, i));
  for (auto [number, sharding] : llvm::enumerate(shardings))
    if (sharding && (failed(verifySharding(op, number, sharding, grid)) ||
                     failed(verifySplitAxes(op, nest, number, sharding, cuts))))
      return failure();
  return cuts;
}

std::string printExtent(int64_t extent) {
  return ShapedType::isDynamic(extent) ? "?" : std::to_string(extent);
}

/// Verifies that an axis, of a loop of so many iterations, can be cut into
/// equal parts of whole blocks. Without blocks, unknown extents are cut as they
/// come.
LogicalResult verifyAxis(Operation *op, unsigned number, unsigned i, Axis axis,
                         int64_t iterations, int64_t parts) {
  bool isStatic =
      !ShapedType::isDynamic(iterations) && !ShapedType::isDynamic(parts);
  if (axis.block != 0 && parts != 0 &&
      (isStatic
           ? iterations % parts == 0 && iterations / parts % axis.block == 0
           : axis.block == 1))
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError("expected dimension ");
  diagnostic << i << " of " << getName(op, number);
  if (axis.block == 0)
    return diagnostic << " whole, which its packing does not cut, found "
                      << printExtent(parts) << " parts";
  return diagnostic << " to be cut into " << printExtent(parts)
                    << " parts of whole blocks of " << axis.block
                    << ", found an extent of " << printExtent(iterations);
}

/// The number of iterations of a loop: the extent of an axis without blocks.
int64_t getIterations(Operation *op, const LoopNest &nest, int64_t dim) {
  for (auto [number, axes] : llvm::enumerate(nest.axes))
    for (auto [i, axis] : llvm::enumerate(axes))
      if (axis.dim == dim && axis.block == 1)
        return cast<ShapedType>(getValue(op, number).getType()).getDimSize(i);
  return ShapedType::kDynamic;
}

/// Verifies that a loop can be cut into this many parts.
LogicalResult verifyCut(Operation *op, const LoopNest &nest, int64_t dim,
                        int64_t parts) {
  int64_t iterations = getIterations(op, nest, dim);
  for (auto [number, axes] : llvm::enumerate(nest.axes))
    for (auto [i, axis] : llvm::enumerate(axes))
      if (axis.dim == dim &&
          failed(verifyAxis(op, number, i, axis, iterations, parts)))
        return failure();
  return success();
}

template <typename OpTy>
LogicalResult verifyCuts(OpTy op, const LoopNest &nest,
                         const ShardingArray &cuts, GridOp grid) {
  if (cuts.size() > nest.whole() && !cuts[nest.whole()].empty())
    return op.emitOpError("expected all but tokens, rows and columns whole, "
                          "found a dimension split along grid axes [")
           << cuts[nest.whole()] << "]";
  for (auto [dim, axes] : llvm::enumerate(cuts)) {
    if (axes.empty())
      continue;
    for (GridAxis axis : axes)
      if (axis < 0 || axis >= grid.getRank())
        return op.emitOpError("expected axes of a grid of rank ")
               << grid.getRank() << ", found " << axis;
    int64_t parts = shard::collectiveProcessGroupSize(axes, grid);
    if (failed(verifyCut(op, nest, dim, parts)))
      return failure();
    if (int64_t(dim) == getSummedLoop(op) && failed(verifyPartialSums(op)))
      return failure();
  }
  return success();
}

/// The grid that any of the shardings is on.
FlatSymbolRefAttr getGridAttr(ArrayRef<Sharding> shardings) {
  for (const Sharding &sharding : shardings)
    if (sharding.getGridAttr())
      return sharding.getGridAttr();
  return nullptr;
}

FailureOr<GridOp> findGrid(Operation *op, FlatSymbolRefAttr name,
                           SymbolTableCollection &symbols) {
  if (GridOp grid = shard::getGridOrNull(op, name, symbols))
    return grid;
  return op->emitOpError("expected operands sharded on a grid, found none");
}

template <typename OpTy>
struct ShardingModel
    : shard::ShardingInterface::ExternalModel<ShardingModel<OpTy>, OpTy> {
  SmallVector<utils::IteratorType> getLoopIteratorTypes(Operation *op) const {
    return getLoopNest(cast<OpTy>(op)).types;
  }

  SmallVector<ReductionKind>
  getReductionLoopIteratorKinds(Operation *op) const {
    return getLoopNest(cast<OpTy>(op)).kinds;
  }

  SmallVector<AffineMap> getIndexingMaps(Operation *op) const {
    LoopNest nest = getLoopNest(cast<OpTy>(op));
    SmallVector<AffineMap> maps;
    for (const OperandAxes &axes : nest.axes) {
      SmallVector<AffineExpr> exprs;
      for (const Axis &axis : axes)
        exprs.push_back(getAffineDimExpr(axis.dim, op->getContext()));
      maps.push_back(
          AffineMap::get(nest.types.size(), 0, exprs, op->getContext()));
    }
    return maps;
  }

  FailureOr<std::vector<Sharding>>
  getShardingAnnotations(Operation *op, const ShardingOption &option) const {
    SymbolTableCollection symbols;
    FailureOr<GridOp> grid = findGrid(op, option.grid, symbols);
    LoopNest nest = getLoopNest(cast<OpTy>(op));
    if (failed(grid) ||
        failed(verifyCuts(cast<OpTy>(op), nest, option.shardingArray, *grid)))
      return failure();
    return shard::detail::defaultGetShardingAnnotations(op, option);
  }

  LogicalResult partition(Operation *op, ArrayRef<Value> operands,
                          ArrayRef<Sharding> operandShardings,
                          ArrayRef<Sharding> resultShardings, IRMapping &map,
                          SymbolTableCollection &symbols,
                          OpBuilder &builder) const {
    std::vector<Sharding> shardings = operandShardings.vec();
    llvm::append_range(shardings, resultShardings);
    FlatSymbolRefAttr gridAttr = getGridAttr(shardings);
    LoopNest nest = getLoopNest(cast<OpTy>(op));
    FailureOr<GridOp> grid = findGrid(op, gridAttr, symbols);
    if (failed(grid))
      return failure();
    FailureOr<ShardingArray> cuts = getCuts(op, nest, shardings, *grid);
    if (failed(cuts) || failed(verifyCuts(cast<OpTy>(op), nest, *cuts, *grid)))
      return failure();
    // With those of unused results, which have types as well.
    shardings = *shard::detail::defaultGetShardingAnnotations(
        op, ShardingOption(*cuts, gridAttr));
    shard::partitionTriviallyShardableOperation(
        *op, operands, operandShardings,
        ArrayRef(shardings).drop_front(operands.size()), map, symbols, builder);
    if (std::optional<int64_t> summed = getSummedLoop(cast<OpTy>(op)))
      addPartialSums(op, *grid, (*cuts)[*summed], map, builder);
    return success();
  }

private:
  static void addPartialSums(Operation *op, GridOp grid,
                             ArrayRef<GridAxis> axes, IRMapping &map,
                             OpBuilder &builder) {
    if (axes.empty())
      return;
    for (OpResult result : op->getResults())
      map.map(Value(result), shard::AllReduceOp::create(
                                 builder, op->getLoc(), map.lookup(result),
                                 grid.getSymName(), axes, ReductionKind::Sum)
                                 .getResult());
  }
};

template <typename... Ops> void attach(MLIRContext *context) {
  (Ops::template attachInterface<ShardingModel<Ops>>(*context), ...);
}

} // namespace

void ternary::registerShardingInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(
      +[](MLIRContext *context, TernaryDialect *, shard::ShardDialect *) {
        attach<BitLinearOp, DequantizeActivationOp, QuantizeActivationOp,
               RMSNormOp>(context);
      });
}
