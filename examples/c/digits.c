/* Handwritten digits without MLIR or Python: reads images of 8 x 8 pixels from
 * standard input, 64 numbers from 0 to 16 each, and prints the digit that each
 * of them shows.
 *
 *   ternary-translate --import-safetensors examples/digits/digits.safetensors -o digits.mlir
 *   ternary-compile digits.mlir -o digits.o --emit-header digits.h --mcpu=dispatch
 *   cc -I . examples/c/digits.c digits.o -lm -o digits
 *   ./digits < images.txt
 */

#include "digits.h"

#include <stdio.h>

enum { PIXELS = 64, CLASSES = 10 };

/* 1 for an image, 0 at the end, -1 for something else. */
static int readImage(float image[PIXELS]) {
  for (int i = 0; i < PIXELS; ++i) {
    if (scanf("%f", &image[i]) != 1)
      return i == 0 && feof(stdin) ? 0 : -1;
    image[i] /= 16;
  }
  return 1;
}

int main(void) {
  float image[PIXELS], scores[CLASSES];
  int status;
  while ((status = readImage(image)) == 1) {
    forward(image, /*arg0_dim0=*/1, scores);
    int best = 0;
    for (int i = 1; i < CLASSES; ++i)
      if (scores[i] > scores[best])
        best = i;
    printf("%d\n", best);
  }
  if (status < 0)
    fprintf(stderr, "digits: expected 64 numbers for each image\n");
  return status < 0;
}
