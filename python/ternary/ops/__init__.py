"""The ops of the dialect as functions on arrays.

Arrays are those of NumPy or any with `__dlpack__`, `dtype` and `shape`, such as tensors of
torch on the CPU. They are C-contiguous and have the dtypes and shapes that each function
states; nothing is converted or copied. A result is a fresh NumPy array, or is written into
`out`: an array or, for several results, a tuple, in which None stands for a fresh one.
An array that is written overlaps no other.

A function is compiled once per signature (dtypes, shapes of weights, attributes) and kept;
the number of tokens is left open, but for one token. All functions may be called by several
threads at once.

Notation: N outputs, K inputs of a weight matrix, G = ceil(K / group_size) groups per row
(the last may be short), `...` the axes of tokens, of which there may be none. `round` goes
to the nearest integer, ties to even. The numbers are those of sections in docs/spec.md,
which also states how exact results are.

All functions raise TypeError for a wrong dtype or what is no array; ValueError for wrong
shapes, attributes, strides or devices, for overlap and for read-only results; and
`ternary.Error` with the compiler's diagnostics for what remains.
"""

from __future__ import annotations

from .infer import bitlinear, embedding, rms_norm
from .quantize import (absmean, deadzone_stats, decompose, dequantize_activation,
                       nonzero_mask, quantize_activation, sparsify, ternarize)
from .state import (accumulate_correlation, accumulate_exponent, accumulate_trit, step,
                    update_exponent)
from .storage import dequantize, pack, repack, unpack
from .train import (embedding_grad_sign, grad_input, grad_sign, learnable_scale,
                    learnable_scale_backward, rms_norm_backward, ste, ste_backward)
from .update import (effective_exponent, exponent_init_dim, exponent_init_mean,
                     regroup_scale)

__all__ = [
    "absmean", "accumulate_correlation", "accumulate_exponent", "accumulate_trit",
    "bitlinear", "deadzone_stats", "decompose", "dequantize", "dequantize_activation",
    "effective_exponent", "embedding", "embedding_grad_sign", "exponent_init_dim",
    "exponent_init_mean", "grad_input", "grad_sign", "learnable_scale",
    "learnable_scale_backward", "nonzero_mask", "pack", "quantize_activation",
    "regroup_scale", "repack", "rms_norm", "rms_norm_backward", "sparsify", "ste",
    "ste_backward", "step", "ternarize", "unpack", "update_exponent",
]
