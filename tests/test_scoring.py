"""How likely a text is to a model, and long texts that are fed: against PyTorch and the plain formulas."""

from __future__ import annotations

import numpy as np
import pytest
from slow_texts import REAL, TEXT, check_prediction, refused

from lstm_widget.errors import SettingError, UnknownCharactersError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.scoring import BLOCK

LENGTHS = [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 3]


@pytest.fixture
def model(random_model):
    return random_model((6, 4), embedding=5, characters=TEXT)


@pytest.fixture
def generator(model):
    return LSTMGenerator(model)


def some_text(model, length, random_seed=0):
    return "".join(np.random.default_rng(random_seed).choice(list(model.vocab), size=length))


def log_softmax(logits):
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum())


def slow_score(network, text):
    """Return the log-probability of each character, one step after the other."""
    model, logits, found = network.model, network.softmax_b, []
    for character in text:
        logits = np.array(logits, dtype=np.float64)
        logits[model.unused_ids] = -np.inf
        found.append(log_softmax(logits)[model.vocab[character]])
        logits = network.step(model.vocab[character])
    return np.array(found)


def test_a_score_at_the_end_of_a_cell_takes_one_line_however_long_the_text(random_model):
    model = random_model((6,), None, characters=TEXT)
    score = LSTMGenerator(model).score(some_text(model, 2000))
    assert repr(score) == f"Score(2,000 characters, {score.bits_per_character:.2f} bits per character)"


# Against something else.


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(
    ("units", "embedding", "size"), [((6,), None, 13), ((7, 5), 3, 13), ((3, 8, 5), 4, 20)]
)
def test_the_score_is_that_of_the_plain_formulas(random_model, slow_network, units, embedding, size, length):
    model = random_model(units, embedding, characters=TEXT, vocab_size=size, scale=0.7)
    text = some_text(model, length)
    score = LSTMGenerator(model).score(text)
    expected = slow_score(slow_network(model), text)
    assert score.text == text
    assert score.log_probabilities.dtype == np.float64
    np.testing.assert_allclose(score.log_probabilities, expected, rtol=0, atol=2e-5)
    np.testing.assert_allclose(score.bits, -expected / np.log(2), rtol=0, atol=4e-5)
    assert score.bits_per_character == pytest.approx(-expected.mean() / np.log(2), abs=2e-5)
    assert score.logits is None


@pytest.mark.parametrize(("units", "embedding"), [((6,), None), ((7, 5), 3)])
def test_the_score_is_that_of_pytorch(random_model, units, embedding):
    torch = pytest.importorskip("torch", reason="The comparison with PyTorch needs PyTorch (extra 'train').")
    model = random_model(units, embedding, characters=TEXT, random_seed=4)
    from slow_torch import slow_logits  # noqa: PLC0415 - needs PyTorch

    text = some_text(model, 600)
    ids = np.array([model.vocab[character] for character in text])
    logits = slow_logits(model, ids[:-1])
    losses = torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="none")
    found = LSTMGenerator(model).score(text).log_probabilities
    np.testing.assert_allclose(found[1:], -losses.numpy(), rtol=0, atol=5e-5)


@pytest.mark.parametrize(("name", "seed"), REAL)
def test_the_score_of_real_models_is_that_of_the_plain_formulas(published, slow_network, name, seed):
    model = published(name)
    text = seed + some_text(model, 300)
    found = LSTMGenerator(model).score(text).log_probabilities
    np.testing.assert_allclose(found, slow_score(slow_network(model), text), rtol=0, atol=2e-4)


@pytest.mark.parametrize("name", [name for name, _ in REAL])
def test_golden_logits_score_what_may_follow(published, golden, name):
    model = published(name)
    case = golden(name)["cases"][0]
    shares = log_softmax(np.array(case["logits"]))
    for character in list(model.vocab)[::10]:
        found = LSTMGenerator(model).score(case["seed"] + character).log_probabilities[-1]
        assert found == pytest.approx(shares[model.vocab[character]], abs=2e-4)


def test_shakespeare_is_known_by_heart(published, shared_models):
    # COMPAT.md: 1.33 nats per character over the whole text, 1.56 or more if the network is run wrong.
    file = shared_models.parent / "corpora" / "shakespeare.txt"
    if not file.is_file():
        pytest.skip(f"Shakespeare's text is not on this machine: there is no {file}.")
    text = file.read_text(encoding="utf-8")[:50_000]
    score = LSTMGenerator(published("shakespeare")).score(text)
    assert 1.25 < -score.log_probabilities.mean() < 1.41


# What holds for any score.


def test_the_first_character_comes_from_the_zero_state(generator, model):
    shares = log_softmax(model.weights.softmax_b.astype(np.float64))
    for character, number in model.vocab.items():
        assert generator.score(character).log_probabilities[0] == pytest.approx(shares[number], abs=1e-6)


@pytest.mark.parametrize("length", [0, 3, BLOCK - 1, BLOCK])
def test_what_may_follow_has_probability_one_in_all(random_model, length):
    model = random_model((6, 4), characters=TEXT, vocab_size=20)
    lstm, text = LSTMGenerator(model), some_text(model, length)
    last = [lstm.score(text + character).log_probabilities[-1] for character in model.vocab]
    assert np.exp(last).sum() == pytest.approx(1, abs=1e-6)


def test_a_longer_text_begins_with_the_score_of_the_shorter(generator, model):
    text = some_text(model, 600)
    whole = generator.score(text).log_probabilities
    for length in LENGTHS:
        part = generator.score(text[:length]).log_probabilities
        np.testing.assert_allclose(part, whole[:length], rtol=0, atol=2e-5)


@pytest.mark.parametrize("length", LENGTHS)
def test_logits_are_kept_if_asked_for(random_model, slow_network, length):
    model = random_model((6, 4), characters=TEXT, vocab_size=20)
    text = some_text(model, length)
    score = LSTMGenerator(model).score(text, logits=True)
    assert score.logits.shape == (length, 20)
    assert score.logits.dtype == np.float32
    np.testing.assert_array_equal(np.isneginf(score.logits), [np.isin(range(20), model.unused_ids)] * length)
    named, network = list(model.vocab.values()), slow_network(model)
    expected = [network.softmax_b, *(network.step(model.vocab[character]) for character in text[:-1])]
    np.testing.assert_allclose(score.logits[:, named], np.array(expected)[:, named], rtol=1e-5, atol=5e-5)
    np.testing.assert_array_equal(score.log_probabilities, LSTMGenerator(model).score(text).log_probabilities)


def test_impossible_logits_are_no_trouble(random_model):
    model = random_model((5,), scale=1e4)
    score = LSTMGenerator(model).score("abcabcab" * 40)
    assert np.isfinite(score.log_probabilities).all()
    assert score.log_probabilities.min() < -1e4
    assert score.log_probabilities.max() <= 0


# What is read, and what is refused.


def test_lookalikes_are_scored_as_what_is_read(published):
    lstm = LSTMGenerator(published("darwin"))
    score = lstm.score("“On the\u2028origin—of e\u0301")
    assert score.text == '"On the\r\norigin-of é'
    expected = lstm.score(score.text).log_probabilities
    np.testing.assert_array_equal(score.log_probabilities, expected)
    assert len(score.bits) == len(score.text)


@pytest.mark.parametrize("text", ["", None, 5, b"abc", ["a"]])
def test_what_is_no_text_is_refused(generator, text):
    with refused(SettingError, "text of at least one character"):
        generator.score(text)


def test_unknown_characters_are_told(generator):
    with refused(UnknownCharactersError, "'X', 'é'") as caught:
        generator.score("aXbéX")
    assert caught.value.characters == ("X", "é")


def test_scoring_leaves_the_fed_state_alone_and_the_other_way_round(generator, model, slow_network):
    expected = generator.score("badhead").log_probabilities
    generator.feed("bad")
    np.testing.assert_array_equal(generator.score("badhead", logits=True).log_probabilities, expected)
    check_prediction(generator, slow_network(model).read("bad"))
    generator.feed("h")
    check_prediction(generator, slow_network(model).read("badh"))


# Long texts that are fed.


@pytest.mark.parametrize("length", LENGTHS[2:])
def test_a_long_text_that_is_fed_is_read_character_by_character(generator, model, slow_network, length):
    text, network = some_text(model, length), slow_network(model)
    generator.feed(text)
    logits = network.read(text)
    check_prediction(generator, logits, abs=1e-5)
    state = generator.state
    for found, expected in zip((*state.c, *state.h), (*network.c, *network.h), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)
    generator.feed(text[:9])
    check_prediction(generator, network.read(text[:9]), abs=1e-5)


def test_a_long_text_with_one_unknown_character_is_not_fed_at_all(generator, model, slow_network):
    generator.feed("bad")
    with refused(UnknownCharactersError, "'X'"):
        generator.feed(some_text(model, 3 * BLOCK) + "X")
    check_prediction(generator, slow_network(model).read("bad"))
