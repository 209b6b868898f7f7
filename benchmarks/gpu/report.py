#!/usr/bin/env python3
"""Makes the page of results from what run.py has written.

    benchmarks/gpu/report.py rows.json [--notes notes.md] [--picture DATE-CHIP.svg]
        > benchmarks/results/DATE-CHIP.md

The notes are put behind the tables as they are. The picture, which takes matplotlib, stands
beside the page.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path
from typing import Callable, Iterable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ternary_bench import roofline  # noqa: E402

BF16, FP8, INT8, TRITON = "cublas_bf16", "cublas_fp8", "int_mm", "triton_original"
GEMLITE = "gemlite"
READ_ROWS = ("read_rows_4", "read_rows_8", "read_rows_16")

Row = dict
Column = tuple[str, Callable[[Row], str]]


class Layers:
    """The times of a suite's layers, by what was run."""

    def __init__(self, rows: Iterable[Row], suite: str) -> None:
        self.layers: dict[tuple, Row] = {}
        for row in rows:
            if row["suite"] != suite or "median_us" not in row:
                continue
            key = tuple(row.get(name) for name in ("op", "n", "k", "m", "x", "components"))
            layer = self.layers.setdefault(key, dict(row, times={}))
            layer["times"][row["impl"]] = row["median_us"]
            if row["impl"] == "ternary":
                layer["iqr"] = row["iqr_us"]

    def take(self, **wanted) -> list[Row]:
        return [layer for layer in self.layers.values()
                if all(layer[name] == value for name, value in wanted.items())]


def ours(layer: Row) -> float:
    return layer["times"]["ternary"]


def ratio(layer: Row, peer: str) -> float:
    """How many times as long the peer takes."""
    return layer["times"][peer] / ours(layer)


def read_rows(layer: Row) -> float:
    return min(ratio(layer, peer) for peer in READ_ROWS if peer in layer["times"])


def mean(values: Iterable[float]) -> float:
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values))


def shape(layer: Row) -> str:
    return f"{layer['n']}×{layer['k']}"


def times(peer: str) -> Column:
    return f"× `{peer}`", lambda layer: f"{ratio(layer, peer):.2f}"


def share(name: str, get: Callable[[Row], float]) -> Column:
    return f"share of {name}", lambda layer: f"{100 * get(layer):.0f} %"


def share_if_read(layer: Row) -> str:
    return f"{100 * ratio(layer, 'read'):.0f} %" if "read" in layer["times"] else ""


TIME: list[Column] = [
    ("N×K", shape), ("M", lambda layer: str(layer["m"])),
    ("ours", lambda layer: f"{ours(layer):.2f}"), ("spread", lambda layer: f"{layer['iqr']:.2f}")]
RATE: Column = ("TOP/s", lambda layer: "{:.0f}".format(
    2e-6 * layer["m"] * layer["n"] * layer["k"] / ours(layer)))
READ = share("`read`", lambda layer: ratio(layer, "read"))


def table(layers: list[Row], columns: list[Column]) -> list[str]:
    lines = ["| " + " | ".join(name for name, _ in columns) + " |", "|---" * len(columns) + "|"]
    lines += ["| " + " | ".join(get(layer) for _, get in columns) + " |" for layer in layers]
    return [*lines, ""]


def read_share(layers: list[Row]) -> str:
    shares = [ratio(layer, "read") for layer in layers]
    return f"{100 * mean(shares):.0f} % of `read` (worst {100 * min(shares):.0f} %)"


def peers(layers: list[Row], names: tuple[str, ...]) -> str:
    return ", ".join(f"{mean(ratio(layer, name) for layer in layers):.2f} × `{name}`"
                     for name in names)


def decode(rows: list[Row]) -> list[str]:
    layers, chain = Layers(rows, "decode"), Layers(rows, "chain")
    columns = [*TIME, READ, share("the fastest `read_rows`", read_rows), times(BF16)]
    lines = ["## Decode: int8, a scale per row", "", *table(layers.take(), columns)]
    for m in (1, 8):
        some = layers.take(m=m)
        lines.append(f"* M = {m}, geometric mean: {read_share(some)}, "
                     f"{100 * mean(map(read_rows, some)):.0f} % of the fastest `read_rows` "
                     f"(worst {100 * min(map(read_rows, some)):.0f} %), {peers(some, (BF16,))}")
    slower = [ours(eight) / ours(one) for one in layers.take(m=1)
              for eight in layers.take(m=8) if shape(one) == shape(eight)]
    lines += [f"* 8 tokens take {mean(slower):.2f} times as long as one (at most "
              f"{max(slower):.2f})", "", "Calls that overlap the end of the one before "
              "(`overlap-launches`):", ""]
    rate = ("TB/s", lambda layer: f"{layer['bytes'] / ours(layer) * 1e-6:.2f}")
    return [*lines, *table(chain.take(), [*TIME, rate, READ, times(BF16)])]


def base3(rows: list[Row]) -> list[str]:
    """Beside the layers of 2 bits of the same run."""
    layers = Layers(rows, "base3").take()
    if not layers:
        return []
    others = {(shape(layer), layer["m"]): ours(layer) for layer in Layers(rows, "decode").take()}

    def slower(layer: Row) -> str:
        two = others.get((shape(layer), layer["m"]))
        return f"{ours(layer) / two:.2f}" if two else "–"

    return ["## Decode: int8, weights of 1.6 bits (`gpu_tile3`), a scale per row", "",
            *table(layers, [*TIME, READ, ("time over that of 2 bits", slower), times(BF16)])]


def groups(rows: list[Row]) -> list[str]:
    lines = []
    for suite, name in (("group", "a scale of f32"), ("exponent", "an exponent of 8 bits")):
        layers = Layers(rows, suite)
        lines += [f"## int8, {name} per 32 columns", "",
                  *table(layers.take(), [*TIME, READ, times(BF16)]),
                  f"* M = 1, geometric mean: {read_share(layers.take(m=1))}", ""]
    return lines


def prefill(rows: list[Row]) -> list[str]:
    layers, names = Layers(rows, "prefill"), (BF16, INT8, FP8)
    lines = ["## Prefill: int8, a scale per row", "",
             *table(layers.take(), [*TIME, RATE, *map(times, names)])]
    for m in sorted({layer["m"] for layer in layers.take()}):
        lines.append(f"* M = {m}, geometric mean: {peers(layers.take(m=m), names)}")
    return [*lines, ""]


def floats(rows: list[Row]) -> list[str]:
    halves, whole = Layers(rows, "half"), Layers(rows, "float")
    few = [layer for layer in halves.take() if layer["m"] <= 8]
    many = [layer for layer in halves.take() if layer["m"] > 8]
    lines = ["## f16 activations, a scale per row", "",
             *table(few, [*TIME, READ, share("the fastest `read_rows`", read_rows),
                          times(BF16)]),
             *table(many, [*TIME, RATE, times(BF16)])]
    for m in (1, 8):
        some = halves.take(m=m)
        lines.append(f"* M = {m}, geometric mean: {read_share(some)}, "
                     f"{100 * mean(map(read_rows, some)):.0f} % of the fastest `read_rows`")
    lines += [f"* M = {m}, geometric mean: {peers(halves.take(m=m), (BF16,))}"
              for m in (128, 2048)]
    return [*lines, "", "## f32 activations, a scale of f32 per 32 columns", "",
            *table(whole.take(), [*TIME, READ, times(TRITON), times(BF16)])]


def components(rows: list[Row]) -> list[str]:
    count = ("components", lambda layer: str(layer["components"]))
    return ["## Components: int8, a scale per row each", "",
            *table(Layers(rows, "components").take(), [TIME[0], count, *TIME[1:]])]


def other_kernels(rows: list[Row]) -> list[str]:
    """Beside kernels made for ternary weights, where they were run."""
    layers = [layer for suite in ("decode", "prefill", "half")
              for layer in Layers(rows, suite).take() if GEMLITE in layer["times"]]
    if not layers:
        return []
    kind = ("activations", lambda layer: layer["x"])
    return ["## Beside gemlite", "",
            *table(layers, [TIME[0], kind, *TIME[1:], times(GEMLITE)])]


def training(rows: list[Row]) -> list[str]:
    op = ("op", lambda layer: f"`{layer['op']}`")
    columns = [op, *TIME, ("share of `read`", share_if_read), times(TRITON), times("torch_f32")]
    return ["## Training: f32, weights in `base3`, groups of 32 columns", "",
            *table(Layers(rows, "train").take(), columns)]


def streams(rows: list[Row]) -> list[str]:
    some = [row for row in rows if row["suite"] == "bandwidth" and "median_us" in row]
    columns: list[Column] = [
        ("op", lambda row: f"`{row['name']}`"), ("µs", lambda row: f"{row['median_us']:.1f}"),
        ("copy", lambda row: f"{row['copy_us']:.1f}"),
        ("share of a copy", lambda row: f"{100 * row['share_of_copy']:.0f} %")]
    return ["## Ops that stream bytes, beside a copy that reads and writes as many", "",
            *table(some, columns)]


# Bytes per weight of what is drawn beside ours.
WEIGHT_BYTES = {"ternary": 1 / 4, BF16: 2, INT8: 1, FP8: 1}


def products(row: Row) -> int:
    return row["m"] * row["n"] * row["k"]


def draw_picture(result: dict, path: Path) -> str:
    """Decode and prefill below the fastest plain read and the fastest fp8 product; the line
    that shows the picture."""
    rows = [row for row in result["rows"] if row["suite"] in ("decode", "prefill")
            and "median_us" in row]

    def fastest(impl: str, work: Callable[[Row], float]) -> float:
        return max(work(row) / row["median_us"] for row in rows if row["impl"] == impl) / 1e3

    limits = roofline.Limits(fastest("read", lambda row: row["bytes"]), fastest(FP8, products),
                             "plain read", "fp8 by cuBLAS")
    points = [roofline.Point(row["impl"], products(row),
                             WEIGHT_BYTES[row["impl"]] * row["n"] * row["k"], row["median_us"],
                             hollow=row["suite"] == "decode")
              for row in rows if row["impl"] in WEIGHT_BYTES]
    title = (f"{result['chip']}, {result['date']}\n"
             "hollow: 1 and 8 tokens; filled: 32 and more")
    roofline.draw(points, limits, title, path)
    return ("![Products per nanosecond over products per byte of weights, below the limits of "
            f"memory and of 8-bit products]({path.name})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("--notes", type=Path)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    result = json.loads(options.rows.read_text())
    rows = result["rows"]
    lines = [f"# One {result['chip']}", "",
             f"{result['date']}, PyTorch {result['torch']}. `benchmarks/gpu/run.py` "
             "([how](../gpu/README.md)), by `benchmarks/gpu/report.py`.",
             "Weights of 2 bits, medians in microseconds per call.", ""]
    if options.picture:
        lines += [draw_picture(result, options.picture), ""]
    for part in (decode, base3, groups, prefill, floats, components, other_kernels, training, streams):
        lines += part(rows)
    if options.notes:
        lines.append(options.notes.read_text().rstrip())
    print("\n".join(lines).rstrip())


if __name__ == "__main__":
    main()
