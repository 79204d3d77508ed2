"""A kernel's interrupt at any line leaves nothing behind: threads, locks, models, texts."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress

import numpy as np
import pytest
import threadpoolctl
from backends import use_backend
from interrupts import at_every_line, blas_threads, in_another_thread

from lstm_widget.formats import load_model
from lstm_widget.formats.p5ml import save_p5ml
from lstm_widget.formats.safetensors import load_safetensors, save_safetensors
from lstm_widget.generator import LSTMGenerator
from lstm_widget.holding import Lock
from lstm_widget.inspection.trace import trace as explain
from lstm_widget.network.blas import single_thread
from lstm_widget.network.sampling import choose
from lstm_widget.writing.batch import advance_together

SETTINGS = {"seed": "abc", "length": 5, "temperature": 1.3, "rng": 3}


@pytest.fixture(autouse=True)
def _two_threads():
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        yield


@pytest.fixture
def generator(model):
    return LSTMGenerator(model)


def test_a_lock_is_free_after_an_interrupt_at_any_line():
    lock = Lock()

    def free():
        assert in_another_thread(lambda: lock.hold(lambda: "free")) == "free"

    assert at_every_line(lambda: lambda: lock.hold(lambda: lock.hold(list)), free) > 5


def test_blas_has_its_threads_after_an_interrupt_at_any_line():
    def back():
        assert blas_threads() == {2}
        assert in_another_thread(lambda: single_thread(blas_threads)) == {1}
        assert blas_threads() == {2}

    assert at_every_line(lambda: lambda: single_thread(lambda: single_thread(list)), back) > 20


def test_the_next_text_is_right_after_an_interrupt_at_any_line(generator):
    expected = generator.generate(SETTINGS)

    def right():
        assert blas_threads() == {2}
        assert in_another_thread(lambda: generator.generate(SETTINGS)) == expected

    assert at_every_line(lambda: lambda: generator.generate(SETTINGS), right) > 200


@pytest.mark.parametrize("count", [1, 2])
def test_a_text_goes_on_as_it_would_have_after_an_interrupt_at_any_line(generator, count):
    expected = [generator.generate(SETTINGS, rng=n) for n in range(count)]
    runs = []

    def prepare():
        runs[:] = [generator.start(SETTINGS, rng=n) for n in range(count)]
        return lambda: [advance_together(runs, 3), advance_together(runs)]

    def right():
        for run, text in zip(runs, expected, strict=True):
            assert text.startswith("".join(run.characters))
        advance_together(runs)
        for run, text in zip(runs, expected, strict=True):
            assert "".join(run.characters) == text
            assert len(run.surprise) == len(text)
            score = generator.score(SETTINGS["seed"] + text)
            np.testing.assert_allclose(run.surprise, score.bits[len(SETTINGS["seed"]) :], atol=1e-4)
        assert blas_threads() == {2}

    assert at_every_line(prepare, right) > 200


def test_a_state_is_what_it_was_or_what_was_fed_after_an_interrupt_at_any_line(generator, monkeypatch):
    monkeypatch.setattr("lstm_widget.generator.BLOCK", 4)  # several blocks
    generator.feed("ab")
    before = generator.predict(rng=0).probabilities
    generator.feed("cdefgcde")
    after = generator.predict(rng=0).probabilities

    def prepare():
        generator.reset()
        generator.feed("ab")
        return lambda: generator.feed("cdefgcde")

    def either():
        assert generator.predict(rng=0).probabilities in (before, after)

    assert at_every_line(prepare, either) > 50


def test_a_generator_has_one_model_whole_after_an_interrupt_at_any_line(model, random_model, folder):
    other = random_model((5,), characters="hgfedcba")
    texts = {LSTMGenerator(one).generate(SETTINGS) for one in (model, other)}
    generator = None

    def prepare():
        nonlocal generator
        generator = LSTMGenerator(other)
        return lambda: (generator.load_checkpoints(folder), generator.load_vocab(folder))

    def whole():
        if generator.ready:
            assert generator.generate(SETTINGS) in texts
        else:
            generator.load_vocab(folder)
            assert generator.generate(SETTINGS) in texts

    assert at_every_line(prepare, whole) > 100


# Files.


@pytest.mark.parametrize("save", [save_p5ml, save_safetensors])
def test_a_model_is_written_whole_or_not_at_all_whatever_line_an_interrupt_comes_at(tmp_path, model, save):
    place = tmp_path / "place"
    place.mkdir()
    target = place / "model"

    def prepare():
        if target.is_dir():
            shutil.rmtree(target)
        target.unlink(missing_ok=True)
        return lambda: save(model, target)

    def whole_or_nothing():
        assert {file.name for file in place.iterdir()} <= {"model"}
        if target.exists():
            load_model(target) if target.is_dir() else load_safetensors(target)

    assert at_every_line(prepare, whole_or_nothing) > 20


def test_files_have_the_permissions_that_the_umask_says(tmp_path, model):
    before = os.umask(0o007)
    try:
        save_safetensors(model, tmp_path / "model.safetensors")
        save_p5ml(model, tmp_path / "p5ml")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert {modes.pop("p5ml")} == {0o770}
    assert set(modes.values()) == {0o660}


class Interrupted(np.random.Generator):
    """Dice during whose roll an interrupt comes, again and again: a roll in two is lost on the way."""

    rolls = 0

    def random(self, *size):
        rolled = super().random(*size)
        self.rolls += 1
        if self.rolls % 2:
            raise KeyboardInterrupt
        return rolled


@pytest.mark.parametrize("math", ["numpy", "numba"])
def test_no_die_is_lost_to_an_interrupt(generator, monkeypatch, math):
    if math == "numba":
        pytest.importorskip("numba", reason="This needs Numba (extra 'fast').")
    use_backend(monkeypatch, math)
    expected = LSTMGenerator(generator.model).trace(SETTINGS, length=300, rng=np.random.default_rng(3))
    run = generator.start(SETTINGS, length=300, rng=Interrupted(np.random.PCG64(3)))
    interrupts = 0
    while not run.finished:
        try:
            run.advance(7)
        except KeyboardInterrupt:
            interrupts += 1
    assert interrupts > 20
    assert "".join(run.characters) == expected.text
    assert list(run.rolled) == list(expected.dice)


def test_of_two_texts_with_the_same_dice_neither_loses_one_to_an_interrupt_of_the_other(generator):
    dice = Interrupted(np.random.PCG64(3))
    runs = [generator.start(SETTINGS, length=length, rng=dice) for length in (40, 70)]
    for _ in range(100):
        with suppress(KeyboardInterrupt):
            advance_together(runs, 7)
    assert [run.finished for run in runs] == [True, True]
    thrown = sorted([*runs[0].rolled, *runs[1].rolled])
    assert thrown == sorted(np.random.default_rng(3).random(len(thrown)))  # each once
    for run in runs:
        trace = explain(run, logits=True)
        chosen = [choose(*one) for one in zip(trace.logits, trace.temperatures, trace.dice, strict=True)]
        assert chosen == trace.ids.tolist()
