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
from typing import TYPE_CHECKING, Any, Literal

from lstm_widget.errors import LSTMError, SettingError
from lstm_widget.messages import sendable
from lstm_widget.settings import SettingNames, check_names, check_page_rng, check_temperature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.messages import Chunk, End, Error, Reason, Reply, State
    from lstm_widget.model import CharLSTM
    from lstm_widget.run import Run
    from lstm_widget.settings import RngLike

log = logging.getLogger("lstm_widget")

# Milliseconds that one pull may take; the kernel is busy for no longer.
MAX_BUDGET = 50.0
MAX_NAME = 100
_GONE = "This text is no longer being written: start a new one."


class _Writing:
    """A run as the conversation keeps it; used only with the conversation's lock, but for `wanted`."""

    def __init__(self, name: str, run: Run, model: str, given: Mapping[str, Any]) -> None:
        self.name = name
        self.run = run
        self.model = model
        self.given = given  # the settings as they were asked for
        self.wanted = True  # set to False from any thread, without the lock: end as soon as possible
        self.ending: End | Error | None = None  # what the pages are told, once it is over
        self._temperatures: list[tuple[int, float]] = []
        self._bits, self._counted = 0.0, 0  # of the first so many characters

    @property
    def over(self) -> bool:
        return self.ending is not None

    @property
    def text(self) -> str:
        return "".join(self.run.characters)

    @property
    def receipt(self) -> dict[str, Any]:
        settings = self.run.settings
        rng = self.given["rng"]
        return {
            "run": self.name,
            "model": self.model,
            "seed": settings.seed,
            "length": settings.length,
            "temperature": settings.temperature,
            "top_k": settings.top_k,
            "top_p": settings.top_p,
            "rng": rng if isinstance(rng, int) else None,
            # Where the temperature was changed: (position, temperature) pairs.
            "temperatures": list(self._temperatures),
            "written": len(self.run.characters),
            "bits": self.bits,
        }

    @property
    def bits(self) -> float:
        """The surprise of all characters."""
        written = len(self.run.characters)
        self._bits += sum(self.run.surprise[self._counted : written])
        self._counted = written
        return self._bits

    def set_temperature(self, temperature: float) -> None:
        if temperature == self.run.temperature:
            return
        self.run.temperature = temperature
        position = len(self.run.characters)
        if self._temperatures and self._temperatures[-1][0] == position:
            self._temperatures.pop()  # no character was written with that one
        self._temperatures.append((position, temperature))

    def chunk(self, position: int, pull: str | None = None) -> Chunk:
        characters = self.run.characters[position:]
        return {
            "type": "chunk",
            "run": self.name,
            "pull": pull,
            "position": position,
            "count": len(characters),
            "text": "".join(characters),
            "temperatures": [change for change in self._temperatures if change[0] >= position],
            "bits": self.bits,
        }


class Conversation:
    """The runs of one widget; a new one ends the one before.

    Parameters
    ----------
    model : callable
        Returns the name of the model and the `LSTMGenerator` to write with; asked at the start of each run.
    send : callable
        Sends a message to every page of the widget.
    publish : callable
        Takes what has to last (`State`), in this order, the status last, so that whoever waits for
        that finds the rest: called when a run begins and when it ends.
    wrote : callable
        Takes each piece of text as it is written, after it was sent.
    """

    def __init__(
        self,
        model: Callable[[], tuple[str, LSTMGenerator]],
        send: Callable[[Reply], None],
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
        self._current: _Writing | None = None

    def _send(self, message: Reply) -> None:
        self._transmit(sendable(message))

    # What a page asks for.

    def handle(self, message: object) -> None:
        """Answer a message of the page. Whatever it is, nothing is raised."""
        run = ""
        try:
            if not isinstance(message, dict):
                msg = "A message to the widget must be an object."
                raise SettingError(msg)  # noqa: TRY301 - answered below like any other
            content: dict[str, Any] = sendable(message)
            if isinstance(content.get("run"), str):
                run = content["run"][:MAX_NAME]
            self._answer(content)
        except LSTMError as error:
            self._send({"type": "error", "run": run, "message": str(error)})
        except Exception as error:
            log.exception("A message of the page could not be answered")
            self._fail(
                run, f"The kernel met an unexpected error, {type(error).__name__}; its log tells more."
            )

    def _answer(self, message: Mapping[str, Any]) -> None:
        kind = message.get("type")
        if kind == "hello":
            self._send({"type": "here"})
        elif kind == "start":
            self._start_for_page(message)
        elif kind == "resume":
            self._resume(self._named(message), _integer(message, "length", 1))
        elif kind == "pull":
            self._pull(message, self._named(message))
        elif kind == "stop":
            self._stop_for_page(self._named(message))
        elif kind == "clear":
            self.clear()
        else:
            msg = f"The widget does not know the message {kind!r}."
            raise SettingError(msg)

    def _start_for_page(self, message: Mapping[str, Any]) -> None:
        run = _name(message, "run")
        current = self._current
        if current is not None and current.name == run:
            return  # asked twice
        try:
            self._start(run, _settings(message))
        except LSTMError as error:
            self.stop()  # whoever presses Generate wants no more of the text before
            self._publish({"error": str(error), "status": "failed"})
            raise

    def _named(self, message: Mapping[str, Any]) -> _Writing:
        run = _name(message, "run")
        writing = self._current
        if writing is None or writing.name != run:
            raise SettingError(_GONE)
        return writing

    def _pull(self, message: Mapping[str, Any], writing: _Writing) -> None:
        pull = _name(message, "pull")
        count = _integer(message, "count", 1)
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
            position = min(_integer(message, "position", 0), len(run.characters))
            missing = position + count - len(run.characters)
            if not writing.over and missing > 0:
                writing.set_temperature(temperature)
                new = run.advance(missing, min(budget, MAX_BUDGET) / 1000)
            self._send(writing.chunk(position, pull))
            if writing.ending is not None:
                self._send(writing.ending)  # again, for a page that did not get it
            elif run.finished:
                self._end(writing, "finished")
        if new:
            self._wrote(new)

    def _stop_for_page(self, writing: _Writing) -> None:
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
        return self._write(self._start(f"kernel-{secrets.token_hex(8)}", settings), temperature)

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
        writing = self._current
        if writing is None:
            msg = "There is no text to continue: generate one first."
            raise SettingError(msg)
        self._resume(writing, length)
        return self._write(writing, temperature)

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
            self._publish({"error": "", "receipt": {}, "text": "", "status": "ready"})
            if self._current is None:  # who was told of the new status may have begun another one
                self._send({"type": "cleared"})

    def _write(self, writing: _Writing, temperature: Callable[[], float]) -> str:
        begun = len(writing.run.characters)
        try:
            while writing.wanted and not writing.over:
                with self._lock:
                    if writing.over:
                        break
                    writing.set_temperature(check_temperature(temperature()))
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

    def _start(self, name: str, settings: Mapping[str, Any]) -> _Writing:
        """Begin a run; skip the characters of the seed that the model does not know."""
        model, generator = self._model()
        rng: RngLike = settings.get("rng")
        if rng is None:
            rng = secrets.randbits(32)  # so that the receipt can name it
        seed = _known(settings.get("seed"), generator.model)
        run = generator.start({**settings, "seed": seed, "rng": rng})
        writing = _Writing(name, run, model, {**settings, "rng": rng})
        self._let_go()
        with self._lock:
            self._replace(writing)
            self._publish({"error": "", "receipt": writing.receipt, "text": "", "status": "writing"})
            if not writing.over:  # who was told of the new status may have stopped it
                self._send({"type": "begin", "run": name, "seed": run.settings.seed, "position": 0})
        return writing

    def _let_go(self) -> None:
        """Have a cell that writes let go of the lock."""
        if (writing := self._current) is not None:
            writing.wanted = False

    def _replace(self, writing: _Writing | None) -> None:
        """Make another run the current one and end the one before; the caller holds the lock."""
        before, self._current = self._current, writing
        if before is not None:
            self._end(before, "stopped")

    def _resume(self, writing: _Writing, length: int) -> None:
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

    def _stop(self, writing: _Writing) -> None:
        writing.wanted = False  # before the lock: a cell that writes lets go of it then
        with self._lock:
            self._end(writing, "stopped")

    def _fail(self, run: str, message: str) -> None:
        """End a run because of an error that nobody foresaw; its text is kept."""
        state: State = {"error": message}
        error: Error = {"type": "error", "run": run, "message": message}
        writing = self._current
        if writing is not None and writing.name == run:
            with self._lock:
                writing.ending, writing.wanted = error, False
                state |= {"text": writing.text, "receipt": writing.receipt}
        self._publish({**state, "status": "failed"})
        self._send(error)

    def _end(self, writing: _Writing, reason: Reason) -> None:
        """End a run unless it is over; the caller holds the lock."""
        if writing.over:
            return
        receipt = writing.receipt
        ending: End = {"type": "end", "run": writing.name, "reason": reason, "receipt": receipt}
        writing.ending = ending
        current = self._current
        if current is writing:
            self._publish({"receipt": receipt, "text": writing.text, "status": reason})
        # Unless who was told of the new status has already resumed it, or begun another one.
        if writing.ending is ending and self._current is current:
            self._send(ending)


def _known(seed: object, model: CharLSTM) -> object:
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


def _name(message: Mapping[str, Any], of: Literal["run", "pull"]) -> str:
    name = message.get(of)
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
        msg = f"A message to the widget must name its {of}."
        raise SettingError(msg)
    return name


def _integer(message: Mapping[str, Any], name: Literal["position", "count", "length"], lowest: int) -> int:
    value = message.get(name)
    if type(value) is not int or value < lowest:
        msg = f"A message to the widget must bring a {name} that is a whole number from {lowest}."
        raise SettingError(msg)
    return value
