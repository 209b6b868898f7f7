/* Prints the results of ternary-compile-dispatch.mlir at the level that the
   library chooses, from as many threads as have time to call first. */

#include "dispatch.h"

#include <pthread.h>
#include <stdio.h>

enum { M = 5, K = 333, N = 77, THREADS = 4 };

static int8_t x[M * K], w[N * K];
static int8_t packed[dispatch_prepare_prepared0_bytes];
static int32_t y[THREADS][M * N];

static void *call(void *result) {
  dispatch(x, M, packed, result);
  return NULL;
}

int main(void) {
  for (int i = 0; i < M * K; ++i)
    x[i] = (int8_t)(i * 89 % 256 - 128);
  for (int i = 0; i < N * K; ++i)
    w[i] = (int8_t)(i * 7 % 11 % 3 - 1);
  dispatch_prepare(w, packed);
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; ++i)
    if (pthread_create(&threads[i], NULL, call, y[i]))
      return 2;
  for (int i = 0; i < THREADS; ++i)
    if (pthread_join(threads[i], NULL))
      return 2;
  for (int t = 0; t < THREADS; ++t)
    for (int i = 0; i < M * N; ++i) {
      int32_t sum = 0;
      for (int k = 0; k < K; ++k)
        sum += x[i / N * K + k] * w[i % N * K + k];
      if (y[t][i] != sum) {
        printf("element %d: expected %d, found %d\n", i, sum, y[t][i]);
        return 1;
      }
    }
  float z = 0;
  mean(x, M, &z);
  printf("%s: all as in C, mean %.9g\n", ternary_isa(), z);
  return 0;
}
