"""Writing result files."""

import io
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


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
