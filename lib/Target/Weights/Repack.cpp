//===- Repack.cpp - Weights in other packings -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Packings are known through their interface alone. A scale belongs to a cell:
// all columns of a matrix, of a row, or of a group of a row.
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/Weights/Weights.h"

#include "ternary/Target/Weights/MappedFile.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace ternary;

namespace {

/// Which scale a column of a row has.
struct Cells {
  static Cells get(ArrayRef<int64_t> scaleShape, ArrayRef<int64_t> matrix) {
    Cells cells;
    cells.perRow = !scaleShape.empty();
    cells.groups = scaleShape.size() == 2 ? scaleShape[1] : 1;
    cells.columns =
        std::max<int64_t>(1, matrix[1] / std::max<int64_t>(cells.groups, 1));
    return cells;
  }

  int64_t find(int64_t row, int64_t column) const {
    return perRow ? row * groups + column / columns : 0;
  }
  /// The first column behind `column` that has another scale.
  int64_t end(int64_t column) const { return (column / columns + 1) * columns; }

  bool perRow;
  int64_t groups, columns;
};

std::string formatFloat(float value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.9g", double(value));
  return text;
}

/// Refuses the first value that is no trit.
LogicalResult checkTrits(const Weight &weight, ArrayRef<int8_t> trits) {
  // A maximum is a loop of vectors.
  uint8_t largest = 0;
  for (int8_t value : trits)
    largest = std::max<uint8_t>(largest, uint8_t(value + 1));
  if (largest <= 2)
    return success();
  const int8_t *bad =
      llvm::find_if(trits, [](int8_t value) { return uint8_t(value + 1) > 2; });
  int64_t index = bad - trits.begin();
  return weight.error() << "expected values -1, 0 and 1, found " << int(*bad)
                        << " at [" << index / weight.shape[1] << ", "
                        << index % weight.shape[1] << "]";
}

} // namespace

FailureOr<SmallVector<int64_t>>
ternary::getPackedShape(const Weight &weight, PackingAttrInterface packing) {
  if (weight.shape.size() != 2)
    return weight.error() << "expected a matrix, found shape "
                          << quoteShape(weight.shape);
  SmallVector<int64_t> bytes;
  if (failed(packing.getByteShape(weight.shape, bytes,
                                  [&] { return weight.error(); })))
    return failure();
  return bytes;
}

FailureOr<UnpackedWeight> ternary::unpackWeight(const Weight &weight) {
  auto bytes = getI8Elements(weight.value);
  if (!bytes)
    return weight.error() << "expected a constant of i8 whose data fits its "
                             "type, found "
                          << weight.value.getType();
  std::vector<float> scales;
  SmallVector<int64_t, 2> scaleShape;
  if (weight.scales) {
    auto values = getF32Elements(weight.scales);
    if (!values)
      return weight.error() << "expected f32 scales whose data fits their "
                               "type, found "
                            << weight.scales.getType();
    scales = values->get().vec();
    scaleShape.assign(weight.scales.getShapedType().getShape());
  }
  if (!weight.packing) {
    if (failed(checkTrits(weight, bytes->get())))
      return failure();
    return UnpackedWeight{std::move(*bytes), std::move(scales), scaleShape};
  }

  auto byteShape = getPackedShape(weight, weight.packing);
  if (failed(byteShape))
    return failure();
  if (ShapedType::getNumElements(*byteShape) != int64_t(bytes->get().size()))
    return weight.error() << "expected bytes of shape "
                          << quoteShape(*byteShape) << ", found "
                          << weight.value.getType();
  if (weight.packing.carriesScales()) {
    scaleShape.assign(ArrayRef(*byteShape).drop_back());
    scales.assign(ShapedType::getNumElements(scaleShape), 0.0f);
  }
  std::vector<int8_t> trits(weight.shape[0] * weight.shape[1]);
  ArrayRef<uint8_t> data(reinterpret_cast<const uint8_t *>(bytes->get().data()),
                         bytes->get().size());
  bool carries = weight.packing.carriesScales();
  if (!weight.packing.unpackBytes(data, weight.shape[0], weight.shape[1], trits,
                                  carries ? MutableArrayRef<float>(scales)
                                          : MutableArrayRef<float>()))
    return weight.error() << "expected codes of trits, found one that "
                          << weight.packing << " forbids";
  if (failed(checkTrits(weight, trits)))
    return failure();
  return UnpackedWeight{ConstantElements<int8_t>(std::move(trits)),
                        std::move(scales), scaleShape};
}

FailureOr<std::vector<float>>
ternary::regroupScales(const Weight &weight, const UnpackedWeight &unpacked,
                       ArrayRef<int64_t> shape, bool report) {
  std::vector<float> result(ShapedType::getNumElements(shape), 1.0f);
  if (unpacked.scales.empty() || llvm::is_contained(weight.shape, 0))
    return result;
  if (unpacked.scaleShape.size() == shape.size() &&
      ArrayRef<int64_t>(unpacked.scaleShape) == shape)
    return unpacked.scales;
  bool fits = shape.size() <= 2;
  for (auto [extent, rows] : llvm::zip(shape, weight.shape))
    fits &= &extent != shape.begin() || extent == rows;
  if (!fits ||
      (shape.size() == 2 && shape[1] > 0 && weight.shape[1] % shape[1] != 0))
    return weight.error() << "expected scales of shape [], [N] or [N, G], "
                             "found "
                          << quoteShape(shape);

  Cells from = Cells::get(unpacked.scaleShape, weight.shape);
  Cells to = Cells::get(shape, weight.shape);
  // A cell takes the scale of its first trit that is not 0; a cell of zeros
  // keeps the first one it meets.
  enum : uint8_t { Empty, OfZeros, Set };
  std::vector<uint8_t> state(result.size(), Empty);
  const int8_t *trits = unpacked.trits.get().data();
  int64_t columns = weight.shape[1];
  for (int64_t row = 0; row < weight.shape[0]; ++row)
    for (int64_t begin = 0, end; begin < columns; begin = end) {
      end = std::min({columns, from.end(begin), to.end(begin)});
      float scale = unpacked.scales[from.find(row, begin)];
      int64_t cell = to.find(row, begin);
      bool zeros = std::all_of(trits + row * columns + begin,
                               trits + row * columns + end,
                               [](int8_t trit) { return trit == 0; });
      if (state[cell] == Set && !zeros &&
          llvm::bit_cast<uint32_t>(result[cell]) !=
              llvm::bit_cast<uint32_t>(scale)) {
        if (!report)
          return failure();
        return weight.error()
               << "expected one scale for each of "
               << (shape.empty()       ? "the matrix"
                   : shape.size() == 1 ? "its rows"
                                       : "its blocks")
               << ", found " << formatFloat(result[cell]) << " and "
               << formatFloat(scale) << " at [" << row << ", " << begin << "]";
      }
      if (state[cell] == Empty || (state[cell] == OfZeros && !zeros))
        result[cell] = scale;
      state[cell] = std::max<uint8_t>(state[cell], zeros ? OfZeros : Set);
    }
  return result;
}

/// Warns where bytes hold other scales than they were given.
static void reportRounding(const Weight &weight, PackingAttrInterface packing,
                           ArrayRef<uint8_t> bytes, ArrayRef<float> scales) {
  std::vector<float> stored(scales.size());
  packing.unpackBytes(bytes, weight.shape[0], weight.shape[1], {}, stored);
  size_t changed = 0, first = 0;
  for (auto [i, scale] : llvm::enumerate(scales))
    if (llvm::bit_cast<uint32_t>(stored[i]) != llvm::bit_cast<uint32_t>(scale))
      first = changed++ == 0 ? i : first;
  if (changed)
    weight.warning() << "scale " << formatFloat(scales[first])
                     << " is stored as " << formatFloat(stored[first]) << " in "
                     << packing << ", as " << changed << " of " << scales.size()
                     << " change; the trits are exact";
}

FailureOr<ConstantElements<char>>
ternary::packWeight(const Weight &weight, PackingAttrInterface packing) {
  auto byteShape = getPackedShape(weight, packing);
  if (failed(byteShape))
    return failure();
  if (packing == weight.packing) {
    auto bytes = getRawElements(weight.value);
    if (bytes &&
        int64_t(bytes->get().size()) == ShapedType::getNumElements(*byteShape))
      return std::move(*bytes);
    return weight.error() << "expected bytes of shape "
                          << quoteShape(*byteShape) << ", found "
                          << weight.value.getType();
  }
  auto unpacked = unpackWeight(weight);
  if (failed(unpacked))
    return failure();
  std::vector<float> scales;
  if (packing.carriesScales()) {
    auto regrouped =
        regroupScales(weight, *unpacked, ArrayRef(*byteShape).drop_back());
    if (failed(regrouped))
      return failure();
    scales = std::move(*regrouped);
  }
  std::vector<char> bytes(ShapedType::getNumElements(*byteShape));
  MutableArrayRef<uint8_t> view(reinterpret_cast<uint8_t *>(bytes.data()),
                                bytes.size());
  packing.packBytes(unpacked->trits.get(), weight.shape[0], weight.shape[1],
                    scales, view);
  if (packing.carriesScales())
    reportRounding(weight, packing, view, scales);
  return ConstantElements<char>(std::move(bytes));
}
