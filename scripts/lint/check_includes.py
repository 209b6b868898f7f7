#!/usr/bin/env python3
"""The one-way include rule: a room includes only rooms below it.

Target -> IR <- Transforms <- Conversion <- Pipelines <- CAPI, python, tools;
TransformOps, beside Pipelines, has ops for what is below both; ExecutionEngine
may use IR, Target and Pipelines; nobody includes tools.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from common import Finding, relative, report, root_argument, source_files

# Each room, and the rooms that it may include besides itself. `Init` is
# InitAll.h, which registers everything for those who own a context.
LIBRARIES = {"IR", "Target", "Transforms", "Conversion", "TransformOps", "Pipelines"}
TOP = LIBRARIES | {"ExecutionEngine", "Init"}
ALLOWED: dict[str, set[str]] = {
    "IR": set(),
    "Target": {"IR"},
    "Transforms": {"IR"},
    "Conversion": {"IR", "Transforms"},
    "TransformOps": {"IR", "Transforms", "Conversion"},
    "Pipelines": {"IR", "Transforms", "Conversion"},
    "ExecutionEngine": {"IR", "Target", "Pipelines"},
    "Init": LIBRARIES,
    "CAPI": TOP,
    "python": TOP | {"CAPI"},
    "tools": TOP | {"CAPI"},
    "test": TOP | {"CAPI"},
    "benchmarks": TOP | {"CAPI"},
    "examples": TOP | {"CAPI"},
}

INCLUDE = re.compile(r'^\s*#?\s*include\s+["<]([^">]+)[">]')


def room_of(path: str) -> str | None:
    """The room that a path (from the repository's root) lies in."""
    parts = path.split("/")
    if parts[0] == "include" and len(parts) > 1:
        if parts[1] == "ternary-c":
            return "CAPI"
        if len(parts) == 3:
            return "Init"
        return parts[2]
    if parts[0] == "lib" and len(parts) > 2:
        return parts[1]
    return parts[0] if parts[0] in ALLOWED else None


def included_room(target: str, includer: str, root: Path) -> str | None:
    """The room of an included file; None when it is not one of ours."""
    if target.startswith(("ternary/", "ternary-c/")):
        return room_of(f"include/{target}")
    beside = (root / includer).parent / target
    if beside.exists():
        return room_of(relative(beside.resolve(), root))
    return None


def check_file(name: str, text: str, root: Path) -> list[Finding]:
    """The findings of one source file."""
    room = room_of(name)
    if room is None:
        return []
    if room not in ALLOWED:
        return [Finding(name, 1, f"'{room}' is no room of the design; add it to "
                                 "ALLOWED in scripts/lint/check_includes.py")]
    findings = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = INCLUDE.match(line)
        target = included_room(match.group(1), name, root) if match else None
        if target is not None and target != room and target not in ALLOWED[room]:
            findings.append(Finding(
                name, number, f"{room} must not include {target} ({match.group(1)})"))
    return findings


def main() -> int:
    root = root_argument()
    files = list(source_files(root, (".h", ".cpp", ".td", ".c", ".inc")))
    findings = [finding for path in files for finding in check_file(
        relative(path, root), path.read_text(encoding="utf-8"), root)]
    print(f"includes: {len(files)} files")
    return report("includes", findings)


if __name__ == "__main__":
    sys.exit(main())
