"""bitlinear, embedding, rms_norm."""

from __future__ import annotations

import unittest
from typing import Any

import numpy as np

import ternary
from golden import Case, GoldenTestCase, grouped
from golden_steps import latent_trits, scales_of_exponents
from op_testing import OpTestCase

Arrays = dict[str, np.ndarray]
LEADING = [(), (0,), (1,), (7,), (2, 3)]


def flat_bias(case: Case) -> np.ndarray | None:
    bias = case.inputs.get("bias")
    return None if bias is None else bias.reshape(-1)


def float_trits(w: np.ndarray) -> np.ndarray:
    """Trits that the vectors hold as floats."""
    return np.ascontiguousarray(w.astype(np.int8))


class Golden(GoldenTestCase):
    def test_bitlinear_packed(self) -> None:
        def compute(case: Case) -> Arrays:
            trits, alpha = latent_trits(case)
            packed, x = ternary.pack(trits), case.inputs["x"]
            y = ternary.bitlinear(
                x, packed, out_features=trits.shape[0], packing="chimera", scales=alpha,
                bias=flat_bias(case), dtype=x.dtype,
                round_operands="float16" if x.dtype == np.float16 else None)
            got = {"y": y, "packed": packed, "alpha": alpha}
            if "dense_w" in case.outputs:
                got["dense_w"] = ternary.dequantize(
                    packed, trits.shape, "chimera", scales=alpha,
                    dtype=case.outputs["dense_w"].dtype)
            return got

        self.check_op("bitlinear_packed", compute)

    def test_fn_bitlinear(self) -> None:
        def compute(case: Case) -> Arrays:
            weight, gamma = float_trits(case.inputs["W"]), case.inputs["gamma"]
            scales = gamma.reshape(-1 if gamma.size == weight.shape[0] else ())
            return {"y": ternary.bitlinear(case.inputs["x"], weight, scales=scales,
                                           bias=flat_bias(case))}

        self.check_op("fn_bitlinear", compute)

    def test_multi_ternary_linear(self) -> None:
        def compute(case: Case) -> Arrays:
            weights = [float_trits(w) for w in case.inputs["W_ternary"]]
            gammas = [gamma.reshape(-1) for gamma in case.inputs["gammas"]]
            return {"y": ternary.bitlinear(
                case.inputs["x"], weights, scales=gammas, bias=flat_bias(case),
                out_features=case.inputs["W_ternary"].shape[1])}

        self.check_op("multi_ternary_linear", compute)

    def group_scaled(self, case: Case, half: bool) -> Arrays:
        rows = int(case.params["shape"][0])
        return {"y": ternary.bitlinear(
            case.inputs["x"], case.inputs["packed"].reshape(-1), out_features=rows,
            packing="base3", scales=scales_of_exponents(case, rows, half),
            group_size=int(case.params["group_size"]), bias=flat_bias(case),
            round_operands="float16" if half else None)}

    def test_ternary_forward(self) -> None:
        self.check_op("ternary_forward", lambda case: self.group_scaled(case, half=False))

    def test_ternary_forward_fp16clamp(self) -> None:
        self.check_op("ternary_forward_fp16clamp",
                      lambda case: self.group_scaled(case, half=True))

    def test_embedding_forward(self) -> None:
        """The scales are powers of two without the correlation (D15)."""
        def compute(case: Case) -> Arrays:
            size = int(case.params["group_size"])
            shape = (int(case.params["vocab"]), int(case.params["dim"]))
            exponent = grouped(case.inputs["E"], shape[0])
            scales = ternary.effective_exponent(exponent, group_size=size)
            return {"y": ternary.embedding(
                case.inputs["indices"], case.inputs["packed"].reshape(-1), shape=shape,
                packing="base3", scales=scales, group_size=size)}

        self.check_op("embedding_forward", compute)

    def test_rmsnorm(self) -> None:
        def compute(case: Case) -> Arrays:
            x, weight = case.inputs["x"], case.inputs["weight"]
            eps = float(case.params["eps"])
            got = {"y": ternary.rms_norm(x, weight, eps=eps)}
            if "grad_y" in case.inputs:
                got["grad_x"], got["grad_weight"] = ternary.rms_norm_backward(
                    x, case.inputs["grad_y"], weight, eps=eps)
            return got

        self.check_op("rmsnorm", compute)

    def ternary_norm(self, case: Case, scales: np.ndarray) -> Arrays:
        return {"y": ternary.rms_norm(
            case.inputs["x"], case.inputs["packed"].reshape(-1), packing="base3",
            eps=float(case.params["eps"]), scales=scales,
            group_size=int(case.params["group_size"]))}

    def test_ternary_rmsnorm_forward(self) -> None:
        self.check_op("ternary_rmsnorm_forward", lambda case: self.ternary_norm(
            case, ternary.effective_exponent(grouped(case.inputs["E"], 1),
                                             group_size=int(case.params["group_size"]))))

    def test_ternary_rmsnorm_corr_forward(self) -> None:
        self.check_op("ternary_rmsnorm_corr_forward", lambda case: self.ternary_norm(
            case, scales_of_exponents(case, 1)))


class BitLinear(OpTestCase):
    def test_int8_is_exact(self) -> None:
        for rows, columns in ((1, 1), (3, 5), (1, 33), (3, 257)):
            for leading in LEADING:
                with self.subTest(rows=rows, columns=columns, leading=leading):
                    x, trits = self.int8s(*leading, columns), self.trits(rows, columns)
                    want = x.astype(np.int32) @ trits.T.astype(np.int32)
                    self.assert_equal(ternary.bitlinear(x, trits, dtype="int32"), want)
                    packed = ternary.pack(trits, "base3")
                    self.assert_equal(
                        ternary.bitlinear(x, packed, out_features=rows, packing="base3",
                                          dtype="int32"), want)

    def test_floats(self) -> None:
        for rows, columns in ((1, 1), (3, 5), (1, 33), (3, 257)):
            for leading in LEADING:
                with self.subTest(rows=rows, columns=columns, leading=leading):
                    x, trits = self.floats(*leading, columns), self.trits(rows, columns)
                    scales, bias = self.floats(rows), self.floats(rows)
                    factor = np.asarray(self.floats(*leading))
                    want = x @ trits.T.astype(np.float32) * scales * factor[..., None] + bias
                    got = ternary.bitlinear(x, trits, scales=scales, bias=bias,
                                            activation_scale=factor)
                    self.assert_close(got, want)

    def test_empty_extents(self) -> None:
        self.assert_equal(ternary.bitlinear(np.zeros((2, 0), np.float32),
                                            np.zeros((3, 0), np.int8)),
                          np.zeros((2, 3), np.float32))
        self.assert_equal(ternary.bitlinear(self.floats(2, 5), np.zeros((0, 5), np.int8)),
                          np.zeros((2, 0), np.float32))

    def test_groups_and_exponents(self) -> None:
        x, trits = self.floats(7, 33), self.trits(3, 33)
        exponents = self.rng.integers(-3, 3, (3, 5), np.int8)
        scales = np.exp2(exponents.astype(np.float32))
        want = x @ (trits * np.repeat(scales, 8, axis=1)[:, :33]).T
        for factors in (scales, exponents):
            self.assert_close(
                ternary.bitlinear(x, trits, scales=factors, group_size=8), want)
        blocked = np.zeros((2, 5, 2), np.float32)
        for row in range(3):
            blocked[row // 2, :, row % 2] = scales[row]
        self.assert_close(ternary.bitlinear(x, trits, scales=blocked, group_size=8), want)

    def test_components(self) -> None:
        x, first, second = self.floats(7, 33), self.trits(3, 33), self.trits(3, 33)
        alpha, beta = self.floats(3), np.full((), 0.5, np.float32)
        want = (x @ first.T.astype(np.float32)) * alpha + x @ second.T * np.float32(0.5)
        self.assert_close(ternary.bitlinear(x, (first, second), scales=[alpha, beta]),
                          want.astype(np.float32))

    def test_no_component_gives_the_bias(self) -> None:
        bias = self.rng.integers(-9, 9, 3, np.int32)
        self.assert_equal(ternary.bitlinear(self.floats(2, 5), (), out_features=3, bias=bias),
                          np.tile(bias.astype(np.float32), (2, 1)))

    def test_result_dtype(self) -> None:
        x, trits = self.floats(2, 5), self.trits(3, 5)
        half = ternary.bitlinear(x, trits, dtype=np.float16)
        self.assert_equal(half, ternary.bitlinear(x, trits).astype(np.float16))

    def test_out(self) -> None:
        x, trits = self.floats(2, 5), self.trits(3, 5)
        out = np.empty((2, 3), np.float32)
        self.assertIs(ternary.bitlinear(x, trits, out=out), out)
        self.assert_equal(out, ternary.bitlinear(x, trits))


class EmbeddingAndNorm(OpTestCase):
    def test_embedding(self) -> None:
        table, scales = self.trits(7, 33), self.floats(7)
        for dtype in (np.int32, np.int64):
            for shape in LEADING:
                with self.subTest(dtype=dtype.__name__, shape=shape):
                    ids = np.asarray(self.rng.integers(0, 7, shape), dtype)
                    self.assert_equal(ternary.embedding(ids, table, scales=scales),
                                      table[ids] * scales[ids][..., None])

    def test_ids_outside_give_zeros(self) -> None:
        packed = ternary.pack(np.ones((3, 5), np.int8))
        got = ternary.embedding(np.array([-1, 1, 3]), packed, shape=(3, 5),
                                packing="chimera")
        self.assert_equal(got, np.repeat(np.float32([[0], [1], [0]]), 5, axis=1))

    def test_rms_norm(self) -> None:
        for leading in LEADING:
            for width in (1, 5, 33, 257):
                with self.subTest(leading=leading, width=width):
                    x, weight = self.floats(*leading, width), self.floats(width)
                    xn = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-5))
                    self.assert_close(ternary.rms_norm(x), xn)
                    self.assert_close(ternary.rms_norm(x, weight), xn * weight)

    def test_norm_of_trits(self) -> None:
        x, trits, scales = self.floats(2, 10), self.trits(1, 10), self.floats(1, 3)
        weight = (trits * np.repeat(scales, 4, axis=1)[:, :10])[0]
        want = ternary.rms_norm(x, weight)
        self.assert_equal(ternary.rms_norm(x, trits, scales=scales, group_size=4), want)
        self.assert_equal(ternary.rms_norm(x, ternary.pack(trits), packing="chimera",
                                           scales=scales, group_size=4), want)

    def test_norm_result_is_float32_unless_told(self) -> None:
        x = self.floats(2, 8).astype(np.float16)
        weight = np.full(8, 1 / 3, np.float32)
        full = ternary.rms_norm(x, weight)
        self.assertEqual(full.dtype, np.float32)
        self.assert_equal(ternary.rms_norm(x, weight, dtype="float16"),
                          full.astype(np.float16))


class Refusals(OpTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.x, self.w = self.floats(2, 5), self.trits(3, 5)

    def refuses(self, error: type[Exception], text: str, *arguments: Any, **keywords: Any,
                ) -> None:
        self.assert_refuses(error, f"bitlinear: {text}", ternary.bitlinear,
                            *(arguments or (self.x, self.w)), **keywords)

    def test_bitlinear_operands(self) -> None:
        self.refuses(TypeError, "operand 'x', expected int8, float16, bfloat16 or float32, "
                     "found uint8", self.x.astype(np.uint8), self.w)
        self.refuses(TypeError, "operand 'x', expected an array, found list", [1.0], self.w)
        self.refuses(TypeError, "operand 'x', expected an array, found NoneType", None,
                     self.w)
        self.refuses(TypeError, "operand 'weights1', expected an array, found NoneType",
                     self.x, (self.w, None))
        self.refuses(ValueError, "operand 'x', expected rank 1 or more, found rank 0",
                     np.zeros((), np.float32), self.w)
        self.refuses(TypeError, "operand 'weights', expected int8, found float32", self.x,
                     self.floats(3, 5))
        self.refuses(ValueError, "operand 'weights', expected shape (3, 5), found (3, 4)",
                     self.x, self.trits(3, 4))
        self.refuses(ValueError, "operand 'weights', expected rank 2, found shape (15,)",
                     self.x, self.trits(15))
        self.refuses(ValueError, "operand 'weights1', expected shape (3, 5), found (2, 5)",
                     self.x, (self.w, self.trits(2, 5)))
        self.refuses(TypeError, "operand 'weights', expected int8 or uint8, found float32",
                     self.x, self.floats(3, 5), out_features=3, packing="chimera")
        self.refuses(ValueError, "operand 'weights', expected shape (3, 2), found (3, 5)",
                     self.x, self.w, out_features=3, packing="chimera")
        self.refuses(ValueError, "expected 'out_features' with 'packing', found none",
                     self.x, self.w, packing="chimera")
        self.refuses(ValueError, "expected 'out_features' without weights, found none",
                     self.x, ())

    def test_bitlinear_scales(self) -> None:
        self.refuses(ValueError, "expected one scale per component, found 2 for 1 components",
                     scales=(self.floats(3), self.floats(3)))
        self.refuses(ValueError, "operand 'scales', expected shape () or (3,), found (1,)",
                     scales=self.floats(1))
        self.refuses(ValueError, "operand 'scales', expected shape (), (3,) or (3, 2), "
                     "found (3, 1)", scales=self.floats(3, 1), group_size=4)
        self.refuses(ValueError, "operand 'scales', expected shape (2, 2, 2), found "
                     "(1, 2, 2)", scales=self.floats(1, 2, 2), group_size=4)
        self.refuses(ValueError, "expected 'group_size' with scales of rank 2 or 3, found "
                     "none", scales=self.floats(3, 2))
        self.refuses(ValueError, "expected 'group_size' only with scales of rank 2 or 3, "
                     "found 4", scales=self.floats(3), group_size=4)
        self.refuses(TypeError, "operand 'scales', expected float32 or int8, found float16",
                     scales=np.ones(3, np.float16))

    def test_bitlinear_tokens(self) -> None:
        """Open extents, which compiled code does not check."""
        for tokens in (1, 3):
            self.refuses(ValueError, "operand 'activation_scale', expected shape (2,), "
                         f"found ({tokens},)", activation_scale=self.floats(tokens))
        self.refuses(ValueError, "operand 'activation_scale', expected shape (2, 7), found "
                     "(7, 2)", self.floats(2, 7, 5), self.w,
                     activation_scale=self.floats(7, 2))
        self.assert_refuses(ValueError, "bitlinear", ternary.bitlinear, self.x, self.w,
                            out=np.empty((3, 3), np.float32))

    def test_bitlinear_attributes(self) -> None:
        self.refuses(ValueError, "operand 'bias', expected shape (3,), found (2,)",
                     bias=self.floats(2))
        self.refuses(TypeError, "operand 'bias', expected int32, float16, bfloat16 or "
                     "float32, found int64", bias=np.zeros(3, np.int64))
        self.refuses(ValueError, "expected int8 activations and neither scales, bias nor "
                     "activation scale with dtype int32, found float32 activations",
                     dtype="int32")
        self.refuses(ValueError, "expected int8 activations and neither scales, bias nor "
                     "activation scale with dtype int32, found int8 activations and some of "
                     "them", self.int8s(2, 5), self.w, bias=self.floats(3), dtype="int32")
        self.refuses(TypeError, "attribute 'dtype', expected int32, float16, bfloat16 or "
                     "float32, found int8", dtype="int8")
        self.refuses(ValueError, "expected float activations with 'round_operands', found "
                     "int8", self.int8s(2, 5), self.w, round_operands="float16")
        self.refuses(TypeError, "attribute 'round_operands', expected float16 or bfloat16, "
                     "found float32", round_operands="float32")
        self.refuses(ValueError, "attribute 'packing', expected 'chimera'", self.x, self.w,
                     packing="four", out_features=3)
        self.refuses(TypeError, "attribute 'out_features', expected an integer, found 3.5",
                     out_features=3.5)
        self.refuses(TypeError, "expected numbers, names and tuples as attributes, found "
                     "['chimera']", packing=["chimera"])

    def test_embedding(self) -> None:
        ids = np.arange(3)
        self.assert_refuses(TypeError, "embedding: operand 'ids', expected int32 or int64, "
                            "found float32", ternary.embedding, self.x, self.w)
        self.assert_refuses(ValueError, "embedding: operand 'table', expected shape (3, 2), "
                            "found (3, 5)", ternary.embedding, ids, self.w, shape=(3, 5),
                            packing="chimera")
        self.assert_refuses(ValueError, "embedding: operand 'scales', expected shape () or "
                            "(3,), found (2,)", ternary.embedding, ids, self.w,
                            scales=self.floats(2))

    def test_rms_norm(self) -> None:
        x, refuses = self.x, self.assert_refuses
        refuses(ValueError, "rms_norm: operand 'weight', expected shape (5,), found (4,)",
                ternary.rms_norm, x, self.floats(4))
        refuses(TypeError, "rms_norm: operand 'weight', expected float32, int8 or uint8, "
                "found float64", ternary.rms_norm, x, np.ones(5))
        refuses(ValueError, "rms_norm: expected neither 'packing' nor 'scales' without a "
                "ternary weight", ternary.rms_norm, x, self.floats(5),
                scales=self.floats(1, 1), group_size=5)
        refuses(ValueError, "rms_norm: operand 'scales', expected rank 0 or 2, found shape "
                "(1,)", ternary.rms_norm, x, self.trits(1, 5), scales=self.floats(1))
        refuses(ValueError, "rms_norm: operand 'weight', expected shape (1, 5), found (5,)",
                ternary.rms_norm, x, self.trits(5))


if __name__ == "__main__":
    unittest.main()
