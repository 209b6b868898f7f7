"""The text of a function whose body is one op of the dialect.

Operands are given in the order of the op's grammar, which is that of the arguments too;
scalars come last. Each argument has the name of its operand as location, so that
diagnostics and parameters of the compiled function carry it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ._signature import ELEMENTS, Extent, Open, Operand, Shape

WRITABLE = " {bufferization.writable = true}"


def tensor_type(dtype: str, extents: Iterable[Extent]) -> str:
    sizes = ["?" if isinstance(extent, Open) else str(extent) for extent in extents]
    return f"tensor<{'x'.join([*sizes, ELEMENTS[dtype]])}>"


def operand_type(operand: Operand) -> str:
    return tensor_type(operand.dtype, operand.extents)


def attribute_text(value: bool | int | float | str) -> str:
    """A string stands for itself. MLIR wants a point in every float."""
    if isinstance(value, str):
        return value
    return f"{value} : i64" if isinstance(value, int) else f"{value:.17e} : f32"


def packing_text(name: str | None) -> str | None:
    return None if name is None else f"#ternary.packing<{name}>"


def enum_text(enum: str, case: str) -> str:
    return f"#ternary<{enum} {case}>"


@dataclass(frozen=True)
class Out:
    """A destination: fresh, or the state of an operand."""

    value: str
    type: str
    dtype: str
    shape: Shape
    state: str | None = None


class OpFunction:
    """Collects the parts of one op and puts them into a function of its name."""

    def __init__(self, op: str) -> None:
        self.op = op
        self.outs: list[Out] = []
        self.scalars: list[tuple[str, str]] = []  # name and element type
        self._arguments: list[str] = []
        self._lines: list[str] = []
        self._clauses: list[str] = []
        self._attributes: list[str] = []
        self._operands: dict[str, Operand] = {}

    def operands(self, keyword: str, *operands: Operand | None) -> None:
        """A clause of the op; without the operands that are None, and left out if all
        are."""
        given = [operand for operand in operands if operand is not None]
        if operands and not given:
            return
        for operand in given:
            self._add_argument(operand)
        names = ", ".join(f"%{operand.name}" for operand in given)
        types = ", ".join(operand_type(operand) for operand in given)
        self._clauses.append(f"{keyword}({names} : {types})" if given else f"{keyword}()")

    def scalar(self, keyword: str, name: str, element: str) -> None:
        """A clause with a scalar argument."""
        self.scalars.append((name, element))
        self._clauses.append(f"{keyword}(%{name})")

    def shape(self, rows: int, columns: int) -> None:
        """The clause with the logical shape."""
        self._clauses.append(f"shape({rows}, {columns})")

    def result(self, dtype: str, extents: Sequence[Extent]) -> None:
        """A fresh destination, which becomes a result of the call."""
        sizes = ", ".join(self._size(extent) for extent in extents
                          if isinstance(extent, Open))
        name, text = f"%init{len(self.outs)}", tensor_type(dtype, extents)
        self._lines.append(f"{name} = tensor.empty({sizes}) : {text}")
        self.outs.append(Out(name, text, dtype, tuple(map(self._extent, extents))))

    def state(self, *operands: Operand) -> None:
        """Destinations that the call changes in place."""
        for operand in operands:
            self._add_argument(operand, WRITABLE)
            self.outs.append(Out(f"%{operand.name}", operand_type(operand), operand.dtype,
                                 operand.shape, state=operand.name))

    def attributes(self, **values: bool | int | float | str | None) -> None:
        """Attributes of the op: None and False are left out, True is a unit."""
        for name, value in values.items():
            if value is True:
                self._attributes.append(name)
            elif value is not None and value is not False:
                self._attributes.append(f"{name} = {attribute_text(value)}")

    def type_of(self, name: str) -> str:
        """The type that the op takes an operand in."""
        return operand_type(self._operands[name])

    def body(self) -> list[str]:
        """The lines of the function without its end; the last gives `%y`, or `%y#0` and
        on."""
        count = f":{len(self.outs)}" if len(self.outs) > 1 else ""
        types = ", ".join(out.type for out in self.outs)
        return [*self._lines, f"%y{count} = {self._op_text()} -> {types}"]

    def text(self) -> str:
        scalars = [f'%{name}: {element} loc("{name}")' for name, element in self.scalars]
        arguments = ", ".join(self._arguments + scalars)
        types = ", ".join(out.type for out in self.outs)
        count = len(self.outs)
        results = ", ".join(f"%y#{i}" for i in range(count)) if count > 1 else "%y"
        lines = [f"func.func @{self.op}({arguments}) -> ({types}) {{",
                 *(f"  {line}" for line in self.body()),
                 f"  return {results} : {types}",
                 "}"]
        return "\n".join(lines) + "\n"

    def _op_text(self) -> str:
        names = ", ".join(out.value for out in self.outs)
        types = ", ".join(out.type for out in self.outs)
        parts = [f"ternary.{self.op}", *self._clauses, f"outs({names} : {types})"]
        if self._attributes:
            parts.append(f"{{{', '.join(self._attributes)}}}")
        return " ".join(parts)

    def _add_argument(self, operand: Operand, attributes: str = "") -> None:
        self._operands[operand.name] = operand
        text = operand_type(operand)
        self._arguments.append(
            f'%{operand.name}: {text}{attributes} loc("{operand.name}")')

    def _extent(self, extent: Extent) -> int:
        if isinstance(extent, Open):
            return self._operands[extent.argument].shape[extent.axis]
        return extent

    def _size(self, extent: Open) -> str:
        """The value of an open extent."""
        number = len(self._lines)
        self._lines += [
            f"%axis{number} = arith.constant {extent.axis} : index",
            f"%size{number} = tensor.dim %{extent.argument}, %axis{number} : "
            f"{self.type_of(extent.argument)}"]
        return f"%size{number}"
