"""Compilation of IR: into this process, and into files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from . import _eager
from ._backend import require_core
from ._cache import Cache

if TYPE_CHECKING:
    from ._core import Function, Program

Source = str | bytes
Progress = Callable[[str, int], None]

# Programs that `compile` keeps; the least recently used goes first.
CACHED_PROGRAMS = 64


_programs: Cache[Program] = Cache(CACHED_PROGRAMS)


def clear_cache() -> None:
    """Forgets the programs that `compile` keeps, and the functions of eager ops. Those in
    use stay valid."""
    _programs.clear()
    _eager.clear_cache()


def compile(source: Source, *, entry: str | None = None, target: str = "cpu",
            cpu: str = "native", threads: int = 1, options: str = "",
            opt_level: int = 3, chip: str | None = None, check_extents: bool = True,
            name: str = "source", progress: Progress | None = None) -> Function | Program:
    """Compiles a module into this process.

    `source` is MLIR as text, or bytecode. With `entry` the function of that name is
    returned, else a `Program`: its `functions` by name, and `remarks`. The same call
    again returns what was compiled before (`CACHED_PROGRAMS` of them are kept).

    A call of a function takes its arguments in order: NumPy arrays or anything with
    `__dlpack__`, c-contiguous, of the exact dtype (int8 in IR takes uint8 as well) and
    shape; scalars are Python numbers. Each result is a fresh NumPy array, or is written
    into `out`: an array, or a tuple with None for fresh ones. One result comes by
    itself, several as a tuple, none as None. A tensor argument marked
    `bufferization.writable = true` whose new state is a result is changed in place, and
    that result does not come back. What depends only on arguments marked
    `ternary.constant` is computed by a second function, whose name is `prepare`; its
    results are the last arguments of the first.

    Targets: "cpu" (the pipeline ternary-to-llvm), "reference" (plain loops, the meaning
    of every op), "cuda" (ternary-to-nvvm; arrays on the host, or all on the GPU by
    DLPack with `out` and `stream`, a CUstream as an integer). `cpu` is "native" or
    LLVM's name of one whose features this machine has, `chip` that of the GPU (this
    machine's by default), `options` are further options of the pipeline as text.
    `threads` other than 1 needs libomp; such functions must not be called in a process
    forked after the first call.

    `check_extents` verifies at each new set of open extents that they fit each other.
    `progress(pass, count)` is called before each pass. A signal, ctrl-c for instance,
    ends the compilation at the next pass with its exception.

    Raises `Error` with the diagnostics, each with its place in `name`; a call raises
    TypeError or ValueError for arrays that do not fit, and `Error` where an assertion of
    the source or the device fails.
    """
    key = (source, entry, target, cpu, threads, options, opt_level, chip, check_extents,
           name)

    def make() -> Program:
        core = require_core("compile")
        return core.compile(source, target=target, entries=[entry] if entry else [],
                            cpu=cpu, threads=threads, options=options,
                            opt_level=opt_level, chips=[chip] if chip else [],
                            check_extents=check_extents, name=name, progress=progress)

    program = _programs.get(key, make)
    return program.functions[entry] if entry else program


def compile_file(source: Source, path: str | os.PathLike[str], *,
                 header: str | os.PathLike[str] | None = None,
                 interface: str | os.PathLike[str] | None = None,
                 entries: Sequence[str] = (), target: str = "cpu", cpu: str = "native",
                 threads: int = 1, options: str = "", opt_level: int = 3,
                 chips: Sequence[str] = (), name: str = "source",
                 progress: Progress | None = None) -> None:
    """Compiles a module into a file that needs neither MLIR nor Python where it runs.

    The extension of `path` says what is written: `.so`, `.o`, `.s`, `.ll`, and with the
    target "cuda" `.ptx`, `.cubin`, `.fatbin`. `header` is the path of a C header for
    objects and libraries, `interface` that of the same as JSON, which
    `ternary.library.load` reads (docs/aot.md). `cpu` may also be "dispatch" (a library
    that chooses by the machine it runs on), `chips` several names. `entries` are the
    functions to compile; all public ones without it. The other arguments are those of
    `compile`.

    Raises `Error`, and leaves no file behind then.
    """
    require_core("compile_file").compile_file(
        source, os.fspath(path), header=os.fspath(header) if header else "",
        interface=os.fspath(interface) if interface else "", target=target,
        entries=list(entries), cpu=cpu, threads=threads, options=options,
        opt_level=opt_level, chips=list(chips), name=name, progress=progress)
