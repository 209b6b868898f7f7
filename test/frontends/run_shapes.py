#!/usr/bin/env python3
"""Runs the functions of the lit tests of raising, before and after.

    run_shapes.py [--tools DIR]

Every function of test/Transforms/raise.mlir and test/Pipelines/raise-to-ternary.mlir
gets random arguments, a NaN among floats too, and gives the same results in plain
linalg by the reference and raised by reference and CPU. The last line is
`N passed, N failed, N skipped`; the exit status is 1 if a function failed.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "golden"))

from environment import use_project_python  # noqa: E402

use_project_python("numpy", "ml_dtypes")

import numpy as np  # noqa: E402
from ml_dtypes import bfloat16  # noqa: E402

from harness import (Batch, Call, Tally, ToolError, Tools, describe_failure,  # noqa: E402
                     find_tools, run_batch)

INPUTS = ("test/Transforms/raise.mlir", "test/Pipelines/raise-to-ternary.mlir")
TO_LINALG = ("--pass-pipeline=builtin.module(func.func(tosa-to-linalg-named),"
             "func.func(tosa-to-linalg),func.func(tosa-to-arith{include-apply-rescale=true}),"
             "func.func(tosa-to-tensor,lower-quant-ops),canonicalize)")
ELEMENTS = {"f32": np.float32, "bf16": bfloat16, "i8": np.int8, "i32": np.int32,
            "i64": np.int64}
FUNCTION = re.compile(r"func\.func @(\w+)\((.*?)\) -> \(?(.*?)\)? \{$", re.MULTILINE)
EXTENT = 3  # of what is open
SEED = 7
RTOL = 1e-5


@dataclass(frozen=True)
class Signature:
    """Element types and extents of arguments and of results."""

    arguments: list[tuple[str, tuple[int, ...]]]
    results: list[tuple[str, tuple[int, ...]]]


def read_types(text: str) -> list[tuple[str, tuple[int, ...]]]:
    types = []
    for inner in re.findall(r"tensor<([^>]*)>", text):
        *extents, element = inner.split("x")
        types.append((element, tuple(EXTENT if e == "?" else int(e) for e in extents)))
    return types


def optimize(tools: Tools, path: Path, *flags: str) -> str:
    done = tools.run([str(path), *flags], program="ternary-opt")
    if done.returncode != 0:
        raise ToolError(describe_failure(done))
    return done.stdout


def make_array(rng: np.random.Generator, element: str, extents: tuple[int, ...],
               with_nan: bool) -> np.ndarray:
    """Small indices; integers of all eight bits; floats about the range of them."""
    if element == "i64":
        return rng.integers(0, 2, extents)
    if element in ("i8", "i32"):
        return rng.integers(-128, 128, extents).astype(ELEMENTS[element])
    array = rng.normal(0, 60, extents).astype(ELEMENTS[element])
    if with_nan and array.size:
        array.flat[array.size // 2] = np.nan
    return array


def run_all(tools: Tools, module: str, inputs: dict[str, list[np.ndarray]],
            signatures: dict[str, Signature]) -> dict[str, Call]:
    """The calls of all functions; the arguments are keyed `function/kind`."""
    calls = [Call(name, name.split("/")[0], arrays, signatures[name.split("/")[0]].results)
             for name, arrays in inputs.items()]
    batch = Batch({}, calls, preamble=module)
    run_batch(tools, batch)
    return {call.name: call for call in calls}


def compare(got: Call, want: Call) -> list[str]:
    """Where results differ; a call that went wrong has its error."""
    errors = [call.error for call in (got, want) if call.error]
    for index, (a, b) in enumerate(zip(got.results, want.results)):
        a, b = a.astype(np.float64), b.astype(np.float64)
        scale = np.abs(b[np.isfinite(b)]).max(initial=1e-30)
        if a.shape != b.shape or not np.allclose(a, b, rtol=0, atol=RTOL * scale,
                                                 equal_nan=True):
            errors.append(f"result {index}: expected {b.tolist()}, found {a.tolist()}")
    return errors


def check(folder: Path, path: Path, tally: Tally) -> None:
    """All functions of a file."""
    reference, cpu = find_tools(folder, "reference"), find_tools(folder, "cpu")
    before = optimize(cpu, path, TO_LINALG)
    after = optimize(cpu, path, "--raise-to-ternary")
    signatures = {name: Signature(read_types(takes), read_types(gives))
                  for name, takes, gives in FUNCTION.findall(before)}
    rng = np.random.default_rng(SEED)
    inputs = {f"{name}/{kind}": [make_array(rng, *argument, kind == "nan")
                                 for argument in signature.arguments]
              for name, signature in signatures.items() for kind in ("finite", "nan")}
    expected = run_all(reference, before, inputs, signatures)
    for tools in (reference, cpu):
        found = run_all(tools, after, inputs, signatures)
        for name, call in found.items():
            tally.record(f"{path.stem}/{name}/{tools.target}", compare(call, expected[name]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=Path, default=ROOT / "build" / "bin", metavar="DIR",
                        help="folder of ternary-opt and ternary-run")
    options = parser.parse_args()
    tally = Tally()
    for name in INPUTS:
        try:
            check(options.tools, ROOT / name, tally)
        except ToolError as error:
            tally.record(name, [str(error)])
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
