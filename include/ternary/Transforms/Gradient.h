//===- Gradient.h - Cotangents and reverse rules ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// What `ternary-differentiate` and the reverse rules of ops share. A compiler
// that embeds the pass includes this to give rules to its own ops.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TRANSFORMS_GRADIENT_H
#define TERNARY_TRANSFORMS_GRADIENT_H

#include "ternary/IR/Ternary.h"

#include "mlir/IR/OpDefinition.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace ternary {

/// What one use contributes to the gradient of a ternary weight: the gradient
/// to the scaled weights `[N, K]`, which stand for the float weights.
struct WeightGradient {
  /// The op that used the weight.
  mlir::Operation *user;
  /// One of three: the gradient is `grad^T activations`, with shapes `[..., N]`
  /// and `[..., K]`; or `dense`, f32 `[N, K]`; or only its `sign` is known.
  mlir::Value grad, activations, dense, sign;
  /// The weight in the forward pass: bytes in `packing`, or trits.
  mlir::Value weight;
  PackingAttrInterface packing;
  llvm::SmallVector<mlir::OpFoldResult> shape;
};

/// The cotangents of the values of one block, while it is walked in reverse.
///
/// A float has a cotangent of its own type. The integers of a quantized
/// activation have that of the floats they stand for, an f32 tensor of the same
/// shape. Ternary weights, packed or not, have a list of WeightGradients.
class Cotangents {
public:
  /// `ste` is the rule of roundings that state none.
  explicit Cotangents(STEVariant ste = STEVariant::Identity) : ste(ste) {}

  /// Marks `roots`, and what depends on them in `block`, as active.
  void activate(mlir::Block &block, mlir::ValueRange roots);
  bool isActive(mlir::Value value) const { return active.contains(value); }

  /// The sum of what was added for `value`; null if that is nothing.
  mlir::Value lookup(mlir::Value value) const { return values.lookup(value); }

  /// Adds to the cotangent of `value`, if it is active; `make` is called only
  /// then.
  void add(mlir::ImplicitLocOpBuilder &builder, mlir::Value value,
           llvm::function_ref<mlir::Value()> make);

  using Weights = llvm::SmallVector<WeightGradient, 1>;
  /// Adds to the gradient of a weight, if it is active.
  void addWeight(mlir::Value weight, WeightGradient gradient);
  /// Hands over what was added for a weight: each rule of an op whose result is
  /// a weight must take it.
  Weights takeWeight(mlir::Value weight);
  bool hasWeight(mlir::Value weight) const { return weights.contains(weight); }

  /// Called for gradients of weights that are arguments.
  std::function<void(mlir::BlockArgument, WeightGradient)> onArgument;

  /// The straight-through rule of a rounding op.
  STEVariant getSTE(mlir::Operation *op) const;
  STEVariant getDefaultSTE() const { return ste; }

private:
  STEVariant ste;
  llvm::DenseSet<mlir::Value> active;
  llvm::DenseMap<mlir::Value, mlir::Value> values;
  llvm::DenseMap<mlir::Value, Weights> weights;
};

/// Calls the rule of each of `ops`, the last one first, that has a cotangent.
/// Fails, with a diagnostic, at an op without a rule.
llvm::LogicalResult reverse(llvm::ArrayRef<mlir::Operation *> ops,
                            Cotangents &cotangents, mlir::OpBuilder &builder);

} // namespace ternary

#include "ternary/Transforms/GradientInterface.h.inc"

namespace ternary {

/// Rules of arith, math, linalg, tensor and of the ternary dialect.
void registerGradientExternalModels(mlir::DialectRegistry &registry);

} // namespace ternary

#endif // TERNARY_TRANSFORMS_GRADIENT_H
