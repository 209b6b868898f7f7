"""The ops that the runners use: destinations and attributes, nothing computed."""

from __future__ import annotations

from collections.abc import Sequence

from ir import Clauses, Dims, Function, Value, packing_attribute
from layouts import byte_shape


def pack(f: Function, trits: Value, packing: str, scales: Value | None = None,
         conversion: str | None = None) -> Value:
    rows, columns = f.shape(trits)
    shape = byte_shape(packing, rows, columns)
    init = f.dest(f.bytes_dims(len(shape)), "i8", shape)
    rule = f"#ternary<conversion {conversion}>" if conversion else None
    return f.op("pack", {"ins": [trits], "scales": [scales]}, [init],
                packing=packing_attribute(packing), conversion=rule)[0]


def unpack(f: Function, packed: Value, packing: str, inits: Sequence[Value]) -> list[Value]:
    return f.op("unpack", {"ins": [packed]}, inits, packing=packing_attribute(packing))


def repack(f: Function, packed: Value, shape: Dims, source: str, init: Value,
           packing: str) -> Value:
    return f.op("repack", {"ins": [packed]}, [init], shape=shape,
                source=packing_attribute(source), packing=packing_attribute(packing))[0]


def dequantize(f: Function, weight: Value, init: Value, scales: Value | None = None,
               packing: str | None = None, group_size: int | None = None) -> Value:
    return f.op("dequantize", {"ins": [weight], "scales": [scales]}, [init],
                packing=packing_attribute(packing) if packing else None,
                group_size=group_size)[0]


def absmean(f: Function, weights: Value, dims: Dims, eps: float | None = None) -> Value:
    """Per row if `dims` are those of the rows, per tensor if there are none."""
    return f.op("absmean", {"ins": [weights]}, [f.empty(dims, "f32")], eps=eps)[0]


def ternarize(f: Function, weights: Value, scales: Value | None,
              threshold: float | None = None) -> Value:
    """By rounding with `scales`, or by the threshold."""
    method = None if threshold is None else "#ternary<method threshold>"
    return f.op("ternarize", {"ins": [weights], "scales": [scales]},
                [f.empty(weights.dims, "i8")], method=method, threshold=threshold)[0]


def sparsify_2_4(f: Function, values: Value) -> Value:
    return f.op("sparsify", {"ins": [values]}, [f.empty(values.dims, values.element)],
                n=2, m=4)[0]


def bitlinear(f: Function, x: Value, weights: Sequence[Value], rows: str,
              scales: Sequence[Value] = (), bias: Value | None = None,
              activation_scale: Value | None = None, element: str = "f32",
              packing: str | None = None, group_size: int | None = None,
              round_operands: str | None = None) -> Value:
    """`rows` names the dimension of the outputs."""
    clauses: Clauses = {"ins": [x], "weights": weights, "scales": scales,
                        "activation_scale": [activation_scale], "bias": [bias]}
    return f.op("bitlinear", clauses, [f.empty((*x.dims[:-1], rows), element)],
                packing=packing_attribute(packing) if packing else None,
                group_size=group_size, round_operands=round_operands)[0]


def effective_exponent(f: Function, exponent: Value, group_size: int,
                       correlation: Value | None = None, step: Value | None = None,
                       strength: float | None = None,
                       correlate_at_zero: bool | None = None,
                       clamp_min: float | None = None,
                       clamp_max: float | None = None) -> Value:
    clauses: Clauses = {"ins": [exponent], "correlation": [correlation], "step": [step]}
    return f.op("effective_exponent", clauses, [f.empty(exponent.dims, "f32")],
                group_size=group_size, strength=strength,
                correlate_at_zero=correlate_at_zero, clamp_min=clamp_min,
                clamp_max=clamp_max)[0]


def rms_norm(f: Function, x: Value, weight: Value, element: str, eps: float,
             scales: Value | None = None, packing: str | None = None,
             group_size: int | None = None) -> Value:
    return f.op("rms_norm", {"ins": [x], "weight": [weight], "scales": [scales]},
                [f.empty(x.dims, element)], eps=eps,
                packing=packing_attribute(packing) if packing else None,
                group_size=group_size)[0]


# Training.


def ste(f: Function, variant: str, w: Value, scales: Value | None = None) -> Value:
    return f.op("ste", {"ins": [w], "scales": [scales]}, [f.empty(w.dims, "f32")],
                variant=f"#ternary<ste_variant {variant}>")[0]


def ste_backward(f: Function, variant: str, w: Value, grad: Value,
                 scales: Value | None = None) -> list[Value]:
    """The gradient to w and, for lsq, the one to the scales."""
    inits = [f.empty(w.dims, "f32")]
    if variant == "lsq" and scales is not None:
        inits.append(f.empty(scales.dims, "f32"))
    return f.op("ste_backward", {"ins": [w, grad], "scales": [scales]}, inits,
                variant=f"#ternary<ste_variant {variant}>")


def grad_input(f: Function, grad: Value, weight: Value, columns: str,
               scales: Value | None = None, packing: str | None = None,
               group_size: int | None = None, round_operands: str | None = None) -> Value:
    """`columns` names the dimension of the activations."""
    return f.op("grad_input", {"ins": [grad], "weight": [weight], "scales": [scales]},
                [f.empty((*grad.dims[:-1], columns), "f32")],
                packing=packing_attribute(packing) if packing else None,
                group_size=group_size, round_operands=round_operands)[0]


def embedding_grad_sign(f: Function, ids: Value, grad: Value, rows: str) -> Value:
    """`rows` names the dimension of the vocabulary."""
    return f.op("embedding_grad_sign", {"ins": [ids, grad]},
                [f.empty((rows, grad.dims[-1]), "i8")])[0]


def grad_sign(f: Function, grad: Value, x: Value) -> Value:
    return f.op("grad_sign", {"ins": [grad, x]},
                [f.empty((grad.dims[-1], x.dims[-1]), "i8")])[0]


def accumulate_correlation(f: Function, source: Sequence[Value], weight: Value,
                           shape: Dims, group_size: int, state: Sequence[Value],
                           amount: Value | None = None, packing: str | None = "base3",
                           ) -> list[Value]:
    """`source` is a sign, or a gradient and activations; `state` is the correlation
    and the step."""
    return f.op("accumulate_correlation",
                {"ins": source, "weight": [weight], "amount": [amount]}, state,
                shape=shape, packing=packing_attribute(packing) if packing else None,
                group_size=group_size)


def update_exponent(f: Function, source: Sequence[Value], weight: Value, shape: Dims,
                    group_size: int, state: Sequence[Value], packing: str | None = "base3",
                    threshold: int | None = None, amount: int | None = None) -> list[Value]:
    """`state` is the exponent, given only with a threshold, and the accumulator."""
    return f.op("update_exponent", {"ins": source, "weight": [weight]}, state,
                shape=shape, packing=packing_attribute(packing) if packing else None,
                group_size=group_size, threshold=threshold, amount=amount)


def accumulate_trit(f: Function, source: Sequence[Value], accumulator: Value,
                    amount: int | None) -> Value:
    return f.op("accumulate_trit", {"ins": source}, [accumulator], amount=amount)[0]


def step(f: Function, source: Sequence[Value], state: Sequence[Value],
         threshold: int | None = None, group_thresholds: Value | None = None,
         group_size: int | None = None, amount: int | None = None,
         packing: str = "base3") -> list[Value]:
    """`state` is the bytes and the accumulator; there is one threshold, or one per
    group."""
    return f.op("step", {"ins": source, "group_thresholds": [group_thresholds]}, state,
                packing=packing_attribute(packing), threshold=threshold,
                group_size=group_size, amount=amount)


def rms_norm_backward(f: Function, x: Value, grad: Value, weight: Value, eps: float,
                      scales: Value | None = None, packing: str | None = None,
                      group_size: int | None = None) -> list[Value]:
    """The gradient to x and, for a float weight, the one to the weight."""
    inits = [f.empty(x.dims, "f32")]
    if weight.element == "f32":
        inits.append(f.empty(weight.dims, "f32"))
    return f.op("rms_norm_backward",
                {"ins": [x, grad], "weight": [weight], "scales": [scales]}, inits,
                eps=eps, packing=packing_attribute(packing) if packing else None,
                group_size=group_size)
