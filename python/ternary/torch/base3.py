"""Five trits per byte over the flattened matrix: the packing `base3`, with the calls of
the scale-tensor systems."""

from __future__ import annotations

import torch
from torch import Tensor

from ._ops import storage

PACKING = "base3"
TRITS_PER_BYTE = 5


def padding(count: int) -> int:
    """Trits that fill the last byte up."""
    return -count % TRITS_PER_BYTE


def pack_ternary(w: Tensor) -> tuple[Tensor, torch.Size, int]:
    """The signs of `w` (any shape, integers or floats; NaN counts as 0) as uint8
    `[ceil(n / 5)]`, the shape, and the number of padding trits."""
    flat = w.detach().reshape(1, -1)
    if not flat.is_floating_point() and flat.dtype != torch.int8:
        flat = flat.sign().to(torch.int8)
    packed = storage.pack(flat, packing=PACKING, conversion="sign")
    return packed, w.shape, padding(w.numel())


def unpack_ternary(packed: Tensor, shape: tuple[int, ...], pad: int = 0) -> Tensor:
    """The trits, int8 of `shape`, of bytes whose last `pad` trits are padding. Raises
    ValueError if bytes, shape and padding disagree."""
    count = torch.Size(shape).numel()
    held = packed.numel() * TRITS_PER_BYTE - pad
    if held != count or not 0 <= pad < TRITS_PER_BYTE:
        raise ValueError(f"unpack_ternary: operand 'packed', expected {count} trits and "
                         f"0 to {TRITS_PER_BYTE - 1} of padding, found {held} and {pad}")
    return storage.unpack(packed, rows=1, columns=count, packing=PACKING).view(shape)
