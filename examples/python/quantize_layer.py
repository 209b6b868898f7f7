#!/usr/bin/env python3
"""Quantizes a dense layer to trits and runs it on int8 activations.

    python3 examples/python/quantize_layer.py [--size 2048] [--out DIR]

It prints how many bytes are left, how far the results are from those of the dense layer,
and how long both take on one thread. The picture in DIR (out/python) shows the weights with
the boundaries between the trits, and the results of one layer over those of the other.
Weights and activations are normal random numbers: what a network that was not trained for
trits loses. Needs NumPy and matplotlib.
"""

from __future__ import annotations

from common import OUT, median_us, save_figure  # noqa: I001  first, see there

import argparse
from pathlib import Path
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

import ternary  # noqa: E402

F32 = NDArray[np.float32]

PACKING = "cpu_panel2"  # two bits per trit, in the order in which kernels read them
TOKENS = 128
DRAWN_POINTS = 200
TRITS = (-1, 0, 1)
BOUNDARY = 0.5  # of |w / scale|, between 0 and a sign
COLORS = {-1: "C0", 0: "0.7", 1: "C3"}


class TernaryLayer(NamedTuple):
    """trits int8 [N, K], their bytes in PACKING, scales float32 [N]."""

    trits: NDArray[np.int8]
    packed: NDArray[np.uint8]
    scales: F32

    def __call__(self, x: F32) -> F32:
        """x float32 [M, K] -> float32 [M, N]."""
        q, token_scales = ternary.quantize_activation(x)
        return ternary.bitlinear(q, self.packed, out_features=len(self.scales),
                                 packing=PACKING, scales=self.scales,
                                 activation_scale=token_scales)

    def num_bytes(self) -> int:
        return self.packed.nbytes + self.scales.nbytes


def quantize(w: F32) -> TernaryLayer:
    """The absmean rule: each row's scale is the mean of its |w|."""
    scales = ternary.absmean(w)
    trits = ternary.ternarize(w, scales)
    return TernaryLayer(trits, ternary.pack(trits, PACKING), scales)


def least_squares_scales(w: F32, trits: NDArray[np.int8]) -> F32:
    """The scales that bring trits nearest to the weights: sum(w t) / sum(t t) per row."""
    counts = np.maximum(np.count_nonzero(trits, axis=1), 1)
    return (np.sum(w * trits, axis=1) / counts).astype(np.float32)


def relative_error(found: F32, wanted: F32) -> float:
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def slope(found: F32, wanted: F32) -> float:
    """Of the line through 0 that fits `found` over `wanted`."""
    return float(np.vdot(found, wanted) / np.vdot(wanted, wanted))


def print_errors(outputs: dict[str, F32], wanted: F32) -> None:
    correlation = np.corrcoef(outputs["absmean"].ravel(), wanted.ravel())[0, 1]
    print(f"correlation with the dense layer: {correlation:.3f}")
    for rule, found in outputs.items():
        print(f"relative error with {rule} scales: {relative_error(found, wanted):.3f}, "
              f"slope {slope(found, wanted):.2f}")


def print_times(layer: TernaryLayer, w: F32, x: F32) -> None:
    transposed = w.T
    for tokens in (1, len(x)):
        part = np.ascontiguousarray(x[:tokens])
        ours, dense = median_us(lambda: layer(part)), median_us(lambda: part @ transposed)
        print(f"{tokens} token{'s' * (tokens > 1)}: {ours:.0f} us, NumPy {dense:.0f} us, "
              f"{dense / ours:.1f}x")


def draw_weights(axes: plt.Axes, layer: TernaryLayer, w: F32) -> None:
    """The histogram of w / scale, coloured by trit."""
    ratios = (w / layer.scales[:, None]).ravel()
    edges = np.linspace(-4.5, 4.5, 73)  # with the boundaries among them
    heights, _ = np.histogram(ratios, edges, density=True)
    for trit in TRITS:
        inside = np.rint(np.clip((edges[:-1] + edges[1:]) / 2, -1, 1)) == trit
        axes.stairs(np.where(inside, heights, 0), edges, fill=True, color=COLORS[trit])
        share = 100 * np.mean(layer.trits == trit)
        axes.plot(trit, 0, "^", color="black", markersize=8, clip_on=False, zorder=3)
        axes.text(1.9 * trit, 1.06 * heights.max(), f"{trit}\n{share:.0f} %", ha="center")
    for boundary in (-BOUNDARY, BOUNDARY):
        axes.axvline(boundary, color="black", linestyle="--", linewidth=1)
    axes.set(title="weights, and the trits they become", xlabel="weight / scale of its row",
             ylabel="density", ylim=(0, 1.25 * heights.max()), xticks=range(-4, 5))


def draw_outputs(axes: plt.Axes, outputs: dict[str, F32], wanted: F32) -> None:
    """A sample of the results over those of the dense layer."""
    step = max(1, wanted.size // DRAWN_POINTS)
    for (rule, found), color in zip(outputs.items(), ("C0", "C1"), strict=True):
        label = f"{rule} scales, error {relative_error(found, wanted):.2f}"
        axes.plot(wanted.ravel()[::step], found.ravel()[::step], ".", color=color,
                  markersize=4, label=label, rasterized=True)
    bound = float(np.abs(wanted.ravel()[::step]).max())
    axes.plot([-bound, bound], [-bound, bound], color="black", linewidth=1)
    axes.set(title="results", xlabel="dense layer", ylabel="ternary layer")
    axes.legend(loc="upper left")
    axes.grid(alpha=0.3)


def draw(layer: TernaryLayer, w: F32, outputs: dict[str, F32], wanted: F32) -> plt.Figure:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    draw_weights(left, layer, w)
    draw_outputs(right, outputs, wanted)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description="Quantizes a dense layer to trits.")
    parser.add_argument("--size", type=int, default=2048, help="inputs and outputs")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the picture")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    w = rng.standard_normal((options.size, options.size), np.float32)
    w /= np.float32(np.sqrt(options.size))
    x = rng.standard_normal((TOKENS, options.size), np.float32)

    layer = quantize(w)
    print(f"weights: {w.nbytes} bytes dense, {layer.num_bytes()} ternary, "
          f"{w.nbytes / layer.num_bytes():.1f}x less")
    fitted = layer._replace(scales=least_squares_scales(w, layer.trits))
    wanted = x @ w.T
    outputs = {"absmean": layer(x), "least-squares": fitted(x)}
    print_errors(outputs, wanted)
    print_times(layer, w, x)
    save_figure(draw(layer, w, outputs, wanted), options.out, "quantize_layer")


if __name__ == "__main__":
    main()
