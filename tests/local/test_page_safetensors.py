"""The page refuses a damaged model in a sentence, where Python does, and in the same words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from page_in_node import Refused
from safetensors.numpy import load_file, save

from lstm_widget.errors import ModelError
from lstm_widget.formats.safetensors import parse_safetensors

NAME = "model.safetensors"
MATH = "wasm"


@pytest.fixture
def file(tmp_path, file_of, random_model):
    path = tmp_path / NAME
    path.write_bytes(file_of(random_model((4, 3), embedding=5, vocab_size=10)).read_bytes())
    return path


def sentence(page, file):
    """Return what the page says of a file, or `None` if it is sound."""
    try:
        page.ask("load", file=str(file), math=MATH)
    except Refused as refusal:
        return str(refusal)
    return None


def python_sentence(file):
    try:
        parse_safetensors(file.read_bytes(), NAME)
    except ModelError as error:
        return str(error)
    return None


def rewrite(file, change):
    """Write a file again after `change` was made to its tensors and the texts in it."""
    data = file.read_bytes()
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    tensors = load_file(file)
    change(tensors, metadata)
    file.write_bytes(save(tensors, metadata))


def vocab(entries):
    def change(_, metadata):
        metadata["vocab"] = json.dumps(entries)

    return change


def tensor(name, array):
    def change(tensors, _):
        tensors[name] = array

    return change


def without(name):
    def change(tensors, metadata):
        (tensors if name in tensors else metadata).pop(name)

    return change


F4 = np.float32
CHANGES = {
    "none": lambda *_: None,
    "no vocabulary": without("vocab"),
    "no card": without("card"),
    "a list": vocab([1, 2]),
    "two letters": vocab({"ab": 0}),
    "nothing": vocab({"": 0}),
    "no number": vocab({"a": "1"}),
    "a fraction": vocab({"a": 1.5}),
    "too large": vocab({"“": 10}),
    "below zero": vocab({"\n": -1}),
    "twice": vocab({"a": 1, "\u0308": 1}),
    "empty": vocab({}),
    "no softmax": without("softmax_w"),
    "no bias": without("layer_1/bias"),
    "no first layer": without("layer_0/kernel"),
    "no embedding": without("embedding"),
    "a layer far up": tensor("layer_7/kernel", np.zeros((6, 12), F4)),
    "an unknown name": tensor("layer_00/kernel", np.zeros(3, F4)),
    "an accent in a name": tensor("é'\n", np.zeros(3, F4)),
    "float64": tensor("softmax_b", np.zeros(10)),
    "int32": tensor("embedding", np.zeros((10, 5), np.int32)),
    "bytes": tensor("embedding", np.zeros((10, 5), np.uint8)),
    "not a number": tensor("embedding", np.full((10, 5), np.nan, F4)),
    "infinite": tensor("softmax_b", np.full(10, np.inf, np.float16)),
    "one dimension": tensor("softmax_w", np.zeros(30, F4)),
    "three dimensions": tensor("softmax_b", np.zeros((2, 5, 1), F4)),
    "no width": tensor("embedding", np.zeros((10, 0), F4)),
    "a bias of 15": tensor("layer_0/bias", np.zeros(15, F4)),
    "a narrow kernel": tensor("layer_0/kernel", np.zeros((9, 12), F4)),
    "a low kernel": tensor("layer_0/kernel", np.zeros((4, 16), F4)),
    "other inputs": tensor("layer_1/kernel", np.zeros((8, 12), F4)),
    "a low embedding": tensor("embedding", np.zeros((9, 5), F4)),
    "another softmax": tensor("softmax_w", np.zeros((4, 10), F4)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_sentence(page, file, change):
    rewrite(file, CHANGES[change])
    expected = python_sentence(file)
    assert (expected is None) == (change == "none")
    assert sentence(page, file) == expected


def test_a_file_of_somebody_else(page, file):
    rewrite(file, lambda _, metadata: metadata.update(format="pt"))
    assert sentence(page, file) == f"{NAME} holds no model of this package."


def test_a_card_that_is_not_json(page, file):
    rewrite(file, lambda _, metadata: metadata.update(card="{"))
    assert sentence(page, file).startswith(f"The card in {NAME} is not valid JSON: ")


HEADERS = [
    b"",
    b"\0" * 7,
    b"\0" * 8,
    b"\xff" * 8,
    b"\x02" + b"\0" * 7 + b"[]",
    b"\x02" + b"\0" * 7 + b"{}",
    b"\x03" + b"\0" * 7 + b'"\xff"',
    b"<!doctype html>",
]


@pytest.mark.parametrize("data", HEADERS)
def test_what_is_no_such_file(page, file, data):
    file.write_bytes(data)
    assert NAME in sentence(page, file)


def test_every_shorter_file(page, file):
    data = file.read_bytes()
    for length in range(0, len(data), 37):
        file.write_bytes(data[:length])
        assert sentence(page, file) == f"{NAME} is not a valid safetensors file: download or save it again."


def test_what_follows_the_end_is_damage(page, file):
    file.write_bytes(file.read_bytes() + b"\0")
    assert sentence(page, file) == python_sentence(file)


def test_any_damage_is_refused_where_python_refuses_it(page, file):
    """Where the JSON is damaged Python and the page may name different reasons."""
    data = file.read_bytes()
    random = np.random.default_rng(3)
    end = 8 + int.from_bytes(data[:8], "little")
    refused = 0
    for _ in range(300):
        damaged = bytearray(data)
        for place in random.integers(0, end, random.integers(1, 4)):
            damaged[place] = random.integers(256)
        file.write_bytes(damaged)
        expected, found = python_sentence(file), sentence(page, file)
        assert (found is None) == (expected is None), (expected, found)
        refused += found is not None
    assert 30 < refused < 300
