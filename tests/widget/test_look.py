"""The look inside: what a page is told of how a text was chosen, and the tree of its branches."""

from __future__ import annotations

import gc
import json
import weakref

import numpy as np
import pytest
import torch
import traitlets
from backends import assert_same_logits, use_backend
from pages import SETTINGS, Page, a_pull, a_start, one_line

from lstm_widget import LSTMGenerator, LSTMWidget, SettingError, to_pytorch
from lstm_widget.formats.safetensors import parse_safetensors
from lstm_widget.inspection.inspector import MOST
from lstm_widget.network.engine import Lane
from lstm_widget.network.kept_states import KeptStates
from lstm_widget.network.sampling import choose
from lstm_widget.widgets.portable import session_script

KINDS = ("<f4", "<i4", "<f8", "<f8")


def inspect(position, count, run="a"):
    return {"type": "inspect", "id": "q", "run": run, "position": position, "count": count}


def activate(layer, unit, position=0, count=100, run="a"):
    return {**inspect(position, count, run), "type": "activate", "layer": layer, "unit": unit}


def branch(position, character, name="b", run="a"):
    place = {"position": position, "character": character}
    return {"type": "branch", "id": "q", "run": run, "branch": name, **place}


def written(page, **settings):
    page.start(**settings)
    return page.pull_all()[0]


# How characters were chosen.


def test_a_page_is_told_what_the_trace_tells(widget, page, model):
    text = written(page)
    answer, (logits, ids, dice, temperatures) = page.look(inspect(0, 500), *KINDS)
    assert answer == {
        "type": "inspected", "id": "q", "run": "a", "position": 0, "count": 63, "left": 0,
        "seed": 3, "placed": [], "vocabulary": list(model.characters),
    }  # fmt: skip
    assert model.decode(ids) == "abc" + text
    logits = logits.reshape(63, -1)
    score = LSTMGenerator(model).score("abc" + text, logits=True)
    np.testing.assert_allclose(logits, score.logits, rtol=0, atol=1e-5)
    assert np.isnan(dice[:3]).all()
    assert np.isnan(temperatures[:3]).all()
    trace = widget.trace
    assert dice[3:].tolist() == trace.dice.tolist()
    assert temperatures[3:].tolist() == trace.temperatures.tolist() == [0.8] * 60
    for row, die, number in zip(logits[3:], dice[3:], ids[3:], strict=True):
        assert choose(row, 0.8, die) == number


def test_the_blocks_that_a_page_asks_for_fit_together(page):
    written(page)
    _, whole = page.look(inspect(0, 63), *KINDS)
    whole[0] = whole[0].reshape(63, -1)
    for position, count in [(0, 2), (2, 5), (7, 20), (1, 1), (0, 1), (40, 23), (60, 100), (2, 2)]:
        answer, parts = page.look(inspect(position, count), *KINDS)
        assert answer["count"] == min(count, 63 - position)
        for one, part in zip(whole, parts, strict=True):
            expected = one[position : position + count]
            np.testing.assert_allclose(part.reshape(expected.shape), expected, rtol=0, atol=1e-5)


def test_behind_the_end_nothing_is_told_until_there_is_more(page):
    page.start()
    page.pull(0, 20)
    answer, (logits, *_) = page.look(inspect(23, 10), *KINDS)
    assert (answer["count"], logits.size) == (0, 0)
    page.pull(20, 5)
    answer, (_, ids, _, _) = page.look(inspect(23, 10), *KINDS)
    assert (answer["count"], ids.size) == (5, 5)


def test_one_answer_is_not_too_large(page):
    written(page, length=700)
    answer, _ = page.look(inspect(0, 10**9), *KINDS)
    assert answer["count"] == MOST
    answer, _ = page.look(inspect(MOST, 10**9), *KINDS)
    assert answer["count"] == 703 - MOST


def test_the_temperatures_of_a_text_that_was_turned(page):
    page.start()
    page.pull(0, 20)
    page.pull(20, 10, temperature=0.1)
    page.pull(30, 30, temperature=2.0)
    _, (*_, temperatures) = page.look(inspect(3, 60), *KINDS)
    assert temperatures.tolist() == [0.8] * 20 + [0.1] * 10 + [2.0] * 30


def test_an_unused_id_has_no_probability(random_model):
    widget = LSTMWidget(random_model(vocab_size=12), **SETTINGS)
    page = Page(widget)
    written(page)
    answer, (logits, *_) = page.look(inspect(0, 63), *KINDS)
    model = widget.generator.model
    assert np.isneginf(logits.reshape(63, 12)[:, model.unused_ids]).all()
    assert answer["vocabulary"] == list(model.characters)
    assert answer["vocabulary"].count(None) == 4


def test_looking_changes_no_text(page, long):
    page.start()
    for position in range(0, 60, 10):
        page.pull(position, 10)
        page.ask(inspect(0, 100))
        page.ask(activate(0, 1))
        page.ask({"type": "expect", "id": "q", "seed": "abc"})
    assert "".join(chunk["text"] for chunk in page.of("chunk")) == long[:60]


# What comes next.


def test_what_comes_after_a_seed_while_it_is_typed(page, model):
    lstm = LSTMGenerator(model)
    for seed in ["a", "ab", "abc", "abcdefgh" * 70, "ab", "", "é?ab"]:
        answer, (logits,) = page.look({"type": "expect", "id": "q", "seed": seed}, "<f4")
        assert answer == {
            "type": "expected", "id": "q", "model": "model", "seed": seed, "left": 0,
            "vocabulary": list(model.characters),
        }  # fmt: skip
        lstm.reset()
        lstm.feed("ab" if seed == "é?ab" else seed)  # what it does not know is skipped
        np.testing.assert_allclose(logits, lstm._own_lane().logits(), rtol=0, atol=1e-5)


def test_another_model_expects_something_else(page, widget, random_model):
    _, (before,) = page.look({"type": "expect", "id": "q", "seed": "abc"}, "<f4")
    widget.model = other = random_model(random_seed=9)
    answer, (logits,) = page.look({"type": "expect", "id": "q", "seed": "abc"}, "<f4")
    assert answer["model"] == widget.model
    lstm = LSTMGenerator(other)
    lstm.feed("abc")
    np.testing.assert_allclose(logits, lstm._own_lane().logits(), rtol=0, atol=1e-5)
    assert not np.allclose(logits, before)


# Cells.


def test_cells_are_those_of_pytorch(page, model):
    text = written(page)
    network = to_pytorch(model)
    ids = torch.tensor([model.encode("abc" + text)])
    with torch.no_grad():
        expected = [step.tanh() for step in slow_cells(network, ids)]
    for layer, unit in [(0, 0), (0, 7), (1, 0), (1, 5)]:
        answer, (values,) = page.look(activate(layer, unit), "<f4")
        assert answer == {
            "type": "activated",
            "id": "q",
            "left": 0,
            "run": "a",
            "layer": layer,
            "unit": unit,
            "position": 0,
            "count": 63,
        }
        np.testing.assert_allclose(values, expected[layer][:, unit], rtol=0, atol=1e-4)
        _, (part,) = page.look(activate(layer, unit, 20, 7), "<f4")
        np.testing.assert_allclose(part, values[20:27], rtol=0, atol=1e-5)


def slow_cells(network, ids):
    """Return c of each layer after each character, [T, H], from PyTorch character by character."""
    state, found = None, []
    for n in range(ids.shape[1]):
        _, state = network(ids[:, n : n + 1], state)
        found.append([c[0, 0] for _, c in state])
    return [torch.stack(of_layer) for of_layer in zip(*found, strict=True)]


@pytest.mark.parametrize("cell", [(0, 8), (2, 0), (1, 6)])
def test_a_cell_that_is_not_there_is_refused(page, widget, cell):
    written(page)
    (answer,) = page.ask(activate(*cell))
    assert answer["type"] == "error"
    assert answer["run"] == ""  # the text itself is well
    assert "no cell" in answer["message"]
    with pytest.raises(traitlets.TraitError, match=one_line("no cell")):
        widget.cell = cell
    assert widget.cell is None


def test_cells_are_looked_for_a_moment_at_a_time(page, widget, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.questions.PIECE", 0.0)
    done, answer = [], {}
    while not done or done[-1] < 1:
        (answer,) = page.ask({"type": "find", "id": "q"})
        done.append(answer["done"])
        assert len(done) < 5000
    assert done == sorted(done)
    assert len(done) > 3
    assert answer == {"type": "finding", "id": "q", "model": "model", "done": 1.0}
    cells = widget.cells
    assert all(set(cell) == {"layer", "unit", "follows", "correlation"} for cell in cells)
    json.dumps(cells, allow_nan=False)
    assert page.ask({"type": "find", "id": "q"}) == [answer]  # it knows them now
    assert widget.cells == cells


def test_a_page_is_lent_what_it_needs_to_find_them_itself(page, model, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.questions.LENT", 10_000)
    parcel, size = b"", 1
    while len(parcel) < size:
        question = {"type": "lend", "id": "q", "position": len(parcel)}
        answer, (piece,) = page.look(question, "u1")
        assert 0 < len(piece) <= 10_000
        script, size = answer.pop("script"), answer.pop("size")
        assert answer == {
            "type": "lent", "id": "q", "position": len(parcel), "fingerprint": model.fingerprint
        }  # fmt: skip
        parcel += piece.tobytes()
    assert parcel[:script].decode() == session_script()
    assert parse_safetensors(parcel[script:], "a page").fingerprint == model.fingerprint


FOUND = {"layer": 1, "unit": 2, "follows": "inside quotes", "correlation": -0.5}


def test_cells_that_a_page_has_found_are_taken(page, widget, model):
    theirs = {"type": "find", "id": "q", "cells": [FOUND], "fingerprint": model.fingerprint}
    assert [one["done"] for one in page.ask(theirs)] == [1.0]
    assert widget.cells == [FOUND]


def test_those_of_another_model_are_not(page, widget, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.questions.PIECE", 0.0)
    (answer,) = page.ask({"type": "find", "id": "q", "cells": [FOUND], "fingerprint": "another"})
    assert answer["done"] < 1
    assert widget.cells == []


@pytest.mark.parametrize(
    "cells",
    [
        None,
        100 * [FOUND],
        ["a"],
        *(
            [FOUND | wrong]
            for wrong in (
                {"layer": 2},
                {"unit": -1},
                {"unit": True},
                {"follows": "the moon"},
                {"follows": []},
                {"correlation": None},
                {"correlation": 1.5},
            )
        ),
    ],
)
def test_cells_that_cannot_be_there_are_refused(page, widget, model, cells):
    theirs = {"type": "find", "id": "q", "cells": cells, "fingerprint": model.fingerprint}
    (answer,) = page.ask(theirs)
    assert answer["type"] == "error"
    assert widget.cells == []


# A moment at a time.


def test_no_message_reads_much_and_all_is_read_in_the_end(widget, page, model, monkeypatch):
    seed = "abcdefgh" * 100
    text = written(page, seed=seed, length=2000)
    widget._session.current.only.run.kept = KeptStates()  # as if it could not help
    monkeypatch.setattr("lstm_widget.widgets.session.MAX_BUDGET", 1e-9)
    monkeypatch.setattr("lstm_widget.widgets.questions.PIECE", 0.0)
    count = 0

    def counted(name):
        original = getattr(Lane, name)

        def counting(lane, characters, *others):
            nonlocal count
            count += np.size(characters)
            return original(lane, characters, *others)

        return counting

    for name in ("step", "read"):
        monkeypatch.setattr(Lane, name, counted(name))

    def ask(message):
        nonlocal count
        count = 0
        answers = page.ask(message)
        assert count <= 2 * 16
        return answers[-1]

    def ask_until_told(message):
        asked, left, answer = 0, np.inf, {"left": 1}
        while answer["left"] > 0:
            answer = ask(message)
            assert answer["left"] < left
            left = answer["left"]
            asked += 1
        return asked, answer

    whole = seed + text
    asked, answer = ask_until_told(inspect(2700, 50))
    assert (asked > 100, answer["count"]) == (True, 16)
    logits = np.frombuffer(page.buffers[-1][0], "<f4").reshape(16, -1)
    expected = LSTMGenerator(model).score(whole[:2716], logits=True).logits[-16:]
    assert_same_logits(logits, expected)
    asked, answer = ask_until_told(activate(0, 1, 2700, 50))
    assert (asked > 100, answer["count"]) == (True, 16)
    assert ask_until_told({"type": "expect", "id": "q", "seed": whole})[0] > 100
    assert ask_until_told({"type": "expect", "id": "q", "seed": whole[:2000] + "h"})[0] <= 5
    assert ask(branch(1990, "h"))["type"] == "begin"
    have, end = 1990, {"type": ""}
    while end["type"] != "end":
        end = ask(a_pull(have, 20, run="b"))
        have = len(widget._session.current.only.run.characters)
    assert widget.text[:1990] == text[:1990]
    assert LSTMGenerator(model).replay(widget.receipt) == widget.text
    for message in ({"type": "show", "run": "a"}, {"type": "resume", "run": "a", "length": 2001}):
        ask(message)
    ask({**a_start("r", seed=whole), "only_read": True})
    page.start("s", seed=seed)
    left = [ask(a_pull(0, 20, run="s")).get("left") for _ in range(800)]
    assert left == [*range(799, 1, -1), None, None]


# Traits.


def test_what_is_looked_at_can_be_set_from_both_sides(model):
    widget = LSTMWidget(model, inside=True, colour="cell", cell=(1, 2), what_if=1.5)
    assert (widget.inside, widget.colour, widget.cell, widget.what_if) == (True, "cell", (1, 2), 1.5)
    widget.set_state({"inside": False, "colour": "rank", "cell": [0, 3], "what_if": None})
    assert (widget.inside, widget.colour, widget.cell, widget.what_if) == (False, "rank", (0, 3), None)


def test_a_kernel_knows_that_somebody_has_looked_at_a_letter(model, monkeypatch):
    monkeypatch.setattr(LSTMWidget, "_anyone_pointed", False)
    first, second = LSTMWidget(model), LSTMWidget(model)
    assert not first.pointed
    first.set_state({"pointed": True})  # from the page
    assert first.pointed
    assert not first.error
    assert LSTMWidget(model).pointed
    assert LSTMWidget(model).get_state()["pointed"] is True
    second.set_state({"pointed": False})  # says a page that was there before
    assert LSTMWidget(model).pointed


@pytest.mark.parametrize(
    "wrong", [{"colour": "red"}, {"what_if": -1}, {"what_if": "hot"}, {"cell": [1]}, {"inside": "yes"}]
)
def test_what_cannot_be_looked_at_is_refused(widget, wrong):
    (name,) = wrong
    before = getattr(widget, name)
    with pytest.raises(traitlets.TraitError):
        setattr(widget, name, wrong[name])
    widget.set_state(wrong)  # from the page: told, not raised
    assert getattr(widget, name) == before
    assert widget.error


def test_another_model_has_other_cells(widget, random_model):
    widget.cell = (1, 5)
    widget.model = random_model(units=(4,))
    assert widget.cell is None
    assert (widget.units, widget.cells) == ([4], [])


@pytest.fixture
def other(random_model):
    """Return a model with other characters in another order, and fewer cells."""
    return random_model(units=(4,), characters="zyxcba", vocab_size=7, random_seed=3)


def find_cells(page, widget):
    while page.ask({"type": "find", "id": "q"})[-1]["done"] < 1:
        pass
    return widget.cells


def test_a_text_is_explained_by_the_model_that_wrote_it_whatever_is_chosen_by_then(
    page, widget, model, other
):
    text = written(page)
    widget.cell = (1, 5)
    found = find_cells(page, widget)
    assert found
    widget.model = other
    answer, (_, ids, *_) = page.look(inspect(3, 60), *KINDS)
    assert "".join(answer["vocabulary"][one] for one in ids) == text
    assert (widget.units, widget.cells, widget.cell) == ([8, 6], found, (1, 5))
    widget.set_state({"cell": [1, 4]})  # the page shows those of the text
    assert (widget.cell, widget.error) == ((1, 4), "")
    assert find_cells(page, widget) == found
    # What comes next is asked of the model that is chosen.
    (answer,) = page.ask({"type": "expect", "id": "q", "seed": "abc"})
    assert answer["vocabulary"] == list(other.characters)
    new = next(one for one in model.vocab if one != text[5])
    page.ask(branch(5, new))
    page.pull(5, 1, run="b")
    answer, (_, ids, *_) = page.look(inspect(8, 1, run="b"), *KINDS)
    assert answer["vocabulary"][ids[0]] == new
    assert widget.units == [8, 6]


def test_the_text_of_another_model_is_explained_by_that(page, widget, model, other):
    written(page)
    widget.cell = (1, 5)
    found = find_cells(page, widget)
    widget.model = other
    page.start("b")
    text = page.pull_all(run="b")[0]
    answer, (_, ids, *_) = page.look(inspect(3, 60, run="b"), *KINDS)
    assert "".join(answer["vocabulary"][one] for one in ids) == text
    assert (widget.units, widget.cells, widget.cell) == ([4], [], None)
    widget.model = model
    page.ask({"type": "clear"})
    assert (widget.units, widget.cells) == ([8, 6], found)


def test_a_notebook_chooses_the_cell_that_the_next_text_is_to_follow(widget, other):
    widget.generate(length=10)
    widget.model = other
    with pytest.raises(traitlets.TraitError, match=one_line("no cell")):
        widget.cell = (1, 5)
    widget.cell = (0, 3)
    widget.generate(length=10)
    assert widget.cell == (0, 3)


# Branches.


def test_a_branch_from_a_page(widget, page, model):
    text = written(page)
    run = LSTMGenerator(model).start(SETTINGS)
    run.advance()
    right = run.branch(20, "h")
    right.advance()
    (begin,) = page.ask(branch(20, "h"))
    assert begin == {"type": "begin", "run": "b", "seed": "abc", "rng": 3, "position": 20, "id": "q"}
    assert (widget.text, widget.status) == (text[:20], "writing")
    rest, end = page.pull_all(have=20, run="b")
    assert text[:20] + rest == widget.text == "".join(right.characters)
    assert end["reason"] == "finished"
    assert widget.receipt["placed"] == [(20, "h")]
    assert LSTMGenerator(model).replay(json.loads(json.dumps(widget.receipt))) == widget.text
    assert widget.branches == [
        {
            "run": "a",
            "parent": None,
            "position": 0,
            "character": "",
            "instead": "",
            "before": "",
            "written": 60,
            "bits": pytest.approx(sum(run.surprise)),
            "excerpt": text,
        },
        {
            "run": "b",
            "parent": "a",
            "position": 20,
            "character": "h",
            "instead": text[20],
            "before": text[11:20],
            "written": 60,
            "bits": pytest.approx(sum(right.surprise)),
            "excerpt": widget.text[20:],
        },
    ]


def test_a_branch_asked_for_twice_is_one(widget, page):
    written(page)
    page.ask(branch(20, "h"))
    page.pull(20, 5, run="b")
    (answer,) = page.ask(branch(20, "h"))
    assert (answer["type"], answer["run"], answer["position"]) == ("begin", "b", 20)
    assert len(widget.branches) == 2


def test_the_placed_character_is_told(page):
    written(page)
    page.ask(branch(20, "h"))
    page.pull(20, 1, run="b")
    answer, _ = page.look(inspect(0, 5, run="b"), *KINDS)
    assert answer["placed"] == [23]


def test_the_tree_can_be_walked(widget, page):
    texts = {"a": written(page)}
    for name, parent, position in [("b", "a", 20), ("c", "b", 40), ("d", "a", 5)]:
        page.ask(branch(position, "h", name, parent))
        page.pull_all(have=position, run=name)
        texts[name] = widget.text
    assert len(set(texts.values())) == 4
    for name in ["b", "a", "c", "d", "d"]:
        assert page.ask({"type": "show", "run": name}) == [{"type": "shown", "run": name, "written": 60}]
        assert (widget.text, widget.receipt["run"], widget.status) == (texts[name], name, "finished")
    widget.show("a")
    assert widget.text == texts["a"]
    # What is shown can be written on.
    page.resume(80, run="a")
    rest, _ = page.pull_all(have=60, run="a")
    assert widget.text == texts["a"] + rest
    assert [(one["run"], one["parent"], one["written"]) for one in widget.branches] == [
        ("a", None, 80),
        ("b", "a", 60),
        ("c", "b", 60),
        ("d", "a", 60),
    ]


def test_a_branch_is_removed_with_those_that_begin_in_it(widget, page):
    written(page)
    for name, parent in [("b", "a"), ("c", "b"), ("d", "a")]:
        page.ask(branch(20, "h" if name != "d" else "g", name, parent))
        page.pull_all(have=20, run=name)
    widget.show("c")
    assert page.ask({"type": "remove", "run": "b"}) == [{"type": "shown", "run": "a", "written": 60}]
    assert [one["run"] for one in widget.branches] == ["a", "d"]
    assert widget.receipt["run"] == "a"
    assert page.ask({"type": "remove", "run": "d"}) == []
    assert [one["run"] for one in widget.branches] == ["a"]
    for run, match in [("a", "clear it"), ("c", "no longer")]:
        (answer,) = page.ask({"type": "remove", "run": run})
        assert (answer["type"], answer["run"]) == ("error", "")
        assert match in answer["message"]


def test_a_new_text_forgets_the_branches(widget, page):
    written(page)
    page.ask(branch(20, "h"))
    page.start("z")
    assert [one["run"] for one in widget.branches] == ["z"]
    page.clear()
    assert widget.branches == []
    with pytest.raises(SettingError, match=one_line("no longer")):
        widget.show("b")


def test_there_are_not_too_many_branches(widget, page, monkeypatch):
    monkeypatch.setattr("lstm_widget.widgets.branches.MAX_BRANCHES", 2)
    written(page)
    for name in "bc":
        page.ask(branch(20, "h", name))
    (answer,) = page.ask(branch(20, "h", "d"))
    assert answer["type"] == "error"
    assert (answer["run"], answer["id"]) == ("", "q")
    assert "branches already" in answer["message"]
    assert widget.receipt["run"] == "c"


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"position": -1}, "whole number"),
        ({"position": 61}, "from 0 to 60"),
        ({"character": ""}, "one character"),
        ({"character": None}, "text"),
        ({"character": "é"}, "é"),
        ({"run": "other"}, "no longer"),
        ({"branch": ""}, "name its branch"),
    ],
)
def test_a_branch_that_cannot_be_is_refused(widget, page, wrong, match):
    text = written(page)
    (answer,) = page.ask({**branch(20, "h"), **wrong})
    assert (answer["type"], answer["run"], answer["id"]) == ("error", "", "q")
    assert match in answer["message"]
    assert (widget.text, widget.status) == (text, "finished")


def test_branches_from_a_cell(widget, model):
    text = widget.generate()
    run = LSTMGenerator(model).start(SETTINGS)
    run.advance()
    right = run.branch(10, "e")
    right.advance()
    assert widget.branch(10, "e") == "".join(right.characters[10:])
    assert widget.text == "".join(right.characters)
    first, second = (one["run"] for one in widget.branches)
    widget.show(first)
    assert widget.text == text
    widget.remove(second)
    assert len(widget.branches) == 1
    assert widget.trace.text == text


def test_without_a_text_there_is_nothing_to_look_at(widget):
    for act in (lambda: widget.trace, lambda: widget.branch(0, "a")):
        with pytest.raises(SettingError, match=one_line("no text yet")):
            act()


@pytest.mark.parametrize("how", ["clear", "start", "remove", "another cell's text"])
def test_what_is_gone_takes_no_memory(widget, page, how):
    written(page)
    name = "a"
    if how == "remove":
        name = "b"
        page.ask(branch(20, "h"))
        page.pull_all(have=20, run=name)
    page.ask(inspect(0, 10, run=name))
    page.ask(activate(0, 1, run=name))
    run = weakref.ref(widget._session.current.only.run)
    if how == "clear":
        page.clear()
    elif how == "start":
        page.start("z")
    elif how == "remove":
        page.ask({"type": "remove", "run": name})
    else:
        widget.generate()
    gc.collect()
    assert run() is None


# Reading without writing.


def test_a_text_can_be_read_only(widget, page, model, long):
    begin, end = page.ask({**a_start(), "only_read": True})
    assert begin == {"type": "begin", "run": "a", "seed": "abc", "rng": 3, "position": 0}
    assert (end["type"], end["reason"], end["receipt"]["written"]) == ("end", "finished", 0)
    assert (widget.status, widget.text) == ("finished", "")
    _, (logits, ids, *_) = page.look(inspect(0, 10), *KINDS)
    assert model.decode(ids) == "abc"
    score = LSTMGenerator(model).score("abc", logits=True)
    np.testing.assert_allclose(logits.reshape(3, -1), score.logits, rtol=0, atol=1e-5)
    page.resume(60)  # and then be written on
    assert page.pull_all()[0] == long[:60]


def test_a_text_is_read_from_a_cell(widget):
    widget.read("deaf")
    assert (widget.seed, widget.receipt["seed"], widget.receipt["written"]) == ("deaf", "deaf", 0)
    assert len(widget.trace) == 0


@pytest.mark.parametrize(
    "message",
    [
        {"type": "inspect"},
        {"type": "inspect", "run": "a", "position": -1, "count": 1},
        {"type": "inspect", "run": "a", "position": 0, "count": 0},
        {"type": "inspect", "run": "gone", "position": 0, "count": 1},
        {"type": "activate", "run": "a", "layer": "0", "unit": 0, "position": 0, "count": 1},
        {"type": "expect"},
        {"type": "expect", "id": "q", "seed": 3},
        {"type": "show"},
        {"type": "show", "run": "gone"},
        {"type": "remove", "run": None},
        {"type": "branch", "run": "a"},
    ],
)
def test_a_malformed_question_is_answered_and_disturbs_nothing(widget, page, long, message):
    page.start()
    page.pull(0, 20)
    (answer,) = page.ask(message)
    assert (answer["type"], answer["run"]) == ("error", "")
    assert widget.status == "writing"
    assert page.pull_all(have=20)[0] == long[20:60]


# What is written while somebody looks on need not be read again.


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_what_is_told_while_it_is_written_is_what_was_chosen_from(monkeypatch, random_model, backend):
    use_backend(monkeypatch, backend)
    widget = LSTMWidget(random_model(units=(8, 6), vocab_size=12), **{**SETTINGS, "length": 400})
    page = Page(widget)
    page.start(length=400)
    known, position = [], 0
    while position < 400:
        have = sum(len(block) for block in known)
        _, (logits, *_) = page.look(inspect(have, 512), *KINDS)
        known.append(logits.reshape(-1, 12))
        position += sum(chunk["count"] for chunk in page.pull(position, 30) if chunk["type"] == "chunk")
    while (have := sum(len(block) for block in known)) < 403:
        known.append(page.look(inspect(have, 512), *KINDS)[1][0].reshape(-1, 12))
    whole = np.concatenate(known)
    score = LSTMGenerator(widget.generator.model).score("abc" + widget.text, logits=True)
    assert_same_logits(whole, score.logits)
    _, (_, ids, dice, _) = page.look(inspect(3, 400), *KINDS)
    assert [choose(row, 0.8, die) for row, die in zip(whole[3:], dice, strict=False)] == ids.tolist()


def test_of_a_long_text_the_oldest_is_read_again(page, monkeypatch, model):
    monkeypatch.setattr("lstm_widget.writing.draft._MOST_RECENT", 64 * model.vocab_size)
    page.start(length=300)
    page.ask(inspect(0, 1))
    text = page.pull_all()[0]
    score = LSTMGenerator(model).score("abc" + text, logits=True)
    for position in (0, 100, 200, 230, 238, 239, 240, 302):
        answer, (logits, *_) = page.look(inspect(position, 100), *KINDS)
        assert answer["count"] > 0
        expected = score.logits[position : position + answer["count"]]
        np.testing.assert_allclose(logits.reshape(expected.shape), expected, rtol=0, atol=1e-5)


def test_after_an_interrupt_what_is_told_belongs_to_the_text(generator_run):
    run = generator_run
    run.watch()
    run.advance(70)
    nothing = np.zeros(run.engine.softmax_b.size, np.float32)
    run.recent |= dict.fromkeys((70, 71, 72), nothing)  # as if in the middle of a piece
    run.start_over()
    run.advance()
    score = LSTMGenerator(run.model).score("abc" + "".join(run.characters), logits=True)
    np.testing.assert_allclose(run.recent_logits(0, len(run.characters)), score.logits[3:], rtol=0, atol=1e-5)


@pytest.fixture
def generator_run(model):
    return LSTMGenerator(model).start({**SETTINGS, "length": 200})


@pytest.mark.parametrize("question", [inspect(0, 10), activate(0, 1)])
@pytest.mark.parametrize("removed", [False, True])
def test_a_question_that_comes_after_the_end_of_its_text_is_refused_for_itself_alone(
    widget, page, question, removed
):
    written(page)
    if removed:
        page.ask(branch(20, "h"))
        page.pull_all(have=20, run="b")
        page.ask({"type": "remove", "run": "b"})
    else:
        page.start("b")
        page.start("c")
    (refusal,) = page.ask({**question, "run": "b"})
    assert (refusal["type"], refusal["run"], refusal["id"]) == ("error", "", "q")
    assert widget.error == ""
