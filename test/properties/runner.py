"""What the property runners share: options, packing calls, checks, counting."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import ops
from harness import Batch, Tally, add_tool_options, choose_tools, run_batch
from ir import Function, Value
from layouts import byte_shape

Bounded = tuple[np.ndarray, np.ndarray]

ASSERTED_FROM = 500  # examples; fewer cannot meet every category often enough


def bytes_argument(f: Function, packing: str, rows: int, columns: int) -> Value:
    """An argument in place of which the call reads packed bytes."""
    shape = byte_shape(packing, rows, columns)
    return f.arg(np.broadcast_to(np.int8(0), shape), f.bytes_dims(len(shape)))


def build_pack(packing: str, q: np.ndarray, carried: np.ndarray | None) -> Function:
    f = Function()
    trits = f.arg(q, "NK")
    scales = None if carried is None else f.arg(carried, f.bytes_dims(carried.ndim))
    f.result("bytes", ops.pack(f, trits, packing, scales))
    return f


def check_floats(name: str, got: np.ndarray, want: Bounded) -> list[str]:
    """Each float within its bound; NaN and infinities where they are expected."""
    value, bound = want
    if got.dtype != np.float32 or got.shape != value.shape:
        return [f"{name}: got {got.dtype} {got.shape}, want float32 {value.shape}"]
    with np.errstate(invalid="ignore"):
        right = np.abs(got - value) <= bound
    right = np.where(np.isfinite(value), right,
                     (got == value) | (np.isnan(got) & np.isnan(value)))
    wrong = np.argwhere(~right)
    if not len(wrong):
        return []
    at = tuple(int(i) for i in wrong[0])
    return [f"{name}{list(at)}: got {got[at]}, want {value[at]} within {bound[at]} "
            f"({len(wrong)} of {value.size} differ)"]


def too_rare(hits: Counter[str], names: Iterable[str], least: int) -> list[str]:
    """The categories that were met too rarely."""
    return [f"{name}: expected at least {least} examples, found {hits[name]}"
            for name in names if hits[name] < least]


def parse_options(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--examples", type=int, default=300, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    add_tool_options(parser)
    return parser.parse_args()


def run_examples(options: argparse.Namespace, examples: Sequence[Any],
                 add_calls: Callable[[Batch, Any], Any],
                 check: Callable[[Any, Any], list[str]],
                 threads: Callable[[Any], int] = lambda example: 1,
                 at_once: int | None = None) -> Tally:
    """Runs and checks the examples, `at_once` of them in one process per number of
    threads."""
    tools, tally = choose_tools(options), Tally()
    at_once = at_once or max(len(examples), 1)
    for start in range(0, len(examples), at_once):
        some = examples[start:start + at_once]
        batches: dict[int, Batch] = {}
        calls = [add_calls(batches.setdefault(threads(example), Batch()), example)
                 for example in some]
        for count, batch in batches.items():
            run_batch(tools.with_option(f"threads={count}"), batch)
        for example, made in zip(some, calls):
            tally.record(str(example), check(example, made))
    return tally


def finish(tally: Tally) -> int:
    """Prints the closing line; returns the exit status."""
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0
