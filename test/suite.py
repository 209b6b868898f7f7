"""What runs over the whole suite's text shares: its inputs, and all that can be done
to them with the passes and pipelines of the project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts" / "lint"))

from common import parts_of, relative, run_lines, source_files  # noqa: E402

OURS = ROOT / "build" / "bin" / "ternary-opt"
STOCK = Path("/usr/lib/llvm-22/bin/mlir-opt")


@dataclass(frozen=True)
class Input:
    """An input of the suite: the test that it stands in, its text, and the test's RUN
    lines."""

    test: str
    text: str
    runs: tuple[str, ...]

    @property
    def unregistered(self) -> bool:
        """Whether it has ops of dialects that no tool knows."""
        return any("-allow-unregistered-dialect" in run for run in self.runs)

    def options_of(self, name: str) -> set[str]:
        """The options that RUN lines give to a pass, and none."""
        use = re.compile(rf"--?{name}=(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
        found = {"".join(groups) for run in self.runs for groups in use.findall(run)}
        return {"", *(options.strip("{}") for options in found if "%" not in options)}

    def uses(self, name: str) -> bool:
        """Whether a RUN line has this pass."""
        return any(re.search(rf"-{name}(?![\w-])", run) for run in self.runs)


def inputs() -> Iterator[Input]:
    """All inputs of the suite, valid or not, files of `split-file` apart."""
    for path in source_files(ROOT / "test", (".mlir",)):
        text = path.read_text(encoding="utf-8")
        for part in parts_of(text):
            yield Input(relative(path, ROOT), part, tuple(run_lines(text)))


def names_in(text: str) -> set[str]:
    """The passes and pipelines of a tool's list of them."""
    return set(re.findall(r"^ +--([\w-]+) +-   ", text, re.MULTILINE))


def printed(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def own_names() -> tuple[set[str], set[str]]:
    """The passes of the project, and its passes and pipelines."""
    names = names_in(printed(OURS, "--help")) - names_in(printed(STOCK, "--help"))
    return names & names_in(printed(OURS, "--list-passes")), names


def anchor_of(name: str) -> str:
    """The op that a pass runs on: "func.func", or "" for the module."""
    shown = subprocess.run([OURS, f"--{name}", "--dump-pass-pipeline", os.devnull],
                           capture_output=True, text=True, check=True).stderr
    return "func.func" if re.search(rf"func\.func\(\s*{name}\b", shown) else ""


def pipeline_text(anchor: str, name: str, options: str) -> str:
    """The text form of one pass or pipeline, for --pass-pipeline."""
    step = f"{name}{{{options}}}" if options else name
    return f"builtin.module({anchor}({step}))" if anchor else f"builtin.module({step})"
