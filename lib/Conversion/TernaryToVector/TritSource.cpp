//===- TritSource.cpp - Trits that kernels move ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "TritSource.h"

#include "Rounding.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

bool Matrix::hasNoGaps() const {
  return cast<MemRefType>(memref.getType()).getLayout().isIdentity();
}

bool Matrix::isKnown() const {
  if (!isContiguousInRows(memref))
    return false;
  // Panels are runs of blocks, whose vectors hold 16 rows.
  if (panel)
    return hasNoGaps() && panel->lanes == 16 && panel->words <= 5;
  return runs || !isPacked;
}

bool Matrix::isFlat(int64_t columns) const {
  if (!hasNoGaps() || panel)
    return false;
  bool wholeBytes =
      !ShapedType::isDynamic(columns) && (!runs || columns % runs->digits == 0);
  return runs ? runs->flat || wholeBytes : true;
}

void Matrix::flatten(KernelBuilder &b) {
  auto type = cast<MemRefType>(memref.getType());
  if (runs)
    runs->flat = true;
  if (type.getRank() == 1)
    return;
  SmallVector<ReassociationIndices> all{{0, 1}};
  memref = memref::CollapseShapeOp::create(b, memref, all);
  if (!runs)
    memref = asMatrix(b, memref);
}

void TritSource::open(int64_t rows, int64_t width) {
  this->width = width;
  if (matrix.panel || words || isConverted()) {
    stride = width + kByteLanes;
    buffer = b.scratch(b.getI8Type(), {b.index(rows * stride + kByteLanes)});
  } else {
    buffer = weight.scratch(b.index(rows), b.index(width));
  }
}

void TritSource::close() {
  if (buffer)
    b.free(buffer);
}

Rows TritSource::get(const Tile &tile) {
  if (!matrix.panel && !words && !isConverted())
    return weight.decodeTile(tile.row, tile.rows, tile.column, tile.width,
                             buffer);
  if (matrix.panel)
    decodePanels(tile);
  else if (words)
    recodeWords(tile);
  else
    convert(tile);
  KernelBuilder &b = this->b;
  int64_t stride = this->stride;
  return {buffer, {}, [&b, stride](Value row) { return b.mul(row, stride); }};
}

void TritSource::convert(const Tile &tile) {
  b.loop(b.index(0), tile.rows, 1, [&](Value row) {
    Value begin = b.mul(row, stride);
    b.chunks(b.index(0), tile.width, kByteLanes, [&](Value k, Value count) {
      Values at{b.add(tile.row, row), b.add(tile.column, k)};
      Value x = b.load(matrix.memref, at, kByteLanes, count);
      b.store(toTritBytes(b, x, takeSigns), buffer, {b.add(begin, k)});
    });
  });
}

void TritSource::recodeWords(const Tile &tile) {
  int64_t digits = matrix.runs->digits;
  b.loop(b.index(0), tile.rows, 1, [&](Value row) {
    Value element = b.mul(b.add(tile.row, row), columns);
    Value first = b.add(b.floorDiv(element, digits), tile.column);
    words->recodeRow(matrix.memref, first, b.rem(element, digits), tile.width,
                     width, buffer, b.mul(row, stride));
  });
}

void TritSource::decodePanels(const Tile &tile) {
  const PanelShape &panel = *matrix.panel;
  int64_t step = panelStep(panel);
  Value p = b.floorDiv(tile.row, panel.rows());
  Value v = b.floorDiv(b.rem(tile.row, panel.rows()), panel.lanes);
  Value lastBlock = b.sub(b.dim(matrix.memref, 1), b.index(1));
  b.loop(b.index(0), tile.width, step, [&](Value k) {
    Value first = b.floorDiv(b.add(tile.column, k), panel.columns());
    Values vectors;
    int64_t vectorsOfBlock = panel.digitsAreRows ? panel.vectors() : 1;
    for (int64_t c = 0; c < step / panel.columns(); ++c) {
      Value block = b.min(b.add(first, c), lastBlock);
      Value behind = b.add(block, width / panel.columns());
      for (int64_t i = 0; i < vectorsOfBlock; ++i) {
        Value at = b.add(v, i);
        b.prefetch(matrix.memref, {p, behind, at, b.index(0)}, kByteLanes);
        vectors.push_back(
            b.load(matrix.memref, {p, block, at, b.index(0)}, kByteLanes));
      }
    }
    // Lanes behind a step are overwritten by the next one.
    decodePanel(b, panel, vectors, [&](int64_t row, Value trits) {
      b.store(trits, buffer, {b.add(k, stride * row)});
    });
  });
}
