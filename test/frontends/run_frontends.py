#!/usr/bin/env python3
"""Raises the layers of programs that front ends have printed, and runs them.

    run_frontends.py [--programs DIR] [--only NAME] [--tools DIR]

DIR holds manifest.json, and for each program of it a folder with linalg.mlir or
tosa.mlir, and io.npz. Of every form: the number of layers is one that the manifest
accepts, each sum of products has a remark, IR without layers stays as it is, and the
module gives the recorded results, before and after. The last line is
`N passed, N failed, N skipped`; the exit status is 1 if a form failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "golden"))

from environment import use_project_python  # noqa: E402

use_project_python("numpy", "ml_dtypes")

import numpy as np  # noqa: E402
from ml_dtypes import bfloat16  # noqa: E402

from harness import Tally, ToolError, Tools, describe_failure, find_tools  # noqa: E402

PROGRAMS = Path(os.environ.get("TERNARY_FRONTENDS", ROOT.parent / "shared" / "frontends"))
FORMS = ("linalg", "tosa")
# What the pipeline does before it looks for layers.
TOSA = ("--pass-pipeline=builtin.module(func.func(tosa-to-linalg-named),"
        "func.func(tosa-to-linalg),func.func(tosa-to-arith{include-apply-rescale=true}),"
        "func.func(tosa-to-tensor))")
# Of the largest magnitude of a result.
TOLERANCE = {"bf16": 2e-2, "f16": 2e-2}
USUAL_TOLERANCE = 5e-5
LAYER = re.compile(r"^\s*%\S+ = ternary\.(?:bitlinear|embedding) ", re.MULTILINE)
SUM_OF_PRODUCTS = re.compile(r"= linalg\.(?:batch_)?(?:mat|conv)\w*[ {]")
REMARK = re.compile(r"remark: \[(Passed|Missed)\] layer \| Category:ternary-raise")
ENTRY = re.compile(r"func\.func (?:public )?@(\w+)")


@dataclass(frozen=True)
class Program:
    """One form of a program, and what is recorded of it."""

    name: str
    form: str
    path: Path
    accepted: tuple[int, ...]

    @property
    def label(self) -> str:
        return f"{self.name}/{self.form}"

    @property
    def tolerance(self) -> float:
        return TOLERANCE.get(self.name.split("_")[0], USUAL_TOLERANCE)


def find_programs(folder: Path, only: str | None) -> list[Program]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return [Program(name, form, folder / name / f"{form}.mlir", tuple(entry["accept"]))
            for name, entry in manifest.items() if only in (None, name)
            for form in FORMS if (folder / name / f"{form}.mlir").exists()]


# Raising.


def optimize(tools: Tools, path: Path, *flags: str) -> tuple[str, str]:
    """The module after ternary-opt, and what was remarked."""
    done = tools.run([str(path), *flags], program="ternary-opt")
    if done.returncode != 0:
        raise ToolError(describe_failure(done))
    return done.stdout, done.stderr


def check_layers(program: Program, before: str, after: str, remarks: str) -> list[str]:
    """What is wrong with the layers that were found."""
    errors = []
    layers = len(LAYER.findall(after))
    kinds = REMARK.findall(remarks)
    if layers not in program.accepted:
        errors.append(f"expected {program.accepted} layers, found {layers}\n{remarks}")
    if kinds.count("Passed") != layers:
        errors.append(f"expected {layers} remarks of layers taken, found {kinds}")
    if len(kinds) < len(SUM_OF_PRODUCTS.findall(before)):
        errors.append(f"expected a remark of each sum of products, found {kinds}")
    if layers == 0 and after != before:
        errors.append("expected IR without layers to stay as it is")
    return errors


# Running.


def load_arrays(program: Program) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Arguments and results; bits of 16 that are not signed are bf16."""
    with np.load(program.path.parent / "io.npz") as arrays:
        def series(stem: str) -> list[np.ndarray]:
            found = [arrays[f"{stem}{i}"] for i in range(len(arrays.files))
                     if f"{stem}{i}" in arrays.files]
            return [a.view(bfloat16) if a.dtype == np.uint16 else a for a in found]
        return series("in"), series("out")


def run_module(tools: Tools, folder: Path, text: str, entry: str,
               arguments: list[np.ndarray], count: int) -> list[np.ndarray]:
    """The results of a module."""
    (folder / "module.mlir").write_text(text, encoding="utf-8")
    takes = [f"in{i}.npy" for i in range(len(arguments))]
    gives = [f"out{i}.npy" for i in range(count)]
    for name, array in zip(takes, arguments, strict=True):
        np.save(folder / name, array)
    done = tools.run(["module.mlir", "--entry", entry, f"--target={tools.target}",
                      "--args", *takes, "--results", *gives], cwd=folder)
    if done.returncode != 0:
        raise ToolError(describe_failure(done))
    return [np.load(folder / name) for name in gives]


def compare(got: np.ndarray, want: np.ndarray, tolerance: float) -> str:
    """How arrays differ, empty if they agree; integers are equal."""
    if want.dtype == bfloat16:
        got = got.view(bfloat16)
    if got.shape != want.shape:
        return f"expected shape {want.shape}, found {got.shape}"
    if np.issubdtype(want.dtype, np.integer):
        return "" if np.array_equal(got, want) else "integers differ"
    got, want = got.astype(np.float64), want.astype(np.float64)
    if not np.array_equal(np.isfinite(got), np.isfinite(want)):
        return "values that are not finite differ"
    finite = np.isfinite(want)
    scale = np.abs(want[finite]).max(initial=1e-30)
    error = np.abs(got - want)[finite].max(initial=0) / scale
    return "" if error <= tolerance else f"error {error:.2e}, expected {tolerance:.0e} at most"


def check_numbers(tools: Tools, program: Program, text: str, label: str) -> list[str]:
    """Where a module's results are not those that are recorded."""
    arguments, expected = load_arrays(program)
    entry = ENTRY.search(text)[1]
    with tempfile.TemporaryDirectory(prefix="ternary-") as name:
        found = run_module(tools, Path(name), text, entry, arguments, len(expected))
    differences = [compare(got, want, program.tolerance)
                   for got, want in zip(found, expected, strict=True)]
    return [f"{label}: {text}" for text in differences if text]


def check(folder: Path, program: Program) -> list[str]:
    """Everything that is wrong with a form of a program."""
    reference, cpu = find_tools(folder, "reference"), find_tools(folder, "cpu")
    try:
        before, _ = optimize(cpu, program.path, TOSA)
        after, remarks = optimize(cpu, program.path, "--raise-to-ternary",
                                  "--remarks-filter=ternary-raise")
        errors = check_layers(program, before, after, remarks)
        if after == before:
            return errors + check_numbers(reference, program, after, "unchanged")
        errors += check_numbers(reference, program, before, "before")
        errors += check_numbers(reference, program, after, "raised, reference")
        return errors + check_numbers(cpu, program, after, "raised, cpu")
    except ToolError as error:
        return [str(error)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=Path, default=PROGRAMS, metavar="DIR")
    parser.add_argument("--only", metavar="NAME", help="this program only")
    parser.add_argument("--tools", type=Path, default=ROOT / "build" / "bin", metavar="DIR",
                        help="folder of ternary-opt and ternary-run")
    options = parser.parse_args()
    if not (options.programs / "manifest.json").exists():
        sys.exit(f"{options.programs / 'manifest.json'}: expected a manifest, found no file")
    programs = find_programs(options.programs, options.only)
    tally = Tally()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for program, errors in zip(
                programs, pool.map(lambda p: check(options.tools, p), programs), strict=True):
            tally.record(program.label, errors)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
