//===- Dequantize.cpp - The kernels of dequantize and embedding -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Both read rows of trits and write rows of floats: a run of trits is decoded
// into a buffer, then multiplied by the scales of its row.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Scales.h"
#include "Stream.h"
#include "Weights.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Rows that a thread takes at once.
constexpr int64_t kRows = 16;

namespace {

class RowKernel {
public:
  /// One trit and its scale (null without scales), as an element of the result.
  using Multiply = function_ref<Value(Value trits, Value scale)>;

  RowKernel(KernelBuilder &b, Value table, PackingAttrInterface packing,
            Value columns, Value scales, int64_t groupSize, Value out)
      : b(b), weight(b, table, packing, columns), columns(columns),
        scales(scales), groupSize(groupSize), stream(b, out) {}

  static bool takes(Value table, PackingAttrInterface packing, Value scales,
                    Value out) {
    return Weight::isReadable(table, packing) && isMatrix(out) &&
           (!scales || isContiguousInRows(scales));
  }

  /// Calls `body` for each row of the result, on all threads.
  void forEachRow(Value numRows, function_ref<void(Value)> body) {
    b.parallel(numRows, kRows, b.mul(numRows, columns), [&](Value first) {
      buffer = weight.scratch(b.index(1), b.index(run()));
      stream.open();
      Value rows = b.min(b.sub(numRows, first), b.index(kRows));
      b.loop(first, b.add(first, rows), 1, body);
      stream.close();
      if (buffer)
        b.free(buffer);
    });
  }

  /// Row `from` of the table becomes row `to`.
  void writeRow(Value from, Value to, Multiply multiply) {
    forEachRun([&](Value column, Value width) {
      Rows trits = weight.decodeTile(from, b.index(1), column, width, buffer);
      stream.write({to}, column, width, [&](const RunTarget &target) {
        int64_t lanes = scaledLanes(scales, groupSize);
        auto multiplyGroup = [&](Value begin, Value end, Value scale) {
          // Lanes behind the end of a group are overwritten by the next one.
          b.chunks(begin, end, lanes, [&](Value k, Value count) {
            Value t = b.load(trits.memref, trits.at(b, b.index(0), k), lanes,
                             weight.isPacked() ? Value() : count);
            Value factor = scale ? b.broadcast(scale, lanes) : Value();
            target.store(b, multiply(t, factor), k, count);
          });
        };
        forEachScale(b, scales, groupSize, from, column, width, multiplyGroup);
      });
    });
  }

  void writeZeros(Value to, Type element) {
    constexpr int64_t kLanes = 64;
    Value zero = b.zero(VectorType::get(kLanes, element));
    forEachRun([&](Value column, Value width) {
      stream.write({to}, column, width, [&](const RunTarget &target) {
        b.chunks(b.index(0), width, kLanes, [&](Value k, Value count) {
          target.store(b, zero, k, count);
        });
      });
    });
  }

private:
  int64_t run() const { return stream.longestRun(); }

  void forEachRun(function_ref<void(Value, Value)> body) {
    b.loop(b.index(0), columns, run(), [&](Value column) {
      body(column, b.min(b.sub(columns, column), b.index(run())));
    });
  }

  KernelBuilder &b;
  Weight weight;
  Value columns, scales;
  int64_t groupSize;
  OutputStream stream;
  Value buffer;
};

} // namespace

static LogicalResult buildDequantize(KernelBuilder &b, DequantizeOp op) {
  Value out = op.getInits()[0], scales = op.getScales();
  if (!RowKernel::takes(op.getWeight(), op.getPackingAttr(), scales, out))
    return failure();
  Type type = elementOf(out);
  RowKernel kernel(b, op.getWeight(), op.getPackingAttr(), b.dim(out, 1),
                   scales, op.getGroupSize().value_or(1), out);
  Type f32 = b.getF32Type();
  // Products of bytes with half floats are exact in f32, and most CPUs have no
  // others.
  auto multiply = [&](Value trits, Value scale) {
    Value value = b.cast(trits, f32);
    if (scale)
      value = b.mulf(value, b.cast(b.cast(scale, type), f32));
    return b.cast(value, type);
  };
  kernel.forEachRow(b.dim(out, 0),
                    [&](Value row) { kernel.writeRow(row, row, multiply); });
  return success();
}

static LogicalResult buildEmbedding(KernelBuilder &b, EmbeddingOp op) {
  Value out = op.getInits()[0], ids = op.getIds(), scales = op.getScales();
  if (!RowKernel::takes(op.getTable(), op.getPackingAttr(), scales, out) ||
      rankOf(out) < 2)
    return failure();
  SmallVector<OpFoldResult> shape = op.getMixedShape();
  Value numRows = getValueOrCreateConstantIndexOp(b, op.getLoc(), shape[0]);
  Value columns = getValueOrCreateConstantIndexOp(b, op.getLoc(), shape[1]);
  Value matrix = asMatrix(b, out);
  RowKernel kernel(b, op.getTable(), op.getPackingAttr(), columns, scales,
                   op.getGroupSize().value_or(1), matrix);
  Type type = elementOf(out), f32 = b.getF32Type();
  auto multiply = [&](Value trits, Value scale) {
    Value value = b.cast(trits, f32);
    return b.cast(scale ? b.mulf(value, scale) : value, type);
  };
  kernel.forEachRow(b.dim(matrix, 0), [&](Value token) {
    Value id = b.load(ids, b.delinearize(token, ids, rankOf(ids)));
    Value row = arith::IndexCastOp::create(b, b.getIndexType(), id);
    // As unsigned, a negative index is behind the table as well.
    b.ifElse(
        b.compare(arith::CmpIPredicate::ult, row, numRows),
        [&] { kernel.writeRow(row, token, multiply); },
        [&] { kernel.writeZeros(token, type); });
  });
  return success();
}

void ternary::populateDequantizeKernels(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerToKernel<DequantizeOp>>(context, buildDequantize);
  patterns.add<LowerToKernel<EmbeddingOp>>(context, buildEmbedding);
}
