//===- Memory.c - Streams, events, memory of the device -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// All that a call does goes into one stream, the caller's. So the streams that
// MLIR's lowering makes and waits for are that one, and waiting for it is left
// to the caller: nothing here keeps a call from being captured into a graph.
//
//===----------------------------------------------------------------------===//

#include "Driver.h"

#include <stdio.h>
#include <stdlib.h>

static bool hasFailed(void) { return ternaryGpuCall()->status != 0; }

static bool check(CUresult result, const char *function) {
  return ternaryGpuCheck(result, function, NULL);
}

//===----------------------------------------------------------------------===//
// Streams and events
//===----------------------------------------------------------------------===//

void *mgpuStreamCreate(void) { return ternaryGpuCall()->stream; }
void mgpuStreamDestroy(void *stream) { (void)stream; }
void mgpuStreamSynchronize(void *stream) { (void)stream; }

/* CU_STREAM_PER_THREAD. */
void *ternaryGpuThreadStream(void) { return (void *)2; }

void ternaryGpuSynchronize(void) {
  if (!hasFailed())
    check(ternaryGpuDriver.streamSynchronize(ternaryGpuCall()->stream),
          "cuStreamSynchronize");
}

void mgpuStreamWaitEvent(void *stream, void *event) {
  if (event && !hasFailed())
    check(ternaryGpuDriver.streamWaitEvent(stream, event, 0),
          "cuStreamWaitEvent");
}

static void *createEvent(unsigned flags) {
  CUevent event = NULL;
  if (hasFailed() ||
      !check(ternaryGpuDriver.eventCreate(&event, flags), "cuEventCreate"))
    return NULL;
  return event;
}

void *mgpuEventCreate(void) { return createEvent(CU_EVENT_DISABLE_TIMING); }

void mgpuEventDestroy(void *event) {
  if (event)
    check(ternaryGpuDriver.eventDestroy(event), "cuEventDestroy");
}

void mgpuEventSynchronize(void *event) {
  if (event && !hasFailed())
    check(ternaryGpuDriver.eventSynchronize(event), "cuEventSynchronize");
}

void mgpuEventRecord(void *event, void *stream) {
  if (event && !hasFailed())
    check(ternaryGpuDriver.eventRecord(event, stream), "cuEventRecord");
}

void *ternaryGpuMark(void) {
  void *event = createEvent(CU_EVENT_DEFAULT);
  mgpuEventRecord(event, ternaryGpuCall()->stream);
  return event;
}

double ternaryGpuElapsed(void *from, void *to) {
  float milliseconds = 0;
  if (from && to && !hasFailed())
    check(ternaryGpuDriver.eventElapsedTime(&milliseconds, from, to),
          "cuEventElapsedTime");
  return 1e3 * milliseconds;
}

void ternaryGpuFreeMark(void *mark) { mgpuEventDestroy(mark); }

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static bool checkRoom(CUresult result, const char *function, uint64_t bytes) {
  char what[96];
  snprintf(what, sizeof(what), "%s of %llu bytes", function,
           (unsigned long long)bytes);
  return ternaryGpuCheck(result, what, NULL);
}

/* An array of no elements has an address too. */
static size_t getRoom(uint64_t bytes) { return bytes ? (size_t)bytes : 1; }

/* Devices that have a pool of their own. */
enum { kMaxDevices = 64 };

/* What temporary buffers lie in, per device. The driver's own pool gives what
 * is not in use back to the system whenever a stream is waited for, and taking
 * 100 MB again costs milliseconds. */
static CUmemoryPool pools[kMaxDevices];

static CUmemoryPool createPool(CUdevice device) {
  CUmemPoolProps properties = {0};
  properties.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.locationType = CU_MEM_LOCATION_TYPE_DEVICE;
  properties.locationId = device;
  CUmemoryPool pool;
  if (!check(ternaryGpuDriver.memPoolCreate(&pool, &properties),
             "cuMemPoolCreate"))
    return NULL;
  unsigned long long threshold = ~0ull;
  if (check(ternaryGpuDriver.memPoolSetAttribute(
                pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &threshold),
            "cuMemPoolSetAttribute"))
    return pool;
  ternaryGpuDriver.memPoolDestroy(pool);
  return NULL;
}

/* Null after a failure. */
static CUmemoryPool getPool(void) {
  CUdevice device = ternaryGpuCall()->device;
  if (device >= kMaxDevices) {
    ternaryGpuFail(-1, "device: expected one of the first 64", "", "", "", "");
    return NULL;
  }
  ternaryGpuLock();
  if (!pools[device]) {
    int mode;
    ternaryGpuRelaxCapture(&mode);
    pools[device] = createPool(device);
    ternaryGpuRestoreCapture(&mode);
  }
  CUmemoryPool pool = pools[device];
  ternaryGpuUnlock();
  return pool;
}

void ternaryGpuFreePools(void) {
  for (int i = 0; i < kMaxDevices; ++i) {
    if (pools[i])
      ternaryGpuDriver.memPoolDestroy(pools[i]);
    pools[i] = NULL;
  }
}

void *mgpuMemAlloc(uint64_t bytes, void *stream, uint8_t isHostShared) {
  CUdeviceptr address = NULL;
  if (hasFailed())
    return NULL;
  if (isHostShared) {
    ternaryGpuFail(-1, "memory: expected the device's, found host_shared", "",
                   "", "", "");
    return NULL;
  }
  CUmemoryPool pool = getPool();
  if (!pool || !checkRoom(ternaryGpuDriver.memAllocFromPoolAsync(
                              &address, getRoom(bytes), pool, stream),
                          "cuMemAllocFromPoolAsync", bytes))
    return NULL;
  return address;
}

/* Also after a failure. */
void mgpuMemFree(void *address, void *stream) {
  if (address)
    check(ternaryGpuDriver.memFreeAsync(address, stream), "cuMemFreeAsync");
}

void mgpuMemcpy(void *target, void *source, size_t bytes, void *stream) {
  if (bytes && !hasFailed())
    check(ternaryGpuDriver.memcpyAsync(target, source, bytes, stream),
          "cuMemcpyAsync");
}

void mgpuMemset16(void *target, unsigned short value, size_t count,
                  void *stream) {
  if (count && !hasFailed())
    check(ternaryGpuDriver.memsetD16Async(target, value, count, stream),
          "cuMemsetD16Async");
}

void mgpuMemset32(void *target, unsigned value, size_t count, void *stream) {
  if (count && !hasFailed())
    check(ternaryGpuDriver.memsetD32Async(target, value, count, stream),
          "cuMemsetD32Async");
}

//===----------------------------------------------------------------------===//
// Arrays of the host
//===----------------------------------------------------------------------===//

void *ternaryGpuCopyIn(const void *host, int64_t bytes, int32_t isRead) {
  CUstream stream = ternaryGpuCall()->stream;
  void *device = mgpuMemAlloc((uint64_t)bytes, stream, 0);
  if (device && isRead && bytes)
    check(ternaryGpuDriver.memcpyHtoDAsync(device, host, (size_t)bytes, stream),
          "cuMemcpyHtoDAsync");
  return device;
}

void ternaryGpuCopyOut(void *host, void *device, int64_t bytes,
                       int32_t isWritten) {
  CUstream stream = ternaryGpuCall()->stream;
  if (isWritten && bytes && !hasFailed())
    check(ternaryGpuDriver.memcpyDtoHAsync(host, device, (size_t)bytes, stream),
          "cuMemcpyDtoHAsync");
  mgpuMemFree(device, stream);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

struct Constant {
  const void *host;
  CUcontext context;
  unsigned long long contextId;
  CUdeviceptr device;
  struct Constant *next;
};

enum { kNumBuckets = 256 };

static struct Constant *buckets[kNumBuckets];

static struct Constant **getBucket(const void *host) {
  return &buckets[((uintptr_t)host >> 6) % kNumBuckets];
}

/* Copies in a stream of its own: that of the call may be captured. */
static bool copyConstant(CUdeviceptr device, const void *host, size_t bytes) {
  CUstream stream;
  if (!check(ternaryGpuDriver.streamCreate(&stream, CU_STREAM_NON_BLOCKING),
             "cuStreamCreate"))
    return false;
  bool isDone =
      check(ternaryGpuDriver.memcpyHtoDAsync(device, host, bytes, stream),
            "cuMemcpyHtoDAsync") &&
      check(ternaryGpuDriver.streamSynchronize(stream), "cuStreamSynchronize");
  return check(ternaryGpuDriver.streamDestroy(stream), "cuStreamDestroy") &&
         isDone;
}

static bool uploadConstant(struct Constant *constant, size_t bytes) {
  if (!checkRoom(ternaryGpuDriver.memAlloc(&constant->device, getRoom(bytes)),
                 "cuMemAlloc", bytes))
    return false;
  if (!bytes || copyConstant(constant->device, constant->host, bytes))
    return true;
  ternaryGpuDriver.memFree(constant->device);
  return false;
}

static struct Constant *addConstant(const void *host, size_t bytes) {
  struct Constant *constant = calloc(1, sizeof(*constant));
  if (!constant) {
    ternaryGpuFail(-1, "out of host memory", "", "", "", "");
    return NULL;
  }
  constant->host = host;
  constant->context = ternaryGpuCall()->context;
  constant->contextId = ternaryGpuCall()->contextId;
  int mode;
  ternaryGpuRelaxCapture(&mode);
  bool isThere = uploadConstant(constant, bytes);
  ternaryGpuRestoreCapture(&mode);
  if (!isThere) {
    free(constant);
    return NULL;
  }
  constant->next = *getBucket(host);
  *getBucket(host) = constant;
  return constant;
}

static struct Constant *findConstant(const void *host) {
  const struct Call *call = ternaryGpuCall();
  for (struct Constant *constant = *getBucket(host); constant;
       constant = constant->next)
    if (constant->host == host && constant->context == call->context &&
        constant->contextId == call->contextId)
      return constant;
  return NULL;
}

void *ternaryGpuConstant(const void *host, int64_t bytes) {
  if (hasFailed())
    return NULL;
  ternaryGpuLock();
  struct Constant *constant = findConstant(host);
  if (!constant)
    constant = addConstant(host, (size_t)bytes);
  void *device = constant ? constant->device : NULL;
  ternaryGpuUnlock();
  return device;
}

void ternaryGpuFreeConstants(void) {
  for (int i = 0; i < kNumBuckets; ++i) {
    for (struct Constant *constant = buckets[i], *next; constant;
         constant = next) {
      next = constant->next;
      if (ternaryGpuEnterHeld(constant->context)) {
        ternaryGpuDriver.memFree(constant->device);
        ternaryGpuLeaveHeld();
      }
      free(constant);
    }
    buckets[i] = NULL;
  }
}
