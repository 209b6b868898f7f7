"""Custom ops of embeddings with ternary tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.library import custom_op

from .dispatch import dispatch
from .shapes import as_matrix
from .state import accumulate_correlation, replace_sign


@custom_op("ternary::embedding", mutates_args=())
def embedding(ids: Tensor, table: Tensor, scales: Tensor | None, *, rows: int,
              columns: int, packing: str, group_size: int | None) -> Tensor:
    """Rows of a table `[rows, columns]`, times scales of rank 0, `[V]` or `[V, G]`:
    float32 `[..., columns]`. An id outside the table gives zeros. No gradient."""
    return _gather(ids, table, scales, rows, columns, packing, group_size)


@embedding.register_fake
def _(ids: Tensor, table: Tensor, scales: Tensor | None, *, rows: int, columns: int,
      packing: str, group_size: int | None) -> Tensor:
    return ids.new_empty((*ids.shape, columns), dtype=torch.float32)


def _gather(ids: Tensor, table: Tensor, scales: Tensor | None, rows: int, columns: int,
            packing: str, group_size: int | None) -> Tensor:
    flat = ids.reshape(-1).contiguous()
    values = ids.new_empty((flat.shape[0], columns), dtype=torch.float32)
    dispatch("embedding", flat, table.contiguous(), shape=(rows, columns),
             packing=packing, scales=None if scales is None else scales.contiguous(),
             group_size=group_size, dtype="float32", out=values)
    return values.view(*ids.shape, columns)


@custom_op("ternary::embedding_grad_sign", mutates_args=())
def embedding_grad_sign(ids: Tensor, grad: Tensor, *, rows: int) -> Tensor:
    """The sign of the gradient to the table, int8 `[rows, D]`: gradients of equal ids
    are summed first."""
    summed = as_matrix(grad)
    sign = grad.new_empty((rows, grad.shape[-1]), dtype=torch.int8)
    dispatch("embedding_grad_sign", ids.reshape(-1).contiguous(), summed, rows, out=sign)
    return sign


@embedding_grad_sign.register_fake
def _(ids: Tensor, grad: Tensor, *, rows: int) -> Tensor:
    return grad.new_empty((rows, grad.shape[-1]), dtype=torch.int8)


@custom_op("ternary::embedding_tracked", mutates_args=())
def embedding_tracked(ids: Tensor, anchor: Tensor, table: Tensor, scales: Tensor,
                      state: Sequence[Tensor], *, rows: int, columns: int, packing: str,
                      group_size: int, update: str) -> Tensor:
    """`embedding` whose backward updates the state of the table in place, as that of
    `bitlinear_tracked` does, with an amount of 1."""
    return _gather(ids, table, scales, rows, columns, packing, group_size)


@embedding_tracked.register_fake
def _(ids: Tensor, anchor: Tensor, table: Tensor, scales: Tensor,
      state: Sequence[Tensor], *, rows: int, columns: int, packing: str, group_size: int,
      update: str) -> Tensor:
    return ids.new_empty((*ids.shape, columns), dtype=torch.float32)


def _context(ctx: Any, inputs: tuple[Any, ...], keyword_only_inputs: dict[str, Any],
             output: Tensor) -> None:
    ids, _, table, _, tracked = inputs
    ctx.save_for_backward(ids, table)
    ctx.state = tracked
    ctx.layout = keyword_only_inputs


def _backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
    ids, table = ctx.saved_tensors
    layout = ctx.layout
    sign = embedding_grad_sign(ids, grad, rows=layout["rows"])
    if layout["update"] == "correlation":
        accumulate_correlation([sign], table, *ctx.state, packing=layout["packing"],
                               group_size=layout["group_size"], amount=1)
    else:
        replace_sign(sign, *ctx.state)
    return None, None, None, None, [None] * len(ctx.state)


embedding_tracked.register_autograd(_backward, setup_context=_context)
