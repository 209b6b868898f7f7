"""Calls of a prebuilt library, and how long they take."""

from __future__ import annotations

import ctypes
import random
import statistics
import time
from pathlib import Path
from typing import Iterable

import torch

SAMPLES = 11
SAMPLE_US = 1500
PAUSE_S = 0.004


class Stream:
    """A stream of PyTorch, for CuPy."""

    def __init__(self, address: int) -> None:
        self.address = address

    def __cuda_stream__(self) -> tuple[int, int]:
        return (0, self.address)


class Library:
    """A suite's functions; they take addresses and a stream."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path.resolve()))

    def call(self, name: str, *tensors: torch.Tensor) -> None:
        pointers = [ctypes.c_void_p(tensor.data_ptr()) for tensor in tensors]
        stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
        if self._library[name](*pointers, stream) != 0:
            error = self._library[name + "_error"]
            error.restype = ctypes.c_char_p
            raise RuntimeError(f"{name}: {error().decode()}")


class Timed:
    """A graph of calls on all copies, and its samples."""

    def __init__(self, call, copies: int) -> None:
        self.call, self.copies = call, copies  # the graph reads what the call holds
        call(0)
        torch.cuda.synchronize()
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            for copy in range(copies):
                call(copy)
        self.samples: list[float] = []
        self.replays = 1
        self.replays = max(1, round(SAMPLE_US / (self._time() * copies)))

    def _time(self) -> float:
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        for _ in range(2 * self.replays):  # the clocks rise
            self.graph.replay()
        begin.record()
        for _ in range(self.replays):
            self.graph.replay()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) * 1e3 / (self.copies * self.replays)

    def sample(self) -> None:
        self.samples.append(self._time())

    def row(self) -> dict:
        low, median, high = statistics.quantiles(self.samples, n=4)
        return {"median_us": median, "iqr_us": high - low, "samples": len(self.samples)}


def sample(timed: Iterable[Timed], times: int = SAMPLES) -> None:
    """Takes samples of each, in shuffled order."""
    for _ in range(times):
        order = list(timed)
        random.shuffle(order)
        for one in order:
            time.sleep(PAUSE_S)
            one.sample()
