"""Byte shapes of the packings, as docs/packings.md draws them.

The runners need them to allocate the bytes that an op writes. The verifier of
every op checks them again, so a wrong entry fails loudly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]


def ceil_div(value: int, divisor: int) -> int:
    return -(-value // divisor)


@dataclass(frozen=True)
class Layout:
    """One packing.

    `block` is the extent in n and in k of what is packed together; for a packing
    of the flattened matrix it is the length of a block of n * K + k. A `ragged`
    packing pads the last block, any other is undefined where it does not fit.
    `scale` is the type of the scales that the bytes carry.
    """

    byte_shape: Callable[[int, int], Shape]
    block: tuple[int, int] | int
    ragged: bool = False
    scale: str | None = None

    def is_defined(self, rows: int, columns: int) -> bool:
        """Whether the packing says what a matrix of this shape looks like."""
        if self.ragged:
            return True
        if isinstance(self.block, int):
            return rows * columns % self.block == 0
        return rows % self.block[0] == 0 and columns % self.block[1] == 0

    def scale_shape(self, rows: int, columns: int) -> Shape:
        """One carried scale per index of all axes of the bytes but the last."""
        return self.byte_shape(rows, columns)[:-1]


LAYOUTS: dict[str, Layout] = {
    "chimera": Layout(lambda n, k: (n, ceil_div(k, 4)), (1, 4), ragged=True),
    "base3": Layout(lambda n, k: (ceil_div(n * k, 5),), 5, ragged=True),
    "i2_s": Layout(lambda n, k: (n * k // 4 + 32,), 128, scale="f32"),
    "i2_s_64": Layout(lambda n, k: (n * k // 4 + 32,), 64, scale="f32"),
    "tq1_0": Layout(lambda n, k: (n, k // 256, 54), (1, 256), scale="f16"),
    "tq2_0": Layout(lambda n, k: (n, k // 256, 66), (1, 256), scale="f16"),
    "q2_0": Layout(lambda n, k: (n, k // 64, 18), (1, 64), scale="f16"),
    "hf": Layout(lambda n, k: (ceil_div(n, 4), k), (4, 1), ragged=True),
    "torchao": Layout(lambda n, k: (n, k // 4), (1, 4)),
    "bitnet_gpu": Layout(lambda n, k: (n // 16, k // 32, 32, 4), (16, 128)),
    "cpu_panel2": Layout(
        lambda n, k: (ceil_div(n, 64), ceil_div(k, 16), 4, 64), (64, 16), ragged=True),
    "cpu_panel3": Layout(
        lambda n, k: (ceil_div(n, 32), ceil_div(k, 20), 2, 64), (32, 20), ragged=True),
    "cpu_rows2": Layout(
        lambda n, k: (ceil_div(n, 64), ceil_div(k, 16), 4, 64), (64, 16), ragged=True),
    "cpu_rows3": Layout(
        lambda n, k: (ceil_div(n, 80), ceil_div(k, 8), 2, 64), (80, 8), ragged=True),
    "gpu_tile2": Layout(
        lambda n, k: (ceil_div(n, 16), ceil_div(k, 128), 32, 16), (16, 128), ragged=True),
    "gpu_tile2k": Layout(
        lambda n, k: (ceil_div(n, 16), ceil_div(k, 128), 32, 16), (16, 128), ragged=True),
    "gpu_tile2h": Layout(
        lambda n, k: (ceil_div(n, 16), ceil_div(k, 128), 32, 16), (16, 128), ragged=True),
    "gpu_tile2hk": Layout(
        lambda n, k: (ceil_div(n, 16), ceil_div(k, 128), 32, 16), (16, 128), ragged=True),
    "gpu_tile3": Layout(
        lambda n, k: (ceil_div(n, 16), ceil_div(k, 160), 32, 16), (16, 160), ragged=True),
}


def byte_shape(packing: str, rows: int, columns: int) -> Shape:
    """The shape of the bytes that hold a matrix of this logical shape."""
    return LAYOUTS[packing].byte_shape(rows, columns)


def num_elements(shape: Shape) -> int:
    return prod(shape)
