"""The extension module, where the package has one.

Libraries that were compiled before need neither it nor LLVM (`ternary.library`).
"""

from __future__ import annotations

import importlib
import os
from importlib import metadata
from typing import TYPE_CHECKING, Any

LIBRARY_VARIABLE = "TERNARY_LIBRARY"


def _import_core() -> Any:
    """None where it is not installed. One that is there but does not load is an error,
    unless the environment names a library to use."""
    name = f"{__package__}._core"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
    except ImportError:
        if not os.environ.get(LIBRARY_VARIABLE):
            raise
    return None


core: Any = _import_core()

if TYPE_CHECKING or core is None:
    class Error(RuntimeError):
        """What the compiler or a compiled function has to say."""
else:
    Error = core.Error


def require_core(what: str) -> Any:
    """The extension module, for what needs the compiler."""
    if core is None:
        raise Error(f"{what}: expected the compiler, found a package that is installed "
                    f"without its extension module; ternary.library calls what was "
                    f"compiled before")
    return core


def installed_version() -> str:
    """The version that the installed package is said to have."""
    try:
        return metadata.version("ternary")
    except metadata.PackageNotFoundError:
        return "unknown"
