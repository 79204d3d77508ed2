"""Cells worth looking at: what they may follow, what they do, and which are found."""

from __future__ import annotations

import itertools
import math
import re
import string
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slow_texts import refused

from lstm_widget.errors import SettingError
from lstm_widget.generator import LSTMGenerator
from lstm_widget.inspection import units as cells
from lstm_widget.inspection.followed import FOLLOWED, followed
from lstm_widget.inspection.units import (
    BEST,
    LEAST_CORRELATION,
    LEAST_TEXT,
    MOST_TEXT,
    Cell,
    CellFinder,
    activations,
    find_cells,
)
from lstm_widget.network.engine import Engine
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import LSTMLayer, Weights

# What may be followed, by hand: 1 and 0 are written as x and -, a number as its digit, nothing as a dot.


def row(name, text):
    values = followed(name, text)
    assert values.shape == (len(text),)
    marks = {0.0: "-", 1.0: "x"} if name in SWITCHES else {}
    return "".join("." if np.isnan(value) else marks.get(value, f"{value:.0f}") for value in values)


SWITCHES = set(FOLLOWED) - {
    "position in the line",
    "length of the word so far",
    "characters since the last comma or full stop",
}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("position in the line", "ab\n\nabc\n", "12001230"),
        ("line end just written", "ab\n\nabc\n", "--xx---x"),
        ("blank line just written", "ab\n\n\na\n", "---xx--"),
        ("first line after a blank line", "ab\n\nRO:\nab\n", "---xxxx----"),
        ("inside quotes", 'a "bc" d "e', "--xxx----xx"),
        ("inside quotes", "“a” ”b „c“ d «e» »f«", "xx-----xx----xx--xx-"),
        ("inside quotes", 'a "b\nc\n\nd "e"', "--xxxxx---xx-"),  # a blank line ends it
        ("inside quotes", 'a b" c "d" e', "-------xx---"),  # one that lost its fellow changes nothing
        ("inside quotes", 'a "b "c" d', "--xxxxx---"),
        ("inside quotes", 'a--"b--" c', "---xxxx---"),
        ("inside quotes", "it's ‘so’", "---------"),  # an apostrophe looks the same
        ("inside brackets", "a (b [c] d) e)", "--xxxxxxxx----"),
        ("inside brackets", "a (b\n\nc", "--xxx--"),
        ("length of the word so far", "it's a-bc 12", "122301012000"),
        ("length of the word so far", "e\u0301te\u0301 'tis", "1123300123"),
        ("between words", "it's a-bc 1.", "----x-x--xxx"),
        ("after a capital letter", "a Bc, D e'F I'm", "--xx--x-----xxx"),
        ("after a capital letter", "ÉtÉ éÉ", "xxx---"),
        ("vowel or consonant", "Bay é 1, Öx", "-x..x....x-"),
        ("vowel or consonant", "йиъ", "-x."),
        ("vowel or consonant", "日本", ".."),
        ("end of a sentence", 'Go. "Is it?" a!b', "--xxx-----xxx-x-"),
        ("characters since the last comma or full stop", "ab,a.bc", "1201012"),
        ("digit just written", "a12 b", "-xx--"),
    ],
)
def test_by_hand(name, text, expected):
    assert row(name, text) == expected


def slow_quotes(before):
    """Tell whether a quote is open at the end: read the paragraph mark by mark."""
    paragraph = re.split(r"\n(?=\n)", before)[-1]
    # A straight quote is an opening one behind space, a bracket or nothing, a closing one behind the rest.
    opened = None
    for mark in re.finditer(r'["“”„«»]', paragraph):
        sign, behind = mark.group(), paragraph[: mark.start()][-1:]
        left = sign == '"' and (behind == "" or behind in " \n\r\t\u00a0([{")
        if opened is not None:
            pairs = ['""', "“”", '“"', "„“", "„”", '„"', "«»", "»«"]
            opened = None if opened + sign in pairs and not left else opened
        elif (sign == '"' and (left or behind in "-–—")) or sign in "“„«»":
            opened = sign
    return opened is not None


def slow_brackets(before):
    depth = 0
    for sign in re.sub(r"[^][(){}]", "", re.split(r"\n(?=\n)", before)[-1]):
        depth = depth + 1 if sign in "([{" else max(depth - 1, 0)
    return depth > 0


def word(before):
    return re.search(r"(?:[a-zA-Zé][a-zA-Zé'’\u0301]*)?\Z", before).group()


SLOW = {
    "position in the line": lambda before: len(before.rpartition("\n")[2]),
    "line end just written": lambda before: before.endswith("\n"),
    "blank line just written": lambda before: ("\n" + before).endswith("\n\n"),
    "first line after a blank line": lambda before: bool(re.search(r"\n\n[^\n]*\Z", "\n" + before)),
    "inside quotes": slow_quotes,
    "inside brackets": slow_brackets,
    "length of the word so far": lambda before: len(re.sub(r"['’\u0301]", "", word(before))),
    "between words": lambda before: word(before) == "",
    "after a capital letter": lambda before: word(before)[:1] in set(string.ascii_uppercase),
    "vowel or consonant": lambda before: {
        **dict.fromkeys("aeiouéAEIOU", 1.0),
        **dict.fromkeys(set(string.ascii_letters) - set("aeiouyAEIOUY"), 0.0),
    }.get(before[-1], np.nan),
    "end of a sentence": lambda before: bool(re.search(r"[.!?…][^a-zA-Z0-9é]*\Z", before)),
    "characters since the last comma or full stop": lambda before: len(re.split("[,.]", before)[-1]),
    "digit just written": lambda before: before[-1] in string.digits,
}


@pytest.mark.parametrize("name", FOLLOWED)
@given(text=st.text("abEyZ\n\n \"“”„«»([{)]}'’,.!?…-—09é\u0301", min_size=1, max_size=60))
def test_each_character_is_told_from_what_stands_up_to_it(name, text):
    expected = [float(SLOW[name](text[: n + 1])) for n in range(len(text))]
    np.testing.assert_array_equal(followed(name, text), expected)


def test_every_name_is_one_that_people_read():
    assert all(re.fullmatch(r"[a-z ]{8,50}", name) for name in FOLLOWED)


# What the cells do.


@pytest.mark.parametrize(("units", "embedding"), [((6,), None), ((7, 5), 3), ((4, 9, 6), 5)])
@pytest.mark.parametrize("length", [1, 300])
def test_activations_are_those_of_pytorch(random_model, units, embedding, length):
    torch = pytest.importorskip("torch", reason="The comparison with PyTorch needs PyTorch (extra 'train').")
    from lstm_widget.formats.pytorch import to_pytorch  # noqa: PLC0415 - needs PyTorch

    model = random_model(units, embedding, vocab_size=11, random_seed=2)
    ids = np.random.default_rng(0).integers(11, size=length)
    found = activations(Engine(model.weights), ids)
    assert (found.shape, found.dtype) == ((length, sum(units)), np.float32)
    module, state, expected = to_pytorch(model).double(), None, []
    with torch.no_grad():
        for number in ids.tolist():
            _, state = module(torch.tensor([[number]]), state)
            expected.append(torch.cat([torch.tanh(c).flatten() for _, c in state]).numpy())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["fairytales", "shakespeare"])
def test_activations_of_a_bundled_model_are_those_of_pytorch(request, name):
    torch = pytest.importorskip("torch", reason="The comparison with PyTorch needs PyTorch (extra 'train').")
    request.getfixturevalue("one_thread")
    from lstm_widget.formats.pytorch import to_pytorch  # noqa: PLC0415 - needs PyTorch

    model = LSTMGenerator(name).model
    ids = model.encode("He said, and went.\n\nShe, being late, ran; 'tis all. " * 4)
    found = activations(Engine(model.weights), ids)
    module, state, expected = to_pytorch(model), None, []
    with torch.no_grad():
        for number in ids:
            _, state = module(torch.tensor([[number]]), state)
            expected.append(torch.cat([torch.tanh(c).flatten() for _, c in state]).numpy())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


# Cells made by hand.

CHARACTERS = 'abcdeABC,.\n()"9 '
OPEN, SHUT = 12.0, -12.0  # of a gate


def hand_made(*cells, layers=1):
    """Return a model whose cells are made by hand; each is a function of the character.

    A function returns how much is kept of the cell (0 or 1), and what is added to it. A second layer, if
    there is one, has cells that add up what the first ones put out.
    """
    size, count = len(CHARACTERS), len(cells)
    kernel, bias = np.zeros((size + count, 4, count)), np.zeros((4, count))
    for unit, cell in enumerate(cells):
        for number, character in enumerate(CHARACTERS):
            keep, add = cell(character)
            kernel[number, :, unit] = [OPEN, np.arctanh(add), (OPEN if keep else SHUT) - 1.0, OPEN]
    stack = [LSTMLayer(kernel.reshape(size + count, -1), bias.reshape(-1))]
    if layers == 2:  # its cells forget at once: c is what the first layer puts out
        second = np.zeros((2 * count, 4, count))
        second[:count, 1] = np.eye(count)
        gates = np.zeros((4, count))
        gates[0], gates[2], gates[3] = OPEN, SHUT, OPEN
        stack.append(LSTMLayer(second.reshape(2 * count, -1), gates.reshape(-1)))
    weights = Weights(tuple(stack), np.zeros((count, size)), np.zeros(size))
    return CharLSTM(weights, {character: number for number, character in enumerate(CHARACTERS)})


def counts_the_line(character):
    return (0, 0.0) if character == "\n" else (1, 0.01)


def in_brackets(character):
    return (0, -0.9 if character == "(" else 0.0) if character in "()" else (1, 0.0)


def vowel(character):
    return 0, 0.8 if character in "aeA" else -0.8


def nearly_vowel(character):
    return 0, 0.8 if character in "aeAb" else -0.8


def digit(character):
    return 0, 0.9 if character == "9" else 0.0


def still(character):  # follows vowels perfectly, but hardly moves
    return 0, 0.02 if character in "aeA" else 0.0


def some_text(length=3000, random_seed=0):
    """Return a text of lines and sentences with brackets, in random order."""
    random = np.random.default_rng(random_seed)
    pieces = []
    while sum(map(len, pieces)) < length:
        word = "".join(random.choice(list("abcde"), size=random.integers(1, 6)))
        kind = random.integers(8)
        word = {0: f"({word} {word})", 1: f"{word},", 2: word.upper()[:1], 3: "99"}.get(kind, word)
        pieces.append(word.translate(str.maketrans("DE", "AB")) + ("\n" if random.random() < 0.12 else " "))
    return "".join(pieces)[:length]


def slow_correlation(model, text, cell):
    """Return the correlation on the second half, from the plain formulas."""
    number = sum(layer.units for layer in model.weights.layers[: cell.layer]) + cell.unit
    does = activations(Engine(model.weights), model.encode(text))[:, number]
    wanted = np.array([float(SLOW[cell.follows](text[: n + 1])) for n in range(len(text))])
    part = np.arange(len(text)) >= len(text) // 2
    part &= ~np.isnan(wanted)
    return np.corrcoef(does[part], wanted[part])[0, 1]


def found_in(model, text):
    return find_cells(model, Engine(model.weights), text)


@pytest.mark.parametrize("layers", [1, 2])
def test_cells_made_by_hand_are_found_by_name_and_sign(layers):
    model = hand_made(still, counts_the_line, in_brackets, vowel, layers=layers)
    text = some_text()
    found = found_in(model, text)
    best = {cell.follows: cell for cell in reversed(found)}
    for unit, (name, sign) in enumerate(
        [("position in the line", 1), ("inside brackets", -1), ("vowel or consonant", 1)], start=1
    ):
        assert best[name].unit == unit
        assert sign * best[name].correlation > 0.9
        assert {cell.layer for cell in found if cell.unit == unit} == set(range(layers))
    assert all(cell.unit for cell in found)  # what hardly moves is not there
    for cell in found:
        assert cell.correlation == pytest.approx(slow_correlation(model, text, cell), abs=1e-6)


def test_a_cell_stands_once_and_a_thing_has_the_best_ones_only():
    model = hand_made(nearly_vowel, digit, vowel, vowel, nearly_vowel, vowel)
    found = found_in(model, some_text())
    assert [cell.unit for cell in found if cell.follows == "vowel or consonant"] == [2, 3, 5]
    assert [cell.unit for cell in found if cell.follows == "digit just written"] == [1]
    assert len({(cell.layer, cell.unit) for cell in found}) == len(found)


def test_the_best_come_first_and_none_is_weak(random_model):
    model = random_model((40, 30), embedding=8, characters=CHARACTERS)
    found = found_in(model, some_text())
    strengths = [abs(cell.correlation) for cell in found]
    assert len(found) >= 5
    assert strengths == sorted(strengths, reverse=True)
    assert min(strengths) >= LEAST_CORRELATION
    names = [cell.follows for cell in found]
    assert max(map(names.count, names)) <= BEST
    assert {type(value) for cell in found for value in cell} == {int, str, float}  # JSON can have them


def test_a_cell_that_follows_on_one_half_only_is_not_told():
    model = hand_made(lambda character: (0, {"a": 0.8, "e": -0.8}.get(character, 0.0)))
    text = re.sub("[eA]", "a", some_text())
    half = len(text) // 2
    assert [cell.follows for cell in found_in(model, text)] == ["vowel or consonant"]
    turned = text[:half] + text[half:].replace("a", "e")
    assert slow_correlation(model, turned, Cell(0, 0, "vowel or consonant", 0.0)) < -LEAST_CORRELATION
    assert "vowel or consonant" not in {cell.follows for cell in found_in(model, turned)}
    mixed = text[:half] + re.sub("a(.*?)a", r"a\1e", text[half:], flags=re.DOTALL)
    assert abs(slow_correlation(model, mixed, Cell(0, 0, "vowel or consonant", 0.0))) < LEAST_CORRELATION
    assert "vowel or consonant" not in {cell.follows for cell in found_in(model, mixed)}


def test_what_hardly_happens_is_not_followed():
    model = hand_made(digit, in_brackets, vowel)
    plain = some_text().translate(str.maketrans({"9": None, "(": None, ")": None}))
    names = {cell.follows for cell in found_in(model, plain)}
    assert names == {"vowel or consonant"}
    # Long and often, but only in the first half.
    half = len(plain) // 2
    one_half = plain[:half].replace(" ", " 9 ") + " " + plain[half:] * 3
    assert "digit just written" not in {cell.follows for cell in found_in(model, one_half)}
    # In both halves, but at few characters.
    eight = [plain[start : start + 150] for start in range(0, 2400, 150)]
    assert "digit just written" not in {cell.follows for cell in found_in(model, "9".join(eight))}
    assert "digit just written" in {cell.follows for cell in found_in(model, "9a9".join(eight))}
    # Many characters in each half, but all in one pair of brackets.
    once = (
        plain[:100]
        + "("
        + plain[100:400]
        + ")"
        + plain[400:1600]
        + "("
        + plain[1600:1900]
        + ")"
        + plain[1900:]
    )
    assert "inside brackets" not in {cell.follows for cell in found_in(model, once)}


def test_a_text_in_which_nothing_happens_gives_no_cells():
    assert found_in(hand_made(vowel), "a" * LEAST_TEXT) == []


# A piece at a time.


def test_pieces_find_the_same_as_one_go_and_tell_how_far_they_are(random_model):
    model = random_model((40, 30), embedding=8, characters=CHARACTERS)
    engine, text = Engine(model.weights), some_text()
    finder, told = CellFinder(model, engine, text), []
    while not told or told[-1] < 1:
        assert finder.cells == []
        told.append(finder.advance(seconds=0))
    assert len(told) > 10
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert finder.cells == find_cells(model, engine, text) != []
    assert finder.advance(seconds=0) == finder.advance() == 1.0


def test_a_model_writes_its_own_text_in_pieces_always_the_same(random_model):
    model = random_model((20,), characters=CHARACTERS, scale=0.3)
    engine = Engine(model.weights)
    finder, told = CellFinder(model, engine), [0.0]
    while told[-1] < 1:
        told.append(finder.advance(seconds=0.0))
    assert told == sorted(told)
    assert max(np.diff(told)) < 0.1
    lstm = LSTMGenerator(model)
    seed = lstm.default_seed
    again = lstm.generate(seed=seed, length=10_000, temperature=0.7, rng=0)
    assert finder.cells == find_cells(model, engine) == find_cells(model, engine, seed + again) != []


def test_time_is_asked_for_between_steps(monkeypatch, random_model):
    model = random_model((5,), characters=CHARACTERS)
    engine, text = Engine(model.weights), some_text()

    def calls(seconds):
        clock = itertools.count()  # each step takes a second
        monkeypatch.setattr(cells, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
        finder, count = CellFinder(model, engine, text), 1
        while finder.advance(seconds) < 1:
            count += 1
        return count

    steps = calls(0)
    assert steps > 20
    assert [calls(4), calls(None)] == [math.ceil(steps / 4), 1]


def test_after_an_interrupt_the_work_is_done_again(monkeypatch, random_model):
    model = random_model((40, 30), embedding=8, characters=CHARACTERS)
    engine, text = Engine(model.weights), some_text()
    finder, read = CellFinder(model, engine, text), cells.Reader.read
    calls = []

    def interrupted(self, *what):
        calls.append(what)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return read(self, *what)

    monkeypatch.setattr(cells.Reader, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finder.advance()
    assert finder.cells == []
    assert finder.advance() == 1.0
    assert finder.cells == find_cells(model, engine, text) != []


# What a model's own text begins with.


def test_a_models_own_text_begins_as_its_card_says(random_model):
    model = random_model((4,), characters=CHARACTERS, card={"seed": "(ab"})
    assert CellFinder(model, Engine(model.weights))._run.settings.seed == "(ab"


# What is refused.


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (7, "in a text, not in 7"),
        (b"abc", "in a text, not in b'abc'"),
        ("", "at least 200 characters that the model knows, not of 0"),
        ("ab" * 99 + "a", "not of 199"),
        ("ab" * 99 + "aÖÄ", "not of 199"),
    ],
)
def test_a_text_that_is_none_or_too_short_is_refused(text, match):
    model = hand_made(vowel)
    with refused(SettingError, match):
        CellFinder(model, Engine(model.weights), text)


@pytest.mark.parametrize("seconds", [-1, "1", np.nan])
def test_a_time_that_is_none_is_refused(seconds):
    model = hand_made(vowel)
    finder = CellFinder(model, Engine(model.weights), "ab" * 200)
    with refused(SettingError, "seconds"):
        finder.advance(seconds)
    assert finder.advance() == 1.0


def test_a_text_is_read_as_the_model_can_and_no_further_than_some_place():
    model = hand_made(vowel, counts_the_line, in_brackets)
    text = some_text()
    assert found_in(model, text.replace("a", "Öa").replace('"', "”")) == found_in(model, text)
    long = some_text(MOST_TEXT)
    assert found_in(model, long + "b" * 1000) == found_in(model, long)


# The bundled models.


@pytest.mark.parametrize("name", ["fairytales", "shakespeare"])
def test_a_bundled_model_has_cells_that_follow_something_well(name):
    generator = LSTMGenerator(name)
    found = find_cells(generator.model, Engine(generator.model.weights))
    good = [cell for cell in found if abs(cell.correlation) >= 0.5]
    assert len(good) >= 3
    assert len({cell.follows for cell in good}) >= 3
