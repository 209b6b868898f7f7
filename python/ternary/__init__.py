"""Compiler and kernels for networks whose weights are -1, 0 or +1.

`compile` takes IR and gives functions on arrays; the ops of the dialect are functions here,
too (`ternary.bitlinear`, `ternary.pack`, …), which compile what they need when they are
first called. `ternary.torch`, imported by itself, has modules for PyTorch.

Functions may be called from any number of threads. A child of a fork may go on calling what
was compiled for one thread; code for several threads (libomp) must not have run before.
"""

from ._core import Error, Function, Parameter, Program
from ._core import version as _version
from .compiler import clear_cache, compile, compile_file
from .ops import *  # noqa: F403
from .ops import __all__ as _ops
from .packing import byte_shape, packings, scale_shape
from .trace import Symbol, Trace

__version__ = _version()

__all__ = ["Error", "Function", "Parameter", "Program", "Symbol", "Trace", "byte_shape",
           "clear_cache", "compile", "compile_file", "packings", "scale_shape", *_ops]
