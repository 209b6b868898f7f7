//===- ScalarRules.cpp - Rules on numbers ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/ScalarRules.h"

#include <algorithm>
#include <cmath>

namespace {

/// Wide enough for the product of any two sizes and a few bytes each.
__extension__ typedef __int128 Wide;

Wide divideCeil(Wide a, Wide b) { return (a + b - 1) / b; }

std::optional<int64_t> narrow(Wide value) {
  if (value > INT64_MAX)
    return std::nullopt;
  return static_cast<int64_t>(value);
}

} // namespace

std::optional<double> ternary::effectiveBitsPerWeight(int64_t n, int64_t k,
                                                      int64_t groupSize,
                                                      bool hasBias) {
  if (n < 1 || k < 1 || groupSize < 1)
    return std::nullopt;
  double rows = static_cast<double>(n);
  double weights = rows * static_cast<double>(k);
  double groups = rows * static_cast<double>(divideCeil(k, groupSize));
  double bits = 1.6 * weights + (8 + 64) * groups + (hasBias ? 32 * rows : 0);
  return bits / weights;
}

std::optional<int64_t> ternary::persistentMemoryBytes(int64_t n, int64_t k,
                                                      int64_t groupSize) {
  if (n < 0 || k < 0 || groupSize < 1)
    return std::nullopt;
  Wide groups = Wide(n) * divideCeil(k, groupSize);
  // Compared first, because nine times the groups may not fit even here.
  if (groups > INT64_MAX)
    return std::nullopt;
  return narrow(divideCeil(Wide(n) * k, 5) + 16 + 8 + groups + 8 * groups + 8);
}

std::optional<int64_t> ternary::persistentMemoryNormUnits(int64_t dim,
                                                          int64_t groupSize) {
  if (dim < 0 || groupSize < 1)
    return std::nullopt;
  return narrow(divideCeil(dim, 5) + 2 * divideCeil(dim, groupSize));
}

std::optional<int64_t> ternary::corrStepFromWeight(double weight,
                                                   int64_t base) {
  double scaled = std::nearbyint(std::abs(weight) * static_cast<double>(base));
  if (!std::isfinite(weight) || base < 0 || scaled >= 0x1p63)
    return std::nullopt;
  int64_t step = std::max<int64_t>(1, static_cast<int64_t>(scaled));
  return weight < 0 ? -step : step;
}

std::optional<double> ternary::defaultInitStd(int64_t fanIn) {
  if (fanIn < 1)
    return std::nullopt;
  return std::min(0.1, 1 / std::sqrt(static_cast<double>(fanIn)));
}

std::optional<double> ternary::scaledInitThreshold(double threshold,
                                                   double initStd) {
  if (std::isnan(threshold) || std::isnan(initStd))
    return std::nullopt;
  return initStd <= 0 ? threshold : std::min(threshold, 0.5 * initStd);
}

std::optional<int64_t> ternary::groupExponentFromDim(int64_t inDim) {
  if (inDim < 1)
    return std::nullopt;
  // log2(inDim^-0.5 / 2), in a form that is exact for powers of two: every tie
  // is one of them.
  double exponent = -1 - 0.5 * std::log2(static_cast<double>(inDim));
  return static_cast<int64_t>(
      std::clamp(std::nearbyint(std::max(exponent, -8.0)), -8.0, 0.0));
}
