"""Calls of compiled functions with the results that NumPy expects.

    SCRIPT.py make DIR     writes the arguments and DIR/calls.json
    SCRIPT.py check DIR    compares what ternary-run wrote with what is expected

A script builds the same list of `Call`s for both and hands it to `main`.
"""

import json
import sys
from pathlib import Path

import numpy as np

SEED = 22


class Call:
    """One call of a function; `want` are its results, exact unless `rtol` is given.

    With `rtol` a float may be off by that part of the largest value of its array.
    """

    def __init__(self, entry, args, want, rtol=0.0):
        self.entry = entry
        self.args = [np.asarray(arg) for arg in args]
        self.want = [np.asarray(result) for result in want]
        self.rtol = rtol


def files(folder, number, kind, count):
    return [str(folder / f"{number}.{kind}{i}.npy") for i in range(count)]


def make(folder, calls):
    entries = []
    for number, call in enumerate(calls):
        args = files(folder, number, "arg", len(call.args))
        for path, arg in zip(args, call.args):
            np.save(path, arg)
        results = files(folder, number, "result", len(call.want))
        entries.append({"entry": call.entry, "args": args, "results": results})
    (folder / "calls.json").write_text(json.dumps(entries), encoding="utf-8")


def is_nan(array):
    return array != array


def find_difference(got, want, rtol):
    """What is wrong with a result; empty when nothing is."""
    if got.dtype != want.dtype or got.shape != want.shape:
        return f"expected {want.dtype} {want.shape}, found {got.dtype} {got.shape}"
    if want.size == 0:
        return ""
    bound = 0.0
    if rtol:
        bound = rtol * np.max(np.abs(want), initial=0.0, where=np.isfinite(want))
    close = np.abs(got.astype(np.float64) - want.astype(np.float64)) <= bound
    close |= (got == want) | (is_nan(got) & is_nan(want))
    if close.all():
        return ""
    at = tuple(int(i) for i in np.argwhere(~close)[0]) if want.ndim else ()
    return f"at {list(at)}: expected {want[at]}, found {got[at]}"


def check(folder, calls):
    failed = 0
    for number, call in enumerate(calls):
        paths = files(folder, number, "result", len(call.want))
        for i, (path, want) in enumerate(zip(paths, call.want)):
            difference = "no result"
            if Path(path).exists():
                difference = find_difference(np.load(path), want, call.rtol)
            if difference:
                failed += 1
                shapes = ", ".join(str(arg.shape) for arg in call.args)
                print(f"{call.entry} on {shapes}: result {i}: {difference}")
            Path(path).unlink(missing_ok=True)  # so that no later run is judged by this one
    return failed


def random_trits(rng, *shape):
    return rng.integers(-1, 2, shape, dtype=np.int8)


def random_bytes(rng, *shape):
    """Activations over the whole range, -128 included."""
    return rng.integers(-128, 128, shape, dtype=np.int8)


def random_floats(rng, *shape, dtype=np.float32):
    return rng.standard_normal(shape).astype(dtype)


def main(build):
    command, folder = sys.argv[1], Path(sys.argv[2])
    calls = build(np.random.default_rng(SEED))
    if command == "make":
        folder.mkdir(parents=True)
        make(folder, calls)
    else:
        sys.exit(1 if check(folder, calls) else 0)
