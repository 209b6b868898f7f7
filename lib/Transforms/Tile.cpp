//===- Tile.cpp - ternary-tile --------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Panel.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

namespace ternary {
#define GEN_PASS_DEF_TERNARYTILE
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// Whether there is nothing to cut: of an empty tensor, upstream refuses even
/// empty slices.
bool hasEmptyOperand(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), [](Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && llvm::is_contained(shaped.getShape(), 0);
  });
}

struct TilePass : ternary::impl::TernaryTileBase<TilePass> {
  using Base::Base;

  void runOnOperation() override {
    if (rowTile < 0 || tokenTile < 0) {
      getOperation()->emitError()
          << "ternary-tile: expected tiles of 0 or more, found row-tile = "
          << rowTile.getValue() << ", token-tile = " << tokenTile.getValue();
      return signalPassFailure();
    }
    IRRewriter rewriter(&getContext());
    SmallVector<BitLinearOp> ops;
    getOperation()->walk([&](BitLinearOp op) {
      if (op.hasPureTensorSemantics() &&
          !op->getParentOfType<scf::ForallOp>() && !hasEmptyOperand(op))
        ops.push_back(op);
    });
    for (BitLinearOp op : ops)
      if (failed(tile(op, rewriter)))
        return signalPassFailure();
  }

private:
  /// Tiles per thread, so that a thread that is late costs little.
  static constexpr int64_t kTilesPerThread = 4;
  /// Rows that a tile has at least, and has where nothing is known.
  static constexpr int64_t kMinRows = 64;

  int64_t getThreads(Operation *op) {
    TargetAttr target = getTarget(op);
    return target ? target.getThreads() : 1;
  }

  /// Rows between two places where all operands can be cut, if there are any.
  static std::optional<int64_t> getBlock(BitLinearOp op) {
    std::optional<int64_t> block = getRowBlock(op.getPackingAttr());
    for (Value scale : op.getScales())
      if (block && rankOf(scale) == 3)
        block = std::lcm(*block,
                         cast<ShapedType>(scale.getType()).getShape().back());
    return block;
  }

  /// Rows per tile, 0 for no cut.
  int64_t getRows(BitLinearOp op) {
    std::optional<int64_t> block = getBlock(op);
    int64_t threads = getThreads(op), rows = rowTile;
    if (!block || (rows == 0 && threads == 1))
      return 0;
    int64_t extent =
        cast<ShapedType>(op.getInits()[0].getType()).getShape().back();
    if (rows == 0) {
      rows = kMinRows;
      if (!ShapedType::isDynamic(extent) && threads > 1)
        rows = std::max(rows, extent / (threads * kTilesPerThread));
    }
    rows = llvm::alignTo(rows, *block);
    // One tile would hide what is known of the extents.
    return !ShapedType::isDynamic(extent) && extent <= rows ? 0 : rows;
  }

  LogicalResult tile(BitLinearOp op, IRRewriter &rewriter) {
    int64_t rows = getRows(op),
            rank = cast<ShapedType>(op.getInits()[0].getType()).getRank();
    SmallVector<OpFoldResult> sizes(rank, rewriter.getIndexAttr(0));
    sizes.back() = rewriter.getIndexAttr(rows);
    if (rank > 1)
      sizes[rank - 2] = rewriter.getIndexAttr(tokenTile);
    if (rows == 0 && (tokenTile == 0 || rank == 1))
      return success();
    scf::SCFTilingOptions options;
    options.setTileSizes(sizes);
    options.setLoopType(scf::SCFTilingOptions::LoopType::ForallOp);
    rewriter.setInsertionPoint(op);
    FailureOr<scf::SCFTilingResult> tiled = scf::tileUsingSCF(
        rewriter, cast<TilingInterface>(op.getOperation()), options);
    if (failed(tiled))
      return op.emitOpError() << "could not be tiled";
    rewriter.replaceOp(op, tiled->replacements);
    return success();
  }
};

} // namespace
