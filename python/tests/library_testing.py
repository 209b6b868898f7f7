"""What the tests of libraries share: a module, arrays of other libraries, and a copy of the
package without its extension module."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

import numpy as np

import ternary

LAYER = """
func.func @{name}(%x: tensor<?x10xi8> loc("x"), %w: tensor<8x10xi8> {marks} loc("w"))
    -> tensor<?x8xi32> {{
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x10xi8>
  %init = tensor.empty(%m) : tensor<?x8xi32>
  %y = ternary.bitlinear ins(%x : tensor<?x10xi8>) weights(%w : tensor<8x10xi8>)
      outs(%init : tensor<?x8xi32>) -> tensor<?x8xi32>
  return %y : tensor<?x8xi32>
}}
"""

MODULE = (LAYER.format(name="layer", marks="")
          + LAYER.format(name="prepared", marks="{ternary.constant}")) + """
func.func @add(%n: index loc("n"), %x: tensor<?xf32> loc("x"),
               %sum: tensor<4xf32> {bufferization.writable = true} loc("sum"))
    -> (tensor<4xf32>, tensor<?x?xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %one = arith.constant 1.0 : f32
  %k = tensor.dim %x, %c0 : tensor<?xf32>
  %padded = arith.addi %k, %c3 : index
  %groups = arith.ceildivui %padded, %c4 : index
  %left = arith.remui %k, %c3 : index
  %e = tensor.empty(%n, %groups) : tensor<?x?xf32>
  %ones = linalg.fill ins(%one : f32) outs(%e : tensor<?x?xf32>) -> tensor<?x?xf32>
  %r = tensor.empty(%left) : tensor<?xf32>
  %rest = linalg.fill ins(%one : f32) outs(%r : tensor<?xf32>) -> tensor<?xf32>
  %new = linalg.map outs(%sum : tensor<4xf32>) (%old: f32) {
    %next = arith.addf %old, %one : f32
    linalg.yield %next : f32
  }
  return %new, %ones, %rest : tensor<4xf32>, tensor<?x?xf32>, tensor<?xf32>
}
func.func @numbers(%a: f32 loc("a"), %b: i1 loc("b"), %c: i8 loc("c"), %n: index loc("n"),
                   %h: f16 loc("h"), %g: bf16 loc("g"), %d: f64 loc("d"), %u: ui8 loc("u"))
    -> (f32, i1, i8, index, f16, bf16, f64, ui8) {
  return %a, %b, %c, %n, %h, %g, %d, %u : f32, i1, i8, index, f16, bf16, f64, ui8
}
"""


def build(folder: Path, text: str = MODULE, **options: Any) -> ternary.library.Library:
    """The functions of a module as a library in a folder."""
    path = folder / "module.so"
    ternary.compile_file(text, path, interface=path.with_suffix(".json"), **options)
    return ternary.library.load(path)


class FolderTestCase(unittest.TestCase):
    """A base for tests that write files."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_python(self, text: str, *arguments: str | Path, **environment: str) -> str:
        """What a program prints that runs in a process of its own; it has to succeed, and
        to be silent otherwise."""
        done = subprocess.run([sys.executable, "-c", text, *map(str, arguments)],
                              env={**os.environ, **environment}, capture_output=True,
                              text=True, timeout=300, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def copy_without_core(self) -> str:
        """A folder for PYTHONPATH with a package that has no extension module."""
        target = self.folder / "without"
        shutil.copytree(Path(ternary.__file__).parent, target / "ternary",
                        ignore=shutil.ignore_patterns("_core*", "__pycache__"))
        return os.pathsep.join([str(target), str(Path(__file__).parent)])


# DLPack, from the side of an exporter.


class _Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device", ctypes.c_int32 * 2),
                ("rank", ctypes.c_int32), ("code", ctypes.c_uint8),
                ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
                ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p),
                ("byte_offset", ctypes.c_uint64)]


DELETER = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)


class _Managed(ctypes.Structure):
    _fields_ = [("tensor", _Tensor), ("context", ctypes.c_void_p), ("deleter", DELETER)]


class _Versioned(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32 * 2), ("context", ctypes.c_void_p),
                ("deleter", DELETER), ("flags", ctypes.c_uint64), ("tensor", _Tensor)]


_new_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p,
                                 ctypes.c_void_p)(("PyCapsule_New", ctypes.pythonapi))
_NAMES = {None: b"dltensor", **dict.fromkeys((1, 2), b"dltensor_versioned")}
_CODES = {"i": 0, "u": 1, "f": 2, "b": 6}


class Tensor:
    """An array of another library, which lies where `device` says.

    `version` is that of DLPack, None for capsules without one; `offset` bytes lie in front
    of the array. Counts the tensors that were exported and given back, and notes the
    streams that it was asked for.
    """

    def __init__(self, array: np.ndarray, *, device: int = 1, version: int | None = None,
                 is_read_only: bool = False, has_strides: bool = True, offset: int = 0,
                 ) -> None:
        self.array, self.device, self.version = array, device, version
        self.dtype, self.shape = array.dtype, array.shape
        self.is_read_only, self.has_strides = is_read_only, has_strides
        self.offset = offset
        self.num_exported = self.num_released = 0
        self.streams: list[int] = []
        self._kept: dict[int, Any] = {}

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device, 0

    def __dlpack__(self, **options: Any) -> Any:
        if "stream" in options:
            self.streams.append(options["stream"])
        managed: Any = _Managed() if self.version is None else _Versioned()
        if self.version is not None:
            managed.version[0], managed.flags = self.version, int(self.is_read_only)
        managed.deleter = DELETER(self._release)
        self._fill(managed.tensor)
        self.num_exported += 1
        self._kept[ctypes.addressof(managed)] = managed
        return _new_capsule(ctypes.addressof(managed), _NAMES[self.version], None)

    def _fill(self, tensor: Any) -> None:
        array = self.array
        self._shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        self._strides = (ctypes.c_int64 * array.ndim)(
            *(stride // array.itemsize for stride in array.strides))
        tensor.data = array.ctypes.data - self.offset
        tensor.byte_offset = self.offset
        tensor.device[0], tensor.rank = self.device, array.ndim
        tensor.code, tensor.lanes = _CODES[array.dtype.kind], 1
        tensor.bits = 8 * array.itemsize
        tensor.shape = ctypes.addressof(self._shape)
        if self.has_strides:
            tensor.strides = ctypes.addressof(self._strides)

    def _release(self, address: int) -> None:
        self.num_released += 1
        del self._kept[address]


class CudaArray:
    """An array that only has `__cuda_array_interface__`."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.dtype, self.shape = array, array.dtype, array.shape

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {"shape": self.shape, "typestr": self.dtype.str, "version": 3,
                "data": (self.array.ctypes.data, not self.array.flags.writeable),
                "strides": None if self.array.flags.c_contiguous else self.array.strides}


def aligned(array: np.ndarray) -> np.ndarray:
    """A copy that begins at a multiple of 64 bytes, as memory of a device does."""
    memory = np.empty(array.nbytes + 64, np.uint8)
    begin = -memory.ctypes.data % 64
    copy = memory[begin:begin + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy
