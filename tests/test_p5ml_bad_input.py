"""All that can be wrong with a p5ML folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from model_files import CELL, change_manifest, little_memory, refused

from lstm_widget.errors import ModelError
from lstm_widget.formats import load_model
from lstm_widget.formats.p5ml import load_checkpoints, load_p5ml, load_vocab
from lstm_widget.generator import LSTMGenerator

# Vocabularies.


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
    what = "UTF-8 text" if kind in {"not UTF-8", "latin-1", "UTF-16", "binary"} else "valid JSON"
    with refused(f"{file} is not {what}"):
        load_p5ml(folder)


@pytest.mark.parametrize("file", ["manifest.json", "vocab.json", "card.json"])
def test_a_json_file_too_large_to_be_true_is_refused(folder, file):
    with (folder / file).open("wb") as stream:
        stream.truncate(100 * 2**20)  # a hole: it takes no room on the disk
    with little_memory(), refused(f"{file} is larger than"):
        load_p5ml(folder)


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
        load_p5ml(folder / "vocab.json")


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


# What is no regular file: opening it could wait forever, or read without an end.


@pytest.mark.parametrize("name", ["manifest.json", "vocab.json", "card.json", "file0"])
def test_a_folder_in_place_of_a_file_is_refused(folder, name):
    (folder / name).unlink(missing_ok=True)
    (folder / name).mkdir()
    with refused(f"{name}' is a folder, not a file"):
        load_p5ml(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="This system has no named pipes.")
@pytest.mark.parametrize("name", ["manifest.json", "vocab.json", "card.json", "file0"])
def test_a_pipe_in_place_of_a_file_is_refused(folder, name):
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    with refused(f"{name}' is a device or a pipe, not a file"):
        load_p5ml(folder)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="This system has no /dev/zero.")
def test_a_device_is_refused():
    with refused("is a device or a pipe, not a file"):
        load_vocab("/dev/zero", 8)


@pytest.mark.parametrize("name", ["manifest.json", "vocab.json", "card.json"])
def test_a_link_that_leaves_the_folder_is_refused(folder, name):
    elsewhere = folder.parent / "elsewhere"
    elsewhere.write_text("{}", encoding="utf-8")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(elsewhere)
    with refused("outside the model's folder"):
        load_p5ml(folder)


@pytest.mark.parametrize("name", ["manifest.json", "vocab.json", "file0"])
def test_a_link_to_itself_is_no_file(folder, name):
    (folder / name).unlink()
    (folder / name).symlink_to(folder / name)
    with refused("missing"):
        load_p5ml(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="The administrator may read all.")
@pytest.mark.parametrize("name", ["manifest.json", "vocab.json", "file0"])
def test_a_file_that_may_not_be_read_is_told(folder, name):
    (folder / name).chmod(0)
    with refused(f"{name}' cannot be read: Permission denied"):
        load_p5ml(folder)


def test_a_file_that_cannot_be_read_is_told(folder, monkeypatch):
    open_file = Path.open

    def fail(path, *arguments, **settings):
        if path.name == "file0":
            raise OSError(5, "Input/output error")
        return open_file(path, *arguments, **settings)

    monkeypatch.setattr(Path, "open", fail)
    with refused("'file0' cannot be read: Input/output error"):
        load_p5ml(folder)


def test_a_huge_hole_is_not_read(folder):
    with (folder / "file0").open("wb") as stream:
        stream.truncate(2**40)
    with little_memory(), refused(f"'file0' has {2**40} bytes"):
        load_p5ml(folder)


@pytest.mark.parametrize("path", ["x" * 300, "a\0b", "\ud800", "nowhere", "x/" * 3000])
def test_an_impossible_path_is_refused(tmp_path, path):
    for load in (load_p5ml, load_checkpoints):
        with refused("no folder"):
            load(path)
    with refused():
        load_vocab(path, 8)
    with refused():
        load_vocab(str(tmp_path / path), 8)


@pytest.mark.parametrize("path", [3, None, b"model"])
def test_a_path_that_is_no_text_is_refused(path):
    for load in (load_p5ml, load_checkpoints, lambda path: load_vocab(path, 8)):
        with refused("must be text"):
            load(path)


def test_whoever_names_a_link_means_the_file_behind_it(tmp_path):
    (tmp_path / "vocab.json").write_text('{"a": 0}', encoding="utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "link").symlink_to(tmp_path / "vocab.json")
    assert load_vocab(tmp_path / "deep" / "link", 1) == {"a": 0}


# Shapes.


def test_weights_too_large_in_all_are_refused_before_a_file_is_looked_at(folder):
    quarter = {"filename": "not there", "shape": [2**14, 2**13]}  # 2**29 bytes, 4 of which are allowed

    def grow(manifest):
        for name in list(manifest)[:4]:
            manifest[name] = quarter

    change_manifest(folder, grow)
    with refused(f"announces .* bytes of weights; at most {2**31}"):
        load_p5ml(folder)


def test_every_shape_is_looked_at_before_any_file(folder):
    def change(manifest):
        first, *_, last = manifest
        manifest[first]["filename"] = "not there"
        manifest[last]["shape"] = [-1]

    change_manifest(folder, change)
    with refused("no valid shape"):
        load_p5ml(folder)


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
    with little_memory(), refused():
        load_p5ml(folder)


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


# By any path.


@pytest.mark.parametrize(
    ("source", "match"),
    [
        ("nowhere", "'nowhere' does not exist; the bundled models are .*fairytales"),
        ("", "empty"),
        ("ftp://example.org/model", "not from ftp"),
        ("file:///etc/passwd", "not from file"),
        ("FILE://localhost/etc", "not from file"),
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


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "net.xyz").touch()
    with refused("is not a model: give a .safetensors file, or a p5ML .* folder or .zip file"):
        load_model(tmp_path / "net.xyz")
