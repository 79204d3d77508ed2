"""Every message between the page and the kernel, and every trait that both see, declared once.

Those of `TrainingView` are in ``training_protocol.py``. ``make protocol`` writes
``js/src/kernel/protocol.ts`` from both. Positions and counts
are in characters as Python counts them (code points).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypedDict, TypeVar

from lstm_widget.writing.receipt import Receipt as WritingReceipt

if TYPE_CHECKING:
    from typing_extensions import NotRequired

    from lstm_widget.writing.settings import Bounds

T = TypeVar("T")

# A dictionary that may also be empty.
Partial = Annotated[T, "or empty"]

Change = tuple[int, float]
"""From this generated character on, counted from 0, the temperature was this one."""

Reason = Literal["finished", "stopped"]
Status = Literal["ready", "writing", "finished", "stopped", "failed"]
Colour = Literal["none", "surprise", "probability", "rank", "cell"]


class Hello(TypedDict):
    """From the page: ask whether the kernel is there."""

    type: Literal["hello"]


class Here(TypedDict):
    """To the page: the answer to `Hello`."""

    type: Literal["here"]


# A run: one text or several, its lanes.


class OfRun(TypedDict):
    """What is about a run, by its name."""

    run: str


class Settings(TypedDict):
    """What all lanes of a run have in common."""

    seed: str
    length: int
    top_k: int | None
    top_p: float | None
    rng: int | None


class LaneAsked(TypedDict):
    """A lane as the page has it now. It keeps its name when others come and go.

    The only lane of `LSTMWidget` is called "text".
    """

    name: str
    temperature: float


class LanePulled(LaneAsked):
    """The page has (or has asked for) the characters of this lane before `position`."""

    position: int


class Start(OfRun):
    """From the page: begin; settings and lanes travel along, so that no trait update can be late.

    With `only_read` the seed is read and nothing is written yet: answered with `Begin` and `End`.
    """

    type: Literal["start"]
    settings: Settings
    lanes: list[LaneAsked]
    only_read: NotRequired[bool]


class Resume(OfRun):
    """From the page: write on, until each lane has `length` characters.

    Always answered with `Begin`, so that what is still under way from before can be recognised.
    """

    type: Literal["resume"]
    length: int


class Pull(OfRun):
    """From the page: write each of these lanes until it has `until` characters.

    For at most `budget` milliseconds together, from the next character of each on at its temperature. A
    name that is new begins a lane, with the same dice, at the first character; a lane that is not named
    is written no further. Asking again gives the same characters again. The answer repeats the name
    `pull`, so that the page knows what is still unanswered.
    """

    type: Literal["pull"]
    pull: str
    until: int
    budget: float
    lanes: list[LanePulled]


class Stop(OfRun):
    """From the page: end here and keep the text."""

    type: Literal["stop"]


class Clear(TypedDict):
    """From the page: end the run, if there is one, and forget its text."""

    type: Literal["clear"]


class Show(OfRun):
    """From the page: go back to a text of the tree. Answered with `Shown`."""

    type: Literal["show"]


class Remove(OfRun):
    """From the page: forget a text of the tree, with the branches that begin in it."""

    type: Literal["remove"]


class Begin(OfRun):
    """To the page: a run has begun with the dice of this number, or goes on.

    The seed is without the characters that the model does not know. Each lane goes on behind its first
    `position` characters, or behind all it has if those are more; if the run is another one than before, the
    trait `text` has them. What answers `BranchOff` has its `id`.
    """

    type: Literal["begin"]
    seed: str
    rng: int
    position: int
    id: NotRequired[str]


class LaneChunk(TypedDict):
    """The characters of a lane from `position` on, `count` of them.

    `temperatures` are the changes among them, as in the receipt. `bits` is the surprise of the whole
    text up to their end: -log2 of its probability at temperature 1. Before the first one, `left`
    characters may be yet to be read.
    """

    name: str
    position: int
    count: int
    text: str
    temperatures: list[Change]
    bits: float
    left: NotRequired[int]


class Chunk(OfRun):
    """To the page: what was written of each lane that was asked for; `pull` is None from a cell."""

    type: Literal["chunk"]
    pull: str | None
    lanes: list[LaneChunk]


class Receipt(WritingReceipt):
    """What reproduces a text, with its surprise and the name of its run."""

    run: str
    bits: float


class End(OfRun):
    """To the page: the run is over, and this reproduces each lane, by its name."""

    type: Literal["end"]
    reason: Reason
    receipts: dict[str, Receipt]


class Shown(OfRun):
    """To the page: this text of the tree, which is over, is the one that the traits have now."""

    type: Literal["shown"]
    written: int


class Cleared(TypedDict):
    """To the page: there is no text any more."""

    type: Literal["cleared"]


class Failure(OfRun):
    """To the page: one sentence for a person; a traceback goes to the log.

    It names the run that cannot go on or cannot begin, or the `id` of the question that is refused.
    """

    type: Literal["error"]
    message: str
    id: NotRequired[str]


# Questions. Each has an id; what answers it, or the `Failure` that refuses it, has the same one.


class BranchOff(TypedDict):
    """From the page: write `run` once more with another character at one place, as the text `branch`.

    Answered with the `Begin` of the branch, which all pages get.
    """

    type: Literal["branch"]
    id: str
    run: str
    branch: str
    position: int
    character: str


class Expect(TypedDict):
    """From the page: what comes after this seed? Answered with `Expected`."""

    type: Literal["expect"]
    id: str
    seed: str


class Span(OfRun):
    """Characters of a run; a question about them, or its answer."""

    id: str
    position: int
    count: int


class Inspect(Span):
    """From the page: how were these characters chosen? Answered with `Inspected`.

    Positions count from the first character of the seed, as the model reads it.
    """

    type: Literal["inspect"]


class Activate(Span):
    """From the page: what did a unit do at these characters? Answered with `Activated`."""

    type: Literal["activate"]
    layer: int
    unit: int


class Find(TypedDict):
    """From the page: look for units that follow something, for a moment. Answered with `Finding`.

    With `cells` the page has found them itself, for the model with that `fingerprint`.
    """

    type: Literal["find"]
    id: str
    cells: NotRequired[list[Cell]]
    fingerprint: NotRequired[str]


class Lend(TypedDict):
    """From the page: hand over a model, so that a slow kernel need not look for units. Answered with `Lent`.

    Bytes are asked for from `position` on.
    """

    type: Literal["lend"]
    id: str
    position: int


class Several(TypedDict):
    """From the page: these messages, one after the other. One is quicker on its way than several."""

    type: Literal["several"]
    messages: list[ToKernel]


class Expected(TypedDict):
    """To the page: what comes after the seed; the buffer holds the logits, float32 [V].

    `vocabulary` has the character of each id, or None: here that of the model that is chosen, in `Inspected`
    that of the model that wrote the text. The kernel is never busy for long. Here and in the next two, `left`
    characters are yet to be read before the answer is there: ask again.
    """

    type: Literal["expected"]
    id: str
    model: str
    seed: str
    left: int
    vocabulary: list[str | None]


class Inspected(Span):
    """To the page: how characters were chosen.

    Buffers, little-endian: logits float32 [count, V], ids int32, dice float64, temperatures float64 [count];
    for the characters of the seed, the last two are NaN. `seed` is the number of those, and `placed` are the
    positions, counted as above, of characters that were put there by hand.
    """

    type: Literal["inspected"]
    left: int
    seed: int
    placed: list[int]
    vocabulary: list[str | None]


class Activated(Span):
    """To the page: what a unit did; the buffer holds tanh(c) after each character, float32 [count]."""

    type: Literal["activated"]
    layer: int
    unit: int
    left: int


class Lent(TypedDict):
    """To the page: a piece of a script that computes in a page, and of the model's file behind it.

    The buffer holds bytes from `position` on. `script` is the size of the script, `size` that of all.
    """

    type: Literal["lent"]
    id: str
    position: int
    script: int
    size: int
    fingerprint: str


class Finding(TypedDict):
    """To the page: how far the search for units has come, 0 to 1; at 1 the trait `cells` has them."""

    type: Literal["finding"]
    id: str
    model: str
    done: float


# What is in the traits.


class Replacement(TypedDict):
    """A place of the seed that is read as something else.

    `used` is empty if the model knows nothing like it.
    """

    position: int
    character: str
    used: str


class ModelChoice(TypedDict):
    """A model to choose."""

    name: str
    title: str


class Branch(TypedDict):
    """A text of the tree; the first one has no parent.

    It leaves its parent at `position` with `character`, where that has `instead`; `excerpt` is how it goes on
    from there, and `before` what is before it.
    """

    run: str
    parent: str | None
    position: int
    character: str
    instead: str
    before: str
    written: int
    bits: float
    excerpt: str


class Cell(TypedDict):
    """A unit that follows something, and the correlation of the two, -1 to 1."""

    layer: int
    unit: int
    follows: str
    correlation: float


class LaneReceipt(Receipt):
    """What reproduces the text of a lane."""

    lane: str


class CommonBounds(TypedDict):
    """The ranges of the settings."""

    temperature: Bounds
    length: Bounds
    speed: Bounds
    top_k: Bounds
    top_p: Bounds
    rng: Bounds


class LanesBounds(CommonBounds):
    """The ranges of the settings of `TemperatureLanes`; `lanes` is that of their number."""

    lanes: Bounds


class TrainingBounds(TypedDict):
    """The ranges of the settings of `TrainingView`."""

    temperature: Bounds


# The traits that the pages see; see the widgets.


class CommonTraits(Settings):
    """The traits of `LSTMWidget` and `TemperatureLanes`; a `speed` of None is as fast as it goes."""

    model: str
    speed: float | None
    status: Status
    error: str
    models: list[ModelChoice]
    card: dict[str, str | float | bool | list[str]]
    locked: list[str]
    presenting: bool
    replacements: list[Replacement]
    bounds: CommonBounds


class Traits(CommonTraits):
    """The traits of `LSTMWidget`. A `what_if` of None is the temperature of the text.

    `units`, `cells` and `cell` are of the model that wrote the text; as long as there is none, of `model`.
    """

    temperature: float
    text: str
    receipt: Partial[Receipt]
    height: float | None
    inside: bool
    pointed: bool
    what_if: float | None
    colour: Colour
    cell: tuple[int, int] | None
    units: list[int]
    branches: list[Branch]
    cells: list[Cell]


class LanesTraits(CommonTraits):
    """The traits of `TemperatureLanes`, from left to right.

    For a moment there may be more or fewer names than temperatures.
    """

    temperatures: list[float]
    names: list[str]
    texts: list[str]
    receipts: list[Partial[LaneReceipt]]
    bounds: LanesBounds  # type: ignore[misc] # one range more


# What a page without a kernel begins with.


class SavedLane(TypedDict):
    """The text of a lane as it was: `ids` are those of its characters, `surprise` is that of each in bits."""

    name: str
    length: int
    temperature: float
    ids: list[int]
    surprise: list[float]
    temperatures: list[Change]
    placed: list[tuple[int, str]]


class SavedTexts(OfRun):
    """A run that is over; `seed` is what the model reads, `parent` what it branches off."""

    given: Settings
    seed: str
    reason: Reason
    parent: str | None
    position: int
    character: str
    lanes: list[SavedLane]


# All messages.

ToKernel = (
    Hello | Start | Resume | Pull | Stop | Clear | Show | Remove
    | BranchOff | Expect | Inspect | Activate | Find | Lend | Several
)  # fmt: skip
FromKernel = (
    Here | Begin | Chunk | End | Shown | Cleared | Failure | Expected | Inspected | Activated | Finding | Lent
)
