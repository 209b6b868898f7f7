//===- Layers.h - The layers of a module, one by one ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_TERNARY_TUNE_LAYERS_H
#define TERNARY_TOOLS_TERNARY_TUNE_LAYERS_H

#include "ternary/Transforms/TuningFile.h"

#include "mlir/IR/BuiltinOps.h"

namespace ternary::tune {

/// A layer that decisions can be measured for.
struct Layer {
  LayerKey key;
  BitLinearOp op;
  /// Bytes of its weights in 2-bit digits.
  int64_t bytes;
};

/// The layers of a module with a target, each kind once; those with an open
/// extent are left out, with a warning.
std::vector<Layer> findLayers(mlir::ModuleOp module);

/// A module with the function `layer`, which computes the op from its operands,
/// of which all but the activations and their scales are constant.
mlir::OwningOpRef<mlir::ModuleOp> isolate(BitLinearOp op);

/// The packings that kernels for CPUs read.
std::vector<PackingAttrInterface> getPackings(mlir::MLIRContext *context);

} // namespace ternary::tune

#endif // TERNARY_TOOLS_TERNARY_TUNE_LAYERS_H
