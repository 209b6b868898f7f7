"""The programs that pages show, above all the ways in of docs/embedding.md: files,
commands, and what they print."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from installation import ROOT

PAGE = ROOT / "docs" / "embedding.md"
MOST_LINES = 19

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass
class Way:
    """One section of the page."""

    title: str
    files: dict[str, str] = field(default_factory=dict)
    commands: str = ""
    printed: str = ""

    def write(self, folder: Path) -> None:
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")

    def count_lines(self) -> int:
        """The lines of code and of commands, but not blank ones and includes."""
        lines = "\n".join([*self.files.values(), self.commands]).splitlines()
        return sum(bool(line) and not line.startswith("#include") for line in lines)


def read_way(section: str) -> Way:
    way = Way(section.partition("\n")[0])
    for language, name, text in BLOCK.findall(section):
        if name:
            way.files[name] = text
        elif language == "sh":
            way.commands = text
        elif language == "text":
            way.printed = text.strip()
    return way


def read_ways() -> tuple[dict[str, str], list[Way]]:
    """The files of all ways, and the ways, which have commands."""
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    ways = [read_way(section) for section in sections]
    shared = {name: text for way in ways if not way.commands
              for name, text in way.files.items()}
    return shared, [way for way in ways if way.commands]
