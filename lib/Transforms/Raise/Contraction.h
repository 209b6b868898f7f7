//===- Contraction.h - Linear layers in linalg ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_RAISE_CONTRACTION_H
#define TERNARY_LIB_TRANSFORMS_RAISE_CONTRACTION_H

#include "Activations.h"
#include "ConstantEvaluator.h"
#include "TernaryWeight.h"

#include "mlir/IR/PatternMatch.h"

namespace ternary {

/// A sum of products, as a layer: one factor is the activations, the other one
/// the weights. Loops are numbers of iterators.
struct LinearLayer {
  mlir::linalg::LinalgOp op;
  /// The activations, and the value that they were widened from, which holds
  /// the same numbers.
  mlir::OpOperand *input;
  mlir::Value narrow;
  /// Ops between `narrow` and the input that only move elements, first the one
  /// next to the input.
  llvm::SmallVector<mlir::Operation *> moves;
  /// Where `narrow` is integers times a factor per token: what multiplies them.
  std::optional<Dequantization> dequantization;
  /// The weights, computed in the body.
  mlir::Value weight;
  /// Tokens and rows in the order of the output, columns in that of the input.
  llvm::SmallVector<unsigned> tokens, rows, columns;
  /// Of each dimension of the input and of the output, its loop.
  llvm::SmallVector<unsigned> inputLoops, outputLoops;

  /// Of the activations that `bitlinear` gets.
  mlir::Type getActivationType() const;
  mlir::Value getInit() const {
    return mlir::linalg::LinalgOp(op).getDpsInits()[0];
  }
  /// The product of the extents of loops, which are static.
  int64_t countExtents(llvm::ArrayRef<unsigned> loops) const;
};

/// Whether the op sums up products of two elements.
bool isSumOfProducts(mlir::linalg::LinalgOp op);

/// Reads a sum of products as a layer with constant weights; nothing, with the
/// reason, if it is none that `bitlinear` computes.
std::optional<LinearLayer> matchLinearLayer(mlir::linalg::LinalgOp op,
                                            ConstantEvaluator &evaluator,
                                            std::string &reason);

/// Looks behind casts that widen the activations. Done again when other layers
/// have changed.
void findNarrow(LinearLayer &layer);

/// Whether `bitlinear` gives what the layer gives with these weights; else
/// fails with the reason.
llvm::LogicalResult checkTypes(const LinearLayer &layer,
                               const TernaryWeight &weight,
                               std::string &reason);

/// Puts a `bitlinear` and what it takes to keep the type of the output in front
/// of the op, and returns the new output.
mlir::Value buildLinearLayer(mlir::RewriterBase &rewriter, LinearLayer &layer,
                             const TernaryWeight &weight);

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_RAISE_CONTRACTION_H
