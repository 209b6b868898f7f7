"""Ops that stream bytes: their IR, their operands and what they must compute.

Types have their names in MLIR. PyTorch is handed to what needs it, so that cases can be
listed without it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable

BITS = {"i8": 8, "i64": 64, "f16": 16, "f32": 32}
GROUP = 32


@dataclass(frozen=True)
class Operand:
    """An array; `values` says how one that is read is filled: with numbers, small ones,
    rows of a table of `extent` rows, trits, or trits of the shape `extent` in a packing."""

    type: str
    shape: tuple[int, ...]
    values: str = "any"
    extent: tuple[int, ...] = ()

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * BITS[self.type] // 8

    def __str__(self) -> str:
        return f"memref<{'x'.join(map(str, (*self.shape, self.type)))}>"


@dataclass(frozen=True)
class ByteCase:
    """A function of memrefs: those that are read, updated and written, in that order.

    `model(torch, *before)` gives what the updated and written ones hold afterwards from
    what the read and updated ones held; those of a packing are trits for it. Floats may differ by `tolerance`, relatively, and
    a share of `ties` of the integers by one.
    """

    name: str
    body: str
    read: tuple[Operand, ...]
    updated: tuple[Operand, ...]
    written: tuple[Operand, ...]
    model: Callable
    tolerance: float = 0.0
    ties: float = 0.0
    suite = "bandwidth"

    @property
    def operands(self) -> tuple[Operand, ...]:
        return self.read + self.updated + self.written

    @property
    def bytes(self) -> int:
        """Read and written."""
        once = sum(operand.bytes for operand in self.read + self.written)
        return once + 2 * sum(operand.bytes for operand in self.updated)

    def row(self) -> dict:
        return {"suite": self.suite, "name": self.name, "bytes": self.bytes}

    def source(self) -> str:
        arguments = ", ".join(f"%{i}: {operand}" for i, operand in enumerate(self.operands))
        body = self.body.format(*self.operands)
        return f"func.func @{self.name}({arguments}) {{\n{body}\n  return\n}}\n"


# Packings, of whole bytes and tiles.


def combine(torch, codes, weights):
    """Digits along the last axis to bytes."""
    total = sum(codes[..., i].int() * weight for i, weight in enumerate(weights))
    return total.to(torch.uint8).view(torch.int8)


def pack_chimera(torch, trits):
    codes = trits.reshape(trits.shape[0], -1, 4).remainder(3)
    # -1 is code 2, as is its remainder.
    return combine(torch, codes, (64, 16, 4, 1))


def pack_base3(torch, trits):
    flat = trits.flatten()
    padding = flat.new_full((-flat.numel() % 5,), -1)
    return combine(torch, torch.cat([flat, padding]).reshape(-1, 5) + 1, (1, 3, 9, 27, 81))


def pack_hf(torch, trits):
    rows = trits.reshape(4, -1, trits.shape[1])
    return combine(torch, rows.permute(1, 2, 0) + 1, (1, 4, 16, 64))


def pack_i2_s(torch, trits):
    """Scales behind them are not read here."""
    codes = trits.reshape(-1, 4, 32).transpose(1, 2) + 1
    tail = torch.zeros(32, dtype=torch.int8, device=trits.device)
    return torch.cat([combine(torch, codes, (64, 16, 4, 1)).flatten(), tail])


def tile_shape(n, k):
    return n // 16, k // 128, 32, 16


def pack_tiles(columns, order):
    """Columns of a tile are split; `order` is that of the axes in memory behind n/16 and k/128,
    rows being 1 and 2, and columns 4 and more; the last one is the digit."""
    def pack(torch, trits):
        n, k = trits.shape
        tiles = trits.reshape(n // 16, 2, 8, k // 128, *columns).permute(0, 3, *order)
        return combine(torch, tiles & 3, (1, 4, 16, 64)).reshape(tile_shape(n, k))
    return pack


PACKINGS = {
    "chimera": (pack_chimera, lambda n, k: (n, k // 4)),
    "base3": (pack_base3, lambda n, k: (-(-n * k // 5),)),
    "hf": (pack_hf, lambda n, k: (n // 4, k)),
    "i2_s": (pack_i2_s, lambda n, k: (n * k // 4 + 32,)),
    "gpu_tile2": (pack_tiles((4, 4, 2, 4), (2, 4, 6, 1, 7, 5)), tile_shape),
    "gpu_tile2k": (pack_tiles((4, 2, 4, 4), (2, 6, 5, 1, 7, 4)), tile_shape),
    "gpu_tile2h": (pack_tiles((4, 4, 2, 2, 2), (2, 5, 7, 1, 8, 6, 4)), tile_shape),
    "gpu_tile2hk": (pack_tiles((2, 4, 2, 4, 2), (2, 7, 6, 1, 8, 4, 5)), tile_shape),
}


def packed(packing: str, n: int, k: int) -> Operand:
    return Operand("i8", PACKINGS[packing][1](n, k), packing, (n, k))


def attribute(packing: str, name: str = "packing") -> str:
    return f"{name} = #ternary.packing<{packing}>"


def dtype_of(torch, name: str):
    return {"i8": torch.int8, "i64": torch.int64, "f16": torch.float16,
            "f32": torch.float32}[name]


def fill(torch, operand: Operand, generator):
    """An array of a case's operand, and what its model takes for it."""
    dtype = dtype_of(torch, operand.type)

    def integers(low: int, high: int, shape=operand.shape, dtype=dtype):
        return torch.randint(low, high, shape, generator=generator, device="cuda", dtype=dtype)

    if operand.values in PACKINGS:
        trits = integers(-1, 2, operand.extent)
        return PACKINGS[operand.values][0](torch, trits).contiguous(), trits
    if operand.values == "trits":
        array = integers(-1, 2, dtype=torch.int8).to(dtype)
    elif operand.values == "rows":
        array = integers(0, operand.extent[0])
    elif operand.values == "small":
        array = integers(-6, 7)
    elif operand.type in ("i8", "i64"):
        array = integers(-128, 128)
    else:
        array = torch.empty(operand.shape, device="cuda", dtype=dtype)
        array.normal_(generator=generator)
    return array, array


# Models. Each takes what is read and updated, and gives what is updated and written.


def by_groups(torch, scale, columns):
    return scale.repeat_interleave(GROUP, dim=-1)[..., :columns]


def quantize(torch, x):
    scale = x.float().abs().amax(-1).clamp_min(1e-5)
    return (x.float() / scale[:, None] * 127).round().to(torch.int8), scale


def normalize(torch, x, weight=None, dtype=None):
    root = (x.double().square().mean(-1, keepdim=True) + 1e-6).sqrt()
    y = (x.double() / root).to(x.dtype)
    if weight is not None:
        y = y.float() * weight
    return y.to(dtype or x.dtype)


def flip(torch, trits, votes, threshold):
    up, down = votes > threshold, votes < -threshold
    trits = torch.where(up, 1, torch.where(down, -1, trits)).to(torch.int8)
    return trits, torch.where(up | down, 0, votes).to(torch.int8)


def scores(torch, sign, trits):
    groups = sign.to(torch.int16) * trits
    return groups.reshape(sign.shape[0], -1, GROUP).sum(-1)


def vote(torch, sign, trits, exponent, votes):
    votes = (votes.int() - scores(torch, sign, trits).sign()).clamp(-128, 127)
    change = (votes >= 4).int() - (votes <= -4).int()
    exponent = (exponent.int() + change).clamp(-128, 127)
    return exponent.to(torch.int8), (votes - 4 * change).to(torch.int8)


def correlate(torch, sign, trits, correlation, step):
    return correlation - scores(torch, sign, trits), step + 1


def exponentiate(torch, exponent, correlation, step):
    count = (step * GROUP).clamp_min(1).double()
    return torch.exp2(exponent.double() + 4 * correlation.double() / count).float(),


def look_up(torch, ids, table, scale, dtype):
    return (table[ids].float() * scale[ids]).to(dtype),


# The cases.


def storage_cases(n: int = 16384, k: int = 16384) -> list[ByteCase]:
    trits = Operand("i8", (n, k), "trits")
    cases = []
    for packing in ("chimera", "base3", "hf", "gpu_tile2k"):
        pack, bytes_ = PACKINGS[packing][0], packed(packing, n, k)
        cases.append(ByteCase(
            f"pack_{packing}",
            f"  ternary.pack ins(%0 : {{0}}) outs(%1 : {{1}}) {{{{{attribute(packing)}}}}}",
            (trits,), (), (bytes_,), lambda torch, t, pack=pack: (pack(torch, t),)))
        cases.append(ByteCase(
            f"unpack_{packing}",
            f"  ternary.unpack ins(%0 : {{0}}) outs(%1 : {{1}}) {{{{{attribute(packing)}}}}}",
            (bytes_,), (), (trits,), lambda torch, t: (t,)))
    rows = 2 * n
    for source, packing in (("chimera", "base3"), ("base3", "chimera"),
                            ("chimera", "gpu_tile2k"), ("gpu_tile2k", "chimera"),
                            ("chimera", "hf"), ("chimera", "gpu_tile2"),
                            ("chimera", "gpu_tile2h"), ("chimera", "gpu_tile2hk"),
                            ("base3", "gpu_tile2"), ("base3", "gpu_tile2hk"),
                            ("hf", "gpu_tile2k"), ("i2_s", "gpu_tile2k")):
        both = f"{attribute(source, 'source')}, {attribute(packing)}"
        cases.append(ByteCase(
            f"repack_{source}_{packing}",
            f"  ternary.repack ins(%0 : {{0}}) shape({rows}, {2 * k}) outs(%1 : {{1}})"
            f" {{{{{both}}}}}",
            (packed(source, rows, 2 * k),), (), (packed(packing, rows, 2 * k),),
            lambda torch, t, pack=PACKINGS[packing][0]: (pack(torch, t),)))
    return cases


def dequantize_cases(n: int = 16384, k: int = 8192) -> list[ByteCase]:
    cases = []
    for packing, element, scale in (("chimera", "f16", (n,)),
                                    ("base3", "f32", (n, k // GROUP)),
                                    ("gpu_tile2k", "f16", (n,)), ("base3", "f16", (n,))):
        group = f", group_size = {GROUP} : i64" if len(scale) == 2 else ""

        def model(torch, trits, scale, element=element):
            dtype = {"f16": torch.float16, "f32": torch.float32}
            factor = by_groups(torch, scale, k) if scale.dim() == 2 else scale[:, None]
            return trits.to(dtype[element]) * factor.to(dtype[element]),

        cases.append(ByteCase(
            f"dequantize_{packing}_{element}",
            f"  ternary.dequantize ins(%0 : {{0}}) scales(%1 : {{1}}) outs(%2 : {{2}})"
            f" {{{{{attribute(packing)}{group}}}}}",
            (packed(packing, n, k), Operand("f32", scale)), (),
            (Operand(element, (n, k)),), model))
    return cases


def embedding_cases(tokens: int = 32768, n: int = 65536, k: int = 4096) -> list[ByteCase]:
    cases = []
    for packing, element in (("chimera", "f16"), ("base3", "f32")):
        shape = (n,) if element == "f16" else (n, k // GROUP)
        group = f", group_size = {GROUP} : i64" if len(shape) == 2 else ""

        def model(torch, ids, table, scale, element=element):
            factor = by_groups(torch, scale, k) if scale.dim() == 2 else scale[:, None]
            return look_up(torch, ids, table, factor, dtype_of(torch, element))

        cases.append(ByteCase(
            f"embedding_{packing}_{element}",
            f"  ternary.embedding ins(%0 : {{0}}) table(%1 : {{1}}) shape({n}, {k})"
            f" scales(%2 : {{2}}) outs(%3 : {{3}}) {{{{{attribute(packing)}{group}}}}}",
            (Operand("i64", (tokens,), "rows", (n,)), packed(packing, n, k),
             Operand("f32", shape)), (), (Operand(element, (tokens, k)),), model))
    return cases


def quantize_cases(n: int = 16384, k: int = 8192) -> list[ByteCase]:
    cases = []
    for element in ("f32", "f16"):
        x = Operand(element, (n, k))
        for name, shape in (("tensor", ()), ("row", (n,)), ("group", (n, k // 128))):
            group = " {{group_size = 128 : i64}}" if name == "group" else ""

            def mean(torch, x, shape=shape):
                size = math.prod(shape)
                # Rows at a time, as f64.
                return x.double().abs().reshape(size, -1).mean(-1).reshape(shape).float(),

            cases.append(ByteCase(
                f"absmean_{name}_{element}",
                f"  ternary.absmean ins(%0 : {{0}}) outs(%1 : {{1}}){group}",
                (x,), (), (Operand("f32", shape),), mean, tolerance=1e-5))
        cases.append(ByteCase(
            f"ternarize_row_{element}",
            "  ternary.ternarize ins(%0 : {0}) scales(%1 : {1}) outs(%2 : {2})",
            (x, Operand("f32", (n,))), (), (Operand("i8", (n, k)),),
            lambda torch, x, scale: (
                (x.float() / scale[:, None]).round().clamp(-1, 1).to(torch.int8),)))
    cases.append(ByteCase(
        "ternarize_threshold_f32",
        "  ternary.ternarize ins(%0 : {0}) outs(%1 : {1})"
        " {{method = #ternary<method threshold>, threshold = 0.5 : f32}}",
        (Operand("f32", (n, k)),), (), (Operand("i8", (n, k)),),
        lambda torch, x: (((x > 0.5).to(torch.int8) - (x < -0.5).to(torch.int8)),)))
    for element in ("f32", "f16"):
        x, q, scale = Operand(element, (n, k)), Operand("i8", (n, k)), Operand("f32", (n,))
        cases.append(ByteCase(
            f"quantize_activation_{element}",
            "  ternary.quantize_activation ins(%0 : {0}) outs(%1, %2 : {1}, {2})"
            " {{scale_form = #ternary<scale_form absmax>}}",
            (x,), (), (q, scale), quantize))
        cases.append(ByteCase(
            f"rms_norm_{element}",
            "  ternary.rms_norm ins(%0 : {0}) weight(%1 : {1}) outs(%2 : {2})"
            " {{eps = 1.0e-6 : f32}}",
            (x, Operand("f32", (k,))), (), (x,), lambda torch, *x: (normalize(torch, *x),),
            tolerance=1e-5 if element == "f32" else 1e-2))
    cases.append(ByteCase(
        "dequantize_activation",
        "  ternary.dequantize_activation ins(%0 : {0}) scales(%1 : {1}) outs(%2 : {2})",
        (q, scale), (), (Operand("f32", (n, k)),),
        lambda torch, q, scale: (q.float() * scale[:, None],)))
    return cases


def straight_through_cases(n: int = 16384, k: int = 8192) -> list[ByteCase]:
    w, scale = Operand("f32", (n, k)), Operand("f32", (n,))

    def quotient(w, scale):
        return (w / scale[:, None]).round().clamp(-1, 1)

    def forward(torch, w, scale):
        return w + (quotient(w, scale) * scale[:, None] - w),

    def backward(torch, w, grad, scale):
        sums = (quotient(w, scale) * grad).double().sum(-1).float()
        return grad, sums

    # Sums of these are exact.
    trits = Operand("f32", (n, k), "trits")

    def variant(name):
        return f"{{{{variant = #ternary<ste_variant {name}>}}}}"

    return [
        ByteCase("ste_identity", "  ternary.ste ins(%0 : {0}) scales(%1 : {1}) outs(%2 : {2}) "
                 + variant("identity"), (w, scale), (), (w,), forward),
        ByteCase("ste_backward_clamp",
                 "  ternary.ste_backward ins(%0, %1 : {0}, {1}) outs(%2 : {2}) "
                 + variant("clamp"), (w, w), (), (w,),
                 lambda torch, w, grad: (torch.where(w.abs() <= 1, grad, 0),)),
        ByteCase("ste_backward_lsq",
                 "  ternary.ste_backward ins(%0, %1 : {0}, {1}) scales(%2 : {2})"
                 " outs(%3, %4 : {3}, {4}) " + variant("lsq"),
                 (trits, trits, scale), (), (w, scale), backward)]


def norm_cases(n: int = 32768, k: int = 4096) -> list[ByteCase]:
    """rms_norm, then quantize_activation: what a layer does before its product."""
    x, q, scale = Operand("f16", (n, k)), Operand("i8", (n, k)), Operand("f32", (n,))
    norm = ("  ternary.rms_norm ins(%0 : {0}) weight(%1 : {1}) outs(%y : {0})"
            " {{eps = 1.0e-6 : f32}}\n"
            "  ternary.quantize_activation ins(%y : {0}) outs(%2, %3 : {2}, {3})"
            " {{scale_form = #ternary<scale_form absmax>}}")

    def model(torch, x, weight):
        return quantize(torch, normalize(torch, x, weight))

    fused = ByteCase("norm_quantize_fused", "  %y = memref.alloc() : {0}\n" + norm +
                   "\n  memref.dealloc %y : {0}",
                   (x, Operand("f32", (k,))), (), (q, scale), model, tolerance=1e-2, ties=1e-2)
    # The normalized rows are a result, so both are there.
    apart = ByteCase("norm_quantize_apart", norm.replace("%y", "%4"),
                   (x, Operand("f32", (k,))), (), (q, scale, x),
                   lambda torch, *x: (*model(torch, *x), normalize(torch, *x)),
                   tolerance=1e-2, ties=1e-2)
    return [fused, apart]


def state_cases(n: int = 32768, k: int = 8192) -> list[ByteCase]:
    grid = Operand("i8", (n, k))
    sign, groups = Operand("i8", (n, k), "trits"), (n, k // GROUP)
    cases = []
    for packing in ("chimera", "base3"):
        weight, pack = packed(packing, n, k), PACKINGS[packing][0]

        def flips(torch, trits, votes, pack=pack):
            trits, votes = flip(torch, trits, votes, 100)
            return pack(torch, trits), votes

        cases.append(ByteCase(
            f"apply_flips_{packing}",
            f"  ternary.step outs(%0, %1 : {{0}}, {{1}})"
            f" {{{{{attribute(packing)}, threshold = 100 : i64}}}}",
            (), (weight, grid), (), flips))
        group = f"{attribute(packing)}, group_size = {GROUP} : i64"
        cases.append(ByteCase(
            f"update_exponent_{packing}",
            f"  ternary.update_exponent ins(%0 : {{0}}) weight(%1 : {{1}}) shape({n}, {k})"
            f" outs(%2, %3 : {{2}}, {{3}}) {{{{{group}, threshold = 4 : i64}}}}",
            (sign, weight), (Operand("i8", groups), Operand("i8", groups, "small")), (), vote))
        cases.append(ByteCase(
            f"accumulate_correlation_{packing}",
            f"  ternary.accumulate_correlation ins(%0 : {{0}}) weight(%1 : {{1}})"
            f" shape({n}, {k}) outs(%2, %3 : {{2}}, {{3}}) {{{{{group}}}}}",
            (sign, weight), (Operand("i64", groups), Operand("i64", (1,))), (), correlate))
    cases.append(ByteCase(
        "accumulate_trit",
        "  ternary.accumulate_trit ins(%0 : {0}) outs(%1 : {1}) {{amount = 2 : i64}}",
        (sign,), (grid,), (),
        lambda torch, sign, votes: (
            (votes.int() - 2 * sign).clamp(-128, 127).to(torch.int8),)))
    shape = (n, 4 * k // GROUP)
    cases.append(ByteCase(
        "effective_exponent",
        "  ternary.effective_exponent ins(%0 : {0}) correlation(%1 : {1}) step(%2 : {2})"
        f" outs(%3 : {{3}}) {{{{group_size = {GROUP} : i64}}}}",
        (Operand("i8", shape, "small"), Operand("i64", shape), Operand("i64", (1,), "rows", (100,))),
        (), (Operand("f32", shape),), exponentiate, tolerance=1e-5))
    return cases


def all_byte_cases() -> list[ByteCase]:
    return [*storage_cases(), *dequantize_cases(), *embedding_cases(), *quantize_cases(),
            *straight_through_cases(), *norm_cases(), *state_cases()]
