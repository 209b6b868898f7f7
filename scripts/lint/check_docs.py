#!/usr/bin/env python3
"""Every op, attribute, type and pass is described and shown at work.

Read from the .td files by llvm-tblgen, so inherited texts count:

* a summary and a description, which holds an example: a ```mlir block, or
  for what is short the words Example: and a piece in backquotes;
* a grammar: the declarative assembly format, or a part of the description
  that starts with `Grammar`;
* an example that is a test: the first example of each stands in a file of
  test/, where names of values, white space and comments do not matter.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from common import Finding, relative, report, root_argument, source_files

LLVM = Path("/usr/lib/llvm-22")
# TableGen classes whose records are documented, and what a reader calls them.
KINDS = {"Op": "op", "AttrDef": "attribute", "TypeDef": "type", "PassBase": "pass"}


def records(root: Path, path: Path) -> dict:
    """All records of a .td file, as llvm-tblgen prints them."""
    return json.loads(subprocess.run(
        [LLVM / "bin" / "llvm-tblgen", "--dump-json", "-I", LLVM / "include",
         "-I", root / "include", path],
        stdout=subprocess.PIPE, text=True, check=True).stdout)


def is_ours(record: dict) -> bool:
    """Whether a record belongs to our dialect and not to an included one."""
    owner = record.get("opDialect") or record.get("dialect")
    return (owner is None or owner["def"].startswith("Ternary")
            or record.get("cppNamespace", "").startswith("::ternary"))


def examples(description: str) -> list[str]:
    found = re.findall(r"```mlir\n(.*?)```|Example: `([^`]+)`", description, re.DOTALL)
    return [block or inline for block, inline in found]


def normal(text: str) -> str:
    """A text in the form in which examples and tests are compared."""
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r"%[\w$.-]+(#\d+)?", "%", text)
    # Commas and brackets bind tighter than line breaks.
    return re.sub(r"\s+", "", text)


def problems(kind: str, record: dict, tests: list[str]) -> Iterator[str]:
    """What a record lacks."""
    description = record.get("description") or ""
    if not (record.get("summary") or "").strip():
        yield "has no summary"
    if not description.strip():
        yield "has no description"
        return
    has_grammar = kind == "pass" or record.get("assemblyFormat") or not (
        record.get("hasCustomAssemblyFormat") or record.get("parameters", {}).get("args"))
    if not has_grammar and "Grammar" not in description:
        yield "has neither an assembly format nor a Grammar part"
    blocks = examples(description)
    if not blocks:
        yield "has no example (a ```mlir block, or Example: `…`)"
    elif not any(normal(blocks[0]) in test for test in tests):
        yield "has an example that stands in no test under test/"


def check_records(dump: dict, path: str, tests: list[str]) -> list[Finding]:
    """The findings of one file's records."""
    findings = []
    for kind, word in KINDS.items():
        for name in dump["!instanceof"].get(kind, []):
            if is_ours(dump[name]):
                findings += [Finding(path, 1, f"{word} {name} {problem}")
                             for problem in problems(word, dump[name], tests)]
    return findings


def main() -> int:
    root = root_argument()
    tests = [normal(path.read_text(encoding="utf-8"))
             for path in source_files(root / "test", (".mlir", ".test"))]
    files = [root / "include/ternary/IR/TernaryOps.td",
             *sorted(root.glob("include/ternary/TransformOps/*.td")),
             *sorted(root.glob("include/ternary/**/Passes.td"))]
    findings, count = [], 0
    for path in files:
        dump = records(root, path)
        count += sum(is_ours(dump[name]) for kind in KINDS
                     for name in dump["!instanceof"].get(kind, []))
        findings += check_records(dump, relative(path, root), tests)
    print(f"docs: {count} ops, attributes, types and passes")
    return report("docs", findings)


if __name__ == "__main__":
    sys.exit(main())
