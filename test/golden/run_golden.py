#!/usr/bin/env python3
"""Runs golden vectors through the tools.

    run_golden.py --vectors DIR --target reference|cpu [--target-cpu NAME]
                  [--target-triple TRIPLE] [--op NAME] [--every N] [--tools DIR]
    run_golden.py --vectors DIR --target cuda --prebuild OUT [--chip sm_90a]
                  [--device-code isa|bin|fatbin]
    run_golden.py --target cuda --from OUT

DIR holds a manifest.json and the .npz files that it names. Every case of an op
becomes a call of one ternary-run process for the op: of a function over dynamic
shapes, and for every fifth case of one over static shapes too. The last line is
`N passed, N failed, N skipped`; the exit status is 1 if a case failed.

For a GPU, --prebuild compiles all functions into libraries and writes them to OUT with
the arrays of the calls; --from runs what is there where only Python, NumPy and the
driver are, and skips all cases where there is no GPU.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from environment import use_project_python

use_project_python("numpy")

import numpy as np

import gpu
from cases import BUILDERS, RULES, SKIPPED_OPS, Case, compare_case, skip_reason
from harness import (Batch, Call, Tally, ToolError, Tools, add_tool_options,
                     choose_tools, run_batch)
from ir import Function
from prebuilt import (Prebuilt, PrebuiltCase, compile_libraries, describe_call, load,
                      save)
from vectors import load_case

STATIC_EVERY = 5


def build(case: Case, static: bool) -> Function:
    function = Function(static)
    BUILDERS[case.op](function, case)
    return function


def check_call(case: Case, function: Function, call: Call) -> list[str]:
    if call.error:
        return [call.error]
    return compare_case(case, dict(zip(function.results, call.results, strict=True)))


@dataclass
class Plan:
    """A case, the calls that test it (labelled), and what is wrong already."""

    case: Case
    variants: list[tuple[str, Function, Call]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def plan(batch: Batch, cases: Iterable[Case]) -> list[Plan]:
    """Adds the calls of all cases to a batch."""
    plans = []
    for number, case in enumerate(cases):
        current = Plan(case)
        for static in (False, True) if number % STATIC_EVERY == 0 else (False,):
            label = "static: " if static else ""
            try:
                function = build(case, static)
            except (KeyError, ValueError, IndexError) as error:
                current.errors.append(f"{label}no function for this case: {error!r}")
                continue
            call = batch.add(f"{case.name}{'.static' if static else ''}", function)
            current.variants.append((label, function, call))
        plans.append(current)
    return plans


def run_builder(tools: Tools, cases: Iterable[Case], tally: Tally) -> None:
    """All cases of an op, in one process."""
    batch = Batch()
    plans = plan(batch, cases)
    run_batch(tools, batch)
    for current in plans:
        errors = list(current.errors)
        for label, function, call in current.variants:
            errors += [label + error for error in check_call(current.case, function, call)]
        tally.record(current.case.name, errors)


def run_rule(tools: Tools, cases: Iterable[Case], tally: Tally) -> None:
    """The cases of a rule on numbers."""
    for case in cases:
        try:
            errors = compare_case(case, RULES[case.op](tools, case))
        except ToolError as error:
            errors = [str(error)]
        tally.record(case.name, errors)


def select_cases(folder: Path, op: str, entries: list[dict[str, Any]], tally: Tally,
                 ) -> list[Case]:
    """The cases of an op that are not skipped."""
    if op not in BUILDERS and op not in RULES:
        tally.skip(op, len(entries), SKIPPED_OPS.get(op, "no such operation here"))
        return []
    cases = []
    for entry in entries:
        case = load_case(folder, entry)
        if reason := skip_reason(case):
            tally.skip(case.name, 1, reason)
        else:
            cases.append(case)
    return cases


NOT_COMPILED = "a rule on numbers, which is not compiled"


def run_op(tools: Tools, folder: Path, op: str, entries: list[dict[str, Any]],
           tally: Tally) -> None:
    """All cases of an op, with a line that sums them up."""
    cases = select_cases(folder, op, entries, tally)
    if not cases:
        return
    if op in RULES and tools.machine:
        tally.skip(op, len(cases), NOT_COMPILED)
        return
    before = tally.passed
    (run_builder if op in BUILDERS else run_rule)(tools, cases, tally)
    print(f"{op}: {tally.passed - before} of {len(cases)} passed", flush=True)


def read_manifest(options: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """The cases to run, by op."""
    manifest = options.vectors / "manifest.json"
    if not manifest.exists():
        sys.exit(f"{manifest}: expected a manifest, found no file")
    by_op: dict[str, list[dict[str, Any]]] = {}
    for entry in json.loads(manifest.read_text(encoding="utf-8"))["cases"]:
        by_op.setdefault(entry["op"], []).append(entry)
    if options.op and options.op not in by_op:
        sys.exit(f"{options.op}: expected an op of the manifest, found none of "
                 f"this name; there are {', '.join(by_op)}")
    return {op: entries[::options.every] for op, entries in by_op.items()
            if options.op in (None, op)}


class SkipList(Tally):
    """Remembers what is skipped."""

    def __init__(self) -> None:
        super().__init__()
        self.skips: list[tuple[str, int, str]] = []

    def skip(self, name: str, count: int, reason: str) -> None:
        self.skips.append((name, count, reason))


def prebuild(options: argparse.Namespace) -> int:
    """Compiles for a GPU; the exit status is 1 if a function is refused."""
    tools, skipped, batch = choose_tools(options), SkipList(), Batch()
    plans = []
    for op, entries in read_manifest(options).items():
        cases = select_cases(options.vectors, op, entries, skipped)
        if op in RULES:
            skipped.skip(op, len(cases), NOT_COMPILED)
        else:
            plans += plan(batch, cases)
    options.prebuild = options.prebuild.resolve()  # tools run in folders of their own
    options.prebuild.mkdir(parents=True, exist_ok=True)
    flags = [f"--chip={options.chip}", f"--pipeline-options=format={options.device_code}"]
    libraries = compile_libraries(tools.folder / "ternary-compile", flags, batch,
                                  options.prebuild)
    texts = {name: text for text, name in batch.functions.items()}
    built = [PrebuiltCase(current.case, current.errors, [
                 describe_call(label, call, function.results, texts[call.entry], libraries)
                 for label, function, call in current.variants]) for current in plans]
    save(Prebuilt(options.prebuild, built, skipped.skips))
    for name in texts.keys() - libraries.keys():
        call = next(call for call in batch.calls if call.entry == name)
        print(f"refused {call.name}: {call.error}")
    print(f"{len(libraries)} of {len(texts)} functions in "
          f"{len(set(libraries.values()))} libraries, {len(built)} cases")
    return 0 if len(libraries) == len(texts) else 1


def run_from(folder: Path) -> int:
    """Runs what was compiled."""
    tally = Tally()
    gpu.run_prebuilt(load(folder), tally)
    return tally.close()


def check_options(options: argparse.Namespace) -> None:
    """The two ways to run, and what each of them needs."""
    is_gpu = options.target == "cuda"
    if is_gpu != bool(options.prebuild or options.prebuilt):
        sys.exit("--target cuda: expected one of --prebuild and --from, and these two for no "
                 "other target")
    if not options.prebuilt and not options.vectors:
        sys.exit("--vectors: expected a folder, found none")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=Path, metavar="DIR",
                        help="folder with manifest.json and its .npz files")
    parser.add_argument("--op", help="run the cases of this op only")
    parser.add_argument("--every", type=int, default=1, metavar="N",
                        help="run every Nth case of an op only")
    parser.add_argument("--prebuild", type=Path, metavar="OUT",
                        help="compile for a GPU, and write what --from needs")
    parser.add_argument("--from", dest="prebuilt", type=Path, metavar="OUT",
                        help="run what --prebuild has written")
    parser.add_argument("--chip", default="sm_90a", help="chip to compile for")
    parser.add_argument("--device-code", default="isa", choices=("isa", "bin", "fatbin"),
                        help="isa is PTX, which the driver compiles; the others need ptxas")
    add_tool_options(parser, ahead=True)
    options = parser.parse_args()
    check_options(options)
    if options.prebuilt:
        return run_from(options.prebuilt)
    if options.prebuild:
        return prebuild(options)
    tools = choose_tools(options)
    tally = Tally()
    for op, entries in read_manifest(options).items():
        run_op(tools, options.vectors, op, entries, tally)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
