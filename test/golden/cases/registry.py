"""Which function builds which op of the manifest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness import Tools
from ir import Function
from vectors import Case, as_matrix, as_rows, compare_case, grouped

__all__ = ["BUILDERS", "RULES", "SKIPPED_OPS", "Builder", "Case", "Rule", "as_matrix",
           "as_rows", "builder", "compare_case", "grouped", "leading", "rule",
           "skip_reason"]

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


def leading(array: np.ndarray, last: str) -> tuple[str, ...]:
    """Dimension names of an activation: its own leading ones, then `last`."""
    return (*(f"m{axis}" for axis in range(array.ndim - 1)), last)
