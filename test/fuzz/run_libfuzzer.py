#!/usr/bin/env python3
"""Runs the libFuzzer targets, from a corpus of the suite's attributes.

    test/fuzz/run_libfuzzer.py [--seconds N] [--seed N] [--build DIR]

The targets are those of the preset `fuzz`. What crashes a target is kept in
DIR/libfuzzer/NAME. The last line is `N passed, N failed, N skipped`, of targets; those
that are not built are skipped.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from suite import ROOT, inputs  # noqa: E402

from mutate import ATTRIBUTE  # noqa: E402
from run_fuzz import SANITIZERS  # noqa: E402

# The target, and what comes before its input in the text of an attribute.
TARGETS = {"fuzz-packing-text": "", "fuzz-bytecode": "#ternary."}


def attributes() -> list[str]:
    """The attributes of the dialect that stand in the suite."""
    return sorted({text for entry in inputs() for text in ATTRIBUTE.findall(entry.text)})


def write_corpus(folder: Path, prefix: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    texts = [text.removeprefix(prefix) for text in attributes() if text.startswith(prefix)]
    for number, text in enumerate(texts):
        Path(folder, f"suite-{number}").write_text(text, encoding="utf-8")


def run(options: argparse.Namespace, name: str) -> bool:
    """Whether a target ran for its time and found nothing."""
    corpus = options.build / "libfuzzer" / name / "corpus"
    write_corpus(corpus, TARGETS[name])
    command = [options.build / "bin" / name, corpus, "-timeout=10", "-rss_limit_mb=2048",
               f"-seed={options.seed}", f"-max_total_time={options.seconds}",
               "-max_len=1024", f"-artifact_prefix={corpus.parent}/", "-verbosity=0",
               "-print_final_stats=1"]
    done = subprocess.run(command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE,
                          text=True, errors="replace", env={**os.environ, **SANITIZERS})
    print(f"{name}: exit status {done.returncode}\n{done.stdout[-6000:]}", flush=True)
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60, help="time for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", type=Path, default=ROOT / "build-fuzz")
    options = parser.parse_args()
    built = [name for name in TARGETS if (options.build / "bin" / name).exists()]
    results = [run(options, name) for name in built]
    skipped = len(TARGETS) - len(built)
    if skipped:
        print(f"{skipped} targets are not in {options.build}: build ternary-libfuzzer")
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed, {skipped} skipped")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
