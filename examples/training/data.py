#!/usr/bin/env python3
"""Writes the digits as .npy files for ternary-train-digits.

    python3 examples/training/data.py DIRECTORY

x_train.npy is f32 [9, 1197, 64]: the images, then the images moved by one pixel in each of eight
directions, with zeros coming in. x_validation.npy and x_test.npy are f32 [M, 64]; the labels are
int64 [M]. The parts are those of examples/digits.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "digits"))

from dataset import SIDE, split_digits  # noqa: E402
from output import npy_bytes, replace_file  # noqa: E402

CENTRE = (1, 1)


def shifted(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """images [M, 64] -> [9, M, 64], the first as they are."""
    padded = np.pad(images.reshape(-1, SIDE, SIDE), ((0, 0), (1, 1), (1, 1)))
    corners = [CENTRE, *((i, j) for i in range(3) for j in range(3) if (i, j) != CENTRE)]
    moved = [padded[:, i : i + SIDE, j : j + SIDE] for i, j in corners]
    return np.stack(moved).reshape(len(corners), *images.shape)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the digits as .npy files.")
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    split = split_digits()
    arrays = {
        "x_train": shifted(split.train.images),
        "y_train": split.train.labels,
        "x_validation": split.validation.images,
        "y_validation": split.validation.labels,
        "x_test": split.held_out.images,
        "y_test": split.held_out.labels,
    }
    for name, array in arrays.items():
        replace_file(directory / f"{name}.npy", npy_bytes(np.ascontiguousarray(array)))
        print(f"{directory / name}.npy: {array.dtype} {list(array.shape)}")


if __name__ == "__main__":
    main()
