"""The small scale tensor and its norm."""

from __future__ import annotations

import unittest
from typing import Any

from torch_testing import (HAS_TORCH, TorchGoldenTestCase, TorchTestCase, leaf,
                           needs_torch)

if HAS_TORCH:
    import torch
    from torch import Tensor

    from ternary.torch import tscale
    from ternary.torch.grouped import ternarize_threshold

Params = dict[str, Any]


@needs_torch
class Golden(TorchGoldenTestCase):
    def test_pack(self) -> None:
        def compute(p: Params, q: Tensor) -> dict[str, Tensor]:
            packed, shape, pad = tscale.pack_ternary(q)
            self.assertEqual(shape, q.shape)
            return {"packed": packed, "pad": torch.tensor(pad)}

        self.check_torch("pack_base3", compute)

    def test_unpack(self) -> None:
        self.check_torch("unpack_base3", lambda p, packed: {
            "q": tscale.unpack_ternary(packed, tuple(p["shape"]), p["pad"])})

    def test_ternarize(self) -> None:
        self.check_torch("ternarize_threshold", lambda p, x: {
            "q": ternarize_threshold(x, p["threshold"]).float()})

    def test_initial_exponent(self) -> None:
        self.check_torch("group_exp_init_dim", lambda p, in_dim: {
            "E": torch.tensor([tscale.initial_exponent(width)
                               for width in in_dim.tolist()], dtype=torch.int8)})

    def test_norm(self) -> None:
        def compute(p: Params, x: Tensor, packed: Tensor, E: Tensor,
                    corr: Tensor) -> dict[str, Tensor]:
            module = tscale.TernaryRMSNorm(p["dim"], p["group_size"])
            module.load_state_dict({**module.state_dict(), "T_packed": packed, "E": E,
                                    "corr_accum": corr,
                                    "step_counter": torch.tensor([p["step"]])})
            return {"y": module(x)}

        self.check_torch("ternary_rmsnorm_corr_forward", compute)

    def test_three_steps(self) -> None:
        def compute(p: Params, packed: Tensor, x: Tensor,
                    grad_y: Tensor) -> dict[str, Tensor]:
            rows, columns = p["shape"]
            module = tscale.TernaryScaleTensor(columns, rows, group_size=p["group_size"])
            module.load_state_dict({**module.state_dict(), "T_packed": packed})
            self.assertEqual(set(module.E.tolist()), {p["E0"]})
            results: dict[str, list[Tensor]] = {"y": [], "grad_x": [], "corr": []}
            for one, grad in zip(x, grad_y, strict=True):
                one = one.clone().requires_grad_()
                y = module(one)
                y.backward(grad)
                module.update_corr()
                for name, value in zip(results, (y, one.grad, module.corr_accum),
                                       strict=True):
                    results[name].append(value.detach().clone())
            return {**{name: torch.stack(values) for name, values in results.items()},
                    "step": module.step_counter}

        self.check_torch("corr_train_3steps", compute)

    def test_memory(self) -> None:
        def size(rows: int, columns: int, group_size: int) -> int:
            module = tscale.TernaryScaleTensor(columns, rows, group_size=group_size)
            return round(module.persistent_memory_mb() * 2 ** 20)

        self.check_torch("persistent_memory_bytes", lambda p, config: {
            "bytes": torch.tensor([size(*row) for row in config.tolist()])})

    def test_entries_of_the_norm(self) -> None:
        def units(dim: int, group_size: int) -> int:
            module = tscale.TernaryRMSNorm(dim, group_size)
            return round(module.persistent_memory_mb() * 1e6)

        self.check_torch("persistent_memory_norm_units", lambda p, config: {
            "units": torch.tensor([units(*row[1:]) for row in config.tolist()])})


@needs_torch
class Gradients(TorchTestCase):
    def test_linear_equals_plain_autograd(self) -> None:
        module = tscale.TernaryScaleTensor(21, 6, group_size=5, bias=True)
        module.bias.copy_(torch.arange(6))
        module.corr_accum.copy_(torch.arange(module.n_groups()) % 4)
        module.step_counter.fill_(3)
        exponent = module.E + 4 * module.corr_accum / 15
        scales = torch.exp2(exponent).view(6, 5).repeat_interleave(5, dim=1)[:, :21]
        w = scales * module.trits()
        self.check_against(module, lambda x: x @ w.t() + module.bias, leaf(2, 3, 21))

    def test_linear_by_differences(self) -> None:
        self.check_gradients(tscale.TernaryScaleTensor(10, 4, group_size=3), leaf(3, 10))

    def test_norm_by_differences(self) -> None:
        module = tscale.TernaryRMSNorm(7, group_size=3)
        module.load_state_dict({**module.state_dict(),
                                "T_packed": tscale.pack_ternary(torch.ones(7))[0]})
        self.check_gradients(module, leaf(3, 7), tolerance=1e-2)


@needs_torch
class Updates(TorchTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.module = tscale.TernaryScaleTensor(10, 4, group_size=10)
        self.x, self.grad = torch.randn(3, 10), torch.randn(3, 4)

    def expected(self) -> Tensor:
        products = (self.grad.t() @ self.x).sign() * self.module.trits()
        return -products.sum(dim=1).long()

    def test_update_uses_the_last_sign_once(self) -> None:
        self.module.update_corr()
        self.assertEqual(self.module.step_counter.tolist(), [0])
        self.module(self.x).backward(-self.grad)
        self.module(self.x).backward(self.grad)
        for _ in range(2):
            self.module.update_corr()
            self.assert_equal(self.module.corr_accum, self.expected())
            self.assertEqual(self.module.step_counter.tolist(), [1])

    def test_sign_is_an_attribute(self) -> None:
        self.assertFalse(hasattr(self.module, "_hook_grad_T_sign"))
        self.module(self.x).backward(self.grad)
        self.assert_equal(self.module._hook_grad_T_sign,
                          (self.grad.t() @ self.x).sign().to(torch.int8))

    def test_no_wrap_in_wide_groups(self) -> None:
        module = tscale.TernaryScaleTensor(40000, 1, group_size=65536)
        module.load_state_dict({**module.state_dict(),
                                "T_packed": tscale.pack_ternary(torch.ones(40000))[0]})
        module(torch.ones(1, 40000)).backward(torch.ones(1, 1))
        module.update_corr()
        self.assertEqual(module.corr_accum.tolist(), [-40000])


@needs_torch
class Surface(TorchTestCase):
    def test_state_dict(self) -> None:
        x = torch.randn(3, 10)
        layout = [("T_packed", "uint8", (8,)), ("_T_shape", "int64", (2,)),
                  ("_T_pad", "int64", ()), ("E", "int8", (16,)),
                  ("corr_accum", "int64", (16,)), ("step_counter", "int64", (1,))]
        for bias in (False, True):
            self.check_state_dict(
                lambda: tscale.TernaryScaleTensor(10, 4, group_size=3, bias=bias),
                layout + [("bias", "int32", (4,))] * bias,
                lambda module: module(x).detach())

    def test_state_dict_of_the_norm(self) -> None:
        x = torch.randn(3, 10)
        layout = [("T_packed", "uint8", (2,)), ("_T_shape", "int64", (2,)),
                  ("_T_pad", "int64", ()), ("E", "int8", (4,)),
                  ("corr_accum", "int64", (4,)), ("step_counter", "int64", (1,))]
        self.check_state_dict(lambda: tscale.TernaryRMSNorm(10, group_size=3), layout,
                              lambda module: module(x))

    def test_counts(self) -> None:
        module = tscale.TernaryScaleTensor(10, 4, group_size=3)
        self.assertEqual((module.n_groups(), module.total_ternary_params()), (16, 40))
        norm = tscale.TernaryRMSNorm(10, group_size=3)
        self.assertEqual((norm.n_groups(), norm.total_ternary_params()), (4, 10))
        norm.update_corr()
        self.assertEqual(norm.step_counter.tolist(), [0])

    def test_refusals(self) -> None:
        self.assert_refuses(ValueError, "expected at least 1, found 0",
                            tscale.TernaryScaleTensor, 0, 4)
        for module in (tscale.TernaryScaleTensor(10, 4), tscale.TernaryRMSNorm(10)):
            self.assert_refuses(ValueError, "expected 10 in the last axis", module,
                                torch.randn(3, 9))


if __name__ == "__main__":
    unittest.main()
