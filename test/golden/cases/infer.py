"""Linear layers, norms and the embedding."""

from __future__ import annotations

import numpy as np

import ops
from ir import ELEMENTS, Function, Value

from .quantize import latent_trits
from .registry import Case, as_matrix, builder, grouped, leading
from .update import scales_of_exponents


@builder("bitlinear_packed")
def bitlinear_packed(f: Function, case: Case) -> None:
    """The seed expands the weights to the element type of x, so f16 activations
    round both operands; the result has the element type of x (D8)."""
    trits, alpha = latent_trits(f, case)
    packed = ops.pack(f, trits, "chimera")
    x, bias = case.inputs["x"], case.inputs.get("bias")
    activation = f.arg(x, leading(x, "K"))
    half = activation.element == "f16"
    f.result("y", ops.bitlinear(
        f, activation, [packed], "N", scales=[alpha], packing="chimera",
        bias=None if bias is None else f.arg(bias.reshape(-1), "N"),
        element=activation.element, round_operands="f16" if half else None))
    f.result("packed", packed)
    f.result("alpha", alpha)
    if "dense_w" in case.outputs:
        element = ELEMENTS[case.outputs["dense_w"].dtype.name]
        f.result("dense_w", ops.dequantize(f, packed, f.empty("NK", element), alpha,
                                           "chimera"))


def trits_of_floats(f: Function, array: np.ndarray) -> Value:
    """Trits that the vectors hold as floats."""
    return ops.ternarize(f, f.arg(as_matrix(array), "NK"), None, threshold=0.0)


def row_or_tensor(f: Function, gamma: np.ndarray, rows: int) -> Value:
    """A scale of any rank that broadcasts to [1, N]."""
    return f.arg(gamma.reshape(-1), "N") if gamma.size == rows else f.arg(
        gamma.reshape(()), "")


@builder("fn_bitlinear")
def fn_bitlinear(f: Function, case: Case) -> None:
    x, bias = case.inputs["x"], case.inputs.get("bias")
    activation = f.arg(x, leading(x, "K"))
    weight = trits_of_floats(f, case.inputs["W"])
    gamma = row_or_tensor(f, case.inputs["gamma"], f.extent_of("N"))
    f.result("y", ops.bitlinear(
        f, activation, [weight], "N", scales=[gamma],
        bias=None if bias is None else f.arg(bias.reshape(-1), "N")))


@builder("multi_ternary_linear")
def multi_ternary_linear(f: Function, case: Case) -> None:
    x, bias = case.inputs["x"], case.inputs.get("bias")
    activation = f.arg(x, leading(x, "K"))
    f.bind("N", case.inputs["W_ternary"].shape[1])
    weights = [trits_of_floats(f, w) for w in case.inputs["W_ternary"]]
    scales = [f.arg(gamma.reshape(-1), "N") for gamma in case.inputs["gammas"]]
    f.result("y", ops.bitlinear(
        f, activation, weights, "N", scales=scales,
        bias=None if bias is None else f.arg(bias.reshape(-1), "N")))


def group_scaled(f: Function, case: Case, half: bool = False) -> Value:
    """A layer in base 3 whose scales are exponents of two; `half` rounds what is
    multiplied to half precision."""
    x, bias = case.inputs["x"], case.inputs.get("bias")
    activation = f.arg(x, leading(x, "K"))
    packed = f.arg(case.inputs["packed"].reshape(-1), "B")
    scales = scales_of_exponents(f, case, case.params["shape"][0], "N", half)
    return ops.bitlinear(
        f, activation, [packed], "N", scales=[scales], packing="base3",
        group_size=int(case.params["group_size"]),
        round_operands="f16" if half else None,
        bias=None if bias is None else f.arg(bias.reshape(-1), "N"))


@builder("ternary_forward")
def ternary_forward(f: Function, case: Case) -> None:
    f.result("y", group_scaled(f, case))


@builder("ternary_forward_fp16clamp")
def ternary_forward_fp16clamp(f: Function, case: Case) -> None:
    f.result("y", group_scaled(f, case, half=True))


@builder("embedding_forward")
def embedding_forward(f: Function, case: Case) -> None:
    """D15: the vectors expect plain powers of two, without the correlation."""
    ids, group_size = case.inputs["indices"], int(case.params["group_size"])
    rows, width = int(case.params["vocab"]), int(case.params["dim"])
    indices = f.arg(ids, leading(ids, "m_last"))
    table = f.arg(case.inputs["packed"].reshape(-1), "B")
    exponent = f.arg(grouped(case.inputs["E"], rows), "VG")
    scales = ops.effective_exponent(f, exponent, group_size)
    init = f.dest((*indices.dims, "D"), "f32", (*ids.shape, width))
    clauses = {"ins": [indices], "table": [table], "scales": [scales]}
    f.result("y", f.op("embedding", clauses, [init], shape=("V", "D"),
                       packing="#ternary.packing<base3>", group_size=group_size)[0])


@builder("rmsnorm")
def rmsnorm(f: Function, case: Case) -> None:
    """D8: the vectors expect f32 from half-precision input."""
    array, eps = case.inputs["x"], float(case.params["eps"])
    x = f.arg(array, leading(array, "D"))
    weight = f.arg(case.inputs["weight"], "D")
    element = ELEMENTS[case.outputs["y"].dtype.name]
    f.result("y", ops.rms_norm(f, x, weight, element, eps))
    if "grad_y" not in case.inputs:
        return
    grad = f.arg(case.inputs["grad_y"], x.dims)
    grad_x, grad_weight = f.op(
        "rms_norm_backward", {"ins": [x, grad], "weight": [weight]},
        [f.empty(x.dims, "f32"), f.empty("D", "f32")], eps=eps)
    f.result("grad_x", grad_x)
    f.result("grad_weight", grad_weight)


def ternary_norm(f: Function, case: Case, correlated: bool) -> None:
    """A norm whose weight is packed trits [1, D] times powers of two."""
    array, group_size = case.inputs["x"], int(case.params["group_size"])
    x = f.arg(array, leading(array, "D"))
    packed = f.arg(case.inputs["packed"].reshape(-1), "B")
    if correlated:
        scales = scales_of_exponents(f, case, 1, 1)
    else:
        exponent = f.arg(grouped(case.inputs["E"], 1), (1, "G"))
        scales = ops.effective_exponent(f, exponent, group_size)
    f.result("y", ops.rms_norm(f, x, packed, "f32", float(case.params["eps"]), scales,
                               "base3", group_size))


@builder("ternary_rmsnorm_forward")
def ternary_rmsnorm_forward(f: Function, case: Case) -> None:
    ternary_norm(f, case, correlated=False)


@builder("ternary_rmsnorm_corr_forward")
def ternary_rmsnorm_corr_forward(f: Function, case: Case) -> None:
    ternary_norm(f, case, correlated=True)
