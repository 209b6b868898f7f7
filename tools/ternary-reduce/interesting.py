#!/usr/bin/env python3
"""Tells ternary-reduce whether a file still fails: exit status 1 if it does, else 0, also
where it is called in a wrong way, since all other statuses mean yes.

    ternary-reduce f.mlir --reduction-tree="test=interesting.py
        test-arg=crash,ternary-opt,--ternary-to-llvm"

The arguments are a kind of failure, the command, and, put last by ternary-reduce, the file:

    crash COMMAND… FILE             a signal ends the command, or its time limit of 60 s
    message REGEX COMMAND… FILE     the command fails, and prints what matches to stderr
    differs COMMAND… FILE           `ternary-run --check …`, or any command that compares,
                                    fails without an error of its own

A file that is no valid module fails by no kind but `message`.
"""

from __future__ import annotations

import re
import subprocess
import sys

TIMEOUT_S = 60
DIFFERENCE = re.compile(r"differ|mismatch", re.IGNORECASE)


def run(command: list[str]) -> tuple[int, str]:
    """Exit status, negative for a signal or a time limit, and what stderr got."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except subprocess.TimeoutExpired:
        return -1, ""
    # A shell, or LLVM's own handler, turns signals into statuses above 128.
    status = -1 if done.returncode > 128 else done.returncode
    return status, done.stderr.decode(errors="replace")


def is_interesting(kind: str, arguments: list[str]) -> bool:
    if kind == "crash":
        return run(arguments)[0] < 0
    if kind == "message":
        status, errors = run(arguments[1:])
        return status != 0 and re.search(arguments[0], errors) is not None
    if kind == "differs":
        status, errors = run(arguments)
        return status > 0 and DIFFERENCE.search(errors) is not None
    print(f"interesting.py: expected crash, message or differs, found '{kind}'",
          file=sys.stderr)
    return False


def main() -> int:
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 0
    return 1 if is_interesting(sys.argv[1], sys.argv[2:]) else 0


if __name__ == "__main__":
    sys.exit(main())
