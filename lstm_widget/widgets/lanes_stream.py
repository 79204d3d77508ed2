"""The conversation of `TemperatureLanes` with its page; see `conversation` for its rules.

A run has lanes: texts with the same settings and the same dice, each at its own temperature. Every pull
names the lanes that there are, so that a message that is lost changes nothing for long: a new name begins
a lane, and a lane that is no longer named is written no further.

What is said is in `protocol`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from lstm_widget.errors import SettingError, short_repr
from lstm_widget.widgets.checks import MAX_NAME, whole_in
from lstm_widget.widgets.conversation import Conversation, known, new_name, settings_in
from lstm_widget.widgets.protocol import LanesSettings
from lstm_widget.widgets.writing import Followed, Writing
from lstm_widget.writing.run import Run, advance_together
from lstm_widget.writing.settings import check_temperature, make_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lstm_widget.generator import LSTMGenerator
    from lstm_widget.widgets.protocol import Chunk, LanesEnd, Reason

MIN_LANES, MAX_LANES = 2, 6
# Lanes that a run keeps, with those that are no longer named: an old pull may come late, and name one.
_KEPT = 2 * MAX_LANES


class Lane(NamedTuple):
    """What is asked of a lane: its name and its temperature from the next character on."""

    name: str
    temperature: float


def check_temperatures(temperatures: object) -> list[float]:
    """Return the temperatures of the lanes, or raise `SettingError`."""
    if isinstance(temperatures, (str, Mapping)) or not isinstance(temperatures, Iterable):
        msg = f"The temperatures must be a list of numbers, not {short_repr(temperatures)}."
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


class _Lanes(Followed):
    """The lanes of a run.

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
        super().__init__(name)
        self.settings = settings
        self._model = model
        # The lanes that come later are of the same weights, whatever the generator has loaded by then.
        self._first = generator.start({**settings, "temperature": lanes[0].temperature})
        self._lanes: dict[str, Writing] = {}
        self._named: list[str] = []
        self.arrange(lanes, 0)

    @property
    def finished(self) -> bool:
        """Whether no lane is to be written further."""
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

    def end(self, reason: Reason) -> LanesEnd:
        """Return what the pages are told when it is over."""
        return {"type": "end", "run": self.name, "reason": reason}

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


class LanesConversation(Conversation[_Lanes]):
    """The runs of one widget; see `Conversation`. The texts, which last, too, are asked for with `texts`."""

    gone = "These texts are no longer being written: start new ones."

    def texts(self, lanes: Iterable[str]) -> list[str]:
        """Return what was written last in these lanes; nothing while it is being written."""
        current = self._current
        return [current.text(name) if current is not None and current.over else "" for name in lanes]

    def receipts(self, lanes: Iterable[str]) -> list[dict[str, Any]]:
        """Return from what the texts of these lanes come out again; nothing for a lane without one."""
        current = self._current
        return [{} if current is None else current.receipt(name) for name in lanes]

    # What a page asks for.

    def _start_asked(self, run: str, message: Mapping[str, Any]) -> None:
        self._start(run, _settings(message), [lane for lane, _ in _lanes(message)])

    def _answer_pull(self, pull: str, message: Mapping[str, Any], writing: _Lanes, seconds: float) -> str:
        until = whole_in(message, "until", 1)
        asked = [(lane, whole_in(content, "position", 0)) for lane, content in _lanes(message)]
        if not writing.over:
            writing.arrange([lane for lane, _ in asked], until)
        # A page asks ahead; if the piece before came out shorter than it thought, this one begins where
        # that one ended.
        positions = writing.reached((lane.name, position) for lane, position in asked)
        if not writing.over:
            writing.write(until, seconds)
        self._tell(writing, pull, positions)
        return ""

    def _tell(self, writing: _Lanes, pull: str | None, positions: Iterable[tuple[str, int]]) -> None:
        """Send what was written of these lanes, each from a position on."""
        chunks = writing.chunks(positions)
        self._send({"type": "lanes", "run": writing.name, "pull": pull, "lanes": chunks})

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
        name, length = new_name(), settings["length"]

        def write() -> None:
            writing = self._start(name, settings, lanes())

            def piece(seconds: float) -> str:
                writing.arrange(lanes(), length)
                before = writing.written()
                writing.write(length, seconds)
                self._tell(writing, None, before)
                return ""

            self._write(writing, piece)

        self._from_cell(name, write)

    def _start(self, name: str, settings: LanesSettings, lanes: Sequence[Lane]) -> _Lanes:
        """Begin a run; skip the characters of the seed that the model does not know."""
        model, generator = self._model()
        seed: Any = known(settings["seed"], generator.model)
        rng = secrets.randbits(32) if settings["rng"] is None else settings["rng"]  # one for all lanes
        writing = _Lanes(name, generator, model, {**settings, "seed": seed, "rng": rng}, lanes)

        def begin() -> None:
            self._replace(writing)
            self._publish({"error": "", "status": "writing"})
            if not writing.over:  # who was told of the new status may have stopped it
                self._send({"type": "begin", "run": name, "seed": seed, "rng": rng})

        self._let_go()
        self._lock.hold(begin)
        return writing


def _settings(message: Mapping[str, Any]) -> LanesSettings:
    names = LanesSettings.__annotations__
    settings = settings_in(message, names)
    if missing := [name for name in names if name not in settings]:
        msg = f"A start message must bring its {missing[0]}."
        raise SettingError(msg)
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
