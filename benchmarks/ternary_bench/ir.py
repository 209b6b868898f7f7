"""The MLIR of what is timed."""

from __future__ import annotations

from collections.abc import Sequence

from .problem import Layer

ENTRY = "bench"


def tensor(shape: Sequence[int], element: str) -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"


def memref(shape: Sequence[int], element: str) -> str:
    return tensor(shape, element).replace("tensor", "memref")


def scale_type(layer: Layer) -> str:
    groups = [-(-layer.k // layer.group)] if layer.group else []
    shape = [] if layer.scales == "tensor" else [layer.n, *groups]
    return tensor(shape, "f32")


def linear(layer: Layer) -> str:
    """The layer: (x, x_scale if x is int8, trits, scales, init of y) -> y."""
    element = {"quantized": "f32", "int8": "i8"}.get(layer.input, layer.input)
    x, xq = (tensor([layer.m, layer.k], e) for e in (element, "i8"))
    xs = tensor([layer.m], "f32")
    w, s = tensor([layer.n, layer.k], "i8"), scale_type(layer)
    y = tensor([layer.m, layer.n], layer.input if layer.is_float else "f32")
    group = f" {{group_size = {layer.group} : i64}}" if layer.group else ""
    arguments = [f"%x: {x}"]
    body = []
    activation, scale = f"%x : {x}", ""
    if layer.input == "int8":
        arguments.append(f"%xs: {xs}")
        scale = f" activation_scale(%xs : {xs})"
    if layer.input == "quantized":
        body = [f"%qi = tensor.empty() : {xq}", f"%si = tensor.empty() : {xs}",
                f"%q, %xs = ternary.quantize_activation ins(%x : {x})"
                f" outs(%qi, %si : {xq}, {xs}) -> {xq}, {xs}"]
        activation, scale = f"%q : {xq}", f" activation_scale(%xs : {xs})"
    arguments += [f"%w: {w} {{ternary.constant}}", f"%s: {s} {{ternary.constant}}",
                  f"%y: {y}"]
    body += [f"%r = ternary.bitlinear ins({activation}) weights(%w : {w})"
             f" scales(%s : {s}){scale} outs(%y : {y}){group} -> {y}",
             f"return %r : {y}"]
    return function(arguments, [y], body)


def function(arguments: Sequence[str], results: Sequence[str],
             body: Sequence[str]) -> str:
    """A module with one function."""
    lines = "\n".join(f"  {line}" for line in body)
    return (f"func.func @{ENTRY}({', '.join(arguments)})"
            f" -> ({', '.join(results)}) {{\n{lines}\n}}\n")
