"""The mistakes of p5ML and ml5.js that must not come back, by their number in COMPAT.md."""

from __future__ import annotations

import numpy as np
import pytest
from slow_texts import TEXT, check_prediction, refused, slow_text

from lstm_widget.errors import ModelError, SettingError, UnknownCharactersError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import LSTMLayer, Weights


@pytest.fixture
def model(random_model):
    return random_model((6, 4), embedding=5, characters=TEXT)


@pytest.fixture
def generator(model):
    return LSTMGenerator(model)


@pytest.mark.parametrize("units", [(6,), (5, 5), (4, 5, 6)])
def test_mistake_1_the_output_is_that_of_the_top_layer(random_model, slow_network, units):
    model = random_model(units, embedding=4)
    lstm = LSTMGenerator(model)
    assert lstm.generate(seed="abc", length=60, temperature=0) == slow_network(model).greedy("abc", 60)
    lstm.feed("abc")
    check_prediction(lstm, slow_network(model).read("abc"))


def test_mistake_2_no_overflow_when_cold(published, golden, slow_network):
    model = published("shakespeare")
    lstm = LSTMGenerator(model)
    case = golden("shakespeare")["cases"][0]
    with np.errstate(over="ignore"):  # what they computed
        assert np.isinf(np.exp(np.float32(max(case["logits"]) / 0.1)))
    with np.errstate(all="raise", under="ignore"):
        for temperature in (0.2, 0.1, 0.01, 1e-6):
            text = lstm.generate(seed=case["seed"], length=60, temperature=temperature, rng=1)
            assert text == slow_text(
                slow_network(model), case["seed"], 60, temperature, np.random.default_rng(1)
            )
    assert text == case["greedy_80"][:60]
    lstm.feed(case["seed"])
    check_prediction(lstm, np.array(case["logits"]), 0.1, abs=1e-4)


def test_mistake_3_zero_and_nothing_are_not_replaced_by_defaults(generator, model, slow_network):
    greedy = slow_network(model).greedy("a", 200)
    assert {generator.generate(length=200, temperature=0, rng=n) for n in range(5)} == {greedy}
    assert generator.generate(length=200, temperature=0.5, rng=1) != greedy
    with refused(SettingError, "length"):
        generator.generate(length=0)
    with refused(SettingError, "seed is empty"):
        generator.generate(seed="")


def test_mistake_4_the_seed_is_read_once_and_nothing_else(random_model, slow_network):
    model = random_model((6, 4), characters="helo ")
    right = slow_network(model).read("hello")
    for wrong in ("hhell", "hhello", "helloo", "hello "):
        assert np.abs(slow_network(model).read(wrong) - right).max() > 0.01  # it can be told
    lstm = LSTMGenerator(model)
    lstm.feed("hello")
    check_prediction(lstm, right)
    first = [lstm.generate(seed="hello", length=1, temperature=1, rng=n) for n in range(300)]
    dice = [np.random.default_rng(n) for n in range(300)]
    assert first == [slow_text(slow_network(model), "hello", 1, 1, die) for die in dice]


def test_mistake_5_reset_resets_and_the_state_is_no_alias(generator, model, slow_network):
    start = generator.state
    generator.feed("bad")
    after = generator.state
    generator.reset()
    check_prediction(generator, model.weights.softmax_b.astype(np.float64))
    generator.feed("h")
    check_prediction(generator, slow_network(model).read("h"))
    assert not any(array.any() for array in (*start.c, *start.h))
    generator.reset()
    assert not any(array.any() for array in (*generator.state.c, *generator.state.h))
    generator.state = after
    check_prediction(generator, slow_network(model).read("bad"))
    for array in (*generator.state.c, *generator.state.h):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


def test_mistake_6_unknown_characters_are_not_swallowed(generator):
    for attempt in (lambda: generator.generate(seed="aXb"), lambda: generator.feed("aXb")):
        with refused(UnknownCharactersError, "'X'") as caught:
            attempt()
        assert caught.value.characters == ("X",)


def test_mistake_7_a_length_as_text_is_refused_and_options_stay_as_they_are(generator):
    options = {"seed": "ab", "length": "100"}
    with refused(SettingError, "length .* not '100'"):
        generator.generate(options)
    assert options == {"seed": "ab", "length": "100"}
    options = {"seed": "ab", "rng": 3}
    generator.generate(options, length=5)
    list(generator.stream(options))
    generator.start(options)
    assert options == {"seed": "ab", "rng": 3}
    assert generator.defaults == {"seed": "a", "length": 20, "temperature": 0.5}


def test_mistake_8_ready_means_vocabulary_too_and_its_failure_is_told(folder):
    (folder / "vocab.json").rename(folder / "elsewhere.json")
    called = []
    with refused(ModelError, "vocabulary is missing"):
        LSTMGenerator(folder, lambda: called.append(1))
    assert called == []
    lstm = LSTMGenerator()
    lstm.load_checkpoints(folder)
    with refused(ModelError, "vocabulary is missing"):
        lstm.load_vocab(folder)
    assert not lstm.ready
    lstm.load_vocab(folder / "elsewhere.json")
    assert lstm.ready


def test_mistake_9_two_texts_at_once_have_a_state_each(generator, model, slow_network):
    first, second = generator.start(seed="ab", length=40, rng=1), generator.start(seed="ab", length=40, rng=2)
    while not first.finished:
        first.advance(3)
        second.advance(2)
    second.advance()
    for run, number in [(first, 1), (second, 2)]:
        expected = slow_text(slow_network(model), "ab", 40, 0.5, np.random.default_rng(number))
        assert "".join(run.characters) == expected


def test_mistake_10_markup_and_line_ends_come_as_they_are(published):
    odd = "<>&\"'\r\n\t\\"
    layer = LSTMLayer(np.zeros((len(odd) + 1, 4)), np.zeros(4))
    flat = Weights((layer,), np.zeros((1, len(odd))), np.zeros(len(odd)))  # all equally likely
    text = LSTMGenerator(CharLSTM(flat, {c: n for n, c in enumerate(odd)})).generate(
        seed="<", length=500, rng=1
    )
    assert len(text) == 500
    assert set(text) == set(odd)
    # Trained on lines that end so.
    text = LSTMGenerator(published("darwin")).generate(seed="On the\r\n", length=1000, temperature=0.7, rng=1)
    assert "\r\n" in text
