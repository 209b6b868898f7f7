/* Reading and writing arrays for the C programs of the tests. */

#ifndef TERNARY_TEST_TOOLS_INPUTS_FILES_H
#define TERNARY_TEST_TOOLS_INPUTS_FILES_H

#include <stdio.h>
#include <stdlib.h>

static void fail(const char *path) {
  fprintf(stderr, "%s: cannot be read or written\n", path);
  exit(1);
}

static inline void readArray(const char *path, void *data, size_t bytes) {
  FILE *file = fopen(path, "rb");
  if (!file || fread(data, 1, bytes, file) != bytes || fgetc(file) != EOF)
    fail(path);
  fclose(file);
}

static inline void writeArray(const char *path, const void *data,
                              size_t bytes) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0)
    fail(path);
}

#endif /* TERNARY_TEST_TOOLS_INPUTS_FILES_H */
