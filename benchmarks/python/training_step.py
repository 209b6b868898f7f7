#!/usr/bin/env python3
"""Times a training step of the group-scaled ternary layer against plain torch.

    benchmarks/python/training_step.py [--features N] [--tokens M] [--steps S]
    benchmarks/python/training_step.py --record DIR --chip sm_90a …       # here, for a GPU
    TERNARY_LIBRARY=DIR training_step.py --device cuda [--graph] …        # there

A step is the forward pass, the gradient to the input and the streamed update of the
correlation. The peer is the same step in torch alone: it decodes the bytes by table and
multiplies dense float32 weights, which it makes once per step. Both run on one thread,
or on the GPU, by turns; the figures are medians. With --graph the steps of both are
replayed from CUDA graphs, so that Python's time does not count. Needs the packages ternary, numpy and torch.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ternary import library
from ternary.torch.arb import TernaryScaleTensor, TScaleType

STRENGTH = 4.0
# How far the correlations may differ: signs of sums that cancel are not sure.
MAX_SHARE = 1e-3


class PlainStep(torch.autograd.Function):
    """The layer in torch: dense weights from bytes, three dense products."""

    @staticmethod
    def forward(ctx, x: Tensor, state: PlainLayer) -> Tensor:
        w = state.dequantize()
        ctx.save_for_backward(x, w)
        ctx.state = state
        return F.linear(x, w)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, None]:
        x, w = ctx.saved_tensors
        ctx.state.accumulate((grad.t() @ x).sign())
        return grad @ w, None


class PlainLayer:
    """State of the layer, and what torch does with it."""

    def __init__(self, layer: TernaryScaleTensor) -> None:
        self.shape = (layer.out_dim, layer.in_dim)
        self.group_size = layer.group_size
        self.packed = layer.T_packed.clone()
        self.exponent = layer.E.clone().view(layer.out_dim, -1)
        self.correlation = layer.corr_accum.clone().view(layer.out_dim, -1)
        self.step = layer.step_counter.clone()
        codes = torch.arange(256)
        self.table = torch.stack([codes // 3 ** digit % 3 - 1 for digit in range(5)],
                                 dim=1).float()

    def trits(self) -> Tensor:
        """float32 `[N, K]`."""
        rows, columns = self.shape
        digits = F.embedding(self.packed.int(), self.table).view(-1)
        return digits[:rows * columns].view(rows, columns)

    def scales(self) -> Tensor:
        """float32 `[N, G]`."""
        mean = self.correlation / (self.step * self.group_size).clamp_min(1)
        return torch.exp2(self.exponent + STRENGTH * mean.float())

    def dequantize(self) -> Tensor:
        grouped = self.trits().view(*self.exponent.shape, self.group_size)
        return (grouped * self.scales().unsqueeze(2)).view(self.shape)

    def accumulate(self, sign: Tensor) -> None:
        products = (sign * self.trits()).view(*self.exponent.shape, self.group_size)
        self.correlation -= products.sum(dim=2).long()
        self.step += 1


def wait(tensor: Tensor) -> None:
    """Until the device of the tensor is idle."""
    if tensor.is_cuda:
        torch.cuda.synchronize()


def run(forward: Callable[[Tensor], Tensor], x: Tensor, grad: Tensor,
        ) -> tuple[Tensor, Tensor, float]:
    """Result, gradient to x and seconds of one step."""
    x = x.clone().requires_grad_()
    wait(x)
    start = time.perf_counter()
    y = forward(x)
    y.backward(grad)
    wait(x)
    seconds = time.perf_counter() - start
    return y.detach(), x.grad, seconds


def replay(forward: Callable[[Tensor], Tensor], x: Tensor, grad: Tensor,
           ) -> Callable[[], float]:
    """Captures one step; what is returned replays it and says its seconds."""
    x = x.clone().requires_grad_()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        forward(x).backward(grad)

    def once() -> float:
        wait(x)
        start = time.perf_counter()
        graph.replay()
        wait(x)
        return time.perf_counter() - start

    once()
    return once


def check(layer: TernaryScaleTensor, plain: PlainLayer, x: Tensor, grad: Tensor) -> None:
    """Runs one step of both and compares; also compiles."""
    ours = run(layer, x, grad)
    theirs = run(lambda x: PlainStep.apply(x, plain), x, grad)
    for got, want in zip(ours[:2], theirs[:2], strict=True):
        torch.testing.assert_close(got, want, rtol=0, atol=1e-4 * float(want.abs().max()))
    wrong = layer.corr_accum.view_as(plain.correlation) != plain.correlation
    if float(wrong.float().mean()) > MAX_SHARE:
        raise SystemExit(f"training_step.py: error: correlation, expected that of torch, "
                         f"found {int(wrong.sum())} of {wrong.numel()} others")


def make_layer(features: int) -> TernaryScaleTensor:
    return TernaryScaleTensor(features, features, tscale_type=TScaleType.T32,
                              backend="torch")


def machine(device: str) -> str:
    """What the step runs on, and the library of torch's dense products."""
    if device == "cuda":
        return f"{torch.cuda.get_device_name()}, torch {torch.__version__} with cuBLAS"
    blas = "MKL" if torch.backends.mkl.is_available() else "no MKL"
    return f"1 thread, torch {torch.__version__} with {blas}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", type=int, default=4096, help="N and K")
    parser.add_argument("--tokens", type=int, default=128, help="M")
    parser.add_argument("--steps", type=int, default=9, help="timed steps of each")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--graph", action="store_true", help="replay CUDA graphs")
    parser.add_argument("--record", metavar="DIR", help="write the functions for a GPU")
    parser.add_argument("--chip", default="sm_90a", help="of the GPU to write for")
    options = parser.parse_args()
    torch.set_default_device(options.device)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    features, tokens = options.features, options.tokens
    x, grad = torch.randn(tokens, features), torch.randn(tokens, features)
    if options.record:
        with library.record("cuda") as recording:
            run(make_layer(features), x, grad)
        recording.build(options.record, chips=[options.chip], options="format=bin")
        return
    layer = make_layer(features)
    plain = PlainLayer(layer)
    check(layer, plain, x, grad)
    forwards = (layer, lambda x: PlainStep.apply(x, plain))
    if options.graph:
        steps = [replay(forward, x, grad) for forward in forwards]
    else:
        steps = [lambda forward=forward: run(forward, x, grad)[2] for forward in forwards]
    seconds = [[step() for step in steps] for _ in range(options.steps)]
    ours, theirs = map(statistics.median, zip(*seconds))
    print(f"training step, N = K = {features}, M = {tokens}, groups of "
          f"{layer.group_size}, {machine(options.device)}"
          f"{', CUDA graphs' if options.graph else ''}")
    print(f"ternary {1e3 * ours:.2f} ms, torch {1e3 * theirs:.2f} ms, "
          f"ratio {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
