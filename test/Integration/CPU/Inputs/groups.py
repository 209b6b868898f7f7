"""The calls of groups.mlir."""

import numpy as np
from cases import Call, main, random_bytes, random_floats, random_trits

SIZES = (1, 4, 6, 12, 32, 100)
FLOAT_SIZES = (6, 32)
# M, N, K: one token and three; a panel and a row more; whole periods and not.
SHAPES = [(1, 65, 480), (3, 20, 347), (1, 1, 1), (1, 130, 1601), (0, 3, 8), (2, 5, 0)]
RTOL = 1e-5


def stale(*shape):
    """What the destination holds before; nothing of it may be seen in the result."""
    return np.full(shape, 90, np.float32)


def grouped(x, w, scales, size):
    """The product of each group times its scale, added in order, in f32."""
    total = np.zeros((len(x), len(w)), np.float32)
    wide = np.int32 if x.dtype == np.int8 else np.float32
    for group in range(scales.shape[1]):
        part = slice(group * size, (group + 1) * size)
        product = x[:, part].astype(wide) @ w[:, part].astype(wide).T
        total += product.astype(np.float32) * scales[:, group]
    return total


def blocked(scales, rows):
    """[N, G] as [N / rows, G, rows]; nothing is read behind the last row."""
    count, groups = scales.shape
    outside = np.nan if scales.dtype == np.float32 else 127
    padded = np.full((-(-count // rows) * rows, groups), outside, scales.dtype)
    padded[:count] = scales
    blocks = padded.reshape(len(padded) // rows, rows, groups)
    return np.ascontiguousarray(blocks.transpose(0, 2, 1))


def exponents(rng):
    """The same with scales that are powers of two; every one of them, exactly."""
    for m, n, k in SHAPES:
        x, w = random_bytes(rng, m, k), random_trits(rng, n, k)
        e = rng.integers(-8, 8, (n, -(-k // 32))).astype(np.int8)
        scales = np.ldexp(np.float32(1), e)
        want = grouped(x, w, scales, 32)
        yield Call("exponents", [x, w, e, stale(m, n)], [want])
        yield Call("exponent_panels", [x, w, blocked(e, 64), stale(m, n)], [want])
        g = rng.integers(-9, 10, (m, n)).astype(np.float32)
        weight = np.repeat(scales, 32, axis=1)[:, :k] * w
        yield Call("gradients", [g, w, e, stale(m, k)], [g @ weight])
    every = np.arange(-128, 128).astype(np.int8)
    one = np.ones((256, 1), np.int8)
    yield Call("powers", [np.ones((1, 1), np.float32), one, every, stale(1, 256)],
               [np.ldexp(np.float32(1), every)[None]])


def build(rng):
    yield from exponents(rng)
    for m, n, k in SHAPES:
        w = random_trits(rng, n, k)
        for size in SIZES:
            x, s = random_bytes(rng, m, k), random_floats(rng, n, -(-k // size))
            yield Call(f"bytes{size}", [x, w, s, stale(m, n)], [grouped(x, w, s, size)])
        for size in FLOAT_SIZES:
            x, s = random_floats(rng, m, k), random_floats(rng, n, -(-k // size))
            yield Call(f"floats{size}", [x, w, s, stale(m, n)], [grouped(x, w, s, size)], RTOL)
        x, s = random_bytes(rng, m, k), random_floats(rng, n, -(-k // 32))
        for entry, rows in (("panels", 64), ("blocks", 3)):
            yield Call(entry, [x, w, blocked(s, rows), stale(m, n)], [grouped(x, w, s, 32)])
    x, v, w = random_bytes(rng, 1, 160), random_trits(rng, 70, 160), random_trits(rng, 70, 160)
    s, t = random_floats(rng, 70, 20), random_floats(rng, 70)
    product = x.astype(np.int32) @ w.astype(np.int32).T
    want = grouped(x, v, s, 8) + product.astype(np.float32) * t
    yield Call("components", [x, v, w, s, t, stale(1, 70)], [want])
    x, u = random_bytes(rng, 20, 160), random_trits(rng, 70, 160)
    r, s = random_floats(rng, 70, 2), random_floats(rng, 70, 2)
    product = x.astype(np.int32) @ w.astype(np.int32).T
    want = grouped(x, u, r, 80) + grouped(x, v, s, 80) + product.astype(np.float32) * t
    yield Call("sums", [x, u, v, w, r, s, t, stale(20, 70)], [want])


if __name__ == "__main__":
    main(lambda rng: list(build(rng)))
