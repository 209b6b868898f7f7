//===- KernelBuilder.cpp - Vocabulary of the vector kernels ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

//===----------------------------------------------------------------------===//
// Integer arithmetic
//===----------------------------------------------------------------------===//

Value KernelBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}
Value KernelBuilder::dim(Value memref, int64_t axis) {
  return createOrFold<memref::DimOp>(memref, axis);
}
Value KernelBuilder::add(Value x, Value y) {
  return createOrFold<arith::AddIOp>(x, y);
}
Value KernelBuilder::sub(Value x, Value y) {
  return createOrFold<arith::SubIOp>(x, y);
}
Value KernelBuilder::mul(Value x, Value y) {
  return createOrFold<arith::MulIOp>(x, y);
}
Value KernelBuilder::floorDiv(Value x, int64_t y) {
  return createOrFold<arith::DivUIOp>(x, index(y));
}
Value KernelBuilder::ceilDiv(Value x, int64_t y) {
  return floorDiv(add(x, y - 1), y);
}
Value KernelBuilder::rem(Value x, int64_t y) {
  return createOrFold<arith::RemUIOp>(x, index(y));
}
Value KernelBuilder::min(Value x, Value y) {
  return createOrFold<arith::MinUIOp>(x, y);
}

Values KernelBuilder::delinearize(Value row, Value memref, int64_t rank) {
  Values index(rank);
  for (int64_t axis = rank - 1; axis > 0; --axis) {
    Value extent = dim(memref, axis);
    index[axis] = createOrFold<arith::RemUIOp>(row, extent);
    row = createOrFold<arith::DivUIOp>(row, extent);
  }
  if (rank > 0)
    index[0] = row;
  return index;
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

Values KernelBuilder::loop(Value begin, Value end, int64_t step,
                           ValueRange init, ReducingBody body) {
  auto build = [&](OpBuilder &nested, Location, Value i, ValueRange values) {
    InsertionGuard guard(*this);
    setInsertionPointToEnd(nested.getInsertionBlock());
    Values next = body(i, values);
    scf::YieldOp::create(*this, next);
  };
  return Values(scf::ForOp::create(*this, begin, end, index(step), init, build)
                    .getResults());
}

void KernelBuilder::loop(Value begin, Value end, int64_t step, Body body) {
  loop(begin, end, step, {}, [&](Value i, ValueRange) {
    body(i);
    return Values();
  });
}

Values KernelBuilder::choose(Value condition, function_ref<Values()> then,
                             function_ref<Values()> otherwise) {
  if (std::optional<int64_t> known = getConstantIntValue(condition))
    return *known ? then() : otherwise();
  auto build = [this](function_ref<Values()> body) {
    return [this, body](OpBuilder &nested, Location) {
      InsertionGuard guard(*this);
      setInsertionPointToEnd(nested.getInsertionBlock());
      Values values = body();
      scf::YieldOp::create(*this, values);
    };
  };
  return Values(
      scf::IfOp::create(*this, condition, build(then), build(otherwise))
          .getResults());
}

void KernelBuilder::ifElse(Value condition, function_ref<void()> then,
                           function_ref<void()> otherwise) {
  auto nothing = [](function_ref<void()> body) {
    return [body] {
      body();
      return Values();
    };
  };
  choose(condition, nothing(then), nothing(otherwise));
}

void KernelBuilder::parallel(Value end, int64_t step, Body body) {
  if (isInParallel)
    return loop(index(0), end, step, body);
  SmallVector<OpFoldResult> begins{getIndexAttr(0)}, ends{end},
      steps{getIndexAttr(step)};
  auto forall = scf::ForallOp::create(*this, begins, ends, steps, ValueRange(),
                                      /*mapping=*/std::nullopt);
  InsertionGuard guard(*this);
  setInsertionPoint(forall.getTerminator());
  isInParallel = true;
  body(forall.getInductionVar(0));
  isInParallel = false;
}

void KernelBuilder::parallel(Value end, int64_t step, Value elements,
                             Body body) {
  constexpr int64_t kFew = 1 << 16;
  if (isInParallel)
    return loop(index(0), end, step, body);
  Value many = compare(arith::CmpIPredicate::ugt, elements, index(kFew));
  ifElse(
      many, [&] { parallel(end, step, body); },
      [&] { loop(index(0), end, step, body); });
}

void KernelBuilder::chunks(Value begin, Value end, int64_t size,
                           function_ref<void(Value, Value)> body) {
  Value whole = add(begin, mul(floorDiv(sub(end, begin), size), size));
  loop(begin, whole, size, [&](Value i) { body(i, Value()); });
  loop(whole, end, size, [&](Value i) { body(i, sub(end, i)); });
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value KernelBuilder::scratch(Type element, ValueRange sizes) {
  SmallVector<int64_t> shape(sizes.size(), ShapedType::kDynamic);
  // Vectors that are aligned do not cross cache lines.
  return memref::AllocOp::create(*this, MemRefType::get(shape, element), sizes,
                                 getI64IntegerAttr(64));
}

void KernelBuilder::free(Value buffer) {
  memref::DeallocOp::create(*this, buffer);
}

Value KernelBuilder::load(Value memref, ValueRange at) {
  return memref::LoadOp::create(*this, memref, at);
}

Value KernelBuilder::load(Value memref, ValueRange at, int64_t size,
                          Value count) {
  auto type = VectorType::get(size, elementOf(memref));
  if (!count)
    return vector::LoadOp::create(*this, type, memref, at);
  return vector::MaskedLoadOp::create(*this, type, memref, at,
                                      mask(size, count), zero(type));
}

void KernelBuilder::store(Value value, Value memref, ValueRange at,
                          Value count) {
  auto type = dyn_cast<VectorType>(value.getType());
  if (!type)
    memref::StoreOp::create(*this, value, memref, at);
  else if (!count)
    vector::StoreOp::create(*this, value, memref, at);
  else
    vector::MaskedStoreOp::create(*this, memref, at,
                                  mask(type.getNumElements(), count), value);
}

/// Zen cores fetch no faster for a request to the second cache than for one to
/// the first, and a loop out of the third cache is slower by a third with both.
bool KernelBuilder::servesSecondCache() const {
  return !target || !target.getCpu().starts_with("znver");
}

void KernelBuilder::prefetch(Value memref, ValueRange at, int64_t size,
                             int64_t cache) {
  constexpr int64_t kLine = 64;
  int64_t lanes = kLine * 8 / elementOf(memref).getIntOrFloatBitWidth();
  for (int64_t i = 0; i < size; i += lanes) {
    Values line(at);
    line.back() = add(line.back(), i);
    memref::PrefetchOp::create(*this, memref, line, /*isWrite=*/false,
                               /*localityHint=*/4 - cache,
                               /*isDataCache=*/true);
  }
}

void KernelBuilder::prefetchBehind(Value memref, ValueRange at, int64_t size) {
  constexpr int64_t kAhead = 4096;
  Values behind(at);
  behind.back() = add(behind.back(),
                      kAhead * 8 / elementOf(memref).getIntOrFloatBitWidth());
  prefetch(memref, behind, size, /*cache=*/2);
}

Value KernelBuilder::mask(int64_t size, Value count) {
  return vector::CreateMaskOp::create(*this, VectorType::get(size, getI1Type()),
                                      count);
}

//===----------------------------------------------------------------------===//
// Scalars and vectors alike
//===----------------------------------------------------------------------===//

Type ternary::withElements(Type type, Type element) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? Type(vector.clone(element)) : element;
}

Value KernelBuilder::zero(Type type) {
  return arith::ConstantOp::create(*this, type, getZeroAttr(type));
}

static Value makeConstant(KernelBuilder &b, Type type, TypedAttr element) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    element = DenseElementsAttr::get(shaped, element);
  return arith::ConstantOp::create(b, type, element);
}

Value KernelBuilder::constant(Type type, double value) {
  return makeConstant(*this, type,
                      getFloatAttr(getElementTypeOrSelf(type), value));
}

Value KernelBuilder::constant(Type type, int64_t value) {
  return makeConstant(*this, type,
                      getIntegerAttr(getElementTypeOrSelf(type), value));
}

Value KernelBuilder::broadcast(Value scalar, int64_t size) {
  return vector::BroadcastOp::create(
      *this, VectorType::get(size, scalar.getType()), scalar);
}

Value KernelBuilder::constant(Type element, ArrayRef<int64_t> lanes) {
  SmallVector<Attribute> values;
  for (int64_t lane : lanes)
    values.push_back(IntegerAttr::get(
        element, APInt(element.getIntOrFloatBitWidth(), lane,
                       /*isSigned=*/true, /*implicitTrunc=*/true)));
  auto type = VectorType::get(lanes.size(), element);
  return arith::ConstantOp::create(*this, DenseElementsAttr::get(type, values));
}

Value KernelBuilder::cast(Value x, Type element) {
  Type from = elementOf(x), to = withElements(x.getType(), element);
  if (from == element)
    return x;
  if (isa<IntegerType>(from) && isa<FloatType>(element))
    return arith::SIToFPOp::create(*this, to, x);
  if (isa<FloatType>(from) && isa<IntegerType>(element))
    return arith::FPToSIOp::create(*this, to, x);
  bool wider = from.getIntOrFloatBitWidth() < element.getIntOrFloatBitWidth();
  if (isa<FloatType>(from))
    return wider ? Value(arith::ExtFOp::create(*this, to, x))
                 : Value(arith::TruncFOp::create(*this, to, x));
  return wider ? Value(arith::ExtSIOp::create(*this, to, x))
               : Value(arith::TruncIOp::create(*this, to, x));
}

Value KernelBuilder::select(Value condition, Value x, Value y) {
  return arith::SelectOp::create(*this, condition, x, y);
}
Value KernelBuilder::compare(arith::CmpIPredicate predicate, Value x, Value y) {
  return createOrFold<arith::CmpIOp>(predicate, x, y);
}
Value KernelBuilder::compare(arith::CmpFPredicate predicate, Value x, Value y) {
  return arith::CmpFOp::create(*this, predicate, x, y);
}

Value KernelBuilder::addf(Value x, Value y) {
  return arith::AddFOp::create(*this, x, y);
}
Value KernelBuilder::mulf(Value x, Value y) {
  return arith::MulFOp::create(*this, x, y);
}

Value KernelBuilder::divf(Value x, Value y) {
  return arith::DivFOp::create(*this, x, y);
}

Value KernelBuilder::signOf(Value x) {
  Value origin = zero(x.getType()), above, below;
  Type type = x.getType();
  if (isa<FloatType>(elementOf(x))) {
    type = withElements(type, getI8Type());
    above = compare(arith::CmpFPredicate::OGT, x, origin);
    below = compare(arith::CmpFPredicate::OLT, x, origin);
  } else {
    above = compare(arith::CmpIPredicate::sgt, x, origin);
    below = compare(arith::CmpIPredicate::slt, x, origin);
  }
  Value lower = select(below, constant(type, int64_t(-1)), zero(type));
  return select(above, constant(type, int64_t(1)), lower);
}

Value KernelBuilder::dot(Value codes, Value x, Value acc, int64_t radix) {
  return DotOp::create(*this, TypeRange(acc.getType()), codes, ValueRange(x),
                       ValueRange(acc), radix)
      .getResult(0);
}

Value KernelBuilder::shuffle(Value x, ArrayRef<int64_t> lanes) {
  return vector::ShuffleOp::create(*this, x, x, lanes);
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

bool ternary::isContiguousInRows(Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  return !type || type.getRank() == 0 || type.isLastDimUnitStride();
}

bool ternary::isMatrix(Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  if (type.getRank() == 1 || type.getRank() == 2)
    return type.isLastDimUnitStride();
  return type.getRank() > 2 && type.getLayout().isIdentity();
}

Value ternary::asMatrix(KernelBuilder &b, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  int64_t rank = type.getRank();
  if (rank == 2)
    return memref;
  if (rank == 1) {
    SmallVector<ReassociationIndices> axes{{0, 1}};
    SmallVector<OpFoldResult> sizes{
        b.getIndexAttr(1), memref::getMixedSize(b, b.getLoc(), memref, 0)};
    SmallVector<int64_t> shape{1, type.getDimSize(0)};
    return memref::ExpandShapeOp::create(b, shape, memref, axes, sizes);
  }
  SmallVector<ReassociationIndices> axes(2);
  for (int64_t i = 0; i < rank; ++i)
    axes[i == rank - 1].push_back(i);
  return memref::CollapseShapeOp::create(b, memref, axes);
}
