"""The conversation with the page: the page pulls, the kernel answers.

The kernel sends nothing on its own; there is no thread and no task. So every message is the answer
to a request of the page, which is what Colab needs, and a page that stops asking stops the writing.
The handler may be called from another thread than the cells run in (JupyterLab's subshells).

What is said is in `messages`.
"""

from __future__ import annotations

import logging
import secrets
import threading
from typing import TYPE_CHECKING, Any

from lstm_widget.errors import LSTMError, SettingError
from lstm_widget.look import Look
from lstm_widget.messages import MAX_NAME, name_in, sendable, text_in, whole_in
from lstm_widget.settings import SettingNames, check_names, check_page_rng, check_temperature
from lstm_widget.trace import Trace, trace
from lstm_widget.writing import Tree, Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.messages import End, Error, Reason, Reply, State
    from lstm_widget.model import CharLSTM
    from lstm_widget.settings import RngLike

log = logging.getLogger("lstm_widget")

# Milliseconds that one pull may take; the kernel is busy for no longer.
MAX_BUDGET = 50.0
# Messages after which a text goes on, whatever becomes of them.
_ONLY_LOOKS = ("expect", "inspect", "activate", "find", "show", "remove")
_GONE = "This text is no longer being written: start a new one."


class Conversation:
    """The texts of one widget. A new one ends the one before and forgets its branches.

    Parameters
    ----------
    model : callable
        Returns the name of the model and the `LSTMGenerator` to write with; asked at the start of each run.
    send : callable
        Sends a message to every page of the widget, with arrays as its buffers.
    publish : callable
        Takes what has to last (`State`), in this order, the status last, so that whoever waits for
        that finds the rest: called when a run begins and when it ends.
    wrote : callable
        Takes each piece of text as it is written, after it was sent.
    """

    def __init__(
        self,
        model: Callable[[], tuple[str, LSTMGenerator]],
        send: Callable[[Reply, list[np.ndarray]], None],
        publish: Callable[[State], None],
        wrote: Callable[[str], None],
    ) -> None:
        self._model = model
        self._transmit = send
        self._publish = publish
        self._wrote = wrote
        # Held while something is written and told, but for `wrote`. By the same thread it can be taken again:
        # whoever is told of a new status may stop the run or begin another one.
        self._lock = threading.RLock()
        self._current: Writing | None = None
        self._tree = Tree()
        self._look = Look(model)

    def _send(self, message: Reply, buffers: list[np.ndarray] | None = None) -> None:
        self._transmit(sendable(message), buffers or [])

    # What a page asks for.

    def handle(self, message: object) -> None:
        """Answer a message of the page. Whatever it is, nothing is raised."""
        run = ""
        try:
            if not isinstance(message, dict):
                msg = "A message to the widget must be an object."
                raise SettingError(msg)  # noqa: TRY301 - answered below like any other
            content: dict[str, Any] = sendable(message)
            run = _text_meant(content)
            self._answer(content)
        except LSTMError as error:
            self._send({"type": "error", "run": run, "message": str(error)})
        except Exception as error:
            log.exception("A message of the page could not be answered")
            self._fail(
                run, f"The kernel met an unexpected error, {type(error).__name__}; its log tells more."
            )

    def _answer(self, message: Mapping[str, Any]) -> None:
        answers: dict[object, Callable[[Mapping[str, Any]], None]] = {
            "hello": lambda _: self._send({"type": "here"}),
            "start": self._start_for_page,
            "read": self._start_for_page,
            "resume": lambda message: self._resume(self._named(message), whole_in(message, "length", 1)),
            "pull": lambda message: self._pull(message, self._named(message)),
            "stop": lambda message: self._stop_for_page(self._named(message)),
            "clear": lambda _: self.clear(),
            "branch": self._branch_for_page,
            "show": lambda message: self.show(name_in(message, "run")),
            "remove": lambda message: self.remove(name_in(message, "run")),
            "expect": lambda message: self._send(*self._look.expected(message)),
            "inspect": self._inspect,
            "activate": self._inspect,
            "find": lambda _: self._find(),
        }
        kind = message.get("type")
        if not isinstance(kind, str) or kind not in answers:
            msg = f"The widget does not know the message {kind!r}."
            raise SettingError(msg)
        answers[kind](message)

    def _start_for_page(self, message: Mapping[str, Any]) -> None:
        run = name_in(message, "run")
        current = self._current
        if current is not None and current.name == run:
            return  # asked twice
        try:
            self._start(run, _settings(message), only_read=message["type"] == "read")
        except LSTMError as error:
            self.stop()  # whoever presses Generate wants no more of the text before
            self._publish({"error": str(error), "status": "failed"})
            raise

    def _branch_for_page(self, message: Mapping[str, Any]) -> None:
        name = name_in(message, "branch")
        if self._tree.get(name) is None:  # else it was asked for twice
            parent = self._of_the_tree(name_in(message, "run"))
            position = whole_in(message, "position", 0)
            self._branch(parent, position, text_in(message, "character"), name)

    def _inspect(self, message: Mapping[str, Any]) -> None:
        writing = self._of_the_tree(name_in(message, "run"))
        with self._lock:
            answer = self._look.inspected if message["type"] == "inspect" else self._look.activated
            self._send(*answer(message, writing))

    def _find(self) -> None:
        finding, cells = self._look.finding()
        if cells is not None:
            self._publish({"cells": [cell._asdict() for cell in cells]})
        self._send(finding)

    def _named(self, message: Mapping[str, Any]) -> Writing:
        """Return the text that is shown, if that is what the page means."""
        run = name_in(message, "run")
        writing = self._current
        if writing is None or writing.name != run:
            raise SettingError(_GONE)
        return writing

    def _of_the_tree(self, name: str) -> Writing:
        writing = self._tree.get(name)
        if writing is None:
            raise SettingError(_GONE)
        return writing

    def _pull(self, message: Mapping[str, Any], writing: Writing) -> None:
        pull = name_in(message, "pull")
        count = whole_in(message, "count", 1)
        budget = message.get("budget")
        if isinstance(budget, bool) or not isinstance(budget, (int, float)) or not budget > 0:
            msg = "A pull message must bring a budget of milliseconds above 0."
            raise SettingError(msg)
        temperature = check_temperature(message.get("temperature"))
        new = ""
        with self._lock:
            run = writing.run
            # A page asks ahead; if the piece before came out shorter than it thought, this one
            # begins where that one ended.
            position = min(whole_in(message, "position", 0), len(run.characters))
            missing = position + count - len(run.characters)
            if not writing.over and missing > 0:
                run.temperature = temperature
                new = run.advance(missing, min(budget, MAX_BUDGET) / 1000)
            self._send(writing.chunk(position, pull))
            if writing.ending is not None:
                self._send(writing.ending)  # again, for a page that did not get it
            elif run.finished:
                self._end(writing, "finished")
        if new:
            self._wrote(new)

    def _stop_for_page(self, writing: Writing) -> None:
        writing.wanted = False
        with self._lock:
            if writing.ending is not None:
                self._send(writing.ending)  # again, for a page that did not get it
            self._end(writing, "stopped")

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
        return self._write(self._start(_new_name(), settings), temperature)

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
        self._resume(writing, length)
        return self._write(writing, temperature)

    def read(self, settings: SettingNames) -> None:
        """Begin a text and write nothing of it yet.

        Raises
        ------
        SettingError
            If a setting is wrong.
        """
        self._start(_new_name(), settings, only_read=True)

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
        writing = self._branch(self._text(), position, character, _new_name())
        return character + self._write(writing, temperature)

    def show(self, name: str) -> None:
        """Go back to a text of the tree.

        Raises
        ------
        SettingError
            If it is not there.
        """
        writing = self._of_the_tree(name)
        self._let_go()
        with self._lock:
            if writing is not self._current:
                self._replace(writing)
            self._tell_again(writing)

    def remove(self, name: str) -> None:
        """Forget a text of the tree, with all that branch off it.

        Raises
        ------
        SettingError
            If it is not there, or is the first one.
        """
        writing = self._of_the_tree(name)
        with self._lock:
            gone = self._tree.remove(writing)
            parent = writing.parent
            if self._current is not None and self._current.name in gone and parent is not None:
                self._current.wanted = False
                self._replace(parent)
                self._tell_again(parent)
            else:
                self._publish({"branches": self._tree.state})

    def trace(self) -> Trace:
        """Tell how each character of the text that is shown was chosen.

        Raises
        ------
        SettingError
            If there is none.
        """
        writing = self._text()
        with self._lock:
            return trace(writing.run)

    def found(self, model: str) -> list[dict[str, Any]]:
        """Return the cells that were found for a model, if any."""
        return [cell._asdict() for cell in self._look.found(model)]

    def written(self, settings: SettingNames) -> int | None:
        """Return how many characters the latest text has; `None` if settings or model are not those of it.

        Only the seed counts: whoever changed it, or the model, wants another text.
        """
        writing = self._current
        if writing is None or writing.model != self._model()[0] or writing.given["seed"] != settings["seed"]:
            return None
        return len(writing.run.characters)

    def stop(self) -> None:
        """End the current run, if there is one, and keep its text."""
        if (writing := self._current) is not None:
            self._stop(writing)

    def clear(self) -> None:
        """End the current run, if there is one, and forget its text."""
        self._let_go()
        with self._lock:
            self._replace(None)
            self._tree.plant(None)
            self._publish({"error": "", "receipt": {}, "text": "", "branches": [], "status": "ready"})
            if self._current is None:  # who was told of the new status may have begun another one
                self._send({"type": "cleared"})

    def _write(self, writing: Writing, temperature: Callable[[], float]) -> str:
        begun = len(writing.run.characters)
        try:
            while writing.wanted and not writing.over:
                with self._lock:
                    if writing.over:
                        break
                    writing.run.temperature = temperature()
                    position = len(writing.run.characters)
                    new = writing.run.advance(seconds=MAX_BUDGET / 1000)
                    self._send(writing.chunk(position))
                    if writing.run.finished:
                        self._end(writing, "finished")
                if new:
                    self._wrote(new)
        except KeyboardInterrupt:
            log.debug("Interrupted; the text so far is kept")
        finally:
            with self._lock:
                self._end(writing, "stopped")
        return "".join(writing.run.characters[begun:])

    # How a run begins, goes on and ends.

    def _start(self, name: str, settings: Mapping[str, Any], *, only_read: bool = False) -> Writing:
        """Begin a run; skip the characters of the seed that the model does not know."""
        model, generator = self._model()
        rng: RngLike = settings.get("rng")
        if rng is None:
            rng = secrets.randbits(32)  # so that the receipt can name it
        seed = known(settings.get("seed"), generator.model)
        run = generator.start({**settings, "seed": seed, "rng": rng})
        writing = Writing(name, run, model, {**settings, "rng": rng})
        self._let_go()
        with self._lock:
            self._replace(writing)
            self._tree.plant(writing)
            self._begin(writing, 0)
            if only_read:
                self._end(writing, "finished")
        return writing

    def _branch(self, parent: Writing, position: int, character: str, name: str) -> Writing:
        """Begin a branch."""
        self._let_go()
        with self._lock:
            run = parent.run.branch(position, character)
            writing = Writing(name, run, parent.model, parent.given, parent, position)
            self._tree.add(writing)
            self._replace(writing)
            self._begin(writing, position)
        return writing

    def _begin(self, writing: Writing, position: int) -> None:
        """Tell the pages of a new text, which shares so much with its parent; the caller holds the lock."""
        self._publish(
            {
                "error": "",
                "receipt": writing.receipt,
                "text": "".join(writing.run.characters[:position]),
                "branches": self._tree.state,
                "status": "writing",
            }
        )
        if not writing.over:  # who was told of the new status may have stopped it
            seed = writing.run.settings.seed
            self._send({"type": "begin", "run": writing.name, "seed": seed, "position": position})

    def _tell_again(self, writing: Writing) -> None:
        """Tell the pages of a text that is over; the caller holds the lock."""
        if writing.ending is None:
            return  # it is being written, and is what they show
        state: State = {"error": "", "receipt": writing.receipt, "text": writing.text}
        ending = writing.ending
        status = ending["reason"] if ending["type"] == "end" else "failed"
        self._publish({**state, "branches": self._tree.state, "status": status})
        self._send({"type": "shown", "run": writing.name, "written": len(writing.run.characters)})

    def _text(self) -> Writing:
        if self._current is None:
            msg = "There is no text yet: generate one first."
            raise SettingError(msg)
        return self._current

    def _let_go(self) -> None:
        """Have a cell that writes let go of the lock."""
        if (writing := self._current) is not None:
            writing.wanted = False

    def _replace(self, writing: Writing | None) -> None:
        """Make another run the current one and end the one before; the caller holds the lock."""
        before, self._current = self._current, writing
        if before is not None:
            self._end(before, "stopped")

    def _resume(self, writing: Writing, length: int) -> None:
        with self._lock:
            if writing is not self._current:  # another one was begun meanwhile
                raise SettingError(_GONE)
            run = writing.run
            position = len(run.characters)
            if length > position:
                run.extend(max(length, 0 if writing.over else run.settings.length))
                if writing.over:
                    writing.ending, writing.wanted = None, True
                    self._publish({"error": "", "receipt": writing.receipt, "status": "writing"})
            seed = run.settings.seed
            self._send({"type": "begin", "run": writing.name, "seed": seed, "position": position})
            if writing.ending is not None:  # it has these characters already
                self._send(writing.ending)

    def _stop(self, writing: Writing) -> None:
        writing.wanted = False  # before the lock: a cell that writes lets go of it then
        with self._lock:
            self._end(writing, "stopped")

    def _fail(self, run: str, message: str) -> None:
        """End a run because of an error that nobody foresaw; its text is kept."""
        state: State = {"error": message} if not run else {"error": message, "status": "failed"}
        error: Error = {"type": "error", "run": run, "message": message}
        writing = self._current
        if writing is not None and writing.name == run:
            with self._lock:
                writing.ending, writing.wanted = error, False
                state = {"text": writing.text, "receipt": writing.receipt, **state}
        self._publish(state)
        self._send(error)

    def _end(self, writing: Writing, reason: Reason) -> None:
        """End a run unless it is over; the caller holds the lock."""
        if writing.over:
            return
        receipt = writing.receipt
        ending: End = {"type": "end", "run": writing.name, "reason": reason, "receipt": receipt}
        writing.ending = ending
        current = self._current
        if current is writing:
            self._publish(
                {"receipt": receipt, "text": writing.text, "branches": self._tree.state, "status": reason}
            )
        # Unless who was told of the new status has already resumed it, or begun another one.
        if writing.ending is ending and self._current is current:
            self._send(ending)


def _text_meant(message: Mapping[str, Any]) -> str:
    """Return the name of the text that cannot go on if this message is refused; empty if there is none."""
    kind = message.get("type")
    if kind in _ONLY_LOOKS:
        return ""
    name = message.get("branch" if kind == "branch" else "run")
    return name[:MAX_NAME] if isinstance(name, str) else ""


def _new_name() -> str:
    return f"kernel-{secrets.token_hex(8)}"


def known(seed: object, model: CharLSTM) -> object:
    """Return the seed without the characters that the model cannot read."""
    if not isinstance(seed, str):
        return seed  # refused with the other settings
    kept, position = "", 0
    for place in model.adapt(seed).replacements:
        if not place.used:
            kept += seed[position : place.position]
            position = place.position + len(place.character)
    kept += seed[position:]
    if seed and not kept:
        msg = "The model knows none of the characters of the seed: give it another one."
        raise SettingError(msg)
    return kept


def _settings(message: Mapping[str, Any]) -> dict[str, Any]:
    settings = message.get("settings")
    if not isinstance(settings, dict):
        msg = "A start message must bring its settings."
        raise SettingError(msg)
    check_names(settings, SettingNames.__annotations__)
    check_page_rng(settings.get("rng"))
    return settings
