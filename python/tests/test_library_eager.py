"""Eager ops whose functions are recorded, built into a library and taken from there."""

from __future__ import annotations

import json
import os
import tempfile
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import ternary
from library_testing import FolderTestCase
from ternary import library

SCRIPT = """
import json, sys
import test_library_eager as tests, ternary
print(json.dumps([array.tolist() for array in tests.work()]))
print(ternary.byte_shape("chimera", (6, 40)), ternary.scale_shape("chimera", (6, 40)),
      len(ternary.packings()), [name for name in sys.modules if name == "ternary._core"])
for call in tests.LACKING:
    try:
        call()
    except ternary.library.MissingFunction as error:
        print(error)
"""


def work() -> list[np.ndarray]:
    """Ops of every kind: packed and plain weights, one token and more, states that change
    in place, several results, scalars."""
    rng = np.random.default_rng(5)
    trits = rng.integers(-1, 2, (6, 40), np.int8)
    x = rng.standard_normal((3, 40), np.float32)
    packed = ternary.pack(trits)
    ternary.scale_shape("chimera", (6, 40))
    results = [packed, ternary.unpack(packed, (6, 40), "chimera")]
    for tokens in (x, x[:1], x[:0]):
        results.append(ternary.bitlinear(tokens, packed, out_features=6, packing="chimera"))
    quantized, scale = ternary.quantize_activation(x)
    results += [quantized, scale, ternary.bitlinear(quantized, trits, dtype="int32")]
    step, correlation = np.zeros(1, np.int64), np.zeros((6, 2), np.int64)
    ternary.accumulate_correlation(trits, trits, correlation, step, group_size=32, amount=3)
    ternary.accumulate_correlation(trits, trits, correlation, step, group_size=32)
    exponent = ternary.exponent_init_dim(40, (6, 2))
    results += [step, correlation, exponent, ternary.effective_exponent(
        exponent, group_size=32, correlation=correlation, step=step)]
    return results


LACKING = (
    lambda: ternary.bitlinear(np.zeros((3, 40), np.float16), np.zeros((6, 40), np.int8)),
    lambda: ternary.unpack(np.zeros((6, 11), np.uint8), (6, 44), "chimera"),
    lambda: ternary.exponent_init_dim(40, (6, 3)),
)


@contextmanager
def used(folder: Path) -> Iterator[None]:
    library.use(folder)
    try:
        yield
    finally:
        library.use(None)


class EagerLibraryTestCase(FolderTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.built = Path(folder.name) / "library"
        with library.record() as cls.recording:
            cls.want = work()
        cls.recording.build(cls.built)

    def assert_all_equal(self, got: list[Any], want: list[np.ndarray]) -> None:
        for one, other in zip(got, want, strict=True):
            np.testing.assert_array_equal(np.reshape(one, other.shape), other)


class Recordings(EagerLibraryTestCase):
    def test_library_gives_the_same(self) -> None:
        with used(self.built):
            got = work()
            self.assert_all_equal(got, self.want)
            self.assertEqual([(array.dtype, array.shape) for array in got],
                             [(array.dtype, array.shape) for array in self.want])
            self.assertEqual(ternary.byte_shape("chimera", (6, 40)), (6, 10))
            self.assertIsNone(ternary.scale_shape("chimera", (6, 40)))
        self.assert_all_equal(work(), self.want)

    def test_one_function_per_signature(self) -> None:
        ops = sorted(self.recording.functions.values())
        self.assertEqual(ops, sorted([
            "accumulate_correlation", "bitlinear", "bitlinear", "bitlinear",
            "effective_exponent", "exponent_init_dim", "pack", "quantize_activation",
            "unpack"]))
        index = json.loads((self.built / "index.json").read_text())
        interface = json.loads((self.built / "lib.json").read_text())
        self.assertEqual(len(index["functions"]), len(ops))
        self.assertEqual({function["name"] for function in interface["functions"]},
                         set(index["functions"].values()))

    def test_functions_compiled_before_are_recorded(self) -> None:
        trits = np.ones((2, 4), np.int8)
        ternary.pack(trits)
        with library.record() as recording:
            ternary.pack(trits)
        ternary.unpack(np.zeros((2, 1), np.uint8), (2, 4), "chimera")
        self.assertEqual(list(recording.functions.values()), ["pack"])

    def test_what_is_missing(self) -> None:
        with used(self.built):
            for call, text in zip(LACKING, (
                    r"^bitlinear: expected a function of the library in '.*', found none "
                    r"for ternary.bitlinear ins\(%x : tensor<\?x40xf16>\).*tensor<6x40xi8>",
                    r"^unpack: packing: expected a matrix that the library in '.*' knows "
                    r"in packing 'chimera', found 6 x 44$",
                    r"^exponent_init_dim: expected a function.* -> tensor<6x3xi8>$"),
                    strict=True):
                with self.assertRaisesRegex(ternary.Error, text):
                    call()

    def test_refused_shapes_are_recorded(self) -> None:
        trits = np.zeros((3, 8), np.int8)
        with library.record() as recording:
            ternary.pack(trits)
            with self.assertRaises(ValueError) as want:
                ternary.pack(trits, "tq2_0")
        recording.build(self.folder)
        with used(self.folder), self.assertRaises(ValueError) as got:
            ternary.pack(trits, "tq2_0")
        self.assertEqual(str(got.exception), str(want.exception))

    def test_bad_calls_are_refused_as_ever(self) -> None:
        x, trits = np.zeros((3, 40), np.float32), np.zeros((6, 40), np.int8)
        with used(self.built):
            with self.assertRaisesRegex(ValueError, "^bitlinear: operand 'weights', exp"):
                ternary.bitlinear(x, trits[:, :30])
            with self.assertRaisesRegex(ValueError, "^pack: argument 'trits': strides,"):
                ternary.pack(np.zeros((6, 80), np.int8)[:, ::2])

    def test_nothing_is_recorded(self) -> None:
        with library.record() as recording:
            pass
        with self.assertRaisesRegex(ternary.Error, "^build: expected functions"):
            recording.build(self.folder / "empty")

    def test_a_refused_target_leaves_no_index(self) -> None:
        folder = self.folder / "refused"
        self.recording.build(folder)
        with library.record("tpu") as recording:
            ternary.pack(np.ones((2, 4), np.int8))
        with self.assertRaisesRegex(ternary.Error, "^target: expected cpu, cuda or refer"):
            recording.build(folder)
        self.assertFalse((folder / "index.json").exists())
        with self.assertRaises(FileNotFoundError):
            library.use(folder)
        self.assert_all_equal(work(), self.want)

    def test_an_index_that_is_none(self) -> None:
        for index, text in (({}, "format, expected ternary-index, found None"),
                            ({"format": "ternary-index", "version": 1}, "index, expected")):
            (self.folder / "index.json").write_text(json.dumps(index))
            with self.assertRaisesRegex(ternary.Error, text):
                library.use(self.folder)


class WithoutCore(EagerLibraryTestCase):
    def test_library_of_the_environment(self) -> None:
        printed = self.run_python(SCRIPT, TERNARY_LIBRARY=str(self.built),
                                  PYTHONPATH=self.copy_without_core()).splitlines()
        self.assert_all_equal(json.loads(printed[0]), self.want)
        self.assertEqual(printed[1], f"(6, 10) None {len(ternary.packings())} []")
        self.assertEqual([line.split(":")[0] for line in printed[2:]],
                         ["bitlinear", "unpack", "exponent_init_dim"])

    def test_no_library(self) -> None:
        printed = self.run_python(
            "import numpy, ternary\n"
            "assert issubclass(ternary.Error, RuntimeError)\n"
            "for call in (ternary.packings,\n"
            "             lambda: ternary.absmean(numpy.ones((2, 2), 'float32')),\n"
            "             lambda: ternary.byte_shape('hf', (4, 4)),\n"
            "             lambda: ternary.compile_file('module {}', 'a.so')):\n"
            "    try:\n"
            "        call()\n"
            "    except ternary.Error as error:\n"
            "        print(error)\n", PYTHONPATH=self.copy_without_core())
        names = ("packings", "absmean", "byte_shape", "compile_file")
        for line, name in zip(printed.splitlines(), names, strict=True):
            self.assertTrue(line.startswith(f"{name}: expected the compiler, found"), line)

    def test_extension_module_that_does_not_load(self) -> None:
        path = self.copy_without_core()
        broken = Path(path.split(os.pathsep)[0]) / "ternary" / "_core.py"
        broken.write_text("raise ImportError('libMLIR.so: cannot open')\n")
        printed = self.run_python(
            "try:\n    import ternary\nexcept ImportError as error:\n    print(error)\n",
            PYTHONPATH=path)
        self.assertEqual(printed, "libMLIR.so: cannot open\n")
        printed = self.run_python(SCRIPT, TERNARY_LIBRARY=str(self.built), PYTHONPATH=path)
        self.assert_all_equal(json.loads(printed.splitlines()[0]), self.want)


if __name__ == "__main__":
    unittest.main()
