"""What the widget answers to its pages, message by message, and with many of them at once."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pages import SETTINGS, Page, a_pull, a_start, bits_of, finishes, on_the_wire, reproduced

from lstm_widget import LSTMGenerator, LSTMWidget, SettingError
from lstm_widget.widgets.checks import sendable

BEGIN = {"type": "begin", "run": "a", "seed": "abc", "rng": 3}
GONE = "This text is no longer being written: start a new one."


def kinds(messages):
    return [message["type"] for message in messages]


# Hello.


def test_hello_is_answered_in_every_state_and_changes_nothing(widget, page):
    def hello():
        before = (widget.status, widget.text, widget.receipt)
        assert page.ask({"type": "hello"}) == [{"type": "here"}]
        assert (widget.status, widget.text, widget.receipt) == before

    hello()
    page.start()
    page.pull(0)
    hello()
    page.stop()
    hello()
    page.resume(60)
    page.pull_all(20)
    hello()
    page.ask({**a_start("b"), "settings": {}})
    hello()
    page.clear()
    hello()


def test_hello_does_not_wait_for_what_is_being_written(page, monkeypatch):
    from lstm_widget.writing import batch  # noqa: PLC0415 - its function is exchanged

    choose, answers = batch.choose, []

    def asked_meanwhile(*arguments):
        if not answers:
            thread = threading.Thread(target=lambda: answers.extend(page.ask({"type": "hello"})))
            thread.start()
            thread.join(60)
            assert not thread.is_alive()
        return choose(*arguments)

    monkeypatch.setattr("lstm_widget.writing.batch.choose", asked_meanwhile)
    page.start()
    finishes(page.pull_all)
    assert answers == [{"type": "here"}]


# A text.


def test_a_text_is_begun_written_and_ended(widget, page, model, long):
    assert page.start() == [{**BEGIN, "position": 0}]
    bits = bits_of(model, "abc", long[:60])
    for position in (0, 20):
        (chunk,) = page.pull(position)
        assert chunk == {
            "type": "chunk",
            "run": "a",
            "pull": "p",
            "position": position,
            "count": 20,
            "text": long[position : position + 20],
            "temperatures": [],
            "bits": pytest.approx(bits[position + 20]),
        }
    _, end = page.pull(40, 1000)
    assert end == {"type": "end", "run": "a", "reason": "finished", "receipt": widget.receipt}
    assert widget.receipt == {
        **SETTINGS,
        "run": "a",
        "model": "model",
        "top_k": None,
        "top_p": None,
        "temperatures": [],
        "placed": [],
        "fingerprint": widget.generator.model.fingerprint,
        "written": 60,
        "bits": pytest.approx(bits[60]),
    }


def test_a_start_asked_for_twice_is_one(page, long):
    page.start()
    page.pull(0)
    assert page.start() == []
    assert page.pull_all(20)[0] == long[20:60]


def test_a_chunk_tells_the_changes_of_temperature_among_its_characters(widget, page, model):
    page.start()
    for position, heat in [(0, 0.8), (10, 2.0), (20, 0.5), (30, 0.5), (40, 2.0)]:
        page.pull(position, 10, heat)
    changes = [[10, 2.0], [20, 0.5], [40, 2.0]]
    for position in (0, 9, 10, 11, 20, 21, 40, 41, 50):
        (chunk,) = page.pull(position, 50 - position, 2.0) if position < 50 else page.pull(50, 1, 2.0)
        assert chunk["temperatures"] == [change for change in changes if change[0] >= position]
        assert chunk["bits"] == pytest.approx(
            bits_of(model, "abc", chunk_text(page))[chunk["position"] + chunk["count"]]
        )
    page.stop()
    assert widget.receipt["temperatures"] == [tuple(change) for change in changes]


def chunk_text(page):
    """Return the text that the chunks make up."""
    text = ""
    for chunk in page.of("chunk"):
        text = text[: chunk["position"]] + chunk["text"] + text[chunk["position"] + chunk["count"] :]
    return text


def test_a_temperature_with_which_nothing_was_written_is_not_told(widget, page, model, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)
    page.start()
    for heat in (2.0, 3.0, 4.0):  # the seed takes that long
        (chunk,) = page.pull(0, 20, heat)
    assert (chunk["text"], chunk["temperatures"]) == (widget_text(widget), [[0, 4.0]])
    assert len(chunk["text"]) == 1
    page.pull(1, 20, 4.0)
    page.stop()
    assert widget.receipt["temperatures"] == [(0, 4.0)]
    assert reproduced(widget.receipt, model) == widget.text


def widget_text(widget):
    """Return what is written so far, which is no trait before the end."""
    return "".join(widget._session.current.only.run.characters)


def test_an_end_that_was_lost_is_told_again(page):
    page.start()
    page.pull(0)
    (end,) = page.stop()
    assert page.stop() == [end]
    chunk, again = page.pull(20)
    assert (chunk["count"], again) == (0, end)
    page.resume(60)
    _, end = page.pull_all(20)
    assert end["reason"] == "finished"
    assert page.stop() == page.pull(60)[1:] == [end]


def test_an_error_that_nobody_foresaw_ends_the_run_with_a_sentence(widget, page, monkeypatch, caplog):
    page.start()
    page.pull(0, 5)
    monkeypatch.setattr("lstm_widget.writing.batch.choose", lambda *_: 1 / 0)
    (error,) = page.pull(5, 5)
    assert error["type"] == "error"
    assert "ZeroDivisionError" in error["message"]
    assert "\n" not in error["message"]
    assert "Traceback" in caplog.text
    assert (widget.status, widget.text) == ("failed", page.of("chunk")[0]["text"])
    assert widget.receipt["written"] == 5
    assert kinds(page.pull(0, 5)) == ["chunk", "error"]  # a page that did not get it is told again
    assert page.stop() == [error]


def test_a_run_that_is_replaced_ends_and_disturbs_nothing(widget, page, long):
    page.start()
    assert widget.status == "writing"
    text = widget.generate()
    assert [m["reason"] for m in page.of("end")] == ["stopped", "finished"]
    assert text == long[:60]
    for answer in (page.stop(), page.pull(0), page.resume(100)):
        assert answer == [{"type": "error", "run": "a", "message": GONE}]
    assert (widget.text, widget.status) == (text, "finished")


# Resume.


def test_a_resume_to_the_length_that_is_there_tells_the_end_again(widget, page):
    page.start()
    _, end = page.pull_all()
    for length in (60, 30, 1):
        begin, again = page.resume(length)
        assert begin == {**BEGIN, "position": 60}
        assert again == end
    assert (widget.status, len(widget.text), widget.receipt["length"]) == ("finished", 60, 60)


def test_a_resume_goes_on_with_the_text(widget, page, model, long):
    page.start()
    page.pull_all()
    have = 60
    for length in (120, 121, 500):
        assert page.resume(length) == [{**BEGIN, "position": have}]
        assert (widget.status, widget.text, widget.error) == ("writing", long[:have], "")
        text, end = page.pull_all(have)
        assert text == long[have:length]
        assert end == {"type": "end", "run": "a", "reason": "finished", "receipt": end["receipt"]}
        assert (widget.text, widget.status) == (long[:length], "finished")
        assert (end["receipt"]["length"], end["receipt"]["written"]) == (length, length)
        have = length
    assert end["receipt"]["bits"] == pytest.approx(bits_of(model, "abc", long[:500])[-1])


def test_a_stopped_text_can_be_resumed_to_less_than_it_was_to_be(widget, page, long):
    page.start(length=100)
    page.pull(0)
    page.stop()
    page.resume(30)
    assert page.pull_all(20)[0] == long[20:30]
    assert (widget.status, widget.receipt["length"]) == ("finished", 30)


def test_a_resume_while_it_is_written_only_makes_it_longer(widget, page, long):
    for run, lengths, length in [("a", (10, 20, 60, 21), 60), ("b", (21, 90, 61), 90)]:
        page.start(run)
        page.pull(0, run=run)
        for wanted in lengths:
            (begin,) = page.resume(wanted, run)
            assert begin == {**BEGIN, "run": run, "position": 20}
        assert widget.status == "writing"
        assert page.pull_all(20, run=run)[0] == long[20:length]
        assert len(page.of("end")) == (1 if run == "a" else 2)


def test_a_page_goes_on_with_what_a_cell_wrote(widget, page, long):
    widget.generate()
    run = widget.receipt["run"]
    page.resume(100, run)
    assert page.pull_all(60, run=run)[0] == long[60:100]
    assert widget.resume() == long[100:160]


def test_a_resume_that_is_too_long_or_of_another_run_changes_nothing(widget, page, long):
    page.start()
    page.pull_all()
    receipt = widget.receipt
    (error,) = page.resume(1_000_001)
    assert error["run"] == "a"
    assert error["message"].startswith("The length must be a whole number from 1 to 1,000,000")
    assert page.resume(100, "b") == [{"type": "error", "run": "b", "message": GONE}]
    assert (widget.text, widget.status, widget.receipt, widget.error) == (long[:60], "finished", receipt, "")
    assert page.resume(1_000_000)[0]["type"] == "begin"
    assert page.pull(60, 7)[0]["text"] == long[60:67]
    (error,) = page.resume(1_000_001)
    assert widget.status == "writing"
    assert page.pull(67, 7)[0]["text"] == long[67:74]


def test_a_resume_of_a_run_that_was_replaced_meanwhile_changes_nothing(widget, page, long):
    page.start("a")
    found = widget._session.current  # by a thread that had to wait
    page.start("b")
    page.pull(0, run="b")
    with pytest.raises(SettingError, match=GONE):
        widget._session.resume(found, 100)
    assert (widget.status, widget.receipt["run"]) == ("writing", "b")
    assert page.pull_all(20, run="b")[0] == long[20:60]


def test_a_resume_reaches_a_cell_that_writes(widget, page, long, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)

    def longer(_):
        widget.on_text(longer, remove=True)
        page.resume(150, widget.receipt["run"])

    widget.on_text(longer)
    assert finishes(widget.generate) == long[:150]
    assert [begin["position"] for begin in page.of("begin")] == [0, 1]


# Clear.


def test_clear_is_answered_in_every_state(widget, page, long):
    cleared = {"type": "cleared"}
    assert page.clear() == [cleared]
    page.start("a")
    page.pull(0, run="a")
    assert kinds(page.clear()) == ["end", "cleared"]
    page.start("b")
    page.pull(0, run="b")
    page.stop("b")
    assert page.clear() == [cleared]
    widget.generate()
    assert page.clear() == [cleared]
    page.start("c", seed="北")
    assert (widget.status, widget.text) == ("ready", "")
    assert widget.error
    assert page.clear() == page.clear() == [cleared]
    assert (widget.status, widget.error, widget.text, widget.receipt) == ("ready", "", "", {})
    for answer in (page.pull(0, run="b"), page.stop("b"), page.resume(100, "b")):
        assert answer == [{"type": "error", "run": "b", "message": GONE}]
    assert widget.status == "ready"
    page.start("b")  # a name may come again
    assert page.pull_all(run="b")[0] == long[:60]


def test_clear_reaches_a_cell_that_writes(widget, page, long, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)
    thread = []

    def clear(_):
        if not thread:
            thread.append(threading.Thread(target=page.clear))
            thread[0].start()

    widget.on_text(clear)
    widget.length = 1_000_000
    text = finishes(widget.generate)
    thread[0].join(60)
    assert long.startswith(text[:3000])
    assert 0 < len(text) < 1_000_000
    assert kinds(page.sent)[-2:] == ["end", "cleared"]
    assert (widget.status, widget.text, widget.receipt) == ("ready", "", {})


def test_several_messages_in_one_are_answered_one_after_the_other(widget, page, long):
    bundle = [a_start(), a_pull(0), a_pull(20), {"type": "sing", "run": "a"}, a_pull(40), {"type": "hello"}]
    sent = page.ask({"type": "several", "messages": bundle})
    assert kinds(sent) == ["begin", "chunk", "chunk", "error", "chunk", "end", "here"]
    assert "".join(chunk["text"] for chunk in page.of("chunk")) == long[:60]
    assert widget.status == "finished"
    assert page.ask({"type": "several", "messages": []}) == []


# Wrong messages.

BAD_LENGTHS = [None, 0, -1, 2.0, "100", True, [100], {}]
WRONG = [
    (None, "must be an object"),
    ([], "must be an object"),
    ("hello", "must be an object"),
    ({}, "does not know the message None"),
    ({"type": None}, "does not know the message None"),
    ({"type": ["hello"]}, "does not know the message ['hello']"),
    ({"type": "Hello"}, "does not know the message 'Hello'"),
    ({"run": "a", "type": "sing"}, "does not know the message 'sing'"),
    ({"run": "a", "type": "here"}, "does not know the message 'here'"),
    ({"run": "a", "type": "several"}, "does not know the message 'several'"),
    ({"run": "a", "type": "several", "messages": "hello"}, "does not know the message 'several'"),
    *(({"run": "a", "type": "resume", "length": length}, "must bring a length") for length in BAD_LENGTHS),
    ({"run": "a", "type": "resume"}, "a length that is a whole number from 1"),
    ({"run": "a", "type": "resume", "length": 1_000_001}, "from 1 to 1,000,000"),
    ({"run": "a", "type": "resume", "length": 10**400}, "from 1 to 1,000,000"),
    *(
        ({**message, "run": run}, "must name its run")
        for message in ({"type": "resume", "length": 9}, a_pull(), {"type": "stop"}, {"type": "start"})
        for run in (None, "", 5, ["a"], "x" * 101)
    ),
    ({"type": "stop"}, "must name its run"),
    ({"type": "stop", "run": "gone"}, "no longer being written"),
    ({"type": "resume", "run": "gone", "length": 100}, "no longer being written"),
    ({**a_pull(), "pull": 5}, "name its pull"),
    ({**a_pull(), "pull": ""}, "name its pull"),
    (a_pull(position=-1, count=30), "position that is a whole number from 0"),
    ({**a_pull(), "lanes": [{"name": "text", "temperature": 1}]}, "position that is a whole number"),
    ({**a_pull(), "until": 0}, "until that is a whole number from 1"),
    ({**a_pull(), "until": True}, "until that is a whole number"),
    ({**a_pull(), "budget": 0}, "budget of milliseconds"),
    ({**a_pull(), "budget": float("nan")}, "budget of milliseconds"),
    ({**a_pull(), "budget": "long"}, "budget of milliseconds"),
    (a_pull(temperature=-1), "temperature must be a number"),
    (a_pull(temperature=None), "temperature must be a number"),
    ({**a_pull(), "lanes": None}, "a list of its lanes"),
    ({**a_pull(), "lanes": []}, "must bring 1 lane, not 0"),
    ({**a_pull(), "lanes": a_pull()["lanes"] * 2}, "must bring 1 lane, not 2"),
    (a_pull(name="x"), "has the name 'text'"),
    (a_pull(name=None), "different texts"),
]


@pytest.mark.parametrize(("content", "sentence"), WRONG)
def test_a_wrong_message_is_answered_with_a_sentence(widget, page, long, caplog, content, sentence):
    page.start()
    page.pull(0)
    (error,) = page.ask(content)
    assert error["type"] == "error"
    assert sentence in error["message"]
    assert "\n" not in error["message"]
    run = content.get("run") if isinstance(content, dict) else None
    assert error["run"] == (run[:100] if isinstance(run, str) else "")
    assert widget.status == "writing"
    assert page.pull_all(20)[0] == long[20:60]  # what was being written is not disturbed
    page.stop()
    assert not caplog.records


BAD_SETTINGS = [
    (None, "must bring its settings"),
    ([], "must bring its settings"),
    ({}, "seed must be text"),
    ({**SETTINGS, "sed": "a"}, "did you mean 'seed'"),
    ({**SETTINGS, "model": "fairytales"}, "no setting 'model'"),
    ({**SETTINGS, "speed": 50}, "no setting 'speed'"),
    ({**SETTINGS, "seed": ""}, "seed is empty"),
    ({**SETTINGS, "seed": "北京"}, "knows none"),
    ({**SETTINGS, "seed": ["a"]}, "seed must be text"),
    ({**SETTINGS, "length": 10**9}, "whole number from 1"),
    ({**SETTINGS, "temperature": None}, "temperature must be"),
    ({**SETTINGS, "top_k": 0}, "top_k must be"),
    ({**SETTINGS, "top_p": 2}, "top_p must be"),
    ({**SETTINGS, "rng": -1}, "rng must be"),
    ({**SETTINGS, "rng": 2**53}, "rng of a widget must be"),
]


@pytest.mark.parametrize(("bad", "sentence"), BAD_SETTINGS)
@pytest.mark.parametrize("only_read", [False, True])
def test_wrong_settings_are_told_and_the_text_before_goes_on(widget, page, long, bad, sentence, only_read):
    page.start()
    page.pull(0)
    lanes = [{"name": "text", "temperature": 0.8}]
    start = {"type": "start", "run": "b", "settings": bad, "lanes": lanes, "only_read": only_read}
    if isinstance(bad, dict) and "temperature" in bad:
        lanes[0]["temperature"] = bad["temperature"]
        start["settings"] = {name: value for name, value in bad.items() if name != "temperature"}
    (error,) = page.ask(start)
    assert (error["type"], error["run"]) == ("error", "b")
    assert sentence in error["message"]
    assert (widget.status, widget.error, widget.text) == ("writing", error["message"], "")
    assert page.pull_all(20)[0] == long[20:60]
    assert widget.status == "finished"


texts = st.text(st.sampled_from("ab\ud800\udfff\U0001f600") | st.characters(), max_size=3)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
FIELDS = ["run", "settings", "length", "pull", "until", "budget", "lanes"]
REFUSED = [
    *({"type": "branch", "id": "q", "run": "a", "branch": "b", "position": 5, "character": "é", **bad}
      for bad in (
        {}, {"position": 21}, {"character": "ab"}, {"character": None}, {"run": "gone"}, {"branch": 5}
    )),
    a_start("b", seed="北京"),
    {"type": "start", "run": "b"},
    {**a_start("b", seed=""), "only_read": True},
    {"type": "branch", "run": "a", "branch": "b", "position": 5, "character": "a"},
    {"type": "resume", "run": "a", "length": 1_000_001},
    {"type": "resume", "run": "gone", "length": 100},
    {"type": "stop", "run": "gone"},
    {"type": "show", "run": "gone"},
    {"type": "remove", "run": "a"},
    {"type": "remove", "run": "gone"},
    {**a_pull(), "until": 0},
    {**a_pull(), "run": "gone"},
    {"type": "expect", "id": "q", "seed": None},
    {"type": "inspect", "id": "q", "run": "gone", "position": 0, "count": 5},
    {"type": "inspect", "id": "q", "run": "a", "position": -1, "count": 5},
    {"type": "activate", "id": "q", "run": "a", "layer": 9, "unit": 0, "position": 0, "count": 5},
    {"type": "find"},
    {"type": "sing", "id": "q", "run": "a"},
    [],
]  # fmt: skip


@pytest.mark.parametrize("who", ["page", "cell"])
@pytest.mark.parametrize("message", REFUSED, ids=str)
def test_what_is_refused_changes_nothing(widget, page, long, monkeypatch, message, who):
    def state():
        return widget.status, widget.text, widget.receipt, widget.branches, widget.cells

    def refused():
        before = state()
        (error,) = page.ask(message)
        assert error["type"] == "error"
        assert error.get("id") == (message.get("id") if isinstance(message, dict) else None)
        assert state() == before

    if who == "page":
        page.start()
        page.pull(0)
        refused()
        assert page.pull_all(20)[0] == long[20:60]
        refused()
        page.resume(80)
        assert page.pull_all(60)[0] == long[60:80]
        return

    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)  # a cell writes in many pieces
    threads = []

    def meanwhile(_):
        if len(widget._session.current.only.run.characters) == 20:
            name = widget._session.current.name
            if isinstance(message, dict) and message.get("run") == "a":
                message["run"] = name
            threads.append(threading.Thread(target=refused))
            threads[0].start()
            threads[0].join(60)

    message = dict(message) if isinstance(message, dict) else message
    widget.on_text(meanwhile)
    assert finishes(widget.generate) == long[:60]
    assert len(threads) == 1
    assert widget.status == "finished"


@pytest.mark.parametrize("act", [
    lambda widget: widget.branch(5, "é"),
    lambda widget: widget.branch(21, "a"),
    lambda widget: widget.show("gone"),
    lambda widget: widget.remove(widget.receipt["run"]),
    lambda widget: widget.generate(seed="北京"),
    lambda widget: widget.generate(sed="a"),
    lambda widget: widget.read("北京"),
    lambda widget: widget.step(0),
])  # fmt: skip
def test_what_a_cell_asks_for_in_vain_changes_nothing(widget, page, long, act):
    page.start()
    page.pull(0)
    before = widget.status, widget.text, widget.receipt, widget.branches
    with pytest.raises(SettingError):
        act(widget)
    assert (widget.status, widget.text, widget.receipt, widget.branches) == before
    assert page.pull_all(20)[0] == long[20:60]


def test_showing_what_is_being_written_does_not_end_it(widget, long):
    def meanwhile(_):
        thread = threading.Thread(target=lambda: widget.show(widget.receipt["run"]))
        thread.start()
        thread.join(60)

    widget.on_text(meanwhile)
    assert finishes(widget.generate) == long[:60]


@settings(max_examples=150)
@given(
    messages=st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["hello", "start", "resume", "pull", "stop", "clear"])},
            optional=dict.fromkeys(FIELDS, anything) | {"run": st.just("a") | anything},
        ),
        max_size=4,
    )
)
def test_whatever_a_page_says_it_is_answered(random_model, messages):
    widget = LSTMWidget(random_model(units=(8, 6)), **SETTINGS)
    page = Page(widget)
    page.start()
    for message in messages:
        answer = page.ask(message)
        assert answer or (message["type"], message.get("run")) == ("start", "a")  # that has begun
        assert not any("unexpected" in one.get("message", "") for one in answer)
    page.start("z")
    expected = LSTMGenerator(random_model(units=(8, 6))).generate(SETTINGS)
    assert page.pull_all(run="z")[0] == widget.text == expected


# Characters that are no text.

ODD = "\x00\ud800\udfff<>&\u2028\U0001f600\u202e'\""


@pytest.fixture
def odd(random_model):
    return random_model(units=(8,), characters=ODD, card={"title": "<img src=x onerror=alert(1)>\udc00"})


def shown(text):
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


def test_half_characters_are_shown_as_a_sign_and_kept_as_they_are(odd):
    widget = LSTMWidget(odd, seed="<\ud800", length=300, temperature=1.0, rng=2)
    page = Page(widget)
    heard = []
    widget.on_text(heard.append)
    text = widget.generate()
    assert (
        text
        == widget.text
        == "".join(heard)
        == LSTMGenerator(odd).generate(seed="<\ud800", length=300, temperature=1.0, rng=2)
    )
    assert set(text) == set(ODD)
    assert "".join(chunk["text"] for chunk in page.of("chunk")) == shown(text)
    assert page.of("begin")[0]["seed"] == "<\ufffd"
    assert widget.receipt["seed"] == "<\ud800"
    assert reproduced(widget.receipt, odd) == text
    on_page = on_the_wire(widget.get_state())
    assert on_page["text"] == shown(text)
    assert (on_page["seed"], on_page["receipt"]["seed"]) == ("<\ufffd", "<\ufffd")
    assert on_page["model"] == on_page["card"]["title"] == "<img src=x onerror=alert(1)>\ufffd"
    more = widget.resume()
    assert text + more == widget.text
    assert len(widget.text) == 600


def test_what_a_page_says_in_half_characters_is_read_as_the_sign(odd):
    widget = LSTMWidget(odd)
    page = Page(widget)
    (begin,) = page.start("\udc00", seed="<\ud800>", length=50, rng=4)  # the model does not know the sign
    assert (begin["run"], begin["seed"]) == ("\ufffd", "<>")
    text, end = page.pull_all(run="\udc00")
    assert text == shown(widget.text)
    assert end["run"] == "\ufffd"
    assert widget.text == LSTMGenerator(odd).generate({**SETTINGS, "seed": "<>", "length": 50, "rng": 4})
    widget.set_state({"seed": "\ud800"})
    assert widget.seed == "\ufffd"
    (error,) = page.ask({"type": "\ud800"})
    assert error["message"] == "The widget does not know the message '\ufffd'."


@given(anything)
@example({"\ud800": ["\udfff", {"a\ud83d": 1}], "\U0001f600": None})
def test_everything_is_sendable_and_only_half_characters_are_changed(value):
    def expected(one):
        if isinstance(one, str):
            return shown(one)
        if isinstance(one, list):
            return [expected(item) for item in one]
        if isinstance(one, dict):
            return {expected(key): expected(item) for key, item in one.items()}
        return one

    assert repr(sendable(value)) == repr(expected(value))
    repr(sendable(value)).encode()


# Many at once.


def test_two_pages_that_pull_at_once_get_one_text(widget, page, long):
    page.start(length=3000)

    def reader(name):
        position = 0
        while position < 3000:
            page.pull(position, 7, pull=name)
            mine = [m for m in page.of("chunk") if m["pull"] == name]
            position = mine[-1]["position"] + mine[-1]["count"]

    together([lambda name=name: reader(name) for name in ("1", "2", "3")])
    for chunk in page.of("chunk"):
        assert chunk["text"] == long[chunk["position"] : chunk["position"] + chunk["count"]]
    assert widget.text == long


def together(works):
    """Do several things at once, with as many changes between them as can be had; raise what they raise."""
    errors = []

    def safely(work):
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=safely, args=(work,), daemon=True) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive(), "They wait for each other."
    finally:
        sys.setswitchinterval(interval)
    if errors:
        raise errors[0]


WORK = ["start", "pull", "pull", "pull", "stop", "resume", "clear", "hello"]
IN_A_CELL = ["generate", "resume", "step", "stop", "clear"]


def a_page_at_random(widget, page, work, dice, name):
    for number, kind in enumerate(work):
        run = widget.receipt.get("run") or "none"
        if kind == "start":
            page.start(f"{name}{number}", length=int(dice.integers(1, 120)))
        elif kind == "pull":
            position, count = dice.integers([0, 1], [150, 60]).tolist()
            page.pull(position, count, run=run, budget=[0.01, 50][dice.integers(2)])
        elif kind == "resume":
            page.resume(int(dice.integers(1, 300)), run)
        elif kind == "stop":
            page.stop(run)
        else:
            page.ask({"type": kind})


def a_cell_at_random(widget, work, dice):
    for kind in work:
        arguments = [int(dice.integers(1, 60))] if kind == "step" else []
        try:
            getattr(widget, kind)(*arguments)
        except SettingError as error:
            assert "no text" in str(error) or "at least" in str(error) or str(error) == GONE  # noqa: PT017 - it need not be raised


@settings(max_examples=25)
@given(
    pages=st.lists(st.lists(st.sampled_from(WORK), min_size=5, max_size=25), min_size=2, max_size=3),
    cell=st.lists(st.sampled_from(IN_A_CELL), max_size=6),
    seed=st.integers(0, 1000),
)
def test_whatever_they_do_at_once_the_text_is_one(random_model, pages, cell, seed):
    model = random_model(units=(8, 6))
    widget = LSTMWidget(model, **SETTINGS)
    page = Page(widget)
    seen = []
    widget.observe(lambda change: seen.append((change["new"], widget.text, widget.receipt)), "status")
    works = [
        lambda n=n, work=work: a_page_at_random(widget, page, work, np.random.default_rng(seed + n), f"{n}-")
        for n, work in enumerate(pages)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 0.05)  # a cell writes in many pieces
        together([*works, lambda: a_cell_at_random(widget, cell, np.random.default_rng(seed))])
    check_messages(page.sent, model)
    check_seen(seen, model)
    # How it stands is how it was told last.
    last = widget._session.current
    if last is None:
        assert (widget.text, widget.receipt) == ("", {})
        assert widget.status in {"ready", "failed"}
    else:
        assert (widget.status == "writing") == (not last.over)
    # And it goes on as if nothing had been.
    widget.clear()
    assert widget.generate(length=60) == LSTMGenerator(model).generate(SETTINGS)


def check_messages(sent, model):
    """Assert that each run is one text, begun, resumed and ended in order."""
    long = LSTMGenerator(model).generate(SETTINGS, length=5000)
    bits = bits_of(model, "abc", long)
    have, over = {}, {}
    current = None
    for message in sent:
        run = message.get("run")
        if message["type"] == "begin":
            assert message["position"] == have.setdefault(run, 0)
            over[run] = False
            current = run
        elif message["type"] == "chunk":
            position, end = message["position"], message["position"] + message["count"]
            assert message["text"] == long[position:end]
            assert message["bits"] == pytest.approx(bits[end])
            assert position <= have[run]
            if end > have[run]:
                assert not over[run]
                assert run == current
            have[run] = max(end, have[run])
        elif message["type"] == "end":
            receipt = message["receipt"]
            assert receipt["written"] == have[run]
            assert receipt["bits"] == pytest.approx(bits[have[run]])
            assert receipt["temperatures"] == []
            if message["reason"] == "finished":
                assert receipt["length"] == receipt["written"]
            over[run] = True
        elif message["type"] == "cleared":
            assert all(over.values())
            current = None
        elif message["type"] == "error":
            assert "unexpected" not in message["message"]


def check_seen(seen, model):
    """Assert that with every status came the text and the receipt that belong to it."""
    long = LSTMGenerator(model).generate(SETTINGS, length=5000)
    for status, text, receipt in seen:
        if status in {"finished", "stopped"}:
            assert text == long[: receipt["written"]]
        elif status == "ready":
            assert (text, receipt) == ("", {})


def test_two_widgets_do_not_disturb_each_other(random_model):
    generator = LSTMGenerator(random_model(units=(8, 6)))  # one for both
    wanted = [{**SETTINGS, "length": 400, "rng": 1}, {**SETTINGS, "seed": "had", "length": 300, "rng": 2}]
    widgets = [LSTMWidget(generator, **settings) for settings in wanted]
    pages = [Page(widget) for widget in widgets]
    for page, settings_of in zip(pages, wanted, strict=True):
        page.start(**settings_of)
    texts = ["", ""]
    while any(widget.status == "writing" for widget in widgets):
        for n in (0, 1):
            position = len(texts[n])
            texts[n] += page_text(pages[n].pull(position, 7 + 4 * n), position)
    expected = [generator.generate(settings) for settings in wanted]
    assert texts == [widget.text for widget in widgets] == expected
    # At the same time, and each with the other in between.
    together([widget.generate for widget in widgets])
    assert [widget.text for widget in widgets] == expected
    widgets[0].on_text(lambda _: widgets[1].step())
    widgets[0].generate()
    assert widgets[0].text == expected[0]
    assert (
        widgets[1].text == expected[1] + generator.generate(wanted[1], length=400)[300 : len(widgets[1].text)]
    )


def page_text(messages, position):
    return "".join(m["text"] for m in messages if m["type"] == "chunk" and m["position"] == position)
