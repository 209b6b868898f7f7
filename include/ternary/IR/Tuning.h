//===- Tuning.h - Decisions about one layer that were measured --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// On a `bitlinear`, by hand or from a file by `ternary-apply-tuning`:
//
//   {ternary.tuning = {packing = #ternary.packing<cpu_rows3>,
//                      row_tile = 128 : i64, token_tile = 8 : i64}}
//
// It counts where options of `ternary-select-packing` and `ternary-tile` leave
// the choice open; the latter removes it.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_TUNING_H
#define TERNARY_IR_TUNING_H

#include "ternary/IR/Ternary.h"

namespace ternary {

/// On a `bitlinear`: a dictionary of what is tuned.
constexpr llvm::StringLiteral kTuningAttrName = "ternary.tuning";

/// What is tuned; the passes choose the rest.
struct LayerTuning {
  /// Of the weights, without scales; null if it is not tuned.
  PackingAttrInterface packing;
  /// Output features and tokens of a tile of the parallel loop; 0 if they are
  /// not tuned.
  int64_t rowTile = 0, tokenTile = 0;

  /// What is stated on an op that has been verified.
  static LayerTuning get(BitLinearOp op);
  mlir::DictionaryAttr getAttr(mlir::MLIRContext *context) const;
};

/// Checks the value of the attribute on `op`.
llvm::LogicalResult verifyTuning(mlir::Operation *op, mlir::Attribute value);

} // namespace ternary

#endif // TERNARY_IR_TUNING_H
