#!/usr/bin/env python3
"""Handwritten digits on a GPU, by a library in C that needs no MLIR where it runs.

    examples/digits/gpu.py prepare DIR [--chip sm_90a]    # where the project is built
    python3 gpu.py run DIR                                # where there are NumPy and a GPU

`prepare` compiles digits.safetensors and puts the library into DIR, with the held-out images and
what the CPU makes of them. `run` classifies the images on the GPU, in batches of several sizes,
and exits with 1 and a message when a call fails or a prediction differs.
"""

from __future__ import annotations

import argparse
import ctypes
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BATCHES = (1, 7, 16, 360)  # one token, few, as many as there are kernels for, all


def prepare(directory: Path, chip: str) -> None:
    from dataset import split_digits

    directory.mkdir(parents=True, exist_ok=True)
    network, images = directory / "digits.mlir", directory / "images.npy"
    held_out = split_digits().held_out
    np.save(images, held_out.images.reshape(len(held_out.images), -1).astype(np.float32))
    np.save(directory / "labels.npy", held_out.labels)

    def run_tool(name: str, *arguments: str | Path) -> None:
        subprocess.run([ROOT / "build" / "bin" / name, *arguments], check=True,
                       stdout=subprocess.DEVNULL)

    run_tool("ternary-translate", "--import-safetensors",
             ROOT / "examples" / "digits" / "digits.safetensors", "-o", network)
    run_tool("ternary-run", network, "--entry", "forward", "--args", images,
             "--results", directory / "cpu.npy")
    run_tool("ternary-compile", network, "-o", directory / "digits.so", "--target=cuda",
             f"--chip={chip}")


def classify(library: ctypes.CDLL, images: np.ndarray) -> np.ndarray:
    scores = np.full((len(images), 10), np.nan, np.float32)
    status = library.forward_host(ctypes.c_void_p(images.ctypes.data),
                                  ctypes.c_int64(len(images)),
                                  ctypes.c_void_p(scores.ctypes.data))
    if status != 0:
        library.forward_error.restype = ctypes.c_char_p
        sys.exit(f"digits: {library.forward_error().decode()}")
    return scores.argmax(axis=1)


def run(directory: Path) -> None:
    library = ctypes.CDLL(str(directory.resolve() / "digits.so"))
    images, labels, cpu = (np.load(directory / f"{name}.npy")
                           for name in ("images", "labels", "cpu"))
    expected = cpu.argmax(axis=1)
    for size in BATCHES:
        batches = [images[i:i + size] for i in range(0, len(images), size)]
        found = np.concatenate([classify(library, batch) for batch in batches])
        same = int((found == expected).sum())
        print(f"{size} at a time: accuracy {100 * (found == labels).mean():.1f} %, "
              f"agreement with the CPU {same}/{len(images)}")
        if same != len(images):
            sys.exit(f"digits: expected the predictions of the CPU, found "
                     f"{len(images) - same} others")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("prepare", "run"))
    parser.add_argument("directory", type=Path)
    parser.add_argument("--chip", default="sm_90a")
    options = parser.parse_args()
    if options.command == "prepare":
        prepare(options.directory, options.chip)
    else:
        run(options.directory)


if __name__ == "__main__":
    main()
