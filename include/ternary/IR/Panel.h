//===- Panel.h - Execution packings that kernels read -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_PANEL_H
#define TERNARY_IR_PANEL_H

#include "ternary/IR/Ternary.h"

namespace ternary {

/// A packing of the shape `[N/rows][K/columns][vectors][lanes * 4]` bytes of
/// codes trit + 1. Rows of a panel are `blocks` of `lanes` rows, columns
/// `words` of four. Byte `4 l + j` of a vector has row `l` of its blocks and
/// column `j` of its words. Either
///
/// * a vector is a block of rows, and its digits are words (`cpu_panel2`): it
///   meets the same activations in each lane; or
/// * a vector is a word, and its digits are blocks of rows (`cpu_rows2`): all
///   of its digits meet the same activations.
struct PanelShape {
  int64_t radix;
  int64_t blocks;
  int64_t words;
  int64_t lanes;
  bool digitsAreRows;

  int64_t digits() const { return digitsAreRows ? blocks : words; }
  int64_t vectors() const { return digitsAreRows ? words : blocks; }
  int64_t rows() const { return blocks * lanes; }
  int64_t columns() const { return words * 4; }
  /// Of a vector.
  int64_t vectorBytes() const { return lanes * 4; }
  /// Of a block of columns of a panel.
  int64_t bytes() const { return vectors() * vectorBytes(); }

  /// Where a word of a block of rows lies.
  struct Place {
    int64_t vector, digit;
  };
  Place find(int64_t block, int64_t word) const {
    return digitsAreRows ? Place{word, block} : Place{block, word};
  }
  /// What lies there.
  struct Part {
    int64_t block, word;
  };
  Part at(int64_t vector, int64_t digit) const {
    return digitsAreRows ? Part{digit, vector} : Part{vector, digit};
  }
};

/// The panel that a packing describes, if it is one.
std::optional<PanelShape> getPanelShape(PackingAttrInterface packing);

/// A packing whose consecutive trits are consecutive digits of consecutive
/// bytes: those of each row (bytes `[N, ceil(K/D)]`, such as `chimera`), or of
/// the flattened matrix (bytes `[ceil(N K/D)]`, such as `base3`).
struct DigitRuns {
  int64_t radix;
  int64_t digits;
  bool flat;
  /// The first trit of a byte is its most significant digit.
  bool msbFirst;
  /// The trit that each code reads as.
  llvm::SmallVector<int64_t, 4> trits;
  /// The codes of -1, 0 and +1.
  llvm::SmallVector<int64_t, 3> codes;
  /// The trit behind the last one, up to a whole byte.
  int64_t pad;
};

/// The runs that a packing describes, if it does.
std::optional<DigitRuns> getDigitRuns(PackingAttrInterface packing);

/// The number of rows that share the first axis of the bytes, if rows can be
/// cut there: a tile of that many rows is a slice of the bytes. 1 for trits
/// (null).
std::optional<int64_t> getRowBlock(PackingAttrInterface packing);

} // namespace ternary

#endif // TERNARY_IR_PANEL_H
