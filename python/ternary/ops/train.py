"""Straight-through rules and gradients (sections 6.4 and 8 of docs/spec.md)."""

from __future__ import annotations

from typing import Any

from .._eager import Op
from .._emit import OpFunction, enum_text, packing_text
from .._signature import (FLOAT32, FLOATS, Array, Operand, choice, dtype_choice,
                          expect_scale_shape, expect_scales, expect_weight, integer, real)
from .infer import SCALES, expect_norm_weight, rounded_element

VARIANTS = ("identity", "clamp", "legacy", "lsq")


def rms_norm_backward(x: Array, grad: Array, weight: Array, *, eps: float = 1e-5,
                      scales: Array | None = None, packing: str | None = None,
                      group_size: int | None = None, out: Any = None) -> Any:
    """Gradients of `rms_norm` (docs/spec.md 6.4).

    With `rms = sqrt(mean(x^2) + eps)`, `xn = x / rms` and `gw = grad * weight`, all in
    float32: `(gw - xn * mean(gw * xn)) / rms`, and the sum of `grad * xn` over the tokens.

    Args:
        x, grad: float32 `[..., D]`.
        weight, scales, packing, group_size: as in `rms_norm`.

    Returns:
        The gradient to x, float32 `[..., D]`; with a float weight also that to the weight,
        float32 `[D]`.
    """
    return _RMS_NORM_BACKWARD((x, grad, weight, scales), (eps, packing, group_size), out)


def _build_rms_norm_backward(f: OpFunction, x: Operand, grad: Operand, weight: Operand,
                             scales: Operand | None, eps: float, packing: str | None,
                             group_size: int | None) -> None:
    x, grad = x.tokens(FLOAT32), grad.tokens(FLOAT32)
    grad.expect_shape(x.shape)
    width = x.shape[-1]
    size = expect_norm_weight(f.op, width, weight, scales, packing, group_size)
    f.operands("ins", x, grad)
    f.operands("weight", weight)
    f.operands("scales", scales)
    f.result("float32", x.extents)
    if weight.dtype == "float32":
        f.result("float32", (width,))
    f.attributes(eps=real(f.op, "eps", eps), packing=packing_text(packing), group_size=size)


def ste(w: Array, scales: Array | None = None, *, variant: str, out: Any = None) -> Any:
    """The values that a layer in training computes with, whose gradient `ste_backward` is
    (straight-through estimators: arXiv 1308.3432; docs/spec.md 8.1).

    With `q = clamp(round(w / alpha), -1, 1)`, 0 for a NaN quotient, all in float32:
    "identity" is `w + (q * alpha - w)`, "lsq" `q * alpha + (w - w)` (arXiv 1902.08153),
    "clamp" `round(clamp(w, -1, 1))`, never -0, and "legacy" the same with -0.

    Args:
        w: float32 `[N, K]`.
        scales: alpha, float32 of rank 0 or `[N]`, exactly for "identity" and "lsq".

    Returns:
        float32 `[N, K]`.
    """
    return _STE((w, scales), (variant,), out)


def _build_ste(f: OpFunction, w: Operand, scales: Operand | None, variant: str) -> None:
    rows, columns = w.matrix(FLOAT32).shape
    choice(f.op, "variant", variant, VARIANTS)
    if (scales is not None) != (variant in ("identity", "lsq")):
        raise ValueError(f"{f.op}: expected {'no ' if scales else ''}'scales' with variant "
                         f"'{variant}', found {'some' if scales else 'none'}")
    _expect_ste_scales(scales, rows, columns)
    f.operands("ins", w)
    f.operands("scales", scales)
    f.result("float32", (rows, columns))
    f.attributes(variant=enum_text("ste_variant", variant))


def _expect_ste_scales(scales: Operand | None, rows: int, columns: int) -> None:
    """No scales, or one per row or matrix."""
    if scales is not None:
        scales.expect_dtype(FLOAT32)
        expect_scale_shape(scales, rows, columns, None)


def ste_backward(w: Array, grad: Array, scales: Array | None = None, *, variant: str,
                 out: Any = None) -> Any:
    """The gradient to w from the gradient to the values of `ste` (docs/spec.md 8.2).

    "identity" and "lsq": `grad`. "clamp": `grad` where `|w / alpha| <= 1`, the bound
    included (alpha = 1 without scales), else 0. "legacy": `clamp(grad, -1, 1)`.

    Args:
        w, grad: float32 `[N, K]`.
        scales: alpha, float32 of rank 0 or `[N]`; "lsq" needs them, "clamp" allows them.

    Returns:
        float32 `[N, K]`; for "lsq" also the gradient to alpha in the shape of `scales`: the
        sum of `grad * q` over what one alpha scales.
    """
    return _STE_BACKWARD((w, grad, scales), (variant,), out)


def _build_ste_backward(f: OpFunction, w: Operand, grad: Operand, scales: Operand | None,
                        variant: str) -> None:
    rows, columns = w.matrix(FLOAT32).shape
    grad.expect_dtype(FLOAT32)
    grad.expect_shape(w.shape)
    choice(f.op, "variant", variant, VARIANTS)
    if variant == "lsq" and scales is None:
        raise ValueError(f"{f.op}: expected 'scales' with variant 'lsq', found none")
    if scales is not None and variant not in ("clamp", "lsq"):
        raise ValueError(f"{f.op}: expected no 'scales' with variant '{variant}', "
                         "found some")
    _expect_ste_scales(scales, rows, columns)
    f.operands("ins", w, grad)
    f.operands("scales", scales)
    f.result("float32", (rows, columns))
    if scales is not None and variant == "lsq":
        f.result("float32", scales.shape)
    f.attributes(variant=enum_text("ste_variant", variant))


def learnable_scale(alpha: Array, *, eps: float = 1e-5, out: Any = None) -> Any:
    """`max(alpha, eps)`, elementwise; NaN stays (docs/spec.md 8.3).

    Args:
        alpha: float32 of any shape.

    Returns:
        float32 of that shape.
    """
    return _LEARNABLE_SCALE((alpha,), (eps,), out)


def _build_learnable_scale(f: OpFunction, alpha: Operand, eps: float) -> None:
    alpha.expect_dtype(FLOAT32)
    f.operands("ins", alpha)
    f.result("float32", alpha.shape)
    f.attributes(eps=real(f.op, "eps", eps))


def learnable_scale_backward(alpha: Array, grad: Array, *, eps: float = 1e-5,
                             out: Any = None) -> Any:
    """`grad` where `alpha >= eps`, else 0, elementwise; 0 for a NaN alpha (docs/spec.md
    8.4).

    Args:
        alpha, grad: float32 of one shape.

    Returns:
        float32 of that shape.
    """
    return _LEARNABLE_SCALE_BACKWARD((alpha, grad), (eps,), out)


def _build_learnable_scale_backward(f: OpFunction, alpha: Operand, grad: Operand,
                                    eps: float) -> None:
    alpha.expect_dtype(FLOAT32)
    grad.expect_dtype(FLOAT32)
    grad.expect_shape(alpha.shape)
    f.operands("ins", alpha, grad)
    f.result("float32", alpha.shape)
    f.attributes(eps=real(f.op, "eps", eps))


def grad_input(grad: Array, weight: Array, *, in_features: int | None = None,
               scales: Array | None = None, packing: str | None = None,
               group_size: int | None = None, round_operands: object = None,
               dtype: object = None, out: Any = None) -> Any:
    """The gradient of `bitlinear` with one component to its activations (docs/spec.md 8.5):
    `sum_n grad[..., n] * (scale * trit[n, k])`, products and sums in float32.

    Args:
        grad: float16, bfloat16 or float32 `[..., N]`.
        weight: trits, int8 `[N, K]`, or with `packing` their bytes, int8 or uint8.
        in_features: K, needed with `packing`.
        scales: float32, or exponents e of 2^e as int8; of rank 0, `[N]` or `[N, G]`.
        group_size: columns per scale, exactly with scales `[N, G]`.
        round_operands: float16 or bfloat16: the gradient and `scale * trit` are rounded to
            it before they are multiplied.
        dtype: of the result: float32 (default), float16 or bfloat16.

    Returns:
        `[..., K]`.
    """
    return _GRAD_INPUT((grad, weight, scales),
                       (in_features, packing, group_size, round_operands, dtype), out)


def _build_grad_input(f: OpFunction, grad: Operand, weight: Operand,
                      scales: Operand | None, in_features: int | None,
                      packing: str | None, group_size: int | None, round_operands: object,
                      dtype: object) -> None:
    grad = grad.tokens(FLOATS)
    rows, columns = grad.shape[-1], _num_inputs(weight, in_features, packing)
    expect_weight(weight, rows, columns, packing)
    size = expect_scales(f.op, scales, rows, columns, group_size, SCALES)
    f.operands("ins", grad)
    f.operands("weight", weight)
    f.operands("scales", scales)
    f.result(dtype_choice(f.op, "dtype", dtype or "float32", FLOATS),
             (*grad.extents[:-1], columns))
    f.attributes(packing=packing_text(packing), group_size=size,
                 round_operands=rounded_element(f.op, round_operands))


def _num_inputs(weight: Operand, in_features: int | None, packing: str | None) -> int:
    """K, which trits have and bytes need to be told."""
    if in_features is not None:
        return integer(weight.op, "in_features", in_features, 0)
    if packing is not None:
        raise ValueError(f"{weight.op}: expected 'in_features' with 'packing', found none")
    weight.expect_rank(2)
    return weight.shape[1]


def grad_sign(grad: Array, x: Array, *, out: Any = None) -> Any:
    """The sign of the gradient to the weights of a linear layer (docs/spec.md 8.6):
    `sign(sum_m grad[m, n] * x[m, k])`, the sum in float32 by fused multiply-add in
    ascending order of m; 0 for 0 and NaN.

    Args:
        grad: float32 `[M, N]`.
        x: float32 `[M, K]`.

    Returns:
        int8 `[N, K]`.
    """
    return _GRAD_SIGN((grad, x), (), out)


def _build_grad_sign(f: OpFunction, grad: Operand, x: Operand) -> None:
    grad, x = token_matrices(grad, x)
    f.operands("ins", grad, x)
    f.result("int8", (grad.shape[1], x.shape[1]))


def token_matrices(grad: Operand, x: Operand) -> tuple[Operand, Operand]:
    """A gradient and activations, float32 with one row per token."""
    grad.matrix(FLOAT32)
    x.matrix(FLOAT32)
    x.expect_shape((grad.shape[0], x.shape[1]))
    return grad.leave_open(1), x.leave_open(1)


def embedding_grad_sign(ids: Array, grad: Array, rows: int, *, out: Any = None) -> Any:
    """The sign of the gradient to an embedding table (docs/spec.md 8.7): of the float32
    sum of `grad[i, d]` over all i with `ids[i] = v`, in ascending order of i; 0 for rows
    that no id names.

    Args:
        ids: int32 or int64 `[I]`. An id outside 0 .. V-1 adds to nothing.
        grad: float32 `[I, D]`.
        rows: V.

    Returns:
        int8 `[V, D]`.
    """
    return _EMBEDDING_GRAD_SIGN((ids, grad), (rows,), out)


def _build_embedding_grad_sign(f: OpFunction, ids: Operand, grad: Operand, rows: int,
                               ) -> None:
    ids.expect_dtype(("int32", "int64"))
    ids.expect_rank(1)
    grad.matrix(FLOAT32)
    grad.expect_shape((ids.shape[0], grad.shape[1]))
    f.operands("ins", ids.leave_open(1), grad.leave_open(1))
    f.result("int8", (integer(f.op, "rows", rows, 0), grad.shape[1]))


_RMS_NORM_BACKWARD = Op("rms_norm_backward", ("x", "grad", "weight", "scales?"),
                        _build_rms_norm_backward)
_STE = Op("ste", ("w", "scales?"), _build_ste)
_STE_BACKWARD = Op("ste_backward", ("w", "grad", "scales?"), _build_ste_backward)
_LEARNABLE_SCALE = Op("learnable_scale", ("alpha",), _build_learnable_scale)
_LEARNABLE_SCALE_BACKWARD = Op("learnable_scale_backward", ("alpha", "grad"),
                               _build_learnable_scale_backward)
_GRAD_INPUT = Op("grad_input", ("grad", "weight", "scales?"), _build_grad_input)
_GRAD_SIGN = Op("grad_sign", ("grad", "x"), _build_grad_sign)
_EMBEDDING_GRAD_SIGN = Op("embedding_grad_sign", ("ids", "grad"),
                          _build_embedding_grad_sign)
