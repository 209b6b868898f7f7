#!/usr/bin/env python3
"""Every constraint label, such as `pack_c1`, stands in all four places.

They are the specification, the .td files, the verifier (in code or in a
comment beside it) and an invalid test. A label found in one of them and missing
in another is reported once per missing place.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from common import Finding, relative, report, root_argument

# Not `%label` or `@label`: those are values and symbols of the tests.
LABEL = re.compile(r"(?<![\w%@#.-])([a-z][a-z0-9_]*_c[1-9][0-9]*)(?![\w-])")

# What each place is called, and the files it consists of.
PLACES = {
    "docs/spec.md": ["docs/spec.md"],
    "include/ternary/IR/*.td": ["include/ternary/IR/**/*.td"],
    "a verifier in lib/IR/*.cpp": ["lib/IR/**/*.cpp"],
    "an invalid test in test/IR": ["test/IR/**/*invalid*.mlir"],
}

Places = dict[str, dict[str, tuple[str, int]]]


def labels_of(text: str) -> dict[str, int]:
    """The labels in a text, each with the line it is first found on."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        for label in LABEL.findall(line):
            found.setdefault(label, number)
    return found


def collect(root: Path) -> Places:
    """For each place, the labels found there with file and line."""
    places: Places = {}
    for place, patterns in PLACES.items():
        labels = places.setdefault(place, {})
        for path in sorted(p for pattern in patterns for p in root.glob(pattern)):
            for label, line in labels_of(path.read_text(encoding="utf-8")).items():
                labels.setdefault(label, (relative(path, root), line))
    return places


def compare(places: Places) -> list[Finding]:
    """One finding for each label and each place that lacks it."""
    first: dict[str, tuple[str, int]] = {}
    for labels in places.values():
        for label, position in labels.items():
            first.setdefault(label, position)
    return [Finding(*position, f"{label} is missing in {place}")
            for label, position in first.items()
            for place, labels in places.items() if label not in labels]


def main() -> int:
    places = collect(root_argument())
    counts = ", ".join(f"{len(labels)} in {place}" for place, labels in places.items())
    print(f"labels: {counts}")
    return report("labels", compare(places))


if __name__ == "__main__":
    sys.exit(main())
