"""Custom ops of linear layers: `bitlinear`, its forms for training, `grad_input`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.library import custom_op

from .dispatch import dispatch
from .shapes import as_matrix, empty, group_sums, like_rows
from .state import keep_sign, stream_correlation
from .storage import dtype_name, unpack
from .straight_through import ste_backward


@custom_op("ternary::bitlinear", mutates_args=())
def bitlinear(x: Tensor, weights: Sequence[Tensor], scales: Sequence[Tensor],
              activation_scale: Tensor | None, bias: Tensor | None, *, out_features: int,
              packing: str | None, group_size: int | None, round_operands: str | None,
              dtype: torch.dtype) -> Tensor:
    """`sum_c (x W_c^T) * scale_c * activation_scale + bias`: x `[..., K]`, weights trits
    (int8 `[N, K]`) or bytes in `packing`, scales of rank 0, `[N]` or `[N, G]`; the
    result is `[..., N]` of `dtype`. Differentiable in x, float scales and a float bias;
    the sums of the gradients are float32."""
    return _forward(x, weights, scales, activation_scale, bias, out_features, packing,
                    group_size, round_operands, dtype)


@bitlinear.register_fake
def _(x: Tensor, weights: Sequence[Tensor], scales: Sequence[Tensor],
      activation_scale: Tensor | None, bias: Tensor | None, *, out_features: int,
      packing: str | None, group_size: int | None, round_operands: str | None,
      dtype: torch.dtype) -> Tensor:
    return x.new_empty((*x.shape[:-1], out_features), dtype=dtype)


def _forward(x: Tensor, weights: Sequence[Tensor], scales: Sequence[Tensor],
             activation_scale: Tensor | None, bias: Tensor | None, out_features: int,
             packing: str | None, group_size: int | None, round_operands: str | None,
             dtype: torch.dtype) -> Tensor:
    tokens = as_matrix(x)
    y = empty(x, (tokens.shape[0], out_features), dtype)
    if activation_scale is not None:
        activation_scale = activation_scale.reshape(tokens.shape[0]).contiguous()
    dispatch("bitlinear", tokens, [weight.contiguous() for weight in weights],
             out_features=out_features,
             scales=[scale.contiguous() for scale in scales] or None,
             activation_scale=activation_scale,
             bias=None if bias is None else bias.contiguous(), packing=packing,
             group_size=group_size, round_operands=round_operands,
             dtype=dtype_name(dtype), out=y)
    return y.view(*x.shape[:-1], out_features)


@custom_op("ternary::grad_input", mutates_args=())
def grad_input(grad: Tensor, weight: Tensor, scales: Tensor | None, *, in_features: int,
               packing: str | None, group_size: int | None, round_operands: str | None,
               dtype: torch.dtype) -> Tensor:
    """`grad (scale * trit)`: from `[..., N]` to `[..., K]` of `dtype`."""
    rows = as_matrix(grad)
    grad_x = empty(grad, (rows.shape[0], in_features), dtype)
    dispatch("grad_input", rows, weight.contiguous(), in_features=in_features,
             scales=None if scales is None else scales.contiguous(), packing=packing,
             group_size=group_size, round_operands=round_operands,
             dtype=dtype_name(dtype), out=grad_x)
    return grad_x.view(*grad.shape[:-1], in_features)


@grad_input.register_fake
def _(grad: Tensor, weight: Tensor, scales: Tensor | None, *, in_features: int,
      packing: str | None, group_size: int | None, round_operands: str | None,
      dtype: torch.dtype) -> Tensor:
    return grad.new_empty((*grad.shape[:-1], in_features), dtype=dtype)


def _sum_grad_inputs(grad: Tensor, x: Tensor, weights: Sequence[Tensor],
                     scales: Sequence[Tensor], layout: dict[str, Any]) -> Tensor:
    """The gradient to x, over all components."""
    keywords = {name: layout[name] for name in ("packing", "group_size",
                                                "round_operands")}
    dtype = x.dtype if len(weights) == 1 else torch.float32
    total = None
    for index, weight in enumerate(weights):
        part = grad_input(grad, weight, scales[index] if scales else None,
                          in_features=x.shape[-1], dtype=dtype, **keywords)
        total = part if total is None else total + part
    return torch.zeros_like(x) if total is None else total.to(x.dtype)


def _weight_gradient(grad: Tensor, x: Tensor) -> Tensor:
    """`grad^T x`, float32 `[N, K]`."""
    return as_matrix(grad).float().t() @ as_matrix(x).float()


def _grad_scale(grad_weight: Tensor, trits: Tensor, scale: Tensor,
                group_size: int | None) -> Tensor:
    """What one scale receives: the sum of `grad_weight * trit` over what it scales."""
    products = grad_weight * trits
    if scale.dim() == 0:
        return products.sum()
    if scale.dim() == 1:
        return products.sum(dim=1)
    return group_sums(products, group_size or 1)


def _grad_bias(grad: Tensor, bias: Tensor) -> Tensor:
    return as_matrix(grad).sum(dim=0, dtype=torch.float32).to(bias.dtype)


def _bitlinear_context(ctx: Any, inputs: tuple[Any, ...],
                       keyword_only_inputs: dict[str, Any], output: Tensor) -> None:
    x, weights, scales, activation_scale, bias = inputs
    if activation_scale is not None and activation_scale.requires_grad:
        raise NotImplementedError("bitlinear: operand 'activation_scale', expected one "
                                  "without gradient, found one that requires it")
    ctx.save_for_backward(x, activation_scale, bias, *weights, *scales)
    ctx.components = len(weights)
    ctx.layout = keyword_only_inputs


def _bitlinear_backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
    x, activation_scale, bias, *rest = ctx.saved_tensors
    weights, scales = rest[:ctx.components], rest[ctx.components:]
    needs_x, _, needs_scales, _, needs_bias = ctx.needs_input_grad
    grad_bias = _grad_bias(grad, bias) if needs_bias else None
    if activation_scale is not None:
        grad = grad * activation_scale.unsqueeze(-1).to(grad.dtype)
    grad_x = _sum_grad_inputs(grad, x, weights, scales, ctx.layout) if needs_x else None
    grad_scales = _packed_grad_scales(grad, x, weights, scales, ctx.layout,
                                      _flags(needs_scales, len(scales)))
    return grad_x, [None] * len(weights), grad_scales, None, grad_bias


def _flags(needs: bool | Sequence[bool], count: int) -> list[bool]:
    """Whether each tensor of a sequence needs a gradient."""
    return [needs] * count if isinstance(needs, bool) else list(needs)


def _packed_grad_scales(grad: Tensor, x: Tensor, weights: Sequence[Tensor],
                        scales: Sequence[Tensor], layout: dict[str, Any],
                        needed: Sequence[bool]) -> list[Tensor | None]:
    if not any(needed):
        return [None] * len(scales)
    grad_weight = _weight_gradient(grad, x)
    rows, columns = grad_weight.shape
    packing = layout["packing"]
    return [_grad_scale(grad_weight,
                        unpack(weight, rows=rows, columns=columns, packing=packing)
                        if packing else weight, scale, layout["group_size"])
            if need else None
            for weight, scale, need in zip(weights, scales, needed, strict=True)]


bitlinear.register_autograd(_bitlinear_backward, setup_context=_bitlinear_context)


@custom_op("ternary::bitlinear_train", mutates_args=())
def bitlinear_train(x: Tensor, latents: Sequence[Tensor], weights: Sequence[Tensor],
                    scales: Sequence[Tensor], bias: Tensor | None, *, rule: str,
                    dtype: torch.dtype) -> Tensor:
    """`bitlinear` on trits made from `latents`, the float weights that are trained. What
    a latent `[N, K]` receives follows `rule`:

    * "clamp": `grad^T x` where `|latent / scale| <= 1`, else 0;
    * "clamp_nonzero": the same where the trit is not zero either;
    * "product": `scale * grad^T x`, that of a product with a float weight."""
    return _forward(x, weights, scales, None, bias, weights[0].shape[0], None, None,
                    None, dtype)


@bitlinear_train.register_fake
def _(x: Tensor, latents: Sequence[Tensor], weights: Sequence[Tensor],
      scales: Sequence[Tensor], bias: Tensor | None, *, rule: str,
      dtype: torch.dtype) -> Tensor:
    return x.new_empty((*x.shape[:-1], weights[0].shape[0]), dtype=dtype)


def _train_context(ctx: Any, inputs: tuple[Any, ...],
                   keyword_only_inputs: dict[str, Any], output: Tensor) -> None:
    x, latents, weights, scales, bias = inputs
    ctx.save_for_backward(x, bias, *latents, *weights, *scales)
    ctx.components = len(weights)
    ctx.rule = keyword_only_inputs["rule"]


def _train_backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
    x, bias, *rest = ctx.saved_tensors
    count = ctx.components
    latents, weights, scales = rest[:count], rest[count:2 * count], rest[2 * count:]
    needs_x, needs_latents, _, needs_scales, needs_bias = ctx.needs_input_grad
    latent_flags, scale_flags = _flags(needs_latents, count), _flags(needs_scales, count)
    layout = {"packing": None, "group_size": None, "round_operands": None}
    grad_x = _sum_grad_inputs(grad, x, weights, scales, layout) if needs_x else None
    grad_weight = (_weight_gradient(grad, x) if any(latent_flags + scale_flags)
                   else None)
    grad_latents = [_grad_latent(grad_weight, *part, ctx.rule) if need else None
                    for *part, need in zip(latents, weights, scales, latent_flags,
                                           strict=True)]
    grad_scales = [_grad_scale(grad_weight, *part, None) if need else None
                   for *part, need in zip(weights, scales, scale_flags, strict=True)]
    grad_bias = _grad_bias(grad, bias) if needs_bias else None
    return grad_x, grad_latents, [None] * count, grad_scales, grad_bias


def _grad_latent(grad_weight: Tensor, latent: Tensor, trits: Tensor, scale: Tensor,
                 rule: str) -> Tensor:
    if rule == "product":
        return (grad_weight * like_rows(scale, 2)).to(latent.dtype)
    gated = ste_backward(latent.float(), grad_weight, scale, variant="clamp")
    if rule == "clamp_nonzero":
        gated = gated * trits.ne(0)
    return gated.to(latent.dtype)


bitlinear_train.register_autograd(_train_backward, setup_context=_train_context)


@custom_op("ternary::bitlinear_tracked", mutates_args=())
def bitlinear_tracked(x: Tensor, anchor: Tensor, packed: Tensor, scales: Tensor,
                      bias: Tensor | None, state: Sequence[Tensor], *, out_features: int,
                      packing: str, group_size: int, round_operands: str | None,
                      dtype: torch.dtype, update: str,
                      weight_base: int | None) -> Tensor:
    """`bitlinear` with group scales whose backward also updates the layer's state from
    the gradient and x, in place:

    * update "correlation", state (correlation int64 `[N, G]`, step int64 `[1]`):
      `stream_correlation`, by `weight_base`;
    * update "sign", state (sign int8 `[N, K]`, kept int64 `[1]`): the sign of the
      gradient is kept for later.

    `anchor` (empty, requires a gradient, receives none) makes backward reach the layer
    where x needs no gradient. Scales and bias are constants to the gradient."""
    return _forward(x, [packed], [scales], None, bias, out_features, packing, group_size,
                    round_operands, dtype)


@bitlinear_tracked.register_fake
def _(x: Tensor, anchor: Tensor, packed: Tensor, scales: Tensor, bias: Tensor | None,
      state: Sequence[Tensor], *, out_features: int, packing: str, group_size: int,
      round_operands: str | None, dtype: torch.dtype, update: str,
      weight_base: int | None) -> Tensor:
    return x.new_empty((*x.shape[:-1], out_features), dtype=dtype)


def _tracked_context(ctx: Any, inputs: tuple[Any, ...],
                     keyword_only_inputs: dict[str, Any], output: Tensor) -> None:
    x, _, packed, scales, _, tracked = inputs
    ctx.save_for_backward(x, packed, scales)
    # Not saved as a variable: another backward may have changed it by then.
    ctx.state = tracked
    ctx.layout = keyword_only_inputs


def _tracked_backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
    x, packed, scales = ctx.saved_tensors
    layout = ctx.layout
    grad_x = (_sum_grad_inputs(grad, x, [packed], [scales], layout)
              if ctx.needs_input_grad[0] else None)
    grad_rows, rows = as_matrix(grad).float(), as_matrix(x).float()
    if layout["update"] == "correlation":
        stream_correlation(grad_rows, rows, packed, *ctx.state,
                           packing=layout["packing"], group_size=layout["group_size"],
                           weight_base=layout["weight_base"])
    else:
        keep_sign(grad_rows, rows, *ctx.state)
    return grad_x, None, None, None, None, [None] * len(ctx.state)


bitlinear_tracked.register_autograd(_tracked_backward, setup_context=_tracked_context)
