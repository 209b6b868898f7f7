"""Linear layers, the embedding and the norm (docs/spec.md, section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from .._eager import Op
from .._emit import OpFunction, packing_text
from .._signature import (ELEMENTS, FLOAT32, FLOATS, Array, Operand, Shape, dtype_choice,
                          expect_scale_shape, expect_scales, expect_weight,
                          given_group_size, integer, num_groups, real, weight_shape)
from ._attributes import hashable_shape, operand_list

SCALES = ("float32", "int8")
HALVES = ("float16", "bfloat16")


def bitlinear(x: Array, weights: Array | Sequence[Array], *,
              out_features: int | None = None,
              scales: Array | Sequence[Array] | None = None,
              activation_scale: Array | None = None, bias: Array | None = None,
              packing: str | None = None, group_size: int | None = None,
              round_operands: object = None, dtype: object = None, out: Any = None) -> Any:
    """Linear layer with ternary weights (BitNet b1.58, arXiv 2402.17764; docs/spec.md 6.1):
    `y = sum_c (x W_c^T) * scale_c * activation_scale + bias`, in this order.

    Dot products of int8 activations are exact in int32; everything else is float32. A
    scale `[N, G]` multiplies each group's sum before the groups are added. Kernels read
    the packings "cpu_panel2" and "cpu_rows2" fastest, by far for few tokens; `repack`
    makes them from any other.

    Args:
        x: int8, float16, bfloat16 or float32 `[..., K]`.
        weights: trits, int8 `[N, K]`, or with `packing` their bytes, int8 or uint8; one
            array, or a sequence of components.
        out_features: N, needed with `packing` or without a component.
        scales: one per component, or none: float32, or exponents e of 2^e as int8; of rank
            0, `[N]`, `[N, G]` or in blocks of R rows `[ceil(N / R), G, R]`.
        activation_scale: float32 `[...]`, such as the "multiplier" of
            `quantize_activation`.
        bias: int32, float16, bfloat16 or float32 `[N]`.
        group_size: columns per scale, exactly with scales of rank 2 or 3.
        round_operands: float16 or bfloat16: the activation and `scale * trit` are rounded
            to it before they are multiplied; for float activations.
        dtype: of the result: float32 (default), float16, bfloat16, or int32 for the exact
            sum of int8 activations, without scales and bias.

    Returns:
        `[..., N]`.
    """
    components, factors = operand_list(weights), operand_list(scales)
    op = _bitlinear_op(len(components), len(factors))
    return op((x, *components, *factors, activation_scale, bias),
              (out_features, packing, group_size, round_operands, dtype), out)


@lru_cache(maxsize=64)
def _bitlinear_op(num_components: int, num_scales: int) -> Op:
    names = ("x", *_numbered("weights", num_components), *_numbered("scales", num_scales),
             "activation_scale?", "bias?")

    def build(f: OpFunction, x: Operand, *rest: Any) -> None:
        scales_end = num_components + num_scales
        _build_bitlinear(f, x, rest[:num_components], rest[num_components:scales_end],
                         *rest[scales_end:])

    return Op("bitlinear", names, build)


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}{i}" for i in range(count)]


def _build_bitlinear(f: OpFunction, x: Operand, weights: Sequence[Operand],
                     scales: Sequence[Operand], activation_scale: Operand | None,
                     bias: Operand | None, out_features: int | None, packing: str | None,
                     group_size: int | None, round_operands: object, dtype: object) -> None:
    x = x.tokens(("int8", *FLOATS))
    columns = x.shape[-1]
    rows = _num_outputs(f.op, weights, out_features, packing)
    for weight in weights:
        expect_weight(weight, rows, columns, packing)
    size = _expect_component_scales(f.op, len(weights), scales, rows, columns, group_size)
    _expect_epilogue(x, rows, activation_scale, bias)
    plain = not scales and activation_scale is None and bias is None
    f.operands("ins", x)
    f.operands("weights", *weights)
    if scales:
        f.operands("scales", *scales)
    if activation_scale is not None:
        f.operands("activation_scale",
                   activation_scale.leave_open(len(activation_scale.shape)))
    f.operands("bias", bias)
    f.result(_result_dtype(x, plain, dtype), (*x.extents[:-1], rows))
    f.attributes(packing=packing_text(packing), group_size=size,
                 round_operands=_rounded_element(x, round_operands))


def _num_outputs(op: str, weights: Sequence[Operand], out_features: int | None,
                 packing: str | None) -> int:
    """N, which trits have and bytes need to be told."""
    if out_features is not None:
        return integer(op, "out_features", out_features, 0)
    if packing is not None or not weights:
        reason = "without weights" if packing is None else "with 'packing'"
        raise ValueError(f"{op}: expected 'out_features' {reason}, found none")
    weights[0].expect_rank(2)
    return weights[0].shape[0]


def _expect_component_scales(op: str, num_components: int, scales: Sequence[Operand],
                             rows: int, columns: int, group_size: object) -> int | None:
    """No scale or one per component. Returns the group size."""
    if scales and len(scales) != num_components:
        raise ValueError(f"{op}: expected one scale per component, found {len(scales)} "
                         f"for {num_components} components")
    grouped = any(len(scale.shape) >= 2 for scale in scales)
    size = given_group_size(op, group_size, grouped, "scales of rank 2 or 3")
    for scale in scales:
        scale.expect_dtype(SCALES)
        if len(scale.shape) == 3 and size is not None:
            block = max(scale.shape[2], 1)
            scale.expect_shape((-(-rows // block), num_groups(columns, size), block))
        else:
            expect_scale_shape(scale, rows, columns, size)
    return size


def _expect_epilogue(x: Operand, rows: int, activation_scale: Operand | None,
                     bias: Operand | None) -> None:
    if activation_scale is not None:
        activation_scale.expect_dtype(FLOAT32)
        activation_scale.expect_shape(x.shape[:-1])
    if bias is not None:
        bias.expect_dtype(("int32", *FLOATS))
        bias.expect_shape((rows,))


def _result_dtype(x: Operand, plain: bool, dtype: object) -> str:
    """`plain`: the result is the sum of the dot products."""
    name = dtype_choice(x.op, "dtype", dtype or "float32", ("int32", *FLOATS))
    if name == "int32" and not (plain and x.dtype == "int8"):
        raise ValueError(f"{x.op}: expected int8 activations and neither scales, bias nor "
                         f"activation scale with dtype int32, found {x.dtype} activations"
                         f"{'' if plain else ' and some of them'}")
    return name


def _rounded_element(x: Operand, round_operands: object) -> str | None:
    if round_operands is None:
        return None
    if x.dtype == "int8":
        raise ValueError(f"{x.op}: expected float activations with 'round_operands', "
                         "found int8")
    return rounded_element(x.op, round_operands)


def rounded_element(op: str, round_operands: object) -> str | None:
    """The element type that operands are rounded to."""
    if round_operands is None:
        return None
    return ELEMENTS[dtype_choice(op, "round_operands", round_operands, HALVES)]


def embedding(ids: Array, table: Array, *, shape: Iterable[int] | None = None,
              packing: str | None = None, scales: Array | None = None,
              group_size: int | None = None, dtype: object = "float32", out: Any = None,
              ) -> Any:
    """Rows of a ternary table: `trit[ids[...], d] * scale` (docs/spec.md 6.2).

    Args:
        ids: int32 or int64 `[...]`. An id outside 0 .. V-1 gives a row of zeros.
        table: trits, int8 `[V, D]`, or with `packing` their bytes, int8 or uint8.
        shape: the logical shape (V, D), needed with `packing`.
        scales: float32 of rank 0, `[V]` or `[V, G]`, or none.
        group_size: columns per scale, exactly with scales `[V, G]`.
        dtype: of the result: float16, bfloat16 or float32.

    Returns:
        `[..., D]`.
    """
    shape = None if shape is None else hashable_shape("embedding", shape)
    return _EMBEDDING((ids, table, scales), (shape, packing, group_size, dtype), out)


def _build_embedding(f: OpFunction, ids: Operand, table: Operand, scales: Operand | None,
                     shape: Shape | None, packing: str | None, group_size: int | None,
                     dtype: object) -> None:
    ids.expect_dtype(("int32", "int64"))
    ids = ids.leave_open(len(ids.shape))
    rows, width = weight_shape(table, shape, packing)
    size = expect_scales(f.op, scales, rows, width, group_size)
    f.operands("ins", ids)
    f.operands("table", table)
    f.shape(rows, width)
    f.operands("scales", scales)
    f.result(dtype_choice(f.op, "dtype", dtype, FLOATS), (*ids.extents, width))
    f.attributes(packing=packing_text(packing), group_size=size)


def rms_norm(x: Array, weight: Array | None = None, *, eps: float = 1e-5,
             scales: Array | None = None, packing: str | None = None,
             group_size: int | None = None, dtype: object = None, out: Any = None) -> Any:
    """Root-mean-square normalization (arXiv 1910.07467; docs/spec.md 6.3):
    `x / sqrt(mean(x^2) + eps) * weight` over the last axis, in float32.

    The normalized value is rounded to the dtype of `x` before it is multiplied.

    Args:
        x: float16, bfloat16 or float32 `[..., D]`.
        weight: float32 `[D]`; or trits, int8 `[1, D]` or with `packing` the bytes of that
            logical shape, int8 or uint8; or none.
        scales: float32 of rank 0 or `[1, G]`, with trits only.
        group_size: columns per scale, exactly with scales `[1, G]`.
        dtype: of the result: float32 (default), float16 or bfloat16.

    Returns:
        `[..., D]`.
    """
    return _RMS_NORM((x, weight, scales), (eps, packing, group_size, dtype), out)


def _build_rms_norm(f: OpFunction, x: Operand, weight: Operand | None,
                    scales: Operand | None, eps: float, packing: str | None,
                    group_size: int | None, dtype: object) -> None:
    x = x.tokens(FLOATS)
    size = expect_norm_weight(f.op, x.shape[-1], weight, scales, packing, group_size)
    f.operands("ins", x)
    f.operands("weight", weight)
    f.operands("scales", scales)
    f.result(dtype_choice(f.op, "dtype", dtype or "float32", FLOATS), x.extents)
    f.attributes(eps=real(f.op, "eps", eps), packing=packing_text(packing), group_size=size)


def expect_norm_weight(op: str, width: int, weight: Operand | None, scales: Operand | None,
                       packing: str | None, group_size: object) -> int | None:
    """Floats `[width]`, or trits `[1, width]` with scales. Returns the group size."""
    if weight is None or weight.dtype == "float32":
        if packing is not None or scales is not None:
            raise ValueError(f"{op}: expected neither 'packing' nor 'scales' without a "
                             "ternary weight, found some")
        if weight is not None:
            weight.expect_shape((width,))
    else:
        weight.expect_dtype((*FLOAT32, "int8", "uint8"))
        expect_weight(weight, 1, width, packing)
        if scales is not None and len(scales.shape) == 1:
            raise ValueError(f"{op}: operand 'scales', expected rank 0 or 2, "
                             f"found shape {scales.shape}")
    return expect_scales(op, scales, 1, width, group_size)


_EMBEDDING = Op("embedding", ("ids", "table", "scales?"), _build_embedding)
_RMS_NORM = Op("rms_norm", ("x", "weight?", "scales?"), _build_rms_norm)
