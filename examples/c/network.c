/* A network from PyTorch without Python: reads tokens of 256 floats from a
 * file, writes 64 floats for each to another, and prints how long a token
 * takes. examples/python/export_library.py makes the library and the header.
 *
 *   cc -I DIR examples/c/network.c DIR/network.so -Wl,-rpath,DIR -o network
 *   ./network x.bin y.bin
 */
#define _POSIX_C_SOURCE 199309L

#include "network.h"

#include <stdio.h>
#include <time.h>

enum { INPUTS = 256, OUTPUTS = 64, CALLS = 10000 };

static double nowInMicroseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec * 1e-3;
}

/* Microseconds of a call with one token, a mean. */
static double timeCalls(const float *x, float *y) {
  double begin = nowInMicroseconds();
  for (int i = 0; i < CALLS; ++i)
    network(x, /*x_dim0=*/1, y);
  return (nowInMicroseconds() - begin) / CALLS;
}

int main(int argc, char **argv) {
  FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
  FILE *out = in ? fopen(argv[2], "wb") : NULL;
  if (!out) {
    fprintf(stderr, "network: expected two files, to read and to write\n");
    return 1;
  }
  static float x[INPUTS], y[OUTPUTS];
  int good = 1;
  while (good && fread(x, sizeof x, 1, in) == 1) {
    network(x, /*x_dim0=*/1, y);
    good = fwrite(y, sizeof y, 1, out) == 1;
  }
  good &= !ferror(in) & (fclose(out) == 0);
  fclose(in);
  if (!good) {
    fprintf(stderr, "network: files cannot be read or written\n");
    return 1;
  }
  printf("%.2f\n", timeCalls(x, y));
  return 0;
}
