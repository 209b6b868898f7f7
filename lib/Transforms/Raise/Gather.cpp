//===- Gather.cpp - Embeddings in linalg ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Gather.h"

#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace ternary;

/// The operand whose element is cast to an index.
static OpOperand *findIds(linalg::LinalgOp op, Value row) {
  auto cast = row.getDefiningOp<arith::IndexCastOp>();
  auto argument =
      cast ? dyn_cast<BlockArgument>(cast.getIn()) : BlockArgument();
  if (!argument || argument.getOwner() != op.getBlock() ||
      argument.getArgNumber() != 0)
    return nullptr;
  Type type = argument.getType();
  return type.isInteger(32) || type.isInteger(64) ? op.getDpsInputOperand(0)
                                                  : nullptr;
}

/// Whether the body does nothing but compute, and check what it has computed.
static bool isPureButForChecks(Block &block) {
  return llvm::all_of(block, [&](Operation &op) {
    auto check = dyn_cast<cf::AssertOp>(op);
    return check ? check.getArg().getParentBlock() == &block
                 : isMemoryEffectFree(&op);
  });
}

std::optional<Gather> ternary::matchGather(linalg::LinalgOp op) {
  int64_t rank = op.getNumLoops();
  if (!op.hasPureTensorSemantics() || op.getNumDpsInputs() != 1 ||
      op->getNumResults() != 1 || !isPureButForChecks(*op.getBlock()) ||
      !op.isAllParallelLoops() || rank == 0)
    return std::nullopt;
  Value yielded = op.getBlock()->getTerminator()->getOperand(0);
  auto extract = yielded.getDefiningOp<tensor::ExtractOp>();
  if (!extract || extract->getBlock() != op.getBlock() ||
      extract.getIndices().size() != 2 ||
      !isa<Float16Type, BFloat16Type, Float32Type>(yielded.getType()))
    return std::nullopt;
  OpOperand *ids = findIds(op, extract.getIndices()[0]);
  auto column = extract.getIndices()[1].getDefiningOp<linalg::IndexOp>();
  AffineMap identity =
      AffineMap::getMultiDimIdentityMap(rank, op->getContext());
  if (!ids || !column || int64_t(column.getDim()) != rank - 1 ||
      op.getMatchingIndexingMap(ids) != identity.dropResult(rank - 1) ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
    return std::nullopt;
  // All of a row is read, from the first column on.
  auto table = cast<RankedTensorType>(extract.getTensor().getType());
  auto out = cast<RankedTensorType>(op->getResult(0).getType());
  auto tokens = cast<RankedTensorType>(ids->get().getType());
  if (failed(
          verifyCompatibleShape(tokens.getShape(), out.getShape().drop_back())))
    return std::nullopt;
  if (!table.hasStaticShape() || out.isDynamicDim(rank - 1) ||
      out.getDimSize(rank - 1) != table.getDimSize(1))
    return std::nullopt;
  return Gather{op, ids, extract.getTensor()};
}

Value ternary::buildEmbedding(RewriterBase &rewriter, const Gather &gather,
                              const TernaryWeight &table) {
  linalg::LinalgOp op = gather.op;
  rewriter.setInsertionPoint(op);
  ImplicitLocOpBuilder b(op->getLoc(), rewriter);
  auto [trits, scales] = buildWeightConstants(b, table);
  IntegerAttr group;
  if (table.groupSize)
    group = b.getI64IntegerAttr(*table.groupSize);
  return EmbeddingOp::create(
             b, TypeRange(op->getResult(0).getType()), gather.ids->get(), trits,
             /*shape=*/ValueRange(), scales, ValueRange(op.getDpsInits()[0]),
             b.getDenseI64ArrayAttr({table.rows, table.columns}),
             /*packing=*/nullptr, group)
      .getResult(0);
}
