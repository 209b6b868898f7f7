"""Quantization-aware training of the ternary MLP: latent weights, gradients and Adam.

The forward pass is the formula of `network` on the ternarized latent weights. The backward pass
goes straight through both quantizers (Bengio et al., 2013): for w_q = alpha * t and
h_q = q * (s / 127), dL/dw = dL/dw_q and dL/dh = dL/dh_q.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from network import (
    ACT_MAX,
    F32,
    TernaryLayer,
    bitlinear,
    quantize_activation,
    relu2,
    root_mean_square,
    ternarize,
)


@dataclass(frozen=True)
class LatentLayer:
    """What is trained, in place: norm_weight f32 [K], weight f32 [N, K], bias f32 [N]."""

    norm_weight: F32
    weight: F32
    bias: F32

    def parameters(self) -> list[F32]:
        """The arrays in the order in which `backward` returns their gradients."""
        return [self.norm_weight, self.weight, self.bias]

    def ternarized(self) -> TernaryLayer:
        """A copy for inference that later training steps leave alone."""
        trits, alpha = ternarize(self.weight)
        return TernaryLayer(self.norm_weight.copy(), trits.astype(np.int8), alpha, self.bias.copy())


class Kept(NamedTuple):
    """What the backward pass of one layer needs from its forward pass.

    rms [M, 1], normed = x / rms [M, K], h_q = q * (s / 127) [M, K], trits [N, K], alpha [N] and
    y [M, N].
    """

    rms: F32
    normed: F32
    h_q: F32
    trits: F32
    alpha: F32
    y: F32


def init_layers(widths: tuple[int, ...], rng: np.random.Generator) -> list[LatentLayer]:
    """One layer between each two widths: weights of variance 1/K, unit norms and zero biases."""
    return [
        LatentLayer(
            norm_weight=np.ones(k, np.float32),
            weight=rng.standard_normal((n, k), dtype=np.float32) / np.float32(np.sqrt(k)),
            bias=np.zeros(n, np.float32),
        )
        for k, n in pairwise(widths)
    ]


def forward(layer: LatentLayer, x: F32) -> Kept:
    """x [M, K] -> y [M, N] before the activation function, with the intermediate values."""
    rms = root_mean_square(x)
    normed = x / rms
    q, s = quantize_activation(normed * layer.norm_weight)
    trits, alpha = ternarize(layer.weight)
    y = bitlinear(q, s, trits, alpha, layer.bias)
    return Kept(rms, normed, q * (s / ACT_MAX), trits, alpha, y)


def backward(layer: LatentLayer, kept: Kept, dy: F32) -> tuple[F32, list[F32]]:
    """dL/dy [M, N] -> dL/dx [M, K] and the gradients of `layer.parameters()`."""
    dh = (dy * kept.alpha) @ kept.trits
    gradients = [np.sum(dh * kept.normed, axis=0), dy.T @ kept.h_q, np.sum(dy, axis=0)]
    d_normed = dh * layer.norm_weight
    along = np.mean(d_normed * kept.normed, axis=-1, keepdims=True)
    return (d_normed - kept.normed * along) / kept.rms, gradients


def cross_entropy(logits: F32, targets: F32) -> tuple[float, F32]:
    """Mean softmax cross-entropy against one-hot targets [M, C], and dL/dlogits [M, C]."""
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    loss = -float(np.mean(np.sum(targets * log_p, axis=-1)))
    return loss, (np.exp(log_p) - targets) / np.float32(len(logits))


def loss_and_gradients(
    layers: list[LatentLayer], images: F32, targets: F32
) -> tuple[float, list[F32]]:
    """images [M, 64], one-hot targets [M, 10] -> loss and gradients in the order of the layers."""
    kept = [forward(layers[0], images)]
    for layer in layers[1:]:
        kept.append(forward(layer, relu2(kept[-1].y)))
    loss, dy = cross_entropy(kept[-1].y, targets)
    gradients: list[F32] = []
    for i in range(len(layers) - 1, 0, -1):
        dx, of_layer = backward(layers[i], kept[i], dy)
        gradients = of_layer + gradients
        dy = dx * 2 * np.maximum(kept[i - 1].y, np.float32(0))  # through ReLU^2
    return loss, backward(layers[0], kept[0], dy)[1] + gradients


class Adam:
    """Adam (Kingma and Ba, 2015), with the bias corrections folded into the rate and epsilon."""

    BETA1 = 0.9
    BETA2 = 0.999
    EPSILON = 1e-8

    def __init__(self, parameters: list[F32]) -> None:
        self.parameters = parameters
        self.first = [np.zeros_like(p) for p in parameters]
        self.second = [np.zeros_like(p) for p in parameters]
        self.steps = 0

    def step(self, gradients: list[F32], rate: float) -> None:
        """Moves the parameters in place, against the gradients."""
        self.steps += 1
        root = np.sqrt(1 - self.BETA2**self.steps)
        scaled_rate = np.float32(rate * root / (1 - self.BETA1**self.steps))
        epsilon = np.float32(self.EPSILON * root)
        moments = zip(self.first, self.second, strict=True)
        for p, g, (m, v) in zip(self.parameters, gradients, moments, strict=True):
            m += np.float32(1 - self.BETA1) * (g - m)
            v += np.float32(1 - self.BETA2) * (g * g - v)
            p -= scaled_rate * m / (np.sqrt(v) + epsilon)
