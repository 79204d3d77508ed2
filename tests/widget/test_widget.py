"""What a cell does with the widget: generate, resume, step, stop, clear, on_text.

The traits are tested in test_widget_traits.py, what is said to the page in test_conversation.py, and with
a real kernel in tests/kernel.
"""

from __future__ import annotations

import logging
from itertools import pairwise

import numpy as np
import pytest
from pages import SETTINGS, bits_of, finishes, one_line, reproduced, slowly_reproduced
from slow_texts import slow_text

from lstm_widget import LSTMGenerator, LSTMWidget, SettingError

NOTHING_TO_CONTINUE = one_line("no text of this seed and model to continue: call generate")


@pytest.fixture
def _one_by_one(monkeypatch):
    """Let a cell write in pieces of one character, as if it took as long as a piece may take."""
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)


def after(widget, characters, action):
    """Do something in the cell as soon as so many characters are written."""
    heard = []

    def callback(text):
        heard.append(text)
        if len("".join(heard)) == characters:
            action()

    widget.on_text(callback)


def check(widget, text, status="finished"):
    """Assert that the widget has this text and says so."""
    assert (widget.text, widget.status, widget.error) == (text, status, "")
    assert widget.receipt["written"] == len(text)


# Generate.


def test_generate_gives_the_text_of_the_generator(widget, long):
    text = widget.generate()
    assert text == long[:60]
    check(widget, text)
    assert widget.receipt["rng"] == 3


@pytest.mark.parametrize(("top_k", "top_p"), [(3, None), (None, 0.7), (5, 0.6), (1, None)])
def test_top_k_and_top_p_count(widget, model, slow_network, top_k, top_p):
    text = widget.generate(top_k=top_k, top_p=top_p)
    dice = np.random.default_rng(3)
    assert text == slow_text(slow_network(model), "abc", 60, 0.8, dice, top_k, top_p)
    assert text != LSTMGenerator(model).generate(SETTINGS)
    assert (widget.receipt["top_k"], widget.receipt["top_p"]) == (top_k, top_p)
    assert (widget.top_k, widget.top_p) == (top_k, top_p)


def test_its_repr_is_short_and_tells_what_it_is(widget):
    assert repr(widget) == "LSTMWidget(ready, 0 characters)"
    widget.generate()
    assert repr(widget) == "LSTMWidget(finished, 60 characters)"
    assert repr(LSTMWidget()) == "LSTMWidget('Fairy tales', ready, 0 characters)"


def test_settings_given_to_generate_stay(widget):
    assert len(widget.generate(length=7, seed="d")) == 7
    assert (widget.length, widget.seed) == (7, "d")


def test_without_rng_each_run_has_dice_of_its_own_and_the_receipt_tells_them(widget, model):
    widget.rng = None
    first, second = widget.generate(), widget.generate()
    assert first != second
    assert widget.rng is None
    assert LSTMGenerator(model).generate({**SETTINGS, "rng": widget.receipt["rng"]}) == second


def test_an_empty_or_foreign_seed_is_told_when_it_is_to_be_continued(widget):
    for seed, sentence in [("", "seed is empty"), ("北京", "knows none of the characters of the seed")]:
        widget.seed = seed
        for write in (widget.generate, widget.step):
            with pytest.raises(SettingError, match=one_line(sentence)):
                write()
        assert widget.status == "ready"


@pytest.mark.usefixtures("_one_by_one")
def test_a_cell_streams_piece_by_piece(widget, page, long):
    widget.generate()
    kinds = [message["type"] for message in page.sent]
    # Two characters of the seed are read before the first one can be written.
    assert kinds == ["begin", *["chunk"] * 62, "end"]
    assert [chunk["position"] for chunk in page.of("chunk")] == [0, 0, *range(60)]
    assert "".join(chunk["text"] for chunk in page.of("chunk")) == long[:60]
    assert {chunk["pull"] for chunk in page.of("chunk")} == {None}


def test_an_interrupt_ends_generate_and_resume_goes_on(widget, page, long, monkeypatch):
    from lstm_widget.writing import batch  # noqa: PLC0415 - its function is exchanged

    choose, chosen = batch.choose, []

    def interrupted(*arguments):
        chosen.append(choose(*arguments))
        if len(chosen) == 100:
            raise KeyboardInterrupt
        return chosen[-1]

    monkeypatch.setattr("lstm_widget.writing.batch.choose", interrupted)
    text = widget.generate(length=500)
    assert 0 < len(text) < 100
    check(widget, long[: len(text)], "stopped")
    assert widget.receipt["bits"] == page.of("end")[-1]["receipt"]["bits"]
    assert text + widget.resume() == long[:500]
    check(widget, long[:500])


# Receipt.


@pytest.mark.parametrize(("top_k", "top_p"), [(None, None), (4, None), (6, 0.8)])
def test_the_receipt_reproduces_the_text(widget, page, model, slow_network, top_k, top_p):
    page.start(top_k=top_k, top_p=top_p, length=300)
    have = 0
    heats = [0.8, 0.8, 2.0, 2.0, 0, 0.3, 0.3, 100, 0.8]
    for heat, count in zip(heats, [13, 7, 20, 1, 11, 2, 30, 9, 17], strict=True):
        have += page.pull(have, count, heat)[0]["count"]
    page.stop()
    widget.temperature, widget.length = 0.5, 280
    widget.resume()
    receipt = widget.receipt
    assert len(widget.text) == receipt["written"] == receipt["length"] == 280
    assert receipt["temperatures"] == [
        (20, 2.0), (41, 0), (52, 0.3), (84, 100), (93, 0.8), (110, 0.5)
    ]  # fmt: skip
    assert reproduced(receipt, model) == widget.text
    assert slowly_reproduced(receipt, slow_network(model)) == widget.text
    assert receipt["bits"] == pytest.approx(bits_of(model, "abc", widget.text)[-1])
    sum_of_slow = sum(slow_bits(slow_network(model), "abc", widget.text))
    assert receipt["bits"] == pytest.approx(sum_of_slow, rel=1e-4)


def slow_bits(network, seed, text):
    logits = network.read(seed)
    for character in text:
        number = network.model.vocab[character]
        yield (np.logaddexp.reduce(logits) - logits[number]) / np.log(2)
        logits = network.step(number)


def test_the_bits_are_those_of_the_score_whatever_chose(widget, model):
    for settings in (
        {"temperature": 0},
        {"temperature": 100},
        {"temperature": 1.0, "top_k": 1, "top_p": 0.1},
    ):
        text = widget.generate(**settings)
        assert widget.receipt["bits"] == pytest.approx(bits_of(model, "abc", text)[-1])


def test_a_receipt_tells_the_seed_that_was_read_and_the_model(widget, model):
    widget.generate(seed="a北b")
    assert (widget.receipt["seed"], widget.receipt["model"]) == ("ab", "model")
    assert reproduced(widget.receipt, model) == widget.text


def test_a_receipt_stays_as_it_was(widget, page):
    page.start()
    page.pull(0)
    page.stop()
    first = widget.receipt
    before = {**first, "temperatures": list(first["temperatures"])}
    widget.temperature = 2.0
    widget.resume()
    assert first == before
    assert widget.receipt["temperatures"] == [(20, 2.0)]


# Resume.


@pytest.mark.usefixtures("_one_by_one")
@pytest.mark.parametrize("at", [1, 2, 30, 59])
def test_stopped_and_resumed_it_is_the_text_without_a_pause(widget, model, long, at):
    after(widget, at, widget.stop)
    assert widget.generate() == long[:at]
    check(widget, long[:at], "stopped")
    assert widget.receipt["length"] == 60
    assert widget.resume() == long[at:60]
    check(widget, long[:60])
    assert reproduced(widget.receipt, model) == long[:60]


def test_finished_and_resumed_it_is_the_longer_text(widget, page, model, long):
    widget.generate()
    for end in (120, 180):
        assert widget.resume() == long[end - 60 : end]
        check(widget, long[:end])
        assert widget.receipt["length"] == end
    assert [message["position"] for message in page.of("begin")] == [0, 60, 120]
    assert len({message["run"] for message in page.of("begin", "chunk", "end")}) == 1
    assert widget.receipt["bits"] == pytest.approx(bits_of(model, "abc", long[:180])[-1])
    assert page.of("end")[-1]["receipt"] == {**widget.receipt, "temperatures": []}


def test_it_is_resumed_up_to_the_length_or_by_so_much(widget, page, long):
    widget.generate()
    widget.length = 100
    assert widget.resume() == long[60:100]
    widget.length = 30  # fewer than there are: so many more
    assert widget.resume() == long[100:130]
    page.start("b", length=500)
    page.pull(0, 20, run="b")
    page.stop("b")
    widget.length = 21
    assert widget.resume() == long[20:21]
    check(widget, long[:21])


def test_a_run_of_a_page_is_written_on_by_a_cell_while_it_is_written(widget, page, long):
    page.start()
    page.pull(0)
    assert widget.status == "writing"
    assert widget.resume() == long[20:60]
    check(widget, long[:60])
    chunk, end = page.pull(0, 60)
    assert (chunk["text"], end["reason"]) == (long[:60], "finished")


def test_where_there_is_nothing_to_continue_it_is_told(widget, long):
    with pytest.raises(SettingError, match=NOTHING_TO_CONTINUE):
        widget.resume()
    widget.generate()
    for name, value in [("seed", "abcd"), ("model", "fairytales")]:
        before = getattr(widget, name)
        setattr(widget, name, value)
        with pytest.raises(SettingError, match=NOTHING_TO_CONTINUE):
            widget.resume()
        check(widget, long[:60])
        setattr(widget, name, before)
    assert widget.resume() == long[60:120]
    widget.clear()
    with pytest.raises(SettingError, match=NOTHING_TO_CONTINUE):
        widget.resume()
    assert widget.status == "ready"


def test_other_settings_count_from_the_next_text(widget, long):
    widget.generate()
    widget.top_k, widget.top_p, widget.rng = 1, 0.1, 99
    assert widget.resume() == long[60:120]
    assert (widget.receipt["top_k"], widget.receipt["rng"]) == (None, 3)


def test_after_an_error_it_can_go_on(widget, page, long, monkeypatch):
    page.start()
    page.pull(0)
    with monkeypatch.context() as broken:
        broken.setattr("lstm_widget.writing.batch.choose", lambda *_: 1 / 0)
        page.pull(20)
    assert (widget.status, widget.text) == ("failed", long[:20])
    assert widget.resume() == long[20:60]
    check(widget, long[:60])


# Step.


def test_steps_are_the_text_of_one_run(widget, page, model, long):
    for number, character in enumerate(long[:25], 1):
        assert widget.step() == character
        check(widget, long[:number])
        assert (widget.receipt["length"], widget.length) == (number, 60)
    assert widget.step(10) == long[25:35]
    assert widget.resume() == long[35:60]
    assert widget.step(3) == long[60:63]
    check(widget, long[:63])
    assert reproduced(widget.receipt, model) == long[:63]
    assert [message["position"] for message in page.of("begin")] == [*range(25), 25, 35, 60]


def test_a_step_after_another_seed_or_model_begins_anew(widget, random_model):
    other = random_model(random_seed=9)
    widget.step(5)
    widget.seed = "dab"
    assert widget.step(2) == LSTMGenerator(random_model(units=(8, 6))).generate(SETTINGS, seed="dab")[:2]
    widget.model = other
    expected = LSTMGenerator(other).generate(SETTINGS, seed="dab")
    assert widget.step() + widget.step(3) == expected[:4]
    widget.seed = "abc"
    assert widget.step() == LSTMGenerator(other).generate(SETTINGS)[0]
    assert len(widget.text) == 1


def test_a_step_ends_what_a_page_writes_and_writes_no_more_than_asked(widget, page, long):
    page.start()
    page.pull(0)
    assert widget.step() == long[20]
    check(widget, long[:21])
    assert [message["reason"] for message in page.of("end")] == ["stopped", "finished"]


def test_the_temperature_of_each_step_is_kept(widget, model, slow_network):
    for temperature in (0.8, 0.8, 3.0, 0, 3.0):
        widget.temperature = temperature
        widget.step(4)
    assert widget.receipt["temperatures"] == [(8, 3.0), (12, 0), (16, 3.0)]
    assert slowly_reproduced(widget.receipt, slow_network(model)) == widget.text
    assert reproduced(widget.receipt, model) == widget.text


@pytest.mark.parametrize("number", [0, -1, 1.0, "1", None, True, 1_000_001, 999_941])
def test_a_wrong_number_of_steps_is_refused(widget, page, long, number):
    widget.generate()
    with pytest.raises(SettingError, match=one_line("length must be a whole number from 1 to 1,000,000")):
        widget.step(number)
    check(widget, long[:60])
    assert page.sent[-1]["type"] == "end"
    assert widget.resume() == long[60:120]


def test_a_number_of_numpy_is_a_plain_one_in_the_receipt_of_a_step(widget):
    widget.step(np.int64(2))
    assert type(widget.receipt["length"]) is int


# Stop and clear.


def test_stop_keeps_the_text_and_may_be_called_at_any_time(widget, page, long):
    widget.stop()
    assert (widget.status, page.sent) == ("ready", [])
    page.start()
    page.pull(0)
    widget.stop()
    check(widget, long[:20], "stopped")
    widget.stop()
    assert [message["reason"] for message in page.of("end")] == ["stopped"]
    widget.generate()
    widget.stop()
    check(widget, long[:60])


def fail(page):
    page.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lstm_widget.writing.batch.choose", lambda *_: 1 / 0)
        page.pull(0)


STATES = {
    "ready": lambda _widget, _page: None,
    "writing": lambda _widget, page: [page.start(), page.pull(0)],
    "stopped": lambda _widget, page: [page.start(), page.pull(0), page.stop()],
    "finished": lambda widget, _page: widget.generate(),
    "failed": lambda _widget, page: fail(page),
}


@pytest.mark.parametrize("status", STATES)
def test_clear_forgets_the_text_whatever_was_before(widget, page, long, status):
    STATES[status](widget, page)
    assert widget.status == status
    before = len(page.sent)
    widget.clear()
    check_cleared(widget)
    told = page.sent[before:]
    assert [m["type"] for m in told] == ["end", "cleared"] if status == "writing" else ["cleared"]
    (error,) = page.pull(20)
    assert error["message"] == "This text is no longer being written: start a new one."
    check_cleared(widget)
    assert widget.step(2) == long[:2]
    assert widget.generate() == long[:60]


def check_cleared(widget):
    assert (widget.status, widget.error, widget.text, widget.receipt) == ("ready", "", "", {})


# On text.


@pytest.mark.usefixtures("_one_by_one")
def test_each_piece_is_told_whoever_asked_for_it(widget, page, long):
    heard, pieces = [], []
    widget.on_text(heard.append)
    widget.on_text(lambda text: pieces.append((text, page.sent[-1])))
    widget.generate()
    assert heard == list(long[:60])
    # It has been sent by then; the last one ends the run.
    assert all(message.get("text", "") == text for text, message in pieces[:-1])
    assert pieces[-1][1]["type"] == "end"
    widget.step()
    widget.resume()
    assert "".join(heard) == long[:121]
    run = widget.receipt["run"]
    page.resume(150, run=run)
    page.pull_all(121, run=run)
    page.pull(0, 150, run=run)  # what is told again is no new text
    assert "".join(heard) == long[:150]


@pytest.mark.usefixtures("_one_by_one")
def test_nothing_is_told_of_a_piece_without_characters(widget):
    heard = []
    widget.on_text(heard.append)
    widget.generate(seed="abcdefgh")
    assert len(heard) == 60
    assert "" not in heard


def test_a_callback_is_called_once_and_can_be_removed(widget, long):
    heard = []
    widget.on_text(heard.append)
    widget.on_text(heard.append)
    widget.generate()
    assert "".join(heard) == long[:60]
    widget.on_text(heard.append, remove=True)
    widget.on_text(heard.append, remove=True)
    widget.on_text(print, remove=True)  # never there
    widget.generate()
    assert "".join(heard) == long[:60]


@pytest.mark.usefixtures("_one_by_one")
def test_a_callback_that_removes_itself_costs_no_other_a_piece(widget, long):
    heard = []

    def once(text):
        heard.append(text)
        widget.on_text(once, remove=True)

    others = [[], []]
    for callback in (others[0].append, once, others[1].append):
        widget.on_text(callback)
    widget.generate()
    assert heard == [long[0]]
    assert ["".join(other) for other in others] == [long[:60]] * 2


@pytest.mark.parametrize("who", ["cell", "page"])
def test_what_a_callback_raises_is_shown_and_stops_nothing(widget, page, long, caplog, who):
    heard = []
    widget.on_text(lambda _: 1 / 0)
    widget.on_text(heard.append)
    with caplog.at_level(logging.WARNING):
        if who == "cell":
            widget.generate()
        else:
            page.start()
            page.pull_all()
    assert "ZeroDivisionError" in caplog.text
    check(widget, long[:60])
    assert "".join(heard) == long[:60]
    assert not page.of("error")


INSIDE = {
    "stop": (lambda widget: widget.stop(), 10, "stopped"),
    "clear": (lambda widget: widget.clear(), 0, "ready"),
    "generate": (lambda widget: widget.generate(), 60, "finished"),
    "resume": (lambda widget: widget.resume(), 60, "finished"),
    "step": (lambda widget: widget.step(5), 15, "finished"),
}


@pytest.mark.usefixtures("_one_by_one")
@pytest.mark.parametrize("who", ["cell", "page"])
@pytest.mark.parametrize("what", INSIDE)
def test_a_callback_may_do_what_a_cell_may(widget, page, model, long, who, what):
    action, length, status = INSIDE[what]
    widget.length = 60
    after(widget, 10, lambda: action(widget))

    def write():
        if who == "cell":
            return widget.generate()
        page.start()
        return "".join(page.pull(have, 1)[0].get("text", "") for have in [0, 0, *range(10)])

    # The run in which it is called ends there, and is all that generate() returns; but for a resumed one.
    own = length if what in ("resume", "step") and who == "cell" else 10
    assert finishes(write) == long[:own]
    assert (widget.text, widget.status) == (long[:length], status)
    if length:
        assert reproduced(widget.receipt, model) == long[:length]
    assert widget.generate() == long[:60]


@pytest.mark.usefixtures("_one_by_one")
def test_a_callback_changes_the_temperature_from_the_next_character(widget, model, slow_network):
    def hotter(_):
        widget.temperature += 0.05

    widget.on_text(hotter)
    widget.generate()
    changes = widget.receipt["temperatures"]
    assert [position for position, _ in changes] == [*range(1, 60)]
    assert slowly_reproduced(widget.receipt, slow_network(model)) == widget.text
    assert reproduced(widget.receipt, model) == widget.text


# Observers.


def test_who_is_told_of_the_status_finds_the_rest(widget, page, long):
    seen = []
    widget.observe(
        lambda change: seen.append((change["new"], widget.text, widget.receipt.get("written"), widget.error)),
        "status",
    )
    widget.generate()
    widget.resume()
    page.start("b")
    page.pull(0, run="b")
    page.stop("b")
    fail(page)
    widget.clear()
    assert seen == [
        ("writing", "", 0, ""),
        ("finished", long[:60], 60, ""),
        ("writing", long[:60], 60, ""),
        ("finished", long[:120], 120, ""),
        ("writing", "", 0, ""),
        ("stopped", long[:20], 20, ""),
        ("writing", "", 0, ""),
        ("failed", "", 0, "The kernel met an unexpected error, ZeroDivisionError; its log has the details."),
        ("ready", "", None, ""),
    ]


@pytest.mark.parametrize("who", ["cell", "page"])
@pytest.mark.parametrize("when", ["writing", "finished"])
@pytest.mark.parametrize("what", INSIDE)
def test_who_is_told_of_the_status_may_do_what_a_cell_may(widget, page, model, long, who, when, what):
    done = []

    def once(change):
        if change["new"] == when and not done:
            done.append(when)
            INSIDE[what][0](widget)

    widget.observe(once, "status")

    def write():
        if who == "cell":
            return widget.generate()
        page.start()
        while widget.status == "writing":
            page.pull(len(widget._session.current.only.run.characters), run=widget.receipt["run"])
        return None

    finishes(write)
    assert done == [when]
    before = 60 if when == "finished" else 0
    expected = {
        "stop": (before, "finished" if before else "stopped"),
        "clear": (0, "ready"),
        "generate": (60, "finished"),
        "resume": (120 if before else 60, "finished"),
        "step": (before + 5, "finished"),
    }
    assert (len(widget.text), widget.status) == expected[what]
    assert long.startswith(widget.text)
    if widget.text:
        assert reproduced(widget.receipt, model) == widget.text
    # What a page is told last is how it stands, and it can go on.
    last = page.of("begin", "end", "cleared")[-1]
    assert last["type"] == "cleared" or last["receipt"]["written"] == len(widget.text)
    assert widget.generate() == long[:60]


def test_who_is_told_of_the_clearing_may_begin_another_text(widget, page, long):
    widget.generate()
    widget.observe(lambda change: change["new"] == "ready" and widget.generate(length=30), "status")
    finishes(widget.clear)
    check(widget, long[:30])
    # The page that was told last of the text has it; it begins by forgetting the one before.
    assert page.sent[-1]["receipt"]["written"] == 30
    assert [begin["position"] for begin in page.of("begin")] == [0, 0]


def test_no_message_tells_of_a_later_state_too_early(widget, page, long):
    """Whoever reads only the messages finds every text without a gap."""
    again = iter([True, True, False])
    widget.observe(lambda change: change["new"] == "finished" and next(again) and widget.resume(), "status")
    finishes(widget.generate)
    check(widget, long[:180])
    have = 0
    for message in page.of("begin", "chunk"):
        assert message["position"] == have
        have += message.get("count", 0)
    ends = [message["receipt"]["written"] for message in page.of("end")]
    assert all(one <= other for one, other in pairwise(ends))
    assert ends[-1] == 180
