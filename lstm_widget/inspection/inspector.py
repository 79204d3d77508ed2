"""What a look inside shows: read again from the text when the page asks, a piece at a time.

A question may need more time than it has. Then it is answered in part: it says how many characters are yet
to be read, and the next question goes on from there.
"""

from __future__ import annotations

import time
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from lstm_widget.errors import SettingError
from lstm_widget.network.kept_states import KeptStates
from lstm_widget.network.scoring import Reader
from lstm_widget.writing.typed import as_typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lstm_widget.network.engine import Engine
    from lstm_widget.network.model import CharLSTM
    from lstm_widget.writing.run import Run

    Arrays = list[np.ndarray]

# Characters of an answer.
MOST = 512
# Characters read before the first look at the clock.
_STEP = 16


class Inspector:
    """Reads one text again and explains its characters; positions count from the first one of the seed.

    If one block is asked for after the other, as a page does, each character is read once.

    Parameters
    ----------
    run : Run
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._choices = _Again(run)
        self._cells = _Again(run)

    def choices(self, position: int, count: int, seconds: float) -> tuple[Arrays, int]:
        """Explain how characters were chosen.

        Parameters
        ----------
        position, count : int
            At most `MOST`, and as many as there are.
        seconds : float
            For about so long at most.

        Returns
        -------
        arrays : list of ndarray
            Of n characters: the logits before each, float32 [n, V], minus infinity for an id without a
            character; ids, int32 [n]; dice and temperatures, float64 [n], NaN for those of the seed.
        left : int
            Number of characters before the position that are yet to be read.
        """
        run = self.run
        run.watch()  # what is written from now on need not be read again
        kept = run.seed_length + next(iter(run.recent or ()), len(run.characters))
        if position >= kept:
            ids, left = self._ids(position, count), 0
            start = position - run.seed_length
            logits = run.recent_logits(start, start + len(ids))
        else:
            ids = self._ids(position, min(count, kept - position))
            (logits, _), left = self._choices.read(position, ids, seconds)
            ids = ids[: len(logits)]
        how = np.full((2, len(ids)), np.nan)
        written = position + len(ids) - run.seed_length
        if written > 0:
            start = max(0, position - run.seed_length)
            how[0, start - written :] = run.rolled[start:written]
            how[1, start - written :] = run.temperatures_at(start, written)
        return [logits, ids.astype(np.int32), *how], left

    def activations(
        self, layer: int, unit: int, position: int, count: int, seconds: float
    ) -> tuple[Arrays, int]:
        """Return what a unit did: tanh(c) after each character, float32, shape (n,); see `choices`.

        Raises
        ------
        SettingError
            If the network has no such cell.
        """
        units = self.run.engine.units
        check_cell((layer, unit), units)
        (_, cells), left = self._cells.read(position, self._ids(position, count), seconds)
        return [np.tanh(cells[:, sum(units[:layer]) + unit])], left

    def _ids(self, position: int, count: int) -> np.ndarray:
        return np.array(self.run.ids[position : position + min(count, MOST)], dtype=np.intp)


def check_cell(cell: tuple[int, int], units: tuple[int, ...]) -> None:
    """Raise `SettingError` unless a network with these units per layer has the cell (layer, unit)."""
    layer, unit = cell
    if not (0 <= layer < len(units) and 0 <= unit < units[layer]):
        msg = (
            f"There is no cell {cell}: the layers are 0 to {len(units) - 1}, with {list(units)} cells "
            "counted from 0."
        )
        raise SettingError(msg)


class _Again:
    """Reads the text of a run from anywhere; where it stopped last, nothing is read twice."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._kept = KeptStates()
        self._reader: Reader | None = None

    def read(self, position: int, ids: np.ndarray, seconds: float) -> tuple[tuple[np.ndarray, ...], int]:
        """Read characters from a position on, as many as there is time for.

        Returns
        -------
        logits, cells : ndarray of float32, shape (n, V) and (n, sum of all units)
            Before and after each of them.
        left : int
            Number of characters before them that are yet to be read.
        """
        engine = self._run.engine
        deadline = time.perf_counter() + seconds
        reader, self._reader = self._at(position), None  # an interrupt may leave it half way
        for block in _blocks(np.array(self._run.ids[reader.position : position], dtype=np.intp), deadline):
            reader.read(block)
            self._kept.offer(reader.position, reader.lane)
        cells = np.empty((len(ids), sum(engine.units)), dtype=np.float32)
        logits = np.empty((len(ids), engine.softmax_b.size), dtype=np.float32)
        done = 0
        for block in _blocks(ids, deadline) if reader.position == position else ():
            part = slice(done, done + len(block))
            logits[part] = reader.read(block, cells[part])
            done += len(block)
            self._kept.offer(reader.position, reader.lane)
        self._reader = reader
        return (logits[:done], cells[:done]), max(0, position - reader.position)

    def _at(self, position: int) -> Reader:
        """Return a reader that has read some of the characters before a position of the text, and no more."""
        run, reader = self._run, self._reader
        place, state = max((kept.before(position) for kept in (run.kept, self._kept)), key=itemgetter(0))
        if reader is None or not place <= reader.position <= position:
            return Reader(run.engine, place, state)
        return reader


def _blocks(ids: np.ndarray, deadline: float) -> Iterator[np.ndarray]:
    """Cut up a text that is read until a deadline, one block at least; they grow while there is much time."""
    start, size = 0, _STEP
    while start < len(ids):
        begun = time.perf_counter()
        yield ids[start : start + size]
        start += size
        now = time.perf_counter()
        if now >= deadline:
            break
        if 4 * (now - begun) < deadline - now:
            size *= 2


class Foresight:
    """What comes after a seed. While it is typed, only what is new is read.

    Parameters
    ----------
    model : CharLSTM
    engine : Engine
    """

    def __init__(self, model: CharLSTM, engine: Engine) -> None:
        self.model = model
        self._engine = engine
        self._read: list[int] = []
        self._kept = KeptStates()
        self._reader: Reader | None = None

    def logits(self, seed: str, seconds: float) -> tuple[np.ndarray, int]:
        """Return the logits after a seed, float32 [V]; what the model does not know of it is skipped.

        Besides, the number of its characters that are yet to be read, as there was no more time.
        """
        deadline = time.perf_counter() + seconds
        ids = self.model.encode(as_typed(seed, self.model, self._engine).text)
        same = next(
            (n for n, (one, other) in enumerate(zip(self._read, ids, strict=False)) if one != other),
            min(len(self._read), len(ids)),
        )
        reader, self._reader = self._reader, None  # an interrupt may leave it half way
        if reader is None or same < len(self._read):
            self._kept = self._kept.up_to(same)
            reader = Reader(self._engine, *self._kept.before(same))
        for block in _blocks(np.array(ids[reader.position :], dtype=np.intp), deadline):
            reader.read(block)
            self._kept.offer(reader.position, reader.lane)
        self._reader, self._read = reader, ids[: reader.position]
        return reader.expected, len(ids) - reader.position
