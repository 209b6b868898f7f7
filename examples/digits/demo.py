#!/usr/bin/env python3
"""Handwritten digits from a weight file to machine code; `make demo` builds the tools and runs it.

Imports digits.safetensors, lowers it, classifies the held-out images with the compiled code and
compares the result with the reference lowering, and size and time with the unpacked f32 network.
Exits with 1 and a message when a step fails, the accuracy is below 96 % or a prediction differs.
"""

import one_thread  # noqa: F401, I001  first, see there

import json
import os
import platform
import re
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dataset import Samples, split_digits
from network import (
    F32,
    TernaryLayer,
    accuracy_percent,
    infer,
    load_network,
    relu2,
    root_mean_square,
)
from output import npy_bytes, replace_file

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path("build/bin")
LLVM_TOOLS = Path(os.environ.get("LLVM_TOOLS_DIR", "/usr/lib/llvm-22/bin"))
WEIGHTS = Path("examples/digits/digits.safetensors")
OUT = Path("out/digits")  # this and all paths below are relative to ROOT

TERNARY = OUT / "digits.mlir"
DENSE = OUT / "dense.mlir"
LLVM_DIALECT = OUT / "digits.ll.mlir"
LLVM_IR = OUT / "digits.ll"
ASSEMBLY = OUT / "digits.s"
IMAGES = OUT / "x_test.npy"
ONE_IMAGE = OUT / "x_one.npy"
CALLS = OUT / "calls.json"

STEPS = 6
LEAST_ACCURACY = 96.0
STEP_TIMEOUT_S = 120
ROUNDS = 5
CALLS_PER_ROUND = 20
ELIDE = ["--mlir-elide-elementsattrs-if-larger=8", "--mlir-elide-resource-strings-if-larger=8"]
DOT_INSTRUCTION = re.compile(r"\b(vpdp|vpmadd|vpmull|pmadd|[su]dot|smlal|smmla)")
EXCERPT_LINES = 10


class StepError(Exception):
    """A step that failed, with a message for the reader."""


def say(text: str) -> None:
    print(text, flush=True)


def show_step(number: int, title: str) -> None:
    say(f"\n[{number}/{STEPS}] {title}")


def show_lines(lines: list[str]) -> None:
    """Indented, with long lines broken."""
    for line in lines:
        say(textwrap.fill(line, 99, initial_indent="    ", subsequent_indent="        "))


def run_tool(tool: Path, *arguments: str | Path) -> str:
    """Runs a command in ROOT and returns its output; raises StepError when it fails."""
    command = [str(part) for part in (tool, *arguments)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=STEP_TIMEOUT_S, check=False
        )
    except FileNotFoundError:
        raise StepError(f"{tool}: expected a program, found none; see `make build`") from None
    except subprocess.TimeoutExpired:
        raise StepError(f"{' '.join(command)}: still running after {STEP_TIMEOUT_S} s") from None
    if done.returncode != 0:
        raise StepError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def run_network(module: Path, target: str, logits: Path) -> F32:
    """The logits of all held-out images, as the code compiled for `target` computes them."""
    call = ["--entry", "forward", "--args", str(IMAGES), "--results", str(logits)]
    run_tool(TOOLS / "ternary-run", module, f"--target={target}", *call)
    result: F32 = np.load(ROOT / logits, allow_pickle=False)
    return result


def import_weights() -> None:
    """The weight file as ternary IR, and as the f32 network that it is measured against."""
    translate = TOOLS / "ternary-translate"
    run_tool(translate, "--import-safetensors", WEIGHTS, "-o", TERNARY)
    run_tool(translate, "--import-safetensors", "--dense-f32", WEIGHTS, "-o", DENSE)
    lines = run_tool(TOOLS / "ternary-opt", TERNARY, *ELIDE).splitlines()
    ops = [line.strip() for line in lines if " ternary." in line]
    show_lines(ops[:3])
    say(f"    ... and {len(ops) - 3} more ternary ops")


def lower() -> None:
    """Ternary IR to the LLVM dialect, to optimized LLVM IR and to assembly for this machine."""
    run_tool(TOOLS / "ternary-opt", "--ternary-to-llvm", TERNARY, "-o", LLVM_DIALECT)
    run_tool(LLVM_TOOLS / "mlir-translate", "--mlir-to-llvmir", LLVM_DIALECT, "-o", LLVM_IR)
    machine = ["-O3", "-mcpu=native", f"-mtriple={platform.machine()}-unknown-linux-gnu"]
    run_tool(LLVM_TOOLS / "opt", *machine, "-S", LLVM_IR, "-o", LLVM_IR)
    run_tool(LLVM_TOOLS / "llc", *machine, LLVM_IR, "-o", ASSEMBLY)
    lines = (ROOT / ASSEMBLY).read_text(encoding="utf-8").splitlines()
    excerpt = [line.partition("#")[0].expandtabs(4).strip() for line in find_dot_product(lines)]
    show_lines(excerpt)
    say(f"    ... from {len(lines)} lines of assembly")


def find_dot_product(assembly: list[str]) -> list[str]:
    """The window of the assembly with the most multiply-add instructions."""
    dots = [bool(DOT_INSTRUCTION.search(line)) for line in assembly]
    starts = range(max(1, len(dots) - EXCERPT_LINES))
    start = max(starts, key=lambda i: sum(dots[i : i + EXCERPT_LINES]))
    return assembly[start : start + EXCERPT_LINES]


def classify(held_out: Samples) -> F32:
    """Runs the compiled code on the held-out images and prints its accuracy."""
    logits = run_network(TERNARY, "cpu", OUT / "logits.npy")
    accuracy = accuracy_percent(logits, held_out.labels)
    say(f"accuracy: {accuracy:.1f} %")
    if accuracy < LEAST_ACCURACY:
        raise StepError(f"accuracy: expected at least {LEAST_ACCURACY} %, found {accuracy:.1f} %")
    return logits


def compare(logits: F32, layers: list[TernaryLayer], held_out: Samples) -> None:
    """Compares predictions with the reference lowering and with NumPy's."""
    reference = run_network(TERNARY, "reference", OUT / "logits_reference.npy")
    numpy = infer(layers, held_out.images)
    for name, other in (("the reference", reference), ("NumPy", numpy)):
        equal = int(np.sum(np.argmax(logits, axis=-1) == np.argmax(other, axis=-1)))
        difference = float(np.max(np.abs(logits - other)))
        say(f"agreement with {name}: {equal}/{len(logits)}  (largest difference {difference:.2g})")
        if equal != len(logits):
            raise StepError(f"predictions: expected those of {name}, found {equal}/{len(logits)}")


def compiled_weight_bytes() -> int:
    """The size of all i8 constants in the lowered module: the weights as the code reads them."""
    lowered = (ROOT / LLVM_DIALECT).read_text(encoding="utf-8")
    types = re.findall(r"llvm\.mlir\.global .* : !llvm\.array<(.*) x i8>+$", lowered, re.MULTILINE)
    return sum(int(np.prod([int(extent) for extent in re.findall(r"\d+", t)])) for t in types)


def show_sizes(layers: list[TernaryLayer]) -> None:
    """The weights in f32, in the compiled code, and at five trits per byte."""
    trits = sum(layer.trits.size for layer in layers)
    scales = 4 * sum(layer.alpha.size for layer in layers)
    sizes = {
        "in the compiled code": compiled_weight_bytes() + scales,
        "packed in base 3": sum(-(-layer.trits.size // 5) for layer in layers) + scales,
    }
    say(f"size: {trits} weights in f32: {4 * trits} bytes")
    for name, size in sizes.items():
        say(f"size: {name}: {size} bytes with scales, {4 * trits / size:.1f}x less")


def infer_dense(layers: list[TernaryLayer]) -> Callable[[F32], F32]:
    """The unpacked f32 network in NumPy, its products by BLAS on one thread."""
    weights = [(layer.trits * layer.alpha[:, None]).T.copy() for layer in layers]

    def forward(x: F32) -> F32:
        for i, (layer, weight) in enumerate(zip(layers, weights, strict=True)):
            x = relu2(x) if i else x
            x = (x / root_mean_square(x) * layer.norm_weight) @ weight + layer.bias
        return x

    return forward


def time_compiled(module: Path) -> list[float]:
    """Median times in us of one call each: all images, one image."""
    report = run_tool(
        TOOLS / "ternary-run", module, "--calls", CALLS, "--time", str(CALLS_PER_ROUND)
    )
    return [float(median) for median in re.findall(r"time: median ([0-9.]+) us", report)]


def time_numpy(forward: Callable[[F32], F32], images: F32) -> list[float]:
    """The same for a function in this process."""
    medians = []
    for x in (images, images[:1]):
        times = []
        for _ in range(CALLS_PER_ROUND):
            begin = time.perf_counter()
            forward(x)
            times.append(1e6 * (time.perf_counter() - begin))
        medians.append(statistics.median(times))
    return medians


def measure(layers: list[TernaryLayer], images: F32) -> dict[str, list[list[float]]]:
    """For each network, one pair of medians per round; the networks take turns."""
    calls = [{"entry": "forward", "args": [str(x)]} for x in (IMAGES, ONE_IMAGE)]
    replace_file(ROOT / CALLS, (json.dumps(calls, indent=1) + "\n").encode())
    dense = infer_dense(layers)
    timers: dict[str, Callable[[], list[float]]] = {
        "ternary, compiled": lambda: time_compiled(TERNARY),
        "f32, compiled": lambda: time_compiled(DENSE),
        "f32, NumPy + BLAS": lambda: time_numpy(dense, images),
    }
    times: dict[str, list[list[float]]] = {name: [] for name in timers}
    for number in range(ROUNDS):
        for name, timer in timers.items():
            times[name].append(timer())
        say(f"    round {number + 1} of {ROUNDS} done")
    return times


def show_times(times: dict[str, list[list[float]]], batch: int) -> None:
    """Per image, with the spread over the rounds and the ratio to the ternary network."""
    ours = times["ternary, compiled"]
    for call, images in enumerate((batch, 1)):
        say(f"time per image, {images} per call, one thread (median of {ROUNDS} rounds):")
        for name, rounds in times.items():
            each = sorted(pair[call] / images for pair in rounds)
            median = statistics.median(each)
            ratio = median / statistics.median(pair[call] / images for pair in ours)
            spread = f"{each[0]:.2f} to {each[-1]:.2f}"
            say(f"    {name:18} {median:8.2f} us  ({spread} us)  {ratio:.2f}x")


def write_images(held_out: Samples) -> None:
    replace_file(ROOT / IMAGES, npy_bytes(held_out.images))
    replace_file(ROOT / ONE_IMAGE, npy_bytes(held_out.images[:1]))


def demonstrate() -> None:
    """All steps in order."""
    begin = time.monotonic()
    held_out = split_digits().held_out
    write_images(held_out)
    show_step(1, f"import {WEIGHTS} as ternary IR")
    import_weights()
    layers, _ = load_network(ROOT / WEIGHTS)
    show_step(2, "lower to LLVM and to assembly for this machine")
    lower()
    show_step(3, f"run the {len(held_out.labels)} held-out images through the compiled code")
    logits = classify(held_out)
    show_step(4, "compare every prediction")
    compare(logits, layers, held_out)
    show_step(5, "compare the size of the weights")
    show_sizes(layers)
    show_step(6, "compare the time with the unpacked f32 network")
    show_times(measure(layers, held_out.images), len(held_out.labels))
    say(f"\nfiles: {TERNARY} (ternary IR), {LLVM_DIALECT} (LLVM dialect),")
    say(f"       {LLVM_IR} (LLVM IR), {ASSEMBLY} (assembly), {OUT / 'logits.npy'}")
    say(f"done in {time.monotonic() - begin:.0f} s")


def main() -> int:
    try:
        demonstrate()
    except (StepError, OSError, ValueError) as error:
        print(f"demo: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
