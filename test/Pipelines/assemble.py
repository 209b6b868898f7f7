#!/usr/bin/env python3
"""Assembles the kernels of the functions that the tests of PTX look at, and says what they need.

    test/Pipelines/assemble.py [--chips sm_80,sm_90a] [--compiler build/bin/ternary-compile]

A kernel fails that spills more than a few registers, or that needs nearly as many as a thread can
have. Without ptxas all are skipped.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = sorted((ROOT / "test" / "Pipelines" / "Inputs").glob("kernels_gpu*.mlir"))
MOST_REGISTERS = 224
MOST_SPILLED_BYTES = 8

KERNEL = re.compile(r"Compiling entry function '(\w+)'.*?(\d+) bytes spill stores.*?"
                    r"Used (\d+) registers", re.DOTALL)


def run(*command: str | Path) -> str:
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {result.returncode}\n{result.stderr}")
    return result.stderr


def assemble(compiler: Path, chip: str, source: Path, directory: Path) -> list[tuple]:
    """Name, spilled bytes and registers of each kernel."""
    ptx = directory / f"{source.stem}.{chip}.ptx"
    run(compiler, source, "--target=cuda", f"--chip={chip}", "-o", ptx)
    report = run("ptxas", "-v", f"-arch={chip}", ptx, "-o", ptx.with_suffix(".cubin"))
    return [(name, int(spilled), int(registers))
            for name, spilled, registers in KERNEL.findall(report)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chips", default="sm_80,sm_90a")
    parser.add_argument("--compiler", type=Path, default=ROOT / "build/bin/ternary-compile")
    options = parser.parse_args()
    if not shutil.which("ptxas"):
        print("ptxas: not found\n0 passed, 0 failed, 1 skipped")
        return 0
    passed = failed = 0
    for chip in options.chips.split(","):
        for source in SOURCES:
            with tempfile.TemporaryDirectory() as directory:
                kernels = assemble(options.compiler, chip, source, Path(directory))
            bad = [kernel for kernel in kernels
                   if kernel[1] > MOST_SPILLED_BYTES or kernel[2] > MOST_REGISTERS]
            for name, spilled, registers in bad:
                print(f"FAIL {name} of {source.name} on {chip}: expected at most "
                      f"{MOST_REGISTERS} registers and {MOST_SPILLED_BYTES} bytes spilled, "
                      f"found {registers} and {spilled}")
            most = max((kernel[2] for kernel in kernels), default=0)
            print(f"{source.name} {chip}: {len(kernels)} kernels, at most {most} registers")
            passed, failed = passed + len(kernels) - len(bad), failed + len(bad)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
