#!/usr/bin/env python3
"""Finds checks in lit tests that nothing reads.

* a test without a RUN line;
* CHECK lines in a test whose RUN lines never call FileCheck;
* a directive whose prefix no FileCheck of the test uses, misspelt ones included;
* a directive without its colon or with an unknown suffix;
* `expected-error` and the like where no RUN line verifies diagnostics.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from common import Finding, lit_tests, relative, report, root_argument, run_lines

# Words in front of a colon that are no FileCheck prefixes.
KEYWORDS = {"RUN", "REQUIRES", "UNSUPPORTED", "XFAIL", "DEFINE", "REDEFINE",
            "ALLOW_RETRIES", "END", "NOTE", "TODO", "FIXME"}
SUFFIX = r"(?:NEXT|SAME|NOT|DAG|LABEL|EMPTY|COUNT-[1-9][0-9]*)"
# A comment that starts with a word in capitals, as directives do.
CAPITALS = re.compile(r"^\s*(?://|#|;)+\s*([A-Z][A-Z0-9_-]{2,})(.*)$")
EXPECTED = re.compile(r"//\s*expected-(?:error|warning|remark|note)")
PREFIX = re.compile(r"--?check-prefix(?:es)?[= ]([\w,-]+)")


def used_prefixes(runs: list[str]) -> set[str]:
    """The prefixes that the FileCheck calls of these RUN lines read."""
    used: set[str] = set()
    for run in runs:
        for call in re.split(r"\||&&|;", run):
            if "FileCheck" not in call:
                continue
            named = [p for group in PREFIX.findall(call) for p in group.split(",")]
            used.update(named or ["CHECK"])
    return used


def judge_directive(word: str, rest: str, used: set[str]) -> str | None:
    """What is wrong with a comment that starts with `word`, if anything."""
    if word in KEYWORDS:
        return None
    form = rest.startswith((":", "{LITERAL}:"))
    prefixes = "|".join(re.escape(prefix) for prefix in sorted(used))
    if used and re.fullmatch(f"(?:{prefixes})(?:-{SUFFIX})?", word):
        return None if form else f"{word} without a colon checks nothing"
    if not used and "CHECK" in word:
        return f"{word} is never checked: no RUN line calls FileCheck"
    if form:
        return f"{word} is no directive of the prefixes in use ({prefixes or 'none'})"
    if used and re.match(r"C\w?[HE]\w?[HEC]\w*K", word):
        return f"{word} looks like a directive but is none"
    return None


def check_test(name: str, text: str) -> list[Finding]:
    """The findings of one lit test."""
    runs = run_lines(text)
    if not runs:
        return [Finding(name, 1, "lit test without a RUN line")]
    used = used_prefixes(runs)
    verifies = any("verify-diagnostics" in run for run in runs)
    findings = []
    for number, line in enumerate(text.splitlines(), start=1):
        if match := CAPITALS.match(line):
            word = match.group(1).rstrip("-")
            if problem := judge_directive(word, match.group(2), used):
                findings.append(Finding(name, number, problem))
        if EXPECTED.search(line) and not verifies:
            findings.append(Finding(
                name, number, "expectation is never verified: no RUN line has "
                "--verify-diagnostics"))
    return findings


def main() -> int:
    root = root_argument()
    tests = lit_tests(root)
    findings = [finding for path in tests for finding in
                check_test(relative(path, root), path.read_text(encoding="utf-8"))]
    print(f"dead checks: {len(tests)} tests")
    return report("dead checks", findings)


if __name__ == "__main__":
    sys.exit(main())
