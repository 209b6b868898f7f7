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


@dataclass(frozen=True)
class Case:
    """One layer: int8 activations, ternary weights, f32 scales, an f16 output."""

    suite: str
    n: int
    k: int
    m: int
    group: int = 0

    @property
    def name(self) -> str:
        return f"{self.suite}_{self.n}x{self.k}_m{self.m}"

    @property
    def scale_shape(self) -> tuple[int, ...]:
        return (self.n, -(-self.k // self.group)) if self.group else (self.n,)

    @property
    def packing(self) -> str:
        """What ternary-select-packing chooses, stated so that copies can be timed."""
        return "gpu_tile2" if self.group or self.m <= 16 else "gpu_tile2k"

    def row(self) -> dict:
        return asdict(self)

    def source(self) -> str:
        n, k, m = self.n, self.k, self.m
        tiles = f"{-(-n // 16)}x{-(-k // 128)}x32x16xi8"
        scale = "x".join(map(str, self.scale_shape)) + "xf32"
        group = f", group_size = {self.group} : i64" if self.group else ""
        return f"""
func.func @{self.name}_pack(%w: tensor<{n}x{k}xi8>) -> tensor<{tiles}> {{
  %e = tensor.empty() : tensor<{tiles}>
  %p = ternary.pack ins(%w : tensor<{n}x{k}xi8>) outs(%e : tensor<{tiles}>)
      {{packing = #ternary.packing<{self.packing}>}} -> tensor<{tiles}>
  return %p : tensor<{tiles}>
}}
func.func @{self.name}(%x: tensor<{m}x{k}xi8>, %w: tensor<{tiles}>, %s: tensor<{scale}>,
    %a: tensor<{m}xf32>) -> tensor<{m}x{n}xf16> {{
  %e = tensor.empty() : tensor<{m}x{n}xf16>
  %y = ternary.bitlinear ins(%x : tensor<{m}x{k}xi8>) weights(%w : tensor<{tiles}>)
      scales(%s : tensor<{scale}>) activation_scale(%a : tensor<{m}xf32>)
      outs(%e : tensor<{m}x{n}xf16>)
      {{packing = #ternary.packing<{self.packing}>{group}}} -> tensor<{m}x{n}xf16>
  return %y : tensor<{m}x{n}xf16>
}}
"""


def all_cases() -> list[Case]:
    cases = [Case("decode", n, k, m) for n, k in DECODE_SHAPES for m in (1, 8)]
    cases += [Case("group", n, k, 1, group=32) for n, k in GROUP_SHAPES]
    cases += [Case("prefill", n, k, m)
              for n, k in PREFILL_SHAPES for m in (32, 128, 512, 2048)]
    cases += [Case("odd", n, k, m) for n, k in ODD_SHAPES for m in (1, 3, 17, 129)]
    return cases
