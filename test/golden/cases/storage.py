"""pack, unpack, dequantize in the seeds' own two packings."""

from __future__ import annotations

import numpy as np

import ops
from ir import ELEMENTS, Function, Value
from layouts import byte_shape

from .registry import Case, as_matrix, builder


@builder("pack2bit")
def pack2bit(f: Function, case: Case) -> None:
    q = f.arg(as_matrix(case.inputs["q"]), "NK")
    f.result("packed", ops.pack(f, q, "chimera", conversion="truncate"))


def packed_rows(f: Function, case: Case) -> tuple[Value, Value]:
    """The bytes that hold the first k trits of each row, and a float init [N, K]."""
    packed, k = as_matrix(case.inputs["packed"]), case.params["k"]
    used = byte_shape("chimera", packed.shape[0], k)[1]
    element = ELEMENTS[next(iter(case.outputs.values())).dtype.name]
    return (f.arg(packed[:, :used], "NB"),
            f.dest("NK", element, (packed.shape[0], k)))


@builder("unpack2bit")
def unpack2bit(f: Function, case: Case) -> None:
    packed, values = packed_rows(f, case)
    trits = ops.unpack(f, packed, "chimera", [f.empty("NK", "i8")])[0]
    f.result("values", ops.dequantize(f, trits, values))


@builder("dequant2bit")
def dequant2bit(f: Function, case: Case) -> None:
    packed, values = packed_rows(f, case)
    alpha = f.arg(case.inputs["alpha"].reshape(-1).astype(np.float32), "N")
    f.result("w", ops.dequantize(f, packed, values, alpha, "chimera"))


@builder("pack_base3")
def pack_base3(f: Function, case: Case) -> None:
    q = f.arg(as_matrix(case.inputs["q"]), "NK")
    packed = ops.pack(f, q, "base3", conversion="sign")
    f.result("packed", packed)
    f.result("pad", unused_digits(f, packed))


def unused_digits(f: Function, packed: Value) -> Value:
    """What the seed returns beside the bytes: how many of their digits are not
    used, by the shape that the verifier of pack has accepted."""
    digits, length, count, rest, pad = (f.fresh() for _ in range(5))
    f.line(f"{digits} = arith.constant 5 : index")
    f.line(f"{length} = arith.muli {f.index(packed.dims[0])}, {digits} : index")
    f.line(f"{count} = arith.muli {f.index('N')}, {f.index('K')} : index")
    f.line(f"{rest} = arith.subi {length}, {count} : index")
    f.line(f"{pad} = arith.index_cast {rest} : index to i64")
    return Value(pad, ("scalar",), "i64")


@builder("unpack_base3")
def unpack_base3(f: Function, case: Case) -> None:
    packed = f.arg(case.inputs["packed"].reshape(-1), "B")
    init = f.dest("NK", "i8", as_matrix(case.outputs["q"]).shape)
    f.result("q", ops.unpack(f, packed, "base3", [init])[0])
