//===- Compare.cpp - Comparing arrays -------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/Compare.h"

#include <cmath>

using namespace ternary;

namespace {

void note(Comparison &result, int64_t index, double difference, bool agrees) {
  result.maxDifference = std::max(result.maxDifference, difference);
  if (agrees)
    return;
  if (result.differing++ == 0)
    result.firstDiffering = index;
}

void compareFloats(const Array &got, const Array &want,
                   const Tolerance &tolerance, Comparison &result) {
  for (int64_t i = 0; i < got.size(); ++i) {
    double g = got.getAsDouble(i), w = want.getAsDouble(i);
    if (g == w || (std::isnan(g) && std::isnan(w)))
      continue;
    double difference = std::abs(g - w);
    if (std::isnan(difference))
      difference = INFINITY;
    // An infinite `want` would make the bound infinite and accept anything.
    double bound =
        std::isfinite(w) ? tolerance.atol + tolerance.rtol * std::abs(w) : -1.0;
    note(result, i, difference, difference <= bound);
  }
}

void compareIntegers(const Array &got, const Array &want, Comparison &result) {
  for (int64_t i = 0; i < got.size(); ++i) {
    int64_t g = got.getAsInteger(i), w = want.getAsInteger(i);
    if (g != w)
      note(result, i, std::abs(static_cast<double>(g) - static_cast<double>(w)),
           false);
  }
}

} // namespace

llvm::Expected<Comparison> ternary::compare(const Array &got, const Array &want,
                                            const Tolerance &tolerance) {
  if (got.getDType() != want.getDType())
    return llvm::createStringError("dtype, expected " +
                                   llvm::Twine(name(want.getDType())) +
                                   ", found " + name(got.getDType()));
  if (got.getShape() != want.getShape())
    return llvm::createStringError("shape, expected " +
                                   formatShape(want.getShape()) + ", found " +
                                   formatShape(got.getShape()));
  Comparison result;
  result.elements = got.size();
  if (isFloat(got.getDType()))
    compareFloats(got, want, tolerance, result);
  else
    compareIntegers(got, want, result);
  return result;
}

std::string ternary::formatIndex(llvm::ArrayRef<int64_t> shape, int64_t flat) {
  llvm::SmallVector<int64_t, 4> index(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    index[i] = flat % shape[i];
    flat /= shape[i];
  }
  return formatShape(index);
}
