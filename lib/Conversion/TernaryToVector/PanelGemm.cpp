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

class PanelGemm {
public:
  PanelGemm(KernelBuilder &b, BitLinearOp op, const PanelShape &panel,
            Value input, Value out)
      : b(b), op(op), panel(panel), input(input), out(out),
        integerResult(elementOf(out).isInteger(32)),
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
    groupOffsets = b.scratch(b.getI32Type(), {b.index(kTokens)});
    scales = b.scratch(b.getF32Type(), {rows});
    // Groups sum their own activations; all other components share one sum.
    bool shared =
        op.getScales().empty() || !llvm::all_of(op.getScales(), isGrouped);
    if (shared)
      rowOffsets = b.scratch(b.getI32Type(), {b.index(kTokens)});
    b.loop(b.index(0), numTokens, kTokens, [&](Value first) {
      token = first;
      tokens = b.min(b.sub(numTokens, token), b.index(kTokens));
      if (shared)
        sumTokens(rowOffsets, b.index(0), numColumns);
      b.loop(b.index(0), b.dim(op.getWeights()[0], 0), 1, [&](Value p) {
        panelIndex = p;
        firstRow = b.mul(p, panel.rows());
        forPanel();
      });
    });
    for (Value buffer : {digits, sums, total, groupOffsets, scales, rowOffsets})
      if (buffer)
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
        segment(weight, scale, Value(), b.index(0), numColumns, rowOffsets);
        continue;
      }
      if (first) {
        clear(total);
        first = false;
      }
      Value size = b.index(*op.getGroupSize());
      b.loop(b.index(0), b.dim(scale, 1), 1, [&](Value group) {
        Value begin = b.mul(group, size);
        // The difference cannot overflow, as the sum of huge sizes can.
        Value end = b.add(begin, b.min(b.sub(numColumns, begin), size));
        sumTokens(groupOffsets, begin, end);
        segment(weight, scale, group, begin, end, groupOffsets);
      });
    }
    storeTotal();
  }

  VectorType lanes(Type type) { return VectorType::get(panel.lanes, type); }

  /// Calls `body` for each block of rows of a token, with its first row.
  void forEachBlock(function_ref<void(Value)> body) {
    for (int64_t block = 0; block < panel.blocks; ++block)
      body(b.index(block * panel.lanes));
  }

  void forEachToken(function_ref<void(Value)> body) {
    b.loop(b.index(0), tokens, 1, body);
  }

  void clear(Value buffer) {
    Value zero = b.zero(lanes(elementOf(buffer)));
    forEachToken([&](Value m) {
      forEachBlock([&](Value j) { b.store(zero, buffer, {m, j}); });
    });
  }

  /// total += scale * the products of columns begin .. end-1; `offsets` has
  /// each token's sum of these columns.
  void segment(Value weight, Value scale, Value group, Value begin, Value end,
               Value offsets) {
    if (scale)
      gatherScales(b, scale, group, firstRow, numRows, panel.rows(), scales);
    clear(sums);
    b.loop(begin, end, kColumns, [&](Value column) {
      Value count = b.min(b.sub(end, column), b.index(kColumns));
      takeApart(weight, column, count);
      multiplyAll(column, count);
    });
    forEachToken([&](Value m) {
      Value offset = b.broadcast(b.load(offsets, {m}), panel.lanes);
      forEachBlock([&](Value j) { addSums(m, j, offset, scale); });
    });
  }

  /// into[m] = the sum of token m's activations in columns begin .. end-1.
  void sumTokens(Value into, Value begin, Value end) {
    forEachToken([&](Value m) {
      Value sum = sumActivations(b, input, b.add(token, m), begin, end);
      b.store(sum, into, {m});
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
  void addSums(Value m, Value j, Value offset, Value scale) {
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

  void storeTotal() {
    forEachToken([&](Value m) {
      Value t = b.add(token, m), factor;
      if (Value scale = op.getActivationScale())
        factor = b.broadcast(
            b.load(scale, b.delinearize(t, op.getInput(), rankOf(scale))),
            panel.lanes);
      forEachBlock([&](Value j) {
        Value y = b.load(total, {m, j}, panel.lanes), n = b.add(firstRow, j);
        storeOutput(b, op, y, factor, out, t, n, b.sub(numRows, n));
      });
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
  Value digits, sums, total, rowOffsets, groupOffsets, scales;
  // The place that is being computed; whether nothing is in the total yet.
  Value token, tokens, panelIndex, firstRow;
  bool first = true;
};

} // namespace

void ternary::buildPanelGemm(KernelBuilder &builder, BitLinearOp op,
                             const PanelShape &panel, Value input, Value out) {
  PanelGemm(builder, op, panel, input, out).run();
}
