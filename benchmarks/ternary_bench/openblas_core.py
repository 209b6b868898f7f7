"""Which kernels of OpenBLAS are the fastest on this machine.

OpenBLAS chooses by the model of the CPU, which is not always the best choice on a
virtual machine, and reads OPENBLAS_CORETYPE when it is loaded: each candidate is
tried in a process of its own. One that crashes or computes wrongly is left out.
"""

from __future__ import annotations

import os
import subprocess
import sys

# "" is OpenBLAS's own choice.
CANDIDATES = ("", "SkylakeX", "Cooperlake", "SapphireRapids", "Zen", "Haswell")

TRIAL = """
import time, numpy
a = numpy.arange(1024 * 1024, dtype=numpy.float32).reshape(1024, 1024) % 7 - 3
product = a @ a.T
wanted = a[:8].astype(numpy.float64) @ a.T.astype(numpy.float64)
assert numpy.array_equal(product[:8], wanted)
times = []
for _ in range(7):
    begin = time.perf_counter()
    a @ a.T
    times.append(time.perf_counter() - begin)
print(min(times))
"""


def time_of(core: str) -> float:
    """Seconds of a product of 1024 by 1024; infinite if there is none."""
    environment = dict(os.environ, OPENBLAS_NUM_THREADS="1")
    if core:
        environment["OPENBLAS_CORETYPE"] = core
    try:
        result = subprocess.run([sys.executable, "-c", TRIAL], env=environment,
                                capture_output=True, text=True, timeout=60)
        return float(result.stdout) if result.returncode == 0 else float("inf")
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return float("inf")


def find_best() -> str:
    """The fastest candidate; OpenBLAS's own choice unless another is clearly so."""
    times = {core: time_of(core) for core in CANDIDATES}
    best = min(times, key=times.get)
    return best if times[best] < 0.95 * times[""] else ""
