#!/usr/bin/env python3
"""NumPy inference of a trained network on the held-out images, to cross-check compiled programs.

    python3 examples/digits/reference.py [WEIGHTS] [--logits logits.npy]

The rows of the logits stand in the order of x_test.npy, which split.py writes.
"""

import argparse
from pathlib import Path

from dataset import split_digits
from network import accuracy_percent, infer, load_network
from output import npy_bytes, replace_file

RECORDED_WEIGHTS = Path(__file__).parent / "digits.safetensors"


def main() -> None:
    parser = argparse.ArgumentParser(description="Evaluates a ternary digit classifier.")
    parser.add_argument("weights", type=Path, nargs="?", default=RECORDED_WEIGHTS)
    parser.add_argument("--logits", type=Path, help="file for the f32 [360, 10] logits")
    options = parser.parse_args()
    layers, _ = load_network(options.weights)
    held_out = split_digits().held_out
    logits = infer(layers, held_out.images)
    if options.logits:
        replace_file(options.logits, npy_bytes(logits))
    print(f"accuracy: {accuracy_percent(logits, held_out.labels):.1f} %")


if __name__ == "__main__":
    main()
