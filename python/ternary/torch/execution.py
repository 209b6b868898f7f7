"""Bytes that kernels read as they are.

A kernel that gets a weight in another packing repacks it in every call, which for one
token takes several times as long as the product. Layers therefore keep a second copy of
their trits for passes without gradients, two bits each, and make it anew when the first
has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ternary import _source

from ._ops import storage

if TYPE_CHECKING:
    from typing import Self


# torch 2.11 says that it exports where it compiles.
_KNOWS_EXPORT = torch.__version__ >= "2.15"


def is_exporting() -> bool:
    """Whether torch.export follows the code."""
    return torch.compiler.is_exporting() and (
        _KNOWS_EXPORT or not torch.compiler.is_dynamo_compiling())


def packing() -> str:
    """What the present target executes with float activations."""
    return "gpu_tile2hk" if _source.current().target == "cuda" else "cpu_panel2"


def for_execution(packed: Tensor, rows: int, columns: int, source: str) -> Tensor:
    """The trits of `[rows, columns]`, from one packing to that of the target."""
    return storage.repack(packed, rows=rows, columns=columns, source=source,
                          packing=packing())


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A tensor and its state, to tell later whether what `for_execution` has made from it
    still holds. Writes through `.data` go unseen, as torch does not count them."""

    tensor: Tensor
    address: int
    version: int | None
    packing: str

    @classmethod
    def of(cls, tensor: Tensor) -> Self:
        # Tensors made in inference mode do not count their changes.
        version = None if tensor.is_inference() else tensor._version
        return cls(tensor, tensor.data_ptr(), version, packing())

    def holds(self, tensor: Tensor) -> bool:
        """Whether this is the tensor, unchanged as far as can be known, and the target
        executes what it did."""
        return (tensor is self.tensor and self.version is not None
                and self.packing == packing()
                and (tensor.data_ptr(), tensor._version) == (self.address, self.version))
