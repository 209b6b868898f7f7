"""The calls of norm-embedding.mlir."""

import numpy as np
from cases import Call, main, random_floats, random_trits
from storage import base3, chimera

F32, F16 = np.float32, np.float16
SHAPES = [(4, 16), (1, 7), (3, 1), (2, 130), (0, 5), (0, 0)]
GROUP = 4
RTOL = 1e-6
HALF_RTOL = 1e-3


def stale(*shape, dtype=F32):
    """What the destination holds before; nothing of it may be seen in the result."""
    return np.full(shape, 90, dtype)


def normalize(x, eps):
    x = x.astype(F32)
    return x / np.sqrt(np.sum(x * x, axis=-1, keepdims=True) / F32(x.shape[-1] or 1) + F32(eps))


def norm_calls(rng):
    for m, k in SHAPES:
        x, w, init = random_floats(rng, m, k), random_floats(rng, k), stale(m, k)
        x[:1] = 0
        yield Call("norm", [x, w, init], [normalize(x, 1e-5) * w], RTOL)
        yield Call("norm_only", [x, init], [normalize(x, 1e-2)], RTOL)
        h = x.astype(F16)
        want = normalize(h, 1e-5).astype(F16).astype(F32) * w
        yield Call("norm_half", [h, w, stale(m, k, dtype=F16)], [want.astype(F16)], HALF_RTOL)
        t, s = random_trits(rng, 1, k), random_floats(rng, 1, -(-k // GROUP))
        weight = (t * np.repeat(s, GROUP, axis=1)[:, :k])[0]
        want = normalize(x, 1e-5) * weight
        yield Call("norm_ternary", [x, chimera(t), s, init], [want], RTOL)


def lookup(ids, table):
    """Rows of zeros where there is no such row."""
    inside = (ids >= 0) & (ids < len(table))
    rows = np.zeros((*ids.shape, table.shape[1]), table.dtype)
    rows[inside] = table[ids[inside]]
    return rows


def embedding_calls(rng):
    for v, d in [(8, 10), (1, 1), (3, 0), (0, 4)]:
        t, s = random_trits(rng, v, d), random_floats(rng, v)
        for ids in ([], [0], [0, v - 1, v, -1, 2**40, 0]):
            ids = np.array(ids, np.int64)
            args = [ids, t, np.int64(v), np.int64(d), s, stale(len(ids), d)]
            yield Call("rows", args, [lookup(ids, t * s[:, None])])
    t, s = random_trits(rng, 8, 10), random_floats(rng, 8, 3)
    table = (t * np.repeat(s, GROUP, axis=1)[:, :10]).astype(F16)
    ids = np.array([[7, 0, 3], [-1, 8, 7]], np.int32)
    want = lookup(ids, table)
    yield Call("rows_packed", [ids, base3(t), s, stale(2, 3, 10, dtype=F16)], [want])


def build(rng):
    return [*norm_calls(rng), *embedding_calls(rng)]


if __name__ == "__main__":
    main(build)
