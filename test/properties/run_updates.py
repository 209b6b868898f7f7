#!/usr/bin/env python3
"""Compares random updates and gradients of the training ops with NumPy.

    run_updates.py --target reference|cpu [--target-cpu NAME] --examples N
                   [--seed S] [--tools DIR]

An update takes a gradient and activations to the correlation, the exponents, the
accumulators and the packed trits: once directly and once through `grad_sign`, which
have to agree bit for bit, with each other and with a model of the specification. Its
trits are unpacked and repacked. A gradient is one of the activations, of a norm, of
straight-through weights or of an embedding table; it has to be exact, or within the
documented tolerance. On cpu half of the examples run with two threads. The last line
is `N passed, N failed`; the exit status is 1 if an example failed or a category was
met too rarely.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))

from environment import use_project_python

use_project_python("numpy", "hypothesis")

import numpy as np

import gradients
import update_examples
import update_model as model
from gradients import add_gradient
from harness import Batch
from layouts import ceil_div
from runner import finish, parse_options, run_examples, too_rare
from updates import Check, add_updates

ASSERTED_FROM = 200  # examples; fewer cannot meet every category often enough
LEAST_HITS = 2
UPDATES_OF_PROGRAM = 12
GRADIENTS_OF_PROGRAM = 3
AT_ONCE = 600  # examples, whose data are held in memory

Example = update_examples.Example | gradients.Example


def make_examples(count: int, start: int) -> list[Example]:
    """Updates and gradients, about three to two."""
    updates = ceil_div(3 * count, 5)
    return [
        *update_examples.make_examples(updates, ceil_div(updates, UPDATES_OF_PROGRAM), start),
        *gradients.make_examples(count - updates,
                                 ceil_div(count - updates, GRADIENTS_OF_PROGRAM), start)]


def add_calls(batch: Batch, example: Example) -> Check:
    add = add_updates if isinstance(example, update_examples.Example) else add_gradient
    return add(batch, example)


def coverage_errors(kind: str, examples: Sequence[Example], classes: Iterable[str],
                    ) -> list[str]:
    hits = Counter(name for example in examples for name in example.classes())
    return [f"{kind}, {error}" for error in too_rare(hits, classes, LEAST_HITS)]


def model_errors(start: int) -> list[str]:
    """Whether the model rounds as it says and its data tell one rounding from two."""
    rng = np.random.default_rng(start)
    shape = update_examples.Shape(16, 16, 20)
    pair = update_examples.fill_pair(rng, "cancelling", shape)
    errors = model.fma_errors(rng)
    differ = np.count_nonzero(model.grad_sign(*pair) != model.unfused_grad_sign(*pair))
    if differ < 10:
        errors.append(f"cancelling data: expected 10 signs that depend on rounding, "
                      f"found {differ}")
    return errors


def main() -> int:
    options = parse_options(__doc__.splitlines()[0])
    examples = make_examples(options.examples, options.seed)
    tally = run_examples(options, examples, add_calls, lambda _, check: check(),
                         lambda example: example.threads, AT_ONCE)
    tally.record("model", model_errors(options.seed))
    if options.examples >= ASSERTED_FROM:
        for module, kind in ((update_examples, "updates"), (gradients, "gradients")):
            chosen = [e for e in examples if isinstance(e, module.Example)]
            tally.record("coverage", coverage_errors(kind, chosen, module.CLASSES))
    return finish(tally)


if __name__ == "__main__":
    sys.exit(main())
