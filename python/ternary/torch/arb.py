"""The ARB ternary-scale system: layers whose weights are trits, five per byte, with a
scale `2^(E + correlation)` per group, trained by the signs of gradients alone.

Formulas: sections 7 and 9 of docs/spec.md. Only the correlation and its step count change
in training; trits and exponents stay as they were made."""

from __future__ import annotations

import copy
import warnings
from enum import IntEnum
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from . import base3, execution
from ._ops import embedding, linear, norm, quantize, state, storage
from ._ops.shapes import expect_width, group_count
from .base3 import pack_ternary, unpack_ternary
from .component import ComponentContext, component, correlation_amount
from .environment import (BACKENDS, backend_preference, correlation_strength,
                          rmsnorm_triton_max_dim, tilelang_training_enabled)
from .grouped import (FLOAT32_NUMERICS, GroupedTernary, Numerics, TrackedTernary,
                      ternarize_threshold)

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "GROUP_SIZES", "TILELANG_NUMERICS", "TRITON_NUMERICS", "ComponentContext", "Numerics",
    "TScaleType", "TernaryEmbedding", "TernaryRMSNorm", "TernaryScaleTensor", "component",
    "correlation_amount", "pack_ternary", "rmsnorm_triton_max_dim",
    "scaled_init_threshold", "unpack_ternary",
]

TRITON_NUMERICS = Numerics(correlate_at_zero=True, is_weighted=True)
"""Those of the backend "triton"."""

TILELANG_NUMERICS = Numerics(correlate_at_zero=True, exponent_range=(-14.0, 15.0),
                             round_operands="float16", has_fixed_strength=True,
                             is_weighted=True)
"""Those of the backend "tilelang"."""


class TScaleType(IntEnum):
    """Group sizes that a layer can have."""

    T4 = 4
    T6 = 6
    T8 = 8
    T16 = 16
    T32 = 32
    T64 = 64
    T96 = 96


# The name under which trainers import it.
_COMPONENT_CONTEXT = ComponentContext

GROUP_SIZES = {kind: int(kind) for kind in TScaleType}
"""The number of columns that each type stands for."""


def scaled_init_threshold(threshold: float, init_std: float) -> float:
    """The threshold that ternarizes initial weights: at most half their deviation."""
    return threshold if init_std <= 0 else min(float(threshold), 0.5 * float(init_std))


def group_exponents(w: Tensor, group_size: int) -> Tensor:
    """`trunc(log2 m)` with m the sum of `|w|` over a group by `group_size`, 1 if that is
    not positive: int8 `[N, G]`. A short last group divides by `group_size` too."""
    return quantize.exponent_init_mean(w, group_size=group_size, rounding="truncate",
                                       ragged="group_size")


def _select_numerics(backend: str, device: torch.device) -> Numerics:
    """What a backend means on a device. The GPU backends keep their numerics there; on a
    CPU "tilelang" falls back with a warning and "triton" is an error."""
    on_gpu = device.type == "cuda"
    if backend == "tilelang" and not on_gpu:
        warnings.warn(f"backend 'tilelang', expected a tensor on cuda, found {device}: "
                      f"falling back to torch", RuntimeWarning, stacklevel=4)
        return FLOAT32_NUMERICS
    if backend == "triton" and not on_gpu:
        raise RuntimeError(f"backend 'triton', expected a tensor on cuda, found {device}")
    if backend == "tilelang":
        return TILELANG_NUMERICS
    return TRITON_NUMERICS if on_gpu and backend != "torch" else FLOAT32_NUMERICS


class _TScaled(TrackedTernary):
    """What the linear layer and the embedding share: random trits, the exponents of the
    weights that they come from, the group size that can change."""

    def __init__(self, rows: int, columns: int, init_std: float, threshold: float,
                 tscale_type: TScaleType, bias: bool = False) -> None:
        group_size = GROUP_SIZES[tscale_type]
        threshold = scaled_init_threshold(threshold, init_std)
        latent = torch.randn(rows, columns) * init_std
        super().__init__(ternarize_threshold(latent, threshold),
                         group_exponents(latent, group_size), group_size)
        self.threshold = threshold
        self.tscale_type = tscale_type
        self._add_bias(bias)
        self._stream_backward_updates = True

    @torch.no_grad()
    def ternary_step(self, lr: int = 1, accum_threshold: int | None = None) -> None:
        """Adds a sign that backward kept to the correlation; does nothing where updates
        are streamed. Trits do not change, and the arguments are not used: they are those
        of the trainer's protocol."""
        self._had_flip = False
        self._consume_sign()

    @torch.no_grad()
    def update_E(self, lr: int = 1, loss_signal: float | None = None) -> None:
        """As `ternary_step`: whichever comes first uses the sign. Exponents do not
        change."""
        self._consume_sign()

    def _consume_sign(self) -> None:
        sign = self.take_sign()
        if sign is not None:
            self.accumulate_sign(sign)

    def dequantize(self) -> Tensor:
        """The effective weights, float32 `[N, K]`."""
        return storage.dequantize(self.T_packed, self._scales(), rows=self._rows,
                                  columns=self._columns, packing=base3.PACKING,
                                  group_size=self.group_size, dtype=torch.float32)

    def _scales(self) -> Tensor:
        raise NotImplementedError

    @property
    def effective_bpw(self) -> float:
        """Bits per weight of the whole state: 8/5 per trit, 8 + 64 per group, 32 per
        entry of a bias."""
        weights = self._rows * self._columns
        bias_bits = 0 if self.bias is None else 32 * self.bias.numel()
        return (1.6 * weights + (8 + 64) * self.n_groups() + bias_bits) / weights

    @torch.no_grad()
    def tscale_to(self, tscale_type: TScaleType) -> Self:
        """Changes the group size. If the number of groups changes, exponents come from
        the mean magnitude of the trits, and correlation and step start at 0; if not, all
        three stay."""
        old_size, self.group_size = self.group_size, GROUP_SIZES[tscale_type]
        self.tscale_type = tscale_type
        shape = (self._rows, group_count(self._columns, old_size))
        exponent, correlation, steps = state.regroup_scale(
            self.T_packed, self.E.view(shape), self.corr_accum.view(shape),
            self.step_counter, rows=self._rows, columns=self._columns,
            packing=base3.PACKING, old_group_size=old_size, group_size=self.group_size,
            rounding="truncate", ragged="group_size")
        self.E, self.corr_accum = exponent.view(-1), correlation.view(-1)
        self.step_counter = steps
        return self

    tscale_cast = tscale_to

    def _update(self) -> tuple[str, list[Tensor]]:
        """Name and state of what backward does."""
        if self._stream_backward_updates:
            return "correlation", self._correlation_state()
        return "sign", self._sign_state(ComponentContext.get()[0])


class TernaryScaleTensor(_TScaled):
    """Linear layer `y = x w^T + bias` with `w = trit * scale of the group`.

    Args:
        in_dim, out_dim: K and N.
        threshold: bound on |initial weight| below which a trit is 0, at most half of the
            deviation of these weights.
        weight_init_std: that deviation; `min(0.1, K^-0.5)` by default.
        tscale_type: the group size.
        bias: whether there is a bias (int32 `[N]`, zeros, not trained).
        backend: "auto", "torch", "triton" or "tilelang"; by default that of the
            environment variable ARB_TERNARY_BACKEND, read at each call.
        numerics: overrides those of the backend.

    Input float32, float16 or bfloat16 `[..., K]`, result float32 `[..., N]`. A backward
    pass updates the correlation, or, if `_stream_backward_updates` is false, keeps the
    sign of the gradient for `ternary_step` or `update_E`. Under torch.export, and with
    gradients disabled, nothing is updated."""

    def __init__(self, in_dim: int, out_dim: int, threshold: float = 0.05,
                 weight_init_std: float | None = None,
                 tscale_type: TScaleType = TScaleType.T32, bias: bool = False,
                 backend: str | None = None, numerics: Numerics | None = None) -> None:
        _expect_backend(backend)
        std = default_init_std(in_dim) if weight_init_std is None else weight_init_std
        super().__init__(out_dim, in_dim, float(std), threshold, tscale_type, bias)
        self.in_dim = in_dim
        self.out_dim = out_dim
        self.backend = backend
        self.numerics = numerics
        self._backward_t_accum_step = 1

    def precompile_kernels(self, M: int) -> None:
        """Compiles what passes over `M` rows run, with gradients if they are allowed and
        without. The state stays as it is."""
        twin = copy.deepcopy(self)
        x = torch.zeros(M, self.in_dim, device=self.E.device, requires_grad=True)
        if _may_train(self._numerics(x.device)):
            twin(x).sum().backward()
        with torch.no_grad():
            twin(x)

    def forward(self, x: Tensor) -> Tensor:
        expect_width("TernaryScaleTensor", x, self.in_dim)
        numerics = self._numerics(x.device)
        scales = self.effective_scales(numerics, correlation_strength())
        layout = self._layout(numerics)
        if not torch.is_grad_enabled() or execution.is_exporting():
            weight, packing = self._inference_weight()
            return linear.bitlinear(x, [weight], [scales], None, self.bias,
                                    out_features=self.out_dim, dtype=torch.float32,
                                    **{**layout, "packing": packing})
        if not _may_train(numerics):
            raise RuntimeError("backend 'tilelang', expected disabled gradients or "
                               "ARB_TILELANG_TRAINING=1, found enabled gradients")
        update, tracked = self._update()
        base = self._backward_t_accum_step if numerics.is_weighted else None
        return linear.bitlinear_tracked(
            x, self._anchor, self.T_packed, scales, self.bias, tracked,
            out_features=self.out_dim, dtype=torch.float32, update=update,
            weight_base=base, **layout)

    def _numerics(self, device: torch.device) -> Numerics:
        if self.numerics is not None:
            return self.numerics
        return _select_numerics(self.backend or backend_preference(), device)

    def _layout(self, numerics: Numerics) -> dict[str, object]:
        return {"packing": base3.PACKING, "group_size": self.group_size,
                "round_operands": numerics.round_operands}

    def _scales(self) -> Tensor:
        return self.effective_scales(self.numerics or FLOAT32_NUMERICS,
                                     correlation_strength())

    def extra_repr(self) -> str:
        return (f"in_dim={self.in_dim}, out_dim={self.out_dim}, "
                f"tscale_type={self.tscale_type.name}, group_size={self.group_size}, "
                f"effective_bpw={self.effective_bpw:.2f}")


def _may_train(numerics: Numerics) -> bool:
    return numerics != TILELANG_NUMERICS or tilelang_training_enabled()


def default_init_std(width: int) -> float:
    """Deviation of initial weights with `width` columns."""
    return min(0.1, width ** -0.5)


def _expect_backend(backend: str | None) -> None:
    if backend is not None and backend not in BACKENDS:
        raise ValueError(f"backend, expected {', '.join(BACKENDS)}, found {backend!r}")


class TernaryEmbedding(_TScaled):
    """Rows of a ternary table `[vocab_size, dim]`, times `2^E` of their groups; the
    correlation is trained, but does not enter the rows.

    Ids int32 or int64 `[...]`, result float32 `[..., dim]`; an id outside the table gives
    zeros. Other arguments, and what backward does, as in `TernaryScaleTensor`."""

    def __init__(self, vocab_size: int, dim: int, threshold: float = 0.05,
                 weight_init_std: float | None = None,
                 tscale_type: TScaleType = TScaleType.T32) -> None:
        std = default_init_std(dim) if weight_init_std is None else weight_init_std
        super().__init__(vocab_size, dim, float(std), threshold, tscale_type)
        self.vocab_size = vocab_size
        self.dim = dim

    def forward(self, ids: Tensor) -> Tensor:
        layout = {"rows": self.vocab_size, "columns": self.dim,
                  "packing": base3.PACKING, "group_size": self.group_size}
        scales = self._scales()
        if not torch.is_grad_enabled() or execution.is_exporting():
            return embedding.embedding(ids, self.T_packed, scales, **layout)
        update, tracked = self._update()
        return embedding.embedding_tracked(ids, self._anchor, self.T_packed, scales,
                                           tracked, update=update, **layout)

    def _scales(self) -> Tensor:
        return self.group_scales()

    def extra_repr(self) -> str:
        return (f"vocab_size={self.vocab_size}, dim={self.dim}, "
                f"tscale_type={self.tscale_type.name}")


class TernaryRMSNorm(GroupedTernary):
    """`x / sqrt(mean(x^2) + eps) * trit * 2^E` over the last axis, float32.

    All trits are 1, and E is 0 but for a short last group, which is scaled down if it is
    at most half full. Nothing is trained; `E_accum`, `group_lr` and `T_accum` (int8) are
    part of the state and not used."""

    def __init__(self, dim: int, eps: float = 1e-5, threshold: float = 0.05,
                 tscale_type: TScaleType = TScaleType.T64) -> None:
        group_size = GROUP_SIZES[tscale_type]
        ones = torch.ones(1, dim)
        super().__init__(ternarize_threshold(ones, threshold),
                         group_exponents(ones, group_size), group_size)
        self.dim = dim
        self.eps = eps
        self.threshold = threshold
        self.tscale_type = tscale_type
        self.register_buffer("E_accum", torch.zeros_like(self.E))
        self.register_buffer("group_lr", torch.ones_like(self.E))
        self.register_buffer("T_accum", torch.zeros(1, dim, dtype=torch.int8))

    def forward(self, x: Tensor) -> Tensor:
        expect_width("TernaryRMSNorm", x, self.dim)
        return norm.rms_norm(x, self.T_packed, self.group_scales(), eps=self.eps,
                             packing=base3.PACKING, group_size=self.group_size,
                             dtype=torch.float32)

    def ternary_step(self, lr: int = 1, accum_threshold: int = 3) -> None:
        """Nothing to do: part of the trainer's protocol."""

    def update_E(self, lr: int = 1, loss_signal: float | None = None) -> None:
        """Nothing to do: part of the trainer's protocol."""

    def extra_repr(self) -> str:
        return f"dim={self.dim}, tscale_type={self.tscale_type.name}"
