"""A text as the conversation with the page keeps it, and the tree of those that branched off it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from lstm_widget.errors import SettingError
from lstm_widget.writing.receipt import receipt_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lstm_widget.widgets.protocol import Branch, Chunk, End, Failure, LanesEnd, Reason, Receipt
    from lstm_widget.writing.run import Run

MAX_BRANCHES = 100
_EXCERPT = 60  # characters of a branch that its entry shows


class Followed(ABC):
    """What pages follow while it is written; used only with the conversation's lock, but for `wanted`.

    Parameters
    ----------
    name : str
        For the page.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.wanted = True  # set to False from any thread, without the lock: end as soon as possible
        self.ending: End | LanesEnd | Failure | None = None  # what the pages are told, once it is over
        self.told = False  # whether they have been told: an interrupt may come in between

    @property
    def over(self) -> bool:
        """Whether nothing more is written, unless it is resumed."""
        return self.ending is not None

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether all is written that was asked for."""

    @abstractmethod
    def end(self, reason: Reason) -> End | LanesEnd:
        """Return what the pages are told when it is over."""


class Writing(Followed):
    """A run with a name.

    Parameters
    ----------
    name : str
        For the page.
    run : Run
    model : str
        The name of its model.
    given : mapping
        The settings as they were asked for.
    parent : Writing, optional
        The text that it branches off,
    position : int, optional
        at this place,
    character : str, optional
        with this one.
    """

    def __init__(
        self,
        name: str,
        run: Run,
        model: str,
        given: Mapping[str, Any],
        parent: Writing | None = None,
        position: int = 0,
        character: str = "",
    ) -> None:
        super().__init__(name)
        self.run = run
        self.model = model
        self.given = given
        self.parent = parent
        self.position = position
        self.character = character
        self._bits, self._counted = 0.0, 0  # of the first so many characters

    @property
    def finished(self) -> bool:
        """Whether all is written that was asked for."""
        return self.run.finished

    @property
    def text(self) -> str:
        """What is written, without the seed."""
        return "".join(self.run.characters)

    @property
    def receipt(self) -> Receipt:
        """From which the text comes out again, with its surprise and the name of the run."""
        return {**receipt_of(self.run, self.model, self.given["rng"]), "run": self.name, "bits": self.bits}

    @property
    def bits(self) -> float:
        """The surprise of all characters."""
        written = len(self.run.characters)
        self._bits += sum(self.run.surprise[self._counted : written])
        self._counted = written
        return self._bits

    def end(self, reason: Reason) -> End:
        """Return what the pages are told when it is over."""
        return {"type": "end", "run": self.name, "reason": reason, "receipt": self.receipt}

    def chunk(self, position: int, pull: str | None = None) -> Chunk:
        """Return the message with the characters from a position on."""
        characters = self.run.characters[position:]
        chunk: Chunk = {
            "type": "chunk",
            "run": self.name,
            "pull": pull,
            "position": position,
            "count": len(characters),
            "text": "".join(characters),
            "temperatures": [change for change in self.run.temperatures if change[0] >= position],
            "bits": self.bits,
        }
        if not characters and len(self.run.unread) > 1:
            chunk["left"] = len(self.run.unread)
        return chunk


class Tree:
    """The texts that branched off one another, by their names; the first one is the root."""

    def __init__(self) -> None:
        self._writings: dict[str, Writing] = {}

    def plant(self, root: Writing | None) -> None:
        """Begin another tree, or none."""
        self._writings = {} if root is None else {root.name: root}

    def get(self, name: str) -> Writing | None:
        """Return the text of a name, if it is there."""
        return self._writings.get(name)

    def check_room(self) -> None:
        """Raise `SettingError` if there are `MAX_BRANCHES` already."""
        if len(self._writings) > MAX_BRANCHES:
            msg = f"There are {MAX_BRANCHES} branches already: remove some first."
            raise SettingError(msg)

    def add(self, branch: Writing) -> None:
        """Add a branch of one of the texts."""
        self.check_room()
        self._writings[branch.name] = branch

    def below(self, branch: Writing) -> set[str]:
        """Return the names of a branch and of all that branch off it.

        Raises
        ------
        SettingError
            If it is the root.
        """
        if branch.parent is None:
            msg = "The first text has no parent to go back to: clear it instead."
            raise SettingError(msg)
        gone = {branch.name}
        for name, one in list(self._writings.items()):  # parents come before their branches
            if one.parent is not None and one.parent.name in gone:
                gone.add(name)
        return gone

    def remove(self, names: set[str]) -> None:
        """Forget some of the texts."""
        self._writings = {name: one for name, one in self._writings.items() if name not in names}

    @property
    def state(self) -> list[Branch]:
        """What the pages show of it; parents come before their branches."""
        return [
            {
                "run": one.name,
                "parent": None if one.parent is None else one.parent.name,
                "position": one.position,
                "character": one.character,
                "written": len(one.run.characters),
                "bits": one.bits,
                "excerpt": "".join(one.run.characters[one.position : one.position + _EXCERPT])
                or one.character,
            }
            for one in self._writings.values()
        ]
