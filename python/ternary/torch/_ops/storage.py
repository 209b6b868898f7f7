"""Custom ops that write and read packed trits; none has a gradient."""

from __future__ import annotations

import functools

import torch
from torch import Tensor
from torch.library import custom_op

from .dispatch import dispatch
from .shapes import byte_shape


@custom_op("ternary::pack", mutates_args=())
def pack(trits: Tensor, *, packing: str, conversion: str) -> Tensor:
    """Bytes (uint8) of a matrix `[N, K]`; `conversion` ("trits", "truncate" or "sign")
    says what becomes of values that are not trits."""
    packed = torch.empty(byte_shape(*trits.shape, packing), dtype=torch.uint8,
                         device=trits.device)
    dispatch("pack", trits.contiguous(), packing, conversion=conversion, out=packed)
    return packed


@pack.register_fake
def _(trits: Tensor, *, packing: str, conversion: str) -> Tensor:
    return trits.new_empty(byte_shape(*trits.shape, packing), dtype=torch.uint8)


@custom_op("ternary::unpack", mutates_args=())
def unpack(packed: Tensor, *, rows: int, columns: int, packing: str) -> Tensor:
    """The trits, int8 `[rows, columns]`."""
    trits = packed.new_empty((rows, columns), dtype=torch.int8)
    dispatch("unpack", packed.contiguous(), (rows, columns), packing, out=trits)
    return trits


@unpack.register_fake
def _(packed: Tensor, *, rows: int, columns: int, packing: str) -> Tensor:
    return packed.new_empty((rows, columns), dtype=torch.int8)


@custom_op("ternary::repack", mutates_args=())
def repack(packed: Tensor, *, rows: int, columns: int, source: str,
           packing: str) -> Tensor:
    """Bytes (uint8) in `packing` of the trits that are given in `source`."""
    repacked = packed.new_empty(byte_shape(rows, columns, packing), dtype=torch.uint8)
    dispatch("repack", packed.contiguous(), (rows, columns), source, packing,
             out=repacked)
    return repacked


@repack.register_fake
def _(packed: Tensor, *, rows: int, columns: int, source: str, packing: str) -> Tensor:
    return packed.new_empty(byte_shape(rows, columns, packing), dtype=torch.uint8)


@custom_op("ternary::dequantize", mutates_args=())
def dequantize(weight: Tensor, scales: Tensor | None, *, rows: int, columns: int,
               packing: str | None, group_size: int | None,
               dtype: torch.dtype) -> Tensor:
    """`dtype(trit) * dtype(scale)`, `[rows, columns]`; scales of rank 0, `[N]` or
    `[N, G]`, or none."""
    values = weight.new_empty((rows, columns), dtype=dtype)
    dispatch("dequantize", weight.contiguous(), (rows, columns), packing,
             scales=None if scales is None else scales.contiguous(),
             group_size=group_size, dtype=dtype_name(dtype), out=values)
    return values


@dequantize.register_fake
def _(weight: Tensor, scales: Tensor | None, *, rows: int, columns: int,
      packing: str | None, group_size: int | None, dtype: torch.dtype) -> Tensor:
    return weight.new_empty((rows, columns), dtype=dtype)


@custom_op("ternary::nonzero_mask", mutates_args=())
def nonzero_mask(packed: Tensor, *, rows: int, columns: int, packing: str) -> Tensor:
    """Where the trits are not zero, bool `[rows, columns]`."""
    mask = packed.new_empty((rows, columns), dtype=torch.bool)
    dispatch("nonzero_mask", packed.contiguous(), (rows, columns), packing, out=mask)
    return mask


@nonzero_mask.register_fake
def _(packed: Tensor, *, rows: int, columns: int, packing: str) -> Tensor:
    return packed.new_empty((rows, columns), dtype=torch.bool)


@functools.cache
def dtype_name(dtype: torch.dtype) -> str:
    """NumPy's name of a dtype: "float32" of torch.float32."""
    return str(dtype).removeprefix("torch.")
