"""The picture: products per second over products per byte of weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

COLORS = {"ternary": "#0b6e99", "tq2_0": "#c4541c", "tq1_0": "#d99a2b",
          "onednn_s8": "#5b8c3e", "openblas_f32": "#8a5aa8", "iree_i8i2": "#7a7a7a",
          "cublas_bf16": "#8a5aa8", "cublas_fp8": "#c4541c", "int_mm": "#5b8c3e",
          "gemlite": "#d99a2b"}


@dataclass(frozen=True)
class Point:
    """A call: what it computes from how many bytes of weights, and its time."""

    impl: str
    products: int
    bytes: float
    us: float
    hollow: bool = False


@dataclass(frozen=True)
class Limits:
    """What the machine reads and multiplies per nanosecond, and what that was seen with."""

    bytes: float
    products: float
    reader: str
    multiplier: str


def draw(points: Sequence[Point], limits: Limits, title: str, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "ternary"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5))
    draw_limits(axes, [point for point in points if point.impl == "ternary"], limits)
    for point in points:
        axes.plot(point.products / point.bytes, point.products / point.us / 1e3,
                  "s" if point.hollow else "o", color=COLORS.get(point.impl, "black"),
                  markerfacecolor="none" if point.hollow else None,
                  markersize=5, alpha=0.8)
    for impl in dict.fromkeys(point.impl for point in points):
        axes.plot([], [], "o", color=COLORS.get(impl, "black"), label=impl)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("products per byte of weights")
    axes.set_ylabel("products per nanosecond")
    axes.set_title(title, fontsize=10)
    axes.legend(fontsize=8, loc="lower right")
    axes.grid(True, which="both", alpha=0.2)
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)
    # Matplotlib ends lines with blanks, which the repository does not allow.
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n",
                    encoding="utf-8")


def draw_limits(axes, ours: Sequence[Point], limits: Limits) -> None:
    """The slope of memory and the ceiling of multiplication."""
    low = min(point.products / point.bytes for point in ours) / 8
    high = max(point.products / point.bytes for point in ours) * 2
    ridge = limits.products / limits.bytes
    axes.plot([low, ridge], [low * limits.bytes, limits.products], "k-", linewidth=1)
    axes.plot([ridge, max(high, ridge)], [limits.products] * 2, "k-", linewidth=1)
    axes.annotate(f"{limits.reader}, {limits.bytes:.0f} GB/s", (low, low * limits.bytes),
                  fontsize=8, textcoords="offset points", xytext=(8, -4))
    axes.annotate(f"{limits.multiplier}, {limits.products:.0f} G/s", (ridge, limits.products),
                  fontsize=8, textcoords="offset points", xytext=(4, 5))
