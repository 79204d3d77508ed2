"""Baselines: the losses that are reached without a network, on the same text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from lstm_widget.training.ngram import witten_bell_losses

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Characters: more would take too long.
MOST_COUNTED = 3_000_000
MOST_PREDICTED = 300_000

_NAMES = {1: "letter frequencies", 2: "2-gram", 3: "3-gram", 5: "5-gram"}


class Baseline(TypedDict):
    """A line in the chart of a training.

    `name` is short, `meaning` a sentence, and `bits` the loss in bits per character.
    """

    name: str
    meaning: str
    bits: float


def baselines(
    training: NDArray[np.unsignedinteger], validation: NDArray[np.unsignedinteger], vocab_size: int
) -> list[Baseline]:
    """Return what guessing and counting achieve, the worst first as a rule.

    Parameters
    ----------
    training, validation : ndarray of int
        The two parts of the text as ids. Of large ones only the beginning is counted and predicted,
        and the names then say so.
    vocab_size : int
        Number of different characters.
    """
    counted: NDArray[Any] = np.asarray(training[:MOST_COUNTED])
    predicted: NDArray[Any] = np.asarray(validation[:MOST_PREDICTED])
    losses = witten_bell_losses(counted, predicted, vocab_size, max(_NAMES))
    is_part = len(counted) < len(training) or len(predicted) < len(validation)
    part = " (part)" if is_part else ""
    where = (
        f"on the first {len(counted):,} characters of the training text, "
        f"for the first {len(predicted):,} of the validation text"
        if is_part
        else "on the training text"
    )
    found: list[Baseline] = [
        {
            "name": "guessing evenly",
            "meaning": f"Each of the {vocab_size} characters is as likely as any other.",
            "bits": math.log2(vocab_size),
        }
    ]
    for order, name in _NAMES.items():
        before = {1: ", regardless of the ones before it", 2: " after the one before it"}
        after = before.get(order, f" after the {order - 1} before it")
        meaning = f"How often each character comes{after}, counted {where}."
        found.append({"name": f"{name}{part}", "meaning": meaning, "bits": losses[order - 1] / math.log(2)})
    return found
