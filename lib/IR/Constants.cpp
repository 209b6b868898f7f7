//===- Constants.cpp - Weights in constant attributes ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Constants.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;
using namespace ternary;

/// Constants from this size on are dense resources.
static constexpr int64_t kResourceBytes = 1024;
/// A splat of more elements is not written out.
static constexpr int64_t kSplatElements = int64_t(1) << 28;

bool ternary::hasAtMost(ShapedType type, int64_t limit) {
  if (!type.hasStaticShape())
    return false;
  int64_t count = 1;
  // A zero behind factors that overflow counts nothing, but is not worth more.
  for (int64_t extent : type.getShape())
    if (llvm::MulOverflow(count, extent, count) || count > limit)
      return false;
  return true;
}

template <typename T>
static std::optional<ConstantElements<T>> getElements(Attribute attr,
                                                      Type type) {
  auto elements = dyn_cast_or_null<ElementsAttr>(attr);
  if (!elements || elements.getElementType() != type)
    return std::nullopt;
  auto splat = dyn_cast<DenseElementsAttr>(attr);
  if (splat && splat.isSplat() &&
      !hasAtMost(elements.getShapedType(), kSplatElements))
    return std::nullopt;
  int64_t count = elements.getNumElements();
  ArrayRef<char> raw;
  if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    if (dense.isSplat())
      return ConstantElements<T>(std::vector<T>(
          count, *reinterpret_cast<const T *>(dense.getRawData().data())));
    raw = dense.getRawData();
  } else if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      raw = blob->getData();
  }
  if (raw.size() != count * sizeof(T) ||
      reinterpret_cast<uintptr_t>(raw.data()) % alignof(T) != 0)
    return std::nullopt;
  return ConstantElements<T>(
      ArrayRef<T>(reinterpret_cast<const T *>(raw.data()), count));
}

std::optional<ConstantElements<int8_t>> ternary::getI8Elements(Attribute attr) {
  if (!attr)
    return std::nullopt;
  return getElements<int8_t>(attr, IntegerType::get(attr.getContext(), 8));
}

std::optional<ConstantElements<float>> ternary::getF32Elements(Attribute attr) {
  if (!attr)
    return std::nullopt;
  return getElements<float>(attr, Float32Type::get(attr.getContext()));
}

std::optional<ConstantElements<char>> ternary::getRawElements(Attribute attr) {
  auto elements = dyn_cast_or_null<ElementsAttr>(attr);
  if (!elements || !elements.getElementType().isIntOrFloat())
    return std::nullopt;
  int64_t bits = elements.getShapedType().getElementTypeBitWidth();
  if (bits % 8 != 0 || !hasAtMost(elements.getShapedType(),
                                  std::numeric_limits<int64_t>::max() / bits))
    return std::nullopt;
  int64_t size = bits / 8 * elements.getNumElements();
  ArrayRef<char> raw;
  if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    raw = dense.getRawData();
    if (dense.isSplat()) {
      if (!hasAtMost(elements.getShapedType(), kSplatElements))
        return std::nullopt;
      std::vector<char> bytes(size);
      for (int64_t i = 0; i < size; ++i)
        bytes[i] = raw[i % raw.size()];
      return ConstantElements<char>(std::move(bytes));
    }
  } else if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      raw = blob->getData();
  }
  if (int64_t(raw.size()) != size)
    return std::nullopt;
  return ConstantElements<char>(raw);
}

uint16_t ternary::floatToHalfBits(float value) {
  llvm::APFloat number(value);
  bool losesInfo;
  number.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven,
                 &losesInfo);
  return number.bitcastToAPInt().getZExtValue();
}

float ternary::halfBitsToFloat(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  uint32_t exponent = bits >> 10 & 31, fraction = bits & 1023;
  // Subnormals are multiples of 2^-24, which f32 holds as normal numbers.
  if (exponent == 0) {
    float size = float(fraction) * 0x1p-24f;
    return llvm::bit_cast<float>(llvm::bit_cast<uint32_t>(size) | sign);
  }
  uint32_t wide = fraction << 13 | sign;
  if (exponent < 31)
    return llvm::bit_cast<float>(wide | (exponent + 127 - 15) << 23);
  // Infinity, or a NaN, which is made quiet.
  return llvm::bit_cast<float>(wide | 0x7f800000 | (fraction ? 1u << 22 : 0));
}

ElementsAttr ternary::makeElements(ShapedType type, StringRef name,
                                   ArrayRef<char> bytes) {
  auto tensor = RankedTensorType::get(type.getShape(), type.getElementType());
  if (int64_t(bytes.size()) < kResourceBytes)
    return DenseElementsAttr::getFromRawBuffer(tensor, bytes);
  return DenseResourceElementsAttr::get(
      tensor, name, HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 64));
}
