//===- GroupScales.cpp - Scales of groups for panels ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GroupScales.h"

#include "Kernel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Interleaving the first with the second half of the rows, once for each bit
/// of their number, transposes a square.
Values ternary::transpose(KernelBuilder &b, Values rows) {
  int64_t size = rows.size();
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < size / 2; ++i) {
    low.append({i, size + i});
    high.append({size / 2 + i, size + size / 2 + i});
  }
  for (int64_t bit = 1; bit < size; bit *= 2) {
    Values next;
    for (int64_t i = 0; i < size / 2; ++i)
      for (ArrayRef<int64_t> half : {ArrayRef(low), ArrayRef(high)})
        next.push_back(
            vector::ShuffleOp::create(b, rows[i], rows[i + size / 2], half));
    rows = next;
  }
  return rows;
}

GroupScales::GroupScales(KernelBuilder &b, ValueRange scales, int64_t panelRows,
                         int64_t rows)
    : b(b), panelRows(panelRows), rows(rows) {
  if (llvm::any_of(scales, [&](Value scale) {
        return isGrouped(scale) && !isInPanels(scale);
      }))
    buffer = b.scratch(b.getF32Type(), {b.index(kGroups), b.index(rows)});
}

void GroupScales::finish() {
  if (buffer)
    b.free(buffer);
}

bool GroupScales::isInPanels(Value scale) {
  auto type = cast<ShapedType>(scale.getType());
  return type.getRank() == 3 && type.getShape().back() % panelRows == 0;
}

void GroupScales::select(Value scale, Value group, Value count, Value row,
                         Value numRows) {
  this->scale = scale;
  firstGroup = group;
  firstRow = row;
  if (isInPanels(scale))
    return;
  if (rankOf(scale) == 3)
    return fill(count, numRows);
  b.ifElse(
      b.compare(arith::CmpIPredicate::eq, count, b.index(kGroups)),
      [&] { fillTransposed(numRows); }, [&] { fill(count, numRows); });
}

void GroupScales::fill(Value count, Value numRows) {
  Value last = b.sub(numRows, b.index(1));
  b.loop(b.index(0), b.index(rows), 1, [&](Value i) {
    Value n = b.min(b.add(firstRow, i), last);
    b.loop(b.index(0), count, 1, [&](Value g) {
      Values at = scaleIndex(b, scale, n, b.add(firstGroup, g));
      b.store(toScale(b, b.load(scale, at)), buffer, {g, i});
    });
  });
}

void GroupScales::fillTransposed(Value numRows) {
  Value last = b.sub(numRows, b.index(1));
  b.loop(b.index(0), b.index(rows), kGroups, [&](Value first) {
    Values square;
    for (int64_t i = 0; i < kGroups; ++i) {
      Value n = b.add(b.add(firstRow, first), i);
      b.prefetch(scale, {b.add(n, panelRows), firstGroup}, 1);
      square.push_back(
          toScale(b, b.load(scale, {b.min(n, last), firstGroup}, kGroups)));
    }
    for (auto [i, scales] : llvm::enumerate(transpose(b, square)))
      b.store(scales, buffer, {b.index(i), first});
  });
}

Value GroupScales::get(Value group, int64_t row, int64_t ahead) {
  if (!isInPanels(scale))
    return b.load(buffer, {group, b.index(row)}, kGroups);
  Values at =
      scaleIndex(b, scale, b.add(firstRow, row), b.add(firstGroup, group));
  Values later(at);
  later[1] = b.add(at[1], ahead);
  b.prefetch(scale, later, 1);
  return toScale(b, b.load(scale, at, kGroups));
}
