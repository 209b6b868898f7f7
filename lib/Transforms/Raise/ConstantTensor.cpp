//===- ConstantTensor.cpp - Elements that are known -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ConstantTensor.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/STLExtras.h"

#include <cstring>

using namespace mlir;
using namespace ternary;

ConstantTensor::ConstantTensor(ArrayRef<int64_t> shape, ScalarFormat format)
    : shape(shape), format(format),
      unwritten(ShapedType::getNumElements(shape)) {}

std::optional<ConstantTensor> ConstantTensor::getLike(Type type) {
  std::optional<ScalarFormat> format =
      ScalarFormat::get(getElementTypeOrSelf(type));
  if (!format)
    return std::nullopt;
  if (auto shaped = dyn_cast<ShapedType>(type)) {
    if (!isa<RankedTensorType>(type) || !shaped.hasStaticShape())
      return std::nullopt;
    return ConstantTensor(shaped.getShape(), *format);
  }
  return ConstantTensor({}, *format);
}

int64_t ConstantTensor::getNumElements() const {
  return ShapedType::getNumElements(shape);
}

SmallVector<int64_t> ConstantTensor::getStrides() const {
  SmallVector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (int64_t dim = shape.size(); dim-- > 0; stride *= shape[dim])
    strides[dim] = stride;
  return strides;
}

char *ConstantTensor::allocate() {
  storage =
      std::make_shared<std::vector<char>>(getNumElements() * format.getBytes());
  data = storage->data();
  splat = false;
  unwritten = 0;
  written = nullptr;
  return storage->data();
}

void ConstantTensor::fill(Scalar value) {
  storage = std::make_shared<std::vector<char>>(format.getBytes());
  format.store(storage->data(), 0, value);
  data = storage->data();
  splat = true;
  unwritten = 0;
  written = nullptr;
}

ConstantTensor ConstantTensor::reshaped(ArrayRef<int64_t> newShape) const {
  ConstantTensor result = *this;
  result.shape.assign(newShape.begin(), newShape.end());
  return result;
}

ConstantTensor ConstantTensor::clone() const {
  ConstantTensor result(shape, format);
  char *bytes = result.allocate();
  unsigned size = format.getBytes();
  if (splat)
    for (int64_t i = 0, e = getNumElements(); i < e; ++i)
      std::memcpy(bytes + i * size, data, size);
  else if (data)
    std::memcpy(bytes, data, getNumElements() * size);
  result.unwritten = unwritten;
  if (written)
    result.written = std::make_shared<std::vector<bool>>(*written);
  return result;
}

bool ConstantTensor::Box::isWithin(ArrayRef<int64_t> shape) const {
  if (offsets.size() != shape.size())
    return false;
  for (auto [offset, size, step, extent] :
       llvm::zip_equal(offsets, sizes, steps, shape)) {
    if (offset < 0 || size < 0 || step < 1)
      return false;
    if (size > 0 &&
        (offset >= extent || (size - 1) > (extent - 1 - offset) / step))
      return false;
  }
  return true;
}

/// Calls `visit` with the position in `shape` of each element of a box, in
/// order.
static void forEach(const ConstantTensor::Box &box, ArrayRef<int64_t> strides,
                    llvm::function_ref<void(int64_t)> visit) {
  if (ShapedType::getNumElements(box.sizes) == 0)
    return;
  SmallVector<int64_t> point(box.sizes.size(), 0);
  int64_t position = 0;
  for (auto [offset, stride] : llvm::zip_equal(box.offsets, strides))
    position += offset * stride;
  while (true) {
    visit(position);
    int64_t dim = point.size();
    while (dim-- > 0) {
      position += box.steps[dim] * strides[dim];
      if (++point[dim] < box.sizes[dim])
        break;
      position -= box.sizes[dim] * box.steps[dim] * strides[dim];
      point[dim] = 0;
    }
    if (dim < 0)
      return;
  }
}

void ConstantTensor::insert(const ConstantTensor &source, const Box &box) {
  unsigned size = format.getBytes();
  if (unwritten && !written)
    written = std::make_shared<std::vector<bool>>(getNumElements(), false);
  int64_t index = 0;
  char *bytes = storage->data();
  forEach(box, getStrides(), [&](int64_t position) {
    std::memcpy(bytes + position * size,
                source.data + (source.splat ? 0 : index) * size, size);
    if (unwritten && !(*written)[position]) {
      (*written)[position] = true;
      --unwritten;
    }
    ++index;
  });
  if (!unwritten)
    written = nullptr;
}

ConstantTensor ConstantTensor::extract(const Box &box,
                                       ArrayRef<int64_t> newShape) const {
  ConstantTensor result(newShape, format);
  if (splat) {
    result.fill(load(0));
    return result;
  }
  unsigned size = format.getBytes();
  char *bytes = result.allocate();
  int64_t index = 0, missing = 0;
  auto found = std::make_shared<std::vector<bool>>();
  forEach(box, getStrides(), [&](int64_t position) {
    std::memcpy(bytes + index++ * size, data + position * size, size);
    if (unwritten) {
      found->push_back(isElementWritten(position));
      missing += !found->back();
    }
  });
  result.unwritten = missing;
  if (missing)
    result.written = found;
  return result;
}

/// The raw bytes of a dense attribute whose elements are stored whole.
static std::optional<ArrayRef<char>> getRawBytes(ElementsAttr attr) {
  if (auto dense = dyn_cast<DenseElementsAttr>(attr))
    return dense.getRawData();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return blob->getData();
  return std::nullopt;
}

/// Elements of a dense attribute whose width is no whole number of bytes.
static void copyNarrow(DenseElementsAttr attr, ScalarFormat format,
                       char *bytes) {
  int64_t index = 0;
  for (const APInt &value : attr.getValues<APInt>()) {
    Scalar scalar;
    scalar.i = value.getSExtValue();
    format.store(bytes, index++, scalar);
  }
}

std::optional<ConstantTensor> ConstantTensor::get(Attribute attr,
                                                  std::string &reason) {
  auto typed = dyn_cast<TypedAttr>(attr);
  std::optional<ConstantTensor> result =
      typed ? getLike(typed.getType()) : std::nullopt;
  if (!result) {
    reason = "a constant is no static tensor of numbers";
    return std::nullopt;
  }
  Scalar scalar;
  if (auto integer = dyn_cast<IntegerAttr>(attr)) {
    scalar.i = integer.getValue().getSExtValue();
    result->fill(scalar);
    return result;
  }
  if (auto number = dyn_cast<FloatAttr>(attr)) {
    scalar.f = number.getValueAsDouble();
    result->fill(scalar);
    return result;
  }
  auto dense = dyn_cast<DenseElementsAttr>(attr);
  ScalarFormat format = result->format;
  if (dense && dense.isSplat()) {
    if (format.isFloat())
      scalar.f = dense.getSplatValue<FloatAttr>().getValueAsDouble();
    else
      scalar.i = dense.getSplatValue<APInt>().getSExtValue();
    result->fill(scalar);
    return result;
  }
  if (dense && format.getWidth() != format.getBytes() * 8) {
    copyNarrow(dense, format, result->allocate());
    return result;
  }
  auto elements = dyn_cast<ElementsAttr>(attr);
  std::optional<ArrayRef<char>> raw =
      elements ? getRawBytes(elements) : std::nullopt;
  int64_t size = result->getNumElements() * format.getBytes();
  if (!raw || int64_t(raw->size()) != size ||
      format.getWidth() != format.getBytes() * 8) {
    reason = "the bytes of a constant are missing or do not fit its type";
    return std::nullopt;
  }
  result->data = raw->data();
  result->unwritten = 0;
  return result;
}
