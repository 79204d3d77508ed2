"""What the page and the kernel say to each other.

The twin of ``js/src/messages.ts``; change both together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from lstm_widget.settings import SettingNames

Reason = Literal["finished", "stopped"]
Status = Literal["ready", "writing", "finished", "stopped", "failed"]


class Hello(TypedDict):
    """From the page: say whether anybody is there."""

    type: Literal["hello"]


class Start(TypedDict):
    """From the page: begin; the settings travel along, so that no trait update can be late."""

    type: Literal["start"]
    run: str
    settings: SettingNames


class Resume(TypedDict):
    """From the page: write this text on, until it has `length` characters.

    It is always answered with `Begin`, so that what is still under way from before can be told apart.
    """

    type: Literal["resume"]
    run: str
    length: int


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


class Clear(TypedDict):
    """From the page: end the run, if there is one, and forget its text."""

    type: Literal["clear"]


class Here(TypedDict):
    """To the page: the answer to `Hello`."""

    type: Literal["here"]


class Begin(TypedDict):
    """To the page: a run has begun, or goes on behind the first `position` characters.

    The seed is without the characters that the model does not know.
    """

    type: Literal["begin"]
    run: str
    seed: str
    position: int


class Chunk(TypedDict):
    """To the page: the characters from `position` on, `count` of them; `pull` is None from a cell.

    `temperatures` are the changes among them, as in the receipt. `bits` is the surprise of the whole
    text up to their end: -log2 of its probability at temperature 1.
    """

    type: Literal["chunk"]
    run: str
    pull: str | None
    position: int
    count: int
    text: str
    temperatures: list[tuple[int, float]]
    bits: float


class End(TypedDict):
    """To the page: the run is over, and this reproduces it."""

    type: Literal["end"]
    run: str
    reason: Reason
    receipt: dict[str, Any]


class Cleared(TypedDict):
    """To the page: there is no text any more."""

    type: Literal["cleared"]


class Error(TypedDict):
    """To the page: the run cannot go on; one sentence for a person, a traceback goes to the log."""

    type: Literal["error"]
    run: str
    message: str


Reply = Here | Begin | Chunk | End | Cleared | Error


class State(TypedDict, total=False):
    """What lasts of a run, for the traits."""

    status: Status
    error: str
    text: str
    receipt: dict[str, Any]


_SURROGATE = re.compile("[\ud800-\udfff]")


def sendable(value: Any) -> Any:  # noqa: ANN401 - any JSON data
    """Return a message with a sign in the place of half characters, which no text on the wire can hold."""
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {sendable(key): sendable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [sendable(one) for one in value]
    return value
