"""The notebooks as they are committed; tests/browser/test_notebooks_page.py runs them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from notebook_files import NOTEBOOKS, VIEW, code, read

ROOT = Path(__file__).parents[1]
ASKED_FOR = {"quickstart", "temperature", "train-your-own", "bring-your-model", "inside", "teacher"}
# Of a Unix system, of Windows, of an installation, of a kernel's cell.
PATH = re.compile(
    r"(?<![\w.:/])/(?:home|root|tmp|usr|var|work|opt|Users|content)/|\b[A-Z]:\\|site-packages|ipykernel_"
)

TRAINING = {"train-your-own"}  # these need PyTorch, too

each = pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)


def texts(output) -> list[str]:
    """Return what an output says in words."""
    data = output.get("data", {})
    return [output.get("text", ""), *(value for kind, value in data.items() if kind.startswith("text/"))]


def test_all_are_there():
    assert {file.stem for file in NOTEBOOKS} == ASKED_FOR


@each
def test_no_widget_view_and_no_path_is_committed(file):
    for cell in code(read(file)):
        for output in cell.outputs:
            assert VIEW not in output.get("data", {}), cell.id
            for text in texts(output):
                assert not PATH.search(text), f"{cell.id}: {text}"


@each
def test_colab_opens_it(file):
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    place = re.search(r'^Repository = "https://github.com/(.+)"$', project, re.MULTILINE)[1]
    address = f"https://colab.research.google.com/github/{place}/blob/main/notebooks/{file.name}"
    first = read(file).cells[0]
    assert first.cell_type == "markdown"
    assert re.match(rf"# .+\n\n\[!\[Open in Colab\]\([^)]+\)\]\({re.escape(address)}\)\n", first.source)


@each
@pytest.mark.parametrize("missing", [True, False])
def test_its_first_cell_installs_where_something_is_missing(file, missing, monkeypatch):
    install = code(read(file))[0]
    ran = []
    shell = SimpleNamespace(run_line_magic=lambda *magic: ran.append(magic))
    if missing:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    exec(TransformerManager().transform_cell(install.source), {"get_ipython": lambda: shell})  # noqa: S102
    package = "lstm-widget[train]" if file.stem in TRAINING else "lstm-widget"
    assert ran == ([("pip", f'install --quiet "{package}"')] if missing else [])
