/*===- peer.h - What a peer of the benchmark looks like -----------*- C -*-===*\
|*                                                                            *|
|* SPDX-License-Identifier: Apache-2.0                                        *|
|*                                                                            *|
|* A shared library that exports `ternary_bench_peers` takes part in the      *|
|* benchmark: `run.py --peer-so library.so`. The peers that come with the     *|
|* project are such libraries too; see benchmarks/peers.                      *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/

#ifndef TERNARY_BENCHMARKS_PEER_H
#define TERNARY_BENCHMARKS_PEER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up when one of these structs changes. */
#define TERNARY_BENCH_VERSION 1

/* What the activations are, one bit each. */
enum ternary_bench_input {
  /* f32 [m, k]; a peer with integer kernels quantizes them in `run`. */
  TERNARY_BENCH_F32 = 1,
  /* int8 [m, k] in -127 ... 127, to be multiplied by `activation_scale`. */
  TERNARY_BENCH_INT8 = 2
};

/* y [m, n] = x [m, k] * trits [n, k]^T * scales, all row-major. */
struct ternary_bench_problem {
  int64_t n, k, m;
  int32_t threads;
  int32_t input; /* enum ternary_bench_input */
  float weight_scale;
  float activation_scale; /* 1 for f32 */
  /* Calls body(data, i) for each i in 0 ... threads - 1, one on each of the
     benchmark's own threads, and returns when all are done. A peer with a pool
     of its own need not use it. */
  void (*parallel)(int32_t threads, void (*body)(void *data, int32_t thread),
                   void *data);
};

struct ternary_bench_peer {
  uint32_t version;    /* TERNARY_BENCH_VERSION */
  uint32_t inputs;     /* the inputs that it takes */
  const char *name;    /* as in the tables: "i2_s" */
  const char *packing; /* how it keeps weights: "2 bit, row-wise" */
  const char *isa;     /* what its kernels use: "avx2" */

  /* State for a problem, or NULL and in *reason why there is none: a constant
     string, such as "k is no multiple of 256". */
  void *(*create)(const struct ternary_bench_problem *problem,
                  const char **reason);
  void (*destroy)(void *state);

  /* Size of the packed weights, and packing. `trits` are -1, 0 and 1; `weights`
     is aligned to 64 bytes. The benchmark copies the bytes to other places, so
     they hold no pointers. */
  size_t (*weight_bytes)(void *state);
  void (*pack)(void *state, const int8_t *trits, void *weights);

  /* The work that is timed. */
  void (*run)(void *state, const void *weights, const void *x, float *y);
};

/* The peers of this library, ended by NULL. `path` is that of a library that
   they call, where run.py knows one, else NULL. If there are none, *reason says
   why. */
const struct ternary_bench_peer *const *
ternary_bench_peers(const char *path, const char **reason);

#ifdef __cplusplus
}
#endif

#endif /* TERNARY_BENCHMARKS_PEER_H */
