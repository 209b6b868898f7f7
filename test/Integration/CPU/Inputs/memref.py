"""The calls of memref.mlir."""

import numpy as np
from cases import Call, main, random_bytes, random_floats, random_trits
from norm_embedding import lookup, normalize
from quantize import quantize
from storage import chimera

F32, I32 = np.float32, np.int32
TOKENS = (0, 1, 5)
RTOL = 1e-5


def layer_calls(rng):
    for m in TOKENS:
        x, w = random_floats(rng, m, 20), random_trits(rng, 7, 20)
        s = random_floats(rng, 7)
        q, a, top = quantize(normalize(x, 1e-5), 8)
        want = (q.astype(I32) @ w.astype(I32).T).astype(F32) * s * (a / top)[:, None]
        yield Call("layer", [x, w, s], [want], RTOL)


def view_calls(rng):
    for m in TOKENS:
        x, w = random_bytes(rng, m, 20), random_trits(rng, 5, 20)
        want = np.full((m, 7), 90, I32)
        want[:, 1:6] = x[:, 2:18].astype(I32) @ w[:, 2:18].astype(I32).T
        yield Call("views", [x, w], [want])


def storage_calls(rng):
    for v, d in [(6, 9), (1, 1), (3, 0), (0, 4)]:
        t, ids = random_trits(rng, v, d), np.array([0, v - 1, v, -1], np.int64)
        args = [chimera(t), ids, np.int64(v), np.int64(d)]
        yield Call("storage", args, [t, lookup(ids, t.astype(F32))])


def build(rng):
    return [*layer_calls(rng), *view_calls(rng), *storage_calls(rng)]


if __name__ == "__main__":
    main(build)
