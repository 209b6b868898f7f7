"""What a run has in common: the driver, the choices, the rows."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, field
from functools import lru_cache

import numpy as np

from .driver import BenchError, Driver, Effort, Kernel, Runner


@dataclass(frozen=True)
class Choices:
    """What the options of run.py ask for."""

    shapes: tuple[tuple[int, int], ...]
    shapes_given: bool
    m: tuple[int, ...] | None
    threads: tuple[int, ...]
    modes: tuple[str, ...]
    packings: tuple[str, ...]
    cpus: tuple[str, ...]
    quick: bool
    effort: Effort


@dataclass
class Row:
    """One result, as it stands in the JSON file.

    `limit_us` is the time that the same work takes at the limit of the machine in
    this run; `read_us`, `compute_us` and `copy_us` are the limits that it is the
    largest of, where they were measured; `neighbour_us` is the time of as many
    products at the rate of a layer without tails. `error` is the relative difference to
    what the result was checked against.
    """

    suite: str
    impl: str
    op: str
    n: int
    k: int
    m: int
    threads: int
    mode: str
    input: str
    scales: str
    packing: str
    cpu: str
    isa: str
    bytes: int
    median_us: float
    iqr_us: float
    limit_us: float
    read_us: float | None = None
    compute_us: float | None = None
    copy_us: float | None = None
    neighbour_us: float | None = None
    products: int = 0
    samples: int = 0
    compile_ms: float | None = None
    checked: bool = False
    error: float | None = None

    @property
    def share(self) -> float:
        """Of the limit, 1 at best."""
        return self.limit_us / self.median_us


@dataclass
class Entrant:
    """A runner about to be timed, and what its row says."""

    runner: Runner
    impl: str
    packing: str
    isa: str
    bytes: int
    error: float | None = None
    compile_ms: float | None = None
    cpu: str = ""
    y: np.ndarray | None = None


@dataclass
class Session:
    driver: Driver
    choices: Choices
    peers: list = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    # Who did not take part, why, and in which cases.
    skipped: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def __post_init__(self):
        # Hot and streamed runs, and neighbouring cases, share their kernels.
        self.compile = lru_cache(maxsize=16)(self.driver.compile)

    def skip(self, impl: str, where: str, reason: str) -> None:
        if (impl, reason) not in self.skipped:
            self.say(f"{impl} skipped{f' in {where}' if where else ''}: {reason}")
        cases = self.skipped.setdefault((impl, reason), [])
        if where and where not in cases:
            cases.append(where)

    def say(self, text: str) -> None:
        print(f"[{time.monotonic() - self.started:6.1f} s] {text}", flush=True)

    def kernels(self, source: str, threads: int, where: str,
                packings: tuple[str, ...] = ("auto",)) -> list[Kernel]:
        """Our variants of a function: one per CPU and packing that was asked for,
        each once. What cannot be compiled is reported and left out."""
        found: dict[tuple[str, str], Kernel] = {}
        for cpu in self.choices.cpus:
            for packing in packings:
                options = f"threads={threads} target-cpu={cpu} packing={packing}"
                try:
                    kernel = self.compile(source, "bench", options)
                except BenchError as error:
                    self.skip(f"ternary ({cpu}, {packing})", where, str(error).strip())
                    continue
                found.setdefault((kernel.cpu, kernel.packing), kernel)
        return list(found.values())

    def add(self, row: Row) -> None:
        self.rows.append(row)

    def to_json(self, machine: dict) -> dict:
        return {
            "version": 1,
            "machine": machine,
            "rows": [asdict(row) for row in self.rows],
            "skipped": [{"impl": impl, "reason": reason, "cases": cases}
                        for (impl, reason), cases in self.skipped.items()],
        }
