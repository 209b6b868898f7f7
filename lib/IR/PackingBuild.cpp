//===- PackingBuild.cpp - IR that reads and writes a packing --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "BuildUtils.h"
#include "PackingDetail.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

namespace {

/// The factors of a packing as index values at one logical shape.
class FactorValues {
public:
  FactorValues(ImplicitLocOpBuilder &builder, PackingAttr packing,
               ValueRange logicalShape)
      : math(builder), packing(packing) {
    if (packing.getFlat()) {
      rowSizes = resolve(packing.getRowFactors(),
                         math.mul(logicalShape[0], logicalShape[1]));
      return;
    }
    rowSizes = resolve(packing.getRowFactors(), logicalShape[0]);
    columnSizes = resolve(packing.getColumnFactors(), logicalShape[1]);
  }

  Value size(int64_t factor) const {
    return factor < kColumnBase ? rowSizes[factor]
                                : columnSizes[factor - kColumnBase];
  }

  /// Length of the last byte axis without header and trailer.
  Value lastAxis() {
    SmallVector<SmallVector<int64_t>> axes = splitAxes(packing);
    Value length = math.constant(1);
    for (int64_t factor : axes.back())
      length = math.mul(length, size(factor));
    return length;
  }

  /// The digits of `position` in the mixed radix of n (or f).
  SmallVector<Value> splitRow(Value position) {
    return split(position, rowSizes);
  }
  SmallVector<Value> splitColumn(Value position) {
    return split(position, columnSizes);
  }

  /// The position that factor values stand for.
  Value joinRow(function_ref<Value(int64_t)> value) {
    return join(rowSizes, 0, value);
  }
  Value joinColumn(function_ref<Value(int64_t)> value) {
    return join(columnSizes, kColumnBase, value);
  }

  IndexMath math;

private:
  SmallVector<Value> resolve(ArrayRef<int64_t> factors, Value extent) {
    SmallVector<Value> sizes;
    for (int64_t factor : factors)
      sizes.push_back(factor == kStar
                          ? math.ceilDiv(extent, fixedProduct(factors))
                          : math.constant(factor));
    return sizes;
  }

  SmallVector<Value> split(Value position, ArrayRef<Value> sizes) {
    SmallVector<Value> values(sizes.size());
    Value rest = position;
    for (int64_t i = sizes.size() - 1; i > 0; --i) {
      values[i] = math.rem(rest, sizes[i]);
      rest = math.div(rest, sizes[i]);
    }
    values[0] = rest;
    return values;
  }

  Value join(ArrayRef<Value> sizes, int64_t base,
             function_ref<Value(int64_t)> value) {
    Value position = value(base);
    for (int64_t i = 1, e = sizes.size(); i < e; ++i)
      position = math.add(math.mul(position, sizes[i]), value(base + i));
    return position;
  }

  PackingAttr packing;
  SmallVector<Value> rowSizes, columnSizes;
};

/// `table[digit]`, as a chain of selects; folds for a constant digit.
Value selectByDigit(ImplicitLocOpBuilder &b, Value digit,
                    ArrayRef<int64_t> table) {
  Value result = i32Constant(b, table.front());
  for (auto [i, entry] : llvm::drop_begin(llvm::enumerate(table))) {
    Value here = b.createOrFold<arith::CmpIOp>(
        arith::CmpIPredicate::eq, digit,
        arith::ConstantIndexOp::create(b, i).getResult());
    result =
        b.createOrFold<arith::SelectOp>(here, i32Constant(b, entry), result);
  }
  return result;
}

/// `byte / weights[digit]`, of a byte in i32. What is not known is multiplied
/// by its inverse, rounded up: that is exact for bytes, and divisions are slow.
Value divideByDigit(ImplicitLocOpBuilder &b, Value byte, Value digit,
                    SmallVector<int64_t> weights) {
  if (getConstantIntValue(digit))
    return b.createOrFold<arith::DivUIOp>(byte,
                                          selectByDigit(b, digit, weights));
  constexpr int64_t kBits = 16;
  for (int64_t &weight : weights)
    weight = llvm::divideCeil(int64_t(1) << kBits, weight);
  Value product =
      b.createOrFold<arith::MulIOp>(byte, selectByDigit(b, digit, weights));
  return b.createOrFold<arith::ShRUIOp>(product, i32Constant(b, kBits));
}

/// The code in a byte (i32) at a digit: a shift where the radix allows it.
Value extractCode(ImplicitLocOpBuilder &b, PackingAttr packing, Value byte,
                  Value digit) {
  SmallVector<int64_t> weights = getDigitWeights(packing);
  int64_t radix = packing.getRadix();
  if (!llvm::isPowerOf2_64(radix)) {
    Value shifted = divideByDigit(b, byte, digit, weights);
    return b.createOrFold<arith::RemUIOp>(shifted, i32Constant(b, radix));
  }
  for (int64_t &weight : weights)
    weight = llvm::Log2_64(weight);
  Value shifted =
      b.createOrFold<arith::ShRUIOp>(byte, selectByDigit(b, digit, weights));
  return b.createOrFold<arith::AndIOp>(shifted, i32Constant(b, radix - 1));
}

/// The trit (i8) of a code (i32).
Value codeToTrit(ImplicitLocOpBuilder &b, PackingAttr packing, Value code) {
  Type i8 = b.getI8Type();
  ArrayRef<int64_t> codes = packing.getCodes();
  bool ascending = codes[1] == codes[0] + 1 && codes[2] == codes[1] + 1;
  // Where the unused codes continue the ascending line, no select is needed.
  int64_t last = packing.getRadix() - 1;
  bool linear =
      ascending && (codes[0] == 0 || codes[0] == 1) &&
      (codes[0] == 0 || packing.getUnused() == -2) &&
      (codes[2] == last || (codes[2] + 1 == last && packing.getUnused() == 2));
  if (linear) {
    Value trit = arith::SubIOp::create(b, code, i32Constant(b, codes[1]));
    return arith::TruncIOp::create(b, i8, trit);
  }
  Value trit =
      arith::ConstantIntOp::create(b, i8, packing.getUnused().value_or(0));
  for (int64_t value = -1; value <= 1; ++value) {
    Value is = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, code,
                                     i32Constant(b, getCode(packing, value)));
    trit = arith::SelectOp::create(
        b, is, arith::ConstantIntOp::create(b, i8, value), trit);
  }
  return trit;
}

/// The code (i32) of a trit (i8); what is not a trit counts as 0.
Value tritToCode(ImplicitLocOpBuilder &b, PackingAttr packing, Value trit) {
  Value code = i32Constant(b, getCode(packing, 0));
  for (int64_t value : {-1, 1}) {
    Value is = arith::CmpIOp::create(
        b, arith::CmpIPredicate::eq, trit,
        arith::ConstantIntOp::create(b, b.getI8Type(), value));
    code = arith::SelectOp::create(
        b, is, i32Constant(b, getCode(packing, value)), code);
  }
  return code;
}

} // namespace

SmallVector<OpFoldResult>
PackingAttr::reifyByteShape(OpBuilder &builder, Location loc,
                            ArrayRef<OpFoldResult> logicalShape) const {
  ImplicitLocOpBuilder b(loc, builder);
  SmallVector<Value> extents;
  for (OpFoldResult extent : logicalShape)
    extents.push_back(getValueOrCreateConstantIndexOp(b, loc, extent));
  FactorValues factors(b, *this, extents);
  SmallVector<OpFoldResult> shape;
  SmallVector<SmallVector<int64_t>> axes = splitAxes(*this);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    Value length = factors.math.constant(1);
    for (int64_t factor : axis)
      length = factors.math.mul(length, factors.size(factor));
    if (i + 1 == axes.size())
      length = factors.math.add(
          length, factors.math.constant(getHeader() + getTrailer()));
    shape.push_back(getAsOpFoldResult(length));
  }
  return shape;
}

Value PackingAttr::buildDecode(ImplicitLocOpBuilder &b, ValueRange position,
                               ValueRange logicalShape,
                               function_ref<Value(ValueRange)> loadByte) const {
  FactorValues factors(b, *this, logicalShape);
  IndexMath &math = factors.math;
  SmallVector<Value> row, column;
  if (getFlat()) {
    row = factors.splitRow(
        math.add(math.mul(position[0], logicalShape[1]), position[1]));
  } else {
    row = factors.splitRow(position[0]);
    column = factors.splitColumn(position[1]);
  }
  auto value = [&](int64_t factor) {
    return factor < kColumnBase ? row[factor] : column[factor - kColumnBase];
  };
  SmallVector<Value> index;
  for (ArrayRef<int64_t> axis : splitAxes(*this)) {
    Value at = math.constant(0);
    for (int64_t factor : axis)
      at = math.add(math.mul(at, factors.size(factor)), value(factor));
    index.push_back(at);
  }
  index.back() = math.add(index.back(), math.constant(getHeader()));
  Value byte = arith::ExtUIOp::create(b, b.getI32Type(), loadByte(index));
  return codeToTrit(b, *this, extractCode(b, *this, byte, value(getDigit())));
}

/// The byte that holds data, at factor values given by `index`.
static Value buildDataByte(ImplicitLocOpBuilder &b, PackingAttr packing,
                           FactorValues &factors, ArrayRef<Value> index,
                           ValueRange logicalShape,
                           function_ref<Value(ValueRange)> loadTrit) {
  IndexMath &math = factors.math;
  llvm::SmallDenseMap<int64_t, Value> values;
  for (auto [at, axis] : llvm::zip(index, splitAxes(packing))) {
    Value rest = at;
    for (int64_t i = axis.size() - 1; i > 0; --i) {
      values[axis[i]] = math.rem(rest, factors.size(axis[i]));
      rest = math.div(rest, factors.size(axis[i]));
    }
    if (!axis.empty())
      values[axis.front()] = rest;
  }
  auto inside = [&](Value position, Value extent) -> Value {
    return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, position,
                                         extent);
  };
  Value byte = i32Constant(b, 0);
  for (auto [digit, weight] : llvm::enumerate(getDigitWeights(packing))) {
    values[packing.getDigit()] = math.constant(digit);
    auto value = [&](int64_t factor) { return values[factor]; };
    Value row = factors.joinRow(value), column, valid;
    if (packing.getFlat()) {
      valid = inside(row, math.mul(logicalShape[0], logicalShape[1]));
    } else {
      column = factors.joinColumn(value);
      valid = b.createOrFold<arith::AndIOp>(inside(row, logicalShape[0]),
                                            inside(column, logicalShape[1]));
    }
    auto load = [&] {
      if (!packing.getFlat())
        return loadTrit({row, column});
      return loadTrit(
          {math.div(row, logicalShape[1]), math.rem(row, logicalShape[1])});
    };
    Value trit = ifElse(b, valid, load, [&]() -> Value {
      return arith::ConstantIntOp::create(b, b.getI8Type(), packing.getPad());
    });
    Value code = tritToCode(b, packing, trit);
    Value part = arith::MulIOp::create(b, code, i32Constant(b, weight));
    byte = arith::AddIOp::create(b, byte, part);
  }
  return arith::TruncIOp::create(b, b.getI8Type(), byte);
}

Value PackingAttr::buildEncode(
    ImplicitLocOpBuilder &b, ValueRange byteIndex, ValueRange logicalShape,
    function_ref<Value(ValueRange)> loadTrit,
    function_ref<Value(ValueRange)> loadScale) const {
  FactorValues factors(b, *this, logicalShape);
  IndexMath &math = factors.math;
  SmallVector<Value> index(byteIndex);
  if (getHeader() + getTrailer() == 0)
    return buildDataByte(b, *this, factors, index, logicalShape, loadTrit);

  Value length = factors.lastAxis();
  Value header = math.constant(getHeader());
  // An index below the header wraps, so one comparison finds the data.
  Value at = math.sub(index.back(), header);
  Value isData =
      b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ult, at, length);
  auto data = [&] {
    index.back() = at;
    return buildDataByte(b, *this, factors, index, logicalShape, loadTrit);
  };
  auto around = [&]() -> Value {
    Value zero = arith::ConstantIntOp::create(b, b.getI8Type(), 0);
    if (!getScaleBytes())
      return zero;
    Value start = getHeader() > 0 ? math.constant(0) : length;
    Value offset = math.sub(byteIndex.back(), start);
    return buildScaleByte(b, loadScale(byteIndex.drop_back()), getScaleBytes(),
                          offset);
  };
  return ifElse(b, isData, data, around);
}

Value PackingAttr::buildScale(ImplicitLocOpBuilder &b, ValueRange scaleIndex,
                              ValueRange logicalShape,
                              function_ref<Value(ValueRange)> loadByte) const {
  FactorValues factors(b, *this, logicalShape);
  IndexMath &math = factors.math;
  Value start = getHeader() > 0 ? math.constant(0) : factors.lastAxis();
  SmallVector<Value> bytes;
  for (int64_t i = 0; i < getScaleBytes(); ++i) {
    SmallVector<Value> index(scaleIndex);
    index.push_back(math.add(start, math.constant(i)));
    bytes.push_back(loadByte(index));
  }
  return buildScaleFromBytes(b, bytes);
}
