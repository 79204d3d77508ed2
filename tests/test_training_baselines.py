"""What a training is compared with, and the curve that it draws."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from training_runs import TEXT

from lstm_widget.training import baselines as module
from lstm_widget.training.baselines import baselines
from lstm_widget.widgets.curve import Curve

VOCABULARY = sorted(set(TEXT))
IDS = np.array([VOCABULARY.index(character) for character in TEXT], dtype=np.uint8)


def slow_bits(training, validation, order):
    """Return the loss of counting in bits per character, character by character."""
    bits = 0.0
    for here, character in enumerate(validation):
        probability = 1 / len(VOCABULARY)
        for length in range(min(order, here + 1)):
            context = validation[here - length : here]
            after = Counter(
                training[place + length]
                for place in range(len(training) - length)
                if training[place : place + length] == context
            )
            kinds = len(after)
            if kinds:
                probability = (after[character] + kinds * probability) / (after.total() + kinds)
        bits -= math.log2(probability)
    return bits / len(validation)


def test_they_are_what_guessing_and_counting_achieve():
    found = baselines(IDS[:1800], IDS[1800:], len(VOCABULARY))
    assert [one["name"] for one in found] == [
        "guessing evenly",
        "letter frequencies",
        "2-gram",
        "3-gram",
        "5-gram",
    ]
    assert found[0]["bits"] == math.log2(len(VOCABULARY))
    expected = [slow_bits(TEXT[:1800], TEXT[1800:], order) for order in (1, 2, 3, 5)]
    assert [one["bits"] for one in found[1:]] == pytest.approx(expected, rel=1e-9)
    assert expected == sorted(expected, reverse=True)  # on this text
    for one in found:
        assert one["meaning"].endswith(".")
        assert "first" not in one["meaning"]


def test_of_a_large_text_the_beginning_is_counted_and_the_names_tell_it(monkeypatch):
    monkeypatch.setattr(module, "MOST_COUNTED", 1000)
    monkeypatch.setattr(module, "MOST_PREDICTED", 100)
    found = baselines(IDS[:1800], IDS[1800:], len(VOCABULARY))
    assert [one["name"] for one in found[2:]] == ["2-gram (part)", "3-gram (part)", "5-gram (part)"]
    assert found[3]["bits"] == pytest.approx(slow_bits(TEXT[:1000], TEXT[1800:1900], 3), rel=1e-9)
    assert "on the first 1,000 characters of the training text" in found[3]["meaning"]
    assert "for the first 100 of the validation text" in found[3]["meaning"]


# The curve.


@pytest.fixture(scope="module")
def losses():
    return np.random.default_rng(0).uniform(1, 6, 100_000)


def test_a_curve_of_many_updates_has_few_points(losses):
    curve = Curve()
    for update, bits in enumerate(losses, 1):
        curve.add(update, float(bits))
    assert 100 < len(curve.points) <= 500
    updates = [point.update for point in curve.points]
    assert updates[:30] == list(range(1, 31))  # those of the beginning are all there
    start = 0
    for update, bits in curve.points:
        assert bits == pytest.approx(losses[start:update].mean(), abs=1e-4)
        assert update - start <= 1 + 0.025 * update
        start = update
    assert curve.latest == pytest.approx(losses[start:].mean())


def test_a_point_never_changes(losses):
    curve, before = Curve(), []
    for update, bits in enumerate(losses[:500], 1):
        curve.add(update, float(bits))
        assert curve.points[: len(before)] == before
        before = list(curve.points)
