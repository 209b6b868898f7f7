"""The packings: how the trits of a matrix `[N, K]` lie in bytes (docs/packings.md).

A preset has a name; the ops take it as `packing`. Bytes do not know their packing or their
logical shape, so both go with them.
"""

from __future__ import annotations

from functools import cache, lru_cache

from . import _core


@cache
def packings() -> tuple[str, ...]:
    """The names of all presets, in the order of docs/packings.md."""
    return tuple(_core.packings())


@lru_cache(maxsize=4096)
def byte_shape(packing: str, shape: tuple[int, int]) -> tuple[int, ...]:
    """The shape of the bytes that hold a matrix.

    Args:
        packing: name of a preset, one of `packings()`.
        shape: the logical shape (N, K) of the trits.

    Raises:
        ternary.Error: there is no such preset, or it is not defined for the shape
            ("tq2_0" needs K % 256 = 0, for one).
    """
    rows, columns = shape
    return tuple(_core.packing_byte_shape(packing, rows, columns))


@lru_cache(maxsize=4096)
def scale_shape(packing: str, shape: tuple[int, int]) -> tuple[int, ...] | None:
    """The shape of the float32 scales that the bytes of a matrix carry: that of the bytes
    without its last axis. None for a packing without scales.

    Args and errors are those of `byte_shape`.
    """
    rows, columns = shape
    found = _core.packing_scale_shape(packing, rows, columns)
    return None if found is None else tuple(found)
