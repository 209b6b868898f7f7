"""Runs calls as programs that are compiled ahead of time, for machines that only an
emulator runs: ternary-compile writes the functions and their header, a C program that
includes it makes the calls."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ir import ELEMENTS

if TYPE_CHECKING:
    from harness import Batch, Call

FOLDER = Path(__file__).resolve().parent
TIMEOUT_S = 900
SHOWN_LINES = 12

DTYPES = {element: name for name, element in ELEMENTS.items() if name != "uint8"}
ARGUMENT = re.compile(r"%a\d+: ([^,)]+)")


@dataclass(frozen=True)
class Machine:
    """A machine to compile for, and the programs that link for it and run it."""

    triple: str
    cpu: str

    @property
    def compiler(self) -> str:
        return f"{self.triple}-gcc"

    @property
    def emulator(self) -> str:
        return f"qemu-{self.triple.split('-')[0]}"

    def missing_program(self) -> str | None:
        return next((program for program in (self.compiler, self.emulator)
                     if not shutil.which(program)), None)


class Failure(Exception):
    """A program that fails; the message is what it printed."""


def run_program(arguments: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(arguments, cwd=folder, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, errors="replace", timeout=TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(str(error)) from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()[:SHOWN_LINES]
        raise Failure("\n".join([f"{arguments[0]}: exit status {done.returncode}", *lines]))


# The C program.


def arguments_of(call: Call, text: str) -> list[tuple[np.ndarray, str]]:
    """The arguments and their types in the function with this text."""
    return list(zip(call.arguments, ARGUMENT.findall(text.splitlines()[0]), strict=True))


def write_call(call: Call, text: str) -> str:
    """C that makes one call of the function with this text."""
    lines, parameters = [], []
    for number, (array, kind) in enumerate(arguments_of(call, text)):
        if not kind.startswith("tensor"):
            parameters.append(str(int(array)))
            continue
        lines.append(f"  void *a{number} = read_array(in, {array.nbytes});")
        parameters.append(f"a{number}")
        parameters += [str(extent) for extent, size in zip(array.shape, kind[7:].split("x"))
                       if size == "?"]
    for number, (dtype, shape) in enumerate(call.result_types):
        lines.append(f"  void *r{number} = make_array({num_bytes(dtype, shape)});")
        parameters.append(f"r{number}")
    lines.append(f"  {call.entry}({', '.join(parameters)});")
    lines += [f"  write_array(out, r{number}, {num_bytes(dtype, shape)});"
              for number, (dtype, shape) in enumerate(call.result_types)]
    return "\n".join(["{", *lines, "}"])


def num_bytes(dtype: str, shape: Sequence[int]) -> int:
    return int(np.prod(shape, dtype=np.int64)) * np.dtype(DTYPES[dtype]).itemsize


def write_program(calls: Iterable[Call], texts: Mapping[str, str]) -> str:
    bodies = [write_call(call, texts[call.entry]) for call in calls]
    return "\n".join([
        '#include "driver.h"', '#include "module.h"', "int main(void) {",
        'FILE *in = open_file("arguments", "rb"), *out = open_file("results", "wb");',
        *bodies, "return fclose(in) || fclose(out);", "}", ""])


# Runs.


def run_ahead(compiler: Path, machine: Machine, batch: Batch) -> None:
    """Runs all calls and fills in their results or errors. Functions that fail to
    compile or to run are halved until the guilty one is alone."""
    texts = {name: text for text, name in batch.functions.items()}

    def attempt(names: list[str]) -> None:
        calls = [call for call in batch.calls if call.entry in names]
        with tempfile.TemporaryDirectory(prefix="ternary-") as folder:
            try:
                run_calls(compiler, machine, Path(folder), calls,
                          {name: texts[name] for name in names})
            except Failure as failure:
                error = str(failure)
            else:
                return
        if len(names) == 1:
            for call in calls:
                call.error = error
            return
        attempt(names[:len(names) // 2])
        attempt(names[len(names) // 2:])

    if texts:
        attempt(list(texts))


def run_calls(compiler: Path, machine: Machine, folder: Path, calls: Sequence[Call],
              texts: Mapping[str, str]) -> None:
    module = "".join(text.replace("@NAME", f"@{name}", 1) for name, text in texts.items())
    (folder / "module.mlir").write_text(module, encoding="utf-8")
    (folder / "program.c").write_text(write_program(calls, texts), encoding="utf-8")
    with (folder / "arguments").open("wb") as file:
        for call in calls:
            for array, kind in arguments_of(call, texts[call.entry]):
                if kind.startswith("tensor"):
                    file.write(np.ascontiguousarray(array).tobytes())
    run_program([str(compiler), "module.mlir", "-o", "module.o", "--emit-header", "module.h",
                 f"--mtriple={machine.triple}", f"--mcpu={machine.cpu}"], folder)
    run_program([machine.compiler, "-std=c11", "-static", f"-I{FOLDER}", "program.c",
                 "module.o", "-lm", "-o", "program"], folder)
    run_program([machine.emulator, "./program"], folder)
    results = (folder / "results").read_bytes()
    for call in calls:
        call.results = []
        for dtype, shape in call.result_types:
            size = num_bytes(dtype, shape)
            call.results.append(np.frombuffer(results[:size], DTYPES[dtype]).reshape(shape))
            results = results[size:]
        call.error = ""
