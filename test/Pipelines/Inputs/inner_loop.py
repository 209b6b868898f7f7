"""Prints what the innermost loop around an instruction consists of.

    inner_loop.py FILE.s FUNCTION MNEMONIC [MNEMONIC ...]

Of the loops of the function that hold the first mnemonic and no other loop that
does, the one is described that has most registers as their results, so that
remainders, which may be unrolled, do not count. A line per mnemonic, `NAME: N, N on
REGISTERS`, then what the loop moves between registers and the stack: `spills: N,
reloads: N`.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

COMMENT = re.compile(r"# |//")  # but not the #1 of aarch64
LABEL = re.compile(r"^(\.L\w+):")
BRANCH = re.compile(r"^\s+(?:j\w+|b|b\.\w+|cbn?z\s.*,|tbn?z\s.*,)\s*(\.L\w+)\s*$")
STACK = re.compile(r"\(%rsp[,)]|\[sp\b")
X86_STORE = re.compile(r",\s*-?\w*\(%rsp[^)]*\)$")
ARM_STORE = re.compile(r"^st[rpu]")


@dataclass(frozen=True)
class Instruction:
    mnemonic: str
    operands: str

    @property
    def registers(self) -> str:
        """The kind of the vector registers: the widest on x86-64, the lanes of the
        last one on aarch64."""
        kinds = re.findall(r"%([xyz]mm)\d|\bv\d+\.(\d+[bhsd])|\bq(?=\d)", self.operands)
        names = [x86 or arm or "q" for x86, arm in kinds]
        return max(names, default="none")

    @property
    def result(self) -> str:
        """The register that is written: the last one on x86-64, else the first."""
        return self.operands.split(",")[-1 if "%" in self.operands else 0].strip()

    @property
    def touches_stack(self) -> bool:
        return bool(STACK.search(self.operands))

    @property
    def is_store(self) -> bool:
        return bool(X86_STORE.search(self.operands) or ARM_STORE.match(self.mnemonic))


def read_function(path: Path, name: str) -> list[str]:
    """The lines of a function."""
    text = path.read_text(encoding="utf-8")
    match = re.search(rf"^{re.escape(name)}:.*?^\.Lfunc_end\d+:", text, re.MULTILINE | re.DOTALL)
    if not match:
        sys.exit(f"{path}: expected a function '{name}', found none")
    return [COMMENT.split(line)[0].rstrip() for line in match[0].splitlines()]


def find_loops(lines: list[str]) -> list[tuple[int, int]]:
    """First and last line of each: a label and a branch back to it."""
    labels: dict[str, int] = {}
    loops: dict[int, int] = {}
    for number, line in enumerate(lines):
        if label := LABEL.match(line):
            labels[label[1]] = number
        elif (branch := BRANCH.match(line)) and branch[1] in labels:
            loops[labels[branch[1]]] = number
    return list(loops.items())


def instructions(lines: list[str]) -> list[Instruction]:
    found = []
    for line in lines:
        # A prefix chooses one of two encodings.
        words = line.replace("{vex}", "").split(None, 1)
        if line[:1].isspace() and words and words[0][0] != ".":
            found.append(Instruction(words[0], words[1] if len(words) > 1 else ""))
    return found


def find_inner_loop(lines: list[str], mnemonic: str) -> list[Instruction]:
    holding = [(first, last) for first, last in find_loops(lines)
               if any(i.mnemonic == mnemonic for i in instructions(lines[first:last + 1]))]
    innermost = [(first, last) for first, last in holding
                 if not any((a, b) != (first, last) and first <= a and b <= last
                            for a, b in holding)]
    bodies = [instructions(lines[first:last + 1]) for first, last in innermost]
    if not bodies:
        sys.exit(f"expected a loop with '{mnemonic}', found none")

    def results(body: list[Instruction]) -> tuple[int, int]:
        written = [i.result for i in body if i.mnemonic == mnemonic]
        return len(set(written)), len(written)

    return max(bodies, key=results)


def main() -> None:
    path, function, *mnemonics = sys.argv[1:]
    body = find_inner_loop(read_function(Path(path), function), mnemonics[0])
    for mnemonic in mnemonics:
        kinds = Counter(i.registers for i in body if i.mnemonic == mnemonic)
        shares = "".join(f", {count} on {kind}" for kind, count in sorted(kinds.items()))
        print(f"{mnemonic}: {sum(kinds.values())}{shares}")
    stack = [i for i in body if i.touches_stack]
    spills = sum(i.is_store for i in stack)
    print(f"spills: {spills}, reloads: {len(stack) - spills}")


if __name__ == "__main__":
    main()
