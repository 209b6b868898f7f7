/* Trains the state of ternary-compile-train.mlir in place:
   step sign.bin bytes.bin accumulator.bin bytes-out.bin accumulator-out.bin */

#include "files.h"
#include "step.h"

enum { N = 21, K = 33, BYTES = (N * K + 4) / 5 };

static int8_t sign[N * K], bytes[BYTES], accumulator[N * K];

int main(int argc, char **argv) {
  if (argc != 6)
    return 2;
  readArray(argv[1], sign, sizeof(sign));
  readArray(argv[2], bytes, sizeof(bytes));
  readArray(argv[3], accumulator, sizeof(accumulator));
  for (int i = 0; i < 5; ++i)
    step(sign, bytes, accumulator);
  writeArray(argv[4], bytes, sizeof(bytes));
  writeArray(argv[5], accumulator, sizeof(accumulator));
  return 0;
}
