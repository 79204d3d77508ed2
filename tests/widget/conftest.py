"""A widget with a small model of random weights, and a page of it that is no browser."""

from __future__ import annotations

import pytest
from pages import SETTINGS, Page

from lstm_widget import LSTMGenerator, LSTMWidget


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch):
    """Let no piece become shorter because the machine is busy."""
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e9)
    monkeypatch.setattr("lstm_widget.widgets.questions.PIECE", 1e9)


@pytest.fixture
def model(random_model):
    return random_model(units=(8, 6))


@pytest.fixture
def widget(model):
    return LSTMWidget(model, **SETTINGS)


@pytest.fixture
def page(widget):
    return Page(widget)


@pytest.fixture
def long(model):
    """Return one long text without a pause, of which all others must be the beginning."""
    return LSTMGenerator(model).generate(SETTINGS, length=3000)
