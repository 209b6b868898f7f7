//===- Ternarize.cpp - Matrices of floats become trits --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/Weights/Weights.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace ternary;

namespace {

/// The least scale of the absmean rule.
constexpr float kMinScale = 1e-5f;

/// Rows of a matrix of f16, bf16 or f32, one at a time as f32.
class Rows {
public:
  Rows(ConstantElements<char> bytes, FloatType type, int64_t columns)
      : bytes(std::move(bytes)), type(type), row(columns) {}

  ArrayRef<float> read(int64_t index) {
    size_t size = type.getWidth() / 8;
    const char *data = bytes.get().data() + index * row.size() * size;
    if (type.isF32() && !row.empty())
      std::memcpy(row.data(), data, row.size() * size);
    else
      for (auto [i, value] : llvm::enumerate(row)) {
        uint16_t bits = llvm::support::endian::read16le(data + i * size);
        value = type.isF16() ? halfBitsToFloat(bits)
                             : llvm::bit_cast<float>(uint32_t(bits) << 16);
      }
    return row;
  }

private:
  ConstantElements<char> bytes;
  FloatType type;
  std::vector<float> row;
};

/// Finds the scale of values that are given in parts.
class ScaleFinder {
public:
  explicit ScaleFinder(TernarizeRule rule) : rule(rule) {}

  void add(ArrayRef<float> values) {
    count += values.size();
    for (float value : values) {
      float size = std::fabs(value);
      sum += size;
      exact &= size == 0.0f || exactScale == 0.0f || size == exactScale;
      exactScale = size == 0.0f ? exactScale : size;
    }
  }

  /// Nothing where the rule does not apply.
  std::optional<float> get() const {
    if (rule == TernarizeRule::Absmean)
      return std::max(kMinScale, count ? float(sum / double(count)) : 0.0f);
    return exact ? std::optional(exactScale) : std::nullopt;
  }
  bool isFinite() const { return std::isfinite(sum); }

private:
  TernarizeRule rule;
  double sum = 0.0;
  int64_t count = 0;
  float exactScale = 0.0f;
  bool exact = true;
};

int8_t roundToTrit(float value, float scale) {
  if (scale == 0.0f)
    return 0;
  float quotient = std::nearbyint(value / scale);
  return quotient > 0.0f ? 1 : quotient < 0.0f ? -1 : 0;
}

} // namespace

/// Whether the rule is for this weight at all.
static bool isChosen(const Weight &weight,
                     const WeightsImportOptions &options) {
  Type element = weight.value.getElementType();
  if (options.ternarize == TernarizeRule::None || weight.isTernary() ||
      weight.shape.size() != 2 || llvm::is_contained(weight.shape, 0) ||
      !(element.isF32() || element.isF16() || element.isBF16()))
    return false;
  return options.ternarizeOnly.empty() ||
         llvm::any_of(options.ternarizeOnly, [&](const auto &pattern) {
           return pattern.match(weight.name);
         });
}

LogicalResult ternary::ternarizeWeight(Weight &weight,
                                       const WeightsImportOptions &options) {
  if (!isChosen(weight, options))
    return success();
  auto bytes = getRawElements(weight.value);
  if (!bytes)
    return weight.error() << "expected values whose data fits their type";
  int64_t numRows = weight.shape[0], numColumns = weight.shape[1];
  Rows rows(std::move(*bytes), cast<FloatType>(weight.value.getElementType()),
            numColumns);
  std::vector<ScaleFinder> finders(options.scalePerRow ? numRows : 1,
                                   ScaleFinder(options.ternarize));
  for (int64_t row = 0; row < numRows; ++row)
    finders[options.scalePerRow ? row : 0].add(rows.read(row));

  std::vector<float> scales;
  for (const ScaleFinder &finder : finders) {
    if (!finder.isFinite())
      return weight.error() << "expected finite values to be ternarized, "
                               "found nan or infinity";
    std::optional<float> scale = finder.get();
    if (!scale) {
      weight.remark() << "values are not all -s, 0 and +s, kept as they are";
      return success();
    }
    scales.push_back(*scale);
  }
  std::vector<int8_t> trits;
  trits.reserve(numRows * numColumns);
  for (int64_t row = 0; row < numRows; ++row)
    for (float value : rows.read(row))
      trits.push_back(
          roundToTrit(value, scales[options.scalePerRow ? row : 0]));

  MLIRContext *context = weight.value.getContext();
  SmallVector<int64_t, 1> scaleShape;
  if (options.scalePerRow)
    scaleShape.push_back(numRows);
  auto type = RankedTensorType::get(weight.shape, IntegerType::get(context, 8));
  weight.value =
      makeElements(type, weight.name,
                   ArrayRef<char>(reinterpret_cast<const char *>(trits.data()),
                                  trits.size()));
  weight.scales = makeScales(context, scaleShape, weight.name, scales);
  return success();
}
