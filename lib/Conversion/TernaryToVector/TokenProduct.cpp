//===- TokenProduct.cpp - By dots in registers ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "TokenProduct.h"
#include "Gemm.h"
#include "Kernel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

/// Tiles of tokens; four columns of all rows at a time.
class DotProduct : public TokenProduct {
public:
  DotProduct(KernelBuilder &b, BitLinearOp op, const PanelShape &panel,
             Value input)
      : b(b), panel(panel), input(input) {
    // Sums of all blocks, or of one where it takes several registers.
    tileBlocks = getGemmShape(op).lanes == 16 ? panel.blocks : 1;
    int64_t most = getNumDotSums(op) / tileBlocks;
    for (int64_t tile : {most, most / 3, int64_t(1)})
      if (tile > 0 && (tiles.empty() || tile < tiles.back()))
        tiles.push_back(tile);
  }

  int64_t tokens() const override { return 384; }
  // A multiple of 16 and 20.
  int64_t columns() const override { return 480; }

  void setUp(Value digits, Value sums) override {
    this->digits = digits;
    this->sums = sums;
  }

  void begin(Value token, Value tokens) override {
    firstToken = token;
    numTokens = tokens;
  }

  void multiply(Value column, Value count) override {
    Value begin = b.index(0);
    for (int64_t tile : tiles) {
      Value whole = b.sub(numTokens, begin);
      Value end = b.add(begin, b.mul(b.floorDiv(whole, tile), tile));
      b.loop(begin, end, tile, [&](Value m) {
        b.loop(b.index(0), b.index(panel.blocks), tileBlocks, [&](Value block) {
          multiplyTile(tile, m, block, column, count);
        });
      });
      begin = end;
    }
  }

private:
  /// Tokens from `m` and blocks from `firstBlock` on.
  void multiplyTile(int64_t tile, Value m, Value firstBlock, Value column,
                    Value count) {
    auto at = [&](int64_t t, int64_t block) {
      return Values{b.add(m, t), b.mul(b.add(firstBlock, block), panel.lanes)};
    };
    Values accs;
    for (int64_t t = 0; t < tile; ++t)
      for (int64_t block = 0; block < tileBlocks; ++block)
        accs.push_back(b.load(sums, at(t, block), panel.lanes));
    auto step = [&](Value k, Value rest, ValueRange old) {
      Values blocks, next(old);
      for (int64_t block = 0; block < tileBlocks; ++block)
        blocks.push_back(
            b.load(digits,
                   {b.floorDiv(k, 4),
                    b.mul(b.add(firstBlock, block), panel.vectorBytes())},
                   panel.vectorBytes()));
      for (int64_t t = 0; t < tile; ++t) {
        Value x = b.load(
            input, {b.add(b.add(firstToken, m), t), b.add(column, k)}, 4, rest);
        x = repeatWord(b, x, panel.lanes);
        for (int64_t block = 0; block < tileBlocks; ++block) {
          Value &acc = next[t * tileBlocks + block];
          acc = b.dot(blocks[block], x, acc, panel.radix);
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
      for (int64_t block = 0; block < tileBlocks; ++block)
        b.store(accs[t * tileBlocks + block], sums, at(t, block));
  }

  KernelBuilder &b;
  PanelShape panel;
  Value input, digits, sums, firstToken, numTokens;
  /// Numbers of tokens that are multiplied together, falling.
  SmallVector<int64_t> tiles;
  /// Blocks of rows that are.
  int64_t tileBlocks;
};

} // namespace

std::unique_ptr<TokenProduct> ternary::createDotProduct(KernelBuilder &builder,
                                                        BitLinearOp op,
                                                        const PanelShape &panel,
                                                        Value input) {
  return std::make_unique<DotProduct>(builder, op, panel, input);
}

std::unique_ptr<TokenProduct>
ternary::createTokenProduct(KernelBuilder &builder, BitLinearOp op,
                            const PanelShape &panel, Value input) {
  return hasTiles(op) ? createTileProduct(builder, op, panel, input)
                      : createDotProduct(builder, op, panel, input);
}
