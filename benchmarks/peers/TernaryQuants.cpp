//===- TernaryQuants.cpp - llama.cpp's TQ2_0 and TQ1_0 --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// The kernels of a library that exports llama.cpp's functions, such as the
// extension module of the Python package xllamacpp, driven as ggml's matrix
// product drives them: activations become Q8_K, then blocks of 16 rows by 16
// tokens of dot products; threads share the blocks.
//
//===----------------------------------------------------------------------===//

#include "../peer.h"

#include <algorithm>
#include <atomic>
#include <dlfcn.h>
#include <vector>

namespace {

using QuantizeRow = void (*)(const float *x, void *y, int64_t k);
using QuantizeWeights = size_t (*)(const float *source, void *target,
                                   int64_t rows, int64_t k,
                                   const float *importance);
using VecDot = void (*)(int n, float *s, size_t bs, const void *x, size_t bx,
                        const void *y, size_t by, int rows);

/// Columns of a block, and bytes of a block of activations in Q8_K: the scale,
/// the values, and sums of 16 of them.
constexpr int64_t kBlock = 256;
constexpr size_t kActivationBytes = 4 + 256 + 256 / 16 * 2;
constexpr int64_t kTile = 16;

QuantizeRow quantizeRow;

struct Format {
  size_t blockBytes;
  QuantizeWeights quantizeWeights = nullptr;
  VecDot vecDot = nullptr;
};
Format tq2{66}, tq1{54};

struct State {
  ternary_bench_problem problem;
  const Format *format;
  std::vector<char> activations;

  size_t getRowBytes() const { return problem.k / kBlock * format->blockBytes; }
  size_t getTokenBytes() const { return problem.k / kBlock * kActivationBytes; }
};

/// What the threads of one call share.
struct Call {
  State &state;
  const char *weights;
  const float *x;
  float *y;
  std::atomic<int64_t> next{0};
};

template <const Format &format>
void *create(const ternary_bench_problem *problem, const char **reason) {
  if (problem->k % kBlock != 0) {
    *reason = "k is no multiple of 256";
    return nullptr;
  }
  auto *state = new State{*problem, &format, {}};
  state->activations.resize(problem->m * state->getTokenBytes());
  return state;
}

void destroy(void *state) { delete static_cast<State *>(state); }

size_t weightBytes(void *opaque) {
  auto *state = static_cast<State *>(opaque);
  return state->problem.n * state->getRowBytes();
}

void pack(void *opaque, const int8_t *trits, void *weights) {
  auto *state = static_cast<State *>(opaque);
  int64_t k = state->problem.k;
  std::vector<float> row(k);
  for (int64_t n = 0; n < state->problem.n; ++n) {
    for (int64_t i = 0; i < k; ++i)
      row[i] = trits[n * k + i] * state->problem.weight_scale;
    state->format->quantizeWeights(
        row.data(), static_cast<char *>(weights) + n * state->getRowBytes(), 1,
        k, nullptr);
  }
}

void quantizeTokens(void *data, int32_t thread) {
  auto *call = static_cast<Call *>(data);
  State &state = call->state;
  const ternary_bench_problem &problem = state.problem;
  for (int64_t m = thread; m < problem.m; m += problem.threads)
    quantizeRow(call->x + m * problem.k,
                state.activations.data() + m * state.getTokenBytes(),
                problem.k);
}

void multiplyTile(Call &call, int64_t rowBegin, int64_t tokenBegin) {
  State &state = call.state;
  const ternary_bench_problem &problem = state.problem;
  int64_t rowEnd = std::min(rowBegin + kTile, problem.n);
  int64_t tokenEnd = std::min(tokenBegin + kTile, problem.m);
  for (int64_t m = tokenBegin; m < tokenEnd; ++m)
    for (int64_t n = rowBegin; n < rowEnd; ++n)
      state.format->vecDot(
          static_cast<int>(problem.k), call.y + m * problem.n + n, 0,
          call.weights + n * state.getRowBytes(), 0,
          state.activations.data() + m * state.getTokenBytes(), 0, 1);
}

/// A chunk is all tokens of 64 rows, or of fewer where threads would idle.
void multiply(void *data, int32_t) {
  auto *call = static_cast<Call *>(data);
  const ternary_bench_problem &problem = call->state.problem;
  for (;;) {
    int64_t begin = call->next.fetch_add(4 * kTile);
    if (begin >= problem.n)
      return;
    int64_t end = std::min(begin + 4 * kTile, problem.n);
    for (int64_t tokens = 0; tokens < problem.m; tokens += kTile)
      for (int64_t rows = begin; rows < end; rows += kTile)
        multiplyTile(*call, rows, tokens);
  }
}

void run(void *opaque, const void *weights, const void *x, float *y) {
  auto *state = static_cast<State *>(opaque);
  const ternary_bench_problem &problem = state->problem;
  Call call{*state, static_cast<const char *>(weights),
            static_cast<const float *>(x), y};
  // One token is too little for two threads.
  if (problem.m == 1)
    quantizeTokens(&call, 0);
  else
    problem.parallel(problem.threads, quantizeTokens, &call);
  problem.parallel(problem.threads, multiply, &call);
}

constexpr ternary_bench_peer
makePeer(const char *name,
         void *(*create)(const ternary_bench_problem *, const char **)) {
  return {TERNARY_BENCH_VERSION,
          TERNARY_BENCH_F32,
          name,
          name,
          "avx2",
          create,
          destroy,
          weightBytes,
          pack,
          run};
}

const ternary_bench_peer tq2Peer = makePeer("tq2_0", create<tq2>);
const ternary_bench_peer tq1Peer = makePeer("tq1_0", create<tq1>);
const ternary_bench_peer *const peers[] = {&tq2Peer, &tq1Peer, nullptr};

template <typename Function>
bool find(void *library, const char *name, Function &function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

} // namespace

const ternary_bench_peer *const *ternary_bench_peers(const char *path,
                                                     const char **reason) {
  void *library = path ? dlopen(path, RTLD_LAZY | RTLD_LOCAL) : nullptr;
  if (!library) {
    *reason = path ? dlerror() : "no library with llama.cpp's functions";
    return nullptr;
  }
  void (*initialize)() = nullptr;
  if (!find(library, "ggml_cpu_init", initialize) ||
      !find(library, "quantize_row_q8_K", quantizeRow) ||
      !find(library, "quantize_tq2_0", tq2.quantizeWeights) ||
      !find(library, "quantize_tq1_0", tq1.quantizeWeights) ||
      !find(library, "ggml_vec_dot_tq2_0_q8_K", tq2.vecDot) ||
      !find(library, "ggml_vec_dot_tq1_0_q8_K", tq1.vecDot)) {
    *reason = "the library lacks a function of llama.cpp's ternary formats";
    return nullptr;
  }
  // Fills the tables that turn half floats into floats.
  initialize();
  return peers;
}
