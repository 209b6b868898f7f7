"""What a call of a library passes: objects of Python as arrays and numbers."""

from __future__ import annotations

import ctypes
import math
import operator
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _dlpack
from ._interface import C_TYPES, Parameter

BYTES = ("int8", "uint8")
FLOATS = ("float16", "bfloat16", "float32", "float64")

# Those that NumPy has by itself, in the byte order of this machine.
_NAMES = {np.dtype(name): name for name in C_TYPES if name != "bfloat16"}

# Gives the stream that a call with arrays on a device goes into.
Stream = Callable[[], int]

# Kernels read vectors of this many bytes.
DEVICE_ALIGNMENT = 16


def numpy_dtype(name: str) -> np.dtype[Any]:
    """NumPy's dtype. bfloat16 is that of ml_dtypes, or uint16 where it is missing."""
    if name != "bfloat16":
        return np.dtype(name)
    try:
        from ml_dtypes import bfloat16
    except ImportError:
        return np.dtype("uint16")
    dtype: np.dtype[Any] = np.dtype(bfloat16)
    return dtype


def format_shape(shape: Sequence[int | None]) -> str:
    return f"[{', '.join('?' if extent is None else str(extent) for extent in shape)}]"


# Memory.


@dataclass
class Memory:
    """A dense array of another owner. `strides` count elements and are None where the
    array is known to be row-major; `dtype` is None where there is no name for it."""

    address: int
    shape: tuple[int, ...]
    strides: Sequence[int] | None
    dtype: str | None
    is_read_only: bool
    on_device: bool = False
    imported: _dlpack.ImportedTensor | None = None


@dataclass(frozen=True)
class DeviceArray:
    """A row-major array on a device that is known to be ready in the stream of the call:
    `owner` keeps it alive. That saves what DLPack does for every tensor."""

    dtype: str
    shape: tuple[int, ...]
    address: int
    owner: Any

    def __dlpack__(self, **keywords: Any) -> Any:
        return self.owner.__dlpack__(**keywords)

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self.owner.__dlpack_device__()
        return device


def _name_of(dtype: np.dtype[Any]) -> str | None:
    name = _NAMES.get(dtype)
    return "bfloat16" if name is None and dtype.name == "bfloat16" else name


def _view_numpy(array: np.ndarray) -> Memory:
    address, is_read_only = array.__array_interface__["data"]
    strides = None if array.flags.c_contiguous else [
        stride // array.itemsize for stride in array.strides]
    return Memory(address, array.shape, strides, _name_of(array.dtype), is_read_only)


def _view_dlpack(value: Any, stream: Stream) -> Memory:
    device = getattr(value, "__dlpack_device__", lambda: (_dlpack.CPU, 0))()
    if device[0] == _dlpack.CUDA:
        # What the exporter has enqueued comes before the call. 1 is the default stream.
        tensor = _dlpack.ImportedTensor(value.__dlpack__(stream=stream() or 1))
    else:
        tensor = _dlpack.ImportedTensor(value.__dlpack__())
    return Memory(tensor.address, tensor.shape, tensor.strides, tensor.dtype,
                  tensor.is_read_only, tensor.device_type != _dlpack.CPU, tensor)


def _view_cuda(interface: dict[str, Any]) -> Memory:
    """What `__cuda_array_interface__` says."""
    dtype = np.dtype(interface["typestr"])
    address, is_read_only = interface["data"]
    strides = interface.get("strides")
    return Memory(address or 0, tuple(interface["shape"]),
                  strides and [stride // dtype.itemsize for stride in strides],
                  _name_of(dtype), is_read_only, on_device=True)


def view(value: Any, stream: Stream) -> Memory | None:
    """The memory of an array of NumPy, of any with DLPack or the CUDA array interface, or
    of a buffer; None where it is none of them."""
    if isinstance(value, np.ndarray):
        return _view_numpy(value)
    if isinstance(value, DeviceArray):
        return Memory(value.address, value.shape, None, value.dtype, False, on_device=True)
    if hasattr(value, "__dlpack__"):
        return _view_dlpack(value, stream)
    if hasattr(value, "__cuda_array_interface__"):
        return _view_cuda(value.__cuda_array_interface__)
    try:
        return _view_numpy(np.asarray(memoryview(value)))
    except TypeError:
        return None


def _find_wrong_stride(memory: Memory) -> tuple[int, int, int] | None:
    """The last axis along which the array is not row-major, with the stride there and
    the one that it would need. Axes of one element do not count."""
    if memory.strides is None or 0 in memory.shape:
        return None
    expected = 1
    for axis in reversed(range(len(memory.shape))):
        extent, stride = memory.shape[axis], memory.strides[axis]
        if extent != 1 and stride != expected:
            return axis, stride, expected
        expected *= extent
    return None


# Numbers.


def _half_bits(value: float) -> int:
    """Rounds to float32, then to nearest even. Raises OverflowError beyond the range."""
    single = ctypes.c_float(value).value
    return int.from_bytes(struct.pack("<e", single), "little")


def _bfloat16_bits(value: float) -> int:
    """Rounds to float32, then to nearest even; a NaN stays one."""
    bits = ctypes.c_uint32.from_buffer(ctypes.c_float(value)).value
    if math.isnan(value):
        return bits >> 16 | 0x40
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 & 0xFFFF


_BITS = {"float16": _half_bits, "bfloat16": _bfloat16_bits}


def _integer_range(dtype: str) -> tuple[int, int]:
    if dtype == "bool":
        return 0, 1
    bits = 8 * ctypes.sizeof(C_TYPES[dtype])
    return (0, 2**bits - 1) if dtype == "uint8" else (-(2**(bits - 1)), 2**(bits - 1) - 1)


# Arguments and results.


@dataclass
class Bound:
    """One argument or result of a call: its memory, or the value of a scalar."""

    memory: Memory | None
    value: Any = None


class Binder:
    """Binds objects to one parameter of one function. Messages begin with its place."""

    def __init__(self, function: str, parameter: Parameter) -> None:
        kind = "result" if parameter.is_result else "argument"
        self.parameter = parameter
        self.where = f"{function}: {kind} '{parameter.name}'"
        self.shape = parameter.shape
        self.itemsize = ctypes.sizeof(C_TYPES[parameter.dtype])
        self._dtypes = BYTES if parameter.dtype in BYTES else (parameter.dtype,)
        self._is_integer = parameter.dtype not in FLOATS

    def bind(self, value: Any, stream: Stream, shape: Sequence[int | None]) -> Bound:
        """Checks an object that is to have this shape.

        Raises TypeError for a wrong dtype and what is no array, ValueError for a wrong
        shape, stride or address, and for read-only memory that is written.
        """
        if self.parameter.is_scalar:
            number = self._as_number(value)
            if number is not None:
                return Bound(None, number)
        memory = view(value, stream)
        if memory is None:
            raise self._refuse_object(value)
        try:
            self._check(memory, value, shape)
        except BaseException:
            release(memory)
            raise
        return self._read_scalar(memory) if self.parameter.is_scalar else Bound(memory)

    def _refuse_object(self, value: Any) -> TypeError:
        dtype = self.parameter.dtype
        if hasattr(value, "dtype"):
            return TypeError(f"{self.where}: dtype, expected {dtype}, found {value.dtype}")
        kind = "a number" if self.parameter.is_scalar else "an array"
        return TypeError(f"{self.where}: expected {kind} of {dtype}, "
                         f"found {type(value).__name__}")

    def _check(self, memory: Memory, value: Any, shape: Sequence[int | None]) -> None:
        if memory.dtype not in self._dtypes:
            raise self._refuse_dtype(memory, value)
        if memory.is_read_only and not self.parameter.is_const:
            raise ValueError(f"{self.where}: memory, expected writable, found read-only")
        imported = memory.imported
        if imported and imported.device_type not in (_dlpack.CPU, _dlpack.CUDA):
            raise ValueError(f"{self.where}: device, expected cpu or cuda, found dlpack's "
                             f"{imported.device_type}")
        wrong = _find_wrong_stride(memory)
        if wrong:
            axis, stride, expected = wrong
            raise ValueError(f"{self.where}: strides, expected those of a c-contiguous "
                             f"array, found {stride} elements along axis {axis} instead "
                             f"of {expected}")
        self._check_shape(memory.shape, shape)
        self._check_address(memory)

    def _refuse_dtype(self, memory: Memory, value: Any) -> TypeError:
        expected, found = self.parameter.dtype, memory.dtype
        if found is None:
            found = getattr(value, "dtype", type(value).__name__)
        elif expected == "int8":
            expected = "int8 or uint8"
        return TypeError(f"{self.where}: dtype, expected {expected}, found {found}")

    def _check_shape(self, found: tuple[int, ...], expected: Sequence[int | None]) -> None:
        if found == expected or (len(found) == len(expected) and all(
                want in (None, got) for want, got in zip(expected, found, strict=True))):
            return
        raise ValueError(f"{self.where}: shape, expected {format_shape(expected)}, "
                         f"found {format_shape(found)}")

    def _check_address(self, memory: Memory) -> None:
        width = DEVICE_ALIGNMENT if memory.on_device else self.itemsize
        offset = memory.address % width
        if offset:
            raise ValueError(f"{self.where}: address, expected a multiple of {width} "
                             f"bytes, found one that is {offset} bytes behind it")

    def _as_number(self, value: Any) -> Any:
        """What C gets for a number of Python; None for other objects."""
        dtype = self.parameter.dtype
        if self._is_integer:
            return self._as_integer(value) if hasattr(value, "__index__") else None
        if not isinstance(value, (float, int)):
            return None
        return _BITS.get(dtype, float)(float(value))

    def _as_integer(self, value: Any) -> int:
        number = operator.index(value)
        low, high = _integer_range(self.parameter.dtype)
        if low <= number <= high:
            return number
        fits = -(2**63) <= number < 2**63
        expected = f"{low} to {high}" if fits else "one of 64 bits"
        raise ValueError(f"{self.where}: value, expected {expected}, found {number}")

    def _read_scalar(self, memory: Memory) -> Bound:
        """The element of an array of rank 0."""
        try:
            if memory.on_device:
                raise ValueError(f"{self.where}: device, expected the cpu for a scalar, "
                                 f"found cuda")
            c_type = C_TYPES[self.parameter.dtype]
            return Bound(None, c_type.from_address(memory.address).value)
        finally:
            release(memory)


def release(memory: Memory) -> None:
    """Gives imported memory back."""
    if memory.imported:
        memory.imported.release()
