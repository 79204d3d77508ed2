"""The loss of a finished model on a text, from the project's own engine."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.blas import single_thread
from lstm_widget.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lstm_widget.model import CharLSTM


def mean_loss(model: CharLSTM, ids: Sequence[int]) -> float:
    """Return the mean of -log p(character | all before it), in nats per character.

    Parameters
    ----------
    ids : sequence of int
        At least two; the first one is only read, not scored.
    """
    lane = Engine(model.weights).lane()
    total = 0.0
    with single_thread:
        for current, following in pairwise(ids):
            logits = lane.step(current).astype(np.float64)
            highest = logits.max()
            total += highest + np.log(np.exp(logits - highest).sum()) - logits[following]
    return float(total / (len(ids) - 1))
