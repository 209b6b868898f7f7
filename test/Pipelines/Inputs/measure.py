"""Times ternary-opt; fails where a limit is missed in every one of three tries.

measure.py layers TERNARY_OPT FOLDER   models of 10, 100, 1000 layers, to LLVM
measure.py fold TERNARY_OPT FOLDER     packing of one constant, canonicalized
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

TRIES = 3
LAYERS = Path(__file__).with_name("layers.py")
# Ten times the layers may take this many times the time.
GROWTH = 12.0
FOLD_SECONDS = 0.050


def cpu_seconds(command: list[str]) -> float:
    """The time that a command computes, which other processes change little."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure_layers(opt: str, folder: Path) -> bool:
    models = {}
    for count in (10, 100, 1000):
        models[count] = folder / f"layers-{count}.mlir"
        with open(models[count], "w", encoding="ascii") as file:
            subprocess.run([sys.executable, LAYERS, str(count)], stdout=file, check=True)
    # As many layers each time: a short run is lucky more often than a long one,
    # so the least of each would not be a growth.
    runs = {10: 10, 100: 10, 1000: 1}
    for _ in range(TRIES):
        seconds = {}
        for count, model in models.items():
            command = [opt, str(model), "--ternary-to-llvm=target-cpu=generic",
                       "--mlir-disable-threading", "-o", os.devnull]
            seconds[count] = sum(cpu_seconds(command) for _ in range(runs[count])) / runs[count]
        growth = seconds[1000] / seconds[100]
        means = ", ".join(f"{count}: {mean:.2f}" for count, mean in seconds.items())
        print(f"seconds of layers: {means}; growth {growth:.1f}, at most {GROWTH}")
        if growth <= GROWTH:
            return True
    return False


def measure_fold(opt: str, folder: Path) -> bool:
    """2560 x 2560 trits, 6.25 MiB, from a resource to panels."""
    size, model = 2560, folder / "fold.mlir"
    trits = bytes((1, 0, 255, 255, 1, 0, 0, 1, 1, 0, 255)) * (size * size // 11 + 1)
    model.write_text(f"""\
func.func @fold() -> tensor<40x160x4x64xi8> {{
  %w = arith.constant dense_resource<weight> : tensor<{size}x{size}xi8>
  %e = tensor.empty() : tensor<40x160x4x64xi8>
  %b = ternary.pack ins(%w : tensor<{size}x{size}xi8>) outs(%e : tensor<40x160x4x64xi8>)
      {{packing = #ternary.packing<cpu_panel2>}} -> tensor<40x160x4x64xi8>
  return %b : tensor<40x160x4x64xi8>
}}
{{-#
  dialect_resources: {{ builtin: {{ weight: "0x01000000{trits[:size * size].hex()}" }} }}
#-}}
""", encoding="ascii")
    for _ in range(TRIES):
        run = subprocess.run([opt, model, "--canonicalize", "--mlir-timing",
                              "--mlir-timing-display=list", "-o", folder / "folded.mlir"],
                             check=True, stderr=subprocess.PIPE, text=True)
        if "ternary.pack" in (folder / "folded.mlir").read_text(encoding="ascii"):
            print("the constant was not folded")
            return False
        seconds = float(re.search(r"([\d.]+) \([^)]*\)  Canonicalizer", run.stderr).group(1))
        print(f"fold: {seconds:.4f} seconds, at most {FOLD_SECONDS}")
        if seconds <= FOLD_SECONDS:
            return True
    return False


def main() -> int:
    measure = {"layers": measure_layers, "fold": measure_fold}[sys.argv[1]]
    folder = Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    return 0 if measure(sys.argv[2], folder) else 1


if __name__ == "__main__":
    sys.exit(main())
