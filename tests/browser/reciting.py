"""A model that writes whatever it is told to, for texts that no training gives."""

from __future__ import annotations

import numpy as np

from lstm_widget import CharLSTM, LSTMLayer, Weights

_MANY = 1e4  # of which sigmoid is 1 and tanh is 1


def model_that_writes(script: str, card: dict[str, str] | None = None) -> CharLSTM:
    """Return a model that, at temperature 0, writes a text whose beginning it is given as the seed.

    The first layer, of one unit, counts the characters that it has read, whatever they are. The second has a
    unit for each place of the text, which is on if the count is that one; and that asks for one character.
    """
    vocab = {character: number for number, character in enumerate(dict.fromkeys(script))}
    characters, places = len(vocab), len(script)
    step = 1 / places
    # Blocks i, j, f, o. Each character adds `step` to a cell that forgets nothing: h = tanh(step * count).
    counter = LSTMLayer(np.zeros((characters + 1, 4)), [_MANY, np.arctanh(step), _MANY, _MANY])
    # On from half a step before the count to half a step behind it; the cell forgets all.
    least, most = (np.tanh(step * (np.arange(places) + half)) for half in (-0.5, 0.5))
    gain = _MANY * places
    ones = np.ones(places)
    kernel = np.zeros((1 + places, 4 * places))
    kernel[0] = np.concatenate([gain * ones, 0 * ones, 0 * ones, -gain * ones])
    bias = np.concatenate([-gain * least, _MANY * ones, -_MANY * ones, gain * most])
    softmax_w = np.zeros((places, characters))
    softmax_w[np.arange(places), [vocab[character] for character in script]] = 100
    layers = (counter, LSTMLayer(kernel, bias))
    return CharLSTM(Weights(layers, softmax_w, np.zeros(characters)), vocab, card)
