"""What the tests of texts being written share: the same, slowly, and what is expected of both."""

from __future__ import annotations

import math

import numpy as np
import pytest

TEXT = "abcdefgh \n<ló"
REAL = [("bolano", "The road"), ("darwin", "On the"), ("itp", "itp"), ("shakespeare", "ROMEO:")]


def refused(error, match):
    """Expect an error whose text is one line."""
    return pytest.raises(error, match=rf"\A[^\n]*{match}[^\n]*\Z")


def slow_text(network, seed, length, temperature, rng, top_k=None, top_p=None):
    """Return what a slow network writes with plain softmax and one die per character.

    `temperature` may be a function of the number of characters so far.
    """
    names = {number: character for character, number in network.model.vocab.items()}
    logits, text = network.read(seed), ""
    for count in range(length):
        heat, u = temperature(count) if callable(temperature) else temperature, rng.random()
        order = sorted(names, key=lambda number: -logits[number])[:top_k]
        shares = [math.exp((logits[number] - logits[order[0]]) / heat) if heat else 0.0 for number in order]
        if not heat:
            shares[0] = 1.0
        if top_p is not None:
            enough = top_p * sum(shares)
            order = order[: 1 + next(n for n in range(len(order)) if sum(shares[: n + 1]) >= enough)]
        point = u * sum(shares[: len(order)])
        chosen = order[next(n for n in range(len(order)) if sum(shares[: n + 1]) > point)]
        text += names[chosen]
        logits = network.step(chosen)
    return text


def softmax(logits, temperature=1.0):
    shares = np.exp((logits - logits.max()) / temperature)
    return shares / shares.sum()


def check_prediction(lstm, logits, temperature=1.0, **near):
    """Assert that the prediction is the softmax of those logits."""
    probabilities = lstm.predict(temperature).probabilities
    shares = softmax(logits, temperature)
    assert probabilities.keys() == lstm.vocab.keys()
    for character, number in lstm.vocab.items():
        assert probabilities[character] == pytest.approx(shares[number], **(near or {"abs": 2e-6}))
