"""The layers that are timed, and the IR of ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass

DECODE_SHAPES = ((2560, 2560), (3840, 2560), (13824, 2560), (2560, 6912), (3200, 3200),
                 (20480, 3200), (4096, 4096), (14336, 4096), (8192, 8192), (28672, 8192),
                 (6912, 2560))
PREFILL_SHAPES = ((4096, 4096), (14336, 4096), (8192, 8192), (13824, 2560), (2560, 6912))
GROUP_SHAPES = ((2560, 2560), (4096, 4096), (14336, 4096), (8192, 8192), (28672, 8192))
# Beside every multiple: correct, not fast.
ODD_SHAPES = ((1, 257), (100, 100), (33, 130), (1000, 2050))
# With the tokens: three blocks share the columns, two do; blocks that stay; two share what
# is left behind whole rounds.
ODD_BLOCKS = ((1000, 6930, 17), (2500, 6930, 300), (8200, 300, 1000), (2700, 4100, 1600))


# Weights of 40 M and more.
LARGE_SHAPES = ((20480, 3200), (14336, 4096), (8192, 8192), (28672, 8192))
FLOAT_SHAPES = ((4096, 4096),)

# Options of the pipeline for the layers of a suite.
PIPELINE_OPTIONS = {"chain": "overlap-launches"}


@dataclass(frozen=True)
class Case:
    """One layer: activations of type `x`, ternary weights, scales of f32 or exponents (i8).

    The output is f16, for f32 activations f32.
    """

    suite: str
    n: int
    k: int
    m: int
    group: int = 0
    x: str = "i8"
    components: int = 1
    scale: str = "f32"

    @property
    def name(self) -> str:
        kind = "" if self.x == "i8" else f"_{self.x}"
        parts = "" if self.components == 1 else f"_c{self.components}"
        groups = f"_g{self.group}" if self.suite == "odd" and self.group else ""
        groups += "_exponents" if self.suite == "odd" and self.scale == "i8" else ""
        return f"{self.suite}_{self.n}x{self.k}_m{self.m}{groups}{kind}{parts}"

    @property
    def out(self) -> str:
        return "f32" if self.x == "f32" else "f16"

    # What ternary-select-packing chooses, stated so that copies can be timed.

    @property
    def scale_shape(self) -> tuple[int, ...]:
        if not self.group:
            return (self.n,)
        groups = -(-self.k // self.group)
        in_blocks = self.m == 1 and self.x == "i8"
        return (-(-self.n // 16), groups, 16) if in_blocks else (self.n, groups)

    @property
    def packing(self) -> str:
        """What ternary-select-packing chooses, or is told to, stated so that copies can be
        timed."""
        if self.suite.startswith("base3"):
            return "gpu_tile3"
        few = self.m == 1 if self.x == "i8" and self.group else self.m <= 16
        return "gpu_tile2" + ("" if self.x == "i8" else "h") + ("" if few else "k")

    @property
    def tiles(self) -> tuple[int, ...]:
        columns = 160 if self.packing == "gpu_tile3" else 128
        return -(-self.n // 16), -(-self.k // columns), 32, 16

    def row(self) -> dict:
        return asdict(self)

    def source(self) -> str:
        n, k, m = self.n, self.k, self.m
        tiles = f"tensor<{'x'.join(map(str, self.tiles))}xi8>"
        scale = f"tensor<{'x'.join(map(str, self.scale_shape))}x{self.scale}>"
        group = f", group_size = {self.group} : i64" if self.group else ""
        x, y = f"tensor<{m}x{k}x{self.x}>", f"tensor<{m}x{n}x{self.out}>"
        parts = range(self.components)

        def operands(name: str, type: str) -> str:
            names, types = (", ".join(f"%{name}{i}" for i in parts), ", ".join([type] * len(parts)))
            return f"({names} : {types})"

        def arguments(name: str, type: str) -> str:
            return "".join(f", %{name}{i}: {type}" for i in parts)

        factor = f"tensor<{m}xf32>"
        has_factor = self.x == "i8"
        return f"""
func.func @{self.name}_pack(%w: tensor<{n}x{k}xi8>) -> {tiles} {{
  %e = tensor.empty() : {tiles}
  %p = ternary.pack ins(%w : tensor<{n}x{k}xi8>) outs(%e : {tiles})
      {{packing = #ternary.packing<{self.packing}>}} -> {tiles}
  return %p : {tiles}
}}
func.func @{self.name}(%x: {x}{arguments("w", tiles)}{arguments("s", scale)}{
        f", %a: {factor}" if has_factor else ""}) -> {y} {{
  %e = tensor.empty() : {y}
  %y = ternary.bitlinear ins(%x : {x}) weights{operands("w", tiles)}
      scales{operands("s", scale)} {f"activation_scale(%a : {factor})" if has_factor else ""}
      outs(%e : {y})
      {{packing = #ternary.packing<{self.packing}>{group}}} -> {y}
  return %y : {y}
}}
"""


def all_cases() -> list[Case]:
    cases = [Case("decode", n, k, m) for n, k in DECODE_SHAPES for m in (1, 8)]
    cases += [Case("base3", n, k, m) for n, k in DECODE_SHAPES for m in (1, 8)]
    cases += [Case("base3_odd", n, k, m) for n, k in ODD_SHAPES for m in (1, 3, 17, 129)]
    cases += [Case("chain", n, k, 1) for n, k in DECODE_SHAPES]
    cases += [Case("group", n, k, 1, group=32) for n, k in GROUP_SHAPES]
    cases += [Case("group", 4096, 4096, m, group=32) for m in (8, 128, 512)]
    cases += [Case("exponent", n, k, 1, group=32, scale="i8") for n, k in GROUP_SHAPES]
    cases += [Case("exponent", 4096, 4096, m, group=32, scale="i8") for m in (8, 128, 512)]
    cases += [Case("prefill", n, k, m)
              for n, k in PREFILL_SHAPES for m in (32, 128, 512, 2048)]
    cases += [Case("half", n, k, m, x="f16") for n, k in LARGE_SHAPES for m in (1, 8)]
    cases += [Case("half", n, k, m, x="f16") for n, k in PREFILL_SHAPES for m in (128, 2048)]
    cases += [Case("float", n, k, m, group=32, x="f32")
              for n, k in FLOAT_SHAPES for m in (1, 8, 128, 512)]
    cases += [Case("components", 4096, 4096, m, components=c) for m in (1, 8, 512) for c in (1, 3)]
    cases += [Case("odd", n, k, m) for n, k in ODD_SHAPES for m in (1, 3, 17, 129)]
    cases += [Case("odd", n, k, m, x=x) for n, k, m in ODD_BLOCKS for x in ("i8", "f16")]
    cases += [Case("odd", n, k, m, x=x, group=32)
              for n, k in ODD_SHAPES for m in (1, 3, 17, 129) for x in ("i8", "f16", "f32")
              if not (x == "i8" and m == 1)]
    cases += [Case("odd", n, k, m, x=x, group=32, scale="i8")
              for n, k in ODD_SHAPES for m in (1, 3, 17, 129) for x in ("i8", "f16", "f32")]
    cases += [Case("odd", n, k, m, x=x, components=2)
              for n, k in ODD_SHAPES for m in (1, 3, 17, 129) for x in ("f16", "f32")]
    cases += [Case("odd", n, k, m, components=3) for n, k in ODD_SHAPES for m in (1, 3, 17, 129)]
    return cases
