"""The one place where tensors meet compiled code.

Every custom op allocates its results with torch and hands all tensors to `dispatch`,
which runs the eager function `ternary.<op>` of the same name on their memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ternary import ops

Runner = Callable[[str, tuple[Any, ...], dict[str, Any]], None]


def dispatch(op: str, *operands: object, **keywords: object) -> None:
    """Runs `ternary.<op>` on the memory of the tensors among its arguments: contiguous,
    all on the device of the first. Results go where the keyword `out` says. Raises
    ValueError if no compiled code runs on a device."""
    device = next(operand.device.type for operand in operands
                  if isinstance(operand, Tensor))
    runner = _RUNNERS.get(device)
    if runner is None:
        raise ValueError(f"{op}: operand tensors, expected on "
                         f"{' or '.join(sorted(_RUNNERS))}, found on {device}")
    runner(op, operands, keywords)


def _run_on_cpu(op: str, operands: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    getattr(ops, op)(*[_memory(op, operand) for operand in operands],
                     **{name: _memory(op, value) for name, value in keywords.items()})


def _memory(op: str, value: object) -> object:
    """The NumPy view of a tensor, of each tensor of a list or tuple, or the value itself.
    NumPy has no bfloat16: such a tensor stays one, and goes through DLPack."""
    if isinstance(value, Tensor):
        if not value.is_cpu:
            raise ValueError(f"{op}: operand tensors, expected all on cpu, found one on "
                             f"{value.device}")
        plain = value.detach() if value.requires_grad else value
        return plain if plain.dtype == torch.bfloat16 else plain.numpy()
    kind = type(value)
    return kind([_memory(op, item) for item in value]) if kind in (list, tuple) else value


_RUNNERS: dict[str, Runner] = {"cpu": _run_on_cpu}
