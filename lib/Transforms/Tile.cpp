//===- Tile.cpp - ternary-tile --------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Panel.h"
#include "ternary/IR/Tuning.h"
#include "ternary/Transforms/Passes.h"
#include "ternary/Transforms/Transforms.h"

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

/// Tiles per thread, so that a thread that is late costs little.
constexpr int64_t kTilesPerThread = 4;
/// Rows that a tile has at least, and has where nothing is known.
constexpr int64_t kMinRows = 64;

/// Whether there is nothing to cut: of an empty tensor, upstream refuses even
/// empty slices.
static bool hasEmptyOperand(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), [](Type type) {
    auto shaped = dyn_cast<ShapedType>(type);
    return shaped && llvm::is_contained(shaped.getShape(), 0);
  });
}

static bool canBeCut(BitLinearOp op) {
  return op.hasPureTensorSemantics() && !op->getParentOfType<scf::ForallOp>() &&
         !hasEmptyOperand(op);
}

static int64_t getThreads(Operation *op) {
  TargetAttr target = getTarget(op);
  return target ? target.getThreads() : 1;
}

/// Rows between two places where all operands can be cut, if there are any.
static std::optional<int64_t> getBlock(BitLinearOp op) {
  std::optional<int64_t> block = getRowBlock(op.getPackingAttr());
  for (Value scale : op.getScales())
    if (block && rankOf(scale) == 3)
      block =
          std::lcm(*block, cast<ShapedType>(scale.getType()).getShape().back());
  return block;
}

/// Rows per tile, 0 for no cut.
static int64_t getRows(BitLinearOp op, int64_t rows) {
  std::optional<int64_t> block = getBlock(op);
  int64_t threads = getThreads(op);
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

FailureOr<Operation *> ternary::tileLayer(RewriterBase &rewriter,
                                          BitLinearOp layer, int64_t rowTile,
                                          int64_t tokenTile) {
  LayerTuning tuning = LayerTuning::get(layer);
  layer->removeAttr(kTuningAttrName);
  if (!canBeCut(layer))
    return nullptr;
  int64_t rows = getRows(layer, rowTile ? rowTile : tuning.rowTile);
  int64_t tokens = tokenTile ? tokenTile : tuning.tokenTile;
  int64_t rank = rankOf(layer.getInits()[0]);
  SmallVector<OpFoldResult> sizes(rank, rewriter.getIndexAttr(0));
  sizes.back() = rewriter.getIndexAttr(rows);
  if (rank > 1)
    sizes[rank - 2] = rewriter.getIndexAttr(tokens);
  if (rows == 0 && (tokens == 0 || rank == 1))
    return nullptr;
  scf::SCFTilingOptions options;
  options.setTileSizes(sizes);
  options.setLoopType(scf::SCFTilingOptions::LoopType::ForallOp);
  rewriter.setInsertionPoint(layer);
  FailureOr<scf::SCFTilingResult> tiled = scf::tileUsingSCF(
      rewriter, cast<TilingInterface>(layer.getOperation()), options);
  if (failed(tiled))
    return layer.emitOpError() << "could not be tiled";
  rewriter.replaceOp(layer, tiled->replacements);
  return tiled->loops.front().getOperation();
}

namespace {

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
    SmallVector<BitLinearOp> layers;
    getOperation()->walk([&](BitLinearOp op) { layers.push_back(op); });
    for (BitLinearOp layer : layers)
      if (failed(tileLayer(rewriter, layer, rowTile, tokenTile)))
        return signalPassFailure();
  }
};

} // namespace
