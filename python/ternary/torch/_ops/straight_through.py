"""Custom ops with straight-through gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.library import custom_op

from .dispatch import dispatch


@custom_op("ternary::ste", mutates_args=())
def ste(w: Tensor, scales: Tensor | None, *, variant: str) -> Tensor:
    """The values that training computes with, of float32 `[N, K]`: variants "clamp" and
    "legacy" without scales, "identity" and "lsq" with scales of rank 0 or `[N]`."""
    values = torch.empty_like(w, memory_format=torch.contiguous_format)
    dispatch("ste", w.contiguous(), scales, variant=variant, out=values)
    return values


@ste.register_fake
def _(w: Tensor, scales: Tensor | None, *, variant: str) -> Tensor:
    return torch.empty_like(w, memory_format=torch.contiguous_format)


@custom_op("ternary::ste_backward", mutates_args=())
def ste_backward(w: Tensor, grad: Tensor, scales: Tensor | None, *,
                 variant: str) -> Tensor:
    """The gradient to `w` by the rule of `variant`; float32 `[N, K]`."""
    grad_w = torch.empty_like(w, memory_format=torch.contiguous_format)
    dispatch("ste_backward", w.contiguous(), grad.contiguous(), scales, variant=variant,
             out=grad_w)
    return grad_w


@ste_backward.register_fake
def _(w: Tensor, grad: Tensor, scales: Tensor | None, *, variant: str) -> Tensor:
    return torch.empty_like(w, memory_format=torch.contiguous_format)


@custom_op("ternary::lsq_backward", mutates_args=())
def lsq_backward(w: Tensor, grad: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients to `w` and to the scales, `sum(grad * q)` over what one scales."""
    grad_w = torch.empty_like(w, memory_format=torch.contiguous_format)
    grad_scales = torch.empty_like(scales, memory_format=torch.contiguous_format)
    dispatch("ste_backward", w.contiguous(), grad.contiguous(), scales.contiguous(),
             variant="lsq", out=(grad_w, grad_scales))
    return grad_w, grad_scales


@lsq_backward.register_fake
def _(w: Tensor, grad: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
    return (torch.empty_like(w, memory_format=torch.contiguous_format),
            torch.empty_like(scales, memory_format=torch.contiguous_format))


def _ste_context(ctx: Any, inputs: tuple[Any, ...], keyword_only_inputs: dict[str, Any],
                 output: Tensor) -> None:
    ctx.save_for_backward(*inputs)
    ctx.variant = keyword_only_inputs["variant"]


def _ste_gradients(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None]:
    w, scales = ctx.saved_tensors
    if ctx.variant == "lsq":
        return lsq_backward(w, grad, scales)
    # Identity takes its scale as a constant, as its rule passes grad through.
    if ctx.variant == "identity":
        return grad, None
    return ste_backward(w, grad, scales, variant=ctx.variant), None


ste.register_autograd(_ste_gradients, setup_context=_ste_context)


@custom_op("ternary::learnable_scale", mutates_args=())
def learnable_scale(alpha: Tensor, *, eps: float) -> Tensor:
    """`max(alpha, eps)`, float32, elementwise; its gradient is 1 where alpha >= eps."""
    scale = torch.empty_like(alpha, memory_format=torch.contiguous_format)
    dispatch("learnable_scale", alpha.contiguous(), eps=eps, out=scale)
    return scale


@learnable_scale.register_fake
def _(alpha: Tensor, *, eps: float) -> Tensor:
    return torch.empty_like(alpha, memory_format=torch.contiguous_format)


@custom_op("ternary::learnable_scale_backward", mutates_args=())
def learnable_scale_backward(alpha: Tensor, grad: Tensor, *, eps: float) -> Tensor:
    """`grad` where `alpha >= eps`, else 0; float32."""
    grad_alpha = torch.empty_like(alpha, memory_format=torch.contiguous_format)
    dispatch("learnable_scale_backward", alpha.contiguous(), grad.contiguous(), eps=eps,
             out=grad_alpha)
    return grad_alpha


@learnable_scale_backward.register_fake
def _(alpha: Tensor, grad: Tensor, *, eps: float) -> Tensor:
    return torch.empty_like(alpha, memory_format=torch.contiguous_format)


def _learnable_context(ctx: Any, inputs: tuple[Any, ...],
                       keyword_only_inputs: dict[str, Any], output: Tensor) -> None:
    ctx.save_for_backward(inputs[0])
    ctx.eps = keyword_only_inputs["eps"]


def _learnable_gradient(ctx: Any, grad: Tensor) -> Tensor:
    return learnable_scale_backward(*ctx.saved_tensors, grad, eps=ctx.eps)


learnable_scale.register_autograd(_learnable_gradient, setup_context=_learnable_context)
