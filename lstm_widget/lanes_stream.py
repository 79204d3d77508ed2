"""The conversation of `TemperatureLanes` with its page; it obeys the rules of `stream`.

A run has lanes: texts with the same settings and the same dice, each at its own temperature. Every pull
names the lanes that there are, so that a message that is lost changes nothing for long: a new name begins
a lane, and a lane that is no longer named is written no further.

What is said is in `lanes_messages`.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from lstm_widget.errors import LSTMError, SettingError, shown
from lstm_widget.lanes_messages import LanesSettings
from lstm_widget.messages import MAX_NAME, name_in, sendable, whole_in
from lstm_widget.run import Run, advance_together
from lstm_widget.settings import check_names, check_page_rng, check_temperature, make_rng
from lstm_widget.stream import known
from lstm_widget.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.lanes_messages import LanesEnd, LanesReply, LanesState
    from lstm_widget.messages import Chunk, Error, Reason

log = logging.getLogger("lstm_widget")

MIN_LANES, MAX_LANES = 2, 6
# Milliseconds that one pull may take; the kernel is busy for no longer.
MAX_BUDGET = 50.0
# Lanes that a run keeps, with those that are no longer named: an old pull may come late, and name one.
_KEPT = 2 * MAX_LANES
_GONE = "These texts are no longer being written: start new ones."


class Lane(NamedTuple):
    """What is asked of a lane: its name and its temperature from the next character on."""

    name: str
    temperature: float


def check_temperatures(temperatures: object) -> list[float]:
    """Return the temperatures of the lanes, or raise `SettingError`."""
    if isinstance(temperatures, (str, Mapping)) or not isinstance(temperatures, Iterable):
        msg = f"The temperatures must be a list of numbers, not {shown(temperatures)}."
        raise SettingError(msg)
    checked = [check_temperature(one) for one in temperatures]
    if not MIN_LANES <= len(checked) <= MAX_LANES:
        msg = f"There must be {MIN_LANES} to {MAX_LANES} temperatures, not {len(checked)}."
        raise SettingError(msg)
    return checked


def check_lane_names(names: object) -> list[str]:
    """Return the names of lanes, or raise `SettingError`."""
    if isinstance(names, list) and len(set(map(str, names))) == len(names):
        named = [one for one in names if isinstance(one, str) and 0 < len(one) <= MAX_NAME]
        if len(named) == len(names):
            return named
    msg = "The names of the lanes must be different texts."
    raise SettingError(msg)


class _Lanes:
    """The lanes of a run; used only with the conversation's lock, but for `wanted`.

    Parameters
    ----------
    name : str
        Of the run.
    generator : LSTMGenerator
    model : str
        The name of its model.
    settings : dict
        What all lanes have in common, with a number as `rng`.
    lanes : sequence of Lane

    Raises
    ------
    SettingError
        If a setting is wrong.
    """

    def __init__(
        self,
        name: str,
        generator: LSTMGenerator,
        model: str,
        settings: LanesSettings,
        lanes: Sequence[Lane],
    ) -> None:
        self.name = name
        self.wanted = True  # set to False from any thread, without the lock: end as soon as possible
        self.ending: LanesEnd | Error | None = None  # what the pages are told, once it is over
        self.settings = settings
        self._model = model
        # The lanes that come later are of the same weights, whatever the generator has loaded by then.
        self._first = generator.start({**settings, "temperature": lanes[0].temperature})
        self._lanes: dict[str, Writing] = {}
        self._named: list[str] = []
        self.arrange(lanes, 0)

    @property
    def over(self) -> bool:
        return self.ending is not None

    @property
    def finished(self) -> bool:
        return all(run.finished for run in self._runs)

    @property
    def _runs(self) -> list[Run]:
        return [self._lanes[name].run for name in self._named]

    def text(self, lane: str) -> str:
        return self._lanes[lane].text if lane in self._lanes else ""

    def receipt(self, lane: str) -> dict[str, Any]:
        if lane not in self._lanes:
            return {}
        return {**self._lanes[lane].receipt, "run": self.name, "lane": lane}

    def arrange(self, lanes: Sequence[Lane], until: int) -> None:
        """Have these lanes, in this order; their temperatures count where something is to be written."""
        for name, temperature in lanes:
            if name not in self._lanes:
                self._lanes[name] = self._begin(name, temperature)
            run = self._lanes[name].run
            if len(run.characters) < until and not run.finished:
                run.temperature = temperature
        self._named = [name for name, _ in lanes]
        unnamed = [name for name in self._lanes if name not in self._named]
        for name in unnamed[: max(0, len(self._lanes) - _KEPT)]:
            del self._lanes[name]

    def write(self, until: int, seconds: float) -> None:
        """Write each lane until it has so many characters, for about so long at most.

        A lane that came later catches up first; that takes half of the time if others wait meanwhile.
        """
        begun = time.perf_counter()
        runs = self._runs
        front = max(len(run.characters) for run in runs)
        if behind := [run for run in runs if len(run.characters) < front]:
            waits = front < min(until, self.settings["length"])
            _write(behind, min(front, until), seconds / 2 if waits else seconds)
        level = [run for run in runs if len(run.characters) == front]
        _write(level, until, seconds - (time.perf_counter() - begun))

    def written(self) -> list[tuple[str, int]]:
        """Return how many characters each lane has that is written."""
        return [(name, len(self._lanes[name].run.characters)) for name in self._named]

    def reached(self, asked: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        """Return the positions asked for, of the lanes that there are, and none beyond what is written."""
        lanes = [(name, position) for name, position in asked if name in self._lanes]
        return [(name, min(position, len(self._lanes[name].run.characters))) for name, position in lanes]

    def chunks(self, positions: Iterable[tuple[str, int]]) -> list[Chunk]:
        """Return what was written of these lanes, each from a position on."""
        return [self._lanes[name].chunk(position) for name, position in positions]

    def _begin(self, name: str, temperature: float) -> Writing:
        first, rng = self._first, self.settings["rng"]
        settings = replace(first.settings, temperature=temperature)
        return Writing(
            name, Run(first.model, first.engine, settings, make_rng(rng)), self._model, {"rng": rng}
        )


def _write(runs: list[Run], until: int, seconds: float) -> None:
    """Write runs until each has so many characters, for about so long at most."""
    deadline = time.perf_counter() + seconds
    while short := [run for run in runs if len(run.characters) < until and not run.finished]:
        count = min(until - len(run.characters) for run in short)
        advance_together(short, count, max(0.0, deadline - time.perf_counter()))
        if time.perf_counter() >= deadline:
            break


class LanesConversation:
    """The runs of one widget; a new one ends the one before.

    Parameters
    ----------
    model : callable
        Returns the name of the model and the `LSTMGenerator` to write with; asked at the start of each run.
    send : callable
        Sends a message to every page of the widget.
    publish : callable
        Takes what has to last (`LanesState`), when a run begins and when it ends; the texts are in `texts`.
    """

    def __init__(
        self,
        model: Callable[[], tuple[str, LSTMGenerator]],
        send: Callable[[LanesReply], None],
        publish: Callable[[LanesState], None],
    ) -> None:
        self._model = model
        self._transmit = send
        self._publish = publish
        # Held while something is written and told. By the same thread it can be taken again: whoever is
        # told of a new status may stop the run or begin another one.
        self._lock = threading.RLock()
        self._current: _Lanes | None = None

    def _send(self, message: LanesReply) -> None:
        self._transmit(sendable(message))

    def texts(self, lanes: Iterable[str]) -> list[str]:
        """Return what was written last in these lanes; nothing while it is being written."""
        current = self._current
        return [current.text(name) if current is not None and current.over else "" for name in lanes]

    def receipts(self, lanes: Iterable[str]) -> list[dict[str, Any]]:
        """Return from what the texts of these lanes come out again; nothing for a lane without one."""
        current = self._current
        return [{} if current is None else current.receipt(name) for name in lanes]

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
        elif kind == "pull":
            self._pull(message, self._named(message))
        elif kind == "stop":
            self._stop_for_page(self._named(message))
        elif kind == "clear":
            self.clear()
        else:
            msg = f"The widget does not know the message {kind!r}."
            raise SettingError(msg)

    def _named(self, message: Mapping[str, Any]) -> _Lanes:
        run = name_in(message, "run")
        writing = self._current
        if writing is None or writing.name != run:
            raise SettingError(_GONE)
        return writing

    def _start_for_page(self, message: Mapping[str, Any]) -> None:
        run = name_in(message, "run")
        current = self._current
        if current is not None and current.name == run:
            return  # asked twice
        try:
            self._start(run, _settings(message), [lane for lane, _ in _lanes(message)])
        except LSTMError as error:
            self.stop()  # whoever presses Generate wants no more of the texts before
            self._publish({"error": str(error), "status": "failed"})
            raise

    def _pull(self, message: Mapping[str, Any], writing: _Lanes) -> None:
        pull = name_in(message, "pull")
        until = whole_in(message, "until", 1)
        budget = message.get("budget")
        if isinstance(budget, bool) or not isinstance(budget, (int, float)) or not budget > 0:
            msg = "A pull message must bring a budget of milliseconds above 0."
            raise SettingError(msg)
        asked = [(lane, whole_in(content, "position", 0)) for lane, content in _lanes(message)]
        with self._lock:
            if not writing.over:
                writing.arrange([lane for lane, _ in asked], until)
            # A page asks ahead; if the piece before came out shorter than it thought, this one begins where
            # that one ended.
            positions = writing.reached((lane.name, position) for lane, position in asked)
            if not writing.over:
                writing.write(until, min(budget, MAX_BUDGET) / 1000)
            self._tell(writing, pull, positions)
            if writing.ending is not None:
                self._send(writing.ending)  # again, for a page that did not get it
            elif writing.finished:
                self._end(writing, "finished")

    def _tell(self, writing: _Lanes, pull: str | None, positions: Iterable[tuple[str, int]]) -> None:
        """Send what was written of these lanes, each from a position on."""
        chunks = writing.chunks(positions)
        self._send({"type": "lanes", "run": writing.name, "pull": pull, "lanes": chunks})

    def _stop_for_page(self, writing: _Lanes) -> None:
        writing.wanted = False
        with self._lock:
            if writing.ending is not None:
                self._send(writing.ending)  # again, for a page that did not get it
            self._end(writing, "stopped")

    # What a cell asks for.

    def write(self, settings: LanesSettings, lanes: Callable[[], Sequence[Lane]]) -> None:
        """Write all lanes from a cell, showing them as they come.

        Parameters
        ----------
        settings : dict
        lanes : callable
            Asked before each piece, so that they can be changed meanwhile.

        Raises
        ------
        SettingError
            If a setting is wrong.
        """
        writing = self._start(f"kernel-{secrets.token_hex(8)}", settings, lanes())
        length = settings["length"]
        try:
            while writing.wanted and not writing.over:
                with self._lock:
                    if writing.over:
                        break
                    writing.arrange(lanes(), length)
                    before = writing.written()
                    writing.write(length, MAX_BUDGET / 1000)
                    self._tell(writing, None, before)
                    if writing.finished:
                        self._end(writing, "finished")
        except KeyboardInterrupt:
            log.debug("Interrupted; the texts so far are kept")
        finally:
            with self._lock:
                self._end(writing, "stopped")

    def stop(self) -> None:
        """End the current run, if there is one, and keep its texts."""
        if (writing := self._current) is not None:
            writing.wanted = False  # before the lock: a cell that writes lets go of it then
            with self._lock:
                self._end(writing, "stopped")

    def clear(self) -> None:
        """End the current run, if there is one, and forget its texts."""
        self._let_go()
        with self._lock:
            self._replace(None)
            self._publish({"error": "", "status": "ready"})
            if self._current is None:  # who was told of the new status may have begun another one
                self._send({"type": "cleared"})

    # How a run begins and ends.

    def _start(self, name: str, settings: LanesSettings, lanes: Sequence[Lane]) -> _Lanes:
        """Begin a run; skip the characters of the seed that the model does not know."""
        model, generator = self._model()
        seed: Any = known(settings["seed"], generator.model)
        rng = secrets.randbits(32) if settings["rng"] is None else settings["rng"]  # one for all lanes
        writing = _Lanes(name, generator, model, {**settings, "seed": seed, "rng": rng}, lanes)
        self._let_go()
        with self._lock:
            self._replace(writing)
            self._publish({"error": "", "status": "writing"})
            if not writing.over:  # who was told of the new status may have stopped it
                self._send({"type": "begin", "run": name, "seed": seed, "rng": rng})
        return writing

    def _let_go(self) -> None:
        """Have a cell that writes let go of the lock."""
        if (writing := self._current) is not None:
            writing.wanted = False

    def _replace(self, writing: _Lanes | None) -> None:
        """Make another run the current one and end the one before; the caller holds the lock."""
        before, self._current = self._current, writing
        if before is not None:
            self._end(before, "stopped")

    def _fail(self, run: str, message: str) -> None:
        """End a run because of an error that nobody foresaw; its texts are kept."""
        error: Error = {"type": "error", "run": run, "message": message}
        writing = self._current
        if writing is not None and writing.name == run:
            with self._lock:
                writing.ending, writing.wanted = error, False
        self._publish({"error": message, "status": "failed"})
        self._send(error)

    def _end(self, writing: _Lanes, reason: Reason) -> None:
        """End a run unless it is over; the caller holds the lock."""
        if writing.over:
            return
        writing.ending = {"type": "end", "run": writing.name, "reason": reason}
        current = self._current
        if current is writing:
            self._publish({"status": reason})
        if self._current is current:  # unless who was told of the new status has begun another one
            self._send(writing.ending)


def _settings(message: Mapping[str, Any]) -> LanesSettings:
    settings = message.get("settings")
    if not isinstance(settings, dict):
        msg = "A start message must bring its settings."
        raise SettingError(msg)
    names = LanesSettings.__annotations__
    check_names(settings, names)
    if missing := [name for name in names if name not in settings]:
        msg = f"A start message must bring its {missing[0]}."
        raise SettingError(msg)
    check_page_rng(settings["rng"])
    return settings  # type: ignore[return-value] # the rest is checked where the run begins


def _lanes(message: Mapping[str, Any]) -> list[tuple[Lane, Mapping[str, Any]]]:
    """Return the lanes of a message, each with all that is said of it."""
    contents = message.get("lanes")
    if not isinstance(contents, list) or not all(isinstance(one, dict) for one in contents):
        msg = "A message to the widget must bring a list of its lanes."
        raise SettingError(msg)
    temperatures = check_temperatures([one.get("temperature") for one in contents])
    names = check_lane_names([one.get("name") for one in contents])
    lanes = map(Lane, names, temperatures)
    return list(zip(lanes, contents, strict=True))
