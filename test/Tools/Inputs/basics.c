/* Calls the functions of ternary-compile.mlir and compares with plain C. */

#include "basics.h"

#include <stdio.h>

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      printf("line %d: %s does not hold\n", __LINE__, #condition);             \
      return 1;                                                                \
    }                                                                          \
  } while (0)

enum { K = 37, N = 19, MAX_M = 5 };

static int8_t x[MAX_M * K], w[N * K];
static int32_t y[MAX_M * N + 1];

static int checkLayer(int64_t m) {
  for (int i = 0; i <= MAX_M * N; ++i)
    y[i] = -7;
  layer(x, m, w, y);
  for (int64_t i = 0; i < m; ++i)
    for (int n = 0; n < N; ++n) {
      int32_t sum = 0;
      for (int k = 0; k < K; ++k)
        sum += x[i * K + k] * w[n * K + k];
      CHECK(y[i * N + n] == sum);
    }
  /* Nothing is written behind the result. */
  CHECK(y[m * N] == -7);
  return 0;
}

static int checkPack(void) {
  const int8_t trits[2 * 5] = {-1, 0, 1, 1, -1, 0, 0, 0, 0, 1};
  int8_t bytes[2 * 2];
  pack(trits, 2, 5, bytes);
  /* Two bits a trit, the highest first: 2 is -1. */
  CHECK((uint8_t)bytes[0] == 0x85 && (uint8_t)bytes[1] == 0x80);
  CHECK((uint8_t)bytes[2] == 0x00 && (uint8_t)bytes[3] == 0x40);
  return 0;
}

static int checkScalars(void) {
  const bool flags[3] = {true, false, true};
  bool inverted[3];
  float sum = 0;
  int64_t count = 0;
  uint16_t half = 0;
  /* 0x4100 is 2.5 as a float16. */
  scalars(1.5f, true, 40, 2, 0x4100, flags, inverted, &sum, &count, &half);
  CHECK(!inverted[0] && inverted[1] && !inverted[2]);
  CHECK(sum == 2.5f && count == 42 && half == 0x4500);
  scalars(1.5f, false, -1, 0, 0x4100, flags, inverted, &sum, &count, &half);
  CHECK(sum == 1.5f && count == -1);
  return 0;
}

static int checkState(void) {
  int32_t counts[4] = {1, 2, 3, 4}, old[4] = {0};
  const int32_t amounts[4] = {10, 20, 30, 40};
  count(amounts, counts, old);
  CHECK(counts[0] == 11 && counts[3] == 44 && old[0] == 1 && old[3] == 4);
  return 0;
}

int main(void) {
  for (int i = 0; i < MAX_M * K; ++i)
    x[i] = (int8_t)(i * 89 % 256 - 128);
  for (int i = 0; i < N * K; ++i)
    w[i] = (int8_t)(i * 7 % 11 % 3 - 1);
  for (int64_t m = 0; m <= MAX_M; ++m)
    if (checkLayer(m))
      return 1;
  if (checkPack() || checkScalars() || checkState())
    return 1;
  printf("all as in C\n");
  return 0;
}
