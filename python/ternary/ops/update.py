"""Exponents of two as scales (docs/spec.md, section 7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._eager import Op
from .._emit import OpFunction, enum_text, packing_text
from .._signature import (EXPONENTS, FLOATS, INT64, Array, Operand, Shape, choice,
                          expect_step, integer, logical_shape, num_groups, real,
                          weight_shape)
from ._attributes import hashable_shape

ROUNDINGS = ("nearest", "truncate")
RAGGED_MEANS = ("length", "group_size")


def effective_exponent(exponent: Array, *, group_size: int,
                       correlation: Array | None = None, step: Array | None = None,
                       strength: float = 4.0, correlate_at_zero: bool = False,
                       clamp_min: float | None = None, clamp_max: float | None = None,
                       out: Any = None) -> Any:
    """Scales `2^(E + strength * corr / max(step * group_size, 1))` (docs/spec.md 7.1).

    Without a correlation, and at step 0 unless `correlate_at_zero`, `2^E`.

    Args:
        exponent: E, int8 `[N, G]`.
        group_size: columns per exponent.
        correlation: corr, int64 `[N, G]`; goes with `step`.
        step: number of updates, int64 of rank 0 or `[1]`.
        clamp_min, clamp_max: bounds of the exponent, both or none.

    Returns:
        float32 `[N, G]`.
    """
    return _EFFECTIVE_EXPONENT(
        (exponent, correlation, step),
        (group_size, strength, correlate_at_zero, clamp_min, clamp_max), out)


def _build_effective_exponent(f: OpFunction, exponent: Operand, correlation: Operand | None,
                              step: Operand | None, group_size: int, strength: float,
                              correlate_at_zero: bool, clamp_min: float | None,
                              clamp_max: float | None) -> None:
    exponent.matrix(EXPONENTS)
    if (correlation is None) != (step is None):
        raise ValueError(f"{f.op}: expected 'correlation' and 'step' together, found "
                         f"'{'step' if correlation is None else 'correlation'}' alone")
    if correlation is not None and step is not None:
        correlation.expect_dtype(INT64)
        correlation.expect_shape(exponent.shape)
        expect_step(step)
    f.operands("ins", exponent)
    f.operands("correlation", correlation)
    f.operands("step", step)
    f.result("float32", exponent.shape)
    f.attributes(group_size=integer(f.op, "group_size", group_size, 1),
                 strength=real(f.op, "strength", strength),
                 correlate_at_zero=bool(correlate_at_zero),
                 **_bounds(f.op, clamp_min, clamp_max))


def _bounds(op: str, low: float | None, high: float | None) -> dict[str, float]:
    if low is None and high is None:
        return {}
    if low is None or high is None or not low <= high:
        raise ValueError(f"{op}: expected 'clamp_min' and 'clamp_max' together, in order, "
                         f"found {low} and {high}")
    return {"clamp_min": real(op, "clamp_min", low),
            "clamp_max": real(op, "clamp_max", high)}


def exponent_init_mean(w: Array, *, group_size: int, rounding: str = "nearest",
                       ragged: str = "length", out: Any = None) -> Any:
    """Exponents from mean magnitudes: `round(clamp(log2 m, -128, 127))` with m the mean of
    |w| over the group, 1 if that is not positive (docs/spec.md 7.2).

    Args:
        w: int8, float16, bfloat16 or float32 `[N, K]`.
        rounding: "nearest" (ties to even) or "truncate" (toward zero).
        ragged: what a short last group divides by: its "length" or the "group_size".

    Returns:
        int8 `[N, G]`.
    """
    return _EXPONENT_INIT_MEAN((w,), (group_size, rounding, ragged), out)


def _build_exponent_init_mean(f: OpFunction, w: Operand, group_size: int, rounding: str,
                              ragged: str) -> None:
    rows, columns = w.matrix(("int8", *FLOATS)).shape
    size = integer(f.op, "group_size", group_size, 1)
    f.operands("ins", w)
    f.result("int8", (rows, num_groups(columns, size)))
    f.attributes(group_size=size, **_init_rule(f.op, rounding, ragged))


def _init_rule(op: str, rounding: str, ragged: str) -> dict[str, str]:
    """How exponents follow from mean magnitudes."""
    return {
        "rounding": enum_text("exponent_rounding",
                              choice(op, "rounding", rounding, ROUNDINGS)),
        "ragged": enum_text("ragged_mean", choice(op, "ragged", ragged, RAGGED_MEANS))}


def exponent_init_dim(width: int, shape: Iterable[int], *, out: Any = None) -> Any:
    """One exponent for a layer from its width K, in every element:
    `clamp(round(log2(max(0.5 * K^-0.5, 2^-8))), -8, 0)` (docs/spec.md 7.3).

    Args:
        width: K; below 1 it counts as 1.
        shape: (N, G), the shape of the result.

    Returns:
        int8 `[N, G]`.
    """
    shape = hashable_shape("exponent_init_dim", shape)
    scalars = (integer("exponent_init_dim", "width", width),)
    return _EXPONENT_INIT_DIM((), (shape,), out, scalars)


def _build_exponent_init_dim(f: OpFunction, shape: Shape) -> None:
    f.scalar("ins", "width", "index")
    f.result("int8", logical_shape(f.op, shape))


def regroup_scale(weight: Array, exponent: Array, correlation: Array, step: Array, *,
                  old_group_size: int, group_size: int, shape: Iterable[int] | None = None,
                  packing: str | None = None, rounding: str = "nearest",
                  ragged: str = "length", out: Any = None) -> Any:
    """The state of the exponents for another group size (docs/spec.md 7.4). Where the
    number of groups changes, exponents are those of `exponent_init_mean` of the trits, and
    correlation and step become 0; where it stays, all three are copied.

    Args:
        weight: trits, int8 `[N, K]`, or with `packing` their bytes, int8 or uint8.
        exponent: int8 `[N, ceil(K / old_group_size)]`.
        correlation: int64 of that shape.
        step: int64 of rank 0 or `[1]`.
        shape: the logical shape (N, K), needed with `packing`.
        rounding, ragged: as in `exponent_init_mean`.

    Returns:
        exponent int8 `[N, G]`, correlation int64 `[N, G]` and step int64 as given.
    """
    shape = None if shape is None else hashable_shape("regroup_scale", shape)
    return _REGROUP_SCALE((weight, exponent, correlation, step),
                          (old_group_size, group_size, shape, packing, rounding, ragged),
                          out)


def _build_regroup_scale(f: OpFunction, weight: Operand, exponent: Operand,
                         correlation: Operand, step: Operand, old_group_size: int,
                         group_size: int, shape: Shape | None, packing: str | None,
                         rounding: str, ragged: str) -> None:
    rows, columns = weight_shape(weight, shape, packing)
    old = integer(f.op, "old_group_size", old_group_size, 1)
    new = integer(f.op, "group_size", group_size, 1)
    exponent.expect_dtype(EXPONENTS)
    exponent.expect_shape((rows, num_groups(columns, old)))
    correlation.expect_dtype(INT64)
    correlation.expect_shape(exponent.shape)
    expect_step(step)
    f.operands("ins", weight)
    f.shape(rows, columns)
    f.operands("state", exponent, correlation, step)
    f.result("int8", (rows, num_groups(columns, new)))
    f.result("int64", (rows, num_groups(columns, new)))
    f.result("int64", step.shape)
    f.attributes(packing=packing_text(packing), old_group_size=old, group_size=new,
                 **_init_rule(f.op, rounding, ragged))


_EFFECTIVE_EXPONENT = Op("effective_exponent", ("exponent", "correlation?", "step?"),
                         _build_effective_exponent)
_EXPONENT_INIT_MEAN = Op("exponent_init_mean", ("w",), _build_exponent_init_mean)
_EXPONENT_INIT_DIM = Op("exponent_init_dim", (), _build_exponent_init_dim)
_REGROUP_SCALE = Op("regroup_scale", ("weight", "exponent", "correlation", "step"),
                    _build_regroup_scale)
