#!/usr/bin/env python3
"""Writes small GGUF files, good and malformed: make_gguf.py DIR makes DIR/CASE.gguf.

`good` holds a tensor of each kind that is imported and a value of each type. Every other case is that file with one
thing changed. Only the standard library is used, so that the bytes do not depend on another implementation.
"""

import argparse
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
CODES = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "?", U64: "Q", I64: "q", F64: "d"}
TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "I8": 24, "BF16": 30, "TQ1_0": 34, "TQ2_0": 35, "I2_S": 36, "Q2_0": 42}


def string(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def value(kind: int, item: object) -> bytes:
    """A value without its type; arrays are pairs of the elements' type and the elements."""
    if kind == STRING:
        return string(item)
    if kind == ARRAY:
        element, items = item
        return struct.pack("<IQ", element, len(items)) + b"".join(value(element, i) for i in items)
    return struct.pack("<" + CODES[kind], item)


@dataclass
class Tensor:
    name: str | bytes
    shape: list[int]  # outermost first
    type: int
    data: bytes
    offset: int | None = None  # behind the tensor before


@dataclass
class File:
    """What a file says; the fields below may lie."""

    metadata: list[tuple[str | bytes, int, bytes]] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    magic: bytes = b"GGUF"
    version: int = 3
    num_metadata: int | None = None
    num_tensors: int | None = None
    alignment: int = 32

    def header(self) -> tuple[bytes, bytes]:
        """The header and the data."""
        head = self.magic + struct.pack(
            "<IQQ", self.version, len(self.tensors) if self.num_tensors is None else self.num_tensors,
            len(self.metadata) if self.num_metadata is None else self.num_metadata)
        for key, kind, item in self.metadata:
            head += string(key) + struct.pack("<I", kind) + item
        data = b""
        for tensor in self.tensors:
            data += b"\0" * (-len(data) % self.alignment)
            offset = len(data) if tensor.offset is None else tensor.offset
            head += string(tensor.name) + struct.pack("<I", len(tensor.shape))
            head += b"".join(struct.pack("<Q", extent) for extent in reversed(tensor.shape))
            head += struct.pack("<IQ", tensor.type, offset)
            data += tensor.data
        return head, data

    def encode(self) -> bytes:
        head, data = self.header()
        return head + b"\0" * (-len(head) % self.alignment) + data + b"\0" * (-len(data) % self.alignment)


def half(number: float) -> bytes:
    return struct.pack("<e", number)


def tq2(rows: int, columns: int, scale: float) -> bytes:
    """Blocks of 64 bytes, all trits +1 (code 2), and the scale."""
    return (b"\xaa" * 64 + half(scale)) * (rows * columns // 256)


def tq1(rows: int, columns: int, scale: float) -> bytes:
    """All trits 0: five digits 1 are 121 of 243, four and a 0 are 120."""
    byte = lambda q: (q * 256 + 242) // 243
    return (bytes([byte(121)]) * 48 + bytes([byte(120)]) * 4 + half(scale)) * (rows * columns // 256)


def q2(rows: int, columns: int, block: int = 64) -> bytes:
    """The scale first, all trits -1 (code 0)."""
    return (half(2.0) + b"\0" * (block // 4)) * (rows * columns // block)


def i2s(elements: int, scale: float) -> bytes:
    """All trits 0 (code 1), and the scale in a tail of 32 bytes."""
    return b"\x55" * (elements // 4) + struct.pack("<f", scale) + b"\0" * 28


def metadata() -> list[tuple[str, int, bytes]]:
    return [
        ("general.architecture", STRING, string("bitnet")),
        ("m.u8", U8, value(U8, 200)),
        ("m.i8", I8, value(I8, -3)),
        ("m.u16", U16, value(U16, 60000)),
        ("m.i16", I16, value(I16, -300)),
        ("m.u32", U32, value(U32, 4000000000)),
        ("m.i32", I32, value(I32, -70000)),
        ("m.f32", F32, value(F32, 0.5)),
        ("m.bool", BOOL, value(BOOL, True)),
        ("m.u64", U64, value(U64, 2**63 + 1)),
        ("m.i64", I64, value(I64, -(2**40))),
        ("m.f64", F64, value(F64, 1e-300)),
        ("m.strings", ARRAY, value(ARRAY, (STRING, ["a", 'b"\n', "c", "d", "e"]))),
        ("m.numbers", ARRAY, value(ARRAY, (I32, [1, -2, 3]))),
        ("m.flags", ARRAY, value(ARRAY, (BOOL, [True, False]))),
        ("m.nested", ARRAY, value(ARRAY, (ARRAY, [(U8, [1]), (U8, [2, 3])]))),
        ("m.none", ARRAY, value(ARRAY, (F32, []))),
    ]


def tensors() -> list[Tensor]:
    return [
        Tensor("norm", [3], TYPES["F32"], struct.pack("<3f", 1.0, 0.5, -2.0)),
        Tensor("half", [2, 2], TYPES["F16"], b"".join(half(x) for x in (1.0, 2.0, 0.25, -1.0))),
        Tensor("brain", [2], TYPES["BF16"], struct.pack("<2H", 0x3F80, 0xC000)),
        Tensor("blk.0.q.weight", [2, 256], TYPES["TQ2_0"], tq2(2, 256, 0.5)),
        Tensor("blk.0.k.weight", [1, 256], TYPES["TQ1_0"], tq1(1, 256, 0.25)),
        Tensor("blk.0.v.weight", [2, 64], TYPES["Q2_0"], q2(2, 64)),
        Tensor("blk.0.o.weight", [2, 128], TYPES["I2_S"], i2s(256, 0.1)),
    ]


def good() -> File:
    return File(metadata(), tensors())


def with_tensor(index: int, **fields: object) -> bytes:
    """The good file with fields of one tensor's description replaced and its data left alone."""
    changed = tensors()
    changed[index] = replace(changed[index], **fields)
    return replace(good(), tensors=changed).encode()


def with_value(kind: int, item: bytes, key: str | bytes = "x") -> bytes:
    return replace(good(), metadata=[*metadata(), (key, kind, item)]).encode()


def nested(depth: int) -> bytes:
    """Arrays of one array, `depth` deep."""
    return b"".join(struct.pack("<IQ", ARRAY, 1) for _ in range(depth - 1)) + struct.pack("<IQ", U8, 0)


def cut(end: int) -> bytes:
    """The good file without what is behind `end`, from the front or from the back."""
    return good().encode()[:end]


def without_data() -> bytes:
    return good().header()[0]


def alone(*parts: Tensor) -> bytes:
    return File([("general.architecture", STRING, string("bitnet"))], list(parts)).encode()


CASES: dict[str, Callable[[], bytes]] = {
    "good": lambda: good().encode(),
    "version-2": lambda: replace(good(), version=2).encode(),
    "aligned-64": lambda: replace(good(), metadata=[("general.alignment", U32, value(U32, 64))],
                                  alignment=64).encode(),
    "empty-model": lambda: File().encode(),
    "i2s-64": lambda: alone(Tensor("w", [1, 64], TYPES["I2_S"], i2s(64, 1.0))),
    "q2-128": lambda: alone(Tensor("w", [16, 256], TYPES["Q2_0"], q2(16, 256, 128)),
                            Tensor("b", [2], TYPES["F32"], struct.pack("<2f", 1.0, 2.0))),
    # Files that are not what they say.
    "empty": lambda: b"",
    "wrong-magic": lambda: replace(good(), magic=b"GGML").encode(),
    "version-1": lambda: replace(good(), version=1).encode(),
    "version-4": lambda: replace(good(), version=4).encode(),
    "big-endian": lambda: replace(good(), version=3 << 24).encode(),
    "short-version": lambda: cut(6),
    "short-counts": lambda: cut(20),
    "short-key": lambda: replace(good(), num_metadata=1, num_tensors=0).encode()[:40],
    "short-value": lambda: replace(good(), num_metadata=1, num_tensors=0).encode()[:66],
    "short-tensors": lambda: without_data()[:-7],
    "no-data": without_data,
    "short-data": lambda: cut(-65),
    "many-tensors": lambda: replace(good(), num_tensors=2**61).encode(),
    "more-tensors": lambda: replace(good(), num_tensors=9).encode(),
    "many-metadata": lambda: replace(good(), num_metadata=2**64 - 1).encode(),
    "long-key": lambda: replace(good(), num_metadata=1, num_tensors=0).encode()[:24] + struct.pack("<Q", 2**64 - 8) + b"\0" * 64,
    "long-string": lambda: with_value(STRING, struct.pack("<Q", 2**63)),
    "long-array": lambda: with_value(ARRAY, struct.pack("<IQ", U64, 2**61 + 1)),
    "long-strings": lambda: with_value(ARRAY, struct.pack("<IQ", STRING, 2**40)),
    "unknown-value": lambda: with_value(13, b"\0" * 8),
    "unknown-array": lambda: with_value(ARRAY, struct.pack("<IQ", 99, 1) + b"\0" * 8),
    "bad-bool": lambda: with_value(BOOL, b"\2"),
    "deep": lambda: with_value(ARRAY, nested(9)),
    "very-deep": lambda: with_value(ARRAY, nested(200000)),
    "repeated-key": lambda: with_value(U8, b"\1", "m.u8"),
    "latin-key": lambda: with_value(U8, b"\1", b"caf\xe9"),
    "odd-alignment": lambda: with_value(U32, value(U32, 48), "general.alignment"),
    "no-alignment": lambda: with_value(U32, value(U32, 0), "general.alignment"),
    "text-alignment": lambda: with_value(STRING, string("32"), "general.alignment"),
    "repeated-name": lambda: with_tensor(1, name="norm"),
    "latin-name": lambda: with_tensor(1, name=b"caf\xe9"),
    "no-name": lambda: with_tensor(1, name=""),
    "unknown-type": lambda: with_tensor(0, type=4),
    "high-rank": lambda: with_tensor(0, shape=[1, 1, 1, 1, 3]),
    "overflow": lambda: with_tensor(0, shape=[2**31, 2**31]),
    "huge-extent": lambda: with_tensor(0, shape=[2**64 - 1]),
    "ragged-blocks": lambda: with_tensor(3, shape=[2, 255]),
    "lying-shape": lambda: with_tensor(6, shape=[200, 128]),
    "odd-offset": lambda: with_tensor(2, offset=65),
    "far-offset": lambda: with_tensor(2, offset=2**20),
    "wrapping-offset": lambda: with_tensor(2, offset=2**64 - 32),
    "overlap": lambda: with_tensor(4, offset=96),
    # Files that are sound and are not imported.
    "other-type": lambda: alone(Tensor("q", [2, 32], TYPES["Q4_0"], b"\0" * 36),
                                Tensor("n", [1], TYPES["F32"], b"\0" * 4)),
    "packed-vector": lambda: alone(Tensor("v", [256], TYPES["TQ2_0"], tq2(1, 256, 1.0))),
    "i2s-ragged": lambda: alone(Tensor("w", [3, 4], TYPES["I2_S"], i2s(12, 1.0))),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir", type=Path)
    folder = parser.parse_args().dir
    folder.mkdir(parents=True, exist_ok=True)
    for case, make in CASES.items():
        (folder / f"{case}.gguf").write_bytes(make())


if __name__ == "__main__":
    main()
