"""The conversation with the page, spoken with a real kernel as a page speaks it.

Colab shows only what the kernel sends while it handles a request of the page: every message must be
the child of a request and be sent before that request turns idle. These tests run both with the
newest ipykernel and in an environment of the versions that Colab ships (see the Makefile).
"""

from __future__ import annotations

import ast

import pytest
from kernels import Notebook, a_start, answers, pull

from lstm_widget import LSTMGenerator

SETTINGS = {"seed": "She was", "length": 200, "temperature": 0.6, "rng": 7}
GONE = "This text is no longer being written: start a new one."


def written(**settings):
    """Return the text of the generator, written at once."""
    return LSTMGenerator().generate(SETTINGS, **settings)


# What Colab needs.


def test_every_message_answers_a_request_before_it_is_idle(page):
    page.start("a", **SETTINGS)
    text, end = page.pull_all("a")
    assert len(text) == 200
    assert end["reason"] == "finished"
    page.start("b", **SETTINGS)
    page.pull("b", 0)
    page.ask({"type": "stop", "run": "b"})
    page.ask({"type": "hello"})
    page.resume("b", 100)
    page.pull("b", 40)
    page.resume("gone", 100)
    page.write(model="fairytales", temperature=0.9, seed="She", speed=None)
    page.write(model="elsewhere", top_k=0)
    page.ask({"type": "clear"})
    page.ask({"type": "clear"})
    # One more request, so that anything the kernel had sent on its own would have come by now.
    page.notebook.run("pass")

    idle: set[str] = set()
    kinds = set()
    for message in page.notebook.seen:
        parent = message["parent_header"].get("msg_id")
        if message["msg_type"] == "comm_msg":
            assert parent in page.requests
            assert parent not in idle
            data = message["content"]["data"]
            kinds.add(data["content"]["type"] if data["method"] == "custom" else data["method"])
        elif message["content"].get("execution_state") == "idle":
            idle.add(parent)
    # Both the messages and the traits. (A page is told of its own changes only by newer ipywidgets.)
    expected = {"begin", "chunk", "end", "here", "cleared", "error", "update"}
    assert kinds - {"echo_update"} == expected


def test_each_request_has_the_answers_that_belong_to_it(page):
    def kinds(content):
        return [message["type"] for message in page.ask(content)]

    resume, stop = {"type": "resume", "run": "a", "length": 60}, {"type": "stop", "run": "a"}
    assert kinds({"type": "hello"}) == ["here"]
    assert kinds({"type": "clear"}) == ["cleared"]
    # A seed of one character is read at once: every pull finds a character.
    assert kinds(a_start("a", **{**SETTINGS, "seed": "S"})) == ["begin"]
    assert kinds({"type": "hello"}) == ["here"]
    assert kinds(resume) == ["begin"]
    assert kinds(pull("a", 0, 1, 0.6)) == ["chunk"]
    assert kinds(stop) == kinds(stop) == ["end"]
    assert kinds({**resume, "length": 1}) == ["begin", "end"]
    assert kinds({**resume, "length": 2}) == ["begin"]
    (chunk, end) = page.ask(pull("a", 1, 5, 0.6))
    assert (chunk["count"], end["reason"], end["receipt"]["written"]) == (1, "finished", 2)
    assert kinds(resume) == ["begin"]
    assert kinds({"type": "clear"}) == ["end", "cleared"]
    assert page.ask(resume) == [{"type": "error", "run": "a", "message": GONE}]


# Texts.


def test_the_text_is_that_of_the_generator_whoever_writes_it(page):
    page.start("a", **SETTINGS)
    text, end = page.pull_all("a")
    assert text == written()
    assert end["receipt"]["rng"] == 7
    assert page.notebook.printed("print(w.status, w.text == " + repr(text) + ")") == "finished True"
    printed = page.notebook.printed(f"print(ascii(w.generate(**{SETTINGS!r})))")
    assert ast.literal_eval(printed) == text


def test_top_k_and_top_p_travel_with_the_start(page):
    limits = {"top_k": 5, "top_p": 0.8}
    page.start("a", **SETTINGS, **limits)
    text, end = page.pull_all("a")
    assert text == written(**limits) != written()
    assert {name: end["receipt"][name] for name in limits} == limits


def test_a_pull_can_be_repeated(page):
    page.start("a", **SETTINGS)
    first = page.pull("a", 0)
    assert page.pull("a", 0, count=first[0]["count"]) == first
    middle = first[0]["count"] // 2  # on a busy machine one character may be all that came
    again = page.pull("a", middle)
    assert again[0]["position"] == middle
    assert again[0]["text"].startswith(first[0]["text"][middle:])
    text, _ = page.pull_all("a")
    assert text == written()


def test_a_pull_ahead_of_the_text_goes_on_where_the_text_ends(page):
    page.start("a", **SETTINGS)
    (chunk,) = page.pull("a", 30, count=20)
    assert chunk["position"] == 0


def test_a_new_temperature_counts_from_the_next_character(page):
    page.start("a", **SETTINGS)
    (chunk,) = page.pull("a", 0, count=50)
    (cold,) = page.pull("a", chunk["count"], count=5, temperature=0)
    assert cold["temperatures"] == [[chunk["count"], 0]]
    text, end = page.pull_all("a", temperature=0)
    assert end["receipt"]["temperatures"] == [[chunk["count"], 0]]
    run = LSTMGenerator().start(SETTINGS)
    before = run.advance(chunk["count"])
    assert before == chunk["text"]
    run.temperature = 0
    assert text == before + run.advance()


def test_the_bits_are_those_of_the_score(page):
    page.start("a", **SETTINGS)
    (chunk,) = page.pull("a", 0)
    text, end = page.pull_all("a")
    bits = LSTMGenerator().score("She was" + text).bits[len("She was") :]
    assert chunk["bits"] == pytest.approx(bits[: chunk["count"]].sum(), rel=1e-4)
    assert end["receipt"]["bits"] == pytest.approx(bits.sum(), rel=1e-4)


def test_stop_keeps_the_text_and_the_next_run_starts_clean(page):
    page.start("a", **SETTINGS)
    (chunk,) = page.pull("a", 0)
    (end,) = page.ask({"type": "stop", "run": "a"})
    assert end["reason"] == "stopped"
    assert page.notebook.printed("print(w.status, w.text)") == f"stopped {chunk['text']}".strip()
    page.start("b", **SETTINGS)
    assert page.pull_all("b")[0] == written()


def test_stopped_and_finished_texts_are_resumed(page):
    long = written(length=300)
    page.start("a", **SETTINGS)
    (chunk,) = page.pull("a", 0)
    have = chunk["count"]
    page.ask({"type": "stop", "run": "a"})
    for length in (200, 300):
        (begin,) = page.resume("a", length)
        assert begin == {"type": "begin", "run": "a", "seed": "She was", "rng": 7, "position": have}
        text, end = page.pull_all("a", have)
        assert text == long[have:length]
        assert (end["reason"], end["receipt"]["written"]) == ("finished", length)
        have = length
    assert page.notebook.printed("print(w.status, w.text == " + repr(long) + ")") == "finished True"
    begin, again = page.resume("a", 300)
    assert (begin["position"], again) == (300, end)


def test_cells_and_pages_write_the_same_text_on(page):
    long = written(length=120)
    page.start("a", **{**SETTINGS, "length": 30})
    page.pull_all("a")
    page.write(seed="She was", temperature=0.6, length=60)  # what the page had started with
    printed = page.notebook.printed("print(ascii([w.resume(), w.step(), w.step(9)]))")
    assert ast.literal_eval(printed) == [long[30:60], long[60], long[61:70]]
    page.resume("a", 120)
    assert page.pull_all("a", 70)[0] == long[70:]
    assert page.notebook.printed("print(w.status, w.text == " + repr(long) + ")") == "finished True"


def test_clear_forgets_the_text(page):
    page.start("a", **SETTINGS)
    page.pull("a", 0)
    page.ask({"type": "clear"})
    assert page.notebook.printed("print(w.status, [w.text, w.error, w.receipt])") == "ready ['', '', {}]"
    page.start("a", **SETTINGS)  # a name may come again
    assert page.pull_all("a")[0] == written()


def test_a_lost_end_is_told_again(page):
    page.start("a", **SETTINGS)
    _, end = page.pull_all("a")
    chunk, again = page.pull("a", 200)
    assert chunk["count"] == 0
    assert again == end


def test_unknown_characters_are_skipped(page):
    (begin,) = page.start("a", **{**SETTINGS, "seed": "She 北was"})
    assert begin["seed"] == "She was"
    assert page.pull_all("a")[0] == written()


def test_a_lookalike_is_read_as_what_it_looks_like_and_shown_as_it_was_typed(page):
    (begin,) = page.start("a", **{**SETTINGS, "seed": "She\u00a0was"})
    assert begin["seed"] == "She\u00a0was"
    assert page.pull_all("a")[0] == written()


# Characters that are no text.

ODD = "\x00\ud800\udfff<>&\u2028\U0001f600'\""
MAKE_ODD = f"""
import numpy as np
from lstm_widget import CharLSTM, LSTMWidget
from lstm_widget.network.weights import LSTMLayer, Weights
characters = {ODD!a}
random = np.random.default_rng(1)
size = len(characters)
layer = LSTMLayer(random.standard_normal((size + 8, 32)), random.standard_normal(32))
weights = Weights((layer,), random.standard_normal((8, size)), random.standard_normal(size))
card = {{"title": "<img src=x onerror=alert(1)>\\ud83d"}}
w = LSTMWidget(CharLSTM(weights, {{c: n for n, c in enumerate(characters)}}, card))
w
"""


def shown(text):
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


@pytest.fixture
def odd(notebook: Notebook):
    notebook.seen.clear()
    return notebook.open(MAKE_ODD)


def exactly(page, expression):
    """Return what a text in the kernel is, character by character."""
    return ast.literal_eval(page.notebook.printed(f"print(ascii({expression}))"))


def test_half_characters_arrive_as_a_sign_and_are_kept_as_they_are(odd):
    settings = {**SETTINGS, "seed": "<\x00>", "length": 400, "temperature": 3.0}
    (begin,) = odd.start("a", **settings)
    assert begin["seed"] == "<\x00>"
    text, end = odd.pull_all("a", temperature=3.0)
    exact = exactly(odd, "w.text")
    assert set(exact) == set(ODD)
    assert text == shown(exact)
    assert end["receipt"]["model"] == "<img src=x onerror=alert(1)>\ufffd"
    assert exactly(odd, f"w.generator.generate({settings!r})") == exact
    # From a cell as well, and all that the traits tell.
    cell = odd.notebook.client.execute("w.seed = '<\\ud800'; w.temperature = 1.0; text = w.generate(rng=3)")
    messages = odd.notebook.until_idle(cell)
    assert "error" not in [m["msg_type"] for m in messages]
    pieces = [m for m in answers(messages) if m["type"] == "chunk"]
    assert "".join(m["text"] for m in pieces) == shown(exactly(odd, "text"))
    assert exactly(odd, "[w.seed, w.receipt['seed'], w.text == text]") == ["<\ud800", "<\ud800", True]
    request = odd.notebook.send(odd.comm, {"method": "request_state"})
    told = [m["content"]["data"] for m in odd.notebook.until_idle(request) if m["msg_type"] == "comm_msg"]
    assert told[-1]["state"]["text"] == shown(exactly(odd, "text"))
    assert told[-1]["state"]["card"]["title"] == "<img src=x onerror=alert(1)>\ufffd"
    assert told[-1]["state"]["seed"] == told[-1]["state"]["receipt"]["seed"] == "<\ufffd"


def test_half_characters_from_a_page_are_answered(odd):
    (begin,) = odd.start("\udc00", **{**SETTINGS, "seed": "<\ud83d>"})
    assert (begin["run"], begin["seed"]) == ("\ufffd", "<>")
    text, _ = odd.pull_all("\udc00")
    assert text == shown(exactly(odd, "w.text"))
    odd.write(seed="\ud800>")
    assert exactly(odd, "[w.seed, w.error]") == ["\ufffd>", ""]
    odd.write(model="<img src=x onerror=alert(1)>\ufffd")
    odd.write(model="fairytales")
    odd.write(model="<img src=x onerror=alert(1)>\ufffd")
    assert exactly(odd, "[w.model, w.error]") == ["<img src=x onerror=alert(1)>\ufffd", ""]
    (error,) = odd.ask({"type": "\ud800"})
    assert error["message"] == "The widget does not know the message '\ufffd'."


# Wrong messages.


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "must be an object"),
        ({}, "does not know the message None"),
        ({"run": "x" * 1000, "type": "pull"}, "name its run"),
        ({"run": "a", "type": "sing"}, "does not know the message 'sing'"),
        ({"run": "gone", "type": "stop"}, "no longer being written"),
        ({"run": "gone", "type": "resume", "length": 300}, "no longer being written"),
        ({"type": "resume", "length": 300}, "name its run"),
        ({"run": "a", "type": "resume"}, "length that is a whole number from 1"),
        ({"run": "a", "type": "resume", "length": 2.5}, "length that is a whole number from 1"),
        ({"run": "a", "type": "resume", "length": 1_000_001}, "from 1 to 1,000,000"),
        ({**pull("a", 0, 5, 0.6), "pull": 5}, "name its pull"),
        (pull("a", -1, 6, 0.6), "position that is a whole number"),
        (pull("a", 0, 0, 0.6), "until that is a whole number"),
        (pull("a", 0, 5, -1), "temperature must be a number"),
        ({**pull("a", 0, 5, 0.6), "budget": "long"}, "budget of milliseconds"),
        ({"run": "b", "type": "start"}, "must bring its settings"),
        (a_start("b", sed="a"), "did you mean 'seed'"),
        (a_start("b", **{**SETTINGS, "seed": ""}), "seed is empty"),
        (a_start("b", **{**SETTINGS, "seed": "北京"}), "knows none"),
        (a_start("b", **{**SETTINGS, "length": 10**9}), "whole number from 1"),
        (a_start("b", **{**SETTINGS, "length": "100"}), "whole number from 1"),
        (a_start("b", **{**SETTINGS, "temperature": None}), "temperature must be"),
        (a_start("b", **{**SETTINGS, "rng": -1}), "rng must be"),
        (a_start("b", **{**SETTINGS, "top_k": 0}), "top_k must be"),
        (a_start("b", **{**SETTINGS, "top_p": 1.5}), "top_p must be"),
    ],
)
def test_a_wrong_message_is_answered_with_a_sentence(page, content, sentence):
    page.start("a", **SETTINGS)
    (error,) = page.ask(content)
    assert error["type"] == "error"
    assert sentence in error["message"]
    assert "\n" not in error["message"]
    # The run before is not disturbed.
    assert page.pull_all("a")[0] == written()
    page.start("c", **SETTINGS)
    assert page.pull_all("c")[0] == written()


WRONG = [
    ("temperature", -3, 0.6, "temperature must be a number"),
    ("temperature", None, 0.6, "temperature must be a number"),
    ("length", None, 600, "length must be a whole number"),
    ("length", 2.5, 600, "length must be a whole number"),
    ("top_k", 0, None, "top_k must be a whole number"),
    ("top_p", 7, None, "top_p must be a number"),
    ("rng", 2**53, None, "below 2**53"),
    ("speed", "fast", 50.0, "speed must be a number"),
    ("model", "https://example.org/model", "fairytales", "no such model to choose"),
    ("model", None, "fairytales", "no such model to choose"),
]


@pytest.mark.parametrize(("name", "value", "holds", "sentence"), WRONG)
def test_a_wrong_trait_from_the_page_is_refused(page, name, value, holds, sentence):
    told = page.write(**{name: value, "seed": "changed"})
    (error,) = [state["error"] for state in told if "error" in state]
    assert sentence in error
    assert "\n" not in error
    assert told[-1] == {name: holds, "seed": "Once upon a ti"}  # the page is told what holds
    printed = exactly(page, f"[w.{name}, w.seed, w.error]")
    assert printed == [holds, "Once upon a ti", error]
    # Cells are refused it, too.
    sentences = page.notebook.printed(
        "from traitlets import TraitError\n"
        f"name, value = {name!r}, {value!r}\n"
        "for write in (lambda: setattr(w, name, value), lambda: LSTMWidget(**{name: value})):\n"
        "    try: write()\n"
        "    except (TraitError, ValueError) as error: print(error)\n"
        if name != "model"
        else "print('\\n'.join([w.error] * 2))"
    ).splitlines()
    assert len(sentences) == 2
    assert all(sentence in one for one in sentences)


def test_a_page_writes_the_settings_and_nothing_else(page):
    page.write(
        text="mine", status="finished", card={}, _esm="alert(1)", length=5, top_k=3, top_p=0.5, speed=None
    )
    assert exactly(page, "[w.length, w.top_k, w.top_p, w.speed]") == [5, 3, 0.5, None]
    assert exactly(page, "[w.text, w.status, w.card['title']]") == ["", "ready", "Fairy tales"]
    assert exactly(page, "'alert(1)' in str(w._esm)") is False
