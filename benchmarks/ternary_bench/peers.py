"""The table of peers: how each of them is found.

A peer that is not there is reported as skipped, with the reason.
"""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .driver import BenchError
from .linear import LibraryEntry, OpenBLAS, Peer
from .session import Session


@dataclass(frozen=True)
class Blas:
    """A loaded OpenBLAS with 64-bit integers."""

    library: ctypes.CDLL
    sgemm: int
    core: str

    def set_threads(self, threads: int) -> None:
        self.library.scipy_openblas_set_num_threads64_(ctypes.c_int(threads))


def package_folder(name: str) -> Path | None:
    """Where an installed Python package lies; it is not imported."""
    spec = importlib.util.find_spec(name)
    return Path(next(iter(spec.submodule_search_locations))) if spec else None


def load_openblas() -> Blas:
    """The OpenBLAS that NumPy brings."""
    folder = package_folder("numpy").parent / "numpy.libs"
    found = sorted(folder.glob("libscipy_openblas64_*.so*"))
    if not found:
        raise BenchError("this NumPy brings no OpenBLAS with 64-bit integers")
    library = ctypes.CDLL(str(found[0]))
    core = library.scipy_openblas_get_corename64_
    core.restype = ctypes.c_char_p
    sgemm = ctypes.cast(library.scipy_cblas_sgemm64_, ctypes.c_void_p).value
    return Blas(library, sgemm, core().decode().lower())


def library(session: Session, build: Path, name: str, path: str | None = None):
    file = build / "lib" / f"libternary-bench-{name}.so"
    if not file.exists():
        raise BenchError(f"{file.name} was not built, since what it needs was missing "
                         "when the build was configured")
    return [LibraryEntry(peer) for peer in session.driver.load_peers(file, path)]


def llama(session: Session, build: Path) -> list[Peer]:
    folder = package_folder("xllamacpp")
    found = sorted(folder.glob("xllamacpp*.so")) if folder else []
    if not found:
        raise BenchError("the Python package xllamacpp is not installed")
    return library(session, build, "llama", str(found[0]))


def onednn(session: Session, build: Path) -> list[Peer]:
    return library(session, build, "onednn")


def openblas(session: Session, build: Path) -> list[Peer]:
    return [OpenBLAS(session, load_openblas())]


def iree(session: Session, build: Path) -> list[Peer]:
    from .iree_peer import IREE  # imports IREE's packages

    return [IREE(session)]


# Names in tables, and how to get them.
TABLE: list[tuple[tuple[str, ...], Callable[[Session, Path], list[Peer]]]] = [
    (("onednn_s8",), onednn),
    (("tq2_0", "tq1_0"), llama),
    (("openblas_f32",), openblas),
    (("iree_i8i2",), iree),
]
NAMES = [name for names, _ in TABLE for name in names]


def load(session: Session, build: Path, wanted: list[str],
         libraries: list[Path]) -> Iterator[Peer]:
    """The peers that were asked for and are there."""
    for names, find in TABLE:
        chosen = [name for name in names if name in wanted]
        if not chosen:
            continue
        try:
            yield from (peer for peer in find(session, build) if peer.name in chosen)
        except (BenchError, ImportError, OSError) as error:
            for name in chosen:
                session.skip(name, "", str(error))
    for file in libraries:
        try:
            yield from (LibraryEntry(peer) for peer in session.driver.load_peers(file))
        except BenchError as error:
            session.skip(file.name, "", str(error))
