"""The tilelli core: ternary weights with a scale per tensor or row, straight-through
gradients, and a scale that is learned (arXiv 1902.08153).

Formulas: sections 5.1, 5.2, 5.8 and 8.1 to 8.4 of docs/spec.md. Weights are float32,
float16 or bfloat16 of any shape; the first axis is that of rows."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ._ops import quantize, storage, straight_through
from ._ops.shapes import like_rows

__all__ = ["EPS", "LearnableScale", "absmean_scale", "absmean_scale_per_row",
           "deadzone_stats", "ternarize", "ternarize_lsq", "ternarize_per_row",
           "ternary_signs", "ternary_values", "ternary_values_per_row"]

EPS = 1e-5
"""The least scale."""

STATS = ("alpha", "frac_neg", "frac_zero", "frac_pos", "frac_boundary", "frac_zero_inner")


def _flat(w: Tensor) -> Tensor:
    return w.reshape(1, -1)


def _rows(w: Tensor) -> Tensor:
    """`[rows, everything else]`; raises ValueError below rank 2."""
    if w.dim() < 2:
        raise ValueError(f"absmean_scale_per_row: operand 'w', expected rank 2 or more, "
                         f"found shape {tuple(w.shape)}")
    return w.reshape(w.shape[0], math.prod(w.shape[1:]))


def _absmean(matrix: Tensor, granularity: str) -> Tensor:
    return quantize.absmean(matrix, granularity=granularity, group_size=None, eps=EPS)


def _trits(matrix: Tensor, scales: Tensor) -> Tensor:
    return quantize.ternarize(matrix, scales, method="round", threshold=None, eps=EPS,
                              group_size=None)


def _values(matrix: Tensor, scales: Tensor) -> Tensor:
    """Trit times scale, float32."""
    rows, columns = matrix.shape
    return storage.dequantize(_trits(matrix, scales), scales, rows=rows, columns=columns,
                              packing=None, group_size=None, dtype=torch.float32)


def _straight_through(matrix: Tensor, granularity: str) -> Tensor:
    scales = _absmean(matrix.detach(), granularity)
    return straight_through.ste(matrix.float(), scales, variant="identity")


def absmean_scale(w: Tensor) -> Tensor:
    """`max(mean |w|, 1e-5)` over all of w, of rank 0; differentiable."""
    return _absmean(_flat(w), "tensor").to(w.dtype)


def absmean_scale_per_row(w: Tensor) -> Tensor:
    """`max(mean |w|, 1e-5)` of each row, `[rows, 1, 1, ...]`; differentiable. Raises
    ValueError below rank 2."""
    return like_rows(_absmean(_rows(w), "row"), w.dim()).to(w.dtype)


def ternarize(w: Tensor) -> Tensor:
    """`round(w / alpha)` clamped to -1 and 1, times alpha, the scale of the tensor; the
    gradient passes through as it is."""
    return _straight_through(_flat(w), "tensor").to(w.dtype).view(w.shape)


def ternarize_per_row(w: Tensor) -> Tensor:
    """As `ternarize`, with the scale of each row. Raises ValueError below rank 2."""
    return _straight_through(_rows(w), "row").to(w.dtype).view(w.shape)


@torch.no_grad()
def ternary_values(w: Tensor) -> Tensor:
    """The values of `ternarize`, without gradient."""
    flat = _flat(w)
    return _values(flat, _absmean(flat, "tensor")).to(w.dtype).view(w.shape)


@torch.no_grad()
def ternary_values_per_row(w: Tensor) -> Tensor:
    """The values of `ternarize_per_row`, without gradient."""
    rows = _rows(w)
    return _values(rows, _absmean(rows, "row")).to(w.dtype).view(w.shape)


@torch.no_grad()
def ternary_signs(w: Tensor) -> Tensor:
    """The trits of `ternarize`, int8."""
    flat = _flat(w)
    return _trits(flat, _absmean(flat, "tensor")).view(w.shape)


class LearnableScale(nn.Module):
    """A scale that is trained: the parameter `alpha` of rank 0, and `value()`, which
    bounds it from below. Raises ValueError for an initial value that is not positive."""

    def __init__(self, initial: float = 1.0) -> None:
        super().__init__()
        if not initial > 0:
            raise ValueError(f"LearnableScale: initial, expected above 0, found {initial}")
        self.alpha = nn.Parameter(torch.tensor(float(initial)))

    def value(self) -> Tensor:
        """`max(alpha, 1e-5)`; its gradient is 1 where alpha >= 1e-5, else 0."""
        return straight_through.learnable_scale(self.alpha.float(), eps=EPS)


def ternarize_lsq(w: Tensor, alpha: Tensor) -> Tensor:
    """`q * alpha` with `q = round(w / alpha)` clamped to -1 and 1. w receives the
    gradient as it is, alpha the sum of `grad * q` over what it scales.

    Args:
        w: any shape.
        alpha: one value, or `[rows, 1, 1, ...]`. It is not bounded: `LearnableScale`
            does that.
    """
    if alpha.numel() == 1:
        matrix, scales = _flat(w), alpha.reshape(())
    else:
        matrix, scales = _rows(w), alpha.reshape(w.shape[0])
    values = straight_through.ste(matrix.float(), scales.float(), variant="lsq")
    return values.to(w.dtype).view(w.shape)


@torch.no_grad()
def deadzone_stats(w: Tensor, band: float = 0.1) -> dict[str, float]:
    """How the weights lie about the boundary between 0 and a sign (arXiv 2509.23809).

    With alpha the scale of the tensor and `r = |w / alpha|`: `alpha`; `frac_neg`,
    `frac_zero` and `frac_pos`, the shares of the trits; `frac_boundary`, the share with
    `|r - 0.5| < band`; `frac_zero_inner`, that with `w != 0` and `r < 0.5 - band`."""
    stats = quantize.deadzone_stats(_flat(w).float(), band=band, eps=EPS)
    return dict(zip(STATS, stats.tolist(), strict=True))
