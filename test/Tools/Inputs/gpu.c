/* Calls the functions of ternary-compile-cuda*.mlir: "gpu" on host arrays, "gpu
 * device" on arrays that the program takes for the device's. A function that
 * fails ends it, with its status and text. */
#include "layer.h"

#include <stdio.h>
#include <string.h>

static int report(const char *name, int status, const char *text) {
  printf("%s: %d: %s\n", name, status, status ? text : "no failure");
  return status;
}

int main(int argc, char **argv) {
  static int8_t x[30], w[80], prepared[layer_prepare_prepared0_bytes];
  static int32_t y[24];
  if (argc > 1 && strcmp(argv[1], "device") == 0)
    return report("layer", layer(x, 3, prepared, y, NULL), layer_error()) != 0;
  if (report("prepare", layer_prepare_host(w, prepared), layer_prepare_error()))
    return 1;
  if (report("layer", layer_host(x, 3, prepared, y), layer_error()))
    return 1;
  return report("again", layer_host(x, 3, prepared, y), layer_error()) != 0;
}
