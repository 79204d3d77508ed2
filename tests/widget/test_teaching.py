"""What the card of a model brings, and what a teacher sets: what is locked, the size, the height."""

from __future__ import annotations

import pytest
from pages import on_the_wire
from traitlets import TraitError

from lstm_widget import LSTMWidget, SettingError, TemperatureLanes

OWN = ("seed", "temperature", "length")


@pytest.fixture
def models(random_model):
    """Return three models, the last of them without settings of its own."""
    return [
        random_model(card={"seed": "ab", "temperature": 0.4, "length": 20}),
        random_model(card={"seed": "cd", "temperature": 0.9, "length": 30}),
        random_model(card={"seed": "e", "temperature": "hot", "length": -1}),
    ]


def values(widget):
    return tuple(getattr(widget, name) for name in OWN)


def test_the_settings_of_the_model_count_until_somebody_sets_them(models):
    widget = LSTMWidget(models[0])
    assert values(widget) == ("ab", 0.4, 20)
    first = widget.model
    widget.model = models[1]
    assert values(widget) == ("cd", 0.9, 30)
    widget.model = models[2]
    assert values(widget) == ("e", 0.6, 300)  # a card may say anything
    widget.set_state({"model": first})  # chosen in the page
    assert values(widget) == ("ab", 0.4, 20)
    widget.set_state({"seed": "ba"})
    widget.length = 25
    widget.model = models[1]
    assert values(widget) == ("ba", 0.9, 25)
    widget.set_state({"model": first})
    assert values(widget) == ("ba", 0.4, 25)


def test_what_a_cell_names_stays_also_if_it_is_what_the_model_has(models):
    widget = LSTMWidget(models[0], temperature=0.4)
    widget.generate(length=20)
    widget.model = models[1]
    assert values(widget) == ("cd", 0.4, 20)


def test_the_lanes_take_the_seed_and_the_length_of_the_model(models):
    lanes = TemperatureLanes(models[0])
    assert (lanes.seed, lanes.length) == ("ab", 20)
    lanes.model = models[1]
    assert (lanes.seed, lanes.length, lanes.temperatures) == ("cd", 30, [0.3, 0.7, 1.1])


CHANGES = {
    "seed": "ba",
    "length": 7,
    "top_k": 3,
    "top_p": 0.5,
    "rng": 8,
    "speed": 20.0,
}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (LSTMWidget, {**CHANGES, "temperature": 1.5}),
        (TemperatureLanes, {**CHANGES, "temperatures": [0.1, 0.2, 0.3]}),
    ],
)
def test_what_is_locked_a_cell_can_change_and_a_page_cannot(models, kind, changes):
    widget = kind(models[0])
    for name, value in changes.items():
        before = getattr(widget, name)
        widget.locked = [name]
        widget.set_state({name: value})
        assert getattr(widget, name) == before
        assert widget.error == f"{name} is set by the notebook and cannot be changed in the page."
        widget.set_state({name: on_the_wire(before)})  # the same again is no change
        setattr(widget, name, value)
        assert getattr(widget, name) == value
        widget.locked = ()
        widget.set_state({name: on_the_wire(before)})
        assert getattr(widget, name) == before


def test_a_locked_model_stays(models):
    widget = LSTMWidget(models[0], locked=("model", "rng"))
    name = widget.model
    widget.model = models[1]
    widget.set_state({"model": name})
    assert widget.generator.model is models[1]
    assert on_the_wire(widget.get_state())["locked"] == ["model", "rng"]


@pytest.mark.parametrize(
    ("locked", "reason"),
    [
        (("model", "sed"), "There is no setting 'sed'; did you mean 'seed'?"),
        (("temperatures",), "There is no setting 'temperatures'; did you mean 'temperature'?"),
        (3, "What is locked must be a list of names of settings, not 3."),
        ((3,), "What is locked must be a list of names of settings, not"),
        (None, "What is locked must be a list of names of settings, not None."),
    ],
)
def test_only_settings_can_be_locked(models, locked, reason):
    widget = LSTMWidget(models[0], locked="seed")
    assert widget.locked == ("seed",)
    with pytest.raises(TraitError, match=reason.replace("?", r"\?")):
        widget.locked = locked
    with pytest.raises(TraitError, match=reason.replace("?", r"\?")):
        LSTMWidget(models[0], locked=locked)
    assert widget.locked == ("seed",)


def test_a_page_may_choose_its_size_but_not_what_is_locked_or_how_high_it_is(models):
    widget = LSTMWidget(models[0], locked="seed", height=400)
    widget.set_state({"presenting": True, "locked": [], "height": 300})
    assert (widget.presenting, widget.locked, widget.height) == (True, ("seed",), 400)
    assert TemperatureLanes(models[0], presenting=True).presenting
    with pytest.raises(SettingError, match="There is no setting 'height'"):
        TemperatureLanes(models[0], height=400)


@pytest.mark.parametrize("height", [239, 4001, 400.5, "400", True])
def test_a_height_is_in_pixels(models, height):
    with pytest.raises(TraitError, match="The height must be a whole number of pixels from 240 to 4,000"):
        LSTMWidget(models[0], height=height)
    for good in (None, 240, 4000):
        assert LSTMWidget(models[0], height=good).height == good
