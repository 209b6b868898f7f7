//===- Transforms.h - What the passes do, layer by layer --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// For passes and schedules of others; ternary-select-packing and ternary-tile
// say what is done.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TRANSFORMS_TRANSFORMS_H
#define TERNARY_TRANSFORMS_TRANSFORMS_H

#include "ternary/IR/Ternary.h"

namespace mlir {
class RewriterBase;
} // namespace mlir

namespace ternary {

/// How execution packings are chosen.
struct PackingSelection {
  /// Without scales, taken for every layer; null for a choice per layer.
  PackingAttrInterface packing;
  /// Bytes of weights that stay in the cache between two calls; 0: weights
  /// stream from memory.
  int64_t cacheBytes = int64_t(16) << 20;
};

/// Repacks the weights of layers on tensors. The weights of all of them
/// together decide whether they stream. Changes the ops in place, with a remark
/// for each; fails with a diagnostic at a layer whose weights do not fit.
llvm::LogicalResult selectPackings(llvm::ArrayRef<BitLinearOp> layers,
                                   const PackingSelection &selection);

/// Cuts a layer on tensors into an `scf.forall` over rows and tokens, tiles of
/// 0 being chosen from the target. Returns the loop, which has taken the place
/// of `layer`, or null where that is left as it is.
llvm::FailureOr<mlir::Operation *> tileLayer(mlir::RewriterBase &rewriter,
                                             BitLinearOp layer, int64_t rowTile,
                                             int64_t tokenTile);

} // namespace ternary

#endif // TERNARY_TRANSFORMS_TRANSFORMS_H
