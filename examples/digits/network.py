"""The ternary MLP: its formulas, its inference in NumPy and its safetensors file.

One layer maps x f32 [M, K] to y f32 [M, N]:

    h = x / sqrt(mean(x^2) + eps) * norm_weight    RMSNorm (Zhang and Sennrich, 2019)
    q, s = quantize_activation(h)                  absmax int8 (BitNet b1.58, Ma et al., 2024)
    y = (sum_k q[m, k] * t[n, k]) * (s / 127) * alpha + bias

and every layer but the last is followed by ReLU^2 (So et al., 2021). Everything is f32, products
are taken from left to right and rounding is half to even. The sum is an integer of at most
127 * K < 2^24 in size, so f32 holds it exactly whatever the order of the summation.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from dataset import Samples
from output import replace_file

F32 = NDArray[np.float32]
I8 = NDArray[np.int8]

EPS = np.float32(1e-5)
ACT_BITS = 8
ACT_MAX = np.float32(2 ** (ACT_BITS - 1) - 1)

FIXED_METADATA = {
    "format": "ternary-mlp",
    "activation": "relu2",
    "eps": "1e-05",
    "act_bits": str(ACT_BITS),
}
TENSOR_NAMES = {
    "norm_weight": "norm.weight",
    "trits": "weight",
    "alpha": "weight_scale",
    "bias": "bias",
}


@dataclass(frozen=True)
class TernaryLayer:
    """norm_weight f32 [K], trits int8 [N, K] in {-1, 0, 1}, alpha f32 [N], bias f32 [N]."""

    norm_weight: F32
    trits: I8
    alpha: F32
    bias: F32


def root_mean_square(x: F32) -> F32:
    """sqrt(mean(x^2) + eps) over the last axis: [M, K] -> [M, 1]."""
    root: F32 = np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + EPS)
    return root


def quantize_activation(x: F32) -> tuple[F32, F32]:
    """Per-token absmax quantization: [M, K] -> integral q [M, K] in -127..127 and s [M, 1]."""
    s = np.maximum(np.max(np.abs(x), axis=-1, keepdims=True), EPS)
    return np.clip(np.rint((x / s) * ACT_MAX), -ACT_MAX, ACT_MAX), s


def ternarize(w: F32) -> tuple[F32, F32]:
    """Absmean ternarization by row: [N, K] -> integral trits [N, K] and alpha [N]."""
    alpha = np.maximum(np.mean(np.abs(w), axis=-1), EPS)
    return np.clip(np.rint(w / alpha[:, None]), -1, 1), alpha


def bitlinear(q: F32, s: F32, trits: F32, alpha: F32, bias: F32) -> F32:
    """Integral q [M, K], s [M, 1], integral trits [N, K], alpha [N], bias [N] -> y [M, N]."""
    return (q @ trits.T) * (s / ACT_MAX) * alpha + bias


def relu2(x: F32) -> F32:
    """max(x, 0)^2, element by element."""
    positive = np.maximum(x, np.float32(0))
    return positive * positive


def layer_output(layer: TernaryLayer, x: F32) -> F32:
    """x f32 [M, K] -> y f32 [M, N], before the activation function."""
    q, s = quantize_activation(x / root_mean_square(x) * layer.norm_weight)
    return bitlinear(q, s, layer.trits.astype(np.float32), layer.alpha, layer.bias)


def infer(layers: list[TernaryLayer], images: F32) -> F32:
    """images f32 [M, 64] -> logits f32 [M, 10]."""
    x = images
    for layer in layers[:-1]:
        x = relu2(layer_output(layer, x))
    return layer_output(layers[-1], x)


def accuracy_percent(logits: F32, labels: NDArray[np.int64]) -> float:
    """Share of the rows whose largest logit stands at the label, in percent."""
    return 100 * float(np.mean(np.argmax(logits, axis=-1) == labels))


def evaluate(layers: list[TernaryLayer], samples: Samples) -> float:
    """Accuracy on the samples, in percent."""
    return accuracy_percent(infer(layers, samples.images), samples.labels)


def sort_metadata(file: bytes) -> bytes:
    """Rewrites the header (u64 size, JSON, spaces up to a multiple of 8) with sorted metadata.

    safetensors writes the metadata in random order, and equal networks shall be equal files.
    """
    end = 8 + int.from_bytes(file[:8], "little")
    header = json.loads(file[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + file[end:]


def save_network(path: Path, layers: list[TernaryLayer], recorded: dict[str, str]) -> None:
    """Writes `layers.<i>.<tensor>` for each layer, and `recorded` beside the fixed metadata."""
    tensors = {
        f"layers.{i}.{name}": getattr(layer, attribute)
        for i, layer in enumerate(layers)
        for attribute, name in TENSOR_NAMES.items()
    }
    replace_file(path, sort_metadata(save(tensors, FIXED_METADATA | recorded)))


def load_network(path: Path) -> tuple[list[TernaryLayer], dict[str, str]]:
    """The layers and the metadata of a file that `save_network` wrote."""
    with safe_open(path, "np") as file:
        metadata = file.metadata() or {}
        for key, expected in FIXED_METADATA.items():
            if metadata.get(key) != expected:
                raise ValueError(
                    f"{path}: expected metadata {key} = {expected!r}, found {metadata.get(key)!r}"
                )
        count = len(file.keys()) // len(TENSOR_NAMES)
        return [load_layer(file, i) for i in range(count)], metadata


def load_layer(file: safe_open, index: int) -> TernaryLayer:
    """The layer of that index, from the tensors that `TENSOR_NAMES` lists."""
    return TernaryLayer(
        **{
            attribute: file.get_tensor(f"layers.{index}.{name}")
            for attribute, name in TENSOR_NAMES.items()
        }
    )
