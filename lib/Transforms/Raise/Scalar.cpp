//===- Scalar.cpp - Numbers of any element type ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Scalar.h"

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace ternary;

std::optional<ScalarFormat> ScalarFormat::get(Type type) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(type))
    return get(quantized.getStorageType());
  if (isa<IndexType>(type))
    return ScalarFormat(Kind::Integer, 64);
  if (auto integer = dyn_cast<IntegerType>(type)) {
    if (integer.getWidth() == 0 || integer.getWidth() > 64)
      return std::nullopt;
    return ScalarFormat(Kind::Integer, integer.getWidth());
  }
  if (type.isF16())
    return ScalarFormat(Kind::F16, 16);
  if (type.isBF16())
    return ScalarFormat(Kind::BF16, 16);
  if (type.isF32())
    return ScalarFormat(Kind::F32, 32);
  if (type.isF64())
    return ScalarFormat(Kind::F64, 64);
  return std::nullopt;
}

unsigned ScalarFormat::getBytes() const {
  return llvm::PowerOf2Ceil(std::max(width, 8u)) / 8;
}

static const llvm::fltSemantics &getHalfSemantics(bool isBF16) {
  return isBF16 ? APFloat::BFloat() : APFloat::IEEEhalf();
}

/// The bits of the nearest float of 16 bits.
static uint16_t toHalf(double value, bool isBF16) {
  APFloat number(value);
  bool losesInfo;
  number.convert(getHalfSemantics(isBF16), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return number.bitcastToAPInt().getZExtValue();
}

static double fromHalf(uint16_t bits, bool isBF16) {
  if (isBF16)
    return llvm::bit_cast<float>(uint32_t(bits) << 16);
  APFloat number(getHalfSemantics(isBF16), APInt(16, bits));
  bool losesInfo;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return number.convertToDouble();
}

double ScalarFormat::round(double value) const {
  switch (kind) {
  case Kind::Integer:
  case Kind::F64:
    return value;
  case Kind::F32:
    return static_cast<float>(value);
  case Kind::F16:
  case Kind::BF16:
    bool isBF16 = kind == Kind::BF16;
    return fromHalf(toHalf(value, isBF16), isBF16);
  }
  llvm_unreachable("all kinds are handled");
}

int64_t ScalarFormat::wrap(uint64_t value) const {
  return llvm::SignExtend64(value, width);
}

uint64_t ScalarFormat::toUnsigned(int64_t value) const {
  return static_cast<uint64_t>(value) & llvm::maskTrailingOnes<uint64_t>(width);
}

bool ScalarFormat::holds(double value, bool isSigned) const {
  double whole = std::trunc(value);
  if (isSigned)
    return whole >= -std::ldexp(1.0, width - 1) &&
           whole < std::ldexp(1.0, width - 1);
  return whole >= 0 && whole < std::ldexp(1.0, width);
}

template <typename T> static T readAs(const char *data, int64_t index) {
  T value;
  std::memcpy(&value, data + index * sizeof(T), sizeof(T));
  return value;
}

template <typename T> static void writeAs(char *data, int64_t index, T value) {
  std::memcpy(data + index * sizeof(T), &value, sizeof(T));
}

template <typename T>
static void loadIntegers(const char *data, int64_t index, int64_t step,
                         MutableArrayRef<Scalar> values) {
  for (Scalar &value : values) {
    value.i = readAs<T>(data, index);
    index += step;
  }
}

template <typename T>
static void loadFloats(const char *data, int64_t index, int64_t step,
                       MutableArrayRef<Scalar> values) {
  for (Scalar &value : values) {
    value.f = readAs<T>(data, index);
    index += step;
  }
}

template <typename T>
static void storeIntegers(char *data, int64_t index, int64_t step,
                          ArrayRef<Scalar> values) {
  for (Scalar value : values) {
    writeAs<T>(data, index, static_cast<T>(value.i));
    index += step;
  }
}

template <typename T>
static void storeFloats(char *data, int64_t index, int64_t step,
                        ArrayRef<Scalar> values) {
  for (Scalar value : values) {
    writeAs<T>(data, index, static_cast<T>(value.f));
    index += step;
  }
}

void ScalarFormat::load(const char *data, int64_t first, int64_t step,
                        MutableArrayRef<Scalar> values) const {
  if (kind == Kind::F32)
    return loadFloats<float>(data, first, step, values);
  if (kind == Kind::F64)
    return loadFloats<double>(data, first, step, values);
  if (isHalf()) {
    for (auto [lane, value] : llvm::enumerate(values))
      value.f = fromHalf(readAs<uint16_t>(data, first + int64_t(lane) * step),
                         kind == Kind::BF16);
    return;
  }
  switch (getBytes()) {
  case 1:
    return loadIntegers<int8_t>(data, first, step, values);
  case 2:
    return loadIntegers<int16_t>(data, first, step, values);
  case 4:
    return loadIntegers<int32_t>(data, first, step, values);
  default:
    return loadIntegers<int64_t>(data, first, step, values);
  }
}

void ScalarFormat::store(char *data, int64_t first, int64_t step,
                         ArrayRef<Scalar> values) const {
  if (kind == Kind::F32)
    return storeFloats<float>(data, first, step, values);
  if (kind == Kind::F64)
    return storeFloats<double>(data, first, step, values);
  if (isHalf()) {
    for (auto [lane, value] : llvm::enumerate(values))
      writeAs(data, first + int64_t(lane) * step,
              toHalf(value.f, kind == Kind::BF16));
    return;
  }
  switch (getBytes()) {
  case 1:
    return storeIntegers<int8_t>(data, first, step, values);
  case 2:
    return storeIntegers<int16_t>(data, first, step, values);
  case 4:
    return storeIntegers<int32_t>(data, first, step, values);
  default:
    return storeIntegers<int64_t>(data, first, step, values);
  }
}
