"""ternary.io: files to arrays and IR, and back."""

from __future__ import annotations

import sys
import tempfile
import unittest
import warnings
from pathlib import Path

import numpy as np

import ternary
from ternary import io

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "Target"))

import make_gguf
import make_safetensors

RANDOM = np.random.default_rng(5)
TRITS = RANDOM.integers(-1, 2, (8, 512)).astype(np.int8)
SCALE = np.float32(0.375)


class FileTest(unittest.TestCase):
    """A folder for files, and warnings that are errors."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        catcher = warnings.catch_warnings()
        catcher.__enter__()
        self.addCleanup(catcher.__exit__, None, None, None)
        warnings.simplefilter("error", UserWarning)

    def write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def assert_equal(self, found: np.ndarray, expected: np.ndarray) -> None:
        self.assertEqual((found.dtype, found.shape), (expected.dtype, expected.shape))
        np.testing.assert_array_equal(found, expected)


def weight(scale: np.ndarray | np.float32 = SCALE) -> io.Tensor:
    return io.Tensor(TRITS, scales=np.asarray(scale))


class Load(FileTest):
    def test_gguf(self) -> None:
        model = io.load_gguf(self.write("m.gguf", make_gguf.CASES["good"]()))
        self.assertEqual(list(model)[:2], ["norm", "half"])
        self.assert_equal(model["norm"].data, np.array([1, 0.5, -2], np.float32))
        self.assert_equal(model["half"].data, np.array([[1, 2], [0.25, -1]], np.float16))
        packed = model["blk.0.q.weight"]
        self.assertEqual((packed.packing, packed.shape), ("tq2_0", (2, 256)))
        self.assertEqual(packed.data.shape, ternary.byte_shape("tq2_0", (2, 256)))
        self.assert_equal(packed.scales, np.full((2, 1), 0.5, np.float32))
        self.assertEqual(model["blk.0.o.weight"].packing, "i2_s")
        self.assertEqual(len(model.remarks), 2)

    def test_metadata(self) -> None:
        metadata = io.load_gguf(self.write("m.gguf", make_gguf.CASES["good"]())).metadata
        self.assertEqual(metadata["general.architecture"], "bitnet")
        for key, value in {"m.u8": np.uint8(200), "m.i64": np.int64(-(2**40)),
                           "m.u64": np.uint64(2**63 + 1), "m.f32": np.float32(0.5),
                           "m.f64": np.float64(1e-300)}.items():
            self.assertEqual((metadata[key], type(metadata[key])), (value, type(value)))
        self.assertIs(metadata["m.bool"], True)
        self.assertEqual(metadata["m.strings"], ["a", 'b"\n', "c", "d", "e"])
        self.assert_equal(metadata["m.numbers"], np.array([1, -2, 3], np.int32))
        self.assertEqual(metadata["m.flags"], [True, False])

    def test_options(self) -> None:
        path = self.write("m.gguf", make_gguf.CASES["good"]())
        model = io.load_gguf(path, only=["blk.*", "norm"], skip="*.[qk].*", i2s_block=64)
        self.assertEqual(list(model), ["norm", "blk.0.v.weight", "blk.0.o.weight"])
        self.assertEqual(model["blk.0.o.weight"].packing, "i2_s_64")
        wide = io.load_gguf(self.write("w.gguf", make_gguf.CASES["q2-128"]()))["w"]
        self.assertIn("k = [*, 32, 4]", wide.packing)
        with self.assertRaisesRegex(ternary.Error, "option i2s-block: expected 128 or 64"):
            io.load_gguf(path, i2s_block=32)
        with self.assertRaisesRegex(ValueError, "only: expected a value without spaces"):
            io.load_gguf(path, only="a b")

    def test_safetensors(self) -> None:
        path = self.write("m.safetensors", make_safetensors.CASES["weights"]())
        model = io.load_safetensors(path, rows={"l.*": 5}, weight_scale="divide",
                                    ternarize="exact")
        self.assertEqual((model["l.weight"].packing, model["l.weight"].shape), ("hf", (5, 3)))
        self.assertEqual(model["l.weight"].scales.tolist(), 0.25)
        self.assert_equal(model["t.weight"].data, np.array([[1, 0, -1], [0, 0, 1]], np.int8))
        self.assert_equal(model["matrix"].data, np.array([[1, -1], [0, 1]], np.int8))
        self.assert_equal(model["counts"].data, np.array([1, 4000000000], np.uint32))
        self.assertEqual(model.metadata, {"format": "pt"})

    def test_refused(self) -> None:
        for name in ("overlap", "deep", "wrapping-offset", "other-type"):
            path = self.write("m.gguf", make_gguf.CASES[name]())
            with self.assertRaisesRegex(ternary.Error, "m.gguf.*expected"):
                io.load_gguf(path)
        with self.assertRaisesRegex(ternary.Error, "no such file"):
            io.load_safetensors(self.folder / "none")

    def test_arrays_outlive_the_model(self) -> None:
        path = self.folder / "m.gguf"
        values = RANDOM.normal(size=(100, 100)).astype(np.float32)
        io.save_gguf({"w": values}, path)
        array = io.load_gguf(path)["w"].data
        self.assertFalse(array.flags.writeable)
        self.assert_equal(array, values)


class Save(FileTest):
    def test_round_trip(self) -> None:
        """Every packing to every other through files; the trits stay."""
        model: dict[str, io.Tensor] = {"w": weight()}
        for name in ("tq1_0", "hf", "tq2_0", "torchao", "q2_0", "chimera", "q2_0_128", "base3",
                     "i2_s", "i2_s_64", "cpu_rows2"):
            gguf = name in ("tq1_0", "tq2_0", "q2_0", "q2_0_128", "i2_s", "i2_s_64")
            path = self.folder / f"{name}.file"
            (io.save_gguf if gguf else io.save_safetensors)(model, path, type=name)
            options = {"i2s_block": 64} if name == "i2_s_64" else {}
            model = io.load_gguf(path, **options) if gguf else io.load_safetensors(path)
            if not name.startswith("q2_0_"):
                self.assertEqual(model["w"].packing, name)
        io.save_safetensors(model, self.folder / "trits", type="i8")
        trits = io.load_safetensors(self.folder / "trits")["w"]
        self.assert_equal(trits.data, TRITS)
        self.assertEqual(trits.scales.tolist(), SCALE)

    def test_bytes_are_those_of_pack(self) -> None:
        path = self.folder / "m.gguf"
        io.save_gguf({"w": weight()}, path, type="tq2_0")
        packed = ternary.pack(TRITS, "tq2_0", scales=np.full((8, 2), SCALE, np.float32))
        np.testing.assert_array_equal(io.load_gguf(path)["w"].data.view(np.int8),
                                      np.asarray(packed).view(np.int8))

    def test_metadata(self) -> None:
        metadata = {"general.architecture": "bitnet", "n": 7, "negative": -1, "x": 0.1,
                    "flag": True, "tokens": ["a", "\u00e9\"\\\n"], "scores": np.array([0.1, 2.0]),
                    "small": np.int8(-3), "nested": [np.array([1], np.uint8)]}
        path = self.folder / "m.gguf"
        io.save_gguf({"w": np.zeros(3, np.float32)}, path, metadata=metadata)
        found = io.load_gguf(path).metadata
        self.assertEqual(list(found), sorted(metadata))
        self.assertEqual((found["n"], type(found["n"])), (7, np.uint32))
        self.assertEqual((found["negative"], type(found["negative"])), (-1, np.int64))
        self.assertEqual(found["x"], np.float32(0.1))
        self.assertEqual(found["tokens"], metadata["tokens"])
        self.assert_equal(found["scores"], metadata["scores"])
        self.assert_equal(found["nested"][0], np.array([1], np.uint8))
        again = self.folder / "again.gguf"
        io.save_gguf(io.load_gguf(path), again)
        self.assertEqual(again.read_bytes(), path.read_bytes())

    def test_losses_are_warnings(self) -> None:
        with self.assertWarnsRegex(UserWarning, "0.1.* is stored as 0.0999755859"):
            io.save_gguf({"w": weight(np.float32(0.1))}, self.folder / "m.gguf", type="tq2_0")
        with self.assertWarnsRegex(UserWarning, "metadata are no strings"):
            io.save_safetensors({"w": weight()}, self.folder / "m", metadata={"n": 1})
        with self.assertWarnsRegex(UserWarning, "reciprocal"):
            io.save_safetensors({"w": weight(np.float32(0.21))}, self.folder / "m",
                                type="hf", weight_scale="divide")

    def test_refused(self) -> None:
        path = self.folder / "m.gguf"
        for tensors, text in (
                ({"w": weight(np.arange(8, dtype=np.float32))}, "expected one scale"),
                ({"w": weight(np.zeros(3, np.float32))}, "expected f32 scales of shape"),
                ({"w": np.zeros(3, np.uint8)}, "expected a tensor of up to rank 4"),
                ({"w": io.Tensor(np.zeros(3, np.int8), "tq9", (1, 1))}, "expected a packing"),
                ({"w": io.Tensor(np.zeros(3, np.int8), "hf", (9, 1))}, "expected bytes of shape"),
                ({"": np.zeros(3, np.float32)}, "expected a name of its own"),
                ({}, "found none")):
            with self.assertRaisesRegex(ternary.Error, text):
                io.save_gguf(tensors, path, type="i2_s")
            self.assertFalse(path.exists())
        with self.assertRaisesRegex(TypeError, "expected a dtype"):
            io.save_gguf({"w": np.zeros(3, np.complex64)}, path)
        with self.assertRaisesRegex(ValueError, "expected the shape"):
            io.save_gguf({"w": io.Tensor(np.zeros(3, np.int8), "hf")}, path)
        with self.assertRaisesRegex(TypeError, "metadata 'k'"):
            io.save_gguf({"w": weight()}, path, metadata={"k": object()}, type="i2_s")

    def test_empty_and_scalar(self) -> None:
        path = self.folder / "m"
        tensors = {"none": np.zeros((0, 3), np.float32), "one": np.array(2.0, np.float32),
                   "trits": io.Tensor(np.zeros((0, 4), np.int8), scales=np.zeros(0, np.float32))}
        io.save_safetensors(tensors, path)
        model = io.load_safetensors(path)
        for name, tensor in tensors.items():
            expected = tensor.data if isinstance(tensor, io.Tensor) else tensor
            self.assert_equal(model[name].data, expected)
        self.assertEqual(model["trits"].scales.shape, (0,))


class IR(FileTest):
    def test_import_is_compiled(self) -> None:
        """The weights of a file in a model that calls them."""
        path = self.folder / "m.gguf"
        io.save_gguf({"weights": weight()}, path, type="tq2_0")
        source = io.import_gguf(path)
        self.assertTrue(source.startswith(b"ML\xefR"))
        weights = ternary.compile(source, entry="weights")()
        self.assertEqual(weights[0].shape, (8, 2, 66))
        x = RANDOM.integers(-127, 128, (3, 512)).astype(np.int8)
        s = np.ones(3, np.float32)
        y = ternary.bitlinear(x, weights[0], out_features=8, packing="tq2_0",
                              scales=weights[1], activation_scale=s, group_size=256)
        expected = (x.astype(np.int64) @ TRITS.astype(np.int64).T) * np.float64(SCALE)
        np.testing.assert_allclose(np.asarray(y), expected, rtol=1e-5)

    def test_export(self) -> None:
        path, again = self.folder / "a.gguf", self.folder / "b.gguf"
        io.save_gguf({"w": weight()}, path, type="tq1_0")
        io.export_gguf(io.import_gguf(path), again)
        self.assertEqual(again.read_bytes(), path.read_bytes())
        other = self.folder / "c"
        io.export_safetensors(io.import_gguf(path), other, type="i8")
        self.assert_equal(io.load_safetensors(other)["w"].data, TRITS)
        source = io.import_safetensors(other)
        io.export_safetensors(source, other, type="hf", weight_scale="divide")
        self.assertEqual(io.load_safetensors(other)["w"].scales.tolist(), SCALE)

    def test_refused(self) -> None:
        with self.assertRaisesRegex(ternary.Error, "here:.*found none"):
            io.export_gguf("module {}", self.folder / "m", name="here")
        with self.assertWarnsRegex(UserWarning, "function 'f' is no weight"):
            io.export_gguf("func.func private @f()\n"
                           "func.func @w() -> tensor<1xf32> {\n"
                           "  %0 = arith.constant dense<1.0> : tensor<1xf32>\n"
                           "  return %0 : tensor<1xf32>\n}", self.folder / "m")


if __name__ == "__main__":
    unittest.main()
