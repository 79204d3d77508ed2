"""The texts of `LSTMWidget`: a session of one lane, the tree of its branches, and the look inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lstm_widget.errors import SettingError
from lstm_widget.inspection.trace import Trace, trace
from lstm_widget.widgets.checks import TEXT, name_in, text_in, whole_in
from lstm_widget.widgets.questions import Network, Questions
from lstm_widget.widgets.session import Session, begin_message, status_of
from lstm_widget.widgets.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.widgets.protocol import Branch

MAX_BRANCHES = 100
_EXCERPT = 60  # characters of a branch that its entry shows
_BEFORE = 9  # and of what is before it


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
        self._tree: dict[str, Texts] = {}  # the texts by their names, parents before their branches
        self.questions = Questions(self.chosen, self.explained)
        self._answers |= {
            "show": lambda message: self.show(name_in(message, "run")),
            "remove": lambda message: self.remove(name_in(message, "run")),
            "branch": self._branch_for_page,
            "expect": lambda message: self._send(*self.questions.expected(message)),
            "inspect": self._inspect,
            "activate": self._inspect,
            "find": self._find,
            "lend": lambda message: self._send(*self.questions.lent(message)),
        }

    # What a page asks for.

    def _branch_for_page(self, message: Mapping[str, Any]) -> None:
        question, name = name_in(message, "id"), name_in(message, "branch")
        begun = self._tree.get(name)
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
        texts = self._tree.get(name)
        if texts is None:
            raise SettingError(self._gone)
        return texts

    # What a page or a cell asks for.

    def chosen(self) -> Network:
        """Return the network to write with."""
        name, generator = self._model()
        return Network(name, generator.model, generator.engine)

    def explained(self) -> Network:
        """Return the network that wrote the text; as long as there is none, the one to write with."""
        if (texts := self.current) is None:
            return self.chosen()
        run = texts.only.run
        return Network(texts.model, run.model, run.engine)

    @property
    def branches(self) -> list[Branch]:
        """What the pages show of the texts."""
        return [
            {
                "run": one.name,
                "parent": None if one.parent is None else one.parent.name,
                "position": one.position,
                "character": one.character,
                "instead": "" if one.parent is None else one.parent.only.text(one.position, one.position + 1),
                "before": one.only.text(max(0, one.position - _BEFORE), one.position),
                "written": len(one.only.run.characters),
                "bits": one.only.bits,
                "excerpt": one.only.text(one.position, one.position + _EXCERPT) or one.character,
            }
            for one in self._tree.values()
        ]

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
        if len(self._tree) > MAX_BRANCHES:
            msg = f"There are {MAX_BRANCHES} branches already: remove some first."
            raise SettingError(msg)

        def begin() -> Texts:
            branch = run.begin_branch(position, character)
            texts = Texts(name, parent.model, parent.given, branch, TEXT, parent, position, character)
            self._tree[name] = texts
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
        parent, gone = texts.parent, {name}
        if parent is None:
            msg = "The first text has no parent to go back to: clear it instead."
            raise SettingError(msg)
        for one in list(self._tree.values()):
            if one.parent is not None and one.parent.name in gone:
                gone.add(one.name)

        def remove() -> None:
            self._tree = {name: one for name, one in self._tree.items() if name not in gone}
            self.questions.forget()
            if self.current is not None and self.current.name in gone:
                self._replace(parent)
                self._show_again(parent)
            else:
                self._publish({"branches": self.branches})

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

    def _known(self) -> list[Texts]:
        return list(self._tree.values())

    def _plant(self, texts: Texts | None) -> None:
        self._tree = {} if texts is None else {texts.name: texts}
        self.questions.forget()

    def _show_again(self, texts: Texts) -> None:
        """Show the pages a text that is over; the caller holds the lock."""
        if texts.over:  # else it is being written, and is what they show
            self._publish({"error": "", **self._kept(), "status": status_of(texts)})
            self._send({"type": "shown", "run": texts.name, "written": len(texts.only.run.characters)})
