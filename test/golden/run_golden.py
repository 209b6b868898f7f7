#!/usr/bin/env python3
"""Runs golden vectors through the tools.

    run_golden.py --vectors DIR --target reference|cpu [--target-cpu NAME]
                  [--target-triple TRIPLE] [--op NAME] [--every N] [--tools DIR]

DIR holds a manifest.json and the .npz files that it names. Every case of an op
becomes a call of one ternary-run process for the op: of a function over dynamic
shapes, and for every fifth case of one over static shapes too. The last line is
`N passed, N failed, N skipped`; the exit status is 1 if a case failed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from environment import use_project_python

use_project_python("numpy")

import numpy as np

from cases import BUILDERS, RULES, SKIPPED_OPS, Case, skip_reason
from harness import (Batch, Call, Tally, ToolError, Tools, add_tool_options,
                     choose_tools, compare, run_batch)
from ir import Function

STATIC_EVERY = 5


def load_case(folder: Path, entry: dict[str, Any]) -> Case:
    """The arrays of a case of the manifest."""
    with np.load(folder / entry["file"]) as arrays:
        inputs = {name: arrays[spec["array"]] for name, spec in entry["inputs"].items()}
        outputs = {name: arrays[spec["array"]] for name, spec in entry["outputs"].items()}
    tolerances = {name: spec["tol"] for name, spec in entry["outputs"].items()}
    return Case(entry["name"], entry["op"], entry.get("params", {}), inputs, outputs,
                tolerances)


def compare_case(case: Case, got: dict[str, np.ndarray]) -> list[str]:
    """One line per expected array that is wrong."""
    errors = []
    for name, want in case.outputs.items():
        if name not in got:
            errors.append(f"{name}: not computed")
        elif difference := compare(got[name], want, case.tolerances[name]):
            errors.append(f"{name}{difference}")
    return errors


def build(case: Case, static: bool) -> Function:
    function = Function(static)
    BUILDERS[case.op](function, case)
    return function


def check_call(case: Case, function: Function, call: Call) -> list[str]:
    if call.error:
        return [call.error]
    return compare_case(case, dict(zip(function.results, call.results, strict=True)))


def run_builder(tools: Tools, cases: Iterable[Case], tally: Tally) -> None:
    """All cases of an op, in one process."""
    batch = Batch()
    pending: list[tuple[Case, list[tuple[str, Function, Call]], list[str]]] = []
    for number, case in enumerate(cases):
        variants: list[tuple[str, Function, Call]] = []
        errors: list[str] = []
        for static in (False, True) if number % STATIC_EVERY == 0 else (False,):
            label = "static: " if static else ""
            try:
                function = build(case, static)
            except (KeyError, ValueError, IndexError) as error:
                errors.append(f"{label}no function for this case: {error!r}")
                continue
            call = batch.add(f"{case.name}{'.static' if static else ''}", function)
            variants.append((label, function, call))
        pending.append((case, variants, errors))
    run_batch(tools, batch)
    for case, variants, errors in pending:
        for label, function, call in variants:
            errors += [label + error for error in check_call(case, function, call)]
        tally.record(case.name, errors)


def run_rule(tools: Tools, cases: Iterable[Case], tally: Tally) -> None:
    """The cases of a rule on numbers."""
    for case in cases:
        try:
            errors = compare_case(case, RULES[case.op](tools, case))
        except ToolError as error:
            errors = [str(error)]
        tally.record(case.name, errors)


def run_op(tools: Tools, folder: Path, op: str, entries: list[dict[str, Any]],
           tally: Tally) -> None:
    """All cases of an op, with a line that sums them up."""
    if op not in BUILDERS and op not in RULES:
        tally.skip(op, len(entries), SKIPPED_OPS.get(op, "no such operation here"))
        return
    cases = []
    for entry in entries:
        case = load_case(folder, entry)
        if reason := skip_reason(case):
            tally.skip(case.name, 1, reason)
        else:
            cases.append(case)
    if op in RULES and tools.machine:
        tally.skip(op, len(cases), "a rule on numbers, which is not compiled")
        return
    before = tally.passed
    (run_builder if op in BUILDERS else run_rule)(tools, cases, tally)
    print(f"{op}: {tally.passed - before} of {len(cases)} passed", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=Path, required=True, metavar="DIR",
                        help="folder with manifest.json and its .npz files")
    parser.add_argument("--op", help="run the cases of this op only")
    parser.add_argument("--every", type=int, default=1, metavar="N",
                        help="run every Nth case of an op only")
    add_tool_options(parser, ahead=True)
    options = parser.parse_args()

    manifest = options.vectors / "manifest.json"
    if not manifest.exists():
        sys.exit(f"{manifest}: expected a manifest, found no file")
    tools = choose_tools(options)
    by_op: dict[str, list[dict[str, Any]]] = {}
    for entry in json.loads(manifest.read_text(encoding="utf-8"))["cases"]:
        by_op.setdefault(entry["op"], []).append(entry)
    if options.op and options.op not in by_op:
        sys.exit(f"{options.op}: expected an op of the manifest, found none of "
                 f"this name; there are {', '.join(by_op)}")
    tally = Tally()
    for op, entries in by_op.items():
        if options.op in (None, op):
            run_op(tools, options.vectors, op, entries[::options.every], tally)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
