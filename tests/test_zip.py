"""A model in a zip file: as it is packed, and all that can be wrong with one."""

from __future__ import annotations

import io
import itertools
import stat
import struct
import warnings
import zipfile

import numpy as np
import pytest
from model_files import PUBLISHED, change_manifest, little_memory, refused

from lstm_widget.formats import load_model
from lstm_widget.formats.p5ml import load_p5ml
from lstm_widget.formats.zip_files import ZipFiles
from lstm_widget.generator import LSTMGenerator


@pytest.fixture
def packed(folder):
    """Return a function that packs the sound folder, below `inside`, with more entries if wanted."""

    def pack(inside="", more=(), compression=zipfile.ZIP_DEFLATED, without=()):
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w", compression) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a name is there twice
            for file in sorted(folder.iterdir()):
                if file.name not in without:
                    archive.writestr(inside + file.name, file.read_bytes())
            for name, data in more:
                archive.writestr(name, data)
        return memory.getvalue()

    return pack


def load(data):
    return load_p5ml(ZipFiles(data))


def entry(name, mode=0, system=3):
    """Return an entry of another kind than a file."""
    info = zipfile.ZipInfo(name)
    info.create_system = system
    info.external_attr = mode << 16
    return info


# Sound ones.


@pytest.mark.filterwarnings("ignore:The vocabulary is damaged")
@pytest.mark.parametrize("inside", ["", "{}/"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_model_is_the_same_from_a_zip_file(
    shared_models, published, tmp_path, same_model, name, inside
):
    file = tmp_path / f"{name}.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (shared_models / name).iterdir():
            archive.write(path, inside.format(name) + path.name)
    for path in (file, str(file)):
        read = load_model(path)
        same_model(read, published(name))
        assert read.card == published(name).card


@pytest.mark.parametrize("inside", ["", "./", "model/", "site-main/models/mine/", "ä/"])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_model_may_lie_in_a_folder(packed, model, same_model, inside, compression):
    same_model(load(packed(inside, compression=compression)), model)


def test_what_the_model_is_called(packed, tmp_path):
    for inside, title in [("", "file"), ("folder/", "folder"), ("a/b/", "b")]:
        (tmp_path / "file.zip").write_bytes(packed(inside))
        assert load_model(tmp_path / "file.zip").card["title"] == title


def test_folders_of_their_own_and_empty_archive_comments_are_fine(packed, model, same_model):
    data = packed("model/", more=[(entry("model/", stat.S_IFDIR | 0o755), ""), (entry("empty/"), "")])
    same_model(load(data), model)
    same_model(load(data[:-2] + b"\x05\0hello"), model)
    same_model(load(b"#!/bin/sh\nexit\n" + data), model)  # something before it, as in what unpacks itself


def test_what_macos_adds_is_ignored(packed, model, same_model):
    rubbish = ["__MACOSX/model/manifest.json", "__MACOSX/._model", ".git/manifest.json", "model/.DS_Store"]
    same_model(load(packed("model/", more=[(name, "x") for name in rubbish])), model)


def test_the_manifest_at_the_root_comes_first(packed, model, same_model):
    same_model(load(packed(more=[("old/manifest.json", "{}")])), model)


def test_any_case_of_the_suffix_will_do(packed, tmp_path, model, same_model):
    (tmp_path / "MODEL.ZIP").write_bytes(packed())
    same_model(LSTMGenerator(tmp_path / "MODEL.ZIP").model, model)


def test_a_folder_that_is_called_so_is_a_folder(folder, model, same_model):
    same_model(load_model(folder.rename(folder.with_suffix(".zip"))), model)


def test_nothing_is_written(packed, tmp_path, monkeypatch, same_model, model):
    data = packed()
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    same_model(load(data), model)
    assert sorted(tmp_path.rglob("*")) == before


# No zip file.


def test_a_missing_file_is_refused(tmp_path):
    with refused("no file .*check the path"):
        load_model(tmp_path / "nowhere.zip")


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"PK\x03\x04" + bytes(100), b"PK\x05\x06" + bytes(17), b"<x>", bytes(5000)],
)
def test_what_is_no_zip_file_is_refused(data):
    with refused("damaged or not a zip file"):
        load(data)


@pytest.mark.parametrize("keep", [10, 100, 500, -1, -20, -100])
def test_a_cut_off_file_is_refused(packed, keep):
    with refused("damaged or not a zip file"):
        load(packed()[:keep])


def test_an_empty_archive_is_refused():
    with refused("no model in 'the zip file', which is empty"):
        load(b"PK\x05\x06" + bytes(18))


@pytest.mark.parametrize("name", ["manifest.json", "vocab.json", "file0"])
def test_a_missing_file_is_named(packed, name):
    with refused(name):
        load(packed(without=[name]))


def test_several_models_are_refused(packed):
    with refused("several models, 'a', 'b': name one"):
        load(packed("a/", more=[("b/manifest.json", '{"x": {"filename": "y"}}')]))


def test_a_changed_byte_is_noticed(packed):
    data = bytearray(packed(compression=zipfile.ZIP_STORED))
    where = zipfile.ZipFile(io.BytesIO(data)).getinfo("file0").header_offset
    data[where + 30 + len("file0")] ^= 1
    with refused("damaged"):
        load(bytes(data))


# What no tool packs.


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        *((name, 0) for name in ("../x", "a/../../x", "/etc/passwd", "C:/x", "..\\x", "http://x/y")),
        *(("link", kind | 0o777) for kind in (stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR)),
    ],
)
def test_what_could_only_harm_if_it_were_unpacked_is_ignored(packed, name, attributes, model, same_model):
    same_model(load(packed(more=[(entry(name, attributes), "/etc/passwd")])), model)


@pytest.mark.parametrize(
    "name", ["../secret", "/secret", "a/../../secret", "C:secret", "a\\secret", "..", "x://y"]
)
def test_a_manifest_that_leads_out_is_refused(folder, packed, name):
    change_manifest(folder, lambda manifest: manifest["rnnlm/softmax_w"].update(filename=name))
    with refused("outside the model's folder"):
        load(packed("model/", more=[("secret", (folder / "file0").read_bytes())]))


@pytest.mark.parametrize("name", [".", "deep", "nul\0", "\ud800", "x" * 3000, "file0/x"])
def test_an_impossible_file_name_is_missing(folder, packed, name):
    change_manifest(folder, lambda manifest: manifest["rnnlm/softmax_w"].update(filename=name))
    with refused("missing"):
        load(packed(more=[("deep/x", "x"), (entry("deep/", stat.S_IFDIR), "")]))


def test_an_encrypted_file_is_refused(packed):
    data = packed()
    directory = data.index(b"PK\x01\x02")
    encrypted = data[: directory + 8] + b"\1\0" + data[directory + 10 :]
    with refused("is encrypted: pack the model without a password"):
        load(encrypted)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_compress_are_refused(packed, compression):
    with refused("'manifest.json' in .* use deflate"):
        load(packed(compression=compression))


def test_a_method_that_does_not_exist_is_refused(packed):
    data = packed()
    for sign, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        for start in [n for n in range(len(data)) if data.startswith(sign, n)]:
            data = data[: start + offset] + b"\x63\0" + data[start + offset + 2 :]
    with refused("use deflate"):
        load(data)


# Bombs.


def test_a_file_too_large_for_its_shape_is_not_unpacked(folder, packed):
    file = folder / "file0"
    expected = file.stat().st_size
    file.write_bytes(file.read_bytes() + bytes(2**20))
    data = packed()
    with little_memory(), refused(f"'file0' has {expected + 2**20} bytes, .* needs {expected}"):
        load(data)


@pytest.mark.parametrize("name", ["manifest.json", "vocab.json", "card.json"])
def test_json_too_large_to_be_true_is_not_unpacked(folder, packed, name):
    (folder / name).write_bytes(b"[" + b" " * 20 * 2**20 + b"]")
    data = packed()
    with little_memory(), refused():
        load(data)


def test_an_endless_table_of_contents_is_not_read(packed):
    data = packed(more=[(f"{n}/".ljust(60_000, "x"), "") for n in range(50)])
    with little_memory(2**23), refused("The zip file holds too many files"):
        load(data)


def lying(data, name, **fields):
    """Let the table of contents say something else of an entry."""
    info = zipfile.ZipFile(io.BytesIO(data)).getinfo(name)
    (start,) = [
        n
        for n in itertools.accumulate([data.find(b"PK\x01\x02")] + [1] * len(data))
        if data.startswith(b"PK\x01\x02", n) and data.startswith(info.filename.encode(), n + 46)
    ]
    places = {"crc": (16, "<I"), "packed": (20, "<I"), "size": (24, "<I"), "where": (42, "<I")}
    changed = bytearray(data)
    for field, value in fields.items():
        offset, form = places[field]
        struct.pack_into(form, changed, start + offset, value)
    return bytes(changed)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("change", [-8, -1, 1, 8, 10_000])
def test_a_size_that_is_a_lie_is_noticed(folder, packed, compression, change):
    data = packed(compression=compression)
    size = (folder / "vocab.json").stat().st_size
    with refused("damaged or not a zip file"):
        load(lying(data, "vocab.json", size=size + change))


def test_more_than_announced_is_not_unpacked(folder, packed):
    (folder / "vocab.json").write_bytes(b"[" + b" " * 10 * 2**20 + b"]")
    data = packed()
    with little_memory(), refused("damaged or not a zip file"):
        load(lying(data, "vocab.json", size=100))


def test_a_place_outside_the_file_is_refused(packed):
    with refused():
        load(lying(packed(), "file2", where=2**31))


# The rest is as in a folder.


def test_weights_that_are_not_finite_are_refused(folder, packed):
    (folder / "file0").write_bytes(np.full((folder / "file0").stat().st_size // 4, np.nan, "<f4").tobytes())
    with refused("not finite"):
        load(packed())


def test_errors_name_the_zip_file(packed, tmp_path):
    (tmp_path / "mine.zip").write_bytes(packed(without=["vocab.json"]))
    with refused("no vocab.json in '.*mine.zip'"):
        load_model(tmp_path / "mine.zip")
