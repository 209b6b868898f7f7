"""Custom ops on the integer state of ternary weights. Those that return nothing change
their last tensors in place; these have to be contiguous. A `source` is a sign (int8
`[N, K]`) or a gradient `[M, N]` and activations `[M, K]`, float32."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.library import custom_op

from ..component import correlation_amount
from .dispatch import State, dispatch
from .shapes import group_count


@custom_op("ternary::effective_exponent", mutates_args=())
def effective_exponent(exponent: Tensor, correlation: Tensor | None, step: Tensor | None,
                       *, group_size: int, strength: float, correlate_at_zero: bool,
                       clamp_min: float | None, clamp_max: float | None) -> Tensor:
    """`2^(E + strength * correlation / max(step * group_size, 1))`, float32 `[N, G]`."""
    scales = exponent.new_empty(exponent.shape, dtype=torch.float32)
    dispatch("effective_exponent", exponent.contiguous(), group_size=group_size,
             correlation=correlation, step=step, strength=strength,
             correlate_at_zero=correlate_at_zero, clamp_min=clamp_min,
             clamp_max=clamp_max, out=scales)
    return scales


@effective_exponent.register_fake
def _(exponent: Tensor, correlation: Tensor | None, step: Tensor | None, *,
      group_size: int, strength: float, correlate_at_zero: bool,
      clamp_min: float | None, clamp_max: float | None) -> Tensor:
    return exponent.new_empty(exponent.shape, dtype=torch.float32)


@custom_op("ternary::grad_sign", mutates_args=())
def grad_sign(grad: Tensor, x: Tensor) -> Tensor:
    """`sign(grad^T x)`, int8 `[N, K]`, of float32 `[M, N]` and `[M, K]`."""
    sign = grad.new_empty((grad.shape[1], x.shape[1]), dtype=torch.int8)
    dispatch("grad_sign", grad.contiguous(), x.contiguous(), out=sign)
    return sign


@grad_sign.register_fake
def _(grad: Tensor, x: Tensor) -> Tensor:
    return grad.new_empty((grad.shape[1], x.shape[1]), dtype=torch.int8)


@custom_op("ternary::keep_sign", mutates_args=("sign", "kept"))
def keep_sign(grad: Tensor, x: Tensor, sign: Tensor, kept: Tensor) -> None:
    """Writes `grad_sign` of the two into `sign` and 1 into `kept`."""
    dispatch("grad_sign", grad.contiguous(), x.contiguous(), out=sign)
    kept.fill_(1)


@keep_sign.register_fake
def _(grad: Tensor, x: Tensor, sign: Tensor, kept: Tensor) -> None:
    return None


@custom_op("ternary::replace_sign", mutates_args=("sign", "kept"))
def replace_sign(source: Tensor, sign: Tensor, kept: Tensor) -> None:
    """Writes `source` into `sign` and 1 into `kept`."""
    sign.copy_(source)
    kept.fill_(1)


@replace_sign.register_fake
def _(source: Tensor, sign: Tensor, kept: Tensor) -> None:
    return None


def _pair(source: Sequence[Tensor]) -> Tensor | tuple[Tensor, ...]:
    """A sign as it is, a gradient and activations as a pair."""
    parts = tuple(part.contiguous() for part in source)
    return parts[0] if len(parts) == 1 else parts


@custom_op("ternary::accumulate_correlation", mutates_args=("correlation", "step"))
def accumulate_correlation(source: Sequence[Tensor], weight: Tensor, correlation: Tensor,
                           step: Tensor, *, packing: str, group_size: int,
                           amount: int) -> None:
    """`correlation -= amount * sum(sign * trit)` per group (int64 `[N, G]`) and
    `step += |amount|` (int64 `[1]`)."""
    dispatch("accumulate_correlation", _pair(source), weight, State(correlation),
             State(step), group_size=group_size, amount=amount, packing=packing)


@accumulate_correlation.register_fake
def _(source: Sequence[Tensor], weight: Tensor, correlation: Tensor, step: Tensor, *,
      packing: str, group_size: int, amount: int) -> None:
    return None


@custom_op("ternary::stream_correlation", mutates_args=("correlation", "step"))
def stream_correlation(grad: Tensor, x: Tensor, weight: Tensor, correlation: Tensor,
                       step: Tensor, *, packing: str, group_size: int,
                       weight_base: int | None) -> None:
    """`accumulate_correlation` from a gradient and activations, by `weight_base` times
    the weight of the component that is active while it runs; None: by 1."""
    dispatch("accumulate_correlation", (grad.contiguous(), x.contiguous()), weight,
             State(correlation), State(step), group_size=group_size,
             amount=1 if weight_base is None else correlation_amount(weight_base),
             packing=packing)


@stream_correlation.register_fake
def _(grad: Tensor, x: Tensor, weight: Tensor, correlation: Tensor, step: Tensor, *,
      packing: str, group_size: int, weight_base: int | None) -> None:
    return None


@custom_op("ternary::update_exponent", mutates_args=("exponent", "accumulator"))
def update_exponent(source: Sequence[Tensor], weight: Tensor, exponent: Tensor,
                    accumulator: Tensor, *, packing: str, group_size: int,
                    threshold: int) -> None:
    """One vote per group on its exponent, and the step of those that reach the
    threshold: int8 `[N, G]` twice."""
    dispatch("update_exponent", _pair(source), weight, State(exponent),
             State(accumulator), group_size=group_size, threshold=threshold, packing=packing)


@update_exponent.register_fake
def _(source: Sequence[Tensor], weight: Tensor, exponent: Tensor, accumulator: Tensor, *,
      packing: str, group_size: int, threshold: int) -> None:
    return None


@custom_op("ternary::accumulate_exponent", mutates_args=("accumulator",))
def accumulate_exponent(source: Sequence[Tensor], weight: Tensor, accumulator: Tensor, *,
                        packing: str, group_size: int, amount: int) -> None:
    """The votes of `update_exponent` alone, by `amount`: int8 `[N, G]`."""
    dispatch("accumulate_exponent", _pair(source), weight, State(accumulator),
             group_size=group_size, amount=amount, packing=packing)


@accumulate_exponent.register_fake
def _(source: Sequence[Tensor], weight: Tensor, accumulator: Tensor, *, packing: str,
      group_size: int, amount: int) -> None:
    return None


@custom_op("ternary::accumulate_trit", mutates_args=("accumulator",))
def accumulate_trit(source: Sequence[Tensor], accumulator: Tensor, *,
                    amount: int) -> None:
    """One vote per trit: `sat8(accumulator - sign * amount)`, int8 `[N, K]`."""
    dispatch("accumulate_trit", _pair(source), State(accumulator), amount=amount)


@accumulate_trit.register_fake
def _(source: Sequence[Tensor], accumulator: Tensor, *, amount: int) -> None:
    return None


@custom_op("ternary::step", mutates_args=("packed", "accumulator"))
def step(source: Sequence[Tensor], group_thresholds: Tensor | None, packed: Tensor,
         accumulator: Tensor, *, packing: str, threshold: int | None,
         group_size: int | None, amount: int) -> None:
    """Votes (none without a source), then the flips of trits whose votes pass the
    threshold, or that of their group (`[N, G]`)."""
    dispatch("step", _pair(source) if source else None, State(packed),
             State(accumulator), packing=packing, threshold=threshold,
             group_thresholds=group_thresholds, group_size=group_size, amount=amount)


@step.register_fake
def _(source: Sequence[Tensor], group_thresholds: Tensor | None, packed: Tensor,
      accumulator: Tensor, *, packing: str, threshold: int | None,
      group_size: int | None, amount: int) -> None:
    return None


@custom_op("ternary::regroup_scale", mutates_args=())
def regroup_scale(weight: Tensor, exponent: Tensor, correlation: Tensor, step: Tensor, *,
                  rows: int, columns: int, packing: str, old_group_size: int,
                  group_size: int, rounding: str,
                  ragged: str) -> tuple[Tensor, Tensor, Tensor]:
    """Exponent, correlation and step for another group size: made anew from the trits
    where the number of groups changes, else copies."""
    state = _regrouped(exponent, correlation, step, columns, group_size)
    dispatch("regroup_scale", weight.contiguous(), exponent, correlation, step,
             shape=(rows, columns), packing=packing, old_group_size=old_group_size,
             group_size=group_size, rounding=rounding, ragged=ragged, out=state)
    return state


@regroup_scale.register_fake
def _(weight: Tensor, exponent: Tensor, correlation: Tensor, step: Tensor, *, rows: int,
      columns: int, packing: str, old_group_size: int, group_size: int, rounding: str,
      ragged: str) -> tuple[Tensor, Tensor, Tensor]:
    return _regrouped(exponent, correlation, step, columns, group_size)


def _regrouped(exponent: Tensor, correlation: Tensor, step: Tensor, columns: int,
               group_size: int) -> tuple[Tensor, Tensor, Tensor]:
    groups = (exponent.shape[0], group_count(columns, group_size))
    return (exponent.new_empty(groups), correlation.new_empty(groups),
            torch.empty_like(step))
