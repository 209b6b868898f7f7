"""Builds functions in MLIR together with the arrays of one call.

A `Function` is written once for both kinds of shapes: its dimensions have names,
and `static` decides whether a type shows their extents or `?`. Names are bound by
the arguments, so a dynamic function finds every extent in its own arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Dim = str | int
Dims = Sequence[Dim]

ELEMENTS = {
    "bool": "i1", "int8": "i8", "uint8": "i8", "int16": "i16", "int32": "i32",
    "int64": "i64", "float16": "f16", "float32": "f32", "float64": "f64",
}

# What destinations hold before the call, so that an element that is not written
# shows in the result.
STALE = {
    "i1": np.bool_(True), "i8": np.int8(0x5A), "i32": np.int32(0x5A5A5A5A),
    "i64": np.int64(0x5A5A5A5A), "f16": np.float16(np.nan), "f32": np.float32(np.nan),
}


def f32_literal(value: float) -> str:
    """The text of an f32 attribute; MLIR wants a point in every float."""
    return f"{float(value):.17e} : f32"


def attribute(value: bool | int | float | str) -> str:
    """The text of an attribute; a string stands for itself."""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value} : i64"
    return f32_literal(value)


def packing_attribute(name: str) -> str:
    return f"#ternary.packing<{name}>"


@dataclass(frozen=True)
class Value:
    """A tensor in the function: its name, named dimensions and element type."""

    name: str
    dims: tuple[Dim, ...]
    element: str


Clauses = Mapping[str, Sequence[Value | None]]


class Function:
    """One function and the arguments of one call of it."""

    def __init__(self, static: bool = False) -> None:
        self.static = static
        self.arrays: list[np.ndarray] = []
        self.results: dict[str, Value] = {}
        self._extents: dict[str, int] = {}
        self._holders: dict[str, tuple[Value, int]] = {}
        self._indices: dict[Dim, str] = {}
        self._arguments: list[str] = []
        self._body: list[str] = []
        self._names = 0

    # Arguments and destinations.

    def arg(self, array: np.ndarray, dims: Dims) -> Value:
        """A tensor argument. New names among `dims` are bound to its extents."""
        array = np.ascontiguousarray(array).reshape(array.shape)
        if array.ndim != len(dims):
            raise ValueError(f"rank {array.ndim} where {tuple(dims)} is expected")
        value = Value(f"%a{len(self.arrays)}", tuple(dims), ELEMENTS[array.dtype.name])
        for axis, dim in enumerate(dims):
            self._bind(dim, array.shape[axis])
            if isinstance(dim, str):
                self._holders.setdefault(dim, (value, axis))
        self.arrays.append(array)
        self._arguments.append(f"{value.name}: {self.type(value)}")
        return value

    def bind(self, dim: str, size: int) -> None:
        """Binds a name that no tensor has: an index argument if not static."""
        self._bind(dim, size)
        if self.static or dim in self._holders:
            return
        name = f"%a{len(self.arrays)}"
        self.arrays.append(np.array(size, np.int64))
        self._arguments.append(f"{name}: index")
        self._indices[dim] = name

    def scalar(self, value: int) -> Value:
        """An i64 argument that is not a tensor."""
        result = Value(f"%a{len(self.arrays)}", ("scalar",), "i64")
        self.arrays.append(np.array(value, np.int64))
        self._arguments.append(f"{result.name}: {self.type(result)}")
        return result

    def dest(self, dims: Dims, element: str, shape: Sequence[int]) -> Value:
        """A destination that is an argument; binds what `empty` could not know."""
        return self.arg(np.full(tuple(shape), STALE[element]), dims)

    def empty(self, dims: Dims, element: str) -> Value:
        """A destination whose extents are all known in the function."""
        value = self._value(dims, element)
        sizes = ", ".join(self.index(dim) for dim in dims if self._is_dynamic(dim))
        self.line(f"{value.name} = tensor.empty({sizes}) : {self.type(value)}")
        return value

    def bytes_dims(self, rank: int) -> tuple[str, ...]:
        """Fresh names for the dimensions of a byte tensor."""
        self._names += 1
        return tuple(f"b{self._names}_{axis}" for axis in range(rank))

    # What the function does.

    def op(self, name: str, clauses: Clauses, outs: Sequence[Value],
           shape: Dims | None = None, **attrs: bool | int | float | str | None,
           ) -> list[Value]:
        """A destination-style op of the dialect; returns its results.

        `clauses` are printed in order, without those that have no operand (but
        `weights`, which may be empty). `shape` follows the clause `table`, `weight`
        or else `ins`. Attributes that are None are left out; True is a unit attribute.
        """
        parts = []
        shaped = next((key for key in ("table", "weight") if key in clauses), "ins")
        for keyword, operands in clauses.items():
            values = [value for value in operands if value is not None]
            if not values and keyword != "weights":
                continue
            parts.append(f"{keyword}({self._typed(values)})")
            if shape is not None and keyword == shaped:
                parts.append(f"shape({', '.join(self.size(dim) for dim in shape)})")
        parts.append(f"outs({self._typed(outs)})")
        texts = [key if value is True else f"{key} = {attribute(value)}"
                 for key, value in attrs.items() if value is not None]
        if texts:
            parts.append("{" + ", ".join(texts) + "}")
        results = self._results(outs)
        types = ", ".join(self.type(value) for value in outs)
        left = results[0].name.split("#")[0]
        count = f":{len(outs)}" if len(outs) > 1 else ""
        self.line(f"{left}{count} = ternary.{name} {' '.join(parts)} -> {types}")
        return results

    def value(self, text: str, dims: Dims, element: str) -> Value:
        """The one result of any other operation, given as text."""
        result = self._value(dims, element)
        self.line(f"{result.name} = {text}")
        return result

    def size(self, dim: Dim) -> str:
        """The extent as a static size, or else as an SSA name."""
        return self.index(dim) if self._is_dynamic(dim) else str(self.extent_of(dim))

    def line(self, text: str) -> None:
        """Any other operation, as text."""
        self._body.append("  " + text)

    def fresh(self) -> str:
        """A name for a scalar."""
        self._names += 1
        return f"%v{self._names}"

    def index(self, dim: Dim) -> str:
        """An SSA name of the extent, as an index."""
        if dim in self._indices:
            return self._indices[dim]
        name = self.fresh()
        if not self._is_dynamic(dim):
            self.line(f"{name} = arith.constant {self.extent_of(dim)} : index")
        else:
            value, axis = self._holders[str(dim)]
            at = self.index(axis)
            self.line(f"{name} = tensor.dim {value.name}, {at} : {self.type(value)}")
        self._indices[dim] = name
        return name

    def result(self, name: str, value: Value) -> None:
        """Returns the value; `name` is that of the expected array."""
        self.results[name] = value

    # Texts.

    def extent_of(self, dim: Dim) -> int:
        return dim if isinstance(dim, int) else self._extents[dim]

    def shape(self, value: Value) -> tuple[int, ...]:
        """The extents in this call; a scalar has none."""
        if value.dims == ("scalar",):
            return ()
        return tuple(self.extent_of(dim) for dim in value.dims)

    def type(self, value: Value) -> str:
        if value.dims == ("scalar",):
            return value.element
        sizes = ["?" if self._is_dynamic(dim) else str(self.extent_of(dim))
                 for dim in value.dims]
        return f"tensor<{'x'.join([*sizes, value.element])}>"

    def text(self, name: str) -> str:
        """The function under this name. Equal functions have equal texts."""
        values = list(self.results.values())
        types = ", ".join(self.type(value) for value in values)
        names = ", ".join(value.name for value in values)
        lines = [f"func.func @{name}({', '.join(self._arguments)}) -> ({types}) {{",
                 *self._body, f"  return {names} : {types}", "}"]
        return "\n".join(lines) + "\n"

    def _bind(self, dim: Dim, extent: int) -> None:
        known = dim if isinstance(dim, int) else self._extents.setdefault(dim, extent)
        if known != extent:
            raise ValueError(f"extent {extent} of {dim}, which is {known} elsewhere")

    def _is_dynamic(self, dim: Dim) -> bool:
        return isinstance(dim, str) and not self.static

    def _typed(self, values: Sequence[Value]) -> str:
        if not values:
            return ""
        names = ", ".join(value.name for value in values)
        if all(value.dims == ("scalar",) for value in values):
            return names
        return f"{names} : {', '.join(self.type(value) for value in values)}"

    def _value(self, dims: Dims, element: str) -> Value:
        return Value(self.fresh(), tuple(dims), element)

    def _results(self, outs: Sequence[Value]) -> list[Value]:
        name = self.fresh()
        if len(outs) == 1:
            return [Value(name, outs[0].dims, outs[0].element)]
        return [Value(f"{name}#{i}", out.dims, out.element)
                for i, out in enumerate(outs)]
