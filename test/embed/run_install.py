#!/usr/bin/env python3
"""An installation serves programs that know nothing else of the project.

    test/embed/run_install.py

Installs into a scratch folder, then, with sources and build hidden where the system lets
this process do so (it needs root), builds and runs a copy of examples/embed, the C
program in it, and each way in of docs/embedding.md. Nothing that is installed may name the
folders of the sources or of the build, and the folder of the installation is renamed. The
last line is `N passed, N failed`.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from installation import BUILD, LLVM, ROOT, Failure, Installation
from ways import MOST_LINES, Way, read_ways

TOOLS = ("compile", "lsp-server", "opt", "reduce", "run", "translate")
# Folders in examples/embed and the tests that their projects have.
EXAMPLES = ((".", "embed-opt"), (".", "embed-run"), ("c", "c-layer"))

Check = Callable[[Installation], None]


def expect(condition: bool, message: str) -> None:
    if not condition:
        raise Failure(message)


def check_hidden(installation: Installation) -> None:
    """The commands of these checks see neither sources nor build."""
    if installation.hides:
        seen = installation.run(["ls", "-A", ROOT], installation.scratch)
        expect(seen == "", f"{ROOT}: expected an empty folder, found {seen}")


def check_paths(installation: Installation) -> None:
    """No file names the folders that it was made from, or was installed into."""
    folders = [str(folder).encode() for folder in (ROOT, BUILD, installation.installed)]
    files = [path for path in installation.prefix.rglob("*") if path.is_file()]
    expect(len(files) > 50, f"prefix: expected more than 50 files, found {len(files)}")
    bad = [str(path.relative_to(installation.prefix)) for path in files
           if any(folder in path.read_bytes() for folder in folders)]
    expect(not bad, f"prefix: expected no path of this checkout, found it in {bad}")


def check_headers(installation: Installation) -> None:
    """Headers and TableGen files are all there."""
    for source in (ROOT / "include", BUILD / "include"):
        for pattern in ("*.h", "*.td", "*.h.inc"):
            for path in source.rglob(pattern):
                copy = installation.prefix / "include" / path.relative_to(source)
                expect(copy.exists(), f"{copy}: expected a copy of {path}, found none")


def check_no_python(installation: Installation) -> None:
    """The Python package comes in wheels; the script beside ternary-reduce is there."""
    prefix = installation.prefix
    found = {str(path.relative_to(prefix)) for path in prefix.rglob("*.py*")}
    expected = {"share/ternary/interesting.py"}
    expect(found == expected, f"prefix: expected {expected} of Python, found {found}")


def check_tools(installation: Installation) -> None:
    """The tools start."""
    for tool in TOOLS:
        path = installation.prefix / "bin" / f"ternary-{tool}"
        installation.run([path, "--help"], installation.scratch)


def check_plugin(installation: Installation) -> None:
    """mlir-opt takes the installed plugin."""
    plugin = installation.prefix / "lib" / "TernaryPlugin.so"
    printed = installation.run(
        [LLVM / "bin" / "mlir-opt", f"--load-pass-plugin={plugin}", "--list-passes"],
        installation.scratch)
    expect("--ternary-fuse " in printed, "mlir-opt: expected ternary-fuse in its list")


def build_example(installation: Installation, folder: str) -> Path:
    """Builds a copy of a folder of examples/embed, once; returns the build folder."""
    copy = installation.scratch / "embed"
    if not copy.exists():
        shutil.copytree(ROOT / "examples" / "embed", copy)
    source, build = copy / folder, copy / folder / "build"
    if not build.exists():
        installation.run(["cmake", "-S", source, "-B", build,
                          f"-DCMAKE_PREFIX_PATH={installation.prefix}"], source)
        installation.run(["cmake", "--build", build], source)
    return build


def make_example_check(folder: str, name: str) -> Check:
    """The check that a test of an example passes."""
    def check(installation: Installation) -> None:
        build = build_example(installation, folder)
        printed = installation.run(["ctest", "--test-dir", build, "-V", "-R", f"^{name}$"],
                                   build)
        expect("100% tests passed, 0 tests failed out of 1" in printed, printed)
        for line in re.findall(r"\d: (.*(?:sums equal|bytes))$", printed, re.MULTILINE):
            print(f"{name}: {line}")
    return check


def check_components(installation: Installation) -> None:
    """A component that is not there is refused, and so is another version."""
    for request in ("COMPONENTS None", "9.0"):
        folder = installation.scratch / request.replace(" ", "-")
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES CXX C)\n"
            f"find_package(Ternary {request} QUIET)\n"
            "if(Ternary_FOUND)\n  message(FATAL_ERROR \"found\")\nendif()\n")
        installation.run(["cmake", "-B", "build",
                          f"-DCMAKE_PREFIX_PATH={installation.prefix}"], folder)


def make_way_check(way: Way, shared: dict[str, str]) -> Check:
    def check(installation: Installation) -> None:
        expect(way.count_lines() <= MOST_LINES,
               f"expected at most {MOST_LINES} lines, found {way.count_lines()}")
        expect(way.printed != "", "expected a block of what is printed, found none")
        folder = installation.scratch / way.title.replace(" ", "-")
        folder.mkdir()
        for name, text in shared.items():
            (folder / name).write_text(text, encoding="utf-8")
        way.write(folder)
        printed = installation.run(["bash", "-euo", "pipefail", "-c", way.commands], folder)
        expect(printed.strip().endswith(way.printed),
               f"expected '{way.printed}' at the end, found:\n{printed}")
    return check


def all_checks() -> dict[str, Check]:
    shared, ways = read_ways()
    return {
        "hidden": check_hidden,
        "paths": check_paths,
        "headers": check_headers,
        "no Python": check_no_python,
        "tools": check_tools,
        "plugin": check_plugin,
        "components": check_components,
        **{f"example {name}": make_example_check(folder, name)
           for folder, name in EXAMPLES},
        **{f"docs/embedding.md, {way.title}": make_way_check(way, shared)
           for way in ways},
    }


def main() -> int:
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder))
        if not installation.hides:
            print("sources and build are not hidden: this user may not mount")
        for name, check in all_checks().items():
            try:
                check(installation)
                passed += 1
            except Failure as failure:
                print(f"FAIL {name}: {failure}")
                failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
