"""A notebook exported to HTML: what was written stays readable, in the page and without one."""

from __future__ import annotations

import html

import pytest
from converted import convert
from lab import Notebook
from playwright.sync_api import expect

from lstm_widget import LSTMGenerator

SETTINGS = {"seed": "The road", "length": 200, "temperature": 0.6, "rng": 1}
MADE = f"from lstm_widget import LSTMWidget\nw = LSTMWidget(**{SETTINGS!r})"


@pytest.fixture(scope="module")
def text():
    return LSTMGenerator().generate(SETTINGS)


def test_the_text_is_in_the_state_that_the_page_is_made_from(tmp_path, text):
    converted = convert(tmp_path, [MADE, "w", "_ = w.generate()"])
    (view,) = converted.views
    kept = converted.state[view]["state"]
    assert kept["text"] == text
    assert kept["receipt"]["seed"] == SETTINGS["seed"]
    # The page of the widget travels along: nothing else is needed of this package.
    assert "LSTM text generator" in kept["_page"]
    assert ".lstm-widget" in kept["_css"]


def test_the_page_shows_the_text_as_a_record(page, tmp_path, text):
    convert(tmp_path, [MADE, "w", "_ = w.generate()"]).open(page)
    widget = Notebook(page)
    expect(widget.text).to_have_text(SETTINGS["seed"] + text)
    expect(widget.notice).to_contain_text("This text was saved with the notebook")
    expect(widget.status).to_contain_text(f"Finished: {SETTINGS['length']} characters")


def test_without_the_state_the_text_itself_is_shown(page, tmp_path, text):
    options = ["--ExecutePreprocessor.store_widget_state=False"]
    converted = convert(tmp_path, [MADE, "_ = w.generate()\nw"], options)
    assert converted.state == {}
    page.context.set_offline(True)
    page.set_content(converted.text, wait_until="domcontentloaded")
    shown = page.locator(".jp-OutputArea-output").last.text_content()
    assert SETTINGS["seed"] + text in shown
    assert html.escape(text, quote=False) in converted.text.replace("&#39;", "'").replace("&#34;", '"')
