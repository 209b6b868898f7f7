#!/usr/bin/env python3
"""Compiles the layers that run.py times into libraries for a machine with a GPU.

    benchmarks/gpu/prebuild.py DIR [--chip sm_90a] [--build build]
        [--pipeline-options format=bin]

DIR gets a library per suite, cases.json, and in peers/ what pip finds of other kernels; with
this folder it is all that the other machine needs beside Python, PyTorch and CuPy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import gemlite_peer
from cases import PIPELINE_OPTIONS, all_cases
from streams import all_byte_cases
from train_cases import train_cases

ROOT = Path(__file__).resolve().parent.parent.parent


def fetch_peers(folder: Path) -> None:
    """What the other machine imports, without what it has already."""
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--upgrade",
                           "--disable-pip-version-check", "--no-deps", "--target", folder,
                           gemlite_peer.PACKAGE], check=False)
    if done.returncode != 0:
        print(f"{gemlite_peer.PACKAGE} is left out: pip could not install it", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--chip", default="sm_90a")
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--pipeline-options", default="")
    parser.add_argument("--suites", default="", help="only these, such as odd,decode")
    parser.add_argument("--no-peers", action="store_true", help="download nothing")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    if not options.no_peers:
        fetch_peers(options.directory / "peers")
    suites: dict[str, list] = {}
    every = [*all_cases(), *train_cases(), *all_byte_cases()]
    for case in every:
        suites.setdefault(case.suite, []).append(case)
    wanted = options.suites.split(",") if options.suites else list(suites)
    for suite in wanted:
        source = options.directory / f"{suite}.mlir"
        source.write_text("".join(case.source() for case in suites[suite]))
        library = options.directory / f"{suite}.so"
        subprocess.run(
            [options.build / "bin" / "ternary-compile", source, "-o", library,
             "--target=cuda", f"--chip={options.chip}",
             f"--pipeline-options={PIPELINE_OPTIONS.get(suite, '')} {options.pipeline_options}"],
            check=True)
        print(f"{library}: {len(suites[suite])} functions", flush=True)
    rows = [case.row() | {"name": case.name} for case in every]
    (options.directory / "cases.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
