"""The packings: how the trits of a matrix `[N, K]` lie in bytes (docs/packings.md).

A preset has a name; the ops take it as `packing`. Bytes do not know their packing or their
logical shape, so both go with them.
"""

from __future__ import annotations

from functools import cache, lru_cache

from . import _source


@cache
def packings() -> tuple[str, ...]:
    """The names of all presets, in the order of docs/packings.md."""
    return _source.current().list_packings()


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
    return _source.current().get_byte_shape(packing, rows, columns)


@lru_cache(maxsize=4096)
def scale_shape(packing: str, shape: tuple[int, int]) -> tuple[int, ...] | None:
    """The shape of the float32 scales that the bytes of a matrix carry: that of the bytes
    without its last axis. None for a packing without scales.

    Args and errors are those of `byte_shape`.
    """
    rows, columns = shape
    return _source.current().get_scale_shape(packing, rows, columns)


@_source.on_select
def _forget() -> None:
    """Each source answers for itself."""
    for function in (packings, byte_shape, scale_shape):
        function.cache_clear()
