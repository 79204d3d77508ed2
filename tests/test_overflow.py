"""Weights that are finite, and sums that are not: one sentence, wherever they are computed."""

from __future__ import annotations

import contextlib
import warnings

import numpy as np
import pytest
from backends import use_backend
from model_files import refused
from pages import Page

from lstm_widget import LSTMGenerator, LSTMWidget, TemperatureLanes, cli, save_model
from lstm_widget.inspection.inspector import Foresight
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import LSTMLayer, Weights
from lstm_widget.writing.batch import advance_together

HUGE = 3e38
MATCH = "weights are too large to compute with"
TEXT = "abcdefgh\n" * 40


def spoilt(model, where):
    """Return a model of which some weights are as large as a float32 can be, of both signs."""
    signs = np.random.default_rng(1)

    def huge(array):
        return (signs.choice([-HUGE, HUGE], size=array.shape)).astype(np.float32)

    weights = model.weights
    softmax_w, layers = weights.softmax_w, list(weights.layers)
    if where == "softmax":
        softmax_w = huge(softmax_w)
    else:
        number = {"first layer": 0, "second layer": 1}[where]
        layers[number] = LSTMLayer(huge(layers[number].kernel), layers[number].bias)
    return CharLSTM(Weights(layers, softmax_w, weights.softmax_b, weights.embedding), model.vocab, model.card)


@pytest.fixture(params=["softmax", "second layer"])
def model(request, random_model):
    return spoilt(random_model((8, 6), 5, "abcdefgh \r\n", vocab_size=13), request.param)


@pytest.fixture(params=["numpy", "numba"])
def backend(request, monkeypatch):
    return use_backend(monkeypatch, request.param)


@pytest.fixture(autouse=True)
def no_warning():
    """Let no warning of NumPy stand beside the sentence."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def put_and_advance(run):
    run.force("a")
    run.advance()


@pytest.mark.parametrize("temperature", [0, 0.5, 100])
@pytest.mark.parametrize("limits", [{}, {"top_k": 2}, {"top_p": 0.5}])
@pytest.mark.usefixtures("backend")
def test_no_text_is_written(model, temperature, limits):
    lstm = LSTMGenerator(model)
    settings = {"seed": "abc", "length": 50, "temperature": temperature, "rng": 1, **limits}
    attempts = [
        lambda: lstm.generate(**settings),
        lambda: "".join(lstm.stream(**settings)),
        lambda: lstm.trace(**settings),
        lambda: lstm.generate_many([{"rng": 1}, {"rng": 2}], **{**settings, "rng": None}),
        lambda: advance_together([lstm.start(settings) for _ in range(3)]),
        lambda: put_and_advance(lstm.start(settings)),
    ]
    for attempt in attempts:
        with refused(MATCH):
            attempt()


def test_sums_that_are_infinite_below(random_model):
    # Compiled code adds in another order, so that there a sum may be infinite and a gate just wide open.
    lstm = LSTMGenerator(spoilt(random_model((8, 6), 5), "first layer"))
    for attempt in (lambda: lstm.generate(seed="abc", length=50), lambda: lstm.score("abc" * 50)):
        with refused(MATCH):
            attempt()


def test_nothing_is_read(model):
    lstm = LSTMGenerator(model)
    with refused(MATCH):
        lstm.score(TEXT)
    with refused(MATCH):
        lstm.find_cells(TEXT)
    with refused(MATCH):
        lstm.find_cells()
    lstm.feed("abc")
    for temperature in (0, 0.5):
        with refused(MATCH):
            lstm.predict(temperature)
    with refused(MATCH):
        Foresight(model, lstm.engine).logits("abc", 1)


def test_a_state_that_is_no_number_is_the_models_fault(random_model):
    lstm = LSTMGenerator(spoilt(random_model((8, 6), 5), "first layer"))
    with contextlib.suppress(FloatingPointError):
        lstm.feed("abcdefgh" * 4)
    with refused(MATCH):
        lstm.state  # noqa: B018


def test_the_commands_end_with_the_sentence(model, tmp_path, capsys):
    file, text = save_model(model, tmp_path / "model.safetensors"), tmp_path / "text.txt"
    text.write_text(TEXT, encoding="utf-8")
    for command in (["generate", str(file)], ["score", str(file), str(text)]):
        assert cli.main(command) == 1
        told = capsys.readouterr()
        assert "bits" not in told.out
        assert MATCH in told.err
        assert "Warning" not in told.err


@pytest.mark.usefixtures("backend")
def test_a_widget_says_it_and_its_run_is_over(model):
    widget = LSTMWidget(model, seed="abc\n")
    page = Page(widget)
    page.start()
    (error,) = page.pull(0)
    assert error["type"] == "error"
    assert MATCH in error["message"]
    assert widget.status == "failed"
    assert MATCH in widget.error
    (answer,) = page.ask({"type": "expect", "id": "q", "seed": "abc"})
    assert (answer["type"], answer["id"]) == ("error", "q")
    assert MATCH in answer["message"]
    with refused(MATCH):
        widget.generate()
    assert widget.status == "failed"
    assert MATCH in widget.error


@pytest.mark.usefixtures("backend")
def test_lanes_say_it(model):
    lanes = TemperatureLanes(model, seed="abc")
    with refused(MATCH):
        lanes.generate(length=40)
    assert lanes.status == "failed"
    assert MATCH in lanes.error
