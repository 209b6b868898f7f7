"""Gradients: of the activations, of a norm, of straight-through weights, of a table.

Those that are floats are compared with sums in f64, within the documented tolerance
and exactly where the data are such that nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

import ops
import update_model as model
from examples import TRITS, draw, fill_carried, fill_trits
from harness import Batch
from ir import Function, Value
from layouts import LAYOUTS, ceil_div
from runner import Bounded, check_floats
from update_examples import (COLUMNS, DRAWN, FILL, GROUPS, GROUP_SIZES, SHAPES, TOKENS,
                             WEIGHTS, Shape, rotation, shape_of)
from updates import Check, Linked, add_pack, difference, first_error, results_of, weight_argument

UNIT = 2.0**-24
EPS = 1e-5
KINDS = ("grad_input", "rms_norm_backward", "ste_backward", "embedding_grad_sign")
# Groups have the most to get wrong.
GRANULARITIES = ("group", "none", "group", "tensor", "group", "row")
DATA = ("integers", "dyadic", "floats", "nonfinite")
# The trits of a norm are one row: packings of several rows together are not met.
NORM_WEIGHTS = (None, *(name for name, layout in LAYOUTS.items()
                        if layout.ragged or isinstance(layout.block, int)
                        or layout.block[0] == 1))


@dataclass(frozen=True)
class Rules:
    """What the functions of some examples fix, drawn by hypothesis."""

    group_size: int
    rank: int
    rounded: str | None  # the type that the operands of grad_input are rounded to
    float_weight: bool
    wide_ids: bool


RULES = st.builds(
    Rules, group_size=st.sampled_from(GROUP_SIZES), rank=st.sampled_from((2, 2, 1, 3)),
    rounded=st.sampled_from((None, None, "f16", "bf16")), float_weight=st.booleans(),
    wide_ids=st.booleans())


@dataclass(frozen=True)
class Example:
    """One gradient. The trits are not packed where `weight` is None."""

    number: int
    kind: str
    rules: Rules
    weight: str | None
    granularity: str
    static: bool
    threads: int
    shape: Shape
    tokens: str
    data: str
    trits: str
    seed: int

    @property
    def name(self) -> str:
        return f"gradient{self.number}"

    @property
    def group_size(self) -> int | None:
        grouped = self.granularity == "group" or self.kind == "embedding_grad_sign"
        return self.rules.group_size if grouped else None

    def generator(self) -> np.random.Generator:
        return np.random.default_rng((self.seed, self.number))

    def classes(self) -> Iterator[str]:
        yield from (self.kind, self.tokens, f"data {self.data}", f"trits {self.trits}",
                    f"threads {self.threads}", "static" if self.static else "dynamic")
        if self.kind == "grad_input":
            yield from (f"scale {self.granularity}", f"read {self.weight}")
        yield from self.shape.classes(self.group_size)


CLASSES = (*KINDS, *TOKENS, *SHAPES, *GROUPS, *(f"data {d}" for d in DATA),
           *(f"trits {t}" for t in TRITS), *(f"scale {g}" for g in GRANULARITIES),
           *(f"read {w}" for w in WEIGHTS), "threads 1", "threads 2", "static", "dynamic")


def program_of(program: int) -> tuple[str, str | None, str]:
    """Kind, packing and granularity: three programs of four are grad_input."""
    if program % 4 != 3:
        turn = program - program // 4
        return "grad_input", WEIGHTS[turn % len(WEIGHTS)], GRANULARITIES[turn % 6]
    turn = program // 4
    match KINDS[1 + turn % 3]:
        case "rms_norm_backward":
            return ("rms_norm_backward", NORM_WEIGHTS[turn // 3 % len(NORM_WEIGHTS)],
                    ("none", "tensor", "group")[turn // 3 % 3])
        case "ste_backward":
            return "ste_backward", None, ("tensor", "row")[turn // 3 % 2]
    return "embedding_grad_sign", WEIGHTS[turn % len(WEIGHTS)], "none"


def make_examples(count: int, programs: int, start: int) -> list[Example]:
    """The gradients of a run, those of one program behind each other."""
    combinations = rotation(start, COLUMNS, TOKENS, DATA, TRITS)
    rules = draw(RULES, programs, start)
    examples, shapes = [], dict[int, tuple[str, Shape]]()
    for number, drawn in enumerate(draw(DRAWN, count, start)):
        program = number * programs // count
        kind, weight, granularity = program_of(program)
        columns, tokens, data, trits = combinations[number % len(combinations)]
        tokens = "M = 1" if kind == "grad_input" and rules[program].rank == 1 else tokens
        shape = shape_of(drawn, columns, tokens, rules[program].group_size, (weight,))
        if kind == "rms_norm_backward":
            shape = one_row(shape, weight)
        static = program % 4 == 1
        if static:
            tokens, shape = shapes.setdefault(program, (tokens, shape))
        examples.append(Example(number, kind, rules[program], weight, granularity, static,
                                1 + program // 2 % 2, shape, tokens, data, trits,
                                drawn.seed))
    return examples


def one_row(shape: Shape, packing: str | None) -> Shape:
    """N = 1, and K that fills whole blocks of the row."""
    k = shape.k
    if packing is not None and not LAYOUTS[packing].ragged:
        block = LAYOUTS[packing].block
        block = block if isinstance(block, int) else block[1]
        k = block * ceil_div(k, block)
    return Shape(1, k, shape.m)


# Filling.


def fill_scale(rng: np.random.Generator, example: Example) -> np.ndarray | None:
    """Powers of two but for floats."""
    shape = example.shape
    groups = ceil_div(shape.k, example.rules.group_size)
    extents = {"tensor": (), "row": (shape.n,), "group": (shape.n, groups)}
    if example.granularity not in extents:
        return None
    size = extents[example.granularity]
    values = np.exp2(rng.integers(-3, 4, size))
    if example.data == "floats":
        values = rng.uniform(0.01, 2.0, size)
    return np.asarray(np.where(rng.random(size) < 0.1, -values, values), np.float32)


def dense_scale(example: Example, scale: np.ndarray | None) -> np.ndarray:
    """The scale of every weight, in f64."""
    shape = (example.shape.n, example.shape.k)
    if scale is None:
        return np.ones(shape)
    scale = scale.astype(np.float64)
    if scale.ndim == 2:
        return model.of_element(scale, example.rules.group_size, shape[1])
    return np.broadcast_to(scale[:, None] if scale.ndim else scale, shape)


def leading(array: np.ndarray, rank: int) -> np.ndarray:
    """[M, ...] as an array of this rank."""
    if rank == 1:
        return array.reshape(array.shape[1])
    return array if rank == 2 else array[None]


def leading_dims(rank: int, last: str) -> tuple[str, ...]:
    return {1: (last,), 2: ("M", last)}.get(rank, ("B", "M", last))


def scale_argument(f: Function, scale: np.ndarray | None) -> Value | None:
    return None if scale is None else f.arg(scale, ("", "N", "NG")[scale.ndim])


@dataclass
class Packed:
    """The trits of an example and the file of their bytes."""

    q: np.ndarray
    file: str | None


def add_weight(batch: Batch, example: Example, rng: np.random.Generator) -> Packed:
    q = fill_trits(rng, example.trits, (example.shape.n, example.shape.k))
    carried = None if example.weight is None else fill_carried(rng, example.weight, q.shape)
    return Packed(q, add_pack(batch, f"{example.name}/pack", example.weight, q, carried))


def round_to(values: np.ndarray, element: str | None) -> np.ndarray:
    """f32 values rounded to f16 or bf16, ties to even."""
    values = np.asarray(values, np.float32)
    if element == "f16":
        with np.errstate(over="ignore"):
            return values.astype(np.float16).astype(np.float32)
    if element == "bf16":
        bits = values.view(np.uint32)
        rounded = (bits + 0x7FFF + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)
        return np.where(np.isnan(values), values, rounded.view(np.float32))
    return values


# grad_input.


def expect_grad_input(example: Example, grad: np.ndarray, weight: np.ndarray) -> Bounded:
    """The sum over n and its bound, 0 for data whose sums are exact."""
    grad = round_to(grad, example.rules.rounded).astype(np.float64)
    weight = round_to(weight, example.rules.rounded).astype(np.float64)
    unit = 16 * UNIT if example.data == "floats" else 0.0
    with np.errstate(all="ignore"):
        value, size = grad @ weight, np.abs(grad) @ np.abs(weight)
    return value, unit * np.where(np.isfinite(size), size, 0.0)


def add_grad_input(batch: Batch, example: Example) -> Check:
    rng, rules, shape = example.generator(), example.rules, example.shape
    packed = add_weight(batch, example, rng)
    scale = fill_scale(rng, example)
    grad = fill_values(rng, example, shape.n)
    linked = Linked(Function(example.static))
    f = linked.function
    grads = f.arg(leading(grad, rules.rank), leading_dims(rules.rank, "N"))
    weight = weight_argument(linked, example.weight, packed.file, packed.q, "NK")
    scales = scale_argument(f, scale)
    f.bind("K", shape.k)
    f.result("grad_x", ops.grad_input(f, grads, weight, "K", scales, example.weight,
                                      example.group_size, rules.rounded))
    call = linked.add(batch, f"{example.name}/grad_input")
    dense = packed.q * dense_scale(example, scale)

    def check() -> list[str]:
        if errors := first_error(batch.calls_of(example.name)):
            return errors
        value, bound = expect_grad_input(example, grad, dense)
        want = leading(value, rules.rank), leading(bound, rules.rank)
        return check_floats("grad_x", call.results[0], want)

    return check


def fill_values(rng: np.random.Generator, example: Example, columns: int) -> np.ndarray:
    """[M, columns]; dyadic ones share a power of two, so that sums along a row are
    exact. Infinities and NaN stand among small integers, extremes do not."""
    values = FILL["floats" if example.data == "floats" else "integers"](
        rng, example.shape.m, columns)
    if example.data == "dyadic":
        return values * np.float32(2.0) ** int(rng.integers(-10, 11))
    if example.data == "nonfinite":
        special = rng.choice(np.array([np.nan, np.inf, -np.inf, -0.0], np.float32),
                             values.shape)
        return np.where(rng.random(values.shape) < 0.5 / max(columns, 1), special, values)
    return values


# rms_norm_backward.


def expect_norm(x: np.ndarray, grad: np.ndarray, weight: np.ndarray,
                ) -> tuple[Bounded, Bounded]:
    """The gradient to x and the one to a float weight."""
    x, grad = x.astype(np.float64), grad.astype(np.float64)

    def mean(values: np.ndarray) -> np.ndarray:
        return values.sum(axis=1, keepdims=True) / max(values.shape[1], 1)

    rms = np.sqrt(mean(x * x) + float(np.float32(EPS)))
    unit, weighted = x / rms, grad * weight
    both = weighted * unit
    value = (weighted - unit * mean(both)) / rms
    size = (np.abs(weighted) + np.abs(unit) * mean(np.abs(both))) / rms
    terms = grad * unit
    return ((value, 32 * UNIT * size),
            (terms.sum(axis=0), 32 * UNIT * np.abs(terms).sum(axis=0)))


def add_norm(batch: Batch, example: Example) -> Check:
    """Over finite data: where these are extreme, f32 and f64 part ways."""
    rng, shape = example.generator(), example.shape
    is_float = example.rules.float_weight and example.weight is None
    style = "integers" if example.data == "integers" else "floats"
    x, grad = (FILL[style](rng, shape.m, shape.k) for _ in range(2))
    linked = Linked(Function(example.static))
    f = linked.function
    arguments = [f.arg(x, "MK"), f.arg(grad, "MK")]
    if is_float:
        dense = FILL["floats"](rng, 1, shape.k).reshape(shape.k)
        results = ops.rms_norm_backward(f, *arguments, f.arg(dense, "K"), EPS)
    else:
        packed, scale = add_weight(batch, example, rng), fill_scale(rng, example)
        weight = weight_argument(linked, example.weight, packed.file, packed.q, (1, "K"))
        scales = None if scale is None else f.arg(scale, (1, "G") if scale.ndim else ())
        results = ops.rms_norm_backward(f, *arguments, weight, EPS, scales,
                                        example.weight, example.group_size)
        dense = (packed.q * dense_scale(example, scale)).reshape(shape.k)
    for name, value in zip(("grad_x", "grad_weight"), results):
        f.result(name, value)
    call = linked.add(batch, f"{example.name}/norm")

    def check() -> list[str]:
        if errors := first_error(batch.calls_of(example.name)):
            return errors
        want = expect_norm(x, grad, dense)
        return [error for name, got, bounded in zip(f.results, call.results, want)
                for error in check_floats(name, got, bounded)]

    return check


# ste_backward.


def add_ste(batch: Batch, example: Example) -> Check:
    """The variant with a gradient to the scales."""
    rng, shape = example.generator(), example.shape
    w, grad = (FILL["floats"](rng, shape.n, shape.k) for _ in range(2))
    if example.data != "floats":
        w, grad = np.round(w * 4) / 4, np.round(grad * 8) / 8
    if example.data == "nonfinite":
        w = np.where(rng.random(w.shape) < 0.1, np.float32(np.nan), w)
        w = np.where(rng.random(w.shape) < 0.1, np.float32(-np.inf), w)
    scale = fill_scale(rng, example)
    f = Function(example.static)
    arguments = [f.arg(w, "NK"), f.arg(grad, "NK")]
    scales = f.arg(scale, "N" if scale.ndim else "")
    for name, value in zip(("grad_w", "grad_scale"),
                           ops.ste_backward(f, "lsq", *arguments, scales), strict=True):
        f.result(name, value)
    call = batch.add(f"{example.name}/ste", f)

    def check() -> list[str]:
        if call.error:
            return [f"{call.name}: {call.error}"]
        errors = difference("", {"grad_w": call.results[0]}, {"grad_w": grad})
        quotient = w / (scale[:, None] if scale.ndim else scale)
        terms = np.nan_to_num(np.clip(np.rint(quotient), -1, 1)) * grad.astype(np.float64)
        axes = 1 if scale.ndim else None
        unit = 32 * UNIT if example.data == "floats" else 0.0
        want = np.asarray(terms.sum(axis=axes)), unit * np.abs(terms).sum(axis=axes)
        return errors + check_floats("grad_scale", call.results[1], want)

    return check


# embedding_grad_sign.


def add_embedding(batch: Batch, example: Example) -> Check:
    """The sign of a table's gradient, and the correlation that follows from it."""
    rng, rules, shape = example.generator(), example.rules, example.shape
    packed = add_weight(batch, example, rng)
    ids = rng.integers(-2, shape.n + 2, shape.m).astype(
        np.int64 if rules.wide_ids else np.int32)
    grad = FILL[example.data](rng, shape.m, shape.k)
    groups = ceil_div(shape.k, rules.group_size)
    correlation = rng.integers(-9, 10, (shape.n, groups))
    linked = Linked(Function(example.static))
    f = linked.function
    arguments = [f.arg(ids, "I"), f.arg(grad, "IK")]
    weight = weight_argument(linked, example.weight, packed.file, packed.q, "NK")
    state = [f.arg(correlation, "NG"), f.arg(np.array([7]), (1,))]
    sign = ops.embedding_grad_sign(f, *arguments, "N")
    results = ops.accumulate_correlation(f, [sign], weight, "NK", rules.group_size, state,
                                         packing=example.weight)
    for name, value in zip(("sign", "correlation", "step"), (sign, *results), strict=True):
        f.result(name, value)
    call = linked.add(batch, f"{example.name}/embedding")

    def check() -> list[str]:
        if errors := first_error(batch.calls_of(example.name)):
            return errors
        signs = model.embedding_grad_sign(ids, grad, shape.n)
        scores = model.group_scores(signs, packed.q, rules.group_size)
        return difference("", results_of(call, f), {
            "sign": signs, "correlation": correlation - scores, "step": np.array([8])})

    return check


ADD = {"grad_input": add_grad_input, "rms_norm_backward": add_norm,
       "ste_backward": add_ste, "embedding_grad_sign": add_embedding}


def add_gradient(batch: Batch, example: Example) -> Check:
    """Adds the calls of an example; what is returned checks their results."""
    return ADD[example.kind](batch, example)
