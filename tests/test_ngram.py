"""The yardstick of the training, counted n-grams: against sums by hand and the numbers of others."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from lstm_widget.training.ngram import witten_bell, witten_bell_losses

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "ngram.py"
SHAKESPEARE = ROOT.parent / "shared" / "corpora" / "shakespeare.txt"


def ids(text, vocabulary="abcd"):
    return np.array([vocabulary.index(character) for character in text], dtype=np.uint8)


# "abaac", with the vocabulary a, b, c, d. Alone: a 3 times, b and c once each, so T = 3 and
# p(a) = (3 + 3/4) / 8 = 15/32, p(b) = p(c) = (1 + 3/4) / 8 = 7/32, p(d) = (0 + 3/4) / 8 = 3/32.
# After a come b, a, c, each once, so T = 3 and p(x | a) = (1 + 3 p(x)) / 6, without the 1 for d.
# After b comes a, once, so T = 1 and p(x | b) = p(x) / 2, and 1/2 more for a. After c comes nothing.
# After aa comes c, once: p(x | aa) = p(x | a) / 2, and 1/2 more for c. Nothing is known of ca.
BY_HAND = {
    (1, "", "a"): Fraction(15, 32),
    (1, "", "d"): Fraction(3, 32),
    (1, "b", "b"): Fraction(7, 32),
    (2, "", "a"): Fraction(15, 32),
    (2, "a", "b"): Fraction(53, 192),
    (2, "a", "d"): Fraction(9, 192),
    (2, "b", "a"): Fraction(47, 64),
    (2, "c", "a"): Fraction(15, 32),
    (2, "d", "a"): Fraction(15, 32),
    (2, "aa", "c"): Fraction(53, 192),
    (3, "a", "b"): Fraction(53, 192),
    (3, "aa", "c"): Fraction(245, 384),
    (3, "aa", "d"): Fraction(9, 384),
    (3, "ca", "b"): Fraction(53, 192),
    (3, "baa", "c"): Fraction(245, 384),
}


@pytest.mark.parametrize(("order", "context", "character"), BY_HAND)
def test_probabilities_are_those_found_by_hand(order, context, character):
    found = witten_bell(ids("abaac"), ids(context + character), 4, order)
    assert found.shape == (order, len(context) + 1)
    assert found[-1, -1] == pytest.approx(float(BY_HAND[order, context, character]), rel=1e-12)


def test_the_loss_is_the_mean_over_the_validation_text():
    # d after nothing, a after d, b after da (of which only a is known).
    product = Fraction(3, 32) * Fraction(15, 32) * Fraction(53, 192)
    found = witten_bell_losses(ids("abaac"), ids("dab"), 4, 3)
    assert found[2] == pytest.approx(-math.log(product) / 3, rel=1e-12)


def test_without_training_all_characters_are_as_likely():
    found = witten_bell_losses(ids(""), ids("abcdd"), 4, 3)
    assert found == pytest.approx([math.log(4)] * 3, rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("context", ["", "l", "ll", "hello", "o", "xyz", "xhell"])
def test_probabilities_sum_to_one(order, context):
    vocabulary = "helo ,ywfxz"
    training = ids("hello hello, yellow fellow", vocabulary)
    found = [
        witten_bell(training, ids(context + character, vocabulary), len(vocabulary), order)[-1, -1]
        for character in vocabulary
    ]
    assert min(found) > 0
    assert math.fsum(found) == pytest.approx(1, rel=1e-12)


def slow_probability(grams, vocab_size, context, character):
    """Return p(character | context) by the formula, from the counts of all n-grams as texts."""
    if context is None:
        return 1 / vocab_size
    below = slow_probability(grams, vocab_size, context[1:] if context else None, character)
    after = {gram[-1]: count for gram, count in grams.items() if gram[:-1] == context}
    if not after:
        return below
    return (after.get(character, 0) + len(after) * below) / (sum(after.values()) + len(after))


@pytest.mark.parametrize("seed", range(5))
def test_the_probabilities_are_those_of_the_formula(seed):
    dice = random.Random(seed)  # noqa: S311 - no secret
    vocabulary, order = "abcde", 4
    training = "".join(dice.choices(vocabulary[:4], [8, 4, 2, 1], k=dice.choice([1, 3, 60])))
    validation = "".join(dice.choices(vocabulary, [8, 4, 2, 1, 1], k=40))
    found = witten_bell(ids(training, vocabulary), ids(validation, vocabulary), 5, order)
    grams = Counter(
        training[start : start + length]
        for length in range(1, order + 1)
        for start in range(len(training) - length + 1)
    )
    for number in range(order):
        expected = [
            slow_probability(grams, 5, validation[max(0, here - number) : here], character)
            for here, character in enumerate(validation)
        ]
        assert found[number].tolist() == pytest.approx(expected, rel=1e-12)


def test_a_large_vocabulary_overflows_nothing():
    numbers = np.random.default_rng(0).integers(1_000_000, 1_100_000, 3000)
    training, validation = numbers[:2900], numbers[2800:]  # some is known by heart
    large = witten_bell(training, validation, 1_114_112, 5)
    _, small = np.unique(numbers, return_inverse=True)
    # The same with small ids; only the uniform distribution below all the others is another one.
    same = witten_bell(small[:2900], small[2800:], 1_114_112, 5)
    np.testing.assert_allclose(large, same, rtol=1e-12)


def test_senseless_settings_are_refused():
    with pytest.raises(ValueError, match="at least one character, but order is 0"):
        witten_bell(ids("abc"), ids("abc"), 4, 0)
    with pytest.raises(ValueError, match="no text to predict"):
        witten_bell_losses(ids("abc"), ids(""), 4, 3)


# shared/corpora/README.md, computed by somebody else.
def test_the_losses_of_shakespeare_are_the_known_ones():
    if not SHAKESPEARE.is_file():
        pytest.skip(f"Shakespeare's text is not on this machine: there is no {SHAKESPEARE}.")
    text = SHAKESPEARE.read_bytes().decode()
    numbers = ids(text, sorted(set(text)))
    split = int(0.9 * len(text))
    losses = witten_bell_losses(numbers[:split], numbers[split:], len(set(text)), 5)
    assert losses[2] == pytest.approx(2.049, abs=0.0005)
    assert losses[4] == pytest.approx(1.669, abs=0.0005)


def test_the_command_prints_a_line_for_each_order(tmp_path):
    file = tmp_path / "text.txt"
    file.write_bytes(b"to be\r\n" * 20)
    command = [sys.executable, SCRIPT, file, "--share", "0.5"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    # The training reads a line end of two characters as one.
    assert lines[0] == "60 characters to count, 60 to predict, 6 different"
    assert [line.split()[0] for line in lines[1:]] == ["3-gram", "4-gram", "5-gram", "6-gram"]
