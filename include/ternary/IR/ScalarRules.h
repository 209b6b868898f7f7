//===- ScalarRules.h - Rules on numbers -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// The rules of the ternary formats that work on single numbers instead of
// tensors: sizes, initial values and step widths. They depend on nothing else
// of the project. Outside its domain a rule returns nothing.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_SCALARRULES_H
#define TERNARY_IR_SCALARRULES_H

#include <cstdint>
#include <optional>

namespace ternary {

/// Bits that a group-scaled layer of shape [n, k] stores per weight: 8/5 per
/// trit (not rounded up to bytes), 8 + 64 per group for exponent and
/// correlation, 32 per output if it has a bias. Domain: n, k and groupSize at
/// least 1.
std::optional<double> effectiveBitsPerWeight(int64_t n, int64_t k,
                                             int64_t groupSize, bool hasBias);

/// Bytes that a group-scaled layer of shape [n, k] keeps between calls: base-3
/// trits, 16 for the shape, 8 for the padding, 1 + 8 per group for exponent and
/// correlation, 8 for the step counter. A bias is not counted. Domain: n and k
/// at least 0, groupSize at least 1, result below 2^63.
std::optional<int64_t> persistentMemoryBytes(int64_t n, int64_t k,
                                             int64_t groupSize);

/// Elements (not bytes) that a ternary norm of `dim` channels keeps: base-3
/// bytes, one exponent and one correlation per group. Domain: as above.
std::optional<int64_t> persistentMemoryNormUnits(int64_t dim,
                                                 int64_t groupSize);

/// The correlation step of a component: `max(1, round(abs(weight) * base))`,
/// half to even, with the sign of the weight; weight 0 counts 1. Domain: finite
/// weight, base at least 0, result below 2^63.
std::optional<int64_t> corrStepFromWeight(double weight, int64_t base);

/// The standard deviation that weights are drawn with when none is given:
/// `min(0.1, fanIn^-0.5)`. Domain: fanIn at least 1.
std::optional<double> defaultInitStd(int64_t fanIn);

/// The ternarization threshold for weights of that standard deviation:
/// `min(threshold, initStd / 2)`, or the threshold itself where initStd is not
/// positive. Domain: no NaN.
std::optional<double> scaledInitThreshold(double threshold, double initStd);

/// The exponent that all groups of a layer with `inDim` inputs begin with:
/// `clamp(round(log2(max(inDim^-0.5 / 2, 2^-8))), -8, 0)`, half to even.
/// Domain: inDim at least 1.
std::optional<int64_t> groupExponentFromDim(int64_t inDim);

/// What a vote on an i8 accumulator counts: amounts beyond +-255 saturate it
/// whatever it was, so they are all the same.
inline int64_t clampVote(int64_t amount) {
  return amount < -255 ? -255 : amount > 255 ? 255 : amount;
}

} // namespace ternary

#endif // TERNARY_IR_SCALARRULES_H
