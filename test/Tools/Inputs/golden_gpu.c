/* Functions as ternary-compile writes them for a GPU, good ones and bad ones:
 * each copies n floats, and some do more. Where there is only the stand-in for
 * the driver, arrays of the device are the host's. */
#include <stdint.h>
#include <stdlib.h>

static int copy(const float *x, int64_t n, float *y) {
  for (int64_t i = 0; i < n; ++i)
    y[i] = x[i];
  return 0;
}

static int calls;

#define FUNCTION(name, text, onDevice, onHost)                                 \
  int name(float *x, int64_t n, float *y, void *stream) {                      \
    (void)stream;                                                              \
    copy(x, n, y);                                                             \
    return onDevice;                                                           \
  }                                                                            \
  int name##_host(float *x, int64_t n, float *y) {                             \
    copy(x, n, y);                                                             \
    return onHost;                                                             \
  }                                                                            \
  const char *name##_error(void) { return text; }

FUNCTION(good, "", 0, 0)
FUNCTION(wrong, "", (y[1] += 1, 0), (y[1] += 1, 0))
FUNCTION(front, "", (y[-1] = 0, 0), 0)
FUNCTION(behind, "", (y[n] = 0, 0), 0)
FUNCTION(read_only, "", (x[0] = 7, 0), 0)
FUNCTION(host_behind, "", 0, (y[n] = 0, 0))
FUNCTION(differs, "", 0, (y[0] += 1, 0))
FUNCTION(changes, "", (y[0] += (float)calls++, 0), 0)
FUNCTION(fails, "no luck", 7, 7)
FUNCTION(spoils, "gone", 719, 719)
FUNCTION(dies, "", (abort(), 0), 0)
