"""Tensors of other libraries through DLPack's capsules, read by ctypes.

The structures are those of dlpack.h, with and without the version in front.
"""

from __future__ import annotations

import ctypes
from typing import Any

CPU, CUDA = 1, 2

# By code and bits.
DTYPES = {
    (0, 8): "int8", (0, 16): "int16", (0, 32): "int32", (0, 64): "int64",
    (1, 8): "uint8", (2, 16): "float16", (2, 32): "float32", (2, 64): "float64",
    (4, 16): "bfloat16", (6, 8): "bool",
}

MAJOR_VERSION = 1
READ_ONLY = 1  # a flag

# Capsules keep pointers to their names.
_NAME, _USED = b"dltensor", b"used_dltensor"
_VERSIONED_NAME, _VERSIONED_USED = b"dltensor_versioned", b"used_dltensor_versioned"

_is_capsule = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_IsValid", ctypes.pythonapi))
_get_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi))
_set_name = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_SetName", ctypes.pythonapi))

# Exporters expect the lock of the interpreter to be held, as it is in the destructor of
# a capsule.
_Deleter = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)


class _Device(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("index", ctypes.c_int32)]


class _DType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8),
                ("lanes", ctypes.c_uint16)]


class _Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device", _Device), ("rank", ctypes.c_int32),
                ("dtype", _DType), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)),
                ("byte_offset", ctypes.c_uint64)]


class _Managed(ctypes.Structure):
    _fields_ = [("tensor", _Tensor), ("context", ctypes.c_void_p),
                ("deleter", ctypes.c_void_p)]


class _Versioned(ctypes.Structure):
    _fields_ = [("major", ctypes.c_uint32), ("minor", ctypes.c_uint32),
                ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p),
                ("flags", ctypes.c_uint64), ("tensor", _Tensor)]


class ImportedTensor:
    """A tensor taken out of a capsule. `release` gives it back to its exporter.

    `dtype` is NumPy's name or None where it has none, `strides` count elements and are
    None for row-major tensors.
    """

    def __init__(self, capsule: Any) -> None:
        """Raises TypeError for what is no capsule of a tensor, or a used one, and
        BufferError for a version of DLPack that is not known."""
        versioned = bool(_is_capsule(capsule, _VERSIONED_NAME))
        if not versioned and not _is_capsule(capsule, _NAME):
            raise TypeError(f"dlpack: expected the capsule of a tensor, found {capsule!r}")
        self._address = _get_pointer(capsule, _VERSIONED_NAME if versioned else _NAME)
        _set_name(capsule, _VERSIONED_USED if versioned else _USED)
        managed: Any = (_Versioned if versioned else _Managed).from_address(self._address)
        self._deleter = managed.deleter
        if versioned and managed.major != MAJOR_VERSION:
            found = managed.major
            self.release()
            raise BufferError(f"dlpack: expected version {MAJOR_VERSION}, found {found}")
        self.is_read_only = versioned and bool(managed.flags & READ_ONLY)
        self._read(managed.tensor)

    def _read(self, tensor: Any) -> None:
        self.address = (tensor.data or 0) + tensor.byte_offset
        self.device_type = tensor.device.type
        self.shape = tuple(tensor.shape[:tensor.rank])
        self.strides = tuple(tensor.strides[:tensor.rank]) if tensor.strides else None
        dtype = tensor.dtype
        self.dtype = DTYPES.get((dtype.code, dtype.bits)) if dtype.lanes == 1 else None

    def release(self) -> None:
        """The second time nothing happens."""
        deleter, self._deleter = self._deleter, None
        if deleter:
            _Deleter(deleter)(self._address)
