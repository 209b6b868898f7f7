"""Updates of the state: built, and compared with each other and with NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

import ops
import update_model as model
from examples import fill_carried
from harness import Batch, Call
from ir import Function, Value
from layouts import byte_shape
from runner import build_pack, bytes_argument
from update_examples import Data, Example, fill
from vectors import compare

Arrays = dict[str, np.ndarray]
Check = Callable[[], list[str]]


@dataclass
class Linked:
    """A function some of whose arguments are results of earlier calls."""

    function: Function
    links: dict[int, str] = field(default_factory=dict)

    def packed(self, result: str, packing: str, rows: int, columns: int) -> Value:
        """The bytes of an earlier call."""
        self.links[len(self.function.arrays)] = result
        return bytes_argument(self.function, packing, rows, columns)

    def add(self, batch: Batch, name: str) -> Call:
        call = batch.add(name, self.function)
        call.arguments = [self.links.get(i, array) for i, array in enumerate(call.arguments)]
        return call


def add_pack(batch: Batch, name: str, packing: str | None, q: np.ndarray,
             carried: np.ndarray | None = None) -> str | None:
    """The file of the bytes; None where nothing is packed."""
    if packing is None:
        return None
    return batch.add(name, build_pack(packing, q, carried)).result_file(0)


def weight_argument(linked: Linked, packing: str | None, result: str | None,
                    q: np.ndarray, dims: str) -> Value:
    if packing is None or result is None:
        return linked.function.arg(q, dims)
    return linked.packed(result, packing, *q.shape)


def build_updates(example: Example, data: Data, files: tuple[str | None, str | None],
                  fused: bool) -> Linked:
    """All updates, from a gradient and activations or from their sign."""
    f, rules = Function(example.static), example.rules
    linked = Linked(f)
    source = [f.arg(data.grad, "MN"), f.arg(data.x, "MK")]
    if not fused:
        source = [ops.grad_sign(f, *source)]
        f.result("sign", source[0])
    weight = weight_argument(linked, example.weight, files[0], data.q, "NK")
    correlation = [f.arg(data.correlation, "NG"), f.arg(data.step, (1,) * data.step.ndim)]
    amount = f.scalar(data.amount) if rules.gives_amount else None
    results = ops.accumulate_correlation(f, source, weight, "NK", rules.group_size,
                                         correlation, amount, example.weight)
    state = [f.arg(data.exponent, "NG"), f.arg(data.exponent_votes, "NG")]
    results += ops.update_exponent(f, source, weight, "NK", rules.group_size, state,
                                   example.weight, threshold=rules.exponent_threshold)
    results += ops.update_exponent(
        f, source, weight, "NK", rules.group_size, [f.arg(data.exponent_votes, "NG")],
        example.weight, amount=rules.exponent_amount)
    names = ("correlation", "step", "exponent", "exponent votes", "exponent sums")
    for name, value in zip(names, results, strict=True):
        f.result(name, value)
    f.result("trit votes", ops.accumulate_trit(f, source, f.arg(data.trit_votes, "NK"),
                                               rules.trit_amount))
    build_steps(linked, example, data, files[1], source)
    return linked


def build_steps(linked: Linked, example: Example, data: Data, result: str,
                source: Sequence[Value]) -> None:
    """One threshold, one per group, and one that flips by votes given before."""
    f, rules = linked.function, example.rules

    def state() -> list[Value]:
        return [linked.packed(result, example.stepped, *data.q.shape),
                f.arg(data.trit_votes, "NK")]

    def flipped(name: str, results: Sequence[Value]) -> None:
        f.result(f"{name} bytes", results[0])
        f.result(f"{name} votes", results[1])

    common = {"amount": rules.step_amount, "packing": example.stepped}
    flipped("step", ops.step(f, source, state(), rules.step_threshold, **common))
    flipped("group step", ops.step(
        f, source, state(), group_thresholds=f.arg(data.thresholds, "NG"),
        group_size=rules.group_size, **common))
    before, votes = state()
    votes = ops.accumulate_trit(f, source, votes, rules.step_amount)
    flipped("flips", ops.step(f, [], [before, votes], rules.step_threshold,
                              packing=example.stepped))


def expect_updates(example: Example, data: Data) -> tuple[Arrays, Arrays]:
    """The results of `build_updates` but the bytes, and the trits in those."""
    rules = example.rules
    signs = model.grad_sign(data.grad, data.x)
    scores = model.group_scores(signs, data.q, rules.group_size)
    want: Arrays = {"sign": signs}
    want["correlation"], want["step"] = model.correlate(
        data.correlation, data.step, scores, data.amount)
    want["exponent"], want["exponent votes"] = model.update_exponent(
        data.exponent, data.exponent_votes, scores, rules.exponent_threshold)
    want["exponent sums"] = model.vote(data.exponent_votes, model.sign(scores),
                                       default(rules.exponent_amount))
    want["trit votes"] = model.vote(data.trit_votes, signs, default(rules.trit_amount))
    votes = model.vote(data.trit_votes, signs, default(rules.step_amount))
    thresholds = model.of_element(data.thresholds, rules.group_size, example.shape.k)
    trits: Arrays = {}
    for name, threshold in (("step", rules.step_threshold), ("group step", thresholds),
                            ("flips", rules.step_threshold)):
        trits[name], want[f"{name} votes"] = model.flip(data.q, votes, threshold)
    return want, trits


def default(amount: int | None) -> int:
    return 1 if amount is None else amount


def build_storage(example: Example, trits: np.ndarray, result: str) -> Linked:
    """The bytes that a step has written, unpacked and repacked, beside trits flipped in
    NumPy and packed in both packings."""
    f = Function()
    linked = Linked(f)
    shape = trits.shape
    flipped = f.arg(trits, "NK")
    packed = linked.packed(result, example.stepped, *shape)
    f.result("unpacked", ops.unpack(f, packed, example.stepped,
                                    [f.dest("NK", "i8", shape)])[0])
    f.result("packed", ops.pack(f, flipped, example.stepped))
    other = "chimera" if example.stepped == "base3" else "base3"
    other_shape = byte_shape(other, *shape)
    init = f.dest(f.bytes_dims(len(other_shape)), "i8", other_shape)
    f.result("repacked", ops.repack(f, packed, "NK", example.stepped, init, other))
    f.result("packed again", ops.pack(f, flipped, other))
    return linked


def results_of(call: Call, function: Function) -> Arrays:
    return dict(zip(function.results, call.results, strict=True))


def difference(label: str, got: Arrays, want: Arrays) -> list[str]:
    """The first result that is not what it should be; others may follow from it."""
    found = ((name, compare(got[name], np.asarray(want[name]))) for name in want)
    return next(([f"{label}{name}{text}"] for name, text in found if text), [])


def first_error(calls: Sequence[Call]) -> list[str]:
    return next(([f"{call.name}: {call.error}"] for call in calls if call.error), [])


def add_updates(batch: Batch, example: Example) -> Check:
    """Adds the calls of an example; what is returned checks their results."""
    data = fill(example)
    want, trits = expect_updates(example, data)
    first = len(batch.calls)
    carried = None
    if example.weight is not None:
        carried = fill_carried(example.generator(), example.weight, data.q.shape)
    files = (add_pack(batch, f"{example.name}/read", example.weight, data.q, carried),
             add_pack(batch, f"{example.name}/pack", example.stepped, data.q))
    functions = {kind: build_updates(example, data, files, kind == "fused")
                 for kind in ("fused", "composed")}
    calls = {kind: linked.add(batch, f"{example.name}/{kind}")
             for kind, linked in functions.items()}
    at = list(functions["fused"].function.results).index("step bytes")
    storage = build_storage(example, trits["step"], calls["fused"].result_file(at))
    stored = storage.add(batch, f"{example.name}/storage")
    made = batch.calls[first:]

    def check() -> list[str]:
        if errors := first_error(made):
            return errors
        fused, composed = (results_of(calls[kind], functions[kind].function)
                           for kind in ("fused", "composed"))
        errors = difference("fused, not as composed: ", fused,
                             {name: composed[name] for name in fused})
        errors += difference("composed: ", composed, want)
        kept = results_of(stored, storage.function)
        errors += difference("", kept, {"unpacked": trits["step"],
                                         "repacked": kept["packed again"]})
        errors += difference("", fused, {"step bytes": kept["packed"],
                                          "flips bytes": kept["packed"]})
        return errors

    return check
