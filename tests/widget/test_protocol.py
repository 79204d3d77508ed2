"""What the protocols declare is what the widgets have."""

from __future__ import annotations

import pytest
from anywidget import AnyWidget

from lstm_widget import LSTMWidget, TemperatureLanes
from lstm_widget.inspection.units import Cell
from lstm_widget.network.normalize import Replacement
from lstm_widget.widgets import protocol, training_protocol
from lstm_widget.widgets.training import TrainingView
from lstm_widget.writing.settings import BOUNDS, Bounds

# What anywidget takes for itself.
_OWN = {"_esm", "_css", "_anywidget_id", "_page", "_kind"}


@pytest.mark.parametrize(
    ("widget", "declared"),
    [
        (LSTMWidget, protocol.Traits),
        (TemperatureLanes, protocol.LanesTraits),
        (TrainingView, training_protocol.TrainingTraits),
    ],
)
def test_the_traits_are_declared(widget, declared):
    traits = set(widget.class_traits(sync=True)) - set(AnyWidget.class_traits(sync=True)) - _OWN
    assert traits == set(declared.__annotations__)


@pytest.mark.parametrize(
    ("widget", "declared"),
    [(LSTMWidget, protocol.CommonBounds), (TemperatureLanes, protocol.LanesBounds)],
)
def test_the_ranges_are_declared(widget, declared):
    bounds = widget().bounds
    assert set(bounds) == set(declared.__annotations__) >= set(BOUNDS)
    for one in bounds.values():
        assert set(one) <= set(Bounds.__annotations__)


@pytest.mark.parametrize(
    ("ours", "declared"), [(Replacement, protocol.Replacement), (Cell, protocol.Cell)], ids=str
)
def test_a_tuple_that_is_sent_by_its_names_is_declared(ours, declared):
    assert ours._fields == tuple(declared.__annotations__)
