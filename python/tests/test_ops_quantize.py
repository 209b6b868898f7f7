"""absmean, ternarize, activations, sparsity, decomposition, statistics."""

from __future__ import annotations

import unittest

import numpy as np

import ternary
from golden import Case, GoldenTestCase, as_matrix, as_rows
from golden_steps import latent_trits
from op_testing import OpTestCase

Arrays = dict[str, np.ndarray]
SHAPES = [(1, 1), (3, 5), (1, 33), (3, 257)]
EPS = np.float32(1e-5)


def ternarized(w: np.ndarray, granularity: str, eps: float) -> Arrays:
    alpha = ternary.absmean(w, granularity=granularity, eps=eps)
    trits = ternary.ternarize(w, alpha)
    return {"alpha": alpha, "q": trits, "signs": trits,
            "values": ternary.dequantize(trits, scales=alpha)}


class Golden(GoldenTestCase):
    def test_absmean_row(self) -> None:
        self.check_op("absmean_row", lambda case: {"alpha": ternary.absmean(
            as_matrix(case.inputs["w"]), eps=case.params.get("eps", 1e-5))})

    def test_ternarize_row(self) -> None:
        self.check_op("ternarize_row", lambda case: ternarized(
            as_matrix(case.inputs["w"]), "row", case.params.get("eps", 1e-5)))

    def test_ternarize_tensor(self) -> None:
        self.check_op("ternarize_tensor", lambda case: ternarized(
            as_matrix(case.inputs["w"]), "tensor", case.params.get("eps", 1e-5)))

    def test_ternarize_per_row(self) -> None:
        self.check_op("ternarize_per_row", lambda case: ternarized(
            as_rows(case.inputs["w"]), "row", case.params.get("eps", 1e-5)))

    def test_ternarize_threshold(self) -> None:
        self.check_op("ternarize_threshold", lambda case: {"q": ternary.ternarize(
            as_matrix(case.inputs["x"]), method="threshold",
            threshold=float(case.params["threshold"])).astype(np.float32)})

    def test_weight_to_ternary(self) -> None:
        def compute(case: Case) -> Arrays:
            granularity = "row" if case.params["per_channel"] else "tensor"
            got = ternarized(as_matrix(case.inputs["W"]), granularity,
                             case.params.get("eps", 1e-5))
            return {"W_t": got["q"].astype(np.float32), "gamma": got["alpha"]}

        self.check_op("weight_to_ternary", compute)

    def test_sparsify_2_4(self) -> None:
        self.check_op("sparsify_2_4", lambda case: {
            "w": ternary.sparsify(as_matrix(case.inputs["w"]))})

    def test_quantize_latent_2_4(self) -> None:
        def compute(case: Case) -> Arrays:
            trits, alpha = latent_trits(case)
            return {"q": trits, "packed": ternary.pack(trits), "alpha": alpha}

        self.check_op("quantize_latent_2_4", compute)

    def test_bitlinear_nonzero_mask(self) -> None:
        def compute(case: Case) -> Arrays:
            trits, _ = latent_trits(case)
            return {"mask": ternary.nonzero_mask(ternary.pack(trits), trits.shape, "chimera")}

        self.check_op("bitlinear_nonzero_mask", compute)

    def test_activation_quant(self) -> None:
        def compute(case: Case) -> Arrays:
            bits = int(case.params["bits"])
            if bits == 1:  # D9: one bit has no level but 0 and is refused
                with self.assertRaises(ValueError):
                    ternary.quantize_activation(case.inputs["x"], bits=bits)
                return case.outputs
            q, scale = ternary.quantize_activation(
                case.inputs["x"], bits=bits, eps=case.params.get("eps", 1e-5),
                scale_form="absmax", dtype="int32")
            return {"q": q, "scale": scale, "x_quant": ternary.dequantize_activation(
                q, scale, bits=bits, scale_form="absmax")}

        self.check_op("activation_quant", compute)

    def test_greedy_decomposition(self) -> None:
        def compute(case: Case) -> Arrays:
            trits, gammas = ternary.decompose(
                as_matrix(case.inputs["W"]), int(case.params["k"]),
                granularity="row" if case.outputs["gammas"].ndim == 2 else "tensor",
                eps=case.params.get("eps", 1e-5))
            return {"W_ternary": trits, "gammas": gammas}

        self.check_op("greedy_decomposition", compute)

    def test_deadzone_stats(self) -> None:
        self.check_op("deadzone_stats", lambda case: {"stats": ternary.deadzone_stats(
            as_matrix(case.inputs["w"]), band=float(case.params["band"]),
            eps=case.params.get("eps", 1e-5))})


class Values(OpTestCase):
    def test_absmean(self) -> None:
        for shape in SHAPES:
            with self.subTest(shape=shape):
                w = self.floats(*shape)
                magnitude = np.abs(w)
                self.assert_close(ternary.absmean(w), magnitude.mean(axis=1))
                self.assert_close(ternary.absmean(w, granularity="tensor"),
                                  np.asarray(magnitude.mean()))
                starts = range(0, shape[1], 4)
                self.assert_close(
                    ternary.absmean(w, granularity="group", group_size=4),
                    np.stack([magnitude[:, i:i + 4].mean(axis=1) for i in starts], axis=1))

    def test_absmean_is_bounded_by_eps(self) -> None:
        self.assert_equal(ternary.absmean(np.zeros((2, 3), np.float32), eps=0.5),
                          np.full(2, 0.5, np.float32))
        self.assert_equal(ternary.absmean(np.zeros((2, 0), np.float32)), np.full(2, EPS))
        self.assert_equal(ternary.absmean(np.zeros((0, 3), np.float32)),
                          np.zeros(0, np.float32))

    def test_ternarize(self) -> None:
        for shape in SHAPES:
            with self.subTest(shape=shape):
                w, alpha = self.floats(*shape), np.abs(self.floats(shape[0])) + EPS
                want = np.clip(np.rint(w / alpha[:, None]), -1, 1).astype(np.int8)
                self.assert_equal(ternary.ternarize(w, alpha), want)
                signs = (np.sign(w) * (np.abs(w) > np.float32(0.05))).astype(np.int8)
                self.assert_equal(ternary.ternarize(w, method="threshold", threshold=0.05),
                                  signs)

    def test_lsq_bounds_the_scale(self) -> None:
        w, alpha = self.floats(3, 5), np.array([-1, 0, 1], np.float32)
        bounded = np.maximum(alpha, np.float32(0.5))
        self.assert_equal(ternary.ternarize(w, alpha, method="lsq", eps=0.5),
                          ternary.ternarize(w, bounded))

    def test_quantize_activation(self) -> None:
        for shape in ((5,), (0, 5), (1, 33), (7, 257), (2, 3, 5)):
            with self.subTest(shape=shape):
                x = self.floats(*shape)
                absmax = np.maximum(np.abs(x).max(axis=-1), EPS)
                q = np.rint((x / absmax[..., None]) * np.float32(127)).astype(np.int8)
                got, scale = ternary.quantize_activation(x)
                self.assert_equal(got, q)
                self.assert_equal(scale, np.asarray(absmax / np.float32(127)))
                self.assert_equal(ternary.dequantize_activation(got, scale),
                                  q * scale[..., None])

    def test_sparsify(self) -> None:
        w = np.array([[3, -1, 2, 0.5, 1, 1, 1]], np.float32)
        self.assert_equal(ternary.sparsify(w),
                          np.array([[3, 0, 2, 0, 0, 1, 1]], np.float32))
        self.assert_equal(ternary.sparsify(w, n=1, m=8),
                          np.array([[3, 0, 0, 0, 0, 0, 0]], np.float32))

    def test_sparsify_by_magnitude(self) -> None:
        trits, latent = self.trits(3, 8), self.floats(3, 8)
        kept = np.argsort(np.abs(latent).reshape(3, 2, 4), axis=-1)[..., 2:]
        mask = np.zeros((3, 2, 4), np.int8)
        np.put_along_axis(mask, kept, 1, axis=-1)
        self.assert_equal(ternary.sparsify(trits, magnitude=latent),
                          trits * mask.reshape(3, 8))

    def test_nonzero_mask(self) -> None:
        for shape in SHAPES:
            trits = self.trits(*shape)
            self.assert_equal(ternary.nonzero_mask(trits), trits != 0)
            self.assert_equal(ternary.nonzero_mask(ternary.pack(trits, "base3"), shape,
                                                   "base3"), trits != 0)

    def test_decompose_no_component(self) -> None:
        trits, scales = ternary.decompose(self.floats(3, 5), 0)
        self.assertEqual((trits.shape, scales.shape), ((0, 3, 5), (0, 3)))

    def test_decompose_leaves_less_with_each_component(self) -> None:
        w = self.floats(3, 33)
        trits, scales = ternary.decompose(w, 3, granularity="tensor")
        residuals = [w]
        for t, scale in zip(trits, scales, strict=True):
            residuals.append(residuals[-1] - scale * t)
        norms = [float(np.linalg.norm(r)) for r in residuals]
        self.assertEqual(norms, sorted(norms, reverse=True))
        self.assertEqual(scales.shape, (3,))

    def test_deadzone_stats(self) -> None:
        w = self.floats(3, 33)
        alpha = np.abs(w).mean()
        r = np.abs(w) / alpha
        want = [alpha, (w < -alpha / 2).mean(), (r < 0.5).mean(), (w > alpha / 2).mean(),
                (np.abs(r - 0.5) < 0.1).mean(), (r < 0.4).mean()]
        self.assert_close(ternary.deadzone_stats(w), np.array(want, np.float32))

    def test_out(self) -> None:
        x = self.floats(3, 5)
        q, scale = np.empty((3, 5), np.int8), np.empty(3, np.float32)
        got = ternary.quantize_activation(x, out=(q, scale))
        self.assertIs(got[0], q)
        self.assertIs(got[1], scale)
        fresh = ternary.quantize_activation(x)
        self.assert_equal(q, fresh[0])
        self.assert_equal(scale, fresh[1])


class Refusals(OpTestCase):
    def test_absmean(self) -> None:
        w = self.floats(3, 5)
        self.assert_refuses(TypeError, "absmean: operand 'w', expected float16, bfloat16 or "
                            "float32, found int8", ternary.absmean, self.trits(3, 5))
        self.assert_refuses(ValueError, "absmean: operand 'w', expected rank 2, found shape "
                            "(15,)", ternary.absmean, w.reshape(-1))
        self.assert_refuses(ValueError, "absmean: attribute 'granularity', expected 'row', "
                            "'tensor' or 'group', found 'column'", ternary.absmean, w,
                            granularity="column")
        self.assert_refuses(ValueError, "absmean: expected 'group_size' with granularity "
                            "'group', found none", ternary.absmean, w, granularity="group")
        self.assert_refuses(ValueError, "absmean: expected 'group_size' only with "
                            "granularity 'group', found 4", ternary.absmean, w, group_size=4)
        self.assert_refuses(ValueError, "absmean: attribute 'eps', expected a finite "
                            "float32, found 1e+300", ternary.absmean, w, eps=1e300)
        self.assert_refuses(TypeError, "absmean: attribute 'eps', expected a number, found "
                            "'small'", ternary.absmean, w, eps="small")

    def test_ternarize(self) -> None:
        w, alpha = self.floats(3, 5), self.floats(3)
        self.assert_refuses(ValueError, "ternarize: expected 'scales' with method 'round', "
                            "found none", ternary.ternarize, w)
        self.assert_refuses(ValueError, "ternarize: expected no 'scales' with method "
                            "'threshold', found some", ternary.ternarize, w, alpha,
                            method="threshold", threshold=1.0)
        self.assert_refuses(ValueError, "ternarize: expected 'threshold' with method "
                            "'threshold', found none", ternary.ternarize, w,
                            method="threshold")
        self.assert_refuses(ValueError, "ternarize: expected no 'threshold' with method "
                            "'lsq', found some", ternary.ternarize, w, alpha, method="lsq",
                            threshold=1.0)
        self.assert_refuses(ValueError, "ternarize: operand 'scales', expected shape () or "
                            "(3,), found (5,)", ternary.ternarize, w, self.floats(5))
        self.assert_refuses(TypeError, "ternarize: operand 'scales', expected float32, "
                            "found float64", ternary.ternarize, w, alpha.astype(np.float64))

    def test_activations(self) -> None:
        x = self.floats(3, 5)
        q, scales = ternary.quantize_activation(x)
        self.assert_refuses(ValueError, "quantize_activation: attribute 'bits', expected 2 "
                            "to 8, found 9", ternary.quantize_activation, x, bits=9)
        self.assert_refuses(ValueError, "quantize_activation: attribute 'bits', expected 2 "
                            "to 16, found 1", ternary.quantize_activation, x, bits=1,
                            dtype="int32")
        self.assert_refuses(ValueError, "quantize_activation: operand 'x', expected rank 1 "
                            "or more, found rank 0", ternary.quantize_activation,
                            np.zeros((), np.float32))
        self.assert_refuses(ValueError, "dequantize_activation: operand 'scales', expected "
                            "shape (3,), found (1,)", ternary.dequantize_activation, q,
                            scales[:1])
        self.assert_refuses(ValueError, "dequantize_activation: attribute 'scale_form', "
                            "expected 'multiplier' or 'absmax', found 'max'",
                            ternary.dequantize_activation, q, scales, scale_form="max")
        self.assert_refuses(TypeError, "dequantize_activation: operand 'q', expected int8, "
                            "int16 or int32, found uint8", ternary.dequantize_activation,
                            q.view(np.uint8), scales)

    def test_sparsify(self) -> None:
        w = self.floats(3, 5)
        self.assert_refuses(ValueError, "sparsify: operand 'magnitude', expected shape "
                            "(3, 5), found (3, 4)", ternary.sparsify, w,
                            magnitude=self.floats(3, 4))
        self.assert_refuses(ValueError, "sparsify: attribute 'n', expected 0 to 4, found 5",
                            ternary.sparsify, w, n=5)
        self.assert_refuses(ValueError, "sparsify: attribute 'm', expected 1 to 64, found 65",
                            ternary.sparsify, w, m=65)

    def test_others(self) -> None:
        w = self.floats(3, 5)
        self.assert_refuses(ValueError, "nonzero_mask: operand 'weight', expected shape "
                            "(3, 2), found (3, 1)", ternary.nonzero_mask,
                            np.zeros((3, 1), np.uint8), (3, 5), "chimera")
        self.assert_refuses(ValueError, "decompose: attribute 'components', expected at "
                            "least 0, found -1", ternary.decompose, w, -1)
        self.assert_refuses(TypeError, "decompose: attribute 'components', expected an "
                            "integer, found 2.5", ternary.decompose, w, 2.5)
        self.assert_refuses(TypeError, "deadzone_stats: operand 'w', expected float32, "
                            "found float16", ternary.deadzone_stats, w.astype(np.float16))


if __name__ == "__main__":
    unittest.main()
