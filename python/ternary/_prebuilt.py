"""Functions of eager ops, noted while they are compiled and built into a library."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import _source
from ._backend import Error
from ._interface import read_json
from ._loaded import Function, Library
from .compiler import Progress, compile_file

LIBRARY, INTERFACE, INDEX = "lib.so", "lib.json", "index.json"
FORMAT, VERSION = "ternary-index", 1

Shape = tuple[int, ...]
Matrix = tuple[str, int, int]  # packing, rows, columns
Answer = Shape | None | str  # a refusal is text


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def _noted_refusal(answers: dict[Matrix, Answer], matrix: Matrix) -> Iterator[None]:
    """Notes the error that ends it as the answer for a matrix."""
    try:
        yield
    except Error as error:
        answers[matrix] = str(error)
        raise


class Recording:
    """The functions and shapes that eager ops have asked for while `record` was open.

    Attributes:
        target: what they are to be compiled for.
        functions: the text of each function, and the op that it is of.
    """

    def __init__(self, source: _source.Source, target: str) -> None:
        self._source = source
        self.target = target
        self.functions: dict[str, str] = {}
        self._byte_shapes: dict[Matrix, Answer] = {}
        self._scale_shapes: dict[Matrix, Answer] = {}

    def get_function(self, op: str, text: str) -> Callable[..., Any]:
        """The function of the source that records, noted."""
        function = self._source.get_function(op, text)
        self.functions[text] = op
        return function

    def list_packings(self) -> tuple[str, ...]:
        """The packings of the source."""
        return self._source.list_packings()

    def get_byte_shape(self, packing: str, rows: int, columns: int) -> Shape:
        """The shape that the source gives, or its refusal, noted."""
        with _noted_refusal(self._byte_shapes, (packing, rows, columns)):
            shape = self._source.get_byte_shape(packing, rows, columns)
        self._byte_shapes[packing, rows, columns] = shape
        return shape

    def get_scale_shape(self, packing: str, rows: int, columns: int) -> Shape | None:
        """The shape that the source gives, or its refusal, noted."""
        with _noted_refusal(self._scale_shapes, (packing, rows, columns)):
            shape = self._source.get_scale_shape(packing, rows, columns)
        self._scale_shapes[packing, rows, columns] = shape
        return shape

    def build(self, folder: str | os.PathLike[str], *, chips: Sequence[str] = (),
              cpu: str = "native", threads: int = 1, options: str = "",
              opt_level: int = 3, progress: Progress | None = None) -> None:
        """Compiles all functions for `target` into one library, which `use` takes.

        `folder`, which is made if need be, gets the library, its interface and an index.
        The other arguments are those of `compile_file`.

        Raises `Error` where a function is refused, or if there is none; there is no index
        in the folder then.
        """
        if not self.functions:
            raise Error("build: expected functions that eager ops have asked for, "
                        "found none")
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        (path / INDEX).unlink(missing_ok=True)
        names = {text: f"{op}_{_hash(text)[:16]}" for text, op in self.functions.items()}
        module = "".join(text.replace(f"@{op}(", f"@{names[text]}(", 1)
                         for text, op in self.functions.items())
        compile_file(module, path / LIBRARY, interface=path / INTERFACE, target=self.target,
                     chips=chips, cpu=cpu, threads=threads, options=options,
                     opt_level=opt_level, name="recording", progress=progress)
        self._write_index(path / INDEX, names)

    def _write_index(self, path: Path, names: dict[str, str]) -> None:
        index = {
            "format": FORMAT, "version": VERSION,
            "functions": {_hash(text): name for text, name in names.items()},
            "packings": self.list_packings(),
            "byte_shapes": [[*key, answer] for key, answer in self._byte_shapes.items()],
            "scale_shapes": [[*key, answer] for key, answer in self._scale_shapes.items()],
        }
        temporary = path.with_suffix(f".tmp-{os.getpid()}")
        temporary.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
        temporary.replace(path)


class Prebuilt:
    """The functions of a library that `Recording.build` has made."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        index = read_json(self._folder / INDEX, FORMAT)
        try:
            self._names = dict(index["functions"])
            self._packings = tuple(index["packings"])
            self._byte_shapes = _read_answers(index["byte_shapes"])
            self._scale_shapes = _read_answers(index["scale_shapes"])
        except (KeyError, TypeError, ValueError) as error:
            raise Error(f"{self._folder / INDEX}: index, expected that of a library, "
                        f"found none: {error}") from None
        self.library = Library(self._folder / LIBRARY, self._folder / INTERFACE)
        self.target = self.library.target

    def get_function(self, op: str, text: str) -> Function:
        name = self._names.get(_hash(text))
        if name not in self.library.functions:
            raise _source.MissingFunction(
                f"{op}: expected a function of the library in '{self._folder}', found "
                f"none for {_describe(text)}")
        return self.library.bind(name, called=op)

    def list_packings(self) -> tuple[str, ...]:
        return self._packings

    def get_byte_shape(self, packing: str, rows: int, columns: int) -> Shape:
        shape = self._find_shape(self._byte_shapes, packing, rows, columns)
        assert shape is not None
        return shape

    def get_scale_shape(self, packing: str, rows: int, columns: int) -> Shape | None:
        return self._find_shape(self._scale_shapes, packing, rows, columns)

    def _find_shape(self, answers: dict[Matrix, Answer], packing: str, rows: int,
                    columns: int) -> Shape | None:
        try:
            answer = answers[packing, rows, columns]
        except KeyError:
            raise _source.MissingFunction(
                f"packing: expected a matrix that the library in '{self._folder}' knows "
                f"in packing '{packing}', found {rows} x {columns}") from None
        if isinstance(answer, str):
            raise Error(answer)
        return answer


def _read_answers(rows: list[list[Any]]) -> dict[Matrix, Answer]:
    return {(packing, n, k): tuple(answer) if isinstance(answer, list) else answer
            for packing, n, k, answer in rows}


def _describe(text: str) -> str:
    """The op of a function, with its operands' types and its attributes."""
    return text.splitlines()[-3].split(" = ", 1)[1]
