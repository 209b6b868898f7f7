//===- Export.h - IR to .safetensors files ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TARGET_SAFETENSORS_EXPORT_H
#define TERNARY_TARGET_SAFETENSORS_EXPORT_H

#include "ternary/Target/Weights/Weights.h"

namespace ternary {

/// Writes a module of weights (Target/Weights/Weights.h) to a .safetensors
/// file; "-" is the standard output. Ternary weights become `options.type`: a
/// preset of a packing (`hf` is that of Hugging Face), `i8` for plain trits,
/// or `keep`. Packed ones are U8 in the byte shape, and the metadata state
/// packing and shape. Scales that the bytes do not carry are F32 under the
/// name of the weight and `_scale`. A scale that is rounded is a warning, and
/// so are metadata that are no strings, which the format does not have.
///
/// Emits errors at the weights and leaves no file behind then.
mlir::LogicalResult exportSafetensors(mlir::ModuleOp module,
                                      llvm::StringRef path,
                                      const WeightsExportOptions &options = {});

} // namespace ternary

#endif // TERNARY_TARGET_SAFETENSORS_EXPORT_H
