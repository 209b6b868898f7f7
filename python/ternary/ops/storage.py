"""pack, unpack, repack, dequantize (docs/spec.md, section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._eager import Op
from .._emit import OpFunction, enum_text, packing_text
from .._signature import (FLOATS, Array, Operand, Shape, byte_shape,
                          carried_scale_shape, choice, dtype_choice, expect_bytes,
                          expect_carried_scales, expect_scales, logical_shape,
                          weight_shape)
from ._attributes import hashable_shape

CONVERSIONS = ("trits", "truncate", "sign")


def as_bytes(result: Any, out: Any) -> Any:
    """Bytes that are fresh are unsigned; compiled code calls them int8."""
    return result.view("uint8") if out is None else result


def pack(trits: Array, packing: str = "chimera", *, scales: Array | None = None,
         conversion: str = "trits", out: Any = None) -> Any:
    """Packs trits into bytes (docs/spec.md 4.1).

    Args:
        trits: int8, float16, bfloat16 or float32 `[N, K]`.
        packing: name of a preset; its byte shape is `packing.byte_shape`.
        scales: float32 of `packing.scale_shape`, exactly for packings that carry scales;
            storing them as float16 rounds to nearest even.
        conversion: what becomes of values that are no trits: "trits" (there are none; one
            is packed as 0), "truncate" (toward zero to an int8, wrapping; what is then
            not -1 or +1 is 0) or "sign". NaN is 0.

    Returns:
        The bytes, uint8 of that byte shape (`out` may be int8 as well).
    """
    return as_bytes(_PACK((trits, scales), (packing, conversion), out), out)


def _build_pack(f: OpFunction, trits: Operand, scales: Operand | None, packing: str,
                conversion: str) -> None:
    rows, columns = trits.matrix(("int8", *FLOATS)).shape
    shape = byte_shape(f.op, packing, rows, columns)
    expect_carried_scales(f.op, scales, packing, rows, columns)
    f.operands("ins", trits)
    f.operands("scales", scales)
    f.result("uint8", shape)
    f.attributes(packing=packing_text(packing), conversion=enum_text(
        "conversion", choice(f.op, "conversion", conversion, CONVERSIONS)))


def unpack(packed: Array, shape: Iterable[int], packing: str, *, with_scales: bool = False,
           out: Any = None) -> Any:
    """Unpacks bytes into trits (docs/spec.md 4.2).

    Args:
        packed: int8 or uint8 of the byte shape of `packing` for `shape`.
        shape: the logical shape (N, K).
        packing: name of a preset.
        with_scales: whether the scales that the bytes carry are wanted too.

    Returns:
        int8 `[N, K]`, with `with_scales` also float32 of `packing.scale_shape`. A code
        that `pack` never writes reads as the packing says.
    """
    shape = hashable_shape("unpack", shape)
    return _UNPACK((packed,), (shape, packing, with_scales), out)


def _build_unpack(f: OpFunction, packed: Operand, shape: Shape, packing: str,
                  with_scales: bool) -> None:
    rows, columns = logical_shape(f.op, shape)
    expect_bytes(packed, rows, columns, packing)
    f.operands("ins", packed)
    f.result("int8", (rows, columns))
    if with_scales:
        scale_shape = carried_scale_shape(f.op, packing, rows, columns)
        if scale_shape is None:
            raise ValueError(f"{f.op}: expected a packing that carries scales with "
                             f"'with_scales', found '{packing}'")
        f.result("float32", scale_shape)
    f.attributes(packing=packing_text(packing))


def repack(packed: Array, shape: Iterable[int], source: str, packing: str, *,
           scales: Array | None = None, out: Any = None) -> Any:
    """Bytes in the packing `source` as bytes in `packing` (docs/spec.md 4.3).

    Args:
        packed: int8 or uint8 of the byte shape of `source` for `shape`.
        shape: the logical shape (N, K).
        source, packing: names of presets.
        scales: float32 of `packing.scale_shape`, exactly where `packing` carries scales.
            Those inside `packed` are dropped; `unpack` gives them.

    Returns:
        The bytes, uint8 of the byte shape of `packing` (`out` may be int8 as well). What is
        no trit becomes 0.
    """
    shape = hashable_shape("repack", shape)
    return as_bytes(_REPACK((packed, scales), (shape, source, packing), out), out)


def _build_repack(f: OpFunction, packed: Operand, scales: Operand | None, shape: Shape,
                  source: str, packing: str) -> None:
    rows, columns = logical_shape(f.op, shape)
    expect_bytes(packed, rows, columns, source)
    result = byte_shape(f.op, packing, rows, columns)
    expect_carried_scales(f.op, scales, packing, rows, columns)
    f.operands("ins", packed)
    f.shape(rows, columns)
    f.operands("scales", scales)
    f.result("uint8", result)
    f.attributes(source=packing_text(source), packing=packing_text(packing))


def dequantize(weight: Array, shape: Iterable[int] | None = None,
               packing: str | None = None, *, scales: Array | None = None,
               group_size: int | None = None, dtype: object = "float32", out: Any = None,
               ) -> Any:
    """`T(trit[n, k]) * T(scale)`, one multiplication in the dtype T (docs/spec.md 4.4).

    Args:
        weight: trits, int8 `[N, K]`, or with `packing` their bytes, int8 or uint8.
        shape: the logical shape (N, K), needed with `packing`.
        scales: float32 of rank 0, `[N]` or `[N, G]`; without them the values are the trits.
        group_size: columns per scale, exactly with scales `[N, G]`.
        dtype: of the result: float16, bfloat16 or float32.

    Returns:
        `[N, K]`. A trit 0 times a negative scale is -0, times infinity NaN.
    """
    shape = None if shape is None else hashable_shape("dequantize", shape)
    return _DEQUANTIZE((weight, scales), (shape, packing, group_size, dtype), out)


def _build_dequantize(f: OpFunction, weight: Operand, scales: Operand | None,
                      shape: Shape | None, packing: str | None, group_size: int | None,
                      dtype: object) -> None:
    rows, columns = weight_shape(weight, shape, packing)
    size = expect_scales(f.op, scales, rows, columns, group_size)
    f.operands("ins", weight)
    f.operands("scales", scales)
    f.result(dtype_choice(f.op, "dtype", dtype, FLOATS), (rows, columns))
    f.attributes(packing=packing_text(packing), group_size=size)


_PACK = Op("pack", ("trits", "scales?"), _build_pack)
_UNPACK = Op("unpack", ("packed",), _build_unpack)
_REPACK = Op("repack", ("packed", "scales?"), _build_repack)
_DEQUANTIZE = Op("dequantize", ("weight", "scales?"), _build_dequantize)
