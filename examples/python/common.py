"""What the scripts share; imported before NumPy, so that BLAS runs on one thread too.

It puts examples/digits and examples/training on the path.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "examples" / "digits"), str(ROOT / "examples" / "training")]

import one_thread  # noqa: E402, F401, I001  before NumPy
from output import replace_file, svg_bytes  # noqa: E402

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OUT = ROOT / "out" / "python"
ROUNDS = 21
MIN_ROUND_S = 2e-3


def median_us(call: Callable[[], object]) -> float:
    """Microseconds that a call takes: the median of rounds of some milliseconds each."""
    call()
    begin = time.perf_counter()
    call()
    repeats = max(1, round(MIN_ROUND_S / max(time.perf_counter() - begin, 1e-7)))
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(repeats):
            call()
        rounds.append((time.perf_counter() - begin) / repeats)
    return statistics.median(rounds) * 1e6


def save_figure(figure: Figure, folder: Path, name: str) -> None:
    """Writes NAME.svg and NAME.png."""
    import matplotlib  # not all scripts draw

    path = folder / f"{name}.svg"
    with matplotlib.rc_context({"svg.fonttype": "none"}):  # half as many bytes
        replace_file(path, svg_bytes(figure))
    figure.savefig(path.with_suffix(".png"), dpi=120)
    print(f"picture: {path}")
