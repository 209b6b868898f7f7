//===- Array.cpp - Dense host arrays --------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/Array.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <cstring>

using namespace ternary;

namespace {

struct DTypeInfo {
  DType dtype;
  llvm::StringLiteral name;
  size_t width;
};

constexpr DTypeInfo kDTypes[] = {
    {DType::Bool, "bool", 1},       {DType::Int8, "int8", 1},
    {DType::UInt8, "uint8", 1},     {DType::Int16, "int16", 2},
    {DType::Int32, "int32", 4},     {DType::Int64, "int64", 8},
    {DType::Float16, "float16", 2}, {DType::BFloat16, "bfloat16", 2},
    {DType::Float32, "float32", 4}, {DType::Float64, "float64", 8}};

const DTypeInfo &infoOf(DType dtype) {
  return kDTypes[static_cast<size_t>(dtype)];
}

template <typename T> T load(const char *data, int64_t index) {
  T value;
  std::memcpy(&value, data + index * sizeof(T), sizeof(T));
  return value;
}

double halfToDouble(uint16_t bits) {
  int exponent = (bits >> 10) & 31;
  double mantissa = bits & 1023;
  double magnitude;
  if (exponent == 31)
    magnitude = mantissa == 0 ? INFINITY : NAN;
  else if (exponent == 0)
    magnitude = std::ldexp(mantissa, -24);
  else
    magnitude = std::ldexp(mantissa + 1024, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/// A bfloat16 is the upper half of a float32.
double bfloatToDouble(uint16_t bits) {
  uint32_t wide = uint32_t(bits) << 16;
  return load<float>(reinterpret_cast<const char *>(&wide), 0);
}

constexpr size_t kAlignment = 64;

} // namespace

size_t ternary::byteWidth(DType dtype) { return infoOf(dtype).width; }

llvm::StringRef ternary::name(DType dtype) { return infoOf(dtype).name; }

std::optional<DType> ternary::parseDType(llvm::StringRef name) {
  for (const DTypeInfo &info : kDTypes)
    if (info.name == name)
      return info.dtype;
  return std::nullopt;
}

bool ternary::isFloat(DType dtype) { return dtype >= DType::Float16; }

std::string ternary::formatShape(llvm::ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  for (size_t i = 0; i < shape.size(); ++i) {
    os << (i == 0 ? "" : ", ");
    if (shape[i] == kDynamicDim)
      os << '?';
    else
      os << shape[i];
  }
  os << ']';
  return text;
}

std::optional<int64_t> ternary::countElements(llvm::ArrayRef<int64_t> shape,
                                              DType dtype) {
  // A zero elsewhere must not hide an overflow of the other dimensions: code
  // that computes strides multiplies them all the same.
  int64_t bytes = static_cast<int64_t>(byteWidth(dtype));
  bool empty = false;
  for (int64_t dim : shape) {
    if (dim < 0)
      return std::nullopt;
    if (dim == 0)
      empty = true;
    else if (llvm::MulOverflow(bytes, dim, bytes))
      return std::nullopt;
  }
  return empty ? 0 : bytes / static_cast<int64_t>(byteWidth(dtype));
}

llvm::Expected<Array> Array::create(DType dtype,
                                    llvm::ArrayRef<int64_t> shape) {
  std::optional<int64_t> elements = countElements(shape, dtype);
  if (!elements)
    return llvm::createStringError(
        "shape, expected dimensions of at least 0 whose byte count fits in 63 "
        "bits, found " +
        formatShape(shape));
  uint64_t bytes = static_cast<uint64_t>(*elements) * byteWidth(dtype);
  uint64_t padded = llvm::alignTo(bytes == 0 ? uint64_t(1) : bytes, kAlignment);
  auto *memory = static_cast<char *>(std::aligned_alloc(kAlignment, padded));
  if (!memory)
    return llvm::createStringError("memory, expected " + llvm::Twine(bytes) +
                                   " bytes, found too little");
  return Array(dtype, shape, *elements, memory);
}

llvm::Expected<Array> Array::clone() const {
  llvm::Expected<Array> copy = create(dtype, shape);
  if (copy)
    std::memcpy(copy->data(), data(), sizeInBytes());
  return copy;
}

void Array::reinterpret(DType other) {
  if (byteWidth(other) == byteWidth(dtype))
    dtype = other;
}

double Array::getAsDouble(int64_t index) const {
  switch (dtype) {
  case DType::Float16:
    return halfToDouble(load<uint16_t>(data(), index));
  case DType::BFloat16:
    return bfloatToDouble(load<uint16_t>(data(), index));
  case DType::Float32:
    return load<float>(data(), index);
  case DType::Float64:
    return load<double>(data(), index);
  default:
    return static_cast<double>(getAsInteger(index));
  }
}

/// Zero for the types of floats.
static int64_t loadInteger(DType dtype, const char *data, int64_t index) {
  switch (dtype) {
  case DType::Bool:
    return load<uint8_t>(data, index) != 0;
  case DType::Int8:
    return load<int8_t>(data, index);
  case DType::UInt8:
    return load<uint8_t>(data, index);
  case DType::Int16:
    return load<int16_t>(data, index);
  case DType::Int32:
    return load<int32_t>(data, index);
  case DType::Int64:
    return load<int64_t>(data, index);
  default:
    return 0;
  }
}

int64_t Array::getAsInteger(int64_t index) const {
  return isFloat(dtype) ? static_cast<int64_t>(getAsDouble(index))
                        : loadInteger(dtype, data(), index);
}

std::string Array::format(int64_t index) const {
  std::string text;
  llvm::raw_string_ostream os(text);
  // Digits that make the decimal text unique for the type.
  if (dtype == DType::Float64)
    os << llvm::format("%.17g", getAsDouble(index));
  else if (dtype == DType::Float32)
    os << llvm::format("%.9g", getAsDouble(index));
  else if (dtype == DType::Float16)
    os << llvm::format("%.5g", getAsDouble(index));
  else if (dtype == DType::BFloat16)
    os << llvm::format("%.4g", getAsDouble(index));
  else
    os << getAsInteger(index);
  return text;
}

int64_t ArrayView::getAsInteger() const {
  return loadInteger(dtype, static_cast<const char *>(data), 0);
}

llvm::SmallVector<ArrayView>
ternary::getViews(llvm::MutableArrayRef<Array> arrays) {
  return llvm::SmallVector<ArrayView>(arrays.begin(), arrays.end());
}

llvm::SmallVector<ArrayView> ternary::getViews(llvm::ArrayRef<Array *> arrays) {
  llvm::SmallVector<ArrayView> views;
  for (Array *array : arrays)
    views.push_back(*array);
  return views;
}
