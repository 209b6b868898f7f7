"""A network of two layers as IR: whole, or with the annotations of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TOKENS, INPUTS, HIDDEN, OUTPUTS = 8, 32, 48, 24
GRID = "ranks"

Axis = int | None  # the dimension that is cut; None: each rank has the whole


@dataclass(frozen=True)
class Split:
    """How the network is cut: the tokens `x`, the weights of both layers, the result.

    `gathers` says that the parts of the hidden layer are put together for what needs
    whole tokens: as a product with the identity, cut along what it sums over. `middle` is
    what stands between the layers: `quantize` (floats, a scale for each token) or `clamp`
    (integers, element by element). `sums` is the number of sums over all ranks.
    """

    name: str
    x: Axis
    first: Axis
    second: Axis
    result: Axis
    sums: int
    gathers: bool = False
    middle: str = "quantize"


SPLITS = (
    Split("tokens", x=0, first=None, second=None, result=0, sums=0),
    Split("rows", x=None, first=0, second=0, result=1, sums=1, gathers=True),
    Split("columns", x=1, first=1, second=1, result=None, sums=2),
    Split("rows, then columns", x=None, first=0, second=1, result=None, sums=1,
          middle="clamp"),
)


class Function:
    """Lines of a function, cut for a number of ranks (1: not at all)."""

    def __init__(self, ranks: int) -> None:
        self.ranks = ranks
        self.lines: list[str] = []

    def annotate(self, value: str, kind: str, axis: Axis, users: bool = False) -> str:
        """The value with its sharding: where it is made, or for its users."""
        if self.ranks == 1:
            return value
        axes = "[[]]" if axis is None else f"[{'[], ' * axis}[0]]"
        name = f"%s{len(self.lines)}"
        self.lines += [
            f"{name}a = shard.sharding @{GRID} split_axes = {axes} : !shard.sharding",
            f"{name} = shard.shard {value} to {name}a"
            f"{' annotate_for_users' if users else ''} : {kind}"]
        return name

    def bitlinear(self, result: str, x: str, columns: int, w: str, weights: str,
                  rows: int, packing: str) -> None:
        """A layer with a result of i32 `[TOKENS, rows]`."""
        kind = f"tensor<{TOKENS}x{rows}xi32>"
        self.lines += [
            f"{result}_init = tensor.empty() : {kind}",
            f"{result} = ternary.bitlinear ins({x} : tensor<{TOKENS}x{columns}xi8>)"
            f" weights({w} : {weights}) outs({result}_init : {kind}){packing} -> {kind}"]


CLAMP = """\
%q_init = tensor.empty() : tensor<{t}x{h}xi8>
%q = linalg.generic {{indexing_maps = [affine_map<(m, n) -> (m, n)>,
    affine_map<(m, n) -> (m, n)>], iterator_types = ["parallel", "parallel"]}}
    ins({hidden} : tensor<{t}x{h}xi32>) outs(%q_init : tensor<{t}x{h}xi8>) {{
^bb0(%sum: i32, %old: i8):
  %one = arith.constant 1 : i32
  %low = arith.constant -128 : i32
  %high = arith.constant 127 : i32
  %half = arith.shrsi %sum, %one : i32
  %above = arith.maxsi %half, %low : i32
  %within = arith.minsi %above, %high : i32
  %byte = arith.trunci %within : i32 to i8
  linalg.yield %byte : i8
}} -> tensor<{t}x{h}xi8>"""

GATHER = """\
%zeros = arith.constant dense<0> : tensor<{t}x{h}xi32>
%whole = linalg.matmul ins({hidden}, %identity : tensor<{t}x{h}xi32>, tensor<{h}x{h}xi32>)
    outs(%zeros : tensor<{t}x{h}xi32>) -> tensor<{t}x{h}xi32>"""

QUANTIZE = """\
%f_init = tensor.empty() : tensor<{t}x{h}xf32>
%f = ternary.dequantize_activation ins({hidden} : tensor<{t}x{h}xi32>)
    scales(%scale : tensor<{t}xf32>) outs(%f_init : tensor<{t}x{h}xf32>)
    -> tensor<{t}x{h}xf32>
%q_init = tensor.empty() : tensor<{t}x{h}xi8>
%qs_init = tensor.empty() : tensor<{t}xf32>
%q, %qs = ternary.quantize_activation ins(%f : tensor<{t}x{h}xf32>)
    outs(%q_init, %qs_init : tensor<{t}x{h}xi8>, tensor<{t}xf32>)
    -> tensor<{t}x{h}xi8>, tensor<{t}xf32>"""


@dataclass(frozen=True)
class Network:
    """The network in one split, its weights as trits or as bytes."""

    split: Split
    packed: bool

    def arguments(self) -> dict[str, tuple[np.ndarray, Axis]]:
        """What the function takes, and how it is cut."""
        numbers = np.random.default_rng(0)
        x = numbers.integers(-128, 128, (TOKENS, INPUTS)).astype(np.int8)
        found = {"x": (x, self.split.x),
                 "w1": (self._weights(numbers, HIDDEN, INPUTS), self.split.first),
                 "w2": (self._weights(numbers, OUTPUTS, HIDDEN), self.split.second)}
        if self.split.middle == "quantize":
            scale = numbers.random(TOKENS, np.float32)
            found["scale"] = (scale, 0 if self.split.x == 0 else None)
        if self.split.gathers:
            found["identity"] = (np.eye(HIDDEN, dtype=np.int32), 0)
        return found

    def _weights(self, numbers: np.random.Generator, rows: int,
                 columns: int) -> np.ndarray:
        """Trits, or their bytes: four codes 0, 1, 2 of two bits each."""
        if not self.packed:
            return numbers.integers(-1, 2, (rows, columns)).astype(np.int8)
        digits = numbers.integers(0, 3, (rows, columns // 4, 4))
        return (digits @ [64, 16, 4, 1]).astype(np.uint8).view(np.int8)

    def text(self, ranks: int) -> str:
        """The module, with the function `mlp`."""
        kinds = {name: tensor_of(array) for name, (array, _) in self.arguments().items()}
        body = "\n".join(self._body(Function(ranks), kinds))
        grid = f'shard.grid @{GRID}(shape = {ranks}) {{sym_visibility = "private"}}\n'
        signature = ", ".join(f"%{name}: {kind}" for name, kind in kinds.items())
        return (f'module attributes {{dlti.map = #dlti.map<"MPI:Implementation" = "MPICH">}}'
                f" {{\n{grid if ranks > 1 else ''}"
                f"func.func @mlp({signature}) -> tensor<{TOKENS}x{OUTPUTS}xi32> {{\n"
                f"{body}\n}}\n}}\n")

    def _body(self, code: Function, kinds: dict[str, str]) -> Sequence[str]:
        cut = {name: code.annotate(f"%{name}", kinds[name], axis)
               for name, (_, axis) in self.arguments().items()}
        packing = " {packing = #ternary.packing<chimera>}" if self.packed else ""
        code.bitlinear("%h", cut["x"], INPUTS, cut["w1"], kinds["w1"], HIDDEN, packing)
        self._middle(code, cut)
        # The result of the middle is cut as it comes, the second layer as it wants.
        code.bitlinear("%y", "%q", HIDDEN, cut["w2"], kinds["w2"], OUTPUTS, packing)
        kind = f"tensor<{TOKENS}x{OUTPUTS}xi32>"
        made = code.annotate("%y", kind, self.split.result)
        used = code.annotate(made, kind, self.split.result, users=True)
        return [*code.lines, f"return {used} : {kind}"]

    def _middle(self, code: Function, cut: dict[str, str]) -> None:
        sizes = {"t": TOKENS, "h": HIDDEN}
        if self.split.middle == "clamp":
            code.lines.append(CLAMP.format(hidden="%h", **sizes))
            return
        hidden = "%h"
        if self.split.gathers:
            text = GATHER.format(hidden=hidden, **sizes)
            code.lines.append(text.replace("%identity", cut["identity"]))
            hidden = "%whole"
        text = QUANTIZE.format(hidden=hidden, **sizes)
        code.lines.append(text.replace("%scale", cut["scale"]))


def tensor_of(array: np.ndarray) -> str:
    element = {"int8": "i8", "int32": "i32", "float32": "f32"}[array.dtype.name]
    return f"tensor<{'x'.join(map(str, array.shape))}x{element}>"


def part_of(array: np.ndarray, axis: Axis, rank: int, ranks: int) -> np.ndarray:
    """What one rank has of an array."""
    if axis is None:
        return array
    return np.ascontiguousarray(np.split(array, ranks, axis)[rank])
