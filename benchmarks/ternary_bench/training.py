"""Kernels of training against OpenBLAS's rate for the same product."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from . import packings
from .driver import aligned, place
from .linear import OpenBLAS
from .operation import Operation, run_operation
from .problem import make_trits, relative_error
from .session import Entrant, Session

TOKENS = (128, 512)
GROUP = 32


@lru_cache(maxsize=2)
def floats(rows: int, columns: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng([rows, columns, seed])
    return place(rng.standard_normal((rows, columns), np.float32))


def sign_error(found: np.ndarray, sums: np.ndarray) -> float:
    """The part of the signs that are wrong, among sums that are not nearly 0."""
    clear = np.abs(sums) > 1e-3 * np.abs(sums).max()
    return float(np.mean(np.sign(sums)[clear] != found[clear]))


def grad_sign(n: int, k: int, m: int) -> Operation:
    g, x, sign = floats(m, n, 1), floats(m, k, 2), aligned((n, k), np.int8)
    return Operation(
        "train", "grad_sign", n, k, m, (g, x, sign),
        "ternary.grad_sign ins(%0, %1 : $0, $1) outs(%2 : $2)", [2],
        lambda: sign_error(sign, g.T @ x))


def accumulate_correlation(n: int, k: int, m: int) -> Operation:
    g, x, trits = floats(m, n, 1), floats(m, k, 2), make_trits(n, k)
    weight = place(packings.base3(trits))
    groups = -(-k // GROUP)
    correlation, step = aligned((n, groups), np.int64), aligned((1,), np.int64)

    def verify() -> float:
        votes = np.sign(g[:, :64].T @ x) * trits[:64]
        padded = np.pad(votes, ((0, 0), (0, -k % GROUP)))
        wanted = -padded.reshape(len(votes), groups, GROUP).sum(axis=2)
        return relative_error(correlation[:64], wanted)

    return Operation(
        "train", "accumulate_correlation", n, k, m, (g, x, weight, correlation, step),
        f"ternary.accumulate_correlation ins(%0, %1 : $0, $1) weight(%2 : $2)"
         f" shape({n}, {k}) outs(%3, %4 : $3, $4) {{packing = #ternary.packing<base3>,"
         f" group_size = {GROUP} : i64}}", [3, 4], verify, "base3",
        # A sign of a sum that is nearly 0 depends on the order of its terms.
        tolerance=5e-3)


def grad_input(n: int, k: int, m: int) -> Operation:
    g, trits = floats(m, n, 1), make_trits(n, k)
    weight, scale = place(packings.chimera(trits)), aligned((n,), np.float32)
    scale[...] = 0.03125
    out = aligned((m, k), np.float32)
    return Operation(
        "train", "grad_input", n, k, m, (g, weight, scale, out),
        "ternary.grad_input ins(%0 : $0) weight(%1 : $1) scales(%2 : $2)"
         " outs(%3 : $3) {packing = #ternary.packing<chimera>}", [3],
        lambda: relative_error(out[:8], g[:8] @ (trits * np.float32(0.03125))), "chimera")


OPERATIONS = (grad_sign, accumulate_correlation, grad_input)


def enter_openblas(session: Session, operation: Operation, blas: OpenBLAS,
                   threads: int) -> Entrant:
    """The same product by sgemm: into [n, k], or into [m, k]."""
    n, k, m = operation.n, operation.k, operation.m
    g = operation.arguments[0]
    if operation.op == "grad_input":
        weights = make_trits(n, k) * np.float32(0.03125)
        problem = (False, False), (m, k, n), g, weights, aligned((m, k), np.float32)
    else:
        x, out = operation.arguments[1], aligned((n, k), np.float32)
        problem = (True, False), (n, k, m), g, x, out
    blas.library.set_threads(threads)
    runner = session.driver.gemm(blas.library.sgemm, *problem)
    return Entrant(runner, blas.name, "f32", blas.library.core, 0)


def run(session: Session) -> None:
    choices = session.choices
    square = [(n, k) for n, k in choices.shapes if n == k] or choices.shapes
    blas = next((peer for peer in session.peers if isinstance(peer, OpenBLAS)), None)
    for n, k in square:
        for m in choices.m or (TOKENS[:1] if choices.quick else TOKENS):
            for make in OPERATIONS:
                operation = make(n, k, m)
                operation.products = n * k * m
                for threads in choices.threads:
                    others = ([enter_openblas(session, operation, blas, threads)]
                              if blas else [])
                    limit = session.driver.fma(operation.products, threads)
                    run_operation(session, operation, threads, others, limit,
                                  lambda time: {"limit_us": time.median,
                                                "compute_us": time.median})
