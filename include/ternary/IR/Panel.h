//===- Panel.h - Execution packings that kernels read -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_PANEL_H
#define TERNARY_IR_PANEL_H

#include "ternary/IR/Ternary.h"

namespace ternary {

/// A packing of the shape `[N/rows][K/columns][blocks][lanes * 4]` bytes, such
/// as `cpu_panel2`: byte `4 l + j` of a block holds, as digit i, the code
/// trit + 1 of row `lanes * block + l` and column `4 i + j`. A vector of bytes
/// then meets the same four activations in each lane.
struct PanelShape {
  int64_t radix;
  int64_t digits;
  int64_t blocks;
  int64_t lanes;

  int64_t rows() const { return blocks * lanes; }
  int64_t columns() const { return digits * 4; }
  int64_t blockBytes() const { return lanes * 4; }
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
