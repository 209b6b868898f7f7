#!/usr/bin/env python3
"""Mutants of the test suite's IR, through the parser and every pipeline.

    test/fuzz/run_fuzz.py [--seed N] [--count N] [--seconds N] [--build DIR] [--out DIR]
    test/fuzz/run_fuzz.py --seed N --only text-17

Mutants of the suite's text and of bytecode made of it, in turn, are parsed, verified and
printed; where that succeeds, each pipeline runs over them, and the passes that the
input's test runs. `--count` is the number of mutants of each kind, `--seconds` the time
after which no other is begun; what a mutant is depends on `--seed`, its kind and number
alone. A crash, a hang or unbounded memory is a finding, whose by its stack (stacks.py).
One input of each finding is kept in a folder of `--out`, with the command and the stack.

The last line is `N passed, N failed, N skipped`, of mutants: failed are those with a
finding in our code, skipped those with one in upstream's alone.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from suite import OURS, ROOT, anchor_of, inputs, own_names, pipeline_text  # noqa: E402

from mutate import TextMutator, bytes_mutant, without_comments  # noqa: E402
from stacks import Crash, crash_of  # noqa: E402

PIPELINES = ("builtin.module(ternary-to-linalg)", "builtin.module(ternary-to-llvm)",
             "builtin.module(ternary-to-nvvm{format=none})",
             "builtin.module(ternary-to-nvvm{format=isa})",
             "builtin.module(raise-to-ternary)", "builtin.module(canonicalize,cse)")
# Upstream's passes that reach the interfaces of our ops, where a test runs them.
INTERFACE_PASSES = {
    "transform-interpreter": "transform-interpreter",
    "one-shot-bufferize": "one-shot-bufferize{bufferize-function-boundaries}",
    "resolve-ranked-shaped-type-result-dims": "resolve-ranked-shaped-type-result-dims",
    "inline": "inline",
}
# What the driver needs in a build with sanitizers; test/lit.cfg.py says why.
SANITIZERS = {
    "ASAN_OPTIONS": "allow_user_poisoning=0:detect_leaks=0:abort_on_error=1"
                    ":max_allocation_size_mb=4096:detect_stack_use_after_return=0",
    "UBSAN_OPTIONS": "halt_on_error=1:abort_on_error=1:print_stacktrace=1",
    "LLVM_SYMBOLIZER_PATH": "/usr/lib/llvm-22/bin/llvm-symbolizer",
    "ASAN_SYMBOLIZER_PATH": "/usr/lib/llvm-22/bin/llvm-symbolizer",
}
SUFFIXES = {"text": ".mlir", "bytecode": ".mlirbc"}


@dataclass(frozen=True)
class Seed:
    """What mutants are made of: a module of the suite, and the passes of its test."""

    test: str
    text: str
    passes: tuple[str, ...]


def functions_of(module: str) -> list[str]:
    """The functions of a module, each by itself, where it has nothing else but aliases;
    else the module."""
    lines = module.splitlines(keepends=True)
    aliases = "".join(line for line in lines if line.startswith(("#", "!")))
    parts = re.split(r"^(?=func\.func)", module, flags=re.MULTILINE)
    heads = {line.split()[0] for line in lines if re.match(r"[\w\"]", line)}
    if heads != {"func.func"} or re.search(r"\bcall @", module):
        return [module]
    return [aliases + part for part in parts[1:]]


def seeds() -> list[Seed]:
    """The modules of the suite, files split where they are for the tools, and further
    into functions: what is small is quick, and its mutants differ where it matters."""
    anchors = {name: anchor_of(name) for name in sorted(own_names()[0])}
    found = []
    for entry in inputs():
        passes = [pipeline_text(anchor, name, options)
                  for name, anchor in anchors.items() if entry.uses(name)
                  for options in sorted(entry.options_of(name) - {""}) or [""]]
        passes += [pipeline_text("", text, "") for name, text in INTERFACE_PASSES.items()
                   if entry.uses(name)]
        modules = map(without_comments, entry.text.split("// -----"))
        found += [Seed(entry.test, part, tuple(passes)) for module in modules
                  for part in functions_of(module) if part.strip()]
    return found


class Corpus:
    """Seeds in the forms that mutants are made of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seeds = seeds()
        # What is refused as it stands seldom reaches a pipeline.
        self.weights = [1 if "invalid" in seed.test else 3 for seed in self.seeds]
        self.mutator = TextMutator(seed.text for seed in self.seeds)

    @lru_cache(maxsize=None)
    def converted(self, number: int, *flags: str) -> bytes:
        """A seed as ternary-opt writes it; nothing where it is not valid."""
        done = subprocess.run([OURS, "--allow-unregistered-dialect", *flags, "-"],
                              input=self.seeds[number].text.encode(), capture_output=True)
        return done.stdout if done.returncode == 0 else b""

    def bytecode(self, rng: Random) -> tuple[Seed, bytes]:
        """A seed that is valid, with its bytecode."""
        while True:
            number = rng.randrange(len(self.seeds))
            data = self.converted(number, "--emit-bytecode")
            if data:
                return self.seeds[number], data

    def mutant(self, kind: str, rng: Random) -> tuple[Seed, bytes]:
        """A mutant, with what it was made of."""
        if kind == "bytecode":
            seed, data = self.bytecode(rng)
            return seed, bytes_mutant(rng, data, self.bytecode(rng)[1])
        number = rng.choices(range(len(self.seeds)), self.weights)[0]
        seed, text = self.seeds[number], self.seeds[number].text
        if rng.random() < 0.3:
            generic = self.converted(number, "--mlir-print-op-generic")
            text = generic.decode() or text
        return seed, self.mutator.mutant(rng, text).encode()


class Driver:
    """A process that runs jobs, each in a child of its own."""

    def __init__(self, build: Path, cpu_seconds: int, memory_mib: int = 2048) -> None:
        self.process = subprocess.Popen(
            [build / "bin" / "ternary-fuzz-driver", f"--cpu-seconds={cpu_seconds}",
             f"--memory-mib={memory_mib}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **SANITIZERS})

    def run(self, source: Path, pipeline: str) -> tuple[str, str]:
        """How a job ended, and what it said."""
        assert self.process.stdin and self.process.stdout
        said = source.with_suffix(".log")
        print(source, said, pipeline, sep="\t", file=self.process.stdin, flush=True)
        ending, tab, _ = self.process.stdout.readline().partition("\t")
        if not tab or ending == "exit 3":
            sys.exit(f"the driver failed on {source}, pipeline '{pipeline}'")
        return ending, said.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        self.process.communicate()


@dataclass
class Finding:
    """Equal crashes, and the first of them."""

    crash: Crash
    first: str
    mutants: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        ending, *frames = self.crash.head
        lines = [f"{ending} in {len(self.mutants)} mutants, first {self.first}",
                 *(f"    {frame}" for frame in frames)]
        if self.crash.message:
            lines.insert(1, f"    {self.crash.message[:160]}")
        return "\n".join(lines)


class Record:
    """All that was found; workers write to it in turn."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.lock = threading.Lock()
        self.findings: dict[tuple[str, ...], Finding] = {}
        self.mutants = {kind: 0 for kind in SUFFIXES}
        self.valid = {kind: 0 for kind in SUFFIXES}
        self.runs = 0

    def count(self, kind: str, runs: int) -> None:
        with self.lock:
            self.mutants[kind] += 1
            self.valid[kind] += runs > 1
            self.runs += runs
            if sum(self.mutants.values()) % 1000 == 0:
                print(f"{sum(self.mutants.values())} mutants, {len(self.findings)} findings",
                      flush=True)

    def add(self, name: str, source: Path, pipeline: str, ending: str, said: str) -> None:
        crash = crash_of(ending, said)
        with self.lock:
            finding = self.findings.get(crash.head)
            if finding is None:
                finding = self.findings[crash.head] = Finding(crash, name)
                self.keep(len(self.findings), crash, source, pipeline, said)
            finding.mutants.add(name)

    def keep(self, number: int, crash: Crash, source: Path, pipeline: str,
             said: str) -> None:
        """Writes what the first of its kind needs to be seen again."""
        folder = self.out / f"{'own' if crash.ours else 'upstream'}-{number}"
        folder.mkdir(parents=True)
        kept = shutil.copy(source, folder / f"input{source.suffix}")
        command = [str(OURS), "--allow-unregistered-dialect", str(kept)]
        if pipeline:
            command.append(f"--pass-pipeline={pipeline}")
        (folder / "command").write_text(shlex.join(command) + "\n", encoding="utf-8")
        (folder / "stack").write_text(f"{crash.ending}\n{said}", encoding="utf-8")

    def of(self, ours: bool) -> list[Finding]:
        found = [f for f in self.findings.values() if f.crash.ours == ours]
        return sorted(found, key=lambda finding: -len(finding.mutants))


def bad(ending: str) -> bool:
    return not ending.startswith("exit")


def run_mutant(corpus: Corpus, driver: Driver, record: Record, seed: int, kind: str,
               number: int) -> None:
    """Makes a mutant and runs all there is over it."""
    name = f"{kind}-{number}"
    origin, data = corpus.mutant(kind, Random(f"{seed}-{name}"))
    source = corpus.folder / f"{name}{SUFFIXES[kind]}"
    source.write_bytes(data)
    ending, said = driver.run(source, "")
    runs = [("", ending, said)]
    if ending == "exit 0":
        for pipeline in (*PIPELINES, *origin.passes):
            runs.append((pipeline, *driver.run(source, pipeline)))
    for pipeline, ending, said in runs:
        if bad(ending):
            record.add(name, source, pipeline, ending, said)
    record.count(kind, len(runs))
    source.unlink()
    source.with_suffix(".log").unlink()


def numbered(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """The mutants to run: kind and number."""
    if options.only:
        kind, _, number = options.only.partition("-")
        yield kind, int(number)
        return
    end = time.monotonic() + options.seconds if options.seconds else float("inf")
    numbers = range(options.count) if options.count else itertools.count()
    for number in numbers:
        for kind in options.kind or SUFFIXES:
            if time.monotonic() > end:
                return
            yield kind, number


def run_all(options: argparse.Namespace, folder: Path) -> Record:
    """Shares the mutants out to a worker for each core."""
    shutil.rmtree(options.out, ignore_errors=True)
    corpus, record = Corpus(folder), Record(options.out)
    todo, taking = numbered(options), threading.Lock()

    def take() -> tuple[str, int] | None:
        with taking:
            return next(todo, None)

    def work() -> None:
        driver = Driver(options.build, options.cpu_seconds)
        for mutant in iter(take, None):
            run_mutant(corpus, driver, record, options.seed, *mutant)
        driver.close()

    workers = [threading.Thread(target=work) for _ in range(os.cpu_count() or 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return record


def summarize(record: Record, options: argparse.Namespace, seconds: float) -> int:
    """Prints what was found; the exit status."""
    own, upstream = record.of(ours=True), record.of(ours=False)
    for finding in upstream:
        print(f"UPSTREAM {finding}")
    for finding in own:
        print(f"FAIL {finding}")
    counts = " and ".join(f"{record.mutants[kind]} {kind} mutants "
                          f"({record.valid[kind]} valid)" for kind in SUFFIXES)
    print(f"seed {options.seed}: {counts}, {record.runs} runs in {seconds:.0f} s; "
          f"{len(own)} findings in our code, {len(upstream)} in upstream's")
    failed = set().union(*(finding.mutants for finding in own))
    skipped = set().union(*(finding.mutants for finding in upstream)) - failed
    passed = sum(record.mutants.values()) - len(failed) - len(skipped)
    print(f"{passed} passed, {len(failed)} failed, {len(skipped)} skipped")
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=None, help="else it is drawn")
    parser.add_argument("--count", type=int, default=0, help="mutants of each kind")
    parser.add_argument("--seconds", type=float, default=0, help="time to spend")
    parser.add_argument("--only", metavar="KIND-NUMBER", help="this mutant alone")
    parser.add_argument("--kind", choices=list(SUFFIXES), action="append",
                        help="of this kind alone")
    parser.add_argument("--cpu-seconds", type=int, default=20, metavar="N",
                        help="CPU time after which a run counts as hanging")
    parser.add_argument("--build", type=Path, default=ROOT / "build",
                        help="the build whose driver runs")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "fuzz",
                        help="where findings go")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = int(time.time())
    if not (options.count or options.seconds or options.only):
        parser.error("expected --count, --seconds or --only")
    return options


def main() -> int:
    options = arguments()
    print(f"seed {options.seed}", flush=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        record = run_all(options, Path(folder))
    return summarize(record, options, time.monotonic() - start)


if __name__ == "__main__":
    sys.exit(main())
