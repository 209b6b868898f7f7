#!/usr/bin/env python3
"""Checks packed formats against bytes that their original code wrote.

    run_formats.py --vectors FILE.npz --target reference|cpu
                   [--target-cpu NAME] [--tools DIR]

FILE has the keys `NxK/trits` (int8), `NxK/scale` and `NxK/FORMAT` (uint8) for
each shape. Checked per shape: packing, unpacking and the carried scales, by
running and by folding at compile time; repacking between all pairs of packings,
the same two ways; and that a format is refused at a shape that it does not
define. The last line is `N passed, N failed, N skipped`; the exit status is 1 if
a test failed.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from environment import use_project_python

use_project_python("numpy")

import numpy as np

import ops
from harness import (Batch, Call, Tally, ToolError, Tools, add_tool_options,
                     choose_tools, run_batch)
from ir import ELEMENTS, Function, Value, packing_attribute
from layouts import LAYOUTS, num_elements
from vectors import compare

PRESETS = {"bitnet_gpu_int2": "bitnet_gpu"}  # names in the file that are not ours

# Shapes that a format does not define, beside one that it does.
REFUSED: dict[str, list[tuple[int, int]]] = {
    "i2_s": [(1, 100), (3, 64)],
    "i2_s_64": [(1, 100), (3, 32)],
    "tq1_0": [(4, 100), (4, 255), (1, 128)],
    "tq2_0": [(4, 100), (4, 257), (1, 128)],
    "q2_0": [(4, 100), (4, 32)],
    "torchao": [(4, 10), (1, 1)],
    "bitnet_gpu": [(8, 128), (16, 64), (16, 100)],
}
REFUSAL = re.compile(r"expected (N|K|N \* K) to be a multiple of \d+, found \d+")
RESOURCE_BYTES = 1 << 13  # larger inputs of folds stand as resources


@dataclass
class Shape:
    """What the file holds for one shape."""

    name: str
    trits: np.ndarray
    scale: np.float32
    files: dict[str, np.ndarray] = field(default_factory=dict)  # preset to bytes

    def carried(self, packing: str) -> np.ndarray | None:
        """The scales that go into the bytes; all blocks share one."""
        layout = LAYOUTS[packing]
        if layout.scale is None:
            return None
        return np.full(layout.scale_shape(*self.trits.shape), self.scale, np.float32)

    def packings(self) -> list[str]:
        """All packings that define this shape, those of the file first."""
        others = [name for name, layout in LAYOUTS.items()
                  if name not in self.files and layout.is_defined(*self.trits.shape)]
        return [*self.files, *others]


@dataclass
class Check:
    """Results of a call and what they have to be."""

    name: str
    call: Call
    wanted: list[np.ndarray]

    def errors(self) -> list[str]:
        if self.call.error:
            return [self.call.error]
        found = []
        for index, (got, want) in enumerate(zip(self.call.results, self.wanted)):
            if difference := compare(got, want):
                found.append(f"result {index}{difference}")
        return found


def read_shapes(path: Path, tally: Tally) -> list[Shape]:
    """Groups the keys of the file by shape."""
    shapes: dict[str, Shape] = {}
    with np.load(path) as arrays:
        for key in arrays.files:
            name, _, kind = key.partition("/")
            if kind == "trits":
                shapes[name] = Shape(name, arrays[key],
                                     np.float32(arrays[f"{name}/scale"]))
        for key in arrays.files:
            name, _, kind = key.partition("/")
            preset = PRESETS.get(kind, kind)
            if kind in ("trits", "scale"):
                continue
            if preset not in LAYOUTS or name not in shapes:
                tally.skip(key, 1, "no packing of this name")
                continue
            trits = shapes[name].trits
            layout = LAYOUTS[preset].byte_shape(*trits.shape)
            if num_elements(layout) != arrays[key].size:
                tally.record(key, [f"expected {num_elements(layout)} bytes in the "
                                   f"file, found {arrays[key].size}"])
                continue
            shapes[name].files[preset] = arrays[key].reshape(layout)
    return list(shapes.values())


# The functions: the same for running (arrays are arguments) and for folding
# (arrays are constants).


class Source:
    """Gives a function its inputs as arguments."""

    def __init__(self, f: Function) -> None:
        self.f = f

    def __call__(self, array: np.ndarray, dims: tuple[str, ...] | str) -> Value:
        return self.f.arg(array, dims)


class Constants(Source):
    """Gives a function its inputs as constants, the large ones as resources."""

    def __init__(self, f: Function, resources: dict[str, str]) -> None:
        super().__init__(f)
        self.resources = resources

    def __call__(self, array: np.ndarray, dims: tuple[str, ...] | str) -> Value:
        for dim, extent in zip(dims, array.shape):
            self.f.bind(dim, extent)
        value = Value(self.f.fresh(), tuple(dims), ELEMENTS[array.dtype.name])
        data = np.ascontiguousarray(array).tobytes().hex().upper()
        if array.nbytes < RESOURCE_BYTES:
            text = f'dense<"0x{data}">'
        else:
            name = f"r{len(self.resources)}"
            # A resource begins with its alignment, a little-endian i32.
            self.resources[name] = f"0x40000000{data}"
            text = f"dense_resource<{name}>"
        self.f.line(f"{value.name} = arith.constant {text} : {self.f.type(value)}")
        return value


def build_pack(source: Source, trits: np.ndarray, packing: str,
               scales: np.ndarray | None) -> Function:
    f = source.f
    q = source(trits, "NK")
    carried = None if scales is None else source(scales, f.bytes_dims(scales.ndim))
    f.result("bytes", ops.pack(f, q, packing, carried))
    return f


def build_unpack(source: Source, packed: np.ndarray, packing: str,
                 trits_shape: tuple[int, ...], scales: np.ndarray | None) -> Function:
    f = source.f
    value = source(packed, f.bytes_dims(packed.ndim))
    inits = [f.dest("NK", "i8", trits_shape)]
    if scales is not None:
        inits.append(f.dest(value.dims[:-1], "f32", scales.shape))
    for name, result in zip(("trits", "scales"), ops.unpack(f, value, packing, inits)):
        f.result(name, result)
    return f


def build_repack(source: Source, packed: np.ndarray, before: str, after: str,
                 trits_shape: tuple[int, ...], scales: np.ndarray | None) -> Function:
    f = source.f
    f.bind("N", trits_shape[0])
    f.bind("K", trits_shape[1])
    value = source(packed, f.bytes_dims(packed.ndim))
    carried = None if scales is None else source(scales, f.bytes_dims(scales.ndim))
    shape = LAYOUTS[after].byte_shape(*trits_shape)
    init = f.dest(f.bytes_dims(len(shape)), "i8", shape)
    f.result("bytes", f.op("repack", {"ins": [value], "scales": [carried]}, [init],
                           shape="NK", source=packing_attribute(before),
                           packing=packing_attribute(after))[0])
    return f


# Running.


def add_running(batch: Batch, shape: Shape, checks: list[Check]) -> None:
    """Pack, unpack, and pack again with the scales that unpack found."""
    for packing, packed in shape.files.items():
        scales = shape.carried(packing)
        name = f"{shape.name}/{packing}"
        pack = batch.add(f"{name}/pack", build_pack(
            Source(Function()), shape.trits, packing, scales))
        checks.append(Check(pack.name, pack, [packed]))
        unpack = batch.add(f"{name}/unpack", build_unpack(
            Source(Function()), packed, packing, shape.trits.shape, scales))
        wanted = [shape.trits] if scales is None else [shape.trits, scales]
        checks.append(Check(unpack.name, unpack, wanted))
        if scales is not None:
            again = batch.add(f"{name}/round-trip", build_pack(
                Source(Function()), shape.trits, packing, scales))
            again.arguments = [unpack.result_file(0), unpack.result_file(1),
                               *again.arguments[2:]]
            checks.append(Check(again.name, again, [packed]))


def pack_own(batch: Batch, shape: Shape) -> dict[str, Call]:
    """Packs what the file has no bytes of; calls by packing."""
    return {packing: batch.add(f"{shape.name}/{packing}/pack", build_pack(
                Source(Function()), shape.trits, packing, shape.carried(packing)))
            for packing in shape.packings() if packing not in shape.files}


def run_repacking(tools: Tools, shape: Shape, packed: dict[str, np.ndarray],
                  tally: Tally) -> None:
    """Repacks every packing as every other one."""
    batch = Batch()
    checks: list[Check] = []
    for before in packed:
        for after in packed:
            call = batch.add(f"{shape.name}/{before}/repack-{after}", build_repack(
                Source(Function()), packed[before], before, after, shape.trits.shape,
                shape.carried(after)))
            checks.append(Check(call.name, call, [packed[after]]))
    run_batch(tools, batch)
    report(checks, tally)


def run_shape(tools: Tools, shape: Shape, tally: Tally) -> dict[str, np.ndarray]:
    """All runs of one shape; returns the bytes of every packing."""
    batch = Batch()
    checks: list[Check] = []
    add_running(batch, shape, checks)
    own = pack_own(batch, shape)
    unpacked = {}
    for packing, call in own.items():
        bytes_shape = LAYOUTS[packing].byte_shape(*shape.trits.shape)
        unpacked[packing] = batch.add(f"{shape.name}/{packing}/unpack", build_unpack(
            Source(Function()), np.zeros(bytes_shape, np.int8), packing,
            shape.trits.shape, shape.carried(packing)))
        unpacked[packing].arguments = [call.result_file(0),
                                       *unpacked[packing].arguments[1:]]
        checks.append(Check(unpacked[packing].name, unpacked[packing], [shape.trits]))
    run_batch(tools, batch)
    report(checks, tally)
    packed = dict(shape.files)
    packed |= {packing: call.results[0] for packing, call in own.items() if call.results}
    return packed


def report(checks: list[Check], tally: Tally) -> None:
    for check in checks:
        tally.record(check.name, check.errors())


# Folding.


def folded_functions(shape: Shape, packed: dict[str, np.ndarray],
                     resources: dict[str, str],
                     ) -> dict[str, tuple[Function, list[np.ndarray]]]:
    """Functions without arguments, and what they have to fold to."""
    functions: dict[str, tuple[Function, list[np.ndarray]]] = {}

    def constants() -> Source:
        return Constants(Function(static=True), resources)

    for packing, data in packed.items():
        scales = shape.carried(packing)
        functions[f"{shape.name}/{packing}/fold-pack"] = (
            build_pack(constants(), shape.trits, packing, scales), [data])
        functions[f"{shape.name}/{packing}/fold-unpack"] = (
            build_unpack(constants(), data, packing, shape.trits.shape, scales),
            [shape.trits] if scales is None else [shape.trits, scales])
        for after, wanted in packed.items():
            functions[f"{shape.name}/{packing}/fold-repack-{after}"] = (
                build_repack(constants(), data, packing, after, shape.trits.shape,
                             shape.carried(after)), [wanted])
    return functions


def resource_section(resources: dict[str, str]) -> str:
    if not resources:
        return ""
    entries = ",\n      ".join(f'{name}: "{data}"' for name, data in resources.items())
    return ("{-#\n  dialect_resources: {\n    builtin: {\n      "
            f"{entries}\n    }}\n  }}\n#-}}\n")


def fold_shape(tools: Tools, shape: Shape, packed: dict[str, np.ndarray],
               tally: Tally) -> None:
    """Folds in ternary-opt, then runs what is left: functions that return a
    constant. A function that still has one of our ops has not folded."""
    resources: dict[str, str] = {}
    functions = folded_functions(shape, packed, resources)
    names = {f"g{index}": name for index, name in enumerate(functions)}
    module = "".join(functions[name][0].text(symbol) for symbol, name in names.items())
    try:
        folded = tools.optimize(module + resource_section(resources), "--canonicalize")
    except ToolError as error:
        for name in functions:
            tally.record(name, [f"ternary-opt: {error}"])
        return
    body, _, resource_text = folded.partition("\n{-#")
    texts = re.split(r"(?=^ *func\.func )", body, flags=re.MULTILINE)
    left = {match[1] for text in texts
            if (match := re.search(r"func\.func @(\w+)", text))
            and re.search(r"[ =]ternary\.\w+ ", text)}
    batch = Batch()
    checks: list[Check] = []
    for symbol, name in names.items():
        function, wanted = functions[name]
        if symbol in left:
            tally.record(name, ["not folded"])
            continue
        # The destinations are still arguments, which nothing reads.
        call = Call.of(name, symbol, function)
        batch.calls.append(call)
        checks.append(Check(name, call, wanted))
    batch.preamble = body + (f"\n{{-#{resource_text}" if resource_text else "")
    run_batch(tools, batch)
    report(checks, tally)


# Refusals.


def refused_modules(packing: str, rows: int, columns: int) -> dict[str, str]:
    """Functions that pack and unpack at a shape."""
    rank = len(LAYOUTS[packing].byte_shape(0, 0))
    trits = f"tensor<{rows}x{columns}xi8>"
    packed = f"tensor<{'?x' * rank}i8>"
    scales = f"tensor<{'?x' * (rank - 1)}f32>"
    carried = f"scales(%s : {scales}) " if LAYOUTS[packing].scale else ""
    attrs = f"{{packing = {packing_attribute(packing)}}}"
    bodies = {
        "pack": (f"ternary.pack ins(%q : {trits}) {carried}outs(%b : {packed}) {attrs}",
                 packed),
        "unpack": (f"ternary.unpack ins(%b : {packed}) outs(%q : {trits}) {attrs}", trits),
    }
    return {kind: f"func.func @f(%q: {trits}, %b: {packed}, %s: {scales}) -> {result} {{\n"
                  f"  %0 = {op} -> {result}\n  return %0 : {result}\n}}\n"
            for kind, (op, result) in bodies.items()}


def check_refusals(tools: Tools, tally: Tally) -> None:
    """A format at a shape that it does not define is an error with a location, in
    the compiler and, where shapes are dynamic, before the call."""
    batch = Batch()
    for packing, shapes in REFUSED.items():
        layout = LAYOUTS[packing]
        for rows, columns in shapes:
            name = f"{rows}x{columns}/{packing}"
            for kind, module in refused_modules(packing, rows, columns).items():
                tally.record(f"{name}/refuse-{kind}", refusal_errors(tools, module, kind))
            scale_shape = layout.scale_shape(rows, columns)
            batch.add(f"{name}/refuse-call", build_pack(
                Source(Function()), np.zeros((rows, columns), np.int8), packing,
                np.ones(scale_shape, np.float32) if layout.scale else None))
    run_batch(tools, batch)
    for call in batch.calls:
        found = REFUSAL.search(call.error)
        tally.record(call.name, [] if found else [f"expected a refusal of the shape, "
                                                  f"found: {call.error or 'a result'}"])


def refusal_errors(tools: Tools, module: str, kind: str) -> list[str]:
    try:
        done = tools.run(["-"], program="ternary-opt", text=module)
    except ToolError as error:
        return [str(error)]
    if done.returncode == 0:
        return ["accepted by ternary-opt"]
    located = re.search(rf":\d+:\d+: error: 'ternary\.{kind}' op (.*)", done.stderr)
    if not located or not REFUSAL.search(located[1]):
        return [f"expected a located error about the shape, found: {done.stderr.strip()}"]
    return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=Path, required=True, metavar="FILE")
    add_tool_options(parser)
    options = parser.parse_args()
    if not options.vectors.exists():
        sys.exit(f"{options.vectors}: expected an .npz file, found no file")
    tools = choose_tools(options)
    tally = Tally()
    for shape in read_shapes(options.vectors, tally):
        packed = run_shape(tools, shape, tally)
        run_repacking(tools, shape, packed, tally)
        fold_shape(tools, shape, packed, tally)
        print(f"{shape.name}: {len(packed)} packings", flush=True)
    check_refusals(tools, tally)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
