"""The examples in Python of README.md run as they are and print what they should."""

from __future__ import annotations

import subprocess
import sys
import unittest

from readme import examples, find_example
from torch_testing import needs_torch


class Readme(unittest.TestCase):
    def run_example(self, word: str) -> list[float]:
        """The numbers that end the output; nothing goes to stderr."""
        done = subprocess.run([sys.executable, "-c", find_example(word)],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [float(text) for text in done.stdout.split(")")[-1].split()]

    def test_numpy(self) -> None:
        correlation, = self.run_example("import ternary\n")
        self.assertTrue(0.8 < correlation < 1, correlation)

    @needs_torch
    def test_torch(self) -> None:
        accuracy, difference = self.run_example("from ternary.torch import")
        self.assertGreater(accuracy, 0.95)
        self.assertLess(difference, 1e-4)

    def test_there_are_no_others(self) -> None:
        self.assertEqual(len(examples()), 2)


if __name__ == "__main__":
    unittest.main()
