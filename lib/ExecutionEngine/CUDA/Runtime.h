//===- Runtime.h - What compiled code calls to use a GPU --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// The entries of the runtime that the functions of ternary-compile and of the
// engine call, beside those that MLIR's own lowering names (mgpu...). A call:
//
//   if ((version = ternaryGpuBegin("f", stream, "sm_80,sm_90a")))
//     ... the lowered function, which allocates, launches, frees ...
//   return ternaryGpuEnd();
//
// Everything between the two goes into `stream`. After a failure nothing more
// is done but freeing; the text of the thread's last failure stays.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_CUDA_RUNTIME_H
#define TERNARY_LIB_EXECUTIONENGINE_CUDA_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Opens the driver if nobody has, takes the thread's current context, or the
 * first device's if there is none, and returns the number, from 1, of the chip
 * whose code the device runs best; 0 if something failed. With no chips any
 * device will do. */
int32_t ternaryGpuBegin(void *stream, const char *chips);

/* Leaves the context; 0, or what failed: a CUresult, or -1. */
int32_t ternaryGpuEnd(void);

/* What failed last on this thread; empty if nothing has. */
const char *ternaryGpuError(void);

/* The stream of a call that brings none: one that belongs to the thread. */
void *ternaryGpuThreadStream(void);

/* Room on the device for an array of the host, with its contents if it is
 * read; then its way back if it was written, and the end of the room. */
void *ternaryGpuCopyIn(const void *host, int64_t bytes, int32_t isRead);
void ternaryGpuCopyOut(void *host, void *device, int64_t bytes,
                       int32_t isWritten);

/* Waits for the stream of the call. */
void ternaryGpuSynchronize(void);

/* A copy on the device of bytes that do not change, made once. */
void *ternaryGpuConstant(const void *host, int64_t bytes);

/* Lets the launches of this call that follow begin before the kernel in front
 * of them ends: their kernels wait by griddepcontrol. */
void ternaryGpuOverlapLaunches(int32_t isAllowed);

/* The name of the chip of the call's device, such as sm_90a. */
void ternaryGpuGetChip(char name[16]);

/* A mark in the stream of the call, and the microseconds between two of them
 * once it has been waited for. */
void *ternaryGpuMark(void);
double ternaryGpuElapsed(void *from, void *to);
void ternaryGpuFreeMark(void *mark);

/* MLIR's names, as its lowering calls them. */
void *mgpuModuleLoad(const void *image, size_t bytes);
void *mgpuModuleLoadJIT(const void *text, int32_t optLevel);
void mgpuModuleUnload(void *module);
void *mgpuModuleGetFunction(void *module, const char *name);
void mgpuLaunchKernel(void *kernel, intptr_t gridX, intptr_t gridY,
                      intptr_t gridZ, intptr_t blockX, intptr_t blockY,
                      intptr_t blockZ, int32_t sharedBytes, void *stream,
                      void **parameters, void **extra, size_t count);
void mgpuLaunchClusterKernel(void *kernel, intptr_t clusterX, intptr_t clusterY,
                             intptr_t clusterZ, intptr_t gridX, intptr_t gridY,
                             intptr_t gridZ, intptr_t blockX, intptr_t blockY,
                             intptr_t blockZ, int32_t sharedBytes, void *stream,
                             void **parameters, void **extra, size_t count);
void *mgpuStreamCreate(void);
void mgpuStreamDestroy(void *stream);
void mgpuStreamSynchronize(void *stream);
void mgpuStreamWaitEvent(void *stream, void *event);
void *mgpuEventCreate(void);
void mgpuEventDestroy(void *event);
void mgpuEventSynchronize(void *event);
void mgpuEventRecord(void *event, void *stream);
void *mgpuMemAlloc(uint64_t bytes, void *stream, uint8_t isHostShared);
void mgpuMemFree(void *address, void *stream);
void mgpuMemcpy(void *target, void *source, size_t bytes, void *stream);
void mgpuMemset16(void *target, unsigned short value, size_t count,
                  void *stream);
void mgpuMemset32(void *target, unsigned value, size_t count, void *stream);

#ifdef __cplusplus
}
#endif

#endif /* TERNARY_LIB_EXECUTIONENGINE_CUDA_RUNTIME_H */
