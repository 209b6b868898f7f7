"""Libraries for GPUs, called with a stand-in for the driver: its memory is the host's, it
notes calls, and runs no kernel."""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

import numpy as np

import ternary
from library_testing import CudaArray, FolderTestCase, Tensor, aligned, build
from ternary import library
from ternary._arrays import DeviceArray

DRIVER = Path(ternary.__file__).parents[2] / "test" / "FakeDriver"

CUDA = 2  # DLPack's number of the device


def arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, w and the result of the layer, where memory of a device could be."""
    return (aligned(np.ones((3, 10), np.int8)), aligned(np.ones((8, 10), np.int8)),
            aligned(np.zeros((3, 8), np.int32)))


def tensors(**options: Any) -> list[Tensor]:
    return [Tensor(array, device=CUDA, **options) for array in arrays()]


def call_by_dlpack(layer: library.Function) -> None:
    for options in ({}, {"version": 1}, {"offset": 32}):
        x, w, out = tensors(**options)
        assert layer(x, w, out=out, stream=0x70) is out
        for tensor in (x, w, out):
            assert tensor.streams == [0x70], tensor.streams
            assert (tensor.num_exported, tensor.num_released) == (1, 1)


def call_by_cuda_interface(layer: library.Function) -> None:
    x, w, out = map(CudaArray, arrays())
    assert layer(x, w, out=(out,), stream=0x80) is out


def call_in_stream_of_source(layer: library.Function) -> None:
    streams = iter([0x90, 0xA0])
    library.set_stream_source(lambda: next(streams))
    for _ in range(2):
        x, w, out = tensors()
        layer(x, w, out=out)
        layer(x, w, out=out, stream=0xB0)
    library.set_stream_source(None)
    layer(x, w, out=out)
    assert out.streams == [0xA0, 0xB0, 1], out.streams


def call_on_host(layer: library.Function) -> None:
    x, w, out = arrays()
    assert layer(x, w, out=out) is out
    assert layer(Tensor(x), w).shape == (3, 8)


def refuse(layer: library.Function) -> None:
    x, w, out = tensors()
    host = arrays()
    for arguments, keywords, error, text in (
            ((x, w), {}, TypeError, "out, expected arrays for results on a gpu"),
            ((x, host[1]), {"out": out}, ValueError, "device, expected all arrays on one"),
            ((x, w), {"out": host[2]}, ValueError, "device, expected all arrays on one"),
            ((x, w), {"out": x}, TypeError, "dtype, expected int32, found int8"),
            ((x, Tensor(w.array[1:], device=CUDA)), {"out": out}, ValueError, "shape"),
            ((Tensor(x.array.reshape(-1)[1:21].reshape(2, 10), device=CUDA), w),
             {"out": out}, ValueError, "address, expected a multiple of 16 bytes"),
            ((x, w), {"out": out, "stream": "s"}, TypeError, "integer")):
        try:
            layer(*arguments, **keywords)
        except error as found:
            assert text in str(found), str(found)
        else:
            raise AssertionError(text)
    for tensor in (x, w, out):
        assert tensor.num_exported == tensor.num_released > 0


def fail(layer: library.Function) -> None:
    x, w, out = tensors()
    for call in (lambda: layer(x, w, out=out), lambda: layer(x.array, w.array)):
        try:
            call()
        except ternary.Error as error:
            print(error)
    assert x.num_exported == x.num_released == 1


def use(folder: str) -> None:
    """An eager op on the device, in the stream of the source."""
    library.use(folder)
    library.set_stream_source(lambda: 0xC0)
    x, w, out = tensors()
    assert ternary.bitlinear(x, w, dtype="int32", out=out) is out
    assert ternary.bitlinear(x.array, w.array, dtype="int32").shape == (3, 8)
    x, w, out = [DeviceArray(array.dtype.name, array.shape, array.ctypes.data, array)
                 for array in arrays()]
    assert ternary.bitlinear(x, w, dtype="int32", out=out) is out


def compile_here(_: str) -> None:
    """An eager op that is compiled for the device, in the stream of the source."""
    ternary.set_target("cuda")
    library.set_stream_source(lambda: 0xD0)
    x, w, out = tensors()
    assert ternary.bitlinear(x, w, dtype="int32", out=out) is out
    assert ternary.bitlinear(x.array, w.array, dtype="int32").shape == (3, 8)


@unittest.skipUnless((DRIVER / "libcuda.so.1").exists(),
                     "there is no stand-in driver: build ternary-fake-driver")
class StandInDriver(FolderTestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.path = Path(folder.name) / "module.so"
        cls.library = build(Path(folder.name), target="cuda", chips=["sm_80", "sm_90a"],
                            entries=["layer"])

    def run_case(self, name: str, path: Path, **environment: str) -> tuple[str, str]:
        """What a function of this file prints in a process of its own, and what the
        driver notes."""
        log = self.folder / "log"
        printed = self.run_python(
            "import sys, test_library_cuda as cases\n"
            "from ternary import library\n"
            "path = sys.argv[2]\n"
            "argument = (library.load(path).functions['layer'] if path.endswith('.so')\n"
            "            else path)\n"
            "getattr(cases, sys.argv[1])(argument)\n",
            name, path, LD_LIBRARY_PATH=str(DRIVER), FAKE_CUDA_LOG=str(log),
            PYTHONPATH=":".join([str(Path(__file__).parent), *filter(None, sys.path)]),
            **environment)
        return printed, log.read_text() if log.exists() else ""

    def streams(self, log: str) -> list[int]:
        """Those of the kernels, each once where several follow each other."""
        found = re.findall(r"cuLaunchKernel.* stream (\S+)", log)
        return [0 if stream == "(nil)" else int(stream, 16)
                for stream, _ in itertools.groupby(found)]

    def test_interface(self) -> None:
        self.assertEqual((self.library.target, self.library.chips),
                         ("cuda", ("sm_80", "sm_90a")))

    def test_dlpack(self) -> None:
        _, log = self.run_case("call_by_dlpack", self.path)
        self.assertEqual(self.streams(log), [0x70])
        self.assertNotIn("cuMemcpy", log)

    def test_cuda_array_interface(self) -> None:
        _, log = self.run_case("call_by_cuda_interface", self.path)
        self.assertEqual(self.streams(log), [0x80])
        self.assertNotIn("cuMemcpy", log)

    def test_stream_source(self) -> None:
        _, log = self.run_case("call_in_stream_of_source", self.path)
        self.assertEqual(self.streams(log), [0x90, 0xB0, 0xA0, 0xB0, 0])

    def test_host_arrays(self) -> None:
        _, log = self.run_case("call_on_host", self.path)
        self.assertEqual(log.count("cuMemcpyHtoDAsync_v2 30"), 2)
        self.assertEqual(log.count("cuMemcpyDtoHAsync_v2 96"), 2)

    def test_refusals(self) -> None:
        _, log = self.run_case("refuse", self.path)
        self.assertNotIn("cuLaunchKernel", log)

    def test_failures(self) -> None:
        printed, _ = self.run_case("fail", self.path, FAKE_CUDA_FAIL="cuLaunchKernel:719")
        self.assertRegex(printed, r"^(kernel '.*': cuLaunchKernel: .*\(719\)\n){2}$")
        printed, _ = self.run_case("fail", self.path, FAKE_CUDA_CAPABILITY="75")
        self.assertEqual(printed, "chip: the code is for sm_80,sm_90a, the device is "
                                  "sm_75\n" * 2)

    def test_eager_ops(self) -> None:
        x, w, _ = arrays()
        with library.record("cuda") as recording:
            ternary.bitlinear(x, w, dtype="int32")
        folder = self.folder / "gpu"
        recording.build(folder, chips=["sm_90a"])
        _, log = self.run_case("use", folder)
        self.assertEqual([self.streams(log)[i] for i in (0, 2)], [0xC0, 0xC0])
        self.assertEqual(len(self.streams(log)), 3)
        self.assertEqual(log.count("cuMemcpyDtoHAsync_v2 96"), 1)

    def test_eager_ops_that_are_compiled_here(self) -> None:
        _, log = self.run_case("compile_here", self.folder)
        self.assertEqual(self.streams(log)[0], 0xD0)
        self.assertEqual(len(self.streams(log)), 2)
        self.assertEqual(log.count("cuMemcpyDtoHAsync_v2 96"), 1)


if __name__ == "__main__":
    unittest.main()
