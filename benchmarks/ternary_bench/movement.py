"""Ops that move data, against a copy of the same bytes past the caches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from . import packings
from .driver import Times, aligned, place
from .operation import Operation, run_operation
from .problem import make_trits, relative_error
from .session import Choices, Session

CHECKED = 64  # rows
GROUP = 32


def sizes(choices: Choices) -> tuple[int, int]:
    """Trits of 128 MiB; of 16 MiB for a look; or the first shape that was given, in
    whole groups."""
    if choices.shapes_given:
        n, k = choices.shapes[0]
        return n, -(-k // GROUP) * GROUP
    return (2048 if choices.quick else 16384), 8192


def make(op: str, shape: tuple[int, int], arguments: Sequence[np.ndarray],
         code: str, results: Sequence[int], verify, packing: str = "",
         touched: int | None = None, tolerance: float = 1e-5) -> Operation:
    """Reads every argument that it does not only write, writes the results; with
    `touched` bytes in all, where that is another number."""
    size = sum(array.nbytes for array in arguments) if touched is None else touched
    n, k = shape
    return Operation("movement", op, n, k, 1, arguments, code, results, verify,
                     packing, tolerance, bytes=size)


def differs(found: np.ndarray, wanted: np.ndarray) -> float:
    """The part of the elements that differ."""
    return float(np.mean(found != wanted))


def packing_ops(n: int, k: int) -> Iterator[Operation]:
    """pack, unpack and repack."""
    trits = make_trits(n, k)
    for name in packings.PACK:
        attribute = f"{{packing = #ternary.packing<{name}>}}"
        packed = place(packings.PACK[name](trits))
        out = aligned(packed.shape, np.int8)
        yield make("pack", (n, k), (trits, out),
                   f"ternary.pack ins(%0 : $0) outs(%1 : $1) {attribute}", [1],
                   lambda out=out, packed=packed: differs(out, packed), name)
        plain = aligned((n, k), np.int8)
        yield make("unpack", (n, k), (packed, plain),
                   f"ternary.unpack ins(%0 : $0) outs(%1 : $1) {attribute}", [1],
                   lambda plain=plain: differs(plain, trits), name)
    for source, target in (("chimera", "cpu_panel2"), ("base3", "cpu_panel3"),
                           ("chimera", "base3")):
        packed = place(packings.PACK[source](trits))
        wanted = packings.PACK[target](trits)
        out = aligned(wanted.shape, np.int8)
        yield make("repack", (n, k), (packed, out),
                   f"ternary.repack ins(%0 : $0) shape({n}, {k}) outs(%1 : $1)"
                    f" {{source = #ternary.packing<{source}>,"
                    f" packing = #ternary.packing<{target}>}}", [1],
                   lambda out=out, wanted=wanted: differs(out, wanted),
                   f"{source} to {target}")


def dequantize_ops(n: int, k: int) -> Iterator[Operation]:
    trits = make_trits(n, k)
    scale = aligned((n,), np.float32)
    scale[...] = 0.5
    for name in ("chimera", "base3"):
        packed = place(packings.PACK[name](trits))
        for dtype in (np.float32, np.float16):
            out = aligned((n, k), dtype)
            kind = "f32" if dtype is np.float32 else "f16"
            yield make("dequantize", (n, k), (packed, scale, out),
                       "ternary.dequantize ins(%0 : $0) scales(%1 : $1) outs(%2 : $2)"
                        f" {{packing = #ternary.packing<{name}>}}", [2],
                       lambda out=out: differs(out[:CHECKED],
                                               trits[:CHECKED] * out.dtype.type(0.5)),
                       f"{name} to {kind}")


def float_ops(n: int, k: int) -> Iterator[Operation]:
    """absmean, ternarize, quantize_activation, dequantize_activation, rms_norm."""
    rng = np.random.default_rng(5)
    x = place(rng.standard_normal((n, k), np.float32))
    alpha, q, s = aligned((n,), np.float32), aligned((n, k), np.int8), aligned((n,), np.float32)
    few = x[:CHECKED]
    mean = np.abs(few.astype(np.float64)).mean(axis=1)
    alpha[...] = 0.8
    yield make("absmean", (n, k), (x, s),
               "ternary.absmean ins(%0 : $0) outs(%1 : $1)", [1],
               lambda: relative_error(s[:CHECKED], mean))
    yield make("ternarize", (n, k), (x, alpha, q),
               "ternary.ternarize ins(%0 : $0) scales(%1 : $1) outs(%2 : $2)", [2],
               lambda: differs(q[:CHECKED], np.clip(np.rint(few / alpha[:CHECKED, None]), -1, 1)))
    peak = np.abs(few).max(axis=1, keepdims=True)
    yield make("quantize_activation", (n, k), (x, q, s),
               "ternary.quantize_activation ins(%0 : $0) outs(%1, %2 : $1, $2)", [1, 2],
               lambda: differs(q[:CHECKED], np.rint(few / peak * np.float32(127))))
    out = aligned((n, k), np.float32)
    yield make("dequantize_activation", (n, k), (q, alpha, out),
               "ternary.dequantize_activation ins(%0 : $0) scales(%1 : $1)"
                " outs(%2 : $2)", [2],
               lambda: relative_error(out[:CHECKED], q[:CHECKED] * alpha[:CHECKED, None]))
    root = np.sqrt((few.astype(np.float64) ** 2).mean(axis=1, keepdims=True) + 1e-5)
    yield make("rms_norm", (n, k), (x, out),
               "ternary.rms_norm ins(%0 : $0) outs(%1 : $1)", [1],
               lambda: relative_error(out[:CHECKED], few / root))


def embedding_ops(n: int, k: int) -> Iterator[Operation]:
    """As many rows as make 128 MiB of f32."""
    trits = make_trits(n, k)
    rows = -(-n // 4)
    ids = place(np.random.default_rng(7).integers(0, n, rows))
    scale = aligned((n,), np.float32)
    scale[...] = 0.5
    out = aligned((rows, k), np.float32)
    for name in ("chimera", "base3"):
        table = place(packings.PACK[name](trits))
        touched = out.nbytes + table.nbytes * rows // n
        yield make("embedding", (n, k), (ids, table, scale, out),
                   f"ternary.embedding ins(%0 : $0) table(%1 : $1) shape({n}, {k})"
                    " scales(%2 : $2) outs(%3 : $3)"
                    f" {{packing = #ternary.packing<{name}>}}", [3],
                   lambda: differs(out[:CHECKED], trits[ids[:CHECKED]] * np.float32(0.5)),
                   name, touched)


def update_ops(n: int, k: int) -> Iterator[Operation]:
    """The updates of state from signs that are given."""
    rng = np.random.default_rng(9)
    sign = place(rng.integers(-1, 2, (n, k), np.int8))
    trits = make_trits(n, k)
    packed = place(packings.base3(trits))
    votes = aligned((n, k), np.int8)
    few = sign[:CHECKED].astype(np.int64)
    yield make("accumulate_trit", (n, k), (sign, votes),
               "ternary.accumulate_trit ins(%0 : $0) outs(%1 : $1)", [1],
               lambda: differs(votes[:CHECKED], -few),
               touched=sign.nbytes + 2 * votes.nbytes)
    weight = place(packings.base3(trits))
    start = aligned((n, k), np.int8)
    yield make("step", (n, k), (sign, weight, start),
               "ternary.step ins(%0 : $0) outs(%1, %2 : $1, $2)"
                " {packing = #ternary.packing<base3>, threshold = 3 : i64}", [1, 2],
               lambda: differs(start[:CHECKED], -few), "base3",
               sign.nbytes + 2 * weight.nbytes + 2 * start.nbytes)
    score = (few * trits[:CHECKED]).reshape(len(few), -1, GROUP).sum(axis=2)
    correlation, count = aligned((n, k // GROUP), np.int64), aligned((1,), np.int64)
    attributes = f"packing = #ternary.packing<base3>, group_size = {GROUP} : i64"
    yield make("accumulate_correlation", (n, k), (sign, packed, correlation, count),
               "ternary.accumulate_correlation ins(%0 : $0) weight(%1 : $1)"
                f" shape({n}, {k}) outs(%2, %3 : $2, $3) {{{attributes}}}", [2, 3],
               lambda: differs(correlation[:CHECKED], -score), "base3",
               sign.nbytes + packed.nbytes + 2 * correlation.nbytes)
    exponent, pressure = (aligned((n, k // GROUP), np.int8) for _ in range(2))
    yield make("update_exponent", (n, k), (sign, packed, exponent, pressure),
               "ternary.update_exponent ins(%0 : $0) weight(%1 : $1)"
                f" shape({n}, {k}) outs(%2, %3 : $2, $3)"
                f" {{{attributes}, threshold = 4 : i64}}", [2, 3],
               lambda: differs(pressure[:CHECKED], -np.sign(score)), "base3",
               sign.nbytes + packed.nbytes + 4 * exponent.nbytes)


def operations(choices: Choices) -> Iterator[Operation]:
    n, k = sizes(choices)
    yield from packing_ops(n, k)
    yield from dequantize_ops(-(-n // 2), k)
    yield from float_ops(-(-n // 4), k)
    yield from embedding_ops(n, k)
    yield from update_ops(n, k)


def run(session: Session) -> None:
    for operation in operations(session.choices):
        for threads in session.choices.threads:
            half = min(operation.bytes // 2, 128 << 20)

            def convert(time: Times) -> dict:
                limit = time.median * operation.bytes / (2 * half)
                return {"limit_us": limit, "copy_us": limit}

            run_operation(session, operation, threads, [],
                          session.driver.copy(half, threads), convert)
