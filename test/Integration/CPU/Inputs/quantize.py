"""The calls of quantize.mlir."""

import numpy as np
from cases import Call, main, random_floats, random_trits

F32, I8 = np.float32, np.int8
EPS = F32(1e-5)
SHAPES = [(4, 16), (1, 7), (3, 1), (2, 129), (0, 5), (5, 0), (0, 0)]
GROUP = 4
SUM = 16 * 2.0**-24


def stale(*shape, dtype=F32):
    """What the destination holds before; nothing of it may be seen in the result."""
    return np.full(shape, 90, dtype)


def absmean(w):
    """Of each row, summed in ascending order in f32: any order is within SUM of it."""
    if w.shape[-1] == 0:
        return np.full(w.shape[:-1], EPS)
    return np.maximum(np.cumsum(np.abs(w), axis=-1, dtype=F32)[..., -1] / F32(w.shape[-1]), EPS)


def ternarize(w, alpha):
    return np.clip(np.rint(w / alpha), -1, 1).astype(I8)


def quantize(x, bits):
    top = F32(2 ** (bits - 1) - 1)
    s = np.maximum(np.max(np.abs(x), axis=-1, initial=0), EPS).astype(F32)
    return np.clip(np.rint(x / s[:, None] * top), -top, top).astype(I8), s, top


def activation_calls(rng):
    for m, k in SHAPES:
        x = random_floats(rng, m, k)
        x[:1] = 0  # eps keeps the scale of an empty token finite
        q, s, top = quantize(x, 8)
        yield Call("activation", [x, stale(m, k, dtype=I8), stale(m)], [q, s / top])
        q, s, _ = quantize(x, 4)
        yield Call("activation_4bit", [x, stale(m, k, dtype=I8), stale(m)], [q, s])
        h = random_floats(rng, m, k, dtype=np.float16)
        q, s, top = quantize(h.astype(F32), 8)
        yield Call("activation_half", [h, stale(m, k, dtype=I8), stale(m)], [q, s / top])
    # Ties go to the even level; a NaN empties its token and no other.
    x = np.array([[127, 0.5, 1.5, -2.5, -127, 0], [1, np.nan, 2, 3, 4, 5]], F32)
    q = np.array([[127, 0, 2, -2, -127, 0], [0] * 6], I8)
    s = np.array([1, np.nan], F32)
    yield Call("activation", [x, stale(2, 6, dtype=I8), stale(2)], [q, s])


def weight_calls(rng):
    for n, k in SHAPES:
        w = random_floats(rng, n, k)
        init = stale(n, k, dtype=I8)
        a = absmean(w)
        yield Call("rows", [w, stale(n), init], [a, ternarize(w, a[:, None])], rtol=SUM)
        whole = absmean(w.reshape(-1))
        yield Call("whole", [w, stale(), init], [whole, ternarize(w, whole)], rtol=SUM)
        parts = [absmean(w[:, i : i + GROUP]) for i in range(0, k, GROUP)]
        g = np.stack(parts, axis=1) if parts else np.zeros((n, 0), F32)
        each = np.repeat(g, GROUP, axis=1)[:, :k]
        yield Call("groups", [w, stale(*g.shape), init], [g, ternarize(w, each)], rtol=SUM)
        trits = (np.sign(w) * (np.abs(w) > 0.5)).astype(I8)
        yield Call("threshold", [w, init], [trits])


def sparsify(t, w):
    """Two of each four stay; of equal magnitudes the later ones."""
    n, k = t.shape
    count = -(-k // 4)
    size = np.zeros((n, 4 * count), F32)
    size[:, :k] = np.abs(w)
    blocks = size.reshape(n, count, 4)
    smaller = blocks[..., None, :] < blocks[..., None]
    earlier = (blocks[..., None, :] == blocks[..., None]) & np.tri(4, k=-1, dtype=bool)
    rank = np.sum(smaller | earlier, axis=-1).reshape(size.shape)[:, :k]
    return np.where(rank >= 2, t, 0).astype(I8)


def other_calls(rng):
    for n, k in SHAPES:
        t = random_trits(rng, n, k)
        w = np.round(random_floats(rng, n, k))  # with many equal magnitudes
        yield Call("sparsify", [t, w, stale(n, k, dtype=I8)], [sparsify(t, w)])
        rest, trits, scales = random_floats(rng, n, k), [], []
        w = rest.copy()
        for _ in range(2):
            scales.append(absmean(rest))
            trits.append(ternarize(rest, scales[-1][:, None]))
            rest = rest - scales[-1][:, None] * trits[-1]
        args = [w, stale(2, n, k, dtype=I8), stale(2, n)]
        yield Call("decompose", args, [np.stack(trits), np.stack(scales)], rtol=1e-6)


def build(rng):
    return [*activation_calls(rng), *weight_calls(rng), *other_calls(rng)]


if __name__ == "__main__":
    main(build)
