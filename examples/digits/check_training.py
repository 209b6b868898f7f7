#!/usr/bin/env python3
"""Repeats the training of digits.safetensors and compares the held-out accuracies.

The repetition may differ slightly where another processor sums in another order, hence the
tolerance. Exits with 1 if the accuracies lie more than one percentage point apart.
"""

import one_thread  # noqa: F401, I001  first, see there

import sys

from network import load_network
from reference import RECORDED_WEIGHTS
from train import train

TOLERANCE_POINTS = 1.0


def main() -> int:
    _, metadata = load_network(RECORDED_WEIGHTS)
    recorded = float(metadata["accuracy"])
    run = train(int(metadata["seed"]), int(metadata["epochs"]))
    print(f"accuracy: {run.accuracy:.1f} % (recorded {recorded:.1f} %)")
    return 0 if abs(run.accuracy - recorded) <= TOLERANCE_POINTS else 1


if __name__ == "__main__":
    sys.exit(main())
