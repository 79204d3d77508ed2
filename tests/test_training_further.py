"""A model that is trained further: what it knew it still knows, and it learns what is new."""

from __future__ import annotations

import math

import numpy as np
import pytest
from slow_texts import refused
from training_runs import TEXT, TINY, ids_of, read_log, slow_losses, tiny, words

from lstm_widget import CharLSTM, LSTMGenerator, SettingError, load_model, save_model
from lstm_widget.network.engine import Engine
from lstm_widget.training import resume
from lstm_widget.training.adoption import with_vocab

pytestmark = pytest.mark.usefixtures("one_thread")

KNOWN = "abcdefgh"
# The architecture is the model's own.
SETTINGS = {"units": None, "layers": None, "embedding_size": None}
KINDS = pytest.mark.parametrize(
    ("units", "embedding", "size"), [((6, 6), 5, 8), ((7, 3), None, 8), ((5,), 4, 12), ((4, 6, 3), None, 11)]
)
NEW_TEXT = words(2000, seed=1).replace("s", "z").replace("cat", "Katze").replace("dog", "hund!")[:2000]


def logits_of(model, text):
    """Return the logits after each character, and which id each character has."""
    lane = Engine(model.weights).lane()
    return np.array([lane.step(model.vocab[character]).copy() for character in text])


def of(model, logits, characters):
    return logits[:, [model.vocab[character] for character in characters]]


@pytest.fixture(scope="module")
def learnt():
    """Return a model that knows the words of `TEXT`."""
    return tiny(epochs=30, learning_rate=0.01, dropout=0.0)


# Another vocabulary.


@KINDS
def test_known_characters_in_another_order(random_model, units, embedding, size):
    model = random_model(units, embedding, KNOWN, vocab_size=size)
    vocab = {character: number for number, character in enumerate("hcagbfed")}
    other = with_vocab(model, vocab, seed=0)
    assert dict(other.vocab) == vocab
    assert other.vocab_size == 8  # ids without a character are dropped
    text = "abchgfedabba" * 5
    np.testing.assert_allclose(
        of(other, logits_of(other, text), KNOWN), of(model, logits_of(model, text), KNOWN), rtol=0, atol=1e-6
    )


@KINDS
def test_new_characters_change_nothing_among_the_known_ones(random_model, units, embedding, size):
    model = random_model(units, embedding, KNOWN, vocab_size=size)
    vocab = {character: number for number, character in enumerate("xhcéagbyfed\n")}
    other = with_vocab(model, vocab, seed=0)
    assert [layer.units for layer in other.weights.layers] == list(units)
    text = "hgfedcbaaabc" * 5
    np.testing.assert_allclose(
        of(other, logits_of(other, text), KNOWN), of(model, logits_of(model, text), KNOWN), rtol=0, atol=1e-6
    )


@KINDS
def test_new_characters_are_told_apart_and_unlikely(random_model, units, embedding, size):
    model = random_model(units, embedding, KNOWN, vocab_size=size)
    known = list(model.vocab.values())
    other = with_vocab(model, {character: n for n, character in enumerate(KNOWN + "xyz")}, seed=0)
    new = [other.vocab[character] for character in "xyz"]
    np.testing.assert_array_equal(other.weights.softmax_b[new], [model.weights.softmax_b[known].min()] * 3)
    if embedding is None:
        ours, theirs = other.weights.layers[0].kernel[new], model.weights.layers[0].kernel[known]
    else:
        ours, theirs = other.weights.embedding[new], model.weights.embedding[known]
    assert len(np.unique(ours, axis=0)) == 3
    distance = np.abs(ours - theirs.mean(axis=0))
    assert (distance < 0.6 * theirs.std(axis=0)).all()  # a tenth of it is a standard deviation
    assert (distance > 0).all()


def test_the_same_seed_gives_the_same_new_characters(random_model, same_model):
    model = random_model((6, 4), 5, KNOWN)
    vocab = {character: n for n, character in enumerate(KNOWN + "xy")}
    same_model(with_vocab(model, vocab, 3), with_vocab(model, vocab, 3))
    assert not np.array_equal(
        with_vocab(model, vocab, 3).weights.embedding, with_vocab(model, vocab, 4).weights.embedding
    )


# Before it has learnt anything.


@pytest.mark.parametrize("text", [TEXT, NEW_TEXT])
def test_it_starts_out_as_the_model(tmp_path, learnt, text):
    tiny(text, tmp_path / "out", model=learnt, checkpoints=True, epochs=1, **SETTINGS)
    start = load_model(tmp_path / "out" / "checkpoints" / "00000000.safetensors")
    assert set(start.vocab) == set(learnt.vocab) | set(text)
    np.testing.assert_allclose(
        of(start, logits_of(start, TEXT[:300]), learnt.vocab),
        of(learnt, logits_of(learnt, TEXT[:300]), learnt.vocab),
        rtol=0,
        atol=2e-2,  # it was rounded to float16 twice
    )


# What it learns.


def test_it_gets_better_and_faster_so(tmp_path, learnt):
    alike = {"epochs": 10, "learning_rate": 0.01, "dropout": 0.0}
    further = tiny(NEW_TEXT, tmp_path / "out", model=learnt, checkpoints=True, **SETTINGS | alike)
    fresh = tiny(NEW_TEXT, **alike)
    start = load_model(tmp_path / "out" / "checkpoints" / "00000000.safetensors")
    end = NEW_TEXT[-200:]
    before = slow_losses(start, ids_of(start, end)).mean()
    after = slow_losses(further, ids_of(further, end)).mean()
    untrained = slow_losses(fresh, ids_of(fresh, end)).mean()
    assert after < before - 0.1
    assert after < untrained - 0.1
    assert further.card["validation_loss_nats"] == pytest.approx(after, abs=1e-4)
    assert further.card["updates"] == fresh.card["updates"]
    assert [layer.units for layer in further.weights.layers] == [10, 10]


@pytest.mark.parametrize(
    ("units", "embedding", "size"), [((7, 3), None, 12), ((4, 6, 3), 5, 8), ((5,), 4, 9)]
)
def test_any_model_can_be_trained_further(tmp_path, random_model, same_model, units, embedding, size):
    model = random_model(units, embedding, KNOWN, vocab_size=size, scale=0.3)
    further = tiny(TEXT, tmp_path / "one", model=model, **SETTINGS)
    assert [layer.units for layer in further.weights.layers] == list(units)
    assert (further.weights.embedding is None) == (embedding is None)
    assert further.unused_ids.size == 0
    log = read_log(tmp_path / "one")
    assert log[-1]["validation_bits"] < log[2]["validation_bits"]
    # Interrupted, it goes on without the model that it came from.
    tiny(TEXT, tmp_path / "two", model=model, on_progress=lambda p: p.update < 5, **SETTINGS)
    same_model(resume(tmp_path / "two", quiet=True), further)


def test_every_way_to_name_the_model(tmp_path, learnt, same_model):
    expected = tiny(NEW_TEXT, model=learnt, epochs=1, **SETTINGS)
    save_model(learnt, tmp_path / "model.safetensors")
    save_model(learnt, tmp_path / "p5ml")
    for model in (tmp_path / "model.safetensors", str(tmp_path / "p5ml")):
        same_model(tiny(NEW_TEXT, model=model, epochs=1, **SETTINGS), expected)


def test_the_card_tells_what_it_came_from(learnt):
    titled = CharLSTM(learnt.weights, learnt.vocab, {"title": "Cats", "licence": "theirs"})
    model = tiny(NEW_TEXT, model=titled, card={"title": "Zats"}, epochs=1, **SETTINGS)
    assert model.card["trained_further"] == "Cats"
    assert model.card["title"] == "Zats"
    assert "licence" not in model.card  # nobody has said so of this one
    assert model.card["settings"]["units"] == 10
    assert model.card["settings"]["learning_rate"] == 0.001


def test_known_characters_need_not_be_frequent():
    # The words have no x; an unknown character that is as rare is not learnt.
    model = tiny("xq\n" + TEXT.replace("x", ""), model=tiny(TEXT + "x" * 50, epochs=1), epochs=1, **SETTINGS)
    assert "x" in model.vocab
    assert "q" not in model.vocab
    assert set(TEXT) < set(model.vocab)
    assert math.isfinite(LSTMGenerator(model).score("the x").bits_per_character)


# What is refused.


@pytest.mark.parametrize(
    ("name", "value"), [("units", 11), ("layers", 1), ("embedding_size", 7), ("units", 128)]
)
def test_another_size_is_refused(tmp_path, learnt, name, value):
    with refused(SettingError, f"{name} cannot be {value}: the model .* has 2 layers of 10 units"):
        tiny(NEW_TEXT, tmp_path / "out", model=learnt, **SETTINGS | {name: value})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "value"), [("units", 7), ("embedding_size", 4)])
def test_a_size_where_there_is_not_one_is_refused(random_model, name, value):
    with refused(SettingError, f"{name} cannot be {value}"):
        tiny(model=random_model((7, 3), None, KNOWN), **SETTINGS | {name: value})


def test_the_same_size_may_be_said(learnt, same_model):
    sizes = {name: TINY[name] for name in ("units", "layers", "embedding_size")}
    same_model(
        tiny(NEW_TEXT, model=learnt, epochs=1, **sizes), tiny(NEW_TEXT, model=learnt, epochs=1, **SETTINGS)
    )
