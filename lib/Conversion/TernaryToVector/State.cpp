//===- State.cpp - The kernels of the ops that update state ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// State is updated by blocks of rows, on all threads. Where the signs are those
// of a gradient, a block's signs are computed first, into a buffer of that many
// rows: what follows is the same code, so the fused ops and the composed ones
// give the same bytes, and no sign tensor [N, K] is built.
//
//===----------------------------------------------------------------------===//

#include "Gemm.h"
#include "Kernels.h"
#include "Register.h"
#include "Votes.h"
#include "Weights.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Elements that are updated at once.
constexpr int64_t kLanes = 64;

namespace {

/// The signs that an op is given, or those of its gradient and activations.
class SignSource {
public:
  static bool isReadable(ValueRange source) {
    return llvm::all_of(source, isContiguousInRows);
  }

  SignSource(KernelBuilder &b, Operation *op, ValueRange source, Value columns)
      : b(b), source(source), columns(columns) {
    if (source.size() == 2)
      gradients.emplace(b, op, source[0], source[1]);
  }

  /// Whether all signs are -1, 0 or +1.
  bool areTrits() const { return gradients.has_value(); }

  /// Calls `body` for each block of rows, with its signs (none without a
  /// source).
  void forEachBlock(Value numRows,
                    function_ref<void(Value first, Value rows, Rows)> body) {
    b.parallel(numRows, GradSigns::kRows, [&](Value first) {
      Value rows = b.min(b.sub(numRows, first), b.index(GradSigns::kRows));
      if (!gradients)
        return body(first, rows,
                    {source.empty() ? Value() : source[0], first, {}});
      Value signs = b.scratch(b.getI8Type(), {b.index(GradSigns::kRows),
                                              b.alignTo(columns, kLanes)});
      gradients->compute(first, rows, [&](Value sign, Value row, Value k) {
        b.store(sign, signs, {row, k});
      });
      body(first, rows, {signs, b.index(0), {}});
      b.free(signs);
    });
    if (gradients)
      gradients->finish();
  }

private:
  KernelBuilder &b;
  ValueRange source;
  Value columns;
  std::optional<GradSigns> gradients;
};

/// Some neighbouring groups of a row: one where `lanes` is 0.
struct GroupChunk {
  Values at;
  int64_t lanes;
  /// How many there are, null for all lanes.
  Value count;
};

Value loadGroups(KernelBuilder &b, Value memref, const GroupChunk &groups) {
  return groups.lanes ? b.load(memref, groups.at, groups.lanes, groups.count)
                      : b.load(memref, groups.at);
}

/// Runs over the groups of rows.
class GroupLoop {
public:
  GroupLoop(KernelBuilder &b, int64_t size, Value columns)
      : b(b), size(size), columns(columns),
        numGroups(b.createOrFold<arith::CeilDivUIOp>(columns, b.index(size))),
        lanes(size <= kLanes / 2 ? kLanes / size : 0) {}

  using Body = function_ref<void(Value column, Value count, GroupChunk)>;

  /// Calls `body` for chunks of at most kLanes columns of row `n`: whole
  /// groups, or a part of one.
  void forEachColumns(Value n, Body body) {
    if (lanes)
      return forEachGroups(n, body);
    forEachGroup(n, [&](Value begin, Value end, GroupChunk group) {
      b.chunks(begin, end, kLanes,
               [&](Value k, Value count) { body(k, count, group); });
    });
  }

  /// Calls `body` with the sums of sign * trit of the groups of row `n`, in
  /// i64. `small` says that they fit i16 for short groups.
  void forEachScore(Value n, const Rows &signs, const Rows &trits, Value row,
                    bool small, function_ref<void(Value, GroupChunk)> body) {
    auto product = [&](Value k, Value count, Type type) {
      Value s = b.load(signs.memref, signs.at(b, row, k), kLanes, count);
      Value t = b.load(trits.memref, trits.at(b, row, k), kLanes, count);
      // Any two bytes have a product in i16.
      Type i16 = b.getI16Type();
      return b.cast(b.mul(b.cast(s, i16), b.cast(t, i16)), type);
    };
    Type i32 = b.getI32Type(), i64 = b.getI64Type();
    if (lanes)
      return forEachGroups(n, [&](Value k, Value count, GroupChunk groups) {
        Value products = product(k, count, small ? b.getI16Type() : i32);
        body(b.cast(sumOfNeighbours(b, products, size), i64), groups);
      });
    forEachGroup(n, [&](Value begin, Value end, GroupChunk group) {
      Value zero = b.zero(i64);
      auto add = [&](Value k, ValueRange sum) -> Values {
        Value part = vector::ReductionOp::create(
            b, vector::CombiningKind::ADD, product(k, b.sub(end, k), i32));
        return {b.add(sum[0], b.cast(part, i64))};
      };
      body(b.loop(begin, end, kLanes, zero, add)[0], group);
    });
  }

  /// Whether groups are whole lanes of `ternary.dot`, and some of them fit
  /// kDotColumns.
  bool fitsDots() const { return size % 4 == 0 && size <= kDotColumns / 2; }

  /// The same by `ternary.dot`: trits become digits by adding `offset`.
  void forEachDotScore(Value n, const Rows &signs, const Rows &trits, Value row,
                       int64_t offset,
                       function_ref<void(Value, GroupChunk)> body) {
    int64_t groups = kDotColumns / size, step = groups * size;
    auto scoreAt = [&](Value chunk, bool isWhole) {
      Value k = b.mul(chunk, step), g = b.mul(chunk, groups);
      auto sumsType = VectorType::get(kDotColumns / 4, b.getI32Type());
      Value sums = b.zero(sumsType);
      for (int64_t i = 0; i < kDotColumns; i += kLanes) {
        Value column = b.add(k, i), count;
        if (!isWhole)
          count = b.sub(columns, column);
        // The next row's, which comes while its trits are decoded.
        if (isWhole)
          b.prefetch(signs.memref, signs.at(b, b.add(row, 1), column), kLanes,
                     /*cache=*/2);
        Value s = b.load(signs.memref, signs.at(b, row, column), kLanes, count);
        Value t = b.load(trits.memref, trits.at(b, row, column), kLanes, count);
        sums = vector::InsertStridedSliceOp::create(b, dot(t, s, offset), sums,
                                                    ArrayRef<int64_t>(i / 4),
                                                    ArrayRef<int64_t>(1));
      }
      Value scores = sumOfNeighbours(b, sums, size / 4);
      if (cast<VectorType>(scores.getType()).getNumElements() != groups)
        scores = b.shuffle(scores, llvm::to_vector(llvm::seq(groups)));
      Value rest = isWhole ? Value() : b.sub(numGroups, g);
      body(b.cast(scores, b.getI64Type()), {{n, g}, groups, rest});
    };
    // As long as whole vectors are there to be loaded.
    Value extra = b.index(kDotColumns - step);
    Value spare = b.sub(arith::MaxUIOp::create(b, columns, extra), extra);
    Value whole = b.floorDiv(spare, step);
    b.loop(b.index(0), whole, 1, [&](Value i) { scoreAt(i, true); });
    b.loop(whole, b.ceilDiv(columns, step), 1,
           [&](Value i) { scoreAt(i, false); });
  }

private:
  static constexpr int64_t kDotColumns = 4 * kLanes;

  /// The sums of each four products.
  Value dot(Value trits, Value signs, int64_t offset) {
    auto type = VectorType::get(kLanes / 4, b.getI32Type());
    Value zero = b.zero(type);
    // A digit of two bits.
    constexpr int64_t kRadix = 4;
    auto sum = [&](Value digits) { return b.dot(digits, signs, zero, kRadix); };
    Value digits = b.add(trits, b.constant(trits.getType(), offset));
    Value ones = b.constant(trits.getType(), int64_t(1));
    return DotFinishOp::create(b, type, ValueRange(sum(digits)), sum(ones),
                               kRadix, offset, /*digit=*/IntegerAttr());
  }

  /// All groups that fit a vector at once.
  void forEachGroups(Value n, Body body) {
    b.chunks(b.index(0), numGroups, lanes, [&](Value g, Value count) {
      Value k = b.mul(g, size);
      // Short groups end the row: what lies behind them is masked.
      Value width = b.min(b.sub(columns, k), b.index(lanes * size));
      body(k, width, {{n, g}, lanes, count});
    });
  }

  void forEachGroup(Value n,
                    function_ref<void(Value, Value, GroupChunk)> body) {
    b.loop(b.index(0), numGroups, 1, [&](Value g) {
      Value begin = b.mul(g, size);
      // The difference cannot overflow, as the sum of huge sizes can.
      Value width = b.min(b.sub(columns, begin), b.index(size));
      body(begin, b.add(begin, width), {{n, g}, 0, {}});
    });
  }

  KernelBuilder &b;
  int64_t size;
  Value columns, numGroups;
  int64_t lanes;
};

} // namespace

//===----------------------------------------------------------------------===//
// Scores of groups
//===----------------------------------------------------------------------===//

/// Whether `buildScores` can read and write the operands.
template <typename OpTy> static bool hasReadableScores(OpTy op) {
  return SignSource::isReadable(op.getSource()) &&
         Weight::isReadable(op.getWeight(), op.getPackingAttr()) &&
         llvm::all_of(op.getInits(), isContiguousInRows);
}

/// Calls `update` with the scores of all groups.
template <typename OpTy>
static void buildScores(KernelBuilder &b, OpTy op,
                        function_ref<void(Value scores, GroupChunk)> update) {
  SmallVector<OpFoldResult> shape = op.getMixedShape();
  Value numRows = getValueOrCreateConstantIndexOp(b, op.getLoc(), shape[0]);
  Value columns = getValueOrCreateConstantIndexOp(b, op.getLoc(), shape[1]);
  SignSource source(b, op, op.getSource(), columns);
  Weight weight(b, op.getWeight(), op.getPackingAttr(), columns);
  GroupLoop groups(b, op.getGroupSize(), columns);
  bool small = source.areTrits() || weight.isPacked();
  std::optional<int64_t> offset = weight.digitOffset();
  source.forEachBlock(numRows, [&](Value first, Value rows, Rows signs) {
    // One row after the other stays in the first cache.
    Value buffer = weight.scratch(b.index(1), columns);
    b.loop(b.index(0), rows, 1, [&](Value row) {
      Value n = b.add(first, row);
      Rows trits = weight.decodeRow(n, row, buffer);
      if (offset && groups.fitsDots())
        groups.forEachDotScore(n, signs, trits, row, *offset, update);
      else
        groups.forEachScore(n, signs, trits, row, small, update);
    });
    if (buffer)
      b.free(buffer);
  });
}

static LogicalResult buildAccumulateCorrelation(KernelBuilder &b,
                                                AccumulateCorrelationOp op) {
  if (!hasReadableScores(op))
    return failure();
  Value amount = op.getAmount() ? Value(op.getAmount())
                                : b.constant(b.getI64Type(), int64_t(1));
  Value correlation = op.getInits()[0], step = op.getInits()[1];
  auto update = [&](Value scores, GroupChunk groups) {
    Value factor = groups.lanes ? b.broadcast(amount, groups.lanes) : amount;
    Value old = loadGroups(b, correlation, groups);
    b.store(b.sub(old, b.mul(scores, factor)), correlation, groups.at,
            groups.count);
  };
  buildScores(b, op, update);
  Values at(rankOf(step), b.index(0));
  Value steps = b.add(b.load(step, at), math::AbsIOp::create(b, amount));
  b.store(steps, step, at);
  return success();
}

static LogicalResult buildUpdateExponent(KernelBuilder &b,
                                         UpdateExponentOp op) {
  if (!hasReadableScores(op))
    return failure();
  Value accumulator = op.getInits().back();
  auto update = [&](Value scores, GroupChunk groups) {
    ExponentVote old{loadGroups(b, accumulator, groups), Value()};
    if (op.getThreshold())
      old.exponent = loadGroups(b, op.getInits()[0], groups);
    ExponentVote result = voteOnExponent(b, op, scores, old);
    b.store(result.votes, accumulator, groups.at, groups.count);
    if (result.exponent)
      b.store(result.exponent, op.getInits()[0], groups.at, groups.count);
  };
  buildScores(b, op, update);
  return success();
}

//===----------------------------------------------------------------------===//
// Votes on trits
//===----------------------------------------------------------------------===//

static LogicalResult buildAccumulateTrit(KernelBuilder &b,
                                         AccumulateTritOp op) {
  Value accumulator = op.getInits()[0];
  if (!SignSource::isReadable(op.getSource()) ||
      !isContiguousInRows(accumulator))
    return failure();
  Value columns = b.dim(accumulator, 1);
  SignSource source(b, op, op.getSource(), columns);
  source.forEachBlock(b.dim(accumulator, 0), [&](Value first, Value rows,
                                                 Rows signs) {
    b.loop(b.index(0), rows, 1, [&](Value row) {
      Value n = b.add(first, row);
      b.chunks(b.index(0), columns, kLanes, [&](Value k, Value count) {
        Value sign = b.load(signs.memref, signs.at(b, row, k), kLanes, count);
        Value old = b.load(accumulator, {n, k}, kLanes, count);
        Value votes = vote(b, old, sign, op.getAmount());
        b.store(b.cast(votes, b.getI8Type()), accumulator, {n, k}, count);
      });
    });
  });
  return success();
}

namespace {

/// The loops of `step` over one block of rows.
class StepKernel {
public:
  StepKernel(KernelBuilder &b, StepOp op)
      : b(b), op(op), accumulator(op.getInits()[1]),
        numRows(b.dim(accumulator, 0)), columns(b.dim(accumulator, 1)) {}

  void run() {
    SignSource source(b, op, op.getSource(), columns);
    Weight weight(b, op.getInits()[0], op.getPacking(), columns);
    source.forEachBlock(numRows, [&](Value first, Value rows, Rows signs) {
      // As few rows as have bytes of their own stay in the first cache.
      int64_t few = weight.rowBlock();
      Value buffer = weight.scratch(b.index(few), columns);
      b.loop(b.index(0), rows, few, [&](Value row) {
        Value count = b.min(b.sub(rows, row), b.index(few));
        Value begin = b.add(first, row);
        Rows trits = weight.decode(begin, count, buffer);
        b.loop(b.index(0), count, 1, [&](Value i) {
          Rows shifted = signs.from(b, row);
          flipRow(b.add(begin, i), i, shifted, trits);
        });
        weight.encode(begin, count, buffer);
      });
      b.free(buffer);
    });
  }

private:
  /// Beyond these no vote passes, or each does.
  static int64_t clampThreshold(int64_t threshold) {
    return std::clamp<int64_t>(threshold, -129, 129);
  }

  void flipRow(Value n, Value row, const Rows &signs, const Rows &trits) {
    if (op.getThreshold()) {
      Type lanes = VectorType::get(kLanes, b.getI16Type());
      Value threshold =
          b.constant(lanes, clampThreshold(int64_t(*op.getThreshold())));
      return b.chunks(b.index(0), columns, kLanes, [&](Value k, Value count) {
        flip(n, row, k, count, threshold, signs, trits);
      });
    }
    GroupLoop groups(b, *op.getGroupSize(), columns);
    groups.forEachColumns(n, [&](Value k, Value count, GroupChunk chunk) {
      flip(n, row, k, count, thresholdOf(chunk), signs, trits);
    });
  }

  /// The threshold of each column of a chunk.
  Value thresholdOf(const GroupChunk &groups) {
    Value t =
        b.cast(loadGroups(b, op.getGroupThresholds(), groups), b.getI64Type());
    Type type = t.getType();
    t = arith::MinSIOp::create(b, t,
                               b.constant(type, clampThreshold(INT64_MAX)));
    t = arith::MaxSIOp::create(b, t,
                               b.constant(type, clampThreshold(INT64_MIN)));
    t = b.cast(t, b.getI16Type());
    if (!groups.lanes)
      return b.broadcast(t, kLanes);
    SmallVector<int64_t> source;
    for (int64_t l = 0; l < kLanes; ++l)
      source.push_back(
          std::min<int64_t>(l / *op.getGroupSize(), groups.lanes - 1));
    return b.shuffle(t, source);
  }

  void flip(Value n, Value row, Value k, Value count, Value threshold,
            const Rows &signs, const Rows &trits) {
    Type i8 = b.getI8Type();
    Value old = b.load(accumulator, {n, k}, kLanes, count);
    Value votes = b.cast(old, b.getI16Type());
    if (signs.memref)
      votes =
          vote(b, old, b.load(signs.memref, signs.at(b, row, k), kLanes, count),
               op.getAmount());
    Value negative = b.sub(b.zero(threshold.getType()), threshold);
    Value up = b.compare(arith::CmpIPredicate::sgt, votes, threshold);
    Value down = b.compare(arith::CmpIPredicate::slt, votes, negative);
    Values at = trits.at(b, row, k);
    Value trit = b.load(trits.memref, at, kLanes, count);
    trit = b.select(down, b.constant(trit.getType(), int64_t(-1)), trit);
    trit = b.select(up, b.constant(trit.getType(), int64_t(1)), trit);
    b.store(trit, trits.memref, at, count);
    Value flipped = arith::OrIOp::create(b, up, down);
    Value rest = b.select(flipped, b.zero(votes.getType()), votes);
    b.store(b.cast(rest, i8), accumulator, {n, k}, count);
  }

  KernelBuilder &b;
  StepOp op;
  Value accumulator, numRows, columns;
};

} // namespace

static LogicalResult buildStep(KernelBuilder &b, StepOp op) {
  if (!SignSource::isReadable(op.getSource()) ||
      !Weight::isReadable(op.getInits()[0], op.getPacking()) ||
      !isContiguousInRows(op.getInits()[1]) ||
      (op.getGroupThresholds() && !isContiguousInRows(op.getGroupThresholds())))
    return failure();
  StepKernel(b, op).run();
  return success();
}

void ternary::populateStateKernels(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerToKernel<AccumulateCorrelationOp>>(
      context, buildAccumulateCorrelation);
  patterns.add<LowerToKernel<UpdateExponentOp>>(context, buildUpdateExponent);
  patterns.add<LowerToKernel<AccumulateTritOp>>(context, buildAccumulateTrit);
  patterns.add<LowerToKernel<StepOp>>(context, buildStep);
}
