"""The training ops that are timed, and the IR of ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass

GROUP = 32
OPS = ("grad_sign", "accumulate_correlation", "grad_input")


@dataclass(frozen=True)
class TrainCase:
    """One op on f32 gradients `[M, N]` and activations `[M, K]`, and on `base3`
    weights `[N, K]` with state per group of 32 columns, as the original systems keep
    it."""

    suite: str
    op: str
    n: int
    k: int
    m: int

    @property
    def name(self) -> str:
        return f"{self.suite}_{self.op}_{self.n}x{self.k}_m{self.m}"

    @property
    def num_bytes(self) -> int:
        return -(-self.n * self.k // 5)

    @property
    def groups(self) -> int:
        return -(-self.k // GROUP)

    def row(self) -> dict:
        return asdict(self)

    def source(self) -> str:
        n, k, m = self.n, self.k, self.m
        trits, weight = f"memref<{n}x{k}xi8>", f"memref<{self.num_bytes}xi8>"
        grad, x = f"memref<{m}x{n}xf32>", f"memref<{m}x{k}xf32>"
        packing = "packing = #ternary.packing<base3>"
        group = f"{packing}, group_size = {GROUP} : i64"
        if self.op == "grad_sign":
            arguments = f"%g: {grad}, %x: {x}, %s: {trits}"
            op = f"grad_sign ins(%g, %x : {grad}, {x}) outs(%s : {trits})"
        elif self.op == "accumulate_correlation":
            c, t = f"memref<{n}x{self.groups}xi64>", "memref<1xi64>"
            arguments = f"%g: {grad}, %x: {x}, %w: {weight}, %c: {c}, %t: {t}"
            op = (f"accumulate_correlation ins(%g, %x : {grad}, {x}) "
                  f"weight(%w : {weight}) shape({n}, {k}) outs(%c, %t : {c}, {t}) "
                  f"{{{group}}}")
        else:
            s = f"memref<{n}x{self.groups}xf32>"
            arguments = f"%g: {grad}, %w: {weight}, %s: {s}, %y: {x}"
            op = (f"grad_input ins(%g : {grad}) weight(%w : {weight}) "
                  f"scales(%s : {s}) outs(%y : {x}) {{{group}}}")
        return f"""
func.func @{self.name}_pack(%t: {trits}, %w: {weight}) {{
  ternary.pack ins(%t : {trits}) outs(%w : {weight}) {{{packing}}}
  return
}}
func.func @{self.name}({arguments}) {{
  ternary.{op}
  return
}}
"""


def train_cases() -> list[TrainCase]:
    cases = [TrainCase("train", op, 4096, 4096, m) for op in OPS for m in (128, 512)]
    cases.append(TrainCase("train", "grad_input", 4096, 4096, 1))
    # Beside every multiple: correct, not fast.
    cases += [TrainCase("train_odd", op, n, k, m) for op in OPS
              for n, k in ((1, 257), (100, 100), (33, 130)) for m in (1, 5, 17)]
    return cases
