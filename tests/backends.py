"""What the tests of the numeric backends share."""

from __future__ import annotations

import pytest

from lstm_widget import generator, run
from lstm_widget.backend import VARIABLE, Backend


def use_backend(monkeypatch, math):
    """Let texts be written on NumPy, Numba or what "auto" makes of it, whatever was loaded; return it."""
    if math != "numpy":
        pytest.importorskip("numba", reason="The compiled engine needs Numba (extra 'fast').")
    monkeypatch.setenv(VARIABLE, math)
    fresh = Backend()
    monkeypatch.setattr(run, "backend", fresh)
    monkeypatch.setattr(generator, "backend", fresh)
    return fresh
