//===- Import.h - .safetensors checkpoints to IR ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TARGET_SAFETENSORS_IMPORT_H
#define TERNARY_TARGET_SAFETENSORS_IMPORT_H

#include "ternary/Target/Weights/Weights.h"

#include <functional>

namespace ternary {

struct SafetensorsImportOptions {
  /// Emit the unpacked f32 network instead: the same layers with f32 weights
  /// `trit * scale` as `linalg.matmul` and no activation quantization.
  bool denseF32 = false;
  /// For files of weights.
  WeightsImportOptions weights;
  /// Called before each layer with the number of layers done and of all.
  std::function<void(size_t done, size_t total)> progress;
};

/// Imports a .safetensors file. One whose metadata state the format
/// `ternary-mlp` (docs/checkpoints.md), and any with `denseF32`, is a network:
/// a module with one function
///
///   func.func @forward(%x: tensor<?xKxf32>) -> tensor<?xOutxf32>
///
/// that computes, for each layer, rms_norm, quantize_activation and bitlinear
/// on unpacked trits, with the activation function between layers. Weights are
/// dense resources that point into the mapped file, which lives as long as
/// `context` needs it. Loads the dialects it uses.
///
/// Any other file is a module of weights (Target/Weights/Weights.h,
/// docs/model-files.md): bytes of U8 that Hugging Face's BitNet or our export
/// has packed, trits of I8 beside a scale, and values as they are.
///
/// Emits an error at the file and returns null where the file cannot be read,
/// is no such checkpoint, or holds a weight that is not -1, 0 or +1 or, in a
/// network, a float that is not finite.
mlir::OwningOpRef<mlir::ModuleOp>
importSafetensors(llvm::StringRef path, mlir::MLIRContext *context,
                  const SafetensorsImportOptions &options = {});

} // namespace ternary

#endif // TERNARY_TARGET_SAFETENSORS_IMPORT_H
