"""The upstream ops that the runners put beside those of the dialect."""

from __future__ import annotations

from collections.abc import Sequence

from ir import Dims, Function, Value


def fill(f: Function, dims: Dims, element: str, literal: str) -> Value:
    """A tensor of one value."""
    init = f.empty(dims, element)
    scalar = f.value(f"arith.constant {literal} : {element}", ("scalar",), element)
    return f.value(f"linalg.fill ins({scalar.name} : {element}) "
                   f"outs({init.name} : {f.type(init)}) -> {f.type(init)}", dims, element)


def generic(f: Function, inputs: Sequence[Value], init: Value, loops: str,
            accesses: Sequence[str], body: str) -> Value:
    """`accesses` names the loops that index each input and at last `init`; a loop
    that does not index `init` is a reduction. `body` is the text of one operation
    on `%in0`, `%in1` .. and `%out`, or of several, and defines `%r`."""
    maps = ", ".join(f"affine_map<({', '.join(loops)}) -> ({', '.join(access)})>"
                     for access in accesses)
    kinds = ", ".join('"parallel"' if loop in accesses[-1] else '"reduction"'
                      for loop in loops)
    types = ", ".join(f.type(value) for value in inputs)
    names = ", ".join(value.name for value in inputs)
    scalars = ", ".join([*(f"%in{i}: {value.element}" for i, value in enumerate(inputs)),
                         f"%out: {init.element}"])
    return f.value(
        f"linalg.generic {{indexing_maps = [{maps}], iterator_types = [{kinds}]}} "
        f"ins({names} : {types}) outs({init.name} : {f.type(init)}) {{\n"
        f"  ^bb0({scalars}):\n    {body}\n"
        f"    linalg.yield %r : {init.element}\n  }} -> {f.type(init)}",
        init.dims, init.element)


def sum_of_products(f: Function, inputs: Sequence[Value], dims: Dims, loops: str,
                    accesses: Sequence[str]) -> Value:
    """The f32 sum of one input, or of the products of two, over the loops that do
    not index the result."""
    body = "%r = arith.addf %out, %in0 : f32"
    if len(inputs) == 2:
        body = "%p = arith.mulf %in0, %in1 : f32\n    %r = arith.addf %out, %p : f32"
    return generic(f, inputs, fill(f, dims, "f32", "0.0"), loops, accesses, body)


def keep_where(f: Function, mask: Value, values: Value) -> Value:
    """An f32 matrix that is 0 where the mask is not set."""
    body = ("%zero = arith.constant 0.0 : f32\n"
            "    %r = arith.select %in0, %in1, %zero : f32")
    return generic(f, [mask, values], f.empty(values.dims, "f32"), "nk",
                   ["nk", "nk", "nk"], body)


def slice_at(f: Function, whole: Value, index: int) -> Value:
    """One entry of the first axis."""
    dims = whole.dims[1:]
    part = Value("", dims, whole.element)
    return f.value(f"tensor.extract_slice {whole.name}{_entry(f, dims, index)} : "
                   f"{f.type(whole)} to {f.type(part)}", dims, whole.element)


def insert_at(f: Function, whole: Value, index: int, part: Value) -> Value:
    """`whole` with another entry of the first axis."""
    return f.value(f"tensor.insert_slice {part.name} into {whole.name}"
                   f"{_entry(f, part.dims, index)} : {f.type(part)} into {f.type(whole)}",
                   whole.dims, whole.element)


def _entry(f: Function, dims: Dims, index: int) -> str:
    offsets = ", ".join([str(index), *("0" for _ in dims)])
    sizes = ", ".join(["1", *(f.size(dim) for dim in dims)])
    return f"[{offsets}] [{sizes}] [{', '.join(['1'] * (len(dims) + 1))}]"
