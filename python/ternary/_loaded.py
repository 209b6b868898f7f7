"""Functions of ahead-of-time libraries, called by ctypes."""

from __future__ import annotations

import ctypes
import math
import operator
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from ._arrays import Binder, Memory, format_shape, numpy_dtype, release
from ._backend import Error
from ._interface import C_TYPES, FunctionInterface, Interface, Parameter, evaluate
from ._stream import current_stream


@dataclass(frozen=True)
class _Entry:
    """A function of C: for arrays of the host and of the device, and its last error."""

    host: Callable[..., Any]
    device: Callable[..., Any] | None = None
    error: Callable[[], bytes] | None = None


class _Call:
    """The words of one call, and what keeps its arrays alive."""

    def __init__(self, stream: int | None) -> None:
        self._stream = None if stream is None else operator.index(stream)
        self.words: list[Any] = []
        self.sizes: dict[str, int] = {}
        self.arrays: list[tuple[Binder, Memory]] = []

    def stream(self) -> int:
        if self._stream is None:
            self._stream = current_stream()
        return self._stream

    def add(self, binder: Binder, value: Any, shape: Sequence[int | None]) -> None:
        """Appends an argument, or a result that the caller has given."""
        parameter = binder.parameter
        bound = binder.bind(value, self.stream, shape)
        if bound.memory is None:
            self.words.append(bound.value)
            if parameter.type == "index":
                self.sizes[parameter.name] = bound.value
            return
        self.arrays.append((binder, bound.memory))
        self.words.append(bound.memory.address)
        if parameter.extents:
            found = zip(shape, bound.memory.shape, strict=True)
            extents = [extent for known, extent in found if known is None]
            self.words += extents
            self.sizes.update(zip(parameter.extents, extents, strict=True))

    def is_on_device(self) -> bool:
        return any(memory.on_device for _, memory in self.arrays)

    def check_overlap(self) -> None:
        """What is written shares its memory with no other array."""
        ranges = [(binder, *_byte_range(binder, memory)) for binder, memory in self.arrays]
        for binder, begin, end in ranges:
            if binder.parameter.is_const:
                continue
            for other, other_begin, other_end in ranges:
                if other is not binder and begin < other_end and other_begin < end:
                    raise ValueError(
                        f"{binder.where}: memory, expected none that another array has, "
                        f"found that of '{other.parameter.name}'")

    def release(self) -> None:
        for _, memory in self.arrays:
            release(memory)


def _byte_range(binder: Binder, memory: Memory) -> tuple[float, float]:
    """Where an array lies; nothing overlaps an empty one."""
    size = math.prod(memory.shape) * binder.itemsize
    return (memory.address, memory.address + size) if size else (math.inf, -math.inf)


class Function:
    """A function of a library, called as `ternary.compile` says.

    Arrays are those of NumPy and any with DLPack. Functions for CUDA also take device
    arrays, by DLPack or `__cuda_array_interface__`: all arrays are on the device then,
    results are given in `out`, `stream` is a CUstream as an integer (that of
    `set_stream_source` by default), and the call returns when its work is enqueued in
    the stream. Device arrays begin at multiples of 16 bytes. With host arrays the call
    copies and waits.

    That open extents of different arguments fit each other is not checked. A call
    releases the interpreter's lock; any number of threads may call.
    """

    def __init__(self, entry: _Entry, interface: FunctionInterface, name: str) -> None:
        self.name, self.prepare = name, interface.prepare
        self.parameters: tuple[Parameter, ...] = interface.parameters
        self._entry = entry
        binders = [Binder(name, parameter) for parameter in interface.parameters]
        self._arguments = [b for b in binders if not b.parameter.is_result]
        self._results = [b for b in binders if b.parameter.is_result]
        self._dtypes = [numpy_dtype(b.parameter.dtype) for b in self._results]

    def __repr__(self) -> str:
        return f"<function '{self.name}' of a library>"

    def __call__(self, *arguments: Any, out: Any = None, stream: int | None = None) -> Any:
        """Calls it as `ternary.compile` says; `stream` is for arrays on a GPU."""
        self._check_count("arguments", len(arguments), len(self._arguments))
        call = _Call(stream)
        try:
            for binder, value in zip(self._arguments, arguments, strict=True):
                call.add(binder, value, binder.shape)
            results = self._bind_results(call, self._split_out(out))
            self._run(call)
        finally:
            call.release()
        if len(results) == 1:
            return results[0]
        return tuple(results) if results else None

    def _check_count(self, what: str, found: int, expected: int) -> None:
        if found != expected:
            raise TypeError(f"{self.name}: {what}, expected {expected}, found {found}")

    def _split_out(self, out: Any) -> Sequence[Any]:
        """What is given for each result."""
        count = len(self._results)
        if out is None:
            return [None] * count
        if isinstance(out, (tuple, list)):
            self._check_count("out", len(out), count)
            return out
        if count != 1:
            raise TypeError(f"{self.name}: out, expected a tuple of {count} arrays, "
                            f"found {type(out).__name__}")
        return [out]

    def _bind_results(self, call: _Call, out: Sequence[Any]) -> list[Any]:
        """Appends the results, fresh ones where none is given."""
        results = []
        fresh = []
        for binder, dtype, given in zip(self._results, self._dtypes, out, strict=True):
            shape = self._infer_shape(binder.parameter, call)
            if given is None:
                given = np.empty(shape, dtype)
                call.words.append(given.__array_interface__["data"][0])
                fresh.append(given)
            else:
                call.add(binder, given, shape)
            results.append(given)
        if call.is_on_device() and fresh:
            raise TypeError(f"{self.name}: out, expected arrays for results on a gpu, "
                            f"found none")
        return results

    def _infer_shape(self, parameter: Parameter, call: _Call) -> tuple[int, ...]:
        shape = tuple([evaluate(term, call.sizes) for term in parameter.terms])
        size = math.prod(shape) * ctypes.sizeof(C_TYPES[parameter.dtype])
        if min(shape, default=0) < 0 or size >= 2**63:
            raise ValueError(f"result '{parameter.name}' of '{self.name}': expected a "
                             f"shape that fits in memory, found {format_shape(shape)}")
        return shape

    def _run(self, call: _Call) -> None:
        on_device = call.is_on_device()
        if on_device and not all(memory.on_device for _, memory in call.arrays):
            raise ValueError(f"{self.name}: device, expected all arrays on one, found "
                             f"some on the host and some on a gpu")
        call.check_overlap()
        entry = self._entry
        if not on_device:
            status = entry.host(*call.words)
        elif entry.device is None:
            raise Error(f"{self.name}: target, expected cuda for arrays on a device, "
                        f"found another")
        else:
            status = entry.device(*call.words, call.stream())
        if status and entry.error is not None:
            raise Error(entry.error().decode(errors="replace"))


class Library:
    """A shared library with its interface.

    Attributes:
        path: of the library.
        target: what it was compiled for: "cpu", "cuda" or "reference".
        chips: of the GPUs that it has kernels for.
        compiler: version of the compiler.
        functions: by name, prepare functions included.
    """

    def __init__(self, path: str | os.PathLike[str],
                 interface: str | os.PathLike[str]) -> None:
        self._interface = Interface.read(interface)
        self.path = os.path.abspath(path)
        self._library = self._open()
        self.target, self.chips = self._interface.target, self._interface.chips
        self.compiler = self._interface.compiler
        self.functions = {name: self.bind(name) for name in self._interface.functions}

    def bind(self, name: str, called: str | None = None) -> Function:
        """The function `name`, which messages call by another name if one is given."""
        interface = self._interface.functions[name]
        words = list(chain.from_iterable(map(_word_types, interface.parameters)))
        if self.target != "cuda":
            entry = _Entry(self._find(name, words, None))
        else:
            entry = _Entry(self._find(f"{name}_host", words, ctypes.c_int),
                           self._find(name, [*words, ctypes.c_void_p], ctypes.c_int),
                           self._find(f"{name}_error", [], ctypes.c_char_p))
        return Function(entry, interface, called or name)

    def _open(self) -> ctypes.CDLL:
        # The loader's own message does not tell a missing library from a missing need.
        if not os.path.exists(self.path):
            raise FileNotFoundError(f"{self.path}: library, expected a file, found none")
        try:
            return ctypes.CDLL(self.path)
        except OSError as error:
            raise Error(f"{self.path}: library, expected one that this machine loads, "
                        f"found: {error}") from None

    def _find(self, symbol: str, words: list[Any], result: Any) -> Any:
        try:
            function = getattr(self._library, symbol)
        except AttributeError:
            raise Error(f"{self.path}: library, expected the function '{symbol}' of its "
                        f"interface, found none") from None
        function.argtypes, function.restype = words, result
        return function


def _word_types(parameter: Parameter) -> list[Any]:
    """The types in C of a parameter and of the extents behind it."""
    if parameter.is_scalar:
        return [C_TYPES[parameter.dtype]]
    return [ctypes.c_void_p, *[ctypes.c_int64 for _ in parameter.extents]]
