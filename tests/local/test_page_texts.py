"""The page writes what Python writes, from the same seed with the same settings and dice."""

from __future__ import annotations

import pytest
from comparing import compare

from lstm_widget.formats.safetensors import load_safetensors
from lstm_widget.generator import LSTMGenerator
from lstm_widget.network.bundled import bundled_files

SETTINGS = [
    {"temperature": 0.0},
    {"temperature": 0.6},
    {"temperature": 1.0},
    {"temperature": 1.5, "top_k": 12},
    {"temperature": 1.2, "top_p": 0.9},
]
PUBLISHED = {"bolano": "The road", "darwin": "On the origin of", "itp": "itp", "shakespeare": "ROMEO:"}
LENGTH = 80


def assert_same_text(page, run, rng):
    compared = compare(page, run, rng)
    assert compared.others == []
    assert compared.ranks == 0
    assert max(compared.surprise, compared.probability, compared.entropy) < 1e-4


@pytest.mark.parametrize("rng", range(len(SETTINGS)))
@pytest.mark.parametrize("name", ["tiny", "fairytales"])
def test_bundled_models(page, load, name, rng):
    load(name)
    model = load_safetensors(bundled_files()[name])
    run = LSTMGenerator(model).start(seed="Once upon a ti", length=LENGTH, rng=rng, **SETTINGS[rng])
    run.advance()
    assert_same_text(page, run, rng)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_models(page, load, published, name):
    load(published(name))
    run = LSTMGenerator(published(name)).start(seed=PUBLISHED[name], length=LENGTH, rng=5, temperature=0.8)
    run.advance()
    assert_same_text(page, run, 5)


def test_a_text_with_changes_and_a_letter_by_hand(page, load):
    load("tiny")
    run = LSTMGenerator("tiny").start(seed="Once", length=LENGTH, rng=11, temperature=0.3)
    run.advance(20)
    run.temperature = 1.4
    run.advance(20)
    run.force("q")
    run.temperature = 0.0
    run.advance()
    assert_same_text(page, run.branch(30, "z"), 11)
    assert_same_text(page, run, 11)
