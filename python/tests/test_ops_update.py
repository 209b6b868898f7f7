"""Exponents: effective, initial, regrouped."""

from __future__ import annotations

import unittest

import numpy as np

import ternary
from golden import Case, GoldenTestCase, as_matrix, grouped
from golden_steps import scales_of_exponents
from op_testing import OpTestCase

Arrays = dict[str, np.ndarray]

# D10 and D17: the vectors truncate the logarithm and divide every group by the full size.
VECTOR_RULE = {"rounding": "truncate", "ragged": "group_size"}


class Golden(GoldenTestCase):
    def test_effective_scale(self) -> None:
        self.check_op("effective_scale", lambda case: {
            "S": scales_of_exponents(case, int(case.params["shape"][0]))})

    def test_dequant_base3(self) -> None:
        def compute(case: Case) -> Arrays:
            shape = as_matrix(case.outputs["w"]).shape
            return {"w": ternary.dequantize(
                case.inputs["packed"].reshape(-1), shape, "base3",
                scales=scales_of_exponents(case, shape[0]),
                group_size=int(case.params["group_size"]))}

        self.check_op("dequant_base3", compute)

    def test_group_exp_init_mean(self) -> None:
        self.check_op("group_exp_init_mean", lambda case: {"E": ternary.exponent_init_mean(
            as_matrix(case.inputs["w"]), group_size=int(case.params["group_size"]),
            **VECTOR_RULE)})

    def test_group_exp_init_dim(self) -> None:
        self.check_op("group_exp_init_dim", lambda case: {"E": np.concatenate([
            ternary.exponent_init_dim(int(width), (1, 1))[0]
            for width in case.inputs["in_dim"]]).astype(case.outputs["E"].dtype)})

    def test_ternary_rmsnorm_init(self) -> None:
        def compute(case: Case) -> Arrays:
            ones = np.ones((1, int(case.params["dim"])), np.int8)
            return {"packed": ternary.pack(ones, "base3"),
                    "E": ternary.exponent_init_mean(
                        ones, group_size=int(case.params["group_size"]), **VECTOR_RULE)}

        self.check_op("ternary_rmsnorm_init", compute)

    def test_tscale_to(self) -> None:
        def compute(case: Case) -> Arrays:
            shape = tuple(case.params["shape"])
            exponent, correlation, step = ternary.regroup_scale(
                case.inputs["packed"].reshape(-1), grouped(case.inputs["E"], shape[0]),
                grouped(case.inputs["corr"], shape[0]),
                np.array([case.params["step"]], np.int64), shape=shape, packing="base3",
                old_group_size=int(case.params["old_group_size"]),
                group_size=int(case.params["new_group_size"]), **VECTOR_RULE)
            return {"E": exponent, "corr": correlation, "step": step}

        self.check_op("tscale_to", compute)


class Values(OpTestCase):
    def test_powers_of_two_are_exact(self) -> None:
        exponent = self.rng.integers(-128, 128, (3, 7), np.int8)
        self.assert_equal(ternary.effective_exponent(exponent, group_size=4),
                          np.ldexp(np.ones((3, 7), np.float32), exponent))

    def test_correlation(self) -> None:
        exponent = self.rng.integers(-4, 4, (3, 7), np.int8)
        correlation = self.rng.integers(-9, 9, (3, 7))
        want = np.exp2(exponent + 2.0 * correlation / (5 * 4))
        for shape in ((), (1,)):
            got = ternary.effective_exponent(exponent, group_size=4, correlation=correlation,
                                             step=np.full(shape, 5), strength=2.0)
            self.assert_close(got, want)
        at_zero = {"group_size": 4, "correlation": correlation, "step": np.zeros(1, int)}
        self.assert_equal(ternary.effective_exponent(exponent, **at_zero),
                          np.exp2(exponent.astype(np.float32)))
        bounded = ternary.effective_exponent(exponent, correlate_at_zero=True, strength=1.0,
                                             clamp_min=-2, clamp_max=2, **at_zero)
        self.assert_close(bounded, np.exp2(np.clip(exponent + correlation, -2.0, 2.0)))

    def test_exponents_of_means(self) -> None:
        w = np.array([[1, 3, 0.3, 0.3, 5], [0, 0, 8, 8, 1]], np.float32)
        self.assert_equal(ternary.exponent_init_mean(w, group_size=2),
                          np.array([[1, -2, 2], [0, 3, 0]], np.int8))
        self.assert_equal(ternary.exponent_init_mean(w, group_size=2, **VECTOR_RULE),
                          np.array([[1, -1, 1], [0, 3, -1]], np.int8))

    def test_exponent_of_a_width(self) -> None:
        out = np.empty((2, 3), np.int8)
        self.assertIs(ternary.exponent_init_dim(64, (2, 3), out=out), out)
        self.assert_equal(out, np.full((2, 3), -4, np.int8))
        self.assert_equal(ternary.exponent_init_dim(0, (1, 1)), np.full((1, 1), -1, np.int8))

    def test_regroup_without_a_change_copies(self) -> None:
        trits, exponent = self.trits(3, 10), self.int8s(3, 2)
        correlation, step = self.rng.integers(-9, 9, (3, 2)), np.full((), 7)
        got = ternary.regroup_scale(trits, exponent, correlation, step, old_group_size=8,
                                    group_size=6)
        for value, want in zip(got, (exponent, correlation, step), strict=True):
            self.assert_equal(value, want)


class Refusals(OpTestCase):
    def test_effective_exponent(self) -> None:
        exponent, refuses = self.int8s(3, 2), self.assert_refuses
        function, step = ternary.effective_exponent, np.zeros(1, np.int64)
        refuses(TypeError, "effective_exponent: operand 'exponent', expected int8, found "
                "uint8", function, exponent.view(np.uint8), group_size=4)
        refuses(ValueError, "effective_exponent: expected 'correlation' and 'step' together, "
                "found 'step' alone", function, exponent, group_size=4, step=step)
        refuses(ValueError, "effective_exponent: operand 'correlation', expected shape "
                "(3, 2), found (2, 3)", function, exponent, group_size=4, step=step,
                correlation=np.zeros((2, 3), np.int64))
        refuses(ValueError, "effective_exponent: operand 'step', expected shape () or (1,), "
                "found (2,)", function, exponent, group_size=4, step=np.zeros(2, np.int64),
                correlation=np.zeros((3, 2), np.int64))
        refuses(ValueError, "effective_exponent: expected 'clamp_min' and 'clamp_max' "
                "together, in order, found 2 and 1", function, exponent, group_size=4,
                clamp_min=2, clamp_max=1)
        refuses(ValueError, "effective_exponent: expected 'clamp_min' and 'clamp_max' "
                "together, in order, found 2 and None", function, exponent, group_size=4,
                clamp_min=2)
        refuses(ValueError, "effective_exponent: attribute 'group_size', expected at least "
                "1, found 0", function, exponent, group_size=0)
        refuses(ValueError, "effective_exponent: attribute 'strength', expected a finite "
                "float32, found nan", function, exponent, group_size=4,
                strength=float("nan"))

    def test_initial_exponents(self) -> None:
        refuses = self.assert_refuses
        refuses(ValueError, "exponent_init_mean: attribute 'rounding', expected 'nearest' or "
                "'truncate', found 'up'", ternary.exponent_init_mean, self.floats(3, 5),
                group_size=4, rounding="up")
        refuses(TypeError, "exponent_init_dim: attribute 'width', expected an integer, found "
                "6.5", ternary.exponent_init_dim, 6.5, (1, 1))
        refuses(ValueError, "exponent_init_dim: attribute 'shape', expected two extents",
                ternary.exponent_init_dim, 64, (1, 1, 1))

    def test_regroup_scale(self) -> None:
        state = [self.int8s(3, 2), np.zeros((3, 2), np.int64), np.zeros(1, np.int64)]
        sizes = {"old_group_size": 4, "group_size": 8}
        self.assert_refuses(ValueError, "regroup_scale: operand 'exponent', expected shape "
                            "(3, 3), found (3, 2)", ternary.regroup_scale, self.trits(3, 10),
                            *state, **sizes)
        self.assert_refuses(ValueError, "regroup_scale: expected 'shape' with 'packing', "
                            "found none", ternary.regroup_scale, self.trits(3, 2), *state,
                            packing="chimera", **sizes)
        state[1] = np.zeros((3, 1), np.int64)
        self.assert_refuses(ValueError, "regroup_scale: operand 'correlation', expected "
                            "shape (3, 2), found (3, 1)", ternary.regroup_scale,
                            self.trits(3, 8), *state, **sizes)


if __name__ == "__main__":
    unittest.main()
