"""The UCI handwritten digits and their fixed split.

The held-out images are the last 360 of one seeded permutation. Training evaluates on them once, at
its end; the validation images before them serve every choice.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DATA_FILE = Path(__file__).parent / "data" / "digits.npz"
SIDE = 8
MAX_PIXEL = 16
CLASSES = 10

SPLIT_SEED = 2026
VALIDATION_COUNT = 240
HELD_OUT_COUNT = 360


class Samples(NamedTuple):
    """Images f32 [M, 64] with values in [0, 1], and their labels int64 [M]."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


class Split(NamedTuple):
    """The three disjoint parts: 1,197 + 240 + 360 = 1,797 images."""

    train: Samples
    validation: Samples
    held_out: Samples


def load_digits() -> Samples:
    """All 1,797 images, scaled from the stored uint8 0..16, in the order of the UCI test file."""
    with np.load(DATA_FILE, allow_pickle=False) as stored:
        images = stored["images"].astype(np.float32) / np.float32(MAX_PIXEL)
        return Samples(images, stored["labels"].astype(np.int64))


def split_digits() -> Split:
    """Cuts one fixed permutation into train, validation and held-out parts."""
    images, labels = load_digits()
    order = np.random.default_rng(SPLIT_SEED).permutation(len(labels))
    cuts = (len(order) - HELD_OUT_COUNT - VALIDATION_COUNT, len(order) - HELD_OUT_COUNT)
    return Split(*(Samples(images[part], labels[part]) for part in np.split(order, cuts)))
