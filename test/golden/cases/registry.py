"""Which function builds which op of the manifest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness import Tools, compare
from ir import Function


@dataclass(frozen=True)
class Case:
    """One case of the manifest with its arrays."""

    name: str
    op: str
    params: dict[str, Any]
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]
    tolerances: dict[str, Any]


def compare_case(case: Case, got: dict[str, np.ndarray]) -> list[str]:
    """One line per expected array that is wrong."""
    errors = []
    for name, want in case.outputs.items():
        if name not in got:
            errors.append(f"{name}: not computed")
        elif difference := compare(got[name], want, case.tolerances[name]):
            errors.append(f"{name}{difference}")
    return errors


Builder = Callable[[Function, Case], None]
Rule = Callable[[Tools, Case], dict[str, np.ndarray]]

BUILDERS: dict[str, Builder] = {}
RULES: dict[str, Rule] = {}

# Ops that are skipped for another reason than that they are still to come.
SKIPPED_OPS = {"update_corr_int16_wrap": "D13: the int16 wrap is not reproduced"}


def skip_reason(case: Case) -> str | None:
    """The decision by which this case is skipped, if there is one."""
    if case.op == "activation_quant" and case.params.get("bits") == 1:
        return "D9: 1 bit has no level but 0 and is refused"
    return None


def builder(op: str) -> Callable[[Builder], Builder]:
    """Registers the function that builds the IR of an op."""
    def register(function: Builder) -> Builder:
        BUILDERS[op] = function
        return function
    return register


def rule(op: str) -> Callable[[Rule], Rule]:
    """Registers the function that applies a rule on numbers."""
    def register(function: Rule) -> Rule:
        RULES[op] = function
        return function
    return register


def as_matrix(array: np.ndarray) -> np.ndarray:
    """Rank 2: the last axis stays, those before it become rows."""
    if array.ndim < 2:
        return array.reshape(1, array.size)
    return array.reshape(int(np.prod(array.shape[:-1])), array.shape[-1])


def as_rows(array: np.ndarray) -> np.ndarray:
    """Rank 2: the first axis stays, those after it become columns."""
    return array.reshape(array.shape[0], int(np.prod(array.shape[1:])))


def leading(array: np.ndarray, last: str) -> tuple[str, ...]:
    """Dimension names of an activation: its own leading ones, then `last`."""
    return (*(f"m{axis}" for axis in range(array.ndim - 1)), last)


def grouped(array: np.ndarray, rows: int) -> np.ndarray:
    """A flat array of groups as [rows, groups per row]."""
    return array.reshape(rows, array.size // rows if rows else 0)
