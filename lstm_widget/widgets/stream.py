"""The conversation of `LSTMWidget` with its page; see `conversation` for its rules.

What is said is in `protocol`.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from lstm_widget.errors import SettingError
from lstm_widget.inspection.trace import Trace, trace
from lstm_widget.widgets.checks import name_in, text_in, whole_in
from lstm_widget.widgets.conversation import Conversation, known, new_name, settings_in
from lstm_widget.widgets.look import Look
from lstm_widget.widgets.writing import Tree, Writing
from lstm_widget.writing.settings import SettingNames, check_temperature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.writing.settings import RngLike

# Messages after which a text goes on, whatever becomes of them.
_ONLY_LOOKS = ("expect", "inspect", "activate", "find", "show", "remove")


class TextConversation(Conversation[Writing]):
    """The texts of one widget. A new one ends the one before and forgets its branches.

    For the parameters see `Conversation`; what has to last are traits.
    """

    gone = "This text is no longer being written: start a new one."

    def __init__(
        self,
        model: Callable[[], tuple[str, LSTMGenerator]],
        send: Callable[..., None],
        publish: Callable[[Mapping[str, Any]], None],
        wrote: Callable[[str], None],
    ) -> None:
        super().__init__(model, send, publish, wrote)
        self._tree = Tree()
        self._look = Look(model)
        self._answers |= {
            "read": self._start_for_page,
            "resume": lambda message: self._resume(self._named(message), whole_in(message, "length", 1)),
            "branch": self._branch_for_page,
            "show": lambda message: self.show(name_in(message, "run")),
            "remove": lambda message: self.remove(name_in(message, "run")),
            "expect": lambda message: self._send(*self._look.expected(message)),
            "inspect": self._inspect,
            "activate": self._inspect,
            "find": self._find,
        }

    # What a page asks for.

    def _run_meant(self, message: Mapping[str, Any]) -> str:
        kind = message.get("type")
        if kind in _ONLY_LOOKS:
            return ""
        return super()._run_meant({"run": message.get("branch")} if kind == "branch" else message)

    def _start_asked(self, run: str, message: Mapping[str, Any]) -> None:
        settings = settings_in(message, SettingNames.__annotations__)
        self._start(run, settings, only_read=message["type"] == "read")

    def _answer_pull(self, pull: str, message: Mapping[str, Any], writing: Writing, seconds: float) -> str:
        count = whole_in(message, "count", 1)
        temperature = check_temperature(message.get("temperature"))
        run, new = writing.run, ""
        # A page asks ahead; if the piece before came out shorter than it thought, this one
        # begins where that one ended.
        position = min(whole_in(message, "position", 0), len(run.characters))
        missing = position + count - len(run.characters)
        if not writing.over and missing > 0:
            run.temperature = temperature
            new = run.advance(missing, seconds)
        self._send(writing.chunk(position, pull))
        return new

    def _branch_for_page(self, message: Mapping[str, Any]) -> None:
        name = name_in(message, "branch")
        if self._tree.get(name) is None:  # else it was asked for twice
            parent = self._of_the_tree(name_in(message, "run"))
            position = whole_in(message, "position", 0)
            self._branch(parent, position, text_in(message, "character"), name)

    def _inspect(self, message: Mapping[str, Any]) -> None:
        writing = self._of_the_tree(name_in(message, "run"))
        answer = self._look.inspected if message["type"] == "inspect" else self._look.activated
        self._lock.hold(lambda: self._send(*answer(message, writing)))

    def _find(self, message: Mapping[str, Any]) -> None:
        finding, cells = self._look.finding(message)
        if cells is not None:
            self._publish({"cells": [cell._asdict() for cell in cells]})
        self._send(finding)

    def _of_the_tree(self, name: str) -> Writing:
        writing = self._tree.get(name)
        if writing is None:
            raise SettingError(self.gone)
        return writing

    # What a cell asks for.

    def write(self, settings: SettingNames, temperature: Callable[[], float]) -> str:
        """Write a whole text from a cell, showing it as it comes.

        Parameters
        ----------
        settings : dict
            As for `LSTMGenerator.generate`.
        temperature : callable
            Asked before each piece, so that it can be changed meanwhile.

        Returns
        -------
        str
            The text. After a stop or a kernel interrupt it is what had been written until then.

        Raises
        ------
        SettingError
            If a setting is wrong.
        """
        name = new_name()
        return self._from_cell(name, lambda: self._write_out(self._start(name, settings), temperature))

    def write_on(self, length: int, temperature: Callable[[], float]) -> str:
        """Write the latest text on until it has so many characters; see `write`.

        Returns
        -------
        str
            The characters written now.

        Raises
        ------
        SettingError
            If there is no text, or the length is none.
        """
        writing = self._text()

        def write_on() -> str:
            self._resume(writing, length)
            return self._write_out(writing, temperature)

        return self._from_cell(writing.name, write_on)

    def read(self, settings: SettingNames) -> None:
        """Begin a text and write nothing of it yet.

        Raises
        ------
        SettingError
            If a setting is wrong.
        """
        name = new_name()
        self._from_cell(name, lambda: self._start(name, settings, only_read=True))

    def branch(self, position: int, character: str, temperature: Callable[[], float]) -> str:
        """Write the latest text with another character at one place; see `write` and `Run.branch`.

        Returns
        -------
        str
            The characters from that place on.

        Raises
        ------
        SettingError
            If there is no text, or no such place or character.
        """
        name, text = new_name(), self._text()

        def write_branch() -> str:
            return self._write_out(self._branch(text, position, character, name), temperature)

        return self._from_cell(name, write_branch)

    def show(self, name: str) -> None:
        """Go back to a text of the tree.

        Raises
        ------
        SettingError
            If it is not there.
        """
        writing = self._of_the_tree(name)
        if writing is self._current and not writing.over:
            return  # it is what the pages show

        def show() -> None:
            if writing is not self._current:
                self._replace(writing)
            self._tell_again(writing)

        self._let_go()
        self._lock.hold(show)

    def remove(self, name: str) -> None:
        """Forget a text of the tree, with all that branch off it.

        Raises
        ------
        SettingError
            If it is not there, or is the first one.
        """
        writing = self._of_the_tree(name)
        gone, parent = self._tree.below(writing), writing.parent

        def remove() -> None:
            self._tree.remove(gone)
            self._look.forget()
            if self._current is not None and self._current.name in gone and parent is not None:
                self._replace(parent)
                self._tell_again(parent)
            else:
                self._publish({"branches": self._tree.state})

        if self._current is not None and self._current.name in gone:
            self._let_go()
        self._lock.hold(remove)

    def trace(self) -> Trace:
        """Tell how each character of the text that is shown was chosen.

        Raises
        ------
        SettingError
            If there is none.
        """
        writing = self._text()
        return self._lock.hold(lambda: trace(writing.run))

    def found(self) -> list[dict[str, Any]]:
        """Return the cells that were found for the model, if any."""
        return [cell._asdict() for cell in self._look.found()]

    def written(self, settings: SettingNames) -> int | None:
        """Return how many characters the latest text has; `None` if settings or model are not those of it.

        Only the seed counts: whoever changed it, or the model, wants another text.
        """
        writing = self._current
        if writing is None or writing.given["seed"] != settings["seed"]:
            return None
        name, generator = self._model()
        if writing.model != name or writing.run.model is not generator.model:  # it may have been trained anew
            return None
        return len(writing.run.characters)

    def _write_out(self, writing: Writing, temperature: Callable[[], float]) -> str:
        """Write a text to its end; return the characters written now."""
        run = writing.run
        begun = len(run.characters)

        def piece(seconds: float) -> str:
            run.temperature = temperature()
            position = len(run.characters)
            new = run.advance(seconds=seconds)
            self._send(writing.chunk(position))
            return new

        self._write(writing, piece)
        return "".join(run.characters[begun:])

    # How a text begins and goes on.

    def _start(self, name: str, settings: Mapping[str, Any], *, only_read: bool = False) -> Writing:
        """Begin a run; skip the characters of the seed that the model does not know."""
        model, generator = self._model()
        rng: RngLike = settings.get("rng")
        if rng is None:
            rng = secrets.randbits(32)  # so that the receipt can name it
        seed = known(settings.get("seed"), generator.model)
        run = generator.start({**settings, "seed": seed, "rng": rng})
        writing = Writing(name, run, model, {**settings, "rng": rng})

        def begin() -> None:
            self._replace(writing)
            self._tree.plant(writing)
            self._look.forget()
            self._begin(writing, 0)
            if only_read:
                self._end(writing, "finished")

        self._let_go()
        self._lock.hold(begin)
        return writing

    def _branch(self, parent: Writing, position: int, character: str, name: str) -> Writing:
        """Begin a branch; one that cannot be leaves everything as it is."""
        parent.run.check_branch(position, character)
        self._tree.check_room()

        def begin() -> Writing:
            run = parent.run.begin_branch(position, character)
            writing = Writing(name, run, parent.model, parent.given, parent, position, character)
            self._tree.add(writing)
            self._replace(writing)
            self._begin(writing, position)
            return writing

        self._let_go()
        return self._lock.hold(begin)

    def _begin(self, writing: Writing, position: int) -> None:
        """Tell the pages of a new text, which shares so much with its parent; the caller holds the lock."""
        shared = "".join(writing.run.characters[:position])
        self._publish({"error": "", **self._kept(writing), "text": shared, "status": "writing"})
        if not writing.over:  # who was told of the new status may have stopped it
            seed = writing.run.settings.seed
            self._send({"type": "begin", "run": writing.name, "seed": seed, "position": position})

    def _tell_again(self, writing: Writing) -> None:
        """Tell the pages of a text that is over; the caller holds the lock."""
        if writing.ending is None:
            return  # it is being written, and is what they show
        ending = writing.ending
        status = ending["reason"] if ending["type"] == "end" else "failed"
        self._publish({"error": "", **self._kept(writing), "status": status})
        self._send({"type": "shown", "run": writing.name, "written": len(writing.run.characters)})

    def _text(self) -> Writing:
        if self._current is None:
            msg = "There is no text yet: generate one first."
            raise SettingError(msg)
        return self._current

    def _resume(self, writing: Writing, length: int) -> None:
        def resume() -> None:
            if writing is not self._current:  # another one was begun meanwhile
                raise SettingError(self.gone)
            run = writing.run
            position = len(run.characters)
            if length > position:
                run.extend(max(length, 0 if writing.over else run.settings.length))
                if writing.over:
                    writing.ending, writing.wanted, writing.told = None, True, False
                    self._publish({"error": "", "receipt": writing.receipt, "status": "writing"})
            seed = run.settings.seed
            self._send({"type": "begin", "run": writing.name, "seed": seed, "position": position})
            if writing.ending is not None:  # it has these characters already
                self._send(writing.ending)

        self._lock.hold(resume)

    def _kept(self, writing: Writing) -> dict[str, Any]:
        return {"receipt": writing.receipt, "text": writing.text, "branches": self._tree.state}

    def _forget(self) -> dict[str, Any]:
        self._tree.plant(None)
        self._look.forget()
        return {"receipt": {}, "text": "", "branches": []}
