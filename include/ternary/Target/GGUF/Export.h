//===- Export.h - IR to GGUF files ------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TARGET_GGUF_EXPORT_H
#define TERNARY_TARGET_GGUF_EXPORT_H

#include "ternary/Target/Weights/Weights.h"

namespace ternary {

/// Writes a module of weights (Target/Weights/Weights.h) to a GGUF file of
/// version 3; "-" is the standard output. Ternary weights become
/// `options.type`: tq1_0, tq2_0, q2_0, q2_0_128, i2_s, i2_s_64, or `keep` for
/// those that are in one of these packings already, whose bytes are written as
/// they are. A scale that the type cannot hold is rounded with a warning.
///
/// Emits errors at the weights and leaves no file behind then.
mlir::LogicalResult exportGGUF(mlir::ModuleOp module, llvm::StringRef path,
                               const WeightsExportOptions &options = {});

} // namespace ternary

#endif // TERNARY_TARGET_GGUF_EXPORT_H
