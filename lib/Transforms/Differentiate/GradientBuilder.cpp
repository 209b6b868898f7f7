//===- GradientBuilder.cpp - Vocabulary of the reverse rules --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GradientBuilder.h"

#include "ternary/IR/Structured.h"

#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace ternary;

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Value GradientBuilder::constant(Value like, double value) {
  return arith::ConstantOp::create(*this, getFloatAttr(like.getType(), value));
}

Value GradientBuilder::add(Value x, Value y) {
  return arith::AddFOp::create(*this, x, y);
}
Value GradientBuilder::sub(Value x, Value y) {
  return arith::SubFOp::create(*this, x, y);
}
Value GradientBuilder::mul(Value x, Value y) {
  return arith::MulFOp::create(*this, x, y);
}
Value GradientBuilder::div(Value x, Value y) {
  return arith::DivFOp::create(*this, x, y);
}
Value GradientBuilder::neg(Value x) { return arith::NegFOp::create(*this, x); }

Value GradientBuilder::select(Value condition, Value x, Value y) {
  return arith::SelectOp::create(*this, condition, x, y);
}

Value GradientBuilder::compare(arith::CmpFPredicate predicate, Value x,
                               Value y) {
  return arith::CmpFOp::create(*this, predicate, x, y);
}

Value GradientBuilder::straightThrough(STEVariant variant, Value w, Value x) {
  switch (variant) {
  case STEVariant::Identity:
  case STEVariant::LSQ:
    return x;
  case STEVariant::Clamp: {
    Value inside = compare(arith::CmpFPredicate::OLE,
                           math::AbsFOp::create(*this, w), constant(w, 1.0));
    return select(inside, x, constant(x, 0.0));
  }
  case STEVariant::Legacy: {
    Value bounded = arith::MaximumFOp::create(*this, x, constant(x, -1.0));
    return arith::MinimumFOp::create(*this, bounded, constant(x, 1.0));
  }
  }
  llvm_unreachable("unknown straight-through rule");
}

Value GradientBuilder::convert(Value x, Type type) {
  unsigned from = x.getType().getIntOrFloatBitWidth();
  unsigned to = type.getIntOrFloatBitWidth();
  if (x.getType() == type)
    return x;
  // Between f16 and bf16 lies f32.
  if (from == to)
    x = arith::ExtFOp::create(*this, getF32Type(), x);
  if (from < to)
    return arith::ExtFOp::create(*this, type, x);
  return arith::TruncFOp::create(*this, type, x);
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

SmallVector<OpFoldResult> GradientBuilder::sizes(Value tensor) {
  return tensor::getMixedSizes(*this, getLoc(), tensor);
}

Value GradientBuilder::empty(ArrayRef<OpFoldResult> sizes, Type type) {
  return tensor::EmptyOp::create(*this, sizes, type);
}

Value GradientBuilder::emptyLike(Value tensor, Type type) {
  return empty(sizes(tensor), type);
}

Value GradientBuilder::filled(ArrayRef<OpFoldResult> sizes, Type type,
                              double value) {
  Value scalar = arith::ConstantOp::create(*this, getFloatAttr(type, value));
  return linalg::FillOp::create(*this, scalar, empty(sizes, type)).getResult(0);
}

Value GradientBuilder::zerosLike(Value value) {
  if (!isa<RankedTensorType>(value.getType()))
    return constant(value, 0.0);
  return filled(sizes(value), elementOf(value), 0.0);
}

Value GradientBuilder::castTo(Value tensor, Type type) {
  if (tensor.getType() == type)
    return tensor;
  return tensor::CastOp::create(*this, type, tensor);
}

Value GradientBuilder::convertTensor(Value tensor, Type element) {
  if (elementOf(tensor) == element)
    return tensor;
  return elementwise(tensor, emptyLike(tensor, element),
                     [&](ValueRange e) { return convert(e[0], element); });
}

Value GradientBuilder::toMatrix(Value tensor) {
  int64_t rank = rankOf(tensor);
  if (rank == 2)
    return tensor;
  if (rank > 2) {
    SmallVector<ReassociationIndices> axes(2);
    llvm::append_range(axes[0], llvm::seq<int64_t>(0, rank - 1));
    axes[1].push_back(rank - 1);
    return tensor::CollapseShapeOp::create(*this, tensor, axes);
  }
  SmallVector<ReassociationIndices> axes{{0, 1}};
  auto type = RankedTensorType::get(
      {1, cast<ShapedType>(tensor.getType()).getDimSize(0)}, elementOf(tensor));
  SmallVector<OpFoldResult> shape{getIndexAttr(1), sizes(tensor)[0]};
  return tensor::ExpandShapeOp::create(*this, type, tensor, axes, shape);
}

Value GradientBuilder::toVector(Value tensor) {
  int64_t rank = rankOf(tensor);
  if (rank == 1)
    return tensor;
  if (rank == 0) {
    auto type = RankedTensorType::get({1}, elementOf(tensor));
    return tensor::ExpandShapeOp::create(*this, type, tensor,
                                         ArrayRef<ReassociationIndices>(),
                                         {getIndexAttr(1)});
  }
  SmallVector<ReassociationIndices> axes(1);
  llvm::append_range(axes[0], llvm::seq<int64_t>(0, rank));
  return tensor::CollapseShapeOp::create(*this, tensor, axes);
}

Value GradientBuilder::generic(ValueRange inputs, Value out,
                               ArrayRef<AffineMap> maps,
                               const llvm::SmallBitVector &reductions,
                               Body body) {
  SmallVector<int64_t> dims(reductions.set_bits());
  return buildGeneric(*this, inputs, out, maps, dims, body);
}

Value GradientBuilder::elementwise(ValueRange inputs, Value out, Body body) {
  SmallVector<AffineMap> maps(inputs.size() + 1,
                              getMultiDimIdentityMap(rankOf(out)));
  return generic(inputs, out, maps, llvm::SmallBitVector(rankOf(out)), body);
}

AffineMap GradientBuilder::scaleMap(int64_t rank,
                                    std::optional<int64_t> groupSize) {
  return map(2, getScaleExprs(rank, getAffineDimExpr(0), getAffineDimExpr(1),
                              groupSize.value_or(1)));
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// grad^T activations: the iterators are the tokens, n and k, so that sums run
/// over ascending tokens.
static Value contract(GradientBuilder &b, const WeightGradient &use) {
  Type f32 = b.getF32Type();
  int64_t tokens = rankOf(use.grad) - 1, numDims = tokens + 2;
  SmallVector<AffineExpr> n, k;
  for (int64_t i = 0; i < tokens; ++i)
    n.push_back(b.getAffineDimExpr(i));
  k = n;
  n.push_back(b.getAffineDimExpr(tokens));
  k.push_back(b.getAffineDimExpr(tokens + 1));
  llvm::SmallBitVector reductions(numDims);
  reductions.set(0, tokens);
  return b.generic({use.grad, use.activations}, b.filled(use.shape, f32, 0.0),
                   {b.map(numDims, n), b.map(numDims, k),
                    b.map(numDims, {n.back(), k.back()})},
                   reductions, [&](ValueRange e) {
                     Value g = b.convert(e[0], f32), x = b.convert(e[1], f32);
                     return b.add(e[2], b.mul(g, x));
                   });
}

Value GradientBuilder::denseGradient(const WeightGradient &use) {
  return use.dense ? use.dense : contract(*this, use);
}

FailureOr<Value>
GradientBuilder::denseGradient(Operation *op, const Cotangents::Weights &uses) {
  if (uses.empty())
    return op->emitOpError() << "cannot be differentiated: expected its result "
                                "to be read as ternary weights";
  Value sum;
  for (const WeightGradient &use : uses) {
    if (use.sign) {
      InFlightDiagnostic error =
          op->emitOpError()
          << "cannot be differentiated: only the sign of its result's gradient "
             "is known";
      error.attachNote(use.user->getLoc()) << "from its use here";
      return error;
    }
    Value part = denseGradient(use);
    sum = sum ? linalg::AddOp::create(*this, ValueRange{sum, part},
                                      emptyLike(sum, getF32Type()))
                    .getResult(0)
              : part;
  }
  return sum;
}

Value GradientBuilder::signOf(const WeightGradient &use) {
  if (use.sign)
    return use.sign;
  Value out = empty(use.shape, getI8Type());
  if (!use.dense)
    return GradSignOp::create(
               *this, out.getType(),
               toMatrix(convertTensor(use.grad, getF32Type())),
               toMatrix(convertTensor(use.activations, getF32Type())), out)
        .getResult(0);
  return elementwise(use.dense, out, [&](ValueRange e) {
    auto trit = [&](int64_t value) -> Value {
      return arith::ConstantOp::create(*this, getI8IntegerAttr(value));
    };
    Value zero = constant(e[0], 0.0);
    Value negative = compare(arith::CmpFPredicate::OLT, e[0], zero);
    Value positive = compare(arith::CmpFPredicate::OGT, e[0], zero);
    return select(positive, trit(1), select(negative, trit(-1), trit(0)));
  });
}

Value GradientBuilder::scaleGradient(Value dense, Value weight,
                                     PackingAttrInterface packing, Value scales,
                                     std::optional<int64_t> groupSize) {
  Value trits = empty(sizes(dense), getF32Type());
  trits = DequantizeOp::create(*this, trits.getType(), weight, Value(), trits,
                               packing, IntegerAttr())
              .getResult(0);
  int64_t rank = rankOf(scales);
  AffineMap identity = getMultiDimIdentityMap(2);
  llvm::SmallBitVector reductions(2);
  reductions[0] = rank == 0;
  reductions[1] = true;
  return generic({dense, trits}, zerosLike(scales),
                 {identity, identity, scaleMap(rank, groupSize)}, reductions,
                 [&](ValueRange e) { return add(e[2], mul(e[0], e[1])); });
}

Value ternary::stripCasts(Value value) {
  while (auto cast = value ? value.getDefiningOp<tensor::CastOp>() : nullptr)
    value = cast.getSource();
  return value;
}
