"""What the kernel answers to a page of temperature lanes, message by message."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest
from backends import use_backend
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import bits_of, finishes, on_the_wire
from slow_texts import REAL, slow_text

from lstm_widget import LSTMGenerator
from lstm_widget.widgets.checks import Lane
from lstm_widget.widgets.session import Session

SETTINGS = {"seed": "abc", "length": 60, "top_k": None, "top_p": None, "rng": 3}
HEATS = {"x": 0.4, "y": 0.8, "z": 2.0}
GONE = "These texts are no longer being written: start new ones."


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch):
    """Let no piece become shorter because the machine is busy."""
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e9)


@pytest.fixture
def model(random_model):
    return random_model(units=(8, 6))


@pytest.fixture(params=["numpy", "numba"])
def math(request, monkeypatch):
    """Compute once with NumPy and once with Numba."""
    use_backend(monkeypatch, request.param)


class Talk:
    """A conversation, and a page of it that is no browser."""

    def __init__(self, generator):
        self.sent = []
        self.states = []
        self.texts = {}
        self.told = {}  # the temperatures of each lane, as the chunks tell them
        self.session = Session(
            lambda: ("model", generator),
            lambda message: self.sent.append(on_the_wire(message)),
            self.states.append,
            dict,
            lanes=(2, 6),
            gone=GONE,
        )

    def kept(self, names):
        """Return what the traits have of these lanes."""
        return ["" if self.session.current is None else self.session.current.text(name) for name in names]

    def ask(self, message):
        """Return what was answered."""
        before = len(self.sent)
        self.session.handle(message)
        return self.sent[before:]

    def start(self, heats=HEATS, run="a", **others):
        message = {"type": "start", "run": run, "settings": {**SETTINGS, **others}, "lanes": lanes(heats)}
        return self.ask(message)

    def pull(self, until, heats=HEATS, run="a", **others):
        """Ask for what is not here yet; take it in, and return the answers."""
        answers = self.ask({**a_pull(until, heats, run, self.texts), **others})
        self.take(answers)
        return answers

    def take(self, answers):
        """Put the chunks together; what comes twice must be the same."""
        for chunk in (chunk for answer in answers if answer["type"] == "chunk" for chunk in answer["lanes"]):
            name, position = chunk["name"], chunk["position"]
            before = self.texts.get(name, "")
            assert chunk["count"] == len(chunk["text"])
            assert position <= len(before)
            assert chunk["text"].startswith(before[position:])
            self.texts[name] = before[:position] + chunk["text"]
            earlier = [change for change in self.told.get(name, []) if change[0] < position]
            self.told[name] = earlier + chunk["temperatures"]

    def stop(self, run="a"):
        return self.ask({"type": "stop", "run": run})


def lanes(heats):
    return [{"name": name, "temperature": heat} for name, heat in heats.items()]


def a_pull(until, heats=HEATS, run="a", texts=None):
    asked = [{**lane, "position": len((texts or {}).get(lane["name"], ""))} for lane in lanes(heats)]
    return {"type": "pull", "run": run, "pull": "p", "until": until, "budget": 1e9, "lanes": asked}


@pytest.fixture
def talk(model):
    return Talk(LSTMGenerator(model))


def alone(model, heat, **others):
    """Return what a lane must be: the text of a single run with the same rng."""
    return LSTMGenerator(model).generate({**SETTINGS, "temperature": heat}, **others)


def kinds(messages):
    return [message["type"] for message in messages]


# Lanes.


@pytest.mark.usefixtures("math")
@pytest.mark.parametrize(("top_k", "top_p"), [(None, None), (4, None), (6, 0.8)])
def test_each_lane_is_the_text_of_a_single_run_with_the_same_dice(model, slow_network, top_k, top_p):
    heats = {"a": 0, "b": 0.4, "c": 0.8, "d": 1.2, "e": 2, "f": 100}
    talk = Talk(LSTMGenerator(model))
    talk.start(heats, top_k=top_k, top_p=top_p)
    for until in (1, 7, 20, 59, 1000):
        talk.pull(until, heats)
    for name, heat in heats.items():
        assert talk.texts[name] == alone(model, heat, top_k=top_k, top_p=top_p)
        dice = np.random.default_rng(3)
        assert talk.texts[name] == slow_text(slow_network(model), "abc", 60, heat, dice, top_k, top_p)
    assert len(set(talk.texts.values())) > 2


@pytest.mark.usefixtures("math")
@pytest.mark.parametrize(("name", "seed"), REAL)
def test_each_lane_of_a_real_model_is_the_text_of_a_single_run(published, name, seed):
    model, heats = published(name), {"a": 0.3, "b": 0.6, "c": 0.6, "d": 1.0, "e": 1.3}
    talk = Talk(LSTMGenerator(model))
    talk.start(heats, seed=seed, length=200)
    for until in (3, 90, 200):
        talk.pull(until, heats)
    assert talk.texts == {name: alone(model, heat, seed=seed, length=200) for name, heat in heats.items()}
    assert talk.texts["b"] == talk.texts["c"]


def test_the_answers_tell_the_characters_and_their_surprise(talk, model):
    (begin,) = talk.start()
    assert begin == {"type": "begin", "run": "a", "seed": "abc", "rng": 3, "position": 0}
    for before, until in itertools.pairwise((0, 20, 45)):
        (chunk,) = talk.pull(until)
        assert (chunk["type"], chunk["run"], chunk["pull"]) == ("chunk", "a", "p")
        assert [lane["name"] for lane in chunk["lanes"]] == ["x", "y", "z"]
        for lane in chunk["lanes"]:
            text = alone(model, HEATS[lane["name"]])
            assert (lane["position"], lane["count"]) == (before, until - before)
            assert lane["text"] == text[before:until]
            assert lane["bits"] == pytest.approx(bits_of(model, "abc", text)[until])
    chunk, end = talk.pull(1000)
    receipts = end.pop("receipts")
    assert end == {"type": "end", "run": "a", "reason": "finished"}
    assert list(receipts) == ["x", "y", "z"]
    for name, receipt in receipts.items():
        assert LSTMGenerator(model).replay(receipt) == talk.texts[name]
        assert (receipt["run"], receipt["written"]) == ("a", 60)
    assert talk.states == [{"error": "", "status": "writing"}, {"status": "finished"}]


def test_without_rng_all_lanes_throw_the_dice_that_are_told(talk, model):
    (first,) = talk.start(rng=None)
    talk.pull(60)
    assert talk.texts == {name: alone(model, heat, rng=first["rng"]) for name, heat in HEATS.items()}
    talk.texts = {}
    (second,) = talk.start(run="b", rng=None)
    talk.pull(30, run="b")
    talk.pull(60, {**HEATS, "new": 0.8}, run="b")
    assert first["rng"] != second["rng"]
    assert talk.texts["new"] == talk.texts["y"] == alone(model, 0.8, rng=second["rng"])


# They come, go and are given another temperature.


def test_a_lane_that_comes_later_catches_up_with_the_same_dice(talk, model):
    talk.start()
    talk.pull(40)
    heats = {**HEATS, "late": 1.0, "twin": 0.8}
    (chunk,) = talk.pull(50, heats)
    assert [lane["count"] for lane in chunk["lanes"]] == [10, 10, 10, 50, 50]
    talk.pull(60, heats)
    assert talk.texts["late"] == alone(model, 1.0)
    assert talk.texts["twin"] == talk.texts["y"]


def test_a_lane_that_is_no_longer_named_is_written_no_further(talk, model):
    talk.start()
    talk.pull(10)
    rest = {"x": 0.4, "z": 2.0}
    for until in (20, 60):
        (chunk, *_) = talk.pull(until, rest)
        assert [lane["name"] for lane in chunk["lanes"]] == ["x", "z"]
    assert talk.texts["y"] == alone(model, 0.8)[:10]
    assert talk.texts["x"] == alone(model, 0.4)
    assert talk.sent[-1]["reason"] == "finished"
    assert talk.kept(["z", "x"]) == [talk.texts["z"], talk.texts["x"]]


def test_the_removal_of_the_last_lane_that_is_written_ends_the_run(talk, monkeypatch):
    talk.start({"x": 0.4, "z": 2.0})
    talk.pull(59, {"x": 0.4, "z": 2.0})
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)
    heats = {"x": 0.4, "z": 2.0, "late": 1.0}
    while len(talk.texts["x"]) < 60:
        talk.pull(60, heats)
    assert len(talk.texts["late"]) < 60
    assert talk.sent[-1]["type"] == "chunk"
    assert kinds(talk.pull(60, {"x": 0.4, "z": 2.0})) == ["chunk", "end"]


def test_a_temperature_counts_from_the_next_character_of_its_lane(talk, model, slow_network):
    talk.start()
    talk.pull(20)
    talk.pull(40, {**HEATS, "y": 0.0})
    talk.pull(60, {**HEATS, "y": 1.5})
    heats = [0.8] * 20 + [0.0] * 20 + [1.5] * 20
    dice = np.random.default_rng(3)
    assert talk.texts["y"] == slow_text(slow_network(model), "abc", 60, lambda n: heats[n], dice)
    assert talk.told == {"x": [], "y": [[20, 0.0], [40, 1.5]], "z": []}
    assert talk.texts["x"] == alone(model, 0.4)


NAMES = st.sampled_from("pqrstuvw")
STEP = st.tuples(
    st.dictionaries(NAMES, st.sampled_from([0.0, 0.3, 0.8, 1.5, 100.0]), min_size=2, max_size=6),
    st.integers(1, 12),
    st.sampled_from(["answered", "answered", "answered", "lost", "answer lost", "doubled", "old again"]),
)


@settings(max_examples=60)
@given(steps=st.lists(STEP, min_size=1, max_size=12))
def test_whatever_comes_goes_changes_or_is_lost_equals_the_plain_formulas(random_model, slow_network, steps):
    model = random_model((5, 4))
    talk = Talk(LSTMGenerator(model))
    heats_of = {}  # the temperature of each character of each lane, as it must be
    pulls = []

    def handled(pull):
        if "end" not in kinds(talk.sent):
            for lane in pull["lanes"]:
                known = heats_of.setdefault(lane["name"], [])
                known += [lane["temperature"]] * (min(pull["until"], 60) - len(known))
        return talk.ask(pull)

    talk.start(dict.fromkeys(steps[0][0], 0.5))
    until = 0
    for heats, count, fate in steps:
        until += count
        pulls.append(a_pull(until, heats, texts=talk.texts))
        if fate == "lost":
            continue
        answers = handled(pulls[-1])
        if fate != "answer lost":
            talk.take(answers)
        if fate == "doubled":
            talk.take(handled(pulls[-1]))
        if fate == "old again":
            handled(pulls[len(pulls) // 2])
    talk.stop()
    for name, text in zip("pqrstuvw", talk.kept("pqrstuvw"), strict=True):
        heats, dice = heats_of.get(name, []), np.random.default_rng(3)
        assert text == slow_text(
            slow_network(model), "abc", len(heats), lambda n, heats=heats: heats[n], dice
        )
        assert text.startswith(talk.texts.get(name, ""))


def test_lanes_that_came_and_went_are_forgotten_in_the_end(talk, model):
    talk.start()
    for number in range(40):
        talk.pull(5, {**HEATS, f"lane {number}": 1.0})
    kept = list(talk.session.current._lanes)
    assert len(kept) == 12
    assert {"x", "y", "z", "lane 39"} <= set(kept)
    talk.texts.pop("lane 0")
    talk.pull(60, {**HEATS, "lane 0": 1.0})  # named again after all: it is begun again
    assert talk.texts["lane 0"] == alone(model, 1.0)


# Time.


def a_clock(monkeypatch):
    """Let every look at the clock take a millisecond."""
    ticks = itertools.count()
    monkeypatch.setattr("time.perf_counter", lambda: next(ticks) / 1000)
    return ticks


def test_a_pull_takes_no_longer_than_it_may(talk, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 50.0)
    talk.start(length=100_000)
    ticks = a_clock(monkeypatch)
    for heats in (HEATS, HEATS, {**HEATS, "late": 1.0}, {**HEATS, "late": 1.0, "later": 1.0}):
        before = next(ticks)
        talk.pull(100_000, heats, budget=1e9)
        assert next(ticks) - before <= 60
    before = next(ticks)
    talk.pull(100_000, heats, budget=10)
    assert next(ticks) - before <= 30


def test_who_comes_late_catches_up_while_the_others_go_on(talk, model, monkeypatch):
    talk.start(length=6000)
    talk.pull(1000)
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 30.0)
    a_clock(monkeypatch)
    heats = {**HEATS, "late": 0.8}
    before = {name: len(text) for name, text in talk.texts.items()} | {"late": 0}
    pulls = 0
    while len(talk.texts.get("late", "")) < len(talk.texts["y"]):
        talk.pull(6000, heats)
        after = {name: len(text) for name, text in talk.texts.items()}
        assert all(after[name] > count for name, count in before.items())
        before, pulls = after, pulls + 1
        assert pulls < 1000
    assert pulls > 2
    assert talk.texts["late"] == talk.texts["y"] == alone(model, 0.8, length=6000)[: after["y"]]


def test_a_long_seed_of_a_new_lane_does_not_hold_up_the_others(talk, monkeypatch):
    talk.start(seed="abcdefgh" * 500, length=1000)
    talk.pull(100)
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 30.0)
    a_clock(monkeypatch)
    (chunk,) = talk.pull(105, {**HEATS, "late": 1.0})
    assert [lane["count"] for lane in chunk["lanes"]] == [5, 5, 5, 0]


def test_no_time_at_all_is_one_step_at_least(talk, model, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)
    talk.start(length=10)
    for _ in range(12):  # two characters of the seed are read first
        talk.pull(10)
    assert talk.texts == {name: alone(model, heat)[:10] for name, heat in HEATS.items()}


# They go on.


def test_lanes_go_on_to_what_a_longer_run_would_have_written(talk, model):
    talk.start()
    talk.pull(20)
    talk.stop()
    (begin,) = talk.ask({"type": "resume", "run": "a", "length": 90})
    assert begin == {"type": "begin", "run": "a", "seed": "abc", "rng": 3, "position": 20}
    assert talk.states[-1] == {"error": "", "status": "writing"}
    assert talk.kept("xyz") == [talk.texts[name] for name in "xyz"]  # as in a text that goes on
    heats = {**HEATS, "late": 1.2}
    assert kinds(talk.pull(1000, heats)) == ["chunk", "end"]
    assert talk.texts == {name: alone(model, heat, length=90) for name, heat in heats.items()}
    assert kinds(talk.ask({"type": "resume", "run": "a", "length": 90})) == ["begin", "end"]
    assert one_sentence(talk.ask({"type": "resume", "run": "a", "length": 1_000_001}))
    assert talk.session.current.over


def test_a_lane_that_is_behind_is_brought_up_to_the_length_of_a_step(talk, model):
    talk.start()
    talk.pull(20)
    rest = {"x": 0.4, "z": 2.0}
    talk.pull(30, rest)
    talk.stop()
    (begin,) = talk.ask({"type": "resume", "run": "a", "length": 31})
    assert begin["position"] == 30
    talk.pull(31)  # with the lane that was not named for a while
    assert talk.texts == {name: alone(model, heat)[:31] for name, heat in HEATS.items()}
    assert talk.sent[-1]["reason"] == "finished"


# What is lost, comes twice or is no message.


def test_a_start_that_comes_twice_is_one(talk, model):
    talk.start()
    talk.pull(20)
    assert talk.start() == []
    talk.pull(60)
    assert talk.texts["x"] == alone(model, 0.4)


def test_an_answer_is_given_again_from_where_the_page_is(talk):
    talk.start()
    (first,) = talk.ask(a_pull(20))
    assert talk.ask(a_pull(20)) == [first]
    (shorter,) = talk.ask(a_pull(5))
    assert [lane["count"] for lane in shorter["lanes"]] == [20, 20, 20]
    ahead = a_pull(30, texts=dict.fromkeys("xyz", "." * 25))  # it has asked for more than there is
    (chunk,) = talk.ask(ahead)
    assert [(lane["position"], lane["count"]) for lane in chunk["lanes"]] == [(20, 10)] * 3


def test_an_end_that_was_lost_is_told_again(talk):
    talk.start()
    talk.pull(20)
    (end,) = talk.stop()
    assert (end["run"], end["reason"], list(end["receipts"])) == ("a", "stopped", ["x", "y", "z"])
    assert talk.stop() == [end]
    chunk, again = talk.pull(40, {**HEATS, "late": 1.0})
    assert [lane["count"] for lane in chunk["lanes"]] == [0, 0, 0]  # nor does a new lane begin
    assert again == end


def test_an_old_pull_that_comes_late_changes_no_temperature(talk, model, slow_network):
    talk.start()
    talk.pull(20)
    talk.pull(40, {**HEATS, "y": 1.5})
    talk.ask(a_pull(20))
    talk.ask(a_pull(40))
    talk.pull(60, {**HEATS, "y": 1.5})
    dice = np.random.default_rng(3)
    assert talk.told["y"] == [[20, 1.5]]
    assert talk.texts["y"] == slow_text(
        slow_network(model), "abc", 60, lambda n: 0.8 if n < 20 else 1.5, dice
    )


ONE = {"name": "x", "temperature": 0.4, "position": 0}
TWO = {"name": "y", "temperature": 0.8, "position": 0}
BAD_LANES = [
    None, {}, "xy", [], [ONE], [ONE, ONE], [ONE, None], [ONE, {}], [ONE, {**TWO, "name": 5}],
    [ONE, {**TWO, "name": ""}], [ONE, {**TWO, "name": "n" * 101}], [ONE, {**TWO, "temperature": None}],
    [ONE, {**TWO, "temperature": -1}], [ONE, {**TWO, "temperature": float("nan")}],
    [ONE, {**TWO, "temperature": True}], [{**ONE, "name": str(n)} for n in range(7)],
]  # fmt: skip
BAD_POSITIONS = [-1, 1.0, "0", None, True]
BAD = [
    *({"lanes": bad} for bad in BAD_LANES),
    *({"lanes": [ONE, {**TWO, "position": bad}]} for bad in BAD_POSITIONS),
    *({"until": bad} for bad in (0, -1, 1.5, None, "9", True)),
    *({"budget": bad} for bad in (0, -1, None, "9", True, float("nan"))),
    *({"pull": bad} for bad in (None, "", 5, "n" * 101)),
]


def one_sentence(answers):
    """Return the only answer, which is an error of one line."""
    (error,) = answers
    assert (error["type"], "\n" in error["message"]) == ("error", False)
    return error["message"]


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_malformed_pull_is_answered_and_harms_nothing(talk, model, bad):
    talk.start()
    talk.pull(20)
    assert one_sentence(talk.ask({**a_pull(40), **bad}))
    assert not talk.session.current.over
    talk.pull(60)
    assert talk.texts["y"] == alone(model, 0.8)


@pytest.mark.parametrize(
    "bad",
    [
        *({"lanes": bad} for bad in BAD_LANES),
        {"settings": None},
        {"settings": {}},
        {"settings": {**SETTINGS, "temperature": 1}},
        {"settings": {**SETTINGS, "length": 0}},
        {"settings": {**SETTINGS, "top_p": 2}},
        {"settings": {**SETTINGS, "rng": 2**53}},
        {"settings": {**SETTINGS, "rng": "1"}},
        {"settings": {**SETTINGS, "seed": ""}},
        {"settings": {**SETTINGS, "seed": 7}},
        {"settings": {**SETTINGS, "seed": "北京"}},
        {"settings": {name: value for name, value in SETTINGS.items() if name != "length"}},
    ],
    ids=str,
)
def test_a_malformed_start_is_told_and_what_was_written_goes_on(talk, model, bad):
    talk.start(run="before")
    talk.pull(20, run="before")
    start = {"type": "start", "run": "a", "settings": SETTINGS, "lanes": lanes(HEATS)}
    told = one_sentence(talk.ask({**start, **bad}))
    assert talk.states[-1] == {"error": told}
    talk.pull(60, run="before")
    assert talk.texts["y"] == alone(model, 0.8)
    assert talk.states[-1]["status"] == "finished"


@pytest.mark.parametrize(
    "message", [None, 5, "start", [], {}, {"type": None}, {"type": "show", "run": "a"}, {"type": ["pull"]}]
)
def test_what_is_no_message_is_answered(talk, message):
    talk.start()
    assert one_sentence(talk.ask(message))
    assert kinds(talk.pull(10)) == ["chunk"]


@pytest.mark.parametrize("kind", ["pull", "stop"])
def test_a_run_that_is_not_there_is_told(talk, kind):
    message = {**a_pull(10), "type": kind}
    assert one_sentence(talk.ask(message)) == GONE
    talk.start(run="b")
    assert one_sentence(talk.ask(message)) == GONE
    assert one_sentence(talk.ask({**message, "run": None}))
    assert not talk.session.current.over


def test_hello_and_clear(talk):
    assert talk.ask({"type": "hello"}) == [{"type": "here"}]
    talk.start()
    talk.pull(20)
    assert kinds(talk.ask({"type": "clear"})) == ["end", "cleared"]
    assert talk.kept("xyz") == ["", "", ""]
    assert talk.session.current is None
    assert talk.states[-1] == {"error": "", "status": "ready"}
    assert one_sentence(talk.ask(a_pull(20))) == GONE


def test_a_new_run_ends_the_one_before(talk, model):
    talk.start()
    talk.pull(20)
    end, begin = talk.start(run="b", seed="h")
    assert (end["run"], end["reason"]) == ("a", "stopped")
    assert begin["seed"] == "h"
    assert talk.states[-1] == {"error": "", "status": "writing"}  # that of the first is not told any more
    talk.texts = {}
    talk.pull(60, run="b")
    assert talk.texts["z"] == alone(model, 2.0, seed="h")


def test_an_error_that_nobody_foresaw_ends_the_run_with_a_sentence(talk, monkeypatch, caplog):
    talk.start()
    talk.pull(5)
    monkeypatch.setattr("lstm_widget.writing.batch.choose_each", lambda *_: 1 / 0)
    assert "ZeroDivisionError" in one_sentence(talk.pull(10))
    assert "Traceback" in caplog.text
    assert talk.states[-1]["status"] == "failed"
    assert talk.kept("xyz") == [talk.texts[name] for name in "xyz"]
    assert kinds(talk.pull(10)) == ["chunk", "error"]  # a page that did not get it is told again


# Receipts.


def test_the_texts_come_out_of_their_receipts_again(talk, model):
    talk.start(top_k=5)
    talk.pull(20)
    heats = {**HEATS, "y": 0.1, "late": 1.2}
    talk.pull(30, heats)
    talk.pull(45, {**heats, "late": 0.0})
    assert talk.kept(["y"]) == [""]  # while it is written, nothing is said
    talk.stop()
    names = ["late", "x", "y", "nobody"]
    texts, receipts = talk.kept(names), list(map(talk.session.current.receipt, names))
    assert texts == [*(talk.texts[name] for name in names[:3]), ""]
    assert receipts[3] is None
    for text, receipt in zip(texts, receipts[:3], strict=False):
        assert on_the_wire(receipt)
        assert LSTMGenerator(model).replay(receipt) == text
        assert (receipt["run"], receipt["written"]) == ("a", 45)
        assert receipt["bits"] == pytest.approx(bits_of(model, "abc", text)[-1])


# A cell that writes.


def from_cell(talk, settings, lanes):
    return talk.session.write(lambda: lanes, lambda name: talk.session.start(name, settings, lanes))


def test_a_cell_writes_all_lanes_and_tells_each_piece(talk, model, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)
    from_cell(talk, SETTINGS, [Lane(*one) for one in HEATS.items()])
    assert kinds(talk.sent) == ["begin", *["chunk"] * 62, "end"]
    assert {message["pull"] for message in talk.sent if message["type"] == "chunk"} == {None}
    talk.take(talk.sent)
    assert talk.texts == {name: alone(model, heat) for name, heat in HEATS.items()}


def test_a_page_stops_what_a_cell_writes(talk, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1.0)
    begun = threading.Event()
    transmit = talk.session._transmit

    def send(message):
        transmit(message)
        if message["type"] == "chunk":
            begun.set()

    talk.session._transmit = send
    endless = {**SETTINGS, "length": 1_000_000}
    cell = threading.Thread(target=lambda: from_cell(talk, endless, [Lane("x", 1.0), Lane("y", 2.0)]))
    cell.start()
    assert begun.wait(60)
    run = talk.sent[0]["run"]
    finishes(lambda: talk.ask({"type": "stop", "run": run}))
    cell.join(60)
    assert not cell.is_alive()
    assert talk.states[-1] == {"status": "stopped"}
    # The cell may have ended it before the page does; then that is told again.
    assert {message["reason"] for message in talk.sent if message["type"] == "end"} == {"stopped"}
