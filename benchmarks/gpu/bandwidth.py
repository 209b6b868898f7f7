"""Checks and times the ops that stream bytes, beside a copy of as many bytes."""

from __future__ import annotations

import re
import time

import torch

from streams import ByteCase, all_byte_cases, fill
from timing import Library, Timed, sample

# A call that takes longer is timed once, not in a graph.
SLOW_US = 20000


class Arrays:
    """Operands of a case on the device, and what they must hold after a call."""

    def __init__(self, case: ByteCase) -> None:
        generator = torch.Generator(device="cuda").manual_seed(len(case.name))
        self.arrays, contents = [], []
        for operand in case.read + case.updated:
            array, content = fill(torch, operand, generator)
            self.arrays.append(array)
            contents.append(content)
        self.expected = case.model(torch, *contents)
        self.results = len(case.read)
        self.arrays += [fill(torch, operand, generator)[0] for operand in case.written]

    def errors(self, case: ByteCase) -> list[str]:
        """What is wrong after the first call."""
        found = []
        for i, (got, expected) in enumerate(zip(self.arrays[self.results:], self.expected)):
            if got.is_floating_point():
                # Halves near 0 have few bits.
                wrong = ~torch.isclose(got.float(), expected.float(), rtol=case.tolerance,
                                       atol=1e-6 * (case.tolerance > 0))
                allowed = 0.0
            else:
                wrong = got != expected.reshape(got.shape)
                is_near = (got.long() - expected.reshape(got.shape).long()).abs() <= 1
                allowed = case.ties if is_near.all() else 0.0
            share = wrong.float().mean().item()
            if share > allowed:
                found.append(f"result {i}: {share:.3%} of the elements")
        return found

    def repeats(self, call) -> bool:
        """Whether another call writes the same bytes."""
        before = [array.clone() for array in self.arrays[self.results:]]
        call(0)
        return all(torch.equal(array.reshape(-1).view(torch.uint8),
                               old.reshape(-1).view(torch.uint8))
                   for array, old in zip(self.arrays[self.results:], before))


def time_once(call) -> float:
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    call(0)
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) * 1e3


def copy_call(case: ByteCase):
    """A copy that reads and writes as many bytes, but for parts of a megabyte."""
    source = torch.empty(case.bytes >> 21 << 20, device="cuda", dtype=torch.uint8)
    target = torch.empty_like(source)
    return lambda _: target.copy_(source)


def measure(case: ByteCase, call, slow_us: float) -> dict:
    copy = Timed(copy_call(case), copies=4)
    if slow_us > SLOW_US:
        sample([copy])
        row = {"median_us": slow_us, "samples": 1}
    else:
        ours = Timed(call, copies=4)
        sample([copy, ours])
        row = ours.row()
    copy_us = copy.row()["median_us"]
    return case.row() | row | {"impl": "ternary", "copy_us": copy_us,
                               "share_of_copy": copy_us / row["median_us"]}


def run_byte_cases(library: Library, result: dict, only: str, deadline: float) -> None:
    for case in all_byte_cases():
        if not re.search(only, case.name):
            continue
        if time.monotonic() > deadline:
            print("out of time", flush=True)
            return
        data = Arrays(case)

        def call(_: int) -> None:
            library.call(case.name, *data.arrays)

        first_us = time_once(call)
        result["checked"] += 1
        errors = data.errors(case)
        if not case.updated and not data.repeats(call):
            errors.append("two calls differ")
        if errors:
            result["wrong"].append(case.row() | {"error": "; ".join(errors)})
            print(f"{case.name}: wrong, {'; '.join(errors)}", flush=True)
            continue
        if first_us > SLOW_US:
            first_us = min(first_us, time_once(call))
        row = measure(case, call, first_us)
        result["rows"].append(row)
        print(f"{case.name}: {row['median_us']:.1f} us, {case.bytes / row['median_us'] / 1e6:.2f}"
              f" TB/s, {row['share_of_copy']:.1%} of a copy", flush=True)
        del data
