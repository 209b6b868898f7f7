#!/usr/bin/env python3
"""No source file over 600 lines, no C++ or Python function over 100."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from common import Finding, relative, report, root_argument, source_files

FILE_LINES = 600
FUNCTION_LINES = 100

# What may hold braces that do not nest: comments, literals, preprocessor lines.
OPAQUE = re.compile(
    r'R"(?P<tag>[^(\s]*)\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*"
    r"|/\*.*?\*/"
    r"|^[ \t]*#(?:\\\n|[^\n])*",
    re.DOTALL | re.MULTILINE)

# A brace after one of these opens a scope that may hold functions.
SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b[^()=]*$"
                   r"|\bextern\s*$")


def blank(text: str) -> str:
    """The text without what OPAQUE matches; line numbers stay."""
    return OPAQUE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def cpp_functions(text: str) -> Iterator[tuple[int, int]]:
    """First and last line of each function body with its header."""
    code = blank(text)
    depth, header, start = 0, 0, 0  # depth counts braces inside a function
    for position, char in enumerate(code):
        if depth == 0 and char in ";}":
            header = position + 1
        elif depth == 0 and char == "{":
            before = code[header:position]
            if "(" in before and not SCOPE.search(before):
                depth, start = 1, header + len(before) - len(before.lstrip())
            header = position + 1
        elif depth and char in "{}":
            depth += 1 if char == "{" else -1
            if depth == 0:
                yield code.count("\n", 0, start) + 1, code.count("\n", 0, position) + 1
                header = position + 1


def python_functions(text: str) -> Iterator[tuple[int, int]]:
    """First and last line of each function, decorators left out."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno or node.lineno


def check_file(name: str, text: str) -> list[Finding]:
    """The findings of one source file."""
    findings = []
    lines = text.count("\n")
    if lines > FILE_LINES:
        findings.append(Finding(name, 1, f"{lines} lines, at most {FILE_LINES}"))
    functions = {".py": python_functions, ".cpp": cpp_functions, ".h": cpp_functions}
    for start, end in functions.get(Path(name).suffix, lambda _: [])(text):
        if end - start + 1 > FUNCTION_LINES:
            findings.append(Finding(
                name, start, f"function of {end - start + 1} lines, "
                f"at most {FUNCTION_LINES}"))
    return findings


def main() -> int:
    root = root_argument()
    files = list(source_files(root, (".cpp", ".h", ".td", ".py")))
    findings = [finding for path in files for finding in check_file(
        relative(path, root), path.read_text(encoding="utf-8"))]
    print(f"sizes: {len(files)} files")
    return report("sizes", findings)


if __name__ == "__main__":
    sys.exit(main())
