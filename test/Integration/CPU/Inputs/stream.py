"""The calls of stream.mlir."""

import numpy as np
from cases import Call, main, random_floats, random_trits

F32, I8 = np.float32, np.int8
N, K = 3001, 3003  # more than 8 MiB of bytes


def base3(trits):
    flat = trits.reshape(-1) + 1
    digits = np.zeros(-(-flat.size // 5) * 5, np.uint8)
    digits[:flat.size] = flat
    weights = np.array([1, 3, 9, 27, 81], np.uint8)
    return (digits.reshape(-1, 5) * weights).sum(axis=1, dtype=np.uint8).view(I8)


def build(rng):
    t, s = random_trits(rng, N, K), random_floats(rng, N)
    stale = np.full((N, K), 90, I8)
    yield Call("unpack", [base3(t), stale], [t])
    panels = np.full((-(-N // 64), -(-K // 16), 4, 64), 90, I8)
    yield Call("panels", [t, panels, stale], [t])
    half = s.astype(np.float16)[:, None]
    yield Call("dequantize", [t, s, np.zeros((N, K), np.float16)], [t.astype(np.float16) * half])
    # Scales on both sides of those that are divided by multiplying.
    x = random_floats(rng, N, K) * np.exp2(rng.integers(-16, 80, (N, 1))).astype(F32)
    size = np.maximum(np.abs(x).max(axis=1), F32(1e-5))
    q = np.rint(x / size[:, None] * F32(127)).astype(I8)
    yield Call("quantize", [x, stale, np.zeros(N, F32)], [q, size / F32(127)])


if __name__ == "__main__":
    main(build)
