//===- Linalg.cpp - Vocabulary of the reference lowering ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Linalg.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ternary;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

Value LinalgBuilder::dim(Value tensor, int64_t axis) {
  return createOrFold<tensor::DimOp>(tensor, axis);
}

SmallVector<OpFoldResult> LinalgBuilder::sizes(Value tensor) {
  return tensor::getMixedSizes(*this, getLoc(), tensor);
}

SmallVector<Value> LinalgBuilder::values(ArrayRef<OpFoldResult> sizes) {
  return getValueOrCreateConstantIndexOp(*this, getLoc(), sizes);
}

Value LinalgBuilder::empty(ArrayRef<OpFoldResult> sizes, Type type) {
  return tensor::EmptyOp::create(*this, sizes, type);
}

Value LinalgBuilder::zeros(ArrayRef<OpFoldResult> sizes, Type type) {
  Value zero = arith::ConstantOp::create(*this, getZeroAttr(type));
  return linalg::FillOp::create(*this, zero, empty(sizes, type)).getResult(0);
}

OpFoldResult LinalgBuilder::ceilDiv(OpFoldResult extent, int64_t size) {
  if (std::optional<int64_t> known = getConstantIntValue(extent))
    return getIndexAttr(getNumGroups(*known, size));
  Value value = cast<Value>(extent);
  Value sum = arith::AddIOp::create(*this, value, constIndex(size - 1));
  return getAsOpFoldResult(
      arith::DivUIOp::create(*this, sum, constIndex(size)).getResult());
}

//===----------------------------------------------------------------------===//
// Structured ops
//===----------------------------------------------------------------------===//

Value LinalgBuilder::generic(ValueRange inputs, Value out,
                             ArrayRef<AffineMap> maps,
                             ArrayRef<int64_t> reductions, Body body) {
  return buildGeneric(*this, inputs, out, maps, reductions, body);
}

Value LinalgBuilder::tabulate(Value out, Body body) {
  int64_t rank = rankOf(out);
  return generic({}, out, {getMultiDimIdentityMap(rank)}, {}, [&](ValueRange) {
    SmallVector<Value> at;
    for (int64_t i = 0; i < rank; ++i)
      at.push_back(index(i));
    return body(at);
  });
}

Value LinalgBuilder::elementwise(ValueRange inputs, Value out, Body body) {
  SmallVector<AffineMap> maps(inputs.size() + 1,
                              getMultiDimIdentityMap(rankOf(out)));
  return generic(inputs, out, maps, {}, body);
}

Value LinalgBuilder::load(Value tensor, ValueRange index) {
  return tensor::ExtractOp::create(*this, tensor, index);
}

AffineMap LinalgBuilder::map(int64_t numDims, ArrayRef<AffineExpr> exprs) {
  return AffineMap::get(numDims, 0, exprs, getContext());
}

SmallVector<AffineExpr> LinalgBuilder::dims(int64_t first, int64_t count) {
  SmallVector<AffineExpr> exprs;
  for (int64_t i = 0; i < count; ++i)
    exprs.push_back(d(first + i));
  return exprs;
}

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

Value LinalgBuilder::constIndex(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}

Value LinalgBuilder::constF32(double value) {
  return arith::ConstantOp::create(*this, getF32FloatAttr(value));
}

Value LinalgBuilder::constInt(Type type, int64_t value) {
  return arith::ConstantOp::create(*this, getIntegerAttr(type, value));
}

Value LinalgBuilder::toF32(Value value) {
  Type f32 = getF32Type();
  if (value.getType() == f32)
    return value;
  if (isa<FloatType>(value.getType()))
    return arith::ExtFOp::create(*this, f32, value);
  return arith::SIToFPOp::create(*this, f32, value);
}

Value LinalgBuilder::fromF32(Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (isa<FloatType>(type))
    return arith::TruncFOp::create(*this, type, value);
  return arith::FPToSIOp::create(*this, type, value);
}

Value LinalgBuilder::add(Value x, Value y) {
  if (isa<FloatType>(x.getType()))
    return arith::AddFOp::create(*this, x, y);
  return arith::AddIOp::create(*this, x, y);
}

Value LinalgBuilder::mul(Value x, Value y) {
  if (isa<FloatType>(x.getType()))
    return arith::MulFOp::create(*this, x, y);
  return arith::MulIOp::create(*this, x, y);
}

Value LinalgBuilder::abs(Value x) { return math::AbsFOp::create(*this, x); }

Value LinalgBuilder::max(Value x, Value y) {
  return arith::MaximumFOp::create(*this, x, y);
}

Value LinalgBuilder::clamp(Value x, double low, double high) {
  Value bounded = arith::MaximumFOp::create(*this, x, constF32(low));
  return arith::MinimumFOp::create(*this, bounded, constF32(high));
}

Value LinalgBuilder::nanToZero(Value x) {
  Value isNaN = compare(arith::CmpFPredicate::UNO, x, x);
  return select(isNaN, constF32(0.0), x);
}

Value LinalgBuilder::signOf(Value x) {
  Type i8 = getI8Type();
  Value positive, negative;
  if (isa<FloatType>(x.getType())) {
    Value zero = arith::ConstantOp::create(*this, getZeroAttr(x.getType()));
    positive = compare(arith::CmpFPredicate::OGT, x, zero);
    negative = compare(arith::CmpFPredicate::OLT, x, zero);
  } else {
    Value zero = constInt(x.getType(), 0);
    positive = compare(arith::CmpIPredicate::sgt, x, zero);
    negative = compare(arith::CmpIPredicate::slt, x, zero);
  }
  Value lower = select(negative, constInt(i8, -1), constInt(i8, 0));
  return select(positive, constInt(i8, 1), lower);
}

Value LinalgBuilder::ifElse(Value condition, function_ref<Value()> then,
                            function_ref<Value()> otherwise) {
  auto build = [this](function_ref<Value()> value) {
    return [this, value](OpBuilder &nested, Location) {
      OpBuilder::InsertionGuard guard(*this);
      setInsertionPointToEnd(nested.getInsertionBlock());
      Value result = value();
      scf::YieldOp::create(*this, result);
    };
  };
  return scf::IfOp::create(*this, condition, build(then), build(otherwise))
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Trits
//===----------------------------------------------------------------------===//

Value LinalgBuilder::tritAt(Value weight, PackingAttrInterface packing,
                            ValueRange shape, Value n, Value k) {
  if (!packing)
    return load(weight, {n, k});
  return packing.buildDecode(*this, {n, k}, shape, [&](ValueRange index) {
    return load(weight, index);
  });
}

Value LinalgBuilder::trits(Value weight, PackingAttrInterface packing,
                           ArrayRef<OpFoldResult> shape) {
  if (!packing)
    return weight;
  SmallVector<Value> extents = values(shape);
  return tabulate(empty(shape, getI8Type()), [&](ValueRange at) {
    return tritAt(weight, packing, extents, at[0], at[1]);
  });
}

Value LinalgBuilder::encode(Value out, PackingAttrInterface packing,
                            ArrayRef<OpFoldResult> shape, Value scales,
                            Body loadTrit) {
  SmallVector<Value> extents = values(shape);
  return tabulate(out, [&](ValueRange at) {
    return packing.buildEncode(
        *this, at, extents, loadTrit,
        [&](ValueRange index) { return load(scales, index); });
  });
}

Value LinalgBuilder::floatScales(Value scales) {
  if (!elementOf(scales).isInteger(8))
    return scales;
  return elementwise(scales, empty(sizes(scales), getF32Type()),
                     [&](ValueRange e) { return toScale(*this, e[0]); });
}

Value LinalgBuilder::scaleAt(Value scales, Value n, Value k,
                             int64_t groupSize) {
  SmallVector<Value> index;
  if (rankOf(scales) > 0)
    index.push_back(n);
  if (rankOf(scales) > 1)
    index.push_back(arith::DivUIOp::create(*this, k, constIndex(groupSize)));
  return load(scales, index);
}
