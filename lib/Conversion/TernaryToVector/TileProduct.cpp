//===- TileProduct.cpp - By tiles of AMX ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// `tdpbsud` multiplies 16 tokens of signed bytes with 16 rows of unsigned ones,
// 64 columns at a time. The digits of a block of rows are such a tile already:
// four columns of each row side by side. Activations are copied once, step by
// step of columns, so that a tile is one run of memory, and zero behind the
// last column, where digits are any byte:
//
//   for each 16 tokens (32 for panels of two blocks)
//     for each step of columns
//       a tile of tokens; for each block of rows: a tile of digits, a product
//
// All eight tile registers are in use: sums, and the tiles that come next.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "TokenProduct.h"

#include "mlir/Dialect/AMX/AMXDialect.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

class TileProduct : public TokenProduct {
public:
  TileProduct(KernelBuilder &b, BitLinearOp op, const PanelShape &panel,
              Value input)
      : b(b), panel(panel), input(input), width(getWidth(op)) {
    ArrayRef<int64_t> shape = cast<ShapedType>(input.getType()).getShape();
    tileTokens = kMostTokens;
    if (!ShapedType::isDynamic(shape[0]))
      tileTokens = std::clamp<int64_t>(shape[0], 1, kMostTokens);
    // As many as fit the second cache with all their columns.
    int64_t most = kFewestCopied;
    if (!ShapedType::isDynamic(shape[1]))
      most = std::clamp<int64_t>(kSecondCache / std::max<int64_t>(shape[1], 1) /
                                     most * most,
                                 most, kMostCopied);
    if (!ShapedType::isDynamic(shape[0]))
      most =
          std::min<int64_t>(most, llvm::alignTo(std::max<int64_t>(shape[0], 1),
                                                tileTokens * mostTiles()));
    copiedTokens = most;
  }

  int64_t tokens() const override { return copiedTokens; }

  int64_t columns() const override {
    int64_t step = std::lcm(width, panel.columns());
    int64_t most = kFirstCache / (panel.rows() + mostTiles() * kMostTokens);
    return step * std::max<int64_t>(most / step, 1);
  }

  void setUp(Value digits, Value sums) override {
    this->digits = digits;
    this->sums = sums;
    steps = b.ceilDiv(b.dim(input, 1), width);
    Value rows = b.mul(steps, llvm::alignTo(copiedTokens, tileTokens));
    copy = b.scratch(b.getI8Type(), {rows, b.index(width)});
  }

  void tearDown() override { b.free(copy); }

  void begin(Value token, Value tokens) override {
    numTokens = tokens;
    b.loop(b.index(0), tokens, 1, [&](Value m) {
      b.loop(b.index(0), b.dim(input, 1), width, [&](Value column) {
        Value count = b.min(b.sub(b.dim(input, 1), column), b.index(width));
        Value x = b.load(input, {b.add(token, m), column}, kWidth, count);
        b.store(x, copy, {rowOf(column, m), b.index(0)},
                width == kWidth ? Value() : b.index(width));
      });
    });
  }

  void multiply(Value column, Value count) override {
    Value begin = b.index(0);
    for (int64_t tiles = mostTiles(); tiles > 0; tiles /= 2) {
      int64_t tile = tiles * tileTokens;
      Value rest = b.sub(numTokens, begin);
      // Tokens behind the last one are computed and not used.
      Value number =
          tiles == 1 ? b.ceilDiv(rest, tile) : b.floorDiv(rest, tile);
      Value end = b.add(begin, b.mul(number, tile));
      b.loop(begin, end, tile,
             [&](Value m) { multiplyTokens(tiles, m, column, count); });
      begin = end;
    }
  }

private:
  static constexpr int64_t kMostTokens = 16;
  static constexpr int64_t kFewestCopied = 64, kMostCopied = 384;
  /// What digits and the tokens that meet them may take of the caches.
  static constexpr int64_t kFirstCache = 34 * 1024;
  static constexpr int64_t kSecondCache = 1280 * 1024;
  /// Of a row of a tile.
  static constexpr int64_t kWidth = 64;

  /// Columns of a step: those of a tile, or fewer so that none is in two
  /// groups.
  static int64_t getWidth(BitLinearOp op) {
    int64_t size = op.getGroupSize().value_or(kWidth), width = kWidth;
    while (size % width != 0)
      width -= 4;
    return width;
  }

  /// Tiles of tokens that are multiplied together: four tiles of sums.
  int64_t mostTiles() const { return std::max<int64_t>(4 / panel.blocks, 1); }

  /// The row of `copy` that has the step at `column` of a token: tiles follow
  /// each other as they are read.
  Value rowOf(Value column, Value m) {
    Value tile = b.mul(b.floorDiv(m, tileTokens), steps);
    tile = b.add(tile, b.floorDiv(column, width));
    return b.add(b.mul(tile, tileTokens), b.rem(m, tileTokens));
  }

  Value load(Value buffer, Value row, Value column, int64_t rows,
             int64_t columns) {
    auto type = amx::TileType::get({rows, columns}, elementOf(buffer));
    return amx::TileLoadOp::create(b, type, buffer, Values{row, column});
  }

  void multiplyTokens(int64_t tiles, Value m, Value column, Value count) {
    Value begin = b.index(0);
    Value number = b.ceilDiv(count, width);
    // Straight code of some steps, as tiles cannot go from round to round.
    for (int64_t unroll : getUnrolls()) {
      Value rounds = b.floorDiv(b.sub(number, begin), unroll);
      Value end = b.add(begin, b.mul(rounds, unroll));
      b.loop(begin, end, unroll, [&](Value step) {
        multiplySteps(unroll, tiles, m, column, step);
      });
      begin = end;
    }
  }

  /// The numbers of steps of straight code, falling: all of a part, those of
  /// the last part, one.
  SmallVector<int64_t> getUnrolls() {
    SmallVector<int64_t> result{columns() / width};
    int64_t extent = cast<ShapedType>(input.getType()).getShape()[1];
    int64_t last = ShapedType::isDynamic(extent)
                       ? result[0] / 2
                       : llvm::divideCeil(extent, width) % result[0];
    for (int64_t steps : {last, int64_t(1)})
      if (steps > 0 && steps < result.back())
        result.push_back(steps);
    return result;
  }

  void multiplySteps(int64_t steps, int64_t tiles, Value m, Value column,
                     Value firstStep) {
    int64_t blocks = panel.blocks;
    auto at = [&](int64_t t, int64_t block) {
      return Values{b.add(m, t * tileTokens), b.index(block * panel.lanes)};
    };
    Values accs;
    for (int64_t t = 0; t < tiles; ++t)
      for (int64_t block = 0; block < blocks; ++block) {
        Values to = at(t, block);
        accs.push_back(load(sums, to[0], to[1], tileTokens, panel.lanes));
      }
    for (int64_t s = 0; s < steps; ++s) {
      Value k = b.mul(b.add(firstStep, s), width);
      Values xs;
      for (int64_t t = 0; t < tiles; ++t) {
        Value row = rowOf(b.add(column, k), b.add(m, t * tileTokens));
        xs.push_back(load(copy, row, b.index(0), tileTokens, width));
      }
      for (int64_t block = 0; block < blocks; ++block) {
        Value tile =
            load(digits, b.floorDiv(k, 4), b.index(block * panel.vectorBytes()),
                 width / 4, panel.vectorBytes());
        for (int64_t t = 0; t < tiles; ++t) {
          Value &acc = accs[t * blocks + block];
          acc = amx::TileMulIOp::create(b, acc.getType(), xs[t], tile, acc,
                                        /*isZextLhs=*/false,
                                        /*isZextRhs=*/true);
        }
      }
    }
    for (int64_t t = 0; t < tiles; ++t)
      for (int64_t block = 0; block < blocks; ++block)
        amx::TileStoreOp::create(b, sums, at(t, block),
                                 accs[t * blocks + block]);
  }

  KernelBuilder &b;
  PanelShape panel;
  Value input;
  /// Columns of a step, tokens of a tile, tokens that are copied.
  int64_t width, tileTokens, copiedTokens;
  Value steps, digits, sums, copy, numTokens;
};

} // namespace

std::unique_ptr<TokenProduct>
ternary::createTileProduct(KernelBuilder &builder, BitLinearOp op,
                           const PanelShape &panel, Value input) {
  return std::make_unique<TileProduct>(builder, op, panel, input);
}
