"""How a text was chosen, texts that branch off, and receipts from which a text comes out again."""

from __future__ import annotations

import json

import numpy as np
import pytest
from backends import assert_same_logits, use_backend
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_texts import REAL, TEXT, refused

from lstm_widget.errors import SettingError, UnknownCharactersError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.inspection.trace import trace
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.sampling import choose
from lstm_widget.writing.receipt import receipt_of
from lstm_widget.writing.settings import BOUNDS


@pytest.fixture(scope="module")
def model(random_model):
    return random_model((6, 4), embedding=5, characters=TEXT)


@pytest.fixture(scope="module")
def generator(model):
    return LSTMGenerator(model)


SETTINGS = {"seed": "bad", "length": 90, "temperature": 0.8, "rng": 7}


# The trace.


@pytest.mark.parametrize("limits", [{}, {"top_k": 4}, {"top_p": 0.8}])
@pytest.mark.parametrize(("name", "seed"), REAL)
def test_a_trace_tells_how_each_character_was_chosen(published, name, seed, limits):
    lstm = LSTMGenerator(published(name))
    common = {"seed": seed, "length": 300, "temperature": 0.9, "rng": 4, **limits}
    found = lstm.trace(common, logits=True)
    assert found.text == lstm.generate(common)
    assert found.ids.tolist() == lstm.model.encode(found.text)
    assert found.dice.tolist() == np.random.default_rng(4).random(300).tolist()
    assert set(found.temperatures) == {0.9}
    assert not found.forced.any()
    # Under the same die, its logits choose the same character; and they are those of the whole text.
    top = limits.get("top_k"), limits.get("top_p")
    for logits, die, number in zip(found.logits, found.dice, found.ids, strict=True):
        assert choose(logits, 0.9, die, *top) == number
    score = lstm.score(seed + found.text, logits=True)
    assert_same_logits(found.logits, score.logits[len(seed) :])
    np.testing.assert_allclose(found.surprise, score.bits[len(seed) :], rtol=0, atol=1e-3)
    # Rank, probability and entropy, character by character, in plain words.
    for n in range(300):
        order = sorted(range(lstm.model.vocab_size), key=lambda i: (-found.logits[n, i], i))
        assert order[found.ranks[n]] == found.ids[n]
        with np.errstate(under="ignore"):
            shares = np.exp((found.logits[n, order].astype(float) - found.logits[n].max()) / 0.9)
        shares = shares[: top[0]] / shares[: top[0]].sum()
        if top[1] is not None:
            shares = shares[: 1 + int(np.argmax(shares.cumsum() >= top[1]))]
            shares /= shares.sum()
        assert found.probabilities[n] == pytest.approx(shares[found.ranks[n]], abs=1e-9)
        possible = shares[shares > 0]
        assert found.entropies[n] == pytest.approx(-(possible * np.log2(possible)).sum(), abs=1e-9)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_trace_knows_the_temperatures(monkeypatch, model, backend):
    use_backend(monkeypatch, backend)
    run = LSTMGenerator(model).start(SETTINGS)
    run.advance(20)
    run.temperature = 2.0
    run.temperature = 0.0  # no character was written with the one before
    run.advance(5)
    run.temperature = 0.8
    run.advance()
    found = trace(run)
    assert run.temperatures == [(20, 0.0), (25, 0.8)]
    assert found.temperatures.tolist() == [0.8] * 20 + [0.0] * 5 + [0.8] * 65
    assert found.ranks[20:25].tolist() == [0] * 5
    assert found.entropies[20:25].tolist() == [0] * 5
    assert found.text == "".join(run.characters)
    np.testing.assert_allclose(found.surprise, run.surprise, rtol=0, atol=1e-3)


def test_a_trace_of_no_text(generator):
    found = trace(generator.start(SETTINGS), logits=True)
    assert (len(found), found.text, found.logits.shape) == (0, "", (0, generator.vocab_size))
    assert repr(found) == "Trace(0 characters, 0.00 bits per character)"


def test_a_trace_leaves_the_run_as_it_is(generator):
    run = generator.start(SETTINGS)
    run.advance(30)
    trace(run)
    run.advance()
    assert "".join(run.characters) == generator.generate(SETTINGS)


# Branches.


def slow_branch(generator, position, character, **others):
    """Write a text anew: every character by `choose` from the logits of all that is before it."""
    common = {**SETTINGS, **others}
    dice = np.random.default_rng(common["rng"]).random(common["length"])
    original, text = generator.generate(common), ""
    for n, die in enumerate(dice):
        if n < position:
            text += original[n]
        elif n == position:
            text += character
        else:
            generator.reset()
            generator.feed(common["seed"] + text)
            logits = generator._own_lane().logits()
            text += generator.model.characters[choose(logits, common["temperature"], die)]
    return text


@pytest.mark.parametrize("position", [0, 1, 40, 89])
def test_a_branch_has_the_same_later_dice(generator, position):
    run = generator.start(SETTINGS)
    original = run.advance()
    branch = run.branch(position, "e")
    branch.advance()
    assert "".join(branch.characters) == slow_branch(generator, position, "e")
    assert "".join(run.characters) == original
    assert branch.forced == {position: "e"}
    score = generator.score(SETTINGS["seed"] + "".join(branch.characters))
    np.testing.assert_allclose(branch.surprise, score.bits[3:], rtol=0, atol=1e-3)


def test_a_branch_with_the_character_that_was_there_is_the_same_text(generator):
    run = generator.start(SETTINGS)
    run.advance(50)
    for position in (0, 20, 49):
        branch = run.branch(position, run.characters[position])
        branch.advance()
        assert "".join(branch.characters) == generator.generate(SETTINGS)


def test_a_branch_of_a_text_that_is_not_finished_and_of_a_branch(generator):
    run = generator.start(SETTINGS)
    run.advance(30)
    first = run.branch(30, "a")  # behind the last one
    first.advance(20)
    second = first.branch(40, "h")
    second.advance()
    assert second.forced == {30: "a", 40: "h"}
    assert "".join(second.characters[:40]) == "".join(first.characters[:40])
    first.advance()
    run.advance()
    assert "".join(run.characters) == generator.generate(SETTINGS)
    assert len({"".join(one.characters) for one in (run, first, second)}) == 3


def test_behind_the_end_a_branch_makes_the_text_longer(generator):
    run = generator.start(SETTINGS)
    run.advance()
    branch = run.branch(90, "a")
    assert (len(branch.characters), branch.settings.length, branch.finished) == (91, 91, True)
    assert (len(run.characters), run.settings.length) == (90, 90)


def test_a_branch_keeps_the_temperatures_up_to_it(generator):
    run = generator.start(SETTINGS)
    run.advance(20)
    run.temperature = 0.3
    run.advance(20)
    run.temperature = 1.5
    run.advance()
    branch = run.branch(25, "c")
    assert (branch.temperatures, branch.temperature) == ([(20, 0.3)], 0.3)


@pytest.mark.parametrize("position", [-1, 91, 1.0, "1", None, True])
def test_a_branch_at_no_place_is_refused(generator, position):
    run = generator.start(SETTINGS)
    run.advance()
    with refused(SettingError, "from 0 to 90"):
        run.branch(position, "a")


@pytest.mark.parametrize("character", ["", "ab", None, 3])
def test_only_one_character_can_be_put(generator, character):
    run = generator.start(SETTINGS)
    with refused(SettingError, "one character"):
        run.force(character)
    assert run.advance() == generator.generate(SETTINGS)


def test_an_unknown_character_cannot_be_put(generator):
    run = generator.start(SETTINGS)
    with refused(UnknownCharactersError, "'Ω'"):
        run.branch(0, "Ω")


def test_a_text_of_the_greatest_length_cannot_grow(generator, monkeypatch):
    monkeypatch.setitem(BOUNDS["length"], "most", 90)
    run = generator.start(SETTINGS)
    run.advance()
    with refused(SettingError, "length"):
        run.force("a")
    assert len(run.characters) == len(run.ids) - 3 == 90


def test_an_interrupt_while_a_character_is_put_leaves_no_trace(generator, monkeypatch):
    run = generator.start(SETTINGS)
    run.advance(10)
    monkeypatch.setattr("lstm_widget.writing.batch._surprise", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.force("a")
    monkeypatch.undo()
    assert run.forced == {}
    run.advance()
    assert "".join(run.characters) == generator.generate(SETTINGS)


def interrupted(*_):
    raise KeyboardInterrupt


# Receipts.


def journey(generator, random):
    """Write a text with changes of the temperature and branches in it; return its run and the rng."""
    rng = int(random.integers(2**32))
    limits = {"top_k": [None, 5][random.integers(2)], "top_p": [None, 0.9][random.integers(2)]}
    length = int(random.integers(1, 120))
    run = generator.start(
        seed="bad", length=length, temperature=float(random.choice([0, 0.5, 1.1])), rng=rng, **limits
    )
    for _ in range(random.integers(0, 6)):
        run.advance(int(random.integers(0, 40)))
        run.temperature = float(random.choice([0, 0.4, 0.9, 1.6]))
        if random.integers(2):
            place = int(random.integers(0, len(run.characters) + 1))
            run = run.branch(place, str(random.choice(list("abcdefgh"))))
    if random.integers(4):
        run.advance()
    return run, rng


@settings(max_examples=100)
@given(random_seed=st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_text_comes_out_again_from_its_receipt(generator, backend, random_seed):
    with pytest.MonkeyPatch.context() as patch:
        use_backend(patch, backend)
        run, rng = journey(generator, np.random.default_rng(random_seed))
        receipt = json.loads(json.dumps(receipt_of(run, "a model", rng)))
        again = LSTMGenerator(generator.model)  # as if elsewhere
        assert again.replay(receipt) == "".join(run.characters)


def test_a_receipt_is_small_and_says_what_made_the_text(generator):
    run = generator.start(SETTINGS)
    run.advance(20)
    run.temperature = 0.3
    branch = run.branch(20, "h")
    branch.advance(30)
    branch.temperature = 1.4
    branch.advance(10)
    assert receipt_of(branch, "tiny", 7) == {
        "model": "tiny",
        "fingerprint": generator.model.fingerprint,
        **SETTINGS,
        "top_k": None,
        "top_p": None,
        "temperatures": [(20, 0.3), (51, 1.4)],
        "placed": [(20, "h")],
        "written": 61,
    }


def a_receipt(generator, **others):
    run = generator.start(SETTINGS)
    run.advance()
    return {**receipt_of(run, "tiny", 7), **others}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"fingerprint": "0" * 16}, "belongs to another model"),
        ({"rng": None}, "cannot be replayed"),
        ({"rng": -1}, "rng"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperatures": [[5, -1.0]]}, "temperature"),
        ({"temperatures": [[91, 1.0]]}, "damaged"),
        ({"temperatures": [[5]]}, "damaged"),
        ({"temperatures": {"5": 1.0}}, "damaged"),
        ({"temperatures": 3}, "damaged"),
        ({"placed": [[-1, "a"]]}, "damaged"),
        ({"placed": [["a", 1]]}, "damaged"),
        ({"placed": [[3, "ab"]]}, "one character"),
        ({"placed": [[3, "Ω"]]}, "Ω"),
        ({"placed": [[3, "a"], [3, "b"]]}, "damaged"),
        ({"written": 91}, "damaged"),
        ({"written": 10, "placed": [[80, "a"]]}, "damaged"),
        ({"written": None}, "damaged"),
        ({"seed": ""}, "seed"),
    ],
)
def test_a_receipt_that_cannot_be_replayed_is_refused(generator, change, match):
    with refused(SettingError, match):
        generator.replay(a_receipt(generator, **change))


@pytest.mark.parametrize("nothing", [None, [], "receipt", 3])
def test_what_is_no_receipt_is_refused(generator, nothing):
    with refused(SettingError, "not a receipt"):
        generator.replay(nothing)


def test_a_receipt_that_lacks_something_is_refused(generator):
    for name in a_receipt(generator):
        receipt = a_receipt(generator)
        del receipt[name]
        with refused(SettingError, f"lacks '{name}'"):
            generator.replay(receipt)


# Fingerprints.


def test_a_fingerprint_is_that_of_the_weights_and_the_vocabulary(model, random_model):
    assert model.fingerprint == random_model((6, 4), embedding=5, characters=TEXT).fingerprint
    assert model.with_card({"title": "other"}).fingerprint == model.fingerprint
    assert len(model.fingerprint) == 16
    others = [
        random_model((6, 4), embedding=5, characters=TEXT, random_seed=1),
        random_model((6, 4), embedding=5, characters=TEXT[::-1]),
        CharLSTM(model.weights, {chr(1000 + n): n for n in range(model.vocab_size)}),
    ]
    assert len({one.fingerprint for one in [model, *others]}) == 4
