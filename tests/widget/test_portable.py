"""A widget whose model is kept with its state: what is kept, when, and how often."""

from __future__ import annotations

import base64
import json

import pytest
import traitlets
from ipywidgets.embed import embed_data

from lstm_widget import LSTMWidget, TemperatureLanes
from lstm_widget.formats.safetensors import parse_safetensors
from lstm_widget.widgets import portable as module

KINDS = pytest.mark.parametrize("kind", [LSTMWidget, TemperatureLanes])


@pytest.fixture(autouse=True)
def _others_gone():
    """Let no widget of another test keep a model."""
    for kept in module._models.values():
        kept.close()
    module._models.clear()


def kept():
    """Return what is kept of models."""
    return list(module._models.values())


def written(widget):
    return widget.get_state()["_texts"]


@KINDS
def test_without_being_asked_nothing_is_kept(kind, model):
    plain = kind(model).get_state()
    assert kept() == []
    state = kind(model, portable=True).get_state()
    assert set(state) - set(plain) == {"_portable", "_texts"}
    assert len(kept()) == 1
    with pytest.raises(traitlets.TraitError):
        kind(model, portable="yes")
    with pytest.raises(traitlets.TraitError):
        kind(model).portable = True


@KINDS
def test_the_model_is_kept_as_a_file_in_binary(kind, model):
    widget = kind(model, portable=True)
    state = embed_data(views=[widget])["manager_state"]["state"]
    reference = state[widget.model_id]["state"]["_portable"]
    (buffer,) = state[reference.removeprefix("IPY_MODEL_")]["buffers"]
    assert (buffer["path"], buffer["encoding"]) == (["weights"], "base64")
    read = parse_safetensors(base64.b64decode(buffer["data"]), "the notebook")
    assert read.fingerprint == model.fingerprint == written(widget)["fingerprint"]


def test_half_the_size_where_float16_is_exact(random_model):
    model = random_model(units=(64,))
    sizes = []
    for one in (model, model.rounded()):
        LSTMWidget(one, portable=True)
        sizes.append(len(kept()[-1].weights))
    assert sizes[1] < 0.6 * sizes[0]


def test_all_widgets_of_a_model_share_it_until_none_needs_it(model, random_model):
    widgets = [LSTMWidget(model, portable=True), LSTMWidget(model, portable=True)]
    widgets.append(TemperatureLanes(model, portable=True))
    (shared,) = kept()
    assert {widget.get_state()["_portable"] for widget in widgets} == {shared.reference}
    for widget in widgets[1:]:
        widget.close()
    assert kept() == [shared]
    widgets[0].model = random_model(units=(4,))
    (other,) = kept()
    assert shared.comm is None
    assert widgets[0].get_state()["_portable"] == other.reference
    assert written(widgets[0])["fingerprint"] == widgets[0].generator.model.fingerprint
    widgets[0].close()
    assert kept() == []


def test_one_that_was_closed_with_all_others_is_made_again(model):
    widget = LSTMWidget(model, portable=True)
    kept()[0].close()
    again = LSTMWidget(model, portable=True)
    assert kept()[0].comm is not None
    assert again.get_state()["_portable"] != widget.get_state()["_portable"]


def test_what_is_written_is_kept_once_it_has_ended(model, random_model, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)  # a cell writes in many pieces
    widget = LSTMWidget(model, portable=True, seed="abc", rng=3, length=20)
    assert written(widget) == {
        "fingerprint": model.fingerprint,
        "texts": [],
        "current": None,
        "traits": {
            "status": "ready", "error": "", "text": "", "receipt": {}, "branches": [],
            "units": [8, 6], "cells": [], "cell": None,
        },
    }  # fmt: skip
    during = []
    widget.on_text(lambda _: during.append(written(widget)["current"]))
    text = widget.generate()
    assert during[0] is None
    (saved,) = written(widget)["texts"]
    assert len(saved["lanes"][0]["ids"]) == len(text) == 20
    assert (written(widget)["current"], written(widget)["traits"]) == (0, {})
    widget.branch(5, "a")
    assert (len(written(widget)["texts"]), written(widget)["current"]) == (2, 1)
    json.dumps(written(widget), allow_nan=False)
    widget.model = random_model(units=(4,))
    assert (written(widget)["texts"], written(widget)["traits"]["text"]) == ([], "")
    widget.model = model
    widget.clear()
    assert written(widget)["texts"] == []


def test_lanes_are_kept_with_their_texts(model):
    lanes = TemperatureLanes(model, portable=True, seed="abc", rng=3, length=20, temperatures=[0.5, 1.0])
    lanes.generate()
    lanes.add(1.5)
    lanes.remove(0)
    lanes.generate()
    (saved,) = written(lanes)["texts"]
    assert [one["name"] for one in saved["lanes"]] == lanes.names


def test_a_page_changes_nothing_of_it(model):
    widget = LSTMWidget(model, portable=True)
    before = widget.get_state()["_portable"], written(widget)
    widget.set_state({"_portable": "IPY_MODEL_x", "_texts": {}})
    kept()[0].set_state({"script": "alert(1)", "weights": b""})
    assert (widget.get_state()["_portable"], written(widget)) == before
    assert kept()[0].weights
    assert "alert(1)" not in kept()[0].script


def test_an_exported_page_is_the_same(model):
    saved = [LSTMWidget(model, portable=portable, seed="abc", rng=3)._saved() for portable in (False, True)]
    assert saved[0] == saved[1]
