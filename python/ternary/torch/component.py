"""Which component of a loss the running code belongs to.

A trainer that runs one backward per part of its loss names the part and gives it a
weight. The name decides under which attribute a layer keeps the sign of its gradient,
the weight by how much a streamed update counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ComponentContext:
    """The (name, weight) of the present component; each thread has its own."""

    _local = threading.local()

    @classmethod
    def get(cls) -> tuple[str | None, float]:
        """Name and weight; (None, 1.0) outside a component."""
        current = getattr(cls._local, "current", None)
        return (None, 1.0) if current is None else current

    @classmethod
    def set(cls, name: str | None, weight: float = 1.0) -> None:
        """Enters a component; None leaves it."""
        cls._local.current = None if name is None else (name, weight)

    @classmethod
    def clear(cls) -> None:
        """Leaves the component."""
        cls._local.current = None


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
    _, weight = ComponentContext.get()
    amount = max(1, round(abs(float(weight)) * base))
    return -amount if weight < 0 else amount
