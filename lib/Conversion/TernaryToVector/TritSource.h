//===- TritSource.h - Trits that kernels move -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_TRITSOURCE_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_TRITSOURCE_H

#include "Recode.h"
#include "Weights.h"

namespace ternary {

/// Trits or bytes in a memref, and what they are.
struct Matrix {
  mlir::Value memref;
  std::optional<DigitRuns> runs;
  std::optional<PanelShape> panel;

  Matrix(mlir::Value memref, PackingAttrInterface packing)
      : memref(memref), runs(getDigitRuns(packing)),
        panel(getPanelShape(packing)), isPacked(bool(packing)) {}

  /// Whether there are kernels for it.
  bool isKnown() const;
  /// Whether the trits of all rows follow each other without a gap.
  bool isFlat(int64_t columns) const;
  /// The same as one long row.
  void flatten(KernelBuilder &b);

private:
  bool hasNoGaps() const;

  bool isPacked;
};

/// A part of a matrix.
struct Tile {
  mlir::Value row, rows, column, width;
};

/// Where trits come from, by tiles.
class TritSource {
public:
  /// With `words` tiles are bytes: words of panels, one row after the other.
  TritSource(KernelBuilder &b, Matrix matrix, mlir::Value columns,
             bool takeSigns, WordRecoder *words = nullptr)
      : b(b), matrix(matrix), takeSigns(takeSigns), words(words),
        columns(columns), weight(b, matrix.memref, matrix.runs, columns) {}

  /// Whether tiles are parts of the matrix itself.
  bool isInPlace() const {
    return !matrix.panel && !matrix.runs && !isConverted();
  }

  /// Before and behind tiles of at most this size, on one thread.
  void open(int64_t rows, int64_t width);
  void close();

  /// The trits of a tile. Those of panels are whole panels.
  Rows get(const Tile &tile);

private:
  /// Whether what is loaded becomes a trit by being encoded.
  bool isConverted() const {
    return takeSigns || !elementOf(matrix.memref).isInteger(8);
  }
  void convert(const Tile &tile);
  void recodeWords(const Tile &tile);
  void decodePanels(const Tile &tile);

  KernelBuilder &b;
  Matrix matrix;
  bool takeSigns;
  WordRecoder *words;
  mlir::Value columns;
  Weight weight;
  mlir::Value buffer;
  /// Elements of a row of a tile, and from one row to the next in the buffer.
  int64_t width = 0, stride = 0;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_TRITSOURCE_H
