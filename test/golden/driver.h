/* What the programs that call compiled functions share: arrays come from one
 * file and results go to another, one after the other, without headers. */
#ifndef TERNARY_TEST_DRIVER_H
#define TERNARY_TEST_DRIVER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_file(const char *path, const char *mode) {
  FILE *file = fopen(path, mode);
  if (!file) {
    perror(path);
    exit(1);
  }
  return file;
}

/* An array that is full of what no result is likely to be. */
static void *make_array(size_t bytes) {
  size_t room = (bytes / 64 + 1) * 64;
  void *array = aligned_alloc(64, room);
  if (!array) {
    fprintf(stderr, "expected room for %zu bytes, found none\n", room);
    exit(1);
  }
  return memset(array, 0x5a, room);
}

static void *read_array(FILE *file, size_t bytes) {
  void *array = make_array(bytes);
  if (fread(array, 1, bytes, file) != bytes) {
    fprintf(stderr, "expected %zu bytes of an argument, found fewer\n", bytes);
    exit(1);
  }
  return array;
}

static void write_array(FILE *file, void *array, size_t bytes) {
  if (fwrite(array, 1, bytes, file) != bytes) {
    perror("result");
    exit(1);
  }
  free(array);
}

#endif /* TERNARY_TEST_DRIVER_H */
