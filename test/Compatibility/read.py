"""Reads the bytecode of each version, and the text that the version has printed of it; what
is printed now has to be equal.

    read.py TERNARY-OPT FOLDER
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def print_module(path: Path) -> bytes:
    return subprocess.run([sys.argv[1], path], check=True, stdout=subprocess.PIPE).stdout


def main() -> int:
    files = sorted(Path(sys.argv[2]).glob("*/*.mlirbc"))
    differing = [path for path in files
                 if print_module(path) != print_module(path.with_suffix(".mlir"))]
    for path in differing:
        print(f"{path}: expected what its text says, found another module")
    print(f"{len(files)} files are read")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
