"""Runs calls as programs that are compiled ahead of time, for machines that only an
emulator runs: ternary-compile writes the functions and their header, a C program that
includes it makes the calls."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
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


def halve(names: Sequence[str], attempt: Callable[[Sequence[str]], None],
          give_up: Callable[[str, str], None]) -> None:
    """Attempts all at once. Where that fails, halves until the guilty ones are alone,
    and gives those up, each with its error."""
    try:
        attempt(names)
    except Failure as failure:
        if len(names) == 1:
            give_up(names[0], str(failure))
            return
        middle = len(names) // 2
        halve(names[:middle], attempt, give_up)
        halve(names[middle:], attempt, give_up)


def write_module(folder: Path, texts: Mapping[str, str]) -> None:
    """Functions by name, as module.mlir."""
    module = "".join(text.replace("@NAME", f"@{name}", 1) for name, text in texts.items())
    (folder / "module.mlir").write_text(module, encoding="utf-8")


# How C calls a function.


@dataclass(frozen=True)
class Parameter:
    """What C passes for an argument or a result: an array that is read, an array of
    these extents that is written, or a number."""

    array: np.ndarray | None = None
    result: tuple[str, tuple[int, ...]] | None = None
    number: int = 0

    @property
    def num_bytes(self) -> int:
        if self.array is not None:
            return self.array.nbytes
        dtype, shape = self.result
        return int(np.prod(shape, dtype=np.int64)) * np.dtype(DTYPES[dtype]).itemsize


def parameters_of(call: Call, text: str) -> list[Parameter]:
    """The parameters for one call of the function with this text: behind an array the
    extents that its type leaves open, results at the end."""
    kinds = ARGUMENT.findall(text.splitlines()[0])
    parameters = []
    for array, kind in zip(call.arguments, kinds, strict=True):
        if not kind.startswith("tensor"):
            parameters.append(Parameter(number=int(array)))
            continue
        parameters.append(Parameter(array=np.ascontiguousarray(array)))
        parameters += [Parameter(number=extent)
                       for extent, size in zip(array.shape, kind[7:].split("x"))
                       if size == "?"]
    return parameters + [Parameter(result=result) for result in call.result_types]


def write_call(call: Call, text: str) -> str:
    """C that makes one call of the function with this text."""
    before, values, after = [], [], []
    for number, parameter in enumerate(parameters_of(call, text)):
        if parameter.array is not None:
            before.append(f"  void *p{number} = read_array(in, {parameter.num_bytes});")
            values.append(f"p{number}")
        elif parameter.result:
            before.append(f"  void *p{number} = make_array({parameter.num_bytes});")
            values.append(f"p{number}")
            after.append(f"  write_array(out, p{number}, {parameter.num_bytes});")
        else:
            values.append(str(parameter.number))
    return "\n".join(["{", *before, f"  {call.entry}({', '.join(values)});", *after, "}"])


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

    def attempt(names: Sequence[str]) -> None:
        calls = [call for call in batch.calls if call.entry in names]
        with tempfile.TemporaryDirectory(prefix="ternary-") as folder:
            run_calls(compiler, machine, Path(folder), calls,
                      {name: texts[name] for name in names})

    def give_up(name: str, error: str) -> None:
        for call in batch.calls:
            if call.entry == name:
                call.error = error

    if texts:
        halve(list(texts), attempt, give_up)


def run_calls(compiler: Path, machine: Machine, folder: Path, calls: Sequence[Call],
              texts: Mapping[str, str]) -> None:
    write_module(folder, texts)
    (folder / "program.c").write_text(write_program(calls, texts), encoding="utf-8")
    with (folder / "arguments").open("wb") as file:
        for call in calls:
            for parameter in parameters_of(call, texts[call.entry]):
                if parameter.array is not None:
                    file.write(parameter.array.tobytes())
    run_program([str(compiler), "module.mlir", "-o", "module.o", "--emit-header", "module.h",
                 f"--mtriple={machine.triple}", f"--mcpu={machine.cpu}"], folder)
    run_program([machine.compiler, "-std=c11", "-static", f"-I{FOLDER}", "program.c",
                 "module.o", "-lm", "-o", "program"], folder)
    run_program([machine.emulator, "./program"], folder)
    results = (folder / "results").read_bytes()
    for call in calls:
        call.results = []
        for dtype, shape in call.result_types:
            size = Parameter(result=(dtype, shape)).num_bytes
            call.results.append(np.frombuffer(results[:size], DTYPES[dtype]).reshape(shape))
            results = results[size:]
        call.error = ""
