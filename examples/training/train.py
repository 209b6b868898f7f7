#!/usr/bin/env python3
"""Trains the digits by all rules with the recorded settings; with --check, compares the results.

    python3 examples/training/train.py [--out DIRECTORY]
    python3 examples/training/train.py --check

The logs, the trained states and the picture of the curves go to DIRECTORY (out/training). --check
trains each rule twice and exits with 1 if two logs differ, if an accuracy is below its floor, or if
it lies more than two percentage points from that of the recorded log. Another processor may sum in
another order, and that moves the accuracy as far as another seed does.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PROGRAM = ROOT / "build" / "bin" / "ternary-train-digits"
RECORDED = HERE / "logs"
SEED = 0
EPOCHS = {"ste": 60, "lsq": 60, "float_free": 200}
FLOORS = {"ste": 96.0, "lsq": 96.0, "float_free": 95.0}
TOLERANCE_POINTS = 2.0


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True)


def train(rule: str, data: Path, out: Path) -> Path:
    """Trains by one rule; returns its log."""
    log = out / f"{rule}.jsonl"
    settings = ["--seed", str(SEED), "--epochs", str(EPOCHS[rule])]
    print(f"{rule}: {EPOCHS[rule]} epochs", flush=True)
    run(PROGRAM, HERE / f"{rule}.mlir", "--data", data, *settings, "--log", log,
        "--save", out / rule)
    return log


def accuracy(log: Path) -> float:
    last = log.read_text(encoding="utf-8").splitlines()[-1]
    return float(json.loads(last)["held_out_accuracy"])


def check(data: Path, out: Path) -> int:
    failures = 0
    for rule in EPOCHS:
        log, again = train(rule, data, out / "first"), train(rule, data, out / "second")
        found, recorded = accuracy(log), accuracy(RECORDED / log.name)
        same = log.read_bytes() == again.read_bytes()
        near = abs(found - recorded) <= TOLERANCE_POINTS
        failures += not (same and near and found >= FLOORS[rule])
        print(f"{rule}: {found:.1f} % (recorded {recorded:.1f} %, at least {FLOORS[rule]:.0f} %), "
              f"the repetition {'gave the same log' if same else 'differs'}", flush=True)
    return 1 if failures else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Trains the digits by all rules.")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "training")
    parser.add_argument("--check", action="store_true", help="compare with the recorded runs")
    options = parser.parse_args()
    if not PROGRAM.exists():
        print(f"train: error: {PROGRAM}: expected a program; see `make tests`", file=sys.stderr)
        return 1
    try:
        with tempfile.TemporaryDirectory() as scratch:
            data = Path(scratch) / "data"
            run(sys.executable, HERE / "data.py", data)
            if options.check:
                return check(data, Path(scratch))
            logs = [train(rule, data, options.out) for rule in EPOCHS]
        run(sys.executable, HERE / "plot.py", *logs, "--out", options.out / "training.svg")
    except subprocess.CalledProcessError as error:
        print(f"train: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
