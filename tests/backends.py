"""What the tests of the numeric backends share."""

from __future__ import annotations

import numpy as np
import pytest

from lstm_widget import generator
from lstm_widget.network.backend import VARIABLE, Backend
from lstm_widget.writing import batch, draft


def use_backend(monkeypatch, math):
    """Let texts be written on NumPy, Numba or what "auto" makes of it, whatever was loaded; return it."""
    if math != "numpy":
        pytest.importorskip("numba", reason="The compiled engine needs Numba (extra 'fast').")
    monkeypatch.setenv(VARIABLE, math)
    fresh = Backend()
    for module in (batch, draft, generator):
        monkeypatch.setattr(module, "backend", fresh)
    return fresh


def assert_same_logits(found, expected):
    """Assert that matrix products in float32 give these logits, but for rounding.

    1e-4 is what one product of a matrix and a vector keeps. On processors for which OpenBLAS takes its
    Haswell kernels (AMD's, among them) a product of two matrices adds its terms one after another, which
    rounds about five times as much; it shows with `bolano`, whose logits reach 118.
    """
    expected = np.asarray(expected)
    largest = np.abs(expected[np.isfinite(expected)]).max()  # ids without a character have -inf
    np.testing.assert_allclose(found, expected, rtol=0, atol=max(1e-4, 1e-5 * largest))
