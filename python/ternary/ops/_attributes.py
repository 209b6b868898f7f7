"""What the functions do with their arguments before the look-up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SEQUENCES = (tuple, list)


def hashable_shape(op: str, shape: Iterable[int]) -> tuple[int, ...]:
    """The shape as a tuple."""
    try:
        return tuple(shape)
    except TypeError:
        raise TypeError(f"{op}: attribute 'shape', expected two extents, "
                        f"found {shape!r}") from None


def operand_list(operand: Any) -> tuple[Any, ...]:
    """One array or a sequence of them as a tuple; none for None."""
    if operand is None:
        return ()
    return tuple(operand) if type(operand) in SEQUENCES else (operand,)
