"""Scales, trits, sparsity, activation quantization, decomposition."""

from __future__ import annotations

import ops
from ir import Function, Value

from .registry import Case, as_matrix, as_rows, builder, leading


@builder("absmean_row")
def absmean_row(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["w"]), "NK")
    f.result("alpha", ops.absmean(f, w, "N", case.params.get("eps")))


@builder("ternarize_row")
def ternarize_row(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["w"]), "NK")
    alpha = ops.absmean(f, w, "N", case.params.get("eps"))
    f.result("q", ops.ternarize(f, w, alpha))
    f.result("alpha", alpha)


@builder("ternarize_tensor")
def ternarize_tensor(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["w"]), "NK")
    alpha = ops.absmean(f, w, "", case.params.get("eps"))
    trits = ops.ternarize(f, w, alpha)
    f.result("alpha", alpha)
    f.result("signs", trits)
    f.result("values", ops.dequantize(f, trits, f.empty("NK", "f32"), alpha))


@builder("ternarize_per_row")
def ternarize_per_row(f: Function, case: Case) -> None:
    w = f.arg(as_rows(case.inputs["w"]), "NK")
    alpha = ops.absmean(f, w, "N", case.params.get("eps"))
    trits = ops.ternarize(f, w, alpha)
    f.result("alpha", alpha)
    f.result("values", ops.dequantize(f, trits, f.empty("NK", "f32"), alpha))


@builder("ternarize_threshold")
def ternarize_threshold(f: Function, case: Case) -> None:
    x = f.arg(as_matrix(case.inputs["x"]), "NK")
    trits = ops.ternarize(f, x, None, threshold=float(case.params["threshold"]))
    f.result("q", ops.dequantize(f, trits, f.empty("NK", "f32")))


@builder("weight_to_ternary")
def weight_to_ternary(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["W"]), "NK")
    rows = "N" if case.params["per_channel"] else ""
    gamma = ops.absmean(f, w, rows, case.params.get("eps"))
    trits = ops.ternarize(f, w, gamma)
    f.result("W_t", ops.dequantize(f, trits, f.empty("NK", "f32")))
    f.result("gamma", gamma)


@builder("sparsify_2_4")
def sparsify_2_4(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["w"]), "NK")
    f.result("w", ops.sparsify_2_4(f, w))


def latent_trits(f: Function, case: Case, weights: str = "w") -> tuple[Value, Value]:
    """Trits and row scales of latent weights. D6: as in the seed, 2:4 is chosen on
    the trits, so the op gets no magnitudes."""
    w = f.arg(as_matrix(case.inputs[weights]), "NK")
    alpha = ops.absmean(f, w, "N", case.params.get("eps"))
    trits = ops.ternarize(f, w, alpha)
    if case.params.get("nm_2_4"):
        trits = ops.sparsify_2_4(f, trits)
    return trits, alpha


@builder("quantize_latent_2_4")
def quantize_latent_2_4(f: Function, case: Case) -> None:
    trits, alpha = latent_trits(f, case)
    f.result("q", trits)
    f.result("packed", ops.pack(f, trits, "chimera"))
    f.result("alpha", alpha)


@builder("bitlinear_nonzero_mask")
def bitlinear_nonzero_mask(f: Function, case: Case) -> None:
    trits, _ = latent_trits(f, case)
    packed = ops.pack(f, trits, "chimera")
    mask = f.op("nonzero_mask", {"ins": [packed]}, [f.empty("NK", "i1")],
                packing="#ternary.packing<chimera>")[0]
    f.result("mask", mask)


@builder("activation_quant")
def activation_quant(f: Function, case: Case) -> None:
    array, bits = case.inputs["x"], case.params["bits"]
    x = f.arg(array, leading(array, "K"))
    form = "#ternary<scale_form absmax>"
    q, scale = f.op("quantize_activation", {"ins": [x]},
                    [f.empty(x.dims, "i32"), f.empty(x.dims[:-1], "f32")],
                    bits=bits, eps=case.params.get("eps"), scale_form=form)
    floats = f.op("dequantize_activation", {"ins": [q], "scales": [scale]},
                  [f.empty(x.dims, "f32")], bits=bits, scale_form=form)[0]
    f.result("x_quant", floats)
    f.result("scale", scale)
    if "q" in case.outputs:
        f.result("q", q)


@builder("greedy_decomposition")
def greedy_decomposition(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["W"]), "NK")
    count = int(case.params["k"])
    per_row = case.outputs["gammas"].ndim == 2
    trits, gammas = f.op(
        "decompose", {"ins": [w]},
        [f.empty((count, "N", "K"), "i8"),
         f.empty((count, "N") if per_row else (count,), "f32")],
        eps=case.params.get("eps"))
    f.result("W_ternary", trits)
    f.result("gammas", gammas)


@builder("deadzone_stats")
def deadzone_stats(f: Function, case: Case) -> None:
    w = f.arg(as_matrix(case.inputs["w"]), "NK")
    stats = f.op("deadzone_stats", {"ins": [w]}, [f.empty((6,), "f32")],
                 band=float(case.params["band"]), eps=case.params.get("eps"))[0]
    f.result("stats", stats)
