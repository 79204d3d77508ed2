"""What a training is expected to reach is near what it reaches, and is said after some seconds of it."""

from __future__ import annotations

import numpy as np
import pytest
from training_runs import TEXT, tiny

from lstm_widget.training import forecast as module
from lstm_widget.training.display import Display
from lstm_widget.training.forecast import Forecast
from lstm_widget.training.progress import Progress

# Letters of English, about; 4.1 bits.
COUNTS = np.array([18, 10, 7, 7, 6, 6, 6, 6, 5, 5, 3, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1]) * 100_000
TOTAL = 50_000_000


def course(read, level=1.35, slope=1.1):
    """Return the loss of a training, in which nothing happens by chance, after millions of characters."""
    return level + slope * (read / 1e6) ** -0.55


def forecast(until, step=20_000, validations=()):
    """Return what is expected after some characters."""
    found = Forecast(COUNTS, TOTAL)
    for read in range(step, until + 1, step):
        found.add(read, course(read), dict(validations).get(read))
    return found.bits


def test_a_regular_course_is_continued():
    assert forecast(10_000_000) == pytest.approx(course(TOTAL), abs=0.01)
    assert forecast(40_000_000) == pytest.approx(course(TOTAL), abs=0.01)


def test_at_first_it_is_what_such_texts_usually_give():
    entropy = -(COUNTS / COUNTS.sum() * np.log2(COUNTS / COUNTS.sum())).sum()
    assert forecast(100_000) == pytest.approx(0.345 * entropy, abs=0.1)
    small = Forecast(COUNTS // 100, TOTAL)
    small.add(20_000, 4.0, None)
    assert small.bits > forecast(20_000) + 0.2


def test_chance_does_not_change_much():
    rng = np.random.default_rng(0)
    found = Forecast(COUNTS, TOTAL)
    for read in range(20_000, 15_000_001, 20_000):
        found.add(read, course(read) + rng.normal(0, 0.05), None)
    assert found.bits == pytest.approx(course(TOTAL), abs=0.05)


def test_a_validation_that_is_worse_than_the_training_counts():
    worse = [(40_000_000, course(40_000_000) + 0.3)]
    assert forecast(42_000_000, validations=worse) == pytest.approx(course(TOTAL) + 0.3, abs=0.04)


def test_it_is_never_worse_than_the_best_validation():
    assert forecast(12_000_000, validations=[(10_000_000, 1.2), (11_000_000, 1.9)]) == 1.2


def test_one_update_is_enough_for_a_guess():
    found = Forecast(COUNTS, TOTAL)
    assert found.bits is None
    found.add(20_000, 4.5, None)
    assert 1 < found.bits < 3


def test_progress_has_it_after_some_seconds(monkeypatch):
    records = []
    tiny(TEXT, on_progress=records.append)
    assert all(record.expected_bits is None for record in records)
    monkeypatch.setattr(module, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr("lstm_widget.training.loop.FIRST_SECONDS", 0.0)
    records.clear()
    tiny(TEXT, on_progress=records.append)
    assert all(0 < record.expected_bits <= (record.best_bits or 9) for record in records)


def record(update, expected, validation=None):
    read = update * 1000
    return Progress(update, 100, 1.0, read, update, 100 - update, 1000.0, 0.1, 3.0, validation, 2.0, expected)


def test_the_plan_is_one_line_and_validations_bring_it_up_to_date(capsys):
    display = Display(quiet=False, main=True)
    with display.shown(100, 0):
        for one in (record(10, None), record(30, 1.84), record(31, 1.83), record(40, 1.777, 2.0)):
            display(one)
        display(record(100, 1.7, 1.8))
    told = [line for line in capsys.readouterr().err.splitlines() if "about" in line]
    plan, later = told
    assert plan.startswith("The plan: 100 updates in about 2 min, to about 1.8 bits per character on the ")
    assert later.endswith("2.000 on the validation text; about 1.78 at the end, in about 1 min")
