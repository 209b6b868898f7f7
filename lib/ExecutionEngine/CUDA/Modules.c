//===- Modules.c - Device code, kernels, launches -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// A module is loaded into a context when its first kernel is asked for there:
// a program that opens a library of kernels on a machine without a GPU, and
// calls none of them, does not fail.
//
//===----------------------------------------------------------------------===//

#include "Driver.h"

#include <stdlib.h>
#include <string.h>

struct Kernel {
  const char *name;
  CUfunction function;
  /* What the kernel has asked for of dynamic shared memory. Beyond 48 KB,
   * static memory counted in, it has to. */
  _Atomic int sharedBytes;
  struct Kernel *next;
};

/* A module in one context. */
struct Loaded {
  CUcontext context;
  unsigned long long contextId;
  CUmodule module;
  struct Kernel *kernels;
  struct Loaded *next;
};

struct Module {
  const void *image;
  bool isText;
  struct Loaded *loaded;
};

static int numModules;

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

static void *createModule(const void *image, bool isText) {
  struct Module *module = calloc(1, sizeof(*module));
  if (!module)
    return NULL;
  module->image = image;
  module->isText = isText;
  ternaryGpuLock();
  ++numModules;
  ternaryGpuUnlock();
  return module;
}

/* The size is in the image. */
void *mgpuModuleLoad(const void *image, size_t bytes) {
  (void)bytes;
  return createModule(image, false);
}

/* The driver's own level is the highest. */
void *mgpuModuleLoadJIT(const void *text, int32_t optLevel) {
  (void)optLevel;
  return createModule(text, true);
}

static void freeLoaded(struct Loaded *loaded) {
  /* Other contexts are their owners', and may be gone with all in them. */
  if (ternaryGpuEnterHeld(loaded->context)) {
    ternaryGpuDriver.moduleUnload(loaded->module);
    ternaryGpuLeaveHeld();
  }
  for (struct Kernel *kernel = loaded->kernels, *next; kernel; kernel = next) {
    next = kernel->next;
    free(kernel);
  }
  free(loaded);
}

void mgpuModuleUnload(void *handle) {
  struct Module *module = handle;
  if (!module)
    return;
  ternaryGpuLock();
  for (struct Loaded *loaded = module->loaded, *next; loaded; loaded = next) {
    next = loaded->next;
    freeLoaded(loaded);
  }
  free(module);
  if (--numModules == 0) {
    ternaryGpuFreeConstants();
    ternaryGpuFreePools();
    ternaryGpuReleaseContext();
  }
  ternaryGpuUnlock();
}

/* The version in PTX's first directive, `.version 8.0`. */
static void readVersion(const char *text, char version[kNameBytes]) {
  const char *found = strstr(text, ".version");
  size_t length = 0;
  if (found) {
    found += strlen(".version");
    found += strspn(found, " \t");
    length = strcspn(found, " \t\r\n");
  }
  if (length >= kNameBytes)
    length = 0;
  memcpy(version, length ? found : "?", length ? length : 1);
  version[length ? length : 1] = 0;
}

static bool failVersion(const struct Module *module) {
  char needed[kNameBytes], found[kNameBytes];
  readVersion(module->isText ? module->image : "", needed);
  ternaryGpuPrintVersion(found);
  return ternaryGpuFail(
      CUDA_ERROR_UNSUPPORTED_PTX_VERSION,
      "driver too old: expected one for PTX %s, found one for CUDA %s", needed,
      found, "", "");
}

static bool failLoad(const struct Module *module, CUresult result, char *log) {
  if (result == CUDA_ERROR_UNSUPPORTED_PTX_VERSION)
    return failVersion(module);
  if (result == CUDA_ERROR_NO_BINARY_FOR_GPU)
    return ternaryGpuFailChip();
  ternaryGpuCheck(result, "cuModuleLoadDataEx", NULL);
  struct Call *call = ternaryGpuCall();
  log[strcspn(log, "\r\n")] = 0;
  size_t used = strlen(call->error), room = sizeof(call->error) - used;
  if (*log && room > 3) {
    memcpy(call->error + used, ": ", 3);
    strncat(call->error, log, room - 3);
  }
  return false;
}

/* The module in the context of the call; null if that fails. */
static struct Loaded *load(struct Module *module) {
  struct Call *call = ternaryGpuCall();
  for (struct Loaded *loaded = module->loaded; loaded; loaded = loaded->next)
    if (loaded->context == call->context &&
        loaded->contextId == call->contextId)
      return loaded;
  struct Loaded *loaded = calloc(1, sizeof(*loaded));
  if (!loaded) {
    ternaryGpuFail(-1, "out of host memory", "", "", "", "");
    return NULL;
  }
  char log[512] = "";
  int options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, (void *)(uintptr_t)(sizeof(log) - 1)};
  int mode;
  ternaryGpuRelaxCapture(&mode);
  CUresult result = ternaryGpuDriver.moduleLoadDataEx(
      &loaded->module, module->image, 2, options, values);
  ternaryGpuRestoreCapture(&mode);
  if (result != CUDA_SUCCESS) {
    free(loaded);
    failLoad(module, result, log);
    return NULL;
  }
  loaded->context = call->context;
  loaded->contextId = call->contextId;
  loaded->next = module->loaded;
  module->loaded = loaded;
  return loaded;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

static struct Kernel *findKernel(struct Loaded *loaded, const char *name) {
  for (struct Kernel *kernel = loaded->kernels; kernel; kernel = kernel->next)
    if (kernel->name == name || strcmp(kernel->name, name) == 0)
      return kernel;
  CUfunction function;
  if (!ternaryGpuCheck(
          ternaryGpuDriver.moduleGetFunction(&function, loaded->module, name),
          "cuModuleGetFunction", name))
    return NULL;
  struct Kernel *kernel = calloc(1, sizeof(*kernel));
  if (!kernel) {
    ternaryGpuFail(-1, "out of host memory", "", "", "", "");
    return NULL;
  }
  kernel->name = name;
  kernel->function = function;
  kernel->next = loaded->kernels;
  loaded->kernels = kernel;
  return kernel;
}

void *mgpuModuleGetFunction(void *module, const char *name) {
  if (ternaryGpuCall()->status != 0)
    return NULL;
  if (!module) {
    ternaryGpuFail(-1, "kernel '%s': out of host memory", name, "", "", "");
    return NULL;
  }
  ternaryGpuLock();
  struct Loaded *loaded = load(module);
  struct Kernel *kernel = loaded ? findKernel(loaded, name) : NULL;
  ternaryGpuUnlock();
  return kernel;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

static bool allowShared(struct Kernel *kernel, int32_t bytes) {
  if (bytes <= kernel->sharedBytes)
    return true;
  if (!ternaryGpuCheck(ternaryGpuDriver.funcSetAttribute(
                           kernel->function,
                           CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                           bytes),
                       "cuFuncSetAttribute", kernel->name))
    return false;
  kernel->sharedBytes = bytes;
  return true;
}

/* Extents that fit; false also if one is zero, and there is nothing to do. */
static bool readExtents(const struct Kernel *kernel, const intptr_t from[3],
                        unsigned to[3]) {
  for (int i = 0; i < 3; ++i) {
    if (from[i] < 0 || from[i] > INT32_MAX)
      return ternaryGpuFail(
          -1, "kernel '%s': expected extents below 2^31, found others",
          kernel->name, "", "", "");
    to[i] = (unsigned)from[i];
  }
  return to[0] != 0 && to[1] != 0 && to[2] != 0;
}

/* Launches with attributes, which not every driver knows. */
static bool launchWith(struct Kernel *kernel, CUlaunchConfig *config,
                       const unsigned *cluster, void **parameters) {
  CUlaunchAttribute attributes[2];
  memset(attributes, 0, sizeof(attributes));
  config->attributes = attributes;
  if (cluster) {
    CUlaunchAttribute *attribute = &attributes[config->numAttributes++];
    attribute->id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    memcpy(attribute->value.clusterDim, cluster, 3 * sizeof(*cluster));
  }
  if (ternaryGpuCall()->overlaps) {
    CUlaunchAttribute *attribute = &attributes[config->numAttributes++];
    attribute->id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
    attribute->value.programmaticStreamSerializationAllowed = 1;
  }
  if (!ternaryGpuDriver.launchKernelEx)
    return ternaryGpuFail(
        -1, "driver too old: kernel '%s' needs one for CUDA 11.8 or later",
        kernel->name, "", "", "");
  return ternaryGpuCheck(ternaryGpuDriver.launchKernelEx(
                             config, kernel->function, parameters, NULL),
                         "cuLaunchKernelEx", kernel->name);
}

static void launch(struct Kernel *kernel, const intptr_t *cluster,
                   const intptr_t grid[3], const intptr_t block[3],
                   int32_t sharedBytes, void *stream, void **parameters) {
  struct Call *call = ternaryGpuCall();
  CUlaunchConfig config;
  memset(&config, 0, sizeof(config));
  unsigned clusterDim[3];
  if (!kernel || call->status != 0 || !readExtents(kernel, grid, config.grid) ||
      !readExtents(kernel, block, config.block) ||
      (cluster && !readExtents(kernel, cluster, clusterDim)) ||
      !allowShared(kernel, sharedBytes))
    return;
  config.sharedBytes = (unsigned)sharedBytes;
  config.stream = (CUstream)stream;
  if (cluster || call->overlaps) {
    launchWith(kernel, &config, cluster ? clusterDim : NULL, parameters);
    return;
  }
  ternaryGpuCheck(ternaryGpuDriver.launchKernel(
                      kernel->function, config.grid[0], config.grid[1],
                      config.grid[2], config.block[0], config.block[1],
                      config.block[2], config.sharedBytes, config.stream,
                      parameters, NULL),
                  "cuLaunchKernel", kernel->name);
}

void mgpuLaunchKernel(void *kernel, intptr_t gridX, intptr_t gridY,
                      intptr_t gridZ, intptr_t blockX, intptr_t blockY,
                      intptr_t blockZ, int32_t sharedBytes, void *stream,
                      void **parameters, void **extra, size_t count) {
  (void)extra;
  (void)count;
  const intptr_t grid[] = {gridX, gridY, gridZ};
  const intptr_t block[] = {blockX, blockY, blockZ};
  launch(kernel, NULL, grid, block, sharedBytes, stream, parameters);
}

void mgpuLaunchClusterKernel(void *kernel, intptr_t clusterX, intptr_t clusterY,
                             intptr_t clusterZ, intptr_t gridX, intptr_t gridY,
                             intptr_t gridZ, intptr_t blockX, intptr_t blockY,
                             intptr_t blockZ, int32_t sharedBytes, void *stream,
                             void **parameters, void **extra, size_t count) {
  (void)extra;
  (void)count;
  const intptr_t cluster[] = {clusterX, clusterY, clusterZ};
  const intptr_t grid[] = {gridX, gridY, gridZ};
  const intptr_t block[] = {blockX, blockY, blockZ};
  launch(kernel, cluster, grid, block, sharedBytes, stream, parameters);
}
