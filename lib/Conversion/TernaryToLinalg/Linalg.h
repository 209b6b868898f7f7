//===- Linalg.h - Vocabulary of the reference lowering ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOLINALG_LINALG_H
#define TERNARY_LIB_CONVERSION_TERNARYTOLINALG_LINALG_H

#include "ternary/IR/Exponents.h"
#include "ternary/IR/Structured.h"
#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace ternary {

/// Emits tensor code at one place. Everything is in f32 and index unless said
/// otherwise.
class LinalgBuilder : public mlir::ImplicitLocOpBuilder {
public:
  LinalgBuilder(mlir::Operation *op, mlir::OpBuilder &builder)
      : ImplicitLocOpBuilder(op->getLoc(), builder) {}

  using Body = llvm::function_ref<mlir::Value(mlir::ValueRange)>;

  // Shapes.
  mlir::Value dim(mlir::Value tensor, int64_t axis);
  llvm::SmallVector<mlir::OpFoldResult> sizes(mlir::Value tensor);
  mlir::Value empty(llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type type);
  mlir::Value zeros(llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type type);
  /// ceil(extent / size).
  mlir::OpFoldResult ceilDiv(mlir::OpFoldResult extent, int64_t size);

  // Structured ops. `maps` has one map per input and a last one for `out`; the
  // iterators named in `reductions` are reductions, all others parallel. The
  // body gets the elements of the inputs and of `out`.
  mlir::Value generic(mlir::ValueRange inputs, mlir::Value out,
                      llvm::ArrayRef<mlir::AffineMap> maps,
                      llvm::ArrayRef<int64_t> reductions, Body body);
  /// Each element of `out` from its index alone.
  mlir::Value tabulate(mlir::Value out, Body body);
  /// Each element of `out` from the elements of `inputs` at the same index.
  mlir::Value elementwise(mlir::ValueRange inputs, mlir::Value out, Body body);
  mlir::Value load(mlir::Value tensor, mlir::ValueRange index);
  mlir::Value index(int64_t dim) {
    return mlir::linalg::IndexOp::create(*this, dim);
  }

  // Scalars.
  mlir::Value constIndex(int64_t value);
  mlir::Value constF32(double value);
  mlir::Value constInt(mlir::Type type, int64_t value);
  /// A float or signed integer of any width as f32, and back by rounding to
  /// nearest even (floats) or toward zero (integers).
  mlir::Value toF32(mlir::Value value);
  mlir::Value fromF32(mlir::Value value, mlir::Type type);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value abs(mlir::Value x);
  /// The larger one, NaN if either is.
  mlir::Value max(mlir::Value x, mlir::Value y);
  mlir::Value clamp(mlir::Value x, double low, double high);
  /// `x` where it is not NaN, else 0.
  mlir::Value nanToZero(mlir::Value x);
  /// -1, 0 or +1 as i8.
  mlir::Value signOf(mlir::Value x);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y) {
    return mlir::arith::SelectOp::create(*this, condition, x, y);
  }
  mlir::Value compare(mlir::arith::CmpFPredicate predicate, mlir::Value x,
                      mlir::Value y) {
    return mlir::arith::CmpFOp::create(*this, predicate, x, y);
  }
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value x,
                      mlir::Value y) {
    return mlir::arith::CmpIOp::create(*this, predicate, x, y);
  }
  /// The value of `then` or `otherwise`, only one of which is evaluated.
  mlir::Value ifElse(mlir::Value condition,
                     llvm::function_ref<mlir::Value()> then,
                     llvm::function_ref<mlir::Value()> otherwise);

  // Maps over `numDims` iterators.
  mlir::AffineMap map(int64_t numDims, llvm::ArrayRef<mlir::AffineExpr> exprs);
  mlir::AffineExpr d(int64_t dim) { return getAffineDimExpr(dim); }
  llvm::SmallVector<mlir::AffineExpr> dims(int64_t first, int64_t count);

  // Trits.
  /// The trit at (n, k) of a weight of logical shape `shape`.
  mlir::Value tritAt(mlir::Value weight, PackingAttrInterface packing,
                     mlir::ValueRange shape, mlir::Value n, mlir::Value k);
  /// The i8 tensor `[N, K]` of a weight: itself, or decoded.
  mlir::Value trits(mlir::Value weight, PackingAttrInterface packing,
                    llvm::ArrayRef<mlir::OpFoldResult> shape);
  /// Writes trits, read through `loadTrit`, into the bytes `out`.
  mlir::Value encode(mlir::Value out, PackingAttrInterface packing,
                     llvm::ArrayRef<mlir::OpFoldResult> shape,
                     mlir::Value scales, Body loadTrit);
  /// Scales as f32: themselves, or powers of two.
  mlir::Value floatScales(mlir::Value scales);
  /// The scale of element (n, k), by loading.
  mlir::Value scaleAt(mlir::Value scales, mlir::Value n, mlir::Value k,
                      int64_t groupSize);
  llvm::SmallVector<mlir::Value>
  values(llvm::ArrayRef<mlir::OpFoldResult> sizes);
};

/// A pattern on the tensor form of an op: `lower` returns its results.
template <typename OpTy>
using LowerFn = llvm::SmallVector<mlir::Value> (*)(OpTy, LinalgBuilder &);

template <typename OpTy>
class LowerTensorOp : public mlir::OpRewritePattern<OpTy> {
public:
  LowerTensorOp(mlir::MLIRContext *context, LowerFn<OpTy> lower)
      : mlir::OpRewritePattern<OpTy>(context), lower(lower) {}

  llvm::LogicalResult
  matchAndRewrite(OpTy op, mlir::PatternRewriter &rewriter) const override {
    if (!op.hasPureTensorSemantics())
      return rewriter.notifyMatchFailure(op, "not on tensors");
    LinalgBuilder builder(op, rewriter);
    rewriter.replaceOp(op, lower(op, builder));
    return llvm::success();
  }

private:
  LowerFn<OpTy> lower;
};

/// The decomposition interface of a composite op, for transforms that ask ops
/// to take themselves apart.
template <typename OpTy, LowerFn<OpTy> lower>
struct DecomposeModel : mlir::linalg::AggregatedOpInterface::ExternalModel<
                            DecomposeModel<OpTy, lower>, OpTy> {
  mlir::FailureOr<llvm::SmallVector<mlir::Value>>
  decomposeOperation(mlir::Operation *op, mlir::OpBuilder &builder) const {
    auto composite = llvm::cast<OpTy>(op);
    if (!composite.hasPureTensorSemantics())
      return mlir::failure();
    LinalgBuilder b(op, builder);
    return lower(composite, b);
  }
};

// One file per family.
void populateStorageToLinalg(mlir::RewritePatternSet &patterns);
void populateQuantizeToLinalg(mlir::RewritePatternSet &patterns);
void populateInferToLinalg(mlir::RewritePatternSet &patterns);
void populateUpdateToLinalg(mlir::RewritePatternSet &patterns);
void populateTrainToLinalg(mlir::RewritePatternSet &patterns);
void populateStateToLinalg(mlir::RewritePatternSet &patterns);

void attachQuantizeDecompositions(mlir::MLIRContext *context);
void attachInferDecompositions(mlir::MLIRContext *context);
void attachUpdateDecompositions(mlir::MLIRContext *context);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOLINALG_LINALG_H
