"""How well a model of character n-grams foretells a text: what a trained network has to beat.

    python benchmarks/ngram.py TEXT [--share 0.9]

The first part of the text is counted, the rest is foretold, with Witten-Bell smoothing and orders 3 to 6.
An n-gram has n characters, the one that is foretold among them: a 5-gram model sees four.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from pathlib import Path

ORDERS = range(3, 7)


class WittenBell:
    """The counts of a text and the probabilities that follow from them; see `witten_bell_loss`.

    Parameters
    ----------
    training
        The text to count; it may be empty.
    vocab_size
        How many characters there are, those included that the training text lacks.
    order
        The length of the longest n-grams, 1 or more.
    """

    def __init__(self, training: str, vocab_size: int, order: int) -> None:
        if order < 1:
            message = f"An n-gram has at least one character, but order is {order}."
            raise ValueError(message)
        self.vocab_size = vocab_size
        self.order = order
        self.counts: Counter[str] = Counter()
        """How often each n-gram of up to `order` characters occurs."""
        for length in range(1, order + 1):
            last = len(training) - length
            self.counts.update(training[start : start + length] for start in range(last + 1))
        self.followed: Counter[str] = Counter()
        """How often each context is followed by a character; the end of the text follows nothing."""
        self.kinds: Counter[str] = Counter()
        """How many different characters follow each context."""
        for gram, count in self.counts.items():
            self.followed[gram[:-1]] += count
            self.kinds[gram[:-1]] += 1

    def probability(self, context: str, character: str) -> float:
        """Return the probability of a character of the vocabulary after a context of any length."""
        found = 1 / self.vocab_size
        for length in range(min(self.order, len(context) + 1)):
            known = context[len(context) - length :]
            followed, kinds = self.followed[known], self.kinds[known]
            if not followed:
                break  # Neither is any longer context.
            found = (self.counts[known + character] + kinds * found) / (followed + kinds)
        return found


def witten_bell_loss(training: str, validation: str, order: int) -> float:
    """Return how well n-grams with interpolated Witten-Bell smoothing foretell a text.

    The probability of the character c after the n - 1 characters h, of which h' is all but the first, is ::

        p_n(c | h) = (count(h c) + T(h) p_(n-1)(c | h')) / (count(h) + T(h))

    where count(h) is how often the training text goes on after h, and T(h) with how many different
    characters. Below p_1 is the uniform distribution over the vocabulary, which is that of both texts.
    After an h that is unknown p_n is p_(n-1). The first characters of the validation text have
    only those before them for a context.

    Parameters
    ----------
    training
        The text to count.
    validation
        The text to foretell, one character or more.
    order
        n, the length of the n-grams with the character that is foretold; 1 or more.

    Returns
    -------
    float
        The mean negative log-probability, in nats per character.

    Raises
    ------
    ValueError
        If the order is less than 1 or there is nothing to foretell.

    Notes
    -----
    The weights are method C of I. H. Witten and T. C. Bell, "The zero-frequency problem: estimating the
    probabilities of novel events in adaptive text compression", IEEE Transactions on Information Theory
    37(4), 1991. The interpolated form is that of S. F. Chen and J. Goodman, "An empirical study of smoothing
    techniques for language modeling", Harvard University, TR-10-98, 1998.
    """
    if not validation:
        message = "There is no text to foretell: give a validation text of one character or more."
        raise ValueError(message)
    model = WittenBell(training, len({*training, *validation}), order)
    return -math.fsum(
        math.log(model.probability(validation[max(0, here - order + 1) : here], character))
        for here, character in enumerate(validation)
    ) / len(validation)


def main() -> None:
    """Print the losses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("text", metavar="TEXT", type=Path, help="a file in UTF-8")
    parser.add_argument("--share", type=float, default=0.9, help="of the text to count (%(default)s)")
    options = parser.parse_args()
    if not 0 <= options.share < 1:
        parser.error(f"--share must be at least 0 and less than 1, not {options.share}.")
    # As the training reads it: every line ends in a line feed, which is one character.
    text = options.text.read_text(encoding="utf-8-sig")
    split = int(options.share * len(text))
    print(f"{split:,} characters to count, {len(text) - split:,} to foretell, {len(set(text))} different")
    for order in ORDERS:
        loss = witten_bell_loss(text[:split], text[split:], order)
        print(f"  {order}-gram {loss:6.3f} nats per character", flush=True)


if __name__ == "__main__":
    main()
