#!/usr/bin/env python3
"""Compares random layers with NumPy.

    run_properties.py --target reference|cpu [--target-cpu NAME] --examples N
                      [--seed S] [--tools DIR]

Each example is a weight matrix [N, K] with N, K in 0...300 in one packing, with
scales of one granularity and M in 0...40 tokens. It is packed, unpacked again
and multiplied: with an i32 result, which has to be exact, and with f32 results,
which have to be within the documented tolerance. All examples run in one process,
through functions over dynamic shapes. The last line is `N passed, N failed`; the
exit status is 1 if an example failed or a category was met too rarely.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

from environment import use_project_python

use_project_python("numpy", "hypothesis")

import numpy as np

import ops
from examples import GRANULARITIES, TOKENS, Data, Example, fill, make_examples
from harness import Batch, Call
from ir import Function, Value
from layouts import LAYOUTS
from model import STRENGTH, expect
from runner import (ASSERTED_FROM, build_pack, bytes_argument, check_floats, finish,
                    parse_options, run_examples, too_rare)
from vectors import compare

LEAST_HITS = 20


@dataclass
class Calls:
    """The three calls of an example; the last two read what the first wrote."""

    pack: Call
    unpack: Call
    linear: Call


def build_unpack(example: Example, data: Data) -> Function:
    f = Function()
    packed = bytes_argument(f, example.packing, example.n, example.k)
    inits = [f.dest("NK", "i8", data.q.shape)]
    if data.carried is not None:
        inits.append(f.dest(packed.dims[:-1], "f32", data.carried.shape))
    for name, value in zip(("trits", "scales"),
                           ops.unpack(f, packed, example.packing, inits)):
        f.result(name, value)
    return f


def scale_argument(f: Function, example: Example, data: Data) -> Value:
    if data.scale is not None:
        dims = {"tensor": "", "row": "N", "group": "NG"}[example.granularity]
        return f.arg(data.scale, dims)
    if example.granularity == "power":
        return f.arg(data.exponent, "NG")
    return ops.effective_exponent(
        f, f.arg(data.exponent, "NG"), example.group_size,
        f.arg(data.correlation, "NG"), f.arg(data.step, (1,)), strength=STRENGTH)


def build_linear(example: Example, data: Data) -> Function:
    """The exact product; i8 activations with all scales; f32 activations."""
    f = Function()
    packed = bytes_argument(f, example.packing, example.n, example.k)
    x8, x = f.arg(data.x8, "MK"), f.arg(data.x, "MK")
    factor, bias = f.arg(data.activation_scale, "M"), f.arg(data.bias, "N")
    scale = scale_argument(f, example, data)
    groups = example.group_size if len(scale.dims) == 2 else None
    f.result("exact", ops.bitlinear(f, x8, [packed], "N", element="i32",
                                    packing=example.packing))
    for name, activation, token_scale in (("quantized", x8, factor), ("floats", x, None)):
        f.result(name, ops.bitlinear(
            f, activation, [packed], "N", scales=[scale], bias=bias,
            activation_scale=token_scale, packing=example.packing, group_size=groups))
    return f


def add_calls(batch: Batch, example: Example) -> Calls:
    data = fill(example)
    pack = batch.add(f"{example.name}/pack",
                     build_pack(example.packing, data.q, data.carried))
    readers = []
    for name, build in (("unpack", build_unpack), ("linear", build_linear)):
        call = batch.add(f"{example.name}/{name}", build(example, data))
        call.arguments = [pack.result_file(0), *call.arguments[1:]]
        readers.append(call)
    return Calls(pack, *readers)


def check(example: Example, calls: Calls) -> list[str]:
    """What is wrong with an example."""
    for call in (calls.pack, calls.unpack, calls.linear):
        if call.error:
            return [f"{call.name}: {call.error}"]
    data = fill(example)
    want = expect(example, data)
    errors = []
    pairs = [("trits", calls.unpack.results[0], data.q),
             ("exact", calls.linear.results[0], want.exact.astype(np.int32))]
    if data.carried is not None:
        stored = data.carried
        if LAYOUTS[example.packing].scale == "f16":
            stored = stored.astype(np.float16).astype(np.float32)
        pairs.append(("carried scales", calls.unpack.results[1], stored))
    for name, got, wanted in pairs:
        if difference := compare(got, wanted):
            errors.append(f"{name}{difference}")
    errors += check_floats("quantized", calls.linear.results[1], want.quantized)
    errors += check_floats("floats", calls.linear.results[2], want.floats)
    return errors


def coverage_errors(examples: list[Example]) -> list[str]:
    """Categories that were met too rarely."""
    hits = Counter[str]()
    for example in examples:
        hits.update((example.packing, example.granularity, example.tokens_class))
    errors = too_rare(hits, (*LAYOUTS, *GRANULARITIES, *TOKENS), LEAST_HITS)
    aligned = sum(example.aligned for example in examples)
    if 2 * aligned < len(examples):
        errors.append(f"whole blocks: expected half of the examples, found {aligned}")
    return errors


def main() -> int:
    options = parse_options(__doc__.splitlines()[0])
    examples = make_examples(options.examples, options.seed)
    tally = run_examples(options, examples, add_calls, check)
    if options.examples >= ASSERTED_FROM:
        tally.record("coverage", coverage_errors(examples))
    return finish(tally)


if __name__ == "__main__":
    sys.exit(main())
