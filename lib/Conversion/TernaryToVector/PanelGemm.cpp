//===- PanelGemm.cpp - Products of many tokens with panels ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A panel's digits are taken apart once for all tokens, into a buffer of bytes
// in the first cache; what is left is one dot per token and block of rows:
//
//   for each 384 tokens
//     for each panel of rows
//       for each component and segment (all columns, or a group)
//         for each part of at most 512 columns
//           digits of the part
//           for each tile of tokens: dots, four columns at a time
//         finish, scale, add
//       activation scale, bias, store
//
//===----------------------------------------------------------------------===//

#include "Gemm.h"
#include "Kernel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

bool isGrouped(Value scale) { return scale && rankOf(scale) == 2; }

class PanelGemm {
public:
  PanelGemm(KernelBuilder &b, BitLinearOp op, const PanelShape &panel,
            Value input, Value out)
      : b(b), op(op), panel(panel), input(input), out(out),
        integerResult(elementTypeOf(out).isInteger(32)),
        totalType(integerResult ? Type(b.getI32Type()) : b.getF32Type()),
        numTokens(b.dim(input, 0)), numColumns(b.dim(input, 1)),
        numRows(b.dim(out, 1)) {
    // 24 of 32 registers hold sums; a narrower machine has room for one token.
    int64_t most =
        getGemmShape(op).lanes == 16 ? 24 / panel.blocks : int64_t(1);
    for (int64_t tile : {most, most / 3, int64_t(1)})
      if (tile > 0 && (tiles.empty() || tile < tiles.back()))
        tiles.push_back(tile);
  }

  void run() {
    Value rows = b.index(panel.rows());
    digits = b.scratch(b.getI8Type(),
                       {b.index(kColumns / 4), b.index(4 * panel.rows())});
    sums = b.scratch(b.getI32Type(), {b.index(kTokens), rows});
    total = b.scratch(totalType, {b.index(kTokens), rows});
    offsets = b.scratch(b.getI32Type(), {b.index(kTokens)});
    scales = b.scratch(b.getF32Type(), {rows});
    b.loop(b.index(0), numTokens, kTokens, [&](Value first) {
      token = first;
      tokens = b.min(b.sub(numTokens, token), b.index(kTokens));
      b.loop(b.index(0), b.dim(op.getWeights()[0], 0), 1, [&](Value p) {
        panelIndex = p;
        firstRow = b.mul(p, panel.rows());
        forPanel();
      });
    });
    for (Value buffer : {digits, sums, total, offsets, scales})
      b.free(buffer);
  }

private:
  static constexpr int64_t kTokens = 384;
  static constexpr int64_t kColumns = 480; // a multiple of 16 and 20

  void forPanel() {
    for (auto [c, weight] : llvm::enumerate(op.getWeights())) {
      Value scale = op.getScales().empty() ? Value() : op.getScales()[c];
      first = c == 0;
      if (!isGrouped(scale)) {
        segment(
            weight, b.index(0), numColumns, [&] { loadScales(scale, {}); },
            scale);
        continue;
      }
      if (first) {
        Value zero = b.zero(lanes(totalType));
        forEachVector(
            [&](Value m, Value j, int64_t) { b.store(zero, total, {m, j}); });
        first = false;
      }
      Value size = b.index(*op.getGroupSize());
      b.loop(b.index(0), b.dim(scale, 1), 1, [&](Value group) {
        Value begin = b.mul(group, size);
        // The difference cannot overflow, as the sum of huge sizes can.
        Value end = b.add(begin, b.min(b.sub(numColumns, begin), size));
        segment(weight, begin, end, [&] { loadScales(scale, group); }, scale);
      });
    }
    storeTotal();
  }

  VectorType lanes(Type type) { return VectorType::get(panel.lanes, type); }

  /// Calls `body` for each token and block of rows, with its first row.
  void forEachVector(function_ref<void(Value, Value, int64_t)> body) {
    b.loop(b.index(0), tokens, 1, [&](Value m) {
      for (int64_t block = 0; block < panel.blocks; ++block)
        body(m, b.index(block * panel.lanes), block);
    });
  }

  /// The scales of the panel's rows side by side; 0 behind the last row.
  void loadScales(Value scale, Value group) {
    if (!scale)
      return;
    Value lastRow = b.sub(numRows, b.index(1));
    b.loop(b.index(0), b.index(panel.rows()), 1, [&](Value row) {
      Values at;
      if (rankOf(scale) > 0)
        at.push_back(b.min(b.add(firstRow, row), lastRow));
      if (group)
        at.push_back(group);
      b.store(b.load(scale, at), scales, {row});
    });
  }

  /// total += scale * the products of columns begin .. end-1.
  void segment(Value weight, Value begin, Value end,
               function_ref<void()> loadScales, Value scale) {
    loadScales();
    sumActivations(begin, end);
    Value zero = b.zero(lanes(b.getI32Type()));
    forEachVector(
        [&](Value m, Value j, int64_t) { b.store(zero, sums, {m, j}); });
    b.loop(begin, end, kColumns, [&](Value column) {
      Value count = b.min(b.sub(end, column), b.index(kColumns));
      takeApart(weight, column, count);
      multiplyAll(column, count);
    });
    forEachVector([&](Value m, Value j, int64_t) { addSums(m, j, scale); });
  }

  /// Each token's activations in columns begin .. end-1.
  void sumActivations(Value begin, Value end) {
    constexpr int64_t kChunk = 64;
    b.loop(b.index(0), tokens, 1, [&](Value m) {
      Value t = b.add(token, m), start = b.zero(b.getI32Type());
      auto add = [&](Value k, ValueRange sum) -> Values {
        Value x = b.load(input, {t, k}, kChunk, b.sub(end, k));
        x = b.cast(x, b.getI32Type());
        return {vector::ReductionOp::create(b, vector::CombiningKind::ADD, x,
                                            sum[0])};
      };
      b.store(b.loop(begin, end, kChunk, start, add)[0], offsets, {m});
    });
  }

  /// digits[k / 4, row] = four codes of a row, from `column` on.
  void takeApart(Value weight, Value column, Value count) {
    Value firstBlock = b.floorDiv(column, panel.columns());
    Value numBlocks = b.ceilDiv(count, panel.columns());
    b.loop(b.index(0), numBlocks, 1, [&](Value kb) {
      for (int64_t block = 0; block < panel.blocks; ++block) {
        Value bytes = b.load(
            weight,
            {panelIndex, b.add(firstBlock, kb), b.index(block), b.index(0)},
            panel.blockBytes());
        for (int64_t i = 0; i < panel.digits; ++i) {
          Value codes = DecodeOp::create(b, bytes, panel.radix, i, 0);
          Value at = b.add(b.mul(kb, panel.digits), i);
          b.store(codes, digits, {at, b.index(block * panel.blockBytes())});
        }
      }
    });
  }

  /// sums[m, row] += digits * activations of columns `column ..`, all tokens.
  void multiplyAll(Value column, Value count) {
    Value begin = b.index(0);
    for (int64_t tile : tiles) {
      Value whole = b.sub(tokens, begin);
      Value end = b.add(begin, b.mul(b.floorDiv(whole, tile), tile));
      b.loop(begin, end, tile,
             [&](Value m) { multiply(tile, m, column, count); });
      begin = end;
    }
  }

  void multiply(int64_t tile, Value m, Value column, Value count) {
    auto at = [&](int64_t t, int64_t block) {
      return Values{b.add(m, t), b.index(block * panel.lanes)};
    };
    Values accs;
    for (int64_t t = 0; t < tile; ++t)
      for (int64_t block = 0; block < panel.blocks; ++block)
        accs.push_back(b.load(sums, at(t, block), panel.lanes));
    auto step = [&](Value k, Value rest, ValueRange old) {
      Values blocks, next(old);
      for (int64_t block = 0; block < panel.blocks; ++block)
        blocks.push_back(b.load(
            digits, {b.floorDiv(k, 4), b.index(block * panel.blockBytes())},
            panel.blockBytes()));
      for (int64_t t = 0; t < tile; ++t) {
        Value x = b.load(input, {b.add(b.add(token, m), t), b.add(column, k)},
                         4, rest);
        x = repeatWord(b, x, panel.lanes);
        for (int64_t block = 0; block < panel.blocks; ++block) {
          Value &acc = next[t * panel.blocks + block];
          acc = DotOp::create(b, TypeRange(ValueRange(acc)), blocks[block], x,
                              acc, panel.radix)
                    .getResult(0);
        }
      }
      return next;
    };
    Value whole = b.mul(b.floorDiv(count, 4), 4);
    accs = b.loop(b.index(0), whole, 4, accs, [&](Value k, ValueRange old) {
      return step(k, Value(), old);
    });
    accs = b.loop(whole, count, 4, accs, [&](Value k, ValueRange old) {
      return step(k, b.sub(count, k), old);
    });
    for (int64_t t = 0; t < tile; ++t)
      for (int64_t block = 0; block < panel.blocks; ++block)
        b.store(accs[t * panel.blocks + block], sums, at(t, block));
  }

  /// The finished sums of one vector, scaled, into the total.
  void addSums(Value m, Value j, Value scale) {
    Value offset = b.broadcast(b.load(offsets, {m}), panel.lanes);
    Value y = DotFinishOp::create(b, offset.getType(),
                                  b.load(sums, {m, j}, panel.lanes), offset,
                                  panel.radix, /*offset=*/1);
    if (!integerResult) {
      y = b.cast(y, b.getF32Type());
      if (scale)
        y = b.mulf(y, b.load(scales, {j}, panel.lanes));
    }
    if (!first) {
      Value old = b.load(total, {m, j}, panel.lanes);
      y = integerResult ? b.add(old, y) : b.addf(old, y);
    }
    b.store(y, total, {m, j});
  }

  /// Activation scale, bias, rounding.
  void storeTotal() {
    forEachVector([&](Value m, Value j, int64_t) {
      Value y = b.load(total, {m, j}, panel.lanes);
      Value t = b.add(token, m), n = b.add(firstRow, j);
      Value rest = b.sub(numRows, n);
      if (Value scale = op.getActivationScale()) {
        Values at = b.delinearize(t, op.getInput(), rankOf(scale));
        y = b.mulf(y, b.broadcast(b.load(scale, at), panel.lanes));
      }
      if (op.getBias())
        y = b.addf(y, b.cast(b.load(op.getBias(), {n}, panel.lanes, rest),
                             b.getF32Type()));
      b.store(b.cast(y, elementTypeOf(out)), out, {t, n}, rest);
    });
  }

  KernelBuilder &b;
  BitLinearOp op;
  PanelShape panel;
  Value input, out;
  bool integerResult;
  Type totalType;
  Value numTokens, numColumns, numRows;
  /// Numbers of tokens that are multiplied together, falling.
  SmallVector<int64_t> tiles;
  Value digits, sums, total, offsets, scales;
  // The place that is being computed; whether nothing is in the total yet.
  Value token, tokens, panelIndex, firstRow;
  bool first = true;
};

} // namespace

void ternary::buildPanelGemm(KernelBuilder &builder, BitLinearOp op,
                             const PanelShape &panel, Value input, Value out) {
  PanelGemm(builder, op, panel, input, out).run();
}
