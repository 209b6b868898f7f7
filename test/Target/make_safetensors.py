#!/usr/bin/env python3
"""Writes small .safetensors files, good and malformed: make_safetensors.py DIR makes DIR/CASE.safetensors.

`good` is a network of two layers (4 -> 3 -> 2). Every other case is that file with one thing changed. Only the
standard library is used, so that the bytes do not depend on another implementation of the format.
"""

import argparse
import json
import struct
from pathlib import Path
from typing import Callable

Entry = dict[str, object]
Tensor = tuple[str, list[int], bytes]
Network = dict[str, Tensor]

METADATA = {"format": "ternary-mlp", "activation": "relu2", "eps": "1e-5", "act_bits": "8"}


def i8(shape: list[int], *values: int) -> Tensor:
    return "I8", shape, struct.pack(f"<{len(values)}b", *values)


def f32(shape: list[int], *values: float) -> Tensor:
    return "F32", shape, struct.pack(f"<{len(values)}f", *values)


def network() -> Network:
    return {
        "layers.0.norm.weight": f32([4], 1.0, 0.5, 2.0, 1.0),
        "layers.0.weight": i8([3, 4], 1, 0, -1, 1, 0, 0, 0, 0, -1, -1, 1, 0),
        "layers.0.weight_scale": f32([3], 0.5, 1.0, 0.25),
        "layers.0.bias": f32([3], 0.0, -1.0, 1.0),
        "layers.1.norm.weight": f32([3], 1.0, 1.0, 1.0),
        "layers.1.weight": i8([2, 3], 1, 1, 0, 0, -1, 1),
        "layers.1.weight_scale": f32([], 0.125),
    }


def describe(tensors: Network) -> tuple[dict[str, Entry], bytes]:
    """The header's entries and the data of `tensors`, in order and without holes."""
    entries: dict[str, Entry] = {}
    data = b""
    for name, (dtype, shape, values) in tensors.items():
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    return entries, data


def encode(entries: dict[str, Entry], data: bytes, metadata: dict[str, str] | None = None) -> bytes:
    text = json.dumps({"__metadata__": METADATA if metadata is None else metadata, **entries}).encode()
    return struct.pack("<Q", len(text)) + text + data


def with_tensors(**changes: Tensor | None) -> bytes:
    """The network with tensors replaced, or removed where None; `_0_norm` is layers.0.norm.weight."""
    tensors = network()
    for key, value in changes.items():
        layer, part = key[1:].split("_")
        name = f"layers.{layer}." + {"norm": "norm.weight", "scale": "weight_scale"}.get(part, part)
        if value is None:
            del tensors[name]
        else:
            tensors[name] = value
    return encode(*describe(tensors))


def with_entry(name: str, **fields: object) -> bytes:
    """The network with fields of one header entry replaced and the data left alone."""
    entries, data = describe(network())
    entries[name].update(fields)
    return encode(entries, data)


def with_metadata(**changes: str | None) -> bytes:
    changed = {**METADATA, **changes}
    return encode(*describe(network()), {key: value for key, value in changed.items() if value is not None})


def good() -> bytes:
    return encode(*describe(network()))


def u8(shape: list[int], *values: int) -> Tensor:
    return "U8", shape, bytes(values)


def weights() -> Network:
    """Six rows packed four to a byte, and what else a file of weights may hold."""
    return {
        "l.weight": u8([2, 3], 0x55, 0x98, 0x10, 0x65, 0x01, 0xAA),
        "l.weight_scale": f32([1], 4.0),
        "l.bias": f32([6], *[0.0] * 6),
        "t.weight": i8([2, 3], 1, 0, -1, 0, 0, 1),
        "t.weight_scale": f32([2, 1], 0.5, 2.0),
        "p": u8([2, 1], 0x18, 0x40),
        "p_scale": f32([], 0.25),
        "half": ("F16", [2], struct.pack("<2e", 1.0, -0.5)),
        "counts": ("U32", [2], struct.pack("<2I", 1, 4000000000)),
        "matrix": f32([2, 2], 0.5, -0.5, 0.0, 0.5),
    }


WEIGHTS_METADATA = {"format": "pt", "ternary.packing/p": "#ternary.packing<chimera> [2, 3]",
                    "ternary.weight_scale": "multiply"}


def with_weights(metadata: dict[str, str] | None = None, **changes: Tensor) -> bytes:
    """The weights with tensors replaced; `l_weight` is l.weight, `l_weight__scale` is l.weight_scale."""
    tensors = weights()
    for key, value in changes.items():
        tensors[key.replace("__", "/").replace("_", ".").replace("/", "_")] = value
    return encode(*describe(tensors), {**WEIGHTS_METADATA, **(metadata or {})})


def long_header() -> bytes:
    file = good()
    return struct.pack("<Q", len(file)) + file[8:]


def huge_header() -> bytes:
    return struct.pack("<Q", 2**64 - 1) + good()[8:]


def invalid_json() -> bytes:
    """The header ends in a bracket where its brace should be."""
    file = good()
    length = struct.unpack("<Q", file[:8])[0]
    return file[: 8 + length - 1] + b"]" + file[8 + length :]


def repeated_name() -> bytes:
    entries, data = describe(network())
    text = json.dumps(entries)
    text = text[:-1] + ', "layers.1.weight": ' + json.dumps(entries["layers.1.weight"]) + "}"
    return struct.pack("<Q", len(text)) + text.encode() + data


def unaligned() -> bytes:
    """The floats stand at odd offsets, as the format allows."""
    file = good()
    length = struct.unpack("<Q", file[:8])[0]
    # Spaces may follow the header; an odd length makes every float's address odd.
    text = file[8 : 8 + length] + b" " * (length % 2 == 0)
    return struct.pack("<Q", len(text)) + text + file[8 + length :]


def zero_width() -> bytes:
    """A first layer of no outputs and a second one of no inputs."""
    return with_tensors(_0_weight=i8([0, 4]), _0_scale=f32([0]), _0_bias=f32([0]), _1_norm=f32([0]),
                        _1_weight=i8([2, 0]))


WEIGHT = "layers.0.weight"

CASES: dict[str, Callable[[], bytes]] = {
    "good": good,
    "relu": lambda: with_metadata(activation="relu", act_bits="4", eps="0.5"),
    "unaligned": unaligned,
    "weights": with_weights,
    "zero-width": zero_width,
    # The container.
    "empty": lambda: b"",
    "truncated-header": lambda: good()[:100],
    "truncated-data": lambda: good()[:-1],
    "trailing-data": lambda: good() + b"\0",
    "long-header": long_header,
    "huge-header": huge_header,
    "invalid-json": invalid_json,
    "wrong-json": lambda: good().replace(b'"__metadata__": {', b'"__metadata__": [', 1),
    "hole": lambda: with_entry(WEIGHT, shape=[2, 4], data_offsets=[16, 24]),
    "repeated-name": repeated_name,
    "unknown-dtype": lambda: with_entry(WEIGHT, dtype="I9"),
    "lying-offsets": lambda: with_entry(WEIGHT, data_offsets=[16, 4096]),
    "reversed-offsets": lambda: with_entry(WEIGHT, data_offsets=[28, 16]),
    "overlap": lambda: with_entry(WEIGHT, data_offsets=[15, 27]),
    "lying-shape": lambda: with_entry(WEIGHT, shape=[3, 5]),
    "negative-shape": lambda: with_entry(WEIGHT, shape=[-3, -4]),
    "overflow": lambda: with_entry(WEIGHT, shape=[2**32, 2**32]),
    # The network.
    "no-format": lambda: with_metadata(format=None),
    "other-format": lambda: with_metadata(format="pt"),
    "other-activation": lambda: with_metadata(activation="gelu"),
    "bad-eps": lambda: with_metadata(eps="-1"),
    "wide-activations": lambda: with_metadata(act_bits="16"),
    "no-layers": lambda: encode({}, b""),
    "no-scale": lambda: with_tensors(_1_scale=None),
    "no-norm": lambda: with_tensors(_0_norm=None),
    "gap": lambda: with_tensors(_0_weight=None),
    "float-weight": lambda: with_tensors(_0_weight=f32([3, 4], *[1.0] * 12)),
    "vector-weight": lambda: with_tensors(_0_weight=i8([12], *[1] * 12)),
    "no-trit": lambda: with_tensors(_1_weight=i8([2, 3], 1, 1, 0, 0, -2, 1)),
    "wrong-scale": lambda: with_tensors(_0_scale=f32([4], 1.0, 1.0, 1.0, 1.0)),
    "infinite-scale": lambda: with_tensors(_0_scale=f32([3], 1.0, float("inf"), 1.0)),
    "nan-scale": lambda: with_tensors(_1_scale=f32([], float("nan"))),
    "wrong-bias": lambda: with_tensors(_0_bias=f32([], 1.0)),
    "wrong-width": lambda: with_tensors(_1_weight=i8([2, 2], 1, 1, 0, 0), _1_norm=f32([2], 1.0, 1.0)),
    # Weights.
    "boolean": lambda: with_weights(flag=("BOOL", [1], b"\1")),
    "no-trits": lambda: with_weights(t_weight=i8([2, 3], 1, 0, -1, 0, 3, 1)),
    "scale-shape": lambda: with_weights(l_weight__scale=f32([5], *[1.0] * 5)),
    "scale-dtype": lambda: with_weights(l_weight__scale=i8([1], 1)),
    "stated-text": lambda: with_weights({"ternary.packing/p": "chimera"}),
    "stated-shape": lambda: with_weights({"ternary.packing/p": "#ternary.packing<chimera> [2, -3]"}),
    "stated-other": lambda: with_weights({"ternary.packing/p": "i8 [2, 3]"}),
    "stated-bytes": lambda: with_weights({"ternary.packing/p": "#ternary.packing<chimera> [2, 9]"}),
    "stated-huge": lambda: with_weights(
        {"ternary.packing/p": "#ternary.packing<chimera> [9223372036854775807, 9223372036854775807]"}),
    "stated-deep": lambda: with_weights({"ternary.packing/p": "#ternary.update<" + "[" * 5000}),
    "stated-ragged": lambda: with_weights({"ternary.packing/p": "#ternary.tq1_0 [2, 3]"}),
    "convention": lambda: with_weights({"ternary.weight_scale": "add"}),
    "unused-tensor": lambda: encode(*describe({**network(), "head.weight": i8([1], 0)})),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir", type=Path)
    folder = parser.parse_args().dir
    folder.mkdir(parents=True, exist_ok=True)
    for case, make in CASES.items():
        (folder / f"{case}.safetensors").write_bytes(make())


if __name__ == "__main__":
    main()
