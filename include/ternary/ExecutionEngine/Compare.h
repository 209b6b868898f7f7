//===- Compare.h - Comparing arrays -----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Element-wise comparison of two arrays: integers and bool exactly, floats
// within a tolerance.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_COMPARE_H
#define TERNARY_EXECUTIONENGINE_COMPARE_H

#include "ternary/ExecutionEngine/Array.h"

namespace ternary {

/// Floats agree where `abs(got - want) <= atol + rtol * abs(want)`, where both
/// are NaN, and where both are the same infinity.
struct Tolerance {
  double rtol = 1e-5;
  double atol = 1e-6;
};

/// What `compare` found.
struct Comparison {
  /// Elements compared, and how many of them are outside the tolerance.
  int64_t elements = 0;
  int64_t differing = 0;
  /// Largest `abs(got - want)`; infinite where only one of them is NaN.
  double maxDifference = 0;
  /// Flat index of the first element outside the tolerance, or -1.
  int64_t firstDiffering = -1;

  bool equal() const { return differing == 0; }
};

/// Compares two arrays. Different types or shapes are an error.
llvm::Expected<Comparison> compare(const Array &got, const Array &want,
                                   const Tolerance &tolerance);

/// The multi-dimensional index of a flat one, as `formatShape` prints it.
std::string formatIndex(llvm::ArrayRef<int64_t> shape, int64_t flat);

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_COMPARE_H
