"""Straight-through rules and gradients."""

from __future__ import annotations

import unittest
from collections.abc import Callable

import numpy as np

import ternary
from golden import Case, GoldenTestCase, as_matrix, as_rows, grouped
from golden_steps import latent_trits, scales_of_exponents
from op_testing import OpTestCase

Arrays = dict[str, np.ndarray]
SHAPES = [(1, 1), (3, 5), (1, 33), (3, 257)]
TOKENS = (0, 1, 7)


class Golden(GoldenTestCase):
    def check_ste(self, op: str, variant: str, shaped: Callable[[np.ndarray], np.ndarray],
                  granularity: str | None = None) -> None:
        """With scales of this granularity, or without any."""
        def compute(case: Case) -> Arrays:
            w, grad = shaped(case.inputs["w"]), shaped(case.inputs["grad_y"])
            alpha = granularity and ternary.absmean(w, granularity=granularity,
                                                    eps=case.params.get("eps", 1e-5))
            return {"y": ternary.ste(w, alpha, variant=variant),
                    "grad_w": ternary.ste_backward(w, grad, variant=variant)}

        self.check_op(op, compute)

    def test_ste(self) -> None:
        self.check_ste("ste_clamp", "clamp", as_matrix)
        self.check_ste("ste_legacy", "legacy", as_matrix)
        self.check_ste("ste_identity_tensor", "identity", as_matrix, "tensor")
        self.check_ste("ste_identity_per_row", "identity", as_rows, "row")

    def test_lsq(self) -> None:
        def compute(case: Case) -> Arrays:
            w, grad = as_matrix(case.inputs["w"]), as_matrix(case.inputs["grad_y"])
            alpha = case.inputs["alpha"].reshape(())
            grad_w, grad_alpha = ternary.ste_backward(w, grad, alpha, variant="lsq")
            return {"y": ternary.ste(w, alpha, variant="lsq"), "grad_w": grad_w,
                    "grad_alpha": grad_alpha}

        self.check_op("lsq", compute)

    def test_learnable_scale(self) -> None:
        def compute(case: Case) -> Arrays:
            alpha, eps = case.inputs["alpha"], float(case.params["eps"])
            return {"value": ternary.learnable_scale(alpha, eps=eps),
                    "grad": ternary.learnable_scale_backward(alpha, np.ones_like(alpha),
                                                             eps=eps)}

        self.check_op("learnable_scale", compute)

    def test_bitlinear_train(self) -> None:
        """The gradient to the dense weights, before its gate, is a matrix product."""
        def compute(case: Case) -> Arrays:
            trits, alpha = latent_trits(case)
            w, x, grad = (case.inputs[name] for name in ("w", "x", "grad_y"))
            grad_w = ternary.ste_backward(w, grad.T @ x, alpha, variant="clamp")
            if case.params["nm_2_4"]:
                grad_w *= ternary.nonzero_mask(trits)
            return {"y": ternary.bitlinear(x, trits, scales=alpha,
                                           bias=case.inputs.get("bias")),
                    "grad_x": ternary.grad_input(grad, trits, scales=alpha),
                    "grad_w": grad_w, "grad_b": grad.sum(axis=0)}

        self.check_op("bitlinear_train", compute)

    def grad_x(self, case: Case, half: bool) -> Arrays:
        rows, columns = case.params["shape"]
        return {"grad_x": ternary.grad_input(
            case.inputs["grad_y"], case.inputs["packed"].reshape(-1), in_features=columns,
            packing="base3", scales=scales_of_exponents(case, rows, half),
            group_size=int(case.params["group_size"]),
            round_operands="float16" if half else None)}

    def test_ternary_grad_x(self) -> None:
        self.check_op("ternary_grad_x", lambda case: self.grad_x(case, half=False))

    def test_ternary_grad_x_fp16clamp(self) -> None:
        self.check_op("ternary_grad_x_fp16clamp", lambda case: self.grad_x(case, half=True))

    def test_grad_sign(self) -> None:
        self.check_op("grad_sign", lambda case: {"sign": ternary.grad_sign(
            as_matrix(case.inputs["grad_y"]), as_matrix(case.inputs["x"]))})

    def embedding_sign(self, case: Case) -> np.ndarray:
        return ternary.embedding_grad_sign(case.inputs["indices"].reshape(-1),
                                           as_matrix(case.inputs["grad_y"]),
                                           int(case.params["vocab"]))

    def test_embedding_grad_sign(self) -> None:
        self.check_op("embedding_grad_sign",
                      lambda case: {"sign": self.embedding_sign(case)})

    def test_embedding_backward_corr(self) -> None:
        def compute(case: Case) -> Arrays:
            correlation = grouped(case.inputs["corr"], int(case.params["vocab"])).copy()
            step = case.inputs["step"].reshape(1).copy()
            ternary.accumulate_correlation(
                self.embedding_sign(case), case.inputs["packed"].reshape(-1), correlation,
                step, group_size=int(case.params["group_size"]), packing="base3")
            return {"corr": correlation, "step": step}

        self.check_op("embedding_backward_corr", compute)

    def test_ternary_rmsnorm_backward(self) -> None:
        def compute(case: Case) -> Arrays:
            size = int(case.params["group_size"])
            scales = ternary.effective_exponent(grouped(case.inputs["E"], 1), group_size=size)
            return {"grad_x": ternary.rms_norm_backward(
                case.inputs["x"], case.inputs["grad_y"], case.inputs["packed"].reshape(-1),
                eps=float(case.params["eps"]), scales=scales, packing="base3",
                group_size=size)}

        self.check_op("ternary_rmsnorm_backward", compute)


class Values(OpTestCase):
    def test_clamp_gate(self) -> None:
        w, alpha = np.array([[-2, -1, 0.5, np.nan]], np.float32), np.ones(1, np.float32)
        grad = np.full((1, 4), 3, np.float32)
        want = np.array([[0, 3, 3, 0]], np.float32)
        self.assert_equal(ternary.ste_backward(w, grad, variant="clamp"), want)
        self.assert_equal(ternary.ste_backward(w, grad, alpha, variant="clamp"), want)
        self.assert_equal(ternary.ste_backward(w, grad, variant="legacy"), np.ones_like(w))

    def test_lsq_per_row(self) -> None:
        for shape in SHAPES:
            with self.subTest(shape=shape):
                w, grad = self.floats(*shape), self.floats(*shape)
                alpha = np.abs(self.floats(shape[0])) + np.float32(0.1)
                q = np.clip(np.rint(w / alpha[:, None]), -1, 1)
                self.assert_equal(ternary.ste(w, alpha, variant="lsq"), q * alpha[:, None])
                grad_w, grad_alpha = ternary.ste_backward(w, grad, alpha, variant="lsq")
                self.assert_equal(grad_w, grad)
                self.assert_close(grad_alpha, (grad * q).sum(axis=1))

    def test_learnable_scale_of_any_rank(self) -> None:
        for shape in ((), (3,), (2, 5)):
            alpha = np.asarray(self.floats(*shape))
            self.assert_equal(ternary.learnable_scale(alpha, eps=0.25),
                              np.maximum(alpha, np.full(shape, 0.25, np.float32)))

    def test_grad_input(self) -> None:
        for rows, columns in SHAPES:
            for leading in ((), (0,), (1,), (7,), (2, 3)):
                with self.subTest(rows=rows, columns=columns, leading=leading):
                    grad, trits = self.floats(*leading, rows), self.trits(rows, columns)
                    scales = self.floats(rows)
                    want = grad @ (trits * scales[:, None])
                    self.assert_close(ternary.grad_input(grad, trits, scales=scales), want)
                    self.assert_close(
                        ternary.grad_input(grad, ternary.pack(trits), scales=scales,
                                           in_features=columns, packing="chimera"), want)

    def test_grad_input_of_exponents(self) -> None:
        grad, trits, exponents = self.floats(2, 3), self.trits(3, 10), self.trits(3, 3)
        scales = np.exp2(exponents.astype(np.float32))
        self.assert_equal(
            ternary.grad_input(grad, trits, scales=exponents, group_size=4),
            ternary.grad_input(grad, trits, scales=scales, group_size=4))

    def test_grad_sign(self) -> None:
        for tokens in TOKENS:
            for rows, columns in SHAPES:
                with self.subTest(tokens=tokens, rows=rows, columns=columns):
                    grad = self.trits(tokens, rows).astype(np.float32)
                    x = self.trits(tokens, columns).astype(np.float32)
                    self.assert_equal(ternary.grad_sign(grad, x),
                                      np.sign(grad.T @ x).astype(np.int8))

    def test_embedding_grad_sign(self) -> None:
        for count in TOKENS:
            for dtype in (np.int32, np.int64):
                with self.subTest(count=count, dtype=dtype.__name__):
                    ids = self.rng.integers(-1, 5, count).astype(dtype)
                    grad = self.trits(count, 5).astype(np.float32)
                    sums = np.zeros((4, 5), np.float32)
                    inside = (ids >= 0) & (ids < 4)
                    np.add.at(sums, ids[inside], grad[inside])
                    self.assert_equal(ternary.embedding_grad_sign(ids, grad, 4),
                                      np.sign(sums).astype(np.int8))

    def test_norm_gradient(self) -> None:
        for leading in ((), (1,), (7,), (2, 3)):
            for width in (1, 33):
                with self.subTest(leading=leading, width=width):
                    x, grad = self.floats(*leading, width), self.floats(*leading, width)
                    weight = self.floats(width)
                    rms = np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-5))
                    xn, gw = x / rms, grad * weight
                    mean = (gw * xn).mean(axis=-1, keepdims=True)
                    grad_x, grad_weight = ternary.rms_norm_backward(x, grad, weight)
                    self.assert_close(grad_x, (gw - xn * mean) / rms, 1e-4)
                    self.assert_close(grad_weight,
                                      (grad * xn).reshape(-1, width).sum(axis=0), 1e-4)

    def test_out(self) -> None:
        w, grad, alpha = self.floats(3, 5), self.floats(3, 5), np.ones(3, np.float32)
        grad_alpha = np.empty(3, np.float32)
        got = ternary.ste_backward(w, grad, alpha, variant="lsq", out=(None, grad_alpha))
        self.assertIs(got[1], grad_alpha)
        want = ternary.ste_backward(w, grad, alpha, variant="lsq")
        for value, expected in zip(got, want, strict=True):
            self.assert_equal(value, expected)


class Refusals(OpTestCase):
    def test_ste(self) -> None:
        w, alpha, refuses = self.floats(3, 5), self.floats(3), self.assert_refuses
        refuses(ValueError, "ste: attribute 'variant', expected 'identity', 'clamp', 'legacy' "
                "or 'lsq', found 'sign'", ternary.ste, w, variant="sign")
        refuses(TypeError, "ste_backward: operand 'grad', expected an array, found NoneType",
                ternary.ste_backward, w, None, variant="clamp")
        refuses(ValueError, "ste: expected 'scales' with variant 'lsq', found none",
                ternary.ste, w, variant="lsq")
        refuses(ValueError, "ste: expected no 'scales' with variant 'clamp', found some",
                ternary.ste, w, alpha, variant="clamp")
        refuses(ValueError, "ste_backward: expected 'scales' with variant 'lsq', found none",
                ternary.ste_backward, w, w, variant="lsq")
        refuses(ValueError, "ste_backward: expected no 'scales' with variant 'identity', "
                "found some", ternary.ste_backward, w, w, alpha, variant="identity")
        refuses(ValueError, "ste_backward: operand 'grad', expected shape (3, 5), found "
                "(5, 3)", ternary.ste_backward, w, self.floats(5, 3), variant="clamp")

    def test_scales(self) -> None:
        w, refuses = self.floats(3, 5), self.assert_refuses
        refuses(ValueError, "ste: operand 'scales', expected shape () or (3,), found (5,)",
                ternary.ste, w, self.floats(5), variant="identity")
        refuses(ValueError, "ste_backward: operand 'scales', expected shape () or (3,), "
                "found (3, 1)", ternary.ste_backward, w, w, self.floats(3, 1),
                variant="clamp")
        refuses(ValueError, "learnable_scale_backward: operand 'grad', expected shape (3,), "
                "found (1,)", ternary.learnable_scale_backward, self.floats(3),
                self.floats(1))
        refuses(TypeError, "learnable_scale: operand 'alpha', expected float32, found "
                "float64", ternary.learnable_scale, np.ones(3))

    def test_grad_input(self) -> None:
        grad, refuses = self.floats(2, 3), self.assert_refuses
        refuses(ValueError, "grad_input: expected 'in_features' with 'packing', found none",
                ternary.grad_input, grad, self.trits(3, 2), packing="chimera")
        refuses(ValueError, "grad_input: operand 'weight', expected shape (3, 5), found "
                "(2, 5)", ternary.grad_input, grad, self.trits(2, 5))
        refuses(TypeError, "grad_input: operand 'grad', expected float16, bfloat16 or "
                "float32, found int8", ternary.grad_input, self.trits(2, 3),
                self.trits(3, 5))

    def test_tokens(self) -> None:
        """Open extents, which compiled code does not check."""
        refuses = self.assert_refuses
        for tokens in (1, 3):
            refuses(ValueError, f"grad_sign: operand 'x', expected shape (2, 5), found "
                    f"({tokens}, 5)", ternary.grad_sign, self.floats(2, 3),
                    self.floats(tokens, 5))
            refuses(ValueError, "rms_norm_backward: operand 'grad', expected shape (2, 5), "
                    f"found ({tokens}, 5)", ternary.rms_norm_backward, self.floats(2, 5),
                    self.floats(tokens, 5), self.floats(5))
            refuses(ValueError, "embedding_grad_sign: operand 'grad', expected shape (2, 5), "
                    f"found ({tokens}, 5)", ternary.embedding_grad_sign, np.arange(2),
                    self.floats(tokens, 5), 4)


if __name__ == "__main__":
    unittest.main()
