"""The texts of `LSTMWidget`: a session of one lane, the tree of its branches, and the look inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lstm_widget.errors import SettingError
from lstm_widget.inspection.trace import Trace, trace
from lstm_widget.widgets.checks import name_in, text_in, whole_in
from lstm_widget.widgets.questions import Questions
from lstm_widget.widgets.session import Session, begin_message, status_of
from lstm_widget.widgets.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.widgets.checks import Lane
    from lstm_widget.widgets.protocol import Branch

TEXT = "text"  # the name of the only lane
MAX_BRANCHES = 100
_EXCERPT = 60  # characters of a branch that its entry shows


class Tree:
    """The texts that branched off one another, by their names; the first one is the root."""

    def __init__(self) -> None:
        self._texts: dict[str, Texts] = {}

    def plant(self, root: Texts | None) -> None:
        """Begin another tree, or none."""
        self._texts = {} if root is None else {root.name: root}

    def get(self, name: str) -> Texts | None:
        """Return the text of a name, if it is there."""
        return self._texts.get(name)

    def check_room(self) -> None:
        """Raise `SettingError` if there are `MAX_BRANCHES` already."""
        if len(self._texts) > MAX_BRANCHES:
            msg = f"There are {MAX_BRANCHES} branches already: remove some first."
            raise SettingError(msg)

    def add(self, branch: Texts) -> None:
        """Add a branch of one of the texts."""
        self.check_room()
        self._texts[branch.name] = branch

    def below(self, branch: Texts) -> set[str]:
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
        for name, one in list(self._texts.items()):  # parents come before their branches
            if one.parent is not None and one.parent.name in gone:
                gone.add(name)
        return gone

    def remove(self, names: set[str]) -> None:
        """Forget some of the texts."""
        self._texts = {name: one for name, one in self._texts.items() if name not in names}

    @property
    def state(self) -> list[Branch]:
        """What the pages show of it; parents come before their branches."""
        return [
            {
                "run": one.name,
                "parent": None if one.parent is None else one.parent.name,
                "position": one.position,
                "character": one.character,
                "written": len(one.only.run.characters),
                "bits": one.only.bits,
                "excerpt": "".join(one.only.run.characters[one.position : one.position + _EXCERPT])
                or one.character,
            }
            for one in self._texts.values()
        ]


class BranchingSession(Session):
    """A session of one lane. A new text forgets the branches of the one before; see `Session`."""

    def __init__(
        self,
        model: Callable[[], tuple[str, LSTMGenerator]],
        send: Callable[..., None],
        publish: Callable[[Mapping[str, Any]], None],
        kept: Callable[[], Mapping[str, Any]],
        wrote: Callable[[str], None],
    ) -> None:
        super().__init__(model, send, publish, kept, wrote)
        self.tree = Tree()
        self.questions = Questions(model)
        self._answers |= {
            "show": lambda message: self.show(name_in(message, "run")),
            "remove": lambda message: self.remove(name_in(message, "run")),
            "branch": self._branch_for_page,
            "expect": lambda message: self._send(*self.questions.expected(message)),
            "inspect": self._inspect,
            "activate": self._inspect,
            "find": self._find,
        }

    # What a page asks for.

    def _lanes_in(self, message: Mapping[str, Any]) -> list[tuple[Lane, Mapping[str, Any]]]:
        lanes = super()._lanes_in(message)
        if lanes[0][0].name != TEXT:
            msg = f"The only lane of this widget has the name {TEXT!r}."
            raise SettingError(msg)
        return lanes

    def _branch_for_page(self, message: Mapping[str, Any]) -> None:
        question, name = name_in(message, "id"), name_in(message, "branch")
        begun = self.tree.get(name)
        if begun is None:
            parent, position = self._of_the_tree(name_in(message, "run")), whole_in(message, "position", 0)
            self.branch(parent, position, text_in(message, "character"), name, question)
        else:  # asked twice
            self._lock.hold(lambda: self._begin_again(begun, question))

    def _begin_again(self, texts: Texts, question: str) -> None:
        if texts is not self.current:
            raise SettingError(self._gone)
        self._send(begin_message(texts, texts.position, question))
        self._end_again(texts)

    def _inspect(self, message: Mapping[str, Any]) -> None:
        texts = self._of_the_tree(name_in(message, "run"))
        answer = self.questions.inspected if message["type"] == "inspect" else self.questions.activated
        self._lock.hold(lambda: self._send(*answer(message, texts)))

    def _find(self, message: Mapping[str, Any]) -> None:
        finding, cells = self.questions.finding(message)
        if cells is not None:
            self._publish({"cells": [cell._asdict() for cell in cells]})
        self._send(finding)

    def _of_the_tree(self, name: str) -> Texts:
        texts = self.tree.get(name)
        if texts is None:
            raise SettingError(self._gone)
        return texts

    # What a page or a cell asks for.

    def branch(
        self, parent: Texts, position: int, character: str, name: str, question: str | None = None
    ) -> Texts:
        """Begin a text with another character at one place; see `Run.branch`.

        Raises
        ------
        SettingError
            If there is no such place or character, or no room; all stays as it is.
        """
        run = parent.only.run
        run.check_branch(position, character)
        self.tree.check_room()

        def begin() -> Texts:
            branch = run.begin_branch(position, character)
            texts = Texts(name, parent.model, parent.given, branch, TEXT, parent, position, character)
            self.tree.add(texts)
            self._replace(texts)
            self._begin(texts, position, question)
            return texts

        self._let_go()
        return self._lock.hold(begin)

    def show(self, name: str) -> None:
        """Go back to a text of the tree.

        Raises
        ------
        SettingError
            If it is not there.
        """
        texts = self._of_the_tree(name)
        if texts is self.current and not texts.over:
            return  # it is what the pages show

        def show() -> None:
            if texts is not self.current:
                self._replace(texts)
            self._show_again(texts)

        self._let_go()
        self._lock.hold(show)

    def remove(self, name: str) -> None:
        """Forget a text of the tree, with all that branch off it.

        Raises
        ------
        SettingError
            If it is not there, or is the first one.
        """
        texts = self._of_the_tree(name)
        gone, parent = self.tree.below(texts), texts.parent

        def remove() -> None:
            self.tree.remove(gone)
            self.questions.forget()
            if self.current is not None and self.current.name in gone and parent is not None:
                self._replace(parent)
                self._show_again(parent)
            else:
                self._publish({"branches": self.tree.state})

        if self.current is not None and self.current.name in gone:
            self._let_go()
        self._lock.hold(remove)

    def trace(self) -> Trace:
        """Return how each character of the text that is shown was chosen.

        Raises
        ------
        SettingError
            If there is none.
        """
        texts = self.text()
        return self._lock.hold(lambda: trace(texts.only.run))

    # How a text comes and goes.

    def _plant(self, texts: Texts | None) -> None:
        self.tree.plant(texts)
        self.questions.forget()

    def _show_again(self, texts: Texts) -> None:
        """Show the pages a text that is over; the caller holds the lock."""
        if texts.over:  # else it is being written, and is what they show
            self._publish({"error": "", **self._kept(), "status": status_of(texts)})
            self._send({"type": "shown", "run": texts.name, "written": len(texts.only.run.characters)})
