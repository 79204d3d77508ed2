"""The folders are the floors of the house: imports run downwards only, in Python and in TypeScript."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE, PAGE = ROOT / "lstm_widget", ROOT / "js" / "src"
# From the ground up; what lies in no folder is named by its file.
FLOORS = {
    PACKAGE: [
        *("errors", "holding", "network", "formats", "writing", "inspection", "generator"),
        *("training", "widgets", "cli"),
    ],
    PAGE: [
        "dom",
        "kernel",
        "local",
        "p5ml",
        "settings",
        "sheet",
        "inside",
        "text",
        "lanes",
        "training",
        "page",
        "alive",
        "portable",
    ],
}
# `lstm_widget.X` and `lstm_widget.training.TrainingView` are looked up when they are first used.
LOOKED_UP = {PACKAGE / "__init__.py", PACKAGE / "training" / "__init__.py"}


def python_imports(file: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lstm_widget."):
            module = PACKAGE.parent.joinpath(*node.module.split("."))
            for name in node.names:
                inside = module / name.name
                target = inside if inside.is_dir() or inside.with_suffix(".py").is_file() else module
                yield target / "__init__.py" if target.is_dir() else target.with_suffix(".py")


def page_imports(file: Path) -> Iterator[Path]:
    for name in re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', file.read_text(encoding="utf-8")):
        if not name.endswith((".css", ".wasm")):
            yield Path(os.path.normpath(file.parent / name))


PYTHON = {file: set(python_imports(file)) for file in PACKAGE.rglob("*.py") if file not in LOOKED_UP}
TYPESCRIPT = {file: set(page_imports(file)) for file in PAGE.rglob("*.ts") if file.suffixes != [".d", ".ts"]}
LANGUAGES = pytest.mark.parametrize(
    ("root", "imports"), [(PACKAGE, PYTHON), (PAGE, TYPESCRIPT)], ids=["Python", "TypeScript"]
)


@LANGUAGES
def test_imports_run_downwards_between_folders(root, imports):
    def floor(file):
        return FLOORS[root].index(file.relative_to(root).with_suffix("").parts[0])

    assert sum(map(len, imports.values())) > len(imports)
    for file, targets in imports.items():
        for target in targets:
            assert target.is_file()
            assert floor(target) <= floor(file), f"{file} imports {target}"


@LANGUAGES
def test_imports_run_downwards_inside_a_folder(root, imports):  # noqa: ARG001
    """No import comes back to where it began, not even for types; graphlib names the circle."""
    TopologicalSorter(imports).prepare()


def python_length(source: str) -> int:
    """Count the lines of code: those without comments, docstrings and what is empty."""
    described = [
        node.body[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node) is not None
    ]
    docstrings = {line for one in described for line in range(one.lineno, one.end_lineno + 1)}
    words = (
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.string.strip() and token.type != tokenize.COMMENT
    )
    return len({line for one in words for line in range(one.start[0], one.end[0] + 1)} - docstrings)


def typescript_length(source: str) -> int:
    """Count the lines of code, as above."""
    without = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", source, flags=re.DOTALL | re.MULTILINE)
    return len([line for line in without.splitlines() if line.strip()])


@pytest.mark.parametrize(
    ("files", "length"),
    [(PYTHON, python_length), (TYPESCRIPT, typescript_length)],
    ids=["Python", "TypeScript"],
)
def test_a_file_can_be_read_in_one_sitting(files, length):
    hand_written = [
        file for file in files if file.name not in {"protocol.ts", "lookalikes.ts", "followed.ts"}
    ]
    lengths = {file.name: length(file.read_text(encoding="utf-8")) for file in hand_written}
    assert sum(lengths.values()) > 5000
    assert {name: lines for name, lines in lengths.items() if lines > 300} == {}
    assert len([lines for lines in lengths.values() if lines > 200]) <= 10


def test_the_map_names_only_files_that_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    folder, named = None, []
    for line in text.splitlines():
        if heading := re.match(r"\| `(lstm_widget|js/src)/` \| holds \|", line):
            folder = ROOT / heading[1]
        elif not line.startswith("|"):
            folder = None
        inside = re.match(r"\| `([a-z0-9]+/)`", line)  # a row of the map: the files are in this folder
        for name in re.findall(r"`([\w./-]+\.(?:py|ts|css|md))`", line):
            places = [ROOT / name, PACKAGE / name]
            if folder:
                places = [folder / name, *([folder / inside[1] / name] if inside else [])]
            named.append((name, any(place.is_file() for place in places)))
    assert len(named) > 40
    assert [name for name, exists in named if not exists] == []
