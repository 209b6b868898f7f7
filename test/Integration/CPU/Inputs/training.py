"""NumPy models of the steps in examples/training, for the tests training-*.test.

    training.py make DIR COUNT     writes COUNT digits, a mini-batch of the rule: each step sees all
    training.py check RULE DIR BEFORE AFTER
                                   takes the state of the run DIR/BEFORE (or `init`), models one
                                   step, and compares with the run DIR/AFTER

A run is a folder with state_<i>.npy and log.jsonl, and is named by its number of steps. Integers
have to be equal; only where a gradient is 0 but for rounding is its sign left open.
"""

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[4]
WIDTHS = (64, 256, 256, 10)
SEED, STEPS = 3, 400
GROUP = 32
F32 = np.float32


def make(directory: Path, count: int) -> None:
    sys.path.insert(0, str(ROOT / "examples" / "digits"))
    from dataset import split_digits

    split = split_digits()
    directory.mkdir(parents=True, exist_ok=True)
    for part in ("train", "validation", "test"):
        np.save(directory / f"x_{part}.npy", split.train.images[:count])
        np.save(directory / f"y_{part}.npy", split.train.labels[:count])


def noise(layer: int, shape: tuple[int, int]) -> np.ndarray:
    """The hash of @init_layer, uint32."""
    with np.errstate(over="ignore"):
        start = np.uint32(SEED + 1000003 * layer) * np.uint32(0x85EBCA6B)
        h = np.arange(shape[0] * shape[1], dtype=np.uint32) + start
        h *= np.uint32(0x9E3779B9)
        h ^= h >> 16
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> 13
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> 16
    return h.reshape(shape)


def shapes() -> list[tuple[int, int]]:
    return list(zip(WIDTHS[1:], WIDTHS[:-1], strict=True))


def rms(x):
    return np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + F32(1e-5))


def quantize(h):
    """The values that the int8 activations stand for."""
    s = np.maximum(np.max(np.abs(h), axis=-1, keepdims=True), F32(1e-5))
    return np.clip(np.rint(h / s * F32(127)), -127, 127) * (s / F32(127))


def norm_backward(x, gh):
    xn = x / rms(x)
    return (gh - xn * np.mean(gh * xn, axis=-1, keepdims=True)) / rms(x)


def cross_entropy(z, labels):
    rows = np.arange(len(labels))
    z = z - np.max(z, axis=-1, keepdims=True)
    p = np.exp(z) / np.sum(np.exp(z), axis=-1, keepdims=True)
    loss = -np.mean(np.log(p[rows, labels]))
    p[rows, labels] -= 1
    return loss, p / F32(len(labels))


def run_layers(x, forward, weights):
    """(x, h, weights) of each layer and the logits."""
    kept = []
    for layer, w in enumerate(weights):
        x = np.maximum(y, 0) ** 2 if layer else x
        h = forward(x / rms(x))
        kept.append((x, y if layer else None, h))
        y = h @ w.T
    return kept, y


def gradients(kept, weights, gy):
    """dL/dw of each layer, as if w were a parameter, and the sums of the magnitudes."""
    result = []
    for (x, before, h), w in zip(reversed(kept), reversed(weights), strict=True):
        result.insert(0, (gy.T @ h, np.abs(gy).T @ np.abs(h)))
        if before is not None:
            gy = norm_backward(x, gy @ w) * 2 * np.maximum(before, 0)
    return result


def adam(state, g, step, slower):
    """One step on (parameter, first moment, second moment)."""
    p, m, v = state
    rate = slower * 2e-3 * 0.5 * (1 + np.cos(np.pi * step / STEPS))
    root = np.sqrt(1 - 0.999 ** (step + 1))
    m = m + F32(0.1) * (g - m)
    v = v + F32(0.001) * (g * g - v)
    p = p - F32(rate * root / (1 - 0.9 ** (step + 1))) * m / (np.sqrt(v) + F32(1e-8 * root))
    return [p, m, v]


def init_float(learned):
    state = []
    for layer, (n, k) in enumerate(shapes(), start=1):
        uniform = noise(layer, (n, k)).view(np.int32).astype(F32) * F32(2**-31)
        w = uniform * np.sqrt(F32(3) / F32(k))
        state += [w, np.zeros_like(w), np.zeros_like(w)]
        if learned:
            a = np.mean(np.abs(w), axis=1) * F32(1.5)
            state += [a, np.zeros_like(a), np.zeros_like(a)]
    return state


def step_float(state, images, labels, step, learned):
    """The loss, and the state behind a step of `ste` (or, with learned scales, of `lsq`)."""
    size = 6 if learned else 3
    layers = [state[i : i + size] for i in range(0, len(state), size)]
    scales, trits = [], []
    for layer in layers:
        raw = layer[3] if learned else np.mean(np.abs(layer[0]), axis=1)
        scales.append(np.maximum(raw, F32(1e-5))[:, None])
        trits.append(np.clip(np.rint(layer[0] / scales[-1]), -1, 1))
    weights = [t * s for t, s in zip(trits, scales, strict=True)]
    kept, z = run_layers(images, quantize, weights)
    loss, gz = cross_entropy(z, labels)
    after = []
    grads = gradients(kept, weights, gz)
    for layer, (g, _), t, s in zip(layers, grads, trits, scales, strict=True):
        if learned:
            after += adam(layer[:3], g, step, 1)
            ga = np.sum(g * t, axis=1) * (layer[3] >= F32(1e-5))
            after += adam(layer[3:], ga, step, 0.1)
        else:
            after += adam(layer, np.where(np.abs(layer[0] / s) <= 1, g, 0), step, 1)
    return loss, after


def check_float(before, want, got):
    """Compares the changes. Few may differ: by an activation at a rounding boundary, or where a
    gradient nearly vanishes, as Adam moves such a weight by up to its rate."""
    for i, (b, w, g) in enumerate(zip(before, want, got, strict=True)):
        assert w.shape == g.shape, (i, w.shape, g.shape)
        size = np.sqrt(np.mean((w - b) ** 2))
        differ = ~np.isclose(g - b, w - b, rtol=2e-2, atol=2e-2 * size)
        assert differ.mean() <= 3e-3, (i, differ.sum(), differ.size)


def by_group(values):
    """Sums over groups of columns, which divide all widths here."""
    n, k = values.shape
    return values.reshape(n, k // GROUP, GROUP).sum(axis=2, dtype=np.int64)


def sat8(values):
    return np.clip(values, -128, 127)


def pack_base3(trits):
    flat = np.pad(trits.ravel() + 1, (0, -trits.size % 5)).reshape(-1, 5)
    return (flat @ [1, 3, 9, 27, 81]).astype(np.uint8).view(np.int8)


def unpack_base3(packed, shape):
    digits = packed.view(np.uint8).astype(np.int64)[:, None] // [1, 3, 9, 27, 81] % 3
    return digits.ravel()[: shape[0] * shape[1]].reshape(shape) - 1


class IntegerLayer:
    """Trits t, accumulators a and ea (of the hidden layers), exponents e, correlations c,
    updates u; `open` marks the signs of gradients that are 0 but for rounding."""

    def __init__(self, arrays):
        packed, a, e, *ea, c, u = arrays
        self.a, self.e, self.c, self.u = (x.astype(np.int64) for x in (a, e, c, u))
        self.ea = ea[0].astype(np.int64) if ea else None
        self.t = unpack_base3(packed, a.shape)

    def weight(self):
        power = self.e + 2 * self.c / max(self.u[0] * GROUP, 1)
        return (self.t * np.repeat(np.exp2(power), GROUP, axis=1)).astype(F32)

    def update(self, g, size, done):
        self.open = (np.abs(g) < 1e-5 * size) | (size < 1e-5 * np.mean(size))
        sign = np.sign(g).astype(np.int64)
        score = by_group(sign * self.t)
        if self.ea is not None and done < 0.2:
            a = sat8(self.ea - np.sign(score))
            e = (a >= 127).astype(np.int64) - (a <= -127)
            self.e, self.ea = sat8(self.e + e), a - 127 * e
        self.c, self.u = self.c - score, self.u + 1
        a, threshold = sat8(self.a - sign), int(8 * 15**done)
        self.flips = np.abs(a) > threshold
        self.t, self.a = np.where(self.flips, np.sign(a), self.t), np.where(self.flips, 0, a)

    def compare(self, got):
        closed, still = ~self.open, by_group(self.open) == 0
        assert closed.mean() > 0.8 and still.any(), closed.mean()
        assert (got.t == self.t)[closed].all() and (got.a == self.a)[closed].all()
        assert (np.abs(got.c - self.c) <= by_group(self.open)).all()
        assert (got.e == self.e).all() and got.u == self.u
        assert self.ea is None or (got.ea == self.ea)[still].all()


def split_layers(arrays):
    """The last layer has no accumulators of exponents."""
    return [IntegerLayer(a) for a in (arrays[:6], arrays[6:12], arrays[12:])]


def init_integers():
    state = []
    for layer, (n, k) in enumerate(shapes(), start=1):
        two = (noise(layer, (n, k)) >> 30).astype(np.int64)
        e = np.full((n, k // GROUP), round(np.log2(max(0.5 * k**-0.5, 2**-8))))
        state += [pack_base3(np.where(two >= 2, 2 * (two & 1) - 1, 0)), np.zeros((n, k)), e]
        state += [np.zeros_like(e)] * (1 if n == WIDTHS[-1] else 2) + [np.zeros(1)]
    return state


def step_integers(state, images, labels, step):
    layers = split_layers(state)
    weights = [layer.weight() for layer in layers]
    kept, z = run_layers(images, lambda h: h, weights)
    loss, gz = cross_entropy(z, labels)
    for layer, (g, size) in zip(layers, gradients(kept, weights, gz), strict=True):
        layer.update(g, size, step / STEPS)
    layers[0].open &= np.any(images, axis=0)  # the gradient to a pixel without ink is 0
    return loss, layers


def read_run(run: Path):
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    files = sorted(run.glob("state_*.npy"), key=lambda p: int(p.stem.split("_")[1]))
    return lines, [np.load(file) for file in files]


def check(rule: str, directory: Path, before: str, after: str) -> None:
    images, labels = np.load(directory / "x_train.npy"), np.load(directory / "y_train.npy")
    lines, got = read_run(directory / after)
    assert lines[0] == {"rule": rule, "seed": SEED, "epochs": STEPS}, lines[0]
    got_losses = [line["loss"] for line in lines if "loss" in line]
    step = len(got_losses) - 1  # an epoch is one step
    if rule == "float_free":
        state = init_integers() if before == "init" else read_run(directory / before)[1]
        loss, layers = step_integers(state, images, labels, step)
        for layer, other in zip(layers, split_layers(got), strict=True):
            layer.compare(other)
        # The first votes suffice in the ninth step.
        assert all(layer.flips.any() == (step == 8) for layer in layers)
    else:
        learned = rule == "lsq"
        state = init_float(learned) if before == "init" else read_run(directory / before)[1]
        loss, want = step_float(state, images, labels, step, learned)
        check_float(state, want, got)
    np.testing.assert_allclose(got_losses[-1], loss, rtol=1e-3)
    assert step == 0 or got_losses[-1] < 0.85 * got_losses[0], got_losses


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        check(sys.argv[2], Path(sys.argv[3]), *sys.argv[4:])
