"""Functions of the functional BitLinear system: products with ternary matrices, greedy
decomposition into several of them, fake quantization of activations.

Formulas: sections 5.3 to 5.7 and 6.1 of docs/spec.md."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ._ops import linear, quantize
from ._ops.shapes import expect_width

__all__ = ["activation_quant", "bitlinear", "bitlinear_python",
           "greedy_ternary_decomposition", "multi_ternary_linear",
           "multi_ternary_linear_python", "weight_to_ternary"]

EPS = 1e-5
MAX_INT8_BITS = 8


def bitlinear(x: Tensor, W: Tensor, gamma: Tensor, bias: Tensor | None = None) -> Tensor:
    """`(x W^T) * gamma + bias`.

    Args:
        x: `[..., K]`, float32, float16 or bfloat16.
        W: trits as numbers, `[N, K]`.
        gamma: `[N]`, or of rank 0 or 2 and broadcast against `[..., N]`.
        bias: `[N]` or none.

    Returns:
        `[..., N]` of the dtype of x; `[1, N]` for x of rank 1 with a gamma of rank above
        0. All four have exact gradients; that to W is the one of a float matrix.

    Raises:
        ValueError: W has a value that is no trit.
    """
    expect_width("bitlinear", x, W.shape[1])
    rank = max(x.dim(), 2 if gamma.dim() else 1)
    scale = _row_scale(gamma, W.shape[0])
    if scale is not None:
        return _product(x, [W], [scale], bias).view(*_leading(x, rank), W.shape[0])
    y = _product(x, [W], [], None) * gamma
    return y if bias is None else y + bias


def multi_ternary_linear(x: Tensor, W_ternary: Tensor, gammas: Tensor,
                         bias: Tensor | None = None) -> Tensor:
    """`sum_c (x W_c^T) * gamma_c + bias` with `W_ternary` `[k, N, K]` and `gammas`
    `[k, N]`: `[..., N]`, zeros plus bias for k = 0. Otherwise as `bitlinear`."""
    expect_width("multi_ternary_linear", x, W_ternary.shape[2])
    if W_ternary.shape[0] == 0:
        y = x.new_zeros((*x.shape[:-1], W_ternary.shape[1]))
        return y if bias is None else y + bias
    return _product(x, list(W_ternary.unbind()), list(gammas.unbind()), bias)


bitlinear_python = bitlinear
multi_ternary_linear_python = multi_ternary_linear


def _row_scale(gamma: Tensor, rows: int) -> Tensor | None:
    """Gamma as a scale of rank 0 or `[N]`; None if it differs between tokens."""
    if gamma.dim() == 0:
        return gamma.float()
    is_row = gamma.shape[-1] == rows and gamma.numel() == rows
    return gamma.reshape(rows).float() if is_row else None


def _leading(x: Tensor, rank: int) -> tuple[int, ...]:
    """The leading extents of a result of `rank`."""
    return (1,) * (rank - x.dim()) + tuple(x.shape[:-1])


def _product(x: Tensor, weights: Sequence[Tensor], scales: Sequence[Tensor],
             bias: Tensor | None) -> Tensor:
    trits = [quantize.as_trits(weight.detach()) for weight in weights]
    scales = [scale.float() for scale in scales] or [x.new_ones((), dtype=torch.float32)
                                                     for _ in trits]
    return linear.bitlinear_train(x, weights, trits, scales, bias, rule="product",
                                  dtype=x.dtype)


@torch.no_grad()
def weight_to_ternary(W: Tensor, per_channel: bool = True) -> tuple[Tensor, Tensor]:
    """Absmean ternarization of `[N, K]`: trits as numbers in the dtype of W, and gamma,
    float32 `[N]`, or of rank 0 with `per_channel=False`. No gradient."""
    gamma = quantize.absmean(W, granularity="row" if per_channel else "tensor",
                             group_size=None, eps=EPS)
    trits = quantize.ternarize(W, gamma, method="round", threshold=None, eps=EPS,
                               group_size=None)
    return trits.to(W.dtype), gamma


@torch.no_grad()
def greedy_ternary_decomposition(W: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """`W ~ sum_c gamma_c * W_c`, each component the absmean ternarization per row of what
    the ones before leave: `[k, N, K]` in the dtype of W, and float32 `[k, N]`. No
    gradient. Raises ValueError for k below 1."""
    if k < 1:
        raise ValueError(f"greedy_ternary_decomposition: k, expected at least 1, found {k}")
    trits, gammas = quantize.decompose(W.float(), components=k, granularity="row", eps=EPS)
    return trits.to(W.dtype), gammas


def activation_quant(x: Tensor, bits: int = 8) -> Tensor:
    """Fake quantization of each token: `(q / Q) * s` with `Q = 2^(bits-1) - 1`,
    `s = max(max |x|, 1e-5)`, `q = clamp(round((x / s) * Q), -Q, Q)`.

    Args:
        x: `[..., K]`, float32, float16 or bfloat16; K at least 1.
        bits: 1 to 16; 1 has no level but 0 and gives NaN.

    Returns:
        The shape and dtype of x. Rounding has gradient 0: only the entry of each token
        with the largest magnitude receives one, through s.

    Raises:
        ValueError: the last axis is empty, or `bits` is out of range.
    """
    if x.shape[-1] == 0:
        raise ValueError("activation_quant: operand 'x', expected a last axis of at least "
                         "1, found 0")
    if bits == 1:
        return x * torch.nan
    q, scales = quantize.quantize_activation(
        x, bits=bits, eps=EPS, scale_form="absmax",
        dtype=torch.int8 if bits <= MAX_INT8_BITS else torch.int16)
    return quantize.dequantize_activation(q, scales, bits=bits,
                                          scale_form="absmax").to(x.dtype)
