"""The engine of the page computes what NumPy computes."""

from __future__ import annotations

import numpy as np
import pytest
from backends import assert_same_logits
from model_files import CASES

from lstm_widget.formats.safetensors import load_safetensors
from lstm_widget.network.bundled import DEFAULT_MODEL, bundled_files
from lstm_widget.network.engine import Engine
from lstm_widget.network.scoring import Reader, in_bits, log_probabilities

# Layers of sizes that are no multiples of anything, with and without an embedding.
SHAPES = [((6,), None), ((6,), 4), ((7, 5), None), ((4, 9), 3), ((3, 8, 5), None), ((33, 2, 17), 5)]


def as_array(rows):
    """Return logits as an array; the page writes null for minus infinity."""
    return np.array([[-np.inf if one is None else one for one in row] for row in rows], dtype=np.float32)


def engine_of(model):
    return Engine(model.weights, model.unused_ids)


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_golden_logits(page, load, published, golden, name, seed):
    model = published(name)
    expected = next(case["logits"] for case in golden(name)["cases"] if case["seed"] == seed)
    load(model)
    *_, (logits,) = page.ask("steps", ids=[[number] for number in model.encode(seed)])
    found = as_array([logits])[0]
    used = np.isfinite(found)
    assert np.flatnonzero(~used).tolist() == model.unused_ids.tolist()
    np.testing.assert_allclose(found[used], np.array(expected)[used], rtol=0, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize(("units", "embedding"), SHAPES)
def test_any_shape(page, load, random_model, units, embedding, dtype):
    model = random_model(units, embedding=embedding, vocab_size=11).rounded()
    told = load(model, dtype)
    assert told["units"] == list(units)
    assert told["vocabSize"] == 11
    assert dict(told["vocab"]) == dict(model.vocab)
    assert told["unusedIds"] == model.unused_ids.tolist()
    ids = [model.vocab[character] for character in "abcdefghhgfedcba" * 4]
    lane = engine_of(model).lane()
    expected = [lane.step(number).copy() for number in ids]
    found = [as_array(rows)[0] for rows in page.ask("steps", ids=[[number] for number in ids])]
    assert_same_logits(found, expected)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 9])
def test_lanes_compute_bit_by_bit_what_each_would_alone(page, load, random_model, count):
    model = random_model((20, 13), embedding=4)
    load(model)
    ids = np.random.default_rng(count).permuted(np.tile(sorted(model.vocab.values()), (count, 3)), axis=1).T
    together = page.ask("steps", ids=ids.tolist())
    for lane in range(count):
        alone = page.ask("steps", ids=ids[:, [lane]].tolist())
        assert [rows[lane] for rows in together] == [rows[0] for rows in alone]


@pytest.mark.parametrize("split", [1, 5, 63])
def test_reading_a_text_in_pieces(page, load, random_model, split):
    model = random_model((20, 13), embedding=4, vocab_size=9)
    load(model)
    ids = np.array([model.vocab[character] for character in "abcdefgh" * 8])
    cells = np.empty((len(ids), 33), dtype=np.float32)
    expected = Reader(engine_of(model)).read(ids, cells)
    found = page.ask("read", ids=ids.tolist(), split=split)
    assert_same_logits(as_array(found["logits"]), expected)
    # A cell that counts grows far beyond 1, and its rounding with it.
    np.testing.assert_allclose(np.reshape(found["cells"], cells.shape), cells, rtol=1e-5, atol=1e-5)
    surprise = in_bits(log_probabilities(expected, ids))
    np.testing.assert_allclose(found["surprise"], surprise, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["tiny", DEFAULT_MODEL])
def test_the_bundled_models(page, load, name):
    model = load_safetensors(bundled_files()[name])
    told = load(name)
    assert told["card"] == model.card
    text = model.card["samples"]["by_rng"][0][:60]
    ids = model.encode(text)
    expected = Engine(model.weights, model.unused_ids).lane().read(np.array(ids))
    found = [as_array(rows)[0] for rows in page.ask("steps", ids=[[number] for number in ids])]
    assert_same_logits(found, expected)
