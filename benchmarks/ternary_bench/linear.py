"""Timing of a layer: ours, the peers, the limits, by turns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import ir
from .driver import (INPUTS, BenchError, CProblem, Kernel, LibraryPeer, Runner, Times,
                     aligned)
from .problem import (WEIGHT_SCALE, Layer, expected, make_activations, make_scales,
                      make_trits, relative_error)
from .session import Entrant, Row, Session

# Relative errors that are let pass. Peers that quantize in another way than we do
# differ by that; equal integers and float sums in another order hardly differ.
QUANTIZED_OTHERWISE, SAME_INTEGERS, SAME_FLOATS, SAME_HALVES = 2e-2, 1e-5, 1e-4, 2e-3


def tolerance(layer: Layer) -> float:
    if layer.input == "f16":
        return SAME_HALVES
    return SAME_FLOATS if layer.is_float else SAME_INTEGERS


class Peer:
    """Somebody else's implementation. `inputs` are the ones that it takes."""

    name: str
    inputs: tuple[str, ...]
    tolerance: float | None = None

    def enter(self, layer: Layer, y: np.ndarray) -> Entrant:
        """Ready to be timed, with results in y; raises BenchError."""
        raise NotImplementedError


class LibraryEntry(Peer):
    """A peer of a library that follows peer.h."""

    def __init__(self, peer: LibraryPeer):
        self.peer, self.name = peer, peer.name
        self.inputs = tuple(name for name, bit in INPUTS.items()
                            if peer.facts.inputs & bit)

    def enter(self, layer: Layer, y: np.ndarray) -> Entrant:
        is_int8 = layer.input == "int8"
        activations = make_activations(layer.m, layer.k)
        scale = activations.scale[0] if is_int8 else 1
        problem = CProblem(layer.n, layer.k, layer.m, layer.threads,
                           INPUTS[layer.input], WEIGHT_SCALE, scale, None)
        runner = self.peer.bind(problem, make_trits(layer.n, layer.k),
                                activations.of(layer), y, layer.walk)
        return Entrant(runner, self.name, self.peer.packing, self.peer.isa,
                       runner.bytes)


class OpenBLAS(Peer):
    """Dense f32 weights and sgemm."""

    name = "openblas_f32"
    inputs = ("f32",)

    def __init__(self, session: Session, library):
        self.session, self.library = session, library

    def enter(self, layer: Layer, y: np.ndarray) -> Entrant:
        weights = make_trits(layer.n, layer.k) * np.float32(WEIGHT_SCALE)
        self.library.set_threads(layer.threads)
        runner = self.session.driver.gemm(
            self.library.sgemm, (False, True), (layer.m, layer.n, layer.k),
            make_activations(layer.m, layer.k).x, weights, y,
            layer.walk)
        return Entrant(runner, self.name, "f32", self.library.core, runner.bytes)


def our_arguments(layer: Layer, y: np.ndarray) -> list[np.ndarray]:
    activations = make_activations(layer.m, layer.k)
    x = [activations.of(layer)]
    if layer.input == "int8":
        x.append(activations.scale)
    return [*x, make_trits(layer.n, layer.k), make_scales(layer), y]


def check_ours(layer: Layer, y: np.ndarray) -> float:
    """The error of some rows and tokens against double precision."""
    rng = np.random.default_rng(layer.n)
    rows = np.unique(np.r_[rng.integers(0, layer.n, 96), layer.n - 1])
    tokens = np.unique(np.r_[rng.integers(0, layer.m, 6), layer.m - 1])
    return relative_error(y[np.ix_(tokens, rows)], expected(layer, rows, tokens))


def enter_kernel(layer: Layer, kernel: Kernel) -> Entrant:
    dtype = np.float16 if layer.input == "f16" else np.float32
    y = aligned((layer.m, layer.n), dtype)
    # Results of a run that wrote nothing would pass as zeros otherwise.
    y[...] = np.nan
    runner = kernel.bind(our_arguments(layer, y), layer.walk)
    runner.run()
    error = check_ours(layer, y)
    if error > tolerance(layer):
        raise BenchError(f"the result is off by {error:.1e} of its size, allowed are "
                         f"{tolerance(layer):.0e}")
    return Entrant(runner, "ternary", kernel.packing, kernel.isa, kernel.bytes,
                   error, kernel.compile_ms, kernel.cpu, y)


def enter_peer(layer: Layer, peer: Peer, ours: np.ndarray) -> Entrant:
    y = aligned((layer.m, layer.n), np.float32)
    y[...] = np.nan
    entrant = peer.enter(layer, y)
    entrant.runner.run()
    allowed = peer.tolerance or (
        QUANTIZED_OTHERWISE if layer.input == "quantized" else tolerance(layer))
    entrant.error = relative_error(y, ours)
    if entrant.error > allowed:
        raise BenchError(f"its result differs from ours by {entrant.error:.1e} of its "
                         f"size, allowed are {allowed:.0e}")
    return entrant


def gather(session: Session, layer: Layer) -> list[Entrant]:
    """Everybody who computes this layer correctly, ours first."""
    where = f"{layer.suite} {layer.n}x{layer.k} m={layer.m}"
    entrants = []
    for kernel in session.kernels(ir.linear(layer), layer.threads, where,
                                  session.choices.packings):
        try:
            entrants.append(enter_kernel(layer, kernel))
        except BenchError as error:
            session.skip(f"ternary ({kernel.cpu}, {kernel.packing})", where, str(error))
    if not entrants or layer.scales != "tensor":
        return entrants
    ours = entrants[0].y
    for peer in session.peers:
        if layer.input not in peer.inputs:
            continue
        try:
            entrants.append(enter_peer(layer, peer, ours))
        except BenchError as error:
            session.skip(peer.name, where, str(error))
    return entrants


class Limits:
    """The limits of one layer: reading the weights of each size, and one peak of
    multiplication per instruction set."""

    def __init__(self, session: Session, layer: Layer, entrants: list[Entrant]):
        self.driver, self.layer = session.driver, layer
        self.reads: dict[int, Runner] = {}
        self.peaks: dict[str, Runner] = {}
        for entrant in entrants:
            if entrant.impl == "ternary":
                self.peaks.setdefault(*self.peak(entrant.isa))
                if layer.mode == "stream" or layer.m == 1:
                    self.reads.setdefault(entrant.bytes, self.driver.read(
                        entrant.runner, layer.threads))

    def peak(self, isa: str) -> tuple[str, Runner]:
        products, threads = self.layer.products, self.layer.threads
        if self.layer.is_float:
            return "", self.driver.fma(products, threads)
        try:
            # A few tokens are multiplied without tiles.
            few = isa == "avx512amx" and self.layer.m < 4
            return isa, self.driver.dot("avx512vbmi" if few else isa, products,
                                        threads)
        except BenchError:
            return isa, self.driver.dot(self.driver.best_dot(), products, threads)

    @property
    def runners(self) -> list[Runner]:
        return [*self.reads.values(), *self.peaks.values()]

    def assign(self, times: list[Times]) -> None:
        medians = [time.median for time in times]
        self.read_us = dict(zip(self.reads, medians))
        self.peak_us = dict(zip(self.peaks, medians[len(self.reads):]))

    def read(self, size: int) -> float | None:
        """The read of `size` bytes: measured, or at the rate of the nearest size."""
        if not self.read_us:
            return None
        nearest = min(self.read_us, key=lambda measured: abs(measured - size))
        return self.read_us[nearest] * size / nearest

    def compute(self, isa: str) -> float:
        """The peak of the instruction set; of the best one for peers."""
        return self.peak_us.get("" if self.layer.is_float else isa,
                                min(self.peak_us.values()))


class Neighbour:
    """A layer without tails, in the same packings."""

    def __init__(self, session: Session, layer: Layer):
        self.layer, self.entrants = layer, []
        if layer.neighbour:
            n, k, m = layer.neighbour
            self.layer = replace(layer, n=n, k=k, m=m, neighbour=None)
            self.entrants = [entrant for entrant in gather(session, self.layer)
                             if entrant.impl == "ternary"]

    @property
    def runners(self) -> list[Runner]:
        return [entrant.runner for entrant in self.entrants]

    def assign(self, times: list[Times]) -> None:
        self.us = {(entrant.cpu, entrant.packing): time.median
                   for entrant, time in zip(self.entrants, times)}

    def at_rate(self, entrant: Entrant, products: int) -> float | None:
        """The time of so many products at the rate of the neighbour."""
        us = self.us.get((entrant.cpu, entrant.packing))
        if us is None or entrant.impl != "ternary":
            return None
        return us * products / self.layer.products


def run_layer(session: Session, layer: Layer) -> None:
    """Times one layer and adds its rows."""
    entrants = gather(session, layer)
    if not entrants:
        return
    neighbour = Neighbour(session, layer)
    # The runtime of threads is loaded with the first kernel that needs it.
    session.driver.set_threads(layer.threads)
    limits = Limits(session, layer, entrants)
    times = session.driver.measure(
        [*(entrant.runner for entrant in entrants), *neighbour.runners,
         *limits.runners], session.choices.effort)
    others = len(entrants) + len(neighbour.entrants)
    neighbour.assign(times[len(entrants):others])
    limits.assign(times[others:])
    for entrant, time in zip(entrants, times):
        read, compute = limits.read(entrant.bytes), limits.compute(entrant.isa)
        session.add(Row(
            suite=layer.suite, impl=entrant.impl, op="bitlinear", n=layer.n, k=layer.k,
            m=layer.m, threads=layer.threads, mode=layer.mode, input=layer.input,
            scales=layer.scales, packing=entrant.packing, cpu=entrant.cpu,
            isa=entrant.isa, bytes=entrant.bytes, median_us=time.median, iqr_us=time.iqr,
            limit_us=max(read or 0.0, compute), read_us=read, compute_us=compute,
            neighbour_us=neighbour.at_rate(entrant, layer.products),
            products=layer.products, samples=time.samples,
            compile_ms=entrant.compile_ms, checked=entrant.error is not None,
            error=entrant.error))
    best = min((row for row in session.rows[-len(entrants):] if row.impl == "ternary"),
               key=lambda row: row.median_us)
    session.say(f"{layer.suite} {layer.n}x{layer.k} m={layer.m} {layer.threads}T "
                f"{layer.mode} {layer.input} {layer.scales}: {best.median_us:.1f} us, "
                f"{best.share:.0%} of the limit ({best.packing})")
