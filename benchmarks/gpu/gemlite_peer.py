"""The Triton kernels of gemlite for ternary weights, where the package imports."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = "gemlite==0.6.0.post2"
# It tunes itself for each layer and number of tokens, which takes longer than to time it.
SHAPES = ((4096, 4096), (28672, 8192))
TOLERANCE = 1e-2

_core = None


def load(folder: Path) -> str:
    """Imports the package, from a folder if it is not installed; why it cannot, or nothing."""
    global _core
    sys.path.append(str(folder))
    try:
        from gemlite import core
    except Exception as error:  # whatever it raises, only this peer is missing
        return f"{type(error).__name__}: {error}"
    _core = core
    return ""


def make_linear(layer, torch):
    """A layer of 2-bit weights with a scale per row, for int8 or f16 activations."""
    case = layer.case
    is_int8 = case.x == "i8"
    kind = _core.DType.INT8 if is_int8 else _core.DType.FP16
    linear = _core.GemLiteLinearTriton(
        2, group_size=case.k, in_features=case.k, out_features=case.n, input_dtype=kind,
        output_dtype=_core.DType.FP16, scaled_activations=is_int8)
    codes = (layer.trits[0] + 1).to(torch.uint8)
    linear.pack(codes, scales=layer.scales[0][0][:, None], zeros=1)
    # As its helpers for BitNet set them: codes are shifted, scales come behind the sums.
    linear.W_group_mode, linear.channel_scale_mode = 1, 3 if is_int8 else 1
    return linear


def call(layer):
    """Its product of what is quantized already, as ours is; None for other layers."""
    case = layer.case
    if (_core is None or case.suite not in ("decode", "prefill", "half")
            or (case.n, case.k) not in SHAPES):
        return None
    import torch

    linear = make_linear(layer, torch)
    packed, scales, zeros, _ = linear.get_tensor_args()
    weights = [packed.data.clone() for _ in layer.weights]
    bits, *meta = linear.get_meta_args()[1:-1]
    factor = None if layer.factor is None else layer.factor[:, None]
    kernel = _core.GEMLITE_TRITON_MAPPING[_core.get_matmul_type(case.m, bits)]
    type_id = linear.input_dtype.value * 100 + bits

    def run(copy: int):
        return kernel.forward(layer.x, weights[copy], scales, zeros, factor, bits, *meta, True,
                              type_id, meta_scale=0.0)

    expected = layer.expected()
    error = ((run(0).double() - expected).abs().max() / expected.abs().max()).item()
    if not error <= TOLERANCE:
        raise RuntimeError(f"wrong by {error:.2g} of the largest number")
    return run
