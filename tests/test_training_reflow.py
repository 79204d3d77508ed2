"""Hard-wrapped prose becomes one line a paragraph, and nothing else changes."""

from __future__ import annotations

import random
import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_runs import tiny

from lstm_widget.training.reflow import reflow

WORDS = re.findall(
    r"\w+",
    "the a of in and once upon time there was king who had three daughters castle beyond mountains whose "
    "windows looked upon sea youngest nevertheless remembered everything",
)
VERSE = """Mirror, mirror on the wall,
Who is fairest of us all?
Thou, O queen, art fair to see,
But there is one who outshines thee."""
# A chapter and its heading, a list, the lines of a letter.
SHORT = ("CHAPTER I", "THE FROG KING,\nor Iron Henry", "a ball\na well\na frog", "  Dear frog,\n  come soon.")


def prose(paragraphs=40, seed=0):
    """Return paragraphs of some ten to eighty words."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    return [" ".join(dice.choices(WORDS, k=dice.randint(10, 80))).capitalize() for _ in range(paragraphs)]


def wrapped(paragraphs, width=70):
    return "\n\n".join(textwrap.fill(one, width, break_on_hyphens=True) for one in paragraphs)


@pytest.mark.parametrize("width", [60, 70, 75, 100])
def test_each_paragraph_becomes_one_line(width):
    paragraphs = prose()
    text = wrapped(paragraphs, width)
    found = reflow(text)
    assert found.text == "\n\n".join(paragraphs)
    several = [textwrap.fill(one, width) for one in paragraphs]
    counts = [one.count("\n") + 1 for one in several if "\n" in one]
    assert (found.joined, found.paragraphs, found.left) == (sum(counts), len(counts), 0)
    assert str(found) == f"Joined {sum(counts):,} lines into {len(counts):,} paragraphs."


def test_verse_headings_and_lists_are_left_alone():
    paragraphs = prose()
    kept = [VERSE, textwrap.indent(VERSE, "    "), *SHORT]
    text = "\n\n".join([*kept, wrapped(paragraphs), *kept]) + "\n"
    found = reflow(text)
    assert found.text == "\n\n".join([*kept, *paragraphs, *kept]) + "\n"
    assert str(found).endswith(f"; left {2 * 15} lines of verse, lists or headings as they are.")


def test_a_play_is_left_alone():
    dice = random.Random(1)  # noqa: S311 - no secret
    speeches = [
        "First Citizen:\n"
        + "\n".join(" ".join(dice.choices(WORDS, k=7)).capitalize() for _ in range(dice.randint(1, 12)))
        for _ in range(60)
    ]
    text = "\n\n".join(speeches)
    found = reflow(text)
    assert found.text == text
    assert str(found) == "No lines were joined: none are hard-wrapped prose."


@pytest.mark.parametrize("text", ["", "\n", "a", "a\nb\n", "\n\n\n", "\n".join(prose())])
def test_what_is_no_wrapped_prose_stays(text):
    assert reflow(text).text == text


def test_books_of_different_width_in_one_file():
    wide, narrow = prose(200, seed=1), prose(200, seed=2)
    text = f"{wrapped(wide, 75)}\n\n\n{wrapped(narrow, 66)}"
    joined = reflow(text).text
    assert sum(one in joined.split("\n") for one in wide + narrow) >= 0.95 * len(wide + narrow)


def test_a_paragraph_may_begin_with_an_indented_line():
    paragraphs = prose()
    text = "\n".join(textwrap.fill(one, 70, initial_indent="   ") for one in paragraphs)
    assert reflow(text).text == "\n".join(f"   {one}" for one in paragraphs)


@pytest.mark.parametrize(
    ("before", "after", "elsewhere", "expected"),
    [
        ("window-", "seat", "", "window-seat"),
        ("under-", "standing", "understanding", "understanding"),
        ("under-", "standing", "understanding under-standing", "under-standing"),
        ("he said--", "and", "he said--then ran", "he said--and"),
        ("he said --", "and", "he said -- then ran", "he said -- and"),
        ("said he \u2014", "and", "said he \u2014 then ran", "said he \u2014 and"),
        ("no break  ", "here", "", "no break here"),
        ("a slip", " here", "", "a slip here"),
        ("漢字", "仮名", "", "漢字仮名"),
    ],
)
def test_how_two_lines_are_joined(before, after, elsewhere, expected):
    first = before.rjust(70, "x") if before[0] > "\u3000" else f"{'x' * (69 - len(before))} {before}"
    last = f"{after}{'y' * 9 if after.isascii() and '-' not in expected and elsewhere == '' else ''} end."
    text = f"{wrapped(prose())}\n\n{first}\n{last}\n\n{elsewhere}"
    assert expected in reflow(text).text


@given(st.lists(st.sampled_from([*SHORT, VERSE, *map(textwrap.fill, prose(12)), *prose(3)]), max_size=30))
def test_what_was_reflowed_is_not_changed_again(blocks):
    once = reflow("\n\n".join(blocks)).text
    assert reflow(once) == (once, 0, 0, reflow(once).left)
    assert "".join(once.split()) == "".join("".join(blocks).split())


@given(st.text(st.sampled_from("ab \n-—A"), max_size=400))
def test_any_text_comes_to_rest(text):
    once = reflow(text).text
    assert reflow(once).text == once


def test_a_training_reads_the_joined_lines(tmp_path, capsys):
    paragraphs = prose(60)
    for name, text in {"wrapped": wrapped(paragraphs), "joined": "\n\n".join(paragraphs)}.items():
        (tmp_path / f"{name}.txt").write_text(text)
    expected = tiny(tmp_path / "joined.txt").card
    card = tiny(tmp_path / "wrapped.txt", reflow=True, quiet=False).card
    assert "Joined " in capsys.readouterr().err
    assert card["samples"] == expected["samples"]
    assert card["settings"] == expected["settings"] | {"reflow": True}
