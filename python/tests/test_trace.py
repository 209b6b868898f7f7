"""Traces of eager ops: the compiled function gives what the calls give."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import numpy as np

import ternary


def layer(x, packed, scale, bias):
    q, s = ternary.quantize_activation(x)
    return ternary.bitlinear(q, packed, out_features=24, packing="chimera", scales=scale,
                             activation_scale=s, bias=bias)


def arrays(tokens: int = 5) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    w = rng.standard_normal((24, 37)).astype(np.float32)
    scale = ternary.absmean(w)
    bias = rng.standard_normal(24).astype(np.float32)
    return (rng.standard_normal((tokens, 37)).astype(np.float32),
            ternary.pack(ternary.ternarize(w, scale)), scale, bias)


def traced(trace: ternary.Trace, constant: bool, tokens: bool) -> str:
    x, *rest = arrays()
    names = ("packed", "scale", "bias")
    operands = [trace.constant(array) if constant else
                trace.argument(name, array.dtype, array.shape)
                for name, array in zip(names, rest, strict=True)]
    return trace.text(layer(trace.argument("x", "float32", x.shape, tokens=tokens),
                            *operands))


class Traces(unittest.TestCase):
    def test_arguments(self) -> None:
        function = ternary.compile(traced(ternary.Trace("f"), False, False), entry="f")
        self.assertEqual([p.name for p in function.parameters],
                         ["packed", "scale", "bias", "x", "result0"])
        x, *rest = arrays()
        np.testing.assert_array_equal(function(*rest, x), layer(x, *rest))

    def test_constants_and_open_tokens(self) -> None:
        function = ternary.compile(traced(ternary.Trace("f"), True, True), entry="f")
        self.assertEqual(function.parameters[0].shape, (None, 37))
        for tokens in (0, 1, 7):
            x, *rest = arrays(tokens)
            np.testing.assert_array_equal(function(x), layer(x, *rest))

    def test_library(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            header = Path(folder, "f.h")
            ternary.compile_file(traced(ternary.Trace("f"), True, True),
                                 Path(folder, "f.so"), header=header)
            self.assertIn("float *", header.read_text())

    def test_constant_arguments_are_prepared(self) -> None:
        trace = ternary.Trace("f")
        x = trace.argument("x", "int8", (3, 20), tokens=True)
        w = trace.argument("w", "int8", (8, 20), constant=True)
        functions = ternary.compile(
            trace.text(ternary.bitlinear(x, w, dtype="int32"))).functions
        rng = np.random.default_rng(1)
        trits = rng.integers(-1, 2, (8, 20)).astype(np.int8)
        data = rng.integers(-128, 128, (4, 20)).astype(np.int8)
        y = functions["f"](data, functions["f_prepare"](trits))
        np.testing.assert_array_equal(y, data.astype(int) @ trits.T.astype(int))

    def test_states(self) -> None:
        trace = ternary.Trace("train")
        sign = trace.argument("sign", "int8", (6, 10))
        votes = trace.argument("votes", "int8", (6, 10), writable=True)
        bytes_ = trace.argument("bytes", "uint8", ternary.byte_shape("base3", (6, 10)),
                                writable=True)
        ternary.accumulate_trit(sign, votes, amount=3)
        ternary.step(None, bytes_, votes, packing="base3", threshold=2)
        function = ternary.compile(trace.text(bytes_, votes), entry="train")
        rng = np.random.default_rng(2)
        signs = rng.integers(-1, 2, (6, 10)).astype(np.int8)
        trits = rng.integers(-1, 2, (6, 10)).astype(np.int8)
        state = [np.zeros((6, 10), np.int8), ternary.pack(trits, "base3").view(np.int8)]
        self.assertIsNone(function(signs, *state))
        want = np.where(signs == 0, trits, -signs)
        np.testing.assert_array_equal(ternary.unpack(state[1], (6, 10), "base3"), want)
        np.testing.assert_array_equal(state[0], np.zeros((6, 10)))

    def test_scalars(self) -> None:
        trace = ternary.Trace("f")
        shape = ternary.byte_shape("base3", (4, 8))
        weight = trace.argument("w", "int8", shape)
        sign = trace.argument("sign", "int8", (4, 8))
        correlation = trace.argument("c", "int64", (4, 2), writable=True)
        step = trace.argument("step", "int64", (1,), writable=True)
        ternary.accumulate_correlation(sign, weight, correlation, step, group_size=4,
                                       amount=-5, packing="base3")
        function = ternary.compile(trace.text(correlation, step), entry="f")
        trits = np.ones((4, 8), np.int8)
        state = np.zeros((4, 2), np.int64), np.zeros(1, np.int64)
        function(ternary.pack(trits, "base3"), trits, *state)
        self.assertEqual(state[0].tolist(), [[20, 20]] * 4)
        self.assertEqual(state[1].tolist(), [5])

    def test_refusals(self) -> None:
        trace, other = ternary.Trace("f"), ternary.Trace("g")
        x = trace.argument("x", "float32", (4, 8))
        for call, error, message in (
                (lambda: ternary.Trace("2f"), ValueError, "expected an identifier"),
                (lambda: trace.argument("x", "int8", ()), ValueError, "new identifier"),
                (lambda: trace.argument("y", "int8", (1, 8), tokens=True), ValueError,
                 r"expected open extents other than 1, found shape \(1, 8\)"),
                (lambda: ternary.absmean(x, out=np.zeros(4, np.float32)), TypeError,
                 "absmean: out, expected none in a trace"),
                (lambda: ternary.ternarize(x, np.ones(4, np.float32)), TypeError,
                 "operand 'scales', expected a symbol of the trace 'f', found ndarray"),
                (lambda: ternary.ternarize(x, other.argument("s", "float32", (4,))),
                 TypeError, "expected a symbol of the trace 'f', found Symbol"),
                (lambda: ternary.ternarize(x, trace.argument("s", "float32", (5,))),
                 ValueError, r"'scales', expected shape .* found \(5,\)")):
            with self.subTest(message), self.assertRaisesRegex(error, message):
                call()

    def test_open_extents_are_those_of_tokens(self) -> None:
        trace = ternary.Trace("f")
        w = trace.argument("w", "float32", (6, 8), tokens=True)
        with self.assertRaisesRegex(ValueError, "open extents are those of tokens"):
            ternary.absmean(w)


if __name__ == "__main__":
    unittest.main()
