"""What a call of an op is compiled for: operands by name, and the checks of their dtypes,
shapes and attributes.

The checks are those of the verifiers (docs/spec.md), made on the exact shapes of the call:
compiled code with open extents trusts that they agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import index
from typing import Any, Protocol

import numpy as np

from . import packing as _packing
from ._backend import Error
from ._source import MissingFunction

Shape = tuple[int, ...]


class Array(Protocol):
    """What ops take: an array of NumPy, or any with DLPack such as a tensor of torch."""

    @property
    def dtype(self) -> Any: ...

    @property
    def shape(self) -> Shape: ...

    def __dlpack__(self, **options: Any) -> Any: ...



ELEMENTS = {
    "bool": "i1", "int8": "i8", "uint8": "i8", "int16": "i16", "int32": "i32",
    "int64": "i64", "float16": "f16", "bfloat16": "bf16", "float32": "f32",
}

BYTES = ("int8", "uint8")
TRITS = ("int8",)
SIGNS = ("int8",)
EXPONENTS = ("int8",)
FLOAT32 = ("float32",)
FLOATS = ("float16", "bfloat16", "float32")
INT64 = ("int64",)

I64_BOUND = 2**63


@lru_cache(maxsize=256)
def dtype_name(dtype: object) -> str:
    """The NumPy name of a dtype of NumPy or of torch, or of a type that NumPy takes."""
    if isinstance(dtype, type):
        dtype = np.dtype(dtype)
    return str(dtype).removeprefix("torch.")


@dataclass(frozen=True)
class Open:
    """An extent that the function reads from an axis of an argument."""

    argument: str
    axis: int


Extent = int | Open


@dataclass(frozen=True)
class Operand:
    """An array that an op is called with.

    `open_axes` of its leading axes count tokens: the function leaves their extents open,
    unless they are 1.
    """

    op: str
    name: str
    dtype: str
    shape: Shape
    open_axes: int = 0

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The shape as the function knows it."""
        return tuple(
            Open(self.name, axis) if axis < self.open_axes and extent != 1 else extent
            for axis, extent in enumerate(self.shape))

    def leave_open(self, axes: int) -> Operand:
        """The same with so many open leading axes."""
        return replace(self, open_axes=axes)

    def expect_dtype(self, dtypes: Sequence[str]) -> None:
        if self.dtype not in dtypes:
            raise TypeError(self._refusal(alternatives(dtypes), self.dtype))

    def expect_rank(self, rank: int) -> None:
        if len(self.shape) != rank:
            raise ValueError(self._refusal(f"rank {rank}", f"shape {self.shape}"))

    def expect_shape(self, *shapes: Shape) -> None:
        """One of these shapes."""
        if self.shape not in shapes:
            raise ValueError(self._refusal(f"shape {alternatives(map(str, shapes))}",
                                           str(self.shape)))

    def matrix(self, dtypes: Sequence[str]) -> Operand:
        """Itself, a matrix of one of these dtypes."""
        self.expect_dtype(dtypes)
        self.expect_rank(2)
        return self

    def tokens(self, dtypes: Sequence[str]) -> Operand:
        """Itself as activations of one of these dtypes: all axes but the last are open."""
        self.expect_dtype(dtypes)
        if not self.shape:
            raise ValueError(self._refusal("rank 1 or more", "rank 0"))
        return self.leave_open(len(self.shape) - 1)

    def _refusal(self, expected: str, found: str) -> str:
        return f"{self.op}: operand '{self.name}', expected {expected}, found {found}"


def alternatives(names: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *head, last = names
    return f"{', '.join(head)} or {last}" if head else last


# Attributes.


def integer(op: str, name: str, value: object, low: int = -I64_BOUND,
            high: int = I64_BOUND - 1) -> int:
    """An integer in these bounds."""
    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{op}: attribute '{name}', expected an integer, "
                        f"found {value!r}") from None
    if not low <= number <= high:
        bound = f"at least {low}" if high == I64_BOUND - 1 else f"{low} to {high}"
        raise ValueError(f"{op}: attribute '{name}', expected {bound}, found {number}")
    return number


def real(op: str, name: str, value: object) -> float:
    """A number that float32 holds, rounded or not."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"{op}: attribute '{name}', expected a number, "
                        f"found {value!r}") from None
    with np.errstate(over="ignore"):
        if not np.isfinite(np.float32(number)):
            raise ValueError(f"{op}: attribute '{name}', expected a finite float32, "
                             f"found {number}")
    return number


def choice(op: str, name: str, value: object, names: Sequence[str]) -> str:
    """One of these names."""
    if value not in names:
        raise ValueError(f"{op}: attribute '{name}', expected "
                         f"{alternatives(map(repr, names))}, found {value!r}")
    return str(value)


def dtype_choice(op: str, name: str, value: object, dtypes: Sequence[str]) -> str:
    """The name of one of these dtypes, given by name or as an object."""
    dtype = dtype_name(value)
    if dtype not in dtypes:
        raise TypeError(f"{op}: attribute '{name}', expected {alternatives(dtypes)}, "
                        f"found {dtype}")
    return dtype


def logical_shape(op: str, shape: Sequence[object], name: str = "shape") -> tuple[int, int]:
    """Two extents, none negative."""
    if len(shape) != 2:
        raise ValueError(f"{op}: attribute '{name}', expected two extents, found {shape}")
    rows, columns = (integer(op, name, extent, 0) for extent in shape)
    return rows, columns


# Weights and scales.


def byte_shape(op: str, packing: object, rows: int, columns: int) -> Shape:
    """The shape of the bytes that hold a matrix."""
    preset = choice(op, "packing", packing, _packing.packings())
    try:
        return _packing.byte_shape(preset, (rows, columns))
    except MissingFunction as error:
        raise MissingFunction(f"{op}: {error}") from None
    except Error as error:
        raise ValueError(f"{op}: {error}") from None


def carried_scale_shape(op: str, packing: str, rows: int, columns: int) -> Shape | None:
    """The shape of the scales inside the bytes of a matrix, or None."""
    byte_shape(op, packing, rows, columns)
    return _packing.scale_shape(packing, (rows, columns))


def expect_bytes(packed: Operand, rows: int, columns: int, packing: str) -> None:
    """The bytes that hold a matrix of this shape."""
    packed.expect_dtype(BYTES)
    packed.expect_shape(byte_shape(packed.op, packing, rows, columns))


def expect_weight(weight: Operand, rows: int, columns: int, packing: str | None) -> None:
    """Trits of this shape, or the bytes that hold them."""
    if packing is not None:
        expect_bytes(weight, rows, columns, packing)
        return
    weight.expect_dtype(TRITS)
    weight.expect_shape((rows, columns))


def weight_shape(weight: Operand, shape: Sequence[object] | None, packing: str | None,
                 ) -> tuple[int, int]:
    """The logical shape of a weight that has been checked: `shape`, which bytes need, or
    that of the trits."""
    if shape is None:
        if packing is not None:
            raise ValueError(f"{weight.op}: expected 'shape' with 'packing', found none")
        weight.expect_rank(2)
        shape = weight.shape
    rows, columns = logical_shape(weight.op, shape)
    expect_weight(weight, rows, columns, packing)
    return rows, columns


def expect_step(step: Operand) -> None:
    """One int64, which counts updates."""
    step.expect_dtype(INT64)
    step.expect_shape((), (1,))


def num_groups(columns: int, group_size: int) -> int:
    return -(-columns // group_size)


def given_group_size(op: str, group_size: object, grouped: bool, reason: str) -> int | None:
    """The group size, which is there exactly where something is grouped."""
    if grouped:
        if group_size is None:
            raise ValueError(f"{op}: expected 'group_size' with {reason}, found none")
        return integer(op, "group_size", group_size, 1)
    if group_size is not None:
        raise ValueError(f"{op}: expected 'group_size' only with {reason}, "
                         f"found {group_size}")
    return None


def expect_scale_shape(scales: Operand, rows: int, columns: int,
                       group_size: int | None) -> None:
    """Rank 0, `[rows]` or, where there is a group size, `[rows, groups]`."""
    shapes: list[Shape] = [(), (rows,)]
    if group_size is not None:
        shapes.append((rows, num_groups(columns, group_size)))
    scales.expect_shape(*shapes)


def expect_scales(op: str, scales: Operand | None, rows: int, columns: int,
                  group_size: object, dtypes: Sequence[str] = FLOAT32) -> int | None:
    """No scales, or one of rank 0, `[rows]` or `[rows, groups]`. Returns the group size,
    which goes with the last."""
    grouped = scales is not None and len(scales.shape) == 2
    size = given_group_size(op, group_size, grouped, "scales of rank 2")
    if scales is not None:
        scales.expect_dtype(dtypes)
        expect_scale_shape(scales, rows, columns, size)
    return size


def expect_carried_scales(op: str, scales: Operand | None, packing: str, rows: int,
                          columns: int) -> None:
    """Scales exactly where the bytes of the packing carry them."""
    shape = carried_scale_shape(op, packing, rows, columns)
    if (shape is None) != (scales is None):
        expected = "no 'scales'" if shape is None else f"'scales' of shape {shape}"
        raise ValueError(f"{op}: expected {expected} with packing '{packing}', "
                         f"found {'none' if scales is None else 'some'}")
    if scales is not None and shape is not None:
        scales.expect_dtype(FLOAT32)
        scales.expect_shape(shape)
