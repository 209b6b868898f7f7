"""Interface files: the functions of a library as JSON (docs/aot.md)."""

from __future__ import annotations

import ctypes
import json
import operator
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ._backend import Error

# The types of C, those of scalars and those behind pointers. Two of them are bits.
C_TYPES: dict[str, Any] = {
    "bool": ctypes.c_bool, "int8": ctypes.c_int8, "uint8": ctypes.c_uint8,
    "int16": ctypes.c_int16, "int32": ctypes.c_int32, "int64": ctypes.c_int64,
    "float16": ctypes.c_uint16, "bfloat16": ctypes.c_uint16, "float32": ctypes.c_float,
    "float64": ctypes.c_double,
}

# A number, the name of a size, or [operation, term, term].
Term = int | str | list[Any]

OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "mul": operator.mul,
    "floordiv": operator.floordiv,
    "ceildiv": lambda a, b: -(-a // b),
    "mod": operator.mod,
}


def evaluate(term: Term, sizes: Mapping[str, int]) -> int:
    """The value of a term for these sizes."""
    if isinstance(term, int):
        return term
    if isinstance(term, str):
        return sizes[term]
    operation, left, right = term
    return OPERATIONS[operation](evaluate(left, sizes), evaluate(right, sizes))


def _check_term(term: Term, sizes: set[str]) -> None:
    if isinstance(term, list):
        operation, left, right = term
        if operation not in OPERATIONS:
            raise ValueError(f"an operation {operation!r}")
        _check_term(left, sizes)
        _check_term(right, sizes)
    elif not isinstance(term, int) and term not in sizes:
        raise ValueError(f"a term {term!r}")


@dataclass(frozen=True)
class Parameter:
    """An argument or a result of a function, with the members of the interface file."""

    name: str
    dtype: str
    type: str
    terms: tuple[Term, ...]
    extents: tuple[str, ...]
    is_scalar: bool
    is_const: bool
    is_result: bool
    is_constant: bool
    is_prepared: bool
    packing: str
    logical_shape: tuple[int | None, ...]

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Extents; None for those that follow from the sizes of a call."""
        return tuple(term if isinstance(term, int) else None for term in self.terms)

    @staticmethod
    def read(data: Mapping[str, Any]) -> Parameter:
        flags = {name: bool(data[name]) for name in
                 ("is_scalar", "is_const", "is_result", "is_constant", "is_prepared")}
        if data["dtype"] not in C_TYPES:
            raise ValueError(f"a dtype {data['dtype']!r}")
        return Parameter(str(data["name"]), str(data["dtype"]), str(data["type"]),
                         tuple(data["shape"]), tuple(data["extents"]),
                         packing=data.get("packing", ""),
                         logical_shape=tuple(data.get("logical_shape", ())), **flags)


@dataclass(frozen=True)
class FunctionInterface:
    """A function: its arguments, then its results."""

    name: str
    prepare: str
    parameters: tuple[Parameter, ...]

    @staticmethod
    def read(data: Mapping[str, Any]) -> FunctionInterface:
        parameters = tuple(map(Parameter.read, data["parameters"]))
        sizes = {extent for parameter in parameters for extent in parameter.extents}
        sizes.update(parameter.name for parameter in parameters
                     if parameter.type == "index")
        for parameter in parameters:
            for term in parameter.terms:
                _check_term(term, sizes)
        return FunctionInterface(str(data["name"]), str(data["prepare"]), parameters)


@dataclass(frozen=True)
class Interface:
    """What an interface file says."""

    compiler: str
    target: str
    chips: tuple[str, ...]
    functions: dict[str, FunctionInterface]

    @staticmethod
    def read(path: str | os.PathLike[str]) -> Interface:
        data = read_json(path, "ternary-interface")
        try:
            functions = map(FunctionInterface.read, data["functions"])
            return Interface(str(data["compiler"]), str(data["target"]),
                             tuple(data["chips"]),
                             {function.name: function for function in functions})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Error(f"{os.fspath(path)}: interface, expected that of a library, "
                        f"found none: {error}") from None


def read_json(path: str | os.PathLike[str], file_format: str) -> dict[str, Any]:
    """A file of this format, in the version that this package knows."""
    where = os.fspath(path)
    try:
        with open(path, encoding="utf-8") as file:
            read = json.load(file)
    except ValueError as error:
        raise Error(f"{where}: file, expected json, found: {error}") from None
    data: dict[str, Any] = read if isinstance(read, dict) else {}
    for member, expected in (("format", file_format), ("version", 1)):
        if data.get(member) != expected:
            raise Error(f"{where}: {member}, expected {expected}, "
                        f"found {data.get(member)}")
    return data
