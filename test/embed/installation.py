"""An installation in a scratch folder, and commands that see nothing else of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
LLVM = Path("/usr/lib/llvm-22")

# Covers the sources, and the build below them, with an empty file system; only this
# process and its children see that.
HIDE = f"mount -t tmpfs none '{ROOT}' && exec \"$@\""


class Failure(Exception):
    """A command that failed, with what it printed."""


def run(command: list[str | Path], **options) -> str:
    """The output of a command, with its errors; raises Failure."""
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False, timeout=1200, **options)
    if done.returncode != 0:
        shown = " ".join(map(str, command))
        raise Failure(f"{shown}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def can_hide() -> bool:
    """Whether this user may have mounts of its own."""
    test = ["unshare", "--mount", "sh", "-c", HIDE, "sh", "true"]
    return subprocess.run(test, capture_output=True, check=False).returncode == 0


class Installation:
    """`cmake --install` into a folder of `scratch`, which then gets another name."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.prefix = scratch / "prefix"
        self.hides = can_hide()
        self.installed = scratch / "installed"
        run(["cmake", "--install", BUILD, "--prefix", self.installed])
        self.installed.rename(self.prefix)

    def run(self, command: list[str | Path], folder: Path) -> str:
        """Runs a command where sources and build are gone, if that is possible."""
        hidden = ["unshare", "--mount", "sh", "-c", HIDE, "sh"] if self.hides else []
        environment = dict(os.environ, PREFIX=str(self.prefix), CMAKE_GENERATOR="Ninja",
                           PATH=f"{os.environ['PATH']}:{LLVM / 'bin'}",
                           **self.cache_environment())
        return run([*hidden, *command], cwd=folder, env=environment)

    def cache_environment(self) -> dict[str, str]:
        """What lets ccache, where there is one, know files of other scratch folders."""
        if not shutil.which("ccache"):
            return {}
        return dict(CMAKE_C_COMPILER_LAUNCHER="ccache", CCACHE_NOHASHDIR="true",
                    CMAKE_CXX_COMPILER_LAUNCHER="ccache", CCACHE_BASEDIR=str(self.scratch))
