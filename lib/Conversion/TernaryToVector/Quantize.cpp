//===- Quantize.cpp - The kernels that quantize and normalize -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Threads share the rows. A row that is reduced first is read twice, the second
// time out of a cache. Sums have several accumulators, which are added in one
// order: the result does not depend on the number of threads.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Reduce.h"
#include "Scales.h"
#include "Stream.h"
#include "Weights.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Rows that a thread takes at once.
constexpr int64_t kRows = 16;
/// Elements that are computed at once.
constexpr int64_t kLanes = 64;

/// Calls `body` for each row, on all threads, with `open` and `close` before
/// and behind the rows of a block.
static void forEachRow(KernelBuilder &b, Value numRows, Value columns,
                       OutputStream *stream, function_ref<void(Value)> body) {
  b.parallel(numRows, kRows, b.mul(numRows, columns), [&](Value first) {
    if (stream)
      stream->open();
    Value rows = b.min(b.sub(numRows, first), b.index(kRows));
    b.loop(first, b.add(first, rows), 1, body);
    if (stream)
      stream->close();
  });
}

/// The elements of a cache line.
static int64_t lineOf(Value memref) {
  return 64 * 8 / elementOf(memref).getIntOrFloatBitWidth();
}

/// The row behind row `n`, or the last one.
static Value nextRow(KernelBuilder &b, Value matrix, Value n) {
  return b.min(b.add(n, 1), b.sub(b.dim(matrix, 0), b.index(1)));
}

/// Asks for lines `first .. end - 1` of a chunk of a row that is read later.
static void prefetchLines(KernelBuilder &b, Value input, Value n, Value k,
                          int64_t first, int64_t end) {
  int64_t line = lineOf(input);
  b.prefetch(input, {n, b.add(k, first * line)}, (end - first) * line,
             /*cache=*/2);
}

/// Elements of row `n` as f32, for a pass that a second one follows. Each asks
/// for a half of the next row, so that memory has something to do all the time.
static Value loadFirst(KernelBuilder &b, Value input, Value n, Value k,
                       int64_t lanes, Value count) {
  if (!count)
    prefetchLines(b, input, nextRow(b, input, n), k, 0,
                  lanes / lineOf(input) / 2);
  return b.cast(b.load(input, {n, k}, lanes, count), b.getF32Type());
}

/// Writes row `n`, which `loadFirst` has read if `isSecond`: `compute` gives
/// the elements of the result from f32 vectors of the row of `input` (integers
/// too) and their columns.
static void mapRow(
    KernelBuilder &b, Value input, OutputStream &stream, Value n, Value columns,
    Value scales, int64_t groupSize, bool isSecond,
    function_ref<Value(Value x, Value scale, Value k, Value count)> compute) {
  int64_t run = stream.longestRun();
  Value next = nextRow(b, input, n);
  b.loop(b.index(0), columns, run, [&](Value column) {
    Value width = b.min(b.sub(columns, column), b.index(run));
    stream.write({n}, column, width, [&](const RunTarget &target) {
      int64_t lanes = scaledLanes(scales, groupSize);
      auto computeGroup = [&](Value begin, Value end, Value scale) {
        b.chunks(begin, end, lanes, [&](Value i, Value count) {
          Value k = b.add(column, i);
          if (!count && isSecond)
            prefetchLines(b, input, next, k, lanes / lineOf(input) / 2,
                          lanes / lineOf(input));
          else if (!count)
            b.prefetchBehind(input, {n, k}, lanes);
          Value x = b.cast(b.load(input, {n, k}, lanes, count), b.getF32Type());
          target.store(b, compute(x, scale, k, count), i, count);
        });
      };
      forEachScale(b, scales, groupSize, n, column, width, computeGroup);
    });
  });
}

//===----------------------------------------------------------------------===//
// absmean
//===----------------------------------------------------------------------===//

/// max(sum / count, eps), where nothing has the mean 0.
static Value finishMean(KernelBuilder &b, AbsmeanOp op, Value sum,
                        Value count) {
  Value number = b.cast(arith::IndexCastOp::create(b, b.getI64Type(), count),
                        b.getF32Type());
  Value zero = b.constant(b.getF32Type(), 0.0);
  Value isEmpty = b.compare(arith::CmpFPredicate::OEQ, number, zero);
  Value mean = b.select(isEmpty, zero, b.divf(sum, number));
  Value eps = b.constant(b.getF32Type(), op.getEps().convertToDouble());
  return arith::MaximumFOp::create(b, mean, eps);
}

static LogicalResult buildAbsmean(KernelBuilder &b, AbsmeanOp op) {
  Value input = op.getInput(), out = op.getInits()[0];
  if (!isMatrix(input))
    return failure();
  Value numRows = b.dim(input, 0), columns = b.dim(input, 1);
  auto sumOf = [&](Value n, Value begin, Value end) {
    return sumRow(b, begin, end, [&](Value k, int64_t lanes, Value count) {
      if (!count)
        b.prefetchBehind(input, {n, k}, lanes);
      Value x = b.load(input, {n, k}, lanes, count);
      return Value(math::AbsFOp::create(b, b.cast(x, b.getF32Type())));
    });
  };
  if (rankOf(out) == 0) {
    Value sums = b.scratch(b.getF32Type(), {numRows});
    forEachRow(b, numRows, columns, nullptr, [&](Value n) {
      b.store(sumOf(n, b.index(0), columns), sums, {n});
    });
    Value total = sumRow(b, b.index(0), numRows,
                         [&](Value n, int64_t lanes, Value count) {
                           return b.load(sums, {n}, lanes, count);
                         });
    b.free(sums);
    b.store(finishMean(b, op, total, b.mul(numRows, columns)), out, {});
    return success();
  }
  forEachRow(b, numRows, columns, nullptr, [&](Value n) {
    if (rankOf(out) == 1)
      return b.store(finishMean(b, op, sumOf(n, b.index(0), columns), columns),
                     out, {n});
    int64_t size = *op.getGroupSize();
    b.loop(b.index(0), b.dim(out, 1), 1, [&](Value group) {
      Value begin = b.mul(group, size);
      // The difference cannot overflow, as the sum of huge sizes can.
      Value width = b.min(b.sub(columns, begin), b.index(size));
      Value sum = sumOf(n, begin, b.add(begin, width));
      b.store(finishMean(b, op, sum, width), out, {n, group});
    });
  });
  return success();
}

//===----------------------------------------------------------------------===//
// ternarize
//===----------------------------------------------------------------------===//

/// clamp(round(w / alpha), -1, 1) without a division. The quotient of floats is
/// rounded to more than 0.5 exactly if 2 |w| > |alpha|: between a half of alpha
/// and the next float the quotient has room for a step of its own. Zero, NaN
/// and infinities compare like their quotients.
static Value roundQuotient(KernelBuilder &b, Value w, Value alpha) {
  Type i8 = withElements(w.getType(), b.getI8Type());
  auto lanes = cast<VectorType>(w.getType()).getNumElements();
  Value size = b.broadcast(math::AbsFOp::create(b, alpha), lanes);
  Value bits = arith::BitcastOp::create(b, b.getI32Type(), alpha);
  Value isNegative = b.compare(arith::CmpIPredicate::slt, bits,
                               b.constant(b.getI32Type(), int64_t(0)));
  auto sign = [&](int64_t value) {
    Type byte = b.getI8Type();
    Value positive = b.constant(byte, value),
          negative = b.constant(byte, -value);
    return b.broadcast(b.select(isNegative, negative, positive), lanes);
  };
  Value twice = b.addf(w, w);
  Value above = b.compare(arith::CmpFPredicate::OGT, twice, size);
  Value below = b.compare(arith::CmpFPredicate::OLT, twice,
                          arith::NegFOp::create(b, size));
  return b.select(above, sign(1), b.select(below, sign(-1), b.zero(i8)));
}

static LogicalResult buildTernarize(KernelBuilder &b, TernarizeOp op) {
  Value input = op.getInput(), out = op.getInits()[0];
  if (!isMatrix(input) || !isMatrix(out))
    return failure();
  Value numRows = b.dim(input, 0), columns = b.dim(input, 1);
  OutputStream stream(b, out);
  Type f32 = b.getF32Type();
  auto compute = [&](Value w, Value alpha, Value, Value) {
    if (op.getMethod() != Method::Threshold) {
      if (op.getMethod() == Method::LSQ)
        alpha = arith::MaximumFOp::create(
            b, alpha, b.constant(f32, op.getEps().convertToDouble()));
      return roundQuotient(b, w, alpha);
    }
    Value limit = b.constant(w.getType(), op.getThreshold()->convertToDouble());
    Value isLarge =
        b.compare(arith::CmpFPredicate::OGT, math::AbsFOp::create(b, w), limit);
    Value sign = b.signOf(w);
    return b.select(isLarge, sign, b.zero(sign.getType()));
  };
  forEachRow(b, numRows, columns, &stream, [&](Value n) {
    mapRow(b, input, stream, n, columns, op.getScales(),
           op.getGroupSize().value_or(1), /*isSecond=*/false, compute);
  });
  return success();
}

//===----------------------------------------------------------------------===//
// quantize_activation, dequantize_activation
//===----------------------------------------------------------------------===//

/// Q = 2^(bits-1) - 1.
static double largestLevel(int64_t bits) {
  return double((int64_t(1) << (bits - 1)) - 1);
}

/// x / s, each quotient correctly rounded.
///
/// A quotient by the reciprocal is off by less than two units of the last
/// place. Its remainder, which fused multiply-add gives exactly, corrects it
/// once to a neighbour of the true quotient and a second time to the nearest
/// one. That takes a reciprocal which is a normal number, and quotients that
/// are large enough for their remainders to be numbers; smaller ones are
/// rounded to level 0 whatever their last bit.
static Value divideByReciprocal(KernelBuilder &b, Value x, Value s,
                                Value reciprocal) {
  Value negative = arith::NegFOp::create(b, s);
  Value quotient = b.mulf(x, reciprocal);
  for (int64_t i = 0; i < 2; ++i) {
    Value rest = math::FmaOp::create(b, negative, quotient, x);
    quotient = math::FmaOp::create(b, rest, reciprocal, quotient);
  }
  return quotient;
}

namespace {

class QuantizeKernel {
public:
  QuantizeKernel(KernelBuilder &b, QuantizeActivationOp op, Value input,
                 Value quantized)
      : b(b), op(op), input(input), columns(b.dim(input, 1)),
        stream(b, quantized), level(largestLevel(op.getBits())) {
    TargetAttr target = getTarget(op);
    hasFMA = target && target.getIsa() != "generic";
  }

  void run() {
    Value scales = op.getInits()[1];
    Type f32 = b.getF32Type();
    Value eps = b.constant(f32, op.getEps().convertToDouble());
    forEachRow(b, b.dim(input, 0), columns, &stream, [&](Value n) {
      auto load = [&](Value k, int64_t lanes, Value count) {
        return loadFirst(b, input, n, k, lanes, count);
      };
      Value s = arith::MaximumFOp::create(
          b, largestMagnitude(b, b.index(0), columns, load), eps);
      Value scale = s;
      if (op.getScaleForm() != ScaleForm::Absmax)
        scale = b.divf(s, b.constant(f32, level));
      b.store(scale, scales, b.delinearize(n, op.getInput(), rankOf(scales)));
      quantizeRow(n, s);
    });
  }

private:
  void quantizeRow(Value n, Value s) {
    auto divide = [&] {
      writeRow(n, [&](Value x) {
        Value q = math::RoundEvenOp::create(
            b, timesLevel(b.divf(x, b.broadcast(s, kLanes))));
        // No quotient is larger than 1; one of infinity or NaN is NaN, or 0.
        Value isNumber = b.compare(arith::CmpFPredicate::ORD, q, q);
        return b.cast(b.select(isNumber, q, b.zero(q.getType())),
                      b.getI32Type());
      });
    };
    if (!hasFMA)
      return divide();
    Type f32 = b.getF32Type();
    Value isLarge =
        b.compare(arith::CmpFPredicate::OGT, s, b.constant(f32, 0x1p-60));
    Value isSmall =
        b.compare(arith::CmpFPredicate::OLT, s, b.constant(f32, 0x1p+60));
    auto multiply = [&] {
      Value reciprocal = b.divf(b.constant(f32, 1.0), s);
      writeRow(n, [&](Value x) {
        return roundSmall(timesLevel(divideByReciprocal(
            b, x, b.broadcast(s, kLanes), b.broadcast(reciprocal, kLanes))));
      });
    };
    b.ifElse(arith::AndIOp::create(b, isLarge, isSmall), multiply, divide);
  }

  Value timesLevel(Value quotient) {
    return b.mulf(quotient, b.constant(quotient.getType(), level));
  }

  /// A number of less than 2^22 in size as an integer: added to 1.5 * 2^23 it
  /// is rounded to one, nearest even, which is then the low part of the sum.
  Value roundSmall(Value x) {
    constexpr double kShift = 12582912.0;
    constexpr int64_t kBits = 0x4b400000;
    Type type = withElements(x.getType(), b.getI32Type());
    Value sum = b.addf(x, b.constant(x.getType(), kShift));
    return b.sub(arith::BitcastOp::create(b, type, sum),
                 b.constant(type, kBits));
  }

  /// `quantize` gives the levels of elements, in i32.
  void writeRow(Value n, function_ref<Value(Value)> quantize) {
    auto compute = [&](Value x, Value, Value, Value) {
      return b.cast(quantize(x), elementOf(op.getInits()[0]));
    };
    mapRow(b, input, stream, n, columns, Value(), 1, /*isSecond=*/true,
           compute);
  }

  KernelBuilder &b;
  QuantizeActivationOp op;
  Value input, columns;
  OutputStream stream;
  double level;
  bool hasFMA;
};

} // namespace

static LogicalResult buildQuantizeActivation(KernelBuilder &b,
                                             QuantizeActivationOp op) {
  Value input = op.getInput(), quantized = op.getInits()[0];
  if (!isMatrix(input) || !isMatrix(quantized))
    return failure();
  QuantizeKernel(b, op, asMatrix(b, input), asMatrix(b, quantized)).run();
  return success();
}

static LogicalResult buildDequantizeActivation(KernelBuilder &b,
                                               DequantizeActivationOp op) {
  Value input = op.getInput(), out = op.getInits()[0];
  if (!isMatrix(input) || !isMatrix(out))
    return failure();
  Value matrix = asMatrix(b, input);
  Value columns = b.dim(matrix, 1);
  OutputStream stream(b, asMatrix(b, out));
  Value scales = op.getScales();
  forEachRow(b, b.dim(matrix, 0), columns, &stream, [&](Value n) {
    Value scale = b.load(scales, b.delinearize(n, input, rankOf(scales)));
    auto compute = [&](Value q, Value, Value, Value) {
      if (op.getScaleForm() == ScaleForm::Absmax)
        q = b.divf(q, b.constant(q.getType(), largestLevel(op.getBits())));
      return b.cast(b.mulf(q, b.broadcast(scale, kLanes)), elementOf(out));
    };
    mapRow(b, matrix, stream, n, columns, Value(), 1, /*isSecond=*/false,
           compute);
  });
  return success();
}

//===----------------------------------------------------------------------===//
// rms_norm
//===----------------------------------------------------------------------===//

namespace {

class NormKernel {
public:
  NormKernel(KernelBuilder &b, RMSNormOp op, Value input, Value out)
      : b(b), op(op), input(input), columns(b.dim(input, 1)), stream(b, out) {}

  void run() {
    factors = op.getWeight();
    bool isTernary = factors && !elementOf(factors).isF32();
    if (isTernary)
      makeFactors();
    forEachRow(b, b.dim(input, 0), columns, &stream,
               [&](Value n) { normalize(n); });
    if (isTernary)
      b.free(factors);
  }

private:
  /// The weight as floats: trits times their scales.
  void makeFactors() {
    factors = b.scratch(b.getF32Type(), {b.alignTo(columns, kLanes)});
    Weight weight(b, op.getWeight(), op.getPackingAttr(), columns);
    Value row = b.index(0), buffer = weight.scratch(b.index(1), columns);
    Rows trits = weight.decode(row, b.index(1), buffer);
    auto fill = [&](Value begin, Value end, Value scale) {
      b.loop(begin, end, 1, [&](Value k) {
        Value t =
            b.cast(b.load(trits.memref, trits.at(b, row, k)), b.getF32Type());
        b.store(scale ? b.mulf(t, scale) : t, factors, {k});
      });
    };
    forEachScale(b, op.getScales(), op.getGroupSize().value_or(1), row,
                 b.index(0), columns, fill);
    if (buffer)
      b.free(buffer);
  }

  void normalize(Value n) {
    Type f32 = b.getF32Type();
    auto square = [&](Value k, int64_t lanes, Value count) {
      Value x = loadFirst(b, input, n, k, lanes, count);
      return b.mulf(x, x);
    };
    Value sum = sumRow(b, b.index(0), columns, square);
    Value count =
        b.cast(arith::IndexCastOp::create(b, b.getI64Type(), columns), f32);
    Value mean = b.addf(b.divf(sum, count),
                        b.constant(f32, op.getEps().convertToDouble()));
    // The root of a float is far from the ends of the range, and so is its
    // reciprocal.
    Value factor = b.divf(b.constant(f32, 1.0), math::SqrtOp::create(b, mean));
    auto compute = [&](Value x, Value, Value k, Value count) {
      Value y = b.mulf(x, b.broadcast(factor, kLanes));
      y = b.cast(b.cast(y, elementOf(input)), f32);
      if (factors)
        y = b.mulf(y, b.load(factors, {k}, kLanes, count));
      return b.cast(y, elementOf(op.getInits()[0]));
    };
    mapRow(b, input, stream, n, columns, Value(), 1, /*isSecond=*/true,
           compute);
  }

  KernelBuilder &b;
  RMSNormOp op;
  Value input, columns;
  OutputStream stream;
  Value factors;
};

} // namespace

static LogicalResult buildRMSNorm(KernelBuilder &b, RMSNormOp op) {
  Value input = op.getInput(), out = op.getInits()[0], weight = op.getWeight();
  if (!isMatrix(input) || !isMatrix(out) ||
      (weight && !Weight::isReadable(weight, op.getPackingAttr())))
    return failure();
  NormKernel(b, op, asMatrix(b, input), asMatrix(b, out)).run();
  return success();
}

void ternary::populateQuantizeKernels(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerToKernel<AbsmeanOp>>(context, buildAbsmean);
  patterns.add<LowerToKernel<TernarizeOp>>(context, buildTernarize);
  patterns.add<LowerToKernel<QuantizeActivationOp>>(context,
                                                    buildQuantizeActivation);
  patterns.add<LowerToKernel<DequantizeActivationOp>>(
      context, buildDequantizeActivation);
  patterns.add<LowerToKernel<RMSNormOp>>(context, buildRMSNorm);
}
