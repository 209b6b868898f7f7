"""Prints a model of N BitLinear layers; each has weights and scales of its own."""

import random
import sys

WIDTH = 64
X = f"tensor<?x{WIDTH}xf32>"
Q = f"tensor<?x{WIDTH}xi8>"
TOKENS = "tensor<?xf32>"
W = f"tensor<{WIDTH}x{WIDTH}xi8>"
S = f"tensor<{WIDTH}xf32>"


def layer(i: int, source: random.Random) -> str:
    """Layer i reads %x<i> and gives %x<i + 1>."""
    trits = "".join(source.choice(("FF", "00", "01")) for _ in range(WIDTH * WIDTH))
    scales = ", ".join(f"{source.uniform(0.1, 2.0):.6f}" for _ in range(WIDTH))
    return f"""\
  %w{i} = arith.constant dense<"0x{trits}"> : {W}
  %s{i} = arith.constant dense<[{scales}]> : {S}
  %qi{i} = tensor.empty(%m) : {Q}
  %ai{i} = tensor.empty(%m) : {TOKENS}
  %q{i}, %a{i} = ternary.quantize_activation ins(%x{i} : {X})
      outs(%qi{i}, %ai{i} : {Q}, {TOKENS}) -> {Q}, {TOKENS}
  %yi{i} = tensor.empty(%m) : {X}
  %x{i + 1} = ternary.bitlinear ins(%q{i} : {Q}) weights(%w{i} : {W}) scales(%s{i} : {S})
      activation_scale(%a{i} : {TOKENS}) outs(%yi{i} : {X}) -> {X}
"""


def main() -> None:
    count = int(sys.argv[1])
    source = random.Random(count)
    print(f"func.func @model(%x0: {X}) -> {X} {{\n  %c0 = arith.constant 0 : index\n"
          f"  %m = tensor.dim %x0, %c0 : {X}")
    for i in range(count):
        print(layer(i, source), end="")
    print(f"  return %x{count} : {X}\n}}")


if __name__ == "__main__":
    main()
