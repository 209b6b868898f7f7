"""The scripts of examples/python do what they say, in a small setting."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path

from torch_testing import needs_torch

SCRIPTS = Path(__file__).resolve().parents[2] / "examples" / "python"

needs_matplotlib = unittest.skipUnless(importlib.util.find_spec("matplotlib"),
                                       "matplotlib is not installed")
needs_c = unittest.skipUnless(shutil.which("cc"), "there is no C compiler cc")


class Examples(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_script(self, name: str, *options: str) -> str:
        """What the script prints; it has to end well."""
        done = subprocess.run([sys.executable, SCRIPTS / f"{name}.py", *options, "--out",
                               self.folder], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def numbers(self, pattern: str, output: str) -> list[float]:
        """The groups of the pattern's one match."""
        matches = re.findall(pattern, output)
        self.assertEqual(len(matches), 1, f"{pattern} in {output}")
        groups = matches[0] if isinstance(matches[0], tuple) else matches
        return [float(group) for group in groups]

    def check_picture(self, name: str) -> None:
        """An SVG and a PNG are there, the first of a size for the documentation."""
        svg = self.folder / f"{name}.svg"
        self.assertTrue(ET.parse(svg).getroot().tag.endswith("svg"))
        self.assertLess(svg.stat().st_size, 60_000)
        self.assertTrue((self.folder / f"{name}.png").read_bytes().startswith(b"\x89PNG"))

    @needs_matplotlib
    def test_quantize_layer(self) -> None:
        output = self.run_script("quantize_layer", "--size", "256")
        dense, ternary = self.numbers(r"weights: (\d+) bytes dense, (\d+) ternary", output)
        # Two bits per weight and a float per row.
        self.assertEqual((dense, ternary), (4 * 256 * 256, 256 * 256 / 4 + 4 * 256))
        # Of normal weights with the boundary at half the absmean: 0.7365 / sqrt(0.690).
        self.assertAlmostEqual(*self.numbers(r"dense layer: (\S+)", output), 0.887,
                               delta=0.02)
        absmean, fitted = (self.numbers(rf"{rule} scales: (\S+),", output)[0]
                           for rule in ("absmean", "least-squares"))
        self.assertLess(fitted, absmean)
        self.check_picture("quantize_layer")

    @needs_torch
    @needs_matplotlib
    def test_train_digits(self) -> None:
        output = self.run_script("train_digits", "--epochs", "1")
        # Of ten digits, chance finds 10 %.
        for name, least in (("BitLinear", 60), ("LSQ", 60), ("TernaryScaleTensor", 35)):
            with self.subTest(name):
                self.assertGreater(*self.numbers(rf"{name}, [a-z -]*: (\S+) %", output),
                                   least)
        self.check_picture("train_digits")

    @needs_torch
    @needs_c
    def test_export_library(self) -> None:
        output = self.run_script("export_library")
        for caller in ("C", "ctypes"):
            self.assertLess(*self.numbers(rf"{caller} and torch: largest difference (\S+)",
                                          output), 1e-4)
        library, dense = self.numbers(r"so: (\d+) bytes.* parameters are (\d+)", output)
        self.assertLess(library, dense / 5)
        self.assertIn("void network(", (self.folder / "network.h").read_text())


if __name__ == "__main__":
    unittest.main()
