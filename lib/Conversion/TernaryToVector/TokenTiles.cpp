//===- TokenTiles.cpp - Products of tiles of tokens with panels -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Tokens whose sums fit the registers share one pass over the weights, which
// are taken apart in registers:
//
//   for each panel of rows
//     for each tile of tokens
//       for each component
//         for each block of columns: each digit once, a dot per token and digit
//         finish, scale, add
//       activation scale, bias, store
//
// Few tokens are one tile. Many are several, where digits are taken apart on
// other ports than dots take; elsewhere PanelGemm does it once for all tokens.
//
//===----------------------------------------------------------------------===//

#include "Gemm.h"
#include "Kernel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

/// Values of tokens and blocks of rows are `[token][block]`.
class TokenTiles {
public:
  TokenTiles(KernelBuilder &b, BitLinearOp op, const PanelShape &panel,
             Value input, Value out)
      : b(b), op(op), panel(panel), input(input), out(out),
        integerResult(elementOf(out).isInteger(32)), columns(b.dim(input, 1)),
        rows(b.dim(out, 1)) {}

  /// Whether the sums of so many tokens with two blocks of rows at least fit
  /// the registers.
  static bool isOneTile(BitLinearOp op, int64_t tokens) {
    return hasFewRegisters(op) ? tokens <= 4 : 2 * tokens <= kMostSums;
  }

  void run() {
    Value tokens = b.dim(input, 0);
    sums = b.scratch(b.getI32Type(), {tokens});
    b.loop(b.index(0), tokens, 1, [&](Value m) {
      b.store(sumActivations(b, input, m, b.index(0), columns), sums, {m});
    });
    b.loop(b.index(0), b.dim(op.getWeights()[0], 0), 1, [&](Value p) {
      panelIndex = p;
      forEachTile(tokens);
    });
    b.free(sums);
  }

private:
  static constexpr int64_t kMostSums = 24;
  /// Tokens of a tile where there are many: of two blocks of rows.
  static constexpr int64_t kTile = 8;

  /// Tiles of nearly the same size, or for a number that is not known of sizes
  /// that make up any.
  void forEachTile(Value tokens) {
    int64_t count = cast<ShapedType>(input.getType()).getShape()[0];
    if (ShapedType::isDynamic(count)) {
      Value begin = b.index(0);
      for (int64_t size : {kTile, int64_t(3), int64_t(1)})
        begin = forTiles(begin, b.floorDiv(b.sub(tokens, begin), size), size);
      return;
    }
    if (count == 0)
      return;
    int64_t tiles = isOneTile(op, count) ? 1 : llvm::divideCeil(count, kTile);
    int64_t size = llvm::divideCeil(count, tiles);
    int64_t numLarge = count - (size - 1) * tiles;
    Value begin = forTiles(b.index(0), b.index(numLarge), size);
    if (numLarge < tiles)
      forTiles(begin, b.index(tiles - numLarge), size - 1);
  }

  /// The tokens behind `count` tiles.
  Value forTiles(Value begin, Value count, int64_t size) {
    numTokens = size;
    numBlocks =
        hasFewRegisters(op) ? 1 : std::min(panel.blocks, kMostSums / size);
    while (panel.blocks % numBlocks != 0)
      --numBlocks;
    Value end = b.add(begin, b.mul(count, size));
    b.loop(begin, end, size, [&](Value first) {
      firstToken = first;
      b.loop(b.index(0), b.index(panel.blocks), numBlocks, [&](Value block) {
        firstBlock = block;
        firstRow =
            b.add(b.mul(panelIndex, panel.rows()), b.mul(block, panel.lanes));
        store(total());
      });
    });
    return end;
  }

  Value tokenAt(int64_t m) { return b.add(firstToken, m); }

  VectorType lanes(Type type) { return VectorType::get(panel.lanes, type); }

  Value rowOf(int64_t block) { return b.add(firstRow, block * panel.lanes); }

  /// All components, added up: f32, or i32 for an i32 result.
  Values total() {
    Values totals;
    for (auto [c, weight] : llvm::enumerate(op.getWeights())) {
      Value scale = op.getScales().empty() ? Value() : op.getScales()[c];
      Values dots = multiply(weight);
      for (int64_t i = 0; i < int64_t(dots.size()); ++i) {
        Value sum = b.load(sums, {tokenAt(i / numBlocks)});
        Value y = DotFinishOp::create(b, lanes(b.getI32Type()), dots[i],
                                      b.broadcast(sum, panel.lanes),
                                      panel.radix, /*offset=*/1,
                                      /*digit=*/IntegerAttr());
        if (!integerResult) {
          y = b.cast(y, b.getF32Type());
          if (scale)
            y = b.mulf(y, loadRowScales(b, scale, rowOf(i % numBlocks), rows,
                                        panel.lanes));
        }
        if (c == 0)
          totals.push_back(y);
        else
          totals[i] =
              integerResult ? b.add(totals[i], y) : b.addf(totals[i], y);
      }
    }
    return totals;
  }

  /// The dot products of all columns.
  Values multiply(Value weight) {
    Values dots(numTokens * numBlocks, b.zero(lanes(b.getI32Type())));
    Value full = b.floorDiv(columns, panel.columns());
    Value last = b.ceilDiv(columns, panel.columns());
    dots = b.loop(b.index(0), full, 1, dots, [&](Value kb, ValueRange old) {
      return step(weight, kb, /*isFull=*/true, old);
    });
    return b.loop(full, last, 1, dots, [&](Value kb, ValueRange old) {
      return step(weight, kb, /*isFull=*/false, old);
    });
  }

  /// One block of columns.
  Values step(Value weight, Value kb, bool isFull, ValueRange old) {
    Values bytes, next(old);
    for (int64_t block = 0; block < numBlocks; ++block)
      bytes.push_back(loadPanelBytes(b, panel, weight, panelIndex, kb,
                                     b.add(firstBlock, block)));
    for (int64_t digit = 0; digit < panel.words; ++digit) {
      Values codes;
      for (Value value : bytes)
        codes.push_back(DecodeOp::create(b, value, panel.radix, digit,
                                         /*offset=*/0));
      Value k = b.add(b.mul(kb, panel.columns()), 4 * digit);
      for (int64_t m = 0; m < numTokens; ++m) {
        Value x = b.load(input, {tokenAt(m), k}, 4,
                         isFull ? Value() : b.sub(columns, k));
        x = repeatWord(b, x, panel.lanes);
        for (int64_t block = 0; block < numBlocks; ++block) {
          Value &sum = next[m * numBlocks + block];
          sum = b.dot(codes[block], x, sum, panel.radix);
        }
      }
    }
    return next;
  }

  void store(ValueRange totals) {
    for (int64_t m = 0; m < numTokens; ++m) {
      Value token = tokenAt(m);
      Value factor = loadActivationScale(b, op, token, panel.lanes);
      for (int64_t block = 0; block < numBlocks; ++block) {
        Value n = rowOf(block);
        storeOutput(b, op, totals[m * numBlocks + block], factor, out, token, n,
                    b.sub(rows, n));
      }
    }
  }

  KernelBuilder &b;
  BitLinearOp op;
  PanelShape panel;
  Value input, out;
  bool integerResult;
  // Extents, and each token's sum of activations.
  Value columns, rows, sums;
  /// Tokens and blocks of rows that are computed at once.
  int64_t numTokens, numBlocks;
  // The place that is being computed.
  Value panelIndex, firstToken, firstBlock, firstRow;
};

} // namespace

/// Whether dots leave ports free on which digits are taken apart: Zen cores
/// have two for either.
static bool hasPortsBesideDots(BitLinearOp op) {
  TargetAttr target = getTarget(op);
  return target && target.getIsa().starts_with("avx512") &&
         target.getCpu().starts_with("znver");
}

bool ternary::isForTokenTiles(BitLinearOp op, Value input) {
  int64_t tokens = cast<ShapedType>(input.getType()).getShape()[0];
  if (op.getGroupSize())
    return false;
  if (hasPortsBesideDots(op))
    return true;
  if (ShapedType::isDynamic(tokens) || tokens < 2)
    return false;
  // Tiles of AMX take fewer than 16 tokens in nearly the time of 16.
  if (hasTiles(op))
    return tokens <= 3;
  return TokenTiles::isOneTile(op, tokens);
}

void ternary::buildTokenTiles(KernelBuilder &builder, BitLinearOp op,
                              const PanelShape &panel, Value input, Value out) {
  TokenTiles(builder, op, panel, input, out).run();
}
