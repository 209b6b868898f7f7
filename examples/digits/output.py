"""Writing result files."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def npy_bytes(array: NDArray[np.generic]) -> bytes:
    """The content of the .npy file of an array."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def replace_file(path: Path, data: bytes) -> None:
    """Writes under a temporary name and renames, so that a failed run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(data)
    os.replace(partial, path)


def svg_bytes(figure: "Figure") -> bytes:
    """The SVG of a picture; equal pictures give equal bytes."""
    import matplotlib  # not all that write results draw

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "ternary"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    # The writer leaves blanks at line ends.
    lines = [line.rstrip() for line in buffer.getvalue().splitlines()]
    return ("\n".join(lines) + "\n").encode()
