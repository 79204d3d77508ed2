"""What the page of `TemperatureLanes` and the kernel say to each other, besides what is in `messages`.

The twin of ``js/src/kernel/lanes-messages.ts``; change both together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from lstm_widget.widgets.messages import Cleared, Error, Here

if TYPE_CHECKING:
    from lstm_widget.widgets.messages import Chunk, Reason


class LanesSettings(TypedDict):
    """What all lanes have in common."""

    seed: str
    length: int
    top_k: int | None
    top_p: float | None
    rng: int | None


class LaneAsked(TypedDict):
    """A lane as the page has it now. It keeps its name, wherever it stands."""

    name: str
    temperature: float


class LanePulled(LaneAsked):
    """The page has (or has asked for) the characters of this lane before `position`."""

    position: int


class LanesStart(TypedDict):
    """From the page: begin; settings and lanes travel along, so that no trait update can be late."""

    type: Literal["start"]
    run: str
    settings: LanesSettings
    lanes: list[LaneAsked]


class LanesPull(TypedDict):
    """From the page: write each of these lanes until it has `until` characters.

    For at most `budget` milliseconds together, from the next character of each on at its temperature. A
    name that is new begins a lane, with the same dice, at the first character; a lane that is not named
    is written no further. Asking again gives the same characters again. The answer repeats the name
    `pull`, so that the page knows what is still unanswered.
    """

    type: Literal["pull"]
    run: str
    pull: str
    until: int
    budget: float
    lanes: list[LanePulled]


class LanesBegin(TypedDict):
    """To the page: a run has begun, with the dice of this number.

    The seed is without the characters that the model does not know.
    """

    type: Literal["begin"]
    run: str
    seed: str
    rng: int


class LanesChunk(TypedDict):
    """To the page: what has been written of each lane that was asked for; `pull` is None from a cell.

    The chunks are those of texts of their own, with the name of the lane as that of the run.
    """

    type: Literal["lanes"]
    run: str
    pull: str | None
    lanes: list[Chunk]


class LanesEnd(TypedDict):
    """To the page: the run is over."""

    type: Literal["end"]
    run: str
    reason: Reason


LanesReply = Here | LanesBegin | LanesChunk | LanesEnd | Cleared | Error
