//===- Recode.h - Bytes of one packing as bytes of another ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Digits go from byte to byte through tables of 64 entries, without becoming
// trits in between. That takes an instruction set that looks up 64 bytes at
// once.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_RECODE_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_RECODE_H

#include "KernelBuilder.h"

#include "ternary/IR/Panel.h"

namespace ternary {

/// Trits that `recodeFields` takes at once: whole bytes on both sides.
constexpr int64_t kRecodedTrits = 160;

/// Whether `recodeFields` takes bytes of `from` to bytes of `to`.
bool canRecodeFields(mlir::Operation *op, const DigitRuns &from,
                     const DigitRuns &to);
/// Bytes of four fields of two bits become bytes of five digits of base 3: the
/// first 40 of 64 become 32.
mlir::Value recodeFields(KernelBuilder &b, const DigitRuns &from,
                         const DigitRuns &to, mlir::Value bytes);

/// Rows of flattened digits of base 3 become rows of the words that panels of
/// base 3 hold: four bytes of 20 columns of a row.
class WordRecoder {
public:
  static bool takes(mlir::Operation *op, const DigitRuns &from,
                    const PanelShape &to);

  WordRecoder(KernelBuilder &b, const DigitRuns &runs) : b(b), runs(runs) {}

  /// Before and behind all rows.
  void setUp();
  void tearDown() { b.free(tables); }

  /// Bytes that are no part of a row.
  int64_t padding() const { return 121; }

  /// A row whose trits begin at digit `phase` of byte `first` of `memref`:
  /// `count` bytes of it, whole words, go to `buffer` from `to` on. `ahead`
  /// more bytes will be read next.
  void recodeRow(mlir::Value memref, mlir::Value first, mlir::Value phase,
                 mlir::Value count, int64_t ahead, mlir::Value buffer,
                 mlir::Value to);

private:
  int64_t codeOf(int64_t byte, int64_t digit) const;
  void storeTable(int64_t place, llvm::function_ref<int64_t(int64_t)> entry);
  mlir::Value lookUp(llvm::ArrayRef<mlir::Value> tables, mlir::Value bytes);
  mlir::Value toWords(mlir::Value front, mlir::Value back);
  mlir::Value weigh(mlir::Value codes, int64_t digit);

  KernelBuilder &b;
  DigitRuns runs;
  mlir::Value tables;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_RECODE_H
