#!/usr/bin/env python3
"""Trains the handwritten digits with three of the systems of ternary.torch.

    python3 examples/python/train_digits.py [--epochs 20] [--out DIR]

One network, 64 -> 256 -> 256 -> 10, with three kinds of layers:

* `chimera.BitLinear`: latent weights, absmean scales, a straight-through gradient;
* tilelli's LSQ: latent weights and one scale, which is learned as well;
* `arb.TernaryScaleTensor`: no float weights. Its trits stay as they were made; the backward
  pass correlates them with the signs of their gradients, and that moves the scales.

It prints the accuracy on the 360 held-out images after the last epoch, how many bytes
training keeps for the layers (weights, state, moments of Adam), and the time, compilation
included. The picture in DIR (out/python) has the accuracy on the 240 validation images over
epochs. Needs torch and matplotlib.
"""

from __future__ import annotations

from common import OUT, save_figure  # noqa: I001  first, see there

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from data import shifted  # noqa: E402
from dataset import CLASSES, SIDE, Samples, Split, split_digits  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from ternary.torch import arb, chimera, tilelli  # noqa: E402

WIDTHS = (SIDE * SIDE, 256, 256, CLASSES)
BATCH = 64
RATE = 2e-3
FIRST_SCALE = 1.5  # of the absmean, as in examples/training/lsq.mlir

MakeLayer = Callable[[int, int], nn.Module]


class LsqLinear(nn.Module):
    """y = x w^T with the weights ternarized by one learned scale."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        weight = torch.randn(out_features, in_features) * in_features ** -0.5
        self.weight = nn.Parameter(weight)
        self.scale = tilelli.LearnableScale(FIRST_SCALE * float(weight.abs().mean()))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, tilelli.ternarize_lsq(self.weight, self.scale.value()))


def correlated_layer(in_features: int, out_features: int) -> nn.Module:
    """With a scale for each four trits, as only the scales can learn."""
    return arb.TernaryScaleTensor(in_features, out_features, tscale_type=arb.TScaleType.T4)


SYSTEMS: dict[str, MakeLayer] = {
    "BitLinear, straight-through": chimera.BitLinear,
    "LSQ, learned scale": LsqLinear,
    "TernaryScaleTensor, correlation": correlated_layer,
}


class Network(nn.Module):
    """A norm before each layer, ReLU^2 between two."""

    def __init__(self, make_layer: MakeLayer) -> None:
        super().__init__()
        self.norms = nn.ModuleList(chimera.RMSNorm(width) for width in WIDTHS[:-1])
        self.layers = nn.ModuleList(make_layer(k, n) for k, n in pairwise(WIDTHS))

    def forward(self, x: Tensor) -> Tensor:
        """Images float32 [M, 64] -> logits float32 [M, 10]."""
        x = self.layers[0](self.norms[0](x))
        for norm, layer in zip(self.norms[1:], self.layers[1:], strict=True):
            x = layer(norm(F.relu(x).square()))
        return x


class Run(NamedTuple):
    """Accuracies in percent: on validation images after each epoch, on the held-out ones
    at the end. Bytes of what training keeps for the layers."""

    validation: list[float]
    held_out: float
    seconds: float
    num_bytes: int


@torch.no_grad()
def accuracy(network: nn.Module, samples: Samples) -> float:
    network.eval()
    found = network(torch.from_numpy(samples.images)).argmax(dim=1)
    network.train()
    return 100 * float((found == torch.from_numpy(samples.labels)).float().mean())


def state_bytes(layers: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """The layers' state, and what the optimizer remembers of their parameters."""
    tensors = list(layers.state_dict().values())
    for parameter in layers.parameters():
        tensors += optimizer.state[parameter].values()
    return sum(tensor.nbytes for tensor in tensors)


def batches(samples: Samples, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch in random order, each image in one of nine positions."""
    positions = shifted(samples.images)
    order = rng.permutation(len(samples.labels))
    for chosen in np.split(order, range(BATCH, len(order), BATCH)):
        position = rng.integers(len(positions), size=len(chosen))
        yield (torch.from_numpy(positions[position, chosen]),
               torch.from_numpy(samples.labels[chosen]))


def train(make_layer: MakeLayer, split: Split, epochs: int, seed: int) -> Run:
    """Adam with a rate that falls to 0 by a cosine; scales of the third system do not need
    it, norms do."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Network(make_layer)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    validation, begin = [], time.perf_counter()
    for _ in range(epochs):
        for images, labels in batches(split.train, rng):
            optimizer.zero_grad()
            F.cross_entropy(network(images), labels).backward()
            optimizer.step()
        schedule.step()
        validation.append(accuracy(network, split.validation))
    return Run(validation, accuracy(network, split.held_out), time.perf_counter() - begin,
               state_bytes(network.layers, optimizer))


def draw(runs: dict[str, Run]) -> plt.Figure:
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for index, (name, run) in enumerate(runs.items()):
        epochs = range(1, len(run.validation) + 1)
        axes.plot(epochs, run.validation, color=f"C{index}",
                  label=f"{name}: {run.held_out:.1f} % held out")
        axes.plot(epochs[-1], run.held_out, "o", color=f"C{index}", fillstyle="none")
    axes.set(title="accuracy in percent, digits", xlabel="epoch", ylim=(40, 101))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(loc="lower right")
    axes.grid(alpha=0.3)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains the digits three ways.")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the picture")
    options = parser.parse_args()
    torch.set_num_threads(1)
    split, runs = split_digits(), {}
    for name, make_layer in SYSTEMS.items():
        runs[name] = run = train(make_layer, split, options.epochs, options.seed)
        print(f"{name}: {run.held_out:.1f} % of the held-out images, "
              f"{run.num_bytes / 1000:.0f} kB of state, {run.seconds:.0f} s", flush=True)
    save_figure(draw(runs), options.out, "train_digits")


if __name__ == "__main__":
    main()
