"""Functions of ahead-of-time libraries: the same calls as of those in the process."""

from __future__ import annotations

import json
import struct
import sys
import tempfile
import threading
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import ternary
from library_testing import MODULE, CudaArray, FolderTestCase, Tensor, build
from ternary import library
from ternary._arrays import numpy_dtype

Bad = Callable[[np.ndarray, np.ndarray], tuple[tuple[Any, ...], dict[str, Any]]]


class LibraryTestCase(FolderTestCase):
    """A base for tests of one library, beside the same module in the process."""

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.path = Path(folder.name) / "module.so"
        cls.library = build(Path(folder.name))
        cls.compiled = ternary.compile(MODULE).functions
        cls.layer = cls.library.functions["layer"]

    def setUp(self) -> None:
        super().setUp()
        rng = np.random.default_rng(3)
        self.x = rng.integers(-128, 128, (3, 10), np.int8)
        self.w = rng.integers(-1, 2, (8, 10), np.int8)
        self.y = self.x.astype(np.int32) @ self.w.T.astype(np.int32)


class Calls(LibraryTestCase):
    def test_interface_is_that_of_the_process(self) -> None:
        self.assertEqual(self.library.functions.keys(), self.compiled.keys())
        self.assertEqual((self.library.target, self.library.chips), ("cpu", ()))
        self.assertEqual(self.library.compiler, ternary.__version__)
        for name, function in self.library.functions.items():
            other = self.compiled[name]
            self.assertEqual((function.name, function.prepare), (other.name, other.prepare))
            for got, want in zip(function.parameters, other.parameters, strict=True):
                for member in ("name", "type", "dtype", "shape", "packing", "is_scalar",
                               "is_const", "is_result", "is_prepared"):
                    self.assertEqual(getattr(got, member), getattr(want, member), name)

    def test_layer(self) -> None:
        for tokens in (3, 1, 0):
            result = self.layer(self.x[:tokens], self.w)
            self.assertEqual((result.dtype, result.shape), (np.int32, (tokens, 8)))
            np.testing.assert_array_equal(result, self.y[:tokens])

    def test_out(self) -> None:
        out = np.zeros((3, 8), np.int32)
        self.assertIs(self.layer(self.x, self.w, out=out), out)
        self.assertIs(self.layer(self.x, self.w, out=(out,)), out)
        np.testing.assert_array_equal(out, self.y)
        np.testing.assert_array_equal(self.layer(self.x, self.w, out=[None]), self.y)

    def test_prepared_weights(self) -> None:
        function = self.library.functions["prepared"]
        packed = self.library.functions[function.prepare](self.w)
        self.assertEqual(packed.dtype, np.int8)
        np.testing.assert_array_equal(function(self.x, packed), self.y)
        np.testing.assert_array_equal(function(self.x, packed.view(np.uint8)), self.y)

    def test_state_changes_in_place_and_extents_are_terms(self) -> None:
        for count in (0, 1, 5, 8):
            total, other = np.arange(4, dtype=np.float32), np.arange(4, dtype=np.float32)
            x = np.zeros(count, np.float32)
            ones, rest = self.library.functions["add"](2, x, total)
            self.assertEqual(ones.shape, (2, (count + 6) // 4))
            self.assertEqual(rest.shape, (count % 3,))
            for got, want in zip((ones, rest), self.compiled["add"](2, x, other),
                                 strict=True):
                np.testing.assert_array_equal(got, want)
            np.testing.assert_array_equal(total, other)
            np.testing.assert_array_equal(total, np.arange(1, 5))

    def test_numbers(self) -> None:
        numbers = self.library.functions["numbers"]
        for values in ((1.1, True, -128, 2**63 - 1, 1 / 3, 1 / 3, 1 / 3, 255),
                       (-0.0, False, 127, -2**63, 65504, 3.0e38, 1.0e300, 0),
                       (float("inf"), 1, 0, 0, float("nan"), float("nan"), 5, 1)):
            found, want = numbers(*values), self.compiled["numbers"](*values)
            for got, expected in zip(found, want, strict=True):
                self.assertEqual((got.dtype, got.shape), (expected.dtype, ()))
                self.assertEqual(got.tobytes(), expected.tobytes(), values)

    def test_arrays_as_numbers(self) -> None:
        bits = struct.unpack("<H", struct.pack("<e", 0.5))[0]
        values = (np.float32(1.5), True, np.int8(-3), np.array(7),
                  np.float16(0.5), 2.0, np.float64(2.5), np.uint8(200))
        found = self.library.functions["numbers"](*values)
        self.assertEqual([float(value) for value in found[:5]], [1.5, 1, -3, 7, 0.5])
        self.assertEqual(found[4].view(np.uint16), bits)
        self.assertEqual(found[5].view(np.uint16), 0x4000)
        self.assertEqual(found[5].dtype, numpy_dtype("bfloat16"))

    def test_buffers(self) -> None:
        x, out = bytearray(self.x.tobytes()), np.zeros((3, 8), np.int32)
        with self.assertRaisesRegex(ValueError, r"expected \[\?, 10\], found \[30\]"):
            self.layer(x, self.w)
        self.layer(memoryview(x).cast("b", (3, 10)), self.w, out=memoryview(out))
        np.testing.assert_array_equal(out, self.y)

    def test_threads(self) -> None:
        wrong: list[int] = []

        def work(seed: int) -> None:
            x = np.random.default_rng(seed).integers(-128, 128, (40, 10), np.int8)
            want = x.astype(np.int32) @ self.w.T
            for _ in range(50):
                if (self.layer(x, self.w) != want).any():
                    wrong.append(seed)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


def _view(array: np.ndarray, offset: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Memory of an array from some byte on, as another array."""
    size = np.dtype(dtype).itemsize * int(np.prod(shape))
    return array.reshape(-1).view(np.uint8)[offset:offset + size].view(dtype).reshape(shape)


def _read_only(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flags.writeable = False
    return array


MEMORY = np.zeros(1024, np.uint8)
ZEROS = np.zeros((3, 8), np.int32)

# Calls of the layer that are refused, for these arguments.
REFUSED: dict[str, Bad] = {
    "count": lambda x, w: ((x,), {}),
    "float": lambda x, w: ((x.astype(np.float32), w), {}),
    "complex": lambda x, w: ((x.astype(np.complex64), w), {}),
    "list": lambda x, w: ((x.tolist(), w), {}),
    "none": lambda x, w: ((x, None), {}),
    "rank": lambda x, w: ((x[0], w), {}),
    "extent": lambda x, w: ((x, w[:7]), {}),
    "stride": lambda x, w: ((np.zeros((3, 20), np.int8)[:, ::2], w), {}),
    "transposed": lambda x, w: ((np.zeros((10, 3), np.int8).T, w), {}),
    "result dtype": lambda x, w: ((x, w), {"out": ZEROS.astype(np.int64)}),
    "result shape": lambda x, w: ((x, w), {"out": ZEROS[:2].copy()}),
    "result stride": lambda x, w: ((x, w), {"out": np.zeros((8, 3), np.int32).T}),
    "result list": lambda x, w: ((x, w), {"out": "out"}),
    "read-only": lambda x, w: ((x, w), {"out": _read_only(ZEROS)}),
    "count of out": lambda x, w: ((x, w), {"out": (ZEROS, ZEROS)}),
    "alignment": lambda x, w: ((x, w), {"out": _view(MEMORY, 65, (3, 8), "int32")}),
    "overlap": lambda x, w: ((_view(MEMORY, 64, (3, 10), "int8"), w),
                             {"out": _view(MEMORY, 32, (3, 8), "int32")}),
    "device": lambda x, w: ((Tensor(x, device=10), w), {}),
}


class Refusals(LibraryTestCase):
    def assert_same_refusal(self, name: str, *arguments: Any, **keywords: Any) -> None:
        """The same exception as of the function in the process."""
        with self.assertRaises((TypeError, ValueError, OverflowError)) as want:
            self.compiled[name](*arguments, **keywords)
        with self.assertRaises((TypeError, ValueError, OverflowError)) as got:
            self.library.functions[name](*arguments, **keywords)
        self.assertEqual((type(got.exception), str(got.exception)),
                         (type(want.exception), str(want.exception)))

    def test_arrays(self) -> None:
        for name, make in REFUSED.items():
            with self.subTest(name):
                arguments, keywords = make(self.x, self.w)
                self.assert_same_refusal("layer", *arguments, **keywords)

    def test_empty_arrays_overlap_nothing(self) -> None:
        out = np.zeros((0, 8), np.int32)
        self.assertIs(self.layer(self.w[:0], self.w, out=out), out)

    def test_states(self) -> None:
        x, total = np.zeros(4, np.float32), np.zeros(4, np.float32)
        self.assert_same_refusal("add", 2, x, _read_only(total))
        self.assert_same_refusal("add", 2, total, total)
        self.assert_same_refusal("add", 2, x, total, out=total)
        self.assert_same_refusal("add", 2, x, total, out=(None, None, None))
        self.assert_same_refusal("add", -1, x, total)
        self.assert_same_refusal("add", 2**62, x, total)

    def test_numbers(self) -> None:
        good = [1.0, True, 0, 0, 1.0, 1.0, 1.0, 0]
        for index, value in ((0, "1"), (0, 1j), (1, 2), (2, 128), (2, -129), (3, 2**63),
                             (3, 1.5), (4, 1e9), (7, -1), (7, 256), (0, np.int32(1)),
                             (2, np.zeros(2, np.int8)), (0, np.zeros(2, np.float32))):
            with self.subTest(index=index, value=value):
                self.assert_same_refusal(
                    "numbers", *good[:index], value, *good[index + 1:])

    def test_device_arrays_need_a_library_for_gpus(self) -> None:
        x, w, out = map(CudaArray, (self.x, self.w, np.zeros((3, 8), np.int32)))
        with self.assertRaisesRegex(TypeError, "out, expected arrays for results on a gpu"):
            self.layer(x, w)
        if any(array.array.ctypes.data % 16 for array in (x, w, out)):
            self.skipTest("NumPy gives memory that is not aligned to 16 bytes")
        with self.assertRaisesRegex(ternary.Error, "target, expected cuda for arrays on"):
            self.layer(x, w, out=out)


class Capsules(LibraryTestCase):
    def test_tensors(self) -> None:
        for options in ({}, {"version": 1}, {"has_strides": False}, {"offset": 16},
                        {"version": 1, "is_read_only": True}):
            with self.subTest(**options):
                x, out = Tensor(self.x, **options), Tensor(np.zeros((3, 8), np.int32))
                self.assertIs(self.layer(x, self.w, out=out), out)
                np.testing.assert_array_equal(out.array, self.y)
                for tensor in (x, out):
                    self.assertEqual((tensor.num_exported, tensor.num_released), (1, 1))

    def test_of_numpy(self) -> None:
        class Exporter:
            def __dlpack__(_) -> Any:
                return self.x.__dlpack__()

        before = sys.getrefcount(self.x)
        for _ in range(1000):
            np.testing.assert_array_equal(self.layer(Exporter(), self.w), self.y)
        self.assertEqual(sys.getrefcount(self.x), before)

    def test_refused_tensors_are_given_back(self) -> None:
        ok, strided = Tensor(self.w), Tensor(np.zeros((3, 20), np.int8)[:, ::2])
        out = Tensor(np.zeros((3, 8), np.int32), version=1, is_read_only=True)
        for arguments, keywords, error, text in (
                ((Tensor(self.x.astype(np.float32)), ok), {}, TypeError, "dtype"),
                ((Tensor(self.x[0]), ok), {}, ValueError, "shape"),
                ((strided, ok), {}, ValueError, "strides"),
                ((Tensor(self.x, device=10), ok), {}, ValueError, "device"),
                ((Tensor(self.x, version=2), ok), {}, BufferError, "version 1, found 2"),
                ((Tensor(self.x), ok), {"out": out}, ValueError, "read-only"),
                ((Tensor(self.x), ok), {"out": (None, None)}, TypeError, "out"),
                ((Tensor(self.x), "w"), {}, TypeError, "expected an array of int8")):
            with self.subTest(text), self.assertRaisesRegex(error, text):
                self.layer(*arguments, **keywords)
            for tensor in (arguments[0], ok, out):
                self.assertEqual(tensor.num_exported, tensor.num_released)

    def test_what_is_no_capsule(self) -> None:
        class Exporter:
            def __init__(self, capsule: object) -> None:
                self.capsule = capsule

            def __dlpack__(self) -> object:
                return self.capsule

        tensor = Tensor(self.x)
        used = Exporter(tensor.__dlpack__())
        self.layer(used, self.w)
        for exporter in (used, Exporter(5), Exporter(None)):
            with self.assertRaisesRegex(TypeError, "expected the capsule of a tensor"):
                self.layer(exporter, self.w)
        self.assertEqual(tensor.num_released, 1)

    def test_many_calls_leave_nothing(self) -> None:
        x = Tensor(self.x)
        for _ in range(10000):
            self.layer(x, self.w)
        self.assertEqual((x.num_exported, x.num_released), (10000, 10000))


class Files(LibraryTestCase):
    def load(self, change: Callable[[dict[str, Any]], Any]) -> library.Library:
        """The library with an interface that is not quite its own."""
        data = json.loads(self.path.with_suffix(".json").read_text())
        change(data)
        path = self.folder / "changed.json"
        path.write_text(json.dumps(data))
        return library.load(self.path, path)

    def test_unknown_members_do_not_matter(self) -> None:
        self.assertIn("layer", self.load(lambda data: data.update(more=1)).functions)

    def test_interfaces_that_are_none(self) -> None:
        def change_parameter(**members: Any) -> Callable[[dict[str, Any]], None]:
            return lambda data: data["functions"][0]["parameters"][0].update(members)

        for change, text in (
                (lambda data: data.update(format="other"), "format, expected ternary-inte"),
                (lambda data: data.update(version=2), "version, expected 1, found 2"),
                (lambda data: data.pop("functions"), "interface, expected that of a li"),
                (lambda data: data.update(functions=[5]), "interface, expected that of a"),
                (lambda data: data["functions"][0].update(name="f"), "function 'f' of its"),
                (change_parameter(dtype="int7"), "a dtype 'int7'"),
                (change_parameter(shape=["m"]), "a term 'm'"),
                (change_parameter(shape=[["pow", 1, 2]]), "an operation 'pow'")):
            with self.subTest(text), self.assertRaisesRegex(ternary.Error, text):
                self.load(change)

    def test_files_that_are_none(self) -> None:
        path = self.folder / "other.json"
        path.write_text("not json")
        with self.assertRaisesRegex(ternary.Error, "other.json: file, expected json"):
            library.load(self.path, path)
        with self.assertRaises(FileNotFoundError):
            library.load(self.path, self.folder / "none.json")
        interface = self.path.with_suffix(".json")
        with self.assertRaisesRegex(FileNotFoundError, "library, expected a file"):
            library.load(self.folder / "none.so", interface)
        with self.assertRaisesRegex(ternary.Error, "expected one that this machine loads"):
            library.load(path, interface)

    def test_a_failed_compilation_leaves_no_file(self) -> None:
        with self.assertRaises(ternary.Error):
            ternary.compile_file(MODULE, self.folder / "none" / "a.so",
                                 interface=self.folder / "a.json",
                                 header=self.folder / "a.h")
        with self.assertRaises(ternary.Error):
            ternary.compile_file(MODULE, self.folder / "a.so",
                                 interface=self.folder / "none" / "a.json",
                                 header=self.folder / "a.h")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_without_the_extension_module(self) -> None:
        np.savez(self.folder / "arrays.npz", x=self.x, w=self.w)
        printed = self.run_python(
            "import sys, numpy, ternary\n"
            "arrays = numpy.load(sys.argv[2])\n"
            "layer = ternary.library.load(sys.argv[1]).functions['layer']\n"
            "print(layer(arrays['x'], arrays['w']).tolist())\n"
            "try:\n"
            "    ternary.compile('module {}')\n"
            "except ternary.Error as error:\n"
            "    print(error)\n"
            "print([name for name in sys.modules if name == 'ternary._core'])\n",
            self.path, self.folder / "arrays.npz", PYTHONPATH=self.copy_without_core())
        result, refusal, modules = printed.splitlines()
        self.assertEqual(json.loads(result), self.y.tolist())
        self.assertTrue(refusal.startswith("compile: expected the compiler, found a pack"))
        self.assertEqual(modules, "[]")


if __name__ == "__main__":
    unittest.main()
