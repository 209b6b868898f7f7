"""Whose a crash is: the stack that it left, read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The names of our sources: a build without debug information knows no folders.
SOURCES = {path.name for folder in ("lib", "include") for path in
           (ROOT / folder).rglob("*") if path.suffix in (".cpp", ".h")}

# A frame as LLVM's handlers and the sanitizers print it, with symbols.
FRAME = re.compile(r"^ *#\d+ 0x[0-9a-f]+ (?:in )?(.*)$", re.MULTILINE)
# Where a frame is, the last word of its line: an offset in a file, or a source line.
BUILD_ID = re.compile(r" \(BuildId: \w+\)$")
OFFSET = re.compile(r"\((/.*)\+0x([0-9a-f]+)\)")
LINE = re.compile(r"(.*\.\w+:\d+)(?::\d+)?")

# What ends a process, and not why.
ENDING = re.compile(
    r"llvm::sys::|llvm::report_|llvm::ReportFatal|std::terminate|__cxx|__gnu_cxx::"
    r"|__(?:GI_)?_*(?:asan|ubsan|sanitizer|interceptor|pthread|restore_rt)"
    r"|_*(?:raise|abort|gsignal|malloc|calloc|realloc|memset|memcpy|memmove)\b|operator new"
    r"|std::__throw|SignalHandler|PrintStackTrace")
# Upstream's code that calls patterns, passes, folds and verifiers: what lies below it
# on the stack has handed over.
DISPATCH = re.compile(
    r"mlir::PatternApplicator::matchAndRewrite|mlir::Operation::fold"
    r"|mlir::detail::OpToOpPassAdaptor::run|mlir::verify\(|mlir::OpPassManager"
    r"|mlir::PassManager::run")
# The driver itself, which calls all.
DRIVER = re.compile(r"\bfuzz::|^main$|^_start$|__libc_start|^call_init$")

SANITIZER = re.compile(r"(?:ERROR: \w+Sanitizer: |runtime error: ).*")
LLVM_ERROR = re.compile(r"LLVM ERROR: .*")


@dataclass(frozen=True)
class Frame:
    name: str  # of the function, without its arguments; "" where it is not known
    place: str  # source file and line, or library and offset

    @property
    def ours(self) -> bool:
        if DRIVER.search(self.name):
            return False
        file, _, _ = self.place.rpartition(":")
        return ("ternary::" in self.name or Path(file).name in SOURCES
                or self.place.startswith(("ternary-fuzz-driver+", "ternary-opt+")))

    def __str__(self) -> str:
        place = self.place.removeprefix(f"{ROOT}/")
        return f"{self.name} ({place})" if self.name else place


def without_arguments(name: str) -> str:
    """A function's name: the text before the parameters, templates left out."""
    depth, kept = 0, []
    for char in name.replace("(anonymous namespace)", "{anonymous}"):
        depth -= char == ">" and depth > 0
        if char == "(" and depth == 0:
            break
        if depth == 0 and char != ">":
            kept.append(char)
        depth += char == "<"
    return "".join(kept).replace("<", "<>").strip()


def frame_of(text: str) -> Frame:
    """A frame as its line has it: a name, which may be missing, and a place."""
    name, _, place = BUILD_ID.sub("", text).rpartition(" ")
    if offset := OFFSET.fullmatch(place):
        return Frame(without_arguments(name), f"{Path(offset[1]).name}+0x{offset[2]}")
    if line := LINE.fullmatch(place):
        return Frame(without_arguments(name), line[1])
    return Frame(without_arguments(text), "")


@dataclass(frozen=True)
class Crash:
    """How a run ended, and where."""

    ending: str  # "signal 11", "hang", "memory"
    message: str
    frames: tuple[Frame, ...]  # innermost first, without those of signal handlers

    @property
    def ours(self) -> bool:
        """Whether our code is on the stack above the code that dispatches; a hang and
        unbounded memory are somewhere in the whole of a pass."""
        for frame in self.frames:
            if frame.ours:
                return True
            if DISPATCH.search(frame.name) and not self.slow:
                return False
        return False

    @property
    def slow(self) -> bool:
        return self.ending in ("hang", "memory")

    @property
    def head(self) -> tuple[str, ...]:
        """What equal crashes have in common: the ending and the frames at the top. What
        takes long is seen at any place: there it is our frames, or those with a name."""
        frames = self.frames
        if self.slow:
            named = tuple(frame for frame in frames if frame.name)
            frames = tuple(frame for frame in frames if frame.ours) or named
        return (self.ending, *(frame.name or frame.place for frame in frames[:3]))


def crash_of(ending: str, said: str) -> Crash:
    """The crash of a process that ended so and said this."""
    report = SANITIZER.search(said)
    frames = [frame_of(text) for text in
              FRAME.findall(said[report.start():] if report else said)]
    if report:
        # The handler of the abort that follows prints a second stack.
        again = next((i for i, frame in enumerate(frames)
                      if "llvm::sys::PrintStackTrace" in frame.name), len(frames))
        frames = frames[:again] or frames
    first = next((i for i, frame in enumerate(frames) if not is_ending(frame)), 0)
    error = report or LLVM_ERROR.search(said)
    return Crash(ending, error[0] if error else "", tuple(frames[first:]))


def is_ending(frame: Frame) -> bool:
    return (bool(ENDING.search(frame.name)) or "libc.so" in frame.place
            or "libstdc++" in frame.place or "libasan" in frame.place
            or (not frame.name and "libc" in frame.place)
            or frame.place.startswith("./") or frame.place.startswith("../"))
