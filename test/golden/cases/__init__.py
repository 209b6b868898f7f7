"""One small function per op of the manifest, grouped by family.

A function gets the case and a `Function` to write into: it passes the inputs as
arguments, emits the ops and names the results as the manifest does. It computes
nothing; where the vectors expect the seed's behaviour it selects documented
attributes. Rules on numbers get the tools and return arrays.
"""

from __future__ import annotations

from . import infer, quantize, scalar, state, storage, train, update
from .registry import BUILDERS, RULES, SKIPPED_OPS, Case, compare_case, skip_reason

__all__ = ["BUILDERS", "RULES", "SKIPPED_OPS", "Case", "compare_case", "skip_reason",
           "infer", "quantize", "scalar", "state", "storage", "train", "update"]
