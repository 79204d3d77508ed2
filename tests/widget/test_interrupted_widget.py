"""After a kernel's interrupt at any line of what a widget does, its page and the next text are right."""

from __future__ import annotations

import pytest
from interrupts import at_every_line, in_another_thread
from pages import SETTINGS, Page, a_pull

from lstm_widget import LSTMGenerator, LSTMWidget, TemperatureLanes

AT_WORK = "writing"
SHORT = {**SETTINGS, "length": 8}


@pytest.fixture
def expected(model):
    return LSTMGenerator(model).generate(SHORT)


def in_order(widget):
    """Assert that nothing goes on, and that a page is answered on another thread, where it may be busy."""
    page = Page(widget)
    assert in_another_thread(lambda: page.ask({"type": "hello"})) == [{"type": "here"}]
    assert widget.status != AT_WORK


@pytest.mark.parametrize("before", ["nothing", "a text"])
def test_generate_in_a_cell(model, expected, before):
    widget = LSTMWidget(model, **SHORT)
    Page(widget)
    if before == "a text":
        widget.generate(rng=5)

    def right():
        in_order(widget)
        assert in_another_thread(lambda: widget.generate(**SHORT)) == expected
        assert (widget.text, widget.status) == (expected, "finished")

    assert at_every_line(lambda: lambda: widget.generate(**SHORT), right) > 300


def test_going_on_in_a_cell(model, expected):
    widget = LSTMWidget(model, **SHORT)
    page = Page(widget)

    def prepare():
        widget.generate(**{**SHORT, "length": 3})
        page.sent.clear()
        return lambda: widget.step(2)

    def right():
        in_order(widget)
        assert expected.startswith(widget.text)
        widget.length = 8
        if len(widget.text) < 8:
            widget.resume()
        assert widget.text == expected

    assert at_every_line(prepare, right) > 200


def test_a_branch_in_a_cell(model):
    widget = LSTMWidget(model, **SHORT)
    Page(widget)
    widget.generate(**SHORT)
    expected = widget.branch(2, "b")

    def prepare():
        widget.generate(**SHORT)
        return lambda: widget.branch(2, "b")

    def right():
        in_order(widget)
        widget.generate(**SHORT)
        assert widget.branch(2, "b") == expected

    assert at_every_line(prepare, right) > 200


def test_a_pull_of_the_page(model, expected):
    widget = LSTMWidget(model, **SHORT)
    page = Page(widget)

    def prepare():
        page.start(**SHORT)
        return lambda: page.widget._session.handle(a_pull(0, 4, SHORT["temperature"]))

    def right():
        assert in_another_thread(lambda: page.pull_all(temperature=SHORT["temperature"]))[0] == expected
        assert widget.status == "finished"
        page.clear()

    assert at_every_line(prepare, right) > 100


@pytest.mark.parametrize("kind", ["inspect", "activate", "expect"])
def test_a_question_of_the_look_inside(model, kind):
    widget = LSTMWidget(model, **SHORT)
    page = Page(widget)
    widget.generate(**SHORT)
    run = widget.receipt["run"]
    question = {
        "inspect": {"type": "inspect", "id": "q", "run": run, "position": 2, "count": 5},
        "activate": {
            "type": "activate",
            "id": "q",
            "run": run,
            "layer": 0,
            "unit": 1,
            "position": 2,
            "count": 5,
        },
        "expect": {"type": "expect", "id": "q", "seed": "abcab"},
    }[kind]
    right = page.ask(question), page.buffers[-1]

    def prepare():
        widget._session.questions.forget()
        widget._session.questions._foresight = None
        return lambda: widget._session.handle(question)

    def same():
        in_order(widget)
        page = Page(widget)
        assert (page.ask(question), page.buffers[-1]) == right

    assert at_every_line(prepare, same) > 50


def test_lanes_in_a_cell(model):
    lanes = TemperatureLanes(
        model, temperatures=[0.3, 1.2], **{k: v for k, v in SHORT.items() if k != "temperature"}
    )
    Page(lanes)
    expected = lanes.generate()

    def right():
        in_order(lanes)
        assert in_another_thread(lanes.generate) == expected

    assert at_every_line(lambda: lanes.generate, right) > 200
