"""The calls of stream.mlir."""

import numpy as np
from cases import Call, main, random_floats, random_trits
from storage import base3, chimera

F32, I8 = np.float32, np.int8
N, K = 3001, 3003  # more than 8 MiB of bytes


def panel3(trits):
    """Blocks of 16 rows and 20 columns, two of them below each other."""
    n, k = trits.shape
    padded = np.pad(trits, ((0, -n % 32), (0, -k % 20))) + 1
    digits = padded.reshape(len(padded) // 32, 2, 16, -1, 5, 4)
    codes = digits.transpose(0, 3, 1, 2, 5, 4) @ np.array([1, 3, 9, 27, 81])
    return codes.astype(np.uint8).view(I8).reshape(*codes.shape[:3], 64)


def build(rng):
    t, s = random_trits(rng, N, K), random_floats(rng, N)
    stale = np.full((N, K), 90, I8)
    yield Call("unpack", [base3(t), stale], [t])
    panels = np.full((-(-N // 64), -(-K // 16), 4, 64), 90, I8)
    wide = random_trits(rng, N, K + 1)
    flat, blocks = base3(wide), panel3(wide)
    yield Call("recode", [chimera(wide), np.full_like(flat, 90), np.full_like(blocks, 90)],
               [flat, blocks])
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
