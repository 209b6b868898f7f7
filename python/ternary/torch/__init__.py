"""The five original systems as torch modules and functions on compiled code.

* `chimera`: BitLinear with packed inference, RMSNorm;
* `arb`: TernaryScaleTensor, TernaryEmbedding and TernaryRMSNorm with group exponents;
* `functional`: bitlinear, multi_ternary_linear, decomposition, activation_quant;
* `tilelli`: straight-through ternarization, LearnableScale, deadzone_stats;
* `tscale`: the small TernaryScaleTensor and TernaryRMSNorm;
* `export_ir`, `compile_module`: modules as IR, and compiled as a whole.

All work is done by the ops of `ternary` on the memory of the tensors. They are custom ops
of torch, which torch.compile and torch.export see through. Tensors have to be on the CPU.
"""

from __future__ import annotations

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError("ternary.torch: expected the package torch, found none") from error

from . import arb, chimera, functional, tilelli, tscale
from .component import ComponentContext, component
from .export import compile_module, export_ir

__all__ = ["ComponentContext", "arb", "chimera", "compile_module", "component",
           "export_ir", "functional", "tilelli", "tscale"]
