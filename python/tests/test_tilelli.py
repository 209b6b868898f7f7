"""The tilelli core: ternarization per tensor and row, learned scales, statistics."""

from __future__ import annotations

import unittest
from typing import Any

from torch_testing import (HAS_TORCH, TorchGoldenTestCase, TorchTestCase, leaf,
                           needs_torch)

if HAS_TORCH:
    import torch
    from torch import Tensor

    from ternary.torch import tilelli

Params = dict[str, Any]


@needs_torch
class Golden(TorchGoldenTestCase):
    def test_ternarize_tensor(self) -> None:
        self.check_torch("ternarize_tensor", lambda p, w: {
            "alpha": tilelli.absmean_scale(w), "signs": tilelli.ternary_signs(w),
            "values": tilelli.ternary_values(w)})

    def test_ternarize_per_row(self) -> None:
        self.check_torch("ternarize_per_row", lambda p, w: {
            "alpha": tilelli.absmean_scale_per_row(w),
            "values": tilelli.ternary_values_per_row(w)})

    def test_straight_through(self) -> None:
        for op, function in (("ste_identity_tensor", tilelli.ternarize),
                             ("ste_identity_per_row", tilelli.ternarize_per_row)):
            def compute(params: Params, w: Tensor, grad_y: Tensor) -> dict[str, Tensor]:
                y = function(w.requires_grad_())
                y.backward(grad_y)
                return {"y": y, "grad_w": w.grad}

            self.check_torch(op, compute)

    def test_learned_step(self) -> None:
        def compute(params: Params, w: Tensor, alpha: Tensor,
                    grad_y: Tensor) -> dict[str, Tensor]:
            y = tilelli.ternarize_lsq(w.requires_grad_(), alpha.requires_grad_())
            y.backward(grad_y)
            return {"y": y, "grad_w": w.grad, "grad_alpha": alpha.grad}

        self.check_torch("lsq", compute)

    def test_learnable_scale(self) -> None:
        def compute(params: Params, alpha: Tensor) -> dict[str, Tensor]:
            values, gradients = [], []
            for entry in alpha:
                module = tilelli.LearnableScale()
                module.load_state_dict({"alpha": entry})
                value = module.value()
                value.backward()
                values.append(value.detach())
                gradients.append(module.alpha.grad)
            return {"value": torch.stack(values), "grad": torch.stack(gradients)}

        self.check_torch("learnable_scale", compute)

    def test_deadzone_stats(self) -> None:
        def compute(params: Params, w: Tensor) -> dict[str, Tensor]:
            stats = tilelli.deadzone_stats(w, params["band"])
            return {"stats": torch.tensor([stats[key] for key in params["keys"]])}

        self.check_torch("deadzone_stats", compute)


@needs_torch
class Gradients(TorchTestCase):
    def test_absmean_equals_plain_autograd(self) -> None:
        self.check_against(tilelli.absmean_scale,
                           lambda w: w.abs().mean().clamp(min=tilelli.EPS), leaf(3, 4, 5))
        self.check_against(
            tilelli.absmean_scale_per_row,
            lambda w: w.abs().mean(dim=(1, 2), keepdim=True).clamp(min=tilelli.EPS),
            leaf(3, 4, 5))

    def test_absmean_by_differences(self) -> None:
        w = torch.tensor([[1.0, -2.0, 0.5], [3.0, 1.5, -1.0]], requires_grad=True)
        self.check_gradients(tilelli.absmean_scale, w)

    def test_bounded_absmean_has_no_gradient(self) -> None:
        w = torch.full((2, 3), 1e-7, requires_grad=True)
        tilelli.absmean_scale(w).backward()
        self.assert_equal(w.grad, torch.zeros(2, 3))

    def test_straight_through_equals_plain_autograd(self) -> None:
        def plain(w: Tensor) -> Tensor:
            alpha = w.detach().abs().mean()
            return w + (torch.round(w / alpha).clamp(-1, 1) * alpha - w).detach()

        self.check_against(tilelli.ternarize, plain, leaf(3, 4, 5))

    def test_learned_step_equals_plain_autograd(self) -> None:
        def plain(w: Tensor, alpha: Tensor) -> Tensor:
            q = torch.round(w / alpha).clamp(-1, 1).detach()
            return q * alpha + (w - w.detach())

        for alpha in (torch.tensor(0.7), torch.tensor([0.7]),
                      torch.tensor([[0.3], [0.7], [1.1]])):
            with self.subTest(alpha=alpha.shape):
                self.check_against(tilelli.ternarize_lsq, plain, leaf(3, 8),
                                   alpha.requires_grad_())

    def test_scale_trains(self) -> None:
        scale, w = tilelli.LearnableScale(2.0), torch.randn(5, 8)
        optimizer = torch.optim.SGD(scale.parameters(), lr=0.5)
        losses = []
        for _ in range(20):
            optimizer.zero_grad()
            loss = (tilelli.ternarize_lsq(w, scale.value()) - w).pow(2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        self.assertLess(losses[-1], 0.7 * losses[0])


@needs_torch
class Surface(TorchTestCase):
    def test_state_dict(self) -> None:
        self.check_state_dict(lambda: tilelli.LearnableScale(0.25),
                              [("alpha", "float32", ())], lambda m: m.value().detach())

    def test_any_rank(self) -> None:
        for shape in ((5,), (3, 4), (2, 3, 4), (2, 3, 2, 2)):
            with self.subTest(shape=shape):
                w = torch.randn(shape)
                signs = tilelli.ternary_signs(w)
                self.assertEqual((signs.dtype, signs.shape), (torch.int8, w.shape))
                self.assert_equal(tilelli.ternary_values(w),
                                  signs * tilelli.absmean_scale(w))

    def test_rows_do_not_mix(self) -> None:
        w = torch.randn(3, 4, 5)
        rows = torch.stack([tilelli.ternary_values(row) for row in w])
        self.assert_close(tilelli.ternary_values_per_row(w), rows)

    def test_statistics(self) -> None:
        stats = tilelli.deadzone_stats(torch.tensor([[1.0, -1.0, 0.0, 2.0]]))
        self.assertEqual(stats["alpha"], 1.0)
        self.assertEqual([stats[f"frac_{name}"] for name in ("neg", "zero", "pos")],
                         [0.25, 0.25, 0.5])

    def test_refusals(self) -> None:
        self.assert_refuses(ValueError, "expected above 0, found 0",
                            tilelli.LearnableScale, 0.0)
        self.assert_refuses(ValueError, "expected rank 2 or more",
                            tilelli.absmean_scale_per_row, torch.ones(3))


if __name__ == "__main__":
    unittest.main()
