"""The widget from Python. What it says to its pages is tested with a real kernel in tests/kernel."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from traitlets import TraitError

from lstm_widget import LSTMGenerator, LSTMWidget, ModelError, SettingError

SETTINGS = {"seed": "abc", "temperature": 0.8, "length": 60, "rng": 3}


@pytest.fixture
def widget(random_model):
    return LSTMWidget(random_model(units=(8, 6)), **SETTINGS)


@pytest.fixture
def sent(widget, monkeypatch):
    messages = []
    monkeypatch.setattr(widget, "send", messages.append)
    return messages


def test_generate_gives_the_text_of_the_generator(widget, random_model):
    text = widget.generate()
    assert text == LSTMGenerator(random_model(units=(8, 6))).generate(SETTINGS)
    assert (widget.text, widget.status, widget.error) == (text, "finished", "")
    assert widget.receipt["rng"] == 3


def test_the_model_may_be_a_generator_a_path_or_a_name(random_model, shared_models):
    model = random_model()
    assert LSTMWidget(LSTMGenerator(model), **SETTINGS).generate() == LSTMWidget(model, **SETTINGS).generate()
    assert LSTMWidget(str(shared_models / "darwin")).card["title"] == "darwin"
    assert LSTMWidget("bronte").card == LSTMWidget().card == LSTMGenerator("bronte").model.card
    with pytest.raises(ModelError, match="name of the model is empty"):
        LSTMWidget("")
    with pytest.raises(ModelError, match="does not exist; the bundled models are bronte"):
        LSTMWidget("brontë")


def test_its_repr_is_short_and_tells_what_it_is(widget):
    assert repr(widget) == "LSTMWidget(ready, 0 characters)"
    widget.generate()
    assert repr(widget) == "LSTMWidget(finished, 60 characters)"
    assert repr(LSTMWidget()) == "LSTMWidget('Charlotte Brontë', ready, 0 characters)"


def test_settings_given_to_generate_stay(widget):
    assert len(widget.generate(length=7, seed="d")) == 7
    assert (widget.length, widget.seed) == (7, "d")


def test_without_rng_each_run_has_dice_of_its_own_and_the_receipt_tells_them(widget, random_model):
    widget.rng = None
    first, second = widget.generate(), widget.generate()
    assert first != second
    again = LSTMGenerator(random_model(units=(8, 6))).generate({**SETTINGS, "rng": widget.receipt["rng"]})
    assert again == second


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("temperature", -0.1, "temperature must be a number from 0 to 100"),
        ("temperature", float("nan"), "temperature must be a number"),
        ("temperature", 101, "temperature must be a number"),
        ("temperature", True, "temperature must be a number"),
        ("temperature", "hot", "temperature must be a number"),
        ("length", 0, "length must be a whole number from 1 to 1,000,000"),
        ("length", -3, "length must be a whole number"),
        ("length", 10**9, "length must be a whole number"),
        ("length", "100", "length must be a whole number"),
        ("length", 2.5, "length must be a whole number"),
        ("length", 2.0, "length must be a whole number"),
        ("rng", 1.0, "rng must be a whole number"),
        ("rng", -1, "rng must be a whole number from 0"),
        ("rng", 2**53, r"below 2\*\*53"),
        ("seed", 5, "expected a unicode string"),
    ],
)
def test_wrong_values_are_refused_at_every_write(widget, name, value, sentence):
    with pytest.raises(TraitError, match=sentence):
        LSTMWidget(**{name: value})
    with pytest.raises(TraitError, match=sentence):
        setattr(widget, name, value)
    with pytest.raises(TraitError, match=sentence):
        widget.generate(**{name: value})
    assert getattr(widget, name) == SETTINGS[name]


def test_unknown_names_are_refused_with_the_nearest_right_one(widget):
    with pytest.raises(SettingError, match=r"no setting 'temprature'; did you mean 'temperature'\?"):
        LSTMWidget(temprature=0.3)
    with pytest.raises(TypeError, match=r"did you mean 'length'\?"):
        widget.generate(lenght=10)


def test_a_wrong_value_changes_none_of_the_others(widget):
    with pytest.raises(TraitError, match="length must be"):
        widget.generate(seed="dd", temperature=1.0, length=0)
    assert (widget.seed, widget.temperature, widget.length) == ("abc", 0.8, 60)


def test_numpy_numbers_are_numbers(widget):
    widget.temperature = np.float32(0.5)
    widget.length = np.int64(7)
    assert (widget.temperature, widget.length) == (0.5, 7)
    assert type(widget.temperature) is float  # plain, so that it can be sent to the page
    assert type(widget.length) is int


def test_what_the_model_reads_instead_is_told_with_every_seed(widget):
    assert widget.replacements == []
    widget.set_state({"seed": "a\u0308b北"})
    assert widget.replacements == [
        {"position": 1, "character": "\u0308", "used": ""},
        {"position": 3, "character": "北", "used": ""},
    ]
    widget.seed = "abc"
    assert widget.replacements == []


def test_a_page_cannot_change_the_code_of_the_page(widget):
    before = widget._esm
    widget.set_state({"_esm": "alert(1)", "_css": "", "_model_module": "other"})
    assert widget._esm == before
    assert widget._model_module == "anywidget"


@pytest.mark.parametrize("name", ["text", "status", "error", "receipt", "card", "replacements", "bounds"])
def test_what_is_only_shown_cannot_be_written(widget, name):
    widget.generate()
    before = getattr(widget, name)
    with pytest.raises(TraitError, match="read-only"):
        setattr(widget, name, before)
    widget.set_state({name: type(before)()})  # a page tries
    assert getattr(widget, name) == before


def test_a_page_may_write_the_settings_and_only_good_ones(widget):
    widget.set_state({"temperature": 1.5, "length": 9, "seed": "", "rng": None})
    assert (widget.temperature, widget.length, widget.seed, widget.rng) == (1.5, 9, "", None)
    widget.set_state({"length": 0})
    assert widget.length == 9
    assert "length must be a whole number" in widget.error


def test_an_empty_seed_is_told_when_it_is_to_be_continued(widget):
    widget.seed = ""
    with pytest.raises(SettingError, match="The seed is empty"):
        widget.generate()


def test_an_error_that_nobody_foresaw_ends_the_run_with_a_sentence(widget, sent, monkeypatch, caplog):
    ask = widget._conversation.handle
    ask({"type": "start", "run": "a", "settings": SETTINGS})
    pull = {
        "type": "pull",
        "run": "a",
        "pull": "1",
        "position": 0,
        "count": 5,
        "budget": 50,
        "temperature": 1,
    }
    ask(pull)
    monkeypatch.setattr("lstm_widget.run.choose", lambda *_: 1 / 0)
    ask({**pull, "position": 5})
    assert sent[-1]["type"] == "error"
    assert "ZeroDivisionError" in sent[-1]["message"]
    assert "\n" not in sent[-1]["message"]
    assert "Traceback" in caplog.text
    assert (widget.status, widget.text) == ("failed", sent[1]["text"])
    ask(pull)  # a page that did not get it is told again
    assert [message["type"] for message in sent[-2:]] == ["chunk", "error"]


def test_two_pages_that_pull_at_once_get_one_text(widget, sent, random_model):
    widget._conversation.handle({"type": "start", "run": "a", "settings": {**SETTINGS, "length": 3000}})

    def page(name):
        position = 0
        while position < 3000:
            answer = {"type": "pull", "run": "a", "pull": name, "position": position, "count": 7}
            widget._conversation.handle({**answer, "budget": 50, "temperature": 0.8})
            mine = [m for m in sent if m.get("pull") == name]
            position = mine[-1]["position"] + mine[-1]["count"]

    pages = [threading.Thread(target=page, args=(name,)) for name in ("1", "2", "3")]
    for thread in pages:
        thread.start()
    for thread in pages:
        thread.join()
    expected = LSTMGenerator(random_model(units=(8, 6))).generate({**SETTINGS, "length": 3000})
    for chunk in (m for m in sent if m["type"] == "chunk"):
        assert chunk["text"] == expected[chunk["position"] : chunk["position"] + chunk["count"]]
    assert widget.text == expected


def test_a_run_that_is_replaced_ends_and_disturbs_nothing(widget, sent, random_model):
    ask = widget._conversation.handle
    ask({"type": "start", "run": "a", "settings": SETTINGS})
    assert widget.status == "writing"
    text = widget.generate()
    assert [m["reason"] for m in sent if m["type"] == "end"] == ["stopped", "finished"]
    assert text == LSTMGenerator(random_model(units=(8, 6))).generate(SETTINGS)
    ask({"type": "stop", "run": "a"})
    assert sent[-1]["message"].startswith("This text is no longer being written")
    assert widget.text == text
