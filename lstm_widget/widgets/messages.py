"""What the page and the kernel say to each other.

The twin of ``js/src/kernel/messages.ts``; change both together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from lstm_widget.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import NotRequired

    from lstm_widget.writing.settings import SettingNames

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


class Read(TypedDict):
    """From the page: read the seed only, a text of which nothing is written yet.

    Answered with `Begin` and `End`; it can then be written on.
    """

    type: Literal["read"]
    run: str
    settings: SettingNames


class BranchOff(TypedDict):
    """From the page: write `run` once more with another character at one place, as the text `branch`."""

    type: Literal["branch"]
    run: str
    branch: str
    position: int
    character: str


class Show(TypedDict):
    """From the page: go back to a text of the tree. Answered with `Shown`."""

    type: Literal["show"]
    run: str


class Remove(TypedDict):
    """From the page: forget a text of the tree, with the branches that begin in it."""

    type: Literal["remove"]
    run: str


# A question has an id; what answers it, or the `Error` that refuses it, has the same one.


class Expect(TypedDict):
    """From the page: what comes after this seed? Answered with `Expected`."""

    type: Literal["expect"]
    id: str
    seed: str


class Inspect(TypedDict):
    """From the page: how were these characters chosen? Answered with `Inspected`.

    Positions count from the first character of the seed, as the model reads it.
    """

    type: Literal["inspect"]
    id: str
    run: str
    position: int
    count: int


class Activate(TypedDict):
    """From the page: what did a cell do at these characters? Answered with `Activated`."""

    type: Literal["activate"]
    id: str
    run: str
    layer: int
    unit: int
    position: int
    count: int


class Find(TypedDict):
    """From the page: look for cells that follow something, for a moment. Answered with `Finding`."""

    type: Literal["find"]
    id: str


class Here(TypedDict):
    """To the page: the answer to `Hello`."""

    type: Literal["here"]


class Begin(TypedDict):
    """To the page: a run has begun, or goes on behind the first `position` characters.

    If it is another one than before, the trait `text` has those. The seed is without the characters
    that the model does not know.
    """

    type: Literal["begin"]
    run: str
    seed: str
    position: int


class Chunk(TypedDict):
    """To the page: the characters from `position` on, `count` of them; `pull` is None from a cell.

    `temperatures` are the changes among them, as in the receipt. `bits` is the surprise of the whole
    text up to their end: -log2 of its probability at temperature 1. Before the first one, so many
    characters may be `left` to read.
    """

    type: Literal["chunk"]
    run: str
    pull: str | None
    position: int
    count: int
    text: str
    temperatures: list[tuple[int, float]]
    bits: float
    left: NotRequired[int]


class End(TypedDict):
    """To the page: the run is over, and this reproduces it."""

    type: Literal["end"]
    run: str
    reason: Reason
    receipt: dict[str, Any]


class Shown(TypedDict):
    """To the page: this text of the tree, which is over, is the one that the traits have now."""

    type: Literal["shown"]
    run: str
    written: int


class Cleared(TypedDict):
    """To the page: there is no text any more."""

    type: Literal["cleared"]


class Error(TypedDict):
    """To the page: one sentence for a person; a traceback goes to the log.

    It names the run that cannot go on or cannot begin, or the `id` of the question that is refused.
    """

    type: Literal["error"]
    run: str
    message: str
    id: NotRequired[str]


class Expected(TypedDict):
    """To the page: what comes after the seed; the buffer holds the logits, float32 [V].

    The kernel is never busy for long. Here and in the next two, `left` characters are yet to be read before
    the answer is there: ask again.
    """

    type: Literal["expected"]
    id: str
    model: str
    seed: str
    left: int


class Inspected(TypedDict):
    """To the page: how characters were chosen.

    Buffers: logits float32 [count, V], ids int32, dice float64, temperatures float64 [count]; for the
    characters of the seed, the last two are NaN. `seed` is the number of those, and `placed` are the
    positions, counted as above, of characters that were put there by hand.
    """

    type: Literal["inspected"]
    id: str
    run: str
    position: int
    count: int
    left: int
    seed: int
    placed: list[int]


class Activated(TypedDict):
    """To the page: what a cell did; the buffer holds tanh(c) after each character, float32 [count]."""

    type: Literal["activated"]
    id: str
    run: str
    layer: int
    unit: int
    position: int
    count: int
    left: int


class Finding(TypedDict):
    """To the page: how far the search for cells has come, 0 to 1; at 1 the trait `cells` has them."""

    type: Literal["finding"]
    id: str
    model: str
    done: float


Reply = Here | Begin | Chunk | End | Shown | Cleared | Error | Expected | Inspected | Activated | Finding


class BranchState(TypedDict):
    """A text of the tree; the first one has no parent."""

    run: str
    parent: str | None
    position: int
    character: str
    written: int
    bits: float
    excerpt: str


class State(TypedDict, total=False):
    """What lasts of a run, for the traits."""

    status: Status
    error: str
    text: str
    receipt: dict[str, Any]
    branches: list[BranchState]
    cells: list[dict[str, Any]]


# Longest name of a run, of a pull or of a question.
MAX_NAME = 100

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


def name_in(message: Mapping[str, Any], of: Literal["run", "pull", "branch", "id"]) -> str:
    """Return the name of something in a message of the page, or raise `SettingError`."""
    name = message.get(of)
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
        msg = f"A message to the widget must name its {of}."
        raise SettingError(msg)
    return name


def whole_in(message: Mapping[str, Any], name: str, lowest: int) -> int:
    """Return a whole number in a message of the page, or raise `SettingError`."""
    value = message.get(name)
    if type(value) is not int or value < lowest:
        msg = f"A message to the widget must bring a {name} that is a whole number from {lowest}."
        raise SettingError(msg)
    return value


def text_in(message: Mapping[str, Any], name: Literal["seed", "character"]) -> str:
    """Return a text in a message of the page, or raise `SettingError`."""
    value = message.get(name)
    if not isinstance(value, str):
        msg = f"A message to the widget must bring a {name} that is text."
        raise SettingError(msg)
    return value
