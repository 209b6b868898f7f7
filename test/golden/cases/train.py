"""Straight-through rules, gradients, and rounds of training."""

from __future__ import annotations

import numpy as np

import ops
import upstream
from ir import Function, Value

from .quantize import latent_trits
from .registry import Case, as_matrix, as_rows, builder, grouped, leading
from .update import scales_of_exponents


def straight_through(f: Function, variant: str, w: Value, grad: np.ndarray,
                     scales: Value | None = None) -> None:
    f.result("y", ops.ste(f, variant, w, scales))
    f.result("grad_w", ops.ste_backward(f, variant, w, f.arg(grad, "NK"))[0])


@builder("ste_clamp")
def ste_clamp(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["w"]), "NK")
    straight_through(f, "clamp", w, as_matrix(case.inputs["grad_y"]))


@builder("ste_legacy")
def ste_legacy(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["w"]), "NK")
    straight_through(f, "legacy", w, as_matrix(case.inputs["grad_y"]))


@builder("ste_identity_tensor")
def ste_identity_tensor(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["w"]), "NK")
    alpha = ops.absmean(f, w, "", case.params.get("eps"))
    straight_through(f, "identity", w, as_matrix(case.inputs["grad_y"]), alpha)


@builder("ste_identity_per_row")
def ste_identity_per_row(f: Function, case: Case) -> None:
    w = f.arg(as_rows(case.inputs["w"]), "NK")
    alpha = ops.absmean(f, w, "N", case.params.get("eps"))
    straight_through(f, "identity", w, as_rows(case.inputs["grad_y"]), alpha)


@builder("lsq")
def lsq(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["w"]), "NK")
    alpha = f.arg(case.inputs["alpha"].reshape(()), "")
    grad = f.arg(as_matrix(case.inputs["grad_y"]), "NK")
    f.result("y", ops.ste(f, "lsq", w, alpha))
    grad_w, grad_alpha = ops.ste_backward(f, "lsq", w, grad, alpha)
    f.result("grad_w", grad_w)
    f.result("grad_alpha", grad_alpha)


@builder("learnable_scale")
def learnable_scale(f: Function, case: Case) -> None:
    """The gradient is the one of the sum of the values."""
    alpha, eps = f.arg(case.inputs["alpha"], "N"), float(case.params["eps"])
    f.result("value", f.op("learnable_scale", {"ins": [alpha]}, [f.empty("N", "f32")],
                           eps=eps)[0])
    ones = upstream.fill(f, "N", "f32", "1.0")
    f.result("grad", f.op("learnable_scale_backward", {"ins": [alpha, ones]},
                          [f.empty("N", "f32")], eps=eps)[0])


@builder("bitlinear_train")
def bitlinear_train(f: Function, case: Case) -> None:
    """The layer on its latent weights; the dialect has no op for the gradient to a
    dense weight before its gate, so that is a contraction."""
    trits, alpha = latent_trits(f, case)
    w = f.arg(case.inputs["w"], "NK")
    x, grad = f.arg(case.inputs["x"], "MK"), f.arg(case.inputs["grad_y"], "MN")
    bias = case.inputs.get("bias")
    f.result("y", ops.bitlinear(f, x, [trits], "N", scales=[alpha],
                                bias=None if bias is None else f.arg(bias, "N")))
    f.result("grad_x", ops.grad_input(f, grad, trits, "K", alpha))
    dense = upstream.sum_of_products(f, [grad, x], "NK", "nkm", ["mn", "mk", "nk"])
    grad_w = ops.ste_backward(f, "clamp", w, dense, alpha)[0]
    if case.params["nm_2_4"]:
        mask = f.op("nonzero_mask", {"ins": [trits]}, [f.empty("NK", "i1")])[0]
        grad_w = upstream.keep_where(f, mask, grad_w)
    f.result("grad_w", grad_w)
    if "grad_b" in case.outputs:
        f.result("grad_b", upstream.sum_of_products(f, [grad], "N", "nm", ["mn", "n"]))


def grad_x_of_group_scaled(f: Function, case: Case, half: bool = False) -> None:
    """`half` rounds what is multiplied to half precision."""
    array, (rows, columns) = case.inputs["grad_y"], case.params["shape"]
    grad = f.arg(array, leading(array, "N"))
    packed = f.arg(case.inputs["packed"].reshape(-1), "B")
    scales = scales_of_exponents(f, case, rows, "N", half)
    f.bind("K", columns)
    f.result("grad_x", ops.grad_input(
        f, grad, packed, "K", scales, "base3", int(case.params["group_size"]),
        "f16" if half else None))


@builder("ternary_grad_x")
def ternary_grad_x(f: Function, case: Case) -> None:
    grad_x_of_group_scaled(f, case)


@builder("ternary_grad_x_fp16clamp")
def ternary_grad_x_fp16clamp(f: Function, case: Case) -> None:
    grad_x_of_group_scaled(f, case, half=True)


@builder("grad_sign")
def grad_sign(f: Function, case: Case) -> None:
    grad = f.arg(as_matrix(case.inputs["grad_y"]), "MN")
    x = f.arg(as_matrix(case.inputs["x"]), "MK")
    f.result("sign", ops.grad_sign(f, grad, x))


def embedding_sign(f: Function, case: Case) -> Value:
    """The sign [V, D] of the gradient to the table."""
    ids = f.arg(case.inputs["indices"].reshape(-1), "I")
    grad = f.arg(as_matrix(case.inputs["grad_y"]), "ID")
    f.bind("V", int(case.params["vocab"]))
    return ops.embedding_grad_sign(f, ids, grad, "V")


@builder("embedding_grad_sign")
def embedding_grad_sign(f: Function, case: Case) -> None:
    f.result("sign", embedding_sign(f, case))


@builder("embedding_backward_corr")
def embedding_backward_corr(f: Function, case: Case) -> None:
    sign = embedding_sign(f, case)
    packed = f.arg(case.inputs["packed"].reshape(-1), "B")
    state = [f.arg(grouped(case.inputs["corr"], int(case.params["vocab"])), "VG"),
             f.arg(case.inputs["step"], (1,))]
    correlation, step = ops.accumulate_correlation(
        f, [sign], packed, "VD", int(case.params["group_size"]), state)
    f.result("corr", correlation)
    f.result("step", step)


@builder("ternary_rmsnorm_backward")
def ternary_rmsnorm_backward(f: Function, case: Case) -> None:
    array, group_size = case.inputs["x"], int(case.params["group_size"])
    x = f.arg(array, leading(array, "D"))
    grad = f.arg(case.inputs["grad_y"], x.dims)
    packed = f.arg(case.inputs["packed"].reshape(-1), "B")
    exponent = f.arg(grouped(case.inputs["E"], 1), (1, "G"))
    scales = ops.effective_exponent(f, exponent, group_size)
    f.result("grad_x", ops.rms_norm_backward(
        f, x, grad, packed, float(case.params["eps"]), scales, "base3", group_size)[0])


# Rounds of forward, backward and update in one function.


def rounds(f: Function, case: Case, x: Value, grad: Value, exponent: Value) -> None:
    """Each round computes with the correlation and step that the one before left,
    beginning with 0; its own update comes behind its gradient (D12)."""
    count, group_size = x.dims[0], int(case.params["group_size"])
    packed = f.arg(case.inputs["packed"].reshape(-1), "B")
    correlation = upstream.fill(f, "NG", "i64", "0")
    step = upstream.fill(f, (1,), "i64", "0")
    outputs = {"y": f.empty((count, "M", "N"), "f32"),
               "grad_x": f.empty((count, "M", "K"), "f32"),
               "corr": f.empty((count, "N", "G"), "i64")}
    for index in range(f.extent_of(count)):
        x_now, grad_now = upstream.slice_at(f, x, index), upstream.slice_at(f, grad, index)
        scales = ops.effective_exponent(f, exponent, group_size, correlation, step,
                                        float(case.params["strength"]))
        y = ops.bitlinear(f, x_now, [packed], "N", scales=[scales], packing="base3",
                          group_size=group_size)
        grad_x = ops.grad_input(f, grad_now, packed, "K", scales, "base3", group_size)
        correlation, step = ops.accumulate_correlation(
            f, [grad_now, x_now], packed, "NK", group_size, [correlation, step])
        for name, part in (("y", y), ("grad_x", grad_x), ("corr", correlation)):
            outputs[name] = upstream.insert_at(f, outputs[name], index, part)
    for name, value in outputs.items():
        f.result(name, value)
    f.result("step", step)


def batches(f: Function, case: Case) -> tuple[Value, Value]:
    """The activations and gradients of all rounds."""
    count = case.inputs["x"].shape[0]
    return (f.arg(case.inputs["x"], (count, "M", "K")),
            f.arg(case.inputs["grad_y"], (count, "M", "N")))


@builder("corr_train_3steps")
def corr_train_3steps(f: Function, case: Case) -> None:
    """The exponent is one constant for the layer."""
    x, grad = batches(f, case)
    f.bind("G", grouped(case.outputs["corr"][0], f.extent_of("N")).shape[1])
    exponent = upstream.fill(f, "NG", "i8", str(int(case.params["E0"])))
    rounds(f, case, x, grad, exponent)


@builder("corr_stream_3steps")
def corr_stream_3steps(f: Function, case: Case) -> None:
    x, grad = batches(f, case)
    rounds(f, case, x, grad, f.arg(grouped(case.inputs["E"], f.extent_of("N")), "NG"))
