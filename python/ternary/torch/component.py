"""Which component of a loss the running code belongs to.

A trainer that runs one backward per part of its loss names the part and gives it a
weight. The name decides under which attribute a layer keeps the sign of its gradient,
the weight by how much a streamed update counts."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Autograd runs backward passes of tensors on a GPU in threads of its own. They see what
# the thread that has called them keeps with torch under this name.
_KEY = "ternary_component"


class _Cell:
    """The component of one thread."""

    current: tuple[str, float] | None = None


class ComponentContext:
    """The (name, weight) of the present component; each thread has its own."""

    _local = threading.local()

    @classmethod
    def get(cls) -> tuple[str | None, float]:
        """Name and weight; (None, 1.0) outside a component."""
        cell = getattr(cls._local, "cell", None)
        return (None, 1.0) if cell is None or cell.current is None else cell.current

    @classmethod
    def get_in_backward(cls) -> tuple[str | None, float]:
        """Those of the thread that has called backward. Graphs cannot hold this call."""
        if not hasattr(cls._local, "cell") and torch._C._is_key_in_tls(_KEY):
            cell: _Cell = torch._C._get_obj_in_tls(_KEY)
            return cell.current or (None, 1.0)
        return cls.get()

    @classmethod
    def set(cls, name: str | None, weight: float = 1.0) -> None:
        """Enters a component; None leaves it."""
        if not hasattr(cls._local, "cell"):
            cls._local.cell = cell = _Cell()
            # torch 2.11 keeps a reference that it has not counted.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(cell))
            torch._C._stash_obj_in_tls(_KEY, cell)
        cls._local.cell.current = None if name is None else (name, weight)

    @classmethod
    def clear(cls) -> None:
        """Leaves the component."""
        cls.set(None)


@contextmanager
def component(name: str, weight: float = 1.0) -> Iterator[None]:
    """Runs the body as a component, then returns to the one before."""
    before = ComponentContext.get()
    ComponentContext.set(name, weight)
    try:
        yield
    finally:
        ComponentContext.set(*before)


def correlation_amount(base: int) -> int:
    """`max(1, round(|weight| * base))` with the sign of the present component's weight;
    ties to even. A weight of 0 counts as 1."""
    _, weight = ComponentContext.get_in_backward()
    amount = max(1, round(abs(float(weight)) * base))
    return -amount if weight < 0 else amount
