"""compile, compile_file and calls of functions: what fits, what is refused, what it
costs."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import numpy as np

import ternary

LAYER = """\
func.func @layer(%x: tensor<?x10xi8> loc("x"), %s: tensor<?xf32> loc("s"),
                 %w: tensor<8x10xi8> {ternary.constant} loc("w")) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x10xi8>
  %init = tensor.empty(%m) : tensor<?x8xf32>
  %y = ternary.bitlinear ins(%x : tensor<?x10xi8>) weights(%w : tensor<8x10xi8>)
      activation_scale(%s : tensor<?xf32>)
      outs(%init : tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
"""

EXACT = """\
func.func @exact(%x: tensor<2x10xi8> loc("x"), %w: tensor<8x10xi8> loc("w"))
    -> tensor<2x8xi32> {
  %init = tensor.empty() : tensor<2x8xi32>
  %y = ternary.bitlinear ins(%x : tensor<2x10xi8>) weights(%w : tensor<8x10xi8>)
      outs(%init : tensor<2x8xi32>) -> tensor<2x8xi32>
  return %y : tensor<2x8xi32>
}
"""

VOTE = """\
func.func @vote(%sign: tensor<8x10xi8> loc("sign"),
                %a: tensor<8x10xi8> {bufferization.writable = true} loc("a"))
    -> tensor<8x10xi8> {
  %a1 = ternary.accumulate_trit ins(%sign : tensor<8x10xi8>)
      outs(%a : tensor<8x10xi8>) {amount = 2 : i64} -> tensor<8x10xi8>
  return %a1 : tensor<8x10xi8>
}
"""

# The result of a function that stays private is memory of its own, which may
# only be freed behind its last use.
PRIVATE = """\
func.func private @double(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %init = tensor.empty() : tensor<4x4xf32>
  %y = linalg.add ins(%x, %x : tensor<4x4xf32>, tensor<4x4xf32>)
      outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
func.func @quadruple(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %y = call @double(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %z = call @double(%y) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %z : tensor<4x4xf32>
}
"""

SCALARS = """\
func.func @scalars(%i: i32 loc("i"), %f: f32 loc("f"), %b: i1 loc("b"), %n: index loc("n"))
    -> (i32, f32, i1, tensor<?xf32>) {
  %one = arith.constant 1 : i32
  %j = arith.addi %i, %one : i32
  %g = arith.addf %f, %f : f32
  %init = tensor.empty(%n) : tensor<?xf32>
  %t = linalg.fill ins(%f : f32) outs(%init : tensor<?xf32>) -> tensor<?xf32>
  return %j, %g, %b, %t : i32, f32, i1, tensor<?xf32>
}
"""

ASSERTED = """\
func.func @asserted(%i: i32) -> i32 {
  %zero = arith.constant 0 : i32
  %ok = arith.cmpi sgt, %i, %zero : i32
  cf.assert %ok, "expected a positive number"
  return %i : i32
}
"""


def exact() -> ternary.Function:
    return ternary.compile(EXACT, entry="exact")


def operands() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return (rng.integers(-128, 128, (2, 10)).astype(np.int8),
            rng.integers(-1, 2, (8, 10)).astype(np.int8))


def peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class Compile(unittest.TestCase):
    def test_functions_and_parameters(self) -> None:
        program = ternary.compile(LAYER)
        self.assertEqual(set(program.functions), {"layer", "layer_prepare"})
        layer = program.functions["layer"]
        self.assertEqual((layer.name, layer.prepare), ("layer", "layer_prepare"))
        x, s, prepared, y = layer.parameters
        self.assertEqual((x.name, x.dtype, x.shape), ("x", "int8", (None, 10)))
        self.assertEqual((s.name, s.type), ("s", "tensor<?xf32>"))
        self.assertTrue(prepared.is_prepared and prepared.is_const)
        self.assertIn("#ternary.packing<", prepared.packing)
        self.assertTrue(y.is_result and not y.is_const and not y.is_scalar)
        self.assertEqual((y.dtype, y.shape), ("float32", (None, 8)))

    def test_same_source_is_compiled_once(self) -> None:
        self.assertIs(ternary.compile(EXACT), ternary.compile(EXACT))
        first = ternary.compile(EXACT)
        ternary.clear_cache()
        self.assertIsNot(ternary.compile(EXACT), first)

    def test_bytecode(self) -> None:
        opt = Path(__file__).resolve().parents[2] / "build" / "bin" / "ternary-opt"
        if not opt.exists():
            self.skipTest("ternary-opt is not built")
        done = subprocess.run([opt, "-", "--emit-bytecode"], input=EXACT.encode(),
                              capture_output=True, check=True)
        x, w = operands()
        function = ternary.compile(done.stdout, entry="exact")
        np.testing.assert_array_equal(function(x, w), x.astype(int) @ w.T.astype(int))

    def test_targets_agree(self) -> None:
        x, w = operands()
        want = x.astype(int) @ w.T.astype(int)
        for target in ("cpu", "reference"):
            function = ternary.compile(EXACT, entry="exact", target=target)
            np.testing.assert_array_equal(function(x, w), want)

    def test_threads(self) -> None:
        x, w = operands()
        function = ternary.compile(EXACT, entry="exact", threads=2)
        np.testing.assert_array_equal(function(x, w), x.astype(int) @ w.T.astype(int))

    def test_private_functions_return_memory(self) -> None:
        x = np.arange(16, dtype=np.float32).reshape(4, 4)
        for target in ("cpu", "reference"):
            function = ternary.compile(PRIVATE, entry="quadruple", target=target)
            np.testing.assert_array_equal(function(x), 4 * x)

    def test_diagnostics_have_places(self) -> None:
        with self.assertRaisesRegex(ternary.Error, r"net:2:8: error: custom op "
                                                   r"'ternary\.none' is unknown"):
            ternary.compile("func.func @f() {\n  %0 = ternary.none\n  return\n}",
                            name="net")
        with self.assertRaisesRegex(ternary.Error, r"shape \[2, 1\], found"):
            ternary.compile("""\
func.func @f(%x: tensor<2x3xi8>, %e: tensor<2x3xi8>) -> tensor<2x3xi8> {
  %0 = ternary.pack ins(%x : tensor<2x3xi8>) outs(%e : tensor<2x3xi8>)
      {packing = #ternary.packing<chimera>} -> tensor<2x3xi8>
  return %0 : tensor<2x3xi8>
}
""")

    def test_options_are_checked(self) -> None:
        for options, message in (
                ({"target": "tpu"}, "expected cpu, cuda or reference, found 'tpu'"),
                ({"entry": "none"}, "entry 'none': expected a function of the module"),
                ({"cpu": "dispatch"}, "cpu: expected 'native' or the name of one"),
                ({"opt_level": 7}, "optimization level: expected 0 to 3, found 7"),
                ({"options": "pack=none"}, "pipeline options: expected"),
                ({"options": "threads=x"}, "option 'threads': expected an integer, found "
                                           "'x'"),
                ({"chip": "sm_90a"}, "chip: expected the target cuda, found 'cpu'")):
            with self.subTest(options), self.assertRaisesRegex(ternary.Error, message):
                ternary.compile(EXACT, **options)
        with self.assertRaisesRegex(TypeError, "source: expected str or bytes, found int"):
            ternary.compile(3)

    def test_remarks(self) -> None:
        remarks = ternary.compile(LAYER).remarks
        self.assertRegex("\n".join(remarks), r"source:6:\d+: remark: .*packing")

    def test_progress(self) -> None:
        seen: list[tuple[str, int]] = []
        ternary.clear_cache()
        ternary.compile(EXACT, progress=lambda name, count: seen.append((name, count)))
        self.assertGreater(len(seen), 20)
        self.assertEqual([count for _, count in seen], list(range(len(seen))))
        self.assertTrue(any("Ternary" in name for name, _ in seen))

    def test_progress_may_stop_it(self) -> None:
        def stop(name: str, count: int) -> None:
            if count == 5:
                raise KeyError("enough")

        ternary.clear_cache()
        with self.assertRaisesRegex(KeyError, "enough"):
            ternary.compile(EXACT, progress=stop)
        ternary.compile(EXACT)  # nothing is left of it

    def test_interrupt(self) -> None:
        ternary.clear_cache()
        # A shell lets what it starts in the background ignore this signal.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)

        def interrupt(name: str, count: int) -> None:
            if count == 3:
                signal.raise_signal(signal.SIGINT)

        with self.assertRaises(KeyboardInterrupt):
            ternary.compile(EXACT, progress=interrupt)

    def test_nothing_is_printed(self) -> None:
        code = ("import ternary\n"
                "for text in ('nonsense', 'func.func @f(', '%'):\n"
                "    try: ternary.compile(text)\n"
                "    except ternary.Error: pass\n"
                "text = 'func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {'\\\n"
                "       ' return %x : tensor<4xf32> }'\n"
                "for options in ('threads=x', 'row-tile=x'):\n"
                "    try: ternary.compile(text, options=options)\n"
                "    except ternary.Error as error: assert \"found 'x'\" in str(error)\n"
                "for options in ('overlap-launches=x', 'decode-shape=1,x'):\n"
                "    try: ternary.compile(text, target='cuda', chip='sm_90a',\n"
                "                         options=options)\n"
                "    except ternary.Error as error: assert \"found 'x'\" in str(error)\n")
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True,
                              env=environment, check=True)
        self.assertEqual((done.stdout, done.stderr), (b"", b""))


class CompileFile(unittest.TestCase):
    def test_library(self) -> None:
        x, w = operands()
        with tempfile.TemporaryDirectory() as folder:
            path, header = Path(folder, "layer.so"), Path(folder, "layer.h")
            ternary.compile_file(EXACT, path, header=header)
            self.assertIn("void exact(", header.read_text())
            y = np.zeros((2, 8), np.int32)
            ctypes.CDLL(str(path)).exact(*(array.ctypes.data_as(ctypes.c_void_p)
                                           for array in (x, w, y)))
        np.testing.assert_array_equal(y, x.astype(int) @ w.T.astype(int))

    def test_a_failure_leaves_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for path, header in (("layer.xyz", None), ("layer.so", "no/folder/layer.h")):
                with self.subTest(path), self.assertRaises(ternary.Error):
                    ternary.compile_file(EXACT, Path(folder, path),
                                         header=header and Path(folder, header))
                self.assertEqual(os.listdir(folder), [])


class Calls(unittest.TestCase):
    def test_prepared(self) -> None:
        functions = ternary.compile(LAYER).functions
        x, w = operands()
        prepared = functions["layer_prepare"](w)
        for tokens in (1, 2, 0):
            scale = np.linspace(0.5, 2, tokens).astype(np.float32)
            y = functions["layer"](x[:tokens], scale, prepared)
            np.testing.assert_allclose(
                y, (x[:tokens].astype(int) @ w.T.astype(int)) * scale[:, None], rtol=1e-6)

    def test_state_changes_in_place(self) -> None:
        sign = operands()[1]
        votes = np.zeros((8, 10), np.int8)
        self.assertIsNone(ternary.compile(VOTE, entry="vote")(sign, votes))
        np.testing.assert_array_equal(votes, -2 * sign)

    def test_out(self) -> None:
        x, w = operands()
        out = np.zeros((2, 8), np.int32)
        self.assertIs(exact()(x, w, out=out), out)
        np.testing.assert_array_equal(out, x.astype(int) @ w.T.astype(int))
        self.assertIs(exact()(x, w, out=(out,)), out)

    def test_uint8_is_as_good_as_int8(self) -> None:
        x, w = operands()
        np.testing.assert_array_equal(exact()(x.view(np.uint8), w), exact()(x, w))

    def test_scalars(self) -> None:
        function = ternary.compile(SCALARS, entry="scalars")
        i, f, b, t = function(41, 1.5, True, 3)
        self.assertEqual((i, f, b, t.tolist()), (42, 3.0, True, [1.5] * 3))
        i, *_ = function(np.int32(1), np.float32(0.1), np.bool_(False), np.int64(0))
        self.assertEqual(i, 2)
        out = (None, np.zeros((), np.float32), None, np.zeros(2, np.float32))
        results = function(1, 2.0, False, 2, out=out)
        self.assertIs(results[1], out[1])
        self.assertEqual(out[3].tolist(), [2.0, 2.0])
        for arguments, error, message in (
                ((2**40, 1.0, True, 1), ValueError, "'i': value, expected -2147483648 to"),
                ((2**70, 1.0, True, 1), ValueError, "expected one of 64 bits"),
                ((1.5, 1.0, True, 1), TypeError, "'i': expected a number of int32"),
                ((1, "1", True, 1), TypeError, "'f': expected a number of float32"),
                ((1, 1.0, True, -1), ValueError, "expected a shape that fits in memory")):
            with self.subTest(arguments), self.assertRaisesRegex(error, message):
                function(*arguments)

    def test_refusals(self) -> None:
        x, w = operands()
        frozen = w.copy()
        frozen.flags.writeable = False
        readonly = np.zeros((2, 8), np.int32)
        readonly.flags.writeable = False
        shifted = np.zeros(67, np.uint8)[1:65].view(np.int32).reshape(2, 8)
        np.testing.assert_array_equal(exact()(x, frozen), exact()(x, w))
        for arguments, out, error, message in (
                ((x,), None, TypeError, "exact: arguments, expected 2, found 1"),
                ((x.astype(np.int16), w), None, TypeError,
                 "exact: argument 'x': dtype, expected int8 or uint8, found int16"),
                ((x.astype(">i2"), w), None, TypeError, "'x': dtype, expected int8"),
                (([1, 2], w), None, TypeError, "expected an array of int8, found list"),
                ((x[:1], w), None, ValueError, r"expected \[2, 10\], found \[1, 10\]"),
                ((x[0], w), None, ValueError, r"expected \[2, 10\], found \[10\]"),
                ((np.zeros((2, 20), np.int8)[:, ::2], w), None, ValueError,
                 "strides, expected those of a c-contiguous array"),
                ((x, np.asfortranarray(w)), None, ValueError, "strides"),
                ((x, w), np.zeros((2, 7), np.int32), ValueError, "result 'result0': shape"),
                ((x, w), np.zeros((2, 8), np.int64), TypeError, "expected int32"),
                ((x, w), readonly, ValueError, "expected writable, found read-only"),
                ((x, w), shifted, ValueError, "address, expected a multiple of 4 bytes"),
                ((x, w), (None, None), TypeError, "out, expected 1, found 2")):
            with self.subTest(message), self.assertRaisesRegex(error, message):
                exact()(*arguments, out=out)
        with self.assertRaisesRegex(TypeError, "expected the keywords out and stream"):
            exact()(x, w, result=None)

    def test_overlap(self) -> None:
        votes = np.zeros((8, 10), np.int8)
        vote = ternary.compile(VOTE, entry="vote")
        with self.assertRaisesRegex(ValueError, "'a': memory, expected none that another "
                                                "array has, found that of 'sign'"):
            vote(votes, votes)
        both = np.zeros(160, np.int8)
        vote(both[:80].reshape(8, 10), both[80:].reshape(8, 10))

    def test_open_extents_fit_each_other(self) -> None:
        functions = ternary.compile(LAYER).functions
        x, w = operands()
        prepared = functions["layer_prepare"](w)
        with self.assertRaisesRegex(ValueError, r"'activation_scale' of shape \[2\]"):
            functions["layer"](x, np.ones(3, np.float32), prepared)

    def test_assertions_are_errors(self) -> None:
        function = ternary.compile(ASSERTED, entry="asserted")
        self.assertEqual(function(3), 3)
        with self.assertRaisesRegex(ternary.Error, "expected a positive number"):
            function(-3)

    def test_bfloat16(self) -> None:
        source = """\
func.func @halve(%x: tensor<4xbf16>) -> tensor<4xbf16> {
  %init = tensor.empty() : tensor<4xbf16>
  %y = linalg.add ins(%x, %x : tensor<4xbf16>, tensor<4xbf16>)
      outs(%init : tensor<4xbf16>) -> tensor<4xbf16>
  return %y : tensor<4xbf16>
}
"""
        function = ternary.compile(source, entry="halve")
        try:
            from ml_dtypes import bfloat16
        except ImportError:
            self.skipTest("ml_dtypes is not installed")
        x = np.array([1, 2.5, -3, 0], bfloat16)
        y = function(x)
        self.assertEqual(y.dtype, bfloat16)
        self.assertEqual(y.astype(float).tolist(), [2, 5, -6, 0])


    def test_bfloat16_of_rows_that_are_no_whole_vector(self) -> None:
        try:
            from ml_dtypes import bfloat16
        except ImportError:
            self.skipTest("ml_dtypes is not installed")
        x = np.linspace(-3, 3, 60, dtype=np.float32).reshape(5, 12)
        trits = np.random.default_rng(0).integers(-1, 2, (21, 12)).astype(np.int8)
        for packing in (None, "chimera", "cpu_panel2"):
            weight = trits if packing is None else ternary.pack(trits, packing)
            y = ternary.bitlinear(x, weight, out_features=21, packing=packing,
                                  dtype="bfloat16")
            exact = ternary.bitlinear(x, trits)
            np.testing.assert_allclose(y.astype(np.float32), exact, rtol=2**-8,
                                       atol=1e-6)


class Lifetime(unittest.TestCase):
    def test_a_function_keeps_its_program(self) -> None:
        function = exact()
        ternary.clear_cache()
        gc.collect()
        x, w = operands()
        np.testing.assert_array_equal(function(x, w), x.astype(int) @ w.T.astype(int))

    def test_calls_do_not_leak(self) -> None:
        x, w = operands()
        function = exact()

        def calls(count: int) -> None:
            for _ in range(count):
                function(x, w)
                try:
                    function(x, x)
                except ValueError:
                    pass

        calls(1000)
        before = peak_kib()
        calls(10_000)
        self.assertLess(peak_kib() - before, 1024)

    def test_compilations_do_not_leak(self) -> None:
        def compilations(count: int) -> None:
            for _ in range(count):
                ternary.clear_cache()
                ternary.compile(EXACT)

        compilations(5)
        before = peak_kib()
        compilations(15)
        # What LLVM keeps of a compilation it uses again for the next.
        self.assertLess(peak_kib() - before, 20 * 1024)

    def test_threads_compile_and_call_at_once(self) -> None:
        x, w = operands()
        want = x.astype(int) @ w.T.astype(int)
        failures: list[BaseException] = []

        def work(name: str) -> None:
            try:
                source = EXACT.replace("@exact", f"@exact_{name}")
                for _ in range(3):
                    ternary.clear_cache()
                    function = ternary.compile(source, entry=f"exact_{name}")
                    for _ in range(200):
                        np.testing.assert_array_equal(function(x, w), want)
            except BaseException as error:  # reported by the main thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_a_call_costs_little(self) -> None:
        x, w = operands()
        function, out = exact(), np.zeros((2, 8), np.int32)
        best = float("inf")
        for _ in range(20):
            start = time.perf_counter()
            for _ in range(1000):
                function(x, w, out=out)
            best = min(best, (time.perf_counter() - start) / 1000)
        self.assertLess(best, 15e-6)


if __name__ == "__main__":
    unittest.main()
