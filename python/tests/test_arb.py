"""The ARB system: linear layer, embedding and norm with group exponents."""

from __future__ import annotations

import copy
import os
import unittest
from typing import Any
from unittest import mock

from torch_testing import (HAS_TORCH, TorchGoldenTestCase, TorchTestCase, leaf,
                           needs_torch)

if HAS_TORCH:
    import torch
    from torch import Tensor

    from ternary import _source
    from ternary.torch import arb
    from ternary.torch.base3 import padding

    # The rules that no layer applies by itself.
    ops = torch.ops.ternary

Params = dict[str, Any]


def layer(shape: list[int], group_size: int, packed: Tensor, E: Tensor,
          corr: Tensor | None = None, step: int = 0, bias: Tensor | None = None,
          strength: float = 4.0, **options: Any) -> arb.TernaryScaleTensor:
    """A layer in this state."""
    rows, columns = shape
    module = arb.TernaryScaleTensor(columns, rows, tscale_type=arb.TScaleType(group_size),
                                    bias=bias is not None, **options)
    load(module, shape, packed, E, corr, step, bias)
    return module


def load(module: Any, shape: list[int], packed: Tensor, E: Tensor,
         corr: Tensor | None = None, step: int = 0, bias: Tensor | None = None) -> None:
    state = {"T_packed": packed, "_T_shape": torch.tensor(shape),
             "_T_pad": torch.tensor(padding(shape[0] * shape[1])), "E": E,
             "corr_accum": torch.zeros_like(E, dtype=torch.int64) if corr is None
             else corr, "step_counter": torch.tensor([step])}
    module.load_state_dict(state if bias is None else {**state, "bias": bias})


def with_strength(strength: float) -> Any:
    return mock.patch.dict(os.environ, ARB_BIGINT_CORR_STRENGTH=str(strength))


def by_row(flat: Tensor, rows: int) -> Tensor:
    return flat.view(rows, -1)


@needs_torch
class GoldenLayer(TorchGoldenTestCase):
    def test_scales(self) -> None:
        def compute(p: Params, E: Tensor, corr: Tensor) -> dict[str, Tensor]:
            rows, columns = p["shape"]
            packed, _, _ = arb.pack_ternary(torch.zeros(rows, columns))
            module = layer(p["shape"], p["group_size"], packed, E, corr, p["step"])
            return {"S": module.effective_scales(strength=p["strength"])}

        self.check_torch("effective_scale", compute)

    def test_dequantize(self) -> None:
        def compute(p: Params, **state: Tensor) -> dict[str, Tensor]:
            with with_strength(p["strength"]):
                return {"w": layer(**p, **state).dequantize()}

        self.check_torch("dequant_base3", compute)

    def check_forward(self, op: str, **options: Any) -> None:
        def compute(p: Params, x: Tensor, **state: Tensor) -> dict[str, Tensor]:
            with with_strength(p["strength"]), torch.no_grad():
                return {"y": layer(**p, **state, **options)(x)}

        self.check_torch(op, compute)

    def check_grad_x(self, op: str, **options: Any) -> None:
        def compute(p: Params, grad_y: Tensor, **state: Tensor) -> dict[str, Tensor]:
            x = torch.zeros(*grad_y.shape[:-1], p["shape"][1], requires_grad=True)
            with with_strength(p["strength"]):
                layer(**p, **state, **options)(x).backward(grad_y)
            return {"grad_x": x.grad}

        self.check_torch(op, compute)

    def test_forward(self) -> None:
        self.check_forward("ternary_forward")

    def test_grad_x(self) -> None:
        self.check_grad_x("ternary_grad_x")

    def test_forward_of_half_precision(self) -> None:
        self.check_forward("ternary_forward_fp16clamp", numerics=arb.TILELANG_NUMERICS)

    def test_grad_x_of_half_precision(self) -> None:
        with mock.patch.dict(os.environ, ARB_TILELANG_TRAINING="1"):
            self.check_grad_x("ternary_grad_x_fp16clamp", numerics=arb.TILELANG_NUMERICS)

    def test_streamed_correlation(self) -> None:
        def compute(p: Params, grad_y: Tensor, x: Tensor, packed: Tensor,
                    corr: Tensor) -> dict[str, Tensor]:
            module = layer(p["shape"], p["group_size"], packed,
                           torch.zeros_like(corr, dtype=torch.int8), corr, p["step"],
                           numerics=arb.TRITON_NUMERICS)
            with arb.component("part", float(p["corr_step"])):
                module(x).backward(grad_y)
            return {"corr": module.corr_accum, "step": module.step_counter}

        self.check_torch("accumulate_corr_direct", compute)

    def test_correlation_from_sign(self) -> None:
        def compute(p: Params, sign: Tensor, packed: Tensor,
                    corr: Tensor) -> dict[str, Tensor]:
            module = layer(p["shape"], p["group_size"], packed,
                           torch.zeros_like(corr, dtype=torch.int8), corr, p["step"])
            module.accumulate_sign(sign, p["corr_step"])
            return {"corr": module.corr_accum, "step": module.step_counter}

        self.check_torch("accumulate_corr_from_sign", compute)

    def test_kept_sign(self) -> None:
        def compute(p: Params, grad_y: Tensor, x: Tensor) -> dict[str, Tensor]:
            module = arb.TernaryScaleTensor(x.shape[1], grad_y.shape[1])
            module._stream_backward_updates = False
            module(x).backward(grad_y)
            return {"sign": module._hook_grad_T_sign}

        self.check_torch("grad_sign", compute)

    def test_three_streamed_steps(self) -> None:
        def compute(p: Params, packed: Tensor, E: Tensor, x: Tensor,
                    grad_y: Tensor) -> dict[str, Tensor]:
            module = layer(p["shape"], p["group_size"], packed, E)
            results: dict[str, list[Tensor]] = {"y": [], "grad_x": [], "corr": []}
            for one, grad in zip(x, grad_y, strict=True):
                one = one.clone().requires_grad_()
                y = module(one)
                y.backward(grad)
                for name, value in zip(results, (y, one.grad, module.corr_accum),
                                       strict=True):
                    results[name].append(value.detach().clone())
            return {**{name: torch.stack(values) for name, values in results.items()},
                    "step": module.step_counter}

        self.check_torch("corr_stream_3steps", compute)

    def test_regroup(self) -> None:
        def compute(p: Params, packed: Tensor, E: Tensor,
                    corr: Tensor) -> dict[str, Tensor]:
            module = layer(p["shape"], p["old_group_size"], packed, E, corr, p["step"])
            module.tscale_to(arb.TScaleType(p["new_group_size"]))
            self.assertEqual(module.group_size, p["new_group_size"])
            return {"E": module.E, "corr": module.corr_accum,
                    "step": module.step_counter}

        self.check_torch("tscale_to", compute)

    def test_bits_per_weight(self) -> None:
        def bits(rows: int, columns: int, group_size: int, has_bias: int) -> float:
            return arb.TernaryScaleTensor(columns, rows, bias=bool(has_bias),
                                          tscale_type=arb.TScaleType(group_size),
                                          ).effective_bpw

        self.check_torch("effective_bpw", lambda p, config: {
            "bpw": torch.tensor([bits(*row) for row in config.tolist()])})


@needs_torch
class GoldenRules(TorchGoldenTestCase):
    def test_initial_threshold(self) -> None:
        self.check_torch("scaled_init_threshold", lambda p, threshold, init_std: {
            "value": torch.tensor([arb.scaled_init_threshold(*pair) for pair in zip(
                threshold.tolist(), init_std.tolist(), strict=True)])})

    def test_initial_exponents(self) -> None:
        self.check_torch("group_exp_init_mean", lambda p, w: {
            "E": arb.group_exponents(w, p["group_size"])})

    def test_amount_of_a_weight(self) -> None:
        def amount(weight: float, base: int) -> int:
            with arb.component("part", weight):
                return arb.correlation_amount(base)

        self.check_torch("corr_step_from_weight", lambda p, weight: {
            "corr_step": torch.tensor([[amount(w, base) for w in weight.tolist()]
                                       for base in p["base_steps"]])})

    def test_update_exponent(self) -> None:
        def compute(p: Params, packed: Tensor, E: Tensor, E_accum: Tensor,
                    **source: Tensor) -> dict[str, Tensor]:
            rows = p["shape"][0]
            ops.update_exponent(list(source.values()), packed, by_row(E, rows),
                                by_row(E_accum, rows), packing="base3",
                                group_size=p["group_size"], threshold=p["threshold"])
            return {"E": E, "E_accum": E_accum}

        self.check_torch("update_e_from_sign", compute)
        self.check_torch("update_e_direct", compute)

    def test_accumulate_exponent(self) -> None:
        def compute(p: Params, packed: Tensor, grad_y: Tensor, x: Tensor,
                    E_accum: Tensor) -> dict[str, Tensor]:
            ops.accumulate_exponent([grad_y, x], packed, by_row(E_accum, p["shape"][0]),
                                    packing="base3", group_size=p["group_size"],
                                    amount=p["step"])
            return {"E_accum": E_accum}

        self.check_torch("accumulate_e_direct", compute)

    def test_accumulate_trit(self) -> None:
        def compute(p: Params, grad_y: Tensor, x: Tensor,
                    T_accum: Tensor) -> dict[str, Tensor]:
            ops.accumulate_trit([grad_y, x], T_accum, amount=p["step"])
            return {"T_accum": T_accum}

        self.check_torch("accumulate_t_direct", compute)

    def test_step(self) -> None:
        def compute(p: Params, packed: Tensor, T_accum: Tensor,
                    group_threshold: Tensor | None = None,
                    **source: Tensor) -> dict[str, Tensor]:
            has_groups = group_threshold is not None
            ops.step(list(source.values()),
                     by_row(group_threshold, p["shape"][0]) if has_groups else None,
                     packed, T_accum, packing="base3",
                     threshold=None if has_groups else p["threshold"],
                     group_size=p["group_size"] if has_groups else None,
                     amount=p.get("step", 1))
            return {"packed": packed, "T_accum": T_accum}

        for op in ("ternary_step", "ternary_step_direct", "apply_flips"):
            self.check_torch(op, compute)


@needs_torch
class GoldenEmbeddingAndNorm(TorchGoldenTestCase):
    def embedding(self, p: Params, packed: Tensor, E: Tensor, corr: Tensor | None = None,
                  step: int = 0) -> arb.TernaryEmbedding:
        module = arb.TernaryEmbedding(p["vocab"], p["dim"],
                                      tscale_type=arb.TScaleType(p["group_size"]))
        load(module, [p["vocab"], p["dim"]], packed, E, corr, step)
        return module

    def test_embedding(self) -> None:
        self.check_torch("embedding_forward", lambda p, indices, packed, E: {
            "y": self.embedding(p, packed, E, corr=torch.full_like(E, 99).long(),
                                step=1)(indices)})

    def test_embedding_sign(self) -> None:
        def compute(p: Params, indices: Tensor, grad_y: Tensor) -> dict[str, Tensor]:
            module = arb.TernaryEmbedding(p["vocab"], p["dim"])
            module._stream_backward_updates = False
            module(indices).backward(grad_y.view(*indices.shape, p["dim"]))
            return {"sign": module._hook_grad_T_sign}

        self.check_torch("embedding_grad_sign", compute)

    def test_embedding_correlation(self) -> None:
        def compute(p: Params, indices: Tensor, grad_y: Tensor, packed: Tensor,
                    corr: Tensor, step: Tensor) -> dict[str, Tensor]:
            E = torch.zeros_like(corr, dtype=torch.int8)
            module = self.embedding(p, packed, E, corr, int(step))
            module(indices).backward(grad_y.view(*indices.shape, p["dim"]))
            return {"corr": module.corr_accum, "step": module.step_counter}

        self.check_torch("embedding_backward_corr", compute)

    def norm(self, p: Params) -> arb.TernaryRMSNorm:
        return arb.TernaryRMSNorm(p["dim"], eps=p.get("eps", 1e-5),
                                  tscale_type=arb.TScaleType(p["group_size"]))

    def test_initial_norm(self) -> None:
        def compute(p: Params) -> dict[str, Tensor]:
            module = self.norm(p)
            return {"packed": module.T_packed, "E": module.E}

        self.check_torch("ternary_rmsnorm_init", compute)

    def test_norm(self) -> None:
        def compute(p: Params, x: Tensor, packed: Tensor, E: Tensor,
                    grad_y: Tensor | None = None) -> dict[str, Tensor]:
            module = self.norm(p)
            module.load_state_dict({**module.state_dict(), "T_packed": packed, "E": E})
            y = module(x.requires_grad_())
            if grad_y is None:
                return {"y": y}
            y.backward(grad_y)
            return {"grad_x": x.grad}

        self.check_torch("ternary_rmsnorm_forward", compute)
        self.check_torch("ternary_rmsnorm_backward", compute)


@needs_torch
class Gradients(TorchTestCase):
    def test_linear_equals_plain_autograd(self) -> None:
        module = arb.TernaryScaleTensor(21, 6, tscale_type=arb.TScaleType.T8, bias=True)
        module.bias.copy_(torch.arange(6))
        w = module.dequantize()

        def ours(x: Tensor) -> Tensor:
            return copy.deepcopy(module)(x)

        self.check_against(ours, lambda x: x @ w.t() + module.bias, leaf(2, 3, 21))

    def test_linear_by_differences(self) -> None:
        module = arb.TernaryScaleTensor(10, 4, tscale_type=arb.TScaleType.T4)
        with mock.patch.object(module, "_stream_backward_updates", False):
            self.check_gradients(module, leaf(3, 10))

    def test_norm_by_differences(self) -> None:
        module = arb.TernaryRMSNorm(6)
        module.E += 1
        self.check_gradients(module, leaf(3, 6))

    def test_dtype_of_the_gradient(self) -> None:
        for module in (arb.TernaryScaleTensor(8, 4), arb.TernaryRMSNorm(8)):
            for dtype in (torch.float16, torch.bfloat16):
                with self.subTest(module=module, dtype=dtype):
                    x = torch.randn(3, 8, dtype=dtype, requires_grad=True)
                    y = module(x)
                    y.sum().backward()
                    self.assertEqual((y.dtype, x.grad.dtype), (torch.float32, dtype))


@needs_torch
class Updates(TorchTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.module = arb.TernaryScaleTensor(10, 4, tscale_type=arb.TScaleType.T4)
        self.x, self.grad = torch.randn(3, 10), torch.randn(3, 4)

    def expected(self, amount: int = 1) -> Tensor:
        """What one update subtracts from the correlation."""
        products = (self.grad.t() @ self.x).sign() * self.module.trits()
        padded = torch.nn.functional.pad(products, (0, 2)).view(4, 3, 4)
        return (-amount * padded.sum(dim=2)).long().view(-1)

    def backward(self) -> None:
        self.module(self.x).backward(self.grad)

    def test_input_without_gradient(self) -> None:
        self.backward()
        self.assert_equal(self.module.corr_accum, self.expected())
        self.assertEqual(self.module.step_counter.tolist(), [1])

    def test_nothing_without_gradients(self) -> None:
        with torch.no_grad():
            self.assertFalse(self.module(self.x).requires_grad)
        self.assertEqual(self.module.step_counter.tolist(), [0])

    def test_used_twice_before_backward(self) -> None:
        (self.module(self.x) + self.module(self.x)).backward(self.grad)
        self.assert_equal(self.module.corr_accum, 2 * self.expected())
        self.assertEqual(self.module.step_counter.tolist(), [2])

    def test_streamed_update_ignores_the_weight(self) -> None:
        with arb.component("part", 5.0):
            self.backward()
        self.assert_equal(self.module.corr_accum, self.expected())

    def test_weight_at_the_time_of_backward(self) -> None:
        self.module.numerics = arb.TRITON_NUMERICS
        self.module._backward_t_accum_step = 2
        y = self.module(self.x)
        with arb.component("part", -1.5):
            y.backward(self.grad)
        self.assert_equal(self.module.corr_accum, self.expected(-3))
        self.assertEqual(self.module.step_counter.tolist(), [3])

    def test_kept_sign_is_used_once(self) -> None:
        for consume in (self.module.ternary_step, self.module.update_E):
            with self.subTest(consume=consume.__name__):
                self.module.corr_accum.zero_()
                self.module._stream_backward_updates = False
                self.backward()
                self.assertEqual(int(self.module.corr_accum.count_nonzero()), 0)
                self.assertTrue(hasattr(self.module, "_hook_grad_T_sign"))
                consume()
                self.assert_equal(self.module.corr_accum, self.expected())
                self.assertFalse(hasattr(self.module, "_hook_grad_T_sign"))
                consume()
                self.assert_equal(self.module.corr_accum, self.expected())

    def test_component_names_the_sign(self) -> None:
        self.module._stream_backward_updates = False
        with arb.component("value"):
            y = self.module(self.x)
        y.backward(self.grad)
        self.assertFalse(hasattr(self.module, "_hook_grad_T_sign"))
        self.assert_equal(self.module._hook_grad_T_sign_value,
                          (self.grad.t() @ self.x).sign().to(torch.int8))
        self.module.ternary_step()
        self.assertEqual(self.module.step_counter.tolist(), [0])
        del self.module._hook_grad_T_sign_value
        self.assertIsNone(self.module.take_sign("value"))

    def test_embedding_keeps_its_sign(self) -> None:
        module = arb.TernaryEmbedding(5, 7)
        module._stream_backward_updates = False
        module(torch.tensor([1, 1])).backward(torch.ones(2, 7))
        module.update_E()
        self.assertEqual(module.step_counter.tolist(), [1])
        self.assert_equal(module.corr_accum[1], -module.trits()[1].sum())

    def test_component_context(self) -> None:
        context = arb.ComponentContext
        self.assertEqual(context.get(), (None, 1.0))
        with arb.component("outer", 2.0):
            with arb.component("inner"):
                self.assertEqual(context.get(), ("inner", 1.0))
            self.assertEqual(context.get(), ("outer", 2.0))
        context.set("name", 3.0)
        context.clear()
        self.assertEqual(context.get(), (None, 1.0))

    def test_step_counts_change_the_scale(self) -> None:
        before = self.module.dequantize()
        self.backward()
        self.assertFalse(torch.equal(before, self.module.dequantize()))
        with with_strength(0.0):
            self.assert_equal(self.module.dequantize(), before)


@needs_torch
class Surface(TorchTestCase):
    def test_state_dict(self) -> None:
        x = torch.randn(3, 10)
        trits = [("T_packed", "uint8", (8,)), ("_T_shape", "int64", (2,)),
                 ("_T_pad", "int64", ()), ("E", "int8", (12,))]
        correlation = [("corr_accum", "int64", (12,)), ("step_counter", "int64", (1,))]
        bias = [("bias", "int32", (4,))]
        for has_bias in (False, True):
            self.check_state_dict(
                lambda: arb.TernaryScaleTensor(10, 4, tscale_type=arb.TScaleType.T4,
                                               bias=has_bias),
                trits + correlation + bias * has_bias,
                lambda module: module(x).detach())
        self.check_state_dict(
            lambda: arb.TernaryEmbedding(4, 10, tscale_type=arb.TScaleType.T4),
            trits + correlation, lambda module: module(torch.arange(4)).detach())

    def test_state_dict_of_the_norm(self) -> None:
        x = torch.randn(3, 10)
        layout = [("T_packed", "uint8", (2,)), ("_T_shape", "int64", (2,)),
                  ("_T_pad", "int64", ()), ("E", "int8", (3,)), ("E_accum", "int8", (3,)),
                  ("group_lr", "int8", (3,)), ("T_accum", "int8", (1, 10))]
        self.check_state_dict(
            lambda: arb.TernaryRMSNorm(10, tscale_type=arb.TScaleType.T4), layout,
            lambda module: module(x))

    def test_no_parameters(self) -> None:
        for module in (arb.TernaryScaleTensor(10, 4, bias=True),
                       arb.TernaryEmbedding(4, 10), arb.TernaryRMSNorm(10)):
            self.assertEqual(list(module.parameters()), [])

    def test_shapes(self) -> None:
        module = arb.TernaryScaleTensor(10, 4)
        for leading in ((), (1,), (0,), (2, 3), (2, 0, 3)):
            with self.subTest(leading=leading):
                x = torch.randn(*leading, 10, requires_grad=True)
                y = module(x)
                self.assertEqual((y.dtype, y.shape), (torch.float32, (*leading, 4)))
                y.sum().backward()
                self.assertEqual(x.grad.shape, x.shape)

    def test_ids(self) -> None:
        module = arb.TernaryEmbedding(6, 7)
        table = module.dequantize()
        for dtype in (torch.int32, torch.int64):
            ids = torch.tensor([[0, 5], [3, 3]], dtype=dtype)
            self.assert_equal(module(ids).detach(), table[ids.long()])
        self.assert_equal(module(torch.tensor([6, -1])).detach(), torch.zeros(2, 7))

    def test_group_sizes(self) -> None:
        module = arb.TernaryScaleTensor(100, 4)
        for kind in arb.TScaleType:
            self.assertIs(module.tscale_cast(kind), module)
            self.assertEqual(module.E.numel(), 4 * -(-100 // int(kind)))
            self.assertEqual(module(torch.randn(2, 100)).shape, (2, 4))
            self.assertIn(f"tscale_type={kind.name}", repr(module))

    def test_base3(self) -> None:
        for w in (torch.randn(3, 7), torch.randint(-5, 6, (2, 3, 4))):
            packed, shape, pad = arb.pack_ternary(w)
            self.assertEqual((packed.dtype, 5 * packed.numel()),
                             (torch.uint8, w.numel() + pad))
            self.assert_equal(arb.unpack_ternary(packed, shape, pad),
                              w.sign().to(torch.int8))
        self.assert_refuses(ValueError, "expected 24 trits", arb.unpack_ternary, packed,
                            (2, 3, 4), 0)

    def test_trits_change_between_passes(self) -> None:
        module, x = arb.TernaryScaleTensor(10, 4), torch.randn(3, 10)
        with torch.no_grad():
            y = module(x)
            module.T_packed.copy_(arb.pack_ternary(-module.trits())[0])
            self.assert_equal(module(x), -y)
            module.T_packed = arb.pack_ternary(torch.zeros(4, 10))[0]
            self.assert_equal(module(x), torch.zeros(3, 4))

    def test_precompile(self) -> None:
        module, x = arb.TernaryScaleTensor(23, 19), torch.randn(3, 23)
        module.precompile_kernels(3)
        self.assertEqual(module.step_counter.tolist(), [0])
        source = type(_source.current())
        with mock.patch.object(source, "get_function", side_effect=AssertionError):
            module(x.requires_grad_()).sum().backward()
            with torch.no_grad():
                module(x)
        self.assertEqual(module.step_counter.tolist(), [1])

    def test_norm_has_nothing_to_train(self) -> None:
        module = arb.TernaryRMSNorm(10)
        state = copy.deepcopy(module.state_dict())
        module.ternary_step()
        module.update_E()
        for name, value in module.state_dict().items():
            self.assert_equal(value, state[name])

    def test_refusals(self) -> None:
        self.assert_refuses(ValueError, "expected 10 in the last axis",
                            arb.TernaryScaleTensor(10, 4), torch.randn(3, 9))
        self.assert_refuses(ValueError, "expected 10 in the last axis",
                            arb.TernaryRMSNorm(10), torch.randn(3, 9))
        self.assert_refuses(Exception, "embedding", arb.TernaryEmbedding(4, 10),
                            torch.ones(3))


if __name__ == "__main__":
    unittest.main()
