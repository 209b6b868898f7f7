#!/usr/bin/env python3
"""Runs tests of the package and closes with `N passed, N failed, N skipped`.

    python/tests/run.py [PATTERN ...] [--package DIR] [--golden-every N]

PATTERN names files, such as `test_ops_*.py`; all by default. The package is taken from
DIR, else from where it is installed, else from build/python. Golden vectors are those of
TERNARY_GOLDEN, or in ../shared/golden; every Nth of them is run.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parents[1]
BUILT = ROOT / "build" / "python"
GOLDEN = ROOT.parent / "shared" / "golden"


def find_package(folder: Path | None) -> None:
    """Makes `ternary` importable, here and in what tests start."""
    if folder is None and importlib.util.find_spec("ternary") is None:
        folder = BUILT
    if folder is not None:
        sys.path.insert(0, str(folder))
        path = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), path] if path else
                                                   [str(folder)])


def use_golden(every: int) -> None:
    """Lets tests find the golden vectors, and run every Nth case."""
    os.environ["TERNARY_GOLDEN_EVERY"] = str(every)
    if GOLDEN.is_dir():
        os.environ.setdefault("TERNARY_GOLDEN", str(GOLDEN))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("patterns", nargs="*", default=["test_*.py"])
    parser.add_argument("--package", type=Path)
    parser.add_argument("--golden-every", type=int, default=1, metavar="N")
    options = parser.parse_args()
    find_package(options.package)
    use_golden(options.golden_every)
    suite = unittest.TestSuite()
    for pattern in options.patterns:
        suite.addTests(unittest.TestLoader().discover(str(TESTS), pattern))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
    for test, reason in result.skipped:
        print(f"skipped {test}: {reason}")
    failed = len({str(test) for test, _ in [*result.failures, *result.errors]})
    failed += len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    print(f"{max(result.testsRun - failed - skipped, 0)} passed, {failed} failed, "
          f"{skipped} skipped")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
