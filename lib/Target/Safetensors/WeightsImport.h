//===- WeightsImport.h - weights of .safetensors files ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TARGET_SAFETENSORS_WEIGHTSIMPORT_H
#define TERNARY_LIB_TARGET_SAFETENSORS_WEIGHTSIMPORT_H

#include "ternary/Target/Safetensors/Reader.h"
#include "ternary/Target/Weights/Weights.h"

namespace ternary::safetensors {

/// Behind it in metadata: the name of a tensor whose value is the packing and
/// the shape, such as `#ternary.packing<hf> [30, 16]`.
constexpr llvm::StringLiteral kPackingKey = "ternary.packing/";
/// What the scales beside bytes do: `multiply` or `divide`.
constexpr llvm::StringLiteral kConventionKey = "ternary.weight_scale";
/// Behind the name of a weight: its scales.
constexpr llvm::StringLiteral kScaleSuffix = "_scale";

/// The element type of a dtype; null for those that a constant cannot hold.
mlir::Type getElementType(mlir::MLIRContext *context, DType dtype);

/// The dtype with these elements, or nothing.
std::optional<DType> findDType(mlir::Type type);

/// Whether a file of `config` (config.json of Hugging Face) divides or
/// multiplies by the weight's scale; nothing where it does not say.
std::optional<ScaleConvention> readConvention(llvm::StringRef config);

/// Imports the tensors of a file as a module of weights. Null, and errors at
/// `loc`, where that fails.
mlir::OwningOpRef<mlir::ModuleOp>
importWeights(std::shared_ptr<File> file, mlir::Location loc,
              const WeightsImportOptions &options);

} // namespace ternary::safetensors

#endif // TERNARY_LIB_TARGET_SAFETENSORS_WEIGHTSIMPORT_H
