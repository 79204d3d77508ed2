"""The conversation of a widget with its pages about its runs: a page pulls, the kernel answers.

The kernel sends nothing on its own; there is no thread and no task. So every message is the answer
to a request of the page, which is what Colab needs, and a page that stops asking stops the writing.
The handler may be called from another thread than the cells run in (JupyterLab's subshells).

Every pull names all lanes, so that a message that is lost changes nothing for long: a new
name begins a lane, and a lane that is no longer named is written no further. The messages are in `protocol`.
"""

from __future__ import annotations

import logging
import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from lstm_widget.errors import LSTMError, ModelError, SettingError
from lstm_widget.holding import Lock, holding
from lstm_widget.widgets import checks
from lstm_widget.widgets.checks import name_in, whole_in
from lstm_widget.widgets.texts import Texts
from lstm_widget.writing.run import Run
from lstm_widget.writing.settings import Settings, check_seed, make_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.network.model import CharLSTM
    from lstm_widget.widgets.checks import Answers, Lane
    from lstm_widget.widgets.protocol import Begin, Failure, FromKernel, Reason, SavedTexts

log = logging.getLogger("lstm_widget")

# Milliseconds that one pull may take; the kernel is busy for no longer.
MAX_BUDGET = 50.0
# Messages that never end the run they name, even if they fail.
_ONLY_LOOKS = ("show", "remove", "branch", "expect", "inspect", "activate", "find")


class Session:
    """The runs of one widget; a new one ends the one before.

    Parameters
    ----------
    model : callable
        Returns the name of the model and the `LSTMGenerator` to write with; asked at the start of each run.
    send : callable
        Sends a message to every page of the widget; the arrays of one that has any come second.
    publish : callable
        Takes what has to last, by the names of the traits, the status last, so that an observer of
        that finds the rest: called when a run begins and when it ends.
    kept : callable
        Returns what has to last of the `current` texts, by the names of the traits.
    wrote : callable, optional
        Takes each piece of text as it is written, after it was sent.
    lanes : (int, int)
        The least and the greatest number of lanes.
    gone : str
        The answer to a page that means a run that is no longer there.

    Attributes
    ----------
    current : Texts or None
        The run that the pages show.
    handle : callable
        Answers a message of a page; whatever it is, nothing is raised.
    """

    def __init__(
        self,
        model: Callable[[], tuple[str, LSTMGenerator]],
        send: Callable[..., None],
        publish: Callable[[Mapping[str, Any]], None],
        kept: Callable[[], Mapping[str, Any]],
        wrote: Callable[[str], None] = lambda _: None,
        *,
        lanes: tuple[int, int] = (1, 1),
        gone: str = "This text is no longer being written: start a new one.",
    ) -> None:
        self.current: Texts | None = None
        self._model = model
        self._transmit = send
        self._publish = publish
        self._kept = kept
        self._wrote = wrote
        self._bounds = lanes
        self._gone = gone
        # Held while something is written and sent, except for `wrote`. The same thread can take it again: an
        # observer of the status may stop the run or begin another one.
        self._lock = Lock()
        self._answers: Answers = {
            "hello": lambda _: self._send({"type": "here"}),
            "start": self._start_for_page,
            "pull": self._pull,
            "stop": self._stop_for_page,
            "resume": lambda message: self.resume(self._named(message), whole_in(message, "length", 1)),
            "clear": lambda _: self.clear(),
        }
        self.handle = partial(checks.answer, answers=self._answers, refuse=self._refuse)

    def _send(self, message: FromKernel, *buffers: list[np.ndarray]) -> None:
        self._transmit(checks.sendable(message), *buffers)

    # What a page asks for.

    def _named(self, message: Mapping[str, Any]) -> Texts:
        """Return the current run, if that is what the page means."""
        run, texts = name_in(message, "run"), self.current
        if texts is None or texts.name != run:
            raise SettingError(self._gone)
        return texts

    def _start_for_page(self, message: Mapping[str, Any]) -> None:
        run = name_in(message, "run")
        if self.current is not None and self.current.name == run:
            return  # asked twice
        try:
            settings = checks.settings_in(message)
            lanes = [lane for lane, _ in checks.lanes_in(message, *self._bounds)]
            self.start(run, settings, lanes, only_read=message.get("only_read") is True)
        except LSTMError as error:
            self._publish({"error": str(error)})
            raise

    def _pull(self, message: Mapping[str, Any]) -> None:
        texts = self._named(message)
        pull, budget = name_in(message, "pull"), checks.budget_in(message)
        until, asked = whole_in(message, "until", 1), checks.lanes_in(message, *self._bounds)
        lanes = [lane for lane, _ in asked]
        have = {lane.name: whole_in(content, "position", 0) for lane, content in asked}
        new = self._lock.hold(lambda: self._advance(texts, lanes, until, budget, (pull, have)))
        if new:
            self._wrote(new)

    def _stop_for_page(self, message: Mapping[str, Any]) -> None:
        texts = self._named(message)
        texts.wanted = False

        def stop() -> None:
            self._end_again(texts)
            self._end(texts, "stopped")

        self._lock.hold(stop)

    def _advance(
        self,
        texts: Texts,
        lanes: Sequence[Lane],
        until: int,
        budget: float,
        pulled: tuple[str, Mapping[str, int]] | None = None,
    ) -> str:
        """Write a piece, send it, and return it; the caller holds the lock.

        `pulled` is the name of a pull, and what the page has of each lane. It asks ahead; if the piece before
        came out shorter than it thought, this one begins where that one ended.
        """
        if not texts.over:
            texts.arrange(lanes, until)
        pull, have = pulled or (None, texts.written())
        positions = texts.reached(have)
        new = "" if texts.over else texts.write(until, min(budget, MAX_BUDGET) / 1000)
        self._send({"type": "chunk", "run": texts.name, "pull": pull, "lanes": texts.chunks(positions)})
        if texts.over:
            self._end_again(texts)
        elif texts.finished:
            self._end(texts, "finished")
        return new

    # What a cell asks for.

    def write(
        self,
        lanes: Callable[[], Sequence[Lane]],
        begin: Callable[[str], Texts],
        name: str | None = None,
    ) -> dict[str, str]:
        """Write from a cell until all is written, and show it as it comes.

        Parameters
        ----------
        lanes : callable
            Returns the lanes; asked before each piece, so that they can be changed meanwhile.
        begin : callable
            Begins a run of the name that it gets, or goes on with one.
        name : str, optional
            The name of that run.

        Returns
        -------
        dict of str to str
            The characters written now, by the names of the lanes. After a stop or a kernel interrupt it
            is what had been written until then.

        Raises
        ------
        SettingError
            If `begin` raises it.
        """
        run = name or f"kernel-{secrets.token_hex(8)}"

        def work() -> dict[str, str]:
            texts = begin(run)
            before = texts.written()

            def piece() -> str:
                return "" if texts.over else self._advance(texts, lanes(), texts.length, MAX_BUDGET)

            try:
                while texts.wanted and not texts.over:
                    if new := self._lock.hold(piece):
                        self._wrote(new)
            except KeyboardInterrupt:
                log.debug("Interrupted; what was written so far is kept")
            except ModelError as error:
                self._refuse({"run": run}, str(error), True)
                raise
            self._lock.hold(lambda: self._end(texts, "stopped"))
            return texts.since(before)

        def end() -> None:  # whatever ended the work
            if self.current is not None and self.current.name == run:
                self._end(self.current, "stopped")

        return holding(lambda: None, lambda: self._lock.hold(end), work)

    def written(self, seed: str) -> int | None:
        """Return the characters of the longest lane; `None` if seed or model are not those of the run."""
        texts = self.current
        if texts is None or texts.given["seed"] != seed:
            return None
        name, generator = self._model()
        if texts.model != name or texts.only.run.model is not generator.model:
            return None  # another one, or trained anew
        return max(texts.written().values())

    def saved(self) -> tuple[list[SavedTexts], int | None]:
        """Return the texts as a page needs them to go on by itself, and which of them is the current one.

        None, if they are of another model than the one to write with now.
        """

        def save() -> tuple[list[SavedTexts], int | None]:
            if self.current is None or self.current.only.run.model is not self._model()[1].model:
                return [], None
            texts = self._known()
            return [one.saved() for one in texts], texts.index(self.current)

        return self._lock.hold(save)

    def _known(self) -> list[Texts]:
        """Return the texts that there are, parents first."""
        return [] if self.current is None else [self.current]

    def text(self) -> Texts:
        """Return the current run.

        Raises
        ------
        SettingError
            If there is none.
        """
        if self.current is None:
            msg = "There is no text yet: generate one first."
            raise SettingError(msg)
        return self.current

    # How a run begins, goes on and ends.

    def start(
        self, name: str, settings: Mapping[str, Any], lanes: Sequence[Lane], *, only_read: bool = False
    ) -> Texts:
        """Begin a run with settings that were checked; skip what the model does not know of the seed.

        Raises
        ------
        SettingError
            If nothing is left of the seed.
        """
        model, generator = self._model()
        given = dict(settings)
        if given["rng"] is None:
            given["rng"] = secrets.randbits(32)  # so that the receipt can name it, and all lanes have it
        seed, limits = known(given["seed"], generator.model), (given["top_k"], given["top_p"])
        chosen = Settings(seed, given["length"], lanes[0].temperature, *limits)
        first = Run(generator.model, generator.engine, chosen, make_rng(given["rng"]))
        texts = Texts(name, model, given, first, lanes[0].name)
        texts.arrange(lanes, 0)

        def begin() -> None:
            self._replace(texts)
            self._plant(texts)
            self._begin(texts, 0)
            if only_read:
                self._end(texts, "finished")

        self._let_go()
        self._lock.hold(begin)
        return texts

    def resume(self, texts: Texts, length: int) -> Texts:
        """Write on, until each lane has this length.

        Raises
        ------
        SettingError
            If another run was begun meanwhile, or the length is too great.
        """

        def resume() -> None:
            if texts is not self.current:
                raise SettingError(self._gone)
            position = min(texts.written().values())
            if length > position:
                was_over = texts.over
                texts.resume(length)
                if was_over:
                    self._publish({"error": "", **self._kept(), "status": "writing"})
            self._send(begin_message(texts, position))
            self._end_again(texts)  # it has these characters already

        self._lock.hold(resume)
        return texts

    def stop(self) -> None:
        """End the current run, if there is one, and keep what it wrote."""
        if (texts := self.current) is not None:
            texts.wanted = False  # before the lock: a cell that writes lets go of it then
            self._lock.hold(lambda: self._end(texts, "stopped"))

    def clear(self) -> None:
        """End the current run, if there is one, and forget what it wrote."""

        def clear() -> None:
            self._replace(None)
            self._plant(None)
            self._publish({"error": "", **self._kept(), "status": "ready"})
            if self.current is None:  # an observer of the status may have begun another one
                self._send({"type": "cleared"})

        self._let_go()
        self._lock.hold(clear)

    def _plant(self, texts: Texts | None) -> None:
        """Take another first text, or none."""

    def _begin(self, texts: Texts, position: int, question: str | None = None) -> None:
        """Show a new run, with `position` characters of its parent; the caller holds the lock."""
        texts.show(position)
        self._publish({"error": "", **self._kept(), "status": "writing"})
        if not texts.over:  # an observer of the status may have stopped it
            self._send(begin_message(texts, position, question))

    def _let_go(self) -> None:
        """Have a cell that writes let go of the lock."""
        if (texts := self.current) is not None:
            texts.wanted = False

    def _replace(self, texts: Texts | None) -> None:
        """Make another run the current one and end the one before; the caller holds the lock."""
        before, self.current = self.current, texts
        if before is not None:
            self._end(before, "stopped")

    def _refuse(self, message: Mapping[str, Any], sentence: str, fatal: bool) -> None:
        """Refuse a message. After a fatal error the run that it names is over; what it wrote is kept."""
        failure, texts = _failure(message, sentence), self.current

        def fail() -> None:
            state: dict[str, Any] = {"error": failure["message"]}
            if texts is not None and texts.name == failure["run"]:
                texts.ending, texts.wanted, texts.sent = failure, False, True
                texts.show()
                state = {**self._kept(), **state, "status": "failed"}
            self._publish(state)

        if fatal:
            self._lock.hold(fail)
        self._send(failure)

    def _end(self, texts: Texts, reason: Reason) -> None:
        """End a run unless it is over and the pages know; the caller holds the lock."""
        if texts.sent:
            return
        if texts.ending is None:
            texts.end(reason)
        texts.show()
        ending, current = texts.ending, self.current
        if current is texts:
            self._publish({**self._kept(), "status": status_of(texts)})
        # Unless an observer of the status has already resumed it, or begun another one.
        if texts.ending is ending and not texts.sent and self.current is current:
            self._end_again(texts)
            texts.sent = True

    def _end_again(self, texts: Texts) -> None:
        """Send how a run ended, if it is over: again, for a page that did not get it."""
        if texts.ending is not None:
            self._send(texts.ending)


def status_of(texts: Texts) -> str:
    """Return the status of a run that is over."""
    return "failed" if texts.ending is None or texts.ending["type"] == "error" else texts.ending["reason"]


def begin_message(texts: Texts, position: int, question: str | None = None) -> Begin:
    """Return the message that a run begins, or goes on; it may answer a question."""
    begin: Begin = {
        "type": "begin",
        "run": texts.name,
        "seed": texts.only.run.settings.seed,
        "rng": texts.given["rng"],
        "position": position,
    }
    if question is not None:
        begin["id"] = question
    return begin


def _failure(message: Mapping[str, Any], sentence: str) -> Failure:
    """Return the refusal of a message: it names the run that cannot go on, or the question."""
    run, question = message.get("run"), message.get("id")
    if not isinstance(run, str) or message.get("type") in _ONLY_LOOKS:
        run = ""
    failure: Failure = {"type": "error", "run": run[: checks.MAX_NAME], "message": sentence}
    if isinstance(question, str):
        failure["id"] = question[: checks.MAX_NAME]
    return failure


def known(seed: str, model: CharLSTM) -> str:
    """Return the seed without the characters that the model cannot read."""
    kept, position = "", 0
    for place in model.normalize(seed).replacements:
        if not place.used:
            kept += seed[position : place.position]
            position = place.position + len(place.character)
    kept += seed[position:]
    if not kept:
        check_seed(seed)  # that of a widget may be empty
        msg = "The model knows none of the characters of the seed: give it another one."
        raise SettingError(msg)
    return kept
