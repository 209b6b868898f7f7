"""Custom ops of root-mean-square normalization."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.library import custom_op

from .dispatch import dispatch
from .shapes import as_matrix
from .storage import dtype_name


@custom_op("ternary::rms_norm", mutates_args=())
def rms_norm(x: Tensor, weight: Tensor, scales: Tensor | None, *, eps: float,
             packing: str | None, group_size: int | None, dtype: torch.dtype) -> Tensor:
    """`x / sqrt(mean(x^2) + eps) * weight` over the last axis, of `dtype`: a float32
    weight `[D]`, or `[1, D]` trits as bytes in `packing` with scales of rank 0 or
    `[1, G]`. Differentiable in x and a float weight."""
    rows = as_matrix(x)
    y = rows.new_empty(rows.shape, dtype=dtype)
    dispatch("rms_norm", rows, weight.contiguous(), eps=eps, scales=scales,
             packing=packing, group_size=group_size, dtype=dtype_name(dtype), out=y)
    return y.view(x.shape)


@rms_norm.register_fake
def _(x: Tensor, weight: Tensor, scales: Tensor | None, *, eps: float,
      packing: str | None, group_size: int | None, dtype: torch.dtype) -> Tensor:
    return x.new_empty(x.shape, dtype=dtype)


@custom_op("ternary::rms_norm_backward", mutates_args=())
def rms_norm_backward(x: Tensor, grad: Tensor, weight: Tensor,
                      scales: Tensor | None, *, eps: float, packing: str | None,
                      group_size: int | None) -> tuple[Tensor, Tensor]:
    """The gradients to x and to a float weight; the second is empty for a ternary one.
    All float32."""
    rows = as_matrix(x)
    grad_x = torch.empty_like(rows)
    grad_weight = _grad_weight_like(weight)
    out = grad_x if weight.dtype != torch.float32 else (grad_x, grad_weight)
    dispatch("rms_norm_backward", rows, as_matrix(grad), weight.contiguous(), eps=eps,
             scales=scales, packing=packing, group_size=group_size, out=out)
    return grad_x.view(x.shape), grad_weight


@rms_norm_backward.register_fake
def _(x: Tensor, grad: Tensor, weight: Tensor, scales: Tensor | None, *, eps: float,
      packing: str | None, group_size: int | None) -> tuple[Tensor, Tensor]:
    return x.new_empty(x.shape), _grad_weight_like(weight)


def _grad_weight_like(weight: Tensor) -> Tensor:
    is_float = weight.dtype == torch.float32
    return weight.new_empty(weight.shape if is_float else (0,), dtype=torch.float32)


def _context(ctx: Any, inputs: tuple[Any, ...], keyword_only_inputs: dict[str, Any],
             output: Tensor) -> None:
    ctx.save_for_backward(*inputs)
    ctx.layout = {name: keyword_only_inputs[name]
                  for name in ("eps", "packing", "group_size")}


def _backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None, None]:
    x, weight, scales = ctx.saved_tensors
    grad_x, grad_weight = rms_norm_backward(x.float(), grad.float(), weight, scales,
                                            **ctx.layout)
    needs_weight = ctx.needs_input_grad[1]
    return grad_x.to(x.dtype), grad_weight if needs_weight else None, None


rms_norm.register_autograd(_backward, setup_context=_context)
