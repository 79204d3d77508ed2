"""States that are kept along a text: few, and right wherever it is read on from."""

from __future__ import annotations

import numpy as np
import pytest
from backends import assert_same_logits

from lstm_widget import LSTMGenerator
from lstm_widget.inspection.inspector import Inspector
from lstm_widget.network.kept_states import EVERY, KeptStates


@pytest.fixture
def generator(random_model):
    return LSTMGenerator(random_model(units=(8, 6)))


@pytest.fixture
def long_run(generator):
    run = generator.start(seed="abc", length=2000, temperature=0.8, rng=1)
    run.advance()
    return run


@pytest.mark.parametrize("most", [10, 1000, 10**7])
def test_they_stay_within_a_bound_and_are_those_of_the_text(generator, monkeypatch, most):
    monkeypatch.setattr("lstm_widget.network.kept_states._MOST_BYTES", most)
    lane, kept, states = generator.engine.lane(), KeptStates(), {}
    size = 4 * 2 * (8 + 6)
    for position in range(1, 5001):
        lane.step(position % 8)
        states[position] = lane.state
        kept.offer(position, lane)
        assert len(kept) * size <= max(most, 2 * size)
    for position in (0, 1, EVERY, 999, 5000):
        place, state = kept.before(position)
        assert place <= position
        assert (state is None) == (place == 0)
        if state is not None:
            for one, other in zip(state.c + state.h, states[place].c + states[place].h, strict=True):
                np.testing.assert_array_equal(one, other)
    if most > 10**6:
        assert 5000 - kept.before(5000)[0] < EVERY
    assert kept.up_to(700).before(5000)[0] <= 700


@pytest.mark.parametrize("position", [0, 1, 63, 64, 65, 1000, 1999, 2000])
def test_a_branch_reads_on_from_one_and_is_the_branch_that_reads_all(generator, long_run, position):
    branch = long_run.begin_branch(position, "h")
    assert len(branch.unread) <= 2 * EVERY
    branch.extend(2040)
    branch.advance()
    replayed = generator.start(seed="abc", length=2040, temperature=0.8, rng=1)
    replayed.advance(position)
    replayed.force("h")
    replayed.advance()
    assert branch.characters == replayed.characters
    np.testing.assert_allclose(branch.surprise, replayed.surprise, rtol=0, atol=1e-4)


def test_after_an_interrupt_a_text_reads_on_from_one(generator, long_run, monkeypatch):
    long_run.extend(2100)
    with monkeypatch.context() as patch:
        patch.setattr("lstm_widget.writing.batch.choose", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            long_run.advance()
    assert len(long_run.unread) <= 2 * EVERY
    long_run.advance()
    assert "".join(long_run.characters) == generator.generate(seed="abc", length=2100, temperature=0.8, rng=1)


def _interrupted(*_):
    raise KeyboardInterrupt


def test_a_look_reads_on_from_one(long_run, generator):
    text = "abc" + "".join(long_run.characters)
    logits = generator.score(text, logits=True).logits
    inspector = Inspector(long_run)
    for position in (1900, 5, 1000, 0):
        (found, ids, *_), left = inspector.choices(position, 10, 1e9)
        assert left == 0
        assert generator.model.decode(ids) == text[position : position + 10]
        assert_same_logits(found, logits[position : position + 10])
