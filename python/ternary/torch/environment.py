"""Settings from environment variables, read at each use. Text that cannot be used gives
a RuntimeWarning and the default."""

from __future__ import annotations

import os
import warnings

BACKENDS = ("auto", "tilelang", "triton", "torch")
DEFAULT_STRENGTH = 4.0
DEFAULT_NORM_DIM = 4096


def backend_preference() -> str:
    """`ARB_TERNARY_BACKEND`: auto (default), tilelang, triton or torch."""
    backend = os.environ.get("ARB_TERNARY_BACKEND", "auto").strip().lower()
    if backend in BACKENDS:
        return backend
    _warn(f"ARB_TERNARY_BACKEND, expected {', '.join(BACKENDS)}, found {backend!r}: "
          f"falling back to auto")
    return "auto"


def tilelang_training_enabled() -> bool:
    """`ARB_TILELANG_TRAINING`: whether gradients are allowed with the numerics of that
    backend; 1, true or yes."""
    value = os.environ.get("ARB_TILELANG_TRAINING", "0")
    return value.strip().lower() in {"1", "true", "yes"}


def correlation_strength() -> float:
    """`ARB_BIGINT_CORR_STRENGTH`: what multiplies the mean correlation (4.0)."""
    text = os.environ.get("ARB_BIGINT_CORR_STRENGTH", str(DEFAULT_STRENGTH)).strip()
    try:
        return float(text)
    except ValueError:
        _warn(f"ARB_BIGINT_CORR_STRENGTH, expected a number, found {text!r}: "
              f"using {DEFAULT_STRENGTH}")
        return DEFAULT_STRENGTH


def rmsnorm_triton_max_dim() -> int:
    """`ARB_RMSNORM_TRITON_MAX_DIM` (4096), at least 0: up to which width the original
    norm used its GPU kernel. Ours has one meaning for all widths and devices and does
    not read it."""
    text = os.environ.get("ARB_RMSNORM_TRITON_MAX_DIM", str(DEFAULT_NORM_DIM)).strip()
    try:
        return max(0, int(text))
    except ValueError:
        _warn(f"ARB_RMSNORM_TRITON_MAX_DIM, expected an integer, found {text!r}: "
              f"using {DEFAULT_NORM_DIM}")
        return DEFAULT_NORM_DIM


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=3)
