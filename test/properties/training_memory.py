#!/usr/bin/env python3
"""Measures what one training step of a layer allocates.

    training_memory.py [--size S] [--tokens M] [--tools DIR]

A layer with S x S weights packed in base 3 runs forward and backward on the CPU
target: bitlinear with scales from exponents, grad_input, accumulate_correlation,
update_exponent and step, the last three straight from gradient and activations. None
of them, nor all in one function, may need as much as one byte per weight beside its
operands and results. Two things are looked at: the buffers in the IR, and the peak of
the process, against that of the same process when it calls a function that only returns
buffers of the same shapes, with the same code compiled. A control that does allocate a byte per weight shows that the peak tells. The
last line is `N passed, N failed`.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

from environment import use_project_python

use_project_python("numpy")

import numpy as np

import ops
import upstream
from harness import ROOT, SHOWN_LINES, Tally, Tools, ToolError, find_tools
from ir import Function, Value
from layouts import ceil_div

GROUP_SIZE = 64
TIMEOUT_S = 300
RUNS = 3
MIB = 2.0**20


@dataclass(frozen=True)
class Layer:
    """The extents and the arrays of one layer."""

    size: int
    tokens: int

    @property
    def groups(self) -> int:
        return ceil_div(self.size, GROUP_SIZE)

    def values(self, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return rng.integers(-3, 4, (self.tokens, self.size)).astype(np.float32)

    def packed(self) -> np.ndarray:
        rng = np.random.default_rng(3)
        count = ceil_div(self.size * self.size, 5)
        return rng.integers(0, 243, count, np.uint8).view(np.int8)

    def state(self, dtype: type) -> np.ndarray:
        return np.zeros((self.size, self.groups), dtype)

    def votes(self) -> np.ndarray:
        return np.zeros((self.size, self.size), np.int8)


Results = list[Value]
Part = Callable[[Function, Layer], Results]


def source(f: Function, layer: Layer) -> list[Value]:
    return [f.arg(layer.values(1), "MN"), f.arg(layer.values(2), "MK")]


def scales(f: Function, layer: Layer) -> Value:
    correlation, step = f.arg(layer.state(np.int64), "NG"), f.arg(np.ones(1, np.int64), (1,))
    return ops.effective_exponent(f, f.arg(layer.state(np.int8), "NG"), GROUP_SIZE,
                                  correlation, step)


def first_entries(f: Function, values: Results) -> Results:
    """Parts of them: whole states would be copied to be returned, and then hide what
    was needed before."""
    return [upstream.slice_at(f, value, 0) for value in values]


def forward(f: Function, layer: Layer) -> Results:
    x, packed = f.arg(layer.values(2), "MK"), f.arg(layer.packed(), "B")
    return [ops.bitlinear(f, x, [packed], "N", [scales(f, layer)], packing="base3",
                          group_size=GROUP_SIZE)]


def grad_input(f: Function, layer: Layer) -> Results:
    grad, packed = f.arg(layer.values(1), "MN"), f.arg(layer.packed(), "B")
    f.bind("K", layer.size)
    return [ops.grad_input(f, grad, packed, "K", scales(f, layer), "base3", GROUP_SIZE)]


def accumulate_correlation(f: Function, layer: Layer) -> Results:
    state = [f.arg(layer.state(np.int64), "NG"), f.arg(np.ones(1, np.int64), (1,))]
    return first_entries(f, ops.accumulate_correlation(
        f, source(f, layer), f.arg(layer.packed(), "B"), "NK", GROUP_SIZE, state))


def update_exponent(f: Function, layer: Layer) -> Results:
    state = [f.arg(layer.state(np.int8), "NG") for _ in range(2)]
    return first_entries(f, ops.update_exponent(
        f, source(f, layer), f.arg(layer.packed(), "B"), "NK", GROUP_SIZE, state,
        threshold=4))


def step(f: Function, layer: Layer) -> Results:
    # The largest file first: while it is read it stands in memory twice.
    votes, packed = f.arg(layer.votes(), "NK"), f.arg(layer.packed(), "B")
    return first_entries(f, ops.step(f, source(f, layer), [packed, votes], threshold=3))


def training_step(f: Function, layer: Layer) -> Results:
    """All of them, on one state."""
    votes, packed = f.arg(layer.votes(), "NK"), f.arg(layer.packed(), "B")
    grad, x = source(f, layer)
    exponent, held = (f.arg(layer.state(np.int8), "NG") for _ in range(2))
    state = [f.arg(layer.state(np.int64), "NG"), f.arg(np.ones(1, np.int64), (1,))]
    scale = ops.effective_exponent(f, exponent, GROUP_SIZE, *state)
    y = ops.bitlinear(f, x, [packed], "N", [scale], packing="base3", group_size=GROUP_SIZE)
    back = ops.grad_input(f, grad, packed, "K", scale, "base3", GROUP_SIZE)
    updated = [
        *ops.accumulate_correlation(f, [grad, x], packed, "NK", GROUP_SIZE, state),
        *ops.update_exponent(f, [grad, x], packed, "NK", GROUP_SIZE, [exponent, held],
                             threshold=4),
        *ops.step(f, [grad, x], [packed, votes], threshold=3)]
    return [y, back, *first_entries(f, updated)]


def control(f: Function, layer: Layer) -> Results:
    """One byte per weight on purpose."""
    return first_entries(f, [ops.grad_sign(f, *source(f, layer))])


PARTS: tuple[Part, ...] = (forward, grad_input, accumulate_correlation, update_exponent, step,
                           training_step)


def build(part: Part, layer: Layer) -> Function:
    """With static extents, so that the IR says how large each buffer is."""
    f = Function(static=True)
    for index, value in enumerate(part(f, layer)):
        f.result(f"r{index}", value)
    return f


def idle_text(f: Function) -> str:
    """A function that takes and returns the same buffers, and no more: it has the other
    one compiled, but does not call it unless its last argument says so."""
    other = Function(static=True)
    for index, array in enumerate(f.arrays):
        other.arg(array, array.shape)
    for name, value in f.results.items():
        zero = "0.0" if value.element == "f32" else "0"
        other.result(name, upstream.fill(other, f.shape(value), value.element, zero))
    header, *body, last, _ = other.text("idle").splitlines()
    arguments = re.search(r"\((.*)\) -> \((.*)\) {", header)
    names, operand_types = zip(*(text.split(": ") for text in
                                 re.findall(r"%\w+: [^ ,]+", arguments[1])))
    types, count = arguments[2], len(f.results)
    many, parts = (f":{count}", lambda name: ", ".join(f"{name}#{i}" for i in range(count)))
    if count == 1:
        many, parts = "", str
    return "\n".join([
        f"func.func @idle({arguments[1]}, %works: i1) -> ({types}) {{",
        f"  %all{many} = scf.if %works -> ({types}) {{",
        f"    %work{many} = func.call @work({', '.join(names)}) : "
        f"({', '.join(operand_types)}) -> ({types})",
        f"    scf.yield {parts('%work')} : {types}",
        "  } else {", *body, last.replace("return", "scf.yield"), "  }",
        f"  return {parts('%all')} : {types}", "}"]) + "\n"


BUFFER = re.compile(r"(%\w+) = memref\.alloca?\(.*: memref<((?:\d+x)+)([a-z]+)(\d+)[,>]")


def large_buffers(tools: Tools, module: str, limit: int) -> list[str]:
    """The buffers of at least `limit` bytes that no function returns."""
    flags = ["-", "--ternary-to-llvm=threads=1", "-o", os.devnull,
             "--mlir-print-ir-after=ternary-drop-annotations"]
    done = tools.run(flags, program="ternary-opt", text=module)
    if done.returncode != 0:
        raise ToolError("\n".join(done.stderr.splitlines()[:SHOWN_LINES]))
    found = []
    for function in done.stderr.split("func.func")[1:]:
        name = re.search(r"@(\w+)", function)[1]
        returned = " ".join(re.findall(r"^ *return (.*) :", function, re.MULTILINE))
        for value, extents, kind, width in BUFFER.findall(function):
            size = int(np.prod([int(e) for e in extents[:-1].split("x")])) * int(width) // 8
            if size >= limit and value not in returned.split(", ") and name != "idle":
                found.append(f"@{name} allocates {extents}{kind}{width}, "
                             f"{size / MIB:.1f} MiB")
    return found


def peak(tools: Tools, folder: Path, entry: str, arguments: int) -> float:
    """The peak of a process that calls the function once, in MiB."""
    files = [f"in{i}.npy" for i in range(arguments)]
    command = [str(tools.folder / "ternary-run"), "module.mlir", "--entry", entry,
               "--pipeline-options=threads=1", "--args", *files]
    # What is freed goes back at once: else a large buffer hides in what others left.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}
    with open(folder / "log", "w+", encoding="utf-8") as log:
        child = subprocess.Popen(["timeout", str(TIMEOUT_S), *command], cwd=folder,
                                 stdout=log, stderr=log, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        if child.returncode != 0:
            raise ToolError(f"exit status {child.returncode}: {log.read().strip()[:500]}")
    return usage.ru_maxrss / 1024


def measure(tools: Tools, f: Function) -> tuple[float, list[str]]:
    """What the function needs beside operands and results in MiB, and buffers of at
    least half a byte per weight in its IR."""
    module = f.text("work") + idle_text(f)
    with tempfile.TemporaryDirectory(prefix="ternary-") as name:
        folder = Path(name)
        (folder / "module.mlir").write_text(module, encoding="utf-8")
        for index, array in enumerate(f.arrays):
            np.save(folder / f"in{index}.npy", array)
        np.save(folder / f"in{len(f.arrays)}.npy", np.array(False))
        # What else a process happens to touch only adds.
        peaks = {entry: min(peak(tools, folder, entry, len(f.arrays) + extra)
                            for _ in range(RUNS))
                 for entry, extra in (("idle", 1), ("work", 0))}
    limit = f.extent_of("N") * f.extent_of("K") // 2
    return peaks["work"] - peaks["idle"], large_buffers(tools, module, limit)


def check(tools: Tools, part: Part, layer: Layer) -> list[str]:
    name, limit = part.__name__, layer.size * layer.size / 2 / MIB
    try:
        needed, buffers = measure(tools, build(part, layer))
    except ToolError as error:
        return [str(error)]
    print(f"{name}: {needed:.1f} MiB beside operands and results, limit {limit:.1f} MiB",
          flush=True)
    if part is control:
        enough = needed >= limit and buffers
        return [] if enough else [f"expected {2 * limit:.1f} MiB, found {needed:.1f} MiB"]
    if needed > limit:
        buffers.append(f"expected at most {limit:.1f} MiB, found {needed:.1f} MiB")
    return buffers


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=4096, metavar="S")
    parser.add_argument("--tokens", type=int, default=128, metavar="M")
    parser.add_argument("--tools", type=Path, default=ROOT / "build" / "bin",
                        metavar="DIR", help="folder of ternary-opt and ternary-run")
    options = parser.parse_args()

    tools, tally = find_tools(options.tools, "cpu"), Tally()
    layer = Layer(options.size, options.tokens)
    for part in (control, *PARTS):
        tally.record(part.__name__, check(tools, part, layer))
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
