//===- Runner.h - What is timed ---------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_BENCHMARKS_RUNNER_H
#define TERNARY_BENCHMARKS_RUNNER_H

#include "llvm/Support/Error.h"

#include <cstdint>

namespace ternary::bench {

class Region;

/// One implementation of one problem, with all it needs in memory.
class Runner {
public:
  virtual ~Runner() = default;

  /// Does the work once. `call` counts up; streamed weights are those of copy
  /// `call % copies`.
  virtual llvm::Error run(int64_t call) = 0;

  /// The weights and scales that a call reads, if they are in a region.
  virtual const Region *getRegion() const { return nullptr; }
};

} // namespace ternary::bench

#endif // TERNARY_BENCHMARKS_RUNNER_H
