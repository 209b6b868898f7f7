"""Ahead-of-time libraries: functions that need no compiler where they run.

`load` opens a library that `ternary.compile_file` or `ternary-compile` has written, with
the interface file beside it (docs/aot.md):

    ternary.compile_file(text, "layer.so", interface="layer.json", cpu="dispatch")
    layer = ternary.library.load("layer.so").functions["layer"]
    y = layer(x, w)

The eager ops, and with them `ternary.torch`, run from a library too. What they compile is
recorded where the compiler is, on the CPU, and built for the machine that it is for:

    with ternary.library.record("cuda") as recording:
        model(x)
    recording.build("gpu", chips=["sm_90a"])

There `ternary.library.use("gpu")`, or the environment variable TERNARY_LIBRARY when the
package is imported, lets the ops take their functions from it. Nothing is needed then but
Python and NumPy, and for CUDA its driver: neither the extension module nor LLVM. A library
holds what was recorded: the same ops, dtypes, shapes of weights and attributes; the number
of tokens is free, but 1 and others are recorded each for itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import _source
from ._backend import LIBRARY_VARIABLE
from ._loaded import Function, Library
from ._prebuilt import Prebuilt, Recording
from ._source import MissingFunction
from ._stream import set_stream_source

__all__ = ["Function", "Library", "MissingFunction", "Recording", "load", "record",
           "set_stream_source", "use"]


def load(path: str | os.PathLike[str], interface: str | os.PathLike[str] | None = None,
         ) -> Library:
    """Opens a library. Its interface file is `interface`, or has its name with `.json`.

    Only a library that is trusted may be loaded, as it is code; an interface that is not
    its own leads calls astray. Code for another CPU ends the process at its first unknown
    instruction: `cpu="dispatch"` makes libraries for all x86-64.

    Raises `Error` for a library that does not load here and an interface that is not one,
    and FileNotFoundError.
    """
    return Library(path, interface or Path(path).with_suffix(".json"))


@contextmanager
def record(target: str = "cpu") -> Iterator[Recording]:
    """Notes which functions eager ops ask for while it is open, in all threads, those
    compiled before included. They run on this CPU; layers of `ternary.torch` keep their
    weights in the packing that `target` executes."""
    before = _source.current()
    recording = Recording(before, target)
    _source.select(recording)
    try:
        yield recording
    finally:
        _source.select(before)


def use(folder: str | os.PathLike[str] | None) -> None:
    """Lets eager ops take their functions from a library that `Recording.build` has made,
    in all threads; None lets them compile again.

    An op whose function the library lacks raises `MissingFunction`, an `Error`. With a
    library for CUDA operands are arrays of the host, which are copied, or all of them are
    on the device, `out` included; the stream is that of `set_stream_source`.

    Raises what `load` raises.
    """
    _source.select(_source.Compiler() if folder is None else Prebuilt(folder))


def use_from_environment() -> None:
    """Uses the library in the folder that TERNARY_LIBRARY names, if it does."""
    folder = os.environ.get(LIBRARY_VARIABLE)
    if folder:
        use(folder)
