#!/usr/bin/env python3
"""Every valid input of the lit suite survives printing and parsing again.

Runs `ternary-opt --verify-roundtrip --split-input-file` on each .mlir test that
is meant to parse: `invalid` is not in its name, it expects no error, and it is
not a test only of calls that fail. Files made by split-file are split first.
The last line is `N passed, N failed, N skipped`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import ROOT, lit_tests, parts_of, relative, run_lines

OPT = Path(os.environ.get("TERNARY_OPT", ROOT / "build" / "bin" / "ternary-opt"))


def why_skipped(name: str, text: str) -> str | None:
    """Why a test is not meant to parse; None when it is."""
    if "invalid" in Path(name).name:
        return "invalid by name"
    if "expected-error" in text:
        return "expects an error"
    runs = run_lines(text)
    if runs and all(run.startswith("not ") for run in runs):
        return "each RUN line expects a failure"
    return None


def roundtrip(text: str, options: list[str]) -> str:
    """The tool's complaint about a text; empty when it survives."""
    with tempfile.NamedTemporaryFile("w", suffix=".mlir", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        result = subprocess.run(
            [str(OPT), "--verify-roundtrip", "--split-input-file", *options,
             file.name, "-o", os.devnull],
            capture_output=True, text=True, errors="replace", timeout=300)
    if result.returncode == 0:
        return ""
    return result.stderr.strip() or f"exit status {result.returncode}"


def check_test(path: Path) -> tuple[str, str | None]:
    """`passed`, `failed` or `skipped`, with the reason for the last two."""
    text = path.read_text(encoding="utf-8")
    if reason := why_skipped(path.name, text):
        return "skipped", reason
    unregistered = "--allow-unregistered-dialect"
    allow = any(unregistered[1:] in run for run in run_lines(text))
    for part in parts_of(text):
        if complaint := roundtrip(part, [unregistered] if allow else []):
            return "failed", complaint
    return "passed", None


def main() -> int:
    if not OPT.exists():
        print(f"{OPT} does not exist; run make build")
        return 1
    tests = [path for path in lit_tests(ROOT) if path.suffix == ".mlir"]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, (outcome, reason) in zip(tests, pool.map(check_test, tests)):
            counts[outcome] += 1
            if reason:
                print(f"{outcome}: {relative(path, ROOT)}: {reason}")
    print(", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
