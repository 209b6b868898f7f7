"""The reference pages have what the package has, and refuse what is not documented."""

from __future__ import annotations

import inspect
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import ternary
from torch_testing import HAS_TORCH, needs_torch

if HAS_TORCH:
    import ternary.torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from python_reference import problems, signature
from python_sources import Docstring, SourceError, Sources

SCRIPT = ROOT / "scripts" / "python_reference.py"
STUB = Path(ternary.__file__).with_name("_core.pyi")
MODULES = ("arb", "chimera", "functional", "tilelli", "tscale")


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)


class Pages(unittest.TestCase):
    def test_pages_have_all_public_names(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, SCRIPT, folder, "--stub", STUB],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            package, torch = (Path(folder, name).read_text(encoding="utf-8")
                              for name in ("python-ternary.md", "python-torch.md"))
        for name in ternary.__all__:
            self.assertRegex(package, rf"\n(### |## ternary\.){name}\n")
        for module in MODULES:
            self.assertIn(f"\n## ternary.torch.{module}\n", torch)
        self.assertIn("\n#### TernaryScaleTensor.tscale_to\n", torch)

    def test_signatures_are_those_of_the_functions(self) -> None:
        module = Sources(STUB).get("ternary")
        for name in ternary.__all__:
            function = getattr(ternary, name)
            if inspect.isfunction(function):
                node = module.definition(name).node
                self.assertEqual([argument.arg for argument in
                                  [*node.args.args, *node.args.kwonlyargs]],
                                 parameters(function), name)

    @needs_torch
    def test_modules_of_torch(self) -> None:
        sources = Sources(STUB)
        for name in MODULES:
            module = getattr(ternary.torch, name)
            read = sources.get(f"ternary.torch.{name}")
            self.assertEqual(read.exports, module.__all__)
            for export in read.exports:
                found = getattr(module, export)
                if not read.definition(export).doc.startswith("The same as") and (
                        inspect.isfunction(found) or inspect.isclass(found)):
                    self.assertEqual(read.definition(export).docstring(),
                                     Docstring.parse(found.__doc__), export)


class Rules(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.package = Path(folder.name)
        (self.package / "ops").mkdir()

    def found(self, name: str, source: str, module: str = "ops.made") -> list[str]:
        """The problems of a name in a module with this source."""
        path = self.package.joinpath(*module.split(".")).with_suffix(".py")
        path.write_text(source, encoding="utf-8")
        read = Sources(STUB, self.package).get(f"ternary.{module}")
        return list(problems(read.definition(name)))

    def test_docstrings(self) -> None:
        for source in ("def f() -> None: pass", "class f: pass", "f = 3"):
            self.assertEqual(self.found("f", source, "plain"),
                             ["ternary.plain.f: expected a docstring, found none"])
        self.assertEqual(self.found("f", 'f = 3\n"""Three."""\n', "plain"), [])

    def test_methods(self) -> None:
        source = '''class f:
    """A class."""
    def forward(self) -> None: pass
    def other(self) -> None: pass
    def _hidden(self) -> None: pass
'''
        self.assertEqual(self.found("f", source, "plain"),
                         ["ternary.plain.f.other: expected a docstring, found none"])

    def test_shapes_of_arguments(self) -> None:
        source = '''def f(x: Array, y: Array | None = None) -> None:
    """Does.

    Args:
        {}: float32{}
    """
'''
        self.assertEqual(self.found("f", source.format("x, y", " `[N]`.")), [])
        self.assertEqual(self.found("f", source.format("x", " `[N]`.")), [
            "ternary.ops.made.f: argument 'y', expected a shape under 'Args:', found "
            "'nothing'"])
        self.assertEqual(self.found("f", source.format("x, y", ".")), [
            f"ternary.ops.made.f: argument '{name}', expected a shape under 'Args:', found "
            "'float32.'" for name in "xy"])

    def test_shapes_of_results(self) -> None:
        source = '''def f() -> Any:
    """Does.

    Returns:
        float32{}.
    """
'''
        self.assertEqual(self.found("f", source.format(" `[N]`")), [])
        self.assertEqual(self.found("f", source.format("")), [
            "ternary.ops.made.f: expected a shape under 'Returns:', found 'float32.'"])

    def test_signature(self) -> None:
        self.found("f", '''@dataclass
class f:
    """A class."""
    a: int
    b: tuple[float, float] = (1, 2)
    def g(self, *, first: dict[str, float], second: dict[str, int],
          third: tuple[float, ...] = ()) -> int:
        """A method."""
''')
        definition = Sources(STUB, self.package).get("ternary.ops.made").definition("f")
        self.assertEqual(signature(definition),
                         "class f(a: int, b: tuple[float, float] = (1, 2))")
        method = definition.module.methods(definition.node)["g"]
        self.assertEqual(signature(method),
                         "f.g(*, first: dict[str, float], second: dict[str, int],\n"
                         "    third: tuple[float, ...]=()) -> int")

    def test_refusals(self) -> None:
        read = Sources(STUB).get("ternary")
        with self.assertRaisesRegex(SourceError, "ternary: nothing, expected a definition"):
            read.lookup("nothing")
        with self.assertRaisesRegex(SourceError, "expected the stub of the extension"):
            Sources(self.package / "none.pyi").get("ternary._core")


if __name__ == "__main__":
    unittest.main()
