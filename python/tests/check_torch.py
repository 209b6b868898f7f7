#!/usr/bin/env python3
"""Runs the tests of `ternary.torch` in a Python that has torch.

    python/tests/check_torch.py [--library]

With --library the systems' functions come from a library, in a process without the
extension module (check_library.py). Python is this one, or one made for it in build/torch,
which takes a download of some gigabytes. The last line is `N passed, N failed, N skipped`.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
BUILD = TESTS.parents[1] / "build"
SYSTEMS = ("test_chimera.py", "test_arb*.py", "test_functional.py", "test_tilelli.py",
           "test_tscale.py")
ALL = (*SYSTEMS, "test_torch*.py", "test_ops_arrays.py", "test_examples.py",
       "test_readme.py", "test_reference.py")


def find_python() -> Path | None:
    """A Python with torch, installed where there is none yet."""
    if importlib.util.find_spec("torch") is not None:
        return Path(sys.executable)
    folder = BUILD / "torch"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    done = subprocess.run([python, "-m", "pip", "install", "--quiet",
                           "--disable-pip-version-check", "torch", "numpy",
                           "matplotlib"], check=False)
    return python if done.returncode == 0 else None


def main() -> int:
    python = find_python()
    if python is None:
        print("skipped: torch is not installed, and pip could not install it")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    script, patterns = (("check_library.py", SYSTEMS) if "--library" in sys.argv[1:]
                        else ("run.py", ALL))
    return subprocess.run([python, TESTS / script, "--package", BUILD / "python",
                           *patterns], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
