"""Checks the rows that benchmarks/run.py wrote: check_bench.py FILE SUITE...

Fields and their types, that each suite is there, and that limits are positive.
"""

import json
import math
import sys

TEXTS = ("suite", "impl", "op", "mode", "input", "scales", "packing", "cpu", "isa")
NUMBERS = ("median_us", "iqr_us", "limit_us")
WHOLE = ("n", "k", "m", "threads", "bytes", "products", "samples")
OPTIONAL = ("read_us", "compute_us", "copy_us", "neighbour_us", "compile_ms", "error")


def check_row(row: dict) -> None:
    known = {*TEXTS, *NUMBERS, *WHOLE, *OPTIONAL, "checked"}
    assert set(row) == known, f"fields: {set(row) ^ known}"
    assert all(isinstance(row[name], str) for name in TEXTS), row
    assert all(isinstance(row[name], float) and math.isfinite(row[name])
               for name in NUMBERS), row
    assert all(isinstance(row[name], int) for name in WHOLE), row
    assert all(row[name] is None or isinstance(row[name], (int, float))
               for name in OPTIONAL), row
    assert row["median_us"] > 0 and row["iqr_us"] >= 0 and row["limit_us"] > 0, row
    assert row["mode"] in ("hot", "stream") and row["samples"] >= 3, row
    parts = [row[name] for name in ("read_us", "compute_us", "copy_us")
             if row[name] is not None]
    assert math.isclose(row["limit_us"], max(parts)), row
    assert (row["neighbour_us"] or 0) > 0 or row["suite"] != "tails", row
    assert row["checked"] and row["error"] < 0.02, row


def main() -> None:
    path, *suites = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    assert set(result) == {"version", "machine", "rows", "skipped"}
    assert result["machine"]["cpu"] and result["machine"]["isa"]
    for row in result["rows"]:
        check_row(row)
    found = {row["suite"] for row in result["rows"]}
    assert found == set(suites), found
    for row in sorted({(r["suite"], r["impl"], r["op"], r["packing"], r["threads"])
                       for r in result["rows"]}):
        print(*row)
    for skip in result["skipped"]:
        print("skipped", skip["impl"], "because", skip["reason"])


main()
