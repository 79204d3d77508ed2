"""The engine of the page in Node, with whatever model a test gives it."""

from __future__ import annotations

from functools import cache

import page_in_node
import pytest

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
