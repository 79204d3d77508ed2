"""The traits of the widget: what is taken and refused from both sides, and the models to choose from."""

from __future__ import annotations

import copy
import json
import math
import unicodedata

import ipywidgets
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ipywidgets.embed import embed_data
from pages import SETTINGS, Page, on_the_wire, one_line
from traitlets import TraitError

from lstm_widget import CharLSTM, LSTMGenerator, LSTMWidget, SettingError, TemperatureLanes, load_model
from lstm_widget.errors import LSTMError
from lstm_widget.formats.safetensors import save_safetensors
from lstm_widget.network.bundled import available_models

DEFAULTS = {
    "model": "fairytales",
    "seed": "Once upon a ti",
    "temperature": 0.6,
    "length": 600,
    "top_k": None,
    "top_p": None,
    "rng": None,
    "speed": 50.0,
}
BUNDLED = [{"name": name, "title": load_model(name).card["title"]} for name in available_models()]


@pytest.fixture
def model(random_model):
    """Return another one than the widget has."""
    return random_model(units=(4, 3), embedding=5, characters="abcdefgh")


@pytest.fixture
def small(random_model):
    return random_model(units=(8, 6))


@pytest.fixture
def widget(small):
    return LSTMWidget(small, **SETTINGS)


@pytest.fixture
def updates(widget, monkeypatch):
    """Return the list to which what the page is told of the traits is added."""
    told = []

    def send(message, buffers=None):  # noqa: ARG001
        if message["method"] == "update":
            told.append(on_the_wire(message["state"]))

    monkeypatch.setattr(widget, "_send", send)
    return told


def state(widget):
    return {name: getattr(widget, name) for name in (*DEFAULTS, "models", "card", "replacements")}


# Settings.

WRONG = [
    ("temperature", -0.1, "temperature must be a number from 0 to 100"),
    ("temperature", float("nan"), "temperature must be a number"),
    ("temperature", float("inf"), "temperature must be a number"),
    ("temperature", 100.1, "temperature must be a number"),
    ("temperature", True, "temperature must be a number"),
    ("temperature", "hot", "temperature must be a number"),
    ("temperature", None, "temperature must be a number"),
    ("length", 0, "length must be a whole number from 1 to 1,000,000"),
    ("length", -3, "length must be a whole number"),
    ("length", 1_000_001, "length must be a whole number"),
    ("length", "100", "length must be a whole number"),
    ("length", 2.5, "length must be a whole number"),
    ("length", 2.0, "length must be a whole number"),
    ("length", None, "length must be a whole number"),
    ("top_k", 0, r"top_k must be a whole number from 1 to 2\*\*53 - 1, or None"),
    ("top_k", -1, "top_k must be a whole number"),
    ("top_k", 2.0, "top_k must be a whole number"),
    ("top_k", "3", "top_k must be a whole number"),
    ("top_k", True, "top_k must be a whole number"),
    ("top_p", 0, "top_p must be a number above 0 and at most 1, or None"),
    ("top_p", 1.01, "top_p must be a number"),
    ("top_p", -0.5, "top_p must be a number"),
    ("top_p", float("nan"), "top_p must be a number"),
    ("top_p", "0.9", "top_p must be a number"),
    ("top_p", False, "top_p must be a number"),
    ("rng", 1.0, "rng must be a whole number"),
    ("rng", -1, "rng must be a whole number from 0"),
    ("rng", True, "rng must be a whole number"),
    ("rng", "1", "rng must be a whole number"),
    ("rng", 2**53, r"below 2\*\*53"),
    ("rng", np.random.default_rng(1), r"below 2\*\*53"),
    ("speed", 0, "speed must be a number of characters per second from 1 to 1,000, or None"),
    ("speed", 0.99, "speed must be a number"),
    ("speed", 1001, "speed must be a number"),
    ("speed", float("inf"), "speed must be a number"),
    ("speed", float("nan"), "speed must be a number"),
    ("speed", "fast", "speed must be a number"),
    ("speed", True, "speed must be a number"),
    ("seed", 5, "expected a unicode string"),
    ("seed", None, "expected a unicode string"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_wrong_values_are_refused_at_every_write(widget, updates, name, value, sentence):
    before = state(widget)
    match = one_line(sentence)
    with pytest.raises(TraitError, match=match):
        LSTMWidget(**{name: value})
    with pytest.raises(TraitError, match=match):
        setattr(widget, name, value)
    with pytest.raises(TraitError, match=match):
        widget.generate(**{name: value})
    assert widget.error == ""
    assert (widget.status, widget.text) == ("ready", "")  # generate() has not begun
    updates.clear()
    widget.set_state({name: value})  # from a page
    assert pytest.approx(updates[-1]) == {name: before[name]}  # it is told what holds
    with pytest.raises(TraitError, match=match):
        raise TraitError(widget.error)
    assert state(widget) == before


RIGHT = [
    ("temperature", 0, 0.0),
    ("temperature", 100, 100.0),
    ("temperature", np.float32(0.5), 0.5),
    ("length", 1, 1),
    ("length", 1_000_000, 1_000_000),
    ("length", np.int64(7), 7),
    ("top_k", None, None),
    ("top_k", 1, 1),
    ("top_k", np.uint8(3), 3),
    ("top_p", None, None),
    ("top_p", 1, 1.0),
    ("top_p", 1e-9, 1e-9),
    ("top_p", np.float64(0.9), 0.9),
    ("rng", None, None),
    ("rng", 0, 0),
    ("rng", 2**53 - 1, 2**53 - 1),
    ("rng", np.int64(7), 7),
    ("speed", None, None),
    ("speed", 1, 1.0),
    ("speed", 1000, 1000.0),
    ("speed", np.float32(2.5), 2.5),
    ("seed", "", ""),
    ("seed", "\x00<b>", "\x00<b>"),
]


@pytest.mark.parametrize(("name", "value", "expected"), RIGHT)
def test_right_values_are_taken_at_every_write_and_become_plain(small, name, value, expected):
    made, assigned, from_page = LSTMWidget(small, **{name: value}), LSTMWidget(small), LSTMWidget(small)
    setattr(assigned, name, value)
    from_page.set_state({name: value})
    for widget in (made, assigned, from_page):
        assert getattr(widget, name) == expected
        assert type(getattr(widget, name)) is type(expected)  # plain, so that it can be sent to the page
        assert widget.error == ""


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


RANGES = {
    "temperature": lambda value: is_number(value) and 0 <= value <= 100,
    "length": lambda value: is_whole(value) and 1 <= value <= 1_000_000,
    "top_k": lambda value: value is None or (is_whole(value) and value >= 1),
    "top_p": lambda value: value is None or (is_number(value) and 0 < value <= 1),
    "rng": lambda value: value is None or (is_whole(value) and 0 <= value < 2**53),
    "speed": lambda value: value is None or (is_number(value) and 1 <= value <= 1000),
    "seed": lambda value: isinstance(value, str),
    "model": lambda value: value in ("fairytales", "model"),  # those that a page may choose
}
json_data = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 1000)
    | st.floats()
    | st.text(max_size=3)
    | st.just("fairytales"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)


@given(changes=st.dictionaries(st.sampled_from(sorted(RANGES)), json_data, min_size=1, max_size=3))
def test_a_page_can_write_all_of_it_or_nothing(random_model, changes):
    widget = LSTMWidget(random_model())
    before = {**DEFAULTS, "model": "model", "seed": widget.generator.default_seed, "length": 300}
    widget.set_state(changes)
    if all(RANGES[name](value) for name, value in changes.items()):
        expected = {**before, **changes}
        assert widget.error == ""
    else:
        expected = before
        assert widget.error
        assert "\n" not in widget.error
    assert {name: getattr(widget, name) for name in DEFAULTS} == expected


@pytest.mark.parametrize("make", [LSTMWidget, TemperatureLanes])
def test_no_whole_number_is_too_large_for_pyodide(small, make):
    def wholes(value):
        if isinstance(value, dict):
            value = value.values()
        elif not isinstance(value, (list, tuple)):
            return [value] if type(value) is int else []
        return [whole for part in value for whole in wholes(part)]

    state = make(small).get_state()
    assert len(wholes({**state, "layout": None})) > 10
    assert max(map(abs, wholes({**state, "layout": None}))) <= 2**53 - 2


def test_what_is_said_of_the_bounds_is_true(small):
    widget = LSTMWidget(small)
    assert widget.bounds.keys() == DEFAULTS.keys() - {"model", "seed"}
    for name, told in widget.bounds.items():
        # A float only for the page.
        bounds = {**told, "most": int(told["most"])} if name in {"top_k", "rng"} else told
        least = bounds["least"] + (1e-9 if told.get("above") else 0)
        for value in (least, bounds["most"], bounds.get("slider_most", bounds["most"])):
            setattr(widget, name, value)
            assert getattr(widget, name) == value
        below = bounds["least"] if told.get("above") else bounds["least"] - bounds["step"]
        for value in (below, bounds["most"] + bounds["step"]):
            with pytest.raises(TraitError):
                setattr(widget, name, value)


def test_unknown_names_are_refused_with_the_nearest_right_one(widget):
    for wrong, right in [
        ("temprature", "temperature"),
        ("modle", "model"),
        ("topk", "top_k"),
        ("top_P", "top_p"),
        ("sped", "speed"),
        ("lenght", "length"),
        ("seeds", "seed"),
    ]:
        sentence = rf"\AThere is no setting '{wrong}'; did you mean '{right}'\?\Z"
        with pytest.raises(SettingError, match=sentence):
            LSTMWidget(**{wrong: 1})
        if right != "model":
            with pytest.raises(TypeError, match=sentence):
                widget.generate(**{wrong: 1})
    for name in ("text", "status", "error", "receipt", "models", "card", "bounds", "replacements", "_esm"):
        with pytest.raises(SettingError, match=one_line(f"no setting '{name}'")):
            LSTMWidget(**{name: "x"})
    with pytest.raises(SettingError, match="no setting 'model'"):
        widget.generate(model="fairytales")


def test_a_wrong_value_changes_none_of_the_others(widget, updates):
    before = state(widget)
    with pytest.raises(TraitError, match="length must be"):
        widget.generate(seed="dd", temperature=1.0, length=0)
    assert state(widget) == before
    widget.set_state({"seed": "dd", "temperature": 1.0, "model": "fairytales", "speed": 0})
    assert state(widget) == before
    assert updates[-1] == {"seed": "abc", "temperature": 0.8, "model": "model", "speed": 50.0}


def test_what_the_model_reads_instead_is_told_with_every_seed(widget):
    assert widget.replacements == []
    widget.set_state({"seed": "a\u0308b北"})
    assert widget.replacements == [
        {"position": 1, "character": "\u0308", "used": ""},
        {"position": 3, "character": "北", "used": ""},
    ]
    widget.model = "fairytales"  # this one knows an ä
    assert widget.replacements == [
        {"position": 0, "character": "a\u0308", "used": "ä"},
        {"position": 3, "character": "北", "used": ""},
    ]
    widget.seed = "abc"
    assert widget.replacements == []


def test_a_page_cannot_change_the_code_of_the_page(widget):
    before = widget._esm, widget._page
    widget.set_state({"_esm": "alert(1)", "_page": "alert(1)", "_css": "", "_model_module": "other"})
    assert (widget._esm, widget._page) == before
    assert widget._model_module == "anywidget"


READ_ONLY = ["text", "status", "error", "receipt", "models", "card", "replacements", "bounds"]


@pytest.mark.parametrize("name", READ_ONLY)
def test_what_is_only_shown_cannot_be_written(widget, name):
    widget.generate()
    before = copy.deepcopy(getattr(widget, name))
    with pytest.raises(TraitError, match="read-only"):
        setattr(widget, name, before)
    widget.set_state({name: type(before)()})  # a page tries
    assert getattr(widget, name) == before


# Models.


def same_texts(widget, model):
    """Whether the widget writes what that model writes."""
    expected = LSTMGenerator(model).generate(seed="a", length=30, temperature=1.0, rng=5)
    return widget.generate(seed="a", length=30, temperature=1.0, rng=5) == expected


def test_the_model_is_a_name_a_path_a_model_or_a_generator(widget, folder, model):
    generator = LSTMGenerator(model)
    tales = load_model("fairytales")
    for given_model, name, later, expected in [
        ("fairytales", "fairytales", "fairytales", tales),
        (str(folder), str(folder), str(folder), model),
        (folder, str(folder), str(folder), model),
        (model, "model", "model (2)", model),  # the widget has a "model" of its own
        (generator, "model", "model (3)", model),
    ]:
        fresh = LSTMWidget(given_model)
        widget.model = given_model
        assert (fresh.model, widget.model) == (name, later)
        for one in (fresh, widget):
            title = expected.card.get("title", "sound" if given_model in (folder, str(folder)) else one.model)
            assert {"name": one.model, "title": title} in one.models
            assert one.models[: len(BUNDLED)] == BUNDLED
            assert one.card["network"] == expected.architecture
            assert dict(one.generator.vocab) == dict(expected.vocab)
            assert same_texts(one, expected)
    assert fresh.generator is widget.generator is generator
    assert LSTMWidget().model == "fairytales"
    fresh.model = None  # as in the constructor
    assert fresh.model == "fairytales"


def at_once(widget, **values):
    with widget.hold_trait_notifications():
        for name, value in values.items():
            setattr(widget, name, value)


def wrong_models(folder):
    not_ready = LSTMGenerator()
    not_ready.load_checkpoints(folder)
    return [
        ("fairytalës", "does not exist; did you mean 'fairytales'"),
        ("", "name of the model is empty"),
        (folder / "nowhere", "does not exist"),
        ("ftp://example.org/model", "not from ftp"),
        ("a\x00b", "does not exist"),
        (5, "name, a path or a CharLSTM, not as int"),
        (b"fairytales", "not as bytes"),
        (["fairytales"], "not as list"),
        (np.zeros(3), "not as ndarray"),
        (CharLSTM, "not as type"),
        (not_ready, "vocabulary is not loaded yet"),
    ]


def test_a_wrong_model_is_refused_with_a_sentence_and_changes_nothing(widget, folder):
    before = state(widget)
    for wrong, sentence in wrong_models(folder):
        with pytest.raises(LSTMError, match=one_line(sentence)):
            LSTMWidget(wrong)
        with pytest.raises(TraitError, match=one_line(sentence)):
            widget.model = wrong
        assert state(widget) == before
        with pytest.raises(TraitError, match=one_line(sentence)):
            at_once(widget, seed="hhh", model=wrong, speed=None)
        assert state(widget) == before
        assert widget.generator.model.architecture == before["card"]["network"]
    assert len(widget.generate()) == 60


def test_a_wrong_setting_beside_a_new_model_changes_nothing(widget, model):
    before = state(widget)
    with pytest.raises(TraitError, match="speed must be"):
        at_once(widget, model=model, speed=0)
    assert state(widget) == before
    assert same_texts(widget, widget.generator.model)


def test_a_model_and_a_seed_can_change_at_once(widget, model):
    seen = []
    widget.observe(lambda change: seen.append((change["new"], widget.seed, widget.card["network"])), "model")
    at_once(widget, model=model.with_card({"title": "Emma"}), seed="ha")
    assert seen == [("Emma", "ha", model.architecture)]


def test_a_page_may_choose_only_a_listed_model(widget, folder, updates, monkeypatch):
    def opened(*_):
        pytest.fail("A page had something opened.")

    before = state(widget)
    monkeypatch.setattr(LSTMGenerator, "__init__", opened)
    for wrong in (
        str(folder),
        "https://example.org/model.zip",
        "models/fairytales",
        "",
        None,
        5,
        ["fairytales"],
        {},
    ):
        updates.clear()
        widget.set_state({"model": wrong, "temperature": 1.0})
        assert widget.error == "There is no such model to choose."
        assert updates[-1] == {"model": "model", "temperature": 0.8}
        assert state(widget) == before
        widget.set_trait("error", "")
    monkeypatch.undo()
    widget.set_state({"model": "fairytales"})
    assert (widget.model, widget.card["title"], widget.error) == ("fairytales", "Fairy tales", "")
    assert same_texts(widget, load_model("fairytales"))
    widget.set_state({"model": "model"})
    assert widget.card["network"] == before["card"]["network"]
    assert widget.models == before["models"]


def test_a_page_may_choose_again_what_a_cell_had_opened(widget, folder, model):
    widget.model = folder
    widget.model = "fairytales"
    widget.set_state({"model": str(folder)})
    assert widget.model == str(folder)
    assert same_texts(widget, model)


@pytest.mark.parametrize("kind", [LSTMWidget, TemperatureLanes])
@pytest.mark.parametrize("is_folder", [True, False])
def test_a_model_that_was_trained_anew_is_read_anew(random_model, tmp_path, kind, is_folder):
    old, new = (
        random_model(units=units, characters=characters, random_seed=seed, card={"title": title})
        for units, characters, seed, title in [((8,), "abcdefgh", 1, "old"), ((5, 4), "abcxyz", 2, "new")]
    )
    folder = tmp_path / "run"
    file = save_safetensors(old, folder / "model.safetensors")
    path = str(folder if is_folder else file)
    settings = {"seed": "abc", "length": 40, "rng": 3}
    widget = kind(path, **settings)
    before = widget.generator
    widget.model = path
    assert widget.generator is before  # nothing has changed
    file.write_bytes(b"half of it")
    with pytest.raises(TraitError):
        widget.model = path
    widget.set_state({"model": path})  # the page chooses what was loaded
    assert (widget.generator, widget.error) == (before, "")
    save_safetensors(new, file)
    widget.set_state({"model": path})
    assert widget.generator is before
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "model")
    widget.model = path
    assert widget.model == path
    assert widget.generator.model.fingerprint == new.fingerprint
    assert (widget.card["title"], seen) == ("new", [path])
    assert [one["title"] for one in widget.models if one["name"] == path] == ["new"]
    if kind is LSTMWidget:
        assert widget.units == [5, 4]
        assert widget.generate() == LSTMGenerator(new).generate(settings, temperature=widget.temperature)
    else:
        heat = widget.temperatures[0]
        assert widget.generate()[0] == LSTMGenerator(new).generate(settings, temperature=heat)
    widget.close()


def test_the_text_of_a_model_before_it_was_trained_anew_is_not_written_on(
    random_model, tmp_path, monkeypatch
):
    monkeypatch.setattr("lstm_widget.widgets.questions.PIECE", 0.0)  # a search takes several questions
    file = save_safetensors(random_model(units=(8,)), tmp_path / "model.safetensors")
    widget = LSTMWidget(file, **SETTINGS)
    widget.generate()
    page = Page(widget)
    while page.ask({"type": "find", "id": "q"})[-1]["done"] < 1:
        pass
    save_safetensors(random_model(units=(8,), random_seed=5), file)
    widget.model = str(file)
    with pytest.raises(SettingError, match=one_line("no text of this seed and model")):
        widget.resume()
    assert widget.cells  # those of the text
    widget.clear()
    assert widget.cells == []
    assert page.ask({"type": "find", "id": "q"})[-1]["done"] < 1


def test_the_same_model_is_one_entry(random_model):
    model = random_model(card={"title": "Emma"})
    widget = LSTMWidget(model)
    widget.model = "fairytales"
    widget.model = model
    assert widget.models == [*BUNDLED, {"name": "Emma", "title": "Emma"}]
    widget.model = widget.generator
    widget.model = widget.generator.model
    widget.model = load_model(model)
    widget.model = "Emma"
    assert widget.models == [*BUNDLED, {"name": "Emma", "title": "Emma"}]
    widget.model = "fairytales"
    widget.model = widget.generator.model
    assert widget.model == "fairytales"


def test_each_model_has_a_name_of_its_own(random_model):
    models = [random_model(units=(n,), card={"title": "Emma"}) for n in (2, 3, 4)]
    widget = LSTMWidget(models[0])
    for model in models[1:]:
        widget.model = model
    names = [one["name"] for one in widget.models]
    assert names == [*available_models(), "Emma", "Emma (2)", "Emma (3)"]
    for name, model in zip(names[-3:], models, strict=True):
        widget.set_state({"model": name})
        assert widget.generator.model is model
        assert same_texts(widget, model)


def test_a_title_is_no_way_to_a_bundled_name(random_model):
    model = random_model(card={"title": "fairytales"})
    widget = LSTMWidget(model)
    assert widget.model == "fairytales (2)"
    widget.model = "fairytales"
    assert same_texts(widget, load_model("fairytales"))
    widget.model = "fairytales (2)"
    assert same_texts(widget, model)
    assert set(available_models()) < {one["name"] for one in widget.models}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("", "model"),
        (None, "model"),
        (7, "7"),
        ([1, "a"], "[1, 'a']"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("a\x00b", "a\x00b"),
        ("half \ud83d", "half \ufffd"),
    ],
)
def test_any_title_is_a_text_and_can_be_chosen(random_model, title, expected):
    model = random_model(card={"title": title})
    widget = LSTMWidget(model)
    assert widget.model == expected
    on_page = on_the_wire(widget.get_state())
    assert {"name": expected, "title": expected} in on_page["models"]
    widget.model = "fairytales"
    widget.set_state({"model": on_page["model"]})
    assert widget.generator.model is model


def test_the_card_shows_plain_entries_and_the_network(random_model):
    card = {
        "title": "Emma",
        "loss": 1.5,
        "steps": 7,
        "good": True,
        "nothing": None,
        "samples": {"by_rng": ["x" * 10_000]},
        "losses": [1, 2],
        "network": "what the file says",
    }
    widget = LSTMWidget(random_model((6, 6), embedding=3, card=card))
    network = "2 layers of 6 units, embedding of 3, 8 characters, 632 parameters"
    plain = {"title": "Emma", "loss": 1.5, "steps": 7, "good": True}
    assert widget.card == {**plain, "network": network, "even_bits": 3.0}
    assert LSTMWidget(random_model()).card == {
        "network": "1 layer of 6 units, one-hot input, 8 characters, 416 parameters",
        "even_bits": 3.0,
    }


def test_the_card_shows_beginnings_and_a_sample(random_model):
    samples = {"settings": {"seed": "ab"}, "by_rng": ["c" * 2000, "d"]}
    card = {"beginnings": ["a", "bc"], "samples": samples}
    shown = LSTMWidget(random_model(card=card)).card
    assert (shown["beginnings"], shown["sample"]) == (["a", "bc"], "ab" + "c" * 1000)
    for wrong in (
        {"beginnings": ["a", 3], "samples": {}},
        {"beginnings": {}, "samples": {"settings": {"seed": "a"}, "by_rng": []}},
        {"samples": {"settings": [], "by_rng": ["a"]}},
    ):
        shown = LSTMWidget(random_model(card=wrong)).card
        assert shown.keys() == {"network", "even_bits"}


def test_a_model_changed_in_the_middle_counts_from_the_next_text(widget, small, model):
    page = Page(widget)
    page.start()
    (chunk,) = page.pull(0)
    widget.model = model
    rest, end = page.pull_all(chunk["count"])
    assert chunk["text"] + rest == widget.text == LSTMGenerator(small).generate(SETTINGS)
    assert end["receipt"]["model"] == "model"
    page.start("b")
    assert page.pull_all(run="b")[0] == LSTMGenerator(model).generate(SETTINGS)
    assert widget.receipt["model"] == widget.model == "model (2)"


# As any other widget.


def test_it_can_be_linked_and_observed(widget, small):
    slider = ipywidgets.FloatSlider(value=1.5, max=2)
    shown = ipywidgets.Label()
    link = ipywidgets.link((slider, "value"), (widget, "temperature"))
    ipywidgets.dlink((widget, "text"), (shown, "value"))
    seen = []
    widget.observe(seen.append, ["temperature", "status"])
    slider.value = 0.4
    assert widget.temperature == 0.4
    widget.set_state({"temperature": 0.9})  # from the page
    assert slider.value == 0.9
    expected = LSTMGenerator(small).generate({**SETTINGS, "temperature": 0.9})
    assert widget.generate() == shown.value == expected
    assert [change["new"] for change in seen] == [0.4, 0.9, "writing", "finished"]
    link.unlink()
    slider.value = 1.0
    assert widget.temperature == 0.9
    widget.unobserve(seen.append, ["temperature", "status"])
    widget.temperature = 0.3
    assert len(seen) == 4


def test_its_traits_can_be_linked_in_the_page(widget):
    slider = ipywidgets.FloatSlider(max=2)
    for name in ("temperature", "seed", "model", "top_k", "text"):
        link = ipywidgets.jsdlink((widget, name), (slider, "description"))
        assert link.source == (widget, name)
    assert ipywidgets.jslink((slider, "value"), (widget, "temperature")).target == (widget, "temperature")


def test_it_can_stand_in_a_box_and_have_a_layout(small):
    widget = LSTMWidget(small, layout=ipywidgets.Layout(width="50%"))
    box = ipywidgets.VBox([ipywidgets.HBox([widget, ipywidgets.Button()])])
    assert box.children[0].children[0] is widget
    assert widget.layout.width == "50%"
    widget.add_class("mine")
    widget.set_state({"_dom_classes": ["mine", "other"], "_view_count": 2})
    assert widget._dom_classes == ("mine", "other")
    assert widget._view_count == 2


def test_two_widgets_can_share_their_settings(small, model):
    one, two = LSTMWidget(small), LSTMWidget(model)
    for name in ("seed", "temperature", "length", "top_k", "top_p", "rng", "speed"):
        ipywidgets.link((one, name), (two, name))
    one.set_state({"seed": "fed", "temperature": 1.0, "length": 25, "top_k": 5, "top_p": 0.9, "rng": 8})
    two.speed = None
    assert one.speed is None
    settings = {"seed": "fed", "temperature": 1.0, "length": 25, "top_k": 5, "top_p": 0.9, "rng": 8}
    assert two.generate() == LSTMGenerator(model).generate(settings)
    assert one.generate() == LSTMGenerator(small).generate(settings)


@settings(max_examples=40)
@given(text=st.text(st.characters(codec=None, categories=["Cs", "Cc", "Lu", "Po", "Sm"]), max_size=6))
def test_whatever_stands_in_a_seed_the_page_can_be_told(random_model, text):
    widget = LSTMWidget(random_model(), seed=text)
    on_page = on_the_wire(widget.get_state())["seed"]
    assert widget.seed == text
    assert len(on_page) == len(text)
    for shown, character in zip(on_page, text, strict=True):
        assert shown == (character if unicodedata.category(character) != "Cs" else "\ufffd")


def test_a_notebook_can_be_saved_with_it(small):
    widget = LSTMWidget(small.with_card({"title": "\ud800"}), **SETTINGS)
    text = widget.generate()
    saved = json.loads(json.dumps(embed_data(views=[widget]), ensure_ascii=False).encode())
    kept = saved["manager_state"]["state"][widget.model_id]["state"]
    assert (kept["text"], kept["status"], kept["model"]) == (text, "finished", "\ufffd")
