"""How well counted character n-grams predict a text: a baseline for a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def witten_bell(
    training: NDArray[np.integer[Any]], validation: NDArray[np.integer[Any]], vocab_size: int, order: int
) -> NDArray[np.float64]:
    """Return the probabilities that n-grams with interpolated Witten-Bell smoothing give to a text.

    The probability of the character c after the n - 1 characters h, of which h' is all but the first, is ::

        p_n(c | h) = (count(h c) + T(h) p_(n-1)(c | h')) / (count(h) + T(h))

    where count(h) is how often the training text goes on after h, and T(h) with how many different
    characters. Below p_1 is the uniform distribution over the vocabulary. After an h that is unknown p_n
    is p_(n-1). The first characters of the validation text have only those before them for a context.

    Parameters
    ----------
    training : ndarray of int, shape (n,)
        The ids of the text to count; it may be empty.
    validation : ndarray of int, shape (m,)
        Those of the text to predict.
    vocab_size : int
        How many characters there are; every id is below it.
    order : int
        The length of the longest n-grams, the character that is predicted among them; 1 or more.

    Returns
    -------
    ndarray of float64, shape (order, m)
        The probability of each character: in the first row by 1-grams, in the last by those of `order`.

    Raises
    ------
    ValueError
        If the order is less than 1.

    Notes
    -----
    The weights are method C of I. H. Witten and T. C. Bell, "The zero-frequency problem: estimating the
    probabilities of novel events in adaptive text compression", IEEE Transactions on Information Theory
    37(4), 1991. The interpolated form is that of S. F. Chen and J. Goodman, "An empirical study of smoothing
    techniques for language modeling", Harvard University, TR-10-98, 1998.
    """
    if order < 1:
        msg = f"An n-gram has at least one character, but order is {order}."
        raise ValueError(msg)
    training, validation = training.astype(np.int64), validation.astype(np.int64)
    # Every n-gram of the training text has a number, from which those of the longer ones are made:
    # a number times the vocabulary is far below 2**63, whatever the order. Here is that of the empty one.
    numbers = np.zeros(len(training) + 1, dtype=np.int64)
    # The same for the n-gram that begins at each place of the validation text; -1 if it is unknown.
    known = np.zeros(len(validation) + 1, dtype=np.int64)
    kinds_before = 1  # n-grams of one character less
    found = np.full(len(validation), 1 / vocab_size)
    rows = []
    for length in range(1, order + 1):
        contexts, contexts_known = numbers[:-1], known[:-1]
        keys = contexts * vocab_size + training[length - 1 :]
        grams, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        numbers = inverse.astype(np.int64)
        followed = np.bincount(contexts, minlength=kinds_before)
        kinds = np.bincount(grams // vocab_size, minlength=kinds_before)

        keys = contexts_known * vocab_size + validation[length - 1 :]
        places = np.searchsorted(grams, keys)
        is_known = contexts_known >= 0
        is_known[is_known] = np.isin(keys[is_known], grams)
        count = np.zeros(len(keys), dtype=np.int64)
        count[is_known] = counts[places[is_known]]
        known = np.where(is_known, places, -1)

        # A context that is unknown, or only ends the training text, is not counted.
        seen = contexts_known >= 0
        seen[seen] = followed[contexts_known[seen]] > 0
        context = contexts_known[seen]
        found = found.copy()
        tail = found[length - 1 :]
        tail[seen] = (count[seen] + kinds[context] * tail[seen]) / (followed[context] + kinds[context])
        rows.append(found)
        kinds_before = len(grams)
    return np.stack(rows)


def witten_bell_losses(
    training: NDArray[np.integer[Any]], validation: NDArray[np.integer[Any]], vocab_size: int, order: int
) -> list[float]:
    """Return how well n-grams of 1 to `order` characters predict a text; see `witten_bell`.

    Returns
    -------
    list of float
        The mean negative log-probability of each order, in nats per character.

    Raises
    ------
    ValueError
        If the order is less than 1 or there is nothing to predict.
    """
    if not len(validation):
        msg = "There is no text to predict: give a validation text of one character or more."
        raise ValueError(msg)
    losses: list[float] = (
        -np.log(witten_bell(training, validation, vocab_size, order)).mean(axis=1)
    ).tolist()
    return losses
