#!/usr/bin/env python3
"""Checks model files against other implementations of their formats.

    run_files.py [--vectors FILE.npz] [--tools DIR] [--large MB]

Files are written by the packages `gguf` and `safetensors`, imported, exported in every packing that the format has, and
read back by those packages; FILE has bytes that the original code of each packing wrote, and what is exported has to
be the same bytes. Malformed files (make_gguf.py, make_safetensors.py) end in one line, without output and without
memory beyond what a good file takes. `--large` imports a GGUF file of that size and measures memory and time.
The last line is `N passed, N failed, N skipped`; the exit status is 1 if a test failed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "test" / "golden"), str(Path(__file__).resolve().parent)]

from environment import use_project_python

use_project_python("numpy", "gguf", "safetensors", "ml_dtypes")

import gguf
import ml_dtypes
import numpy as np
from gguf import GGMLQuantizationType as Type
from safetensors import safe_open
from safetensors.numpy import save_file

import make_gguf
import make_safetensors
from harness import Tally

VECTORS = Path(os.environ.get("TERNARY_GOLDEN", ROOT.parent / "shared" / "golden")) / "formats.npz"
NAMES = {"bitnet_gpu_int2": "bitnet_gpu"}  # names in FILE that are not ours
GGUF_TYPES = ("tq1_0", "tq2_0", "q2_0", "i2_s", "i2_s_64")
LAST_GOOD = {"gguf": "q2-128", "safetensors": "zero-width"}  # of the cases in make_*.py
SOUND = {"other-type", "packed-vector", "i2s-ragged"}  # files that are listed, and not imported

tally = Tally()


def teach_gguf() -> None:
    """The package knows no Q2_0 and I2_S. Of I2_S it sees the trits, not the tail of 32 bytes."""
    for name, number, sizes in (("Q2_0", 42, (64, 18)), ("I2_S", 36, (4, 1))):
        if number in Type._value2member_map_:
            continue
        member = int.__new__(Type, number)
        member._name_, member._value_ = name, number
        Type._value2member_map_[number] = member
        Type._member_map_[name] = member
        gguf.GGML_QUANT_SIZES[member] = sizes


def check(name: str, errors: list[str] | str | None) -> None:
    tally.record(name, [errors] if isinstance(errors, str) else errors or [])


@dataclass
class Tool:
    """Runs of ternary-translate."""

    path: Path
    folder: Path

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(self.path), *map(str, arguments)], capture_output=True, text=True, timeout=300,
                              errors="replace")

    def good(self, *arguments: object) -> str:
        """The messages of a run that must succeed."""
        done = self.run(*arguments)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, arguments))}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stderr

    def peak(self, *arguments: object) -> tuple[int, str, int]:
        """Exit status, messages and peak resident bytes."""
        with tempfile.TemporaryFile() as messages:
            process = subprocess.Popen([str(self.path), *map(str, arguments)], stdout=subprocess.DEVNULL,
                                       stderr=messages)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            messages.seek(0)
            return process.returncode, messages.read().decode(errors="replace"), usage.ru_maxrss * 1024


# Formats.


@dataclass
class Shape:
    """What the vectors hold for one shape."""

    name: str
    trits: np.ndarray
    scale: np.float32
    files: dict[str, np.ndarray]


def load_shapes(path: Path) -> list[Shape]:
    vectors = np.load(path)
    shapes = []
    for key in vectors.files:
        name, kind = key.split("/")
        if kind != "trits":
            continue
        files = {NAMES.get(k.split("/")[1], k.split("/")[1]): vectors[k] for k in vectors.files
                 if k.startswith(f"{name}/") and k.split("/")[1] not in ("trits", "scale")}
        shapes.append(Shape(name, vectors[key], vectors[f"{name}/scale"], files))
    return shapes


def byte_shape(packing: str, rows: int, columns: int) -> tuple[int, ...]:
    return {"hf": (-(-rows // 4), columns), "torchao": (rows, columns // 4),
            "bitnet_gpu": (rows // 16, columns // 32, 32, 4), "tq1_0": (rows, columns // 256, 54),
            "tq2_0": (rows, columns // 256, 66), "q2_0": (rows, columns // 64, 18),
            "i2_s": (rows * columns // 4 + 32,), "i2_s_64": (rows * columns // 4 + 32,)}[packing]


def plain_values() -> dict[str, np.ndarray]:
    values = np.linspace(-2, 2, 600, dtype=np.float32).reshape(20, 30)
    return {"plain.f32": values, "plain.f16": values.astype(np.float16),
            "plain.bf16": values.astype(ml_dtypes.bfloat16)}


def write_gguf(path: Path, shape: Shape) -> None:
    """All types that share one reading of I2_S."""
    writer = gguf.GGUFWriter(path, "bitnet")
    writer.add_uint32("bitnet.block_count", 1)
    writer.add_file_type(37)
    writer.add_array("tokenizer.ggml.tokens", ["<s>", "\u00e9", "</s>"])
    rows, columns = shape.trits.shape
    for kind in GGUF_TYPES:
        if kind == "i2_s_64":
            continue
        data = shape.files[kind]
        if kind == "i2_s":
            # Its bytes are no whole rows, so the shape is stated.
            gguf.GGML_QUANT_SIZES[Type(36)] = (1, 1)
            writer.add_tensor(kind, data, raw_shape=(rows, columns), raw_dtype=Type(36))
            gguf.GGML_QUANT_SIZES[Type(36)] = (4, 1)
        else:
            writer.add_tensor(kind, data.reshape(rows, -1), raw_dtype=Type[kind.upper()])
    for name, values in plain_values().items():
        if values.dtype == ml_dtypes.bfloat16:
            writer.add_tensor(name, values.view(np.uint8).reshape(20, 60), raw_dtype=Type.BF16)
        else:
            writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_gguf(path: Path) -> tuple[dict[str, bytes], gguf.GGUFReader]:
    """The bytes of each tensor as the package sees them, and the tail of I2_S behind."""
    reader = gguf.GGUFReader(path)
    tensors = {}
    for tensor in reader.tensors:
        data = tensor.data.tobytes()
        if tensor.tensor_type == Type(36):
            end = tensor.data_offset + len(data)
            data += bytes(reader.data[end : end + 32])
        tensors[tensor.name] = data
    return tensors, reader


def differences(found: bytes, expected: bytes) -> str | None:
    if found == expected:
        return None
    if len(found) != len(expected):
        return f"expected {len(expected)} bytes, found {len(found)}"
    at = next(i for i, (a, b) in enumerate(zip(found, expected)) if a != b)
    return f"expected {expected[at]} at byte {at}, found {found[at]}"


def check_gguf(tool: Tool, shape: Shape) -> None:
    """gguf -> import -> export in each type -> gguf."""
    source, ir = tool.folder / "source.gguf", tool.folder / "model.mlirbc"
    write_gguf(source, shape)
    said = tool.good("--import-gguf", source, "--emit-bytecode", "-o", ir)
    check(f"gguf {shape.name} says its layouts",
          None if "blocks of 128" in said and "Q2_0 is read in blocks of 64" in said else f"found {said!r}")
    original, _ = read_gguf(source)
    for kind in ("keep", *GGUF_TYPES):
        out = tool.folder / "out.gguf"
        said = tool.good("--export-gguf", ir, f"--type={kind}", "-o", out)
        tensors, reader = read_gguf(out)
        check(f"gguf {shape.name} {kind} without loss", said or None)
        check(f"gguf {shape.name} {kind} names", None if list(tensors) == list(original) else f"{list(tensors)}")
        check(f"gguf {shape.name} {kind} metadata", metadata_errors(reader, kind))
        for name, data in tensors.items():
            plain = name.startswith("plain")
            expected = original[name] if plain or kind == "keep" else shape.files[kind].tobytes()
            check(f"gguf {shape.name} {name} to {kind}", differences(data, expected))
    # The other layout of I2_S, written by the last export.
    said = tool.good("--import-gguf", tool.folder / "out.gguf", "--i2s-block=64", "--emit-bytecode", "-o", ir)
    tool.good("--export-gguf", ir, "--type=tq1_0", "-o", out)
    tensors, _ = read_gguf(out)
    check(f"gguf {shape.name} i2_s_64 back", differences(tensors["tq2_0"], shape.files["tq1_0"].tobytes()))


def metadata_errors(reader: gguf.GGUFReader, kind: str) -> str | None:
    fields = ("general.architecture", "bitnet.block_count", "tokenizer.ggml.tokens", "general.file_type")
    found = tuple(field.contents() if (field := reader.get_field(name)) else None for name in fields)
    file_type = {"keep": 37, "tq1_0": 36, "tq2_0": 37, "q2_0": None, "i2_s": 40, "i2_s_64": 40}[kind]
    expected = ("bitnet", 1, ["<s>", "\u00e9", "</s>"], file_type)
    return None if found == expected else f"expected {expected}, found {found}"


def write_safetensors(path: Path, shape: Shape) -> None:
    """Hugging Face's form, and every packing with what our metadata say of it."""
    rows, columns = shape.trits.shape
    scale = np.array([shape.scale], np.float32)
    tensors = {"hf.weight": shape.files["hf"], "hf.weight_scale": scale, "trits": shape.trits, "trits_scale": scale}
    metadata = {"format": "pt", "note": "kept"}
    for kind, data in shape.files.items():
        tensors[kind] = data.reshape(byte_shape(kind, rows, columns))
        text = "#ternary.tq1_0" if kind == "tq1_0" else f"#ternary.packing<{kind}>"
        metadata[f"ternary.packing/{kind}"] = f"{text} [{rows}, {columns}]"
        if kind in ("hf", "torchao", "bitnet_gpu"):
            tensors[f"{kind}_scale"] = scale
    save_file({**tensors, **plain_values()}, path, metadata)


def check_safetensors(tool: Tool, shape: Shape) -> None:
    """safetensors -> import -> export in each packing -> safetensors."""
    source, ir, out = (tool.folder / name for name in ("source.safetensors", "model.mlirbc", "out.safetensors"))
    write_safetensors(source, shape)
    tool.good("--import-safetensors", source, "--weight-scale=multiply", "--emit-bytecode", "-o", ir)
    weights = ["hf.weight", "trits", *shape.files]
    for kind in (*shape.files, "i8"):
        said = tool.good("--export-safetensors", ir, f"--type={kind}", "-o", out)
        check(f"safetensors {shape.name} {kind} without loss", said or None)
        with safe_open(out, "numpy") as file:
            check(f"safetensors {shape.name} {kind} metadata",
                  None if file.metadata()["note"] == "kept" else f"{file.metadata()}")
            for name in weights:
                expected = shape.trits if kind == "i8" else shape.files[kind].reshape(
                    byte_shape(kind, *shape.trits.shape))
                found = file.get_tensor(name)
                check(f"safetensors {shape.name} {name} to {kind}",
                      differences(found.tobytes(), expected.tobytes()) or
                      (None if found.shape == expected.shape else f"shape {found.shape}"))
                if kind in ("hf", "torchao", "bitnet_gpu", "i8"):
                    scale = file.get_tensor(f"{name}_scale")
                    check(f"safetensors {shape.name} {name} scale in {kind}",
                          None if scale.shape == (1,) and scale[0] == shape.scale else f"{scale}")
            for name, values in plain_values().items():
                check(f"safetensors {shape.name} {name} with {kind}",
                      differences(file.get_tensor(name).tobytes(), values.tobytes()))
    # From one kind of file to the other.
    tool.good("--export-gguf", ir, "--type=tq2_0", "-o", tool.folder / "other.gguf")
    tensors, _ = read_gguf(tool.folder / "other.gguf")
    for name in weights:
        check(f"safetensors {shape.name} {name} to gguf", differences(tensors[name], shape.files["tq2_0"].tobytes()))


# Hugging Face.


def pack_hf(trits: np.ndarray) -> np.ndarray:
    """`pack_weights` of transformers, from its description."""
    rows, columns = trits.shape
    packed_rows = -(-rows // 4)
    codes = np.zeros((4 * packed_rows, columns), np.uint8)
    codes[:rows] = trits + 1
    return sum(codes[i * packed_rows : (i + 1) * packed_rows] << (2 * i) for i in range(4)).astype(np.uint8)


def export_trits(tool: Tool, source: Path, *options: str) -> tuple[np.ndarray, np.ndarray, str]:
    """Trits, scale and messages of the weight of a file."""
    ir, out = tool.folder / "hf.mlir", tool.folder / "hf-out.safetensors"
    said = tool.good("--import-safetensors", source, *options, "-o", ir)
    tool.good("--export-safetensors", ir, "--type=i8", "-o", out)
    with safe_open(out, "numpy") as file:
        return file.get_tensor("l.weight"), file.get_tensor("l.weight_scale"), said


def check_hugging_face(tool: Tool) -> None:
    random = np.random.default_rng(1)
    folder = tool.folder / "hf"
    folder.mkdir()
    source = folder / "model.safetensors"
    config = folder / "config.json"
    trits = random.integers(-1, 2, (30, 16)).astype(np.int8)
    bias = np.zeros(30, np.float32)
    quarter = np.array([0.25], ml_dtypes.bfloat16)
    tensors = {"l.weight": pack_hf(trits), "l.weight_scale": quarter}

    def expect(name: str, rows: int, scale: float, said: str, *options: str) -> None:
        found, found_scale, messages = export_trits(tool, source, *options)
        errors = []
        if not np.array_equal(found[:30], trits) or found.shape[0] != rows or (found[30:] != -1).any():
            errors.append(f"expected the trits of {rows} rows, found {found.shape}")
        if found_scale.tolist() != [np.float32(scale)]:
            errors.append(f"expected a scale of {scale}, found {found_scale}")
        if bool(said) != bool(messages.strip()) or said not in messages:
            errors.append(f"expected {said!r} in the messages, found {messages!r}")
        check(f"hf {name}", errors)

    save_file(tensors, source, {"format": "pt"})
    expect("rounds rows up", 32, 4.0, "weight-scale=divide is taken")
    expect("multiplies", 32, 0.25, "", "--weight-scale=multiply")
    expect("divides", 32, 4.0, "", "--weight-scale=divide")
    expect("rows by option", 30, 4.0, "", "--weight-scale=divide", "--rows=*.weight:30")
    save_file({**tensors, "l.bias": bias}, source, {"format": "pt"})
    expect("rows by bias", 30, 4.0, "", "--weight-scale=divide")
    for linear, scale in (("autobitlinear", 0.25), ("bitlinear", 4.0)):
        config.write_text(json.dumps({"quantization_config": {"quant_method": "bitnet", "linear_class": linear}}))
        expect(f"config {linear}", 30, scale, "")
    config.write_text("[" * 100000)
    expect("config that is nested deeply", 30, 4.0, "weight-scale=divide is taken")
    config.unlink()
    save_file({**tensors, "l.weight_scale": np.array([0.21], np.float32)}, source)
    expect("reciprocal that rounds", 32, np.float32(1) / np.float32(0.21), "reciprocal", "--weight-scale=divide")
    done = tool.run("--import-safetensors", source, "--rows=*:99", "-o", tool.folder / "no")
    check("hf wrong rows", None if done.returncode == 1 and "expected 29 to 32 rows" in done.stderr else done.stderr)


# Ternarization and losses.


def check_ternarize(tool: Tool) -> None:
    random = np.random.default_rng(2)
    values = random.normal(0, 0.02, (32, 40)).astype(np.float32)
    exact = (random.integers(-1, 2, (32, 40)) * np.linspace(0.5, 2, 32)[:, None]).astype(np.float32)
    source, ir, out = (tool.folder / name for name in ("t.safetensors", "t.mlir", "t-out.safetensors"))
    for dtype in (np.float32, np.float16, ml_dtypes.bfloat16):
        given = values.astype(dtype)
        save_file({"w": given, "exact": exact.astype(np.float16), "norm": np.ones(40, np.float32)}, source)
        wide = given.astype(np.float32)
        for granularity in ("tensor", "row"):
            tool.good("--import-safetensors", source, "--ternarize=absmean", "--ternarize-only=w",
                      f"--granularity={granularity}", "-o", ir)
            tool.good("--export-safetensors", ir, "-o", out)
            axis = 1 if granularity == "row" else None
            scale = np.maximum(np.abs(wide.astype(np.float64)).mean(axis=axis, keepdims=True), 1e-5).astype(np.float32)
            expected = np.clip(np.rint(wide / scale), -1, 1).astype(np.int8)
            with safe_open(out, "numpy") as file:
                errors = []
                if not np.array_equal(file.get_tensor("w"), expected):
                    errors.append("expected other trits")
                if not np.array_equal(file.get_tensor("w_scale"), scale.reshape(-1)):
                    errors.append(f"expected scales {scale.reshape(-1)[:3]}, found {file.get_tensor('w_scale')[:3]}")
                if file.get_tensor("exact").dtype != np.float16:
                    errors.append("expected the other matrix as it is")
                check(f"absmean {np.dtype(dtype).name} {granularity}", errors)
    said = tool.good("--import-safetensors", source, "--ternarize=exact", "--granularity=row", "-o", ir)
    tool.good("--export-safetensors", ir, "-o", out)
    with safe_open(out, "numpy") as file:
        back = file.get_tensor("exact").astype(np.float32) * file.get_tensor("exact_scale")[:, None]
        check("exact", None if np.array_equal(back, exact.astype(np.float16)) and "'w'" in said else f"{said}")
    done = tool.run("--export-gguf", ir, "--type=i2_s", "-o", tool.folder / "no.gguf")
    check("one scale for many", None if done.returncode == 1 and "expected one scale" in done.stderr and
          not (tool.folder / "no.gguf").exists() else done.stderr)


def check_losses(tool: Tool) -> None:
    """A scale that f16 cannot hold, and metadata that a format does not have."""
    trits = np.random.default_rng(3).integers(-1, 2, (4, 256)).astype(np.int8)
    source, ir, out = (tool.folder / name for name in ("s.safetensors", "s.mlir", "s.gguf"))
    save_file({"w": trits, "w_scale": np.array([0.1], np.float32)}, source)
    tool.good("--import-safetensors", source, "-o", ir)
    said = tool.good("--export-gguf", ir, "--type=tq2_0", "-o", out)
    check("f16 scale", None if "warning" in said and "0.1" in said and "0.0999755859" in said else said)
    back = tool.folder / "back.mlir"
    tool.good("--import-gguf", out, "-o", back)
    tool.good("--export-safetensors", back, "--type=i8", "-o", source)
    with safe_open(source, "numpy") as file:
        check("trits there and back", None if np.array_equal(file.get_tensor("w"), trits) else "other trits")
        check("scale there and back",
              None if file.get_tensor("w_scale").tolist() == [np.float32(np.float16(0.1))] else "another scale")
    said = tool.good("--export-gguf", ir, "--type=i2_s", "-o", out)
    check("f32 scale", said or None)
    writer = gguf.GGUFWriter(out, "bitnet")
    writer.add_uint32("n", 7)
    writer.add_tensor("x", np.ones(3, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    tool.good("--import-gguf", out, "-o", ir)
    said = tool.good("--export-safetensors", ir, "-o", source)
    check("metadata that are dropped", None if "1 of 2 metadata" in said else said)


# Malformed files.


def malformed(kind: str) -> Iterator[tuple[str, bytes, bool]]:
    """Name, bytes, and whether the file itself is sound."""
    cases = {"gguf": make_gguf, "safetensors": make_safetensors}[kind].CASES
    bad = list(cases)[list(cases).index(LAST_GOOD[kind]) + 1 :]
    if kind == "safetensors":
        bad = bad[: bad.index("no-format")]
        yield from ((name, data, False) for name, data in more_safetensors().items())
    for name in bad:
        yield name, cases[name](), name in SOUND
    good = cases["good"]()
    for end in range(0, len(good), max(1, len(good) // 40)):
        yield f"cut at {end}", good[:end], False


def more_safetensors() -> dict[str, bytes]:
    """Containers of the other kinds of damage."""
    def file(text: bytes, data: bytes = b"") -> bytes:
        return struct.pack("<Q", len(text)) + text + data

    return {
        "deep": file(b"[" * 100000),
        "deep-object": file(b'{"a":' * 100000),
        "no-object": file(b"[]"),
        "latin-name": file(b'{"caf\xe9":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"\0"),
        "wrapping-offsets": file(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551615,0]}}', b"\0"),
        "float-shape": file(b'{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}', b"\0"),
        "wide-number": file(b'{"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,1]}}', b"\0"),
        "no-dtype": file(b'{"a":{"shape":[1],"data_offsets":[0,1]}}', b"\0"),
        "null": file(b'{"a":null}'),
    }


def check_malformed(tool: Tool, kind: str) -> None:
    extension = f".{kind}"
    good = tool.folder / f"good{extension}"
    good.write_bytes({"gguf": make_gguf, "safetensors": make_safetensors}[kind].CASES["good"]())
    out = tool.folder / "none"
    status, _, baseline = tool.peak(f"--import-{kind}", good, "-o", os.devnull)
    check(f"{kind} good", None if status == 0 else f"exit {status}")
    for name, data, sound in malformed(kind):
        path = tool.folder / f"bad{extension}"
        path.write_bytes(data)
        actions = [f"--import-{kind}"] if sound or not data.startswith(b"GGUF") and kind == "gguf" else \
            ["--list", f"--import-{kind}"]
        for action in actions:
            status, said, peak = tool.peak(action, path, "-o", out)
            errors = []
            if status != 1:
                errors.append(f"expected exit status 1, found {status}")
            if not re.fullmatch(rf"{re.escape(str(path))}: error: [^\n]+\n", said):
                errors.append(f"expected one line that names the file, found {said[:300]!r}")
            if out.exists():
                errors.append("expected no output")
            # A small multiple of the file, and what one run differs from another.
            if peak > baseline + 16 * len(data) + (16 << 20):
                errors.append(f"expected at most {baseline >> 20} MB and 16 x the file, found {peak >> 20} MB")
            check(f"{kind} {name} {action}", errors)


# Large files.


def write_large(path: Path, megabytes: int) -> int:
    """A GGUF file of TQ2_0 matrices; returns the bytes of the largest."""
    rows, columns = 8192, 8192
    block = np.random.default_rng(4).integers(0, 256, (rows * columns // 256, 66), dtype=np.uint8)
    block[:, :64] &= 0x55  # codes 0 and 1
    block[:, 64:] = np.frombuffer(struct.pack("<e", 0.5), np.uint8)
    count = max(1, megabytes * 1_000_000 // block.nbytes)
    tensors = [make_gguf.Tensor(f"blk.{i}.weight", [rows, columns], 35, b"") for i in range(count)]
    for i, tensor in enumerate(tensors):
        tensor.offset = i * -(-block.nbytes // 32) * 32
    head, _ = make_gguf.File(make_gguf.metadata(), tensors).header()
    with path.open("wb") as file:
        file.write(head + b"\0" * (-len(head) % 32))
        for _ in range(count):
            file.write(block.tobytes() + b"\0" * (-block.nbytes % 32))
    return block.nbytes


def watch(command: list[str]) -> tuple[int, float, int]:
    """Exit status, seconds, and the largest anonymous memory seen."""
    start, most = time.monotonic(), 0
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            text = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        except OSError:
            break
        for number in re.findall(r"RssAnon:\s+(\d+) kB", text):
            most = max(most, int(number) * 1024)
        time.sleep(0.005)
    return process.wait(), time.monotonic() - start, most


def progress_errors(command: list[str]) -> str | None:
    """What a terminal shows: a line that is written again and again, and ends."""
    terminal, end = pty.openpty()
    process = subprocess.Popen(command, stderr=end)
    os.close(end)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while data := os.read(terminal, 1 << 16):
            shown += data
    os.close(terminal)
    lines = shown.decode().split("\r")
    steps = [line for line in lines if re.fullmatch(r"writing: \d+ % of \d+ MB, \d+ s left +", line)]
    done = process.wait() == 0 and len(steps) >= 2 and steps[-1].startswith("writing: 100 %")
    return None if done and lines[-1] == "\n" else f"expected a progress, found {shown[-300:]!r}"


def drop_cache(path: Path) -> None:
    """Takes the file out of the page cache, as far as the system lets go of it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def check_large(tool: Tool, megabytes: int) -> None:
    source, ir = tool.folder / "large.gguf", tool.folder / "large.mlirbc"
    largest = write_large(source, megabytes)
    size = source.stat().st_size
    drop_cache(source)
    start = time.monotonic()
    with source.open("rb", buffering=0) as file:
        while file.read(16 << 20):
            pass
    read = time.monotonic() - start
    drop_cache(source)
    limit = max(3 * read, size / 1e9)
    command = [str(tool.path), "--import-gguf", str(source), "--emit-bytecode", "-o"]
    status, seconds, _ = watch([*command, os.devnull])
    check("large import time", None if status == 0 and seconds <= limit else
          f"expected {limit:.2f} s, found {seconds:.2f}, exit {status}")
    # What a disk takes to write is not the import's.
    status, written, memory = watch([*command, str(ir)])
    # Scales of f32 are part of the output.
    scales = size // 66 * 4
    print(f"import of {size / 1e6:.0f} MB: {seconds:.2f} s, cold read {read:.2f} s, with a file of bytecode "
          f"{written:.2f} s, anonymous {memory / 1e6:.0f} MB, of them {scales / 1e6:.0f} MB of scales")
    check("large import", None if status == 0 else f"exit {status}")
    check("large import on a terminal", progress_errors([*command, str(ir)]))
    check("large import memory", None if memory <= 1.3 * largest + scales + (64 << 20) else f"{memory >> 20} MB")
    source.unlink()
    out = tool.folder / "large-out.gguf"
    for kind, bound in (("keep", 0), ("tq1_0", largest * 256 / 66 * 1.3)):
        status, seconds, memory = watch([str(tool.path), "--export-gguf", str(ir), f"--type={kind}", "-o", str(out)])
        print(f"export as {kind}: {seconds:.2f} s, anonymous {memory / 1e6:.0f} MB")
        check(f"large export {kind}", None if status == 0 else f"exit {status}")
        check(f"large export {kind} memory",
              None if memory <= bound + (64 << 20) else f"expected {bound / 1e6:.0f} MB, found {memory >> 20} MB")


def attempt(name: str, run: Callable[[], None]) -> None:
    """A group of tests, of which an exception is a failed one."""
    try:
        run()
    except (AssertionError, KeyError, ValueError, OSError, subprocess.TimeoutExpired) as error:
        check(name, f"{type(error).__name__}: {error}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=Path, default=VECTORS)
    parser.add_argument("--tools", type=Path, default=ROOT / "build" / "bin")
    parser.add_argument("--large", type=int, metavar="MB")
    options = parser.parse_args()
    teach_gguf()
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(options.tools / "ternary-translate", Path(folder))
        if options.large:
            attempt("large", lambda: check_large(tool, options.large))
            return tally.close()
        if options.vectors.exists():
            for shape in load_shapes(options.vectors):
                attempt(f"gguf {shape.name}", lambda: check_gguf(tool, shape))
                attempt(f"safetensors {shape.name}", lambda: check_safetensors(tool, shape))
        else:
            tally.skip("formats", 1, f"{options.vectors.name} does not exist")
        attempt("hf", lambda: check_hugging_face(tool))
        attempt("ternarize", lambda: check_ternarize(tool))
        attempt("losses", lambda: check_losses(tool))
        for kind in ("gguf", "safetensors"):
            attempt(f"malformed {kind}", lambda: check_malformed(tool, kind))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
