#!/usr/bin/env python3
"""Runs tests of eager ops from a library, in a process without the extension module.

    python/tests/check_library.py [PATTERN ...] [--golden-every N]   # on this CPU
    python/tests/check_library.py --prebuild DIR --chip sm_90a …     # here, for GPUs
    python3 python/tests/check_library.py --from DIR [--device cuda] …    # there

PATTERN names files, such as `test_chimera.py`; by default those of the ops, which need no
torch. Where the library runs, Python, NumPy and for GPUs the driver are needed; arrays are
those of the host, with `--device cuda` tensors of torch on the GPU. The tests are run once to record what they compile, so that both sides
need the same files, the same vectors and the same N. Closes with `N passed, N failed, N
skipped`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path

import run

# The package as it lies in the source tree has no extension module.
SOURCES = run.ROOT / "python"
OPS = ("test_ops_infer.py", "test_ops_quantize.py", "test_ops_state.py",
       "test_ops_storage.py", "test_ops_train.py", "test_ops_update.py")


def prebuild(folder: Path, patterns: Sequence[str], chips: Sequence[str],
             package: Path | None, pipeline_options: str) -> None:
    """Records the tests, and builds what they have compiled."""
    run.find_package(package)
    from ternary import library

    with library.record("cuda" if chips else "cpu") as recording, \
            open(os.devnull, "w", encoding="utf-8") as nowhere:
        for pattern in patterns:
            suite = unittest.TestLoader().discover(str(run.TESTS), pattern)
            unittest.TextTestRunner(stream=nowhere).run(suite)
    print(f"{len(recording.functions)} functions are recorded")
    recording.build(folder, chips=chips, options=pipeline_options)


def run_from(folder: Path, patterns: Sequence[str], golden_every: int,
             device: str = "cpu") -> int:
    command = [sys.executable, run.TESTS / "run.py", *patterns, "--package", SOURCES,
               "--golden-every", str(golden_every)]
    environment = {**os.environ, "TERNARY_LIBRARY": str(folder.resolve()),
                   "TERNARY_TEST_DEVICE": device}
    return subprocess.run(command, env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("patterns", nargs="*", default=OPS)
    parser.add_argument("--prebuild", type=Path, metavar="DIR")
    parser.add_argument("--from", type=Path, metavar="DIR", dest="source")
    parser.add_argument("--chip", action="append", default=[])
    parser.add_argument("--pipeline-options", default="")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--package", type=Path)
    parser.add_argument("--golden-every", type=int, default=1, metavar="N")
    options = parser.parse_args()
    run.use_golden(options.golden_every)
    if options.prebuild:
        prebuild(options.prebuild, options.patterns, options.chip, options.package,
                 options.pipeline_options)
        return 0
    if options.source:
        return run_from(options.source, options.patterns, options.golden_every,
                        options.device)
    with tempfile.TemporaryDirectory() as name:
        prebuild(Path(name), options.patterns, options.chip, options.package,
                 options.pipeline_options)
        return run_from(Path(name), options.patterns, options.golden_every)


if __name__ == "__main__":
    sys.exit(main())
