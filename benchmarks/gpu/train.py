"""Operands and peers of the training ops, on a GPU."""

from __future__ import annotations

import cupy
import torch
import triton
import triton.language as tl

from reads import plain_read_call
from train_cases import GROUP, TrainCase

COPY_BYTES = 192 << 20  # of what a call reads and writes, together: more than L2
MOST_COPIES = 16
STRENGTH = 4.0

# The kernels of the original system, restated: its blocks, its order, its formulas.


@triton.jit
def decode(weight, n, k, K: tl.constexpr, mask):
    """The trits of flat bytes of five digits, the lowest first."""
    place = n * K + k
    byte = tl.load(weight + place // 5, mask=mask, other=0).to(tl.int32)
    digit = place % 5
    power = tl.where(digit == 0, 1, tl.where(digit == 1, 3, tl.where(
        digit == 2, 9, tl.where(digit == 3, 27, 81))))
    return (byte // power) % 3 - 1


@triton.jit
def sign_tile(grad, x, n, k, inside_k, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr,
              ROWS: tl.constexpr, COLUMNS: tl.constexpr, TOKENS: tl.constexpr):
    """Signs of gradients of a tile of weights, by f32 products."""
    sums = tl.zeros((ROWS, COLUMNS), dtype=tl.float32)
    for first in range(0, M, TOKENS):
        m = first + tl.arange(0, TOKENS)
        left = tl.load(grad + m[:, None] * N + n[None, :],
                       mask=(m[:, None] < M) & (n[None, :] < N), other=0.0)
        right = tl.load(x + m[:, None] * K + k[None, :],
                        mask=(m[:, None] < M) & inside_k[None, :], other=0.0)
        sums += tl.dot(tl.trans(left), right, input_precision="ieee")
    return (sums > 0).to(tl.int32) - (sums < 0).to(tl.int32)


@triton.jit
def original_grad_sign(grad, x, out, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr,
                       TOKENS: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    n = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    k = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    sign = sign_tile(grad, x, n, k, k < K, M, N, K, ROWS, COLUMNS, TOKENS)
    tl.store(out + n[:, None] * K + k[None, :], sign.to(tl.int8),
             mask=(n[:, None] < N) & (k[None, :] < K))


@triton.jit
def original_correlation(weight, grad, x, correlation, M: tl.constexpr, N: tl.constexpr,
                         K: tl.constexpr, GROUP_SIZE: tl.constexpr, GROUPS: tl.constexpr,
                         TOKENS: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """A program has one group of columns; the step is counted by the host."""
    n = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    column = tl.arange(0, COLUMNS)
    k = tl.program_id(1) * GROUP_SIZE + column
    inside_k = (column < GROUP_SIZE) & (k < K)
    sign = sign_tile(grad, x, n, k, inside_k, M, N, K, ROWS, COLUMNS, TOKENS)
    inside = (n[:, None] < N) & inside_k[None, :]
    trit = decode(weight, n[:, None], k[None, :], K, inside)
    score = tl.sum(tl.where(inside, sign * trit, 0), axis=1)
    place = correlation + n * GROUPS + tl.program_id(1)
    old = tl.load(place, mask=n < N, other=0)
    tl.store(place, old - score.to(tl.int64), mask=n < N)


@triton.jit
def original_grad_input(grad, weight, exponent, correlation, step, out, M: tl.constexpr,
                        N: tl.constexpr, K: tl.constexpr, GROUP_SIZE: tl.constexpr,
                        GROUPS: tl.constexpr, STRENGTH: tl.constexpr, TOKENS: tl.constexpr,
                        ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """Scales are computed of the state for each weight; products in the default
    precision, tf32."""
    m = tl.program_id(0) * TOKENS + tl.arange(0, TOKENS)
    k = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    sums = tl.zeros((TOKENS, COLUMNS), dtype=tl.float32)
    for first in range(0, N, ROWS):
        n = first + tl.arange(0, ROWS)
        left = tl.load(grad + m[:, None] * N + n[None, :],
                       mask=(m[:, None] < M) & (n[None, :] < N), other=0.0)
        inside = (n[:, None] < N) & (k[None, :] < K)
        trit = decode(weight, n[:, None], k[None, :], K, inside)
        place = n[:, None] * GROUPS + k[None, :] // GROUP_SIZE
        e = tl.load(exponent + place, mask=inside, other=0).to(tl.float32)
        c = tl.load(correlation + place, mask=inside, other=0).to(tl.float32)
        steps = tl.maximum(tl.load(step).to(tl.float32) * GROUP_SIZE, 1.0)
        right = trit.to(tl.float32) * tl.exp2(e + c / steps * STRENGTH)
        sums += tl.dot(left, tl.where(inside, right, 0.0))
    tl.store(out + m[:, None] * K + k[None, :], sums,
             mask=(m[:, None] < M) & (k[None, :] < K))


@triton.jit
def original_forward(x, weight, exponent, correlation, step, out, M: tl.constexpr,
                     N: tl.constexpr, K: tl.constexpr, GROUP_SIZE: tl.constexpr,
                     GROUPS: tl.constexpr, STRENGTH: tl.constexpr, TOKENS: tl.constexpr,
                     ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """The layer itself, with scales and precision as above."""
    m = tl.program_id(0) * TOKENS + tl.arange(0, TOKENS)
    n = tl.program_id(1) * ROWS + tl.arange(0, ROWS)
    sums = tl.zeros((TOKENS, ROWS), dtype=tl.float32)
    for first in range(0, K, COLUMNS):
        k = first + tl.arange(0, COLUMNS)
        left = tl.load(x + m[:, None] * K + k[None, :],
                       mask=(m[:, None] < M) & (k[None, :] < K), other=0.0)
        inside = (k[:, None] < K) & (n[None, :] < N)
        trit = decode(weight, n[None, :], k[:, None], K, inside)
        place = n[None, :] * GROUPS + k[:, None] // GROUP_SIZE
        e = tl.load(exponent + place, mask=inside, other=0).to(tl.float32)
        c = tl.load(correlation + place, mask=inside, other=0).to(tl.float32)
        steps = tl.maximum(tl.load(step).to(tl.float32) * GROUP_SIZE, 1.0)
        right = trit.to(tl.float32) * tl.exp2(e + c / steps * STRENGTH)
        sums += tl.dot(left, tl.where(inside, right, 0.0))
    tl.store(out + m[:, None] * N + n[None, :], sums,
             mask=(m[:, None] < M) & (n[None, :] < N))


def pack_base3(trits: torch.Tensor) -> torch.Tensor:
    """Five trits of the flat matrix per byte, the first one lowest."""
    flat = trits.reshape(-1).to(torch.int32) + 1
    flat = torch.nn.functional.pad(flat, (0, -len(flat) % 5))
    powers = torch.tensor([1, 3, 9, 27, 81], device=trits.device, dtype=torch.int32)
    return (flat.view(-1, 5) * powers).sum(1).to(torch.uint8)


def original_forward_call(trits: torch.Tensor, x: torch.Tensor, out: torch.Tensor):
    """A function that calls the layer of the original system."""
    (n, k), m, groups = trits.shape, len(x), -(-trits.shape[1] // GROUP)
    weight = pack_base3(trits)
    exponent = torch.zeros(n, groups, device="cuda", dtype=torch.int8)
    correlation = torch.zeros(n, groups, device="cuda", dtype=torch.int64)
    step = torch.ones(1, device="cuda", dtype=torch.int64)
    grid = (triton.cdiv(m, 16), triton.cdiv(n, 16))
    return lambda copy: original_forward[grid](
        x, weight, exponent, correlation, step, out, m, n, k, GROUP, groups, STRENGTH,
        TOKENS=16, ROWS=16, COLUMNS=32)


class TrainLayer:
    """Operands of a case, with so many copies that none stays in L2."""

    def __init__(self, case: TrainCase, library) -> None:
        self.case, self.library = case, library
        generator = torch.Generator(device="cuda").manual_seed(case.n + case.k + case.m)

        def floats(*shape: int) -> torch.Tensor:
            return torch.randn(shape, generator=generator, device="cuda")

        def integers(low: int, high: int, *shape: int) -> torch.Tensor:
            return torch.randint(low, high, shape, generator=generator, device="cuda")

        self.trits = integers(-1, 2, case.n, case.k).to(torch.int8)
        packed = torch.empty(case.num_bytes, device="cuda", dtype=torch.int8)
        library.call(case.name + "_pack", self.trits, packed)
        self.exponent = integers(-4, 5, case.n, case.groups).to(torch.int8)
        state = {
            "grad": floats(case.m, case.n), "x": floats(case.m, case.k), "weight": packed,
            "sign": torch.zeros(case.n, case.k, device="cuda", dtype=torch.int8),
            "correlation": integers(-100, 100, case.n, case.groups),
            "step": integers(5, 9, 1), "scale": torch.exp2(self.exponent.float()),
            "out": torch.zeros(case.m, case.k, device="cuda")}
        self.names = {
            "grad_sign": ("grad", "x", "sign"),
            "accumulate_correlation": ("grad", "x", "weight", "correlation", "step"),
            "grad_input": ("grad", "weight", "scale", "out")}[case.op]
        used = {name: state[name] for name in self.names}
        self.read_bytes = sum(t.numel() * t.element_size() for t in used.values())
        copies = max(1, min(MOST_COPIES, COPY_BYTES // self.read_bytes + 1))
        self.copies = [used] + [{name: t.clone() for name, t in used.items()}
                                for _ in range(copies - 1)]

    @property
    def weights(self) -> list:
        return self.copies

    def call(self, copy: int) -> None:
        operands = self.copies[copy]
        self.library.call(self.case.name, *(operands[name] for name in self.names))

    def signs(self) -> torch.Tensor:
        """By fused multiply-add in ascending order of tokens: a product of two f32 is
        exact in f64, so each sum is rounded once but for a tie of one in 2^29."""
        grad, x = self.copies[0]["grad"].double(), self.copies[0]["x"].double()
        sums = torch.zeros(self.case.n, self.case.k, device="cuda")
        for g, row in zip(grad, x):
            sums = torch.addr(sums.double(), g, row).float()
        return sums.sign()

    def error(self) -> float:
        """Over 1 where the result is wrong."""
        used, case = self.copies[0], self.case
        if case.op == "grad_input":
            self.call(0)
            pad = case.groups * GROUP - case.k
            weight = torch.nn.functional.pad(self.trits.double(), (0, pad))
            weight = weight * used["scale"].double().repeat_interleave(GROUP, 1)
            expected = used["grad"].double() @ weight[:, :case.k]
            worst = ((used["out"].double() - expected).abs()
                     / (2e-5 * expected.abs().max() + 1e-30)).max()
            return float("inf") if torch.isnan(worst) else float(worst)
        expected = self.signs()
        if case.op == "grad_sign":
            self.call(0)
            return 2.0 * int((used["sign"] != expected).sum())
        pad = case.groups * GROUP - case.k
        products = torch.nn.functional.pad(expected * self.trits, (0, pad))
        score = products.view(case.n, case.groups, GROUP).sum(2).long()
        before = used["correlation"].clone(), used["step"].clone()
        self.call(0)
        return 2.0 * (int((used["correlation"] != before[0] - score).sum())
                      + int((used["step"] != before[1] + 1).sum()))

    def peers(self) -> dict:
        """Functions that make a call from this layer."""
        return {"triton_original": original_call, "torch_f32": f32_call, "read": read_call}


def original_call(layer: TrainLayer):
    case, copies = layer.case, layer.copies
    n, k, m = case.n, case.k, case.m
    if case.op == "grad_sign":
        grid = (triton.cdiv(n, 16), triton.cdiv(k, 32))
        return lambda copy: original_grad_sign[grid](
            copies[copy]["grad"], copies[copy]["x"], copies[copy]["sign"], m, n, k,
            TOKENS=32, ROWS=16, COLUMNS=32)
    if case.op == "accumulate_correlation":
        grid = (triton.cdiv(n, 8), case.groups)
        return lambda copy: original_correlation[grid](
            copies[copy]["weight"], copies[copy]["grad"], copies[copy]["x"],
            copies[copy]["correlation"], m, n, k, GROUP, case.groups,
            TOKENS=32, ROWS=8, COLUMNS=32)
    grid = (triton.cdiv(m, 16), triton.cdiv(k, 32))
    correlation = torch.zeros(n, case.groups, device="cuda", dtype=torch.int64)
    step = torch.ones(1, device="cuda", dtype=torch.int64)
    return lambda copy: original_grad_input[grid](
        copies[copy]["grad"], copies[copy]["weight"], layer.exponent, correlation, step,
        copies[copy]["out"], m, n, k, GROUP, case.groups, STRENGTH,
        TOKENS=16, ROWS=16, COLUMNS=32)


def f32_call(layer: TrainLayer):
    """The product alone, of dense f32, by cuBLAS."""
    torch.backends.cuda.matmul.allow_tf32 = False
    case, copies = layer.case, layer.copies
    if case.op == "grad_input":
        weight = layer.trits.float()
        return lambda copy: torch.mm(copies[copy]["grad"], weight, out=copies[copy]["out"])
    out = torch.empty(case.n, case.k, device="cuda")
    return lambda copy: torch.mm(copies[copy]["grad"].T, copies[copy]["x"], out=out)


def read_call(layer: TrainLayer):
    """Of what one token reads."""
    if layer.case.m > 1:
        return None
    return plain_read_call([cupy.zeros(layer.read_bytes, cupy.int8) for _ in layer.copies])
