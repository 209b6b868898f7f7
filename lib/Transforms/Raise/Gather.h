//===- Gather.h - Embeddings in linalg --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_RAISE_GATHER_H
#define TERNARY_LIB_TRANSFORMS_RAISE_GATHER_H

#include "TernaryWeight.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/PatternMatch.h"

namespace ternary {

/// `out[..., d] = table[ids[...], d]`.
struct Gather {
  mlir::linalg::LinalgOp op;
  mlir::OpOperand *ids;
  mlir::Value table;
};

/// Reads an op whose body extracts such elements; nothing for others. Its
/// assertions, which bound the indices, do not count.
std::optional<Gather> matchGather(mlir::linalg::LinalgOp op);

/// Puts an `embedding` in front of the op, and returns the new output.
mlir::Value buildEmbedding(mlir::RewriterBase &rewriter, const Gather &gather,
                           const TernaryWeight &table);

/// Constants of the trits and of the scales, which are null if all are 1.
std::pair<mlir::Value, mlir::Value>
buildWeightConstants(mlir::ImplicitLocOpBuilder &builder,
                     const TernaryWeight &weight);

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_RAISE_GATHER_H
