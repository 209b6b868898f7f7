//===- FewTokens.cpp - Products of a few tokens with panels ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Tokens whose sums fit the registers share one pass over the weights:
//
//   for each panel of rows
//     for each component
//       for each block of columns: each digit once, a dot per token and digit
//       finish, scale, add
//     activation scale, bias, store
//
//===----------------------------------------------------------------------===//

#include "Gemm.h"
#include "Kernel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

/// Values of tokens and blocks of rows are `[token][block]`.
class FewTokens {
public:
  FewTokens(KernelBuilder &b, BitLinearOp op, const PanelShape &panel,
            Value input, Value out)
      : b(b), op(op), panel(panel), input(input), out(out),
        integerResult(elementOf(out).isInteger(32)),
        numTokens(cast<ShapedType>(input.getType()).getShape()[0]),
        numBlocks(hasFewRegisters(op)
                      ? 1
                      : std::min(panel.blocks, kMostSums / numTokens)) {
    while (panel.blocks % numBlocks != 0)
      --numBlocks;
  }

  /// Whether sums of two blocks of rows at least fit the registers.
  static bool takes(BitLinearOp op, int64_t tokens) {
    return hasFewRegisters(op) ? tokens <= 4 : 2 * tokens <= kMostSums;
  }

  void run() {
    columns = b.dim(input, 1);
    rows = b.dim(out, 1);
    Values offsets;
    for (int64_t m = 0; m < numTokens; ++m) {
      Value sum = sumActivations(b, input, b.index(m), b.index(0), columns);
      offsets.push_back(b.broadcast(sum, panel.lanes));
    }
    b.loop(b.index(0), b.dim(op.getWeights()[0], 0), 1, [&](Value p) {
      panelIndex = p;
      b.loop(b.index(0), b.index(panel.blocks), numBlocks, [&](Value block) {
        firstBlock = block;
        firstRow = b.add(b.mul(p, panel.rows()), b.mul(block, panel.lanes));
        store(total(offsets));
      });
    });
  }

private:
  static constexpr int64_t kMostSums = 24;

  VectorType lanes(Type type) { return VectorType::get(panel.lanes, type); }

  Value rowOf(int64_t block) { return b.add(firstRow, block * panel.lanes); }

  /// All components, added up: f32, or i32 for an i32 result.
  Values total(ValueRange offsets) {
    Values totals;
    for (auto [c, weight] : llvm::enumerate(op.getWeights())) {
      Value scale = op.getScales().empty() ? Value() : op.getScales()[c];
      Values sums = multiply(weight);
      for (int64_t i = 0; i < int64_t(sums.size()); ++i) {
        Value y = DotFinishOp::create(b, lanes(b.getI32Type()), sums[i],
                                      offsets[i / numBlocks], panel.radix,
                                      /*offset=*/1, /*digit=*/IntegerAttr());
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
    Values sums(numTokens * numBlocks, b.zero(lanes(b.getI32Type())));
    Value full = b.floorDiv(columns, panel.columns());
    Value last = b.ceilDiv(columns, panel.columns());
    sums = b.loop(b.index(0), full, 1, sums, [&](Value kb, ValueRange old) {
      return step(weight, kb, /*isFull=*/true, old);
    });
    return b.loop(full, last, 1, sums, [&](Value kb, ValueRange old) {
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
        Value x = b.load(input, {b.index(m), k}, 4,
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
      Value token = b.index(m);
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
  int64_t numTokens;
  /// Blocks of rows that are computed at once.
  int64_t numBlocks;
  // Extents, and the place that is being computed.
  Value columns, rows, panelIndex, firstBlock, firstRow;
};

} // namespace

bool ternary::isForFewTokens(BitLinearOp op, Value input) {
  int64_t tokens = cast<ShapedType>(input.getType()).getShape()[0];
  if (ShapedType::isDynamic(tokens) || tokens < 2 || op.getGroupSize())
    return false;
  // Tiles of AMX take fewer than 16 tokens in nearly the time of 16.
  if (hasTiles(op))
    return tokens <= 3;
  return FewTokens::takes(op, tokens);
}

void ternary::buildFewTokens(KernelBuilder &builder, BitLinearOp op,
                             const PanelShape &panel, Value input, Value out) {
  FewTokens(builder, op, panel, input, out).run();
}
