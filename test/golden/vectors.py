"""Golden cases: reading them, and comparing arrays with what they expect.

Used by the runners here and by the tests of the Python package.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """One case of the manifest with its arrays."""

    name: str
    op: str
    params: dict[str, Any]
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]
    tolerances: dict[str, Any]


def load_case(folder: Path, entry: dict[str, Any]) -> Case:
    """The arrays of a case of the manifest."""
    with np.load(folder / entry["file"]) as arrays:
        inputs = {name: arrays[spec["array"]] for name, spec in entry["inputs"].items()}
        outputs = {name: arrays[spec["array"]] for name, spec in entry["outputs"].items()}
    tolerances = {name: spec["tol"] for name, spec in entry["outputs"].items()}
    return Case(entry["name"], entry["op"], entry.get("params", {}), inputs, outputs,
                tolerances)


# Shapes.


def as_matrix(array: np.ndarray) -> np.ndarray:
    """Rank 2: the last axis stays, those before it become rows."""
    if array.ndim < 2:
        return array.reshape(1, array.size)
    return array.reshape(int(np.prod(array.shape[:-1])), array.shape[-1])


def as_rows(array: np.ndarray) -> np.ndarray:
    """Rank 2: the first axis stays, those after it become columns."""
    return array.reshape(array.shape[0], int(np.prod(array.shape[1:])))


def grouped(array: np.ndarray, rows: int) -> np.ndarray:
    """A flat array of groups as [rows, groups per row]."""
    return array.reshape(rows, array.size // rows if rows else 0)


# Comparing.


@dataclass(frozen=True)
class Difference:
    """Where an array is not what it should be."""

    index: tuple[int, ...] | None
    text: str

    def __str__(self) -> str:
        where = f"[{', '.join(map(str, self.index))}]" if self.index is not None else ""
        return f"{where}: {self.text}"


def agreement(got: np.ndarray, want: np.ndarray, tolerance: object) -> np.ndarray:
    """Where `got` is `want`: `exact`, or with `rtol` and `atol`."""
    if not np.issubdtype(got.dtype, np.inexact) and np.issubdtype(want.dtype, np.inexact):
        # An integer holds 0 where the float that it stands for is NaN (D1).
        want = np.nan_to_num(want, nan=0.0, posinf=np.inf, neginf=-np.inf)
    equal = got == want
    if np.issubdtype(want.dtype, np.inexact):
        got, want = got.astype(np.float64), want.astype(np.float64)
        equal |= np.isnan(got) & np.isnan(want)
        if isinstance(tolerance, dict):
            bound = tolerance["atol"] + tolerance["rtol"] * np.abs(want)
            with np.errstate(invalid="ignore"):
                near = np.abs(got - want) <= bound
            equal |= near & np.isfinite(want)
    return np.asarray(equal)


def compare(got: np.ndarray, want: np.ndarray, tolerance: object = "exact",
            ) -> Difference | None:
    """The first difference, or None. Bytes compare without sign; an integer may
    stand for a float of the same value."""
    if {got.dtype, want.dtype} == {np.dtype(np.int8), np.dtype(np.uint8)}:
        got = got.view(want.dtype)
    from_integer = got.dtype.kind in "iu" and want.dtype.kind in "iuf"
    if got.dtype != want.dtype and not from_integer:
        return Difference(None, f"got dtype {got.dtype}, want {want.dtype}")
    if got.size != want.size:
        return Difference(None, f"got shape {got.shape}, want {want.shape}")
    got = got.reshape(want.shape)
    wrong = np.flatnonzero(~agreement(got, want, tolerance))
    if wrong.size == 0:
        return None
    index = tuple(int(i) for i in np.unravel_index(wrong[0], want.shape))
    return Difference(index, f"got {got[index]}, want {want[index]} "
                             f"({wrong.size} of {want.size} differ)")


def compare_case(case: Case, got: dict[str, np.ndarray]) -> list[str]:
    """One line per expected array that is wrong."""
    errors = []
    for name, want in case.outputs.items():
        if name not in got:
            errors.append(f"{name}: not computed")
        elif difference := compare(got[name], want, case.tolerances[name]):
            errors.append(f"{name}{difference}")
    return errors
