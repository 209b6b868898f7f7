"""What the tests of ternary.torch share.

Tensors are made on the device that TERNARY_TEST_DEVICE names, the CPU by default."""

from __future__ import annotations

import importlib.util
import os
import re
import unittest
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from golden import Case, GoldenTestCase

HAS_TORCH = importlib.util.find_spec("torch") is not None
if HAS_TORCH:
    import torch
    from torch import Tensor, nn

DEVICE = os.environ.get("TERNARY_TEST_DEVICE", "cpu")
if HAS_TORCH and DEVICE != "cpu":
    torch.set_default_device(DEVICE)
    # What is expected are the numerics of the CPU.
    os.environ.setdefault("ARB_TERNARY_BACKEND", "torch")

needs_torch = unittest.skipUnless(HAS_TORCH, "torch is not installed")
needs_cpu = unittest.skipUnless(DEVICE == "cpu", f"is about the cpu, not {DEVICE}")


class TorchGoldenTestCase(GoldenTestCase):
    """Golden cases through torch: `compute` gets the parameters and the inputs as
    tensors, and returns the outputs by their names as tensors."""

    def check_torch(self, op: str, compute: Callable[..., dict[str, Tensor]]) -> None:
        def run(case: Case) -> dict[str, np.ndarray]:
            inputs = {name: torch.from_numpy(array.copy()).to(DEVICE)
                      for name, array in case.inputs.items()}
            results = compute(case.params, **inputs)
            return {name: tensor.detach().cpu().numpy()
                    for name, tensor in results.items()}

        self.check_op(op, run)


class TorchTestCase(unittest.TestCase):
    """Tests on random tensors, which are the same in each run."""

    def setUp(self) -> None:
        torch.manual_seed(7)

    def assert_close(self, got: Tensor, want: Tensor, tolerance: float = 2e-5) -> None:
        """The same dtype and shape, and near, by the largest magnitude."""
        self.assertEqual((got.dtype, got.shape), (want.dtype, want.shape))
        atol = tolerance * max(1.0, float(want.abs().max()) if want.numel() else 0.0)
        torch.testing.assert_close(got, want, rtol=0, atol=atol, equal_nan=True)

    def assert_equal(self, got: Tensor, want: Tensor) -> None:
        self.assertEqual((got.dtype, got.shape), (want.dtype, want.shape))
        torch.testing.assert_close(got, want, rtol=0, atol=0, equal_nan=True)

    def assert_refuses(self, error: type[Exception], text: str,
                       function: Callable[..., Any], *arguments: Any, **keywords: Any,
                       ) -> None:
        """The call raises this error with this text in its message."""
        with self.assertRaisesRegex(error, re.escape(text)):
            function(*arguments, **keywords)

    def check_gradients(self, function: Callable[..., Tensor], *inputs: Tensor,
                        step: float = 2.0 ** -6, tolerance: float = 5e-3) -> None:
        """Backward against central differences of float32, for each input that requires
        a gradient. Exact for linear functions up to rounding."""
        weights = torch.randn_like(function(*inputs))
        wanted = [tensor for tensor in inputs if tensor.requires_grad]
        gradients = torch.autograd.grad((function(*inputs) * weights).sum(), wanted)

        def loss() -> float:
            with torch.no_grad():
                return float((function(*inputs) * weights).double().sum())

        for tensor, gradient in zip(wanted, gradients, strict=True):
            self.assert_close(gradient, differences(loss, tensor, step), tolerance)

    def check_against(self, ours: Callable[..., Tensor], plain: Callable[..., Tensor],
                      *inputs: Tensor, tolerance: float = 2e-5) -> None:
        """Values and all gradients of two functions."""
        wanted = [tensor for tensor in inputs if tensor.requires_grad]
        got, want = ours(*inputs), plain(*inputs)
        self.assert_close(got.detach(), want.detach(), tolerance)
        weights = torch.randn_like(want)
        for one, other in zip(torch.autograd.grad(got, wanted, weights),
                              torch.autograd.grad(want, wanted, weights), strict=True):
            self.assert_close(one, other, tolerance)

    def check_state_dict(self, make: Callable[[], nn.Module], layout: Sequence[tuple],
                         run: Callable[[nn.Module], Tensor]) -> None:
        """Names, dtypes and shapes of the state, and that another module that loads it
        computes the same."""
        module, other = make(), make()
        state = module.state_dict()
        self.assertEqual([(name, str(t.dtype).removeprefix("torch."), tuple(t.shape))
                          for name, t in state.items()], list(layout))
        run(other)
        other.load_state_dict(state)
        self.assert_equal(run(other), run(module))


def differences(loss: Callable[[], float], tensor: Tensor, step: float) -> Tensor:
    """Central differences of a loss in the entries of a tensor."""
    flat = tensor.detach().view(-1)
    gradient = torch.empty_like(flat)
    for index in range(flat.numel()):
        value = float(flat[index])
        flat[index] = value + step
        above = loss()
        flat[index] = value - step
        gradient[index] = (above - loss()) / (2 * step)
        flat[index] = value
    return gradient.view(tensor.shape)


def leaf(*shape: int) -> Tensor:
    """A random tensor that requires a gradient."""
    return torch.randn(shape).requires_grad_()
