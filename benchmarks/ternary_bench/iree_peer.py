"""IREE: the matrix product of int8 activations and i2 weights, compiled by it.

Weights are an argument, packed four to a byte, so that streaming can walk through
copies. A call goes through IREE's Python runtime, which adds some 20 us.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import iree.compiler
import iree.runtime
import numpy as np

from .driver import BenchError
from .linear import Peer
from .problem import WEIGHT_SCALE, Layer, make_activations, make_trits
from .session import Entrant, Session

SOURCE = """
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (n, k)>
#y = affine_map<(m, n, k) -> (m, n)>
#id = affine_map<(m, n) -> (m, n)>
func.func @main(%x: tensor<{m}x{k}xi8>, %bytes: tensor<{n}x{bytes}xi8>)
    -> tensor<{m}x{n}xf32> {{
  %zero = arith.constant 0 : i32
  %scale = arith.constant {scale} : f32
  %w = flow.tensor.bitcast %bytes : tensor<{n}x{bytes}xi8> -> tensor<{n}x{k}xi2>
  %e = tensor.empty() : tensor<{m}x{n}xi32>
  %z = linalg.fill ins(%zero : i32) outs(%e : tensor<{m}x{n}xi32>) -> tensor<{m}x{n}xi32>
  %d = linalg.generic {{indexing_maps = [#x, #w, #y],
                       iterator_types = ["parallel", "parallel", "reduction"]}}
      ins(%x, %w : tensor<{m}x{k}xi8>, tensor<{n}x{k}xi2>) outs(%z : tensor<{m}x{n}xi32>) {{
  ^bb0(%a: i8, %b: i2, %sum: i32):
    %a32 = arith.extsi %a : i8 to i32
    %b32 = arith.extsi %b : i2 to i32
    %p = arith.muli %a32, %b32 : i32
    %s = arith.addi %sum, %p : i32
    linalg.yield %s : i32
  }} -> tensor<{m}x{n}xi32>
  %f = tensor.empty() : tensor<{m}x{n}xf32>
  %y = linalg.generic {{indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}}
      ins(%d : tensor<{m}x{n}xi32>) outs(%f : tensor<{m}x{n}xf32>) {{
  ^bb0(%v: i32, %unused: f32):
    %v32 = arith.sitofp %v : i32 to f32
    %scaled = arith.mulf %v32, %scale : f32
    linalg.yield %scaled : f32
  }} -> tensor<{m}x{n}xf32>
  return %y : tensor<{m}x{n}xf32>
}}
"""

FLAGS = ["--iree-hal-target-device=local",
         "--iree-hal-local-target-device-backends=llvm-cpu",
         "--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3"]


@lru_cache(maxsize=8)
def compile_module(m: int, n: int, k: int, scale: float) -> bytes:
    source = SOURCE.format(m=m, n=n, k=k, bytes=k // 4, scale=f"{scale:.9e}")
    try:
        return iree.compiler.compile_str(source, extra_args=FLAGS)
    except iree.compiler.CompilerToolError as error:
        raise BenchError(f"it cannot compile the product: {str(error)[:200]}") from error


@lru_cache(maxsize=8)
def configure(threads: int) -> iree.runtime.Config:
    """One device per number of threads."""
    if threads == 1:
        return iree.runtime.Config("local-sync")
    iree.runtime.flags.parse_flags(f"--task_topology_group_count={threads}")
    return iree.runtime.Config("local-task")


def pack(trits: np.ndarray) -> np.ndarray:
    """Four trits to a byte, the first in the low bits, in two's complement."""
    codes = trits.reshape(len(trits), -1, 4).view(np.uint8) & 3
    shifts = np.arange(0, 8, 2, dtype=np.uint8)
    return np.bitwise_or.reduce(codes << shifts, axis=2).view(np.int8)


class IREE(Peer):
    name = "iree_i8i2"
    inputs = ("int8",)

    def __init__(self, session: Session):
        self.session = session

    def enter(self, layer: Layer, y: np.ndarray) -> Entrant:
        if layer.k % 4 != 0:
            raise BenchError("k is no multiple of 4")
        activations = make_activations(layer.m, layer.k)
        module = compile_module(layer.m, layer.n, layer.k,
                                float(activations.scale[0]) * WEIGHT_SCALE)
        config = configure(layer.threads)
        context = iree.runtime.SystemContext(config=config)
        context.add_vm_module(iree.runtime.VmModule.copy_buffer(context.instance, module))
        main = context.modules.module["main"]
        packed = pack(make_trits(layer.n, layer.k))
        x = iree.runtime.asdevicearray(config.device, activations.q)
        copies = max(1, math.ceil(layer.walk / packed.nbytes))
        weights = [iree.runtime.asdevicearray(config.device, packed)
                   for _ in range(copies)]
        y[...] = main(x, weights[0]).to_host()
        walk = itertools.cycle(weights)
        runner = self.session.driver.callback(lambda: main(x, next(walk)) and None)
        return Entrant(runner, self.name, "i2, row-wise", "best", packed.nbytes)
