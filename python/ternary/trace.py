"""Traces of eager ops: the same calls, written down as one function of IR.

    trace = ternary.Trace("layer")
    x = trace.argument("x", "float32", (8, 256), tokens=True)
    q, s = ternary.quantize_activation(x)
    y = ternary.bitlinear(q, trace.constant(packed), out_features=64, packing="chimera",
                          scales=trace.constant(scale), activation_scale=s)
    source = trace.text(y)

The function is compiled by `ternary.compile` or `ternary.compile_file`, which fuse, pack
and tile across the calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._emit import OpFunction, operand_type
from ._signature import Operand, dtype_name

if TYPE_CHECKING:
    from ._eager import Op

_NAME = re.compile(r"%(\w+)")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


class Symbol:
    """An array of a trace: what `argument`, `constant` and eager ops give. An op that
    changes a state in place lets its symbol stand for the new state."""

    def __init__(self, trace: Trace, value: str, dtype: str, shape: Sequence[int],
                 type_text: str) -> None:
        self.trace = trace
        self.value = value
        self.dtype = dtype
        self.shape = tuple(shape)
        self.type = type_text

    def __repr__(self) -> str:
        return f"Symbol({self.value} : {self.type})"


class _Static(Operand):
    """An operand whose extents are all known."""

    def leave_open(self, axes: int) -> Operand:
        return self


class Trace:
    """Collects calls into a function of this name."""

    def __init__(self, name: str = "forward") -> None:
        if not _IDENTIFIER.fullmatch(name):
            raise ValueError(f"trace: name, expected an identifier, found {name!r}")
        self.name = name
        self._arguments: list[str] = []
        self._names: set[str] = set()
        self._lines: list[str] = []
        self._resources: list[str] = []
        self._open = False
        self._count = 0

    # What goes in.

    def argument(self, name: str, dtype: object, shape: Sequence[int], *,
                 tokens: bool = False, constant: bool = False,
                 writable: bool = False) -> Symbol:
        """An argument of the function.

        Args:
            shape: its extents. With `tokens` all but the last are open (`?`): those given
                stand for any, and must not be 1.
            constant: the value is the same in every call; what depends on it alone moves
                to a prepare function.
            writable: ops may change it in place.
        """
        if not _IDENTIFIER.fullmatch(name) or name in self._names:
            raise ValueError(f"trace: argument, expected a new identifier, found {name!r}")
        if tokens and 1 in tuple(shape)[:-1]:
            raise ValueError(f"trace: argument '{name}', expected open extents other than "
                             f"1, found shape {tuple(shape)}")
        self._names.add(name)
        self._open |= tokens
        operand = Operand(self.name, name, dtype_name(dtype), tuple(shape))
        text = operand_type(operand.leave_open(len(operand.shape) - 1) if tokens
                            else operand)
        marks = ["ternary.constant"] * constant
        marks += ["bufferization.writable = true"] * writable
        attributes = f" {{{', '.join(marks)}}}" if marks else ""
        self._arguments.append(f'%{name}: {text}{attributes} loc("{name}")')
        return Symbol(self, f"%{name}", operand.dtype, operand.shape, text)

    def constant(self, array: np.ndarray) -> Symbol:
        """The values of an array, in the module."""
        array = np.ascontiguousarray(array)
        operand = Operand(self.name, "constant", dtype_name(array.dtype), array.shape)
        value, text = self._fresh("constant"), operand_type(operand)
        self._lines.append(f"{value} = arith.constant {self._dense(array)} : {text}")
        return Symbol(self, value, operand.dtype, array.shape, text)

    def _dense(self, array: np.ndarray) -> str:
        if array.dtype == bool:
            return f"dense<{str(array.tolist()).lower()}>" if array.size else "dense<>"
        data = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        if array.size <= 1:
            return f'dense<"0x{data.hex().upper()}">' if data else "dense<>"
        # Uniqued attributes would be hashed and copied.
        name = f"array{len(self._resources)}"
        alignment = array.dtype.itemsize.to_bytes(4, "little").hex()
        self._resources.append(f'{name}: "0x{alignment}{data.hex()}"')
        return f"dense_resource<{name}>"

    # What is done.

    def function(self, op: Op, arrays: Sequence[Any], attributes: tuple[Any, ...],
                 ) -> Callable[..., Any]:
        """What a call of an eager op does instead: it writes the op down."""
        operands = [None if array is None else self._operand(op, name, array)
                    for name, array in zip(op.operands, arrays, strict=True)]
        part = OpFunction(op.name)
        op.build(part, *operands, *attributes)

        def call(*given: Any, out: Any = None) -> Any:
            if out is not None:
                raise TypeError(f"{op.name}: out, expected none in a trace, found "
                                f"{type(out).__name__}")
            return self._call(op, part, operands, arrays, given)

        return call

    def line(self, text: str, dtype: str, shape: Sequence[int], type_text: str) -> Symbol:
        """Any other op with one result: its text behind `=`."""
        value = self._fresh("value")
        self._lines.append(f"{value} = {text}")
        return Symbol(self, value, dtype, shape, type_text)

    def text(self, *results: Symbol) -> str:
        """The module, with a function that returns these."""
        types = ", ".join(result.type for result in results)
        values = ", ".join(result.value for result in results)
        end = f"return {values} : {types}" if results else "return"
        lines = [f"func.func @{self.name}({', '.join(self._arguments)}) -> ({types}) {{",
                 *(f"  {line}" for line in self._lines), f"  {end}", "}"]
        if self._resources:
            lines += ["{-#", "  dialect_resources: {", "    builtin: {",
                      ",\n".join(f"      {entry}" for entry in self._resources),
                      "    }", "  }", "#-}"]
        return "\n".join(lines) + "\n"

    def _operand(self, op: Op, name: str, array: Any) -> Operand:
        if not isinstance(array, Symbol) or array.trace is not self:
            raise TypeError(f"{op.name}: operand '{name}', expected a symbol of the trace "
                            f"'{self.name}', found {type(array).__name__}")
        kind = Operand if self._open else _Static
        return kind(op.name, name, array.dtype, array.shape)

    def _call(self, op: Op, part: OpFunction, operands: Sequence[Operand | None],
              arrays: Sequence[Any], given: Sequence[Any]) -> Any:
        symbols = {operand.name: array for operand, array in
                   zip(operands, arrays, strict=True) if operand is not None}
        for name, symbol in symbols.items():
            if part.type_of(name) != symbol.type:
                raise ValueError(f"{op.name}: operand '{name}', expected the type "
                                 f"{part.type_of(name)}, found {symbol.type}; open extents "
                                 "are those of tokens")
        values = {name: symbol.value for name, symbol in symbols.items()}
        scalars = given[len(symbols):]
        for (name, element), scalar in zip(part.scalars, scalars, strict=True):
            values[name] = self._fresh("scalar")
            self._lines.append(f"{values[name]} = arith.constant {scalar} : {element}")
        prefix = self._fresh("op").removeprefix("%")
        for line in part.body():
            self._lines.append(_NAME.sub(
                lambda match: values.get(match[1], f"%{prefix}_{match[1]}"), line))
        return self._results(part, symbols, f"%{prefix}_y")

    def _results(self, part: OpFunction, symbols: dict[str, Symbol], value: str) -> Any:
        fresh = []
        for index, out in enumerate(part.outs):
            name = f"{value}#{index}" if len(part.outs) > 1 else value
            if out.state is not None:
                symbols[out.state].value = name
            else:
                fresh.append(Symbol(self, name, out.dtype, out.shape, out.type))
        if not fresh:
            return None
        return fresh[0] if len(fresh) == 1 else tuple(fresh)

    def _fresh(self, kind: str) -> str:
        self._count += 1
        return f"%{kind}_{self._count}"
