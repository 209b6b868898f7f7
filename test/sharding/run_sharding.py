#!/usr/bin/env python3
"""A network that is split over processes gives what one process gives.

    test/sharding/run_sharding.py [--match TEXT]

Each split (by tokens, rows, columns, and rows then columns) over 2 and 4 ranks, with
trits and with packed weights: upstream's passes partition the network and lower it to
MPI, MPICH runs it. Results are integers and have to be the same. One case more: the
program of docs/sharding.md. The last line is `N passed, N failed`; without MPICH all is
skipped.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "test" / "golden"), str(ROOT / "test" / "embed")]

from environment import use_project_python  # noqa: E402

use_project_python("numpy")

import numpy as np  # noqa: E402
from installation import Failure, run  # noqa: E402
from mlp import OUTPUTS, SPLITS, TOKENS, Network, part_of  # noqa: E402
from ways import read_way  # noqa: E402

OPT = ROOT / "build" / "bin" / "ternary-opt"
COMPILE = ROOT / "build" / "bin" / "ternary-compile"
STOCK = Path("/usr/lib/llvm-22/bin/mlir-opt")
PLUGIN = ROOT / "build" / "lib" / "TernaryPlugin.so"
LAUNCHER, LINKER = "mpirun.mpich", "mpicc.mpich"

STEPS = (
    [OPT, "--pass-pipeline=builtin.module(func.func("
          "sharding-propagation{traversal=forward},shard-partition))"],
    # Upstream has the patterns for shard.all_slice in this pass only.
    [STOCK, f"--load-dialect-plugin={PLUGIN}", "--test-grid-all-slice-op-lowering"],
    [OPT, "--convert-shard-to-mpi", "--canonicalize",
          "--convert-to-llvm=filter-dialects=mpi", "--symbol-dce"],
)


@dataclass(frozen=True)
class Case:
    network: Network
    ranks: int

    def compile(self, folder: Path) -> None:
        """Writes mlp.so; raises Failure where it has not the sums of its split."""
        source = folder / "0.mlir"
        source.write_text(self.network.text(self.ranks), encoding="utf-8")
        for number, step in enumerate(STEPS if self.ranks > 1 else (), 1):
            lowered = folder / f"{number}.mlir"
            run([*step, source, "-o", lowered])
            source = lowered
        expected = self.network.split.sums if self.ranks > 1 else 0
        sums = source.read_text(encoding="utf-8").count("llvm.call @MPI_Allreduce(")
        if sums != expected:
            raise Failure(f"expected {expected} sums over all ranks, found {sums}")
        run([COMPILE, source, "-o", folder / "mlp.so", "--linker", LINKER])

    def result(self, folder: Path) -> np.ndarray:
        """What all ranks together give; those that all have it give the same."""
        self.compile(folder)
        axis = self.network.split.result
        arguments = self.network.arguments().items()
        result = np.zeros((TOKENS, OUTPUTS), np.int32)
        for rank in range(self.ranks):
            parts = {name: part_of(array, cut, rank, self.ranks)
                     for name, (array, cut) in arguments}
            parts["result"] = part_of(result, axis, rank, self.ranks)
            np.savez(folder / f"{rank}.npz", **parts)
        run([LAUNCHER, "-n", str(self.ranks), sys.executable,
             Path(__file__).with_name("rank.py"), folder])
        parts = [np.load(folder / f"{rank}.npy") for rank in range(self.ranks)]
        if axis is not None:
            return np.concatenate(parts, axis)
        if any((part != parts[0]).any() for part in parts):
            raise Failure("expected one result on all ranks, found several")
        return parts[0]

    def difference(self) -> str | None:
        """What differs from one process; None where nothing does."""
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
            expected = Case(self.network, 1).result(Path(one))
            found = self.result(Path(many))
        if not expected.any():
            return "expected a result other than zeros"
        wrong = int((expected != found).sum())
        return f"{wrong} of {expected.size} elements differ" if wrong else None

    def __str__(self) -> str:
        weights = "chimera" if self.network.packed else "trits"
        return f"{self.network.split.name}, {self.ranks} ranks, {weights}"


class Page:
    """The program that docs/sharding.md shows."""

    def difference(self) -> str | None:
        """What is printed, where that is not what the page says."""
        text = (ROOT / "docs" / "sharding.md").read_text(encoding="utf-8")
        way = read_way(text.partition("\n## ")[2])
        environment = dict(os.environ, PATH=f"{OPT.parent}:{os.environ['PATH']}")
        with tempfile.TemporaryDirectory() as folder:
            way.write(Path(folder))
            printed = run(["sh", "-e", "-c", way.commands], cwd=folder, env=environment)
        return None if printed.strip() == way.printed else f"printed {printed}"

    def __str__(self) -> str:
        return "docs/sharding.md"


def difference_of(case: Case | Page) -> str | None:
    try:
        return case.difference()
    except (Failure, subprocess.TimeoutExpired) as failure:
        return str(failure)


def cases() -> Iterator[Case | Page]:
    yield Page()
    for split in SPLITS:
        for ranks in (2, 4):
            for packed in (False, True):
                yield Case(Network(split, packed), ranks)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--match", default="", metavar="TEXT",
                        help="cases whose name contains TEXT")
    options = parser.parse_args()
    chosen = [case for case in cases() if options.match in str(case)]
    missing = [tool for tool in (LAUNCHER, LINKER) if shutil.which(tool) is None]
    if missing:
        print(f"{' and '.join(missing)} not found; scripts/bootstrap.sh mpi installs them")
        print(f"0 passed, 0 failed, {len(chosen)} skipped")
        return 0
    failed = 0
    for case in chosen:
        difference = difference_of(case)
        failed += difference is not None
        print(f"{'FAIL' if difference else 'ok'} {case}"
              f"{': ' + difference if difference else ''}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
