"""The engine of the page in Node, with whatever model a test gives it."""

from __future__ import annotations

from functools import cache

import page_in_node
import pytest
from saying import LONG
from twins import Twins

from lstm_widget import LSTMWidget
from lstm_widget.formats.safetensors import save_safetensors
from lstm_widget.network.bundled import bundled_files


@pytest.fixture(scope="session")
def page(tmp_path_factory):
    """Return the engine of the page; `ask` asks it."""
    if reason := page_in_node.why_not():
        pytest.skip(reason)
    program = page_in_node.bundle(tmp_path_factory.mktemp("page") / "page.mjs")
    with page_in_node.PageEngine(program) as engine:
        yield engine


@pytest.fixture(scope="session")
def file_of(tmp_path_factory):
    """Return a function that writes a model as the page reads it."""
    folder = tmp_path_factory.mktemp("models")

    @cache
    def write(model, dtype="float32"):
        return save_safetensors(model, folder / f"{model.fingerprint}-{dtype}.safetensors", dtype)

    return write


@pytest.fixture(params=["javascript", "wasm"])
def load(request, page, file_of):
    """Return a function that has the page load a model, or a bundled one by its name."""

    def into_page(model, dtype="float32"):
        file = bundled_files()[model] if isinstance(model, str) else file_of(model, dtype)
        return page.ask("load", file=str(file), math=request.param)

    return into_page


# The session of the page.


@pytest.fixture
def time_enough(monkeypatch):
    """Let no piece of the session in Python become shorter because the machine is busy."""
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", LONG)
    monkeypatch.setattr("lstm_widget.widgets.questions.PIECE", LONG)


@pytest.fixture(scope="session")
def widget_page(tmp_path_factory):
    """Return a program in Node that has a widget whose session lives in the page."""
    if reason := page_in_node.why_not():
        pytest.skip(reason)
    output = tmp_path_factory.mktemp("widget") / "widget.mjs"
    with page_in_node.PageEngine(page_in_node.bundle(output, "tests/widget-harness.ts")) as page:
        yield page


@pytest.fixture(params=["wasm", "javascript"])
def twins(request, widget_page, file_of, random_model, time_enough):  # noqa: ARG001
    """Return a function that makes a widget of a small model twice."""

    def make(kind=LSTMWidget, model=None, **settings):
        model = model or random_model(units=(8, 6))
        widget = kind(model, **{"seed": "abc", "length": 60, "rng": 3, **settings})
        return Twins(widget, widget_page, file_of(model), request.param)

    return make
