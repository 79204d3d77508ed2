"""Passages that occur twice are found: in two files, and on both sides of a validation."""

from __future__ import annotations

import random
import re
import time

import pytest
from training_runs import tiny

from lstm_widget.training import overlap as module
from lstm_widget.training.overlap import Passages, note_on_held_out, notes_on_files
from lstm_widget.training.text import encode


def tale(words, seed):
    """Return sentences of invented words, which no other seed gives."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    syllables = [a + b for a in "bdfgklmnprst" for b in "aeiou"]
    invented = ["".join(dice.choices(syllables, k=dice.randint(1, 3))) for _ in range(words)]
    return " ".join(f"{word}." if dice.random() < 0.1 else word for word in invented)


def test_a_tale_in_two_books_is_reported_with_its_share():
    shared = tale(1000, 0)
    one, other = tale(4000, 1) + shared, shared + tale(9000, 2)
    alone = tale(5000, 3)
    (note,) = notes_on_files(["one.txt", "other.txt", "alone.txt"], [one, other, alone])
    found = re.fullmatch(
        r'(\d+) % of one\.txt is also in other\.txt, e\.g\. "(.+)": the loss may look better than it is\.',
        note,
    )
    assert 16 <= int(found[1]) <= 24
    assert found[2] in shared
    assert 40 <= len(found[2]) <= 60


def test_case_spaces_and_punctuation_make_no_difference():
    text = tale(2000, 0)
    other = re.sub(r"\. (\w)", lambda found: f"!\n\u201c{found[1].upper()}", text)
    assert Passages(other).also_in(Passages(text)) == 1


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_the_share_is_about_that_of_the_characters(share):
    length = round(20_000 * share)
    shared = tale(length, 0)
    one = Passages(tale(20_000 - length, 1) + shared)
    assert one.also_in(Passages(tale(1000, 2) + shared)) == pytest.approx(share, rel=0.1)


def test_what_is_short_or_rare_is_no_passage():
    assert notes_on_files(["a", "b", "c"], ["", "ab", tale(3000, 0)]) == []
    sentence = tale(30, 5)
    assert notes_on_files(["a", "b"], [tale(3000, 0) + sentence, sentence + tale(3000, 1)]) == []


def test_many_pairs_are_counted(monkeypatch):
    monkeypatch.setattr(module, "_REPORTED", 2)
    text = tale(2000, 0)
    notes = notes_on_files(list("abcd"), [text + tale(300 * n, n) for n in range(4)])
    assert len(notes) == 3
    assert notes[0].startswith("100 % of a is also in ")
    assert notes[2] == "4 more pairs of files have passages in common."


def test_a_file_that_is_named_twice_is_found():
    text = tale(2000, 0)
    (note,) = notes_on_files(["a.txt", "a.txt"], [text, text])
    assert note.startswith("100 % of a.txt is also in a.txt")


def test_pieces_of_a_long_text_give_the_same(monkeypatch):
    text = tale(9000, 0)
    whole = Passages(text)
    monkeypatch.setattr(module, "_PIECE", 5000)
    pieces = Passages(text)
    assert len(pieces.hashes) > 0.98 * len(whole.hashes)
    assert pieces.also_in(whole) == 1
    assert pieces.quote(whole) in text


def test_what_is_held_out_and_learnt_too():
    shared = tale(500, 0)
    share, (note,) = note_on_held_out(tale(9000, 1) + shared, shared + tale(1500, 2))
    assert share == pytest.approx(0.25, abs=0.04)
    assert note.startswith(
        f"{share:.0%}".replace("%", " %") + " of what is held out is also in what is learnt"
    )
    assert note_on_held_out(tale(9000, 1), tale(1500, 2)) == (0.0, ())


def test_it_is_in_the_card_and_told_before_the_training(tmp_path, capsys):
    story = tale(8000, 0)
    start = len(story) // 2
    for name, text in {"one": tale(3000, 1) + story, "two": story[start:] + tale(3000, 2)}.items():
        (tmp_path / f"{name}.txt").write_text(text)
    files = [tmp_path / "one.txt", tmp_path / "two.txt"]
    corpus = encode(files, tmp_path / "ids", min_count=1)
    card = tiny(files, epochs=1, batch_size=64, units=4, quiet=False).card
    told = capsys.readouterr().err
    assert len(corpus.remarks) == 2
    assert all(remark in told for remark in corpus.remarks)
    assert card["validation_also_learnt"] == round(corpus.also_learnt, 4) > 0.1


def test_ten_megabytes_take_a_few_seconds():
    text = tale(1_500_000, 0)
    assert len(text) > 7_000_000
    begun = time.process_time()
    assert note_on_held_out(text[:-500_000], text[-500_000:]) == (0.0, ())
    assert time.process_time() - begun < 6
