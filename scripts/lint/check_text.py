#!/usr/bin/env python3
"""Rules for the text of all sources.

* no absolute paths of one machine, no hosts of package registries;
* no trailing white space, no carriage return, a newline at the end;
* diagnostics start in lower case and have no final full stop.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from common import Finding, relative, report, root_argument, source_files

SUFFIXES = (".cpp", ".h", ".c", ".td", ".py", ".md", ".txt", ".cmake", ".in", ".mlir",
            ".test", ".sh", ".json", ".yaml", ".yml", ".toml", ".cfg", "Makefile",
            ".clang-format", ".clang-tidy", ".gitignore", ".ci/run")

LINE_RULES = [
    (re.compile(r"(?<![\w.~-])/(?:work|home|root|Users)/"),
     "absolute path of one machine"),
    (re.compile(r"\b(?:pypi|pythonhosted|npmjs|deb\.debian|security\.debian|crates)"
                r"\.(?:org|com|io)\b"), "host of a package registry"),
    (re.compile(r"[ \t\r]+$"), "white space at the end of the line"),
]

EMITTER = re.compile(
    r"\b(?:emitOpError|emitError|emitOptionalError|emitWarning|emitRemark|"
    r"attachNote|notifyMatchFailure|createStringError)\s*\(")
STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"')
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|.', re.DOTALL)


def statement(text: str, start: int) -> str:
    """The rest of the statement at `start`, without comments."""
    taken: list[str] = []
    depth = 0
    for match in TOKEN.finditer(text, start):
        token = match.group()
        if token.startswith("//"):
            continue
        depth += (token in "([{") - (token in ")]}")
        if token == ";" or depth < 0:
            break
        taken.append(token)
    return "".join(taken)


def message_problems(code: str) -> Iterator[str]:
    """What is wrong with the message of a statement that emits one."""
    strings = STRING.findall(code)
    if not strings:
        return
    # The text starts with the first literal only if no value comes before it.
    before = code[:code.index('"')]
    if re.match(r"[A-Z][a-z]", strings[0]) and before.count("<<") <= 1:
        yield f'message starts with a capital: "{strings[0]}"'
    last = re.search(r'"((?:\\.|[^"\\\n])*)"[\s)}]*$', code)
    if last and re.search(r"(?<!\.)\.\s*$", last.group(1)):
        yield f'message ends with a full stop: "{last.group(1)}"'


def check_text(text: str) -> Iterator[tuple[int, str]]:
    """Line and message of what breaks the rules for all texts."""
    for number, line in enumerate(text.split("\n"), start=1):
        for pattern, message in LINE_RULES:
            if pattern.search(line):
                yield number, message
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end of the file"


def check_messages(text: str) -> Iterator[tuple[int, str]]:
    """Line and message of diagnostics that break the rules."""
    for match in EMITTER.finditer(text):
        # The emitter's own parenthesis belongs to the statement.
        code = statement(text, match.end() - 1)
        for problem in message_problems(code):
            yield text.count("\n", 0, match.start()) + 1, problem


def check_file(name: str, text: str) -> list[Finding]:
    """The findings of one file."""
    problems = list(check_text(text))
    if Path(name).suffix in (".cpp", ".h"):
        problems += check_messages(text)
    return [Finding(name, line, message) for line, message in problems]


def main() -> int:
    root = root_argument()
    files = [path for path in source_files(root)
             if relative(path, root).endswith(SUFFIXES)]
    findings = [finding for path in files for finding in check_file(
        relative(path, root), path.read_text(encoding="utf-8", errors="replace"))]
    print(f"text: {len(files)} files")
    return report("text", findings)


if __name__ == "__main__":
    sys.exit(main())
