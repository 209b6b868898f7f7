#!/usr/bin/env python3
"""Tests of the lint scripts and of check.py, on small made-up inputs."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import check
import check_dead_checks
import check_docs
import check_includes
import check_labels
import check_releases
import check_roundtrip
import check_sizes
import check_text
import common

RUN = "// RUN: ternary-opt %s | FileCheck %s\n"


def messages(findings) -> list[str]:
    return [finding.message for finding in findings]


class Common(unittest.TestCase):
    def test_run_lines_join_continuations(self):
        text = "// RUN: a \\\n// RUN:   b\n// RUN: c\n"
        self.assertEqual(common.run_lines(text), ["a b", "c"])


class Labels(unittest.TestCase):
    def test_finds_labels_but_no_values(self):
        text = "// pack_c1 and (pack_c2);\n%alloc_c3, @f_c4, pack_c0, x_pack_c1_y\n"
        self.assertEqual(check_labels.labels_of(text), {"pack_c1": 1, "pack_c2": 1})

    def test_names_each_missing_place(self):
        places = {"spec": {"a_c1": ("s", 1)}, "td": {"a_c1": ("t", 2)},
                  "test": {"b_c1": ("x", 3)}}
        self.assertEqual(messages(check_labels.compare(places)), [
            "a_c1 is missing in test", "b_c1 is missing in spec",
            "b_c1 is missing in td"])


class DeadChecks(unittest.TestCase):
    def check(self, text: str) -> list[str]:
        return messages(check_dead_checks.check_test("t.mlir", text))

    def test_good_test(self):
        self.assertEqual(self.check(
            RUN + "// CHECK-LABEL: f\n// CHECK-COUNT-2: x\n// CHECK{LITERAL}: [[\n"
            "// NOTE: prose\n// A sentence: with a colon.\n"), [])

    def test_prefixes_of_all_calls_count(self):
        runs = ("// RUN: a | FileCheck %s --check-prefixes=AVX,ALL\n"
                "// RUN: b | FileCheck %s -check-prefix SSE\n")
        self.assertEqual(self.check(runs + "// AVX-DAG: a\n// SSE: b\n// ALL: c\n"), [])
        self.assertEqual(self.check(runs + "// CHECK: a\n"),
                         ["CHECK is no directive of the prefixes in use (ALL|AVX|SSE)"])
        runs = "// RUN: a | FileCheck %s --check-prefixes=AVX,AVX-512\n"
        self.assertEqual(self.check(runs + "// AVX: a\n// AVX-512-NEXT: b\n"), [])

    def test_misspelt_directives(self):
        for wrong in ("CHECK_NEXT: x", "CHECK NEXT: x", "CHEKC-NEXT: x", "CHECK-NXT: x",
                      "CHECK-LABEL f", "CEHCK: x", "CHCK: x", "CHECK-SMAE: x"):
            self.assertEqual(len(self.check(RUN + f"// {wrong}\n")), 1, wrong)

    def test_checks_without_filecheck(self):
        self.assertEqual(len(self.check("// RUN: ternary-opt %s\n// CHECK: x\n")), 1)

    def test_no_run_line(self):
        self.assertEqual(len(self.check("func.func @f()\n")), 1)

    def test_expectations_need_the_option(self):
        text = "// expected-error @+1 {{x}}\n"
        self.assertEqual(len(self.check("// RUN: ternary-opt %s\n" + text)), 1)
        self.assertEqual(self.check(
            "// RUN: ternary-opt %s --verify-diagnostics\n" + text), [])


class Includes(unittest.TestCase):
    def check(self, name: str, target: str) -> list[str]:
        line = f'#include "{target}"\n'
        return messages(check_includes.check_file(name, line, common.ROOT))

    def test_downwards_is_allowed(self):
        for name, target in (
                ("lib/Target/A.cpp", "ternary/IR/Ternary.h"),
                ("lib/Conversion/X/A.cpp", "ternary/Transforms/Passes.h"),
                ("lib/ExecutionEngine/A.cpp", "ternary/Pipelines/Pipelines.h"),
                ("tools/t/t.cpp", "ternary/InitAll.h"),
                ("lib/IR/A.cpp", "mlir/IR/Builders.h")):
            self.assertEqual(self.check(name, target), [], name)

    def test_upwards_is_refused(self):
        for name, target in (
                ("lib/IR/A.cpp", "ternary/Transforms/Passes.h"),
                ("include/ternary/Transforms/A.h", "ternary/Conversion/Passes.h"),
                ("lib/Target/A.cpp", "ternary/Pipelines/Pipelines.h"),
                ("lib/ExecutionEngine/A.cpp", "ternary/Transforms/Passes.h"),
                ("lib/Conversion/A.cpp", "ternary/InitAll.h")):
            self.assertEqual(len(self.check(name, target)), 1, name)

    def test_relative_includes_are_resolved(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            for room in ("IR", "Pipelines"):
                (root / "lib" / room).mkdir(parents=True)
                (root / "lib" / room / "Detail.h").touch()
            text = '#include "Detail.h"\n#include "../Pipelines/Detail.h"\n'
            found = check_includes.check_file("lib/IR/A.cpp", text, root)
            self.assertEqual([finding.line for finding in found], [2])

    def test_unknown_room(self):
        self.assertEqual(len(check_includes.check_file(
            "lib/Utils/A.cpp", "", common.ROOT)), 1)


class Releases(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "CMakeLists.txt").write_text("project(ternary VERSION 0.2.0)\n")
        (self.root / "CHANGELOG.md").write_text("## [Unreleased] – 0.2.0\n## [0.1.0]\n")
        for version in ("0.1.0", "0.2.0"):
            self.add(version)

    def add(self, version: str):
        folder = self.root / check_releases.FOLDER / version
        folder.mkdir(parents=True)
        for name in ("a.mlirbc", "a.mlir", check_releases.WEIGHTS):
            (folder / name).write_text(name)
        check_releases.write_sums(folder)
        return folder

    def found(self) -> list[str]:
        return [f"{Path(f.path).name}: {f.message}" for f in check_releases.check(self.root)]

    def test_complete(self):
        self.assertEqual(check_releases.read_versions(self.root),
                         [("0.2.0", False), ("0.1.0", True)])
        self.assertEqual(self.found(), [])

    def test_what_is_missing(self):
        folder = self.root / check_releases.FOLDER / "0.1.0"
        (folder / "a.mlir").unlink()
        (folder / check_releases.WEIGHTS).unlink()
        self.assertEqual(self.found(), [
            "a.mlir: is missing", "packed.npz: is missing",
            "a.mlir: is another file than SHA256SUMS says",
            "packed.npz: is another file than SHA256SUMS says"])
        (folder / check_releases.SUMS).unlink()
        self.assertRegex(self.found()[0], "version 0.1.0 has no files")

    def test_what_has_changed(self):
        folder = self.root / check_releases.FOLDER / "0.1.0"
        (folder / "a.mlirbc").write_text("b")
        self.assertEqual(set(self.found()), {"a.mlirbc: is another file than SHA256SUMS "
                                             "says"})

    def test_versions_agree(self):
        (self.root / "CMakeLists.txt").write_text("project(ternary VERSION 0.3.0)\n")
        self.add("0.3.0")
        self.assertEqual(self.found(), [
            "CHANGELOG.md: the first version is not that of CMakeLists.txt",
            "0.3.0: is no version of CHANGELOG.md"])


class Sizes(unittest.TestCase):
    def test_cpp_functions(self):
        text = ('namespace a {\nclass B {\n  int f() { return "}"[0]; }\n};\n'
                "// void g() {\n#define X {\nint h(int x)\n{\n"
                "  if (x) {\n    return '{';\n  }\n  return 1'000;\n}\n}\n"
                'extern "C" {\nvoid k() {}\n}\n')
        self.assertEqual(list(check_sizes.cpp_functions(text)),
                         [(3, 3), (7, 13), (16, 16)])

    def test_constructors_and_initializers(self):
        text = "struct A {\n  A() : x{1} {\n  }\n  int x;\n};\nint y[] = {1};\nvoid f() {}\n"
        self.assertIn((7, 7), list(check_sizes.cpp_functions(text)))

    def test_limits(self):
        body = "  x();\n" * 99
        self.assertEqual(len(check_sizes.check_file("a.cpp", f"void f() {{\n{body}}}\n")), 1)
        self.assertEqual(len(check_sizes.check_file(
            "a.py", "def f():\n" + "    x = 1\n" * 100)), 1)
        self.assertEqual(check_sizes.check_file(
            "a.py", "def f():\n" + "    x = 1\n" * 99), [])
        self.assertEqual(len(check_sizes.check_file("a.td", "\n" * 601)), 1)


class Text(unittest.TestCase):
    def check(self, text: str, name: str = "a.cpp") -> list[str]:
        return messages(check_text.check_file(name, text))

    def test_good_messages(self):
        for good in ('return emitOpError("expected ") << n << " bytes, got " << m;\n',
                     'emitError(loc) << "K must be positive, got " << k;\n',
                     'emitOpError() << name << " Expected later";\n',
                     'emitError() << "cannot open \'" << path << "\': " << text(e.x);\n',
                     'rewriter.notifyMatchFailure(op, [&](auto &d) { d << "no"; });\n',
                     'InFlightDiagnostic emitError();\nfoo("Bar.");\n'):
            self.assertEqual(self.check(good), [], good)

    def test_bad_messages(self):
        for bad in ('return emitOpError("Expected a tensor");\n',
                    'emitError(loc) << "Bad rank";\n',
                    'emitError(loc, "wrong rank.");\n',
                    'emitError(loc)\n    << "got " << n\n    << " bytes.";\n'):
            self.assertEqual(len(self.check(bad)), 1, bad)

    def test_white_space_and_newline(self):
        self.assertEqual(len(self.check("a \nb\t\nc", "a.md")), 3)

    def test_machine_paths(self):
        prefix = "/"  # apart, so that this file does not break the rule
        self.assertEqual(len(self.check(f"cd {prefix}home/me\n", "a.md")), 1)
        self.assertEqual(self.check("see docs/home/x.md and /usr/lib\n", "a.md"), [])


class Roundtrip(unittest.TestCase):
    def test_what_is_skipped(self):
        why = check_roundtrip.why_skipped
        self.assertIsNone(why("ops.mlir", "// RUN: ternary-opt %s\n"))
        self.assertIsNotNone(why("pack-invalid.mlir", ""))
        self.assertIsNotNone(why("a.mlir", "// expected-error {{x}}\n"))
        self.assertIsNotNone(why("a.mlir", "// RUN: not ternary-opt %s\n"))

    def test_split_file_parts(self):
        text = "// RUN: split-file %s %t\n//--- a.mlir\nA\n//--- b.txt\nB\n"
        self.assertEqual(check_roundtrip.parts_of(text), ["A"])
        self.assertEqual(check_roundtrip.parts_of("A\n"), ["A\n"])


class Docs(unittest.TestCase):
    GOOD = {"summary": "s", "assemblyFormat": "$x", "dialect": None, "opDialect": None,
            "description": "text\n```mlir\n%0 = ternary.f %x // c\n```\n"}

    def problems(self, **changes) -> list[str]:
        tests = [check_docs.normal("// RUN: x\n  %a   = ternary.f %b\n")]
        return list(check_docs.problems("op", {**self.GOOD, **changes}, tests))

    def test_complete(self):
        self.assertEqual(self.problems(), [])

    def test_short_example(self):
        self.assertEqual(self.problems(description="Example: `ternary.f %z`"), [])

    def test_incomplete(self):
        self.assertEqual(len(self.problems(summary="")), 1)
        self.assertEqual(len(self.problems(description=" ")), 1)
        self.assertEqual(len(self.problems(description="no example")), 1)
        self.assertEqual(len(self.problems(description="```mlir\nternary.g\n```")), 1)
        self.assertEqual(len(self.problems(
            assemblyFormat=None, hasCustomAssemblyFormat=1)), 1)


class Check(unittest.TestCase):
    def test_closing_line(self):
        self.assertEqual(check.count_closing_line("x\n3 passed, 1 failed, 2 skipped\n"),
                         check.Result(3, 1, 2))
        self.assertEqual(check.count_closing_line("3 passed"), check.Result())

    def test_lit_and_gtest(self):
        self.assertEqual(check.count_lit({"tests": [
            {"code": c} for c in ("PASS", "XFAIL", "FAIL", "XPASS", "UNSUPPORTED")]}),
            check.Result(2, 2, 1))
        self.assertEqual(check.count_gtest({"testsuites": [{"testsuite": [
            {"result": "COMPLETED"}, {"result": "COMPLETED", "failures": [{}]},
            {"result": "SKIPPED"}]}]}), check.Result(1, 1, 1))

    def test_no_test_and_crash_are_failures(self):
        suite = check.Suite("x", ["true"])
        self.assertEqual(check.count(suite, "0 passed, 0 failed", 0).failed, 1)
        self.assertEqual(check.count(suite, "2 passed, 0 failed", 139).failed, 1)
        self.assertEqual(check.count(suite, "2 passed, 0 failed", 0).failed, 0)


def main() -> int:
    result = unittest.main(module=__name__, exit=False, verbosity=0).result
    failed = len(result.failures) + len(result.errors)
    sys.stderr.flush()
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
