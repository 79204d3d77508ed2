"""A notebook exported to HTML: what was written stays readable, in the page and without one."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path

import anywidget
import nbformat
import pytest
from lab import Notebook
from playwright.sync_api import expect

from lstm_widget import LSTMGenerator

SETTINGS = {"seed": "The road", "length": 200, "temperature": 0.6, "rng": 1}
MADE = f"from lstm_widget import LSTMWidget\nw = LSTMWidget(**{SETTINGS!r})"
STATE = re.compile(r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>', re.DOTALL)
VIEW = re.compile(r'<script type="application/vnd.jupyter.widget-view\+json">(.*?)</script>', re.DOTALL)

# What the page fetches, and where it lies here.
MODULES = Path(__file__).parents[2] / "js" / "node_modules"
DELIVERED = {
    re.compile(r"/require\.js/"): lambda: MODULES / "requirejs" / "require.js",
    re.compile(r"(@jupyter-widgets/html-manager)@[^/]*/(.*)"): lambda name, rest: MODULES / name / rest,
    re.compile(r"/anywidget@"): lambda: Path(anywidget.__file__).parent / "nbextension" / "index.js",
}


@pytest.fixture(scope="module")
def text():
    return LSTMGenerator().generate(SETTINGS)


@pytest.fixture
def exported(tmp_path):
    """Return a function that runs cells, and gives the HTML of their notebook."""

    def export(*cells, options=()):
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(notebook, tmp_path / "one.ipynb")
        command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "--allow-errors"]
        subprocess.run([*command, *options, "one.ipynb"], cwd=tmp_path, check=True, capture_output=True)
        return (tmp_path / "one.html").read_text(encoding="utf-8")

    return export


def test_the_text_is_in_the_state_that_the_page_is_made_from(exported, text):
    page = exported(MADE, "w", "_ = w.generate()")
    (state,) = (json.loads(found) for found in STATE.findall(page))
    (view,) = (json.loads(found) for found in VIEW.findall(page))
    kept = state["state"][view["model_id"]]["state"]
    assert kept["text"] == text
    assert kept["receipt"]["seed"] == SETTINGS["seed"]
    # The page of the widget travels along: nothing else is needed of this package.
    assert "LSTM text generator" in kept["_page"]
    assert ".lstm-widget" in kept["_css"]


def test_the_page_shows_the_text_as_a_record(exported, page, tmp_path, text):
    """With what the page fetches from networks taken from this machine."""
    exported(MADE, "w", "_ = w.generate()")

    def answer(route):
        matches = (pattern.search(route.request.url) for pattern in DELIVERED)
        files = [
            file(*match.groups()) for match, file in zip(matches, DELIVERED.values(), strict=True) if match
        ]
        route.fulfill(path=files[0]) if files else route.abort()

    page.route(re.compile("^https?:"), answer)
    page.goto((tmp_path / "one.html").as_uri())
    widget = Notebook(page)
    expect(widget.text).to_have_text(SETTINGS["seed"] + text)
    expect(widget.notice).to_contain_text("This text was saved with the notebook")
    expect(widget.status).to_contain_text(f"Finished: {SETTINGS['length']} characters")


def test_without_the_state_the_text_itself_is_shown(exported, page, text):
    exported_page = exported(
        MADE, "_ = w.generate()\nw", options=["--ExecutePreprocessor.store_widget_state=False"]
    )
    assert not STATE.search(exported_page)
    page.context.set_offline(True)
    page.set_content(exported_page, wait_until="domcontentloaded")
    shown = page.locator(".jp-OutputArea-output").last.text_content()
    assert SETTINGS["seed"] + text in shown
    assert html.escape(text, quote=False) in exported_page.replace("&#39;", "'").replace("&#34;", '"')
