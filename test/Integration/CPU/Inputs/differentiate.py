"""The calls of differentiate.mlir: gradients and updates written by hand.

Floats are computed in f64 here, so that they may differ by rounding. Signs are
those of sums of small dyadic numbers, which are exact in any order.
"""

import math

import numpy as np
from cases import Call, main, random_floats, random_trits
from storage import base3, chimera

F32, F64, I8, I64 = np.float32, np.float64, np.int8, np.int64
RTOL = 2e-6
# Central differences of f64 functions; what is left is rounding in f32.
SMOOTH_RTOL = 1e-5
HALF_RTOL = 2e-3


def dyadic(rng, *shape):
    return (rng.integers(-8, 9, shape) / 8).astype(F32)


def wide(*arrays):
    return [array.astype(F64) for array in arrays]


def floats(*arrays):
    return [np.asarray(array).astype(F32) for array in arrays]


def by_group(scale, group, k):
    return np.repeat(scale, group, axis=1)[:, :k]


def absmean(w, axis=None):
    keep = axis is not None
    return np.maximum(np.abs(w).mean(axis=axis, keepdims=keep), 1e-5)


def ternarize(w, alpha):
    return np.clip(np.rint(w / alpha), -1, 1)


def straight_through(variant, w, alpha, g):
    if variant == "clamp":
        return np.where(np.abs(w / alpha) <= 1, g, 0)
    return np.clip(g, -1, 1) if variant == "legacy" else g


def mlp(variant, x, w1, b1, w2, g):
    a1, a2 = absmean(w1, 1), absmean(w2)
    v1, v2 = ternarize(w1, a1) * a1, ternarize(w2, a2) * a2
    h = x @ v1.T + b1
    r = np.maximum(h, 0)
    gh = (g @ v2) * (h >= 0)
    gw1 = straight_through(variant, w1, a1, gh.T @ x)
    gw2 = straight_through(variant, w2, a2, g.T @ r)
    return [r @ v2.T, gh @ v1, gw1, gh.sum(axis=0), gw2]


def mlp_calls(rng):
    for m, k, n, o in [(4, 10, 6, 3), (1, 1, 1, 1), (5, 33, 9, 2), (3, 5, 4, 7), (0, 4, 3, 2)]:
        args = [random_floats(rng, *s) for s in [(m, k), (n, k), (n,), (o, n), (m, o)]]
        for variant in ("identity", "clamp", "legacy"):
            want = mlp(variant, *wide(*args))
            yield Call(f"mlp_{variant}_gradient", args, floats(*want), RTOL)


def lsq(x, w, a, g):
    s = np.maximum(a, 0.25)
    q = ternarize(w, s[:, None])
    gw = g.T @ x
    return [x @ (q * s[:, None]).T, g @ (q * s[:, None]), gw,
            np.where(a >= 0.25, (gw * q).sum(axis=1), 0)]


def lsq_calls(rng):
    for m, k, n in [(4, 10, 6), (2, 7, 5), (1, 1, 1)]:
        x, w, g = (random_floats(rng, *s) for s in [(m, k), (n, k), (m, n)])
        a = np.abs(random_floats(rng, n))
        a[0] = 0.125
        want = floats(*lsq(*wide(x, w, a, g)))
        for name in ("lsq", "lsq_float"):
            yield Call(f"{name}_gradient", [x, w, a, g], want, RTOL)


def rms(x):
    return np.sqrt((x * x).mean(axis=-1, keepdims=True) + 1e-5)


def norm_backward(x, g):
    normal = x / rms(x)
    return (g - normal * (g * normal).mean(axis=-1, keepdims=True)) / rms(x)


def quantize(x):
    s = np.maximum(np.abs(x).max(axis=-1, keepdims=True), 1e-5)
    return np.rint(x / s * 127) * (s / 127)


def sparsify(t, w):
    """2:4 with zeros behind a short last block."""
    n, k = t.shape
    padded = np.zeros((n, -(-k // 4) * 4))
    padded[:, :k] = np.abs(w)
    blocks = padded.reshape(n, -1, 4)
    lost = np.argsort(blocks, axis=2, kind="stable")[:, :, :2]
    mask = np.ones_like(blocks)
    np.put_along_axis(mask, lost, 0, axis=2)
    return t * mask.reshape(n, -1)[:, :k]


def quantized(x, v, w, u, bias, g):
    tokens = (0, 1)
    normal = x / rms(x)
    q = quantize(normal * v)
    a = np.concatenate([absmean(w[:, i:i + 4], 1) for i in range(0, 10, 4)], axis=1)
    a = by_group(a, 4, 10)
    t = sparsify(ternarize(w, a), w)
    h = q @ (t * a).T
    f = quantize(h / rms(h))
    o = absmean(u, 1)
    ut = ternarize(u, o) * o
    gu = np.tensordot(g, f, (tokens, tokens))
    gh = norm_backward(h, g @ ut)
    gw = np.tensordot(gh, q, (tokens, tokens))
    gw = np.where((np.abs(w / a) <= 1) & (t != 0), gw, 0)
    gn = gh @ (t * a)
    gx = norm_backward(x, gn * v)
    return [f @ ut.T + bias, gx, (gn * normal).sum(axis=tokens), gw, gu, g.sum(axis=tokens)]


def quantized_calls(rng):
    args = [random_floats(rng, *s)
            for s in [(2, 3, 10), (10,), (7, 10), (5, 7), (5,), (2, 3, 5)]]
    yield Call("quantized_gradient", args, floats(*quantized(*wide(*args))), RTOL)


def half_calls(rng):
    types = [np.float16, F32, np.float16, np.float16, F32, np.float16]
    shapes = [(11,), (11,), (5, 11), (5,), (), (5,)]
    args = [random_floats(rng, *s).astype(t) for s, t in zip(shapes, types)]
    x, v, w, b, a, g = wide(*args)
    n, t = x / rms(x), np.sign(w) * (np.abs(w) > 0.5)
    gn, gw = g @ t * a, np.outer(g, n * v)
    want = [t @ (n * v) * a + b, norm_backward(x, gn * v), gn * n, gw, g, (gw * t).sum()]
    want = [np.asarray(array).astype(t) for array, t in zip(want, [np.float16, *types])]
    yield Call("half_gradient", args, want, HALF_RTOL)


def sat8(array):
    return np.clip(array, -128, 127).astype(I8)


def scores(sign, t, group):
    n, k = t.shape
    product = sign.astype(I64) * t
    return np.stack([product[:, i:i + group].sum(axis=1) for i in range(0, k, group)], axis=1)


def sign_of(grad, x):
    return np.sign(grad.astype(F64).T @ x.astype(F64)).astype(I64)


def step(t, votes, sign, threshold):
    a = sat8(votes - sign)
    up, down = a > threshold, a < -threshold
    return (np.where(up, 1, np.where(down, -1, t)).astype(I8),
            np.where(up | down, 0, a).astype(I8))


def signs_calls(rng):
    """Scales are exact: the correlation is ignored at step 0."""
    for m in (1, 6, 0):
        t, e = random_trits(rng, 7, 11), rng.integers(-2, 3, (7, 3)).astype(I8)
        c, ea = rng.integers(-50, 50, (7, 3)), rng.integers(-2, 3, (7, 3)).astype(I8)
        ta = rng.integers(-3, 4, (7, 11)).astype(I8)
        count, amount = np.zeros(1, I64), I64(-2)
        x, g = dyadic(rng, m, 11), dyadic(rng, m, 7)
        w = t * by_group(np.exp2(e.astype(F64)), 4, 11)
        sign = sign_of(g, x)
        score = scores(sign, t, 4)
        votes = sat8(ea - np.sign(score))
        change = np.where(votes >= 2, 1, np.where(votes <= -2, -1, 0))
        t1, ta1 = step(t, ta, sign, 2)
        want = [*floats(x @ w.T, g @ w), base3(t1), sat8(e + change), c - score * amount,
                count + abs(amount), (votes - 2 * change).astype(I8), ta1]
        yield Call("signs_gradient", [x, base3(t), e, c, count, ea, ta, amount, g], want)


def shared_calls(rng):
    for m in (1, 5):
        t, v = random_trits(rng, 6, 6), random_trits(rng, 6, 6)
        c, count = rng.integers(-50, 50, (6, 2)), np.array(7, I64)
        ta = rng.integers(-3, 4, (6, 6)).astype(I8)
        thresholds = rng.integers(0, 4, (6, 2)).astype(np.int32)
        ea = rng.integers(-127, 127, (6, 2)).astype(I8)
        ea[0] = -128
        x, gy = dyadic(rng, m, 6), dyadic(rng, m, 6)
        h = x @ t.T.astype(F32)
        g = h @ v.T.astype(F32)
        y = g @ t.T.astype(F32)
        gg = gy @ t.astype(F32)
        gh = gg @ v.astype(F32)
        t1, c1, ta1 = t, c, ta
        for sign in (sign_of(gy, g), sign_of(gh, x)):
            c1 = c1 - scores(sign, t, 4) * 3
            t1, ta1 = step(t1, ta1, sign, by_group(thresholds, 4, 6))
        ea1 = sat8(ea - 2 * np.sign(scores(sign_of(gg, h), v, 3)))
        args = [x, chimera(t), c, count, ta, thresholds, v, ea, gy]
        yield Call("shared_gradient", args, [y, chimera(t1), c1, count + 6, ta1, ea1])


def embedding_calls(rng):
    """The head's scale is a power of two, so that the table's signs are exact."""
    for m in (1, 4):
        t, e = random_trits(rng, 9, 7), rng.integers(-2, 3, (9, 2)).astype(I8)
        c, count = rng.integers(-50, 50, (9, 2)), np.array([3], I64)
        ta = rng.integers(-127, 127, (9, 7)).astype(I8)
        ids = rng.integers(0, 9, (m, 3)).astype(np.int32)
        ids[0, 0] = 9  # outside
        w = np.where(random_trits(rng, 4, 7) > 0, F32(0.5), F32(-0.5))
        g = dyadic(rng, m, 4)
        table = np.zeros((10, 7))
        table[:9] = t * by_group(np.exp2(e.astype(F64)), 5, 7)
        pool = table[ids].sum(axis=1)
        sums = np.zeros((10, 7))
        np.add.at(sums, ids.ravel(), np.repeat(g.astype(F64) @ w, 3, axis=0))
        sign = np.sign(sums[:9]).astype(I64)
        want = [*floats(pool @ w.T, g.T.astype(F64) @ pool), c - scores(sign, t, 5), count + 1,
                sat8(ta - 2 * sign)]
        yield Call("embedding_gradient", [ids, chimera(t), e, c, count, ta, w, g], want)


def smooth(x, v, s):
    f = np.exp(v) + 1
    tanh, erf = np.tanh(x), np.vectorize(math.erf)(np.sin(x) * np.cos(v))
    value = np.abs((np.log(f) - erf) * -np.log2(f) + np.exp2(tanh / np.sqrt(f))) * s + f**tanh
    a = np.where(x < v, value, np.minimum(x, v))
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True), a.max(axis=1)


def differences(function, args, seeds):
    """The gradient of sum(seed * result) to each argument."""
    def total():
        return sum((r * s).sum() for r, s in zip(function(*args), seeds))

    gradients = []
    for arg in args:
        gradient = np.zeros_like(arg)
        for at in np.ndindex(arg.shape):
            old, h = arg[at], 1e-6
            arg[at] = old + h
            above = total()
            arg[at] = old - h
            gradient[at] = (above - total()) / (2 * h)
            arg[at] = old
        gradients.append(gradient)
    return gradients


def smooth_calls(rng):
    for _ in range(3):
        args = [random_floats(rng, *s) for s in [(4, 5), (5,), ()]]
        seeds = [random_floats(rng, 4, 5), random_floats(rng, 4)]
        values = wide(*args)
        want = [*smooth(*values), *differences(smooth, values, wide(*seeds))]
        yield Call("smooth_gradient", [*args, *seeds], floats(*want), SMOOTH_RTOL)


def views(x, f):
    return [np.convolve(x[1:5, 2:7].T.ravel(), f[::-1], "valid")]


def views_calls(rng):
    x, f, g = random_floats(rng, 6, 8), random_floats(rng, 3), random_floats(rng, 18)
    values = wide(x, f)
    want = [*views(*values), *differences(views, values, wide(g)), np.zeros(2)]
    yield Call("views_gradient", [x, f, np.ones(2, F32), g], floats(*want), SMOOTH_RTOL)


def named(x, f, b, d, s):
    c = np.zeros((1, 3, 5, 3))
    for i, j in np.ndindex(3, 5):
        c[0, i, j] = np.einsum("hwc,hwco->o", x[0, 2 * i:2 * i + 3, j:j + 2], f)
    p = np.zeros((1, 2, 2, 3))
    for i, j in np.ndindex(2, 2):
        p[0, i, j] = c[0, i:i + 2, 2 * j:2 * j + 2].max(axis=(0, 1))
    return [p, (b @ d + s) ** 3]


def named_calls(rng):
    shapes = [(1, 7, 6, 2), (3, 2, 2, 3), (2, 3, 4), (2, 4, 2), ()]
    args = [random_floats(rng, *shape) for shape in shapes]
    seeds = [random_floats(rng, 1, 2, 2, 3), random_floats(rng, 2, 3, 2)]
    values = wide(*args)
    want = [*named(*values), *differences(named, values, wide(*seeds))]
    yield Call("named_gradient", [*args, *seeds], floats(*want), SMOOTH_RTOL)


# Two equal maxima share the gradient, a clamp keeps it at its bound.
def ties_calls(rng):
    x = np.array([[1, 3, 3, 2], [0, 0, 0, 0], [5, 1, 1, 1]], F32)
    g, h = np.array([2, 4, 8], F32), dyadic(rng, 3, 4)
    share = np.array([[0, 1, 1, 0], [1, 1, 1, 1], [8, 0, 0, 0]], F32)
    want = [x.max(axis=1), np.clip(x, 1, 3), share + h * ((x >= 1) & (x <= 3))]
    yield Call("ties_gradient", [x, g, h], want)


def build(rng):
    return [*mlp_calls(rng), *lsq_calls(rng), *quantized_calls(rng), *half_calls(rng), *signs_calls(rng),
            *shared_calls(rng), *embedding_calls(rng), *smooth_calls(rng), *views_calls(rng),
            *named_calls(rng), *ties_calls(rng)]


if __name__ == "__main__":
    main(build)
