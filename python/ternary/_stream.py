"""The stream of calls on device arrays that name none."""

from __future__ import annotations

import operator
from collections.abc import Callable


def _default_stream() -> int:
    return 0


_source: Callable[[], int] = _default_stream


def set_stream_source(source: Callable[[], int] | None) -> None:
    """Says what gives the stream of calls on device arrays that name none: a function
    that returns a CUstream as an integer, such as
    `lambda: torch.cuda.current_stream().cuda_stream`, which importing `ternary.torch`
    sets. None stands for the default stream.

    It is called in the thread of the call, and only where an array lies on a device.
    """
    global _source
    _source = source or _default_stream


def current_stream() -> int:
    """What the source says now."""
    return operator.index(_source())
