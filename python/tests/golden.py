"""The golden vectors as tests.

The vectors are looked for in the folder that TERNARY_GOLDEN names; without it their tests
are skipped. TERNARY_GOLDEN_EVERY=N runs every Nth case of an op only.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "golden"))

from vectors import Case, as_matrix, as_rows, compare, compare_case, grouped, load_case

__all__ = ["Case", "GoldenTestCase", "as_matrix", "as_rows", "cases", "compare",
           "compare_case", "grouped"]

FOLDER = os.environ.get("TERNARY_GOLDEN")
EVERY = int(os.environ.get("TERNARY_GOLDEN_EVERY", "1"))
Arrays = dict[str, np.ndarray]


@functools.cache
def manifest() -> dict[str, list[dict[str, Any]]]:
    """The entries of the manifest, by op."""
    by_op: dict[str, list[dict[str, Any]]] = {}
    text = Path(str(FOLDER), "manifest.json").read_text(encoding="utf-8")
    for entry in json.loads(text)["cases"]:
        by_op.setdefault(entry["op"], []).append(entry)
    return by_op


def cases(op: str) -> Iterator[Case]:
    """The cases of an op with their arrays."""
    for entry in manifest()[op][::EVERY]:
        yield load_case(Path(str(FOLDER)), entry)


@unittest.skipUnless(FOLDER, "TERNARY_GOLDEN names no folder with vectors")
class GoldenTestCase(unittest.TestCase):
    """A base for tests on golden vectors."""

    def check_op(self, op: str, compute: Callable[[Case], Arrays]) -> None:
        """Each case of the op: `compute` returns the outputs by their names."""
        for case in cases(op):
            with self.subTest(case.name):
                self.assertEqual(compare_case(case, compute(case)), [])
