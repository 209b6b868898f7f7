//===- FloatToken.cpp - One token of floats, by tables --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Four bits of a panel are the codes of two columns of a row. A register holds
// the 16 sums that they may stand for, and a look-up of 16 rows takes the place
// of two conversions and two multiplications:
//
//   a table for each pair of columns
//   for each two panels of rows, which share what is read of the tables
//     for each component
//       for each block of columns, each pair: look up 16 rows, add
//       scale, add
//     activation scale, bias, round, store
//
// A look-up sees the lowest bits of a word. To get at the first pair of a byte,
// the word is loaded from there on: loads are free where shifts are not. What
// the other lanes have of the bytes behind it is not looked at.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

class FloatToken {
public:
  FloatToken(KernelBuilder &b, BitLinearOp op, const PanelShape &panel,
             Value input, Value out)
      : b(b), op(op), panel(panel), input(input), out(out),
        vector(VectorType::get(kLanes, b.getF32Type())),
        wordType(VectorType::get(kLanes, b.getI32Type())) {}

  static bool takes(BitLinearOp op, const PanelShape &panel) {
    TargetAttr target = getTarget(op);
    return target && target.getIsa().starts_with("avx512") &&
           panel.radix == 4 && !panel.digitsAreRows && panel.words == kDigits &&
           panel.lanes == kLanes && !op.getGroupSize() &&
           llvm::all_of(op.getWeights(), [](Value weight) {
             return memref::CollapseShapeOp::isGuaranteedCollapsible(
                 cast<MemRefType>(weight.getType()), getRowAxes());
           });
  }

  void run() {
    columns = b.dim(input, 1);
    rows = b.dim(out, 1);
    Value numBlocks = b.ceilDiv(columns, panel.columns());
    tables =
        b.scratch(b.getF32Type(), {b.mul(numBlocks, kPairs), b.index(kLanes)});
    b.loop(b.index(0), numBlocks, 1, [&](Value kb) { fillTables(kb); });
    Value panels = b.dim(op.getWeights()[0], 0);
    Value pairs = b.mul(b.floorDiv(panels, 2), 2);
    forPanels(b.index(0), pairs, 2, numBlocks);
    forPanels(pairs, panels, 1, numBlocks);
    b.free(tables);
  }

private:
  static constexpr int64_t kLanes = 16, kDigits = 4;
  /// Pairs of columns in a block.
  static constexpr int64_t kPairs = 8;

  /// `count` panels at once.
  void forPanels(Value begin, Value end, int64_t count, Value numBlocks) {
    rowBlocks = count * panel.blocks;
    b.loop(begin, end, count, [&](Value p) {
      panelIndex = p;
      firstRow = b.mul(p, panel.rows());
      store(total(numBlocks));
    });
  }

  /// The axes of a matrix whose rows are the bytes of panels.
  static SmallVector<ReassociationIndices> getRowAxes() {
    return {{0}, {1, 2, 3}};
  }

  /// The trits of the first or the second code, for each four bits.
  Value trits(bool isSecond) {
    SmallVector<float> values;
    for (int64_t bits = 0; bits < kLanes; ++bits)
      values.push_back(float(isSecond ? bits / 4 : bits % 4) - 1);
    return arith::ConstantOp::create(
        b, DenseElementsAttr::get(vector, ArrayRef(values)));
  }

  /// Pair 2 j + h of a block is the digits 2 h and 2 h + 1 of byte j: columns
  /// 8 h + j and four behind it.
  void fillTables(Value kb) {
    Value k = b.mul(kb, panel.columns());
    Value x = b.load(input, {b.index(0), k}, kLanes, b.sub(columns, k));
    x = b.cast(x, b.getF32Type());
    auto column = [&](int64_t i) {
      return b.shuffle(x, SmallVector<int64_t>(kLanes, i));
    };
    for (int64_t j = 0; j < 4; ++j)
      for (int64_t h = 0; h < 2; ++h) {
        Value second = b.mulf(trits(true), column(8 * h + 4 + j));
        Value sums =
            vector::FMAOp::create(b, trits(false), column(8 * h + j), second);
        Value row = b.add(b.mul(kb, kPairs), 2 * j + h);
        b.store(sums, tables, {row, b.index(0)});
      }
  }

  /// A vector of sums per block of rows, all components added up.
  Values total(Value numBlocks) {
    Values totals;
    for (auto [c, weight] : llvm::enumerate(op.getWeights())) {
      Value scale = op.getScales().empty() ? Value() : op.getScales()[c];
      // Two sums per block, so that additions do not wait for each other.
      Values sums(2 * rowBlocks, b.zero(vector));
      // Bytes behind the last block need not exist.
      Value last = b.sub(numBlocks, b.min(numBlocks, b.index(1)));
      Value bytes = memref::CollapseShapeOp::create(b, weight, getRowAxes());
      sums = b.loop(b.index(0), last, 1, sums, [&](Value kb, ValueRange old) {
        return step(bytes, kb, /*isLast=*/false, old);
      });
      sums = b.loop(last, numBlocks, 1, sums, [&](Value kb, ValueRange old) {
        return step(bytes, kb, /*isLast=*/true, old);
      });
      for (int64_t block = 0; block < rowBlocks; ++block) {
        Value y = b.addf(sums[2 * block], sums[2 * block + 1]);
        if (scale)
          y = b.mulf(y, loadRowScales(b, scale, rowOf(block), rows, kLanes));
        if (c == 0)
          totals.push_back(y);
        else
          totals[block] = b.addf(totals[block], y);
      }
    }
    return totals;
  }

  Value rowOf(int64_t block) { return b.add(firstRow, block * kLanes); }

  Values step(Value bytes, Value kb, bool isLast, ValueRange old) {
    Values words(rowBlocks), next(old);
    // Where a byte of a block of rows lies.
    auto at = [&](int64_t block, int64_t byte) -> Values {
      byte += block % panel.blocks * panel.vectorBytes();
      return {b.add(panelIndex, block / panel.blocks),
              b.add(b.mul(kb, panel.bytes()), byte)};
    };
    for (int64_t block = 0; block < rowBlocks; ++block)
      prefetchPanel(b, panel, bytes, at(block, 0));
    for (int64_t pair = 0; pair < kPairs; ++pair) {
      Value row = b.add(b.mul(kb, kPairs), pair);
      Value table = b.load(tables, {row, b.index(0)}, kLanes);
      for (auto [block, word] : llvm::enumerate(words)) {
        bool isFirst = pair % 2 == 0;
        if (pair == 0 || (isFirst && !isLast)) {
          word = b.load(bytes, at(block, pair / 2), panel.vectorBytes());
          word = vector::BitCastOp::create(b, wordType, word);
        } else {
          word =
              arith::ShRUIOp::create(b, word, b.constant(wordType, int64_t(4)));
        }
        Value &sum = next[2 * block + pair % 2];
        sum = b.addf(sum, LookUpOp::create(b, table, word));
      }
    }
    return next;
  }

  void store(ValueRange totals) {
    Value token = b.index(0);
    Value factor = loadActivationScale(b, op, token, kLanes);
    for (auto [block, y] : llvm::enumerate(totals)) {
      Value n = rowOf(block);
      storeOutput(b, op, y, factor, out, token, n, b.sub(rows, n));
    }
  }

  KernelBuilder &b;
  BitLinearOp op;
  PanelShape panel;
  Value input, out;
  VectorType vector, wordType;
  Value tables;
  /// Blocks of rows that are computed at once.
  int64_t rowBlocks;
  // Extents, and the place that is being computed.
  Value columns, rows, panelIndex, firstRow;
};

} // namespace

bool ternary::isForTables(BitLinearOp op, const PanelShape &panel) {
  return FloatToken::takes(op, panel);
}

void ternary::buildFloatToken(KernelBuilder &builder, BitLinearOp op,
                              const PanelShape &panel, Value input, Value out) {
  FloatToken(builder, op, panel, input, out).run();
}
