"""The state that signs of gradients change (docs/spec.md, section 9).

A `source` is the sign of the gradient to the weights, int8 `[N, K]`, or a pair of float32
arrays `(grad [M, N], x [M, K])` from which the sign follows as in `grad_sign`. The
functions change the state that they are given in place and return None. `sat8` clamps to
int8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._eager import Op
from .._emit import OpFunction, packing_text
from .._signature import (EXPONENTS, INT64, SIGNS, Array, Operand, Shape,
                          carried_scale_shape, expect_bytes, expect_step, expect_weight,
                          given_group_size, integer, num_groups)
from ._attributes import SEQUENCES
from .train import token_matrices

Source = Array | tuple[Array, Array] | list[Array]


class SourceOp:
    """An op on a source, which is a sign, or a gradient and activations: one `Op` each.

    `build` gets the sign or the pair as one tuple, after its shape (N, K) is known.
    """

    def __init__(self, name: str, operands: tuple[str, ...], build: Callable[..., None],
                 ) -> None:
        def build_from_sign(f: OpFunction, sign: Operand, *rest: Any) -> None:
            build(f, (sign.matrix(SIGNS),), sign.shape, *rest)

        def build_from_pair(f: OpFunction, grad: Operand, x: Operand, *rest: Any) -> None:
            pair = token_matrices(grad, x)
            build(f, pair, (grad.shape[1], x.shape[1]), *rest)

        self._name = name
        self._from_sign = Op(name, ("sign", *operands), build_from_sign)
        self._from_pair = Op(name, ("grad", "x", *operands), build_from_pair)

    def __call__(self, source: Any, arrays: tuple[Any, ...], attributes: tuple[Any, ...],
                 scalars: tuple[int, ...] = ()) -> None:
        if type(source) not in SEQUENCES:
            self._from_sign((source, *arrays), attributes, None, scalars)
        elif len(source) == 2:
            self._from_pair((*source, *arrays), attributes, None, scalars)
        else:
            raise ValueError(f"{self._name}: operand 'source', expected a sign, or a "
                             f"gradient and activations, found {len(source)} arrays")


def _expect_groups(operand: Operand, shape: Shape, group_size: int, dtypes: tuple[str, ...],
                   ) -> None:
    """One element per group of a matrix of this shape."""
    operand.expect_dtype(dtypes)
    operand.expect_shape((shape[0], num_groups(shape[1], group_size)))


def _add_scored_weight(f: OpFunction, source: tuple[Operand, ...], weight: Operand,
                       shape: Shape, packing: str | None) -> None:
    """What the sums of sign times trit in each group are made of."""
    rows, columns = shape
    expect_weight(weight, rows, columns, packing)
    f.operands("ins", *source)
    f.operands("weight", weight)
    f.shape(rows, columns)


def accumulate_correlation(source: Source, weight: Array, correlation: Array, step: Array,
                           *, group_size: int, amount: int = 1, packing: str | None = None,
                           ) -> None:
    """Adds the correlation of gradient sign and trit (docs/spec.md 9.1): for each group
    `score = sum sign * trit`; `correlation -= score * amount`, `step += |amount|`.

    Args:
        source: int8 `[N, K]`, or float32 (`[M, N]`, `[M, K]`).
        weight: trits, int8 `[N, K]`, or with `packing` their bytes, int8 or uint8.
        correlation: int64 `[N, G]`; changes in place.
        step: int64 of rank 0 or `[1]`; changes in place.
        amount: any int64, which costs no compilation of its own.
    """
    _ACCUMULATE_CORRELATION(source, (weight, correlation, step), (group_size, packing),
                            (integer("accumulate_correlation", "amount", amount),))


def _build_accumulate_correlation(f: OpFunction, source: tuple[Operand, ...], shape: Shape,
                                  weight: Operand, correlation: Operand, step: Operand,
                                  group_size: int, packing: str | None) -> None:
    size = integer(f.op, "group_size", group_size, 1)
    _expect_groups(correlation, shape, size, INT64)
    expect_step(step)
    _add_scored_weight(f, source, weight, shape, packing)
    f.scalar("amount", "amount", "i64")
    f.state(correlation, step)
    f.attributes(packing=packing_text(packing), group_size=size)


def update_exponent(source: Source, weight: Array, exponent: Array, accumulator: Array, *,
                    group_size: int, threshold: int = 4, packing: str | None = None,
                    ) -> None:
    """Votes on the exponent of each group (docs/spec.md 9.2): with `score` as in
    `accumulate_correlation`, `a = sat8(accumulator - sign(score))`; e is +1 if
    `a >= threshold`, else -1 if `a <= -threshold`, else 0; `exponent = sat8(exponent + e)`,
    `accumulator = a - e * threshold`.

    Args:
        source, weight: as in `accumulate_correlation`.
        exponent, accumulator: int8 `[N, G]`; change in place.
    """
    _UPDATE_EXPONENT(source, (weight, exponent, accumulator),
                     (group_size, threshold, packing))


def _build_update_exponent(f: OpFunction, source: tuple[Operand, ...], shape: Shape,
                           weight: Operand, exponent: Operand, accumulator: Operand,
                           group_size: int, threshold: int, packing: str | None) -> None:
    size = integer(f.op, "group_size", group_size, 1)
    _expect_groups(exponent, shape, size, EXPONENTS)
    _expect_groups(accumulator, shape, size, EXPONENTS)
    _add_scored_weight(f, source, weight, shape, packing)
    f.state(exponent, accumulator)
    f.attributes(packing=packing_text(packing), group_size=size,
                 threshold=integer(f.op, "threshold", threshold))


def accumulate_exponent(source: Source, weight: Array, accumulator: Array, *,
                        group_size: int, amount: int = 1, packing: str | None = None,
                        ) -> None:
    """The vote of `update_exponent` alone (docs/spec.md 9.2):
    `accumulator = sat8(accumulator - sign(score) * amount)`.

    Args:
        source, weight: as in `accumulate_correlation`.
        accumulator: int8 `[N, G]`; changes in place.
        amount: an int64; each value is compiled on its own.
    """
    _ACCUMULATE_EXPONENT(source, (weight, accumulator), (group_size, amount, packing))


def _build_accumulate_exponent(f: OpFunction, source: tuple[Operand, ...], shape: Shape,
                               weight: Operand, accumulator: Operand, group_size: int,
                               amount: int, packing: str | None) -> None:
    size = integer(f.op, "group_size", group_size, 1)
    _expect_groups(accumulator, shape, size, EXPONENTS)
    _add_scored_weight(f, source, weight, shape, packing)
    f.state(accumulator)
    f.attributes(packing=packing_text(packing), group_size=size,
                 amount=integer(f.op, "amount", amount))


def accumulate_trit(source: Source, accumulator: Array, *, amount: int = 1) -> None:
    """Votes on each trit (docs/spec.md 9.3):
    `accumulator = sat8(accumulator - sign * amount)`.

    Args:
        source: int8 `[N, K]`, or float32 (`[M, N]`, `[M, K]`).
        accumulator: int8 `[N, K]`; changes in place.
        amount: an int64; each value is compiled on its own.
    """
    _ACCUMULATE_TRIT(source, (accumulator,), (amount,))


def _build_accumulate_trit(f: OpFunction, source: tuple[Operand, ...], shape: Shape,
                           accumulator: Operand, amount: int) -> None:
    accumulator.matrix(SIGNS)
    accumulator.expect_shape(shape)
    f.operands("ins", *source)
    f.state(accumulator)
    f.attributes(amount=integer(f.op, "amount", amount))


def step(source: Source | None, packed: Array, accumulator: Array, *, packing: str,
         threshold: int | None = None, group_thresholds: Array | None = None,
         group_size: int | None = None, amount: int = 1) -> None:
    """Flips the trits whose votes pass the threshold t (docs/spec.md 9.4): with
    `a = sat8(accumulator - sign * amount)`, the trit becomes +1 if `a > t`, else -1 if
    `a < -t`; where either holds the accumulator becomes 0, else a.

    Args:
        source: int8 `[N, K]`, or float32 (`[M, N]`, `[M, K]`), or None: a is the
            accumulator.
        packed: the trits as int8 or uint8 of the byte shape of `packing`; change in place.
        accumulator: int8 `[N, K]`; changes in place.
        packing: a preset without scales.
        threshold: t, unless there are `group_thresholds`.
        group_thresholds: t per group, int8, int32 or int64 `[N, G]`.
        group_size: columns per threshold, exactly with `group_thresholds`.
    """
    arrays = (group_thresholds, packed, accumulator)
    attributes = (packing, threshold, group_size, amount)
    if source is None:
        _APPLY_FLIPS(arrays, attributes)
    else:
        _STEP(source, arrays, attributes)


def _build_apply_flips(f: OpFunction, group_thresholds: Operand | None, packed: Operand,
                       accumulator: Operand, *attributes: Any) -> None:
    accumulator.matrix(SIGNS)
    _build_step(f, (), accumulator.shape, group_thresholds, packed, accumulator,
                *attributes)


def _build_step(f: OpFunction, source: tuple[Operand, ...], shape: Shape,
                group_thresholds: Operand | None, packed: Operand, accumulator: Operand,
                packing: str, threshold: int | None, group_size: int | None, amount: int,
                ) -> None:
    rows, columns = shape
    accumulator.expect_dtype(SIGNS)
    accumulator.expect_shape(shape)
    expect_bytes(packed, rows, columns, packing)
    if carried_scale_shape(f.op, packing, rows, columns) is not None:
        raise ValueError(f"{f.op}: expected a packing without scales, found '{packing}'")
    size = _expect_thresholds(f.op, shape, threshold, group_thresholds, group_size)
    if source:
        f.operands("ins", *source)
    f.operands("group_thresholds", group_thresholds)
    f.state(packed, accumulator)
    f.attributes(
        packing=packing_text(packing), group_size=size,
        amount=integer(f.op, "amount", amount),
        threshold=None if threshold is None else integer(f.op, "threshold", threshold))


def _expect_thresholds(op: str, shape: Shape, threshold: int | None,
                       group_thresholds: Operand | None, group_size: int | None,
                       ) -> int | None:
    """Exactly one kind of threshold. Returns the group size."""
    if (threshold is None) == (group_thresholds is None):
        raise ValueError(f"{op}: expected either 'threshold' or 'group_thresholds', found "
                         f"{'neither' if threshold is None else 'both'}")
    size = given_group_size(op, group_size, group_thresholds is not None,
                            "'group_thresholds'")
    if group_thresholds is not None and size is not None:
        _expect_groups(group_thresholds, shape, size, ("int8", "int32", "int64"))
    return size


_ACCUMULATE_CORRELATION = SourceOp("accumulate_correlation",
                                   ("weight", "correlation", "step"),
                                   _build_accumulate_correlation)
_UPDATE_EXPONENT = SourceOp("update_exponent", ("weight", "exponent", "accumulator"),
                            _build_update_exponent)
_ACCUMULATE_EXPONENT = SourceOp("update_exponent", ("weight", "accumulator"),
                                _build_accumulate_exponent)
_ACCUMULATE_TRIT = SourceOp("accumulate_trit", ("accumulator",), _build_accumulate_trit)
_STEP = SourceOp("step", ("group_thresholds?", "packed", "accumulator"), _build_step)
_APPLY_FLIPS = Op("step", ("group_thresholds?", "packed", "accumulator"),
                  _build_apply_flips)
