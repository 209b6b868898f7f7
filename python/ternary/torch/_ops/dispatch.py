"""The one place where tensors meet compiled code.

Every custom op allocates its results with torch and hands all tensors to `dispatch`,
which runs the eager function `ternary.<op>` of the same name on their memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ternary import _source, library, ops
from ternary._arrays import DEVICE_ALIGNMENT, DeviceArray
from ternary._signature import dtype_name

# Calls on tensors of a GPU go where torch's own work goes.
library.set_stream_source(lambda: torch.cuda.current_stream().cuda_stream)


@dataclass(frozen=True)
class State:
    """An operand that the op changes in place."""

    tensor: Tensor


def dispatch(op: str, *operands: object, **keywords: object) -> None:
    """Runs `ternary.<op>` on the memory of the tensors among its arguments: contiguous,
    all on the device of the first. Results go where the keyword `out` says. Raises
    ValueError if no compiled code runs on a device."""
    device = _find_device(operands)
    runner = _RUNNERS.get(device.type)
    if runner is None:
        raise ValueError(f"{op}: operand tensors, expected on "
                         f"{' or '.join(sorted(_RUNNERS))}, found on {device}")
    memory = _Memory(op, device, runner.view)
    arguments = [memory.of(operand) for operand in operands]
    named = {name: memory.of(value, is_written=name == "out")
             for name, value in keywords.items()}
    with runner.context(op, device):
        getattr(ops, op)(*arguments, **named)


def _find_device(operands: Sequence[object]) -> torch.device:
    tensors = [operand.tensor if isinstance(operand, State) else operand
               for operand in operands]
    return next(tensor.device for tensor in tensors if isinstance(tensor, Tensor))


@dataclass(frozen=True)
class _Memory:
    """The memory of the tensors of one call: `view` makes what `ternary.<op>` takes, and
    is told whether the op writes there."""

    op: str
    device: torch.device
    view: Callable[[Tensor, bool], object]

    def of(self, value: object, is_written: bool = False) -> object:
        """That of a tensor, of each in a list or tuple; other values as they are."""
        if isinstance(value, Tensor):
            return self._of_tensor(value, is_written)
        if isinstance(value, State):
            return self._of_tensor(value.tensor, True)
        if isinstance(value, (list, tuple)):
            return type(value)([self.of(item, is_written) for item in value])
        return value

    def _of_tensor(self, tensor: Tensor, is_written: bool) -> object:
        if tensor.device != self.device:
            raise ValueError(f"{self.op}: operand tensors, expected all on {self.device}, "
                             f"found one on {tensor.device}")
        return self.view(tensor.detach() if tensor.requires_grad else tensor, is_written)


@dataclass(frozen=True)
class _Runner:
    view: Callable[[Tensor, bool], object]
    context: Callable[[str, torch.device], AbstractContextManager[object]]


def _view_on_cpu(tensor: Tensor, is_written: bool) -> object:
    """NumPy's. It has no bfloat16: such a tensor stays one, and goes through DLPack."""
    return tensor if tensor.dtype == torch.bfloat16 else tensor.numpy()


def _view_on_cuda(tensor: Tensor, is_written: bool) -> object:
    """Its memory, or that of a copy where kernels cannot read it. One that is not
    contiguous is left to DLPack, which says so."""
    if tensor.data_ptr() % DEVICE_ALIGNMENT and not is_written:
        tensor = tensor.clone()
    if not tensor.is_contiguous():
        return tensor
    return DeviceArray(dtype_name(tensor.dtype), tuple(tensor.shape), tensor.data_ptr(),
                       tensor)


def _enter_cuda(op: str, device: torch.device) -> AbstractContextManager[object]:
    """The device becomes the current one, where code runs."""
    target = _source.current().target
    if target != "cuda":
        raise ValueError(f"{op}: operand tensors, expected on cpu for the target "
                         f"{target} (ternary.set_target, ternary.library.use), found on "
                         f"{device}")
    return torch.cuda.device(device)


_RUNNERS = {"cpu": _Runner(_view_on_cpu, lambda op, device: nullcontext()),
            "cuda": _Runner(_view_on_cuda, _enter_cuda)}
