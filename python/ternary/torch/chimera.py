"""The Chimera system: BitNet b1.58 linear layers (arXiv 2402.17764) with an absmean scale
per row, latent float weights in training and two bits per weight in inference.

Formulas: sections 4 to 6 and 8 of docs/spec.md. Bytes are those of the packing
`chimera`: four trits each, the first in the highest bits, every row on a new byte."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from . import execution
from ._ops import linear, norm, quantize, storage, straight_through
from ._ops.shapes import as_matrix, expect_width

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "BitLinear", "RMSNorm", "_quantize_weights_ternary", "apply_2_4_sparsity_",
    "dequantize", "enable_native_kernel", "native_kernel_available", "pack_ternary",
    "ste_ternary", "ste_ternary_legacy", "ternarize_weight", "unpack_ternary",
]

PACKING = "chimera"
TRITS_PER_BYTE = 4
EPS = 1e-5
FLOATS = (torch.float32, torch.float16, torch.bfloat16)

_native_works = False


def enable_native_kernel(force: bool = False) -> bool:
    """Whether compiled code runs here, found out once, or anew with `force`. If it does
    not, the reason is left in the environment variable CHIMERA_NATIVE_DISABLED."""
    global _native_works
    if _native_works and not force:
        return True
    try:
        pack_ternary(torch.zeros(1, 1, dtype=torch.int8))
        _native_works = True
    except Exception as error:  # whatever it is, the caller asks for a yes or no
        os.environ.setdefault("CHIMERA_NATIVE_DISABLED", str(error)[:200])
        _native_works = False
    return _native_works


def native_kernel_available() -> bool:
    """Whether `enable_native_kernel` has found that compiled code runs. There is no other
    code: without it the layers raise."""
    return _native_works


def pack_ternary(q: Tensor) -> Tensor:
    """uint8 `[..., ceil(K / 4)]` of `[..., K]`. Values are truncated toward zero to int8;
    then all but +1 and -1 are stored as 0. Rank 1 gives `[1, ceil(K / 4)]`."""
    q = q.detach()
    rows = as_matrix(q.unsqueeze(0) if q.dim() == 1 else q)
    if rows.dtype not in (torch.int8, *FLOATS):
        rows = rows.to(torch.int8)
    packed = storage.pack(rows, packing=PACKING, conversion="truncate")
    return packed if q.dim() == 1 else packed.view(*q.shape[:-1], packed.shape[1])


def unpack_ternary(packed: Tensor, k: int, alpha: Tensor | None = None,
                   dtype: torch.dtype = torch.float32) -> Tensor:
    """The first `k` values of each row, `[..., k]` of `dtype`; with `alpha` (one entry
    per row, taken in `dtype`) times that. Raises ValueError if a row has fewer."""
    if packed.dim() == 1:
        packed = packed.unsqueeze(0)
    rows = as_matrix(packed.to(torch.uint8))
    held = TRITS_PER_BYTE * rows.shape[1]
    if not 0 <= k <= held:
        raise ValueError(f"unpack_ternary: k, expected 0 to {held} values in a row, "
                         f"found {k}")
    used = rows[:, :-(-k // TRITS_PER_BYTE)].contiguous()
    scales = None if alpha is None else alpha.reshape(rows.shape[0]).float()
    values = storage.dequantize(used, scales, rows=rows.shape[0], columns=k,
                                packing=PACKING, group_size=None,
                                dtype=dtype if dtype in FLOATS else torch.float32)
    return values.to(dtype).view(*packed.shape[:-1], k)


def dequantize(packed: Tensor, alpha: Tensor, k: int) -> Tensor:
    """float32 `[..., k]`: `unpack_ternary` times the scale of each row."""
    return unpack_ternary(packed, k, alpha)


def _absmean(rows: Tensor) -> Tensor:
    return quantize.absmean(rows.detach(), granularity="row", group_size=None, eps=EPS)


def _round(rows: Tensor, alpha: Tensor) -> Tensor:
    return quantize.ternarize(rows.detach(), alpha, method="round", threshold=None,
                              eps=EPS, group_size=None)


def ternarize_weight(weight: Tensor, group_size: int = 128) -> tuple[Tensor, Tensor]:
    """Trits int8 `[..., K]`, `round(w / alpha)` clamped to -1 and 1, and the scales alpha,
    float32 `[...]`, `max(mean |w|, 1e-5)` of each row. There is one scale per row:
    `group_size` is part of the call and does nothing."""
    rows = as_matrix(weight)
    alpha = _absmean(rows)
    return _round(rows, alpha).view(weight.shape), alpha.view(weight.shape[:-1])


_quantize_weights_ternary = ternarize_weight


@torch.no_grad()
def apply_2_4_sparsity_(weight: Tensor) -> Tensor:
    """Sets the two entries of smallest magnitude of each aligned block of four on the last
    axis to 0, in place; on a tie the lower index. A short last block counts as extended
    by zeros."""
    sparse = quantize.sparsify(as_matrix(weight), n=2, m=4)
    return weight.copy_(sparse.view(weight.shape))


def ste_ternary(w: Tensor) -> Tensor:
    """`round(clamp(w, -1, 1))`; the gradient passes where `|w| <= 1`, else it is 0."""
    return _ste(w, "clamp")


def ste_ternary_legacy(w: Tensor) -> Tensor:
    """`round(clamp(w, -1, 1))`; the gradient is `clamp(grad, -1, 1)` whatever w is."""
    return _ste(w, "legacy")


def _ste(w: Tensor, variant: str) -> Tensor:
    values = straight_through.ste(w.reshape(1, -1).float(), None, variant=variant)
    return values.to(w.dtype).view(w.shape)


class BitLinear(nn.Module):
    """Linear layer with ternary weights and one absmean scale per row.

    Args:
        in_features, out_features: K and N.
        bias: whether there is a bias (initially 0).
        group_size: part of the call; there is one scale per row whatever it is.
        nm_2_4: whether at most two of four neighbouring trits stay, chosen on the trits.

    State: `weight` (float `[N, K]`, the latent weights) and, with a bias, `bias` `[N]`.
    Input float32, float16 or bfloat16 `[..., K]`, result of its dtype `[..., N]`.

    Training mode with gradients enabled ternarizes in each call: x receives the gradient
    through the trits, the latent weight `grad^T x` where `|w / alpha| <= 1` (and, with
    `nm_2_4`, where the trit is not 0). Otherwise the layer computes with packed trits.
    They are kept in evaluation mode only, twice: in rows and in the panels that kernels
    read, half a byte per weight together. They are made anew if the weight was changed
    in place, replaced, moved or loaded since. A write through `weight.data`, which torch
    does not count as a change, needs `invalidate_packed`.

    Compiled by torch.compile or torch.export, the graph ternarizes by itself unless
    `prepare_for_inference` was called before: then it computes with the bytes of that
    time until `invalidate_packed` or `train`."""

    _packed: Tensor
    _panels: Tensor
    _alpha: Tensor

    def __init__(self, in_features: int, out_features: int, bias: bool = False,
                 group_size: int = 128, nm_2_4: bool = False) -> None:
        super().__init__()
        self.in_features = int(in_features)
        self.out_features = int(out_features)
        self.group_size = int(group_size)
        self.use_2_4 = bool(nm_2_4)
        self.weight = nn.Parameter(torch.empty(self.out_features, self.in_features))
        self.bias = nn.Parameter(torch.zeros(self.out_features)) if bias else None
        self.register_buffer("_packed", torch.zeros(0, dtype=torch.uint8),
                             persistent=False)
        self.register_buffer("_alpha", torch.zeros(0), persistent=False)
        self.register_buffer("_panels", torch.zeros(0, dtype=torch.uint8),
                             persistent=False)
        self._packed_from: execution.Snapshot | None = None
        self._prepared = False
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Kaiming-uniform weights (a = sqrt(5)), bias 0."""
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            nn.init.zeros_(self.bias)
        self.invalidate_packed()

    def invalidate_packed(self) -> None:
        """Forgets the packed trits."""
        self._packed_from = None
        self._prepared = False

    @torch.no_grad()
    def prepare_for_inference(self) -> None:
        """Packs the trits of the present weight."""
        self._keep(*self._quantize())
        self._prepared = True

    @torch.no_grad()
    def ternary_nonzero_mask(self) -> Tensor:
        """Where the trits are not 0, bool `[N, K]`."""
        packed = self._packed if self._refresh() else self._quantize()[0]
        return storage.nonzero_mask(packed, rows=self.out_features,
                                    columns=self.in_features, packing=PACKING)

    def train(self, mode: bool = True) -> Self:
        """As in torch; entering training mode forgets the packed trits."""
        if mode:
            self.invalidate_packed()
        return super().train(mode)

    def forward(self, x: Tensor) -> Tensor:
        expect_width("BitLinear", x, self.in_features)
        if self.training and torch.is_grad_enabled():
            return self._forward_train(x)
        weight, alpha, packing = self._inference_weight(x)
        return linear.bitlinear(x, [weight], [alpha], None, self.bias,
                                out_features=self.out_features, packing=packing,
                                group_size=None, round_operands=None, dtype=x.dtype)

    def _forward_train(self, x: Tensor) -> Tensor:
        trits, alpha = self._trits()
        rule = "clamp_nonzero" if self.use_2_4 else "clamp"
        return linear.bitlinear_train(x, [self.weight], [trits], [alpha], self.bias,
                                      rule=rule, dtype=x.dtype)

    def _trits(self) -> tuple[Tensor, Tensor]:
        """Trits int8 `[N, K]` and scales float32 `[N]` of the present weight."""
        alpha = _absmean(self.weight)
        trits = _round(self.weight, alpha)
        return (quantize.sparsify(trits, n=2, m=4) if self.use_2_4 else trits), alpha

    def _quantize(self) -> tuple[Tensor, Tensor]:
        trits, alpha = self._trits()
        return storage.pack(trits, packing=PACKING, conversion="trits"), alpha

    def _inference_weight(self, x: Tensor) -> tuple[Tensor, Tensor, str]:
        """Bytes and scales of the present weight, and the packing of the bytes."""
        if not self._refresh() or self._packed_from is None:
            return *self._quantize(), PACKING
        # The gradient to x, and IR for any target, want rows.
        if execution.is_exporting() or (torch.is_grad_enabled() and x.requires_grad):
            return self._packed, self._alpha, PACKING
        return self._panels, self._alpha, self._packed_from.packing

    def _refresh(self) -> bool:
        """Whether the kept trits are those of the present weight, after making them so in
        evaluation mode."""
        if torch.compiler.is_compiling():
            return self._prepared
        if self._packed_from is not None and self._packed_from.holds(self.weight):
            return True
        if self.training:
            return False
        self._keep(*self._quantize())
        return True

    def _keep(self, packed: Tensor, alpha: Tensor) -> None:
        self._packed, self._alpha = packed, alpha
        self._panels = execution.for_execution(packed, self.out_features,
                                               self.in_features, PACKING)
        self._packed_from = execution.Snapshot.of(self.weight)

    def _apply(self, fn: Callable[[Tensor], Tensor], *args: Any, **kwargs: Any) -> Self:
        self.invalidate_packed()
        return super()._apply(fn, *args, **kwargs)

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self.invalidate_packed()
        super()._load_from_state_dict(*args, **kwargs)

    def extra_repr(self) -> str:
        return (f"in_features={self.in_features}, out_features={self.out_features}, "
                f"bias={self.bias is not None}, nm_2_4={self.use_2_4}, "
                f"native={native_kernel_available()}")


class RMSNorm(nn.Module):
    """`x / sqrt(mean(x^2) + eps) * weight` over the last axis, computed in float32. The
    normalized value is rounded to the dtype of x before it is multiplied, so that with
    float32 weights the result is float32 for x of half precision too."""

    def __init__(self, dim: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.dim = int(dim)
        self.eps = float(eps)
        self.weight = nn.Parameter(torch.ones(self.dim))

    def forward(self, x: Tensor) -> Tensor:
        expect_width("RMSNorm", x, self.dim)
        dtype = torch.promote_types(x.dtype, self.weight.dtype)
        return norm.rms_norm(x, self.weight.float(), None, eps=self.eps, packing=None,
                             group_size=None, dtype=dtype)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, eps={self.eps}"


if os.environ.get("CHIMERA_NATIVE", "0") == "1":
    enable_native_kernel()
