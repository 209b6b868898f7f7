#!/usr/bin/env python3
"""Writes the files that later versions have to read.

    PYTHONPATH=build/python scripts/release_files.py

test/Compatibility/Inputs/VERSION gets, made by what is built: modules with every op and
attribute as bytecode, and what that says as text; weights in every packing; and a list of
checksums, which scripts/lint/check_releases.py wants to hold from the release on. Only
the files of the version that CHANGELOG.md calls unreleased can be written again.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lint"))

import numpy as np
from check_releases import FOLDER, WEIGHTS, read_versions, write_sums

import ternary

ROOT = Path(__file__).resolve().parents[1]
OPT = ROOT / "build" / "bin" / "ternary-opt"
# Round trips of all ops and attributes.
MODULES = ("attributes", "bytecode", "ops", "state-ops", "train-ops")
# One that every packing defines, and one that is no multiple of anything.
SHAPES = ((16, 512), (13, 101))


def write_modules(folder: Path) -> None:
    for name in MODULES:
        path = ROOT / "test" / "IR" / f"{name}.mlir"
        for arguments, suffix in (((), ".mlir"), (("--emit-bytecode",), ".mlirbc")):
            subprocess.run([OPT, path, *arguments, "-o", folder / f"{name}{suffix}"],
                           check=True)


def pack(trits: np.ndarray, packing: str, scale: np.float32) -> np.ndarray | None:
    """The bytes, in which all scales are one; None where the packing does not define the
    shape."""
    try:
        shape = ternary.scale_shape(packing, trits.shape)
    except ternary.Error:
        return None
    scales = None if shape is None else np.full(shape, scale, np.float32)
    return ternary.pack(trits, packing, scales=scales).view(np.uint8).reshape(-1)


def write_weights(path: Path) -> None:
    """In the form that test/golden/run_formats.py reads."""
    random = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}
    for rows, columns in SHAPES:
        trits = random.integers(-1, 2, (rows, columns), dtype=np.int8)
        scale = np.float32(0.75)
        arrays[f"{rows}x{columns}/trits"] = trits
        arrays[f"{rows}x{columns}/scale"] = scale
        for packing in ternary.packings():
            packed = pack(trits, packing, scale)
            if packed is not None:
                arrays[f"{rows}x{columns}/{packing}"] = packed
    np.savez_compressed(path, **arrays)


def main() -> None:
    version = next((v for v, is_released in read_versions(ROOT) if not is_released), None)
    if version is None:
        sys.exit("release_files.py: CHANGELOG.md: expected an unreleased version, found "
                 "none")
    folder = ROOT / FOLDER / version
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    write_modules(folder)
    write_weights(folder / WEIGHTS)
    write_sums(folder)


if __name__ == "__main__":
    main()
