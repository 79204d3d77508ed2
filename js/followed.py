"""Write ``lstm_widget/inspection/followed.py``, what a unit may follow, as TypeScript.

    python js/followed.py OUTPUT

Translates what that file uses of Python, and stops at anything else. It imports nothing of it.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
FOLLOWED = ROOT / "lstm_widget" / "inspection" / "followed.py"
HEADER = """\
// Generated from lstm_widget/inspection/followed.py; do not edit. `make protocol` writes it.
import { combining, firstOf, isalnum, isalpha, isdigit, isupper } from "./characters.ts";
import { mapped, type Values, zip } from "./characters.ts";
"""
# These work on arrays, which the page does in its own way.
SKIPPED = {"followed", "stands_out"}
COMPARED = {ast.Eq: "===", ast.NotEq: "!==", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
ADDED = {ast.Add: "+", ast.Sub: "-"}
METHODS = {"isalpha", "isupper", "isalnum", "isdigit"}
CASES = {"lower": "toLowerCase", "upper": "toUpperCase"}


def unknown(node: ast.AST) -> ValueError:
    """Return the error for what is not translated."""
    return ValueError(f"No TypeScript is known for {ast.unparse(node)!r}.")


def called(name: str) -> str:
    """Return a name as TypeScript has it: ``_word_length`` as ``wordLength``, a constant as it is."""
    plain = name.lstrip("_")
    if plain.isupper() or plain.count("_") == 0:
        return plain
    return re.sub(r"_(\w)", lambda found: found[1].upper(), plain)


def bare(text: str) -> str:
    """Return an expression without the parentheses around the whole of it."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[1:-1] if text[0] == "(" and place == len(text) - 1 else text
    return text


def indented(lines: Iterator[str]) -> Iterator[str]:
    """Move what is inside braces to the right."""
    depth = 0
    for line in "\n".join(lines).splitlines():
        depth -= line.startswith("}")
        yield f"{'  ' * depth}{line}" if line else line
        depth += line.endswith("{")


class Translator:
    """Translates the module; knows which of its names are sets or tables, and which are true or false."""

    def __init__(self) -> None:
        self.has: set[str] = set()
        self.functions: set[str] = set()
        self.truths: set[str] = set()

    # Expressions.

    def value(self, node: ast.expr) -> str:  # noqa: C901, PLR0911 - a case for each kind
        """Return an expression."""
        match node:
            case ast.Constant(value=bool(value)):
                return str(value).lower()
            case ast.Constant(value=str() | int() as value):
                return json.dumps(value, ensure_ascii=False)
            case ast.Attribute(value=ast.Name(id="np"), attr="nan"):
                return "Number.NaN"
            case ast.Name(id=name):
                return called(name)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return f"({self.value(test)} ? {self.value(body)} : {self.value(orelse)})"
            case ast.BoolOp(op=op, values=values):
                sign = " && " if isinstance(op, ast.And) else " || "
                return f"({sign.join(map(self.value, values))})"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"!{self.value(operand)}"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ADDED:
                return f"({self.number(left)} {ADDED[type(op)]} {self.number(right)})"
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [left, *others]
                pairs = zip(sides, ops, others, strict=False)
                return f"({' && '.join(self.compared(*pair) for pair in pairs)})"
            case ast.Subscript(value=ast.Name(id=name), slice=key) if name in self.has:
                return f'({called(name)}.get({self.value(key)}) ?? "")'
            case ast.Subscript(value=text, slice=ast.Constant(value=0)):
                return f"firstOf({self.value(text)})"
            case ast.Call():
                return self.call(node)
        raise unknown(node)

    def number(self, node: ast.expr) -> str:
        """Return an operand of a sum: Python counts what is true as 1."""
        text = self.value(node)
        return f"Number{text}" if isinstance(node, ast.Compare) else text

    def yielded(self, node: ast.expr) -> str:
        """Return what is yielded, as a number."""
        is_truth = isinstance(node, (ast.Compare, ast.BoolOp))
        is_truth = is_truth or (isinstance(node, ast.Name) and node.id in self.truths)
        text = bare(self.value(node))
        return f"Number({text})" if is_truth else text

    def compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
        """Return a comparison of two."""
        if isinstance(op, (ast.In, ast.NotIn)):
            method = "has" if isinstance(right, ast.Name) and right.id in self.has else "includes"
            found = f"{self.value(right)}.{method}({self.value(left)})"
            return found if isinstance(op, ast.In) else f"!{found}"
        return f"{self.value(left)} {COMPARED[type(op)]} {self.value(right)}"

    def call(self, node: ast.Call) -> str:  # noqa: PLR0911 - a case for each kind
        """Return a call."""
        match node:
            case ast.Call(func=ast.Name(id="zip"), args=[one, other]):
                return f"zip({self.value(one)}, {self.value(other)})"
            case ast.Call(func=ast.Name(id="max"), args=args):
                return f"Math.max({', '.join(map(self.value, args))})"
            case ast.Call(func=ast.Name(id="float"), args=[arg]):
                return f"Number({self.value(arg)})"
            case ast.Call(func=ast.Name(id=name), args=args) if name in self.functions:
                return f"{called(name)}({', '.join(map(self.value, args))})"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="unicodedata"), attr="combining"), args=[arg]):
                return f"combining({self.value(arg)})"
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="unicodedata"), attr="normalize"), args=[form, arg]
            ):
                return f"{self.value(arg)}.normalize({self.value(form)})"
            case ast.Call(func=ast.Attribute(value=text, attr=method), args=[]) if method in METHODS:
                return f"{method}({self.value(text)})"
            case ast.Call(func=ast.Attribute(value=text, attr=method), args=[]) if method in CASES:
                return f"{self.value(text)}.{CASES[method]}()"
        raise unknown(node)

    def series(self, node: ast.expr) -> str:
        """Return the expression behind the name of a feature."""
        match node:
            case ast.Name():
                return self.value(node)
            case ast.Call(func=ast.Name(id="partial"), args=[ast.Name(id="map"), function]):
                match function:
                    case ast.Attribute(value=ast.Constant() as value, attr="__eq__"):
                        return f"mapped((one) => one === {self.value(value)})"
                    case ast.Attribute(value=ast.Name(id="str"), attr=method) if method in METHODS:
                        return f"mapped({method})"
                    case ast.Name():
                        return f"mapped({self.value(function)})"
        raise unknown(node)

    # Statements.

    def lines(self, body: list[ast.stmt], known: set[str]) -> Iterator[str]:  # noqa: C901 - a case for each
        """Write statements; `known` are the variables that there are by then."""
        for node in body:
            match node:
                case ast.Expr(value=ast.Constant(value=str())):
                    continue
                case ast.Expr(value=ast.Yield(value=ast.expr() as value)):
                    yield f"yield {self.yielded(value)};"
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    yield f"{'' if name in known else 'let '}{called(name)} = {bare(self.value(value))};"
                    known.add(name)
                    if isinstance(value, ast.Constant) and isinstance(value.value, bool):
                        self.truths.add(name)
                case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                    yield f"{called(name)} += {self.value(value)};"
                case ast.For(target=target, iter=series, body=inner):
                    yield f"for (const {self.target(target)} of {self.value(series)}) {{"
                    yield from self.lines(inner, known)
                    yield "}"
                case ast.If(test=test, body=inner, orelse=orelse):
                    yield f"if ({bare(self.value(test))}) {{"
                    yield from self.lines(inner, known)
                    if orelse:
                        yield "} else {"
                        yield from self.lines(orelse, known)
                    yield "}"
                case ast.Return(value=ast.GeneratorExp(elt=value, generators=[one])):
                    yield f"for (const {self.target(one.target)} of {self.value(one.iter)}) {{"
                    yield f"yield {self.yielded(value)};"
                    yield "}"
                case ast.Return(value=ast.expr() as value):
                    yield f"return {bare(self.value(value))};"
                case _:
                    raise unknown(node)

    def target(self, node: ast.expr) -> str:
        """Return what a loop counts with."""
        if isinstance(node, ast.Tuple):
            return f"[{', '.join(self.value(one) for one in node.elts)}]"
        return self.value(node)

    def function(self, node: ast.FunctionDef) -> Iterator[str]:
        """Write a function: of one character, or one that gives a value for each of a text."""
        if docstring := ast.get_docstring(node):
            yield f"/** {docstring} */"
        (argument,) = node.args.args
        inner = list(ast.walk(node))
        is_series = any(isinstance(one, (ast.Yield, ast.GeneratorExp)) for one in inner)
        kind = ("function*", "string[]", "Values") if is_series else ("function", "string", "number")
        if argument.arg != "text":
            kind = ("function", "string", "number")
        yield f"{kind[0]} {called(node.name)}({argument.arg}: {kind[1]}): {kind[2]} {{"
        yield from self.lines(node.body, {argument.arg})
        yield "}\n"

    def constant(self, name: str, node: ast.expr) -> str:
        """Write a constant."""
        match node:
            case ast.Call(func=ast.Name(id="frozenset"), args=[ast.Constant() as text]):
                self.has.add(name)
                return f"const {called(name)} = new Set({self.value(text)});"
            case ast.Dict(keys=keys, values=values):
                self.has.add(name)
                pairs = (
                    f"[{self.value(k)}, {self.value(v)}]" for k, v in zip(keys, values, strict=True) if k
                )
                return f"const {called(name)} = new Map([{', '.join(pairs)}]);"
        return f"const {called(name)} = {self.value(node)};"

    def module(self, body: list[ast.stmt]) -> Iterator[str]:
        """Write the module."""
        self.functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
        for node in body:
            match node:
                case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                    for name, value in zip(names, values, strict=True):
                        yield f"export const {self.value(name)} = {self.value(value)};"
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    yield self.constant(name, value)
                case ast.FunctionDef(name="_pairs"):
                    yield f"/** {ast.get_docstring(node)} */"
                    yield "function pairs(text: string[]): Iterable<[string, string]> {"
                    yield 'return zip(["\\n", ...text.slice(0, -1)], text);'
                    yield "}\n"
                case ast.FunctionDef(name=name) if name not in SKIPPED:
                    yield from self.function(node)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict(keys=keys, values=values)):
                    yield "/** What a cell may follow, by its name. */"
                    yield f"export const {name}: Record<string, (text: string[]) => Values> = {{"
                    for key, value in zip(keys, values, strict=True):
                        if key:
                            yield f"{self.value(key)}: {self.series(value)},"
                    yield "};"


def main(output: str) -> None:
    """Write the file."""
    tree = ast.parse(FOLLOWED.read_text(encoding="utf-8"))
    lines = [HEADER, *indented(Translator().module(tree.body))]
    Path(output).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
