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
#include "Rounding.h"
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

static LogicalResult buildTernarize(KernelBuilder &b, TernarizeOp op) {
  Value input = op.getInput(), out = op.getInits()[0];
  if (!isMatrix(input) || !isMatrix(out))
    return failure();
  Value numRows = b.dim(input, 0), columns = b.dim(input, 1);
  OutputStream stream(b, out);
  auto compute = [&](Value w, Value alpha, Value, Value) {
    return ternarizeVector(b, op, w, alpha);
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
      b.store(scaleOf(b, op, s), scales,
              b.delinearize(n, op.getInput(), rankOf(scales)));
      quantizeBy(b, s, level, hasFMA,
                 [&](QuantizeVector quantize) { writeRow(n, quantize); });
    });
  }

private:
  /// `quantize` gives the levels of elements, in i32.
  void writeRow(Value n, QuantizeVector quantize) {
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
      return dequantizeVector(b, op, q, scale);
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
    auto square = [&](Value k, int64_t lanes, Value count) {
      Value x = loadFirst(b, input, n, k, lanes, count);
      return b.mulf(x, x);
    };
    Value sum = sumRow(b, b.index(0), columns, square);
    Value factor = normFactor(b, op, sum, columns);
    auto compute = [&](Value x, Value, Value k, Value count) {
      Value weight = factors ? b.load(factors, {k}, kLanes, count) : Value();
      return normalizeVector(b, op, x, factor, weight);
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
