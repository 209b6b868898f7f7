"""Our layers under torch.compile and torch.export, and the custom ops by themselves."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
import unittest
from collections.abc import Callable
from typing import Any
from unittest import mock

from torch_testing import HAS_TORCH, TorchTestCase, leaf, needs_torch

if HAS_TORCH:
    import torch
    from torch import Tensor, nn

    from ternary.torch import arb, chimera, functional, tilelli, tscale
    from ternary.torch._ops.dispatch import dispatch

    ops = torch.ops.ternary

HAS_COMPILER = any(shutil.which(name) for name in ("g++", "clang++", "c++"))
BACKENDS = ("eager", "aot_eager", "inductor")


def two_layers(first: nn.Module, norm: nn.Module, second: nn.Module) -> nn.Module:
    return nn.Sequential(first, norm, nn.ReLU(), second)


def chimera_model(**options: Any) -> nn.Module:
    return two_layers(chimera.BitLinear(10, 8, **options), chimera.RMSNorm(8),
                      chimera.BitLinear(8, 4))


def arb_model() -> nn.Module:
    return two_layers(arb.TernaryScaleTensor(10, 8, tscale_type=arb.TScaleType.T4),
                      arb.TernaryRMSNorm(8), arb.TernaryScaleTensor(8, 4, bias=True))


def arb_kept_model() -> nn.Module:
    model = arb_model()
    model[0]._stream_backward_updates = model[3]._stream_backward_updates = False
    return model


def tscale_model() -> nn.Module:
    return two_layers(tscale.TernaryScaleTensor(10, 8, group_size=3),
                      tscale.TernaryRMSNorm(8), tscale.TernaryScaleTensor(8, 4))


if HAS_TORCH:
    class Functions(nn.Module):
        """The functional and the tilelli system in one model."""

        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.randn(8, 10))
            self.scale = tilelli.LearnableScale(0.5)
            self.register_buffer("trits", torch.randint(-1, 2, (4, 8)).float())
            self.gamma = nn.Parameter(torch.rand(4))

        def forward(self, x: Tensor) -> Tensor:
            hidden = functional.activation_quant(x) @ tilelli.ternarize_per_row(self.w).t()
            hidden = hidden + x @ tilelli.ternarize_lsq(self.w, self.scale.value()).t()
            return functional.bitlinear(hidden, self.trits, self.gamma)


def training_step(model: nn.Module, call: Callable[[Tensor], Tensor],
                  x: Tensor) -> list[Tensor]:
    """The result and all that backward leaves: gradients, updated state, kept signs."""
    x = x.clone().requires_grad_()
    y = call(x)
    y.backward(torch.ones_like(y))
    kept = [module._hook_grad_T_sign for module in model.modules()
            if hasattr(module, "_hook_grad_T_sign")]
    return [y.detach(), x.grad, *(p.grad for p in model.parameters()), *model.buffers(),
            *kept]


class WithoutTorch(unittest.TestCase):
    def test_says_what_is_missing(self) -> None:
        code = "import sys; sys.modules['torch'] = None; import ternary.torch"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
        self.assertIn("ImportError: ternary.torch: expected the package torch, found none",
                      done.stderr)


@needs_torch
class Compile(TorchTestCase):
    def setUp(self) -> None:
        super().setUp()
        torch._dynamo.reset()

    def compiled(self, model: nn.Module, backend: str) -> Callable[[Tensor], Tensor]:
        if backend == "inductor" and not HAS_COMPILER:
            self.skipTest("inductor needs a C++ compiler, which is not here")
        return torch.compile(model, fullgraph=True, backend=backend)

    def check_training(self, make: Callable[[], nn.Module]) -> None:
        """Two steps, compiled and not, of models that start equal."""
        for backend in BACKENDS:
            with self.subTest(backend=backend):
                torch._dynamo.reset()
                model = make()
                other = copy.deepcopy(model)
                call = self.compiled(other, backend)
                for rows in (3, 5):
                    x = torch.randn(rows, 10)
                    for got, want in zip(training_step(other, call, x),
                                         training_step(model, model, x), strict=True):
                        self.assert_close(got, want)

    def test_chimera(self) -> None:
        self.check_training(chimera_model)

    def test_chimera_two_of_four(self) -> None:
        self.check_training(lambda: chimera_model(bias=True, nm_2_4=True))

    def test_arb(self) -> None:
        self.check_training(arb_model)

    def test_arb_kept(self) -> None:
        self.check_training(arb_kept_model)

    def test_tscale(self) -> None:
        self.check_training(tscale_model)

    def test_functions(self) -> None:
        self.check_training(Functions)

    def test_embedding(self) -> None:
        model = nn.Sequential(arb.TernaryEmbedding(6, 10), arb.TernaryScaleTensor(10, 4))
        other, ids = copy.deepcopy(model), torch.tensor([[0, 5], [3, 3]])
        torch.compile(other, fullgraph=True, backend="aot_eager")(ids).sum().backward()
        model(ids).sum().backward()
        for got, want in zip(other.buffers(), model.buffers(), strict=True):
            self.assert_equal(got, want)

    def test_inference(self) -> None:
        for make in (chimera_model, arb_model, tscale_model):
            for prepared in (False, True):
                with self.subTest(make=make.__name__, prepared=prepared), torch.no_grad():
                    torch._dynamo.reset()
                    model = make().eval()
                    if prepared and make is chimera_model:
                        model[0].prepare_for_inference()
                        model[3].prepare_for_inference()
                    x = torch.randn(3, 10)
                    call = self.compiled(model, "aot_eager")
                    self.assert_close(call(x), model(x))

    def test_weights_change_after_compiling(self) -> None:
        model = chimera.BitLinear(10, 4).eval()
        call = self.compiled(model, "aot_eager")
        x = torch.randn(3, 10)
        with torch.no_grad():
            call(x)
            model.weight.neg_()
            self.assert_close(call(x), model(x))
            model.prepare_for_inference()
            self.assert_close(call(x), model(x))
            model.invalidate_packed()
            model.weight.neg_()
            self.assert_close(call(x), model(x))

    def test_environment_is_read_at_each_call(self) -> None:
        model = arb.TernaryScaleTensor(10, 4)
        model(torch.randn(3, 10)).sum().backward()
        call = self.compiled(model, "aot_eager")
        x = torch.randn(3, 10)
        with torch.no_grad():
            for strength in ("4.0", "0.5"):
                with mock.patch.dict(os.environ, ARB_BIGINT_CORR_STRENGTH=strength):
                    self.assert_close(call(x), model(x))

    def test_component_weight_is_read_at_each_call(self) -> None:
        model = arb.TernaryScaleTensor(10, 4, numerics=arb.TRITON_NUMERICS)
        call = self.compiled(model, "aot_eager")
        for weight, steps in ((3.0, 3), (2.0, 5)):
            y = call(torch.randn(3, 10))
            with arb.component("part", weight):
                y.sum().backward()
            self.assertEqual(model.step_counter.tolist(), [steps])


@needs_torch
class Export(TorchTestCase):
    def nodes(self, model: nn.Module, x: Tensor) -> list[Any]:
        """The calls of our ops in the exported graph, which computes as the model."""
        exported = torch.export.export(model, (x,))
        self.assert_close(exported.module()(x).detach(), model(x).detach())
        return [node for node in exported.graph.nodes
                if str(node.target).startswith("ternary.")]

    def test_arb(self) -> None:
        nodes = self.nodes(arb_model().eval(), torch.randn(3, 10))
        self.assertEqual([str(node.target).split(".")[1] for node in nodes],
                         ["effective_exponent", "bitlinear", "effective_exponent",
                          "rms_norm", "effective_exponent", "bitlinear"])
        self.assertEqual(nodes[1].kwargs, {
            "out_features": 8, "packing": "base3", "group_size": 4,
            "round_operands": None, "dtype": torch.float32})

    def test_prepared_chimera(self) -> None:
        model = chimera_model().eval()
        model[0].prepare_for_inference()
        model[3].prepare_for_inference()
        nodes = self.nodes(model, torch.randn(3, 10))
        self.assertEqual([str(node.target).split(".")[1] for node in nodes],
                         ["bitlinear", "rms_norm", "bitlinear"])
        self.assertEqual(nodes[0].kwargs["packing"], "chimera")

    def test_any_number_of_tokens(self) -> None:
        model = arb_model().eval()
        tokens = torch.export.Dim("tokens")
        exported = torch.export.export(model, (torch.randn(3, 10),),
                                       dynamic_shapes=({0: tokens},))
        x = torch.randn(7, 10)
        self.assert_close(exported.module()(x).detach(), model(x).detach())


def linear_samples() -> dict[str, tuple[tuple, dict]]:
    """Arguments for the ops of linear layers."""
    trits = torch.randint(-1, 2, (4, 10), dtype=torch.int8)
    packed = ops.pack(trits, packing="base3", conversion="trits")
    layout = {"packing": "base3", "group_size": 4, "round_operands": None,
              "dtype": torch.float32}
    state = [torch.zeros(4, 3, dtype=torch.int64), torch.zeros(1, dtype=torch.int64)]
    x, grad = leaf(3, 10), torch.randn(3, 4)
    return {
        "bitlinear": ((x, [packed], [torch.rand(4, 3).requires_grad_()], None, leaf(4)),
                      {**layout, "out_features": 4}),
        "bitlinear_train": ((x, [leaf(4, 10)], [trits], [torch.rand(4)], leaf(4)),
                            {"rule": "clamp", "dtype": torch.float32}),
        "bitlinear_tracked": ((x, leaf(0), packed, torch.rand(4, 3), None, state),
                              {**layout, "out_features": 4, "update": "correlation",
                               "weight_base": None}),
        "grad_input": ((grad, packed, torch.rand(4, 3)), {**layout, "in_features": 10}),
        "embedding": ((torch.tensor([0, 3]), packed, torch.rand(4, 3)),
                      {"rows": 4, "columns": 10, "packing": "base3", "group_size": 4}),
        "embedding_tracked": (
            (torch.tensor([0, 3]), leaf(0), packed, torch.rand(4, 3), state),
            {"rows": 4, "columns": 10, "packing": "base3", "group_size": 4,
             "update": "correlation"}),
        "embedding_grad_sign": ((torch.tensor([0, 3]), torch.randn(2, 10)), {"rows": 4}),
    }


def quantize_samples() -> dict[str, tuple[tuple, dict]]:
    """Arguments for the ops from floats to trits and back."""
    w, trits = torch.randn(4, 10), torch.randint(-1, 2, (4, 10), dtype=torch.int8)
    packed = ops.pack(trits, packing="chimera", conversion="trits")
    shape = {"rows": 4, "columns": 10, "packing": "chimera"}
    return {
        "pack": ((trits,), {"packing": "chimera", "conversion": "trits"}),
        "unpack": ((packed,), shape),
        "dequantize": ((packed, torch.rand(4)),
                       {**shape, "group_size": None, "dtype": torch.float32}),
        "repack": ((packed,), {"rows": 4, "columns": 10, "source": "chimera",
                               "packing": "cpu_panel2"}),
        "nonzero_mask": ((packed,), shape),
        "absmean": ((leaf(4, 10),),
                    {"granularity": "row", "group_size": None, "eps": 1e-5}),
        "ternarize": ((w, torch.rand(4)), {"method": "round", "threshold": None,
                                           "eps": 1e-5, "group_size": None}),
        "as_trits": ((trits.float(),), {}),
        "sparsify": ((w,), {"n": 2, "m": 4}),
        "decompose": ((w,), {"components": 2, "granularity": "row", "eps": 1e-5}),
        "deadzone_stats": ((w,), {"band": 0.1, "eps": 1e-5}),
        # Without gradient: opcheck cannot sum integer results with float ones.
        "quantize_activation": ((w,), {"bits": 8, "eps": 1e-5, "scale_form": "absmax",
                                       "dtype": torch.int8}),
        "dequantize_activation": ((trits, torch.rand(4).requires_grad_()),
                                  {"bits": 8, "scale_form": "absmax"}),
        "exponent_init_mean": ((w,), {"group_size": 4, "rounding": "truncate",
                                      "ragged": "group_size"}),
    }


def train_samples() -> dict[str, tuple[tuple, dict]]:
    """Arguments for straight-through estimators, learned scales and norms."""
    w, grad, alpha = torch.randn(4, 10), torch.randn(4, 10), torch.rand(4)
    norm = {"eps": 1e-5, "packing": None, "group_size": None}
    return {
        "ste": ((leaf(4, 10), torch.rand(4).requires_grad_()), {"variant": "lsq"}),
        "ste_backward": ((w, grad, None), {"variant": "clamp"}),
        "lsq_backward": ((w, grad, alpha), {}),
        "learnable_scale": ((torch.rand(4).requires_grad_(),), {"eps": 1e-5}),
        "learnable_scale_backward": ((alpha, torch.randn(4)), {"eps": 1e-5}),
        "rms_norm": ((leaf(3, 10), leaf(10), None), {**norm, "dtype": torch.float32}),
        "rms_norm_backward": ((torch.randn(3, 10), torch.randn(3, 10), torch.rand(10),
                               None), norm),
    }


def state_samples() -> dict[str, tuple[tuple, dict]]:
    """Arguments for the ops on state."""
    trits = torch.randint(-1, 2, (4, 10), dtype=torch.int8)
    packed = ops.pack(trits, packing="base3", conversion="trits")
    pair = [torch.randn(3, 4), torch.randn(3, 10)]
    votes = torch.zeros(4, 10, dtype=torch.int8)
    exponent = torch.zeros(4, 3, dtype=torch.int8)
    correlation, step = torch.zeros(4, 3, dtype=torch.int64), torch.ones(1).long()
    layout = {"packing": "base3", "group_size": 4}
    return {
        "effective_exponent": (
            (exponent, correlation, step),
            {"group_size": 4, "strength": 4.0, "correlate_at_zero": False,
             "clamp_min": None, "clamp_max": None}),
        "grad_sign": (tuple(pair), {}),
        "keep_sign": ((*pair, votes, step), {}),
        "replace_sign": ((trits, votes, step), {}),
        "accumulate_correlation": ((pair, packed, correlation, step),
                                   {**layout, "amount": 2}),
        "stream_correlation": ((*pair, packed, correlation, step),
                               {**layout, "weight_base": 1}),
        "update_exponent": (([trits], packed, exponent, exponent.clone()),
                            {**layout, "threshold": 4}),
        "accumulate_exponent": (([trits], packed, exponent), {**layout, "amount": 1}),
        "accumulate_trit": ((pair, votes), {"amount": 1}),
        "step": ((pair, None, packed, votes), {"packing": "base3", "threshold": 3,
                                               "group_size": None, "amount": 1}),
        "regroup_scale": ((packed, exponent, correlation, step),
                          {"rows": 4, "columns": 10, "packing": "base3",
                           "old_group_size": 4, "group_size": 8, "rounding": "truncate",
                           "ragged": "group_size"}),
    }


@needs_torch
class CustomOps(TorchTestCase):
    """Schema, fake tensors, registration of gradients and ahead-of-time dispatch of every
    op."""

    def check(self, samples: dict[str, tuple[tuple, dict]]) -> None:
        for name, (arguments, keywords) in samples.items():
            with self.subTest(op=name):
                torch.library.opcheck(getattr(ops, name).default, arguments, keywords)

    def test_linear(self) -> None:
        self.check(linear_samples())

    def test_quantize(self) -> None:
        self.check(quantize_samples())

    def test_train(self) -> None:
        self.check(train_samples())

    def test_state(self) -> None:
        self.check(state_samples())

    def test_memory_that_no_code_reaches(self) -> None:
        trits = torch.ones(2, 5, dtype=torch.int8, device="meta")
        self.assert_refuses(ValueError, "expected on cpu or cuda, found on meta", dispatch, "pack",
                            trits, "base3", out=trits)
        self.assert_refuses(ValueError, "expected all on cpu, found one on meta", dispatch,
                            "pack", torch.ones(2, 5), "base3", out=trits)

    def test_all_are_checked(self) -> None:
        registered = {name.removeprefix("ternary::").split(".")[0]
                      for name in torch._C._dispatch_get_all_op_names()
                      if name.startswith("ternary::")}
        checked = {*linear_samples(), *quantize_samples(), *train_samples(),
                   *state_samples()}
        self.assertEqual(registered, checked)


if __name__ == "__main__":
    unittest.main()
