"""Shapes that several ops share."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ternary.packing import byte_shape as packing_byte_shape


def as_matrix(tensor: Tensor) -> Tensor:
    """`[..., K]` as a contiguous `[M, K]`, M the product of the leading extents."""
    if tensor.dim() == 2:
        return tensor.contiguous()
    return tensor.reshape(math.prod(tensor.shape[:-1]), tensor.shape[-1]).contiguous()


def group_count(columns: int, group_size: int) -> int:
    """Groups of `group_size` in a row of `columns`; the last one may be short."""
    return -(-columns // group_size)


def byte_shape(rows: int, columns: int, packing: str) -> tuple[int, ...]:
    """Extents of the bytes that hold `[rows, columns]` trits. Graphs are made for one
    shape of weights: a symbolic extent becomes a number."""
    return packing_byte_shape(packing, (int(rows), int(columns)))


def group_sums(values: Tensor, group_size: int) -> Tensor:
    """`[N, K]` summed over groups of columns: `[N, G]`."""
    rows, columns = values.shape
    groups = group_count(columns, group_size)
    padded = F.pad(values, (0, groups * group_size - columns))
    return padded.view(rows, groups, group_size).sum(dim=2)


def absmean_shape(w: Tensor, granularity: str, group_size: int | None) -> tuple[int, ...]:
    """Extents of the scales of `[N, K]` weights: of the whole, of rows or of groups."""
    if granularity == "tensor":
        return ()
    if granularity == "row":
        return (w.shape[0],)
    if granularity == "group" and group_size is not None and group_size > 0:
        return (w.shape[0], group_count(w.shape[1], group_size))
    raise ValueError(f"absmean: granularity and group_size, expected 'tensor', 'row' or "
                     f"'group' with a size, found {granularity!r} and {group_size!r}")


def like_rows(scales: Tensor, rank: int) -> Tensor:
    """Scales of rank 0 as they are, `[N]` with trailing ones up to `rank`."""
    return scales.reshape(scales.shape + (1,) * (rank - 1)) if scales.dim() else scales


def empty(like: Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    return like.new_empty(shape, dtype=dtype)


def expect_width(layer: str, x: Tensor, width: int) -> None:
    """Raises ValueError if the last axis of a layer's input is not of this width: bytes
    alone do not tell, as several widths may need as many."""
    if x.dim() == 0 or x.shape[-1] != width:
        raise ValueError(f"{layer}: operand 'x', expected {width} in the last axis, found "
                         f"shape {tuple(x.shape)}")
