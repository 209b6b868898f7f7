#!/usr/bin/env python3
"""Checks and times prebuilt layers on a GPU, beside a plain read and PyTorch.

    benchmarks/gpu/run.py DIR --json FILE [--suites decode,prefill] [--seconds 500]

DIR is what prebuild.py made. Each call is captured into a CUDA graph together with calls
on other copies of its weights, which are more than the L2 cache holds; graphs are timed
in shuffled order with pauses, each behind replays that are not counted. A row has the median of the time per call and the
interquartile range; nothing that is wrong is timed.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import cupy
import torch

import gemlite_peer
from bandwidth import run_byte_cases
from cases import Case
from reads import READ_ROWS_KERNEL, plain_read_call
from timing import Library, Stream, Timed, sample
from train import TrainLayer, original_forward_call
from train_cases import TrainCase

COPY_BYTES = 192 << 20  # of weights, together: more than L2
MOST_COPIES = 64

DTYPES = {"i8": torch.int8, "f16": torch.float16, "f32": torch.float32}


class Layer:
    """Operands of a case, with so many copies of the weights that none stays in L2."""

    def __init__(self, case: Case, library: Library) -> None:
        self.case, self.library = case, library
        generator = torch.Generator(device="cuda").manual_seed(case.n + case.k + case.m)

        def integers(low: int, high: int, *shape: int) -> torch.Tensor:
            return torch.randint(low, high, shape, generator=generator, device="cuda",
                                 dtype=torch.int8)

        def floats(*shape: int) -> torch.Tensor:
            return torch.rand(shape, generator=generator, device="cuda")

        parts = range(case.components)
        self.trits = [integers(-1, 2, case.n, case.k) for _ in parts]
        self.x = (integers(-128, 128, case.m, case.k) if case.x == "i8"
                  else (floats(case.m, case.k) - 0.5).to(DTYPES[case.x]))
        scales = [integers(-8, 5, *case.scale_shape) if case.scale == "i8"
                  else floats(*case.scale_shape) + 0.5 for _ in parts]
        self.factor = floats(case.m) / 100 if case.x == "i8" else None
        self.y = torch.empty(case.m, case.n, device="cuda", dtype=DTYPES[case.out])
        packed = [torch.empty(case.tiles, device="cuda", dtype=torch.int8) for _ in parts]
        for trits, weight in zip(self.trits, packed):
            library.call(case.name + "_pack", trits, weight)
        copies = max(1, min(MOST_COPIES, COPY_BYTES // (case.components * packed[0].numel()) + 1))

        def copy(tensors: list[torch.Tensor], count: int) -> list[list[torch.Tensor]]:
            return [tensors] + [[t.clone() for t in tensors] for _ in range(count - 1)]

        self.weights = copy(packed, copies)
        # Copies of scales count where there is one per group.
        self.scales = copy(scales, copies) if case.group else [scales] * copies

    @property
    def read_bytes(self) -> int:
        scale = self.scales[0][0]
        scales = scale.numel() * scale.element_size() if self.case.group else 0
        return self.case.components * (self.weights[0][0].numel() + scales)

    def factors(self, scale: torch.Tensor) -> torch.Tensor:
        """The factor of each weight, or of each row."""
        factors = scale.double() if self.case.scale == "f32" else scale.double().exp2()
        if not self.case.group:
            return factors[:, None]
        if factors.dim() == 3:
            factors = factors.transpose(1, 2).flatten(0, 1)[:self.case.n]
        return factors.repeat_interleave(self.case.group, 1)[:, :self.case.k]

    def call(self, copy: int) -> None:
        factor = [] if self.factor is None else [self.factor]
        self.library.call(self.case.name, self.x, *self.weights[copy], *self.scales[copy],
                          *factor, self.y)

    def expected(self) -> torch.Tensor:
        x = self.x.double()
        y = torch.zeros(self.case.m, self.case.n, device="cuda", dtype=torch.float64)
        for trits, scale in zip(self.trits, self.scales[0]):
            y += x @ (trits.double() * self.factors(scale)).T
        return y if self.factor is None else y * self.factor.double()[:, None]

    def peers(self) -> dict:
        return PEERS

    def error(self) -> float:
        """The largest difference, over what rounding of sums and of the output allows."""
        self.y.fill_(float("nan"))
        self.call(0)
        expected = self.expected()
        difference = (self.y.double() - expected).abs()
        rounding = 2.0 ** -10 if self.case.out == "f16" else 2.0 ** -22
        sums = 1e-5 if self.case.out == "f16" else 2e-6
        bound = expected.abs() * rounding + sums * expected.abs().max() + 1e-12
        worst = (difference / bound).max()
        return float(worst) if not torch.isnan(worst) else float("inf")


# What is timed: functions of the number of a copy.


def read_call(layer: Layer):
    data = [cupy.asarray(weights[0].view(-1)) for weights in layer.weights]
    if layer.read_bytes != data[0].size:
        data = [cupy.zeros(layer.read_bytes, cupy.int8) for _ in layer.weights]
    return plain_read_call(data)


def read_rows_call(warps: int):
    def make(layer: Layer):
        if layer.case.group or layer.case.components > 1 or layer.case.m > 16:
            return None
        data = [cupy.asarray(weights[0].view(-1)) for weights in layer.weights]
        blocks = layer.weights[0][0].shape[0]
        out = cupy.zeros(blocks, cupy.int32)
        count = layer.weights[0][0].numel() // 16 // blocks

        def call(copy: int) -> None:
            stream = torch.cuda.current_stream().cuda_stream
            with cupy.cuda.Stream.from_external(Stream(stream)):
                READ_ROWS_KERNEL((blocks,), (32 * warps,), (data[copy], count, out))
        return call
    return make


def bf16_call(layer: Layer):
    case = layer.case
    copies = max(1, min(len(layer.weights), COPY_BYTES // (2 * case.n * case.k) + 1))
    weight = layer.trits[0].to(torch.bfloat16)
    weights = [weight.clone() for _ in range(copies)]
    x = layer.x.to(torch.bfloat16)
    out = torch.empty(case.m, case.n, device="cuda", dtype=torch.bfloat16)
    return lambda copy: torch.mm(x, weights[copy % copies].T, out=out)


def int_mm_call(layer: Layer):
    if layer.case.m <= 16 or layer.case.x != "i8":
        return None
    weight = layer.trits[0].T
    return lambda copy: torch._int_mm(layer.x, weight)


def fp8_call(layer: Layer):
    if layer.case.m < 16 or layer.case.x != "i8":
        return None
    x = layer.x.to(torch.bfloat16).to(torch.float8_e4m3fn)
    weight = layer.trits[0].to(torch.bfloat16).to(torch.float8_e4m3fn).T
    one = torch.ones((), device="cuda")
    return lambda copy: torch._scaled_mm(x, weight, scale_a=one, scale_b=one,
                                         out_dtype=torch.bfloat16)


def original_call(layer: Layer):
    if layer.case.x != "f32" or not layer.case.group:
        return None
    return original_forward_call(layer.trits[0], layer.x, torch.empty_like(layer.y))


PEERS = {"read": read_call, "read_rows_4": read_rows_call(4), "read_rows_8": read_rows_call(8),
         "read_rows_16": read_rows_call(16), "cublas_bf16": bf16_call, "int_mm": int_mm_call,
         "cublas_fp8": fp8_call, "triton_original": original_call,
         "gemlite": gemlite_peer.call}


def measure(layer: Layer) -> list[dict]:
    timed = {"ternary": Timed(layer.call, len(layer.weights))}
    skipped = {}
    for name, make in layer.peers().items():
        try:
            call = make(layer)
            if call:
                timed[name] = Timed(call, len(layer.weights))
        except Exception as error:  # of a peer, whatever it raises
            skipped[name] = (str(error).splitlines() or [type(error).__name__])[0]
            print(f"{name} is left out: {skipped[name]}", flush=True)
    sample(timed.values())
    rows = []
    for name, one in timed.items():
        rows.append(layer.case.row() | {"impl": name, "bytes": layer.read_bytes} | one.row())
    return rows + [layer.case.row() | {"impl": name, "skipped": reason}
                   for name, reason in skipped.items()]


def describe(rows: list[dict]) -> str:
    times = {row["impl"]: row["median_us"] for row in rows if "median_us" in row}
    case = rows[0]
    ours = times.get("ternary", float("nan"))
    ratios = " ".join(f"{name} {time_us / ours:.2f}x" for name, time_us in times.items()
                      if name != "ternary")
    rate = 2e-6 * case["m"] * case["n"] * case["k"] / ours
    name = " ".join(filter(None, (case["suite"], case.get("op"))))
    parts = case.get("components", 1)
    kind = case.get("x", "") + (f" x{parts}" if parts > 1 else "")
    return (f"{name} {case['n']}x{case['k']} m={case['m']} {kind}: {ours:.2f} us, "
            f"{rate:.0f} TOP/s; {ratios}")


def read_case(row: dict) -> Case | TrainCase:
    fields = {key: value for key, value in row.items() if key != "name"}
    return TrainCase(**fields) if "op" in fields else Case(**fields)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--suites", default="odd,base3_odd,decode,base3,chain,group,exponent,"
                        "prefill,half,float,components,train_odd,train,bandwidth")
    parser.add_argument("--only", default="", help="ops that stream bytes: a pattern of names")
    parser.add_argument("--seconds", type=float, default=500)
    options = parser.parse_args()
    start = time.monotonic()
    result = {"date": time.strftime("%Y-%m-%d"), "chip": torch.cuda.get_device_name(),
              "torch": torch.__version__, "rows": [], "wrong": [], "checked": 0}
    cases = [read_case(row) for row in json.loads((options.directory / "cases.json").read_text())
             if row["suite"] != "bandwidth"]
    wanted = options.suites.split(",")
    reason = gemlite_peer.load(options.directory / "peers")
    if reason:
        result["left_out"] = {"gemlite": reason}
        print(f"gemlite is left out: {reason}", flush=True)
    try:
        for suite in wanted:
            library = Library(options.directory / f"{suite}.so")
            if suite == "bandwidth":
                run_byte_cases(library, result, options.only, start + options.seconds)
            for case in (case for case in cases if case.suite == suite):
                if time.monotonic() - start > options.seconds:
                    print("out of time", flush=True)
                    return
                make = TrainLayer if isinstance(case, TrainCase) else Layer
                layer = make(case, library)
                error = layer.error()
                result["checked"] += 1
                if error > 1:
                    result["wrong"].append(case.row() | {"error": error})
                    print(f"{case.name}: wrong, {error:.3g} times the bound", flush=True)
                    continue
                if not suite.endswith("odd"):
                    rows = measure(layer)
                    result["rows"] += rows
                    print(describe(rows), flush=True)
    finally:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
        print(f"{result['checked'] - len(result['wrong'])} passed, "
              f"{len(result['wrong'])} failed", flush=True)


if __name__ == "__main__":
    main()
