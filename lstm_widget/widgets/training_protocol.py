"""Every message between the kernel and the page of `TrainingView`, and the traits that both see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict

from lstm_widget.widgets.protocol import Hello, Here, Partial

if TYPE_CHECKING:
    from lstm_widget.training.baselines import Baseline
    from lstm_widget.widgets.protocol import TrainingBounds

TrainingStatus = Literal["ready", "training", "looking back", "finished", "stopped", "failed"]


class StopTraining(TypedDict):
    """From the page: end here and keep the best model."""

    type: Literal["stop"]


class Shorten(TypedDict):
    """From the page: take the shorter run of the plan."""

    type: Literal["shorten"]


class Plan(TypedDict):
    """About how long a training takes that has not begun, and a shorter one; see `training.estimate`."""

    seconds: float
    epochs: int
    shorter_seconds: float | None
    shorter_epochs: int | None


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


class Point(NamedTuple):
    """The mean loss of all updates since the point before, up to this one."""

    update: int
    bits: float


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
    expected_bits: float | None


class Sample(TypedDict):
    """What the network wrote after an update."""

    update: int
    temperature: float
    seed: str
    text: str


class Tick(TypedDict):
    """To the page: how it goes, and the new points of the curves; the traits follow less often.

    `samples` is empty if there are no new ones.
    """

    type: Literal["tick"]
    now: Now
    training: list[Point]
    validation: list[Point]
    samples: list[Sample]


# What is in the traits.


class Stage(TypedDict):
    """What is known of a stage.

    `bits` is its loss on the beginning of the validation text, `text` what it writes at the temperature of
    the trait `written_at`; both are None if they were not measured. `kept`: this is the model.
    """

    update: int
    kept: bool
    bits: float | None
    text: str | None


class TrainingTraits(TypedDict):
    """The traits of `TrainingView`."""

    temperature: float
    stage: int
    status: TrainingStatus
    error: str
    notes: list[str]
    indented: bool
    plan: Partial[Plan]
    now: Partial[Now]
    training_curve: list[Point]
    validation_curve: list[Point]
    references: list[Baseline]
    samples: list[Sample]
    stages: list[Stage]
    seed: str
    written_at: float
    bounds: TrainingBounds


# All messages.

TrainingToKernel = Hello | StopTraining | Shorten | Write
TrainingFromKernel = Here | Tick | Written | Refused
