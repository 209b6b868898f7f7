"""The table of a run, its summary, and the files in benchmarks/results."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from . import roofline
from .names import PEERS
from .session import Row

OURS = "ternary"


def case_of(row: Row) -> tuple:
    """What rows that are compared have in common."""
    return (row.suite, row.op, row.n, row.k, row.m, row.threads, row.mode, row.input,
            row.scales)


def cases(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows of the same case, which lie next to each other; ops that move data have
    several cases of the same name, each with one row of ours."""
    found = []
    for key, group in groupby(rows, key=case_of):
        members = list(group)
        if key[0] == "movement":
            found += [[row] for row in members]
        else:
            found.append(members)
    return found


def geomean(values: Iterable[float]) -> float:
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))


def rate(row: Row) -> str:
    """Products, or bytes, per nanosecond."""
    if row.products:
        return f"{row.products / row.median_us / 1e3:.0f}"
    return f"{row.bytes / row.median_us / 1e3:.1f}"


def ratios(row: Row, case: Sequence[Row]) -> dict[str, float]:
    """How many times as fast as each peer this row of ours is."""
    return {other.impl: other.median_us / row.median_us for other in case
            if other.impl != OURS}


def impls_of(rows: Sequence[Row]) -> list[str]:
    """The peers that were timed, the known ones in their order, then others."""
    present = dict.fromkeys(row.impl for row in rows if row.impl != OURS)
    known = [name for name in PEERS if name in present]
    return known + [name for name in present if name not in known]


def format_row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def columns_of(peers: Sequence[str], has_neighbours: bool) -> list[str]:
    return ["what", "N x K", "M", "T", "mode", "packing", "isa", "us", "± us", "G/s",
            "of limit", *(["of neighbour"] if has_neighbours else []),
            *(f"x {name}" for name in peers)]


def describe_case(row: Row) -> str:
    if row.op != "bitlinear":
        return row.op
    kind = row.input if row.input != "quantized" else "f32 to int8"
    return kind + ("" if row.scales == "tensor" else f", {row.scales}")


def cells_of(row: Row, case: Sequence[Row], peers: Sequence[str],
             has_neighbours: bool) -> list[object]:
    ratio = ratios(row, case)
    neighbour = f"{row.neighbour_us / row.median_us:.0%}" if row.neighbour_us else ""
    return [describe_case(row), f"{row.n}x{row.k}", row.m, row.threads, row.mode,
            row.packing, row.isa, f"{row.median_us:.1f}", f"{row.iqr_us:.1f}", rate(row),
            f"{row.share:.0%}", *([neighbour] if has_neighbours else []),
            *(f"{ratio[name]:.2f}" if name in ratio else "" for name in peers)]


def suite_table(rows: Sequence[Row]) -> list[str]:
    """One line for each row of ours: times, share of the limit, ratios."""
    peers = impls_of(rows)
    has_neighbours = any(row.neighbour_us for row in rows)
    columns = columns_of(peers, has_neighbours)
    lines = [format_row(columns), format_row(["---"] * len(columns))]
    lines += [format_row(cells_of(row, case, peers, has_neighbours))
              for case in cases(rows) for row in case if row.impl == OURS]
    return lines


def summary(rows: Sequence[Row]) -> list[str]:
    """Geometric means over the shapes, with the worst share."""
    peers = impls_of(rows)
    groups: dict[tuple, list[tuple[Row, dict[str, float]]]] = {}
    for case in cases(rows):
        for row in (row for row in case if row.impl == OURS):
            if row.op == "bitlinear":
                name = (row.suite, describe_case(row), row.m, row.threads, row.mode,
                        row.packing, row.isa)
            else:
                name = (row.suite, row.op, row.m, row.threads, row.mode, "", row.isa)
            groups.setdefault(name, []).append((row, ratios(row, case)))
    columns = ["suite", "what", "M", "T", "mode", "packing", "isa", "shapes", "of limit",
               "worst", *(f"x {name}" for name in peers)]
    lines = [format_row(columns), format_row(["---"] * len(columns))]
    for name, members in groups.items():
        shares = [row.share for row, _ in members]
        means = []
        for peer in peers:
            known = [ratio[peer] for _, ratio in members if peer in ratio]
            means.append(f"{geomean(known):.2f}" if known else "")
        lines.append(format_row([*name, len(members), f"{geomean(shares):.0%}",
                                 f"{min(shares):.0%}", *means]))
    return lines


def heading(facts: dict) -> list[str]:
    caches = ", ".join(f"{name} {size >> 10} KiB" for name, size in facts["caches"].items())
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    return [
        f"# {facts['cpu']}, {facts['date']}", "",
        f"{facts['cores']} cores of {facts['llvm_cpu']} ({facts['isa']}), {caches}; load "
        f"{facts['load']:.1f}; revision {facts['revision']}; OpenBLAS core: "
        f"{facts['openblas_core']}; {packages}.", "",
        "Times are medians in microseconds, ± is the interquartile range. G/s are products "
        "(for ops that move data: bytes) per nanosecond. `x peer` is the peer's time over "
        "ours. See benchmarks/README.md.", ""]


def table(rows: Sequence[Row], facts: dict, skipped: dict[tuple[str, str], list[str]]) -> str:
    """The whole report, in Markdown."""
    lines = heading(facts)
    for suite, members in groupby(rows, key=lambda row: row.suite):
        lines += [f"## {suite}", "", *suite_table(list(members)), ""]
    if rows:
        lines += ["## Means over the shapes", "", *summary(rows), ""]
    if skipped:
        lines += ["## Skipped", ""]
        lines += [f"- {impl}: {reason}{f' ({name_cases(places)})' if places else ''}"
                  for (impl, reason), places in skipped.items()]
    return "\n".join(lines).rstrip() + "\n"


def name_cases(places: Sequence[str]) -> str:
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return ", ".join(places[:3]) + more


def file_stem(facts: dict) -> str:
    """The date and the CPU's name, as far as file names allow."""
    cpu = re.sub(r"\((R|TM)\)|\bCPU\b|@.*", "", facts["cpu"])
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{cpu} {facts['llvm_cpu']}").strip("-").lower()
    return f"{facts['date']}-{name}"


def draw_picture(rows: Sequence[Row], facts: dict, path: Path) -> bool:
    """Layers with int8 products (and what peers make of them) on one thread, below the
    limits of the machine, medians of the run; False if there is nothing to draw."""
    fewest = min((row.threads for row in rows), default=1)
    layers = [row for row in rows if row.op == "bitlinear" and row.bytes
              and row.suite in ("decode", "prefill") and row.threads == fewest]
    ours = [row for row in layers if row.impl == "ternary"]
    streamed = [row for row in ours if row.mode == "stream" and row.read_us]
    if not ours or not streamed:
        return False

    def median(values) -> float:
        values = sorted(values)
        return values[len(values) // 2]

    limits = roofline.Limits(median(row.bytes / row.read_us / 1e3 for row in streamed),
                             median(row.products / row.compute_us / 1e3 for row in ours),
                             "memory", "dot product")
    points = [roofline.Point(row.impl, row.products, row.bytes, row.median_us,
                             hollow=row.mode == "stream") for row in layers]
    title = (f"{facts['cpu']} ({facts['llvm_cpu']}), {fewest} thread(s), {facts['date']}\n"
             "filled: weights in cache; hollow: streamed from memory")
    roofline.draw(points, limits, title, path)
    return True


def write(folder: Path, text: str, rows_json: str, rows: Sequence[Row],
          facts: dict) -> None:
    """The table, the rows and the picture, under the date and the CPU's name."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = file_stem(facts)
    (folder / f"{stem}.md").write_text(text, encoding="utf-8")
    (folder / f"{stem}.json").write_text(rows_json + "\n", encoding="utf-8")
    written = [f"{stem}.md", f"{stem}.json"]
    if draw_picture(rows, facts, folder / f"{stem}.svg"):
        written.append(f"{stem}.svg")
    print(f"wrote {', '.join(written)} in {folder}")
