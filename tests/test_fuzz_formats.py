"""Models at random: whatever is loaded is a model, and whatever is not is refused in a sentence.

Near the valid ones, because nothing else gets past the first check: a sound model with some parts
replaced, or some bytes. ``LSTM_WIDGET_FUZZ=20000`` sets the number of cases, all tests together.
"""

from __future__ import annotations

import io
import json
import os
import tracemalloc
import warnings
import zipfile
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_widget.errors import LSTMError
from lstm_widget.formats import vocabulary, zip_files
from lstm_widget.formats.files import TooLargeError
from lstm_widget.formats.p5ml import load_p5ml
from lstm_widget.formats.safetensors import parse_safetensors, save_safetensors
from lstm_widget.formats.vocabulary import parse_vocab
from lstm_widget.formats.zip_files import ZipFiles
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import LSTMLayer, Weights

TARGETS = 11  # tests in this file, see the last one
CASES = -(-int(os.environ.get("LSTM_WIDGET_FUZZ", "2500")) // TARGETS)
MEMORY = 2**24  # far more than any of these models takes

fuzz = settings(max_examples=CASES)


def survives(load, data):
    """Load; what comes out must be a model that writes, or a sentence."""
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "The vocabulary is damaged as published")
            try:
                result = load(data)
            except LSTMError as error:
                sentence = str(error)
                assert sentence.strip()
                assert "\n" not in sentence
                assert len(sentence) < 1000
                return
            if isinstance(result, CharLSTM):
                first = next(iter(result.vocab))
                assert len(LSTMGenerator(result).generate(seed=first, length=2, rng=0)) == 2
                assert repr(result)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


# What to start from.


@cache
def sound_files():
    """Return the files of a sound model."""
    random = np.random.default_rng(0)
    arrays = {
        "embedding": random.normal(size=(3, 2)),
        "rnnlm/multi_rnn_cell/cell_0/basic_lstm_cell/kernel": random.normal(size=(4, 8)),
        "rnnlm/multi_rnn_cell/cell_0/basic_lstm_cell/bias": random.normal(size=8),
        "rnnlm/softmax_w": random.normal(size=(2, 3)),
        "rnnlm/softmax_b": random.normal(size=3),
        "Variable": np.array(0.5),
    }
    files = {f"file{n}": array.astype("<f4").tobytes() for n, array in enumerate(arrays.values())}
    manifest = {
        name: {"filename": f"file{n}", "shape": list(array.shape)}
        for n, (name, array) in enumerate(arrays.items())
    }
    texts = {"manifest.json": manifest, "vocab.json": {"a": 0, "b": 2, "\n": 1}, "card.json": {"title": "T"}}
    return files | {name: json.dumps(text).encode() for name, text in texts.items()}


@cache
def sound_zip():
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sound_files().items():
            archive.writestr(f"model/{name}", data)
    return memory.getvalue()


@pytest.fixture(scope="module")
def sound_safetensors(tmp_path_factory):
    layer = LSTMLayer(np.ones((4, 8)), np.zeros(8))
    weights = Weights((layer,), np.ones((2, 3)), np.zeros(3), np.ones((3, 2)))
    file = tmp_path_factory.mktemp("fuzz") / "model.safetensors"
    save_safetensors(CharLSTM(weights, {"a": 0, "b": 2, "\n": 1}, {"title": "T"}), file)
    return file.read_bytes()


class MemoryFiles:
    """A folder that lies nowhere."""

    title = "fuzz"
    where = "in the memory"

    def __init__(self, files):
        self.files = files

    def read(self, name, at_most):
        data = self.files.get(name)
        if data is not None and len(data) > at_most:
            raise TooLargeError(name, at_most)
        return data


# Strategies.

numbers = (
    st.integers(-3, 100)
    | st.sampled_from([2**31, 2**31 - 1, 2**32, 2**63, 2**64, 10**400, -(2**63)])
    | st.floats()
)
words = st.text(max_size=8) | st.sampled_from(
    [
        *["a", "", "  ", "\n", "\r\n", "\ud800", "é", "e\u0301", "0", "1", "00", "-1", "٣", "x" * 5000, "\0"],
        *["manifest.json", "vocab.json", "file0", "../file0", "/file0", "a\\b", "C:x", ".", "..", "http://x"],
        *["filename", "shape", "embedding", "rnnlm/softmax_w", "softmax_b", "fully_connected/weights"],
        *["rnn/multi_rnn_cell/cell_1/basic_lstm_cell/weights", "lstm_cell/bias", "gru_cell/gates/kernel"],
        *["cell_99999999/lstm_cell/kernel", "Variable", "beta1_power", "p5ml", "title", "vocab_text"],
        *["__metadata__", "format", "vocab", "card", "dtype", "F32", "F16", "BF16", "F64", "data_offsets"],
        *["layer_0/kernel", "layer_1/bias", "layer_99/kernel", "softmax_w", "layer_0/gates"],
    ]
)
leaves = st.none() | st.booleans() | numbers | words
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def near(draw, value, changes=4):
    """Draw what `value` becomes after a few changes somewhere inside."""
    for _ in range(draw(st.integers(0, changes))):
        value = draw(changed(value))
    return value


@st.composite
def changed(draw, value):
    """Draw `value` with one part replaced, left out, renamed or added, at any depth."""
    deeper = isinstance(value, (dict, list)) and value and draw(st.integers(0, 3))
    if not deeper and draw(st.booleans()):
        return draw(anything)
    if isinstance(value, dict):
        key = draw(st.sampled_from(sorted(value)) if value else words)
        part = value.get(key)
        rest = {name: other for name, other in value.items() if name != key}
        if deeper:
            return rest | {key: draw(changed(part))}
        other = draw(words)
        return draw(st.sampled_from([rest, rest | {other: part}, value | {other: part}]))
    if isinstance(value, list):
        place = draw(st.integers(0, max(0, len(value) - 1)))
        if deeper:
            return [*value[:place], draw(changed(value[place])), *value[place + 1 :]]
        return draw(st.sampled_from([value[:place] + value[place + 1 :], value * 2, value[::-1]]))
    return draw(leaves)


@st.composite
def broken(draw, data):
    """Draw bytes that differ from `data` in a few places."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(0, len(changed) - 1)))
        how = draw(st.integers(0, 4))
        if how == 0:
            changed[place : place + 1] = bytes([draw(st.integers(0, 255))])
        elif how == 1:
            changed[place : place + 4] = draw(st.sampled_from([bytes(4), b"\xff" * 4, b"\xfe\xff\xff\xff"]))
        elif how == 2:
            del changed[place : place + draw(st.integers(1, 40))]
        elif how == 3:
            changed[place:place] = draw(st.binary(max_size=20))
        else:
            start = draw(st.integers(0, max(0, len(data) - 1)))
            changed[place : place + 30] = data[start : start + 30]
    return bytes(changed)


def dumped(value):
    """Return JSON as bytes; half a character is written as such or as an escape."""
    return json.dumps(value, ensure_ascii=len(str(value)) % 2 == 0).encode("utf-8", "surrogatepass")


# Folders.


@fuzz
@given(st.data())
def test_manifests(data):
    manifest = json.loads(sound_files()["manifest.json"])
    files = sound_files() | {"manifest.json": dumped(data.draw(near(manifest)))}
    survives(load_p5ml, MemoryFiles(files))


@fuzz
@given(st.data())
def test_manifests_on_the_disk(tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp() / "fuzz-folder"
    if not folder.exists():
        folder.mkdir()
        for name, content in sound_files().items():
            (folder / name).write_bytes(content)
    manifest = json.loads(sound_files()["manifest.json"])
    (folder / "manifest.json").write_bytes(dumped(data.draw(near(manifest))))
    survives(load_p5ml, folder)


@fuzz
@given(st.data())
def test_files_of_a_folder(data):
    name = data.draw(st.sampled_from(sorted(sound_files())))
    content = data.draw(broken(sound_files()[name]) | st.binary(max_size=200))
    survives(load_p5ml, MemoryFiles(sound_files() | {name: content}))


@fuzz
@given(st.data())
def test_cards(data):
    names = {"kernel": "rnnlm/lstm_cell/kernel", "vocab_file": "vocab.json", "vocab_text": "{}", "title": "T"}
    card = data.draw(near({"title": "T", "losses": [1.5, {"test": None}], "p5ml": names}))
    survives(load_p5ml, MemoryFiles(sound_files() | {"card.json": dumped(card)}))


@fuzz
@given(
    near({"a": 0, "b": 2, "\n": 1}) | near({"0": "a", "1": "\n"}) | near(["a", "b", "\n"]) | anything,
    st.sampled_from(vocabulary.VOCABULARIES),
    st.integers(1, 70),
)
def test_vocabularies(vocab, name, vocab_size):
    survives(lambda data: parse_vocab(data, name, vocab_size), dumped(vocab))


@fuzz
@given(broken(b'{"a": 0, "b": 2, "\\u000a": 1, "\xc3\xa9": 3}') | st.binary(max_size=100))
def test_vocabularies_of_bytes(data):
    survives(lambda data: parse_vocab(data, "vocab.json", 5), data)


# Zip files.


def load_zip(data):
    return load_p5ml(ZipFiles(data))


@fuzz
@given(st.data())
def test_zip_files(data):
    survives(load_zip, data.draw(broken(sound_zip())))


@fuzz
@given(
    st.dictionaries(
        words.map(lambda name: name.replace("\ud800", "?")[:60]), st.binary(max_size=50), max_size=5
    ),
    st.sampled_from(["", "model/", "./", "../", "/", "a\\", "__MACOSX/", "a/b/c/"]),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]),
    st.integers(0, 2**32 - 1),
)
def test_names_in_zip_files(more, inside, compression, attributes):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a name is there twice
        for name, content in sound_files().items():
            archive.writestr(inside + name, content)
        for name, content in more.items():
            info = zipfile.ZipInfo(name or "x")
            info.external_attr = attributes
            archive.writestr(info, content)
    survives(load_zip, memory.getvalue())


# Safetensors files.


def load_safetensors(data):
    return parse_safetensors(data, "fuzz.safetensors")


def parts_of(data):
    """Return header and tensors of a safetensors file."""
    start = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:start]), data[start:]


def joined(header, tensors):
    return len(header).to_bytes(8, "little") + header + tensors


@fuzz
@given(st.data())
def test_headers_of_safetensors_files(sound_safetensors, data):
    header, tensors = parts_of(sound_safetensors)
    survives(load_safetensors, joined(dumped(data.draw(near(header))), tensors))


@fuzz
@given(st.data())
def test_metadata_of_safetensors_files(sound_safetensors, data):
    header, tensors = parts_of(sound_safetensors)
    for name in ("vocab", "card"):
        value = json.loads(header["__metadata__"][name])
        header["__metadata__"][name] = json.dumps(data.draw(near(value)))
    survives(load_safetensors, joined(dumped(header), tensors))


@fuzz
@given(st.data())
def test_bytes_of_safetensors_files(sound_safetensors, data):
    survives(load_safetensors, data.draw(broken(sound_safetensors) | st.binary(max_size=300)))


# The tools above.


def test_what_is_mutated_is_sound_and_the_cases_are_counted(sound_safetensors):
    for load, sound in (
        (load_p5ml, MemoryFiles(sound_files())),
        (load_zip, sound_zip()),
        (load_safetensors, sound_safetensors),
    ):
        assert load(sound).vocab == {"a": 0, "\n": 1, "b": 2}
    header, tensors = parts_of(sound_safetensors)
    assert load_safetensors(joined(dumped(header), tensors)).vocab_size == 3
    tests = [name for name, test in globals().items() if hasattr(test, "hypothesis")]
    assert len(tests) == TARGETS
    assert zip_files.MAX_TABLE_BYTES < MEMORY
