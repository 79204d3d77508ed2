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


class _Writing:
    """A run as the conversation keeps it. Its lock is held while it writes and answers."""

    def __init__(self, name: str, run: Run, rng: int | None) -> None:
        self.name = name
        self.run = run
        self.lock = threading.Lock()
        self.wanted = True  # set to False from any thread, without the lock: end as soon as possible
        self.ending: End | Error | None = None  # what the pages are told, once it is over
        settings = run.settings
        self.receipt: dict[str, Any] = {
            "run": name,
            "seed": settings.seed,
            "length": settings.length,
            "temperature": settings.temperature,
            "top_k": settings.top_k,
            "top_p": settings.top_p,
            "rng": rng,
            # Where the temperature was changed: [position, temperature] pairs.
            "temperatures": [],
        }

    @property
    def over(self) -> bool:
        return self.ending is not None

    def set_temperature(self, temperature: float) -> None:
        if temperature != self.run.temperature:
            self.run.temperature = temperature
            self.receipt["temperatures"].append([len(self.run.characters), temperature])

    def chunk(self, position: int, pull: str | None = None) -> Chunk:
        characters = self.run.characters[position:]
        return {
            "type": "chunk",
            "run": self.name,
            "pull": pull,
            "position": position,
            "count": len(characters),
            "text": "".join(characters),
        }


class Conversation:
    """The runs of one widget; a new one ends the one before.

    Parameters
    ----------
    generator : callable
        Returns the `LSTMGenerator` to write with, asked at the start of each run.
    send : callable
        Sends a message to every page of the widget.
    publish : callable
        Takes what has to last (`State`): called when a run begins and when it ends.
    """

    def __init__(
        self,
        generator: Callable[[], LSTMGenerator],
        send: Callable[[Reply], None],
        publish: Callable[[State], None],
    ) -> None:
        self._generator = generator
        self._send = send
        self._publish = publish
        self._lock = threading.Lock()  # held only to read or exchange the current run
        self._current: _Writing | None = None

    def handle(self, message: object) -> None:
        """Answer a message of the page. Whatever it is, nothing is raised."""
        run = ""
        try:
            if not isinstance(message, dict):
                msg = "A message to the widget must be an object."
                raise SettingError(msg)  # noqa: TRY301 - answered below like any other
            run = _name(message, "run")
            self._answer(message, run)
        except LSTMError as error:
            self._send({"type": "error", "run": run, "message": str(error)})
        except Exception as error:
            log.exception("A message of the page could not be answered")
            self._fail(
                run, f"The kernel met an unexpected error, {type(error).__name__}; its log tells more."
            )

    def _answer(self, message: Mapping[str, Any], run: str) -> None:
        kind = message.get("type")
        if kind == "start":
            self._start_for_page(message, run)
        elif kind == "pull":
            self._pull(message, self._writing(run))
        elif kind == "stop":
            self._stop(self._writing(run))
        else:
            msg = f"The widget does not know the message {kind!r}."
            raise SettingError(msg)

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
        writing = self._start(f"kernel-{secrets.token_hex(8)}", settings)
        try:
            while writing.wanted and not writing.over:
                with writing.lock:
                    if writing.over:
                        break
                    writing.set_temperature(check_temperature(temperature()))
                    position = len(writing.run.characters)
                    writing.run.advance(seconds=MAX_BUDGET / 1000)
                    self._send(writing.chunk(position))
                    if writing.run.finished:
                        self._end(writing, "finished")
        except KeyboardInterrupt:
            log.debug("Interrupted; the text so far is kept")
        finally:
            with writing.lock:
                self._end(writing, "stopped")
        return "".join(writing.run.characters)

    def stop(self) -> None:
        """End the current run, if there is one, and keep its text."""
        if (writing := self._latest()) is not None:
            self._stop(writing)

    def _start_for_page(self, message: Mapping[str, Any], run: str) -> None:
        current = self._latest()
        if current is not None and current.name == run:
            return  # asked twice
        try:
            self._start(run, _settings(message))
        except LSTMError as error:
            self.stop()  # whoever presses Generate wants no more of the text before
            self._publish({"status": "failed", "error": str(error)})
            raise

    def _start(self, name: str, settings: Mapping[str, Any]) -> _Writing:
        """Begin a run; skip the characters of the seed that the model does not know."""
        generator = self._generator()
        rng: RngLike = settings.get("rng")
        if rng is None:
            rng = secrets.randbits(32)  # so that the receipt can name it
        seed = _known(settings.get("seed"), generator.model)
        run = generator.start({**settings, "seed": seed, "rng": rng})
        writing = _Writing(name, run, rng if isinstance(rng, int) else None)
        with self._lock:
            before, self._current = self._current, writing
        if before is not None:
            self._stop(before)
        self._publish({"status": "writing", "error": "", "text": "", "receipt": writing.receipt})
        self._send({"type": "begin", "run": name, "seed": run.settings.seed})
        return writing

    def _latest(self) -> _Writing | None:
        with self._lock:
            return self._current

    def _writing(self, run: str) -> _Writing:
        writing = self._latest()
        if writing is None or writing.name != run:
            msg = "This text is no longer being written: start a new one."
            raise SettingError(msg)
        return writing

    def _pull(self, message: Mapping[str, Any], writing: _Writing) -> None:
        pull = _name(message, "pull")
        count = _integer(message, "count", 1)
        budget = message.get("budget")
        if isinstance(budget, bool) or not isinstance(budget, (int, float)) or not budget > 0:
            msg = "A pull message must bring a budget of milliseconds above 0."
            raise SettingError(msg)
        temperature = check_temperature(message.get("temperature"))
        with writing.lock:
            run = writing.run
            # A page asks ahead; if the piece before came out shorter than it thought, this one
            # begins where that one ended.
            position = min(_integer(message, "position", 0), len(run.characters))
            missing = position + count - len(run.characters)
            if not writing.over and missing > 0:
                writing.set_temperature(temperature)
                run.advance(missing, min(budget, MAX_BUDGET) / 1000)
            self._send(writing.chunk(position, pull))
            if writing.ending is not None:
                self._send(writing.ending)  # again, for a page that did not get it
            elif run.finished:
                self._end(writing, "finished")

    def _stop(self, writing: _Writing) -> None:
        writing.wanted = False  # before the lock: a cell that writes lets go of it then
        with writing.lock:
            self._end(writing, "stopped")

    def _fail(self, run: str, message: str) -> None:
        """End a run because of an error that nobody foresaw; its text is kept."""
        state: State = {"status": "failed", "error": message}
        error: Error = {"type": "error", "run": run, "message": message}
        writing = self._latest()
        if writing is not None and writing.name == run:
            with writing.lock:
                writing.ending, writing.wanted = error, False
                state["text"] = "".join(writing.run.characters)
        self._publish(state)
        self._send(error)

    def _end(self, writing: _Writing, reason: Reason) -> None:
        """End a run unless it is over; the caller holds its lock."""
        if writing.over:
            return
        receipt = {**writing.receipt, "written": len(writing.run.characters)}
        writing.ending = {"type": "end", "run": writing.name, "reason": reason, "receipt": receipt}
        if self._latest() is writing:
            text = "".join(writing.run.characters)
            self._publish({"status": reason, "text": text, "receipt": receipt})
        self._send(writing.ending)


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


def _integer(message: Mapping[str, Any], name: str, lowest: int) -> int:
    value = message.get(name)
    if type(value) is not int or value < lowest:
        msg = f"A pull message must bring a {name} that is a whole number from {lowest}."
        raise SettingError(msg)
    return value
