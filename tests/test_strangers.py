"""What people have instead of a model, or around one: each gets one sentence that says what to do."""

from __future__ import annotations

import json
import shutil
import zipfile

import numpy as np
import pytest
from model_files import change_manifest, refused

from lstm_widget import LSTMGenerator, load_model, save_model
from lstm_widget.formats.finding import find_model
from lstm_widget.formats.keras import from_keras
from lstm_widget.formats.p5ml import load_checkpoints, load_p5ml
from lstm_widget.formats.pytorch import from_pytorch

WEB_APP = {"name": "Sketch", "start_url": ".", "icons": [{"src": "icon.png"}], "display": "standalone"}
# What is in a folder or a zip file of a sketch, beside a model.
BESIDE = {
    "manifest.json": json.dumps(WEB_APP),
    "index.html": "<p>",
    "sketch.js": "let x",
    "node_modules/a/manifest.json": '{"x": {"filename": "y"}}',
    ".git/config": "",
}


def put(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def packed(folder, slash="/"):
    """Return a zip file of a folder."""
    file = folder.with_name("packed.zip")
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix().replace("/", slash))
                archive.writestr(entry, path.read_bytes())
    return file


# Files that are something else.


KINDS = {
    "net.keras": "is a Keras model: convert it with  lstm-widget convert .*net.keras my-model --vocab",
    "net.h5": "is a Keras model in an old format: open it with Keras, save it as .keras, and convert",
    "weights.HDF5": "is a Keras model in an old format",
    "net.pt": "is a pickle, which is never opened, .*: load it in PyTorch and give the module or",
    "net.pth": "is a pickle",
    "epoch=3.ckpt": "is a pickle",
    "pytorch_model.bin": "is a pickle",
    "model.pkl": "is a pickle",
    "model.ckpt-100.index": "is part of a TensorFlow checkpoint, .*: give the folder with manifest.json",
    "model.ckpt-100.data-00000-of-00001": "is part of a TensorFlow checkpoint",
    "checkpoint": "is part of a TensorFlow checkpoint",
    "net.onnx": "is in a format that is not read: give the model that it was made from to",
    "net.npz": "is in a format that is not read",
    "model.json": "is in a format that is not read",
    "net.tar.gz": "is an archive of a kind that is not read: unpack it",
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_another_kind(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with refused(rf"\A'[^']*{name}' {KINDS[name]}"):
        LSTMGenerator(tmp_path / name)
    with refused(rf"There is no model in '[^']*' that can be read, but '{name}' {KINDS[name]}"):
        load_model(tmp_path)
    file = packed(put(tmp_path / "deep", {f"a/b/{name}": "x", "read me.txt": ""}))
    with refused(rf"There is no model in '[^']*packed.zip' that can be read, but 'a/b/{name}' {KINDS[name]}"):
        load_model(file)


def test_a_text_is_trained_on(tmp_path):
    (tmp_path / "hamlet.txt").write_text("To be")
    with refused("is a text, not a model: train a model on it with  lstm-widget train .*hamlet.txt -o"):
        load_model(tmp_path / "hamlet.txt")
    with refused("There is no manifest.json in '.*': a model is a .safetensors file, or a folder of"):
        load_model(tmp_path)


@pytest.mark.parametrize("name", ["net.onnx", "net.keras", "net.h5", "net.tar.gz"])
def test_another_file_for_pytorch(tmp_path, name):
    with refused(f"'{name}' {KINDS[name].replace('.*', '')}"):
        from_pytorch(tmp_path / name, "ab")


@pytest.mark.parametrize("name", ["net.onnx", "net.pt", "net.tar.gz"])
def test_another_file_for_keras(tmp_path, name):
    with refused(f"'{name}' {KINDS[name]}"):
        from_keras(tmp_path / name, "ab")


def test_a_folder_of_a_model_hub(tmp_path):
    put(tmp_path, {"config.json": "{}", "README.md": "", "tokenizer.json": "{}", "pytorch_model.bin": "x"})
    with refused("but 'pytorch_model.bin' is a pickle"):
        load_model(tmp_path)
    (tmp_path / "pytorch_model.bin").unlink()
    with refused("There is no manifest.json in"):
        load_model(tmp_path)
    from safetensors.numpy import save_file  # noqa: PLC0415

    save_file({"x": np.zeros(3, np.float32)}, tmp_path / "model.safetensors")
    with refused("model.safetensors holds no model of this package; the state dict of a PyTorch model is"):
        load_model(tmp_path)


def test_an_empty_folder_and_an_empty_zip_file(tmp_path):
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", packed(tmp_path / "empty")):
        with refused("There is no model in '.*', which is empty"):
            load_model(place)


def test_a_typing_error_is_noticed(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    for name, meant in (
        ("Fairytales", "fairytales"),
        ("fairytale", "fairytales"),
        ("shakespear", "shakespeare"),
    ):
        with refused(f"The model '{name}' does not exist; did you mean '{meant}'?"):
            load_model(name)
    with refused("The model 'soundd' does not exist; did you mean 'sound'?"):
        load_model("soundd")
    with refused(f"did you mean '{folder.parent}/sound'?"):
        load_model(folder.parent / "Sounds")
    with refused("'something else' does not exist; the bundled models are"):
        load_model("something else")


def test_the_home_folder_is_the_same_for_reading_and_writing(tmp_path, monkeypatch, model, same_model):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "mine.safetensors"):
        assert save_model(model, f"~/{name}") == tmp_path / name
        same_model(load_model(f"~/{name}"), model)
    same_model(load_p5ml("~/mine"), model)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "mine.safetensors"]


INSTEAD = {
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\n": "the file itself: run  git lfs pull",
    b"\n<!DOCTYPE html><html>": "is a web page: download the file itself",
}


@pytest.mark.parametrize("content", INSTEAD)
@pytest.mark.parametrize("name", ["manifest.json", "vocab.json", "file0"])
def test_a_file_of_a_model_that_was_not_fetched(folder, name, content):
    (folder / name).write_bytes(content)
    for source in (folder, packed(folder)):
        with refused(f"'?{name}'? .*{INSTEAD[content]}"):
            load_model(source)


@pytest.mark.parametrize("content", INSTEAD)
def test_a_model_that_was_not_fetched(tmp_path, content):
    for name, load in (
        ("model.safetensors", load_model),
        ("model.zip", load_model),
        ("model.safetensors", lambda path: from_pytorch(path, "ab")),
        ("model.keras", lambda path: from_keras(path, "ab")),
    ):
        (tmp_path / name).write_bytes(content)
        with refused(f"{name}' .*{INSTEAD[content]}"):
            load(tmp_path / name)


@pytest.mark.parametrize("source", [{"epoch": 3}, object(), 3, None])
def test_a_model_that_is_no_path(source):
    with refused("not as .*; from_pytorch and from_keras convert other models"):
        LSTMGenerator(source) if source is not None else load_model(source)


# What belongs to a model.


def test_the_manifest_stands_for_its_folder(folder, model, same_model):
    for load in (load_model, load_p5ml):
        same_model(load(folder / "manifest.json"), model)
        assert load(folder / "manifest.json").card == load(folder).card
    assert load_checkpoints(folder / "manifest.json")[1] == load_checkpoints(folder)[1]


@pytest.mark.parametrize("name", ["vocab.json", "file0"])
def test_another_file_of_a_model_names_its_folder(folder, name):
    with refused(f"{name}' is part of a model: give its folder, '.*sound'"):
        load_model(folder / name)


# A model among other things.


@pytest.mark.parametrize("place", ["", "models/mine"])
@pytest.mark.parametrize("kind", ["p5ml", "trained"])
@pytest.mark.parametrize("form", ["folder", "zip", "old zip"])
def test_a_model_in_a_web_app(tmp_path, folder, model, same_model, place, kind, form):
    app = put(tmp_path / "app", BESIDE)
    home = app / place
    if kind == "trained":
        home.mkdir(parents=True, exist_ok=True)
        save_model(model, home / "model.safetensors")
        shutil.copytree(folder, home / "p5ml")  # as a training leaves it
    elif not place:  # in the place of the other manifest
        shutil.copytree(folder, app, dirs_exist_ok=True)
    else:
        shutil.copytree(folder, home)
    source = app if form == "folder" else packed(app, "\\" if form == "old zip" else "/")
    same_model(load_model(source), model)


def test_the_manifest_of_a_web_app_alone(tmp_path):
    app = put(tmp_path / "app", BESIDE)
    for source in (app, app / "manifest.json", packed(app)):
        with refused("the one in '.*' belongs to something else, such as a web app"):
            load_model(source)


@pytest.fixture
def repository(tmp_path, folder, random_model):
    """Return a folder as a repository has it, with three models."""
    top = put(tmp_path / "repo-main", {"README.md": "", "js/manifest.json": json.dumps(WEB_APP)})
    for name in ("bolano", "woolf"):
        shutil.copytree(folder, top / "models" / name)
    save_model(random_model((4,)), top / "other" / "model.safetensors")
    return top


def test_of_several_models_one_is_named(repository, model, same_model, monkeypatch):
    monkeypatch.chdir(repository.parent)
    with refused(
        "'repo-main' holds several models, 'other', 'models/bolano', 'models/woolf': "
        "name one, such as 'repo-main/other'"
    ):
        load_model("repo-main")
    same_model(load_model("repo-main/models/woolf"), model)


def zip_of(repository):
    """Return a zip file as a web site packs a repository: all below one folder."""
    above = repository.parent / "above"
    above.mkdir()
    repository.rename(above / repository.name)
    return packed(above)


def test_of_several_models_in_a_zip_file_one_is_named(repository, model, same_model):
    file = zip_of(repository)
    with refused(
        "packed.zip' holds several models, 'repo-main/other', 'repo-main/models/bolano', .*: "
        "name one, such as '.*packed.zip/repo-main/other'"
    ):
        load_model(file)
    for inside in ("repo-main/models/bolano", "models/bolano", "bolano"):
        for source in (file / inside, f"{file}/{inside}/"):
            same_model(load_model(source), model)
            assert load_model(source).card["title"] == "bolano"
    assert load_model(file / "other").vocab_size == 8
    with refused("There is no model 'lano' in '.*packed.zip': check the name of the folder"):
        load_model(file / "lano")
    with refused("holds several models, 'repo-main/models/bolano', 'repo-main/models/woolf'"):
        load_model(file / "models")


def test_many_models_are_not_all_listed(tmp_path, folder):
    for number in range(12):
        shutil.copytree(folder, tmp_path / "many" / f"m{number:02}")
    with refused("holds several models, 'm00', .*'m04' and 7 more: name one, such as '.*many/m00'"):
        load_model(tmp_path / "many")


def test_not_every_manifest_of_a_huge_zip_file_is_read():
    asked = []

    def read(name, at_most):
        asked.append((name, at_most))
        return json.dumps(WEB_APP).encode()

    found = find_model([f"{number}/manifest.json" for number in range(3000)], read, "bomb.zip")
    assert not found.is_trained
    assert len(asked) <= 200
    assert max(at_most for _, at_most in asked) <= 2**20


def test_a_damaged_model_is_told_wherever_it_is(tmp_path, folder):
    change_manifest(folder, lambda manifest: manifest["embedding"].pop("shape"))
    deep = tmp_path / "deep"
    shutil.copytree(folder, deep / "a" / "model")
    for source in (folder, deep, packed(deep)):
        with refused("manifest.json gives no valid shape for 'embedding'"):
            load_model(source)
