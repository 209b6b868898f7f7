"""Lets a runner be started with any python3: imports nothing but the standard
library, so that it works before the packages are found."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

PYTHON = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "python"


def use_project_python(*packages: str) -> None:
    """Starts again under the project's .venv if this Python lacks a package."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if not missing:
        return
    # The .venv's python is a link to another one: its prefix tells them apart.
    if PYTHON.exists() and Path(sys.prefix).resolve() != PYTHON.parents[1].resolve():
        os.execv(PYTHON, [str(PYTHON), *sys.argv])
    sys.exit(f"python: expected {', '.join(missing)}, found none; run make deps")
