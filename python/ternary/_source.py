"""Where the functions of eager ops come from: the compiler, or a library that was
compiled before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ._backend import Error, require_core
from ._stream import current_stream

TARGETS = ("cpu", "cuda", "reference")

Shape = tuple[int, ...]
Hook = Callable[[], None]


class MissingFunction(Error):
    """A function or a shape that a prebuilt library lacks."""


class Source(Protocol):
    """Gives functions by the text of their IR, and the shapes of packed bytes.

    Attributes:
        target: what the functions are for in the end: "cpu", "cuda" or "reference".
    """

    target: str

    def get_function(self, op: str, text: str) -> Callable[..., Any]: ...

    def list_packings(self) -> tuple[str, ...]: ...

    def get_byte_shape(self, packing: str, rows: int, columns: int) -> Shape: ...

    def get_scale_shape(self, packing: str, rows: int, columns: int) -> Shape | None: ...


class Compiler:
    """Compiles into this process."""

    def __init__(self, threads: int = 1, target: str = "cpu") -> None:
        self.threads, self.target = threads, target

    def get_function(self, op: str, text: str) -> Callable[..., Any]:
        # The shapes of each call have been checked, and no others reach the function.
        program = require_core(op).compile(text, entries=[op], check_extents=False,
                                           target=self.target, threads=self.threads,
                                           name=f"ternary.{op}")
        function: Callable[..., Any] = program.functions[op]
        return _in_current_stream(function) if self.target == "cuda" else function

    def list_packings(self) -> tuple[str, ...]:
        return tuple(require_core("packings").packings())

    def get_byte_shape(self, packing: str, rows: int, columns: int) -> Shape:
        core = require_core("byte_shape")
        return tuple(core.packing_byte_shape(packing, rows, columns))

    def get_scale_shape(self, packing: str, rows: int, columns: int) -> Shape | None:
        core = require_core("scale_shape")
        found = core.packing_scale_shape(packing, rows, columns)
        return None if found is None else tuple(found)


def _in_current_stream(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arrays, out=None: function(*arrays, out=out, stream=current_stream())


_current: Source = Compiler()
_hooks: list[Hook] = []


def current() -> Source:
    """The source that is asked next."""
    return _current


def select(source: Source) -> None:
    """Asks another source from now on, in all threads; forgets what the last one gave."""
    global _current
    _current = source
    for hook in _hooks:
        hook()


def set_threads(threads: int) -> None:
    """The threads of eager ops from now on: 1 at first; other numbers need libomp, 0 is
    its own choice. Functions are compiled anew.

    Raises:
        ValueError: `threads` is negative.
        ternary.Error: eager ops come from a library, which was compiled for some number.
    """
    if threads < 0:
        raise ValueError(f"set_threads: expected 0 or more, found {threads}")
    select(Compiler(threads, _expect_compiler("set_threads").target))


def set_target(target: str) -> None:
    """What eager ops are compiled for from now on: "cpu" at first, "cuda" for the GPU of
    this machine (arrays of the host, which are copied, or all on the device, `out`
    included) or "reference". Functions are compiled anew.

    Raises:
        ValueError: `target` is none of these.
        ternary.Error: eager ops come from a library, which was compiled for some target.
    """
    if target not in TARGETS:
        raise ValueError(f"set_target: expected {', '.join(TARGETS)}, found {target!r}")
    select(Compiler(_expect_compiler("set_target").threads, target))


def _expect_compiler(what: str) -> Compiler:
    if not isinstance(_current, Compiler):
        raise Error(f"{what}: expected eager ops that are compiled here, found ones of a "
                    f"library")
    return _current


def on_select(hook: Hook) -> Hook:
    """Calls a function whenever another source is selected."""
    _hooks.append(hook)
    return hook
