//===- Limits.h - What the machine could do at best -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Loops that do one thing only, as fast as the machine can: read memory, copy
// it, multiply in registers. They are runners, so that they take turns with
// what they are compared to.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_BENCHMARKS_LIMITS_H
#define TERNARY_BENCHMARKS_LIMITS_H

#include "Runner.h"

#include "llvm/ADT/StringRef.h"

#include <memory>

namespace ternary::bench {

/// Reads `bytes` of every copy in the region of `model`: plain loads of the
/// widest vectors, one contiguous part per thread.
std::unique_ptr<Runner> createRead(const Runner &model, int32_t threads);

/// Copies `bytes` with stores that go past the caches, so that `bytes` are read
/// and `bytes` are written.
llvm::Expected<std::unique_ptr<Runner>> createCopy(int64_t bytes,
                                                   int32_t threads);

/// As many products as `products`, of int8 by the dot instruction of `isa` or
/// of f32 by fused multiply-add, with operands in registers. The name of an ISA
/// that the machine lacks gives an error.
llvm::Expected<std::unique_ptr<Runner>>
createDot(llvm::StringRef isa, int64_t products, int32_t threads);
llvm::Expected<std::unique_ptr<Runner>> createFMA(int64_t products,
                                                  int32_t threads);

/// The best row of the table of dot instructions that this machine has.
llvm::StringRef getBestDot();

} // namespace ternary::bench

#endif // TERNARY_BENCHMARKS_LIMITS_H
