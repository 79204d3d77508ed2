"""What the page of `TrainingView` and the kernel say to each other, besides what is in `messages`.

The twin of ``js/src/kernel/training-messages.ts``; change both together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from lstm_widget.widgets.messages import Here

if TYPE_CHECKING:
    from lstm_widget.widgets.curve import Point

TrainingStatus = Literal["ready", "training", "looking back", "finished", "stopped", "failed"]


class StopTraining(TypedDict):
    """From the page: end here and keep the best model."""

    type: Literal["stop"]


class Write(TypedDict):
    """From the page: have a stage, counted from 0, write at this temperature."""

    type: Literal["write"]
    stage: int
    temperature: float


class Written(TypedDict):
    """To the page: what that stage writes after the seed."""

    type: Literal["written"]
    stage: int
    temperature: float
    text: str


class Refused(TypedDict):
    """To the page: what was asked for cannot be done; one sentence for a person."""

    type: Literal["error"]
    message: str


class Now(TypedDict):
    """Where a training is; see `lstm_widget.training.Progress`.

    `training_bits` is the mean since the last point of the curve.
    """

    update: int
    updates: int
    epoch: float
    seconds: float
    seconds_left: float
    characters_per_second: float
    training_bits: float
    best_bits: float | None
    best_update: int | None


class WrittenSample(TypedDict):
    """What the network wrote after an update."""

    update: int
    temperature: float
    seed: str
    text: str


class Tick(TypedDict):
    """To the page: how it goes, and the points that are new in the curves; the traits follow less often."""

    type: Literal["tick"]
    now: Now
    training: list[Point]
    validation: list[Point]
    samples: list[WrittenSample]
    """Empty if there are no new ones."""


class StageState(TypedDict):
    """What is known of a stage.

    `bits` is its loss on the beginning of the validation text, `text` what it writes at the temperature that
    the trait `written_at` tells; both are None if they were not measured. `kept`: this is the model.
    """

    update: int
    kept: bool
    bits: float | None
    text: str | None


Reply = Here | Tick | Written | Refused
