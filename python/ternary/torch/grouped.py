"""What the layers with group exponents share: their state, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from . import base3, execution
from ._ops import quantize, state, storage
from ._ops.shapes import group_count
from .environment import DEFAULT_STRENGTH

SIGN_ATTRIBUTE = "_hook_grad_T_sign"


@dataclass(frozen=True)
class Numerics:
    """How one implementation of the grouped layer computes.

    Attributes:
        correlate_at_zero: whether the correlation counts before the first update.
        exponent_range: bounds of the effective exponent, or none.
        round_operands: type that activations and weights are rounded to, or none.
        has_fixed_strength: whether the strength is 4 whatever the environment says.
        is_weighted: whether a streamed update counts by the weight of its component.
    """

    correlate_at_zero: bool = False
    exponent_range: tuple[float, float] | None = None
    round_operands: str | None = None
    has_fixed_strength: bool = False
    is_weighted: bool = False


FLOAT32_NUMERICS = Numerics()


def ternarize_threshold(x: Tensor, threshold: float) -> Tensor:
    """`sign(x)` where `|x| > threshold`, else 0: int8 of the shape of x, NaN gives 0."""
    trits = quantize.ternarize(x.reshape(1, -1), None, method="threshold",
                               threshold=threshold, eps=0.0, group_size=None)
    return trits.view(x.shape)


class GroupedTernary(nn.Module):
    """A matrix of trits `[N, K]` whose groups of columns have a scale `2^E`.

    Buffers: `T_packed` (uint8, base 3, five trits per byte), `_T_shape` (int64, N and K),
    `_T_pad` (int64, trits that fill the last byte), `E` (int8 `[N * G]`)."""

    T_packed: Tensor
    E: Tensor

    def __init__(self, trits: Tensor, exponent: Tensor, group_size: int) -> None:
        super().__init__()
        self._rows, self._columns = trits.shape
        self.group_size = group_size
        packed, shape, pad = base3.pack_ternary(trits)
        self.register_buffer("T_packed", packed)
        self.register_buffer("_T_shape", torch.tensor(shape, dtype=torch.int64))
        self.register_buffer("_T_pad", torch.tensor(pad, dtype=torch.int64))
        self.register_buffer("E", exponent.reshape(-1))

    def n_groups(self) -> int:
        """Number of exponents."""
        return self._rows * group_count(self._columns, self.group_size)

    def trits(self) -> Tensor:
        """int8 `[N, K]`."""
        return storage.unpack(self.T_packed, rows=self._rows, columns=self._columns,
                              packing=base3.PACKING)

    def _by_group(self, flat: Tensor) -> Tensor:
        """A flat buffer with one entry per group as `[N, G]`, on the same memory."""
        return flat.view(self._rows, group_count(self._columns, self.group_size))

    def group_scales(self) -> Tensor:
        """`2^E`, float32 `[N, G]`."""
        return state.effective_exponent(
            self._by_group(self.E), None, None, group_size=self.group_size,
            strength=DEFAULT_STRENGTH, correlate_at_zero=False, clamp_min=None,
            clamp_max=None)


class CorrelatedTernary(GroupedTernary):
    """Trits whose scales are `2^(E + strength * corr / (step * group_size))`.

    Further buffers: `corr_accum` (int64 `[N * G]`), the sum of correlations of gradient
    signs with trits, and `step_counter` (int64 `[1]`), the number of its terms."""

    corr_accum: Tensor
    step_counter: Tensor
    bias: Tensor | None

    def __init__(self, trits: Tensor, exponent: Tensor, group_size: int) -> None:
        super().__init__(trits, exponent, group_size)
        self.register_buffer("corr_accum", torch.zeros_like(self.E, dtype=torch.int64))
        self.register_buffer("step_counter", torch.zeros(1, dtype=torch.int64))

    def effective_scales(self, numerics: Numerics = FLOAT32_NUMERICS,
                         strength: float = DEFAULT_STRENGTH) -> Tensor:
        """The scales with the correlation, float32 `[N, G]`."""
        low, high = numerics.exponent_range or (None, None)
        return state.effective_exponent(
            self._by_group(self.E), self._by_group(self.corr_accum), self.step_counter,
            group_size=self.group_size,
            strength=DEFAULT_STRENGTH if numerics.has_fixed_strength else strength,
            correlate_at_zero=numerics.correlate_at_zero, clamp_min=low, clamp_max=high)


class KeptSign:
    """The sign of the last gradient of one component, int8 `[N, K]`, and whether there
    is one. Compiled backward passes write both in place."""

    def __init__(self, rows: int, columns: int, device: torch.device) -> None:
        self.sign = torch.zeros((rows, columns), dtype=torch.int8, device=device)
        self.kept = torch.zeros(1, dtype=torch.int64, device=device)

    def take(self) -> Tensor | None:
        """The sign, which then counts as used; None if there is none."""
        if not self.kept.item():
            return None
        self.kept.zero_()
        return self.sign


class TrackedTernary(CorrelatedTernary):
    """A correlated layer whose backward pass sees the gradient to the trits: it adds its
    sign to the correlation, or keeps it.

    A kept sign is the attribute `_hook_grad_T_sign`, or `_hook_grad_T_sign_<name>` for a
    named component; deleting the attribute counts as using the sign."""

    def __init__(self, trits: Tensor, exponent: Tensor, group_size: int) -> None:
        super().__init__(trits, exponent, group_size)
        self._kept_signs: dict[str, KeptSign] = {}
        # Backward has to come by even if the input needs no gradient.
        self._anchor = torch.zeros(0, requires_grad=True)
        self._panels: Tensor | None = None
        self._panels_from: execution.Snapshot | None = None

    def _add_bias(self, has_bias: bool) -> None:
        """A buffer `bias`, int32 `[N]`, of zeros, or None."""
        if has_bias:
            self.register_buffer("bias", torch.zeros(self._rows, dtype=torch.int32))
        else:
            self.bias = None

    def accumulate_sign(self, sign: Tensor, amount: int = 1) -> None:
        """`corr -= amount * sum(sign * trit)` per group and `step += |amount|`, for a
        sign int8 `[N, K]`."""
        state.accumulate_correlation(
            [sign], self.T_packed, self._by_group(self.corr_accum), self.step_counter,
            packing=base3.PACKING, group_size=self.group_size, amount=amount)

    def _inference_weight(self) -> tuple[Tensor, str]:
        """Bytes for a pass without gradients, and their packing. Graphs take the rows of
        the state, as they do not see when these change."""
        if torch.compiler.is_compiling():
            return self.T_packed, base3.PACKING
        if (self._panels is None or self._panels_from is None
                or not self._panels_from.holds(self.T_packed)):
            self._panels = execution.for_execution(self.T_packed, self._rows,
                                                   self._columns, base3.PACKING)
            self._panels_from = execution.Snapshot.of(self.T_packed)
        return self._panels, self._panels_from.packing

    def take_sign(self, component: str | None = None) -> Tensor | None:
        """The kept sign of a component, which then counts as used; None if there is
        none."""
        slot = self._kept_signs.get(_sign_name(component))
        return None if slot is None else slot.take()

    def _correlation_state(self) -> list[Tensor]:
        """What a backward pass that streams its update changes."""
        return [self._by_group(self.corr_accum), self.step_counter]

    # Made outside the graph: what a graph makes itself its backward cannot change.
    @torch.compiler.assume_constant_result
    def _sign_state(self, component: str | None) -> list[Tensor]:
        """What a backward pass that keeps the sign for a component changes."""
        name = _sign_name(component)
        slot = self._kept_signs.get(name)
        if slot is None:
            slot = KeptSign(self._rows, self._columns, self.E.device)
            self._kept_signs[name] = slot
        return [slot.sign, slot.kept]

    def __getattr__(self, name: str) -> Tensor | nn.Module:
        if name.startswith(SIGN_ATTRIBUTE):
            slot = self.__dict__.get("_kept_signs", {}).get(name)
            if slot is not None and slot.kept.item():
                return slot.sign
        return super().__getattr__(name)

    def __delattr__(self, name: str) -> None:
        if name in self._kept_signs:
            self._kept_signs[name].kept.zero_()
        else:
            super().__delattr__(name)


def _sign_name(component: str | None) -> str:
    return SIGN_ATTRIBUTE if component is None else f"{SIGN_ATTRIBUTE}_{component}"
