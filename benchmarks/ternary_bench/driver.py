"""The driver library in Python: kernels, peers, limits and their timing.

Every implementation becomes a `Runner`; `measure` times a list of them by turns.
The signatures are those of driver/Driver.cpp and peer.h.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

P, I32, I64, TEXT = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_char_p
# Bits of ternary_bench_input, by the names of Layer.input.
INPUTS = {"quantized": 1, "int8": 2}
CALLBACK = ctypes.CFUNCTYPE(None)

# Name, result, arguments.
SIGNATURES = [
    ("bench_error", TEXT, []),
    ("bench_kernel_compile", P, [TEXT, TEXT, TEXT]),
    ("bench_kernel_free", None, [P]),
    ("bench_kernel_describe", TEXT, [P]),
    ("bench_kernel_bind", P, [P, ctypes.POINTER(P), ctypes.c_size_t, I64]),
    ("bench_peers_load", ctypes.POINTER(P), [TEXT, TEXT]),
    ("bench_peer_bind", P, [P, P, P, P, P, I64]),
    ("bench_gemm_bind", P, [P, I32, I32, I64, I64, I64, P, P, P, I64]),
    ("bench_callback_bind", P, [CALLBACK]),
    ("bench_read_bind", P, [P, I32]),
    ("bench_copy_bind", P, [I64, I32]),
    ("bench_dot_bind", P, [TEXT, I64, I32]),
    ("bench_fma_bind", P, [I64, I32]),
    ("bench_best_dot", TEXT, []),
    ("bench_runner_bytes", I64, [P]),
    ("bench_runner_run", I32, [P]),
    ("bench_runner_free", None, [P]),
    ("bench_set_threads", None, [I32]),
    ("bench_measure", I32, [ctypes.POINTER(P), ctypes.c_size_t, P, P, P]),
]


class BenchError(Exception):
    """What the driver could not do, in its words."""


class CProblem(ctypes.Structure):
    """ternary_bench_problem."""

    _fields_ = [("n", I64), ("k", I64), ("m", I64), ("threads", I32), ("input", I32),
                ("weight_scale", ctypes.c_float),
                ("activation_scale", ctypes.c_float), ("parallel", P)]


class CPeer(ctypes.Structure):
    """The head of ternary_bench_peer."""

    _fields_ = [("version", ctypes.c_uint32), ("inputs", ctypes.c_uint32), ("name", TEXT),
                ("packing", TEXT), ("isa", TEXT)]


class COptions(ctypes.Structure):
    """MeasureOptions."""

    _fields_ = [("samples", I32), ("min_samples", I32),
                ("sample_us", ctypes.c_double), ("budget_us", ctypes.c_double)]


@dataclass(frozen=True)
class Effort:
    """How long to measure: see driver/Measure.h."""

    samples: int = 25
    min_samples: int = 3
    sample_us: float = 2000
    budget_us: float = 2e6


@dataclass(frozen=True)
class Times:
    """Microseconds per call."""

    median: float
    iqr: float
    samples: int


def aligned(shape: Sequence[int], dtype) -> np.ndarray:
    """An array of zeros at a multiple of 64 bytes."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    raw = np.zeros(size + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start:start + size].view(dtype).reshape(shape)


def place(array: np.ndarray) -> np.ndarray:
    """The array, copied to a multiple of 64 bytes if it is not at one."""
    if array.flags.c_contiguous and array.ctypes.data % 64 == 0:
        return array
    copy = aligned(array.shape, array.dtype)
    copy[...] = array
    return copy


def address(array: np.ndarray | None) -> int | None:
    return None if array is None else array.ctypes.data


class Runner:
    """One implementation of one problem; keeps alive what it points to."""

    def __init__(self, driver: Driver, handle: int, *kept: object):
        self.driver, self.handle, self.kept = driver, handle, kept

    @property
    def bytes(self) -> int:
        """Weights and scales that a call reads."""
        return self.driver.lib.bench_runner_bytes(self.handle)

    def run(self) -> None:
        if self.driver.lib.bench_runner_run(self.handle) != 0:
            raise BenchError(self.driver.error())

    def __del__(self):
        self.driver.lib.bench_runner_free(self.handle)


class Kernel:
    """A compiled function of ours."""

    def __init__(self, driver: Driver, source: str, entry: str, options: str):
        self.driver = driver
        self.handle = driver.check(driver.lib.bench_kernel_compile(
            source.encode(), entry.encode(), options.encode()))
        facts = json.loads(driver.lib.bench_kernel_describe(self.handle))
        self.cpu: str = facts["cpu"]
        self.isa: str = facts["isa"]
        self.packing: str = facts["packing"] or "none"
        self.bytes: int = facts["bytes"]
        self.compile_ms: float = facts["compile_ms"]

    def bind(self, arguments: Sequence[np.ndarray], walk: int = 0) -> Runner:
        """A runner on these arguments of the source; they must be aligned. Constant
        ones are copied until they fill `walk` bytes."""
        pointers = (P * len(arguments))(*map(address, arguments))
        handle = self.driver.check(self.driver.lib.bench_kernel_bind(
            self.handle, pointers, len(arguments), walk))
        return Runner(self.driver, handle, self, arguments)

    def __del__(self):
        if hasattr(self, "handle"):
            self.driver.lib.bench_kernel_free(self.handle)


@dataclass(frozen=True)
class LibraryPeer:
    """A peer of a library, through peer.h."""

    driver: Driver
    handle: int

    @property
    def facts(self) -> CPeer:
        return ctypes.cast(self.handle, ctypes.POINTER(CPeer)).contents

    @property
    def name(self) -> str:
        return self.facts.name.decode()

    @property
    def packing(self) -> str:
        return self.facts.packing.decode()

    @property
    def isa(self) -> str:
        return self.facts.isa.decode()

    def bind(self, problem: CProblem, trits: np.ndarray, x: np.ndarray,
             y: np.ndarray, walk: int) -> Runner:
        handle = self.driver.check(self.driver.lib.bench_peer_bind(
            self.handle, ctypes.byref(problem), address(trits), address(x),
            address(y), walk))
        return Runner(self.driver, handle, x, y)


class Driver:
    """The loaded library."""

    def __init__(self, library: Path):
        self.lib = ctypes.CDLL(str(library))
        for name, result, arguments in SIGNATURES:
            function = getattr(self.lib, name)
            function.restype, function.argtypes = result, arguments

    def error(self) -> str:
        return self.lib.bench_error().decode()

    def check(self, handle):
        if not handle:
            raise BenchError(self.error())
        return handle

    def compile(self, source: str, entry: str, options: str) -> Kernel:
        return Kernel(self, source, entry, options)

    def load_peers(self, library: Path, path: str | None = None) -> list[LibraryPeer]:
        listed = self.lib.bench_peers_load(str(library).encode(),
                                           path.encode() if path else None)
        if not listed:
            raise BenchError(self.error())
        peers = []
        while listed[len(peers)]:
            peers.append(LibraryPeer(self, listed[len(peers)]))
        return peers

    def gemm(self, function: int, transpose: tuple[bool, bool], sizes: tuple[int, int, int],
             a: np.ndarray, b: np.ndarray, c: np.ndarray, walk: int = 0) -> Runner:
        """c [m, n] = op(a) op(b) by a cblas_sgemm with 64-bit integers."""
        handle = self.check(self.lib.bench_gemm_bind(
            function, *map(int, transpose), *sizes, address(a), address(b), address(c),
            walk))
        return Runner(self, handle, a, b, c)

    def callback(self, function: Callable[[], None]) -> Runner:
        wrapped = CALLBACK(function)
        return Runner(self, self.lib.bench_callback_bind(wrapped), wrapped)

    def read(self, model: Runner, threads: int) -> Runner:
        """Reads the weights of another runner."""
        return Runner(self, self.lib.bench_read_bind(model.handle, threads), model)

    def copy(self, size: int, threads: int) -> Runner:
        return Runner(self, self.check(self.lib.bench_copy_bind(size, threads)))

    def dot(self, isa: str, products: int, threads: int) -> Runner:
        return Runner(self, self.check(
            self.lib.bench_dot_bind(isa.encode(), products, threads)))

    def fma(self, products: int, threads: int) -> Runner:
        return Runner(self, self.check(self.lib.bench_fma_bind(products, threads)))

    def best_dot(self) -> str:
        return self.lib.bench_best_dot().decode()

    def set_threads(self, threads: int) -> None:
        self.lib.bench_set_threads(threads)

    def measure(self, runners: Sequence[Runner], effort: Effort) -> list[Times]:
        """Times the runners by turns."""
        handles = (P * len(runners))(*(runner.handle for runner in runners))
        options = COptions(effort.samples, effort.min_samples, effort.sample_us,
                           effort.budget_us)
        times = np.zeros((len(runners), effort.samples))
        counts = np.zeros(len(runners), np.int32)
        if self.lib.bench_measure(handles, len(runners), ctypes.byref(options),
                                  address(times), address(counts)) != 0:
            raise BenchError(self.error())
        return [summarize(row[:count]) for row, count in zip(times, counts)]


def summarize(samples: np.ndarray) -> Times:
    first, median, third = np.percentile(samples, [25, 50, 75])
    return Times(float(median), float(third - first), len(samples))
