"""Calls of single ops: the function of a signature is compiled once and kept.

There are two levels. A call is looked up by the exact dtypes and shapes of its arrays and
by its attributes, which costs one look-up on a tuple. Only where that is new are shapes
checked and the text of the function made; functions are kept by text, in which the number
of tokens is open, so that a layer is compiled for one token and for many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import _source
from ._cache import Cache
from ._emit import OpFunction
from ._signature import Operand, dtype_name
from .trace import Symbol

MAX_FUNCTIONS = 1024
MAX_CALLS = 16384

Function = Callable[..., Any]

_calls: dict[tuple[Any, ...], Function] = {}
_functions: Cache[Function] = Cache(MAX_FUNCTIONS, on_drop=_calls.clear)


def clear_cache() -> None:
    """Forgets all functions that eager calls have compiled. Calls that run go on."""
    _functions.clear()


_source.on_select(clear_cache)


class Op:
    """An op that is called on arrays.

    `operands` are the names of its arrays in order; those that end in `?` may be None.
    `build` gets the parts of the op to fill in, the operands and the attributes; it refuses
    what the op's verifier would refuse.
    """

    def __init__(self, name: str, operands: Sequence[str],
                 build: Callable[..., None]) -> None:
        self.name = name
        self.operands = tuple(operand.removesuffix("?") for operand in operands)
        self.optional = {operand[:-1] for operand in operands if operand.endswith("?")}
        self.build = build

    def __call__(self, arrays: tuple[Any, ...], attributes: tuple[Any, ...] = (),
                 out: Any = None, scalars: tuple[int, ...] = ()) -> Any:
        try:
            key = (self, attributes,
                   *[None if a is None else (a.dtype, a.shape) for a in arrays])
            function = _calls.get(key)
        except (AttributeError, TypeError):
            self._check_arrays(arrays)
            self._check_attributes(attributes)
            raise
        if function is None:
            function = self._find(key, arrays, attributes)
        if None in key:  # not in arrays, which compare by element
            arrays = tuple([a for a in arrays if a is not None])
        return function(*arrays, *scalars, out=out)

    def text(self, operands: Sequence[Operand | None], attributes: tuple[Any, ...]) -> str:
        """The text of the function for these operands."""
        function = OpFunction(self.name)
        self.build(function, *operands, *attributes)
        return function.text()

    def _find(self, key: tuple[Any, ...], arrays: tuple[Any, ...],
              attributes: tuple[Any, ...]) -> Function:
        self._check_arrays(arrays)
        for array in arrays:
            if isinstance(array, Symbol):
                return array.trace.function(self, arrays, attributes)
        operands = [None if array is None else
                    Operand(self.name, name, dtype_name(array.dtype), tuple(array.shape))
                    for name, array in zip(self.operands, arrays, strict=True)]
        text = self.text(operands, attributes)
        function = _functions.get(
            text, lambda: _source.current().get_function(self.name, text))
        if len(_calls) >= MAX_CALLS:
            _calls.clear()
        _calls[key] = function
        return function

    def _check_arrays(self, arrays: tuple[Any, ...]) -> None:
        for name, array in zip(self.operands, arrays, strict=True):
            if array is None and name in self.optional:
                continue
            if not (hasattr(array, "dtype") and hasattr(array, "shape")):
                raise TypeError(f"{self.name}: operand '{name}', expected an array, "
                                f"found {type(array).__name__}")

    def _check_attributes(self, attributes: tuple[Any, ...]) -> None:
        for value in attributes:
            try:
                hash(value)
            except TypeError:
                raise TypeError(f"{self.name}: expected numbers, names and tuples as "
                                f"attributes, found {value!r}") from None
