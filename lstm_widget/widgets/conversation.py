"""What the widgets' conversations with their pages have in common: the page pulls, the kernel answers.

The kernel sends nothing on its own; there is no thread and no task. So every message is the answer
to a request of the page, which is what Colab needs, and a page that stops asking stops the writing.
The handler may be called from another thread than the cells run in (JupyterLab's subshells).
"""

from __future__ import annotations

import logging
import secrets
from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from lstm_widget.errors import LSTMError, ModelError, SettingError
from lstm_widget.holding import Lock, holding
from lstm_widget.widgets.checks import MAX_NAME, name_in, sendable
from lstm_widget.writing.settings import check_names, check_page_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import numpy as np

    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.network.model import CharLSTM
    from lstm_widget.widgets.protocol import Failure, FromKernel, LanesFromKernel, Reason
    from lstm_widget.widgets.writing import Followed

F = TypeVar("F", bound="Followed")
T = TypeVar("T")

log = logging.getLogger("lstm_widget")

# Milliseconds that one pull may take; the kernel is busy for no longer.
MAX_BUDGET = 50.0


class Conversation(ABC, Generic[F]):
    """The runs of one widget; a new one ends the one before.

    Parameters
    ----------
    model : callable
        Returns the name of the model and the `LSTMGenerator` to write with; asked at the start of each run.
    send : callable
        Sends a message to every page of the widget; the arrays of one that has any come second.
    publish : callable
        Takes what has to last, by the names of the traits, the status last, so that whoever waits for
        that finds the rest: called when a run begins and when it ends.
    wrote : callable, optional
        Takes each piece of text as it is written, after it was sent.
    """

    gone: ClassVar[str]
    """The answer to a page that means a run that is no longer there."""

    def __init__(
        self,
        model: Callable[[], tuple[str, LSTMGenerator]],
        send: Callable[..., None],
        publish: Callable[[Mapping[str, Any]], None],
        wrote: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._model = model
        self._transmit = send
        self._publish = publish
        self._wrote = wrote
        # Held while something is written and told, but for `wrote`. By the same thread it can be taken again:
        # whoever is told of a new status may stop the run or begin another one.
        self._lock = Lock()
        self._current: F | None = None
        self._answers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "hello": lambda _: self._send({"type": "here"}),
            "start": self._start_for_page,
            "pull": self._pull,
            "stop": self._stop_for_page,
            "clear": lambda _: self.clear(),
        }

    def _send(self, message: FromKernel | LanesFromKernel, *buffers: list[np.ndarray]) -> None:
        self._transmit(sendable(message), *buffers)

    # What a page asks for.

    def handle(self, message: object) -> None:
        """Answer a message of the page. Whatever it is, nothing is raised."""
        run, question = "", None
        try:
            if not isinstance(message, dict):
                msg = "A message to the widget must be an object."
                raise SettingError(msg)  # noqa: TRY301 - answered below like any other
            content: dict[str, Any] = sendable(message)
            run, question = self._run_meant(content), content.get("id")
            kind = content.get("type")
            if not isinstance(kind, str) or kind not in self._answers:
                msg = f"The widget does not know the message {kind!r}."
                raise SettingError(msg)  # noqa: TRY301
            self._answers[kind](content)
        except ModelError as error:  # whatever is asked, this run cannot go on
            self._fail(_error(run, str(error), question))
        except LSTMError as error:
            self._send(_error(run, str(error), question))
        except Exception as error:
            log.exception("A message of the page could not be answered")
            message = f"The kernel met an unexpected error, {type(error).__name__}; its log tells more."
            self._fail(_error(run, message, question))

    def _run_meant(self, message: Mapping[str, Any]) -> str:
        """Return the name of the run that cannot go on if this message is refused; empty if there is none."""
        name = message.get("run")
        return name[:MAX_NAME] if isinstance(name, str) else ""

    def _named(self, message: Mapping[str, Any]) -> F:
        """Return the current run, if that is what the page means."""
        run = name_in(message, "run")
        writing = self._current
        if writing is None or writing.name != run:
            raise SettingError(self.gone)
        return writing

    def _start_for_page(self, message: Mapping[str, Any]) -> None:
        run = name_in(message, "run")
        current = self._current
        if current is not None and current.name == run:
            return  # asked twice
        try:
            self._start_asked(run, message)
        except LSTMError as error:
            self._publish({"error": str(error)})
            raise

    def _pull(self, message: Mapping[str, Any]) -> None:
        writing = self._named(message)
        pull = name_in(message, "pull")
        budget = message.get("budget")
        if isinstance(budget, bool) or not isinstance(budget, (int, float)) or not budget > 0:
            msg = "A pull message must bring a budget of milliseconds above 0."
            raise SettingError(msg)

        def pulled() -> str:
            new = self._answer_pull(pull, message, writing, min(budget, MAX_BUDGET) / 1000)
            if writing.ending is not None:
                self._send(writing.ending)  # again, for a page that did not get it
            elif writing.finished:
                self._end(writing, "finished")
            return new

        if new := self._lock.hold(pulled):
            self._wrote(new)

    def _stop_for_page(self, message: Mapping[str, Any]) -> None:
        writing = self._named(message)
        writing.wanted = False

        def stop() -> None:
            if writing.ending is not None:
                self._send(writing.ending)  # again, for a page that did not get it
            self._end(writing, "stopped")

        self._lock.hold(stop)

    @abstractmethod
    def _start_asked(self, run: str, message: Mapping[str, Any]) -> None:
        """Begin a run of this name."""

    @abstractmethod
    def _answer_pull(self, pull: str, message: Mapping[str, Any], writing: F, seconds: float) -> str:
        """Write for so long at most, tell the pages, return what `wrote` takes; the caller holds the lock."""

    # What a cell asks for.

    def stop(self) -> None:
        """End the current run, if there is one, and keep what it wrote."""
        if (writing := self._current) is not None:
            writing.wanted = False  # before the lock: a cell that writes lets go of it then
            self._lock.hold(lambda: self._end(writing, "stopped"))

    def clear(self) -> None:
        """End the current run, if there is one, and forget what it wrote."""

        def clear() -> None:
            self._replace(None)
            state = self._forget()
            self._publish({"error": "", **state, "status": "ready"})
            if self._current is None:  # who was told of the new status may have begun another one
                self._send({"type": "cleared"})

        self._let_go()
        self._lock.hold(clear)

    def _from_cell(self, name: str, work: Callable[[], T]) -> T:
        """Do what a cell asks for; whatever ends that, a run of this name is over then."""

        def end() -> None:
            current = self._current
            if current is not None and current.name == name:
                self._end(current, "stopped")

        return holding(lambda: None, lambda: self._lock.hold(end), work)

    def _write(self, writing: F, piece: Callable[[float], str]) -> None:
        """Write from a cell until it is over; `piece` is as `_answer_pull`, for so many seconds."""

        def write() -> str:
            new = "" if writing.over else piece(MAX_BUDGET / 1000)
            if writing.finished:
                self._end(writing, "finished")
            return new

        try:
            while writing.wanted and not writing.over:
                if new := self._lock.hold(write):
                    self._wrote(new)
        except KeyboardInterrupt:
            log.debug("Interrupted; what was written so far is kept")
        except ModelError as error:
            self._fail(_error(writing.name, str(error), None))
            raise
        finally:
            self._lock.hold(lambda: self._end(writing, "stopped"))

    # How a run ends.

    def _let_go(self) -> None:
        """Have a cell that writes let go of the lock."""
        if (writing := self._current) is not None:
            writing.wanted = False

    def _replace(self, writing: F | None) -> None:
        """Make another run the current one and end the one before; the caller holds the lock."""
        before, self._current = self._current, writing
        if before is not None:
            self._end(before, "stopped")

    def _fail(self, error: Failure) -> None:
        """Tell of an error that nobody foresaw. The run that it names is over, and what it wrote is kept."""
        state: dict[str, Any] = {"error": error["message"]}
        writing = self._current

        def fail(writing: F) -> Mapping[str, Any]:
            writing.ending, writing.wanted, writing.told = error, False, True
            return {**self._kept(writing), **state, "status": "failed"}

        if writing is not None and writing.name == error["run"]:
            self._publish(self._lock.hold(partial(fail, writing)))
        else:
            self._publish(state)
        self._send(error)

    def _end(self, writing: F, reason: Reason) -> None:
        """End a run unless it is over and the pages know; the caller holds the lock."""
        if writing.told:
            return
        if writing.ending is None:
            writing.ending = writing.end(reason)
        ending, current = writing.ending, self._current
        if current is writing:
            self._publish({**self._kept(writing), "status": ending.get("reason", "failed")})
        # Unless who was told of the new status has already resumed it, or begun another one.
        if writing.ending is ending and not writing.told and self._current is current:
            self._send(ending)
            writing.told = True

    def _kept(self, _writing: F) -> Mapping[str, Any]:
        """Return what has to last of a run that is over."""
        return {}

    def _forget(self) -> Mapping[str, Any]:
        """Forget all runs; return what then has to last."""
        return {}


def _error(run: str, message: str, question: object) -> Failure:
    error: Failure = {"type": "error", "run": run, "message": message}
    if isinstance(question, str):
        error["id"] = question[:MAX_NAME]
    return error


def new_name() -> str:
    """Return a name for a run that a cell begins."""
    return f"kernel-{secrets.token_hex(8)}"


def known(seed: object, model: CharLSTM) -> object:
    """Return the seed without the characters that the model cannot read."""
    if not isinstance(seed, str):
        return seed  # refused with the other settings
    kept, position = "", 0
    for place in model.normalize(seed).replacements:
        if not place.used:
            kept += seed[position : place.position]
            position = place.position + len(place.character)
    kept += seed[position:]
    if seed and not kept:
        msg = "The model knows none of the characters of the seed: give it another one."
        raise SettingError(msg)
    return kept


def settings_in(message: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return the settings in a message of the page; what is not checked here is where the run begins."""
    settings = message.get("settings")
    if not isinstance(settings, dict):
        msg = "A start message must bring its settings."
        raise SettingError(msg)
    check_names(settings, names)
    check_page_rng(settings.get("rng"))
    # What is nothing may be missing: where Python runs in the browser, there is more than one nothing.
    return {**dict.fromkeys(("top_k", "top_p", "rng")), **settings}
