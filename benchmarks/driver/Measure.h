//===- Measure.h - Alternating samples --------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_BENCHMARKS_MEASURE_H
#define TERNARY_BENCHMARKS_MEASURE_H

#include "Runner.h"

#include "llvm/ADT/ArrayRef.h"

#include <vector>

namespace ternary::bench {

struct MeasureOptions {
  /// Samples of each runner, and how many of them it gets however slow it is.
  int32_t samples = 25;
  int32_t minSamples = 3;
  /// The least time of a sample: a sample is a batch of calls.
  double sampleMicroseconds = 2000;
  /// A runner that has taken this long is left out of further rounds.
  double budgetMicroseconds = 2e6;
};

/// Microseconds per call of each sample, for each runner. The runners take
/// turns: a round has one sample of each. A sample follows calls that are not
/// timed, which bring data back to the caches and threads back to work.
llvm::Expected<std::vector<std::vector<double>>>
measure(llvm::ArrayRef<Runner *> runners, const MeasureOptions &options);

} // namespace ternary::bench

#endif // TERNARY_BENCHMARKS_MEASURE_H
