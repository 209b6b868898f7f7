"""The Chimera system: packed two-bit BitLinear, RMSNorm, its functions."""

from __future__ import annotations

import copy
import io
import os
import unittest
from typing import Any
from unittest import mock

from torch_testing import (DEVICE, HAS_TORCH, TorchGoldenTestCase, TorchTestCase, leaf,
                           needs_torch)

if HAS_TORCH:
    import torch
    import torch.nn.functional as F
    from torch import Tensor

    from ternary.torch import chimera

Params = dict[str, Any]


def layer(w: Tensor, bias: Tensor | None = None, nm_2_4: bool = False) -> chimera.BitLinear:
    """A layer with these weights."""
    module = chimera.BitLinear(w.shape[1], w.shape[0], bias=bias is not None,
                               nm_2_4=nm_2_4)
    state = {"weight": w} if bias is None else {"weight": w, "bias": bias}
    module.load_state_dict(state)
    return module


def plain_train(x: Tensor, w: Tensor, bias: Tensor | None) -> Tensor:
    """The training forward in plain torch, with the straight-through clamp."""
    alpha = w.detach().abs().mean(dim=1, keepdim=True).clamp_min(1e-5)
    clamped = (w / alpha).clamp(-1, 1)
    trits = clamped + (clamped.round() - clamped).detach()
    return F.linear(x, trits * alpha, bias)


@needs_torch
class Golden(TorchGoldenTestCase):
    def test_pack(self) -> None:
        self.check_torch("pack2bit", lambda p, q: {"packed": chimera.pack_ternary(q)})

    def test_unpack(self) -> None:
        self.check_torch("unpack2bit", lambda p, packed: {
            "values": chimera.unpack_ternary(packed, p["k"])})

    def test_dequantize(self) -> None:
        self.check_torch("dequant2bit", lambda p, packed, alpha: {
            "w": chimera.dequantize(packed, alpha, p["k"])})

    def test_ternarize(self) -> None:
        def compute(params: Params, w: Tensor) -> dict[str, Tensor]:
            q, alpha = chimera.ternarize_weight(w)
            return {"q": q, "alpha": alpha}

        self.check_torch("ternarize_row", compute)
        self.check_torch("absmean_row", compute)

    def test_sparsify(self) -> None:
        self.check_torch("sparsify_2_4",
                         lambda p, w: {"w": chimera.apply_2_4_sparsity_(w)})

    def test_quantize_latent(self) -> None:
        def compute(params: Params, w: Tensor) -> dict[str, Tensor]:
            module = layer(w, nm_2_4=params["nm_2_4"])
            module.prepare_for_inference()
            return {"packed": module._packed, "alpha": module._alpha,
                    "q": chimera.unpack_ternary(module._packed, w.shape[1],
                                                dtype=torch.int8)}

        self.check_torch("quantize_latent_2_4", compute)

    def test_straight_through(self) -> None:
        for op, function in (("ste_clamp", chimera.ste_ternary),
                             ("ste_legacy", chimera.ste_ternary_legacy)):
            def compute(params: Params, w: Tensor, grad_y: Tensor) -> dict[str, Tensor]:
                y = function(w.requires_grad_())
                y.backward(grad_y)
                return {"y": y, "grad_w": w.grad}

            self.check_torch(op, compute)

    def test_train(self) -> None:
        def compute(params: Params, x: Tensor, w: Tensor, grad_y: Tensor,
                    bias: Tensor | None = None) -> dict[str, Tensor]:
            module = layer(w, bias, params["nm_2_4"])
            y = module(x.requires_grad_())
            y.backward(grad_y)
            results = {"y": y, "grad_x": x.grad, "grad_w": module.weight.grad}
            return results if bias is None else {**results, "grad_b": module.bias.grad}

        self.check_torch("bitlinear_train", compute)

    def test_packed(self) -> None:
        def compute(params: Params, x: Tensor, w: Tensor,
                    bias: Tensor | None = None) -> dict[str, Tensor]:
            module = layer(w, bias, params["nm_2_4"]).eval()
            y = module(x)
            dense = chimera.dequantize(module._packed, module._alpha, w.shape[1])
            return {"y": y, "packed": module._packed, "alpha": module._alpha,
                    "dense_w": dense}

        self.check_torch("bitlinear_packed", compute)

    def test_nonzero_mask(self) -> None:
        self.check_torch("bitlinear_nonzero_mask", lambda p, w: {
            "mask": layer(w, nm_2_4=p["nm_2_4"]).ternary_nonzero_mask()})

    def test_rms_norm(self) -> None:
        def compute(params: Params, x: Tensor, weight: Tensor,
                    grad_y: Tensor | None = None) -> dict[str, Tensor]:
            module = chimera.RMSNorm(x.shape[-1], eps=params["eps"])
            module.load_state_dict({"weight": weight})
            y = module(x.requires_grad_())
            if grad_y is None:
                return {"y": y}
            y.backward(grad_y)
            return {"y": y, "grad_x": x.grad, "grad_weight": module.weight.grad}

        self.check_torch("rmsnorm", compute)


@needs_torch
class Gradients(TorchTestCase):
    def test_training_equals_plain_autograd(self) -> None:
        for bias in (None, leaf(4)):
            with self.subTest(bias=bias is not None):
                x, w = leaf(3, 10), leaf(4, 10)

                def ours(x: Tensor, w: Tensor, bias: Tensor | None = None) -> Tensor:
                    module = chimera.BitLinear(10, 4, bias=bias is not None)
                    parameters = {"weight": w} if bias is None else {"weight": w,
                                                                     "bias": bias}
                    return torch.func.functional_call(module, parameters, x)

                inputs = [x, w] if bias is None else [x, w, bias]
                self.check_against(ours, lambda x, w, b=None: plain_train(x, w, b),
                                   *inputs)

    def test_two_of_four_gates_the_gradient(self) -> None:
        module = chimera.BitLinear(8, 3, nm_2_4=True)
        module(torch.randn(5, 8)).sum().backward()
        mask = module.ternary_nonzero_mask()
        self.assertLessEqual(int(mask.view(3, 2, 4).sum(dim=2).max()), 2)
        self.assertEqual(int(module.weight.grad[~mask].count_nonzero()), 0)
        self.assertGreater(int(module.weight.grad[mask].count_nonzero()), 0)

    def test_packed_layer(self) -> None:
        module = chimera.BitLinear(9, 4, bias=True).eval()
        self.check_gradients(
            lambda x, b: torch.func.functional_call(module, {"bias": b}, x),
            leaf(3, 9), leaf(4))

    def test_rms_norm(self) -> None:
        module = chimera.RMSNorm(6)
        self.check_gradients(
            lambda x, w: torch.func.functional_call(module, {"weight": w}, x),
            leaf(3, 6), leaf(6))

    def test_straight_through_equals_plain_autograd(self) -> None:
        def plain(w: Tensor) -> Tensor:
            clamped = w.clamp(-1, 1)
            return clamped + (clamped.round() - clamped).detach()

        self.check_against(chimera.ste_ternary, plain, leaf(2, 3, 5))

    def test_half_precision_trains(self) -> None:
        module = chimera.BitLinear(10, 4, bias=True)
        for dtype in (torch.float16, torch.bfloat16):
            with self.subTest(dtype=dtype):
                x = torch.randn(3, 10, dtype=dtype, requires_grad=True)
                y = module(x)
                want = plain_train(x.detach().float(), module.weight, module.bias)
                self.assertEqual(y.dtype, dtype)
                self.assert_close(y.detach().float(), want.detach(), 1e-2)
                y.sum().backward()
                self.assertEqual((x.grad.dtype, module.weight.grad.dtype),
                                 (dtype, torch.float32))


@needs_torch
class Packing(TorchTestCase):
    """Packed trits always belong to the weight."""

    def setUp(self) -> None:
        super().setUp()
        self.module = chimera.BitLinear(10, 4, bias=True).eval()
        self.x = torch.randn(3, 10)

    def check_fresh(self) -> None:
        with torch.no_grad():
            want = plain_train(self.x, self.module.weight, self.module.bias)
            self.assert_close(self.module(self.x), want)

    def test_kept_between_calls(self) -> None:
        self.module(self.x)
        with mock.patch.object(self.module, "_quantize", side_effect=AssertionError):
            self.check_fresh()

    def test_optimizer_step(self) -> None:
        self.check_fresh()
        optimizer = torch.optim.SGD(self.module.parameters(), lr=10.0)
        self.module.train()
        self.module(self.x).sum().backward()
        optimizer.step()
        self.module.eval()
        self.check_fresh()

    def test_change_in_place_after_preparing(self) -> None:
        self.module.prepare_for_inference()
        with torch.no_grad():
            self.module.weight.neg_()
        self.check_fresh()

    def test_other_parameter(self) -> None:
        self.check_fresh()
        self.module.weight = torch.nn.Parameter(torch.randn(4, 10))
        self.check_fresh()

    def test_temporary_weights(self) -> None:
        # They come and go at one address.
        for _ in range(8):
            state = {"weight": torch.randn(4, 10), "bias": torch.zeros(4)}
            with torch.no_grad():
                y = torch.func.functional_call(self.module, state, self.x)
                self.assert_close(y, plain_train(self.x, state["weight"], None))
            del state

    def test_other_data(self) -> None:
        self.check_fresh()
        self.module.weight.data = torch.randn(4, 10)
        self.check_fresh()

    def test_inference_mode(self) -> None:
        with torch.inference_mode():
            self.module = chimera.BitLinear(10, 4, bias=True).eval()
            self.check_fresh()
            self.module.weight.neg_()
            self.check_fresh()

    def test_saved(self) -> None:
        self.check_fresh()
        file = io.BytesIO()
        torch.save(self.module, file)
        file.seek(0)
        self.module = torch.load(file, weights_only=False)
        self.check_fresh()

    def test_loaded_state(self) -> None:
        self.check_fresh()
        self.module.load_state_dict(chimera.BitLinear(10, 4, bias=True).state_dict())
        self.check_fresh()

    def test_copy(self) -> None:
        self.check_fresh()
        self.module = copy.deepcopy(self.module)
        with torch.no_grad():
            self.module.weight.neg_()
        self.check_fresh()

    def test_hidden_write_while_training(self) -> None:
        self.module.train()
        with torch.no_grad():
            self.check_fresh()
            self.module.weight.data.neg_()
            self.check_fresh()

    def test_hidden_write_needs_invalidate(self) -> None:
        self.check_fresh()
        self.module.weight.data.neg_()
        self.module.invalidate_packed()
        self.check_fresh()

    def test_half(self) -> None:
        self.check_fresh()
        self.module.half()
        y = self.module(self.x.half())
        want = plain_train(self.x, self.module.weight.float(), self.module.bias.float())
        self.assertEqual(y.dtype, torch.float16)
        self.assert_close(y.float().detach(), want.detach(), 1e-2)

    def test_no_dense_copy(self) -> None:
        self.module.prepare_for_inference()
        self.module(self.x)
        held = sum(b.numel() * b.element_size() for b in self.module.buffers())
        # Two-bit codes in rows, and in one panel of 64 rows and 16 columns or one tile
        # of 16 rows and 128 columns; the scales.
        executed = 64 * 16 // 4 if DEVICE == "cpu" else 16 * 128 // 4
        self.assertEqual(held, 4 * 3 + executed + 4 * 4)


@needs_torch
class Surface(TorchTestCase):
    def test_state_dict(self) -> None:
        x = torch.randn(3, 10)
        for bias in (False, True):
            with self.subTest(bias=bias):
                layout = [("weight", "float32", (4, 10)), ("bias", "float32", (4,))]
                self.check_state_dict(
                    lambda: chimera.BitLinear(10, 4, bias=bias).eval(),
                    layout if bias else layout[:1], lambda m: m(x))
        self.check_state_dict(lambda: chimera.RMSNorm(10), [("weight", "float32", (10,))],
                              lambda m: m(x))

    def test_shapes(self) -> None:
        module = chimera.BitLinear(10, 4)
        for leading in ((), (1,), (0,), (2, 3), (2, 0, 3)):
            for training in (True, False):
                with self.subTest(leading=leading, training=training):
                    x = torch.randn(*leading, 10, requires_grad=True)
                    y = module.train(training)(x)
                    self.assertEqual(y.shape, (*leading, 4))
                    y.sum().backward()
                    self.assertEqual(x.grad.shape, x.shape)

    def test_not_contiguous(self) -> None:
        module = chimera.BitLinear(10, 4).eval()
        x = torch.randn(10, 3)
        self.assert_close(module(x.t()), module(x.t().contiguous()))

    def test_functions_of_any_rank(self) -> None:
        w = torch.randn(2, 3, 7)
        trits, alpha = chimera.ternarize_weight(w)
        self.assertEqual((trits.shape, alpha.shape), ((2, 3, 7), (2, 3)))
        packed = chimera.pack_ternary(trits)
        self.assertEqual(packed.shape, (2, 3, 2))
        self.assert_equal(chimera.unpack_ternary(packed, 7), trits.float())
        self.assert_close(chimera.dequantize(packed, alpha, 7),
                          trits * alpha.unsqueeze(-1))
        self.assertIs(chimera._quantize_weights_ternary, chimera.ternarize_weight)

    def test_sparsity_in_place(self) -> None:
        w = torch.tensor([[1.0, -3.0, 2.0, 0.5, 4.0, 5.0, 6.0]])
        self.assertIs(chimera.apply_2_4_sparsity_(w), w)
        self.assert_equal(w, torch.tensor([[0.0, -3.0, 2.0, 0.0, 0.0, 5.0, 6.0]]))

    def test_native_kernel(self) -> None:
        self.assertTrue(chimera.enable_native_kernel(force=True))
        self.assertTrue(chimera.native_kernel_available())
        self.assertIn("native=True", repr(chimera.BitLinear(4, 4)))
        with mock.patch.dict(os.environ), mock.patch.object(
                chimera, "pack_ternary", side_effect=RuntimeError("no kernel")):
            os.environ.pop("CHIMERA_NATIVE_DISABLED", None)
            self.assertFalse(chimera.enable_native_kernel(force=True))
            self.assertFalse(chimera.native_kernel_available())
            self.assertEqual(os.environ["CHIMERA_NATIVE_DISABLED"], "no kernel")
        self.assertTrue(chimera.enable_native_kernel())

    def test_refusals(self) -> None:
        packed = chimera.pack_ternary(torch.ones(2, 5, dtype=torch.int8))
        self.assert_refuses(ValueError, "expected 0 to 8 values in a row, found 9",
                            chimera.unpack_ternary, packed, 9)
        module = chimera.BitLinear(10, 4).eval()
        self.assert_refuses(ValueError, "expected 10 in the last axis", module,
                            torch.randn(3, 11))
        self.assert_refuses(Exception, "bitlinear", module,
                            torch.randn(3, 10, dtype=torch.float64))


if __name__ == "__main__":
    unittest.main()
