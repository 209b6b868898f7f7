"""The text of a function whose body is one op of the dialect.

Operands are given in the order of the op's grammar, which is that of the arguments too;
scalars come last. Each argument has the name of its operand as location, so that
diagnostics and parameters of the compiled function carry it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ._signature import ELEMENTS, Extent, Open, Operand

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


class OpFunction:
    """Collects the parts of one op and puts them into a function of its name."""

    def __init__(self, op: str) -> None:
        self.op = op
        self._arguments: list[str] = []
        self._scalars: list[str] = []
        self._lines: list[str] = []
        self._clauses: list[str] = []
        self._outs: list[tuple[str, str]] = []  # value and type
        self._attributes: list[str] = []
        self._types: dict[str, str] = {}

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
        self._scalars.append(f'%{name}: {element} loc("{name}")')
        self._clauses.append(f"{keyword}(%{name})")

    def shape(self, rows: int, columns: int) -> None:
        """The clause with the logical shape."""
        self._clauses.append(f"shape({rows}, {columns})")

    def result(self, dtype: str, extents: Sequence[Extent]) -> None:
        """A fresh destination, which becomes a result of the call."""
        sizes = ", ".join(self._size(extent) for extent in extents
                          if isinstance(extent, Open))
        name, text = f"%init{len(self._outs)}", tensor_type(dtype, extents)
        self._lines.append(f"{name} = tensor.empty({sizes}) : {text}")
        self._outs.append((name, text))

    def state(self, *operands: Operand) -> None:
        """Destinations that the call changes in place."""
        for operand in operands:
            self._add_argument(operand, WRITABLE)
            self._outs.append((f"%{operand.name}", operand_type(operand)))

    def attributes(self, **values: bool | int | float | str | None) -> None:
        """Attributes of the op: None and False are left out, True is a unit."""
        for name, value in values.items():
            if value is True:
                self._attributes.append(name)
            elif value is not None and value is not False:
                self._attributes.append(f"{name} = {attribute_text(value)}")

    def text(self) -> str:
        arguments = ", ".join(self._arguments + self._scalars)
        types = ", ".join(text for _, text in self._outs)
        count = len(self._outs)
        results = ", ".join(f"%y#{i}" for i in range(count)) if count > 1 else "%y"
        lines = [f"func.func @{self.op}({arguments}) -> ({types}) {{",
                 *(f"  {line}" for line in self._lines),
                 f"  %y{f':{count}' if count > 1 else ''} = {self._op_text()} -> {types}",
                 f"  return {results} : {types}",
                 "}"]
        return "\n".join(lines) + "\n"

    def _op_text(self) -> str:
        names = ", ".join(name for name, _ in self._outs)
        types = ", ".join(text for _, text in self._outs)
        parts = [f"ternary.{self.op}", *self._clauses, f"outs({names} : {types})"]
        if self._attributes:
            parts.append(f"{{{', '.join(self._attributes)}}}")
        return " ".join(parts)

    def _add_argument(self, operand: Operand, attributes: str = "") -> None:
        text = operand_type(operand)
        self._types[operand.name] = text
        self._arguments.append(
            f'%{operand.name}: {text}{attributes} loc("{operand.name}")')

    def _size(self, extent: Open) -> str:
        """The value of an open extent."""
        number = len(self._lines)
        self._lines += [
            f"%axis{number} = arith.constant {extent.axis} : index",
            f"%size{number} = tensor.dim %{extent.argument}, %axis{number} : "
            f"{self._types[extent.argument]}"]
        return f"%size{number}"
