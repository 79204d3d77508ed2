"""What a training reports, one record per update."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


class Sample(NamedTuple):
    """What the network of the moment writes.

    Attributes
    ----------
    temperature : float
    seed : str
        What it was given; the first characters of the validation text.
    text : str
        What it wrote after that.
    """

    temperature: float
    seed: str
    text: str


@dataclass(frozen=True)
class Progress:
    """Where a training is, after one update of the weights.

    Attributes
    ----------
    update, updates : int
        How many updates are done, and how many there will be if it does not stop early.
    epoch : float
        How many times the training text was read; 1.5 is once and a half.
    characters : int
        How many characters were read for that.
    seconds : float
        How long the training has run, with the parts before it was resumed.
    seconds_left : float
        An estimate.
    characters_per_second : float
        Over the last updates, validations and samples included.
    learning_rate : float
        Of this update.
    training_bits : float
        Loss of this update in bits per character, with dropout.
    validation_bits : float or None
        Loss on the validation text in bits per character; after some updates only.
    best_bits : float or None
        The lowest of these so far; the model of that moment is kept.
    expected_bits : float or None
        About what it will be at the end, after 20 seconds: a guess from the course of the training so far,
        and at first from the size of the text; see `lstm_widget.training.forecast`.
    samples : tuple of Sample
        What the network writes at three temperatures; after some updates only, otherwise empty.
    """

    update: int
    updates: int
    epoch: float
    characters: int
    seconds: float
    seconds_left: float
    characters_per_second: float
    learning_rate: float
    training_bits: float
    validation_bits: float | None = None
    best_bits: float | None = None
    expected_bits: float | None = None
    samples: tuple[Sample, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data, a line of ``log.jsonl``."""
        return asdict(self) | {"samples": [sample._asdict() for sample in self.samples]}
