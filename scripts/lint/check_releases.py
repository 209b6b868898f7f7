#!/usr/bin/env python3
"""Every version has files that later ones must read, and they stay as they were.

A version is a heading of CHANGELOG.md: `## [1.2.3]`, or `## [Unreleased] – 1.2.3` for the
next one, which is that of CMakeLists.txt. Its folder is test/Compatibility/Inputs/1.2.3,
written by scripts/release_files.py: bytecode, each file with its text beside it, weights
in all packings, and the checksums of these. test/Compatibility/read.test and the suites
`formats-1.2.3-…` read them.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from common import Finding, report, root_argument

FOLDER = "test/Compatibility/Inputs"
WEIGHTS = "packed.npz"
SUMS = "SHA256SUMS"
HEADING = re.compile(r"^## \[(?:(Unreleased)\] – )?([0-9]+\.[0-9]+\.[0-9]+)\b", re.MULTILINE)
PROJECT = re.compile(r"^project\(ternary VERSION ([0-9.]+)", re.MULTILINE)


def read_versions(root: Path) -> list[tuple[str, bool]]:
    """The versions of the changelog, and whether each is released; the latest first."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    return [(version, not unreleased) for unreleased, version in HEADING.findall(text)]


def list_sums(folder: Path) -> list[str]:
    """The checksum and name of each file, as sha256sum prints them."""
    return [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
            for path in sorted(folder.iterdir()) if path.name != SUMS]


def write_sums(folder: Path) -> None:
    (folder / SUMS).write_text("".join(f"{line}\n" for line in list_sums(folder)),
                               encoding="utf-8")


def check_folder(root: Path, version: str) -> Iterator[Finding]:
    place = f"{FOLDER}/{version}"
    folder = root / place
    sums = folder / SUMS
    if not sums.is_file():
        yield Finding("CHANGELOG.md", 1, f"version {version} has no files in {FOLDER}; "
                                         f"scripts/release_files.py writes them")
        return
    names = {path.name for path in folder.iterdir()}
    bytecode = {name for name in names if name.endswith(".mlirbc")}
    lacking = {WEIGHTS} - names | {name.removesuffix("bc") for name in bytecode} - names
    if not bytecode:
        lacking.add("*.mlirbc")
    for name in sorted(lacking):
        yield Finding(f"{place}/{name}", 1, "is missing")
    listed = sums.read_text(encoding="utf-8").splitlines()
    changed = {line.split("  ")[-1] for line in set(listed) ^ set(list_sums(folder))}
    for name in sorted(changed):
        yield Finding(f"{place}/{name}", 1, f"is another file than {SUMS} says")


def check(root: Path) -> Iterator[Finding]:
    versions = [version for version, _ in read_versions(root)]
    project = PROJECT.search((root / "CMakeLists.txt").read_text(encoding="utf-8"))
    if not project or versions[:1] != [project[1]]:
        yield Finding("CHANGELOG.md", 1, "the first version is not that of CMakeLists.txt")
    for version in versions:
        yield from check_folder(root, version)
    for path in sorted((root / FOLDER).glob("*")):
        if path.name not in versions:
            yield Finding(f"{FOLDER}/{path.name}", 1, "is no version of CHANGELOG.md")


if __name__ == "__main__":
    sys.exit(report("releases", check(root_argument())))
