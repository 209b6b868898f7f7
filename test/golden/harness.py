"""What the runners share: calling the tools and reporting."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ahead import Machine, run_ahead
from ir import Function

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 900
SHOWN_LINES = 12


class ToolError(Exception):
    """A tool refused its input or crashed; the message is what it printed."""


@dataclass(frozen=True)
class Tools:
    """The programs under test, the target they compile for, options of its pipeline.
    Calls run ahead of time on `machine`, if there is one."""

    folder: Path
    target: str
    options: tuple[str, ...] = ()
    machine: Machine | None = None

    def with_option(self, option: str) -> Tools:
        """The same with an option of the CPU pipeline; others have none."""
        if self.target != "cpu":
            return self
        return replace(self, options=(*self.options, option))

    def run(self, arguments: Sequence[str], cwd: Path | None = None,
            program: str = "ternary-run", text: str | None = None,
            ) -> subprocess.CompletedProcess[str]:
        """Whatever the program answers; a ToolError if it does not."""
        try:
            return subprocess.run(
                [str(self.folder / program), *arguments], cwd=cwd, input=text,
                stdin=subprocess.DEVNULL if text is None else None,
                capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ToolError(f"{program}: {error}") from error

    def optimize(self, module: str, *flags: str) -> str:
        """The module after ternary-opt."""
        done = self.run(["-", *flags], program="ternary-opt", text=module)
        if done.returncode != 0:
            raise ToolError(describe_failure(done))
        return done.stdout

    def scalar(self, rule: str, *arguments: object) -> np.ndarray:
        """A rule of the C++ library on numbers or arrays of numbers."""
        done = self.run(["--scalar", rule, *(to_json(a) for a in arguments)])
        if done.returncode != 0:
            raise ToolError(describe_failure(done))
        return np.asarray(json.loads(done.stdout))


def to_json(value: object) -> str:
    return json.dumps(value.tolist() if isinstance(value, np.ndarray) else value)


def describe_failure(done: subprocess.CompletedProcess[str]) -> str:
    """Why a program failed: the first lines of its message or, after a crash, the
    frames of the stack that are ours."""
    lines = done.stderr.strip().splitlines()
    if "Stack dump:" in lines:
        frames = [line.split(None, 2)[-1] for line in lines if " ternary::" in line]
        return f"crashed with status {done.returncode} in {' < '.join(frames[:3])}"
    if len(lines) > SHOWN_LINES:
        lines = [*lines[:SHOWN_LINES], f"... ({len(lines)} lines)"]
    return "\n".join(lines) or f"exit status {done.returncode}"


# Calls of ternary-run.


@dataclass
class Call:
    """One call; `error` is empty once it has results. A string among `arguments` is
    the file of a result of an earlier call: `NAME.I` is result I of the call NAME."""

    name: str
    entry: str
    arguments: Sequence[np.ndarray | str]
    result_types: Sequence[tuple[str, tuple[int, ...]]]  # elements and extents
    results: list[np.ndarray] = field(default_factory=list)
    error: str = "not run"

    @classmethod
    def of(cls, name: str, entry: str, function: Function) -> Call:
        types = [(value.element, function.shape(value))
                 for value in function.results.values()]
        return cls(name, entry, function.arrays, types)

    def result_file(self, index: int) -> str:
        return f"{self.name.replace('/', '.')}.{index}"


@dataclass
class Batch:
    """The functions and calls that one process of ternary-run gets."""

    functions: dict[str, str] = field(default_factory=dict)  # text to name
    calls: list[Call] = field(default_factory=list)
    preamble: str = ""

    def add(self, name: str, function: Function) -> Call:
        """Adds a call; functions of equal text are compiled once."""
        text = function.text("NAME")
        entry = self.functions.setdefault(text, f"f{len(self.functions)}")
        call = Call.of(name, entry, function)
        self.calls.append(call)
        return call

    def calls_of(self, owner: str) -> list[Call]:
        """Those named `owner/...`."""
        return [call for call in self.calls if call.name.startswith(f"{owner}/")]

    def module(self) -> str:
        return self.preamble + "".join(
            text.replace("@NAME", f"@{name}", 1) for text, name in self.functions.items())


def run_batch(tools: Tools, batch: Batch) -> None:
    """Runs all calls and fills in their results or errors."""
    if not batch.calls:
        return
    if tools.machine:
        return run_ahead(tools.folder / "ternary-compile", tools.machine, batch)
    with tempfile.TemporaryDirectory(prefix="ternary-") as name:
        folder = Path(name)
        (folder / "module.mlir").write_text(batch.module(), encoding="utf-8")
        write_arguments(folder, batch.calls)
        run_calls(tools, folder, batch.calls)
        for call in batch.calls:
            if not call.error:
                read_results(folder, call)


def write_arguments(folder: Path, calls: Iterable[Call]) -> None:
    for number, call in enumerate(calls):
        files = []
        for index, argument in enumerate(call.arguments):
            if isinstance(argument, str):
                files.append(f"{argument}.npy")
            else:
                files.append(f"in{number}.{index}.npy")
                np.save(folder / files[-1], argument)
        entry = {"name": call.name, "entry": call.entry, "args": files,
                 "results": [f"{call.result_file(i)}.npy" for i in range(len(call.result_types))]}
        (folder / f"call{number}.json").write_text(json.dumps(entry), encoding="utf-8")


def read_results(folder: Path, call: Call) -> None:
    call.results = [np.load(folder / f"{call.result_file(i)}.npy")
                    for i in range(len(call.result_types))]


def run_calls(tools: Tools, folder: Path, calls: list[Call]) -> None:
    """One process for all calls. A call without a line in its output ended the
    process or was never reached; such calls are halved until the guilty one is
    alone, so that it does not take the others with it."""
    numbers = {id(call): number for number, call in enumerate(calls)}

    def attempt(pending: list[Call]) -> None:
        entries = [(folder / f"call{numbers[id(call)]}.json").read_text(encoding="utf-8")
                   for call in pending]
        (folder / "calls.json").write_text(f"[{','.join(entries)}]", encoding="utf-8")
        lines, trouble = run_once(tools, folder)
        missing = []
        for call in pending:
            if call.name in lines:
                call.error = lines[call.name]
            else:
                missing.append(call)
        if len(missing) == 1:
            missing[0].error = trouble
        elif missing:
            half = 1 if len(missing) < len(pending) else len(missing) // 2
            attempt(missing[:half])
            attempt(missing[half:])

    attempt(calls)


LINE = re.compile(r"^(?:ok (?P<ok>[^:\s]+)|FAIL (?P<fail>[^:\s]+): (?P<error>.*))")


def run_once(tools: Tools, folder: Path) -> tuple[dict[str, str], str]:
    """The error of every call that was reported, and what else went wrong."""
    arguments = ["module.mlir", "--calls", "calls.json", f"--target={tools.target}",
                 f"--pipeline-options={' '.join(tools.options)}"]
    try:
        done = tools.run(arguments, cwd=folder)
    except ToolError as error:
        return {}, str(error)
    lines: dict[str, str] = {}
    for line in done.stdout.splitlines():
        if match := LINE.match(line):
            name = match["ok"] or match["fail"]
            lines[name] = match["error"] or ""
    return lines, describe_failure(done)


# Reporting.


@dataclass
class Tally:
    """Counts results and prints what deserves a line."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def record(self, name: str, errors: Sequence[str]) -> None:
        """A test that failed if there are errors."""
        if not errors:
            self.passed += 1
            return
        self.failed += 1
        for error in errors:
            print(f"FAIL {name}: {error}", flush=True)

    def skip(self, name: str, count: int, reason: str) -> None:
        self.skipped += count
        print(f"skip {name}: {count}, {reason}", flush=True)

    def close(self) -> int:
        """Prints the closing line; returns the exit status."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


# The command line.


def add_tool_options(parser: argparse.ArgumentParser, ahead: bool = False) -> None:
    """What every runner can be told about the tools; whether it can also compile
    ahead of time."""
    targets = ("reference", "cpu", "cuda") if ahead else ("reference", "cpu")
    parser.add_argument("--target", choices=targets, required=True)
    parser.add_argument("--target-cpu", default="native", metavar="NAME",
                        help="LLVM name of the CPU that the target cpu compiles for")
    parser.add_argument("--tools", type=Path, default=ROOT / "build" / "bin",
                        metavar="DIR", help="folder of ternary-opt and ternary-run")
    if ahead:
        parser.add_argument("--target-triple", metavar="TRIPLE",
                            help="compile for this machine, such as aarch64-linux-gnu, "
                            "and run on an emulator")


def choose_tools(options: argparse.Namespace) -> Tools:
    """The tools of the command line. Where this machine cannot run code for the CPU,
    an exit that says so and counts one skipped test."""
    tools = find_tools(options.tools, options.target)
    triple = getattr(options, "target_triple", None)
    if options.target_cpu == "native" and not triple:
        return tools
    if options.target != "cpu":
        sys.exit(f"--target-cpu: expected the target cpu, found {options.target}")
    reason = ""
    if triple:
        machine = Machine(triple, options.target_cpu)
        tools = replace(tools, machine=machine)
        if program := machine.missing_program():
            reason = f"expected the program {program}, found none"
    else:
        tools = tools.with_option(f"target-cpu={options.target_cpu}")
        reason = refusal_of_cpu(tools)
    if reason:
        tally = Tally()
        tally.skip(f"target-cpu {options.target_cpu}", 1, reason)
        sys.exit(tally.close())
    return tools


def refusal_of_cpu(tools: Tools) -> str:
    """Why this machine does not run code for the CPU; empty if it does."""
    probe = Call("probe", "f", (), ())
    run_batch(tools, Batch({"func.func @NAME() { return }": "f"}, [probe]))
    if probe.error and "of which this machine has the features" not in probe.error:
        sys.exit(probe.error)
    return probe.error


def find_tools(folder: Path, target: str) -> Tools:
    """The tools, or an exit with a message where they are not built."""
    tools = Tools(folder.resolve(), target)
    for program in ("ternary-opt", "ternary-run"):
        if not (tools.folder / program).exists():
            sys.exit(f"{tools.folder / program}: expected a program, found none; "
                     "run make build")
    return tools
