"""What of a widget a reader sees where there is no page: in a terminal, on a code host, in a file."""

from __future__ import annotations

import pytest

from lstm_widget import LSTMWidget, TemperatureLanes

VIEW = "application/vnd.jupyter.widget-view+json"


def shown(widget):
    bundle = widget._repr_mimebundle_()
    return bundle[0] if isinstance(bundle, tuple) else bundle


def test_the_text_stands_beside_the_page(widget, long):
    before = shown(widget)
    assert before["text/plain"] == repr(widget)
    widget.generate(length=60)
    after = shown(widget)
    assert after["text/plain"].splitlines()[0] == repr(widget)
    # As it was written, and behind the seed it was written behind.
    assert after["text/plain"].endswith(f"\n\nabc{long[:60]}")
    widget.seed = "hgf"
    assert shown(widget)["text/plain"].endswith(f"\n\nabc{long[:60]}")
    # A page is still what is shown where there can be one.
    assert after[VIEW] == before[VIEW]
    assert after[VIEW]["model_id"] == widget.model_id
    widget.clear()
    assert shown(widget) == before


def test_the_lanes_stand_there_with_seed_temperatures_and_texts(model):
    widget = TemperatureLanes(model, seed="abc", temperatures=[0.2, 1.5], length=30, rng=3)
    texts = widget.generate()
    assert shown(widget)["text/plain"] == (
        f"{widget!r}\n\nTemperature 0.2:\nabc{texts[0]}\n\nTemperature 1.5:\nabc{texts[1]}"
    )
    assert VIEW in shown(widget)
    widget.clear()
    assert shown(widget)["text/plain"] == repr(widget)


@pytest.mark.parametrize("kind", [LSTMWidget, TemperatureLanes])
def test_without_a_text_it_is_the_widget_alone(model, kind):
    widget = kind(model)
    assert shown(widget)["text/plain"] == repr(widget)


def test_what_anywidget_gives_without_metadata_will_do(widget, monkeypatch):
    widget.generate(length=5)
    expected = shown(widget)
    monkeypatch.setattr("anywidget.AnyWidget._repr_mimebundle_", lambda _, **__: {"text/plain": repr(widget)})
    assert widget._repr_mimebundle_() == {"text/plain": expected["text/plain"]}
    monkeypatch.setattr("anywidget.AnyWidget._repr_mimebundle_", lambda _, **__: None)
    assert widget._repr_mimebundle_() is None
