//===- TernaryWeight.cpp - Weights as trits and scales --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "TernaryWeight.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace ternary;

/// Groups are multiples of so many columns: a row cut fine enough is always
/// ternary.
static constexpr int64_t kGroupStep = 16;
/// Nonzero weights per scale, on average, that make them worth the name.
static constexpr int64_t kWeightsPerScale = 4;

/// The only magnitude besides 0, 0 without one; nothing if there are several.
static std::optional<float> findScale(ArrayRef<float> magnitudes) {
  float scale = 0;
  for (float value : magnitudes) {
    if (value == 0)
      continue;
    if (scale != 0 && value != scale)
      return std::nullopt;
    scale = value;
  }
  return scale;
}

/// With the digits that tell floats apart.
static std::string print(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.9g", value);
  return text;
}

namespace {

/// The magnitudes of a matrix, and how far one scale reaches.
class Magnitudes {
public:
  Magnitudes(int64_t rows, int64_t columns)
      : rows(rows), columns(columns), values(rows * columns) {}

  std::optional<float> getScale(int64_t row, int64_t first,
                                int64_t last) const {
    return findScale(
        ArrayRef(values).slice(row * columns + first, last - first));
  }

  bool hasGroupsOf(int64_t size, int64_t row) const {
    for (int64_t first = 0; first < columns; first += size)
      if (!getScale(row, first, std::min(first + size, columns)))
        return false;
    return true;
  }

  /// The largest groups with one scale each.
  std::optional<int64_t> findGroupSize() const {
    // The row that has refused a size is likely to refuse the next one.
    int64_t worst = 0;
    for (int64_t size = llvm::alignDown(columns - 1, kGroupStep);
         size >= kGroupStep; size -= kGroupStep) {
      if (!hasGroupsOf(size, worst))
        continue;
      int64_t row = 0;
      while (row < rows && hasGroupsOf(size, row))
        ++row;
      if (row == rows)
        return size;
      worst = row;
    }
    return std::nullopt;
  }

  int64_t rows, columns;
  std::vector<float> values;
};

} // namespace

std::string TernaryWeight::getGranularity() const {
  if (scales.empty())
    return "none";
  if (groupSize)
    return "group of " + std::to_string(*groupSize);
  return scaleRank == 1 ? "row" : "tensor";
}

/// Reads trits and magnitudes; the first value that f32 does not hold is the
/// reason of a failure.
static LogicalResult read(const ConstantTensor &tensor, TernaryWeight &weight,
                          Magnitudes &magnitudes, std::string &reason) {
  bool isFloat = tensor.getFormat().isFloat();
  weight.trits.resize(magnitudes.values.size());
  for (int64_t index = 0, e = weight.trits.size(); index < e; ++index) {
    Scalar scalar = tensor.load(index);
    double value = isFloat ? scalar.f : static_cast<double>(scalar.i);
    float magnitude = static_cast<float>(std::fabs(value));
    if (!std::isfinite(magnitude) || magnitude != std::fabs(value) ||
        (!isFloat && static_cast<int64_t>(value) != scalar.i)) {
      reason = llvm::formatv("weight [{0}, {1}] is {2}, which is no finite f32",
                             index / weight.columns, index % weight.columns,
                             print(value));
      return failure();
    }
    magnitudes.values[index] = magnitude;
    weight.trits[index] = value > 0 ? 1 : value < 0 ? -1 : 0;
    weight.zeros += value == 0;
  }
  return success();
}

/// Two magnitudes of one row, for a reader who looks for the trouble.
static std::string describe(const Magnitudes &magnitudes) {
  for (int64_t row = 0; row < magnitudes.rows; ++row) {
    if (magnitudes.getScale(row, 0, magnitudes.columns))
      continue;
    float first = 0;
    for (int64_t k = 0; k < magnitudes.columns; ++k) {
      float value = magnitudes.values[row * magnitudes.columns + k];
      if (first != 0 && value != 0 && value != first)
        return llvm::formatv("row {0} has weights of magnitude {1} and {2}",
                             row, print(first), print(value));
      first = first != 0 ? first : value;
    }
  }
  return "";
}

std::optional<TernaryWeight> ternary::takeApart(const ConstantTensor &values,
                                                int64_t rows, int64_t columns,
                                                std::string &reason) {
  TernaryWeight weight;
  weight.rows = rows;
  weight.columns = columns;
  if (rows == 0 || columns == 0) {
    reason = "there are none";
    return std::nullopt;
  }
  Magnitudes magnitudes(rows, columns);
  if (failed(read(values, weight, magnitudes, reason)))
    return std::nullopt;
  if (std::optional<float> scale = findScale(magnitudes.values)) {
    if (*scale != 0 && *scale != 1)
      weight.scales = {*scale};
    return weight;
  }
  int64_t group = columns;
  bool byRow = true;
  for (int64_t row = 0; row < rows && byRow; ++row)
    byRow = magnitudes.hasGroupsOf(columns, row);
  if (!byRow) {
    std::optional<int64_t> size = magnitudes.findGroupSize();
    if (!size) {
      reason = describe(magnitudes);
      return std::nullopt;
    }
    group = *size;
    weight.groupSize = size;
  }
  weight.scaleRank = byRow ? 1 : 2;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t first = 0; first < columns; first += group)
      weight.scales.push_back(
          *magnitudes.getScale(row, first, std::min(first + group, columns)));
  int64_t nonzeros = rows * columns - weight.zeros;
  if (nonzeros / kWeightsPerScale < int64_t(weight.scales.size())) {
    reason = llvm::formatv("{0} scales for {1} weights that are not 0",
                           weight.scales.size(), nonzeros);
    return std::nullopt;
  }
  return weight;
}
