#!/usr/bin/env python3
"""Writes the held-out images for programs that read .npy files.

    python3 examples/digits/split.py DIRECTORY

x_test.npy is f32 [360, 64] with values in [0, 1]; y_test.npy is int64 [360].
"""

import argparse
from pathlib import Path

from dataset import split_digits
from output import npy_bytes, replace_file


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the held-out digits as .npy files.")
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    held_out = split_digits().held_out
    for name, array in (("x_test.npy", held_out.images), ("y_test.npy", held_out.labels)):
        replace_file(directory / name, npy_bytes(array))
        print(f"{directory / name}: {array.dtype} {list(array.shape)}")


if __name__ == "__main__":
    main()
