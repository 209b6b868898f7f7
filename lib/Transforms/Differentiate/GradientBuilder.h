//===- GradientBuilder.h - Vocabulary of the reverse rules ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_DIFFERENTIATE_GRADIENTBUILDER_H
#define TERNARY_LIB_TRANSFORMS_DIFFERENTIATE_GRADIENTBUILDER_H

#include "ternary/Transforms/Gradient.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

namespace ternary {

/// Emits IR at one place.
class GradientBuilder : public mlir::ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;
  using Body = llvm::function_ref<mlir::Value(mlir::ValueRange)>;

  // Scalars.
  /// A float constant of the type of `like`.
  mlir::Value constant(mlir::Value like, double value);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value neg(mlir::Value x);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);
  mlir::Value compare(mlir::arith::CmpFPredicate predicate, mlir::Value x,
                      mlir::Value y);
  /// `x` where `|w| <= 1` (clamp), clamped itself (legacy), or as it is.
  mlir::Value straightThrough(STEVariant variant, mlir::Value w, mlir::Value x);
  /// A float as a float of another width.
  mlir::Value convert(mlir::Value x, mlir::Type type);

  // Tensors.
  llvm::SmallVector<mlir::OpFoldResult> sizes(mlir::Value tensor);
  mlir::Value empty(llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type type);
  mlir::Value emptyLike(mlir::Value tensor, mlir::Type type);
  mlir::Value filled(llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type type,
                     double value);
  /// A zero scalar, or a tensor of zeros, of this value's shape and type.
  mlir::Value zerosLike(mlir::Value value);
  /// The type of `tensor`, with dimensions that `type` knows better.
  mlir::Value castTo(mlir::Value tensor, mlir::Type type);
  /// A tensor of floats with other elements; itself if it has them.
  mlir::Value convertTensor(mlir::Value tensor, mlir::Type element);
  /// Leading axes merged to one, which is made for a tensor of rank 1.
  mlir::Value toMatrix(mlir::Value tensor);
  /// The same for a tensor `[...]` that becomes `[M]`.
  mlir::Value toVector(mlir::Value tensor);

  /// A `linalg.generic` with one result. `maps` has one map per input and a
  /// last one for `out`; the iterators in `reductions` are reductions. The body
  /// gets the elements of the inputs and of `out`.
  mlir::Value generic(mlir::ValueRange inputs, mlir::Value out,
                      llvm::ArrayRef<mlir::AffineMap> maps,
                      const llvm::SmallBitVector &reductions, Body body);
  mlir::Value elementwise(mlir::ValueRange inputs, mlir::Value out, Body body);
  mlir::AffineMap map(int64_t numDims, llvm::ArrayRef<mlir::AffineExpr> exprs) {
    return mlir::AffineMap::get(numDims, 0, exprs, getContext());
  }
  /// How a scale of rank 0, 1 or 2 is read at (d0, d1).
  mlir::AffineMap scaleMap(int64_t rank, std::optional<int64_t> groupSize);

  // Weights.
  /// The f32 gradient `[N, K]`, all contributions added. Fails at a gradient
  /// of which only the sign is known, on behalf of `op`.
  mlir::FailureOr<mlir::Value> denseGradient(mlir::Operation *op,
                                             const Cotangents::Weights &uses);
  mlir::Value denseGradient(const WeightGradient &use);
  /// The i8 sign `[N, K]`.
  mlir::Value signOf(const WeightGradient &use);
  /// The gradient to a scale (rank 0, `[N]` or `[N, G]`) of weights `[N, K]`:
  /// the sum of gradient times trit over what it scales.
  mlir::Value scaleGradient(mlir::Value dense, mlir::Value weight,
                            PackingAttrInterface packing, mlir::Value scales,
                            std::optional<int64_t> groupSize);
};

/// A rule as a function on its op.
template <typename OpTy>
using GradientRule = llvm::LogicalResult (*)(OpTy, Cotangents &,
                                             GradientBuilder &);

/// A gradient passes through the first `numResults` results.
template <typename OpTy, GradientRule<OpTy> rule, unsigned numResults = ~0u>
struct GradientModel
    : GradientOpInterface::ExternalModel<GradientModel<OpTy, rule, numResults>,
                                         OpTy> {
  llvm::LogicalResult addCotangents(mlir::Operation *op, Cotangents &cotangents,
                                    mlir::OpBuilder &builder) const {
    GradientBuilder b(op->getLoc(), builder);
    return rule(llvm::cast<OpTy>(op), cotangents, b);
  }
  bool carriesGradient(mlir::Operation *, unsigned result) const {
    return result < numResults;
  }
};

/// An op whose results are constants to the gradient, straight-through rules
/// being what replaces the rest.
template <typename OpTy>
struct ConstantModel
    : GradientOpInterface::ExternalModel<ConstantModel<OpTy>, OpTy> {
  llvm::LogicalResult addCotangents(mlir::Operation *, Cotangents &,
                                    mlir::OpBuilder &) const {
    return llvm::success();
  }
  bool carriesGradient(mlir::Operation *, unsigned) const { return false; }
};

/// The one rule of all ops that are elementwise or structured: from the
/// cotangents of `results`, those of the operands of `op`, which computes them.
llvm::LogicalResult reverseStructured(mlir::linalg::GenericOp op,
                                      mlir::ValueRange results,
                                      Cotangents &cotangents,
                                      GradientBuilder &b);

/// `value` before casts.
mlir::Value stripCasts(mlir::Value value);

// One file per family.
void attachScalarGradients(mlir::DialectRegistry &registry);
void attachTensorGradients(mlir::DialectRegistry &registry);
void attachLayerGradients(mlir::DialectRegistry &registry);
void attachQuantizerGradients(mlir::DialectRegistry &registry);

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_DIFFERENTIATE_GRADIENTBUILDER_H
