"""What the ARB system takes from its environment: backends, numerics, limits."""

from __future__ import annotations

import copy
import os
import unittest
import warnings
from unittest import mock

from torch_testing import DEVICE, HAS_TORCH, TorchTestCase, needs_cpu, needs_torch

if HAS_TORCH:
    import torch

    from ternary.torch import arb


@needs_torch
class Environment(TorchTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.module = arb.TernaryScaleTensor(10, 4)
        self.x = torch.randn(3, 10)
        with torch.no_grad():
            self.y = self.module(self.x)

    def check_falls_back(self, text: str, **variables: str) -> None:
        with mock.patch.dict(os.environ, variables), torch.no_grad(), \
                self.assertWarnsRegex(RuntimeWarning, text):
            self.assert_equal(self.module(self.x), self.y)

    @needs_cpu
    def test_unknown_backend(self) -> None:
        self.check_falls_back("falling back to auto", ARB_TERNARY_BACKEND="cuda")

    @needs_cpu
    def test_tilelang_on_a_cpu(self) -> None:
        self.check_falls_back("falling back to torch", ARB_TERNARY_BACKEND="tilelang")

    def test_case_and_blanks(self) -> None:
        with mock.patch.dict(os.environ, ARB_TERNARY_BACKEND=" Torch "), \
                torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assert_equal(self.module(self.x), self.y)

    @needs_cpu
    def test_triton_on_a_cpu(self) -> None:
        with mock.patch.dict(os.environ, ARB_TERNARY_BACKEND="triton"):
            self.assert_refuses(RuntimeError, "expected a tensor on cuda, found cpu",
                                self.module, self.x)

    def test_numerics_of_a_gpu(self) -> None:
        """Those that a layer on a GPU has by itself; on a CPU they are asked for."""
        states = []
        for numerics in (None, arb.TRITON_NUMERICS, arb.FLOAT32_NUMERICS):
            module = copy.deepcopy(self.module)
            module.numerics = numerics
            if numerics is None and DEVICE == "cpu":
                module.numerics = arb.TRITON_NUMERICS
            with mock.patch.dict(os.environ, ARB_TERNARY_BACKEND="auto"), \
                    arb.component("loss", 2.5):
                module(self.x).sum().backward()
            states.append(module.corr_accum)
        self.assert_equal(states[0], states[1])
        self.assertFalse(torch.equal(states[0], states[2]))

    def test_argument_before_environment(self) -> None:
        module = arb.TernaryScaleTensor(10, 4, backend="torch")
        with mock.patch.dict(os.environ, ARB_TERNARY_BACKEND="triton"):
            self.assertEqual(module(self.x).shape, (3, 4))
        self.assert_refuses(ValueError, "expected auto, tilelang, triton, torch",
                            arb.TernaryScaleTensor, 10, 4, backend="cuda")

    def test_strength(self) -> None:
        self.check_falls_back("using 4.0", ARB_BIGINT_CORR_STRENGTH="strong")

    def test_half_precision_trains_if_allowed(self) -> None:
        self.module.numerics = arb.TILELANG_NUMERICS
        with mock.patch.dict(os.environ, ARB_TILELANG_TRAINING=""):
            self.assert_refuses(RuntimeError, "ARB_TILELANG_TRAINING", self.module, self.x)
            with torch.no_grad():
                self.assertEqual(self.module(self.x).shape, (3, 4))
        for value in ("1", "true", "Yes"):
            with mock.patch.dict(os.environ, ARB_TILELANG_TRAINING=value):
                self.assertTrue(self.module(self.x).requires_grad)

    def test_norm_width(self) -> None:
        for text, value in (("17", 17), ("-1", 0)):
            with mock.patch.dict(os.environ, ARB_RMSNORM_TRITON_MAX_DIM=text):
                self.assertEqual(arb.rmsnorm_triton_max_dim(), value)
        with mock.patch.dict(os.environ, ARB_RMSNORM_TRITON_MAX_DIM="wide"), \
                self.assertWarnsRegex(RuntimeWarning, "using 4096"):
            self.assertEqual(arb.rmsnorm_triton_max_dim(), 4096)


if __name__ == "__main__":
    unittest.main()
