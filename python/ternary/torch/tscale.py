"""The small sibling of `ternary.torch.arb`: any group size, one exponent to start with,
and the sign of the gradient kept until `update_corr`.

Formulas: sections 7 and 9 of docs/spec.md; the norm is that of section 6.3."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from . import base3, execution
from ._ops import linear, norm
from ._ops.shapes import expect_width, group_count
from .base3 import pack_ternary, unpack_ternary
from .grouped import CorrelatedTernary, TrackedTernary, ternarize_threshold

__all__ = ["TernaryRMSNorm", "TernaryScaleTensor", "initial_exponent", "pack_ternary",
           "unpack_ternary"]

NORM_STD = 0.02
NORM_THRESHOLD = 0.01
NORM_EXPONENT = -4
NORM_EPS = torch.finfo(torch.float32).eps


def initial_exponent(width: int) -> int:
    """`clamp(round(log2(max(0.5 * width^-0.5, 2^-8))), -8, 0)`, ties to even. Raises
    ValueError for a width below 1."""
    if width < 1:
        raise ValueError(f"initial_exponent: width, expected at least 1, found {width}")
    return max(-8, min(0, round(math.log2(max(0.5 * width ** -0.5, 2.0 ** -8)))))


def _constant_exponents(rows: int, columns: int, group_size: int, value: int) -> Tensor:
    return torch.full((rows, group_count(columns, group_size)), value, dtype=torch.int8)


class TernaryScaleTensor(TrackedTernary):
    """Linear layer `y = x w^T + bias`, `w = trit * 2^(E + 4 corr / (step group_size))`.

    Args:
        in_dim, out_dim: K and N.
        threshold: bound on |initial weight| below which a trit is 0; these weights have a
            deviation of 0.1, 0.02 with a bias.
        group_size: columns per exponent.
        bias: whether there is a bias (int32 `[N]`, zeros, not trained).

    Input float32, float16 or bfloat16 `[..., K]`, result float32 `[..., N]`. A backward
    pass keeps the sign of the gradient; `update_corr` adds it to the correlation."""

    def __init__(self, in_dim: int, out_dim: int, threshold: float = 0.05,
                 group_size: int = 32, bias: bool = False) -> None:
        latent = torch.randn(out_dim, in_dim) * (0.02 if bias else 0.1)
        super().__init__(ternarize_threshold(latent, threshold),
                         _constant_exponents(out_dim, in_dim, group_size,
                                             initial_exponent(in_dim)), group_size)
        self.in_dim = in_dim
        self.out_dim = out_dim
        self._add_bias(bias)

    def forward(self, x: Tensor) -> Tensor:
        expect_width("TernaryScaleTensor", x, self.in_dim)
        layout = {"out_features": self.out_dim, "group_size": self.group_size,
                  "round_operands": None, "dtype": torch.float32}
        scales = self.effective_scales()
        if not torch.is_grad_enabled() or execution.is_exporting():
            weight, packing = self._inference_weight()
            return linear.bitlinear(x, [weight], [scales], None, self.bias,
                                    packing=packing, **layout)
        return linear.bitlinear_tracked(x, self._anchor, self.T_packed, scales, self.bias,
                                        self._sign_state(None), packing=base3.PACKING,
                                        update="sign", weight_base=None, **layout)

    @torch.no_grad()
    def update_corr(self) -> None:
        """`corr -= sum(sign * trit)` per group and `step += 1`, with the sign of the last
        backward pass; nothing if there was none since the last update."""
        sign = self.take_sign()
        if sign is not None:
            self.accumulate_sign(sign)

    def total_ternary_params(self) -> int:
        """Number of trits."""
        return self.out_dim * self.in_dim

    def persistent_memory_mb(self) -> float:
        """Bytes of the state without the bias, over 2^20."""
        buffers = (self.T_packed, self._T_shape, self._T_pad, self.E, self.corr_accum,
                   self.step_counter)
        return sum(b.numel() * b.element_size() for b in buffers) / 2 ** 20


class TernaryRMSNorm(CorrelatedTernary):
    """`x / sqrt(mean(x^2) + eps) * trit * scale of the group` over the last axis, float32;
    eps is the float32 machine epsilon. Trits are random, exponents -4; nothing is trained.
    """

    def __init__(self, dim: int, group_size: int = 32) -> None:
        latent = torch.randn(1, dim) * NORM_STD
        super().__init__(ternarize_threshold(latent, NORM_THRESHOLD),
                         _constant_exponents(1, dim, group_size, NORM_EXPONENT),
                         group_size)
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        expect_width("TernaryRMSNorm", x, self.dim)
        return norm.rms_norm(x, self.T_packed, self.effective_scales(), eps=NORM_EPS,
                             packing=base3.PACKING, group_size=self.group_size,
                             dtype=torch.float32)

    def update_corr(self) -> None:
        """Nothing to do: no gradient reaches the trits."""

    def total_ternary_params(self) -> int:
        """Number of trits."""
        return self.dim

    def persistent_memory_mb(self) -> float:
        """Entries, not bytes, of the packed trits and of both group buffers, over 10^6:
        the count that this system has always reported."""
        entries = self.T_packed.numel() + self.E.numel() + self.corr_accum.numel()
        return entries / 1e6
