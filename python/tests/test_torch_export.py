"""Modules exported to IR give what they give themselves."""

from __future__ import annotations

import ctypes
import tempfile
import unittest
from pathlib import Path

import numpy as np

import ternary
from torch_testing import HAS_TORCH, needs_torch

if HAS_TORCH:
    import torch
    from torch import Tensor, nn

    from ternary.torch import chimera, functional
    from ternary.torch.arb import TernaryEmbedding, TernaryRMSNorm, TernaryScaleTensor
    from ternary.torch.export import compile_module, export_ir

    Module = nn.Module
else:
    Module = object


class Block(Module):
    """A norm, two layers with what lies between them, and a residual."""

    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.norm = chimera.RMSNorm(32)
        self.up = chimera.BitLinear(32, 24, bias=True)
        self.activation = activation
        self.down = chimera.BitLinear(24, 32)

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.5 * self.down(self.activation(self.up(self.norm(x))))


class Words(Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = TernaryEmbedding(40, 32)
        self.norm = TernaryRMSNorm(32)
        self.head = TernaryScaleTensor(32, 10, bias=True)

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.norm(self.table(ids)))


class Quantized(Module):
    """BitNet's layer: int8 activations, trits with a scale per row."""

    def __init__(self) -> None:
        super().__init__()
        w = torch.randn(16, 48)
        trits, scale = chimera.ternarize_weight(w)
        self.register_buffer("trits", trits.float())
        self.register_buffer("scale", scale)

    def forward(self, x: Tensor) -> Tensor:
        return functional.bitlinear(functional.activation_quant(x), self.trits, self.scale)


def assert_same(module: nn.Module, x: Tensor, atol: float = 2e-5) -> None:
    with torch.no_grad():
        want = module(x)
    got = compile_module(module, (x,))(x)
    np.testing.assert_allclose(got, want.numpy(), rtol=1e-5,
                               atol=atol * float(want.abs().max()))


@needs_torch
class Export(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(0)

    def test_blocks(self) -> None:
        for activation in (nn.ReLU(), nn.SiLU(), nn.GELU(), nn.GELU("tanh"), nn.Tanh(),
                           nn.Sigmoid(), nn.Identity(), nn.Dropout()):
            with self.subTest(activation):
                assert_same(Block(activation).eval(), torch.randn(4, 3, 32))

    def test_prepared_layers(self) -> None:
        block = Block(nn.ReLU()).eval()
        block.up.prepare_for_inference()
        block.down.prepare_for_inference()
        text = export_ir(block, (torch.randn(4, 32),))
        self.assertEqual(text.count("ternary.bitlinear"), 2)
        self.assertEqual(text.count("#ternary.packing<chimera>"), 2)
        assert_same(block, torch.randn(4, 32))

    def test_group_scaled_layers(self) -> None:
        words = Words().eval()
        assert_same(words, torch.tensor([[1, 39, 0], [7, 7, 2]]))
        self.assertIn("ternary.embedding", export_ir(words, (torch.tensor([3]),)))

    def test_quantized_activations(self) -> None:
        assert_same(Quantized(), torch.randn(5, 48))
        self.assertIn("ternary.quantize_activation",
                      export_ir(Quantized(), (torch.randn(5, 48),)))

    def test_open_tokens(self) -> None:
        block = Block(nn.SiLU()).eval()
        text = export_ir(block, (torch.randn(4, 3, 32),), tokens=True)
        function = ternary.compile(text, entry="forward")
        self.assertEqual(function.parameters[0].shape, (None, None, 32))
        for shape in ((2, 5, 32), (1, 1, 32), (0, 3, 32)):
            x = torch.randn(shape)
            with torch.no_grad():
                np.testing.assert_allclose(function(x), block(x).numpy(), rtol=1e-5,
                                           atol=1e-4)

    def test_shapes_between_layers(self) -> None:
        class Reshape(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.layer = chimera.BitLinear(8, 6)

            def forward(self, x: Tensor) -> Tensor:
                y = self.layer(x.view(-1, 8)).flatten()
                return (y.reshape(3, 2, -1) * 2 - 1).unsqueeze(0).half().float()

        assert_same(Reshape().eval(), torch.randn(3, 16), atol=1e-3)

    def test_library(self) -> None:
        block = Block(nn.ReLU()).eval()
        x = torch.randn(4, 32)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "block.so")
            ternary.compile_file(export_ir(block, (x,), name="block"), path)
            y = np.empty((4, 32), np.float32)
            ctypes.CDLL(str(path)).block(ctypes.c_void_p(x.data_ptr()),
                                         y.ctypes.data_as(ctypes.c_void_p))
        with torch.no_grad():
            np.testing.assert_allclose(y, block(x).numpy(), rtol=1e-5, atol=1e-4)

    def test_out_may_be_a_tensor(self) -> None:
        block = Block(nn.ReLU()).eval()
        x, y = torch.randn(4, 32), torch.empty(4, 32)
        self.assertIs(compile_module(block, (x,))(x, out=y), y)
        with torch.no_grad():
            torch.testing.assert_close(y, block(x), rtol=1e-5, atol=1e-4)

    def test_refusals(self) -> None:
        class Sorted(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return torch.sort(x).values

        with self.assertRaisesRegex(ValueError, "export: node 'sort', expected an op of "
                                                "ternary or one of .*, found aten.sort"):
            export_ir(Sorted(), (torch.randn(3),))

        class Outer(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x.unsqueeze(1) + x

        with self.assertRaisesRegex(ValueError, "export: addf, expected two operands of "
                                                "one type or the last axes of it"):
            export_ir(Outer(), (torch.randn(3),))


if __name__ == "__main__":
    unittest.main()
