"""The functional BitLinear system."""

from __future__ import annotations

import unittest
from typing import Any

from torch_testing import (HAS_TORCH, TorchGoldenTestCase, TorchTestCase, leaf,
                           needs_torch)

if HAS_TORCH:
    import torch
    from torch import Tensor

    from ternary.torch import functional

Params = dict[str, Any]


def random_trits(*shape: int) -> Tensor:
    return torch.randint(-1, 2, shape).float().requires_grad_()


def plain_bitlinear(x: Tensor, W: Tensor, gamma: Tensor, bias: Tensor | None = None,
                    ) -> Tensor:
    y = (x @ W.t()) * gamma
    return y if bias is None else y + bias


def plain_fake_quantization(x: Tensor) -> Tensor:
    """Eight bits; rounding has no gradient."""
    s = x.abs().max(dim=-1, keepdim=True)[0].clamp(min=1e-5)
    return torch.clamp(torch.round((x / s) * 127), -127, 127) / 127 * s


@needs_torch
class Golden(TorchGoldenTestCase):
    def test_bitlinear(self) -> None:
        self.check_torch("fn_bitlinear",
                         lambda p, **inputs: {"y": functional.bitlinear(**inputs)})

    def test_multi_ternary_linear(self) -> None:
        self.check_torch("multi_ternary_linear", lambda p, **inputs: {
            "y": functional.multi_ternary_linear(**inputs)})

    def test_weight_to_ternary(self) -> None:
        def compute(params: Params, W: Tensor) -> dict[str, Tensor]:
            W_t, gamma = functional.weight_to_ternary(W, params["per_channel"])
            return {"W_t": W_t, "gamma": gamma}

        self.check_torch("weight_to_ternary", compute)

    def test_greedy_decomposition(self) -> None:
        def compute(params: Params, W: Tensor) -> dict[str, Tensor]:
            trits, gammas = functional.greedy_ternary_decomposition(W, params["k"])
            return {"W_ternary": trits, "gammas": gammas}

        self.check_torch("greedy_decomposition", compute)

    def test_activation_quant(self) -> None:
        def compute(params: Params, x: Tensor) -> dict[str, Tensor]:
            levels = 2 ** (params["bits"] - 1) - 1
            x_quant = functional.activation_quant(x, params["bits"])
            scale = x.abs().max(dim=-1, keepdim=True)[0].clamp(min=1e-5)
            q = torch.nan_to_num(torch.round(x_quant / scale * levels)).to(torch.int32)
            return {"x_quant": x_quant, "scale": scale, "q": q}

        self.check_torch("activation_quant", compute)


@needs_torch
class Gradients(TorchTestCase):
    def test_bitlinear_equals_plain_autograd(self) -> None:
        gammas = {"row": leaf(4), "matrix": leaf(1, 4), "scalar": leaf(),
                  "token": leaf(3, 1), "all": leaf(3, 4)}
        for name, gamma in gammas.items():
            with self.subTest(gamma=name):
                self.check_against(functional.bitlinear, plain_bitlinear, leaf(3, 10),
                                   random_trits(4, 10), gamma, leaf(4))

    def test_bitlinear_of_higher_rank(self) -> None:
        self.check_against(functional.bitlinear, plain_bitlinear, leaf(2, 3, 10),
                           random_trits(4, 10), leaf(4))

    def test_bitlinear_by_differences(self) -> None:
        W = random_trits(4, 10).detach()
        self.check_gradients(lambda x, g, b: functional.bitlinear(x, W, g, b),
                             leaf(3, 10), leaf(4), leaf(4))

    def test_multi_equals_plain_autograd(self) -> None:
        def plain(x: Tensor, W: Tensor, gammas: Tensor, bias: Tensor) -> Tensor:
            return sum((x @ W[c].t()) * gammas[c] for c in range(3)) + bias

        self.check_against(functional.multi_ternary_linear, plain, leaf(5, 7),
                           random_trits(3, 4, 7), leaf(3, 4), leaf(4))

    def test_activation_quant_equals_plain_autograd(self) -> None:
        self.check_against(functional.activation_quant, plain_fake_quantization,
                           leaf(4, 9))

    def test_activation_quant_of_tiny_rows(self) -> None:
        x = torch.full((2, 3), 1e-7, requires_grad=True)
        functional.activation_quant(x).sum().backward()
        self.assert_equal(x.grad, torch.zeros(2, 3))


@needs_torch
class Surface(TorchTestCase):
    def test_shape_of_one_token(self) -> None:
        x, W = torch.randn(9), random_trits(4, 9).detach()
        for gamma, shape in ((torch.ones(4), (1, 4)), (torch.ones(1, 4), (1, 4)),
                             (torch.tensor(2.0), (4,))):
            with self.subTest(gamma=gamma.shape):
                self.assertEqual(functional.bitlinear(x, W, gamma).shape, shape)

    def test_no_component(self) -> None:
        x, bias = torch.randn(2, 3, 7), torch.randn(4)
        y = functional.multi_ternary_linear(x, torch.zeros(0, 4, 7), torch.zeros(0, 4),
                                            bias)
        self.assert_equal(y, bias.expand(2, 3, 4))

    def test_decomposition_approaches_the_weights(self) -> None:
        W = torch.randn(6, 20)
        errors = []
        for k in (1, 2, 4):
            trits, gammas = functional.greedy_ternary_decomposition(W, k)
            self.assertEqual((trits.shape, gammas.shape), ((k, 6, 20), (k, 6)))
            errors.append(float((W - (gammas.unsqueeze(2) * trits).sum(0)).norm()))
        self.assertEqual(errors, sorted(errors, reverse=True))

    def test_half_precision(self) -> None:
        x = torch.randn(3, 10, dtype=torch.float16, requires_grad=True)
        W, gamma = random_trits(4, 10), leaf(4)
        y = functional.bitlinear(x, W, gamma)
        self.assertEqual(y.dtype, torch.float16)
        self.assert_close(y.float().detach(),
                          plain_bitlinear(x.float(), W, gamma).detach(), 1e-2)
        y.sum().backward()
        self.assertEqual((x.grad.dtype, W.grad.dtype), (torch.float16, torch.float32))

    def test_original_names(self) -> None:
        self.assertIs(functional.bitlinear_python, functional.bitlinear)
        self.assertIs(functional.multi_ternary_linear_python,
                      functional.multi_ternary_linear)

    def test_refusals(self) -> None:
        x, gamma = torch.randn(3, 10), torch.ones(4)
        self.assert_refuses(ValueError, "expected -1, 0 and +1", functional.bitlinear, x,
                            torch.full((4, 10), 0.5), gamma)
        self.assert_refuses(ValueError, "expected 9 in the last axis",
                            functional.bitlinear, x, torch.zeros(4, 9), gamma)
        self.assert_refuses(ValueError, "expected at least 1, found 0",
                            functional.greedy_ternary_decomposition, x, 0)
        self.assert_refuses(ValueError, "expected a last axis of at least 1",
                            functional.activation_quant, torch.zeros(3, 0))
        self.assert_refuses(Exception, "bits", functional.activation_quant, x, 17)


if __name__ == "__main__":
    unittest.main()
