//===- Pool.h - Threads of peers and limits ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_BENCHMARKS_POOL_H
#define TERNARY_BENCHMARKS_POOL_H

#include <cstdint>

namespace ternary::bench {

/// Calls `body(data, i)` for each `i` below `threads`, `0` on the caller and
/// the others on threads of their own, which stay for later calls. Between two
/// calls they spin for a while, as OpenMP's do, and then sleep.
void runParallel(int32_t threads, void (*body)(void *, int32_t), void *data);

/// The same for a lambda.
template <typename Body> void runParallel(int32_t threads, Body body) {
  auto call = [](void *data, int32_t thread) {
    (*static_cast<Body *>(data))(thread);
  };
  runParallel(threads, call, &body);
}

} // namespace ternary::bench

#endif // TERNARY_BENCHMARKS_POOL_H
