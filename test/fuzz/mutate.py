"""Mutations of IR, as text and as bytecode.

Each takes what it changes and a `random.Random`, from which alone it draws, and gives
the changed copy; where it finds nothing to change, the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from random import Random

# Where arithmetic on extents, sizes, codes and thresholds turns.
INTEGERS = (0, 1, 2, 3, 5, 7, 16, 63, 64, 127, 128, 255, 256, 4096, 65537, 2**31 - 1,
            2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64)
NUMBERS = (*(str(number) for number in INTEGERS), "-1", "-2", "-128", f"-{2**31}",
           f"-{2**63}", "0.0", "-0.0", "1.0e-45", "1.0e+300", "0x7FC00000", "true")
EXTENTS = ("?", "?", "0", "1", "2", "3", "7", "16", "31", "256", str(2**31),
           str(2**62), str(2**63 - 1))
ELEMENTS = ("i1", "i2", "i4", "i8", "ui8", "i32", "i64", "i128", "index", "f16", "bf16",
            "f32", "f64", "f8E4M3FN", "complex<f32>", "none", "vector<4xi8>",
            "!llvm.ptr")
CONTAINERS = ("tensor", "memref", "vector")

NUMBER = re.compile(r"(?<![\w.%#@^!])-?\d+(?:\.\d+(?:[eE][-+]?\d+)?)?|(?<=x)\d+(?=x)")
SHAPED = re.compile(r"\b(tensor|memref|vector)<((?:[\d?]+x)*)([^<>,]+)(,[^<>]*)?>")
OPERAND = re.compile(r"%[\w$.-]+(?:#\d+)?")
WORD = re.compile(r"(?<![\w%#@^!.])[a-z][\w.]*")
ENTRY = re.compile(r"(?<=[{<, ])([\w.]+) = ([^\s,{}<>\[\]()]+(?:<[^<>]*>)?|\[[^\[\]]*\])")
ATTRIBUTE = re.compile(r"#ternary[\w.]*(?:<[^<>]*>)?")
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|[%@#!^]?[\w$.]+|->|::|\S')
COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)

Change = Callable[[Random, str], str]


def replaced(text: str, match: re.Match, new: str) -> str:
    return text[:match.start()] + new + text[match.end():]


def one_of(rng: Random, pattern: re.Pattern, text: str) -> re.Match | None:
    found = list(pattern.finditer(text))
    return rng.choice(found) if found else None


def everywhere(rng: Random, text: str, match: re.Match, new: str) -> str:
    """Replaces a match, or all that is written alike: what has to agree still does."""
    if rng.random() < 0.3:
        return replaced(text, match, new)
    return re.sub(rf"(?<![\w%]){re.escape(match[0])}(?![\w])", lambda _: new, text)


def change_number(rng: Random, text: str) -> str:
    match = one_of(rng, NUMBER, text)
    return everywhere(rng, text, match, rng.choice(NUMBERS)) if match else text


def changed_extents(rng: Random, extents: list[str]) -> list[str]:
    extents = list(extents)
    action = rng.randrange(4)
    if action == 0 or not extents:
        extents.insert(rng.randint(0, len(extents)), rng.choice(EXTENTS))
    elif action == 1:
        del extents[rng.randrange(len(extents))]
    else:
        extents[rng.randrange(len(extents))] = rng.choice(EXTENTS)
    return extents


def change_shape(rng: Random, text: str) -> str:
    match = one_of(rng, SHAPED, text)
    if not match:
        return text
    extents = changed_extents(rng, match[2].split("x")[:-1])
    shape = "".join(f"{extent}x" for extent in extents) if rng.random() < 0.95 else "*x"
    return everywhere(rng, text, match, f"{match[1]}<{shape}{match[3]}{match[4] or ''}>")


def change_element(rng: Random, text: str) -> str:
    match = one_of(rng, SHAPED, text)
    if not match:
        return text
    container = match[1] if rng.random() < 0.7 else rng.choice(CONTAINERS)
    new = f"{container}<{match[2]}{rng.choice(ELEMENTS)}{match[4] or ''}>"
    return everywhere(rng, text, match, new)


def change_extent(rng: Random, text: str) -> str:
    """One extent, in all shapes that have it: types keep fitting each other."""
    match = one_of(rng, re.compile(r"(?<=[<x])[\d?]+(?=x)"), text)
    if not match:
        return text
    new = rng.choice(EXTENTS)
    return re.sub(rf"(?<=[<x]){re.escape(match[0])}(?=x)", lambda _: new, text)


def exchange(pattern: re.Pattern) -> Change:
    """Puts one match in the place of another."""
    def change(rng: Random, text: str) -> str:
        found = list(pattern.finditer(text))
        if len(found) < 2:
            return text
        target, source = rng.sample(found, 2)
        return replaced(text, target, source[0])
    return change


def change_tokens(rng: Random, text: str) -> str:
    """Deletes, doubles or swaps tokens."""
    found = list(TOKEN.finditer(text))
    if len(found) < 2:
        return text
    at = rng.randrange(len(found) - 1)
    first, second = found[at], found[at + 1]
    action = rng.randrange(3)
    if action == 0:
        return replaced(text, first, "")
    if action == 1:
        return replaced(text, first, f"{first[0]} {first[0]}")
    between = text[first.end():second.start()]
    return text[:first.start()] + second[0] + between + first[0] + text[second.end():]


def change_lines(rng: Random, text: str) -> str:
    """Deletes, doubles or swaps lines."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        return text
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    action = rng.randrange(3)
    if action == 0:
        del lines[at]
    elif action == 1:
        lines.insert(to, lines[at])
    else:
        lines[at], lines[to] = lines[to], lines[at]
    return "".join(lines)


def truncate(rng: Random, text: str) -> str:
    return text[:rng.randrange(len(text) + 1)]


class TextMutator:
    """Mutations of text, given all texts of the corpus to take from."""

    def __init__(self, corpus: Iterable[str]) -> None:
        self.corpus = list(corpus)
        together = "\n".join(self.corpus)
        self.words = sorted(set(WORD.findall(together)))
        self.attributes = sorted(set(ATTRIBUTE.findall(together)))
        self.values = sorted({value for _, value in ENTRY.findall(together)})
        self.entries = sorted({match[0] for match in ENTRY.finditer(together)})
        # With how often each is drawn.
        self.changes: dict[Change, int] = {
            change_number: 5, change_shape: 4, change_element: 4, change_extent: 4,
            exchange(OPERAND): 4, exchange(WORD): 1, exchange(SHAPED): 2,
            exchange(ATTRIBUTE): 1, change_tokens: 3, change_lines: 3, truncate: 1,
            self.change_word: 1, self.change_attribute: 4, self.change_value: 3,
            self.add_entry: 2, self.splice: 2, self.take_line: 2,
        }

    def mutant(self, rng: Random, text: str) -> str:
        """A copy with one change or a few."""
        changes, weights = list(self.changes), list(self.changes.values())
        result = text
        for change in rng.choices(changes, weights, k=rng.choice((1, 1, 1, 1, 2, 2, 3, 5))):
            result = change(rng, result)
        return result

    def change_word(self, rng: Random, text: str) -> str:
        match = one_of(rng, WORD, text)
        return replaced(text, match, rng.choice(self.words)) if match else text

    def change_attribute(self, rng: Random, text: str) -> str:
        match = one_of(rng, ATTRIBUTE, text)
        if not match:
            return text
        return everywhere(rng, text, match, rng.choice(self.attributes))

    def change_value(self, rng: Random, text: str) -> str:
        match = one_of(rng, ENTRY, text)
        if not match:
            return text
        return replaced(text, match, f"{match[1]} = {rng.choice(self.values)}")

    def add_entry(self, rng: Random, text: str) -> str:
        match = one_of(rng, re.compile(r"(?<=[{])(?=\w)"), text)
        if not match:
            return text
        return replaced(text, match, f"{rng.choice(self.entries)}, ")

    def splice(self, rng: Random, text: str) -> str:
        """The beginning of one text and the end of another."""
        ours = text.splitlines(keepends=True)
        theirs = rng.choice(self.corpus).splitlines(keepends=True)
        return "".join(ours[:rng.randint(0, len(ours))]
                       + theirs[rng.randint(0, len(theirs)):])

    def take_line(self, rng: Random, text: str) -> str:
        """A line of another text between those of this one."""
        lines = text.splitlines(keepends=True)
        other = rng.choice(self.corpus).splitlines(keepends=True)
        if other:
            lines.insert(rng.randint(0, len(lines)), rng.choice(other))
        return "".join(lines)


def varint(value: int) -> bytes:
    """A number as bytecode has it: the trailing zeros of its first byte count the
    bytes that follow."""
    value %= 2**64
    extra = next((n for n in range(8) if value < 1 << 7 * (n + 1)), 8)
    if extra == 8:
        return b"\0" + value.to_bytes(8, "little")
    return ((value << 1 | 1) << extra).to_bytes(extra + 1, "little")


def fixed_integer(rng: Random) -> bytes:
    value, size = rng.choice(INTEGERS), rng.choice((1, 2, 4, 8))
    return (value % 256**size).to_bytes(size, "little")


def flip_bit(rng: Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def change_byte(rng: Random, data: bytearray) -> None:
    data[rng.randrange(len(data))] = rng.randrange(256)


def step_byte(rng: Random, data: bytearray) -> None:
    """To a neighbour: most bytes are small numbers of attributes, types and values."""
    at = rng.randrange(len(data))
    data[at] = (data[at] + rng.choice((-4, -2, 2, 4))) % 256


def overwrite(rng: Random, data: bytearray) -> None:
    new = varint(rng.choice(INTEGERS)) if rng.random() < 0.5 else fixed_integer(rng)
    at = rng.randrange(len(data))
    data[at:at + len(new)] = new


def insert(rng: Random, data: bytearray) -> None:
    new = varint(rng.choice(INTEGERS)) if rng.random() < 0.5 else rng.randbytes(2)
    at = rng.randrange(len(data))
    data[at:at] = new


def move_bytes(rng: Random, data: bytearray) -> None:
    """Copies a few bytes over others."""
    size = rng.randint(1, 16)
    source, target = rng.randrange(len(data)), rng.randrange(len(data))
    data[target:target + size] = data[source:source + size]


def cut(rng: Random, data: bytearray) -> None:
    at = rng.randrange(len(data))
    del data[at:at + rng.randint(1, 8)]


def truncate_bytes(rng: Random, data: bytearray) -> None:
    del data[rng.randrange(len(data)):]


BYTE_CHANGES = {flip_bit: 4, change_byte: 4, step_byte: 8, overwrite: 3, insert: 2,
                move_bytes: 2, cut: 1, truncate_bytes: 1}


def bytes_mutant(rng: Random, data: bytes, other: bytes) -> bytes:
    """A copy with one change or a few, or the end of another one."""
    if rng.random() < 0.03:
        return data[:rng.randrange(len(data))] + other[rng.randrange(len(other)):]
    result = bytearray(data)
    changes, weights = list(BYTE_CHANGES), list(BYTE_CHANGES.values())
    for change in rng.choices(changes, weights, k=rng.choice((1, 1, 1, 1, 2, 3))):
        if result:
            change(rng, result)
    return bytes(result)


def without_comments(text: str) -> str:
    """A text less the lines that are comments alone, which tests are full of."""
    return COMMENT.sub("", text)
