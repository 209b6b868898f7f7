//===- PackingCost.h - Which panels are fastest -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_PACKINGCOST_H
#define TERNARY_LIB_TRANSFORMS_PACKINGCOST_H

#include "ternary/IR/Ternary.h"

#include <string>

namespace ternary {

/// Tokens of a call, kDynamic if they are open or too many to count.
int64_t countTokens(BitLinearOp op);

/// What the choice of a layer's panels depends on. Extents may be dynamic.
struct LayerFacts {
  llvm::StringRef isa;
  int64_t rows, columns, tokens;
  bool floatActivations;
  std::optional<int64_t> groupSize;
  /// Bytes of the weights of the whole module in 2-bit panels, and how many
  /// bytes stay in the cache between two calls.
  int64_t moduleBytes, cacheBytes;
};

struct PanelChoice {
  PackingAttrInterface packing;
  /// Bytes of one component, or nothing where an extent is dynamic.
  std::optional<int64_t> bytes;
  std::string reason;
};

/// The panels in which a call takes least time. docs/packings.md states the
/// model.
PanelChoice choosePanels(mlir::MLIRContext *context, const LayerFacts &layer);

/// The same for GPUs.
PanelChoice chooseTiles(mlir::MLIRContext *context, const LayerFacts &layer);

/// What a call is expected to wait for: `memory`, `decode` (what takes weights
/// apart, in the cache or slower than they come) or `products`.
llvm::StringRef getBound(PackingAttrInterface packing, const LayerFacts &layer);

/// Bytes of static trits `[rows, columns]`, or nothing.
std::optional<int64_t> getPackedBytes(PackingAttrInterface packing,
                                      int64_t rows, int64_t columns);

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_PACKINGCOST_H
