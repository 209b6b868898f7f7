"""The calls of bitlinear.mlir."""

import numpy as np
from cases import Call, main, random_bytes, random_floats, random_trits

F32, F16, I32 = np.float32, np.float16, np.int32
# M, N, K: ordinary, one token, ragged, vectors and one more, and every empty extent.
SHAPES = [
    (4, 8, 16),
    (1, 5, 67),
    (3, 17, 33),
    (2, 1, 1),
    (1, 64, 129),
    (0, 4, 8),
    (2, 0, 8),
    (2, 3, 0),
    (0, 0, 0),
]
GROUP = 8
RTOL = 1e-5
# f16 in the operands or the result, of 11 bits.
HALF_RTOL = 1e-3


def dot(x, w):
    return x.astype(I32) @ w.astype(I32).T


def grouped_dot(x, w, scales):
    """The exact product of each group times its scale, added in order."""
    total = np.zeros((len(x), len(w)), F32)
    for group in range(scales.shape[1]):
        part = slice(group * GROUP, (group + 1) * GROUP)
        total += dot(x[:, part], w[:, part]).astype(F32) * scales[:, group]
    return total


def stale(*shape, dtype=F32):
    """What the destination holds before; nothing of it may be seen in the result."""
    return np.full(shape, 90, dtype)


def pack_base3(w):
    """Five trits of the flattened matrix per byte, least significant first, padded by -1."""
    digits = np.full(-(-w.size // 5) * 5, 0, np.int64)
    digits[: w.size] = w.ravel() + 1
    return (digits.reshape(-1, 5) @ 3 ** np.arange(5)).astype(np.uint8).view(np.int8)


def exact_calls(rng):
    for m, n, k in SHAPES:
        x, w = random_bytes(rng, m, k), random_trits(rng, n, k)
        yield Call("exact", [x, w, stale(m, n, dtype=I32)], [dot(x, w)])
    # One-sided rows, for which 16 bits do not suffice.
    x = np.full((2, 4096), -128, np.int8)
    x[1] = 127
    w = np.stack([np.full(4096, 1, np.int8), np.full(4096, -1, np.int8)])
    yield Call("exact", [x, w, stale(2, 2, dtype=I32)], [dot(x, w)])
    x, w = np.full((1, 64), -128, np.int8), np.full((16, 64), -1, np.int8)
    yield Call("exact_static", [x, w, stale(1, 16, dtype=I32)], [dot(x, w)])


def scaled_calls(rng):
    for m, n, k in SHAPES:
        x, w = random_bytes(rng, m, k), random_trits(rng, n, k)
        a, b, s = random_floats(rng, m), random_floats(rng, n), random_floats(rng, n)
        init, y = stale(m, n), dot(x, w).astype(F32)
        yield Call("row_scale", [x, w, s, a, b, init], [y * s * a[:, None] + b], RTOL)
        one = F32(0.37)
        yield Call("tensor_scale", [x, w, one, a, b, init], [y * one * a[:, None] + b], RTOL)
        g = random_floats(rng, n, -(-k // GROUP))
        want = grouped_dot(x, w, g) * a[:, None] + b
        yield Call("group_scale", [x, w, g, a, b, init], [want], RTOL)
        yield Call("packed", [x, pack_base3(w), s, init], [y * s], RTOL)


def component_calls(rng):
    for m, n, k in SHAPES:
        x, w0, w1 = random_bytes(rng, m, k), random_trits(rng, n, k), random_trits(rng, n, k)
        s0, s1, init = random_floats(rng, n), F32(-0.11), stale(m, n)
        want = dot(x, w0).astype(F32) * s0 + dot(x, w1).astype(F32) * s1
        yield Call("components", [x, w0, w1, s0, s1, init], [want], RTOL)
        yield Call("no_component", [x, s0, init], [np.broadcast_to(s0, (m, n))])


def float_calls(rng):
    for m, n, k in SHAPES:
        x, w, s = random_floats(rng, m, k), random_trits(rng, n, k), random_floats(rng, n)
        yield Call("float", [x, w, s, stale(m, n)], [x @ w.astype(F32).T * s], RTOL)
        rounded = x.astype(F16).astype(F32) @ (w * s[:, None]).astype(F16).astype(F32).T
        yield Call("half_operands", [x, w, s, stale(m, n)], [rounded], RTOL)
        h, b = x.astype(F16), random_floats(rng, n, dtype=F16)
        want = h.astype(F32) @ w.astype(F32).T * s + b.astype(F32)
        yield Call("half", [h, w, s, b, stale(m, n, dtype=F16)], [want.astype(F16)], HALF_RTOL)


def rank_calls(rng):
    w = random_trits(rng, 9, 20)
    x, a = random_bytes(rng, 20), F32(0.25)
    yield Call("rank1", [x, w, a, stale(9)], [dot(x, w).astype(F32) * a], RTOL)
    x, a = random_bytes(rng, 2, 3, 20), random_floats(rng, 2, 3)
    want = dot(x, w).astype(F32) * a[..., None]
    yield Call("rank3", [x, w, a, stale(2, 3, 9)], [want], RTOL)


def constant_calls(rng):
    w = np.array([[1, -1, 0, 1, 1, -1, 0], [-1] * 7, [0, 0, 0, 0, 0, 0, 1]], np.int8)
    for m in (0, 1, 5):
        x = random_bytes(rng, m, 7)
        yield Call("constant", [x, stale(m, 3, dtype=I32)], [dot(x, w)])


def build(rng):
    return [
        *exact_calls(rng),
        *scaled_calls(rng),
        *component_calls(rng),
        *float_calls(rng),
        *rank_calls(rng),
        *constant_calls(rng),
    ]


if __name__ == "__main__":
    main(build)
