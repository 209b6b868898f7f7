/* A stand-in for the CUDA driver on machines without a GPU: its memory is the
 * host's, and kernels are not run, only noted. A test says by the environment
 *
 *   FAKE_CUDA_LOG=FILE             where each call is noted
 *   FAKE_CUDA_FAIL=NAME:CODE[:N]   which function fails, from its Nth call on
 *   FAKE_CUDA_VERSION=11000        for which version of CUDA it is
 *   FAKE_CUDA_CAPABILITY=80        the compute capability, 90 if nothing is
 * said
 *
 * What is made and given back is counted; the lines that do either end with the
 * number that is left, such as "2 live". */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int CUresult;

enum { INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_FOUND = 500 };

typedef struct {
  const char *image;
} Module;

typedef struct {
  char name[256];
  int sharedBytes;
} Function;

static int live;
static _Thread_local void *contexts[16];
static _Thread_local int numContexts;
static char primary;

static void note(const char *format, ...) {
  const char *path = getenv("FAKE_CUDA_LOG");
  FILE *file = path ? fopen(path, "a") : NULL;
  if (!file)
    return;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(file, format, arguments);
  va_end(arguments);
  fputc('\n', file);
  fclose(file);
}

/* The code that this call of a function is to fail with, or 0. */
static CUresult getFailure(const char *function) {
  static int calls;
  const char *text = getenv("FAKE_CUDA_FAIL");
  size_t length = strlen(function);
  if (!text || strncmp(text, function, length) != 0 || text[length] != ':')
    return 0;
  char *rest;
  int code = (int)strtol(text + length + 1, &rest, 10);
  int first = *rest == ':' ? (int)strtol(rest + 1, NULL, 10) : 1;
  return ++calls >= first ? code : 0;
}

static CUresult enter(const char *function) {
  CUresult code = getFailure(function);
  if (code)
    note("%s fails", function);
  return code;
}

static int getNumber(const char *variable, int fallback) {
  const char *text = getenv(variable);
  return text ? atoi(text) : fallback;
}

#define ENTER                                                                  \
  do {                                                                         \
    CUresult code = enter(__func__);                                           \
    if (code)                                                                  \
      return code;                                                             \
  } while (0)

static CUresult make(const char *function, void **object, size_t bytes) {
  *object = malloc(bytes);
  if (!*object)
    return OUT_OF_MEMORY;
  note("%s %zu: %d live", function, bytes, ++live);
  return 0;
}

static CUresult giveBack(const char *function, void *object) {
  note("%s: %d live", function, --live);
  free(object);
  return 0;
}

/* Devices and contexts. */

CUresult cuInit(unsigned flags) {
  ENTER;
  return flags ? INVALID_VALUE : 0;
}

CUresult cuDriverGetVersion(int *version) {
  ENTER;
  *version = getNumber("FAKE_CUDA_VERSION", 12040);
  return 0;
}

CUresult cuGetErrorString(CUresult code, const char **text) {
  *text = code == INVALID_VALUE   ? "invalid argument"
          : code == OUT_OF_MEMORY ? "out of memory"
          : code == 100           ? "no CUDA-capable device is detected"
          : code == 222 ? "the provided PTX was compiled with an unsupported "
                          "toolchain."
          : code == NOT_FOUND ? "named symbol not found"
          : code == 719       ? "unspecified launch failure"
                              : NULL;
  return *text ? 0 : INVALID_VALUE;
}

CUresult cuDeviceGet(int *device, int ordinal) {
  ENTER;
  *device = ordinal;
  return 0;
}

CUresult cuDeviceGetAttribute(int *value, int attribute, int device) {
  ENTER;
  int capability = getNumber("FAKE_CUDA_CAPABILITY", 90);
  *value = attribute == 75 ? capability / 10 : capability % 10;
  return device;
}

CUresult cuDevicePrimaryCtxRetain(void **context, int device) {
  ENTER;
  *context = &primary;
  note("%s: %d live", __func__, ++live);
  return device;
}

CUresult cuDevicePrimaryCtxRelease_v2(int device) {
  ENTER;
  note("%s: %d live", __func__, --live);
  return device;
}

CUresult cuCtxGetCurrent(void **context) {
  ENTER;
  *context = numContexts ? contexts[numContexts - 1] : NULL;
  return 0;
}

CUresult cuCtxSetCurrent(void *context) {
  ENTER;
  contexts[0] = context;
  numContexts = 1;
  return 0;
}

CUresult cuCtxPushCurrent_v2(void *context) {
  ENTER;
  contexts[numContexts++] = context;
  return 0;
}

CUresult cuCtxPopCurrent_v2(void **context) {
  ENTER;
  *context = contexts[--numContexts];
  return 0;
}

CUresult cuCtxGetDevice(int *device) {
  ENTER;
  *device = 0;
  return 0;
}

CUresult cuCtxGetId(void *context, unsigned long long *id) {
  ENTER;
  *id = context == &primary ? 1 : 2;
  return 0;
}

CUresult cuThreadExchangeStreamCaptureMode(int *mode) {
  static _Thread_local int current;
  int previous = current;
  current = *mode;
  *mode = previous;
  return 0;
}

/* Modules and kernels. */

CUresult cuModuleLoadDataEx(void **module, const void *image, unsigned count,
                            int *options, void **values) {
  CUresult code = enter(__func__);
  for (unsigned i = 0; code && i < count; ++i)
    if (options[i] == 5)
      strcpy(values[i], "ptxas application ptx input, line 1; fatal\nmore");
  if (code)
    return code;
  CUresult result = make(__func__, module, sizeof(Module));
  if (!result)
    ((Module *)*module)->image = image;
  return result;
}

CUresult cuModuleUnload(void *module) {
  ENTER;
  return giveBack(__func__, module);
}

/* Only of PTX the names can be read. The few bytes of a function stay. */
CUresult cuModuleGetFunction(void **function, void *module, const char *name) {
  ENTER;
  char header[300];
  snprintf(header, sizeof(header), ".entry %s(", name);
  if (!strstr(((Module *)module)->image, header))
    return NOT_FOUND;
  Function *made = calloc(1, sizeof(*made));
  snprintf(made->name, sizeof(made->name), "%s", name);
  made->sharedBytes = 48 << 10;
  *function = made;
  note("%s %s", __func__, name);
  return 0;
}

CUresult cuFuncSetAttribute(Function *function, int attribute, int value) {
  ENTER;
  note("%s %s %d %d", __func__, function->name, attribute, value);
  function->sharedBytes = value;
  return 0;
}

static CUresult launch(const char *how, const Function *function,
                       const unsigned *grid, const unsigned *block,
                       unsigned sharedBytes, void *stream) {
  note("%s %s grid %u %u %u block %u %u %u shared %u stream %p", how,
       function->name, grid[0], grid[1], grid[2], block[0], block[1], block[2],
       sharedBytes, stream);
  bool isEmpty = !grid[0] || !grid[1] || !grid[2];
  return isEmpty || (int)sharedBytes > function->sharedBytes ? INVALID_VALUE
                                                             : 0;
}

CUresult cuLaunchKernel(Function *function, unsigned gridX, unsigned gridY,
                        unsigned gridZ, unsigned blockX, unsigned blockY,
                        unsigned blockZ, unsigned sharedBytes, void *stream,
                        void **parameters, void **extra) {
  ENTER;
  (void)parameters, (void)extra;
  const unsigned grid[] = {gridX, gridY, gridZ};
  const unsigned block[] = {blockX, blockY, blockZ};
  return launch(__func__, function, grid, block, sharedBytes, stream);
}

typedef struct {
  int id;
  char padding[4];
  char value[64];
} Attribute;

typedef struct {
  unsigned grid[3], block[3], sharedBytes;
  void *stream;
  Attribute *attributes;
  unsigned numAttributes;
} Config;

CUresult cuLaunchKernelEx(const Config *config, Function *function,
                          void **parameters, void **extra) {
  ENTER;
  (void)parameters, (void)extra;
  for (unsigned i = 0; i < config->numAttributes; ++i) {
    unsigned values[3];
    memcpy(values, config->attributes[i].value, sizeof(values));
    note("attribute %d: %u %u %u", config->attributes[i].id, values[0],
         values[1], values[2]);
  }
  return launch(__func__, function, config->grid, config->block,
                config->sharedBytes, config->stream);
}

/* Memory. */

CUresult cuMemAlloc_v2(void **address, size_t bytes) {
  ENTER;
  return make(__func__, address, bytes);
}

CUresult cuMemFree_v2(void *address) {
  ENTER;
  return giveBack(__func__, address);
}

CUresult cuMemPoolCreate(void **pool, const void *properties) {
  (void)properties;
  ENTER;
  return make(__func__, pool, 1);
}

CUresult cuMemPoolDestroy(void *pool) {
  ENTER;
  return giveBack(__func__, pool);
}

CUresult cuMemPoolSetAttribute(void *pool, int attribute, void *value) {
  (void)pool, (void)attribute, (void)value;
  ENTER;
  return 0;
}

CUresult cuMemAllocFromPoolAsync(void **address, size_t bytes, void *pool,
                                 void *stream) {
  (void)pool, (void)stream;
  ENTER;
  return make(__func__, address, bytes);
}

CUresult cuMemFreeAsync(void *address, void *stream) {
  (void)stream;
  ENTER;
  return giveBack(__func__, address);
}

static CUresult copy(const char *function, void *target, const void *source,
                     size_t bytes) {
  note("%s %zu", function, bytes);
  memcpy(target, source, bytes);
  return 0;
}

CUresult cuMemcpyAsync(void *target, void *source, size_t bytes, void *stream) {
  (void)stream;
  ENTER;
  return copy(__func__, target, source, bytes);
}

CUresult cuMemcpyHtoDAsync_v2(void *target, const void *source, size_t bytes,
                              void *stream) {
  (void)stream;
  ENTER;
  return copy(__func__, target, source, bytes);
}

CUresult cuMemcpyDtoHAsync_v2(void *target, void *source, size_t bytes,
                              void *stream) {
  (void)stream;
  ENTER;
  return copy(__func__, target, source, bytes);
}

CUresult cuMemcpyHtoD_v2(void *target, const void *source, size_t bytes) {
  ENTER;
  return copy(__func__, target, source, bytes);
}

CUresult cuMemcpyDtoH_v2(void *target, void *source, size_t bytes) {
  ENTER;
  return copy(__func__, target, source, bytes);
}

CUresult cuMemsetD16Async(unsigned short *target, unsigned short value,
                          size_t count, void *stream) {
  (void)stream;
  ENTER;
  for (size_t i = 0; i < count; ++i)
    target[i] = value;
  return 0;
}

CUresult cuMemsetD32Async(unsigned *target, unsigned value, size_t count,
                          void *stream) {
  (void)stream;
  ENTER;
  for (size_t i = 0; i < count; ++i)
    target[i] = value;
  return 0;
}

/* Streams and events. */

CUresult cuStreamCreate(void **stream, unsigned flags) {
  (void)flags;
  ENTER;
  return make(__func__, stream, 1);
}

CUresult cuStreamDestroy_v2(void *stream) {
  ENTER;
  return giveBack(__func__, stream);
}

CUresult cuStreamSynchronize(void *stream) {
  (void)stream;
  note("%s", __func__);
  ENTER;
  return 0;
}

CUresult cuStreamWaitEvent(void *stream, void *event, unsigned flags) {
  (void)stream, (void)event, (void)flags;
  ENTER;
  return 0;
}

/* What is captured has been done already. */

CUresult cuStreamBeginCapture_v2(void *stream, int mode) {
  (void)stream, (void)mode;
  ENTER;
  return 0;
}

CUresult cuStreamEndCapture(void *stream, void **graph) {
  (void)stream;
  ENTER;
  return make(__func__, graph, 1);
}

CUresult cuGraphInstantiateWithFlags(void **program, void *graph,
                                     unsigned long long flags) {
  (void)graph, (void)flags;
  ENTER;
  return make(__func__, program, 1);
}

CUresult cuGraphLaunch(void *program, void *stream) {
  (void)program, (void)stream;
  ENTER;
  return 0;
}

CUresult cuGraphExecDestroy(void *program) {
  ENTER;
  return giveBack(__func__, program);
}

CUresult cuGraphDestroy(void *graph) {
  ENTER;
  return giveBack(__func__, graph);
}

CUresult cuEventCreate(void **event, unsigned flags) {
  (void)flags;
  ENTER;
  return make(__func__, event, 1);
}

CUresult cuEventDestroy_v2(void *event) {
  ENTER;
  return giveBack(__func__, event);
}

CUresult cuEventRecord(void *event, void *stream) {
  (void)event, (void)stream;
  ENTER;
  return 0;
}

CUresult cuEventSynchronize(void *event) {
  (void)event;
  ENTER;
  return 0;
}

CUresult cuEventElapsedTime(float *milliseconds, void *begin, void *end) {
  (void)begin, (void)end;
  ENTER;
  *milliseconds = 0.25f;
  return 0;
}
