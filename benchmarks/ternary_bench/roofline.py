"""The picture: products per second over products per byte of weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .session import Row

COLORS = {"ternary": "#0b6e99", "tq2_0": "#c4541c", "tq1_0": "#d99a2b",
          "onednn_s8": "#5b8c3e", "openblas_f32": "#8a5aa8", "iree_i8i2": "#7a7a7a"}
MARKERS = {"hot": "o", "stream": "s"}


def chosen(rows: Sequence[Row]) -> list[Row]:
    """Layers with int8 products (and what peers make of them) on one thread."""
    fewest = min((row.threads for row in rows), default=1)
    return [row for row in rows if row.op == "bitlinear" and row.bytes
            and row.suite in ("decode", "prefill") and row.threads == fewest]


def draw(rows: Sequence[Row], facts: dict, path: Path) -> bool:
    """Writes the picture; False if there is nothing to draw."""
    points = chosen(rows)
    ours = [row for row in points if row.impl == "ternary"]
    streamed = [row for row in ours if row.mode == "stream" and row.read_us]
    if not ours or not streamed:
        return False
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "ternary"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5))
    draw_limits(axes, ours, streamed)
    for row in points:
        axes.plot(row.products / row.bytes, row.products / row.median_us / 1e3,
                  MARKERS[row.mode], color=COLORS.get(row.impl, "black"),
                  markerfacecolor="none" if row.mode == "stream" else None,
                  markersize=5, alpha=0.8)
    for impl in dict.fromkeys(row.impl for row in points):
        axes.plot([], [], "o", color=COLORS.get(impl, "black"), label=impl)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("products per byte of weights")
    axes.set_ylabel("products per nanosecond")
    axes.set_title(f"{facts['cpu']} ({facts['llvm_cpu']}), {points[0].threads} thread(s), "
                   f"{facts['date']}\nfilled: weights in cache; hollow: streamed from memory",
                   fontsize=10)
    axes.legend(fontsize=8, loc="lower right")
    axes.grid(True, which="both", alpha=0.2)
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)
    # Matplotlib ends lines with blanks, which the repository does not allow.
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n",
                    encoding="utf-8")
    return True


def draw_limits(axes, ours: Sequence[Row], streamed: Sequence[Row]) -> None:
    """The slope of memory and the ceiling of multiplication, medians of the run."""
    def median(values) -> float:
        values = sorted(values)
        return values[len(values) // 2]

    bandwidth = median(row.bytes / row.read_us / 1e3 for row in streamed)
    peak = median(row.products / row.compute_us / 1e3 for row in ours)
    low = min(row.products / row.bytes for row in ours) / 8
    high = max(row.products / row.bytes for row in ours) * 2
    ridge = peak / bandwidth
    axes.plot([low, ridge], [low * bandwidth, peak], "k-", linewidth=1)
    axes.plot([ridge, max(high, ridge)], [peak, peak], "k-", linewidth=1)
    axes.annotate(f"memory, {bandwidth:.0f} GB/s", (low, low * bandwidth), fontsize=8,
                  textcoords="offset points", xytext=(8, -4))
    axes.annotate(f"dot product, {peak:.0f} G/s", (ridge, peak), fontsize=8,
                  textcoords="offset points", xytext=(4, 5))
