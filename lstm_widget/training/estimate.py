"""How long a training is going to take, before it begins: a rough guess.

From the size of the text, and how fast this machine learns.
"""

from __future__ import annotations

import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lstm_widget.errors import LSTMError
from lstm_widget.training.held_out import validation_length
from lstm_widget.training.reading import parts_of
from lstm_widget.training.settings import settings_for

if TYPE_CHECKING:
    from lstm_widget.training.reading import Source
    from lstm_widget.training.settings import ChosenSettings, TrainingSettings

LONG = 20 * 60.0  # seconds, from which a shorter run is offered
SHORTER = 10 * 60.0  # what that takes, about
_CHARACTERS = 80  # different ones, of a text that is not read yet
_LENGTH = 16  # of the sequences that are tried


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
    """Return how long a new model takes; `None` if there is no telling, as with a graphics card.

    Takes seconds, most of them for loading PyTorch.

    Raises
    ------
    ImportError
        If PyTorch is missing.
    """
    if shutil.which("nvidia-smi") or (platform.system() == "Darwin" and platform.machine() == "arm64"):
        return None
    try:
        characters = sum(one.stat().st_size if isinstance(one, Path) else len(one) for one in parts_of(text))
        chosen = settings_for(settings, characters)
    except (LSTMError, OSError):  # the training says what is wrong
        return None
    learnt = characters - validation_length(characters)
    updates = chosen.epochs * learnt / (chosen.batch_size * chosen.sequence_length)
    return Estimate(updates * _seconds_per_update(chosen), chosen.epochs)


def _seconds_per_update(chosen: ChosenSettings) -> float:
    """Measure a short update, as fast as this machine is at the moment."""
    # PyTorch takes seconds to load.
    import torch  # noqa: PLC0415

    from lstm_widget.training.network import new_network  # noqa: PLC0415
    from lstm_widget.training.precision import faster_precision, seconds_to_learn  # noqa: PLC0415

    network, precision = new_network(_CHARACTERS, chosen), chosen.precision
    if precision == "auto":
        precision = faster_precision(network, torch.device("cpu"))
    length = min(_LENGTH, chosen.sequence_length)
    short = seconds_to_learn(network, precision, (chosen.batch_size, length))
    return short * chosen.sequence_length / length
