"""Updates in place: correlations, exponents, trits."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import ternary
from golden import Case, GoldenTestCase, as_matrix, grouped
from op_testing import OpTestCase

Arrays = dict[str, np.ndarray]
SHAPES = [(1, 1), (3, 5), (1, 33), (3, 257)]


def source_of(case: Case) -> Any:
    """The sign, or the gradient and activations that it follows from."""
    if "sign" in case.inputs:
        return case.inputs["sign"]
    return as_matrix(case.inputs["grad_y"]), as_matrix(case.inputs["x"])


def per_group(case: Case, name: str) -> np.ndarray:
    return grouped(case.inputs[name], case.params["shape"][0]).copy()


def packed_of(case: Case) -> np.ndarray:
    return case.inputs["packed"].reshape(-1).copy()


class Golden(GoldenTestCase):
    def test_accumulate_correlation(self) -> None:
        def compute(case: Case) -> Arrays:
            correlation = per_group(case, "corr")
            step = np.array([case.params["step"]], np.int64)
            ternary.accumulate_correlation(
                source_of(case), packed_of(case), correlation, step, packing="base3",
                group_size=int(case.params["group_size"]),
                amount=int(case.params["corr_step"]))
            return {"corr": correlation, "step": step}

        self.check_op("accumulate_corr_direct", compute)
        self.check_op("accumulate_corr_from_sign", compute)

    def test_update_exponent(self) -> None:
        def compute(case: Case) -> Arrays:
            exponent, accumulator = per_group(case, "E"), per_group(case, "E_accum")
            ternary.update_exponent(
                source_of(case), packed_of(case), exponent, accumulator, packing="base3",
                group_size=int(case.params["group_size"]),
                threshold=int(case.params["threshold"]))
            return {"E": exponent, "E_accum": accumulator}

        self.check_op("update_e_from_sign", compute)
        self.check_op("update_e_direct", compute)

    def test_accumulate_exponent(self) -> None:
        def compute(case: Case) -> Arrays:
            accumulator = per_group(case, "E_accum")
            ternary.accumulate_exponent(
                source_of(case), packed_of(case), accumulator, packing="base3",
                group_size=int(case.params["group_size"]), amount=int(case.params["step"]))
            return {"E_accum": accumulator}

        self.check_op("accumulate_e_direct", compute)

    def test_accumulate_trit(self) -> None:
        def compute(case: Case) -> Arrays:
            accumulator = case.inputs["T_accum"].copy()
            ternary.accumulate_trit(source_of(case), accumulator,
                                    amount=int(case.params["step"]))
            return {"T_accum": accumulator}

        self.check_op("accumulate_t_direct", compute)

    def check_step(self, op: str, source: Callable[[Case], Any]) -> None:
        def compute(case: Case) -> Arrays:
            packed, accumulator = packed_of(case), case.inputs["T_accum"].copy()
            if "group_threshold" in case.inputs:
                rule = {"group_thresholds": per_group(case, "group_threshold"),
                        "group_size": int(case.params["group_size"])}
            else:
                rule = {"threshold": int(case.params["threshold"])}
            ternary.step(source(case), packed, accumulator, packing="base3",
                         amount=int(case.params.get("step", 1)), **rule)
            return {"packed": packed, "T_accum": accumulator}

        self.check_op(op, compute)

    def test_step(self) -> None:
        self.check_step("ternary_step", source_of)
        self.check_step("ternary_step_direct", source_of)

    def test_apply_flips(self) -> None:
        self.check_step("apply_flips", lambda case: None)

    def check_rounds(self, op: str, exponent_of: Callable[[Case], np.ndarray]) -> None:
        """Forward, backward and update, each round with the state that the last one left."""
        def compute(case: Case) -> Arrays:
            size, packed = int(case.params["group_size"]), packed_of(case)
            exponent = exponent_of(case)
            correlation = np.zeros(exponent.shape, np.int64)
            step, got = np.zeros(1, np.int64), {"y": [], "grad_x": [], "corr": []}
            layer = {"packing": "base3", "group_size": size}
            for x, grad in zip(case.inputs["x"], case.inputs["grad_y"], strict=True):
                scales = ternary.effective_exponent(
                    exponent, group_size=size, correlation=correlation, step=step,
                    strength=float(case.params["strength"]))
                got["y"].append(ternary.bitlinear(
                    x, packed, out_features=exponent.shape[0], scales=scales, **layer))
                got["grad_x"].append(ternary.grad_input(
                    grad, packed, in_features=x.shape[1], scales=scales, **layer))
                ternary.accumulate_correlation((grad, x), packed, correlation, step, **layer)
                got["corr"].append(correlation.copy())
            return {"step": step, **{name: np.stack(parts) for name, parts in got.items()}}

        self.check_op(op, compute)

    def test_corr_train_3steps(self) -> None:
        def exponent(case: Case) -> np.ndarray:
            rows = case.inputs["grad_y"].shape[-1]
            return np.full_like(grouped(case.outputs["corr"][0], rows),
                                int(case.params["E0"]), np.int8)

        self.check_rounds("corr_train_3steps", exponent)

    def test_corr_stream_3steps(self) -> None:
        self.check_rounds("corr_stream_3steps", lambda case: grouped(
            case.inputs["E"], case.inputs["grad_y"].shape[-1]))


def scores(sign: np.ndarray, trits: np.ndarray, group_size: int) -> np.ndarray:
    """The sum of sign times trit in each group."""
    products = sign.astype(np.int64) * trits
    starts = range(0, trits.shape[1], group_size)
    return np.stack([products[:, i:i + group_size].sum(axis=1) for i in starts], axis=1)


def sat8(values: np.ndarray) -> np.ndarray:
    return np.clip(values, -128, 127).astype(np.int8)


class Values(OpTestCase):
    def each_shape(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Signs and trits."""
        for shape in SHAPES:
            yield self.trits(*shape), self.trits(*shape)

    def test_accumulate_correlation(self) -> None:
        for sign, trits in self.each_shape():
            for amount in (1, -3):
                score = scores(sign, trits, 8)
                correlation = self.rng.integers(-9, 9, score.shape)
                want = correlation - amount * score
                step = np.full((), 5)
                result = ternary.accumulate_correlation(
                    sign, ternary.pack(trits), correlation, step, group_size=8,
                    amount=amount, packing="chimera")
                self.assertIsNone(result)
                self.assert_equal(correlation, want)
                self.assert_equal(step, np.full((), 5 + abs(amount)))

    def test_sources_agree(self) -> None:
        """A gradient and activations do what their sign does, for any number of tokens."""
        for tokens in (0, 1, 7):
            grad, x, trits = self.floats(tokens, 3), self.floats(tokens, 5), self.trits(3, 5)
            states = []
            for source in (ternary.grad_sign(grad, x), (grad, x), [grad, x]):
                accumulator = np.zeros((3, 5), np.int8)
                ternary.accumulate_trit(source, accumulator)
                correlation, step = np.zeros((3, 2), np.int64), np.zeros(1, np.int64)
                ternary.accumulate_correlation(source, trits, correlation, step, group_size=4)
                states.append((accumulator, correlation, step))
            for state in states[1:]:
                for value, want in zip(state, states[0], strict=True):
                    self.assert_equal(value, want)

    def test_update_exponent(self) -> None:
        for sign, trits in self.each_shape():
            score = scores(sign, trits, 8)
            exponent, accumulator = self.int8s(*score.shape), self.int8s(*score.shape)
            a = sat8(accumulator - np.sign(score)).astype(np.int64)
            e = np.where(a >= 2, 1, np.where(a <= -2, -1, 0))
            want = sat8(exponent + e), (a - 2 * e).astype(np.int8)
            ternary.update_exponent(sign, trits, exponent, accumulator, group_size=8,
                                    threshold=2)
            self.assert_equal(exponent, want[0])
            self.assert_equal(accumulator, want[1])

    def test_accumulate_exponent(self) -> None:
        for sign, trits in self.each_shape():
            score = scores(sign, trits, 8)
            accumulator = self.int8s(*score.shape)
            want = sat8(accumulator - np.sign(score) * 100)
            ternary.accumulate_exponent(sign, trits, accumulator, group_size=8, amount=100)
            self.assert_equal(accumulator, want)

    def test_step(self) -> None:
        for sign, trits in self.each_shape():
            for packing in ("chimera", "base3"):
                accumulator = self.int8s(*trits.shape)
                packed = ternary.pack(trits, packing)
                a = sat8(accumulator - sign.astype(np.int64) * 2)
                flips = [a > 50, a < -50]
                ternary.step(sign, packed, accumulator, packing=packing, threshold=50,
                             amount=2)
                self.assert_equal(ternary.unpack(packed, trits.shape, packing),
                                  np.select(flips, [1, -1], trits).astype(np.int8))
                self.assert_equal(accumulator,
                                  np.select(flips, [0, 0], a).astype(np.int8))

    def test_thresholds_of_groups(self) -> None:
        trits, accumulator = self.trits(3, 10), self.int8s(3, 10)
        thresholds = self.rng.integers(0, 100, (3, 3), np.int32)
        t = np.repeat(thresholds, 4, axis=1)[:, :10]
        want = np.select([accumulator > t, accumulator < -t], [1, -1], trits)
        packed = ternary.pack(trits).view(np.int8)
        ternary.step(None, packed, accumulator, packing="chimera", group_size=4,
                     group_thresholds=thresholds)
        self.assert_equal(ternary.unpack(packed, (3, 10), "chimera"), want.astype(np.int8))


class Refusals(OpTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.sign, self.packed = self.trits(3, 5), ternary.pack(self.trits(3, 5))

    def test_sources(self) -> None:
        accumulator, refuses = self.trits(3, 5), self.assert_refuses
        grad, x = self.floats(2, 3), self.floats(2, 5)
        refuses(ValueError, "accumulate_trit: operand 'source', expected a sign, or a "
                "gradient and activations, found 3 arrays", ternary.accumulate_trit,
                (grad, x, x), accumulator)
        refuses(TypeError, "accumulate_trit: operand 'sign', expected an array, found "
                "NoneType", ternary.accumulate_trit, None, accumulator)
        refuses(TypeError, "accumulate_trit: operand 'sign', expected int8, found float32",
                ternary.accumulate_trit, grad, accumulator)
        refuses(TypeError, "accumulate_trit: operand 'grad', expected float32, found int8",
                ternary.accumulate_trit, (self.sign, x), accumulator)
        refuses(ValueError, "accumulate_trit: operand 'accumulator', expected shape (3, 5), "
                "found (3, 4)", ternary.accumulate_trit, (grad, x), self.trits(3, 4))
        for tokens in (1, 3):
            refuses(ValueError, "accumulate_trit: operand 'x', expected shape (2, 5), found "
                    f"({tokens}, 5)", ternary.accumulate_trit,
                    (grad, self.floats(tokens, 5)), accumulator)

    def test_correlation(self) -> None:
        state = [np.zeros((3, 2), np.int64), np.zeros(1, np.int64)]
        function, refuses = ternary.accumulate_correlation, self.assert_refuses
        refuses(ValueError, "accumulate_correlation: operand 'weight', expected shape "
                "(3, 5), found (3, 2)", function, self.sign, self.packed.view(np.int8),
                *state, group_size=4)
        refuses(ValueError, "accumulate_correlation: operand 'correlation', expected shape "
                "(3, 5), found (3, 2)", function, self.sign, self.sign, *state, group_size=1)
        refuses(TypeError, "accumulate_correlation: operand 'correlation', expected int64, "
                "found int32", function, self.sign, self.sign, state[0].astype(np.int32),
                state[1], group_size=4)
        refuses(TypeError, "accumulate_correlation: attribute 'amount', expected an "
                "integer, found 1.5", function, self.sign, self.sign, *state, group_size=4,
                amount=1.5)
        refuses(ValueError, "accumulate_correlation: attribute 'amount', expected", function,
                self.sign, self.sign, *state, group_size=4, amount=2**63)
        state[0].flags.writeable = False
        refuses(ValueError, "accumulate_correlation", function, self.sign, self.sign, *state,
                group_size=4)

    def test_exponents(self) -> None:
        exponent, function = self.int8s(3, 2), ternary.update_exponent
        self.assert_refuses(TypeError, "update_exponent: operand 'exponent', expected int8, "
                            "found uint8", function, self.sign, self.sign,
                            exponent.view(np.uint8), exponent, group_size=4)
        self.assert_refuses(ValueError, "update_exponent: operand 'accumulator', expected "
                            "shape (3, 2), found (3, 1)", function, self.sign, self.sign,
                            exponent, self.int8s(3, 1), group_size=4)
        self.assert_refuses(TypeError, "update_exponent: attribute 'threshold', expected an "
                            "integer, found None", function, self.sign, self.sign, exponent,
                            exponent.copy(), group_size=4, threshold=None)

    def test_step(self) -> None:
        def refuses(text: str, source: Any = self.sign, packing: str = "chimera",
                    **keywords: Any) -> None:
            self.assert_refuses(ValueError, f"step: {text}", ternary.step, source,
                                self.packed, self.trits(3, 5), packing=packing, **keywords)

        refuses("expected either 'threshold' or 'group_thresholds', found neither")
        refuses("expected either 'threshold' or 'group_thresholds', found both", threshold=1,
                group_thresholds=self.trits(3, 2), group_size=4)
        refuses("expected 'group_size' with 'group_thresholds', found none",
                group_thresholds=self.trits(3, 2))
        refuses("expected 'group_size' only with 'group_thresholds', found 4", threshold=1,
                group_size=4)
        refuses("operand 'group_thresholds', expected shape (3, 2), found (2, 3)",
                group_thresholds=self.trits(2, 3), group_size=4)
        refuses("operand 'packed', expected shape (3,), found (3, 2)", packing="base3",
                threshold=1)
        refuses("operand 'packed', expected shape (3,), found (3, 2)", source=None,
                packing="base3", threshold=1)

    def test_step_needs_a_packing_without_scales(self) -> None:
        packed = ternary.pack(self.trits(1, 256), "tq2_0", scales=np.ones((1, 1), np.float32))
        self.assert_refuses(ValueError, "step: expected a packing without scales, found "
                            "'tq2_0'", ternary.step, None, packed, self.trits(1, 256),
                            packing="tq2_0", threshold=1)


if __name__ == "__main__":
    unittest.main()
