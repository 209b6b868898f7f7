"""Compiler and kernels for networks whose weights are -1, 0 or +1."""

from ternary._core import Error, Function, Parameter, Program, packings
from ternary.compiler import compile, compile_file

__all__ = ["Error", "Function", "Parameter", "Program", "compile", "compile_file",
           "packings"]
