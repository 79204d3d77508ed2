"""What a training holds out: blocks spread over the text, or its end; and that `score` measures the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_runs import tiny, words

from lstm_widget import LSTMGenerator, cli
from lstm_widget.formats import save_model
from lstm_widget.formats.safetensors import load_safetensors
from lstm_widget.training import held_out as module
from lstm_widget.training import resume
from lstm_widget.training.held_out import BLOCK, block_length, spread, validation_length
from lstm_widget.training.text import encode

pytestmark = pytest.mark.usefixtures("one_thread")

FAST = {"epochs": 1, "batch_size": 64, "sequence_length": 200, "units": 4}
# Too rare to be learnt; one is read as another character, one as three, one is left out.
RARE = "\u201cno\u201d \u2026 \u2603"
STORY = words(61_000)
STORY = STORY[:10_000] + RARE + STORY[10_000:10_400] + RARE + STORY[10_400:]


@pytest.fixture
def story(tmp_path):
    file = tmp_path / "story.txt"
    file.write_text(STORY, encoding="utf-8")
    return file


def slow_spread(text, block):
    """Return what is learnt and what is held out, character by character."""
    kinds = [[], []]
    for place, character in enumerate(text):
        kinds[place // block % 20 == 10].append(character)
    return "".join(kinds[0]), "".join(kinds[1])


def score(*arguments):
    """Return the loss in nats that the command prints."""
    return [str(one) for one in ("score", *arguments, "--skip-unknown")]


@given(st.integers(0, 700), st.integers(1, 30))
def test_block_k_is_held_out_where_k_modulo_20_is_10(length, block):
    text = "".join(map(chr, range(33, 33 + length)))
    assert spread(text, block) == slow_spread(text, block)


@pytest.mark.parametrize(
    ("characters", "block"),
    [(29_999, 0), (30_000, 500), (274_999, 4583), (275_000, BLOCK), (10**7, BLOCK), (10**9, BLOCK)],
)
def test_a_short_text_has_shorter_blocks(characters, block):
    assert block_length(characters) == block


@pytest.mark.parametrize("characters", [30_000, 77_777, 274_999, 275_000, 499_999, 500_001, 3_550_413])
def test_some_five_to_ten_percent_are_held_out(characters):
    _, held_out = spread("x" * characters, block_length(characters))
    assert 0.045 < len(held_out) / characters < 0.1


def test_spread_is_what_a_file_with_these_blocks_at_its_end_gives(tmp_path, story, monkeypatch):
    learnt, held_out = slow_spread(STORY, len(STORY) // 60)
    assert len(held_out) == 3 * (len(STORY) // 60)
    assert RARE in held_out
    assert RARE in learnt
    by_hand = tmp_path / "by hand.txt"
    by_hand.write_text(learnt + held_out, encoding="utf-8")
    model = tiny(story, validation="spread", **FAST)
    corpus = encode(story, tmp_path / "ids", min_count=3, validation="spread")
    with monkeypatch.context() as patch:
        patch.setattr(module, "MAX_VALIDATION", len(corpus.parts[1]))
        other = tiny(by_hand, validation="last", **FAST)
        assert encode(by_hand, tmp_path / "by hand", min_count=3).digest == corpus.digest
    assert model.vocab == other.vocab
    for layer, same in zip(model.weights.layers, other.weights.layers, strict=True):
        np.testing.assert_array_equal(layer.kernel, same.kernel)
    np.testing.assert_array_equal(model.weights.softmax_w, other.weights.softmax_w)
    for fact in ("validation_loss_nats", "best_update", "samples", "characters"):
        assert model.card[fact] == other.card[fact]
    assert model.card["settings"] == other.card["settings"] | {"validation": "spread"}


def test_the_card_says_what_was_held_out(tmp_path, story):
    model = tiny(story, validation="spread", **FAST)
    count = len(encode(story, tmp_path / "ids", min_count=3, validation="spread").parts[1])
    assert model.card["validation"] == (
        f"{count:,} characters, spread over the text: of its blocks of {len(STORY) // 60:,} characters the "
        "11th, the 31st and so on, every 20th; it was not trained on them"
    )
    card = tiny(story, **FAST).card
    assert card["settings"]["validation"] == "last"
    assert card["validation"].startswith("the last 6,1")
    assert card["validation"].endswith("characters of the text; it was not trained on them")


@pytest.mark.parametrize("validation", ["spread", "last"])
def test_score_measures_the_loss_of_the_card(tmp_path, story, capsys, validation):
    folder = tmp_path / "model"
    card = tiny(story, folder, validation=validation, **FAST).card
    assert cli.main(score(folder, story, "--validation", validation)) == 0
    out = capsys.readouterr().out
    nats, bits = card["validation_loss_nats"], card["validation_loss_bits"]
    assert out.startswith(f"{bits:.4f} bits per character ({nats:.4f} nats), ")
    assert f" {card['validation'].removeprefix('the last ').split()[0]} characters\n" in out


def test_several_files_are_validated_on_blocks_spread_over_them(tmp_path, capsys):
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "a.txt").write_text(STORY[:20_000], encoding="utf-8")
    assert tiny(folder, **FAST).card["settings"]["validation"] == "last"
    (folder / "b.txt").write_text(STORY[20_000:], encoding="utf-8")
    card = tiny(folder, tmp_path / "model", **FAST).card
    assert card["settings"]["validation"] == "spread"
    for files in ([folder], [folder / "a.txt", folder / "b.txt"]):
        assert cli.main(score(tmp_path / "model", *files, "--validation", "spread")) == 0
        assert f"({card['validation_loss_nats']:.4f} nats)" in capsys.readouterr().out
    assert tiny(folder, validation="last", **FAST).card["settings"]["validation"] == "last"


def test_without_the_option_several_files_are_scored_as_one(tmp_path, random_model, capsys):
    model_file = tmp_path / "model.safetensors"
    save_model(random_model((6, 5), 4, "abcdefgh \n"), model_file)
    for name, text in {"a": "abc def", "b": "head bag"}.items():
        (tmp_path / f"{name}.txt").write_text(text)
    assert cli.main(["score", str(model_file), *(str(tmp_path / f"{name}.txt") for name in "ab")]) == 0
    bits = LSTMGenerator(model_file).score("abc def\nhead bag").bits_per_character
    assert capsys.readouterr().out.startswith(f"{bits:.4f} bits per character")


def test_a_text_that_is_too_short_loses_its_end_instead(tmp_path, capsys):
    text = words(29_000)
    file = tmp_path / "short.txt"
    file.write_text(text)
    card = tiny(file, tmp_path / "model", validation="spread", **FAST | {"quiet": False}).card
    assert module.TOO_SHORT in capsys.readouterr().err
    assert card["settings"]["validation"] == "last"
    assert card["validation"].startswith(f"the last {validation_length(29_000):,} characters")
    assert cli.main(score(tmp_path / "model", file, "--validation", "spread")) == 0
    out, told = capsys.readouterr()
    assert told == f"{module.TOO_SHORT}\n"
    assert f"({card['validation_loss_nats']:.4f} nats)" in out


def test_a_training_that_goes_on_holds_out_the_same(tmp_path, story):
    whole = tiny(story, validation="spread", **FAST)
    tiny(story, tmp_path / "model", validation="spread", on_progress=lambda record: record.update < 2, **FAST)
    assert (
        resume(tmp_path / "model", quiet=True).card["validation_loss_nats"]
        == (whole.card["validation_loss_nats"])
    )
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert card["validation"] == whole.card["validation"]
    kept = load_safetensors(tmp_path / "model" / "model.safetensors")
    np.testing.assert_array_equal(kept.weights.softmax_w, whole.weights.softmax_w)
