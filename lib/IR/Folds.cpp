//===- Folds.cpp - Folding of constants -----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A fold computes what the reference lowering computes, in the same order of
// operations, so that folding never changes a bit.
//
//===----------------------------------------------------------------------===//

#include "Verify.h"
#include "ternary/IR/Constants.h"

#include <cmath>

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

namespace {

template <typename T> ArrayRef<char> asChars(ArrayRef<T> values) {
  return ArrayRef<char>(reinterpret_cast<const char *>(values.data()),
                        values.size() * sizeof(T));
}

/// The type of a result that may be folded: static, and of a size that can be
/// held.
ShapedType foldableType(Value result) {
  constexpr int64_t kMaxElements = int64_t(1) << 30;
  auto type = cast<ShapedType>(result.getType());
  return hasAtMost(type, kMaxElements) ? type : ShapedType();
}

bool areTrits(ArrayRef<int8_t> values) {
  bool valid = true;
  for (int8_t value : values)
    valid &= uint8_t(value + 1) <= 2;
  return valid;
}

/// `conversion` of an integer.
int8_t convert(Conversion conversion, int8_t value) {
  if (conversion == Conversion::Sign)
    return (value > 0) - (value < 0);
  return value == 1 || value == -1 ? value : 0;
}

/// `conversion` of a float.
int8_t convert(Conversion conversion, float value) {
  if (conversion == Conversion::Sign)
    return (value > 0) - (value < 0);
  // Beyond int32 (and NaN) the conversion is 0, within it int8 wraps.
  if (!(std::fabs(value) < 2147483648.0f))
    return 0;
  return convert(conversion, int8_t(int32_t(value)));
}

/// The trits that `pack` sees in a constant.
std::optional<std::vector<int8_t>> convertElements(Conversion conversion,
                                                   Attribute input) {
  std::vector<int8_t> trits;
  auto append = [&](auto elements) {
    trits.reserve(elements.size());
    for (auto value : elements)
      trits.push_back(convert(conversion, value));
  };
  if (auto bytes = getI8Elements(input)) {
    if (conversion == Conversion::Trits && !areTrits(bytes->get()))
      return std::nullopt;
    append(bytes->get());
    return trits;
  }
  if (auto floats = getF32Elements(input)) {
    append(floats->get());
    if (conversion == Conversion::Trits)
      for (auto [trit, value] : llvm::zip(trits, floats->get()))
        if (trit != value)
          return std::nullopt;
    return trits;
  }
  return std::nullopt;
}

/// A constant of packed trits, or null.
Attribute packConstant(PackingAttrInterface packing, ArrayRef<int8_t> trits,
                       ArrayRef<int64_t> shape, Attribute scales,
                       ShapedType type) {
  std::optional<ConstantElements<float>> scaleElements;
  if (packing.carriesScales() && !(scaleElements = getF32Elements(scales)))
    return nullptr;
  std::vector<uint8_t> bytes(type.getNumElements());
  packing.packBytes(trits, shape[0], shape[1],
                    scaleElements ? scaleElements->get() : ArrayRef<float>(),
                    bytes);
  return makeElements(type, "packed", asChars(ArrayRef(bytes)));
}

/// The trits in a constant of bytes; nothing if a code is forbidden.
std::optional<std::vector<int8_t>> unpackConstant(PackingAttrInterface packing,
                                                  Attribute bytes,
                                                  ArrayRef<int64_t> shape,
                                                  std::vector<float> *scales) {
  auto elements = getI8Elements(bytes);
  if (!elements)
    return std::nullopt;
  std::vector<int8_t> trits(shape[0] * shape[1]);
  ArrayRef<uint8_t> data(
      reinterpret_cast<const uint8_t *>(elements->get().data()),
      elements->get().size());
  MutableArrayRef<float> out;
  if (scales)
    out = *scales;
  if (!packing.unpackBytes(data, shape[0], shape[1], trits, out))
    return std::nullopt;
  return trits;
}

} // namespace

LogicalResult PackOp::fold(FoldAdaptor adaptor,
                           SmallVectorImpl<OpFoldResult> &results) {
  if (getNumResults() == 0)
    return failure();
  ShapedType type = foldableType(getResult(0));
  auto inputType = cast<ShapedType>(getInput().getType());
  if (!type || !inputType.hasStaticShape() || !adaptor.getInput())
    return failure();
  Attribute packed;
  auto bytes = getI8Elements(adaptor.getInput());
  if (bytes && getConversion() == Conversion::Trits) {
    // The common case needs no copy of the trits.
    if (!areTrits(bytes->get()))
      return failure();
    packed = packConstant(getPacking(), bytes->get(), inputType.getShape(),
                          adaptor.getScales(), type);
  } else if (auto trits =
                 convertElements(getConversion(), adaptor.getInput())) {
    packed = packConstant(getPacking(), *trits, inputType.getShape(),
                          adaptor.getScales(), type);
  }
  if (!packed)
    return failure();
  results.push_back(packed);
  return success();
}

LogicalResult UnpackOp::fold(FoldAdaptor adaptor,
                             SmallVectorImpl<OpFoldResult> &results) {
  if (getNumResults() == 0)
    return failure();
  // unpack(pack(x)) is x where x is promised to hold trits.
  if (auto pack = getBytes().getDefiningOp<PackOp>())
    if (getNumResults() == 1 && pack.getPacking() == getPacking() &&
        pack.getConversion() == Conversion::Trits &&
        pack.getInput().getType() == getResult(0).getType()) {
      results.push_back(pack.getInput());
      return success();
    }
  ShapedType type = foldableType(getResult(0));
  if (!type || !adaptor.getBytes())
    return failure();
  std::vector<float> scales;
  ShapedType scaleType;
  if (getNumResults() == 2) {
    scaleType = foldableType(getResult(1));
    if (!scaleType)
      return failure();
    scales.resize(scaleType.getNumElements());
  }
  auto trits = unpackConstant(getPacking(), adaptor.getBytes(), type.getShape(),
                              scaleType ? &scales : nullptr);
  if (!trits)
    return failure();
  results.push_back(makeElements(type, "trits", asChars(ArrayRef(*trits))));
  if (scaleType)
    results.push_back(
        makeElements(scaleType, "scales", asChars(ArrayRef(scales))));
  return success();
}

/// Whether `bytes` come straight from an op that writes only codes of trits.
static bool areCanonicalBytes(Value bytes, PackingAttrInterface packing) {
  if (auto pack = bytes.getDefiningOp<PackOp>())
    return pack.getPacking() == packing;
  if (auto repack = bytes.getDefiningOp<RepackOp>())
    return repack.getPacking() == packing;
  return false;
}

LogicalResult RepackOp::fold(FoldAdaptor adaptor,
                             SmallVectorImpl<OpFoldResult> &results) {
  if (getNumResults() == 0)
    return failure();
  if (getSource() == getPacking() && !getScales() &&
      areCanonicalBytes(getBytes(), getSource()) &&
      getBytes().getType() == getResult(0).getType()) {
    results.push_back(getBytes());
    return success();
  }
  ShapedType type = foldableType(getResult(0));
  ArrayRef<int64_t> shape = getStaticShape();
  if (!type || ShapedType::isDynamicShape(shape) || !adaptor.getBytes())
    return failure();
  auto trits = unpackConstant(getSource(), adaptor.getBytes(), shape, nullptr);
  if (!trits)
    return failure();
  for (int8_t &trit : *trits)
    trit = convert(Conversion::Truncate, trit);
  Attribute packed =
      packConstant(getPacking(), *trits, shape, adaptor.getScales(), type);
  if (!packed)
    return failure();
  results.push_back(packed);
  return success();
}

LogicalResult AbsmeanOp::fold(FoldAdaptor adaptor,
                              SmallVectorImpl<OpFoldResult> &results) {
  auto elements = getF32Elements(adaptor.getInput());
  if (getNumResults() == 0 || !elements)
    return failure();
  ShapedType type = foldableType(getResult(0));
  auto inputType = cast<ShapedType>(getInput().getType());
  if (!type || !inputType.hasStaticShape())
    return failure();
  int64_t rows = inputType.getDimSize(0), columns = inputType.getDimSize(1);
  int64_t groupSize = type.getRank() == 2 ? int64_t(*getGroupSize()) : columns;
  int64_t groups = type.getRank() == 2 ? type.getDimSize(1) : 1;
  std::vector<float> sums(type.getNumElements(), 0.0f);
  std::vector<int64_t> counts(sums.size(), 0);
  for (int64_t n = 0; n < rows; ++n)
    for (int64_t k = 0; k < columns; ++k) {
      int64_t at = type.getRank() == 0 ? 0 : n * groups + k / groupSize;
      sums[at] += std::fabs(elements->get()[n * columns + k]);
      ++counts[at];
    }
  float eps = getEps().convertToFloat();
  for (auto [sum, count] : llvm::zip(sums, counts)) {
    float mean = count == 0 ? 0.0f : sum / float(count);
    sum = std::isnan(mean) ? mean : std::max(mean, eps);
  }
  results.push_back(makeElements(type, "absmean", asChars(ArrayRef(sums))));
  return success();
}

LogicalResult TernarizeOp::fold(FoldAdaptor adaptor,
                                SmallVectorImpl<OpFoldResult> &results) {
  auto elements = getF32Elements(adaptor.getInput());
  if (getNumResults() == 0 || !elements)
    return failure();
  ShapedType type = foldableType(getResult(0));
  auto inputType = cast<ShapedType>(getInput().getType());
  if (!type || !inputType.hasStaticShape())
    return failure();
  bool byThreshold = getMethod() == Method::Threshold;
  std::optional<ConstantElements<float>> scales;
  if (!byThreshold && !(scales = getF32Elements(adaptor.getScales())))
    return failure();
  int64_t columns = inputType.getDimSize(1);
  auto ternarize = [&](int64_t i, float w) -> int8_t {
    if (byThreshold) {
      float threshold = getThreshold()->convertToFloat();
      return std::fabs(w) > threshold ? (w > 0) - (w < 0) : 0;
    }
    int64_t n = i / columns, k = i % columns, at = 0;
    if (getRank(getScales()) == 1)
      at = n;
    else if (getRank(getScales()) == 2)
      at = n * getNumGroups(columns, *getGroupSize()) + k / *getGroupSize();
    float alpha = scales->get()[at];
    if (getMethod() == Method::LSQ && !std::isnan(alpha))
      alpha = std::max(alpha, getEps().convertToFloat());
    float q = std::nearbyint(w / alpha);
    return std::isnan(q) ? 0 : std::clamp(q, -1.0f, 1.0f);
  };
  std::vector<int8_t> trits;
  trits.reserve(elements->get().size());
  for (auto [i, w] : llvm::enumerate(elements->get()))
    trits.push_back(ternarize(i, w));
  results.push_back(makeElements(type, "trits", asChars(ArrayRef(trits))));
  return success();
}
