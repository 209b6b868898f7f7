"""What the updates of the state have to compute, in NumPy.

Nothing here rounds or wraps otherwise than the specification says: signs come from
f32 sums by fused multiply-add in ascending order, all else is i64.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from layouts import ceil_div


def fma(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """a * b + c of f32 with one rounding."""
    with np.errstate(all="ignore"):
        product = a.astype(np.float64) * b.astype(np.float64)  # exact
        addend = c.astype(np.float64)
        total = product + addend
        back = total - product
        error = (product - (total - back)) + (addend - back)
        # Rounded to odd: the last bit says that the sum was not exact, so that the
        # rounding to f32 sees on which side of a tie it was.
        even = np.ascontiguousarray(total).view(np.int64) & 1 == 0
        adjust = np.isfinite(total) & (error != 0) & even
        odd = np.nextafter(total, np.where(error > 0, np.inf, -np.inf))
        return np.where(adjust, odd, total).astype(np.float32)


def fma_errors(rng: np.random.Generator) -> list[str]:
    """Where `fma` differs from exact arithmetic on numbers that nearly cancel, and
    are nearly halfway between two results."""
    a, b = rng.standard_normal((2, 400)).astype(np.float32)
    c = -(a * b) * np.float32(2.0) ** rng.integers(-26, 27, 400).astype(np.float32)
    a[::2] = np.float32(2.0) ** rng.integers(-30, 30, 200)
    b[::4] = np.float32(2.0) ** rng.integers(-30, 30, 100)
    got = fma(a, b, c)
    errors = []
    for x, y, z, value in zip(a, b, c, got):
        want = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
        near = [np.nextafter(value, np.float32(way)) for way in (-np.inf, np.inf)]
        gap = abs(Fraction(float(value)) - want)
        others = [abs(Fraction(float(other)) - want) for other in near]
        tie = gap == min(others) and value.view(np.int32) & 1
        if gap > min(others) or tie:
            errors.append(f"fma({x!r}, {y!r}, {z!r}): got {value!r}")
    return errors


def sign(values: np.ndarray) -> np.ndarray:
    """0 for 0, -0 and NaN."""
    return (values > 0).astype(np.int8) - (values < 0).astype(np.int8)


def grad_sign(grad: np.ndarray, x: np.ndarray) -> np.ndarray:
    total = np.zeros((grad.shape[1], x.shape[1]), np.float32)
    for g, a in zip(grad, x):
        total = fma(g[:, None], a[None, :], total)
    return sign(total)


def unfused_grad_sign(grad: np.ndarray, x: np.ndarray) -> np.ndarray:
    """With two roundings per product: what the test data have to tell apart."""
    total = np.zeros((grad.shape[1], x.shape[1]), np.float32)
    with np.errstate(all="ignore"):
        for g, a in zip(grad, x):
            total = total + g[:, None] * a[None, :]
    return sign(total)


def embedding_grad_sign(ids: np.ndarray, grad: np.ndarray, rows: int) -> np.ndarray:
    total = np.zeros((rows, grad.shape[1]), np.float32)
    with np.errstate(all="ignore"):
        for index, row in zip(ids, grad):
            if 0 <= index < rows:
                total[index] += row
    return sign(total)


def group_scores(signs: np.ndarray, q: np.ndarray, group_size: int) -> np.ndarray:
    rows, columns = q.shape
    groups = ceil_div(columns, group_size)
    padded = np.zeros((rows, groups * group_size), np.int64)
    padded[:, :columns] = signs.astype(np.int64) * q
    return padded.reshape(rows, groups, group_size).sum(axis=2)


def of_element(groups: np.ndarray, group_size: int, columns: int) -> np.ndarray:
    """The value of the group of each element."""
    return np.repeat(groups, group_size, axis=1)[:, :columns]


def sat8(values: np.ndarray) -> np.ndarray:
    return np.clip(values, -128, 127)


def vote(accumulator: np.ndarray, signs: np.ndarray, amount: int) -> np.ndarray:
    """sat8(accumulator - sign * amount); i64 wraps."""
    return sat8(accumulator.astype(np.int64) - signs * np.int64(amount)).astype(np.int8)


def correlate(correlation: np.ndarray, step: np.ndarray, scores: np.ndarray,
              amount: int) -> tuple[np.ndarray, np.ndarray]:
    """Both in wrapping i64."""
    return correlation - scores * np.int64(amount), step + np.abs(np.int64(amount))


def update_exponent(exponent: np.ndarray, accumulator: np.ndarray, scores: np.ndarray,
                    threshold: int) -> tuple[np.ndarray, np.ndarray]:
    votes = vote(accumulator, sign(scores), 1).astype(np.int64)
    up = votes >= threshold
    change = np.where(up, 1, np.where(votes <= -threshold, -1, 0))
    rest = votes - change * np.int64(threshold)
    return sat8(exponent + change).astype(np.int8), rest.astype(np.int8)


def flip(q: np.ndarray, votes: np.ndarray, threshold: int | np.ndarray,
         ) -> tuple[np.ndarray, np.ndarray]:
    """The trits and accumulators behind a step."""
    votes, threshold = votes.astype(np.int64), np.asarray(threshold, np.int64)
    up, down = votes > threshold, votes < -threshold
    trits = np.where(up, 1, np.where(down, -1, q))
    return trits.astype(np.int8), np.where(up | down, 0, votes).astype(np.int8)
