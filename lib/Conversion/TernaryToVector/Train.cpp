//===- Train.cpp - The kernels of gradients -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Gemm.h"
#include "Kernels.h"
#include "Scales.h"
#include "Weights.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

static LogicalResult buildGradSign(KernelBuilder &b, GradSignOp op) {
  Value out = op.getInits()[0];
  if (!llvm::all_of(op->getOperands(), isContiguousInRows))
    return failure();
  GradSigns signs(b, op, op.getGrad(), op.getInput());
  Value numRows = signs.rows(), columns = signs.columns();
  b.parallel(numRows, GradSigns::kRows, [&](Value first) {
    Value rows = b.min(b.sub(numRows, first), b.index(GradSigns::kRows));
    signs.compute(first, rows, [&](Value sign, Value row, Value k) {
      b.store(sign, out, {b.add(first, row), k}, b.sub(columns, k));
    });
  });
  signs.finish();
  return success();
}

namespace {

/// grad_input, by blocks of columns of the result:
///
///   for each 256 columns, on all threads
///     for each 384 tokens
///       for each 128 rows of the weight: decode and scale a tile
///         for each block of registers: fused multiply-adds, row by row
///       round and store
class GradInputKernel {
public:
  GradInputKernel(KernelBuilder &b, GradInputOp op, Value grad, Value out)
      : b(b), op(op), shape(getGemmShape(op)), grad(grad), out(out),
        numTokens(b.dim(grad, 0)), numRows(b.dim(grad, 1)),
        numColumns(b.dim(out, 1)),
        weight(b, op.getWeight(), op.getPackingAttr(), numColumns) {}

  void run() {
    b.parallel(numColumns, kColumns, [&](Value column) {
      Value width = b.min(b.sub(numColumns, column), b.index(kColumns));
      Value sums = tileBuffer(b, kTokens, kColumns);
      Value tile = tileBuffer(b, kRows, kColumns);
      Value buffer = weight.scratch(b.index(kRows), b.index(kColumns));
      Value floats;
      if (!elementOf(grad).isF32() || op.getRoundOperands())
        floats = tileBuffer(b, kTokens, kRows);
      b.loop(b.index(0), numTokens, kTokens, [&](Value token) {
        Value tokens = b.min(b.sub(numTokens, token), b.index(kTokens));
        clearTile(b, sums, b.alignTo(tokens, shape.rows), kColumns);
        b.loop(b.index(0), numRows, kRows, [&](Value row) {
          Value rows = b.min(b.sub(numRows, row), b.index(kRows));
          fillTile(tile, buffer, row, rows, column, width);
          auto round = [&](Value g) { return roundOperand(g); };
          buildTileProduct(b, shape,
                           {sums, tile, grad, token, tokens, row, rows, width,
                            floats, round});
        });
        storeSums(sums, token, tokens, column, width);
      });
      for (Value memory : {sums, tile, buffer, floats})
        if (memory)
          b.free(memory);
    });
  }

private:
  static constexpr int64_t kColumns = 256;
  static constexpr int64_t kTokens = 384;
  static constexpr int64_t kRows = 128;

  /// tile[r, k] = scale * trit of row `row + r` and column `column + k`.
  void fillTile(Value tile, Value buffer, Value row, Value rows, Value column,
                Value width) {
    Rows trits = weight.decodeTile(row, rows, column, width, buffer);
    b.loop(b.index(0), rows, 1, [&](Value r) {
      auto fill = [&](Value k, Value count, Value scale) {
        Value trit =
            b.load(trits.memref, trits.at(b, r, k), shape.lanes, count);
        Value value = b.cast(trit, b.getF32Type());
        if (scale)
          value = b.mulf(value, b.broadcast(scale, shape.lanes));
        b.store(roundOperand(value), tile, {r, k});
      };
      Value n = b.add(row, r);
      auto fillGroup = [&](Value begin, Value end, Value scale) {
        // Lanes behind the end of a group are overwritten by the next one.
        b.chunks(begin, end, shape.lanes,
                 [&](Value k, Value count) { fill(k, count, scale); });
      };
      forEachScale(b, op.getScales(), op.getGroupSize().value_or(1), n, column,
                   width, fillGroup);
    });
  }

  /// Through the type of `round_operands`, if there is one.
  Value roundOperand(Value value) {
    std::optional<Type> type = op.getRoundOperands();
    return type ? b.cast(b.cast(value, *type), b.getF32Type()) : value;
  }

  void storeSums(Value sums, Value token, Value tokens, Value column,
                 Value width) {
    b.loop(b.index(0), tokens, 1, [&](Value m) {
      b.chunks(b.index(0), width, shape.lanes, [&](Value k, Value count) {
        Value sum = b.load(sums, {m, k}, shape.lanes);
        b.store(b.cast(sum, elementOf(out)), out,
                {b.add(token, m), b.add(column, k)}, count);
      });
    });
  }

  KernelBuilder &b;
  GradInputOp op;
  GemmShape shape;
  Value grad, out;
  Value numTokens, numRows, numColumns;
  Weight weight;
};

} // namespace

static LogicalResult buildGradInput(KernelBuilder &b, GradInputOp op) {
  Value grad = op.getGrad(), out = op.getInits()[0];
  if (!isMatrix(grad) || !isMatrix(out) ||
      !Weight::isReadable(op.getWeight(), op.getPackingAttr()))
    return failure();
  GradInputKernel(b, op, asMatrix(b, grad), asMatrix(b, out)).run();
  return success();
}

namespace {

/// embedding_grad_sign: the positions of each row's indices are chained in
/// ascending order, so that each gradient is read once.
class EmbeddingGradSignKernel {
public:
  EmbeddingGradSignKernel(KernelBuilder &b, EmbeddingGradSignOp op)
      : b(b), ids(op.getIds()), grad(op.getGrad()), out(op.getInits()[0]),
        numIds(b.dim(ids, 0)), numRows(b.dim(out, 0)), width(b.dim(out, 1)) {}

  void run() {
    chain();
    b.parallel(numRows, kRows, [&](Value first) {
      Value end = b.add(first, b.min(b.sub(numRows, first), b.index(kRows)));
      b.loop(first, end, 1, [&](Value row) {
        b.chunks(b.index(0), width, kLanes,
                 [&](Value k, Value count) { storeSigns(row, k, count); });
      });
    });
    b.free(head);
    b.free(next);
  }

private:
  static constexpr int64_t kRows = 64;
  static constexpr int64_t kLanes = 64;

  /// head[row] is the first position of a row's index, next[i] the one behind
  /// i; `numIds` ends a chain.
  void chain() {
    head = b.scratch(b.getIndexType(), {numRows});
    next = b.scratch(b.getIndexType(), {numIds});
    b.loop(b.index(0), numRows, 1,
           [&](Value row) { b.store(numIds, head, {row}); });
    b.loop(b.index(0), numIds, 1, [&](Value j) {
      Value i = b.sub(b.sub(numIds, b.index(1)), j);
      Value id =
          arith::IndexCastOp::create(b, b.getIndexType(), b.load(ids, {i}));
      // As unsigned, a negative index is behind the table as well.
      Value inside = b.compare(arith::CmpIPredicate::ult, id, numRows);
      auto push = [&] {
        b.store(b.load(head, {id}), next, {i});
        b.store(i, head, {id});
      };
      b.ifElse(inside, push, [] {});
    });
  }

  void storeSigns(Value row, Value k, Value count) {
    auto lanes = VectorType::get(kLanes, b.getF32Type());
    Type index = b.getIndexType();
    Values init{b.load(head, {row}), b.zero(lanes)};
    auto loop = scf::WhileOp::create(
        b, TypeRange{index, lanes}, init,
        [&](OpBuilder &nested, Location, ValueRange state) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(nested.getInsertionBlock());
          Value more = b.compare(arith::CmpIPredicate::ne, state[0], numIds);
          scf::ConditionOp::create(b, more, state);
        },
        [&](OpBuilder &nested, Location, ValueRange state) {
          OpBuilder::InsertionGuard guard(b);
          b.setInsertionPointToEnd(nested.getInsertionBlock());
          Value g = b.load(grad, {state[0], k}, kLanes, count);
          Value sum = arith::AddFOp::create(b, state[1], g);
          scf::YieldOp::create(b, Values{b.load(next, {state[0]}), sum});
        });
    b.store(b.signOf(loop.getResult(1)), out, {row, k}, count);
  }

  KernelBuilder &b;
  Value ids, grad, out;
  Value numIds, numRows, width;
  Value head, next;
};

} // namespace

static LogicalResult buildEmbeddingGradSign(KernelBuilder &b,
                                            EmbeddingGradSignOp op) {
  if (!isContiguousInRows(op.getGrad()) ||
      !isContiguousInRows(op.getInits()[0]))
    return failure();
  EmbeddingGradSignKernel(b, op).run();
  return success();
}

void ternary::populateTrainKernels(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerToKernel<GradSignOp>>(context, buildGradSign);
  patterns.add<LowerToKernel<GradInputOp>>(context, buildGradInput);
  patterns.add<LowerToKernel<EmbeddingGradSignOp>>(context,
                                                   buildEmbeddingGradSign);
}
