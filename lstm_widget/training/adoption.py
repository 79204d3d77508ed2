"""A model with another vocabulary, so that it can be trained on another text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.network.model import CharLSTM
from lstm_widget.network.weights import LSTMLayer, Weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def with_vocab(model: CharLSTM, vocab: Mapping[str, int], seed: int) -> CharLSTM:
    """Return a model that knows the characters of `vocab`; it writes the ones it knew as before.

    A new character is read like an average one, with a little noise so that several differ, and
    is as unlikely at first as the most unlikely one that is known.

    Parameters
    ----------
    model : CharLSTM
    vocab : mapping of str to int
        Character to id, 0 .. V - 1 without a gap.
    seed : int
        Of the noise.
    """
    rng = np.random.default_rng(seed)
    weights = model.weights
    known = np.array(list(model.vocab.values()))
    new = [character not in model.vocab for character in vocab]
    source = np.array([model.vocab.get(character, known[0]) for character in vocab])
    order = np.array(list(vocab.values()))

    def rows(values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give every character its row."""
        named = values[known]
        taken = values[source].copy()
        shape = (sum(new), *values.shape[1:])
        taken[new] = named.mean(axis=0) + 0.1 * named.std(axis=0) * rng.standard_normal(shape)
        found: NDArray[np.float32] = np.empty_like(taken)
        found[order] = taken
        return found

    first, *others = weights.layers
    embedding = weights.embedding
    if embedding is None:  # one-hot: the kernel's input rows stand for the characters
        kernel = np.concatenate([rows(first.kernel[: first.input_size]), first.kernel[first.input_size :]])
        first = LSTMLayer(kernel, first.bias)
    else:
        embedding = rows(embedding)
    softmax_w, softmax_b = rows(weights.softmax_w.T).T, rows(weights.softmax_b)
    softmax_b[order[new]] = weights.softmax_b[known].min()
    return CharLSTM(Weights((first, *others), softmax_w, softmax_b, embedding), vocab, model.card)
