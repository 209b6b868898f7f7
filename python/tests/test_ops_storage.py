"""pack, unpack, repack, dequantize."""

from __future__ import annotations

import unittest

import numpy as np

import ternary
from golden import Case, GoldenTestCase, as_matrix
from op_testing import OpTestCase
from ternary import packing

SHAPES = [(1, 1), (3, 5), (1, 33), (3, 257), (0, 5), (4, 0)]


class Golden(GoldenTestCase):
    def test_pack2bit(self) -> None:
        self.check_op("pack2bit", lambda case: {
            "packed": ternary.pack(as_matrix(case.inputs["q"]), conversion="truncate")})

    def test_pack_base3(self) -> None:
        def compute(case: Case) -> dict[str, np.ndarray]:
            q = as_matrix(case.inputs["q"])
            packed = ternary.pack(q, "base3", conversion="sign")
            return {"packed": packed, "pad": np.array(5 * packed.size - q.size)}

        self.check_op("pack_base3", compute)

    def test_unpack_base3(self) -> None:
        self.check_op("unpack_base3", lambda case: {"q": ternary.unpack(
            case.inputs["packed"].reshape(-1), as_matrix(case.outputs["q"]).shape, "base3")})

    def packed_rows(self, case: Case) -> tuple[np.ndarray, tuple[int, int]]:
        """The bytes that hold the first k trits of each row, and that shape."""
        packed = as_matrix(case.inputs["packed"])
        shape = (packed.shape[0], int(case.params["k"]))
        used = packing.byte_shape("chimera", shape)[1]
        return np.ascontiguousarray(packed[:, :used]), shape

    def test_unpack2bit(self) -> None:
        def compute(case: Case) -> dict[str, np.ndarray]:
            packed, shape = self.packed_rows(case)
            dtype = case.outputs["values"].dtype.name
            trits = ternary.unpack(packed, shape, "chimera")
            return {"values": ternary.dequantize(trits, dtype=dtype)}

        self.check_op("unpack2bit", compute)

    def test_dequant2bit(self) -> None:
        def compute(case: Case) -> dict[str, np.ndarray]:
            packed, shape = self.packed_rows(case)
            alpha = case.inputs["alpha"].reshape(-1).astype(np.float32)
            return {"w": ternary.dequantize(packed, shape, "chimera", scales=alpha,
                                            dtype=case.outputs["w"].dtype.name)}

        self.check_op("dequant2bit", compute)


class Values(OpTestCase):
    def test_unpack_gives_back_what_pack_took(self) -> None:
        for shape in SHAPES:
            for name in ("chimera", "base3", "hf", "cpu_rows2"):
                with self.subTest(shape=shape, packing=name):
                    trits = self.trits(*shape)
                    packed = ternary.pack(trits, name)
                    self.assertEqual(packed.dtype, np.uint8)
                    self.assertEqual(packed.shape, packing.byte_shape(name, shape))
                    self.assert_equal(ternary.unpack(packed, shape, name), trits)

    def test_first_trit_is_in_the_top_bits(self) -> None:
        trits = np.array([[1, 0, -1, 1, -1]], np.int8)
        self.assert_equal(ternary.pack(trits), np.array([[0b01001001, 0b10000000]], np.uint8))

    def test_conversions(self) -> None:
        values = np.array([[0.9, 1.7, -1.2, -0.2, np.nan]], np.float32)
        truncated = ternary.pack(values, conversion="truncate")
        signs = ternary.pack(values, conversion="sign")
        self.assert_equal(ternary.unpack(truncated, (1, 5), "chimera"),
                          np.array([[0, 1, -1, 0, 0]], np.int8))
        self.assert_equal(ternary.unpack(signs, (1, 5), "chimera"),
                          np.array([[1, 1, -1, -1, 0]], np.int8))

    def test_carried_scales_come_back(self) -> None:
        for name, shape in (("tq2_0", (2, 512)), ("tq1_0", (1, 256)), ("i2_s", (3, 128))):
            with self.subTest(name):
                trits = self.trits(*shape)
                scales = np.full(packing.scale_shape(name, shape), 0.25, np.float32)
                packed = ternary.pack(trits, name, scales=scales)
                got, carried = ternary.unpack(packed, shape, name, with_scales=True)
                self.assert_equal(got, trits)
                self.assert_equal(carried, scales)

    def test_repack(self) -> None:
        trits = self.trits(3, 33)
        got = ternary.repack(ternary.pack(trits), (3, 33), "chimera", "base3")
        self.assert_equal(got, ternary.pack(trits, "base3"))

    def test_repack_into_carried_scales(self) -> None:
        trits, scales = self.trits(1, 256), np.ones((1, 1), np.float32)
        got = ternary.repack(ternary.pack(trits), (1, 256), "chimera", "tq2_0",
                             scales=scales)
        self.assert_equal(got, ternary.pack(trits, "tq2_0", scales=scales))

    def test_dequantize(self) -> None:
        trits = self.trits(3, 33)
        row, group = self.floats(3), self.floats(3, 5)
        self.assert_equal(ternary.dequantize(trits, scales=row), trits * row[:, None])
        self.assert_equal(
            ternary.dequantize(ternary.pack(trits, "base3"), (3, 33), "base3",
                               scales=group, group_size=8),
            trits * np.repeat(group, 8, axis=1)[:, :33])
        self.assert_equal(ternary.dequantize(trits, dtype=np.float16),
                          trits.astype(np.float16))

    def test_out(self) -> None:
        trits = self.trits(3, 9)
        for dtype in (np.int8, np.uint8):
            packed = np.zeros((3, 3), dtype)
            self.assertIs(ternary.pack(trits, out=packed), packed)
            self.assert_equal(packed.view(np.uint8), ternary.pack(trits))
        scales = np.full(1, 3, np.float32)
        carried = ternary.pack(np.zeros((1, 256), np.int8), "tq2_0",
                               scales=np.ones((1, 1), np.float32))
        scales = np.empty((1, 1), np.float32)
        trits, got = ternary.unpack(carried, (1, 256), "tq2_0", with_scales=True,
                                    out=(None, scales))
        self.assertIs(got, scales)
        self.assertEqual((trits.shape, scales[0, 0]), ((1, 256), 1.0))


class Refusals(OpTestCase):
    def test_pack(self) -> None:
        trits = self.trits(3, 8)
        self.assert_refuses(
            TypeError, "pack: operand 'trits', expected int8, float16, bfloat16 or float32, "
            "found float64", ternary.pack, trits.astype(np.float64))
        self.assert_refuses(ValueError, "pack: operand 'trits', expected rank 2, found "
                            "shape (24,)", ternary.pack, trits.reshape(-1))
        self.assert_refuses(ValueError, "found 'nosuch'", ternary.pack, trits, "nosuch")
        self.assert_refuses(ValueError, "pack: ", ternary.pack, trits, "tq2_0")
        self.assert_refuses(ValueError, "pack: attribute 'conversion', expected 'trits', "
                            "'truncate' or 'sign', found 'round'",
                            ternary.pack, trits, conversion="round")
        self.assert_refuses(ValueError, "pack: expected no 'scales' with packing 'chimera', "
                            "found some", ternary.pack, trits, scales=self.floats(3))

    def test_pack_needs_the_scales_that_bytes_carry(self) -> None:
        trits = self.trits(1, 256)
        self.assert_refuses(ValueError, "pack: expected 'scales' of shape (1, 1) with "
                            "packing 'tq2_0', found none", ternary.pack, trits, "tq2_0")
        self.assert_refuses(ValueError, "pack: operand 'scales', expected shape (1, 1), "
                            "found (1,)", ternary.pack, trits, "tq2_0",
                            scales=self.floats(1))
        self.assert_refuses(TypeError, "pack: operand 'scales', expected float32, found "
                            "float16", ternary.pack, trits, "tq2_0",
                            scales=np.ones((1, 1), np.float16))

    def test_unpack(self) -> None:
        packed = ternary.pack(self.trits(3, 8))
        self.assert_refuses(ValueError, "unpack: operand 'packed', expected shape (3, 3), "
                            "found (3, 2)", ternary.unpack, packed, (3, 9), "chimera")
        self.assert_refuses(TypeError, "unpack: operand 'packed', expected int8 or uint8, "
                            "found int16", ternary.unpack, packed.astype(np.int16), (3, 8),
                            "chimera")
        self.assert_refuses(ValueError, "unpack: attribute 'shape', expected two extents, "
                            "found (24,)", ternary.unpack, packed, (24,), "chimera")
        self.assert_refuses(TypeError, "unpack: attribute 'shape', expected two extents, "
                            "found 24", ternary.unpack, packed, 24, "chimera")
        self.assert_refuses(ValueError, "unpack: attribute 'shape', expected at least 0, "
                            "found -3", ternary.unpack, packed, (-3, 8), "chimera")
        self.assert_refuses(ValueError, "unpack: expected a packing that carries scales with "
                            "'with_scales', found 'chimera'",
                            ternary.unpack, packed, (3, 8), "chimera", with_scales=True)

    def test_dequantize(self) -> None:
        trits, packed = self.trits(3, 8), ternary.pack(self.trits(3, 8))
        self.assert_refuses(ValueError, "dequantize: expected 'shape' with 'packing', found "
                            "none", ternary.dequantize, packed, packing="chimera")
        self.assert_refuses(TypeError, "dequantize: operand 'weight', expected int8, found "
                            "uint8", ternary.dequantize, packed)
        self.assert_refuses(ValueError, "dequantize: operand 'weight', expected shape "
                            "(3, 9), found (3, 8)", ternary.dequantize, trits, (3, 9))
        self.assert_refuses(ValueError, "dequantize: operand 'scales', expected shape () or "
                            "(3,), found (4,)", ternary.dequantize, trits,
                            scales=self.floats(4))
        self.assert_refuses(ValueError, "dequantize: operand 'scales', expected shape (), "
                            "(3,) or (3, 2), found (3, 3)", ternary.dequantize, trits,
                            scales=self.floats(3, 3), group_size=4)
        self.assert_refuses(ValueError, "dequantize: expected 'group_size' with scales of "
                            "rank 2, found none", ternary.dequantize, trits,
                            scales=self.floats(3, 2))
        self.assert_refuses(ValueError, "dequantize: expected 'group_size' only with scales "
                            "of rank 2, found 4", ternary.dequantize, trits,
                            scales=self.floats(3), group_size=4)
        self.assert_refuses(ValueError, "dequantize: attribute 'group_size', expected at "
                            "least 1, found 0", ternary.dequantize, trits,
                            scales=self.floats(3, 2), group_size=0)
        self.assert_refuses(TypeError, "dequantize: attribute 'dtype', expected float16, "
                            "bfloat16 or float32, found float64", ternary.dequantize, trits,
                            dtype=np.float64)

    def test_destination(self) -> None:
        trits = self.trits(3, 8)
        self.assert_refuses(ValueError, "pack", ternary.pack, trits,
                            out=np.zeros((3, 3), np.uint8))
        self.assert_refuses(TypeError, "pack", ternary.pack, trits,
                            out=np.zeros((3, 2), np.int16))
        read_only = np.zeros((3, 2), np.uint8)
        read_only.flags.writeable = False
        self.assert_refuses(ValueError, "pack", ternary.pack, trits, out=read_only)


if __name__ == "__main__":
    unittest.main()
