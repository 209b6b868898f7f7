"""What the tests of eager ops share."""

from __future__ import annotations

import re
import unittest
from collections.abc import Callable
from typing import Any

import numpy as np


class OpTestCase(unittest.TestCase):
    """A base for tests on random arrays, which are the same in each run."""

    def setUp(self) -> None:
        self.rng = np.random.default_rng(7)

    def trits(self, *shape: int) -> np.ndarray:
        return self.rng.integers(-1, 2, shape, np.int8)

    def floats(self, *shape: int) -> np.ndarray:
        return self.rng.standard_normal(shape, np.float32)

    def int8s(self, *shape: int) -> np.ndarray:
        return self.rng.integers(-128, 128, shape, np.int8)

    def assert_equal(self, got: np.ndarray, want: np.ndarray) -> None:
        """The same dtype, shape and values."""
        self.assertEqual((got.dtype, got.shape), (want.dtype, want.shape))
        np.testing.assert_array_equal(got, want)

    def assert_close(self, got: np.ndarray, want: np.ndarray, tolerance: float = 2e-5,
                     ) -> None:
        """Float32 of this shape, within the tolerance of the largest magnitude."""
        self.assertEqual((got.dtype, got.shape), (np.float32, want.shape))
        atol = tolerance * float(np.abs(want).max(initial=1.0))
        np.testing.assert_allclose(got, want, rtol=0, atol=atol)

    def assert_refuses(self, error: type[Exception], text: str,
                       function: Callable[..., Any], *arguments: Any, **keywords: Any,
                       ) -> None:
        """The call raises this error with this text in its message."""
        with self.assertRaisesRegex(error, re.escape(text)):
            function(*arguments, **keywords)
