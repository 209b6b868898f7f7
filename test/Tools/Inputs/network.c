/* Prepares the weights of ternary-compile-network.mlir once and runs it twice:
   network x.bin w1.bin w2.bin y.bin */

#include "files.h"
#include "network.h"

#include <string.h>

enum { M = 3, K = 100, HIDDEN = 70, N = 11 };

static float x[M * K], y[M * N], again[M * N];
static int8_t w1[HIDDEN * K], w2[N * HIDDEN];
static int8_t first[network_prepare_prepared0_bytes];
static int8_t second[network_prepare_prepared1_bytes];

int main(int argc, char **argv) {
  if (argc != 5)
    return 2;
  readArray(argv[1], x, sizeof(x));
  readArray(argv[2], w1, sizeof(w1));
  readArray(argv[3], w2, sizeof(w2));
  network_prepare(w1, w2, first, second);
  /* The weights themselves are not needed any more. */
  memset(w1, 0, sizeof(w1));
  memset(w2, 0, sizeof(w2));
  network(x, M, 0.5f, first, second, y);
  network(x, M, 0.5f, first, second, again);
  if (memcmp(y, again, sizeof(y)))
    return 3;
  writeArray(argv[4], y, sizeof(y));
  return 0;
}
