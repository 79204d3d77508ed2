"""The p5ML folder: published models, every way to name things, and all that can be wrong with one."""

from __future__ import annotations

import json
import re
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest

from lstm_widget.errors import ModelError
from lstm_widget.formats import load_model, p5ml, save_model
from lstm_widget.formats.p5ml import load_checkpoints, load_p5ml, load_vocab, save_p5ml
from lstm_widget.generator import LSTMGenerator
from lstm_widget.model import CharLSTM

PUBLISHED = ["bolano", "darwin", "itp", "shakespeare"]
CELL = "rnnlm/multi_rnn_cell/cell_{}/basic_lstm_cell"
TEXT = "abcdefgh"


def refused(match=""):
    """Expect a `ModelError` whose text is one line."""
    return pytest.raises(ModelError, match=rf"\A[^\n]*{match}[^\n]*\Z")


@pytest.fixture
def model(random_model):
    return random_model((4, 3), embedding=5, characters=TEXT)


@pytest.fixture
def folder(tmp_path, model, name_variables, write_folder):
    """Return a sound folder, to be damaged."""
    return write_folder(tmp_path / "sound", name_variables(model), dict(model.vocab))


def change_manifest(folder, change):
    """Let `change` work on the manifest and write it back."""
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    change(manifest)
    file.write_text(json.dumps(manifest), encoding="utf-8")


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
    assert model.nameless_ids.size == 0


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


def check_names(folder, model, variables, same_model):
    """Assert that the folder is read as `model` and written with the same variables."""
    read = load_p5ml(folder)
    same_model(read, model)
    copy = save_p5ml(read, folder.parent / "copy")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    assert {name: entry["shape"] for name, entry in manifest.items()} == {
        name: list(np.shape(values)) for name, values in variables.items()
    }
    for name, values in variables.items():
        assert (copy / manifest[name]["filename"]).read_bytes() == np.asarray(values, "<f4").tobytes()


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
    assert read.nameless_ids.size == 4
    again = load_p5ml(save_p5ml(read, tmp_path / "copy"))
    same_model(again, model)
    assert again.card["ids_without_character"] == 4


def test_the_damage_of_shakespeare_is_repaired(tmp_path):
    (tmp_path / "vocab.json").write_text('{"a": 0, "  ": 13, "": 40}', encoding="utf-8")
    with pytest.warns(UserWarning, match="damaged as published"):
        assert load_vocab(tmp_path, 65) == {"a": 0, "u": 13, "U": 40}


@pytest.mark.parametrize(
    "table",
    [
        {"a": 0, "  ": 13},
        {"a": 0, "": 40},
        {"a": 0, "  ": 40, "": 13},
        {"a": 0, "  ": 13, "": 41},
        {"a": 0, "  ": 12, "": 40},
        {"a": 0, "   ": 13, "": 40},
        {"a": 0, "  ": 13, "": 40, "u": 1},
        {"a": 0, "  ": 13, "": 40, "U": 1},
        {"a": 0, "  ": 13, "": 40, "bc": 1},
    ],
)
@pytest.mark.filterwarnings("ignore:The vocabulary is damaged")  # the last one has that damage and more
def test_other_damage_is_not_repaired(tmp_path, table):
    (tmp_path / "vocab.json").write_text(json.dumps(table), encoding="utf-8")
    with refused("single characters"):
        load_vocab(tmp_path, 65)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{}", "empty"),
        ("[]", "empty"),
        ('"abc"', "must map characters to ids"),
        ("null", "must map characters to ids"),
        ("17", "must map characters to ids"),
        ('{"a": 0, "b": 0}', "same id 0"),
        ('{"a": 0, "a": 1}', "key 'a' twice"),
        (r'{"a": 0, "\u0061": 1}', "key 'a' twice"),
        ('{"a": 0, "b": 8}', "is 8, .* ids 0 to 7"),
        ('{"a": 0, "b": -1}', "is -1"),
        ('{"a": 0, "bc": 1}', "single characters .* 'bc'"),
        ('{"a": 0, "": 1}', "single characters"),
        ('{"a": 0, "b": 1.0}', "whole number, not 1.0"),
        ('{"a": 0, "b": true}', "whole number, not True"),
        ('{"a": 0, "b": null}', "whole number"),
        ('{"a": 0, "b": [1]}', "whole number"),
        ('{"a": 0, "b": "1"}', "whole number"),
        ('{"a": 0, "b": 1e400}', "whole number"),
        ('{"a": 0, "b": NaN}', "whole number"),
        ('{"a": "0"}', "whole numbers"),  # one string for all values: characters by id
        ('{"0": "a", "1": "a"}', "'a' two ids"),
        ('{"0": "a", "00": "b"}', "same id 0"),
        ('{"0": "a", "1.5": "b"}', "whole numbers"),
        ('{"0": "a", "-1": "b"}', "whole numbers"),
        ('{"0": "a", "1_0": "b"}', "whole numbers"),
        ('{"0": "a", "8": "b"}', "is 8"),
        ('{"0": "a", "1": "bc"}', "single characters"),
        ('["a", "bc"]', "single characters"),
        ('["a", "a"]', "two ids"),
        ('["a", 1]', ""),
        (json.dumps(list("abcdefghi")), "is 8"),
        ('{"a": ' + "9" * 5000 + "}", "not valid JSON"),
    ],
)
def test_a_bad_vocabulary_is_refused(folder, text, match):
    (folder / "vocab.json").write_text(text, encoding="utf-8")
    with refused(match):
        load_p5ml(folder)


# JSON that is none.

NO_JSON = {
    "empty": b"",
    "cut off": b'{"a": 0, "b"',
    "no quotes": b"{a: 0}",
    "two values": b"{} {}",
    "not UTF-8": b'{"\xff": 0}',
    "latin-1": '{"é": 0}'.encode("latin-1"),
    "UTF-16": '{"a": 0}'.encode("utf-16"),
    "nested lists": b"[" * 200_000,
    "nested objects": b'{"a":' * 200_000,
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("kind", NO_JSON)
@pytest.mark.parametrize("file", ["manifest.json", "vocab.json", "card.json"])
def test_a_file_that_is_no_json_is_refused(folder, file, kind):
    (folder / file).write_bytes(NO_JSON[kind])
    with refused(f"{file} is not valid JSON"):
        load_p5ml(folder)


@pytest.mark.parametrize("file", ["manifest.json", "vocab.json", "card.json"])
def test_a_json_file_too_large_to_be_true_is_refused(folder, file):
    with (folder / file).open("wb") as stream:
        stream.truncate(100 * 2**20)  # a hole: it takes no room on the disk
    tracemalloc.start()
    try:
        with refused(f"{file} is larger than"):
            load_p5ml(folder)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", ["[]", "null", "3", '"x"', '{"softmax_w": 3}', '{"softmax_w": null}'])
def test_a_manifest_of_another_form_is_refused(folder, text):
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with refused("manifest.json must map each variable"):
        load_p5ml(folder)


def test_a_variable_twice_is_refused(folder):
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    (folder / "manifest.json").write_text('{"embedding": {}, ' + text[1:], encoding="utf-8")
    with refused("key 'embedding' twice"):
        load_p5ml(folder)


@pytest.mark.parametrize("text", ["[]", '"x"', "null", '{"title": NaN}'])
def test_a_bad_card_is_refused(folder, text):
    (folder / "card.json").write_text(text, encoding="utf-8")
    with refused("card"):
        load_p5ml(folder)


@pytest.mark.parametrize("depth", [300, 450, 900])
def test_a_deeply_nested_card_is_read_or_refused(folder, depth):
    (folder / "card.json").write_text('{"a": ' + "[" * depth + "]" * depth + "}", encoding="utf-8")
    try:
        generator = LSTMGenerator(folder)
    except ModelError:
        return
    nested = generator.model.card["a"]
    for _ in range(depth - 1):
        (nested,) = nested
    assert nested == []


# Files.


def test_a_missing_folder_is_refused(tmp_path):
    with refused("no folder .*check the path"):
        load_p5ml(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_refused(folder):
    with refused("no folder"):
        load_p5ml(folder / "manifest.json")


@pytest.mark.parametrize("name", ["manifest.json", "vocab.json"])
def test_a_missing_json_file_is_named(folder, name):
    (folder / name).unlink()
    with refused(name):
        load_p5ml(folder)


@pytest.mark.parametrize(
    "name",
    [f"{CELL.format(n)}/{part}" for n in (0, 1) for part in ("kernel", "bias")]
    + ["rnnlm/softmax_w", "rnnlm/softmax_b"],
)
def test_a_missing_variable_is_named(folder, name):
    change_manifest(folder, lambda manifest: manifest.pop(name))
    with refused(f"variable is missing .*{name}"):
        load_p5ml(folder)


def test_a_missing_embedding_does_not_fit(folder):
    change_manifest(folder, lambda manifest: manifest.pop("embedding"))
    with refused("Layer 0 reads 5 inputs, but it is given 8"):
        load_p5ml(folder)


def test_a_part_under_two_names_is_refused(folder):
    def double(manifest):
        manifest[f"{CELL.format(1)}/weights"] = manifest[f"{CELL.format(1)}/kernel"]

    change_manifest(folder, double)
    with refused("kernel of layer 1 twice"):
        load_p5ml(folder)


def test_a_missing_layer_is_named(folder):
    def move(manifest):
        for part in ("kernel", "bias"):
            manifest[f"{CELL.format(2)}/{part}"] = manifest.pop(f"{CELL.format(1)}/{part}")

    change_manifest(folder, move)
    with refused("variable is missing .*cell_1/"):
        load_p5ml(folder)


@pytest.mark.parametrize("number", ["100", "999999999"])
def test_a_layer_number_too_large_to_be_true_is_refused(folder, number):
    def move(manifest):
        manifest[f"{CELL.format(number)}/bias"] = manifest.pop(f"{CELL.format(1)}/bias")

    change_manifest(folder, move)
    with refused("layers; at most"):
        load_p5ml(folder)


@pytest.mark.parametrize("variable", ["embedding", f"{CELL.format(1)}/kernel", "rnnlm/softmax_b"])
def test_a_missing_file_is_named(folder, variable):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / manifest[variable]["filename"]).unlink()
    with refused(f"{manifest[variable]['filename']}.*{variable}.* missing"):
        load_p5ml(folder)


@pytest.mark.parametrize("change", [-32, -4, -1, 1, 4, 1000])
def test_a_file_of_another_size_is_refused(folder, change):
    file = folder / "file0"
    data = file.read_bytes()
    file.write_bytes(data[:change] if change < 0 else data + bytes(change))
    with refused(f"'file0' has {len(data) + change} bytes, .* needs {len(data)}"):
        load_p5ml(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("number", range(7))
def test_weights_that_are_not_finite_are_refused(folder, number, value):
    file = folder / f"file{number}"
    data = np.frombuffer(file.read_bytes(), "<f4").copy()
    data[-1] = value
    file.write_bytes(data.tobytes())
    with refused("not finite"):
        load_p5ml(folder)


# File names that lead elsewhere.


@pytest.mark.parametrize("how", ["..", "../x/..", "absolute", "symlink", "symlinked folder", "..\\"])
def test_a_file_outside_the_folder_is_refused(folder, how):
    secret = folder.parent / "secret"
    secret.write_bytes((folder / "file1").read_bytes())  # the right size: only its place is wrong
    if how == "absolute":
        name = str(secret)
    elif how == "symlink":
        (folder / "link").symlink_to(secret)
        name = "link"
    elif how == "symlinked folder":
        (folder / "link").symlink_to(folder.parent)
        name = "link/secret"
    elif how == "../x/..":
        name = "../sound/../secret"
    else:
        name = how.rstrip("\\") + ("\\secret" if "\\" in how else "/secret")

    def lead_out(manifest):
        next(entry for entry in manifest.values() if entry["filename"] == "file1")["filename"] = name

    change_manifest(folder, lead_out)
    with refused("outside the model's folder"):
        load_p5ml(folder)


def test_a_link_and_a_subfolder_inside_the_folder_are_fine(folder, model, same_model):
    (folder / "deep").mkdir()
    (folder / "file0").rename(folder / "deep" / "data")
    (folder / "file0").symlink_to(folder / "deep" / "data")
    change_manifest(folder, lambda manifest: manifest["rnnlm/softmax_w"].update(filename="deep/../deep/data"))
    same_model(load_p5ml(folder), model)


@pytest.mark.parametrize(
    "name",
    [None, 3, "", ["file0"], ".", "deep", "nul\0", "\ud800", "a\nb", "x" * 300, "x/" * 3000, "file0/x"],
)
def test_an_impossible_file_name_is_refused(folder, name):
    (folder / "deep").mkdir()
    change_manifest(folder, lambda manifest: manifest["rnnlm/softmax_w"].update(filename=name))
    with refused():
        load_p5ml(folder)


# Shapes.


@pytest.mark.parametrize(
    "shape",
    [
        None,
        "8",
        8,
        {"0": 8},
        [3.0, 8],
        ["3", 8],
        [True, 24],
        [None, 8],
        [[3], 8],
        [-3, -8],
        [-1, 8],
        [3, 8, 1e300],
    ],
)
def test_a_shape_that_is_none_is_refused(folder, shape):
    change_manifest(folder, lambda manifest: manifest["rnnlm/softmax_w"].update(shape=shape))
    with refused("no valid shape"):
        load_p5ml(folder)


@pytest.mark.parametrize(
    "shape",
    [
        [],
        [24],
        [8, 3],
        [3, 8, 1],
        [2, 8],
        [2**40, 2**40],
        [2**62, 4],
        [2**63],
        [10**30, 10**30],
        [10**4000, 10**4000],  # Python does not print a number of 8,000 digits
        [2**31] * 64,
        [3, 8] + [1] * 100,  # the right size, but NumPy has not that many dimensions
    ],
)
def test_a_shape_that_does_not_fit_is_refused_before_it_costs_memory(folder, shape):
    change_manifest(folder, lambda manifest: manifest["rnnlm/softmax_w"].update(shape=shape))
    tracemalloc.start()
    try:
        with refused():
            load_p5ml(folder)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("shape", [[0], [0, 8], [0, 2**40], [2**70, 0], [0, 2**40, 2**40], [0] * 100])
def test_an_empty_variable_is_refused(folder, shape):
    change_manifest(folder, lambda manifest: manifest["rnnlm/softmax_w"].update(shape=shape))
    (folder / "file0").write_bytes(b"")
    with refused():
        load_p5ml(folder)


# Other cells.


@pytest.mark.parametrize(
    "name",
    [
        "rnnlm/multi_rnn_cell/cell_0/gru_cell/gates/kernel",
        "rnnlm/multi_rnn_cell/cell_0/gru_cell/candidate/bias",
        "rnnlm/multi_rnn_cell/cell_0/basic_rnn_cell/kernel",
        "rnnlm/multi_rnn_cell/cell_0/nas_cell/recurrent_kernel",
        "rnnlm/basic_rnn_cell/weights",
        "gru_cell/gates/weights",
        "rnnlm/multi_rnn_cell/cell_0/layer_norm_basic_lstm_cell/kernel",
        "rnnlm/multi_rnn_cell/cell_0/lstm_cell/w_f_diag",  # peepholes
        "rnnlm/multi_rnn_cell/cell_0/lstm_cell/projection/kernel",
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_cells_of_another_kind_are_refused_by_name(folder, name, alone):
    entry = {"filename": "not there", "shape": [9, 16]}  # told before any file is looked at

    def change(manifest):
        if alone:
            for part in ("kernel", "bias"):
                del manifest[f"{CELL.format(0)}/{part}"]
        manifest[name] = entry

    change_manifest(folder, change)
    with refused(f"cells of another kind .*{name}"):
        load_p5ml(folder)


# Writing.


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
@pytest.mark.parametrize("step", ["_write_json", "rename"])
def test_an_interrupted_write_leaves_nothing_behind(tmp_path, model, monkeypatch, exists, error, step):
    target = tmp_path / "target"
    if exists:
        target.mkdir()

    def fail(*_):
        raise error

    # After the variables were written; and at the very end, when all is.
    monkeypatch.setattr(*((p5ml, "_write_json") if step == "_write_json" else (Path, "rename")), fail)
    with pytest.raises(type(error)):
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


def test_load_model_reads_a_folder(folder, model, same_model):
    same_model(load_model(folder), model)
    same_model(load_model(str(folder)), model)
    same_model(load_model(str(folder) + "/"), model)


def test_load_model_returns_a_model_as_it_is(model):
    assert load_model(model) is model


def test_save_model_writes_a_folder(tmp_path, model, same_model):
    same_model(load_p5ml(save_model(model, tmp_path / "a.b")), model)


@pytest.mark.parametrize(
    ("source", "match"),
    [
        ("nowhere", "'nowhere' does not exist; the bundled models are .*bronte"),
        ("", "empty"),
        ("https://example.org/model", "URL"),
        (3, "not as int"),
        (None, "not as NoneType"),
        ("a\0b", "does not exist"),
        pytest.param("x" * 300, "", id="too long for a file name"),
        pytest.param("She was sitting. " * 300, "", id="too long for a path"),
        ("~nobody-of-that-name/model", ""),
    ],
)
def test_a_model_that_is_not_there_is_refused(source, match):
    with refused(match):
        load_model(source)


def test_a_file_that_is_no_model_is_refused(folder):
    with refused("is a file, not a model folder"):
        load_model(folder / "manifest.json")
