#!/usr/bin/env python3
"""Each public header compiles by itself.

    test/embed/run_headers.py

Headers of C++ as C++17; those of C as C11 and as C++17, without a warning. The last line
is `N passed, N failed`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from installation import BUILD, LLVM, ROOT

INCLUDE = ROOT / "include"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
COMPILER = {"c": ["cc", "-std=c11"], "cpp": ["c++", "-std=c++17"]}


def compile_alone(header: str, language: str, folder: Path) -> str:
    """What the compiler says of a file that includes the header, twice, and no more."""
    source = folder / f"{header.replace('/', '_')}.{language}"
    source.write_text(f'#include "{header}"\n' * 2 + "extern int used;\n", encoding="utf-8")
    cache = ["ccache"] if shutil.which("ccache") else []
    done = subprocess.run(
        [*cache, *COMPILER[language], *STRICT, "-I", INCLUDE, "-isystem", BUILD / "include",
         "-isystem", LLVM / "include", "-c", source.name, "-o", source.with_suffix(".o")],
        cwd=folder, capture_output=True, text=True, check=False, timeout=600,
        env=dict(os.environ, CCACHE_BASEDIR=str(folder), CCACHE_NOHASHDIR="true"))
    return done.stderr if done.returncode != 0 else ""


def cases() -> list[tuple[str, str]]:
    """Headers and the languages that they are for."""
    headers = sorted(str(path.relative_to(INCLUDE)) for path in INCLUDE.rglob("*.h"))
    return [(header, language) for header in headers
            for language in (("c", "cpp") if header.startswith("ternary-c/") else ("cpp",))]


def main() -> int:
    failed = 0
    with (tempfile.TemporaryDirectory() as folder,
          ThreadPoolExecutor(os.cpu_count()) as pool):
        found = cases()
        results = pool.map(lambda case: compile_alone(*case, Path(folder)), found)
        for (header, language), complaint in zip(found, results):
            if complaint:
                failed += 1
                print(f"FAIL {header} as {language}: {complaint}")
    print(f"{len(found) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
