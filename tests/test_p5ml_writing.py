"""Writing a p5ML folder: as it was read, all of it or nothing, and only where it should be."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from model_files import CELL, PUBLISHED, refused

from lstm_widget.errors import ModelError
from lstm_widget.formats import p5ml, save_model
from lstm_widget.formats.p5ml import load_p5ml, save_p5ml
from lstm_widget.network.model import CharLSTM

# The published models.


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_model_is_written_as_it_was(shared_models, published, tmp_path, same_model, name):
    source, target = shared_models / name, save_p5ml(published(name), tmp_path / "copy")
    files = {file.name for file in source.iterdir()} - {"golden.json"}  # that came with the tests
    assert {file.name for file in target.iterdir()} == files
    for file in files:
        assert (target / file).read_bytes() == (source / file).read_bytes(), file
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the vocabulary of shakespeare is repaired once more
        again = load_p5ml(target)
    same_model(again, published(name))


def test_another_vocabulary_is_written_in_place_of_the_one_that_was_read(published, tmp_path):
    model = published("darwin")
    other = CharLSTM(model.weights, {"a": 5, "b": 0}, model.card)
    target = save_p5ml(other, tmp_path / "copy")
    assert json.loads((target / "vocab.json").read_text(encoding="utf-8")) == {"a": 5, "b": 0}


@pytest.mark.parametrize("text", ["[", '{"a": 99}', "\ud800", "", 5])
@pytest.mark.parametrize("file", ["vocab.json", "../vocab.json", "manifest.json", None])
def test_what_a_card_says_of_the_vocabulary_is_not_trusted(random_model, tmp_path, file, text):
    model = random_model().with_card({"p5ml": {"vocab_file": file, "vocab_text": text}})
    target = save_p5ml(model, tmp_path / "folder" / "copy")
    assert json.loads((target / "vocab.json").read_text(encoding="utf-8")) == dict(model.vocab)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["copy"]


# New models, and old ones with odd cards.


@pytest.mark.parametrize("embedding", [None, 5])
@pytest.mark.parametrize("units", [(1,), (4, 3), (2, 3, 2)])
def test_a_new_model_is_written_as_the_newest_ones(tmp_path, random_model, same_model, units, embedding):
    model = random_model(units, embedding, card={"title": "mine"})
    folder = save_p5ml(model, tmp_path / "new" / "mine")
    assert folder == tmp_path / "new" / "mine"
    same_model(load_p5ml(folder), model)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    expected = {f"{CELL.format(n)}/{part}" for n in range(len(units)) for part in ("kernel", "bias")}
    expected |= {"rnnlm/softmax_w", "rnnlm/softmax_b"} | ({"embedding"} if embedding else set())
    assert set(manifest) == expected
    assert json.loads((folder / "vocab.json").read_text(encoding="utf-8")) == dict(model.vocab)


@pytest.mark.parametrize(
    "card", [{"title": "Emma", "text": "“Emma”, 1815", "losses": [1.5, {"test": None}]}, {"title": "Emma"}]
)
def test_the_card_is_written_and_read(tmp_path, random_model, card):
    read = load_p5ml(save_p5ml(random_model(card=card), tmp_path / "folder"))
    assert {name: read.card[name] for name in card} == card


def test_the_folder_may_be_empty(tmp_path, model, same_model):
    (tmp_path / "empty").mkdir()
    same_model(load_p5ml(save_p5ml(model, tmp_path / "empty")), model)


@pytest.mark.parametrize("kind", ["folder", "file", "hidden file in a folder"])
def test_what_is_there_is_not_overwritten(tmp_path, model, kind):
    target = tmp_path / "target"
    if kind == "file":
        target.write_text("mine", encoding="utf-8")
    else:
        target.mkdir()
        (target / ("thesis.txt" if kind == "folder" else ".hidden")).write_text("mine", encoding="utf-8")
    with refused("exists already"):
        save_p5ml(model, target)
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["_write_json", "replace"])
def test_an_interrupted_write_leaves_nothing_behind(tmp_path, model, monkeypatch, exists, error, step):
    target = tmp_path / "target"
    if exists:
        target.mkdir()

    def fail(*_):
        raise error

    # After the variables were written; and at the very end, when all is.
    monkeypatch.setattr(*((p5ml, "_write_json") if step == "_write_json" else (Path, "replace")), fail)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else ModelError):
        save_p5ml(model, target)
    assert [path for path in tmp_path.rglob("*") if path != target] == []


def test_nothing_is_seen_before_all_is_written(tmp_path, model, monkeypatch):
    write, seen = p5ml._write_json, []

    def watch(path, data):
        seen.append((tmp_path / "target").exists())
        write(path, data)

    monkeypatch.setattr(p5ml, "_write_json", watch)
    save_p5ml(model, tmp_path / "target")
    assert seen
    assert not any(seen)


STRANGE_NAMES = {
    "a list": [],
    "a text": "text",
    "two arrays under one name": {"softmax_w": "rnnlm/softmax_b"},
    "two arrays in one file": {"softmax_w": "a/embedding", "embedding": "a_embedding"},
    "two parts of a cell under one name": {"kernel": f"{CELL}/kernel", "bias": f"{CELL}/kernel"},
    "the vocabulary": {"softmax_w": "vocab.json"},
    "the manifest": {"softmax_w": "manifest.json"},
    "empty": {"softmax_w": ""},
    "the folder above": {"softmax_w": ".."},
    "outside": {"softmax_w": "../../outside"},
    "absolute": {"softmax_w": "/etc/outside"},
    "a zero byte": {"softmax_w": "a\0b/softmax_w"},
    "half a character": {"softmax_w": "\ud800/softmax_w"},
    "too long": {"softmax_w": "x" * 300 + "/softmax_w"},
    "one that is not understood": {"softmax_w": "weights of the output layer"},
    "another cell": {"kernel": "gru_cell/gates/kernel_{}"},
    "no texts": {"kernel": 3, "bias": None},
    "a learning rate in words": {"learning_rate": "fast"},
    "no learning rate": {"learning_rate": None},
    "two learning rates": {"learning_rate": [1, 2]},
}


@pytest.mark.parametrize("kind", STRANGE_NAMES)
def test_names_in_a_card_from_elsewhere_cannot_spoil_what_is_written(tmp_path, model, same_model, kind):
    # A card is data: a .safetensors file from anywhere may hold this one.
    stranger = CharLSTM(model.weights, model.vocab, {"p5ml": STRANGE_NAMES[kind]})
    target = tmp_path / "room" / "target"
    try:
        save_p5ml(stranger, target)
    except ModelError:
        assert not target.exists()
    else:
        same_model(load_p5ml(target), model)
    assert {path.name for path in tmp_path.iterdir()} <= {"room"}


# By any path.


def test_save_model_writes_a_folder(tmp_path, model, same_model):
    same_model(load_p5ml(save_model(model, tmp_path / "a.b")), model)
