"""A whole run: the suites, then the reports."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from . import linear, machine, movement, peers, report, training
from .driver import Driver, Effort
from .problem import Layer
from .session import Choices, Session

THOROUGH = Effort()
QUICK = Effort(samples=9, min_samples=3, sample_us=500, budget_us=1e5)

GROUPS = ("group128", "group64", "group32")
# One off every multiple, rows that end inside of a block, a few odd widths, each with
# a neighbour that is not; odd numbers of tokens with even ones.
TAILS = {(2561, 2561): (2560, 2560), (2559, 2559): (2560, 2560),
         (3200, 8640): (3072, 8704), (1027, 1029): (1024, 1024), (512, 257): (512, 256),
         (512, 192): (512, 256), (512, 100): (512, 128), (1, 2560): (64, 2560)}
TOKENS = {1: 1, 3: 4, 5: 4, 7: 8}
SMALL = ((512, 2560),)


def layers(suite: str, choices: Choices) -> Iterator[Layer]:
    """The layers of a suite, in an order in which neighbours share their data."""
    one, few, many = (1,), (2, 3, 4, 5, 7, 8), (32, 128, 512)
    shapes, modes, inputs, scales = choices.shapes, choices.modes, ("quantized",), ("tensor",)
    if suite == "decode":
        m, inputs = one, ("quantized", "int8")
    elif suite == "prefill":
        m, inputs = (32,) if choices.quick else many, ("quantized", "int8")
    elif suite == "small":
        # The first shape stands for all where M changes; one that fits in L2.
        m = (1, *few)
        shapes = shapes if choices.shapes_given else (*SMALL, shapes[0])
    elif suite == "float":
        m, inputs = (*one, *many), ("f32", "f16")
    elif suite == "groups":
        m, scales = one, GROUPS
    else:
        m, shapes = tuple(TOKENS), shapes if choices.shapes_given else tuple(TAILS)
    for n, k in shapes:
        for tokens in choices.m or m:
            for mode in modes:
                # Weights that are read once for many tokens need no streaming.
                if mode == "stream" and tokens > 1 and "hot" in modes:
                    continue
                for threads in choices.threads:
                    for kind in inputs:
                        for scale in scales:
                            yield Layer(suite, n, k, tokens, threads, mode, kind, scale,
                                        neighbour_of(suite, n, k, tokens))


def neighbour_of(suite: str, n: int, k: int, m: int) -> tuple[int, int, int] | None:
    if suite != "tails":
        return None
    return *TAILS.get((n, k), (n, k)), TOKENS.get(m, m)


def run_suite(session: Session, suite: str) -> None:
    if suite == "train":
        training.run(session)
    elif suite == "movement":
        movement.run(session)
    else:
        for layer in layers(suite, session.choices):
            linear.run_layer(session, layer)


def run(options: argparse.Namespace, root: Path) -> int:
    choices = Choices(options.shapes, options.shapes_given, options.m, options.threads,
                      options.modes, options.packings, options.cpus, options.quick,
                      QUICK if options.quick else THOROUGH)
    session = Session(Driver(options.build / "lib" / "libternary-bench.so"), choices)
    session.peers = list(peers.load(session, options.build, list(options.peers),
                                    options.peer_so))
    for suite in options.suite:
        run_suite(session, suite)
    facts = machine.describe(root, session)
    text = report.table(session.rows, facts, session.skipped)
    print("\n" + text)
    rows = json.dumps(session.to_json(facts), indent=1)
    if options.json:
        options.json.write_text(rows + "\n", encoding="utf-8")
    if options.results:
        report.write(options.results, text, rows, session.rows, facts)
    if not session.rows:
        print("run.py: error: nothing was timed; the lines above say why")
        return 1
    return 0
