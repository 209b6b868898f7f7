#!/usr/bin/env python3
"""Trains the ternary digit classifier with NumPy alone.

    python3 examples/digits/train.py --out weights.safetensors

A run is determined by its seed and its number of epochs. The held-out images are used once, at the
end; the settings below were chosen by cross-validation inside the other 1,437 images.
"""

import one_thread  # noqa: F401, I001  first, see there

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from dataset import CLASSES, SIDE, Samples, split_digits
from network import F32, TernaryLayer, evaluate, save_network
from output import replace_file
from qat import Adam, init_layers, loss_and_gradients

WIDTHS = (SIDE * SIDE, 256, 256, CLASSES)
DEFAULT_SEED = 0
DEFAULT_EPOCHS = 200
BATCH = 64
PEAK_RATE = 4e-3
SHIFTED_SHARE = 0.7
PIXEL_NOISE = np.float32(0.1)
EPOCHS_PER_LINE = 10


@dataclass(frozen=True)
class Progress:
    """The state after one reported epoch; accuracies in percent."""

    epoch: int
    seconds: float
    loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class TrainingRun:
    """The trained network and how it came about; accuracies in percent."""

    layers: list[TernaryLayer]
    seed: int
    epochs: int
    seconds: float
    accuracy: float
    progress: list[Progress]


def shift_images(images: F32, rng: np.random.Generator) -> F32:
    """Moves most images [M, 64] by up to one pixel in each direction, with zeros coming in."""
    count = len(images)
    padded = np.pad(images.reshape(count, SIDE, SIDE), ((0, 0), (1, 1), (1, 1)))
    shifted = rng.random((count, 1)) < SHIFTED_SHARE
    corner = np.where(shifted, rng.integers(0, 3, (count, 2)), 1)
    row, column = (corner[:, axis, None] + np.arange(SIDE) for axis in (0, 1))
    window = padded[np.arange(count)[:, None, None], row[:, :, None], column[:, None, :]]
    return window.reshape(count, SIDE * SIDE)


def augment(images: F32, rng: np.random.Generator) -> F32:
    """Shifted images with Gaussian pixel noise."""
    noise = rng.standard_normal(images.shape, dtype=np.float32)
    return shift_images(images, rng) + PIXEL_NOISE * noise


def augmented_batches(samples: Samples, rng: np.random.Generator) -> Iterator[tuple[F32, F32]]:
    """One epoch of (images [<= BATCH, 64], one-hot targets [<= BATCH, 10]) in random order."""
    one_hot = np.eye(CLASSES, dtype=np.float32)
    order = rng.permutation(len(samples.labels))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        yield augment(samples.images[chosen], rng), one_hot[samples.labels[chosen]]


def cosine_rate(done: float) -> float:
    """Learning rate after the share `done` in [0, 1) of the steps: from PEAK_RATE down to 0."""
    return PEAK_RATE * 0.5 * (1 + math.cos(math.pi * done))


def print_progress(now: Progress, epochs: int) -> None:
    remaining = now.seconds / now.epoch * (epochs - now.epoch)
    print(
        f"epoch {now.epoch}/{epochs}  loss {now.loss:.4f}  "
        f"validation {now.validation_accuracy:.1f} %  "
        f"elapsed {now.seconds:.0f} s  ETA {remaining:.0f} s",
        flush=True,
    )


def train(seed: int, epochs: int) -> TrainingRun:
    """Trains with progress lines, then evaluates on the held-out images."""
    split = split_digits()
    rng = np.random.default_rng(seed)
    latent = init_layers(WIDTHS, rng)
    adam = Adam([parameter for layer in latent for parameter in layer.parameters()])
    steps = epochs * math.ceil(len(split.train.labels) / BATCH)
    progress: list[Progress] = []
    begin = time.monotonic()
    for epoch in range(1, epochs + 1):
        losses = []
        for images, targets in augmented_batches(split.train, rng):
            loss, gradients = loss_and_gradients(latent, images, targets)
            adam.step(gradients, cosine_rate(adam.steps / steps))
            losses.append(loss)
        if epoch % EPOCHS_PER_LINE == 0 or epoch == epochs:
            validation = evaluate([layer.ternarized() for layer in latent], split.validation)
            elapsed = round(time.monotonic() - begin, 2)
            progress.append(Progress(epoch, elapsed, float(np.mean(losses)), validation))
            print_progress(progress[-1], epochs)
    layers = [layer.ternarized() for layer in latent]
    seconds = round(time.monotonic() - begin, 2)
    return TrainingRun(layers, seed, epochs, seconds, evaluate(layers, split.held_out), progress)


def save_run(run: TrainingRun, path: Path) -> None:
    """Writes the network, with all that a repetition needs in its metadata; accuracy in percent."""
    recorded = {
        "seed": str(run.seed),
        "epochs": str(run.epochs),
        "accuracy": f"{run.accuracy:.2f}",
    }
    save_network(path, run.layers, recorded)


def log_json(run: TrainingRun) -> bytes:
    """The run without its weights."""
    log = {
        "seed": run.seed,
        "epochs": run.epochs,
        "seconds": run.seconds,
        "accuracy": run.accuracy,
        "progress": [asdict(entry) for entry in run.progress],
    }
    return (json.dumps(log, indent=1) + "\n").encode()


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a positive number, found {value}")
    return value


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains the ternary digit classifier.")
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--epochs", type=positive, default=DEFAULT_EPOCHS)
    parser.add_argument("--log", type=Path, help="JSON file to write the course of training to")
    options = parser.parse_args()
    run = train(options.seed, options.epochs)
    save_run(run, options.out)
    if options.log:
        replace_file(options.log, log_json(run))
    print(f"accuracy: {run.accuracy:.1f} %")


if __name__ == "__main__":
    main()
