#!/usr/bin/env python3
"""Compares int8 products at the ends of their ranges with NumPy's int64.

    run_extremes.py --target reference|cpu [--target-cpu NAME]
                    [--target-triple TRIPLE] [--tools DIR]

Activations are -128, 127, -127, both ends in turn or random; rows of weights are
all +1, all -1, in turn, zero or random, or bytes that hold no trits; K goes up to 32,768 and, for panels, beyond
the columns that one pair of dot and dot_finish is exact for. Every sum has to be
exact, for one token and for several, with static and with dynamic shapes. The last
line is `N passed, N failed, N skipped`; the exit status is 1 if a product is wrong.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

from environment import use_project_python

use_project_python("numpy")

import numpy as np

import ops
from harness import (Batch, Call, Tally, Tools, add_tool_options, choose_tools,
                     run_batch)
from ir import Function
from layouts import byte_shape
from runner import build_pack
from vectors import compare

ROWS = 67  # a panel and a part of one, or a part
COLUMNS = (1, 4, 99, 257, 4096, 32768)
DOTS = 16384  # into the same accumulators
# Columns that a dot of a panel multiplies.
PANELS = {"cpu_panel2": 16, "cpu_panel3": 20, "cpu_rows2": 4, "cpu_rows3": 4}
PACKINGS = ("chimera", "base3", *PANELS)
TOKENS = (1, 7)


@dataclass(frozen=True)
class Example:
    """A product, and whether its shapes are known when it is compiled."""

    packing: str
    columns: int
    tokens: int
    static: bool
    any_bytes: bool = False

    def __str__(self) -> str:
        kind = "static" if self.static else "any-bytes" if self.any_bytes else "dynamic"
        return f"{self.packing}/K{self.columns}/M{self.tokens}/{kind}"


def make_examples() -> list[Example]:
    shapes = [(packing, columns) for packing in PACKINGS for columns in COLUMNS]
    shapes += [(packing, DOTS * width + 37) for packing, width in PANELS.items()]
    # Static shapes are compiled one by one; they matter where sums are long.
    any_bytes = [Example("cpu_panel3", 257, tokens, False, True) for tokens in TOKENS]
    return any_bytes + [Example(packing, columns, tokens, static) for packing, columns in shapes
            for tokens in TOKENS for static in (False, True)
            if not static or (tokens == 1 and columns > 256)]


def fill_weights(columns: int) -> np.ndarray:
    q = np.random.default_rng(columns).integers(-1, 2, (ROWS, columns), np.int8)
    q[0], q[1], q[2] = 1, -1, 0
    q[3] = np.where(np.arange(columns) % 2, -1, 1)
    q[-1] = 1
    return q


def fill_bytes(columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Any bytes as panels of base 3, and what their digits say: what is above all
    five digits counts for nothing."""
    shape = byte_shape("cpu_panel3", ROWS, columns)
    panels = np.random.default_rng(columns).integers(0, 256, shape, np.uint8)
    split = panels.reshape(*shape[:-1], shape[-1] // 4, 4).astype(np.int64)
    digits = np.stack([split // 3**i % 3 - 1 for i in range(5)], axis=-1)
    q = digits.transpose(0, 2, 3, 1, 5, 4).reshape(32 * shape[0], 20 * shape[1])
    return panels.view(np.int8), q[:ROWS, :columns]


def fill_activations(tokens: int, columns: int) -> np.ndarray:
    """One token of each kind; where there are fewer, those that come first."""
    rng = np.random.default_rng(tokens)
    kinds = [np.full(columns, -128), np.full(columns, 127), np.full(columns, -127),
             np.where(np.arange(columns) % 2, 127, -128),
             *(rng.integers(-128, 128, columns) for _ in range(3))]
    return np.stack(kinds[:tokens]).astype(np.int8)


def build_product(example: Example, weights: np.ndarray, x: np.ndarray) -> Function:
    f = Function(example.static)
    packed = f.arg(weights, f.bytes_dims(weights.ndim))
    activations = f.arg(x, "MK")
    f.bind("N", ROWS)
    f.result("y", ops.bitlinear(f, activations, [packed], "N", element="i32",
                                packing=example.packing))
    return f


def pack_weights(tools: Tools) -> dict[tuple[str, int], np.ndarray]:
    """The bytes of all packings and numbers of columns, packed on this machine."""
    batch = Batch()
    calls = {(e.packing, e.columns): batch.add(
        f"{e.packing}/K{e.columns}", build_pack(e.packing, fill_weights(e.columns), None))
        for e in make_examples() if e.tokens == 1 and not e.static}
    run_batch(replace(tools, machine=None, options=()), batch)
    for call in calls.values():
        if call.error:
            sys.exit(f"{call.name}: {call.error}")
    return {key: call.results[0] for key, call in calls.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_tool_options(parser, ahead=True)
    tools, tally, batch = choose_tools(parser.parse_args()), Tally(), Batch()
    packed = pack_weights(tools)
    products: list[tuple[Call, np.ndarray]] = []
    for example in make_examples():
        x = fill_activations(example.tokens, example.columns)
        if example.any_bytes:
            weights, q = fill_bytes(example.columns)
        else:
            weights = packed[example.packing, example.columns]
            q = fill_weights(example.columns)
        call = batch.add(str(example), build_product(example, weights, x))
        products.append((call, x.astype(np.int64) @ q.T.astype(np.int64)))
    run_batch(tools, batch)
    for call, want in products:
        difference = None if call.error else compare(call.results[0], want)
        tally.record(call.name, [call.error or str(difference)] if call.error or difference
                     else [])
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
