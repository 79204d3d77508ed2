"""The dice of the page are those of NumPy, and choose the same characters."""

from __future__ import annotations

import numpy as np
import pytest
from page_in_node import Refused

from lstm_widget.network.sampling import choose, explain_each
from lstm_widget.network.scoring import in_bits, log_probabilities

LARGE = [2**31, 2**32 - 1, 2**32, 2**53 - 1, 2**64, 2**96 + 7, 2**128 - 1, 2**160 + 3, 10**60]
TEMPERATURES = [0.0, 1e-10, 0.05, 0.3, 0.6, 1.0, 1.5, 3.0]


@pytest.mark.parametrize("rng", [*range(40), *LARGE])
def test_dice(page, rng):
    assert page.ask("dice", rng=str(rng), count=300) == np.random.default_rng(rng).random(300).tolist()


def test_what_is_no_rng_is_refused(page):
    with pytest.raises(Refused, match=r"^rng must be a whole number from 0, not -1\.$"):
        page.ask("dice", rng="-1", count=1)


@pytest.fixture(scope="module")
def rows():
    """Return rows of logits as models have them, and some with equal ones."""
    random = np.random.default_rng(5)
    smooth = random.normal(0, 5, (60, 90))
    steps = random.integers(-3, 3, (30, 90)) / 2
    steps[:, 7] = -0.0
    wide = random.normal(0, 80, (30, 90))
    return np.concatenate([smooth, steps, wide]).astype(np.float32)


@pytest.mark.parametrize(
    ("top_k", "top_p"), [(None, None), (5, None), (None, 0.9), (20, 0.5), (1, 1.0), (500, 1.0)]
)
@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_choices(page, rows, temperature, top_k, top_p):
    random = np.random.default_rng(6)
    sampling = {"temperature": temperature, "topK": top_k, "topP": top_p}
    dice = [0.0, 1 - 2**-53, *random.random(len(rows) - 2)]
    for logits, die in zip(rows, dice, strict=True):
        expected = choose(logits, temperature, die, top_k, top_p)
        assert page.ask("choose", logits=logits.tolist(), die=die, **sampling) == expected


@pytest.mark.parametrize(("top_k", "top_p"), [(None, None), (5, None), (None, 0.9), (20, 0.5)])
@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_explanations(page, rows, temperature, top_k, top_p):
    ids = np.random.default_rng(7).integers(0, rows.shape[1], len(rows))
    explained = explain_each(rows, ids, np.full(len(ids), temperature), top_k, top_p)
    surprise = in_bits(log_probabilities(rows, ids))
    for logits, number, rank, *expected in zip(rows, ids.tolist(), *explained, surprise, strict=True):
        found = page.ask(
            "explain", logits=logits.tolist(), id=number, temperature=temperature, topK=top_k, topP=top_p
        )
        assert found["rank"] == rank
        values = [found[name] for name in ("probability", "entropy", "surprise")]
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-9)
