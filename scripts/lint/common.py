"""What the lint scripts share: walking the sources and reporting findings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Never sources: builds, environments, caches, version control.
SKIPPED = {".git", ".venv", ".hypothesis", "__pycache__", "out"}

# Begins a file in a test made for split-file.
PART = "//--- "


@dataclass(frozen=True, order=True)
class Finding:
    """A broken rule: where, and what to do about it."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def source_files(root: Path, suffixes: Iterable[str] = ()) -> Iterator[Path]:
    """All files under `root`, sorted; with `suffixes`, only such ones."""
    wanted = tuple(suffixes)
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders
                            if f not in SKIPPED and not f.startswith("build"))
        for name in sorted(files):
            if not wanted or name.endswith(wanted):
                yield Path(folder, name)


def lit_tests(root: Path) -> list[Path]:
    """The files that lit runs, as test/lit.cfg.py chooses them."""
    excluded = {"Inputs", "Unit", "golden", "properties"}
    return [path for path in source_files(root / "test", (".mlir", ".test"))
            if not excluded & set(path.relative_to(root).parts)]


def run_lines(text: str) -> list[str]:
    """The RUN lines of a lit test, continuation lines joined."""
    commands: list[str] = []
    continued = False
    for line in text.splitlines():
        _, found, command = line.partition("RUN:")
        if not found:
            continue
        command = command.strip()
        if continued:
            commands[-1] = commands[-1][:-1] + command
        else:
            commands.append(command)
        continued = command.endswith("\\")
    return commands


def parts_of(text: str) -> list[str]:
    """The .mlir parts of a test made for split-file; else the whole text."""
    if not any("split-file" in run for run in run_lines(text)):
        return [text]
    parts = []
    for chunk in text.split(f"\n{PART}")[1:]:
        name, _, body = chunk.partition("\n")
        if name.strip().endswith(".mlir") and "invalid" not in name:
            parts.append(body)
    return parts


def report(name: str, findings: Iterable[Finding]) -> int:
    """Prints the findings; returns the exit status of the script."""
    ordered = sorted(set(findings))
    for finding in ordered:
        print(finding)
    print(f"{name}: {len(ordered)} findings" if ordered else f"{name}: ok")
    return 1 if ordered else 0


def relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def root_argument() -> Path:
    """The folder to look at: the first argument, or this repository."""
    return Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
