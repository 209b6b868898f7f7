//===- Digits.h - Trits and bytes in registers ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_DIGITS_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_DIGITS_H

#include "KernelBuilder.h"

#include "ternary/IR/Panel.h"

namespace ternary {

/// Bytes, or trits, that are converted at once.
constexpr int64_t kByteLanes = 64;

/// The trits of 64 bytes of a run in order, as vectors of 64.
KernelBuilder::Values decodeRun(KernelBuilder &b, const DigitRuns &runs,
                                mlir::Value bytes);

/// How many bytes `encodeRun` makes: whole ones of the first of 64 trits.
int64_t encodedBytes(const DigitRuns &runs);
/// 16 bytes, of which the first `encodedBytes` are those of 64 elements. What
/// is no trit counts as 0; lanes from `count` on (null for none) hold padding.
mlir::Value encodeRun(KernelBuilder &b, const DigitRuns &runs,
                      mlir::Value trits, mlir::Value count);

/// Columns of a panel that are converted at once, of 64 that are loaded.
int64_t panelStep(const PanelShape &panel);
/// Blocks of 16 rows that share vectors: all of a panel where digits are rows.
inline int64_t sharedBlocks(const PanelShape &panel) {
  return panel.digitsAreRows ? panel.blocks : 1;
}
/// Such blocks of rows, as vectors of 64 trits, become the vectors of a panel
/// that hold a step of columns, in the order of their columns. What is no trit
/// counts as 0.
KernelBuilder::Values encodePanel(KernelBuilder &b, const PanelShape &panel,
                                  KernelBuilder::Values rows);
/// And back: `put` gets the number of each row and its trits, when they are
/// known, since the registers do not hold those of all rows.
void decodePanel(KernelBuilder &b, const PanelShape &panel,
                 mlir::ValueRange vectors,
                 llvm::function_ref<void(int64_t, mlir::Value)> put);

/// Four neighbouring bytes of a row stay together: rows and columns of a square
/// of 16 x 16 such words are exchanged.
KernelBuilder::Values transposeWords(KernelBuilder &b,
                                     KernelBuilder::Values rows);

/// Whether the bytes of rows become those of panels without becoming trits:
/// four fields of two bits in both, and zero bytes mean trits 0.
bool areFieldsOfPanel(const DigitRuns &runs, const PanelShape &panel);
/// All fields of two bits of words (of i32, or vectors of it): field i becomes
/// `codes[i]`.
mlir::Value translateFields(KernelBuilder &b, mlir::Value words,
                            llvm::ArrayRef<int64_t> codes);
/// Field i of byte j of each word, of i32, becomes field j of byte i.
mlir::Value transposeFields(KernelBuilder &b, mlir::Value words);
/// Fields of even numbers become the lower half of each word, of i32.
mlir::Value separateFields(KernelBuilder &b, mlir::Value words);
/// For trits that codes read as, the codes of these trits in another packing;
/// what is no trit counts as 0.
llvm::SmallVector<int64_t> codesOfCodes(llvm::ArrayRef<int64_t> meanings,
                                        llvm::ArrayRef<int64_t> codes);
/// 64 bytes of 16 rows become 16 vectors of such a panel.
KernelBuilder::Values exchangeFields(KernelBuilder &b, const DigitRuns &runs,
                                     KernelBuilder::Values rows);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_DIGITS_H
