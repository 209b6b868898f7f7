"""The public names of the Python package, read from its sources without importing them.

Neither torch nor the extension module is needed. What the latter defines is read from its
stub, which the build makes.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "ternary"
STUB = ROOT / "build" / "python" / "ternary" / "_core.pyi"

SECTION = re.compile(r"^(Args|Attributes|Raises|Returns):$")
ENTRY = re.compile(r"^([\w.]+(?:, [\w.]+)*): (.*)$", re.DOTALL)

Function = ast.FunctionDef | ast.AsyncFunctionDef
Assignment = ast.Assign | ast.AnnAssign


class SourceError(Exception):
    """A source that is not as expected."""


@dataclass(frozen=True)
class Docstring:
    """A docstring in parts: `sections` have entries (name, text), those of `Returns`
    without a name."""

    text: str
    sections: dict[str, list[tuple[str, str]]]

    @classmethod
    def parse(cls, source: str) -> Docstring:
        text: list[str] = []
        sections: dict[str, list[str]] = {}
        lines = text
        for line in inspect.cleandoc(source).splitlines():
            section = SECTION.match(line)
            if section:
                lines = sections.setdefault(section[1], [])
            elif lines is not text and line and not line.startswith(" "):
                lines = text
                lines.append(line)
            else:
                lines.append(line)
        return cls("\n".join(text).strip(),
                   {name: _entries(body) for name, body in sections.items()})

    def argument(self, name: str) -> str:
        """What `Args:` says of an argument, or nothing."""
        return " ".join(text for names, text in self.sections.get("Args", [])
                        if name in names.split(", "))


def _entries(lines: list[str]) -> list[tuple[str, str]]:
    blocks: list[list[str]] = []
    for line in textwrap.dedent("\n".join(lines)).strip().splitlines():
        if blocks and (not line or line.startswith(" ")):
            blocks[-1].append(line.strip())
        else:
            blocks.append([line])
    matches = [ENTRY.match("\n".join(block).strip()) for block in blocks]
    if not all(matches):  # a text, not entries
        return [("", "\n".join("\n".join(block) for block in blocks))]
    return [(match[1], match[2]) for match in matches if match]


@dataclass(frozen=True)
class Definition:
    """A public name and what stands for it in the sources."""

    name: str
    module: Module
    node: Function | ast.ClassDef | Assignment
    doc: str | None

    @property
    def path(self) -> str:
        return f"{self.module.name}.{self.name}"

    def docstring(self) -> Docstring:
        return Docstring.parse(self.doc or "")


class Sources:
    """The modules of the package, each parsed once."""

    def __init__(self, stub: Path = STUB, package: Path = PACKAGE) -> None:
        self._stub = stub
        self._package = package
        self._modules: dict[str, Module] = {}

    def find(self, name: str) -> Module | None:
        """The module of a dotted name; None if there is none."""
        if name not in self._modules:
            path = self._path(name)
            if path is None:
                return None
            self._modules[name] = Module(self, name, path)
        return self._modules[name]

    def get(self, name: str) -> Module:
        module = self.find(name)
        if module is None:
            raise SourceError(f"{name}: expected a module of the package, found none")
        return module

    def _path(self, name: str) -> Path | None:
        if name == "ternary._core":
            if not self._stub.exists():
                raise SourceError(f"{self._stub}: expected the stub of the extension "
                                      "module, found none; see `make build`")
            return self._stub
        base = self._package.joinpath(*name.split(".")[1:])
        candidates = (base / "__init__.py", base.with_suffix(".py"))
        return next((path for path in candidates if path.exists()), None)


class Module:
    """A module, read for its public names."""

    def __init__(self, sources: Sources, name: str, path: Path) -> None:
        self._sources = sources
        self.name = name
        self._is_package = path.name == "__init__.py"
        self._tree = ast.parse(path.read_text(encoding="utf-8"), str(path))

    @property
    def doc(self) -> str:
        return ast.get_docstring(self._tree) or ""

    @cached_property
    def exports(self) -> list[str]:
        """`__all__`; lists of other modules in it are followed."""
        value = next(node.value for node in self._tree.body if isinstance(node, ast.Assign)
                     and _target(node) == "__all__")
        names: list[str] = []
        for item in value.elts:
            if isinstance(item, ast.Starred):
                names += self._imported_exports(item.value.id)
            else:
                names.append(item.value)
        return names

    def _imported_exports(self, name: str) -> list[str]:
        for node, alias in self._imports():
            if alias.name == "__all__" and alias.asname == name:
                return self._origin(node).exports
        raise SourceError(f"{self.name}: {name}, expected an imported __all__")

    def lookup(self, name: str) -> Definition | Module:
        """What a name stands for, through imports and aliases."""
        statements = list(_statements(self._tree.body))
        for index, node in enumerate(statements):
            if isinstance(node, (Function, ast.ClassDef)) and node.name == name:
                return Definition(name, self, node, ast.get_docstring(node))
            if isinstance(node, Assignment) and _target(node) == name:
                return self._assigned(name, node, statements[index + 1:])
        for node, alias in self._imports():
            if name == (alias.asname or alias.name):
                return self._imported(node, alias.name)
            if alias.name == "*" and name in self._origin(node).exports:
                return self._origin(node).lookup(name)
        raise SourceError(f"{self.name}: {name}, expected a definition, found none")

    def definition(self, name: str) -> Definition:
        """As `lookup`, for names that are no modules."""
        found = self.lookup(name)
        if isinstance(found, Module):
            raise SourceError(f"{self.name}: {name}, expected no module")
        return found

    def _assigned(self, name: str, node: Assignment,
                  rest: list[ast.stmt]) -> Definition:
        """An alias of a function, or a constant with the string below it."""
        if isinstance(node.value, ast.Name):
            return Definition(name, self, node, f"The same as `{node.value.id}`.")
        below = rest[0].value if rest and isinstance(rest[0], ast.Expr) else None
        doc = below.value if isinstance(below, ast.Constant) else None
        return Definition(name, self, node, doc)

    def _imports(self) -> Iterator[tuple[ast.ImportFrom, ast.alias]]:
        """Imports from inside the package."""
        for node in _statements(self._tree.body):
            if isinstance(node, ast.ImportFrom) and node.level:
                for alias in node.names:
                    yield node, alias

    def _imported(self, node: ast.ImportFrom, name: str) -> Definition | Module:
        if node.module is None:
            submodule = self._sources.find(f"{self._origin(node).name}.{name}")
            if submodule is not None:
                return submodule
        return self._origin(node).lookup(name)

    def _origin(self, node: ast.ImportFrom) -> Module:
        parts = self.name.split(".")
        parts = parts[:len(parts) - node.level + self._is_package]
        return self._sources.get(".".join([*parts, *filter(None, [node.module])]))

    def methods(self, node: ast.ClassDef) -> dict[str, Definition]:
        """Public methods and properties, those of bases in the package included."""
        found: dict[str, Definition] = {}
        for module, base in self._bases(node):
            for name, method in module.methods(base).items():
                found[name] = replace(method, name=f"{node.name}.{name}")
        for item in node.body:
            if isinstance(item, Function) and _is_public(item.name):
                found[item.name] = Definition(f"{node.name}.{item.name}", self, item,
                                              ast.get_docstring(item))
            elif isinstance(item, ast.Assign) and isinstance(item.value, ast.Name):
                name = _target(item)
                found[name] = Definition(f"{node.name}.{name}", self, item,
                                         f"The same as `{item.value.id}`.")
        return found

    def method(self, node: ast.ClassDef, name: str) -> Function | None:
        """A method of the class or of its bases in the package."""
        for item in node.body:
            if isinstance(item, Function) and item.name == name:
                return item
        found = (module.method(base, name) for module, base in self._bases(node))
        return next(filter(None, found), None)

    def _bases(self, node: ast.ClassDef) -> Iterator[tuple[Module, ast.ClassDef]]:
        """The bases that are classes of the package, with their modules."""
        for base in node.bases:
            try:
                found = self.lookup(base.id) if isinstance(base, ast.Name) else None
            except SourceError:  # of Python's library
                continue
            if isinstance(found, Definition) and isinstance(found.node, ast.ClassDef):
                yield found.module, found.node


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Those of a module, in all branches."""
    for node in body:
        yield node
        if isinstance(node, ast.If):
            yield from _statements([*node.body, *node.orelse])


def _target(node: Assignment) -> str:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _is_public(method: str) -> bool:
    return not method.startswith("_") or method == "__call__"
