//===- TernaryWeight.h - Weights as trits and scales ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_RAISE_TERNARYWEIGHT_H
#define TERNARY_LIB_TRANSFORMS_RAISE_TERNARYWEIGHT_H

#include "ConstantTensor.h"

namespace ternary {

/// A matrix `[N, K]` whose every element is a trit times its scale, exactly.
struct TernaryWeight {
  int64_t rows = 0, columns = 0;
  std::vector<int8_t> trits;
  /// Empty if all scales are 1; else one (`scaleRank` 0), one per row (1), or
  /// one per row and group of `groupSize` columns (2).
  std::vector<float> scales;
  int64_t scaleRank = 0;
  std::optional<int64_t> groupSize;
  /// How many trits are 0.
  int64_t zeros = 0;

  /// `tensor`, `row` or `group of 32`.
  std::string getGranularity() const;
};

/// Takes a matrix apart; `values` holds `rows * columns` elements in order.
/// Nothing, with the reason, for weights that are not ternary: a value is off
/// by a rounding, or there would be hardly more weights than scales.
std::optional<TernaryWeight> takeApart(const ConstantTensor &values,
                                       int64_t rows, int64_t columns,
                                       std::string &reason);

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_RAISE_TERNARYWEIGHT_H
