//===- Driver.c - Opening the driver, contexts, failures ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Driver.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct Driver ternaryGpuDriver;

static const int kMinVersion = 11020;

/* The size of a mutex is not that of every machine that the bitcode is for. */
static union {
  pthread_mutex_t mutex;
  char room[64];
} shared = {PTHREAD_MUTEX_INITIALIZER};
static bool isOpen;
static CUdevice firstDevice;
static CUcontext heldContext;
static _Thread_local struct Call call;

struct Call *ternaryGpuCall(void) { return &call; }

void ternaryGpuLock(void) { pthread_mutex_lock(&shared.mutex); }
void ternaryGpuUnlock(void) { pthread_mutex_unlock(&shared.mutex); }

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

bool ternaryGpuFail(int status, const char *format, const char *a,
                    const char *b, const char *c, const char *d) {
  if (call.status != 0)
    return false;
  call.status = status;
  snprintf(call.error, sizeof(call.error), format, a, b, c, d);
  return false;
}

/* The driver's words for a result, and its number. */
static void describe(CUresult result, char *text, size_t size) {
  const char *words = NULL;
  if (ternaryGpuDriver.getErrorString)
    ternaryGpuDriver.getErrorString(result, &words);
  snprintf(text, size, "%s (%d)", words ? words : "unknown error", result);
}

bool ternaryGpuCheck(CUresult result, const char *function,
                     const char *kernel) {
  if (result == CUDA_SUCCESS)
    return true;
  char text[256];
  describe(result, text, sizeof(text));
  if (kernel)
    return ternaryGpuFail(result, "kernel '%s': %s: %s", kernel, function, text,
                          "");
  return ternaryGpuFail(result, "%s: %s", function, text, "", "");
}

static bool check(CUresult result, const char *function) {
  return ternaryGpuCheck(result, function, NULL);
}

void ternaryGpuPrintVersion(char text[kNameBytes]) {
  int version = ternaryGpuDriver.version;
  snprintf(text, kNameBytes, "%d.%d", version / 1000, version % 1000 / 10);
}

bool ternaryGpuFailChip(void) {
  char name[kNameBytes];
  snprintf(name, sizeof(name), "sm_%d", call.capability);
  return ternaryGpuFail(-1, "chip: the code is for %s, the device is %s",
                        call.chips, name, "", "");
}

const char *ternaryGpuError(void) { return call.error; }

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

/* The symbol that a driver lacks, or null. A function and an object pointer are
 * the same on every machine that has dlsym. */
static const char *loadFunctions(void *library) {
  const char *missing = NULL;
#define TERNARY_LOAD(name, symbol, ...)                                        \
  *(void **)&ternaryGpuDriver.name = dlsym(library, #symbol);
#define TERNARY_REQUIRE(name, symbol, ...)                                     \
  TERNARY_LOAD(name, symbol, )                                                 \
  if (!ternaryGpuDriver.name && !missing)                                      \
    missing = #symbol;
  TERNARY_DRIVER_FUNCTIONS(TERNARY_REQUIRE)
  TERNARY_NEWER_DRIVER_FUNCTIONS(TERNARY_LOAD)
#undef TERNARY_REQUIRE
#undef TERNARY_LOAD
  return missing;
}

static bool checkVersion(const char *missing) {
  if (!ternaryGpuDriver.driverGetVersion)
    return ternaryGpuFail(-1,
                          "no driver: libcuda.so.1: expected %s, found none",
                          "cuDriverGetVersion", "", "", "");
  if (!check(ternaryGpuDriver.driverGetVersion(&ternaryGpuDriver.version),
             "cuDriverGetVersion"))
    return false;
  char found[kNameBytes];
  ternaryGpuPrintVersion(found);
  if (ternaryGpuDriver.version < kMinVersion)
    return ternaryGpuFail(
        -1, "driver too old: expected one for CUDA 11.2 or later, found %s",
        found, "", "", "");
  if (missing)
    return ternaryGpuFail(-1, "driver for CUDA %s: expected %s, found none",
                          found, missing, "", "");
  return true;
}

static bool initialize(void) {
  char text[256];
  CUresult result = ternaryGpuDriver.init(0);
  if (result == CUDA_SUCCESS)
    result = ternaryGpuDriver.deviceGet(&firstDevice, 0);
  if (result == CUDA_SUCCESS)
    return true;
  describe(result, text, sizeof(text));
  return ternaryGpuFail(result, "no device: %s", text, "", "", "");
}

/* Tried again by each call until it succeeds. */
static bool openDriver(void) {
  ternaryGpuLock();
  if (!isOpen) {
    void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library)
      isOpen = checkVersion(loadFunctions(library)) && initialize();
    else
      ternaryGpuFail(-1, "no driver: %s", dlerror(), "", "", "");
    if (library && !isOpen)
      dlclose(library);
  }
  bool isReady = isOpen;
  ternaryGpuUnlock();
  return isReady;
}

void ternaryGpuRelaxCapture(int *mode) {
  *mode = CU_STREAM_CAPTURE_MODE_RELAXED;
  ternaryGpuRestoreCapture(mode);
}

void ternaryGpuRestoreCapture(int *mode) {
  if (ternaryGpuDriver.exchangeCaptureMode)
    ternaryGpuDriver.exchangeCaptureMode(mode);
}

//===----------------------------------------------------------------------===//
// Contexts
//===----------------------------------------------------------------------===//

/* The first device's primary context, held until the last module is gone. */
static CUcontext holdContext(void) {
  ternaryGpuLock();
  if (!heldContext &&
      !check(ternaryGpuDriver.primaryCtxRetain(&heldContext, firstDevice),
             "cuDevicePrimaryCtxRetain"))
    heldContext = NULL;
  CUcontext context = heldContext;
  ternaryGpuUnlock();
  return context;
}

void ternaryGpuReleaseContext(void) {
  if (heldContext)
    ternaryGpuDriver.primaryCtxRelease(firstDevice);
  heldContext = NULL;
}

bool ternaryGpuEnterHeld(CUcontext context) {
  return context && context == heldContext &&
         ternaryGpuDriver.ctxPushCurrent(context) == CUDA_SUCCESS;
}

void ternaryGpuLeaveHeld(void) {
  CUcontext context;
  ternaryGpuDriver.ctxPopCurrent(&context);
}

static bool readDevice(void) {
  int major, minor;
  if (!check(ternaryGpuDriver.ctxGetDevice(&call.device), "cuCtxGetDevice") ||
      !check(ternaryGpuDriver.deviceGetAttribute(
                 &major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
                 call.device),
             "cuDeviceGetAttribute") ||
      !check(ternaryGpuDriver.deviceGetAttribute(
                 &minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
                 call.device),
             "cuDeviceGetAttribute"))
    return false;
  call.capability = 10 * major + minor;
  return true;
}

static bool enterContext(void) {
  CUcontext context = NULL;
  if (!check(ternaryGpuDriver.ctxGetCurrent(&context), "cuCtxGetCurrent"))
    return false;
  if (!context) {
    context = holdContext();
    if (!context ||
        !check(ternaryGpuDriver.ctxPushCurrent(context), "cuCtxPushCurrent"))
      return false;
    call.entered = true;
  }
  unsigned long long id = (uintptr_t)context;
  if (ternaryGpuDriver.ctxGetId &&
      !check(ternaryGpuDriver.ctxGetId(context, &id), "cuCtxGetId"))
    return false;
  if (id == call.contextId && context == call.context)
    return true;
  call.context = NULL;
  if (!readDevice())
    return false;
  call.context = context;
  call.contextId = id;
  return true;
}

//===----------------------------------------------------------------------===//
// Chips
//===----------------------------------------------------------------------===//

/* Reads `sm_90a` and what separates it from the next name. */
static const char *readChip(const char *text, int *number, char *suffix) {
  *number = 0;
  *suffix = 0;
  for (; *text && *text != ','; ++text) {
    if (*text >= '0' && *text <= '9')
      *number = 10 * *number + (*text - '0');
    else if (*number > 0)
      *suffix = *text;
  }
  return *text ? text + 1 : text;
}

/* PTX runs on its chip and on later ones; with `a` on no other chip, with `f`
 * on those of its family. */
static bool runsOn(int chip, char suffix, int device) {
  if (suffix == 'a')
    return chip == device;
  if (suffix == 'f' && chip / 10 != device / 10)
    return false;
  return chip <= device;
}

/* The number of the best of `chips`, from 1; 0 if none fits. */
static int32_t chooseChip(const char *chips) {
  if (!*chips)
    return 1;
  int32_t best = 0, bestRank = -1, index = 0;
  for (const char *text = chips; *text;) {
    int number;
    char suffix;
    text = readChip(text, &number, &suffix);
    int rank = 2 * number + (suffix != 0);
    ++index;
    if (!runsOn(number, suffix, call.capability) || rank <= bestRank)
      continue;
    best = index;
    bestRank = rank;
  }
  if (!best)
    ternaryGpuFailChip();
  return best;
}

void ternaryGpuGetChip(char name[16]) {
  snprintf(name, kNameBytes, "sm_%d%s", call.capability,
           call.capability >= 90 ? "a" : "");
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

int32_t ternaryGpuBegin(void *stream, const char *chips) {
  call.chips = chips;
  if (call.depth++ == 0) {
    call.status = 0;
    call.entered = false;
    call.overlaps = false;
    call.stream = (CUstream)stream;
    if (!openDriver() || !enterContext())
      return 0;
  }
  if (call.status != 0)
    return 0;
  return chooseChip(chips);
}

int32_t ternaryGpuEnd(void) {
  if (--call.depth == 0 && call.entered)
    ternaryGpuLeaveHeld();
  return call.status;
}

void ternaryGpuOverlapLaunches(int32_t isAllowed) {
  call.overlaps = isAllowed != 0;
}
