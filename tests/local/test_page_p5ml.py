"""`lstm-generator.js` reads what Python reads over HTTP, writes what it writes, and refuses in its words."""

from __future__ import annotations

import json
import warnings
from contextlib import ExitStack

import numpy as np
import page_in_node
import pytest
from model_files import CELL, change_manifest
from page_in_node import Refused
from serving import served
from test_p5ml_reading import NAMINGS

from lstm_widget.errors import ModelError
from lstm_widget.formats.safetensors import save_safetensors
from lstm_widget.formats.web import load_url
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.bundled import bundled_files

SEEDS = {"bolano": "The road", "darwin": "On the\norigin", "itp": "itp", "shakespeare": "ROMEO:"}
SETTINGS = [
    {"temperature": 0},
    {"temperature": 0.6},
    {"temperature": 1.0, "length": 300},
    {"temperature": 1.5, "top_k": 12},
    {"temperature": 1.2, "top_p": 0.9},
]


@pytest.fixture
def serve():
    """Return a function that serves a folder and returns its address."""
    with ExitStack() as servers:
        yield lambda folder: servers.enter_context(served(folder))


@pytest.fixture(scope="session")
def lstm():
    """Return the module in Node; `ask` asks it."""
    if reason := page_in_node.why_not():
        pytest.skip(reason)
    with page_in_node.PageEngine(page_in_node.JS / "tests" / "p5ml-harness.mjs") as engine:
        yield engine


@pytest.fixture(autouse=True)
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def in_page(settings):
    """Spell settings as JavaScript does."""
    return {{"top_k": "topK", "top_p": "topP"}.get(name, name): value for name, value in settings.items()}


def call(lstm, *calls):
    return lstm.ask("call", calls=calls)


def assert_same_texts(lstm, generator, seed):
    for rng, settings in enumerate(SETTINGS):
        given = {"seed": seed, "length": 120, "rng": rng, **settings}
        assert call(lstm, ("generate", in_page(given))) == [generator.generate(given)], given


# The same texts.


@pytest.mark.parametrize("name", SEEDS)
def test_published_folders(lstm, serve, shared_models, published, name):
    assert lstm.ask("make", path=f"{serve(shared_models)}/{name}/") is True
    generator, about = LSTMGenerator(published(name)), lstm.ask("about")
    assert about["vocab"] == dict(generator.vocab)
    assert (about["cellsAmount"], about["vocabSize"]) == (generator.cells_amount, generator.vocab_size)
    assert about["math"] == "wasm"
    assert about["card"]["title"] == name
    assert_same_texts(lstm, generator, SEEDS[name])


@pytest.mark.parametrize("name", ["tiny", "fairytales"])
def test_bundled_models(lstm, serve, name):
    file = bundled_files()[name]
    lstm.ask("make", path=f"{serve(file.parent)}/{file.name}")
    assert_same_texts(lstm, LSTMGenerator(name), "Once upon a ti")
    assert lstm.ask("about")["card"] == LSTMGenerator(name).model.card


@pytest.mark.parametrize("naming", NAMINGS)
def test_every_way_to_name_the_variables(
    lstm, serve, tmp_path, random_model, name_variables, write_folder, naming
):
    model = random_model((4,) * (1 if "{}" not in NAMINGS[naming]["kernel"] else 3), embedding=3)
    write_folder(tmp_path / "model", name_variables(model, **NAMINGS[naming]), dict(model.vocab))
    lstm.ask("make", path=f"{serve(tmp_path)}/model")  # without a slash
    assert_same_texts(lstm, LSTMGenerator(model), "abc")


@pytest.mark.parametrize("units", [(3,), (2,) * 12, (3, 5, 2)])
def test_any_number_of_layers_with_and_without_an_embedding(
    lstm, serve, tmp_path, random_model, name_variables, write_folder, units
):
    for embedding in (None, 4):
        model = random_model(units, embedding=embedding, vocab_size=11)  # three ids have no character
        write_folder(tmp_path / f"{embedding}", name_variables(model), dict(model.vocab))
        lstm.ask("make", path=f"{serve(tmp_path)}/{embedding}/manifest.json")
        assert lstm.ask("about")["cellsAmount"] == len(units)
        assert_same_texts(lstm, LSTMGenerator(model), "abc")


def test_dice_of_any_number(lstm, serve, tmp_path, random_model):
    model = random_model((4,))
    save_safetensors(model, tmp_path / "model.safetensors")
    lstm.ask("make", path=f"{serve(tmp_path)}/model.safetensors")
    for rng in (0, 2**53 - 1, 2**64, 2**200 + 1):
        expected = LSTMGenerator(model).generate(seed="a", length=50, temperature=1, rng=rng)
        given = {"seed": "a", "length": 50, "temperature": 1, "rng": str(rng)}
        assert call(lstm, ("generate", given)) == [expected]


@pytest.mark.parametrize("characters", ["abc", "xyz\n ", "+-\n"])
def test_the_default_seed(lstm, serve, tmp_path, random_model, characters):
    model = random_model((4,), characters=characters, random_seed=3)
    save_safetensors(model, tmp_path / "model.safetensors")
    lstm.ask("make", path=f"{serve(tmp_path)}/model.safetensors")
    generator = LSTMGenerator(model)
    generator.generate()
    assert lstm.ask("about")["defaults"] == generator.defaults
    assert call(lstm, ("generate", {"rng": 1})) == [generator.generate(rng=1)]


# Reading and writing by hand.


@pytest.mark.parametrize("name", ["bolano", "itp"])
def test_feeding_predicting_and_states(lstm, serve, shared_models, published, name):
    lstm.ask("begin", path=f"{serve(shared_models)}/{name}")  # nothing is waited for
    generator, seed = LSTMGenerator(published(name)), SEEDS[name]
    _, first, _, second, _, _ = call(
        lstm,
        ("feed", seed),
        ("predict", 0.7, None, 3),
        ("feed", seed[:2]),
        ("predict", None, None, 4),
        ("reset",),
        ("feed", seed),
    )
    generator.feed(seed)
    assert_same_prediction(first, generator.predict(0.7, rng=3))
    state = call(lstm, ("getState",))[0]
    for part in ("c", "h"):
        for layer, expected in zip(state[part], getattr(generator.state, part), strict=True):
            assert np.abs(np.array(layer) - expected).max() < 1e-5
    generator.feed(seed[:2])
    assert_same_prediction(second, generator.predict(rng=4))
    call(lstm, ("feed", seed[:2]))
    assert_same_prediction(call(lstm, ("predict", 1, None, 5))[0], generator.predict(1, rng=5))
    call(lstm, ("setState", state))  # as it comes out of JSON
    generator.reset()
    generator.feed(seed)
    assert_same_prediction(call(lstm, ("predict", 0, None, 5))[0], generator.predict(0, rng=5))


def assert_same_prediction(found, expected):
    assert found["sample"] == expected.sample
    assert {one["char"]: one["probability"] for one in found["probabilities"]} == pytest.approx(
        expected.probabilities, abs=1e-5
    )


# Refused.


def sentence(lstm, address):
    """Return what the page says of a model, or `None` if it is sound."""
    try:
        lstm.ask("make", path=address)
    except Refused as refusal:
        return str(refusal)
    return None


def python_sentence(address):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            load_url(address)
    except ModelError as error:
        return str(error)
    return None


@pytest.fixture
def assert_same_sentence(lstm, serve, folder):
    """Return a function that asserts that both refuse the folder so."""
    address = f"{serve(folder.parent)}/{folder.name}/"

    def check():
        expected = python_sentence(address)
        assert expected is not None
        expected = expected.replace("or a .zip or .safetensors", "or a .safetensors")
        expected = expected.replace("not None", "not null").replace("None (null in JSON)", "null")
        assert sentence(lstm, address) == expected.replace("True", "true").replace(": None", ": null")

    return check


VOCABULARIES = [
    "{}",
    "[]",
    '"abc"',
    "null",
    '{"a": 0, "b": 0}',
    '{"a": 0, "a": 1}',
    r'{"a": 0, "\u0061": 1}',
    '{"a": 0, "b": 8}',
    '{"a": 0, "b": -1}',
    '{"a": 0, "bc": 1}',
    '{"a": 0, "": 1}',
    '{"a": 0, "b": true}',
    '{"a": 0, "b": null}',
    '{"a": 0, "b": [1]}',
    '{"a": 0, "b": "1"}',
    '{"0": "a", "1": "a"}',
    '{"0": "a", "1.5": "b"}',
    '{"0": "a", "8": "b"}',
    '{"0": "a", "1": "bc"}',
    '["a", "bc"]',
    '["a", "a"]',
    '["a", 1]',
    '{"a": 0, "  ": 13}',
    '{"a": 0, "  ": 12, "": 40}',
]


@pytest.mark.parametrize("text", VOCABULARIES)
def test_a_bad_vocabulary(folder, assert_same_sentence, text):
    (folder / "vocab.json").write_text(text, encoding="utf-8")
    assert_same_sentence()


@pytest.mark.parametrize("text", ["[]", "null", "3", '{"softmax_w": 3}'])
def test_a_manifest_of_another_form(folder, assert_same_sentence, text):
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    assert_same_sentence()


@pytest.mark.parametrize(
    "name", ["manifest.json", "vocab.json", "file0", "file3", "file6"], ids=lambda name: name
)
def test_a_missing_file(folder, assert_same_sentence, name):
    (folder / name).unlink()
    assert_same_sentence()


@pytest.mark.parametrize("change", [-32, -4, -1, 1, 1000])
def test_a_file_of_another_size(folder, assert_same_sentence, change):
    file = folder / "file0"
    data = file.read_bytes()
    file.write_bytes(data[:change] if change < 0 else data + bytes(change))
    assert_same_sentence()


def test_numbers_that_are_none(folder, assert_same_sentence):
    for value in (np.nan, np.inf):
        data = np.frombuffer((folder / "file1").read_bytes(), "<f4").copy()
        data[-1] = value
        (folder / "file1").write_bytes(data.tobytes())
        assert_same_sentence()


def entry(**values):
    return lambda manifest: manifest["rnnlm/softmax_w"].update(values)


CHANGES = {
    **{f"name {name!r}": entry(filename=name) for name in (None, 3, "", "nowhere", "x/" * 30 + "y")},
    **{
        f"outside: {name}": entry(filename=name)
        for name in ("../secret", "a/../../b", "/etc/passwd", "..\\secret", "http://example.org/x", "C:x")
    },
    **{f"other shape {shape}": entry(shape=shape) for shape in ([24], [8, 3], [3, 8, 1], [2, 8])},
    "too large": entry(shape=[2**15, 2**15]),
    "no kernel": lambda manifest: manifest.pop(f"{CELL.format(1)}/kernel"),
    "no softmax": lambda manifest: manifest.pop("rnnlm/softmax_b"),
    "no embedding": lambda manifest: manifest.pop("embedding"),
    "twice": lambda manifest: manifest.update({f"{CELL.format(1)}/weights": manifest["embedding"]}),
    "a gap": lambda manifest: manifest.update({f"{CELL.format(5)}/bias": manifest["embedding"]}),
    "100 layers": lambda manifest: manifest.update({f"{CELL.format(100)}/bias": manifest["embedding"]}),
    "gru": lambda manifest: manifest.update({"rnnlm/gru_cell/gates/kernel": manifest["embedding"]}),
    "nas": lambda manifest: manifest.update({"a/nas_cell/recurrent_kernel": manifest["embedding"]}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_bad_manifest(folder, assert_same_sentence, change):
    change_manifest(folder, CHANGES[change])
    assert_same_sentence()


@pytest.mark.parametrize(
    "shape",
    [None, "8", {"0": 8}, ["3", 8], [True, 24], [None, 8], [[3], 8], [-3, -8], [0], [2**40, 2**40], [1] * 9],
)
def test_a_shape_that_is_none(lstm, serve, folder, shape):
    change_manifest(folder, entry(shape=shape))
    said = sentence(lstm, f"{serve(folder)}/")
    assert said.startswith("manifest.json gives no valid shape for 'rnnlm/softmax_w': ")


def test_a_variable_twice(folder, assert_same_sentence):
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    (folder / "manifest.json").write_text('{"embedding": {}, ' + text[1:], encoding="utf-8")
    assert_same_sentence()


@pytest.mark.parametrize("content", [b"version https://git-lfs.github.com/spec/v1", b"<!DOCTYPE html><html>"])
@pytest.mark.parametrize("file", ["manifest.json", "vocab.json", "file2"])
def test_what_takes_the_place_of_a_file(folder, assert_same_sentence, file, content):
    (folder / file).write_bytes(content)
    assert_same_sentence()


@pytest.mark.parametrize("content", [b"", b"{a: 0}", b'{"\xff": 0}', b"[" * 200_000, bytes(range(256))])
@pytest.mark.parametrize("file", ["manifest.json", "vocab.json", "card.json"])
def test_what_is_no_json(lstm, serve, folder, file, content):
    (folder / file).write_bytes(content)
    said = sentence(lstm, f"{serve(folder)}/")
    assert said.startswith((f"{file} is not valid JSON: ", f"{file} is not UTF-8 text: "))
    assert "\n" not in said


@pytest.mark.parametrize("path", ["nowhere/", "nowhere.safetensors"])
def test_no_model_at_all(lstm, serve, tmp_path, path):
    address = f"{serve(tmp_path)}/{path}"
    expected = python_sentence(address).replace("or a .zip or .safetensors", "or a .safetensors")
    assert sentence(lstm, address) == expected


def test_a_subfolder_inside_the_folder_is_fine(lstm, serve, folder, model):
    (folder / "é #?%41").mkdir()
    (folder / "file0").rename(folder / "é #?%41" / "data")
    name = "./é #?%41//data"
    first = next(iter(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))))
    change_manifest(folder, lambda manifest: manifest[first].update(filename=name))
    assert sentence(lstm, f"{serve(folder)}/") is None
    assert_same_texts(lstm, LSTMGenerator(model), "abc")
