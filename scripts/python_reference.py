#!/usr/bin/env python3
"""Makes the reference pages of the Python package from its signatures and docstrings.

    scripts/python_reference.py [OUT] [--stub FILE]

OUT (build/docs) gets python-ternary.md, the package with its ops, and python-torch.md; the
stub is that of the extension module. Nothing is written if

* a public function, class or method has no docstring, or a public constant no string below
  it (`forward` and `extra_repr` are described by their class);
* an op takes an array whose entry under `Args:` is missing or states no shape, or returns
  arrays without a shape under `Returns:`. A shape is a text in brackets, `rank 0`, a name
  that ends in `shape`, or a reference to another op (`as in`).
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from python_sources import (ROOT, STUB, Assignment, Definition, Docstring, Function, Module,
                            SourceError, Sources)

OUT = ROOT / "build" / "docs"
PAGES = {"python-ternary.md": "ternary", "python-torch.md": "ternary.torch"}

OPS = "ternary.ops."
ARRAY = re.compile(r"\b(?:Array|Source)\b")
SHAPE = re.compile(r"\[[^\]]*\]|\brank 0\b|shape\b|\bas in `")
DESCRIBED_BY_CLASS = ("forward", "extra_repr")
WIDTH = 88


# What has to be there.


def problems(definition: Definition) -> Iterator[str]:
    """What a public name lacks, its methods included."""
    if not definition.doc:
        yield f"{definition.path}: expected a docstring, found none"
    if isinstance(definition.node, ast.ClassDef):
        for name, method in definition.module.methods(definition.node).items():
            if not method.doc and name not in DESCRIBED_BY_CLASS:
                yield f"{method.path}: expected a docstring, found none"
    if definition.module.name.startswith(OPS) and isinstance(definition.node, Function):
        yield from shape_problems(definition)


def shape_problems(definition: Definition) -> Iterator[str]:
    """Arrays of an op whose shapes its docstring does not state."""
    doc, arguments = definition.docstring(), definition.node.args
    for argument in [*arguments.args, *arguments.kwonlyargs]:
        if argument.annotation and ARRAY.search(ast.unparse(argument.annotation)):
            entry = doc.argument(argument.arg)
            if not SHAPE.search(entry):
                yield (f"{definition.path}: argument '{argument.arg}', expected a shape "
                       f"under 'Args:', found {entry or 'nothing'!r}")
    returns = " ".join(text for _, text in doc.sections.get("Returns", []))
    if ast.unparse(definition.node.returns) != "None" and not SHAPE.search(returns):
        yield (f"{definition.path}: expected a shape under 'Returns:', "
               f"found {returns or 'nothing'!r}")


# What is written.


def signature(definition: Definition) -> str:
    """The name with its arguments and types, wrapped."""
    node, name = definition.node, definition.name
    if isinstance(node, Assignment):
        text = f"{name} = {ast.unparse(node.value)}"
    elif isinstance(node, ast.ClassDef):
        inside = class_arguments(definition.module, node)
        text = f"class {name}({inside})" if inside else f"class {name}"
    elif any(ast.unparse(decorator) == "property" for decorator in node.decorator_list):
        text = f"{name}: {ast.unparse(node.returns)}"
    else:
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        text = f"{name}({arguments(node)}){returns}".replace(".__call__(", "(")
    # Lines break between parameters only.
    solid = re.sub(r",\xa0(?=\*|\w+[:=])", ", ", text.replace(" ", "\xa0"))
    lines = textwrap.wrap(solid, WIDTH, subsequent_indent="    ", break_long_words=False,
                          break_on_hyphens=False)
    return "\n".join(lines).replace("\xa0", " ")


def class_arguments(module: Module, node: ast.ClassDef) -> str:
    """What makes an instance; for other classes the bases."""
    init = module.method(node, "__init__")
    if init:
        return arguments(init)
    if "dataclass" in " ".join(map(ast.unparse, node.decorator_list)):
        return ", ".join(ast.unparse(item) for item in node.body
                         if isinstance(item, ast.AnnAssign))
    return ", ".join(map(ast.unparse, node.bases))


def arguments(function: ast.FunctionDef) -> str:
    """The parameters without `self` and `cls`."""
    return re.sub(r"^(?:self|cls)(?:, |$)", "", ast.unparse(function.args))


def render_docstring(doc: Docstring) -> list[str]:
    lines = [doc.text, ""]
    for section, entries in doc.sections.items():
        lines += [f"**{section}**", ""]
        for names, text in entries:
            shown = ", ".join(f"`{name}`" for name in names.split(", ")) if names else ""
            item = textwrap.indent(f"{shown}: {text}" if shown else text, "  ").strip()
            lines.append(f"- {item}" if shown else text)
        lines.append("")
    return lines


def render(definition: Definition, level: int) -> list[str]:
    """A heading, the signature, the docstring, then the methods."""
    lines = [f"{'#' * level} {definition.name}", "", "```python", signature(definition),
             "```", "", *render_docstring(definition.docstring())]
    if isinstance(definition.node, ast.ClassDef):
        for method in definition.module.methods(definition.node).values():
            if method.doc:
                lines += render(method, level + 1)
    return lines


def render_page(name: str, sources: Sources, found: list[str]) -> str:
    """The page of a package; what is missing is appended to `found`. Names are grouped by
    the module that defines them; a public module has its own."""
    package = sources.get(name)
    exports = [package.lookup(export) for export in package.exports]
    sections: dict[str, list[Definition]] = {}
    for item in exports:
        if isinstance(item, Module):
            sections[item.name] = [item.definition(export) for export in item.exports]
        else:
            sections.setdefault(item.module.name, []).append(item)
    lines = [f"# {name}", "", *render_docstring(Docstring.parse(package.doc))]
    for section, definitions in sorted(sections.items()):
        lines += [f"## {section}", "",
                  *render_docstring(Docstring.parse(sources.get(section).doc))]
        for definition in definitions:
            found += problems(definition)
            lines += render(definition, 3)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the reference of the package.")
    parser.add_argument("out", type=Path, nargs="?", default=OUT)
    parser.add_argument("--stub", type=Path, default=STUB, help="stub of _core")
    options = parser.parse_args()
    found: list[str] = []
    try:
        sources = Sources(options.stub)
        pages = {page: render_page(name, sources, found) for page, name in PAGES.items()}
    except SourceError as error:
        found.append(str(error))
    if found:
        print("\n".join(f"reference: {problem}" for problem in sorted(set(found))),
              file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    for page, text in pages.items():
        (options.out / page).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
