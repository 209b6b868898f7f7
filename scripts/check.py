#!/usr/bin/env python3
"""Runs the test suites and adds up their results.

    scripts/check.py [--long] [--resume] [--only NAME] [--list]

Each suite runs with captured output, kept in build/check/NAME.log and printed
in full when the suite fails. The last line is `N passed, N failed` or
`N passed, N failed, N skipped`, summed over all suites; the exit status is 1
when anything failed. A suite that runs no test at all counts as a failure.

The long run takes hours. What has passed is noted with the commit, so that
`--resume` goes on where a run of the same commit was interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "check"
PYTHON = sys.executable
LIT = Path("/usr/lib/llvm-22/bin/lit")
LIBFUZZER = Path("/usr/lib/llvm-22/lib/clang/22/lib/linux/libclang_rt.fuzzer-x86_64.a")
VECTORS = Path(os.environ.get("TERNARY_GOLDEN", ROOT.parent / "shared" / "golden"))
PROGRAMS = Path(os.environ.get("TERNARY_FRONTENDS", ROOT.parent / "shared" / "frontends"))

# One CPU for each row of the ISA table, beside the one that the tests run on.
AARCH64 = ("--target-triple", "aarch64-linux-gnu")
CPUS = {
    "avx512amx": ("--target-cpu", "sapphirerapids"),
    "avx512vbmi": ("--target-cpu", "icelake-server"),
    "avx512vnni": ("--target-cpu", "cascadelake"),
    "avxvnni": ("--target-cpu", "alderlake"),
    "avx2": ("--target-cpu", "haswell"),
    "generic": ("--target-cpu", "generic"),
    "neon_i8mm": ("--target-cpu", "neoverse-n2", *AARCH64),
    "neon_dotprod": ("--target-cpu", "cortex-a76", *AARCH64),
    "neon": ("--target-cpu", "cortex-a72", *AARCH64),
}


@dataclass
class Suite:
    """One row of the table.

    `kind` says how results are counted: `lit` and `gtest` write JSON to
    `report`, `counts` ends with the closing line, `exit` is one test whose exit
    status is its result. `setup` commands run first. `needs` is a path without
    which the suite is skipped. Suites that are not `alone` run side by side,
    one per core.
    """

    name: str
    command: list[str]
    kind: str = "counts"
    when: str = "always"  # or "check" or "long": only in that run
    setup: list[list[str]] = field(default_factory=list)
    needs: Path | None = None
    timeout_s: int = 1800  # of the command, and of each of the setup
    alone: bool = False  # uses all cores by itself

    @property
    def report(self) -> Path:
        return LOGS / f"{self.name}.json"


@dataclass
class Result:
    passed: int = 0
    failed: int = 0
    skipped: int = 0


class Notes:
    """Results of suites that have passed, of one commit and no other files."""

    def __init__(self, resume: bool) -> None:
        self.commit = find_commit()
        self.resume = resume and self.commit is not None

    def path(self, suite: Suite) -> Path:
        return LOGS / f"{suite.name}.passed.json"

    def read(self, suite: Suite) -> Result | None:
        if not self.resume or not self.path(suite).exists():
            return None
        note = json.loads(self.path(suite).read_text(encoding="utf-8"))
        return Result(**note["result"]) if note["commit"] == self.commit else None

    def write(self, suite: Suite, result: Result) -> None:
        self.path(suite).unlink(missing_ok=True)
        if self.commit is not None and result.failed == 0:
            note = {"commit": self.commit, "result": asdict(result)}
            self.path(suite).write_text(json.dumps(note), encoding="utf-8")


def find_commit() -> str | None:
    """The commit whose files are here; none where files were changed."""
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, check=True,
                              capture_output=True, text=True).stdout.strip()
    try:
        return None if git("status", "--porcelain") else git("rev-parse", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return None


def lit(name: str, build: Path, **options) -> Suite:
    report = LOGS / f"{name}.json"
    command = [str(LIT), "-v", "--print-result-after=failed", "-o", str(report),
               str(build / "test")]
    return Suite(name, command, "lit", alone=True, **options)


def unit(name: str, build: Path, **options) -> Suite:
    report = LOGS / f"{name}.json"
    program = str(build / "bin" / "ternary-unit-tests")
    # What a build with sanitizers needs; test/lit.cfg.py says why.
    sanitizers = ["env", "ASAN_OPTIONS=allow_user_poisoning=0:detect_leaks=0",
                  "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1"]
    return Suite(name, [*sanitizers, program, f"--gtest_output=json:{report}"], "gtest",
                 **options)


def script(name: str, path: str, *arguments: str, **options) -> Suite:
    return Suite(name, [PYTHON, path, *arguments], **options)


def lint(name: str, *arguments: str) -> Suite:
    path = f"scripts/lint/check_{name}.py"
    return script(f"lint-{name}", path, *arguments, kind="exit")


GOLDEN, FORMATS = "test/golden/run_golden.py", "test/golden/run_formats.py"
PROPERTIES = "test/properties/run_properties.py"
UPDATES = "test/properties/run_updates.py"
MANIFEST, BYTES = VECTORS / "manifest.json", VECTORS / "formats.npz"


def file_suites() -> list[Suite]:
    """Model files, beside other implementations of their formats."""
    runner = "test/Target/run_files.py"
    return [script("files", runner, "--vectors", str(BYTES)),
            script("files-large", runner, "--large", "2000", when="long", timeout_s=3600)]


def source_suites() -> list[Suite]:
    """Rules for the sources, tests of IR and of C++."""
    return [
        lint("labels"),
        lint("dead_checks"),
        lint("includes"),
        lint("sizes"),
        lint("text"),
        lint("docs"),
        lint("releases"),
        script("lint-tests", "scripts/lint/test_lints.py"),
        Suite("docs", ["scripts/docs.sh", str(BUILD / "docs")], "exit"),
        lit("lit", BUILD),
        unit("unit", BUILD),
        script("roundtrip", "scripts/lint/check_roundtrip.py"),
    ]


def value_suites(target: str) -> list[Suite]:
    """Values of all ops, as the reference or this machine computes them."""
    on = ("--target", target)
    return [
        script(f"golden-{target}", GOLDEN, "--vectors", str(VECTORS), *on,
               needs=MANIFEST),
        script(f"formats-{target}", FORMATS, "--vectors", str(BYTES), *on, needs=BYTES),
        script(f"properties-{target}", PROPERTIES, "--examples", "500", *on,
               when="check"),
        script(f"properties-{target}-5000", PROPERTIES, "--examples", "5000", *on,
               when="long", timeout_s=7200),
        script(f"updates-{target}", UPDATES, "--examples", "200", *on, when="check"),
        script(f"updates-{target}-4000", UPDATES, "--examples", "4000", *on,
               when="long", timeout_s=7200),
    ]


def raising_suites() -> list[Suite]:
    """Programs that front ends have printed, and shapes that they do not have."""
    return [script("frontends", "test/frontends/run_frontends.py", "--programs",
                   str(PROGRAMS), needs=PROGRAMS / "manifest.json"),
            script("frontends-shapes", "test/frontends/run_shapes.py")]


def release_suites() -> list[Suite]:
    """Weights that earlier versions have packed."""
    return [script(f"formats-{weights.parent.name}", FORMATS, "--vectors", str(weights),
                   "--target", "cpu")
            for weights in sorted(ROOT.glob("test/Compatibility/Inputs/*/packed.npz"))]


def isa_suites(name: str, flags: tuple[str, ...]) -> list[Suite]:
    """Values on one row of the ISA table."""
    on = ("--target", "cpu", *flags)
    table = [
        script(f"golden-{name}-part", GOLDEN, "--vectors", str(VECTORS), *on,
               "--every", "10", when="check", needs=MANIFEST),
        script(f"golden-{name}", GOLDEN, "--vectors", str(VECTORS), *on, when="long",
               needs=MANIFEST),
        script(f"extremes-{name}", "test/properties/run_extremes.py", *on),
    ]
    if "--target-triple" in flags:
        return table
    return [
        *table,
        script(f"formats-{name}", FORMATS, "--vectors", str(BYTES), *on, when="long",
               needs=BYTES),
        script(f"properties-{name}", PROPERTIES, "--examples", "40", *on, when="check"),
        script(f"properties-{name}-2000", PROPERTIES, "--examples", "2000", *on,
               when="long", timeout_s=7200),
        script(f"updates-{name}-1000", UPDATES, "--examples", "1000", *on, when="long",
               timeout_s=7200),
    ]


def gpu_suites() -> list[Suite]:
    """Kernels that are compiled only: they run where there is a GPU."""
    assemble = "test/Pipelines/assemble.py"
    table = [
        script("assemble-cuda", assemble),
        script("assemble-cuda-sm_89", assemble, "--chips", "sm_89", when="long"),
    ]
    for name, every, when in (("golden-cuda-part", "10", "check"),
                              ("golden-cuda", "1", "long")):
        table.append(script(name, GOLDEN, "--vectors", str(VECTORS), "--target", "cuda",
                            "--prebuild", str(LOGS / name), "--every", every, kind="exit",
                            when=when, needs=MANIFEST))
    return table


def python_suites() -> list[Suite]:
    """The Python package; what needs torch in the long run."""
    tests = "python/tests/run.py"
    package = ("--package", str(BUILD / "python"))
    return [
        script("python", tests, *package, "--golden-every", "8", when="check"),
        script("python-all", tests, *package, when="long", timeout_s=3600),
        script("python-library", "python/tests/check_library.py", *package, when="long",
               timeout_s=3600),
        script("python-install", "python/tests/check_install.py", kind="exit",
               timeout_s=3600),
        script("python-torch", "python/tests/check_torch.py", when="long",
               timeout_s=7200),
        script("python-torch-library", "python/tests/check_torch.py", "--library",
               when="long", timeout_s=7200),
    ]


def embedding_suites() -> list[Suite]:
    """The project inside of others: plugin, package, C interface."""
    plugin = "test/embed/run_plugin.py"
    return [
        script("plugin-part", plugin, "--every", "20", when="check"),
        script("plugin", plugin, when="long"),
        script("headers", "test/embed/run_headers.py"),
        script("install", "test/embed/run_install.py"),
    ]


def fuzz_suites() -> list[Suite]:
    """Mutants of the suite's IR, which may end in a diagnostic only."""
    fuzzer = "test/fuzz/run_fuzz.py"
    debug = ROOT / "build-debug"
    return [
        script("fuzz-tests", "test/fuzz/test_fuzz.py"),
        # Upstream's reader of bytecode overwrites memory, with any end.
        script("fuzz-part", fuzzer, "--seed", "1", "--count", "300", "--kind", "text",
               "--seconds", "30", when="check"),
        script("libfuzzer", "test/fuzz/run_libfuzzer.py", "--seconds", "120",
               when="long", setup=libfuzzer_build(), needs=LIBFUZZER),
        script("fuzz", fuzzer, "--seed", "1", "--count", "10000", "--build", str(debug),
               "--cpu-seconds", "60", when="long", setup=debug_build(), timeout_s=14400),
    ]


def sharding_suites() -> list[Suite]:
    """A network over several processes."""
    return [script("sharding", "test/sharding/run_sharding.py", when="long")]


def libfuzzer_build() -> list[list[str]]:
    """Commands that make the targets of libFuzzer."""
    return [["cmake", "--preset", "fuzz"],
            ["cmake", "--build", str(ROOT / "build-fuzz"), "--target",
             "ternary-libfuzzer"]]


def training_suites() -> list[Suite]:
    return [
        script("training-memory", "test/properties/training_memory.py"),
        script("demo", "examples/digits/demo.py", kind="exit", when="long"),
        script("training", "examples/digits/check_training.py", kind="exit",
               when="long", timeout_s=7200),
        script("training-in-ir", "examples/training/train.py", "--check", kind="exit",
               when="long", timeout_s=3600),
    ]


def debug_build() -> list[list[str]]:
    """Commands that make the build with address and undefined-behaviour sanitizers."""
    debug = str(ROOT / "build-debug")
    return [["cmake", "--preset", "debug"],
            ["cmake", "--build", debug, "--target", "ternary-test-depends"]]


def sanitized_suites() -> list[Suite]:
    """Tests of IR and of C++ in the build with sanitizers."""
    debug = ROOT / "build-debug"
    options = {"when": "long", "setup": debug_build(), "timeout_s": 7200}
    return [lit("lit-sanitized", debug, **options),
            unit("unit-sanitized", debug, **options)]


def suites() -> list[Suite]:
    """The table of all suites: add, change or remove a row in its parts."""
    table = source_suites()
    for target in ("reference", "cpu"):
        table += value_suites(target)
    table += raising_suites()
    table += release_suites()
    for name, flags in CPUS.items():
        table += isa_suites(name, flags)
    return [*table, *gpu_suites(), *file_suites(), *python_suites(), *embedding_suites(),
            *fuzz_suites(), *sharding_suites(), *training_suites(), *sanitized_suites()]


CLOSING = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$")


def count_closing_line(output: str) -> Result:
    """The counts of the last line of a runner; none when it has no such line."""
    lines = output.strip().splitlines()
    match = CLOSING.match(lines[-1].strip()) if lines else None
    return Result(*(int(n or 0) for n in match.groups())) if match else Result()


def count_lit(report: dict) -> Result:
    codes = [test["code"] for test in report["tests"]]
    passed = sum(code in ("PASS", "XFAIL", "FLAKYPASS") for code in codes)
    skipped = sum(code in ("UNSUPPORTED", "SKIPPED", "EXCLUDED") for code in codes)
    return Result(passed, len(codes) - passed - skipped, skipped)


def count_gtest(report: dict) -> Result:
    tests = [test for group in report["testsuites"] for test in group["testsuite"]]
    failed = sum("failures" in test for test in tests)
    skipped = sum(test.get("result") in ("SKIPPED", "SUPPRESSED") or
                  test.get("status") == "NOTRUN" for test in tests)
    return Result(len(tests) - failed - skipped, failed, skipped)


def count(suite: Suite, output: str, status: int) -> Result:
    """The results of a suite that ended with this output and exit status."""
    if suite.kind == "exit":
        return Result(passed=int(status == 0), failed=int(status != 0))
    if suite.kind == "counts":
        result = count_closing_line(output)
    elif suite.report.exists():
        report = json.loads(suite.report.read_text(encoding="utf-8"))
        result = count_lit(report) if suite.kind == "lit" else count_gtest(report)
    else:
        result = Result()
    # A runner that crashed, or that found nothing to run, has failed too.
    if result.failed == 0 and (status != 0 or result.passed + result.skipped == 0):
        result.failed = 1
    return result


def execute(suite: Suite) -> tuple[str, int]:
    """Runs the setup and the command; returns their output and exit status."""
    log = LOGS / f"{suite.name}.log"
    status = 0
    with log.open("wb") as out:
        for command in [*suite.setup, suite.command]:
            try:
                status = subprocess.run(
                    command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out,
                    stderr=subprocess.STDOUT, timeout=suite.timeout_s,
                ).returncode
            except (OSError, subprocess.TimeoutExpired) as error:
                out.write(f"{error}\n".encode())
                status = 1
            if status != 0:
                break
    return log.read_text(encoding="utf-8", errors="replace"), status


def run(suite: Suite, notes: Notes) -> Result:
    """Runs one suite, with a line before and after it."""
    if (noted := notes.read(suite)) is not None:
        say(f"{suite.name}: {closing_line(noted)} (before)")
        return noted
    if suite.needs is not None and not suite.needs.exists():
        say(f"{suite.name}: skipped, {suite.needs} does not exist")
        return Result(skipped=1)
    say(f"{suite.name} ...")
    suite.report.unlink(missing_ok=True)
    start = time.monotonic()
    output, status = execute(suite)
    result = count(suite, output, status)
    if result.failed:
        command = " ".join(suite.command)
        say(f"{output.rstrip()}\n{suite.name} failed (exit status {status}): {command}")
    notes.write(suite, result)
    say(f"{suite.name}: {closing_line(result)} ({time.monotonic() - start:.1f} s)")
    return result


def run_all(chosen: list[Suite], notes: Notes) -> Result:
    """Runs the suites, those that use all cores first; returns the sums."""
    results = [run(suite, notes) for suite in chosen if suite.alone]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results += pool.map(lambda suite: run(suite, notes),
                            [suite for suite in chosen if not suite.alone])
    return Result(sum(r.passed for r in results), sum(r.failed for r in results),
                  sum(r.skipped for r in results))


def say(text: str) -> None:
    """Prints in one write, since suites run side by side."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def closing_line(result: Result) -> str:
    skipped = f", {result.skipped} skipped" if result.skipped else ""
    return f"{result.passed} passed, {result.failed} failed{skipped}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="run all suites")
    parser.add_argument("--resume", action="store_true",
                        help="leave out what has passed with these files")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="run this suite only (may be repeated)")
    parser.add_argument("--list", action="store_true", help="list the suites")
    options = parser.parse_args()

    chosen = [s for s in suites()
              if s.name in (options.only or [])
              or (not options.only
                  and s.when in ("always", "long" if options.long else "check"))]
    if options.list:
        print("\n".join(suite.name for suite in chosen))
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    total = run_all(chosen, Notes(options.resume))
    if not chosen:
        print("no suite of that name; --list shows them")
        total.failed = 1
    print(closing_line(total))
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
