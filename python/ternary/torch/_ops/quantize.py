"""Custom ops from floats to trits, scales and quantized activations."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.library import custom_op

from .dispatch import dispatch
from .shapes import absmean_shape, as_matrix, group_count, like_rows
from .storage import dtype_name


@custom_op("ternary::absmean", mutates_args=())
def absmean(w: Tensor, *, granularity: str, group_size: int | None,
            eps: float) -> Tensor:
    """`max(mean |w|, eps)` of `[N, K]`, float32: of rank 0, `[N]` or `[N, G]`. The
    gradient (not of groups) is `sign(w) / count`, zero where eps bounds the mean."""
    scales = w.new_empty(absmean_shape(w, granularity, group_size), dtype=torch.float32)
    dispatch("absmean", w.contiguous(), granularity=granularity, group_size=group_size,
             eps=eps, out=scales)
    return scales


@absmean.register_fake
def _(w: Tensor, *, granularity: str, group_size: int | None, eps: float) -> Tensor:
    return w.new_empty(absmean_shape(w, granularity, group_size), dtype=torch.float32)


def _absmean_context(ctx: Any, inputs: tuple[Any, ...],
                     keyword_only_inputs: dict[str, Any], output: Tensor) -> None:
    if keyword_only_inputs["granularity"] == "group":
        raise NotImplementedError("absmean: operand 'w', expected one without gradient "
                                  "for scales of groups, found one that requires it")
    ctx.save_for_backward(inputs[0], output)
    ctx.eps = keyword_only_inputs["eps"]


def _absmean_backward(ctx: Any, grad: Tensor) -> Tensor:
    w, scales = ctx.saved_tensors
    count = w.numel() if scales.dim() == 0 else w.shape[1]
    passed = torch.where(scales > ctx.eps, grad, 0) / count
    return (w.sign() * like_rows(passed, 2)).to(w.dtype)


absmean.register_autograd(_absmean_backward, setup_context=_absmean_context)


@custom_op("ternary::ternarize", mutates_args=())
def ternarize(w: Tensor, scales: Tensor | None, *, method: str, threshold: float | None,
              eps: float, group_size: int | None) -> Tensor:
    """Trits (int8) of `[N, K]`: "round" and "lsq" with scales of rank 0, `[N]` or
    `[N, G]`, "threshold" without."""
    trits = w.new_empty(w.shape, dtype=torch.int8)
    dispatch("ternarize", w.contiguous(), scales, method=method, threshold=threshold,
             eps=eps, group_size=group_size, out=trits)
    return trits


@ternarize.register_fake
def _(w: Tensor, scales: Tensor | None, *, method: str, threshold: float | None,
      eps: float, group_size: int | None) -> Tensor:
    return w.new_empty(w.shape, dtype=torch.int8)


@custom_op("ternary::as_trits", mutates_args=())
def as_trits(values: Tensor) -> Tensor:
    """Values that are -1, 0 or +1 as int8; raises ValueError if one is not."""
    trits = values.to(torch.int8)
    if not torch.equal(trits.sign().to(values.dtype), values):
        raise ValueError("as_trits: operand 'values', expected -1, 0 and +1, found others")
    return trits


@as_trits.register_fake
def _(values: Tensor) -> Tensor:
    return values.new_empty(values.shape, dtype=torch.int8)


@custom_op("ternary::sparsify", mutates_args=())
def sparsify(values: Tensor, *, n: int, m: int) -> Tensor:
    """`[N, K]` with at most `n` entries left in each aligned block of `m` columns, those
    of largest magnitude; on a tie the lower column becomes zero."""
    sparse = torch.empty_like(values, memory_format=torch.contiguous_format)
    dispatch("sparsify", values.contiguous(), n=n, m=m, out=sparse)
    return sparse


@sparsify.register_fake
def _(values: Tensor, *, n: int, m: int) -> Tensor:
    return torch.empty_like(values, memory_format=torch.contiguous_format)


@custom_op("ternary::decompose", mutates_args=())
def decompose(w: Tensor, *, components: int, granularity: str,
              eps: float) -> tuple[Tensor, Tensor]:
    """Greedy residual components of `[N, K]`: trits int8 `[C, N, K]` and scales float32
    `[C, N]` ("row") or `[C]` ("tensor")."""
    trits, scales = _decompose_results(w, components, granularity)
    dispatch("decompose", w.contiguous(), components, granularity=granularity, eps=eps,
             out=(trits, scales))
    return trits, scales


@decompose.register_fake
def _(w: Tensor, *, components: int, granularity: str,
      eps: float) -> tuple[Tensor, Tensor]:
    return _decompose_results(w, components, granularity)


def _decompose_results(w: Tensor, components: int,
                       granularity: str) -> tuple[Tensor, Tensor]:
    per_component = absmean_shape(w, granularity, None)
    return (w.new_empty((components, *w.shape), dtype=torch.int8),
            w.new_empty((components, *per_component), dtype=torch.float32))


@custom_op("ternary::deadzone_stats", mutates_args=())
def deadzone_stats(w: Tensor, *, band: float, eps: float) -> Tensor:
    """Scale, shares of -1, 0 and +1, share near the rounding boundary, share deep inside
    the dead zone: float32 `[6]`."""
    stats = w.new_empty((6,), dtype=torch.float32)
    dispatch("deadzone_stats", w.contiguous(), band=band, eps=eps, out=stats)
    return stats


@deadzone_stats.register_fake
def _(w: Tensor, *, band: float, eps: float) -> Tensor:
    return w.new_empty((6,), dtype=torch.float32)


@custom_op("ternary::quantize_activation", mutates_args=())
def quantize_activation(x: Tensor, *, bits: int, eps: float, scale_form: str,
                        dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Per-token absmax quantization: integers of the shape of `x` and one float32 scale
    per token. The gradient passes through the scale alone, to the entry of each token
    that has the largest magnitude."""
    rows = as_matrix(x)
    q = rows.new_empty(rows.shape, dtype=dtype)
    scales = rows.new_empty((rows.shape[0],), dtype=torch.float32)
    dispatch("quantize_activation", rows, bits=bits, eps=eps, scale_form=scale_form,
             dtype=dtype_name(dtype), out=(q, scales))
    return q.view(x.shape), scales.view(x.shape[:-1])


@quantize_activation.register_fake
def _(x: Tensor, *, bits: int, eps: float, scale_form: str,
      dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    return (x.new_empty(x.shape, dtype=dtype),
            x.new_empty(x.shape[:-1], dtype=torch.float32))


def _quantize_context(ctx: Any, inputs: tuple[Any, ...],
                      keyword_only_inputs: dict[str, Any],
                      output: tuple[Tensor, Tensor]) -> None:
    levels = 2 ** (keyword_only_inputs["bits"] - 1) - 1
    is_absmax = keyword_only_inputs["scale_form"] == "absmax"
    ctx.save_for_backward(inputs[0])
    ctx.divisor = 1 if is_absmax else levels
    ctx.eps = keyword_only_inputs["eps"]
    ctx.mark_non_differentiable(output[0])


def _quantize_backward(ctx: Any, _: Tensor, grad_scales: Tensor) -> Tensor:
    (x,) = ctx.saved_tensors
    largest = x.abs().max(dim=-1, keepdim=True)
    passed = torch.where(largest.values >= ctx.eps, grad_scales.unsqueeze(-1), 0)
    signed = passed * x.gather(-1, largest.indices).sign() / ctx.divisor
    return torch.zeros_like(x).scatter(-1, largest.indices, signed.to(x.dtype))


quantize_activation.register_autograd(_quantize_backward, setup_context=_quantize_context)


@custom_op("ternary::dequantize_activation", mutates_args=())
def dequantize_activation(q: Tensor, scales: Tensor, *, bits: int,
                          scale_form: str) -> Tensor:
    """The float32 values that quantized activations stand for, of the shape of `q`;
    differentiable in `scales`."""
    rows = as_matrix(q)
    values = rows.new_empty(rows.shape, dtype=torch.float32)
    dispatch("dequantize_activation", rows, scales.reshape(rows.shape[0]).contiguous(),
             bits=bits, scale_form=scale_form, out=values)
    return values.view(q.shape)


@dequantize_activation.register_fake
def _(q: Tensor, scales: Tensor, *, bits: int, scale_form: str) -> Tensor:
    return q.new_empty(q.shape, dtype=torch.float32)


def _dequantize_context(ctx: Any, inputs: tuple[Any, ...],
                        keyword_only_inputs: dict[str, Any], output: Tensor) -> None:
    ctx.save_for_backward(inputs[0])
    levels = 2 ** (keyword_only_inputs["bits"] - 1) - 1
    ctx.divisor = levels if keyword_only_inputs["scale_form"] == "absmax" else 1


def _dequantize_backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor]:
    (q,) = ctx.saved_tensors
    return None, (grad * (q.to(grad.dtype) / ctx.divisor)).sum(dim=-1)


dequantize_activation.register_autograd(_dequantize_backward,
                                        setup_context=_dequantize_context)


@custom_op("ternary::exponent_init_mean", mutates_args=())
def exponent_init_mean(w: Tensor, *, group_size: int, rounding: str,
                       ragged: str) -> Tensor:
    """Exponents (int8 `[N, G]`) of the mean magnitudes of groups of `[N, K]`."""
    exponent = _exponents_like(w, group_size)
    dispatch("exponent_init_mean", w.contiguous(), group_size=group_size,
             rounding=rounding, ragged=ragged, out=exponent)
    return exponent


@exponent_init_mean.register_fake
def _(w: Tensor, *, group_size: int, rounding: str, ragged: str) -> Tensor:
    return _exponents_like(w, group_size)


def _exponents_like(w: Tensor, group_size: int) -> Tensor:
    return w.new_empty((w.shape[0], group_count(w.shape[1], group_size)),
                       dtype=torch.int8)
