"""Kernels that only read: what a call can be as fast as."""

from __future__ import annotations

import cupy
import torch

from timing import Stream

READ_KERNEL = cupy.RawKernel(r"""
extern "C" __global__ void read(const uint4 *data, long long count, int *out) {
  long long step = (long long)gridDim.x * blockDim.x;
  long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
  unsigned sum = 0;
  for (; i + 3 * step < count; i += 4 * step) {
    uint4 w[4];
#pragma unroll
    for (int j = 0; j < 4; ++j)
      asm volatile("ld.global.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];"
          : "=r"(w[j].x), "=r"(w[j].y), "=r"(w[j].z), "=r"(w[j].w)
          : "l"(data + i + j * step));
#pragma unroll
    for (int j = 0; j < 4; ++j) sum += w[j].x ^ w[j].y ^ w[j].z ^ w[j].w;
  }
  for (; i < count; i += step) {
    uint4 w = data[i];
    sum += w.x ^ w.y ^ w.z ^ w.w;
  }
  if (sum == 0x9e3779b9u) out[0] = 1;
}""", "read")

READ_ROWS_KERNEL = cupy.RawKernel(r"""
extern "C" __global__ void read_rows(const uint4 *data, int count, int *out) {
  const uint4 *rows = data + (long long)blockIdx.x * count;
  __shared__ unsigned sums[32];
  unsigned sum = 0;
  int i = threadIdx.x, step = blockDim.x;
  for (; i + 7 * step < count; i += 8 * step) {
    uint4 w[8];
#pragma unroll
    for (int j = 0; j < 8; ++j)
      asm volatile("ld.global.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];"
          : "=r"(w[j].x), "=r"(w[j].y), "=r"(w[j].z), "=r"(w[j].w)
          : "l"(rows + i + j * step));
#pragma unroll
    for (int j = 0; j < 8; ++j) sum += w[j].x ^ w[j].y ^ w[j].z ^ w[j].w;
  }
#pragma unroll 4
  for (; i < count; i += step) sum += rows[i].x ^ rows[i].y ^ rows[i].z ^ rows[i].w;
  for (int lane = 16; lane; lane /= 2) sum += __shfl_xor_sync(~0u, sum, lane);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int w = 1; w < step / 32; ++w) sum += sums[w];
    out[blockIdx.x] = sum;
  }
}""", "read_rows")


def plain_read_call(data: list[cupy.ndarray]):
    """A read of one of the arrays of bytes."""
    out = cupy.zeros(1, cupy.int32)
    count = data[0].size // 16
    blocks = max(1, min(132 * 8, -(-count // (256 * 4))))

    def call(copy: int) -> None:
        stream = torch.cuda.current_stream().cuda_stream
        with cupy.cuda.Stream.from_external(Stream(stream)):
            READ_KERNEL((blocks,), (256,), (data[copy], count, out))
    return call
