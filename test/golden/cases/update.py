"""Exponents of two as scales, and their initial values."""

from __future__ import annotations

import numpy as np

import ops
import upstream
from ir import Dim, Function, Value

from .registry import Case, as_matrix, builder, grouped

# D10 and D17: the seed truncates the logarithm and divides every group by the full
# group size.
SEED_EXPONENT = {"rounding": "#ternary<exponent_rounding truncate>",
                 "ragged": "#ternary<ragged_mean group_size>"}


def scales_of_exponents(f: Function, case: Case, rows: int, dim: Dim,
                        half: bool = False) -> Value:
    """Scales [rows, G] of exponent, correlation and step of a case. The seed's
    half-precision path also uses the correlation at step 0 and clamps the exponent
    (D11)."""
    exponent = f.arg(grouped(case.inputs["E"], rows), (dim, "G"))
    correlation = f.arg(grouped(case.inputs["corr"], rows), (dim, "G"))
    step = f.arg(np.array([case.params["step"]], np.int64), (1,))
    return ops.effective_exponent(
        f, exponent, int(case.params["group_size"]), correlation, step,
        strength=float(case.params["strength"]), correlate_at_zero=half or None,
        clamp_min=-14.0 if half else None, clamp_max=15.0 if half else None)


@builder("effective_scale")
def effective_scale(f: Function, case: Case) -> None:
    f.result("S", scales_of_exponents(f, case, case.params["shape"][0], "N"))


@builder("dequant_base3")
def dequant_base3(f: Function, case: Case) -> None:
    packed = f.arg(case.inputs["packed"].reshape(-1), "B")
    init = f.dest("NK", "f32", as_matrix(case.outputs["w"]).shape)
    scales = scales_of_exponents(f, case, case.params["shape"][0], "N")
    f.result("w", ops.dequantize(f, packed, init, scales, "base3",
                                 int(case.params["group_size"])))


@builder("group_exp_init_mean")
def group_exp_init_mean(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["w"]), "NK")
    init = f.dest("NG", "i8", grouped(case.outputs["E"], f.extent_of("N")).shape)
    f.result("E", f.op("exponent_init_mean", {"ins": [w]}, [init],
                       group_size=int(case.params["group_size"]), **SEED_EXPONENT)[0])


@builder("ternary_rmsnorm_init")
def ternary_rmsnorm_init(f: Function, case: Case) -> None:
    """The weight of a new norm: trits +1 and the exponents that follow from them."""
    f.bind("D", int(case.params["dim"]))
    ones = upstream.fill(f, (1, "D"), "i8", "1")
    f.result("packed", ops.pack(f, ones, "base3"))
    init = f.dest((1, "G"), "i8", (1, case.outputs["E"].size))
    f.result("E", f.op("exponent_init_mean", {"ins": [ones]}, [init],
                       group_size=int(case.params["group_size"]), **SEED_EXPONENT)[0])


@builder("tscale_to")
def tscale_to(f: Function, case: Case) -> None:
    rows, columns = case.params["shape"]
    weight = f.arg(case.inputs["packed"].reshape(-1), "B")
    exponent = f.arg(grouped(case.inputs["E"], rows), "NG")
    correlation = f.arg(grouped(case.inputs["corr"], rows), "NG")
    step = f.arg(np.array([case.params["step"]], np.int64), (1,))
    f.bind("K", columns)
    after = grouped(case.outputs["E"], rows).shape
    inits = [f.dest("NH", "i8", after), f.dest("NH", "i64", after), f.empty((1,), "i64")]
    results = f.op(
        "regroup_scale", {"ins": [weight], "state": [exponent, correlation, step]},
        inits, shape="NK", packing="#ternary.packing<base3>",
        old_group_size=int(case.params["old_group_size"]),
        group_size=int(case.params["new_group_size"]), **SEED_EXPONENT)
    for name, value in zip(("E", "corr", "step"), results, strict=True):
        f.result(name, value)
