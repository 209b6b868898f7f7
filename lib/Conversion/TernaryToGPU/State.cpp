//===- State.cpp - GPU kernels of the ops that update state ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Of ops without a gradient. Trits and votes are updated in chunks of one long
// row; the lanes of a warp share the groups of a row.
//
//===----------------------------------------------------------------------===//

#include "GPUKernels.h"
#include "Trits.h"

#include "../TernaryToVector/Votes.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include "llvm/ADT/TypeSwitch.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;
using Finish = GPUKernelBuilder::Finish;

namespace {

int64_t columnsOf(Value matrix) {
  return cast<MemRefType>(matrix.getType()).getShape().back();
}

//===----------------------------------------------------------------------===//
// Votes on trits
//===----------------------------------------------------------------------===//

Values voteWords(GPUKernelBuilder &b, ValueRange old, ValueRange signs,
                 int64_t amount) {
  Value votes = vote(b, bytesOf(b, old), bytesOf(b, signs), amount);
  return wordsOf(b, b.cast(votes, b.getI8Type()));
}

Value voteOnce(GPUKernelBuilder &b, Value old, Value sign, int64_t amount) {
  return b.cast(vote(b, old, sign, amount), b.getI8Type());
}

LogicalResult buildAccumulateTrit(GPUKernelBuilder &b, AccumulateTritOp op) {
  if (!hasStateKernel(op))
    return failure();
  constexpr int64_t kChunk = 16;
  int64_t amount = op.getAmount();
  TritMemory signs(b, op.getSource()[0], {}), votes(b, op.getInits()[0], {});
  Value total = b.mul(b.dim(op.getInits()[0], 0), b.dim(op.getInits()[0], 1));
  Value count = b.floorDiv(total, kChunk), begin = b.mul(count, kChunk);
  auto load = [&](Value i) -> Finish {
    Value first = b.mul(i, kChunk);
    Values sign = signs.load(first, kChunk), old = votes.load(first, kChunk);
    return [=, &b, &votes](Value exists) {
      b.ifThen(exists,
               [&] { votes.store(voteWords(b, old, sign, amount), first); });
    };
  };
  auto one = [&](Value i) {
    votes.storeElement(i, begin, total, [&](Value number) {
      return voteOnce(b, votes.loadTrit(number, total),
                      signs.loadTrit(number, total), amount);
    });
  };
  b.launchStream(count, /*reads=*/4, load, b.sub(total, begin), one);
  return success();
}

/// `step` with one threshold.
class Flips {
public:
  Flips(GPUKernelBuilder &b, StepOp op)
      : b(b), op(op), trits(b, op.getInits()[0], op.getPacking()),
        votes(b, op.getInits()[1], {}),
        threshold(std::clamp<int64_t>(*op.getThreshold(), -129, 129)) {
    if (!op.getSource().empty())
      signs.emplace(b, op.getSource()[0], PackingAttrInterface());
  }

  void run() {
    Value matrix = op.getInits()[1];
    total = b.mul(b.dim(matrix, 0), b.dim(matrix, 1));
    int64_t chunk = std::lcm<int64_t>(trits.chunk(), 16);
    count = b.floorDiv(total, chunk);
    Value begin = b.mul(count, chunk);
    auto load = [&](Value i) -> Finish {
      Value first = b.mul(i, chunk);
      Values old = trits.load(first, chunk), vote = votes.load(first, chunk);
      Values sign = signs ? signs->load(first, chunk) : Values();
      return [=](Value exists) { flip(first, old, vote, sign, exists); };
    };
    b.launchStream(count, chunk == 16 ? 4 : 1, load,
                   trits.elementsFrom(begin, total),
                   [&](Value i) { flipOne(i, begin); });
  }

private:
  /// A chunk, of words; all threads of a block take part.
  void flip(Value first, ValueRange old, Values vote, ValueRange sign,
            Value exists) {
    Values words = trits.decode(old, 4 * vote.size(), trits.codes());
    if (signs)
      vote = voteWords(b, vote, sign, op.getAmount());
    for (auto [word, v] : llvm::zip(words, vote))
      flipWord(word, v);
    bool isVector = vote.size() == 4;
    b.ifThen(exists, [&] {
      trits.storeCodes(words, first);
      if (isVector)
        votes.store(vote, first);
    });
    if (!isVector)
      votes.storeBlock(vote, 4 * vote.size(), count);
  }

  /// The codes of four trits, and their votes.
  void flipWord(Value &code, Value &vote) {
    auto invert = [&](Value x) { return bitXor(b, x, -1); };
    auto both = [&](Value x, Value y) -> Value {
      return arith::AndIOp::create(b, x, y);
    };
    auto either = [&](Value x, Value y) -> Value {
      return arith::OrIOp::create(b, x, y);
    };
    Value up = bytesFrom(b, vote, threshold + 1);
    Value down = both(invert(bytesFrom(b, vote, -threshold)), invert(up));
    Value stays = invert(either(up, down));
    auto codeOf = [&](Value bytes, int64_t trit) {
      return bitAnd(b, bytes, trits.codes()[trit + 1] * 0x01010101);
    };
    Value flipped = either(codeOf(up, 1), codeOf(down, -1));
    code = either(both(code, stays), flipped);
    vote = both(vote, stays);
  }

  /// Bytes whose digits are left behind the chunks, each with its votes.
  void flipOne(Value i, Value begin) {
    Type i8 = b.getI8Type();
    auto decide = [&](Value number, Value &vote, Value &up) {
      vote = votes.loadTrit(number, total);
      if (signs)
        vote =
            voteOnce(b, vote, signs->loadTrit(number, total), op.getAmount());
      Value wide = b.cast(vote, b.getI16Type());
      up = b.compare(arith::CmpIPredicate::sgt, wide,
                     b.constant(wide.getType(), threshold));
      return b.compare(arith::CmpIPredicate::slt, wide,
                       b.constant(wide.getType(), -threshold));
    };
    trits.storeElement(i, begin, total, [&](Value number) {
      Value vote, up, down = decide(number, vote, up);
      Value trit = trits.loadTrit(number, total);
      trit = b.select(down, b.constant(i8, int64_t(-1)), trit);
      return b.select(up, b.constant(i8, int64_t(1)), trit);
    });
    int64_t digits = trits.digits();
    Value first = b.add(begin, b.mul(i, digits));
    b.loop(first, b.min(b.add(first, digits), total), 1, [&](Value number) {
      Value vote, up, down = decide(number, vote, up);
      Value flips = arith::OrIOp::create(b, up, down);
      votes.storeElement(number, b.index(0), total, [&](Value) {
        return b.select(flips, b.zero(i8), vote);
      });
    });
  }

  GPUKernelBuilder &b;
  StepOp op;
  TritMemory trits, votes;
  std::optional<TritMemory> signs;
  int64_t threshold;
  Value total, count;
};

LogicalResult buildStep(GPUKernelBuilder &b, StepOp op) {
  if (!hasStateKernel(op))
    return failure();
  Flips(b, op).run();
  return success();
}

//===----------------------------------------------------------------------===//
// Scores of groups
//===----------------------------------------------------------------------===//

/// Trits of a lane.
constexpr int64_t kTrits = 16;

/// Where the score of a group is used, and whether this lane does.
using UpdateGroup = std::function<void(Value score, Value isMine)>;

/// Streams the groups of an op. `load` gets the number of a group, and returns
/// what is done with its score, in i32.
template <typename OpTy>
void forEachGroup(GPUKernelBuilder &b, OpTy op,
                  function_ref<UpdateGroup(Value)> load) {
  TritMemory signs(b, op.getSource()[0], {});
  TritRows rows(b, op.getWeight(), op.getPackingAttr(), kTrits);
  int64_t lanes = op.getGroupSize() / kTrits;
  SmallVector<int64_t> bits;
  for (int64_t lane = 1; lane < lanes; lane *= 2)
    bits.push_back(lane);
  Value total =
      b.mul(b.dim(op.getSource()[0], 0), int64_t(op.getStaticShape()[1]));
  auto loadChunk = [&](Value i) -> Finish {
    Value first = b.mul(i, kTrits);
    Values sign = signs.load(first, kTrits);
    TritRows::Loaded trits = rows.load(first);
    UpdateGroup update = load(b.floorDiv(i, lanes));
    return [=, &b, &rows](Value exists) {
      Value sum = b.zero(b.getI32Type());
      for (auto [s, t] : llvm::zip(sign, rows.decodeRaised(trits)))
        sum = NVVM::DotAccumulate4WayOp::create(
            b, b.getI32Type(), b.bytesOf(s), NVVM::DotAccumulateType::SIGNED,
            b.bytesOf(t), NVVM::DotAccumulateType::SIGNED, sum);
      sum = b.sumOverLanes(sum, bits);
      if (int64_t raised = rows.raisedBits())
        sum =
            arith::ShRSIOp::create(b, sum, b.constant(b.getI32Type(), raised));
      Value isFirst =
          b.compare(arith::CmpIPredicate::eq, b.rem(i, lanes), b.index(0));
      update(sum, arith::AndIOp::create(b, exists, isFirst));
    };
  };
  b.launchStream(b.floorDiv(total, kTrits), /*reads=*/4, loadChunk);
}

LogicalResult buildAccumulateCorrelation(GPUKernelBuilder &b,
                                         AccumulateCorrelationOp op) {
  if (!hasStateKernel(op))
    return failure();
  Value amount = op.getAmount() ? Value(op.getAmount())
                                : b.constant(b.getI64Type(), int64_t(1));
  Value correlation = asVector(b, op.getInits()[0]), step = op.getInits()[1];
  forEachGroup(b, op, [&](Value group) -> UpdateGroup {
    Value old = b.load(correlation, {group});
    return [=, &b](Value score, Value isMine) {
      b.ifThen(isMine, [&] {
        Value wide = b.cast(score, b.getI64Type());
        b.store(b.sub(old, b.mul(wide, amount)), correlation, {group});
      });
    };
  });
  b.launchThreads(b.index(1), [&](Value zero) {
    Values at(rankOf(step), zero);
    Value steps = b.add(b.load(step, at), math::AbsIOp::create(b, amount));
    b.store(steps, step, at);
  });
  return success();
}

LogicalResult buildUpdateExponent(GPUKernelBuilder &b, UpdateExponentOp op) {
  if (!hasStateKernel(op))
    return failure();
  Value accumulator = asVector(b, op.getInits().back()), exponent;
  if (op.getThreshold())
    exponent = asVector(b, op.getInits()[0]);
  constexpr int64_t kMostOfWord = 1 << 30;
  bool fitsWord =
      std::abs(int64_t(op.getThreshold().value_or(0))) < kMostOfWord;
  Type type = fitsWord ? b.getI32Type() : b.getI64Type();
  forEachGroup(b, op, [&](Value group) -> UpdateGroup {
    Value votes = b.load(accumulator, {group}), old;
    if (exponent)
      old = b.load(exponent, {group});
    return [=, &b](Value score, Value isMine) mutable {
      ExponentVote result =
          voteOnExponent(b, op, b.cast(score, type), {votes, old});
      b.ifThen(isMine, [&] {
        b.store(result.votes, accumulator, {group});
        if (exponent)
          b.store(result.exponent, exponent, {group});
      });
    };
  });
  return success();
}

//===----------------------------------------------------------------------===//
// effective_exponent
//===----------------------------------------------------------------------===//

/// 2^(exponent + term) of vectors, null for no term.
Value exponentiate(GPUKernelBuilder &b, EffectiveExponentOp op, Value exponent,
                   Value term) {
  Type f32 = b.getF32Type();
  Value x = b.cast(exponent, f32);
  if (term)
    x = b.addf(x, term);
  if (op.getClampMin()) {
    auto limit = [&](const APFloat &value) {
      return b.constant(x.getType(), value.convertToDouble());
    };
    x = arith::MaximumFOp::create(b, x, limit(*op.getClampMin()));
    x = arith::MinimumFOp::create(b, x, limit(*op.getClampMax()));
  }
  Values results;
  for (int64_t i = 0, e = cast<VectorType>(x.getType()).getDimSize(0); i < e;
       ++i)
    results.push_back(
        math::Exp2Op::create(b, Value(vector::ExtractOp::create(b, x, i))));
  return vector::FromElementsOp::create(b, cast<VectorType>(x.getType()),
                                        results);
}

LogicalResult buildEffectiveExponent(GPUKernelBuilder &b,
                                     EffectiveExponentOp op) {
  if (!hasStateKernel(op))
    return failure();
  Type f32 = b.getF32Type(), i64 = b.getI64Type();
  Value exponents = asVector(b, op.getExponent());
  Value out = asVector(b, op.getInits()[0]), correlation, step;
  if (op.getCorrelation()) {
    correlation = asVector(b, op.getCorrelation());
    step = asVector(b, op.getStep());
  }
  int64_t lanes = vectorLanes(
      out, cast<MemRefType>(op.getInits()[0].getType()).getNumElements());
  /// strength * correlation / max(step * group_size, 1).
  auto termOf = [&](Value correlations, Value steps) -> Value {
    auto spread = [&](Value x) { return b.broadcast(x, lanes); };
    Value count = b.mul(steps, b.constant(i64, int64_t(op.getGroupSize())));
    count = arith::MaxSIOp::create(b, count, b.constant(i64, int64_t(1)));
    Value strength = b.constant(f32, op.getStrength().convertToDouble());
    Value term = b.mulf(spread(strength), b.cast(correlations, f32));
    term = b.divf(term, spread(b.cast(count, f32)));
    if (op.getCorrelateAtZero())
      return term;
    Value isIgnored =
        b.compare(arith::CmpIPredicate::eq, steps, b.constant(i64, int64_t(0)));
    return b.select(isIgnored, b.zero(term.getType()), term);
  };
  auto load = [&](Value i) -> Finish {
    Value first = b.mul(i, lanes), correlations, steps;
    Value exponent = b.loadVector(exponents, {first}, lanes);
    if (correlation) {
      correlations = b.loadVector(correlation, {first}, lanes);
      steps = b.load(step, {b.index(0)});
    }
    return [=, &b](Value exists) {
      b.ifThen(exists, [&] {
        Value term = correlation ? termOf(correlations, steps) : Value();
        b.storeVector(exponentiate(b, op, exponent, term), out, {first});
      });
    };
  };
  b.launchStream(b.floorDiv(b.dim(out, 0), lanes), /*reads=*/2, load);
  return success();
}

bool hasKernel(AccumulateTritOp op) { return op.getSource().size() == 1; }

bool hasKernel(StepOp op) {
  return op.getSource().size() <= 1 && op.getThreshold() &&
         TritMemory::takes(op.getInits()[0], op.getPacking()) &&
         TritMemory::isFlat(op.getPacking(), columnsOf(op.getInits()[1]));
}

/// Whether the lanes of a warp share each group.
template <typename OpTy> bool hasScoreKernel(OpTy op) {
  int64_t columns = op.getStaticShape()[1], size = op.getGroupSize();
  return op.getSource().size() == 1 && !ShapedType::isDynamic(columns) &&
         TritMemory::takes(op.getWeight(), op.getPackingAttr()) &&
         TritMemory::isFlat(op.getPackingAttr(), columns) &&
         columns % size == 0 && size % kTrits == 0 && size <= kTrits * kWarp &&
         llvm::isPowerOf2_64(size);
}
bool hasKernel(AccumulateCorrelationOp op) { return hasScoreKernel(op); }
bool hasKernel(UpdateExponentOp op) { return hasScoreKernel(op); }

bool hasKernel(EffectiveExponentOp op) {
  return cast<MemRefType>(op.getInits()[0].getType()).hasStaticShape() &&
         elementOf(op.getInits()[0]).isF32();
}

} // namespace

bool ternary::hasStateKernel(Operation *op) {
  if (!llvm::all_of(op->getOperands(), isDense))
    return false;
  return TypeSwitch<Operation *, bool>(op)
      .Case<AccumulateTritOp, StepOp, AccumulateCorrelationOp, UpdateExponentOp,
            EffectiveExponentOp>([](auto op) { return hasKernel(op); })
      .Default([](Operation *) { return false; });
}

void ternary::populateStateGPUKernels(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  GPUShapes shapes;
  patterns.add<LowerToGPUKernel<AccumulateTritOp>>(context, buildAccumulateTrit,
                                                   shapes);
  patterns.add<LowerToGPUKernel<StepOp>>(context, buildStep, shapes);
  patterns.add<LowerToGPUKernel<AccumulateCorrelationOp>>(
      context, buildAccumulateCorrelation, shapes);
  patterns.add<LowerToGPUKernel<UpdateExponentOp>>(context, buildUpdateExponent,
                                                   shapes);
  patterns.add<LowerToGPUKernel<EffectiveExponentOp>>(
      context, buildEffectiveExponent, shapes);
}
