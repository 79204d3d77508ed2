"""The yardstick of the training, benchmarks/ngram.py: against sums by hand and the numbers of others."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "ngram.py"
SHAKESPEARE = ROOT.parent / "shared" / "corpora" / "shakespeare.txt"


@pytest.fixture(scope="module")
def ngram():
    # The folder of the benchmarks is no package, and their names are too plain for sys.path.
    spec = importlib.util.spec_from_file_location("benchmark_ngram", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
def test_probabilities_are_those_found_by_hand(ngram, order, context, character):
    found = ngram.WittenBell("abaac", 4, order).probability(context, character)
    assert found == pytest.approx(float(BY_HAND[order, context, character]), rel=1e-12)


def test_the_loss_is_the_mean_over_the_validation_text(ngram):
    # d after nothing, a after d, b after da (of which only a is known).
    product = Fraction(3, 32) * Fraction(15, 32) * Fraction(53, 192)
    found = ngram.witten_bell_loss("abaac", "dab", 3)
    assert found == pytest.approx(-math.log(product) / 3, rel=1e-12)


def test_without_training_all_characters_are_as_likely(ngram):
    assert ngram.witten_bell_loss("", "abcdd", 3) == pytest.approx(math.log(4), rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("context", ["", "l", "ll", "hello", "o", "xyz", "xhell"])
def test_probabilities_sum_to_one(ngram, order, context):
    model = ngram.WittenBell("hello hello, yellow fellow", len("helo ,ywfxz"), order)
    found = [model.probability(context, character) for character in "helo ,ywfxz"]
    assert min(found) > 0
    assert math.fsum(found) == pytest.approx(1, rel=1e-12)


def test_senseless_settings_are_refused(ngram):
    with pytest.raises(ValueError, match="at least one character, but order is 0"):
        ngram.witten_bell_loss("abc", "abc", 0)
    with pytest.raises(ValueError, match="no text to foretell"):
        ngram.witten_bell_loss("abc", "", 3)


# shared/corpora/README.md, computed by somebody else.
@pytest.mark.parametrize(("order", "loss"), [(3, 2.049), (5, 1.669)])
def test_the_losses_of_shakespeare_are_the_known_ones(ngram, order, loss):
    if not SHAKESPEARE.is_file():
        pytest.skip(f"Shakespeare's text is not on this machine: there is no {SHAKESPEARE}.")
    text = SHAKESPEARE.read_bytes().decode()
    split = int(0.9 * len(text))
    assert ngram.witten_bell_loss(text[:split], text[split:], order) == pytest.approx(loss, abs=0.0005)


def test_the_command_prints_a_line_for_each_order(tmp_path):
    file = tmp_path / "text.txt"
    file.write_bytes(b"to be\r\n" * 20)
    command = [sys.executable, SCRIPT, file, "--share", "0.5"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    # The training reads a line end of two characters as one.
    assert lines[0] == "60 characters to count, 60 to foretell, 6 different"
    assert [line.split()[0] for line in lines[1:]] == ["3-gram", "4-gram", "5-gram", "6-gram"]
