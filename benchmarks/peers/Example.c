/*===- Example.c - The smallest peer, to start from ---------------*- C -*-===*\
|*                                                                            *|
|* SPDX-License-Identifier: Apache-2.0                                        *|
|*                                                                            *|
|* Two peers: `plain` computes what it should, `wrong` forgets the scale. The *|
|* benchmark's test sees that one is timed and the other is not.              *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#include "../peer.h"

#include <stdlib.h>
#include <string.h>

static void *create(const struct ternary_bench_problem *problem,
                    const char **reason) {
  struct ternary_bench_problem *state;
  if (problem->n % 2 != 0) {
    *reason = "n is odd";
    return NULL;
  }
  state = malloc(sizeof(*state));
  *state = *problem;
  return state;
}

static void destroy(void *state) { free(state); }

static size_t weight_bytes(void *state) {
  const struct ternary_bench_problem *problem = state;
  return (size_t)(problem->n * problem->k);
}

static void pack(void *state, const int8_t *trits, void *weights) {
  memcpy(weights, trits, weight_bytes(state));
}

struct call {
  const struct ternary_bench_problem *problem;
  const int8_t *weights, *x;
  float scale, *y;
};

/* Rows are shared out among the threads. */
static void multiply(void *data, int32_t thread) {
  const struct call *call = data;
  const struct ternary_bench_problem *p = call->problem;
  for (int64_t n = thread; n < p->n; n += p->threads)
    for (int64_t m = 0; m < p->m; ++m) {
      int32_t sum = 0;
      for (int64_t k = 0; k < p->k; ++k)
        sum += call->weights[n * p->k + k] * call->x[m * p->k + k];
      call->y[m * p->n + n] = (float)sum * call->scale;
    }
}

static void run_scaled(void *state, const void *weights, const void *x,
                       float *y, float scale) {
  const struct ternary_bench_problem *problem = state;
  struct call call = {problem, weights, x, scale, y};
  problem->parallel(problem->threads, multiply, &call);
}

static void run(void *state, const void *weights, const void *x, float *y) {
  const struct ternary_bench_problem *problem = state;
  run_scaled(state, weights, x, y,
             problem->weight_scale * problem->activation_scale);
}

static void run_wrongly(void *state, const void *weights, const void *x,
                        float *y) {
  run_scaled(state, weights, x, y, 1);
}

static const struct ternary_bench_peer plain = {TERNARY_BENCH_VERSION,
                                                TERNARY_BENCH_INT8,
                                                "plain",
                                                "trits",
                                                "c",
                                                create,
                                                destroy,
                                                weight_bytes,
                                                pack,
                                                run};
static const struct ternary_bench_peer wrong = {TERNARY_BENCH_VERSION,
                                                TERNARY_BENCH_INT8,
                                                "wrong",
                                                "trits",
                                                "c",
                                                create,
                                                destroy,
                                                weight_bytes,
                                                pack,
                                                run_wrongly};
static const struct ternary_bench_peer *const peers[] = {&plain, &wrong, NULL};

const struct ternary_bench_peer *const *
ternary_bench_peers(const char *path, const char **reason) {
  (void)path;
  (void)reason;
  return peers;
}
