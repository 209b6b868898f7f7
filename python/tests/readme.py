"""The examples in Python of README.md."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"
_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def examples() -> list[str]:
    """The sources of all blocks, in order."""
    return _BLOCK.findall(README.read_text(encoding="utf-8"))


def find_example(word: str) -> str:
    """The one block that holds `word`."""
    found = [source for source in examples() if word in source]
    if len(found) != 1:
        raise ValueError(f"README.md: expected one example with '{word}', found {len(found)}")
    return found[0]
