//===- Import.h - GGUF files to IR ------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TARGET_GGUF_IMPORT_H
#define TERNARY_TARGET_GGUF_IMPORT_H

#include "ternary/Target/Weights/Weights.h"

namespace ternary {

/// Imports the tensors of a GGUF file as a module of weights
/// (Target/Weights/Weights.h), its metadata as `ternary.metadata`. Constants
/// point into the mapped file, which lives as long as `context` needs it.
/// Matrices of TQ1_0, TQ2_0, Q2_0 and I2_S keep their bytes; floats and
/// integers are tensors of their type. Remarks say which layout of I2_S and
/// Q2_0 was read.
///
/// Emits an error at the file and returns null where the file cannot be read
/// or holds a tensor of another type that `options` do not leave out.
mlir::OwningOpRef<mlir::ModuleOp>
importGGUF(llvm::StringRef path, mlir::MLIRContext *context,
           const WeightsImportOptions &options = {});

} // namespace ternary

#endif // TERNARY_TARGET_GGUF_IMPORT_H
