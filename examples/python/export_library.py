#!/usr/bin/env python3
"""Exports a network of two layers from PyTorch to a C library.

    python3 examples/python/export_library.py [--out DIR]

`export_ir` makes IR of the module, `ternary.compile_file` a shared library and a header of
the IR, which need neither Python nor torch. A C program (examples/c/network.c) and ctypes
call it; the script compares their results with torch's, and prints sizes and the times of
one token on one thread. Files go to DIR (out/python/library). Needs torch and a C compiler.
"""

from __future__ import annotations

from common import OUT, ROOT, median_us  # noqa: I001  first, see there

import argparse
import ctypes
import subprocess
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import ternary
from ternary.torch import chimera, export_ir

PROGRAM = ROOT / "examples" / "c" / "network.c"
INPUTS, HIDDEN, OUTPUTS = 256, 512, 64  # first and last are those of PROGRAM
TOKENS = 32
TOLERANCE = 1e-4  # sums of floats have another order


class Network(nn.Module):
    """down(relu(up(norm(x)))): float32 [M, 256] -> [M, 64]."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = chimera.RMSNorm(INPUTS)
        self.up = chimera.BitLinear(INPUTS, HIDDEN, bias=True)
        self.down = chimera.BitLinear(HIDDEN, OUTPUTS, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.relu(self.up(self.norm(x))))


def dense_network() -> nn.Module:
    """The same in float32, by torch alone."""
    return nn.Sequential(nn.RMSNorm(INPUTS), nn.Linear(INPUTS, HIDDEN), nn.ReLU(),
                         nn.Linear(HIDDEN, OUTPUTS))


def make_library(network: nn.Module, x: Tensor, folder: Path) -> Path:
    """Writes network.so and network.h, for any number of tokens."""
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "network.so"
    ternary.compile_file(export_ir(network, (x,), name="network", tokens=True), library,
                         header=folder / "network.h")
    return library


def run_program(library: Path, x: Tensor) -> tuple[np.ndarray, float]:
    """The results of the program in C, and its microseconds for a token."""
    folder = library.parent.resolve()
    program, inputs, outputs = (folder / name for name in ("network", "x.bin", "y.bin"))
    subprocess.run(["cc", "-O2", "-I", folder, PROGRAM, folder / library.name,
                    f"-Wl,-rpath,{folder}", "-o", program], check=True)
    inputs.write_bytes(x.numpy().tobytes())
    done = subprocess.run([program, inputs, outputs], check=True, text=True,
                          stdout=subprocess.PIPE)
    return np.fromfile(outputs, np.float32).reshape(len(x), OUTPUTS), float(done.stdout)


class Library:
    """The library through ctypes."""

    def __init__(self, path: Path) -> None:
        self._network = ctypes.CDLL(str(path.resolve())).network
        self._network.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p]
        self._network.restype = None

    def __call__(self, x: Tensor) -> Tensor:
        y = torch.empty(len(x), OUTPUTS)
        self._network(x.data_ptr(), len(x), y.data_ptr())
        return y


def check(caller: str, found: np.ndarray, wanted: np.ndarray) -> None:
    """Prints how near the results are; ends the script if they are not."""
    difference = float(np.abs(found - wanted).max() / np.abs(wanted).max())
    print(f"{caller} and torch: largest difference {difference:.1e} of the largest result")
    if not difference < TOLERANCE:
        raise SystemExit(f"{caller}: expected at most {TOLERANCE:.0e}")


@torch.no_grad()
def compare(network: nn.Module, library: Path, x: Tensor) -> None:
    wanted = network(x).numpy()
    through_ctypes = Library(library)
    found, program_us = run_program(library, x)
    check("C", found, wanted)
    check("ctypes", through_ctypes(x).numpy(), wanted)
    token = x[:1]
    dense = dense_network()
    print(f"one token: C {program_us:.1f} us, ctypes "
          f"{median_us(lambda: through_ctypes(token)):.1f} us, the modules in torch "
          f"{median_us(lambda: network(token)):.0f} us, dense in torch "
          f"{median_us(lambda: dense(token)):.0f} us")


def main() -> None:
    parser = argparse.ArgumentParser(description="Exports a network to a C library.")
    parser.add_argument("--out", type=Path, default=OUT / "library",
                        help="folder of the library")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = Network().eval()
    x = torch.randn(TOKENS, INPUTS)
    library = make_library(network, x, options.out)
    dense_bytes = sum(parameter.nbytes for parameter in network.parameters())
    print(f"{library}: {library.stat().st_size} bytes, code and weights; the float32 "
          f"parameters are {dense_bytes}")
    compare(network, library, x)


if __name__ == "__main__":
    main()
