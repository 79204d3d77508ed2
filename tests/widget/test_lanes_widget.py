"""`TemperatureLanes` as a notebook sees it: its traits, from both sides, and what a cell does with it."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest
from pages import SETTINGS, on_the_wire, one_line
from slow_texts import slow_text
from traitlets import TraitError

from lstm_widget import LSTMGenerator, SettingError, TemperatureLanes, load_model
from lstm_widget.widgets import lanes

COMMON = {name: SETTINGS[name] for name in ("seed", "length", "rng")}
HEATS = [0.4, 0.8, 2.0]


@pytest.fixture(autouse=True)
def _time_enough_for_lanes(monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e9)


@pytest.fixture
def widget(model):
    return TemperatureLanes(model, temperatures=HEATS, **COMMON)


@pytest.fixture
def sent(widget):
    """Return the list to which what the pages are told is added."""
    told = []
    widget.send = lambda content, buffers=None: told.append(on_the_wire(content))  # noqa: ARG005
    return told


def ask(widget, content):
    """Send a message as it comes from a browser."""
    widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def change(widget, **state):
    """Set traits as a page does."""
    data = {"method": "update", "state": state}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def alone(model, heat, **others):
    return LSTMGenerator(model).generate({**COMMON, "temperature": heat}, **others)


def act(widget, monkeypatch, at, action):
    """Write one character at a time, and do something as soon as the page has so many of the first lane."""
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)
    told = []

    def send(content, buffers=None):  # noqa: ARG001
        told.append(content)
        chunk = content["lanes"][0] if content["type"] == "chunk" else {"position": 0, "count": 0}
        if chunk["count"] > 0 and chunk["position"] + chunk["count"] == at:
            action()

    widget.send = send
    return told


# What a cell does.


def test_generate_gives_the_texts_of_single_runs(widget, model):
    texts = widget.generate()
    assert texts == widget.texts == [alone(model, heat) for heat in HEATS]
    assert (widget.status, widget.error) == ("finished", "")


def test_the_lanes_go_on_in_a_cell(widget, model):
    with pytest.raises(SettingError, match=one_line("no text of this seed")):
        widget.resume()
    assert widget.step(3) == [alone(model, heat, length=3) for heat in HEATS]
    assert widget.step() == [alone(model, heat)[3:4] for heat in HEATS]
    assert widget.resume() == [alone(model, heat)[4:] for heat in HEATS]  # up to the length
    assert widget.texts == [alone(model, heat) for heat in HEATS]
    widget.add(0.1)
    more = widget.resume()  # and then that many more, with the lane that has come meanwhile
    length = 2 * widget.length
    assert widget.texts == [alone(model, heat, length=length) for heat in [*HEATS, 0.1]]
    assert more == [text[widget.length :] for text in widget.texts[:3]] + widget.texts[3:]
    assert [LSTMGenerator(model).replay(receipt) for receipt in widget.receipts] == widget.texts
    widget.seed = "d"
    assert widget.step(2) == [alone(model, heat, length=2, seed="d") for heat in [*HEATS, 0.1]]


def test_lanes_at_one_temperature_are_identical(widget):
    assert len(set(widget.generate(temperatures=[0.9] * 6))) == 1


def test_settings_given_to_generate_stay(widget, model):
    texts = widget.generate(temperatures=np.array([1.5, 0.5]), length=7, seed="d", top_k=3)
    assert texts == [alone(model, heat, length=7, seed="d", top_k=3) for heat in (1.5, 0.5)]
    assert (widget.temperatures, widget.length, widget.seed, widget.top_k) == ([1.5, 0.5], 7, "d", 3)


def test_a_wrong_setting_of_generate_changes_nothing(widget):
    with pytest.raises(TraitError, match=one_line("2 to 6 temperatures, not 1")):
        widget.generate(length=7, temperatures=[1.0])
    assert (widget.temperatures, widget.length, widget.status) == (HEATS, 60, "ready")
    with pytest.raises(SettingError, match=one_line("did you mean 'temperatures'")):
        widget.generate(temperature=1.0)
    with pytest.raises(SettingError, match=one_line("knows none of the characters of the seed")):
        widget.generate(seed="北京")


def test_the_receipts_replay_the_texts(widget, model):
    widget.generate()
    for receipt, text in zip(widget.receipts, widget.texts, strict=True):
        assert LSTMGenerator(model).replay(on_the_wire(receipt)) == text


def test_lanes_are_added_removed_and_heated_while_a_cell_writes(widget, model, slow_network, monkeypatch):
    def action():
        widget.add(1.0)
        widget.remove(1)
        widget.temperatures = [0.4, 0.0, 1.0]

    act(widget, monkeypatch, 20, action)
    first, second, third = widget.generate()
    assert first == alone(model, 0.4)
    assert third == alone(model, 1.0)
    dice = np.random.default_rng(COMMON["rng"])
    assert second == slow_text(slow_network(model), "abc", 60, lambda n: 2.0 if n < 20 else 0.0, dice)
    assert widget.texts == [first, second, third]
    assert [receipt["temperatures"] for receipt in widget.receipts] == [[], [(20, 0.0)], []]


def test_stop_keeps_the_texts_and_clear_forgets_them(widget, model, monkeypatch):
    act(widget, monkeypatch, 20, widget.stop)
    assert widget.generate() == [alone(model, heat)[:20] for heat in HEATS]
    assert widget.status == "stopped"
    widget.clear()
    assert (widget.texts, widget.receipts, widget.status) == ([""] * 3, [{}] * 3, "ready")


def test_an_interrupt_keeps_the_texts(widget, model, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    act(widget, monkeypatch, 20, interrupt)
    texts = widget.generate()
    assert texts == [alone(model, heat)[:20] for heat in HEATS]
    assert widget.status == "stopped"
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e9)
    widget.send = lambda *_: None
    assert widget.generate() == [alone(model, heat) for heat in HEATS]


def test_texts_stay_with_their_lanes(widget):
    first, _, third = widget.generate()
    widget.remove(1)
    widget.add(0.1)
    assert widget.texts == [first, third, ""]
    assert [bool(receipt) for receipt in widget.receipts] == [True, True, False]


@pytest.mark.parametrize("index", [-1, 3, 1.0, "0", None, True])
def test_a_lane_that_is_not_there_cannot_be_removed(widget, index):
    with pytest.raises(SettingError, match=one_line("counted from 0 to 2")):
        widget.remove(index)
    assert widget.temperatures == HEATS


def test_two_lanes_stay_and_there_are_no_more_than_six(widget):
    widget.remove(0)
    with pytest.raises(SettingError, match=one_line("At least 2 lanes")):
        widget.remove(0)
    assert widget.temperatures == [0.8, 2.0]
    for heat in (1, 2, 3, 4):
        widget.add(heat)
    with pytest.raises(SettingError, match=one_line("6 lanes already")):
        widget.add(5)
    assert widget.temperatures == [0.8, 2.0, 1, 2, 3, 4]


@pytest.mark.parametrize("heat", [-1, math.nan, "hot", None])
def test_a_wrong_temperature_is_not_added(widget, heat):
    with pytest.raises(TraitError, match=one_line("temperature must be a number")):
        widget.add(heat)
    assert (widget.temperatures, len(widget.names)) == (HEATS, 3)


# Traits.


def test_what_it_has_when_nothing_is_said():
    widget = TemperatureLanes()
    assert widget.temperatures == [0.3, 0.7, 1.1]
    assert (widget.length, widget.top_k, widget.top_p, widget.rng, widget.speed) == (
        600,  # the model's
        None,
        None,
        None,
        50,
    )
    assert (widget.texts, widget.receipts) == ([""] * 3, [{}] * 3)
    assert widget.card["title"] == load_model("fairytales").card["title"]
    assert widget.bounds["lanes"] == {"least": 2, "most": 6, "step": 1}
    assert repr(widget) == "TemperatureLanes(0.3, 0.7, 1.1, ready)"
    assert len(set(widget.names)) == 3


WRONG = [
    ("temperatures", [1.0], "2 to 6 temperatures, not 1"),
    ("temperatures", [1.0] * 7, "2 to 6 temperatures, not 7"),
    ("temperatures", [0.5, 101], "temperature must be a number from 0 to 100"),
    ("temperatures", [0.5, math.nan], "temperature must be a number"),
    ("temperatures", [0.5, "1"], "temperature must be a number"),
    ("temperatures", [0.5, True], "temperature must be a number"),
    ("temperatures", [0.5, None], "temperature must be a number"),
    ("temperatures", 0.5, "temperatures must be a list"),
    ("temperatures", "0.5", "temperatures must be a list"),
    ("temperatures", {0.5: 1, 0.6: 2}, "temperatures must be a list"),
    ("temperatures", None, "temperatures must be a list"),
    ("names", ["a", "b"], "a name for each of the 3 lanes, not 2"),
    ("names", ["a", "b", "a"], "names of the lanes must be different"),
    ("names", ["a", "b", ""], "names of the lanes must be different"),
    ("names", ["a", "b", 3], "names of the lanes must be different"),
    ("names", "abc", "names of the lanes must be different"),
    ("length", 0, "length must be a whole number"),
    ("top_k", 0, "top_k must be"),
    ("top_p", 2, "top_p must be"),
    ("rng", -1, "rng must be"),
    ("speed", 0, "speed must be"),
    ("seed", 5, "expected a unicode string"),
    ("model", "no such model", "no such model"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_wrong_values_are_refused_at_every_write(widget, model, name, value, sentence):
    before = {one: getattr(widget, one) for one in widget.keys}
    if name not in {"names", "model"}:
        with pytest.raises(TraitError, match=one_line(sentence)):
            TemperatureLanes(model, **{name: value})
    with pytest.raises(TraitError):
        setattr(widget, name, value)
    assert {one: getattr(widget, one) for one in widget.keys} == before
    change(widget, **{name: value})
    assert widget.error
    assert "\n" not in widget.error
    after = {one: getattr(widget, one) for one in widget.keys}
    assert after == {**before, "error": widget.error}


def test_a_keyword_that_is_unknown_is_refused(model):
    with pytest.raises(SettingError, match=one_line("did you mean 'temperatures'")):
        TemperatureLanes(model, temperature=[0.5, 0.6])
    with pytest.raises(SettingError):
        TemperatureLanes(model, names=["a", "b", "c"])


def test_the_page_may_not_change_what_it_only_shows(widget):
    change(widget, texts=["x"] * 3, status="finished", bounds={}, receipts=[], error="x", card={})
    assert (widget.texts, widget.status, widget.error, widget.receipts) == ([""] * 3, "ready", "", [{}] * 3)
    assert widget.bounds["lanes"]["most"] == 6
    for name in ("texts", "status", "receipts", "bounds"):
        with pytest.raises(TraitError, match="read-only"):
            setattr(widget, name, getattr(widget, name))


def test_a_lane_keeps_its_name(widget):
    a, b, c = widget.names
    widget.temperatures = [1, 2, 3]
    assert widget.names == [a, b, c]
    widget.remove(0)
    assert (widget.temperatures, widget.names) == ([2, 3], [b, c])
    widget.add(4)
    d = widget.names[2]
    assert widget.names[:2] == [b, c]
    assert d not in {a, b, c}
    widget.temperatures = [5, 6]
    assert widget.names == [b, c]
    widget.temperatures = [5, 6, 7, 8]
    assert widget.names[:2] == [b, c]
    assert len({a, b, c, d, *widget.names[2:]}) == 6  # a name that was used is never used again


def test_the_page_adds_and_removes_lanes(widget):
    a, b, c = widget.names
    change(widget, temperatures=[0.4, 2.0, 1.5], names=[a, c, "of the page"])
    assert (widget.temperatures, widget.names) == ([0.4, 2.0, 1.5], [a, c, "of the page"])
    change(widget, names=[a, c], temperatures=[0.4, 2.0])
    assert (widget.temperatures, widget.names) == ([0.4, 2.0], [a, c])
    change(widget, temperatures=[0.4, 2.0, 3.0], names=[a, c, "d", "e"])  # they do not fit
    assert (widget.temperatures, widget.names) == ([0.4, 2.0], [a, c])
    assert "a name for each of the 3 lanes, not 4" in widget.error
    change(widget, temperatures=[0.4, 2.0, 3.0])  # without a name it is given one
    assert widget.names[:2] == [a, c]
    assert widget.names[2] not in {a, b, c}


def test_the_page_is_told_lanes_and_names_and_the_texts_that_belong_to_them(widget, monkeypatch):
    texts = widget.generate()
    told = {}

    def send(message, buffers=None):  # noqa: ARG001
        if message["method"] == "update":
            told.update(on_the_wire(message["state"]))

    monkeypatch.setattr(widget, "_send", send)
    names = widget.names
    widget.remove(1)
    assert told["temperatures"] == [0.4, 2.0]
    assert told["names"] == [names[0], names[2]]
    assert told["texts"] == [texts[0], texts[2]]
    assert [receipt["lane"] for receipt in told["receipts"]] == told["names"]


def test_a_name_of_the_page_is_not_given_again(widget):
    names = widget.names
    change(widget, temperatures=[1, 2, 3, 4], names=[*names, "lane-4"])
    widget.add(5)
    assert len(set(widget.names)) == 5


def test_half_characters_are_replaced(widget):
    change(widget, seed="ab\ud800", names=["a\ud800", "b", "c"])
    assert widget.seed == "ab\ufffd"
    assert widget.names[0] == "a\ufffd"


# With a page.


def test_a_page_writes(widget, sent, model):
    lanes = [{"name": n, "temperature": t} for n, t in zip(widget.names, widget.temperatures, strict=True)]
    settings = {**COMMON, "top_k": None, "top_p": None}
    ask(widget, {"type": "start", "run": "a", "settings": settings, "lanes": lanes})
    assert (widget.status, widget.receipts[0]["run"], widget.receipts[0]["seed"]) == ("writing", "a", "abc")
    pull = {"type": "pull", "run": "a", "pull": "p", "until": 100, "budget": 1e6}
    ask(widget, {**pull, "lanes": [{**lane, "position": 0} for lane in lanes]})
    assert [message["type"] for message in sent] == ["begin", "chunk", "end"]
    assert widget.texts == [alone(model, heat) for heat in HEATS]
    assert [chunk["text"] for chunk in sent[1]["lanes"]] == widget.texts
    assert widget.status == "finished"
    ask(widget, {"type": "hello"})
    assert sent[-1] == {"type": "here"}


def test_a_start_that_is_refused_is_told_in_the_traits_too(widget, sent):
    ask(widget, {"type": "start", "run": "a", "settings": {}, "lanes": []})
    assert (widget.status, widget.error) == ("ready", sent[-1]["message"])


def test_the_examples_in_the_docstring_run():
    result = doctest.testmod(lanes)
    assert result.attempted > 0
    assert result.failed == 0
