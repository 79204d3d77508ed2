"""The loss of a finished model on a text, from the project's own engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.engine import Engine
from lstm_widget.scoring import score_blocks

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
    blocks = score_blocks(Engine(model.weights), ids, model.nameless_ids)
    return -float(np.concatenate([found for found, _ in blocks])[1:].mean())
