"""Write the TypeScript types of ``protocol.py`` and ``training_protocol.py`` in ``lstm_widget/widgets/``.

    python js/protocol.py OUTPUT

Reads the sources and imports nothing of them, so any Python will do.
"""

from __future__ import annotations

import ast
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
MODULES = ["lstm_widget.widgets.protocol", "lstm_widget.widgets.training_protocol"]
HEADER = "// Generated from protocol.py and training_protocol.py; do not edit. `make protocol` writes it.\n"

NAMES = {"str": "string", "int": "number", "float": "number", "bool": "boolean", "Any": "unknown"}
# What Python needs only for itself.
SKIPPED = {"T", "Partial"}


def typescript(node: ast.expr) -> str:
    """Return a Python type as a TypeScript type."""
    match node:
        case ast.Constant(value=None):
            return "null"
        case ast.Name(id=name):
            return NAMES.get(name, name)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return " | ".join(dict.fromkeys([*typescript(left).split(" | "), typescript(right)]))
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _generic(name, parts)
    msg = f"No TypeScript is known for {ast.unparse(node)!r}."
    raise ValueError(msg)


def _generic(name: str, parts: list[ast.expr]) -> str:
    if name == "Literal":
        return " | ".join(f'"{ast.literal_eval(part)}"' for part in parts)
    types = [typescript(part) for part in parts]
    if name == "list":
        return f"({types[0]})[]" if " " in types[0] else f"{types[0]}[]"
    if name == "tuple":
        return f"readonly [{', '.join(types)}]"
    return f"{ {'dict': 'Record', 'Partial': 'Partial'}[name] }<{', '.join(types)}>"


def interface(node: ast.ClassDef, name: str) -> Iterator[str]:
    """Write a TypedDict as an interface, a NamedTuple as a tuple."""
    yield from _comment(ast.get_docstring(node) or "")
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
    if bases == ["NamedTuple"]:
        pairs = (f"{ast.unparse(field.target)}: {typescript(field.annotation)}" for field in fields)
        yield f"export type {name} = readonly [{', '.join(pairs)}];\n"
        return
    above = f" extends {', '.join(bases)}" if bases != ["TypedDict"] else ""
    yield f"export interface {name}{above} {{"
    for field in fields:
        mark, annotation = "", field.annotation
        match annotation:
            case ast.Subscript(value=ast.Name(id="NotRequired"), slice=inner):
                mark, annotation = "?", inner
        yield f"  {ast.unparse(field.target)}{mark}: {typescript(annotation)};"
    yield "}\n"


def _comment(text: str) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) == 1:
        yield f"/** {lines[0]} */"
    elif lines:
        yield "/**"
        yield from (f" * {line}".rstrip() for line in lines)
        yield " */"


def statements(module: str) -> list[ast.stmt]:
    """Return what a module of the package has in it."""
    source = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return ast.parse(source.read_text(encoding="utf-8")).body


def declarations(body: list[ast.stmt]) -> Iterator[str]:
    """Write all that a module declares, and the classes that it takes from other modules of the package."""
    for node, after in pairwise([*body, ast.Pass()]):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=inner):
                yield from declarations(inner)
            case ast.ImportFrom(module=str(module), names=names) if (
                module not in MODULES and module.startswith("lstm_widget.")
            ):
                classes = [one for one in statements(module) if isinstance(one, ast.ClassDef)]
                for name in names:
                    (found,) = (one for one in classes if one.name == name.name)
                    yield from interface(found, name.asname or name.name)
            case ast.ClassDef(name=name):
                yield from interface(node, name)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in SKIPPED:
                match after:
                    case ast.Expr(value=ast.Constant(value=str(text))):
                        yield from _comment(text)
                yield f"export type {name} = {typescript(value)};\n"


def main(output: str) -> None:
    """Write the file."""
    lines = [line for module in MODULES for line in declarations(statements(module))]
    Path(output).write_text("\n".join([HEADER, *lines]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
