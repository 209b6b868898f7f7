"""Compiler and kernels for networks whose weights are -1, 0 or +1.

`compile` takes IR and gives functions on arrays; the ops of the dialect are functions here,
too (`ternary.bitlinear`, `ternary.pack`, …), which compile what they need when they are
first called. `ternary.torch`, imported by itself, has modules for PyTorch. Where the
extension module or LLVM is not installed, `ternary.library` calls what was compiled before.

Functions may be called from any number of threads. A child of a fork may go on calling what
was compiled for one thread; code for several threads (libomp) must not have run before.
"""

from . import _backend, io, library
from ._backend import Error
from ._source import set_target, set_threads
from .compiler import clear_cache, compile, compile_file
from .ops import *  # noqa: F403
from .ops import __all__ as _ops
from .packing import byte_shape, packings, scale_shape
from .trace import Symbol, Trace

if _backend.core is not None:
    from ._core import Function, Parameter, Program
    __version__ = _backend.core.version()
else:
    from ._interface import Parameter
    from ._loaded import Function, Library as Program
    __version__ = _backend.installed_version()

library.use_from_environment()

__all__ = ["Error", "Function", "Parameter", "Program", "Symbol", "Trace", "byte_shape",
           "clear_cache", "compile", "compile_file", "io", "library", "packings",
           "scale_shape", "set_target", "set_threads", *_ops]
