"""Prints long chains that bytes go through: ops of one function, and calls."""

import sys

TYPE = "tensor<?x?xi8>"
STATED = f"{TYPE} {{ternary.packing = #ternary.packing<hf>}}"
UNPACK = (f"ternary.unpack ins(%b{{0}} : {TYPE}) outs(%i : {TYPE}) "
          f"{{{{packing = #ternary.packing<hf>}}}} -> {TYPE}")
STEPS = [
    f"arith.select %c, %b{{0}}, %b{{0}} : {TYPE}",
    f"ternary.repack ins(%b{{0}} : {TYPE}) shape(%n, %n) outs(%i : {TYPE}) "
    "{{source = #ternary.packing<hf>, packing = #ternary.packing<hf>}} "
    f"-> {TYPE}",
    f"scf.if %c -> {TYPE} {{{{ scf.yield %b{{0}} : {TYPE} }}}} "
    f"else {{{{ scf.yield %b{{0}} : {TYPE} }}}}",
]


def chain(length: int) -> None:
    print(f"func.func @chain(%b0: {STATED}, %n: index, %c: i1, %i: {TYPE}) "
          f"-> {TYPE} {{")
    for i in range(length):
        print(f"  %b{i + 1} = {STEPS[i % 3].format(i)}")
    print(f"  %r = {UNPACK.format(length)}\n  return %r : {TYPE}\n}}")


def calls(length: int) -> None:
    for i in range(length):
        last = i == length - 1
        op = UNPACK.format(0) if last else (
            f"call @f{i + 1}(%b0, %i) : ({TYPE}, {TYPE}) -> {TYPE}")
        print(f"func.func @f{i}(%b0: {TYPE if i else STATED}, %i: {TYPE}) "
              f"-> {TYPE} {{\n  %r = {op}\n  return %r : {TYPE}\n}}")


if __name__ == "__main__":
    chain(int(sys.argv[1]))
    calls(int(sys.argv[1]))
