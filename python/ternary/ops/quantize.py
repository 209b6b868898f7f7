"""From floats to trits and scales (docs/spec.md, section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._eager import Op
from .._emit import OpFunction, enum_text, packing_text
from .._signature import (FLOAT32, FLOATS, Array, Operand, Shape, choice, dtype_choice,
                          expect_scales, given_group_size, integer, num_groups, real,
                          weight_shape)
from ._attributes import hashable_shape

GRANULARITIES = ("row", "tensor", "group")
METHODS = ("round", "lsq", "threshold")
SCALE_FORMS = ("multiplier", "absmax")
MAX_BLOCK = 64
NUM_STATS = 6


def absmean(w: Array, *, granularity: str = "row", group_size: int | None = None,
            eps: float = 1e-5, out: Any = None) -> Any:
    """Scales `max(mean |w|, eps)`, the absmean rule of BitNet b1.58 (arXiv 2402.17764;
    docs/spec.md 5.1).

    Args:
        w: float16, bfloat16 or float32 `[N, K]`.
        granularity: what one scale is for: a "row", the "tensor" or a "group" of
            `group_size` columns (a short last one divides by its own length).
        group_size: exactly with "group".
        eps: bound from below, in float32.

    Returns:
        float32 `[N]`, of rank 0 or `[N, G]`. NaN propagates; an empty extent gives `eps`.
    """
    return _ABSMEAN((w,), (granularity, group_size, eps), out)


def _build_absmean(f: OpFunction, w: Operand, granularity: str, group_size: int | None,
                   eps: float) -> None:
    rows, columns = w.matrix(FLOATS).shape
    choice(f.op, "granularity", granularity, GRANULARITIES)
    size = given_group_size(f.op, group_size, granularity == "group", "granularity 'group'")
    f.operands("ins", w)
    if size is not None:
        f.result("float32", (rows, num_groups(columns, size)))
    else:
        f.result("float32", (rows,) if granularity == "row" else ())
    f.attributes(eps=real(f.op, "eps", eps), group_size=size)


def ternarize(w: Array, scales: Array | None = None, *, method: str = "round",
              threshold: float | None = None, eps: float = 1e-5,
              group_size: int | None = None, out: Any = None) -> Any:
    """Trits of floats (docs/spec.md 5.2).

    "round": `clamp(round(w / scale), -1, 1)` with true division (arXiv 2402.17764).
    "lsq": the same with `max(scale, eps)` (arXiv 1902.08153).
    "threshold": `sign(w)` where `|w| > threshold`, strictly, else 0 (arXiv 1605.04711).
    A NaN quotient gives 0.

    Args:
        w: float16, bfloat16 or float32 `[N, K]`.
        scales: float32 of rank 0, `[N]` or `[N, G]`; none for "threshold".
        threshold: exactly for "threshold".
        group_size: columns per scale, exactly with scales `[N, G]`.

    Returns:
        int8 `[N, K]`.
    """
    return _TERNARIZE((w, scales), (method, threshold, eps, group_size), out)


def _build_ternarize(f: OpFunction, w: Operand, scales: Operand | None, method: str,
                     threshold: float | None, eps: float, group_size: int | None) -> None:
    rows, columns = w.matrix(FLOATS).shape
    choice(f.op, "method", method, METHODS)
    by_threshold = method == "threshold"
    expect_exactly(f.op, "threshold", threshold is not None, by_threshold, method)
    expect_exactly(f.op, "scales", scales is not None, not by_threshold, method)
    size = expect_scales(f.op, scales, rows, columns, group_size)
    f.operands("ins", w)
    f.operands("scales", scales)
    f.result("int8", (rows, columns))
    f.attributes(
        method=enum_text("method", method), eps=real(f.op, "eps", eps), group_size=size,
        threshold=None if threshold is None else real(f.op, "threshold", threshold))


def expect_exactly(op: str, name: str, given: bool, wanted: bool, method: str) -> None:
    """Something that goes with some methods only."""
    if given != wanted:
        raise ValueError(f"{op}: expected {'' if wanted else 'no '}'{name}' with method "
                         f"'{method}', found {'some' if given else 'none'}")


def quantize_activation(x: Array, *, bits: int = 8, eps: float = 1e-5,
                        scale_form: str = "multiplier", dtype: object = "int8",
                        out: Any = None) -> Any:
    """Per-token absmax quantization (arXiv 2402.17764; docs/spec.md 5.3).

    With `Q = 2^(bits-1) - 1` and `s = max(max_k |x|, eps)`:
    `q = clamp(round((x / s) * Q), -Q, Q)`, in this order of float32 operations.

    Args:
        x: float16, bfloat16 or float32 `[..., K]`.
        bits: 2 to 16, at most those of `dtype`.
        scale_form: what the scales are: "multiplier", `s / Q`, or "absmax", `s`.
        dtype: of q: int8, int16 or int32.

    Returns:
        q `[..., K]` and the scales, float32 `[...]`. A token with a NaN has a NaN scale
        and q = 0.
    """
    return _QUANTIZE_ACTIVATION((x,), (bits, eps, scale_form, dtype), out)


def _build_quantize_activation(f: OpFunction, x: Operand, bits: int, eps: float,
                               scale_form: str, dtype: object) -> None:
    x = x.tokens(FLOATS)
    name = dtype_choice(f.op, "dtype", dtype, ("int8", "int16", "int32"))
    f.operands("ins", x)
    f.result(name, x.extents)
    f.result("float32", x.extents[:-1])
    f.attributes(
        bits=integer(f.op, "bits", bits, 2, min(16, int(name.removeprefix("int")))),
        eps=real(f.op, "eps", eps), scale_form=scale_form_text(f.op, scale_form))


def scale_form_text(op: str, name: str) -> str:
    return enum_text("scale_form", choice(op, "scale_form", name, SCALE_FORMS))


def dequantize_activation(q: Array, scales: Array, *, bits: int = 8,
                          scale_form: str = "multiplier", out: Any = None) -> Any:
    """What quantized activations stand for: `q * scale` ("multiplier") or
    `(q / Q) * scale` ("absmax") with `Q = 2^(bits-1) - 1` (docs/spec.md 5.4).

    Args:
        q: int8, int16 or int32 `[..., K]`.
        scales: float32 `[...]`.
        bits: 2 to 16.
        scale_form: what `scales` are, as in `quantize_activation`.

    Returns:
        float32 `[..., K]`.
    """
    return _DEQUANTIZE_ACTIVATION((q, scales), (bits, scale_form), out)


def _build_dequantize_activation(f: OpFunction, q: Operand, scales: Operand, bits: int,
                                 scale_form: str) -> None:
    q = q.tokens(("int8", "int16", "int32"))
    scales.expect_dtype(FLOAT32)
    scales.expect_shape(q.shape[:-1])
    f.operands("ins", q)
    f.operands("scales", scales.leave_open(len(scales.shape)))
    f.result("float32", q.extents)
    f.attributes(bits=integer(f.op, "bits", bits, 2, 16),
                 scale_form=scale_form_text(f.op, scale_form))


def sparsify(x: Array, *, magnitude: Array | None = None, n: int = 2, m: int = 4,
             out: Any = None) -> Any:
    """N:M sparsity (arXiv 2104.08378; docs/spec.md 5.5): in each aligned block of `m`
    columns the `m - n` entries of smallest magnitude become 0.

    On a tie the lower column is zeroed first; NaN counts as largest. A short last block is
    extended by zeros, which take part.

    Args:
        x: int8, float16, bfloat16 or float32 `[N, K]`.
        magnitude: what the choice looks at instead of `x`, such as latent weights; one of
            the same dtypes, `[N, K]`.
        n, m: how many stay of how many; `0 <= n <= m`, `1 <= m <= 64`.

    Returns:
        `[N, K]` in the dtype of `x`.
    """
    return _SPARSIFY((x, magnitude), (n, m), out)


def _build_sparsify(f: OpFunction, x: Operand, magnitude: Operand | None, n: int, m: int,
                    ) -> None:
    x.matrix(("int8", *FLOATS))
    if magnitude is not None:
        magnitude.expect_dtype(("int8", *FLOATS))
        magnitude.expect_shape(x.shape)
    block = integer(f.op, "m", m, 1, MAX_BLOCK)
    f.operands("ins", x)
    f.operands("magnitude", magnitude)
    f.result(x.dtype, x.extents)
    f.attributes(n=integer(f.op, "n", n, 0, block), m=block)


def nonzero_mask(weight: Array, shape: Iterable[int] | None = None,
                 packing: str | None = None, *, out: Any = None) -> Any:
    """Where the trits are not 0 (docs/spec.md 5.6).

    Args:
        weight: trits, int8 `[N, K]`, or with `packing` their bytes, int8 or uint8.
        shape: the logical shape (N, K), needed with `packing`.

    Returns:
        bool `[N, K]`.
    """
    shape = None if shape is None else hashable_shape("nonzero_mask", shape)
    return _NONZERO_MASK((weight,), (shape, packing), out)


def _build_nonzero_mask(f: OpFunction, weight: Operand, shape: Shape | None,
                        packing: str | None) -> None:
    rows, columns = weight_shape(weight, shape, packing)
    f.operands("ins", weight)
    f.result("bool", (rows, columns))
    f.attributes(packing=packing_text(packing))


def decompose(w: Array, components: int, *, granularity: str = "row", eps: float = 1e-5,
              out: Any = None) -> Any:
    """Greedy decomposition into C ternary components (after arXiv 1706.02021;
    docs/spec.md 5.7): with `r = w` at first, each component has `gamma = absmean(r)` and
    `t = ternarize(r, gamma)`, and leaves `r = r - gamma * t` in float32.

    Args:
        w: float32 `[N, K]`.
        components: C, which may be 0.
        granularity: one gamma per "row" or one for the "tensor".

    Returns:
        The trits, int8 `[C, N, K]`, and the scales, float32 `[C, N]` or `[C]`.
    """
    return _DECOMPOSE((w,), (components, granularity, eps), out)


def _build_decompose(f: OpFunction, w: Operand, components: int, granularity: str,
                     eps: float) -> None:
    rows, columns = w.matrix(FLOAT32).shape
    count = integer(f.op, "components", components, 0)
    choice(f.op, "granularity", granularity, ("row", "tensor"))
    f.operands("ins", w)
    f.result("int8", (count, rows, columns))
    f.result("float32", (count, rows) if granularity == "row" else (count,))
    f.attributes(eps=real(f.op, "eps", eps))


def deadzone_stats(w: Array, *, band: float = 0.1, eps: float = 1e-5, out: Any = None,
                   ) -> Any:
    """How weights lie about the rounding boundary (docs/spec.md 5.8).

    With alpha the absmean of the matrix and `r = |w / alpha|`, the six values are alpha;
    the fractions of trits -1, 0 and +1; the fraction with `|r - 0.5| < band`; the fraction
    with `w != 0` and `r < 0.5 - band`.

    Args:
        w: float32 `[N, K]`.
        band: half the width of the boundary, in units of alpha.

    Returns:
        float32 `[6]`. An empty matrix has alpha = eps and zeros.
    """
    return _DEADZONE_STATS((w,), (band, eps), out)


def _build_deadzone_stats(f: OpFunction, w: Operand, band: float, eps: float) -> None:
    f.operands("ins", w.matrix(FLOAT32))
    f.result("float32", (NUM_STATS,))
    f.attributes(band=real(f.op, "band", band), eps=real(f.op, "eps", eps))


_ABSMEAN = Op("absmean", ("w",), _build_absmean)
_TERNARIZE = Op("ternarize", ("w", "scales?"), _build_ternarize)
_QUANTIZE_ACTIVATION = Op("quantize_activation", ("x",), _build_quantize_activation)
_DEQUANTIZE_ACTIVATION = Op("dequantize_activation", ("q", "scales"),
                            _build_dequantize_activation)
_SPARSIFY = Op("sparsify", ("x", "magnitude?"), _build_sparsify)
_NONZERO_MASK = Op("nonzero_mask", ("weight",), _build_nonzero_mask)
_DECOMPOSE = Op("decompose", ("w",), _build_decompose)
_DEADZONE_STATS = Op("deadzone_stats", ("w",), _build_deadzone_stats)
