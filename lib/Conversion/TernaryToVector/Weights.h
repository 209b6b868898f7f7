//===- Weights.h - Weights read and written by rows -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_WEIGHTS_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_WEIGHTS_H

#include "Digits.h"

namespace ternary {

/// Where the i8 elements of some rows lie: in a memref [N, K] from row `first`
/// on, or in a buffer of rank 1 where row r begins at `begin(r)`.
struct Rows {
  mlir::Value memref;
  mlir::Value first;
  std::function<mlir::Value(mlir::Value)> begin;

  /// The rows from row `row` on.
  Rows from(KernelBuilder &b, mlir::Value row) const;
  /// The index of an element.
  KernelBuilder::Values at(KernelBuilder &b, mlir::Value row,
                           mlir::Value column) const;
};

/// A weight operand of a kernel, on a memref: trits [N, K], or digit runs.
class Weight {
public:
  /// Whether kernels can read this operand.
  static bool isReadable(mlir::Value memref, PackingAttrInterface packing);

  Weight(KernelBuilder &b, mlir::Value memref, PackingAttrInterface packing,
         mlir::Value columns)
      : Weight(b, memref, getDigitRuns(packing), columns) {}
  Weight(KernelBuilder &b, mlir::Value memref, std::optional<DigitRuns> runs,
         mlir::Value columns)
      : b(b), memref(memref), runs(runs), columns(columns) {}

  bool isPacked() const { return runs.has_value(); }

  /// What makes all trits digits of two bits if it is added, if something does.
  std::optional<int64_t> digitOffset() const;

  /// A buffer for `rows` rows of `width` columns, null if none is needed.
  mlir::Value scratch(mlir::Value rows, mlir::Value width);

  /// The trits of rows `first ..`: decoded into `buffer`, or as they are.
  Rows decode(mlir::Value first, mlir::Value rows, mlir::Value buffer);
  /// The trits of row `n` alone, as row `row` of the result.
  Rows decodeRow(mlir::Value n, mlir::Value row, mlir::Value buffer);
  /// The same for columns `column .. column + width - 1`, the first of which
  /// becomes column 0.
  Rows decodeTile(mlir::Value first, mlir::Value rows, mlir::Value column,
                  mlir::Value width, mlir::Value buffer);

  /// Rows whose bytes no other rows share.
  int64_t rowBlock() const {
    return isPacked() && runs->flat ? runs->digits : 1;
  }
  /// Writes rows that `decode` has read into `buffer` back; `first` is a
  /// multiple of `rowBlock()`, and so is `rows` but for the last ones.
  void encode(mlir::Value first, mlir::Value rows, mlir::Value buffer);

private:
  /// Trits that are decoded at once.
  int64_t chunk() const { return kByteLanes * runs->digits; }
  /// Elements from one row to the next in a buffer.
  mlir::Value stride(mlir::Value width);

  /// Trits of bytes at `prefix`, from element `first` on, to `to` of the buffer
  /// on; the first one lies `first mod D` behind it.
  void decodeRange(mlir::ValueRange prefix, mlir::Value first,
                   mlir::Value count, mlir::Value buffer, mlir::Value to);
  void encodeRange(mlir::Value buffer, mlir::Value from, mlir::Value count,
                   mlir::ValueRange prefix, mlir::Value firstByte);

  KernelBuilder &b;
  mlir::Value memref;
  std::optional<DigitRuns> runs;
  mlir::Value columns;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_WEIGHTS_H
