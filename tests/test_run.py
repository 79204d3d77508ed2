"""Texts being written: streams and runs, their dice, many at once."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import count, zip_longest

import numpy as np
import pytest
from backends import use_backend
from slow_texts import REAL, TEXT, refused, slow_text

from lstm_widget.errors import SettingError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network import engine
from lstm_widget.network.backend import backend
from lstm_widget.network.engine import Engine
from lstm_widget.writing import batch, draft
from lstm_widget.writing.batch import advance_together
from lstm_widget.writing.run import Run
from lstm_widget.writing.settings import BOUNDS, Settings


@pytest.fixture
def model(random_model):
    return random_model((6, 4), embedding=5, characters=TEXT)


@pytest.fixture
def generator(model):
    return LSTMGenerator(model)


@pytest.fixture(params=["numpy", "numba"])
def math(request, monkeypatch):
    """Return what computes, once NumPy and once Numba."""
    use_backend(monkeypatch, request.param)
    return request.param


# One text, however it is asked for.


@pytest.mark.parametrize("temperature", [0, 1e-6, 0.7, 100])
@pytest.mark.parametrize(("name", "seed"), REAL)
def test_generate_stream_and_pieces_are_one_text(published, name, seed, temperature):
    lstm = LSTMGenerator(published(name))
    settings = {"seed": seed, "length": 150, "temperature": temperature, "rng": 11}
    text = lstm.generate(settings)
    assert len(text) == 150
    assert "".join(lstm.stream(settings)) == text
    pieces, run, sizes = [], lstm.start(settings), np.random.default_rng(2)
    while not run.finished:
        size = int(sizes.integers(0, 20))
        pieces.append(run.advance(size))
        assert len(pieces[-1]) == min(size, 150 - len("".join(pieces[:-1])))
    assert "".join(pieces) == "".join(run.characters) == text
    assert run.advance() == run.advance(5) == ""


@pytest.mark.parametrize(("name", "seed"), REAL)
def test_the_text_of_real_models_is_that_of_the_plain_formulas(published, slow_network, name, seed):
    model = published(name)
    for temperature, top_k, top_p in [
        (0.5, None, None),
        (1.0, 10, None),
        (100, None, 0.9),
        (1e-6, None, None),
    ]:
        expected = slow_text(
            slow_network(model), seed, 60, temperature, np.random.default_rng(9), top_k, top_p
        )
        text = LSTMGenerator(model).generate(
            seed=seed, length=60, temperature=temperature, top_k=top_k, top_p=top_p, rng=9
        )
        assert text == expected


@pytest.mark.parametrize("name", [name for name, _ in REAL])
def test_greedy_text_is_golden(published, golden, name):
    for case in golden(name)["cases"]:
        for temperature in (0, 1e-6):
            text = LSTMGenerator(published(name)).generate(
                seed=case["seed"], length=80, temperature=temperature
            )
            assert text == case["greedy_80"]


def test_a_stream_gives_single_characters(generator):
    characters = list(generator.stream(seed="abc", length=12))
    assert [len(character) for character in characters] == [1] * 12


def test_a_stream_is_written_as_it_is_asked_for(generator):
    dice, same = np.random.default_rng(1), np.random.default_rng(1)
    stream = generator.stream(length=5, rng=dice)
    assert dice.bit_generator.state == same.bit_generator.state  # not yet begun
    next(stream)
    same.random()
    assert dice.bit_generator.state == same.bit_generator.state


def test_no_time_at_all_is_one_step_at_a_time(generator):
    run, pieces = generator.start(seed="abcd", length=5, rng=1), []
    while not run.finished:
        pieces.append(run.advance(seconds=0))
    assert pieces[:3] == [""] * 3  # three characters of the seed are read first
    assert [len(piece) for piece in pieces[3:]] == [1] * 5
    assert "".join(pieces) == generator.generate(seed="abcd", length=5, rng=1)


def test_the_temperature_of_a_run_can_be_changed(generator, slow_network, model):
    run = generator.start(seed="ab", length=45, temperature=0, rng=3)
    text = run.advance(15)
    run.temperature = 2.0
    text += run.advance(15)
    run.temperature = 0.3
    text += run.advance()
    heats = [0] * 15 + [2.0] * 15 + [0.3] * 15
    assert text == slow_text(slow_network(model), "ab", 45, heats.__getitem__, np.random.default_rng(3))


def test_an_interrupted_run_can_go_on(model):
    class Dice(np.random.Generator):
        """Raise once, as when somebody interrupts the kernel."""

        rolls = 0

        def random(self, size=None):
            self.rolls += 1
            if self.rolls == 2:
                raise KeyboardInterrupt
            return super().random(size)

    dice = Dice(np.random.PCG64(5))
    run = Run(model, Engine(model.weights), Settings("ab", 20, 1.0), dice)
    run.advance(7)
    with pytest.raises(KeyboardInterrupt):
        run.advance()
    assert len(run.characters) == 7
    run.advance()
    assert "".join(run.characters) == LSTMGenerator(model).generate(
        seed="ab", length=20, temperature=1.0, rng=5
    )


@pytest.mark.parametrize("at", [1, 2, 6, 7, 10, 15])
def test_an_interrupt_in_the_middle_of_a_step_leaves_no_trace(
    generator, monkeypatch, model, slow_network, at
):
    use_backend(monkeypatch, "numpy")
    run = generator.start(seed="abc", length=30, temperature=1.0, rng=5)
    interrupt_once(monkeypatch, engine, "_cell", at)  # of the first layer if the number is odd
    with pytest.raises(KeyboardInterrupt):
        run.advance()
    run.advance(1)
    network = slow_network(model)
    network.read("abc" + "".join(run.characters[:-1]))
    for found, expected in zip(run.lane.state.c, network.c, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_an_interrupt_of_compiled_code_changes_no_text(generator, monkeypatch, at):
    use_backend(monkeypatch, "numba")
    from lstm_widget.network import compiled  # noqa: PLC0415 - it needs Numba

    settings = {"seed": "abc", "length": 30, "temperature": 1.0, "rng": 5}
    expected = generator.generate(settings)
    interrupt_once(monkeypatch, compiled, "_write", at)
    run = generator.start(settings)
    with pytest.raises(KeyboardInterrupt):
        [run.advance(10) for _ in range(3)]
    run.advance()
    assert "".join(run.characters) == expected


@pytest.mark.parametrize("lanes", [1, 2])
def test_wherever_an_interrupt_comes_what_is_kept_of_each_character_belongs_together(
    generator,
    math,  # noqa: ARG001 - what computes
    lanes,
):
    settings = [{"seed": "ab", "length": 6, "temperature": 1.0, "rng": n} for n in range(lanes)]
    expected = [generator.start(one) for one in settings]
    advance_together(expected)
    for line in count(1):
        runs = [generator.start(one) for one in settings]
        try:
            interrupt_at_line(line, lambda runs=runs: [advance_together(runs, 3) for _ in range(2)])
        except KeyboardInterrupt:
            for run in runs:
                assert len(run.surprise) == len(run.characters)
                assert len(run.ids) == len(run.characters) + 2
            advance_together(runs)
        else:
            break  # there are no more lines
        for run, right in zip(runs, expected, strict=True):
            assert run.characters == right.characters
            assert run.ids == right.ids
            np.testing.assert_allclose(run.surprise, right.surprise, rtol=0, atol=1e-5)
    assert line > 50


def interrupt_at_line(number, function):
    """Call the function; the interrupt comes when so many lines that write have been begun."""
    lines = count(1)

    def trace(frame, event, _):
        if frame.f_code.co_filename not in (batch.__file__, draft.__file__):
            return None
        if event == "line" and next(lines) == number:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)


def interrupt_once(monkeypatch, module, name, at):
    """Let the interrupt come when that function returns for the time `at`: it comes between two commands."""
    original, calls = getattr(module, name), []

    def interrupted(*arguments):
        original(*arguments)
        calls.append(name)
        if len(calls) == at:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, name, interrupted)


# Surprise.


def slow_surprise(network, seed, text):
    """Return -log2 of the probability of each character, from a slow network."""
    logits, found, named = network.read(seed), [], list(network.model.vocab.values())
    for number in network.model.encode(text):
        shifted = logits - logits[number]
        found.append(np.log2(np.exp(shifted[named]).sum()))
        logits = network.step(number)
    return found


def check_surprise(run, network, model):
    """Assert that the surprise is what the slow network and the score of the whole text say."""
    seed, text = run.settings.seed, "".join(run.characters)
    assert run.surprise.typecode == "d"
    np.testing.assert_allclose(run.surprise, slow_surprise(network(model), seed, text), rtol=0, atol=5e-5)
    log_probabilities = LSTMGenerator(model).score(seed + text).log_probabilities[len(seed) :]
    np.testing.assert_allclose(run.surprise, -log_probabilities / np.log(2), rtol=0, atol=5e-5)
    assert min(run.surprise) >= 0


SURPRISING = [
    {"seed": "bad", "length": 140, "temperature": 1.0, "rng": 1},
    {"seed": "a", "length": 70, "temperature": 0, "rng": 2},
    {"seed": "head", "length": 65, "temperature": 0.5, "top_k": 4, "rng": 3},
    {"seed": "fed", "length": 64, "temperature": 3.0, "rng": 4},
    {"seed": "b", "length": 130, "temperature": 3.0, "top_p": 0.8, "rng": 5},
    {"seed": "cab", "length": 1, "temperature": 1.0, "top_k": 5, "top_p": 0.5, "rng": 6},
]


def write_alone(runs):
    for run in runs:
        run.advance()


def write_in_pieces(runs):
    for run in runs:
        sizes = np.random.default_rng(1)
        while not run.finished:
            run.advance(int(sizes.integers(0, 90)))
            assert len(run.surprise) == len(run.characters)


def write_without_time(runs):
    while not all(run.finished for run in runs):
        advance_together(runs, seconds=0)
        assert [len(run.surprise) for run in runs] == [len(run.characters) for run in runs]


WAYS = [write_alone, write_in_pieces, write_without_time, advance_together]


@pytest.mark.parametrize("write", WAYS)
@pytest.mark.parametrize(
    ("units", "embedding", "size"), [((6,), None, 13), ((7, 5), 3, 20), ((3, 8, 5), 4, 70)]
)
def test_the_surprise_is_that_of_the_plain_formulas(
    random_model, slow_network, math, units, embedding, size, write
):
    model = random_model(units, embedding, characters=TEXT, vocab_size=size, scale=0.7)
    lstm = LSTMGenerator(model)
    assert lstm.math == math
    runs = [lstm.start(text) for text in SURPRISING]
    write(runs)
    for run in runs:
        assert len(run.surprise) == run.settings.length
        check_surprise(run, slow_network, model)


@pytest.mark.parametrize(("name", "seed"), REAL)
def test_the_surprise_of_real_models_is_their_score(published, math, name, seed):
    lstm = LSTMGenerator(published(name))
    assert backend.name == math
    runs = [lstm.start(seed=seed, length=200, temperature=1.0, rng=n) for n in range(3)]
    runs[0].advance()
    advance_together(runs)
    for run in runs:
        score = lstm.score(seed + "".join(run.characters))
        np.testing.assert_allclose(run.surprise, score.bits[len(seed) :], rtol=0, atol=5e-4)
        assert score.bits_per_character < 8


def test_the_surprise_is_that_at_temperature_one(generator, slow_network, model, math):  # noqa: ARG001
    run = generator.start(seed="ab", length=45, temperature=0, rng=3)
    for temperature in (0, 2.0, 0.3):
        run.temperature = temperature
        run.advance(15)
    check_surprise(run, slow_network, model)


def test_certainty_is_no_surprise(random_model, math):  # noqa: ARG001
    run = LSTMGenerator(random_model((5,), characters="a", vocab_size=9)).start(length=70)
    run.advance()
    assert "".join(map(str, run.surprise)) == "0.0" * 70  # and not -0.0


@pytest.mark.parametrize("scale", [1e4, 1e30])
def test_however_large_the_logits_are_the_surprise_is_a_number(random_model, math, scale):  # noqa: ARG001
    lstm = LSTMGenerator(random_model((5,), scale=scale))
    runs = [lstm.start(length=70, temperature=100, rng=n) for n in range(3)]
    runs[0].advance()
    advance_together(runs)
    for run in runs:
        assert np.isfinite(run.surprise).all()
        assert min(run.surprise) >= 0


def test_with_many_characters_pieces_are_shorter_and_the_text_is_the_same(
    generator, slow_network, model, monkeypatch
):
    use_backend(monkeypatch, "numpy")
    expected = generator.generate_many(SURPRISING)
    for kept in (0, 30, 300):
        monkeypatch.setattr(batch, "_KEPT", kept)
        runs = [generator.start(text) for text in SURPRISING]
        advance_together(runs)
        assert ["".join(run.characters) for run in runs] == expected
        for run in runs:
            check_surprise(run, slow_network, model)


# Another length.


@pytest.mark.parametrize("write", WAYS)
@pytest.mark.parametrize("first", [1, 300])
def test_a_text_that_is_extended_is_that_of_the_length(generator, math, first, write):  # noqa: ARG001
    texts = [{**text, "length": first} for text in SURPRISING]
    runs = [generator.start(text) for text in texts]
    whole = [generator.start({**text, "length": 600}) for text in texts]
    write(runs)
    assert all(run.finished for run in runs)
    for run in runs:
        run.extend(600)
        assert not run.finished
        assert run.settings.length == 600
    write(runs)
    write(whole)
    for run, right in zip(runs, whole, strict=True):
        assert run.characters == right.characters
        np.testing.assert_allclose(run.surprise, right.surprise, rtol=0, atol=1e-5)
        assert run.advance() == ""


def test_a_text_that_is_extended_keeps_its_temperature_and_dice(generator):
    dice, same = np.random.default_rng(6), np.random.default_rng(6)
    run = generator.start(seed="abc", length=17, temperature=0.5, rng=dice)
    run.advance()
    run.temperature = 2.0
    run.extend(20)
    assert (run.temperature, run.settings.temperature) == (2.0, 0.5)
    assert len(run.advance()) == 3
    same.random(20)
    assert dice.bit_generator.state == same.bit_generator.state


def test_a_length_below_what_is_written_is_refused(generator):
    run = generator.start(seed="abc", length=2000, rng=1)
    run.advance(1500)
    before = run.settings
    with refused(SettingError, "at least 1,500: that many characters are written already"):
        run.extend(1499)
    for wrong in (0, -1, BOUNDS["length"]["most"] + 1, True, 1600.0, "1600", None):
        with refused(SettingError, "The length must be a whole number from 1 to"):
            run.extend(wrong)
    assert run.settings is before
    run.extend(1500)
    assert run.finished
    assert run.advance() == ""
    run.extend(np.int64(1501))
    assert len(run.advance()) == 1


# Dice.


@pytest.mark.parametrize(
    "settings", [{}, {"temperature": 0}, {"temperature": 100}, {"top_k": 1}, {"top_p": 0.5}]
)
def test_a_generator_gives_one_die_per_character(generator, settings):
    dice, same = np.random.default_rng(6), np.random.default_rng(6)
    generator.generate(seed="abc", length=17, rng=dice, **settings)
    same.random(17)
    assert dice.bit_generator.state == same.bit_generator.state


def test_the_same_number_gives_the_same_text_and_none_a_new_one(generator):
    settings = {"length": 200, "temperature": 2}
    assert generator.generate(settings, rng=1) == generator.generate(settings, rng=1)
    assert generator.generate(settings, rng=1) != generator.generate(settings, rng=2)
    assert generator.generate(settings) != generator.generate(settings)


def test_nobodys_global_dice_are_touched(generator):
    np.random.seed(3)  # noqa: NPY002 - the global one is what this is about
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    generator.generate()
    generator.predict()
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


# Many at once.


def test_an_abandoned_stream_disturbs_nothing(generator):
    expected = generator.generate(length=50, temperature=1, rng=1)
    stream = generator.stream(length=50, temperature=1, rng=2)
    for _ in range(10):
        next(stream)
    assert generator.generate(length=50, temperature=1, rng=1) == expected
    del stream
    assert "".join(generator.stream(length=50, temperature=1, rng=1)) == expected


def test_interleaved_streams_equal_the_single_texts(published):
    lstm = LSTMGenerator(published("darwin"))
    first = {"seed": "Natural", "length": 100, "temperature": 0.8, "rng": 1}
    second = {"seed": "a", "length": 130, "temperature": 1.2, "rng": 2}
    pairs = list(zip_longest(lstm.stream(first), lstm.stream(second), fillvalue=""))
    assert "".join(one for one, _ in pairs) == lstm.generate(first)
    assert "".join(other for _, other in pairs) == lstm.generate(second)


def test_texts_from_several_threads_equal_the_single_texts(published):
    lstm = LSTMGenerator(published("darwin"))
    settings = [{"seed": "On the", "length": 300, "temperature": 0.9, "rng": n} for n in range(8)]
    expected = [lstm.generate(each) for each in settings]
    assert len(set(expected)) == 8
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lstm.generate, settings)) == expected
