//===- Constants.cpp - Weights in constant attributes ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Constants.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"

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

ElementsAttr ternary::makeElements(ShapedType type, StringRef name,
                                   ArrayRef<char> bytes) {
  auto tensor = RankedTensorType::get(type.getShape(), type.getElementType());
  if (int64_t(bytes.size()) < kResourceBytes)
    return DenseElementsAttr::getFromRawBuffer(tensor, bytes);
  return DenseResourceElementsAttr::get(
      tensor, name, HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 64));
}
