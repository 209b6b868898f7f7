"""The calls of storage.mlir."""

import numpy as np
from cases import Call, main, random_floats, random_trits

I8 = np.int8
SHAPES = [(8, 12), (3, 7), (1, 1), (5, 4), (2, 5), (9, 33), (0, 6), (6, 0), (0, 0)]
# The scales that the bytes hold at 16 x 256: their shape, and the type they are stored in.
PRESETS = {
    "torchao": ((), None),
    "bitnet_gpu": ((), None),
    "i2_s": ((), np.float32),
    "i2_s_64": ((), np.float32),
    "tq1_0": ((16, 1), np.float16),
    "tq2_0": ((16, 1), np.float16),
    "q2_0": ((16, 4), np.float16),
}


def combine(codes, weights):
    """Codes in the last axis to bytes."""
    return (codes.astype(np.int64) @ np.array(weights, np.int64)).astype(np.uint8).view(I8)


def chimera(t):
    """Four trits of a row per byte, the first one in the highest bits; -1 is 2."""
    n, k = t.shape
    codes = np.zeros((n, -(-k // 4) * 4), np.uint8)
    codes[:, :k] = t % 3
    return combine(codes.reshape(n, codes.shape[1] // 4, 4), [64, 16, 4, 1])


def hf(t):
    """Trits of four rows, a quarter of all rows apart, per byte; padded by -1."""
    n, k = t.shape
    quarter = -(-n // 4)
    codes = np.zeros((4 * quarter, k), np.uint8)
    codes[:n] = t + 1
    return combine(np.moveaxis(codes.reshape(4, quarter, k), 0, -1), [1, 4, 16, 64])


def base3(t):
    """Five trits of the flattened matrix per byte, as digits of base 3."""
    codes = np.zeros(-(-t.size // 5) * 5, np.uint8)
    codes[: t.size] = t.ravel() + 1
    return combine(codes.reshape(-1, 5), [1, 3, 9, 27, 81])


def stale(array):
    """What the destination holds before; nothing of it may be seen in the result."""
    return np.full_like(array, 90)


def any_shape_calls(rng):
    for n, k in SHAPES:
        t = random_trits(rng, n, k)
        for pack in (chimera, hf, base3):
            b = pack(t)
            yield Call(f"any_{pack.__name__}", [t, stale(b), stale(t)], [b, t])


def chain_calls(rng):
    for n in (0, 1, 3, 4, 9):
        t = random_trits(rng, n, 10)
        args = [chimera(t), np.int64(n), stale(base3(t)), stale(hf(t)), stale(t)]
        yield Call("chain", args, [t])


def conversion_calls(rng):
    w = np.array([[0.4, -0.4, 1.0, -1.0, 1.9, -1.9, 2.0, -0.0, 1e-30, np.nan]], np.float32)
    sign = np.array([[1, -1, 1, -1, 1, -1, 1, 0, 1, 0]], I8)
    truncate = np.array([[0, 0, 1, -1, 1, -1, 0, 0, 0, 0]], I8)
    yield Call("conversions", [w, stale(hf(sign)), stale(sign)], [sign, truncate])
    every = np.arange(256, dtype=np.uint8).view(I8).reshape(2, 128)
    codes = every.view(np.uint8)[:, :, None] >> np.array([6, 4, 2, 0], np.uint8) & 3
    trits = np.array([0, 1, -1, 0], I8)[codes].reshape(2, 512)
    yield Call("unused_code", [every, stale(trits)], [trits])


def dequantize_calls(rng):
    for n, k in SHAPES:
        t, s = random_trits(rng, n, k), random_floats(rng, n, -(-k // 4))
        w = t.astype(np.float16) * np.repeat(s.astype(np.float16), 4, axis=1)[:, :k]
        yield Call("dequantize", [chimera(t), s, stale(w)], [w])


def preset_calls(rng):
    for name, (shape, stored) in PRESETS.items():
        t = random_trits(rng, 16, 256)
        if stored is None:
            yield Call(name, [t], [t])
            continue
        s = random_floats(rng, *shape)
        yield Call(name, [t, s], [t, s.astype(stored).astype(np.float32)])


def build(rng):
    return [
        *any_shape_calls(rng),
        *chain_calls(rng),
        *conversion_calls(rng),
        *dequantize_calls(rng),
        *preset_calls(rng),
    ]


if __name__ == "__main__":
    main(build)
