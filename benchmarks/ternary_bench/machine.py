"""What a result has to say about where it came from."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import re
import subprocess
from pathlib import Path

from .session import Session

PACKAGES = ("xllamacpp", "numpy", "iree-base-compiler", "iree-base-runtime")


def cpu_name() -> str:
    """As the system calls it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "unknown"
    match = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return match.group(1).strip() if match else "unknown"


def revision(root: Path) -> str:
    result = subprocess.run(["git", "-C", str(root), "describe", "--always", "--dirty"],
                            capture_output=True, text=True)
    return result.stdout.strip() if result.returncode == 0 else "unknown"


def caches() -> dict[str, int]:
    """Bytes of the first CPU's caches of data."""
    sizes = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            kind, level, size = ((index / name).read_text().strip()
                                 for name in ("type", "level", "size"))
        except OSError:
            continue
        if kind != "Instruction" and size.endswith("K"):
            sizes[f"L{level}"] = int(size[:-1]) << 10
    return sizes


def versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def describe(root: Path, session: Session) -> dict:
    # Any function knows what LLVM calls this machine.
    kernel = session.compile("func.func @bench() -> () { return }", "bench",
                             "threads=1 target-cpu=native packing=auto")
    return {
        "cpu": cpu_name(),
        "llvm_cpu": kernel.cpu,
        "isa": kernel.isa,
        "cores": os.cpu_count(),
        "caches": caches(),
        "load": session.load,
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "revision": revision(root),
        "openblas_core": os.environ.get("OPENBLAS_CORETYPE", "its own choice"),
        "packages": versions(),
    }
