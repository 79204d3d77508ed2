"""Notebooks that nbconvert runs and makes HTML of; what their pages fetch is taken from this machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import nbformat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Page, Route

_STATE = re.compile(
    r'(<script type="application/vnd.jupyter.widget-state\+json">)(.*?)(</script>)', re.DOTALL
)
_VIEW = re.compile(r'<script type="application/vnd.jupyter.widget-view\+json">(.*?)</script>', re.DOTALL)

# What the page fetches, and where it lies here.
_MODULES = Path(__file__).parents[2] / "js" / "node_modules"
_DELIVERED = {
    re.compile(r"/require\.js/"): lambda: _MODULES / "requirejs" / "require.js",
    re.compile(r"(@jupyter-widgets/html-manager)@[^/]*/(.*)"): lambda name, rest: _MODULES / name / rest,
    re.compile(r"/anywidget@"): lambda: Path(anywidget.__file__).parent / "nbextension" / "index.js",
}


class Converted:
    """The HTML of a notebook."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def text(self) -> str:
        """All of it."""
        return self.file.read_text(encoding="utf-8")

    @property
    def state(self) -> dict[str, Any]:
        """What is saved of each widget, by its id."""
        found = _STATE.search(self.text)
        return dict(json.loads(found[2])["state"]) if found else {}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        def replace(found: re.Match[str]) -> str:
            whole = json.dumps({**json.loads(found[2]), "state": state})
            return found[1] + whole.replace("<", "\\u003c") + found[3]

        self.file.write_text(_STATE.sub(replace, self.text), encoding="utf-8")

    @property
    def views(self) -> list[str]:
        """The ids of the widgets that are shown."""
        return [json.loads(found)["model_id"] for found in _VIEW.findall(self.text)]

    def open(self, page: Page) -> list[str]:
        """Open it; returns the addresses of what it is refused of the network, as time goes by."""
        refused: list[str] = []

        def answer(route: Route) -> None:
            matches = (pattern.search(route.request.url) for pattern in _DELIVERED)
            files = [
                file(*match.groups())
                for match, file in zip(matches, _DELIVERED.values(), strict=True)
                if match
            ]
            if files:
                route.fulfill(path=files[0])
            else:
                refused.append(route.request.url)
                route.abort()

        page.route(re.compile("^https?:"), answer)
        page.goto(self.file.as_uri())
        return refused


def convert(folder: Path, cells: Sequence[str], options: Sequence[str] = ()) -> Converted:
    """Run cells, and make HTML of their notebook."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, folder / "one.ipynb")
    return convert_file(folder / "one.ipynb", ["--execute", "--allow-errors", *options])


def convert_file(file: Path, options: Sequence[str] = ()) -> Converted:
    """Make HTML of a notebook, beside it."""
    command = [sys.executable, "-m", "nbconvert", "--to", "html", *options, file.name]
    subprocess.run(command, cwd=file.parent, check=True, capture_output=True)
    return Converted(file.with_suffix(".html"))
