"""The layers that are timed, and their data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .driver import aligned, place

# Streamed weights are walked through in as many copies as make this size.
STREAMED = 512 << 20

WEIGHT_SCALE = 0.03125


@dataclass(frozen=True)
class Layer:
    """y [m, n] = x [m, k] times trits [n, k] and scales.

    `input` says what the activations are: `f32` in and int8 products
    (`quantized`), int8 in (`int8`), or float products (`f32`, `f16`).
    `scales` is `tensor`, `row` or `group32` and the like.
    """

    suite: str
    n: int
    k: int
    m: int
    threads: int
    mode: str
    input: str = "quantized"
    scales: str = "tensor"
    # (n, k, m) of a layer without tails that this one is compared with.
    neighbour: tuple[int, int, int] | None = None

    @property
    def group(self) -> int | None:
        return int(self.scales[5:]) if self.scales.startswith("group") else None

    @property
    def products(self) -> int:
        return self.n * self.k * self.m

    @property
    def is_float(self) -> bool:
        return self.input in ("f32", "f16")

    @property
    def walk(self) -> int:
        """Bytes of copies of the weights; 0 for one copy."""
        return STREAMED if self.mode == "stream" else 0


@lru_cache(maxsize=1)
def make_trits(n: int, k: int) -> np.ndarray:
    rng = np.random.default_rng([n, k])
    return place(rng.integers(-1, 2, (n, k), np.int8))


def make_scales(layer: Layer) -> np.ndarray:
    """Scales that are powers of two, so that they round nothing."""
    if layer.scales == "tensor":
        values = aligned((), np.float32)
        values[...] = WEIGHT_SCALE
        return values
    groups = (-(-layer.k // layer.group),) if layer.group else ()
    rng = np.random.default_rng(layer.n)
    exponents = rng.integers(-6, -3, (layer.n, *groups))
    return place(np.exp2(exponents).astype(np.float32))


@dataclass(frozen=True)
class Activations:
    """The same activations in each form that somebody takes."""

    x: np.ndarray        # f32
    q: np.ndarray        # int8
    scale: np.ndarray    # f32 [m], of q

    def of(self, layer: Layer) -> np.ndarray:
        if layer.input == "int8":
            return self.q
        return place(self.x.astype(np.float16)) if layer.input == "f16" else self.x


@lru_cache(maxsize=2)
def make_activations(m: int, k: int) -> Activations:
    rng = np.random.default_rng([m, k, 1])
    x = aligned((m, k), np.float32)
    x[...] = np.clip(rng.standard_normal((m, k), np.float32), -3.5, 3.5)
    # The same absolute maximum in each token, and so the same scale.
    x[:, 0] = 4
    peak = np.float32(4)
    q = place(np.rint(x / peak * np.float32(127)).astype(np.int8))
    scale = aligned((m,), np.float32)
    scale[...] = peak / np.float32(127)
    return Activations(x, q, scale)


def expected(layer: Layer, rows: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """y for some rows and tokens, in double precision."""
    activations = make_activations(layer.m, layer.k)
    if layer.is_float:
        x = activations.of(layer)[tokens].astype(np.float64)
        x_scale = np.ones(len(tokens))
    else:
        x = activations.q[tokens].astype(np.float64)
        x_scale = activations.scale[tokens].astype(np.float64)
    scales = make_scales(layer).astype(np.float64)
    weights = make_trits(layer.n, layer.k)[rows].astype(np.float64)
    if layer.group:
        weights *= np.repeat(scales[rows], layer.group, axis=1)[:, :layer.k]
    elif layer.scales == "row":
        weights *= scales[rows, None]
    else:
        weights *= scales
    return x @ weights.T * x_scale[:, None]


def relative_error(found: np.ndarray, wanted: np.ndarray) -> float:
    """Size of the difference over the size of what is wanted; NaN is infinite."""
    wanted = wanted.astype(np.float64)
    difference = np.linalg.norm(found.astype(np.float64) - wanted)
    error = difference / max(np.linalg.norm(wanted), 1e-30)
    return float(error) if np.isfinite(error) else float("inf")
