"""Reading a p5ML folder: published models, and every way to name things."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from model_files import CELL, PUBLISHED, check_names, refused

from lstm_widget.formats import load_model
from lstm_widget.formats.p5ml import load_checkpoints, load_p5ml, load_vocab, save_p5ml

# The published models.


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_arrays_are_those_of_the_files(shared_models, published, parts_of, name):
    model, folder = published(name), shared_models / name
    parts = parts_of(model)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest.pop("Variable", None)
    assert len(parts) == len(manifest)
    for variable, entry in manifest.items():
        number = re.search(r"cell_(\d)", variable)
        part = re.sub(".*/", "", variable)
        if number:
            part = ("bias" if part.startswith("bias") else "kernel") + f" {number[1]}"
        elif variable.startswith("fully_connected"):
            part = {"weights": "softmax_w", "biases": "softmax_b"}[part]
        assert parts[part].tobytes() == (folder / entry["filename"]).read_bytes()
        assert list(parts[part].shape) == entry["shape"]
    assert model.card["title"] == name
    assert model.unused_ids.size == 0


@pytest.mark.parametrize("name", ["bolano", "darwin", "itp"])
def test_published_vocabularies(shared_models, published, name):
    text = (shared_models / name / "vocab.json").read_text(encoding="utf-8")
    assert dict(published(name).vocab) == json.loads(text)


def test_odd_characters_of_published_models(published):
    assert {"\r", "\n"} <= set(published("darwin").vocab)
    assert {"\u0308", "“", "ó"} <= set(published("bolano").vocab)


def test_the_vocabulary_of_shakespeare_is_repaired_with_a_warning(shared_models):
    with pytest.warns(UserWarning, match="damaged as published") as caught:
        model = load_p5ml(shared_models / "shakespeare")
    assert len(caught) == 1
    damaged = json.loads((shared_models / "shakespeare" / "vocab.json").read_text(encoding="utf-8"))
    assert damaged.pop("  ") == model.vocab["u"] == 13
    assert damaged.pop("") == model.vocab["U"] == 40
    assert {key: model.vocab[key] for key in damaged} == damaged
    assert len(model.vocab) == len(damaged) + 2


# Names.


NAMINGS = {
    "newest": {"kernel": f"{CELL}/kernel", "bias": f"{CELL}/bias"},
    "newer": {"kernel": f"{CELL}/weights", "bias": f"{CELL}/biases"},
    "oldest": {
        "kernel": "rnn/multi_rnn_cell/cell_{}/basic_lstm_cell/weights",
        "bias": "rnn/multi_rnn_cell/cell_{}/basic_lstm_cell/biases",
        "softmax_w": "fully_connected/weights",
        "softmax_b": "fully_connected/biases",
    },
    "rnn and softmax": {
        "kernel": "rnn/multi_rnn_cell/cell_{}/basic_lstm_cell/kernel",
        "bias": "rnn/multi_rnn_cell/cell_{}/basic_lstm_cell/bias",
        "softmax_w": "softmax_w",
        "softmax_b": "softmax_b",
    },
    "lstm_cell": {
        "kernel": "rnnlm/multi_rnn_cell/cell_{}/lstm_cell/kernel",
        "bias": "rnnlm/multi_rnn_cell/cell_{}/lstm_cell/bias",
        "embedding": "rnnlm/embedding",
    },
}


ONE_LAYER = {
    "no multi_rnn_cell": {"kernel": "rnnlm/basic_lstm_cell/kernel", "bias": "rnnlm/basic_lstm_cell/bias"},
    "rnn": {"kernel": "rnn/lstm_cell/weights", "bias": "rnn/lstm_cell/biases"},
    "bare": {"kernel": "basic_lstm_cell/kernel", "bias": "basic_lstm_cell/bias"},
    "two scopes": {"kernel": "rnnlm/rnnlm/lstm_cell/kernel", "bias": "rnnlm/rnnlm/lstm_cell/bias"},
}


@pytest.mark.parametrize("naming", NAMINGS)
@pytest.mark.parametrize("embedding", [None, 5])
def test_names_of_layers(tmp_path, random_model, name_variables, write_folder, same_model, naming, embedding):
    model = random_model((4, 3), embedding)
    variables = name_variables(model, **NAMINGS[naming])
    folder = write_folder(tmp_path / "model", variables, dict(model.vocab))
    check_names(folder, model, variables, same_model)


@pytest.mark.parametrize("naming", [*NAMINGS, *ONE_LAYER])
def test_names_of_one_layer(tmp_path, random_model, name_variables, write_folder, same_model, naming):
    model = random_model((4,))
    variables = name_variables(model, **(NAMINGS | ONE_LAYER)[naming])
    folder = write_folder(tmp_path / "model", variables, dict(model.vocab))
    check_names(folder, model, variables, same_model)


def test_layers_are_sorted_as_numbers(tmp_path, random_model, name_variables, write_folder, same_model):
    # All of one size, so that a wrong order fits and is seen in the values only.
    model = random_model((3,) * 12, embedding=3)
    variables = name_variables(model)
    assert any("cell_11/" in name for name in variables)
    folder = write_folder(tmp_path / "model", dict(sorted(variables.items())), dict(model.vocab))
    check_names(folder, model, variables, same_model)


def test_leftovers_of_the_optimizer_are_ignored(tmp_path, model, name_variables, write_folder, same_model):
    variables = name_variables(model)
    leftovers = {
        f"{name}/{slot}": values for name, values in variables.items() for slot in ("Adam", "Adam_1")
    }
    leftovers |= {
        f"{CELL.format(0)}/kernel/RMSProp_1": np.ones((9, 16)),
        f"optimizer/{CELL.format(1)}/bias/Momentum": np.ones(12),
        "beta1_power": 0.9,
        "optimizer/beta2_power": 0.999,
        "global_step": 1000,
        "something_else": np.full(3, np.nan),
    }
    folder = write_folder(tmp_path / "model", variables | leftovers, dict(model.vocab))
    check_names(folder, model, variables, same_model)


@pytest.mark.parametrize("slot", ["Adagrad", "Adadelta", "Ftrl", "ExponentialMovingAverage"])
def test_leftovers_of_rarer_optimizers_are_no_other_cells(
    tmp_path, model, name_variables, write_folder, same_model, slot
):
    variables = name_variables(model)
    folder = write_folder(
        tmp_path / "model",
        variables | {f"{CELL.format(0)}/kernel/{slot}": np.ones((9, 16))},
        dict(model.vocab),
    )
    same_model(load_p5ml(folder), model)


@pytest.mark.parametrize("rate", [0.00205, -0.0, 1e-30])
def test_the_learning_rate_is_ignored_but_written_again(
    tmp_path, model, name_variables, write_folder, same_model, rate
):
    variables = name_variables(model) | {"Variable": rate}
    folder = write_folder(tmp_path / "model", variables, dict(model.vocab))
    check_names(folder, model, variables, same_model)


@pytest.mark.parametrize("rate", [np.nan, np.inf])
def test_a_learning_rate_that_is_no_number_is_ignored_too(
    tmp_path, model, name_variables, write_folder, same_model, rate
):
    folder = write_folder(tmp_path / "model", name_variables(model) | {"Variable": rate}, dict(model.vocab))
    same_model(load_p5ml(folder), model)


def test_checkpoints_alone_need_no_vocabulary(tmp_path, model, name_variables, write_folder):
    folder = write_folder(tmp_path / "model", name_variables(model), vocab=None)
    weights, _ = load_checkpoints(folder)
    assert weights.parameters == model.weights.parameters
    with refused("no vocab.json"):
        load_p5ml(folder)


# Vocabularies.


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("vocab.json", {"c": 2, "a": 0, "\n": 1}),
        ("char_indices.json", {"c": 2, "a": 0, "\n": 1}),
        ("indices_char.json", {"2": "c", "0": "a", "1": "\n"}),
        ("char_indices.json", {"2": "c", "0": "a", "1": "\n"}),
        ("vocab.json", {"2": "c", "0": "a", "1": "\n"}),
        ("vocab.json", ["a", "\n", "c"]),
        ("indices_char.json", ["a", "\n", "c"]),
    ],
)
def test_tables_of_characters(tmp_path, file, table):
    (tmp_path / file).write_text(json.dumps(table), encoding="utf-8")
    for path in (tmp_path, tmp_path / file, str(tmp_path / file)):
        assert list(load_vocab(path, 5).items()) == [("a", 0), ("\n", 1), ("c", 2)]


def test_a_table_of_digits_by_id_is_understood(tmp_path):
    (tmp_path / "indices_char.json").write_text('{"0": "2", "1": "0", "2": "1"}', encoding="utf-8")
    assert load_vocab(tmp_path, 3) == {"2": 0, "0": 1, "1": 2}


def test_vocab_json_comes_before_the_others(tmp_path):
    (tmp_path / "indices_char.json").write_text('{"0": "x"}', encoding="utf-8")
    (tmp_path / "vocab.json").write_text('{"a": 0}', encoding="utf-8")
    assert load_vocab(tmp_path, 1) == {"a": 0}


@pytest.mark.parametrize("escaped", [True, False])
def test_characters_of_any_language(tmp_path, escaped):
    vocab = {character: number for number, character in enumerate('“é\u0308\x00\u2028\U0001f600"\\<')}
    text = json.dumps(vocab, ensure_ascii=escaped)
    (tmp_path / "vocab.json").write_text(text, encoding="utf-8")
    assert load_vocab(tmp_path, 9) == vocab


def test_a_byte_order_mark_is_skipped(folder, model, same_model):
    for name in ("vocab.json", "manifest.json"):
        (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    same_model(load_p5ml(folder), model)


def test_ids_without_a_character_are_kept(tmp_path, random_model, name_variables, write_folder, same_model):
    model = random_model((3,), characters="abc", vocab_size=7)
    folder = write_folder(tmp_path / "model", name_variables(model), dict(model.vocab))
    read = load_p5ml(folder)
    same_model(read, model)
    assert read.card["ids_without_character"] == 4
    assert read.unused_ids.size == 4
    again = load_p5ml(save_p5ml(read, tmp_path / "copy"))
    same_model(again, model)
    assert again.card["ids_without_character"] == 4


def test_the_damage_of_shakespeare_is_repaired(tmp_path):
    (tmp_path / "vocab.json").write_text('{"a": 0, "  ": 13, "": 40}', encoding="utf-8")
    with pytest.warns(UserWarning, match="damaged as published"):
        assert load_vocab(tmp_path, 65) == {"a": 0, "u": 13, "U": 40}


# By any path, and from whatever holds files.


class MemoryFiles:
    """A folder that lies nowhere."""

    title = "thought"
    where = "in a dream"

    def __init__(self, files):
        self.files = files
        self.asked = []

    def read(self, name, at_most):
        self.asked.append(name)
        data = self.files.get(name)
        assert data is None or len(data) <= at_most
        return data


def test_files_may_lie_anywhere_and_are_read_once(folder, model, same_model):
    files = MemoryFiles({file.name: file.read_bytes() for file in folder.iterdir()})
    read = load_p5ml(files)
    same_model(read, model)
    assert read.card["title"] == "thought"
    assert sorted(files.asked) == sorted({*files.files, "card.json"})
    del files.files["manifest.json"]
    with refused("manifest.json is missing in a dream"):
        load_p5ml(files)


def test_load_model_reads_a_folder(folder, model, same_model):
    same_model(load_model(folder), model)
    same_model(load_model(str(folder)), model)
    same_model(load_model(str(folder) + "/"), model)


def test_load_model_returns_a_model_as_it_is(model):
    assert load_model(model) is model
