//===- Driver.h - The CUDA driver, opened when it is needed -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// The functions of libcuda.so.1 that the runtime calls, declared here because
// nothing may need a CUDA toolkit, and the state that its parts share. C11 with
// libc alone: the same source is linked into this project's programs and, as
// LLVM bitcode, into what ternary-compile writes. For the latter no function
// defined here takes a va_list, whose layout depends on the machine.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_CUDA_DRIVER_H
#define TERNARY_LIB_EXECUTIONENGINE_CUDA_DRIVER_H

#include "Runtime.h"

#include <stdbool.h>
#include <stddef.h>

typedef int CUresult;
typedef int CUdevice;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;
typedef struct CUevent_st *CUevent;
typedef struct CUmemPoolHandle_st *CUmemoryPool;
/* An integer of the size of a pointer, which is passed as pointers are. */
typedef void *CUdeviceptr;

enum {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
  CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8,
  CU_JIT_ERROR_LOG_BUFFER = 5,
  CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6,
  CU_MEM_ALLOCATION_TYPE_PINNED = 1,
  CU_MEM_LOCATION_TYPE_DEVICE = 1,
  CU_MEMPOOL_ATTR_RELEASE_THRESHOLD = 4,
  CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION = 4,
  CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION = 6,
  CU_STREAM_CAPTURE_MODE_RELAXED = 2,
  CU_STREAM_NON_BLOCKING = 1,
  CU_EVENT_DEFAULT = 0,
  CU_EVENT_DISABLE_TIMING = 2
};

typedef struct {
  int id;
  char padding[4];
  union {
    char size[64];
    unsigned clusterDim[3];
    int programmaticStreamSerializationAllowed;
  } value;
} CUlaunchAttribute;

typedef struct {
  int allocType;
  int handleTypes;
  int locationType;
  int locationId;
  void *securityAttributes;
  char reserved[64];
} CUmemPoolProps;

typedef struct {
  unsigned grid[3];
  unsigned block[3];
  unsigned sharedBytes;
  CUstream stream;
  CUlaunchAttribute *attributes;
  unsigned numAttributes;
} CUlaunchConfig;

/* X(name, symbol, parameters): what every driver for CUDA 11.2 has. */
#define TERNARY_DRIVER_FUNCTIONS(X)                                            \
  X(init, cuInit, unsigned flags)                                              \
  X(driverGetVersion, cuDriverGetVersion, int *version)                        \
  X(getErrorString, cuGetErrorString, CUresult code, const char **text)        \
  X(deviceGet, cuDeviceGet, CUdevice *device, int ordinal)                     \
  X(deviceGetAttribute, cuDeviceGetAttribute, int *value, int attribute,       \
    CUdevice device)                                                           \
  X(primaryCtxRetain, cuDevicePrimaryCtxRetain, CUcontext *context,            \
    CUdevice device)                                                           \
  X(primaryCtxRelease, cuDevicePrimaryCtxRelease_v2, CUdevice device)          \
  X(ctxGetCurrent, cuCtxGetCurrent, CUcontext *context)                        \
  X(ctxPushCurrent, cuCtxPushCurrent_v2, CUcontext context)                    \
  X(ctxPopCurrent, cuCtxPopCurrent_v2, CUcontext *context)                     \
  X(ctxGetDevice, cuCtxGetDevice, CUdevice *device)                            \
  X(moduleLoadDataEx, cuModuleLoadDataEx, CUmodule *module, const void *image, \
    unsigned count, int *options, void **values)                               \
  X(moduleUnload, cuModuleUnload, CUmodule module)                             \
  X(moduleGetFunction, cuModuleGetFunction, CUfunction *function,              \
    CUmodule module, const char *name)                                         \
  X(funcSetAttribute, cuFuncSetAttribute, CUfunction function, int attribute,  \
    int value)                                                                 \
  X(launchKernel, cuLaunchKernel, CUfunction function, unsigned gridX,         \
    unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,          \
    unsigned blockZ, unsigned sharedBytes, CUstream stream, void **parameters, \
    void **extra)                                                              \
  X(memAlloc, cuMemAlloc_v2, CUdeviceptr *address, size_t bytes)               \
  X(memFree, cuMemFree_v2, CUdeviceptr address)                                \
  X(memPoolCreate, cuMemPoolCreate, CUmemoryPool *pool,                        \
    const CUmemPoolProps *properties)                                          \
  X(memPoolDestroy, cuMemPoolDestroy, CUmemoryPool pool)                       \
  X(memPoolSetAttribute, cuMemPoolSetAttribute, CUmemoryPool pool,             \
    int attribute, void *value)                                                \
  X(memAllocFromPoolAsync, cuMemAllocFromPoolAsync, CUdeviceptr *address,      \
    size_t bytes, CUmemoryPool pool, CUstream stream)                          \
  X(memFreeAsync, cuMemFreeAsync, CUdeviceptr address, CUstream stream)        \
  X(memcpyAsync, cuMemcpyAsync, CUdeviceptr target, CUdeviceptr source,        \
    size_t bytes, CUstream stream)                                             \
  X(memcpyHtoDAsync, cuMemcpyHtoDAsync_v2, CUdeviceptr target,                 \
    const void *source, size_t bytes, CUstream stream)                         \
  X(memcpyDtoHAsync, cuMemcpyDtoHAsync_v2, void *target, CUdeviceptr source,   \
    size_t bytes, CUstream stream)                                             \
  X(memsetD16Async, cuMemsetD16Async, CUdeviceptr target,                      \
    unsigned short value, size_t count, CUstream stream)                       \
  X(memsetD32Async, cuMemsetD32Async, CUdeviceptr target, unsigned value,      \
    size_t count, CUstream stream)                                             \
  X(streamCreate, cuStreamCreate, CUstream *stream, unsigned flags)            \
  X(streamDestroy, cuStreamDestroy_v2, CUstream stream)                        \
  X(streamSynchronize, cuStreamSynchronize, CUstream stream)                   \
  X(streamWaitEvent, cuStreamWaitEvent, CUstream stream, CUevent event,        \
    unsigned flags)                                                            \
  X(eventCreate, cuEventCreate, CUevent *event, unsigned flags)                \
  X(eventDestroy, cuEventDestroy_v2, CUevent event)                            \
  X(eventRecord, cuEventRecord, CUevent event, CUstream stream)                \
  X(eventSynchronize, cuEventSynchronize, CUevent event)                       \
  X(eventElapsedTime, cuEventElapsedTime, float *milliseconds, CUevent begin,  \
    CUevent end)

/* The same, null where the driver is too old for them. */
#define TERNARY_NEWER_DRIVER_FUNCTIONS(X)                                      \
  X(exchangeCaptureMode, cuThreadExchangeStreamCaptureMode, int *mode)         \
  X(launchKernelEx, cuLaunchKernelEx, const CUlaunchConfig *config,            \
    CUfunction function, void **parameters, void **extra)                      \
  X(ctxGetId, cuCtxGetId, CUcontext context, unsigned long long *id)

struct Driver {
#define TERNARY_FIELD(name, symbol, ...) CUresult (*name)(__VA_ARGS__);
  TERNARY_DRIVER_FUNCTIONS(TERNARY_FIELD)
  TERNARY_NEWER_DRIVER_FUNCTIONS(TERNARY_FIELD)
#undef TERNARY_FIELD
  /* 1000 * major + 10 * minor of the version of CUDA. */
  int version;
};

/* Filled in by the first call that begins. */
extern struct Driver ternaryGpuDriver;

/* The call that a thread is in; a call inside of another one is part of it. */
struct Call {
  int depth;
  /* 0 until something fails, then a CUresult, or -1 for what is none. */
  int status;
  CUstream stream;
  /* The thread had no context; it was given the first device's. */
  bool entered;
  CUcontext context;
  /* That of the context. */
  CUdevice device;
  /* Tells contexts apart, also one that was made where another one lay. */
  unsigned long long contextId;
  /* 10 * major + minor of the compute capability of the context's device. */
  int capability;
  /* Names of the chips that there is code for. */
  const char *chips;
  /* Kernels may begin before the one in front of them ends. */
  bool overlaps;
  char error[768];
};

struct Call *ternaryGpuCall(void);

/* Room for the name of a chip, or a version. */
enum { kNameBytes = 16 };

/* Keeps the first failure of a call: a format of up to four strings. Returns
 * false. */
bool ternaryGpuFail(int status, const char *format, const char *a,
                    const char *b, const char *c, const char *d);

/* True if a function of the driver succeeded; else keeps the failure, which is
 * that of a kernel if there is one. */
bool ternaryGpuCheck(CUresult result, const char *function, const char *kernel);

/* Fails because there is no code for the device. Returns false. */
bool ternaryGpuFailChip(void);

/* Writes the version of CUDA that the driver is for, such as 12.4. */
void ternaryGpuPrintVersion(char text[kNameBytes]);

/* Guards what threads share. */
void ternaryGpuLock(void);
void ternaryGpuUnlock(void);

/* Between these two, what a stream capture of the thread forbids is allowed. */
void ternaryGpuRelaxCapture(int *mode);
void ternaryGpuRestoreCapture(int *mode);

/* True if the context is the first device's and held by this runtime, so that
 * it still exists; it is then made current, and has to be left again. */
bool ternaryGpuEnterHeld(CUcontext context);
void ternaryGpuLeaveHeld(void);

/* Gives back what the last module leaves behind. */
void ternaryGpuFreeConstants(void);
void ternaryGpuFreePools(void);
void ternaryGpuReleaseContext(void);

#endif /* TERNARY_LIB_EXECUTIONENGINE_CUDA_DRIVER_H */
