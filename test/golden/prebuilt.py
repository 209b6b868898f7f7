"""Cases that are compiled here and run elsewhere: libraries for a GPU, the arrays of
each call, what has to come out, and a manifest that says which belong together."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ahead import Parameter, halve, parameters_of, run_program, write_module
from cases import Case
from harness import Batch, Call

# Functions in one library: what does not compile takes few others along.
PER_LIBRARY = 64


@dataclass
class PrebuiltCall:
    """One call of a function in a library; `names` are those of its results."""

    label: str
    entry: str
    library: str
    error: str
    names: Sequence[str]
    parameters: Sequence[Parameter]


@dataclass
class PrebuiltCase:
    case: Case
    errors: list[str]
    calls: list[PrebuiltCall] = field(default_factory=list)


@dataclass
class Prebuilt:
    folder: Path
    cases: list[PrebuiltCase] = field(default_factory=list)
    skips: list[tuple[str, int, str]] = field(default_factory=list)


# Compiling.


def compile_libraries(compiler: Path, flags: Sequence[str], batch: Batch, folder: Path,
                      ) -> dict[str, str]:
    """Writes libraries with all functions that compile, and the errors of the others
    into their calls. Returns the library of each function."""
    texts = {name: text for text, name in batch.functions.items()}
    libraries: dict[str, str] = {}

    def attempt(names: Sequence[str]) -> None:
        library = f"golden{len(set(libraries.values()))}.so"
        with tempfile.TemporaryDirectory(prefix="ternary-") as work:
            write_module(Path(work), {name: texts[name] for name in names})
            run_program([str(compiler), "module.mlir", "-o", str(folder / library),
                         "--target=cuda", *flags], Path(work))
        libraries.update(dict.fromkeys(names, library))

    def give_up(name: str, error: str) -> None:
        for call in batch.calls:
            if call.entry == name:
                call.error = error

    names = list(texts)
    for start in range(0, len(names), PER_LIBRARY):
        halve(names[start:start + PER_LIBRARY], attempt, give_up)
    return libraries


def describe_call(label: str, call: Call, names: Iterable[str], text: str,
                  libraries: dict[str, str]) -> PrebuiltCall:
    library = libraries.get(call.entry, "")
    return PrebuiltCall(label, call.entry, library, "" if library else call.error,
                        list(names), parameters_of(call, text))


# Files.


class ArrayWriter:
    """Keeps each array once."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self._keys: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def add(self, array: np.ndarray) -> str:
        identity = (array.dtype.str, array.shape, array.tobytes())
        key = self._keys.setdefault(identity, f"a{len(self._keys)}")
        self.arrays[key] = array
        return key


def save(prebuilt: Prebuilt) -> None:
    """Writes manifest.json and arrays.npz beside the libraries."""
    arrays = ArrayWriter()

    def parameter(value: Parameter) -> dict[str, Any]:
        if value.array is not None:
            return {"array": arrays.add(value.array)}
        return {"result": value.result} if value.result else {"number": value.number}

    def call(value: PrebuiltCall) -> dict[str, Any]:
        return {**vars(value), "parameters": [parameter(p) for p in value.parameters]}

    def entry(value: PrebuiltCase) -> dict[str, Any]:
        outputs = {name: arrays.add(array) for name, array in value.case.outputs.items()}
        return {"name": value.case.name, "op": value.case.op, "outputs": outputs,
                "tolerances": value.case.tolerances, "errors": value.errors,
                "calls": [call(c) for c in value.calls]}

    manifest = {"skips": prebuilt.skips, "cases": [entry(case) for case in prebuilt.cases]}
    (prebuilt.folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    np.savez_compressed(prebuilt.folder / "arrays.npz", **arrays.arrays)


def load(folder: Path) -> Prebuilt:
    """What `save` has written."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    with np.load(folder / "arrays.npz") as file:
        arrays = {key: file[key] for key in file.files}

    def parameter(value: dict[str, Any]) -> Parameter:
        if "array" in value:
            return Parameter(array=arrays[value["array"]])
        if "result" in value:
            dtype, shape = value["result"]
            return Parameter(result=(dtype, tuple(shape)))
        return Parameter(number=value["number"])

    def call(value: dict[str, Any]) -> PrebuiltCall:
        return PrebuiltCall(**{**value,
                               "parameters": [parameter(p) for p in value["parameters"]]})

    def entry(value: dict[str, Any]) -> PrebuiltCase:
        outputs = {name: arrays[key] for name, key in value["outputs"].items()}
        case = Case(value["name"], value["op"], {}, {}, outputs, value["tolerances"])
        return PrebuiltCase(case, value["errors"], [call(c) for c in value["calls"]])

    return Prebuilt(folder, [entry(case) for case in manifest["cases"]],
                    [tuple(skip) for skip in manifest["skips"]])
