"""What a person types, as a model reads it; and what a text begins with if nobody says."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import Page

from lstm_widget import LSTMGenerator, LSTMWidget, TemperatureLanes, cli, save_model
from lstm_widget.inspection.trace import trace
from lstm_widget.network.engine import Engine
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.normalize import Replacement
from lstm_widget.network.weights import LSTMLayer, Weights
from lstm_widget.writing.typed import as_typed, default_seed, generator_seed

RUSSIAN, GREEK, CHINESE, PINYIN = "абвгд \n", "βγδε \n", "北京天安门。\n", "bcdéǎ \n"


def read(text, model):
    return as_typed(text, model, Engine(model.weights)).text


def chain(follows, characters):
    """Return a model that knows only what comes after one character: `follows` tells its probabilities."""
    size = len(characters)
    ids = {character: number for number, character in enumerate(characters)}
    j, i, f, o = np.eye(size) * 20, *np.zeros((3, size, size))
    kernel = np.vstack([np.hstack([j * 0, j, f, o]), np.zeros((size, 4 * size))])
    bias = np.repeat([20.0, 0.0, -21.0, 20.0], size)  # takes all in, forgets all, gives all out
    softmax = np.full((size, size), np.log(1e-6))
    for character, shares in follows.items():
        for after, share in shares.items():
            softmax[ids[character], ids[after]] = np.log(share)
    layer = LSTMLayer(kernel + np.vstack([np.hstack([i, i * 0, i, i]), np.zeros_like(kernel[size:])]), bias)
    return CharLSTM(Weights((layer,), softmax / np.tanh(1.0), np.zeros(size)), ids)


# Line ends.

WORDS = {"a": {"b": 0.7, " ": 0.3}, "b": {"a": 0.9, " ": 0.1}, " ": {"a": 0.5, "b": 0.5}}
LINES_OF = {
    "two": {**WORDS, "a": {"b": 0.9, "\r": 0.1}, "\r": {"\n": 1.0}, "\n": {"a": 1.0}},
    "one": {**WORDS, "a": {"b": 0.9, "\n": 0.1}, "\r": {"a": 1.0}, "\n": {"a": 1.0}},
    # Once in a text of others' there was a "\r\n": so much is known of "\r", but no line ends with it.
    "mostly one": {
        **WORDS,
        "a": {"b": 0.9, "\n": 0.099, "\r": 0.001},
        "\r": {"\n": 1.0},
        "\n": {"a": 1.0},
    },
    "both": {**WORDS, "a": {"b": 0.8, "\n": 0.1, "\r": 0.1}, "\r": {"\n": 1.0}, "\n": {"a": 1.0}},
    "returns": {**WORDS, "a": {"b": 0.9, "\r": 0.1}, "\r": {"b": 1.0}, "\n": {"a": 1.0}},
    "none": WORDS,
}


@pytest.mark.parametrize("lines", LINES_OF)
def test_line_ends_go_by_what_the_model_writes(lines):
    model = chain(LINES_OF[lines], "ab \r\n")
    written = LSTMGenerator(model).generate(seed="a", length=2000, temperature=1, rng=5)
    in_two = written.count("\r\n") > 10 * (written.count("\n") - written.count("\r\n"))
    assert (lines == "two") == (in_two and "\n" in written)
    assert read("a\nb\n", model) == ("a\r\nb\r\n" if lines == "two" else "a\nb\n")
    assert read("a\r\nb\r", model) == "a\r\nb\r"


def test_each_lone_line_end_becomes_one_of_two():
    model = chain(LINES_OF["two"], "ab \r\n")
    normalized = as_typed("\na\u2028\r\n\n\r\v☃\n", model, Engine(model.weights))
    assert normalized.text == "\r\na\r\n\r\n\r\n\r\r\n\r\n"
    assert normalized.replacements == (
        Replacement(0, "\n", "\r\n"),
        Replacement(2, "\u2028", "\r\n"),
        Replacement(5, "\n", "\r\n"),
        Replacement(7, "\v", "\r\n"),
        Replacement(8, "☃", ""),
        Replacement(9, "\n", "\r\n"),
    )


@given(st.text("ab \r\n\v\u2028☃", max_size=12))
def test_what_was_typed_is_read_again_as_it_was_read(text):
    model = chain(LINES_OF["two"], "ab \r\n")
    engine = Engine(model.weights)
    once = as_typed(text, model, engine)
    assert as_typed(once.text, model, engine) == (once.text, ())
    assert once.text.replace("\r\n", "").count("\n") == 0
    replayed, position = "", 0
    for one in once.replacements:
        assert text[one.position :].startswith(one.character)
        replayed += text[position : one.position] + one.used
        position = one.position + len(one.character)
    assert replayed + text[position:] == once.text


@pytest.mark.parametrize("name", ["bolano", "darwin", "itp", "shakespeare"])
def test_of_the_published_models_darwin_has_line_ends_of_two(published, name):
    model = published(name)
    assert read("one\ntwo", model) == ("one\r\ntwo" if name == "darwin" else "one\ntwo")
    assert model.encode("one\ntwo") == [model.vocab[one] for one in "one\ntwo"]  # exact is exact


def test_what_a_line_end_costs_darwin(published):
    model = published("darwin")
    lstm = LSTMGenerator(model)
    text = lstm.generate(seed="The origin of species", length=3000, temperature=0.7, rng=3)
    lines = text[: text.rindex("\r\n") + 2].splitlines()
    assert len(lines) > 5
    typed = "\n".join(lines) + "\n"
    read_as = lstm.score(typed)
    assert read_as.text == "\r\n".join(lines) + "\r\n"
    exact = lstm.score(read_as.text)
    np.testing.assert_array_equal(read_as.bits, exact.bits)
    ends = np.array([one in "\r\n" for one in read_as.text])
    after = read_as.bits[ends].sum() / len(lines)
    # The line ends as they stand.
    ids = model.encode(typed)
    network = Engine(model.weights)
    logits = np.vstack([network.lane().logits(), network.lane().read(np.array(ids))[:-1]]).astype(np.float64)
    bits = -(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))[np.arange(len(ids)), ids] / np.log(2)
    before = bits[[one == "\n" for one in typed]].mean()
    assert before > 10
    assert after < before / 2


def test_a_typed_line_end_is_read_so_wherever_a_person_types(published):
    model = published("darwin")
    lstm = LSTMGenerator(model)
    settings = {"length": 60, "temperature": 0.5, "rng": 1}
    expected = lstm.generate(seed="of species.\r\n", **settings)
    typed, told = "of species.\n", [{"position": 11, "character": "\n", "used": "\r\n"}]
    run = lstm.start(seed=typed, **settings)
    assert [one._asdict() for one in run.replacements] == told
    assert run.advance() == expected
    widget = LSTMWidget(model, seed=typed)
    assert widget.replacements == told
    assert widget.generate(**settings) == expected
    assert LSTMGenerator(model).replay(widget.receipt) == expected
    lanes = TemperatureLanes(model, seed=typed, temperatures=[0.5, 0.5], length=60, rng=1)
    assert lanes.replacements == told
    assert lanes.generate() == [expected, expected]
    page = Page(widget)
    asked = [{"type": "expect", "id": "q", "seed": seed} for seed in (typed, "of species.\r\n")]
    (_, (one,)), (_, (other,)) = (page.look(question, "<f4") for question in asked)
    np.testing.assert_array_equal(one, other)


def test_the_commands_tell_it(published, tmp_path, capsys):
    file = save_model(published("darwin"), tmp_path / "darwin.safetensors")
    assert cli.main(["generate", str(file), "--seed", "of species.\n", "--length=5", "--rng=1"]) == 0
    assert "'\\r\\n' for '\\n'" in capsys.readouterr().err
    text = tmp_path / "text.txt"
    outcome = []
    for end in ("\n", "\r\n"):
        text.write_bytes(f"of species{end}and of{end}".encode())
        assert cli.main(["score", str(file), str(text), "--last=8"]) == 0
        outcome.append(capsys.readouterr())
    assert outcome[0].out == outcome[1].out
    assert "'\\r\\n' for '\\n'" in outcome[0].err
    assert outcome[1].err == ""


def test_what_is_fed_by_hand_is_read_as_it_stands(published):
    one, other = LSTMGenerator(published("darwin")), LSTMGenerator(published("darwin"))
    one.feed("species.\r\n")
    for character in "species.\r\n":
        other.feed(character)
    for first, second in zip((*one.state.c, *one.state.h), (*other.state.c, *other.state.h), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)


# The seed that nobody gave.


@pytest.mark.parametrize(
    "characters", [RUSSIAN, GREEK, CHINESE, PINYIN, "ABC\n", "\n\r", "\x01\u0301", "☃1 "]
)
def test_every_model_writes_without_an_argument(random_model, characters, tmp_path, capsys):
    model = random_model((5,), 4, characters)
    lstm = LSTMGenerator(model)
    assert len(lstm.generate()) == 20
    assert len(list(lstm.stream())) == 20
    assert len(lstm.trace().text) == 20
    assert len(lstm.generate_many([{}])[0]) == 20
    assert len(trace(lstm.start())) == 0
    file = save_model(model, tmp_path / "model.safetensors")
    assert cli.main(["generate", str(file), "--length=10"]) == 0
    assert capsys.readouterr().out.startswith(lstm.default_seed)
    for widget in (LSTMWidget(model), TemperatureLanes(model)):
        assert widget.seed == lstm.default_seed
        assert widget.replacements == []
        widget.generate(length=5)
        assert widget.status == "finished"


def test_the_defaults_stay_those_of_p5ml_where_the_model_knows_them(random_model, published):
    p5ml = {"seed": "a", "length": 20, "temperature": 0.5}
    for model in (random_model(), published("darwin"), random_model(characters="ABC"), "fairytales"):
        assert LSTMGenerator(model).defaults == p5ml
    assert LSTMGenerator().defaults == p5ml
    russian = LSTMGenerator(random_model(characters=RUSSIAN))
    assert russian.defaults == {**p5ml, "seed": russian.default_seed}
    russian.defaults["seed"] = "вд"
    assert russian.start().settings.seed == "вд"


def test_a_seed_that_was_set_before_the_model_is_kept(random_model):
    lstm = LSTMGenerator()
    lstm.defaults["seed"] = "гд"
    lstm._use(random_model(characters=RUSSIAN))
    assert lstm.start().settings.seed == "гд"


@pytest.mark.parametrize(
    ("card", "seed"),
    [
        ({"seed": "the cat"}, "the cat"),
        ({"seed": "the cat", "samples": {"settings": {"seed": "a hat"}}}, "the cat"),
        ({"samples": {"settings": {"seed": "a hat"}}}, "a hat"),
        ({"seed": "The ☃ “cat”"}, "the  cat"),  # as far as the model knows it
        ({"seed": "at" * 9999}, "at" * 50),
        ({"seed": "☃", "samples": {"settings": {"seed": "a hat"}}}, "a hat"),
        ({"seed": 7, "samples": ["a hat"]}, None),
        ({"seed": ["the"], "samples": {"settings": {"seed": None}}}, None),
        ({"seed": ""}, None),
        ({}, None),
    ],
)
def test_the_seed_comes_from_the_card_or_the_vocabulary(random_model, slow_network, card, seed):
    model = random_model((6,), characters="theca \n", card=card)
    if seed is None:
        logits = slow_network(model).read("\n")
        seed = max("theca", key=lambda character: logits[model.vocab[character]])
    engine = Engine(model.weights)
    assert default_seed(model, engine) == seed
    assert generator_seed(model, engine) == "a"


@given(st.frozensets(st.characters(codec="utf-8"), min_size=1, max_size=6), st.integers(0, 3))
def test_no_sign_that_nobody_sees_is_taken_if_there_is_another(random_model, characters, number):
    model = random_model((3,), characters=sorted(characters), random_seed=number)
    seed = default_seed(model, Engine(model.weights))
    assert seed in characters
    kinds = {unicodedata.category(character)[0] for character in characters}
    for kind in "LNPSZMC":
        if kind in kinds:
            assert unicodedata.category(seed)[0] == kind
            break


def test_the_seed_follows_the_model_until_somebody_gives_one(random_model):
    russian = random_model(characters=RUSSIAN, card={"seed": "абв"})
    greek = random_model(characters=GREEK, card={"seed": "δε"})
    for make in (LSTMWidget, TemperatureLanes):
        widget = make()
        assert widget.seed == "Once upon a ti"
        widget.model = "shakespeare"
        assert widget.seed == "ROMEO:\nWhat li"
        widget.model = russian
        assert (widget.seed, widget.replacements) == ("абв", [])
        widget.seed = "аб"
        widget.model = greek
        assert widget.seed == "аб"
        given = make(russian, seed="абв")  # the same, but somebody wants it
        given.model = greek
        assert given.seed == "абв"


def test_a_page_that_chooses_another_model_is_told_its_seed():
    widget = LSTMWidget()
    page = Page(widget)
    page.widget.set_state({"model": "shakespeare"})
    assert widget.seed == "ROMEO:\nWhat li"
