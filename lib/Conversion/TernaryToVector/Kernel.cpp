//===- Kernel.cpp - The loops of a bitlinear on panels --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
//   for each token m
//     for each panel p of rows
//       for each component (and group of columns)
//         for each block of columns: dot of bytes and activations
//         finish, scale, add
//       activation scale, bias, store
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "Gemm.h"
#include "Register.h"

using namespace mlir;
using namespace ternary;

namespace {

/// One vector per block of rows.
using Blocks = SmallVector<Value>;

class PanelKernel {
public:
  PanelKernel(KernelBuilder &b, BitLinearOp op, const PanelShape &panel)
      : b(b), op(op), panel(panel), input(op.getInput()), out(op.getInits()[0]),
        quantized(elementOf(input).isInteger(8)),
        integerResult(elementOf(out).isInteger(32)) {
    // 16 registers do not hold the sums of all digits of all blocks.
    numBlocks = hasFewRegisters(op) ? 1 : panel.blocks;
  }

  void run() {
    columns = b.dim(input, rankOf(input) - 1);
    rows = b.dim(out, rankOf(out) - 1);
    forEachToken(0);
  }

private:
  /// Dots into the same accumulators that are exact.
  static constexpr int64_t kDots = 16384;
  static constexpr int64_t kPrefetchBytes = 4096;

  /// A loop per leading axis of the activations.
  void forEachToken(int64_t axis) {
    if (axis == rankOf(input) - 1)
      return forEachPanel();
    b.loop(b.index(0), b.dim(input, axis), 1, [&](Value i) {
      token.push_back(i);
      forEachToken(axis + 1);
      token.pop_back();
    });
  }

  void forEachPanel() {
    // Groups sum their own activations; all other components share one sum.
    Value sum;
    if (quantized &&
        (op.getScales().empty() || !llvm::all_of(op.getScales(), isGrouped)))
      sum = sumActivations(b, input, token, b.index(0), columns);
    Value panels = b.dim(op.getWeights()[0], 0);
    b.loop(b.index(0), panels, 1, [&](Value p) {
      firstRow = b.mul(p, panel.rows());
      panelIndex = p;
      for (firstBlock = 0; firstBlock < panel.blocks; firstBlock += numBlocks)
        store(total(sum));
    });
  }

  /// The index of the token's element `last`.
  SmallVector<Value> at(Value last) {
    SmallVector<Value> result(token);
    result.push_back(last);
    return result;
  }

  // Vectors.
  VectorType lanes(Type type) { return VectorType::get(panel.lanes, type); }
  Value broadcast(Value scalar) { return b.broadcast(scalar, panel.lanes); }

  /// The vectors of all components, added up: f32, or i32 for an i32 result.
  Blocks total(Value sum) {
    Blocks result;
    for (auto [c, weight] : llvm::enumerate(op.getWeights())) {
      Value scale = op.getScales().empty() ? Value() : op.getScales()[c];
      Blocks part = isGrouped(scale) ? groupedComponent(weight, scale)
                                     : component(weight, scale, sum);
      result = result.empty() ? part : addBlocks(result, part);
    }
    return result;
  }

  Blocks addBlocks(ValueRange x, ValueRange y) {
    Blocks result;
    for (auto [xi, yi] : llvm::zip_equal(x, y))
      result.push_back(integerResult ? Value(arith::AddIOp::create(b, xi, yi))
                                     : Value(arith::AddFOp::create(b, xi, yi)));
    return result;
  }

  Blocks component(Value weight, Value scale, Value sum) {
    Blocks dots = dotRange(weight, b.index(0), columns, sum);
    if (integerResult)
      return dots;
    for (auto [block, dot] : llvm::enumerate(dots)) {
      dot = toF32(dot);
      if (!scale)
        continue;
      Value s = rankOf(scale) == 0 ? broadcast(b.load(scale, {}))
                                   : rowVector(scale, block);
      dot = arith::MulFOp::create(b, dot, s);
    }
    return dots;
  }

  Blocks groupedComponent(Value weight, Value scale) {
    int64_t size = *op.getGroupSize();
    Blocks zeros(numBlocks, b.zero(lanes(b.getF32Type())));
    return b.loop(b.index(0), b.dim(scale, 1), 1, zeros,
                  [&](Value group, ValueRange totals) {
                    Value begin = b.mul(group, size);
                    Value end =
                        arith::MinUIOp::create(b, b.add(begin, size), columns);
                    Value sum;
                    if (quantized)
                      sum = sumActivations(b, input, token, begin, end);
                    Blocks parts = dotRange(weight, begin, end, sum);
                    for (auto [block, part] : llvm::enumerate(parts))
                      part = arith::MulFOp::create(
                          b, toF32(part), groupScale(scale, block, group));
                    return addBlocks(totals, parts);
                  });
  }

  Value toF32(Value vector) { return b.cast(vector, b.getF32Type()); }

  Value rowOf(int64_t block) {
    return b.add(firstRow, (firstBlock + block) * panel.lanes);
  }

  /// `memref[n ..]` of a block, 0 behind the last row.
  Value rowVector(Value memref, int64_t block) {
    Value n = rowOf(block);
    return b.load(memref, n, panel.lanes, b.sub(rows, n));
  }

  /// `scale[n .., group]`: one load per lane, the last row for lanes behind it.
  Value groupScale(Value scale, int64_t block, Value group) {
    Value result = b.zero(lanes(b.getF32Type()));
    Value last = b.sub(rows, b.index(1));
    for (int64_t lane = 0; lane < panel.lanes; ++lane) {
      Value n = arith::MinUIOp::create(b, b.add(rowOf(block), lane), last);
      Value s = b.load(scale, {n, group});
      result = vector::InsertOp::create(b, s, result, lane);
    }
    return result;
  }

  /// Dot products of columns begin .. end-1, `begin` at a block of columns:
  /// i32 for int8 activations, else f32.
  Blocks dotRange(Value weight, Value begin, Value end, Value sum) {
    if (!quantized)
      return reduce(accumulateBlocks(weight, begin, end));
    int64_t extent = cast<ShapedType>(input.getType()).getShape().back();
    int64_t most = kDots * panel.columns();
    if (!ShapedType::isDynamic(extent) && extent <= most)
      return finish(accumulateBlocks(weight, begin, end), sum);
    // Parts that `dot` is exact for.
    Value none = b.zero(b.getI32Type());
    auto part = [&](Value from, ValueRange totals) {
      Value to = b.add(from, b.min(b.sub(end, from), b.index(most)));
      Blocks next;
      for (auto [total, dot] : llvm::zip_equal(
               totals, finish(accumulateBlocks(weight, from, to), none)))
        next.push_back(b.add(total, dot));
      return next;
    };
    Blocks totals(numBlocks, b.zero(lanes(b.getI32Type())));
    totals = b.loop(begin, end, most, totals, part);
    for (Value &total : totals)
      total = b.sub(total, broadcast(sum));
    return totals;
  }

  /// The accumulators behind columns begin .. end-1.
  Blocks accumulateBlocks(Value weight, Value begin, Value end) {
    int64_t width = panel.columns();
    Type acc = quantized ? lanes(b.getI32Type())
                         : VectorType::get(panel.blockBytes(), b.getF32Type());
    Blocks accs(numBlocks * (quantized ? panel.digits : 1), b.zero(acc));
    Value first = b.floorDiv(begin, width), full = b.floorDiv(end, width);
    Value last = b.ceilDiv(end, width);
    accs = b.loop(first, full, 1, accs, [&](Value kb, ValueRange values) {
      return step(weight, kb, Value(), values);
    });
    return b.loop(full, last, 1, accs, [&](Value kb, ValueRange values) {
      return step(weight, kb, end, values);
    });
  }

  /// One block of columns; `end` is given for a block that is not full.
  Blocks step(Value weight, Value kb, Value end, ValueRange accs) {
    Blocks activations, next;
    for (int64_t i = 0; i < panel.digits; ++i) {
      Value k = b.add(b.mul(kb, panel.columns()), 4 * i);
      Value x = end ? b.load(input, at(k), 4, b.sub(end, k))
                    : b.load(input, at(k), 4);
      activations.push_back(repeat(x));
    }
    for (int64_t block = 0; block < numBlocks; ++block) {
      prefetch(weight, kb, block);
      Value bytes = b.load(
          weight, {panelIndex, kb, b.index(firstBlock + block), b.index(0)},
          panel.blockBytes());
      if (!quantized) {
        next.push_back(accumulate(bytes, activations, accs[block]));
        continue;
      }
      ValueRange own = accs.slice(block * panel.digits, panel.digits);
      auto dot = DotOp::create(b, TypeRange(own), bytes, activations, own,
                               panel.radix);
      llvm::append_range(next, dot.getResults());
    }
    return next;
  }

  /// Asks for the bytes that are read next: panels follow each other in memory.
  void prefetch(Value weight, Value kb, int64_t block) {
    int64_t ahead = kPrefetchBytes / (panel.blocks * panel.blockBytes());
    Blocks at{panelIndex, b.add(kb, ahead), b.index(firstBlock + block),
              b.index(0)};
    memref::PrefetchOp::create(b, weight, at, /*isWrite=*/false,
                               /*localityHint=*/3, /*isDataCache=*/true);
  }

  /// Four activations, repeated for every lane; floats become f32.
  Value repeat(Value x) {
    if (quantized)
      return repeatWord(b, x, panel.lanes);
    SmallVector<int64_t> pattern;
    for (int64_t i = 0; i < panel.blockBytes(); ++i)
      pattern.push_back(i % 4);
    return b.shuffle(b.cast(x, b.getF32Type()), pattern);
  }

  /// Float activations: acc[4 l + j] += trit_i * x_i[j] for all digits i.
  Value accumulate(Value bytes, ValueRange activations, Value acc) {
    for (auto [i, x] : llvm::enumerate(activations)) {
      Value trit = DecodeOp::create(b, bytes, panel.radix, i, /*offset=*/1);
      acc = vector::FMAOp::create(b, toF32(trit), x, acc);
    }
    return acc;
  }

  Blocks finish(ValueRange accs, Value sum) {
    Blocks result;
    Value sums = broadcast(sum);
    for (int64_t block = 0; block < numBlocks; ++block)
      result.push_back(DotFinishOp::create(
          b, sums.getType(), accs.slice(block * panel.digits, panel.digits),
          sums, panel.radix, /*offset=*/1));
    return result;
  }

  /// The sum of each four neighbours.
  Blocks reduce(ValueRange accs) {
    Blocks result;
    for (Value value : accs)
      result.push_back(sumOfNeighbours(b, value, 4));
    return result;
  }

  /// Activation scale, bias, rounding, store.
  void store(Blocks totals) {
    Value scale;
    if (!integerResult && op.getActivationScale())
      scale = broadcast(b.load(op.getActivationScale(), token));
    for (auto [block, y] : llvm::enumerate(totals)) {
      Value n = rowOf(block);
      storeOutput(b, op, y, scale, out, token, n, b.sub(rows, n));
    }
  }

  KernelBuilder &b;
  BitLinearOp op;
  PanelShape panel;
  Value input, out;
  bool quantized, integerResult;
  /// Blocks of rows that are computed at once, and the first of them.
  int64_t numBlocks, firstBlock = 0;
  // Extents, and the place that is being computed.
  Value columns, rows, firstRow, panelIndex;
  SmallVector<Value> token;
};

} // namespace

Value ternary::sumActivations(KernelBuilder &b, Value input, ValueRange token,
                              Value begin, Value end) {
  constexpr int64_t kChunk = 64;
  auto lanes = VectorType::get(kChunk / 4, b.getI32Type());
  // A dot with ones adds four neighbours to a lane.
  Value ones = b.constant(VectorType::get(kChunk, b.getI8Type()), int64_t(1));
  Value start = b.zero(lanes);
  auto add = [&](Value k, Value count, ValueRange sum) -> Blocks {
    Blocks at(token);
    at.push_back(k);
    Value x = b.load(input, at, kChunk, count);
    return DotOp::create(b, TypeRange(sum), ones, x, sum, /*radix=*/4)
        .getResults();
  };
  Value whole =
      b.add(begin, b.mul(b.floorDiv(b.sub(end, begin), kChunk), kChunk));
  Blocks sums =
      b.loop(begin, whole, kChunk, start,
             [&](Value k, ValueRange sum) { return add(k, {}, sum); });
  sums = b.loop(whole, end, kChunk, sums, [&](Value k, ValueRange sum) {
    return add(k, b.sub(end, k), sum);
  });
  return vector::ReductionOp::create(b, vector::CombiningKind::ADD, sums[0]);
}

void ternary::gatherScales(KernelBuilder &b, Value scale, Value group,
                           Value first, Value numRows, int64_t count,
                           Value buffer) {
  Value lastRow = b.sub(numRows, b.index(1));
  b.loop(b.index(0), b.index(count), 1, [&](Value row) {
    Blocks at;
    if (rankOf(scale) > 0)
      at.push_back(b.min(b.add(first, row), lastRow));
    if (group)
      at.push_back(group);
    b.store(b.load(scale, at), buffer, {row});
  });
}

void ternary::storeOutput(KernelBuilder &b, BitLinearOp op, Value y,
                          Value activationScale, Value out, ValueRange token,
                          Value row, Value count) {
  int64_t lanes = cast<VectorType>(y.getType()).getNumElements();
  if (activationScale)
    y = b.mulf(y, activationScale);
  if (Value bias = op.getBias())
    y = b.addf(y, b.cast(b.load(bias, row, lanes, count), b.getF32Type()));
  Blocks at(token);
  at.push_back(row);
  b.store(b.cast(y, elementOf(out)), out, at, count);
}

Value ternary::repeatWord(KernelBuilder &b, Value bytes, int64_t lanes) {
  Value word =
      vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), bytes);
  word = b.broadcast(vector::ExtractOp::create(b, word, 0), lanes);
  return vector::BitCastOp::create(b, VectorType::get(4 * lanes, b.getI8Type()),
                                   word);
}

void ternary::buildPanelKernel(KernelBuilder &builder, BitLinearOp op,
                               const PanelShape &panel) {
  PanelKernel(builder, op, panel).run();
}
