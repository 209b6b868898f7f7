"""Random updates of the state: what is compiled, its shapes and its data.

A program fixes all that is an attribute; some examples share one, so that few
functions are compiled. Packings, data, tokens and states rotate through their
combinations, hypothesis draws the rest.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from examples import TRITS, align, draw, fill_trits
from layouts import LAYOUTS, ceil_div

GROUP_SIZES = (4, 6, 7, 8, 16, 32, 64, 96, 128)
MAX_ROWS = 80
MAX_COLUMNS = 150
MAX_TOKENS = 200
COLUMNS = ("any", "no column", "one column", "odd K", "fives", "ragged group", "group > K",
           "whole groups")
TOKENS = ("M = 0", "M = 1", "M < 16", "M <= 200")
DATA = ("integers", "dyadic", "floats", "cancelling", "nonfinite")
STATES = ("any", "low", "high", "zero")

WEIGHTS = (None, *LAYOUTS)
STEPS = tuple(name for name, layout in LAYOUTS.items() if layout.scale is None)

I64_MAX = 2**63 - 1
THRESHOLDS = (0, 1, 2, 3, 5, 40, 126, 127, 128, 129, 256, 2**31, I64_MAX, -1, -3, -128, -129,
              -2**31, -I64_MAX)
AMOUNTS = (1, 2, 3, 64, 127, 128, 255, 256, 1000, 2**31, 2**62, 0, -1, -5, -128, -2**40)
# The type of a group's threshold and what it may hold beside small numbers.
GROUP_THRESHOLDS = {
    "int8": (-128, -1, 0, 127),
    "int32": (-2**31, -129, 128, 2**31 - 1),
    "int64": (-I64_MAX, -2**31, 128, 256, I64_MAX),
}


@dataclass(frozen=True)
class Rules:
    """The attributes of a program, drawn by hypothesis."""

    group_size: int
    exponent_threshold: int
    exponent_amount: int | None
    trit_amount: int | None
    step_threshold: int
    step_amount: int | None
    threshold_type: str
    gives_amount: bool  # of the correlation, an operand
    scalar_step: bool  # the step has rank 0


RULES = st.builds(
    Rules, group_size=st.sampled_from(GROUP_SIZES),
    exponent_threshold=st.sampled_from(THRESHOLDS),
    exponent_amount=st.sampled_from((*AMOUNTS, None)),
    trit_amount=st.sampled_from((*AMOUNTS, None)),
    step_threshold=st.sampled_from(THRESHOLDS),
    step_amount=st.sampled_from((*AMOUNTS, None)),
    threshold_type=st.sampled_from(tuple(GROUP_THRESHOLDS)),
    gives_amount=st.booleans(), scalar_step=st.booleans())


@dataclass(frozen=True)
class Drawn:
    """What hypothesis chooses for an example."""

    rows: int
    columns: int
    few: int
    many: int
    split: int
    seed: int


def extents(limit: int) -> st.SearchStrategy[int]:
    """Any extent; those around whole vectors and groups more often."""
    edges = [n + d for n in (4, 5, 16, 20, 64, 80, 128) for d in (-1, 0, 1) if n + d <= limit]
    return st.one_of(st.integers(0, limit), st.sampled_from([1, 2, *edges]))


DRAWN = st.builds(
    Drawn, rows=extents(MAX_ROWS), columns=extents(MAX_COLUMNS), few=st.integers(2, 15),
    many=st.integers(16, MAX_TOKENS), split=st.integers(0, 7),
    seed=st.integers(0, 2**32 - 1))


@dataclass(frozen=True)
class Shape:
    """The extents of an example."""

    n: int
    k: int
    m: int

    def classes(self, group_size: int | None) -> Iterator[str]:
        """The categories that these extents belong to."""
        if self.k % 2:
            yield "odd K"
        for extent, text in ((0, "no"), (1, "one")):
            if extent in (self.n, self.k):
                yield f"{text} row or column"
        for block in (4, 5, 16, 64):
            if self.k and self.k % block == 0:
                yield f"K % {block} = 0"
        if group_size is not None and self.k > 0:
            ragged = "ragged group" if self.k % group_size else "whole groups"
            yield "group > K" if self.k < group_size else ragged


SHAPES = ("odd K", "one row or column", "no row or column",
          *(f"K % {block} = 0" for block in (4, 5, 16, 64)))
GROUPS = ("ragged group", "whole groups", "group > K")


def columns_of(kind: str, drawn: int, group_size: int) -> int:
    """Columns of this kind from drawn ones."""
    match kind:
        case "no column" | "one column":
            return int(kind == "one column")
        case "fives":
            return 5 * (1 + drawn // 5)
        case "odd K":
            return drawn | 1
        case "ragged group":
            return group_size + 1 + drawn % (group_size - 1)
        case "group > K":
            return 1 + drawn % (group_size - 1)
        case "whole groups":
            return group_size * (1 + drawn % 2)
    return drawn


def shape_of(drawn: Drawn, columns: str, tokens: str, group_size: int,
             packings: tuple[str | None, ...]) -> Shape:
    """Extents of these kinds, in whole blocks of a packing that needs them."""
    n, k = drawn.rows, columns_of(columns, drawn.columns, group_size)
    for packing in packings:
        if packing is not None and not LAYOUTS[packing].ragged:
            n, k = align(packing, n, k, drawn.split)
    m = {"M = 0": 0, "M = 1": 1, "M < 16": drawn.few}.get(tokens, drawn.many)
    return Shape(n, k, m)


@dataclass(frozen=True)
class Example:
    """One update; `weight` is the packing of the trits that are read, None where they
    are not packed, and `stepped` that of the trits that are flipped."""

    number: int
    rules: Rules
    weight: str | None
    stepped: str
    static: bool
    threads: int
    shape: Shape
    tokens: str
    data: str
    state: str
    trits: str
    seed: int

    @property
    def name(self) -> str:
        return f"update{self.number}"

    @property
    def groups(self) -> int:
        return ceil_div(self.shape.k, self.rules.group_size)

    def generator(self) -> np.random.Generator:
        return np.random.default_rng((self.seed, self.number))

    def classes(self) -> Iterator[str]:
        yield from (self.tokens, f"data {self.data}", f"state {self.state}",
                    f"trits {self.trits}", f"read {self.weight}", f"step {self.stepped}",
                    f"threads {self.threads}", "static" if self.static else "dynamic")
        yield from self.shape.classes(self.rules.group_size)


CLASSES = (*TOKENS, *SHAPES, *GROUPS, *(f"data {d}" for d in DATA),
           *(f"state {s}" for s in STATES), *(f"trits {t}" for t in TRITS), "step base3",
           "threads 1", "threads 2", "static", "dynamic")


def packings_of(program: int) -> tuple[str | None, str]:
    """Base 3 is stepped in every second program. A packing that is undefined for some
    shapes is not paired with another one."""
    stepped = STEPS[program // 2 % len(STEPS)] if program % 2 else "base3"
    if not LAYOUTS[stepped].ragged:
        return stepped, stepped
    return WEIGHTS[program % len(WEIGHTS)], stepped


def rotation(start: int, *classes: tuple[str, ...]) -> list[tuple[str, ...]]:
    """All combinations, shuffled."""
    combinations = list(itertools.product(*classes))
    random.Random(start).shuffle(combinations)
    return combinations


def make_examples(count: int, programs: int, start: int) -> list[Example]:
    """The updates of a run, those of one program behind each other."""
    combinations = rotation(start, COLUMNS, TOKENS, DATA, STATES, TRITS)
    rules = draw(RULES, programs, start)
    examples, shapes = [], dict[int, tuple[str, Shape]]()
    for number, drawn in enumerate(draw(DRAWN, count, start)):
        program = number * programs // count
        columns, tokens, data, state, trits = combinations[number % len(combinations)]
        weight, stepped = packings_of(program)
        shape = shape_of(drawn, columns, tokens, rules[program].group_size,
                         (weight, stepped))
        static = program % 4 == 1
        if static:
            tokens, shape = shapes.setdefault(program, (tokens, shape))
        examples.append(Example(number, rules[program], weight, stepped, static,
                                1 + program // 2 % 2, shape, tokens, data, state,
                                trits, drawn.seed))
    return examples


# Filling.


def integers(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    return rng.integers(-3, 4, (rows, columns)).astype(np.float32)


def dyadic(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Sums over the rows are exact: one power of two per column."""
    power = np.exp2(rng.integers(-20, 21, columns)).astype(np.float32)
    return rng.integers(-8, 9, (rows, columns)).astype(np.float32) * power


def floats(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    return rng.standard_normal((rows, columns)).astype(np.float32)


def nonfinite(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    values = integers(rng, rows, columns)
    special = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 3e38, -3e38, 1e-45, -1e-39],
                       np.float32)
    chosen = rng.random((rows, columns)) < 2.0 / max(rows, 8)
    return np.where(chosen, rng.choice(special, (rows, columns)), values)


Values = Callable[[np.random.Generator, int, int], np.ndarray]
FILL: dict[str, Values] = {"integers": integers, "dyadic": dyadic, "floats": floats,
                           "cancelling": floats, "nonfinite": nonfinite}


def nudge(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """Some of the values by a unit in the last place."""
    way = np.where(rng.random(values.shape) < 0.5, np.inf, -np.inf).astype(np.float32)
    moved = np.nextafter(values, way)
    return np.where(rng.random(values.shape) < 0.3, moved, values)


def fill_pair(rng: np.random.Generator, style: str, shape: Shape,
              ) -> tuple[np.ndarray, np.ndarray]:
    """Gradient [M, N] and activations [M, K]. Where they cancel, each product of one
    token has nearly its opposite in another: the sign is a matter of rounding."""
    grad = FILL[style](rng, shape.m, shape.n)
    x = FILL[style](rng, shape.m, shape.k)
    if style == "cancelling":
        half = shape.m // 2
        grad[half:2 * half] = nudge(rng, -grad[:half])
        x[half:2 * half] = nudge(rng, x[:half])
        if shape.m % 2:
            grad[-1] = 0.0
        order = rng.permutation(shape.m)
        grad, x = grad[order], x[order]
    return grad, x


def fill_state(rng: np.random.Generator, style: str, shape: tuple[int, ...]) -> np.ndarray:
    """i8 accumulators or exponents; low and high ones saturate."""
    low, high = {"any": (-128, 127), "low": (-128, -126), "high": (125, 127),
                 "zero": (0, 0)}[style]
    return rng.integers(low, high, shape, endpoint=True).astype(np.int8)


def fill_correlation(rng: np.random.Generator, style: str, shape: tuple[int, ...],
                     ) -> np.ndarray:
    low, high = {"any": (-10**6, 10**6), "low": (-2**63, -2**63 + 9),
                 "high": (I64_MAX - 9, I64_MAX), "zero": (0, 0)}[style]
    return rng.integers(low, high, shape, np.int64, endpoint=True)


def fill_thresholds(rng: np.random.Generator, kind: str, shape: tuple[int, ...],
                    ) -> np.ndarray:
    extreme = rng.choice(np.array(GROUP_THRESHOLDS[kind], np.int64), shape)
    small = rng.integers(-1, 60, shape)
    return np.where(rng.random(shape) < 0.3, extreme, small).astype(kind)


@dataclass(frozen=True)
class Data:
    """The arrays of an example."""

    q: np.ndarray
    grad: np.ndarray
    x: np.ndarray
    amount: int
    correlation: np.ndarray
    step: np.ndarray
    exponent: np.ndarray
    exponent_votes: np.ndarray
    trit_votes: np.ndarray
    thresholds: np.ndarray


def fill(example: Example) -> Data:
    rng = example.generator()
    shape, rules = example.shape, example.rules
    matrix, state = (shape.n, shape.k), (shape.n, example.groups)
    grad, x = fill_pair(rng, example.data, shape)
    return Data(
        q=fill_trits(rng, example.trits, matrix), grad=grad, x=x,
        amount=int(rng.choice(AMOUNTS)) if rules.gives_amount else 1,
        correlation=fill_correlation(rng, example.state, state),
        step=fill_correlation(rng, example.state, () if rules.scalar_step else (1,)),
        exponent=fill_state(rng, example.state, state),
        exponent_votes=fill_state(rng, example.state, state),
        trit_votes=fill_state(rng, example.state, matrix),
        thresholds=fill_thresholds(rng, rules.threshold_type, state))
