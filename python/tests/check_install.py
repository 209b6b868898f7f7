#!/usr/bin/env python3
"""Installs the package into a fresh virtual environment, without torch, and runs the
example of README.md there."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from readme import find_example

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    print(done.stdout, end="")
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}")
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(sys.executable, "-m", "venv", folder / "venv", folder=folder)
        python = folder / "venv" / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ROOT,
            folder=folder)
        example = folder / "example.py"
        example.write_text(find_example("import ternary\n"), encoding="utf-8")
        output = run(python, example, folder=folder)
        # What the example prints: a shape, and how near it is to the dense layer.
        correlation = float(output.split()[-1])
        if not 0.8 < correlation < 1:
            sys.exit(f"example: expected a correlation of 0.8 to 1, found {correlation}")


if __name__ == "__main__":
    main()
