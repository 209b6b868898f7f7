"""Updates of correlations, exponents and trits."""

from __future__ import annotations

import numpy as np

import ops
from ir import Function, Value

from .registry import Case, as_matrix, builder, grouped


def sources(f: Function, case: Case) -> list[Value]:
    """The sign, or the gradient and activations that it follows from."""
    if "sign" in case.inputs:
        return [f.arg(case.inputs["sign"], "NK")]
    return [f.arg(as_matrix(case.inputs["grad_y"]), "MN"),
            f.arg(as_matrix(case.inputs["x"]), "MK")]


def per_group(f: Function, case: Case, name: str) -> Value:
    return f.arg(grouped(case.inputs[name], case.params["shape"][0]), "NG")


def accumulate_corr(f: Function, case: Case) -> None:
    source = sources(f, case)
    packed = f.arg(case.inputs["packed"].reshape(-1), "B")
    state = [per_group(f, case, "corr"),
             f.arg(np.array([case.params["step"]], np.int64), (1,))]
    correlation, step = ops.accumulate_correlation(
        f, source, packed, "NK", int(case.params["group_size"]), state,
        f.scalar(case.params["corr_step"]))
    f.result("corr", correlation)
    f.result("step", step)


@builder("accumulate_corr_direct")
def accumulate_corr_direct(f: Function, case: Case) -> None:
    accumulate_corr(f, case)


@builder("accumulate_corr_from_sign")
def accumulate_corr_from_sign(f: Function, case: Case) -> None:
    accumulate_corr(f, case)


def update_exponent(f: Function, case: Case, states: list[str], **rule: int) -> None:
    """`states` names the arrays that the op updates."""
    source = sources(f, case)
    packed = f.arg(case.inputs["packed"].reshape(-1), "B")
    results = ops.update_exponent(f, source, packed, "NK", int(case.params["group_size"]),
                                  [per_group(f, case, s) for s in states], **rule)
    for name, value in zip(states, results, strict=True):
        f.result(name, value)


@builder("update_e_from_sign")
def update_e_from_sign(f: Function, case: Case) -> None:
    update_exponent(f, case, ["E", "E_accum"], threshold=int(case.params["threshold"]))


@builder("update_e_direct")
def update_e_direct(f: Function, case: Case) -> None:
    update_exponent(f, case, ["E", "E_accum"], threshold=int(case.params["threshold"]))


@builder("accumulate_e_direct")
def accumulate_e_direct(f: Function, case: Case) -> None:
    update_exponent(f, case, ["E_accum"], amount=int(case.params["step"]))


@builder("accumulate_t_direct")
def accumulate_t_direct(f: Function, case: Case) -> None:
    source = sources(f, case)
    accumulator = f.arg(case.inputs["T_accum"], "NK")
    f.result("T_accum", ops.accumulate_trit(f, source, accumulator,
                                            int(case.params["step"])))


def step_trits(f: Function, case: Case, source: list[Value]) -> None:
    """One threshold, or one per group where the case has them."""
    state = [f.arg(case.inputs["packed"].reshape(-1), "B"),
             f.arg(case.inputs["T_accum"], "NK")]
    by_group = "group_threshold" in case.inputs
    thresholds = per_group(f, case, "group_threshold") if by_group else None
    packed, accumulator = ops.step(
        f, source, state, group_thresholds=thresholds,
        threshold=None if by_group else int(case.params["threshold"]),
        group_size=int(case.params["group_size"]) if by_group else None,
        amount=int(case.params["step"]) if source else None)
    f.result("packed", packed)
    f.result("T_accum", accumulator)


@builder("ternary_step")
def ternary_step(f: Function, case: Case) -> None:
    step_trits(f, case, sources(f, case))


@builder("ternary_step_direct")
def ternary_step_direct(f: Function, case: Case) -> None:
    step_trits(f, case, sources(f, case))


@builder("apply_flips")
def apply_flips(f: Function, case: Case) -> None:
    step_trits(f, case, [])
