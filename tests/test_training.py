"""Training a tiny model in seconds."""

from __future__ import annotations

import itertools
import math
import shlex
import subprocess
import sys

import numpy as np
import pytest
import torch

from lstm_widget import LSTMGenerator, SettingError, load_model
from lstm_widget.engine import Engine
from lstm_widget.training import TrainingSettings, train
from lstm_widget.training.network import CharNetwork
from lstm_widget.training.score import mean_loss
from lstm_widget.training.text import encode_text, read_text

TEXT = "the cat sat on the mat. the dog sat on the log. " * 120
TINY = TrainingSettings(units=24, layers=2, embedding_size=8, epochs=12, batch_size=4, steps=32, dropout=0.0)


@pytest.fixture(scope="module")
def trained():
    return train(TEXT, TINY, {"title": "cats"})


def test_it_learns(trained):
    # Whoever knows how often each letter occurs, and nothing else, has this loss.
    counts = np.array([TEXT.count(letter) for letter in set(TEXT)]) / len(TEXT)
    letters_only = -(counts * np.log(counts)).sum()
    assert trained.card["validation_loss_nats"] < letters_only / 4
    text = LSTMGenerator(trained).generate(seed="the cat ", length=40, temperature=0)
    assert "sat on the" in text


def test_the_card_tells_the_loss_of_the_model_as_it_is_kept(trained):
    ids = [trained.vocab[c] for c in TEXT]
    validation = np.array(ids[len(ids) - len(ids) // 10 :])
    lane, losses = Engine(trained.weights).lane(), []
    for now, following in itertools.pairwise(validation):
        logits = torch.tensor(lane.step(int(now)).astype(np.float64))
        losses.append(-torch.log_softmax(logits, 0)[following].item())
    assert trained.card["validation_loss_nats"] == pytest.approx(np.mean(losses), abs=1e-4)
    assert trained.card["validation_loss_bits"] == pytest.approx(np.mean(losses) / math.log(2), abs=1e-4)
    assert mean_loss(trained, validation.tolist()) == pytest.approx(np.mean(losses), abs=1e-6)
    assert trained.card["title"] == "cats"
    assert trained.card["settings"]["units"] == 24


def test_the_same_seed_gives_the_same_model():
    short = TrainingSettings(units=8, embedding_size=4, epochs=1, batch_size=4, steps=32)
    first, second = train(TEXT, short), train(TEXT, short)
    assert np.array_equal(first.weights.layers[0].kernel, second.weights.layers[0].kernel)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_engine_computes_what_pytorch_computes(layers):
    torch.manual_seed(layers)
    network = CharNetwork(vocab_size=7, embedding_size=5, units=9, layers=layers, dropout=0.3).eval()
    ids = torch.randint(0, 7, (1, 50))
    with torch.no_grad():
        logits, _ = network(ids)
    model = network.to_char_lstm({letter: number for number, letter in enumerate("abcdefg")}, {})
    lane = Engine(model.weights).lane()
    own = np.array([lane.step(number).copy() for number in ids[0].tolist()])
    assert np.abs(own - logits[0].numpy()).max() < 1e-5


def test_rare_characters_are_left_out_and_counted():
    ids, vocab, left_out = encode_text("aaabbbcc!", min_count=3)
    assert vocab == {"a": 0, "b": 1}
    assert ids.tolist() == [0, 0, 0, 1, 1, 1]
    assert left_out == 3


@pytest.mark.parametrize("text", ["", "too short"])
def test_a_text_that_is_too_short_is_refused(text):
    with pytest.raises(SettingError, match="The text is too short"):
        train(text)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    with pytest.raises(SettingError, match="There is no text file"):
        read_text(tmp_path / "missing.txt")
    (tmp_path / "binary").write_bytes(b"abc\xff\xfe")
    with pytest.raises(SettingError, match="is not UTF-8: invalid start byte at byte 3"):
        read_text(tmp_path / "binary")


def test_the_command_writes_a_model_that_can_be_loaded(tmp_path):
    (tmp_path / "cats.txt").write_text(TEXT, encoding="utf-8")
    options = ["--units", "8", "--embedding-size", "4", "--epochs", "1", "--batch-size", "4", "--steps", "32"]
    options += ["--title", "Cats and dogs", "--licence", "public domain"]
    command = [sys.executable, "-m", "lstm_widget.training", "cats.txt", "cats.safetensors", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    model = load_model(tmp_path / "cats.safetensors")
    assert f"{model.card['validation_loss_nats']} nats" in done.stdout
    assert sorted(shlex.split(model.card["command"])) == sorted(["python", *command[1:]])
    assert model.card["licence"] == "public domain"
    failed = subprocess.run(
        [*command[:3], "no.txt", "x"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert "There is no text file 'no.txt'." in failed.stderr
    assert "Traceback" not in failed.stderr
