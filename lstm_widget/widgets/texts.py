"""The texts of a run, one for each lane, as the session keeps them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lstm_widget.widgets.protocol import Settings
from lstm_widget.writing.batch import advance_together
from lstm_widget.writing.receipt import receipt_of
from lstm_widget.writing.run import Run
from lstm_widget.writing.settings import make_rng

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lstm_widget.widgets.checks import Lane
    from lstm_widget.widgets.protocol import (
        End,
        Failure,
        LaneChunk,
        Reason,
        Receipt,
        SavedLane,
        SavedTexts,
    )

# Lanes that a run keeps, with those that are no longer named: an old pull may come late, and name one.
_KEPT = 12


class LaneText:
    """The text of a lane: a `Run`, and what the pages have of it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.shown = 0  # characters that are in the traits
        self._bits, self._counted = 0.0, 0  # of the characters counted so far

    @property
    def bits(self) -> float:
        """The surprise of all characters."""
        written = len(self.run.characters)
        self._bits += sum(self.run.surprise[self._counted : written])
        self._counted = written
        return self._bits

    def text(self, start: int = 0, end: int | None = None) -> str:
        """Return its characters from one position to before another, without the seed."""
        return "".join(self.run.characters[start:end])

    def chunk(self, name: str, position: int) -> LaneChunk:
        """Return the characters from a position on, for a message."""
        characters = self.run.characters[position:]
        chunk: LaneChunk = {
            "name": name,
            "position": position,
            "count": len(characters),
            "text": "".join(characters),
            "temperatures": [change for change in self.run.temperatures if change[0] >= position],
            "bits": self.bits,
        }
        if not characters and len(self.run.unread) > 1:
            chunk["left"] = len(self.run.unread)
        return chunk


class Texts:
    """A run with a name; used only with the lock of the session, except for `wanted`.

    Parameters
    ----------
    name : str
        For the page.
    model : str
        The name of its model.
    given : mapping
        The settings as they were asked for, with a number as `rng`.
    first : Run
        The text of the first lane. Others get the same weights, whatever the generator has loaded by then.
    lane : str
        The name of that lane.
    parent : Texts, optional
        What it branches off, at `position` with `character`.
    """

    def __init__(
        self,
        name: str,
        model: str,
        given: Mapping[str, Any],
        first: Run,
        lane: str,
        parent: Texts | None = None,
        position: int = 0,
        character: str = "",
    ) -> None:
        self.name = name
        self.model = model
        self.given = given
        self.parent = parent
        self.position = position
        self.character = character
        self.wanted = True  # set to False from any thread, without the lock: end as soon as possible
        self.ending: End | Failure | None = None  # what the pages are sent, once it is over
        self.sent = False  # whether they were: an interrupt may come in between
        self._first = first
        self.length = first.settings.length
        self._lanes = {lane: LaneText(first)}
        self._named = [lane]

    @property
    def over(self) -> bool:
        """Whether nothing more is written, unless it is resumed."""
        return self.ending is not None

    @property
    def finished(self) -> bool:
        """Whether all is written that was asked for."""
        return all(run.finished for run in self._runs)

    @property
    def only(self) -> LaneText:
        """The lane of a run that has but one."""
        return self._lanes[self._named[0]]

    @property
    def _runs(self) -> list[Run]:
        return [self._lanes[name].run for name in self._named]

    def written(self) -> dict[str, int]:
        """Return the number of characters of each lane that is written."""
        return {name: len(self._lanes[name].run.characters) for name in self._named}

    def text(self, lane: str) -> str:
        """Return what the traits have of a lane, without the seed."""
        one = self._lanes.get(lane)
        return "" if one is None else one.text(0, one.shown)

    def since(self, positions: Mapping[str, int]) -> dict[str, str]:
        """Return what is written in each lane from a position on, by default from the first."""
        return {name: one.text(positions.get(name, 0)) for name, one in self._lanes.items()}

    def receipt(self, lane: str) -> Receipt | None:
        """Return what reproduces a lane, with its surprise and the name of the run."""
        if lane not in self._lanes:
            return None
        one = self._lanes[lane]
        return {**receipt_of(one.run, self.model, self.given["rng"]), "run": self.name, "bits": one.bits}

    def reached(self, asked: Mapping[str, int]) -> dict[str, int]:
        """Return the positions asked for, of the lanes of this run, and none beyond what is written."""
        lanes = [name for name in asked if name in self._lanes]
        return {name: min(asked[name], len(self._lanes[name].run.characters)) for name in lanes}

    def chunks(self, positions: Mapping[str, int]) -> list[LaneChunk]:
        """Return what is written of these lanes, each from a position on."""
        return [self._lanes[name].chunk(name, position) for name, position in positions.items()]

    def show(self, position: int | None = None) -> None:
        """Let the traits have the first characters of each lane, or all."""
        for one in self._lanes.values():
            one.shown = len(one.run.characters) if position is None else position

    def end(self, reason: Reason) -> None:
        """End it, with what the pages are then sent."""
        receipts = {name: receipt for name in self._named if (receipt := self.receipt(name))}
        self.ending = {"type": "end", "run": self.name, "reason": reason, "receipts": receipts}

    def saved(self) -> SavedTexts:
        """Return all that a page needs to go on with it by itself."""
        is_finished = self.ending is not None and self.ending["type"] == "end" and self.finished
        return {
            "run": self.name,
            "given": {name: self.given[name] for name in Settings.__annotations__},  # type: ignore[typeddict-item]
            "seed": self._first.settings.seed,
            "reason": "finished" if is_finished else "stopped",
            "parent": None if self.parent is None else self.parent.name,
            "position": self.position,
            "character": self.character,
            "lanes": [_saved(name, self._lanes[name].run) for name in self._named],
        }

    def resume(self, length: int) -> None:
        """Have each lane written until it has this length; while it is written, it gets no shorter.

        Raises
        ------
        SettingError
            If it is too long; all stays as it was.
        """
        length = max(length, 0 if self.over else self.length)
        for one in self._lanes.values():
            one.run.extend(max(length, len(one.run.characters)))
        self.length = length
        if self.over:
            self.ending, self.wanted, self.sent = None, True, False

    def arrange(self, lanes: Sequence[Lane], until: int) -> None:
        """Have these lanes, in this order; their temperatures count where something is to be written."""
        for name, temperature in lanes:
            if name not in self._lanes:
                self._lanes[name] = LaneText(self._begin(temperature))
            run = self._lanes[name].run
            if len(run.characters) < until and not run.finished:
                run.change_temperature(temperature)
        self._named = [name for name, _ in lanes]
        unnamed = [name for name in self._lanes if name not in self._named]
        for name in unnamed[: max(0, len(self._lanes) - _KEPT)]:
            del self._lanes[name]

    def _begin(self, temperature: float) -> Run:
        first = self._first
        settings = replace(first.settings, temperature=temperature, length=self.length)
        return Run(first.model, first.engine, settings, make_rng(self.given["rng"]))

    def write(self, until: int, seconds: float) -> str:
        """Write each lane until it has `until` characters, for about `seconds` at most.

        A lane that came later catches up first; that takes half of the time if others wait meanwhile.

        Returns
        -------
        str
            What was written now, of all lanes.
        """
        begun, before, runs = time.perf_counter(), self.written(), self._runs
        until, front = min(until, self.length), max(before.values())
        share = seconds / 2 if front < until else seconds
        for least, end, deadline in (
            (0, min(front, until), begun + share),
            (front, until, begun + seconds),
        ):
            while short := [run for run in runs if least <= len(run.characters) < end and not run.finished]:
                count = min(end - len(run.characters) for run in short)
                advance_together(short, count, max(0.0, deadline - time.perf_counter()))
                if time.perf_counter() >= deadline:
                    break
        return "".join(self._lanes[name].text(position) for name, position in before.items())


def _saved(name: str, run: Run) -> SavedLane:
    return {
        "name": name,
        "length": run.settings.length,
        "temperature": run.settings.temperature,
        "ids": run.ids[run.seed_length :].tolist(),
        "surprise": [round(one, 5) for one in run.surprise],
        "temperatures": list(run.temperatures),
        "placed": list(run.forced.items()),
    }
