"""Timing of an op on arrays: ours, others that compute the same, limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from . import ir
from .driver import BenchError, Runner, Times
from .session import Entrant, Row, Session

MLIR_TYPES = {"int8": "i8", "int64": "i64", "float16": "f16", "float32": "f32"}


@dataclass
class Operation:
    """An op as a function of arrays, some of which it writes.

    `code` is the op on memrefs, so that it works in place: a function that returns its
    argument returns a copy. `$0`, `$1` ... stand for the types of the arguments, `%0`,
    `%1` ... for the arguments. `results` are the arguments that it writes. `verify` gives the relative error of the first run.
    """

    suite: str
    op: str
    n: int
    k: int
    m: int
    arguments: Sequence[np.ndarray]
    code: str
    results: Sequence[int]
    verify: Callable[[], float]
    packing: str = ""
    tolerance: float = 1e-5
    products: int = 0
    # Bytes that a pass has to read and to write.
    bytes: int = 0

    def __post_init__(self):
        self.initial = [self.arguments[i].copy() for i in self.results]

    def reset(self) -> None:
        """State as it was at first: some ops change what they find."""
        for i, array in zip(self.results, self.initial):
            self.arguments[i][...] = array

    @property
    def name(self) -> str:
        return f"{self.op}{f' {self.packing}' if self.packing else ''}"

    def source(self) -> str:
        types = [ir.memref(array.shape, MLIR_TYPES[str(array.dtype)])
                 for array in self.arguments]
        code = self.code
        for i in reversed(range(len(types))):
            code = code.replace(f"${i}", types[i]).replace(f"%{i}", f"%a{i}")
        return ir.function([f"%a{i}: {kind}" for i, kind in enumerate(types)], [],
                           [code, "return"])


def enter(session: Session, operation: Operation, threads: int) -> list[Entrant]:
    """Our variants that compute the right thing."""
    entrants = []
    for kernel in session.kernels(operation.source(), threads, operation.name):
        operation.reset()
        try:
            runner = kernel.bind(operation.arguments)
            runner.run()
            error = operation.verify()
            if not error <= operation.tolerance:
                raise BenchError(f"the result is off by {error:.1e} of its size, "
                                 f"allowed are {operation.tolerance:.0e}")
        except BenchError as failure:
            session.skip(f"ternary ({kernel.cpu})", operation.name, str(failure))
            continue
        entrants.append(Entrant(runner, "ternary", operation.packing, kernel.isa,
                                operation.bytes, error, kernel.compile_ms, kernel.cpu))
    return entrants


def run_operation(session: Session, operation: Operation, threads: int,
                  others: Sequence[Entrant], limit: Runner,
                  convert: Callable[[Times], dict]) -> None:
    """Times the op and adds its rows; `convert` makes the limits of a row out of the
    time of `limit`."""
    entrants = [*enter(session, operation, threads), *others]
    # The runtime of threads is loaded with the first kernel that needs it.
    session.driver.set_threads(threads)
    times = session.driver.measure([*(e.runner for e in entrants), limit],
                                   session.choices.effort)
    for entrant, time in zip(entrants, times):
        session.add(Row(
            suite=operation.suite, impl=entrant.impl, op=operation.op, n=operation.n,
            k=operation.k, m=operation.m, threads=threads, mode="hot", input="",
            scales="",
            packing=entrant.packing, cpu=entrant.cpu, isa=entrant.isa, bytes=entrant.bytes,
            median_us=time.median, iqr_us=time.iqr, products=operation.products,
            samples=time.samples, compile_ms=entrant.compile_ms,
            checked=entrant.error is not None, error=entrant.error,
            **convert(times[-1])))
    if not entrants:
        return
    row = session.rows[-len(entrants)]
    session.say(f"{operation.suite} {operation.name} {operation.n}x{operation.k} "
                f"m={operation.m} {threads}T: {row.median_us:.1f} us, {row.share:.0%} of "
                "the limit")
