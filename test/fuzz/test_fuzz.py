#!/usr/bin/env python3
"""The fuzzer itself: mutants by seed, verdicts of the driver, whose a stack is."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path
from random import Random

from mutate import TextMutator, bytes_mutant, varint
from run_fuzz import ROOT, Driver
from stacks import crash_of, frame_of

KERNEL = ROOT / "test" / "fuzz" / "Inputs" / "amx-in-kernel.mlir"
TO_PTX = "builtin.module(ternary-to-nvvm{format=isa})"

# A verifier of ours asks upstream for what is not there.
OWN = f"""
 #0 0x7f01 llvm::sys::PrintStackTrace(llvm::raw_ostream&, int) (/lib/libLLVM.so.22.1+0x1)
 #1 0x7f02 (/lib/x86_64-linux-gnu/libc.so.6+0x3c050)
 #2 0x7f03 mlir::Type::getContext() const (/lib/libMLIR.so.22.1+0x2)
 #3 0x5501 ternary::PackOp::verify() {ROOT}/lib/IR/StorageOps.cpp:10:2
 #4 0x7f04 mlir::verify(mlir::Operation*, bool) (/lib/libMLIR.so.22.1+0x3)
 #5 0x5502 fuzz::run(fuzz::Job const&) (/build/bin/ternary-fuzz-driver+0x4)
"""
# A fold of upstream, which a pass of ours has called through the driver of patterns.
UPSTREAM = """
 #0 0x7f01 llvm::sys::PrintStackTrace(llvm::raw_ostream&, int) (/lib/libLLVM.so.22.1+0x1)
 #1 0x7f02 abort ./stdlib/./stdlib/abort.c:81:7
 #2 0x7f03 mlir::arith::AddIOp::fold(mlir::ArrayRef<int>) (/lib/libMLIR.so.22.1+0x2)
 #3 0x7f04 mlir::Operation::fold(int) (/lib/libMLIR.so.22.1+0x3)
 #4 0x5501 (anonymous namespace)::Fuse::runOnOperation() (/build/bin/ternary-opt+0x4)
"""
SANITIZER = f"""
==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1
    #0 0x5501 in ternary::pack(int) {ROOT}/lib/IR/PackingBytes.cpp:3
    #1 0x7f01 in mlir::Operation::fold(int) (/lib/libMLIR.so.22.1+0x3) (BuildId: 0a1b)
"""


class Stacks(unittest.TestCase):
    def test_own(self) -> None:
        crash = crash_of("signal 11", OWN)
        self.assertTrue(crash.ours)
        self.assertEqual(crash.head[1:3],
                         ("mlir::Type::getContext", "ternary::PackOp::verify"))

    def test_behind_dispatch(self) -> None:
        self.assertFalse(crash_of("signal 6", UPSTREAM).ours)
        self.assertTrue(crash_of("hang", UPSTREAM).ours)

    def test_sanitizer(self) -> None:
        crash = crash_of("signal 6", SANITIZER + UPSTREAM)
        self.assertTrue(crash.ours)
        self.assertIn("heap-buffer-overflow", crash.message)
        self.assertEqual(len(crash.frames), 2)

    def test_frame(self) -> None:
        frame = frame_of(
            "llvm::SmallVector<std::pair<int, (lambda)>, 4>::grow(long) (/l.so+0x2)")
        self.assertEqual((frame.name, frame.place),
                         ("llvm::SmallVector<>::grow", "l.so+0x2"))


class Mutants(unittest.TestCase):
    TEXTS = ("func.func @f(%a: tensor<4x8xi8>) {\n  return\n}\n", "module {}\n")

    def test_text_by_seed(self) -> None:
        mutator = TextMutator(self.TEXTS)
        mutants = [mutator.mutant(Random(f"{seed}"), self.TEXTS[0])
                   for seed in (*range(50), *range(50))]
        self.assertEqual(mutants[:50], mutants[50:])
        self.assertGreater(len(set(mutants)), 30)

    def test_bytes_by_seed(self) -> None:
        data = bytes(range(100))
        mutants = [bytes_mutant(Random(seed), data, data)
                   for seed in (*range(50), *range(50))]
        self.assertEqual(mutants[:50], mutants[50:])
        self.assertGreater(len(set(mutants)), 30)

    def test_varint(self) -> None:
        found = [varint(value).hex() for value in (0, 127, 128, 2**56 - 1, 2**64 - 1)]
        self.assertEqual(found, ["01", "ff", "0202", "80" + 7 * "ff", "00" + 8 * "ff"])


class Verdicts(unittest.TestCase):
    def run_driver(self, text: str, pipeline: str, **limits: int) -> tuple[str, str]:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "input.mlir")
            source.write_text(text, encoding="utf-8")
            driver = Driver(ROOT / "build", **{"cpu_seconds": 20, **limits})
            try:
                return driver.run(source, pipeline)
            finally:
                driver.close()

    def test_valid(self) -> None:
        self.assertEqual(self.run_driver("module {}", "")[0], "exit 0")
        self.assertEqual(self.run_driver("module {}", TO_PTX)[0], "exit 0")

    def test_diagnostic(self) -> None:
        ending, said = self.run_driver("module {", "")
        self.assertEqual(ending, "exit 1")
        self.assertIn("error: ", said)

    def test_unknown_pipeline(self) -> None:
        self.assertEqual(self.run_driver("module {}", "builtin.module(x)")[0], "exit 2")

    def test_crash(self) -> None:
        ending, said = self.run_driver(KERNEL.read_text(encoding="utf-8"), TO_PTX)
        crash = crash_of(ending, said)
        self.assertEqual(ending, "signal 6")
        self.assertFalse(crash.ours)
        self.assertIn("Cannot select", crash.message)

    def test_memory(self) -> None:
        self.assertEqual(self.run_driver("module {}", TO_PTX, memory_mib=1)[0], "memory")


def main() -> int:
    result = unittest.main(argv=sys.argv[:1], exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
