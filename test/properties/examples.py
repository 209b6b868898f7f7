"""Random layers: hypothesis draws shapes and styles, a generator fills them.

Packing, granularity, number of tokens and alignment rotate through all their
combinations, so that every one is met whatever hypothesis prefers; hypothesis
draws the rest.
"""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from layouts import LAYOUTS, ceil_div

MAX_EXTENT = 300
MAX_TOKENS = 40
GROUP_SIZES = (1, 7, 32, 128)
GRANULARITIES = ("tensor", "row", "group", "exponent", "power")
TOKENS = ("M = 0", "M = 1", "M > 1")
TRITS = ("random", "plus", "minus", "sparse", "zero")


@dataclass(frozen=True)
class Drawn:
    """What hypothesis chooses."""

    rows: int
    columns: int
    tokens: int
    split: int
    group_size: int
    trits: str
    seed: int


@dataclass(frozen=True)
class Example:
    """One layer: category, shape and how it is filled."""

    number: int
    packing: str
    granularity: str
    tokens_class: str
    aligned: bool
    n: int
    k: int
    m: int
    group_size: int
    trits: str
    seed: int

    @property
    def name(self) -> str:
        return f"example{self.number}"

    @property
    def groups(self) -> int:
        return ceil_div(self.k, self.group_size)


DRAWN = st.builds(
    Drawn, rows=st.integers(0, MAX_EXTENT), columns=st.integers(0, MAX_EXTENT),
    tokens=st.integers(2, MAX_TOKENS), split=st.integers(0, 7),
    group_size=st.sampled_from(GROUP_SIZES), trits=st.sampled_from(TRITS),
    seed=st.integers(0, 2**32 - 1))


Value = TypeVar("Value")


def draw(strategy: st.SearchStrategy[Value], count: int, start: int) -> list[Value]:
    """`count` draws, the same ones for the same seed."""
    drawn: list[Value] = []

    def gather(offset: int) -> None:
        @settings(max_examples=count, database=None, deadline=None,
                  phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @seed(start + offset)
        @given(strategy)
        def test(values: Value) -> None:
            drawn.append(values)
        test()

    with tempfile.TemporaryDirectory(prefix="hypothesis-") as home:
        set_hypothesis_home_dir(home)
        for offset in itertools.count():
            if len(drawn) >= count:
                break
            gather(offset)
    return drawn[:count]


def multiple(extent: int, block: int) -> int:
    """The extent rounded up to the block, within the limit (one or two blocks
    where a block is about as large as the limit)."""
    limit = max(MAX_EXTENT // block, 2 if block > MAX_EXTENT // 2 else 1)
    return block * min(ceil_div(extent, block), limit)


def align(packing: str, rows: int, columns: int, split: int) -> tuple[int, int]:
    """N and K that fill whole blocks."""
    block = LAYOUTS[packing].block
    if isinstance(block, int):
        # N * K has to be a multiple: each of the two takes a factor.
        divisors = [d for d in range(1, block + 1) if block % d == 0]
        part = divisors[split % len(divisors)]
        block = (part, block // part)
    return multiple(rows, block[0]), multiple(columns, block[1])


def make_examples(count: int, start: int) -> list[Example]:
    """The examples of a run."""
    categories = list(itertools.product(LAYOUTS, GRANULARITIES, TOKENS, (False, True)))
    random.Random(start).shuffle(categories)
    examples = []
    for number, drawn in enumerate(draw(DRAWN, count, start)):
        packing, granularity, tokens, aligned = categories[number % len(categories)]
        # A packing that refuses ragged shapes is defined at whole blocks only.
        aligned = aligned or not LAYOUTS[packing].ragged
        n, k = drawn.rows, drawn.columns
        if aligned:
            n, k = align(packing, n, k, drawn.split)
        m = {"M = 0": 0, "M = 1": 1}.get(tokens, drawn.tokens)
        examples.append(Example(number, packing, granularity, tokens, aligned, n, k, m,
                                drawn.group_size, drawn.trits, drawn.seed))
    return examples


# Filling.


@dataclass(frozen=True)
class Data:
    """The arrays of an example. `scale` is None where exponents give it."""

    q: np.ndarray
    carried: np.ndarray | None
    x8: np.ndarray
    x: np.ndarray
    activation_scale: np.ndarray
    bias: np.ndarray
    scale: np.ndarray | None
    exponent: np.ndarray
    correlation: np.ndarray
    step: np.ndarray


def fill_trits(rng: np.random.Generator, style: str, shape: tuple[int, int]) -> np.ndarray:
    match style:
        case "plus":
            return np.ones(shape, np.int8)
        case "minus":
            return -np.ones(shape, np.int8)
        case "zero":
            return np.zeros(shape, np.int8)
        case "sparse":
            return (rng.integers(-1, 2, shape) * (rng.random(shape) < 0.1)).astype(np.int8)
    return rng.integers(-1, 2, shape).astype(np.int8)


Row = Callable[[np.random.Generator, int], np.ndarray]

# One-sided rows let narrow accumulators overflow, -128 has no opposite in i8.
ROWS: tuple[Row, ...] = (
    lambda rng, k: rng.integers(-128, 128, k),
    lambda rng, k: rng.integers(-128, 128, k),
    lambda rng, k: np.full(k, -128),
    lambda rng, k: np.full(k, 127),
    lambda rng, k: rng.integers(0, 128, k),
    lambda rng, k: rng.integers(-128, 0, k),
    lambda rng, k: np.where(np.arange(k) % 2, 127, -128),
    lambda rng, k: np.zeros(k),
)


def fill_activations(rng: np.random.Generator, example: Example) -> np.ndarray:
    x8 = np.zeros((example.m, example.k), np.int8)
    for row, style in enumerate(rng.integers(0, len(ROWS), example.m)):
        x8[row] = ROWS[style](rng, example.k)
    return x8


def fill_carried(rng: np.random.Generator, packing: str, shape: tuple[int, int],
                 ) -> np.ndarray | None:
    """Scales that go into the bytes; those of f16 are rounded when they do."""
    layout = LAYOUTS[packing]
    if layout.scale is None:
        return None
    shape = layout.scale_shape(*shape)
    return np.asarray(rng.uniform(0.01, 4.0, shape), np.float32).reshape(shape)


def fill(example: Example) -> Data:
    """The arrays of an example: the same ones each time."""
    rng = np.random.default_rng(example.seed)
    state = (example.n, example.groups)
    shapes = {"tensor": (), "row": (example.n,), "group": state}
    scale = None
    if example.granularity in shapes:
        shape = shapes[example.granularity]
        signs = np.where(rng.random(shape) < 0.1, -1.0, 1.0)
        scale = np.asarray(signs * rng.uniform(0.01, 2.0, shape), np.float32).reshape(shape)
    step = int(rng.integers(0, 20))
    bound = step * example.group_size
    return Data(
        q=fill_trits(rng, example.trits, (example.n, example.k)),
        carried=fill_carried(rng, example.packing, (example.n, example.k)),
        x8=fill_activations(rng, example),
        x=rng.standard_normal((example.m, example.k)).astype(np.float32),
        activation_scale=rng.uniform(0.001, 0.1, example.m).astype(np.float32),
        bias=rng.standard_normal(example.n).astype(np.float32),
        scale=scale,
        exponent=rng.integers(-6, 4, state).astype(np.int8),
        correlation=rng.integers(-bound, bound + 1, state),
        step=np.array([step], np.int64))
