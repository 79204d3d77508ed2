"""How long a training is going to take, before it begins: a rough guess.

From the size of the text, and how fast this machine multiplies on one core.
"""

from __future__ import annotations

import platform
import shutil
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lstm_widget.errors import LSTMError
from lstm_widget.network.blas import single_thread
from lstm_widget.training.held_out import validation_length
from lstm_widget.training.reading import parts_of
from lstm_widget.training.settings import settings_for

if TYPE_CHECKING:
    from lstm_widget.training.reading import Source
    from lstm_widget.training.settings import ChosenSettings, TrainingSettings

LONG = 20 * 60.0  # seconds, from which a shorter run is offered
SHORTER = 10 * 60.0  # what that takes, about
_MEASURING = 0.2  # seconds
# Measured: a step of a layer, forwards and backwards on two cores, takes as long as six of its products
# on one.
_PRODUCTS = 6.0


class Estimate(NamedTuple):
    """About how long a training takes, and how many times it reads the text."""

    seconds: float
    epochs: int

    @property
    def shorter(self) -> Estimate | None:
        """A run that takes about ten minutes, if this one is long."""
        epochs = max(1, int(self.epochs * SHORTER / self.seconds))
        if self.seconds < LONG or epochs >= self.epochs:
            return None
        return Estimate(self.seconds * epochs / self.epochs, epochs)


def estimate(text: Source, settings: TrainingSettings) -> Estimate | None:
    """Return how long a new model takes; `None` if there is no telling, as with a graphics card."""
    if shutil.which("nvidia-smi") or (platform.system() == "Darwin" and platform.machine() == "arm64"):
        return None
    try:
        characters = sum(one.stat().st_size if isinstance(one, Path) else len(one) for one in parts_of(text))
        chosen = settings_for(settings, characters)
    except (LSTMError, OSError):  # the training says what is wrong
        return None
    learnt = characters - validation_length(characters)
    updates = chosen.epochs * learnt / (chosen.batch_size * chosen.sequence_length)
    seconds = updates * chosen.sequence_length * (chosen.layers or 1) * _PRODUCTS
    seconds *= single_thread(lambda: _product_seconds(chosen))
    return Estimate(seconds, chosen.epochs)


def _product_seconds(chosen: ChosenSettings) -> float:
    """Measure the product of one step of a layer, as fast as this machine is at the moment."""
    units = chosen.units or 1
    inputs = np.ones((chosen.batch_size, 2 * units), dtype=np.float32)
    weights = np.ones((2 * units, 4 * units), dtype=np.float32)
    result = inputs @ weights  # the first one takes longer
    taken: list[float] = []
    end = time.perf_counter() + _MEASURING
    while not taken or time.perf_counter() < end:
        begun = time.perf_counter()
        np.matmul(inputs, weights, out=result)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)  # others may use the machine, too
