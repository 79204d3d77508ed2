"""What the page and the kernel say to each other.

The twin of ``js/src/messages.ts``; change both together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from lstm_widget.settings import SettingNames

Reason = Literal["finished", "stopped"]
Status = Literal["ready", "writing", "finished", "stopped", "failed"]


class Start(TypedDict):
    """From the page: begin; the settings travel along, so that no trait update can be late."""

    type: Literal["start"]
    run: str
    settings: SettingNames


class Pull(TypedDict):
    """From the page: I have (or have asked for) the characters before `position`; give me more.

    At most `count` characters, for at most `budget` milliseconds, from now on at `temperature`.
    Asking again from the same position gives the same characters again. The answer repeats the name
    `pull`, so that the page knows what is still unanswered.
    """

    type: Literal["pull"]
    run: str
    pull: str
    position: int
    count: int
    budget: float
    temperature: float


class Stop(TypedDict):
    """From the page: end here and keep the text."""

    type: Literal["stop"]
    run: str


class Begin(TypedDict):
    """To the page: a run has begun; the seed is without the characters the model does not know."""

    type: Literal["begin"]
    run: str
    seed: str


class Chunk(TypedDict):
    """To the page: the characters from `position` on, `count` of them; `pull` is None from a cell."""

    type: Literal["chunk"]
    run: str
    pull: str | None
    position: int
    count: int
    text: str


class End(TypedDict):
    """To the page: the run is over, and this reproduces it."""

    type: Literal["end"]
    run: str
    reason: Reason
    receipt: dict[str, Any]


class Error(TypedDict):
    """To the page: the run cannot go on; one sentence for a person, a traceback goes to the log."""

    type: Literal["error"]
    run: str
    message: str


Reply = Begin | Chunk | End | Error


class State(TypedDict, total=False):
    """What lasts of a run, for the traits."""

    status: Status
    error: str
    text: str
    receipt: dict[str, Any]
