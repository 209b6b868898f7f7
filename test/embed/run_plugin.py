#!/usr/bin/env python3
"""mlir-opt with the plugin gives what ternary-opt gives.

    test/embed/run_plugin.py [--every N] [--match TEXT]

Each pass and pipeline of the project runs over each .mlir file of the suite, valid or
not, by itself and with each set of options that a RUN line of that file gives it. Output,
diagnostics and exit status have to be the same. One comparison more: the plugin brings
the passes that ternary-opt has beyond mlir-opt's. `--every N` takes each Nth comparison
only. The last line is `N passed, N failed`.

Either tool differs from itself, from run to run, in two things, which are left out: the
time that LLVM took to make PTX, and the order and the numbers of constants of a file with
several functions (upstream's bufferization visits functions in the order of addresses).
Where LLVM itself gives up, its stack dump is left out and the place is named.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from suite import (OURS, ROOT, STOCK, anchor_of, inputs, names_in,  # noqa: E402
                   own_names, pipeline_text, printed)

PLUGIN = ROOT / "build" / "lib" / "TernaryPlugin.so"
LOAD = [f"--load-dialect-plugin={PLUGIN}", f"--load-pass-plugin={PLUGIN}"]

TIME = re.compile(r"LLVMIRToISATimeInMs = \d+")
CONSTANT = re.compile(r"^ *(?:llvm\.mlir|memref)\.global .*@(__constant_\w+)(.*)\n",
                      re.MULTILINE)
LLVM_ERROR = re.compile(r"LLVM ERROR: .*")
# How a tool begins a complaint about options.
OWN_NAME = re.compile(r"^(?:ternary|mlir)-opt: ", re.MULTILINE)


def without_order(module: str) -> str:
    """A module whose constants are named by what they hold, and sorted."""
    module, _, resources = module.partition("{-#")
    names = {match[1]: match[2] for match in CONSTANT.finditer(module)}
    body = CONSTANT.sub("", module)
    body = re.sub(r"@(__constant_\w+)", lambda use: names.get(use[1], use[0]), body)
    blobs = (line.rstrip(",") for line in resources.splitlines())
    return "\n".join([body, *sorted(names.values()), *sorted(blobs)])


def comparable(output: str) -> str:
    """An output less what varies from run to run."""
    modules = TIME.sub("LLVMIRToISATimeInMs", output).split("// -----")
    return "\n// -----\n".join(map(without_order, modules))


@dataclass(frozen=True)
class Comparison:
    """A pipeline in text form over one input."""

    test: str
    source: Path
    pipeline: str
    unregistered: bool

    def run(self, tool: list[str | Path]) -> tuple[int, str, str]:
        """Exit status, output and diagnostics."""
        options = ["--allow-unregistered-dialect"] if self.unregistered else []
        done = subprocess.run(
            [*tool, f"--pass-pipeline={self.pipeline}", "--split-input-file", *options,
             self.source], capture_output=True, text=True, errors="replace", timeout=600)
        gave_up = LLVM_ERROR.search(done.stderr)
        said = gave_up[0] if gave_up else done.stderr
        return done.returncode, done.stdout, OWN_NAME.sub("", said)

    def difference(self) -> str | None:
        """What differs, or is no result; None where nothing does."""
        ours, stock = self.run([OURS]), self.run([STOCK, *LOAD])
        if ours[0] < 0 and LLVM_ERROR.match(ours[2]):
            print(f"NOTE {self}: ternary-opt ends with '{ours[2]}'")
        elif ours[0] < 0:
            return f"ternary-opt ended by signal {-ours[0]}"
        if ours[0] != stock[0]:
            return f"exit status: ternary-opt {ours[0]}, mlir-opt {stock[0]}"
        # Nested modules are verified side by side.
        if sorted(ours[2].splitlines()) != sorted(stock[2].splitlines()):
            return f"diagnostics: {first_difference(ours[2], stock[2])}"
        if ours[1] == stock[1] or comparable(ours[1]) == comparable(stock[1]):
            return None
        return f"output: {first_difference(comparable(ours[1]), comparable(stock[1]))}"

    def __str__(self) -> str:
        return f"{self.test}, {self.pipeline}"


def first_difference(ours: str, stock: str) -> str:
    """The first lines that differ, cut short."""
    pairs = zip((ours + "\n<end>").splitlines(), (stock + "\n<end>").splitlines())
    one, other = next((p for p in pairs if p[0] != p[1]), ("", ""))
    at = len(os.path.commonprefix([one, other]))
    start = max(0, at - 30)
    return f"ternary-opt '{one[start:at + 90]}', mlir-opt '{other[start:at + 90]}'"


def plugin_names() -> set[str]:
    """The passes that the plugin adds."""
    with_plugin = names_in(printed(STOCK, *LOAD, "--list-passes"))
    return with_plugin - names_in(printed(STOCK, "--list-passes"))


def comparisons(folder: Path, anchors: dict[str, str]) -> Iterator[Comparison]:
    """All comparisons; inputs are written to `folder`."""
    for number, entry in enumerate(inputs()):
        source = folder / f"{number}.mlir"
        source.write_text(entry.text, encoding="utf-8")
        for name, anchor in anchors.items():
            for options in sorted(entry.options_of(name)):
                yield Comparison(entry.test, source, pipeline_text(anchor, name, options),
                                 entry.unregistered)


def check(comparison: Comparison) -> bool:
    difference = comparison.difference()
    if difference is not None:
        print(f"FAIL {comparison}: {difference}", flush=True)
    return difference is None


def check_names(passes: set[str]) -> bool:
    """Whether the plugin brings the passes of the project and no others."""
    found = plugin_names()
    if passes != found:
        print(f"FAIL passes: expected {sorted(passes)}, found {sorted(found)}")
    return passes == found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--match", default="", metavar="TEXT",
                        help="comparisons whose test or pipeline contains TEXT")
    options = parser.parse_args()
    passes, names = own_names()
    anchors = {name: anchor_of(name) for name in sorted(names)}
    print(f"{len(passes)} passes, {len(names) - len(passes)} pipelines")
    with (tempfile.TemporaryDirectory() as folder,
          ThreadPoolExecutor(os.cpu_count()) as pool):
        chosen = [c for c in comparisons(Path(folder), anchors)
                  if options.match in str(c)][::options.every]
        results = [check_names(passes), *pool.map(check, chosen)]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
