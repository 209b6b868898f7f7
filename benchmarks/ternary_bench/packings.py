"""Packings in NumPy, for data and for checks; docs/packings.md draws them."""

from __future__ import annotations

import numpy as np


def pad(trits: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """With trits of 0 up to a multiple of both."""
    n, k = trits.shape
    return np.pad(trits, ((0, -n % rows), (0, -k % columns)))


def combine(digits: np.ndarray, radix: int) -> np.ndarray:
    """Bytes of the digits along the last axis, the lowest first."""
    total = np.zeros(digits.shape[:-1], np.uint8)
    for i in reversed(range(digits.shape[-1])):
        total *= np.uint8(radix)
        total += digits[..., i]
    return total.view(np.int8)


def chimera(trits: np.ndarray) -> np.ndarray:
    # 0, 1 and -1 become 0, 1 and 2.
    codes = pad(trits, 1, 4).view(np.uint8) & 3
    codes -= codes >> 1
    return combine(codes.reshape(len(trits), -1, 4)[..., ::-1], 4)


def base3(trits: np.ndarray) -> np.ndarray:
    flat = trits.ravel().astype(np.int8) + 1
    digits = np.pad(flat, (0, -flat.size % 5)).view(np.uint8)
    return combine(digits.reshape(-1, 5), 3)


def panel(trits: np.ndarray, vectors: int, digits: int, radix: int) -> np.ndarray:
    """[panel][block of columns][vector][row, column] of cpu_panel2 and cpu_panel3."""
    padded = pad(trits, 16 * vectors, 4 * digits) + 1
    n, k = padded.shape
    split = padded.view(np.uint8).reshape(n // (16 * vectors), vectors, 16,
                                          k // (4 * digits), digits, 4)
    ordered = split.transpose(0, 3, 1, 2, 5, 4)
    return combine(ordered, radix).reshape(*ordered.shape[:3], 64)


PACK = {
    "chimera": chimera,
    "base3": base3,
    "cpu_panel2": lambda trits: panel(trits, 4, 4, 4),
    "cpu_panel3": lambda trits: panel(trits, 2, 5, 3),
}


def byte_shape(packing: str, n: int, k: int) -> tuple[int, ...]:
    return {
        "chimera": (n, -(-k // 4)),
        "base3": (-(-n * k // 5),),
        "cpu_panel2": (-(-n // 64), -(-k // 16), 4, 64),
        "cpu_panel3": (-(-n // 32), -(-k // 20), 2, 64),
    }[packing]
