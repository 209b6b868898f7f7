#!/usr/bin/env python3
"""Draws the loss and the accuracy of training runs from the logs of ternary-train-digits.

    python3 examples/training/plot.py LOG... --out curves.svg

The colour tells the rule; dashed lines are training images (a mean over an epoch, while the weights
change), full lines validation images, and the circle the accuracy on the held-out images.
"""

import argparse
import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")  # needs no display

import matplotlib.pyplot as plt  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "digits"))

from output import replace_file, svg_bytes  # noqa: E402

NAMES = {"ste": "straight-through", "lsq": "learned scales", "float_free": "integers only"}


def read_log(path: Path) -> tuple[str, list[dict], dict]:
    """The rule, the lines of the epochs and the line of the result."""
    try:
        first, *epochs, last = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        rule, steps = first["rule"], [epoch["step"] for epoch in epochs]
        if not steps or "held_out_accuracy" not in last:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path}: expected a log of ternary-train-digits") from None
    return rule, epochs, last


def draw(logs: list[Path], out: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for index, path in enumerate(logs):
        rule, epochs, last = read_log(path)
        steps = [epoch["step"] for epoch in epochs]
        color = f"C{index}"
        label = f"{NAMES.get(rule, rule)}, {last['held_out_accuracy']:.1f} %"
        for axes, key in ((left, "loss"), (right, "accuracy")):
            train = [epoch[key] for epoch in epochs]
            validation = [epoch[f"validation_{key}"] for epoch in epochs]
            axes.plot(steps, train, "--", color=color, linewidth=0.8)
            axes.plot(steps, validation, "-", color=color, linewidth=1.2, label=label)
        right.plot(steps[-1], last["held_out_accuracy"], "o", color=color, fillstyle="none")
    left.set(title="cross-entropy", xlabel="step", yscale="log")
    right.set(title="accuracy in percent", xlabel="step", ylim=(80, 100.5))
    right.legend(title="rule, accuracy on held-out images", loc="lower right")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    replace_file(out, svg_bytes(figure))


def main() -> int:
    parser = argparse.ArgumentParser(description="Draws the course of training runs.")
    parser.add_argument("logs", type=Path, nargs="+", metavar="LOG")
    parser.add_argument("--out", type=Path, required=True, help="SVG file to write")
    options = parser.parse_args()
    try:
        draw(options.logs, options.out)
    except (OSError, ValueError) as error:
        print(f"plot: error: {error}", file=sys.stderr)
        return 1
    print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
