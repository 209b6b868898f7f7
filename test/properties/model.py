"""What a layer has to compute, in NumPy, and how far a float may be off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from examples import Data, Example

# The documented tolerance of a product: abs(got - want) is at most
# 16 * 2^-24 * (sum |x| |w| + |bias|), whatever the order of the sum.
UNIT = 16 * 2.0**-24
# The same for scales that come from exponents: exp2 in f32 is not exact.
EXPONENT_UNIT = 2 * UNIT
STRENGTH = 4.0


@dataclass(frozen=True)
class Expected:
    """The exact result and, for each float result, values and bounds."""

    exact: np.ndarray
    quantized: tuple[np.ndarray, np.ndarray]
    floats: tuple[np.ndarray, np.ndarray]


def dense_scale(example: Example, data: Data) -> np.ndarray:
    """The scale of every weight, in f64."""
    scale = data.scale
    if example.granularity == "power":
        scale = np.exp2(data.exponent.astype(np.float64))
    elif scale is None:
        denominator = max(int(data.step[0]) * example.group_size, 1)
        shift = STRENGTH * data.correlation / denominator if data.step[0] else 0.0
        scale = np.exp2(data.exponent + shift)
    scale = scale.astype(np.float64)
    if scale.ndim == 2:
        return np.repeat(scale, example.group_size, axis=1)[:, :example.k]
    if scale.ndim == 1:
        scale = scale[:, None]
    return np.broadcast_to(scale, (example.n, example.k))


def product(x: np.ndarray, weight: np.ndarray, factor: np.ndarray, bias: np.ndarray,
            unit: float) -> tuple[np.ndarray, np.ndarray]:
    """x W^T times a factor per token plus bias, and the bounds."""
    x = x.astype(np.float64)
    value = (x @ weight.T) * factor[:, None] + bias
    size = (np.abs(x) @ np.abs(weight).T) * np.abs(factor)[:, None] + np.abs(bias)
    return value, unit * size


def expect(example: Example, data: Data) -> Expected:
    weight = data.q * dense_scale(example, data)
    unit = EXPONENT_UNIT if example.granularity == "exponent" else UNIT
    bias = data.bias.astype(np.float64)
    factor = data.activation_scale.astype(np.float64)
    return Expected(
        exact=data.x8.astype(np.int64) @ data.q.astype(np.int64).T,
        quantized=product(data.x8, weight, factor, bias, unit),
        floats=product(data.x, weight, np.ones(example.m), bias, unit))
