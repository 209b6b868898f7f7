"""Prints a model of N BitLinear layers over latent weights, with a norm before
each and a residual around it, whose gradient is wanted."""

import sys

X, W = "tensor<?x64xf32>", "tensor<64x64xf32>"
S, Q = "tensor<64xf32>", "tensor<64x64xi8>"


def layer(i: int) -> str:
    """Layer i reads %x<i> and gives %x<i + 1>."""
    return f"""\
  %e{i} = tensor.empty(%m) : {X}
  %n{i} = ternary.rms_norm ins(%x{i} : {X}) outs(%e{i} : {X}) -> {X}
  %ai{i} = tensor.empty() : {S}
  %a{i} = ternary.absmean ins(%w{i} : {W}) outs(%ai{i} : {S}) -> {S}
  %qi{i} = tensor.empty() : {Q}
  %q{i} = ternary.ternarize ins(%w{i} : {W}) scales(%a{i} : {S}) outs(%qi{i} : {Q}) -> {Q}
  %y{i} = ternary.bitlinear ins(%n{i} : {X}) weights(%q{i} : {Q}) scales(%a{i} : {S})
      outs(%e{i} : {X}) -> {X}
  %x{i + 1} = linalg.add ins(%x{i}, %y{i} : {X}, {X}) outs(%e{i} : {X}) -> {X}
"""


def main() -> None:
    count = int(sys.argv[1])
    weights = "".join(f", %w{i}: {W} {{ternary.grad}}" for i in range(count))
    print(f"func.func @model(%x0: {X} {{ternary.grad}}{weights}) -> {X}\n"
          f'    attributes {{ternary.gradient = "model_gradient"}} {{\n'
          f"  %c0 = arith.constant 0 : index\n  %m = tensor.dim %x0, %c0 : {X}")
    for i in range(count):
        print(layer(i), end="")
    print(f"  return %x{count} : {X}\n}}")


if __name__ == "__main__":
    main()
