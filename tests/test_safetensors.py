"""The one-file format: what goes in comes out, and what is no such file is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from model_files import refused
from safetensors.numpy import load_file, save_file

from lstm_widget.errors import LSTMError, ModelError
from lstm_widget.formats import load_model, save_model
from lstm_widget.formats.p5ml import load_p5ml, save_p5ml
from lstm_widget.formats.safetensors import load_safetensors, read_card, save_safetensors
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.bundled import bundled_files
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import LSTMLayer, Weights

PUBLISHED = ["bolano", "darwin", "itp", "shakespeare"]
CARD = {"title": "“Emma”", "losses": [1.5, {"test": None}], "p5ml": {}}


@pytest.fixture
def model(random_model):
    return random_model((4, 3), embedding=5, characters="ab\n“\u0308\U0001f600<", card=CARD)


# There and back.


@pytest.mark.parametrize("embedding", [None, 5])
@pytest.mark.parametrize("units", [(1,), (4, 3), (2,) * 12])
def test_float32_comes_back_bit_by_bit(tmp_path, random_model, same_model, units, embedding):
    model = random_model(units, embedding, vocab_size=11, card=CARD)
    file = save_safetensors(model, tmp_path / "new" / "model.safetensors")
    assert file == tmp_path / "new" / "model.safetensors"
    read = load_safetensors(str(file))
    same_model(read, model)
    assert read.card == CARD | {"ids_without_character": 3}
    assert read.unused_ids.tolist() == model.unused_ids.tolist()


def test_the_folder_of_a_training_is_read_as_the_model_in_it(tmp_path, model, same_model):
    folder = tmp_path / "my.zip"  # whatever it is called
    save_safetensors(model, folder / "model.safetensors")
    save_p5ml(model.with_card({"title": "not this one"}), folder / "p5ml")
    (folder / "card.json").write_text("{}")
    for path in (folder, str(folder), f"{folder}/"):
        same_model(load_model(path), model)
        assert load_model(path).card["title"] == model.card["title"]
    (folder / "model.safetensors").write_bytes(b"torn")
    with refused("model.safetensors"):
        load_model(folder)


def test_a_p5ml_folder_is_one_whatever_else_is_in_it(tmp_path, model, same_model):
    save_p5ml(model, tmp_path / "folder")
    (tmp_path / "folder" / "model.safetensors").write_bytes(b"of somebody else")
    same_model(load_model(tmp_path / "folder"), model)


def test_the_file_holds_what_its_description_says(tmp_path, model, parts_of):
    file = save_safetensors(model, tmp_path / "model.safetensors")
    tensors = load_file(file)
    names = {
        "kernel 0": "layer_0/kernel",
        "kernel 1": "layer_1/kernel",
        "bias 0": "layer_0/bias",
        "bias 1": "layer_1/bias",
    }
    expected = {names.get(part, part): array for part, array in parts_of(model).items()}
    assert tensors.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(tensors[name], array)
        assert tensors[name].dtype == np.float32
    metadata = header_of(file)["__metadata__"]
    assert metadata.keys() == {"format", "vocab", "card"}
    assert json.loads(metadata["vocab"]) == dict(model.vocab)
    assert json.loads(metadata["card"]) == model.card


def header_of(file):
    """Return the JSON at the start of a safetensors file."""
    data = Path(file).read_bytes()
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])


def test_an_existing_file_is_replaced(tmp_path, model, random_model, same_model):
    file = save_safetensors(random_model((20,)), tmp_path / "model.safetensors")
    save_safetensors(model, file)
    same_model(load_safetensors(file), model)
    assert list(tmp_path.iterdir()) == [file]


def test_load_model_and_save_model_know_the_suffix(tmp_path, model, same_model):
    file = save_model(model, tmp_path / "model.safetensors")
    assert file.is_file()
    same_model(load_model(str(file)), model)


def test_bundled_models_load():
    assert "fairytales" in bundled_files()
    for name, file in bundled_files().items():
        assert load_model(name).card["title"]
        assert read_card(file) == load_model(name).card


@pytest.mark.filterwarnings("ignore:The vocabulary is damaged")
@pytest.mark.parametrize("name", PUBLISHED)
def test_p5ml_to_safetensors_and_back(shared_models, published, tmp_path, same_model, name):
    file = save_safetensors(published(name), tmp_path / "model.safetensors")
    read = load_safetensors(file)
    same_model(read, published(name))
    folder = save_p5ml(read, tmp_path / name)
    manifest = json.loads((shared_models / name / "manifest.json").read_text(encoding="utf-8"))
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8")) == manifest
    for entry in manifest.values():
        data = (shared_models / name / entry["filename"]).read_bytes()
        assert (folder / entry["filename"]).read_bytes() == data
    same_model(load_p5ml(folder), published(name))


# float16.


def test_float16_is_rounded_to_the_nearest(tmp_path, model, parts_of, same_model):
    file = save_safetensors(model, tmp_path / "half.safetensors", dtype="float16")
    read, near = load_safetensors(file), model.rounded()
    same_model(read, near)
    assert (read.card, near.card) == (model.card, model.card)
    for name, array in parts_of(model).items():
        half = parts_of(read)[name]
        assert half.dtype == np.float32
        # 11 bits of precision: half a step of 2**-10 relatively, or of 2**-24 below the normal numbers.
        assert (np.abs(half - array) <= np.maximum(np.abs(array) * 2.0**-11, 2.0**-25)).all()
    assert file.stat().st_size < save_safetensors(model, tmp_path / "whole.safetensors").stat().st_size
    assert all(array.dtype == np.float16 for array in load_file(file).values())


def test_rounding_twice_changes_nothing(model, same_model):
    same_model(model.rounded().rounded(), model.rounded())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [65520, -1e5, 3e38])  # 65504 is the largest, and up to 65520 rounds to it
def test_what_is_too_large_for_float16_is_refused(tmp_path, value):
    layer = LSTMLayer(np.full((3, 4), value), np.zeros(4))
    model = CharLSTM(Weights((layer,), np.zeros((1, 2)), np.zeros(2)), {"a": 0, "b": 1})
    with refused("kernel .*not finite"):
        model.rounded()
    with refused():
        save_safetensors(model, tmp_path / "half.safetensors", dtype="float16")
    assert list(tmp_path.iterdir()) == []
    assert save_safetensors(model, tmp_path / "whole.safetensors").is_file()


def test_what_is_just_small_enough_for_float16():
    layer = LSTMLayer(np.full((3, 4), 65519), np.zeros(4))
    model = CharLSTM(Weights((layer,), np.zeros((1, 2)), np.zeros(2)), {"a": 0, "b": 1})
    assert (model.rounded().weights.layers[0].kernel == 65504).all()


# An interrupted write.


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_old_file(tmp_path, model, monkeypatch, exists, error):
    file = tmp_path / "model.safetensors"
    if exists:
        file.write_bytes(b"old")

    def fail(*_):
        raise error

    monkeypatch.setattr(Path, "replace", fail)
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else ModelError):
        save_safetensors(model, file)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([b"old"] if exists else [])


# What is no such file.


def test_a_missing_file_is_refused(tmp_path):
    with refused("no file .*check the path"):
        load_safetensors(tmp_path / "nowhere.safetensors")
    with refused("no file"):
        load_model(tmp_path / "nowhere.safetensors")
    with refused("not a file"):
        load_safetensors(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:4],
        lambda data: data[:100],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"\xff" * 8 + data[8:],  # a header of 2**64 bytes
        lambda data: data[:8] + b"x" + data[9:],
        lambda _: b"PK\x03\x04" + bytes(100),
        lambda _: b"\x80\x04K\x01." + bytes(100),  # a pickle
        lambda _: b"{}",
        lambda _: bytes(1000),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, model, damage):
    file = save_safetensors(model, tmp_path / "model.safetensors")
    file.write_bytes(damage(file.read_bytes()))
    with refused("not a valid safetensors file"):
        load_safetensors(file)


@pytest.fixture
def rewrite(tmp_path, model):
    """Return a function that writes the model with other tensors or metadata."""

    def write(tensors=None, without=(), **metadata):
        file = save_safetensors(model, tmp_path / "model.safetensors")
        own = header_of(file)["__metadata__"] | metadata
        arrays = load_file(file) | (tensors or {})
        save_file(
            {name: array for name, array in arrays.items() if name not in without},
            file,
            {name: text for name, text in own.items() if name not in without},
        )
        return file

    return write


def test_the_tool_for_the_next_tests_changes_nothing(rewrite, model, same_model):
    same_model(load_safetensors(rewrite()), model)


def test_a_file_of_somebody_else_is_refused(tmp_path):
    save_file({"weight": np.zeros(3, dtype=np.float32)}, tmp_path / "other.safetensors")
    with refused("no model of this package"):
        load_safetensors(tmp_path / "other.safetensors")


@pytest.mark.parametrize("version", ["", "lstm-widget 2", "pt"])
def test_another_format_is_refused(rewrite, version):
    with refused("no model of this package"):
        load_safetensors(rewrite(format=version))


@pytest.mark.parametrize("name", ["vocab", "card"])
@pytest.mark.parametrize("text", ["", "{", "[" * 200_000, "[]", "null", '"text"', "3"])
def test_bad_metadata_are_refused(rewrite, name, text):
    with refused({"vocab": "The vocabulary in", "card": "The card in"}[name]):
        load_safetensors(rewrite(**{name: text}))


@pytest.mark.parametrize("name", ["vocab", "card"])
def test_missing_metadata_are_refused(rewrite, name):
    with refused("is missing in model.safetensors"):
        load_safetensors(rewrite(without=[name]))


@pytest.mark.parametrize(
    ("vocab", "match"),
    [
        ("{}", "empty"),
        ('{"ab": 0}', "single characters"),
        ('{"a": 7}', "is 7"),
        ('{"a": 0, "b": 0}', "same id"),
        ('{"a": "0"}', "whole number"),
        ('{"a": 0, "a": 1}', "twice"),
    ],
)
def test_a_bad_vocabulary_is_refused(rewrite, vocab, match):
    with refused(match):
        load_safetensors(rewrite(vocab=vocab))


@pytest.mark.parametrize("card", ['{"loss": NaN}', '{"loss": Infinity}'])
def test_a_card_that_is_not_json_is_refused(rewrite, card):
    with refused("card"):
        load_safetensors(rewrite(card=card))


@pytest.mark.parametrize("card", ['{"p5ml": []}', '{"p5ml": 3}', '{"title": 3}', '{"p5ml": {"kernel": 3}}'])
def test_an_odd_card_does_no_harm(rewrite, card, slow_network):
    generator = LSTMGenerator(load_safetensors(rewrite(card=card)))
    text = generator.generate(seed="ab", length=10, temperature=0)
    assert text == slow_network(generator.model).greedy("ab", 10)
    assert "CharLSTM" in repr(generator)


@pytest.mark.parametrize(
    "name", ["softmax_w", "softmax_b", "layer_0/kernel", "layer_0/bias", "layer_1/kernel", "layer_1/bias"]
)
def test_a_missing_tensor_is_refused(rewrite, name):
    with refused(f"lacks the tensor '{name}'"):
        load_safetensors(rewrite(without=[name]))


def test_a_missing_layer_is_refused(rewrite):
    with refused():
        load_safetensors(rewrite(without=["layer_0/kernel", "layer_0/bias"]))


def test_a_missing_embedding_does_not_fit(rewrite):
    with refused("Layer 0 reads 5 inputs, but it is given 7"):
        load_safetensors(rewrite(without=["embedding"]))


@pytest.mark.parametrize("name", ["softmax", "layer_0/gates", "layer_x/bias", "layer_-1/bias", "optimizer"])
def test_an_unknown_tensor_is_refused(rewrite, name):
    with refused(f"unknown tensor '{name}'"):
        load_safetensors(rewrite({name: np.zeros(3, dtype=np.float32)}))


def test_a_layer_under_two_names_is_refused(rewrite):
    with refused():
        load_safetensors(rewrite({"layer_00/bias": np.ones(16, dtype=np.float32)}))


@pytest.mark.parametrize("dtype", ["float64", "int32", "int8", "bool", "uint16"])
def test_another_type_of_number_is_refused(rewrite, dtype):
    with refused(f"'softmax_b' .* not {dtype}"):
        load_safetensors(rewrite({"softmax_b": np.zeros(7, dtype=dtype)}))


@pytest.mark.parametrize("dtype", ["BF16", "F8_E4M3", "F8_E5M2", "I64", "C64", "F4"])
def test_a_type_that_numpy_has_not_is_refused(tmp_path, rewrite, dtype):
    # Written by hand: NumPy cannot.
    header = header_of(rewrite(without=["softmax_b"]))
    bits = {"BF16": 16, "I64": 64, "C64": 64, "F4": 4}.get(dtype, 8)
    tensor = {"dtype": dtype, "shape": [8], "data_offsets": [0, bits]}
    text = json.dumps({"__metadata__": header["__metadata__"], "softmax_b": tensor}).encode()
    file = tmp_path / "odd.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text + bytes(bits))
    with refused():
        load_safetensors(file)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(rewrite, value):
    with refused("not finite"):
        load_safetensors(rewrite({"softmax_b": np.full(7, value, dtype=np.float32)}))


@pytest.mark.parametrize("shape", [(6,), (7, 1), (0,), ()])
def test_a_shape_that_does_not_fit_is_refused(rewrite, shape):
    with refused():
        load_safetensors(rewrite({"softmax_b": np.zeros(shape, dtype=np.float32)}))


@pytest.mark.parametrize("dtype", ["float64", "int8", "float", "half a float"])
def test_an_unknown_type_is_not_written(tmp_path, model, dtype):
    with pytest.raises(LSTMError):
        save_safetensors(model, tmp_path / "model.safetensors", dtype=dtype)
    assert list(tmp_path.iterdir()) == []
