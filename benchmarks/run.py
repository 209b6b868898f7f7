#!/usr/bin/env python3
"""Times our kernels, each peer and the limits of the machine, by turns.

    benchmarks/run.py [--quick] [--json FILE] [options]

`make bench` installs what the peers need, builds the driver and calls this. What
the columns mean and how the limits are measured stands in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

SHAPES = "2560x2560,6912x2560,2560x6912,4096x4096,14336x4096"
SUITES = ("decode", "prefill", "small", "float", "groups", "tails", "train", "movement")
MODES = ("hot", "stream")

# Runtimes of threads spin for a while after a parallel loop; the driver pauses for
# longer than this between two implementations (see driver/Measure.cpp).
SPINNING = {"KMP_BLOCKTIME": "1", "GOMP_SPINCOUNT": "30000",
            "OPENBLAS_THREAD_TIMEOUT": "18"}


def fail(message: str):
    print(f"run.py: error: {message}", file=sys.stderr)
    sys.exit(2)


def split(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def numbers(option: str, text: str, highest: int) -> tuple[int, ...]:
    values = []
    for part in split(text):
        if not part.isascii() or not part.isdigit() or not 1 <= int(part) <= highest:
            fail(f"{option}: expected numbers from 1 to {highest}, found '{part}'")
        values.append(int(part))
    if not values:
        fail(f"{option}: expected a number, found none")
    return tuple(dict.fromkeys(values))


def names(option: str, text: str, known) -> tuple[str, ...]:
    values = split(text)
    for value in values:
        if value not in known:
            fail(f"{option}: expected some of {', '.join(known)}, found '{value}'")
    if not values:
        fail(f"{option}: expected a name, found none")
    return tuple(dict.fromkeys(values))


def shapes(text: str) -> tuple[tuple[int, int], ...]:
    found = []
    for part in split(text):
        sizes = part.split("x")
        if len(sizes) != 2:
            fail(f"--shapes: expected NxK, such as 2560x6912, found '{part}'")
        found.append(tuple(numbers("--shapes", size, 1 << 20)[0] for size in sizes))
    if not found:
        fail("--shapes: expected NxK, found none")
    return tuple(dict.fromkeys(found))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--quick", action="store_true", help="a look: under a minute")
    add("--suite", metavar="A,B", help=f"some of {', '.join(SUITES)}")
    add("--shapes", metavar="NxK,...", help=f"layers; default {SHAPES}")
    add("--m", metavar="M,...", help="numbers of tokens")
    add("--threads", metavar="T,...", default="1,2", help="default 1,2")
    add("--modes", metavar="A,B", default="hot,stream", help="hot, stream")
    add("--peers", metavar="A,B", help="names, all (the default) or none")
    add("--peer-so", metavar="PATH", action="append", default=[], type=Path,
        help="library of a further peer, see benchmarks/peer.h")
    add("--packings", metavar="A,B", default="auto,cpu_rows2,cpu_rows3",
        help="packings of our weights; default auto,cpu_rows2,cpu_rows3")
    add("--cpus", metavar="A,B", default="native",
        help="CPUs to compile our kernels for; default native")
    add("--json", metavar="FILE", type=Path, help="write the rows to this file")
    add("--results", metavar="DIR", type=Path,
        help="write the dated table, rows and picture there; default is "
             "benchmarks/results for a run without --quick, --suite and --shapes")
    add("--build", metavar="DIR", type=Path, default=ROOT / "build",
        help="folder of the build; default build")
    add("--openblas-core", metavar="NAME",
        help="kernels of OpenBLAS; default the fastest of those that run here")
    return parser.parse_args()


def check_options(options: argparse.Namespace):
    """Turns texts into values; ends the program with a message where one is wrong."""
    from ternary_bench.names import PEERS

    full = not (options.quick or options.suite or options.shapes)
    default = "decode,prefill" if options.quick else ",".join(SUITES)
    options.shapes_given = options.shapes is not None
    options.suite = names("--suite", options.suite or default, SUITES)
    options.modes = names("--modes", options.modes, MODES)
    options.threads = numbers("--threads", options.threads, 1024)
    options.m = numbers("--m", options.m, 1 << 20) if options.m else None
    options.shapes = shapes(options.shapes or ("2560x2560" if options.quick else SHAPES))
    options.packings = tuple(split(options.packings)) or ("auto",)
    options.cpus = tuple(split(options.cpus)) or ("native",)
    if options.peers in (None, "all"):
        options.peers = PEERS
    elif options.peers == "none":
        options.peers = ()
    else:
        options.peers = names("--peers", options.peers, PEERS)
    for path in options.peer_so:
        if not path.is_file():
            fail(f"--peer-so: expected a library, found no file '{path}'")
    if options.results is None and full:
        options.results = ROOT / "benchmarks" / "results"
    library = options.build / "lib" / "libternary-bench.so"
    if not library.exists():
        fail(f"expected the driver at {library}, found none; build it with "
             "`cmake --build build --target ternary-bench`")
    if options.json and not options.json.resolve().parent.is_dir():
        fail(f"--json: expected a file in a folder that exists, found '{options.json}'")


def prepare_environment(options: argparse.Namespace) -> None:
    """What libraries read when they are loaded, and therefore before NumPy."""
    from ternary_bench import openblas_core

    for name, value in SPINNING.items():
        os.environ.setdefault(name, value)
    # Set by some systems to work around old releases; it may name slow kernels.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)
    core = options.openblas_core
    uses = "openblas_f32" in options.peers and {"float", "train"} & set(options.suite)
    if core is None and uses:
        core = openblas_core.find_best()
    if core:
        os.environ["OPENBLAS_CORETYPE"] = core


def main() -> int:
    options = parse_options()
    check_options(options)
    prepare_environment(options)
    from ternary_bench import bench

    return bench.run(options, ROOT)


if __name__ == "__main__":
    sys.exit(main())
