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
    split = split_panels(trits, vectors, digits)
    return combine(split.transpose(0, 3, 1, 2, 5, 4), radix).reshape(
        split.shape[0], split.shape[3], vectors, 64)


def rows(trits: np.ndarray, vectors: int, digits: int, radix: int) -> np.ndarray:
    """The same of cpu_rows2 and cpu_rows3."""
    split = split_panels(trits, digits, vectors)
    return combine(split.transpose(0, 3, 4, 2, 5, 1), radix).reshape(
        split.shape[0], split.shape[3], vectors, 64)


def split_panels(trits: np.ndarray, blocks: int, words: int) -> np.ndarray:
    """Codes by panel, block of rows, row, block of columns, word and column."""
    padded = pad(trits, 16 * blocks, 4 * words) + 1
    n, k = padded.shape
    return padded.view(np.uint8).reshape(n // (16 * blocks), blocks, 16,
                                         k // (4 * words), words, 4)


PACK = {
    "chimera": chimera,
    "base3": base3,
    "cpu_panel2": lambda trits: panel(trits, 4, 4, 4),
    "cpu_panel3": lambda trits: panel(trits, 2, 5, 3),
    "cpu_rows2": lambda trits: rows(trits, 4, 4, 4),
    "cpu_rows3": lambda trits: rows(trits, 2, 5, 3),
}


def byte_shape(packing: str, n: int, k: int) -> tuple[int, ...]:
    return {
        "chimera": (n, -(-k // 4)),
        "base3": (-(-n * k // 5),),
        "cpu_panel2": (-(-n // 64), -(-k // 16), 4, 64),
        "cpu_panel3": (-(-n // 32), -(-k // 20), 2, 64),
        "cpu_rows2": (-(-n // 64), -(-k // 16), 4, 64),
        "cpu_rows3": (-(-n // 80), -(-k // 8), 2, 64),
    }[packing]
