//===- Others.h - Runners of code that is not ours --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_BENCHMARKS_OTHERS_H
#define TERNARY_BENCHMARKS_OTHERS_H

#include "../peer.h"
#include "Runner.h"

#include <memory>

namespace ternary::bench {

/// A peer on a problem: creates its state, packs `trits` and copies the bytes
/// until they fill `walk`.
/// `x` and `y` stay where they are.
struct PeerData {
  const int8_t *trits;
  const void *x;
  float *y;
};
llvm::Expected<std::unique_ptr<Runner>>
bindPeer(const ternary_bench_peer &peer, const ternary_bench_problem &problem,
         const PeerData &data, int64_t walk);

/// cblas_sgemm with 64-bit integers.
using Gemm = void (*)(int order, int transposeA, int transposeB, int64_t m,
                      int64_t n, int64_t k, float alpha, const float *a,
                      int64_t lda, const float *b, int64_t ldb, float beta,
                      float *c, int64_t ldc);

/// C [m, n] = op(A) * op(B), row-major; B is copied.
struct GemmProblem {
  Gemm gemm;
  bool transposeA, transposeB;
  int64_t m, n, k;
  const float *a, *b;
  float *c;
};
llvm::Expected<std::unique_ptr<Runner>> bindGemm(const GemmProblem &problem,
                                                 int64_t walk);

/// Any other function, such as one of Python's.
std::unique_ptr<Runner> bindCallback(void (*callback)());

} // namespace ternary::bench

#endif // TERNARY_BENCHMARKS_OTHERS_H
